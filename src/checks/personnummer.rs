//! The Swedish personnummer and samordningsnummer: `YYMMDD-NNNC` or `YYYYMMDD-NNNC`.
//!
//! Source: Skatteverket, SKV 704 (personnummer: `+` for `-` from the year in which a person turns 100; Luhn digit over the last ten) and
//! SKV 707 (samordningsnummer: day + 60).

use chrono::{Datelike, NaiveDate};

use super::spelling::{all_digits, compact, digit_values, luhn_holds};
use super::{Code, Judged, shown};
use crate::payment::{Country, PersonId, PersonKind};
use crate::recipient_list::Column::PersonId as COLUMN;
use crate::say;

/// As written: the century may be, and may be told by the sign instead.
struct Written {
    century: Option<i32>,
    /// `YYMMDDNNNC`.
    ten: String,
    plus: bool,
}

/// Canonical is the form of twelve digits: the sign of the short form changes on a hundredth birthday, the long form does not.
pub(super) fn judge(written: &str, today: NaiveDate) -> Judged<PersonId> {
    let Some(parts) = read(written) else {
        let message = say!(
            "{shown} is no personnummer: it has ten or twelve digits, as in 811218-9876 or 19811218-9876.",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdMalformed, COLUMN, message);
    };
    let Some(century) = century(&parts, today) else {
        let message = say!(
            "{shown} does not begin with a day that exists (year, month, day).",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdDate, COLUMN, message);
    };
    if !luhn_holds(&digit_values(&parts.ten)) {
        let message =
            say!("The check digit of {shown} is wrong. Compare it with the source.", shown = shown::quoted_id(written));
        return Judged::wrong(Code::IdChecksum, COLUMN, message);
    }
    Judged::sound(PersonId::new(Country::Se, PersonKind::Natural, format!("{}{}", century / 100, parts.ten)))
}

fn read(written: &str) -> Option<Written> {
    let compact = compact(written);
    let (date, serial, plus) = match compact.split_once(['-', '+']) {
        Some((date, serial)) => (date, serial, compact.contains('+')),
        None => {
            let (date, serial) = compact.split_at_checked(compact.len().checked_sub(4)?)?;
            (date, serial, false)
        }
    };
    if !all_digits(date) || !all_digits(serial) || serial.len() != 4 {
        return None;
    }
    let (century, date) = match date.len() {
        6 => (None, date),
        8 => (Some(date.get(..2)?.parse::<i32>().ok()? * 100), date.get(2..)?),
        _ => return None,
    };
    let possible = century.is_none_or(|century| (1800..=2000).contains(&century));
    possible.then(|| Written { century, ten: format!("{date}{serial}"), plus })
}

/// The century in which the day exists: the written one, or the last in which the day is not yet to come, or with a `+` the one before.
fn century(parts: &Written, today: NaiveDate) -> Option<i32> {
    if let Some(century) = parts.century {
        return birth_date(century, &parts.ten).map(|_| century);
    }
    let year: i32 = parts.ten.get(..2)?.parse().ok()?;
    let this_century = today.year() - today.year().rem_euclid(100);
    let last = if this_century + year > today.year() { this_century - 100 } else { this_century };
    let century = if parts.plus { last - 100 } else { last };
    // On a day later this year somebody is born a hundred years ago, not in a while.
    let born = birth_date(century, &parts.ten);
    if born.is_some_and(|born| born > today) {
        birth_date(century - 100, &parts.ten).map(|_| century - 100)
    } else {
        born.map(|_| century)
    }
}

fn birth_date(century: i32, ten: &str) -> Option<NaiveDate> {
    let part = |from: usize| ten.get(from..from + 2)?.parse::<u32>().ok();
    let day = part(4)?;
    let day = if day > 60 { day - 60 } else { day };
    NaiveDate::from_ymd_opt(century + i32::try_from(part(0)?).ok()?, part(2)?, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personnummer_are_read_and_judged() {
        let table = [
            ("8112189876", Ok("198112189876")),
            ("811218-9876", Ok("198112189876")),
            ("811218 9876", Ok("198112189876")),
            ("19811218-9876", Ok("198112189876")),
            ("198112189876", Ok("198112189876")),
            ("18811218-9876", Ok("188112189876")),
            ("811218+9876", Ok("188112189876")),
            // A samordningsnummer: 18 + 60.
            ("811278-9873", Ok("198112789873")),
            ("811218-9875", Err(Code::IdChecksum)),
            ("811318-9876", Err(Code::IdDate)),
            ("19010229-1234", Err(Code::IdDate)),
            ("81121-9876", Err(Code::IdMalformed)),
            ("8112x8-9876", Err(Code::IdMalformed)),
            ("811218-98x6", Err(Code::IdMalformed)),
            ("811218-987", Err(Code::IdMalformed)),
            ("21811218-9876", Err(Code::IdMalformed)),
            ("æøå", Err(Code::IdMalformed)),
            ("1é8æ", Err(Code::IdMalformed)),
            ("", Err(Code::IdMalformed)),
        ];
        let today = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
        for (written, expected) in table {
            let judged = judge(written, today);
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
            assert_eq!(judged.value.as_ref().map(PersonId::whole), expected.ok(), "{written}");
        }
    }

    #[test]
    fn the_short_form_is_of_the_last_century_that_has_begun() {
        let table = [
            ("2611201234", false, Some(2000)),
            ("2611211234", false, Some(1900)),
            ("2611201234", true, Some(1900)),
            ("2701011234", false, Some(1900)),
            ("0002291234", false, Some(2000)),
            ("0002291234", true, None),
        ];
        let today = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
        for (ten, plus, expected) in table {
            assert_eq!(century(&Written { century: None, ten: ten.into(), plus }, today), expected, "{ten}");
        }
        // Still to come in this year, and a hundred years ago there was no such day.
        let early = NaiveDate::from_ymd_opt(2000, 2, 1).expect("a day");
        assert_eq!(century(&Written { century: None, ten: "0002291234".into(), plus: false }, early), None);
    }
}
