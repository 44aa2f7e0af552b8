//! What a cell of a spreadsheet holds, and how it is written as text for the column it stands in.
//!
//! A spreadsheet keeps every number as a binary fraction of 64 bits: Excel writes the amount 1234,10 as `1234.0999999999999`. The
//! shortest decimal that names the same binary fraction is what was typed; it is found once, here, and all that follows is exact decimals.

use std::borrow::Cow;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::recipient_list::Column;
use crate::recipient_list::broken_cell::NO_VALUE;

/// One cell, as the file holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// In plain decimals, without exponent.
    Number(String),
    /// A number that is shown with zeros before it.
    Padded {
        number: String,
        shown: String,
    },
    Date {
        at: NaiveDateTime,
        /// Shown without a day: `apr-22`.
        month_only: bool,
    },
    Logical(bool),
    /// `#REF!` and its like.
    Error(String),
    /// A formula whose value was not saved with it.
    NoValue,
}

impl Cell {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => crate::recipient_list::trim(text).is_empty(),
            _ => false,
        }
    }

    /// The cell as text for its column: a number of a register in all its digits, an amount with its two decimals, a day as a day.
    pub(super) fn text(&self, column: Option<Column>, epoch: Epoch) -> Cow<'_, str> {
        match (self, column) {
            (Cell::Empty, _) => "".into(),
            (Cell::Text(text) | Cell::Error(text), _) => text.into(),
            (Cell::Number(number), Some(Column::Amount)) => amount_without_dust(number),
            // The fraction of a number ends before its zeros: what stands here may be the beginning of an account.
            (Cell::Number(number), Some(Column::Account | Column::PayeeAccount)) if number.contains('.') => {
                number.replacen('.', ",", 1).into()
            }
            (Cell::Number(number), Some(Column::PayOn | Column::PaidOn | Column::Period)) => match epoch.day(number) {
                Some(day) => day.to_string().into(),
                None => number.into(),
            },
            (Cell::Padded { shown, .. }, Some(column)) if keeps_its_zeros(column) => shown.into(),
            (Cell::Number(number) | Cell::Padded { number, .. }, _) => number.into(),
            (Cell::Date { at, month_only: true }, Some(Column::Period)) => at.format("%Y-%m").to_string().into(),
            (Cell::Date { at, .. }, _) if at.time() == NaiveTime::MIN => at.date().to_string().into(),
            (Cell::Date { at, .. }, _) => at.format("%Y-%m-%dT%H:%M:%S").to_string().into(),
            (Cell::Logical(true), _) => "TRUE".into(),
            (Cell::Logical(false), _) => "FALSE".into(),
            (Cell::NoValue, _) => NO_VALUE.into(),
        }
    }
}

/// Whether zeros before a number are part of what it names. Of a person number they are added, and said to be.
fn keeps_its_zeros(column: Column) -> bool {
    matches!(column, Column::Part | Column::Reference | Column::RegNo | Column::Account | Column::PayeeAccount)
}

/// A number from XML in plain decimals: the shortest that names the same binary fraction. `None` where it is no number.
pub(super) fn exact(written: &str) -> Option<String> {
    let value: f64 = written.trim().parse().ok()?;
    // What is added to a negative zero makes it a zero.
    value.is_finite().then(|| (value + 0.0).to_string())
}

/// An amount to the fifteen digits that a spreadsheet shows and reckons with: the sum of many amounts carries dust behind them.
pub(super) fn amount_as_shown(number: &str) -> Option<String> {
    let value: f64 = number.parse().ok()?;
    exact(&format!("{value:.14e}")).map(|shown| amount(&shown).into_owned())
}

/// As it is shown, where what lies beyond fifteen digits is all that makes more of it than whole øre: a formula's result carries such dust.
fn amount_without_dust(number: &str) -> Cow<'_, str> {
    let in_ore = |shown: &String| exact(shown).is_some_and(|shown| decimals(&shown) <= 2);
    match decimals(number) {
        0..=2 => amount(number),
        _ => amount_as_shown(number).filter(in_ore).map_or_else(|| amount(number), Cow::from),
    }
}

fn decimals(number: &str) -> usize {
    number.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// With two decimals or none; more are kept, and never look like a group of thousands.
fn amount(number: &str) -> Cow<'_, str> {
    match decimals(number) {
        1 | 3 => format!("{number}0").into(),
        _ => number.into(),
    }
}

/// The day from which a workbook counts its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Epoch {
    /// 1 January 1900 is 1, and so is a 29 February that never was: right from 1 March 1900 on.
    #[default]
    Of1900,
    /// 1 January 1904 is 0: workbooks from a Macintosh.
    Of1904,
}

impl Epoch {
    fn begins(self) -> Option<NaiveDate> {
        match self {
            Epoch::Of1900 => NaiveDate::from_ymd_opt(1899, 12, 30),
            Epoch::Of1904 => NaiveDate::from_ymd_opt(1904, 1, 1),
        }
    }

    /// The moment that a serial number stands for, from 1 March 1900 on, to the second.
    pub(super) fn moment(self, serial: &str) -> Option<NaiveDateTime> {
        let (days, fraction) = serial.split_once('.').unwrap_or((serial, "0"));
        let days: u64 = days.parse().ok().filter(|days| (61..=2_958_465).contains(days))?;
        let date = self.begins()?.checked_add_days(Days::new(days))?;
        let nanoths: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        let seconds = (nanoths * 86_400 + 500_000_000) / 1_000_000_000;
        date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(seconds))
    }

    /// A whole number of the years 1954 to 2201, which in a column of dates is a day that lost its format. `2022` stays a year.
    fn day(self, number: &str) -> Option<NaiveDate> {
        let days: u32 = number.parse().ok()?;
        (20_000..=110_000).contains(&days).then(|| self.moment(number)).flatten().map(|moment| moment.date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_shortest_decimals_that_name_them() {
        let table = [
            ("1234.0999999999999", Some("1234.1")),
            ("5234.5", Some("5234.5")),
            ("1.01901234E+8", Some("101901234")),
            ("6.4710001234567E13", Some("64710001234567")),
            ("8.0000001234567895E15", Some("8000000123456790")),
            ("0.30000000000000004", Some("0.30000000000000004")),
            ("1E-3", Some("0.001")),
            ("-0", Some("0")),
            ("-12.5", Some("-12.5")),
            ("1E400", None),
            ("NaN", None),
            ("inf", None),
            ("12 kr", None),
            ("", None),
        ];
        for (written, expected) in table {
            assert_eq!(exact(written).as_deref(), expected, "{written}");
        }
        assert_eq!(amount_as_shown("12345.300000000003").as_deref(), Some("12345.30"));
        assert_eq!(amount_as_shown("0.125").as_deref(), Some("0.1250"));
    }

    #[test]
    fn every_amount_in_ore_survives_the_binary_fraction() {
        for minor_units in (0i64..200_000).chain(9_999_990_000..9_999_999_999) {
            let written = format!("{}.{:02}", minor_units / 100, minor_units % 100);
            let kept = exact(&written).expect("a number");
            let expected = written.trim_end_matches('0').trim_end_matches('.');
            assert_eq!(kept, if expected.is_empty() { "0" } else { expected });
        }
    }

    #[test]
    fn a_number_is_written_for_its_column() {
        let table = [
            ("1234", Column::Amount, "1234"),
            ("1234.5", Column::Amount, "1234.50"),
            ("1.234", Column::Amount, "1.2340"),
            ("1.23", Column::Amount, "1.23"),
            ("1.2345", Column::Amount, "1.2345"),
            ("3000.2999999999997", Column::Amount, "3000.30"),
            ("0.30000000000000004", Column::Amount, "0.30"),
            ("1234.5600000000001", Column::Amount, "1234.56"),
            ("2999.9999999999995", Column::Amount, "3000"),
            ("5234.499999999", Column::Amount, "5234.499999999"),
            ("6471.000123457", Column::Account, "6471,000123457"),
            ("6471.000123457", Column::PayeeAccount, "6471,000123457"),
            ("64710001234567", Column::Account, "64710001234567"),
            ("46357", Column::PayOn, "2026-12-01"),
            ("46357.5", Column::PayOn, "46357.5"),
            ("46357", Column::Account, "46357"),
            ("2022", Column::Period, "2022"),
            ("44652", Column::Period, "2022-04-01"),
            ("101901234", Column::PersonId, "101901234"),
        ];
        for (number, column, expected) in table {
            assert_eq!(Cell::Number(number.into()).text(Some(column), Epoch::Of1900), expected, "{number} {column:?}");
        }
        let padded = Cell::Padded { number: "7".into(), shown: "007".into() };
        let written = |column| padded.text(Some(column), Epoch::Of1900).into_owned();
        let with_zeros = [Column::Part, Column::Reference, Column::RegNo, Column::Account, Column::PayeeAccount];
        assert_eq!(with_zeros.map(written), ["007"; 5]);
        assert_eq!([Column::PersonId, Column::Amount].map(written), ["7"; 2]);
        assert_eq!(Cell::Number("44895".into()).text(Some(Column::PayOn), Epoch::Of1904), "2026-12-01");
    }

    #[test]
    fn a_date_is_written_as_the_day_or_the_month_it_shows() {
        let date = |serial, month_only| Cell::Date { at: Epoch::Of1900.moment(serial).expect("a moment"), month_only };
        assert_eq!(date("44652", false).text(Some(Column::Period), Epoch::Of1900), "2022-04-01");
        assert_eq!(date("44652", true).text(Some(Column::Period), Epoch::Of1900), "2022-04");
        assert_eq!(date("44652", true).text(Some(Column::PayOn), Epoch::Of1900), "2022-04-01");
        assert_eq!(date("44652.25", false).text(Some(Column::PayOn), Epoch::Of1900), "2022-04-01T06:00:00");
        for serial in ["60", "0", "-1", "2958466", "x"] {
            assert_eq!(Epoch::Of1900.moment(serial), None, "{serial}");
        }
        assert_eq!(Epoch::Of1900.moment("61").map(|at| at.date().to_string()).as_deref(), Some("1900-03-01"));
    }
}
