//! A payment that the bank rejects or sends back frees its obligation. Reports come late and in any order: by a later one it may stand after all. Then
//! its days could be paid a second time, and nobody but a person can find out which word is true.

use crate::fault::Result;
use crate::ledger::foreign::{ForeignClaim, Hold};
use crate::ledger::outcome::standing_of;
use crate::ledger::{Claim, Snapshot};
use crate::payment::{BatchId, EndToEndId};

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
    let stands_there = |foreign: &&ForeignClaim| foreign.hold == Hold::Freed && !foreign.standing.did_not_stand();
    Ok(snapshot.foreign_claims_of(freed)?.iter().find(stands_there).map(|foreign| foreign.claim.batch))
}

/// How many payments of a batch are for days that another one has come to pay since an entry: one that was freed and stands after all. With the
/// batch of the first.
pub(super) fn stand_since(snapshot: &mut dyn Snapshot, batch: BatchId, entry: u64) -> Result<Option<(u64, BatchId)>> {
    let mut freed: Vec<Claim> = Vec::new();
    snapshot.claims_ever(&mut |claim, live| {
        if !live {
            freed.push(claim);
        }
        Ok(())
    })?;
    let (mut count, mut first) = (0, None);
    for claim in freed {
        let payment = claim.end_to_end_id();
        // Who decided to pay it all the same knew what had been said before.
        if stands(snapshot, &payment, u64::MAX)?.is_none() || stands(snapshot, &payment, entry)?.is_some() {
            continue;
        }
        let of_person = snapshot.claims_in_series(&claim.tag.series)?;
        let again = of_person.iter().filter(|other| other.batch == batch && other.period.overlaps(claim.period));
        let again = again.count() as u64;
        (count, first) = (count + again, first.or((again > 0).then_some(claim.batch)));
    }
    Ok(first.map(|first| (count, first)))
}
