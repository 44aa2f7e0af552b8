//! The days that a payment is for. Two spellings of the same days are the same period.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// First to last day, both included. `2022-04` and `2022-04-01..2022-04-30` are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    first: NaiveDate,
    last: NaiveDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error("write it as 2022-04, 2022-03..2022-04, 2022-W13, 2022-04-01..2022-04-14 or 2022")]
    Malformed,
    #[error("there is no such month, week or day")]
    NoSuchDate,
    #[error("it ends before it begins")]
    Inverted,
}

impl Period {
    pub fn new(first: NaiveDate, last: NaiveDate) -> Result<Self, PeriodError> {
        if last < first { Err(PeriodError::Inverted) } else { Ok(Self { first, last }) }
    }

    pub fn of_day(day: NaiveDate) -> Self {
        Self { first: day, last: day }
    }

    pub fn first(self) -> NaiveDate {
        self.first
    }

    pub fn last(self) -> NaiveDate {
        self.last
    }

    pub fn overlaps(self, other: Period) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// The smallest period that holds both.
    pub fn span(self, other: Period) -> Period {
        Period { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    fn whole_month(year: i32, month: u32) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        Some(Self { first, last: first.with_day(first.num_days_in_month().into())? })
    }
}

/// Reads one end of a range, or a period that stands alone.
fn read_one(text: &[u8]) -> Result<Period, PeriodError> {
    let (year, rest) = text.split_first_chunk::<4>().ok_or(PeriodError::Malformed)?;
    let year = number(year).ok_or(PeriodError::Malformed)? as i32;
    if !(1900..=2199).contains(&year) {
        return Err(PeriodError::NoSuchDate);
    }
    let read = match rest {
        [] => NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31)),
        [b'-', b'W' | b'w', week @ ..] => {
            let monday = NaiveDate::from_isoywd_opt(year, two_digits(week)?, Weekday::Mon);
            monday.and_then(|monday| Some((monday, monday.checked_add_days(Days::new(6))?)))
        }
        [b'-', month @ .., b'-', a, b] => {
            NaiveDate::from_ymd_opt(year, two_digits(month)?, two_digits(&[*a, *b])?).map(|day| (day, day))
        }
        [b'-', month @ ..] => Period::whole_month(year, two_digits(month)?).map(|month| (month.first, month.last)),
        _ => return Err(PeriodError::Malformed),
    };
    read.map(|(first, last)| Period { first, last }).ok_or(PeriodError::NoSuchDate)
}

fn two_digits(text: &[u8]) -> Result<u32, PeriodError> {
    <&[u8; 2]>::try_from(text).ok().and_then(number).ok_or(PeriodError::Malformed)
}

/// `None` where not all are digits.
fn number<const DIGITS: usize>(text: &[u8; DIGITS]) -> Option<u32> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| 10 * number + u32::from(byte - b'0')))
}

fn plain(typed: char) -> char {
    match typed {
        '‐' | '‑' | '–' | '—' | '−' => '-',
        '０'..='９' => char::from(b'0' + (u32::from(typed) - u32::from('０')) as u8),
        other => other,
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    /// Reads the forms of CONTRACT "A recipient list": `2022-04`, `2022-03..2022-04`, `2022-W13`, `2022-04-01..2022-04-14`, `2022`.
    /// Spaces around the parts do not matter; nor do `–` for `-` in full-width and typographic spellings.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let compact = match text.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Cow::Borrowed(text),
            false => text.chars().filter(|c| !c.is_whitespace()).map(plain).collect(),
        };
        // To look for two points costs more than to read a month.
        let two = if compact.bytes().any(|byte| byte == b'.') { compact.split_once("..") } else { None };
        match two {
            None => read_one(compact.as_bytes()),
            Some((from, to)) => Period::new(read_one(from.as_bytes())?.first, read_one(to.as_bytes())?.last),
        }
    }
}

/// The shortest form that names these days: a year, a month, months, an ISO week, or two dates.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Period { first, last } = *self;
        let ends_month = last.checked_add_days(Days::new(1)).is_some_and(|next| next.day() == 1);
        let same_year = first.year() == last.year();
        if first.day() == 1 && ends_month {
            return match (first.month(), last.month()) {
                (1, 12) if same_year => write!(f, "{}", first.format("%Y")),
                (from, to) if same_year && from == to => write!(f, "{}", first.format("%Y-%m")),
                _ => write!(f, "{}..{}", first.format("%Y-%m"), last.format("%Y-%m")),
            };
        }
        if first.weekday() == Weekday::Mon && (last - first).num_days() == 6 {
            let week = first.iso_week();
            return write!(f, "{:04}-W{:02}", week.year(), week.week());
        }
        if first == last {
            return write!(f, "{first}");
        }
        write!(f, "{first}..{last}")
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As two day numbers of the common era, little-endian, four bytes each.
impl BorshSerialize for Period {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        (self.first.num_days_from_ce(), self.last.num_days_from_ce()).serialize(writer)
    }
}

impl BorshDeserialize for Period {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let (first, last) = <(i32, i32)>::deserialize_reader(reader)?;
        let day = |number| NaiveDate::from_num_days_from_ce_opt(number);
        let (first, last) = day(first).zip(day(last)).ok_or(std::io::ErrorKind::InvalidData)?;
        Period::new(first, last).map_err(|_| std::io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_contract_is_read_and_written_in_its_shortest_form() {
        let table = [
            ("2022-04", "2022-04"),
            ("2022-04-01..2022-04-30", "2022-04"),
            ("2022-03..2022-04", "2022-03..2022-04"),
            ("2022-01..2022-12", "2022"),
            ("2022", "2022"),
            ("2022-W13", "2022-W13"),
            ("2022-w13", "2022-W13"),
            ("2022-03-28..2022-04-03", "2022-W13"),
            ("2022-04-01..2022-04-14", "2022-04-01..2022-04-14"),
            (" 2022-04-01 .. 2022-04-14 ", "2022-04-01..2022-04-14"),
            ("2022–04", "2022-04"),
            ("2020-W53", "2020-W53"),
            ("2022..2023", "2022-01..2023-12"),
            ("2022-04-05", "2022-04-05"),
        ];
        for (text, canonical) in table {
            let period: Period = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(period.to_string(), canonical, "{text}");
            assert_eq!(canonical.parse(), Ok(period), "{canonical} reads back");
            assert_eq!(
                borsh::from_slice::<Period>(&borsh::to_vec(&period).expect("memory")).expect("as written"),
                period
            );
        }
    }

    #[test]
    fn what_is_no_period_is_refused_with_its_reason() {
        let table = [
            ("", PeriodError::Malformed),
            ("april", PeriodError::Malformed),
            ("04-2022", PeriodError::Malformed),
            ("2022-4", PeriodError::Malformed),
            ("2022-13", PeriodError::NoSuchDate),
            ("2022-W54", PeriodError::NoSuchDate),
            ("2021-W53", PeriodError::NoSuchDate),
            ("2022-02-30..2022-03-01", PeriodError::NoSuchDate),
            ("2022-04..2022-03", PeriodError::Inverted),
            ("0022-04", PeriodError::NoSuchDate),
            ("2022-W1é", PeriodError::Malformed),
        ];
        for (text, error) in table {
            assert_eq!(text.parse::<Period>(), Err(error), "{text}");
        }
    }

    #[test]
    fn periods_overlap_when_they_share_a_day() {
        let period = |text: &str| text.parse::<Period>().expect("a period");
        assert!(period("2022-03..2022-04").overlaps(period("2022-04")));
        assert!(period("2022-W13").overlaps(period("2022-04")), "week 13 ends on 3 April");
        assert!(!period("2022-03").overlaps(period("2022-04")));
        assert_eq!(period("2022-03").span(period("2022-05")), period("2022-03..2022-05"));
    }
}
