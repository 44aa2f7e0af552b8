//! Two people on one digest.

use crate::ledger::event::LedgerId;
use crate::payment::{BatchId, Digest};

/// What an approver signs: the domain `stopgap approval 1`, the ledger's id (16 bytes), the batch's id as written behind its length (u64,
/// little-endian), and the batch's digest (32).
pub fn approval_message(ledger: LedgerId, batch: BatchId, digest: &Digest) -> Vec<u8> {
    let batch = batch.to_string();
    let mut message = b"stopgap approval 1".to_vec();
    message.extend(ledger.0);
    message.extend((batch.len() as u64).to_le_bytes());
    message.extend(batch.as_bytes());
    message.extend(digest.0);
    message
}
