//! What a reconciliation leaves to be done, and what it leaves unknown: gathered while the findings go by.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use smol_str::SmolStr;

use super::too_large;
use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ledger::outcome::{Standing, has_left};
use crate::payment::{Amount, BatchId, Currency, Scheme};
use crate::reconciliation::finding::{Finding, Kind, Remedy};

/// How many findings, or payments, and what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub findings: u64,
    pub amount: Amount,
}

#[derive(Clone, Debug)]
pub struct Outlook {
    /// Paid beyond what is owed.
    pub too_much: Share,
    /// About to be paid by upstream beyond what is owed: can be stopped before it runs.
    pub stoppable: Share,
    /// Owed, and neither paid nor about to be.
    pub still_owed: Share,
    /// For a person to decide, before anything is done.
    pub undecided: u64,
    /// Of the fallback's payments, those whose amount upstream has under another benefit, part or period.
    pub resembling: Share,
    /// Payments that upstream knows nothing of.
    pub to_write_back: u64,
    /// What stands of the fallback's payments, by the bank's word on it.
    pub by_bank: BTreeMap<Standing, Share>,
    /// The days on which those payments were to be made.
    pub days: BTreeMap<Standing, BTreeSet<NaiveDate>>,
    /// Of each benefit that the fallback paid: findings, and those of which upstream knows nothing.
    benefits: BTreeMap<String, (u64, u64)>,
    /// Benefits, as written, of which upstream's runs have rows, be they of other people.
    upstreams: BTreeSet<SmolStr>,
    pay_days: BTreeMap<BatchId, BTreeSet<NaiveDate>>,
    currency: Currency,
}

impl Outlook {
    pub fn new(state: &LedgerState, currency: Currency) -> Self {
        let nothing = Share { findings: 0, amount: Amount::zero(currency) };
        let left = state.batches.iter().filter(|(id, _)| has_left(state, **id));
        let days = left.map(|(id, batch)| (*id, batch.prepared.groups.iter().map(|group| group.pay_on).collect()));
        Self {
            too_much: nothing,
            stoppable: nothing,
            still_owed: nothing,
            undecided: 0,
            resembling: nothing,
            to_write_back: 0,
            by_bank: BTreeMap::new(),
            days: BTreeMap::new(),
            benefits: BTreeMap::new(),
            upstreams: BTreeSet::new(),
            pay_days: days.collect(),
            currency,
        }
    }

    pub fn note(&mut self, finding: &Finding) -> Result<()> {
        let money = &finding.money;
        // What is underpaid upstream may be about to pay; what it plans beyond that is too much.
        let beyond = money.upstream_planned.checked_sub(money.underpaid).map_err(too_large)?;
        let zero = Amount::zero(self.currency);
        // Where the fallback's payment is recalled, upstream's is the one to stand.
        let is_left = finding.kind == Kind::DoublePlanned && finding.remedy == Remedy::None;
        let beyond = if is_left { zero } else { beyond };
        let owed = zero.checked_sub(beyond).map_err(too_large)?;
        for (share, amount) in
            [(&mut self.too_much, money.overpaid), (&mut self.stoppable, beyond), (&mut self.still_owed, owed)]
        {
            if amount > zero {
                share.findings += 1;
                share.amount = share.amount.checked_add(amount).map_err(too_large)?;
            }
        }
        self.undecided +=
            u64::from(matches!(finding.kind, Kind::PossibleDouble | Kind::Unexplained | Kind::UpstreamDouble));
        self.to_write_back += u64::from(finding.kind == Kind::FallbackOnly);
        if finding.resembles && finding.kind == Kind::FallbackOnly {
            self.resembling.findings += 1;
            self.resembling.amount = self.resembling.amount.checked_add(money.fallback).map_err(too_large)?;
        }
        let is_upstreams = matches!(finding.kind, Kind::UpstreamOnly | Kind::UpstreamDouble | Kind::Unpaid);
        let is_upstreams = is_upstreams || money.upstream_paid != zero || money.upstream_planned != zero;
        if is_upstreams && !self.upstreams.contains(finding.scheme.as_str()) {
            self.upstreams.insert(finding.scheme.clone());
        }
        if finding.batches.is_empty() || money.fallback <= zero {
            return Ok(());
        }
        let share = self.by_bank.entry(finding.bank).or_insert(Share { findings: 0, amount: zero });
        // Parts that are judged together are payments of their own.
        share.findings += finding.end_to_end_ids.len() as u64;
        share.amount = share.amount.checked_add(money.fallback).map_err(too_large)?;
        let days = finding.batches.iter().filter_map(|batch| self.pay_days.get(batch)).flatten();
        self.days.entry(finding.bank).or_default().extend(days);
        if let Some((findings, unknown)) = self.benefits.get_mut(finding.scheme.as_str()) {
            *findings += 1;
            *unknown += u64::from(finding.kind == Kind::FallbackOnly);
        } else {
            self.benefits.insert(finding.scheme.to_string(), (1, u64::from(finding.kind == Kind::FallbackOnly)));
        }
        Ok(())
    }

    /// Benefits that the fallback paid and of which upstream's runs say nothing at all: most likely their runs were not given.
    pub fn silent_benefits(&self) -> impl Iterator<Item = &str> {
        let folded = |benefit: &str| Scheme::new(benefit).map(|scheme| scheme.folded());
        let upstreams: BTreeSet<String> = self.upstreams.iter().filter_map(|benefit| folded(benefit)).collect();
        let is_named = move |benefit: &str| folded(benefit).is_some_and(|benefit| upstreams.contains(&benefit));
        let silent = self.benefits.iter().filter(|(_, (findings, unknown))| findings == unknown);
        silent.map(|(benefit, _)| benefit.as_str()).filter(move |benefit| !is_named(benefit))
    }
}
