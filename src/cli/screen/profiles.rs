//! What banks' doors take, for people.

use std::fmt::Write as _;

use super::figures::with_currency;
use super::paragraph::{heading, sentence, wrapped};
use crate::bank::door::Door;
use crate::bank::text::BankText;
use crate::checks::quoted;
use crate::ops::profile::DoorChecked;
use crate::payment::{Amount, Currency};
use crate::say;
use crate::words::{self, Message, count};

pub fn profile_list(doors: &[Door]) -> String {
    let width = doors.iter().map(|door| door.profile.name.len()).max().unwrap_or(0);
    let mut screen = String::new();
    for door in doors {
        let title = match door.verified {
            true => Message::of_table(&door.title).to_string(),
            false => say!("{title} (unverified)", title = Message::of_table(&door.title)).to_string(),
        };
        let _ = writeln!(screen, "{:<width$}  {title}", door.profile.name);
    }
    screen.push('\n');
    screen
        + &sentence(say!(
            "`stopgap profile show NAME` says what each takes. Choose with `stopgap init --profile NAME`, or in stopgap.toml under [profile]."
        ))
}

pub fn profile_shown(door: &Door) -> String {
    let profile = &door.profile;
    let yes = |yes: bool| if yes { say!("yes") } else { say!("no") };
    let amount = |most: Option<rust_decimal::Decimal>| match most {
        // Any currency here has two decimals; which one it is, the workspace says.
        Some(most) => match Amount::from_decimal(most, Currency::Dkk) {
            Some(most) => Message::verbatim(words::amount(most)),
            None => Message::verbatim(most.to_string()),
        },
        None => say!("not known"),
    };
    let rows: [(Message, Message); 13] = [
        (say!("file"), Message::verbatim(format!("{}, .{}", profile.message.as_str(), profile.extension))),
        (say!("characters"), Message::verbatim(door.characters.as_str())),
        (say!("a name"), say!("up to {characters:character|characters}", characters = door.name_length)),
        (say!("a text"), say!("up to {characters:character|characters}", characters = door.text_length)),
        (say!("payments a file"), Message::verbatim(count(profile.max_payments.into()))),
        (say!("most for a payment"), amount(door.largest_payment)),
        (say!("most for a file"), amount(door.largest_file)),
        (say!("domestic accounts"), yes(door.domestic_accounts)),
        (
            say!("payment slips"),
            match door.slips.as_slice() {
                [] => say!("none"),
                slips => Message::verbatim(slips.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")),
            },
        ),
        (say!("by person number"), yes(profile.pay_by_person_number)),
        (say!("booked as one sum"), yes(profile.batch_booking)),
        (
            say!("service level"),
            profile.service_level.as_ref().map_or_else(|| say!("none"), |level| Message::verbatim(level.as_str())),
        ),
        (say!("cut-off"), door.cut_off.as_deref().map_or_else(|| say!("not known"), Message::of_table)),
    ];
    let mut screen = format!("{}: {}\n", profile.name, Message::of_table(&door.title));
    for (label, value) in rows {
        screen.push_str(&wrapped(value, &format!("  {label:<20}"), &" ".repeat(22)));
    }
    let verified = match door.verified {
        true => say!("A bank confirmed it."),
        false => say!("Unverified: no bank has confirmed it here."),
    };
    let _ = write!(screen, "\n{}{verified}\n", sentence(say!("Source: {source}", source = &door.source)));
    screen
}

/// How bank files name the payer, where that is not how the workspace does.
pub fn payer_renamed(written: &str, sent: &BankText) -> Message {
    let (name, written) = (quoted(&sent.text), quoted(written));
    match (sent.shortened, sent.replaced) {
        (false, _) => say!(
            "Bank files name the payer {sent}, since the profile does not take every character of {written}.",
            sent = name,
            written
        ),
        (true, false) => say!(
            "Bank files name the payer {sent}: it is shortened, since the profile has no room for all of {written}.",
            sent = name,
            written
        ),
        (true, true) => say!(
            "Bank files name the payer {sent}: it is shortened, since the profile does not take every character of {written} and has no room for \
             what is written instead.",
            sent = name,
            written
        ),
    }
}

/// What follows where the renamed payer has no number: the name as it was given tells the payer.
pub fn payer_known_by_name(written: &str) -> Message {
    say!(
        "The ledger knows the payer as {written}, letter for letter, and a `rebuild` will ask for that and not for what bank files say. With \
         --payer-id, the organisation number, that number tells the payer instead of the name: nothing is paid yet, so the workspace can be made \
         anew with it.",
        written = quoted(written)
    )
}

pub fn profile_checked(checked: &DoorChecked) -> String {
    let mut screen = profile_shown(&checked.door);
    let text = say!(
        "A test file of {amount} from the payer's account to {to}: {file}. It pays nobody else. Before an outage:",
        amount = with_currency(checked.amount),
        to = checked.to.masked(),
        file = checked.file.display()
    );
    screen += &format!("\n{}", sentence(text));
    if let Some(written) = &checked.payer_as_written {
        screen += &sentence(payer_renamed(written, &checked.payer_name));
    }
    let steps = [
        say!(
            "Upload it to the portal, approve it there as on the day, and keep what the portal answers: that is how receipts look."
        ),
        say!(
            "See on the statement that it is paid, and which of its texts stand there. A comparison will call it unexplained, which it is."
        ),
        say!(
            "Where the bank refuses a payment from an account to itself: `stopgap profile check --to ACCOUNT`, with another account of your own."
        ),
    ];
    for step in steps {
        screen.push_str(&wrapped(step, "  [ ] ", "      "));
    }
    screen += &heading(say!("Ask the bank before an outage:"));
    for question in &checked.door.ask {
        screen.push_str(&wrapped(Message::of_table(question), "  [ ] ", "      "));
    }
    screen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::door::built_in;
    use crate::cli::screen::made_up;
    use crate::payment::{Account, Country, DomesticAccount};

    /// A door with a long cut-off and questions of its own.
    #[test]
    fn a_door_is_shown_with_what_to_do_and_to_ask() {
        let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
        let checked = DoorChecked {
            door: built_in("nordea-file").expect("a door"),
            file: "out/profile-check/TEST_nordea-file_one-oere_pay-2026-12-01.csv".into(),
            to: Account::Domestic(account),
            amount: made_up::dkk(1),
            payer_name: BankText { text: "Østkommunen".into(), replaced: false, shortened: false },
            payer_as_written: None,
        };
        let text = made_up::in_both(|| profile_checked(&checked));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }

    /// What was cut is not told as if characters alone were others.
    #[test]
    fn a_payer_whose_name_is_cut_is_said_to_be() {
        let door = built_in("sepa").expect("a door");
        for (name, cut, replaced) in [
            ("Äänekosken kaupunki".to_owned(), false, true),
            ("Ä".repeat(40), true, true),
            ("A".repeat(door.name_length + 1), true, false),
        ] {
            let said = payer_renamed(&name, &door.payer_name(&name)).to_string();
            assert_eq!(said.contains("it is shortened"), cut, "{said}");
            assert_eq!(said.contains("does not take every character"), replaced, "{said}");
        }
    }
}
