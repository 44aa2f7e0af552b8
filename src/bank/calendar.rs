//! The days on which banks move money.
//!
//! A payment dated on any other day is refused by some banks and moved to the next bank day by others, and then the rent is late. So where
//! sources disagree about a day, it counts as closed: the payment goes out the day before, which nobody minds.
//!
//! Sources, read in November 2026:
//! - Denmark: Danmarks Nationalbank, "Banklukkedage" (the lists for 2026 and 2027 are in the tests). General Prayer Day ended with 2023
//!   (law no. 214 of 6 March 2023).
//! - Greenland and the Faroe Islands: their kroner are cleared in Denmark, so Denmark's days hold there too. Greenland's own: norden.org,
//!   "Public holidays in Greenland" (General Prayer Day is still kept; 21 June is a day off by agreement). The Faroe Islands' own: their
//!   public holidays as the calendar `vacanza/holidays` gathers them (General Prayer Day is still kept; 29 July).
//!   Not confirmed by a bank: that Greenland's banks close on 6 January (one calendar says so, another says half a day) and on 21 June.
//!   Half days count as open: 1 May in Greenland, 25 April and 28 July in the Faroe Islands.
//! - Norway: Norges Bank, "Oppgjørsdager" (the list for 2017 is in the tests).
//! - Sweden and Finland: their public holidays, and the eves on which banks are closed. Not confirmed by a bank.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::payment::Country;
use crate::payment::Country::{Dk, Fi, Fo, Gl, No, Se};
use crate::words::{Message, Phrase};
use crate::{phrase, say};

/// When in a year a holiday falls.
#[derive(Clone, Copy)]
enum When {
    /// Month and day.
    On(u32, u32),
    /// Days after Easter Sunday.
    Easter(i64),
    /// The Friday from 19 to 25 June.
    MidsummerEve,
}
use When::{Easter, MidsummerEve, On};

struct Holiday {
    when: When,
    name: Phrase,
    closed_in: &'static [Country],
    /// The last year in which it was kept.
    until: i32,
}

const fn holiday(when: When, name: Phrase, closed_in: &'static [Country]) -> Holiday {
    Holiday { when, name, closed_in, until: i32::MAX }
}

/// Bank holidays, apart from Saturdays and Sundays, through the year.
const HOLIDAYS: &[Holiday] = &[
    holiday(On(1, 1), phrase!("New Year's Day"), &Country::ALL),
    holiday(On(1, 6), phrase!("Epiphany"), &[Gl, Se, Fi]),
    holiday(Easter(-3), phrase!("Maundy Thursday"), &[Dk, Fo, Gl, No]),
    holiday(Easter(-2), phrase!("Good Friday"), &Country::ALL),
    holiday(Easter(0), phrase!("Easter Sunday"), &Country::ALL),
    holiday(Easter(1), phrase!("Easter Monday"), &Country::ALL),
    Holiday { when: Easter(26), name: phrase!("General Prayer Day"), closed_in: &[Dk], until: 2023 },
    holiday(Easter(26), phrase!("General Prayer Day"), &[Fo, Gl]),
    holiday(On(5, 1), phrase!("May Day"), &[Se, No, Fi]),
    holiday(On(5, 17), phrase!("Constitution Day"), &[No]),
    holiday(Easter(39), phrase!("Ascension Day"), &Country::ALL),
    holiday(Easter(40), phrase!("the Friday after Ascension Day"), &[Dk, Fo, Gl]),
    holiday(Easter(49), phrase!("Whit Sunday"), &Country::ALL),
    holiday(Easter(50), phrase!("Whit Monday"), &[Dk, Fo, Gl, No]),
    holiday(On(6, 5), phrase!("Constitution Day"), &[Dk, Fo, Gl]),
    holiday(On(6, 6), phrase!("the National Day"), &[Se]),
    holiday(MidsummerEve, phrase!("Midsummer Eve"), &[Se, Fi]),
    holiday(On(6, 21), phrase!("the National Day"), &[Gl]),
    holiday(On(7, 29), phrase!("St Olav's Day"), &[Fo]),
    holiday(On(12, 6), phrase!("Independence Day"), &[Fi]),
    holiday(On(12, 24), phrase!("Christmas Eve"), &Country::ALL),
    holiday(On(12, 25), phrase!("Christmas Day"), &Country::ALL),
    holiday(On(12, 26), phrase!("Boxing Day"), &Country::ALL),
    holiday(On(12, 31), phrase!("New Year's Eve"), &[Dk, Fo, Gl, Se]),
];

/// Easter Sunday by the anonymous Gregorian algorithm (Nature, 1876; also called Meeus/Jones/Butcher).
fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_correction + 15).rem_euclid(30);
    let to_sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    let march_days = epact + to_sunday - 7 * late + 114;
    NaiveDate::from_ymd_opt(year, (march_days / 31).try_into().ok()?, (march_days % 31 + 1).try_into().ok()?)
}

/// The days on which banks of a country move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankCalendar {
    country: Country,
}

impl BankCalendar {
    pub fn of(country: Country) -> Self {
        Self { country }
    }

    pub fn is_bank_day(&self, date: NaiveDate) -> bool {
        self.why_closed(date).is_none()
    }

    /// The name of the bank holiday that falls on this day. A Saturday or Sunday as such is none.
    pub fn holiday(&self, date: NaiveDate) -> Option<Phrase> {
        let after_easter = easter_sunday(date.year()).map(|easter| (date - easter).num_days());
        let falls_here = |when: When| match when {
            On(month, day) => (date.month(), date.day()) == (month, day),
            Easter(days) => after_easter == Some(days),
            MidsummerEve => date.month() == 6 && (19..=25).contains(&date.day()) && date.weekday() == Weekday::Fri,
        };
        HOLIDAYS
            .iter()
            .find(|h| h.closed_in.contains(&self.country) && date.year() <= h.until && falls_here(h.when))
            .map(|h| h.name)
    }

    /// The first bank day strictly after this day.
    pub fn next_bank_day(&self, date: NaiveDate) -> NaiveDate {
        self.nearest_bank_day(date, NaiveDate::succ_opt)
    }

    /// The last bank day strictly before this day.
    pub fn previous_bank_day(&self, date: NaiveDate) -> NaiveDate {
        self.nearest_bank_day(date, NaiveDate::pred_opt)
    }

    /// Steps until a bank day comes; at the end of time it stays there.
    fn nearest_bank_day(&self, date: NaiveDate, step: fn(&NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
        std::iter::successors(step(&date), step).find(|day| self.is_bank_day(*day)).unwrap_or(date)
    }

    fn why_closed(&self, date: NaiveDate) -> Option<Phrase> {
        self.holiday(date).or(match date.weekday() {
            Weekday::Sat => Some(phrase!("a Saturday")),
            Weekday::Sun => Some(phrase!("a Sunday")),
            _ => None,
        })
    }
}

/// Why no payment can be dated on a day. Its text names the nearest bank days that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayDateError {
    Past {
        date: NaiveDate,
        /// Today, or the first bank day after it.
        first: NaiveDate,
        second: NaiveDate,
    },
    NotBankDay {
        date: NaiveDate,
        /// "a Saturday", "Good Friday".
        why: Phrase,
        /// None where that day is past.
        before: Option<NaiveDate>,
        after: NaiveDate,
    },
}

/// The days stand as they are typed after `--pay-on`.
impl From<PayDateError> for Message {
    fn from(error: PayDateError) -> Self {
        let iso = |day: NaiveDate| day.to_string();
        match error {
            PayDateError::Past { date, first, second } => say!(
                "{date} is past. The next bank days are {first} and {second}.",
                date = iso(date),
                first = iso(first),
                second = iso(second)
            ),
            PayDateError::NotBankDay { date, why, before: Some(before), after } => say!(
                "{date} is no bank day: it is {why}. The nearest bank days are {before} and {after}.",
                date = iso(date),
                why,
                before = iso(before),
                after = iso(after)
            ),
            PayDateError::NotBankDay { date, why, before: None, after } => say!(
                "{date} is no bank day: it is {why}. The nearest bank day is {after}.",
                date = iso(date),
                why,
                after = iso(after)
            ),
        }
    }
}

/// Whether a payment can be dated `date`: today or later, and a bank day. Payment on the same day is left to the bank's cut-off time.
pub fn check_pay_date(date: NaiveDate, today: NaiveDate, calendar: &BankCalendar) -> Result<(), PayDateError> {
    if date < today {
        let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        let first = calendar.next_bank_day(yesterday);
        return Err(PayDateError::Past { date, first, second: calendar.next_bank_day(first) });
    }
    if let Some(why) = calendar.why_closed(date) {
        let before = Some(calendar.previous_bank_day(date)).filter(|before| *before >= today);
        return Err(PayDateError::NotBankDay { date, why, before, after: calendar.next_bank_day(date) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_else(|_| panic!("{text} is a date"))
    }

    /// The Mondays to Fridays of a year on which the banks are closed.
    fn closed_weekdays(country: Country, year: i32) -> Vec<NaiveDate> {
        let calendar = BankCalendar::of(country);
        let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("a year");
        let weekday = |d: &NaiveDate| d.weekday().number_from_monday() < 6;
        let of_year = first.iter_days().take_while(|d| d.year() == year);
        of_year.filter(weekday).filter(|d| !calendar.is_bank_day(*d)).collect()
    }

    fn days(year: i32, month_days: &[&str]) -> Vec<NaiveDate> {
        month_days.iter().map(|month_day| day(&format!("{year}-{month_day}"))).collect()
    }

    #[test]
    fn easter_falls_where_the_almanacs_say() {
        let published = "1818-03-22 1900-04-15 1954-04-18 2000-04-23 2015-04-05 2016-03-27 2017-04-16 2018-04-01 2019-04-21 2020-04-12 \
                         2021-04-04 2022-04-17 2023-04-09 2024-03-31 2025-04-20 2026-04-05 2027-03-28 2028-04-16 2029-04-01 2030-04-21 \
                         2031-04-13 2032-03-28 2033-04-17 2034-04-09 2035-03-25 2038-04-25 2049-04-18 2076-04-19";
        for date in published.split_whitespace().map(day) {
            assert_eq!(easter_sunday(date.year()), Some(date));
        }
    }

    #[test]
    fn denmark_closes_on_the_days_that_its_national_bank_publishes() {
        let d2026 = ["01-01", "04-02", "04-03", "04-06", "05-14", "05-15", "05-25", "06-05", "12-24", "12-25", "12-31"];
        assert_eq!(closed_weekdays(Dk, 2026), days(2026, &d2026));
        let d2027 = ["01-01", "03-25", "03-26", "03-29", "05-06", "05-07", "05-17", "12-24", "12-31"];
        assert_eq!(closed_weekdays(Dk, 2027), days(2027, &d2027));
    }

    #[test]
    fn general_prayer_day_ended_in_denmark_alone() {
        let table = [(Dk, false), (Gl, true), (Fo, true), (No, false)];
        for (country, kept) in table {
            let calendar = BankCalendar::of(country);
            assert_eq!(calendar.holiday(day("2024-04-26")).is_some(), kept, "{country}");
        }
        assert_eq!(BankCalendar::of(Dk).holiday(day("2023-05-05")), Some(phrase!("General Prayer Day")));
    }

    #[test]
    fn greenland_and_the_faroe_islands_add_days_to_denmarks() {
        let table = [
            (Gl, 2027, vec!["01-06", "04-23", "06-21"]),
            (Gl, 2026, vec!["01-06", "05-01"]),
            (Fo, 2026, vec!["05-01", "07-29"]),
        ];
        for (country, year, own) in table {
            let danish = closed_weekdays(Dk, year);
            let added: Vec<_> = closed_weekdays(country, year).into_iter().filter(|d| !danish.contains(d)).collect();
            assert_eq!(added, days(year, &own), "{country} {year}");
        }
    }

    #[test]
    fn norway_sweden_and_finland_keep_their_own_days() {
        let norway = ["04-13", "04-14", "04-17", "05-01", "05-17", "05-25", "06-05", "12-25", "12-26"];
        assert_eq!(closed_weekdays(No, 2017), days(2017, &norway));
        let sweden = ["01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "06-19", "12-24", "12-25", "12-31"];
        assert_eq!(closed_weekdays(Se, 2026), days(2026, &sweden));
        let finland = ["01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "06-19", "12-24", "12-25"];
        assert_eq!(closed_weekdays(Fi, 2026), days(2026, &finland));
    }

    #[test]
    fn the_bank_days_around_christmas_are_found() {
        let calendar = BankCalendar::of(Gl);
        assert_eq!(calendar.next_bank_day(day("2026-12-23")), day("2026-12-28"));
        assert_eq!(calendar.previous_bank_day(day("2026-12-28")), day("2026-12-23"));
        assert_eq!(calendar.next_bank_day(day("2026-12-30")), day("2027-01-04"));
        assert_eq!(calendar.next_bank_day(NaiveDate::MAX), NaiveDate::MAX);
    }

    #[test]
    fn a_wrong_pay_date_is_told_with_the_bank_days_nearest_to_it() {
        let table = [
            ("2026-12-01", "2026-11-20", Ok(())),
            ("2026-11-20", "2026-11-20", Ok(())),
            ("2026-11-19", "2026-11-20", Err("2026-11-19 is past. The next bank days are 2026-11-20 and 2026-11-23.")),
            ("2026-11-20", "2026-11-21", Err("2026-11-20 is past. The next bank days are 2026-11-23 and 2026-11-24.")),
            (
                "2026-12-25",
                "2026-11-20",
                Err(
                    "2026-12-25 is no bank day: it is Christmas Day. The nearest bank days are 2026-12-23 and 2026-12-28.",
                ),
            ),
            (
                "2026-11-22",
                "2026-11-21",
                Err("2026-11-22 is no bank day: it is a Sunday. The nearest bank day is 2026-11-23."),
            ),
        ];
        let calendar = BankCalendar::of(Dk);
        for (date, today, expected) in table {
            let told = check_pay_date(day(date), day(today), &calendar).map_err(|e| Message::from(e).to_string());
            assert_eq!(told, expected.map_err(String::from), "{date} on {today}");
        }
    }

    proptest! {
        #[test]
        fn the_next_and_the_previous_bank_day_are_the_nearest(offset in 0u64..80_000, at in 0usize..6) {
            let calendar = BankCalendar::of(Country::ALL[at]);
            let date = day("1980-01-01") + Days::new(offset);
            let (before, after) = (calendar.previous_bank_day(date), calendar.next_bank_day(date));
            prop_assert!(before < date && date < after);
            prop_assert!(calendar.is_bank_day(before) && calendar.is_bank_day(after));
            let between = before.iter_days().skip(1).take_while(|d| *d < after);
            prop_assert!(between.filter(|d| *d != date).all(|d| !calendar.is_bank_day(d)));
        }

        #[test]
        fn where_denmark_is_closed_greenland_and_the_faroe_islands_are_too(offset in 0u64..80_000) {
            let date = day("1980-01-01") + Days::new(offset);
            if !BankCalendar::of(Dk).is_bank_day(date) {
                prop_assert!(!BankCalendar::of(Gl).is_bank_day(date) && !BankCalendar::of(Fo).is_bank_day(date));
            }
        }
    }
}
