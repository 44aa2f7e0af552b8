//! A payment that the bank rejects or sends back frees its obligation. Reports come late and in any order: by a later one it may stand after all. Then
//! its days could be paid a second time, and nobody but a person can find out which word is true.

use std::collections::btree_map;

use super::elsewhere::Met;
use crate::fault::Result;
use crate::ledger::outcome::standing_of;
use crate::ledger::{Claim, LedgerState, Snapshot};
use crate::payment::{BatchId, EndToEndId, Tag};

/// The batch of a payment that was freed, where it stands after all by what the bank has said up to an entry. Of another desk's, what that knew
/// when the two last met.
pub(super) fn stands(snapshot: &mut dyn Snapshot, freed: &EndToEndId, up_to: u64) -> Result<Option<BatchId>> {
    if let Some((claim, live @ false)) = snapshot.claim_ever(freed)? {
        let mut evidence = snapshot.evidence_of(freed)?;
        evidence.retain(|piece| piece.place.0 <= up_to);
        if standing_of(&claim, live, &evidence).contradictory {
            return Ok(Some(claim.batch));
        }
    }
    let elsewhere = snapshot.foreign_claims_of(freed)?;
    Ok(elsewhere.iter().find(|foreign| foreign.stands_after_all()).map(|foreign| foreign.claim.batch))
}

/// Whether the bank has paid an obligation by a payment that never left by this ledger, and of which no other desk is known to tell.
pub(super) fn is_paid_elsewhere(snapshot: &mut dyn Snapshot, state: &LedgerState, tag: Tag) -> Result<bool> {
    for (payment, _) in of_obligation(state, tag) {
        if snapshot.foreign_claims_of(payment)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The last attempt at an obligation that the bank has seen and this ledger has not made: its reference must not be given again.
pub(super) fn last_attempt_elsewhere(state: &LedgerState, tag: Tag) -> u8 {
    of_obligation(state, tag).next_back().map_or(0, |(payment, _)| payment.attempt)
}

fn of_obligation(state: &LedgerState, tag: Tag) -> btree_map::Range<'_, EndToEndId, u64> {
    state.paid_elsewhere.range(EndToEndId { tag, attempt: 0 }..=EndToEndId { tag, attempt: u8::MAX })
}

/// How many payments of a batch the bank is known, since an entry, to have paid without this ledger.
pub(super) fn paid_elsewhere_since(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    (batch, entry): (BatchId, u64),
) -> Result<u64> {
    let mut count = 0;
    for (payment, _) in state.paid_elsewhere.iter().filter(|(_, known)| **known > entry) {
        let of_person = snapshot.claims_in_series(&payment.tag.series)?;
        if of_person.iter().any(|claim| claim.batch == batch && claim.tag == payment.tag)
            && snapshot.foreign_claims_of(payment)?.is_empty()
        {
            count += 1;
        }
    }
    Ok(count)
}

/// This desk's payments that were freed and stand after all.
pub(super) fn standing(snapshot: &mut dyn Snapshot) -> Result<Vec<Claim>> {
    let mut freed: Vec<Claim> = Vec::new();
    snapshot.claims_ever(&mut |claim, live| {
        if !live {
            freed.push(claim);
        }
        Ok(())
    })?;
    let mut standing = Vec::new();
    for claim in freed {
        if stands(snapshot, &claim.end_to_end_id(), u64::MAX)?.is_some() {
            standing.push(claim);
        }
    }
    Ok(standing)
}

/// How many payments of a batch are for days that another one of this desk's has come to pay since an entry: one that was freed and stands after all.
pub(super) fn stand_since(snapshot: &mut dyn Snapshot, batch: BatchId, entry: u64) -> Result<Met> {
    let mut met = Met::default();
    for claim in standing(snapshot)? {
        // Who decided to pay it all the same knew what had been said before.
        if stands(snapshot, &claim.end_to_end_id(), entry)?.is_some() {
            continue;
        }
        let of_person = snapshot.claims_in_series(&claim.tag.series)?;
        let again = of_person.iter().filter(|other| other.batch == batch && other.period.overlaps(claim.period));
        again.for_each(|_| met.add(claim.batch));
    }
    Ok(met)
}
