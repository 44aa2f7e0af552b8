//! What a batch claims, and the digests made of it.

use sha2::{Digest as _, Sha256};

use super::candidates::Candidates;
use super::row_set::RowSet;
use super::settling::next_attempt;
use crate::fault::Result;
use crate::ledger::store::Claim;
use crate::ledger::{LedgerState, Transaction};
use crate::ops::bank_files::Letterhead;
use crate::payment::{BatchId, Digest};
use crate::progress::{self, Stage};

/// So many are handed to the ledger at once.
const AT_ONCE: usize = 1024;

/// Which rows a batch claims.
pub(super) struct Prepared {
    pub batch: BatchId,
    pub rows: RowSet,
    pub count: u64,
}

/// Claims every obligation, in the order in which the store keeps them, and gives the digest over them all. `tried_before` are the rows whose
/// obligation was paid before and came back.
pub(super) fn record_claims(
    (transaction, state): (&mut dyn Transaction, &LedgerState),
    candidates: &Candidates,
    prepared: &Prepared,
    tried_before: &RowSet,
) -> Result<Digest> {
    let mut root = ClaimsRoot::new();
    let mut step = progress::begin(Stage::Claiming, 2 * prepared.count);
    let (mut by_tag, mut claims) = (candidates.by_tag()?, Vec::with_capacity(AT_ONCE));
    while let Some(listed) = by_tag.next()? {
        let (place, fingerprint) = (listed.candidate.place, &listed.candidate.fingerprint);
        if prepared.rows.contains(place) {
            step.advance(1);
            let again = tried_before.contains(place);
            let claim =
                Claim::new(fingerprint, next_attempt(transaction, state, &fingerprint.tag, again)?, prepared.batch);
            root.add(&claim);
            claims.push(claim);
            if claims.len() == AT_ONCE {
                transaction.claim(&claims)?;
                claims.clear();
            }
        }
    }
    transaction.claim(&claims)?;
    let (mut by_payee, mut payees) = (candidates.by_payee()?, Vec::with_capacity(AT_ONCE));
    while let Some(row) = by_payee.next()? {
        if !row.before && prepared.rows.contains(row.named.place) {
            step.advance(1);
            payees.push((row.payee, row.tag));
            if payees.len() == AT_ONCE {
                transaction.list_payees(&payees)?;
                payees.clear();
            }
        }
    }
    transaction.list_payees(&payees)?;
    Ok(root.finish())
}

/// SHA-256 over a batch's claims in order of their tags.
pub struct ClaimsRoot(Sha256);

impl ClaimsRoot {
    pub fn new() -> Self {
        Self(Sha256::new_with_prefix(b"stopgap claims 1"))
    }

    pub fn add(&mut self, claim: &Claim) {
        self.0.update(claim.to_bytes());
    }

    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl Default for ClaimsRoot {
    fn default() -> Self {
        Self::new()
    }
}

/// What message ids are made from: the obligations with their amounts and accounts, the payer's account and the days. Not the time, so
/// that the same payments prepared again on a restored ledger meet the bank's own check for double messages.
pub(super) fn content_digest(claims_root: &Digest, letterhead: &Letterhead) -> Digest {
    let mut content = Sha256::new_with_prefix(b"stopgap content 1");
    content.update(claims_root.0);
    content.update(letterhead.payer.account.identity());
    for group in letterhead.groups {
        content.update(group.pay_on.to_string());
    }
    Digest(content.finalize().into())
}
