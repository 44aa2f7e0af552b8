//! What an entry says about people, on its way into the ledger and out of it again: borsh records, sealed in runs under one key, by
//! streaming, so that there may be any number of them.

use super::wipe::{Wiped, wipe};
use super::world::random;
use crate::fault::{Fault, Result};
use crate::ledger::event::{KeyId, LedgerId, SealedParts};
use crate::ledger::seal::{self, Sealed, SecretKey};
use crate::ledger::store::SealedPart;
use crate::ledger::{Snapshot, Transaction};
use crate::payment::Digest;
use crate::say;
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest as _, Sha256};

/// A run is sealed when it holds this many bytes.
const RUN_BYTES: usize = 32 * 1024;

/// Seals the records of the entry that is about to be recorded.
pub struct PartSealer<'a> {
    ledger: LedgerId,
    entry: u64,
    key: (KeyId, &'a SecretKey),
    plain: Vec<u8>,
    count: u32,
    root: Sha256,
}

impl<'a> PartSealer<'a> {
    /// `entry` is the number that the entry will have: [`Recording::next_entry`](super::workspace::Recording::next_entry).
    pub fn new(ledger: LedgerId, entry: u64, key: (KeyId, &'a SecretKey)) -> Self {
        Self { ledger, entry, key, plain: Vec::new(), count: 0, root: root() }
    }

    pub fn add(&mut self, transaction: &mut dyn Transaction, record: &impl BorshSerialize) -> Result<()> {
        record.serialize(&mut self.plain).map_err(|_| damaged(self.entry))?;
        self.seal_if_full(transaction)
    }

    /// As [`add`](Self::add), of records whose bytes are made.
    pub fn add_bytes(&mut self, transaction: &mut dyn Transaction, record: &[u8]) -> Result<()> {
        self.plain.extend_from_slice(record);
        self.seal_if_full(transaction)
    }

    fn seal_if_full(&mut self, transaction: &mut dyn Transaction) -> Result<()> {
        if self.plain.len() >= RUN_BYTES { self.seal_run(transaction) } else { Ok(()) }
    }

    /// Seals what is left. What comes back belongs into the event.
    pub fn finish(mut self, transaction: &mut dyn Transaction) -> Result<SealedParts> {
        self.seal_run(transaction)?;
        Ok(SealedParts { key: self.key.0, count: self.count, root: Digest(self.root.finalize().into()) })
    }

    fn seal_run(&mut self, transaction: &mut dyn Transaction) -> Result<()> {
        if self.plain.is_empty() {
            return Ok(());
        }
        let sealed = seal::seal(self.key.1, random()?, &place(self.ledger, self.entry, self.count), &self.plain);
        let part = SealedPart::new(self.entry, self.count, sealed);
        self.root.update(part.to_bytes());
        transaction.put_part(&part)?;
        self.count += 1;
        wipe(&mut self.plain);
        Ok(())
    }
}

/// What an entry says about people where it says nothing.
pub fn nothing(key: KeyId) -> SealedParts {
    SealedParts { key, count: 0, root: Digest(root().finalize().into()) }
}

/// Hands out an entry's records in the order in which they were added. Refused where they were purged.
pub fn each<T: BorshDeserialize>(
    snapshot: &mut dyn Snapshot,
    ledger: LedgerId,
    entry: u64,
    key: &SecretKey,
    visit: &mut dyn FnMut(T) -> Result<()>,
) -> Result<()> {
    snapshot.parts(entry, &mut |SealedPart { number, nonce, ciphertext, .. }| {
        let Some(ciphertext) = ciphertext else {
            return Err(purged(entry));
        };
        let opened = seal::open(key, &place(ledger, entry, number), &Sealed { nonce, ciphertext });
        let plain = Wiped(opened.map_err(|_| damaged(entry))?);
        let mut rest = plain.as_slice();
        while !rest.is_empty() {
            visit(T::deserialize(&mut rest).map_err(|_| damaged(entry))?)?;
        }
        Ok(())
    })
}

/// As [`each`], but asked for one by one, so that whoever asks may use the ledger in between.
pub struct PartReader {
    ledger: LedgerId,
    entry: u64,
    recorded: SealedParts,
    key: SecretKey,
    /// The part that is read next.
    number: u32,
    plain: Wiped,
    at: usize,
}

impl PartReader {
    pub fn new(ledger: LedgerId, entry: u64, recorded: SealedParts, key: SecretKey) -> Self {
        Self { ledger, entry, recorded, key, number: 0, plain: Wiped::default(), at: 0 }
    }

    /// The next record; `None` after the last one of all the parts that were recorded.
    pub fn next<T: BorshDeserialize>(&mut self, snapshot: &mut dyn Snapshot) -> Result<Option<T>> {
        while self.at == self.plain.len() {
            if self.number == self.recorded.count {
                return Ok(None);
            }
            let part = snapshot.part(self.entry, self.number)?.ok_or_else(|| damaged(self.entry))?;
            let ciphertext = part.ciphertext.ok_or_else(|| purged(self.entry))?;
            let place = place(self.ledger, self.entry, self.number);
            let opened = seal::open(&self.key, &place, &Sealed { nonce: part.nonce, ciphertext });
            self.plain = Wiped(opened.map_err(|_| damaged(self.entry))?);
            self.at = 0;
            self.number += 1;
        }
        let mut rest = &self.plain[self.at..];
        let record = T::deserialize(&mut rest).map_err(|_| damaged(self.entry))?;
        self.at = self.plain.len() - rest.len();
        Ok(Some(record))
    }
}

/// How an entry's parts lie in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartsFound {
    Whole,
    /// All of them were purged; what the root is made of is there.
    Purged,
    /// They are not those that were recorded.
    Changed,
}

/// Compares an entry's parts with what its event says of them. Takes no key.
pub fn look(snapshot: &mut dyn Snapshot, entry: u64, recorded: &SealedParts) -> Result<PartsFound> {
    let (mut count, mut purged, mut changed, mut found) = (0, 0, false, root());
    snapshot.parts(entry, &mut |part| {
        found.update(part.to_bytes());
        count += 1;
        match &part.ciphertext {
            Some(ciphertext) => changed |= Digest(Sha256::digest(ciphertext).into()) != part.digest,
            None => purged += 1,
        }
        Ok(())
    })?;
    let as_recorded = !changed && count == recorded.count && Digest(found.finalize().into()) == recorded.root;
    Ok(match purged {
        0 if as_recorded => PartsFound::Whole,
        _ if as_recorded && purged == count => PartsFound::Purged,
        _ => PartsFound::Changed,
    })
}

fn root() -> Sha256 {
    Sha256::new_with_prefix(b"stopgap parts 1")
}

fn place(ledger: LedgerId, entry: u64, number: u32) -> Vec<u8> {
    let mut place = b"stopgap part 1".to_vec();
    place.extend(ledger.0);
    place.extend(format!(" {entry} {number}").into_bytes());
    place
}

fn purged(entry: u64) -> Fault {
    Fault::refused("ledger.purged", say!("What entry {entry} said about people was purged.", entry = entry.to_string()))
}

fn damaged(entry: u64) -> Fault {
    Fault::failed(
        "ledger.damaged",
        say!("What entry {entry} says about people cannot be opened or was changed.", entry = entry.to_string()),
    )
    .remedy(say!("Do not release from this folder. Restore the newest backup."))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ledger::Store;
    use crate::ledger::sqlite::SqliteStore;

    const LEDGER: LedgerId = LedgerId([1; 16]);

    fn sealed(store: &mut SqliteStore, entry: u64, records: &[String]) -> SealedParts {
        let key = SecretKey::new([2; 32]);
        let mut transaction = store.write(&mut |_| ()).expect("the writing place");
        let mut sealer = PartSealer::new(LEDGER, entry, (KeyId([3; 8]), &key));
        records.iter().for_each(|record| sealer.add(&mut *transaction, record).expect("seals"));
        let parts = sealer.finish(&mut *transaction).expect("seals");
        transaction.commit().expect("commits");
        parts
    }

    fn opened(store: &mut SqliteStore, entry: u64, key: u8) -> Result<Vec<String>> {
        let mut records = Vec::new();
        let mut snapshot = store.read()?;
        each(&mut *snapshot, LEDGER, entry, &SecretKey::new([key; 32]), &mut |record| {
            records.push(record);
            Ok(())
        })?;
        Ok(records)
    }

    #[test]
    fn records_come_back_in_their_order_under_their_key() {
        let mut store = SqliteStore::create(Path::new(":memory:")).expect("a ledger");
        let records: Vec<String> = (0..9000).map(|number| format!("record {number}")).collect();
        let parts = sealed(&mut store, 7, &records);
        assert!(parts.count > 2, "in several runs");
        assert_eq!(opened(&mut store, 7, 2).expect("opens"), records);
        assert_eq!(opened(&mut store, 7, 9).expect_err("another key").code, "ledger.damaged");
        let asked = |store: &mut SqliteStore, parts| {
            let mut snapshot = store.read().expect("reads");
            let mut reader = PartReader::new(LEDGER, 7, parts, SecretKey::new([2; 32]));
            let next = || reader.next::<String>(&mut *snapshot).transpose();
            std::iter::from_fn(next).collect::<Result<Vec<_>>>()
        };
        assert_eq!(asked(&mut store, parts).expect("opens"), records, "asked for one by one");
        let more = SealedParts { count: parts.count + 1, ..parts };
        assert_eq!(asked(&mut store, more).expect_err("the last is not there").code, "ledger.damaged");
        let nothing = sealed(&mut store, 8, &[]);
        assert_eq!((nothing.count, opened(&mut store, 8, 2).expect("opens")), (0, Vec::new()));
    }

    #[test]
    fn parts_that_are_not_those_recorded_are_told_from_purged_ones() {
        let mut store = SqliteStore::create(Path::new(":memory:")).expect("a ledger");
        let parts = sealed(&mut store, 7, &["Pipaluk".to_owned()]);
        let look = |store: &mut SqliteStore, parts: &SealedParts| {
            look(&mut *store.read().expect("reads"), 7, parts).expect("looks")
        };
        assert_eq!(look(&mut store, &parts), PartsFound::Whole);
        let other = SealedParts { root: Digest([0; 32]), ..parts };
        assert_eq!(look(&mut store, &other), PartsFound::Changed);
        assert_eq!(look(&mut store, &SealedParts { count: 2, ..parts }), PartsFound::Changed);
        let mut transaction = store.write(&mut |_| ()).expect("the writing place");
        transaction.forget_parts(7).expect("forgets");
        transaction.commit().expect("commits");
        assert_eq!(look(&mut store, &parts), PartsFound::Purged);
        assert_eq!(look(&mut store, &other), PartsFound::Changed);
        assert_eq!(opened(&mut store, 7, 2).expect_err("is gone").code, "ledger.purged");
    }
}
