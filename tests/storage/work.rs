//! What is written: commits of every kind that a ledger sees, drawn by chance.

use std::hash::{DefaultHasher, Hash, Hasher};

use stopgap::fault::Result;
use stopgap::ledger::entry::{Entry, Signer};
use stopgap::ledger::event::{Event, LedgerId};
use stopgap::ledger::outcome::{Evidence, EvidenceKind, Source};
use stopgap::ledger::seal::Sealed;
use stopgap::ledger::sqlite::SqliteStore;
use stopgap::ledger::store::{Claim, SealedChunk, SealedPart, Store, Transaction};
use stopgap::payment::{Amount, BatchId, Currency, Digest, EndToEndId, Tag};

use crate::disk::Chance;

const LEDGER: LedgerId = LedgerId([1; 16]);

pub struct Work {
    chance: Chance,
    head: Option<(u64, Digest)>,
    batch: u32,
    /// Live ones of batches that left, and of the last batch.
    left: Vec<Tag>,
    last: Vec<Tag>,
}

/// Tells two apart well enough to try each once.
pub fn digest(it: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

impl Work {
    pub fn new(seed: u64) -> Self {
        Self { chance: Chance(seed), head: None, batch: 0, left: Vec::new(), last: Vec::new() }
    }

    /// One transaction, or the writing anew of the whole file, as after a purge.
    pub fn commit(&mut self, store: &mut SqliteStore) {
        if self.chance.below(12) == 0 {
            return store.compact().expect("writes anew");
        }
        let mut transaction = store.write(&mut |_| ()).expect("the writing place");
        let seq = self.append(&mut *transaction).expect("is taken");
        match self.chance.below(6) {
            0 if !self.last.is_empty() => {
                transaction.drop_claims(BatchId::new('B', self.batch)).expect("is taken");
                self.last.clear();
            }
            1 if !self.left.is_empty() => self.bank_says(&mut *transaction, seq).expect("is taken"),
            2 => self.parts(&mut *transaction, seq).expect("is taken"),
            _ => self.prepare(&mut *transaction).expect("is taken"),
        }
        transaction.commit().expect("commits");
    }

    fn append(&mut self, transaction: &mut dyn Transaction) -> Result<u64> {
        let signer = Signer::new("anna".into(), &[1; 32]);
        let event = Event::EpisodeClosed { name: "storm".into() };
        let entry = Entry::record(LEDGER, self.head.as_ref(), 1_648_000_000, &event, &signer, None);
        self.head = Some((entry.seq, entry.digest));
        transaction.append(&entry).map(|()| entry.seq)
    }

    fn prepare(&mut self, transaction: &mut dyn Transaction) -> Result<()> {
        self.batch += 1;
        self.left.append(&mut self.last);
        let batch = BatchId::new('B', self.batch);
        for number in 0..1 + self.chance.below(40) {
            let mut obligation = [number as u8; 8];
            obligation[..4].copy_from_slice(&self.batch.to_le_bytes());
            let tag = Tag { series: [self.chance.below(256) as u8; 8], obligation };
            let claim = Claim {
                tag,
                attempt: 1,
                batch,
                person: tag.series,
                payee: Some([7; 8]),
                account: [8; 8],
                amount: Amount::from_minor_units(523_450, Currency::Dkk),
                period: "2022-04".parse().expect("a period"),
            };
            transaction.claim(std::slice::from_ref(&claim))?;
            claim.payee.map_or(Ok(()), |payee| transaction.list_payees(&[(payee, claim.tag)]))?;
            self.last.push(tag);
        }
        let length = self.chance.below(30_000);
        let sealed = Sealed { nonce: [1; 24], ciphertext: vec![self.batch as u8; length] };
        transaction.put_chunk(batch, &SealedChunk::new(0, 0, sealed))
    }

    fn bank_says(&mut self, transaction: &mut dyn Transaction, seq: u64) -> Result<()> {
        for number in 0..1 + self.chance.below(self.left.len()).min(20) {
            let tag = self.left.swap_remove(self.chance.below(self.left.len()));
            let kind = if number.is_multiple_of(3) { EvidenceKind::Returned } else { EvidenceKind::Settled };
            transaction.put_evidence(&[Evidence {
                place: (seq, number as u32),
                payment: EndToEndId { tag, attempt: 1 },
                kind,
                source: Source::Statement,
                identity: tag.obligation,
                amount: None,
                booked_on: None,
                reason: None,
            }])?;
            if kind == EvidenceKind::Returned {
                transaction.free_claim(&tag)?;
            }
        }
        Ok(())
    }

    fn parts(&mut self, transaction: &mut dyn Transaction, seq: u64) -> Result<()> {
        for number in 0..1 + self.chance.below(3) as u32 {
            let sealed = Sealed { nonce: [2; 24], ciphertext: vec![seq as u8; self.chance.below(9_000)] };
            transaction.put_part(&SealedPart::new(seq, number, sealed))?;
        }
        if self.chance.below(2) == 0 { transaction.forget_parts(seq - 1) } else { Ok(()) }
    }
}
