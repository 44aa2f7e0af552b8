//! What a batch claims, and the digests made of it.

use sha2::{Digest as _, Sha256};

use crate::fault::Result;
use crate::ledger::Transaction;
use crate::ledger::store::Claim;
use crate::ops::bank_files::Letterhead;
use crate::payment::Digest;
use crate::progress::{self, Stage};

/// Claims every obligation, in the order in which the store keeps them, and gives the digest over them all.
pub(super) fn record_claims(transaction: &mut dyn Transaction, mut claims: Vec<Claim>) -> Result<Digest> {
    claims.sort_unstable_by_key(|claim| claim.tag);
    let mut root = ClaimsRoot::new();
    let mut step = progress::begin(Stage::Claiming, 2 * claims.len() as u64);
    for claim in &claims {
        step.advance(1);
        transaction.claim(claim)?;
        root.add(claim);
    }
    claims.sort_unstable_by_key(|claim| (claim.payee, claim.tag));
    for claim in &claims {
        step.advance(1);
        transaction.list_payee(claim)?;
    }
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
