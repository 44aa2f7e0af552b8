//! The Danish civil registration number, CPR: `DDMMYY-XXXX`. It serves Greenland and the Faroe Islands too.
//!
//! Source: CPR-kontoret, "Personnummeret i CPR" (century from the seventh digit, modulus 11 and its end on 1 October 2007) and
//! "Erstatningspersonnummer i eksterne systemer" (day + 60), cpr.dk.

use chrono::{Datelike, NaiveDate};

use super::spelling::{all_digits, compact, plain};
use super::{Code, Judged, shown};
use crate::payment::{Country, PersonId, PersonKind, mask};
use crate::phrase;
use crate::recipient_list::Column::PersonId as COLUMN;
use crate::say;
use crate::words::Message;

const WEIGHTS: [u32; 10] = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

pub(super) fn judge(written: &str) -> Judged<PersonId> {
    let Some((digits, zero_is_lost)) = read_digits(written) else {
        return malformed(written);
    };
    let Some(born) = birth_date(&digits) else {
        let message = say!(
            "{shown} does not begin with a day that exists (day, month, year).",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdDate, COLUMN, message);
    };

    let number = std::str::from_utf8(&digits).unwrap_or_default();
    let mut judged = Judged::sound(PersonId::new(Country::Dk, PersonKind::Natural, number));
    if zero_is_lost {
        let message = say!(
            "{shown} has nine digits and is read as {number}: spreadsheets drop a leading zero. See that it is the right person.",
            shown = shown::quoted_id(written),
            number = mask(number)
        );
        judged = judged.noting(Code::IdLeadingZero, COLUMN, message);
    }
    let weighed: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    if !weighed.is_multiple_of(11) {
        judged = judged.noting(Code::IdUnverified, COLUMN, unverified(written, &digits, born));
    }
    judged
}

/// The nine or ten digits, where the only other thing is a hyphen before the last four.
fn read_digits(written: &str) -> Option<([u8; 10], bool)> {
    let (mut digits, mut count, mut before_hyphen) = ([b'0'; 10], 0, None);
    for byte in plain(written).bytes() {
        match byte {
            b' ' => {}
            b'-' if before_hyphen.is_none() => before_hyphen = Some(count),
            b'0'..=b'9' => {
                *digits.get_mut(count)? = byte;
                count += 1;
            }
            _ => return None,
        }
    }
    if before_hyphen.is_some_and(|before| count - before != 4) {
        return None;
    }
    match count {
        10 => Some((digits, false)),
        9 => {
            digits.rotate_right(1);
            Some((digits, true))
        }
        _ => None,
    }
}

/// The day of birth in the century that the seventh digit and the year tell. A replacement number's day is 60 higher.
fn birth_date(digits: &[u8; 10]) -> Option<NaiveDate> {
    let &[day_tens, day, month_tens, month, year_tens, year, seventh, ..] = digits;
    let pair = |tens: u8, ones: u8| 10 * (tens - b'0') + (ones - b'0');
    let (day, month, year) = (pair(day_tens, day), pair(month_tens, month), pair(year_tens, year));
    let century = match (seventh, year) {
        (b'0'..=b'3', _) => 1900,
        (b'4' | b'9', 0..=36) => 2000,
        (b'4' | b'9', _) => 1900,
        (_, 0..=57) => 2000,
        (_, _) => 1800,
    };
    let day = if is_replacement(digits) { day - 60 } else { day };
    NaiveDate::from_ymd_opt(century + i32::from(year), month.into(), day.into())
}

/// Erstatningspersonnummer: given where there is no CPR number; the first digit of the day is 6 higher.
fn is_replacement(digits: &[u8; 10]) -> bool {
    digits[0] >= b'6'
}

fn malformed(written: &str) -> Judged<PersonId> {
    let message = say!(
        "{shown} is no CPR number: it has ten digits: day, month, year and four more.",
        shown = shown::quoted_id(written)
    );
    let digits = compact(written);
    let message = if all_digits(&digits) && digits.len() == 8 {
        message.and(say!("Eight digits are a CVR number: an organisation stands in a column headed cvr."))
    } else {
        message
    };
    Judged::wrong(Code::IdMalformed, COLUMN, message)
}

fn unverified(written: &str, digits: &[u8; 10], born: NaiveDate) -> Message {
    let reason = if is_replacement(digits) {
        phrase!("Replacement numbers need not.")
    } else if born.day() == 1 && born.month() == 1 {
        phrase!("Since 2007 numbers without it are given, above all for 1 January, so this is no error.")
    } else {
        phrase!(
            "Since 2007 numbers without it are given, so this is no error, but it is rare for this day: compare with the source."
        )
    };
    say!("{shown} does not satisfy modulus 11. {reason}", shown = shown::quoted_id(written), reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cpr_numbers_are_read_and_judged() {
        use Code::{IdDate, IdLeadingZero, IdMalformed, IdUnverified};
        // written, canonical, what is said
        let table: &[(&str, Option<&str>, &[Code])] = &[
            ("2110625629", Some("2110625629"), &[]),
            ("211062-5629", Some("2110625629"), &[]),
            ("211062 5629", Some("2110625629"), &[]),
            ("211062 – 5629", Some("2110625629"), &[]),
            ("２１１０６２－５６２９", Some("2110625629"), &[]),
            ("709614150", Some("0709614150"), &[IdLeadingZero]),
            ("70961-4150", Some("0709614150"), &[IdLeadingZero]),
            ("0101010000", Some("0101010000"), &[IdUnverified]),
            ("101010000", Some("0101010000"), &[IdLeadingZero, IdUnverified]),
            ("8110625629", Some("8110625629"), &[IdUnverified]),
            // 29 February: 1900 was no leap year, 2000 was; so were 1896 and 1936 and 2036.
            ("2902000002", None, &[IdDate]),
            ("2902004008", Some("2902004008"), &[IdUnverified]),
            ("2902005004", Some("2902005004"), &[IdUnverified]),
            ("2902009000", Some("2902009000"), &[IdUnverified]),
            ("2902370000", None, &[IdDate]),
            ("8902000000", None, &[IdDate]),
            ("3112990000", Some("3112990000"), &[IdUnverified]),
            ("3102900000", None, &[IdDate]),
            ("0001900000", None, &[IdDate]),
            ("0113900000", None, &[IdDate]),
            ("6001900000", None, &[IdDate]),
            ("9201900000", None, &[IdDate]),
            ("0000000000", None, &[IdDate]),
            ("", None, &[IdMalformed]),
            ("12345678", None, &[IdMalformed]),
            ("01019012345", None, &[IdMalformed]),
            ("0101-901234", None, &[IdMalformed]),
            ("010190--1234", None, &[IdMalformed]),
            ("010190-1234-", None, &[IdMalformed]),
            ("010190-12x4", None, &[IdMalformed]),
            ("٠١٠١٩٠١٢٣٤", None, &[IdMalformed]),
            ("ukendt", None, &[IdMalformed]),
        ];
        for (written, canonical, codes) in table {
            let judged = judge(written);
            assert_eq!(judged.value.as_ref().map(PersonId::whole), *canonical, "{written}");
            assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), *codes, "{written}");
        }
    }

    /// What is said tells the common mistakes apart.
    #[test]
    fn what_is_wrong_is_explained_by_what_was_written() {
        let table = [
            ("12345678", "CVR", true),
            ("1234567", "CVR", false),
            ("1234567x", "CVR", false),
            ("8110625629", "Replacement numbers need not", true),
            ("0101010000", "above all for 1 January", true),
            ("0103010000", "rare for this day", true),
            ("0201010000", "rare for this day", true),
        ];
        for (written, words, are_said) in table {
            let judged = judge(written);
            let said = judged.problems.iter().any(|problem| problem.message.contains(words));
            assert_eq!(said, are_said, "{written}: {:?}", judged.problems);
        }
    }

    #[test]
    fn the_century_follows_the_seventh_digit_and_the_year() {
        let table = [
            ("0101000000", 1900),
            ("0101993000", 1999),
            ("0101364000", 2036),
            ("0101374000", 1937),
            ("0101575000", 2057),
            ("0101585000", 1858),
            ("0101578000", 2057),
            ("0101998000", 1899),
            ("0101369000", 2036),
            ("0101379000", 1937),
        ];
        for (number, year) in table {
            let digits = number.as_bytes().try_into().expect("ten digits");
            assert_eq!(birth_date(digits).map(|d| d.year()), Some(year), "{number}");
        }
    }

    #[test]
    fn messages_never_hold_the_whole_number() {
        for written in ["0101010000", "101010000", "3102901234", "01019012345", "010101-0000"] {
            let digits: String = written.chars().filter(char::is_ascii_digit).collect();
            for problem in judge(written).problems {
                assert!(
                    !problem.message.contains(written) && !problem.message.contains(&digits),
                    "{}",
                    problem.message
                );
                assert!(problem.message.contains("•"), "{}", problem.message);
            }
        }
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_number_is_one_person(days in 0u64..35_000, tail in 0u32..10_000) {
            let born = NaiveDate::from_ymd_opt(1930, 1, 1).expect("a day") + chrono::Days::new(days);
            let (date, tail) = (born.format("%d%m%y").to_string(), format!("{tail:04}"));
            let whole = format!("{date}{tail}");
            let expected = judge(&whole).value;
            let wide: String = whole.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect();
            for spelling in [format!("{date}-{tail}"), format!("{date} {tail}"), format!(" {date} – {tail}\u{a0}"), wide] {
                prop_assert_eq!(&judge(&spelling).value, &expected, "{}", spelling);
            }
            if let Some(lost) = whole.strip_prefix('0').filter(|rest| rest.len() == 9) {
                prop_assert_eq!(&judge(lost).value, &expected, "{}", lost);
            }
        }
    }
}
