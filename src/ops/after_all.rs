//! A payment that the bank rejects or sends back frees its obligation. Reports come late and in any order: by a later one it may stand after all. Then
//! the obligation could be paid a second time, and nobody but a person can find out which word is true.

use crate::fault::Result;
use crate::ledger::Snapshot;
use crate::ledger::outcome::standing_of;
use crate::payment::{BatchId, EndToEndId};

/// The batch of the last attempt before this one that was freed and stands after all, by what the bank has said up to an entry.
pub(super) fn stands(
    snapshot: &mut dyn Snapshot,
    EndToEndId { tag, attempt }: EndToEndId,
    up_to: u64,
) -> Result<Option<BatchId>> {
    for earlier in (1..attempt).rev().map(|attempt| EndToEndId { tag, attempt }) {
        let Some((claim, live @ false)) = snapshot.claim_ever(&earlier)? else { continue };
        let mut evidence = snapshot.evidence_of(&earlier)?;
        evidence.retain(|piece| piece.place.0 <= up_to);
        if standing_of(&claim, live, &evidence).contradictory {
            return Ok(Some(claim.batch));
        }
    }
    Ok(None)
}

/// How many of a batch's payments the bank has come to contradict since an entry: an earlier attempt stands after all. With the batch of the first.
pub(super) fn stand_since(snapshot: &mut dyn Snapshot, batch: BatchId, entry: u64) -> Result<Option<(u64, BatchId)>> {
    let mut again: Vec<EndToEndId> = Vec::new();
    snapshot.claims(&mut |claim| {
        if claim.batch == batch && claim.attempt > 1 {
            again.push(EndToEndId { tag: claim.tag, attempt: claim.attempt });
        }
        Ok(())
    })?;
    let (mut count, mut first) = (0, None);
    for payment in again {
        let now = stands(snapshot, payment, u64::MAX)?;
        // Who decided to pay it all the same knew what had been said before.
        if now.is_some() && stands(snapshot, payment, entry)?.is_none() {
            count += 1;
            first = first.or(now);
        }
    }
    Ok(first.map(|first| (count, first)))
}
