//! The reference that a supplier asks for: whose rules it follows is told by the payee's account, and a mistyped digit by its check digits.
//!
//! Sources: for the Norwegian KID the banks' common rules (2 to 25 digits, modulus 10 or 11, a hyphen for the remainder of modulus 11 that has
//! no digit), for the Swedish OCR Bankgirot's (modulus 10; whether the last digit but one is the number of digits is the payee's agreement,
//! so it is not held against a reference), for the Finnish one the banks' 7-3-1 rule, and ISO 11649. A Danish payment slip stands in the same column:
//! [`super::slip`] reads it, and the row's account is its payee.

use super::{Code, Judged, shown, slip};
use crate::bank::door::Door;
use crate::payment::{Account, Country, PaymentReference, ReferenceKind, Scheme};
use crate::recipient_list::Column::{PaymentReference as COLUMN, Text};
use crate::recipient_list::Instruction;
use crate::say;

/// `Some(None)`: the row gives none. `account` is the payee's, where it could be read.
pub(super) fn check(
    instruction: &Instruction,
    account: Option<&Account>,
    scheme: Option<&Scheme>,
    door: &Door,
) -> Judged<Option<PaymentReference>> {
    let written = instruction.cell(COLUMN);
    if written.is_empty() {
        return Judged::sound(None);
    }
    if let Some(read) = slip::read(written) {
        return match read {
            Ok(slip) if !door.slips.contains(&slip.payee.kind) => {
                Judged::from(Err(slip::not_carried(slip.payee.kind, door)))
            }
            Ok(slip) if slip.id.is_none() => Judged::sound(None),
            Ok(slip) => leaving_out_text(Judged::sound(slip.id), instruction),
            Err(problem) => Judged::from(Err(problem)),
        };
    }
    let bare: String = written.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let kind = match kind_of(&bare, account) {
        Some(kind) => kind,
        None => {
            let message = say!(
                "The reference {shown} goes with no account of this kind: KID with a Norwegian one, OCR with a Swedish one, viite with a Finnish IBAN, RF with an IBAN. Write it as text instead.",
                shown = shown::quoted(written)
            );
            return Judged::wrong(Code::ReferenceNotCarried, COLUMN, message);
        }
    };
    if !has_shape(kind, &bare) {
        let message = say!(
            "{shown} is no {kind}: it has too few or too many characters, or others than belong there.",
            shown = shown::quoted(written),
            kind = kind.as_str()
        );
        return Judged::wrong(Code::ReferenceMalformed, COLUMN, message);
    }
    if !is_sound(kind, &bare) {
        let message = say!(
            "The check digits of the {kind} {shown} are wrong: at least one digit is. Compare it with the invoice.",
            kind = kind.as_str(),
            shown = shown::quoted(written)
        );
        return Judged::wrong(Code::ReferenceChecksum, COLUMN, message);
    }
    if scheme.is_some_and(|scheme| door.pays_as_salary(scheme)) {
        let message = say!(
            "Banks in Sweden take no reference with what is paid as salary (SALA): the {kind} {shown} would be lost. Pay the invoice under a scheme of its own.",
            kind = kind.as_str(),
            shown = shown::quoted(written)
        );
        return Judged::wrong(Code::ReferenceNotCarried, COLUMN, message);
    }
    if !door.carries_references() {
        let message = say!(
            "The bank's file has no place for the {kind} {shown}: the payee would not know the invoice. Pay it through a profile of pain.001.",
            kind = kind.as_str(),
            shown = shown::quoted(written)
        );
        return Judged::wrong(Code::ReferenceNotCarried, COLUMN, message);
    }
    leaving_out_text(Judged::sound(Some(PaymentReference::new_checked(kind, bare))), instruction)
}

/// Says of the row's text that it is not sent.
fn leaving_out_text(
    judged: Judged<Option<PaymentReference>>,
    instruction: &Instruction,
) -> Judged<Option<PaymentReference>> {
    match instruction.cell(Text) {
        "" => judged,
        text => judged.noting(
            Code::TextLeftOut,
            Text,
            say!("A payment with a reference carries no text: {shown} is not sent.", shown = shown::quoted(text)),
        ),
    }
}

fn kind_of(bare: &str, account: Option<&Account>) -> Option<ReferenceKind> {
    let country = match account? {
        Account::Domestic(account) => account.country.code(),
        Account::Iban(iban) if bare.starts_with("RF") => {
            return (!iban.as_str().is_empty()).then_some(ReferenceKind::Rf);
        }
        Account::Iban(iban) => iban.country_code(),
        // Its own reference is in the line that names it.
        Account::Slip(_) => return None,
    };
    match country {
        country if country == Country::No.code() => Some(ReferenceKind::Kid),
        country if country == Country::Se.code() => Some(ReferenceKind::Ocr),
        country if country == Country::Fi.code() => Some(ReferenceKind::Viite),
        _ => None,
    }
}

fn has_shape(kind: ReferenceKind, bare: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        ReferenceKind::Kid => (2..=25).contains(&bare.len()) && digits(bare.strip_suffix('-').unwrap_or(bare)),
        ReferenceKind::Ocr => (2..=25).contains(&bare.len()) && digits(bare),
        ReferenceKind::Viite => (4..=20).contains(&bare.len()) && digits(bare),
        ReferenceKind::Rf => {
            (5..=25).contains(&bare.len())
                && bare.is_ascii()
                && digits(&bare[2..4])
                && bare.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        }
        ReferenceKind::Fik => false,
    }
}

fn is_sound(kind: ReferenceKind, bare: &str) -> bool {
    match kind {
        ReferenceKind::Kid => is_modulus_10(bare) || is_modulus_11(bare),
        ReferenceKind::Ocr => is_modulus_10(bare),
        ReferenceKind::Viite => is_731(bare),
        ReferenceKind::Rf => is_rf(bare),
        ReferenceKind::Fik => false,
    }
}

fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.bytes().map(|byte| u32::from(byte.wrapping_sub(b'0')))
}

/// Doubling every other digit from the right, the check digit not.
pub(super) fn is_modulus_10(text: &str) -> bool {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = digits(text)
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Weights 2 to 7 from the right of the digits before the check digit; a hyphen stands for ten.
fn is_modulus_11(text: &str) -> bool {
    let Some((rest, check)) = text.len().checked_sub(1).map(|at| text.split_at(at)) else { return false };
    let sum: u32 = digits(rest).rev().zip((2..=7).cycle()).map(|(digit, weight)| digit * weight).sum();
    let expected = match (11 - sum % 11) % 11 {
        10 => "-".to_owned(),
        digit => digit.to_string(),
    };
    check == expected
}

/// Weights 7, 3, 1 from the right of the digits before the check digit.
fn is_731(text: &str) -> bool {
    let Some((rest, check)) = text.len().checked_sub(1).map(|at| text.split_at(at)) else { return false };
    let sum: u32 = digits(rest).rev().zip([7, 3, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    check == ((10 - sum % 10) % 10).to_string()
}

/// The first four characters moved to the end, letters as 10 to 35: 1 modulo 97.
fn is_rf(text: &str) -> bool {
    let (head, rest) = text.split_at(4);
    let value = |c: char| c.to_digit(36).unwrap_or(0);
    let add = |rest: u32, c: char| match value(c) {
        letter @ 10.. => (rest * 100 + letter) % 97,
        digit => (rest * 10 + digit) % 97,
    };
    rest.chars().chain(head.chars()).fold(0, add) == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::door::built_in;
    use crate::payment::{DomesticAccount, Iban};

    fn iban(text: &str) -> Account {
        Account::Iban(Iban::new_checked(text))
    }

    fn norwegian() -> Account {
        Account::Domestic(DomesticAccount { country: Country::No, bank: "8601".into(), number: "1117947".into() })
    }

    #[test]
    fn references_are_checked_by_the_rules_of_the_payees_country() {
        use Code::{ReferenceChecksum, ReferenceMalformed, ReferenceNotCarried};
        let (no, se, fi, dk) =
            (norwegian(), iban("SE4550000000058398257466"), iban("FI2112345600000785"), iban("DK5000400440116243"));
        // 1234567897 is the textbook number of modulus 10, 86011117947 that of modulus 11, 1234561 that of 7-3-1, and RF18539007547034 the
        // standard's own.
        let table: &[(&str, Option<&Account>, Result<ReferenceKind, Code>)] = &[
            ("1234567897", Some(&no), Ok(ReferenceKind::Kid)),
            ("8601 1117 947", Some(&no), Ok(ReferenceKind::Kid)),
            ("1234567898", Some(&no), Err(ReferenceChecksum)),
            ("1", Some(&no), Err(ReferenceMalformed)),
            ("12345678901234567890123456", Some(&no), Err(ReferenceMalformed)),
            ("1234567897", Some(&se), Ok(ReferenceKind::Ocr)),
            ("86011117947", Some(&se), Err(ReferenceChecksum)),
            ("12345A7897", Some(&no), Err(ReferenceMalformed)),
            ("12345A7897", Some(&se), Err(ReferenceMalformed)),
            ("8", Some(&se), Err(ReferenceMalformed)),
            ("12345678901234567890123456", Some(&se), Err(ReferenceMalformed)),
            ("1234561", Some(&fi), Ok(ReferenceKind::Viite)),
            ("1234562", Some(&fi), Err(ReferenceChecksum)),
            ("12345A1", Some(&fi), Err(ReferenceMalformed)),
            ("123", Some(&fi), Err(ReferenceMalformed)),
            ("123456789012345678901", Some(&fi), Err(ReferenceMalformed)),
            ("RF18 5390 0754 7034", Some(&fi), Ok(ReferenceKind::Rf)),
            ("RF19539007547034", Some(&dk), Err(ReferenceChecksum)),
            ("RF95 ABCD EFGH IJKL MNOP QRST U", Some(&fi), Ok(ReferenceKind::Rf)),
            ("RFÆ8539007547034", Some(&dk), Err(ReferenceMalformed)),
            ("RF18", Some(&dk), Err(ReferenceMalformed)),
            ("RF1", Some(&dk), Err(ReferenceMalformed)),
            ("RFA8539007547034", Some(&dk), Err(ReferenceMalformed)),
            ("RF18539007547-034", Some(&dk), Err(ReferenceMalformed)),
            ("RF18539007547Å034", Some(&dk), Err(ReferenceMalformed)),
            ("RF185390075470341234567890", Some(&dk), Err(ReferenceMalformed)),
            ("1234567897", Some(&dk), Err(ReferenceNotCarried)),
            ("1234567897", None, Err(ReferenceNotCarried)),
            // A slip's faults are told first, then whether the door carries it.
            ("+71<123456789012348+81234567<", None, Err(ReferenceChecksum)),
            ("+71<000001234567897+81234567<", None, Err(ReferenceNotCarried)),
            ("+73<+81234567<", None, Err(ReferenceNotCarried)),
            ("+75<1234567890123453+81234567<", None, Err(ReferenceChecksum)),
            ("+75<123456789012347+81234567<", None, Err(ReferenceMalformed)),
            // No slip: it goes with no account.
            ("+7<+12345678<", None, Err(ReferenceNotCarried)),
            ("+7x<+12345678<", None, Err(ReferenceNotCarried)),
        ];
        for (written, account, expected) in table {
            let judged = check(&Instruction::for_test(&[(COLUMN, written)]), *account, None, &Door::default());
            let found = match &judged.value {
                Some(Some(reference)) => Ok(reference.kind),
                Some(None) => panic!("{written}: no reference"),
                None => Err(judged.problems[0].code),
            };
            assert_eq!(found, *expected, "{written}");
        }
    }

    #[test]
    fn every_changed_digit_is_noticed() {
        for (kind, reference) in [
            (ReferenceKind::Ocr, "1234567897"),
            (ReferenceKind::Viite, "1234561"),
            (ReferenceKind::Rf, "RF18539007547034"),
        ] {
            assert!(is_sound(kind, reference));
            for at in (0..reference.len()).filter(|at| reference.as_bytes()[*at].is_ascii_digit()) {
                let other = (reference.as_bytes()[at] - b'0' + 1) % 10 + b'0';
                let mut bytes = reference.as_bytes().to_vec();
                bytes[at] = other;
                let changed = String::from_utf8(bytes).expect("ASCII");
                assert!(!is_sound(kind, &changed), "{changed}");
            }
        }
        // Modulus 11 has a check digit of ten, which is written as a hyphen: KIDs of one digit before it.
        assert!((0..10).all(|digit| (0..11).any(|check| {
            let check = if check == 10 { "-".to_owned() } else { check.to_string() };
            is_modulus_11(&format!("{digit}{check}"))
        })));
    }

    #[test]
    fn a_door_without_a_place_for_it_refuses_it_and_a_text_beside_it_is_told() {
        let cells = [(COLUMN, "RF18539007547034"), (Text, "Faktura 17")];
        let instruction = Instruction::for_test(&cells);
        let account = iban("DK5000400440116243");
        let flat = check(&instruction, Some(&account), None, &built_in("bankdata-file").expect("a door"));
        assert_eq!(flat.problems[0].code, Code::ReferenceNotCarried);
        let judged = check(&instruction, Some(&account), None, &Door::default());
        assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::TextLeftOut]);
    }

    #[test]
    fn a_reference_goes_with_no_salary() {
        let mut door = built_in("sweden").expect("a door");
        let [pay, invoice] = ["Lön", "Faktura"].map(|name| Scheme::new(name).expect("a scheme"));
        door.profile.category_purpose.set(&pay, "SALA".parse().expect("a code"));
        let instruction = Instruction::for_test(&[(COLUMN, "1234567897")]);
        let account = iban("SE4550000000058398257466");
        let judged = |scheme| check(&instruction, Some(&account), Some(scheme), &door);
        assert!(judged(&invoice).value.is_some());
        assert_eq!(judged(&pay).problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::ReferenceNotCarried]);
        assert_eq!(judged(&pay).value, None);
    }

    /// Kind by kind and door by door: what the file has a place for is paid, and a text is told where the slip carries none.
    #[test]
    fn a_slip_is_paid_where_the_doors_file_carries_its_kind() {
        let lines = [
            "+01<+1234567<",
            "+04<0000001234567897+1234567<",
            "+71<000001234567897+81234567<",
            "+73<+81234567<",
            "+75<0000001234567897+81234567<",
        ];
        let table = [
            ("generic", "-----"),
            ("danske-dk", "-----"),
            ("bankdata-file", "tiit-"),
            ("bankdata-file-6", "tiit-"),
            ("bec-file", "tiiti"),
            ("sdc-file", "tiit-"),
            ("danske-file", "tiiti"),
            ("nordea-file", "tiiti"),
        ];
        for (profile, carried) in table {
            let door = built_in(profile).expect("a door");
            for (line, carried) in lines.into_iter().zip(carried.chars()) {
                let judged = check(&Instruction::for_test(&[(COLUMN, line), (Text, "Faktura 17")]), None, None, &door);
                let codes: Vec<Code> = judged.problems.iter().map(|problem| problem.code).collect();
                let (has_id, expected) = match carried {
                    't' => (Some(false), vec![]),
                    'i' => (Some(true), vec![Code::TextLeftOut]),
                    _ => (None, vec![Code::ReferenceNotCarried]),
                };
                assert_eq!(codes, expected, "{line} in {profile}");
                assert_eq!(judged.value.as_ref().map(Option::is_some), has_id, "{line} in {profile}");
                let told = judged.problems.first().map(|problem| problem.message.to_string()).unwrap_or_default();
                assert!(carried != '-' || told.contains("bec-file"), "{told}");
            }
        }
    }
}
