//! What banks' doors take, for people.

use std::fmt::Write as _;

use super::paragraph::{sentence, wrapped};
use crate::bank::door::Door;
use crate::ops::profile::DoorChecked;

pub fn profile_list(doors: &[Door]) -> String {
    let width = doors.iter().map(|door| door.profile.name.len()).max().unwrap_or(0);
    let mut screen = String::new();
    for door in doors {
        let verified = if door.verified { "" } else { " (unverified)" };
        let _ = writeln!(screen, "{:<width$}  {}{verified}", door.profile.name, door.title);
    }
    screen.push_str("\n`stopgap profile show NAME` says what each takes. Choose with `stopgap init --profile NAME`, or in\nstopgap.toml under [profile].\n");
    screen
}

pub fn profile_shown(door: &Door) -> String {
    let profile = &door.profile;
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let amount = |most: &Option<rust_decimal::Decimal>| most.map_or("not known".to_owned(), |most| most.to_string());
    let rows: [(&str, String); 12] = [
        ("file", format!("{}, .{}", profile.message.as_str(), profile.extension)),
        ("characters", door.characters.as_str().into()),
        ("a name", format!("up to {} characters", door.name_length)),
        ("a text", format!("up to {} characters", door.text_length)),
        ("payments a file", profile.max_payments.to_string()),
        ("most for a payment", amount(&door.largest_payment)),
        ("most for a file", amount(&door.largest_file)),
        ("domestic accounts", yes(door.domestic_accounts).into()),
        ("by person number", yes(profile.pay_by_person_number).into()),
        ("booked as one sum", yes(profile.batch_booking).into()),
        ("service level", profile.service_level.as_ref().map_or("none".into(), |level| level.as_str().to_owned())),
        ("cut-off", door.cut_off.clone().unwrap_or_else(|| "not known".into())),
    ];
    let mut screen = format!("{}: {}\n", profile.name, door.title);
    for (label, value) in rows {
        let _ = writeln!(screen, "  {label:<20}{value}");
    }
    let verified = if door.verified { "A bank confirmed it." } else { "Unverified: no bank has confirmed it here." };
    let _ = write!(screen, "\n{}{verified}\n", sentence(&format!("Source: {}", door.source)));
    screen
}

pub fn profile_checked(checked: &DoorChecked) -> String {
    let mut screen = profile_shown(&checked.door);
    let text = format!(
        "A test file of {} {} from the payer to the payer: {}. Upload it in good times, and see that it is paid; the statement will show it as \
         unexplained, which it is.",
        checked.amount,
        checked.amount.currency(),
        checked.file.display()
    );
    let _ = write!(screen, "\n{}\nAsk the bank before an outage:\n", sentence(&text));
    for question in &checked.door.ask {
        screen.push_str(&wrapped(question, "  [ ] ", "      "));
    }
    screen
}
