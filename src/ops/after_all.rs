//! A payment that the bank rejects or sends back frees its obligation. Reports come late and in any order: by a later one it may stand after all. Then
//! its days could be paid a second time, and nobody but a person can find out which word is true.

use super::elsewhere::Met;
use crate::fault::Result;
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
    let elsewhere = snapshot.foreign_claims_of(freed)?;
    Ok(elsewhere.iter().find(|foreign| foreign.stands_after_all()).map(|foreign| foreign.claim.batch))
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
