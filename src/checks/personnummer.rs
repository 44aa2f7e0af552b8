//! The Swedish personnummer and samordningsnummer: `YYMMDD-NNNC` or `YYYYMMDD-NNNC`.
//!
//! Source: Skatteverket, SKV 704 (personnummer: `+` from the year in which a person turns 100; Luhn digit over the last ten) and SKV 707
//! (samordningsnummer: day + 60).

use chrono::NaiveDate;

use super::spelling::{all_digits, compact, digit_values, luhn_holds};
use super::{Code, Judged, shown};
use crate::payment::{Country, PersonId, PersonKind};
use crate::recipient_list::Column::PersonId as COLUMN;

/// Canonical is the form of ten digits, with a `+` where it belongs: one person, one number, whichever day it is read.
///
/// Twelve digits become that by their century: those born before 1930 get the `+`. A person who turns 100 changes sign, and counts as
/// another only between lists written before and after; the check for one name and account under two numbers then speaks up.
const PLUS_BEFORE: i32 = 1930;

pub(super) fn judge(written: &str) -> Judged<PersonId> {
    let Some((century, ten, plus)) = read(written) else {
        let message = format!(
            "{} is no personnummer: it has ten or twelve digits, as in 811218-9876 or 19811218-9876.",
            shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdMalformed, COLUMN, message);
    };
    if !date_exists(century, &ten) {
        let message = format!("{} does not begin with a day that exists (year, month, day).", shown::quoted_id(written));
        return Judged::wrong(Code::IdDate, COLUMN, message);
    }
    if !luhn_holds(&digit_values(&ten)) {
        let message = format!("The check digit of {} is wrong. Compare it with the source.", shown::quoted_id(written));
        return Judged::wrong(Code::IdChecksum, COLUMN, message);
    }
    let old = plus || century.is_some_and(|century| century + two_digit_year(&ten) < PLUS_BEFORE);
    let number = if old { format!("{ten}+") } else { ten };
    Judged::sound(PersonId::new(Country::Se, PersonKind::Natural, number))
}

/// The century where it is written (1900), the ten digits, and whether the sign is a `+`.
fn read(written: &str) -> Option<(Option<i32>, String, bool)> {
    let compact = compact(written);
    let (date, serial, plus) = match compact.split_once(['-', '+']) {
        Some((date, serial)) => (date, serial, compact.contains('+')),
        None => {
            let at = compact.len().checked_sub(4)?;
            (compact.get(..at)?, compact.get(at..)?, false)
        }
    };
    if !all_digits(date) || !all_digits(serial) || serial.len() != 4 {
        return None;
    }
    match date.len() {
        6 => Some((None, format!("{date}{serial}"), plus)),
        8 => {
            let century = date.get(..2)?.parse::<i32>().ok()? * 100;
            (1800..=2000).contains(&century).then(|| (Some(century), format!("{}{serial}", &date[2..]), plus))
        }
        _ => None,
    }
}

fn two_digit_year(ten: &str) -> i32 {
    ten.get(..2).and_then(|year| year.parse().ok()).unwrap_or_default()
}

/// Without a century the day must exist in one that is possible.
fn date_exists(century: Option<i32>, ten: &str) -> bool {
    let part = |from: usize| ten.get(from..from + 2).and_then(|two| two.parse::<u32>().ok()).unwrap_or_default();
    let day = if part(4) > 60 { part(4) - 60 } else { part(4) };
    let exists = |century: i32| NaiveDate::from_ymd_opt(century + two_digit_year(ten), part(2), day).is_some();
    century.map_or_else(|| exists(1900) || exists(2000), exists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personnummer_are_read_and_judged() {
        let table = [
            ("8112189876", Ok("8112189876")),
            ("811218-9876", Ok("8112189876")),
            ("19811218-9876", Ok("8112189876")),
            ("198112189876", Ok("8112189876")),
            ("18811218-9876", Ok("8112189876+")),
            ("811218+9876", Ok("8112189876+")),
            // A samordningsnummer: 18 + 60.
            ("811278-9873", Ok("8112789873")),
            ("811218-9875", Err(Code::IdChecksum)),
            ("811318-9876", Err(Code::IdDate)),
            ("19010229-1234", Err(Code::IdDate)),
            ("81121-9876", Err(Code::IdMalformed)),
            ("21811218-9876", Err(Code::IdMalformed)),
            ("æøå", Err(Code::IdMalformed)),
            ("1é8", Err(Code::IdMalformed)),
            ("", Err(Code::IdMalformed)),
        ];
        for (written, expected) in table {
            let judged = judge(written);
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
            assert_eq!(judged.value.as_ref().map(PersonId::whole), expected.ok(), "{written}");
        }
    }
}
