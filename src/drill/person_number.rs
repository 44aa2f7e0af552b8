//! CPR numbers that are right in form and can be nobody's.
//!
//! Each has 60 added to its day of birth. Such a replacement number (erstatningspersonnummer) is what an office gives to somebody without
//! a CPR number; the register itself never holds one (cpr.dk), so none of these can meet a person in it. They pass modulus 11. A number
//! whose leading zero a spreadsheet lost cannot have 60 added, since it begins with a zero: these belong to births from 1858 to 1867,
//! a hundred years and more before the first CPR number was given (1968).
//!
//! A number is worked out from its place in a list and never drawn, so that none comes twice, however many there are.

use chrono::{Datelike, Days, NaiveDate};

use super::chance::{Purpose, Shuffle};

/// Ten digits, most significant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PersonNumber([u8; 10]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sex {
    Female,
    Male,
}

/// The weights of the first ten digits (cpr.dk).
const WEIGHTS: [u32; 10] = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

/// However the first eight digits fall, at least nine pairs of last digits make modulus 11 come out: the ninth digit may be any of ten,
/// and for at most one of them the tenth would have to be a 10.
const ENDINGS: u64 = 9;

/// Digits 7 and 8 with which somebody born from 1937 to 1999 may have a number: 00 to 49 and 90 to 99.
const YOUNGER_SERIALS: [u8; 60] = {
    let mut serials = [0; 60];
    let mut at = 0;
    while at < 60 {
        serials[at] = if at < 50 { at as u8 } else { at as u8 + 40 };
        at += 1;
    }
    serials
};

impl PersonNumber {
    /// `ending` is under [`ENDINGS`].
    fn new(day: u32, month: u32, year: i32, serial: u8, ending: u64) -> Self {
        let year = year.rem_euclid(100) as u32;
        let mut digits = [0; 10];
        for (pair, number) in [day, month, year, u32::from(serial)].into_iter().enumerate() {
            digits[2 * pair] = (number / 10) as u8;
            digits[2 * pair + 1] = (number % 10) as u8;
        }
        let rest = weighted_sum(&digits) % 11;
        let endings = (0..10).map(|ninth| (ninth, (22 - rest + 11 - 2 * ninth % 11) % 11));
        let (ninth, tenth) = endings.filter(|&(_, tenth)| tenth < 10).nth(ending as usize).unwrap_or((0, 0));
        digits[8] = ninth as u8;
        digits[9] = tenth as u8;
        Self(digits)
    }

    /// Ten digits without a hyphen.
    pub(super) fn digits(self) -> String {
        self.0.iter().map(|digit| char::from(b'0' + digit)).collect()
    }

    /// The last digit is even for women.
    pub(super) fn sex(self) -> Sex {
        if self.0[9].is_multiple_of(2) { Sex::Female } else { Sex::Male }
    }

    /// The same number with a last digit that modulus 11 does not approve.
    pub(super) fn with_wrong_check_digit(mut self) -> Self {
        self.0[9] = (self.0[9] + 2) % 10;
        self
    }

    /// Right in everything but the day: 31 February, 60 added.
    pub(super) fn on_31_february(self) -> Self {
        let year = self.0[4] * 10 + self.0[5];
        Self::new(31 + 60, 2, year.into(), self.0[6] * 10 + self.0[7], 0)
    }
}

fn weighted_sum(digits: &[u8; 10]) -> u32 {
    digits.iter().zip(WEIGHTS).map(|(&digit, weight)| u32::from(digit) * weight).sum()
}

/// The numbers that one list may give out: its years of birth, and serials that no other list has for these years.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberSeries {
    first_birthday: NaiveDate,
    days: u64,
    serials: &'static [u8],
    order: Shuffle,
}

impl NumberSeries {
    /// Births from the first day of `years.0` to the last of `years.1`. People of working age share their years of birth among four
    /// lists, so each has a stretch of the serials to itself, long enough for ten million recipients in all.
    pub(super) fn new(seed: u64, list: usize, years: (i32, i32), serials: std::ops::Range<usize>) -> Self {
        let first_birthday = NaiveDate::from_ymd_opt(years.0, 1, 1).unwrap_or_default();
        let end = NaiveDate::from_ymd_opt(years.1 + 1, 1, 1).unwrap_or_default();
        let days = (end - first_birthday).num_days() as u64;
        let serials = &YOUNGER_SERIALS[serials];
        let len = days * serials.len() as u64 * ENDINGS;
        Self { first_birthday, days, serials, order: Shuffle::new(seed, Purpose::PersonNumbers, list, len) }
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> u64 {
        self.order.len()
    }

    pub(super) fn at(&self, place: u64) -> PersonNumber {
        let number = self.order.at(place);
        let (cell, day) = (number / self.days, number % self.days);
        let birthday = self.first_birthday + Days::new(day);
        let serial = self.serials[(cell / ENDINGS) as usize];
        PersonNumber::new(birthday.day() + 60, birthday.month(), birthday.year(), serial, cell % ENDINGS)
    }
}

/// Numbers that begin with a zero and are nobody's: births on the first nine days of the months from 1858 to 1867.
#[derive(Clone, Copy, Debug)]
pub(super) struct LostZeroSeries(Shuffle);

impl LostZeroSeries {
    /// Digits 7 and 8 from 50 to 89 stand for the 1800s where the year is 58 or later.
    const SERIALS: u64 = 40;
    const LEN: u64 = 10 * 12 * 9 * Self::SERIALS * ENDINGS;

    pub(super) fn new(seed: u64, list: usize) -> Self {
        Self(Shuffle::new(seed, Purpose::LostZeros, list, Self::LEN))
    }

    pub(super) fn at(&self, place: u64) -> PersonNumber {
        let mut rest = self.0.at(place % Self::LEN);
        let mut next = |limit: u64| {
            let digit = rest % limit;
            rest /= limit;
            digit
        };
        let (day, month, year) = (next(9) as u32 + 1, next(12) as u32 + 1, next(10) as i32 + 1858);
        let serial = next(Self::SERIALS) as u8 + 50;
        PersonNumber::new(day, month, year, serial, next(ENDINGS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes_modulus_11(number: PersonNumber) -> bool {
        weighted_sum(&number.0).is_multiple_of(11)
    }

    #[test]
    fn the_weights_are_those_of_the_register() {
        for (digits, passes) in [("2110625629", true), ("0709614150", true), ("0101010000", false)] {
            let mut number = [0; 10];
            number.iter_mut().zip(digits.bytes()).for_each(|(digit, byte)| *digit = byte - b'0');
            assert_eq!(passes_modulus_11(PersonNumber(number)), passes, "{digits}");
        }
    }

    #[test]
    fn every_ending_of_every_beginning_passes_modulus_11_and_differs() {
        for serial in 0..100 {
            for day in 61..=91 {
                let numbers: Vec<_> = (0..ENDINGS).map(|e| PersonNumber::new(day, 5, 1982, serial, e)).collect();
                for (at, number) in numbers.iter().enumerate() {
                    assert!(passes_modulus_11(*number), "{}", number.digits());
                    assert!(!numbers[..at].contains(number), "{}", number.digits());
                    assert!(!passes_modulus_11(number.with_wrong_check_digit()));
                }
            }
        }
    }

    #[test]
    fn a_series_gives_each_number_once_within_its_years() {
        let series = NumberSeries::new(3, 0, (1998, 1999), 3..5);
        let mut numbers: Vec<String> = (0..series.len()).map(|place| series.at(place).digits()).collect();
        let total = numbers.len();
        assert_eq!(total, 730 * 2 * 9);
        assert!(numbers.iter().all(|n| n.starts_with(['6', '7', '8', '9']) && ["98", "99"].contains(&&n[4..6])));
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), total);
    }

    #[test]
    fn a_number_with_a_leading_zero_was_never_anybodys() {
        let series = LostZeroSeries::new(3, 1);
        let mut numbers: Vec<String> = (0..LostZeroSeries::LEN).map(|place| series.at(place).digits()).collect();
        for number in &numbers {
            let year: u32 = number[4..6].parse().expect("digits");
            let seventh = &number[6..7];
            assert!(number.starts_with('0') && (58..=67).contains(&year) && ("5"..="8").contains(&seventh), "{number}");
        }
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len() as u64, LostZeroSeries::LEN);
    }

    #[test]
    fn the_31st_of_february_is_wrong_in_nothing_else() {
        let number = PersonNumber::new(65, 5, 1982, 12, 0).on_31_february();
        assert!(number.digits().starts_with("910282"), "{}", number.digits());
        assert!(passes_modulus_11(number));
    }
}
