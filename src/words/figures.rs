//! Amounts, counts and days as a language writes them. Files and JSON documents have them exact and in ISO form instead.

use chrono::{Datelike, NaiveDate};

use super::message::Argument;
use super::{Language, language};
use crate::payment::Amount;

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DANISH_MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
];

const ENGLISH_WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DANISH_WEEKDAYS: [&str; 7] = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];

/// `1,234.50`, in Danish `1.234,50`; without the currency.
pub fn amount(amount: Amount) -> String {
    amount_in(amount, language())
}

/// `2,531`, in Danish `2.531`.
pub fn count(number: u64) -> String {
    count_in(number, language())
}

/// `3 March 2099`, in Danish `3. marts 2099`.
pub fn day(date: NaiveDate) -> String {
    day_in(date, language())
}

/// `Tuesday 3 March 2099`, in Danish `tirsdag 3. marts 2099`.
pub fn day_with_weekday(date: NaiveDate) -> String {
    let weekdays = match language() {
        Language::English => ENGLISH_WEEKDAYS,
        Language::Danish => DANISH_WEEKDAYS,
    };
    let weekday = weekdays.get(date.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
    format!("{weekday} {}", day(date))
}

/// `3 Mar 2099`, in Danish `3. mar. 2099`: for tables.
pub fn short_day(date: NaiveDate) -> String {
    let (months, point) = match language() {
        Language::English => (ENGLISH_MONTHS, ""),
        Language::Danish => (DANISH_MONTHS, "."),
    };
    let month = months.get(date.month0() as usize).copied().unwrap_or_default();
    // A month of three letters stands whole.
    let (short, end) =
        month.split_at_checked(3).filter(|(_, rest)| !rest.is_empty()).map_or((month, ""), |(short, _)| (short, point));
    format!("{}{point} {short}{end} {}", date.day(), date.year())
}

/// A number that is a name and not a count: a row, a year.
pub fn ungrouped(number: impl Into<u64>) -> Argument {
    Argument::Text(number.into().to_string())
}

/// As [`amount`], in this language.
pub fn amount_in(amount: Amount, language: Language) -> String {
    let danish = amount.grouped();
    match language {
        Language::Danish => danish,
        Language::English => danish.chars().map(swap_marks).collect(),
    }
}

fn swap_marks(c: char) -> char {
    match c {
        '.' => ',',
        ',' => '.',
        c => c,
    }
}

pub(super) fn count_in(number: u64, language: Language) -> String {
    let digits = number.to_string();
    let mark = if language == Language::Danish { '.' } else { ',' };
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(mark);
        }
        grouped.push(digit);
    }
    grouped
}

/// As [`day`], in this language.
pub fn day_in(date: NaiveDate, language: Language) -> String {
    let (months, point) = match language {
        Language::English => (ENGLISH_MONTHS, ""),
        Language::Danish => (DANISH_MONTHS, "."),
    };
    let month = months.get(date.month0() as usize).copied().unwrap_or_default();
    format!("{}{point} {month} {}", date.day(), date.year())
}

#[cfg(test)]
mod tests {
    use super::super::in_language;
    use super::*;
    use crate::payment::Currency;

    #[test]
    fn each_language_writes_figures_its_own_way() {
        use Language::{Danish, English};
        let figure = |minor_units| Amount::from_minor_units(minor_units, Currency::Dkk);
        let table =
            [(123_450, "1,234.50", "1.234,50"), (-100_000_001, "-1,000,000.01", "-1.000.000,01"), (0, "0.00", "0,00")];
        for (minor_units, english, danish) in table {
            assert_eq!(amount_in(figure(minor_units), English), english);
            assert_eq!(amount_in(figure(minor_units), Danish), danish);
        }
        for (number, english, danish) in [(999, "999", "999"), (1_234_567, "1,234,567", "1.234.567")] {
            assert_eq!(count_in(number, English), english);
            assert_eq!(count_in(number, Danish), danish);
        }
        let march = NaiveDate::from_ymd_opt(2099, 3, 3).expect("a day");
        assert_eq!(day_in(march, English), "3 March 2099");
        assert_eq!(day_in(march, Danish), "3. marts 2099");
    }

    #[test]
    fn a_day_is_told_whole_with_its_weekday_or_short() {
        let days = ["2026-12-01", "2027-05-09"].map(|day| day.parse::<NaiveDate>().expect("a day"));
        let told = |language| in_language(language, || days.map(|date| (day_with_weekday(date), short_day(date))));
        let pair = |long: &str, short: &str| (long.to_owned(), short.to_owned());
        let english = [pair("Tuesday 1 December 2026", "1 Dec 2026"), pair("Sunday 9 May 2027", "9 May 2027")];
        assert_eq!(told(Language::English), english);
        let danish = [pair("tirsdag 1. december 2026", "1. dec. 2026"), pair("søndag 9. maj 2027", "9. maj 2027")];
        assert_eq!(told(Language::Danish), danish);
    }
}
