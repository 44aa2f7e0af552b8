//! What an honest reader must find in a made-up list: known beforehand, because whoever made the list knows its flaws.

use std::collections::BTreeMap;

use crate::checks::Code;
use crate::payment::{Amount, Currency};

use super::flaw::Fate;

/// The fates of a list's rows under the settings of a fresh workspace: at most 100,000.00 a payment, no payment by person number, no
/// baseline, nothing paid before.
///
/// An amount with three decimals cannot be read as one and counts as nothing, as every unreadable amount does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    pub read: Tally,
    pub prepared: Tally,
    pub rejected: Tally,
    pub held: Tally,
    pub duplicate: Tally,
    /// The rows that each code must be said of, warnings included. No row has two codes.
    pub problems: BTreeMap<Code, ProblemRows>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub rows: u64,
    /// In øre.
    pub ore: i64,
}

/// How many rows have a problem, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProblemRows {
    pub count: u64,
    /// As a spreadsheet numbers them, headings (and a blank line before them) counted; in order, the first
    /// [`ProblemRows::MOST_LISTED`].
    pub rows: Vec<u32>,
}

impl Tally {
    pub fn amount(self) -> Amount {
        Amount::from_minor_units(self.ore, Currency::Dkk)
    }

    fn add(&mut self, other: Tally) {
        self.rows += other.rows;
        self.ore += other.ore;
    }
}

impl ProblemRows {
    /// Keeps millions of recipients from becoming millions of row numbers in memory.
    pub const MOST_LISTED: usize = 1000;

    fn note(&mut self, row: u32) {
        self.count += 1;
        if self.rows.len() < Self::MOST_LISTED {
            self.rows.push(row);
        }
    }
}

impl Expected {
    pub(super) fn note(&mut self, row: u32, ore: i64, fate: Fate, code: Option<Code>) {
        let one = Tally { rows: 1, ore };
        self.read.add(one);
        match fate {
            Fate::Prepared => self.prepared.add(one),
            Fate::Rejected => self.rejected.add(one),
            Fate::Held => self.held.add(one),
            Fate::Duplicate => self.duplicate.add(one),
        }
        if let Some(code) = code {
            self.problems.entry(code).or_default().note(row);
        }
    }

    /// The figures of several lists together. Row numbers of different lists mean nothing side by side and are left out.
    pub fn together<'a>(lists: impl IntoIterator<Item = &'a Expected>) -> Expected {
        let mut all = Expected::default();
        for list in lists {
            all.read.add(list.read);
            all.prepared.add(list.prepared);
            all.rejected.add(list.rejected);
            all.held.add(list.held);
            all.duplicate.add(list.duplicate);
            for (&code, problem) in &list.problems {
                all.problems.entry(code).or_default().count += problem.count;
            }
        }
        all
    }
}
