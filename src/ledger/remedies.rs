//! What people decided about findings, and what came back of it.
//!
//! A finding is known by a [`FindingKey`] that outlives every run; what it says lies sealed beside the entry that recorded it. A decision
//! carries the money of the finding as it was decided on, so that the rules here (which decision fits, which takes two people) hold without
//! opening anything. Repayments are kept as the bank tells them; what has come back is worked out from all of them.

use std::collections::BTreeMap;
use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;

use super::idempotency::Pseudonym;
use super::outcome::Source;

/// Tells one finding from every other, in every run: a keyed digest, nothing to anybody without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct FindingKey(pub Pseudonym);

impl fmt::Display for FindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", data_encoding::HEXLOWER.encode_display(&self.0))
    }
}

/// What our payments were compared with. The numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Basis {
    /// The restored systems' runs.
    Upstream = 1,
    /// Lists of what was truly owed.
    Owed = 2,
}

/// The six money columns of findings, in minor units of the ledger's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FindingMoney {
    pub fallback: i64,
    pub upstream_paid: i64,
    pub upstream_planned: i64,
    pub owed: i64,
    pub overpaid: i64,
    pub underpaid: i64,
}

impl FindingMoney {
    /// `None` where 64 bits do not hold it.
    pub fn checked_add(&self, other: &FindingMoney) -> Option<FindingMoney> {
        Some(FindingMoney {
            fallback: self.fallback.checked_add(other.fallback)?,
            upstream_paid: self.upstream_paid.checked_add(other.upstream_paid)?,
            upstream_planned: self.upstream_planned.checked_add(other.upstream_planned)?,
            owed: self.owed.checked_add(other.owed)?,
            overpaid: self.overpaid.checked_add(other.overpaid)?,
            underpaid: self.underpaid.checked_add(other.underpaid)?,
        })
    }

    /// Paid = owed + overpaid − underpaid.
    pub fn balances(&self) -> bool {
        let sum = |parts: [i64; 3]| parts.into_iter().map(i128::from).sum::<i128>();
        sum([self.fallback, self.upstream_paid, self.underpaid]) == sum([self.owed, self.overpaid, 0])
    }

    /// What has left, from both sides.
    pub fn paid(&self) -> i64 {
        self.fallback.saturating_add(self.upstream_paid)
    }
}

/// A finding's verdict as a decision saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Verdict {
    /// [`Kind::number`](crate::reconciliation::finding::Kind::number).
    pub kind: u8,
    /// Nothing is asserted: a person is to find out whether money is out twice.
    pub uncertain: bool,
    pub money: FindingMoney,
}

/// What people decide. The numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Decision {
    /// Ask for what was paid too much.
    Recover = 1,
    /// Pay what is missing.
    TopUp = 2,
    /// Tell upstream what was paid.
    WriteBack = 3,
    /// Keep upstream from paying.
    Stop = 4,
    /// Pay what came back, or was never paid.
    PayAgain = 5,
    /// Nothing is to be done.
    None = 6,
}

impl Decision {
    pub const ALL: [Decision; 6] =
        [Decision::Recover, Decision::TopUp, Decision::WriteBack, Decision::Stop, Decision::PayAgain, Decision::None];

    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Recover => "recover",
            Decision::TopUp => "top_up",
            Decision::WriteBack => "write_back",
            Decision::Stop => "stop",
            Decision::PayAgain => "pay_again",
            Decision::None => "none",
        }
    }

    /// Whether it can be decided about such a finding.
    pub fn fits(self, verdict: &Verdict) -> bool {
        let FindingMoney { fallback, upstream_planned, overpaid, underpaid, .. } = verdict.money;
        let paid = verdict.money.paid();
        match self {
            Decision::None => true,
            Decision::Recover => self.most(verdict) > 0,
            Decision::Stop => upstream_planned > 0,
            // While upstream is about to pay, whatever is paid beside it would be paid twice.
            Decision::TopUp => underpaid > 0 && paid > 0 && upstream_planned <= 0,
            Decision::PayAgain => underpaid > 0 && paid <= 0 && upstream_planned <= 0,
            Decision::WriteBack => fallback > 0 && overpaid == 0 && underpaid == 0 && upstream_planned <= 0,
        }
    }

    /// The most that it can be about, in minor units; zero where it moves no money.
    pub fn most(self, verdict: &Verdict) -> i64 {
        match self {
            // Where nothing is asserted, at most all of it is out once too often.
            Decision::Recover if verdict.uncertain => verdict.money.paid(),
            Decision::Recover => verdict.money.overpaid,
            Decision::TopUp | Decision::PayAgain => verdict.money.underpaid,
            Decision::WriteBack | Decision::Stop | Decision::None => 0,
        }
    }

    /// What starts a recovery or a payment, or waives money that is out, takes two people.
    pub fn takes_two(self, verdict: &Verdict) -> bool {
        match self {
            Decision::Recover | Decision::TopUp | Decision::PayAgain => true,
            Decision::None => verdict.money.overpaid > 0 || verdict.uncertain,
            Decision::WriteBack | Decision::Stop => false,
        }
    }

    /// Those that can be decided about such a finding.
    pub fn that_fit(verdict: &Verdict) -> Vec<Decision> {
        Decision::ALL.into_iter().filter(|decision| decision.fits(verdict)).collect()
    }
}

impl std::str::FromStr for Decision {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Decision::ALL.into_iter().find(|decision| decision.as_str() == text).ok_or(())
    }
}

/// Money on the payer's account under a recovery's payment reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Repayment {
    pub finding: FindingKey,
    pub source: Source,
    /// Equal where the bank only tells it again.
    pub identity: Pseudonym,
    /// In minor units; negative where the bank took an earlier one back.
    pub amount: i64,
    /// Days of the common era.
    pub booked_on: Option<i32>,
}

impl Repayment {
    pub fn day(&self) -> Option<NaiveDate> {
        self.booked_on.and_then(NaiveDate::from_num_days_from_ce_opt)
    }
}

/// What has come back, in minor units. Reports of different kinds tell of the same money: of equal amounts on one day as many count as the
/// kind of report that tells most of them.
pub fn repaid(repayments: &[Repayment]) -> i64 {
    each_once(repayments).iter().map(|repayment| repayment.amount).fold(0, i64::saturating_add)
}

/// The repayments as they count, by day.
pub fn each_once(repayments: &[Repayment]) -> Vec<Repayment> {
    let mut equals: BTreeMap<(Option<i32>, i64), Vec<Repayment>> = BTreeMap::new();
    for repayment in repayments {
        equals.entry((repayment.booked_on, repayment.amount)).or_default().push(*repayment);
    }
    let fullest = |equals: Vec<Repayment>| {
        let count = |source: Source| equals.iter().filter(|one| one.source == source).count();
        let source = Source::ALL.into_iter().rev().max_by_key(|source| count(*source));
        equals.into_iter().filter(move |one| Some(one.source) == source)
    };
    equals.into_values().flat_map(fullest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(uncertain: bool, money: [i64; 5]) -> Verdict {
        let [fallback, upstream_paid, upstream_planned, owed, difference] = money;
        let (overpaid, underpaid) = (difference.max(0), (-difference).max(0));
        let money = FindingMoney { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid };
        assert!(money.balances(), "{money:?}");
        Verdict { kind: 1, uncertain, money }
    }

    /// The verdicts of reconciliation with money as they come with it, and what can be decided about each. `!` takes two people.
    #[test]
    fn what_is_decided_fits_the_finding() {
        let table = [
            ("double_paid", false, [100, 100, 0, 100, 100], "recover! none!"),
            ("double_paid, not too much", false, [50, 50, 0, 100, 0], "write_back none"),
            ("double_planned", false, [100, 0, 100, 100, 0], "stop none"),
            ("double_planned, reduce", false, [100, 0, 150, 150, -50], "stop none"),
            ("bank_double", false, [200, 0, 0, 100, 100], "recover! none!"),
            ("settled", false, [100, 0, 0, 100, 0], "write_back none"),
            ("underpaid", false, [80, 0, 0, 100, -20], "top_up! none"),
            ("fallback_only", false, [100, 0, 0, 100, 0], "write_back none"),
            ("upstream_only, planned", false, [0, 0, 100, 100, -100], "stop none"),
            ("returned", false, [0, 0, 0, 100, -100], "pay_again! none"),
            ("possible_double", true, [100, 0, 0, 100, 0], "recover! write_back none!"),
            ("returned, and upstream took back as well", false, [0, -100, 0, 0, -100], "pay_again! none"),
            ("returned, and upstream is about to take back", false, [0, 0, -100, 100, -100], "pay_again! none"),
            ("unexplained", true, [0, 0, 0, 0, 0], "none!"),
        ];
        for (name, uncertain, money, expected) in table {
            let verdict = verdict(uncertain, money);
            let told = Decision::that_fit(&verdict).into_iter().map(|decision| {
                let two = if decision.takes_two(&verdict) { "!" } else { "" };
                format!("{}{two}", decision.as_str())
            });
            assert_eq!(told.collect::<Vec<_>>().join(" "), expected, "{name}");
        }
    }

    /// References that people pay back under are made of it.
    #[test]
    fn the_form_of_a_findings_key_never_changes() {
        assert_eq!(FindingKey([0, 1, 2, 3, 0xA4, 0xB5, 0xC6, 0xFF]).to_string(), "00010203a4b5c6ff");
    }

    #[test]
    fn money_told_by_several_reports_came_back_once() {
        use Source::{Mt940, Notification, Statement};
        let repayment = |number: u8, source, day, amount| Repayment {
            finding: FindingKey([1; 8]),
            source,
            identity: [number; 8],
            amount,
            booked_on: Some(day),
        };
        let table: [(&[Repayment], i64); 5] = [
            (&[], 0),
            (&[repayment(1, Statement, 1, 500), repayment(2, Notification, 1, 500)], 500),
            (&[repayment(1, Statement, 1, 500), repayment(2, Statement, 1, 500), repayment(3, Mt940, 1, 500)], 1000),
            (&[repayment(1, Notification, 1, 500), repayment(2, Statement, 32, 500)], 1000),
            (&[repayment(1, Statement, 1, 500), repayment(2, Statement, 2, -500)], 0),
        ];
        for (repayments, expected) in table {
            assert_eq!(repaid(repayments), expected, "{repayments:?}");
        }
        let booked = |day: Option<i32>| Repayment { booked_on: day, ..repayment(1, Statement, 1, 500) }.day();
        assert_eq!(booked(Some(738_000)).map(|day| day.to_string()).as_deref(), Some("2021-07-29"));
        assert_eq!(booked(None), None);
    }
}
