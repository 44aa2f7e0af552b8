//! Work sheets: a batch that leaves on paper, to be typed into the bank's portal by hand, and what came back of it.
//!
//! The approved digest covers the payments; which door they leave by is chosen at the release. The entry that begins it names the approved
//! digest and the SHA-256 of every file that will appear, so that what is handed out follows from what was approved and can be made again.
//! A row that nobody ticked is unknown, not unpaid: it holds its claim until a statement or two people settle it.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

use super::event::SealedParts;
use super::idempotency::Pseudonym;
use crate::batch::Sum;
use crate::payment::{BatchId, Digest, EndToEndId};
use crate::release::PlannedFile;

/// The release of a batch as work sheets has begun.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SheetRelease {
    pub batch: BatchId,
    /// What was approved.
    pub digest: Digest,
    /// Which maker's bytes the hashes are of, see [`MAKER_VERSION`](crate::worksheet::MAKER_VERSION).
    pub maker: u16,
    /// Whether the sheets are in Danish, else in English.
    pub danish: bool,
    pub sheets: Vec<PlannedSheet>,
}

/// One sheet: a run of the batch's payments, in the order in which they lie.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PlannedSheet {
    /// `B0001-S1-7KQ4`.
    pub code: String,
    /// Who was to type it when it was made; empty where nobody was named.
    pub clerk: String,
    pub sum: Sum,
    /// The page to print, and the workbook to fill in.
    pub files: [SheetFile; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SheetFile {
    pub name: String,
    pub sha256: Digest,
}

impl PlannedSheet {
    /// Its files as the outbox knows files.
    pub fn planned(&self) -> [PlannedFile; 2] {
        self.files.clone().map(|SheetFile { name, sha256 }| PlannedFile {
            name,
            sha256,
            message_id: self.code.clone(),
            segments: Vec::new(),
            sum: self.sum,
        })
    }
}

/// A ticked sheet came back, and something on it was new.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SheetReturn {
    pub batch: BatchId,
    /// From 1.
    pub sheet: u16,
    /// Keyed digest of the file.
    pub file: Pseudonym,
    pub rows: Vec<TypedRow>,
    /// The receipts and remarks as they were written, in the order of `rows`.
    pub details: SealedParts,
}

/// A row that somebody says they have typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TypedRow {
    /// From 1 within the sheet.
    pub row: u32,
    pub payment: EndToEndId,
    /// Keyed digest of the bank's receipt, however it is spaced and hyphened.
    pub receipt: Pseudonym,
    /// As typed, in minor units of the ledger's currency.
    pub amount: i64,
}

/// What two people say of a row that nobody ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum SheetVerdict {
    Typed = 0,
    /// It was never typed: the obligation may be paid again.
    NotTyped = 1,
}

impl SheetVerdict {
    pub const ALL: [SheetVerdict; 2] = [SheetVerdict::Typed, SheetVerdict::NotTyped];

    pub fn as_str(self) -> &'static str {
        match self {
            SheetVerdict::Typed => "typed",
            SheetVerdict::NotTyped => "not-typed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SheetDecision {
    pub batch: BatchId,
    /// From 1.
    pub sheet: u16,
    pub rows: Vec<(u32, EndToEndId)>,
    pub verdict: SheetVerdict,
    pub reason: SealedParts,
}

/// Where a batch's sheets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheets {
    pub release: SheetRelease,
    /// One for each planned sheet.
    pub returned: Vec<SheetState>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetState {
    /// Who has it; empty where nobody was named.
    pub clerk: String,
    /// The rows that came back, each with every receipt it was returned under, the first one first.
    pub typed: BTreeMap<u32, Vec<TypedRow>>,
    /// What two people said.
    pub decided: BTreeMap<u32, SheetVerdict>,
    /// The entries that recorded what came back.
    pub returns: Vec<u64>,
}

/// Why a row may have been paid twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowDoubt {
    /// Two people freed it as never typed, and it has a receipt.
    TypedAfterAll,
    /// It came back under this many receipts.
    Receipts(usize),
}

impl SheetState {
    /// Whether the row may have been paid twice.
    pub fn doubt(&self, row: u32) -> Option<RowDoubt> {
        let receipts = self.typed.get(&row)?.len();
        match self.decided.get(&row) {
            Some(SheetVerdict::NotTyped) => Some(RowDoubt::TypedAfterAll),
            _ => (receipts > 1).then_some(RowDoubt::Receipts(receipts)),
        }
    }

    /// Whether the sheet itself says what became of the row.
    pub fn is_told(&self, row: u32) -> bool {
        self.typed.contains_key(&row) || self.decided.contains_key(&row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What two people said of a row is told under these names wherever machines read it.
    #[test]
    fn a_verdict_on_a_row_has_its_name() {
        assert_eq!(SheetVerdict::ALL.map(SheetVerdict::as_str), ["typed", "not-typed"]);
    }
}
