//! One link of the chain: an event, who recorded it, and a digest over specified bytes that include the digest before it.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::event::{Event, LedgerId};
use crate::payment::Digest;

/// An Ed25519 signature over an entry's digest.
pub type Signature = [u8; 64];

/// An entry as it lies in the ledger. `event` is borsh of [`Event`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// Digest of the entry before; zero for the first.
    pub previous: Digest,
    /// Seconds since 1970 by the recording machine's clock. Order is `seq`, never this.
    pub at: i64,
    pub actor: String,
    /// Who stood beside, where an event takes two.
    pub second: Option<String>,
    pub event: Vec<u8>,
    pub digest: Digest,
    pub signature: Signature,
    pub second_signature: Option<Signature>,
}

/// Somebody whose key is open: can sign entries and approvals.
pub struct Signer {
    pub name: String,
    key: SigningKey,
}

impl Signer {
    pub fn new(name: String, seed: &[u8; 32]) -> Self {
        Self { name, key: SigningKey::from_bytes(seed) }
    }

    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    pub fn sign(&self, message: &[u8]) -> Signature {
        self.key.sign(message).to_bytes()
    }
}

/// Whether `signature` over `message` was made by the holder of `public_key`. Weak keys are refused.
pub fn is_signed_by(public_key: &[u8; 32], message: &[u8], signature: &Signature) -> bool {
    VerifyingKey::from_bytes(public_key)
        .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok())
}

impl Entry {
    /// The entry that follows `previous` in the chain.
    pub fn record(
        ledger: LedgerId,
        previous: Option<&(u64, Digest)>,
        at: i64,
        event: &Event,
        actor: &Signer,
        second: Option<&Signer>,
    ) -> Self {
        let (seq, previous) = previous.map_or((1, Digest([0; 32])), |(seq, digest)| (seq + 1, *digest));
        let mut entry = Self {
            seq,
            previous,
            at,
            actor: actor.name.clone(),
            second: second.map(|second| second.name.clone()),
            event: event.to_bytes(),
            digest: Digest([0; 32]),
            signature: [0; 64],
            second_signature: None,
        };
        entry.digest = entry.compute_digest(ledger);
        entry.signature = actor.sign(&entry.digest.0);
        entry.second_signature = second.map(|second| second.sign(&entry.digest.0));
        entry
    }

    /// SHA-256 over, in this order: the domain `stopgap entry 1`, the ledger's id (16 bytes), `seq` (u64), the digest before (32), `at`
    /// (i64), then `actor`, `second` (empty where there is none) and `event`, each behind its length (u64). Integers are little-endian.
    pub fn compute_digest(&self, ledger: LedgerId) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"stopgap entry 1");
        hash.update(ledger.0);
        hash.update(self.seq.to_le_bytes());
        hash.update(self.previous.0);
        hash.update(self.at.to_le_bytes());
        for field in [self.actor.as_bytes(), self.second.as_deref().unwrap_or_default().as_bytes(), &self.event] {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        Digest(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> (LedgerId, Entry) {
        let ledger = LedgerId([7; 16]);
        let anna = Signer::new("anna".into(), &[1; 32]);
        let malik = Signer::new("malik".into(), &[2; 32]);
        let event = Event::EpisodeClosed { name: "attack".into() };
        (ledger, Entry::record(ledger, Some(&(4, Digest([9; 32]))), 1_648_000_000, &event, &anna, Some(&malik)))
    }

    /// The digest of one entry, worked out once by hand with another SHA-256 tool: the bytes are a format, and must never change.
    #[test]
    fn the_digest_covers_specified_bytes() {
        let (ledger, entry) = entry();
        let mut bytes = b"stopgap entry 1".to_vec();
        bytes.extend([7; 16]);
        bytes.extend(5u64.to_le_bytes());
        bytes.extend([9; 32]);
        bytes.extend(1_648_000_000i64.to_le_bytes());
        bytes.extend(b"\x04\0\0\0\0\0\0\0anna\x05\0\0\0\0\0\0\0malik");
        bytes.extend(b"\x0b\0\0\0\0\0\0\0\x04\x06\0\0\0attack");
        assert_eq!(entry.digest, Digest(Sha256::digest(&bytes).into()));
        assert_eq!(entry.compute_digest(ledger), entry.digest);
    }

    #[test]
    fn any_change_to_an_entry_changes_its_digest() {
        let (ledger, entry) = entry();
        let changes: [fn(&mut Entry); 6] = [
            |entry| entry.seq += 1,
            |entry| entry.previous.0[31] ^= 1,
            |entry| entry.at -= 1,
            |entry| entry.actor = "annam".into(),
            |entry| entry.second = None,
            |entry| entry.event[0] ^= 1,
        ];
        for change in changes {
            let mut changed = entry.clone();
            change(&mut changed);
            assert_ne!(changed.compute_digest(ledger), entry.digest);
        }
        assert_ne!(entry.compute_digest(LedgerId([8; 16])), entry.digest, "an entry belongs to one ledger");
    }

    #[test]
    fn signatures_hold_for_their_signer_and_message_alone() {
        let (_, entry) = entry();
        let anna = Signer::new("anna".into(), &[1; 32]).public_key();
        let malik = Signer::new("malik".into(), &[2; 32]).public_key();
        assert!(is_signed_by(&anna, &entry.digest.0, &entry.signature));
        assert!(is_signed_by(&malik, &entry.digest.0, &entry.second_signature.expect("two signed")));
        assert!(!is_signed_by(&malik, &entry.digest.0, &entry.signature));
        assert!(!is_signed_by(&anna, &[0; 32], &entry.signature));
        assert!(!is_signed_by(&[0; 32], &entry.digest.0, &entry.signature), "a key of low order signs nothing");
    }
}
