//! The rows of a baseline as they lie in its sealed parts, and the way back to the instructions that they were.

use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest as _, Sha256};

use crate::fault::{Fault, Result};
use crate::ledger::event::{LedgerId, RecordedBaseline};
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ledger::seal::SecretKey;
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::Unlocked;
use crate::ops::key_store::KeyStore;
use crate::ops::parts::PartReader;
use crate::payment::Amount;
use crate::recipient_list::{Column, Instruction};
use crate::say;

/// What is sealed, one after the other: first the headings, then the rows. Kept for years: variants and fields are only added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Record {
    Headings(Headings),
    Row(BaselineRow),
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Headings {
    /// The lists that the rows are from.
    pub lists: Vec<ListNamed>,
    /// The names of the columns that each row's cells stand under.
    pub columns: Vec<String>,
}

/// A list by its path as it was given, and its sheet.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ListNamed {
    pub file: String,
    pub sheet: Option<String>,
}

/// One row, as written but for its amount and scheme, which mean the same without the list; and the pseudonyms it is compared by.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BaselineRow {
    /// Counts into the lists.
    pub list: u16,
    pub row: u32,
    /// Counts into the event's schemes.
    pub scheme: u16,
    pub person: Pseudonym,
    /// Person, scheme and part.
    pub series: Pseudonym,
    pub account: Pseudonym,
    pub amount: Amount,
    pub cells: Vec<String>,
}

/// What is kept of a row. Its period is the baseline's, and its pay date is past.
pub const KEPT: [Column; 13] = [
    Column::PersonId,
    Column::OrganisationId,
    Column::Name,
    Column::Account,
    Column::RegNo,
    Column::Amount,
    Column::Currency,
    Column::Scheme,
    Column::Part,
    Column::PayeeName,
    Column::PayeeAccount,
    Column::Text,
    Column::Country,
];

/// Stands for all rows of a baseline, in whatever order they come.
#[derive(Default)]
pub struct Content {
    rows: u64,
    sum: u128,
}

impl Content {
    pub fn add(&mut self, cells: &[String]) {
        let mut digest = Sha256::new_with_prefix(b"stopgap baseline row 1");
        for cell in cells {
            digest.update((cell.len() as u64).to_le_bytes());
            digest.update(cell);
        }
        let mut half = [0; 16];
        half.copy_from_slice(&digest.finalize()[..16]);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from_le_bytes(half));
    }

    pub fn finish(&self, tagger: &Tagger) -> Pseudonym {
        tagger.identity(&["stopgap baseline 1", &format!("{} {:032x}", self.rows, self.sum)])
    }
}

/// A baseline whose key was found, being read row by row.
pub struct BaselineReader {
    /// The lists that it was made of.
    pub lists: Vec<ListNamed>,
    columns: Vec<Column>,
    parts: PartReader,
}

impl BaselineReader {
    /// Begins to read. Fails where the key is gone, or the rows are.
    pub fn open(
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        keys: &KeyStore,
        who: &Unlocked,
        entry: u64,
    ) -> Result<Self> {
        let baseline = state.baselines.get(&entry).ok_or_else(|| damaged(entry))?;
        let key = who.baseline_key(keys, baseline.recorded.parts.key)?;
        Self::with_key(snapshot, state.ledger, entry, &baseline.recorded, key)
    }

    fn with_key(
        snapshot: &mut dyn Snapshot,
        ledger: LedgerId,
        entry: u64,
        recorded: &RecordedBaseline,
        key: SecretKey,
    ) -> Result<Self> {
        let mut parts = PartReader::new(ledger, entry, recorded.parts, key);
        let Some(Record::Headings(headings)) = parts.next(snapshot)? else { return Err(damaged(entry)) };
        let columns = headings.columns.iter().map(|name| Column::named(name).ok_or_else(|| damaged(entry)));
        let columns = columns.collect::<Result<_>>()?;
        Ok(Self { lists: headings.lists, columns, parts })
    }

    pub fn next(&mut self, snapshot: &mut dyn Snapshot) -> Result<Option<BaselineRow>> {
        match self.parts.next(snapshot)? {
            Some(Record::Row(row)) => Ok(Some(row)),
            Some(Record::Headings(_)) => Err(Fault::failed("ledger.damaged", say!("A baseline has two headings."))),
            None => Ok(None),
        }
    }

    /// Makes the row an instruction again.
    pub fn refill(&self, row: &BaselineRow, instruction: &mut Instruction) {
        instruction.refill(row.row, self.columns.iter().copied().zip(row.cells.iter().map(String::as_str)));
    }
}

fn damaged(entry: u64) -> Fault {
    Fault::failed("ledger.damaged", say!("The baseline of entry {entry} cannot be read.", entry))
        .remedy(say!("Do not release from this folder. Restore the newest backup."))
}
