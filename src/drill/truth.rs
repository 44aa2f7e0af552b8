//! What must be found in the end, known beforehand because whoever made up the outage knows each story. Nothing here is worked out from what the
//! program finds.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::story::{Bank, Story, Upstream};
use crate::payment::{Amount, Currency};
use crate::reconciliation::finding::{Finding, Kind, Money};

/// Findings as a kind, its obligation and its money, added up so that their order does not matter and millions take no memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    pub by_kind: BTreeMap<Kind, Share>,
    /// Rows that upstream gives twice.
    pub repeated: u64,
    /// Of all findings' texts: equal where the findings are.
    fingerprint: [u64; 4],
}

/// The findings of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub count: u64,
    /// In øre, as the contract's columns stand: fallback, upstream paid, planned, owed, overpaid, underpaid.
    pub ore: [i64; 6],
}

/// Whom a finding is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub person: &'a str,
    pub scheme: &'a str,
    pub period: &'a str,
    pub part: &'a str,
}

/// How much more or less upstream has it.
pub(super) const MORE: i64 = 50_000;
pub(super) const LESS: i64 = 10_000;

/// A third of an amount, and the rest.
pub(super) fn components(ore: i64) -> [i64; 2] {
    let third = ore / 3;
    [third, ore - third]
}

impl Truth {
    /// What the story of a payment of the fallback comes to. `two_months` and `new_number` are what upstream has it under, in the stories of
    /// that kind.
    pub(super) fn paid(&mut self, story: Story, ore: i64, about: About, two_months: &str, new_number: &str) {
        use Kind::*;
        let (kind, fallback, paid, planned, owed) = match (story.bank, story.upstream) {
            (Bank::Carried, Upstream::Stopped) => (Settled, ore, 0, 0, ore),
            (Bank::Carried, Upstream::StoppedForLess) => (Overpaid, ore, 0, 0, ore - LESS),
            (Bank::Carried, Upstream::StoppedForMore) => (Underpaid, ore, 0, 0, ore + MORE),
            (Bank::Carried, Upstream::Paid | Upstream::PaidAndListedTwice | Upstream::PaidInComponents) => {
                (DoublePaid, ore, ore, 0, ore)
            }
            (Bank::Carried, Upstream::PaidMore) => (DoublePaid, ore, ore + MORE, 0, ore + MORE),
            (Bank::Carried, Upstream::PaidTwoMonths) => (DoublePaid, ore, 2 * ore, 0, 2 * ore),
            (Bank::Carried, Upstream::Planned) => (DoublePlanned, ore, 0, ore, ore),
            (Bank::Carried, Upstream::PlannedForMore) => (DoublePlanned, ore, 0, ore + MORE, ore + MORE),
            (Bank::Carried, Upstream::PaidUnderNewNumber) => {
                self.note(PossibleDouble, About { person: new_number, ..about }, [0, ore, 0, ore]);
                (PossibleDouble, ore, 0, 0, ore)
            }
            (Bank::Carried, _) => (FallbackOnly, ore, 0, 0, ore),
            (Bank::Doubled, Upstream::Paid) => (DoublePaid, 2 * ore, ore, 0, ore),
            (Bank::Doubled, _) => (BankDouble, 2 * ore, 0, 0, ore),
            (Bank::Returned | Bank::Rejected, Upstream::Paid) => (UpstreamOnly, 0, ore, 0, ore),
            (Bank::Returned | Bank::Rejected, Upstream::Planned) => (UpstreamOnly, 0, 0, ore, ore),
            (Bank::Returned | Bank::Rejected, _) => (Returned, 0, 0, 0, ore),
        };
        self.repeated += u64::from(story.upstream == Upstream::PaidAndListedTwice);
        let period = if story.upstream == Upstream::PaidTwoMonths { two_months } else { about.period };
        self.note(kind, About { period, ..about }, [fallback, paid, planned, owed]);
    }

    /// What becomes of somebody whom the fallback did not pay.
    pub(super) fn unpaid(&mut self, upstream: Upstream, ore: i64, about: About) {
        match upstream {
            Upstream::Paid => self.note(Kind::UpstreamOnly, about, [0, ore, 0, ore]),
            Upstream::PaidTwice => self.note(Kind::UpstreamDouble, about, [0, 2 * ore, 0, ore]),
            Upstream::Stopped => self.note(Kind::Unpaid, about, [0, 0, 0, ore]),
            _ => {}
        }
    }

    /// A debit that is no payment's.
    pub(super) fn unexplained(&mut self) {
        self.note(Kind::Unexplained, About { person: "", scheme: "", period: "", part: "" }, [0; 4]);
    }

    fn note(&mut self, kind: Kind, about: About, [fallback, paid, planned, owed]: [i64; 4]) {
        let difference = fallback + paid - owed;
        self.add(kind, about, [fallback, paid, planned, owed, difference.max(0), (-difference).max(0)]);
    }

    fn add(&mut self, kind: Kind, about: About, ore: [i64; 6]) {
        let share = self.by_kind.entry(kind).or_default();
        share.count += 1;
        for (sum, ore) in share.ore.iter_mut().zip(ore) {
            *sum += ore;
        }
        let About { person, scheme, period, part } = about;
        let text = format!("{}|{person}|{scheme}|{period}|{part}|{ore:?}", kind.as_str());
        for (sum, bytes) in self.fingerprint.iter_mut().zip(Sha256::digest(text).chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            *sum = sum.wrapping_add(u64::from_le_bytes(word));
        }
    }

    /// Adds a finding of the program's, for comparing.
    pub fn found(&mut self, finding: &Finding) {
        let Money { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid } = finding.money;
        let ore = [fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid].map(Amount::minor_units);
        let period = finding.period.map(|period| period.to_string()).unwrap_or_default();
        let about = About {
            person: finding.person.as_ref().map_or("", |person| person.whole()),
            scheme: &finding.scheme,
            period: &period,
            part: &finding.parts.join("+"),
        };
        self.add(finding.kind, about, ore);
    }

    /// Whether the same was found, obligation by obligation and to the øre.
    pub fn agrees(&self, found: &Truth) -> bool {
        self.by_kind == found.by_kind && self.fingerprint == found.fingerprint && self.repeated == found.repeated
    }

    pub fn count(&self) -> u64 {
        self.by_kind.values().map(|share| share.count).sum()
    }
}

impl Share {
    /// The sum in one of the contract's money columns, counted from 0.
    pub fn amount(&self, column: usize) -> Amount {
        Amount::from_minor_units(self.ore.get(column).copied().unwrap_or_default(), Currency::Dkk)
    }
}
