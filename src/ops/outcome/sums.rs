//! Sum bookings: the bank books a file or a block of payments as one amount. That confirms the sum, and no person.
//!
//! They are settled after everything else of the command, so that payments which the bank rejected are known to be missing from the sum.

use std::collections::HashMap;

use super::super::key_store::KeyStore;
use super::super::spool::{Spool, damaged};
use super::aside::{Aside, SumBooking, parted, payment_bytes, payment_from};
use super::recorder::{Found, Recorder, Told};
use super::statuses::each_of_file;
use super::{Target, money};
use crate::fault::Result;
use crate::ledger::Claim;
use crate::ledger::outcome::{EvidenceKind, Standing, standing_of};
use crate::ops::Unlocked;

/// How many payments there are and what they come to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Total {
    count: u64,
    amount: i64,
}

impl Total {
    fn add(&mut self, amount: i64) {
        self.count += 1;
        self.amount = self.amount.saturating_add(amount);
    }
}

/// What the payments of a file or a block come to: all, and those that the bank has not rejected.
#[derive(Clone, Copy, Default)]
struct Totals {
    all: Total,
    standing: Total,
}

impl Totals {
    /// The one of both that agrees with a sum.
    fn agreeing(&self, sum: &SumBooking, amount: i64) -> Option<Total> {
        let agrees = |total: &Total| total.amount == amount && sum.count.is_none_or(|count| count == total.count);
        (self.all.count > 0).then_some([self.all, self.standing].into_iter().find(agrees)).flatten()
    }
}

/// Settles the sums of a command.
pub struct Sums<'a> {
    who: &'a Unlocked,
    keys: &'a KeyStore,
    /// By what was summed up, for as long as nothing new is known of it.
    totals: HashMap<Target, Totals>,
    /// Payments of the file or block looked at last, in the order of the ledger's index.
    members: Option<(Target, Spool)>,
}

impl<'a> Sums<'a> {
    pub fn new(who: &'a Unlocked, keys: &'a KeyStore) -> Self {
        Self { who, keys, totals: HashMap::new(), members: None }
    }

    /// Keeps what the sums say, in the order in which they were read.
    pub fn settle(&mut self, recorder: &mut Recorder, aside: &mut Aside) -> Result<()> {
        let sums = aside.take_sums(recorder.tagger)?;
        let mut merge = sums.merge()?;
        while let Some(record) = merge.next()? {
            let (_, _, sum) = parted::<0, SumBooking>(record)?;
            let (new, again) = self.settle_one(recorder, aside, &sum)?;
            let tally = &mut aside.tallies[sum.file as usize];
            tally.new += new;
            tally.again += again;
        }
        Ok(())
    }

    /// Gives how many things were new, and how many known.
    fn settle_one(&mut self, recorder: &mut Recorder, aside: &Aside, sum: &SumBooking) -> Result<(u64, u64)> {
        let currency = recorder.recording.state.currency;
        let SumBooking { booking, identity, .. } = sum;
        let minor_units = booking.amount.unwrap_or(booking.entry_amount);
        let amount = money(minor_units, currency);
        let debit = (booking.source, amount, booking.booked_on());
        let mut differing = None;
        for target in &sum.targets {
            let totals = self.totals(recorder, aside, *target)?;
            let Some(confirmed) = totals.agreeing(sum, minor_units) else {
                differing.get_or_insert((target.batch, totals.all));
                continue;
            };
            // A sum that holds the rejected too contradicts their rejection, which must be seen.
            let holds_rejected = confirmed == totals.all;
            let kind = match (booking.is_credit, booking.reversal) {
                (true, true) => EvidenceKind::Reversed,
                (true, false) => EvidenceKind::Returned,
                (false, true) => EvidenceKind::ReturnReversed,
                (false, false) => EvidenceKind::InSum,
            };
            let told = Told { kind, source: booking.source, amount: None, booked_on: debit.2, reason: None };
            let (mut new, mut again) = (0, 0);
            self.each_member(recorder, aside, *target, &mut |recorder, claim, live, rejected| {
                if holds_rejected || !rejected {
                    match recorder.keep_identified(claim, live, told, *identity)? {
                        true => new += 1,
                        false => again += 1,
                    }
                }
                Ok(())
            })?;
            if new > 0 {
                self.totals.clear();
            }
            if recorder.keep_identified_debit(debit, *identity, true)? {
                new += 1;
            }
            recorder.warnings.sum_confirmed(target.batch, confirmed.count, amount, booking.is_credit);
            return Ok((new, again));
        }
        if let Some((batch, all)) = differing {
            let sent = (all.count, money(all.amount, currency));
            recorder.warnings.sum_differs(batch, (sum.count, amount), sent);
        }
        if booking.is_credit {
            return Ok((0, 0));
        }
        Ok(if recorder.keep_identified_debit(debit, *identity, false)? { (1, 0) } else { (0, 1) })
    }

    fn totals(&mut self, recorder: &mut Recorder, aside: &Aside, target: Target) -> Result<Totals> {
        if let Some(known) = self.totals.get(&target) {
            return Ok(*known);
        }
        let mut totals = Totals::default();
        self.each_member(recorder, aside, target, &mut |_, claim, _, rejected| {
            totals.all.add(claim.amount.minor_units());
            if !rejected {
                totals.standing.add(claim.amount.minor_units());
            }
            Ok(())
        })?;
        self.totals.insert(target, totals);
        Ok(totals)
    }

    /// Hands out the released payments of a file or block, each with whether it is live and whether the bank has rejected it.
    fn each_member(
        &mut self,
        recorder: &mut Recorder,
        aside: &Aside,
        target: Target,
        visit: &mut dyn FnMut(&mut Recorder, Claim, bool, bool) -> Result<()>,
    ) -> Result<()> {
        let members = match self.members.take() {
            Some((known, members)) if known == target => members,
            _ => {
                let mut members = aside.empty_spool()?;
                each_of_file(recorder, self.who, self.keys, target, &mut |_, payment| {
                    members.push(&payment_bytes(&payment))
                })?;
                members.settle();
                members
            }
        };
        let mut merge = members.merge()?;
        while let Some(record) = merge.next()? {
            let id = payment_from(record.try_into().map_err(|_| damaged())?);
            if let Found::Payment(claim, live) = recorder.find(&id)? {
                let evidence = recorder.recording.transaction.evidence_of(&id)?;
                let rejected = standing_of(&claim, live, &evidence).standing == Standing::Rejected;
                visit(recorder, claim, live, rejected)?;
            }
        }
        drop(merge);
        self.members = Some((target, members));
        Ok(())
    }
}
