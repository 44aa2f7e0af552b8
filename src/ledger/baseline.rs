//! What lists ask for beside what was last paid, by pseudonym: another account, another amount, somebody new, somebody missing.

use borsh::{BorshDeserialize, BorshSerialize};

use super::idempotency::Pseudonym;

/// One row of a baseline as it is compared. Holds no personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KnownRow {
    /// The scheme's place among those of the lists.
    pub scheme: u16,
    pub person: Pseudonym,
    /// Person, scheme and part.
    pub series: Pseudonym,
    pub account: Pseudonym,
    pub minor_units: i64,
    /// Which of the baselines that are compared with.
    pub baseline: u16,
    /// Where it stood in the lists of that baseline.
    pub list: u16,
    pub row: u32,
}

/// What differs. Nothing does where all is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Difference {
    /// The baseline that does not know the person in this scheme.
    pub new_in: Option<u16>,
    /// The row of the baseline that has another account.
    pub account: Option<KnownRow>,
    /// The row of the baseline that has another amount.
    pub amount: Option<KnownRow>,
}

impl Difference {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What a row of the lists asks for, as far as it is compared.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub person: Pseudonym,
    pub series: Pseudonym,
    pub account: Pseudonym,
    pub minor_units: i64,
}

/// The rows of the baselines, by scheme and person; and who of them was met in the lists.
#[derive(Debug)]
pub struct KnownRows {
    rows: Vec<KnownRow>,
    met: Vec<bool>,
    /// Whether the lists ask for the very case.
    same: Vec<bool>,
    /// How many rows of the lists a person has in a scheme, at the place of the first row that is known of them.
    asked: Vec<u32>,
    /// For each scheme of the lists, the baseline that it is compared with.
    covered_by: Vec<Option<u16>>,
}

impl KnownRows {
    pub fn new(mut rows: Vec<KnownRow>, covered_by: Vec<Option<u16>>) -> Self {
        rows.sort_unstable_by_key(|row| (row.scheme, row.person, row.series, row.list, row.row));
        let (met, same, asked) = (vec![false; rows.len()], vec![false; rows.len()], vec![0; rows.len()]);
        Self { rows, met, same, asked, covered_by }
    }

    /// Which of the baselines a scheme is compared with.
    pub fn baseline_of(&self, scheme: u16) -> Option<u16> {
        self.covered_by.get(usize::from(scheme)).copied().flatten()
    }

    /// Compares a row of the lists with what is known of its person in its scheme, and notes that the person was met. An amount differs
    /// where it is off by more than `percent` of what it was.
    pub fn compare(&mut self, scheme: u16, asked: &Asked, percent: u32) -> Difference {
        let Some(baseline) = self.baseline_of(scheme) else { return Difference::default() };
        let known = self.of_person(scheme, &asked.person);
        self.met[known.clone()].fill(true);
        self.ask(&known, Some(&asked.series));
        let known = &self.rows[known];
        let Some(first) = known.first() else { return Difference { new_in: Some(baseline), ..Difference::default() } };
        match known.iter().find(|row| row.series == asked.series) {
            Some(same) => Difference {
                new_in: None,
                account: (same.account != asked.account).then_some(*same),
                amount: differs(same.minor_units, asked.minor_units, percent).then_some(*same),
            },
            // A part of its own has no amount to be compared with, but the money still goes to the person.
            None => {
                let elsewhere = known.iter().all(|row| row.account != asked.account);
                Difference { new_in: None, account: elsewhere.then_some(*first), amount: None }
            }
        }
    }

    /// Notes that the lists name a person in a row that cannot be paid: in `scheme`, or in all where the row does not say.
    pub fn meet(&mut self, person: &Pseudonym, scheme: Option<u16>) {
        let schemes = match scheme {
            Some(scheme) => scheme..scheme.saturating_add(1),
            None => 0..self.covered_by.len() as u16,
        };
        for scheme in schemes {
            let known = self.of_person(scheme, person);
            self.met[known.clone()].fill(true);
            self.ask(&known, None);
        }
    }

    fn ask(&mut self, known: &std::ops::Range<usize>, series: Option<&Pseudonym>) {
        if let Some(rows) = self.asked.get_mut(known.start).filter(|_| !known.is_empty()) {
            *rows = rows.saturating_add(1);
        }
        for at in known.clone() {
            self.same[at] |= series == Some(&self.rows[at].series);
        }
    }

    /// Of people who were met with fewer rows than are known of them in the scheme: as many of the cases that no row asks for as are lacking.
    /// Other parts take the place of former ones.
    pub fn other_cases(&self) -> Vec<&KnownRow> {
        let mut found = Vec::new();
        let mut from = 0;
        for of_person in self.rows.chunk_by(|a, b| (a.scheme, a.person) == (b.scheme, b.person)) {
            let lacking = of_person.len().saturating_sub(self.asked[from] as usize);
            if self.met[from] {
                let not_asked = of_person.iter().zip(&self.same[from..]).filter(|(_, same)| !**same);
                found.extend(not_asked.map(|(row, _)| row).take(lacking));
            }
            from += of_person.len();
        }
        found
    }

    /// The rows whose person was not met in their scheme.
    pub fn missing(&self) -> impl Iterator<Item = &KnownRow> {
        self.rows.iter().zip(&self.met).filter(|(_, met)| !**met).map(|(row, _)| row)
    }

    fn of_person(&self, scheme: u16, person: &Pseudonym) -> std::ops::Range<usize> {
        let from = self.rows.partition_point(|row| (row.scheme, row.person) < (scheme, *person));
        let length = self.rows[from..].iter().take_while(|row| (row.scheme, row.person) == (scheme, *person)).count();
        from..from + length
    }
}

fn differs(before: i64, now: i64, percent: u32) -> bool {
    let (before, now) = (i128::from(before), i128::from(now));
    (now - before).abs() * 100 > before.abs() * i128::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PENSION: u16 = 0;
    const HELP: u16 = 1;
    const NEVER_KEPT: u16 = 2;

    fn known(scheme: u16, person: u8, part: u8, account: u8, minor_units: i64) -> KnownRow {
        let series = [person, scheme as u8, part, 0, 0, 0, 0, 0];
        let row = u32::from(person) * 10 + u32::from(part);
        KnownRow { scheme, person: [person; 8], series, account: [account; 8], minor_units, baseline: 0, list: 0, row }
    }

    fn asked(scheme: u16, person: u8, part: u8, account: u8, minor_units: i64) -> Asked {
        let series = known(scheme, person, part, 0, 0).series;
        Asked { person: [person; 8], series, account: [account; 8], minor_units }
    }

    /// Person 1 in two schemes, 2 with two parts on two accounts, 3 in one.
    fn rows() -> KnownRows {
        let rows = vec![
            known(HELP, 1, 0, 8, 5_000),
            known(PENSION, 1, 0, 1, 10_000),
            known(PENSION, 2, 1, 2, 10_000),
            known(PENSION, 2, 2, 3, 30_000),
            known(PENSION, 3, 0, 4, 10_000),
        ];
        KnownRows::new(rows, vec![Some(0), Some(0), None])
    }

    #[test]
    fn a_row_is_new_or_differs_in_account_or_amount() {
        // Scheme, person, part, account, amount; then whether it is new, and the rows that it differs from.
        type Row = ((u16, u8, u8, u8, i64), (bool, Option<u32>, Option<u32>));
        let table: [Row; 15] = [
            ((PENSION, 1, 0, 1, 10_000), (false, None, None)),
            ((PENSION, 1, 0, 1, 12_000), (false, None, None)),
            ((PENSION, 1, 0, 1, 12_001), (false, None, Some(10))),
            ((PENSION, 1, 0, 1, 8_000), (false, None, None)),
            ((PENSION, 1, 0, 1, 7_999), (false, None, Some(10))),
            ((PENSION, 1, 0, 5, 10_000), (false, Some(10), None)),
            ((PENSION, 1, 0, 5, i64::MAX), (false, Some(10), Some(10))),
            // The account of another scheme is not known in this one.
            ((PENSION, 1, 0, 8, 10_000), (false, Some(10), None)),
            ((PENSION, 2, 1, 2, 10_000), (false, None, None)),
            ((PENSION, 2, 1, 3, 10_000), (false, Some(21), None)),
            // A part that was never paid goes to any account of the person, and has no amount to be compared with.
            ((PENSION, 2, 7, 3, 99_000), (false, None, None)),
            ((PENSION, 2, 7, 5, 99_000), (false, Some(21), None)),
            ((PENSION, 9, 0, 1, 10_000), (true, None, None)),
            ((HELP, 2, 0, 2, 10_000), (true, None, None)),
            ((NEVER_KEPT, 9, 0, 1, 10_000), (false, None, None)),
        ];
        for ((scheme, person, part, account, amount), expected) in table {
            let found = rows().compare(scheme, &asked(scheme, person, part, account, amount), 20);
            let row = |known: Option<KnownRow>| known.map(|known| known.row);
            assert_eq!(
                (found.new_in.is_some(), row(found.account), row(found.amount)),
                expected,
                "{person} {part} {account} {amount}"
            );
            assert_eq!(found.is_none(), expected == (false, None, None), "{person} {part} {account} {amount}");
        }
        let mut rows = rows();
        assert!(rows.compare(PENSION, &asked(PENSION, 1, 0, 1, 10_001), 0).amount.is_some(), "0 percent is any change");
        assert!(rows.compare(PENSION, &asked(PENSION, 1, 0, 1, 10_000), 0).is_none());
    }

    #[test]
    fn a_case_of_a_person_who_is_there_is_told_where_they_have_fewer_rows_than_before() {
        let table: [(&[u8], bool, &[u32]); 7] = [
            (&[], false, &[]),
            (&[1], false, &[22]),
            (&[1, 2], false, &[]),
            (&[1, 7], false, &[]),
            (&[7], false, &[21]),
            (&[1], true, &[]),
            (&[], true, &[21]),
        ];
        for (parts, unreadable, expected) in table {
            let mut rows = rows();
            parts.iter().for_each(|part| _ = rows.compare(PENSION, &asked(PENSION, 2, *part, 2, 10_000), 20));
            if unreadable {
                rows.meet(&[2; 8], Some(PENSION));
            }
            let found: Vec<u32> = rows.other_cases().iter().map(|row| row.row).collect();
            assert_eq!(found, expected, "{parts:?} {unreadable}");
        }
    }

    #[test]
    fn who_is_in_no_row_of_the_scheme_is_missing() {
        let missing = |rows: &KnownRows| rows.missing().map(|row| (row.scheme, row.row)).collect::<Vec<_>>();
        let mut rows = rows();
        rows.compare(PENSION, &asked(PENSION, 1, 0, 1, 10_000), 20);
        rows.compare(PENSION, &asked(PENSION, 2, 1, 9, 1), 20);
        assert_eq!(missing(&rows), [(PENSION, 30), (HELP, 10)], "a person in one scheme is not met in another");
        rows.meet(&[3; 8], Some(HELP));
        assert_eq!(missing(&rows), [(PENSION, 30), (HELP, 10)]);
        rows.meet(&[3; 8], Some(PENSION));
        assert_eq!(missing(&rows), [(HELP, 10)]);
        rows.meet(&[1; 8], None);
        assert_eq!(missing(&rows), []);
        rows.meet(&[7; 8], None);
    }
}
