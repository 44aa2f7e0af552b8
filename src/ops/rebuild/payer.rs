//! Whether a ledger is rebuilt for the payer that it was of. The payer is in every reference: under another spelling nobody who was paid would be
//! known again, and everybody would be paid twice.

use std::collections::BTreeSet;

use super::sources::Gap;
use crate::bank::text::Characters;
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::Pseudonym;
use crate::payment::Payer;
use crate::say;

/// What nobody here can tell about the payer. `kept` is what lies beside the duplicate key; keys of earlier versions have nothing there, and
/// then the bank files tell as far as they can: `found` is how they name the payer.
///
/// # Errors
/// `rebuild.payer` where it is surely another one.
pub fn look(
    payer: &Payer,
    check: Pseudonym,
    kept: Option<Pseudonym>,
    found: &BTreeSet<(String, Option<String>)>,
) -> Result<Option<Gap>> {
    if let Some(kept) = kept {
        return if kept == check { Ok(None) } else { Err(another(payer)) };
    }
    let mut is_sure = false;
    for (name, number) in found {
        let sent = Payer { name: name.clone(), payer_id: number.clone(), ..payer.clone() };
        let same = sent.identity() == payer.identity();
        // A number leaves as it is; a name that has letters beyond the narrowest set does too, as far as there is room.
        let is_as_given = number.is_some() || !name.chars().all(|c| Characters::Latin.has(c));
        let may_be = match (number, &payer.payer_id) {
            (Some(_), Some(_)) => same,
            (None, None) if is_as_given => payer.identity().starts_with(&sent.identity()),
            (None, None) => narrow(&payer.name).starts_with(&narrow(name)),
            _ => false,
        };
        if !may_be {
            return Err(another(payer));
        }
        is_sure |= is_as_given && same;
    }
    Ok((!is_sure).then(|| unsure(payer, found)))
}

/// As the narrowest profile writes it, but for its length.
fn narrow(name: &str) -> String {
    Characters::Latin.write(name, usize::MAX).text.to_lowercase()
}

fn another(payer: &Payer) -> Fault {
    let message = say!(
        "{payer} is not the payer of the lost ledger as it was given at `init`: nobody who was paid would be known again.",
        payer = payer.payer_id.as_ref().unwrap_or(&payer.name).clone()
    );
    Fault::refused("rebuild.payer", message).remedy(say!(
        "Give --payer letter for letter as at `init`, and --payer-id if it was given there, and only then. Both stand on the pages of the recovery \
         code and in copies of stopgap.toml; bank files may have the name in other letters."
    ))
}

fn unsure(payer: &Payer, found: &BTreeSet<(String, Option<String>)>) -> Gap {
    let message = match found.is_empty() {
        true => say!(
            "Whether {payer} is letter for letter the payer's name as at `init` cannot be known. If it is not, everybody is paid twice: before \
             anybody is paid, compare it with the pages of the recovery code, and see that `check` calls a list that was paid duplicates.",
            payer = payer.payer_id.as_ref().unwrap_or(&payer.name).clone()
        ),
        false => say!(
            "Whether {payer} is letter for letter the payer's name as at `init` cannot be known: bank files say {sent}, which may be in other \
             letters. If it is not, everybody is paid twice: before anybody is paid, compare it with the pages of the recovery code, and see that \
             `check` calls a list that was paid duplicates.",
            payer = payer.name.clone(),
            sent = found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
        ),
    };
    Gap { code: "payer_unsure", message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Account, Country, DomesticAccount};

    fn payer(name: &str, payer_id: Option<&str>) -> Payer {
        let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
        Payer {
            name: name.into(),
            payer_id: payer_id.map(str::to_owned),
            country: Country::Gl,
            account: Account::Domestic(account),
            bic: None,
        }
    }

    /// What lies beside the key tells, whatever bank files say.
    #[test]
    fn the_keys_tell_the_payer_where_they_can() {
        let sent = BTreeSet::from([("Aeaenekosken kaupunki".to_owned(), None)]);
        let given = payer("Äänekosken kaupunki", None);
        assert_eq!(look(&given, [1; 8], Some([1; 8]), &sent).expect("the same"), None);
        assert_eq!(look(&given, [1; 8], Some([2; 8]), &sent).expect_err("another").code, "rebuild.payer");
    }

    /// Keys of earlier versions: bank files tell what they can, and the rest is a gap.
    #[test]
    fn bank_files_tell_the_payer_as_far_as_they_can() {
        let number = Some("8612 3456");
        let table = [
            // Given; in the bank files; what comes of it.
            (payer("Äänekosken kaupunki", None), ("Aeaenekosken kaupunki", None), "unsure"),
            (payer("Aeaenekosken kaupunki", None), ("Aeaenekosken kaupunki", None), "unsure"),
            (payer("Aeaenekosken kaupunki", None), ("Äänekosken kaupunki", None), "another"),
            (payer("äänekosken  kaupunki", None), ("Äänekosken kaupunki", None), "same"),
            (payer("Äänekosken kaupunki", None), ("Aeaenekosken", None), "unsure"),
            (payer("Äänekosken kaupunki", None), ("Äänekosken", None), "unsure"),
            (payer("Jyväskylän kaupunki", None), ("Aeaenekosken kaupunki", None), "another"),
            (payer("Any name", number), ("Aeaenekosken kaupunki", Some("86123456")), "same"),
            (payer("Any name", number), ("Any name", Some("86123457")), "another"),
            (payer("Any name", number), ("Any name", None), "another"),
            (payer("Any name", None), ("Any name", number), "another"),
        ];
        for (given, (name, number), expected) in table {
            let sent = BTreeSet::from([(name.to_owned(), number.map(str::to_owned))]);
            let came = match look(&given, [1; 8], None, &sent) {
                Ok(None) => "same",
                Ok(Some(gap)) if gap.code == "payer_unsure" && gap.message.to_string().contains(name) => "unsure",
                Err(fault) if fault.code == "rebuild.payer" => "another",
                other => panic!("{other:?}"),
            };
            assert_eq!(came, expected, "{given:?} {name}");
        }
        assert!(look(&payer("Any name", None), [1; 8], None, &BTreeSet::new()).expect("not refused").is_some());
    }
}
