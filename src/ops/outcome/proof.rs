//! Whether the evidence in the ledger's tables is what the entries of the chain say it is.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::recorder::{DEBITS_ROOT, EVIDENCE_ROOT};
use crate::fault::Result;
use crate::ledger::outcome::EvidenceKind;
use crate::ledger::state::OutcomeRoots;
use crate::ledger::{LedgerState, Snapshot};
use crate::payment::Digest;
use crate::say;
use crate::words::Message;

/// The first entry whose evidence was changed, and what is wrong with it. Entry 0 where it belongs to none.
pub fn first_damage(snapshot: &mut dyn Snapshot, state: &LedgerState) -> Result<Option<(u64, Message)>> {
    let mut evidence = Roots::new(EVIDENCE_ROOT);
    snapshot.evidence(&mut |piece| {
        evidence.add(piece.place, &piece.to_bytes());
        Ok(())
    })?;
    let mut debits = Roots::new(DEBITS_ROOT);
    snapshot.debits(&mut |debit| {
        debits.add(debit.place, &debit.to_bytes());
        Ok(())
    })?;
    let pieces = evidence.pieces;
    let (evidence, debits) = (evidence.finish(), debits.finish());
    let stray = evidence.keys().chain(debits.keys()).find(|entry| !state.outcomes.contains_key(entry));
    if let Some(entry) = stray {
        return Ok(Some((*entry, say!("there is evidence under it, and it records none"))));
    }
    for (entry, roots) in &state.outcomes {
        let OutcomeRoots { evidence: count, evidence_root, debits: debit_count, debits_root } = *roots;
        let nothing = |domain| (0, Digest(Sha256::new_with_prefix(domain).finalize().into()));
        if *evidence.get(entry).unwrap_or(&nothing(EVIDENCE_ROOT)) != (count, evidence_root) {
            return Ok(Some((*entry, say!("the evidence from the bank's reports is not what was recorded"))));
        }
        if *debits.get(entry).unwrap_or(&nothing(DEBITS_ROOT)) != (debit_count, debits_root) {
            return Ok(Some((*entry, say!("the debits from the bank's reports are not those that were recorded"))));
        }
    }
    claims_follow_from_evidence(snapshot, pieces)
}

/// A claim is freed where the evidence says so, and nowhere else; and all evidence is about a payment that there is.
fn claims_follow_from_evidence(snapshot: &mut dyn Snapshot, pieces: u64) -> Result<Option<(u64, Message)>> {
    let mut of_claims = 0;
    let mut wrongly_freed = None;
    snapshot.claims_with_evidence(&mut |claim, live, evidence| {
        of_claims += evidence.len() as u64;
        let freed = evidence.iter().find(|piece| piece.kind == EvidenceKind::Freed);
        match freed {
            Some(piece) if live => {
                let what = say!("it freed a payment of batch {batch}, which is held as live", batch = claim.batch);
                wrongly_freed.get_or_insert((piece.place.0, what));
            }
            None if !live => {
                let what = say!("A payment of batch {batch} was freed, and no entry says why.", batch = claim.batch);
                wrongly_freed.get_or_insert((0, what));
            }
            _ => {}
        }
        Ok(())
    })?;
    if wrongly_freed.is_none() && of_claims != pieces {
        return Ok(Some((0, say!("There is evidence about payments that are not in the ledger."))));
    }
    Ok(wrongly_freed)
}

/// Count and digest of the rows of each entry, as they come in order.
struct Roots {
    domain: &'static [u8],
    open: Option<(u64, u64, Sha256)>,
    done: BTreeMap<u64, (u64, Digest)>,
    pieces: u64,
}

impl Roots {
    fn new(domain: &'static [u8]) -> Self {
        Self { domain, open: None, done: BTreeMap::new(), pieces: 0 }
    }

    fn add(&mut self, (entry, _): (u64, u32), bytes: &[u8]) {
        if self.open.as_ref().is_none_or(|(open, ..)| *open != entry) {
            self.close();
            self.open = Some((entry, 0, Sha256::new_with_prefix(self.domain)));
        }
        if let Some((_, count, root)) = &mut self.open {
            *count += 1;
            root.update(bytes);
        }
        self.pieces += 1;
    }

    fn close(&mut self) {
        if let Some((entry, count, root)) = self.open.take() {
            self.done.insert(entry, (count, Digest(root.finalize().into())));
        }
    }

    fn finish(mut self) -> BTreeMap<u64, (u64, Digest)> {
        self.close();
        self.done
    }
}
