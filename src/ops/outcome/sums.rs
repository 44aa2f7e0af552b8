//! Sum bookings: the bank books a file or a block of payments as one amount. That confirms the sum, and no person.
//!
//! They are settled after everything else of the command, so that payments which the bank rejected are known to be missing from the sum.

use chrono::NaiveDate;

use super::super::key_store::KeyStore;
use super::recorder::{Found, Recorder, Told};
use super::statuses::each_of_file;
use super::{Target, money};
use crate::bank::report::item::Direction;
use crate::fault::Result;
use crate::ledger::Claim;
use crate::ledger::idempotency::Pseudonym;
use crate::ledger::outcome::{EvidenceKind, Source, Standing, standing_of};
use crate::ops::Unlocked;
use crate::payment::EndToEndId;

pub struct SumBooking {
    /// Which of the command's files it is in.
    pub file: usize,
    /// What it may be the sum of: a block, or the whole file.
    pub targets: Vec<Target>,
    pub count: Option<u64>,
    /// In minor units.
    pub amount: i64,
    pub direction: Direction,
    pub reversal: bool,
    pub booked_on: Option<NaiveDate>,
    pub source: Source,
    pub identity: Pseudonym,
}

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

/// Keeps what a sum says. Gives how many things were new, and how many known.
pub fn settle(recorder: &mut Recorder, who: &Unlocked, keys: &KeyStore, sum: SumBooking) -> Result<(u64, u64)> {
    let currency = recorder.recording.state.currency;
    let came_back = sum.direction == Direction::Credit;
    let amount = money(sum.amount, currency);
    let debit = (sum.source, amount, sum.booked_on);
    let mut differing = None;
    for target in &sum.targets {
        let members = members(recorder, who, keys, *target)?;
        let mut all = Total::default();
        let mut standing = Total::default();
        for (claim, _, rejected) in &members {
            all.add(claim.amount.minor_units());
            if !rejected {
                standing.add(claim.amount.minor_units());
            }
        }
        let agrees = |total: Total| total.amount == sum.amount && sum.count.is_none_or(|count| count == total.count);
        if members.is_empty() || !(agrees(all) || agrees(standing)) {
            differing.get_or_insert((target.batch, all));
            continue;
        }
        // A sum that holds the rejected too contradicts their rejection, which must be seen.
        let holds_rejected = agrees(all);
        let kind = match (came_back, sum.reversal) {
            (true, true) => EvidenceKind::Reversed,
            (true, false) => EvidenceKind::Returned,
            (false, true) => EvidenceKind::ReturnReversed,
            (false, false) => EvidenceKind::InSum,
        };
        let told = Told { kind, source: sum.source, amount: None, booked_on: sum.booked_on, reason: None };
        let (mut new, mut again) = (0, 0);
        for (claim, live, _) in members.iter().filter(|(_, _, rejected)| holds_rejected || !rejected) {
            match recorder.keep_identified((claim, *live), told, sum.identity)? {
                true => new += 1,
                false => again += 1,
            }
        }
        if recorder.keep_identified_debit(debit, sum.identity, true)? {
            new += 1;
        }
        let confirmed = if holds_rejected { all } else { standing };
        recorder.warnings.sum_confirmed(target.batch, confirmed.count, amount, came_back);
        return Ok((new, again));
    }
    if let Some((batch, all)) = differing {
        let sent = (all.count, money(all.amount, currency));
        recorder.warnings.sum_differs(batch, (sum.count, amount), sent);
    }
    if came_back {
        return Ok((0, 0));
    }
    Ok(if recorder.keep_identified_debit(debit, sum.identity, false)? { (1, 0) } else { (0, 1) })
}

/// The payments of a file or block, each with whether it is live and whether the bank has rejected it.
fn members(
    recorder: &mut Recorder,
    who: &Unlocked,
    keys: &KeyStore,
    target: Target,
) -> Result<Vec<(Claim, bool, bool)>> {
    let mut ids: Vec<EndToEndId> = Vec::new();
    each_of_file(recorder, who, keys, target, &mut |_, payment| {
        ids.push(payment);
        Ok(())
    })?;
    ids.sort_unstable();
    let mut members = Vec::with_capacity(ids.len());
    for id in ids {
        if let Found::Payment(claim, live) = recorder.find(&id)? {
            let evidence = recorder.recording.transaction.evidence_of(&id)?;
            let rejected = standing_of(&claim, live, &evidence).standing == Standing::Rejected;
            members.push((*claim, live, rejected));
        }
    }
    Ok(members)
}
