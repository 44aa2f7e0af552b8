//! The Finnish henkilötunnus: `DDMMYY`, a sign for the century, three digits and a check character.
//!
//! Source: Digi- ja väestötietovirasto, "The personal identity code" (signs since 2023: `+`; `- Y X W V U`; `A B C D E F`).

use chrono::NaiveDate;

use super::spelling::{all_digits, compact};
use super::{Code, Judged, shown};
use crate::payment::{Country, PersonId, PersonKind};
use crate::recipient_list::Column::PersonId as COLUMN;
use crate::say;

/// By the remainder of the nine digits modulo 31.
const CHECK_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

pub(super) fn judge(written: &str) -> Judged<PersonId> {
    let number = compact(written).to_uppercase();
    let Some((date, century, serial, check)) = parts(&number) else {
        let message = say!(
            "{shown} is no henkilötunnus: it is six digits, a sign, three digits and a check character, as in 131052-308T.",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdMalformed, COLUMN, message);
    };
    let part = |at: usize| date.get(at..at + 2).and_then(|two| two.parse::<u32>().ok()).unwrap_or_default();
    let year = century + i32::try_from(part(4)).unwrap_or_default();
    if NaiveDate::from_ymd_opt(year, part(2), part(0)).is_none() {
        let message = say!(
            "{shown} does not begin with a day that exists (day, month, year).",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdDate, COLUMN, message);
    }
    let nine: usize = format!("{date}{serial}").parse().unwrap_or_default();
    if CHECK_CHARACTERS.get(nine % 31) != Some(&check) {
        let message = say!(
            "The check character of {shown} is wrong. Compare it with the source.",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdChecksum, COLUMN, message);
    }
    Judged::sound(PersonId::new(Country::Fi, PersonKind::Natural, number))
}

/// The date's digits, the century, the three digits, and the check character.
fn parts(number: &str) -> Option<(&str, i32, &str, u8)> {
    let (date, serial) = (number.get(..6)?, number.get(7..10)?);
    let century = match number.get(6..7)? {
        "+" => 1800,
        "-" | "Y" | "X" | "W" | "V" | "U" => 1900,
        "A" | "B" | "C" | "D" | "E" | "F" => 2000,
        _ => return None,
    };
    let check = *number.as_bytes().get(10)?;
    let shaped = number.len() == 11 && all_digits(date) && all_digits(serial) && serial >= "002";
    shaped.then_some((date, century, serial, check))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn henkilotunnus_are_read_and_judged() {
        let table = [
            ("131052-308T", Ok("131052-308T")),
            ("131052–308t", Ok("131052-308T")),
            ("131052Y308T", Ok("131052Y308T")),
            ("131052+308T", Ok("131052+308T")),
            ("131052-308U", Err(Code::IdChecksum)),
            ("311152-308T", Err(Code::IdDate)),
            ("290200-3087", Err(Code::IdDate)),
            ("131052G308T", Err(Code::IdMalformed)),
            ("131052-001T", Err(Code::IdMalformed)),
            ("131052308T", Err(Code::IdMalformed)),
            ("13x052-308T", Err(Code::IdMalformed)),
            ("131052-3x8T", Err(Code::IdMalformed)),
            ("131052-308TT", Err(Code::IdMalformed)),
            ("13105é-308T", Err(Code::IdMalformed)),
            ("", Err(Code::IdMalformed)),
        ];
        for (written, expected) in table {
            let judged = judge(written);
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
            assert_eq!(judged.value.as_ref().map(PersonId::whole), expected.ok(), "{written}");
        }
    }
}
