//! The people of a copy: told apart, counted, and kept beside the entry so that they can be written to.

use std::collections::HashMap;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use crate::checks::read_person;
use crate::ledger::copies::PeopleCount;
use crate::payment::{Country, PersonId, PersonKind};

/// Somebody in a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct CopyPerson {
    /// Canonical where it can be read, else as written; empty where there is none.
    pub number: String,
    pub organisation: bool,
    pub name: String,
}

/// Somebody in a copy, as whoever tells of them has them at hand.
#[derive(Clone, Copy, Debug)]
pub struct PersonSeen<'a> {
    pub number: &'a str,
    pub organisation: bool,
    pub name: &'a str,
}

impl<'a> PersonSeen<'a> {
    pub fn known(person: &'a PersonId, name: &'a str) -> Self {
        Self { number: person.whole(), organisation: person.kind() == PersonKind::Organisation, name }
    }

    /// Adds by what they are told from others: by number, or by name where there is none, after a mark for either. Holds no zero byte.
    pub(super) fn known_by(&self, marks: (&str, &str), bytes: &mut Vec<u8>) {
        write_known_by(marks, (self.name, self.number), &mut |part| bytes.extend_from_slice(part));
    }
}

impl From<PersonSeen<'_>> for CopyPerson {
    fn from(seen: PersonSeen) -> Self {
        Self { number: seen.number.into(), organisation: seen.organisation, name: seen.name.into() }
    }
}

/// A cell with fewer digits than this holds no person number, not even a mistyped one.
const FEWEST_DIGITS: usize = 6;
/// A company's number (CVR) is this long in the realm of Denmark, where a person's has ten digits.
const CVR_DIGITS: usize = 8;

impl CopyPerson {
    pub fn known(person: &PersonId, name: &str) -> Self {
        PersonSeen::known(person, name).into()
    }

    /// As two cells of a list name them. A mistyped number is a person's number all the same. `None` where the cells name nobody.
    pub fn written(number: &str, name: &str, country: Country, today: NaiveDate) -> Option<Self> {
        let read = || read_person(number, PersonKind::Natural, country, today).ok();
        if let Some(person) = Some(number).filter(|number| !number.is_empty()).and_then(|_| read()) {
            return Some(Self::known(&person, name));
        }
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let number = match digits >= FEWEST_DIGITS {
            true => number.chars().filter(|c| c.is_alphanumeric()).collect(),
            false => String::new(),
        };
        let organisation = country.in_danish_realm() && digits == CVR_DIGITS && number.len() == CVR_DIGITS;
        let person = Self { number, organisation, name: name.into() };
        (!person.number.is_empty() || !person.name.is_empty()).then_some(person)
    }

    pub fn seen(&self) -> PersonSeen<'_> {
        PersonSeen { number: &self.number, organisation: self.organisation, name: &self.name }
    }

    /// Of equal bytes exactly where two are the same person.
    pub fn key(&self) -> PersonKey {
        Self::key_of(&self.number, &self.name)
    }

    /// As [`key`](Self::key), of somebody with this number and name.
    pub fn key_of(number: &str, name: &str) -> PersonKey {
        let mut hash = Sha256::new();
        write_known_by(("name", "number "), (name, number), &mut |part| hash.update(part));
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize()[..16]);
        key
    }

    /// Whether it is a person and has a number.
    pub fn is_numbered(&self) -> bool {
        !self.number.is_empty() && !self.organisation
    }
}

fn write_known_by(marks: (&str, &str), (name, number): (&str, &str), write: &mut dyn FnMut(&[u8])) {
    let mut add = |text: &str| text.split('\0').for_each(|part| write(part.as_bytes()));
    if number.is_empty() {
        add(marks.0);
        for word in name.split_whitespace() {
            add(" ");
            add(&word.to_lowercase());
        }
    } else {
        add(marks.1);
        add(number);
    }
}

/// Only for as long as a command runs, in memory or sealed: a digest without a key is no pseudonym.
pub type PersonKey = [u8; 16];

/// The counts of one copy, person by person.
#[derive(Default)]
pub struct Headcount {
    /// Whether their number was in the copy.
    seen: HashMap<PersonKey, bool>,
    count: PeopleCount,
}

impl Headcount {
    /// `number_is_in_it`: whether the number can be read in the copy, and is not merely known here. Says whether the person is a new one.
    pub fn add(&mut self, person: &CopyPerson, number_is_in_it: bool) -> bool {
        self.add_key(person.key(), number_is_in_it && person.is_numbered())
    }

    /// As [`add`](Self::add), of somebody as the ledger knows them.
    pub fn add_known(&mut self, person: &PersonId, name: &str, number_is_in_it: bool) -> bool {
        let numbered = number_is_in_it && person.kind() == PersonKind::Natural;
        self.add_key(CopyPerson::key_of(person.whole(), name), numbered)
    }

    fn add_key(&mut self, key: PersonKey, numbered: bool) -> bool {
        let (mut is_new, mut number_is_new) = (false, false);
        let known_number = self.seen.entry(key).or_insert_with(|| {
            is_new = true;
            false
        });
        if numbered {
            number_is_new = !std::mem::replace(known_number, true);
        }
        self.count.persons += u64::from(is_new);
        self.count.with_person_id += u64::from(number_is_new);
        is_new
    }

    pub fn count(&self) -> PeopleCount {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: &str, name: &str) -> Option<CopyPerson> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 25)?;
        CopyPerson::written(number, name, Country::Gl, today)
    }

    #[test]
    fn one_person_in_many_spellings_is_one_and_a_name_alone_is_somebody() {
        let mut count = Headcount::default();
        let rows = [
            ("701282-1128", "Pipaluk Berthelsen"),
            ("7012821128", "Berthelsen, Pipaluk"),
            ("", "Malik Kreutzmann"),
            ("", " malik  KREUTZMANN"),
            ("", "Malik Kreutzman"),
            // Day 41 does not exist, and the number is somebody's all the same.
            ("410190-1234", "Aviaaja"),
            // A company.
            ("12345678", "Kommunia ApS"),
            ("", ""),
            ("-", ""),
        ];
        let mut people = 0;
        for (number, name) in rows {
            if let Some(person) = written(number, name) {
                count.add(&person, true);
                people += 1;
            }
        }
        assert_eq!(people, 7, "two rows name nobody");
        assert_eq!(count.count(), PeopleCount { persons: 5, with_person_id: 2 });
    }

    #[test]
    fn a_number_that_only_the_ledger_knows_is_not_in_the_file() {
        let person = written("7012821128", "Pipaluk").expect("somebody");
        let known = PersonId::new(Country::Gl, PersonKind::Natural, "7012821128");
        let mut count = Headcount::default();
        assert!(count.add(&person, false));
        assert_eq!(count.count(), PeopleCount { persons: 1, with_person_id: 0 });
        assert!(!count.add_known(&known, "Pipaluk", true));
        assert!(!count.add(&person, false));
        assert_eq!(count.count(), PeopleCount { persons: 1, with_person_id: 1 });
        let organisation = PersonId::new(Country::Gl, PersonKind::Organisation, "12345678");
        assert!(count.add_known(&organisation, "Kommunia ApS", true));
        assert_eq!(count.count(), PeopleCount { persons: 2, with_person_id: 1 });
    }
}
