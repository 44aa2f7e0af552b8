//! Every payable row against the ledger's live payments and against every other row of the command.

use crate::fault::Result;
use crate::ledger::Snapshot;
use crate::ledger::idempotency::{Candidate, judge_payee, judge_series, let_an_equal_stand_in};

/// Fills in the candidates' collisions and leaves them in the order of their places.
pub fn judge(candidates: &mut [Candidate], snapshot: &mut dyn Snapshot) -> Result<()> {
    candidates.sort_unstable_by_key(|candidate| (candidate.fingerprint.tag, candidate.place));
    for series in candidates.chunk_by_mut(|a, b| a.fingerprint.tag.series == b.fingerprint.tag.series) {
        let live = snapshot.claims_in_series(&series[0].fingerprint.tag.series)?;
        judge_series(series, &live);
    }
    candidates.sort_unstable_by_key(|candidate| (candidate.fingerprint.payee, candidate.place));
    for named_alike in candidates.chunk_by_mut(|a, b| a.fingerprint.payee == b.fingerprint.payee) {
        if let Some(payee) = named_alike[0].fingerprint.payee {
            let live = snapshot.claims_of_payee(&payee)?;
            judge_payee(named_alike, &live);
        }
    }
    candidates.sort_unstable_by_key(|candidate| (candidate.fingerprint.tag, candidate.place));
    for equals in candidates.chunk_by_mut(|a, b| a.fingerprint.tag == b.fingerprint.tag) {
        let_an_equal_stand_in(equals);
    }
    candidates.sort_unstable_by_key(|candidate| candidate.place);
    Ok(())
}
