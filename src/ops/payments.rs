//! A batch's payments on their way into the ledger, sealed in runs, and out of it again: by streaming, so that a batch may be of any size.

mod amounts;

use std::collections::HashMap;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub use self::amounts::Amounts;
use super::wipe::wipe;
use super::world::random;
use crate::batch::PaymentGroup;
use crate::checks::CheckedPayment;
use crate::fault::{Fault, Result};
use crate::ledger::event::LedgerId;
use crate::ledger::seal::{self, SecretKey};
use crate::ledger::store::SealedChunk;
use crate::ledger::{Snapshot, Transaction};
use crate::payment::{BatchId, Digest, EndToEndId, Scheme};
use crate::progress::{self, Stage};
use crate::say;

/// A payment under the reference with which it leaves.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReferencedPayment {
    pub end_to_end_id: EndToEndId,
    pub payment: CheckedPayment,
}

/// What is worth knowing about a batch that must be sealed because it may name people.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BatchNotes {
    /// The lists' paths as they were given; a payment's `list` counts into this.
    pub lists: Vec<String>,
    pub decisions: Vec<DecisionNote>,
}

/// What a person decided about a held row, and why.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DecisionNote {
    pub list: u16,
    pub row: u32,
    pub pay: bool,
    pub reason: String,
}

/// Which row of which list a payment was prepared from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedAt {
    pub list: u16,
    pub row: u32,
}

/// The notes lie among the sealed payments, where no group can be.
const NOTES: u32 = u32::MAX;

/// The day and scheme by which payments are grouped.
pub type GroupKey = (NaiveDate, Scheme);

/// A run is sealed when it holds this many bytes.
const RUN_BYTES: usize = 32 * 1024;
/// All open runs together hold no more than this, however many groups there are.
const OPEN_BYTES: usize = 4 * 1024 * 1024;

/// Seals payments into the ledger as they come, a run at a time. Groups are numbered in the order in which they turn up, so that nothing
/// needs to be known beforehand.
pub struct PaymentSealer<'a> {
    batch: BatchId,
    ledger: LedgerId,
    key: &'a SecretKey,
    numbers: HashMap<NaiveDate, HashMap<Scheme, u32>>,
    groups: Vec<Group>,
    amounts: Amounts,
    open_bytes: usize,
}

/// One group's payments that wait to be sealed.
#[derive(Default)]
struct Group {
    chunks: u32,
    plain: Vec<u8>,
}

impl<'a> PaymentSealer<'a> {
    /// `amounts` takes what they come to.
    pub fn new(ledger: LedgerId, batch: BatchId, key: &'a SecretKey, amounts: Amounts) -> Self {
        Self { batch, ledger, key, numbers: HashMap::new(), groups: Vec::new(), amounts, open_bytes: 0 }
    }

    /// Takes what lies in the ledger as a [`ReferencedPayment`].
    pub fn add(
        &mut self,
        transaction: &mut dyn Transaction,
        end_to_end_id: EndToEndId,
        payment: &CheckedPayment,
    ) -> Result<()> {
        let number = self.group_of(payment);
        let CheckedPayment { amount, list, row, .. } = *payment;
        self.amounts.add(number as u32, amount, ListedAt { list, row })?;
        let group = &mut self.groups[number];
        let before = group.plain.len();
        (end_to_end_id, payment).serialize(&mut group.plain).map_err(|_| damaged(self.batch))?;
        self.open_bytes += group.plain.len() - before;
        if self.groups[number].plain.len() >= RUN_BYTES {
            self.seal_run(transaction, number)?;
        } else if self.open_bytes >= OPEN_BYTES {
            self.seal_all(transaction)?;
        }
        Ok(())
    }

    /// Seals what is left. Gives the groups in the order in which they turned up, and their amounts.
    pub fn finish(mut self, transaction: &mut dyn Transaction) -> Result<(Vec<PaymentGroup>, Amounts)> {
        self.seal_all(transaction)?;
        Ok((self.amounts.groups()?, self.amounts))
    }

    /// What the payments come to, where nothing will be recorded.
    pub fn let_go(mut self) -> Result<Amounts> {
        self.amounts.groups()?;
        Ok(self.amounts)
    }

    fn group_of(&mut self, payment: &CheckedPayment) -> usize {
        let CheckedPayment { pay_on, obligation, .. } = payment;
        let of_day = self.numbers.entry(*pay_on).or_default();
        if let Some(number) = of_day.get(&obligation.scheme) {
            return *number as usize;
        }
        self.groups.push(Group::default());
        let number = self.amounts.begin_group((*pay_on, obligation.scheme.clone()));
        of_day.insert(obligation.scheme.clone(), number);
        number as usize
    }

    fn seal_all(&mut self, transaction: &mut dyn Transaction) -> Result<()> {
        (0..self.groups.len()).try_for_each(|number| self.seal_run(transaction, number))
    }

    fn seal_run(&mut self, transaction: &mut dyn Transaction, number: usize) -> Result<()> {
        let group = &mut self.groups[number];
        if group.plain.is_empty() {
            return Ok(());
        }
        let place = place(self.ledger, self.batch, number as u32, group.chunks);
        let sealed = seal::seal(self.key, random()?, &place, &group.plain);
        transaction.put_chunk(self.batch, &SealedChunk::new(number as u32, group.chunks, sealed))?;
        group.chunks += 1;
        self.open_bytes -= group.plain.len();
        wipe(&mut group.plain);
        Ok(())
    }
}

pub fn put_notes(
    transaction: &mut dyn Transaction,
    ledger: LedgerId,
    batch: BatchId,
    key: &SecretKey,
    notes: &BatchNotes,
) -> Result<()> {
    let plain = borsh::to_vec(notes).map_err(|_| damaged(batch))?;
    let sealed = seal::seal(key, random()?, &place(ledger, batch, NOTES, 0), &plain);
    transaction.put_chunk(batch, &SealedChunk::new(NOTES, 0, sealed))
}

pub fn notes(snapshot: &mut dyn Snapshot, ledger: LedgerId, batch: BatchId, key: &SecretKey) -> Result<BatchNotes> {
    let mut notes = None;
    snapshot.chunks(batch, &mut |chunk| {
        if chunk.group == NOTES {
            refuse_if_purged(&chunk, batch)?;
            let plain = seal::open(key, &place(ledger, batch, NOTES, 0), &chunk.sealed).map_err(|_| damaged(batch))?;
            notes = Some(BatchNotes::try_from_slice(&plain).map_err(|_| damaged(batch))?);
        }
        Ok(())
    })?;
    notes.ok_or_else(|| damaged(batch))
}

/// Hands out a batch's payments, group by group, within each in the order in which they were listed.
pub fn each(
    snapshot: &mut dyn Snapshot,
    ledger: LedgerId,
    batch: BatchId,
    key: &SecretKey,
    visit: &mut dyn FnMut(u32, ReferencedPayment) -> Result<()>,
) -> Result<()> {
    let mut step = progress::begin(Stage::Payments, None);
    let mut plain = Zeroizing::new(Vec::new());
    snapshot.chunks(batch, &mut |chunk| {
        if chunk.group == NOTES {
            return Ok(());
        }
        refuse_if_purged(&chunk, batch)?;
        let place = place(ledger, batch, chunk.group, chunk.number);
        seal::open_into(key, &place, &chunk.sealed, &mut plain).map_err(|_| damaged(batch))?;
        let mut rest = plain.as_slice();
        while !rest.is_empty() {
            let payment = ReferencedPayment::deserialize(&mut rest).map_err(|_| damaged(batch))?;
            visit(chunk.group, payment)?;
            step.advance(1);
        }
        Ok(())
    })
}

/// SHA-256 over each chunk's group, number (u32, little-endian), nonce, and the SHA-256 of its ciphertext, in order. Can be checked without
/// any key, and after the ciphertexts are destroyed from their digests alone.
pub fn sealed_root(snapshot: &mut dyn Snapshot, batch: BatchId) -> Result<Digest> {
    let _step = progress::begin(Stage::Verifying, None);
    let mut root = Sha256::new_with_prefix(b"stopgap sealed 1");
    snapshot.chunks(batch, &mut |chunk| {
        root.update(chunk.group.to_le_bytes());
        root.update(chunk.number.to_le_bytes());
        root.update(chunk.sealed.nonce);
        root.update(chunk.digest().0);
        Ok(())
    })?;
    Ok(Digest(root.finalize().into()))
}

fn refuse_if_purged(chunk: &SealedChunk, batch: BatchId) -> Result<()> {
    match chunk.purged {
        None => Ok(()),
        Some(_) => Err(Fault::refused("ledger.purged", say!("Who is in batch {batch} was purged.", batch))
            .remedy(say!("Its sums and digests are there, and its payments are still recognised."))),
    }
}

fn place(ledger: LedgerId, batch: BatchId, group: u32, chunk: u32) -> Vec<u8> {
    let mut place = b"stopgap payments 1".to_vec();
    place.extend(ledger.0);
    place.extend(format!(" {batch} {group} {chunk}").into_bytes());
    place
}

fn damaged(batch: BatchId) -> Fault {
    Fault::failed(
        "ledger.damaged",
        say!("The sealed payments of batch {batch} cannot be opened or were changed.", batch = batch.to_string()),
    )
    .remedy(say!("Do not release from this folder. Restore the newest backup."))
}
