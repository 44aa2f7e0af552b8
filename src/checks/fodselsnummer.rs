//! The Norwegian fødselsnummer and D-number: `DDMMYY III KK`, eleven digits.
//!
//! Source: Skatteetaten, Folkeregisteret, "Nytt fødselsnummer 2032": from 1 January 2032 the remainder of the first check digit may be 0,
//! 1, 2 or 3, so it is accepted now; the second check digit is unchanged. D-number: day + 40; H-number: month + 40.

use chrono::NaiveDate;

use super::spelling::{all_digits, compact, digit_values, weighted_sum};
use super::{Code, Judged, shown};
use crate::payment::{Country, PersonId, PersonKind};
use crate::recipient_list::Column::PersonId as COLUMN;
use crate::say;

const FIRST_WEIGHTS: [u32; 10] = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
const SECOND_WEIGHTS: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

pub(super) fn judge(written: &str) -> Judged<PersonId> {
    let number: String = compact(written).chars().filter(|c| *c != '-').collect();
    if !all_digits(&number) || number.len() != 11 {
        let message = say!(
            "{shown} is no fødselsnummer: it has eleven digits, as in 010190 12345.",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdMalformed, COLUMN, message);
    }
    let digits = digit_values(&number);
    if !date_exists(&digits) {
        let message = say!(
            "{shown} does not begin with a day that exists (day, month, year).",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdDate, COLUMN, message);
    }
    let first_holds = weighted_sum(&digits, &FIRST_WEIGHTS) % 11 <= 3;
    let second_holds = weighted_sum(&digits, &SECOND_WEIGHTS).is_multiple_of(11);
    if !first_holds || !second_holds {
        let message = say!(
            "The check digits of {shown} are wrong. Compare it with the source.",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdChecksum, COLUMN, message);
    }
    Judged::sound(PersonId::new(Country::No, PersonKind::Natural, number))
}

/// The century is not told by the number alone any more: the day must exist in one that is possible.
fn date_exists(digits: &[u32]) -> bool {
    let pair = |at: usize| digits.iter().skip(at).take(2).fold(0, |value, digit| value * 10 + digit);
    let day = if pair(0) > 40 { pair(0) - 40 } else { pair(0) };
    let month = if pair(2) > 40 { pair(2) - 40 } else { pair(2) };
    [1800, 1900, 2000].iter().any(|century| {
        i32::try_from(pair(4)).is_ok_and(|year| NaiveDate::from_ymd_opt(century + year, month, day).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fodselsnummer_are_read_and_judged() {
        let table = [
            // Vectors of Skatteetaten; the last has a first remainder of 1.
            ("02013299997", Ok("02013299997")),
            ("30108299920", Ok("30108299920")),
            ("30108299939", Ok("30108299939")),
            ("301082 99939", Ok("30108299939")),
            ("30108299938", Err(Code::IdChecksum)),
            ("31023299997", Err(Code::IdDate)),
            // 29 February of a year that is a leap year in no century.
            ("29023199997", Err(Code::IdDate)),
            ("3010829993", Err(Code::IdMalformed)),
            ("", Err(Code::IdMalformed)),
        ];
        for (written, expected) in table {
            let judged = judge(written);
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
            assert_eq!(judged.value.as_ref().map(PersonId::whole), expected.ok(), "{written}");
        }
    }
}
