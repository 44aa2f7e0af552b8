//! The receipt of a backup: what the ledger came to when it was copied, and every file of the copy with its digest. It lies in the backup;
//! its code is what people keep elsewhere, on paper.

use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::super::durable;
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::receipt_code::ReceiptCode;
use crate::ledger::store::TableSum;
use crate::payment::Digest;
use crate::say;
use crate::words::{Message, ungrouped};

pub const FILE_NAME: &str = "receipt.json";

/// The form of backup that this program makes, and the only one it knows.
const FORM: u32 = 1;

/// More than a receipt of many thousand batches.
const LONGEST: u64 = 64 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub stopgap_backup: u32,
    /// See [`ReceiptCode`].
    pub code: String,
    /// The ledger's id, hexadecimal.
    pub ledger: String,
    pub payer: String,
    /// The wall clock where it was made.
    pub made_at: String,
    pub entries: u64,
    pub head: String,
    pub batches: Vec<BatchLine>,
    pub tables: Vec<TableLine>,
    pub files: Vec<FileLine>,
    /// SHA-256 of this document with this field empty, as it is written: tells a receipt that was damaged.
    pub check: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchLine {
    pub batch: String,
    pub state: String,
    pub payments: u64,
    pub amount: String,
    pub currency: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableLine {
    pub table: String,
    pub rows: u64,
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLine {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

impl FileLine {
    pub fn new(name: &str, (bytes, sha256): (u64, Digest)) -> Self {
        Self { name: name.into(), bytes, sha256: sha256.to_string() }
    }
}

impl Receipt {
    /// What the ledger comes to. The files are still missing.
    pub fn of(state: &LedgerState, tables: &[TableSum], made_at: chrono::NaiveDateTime) -> Self {
        Self {
            stopgap_backup: FORM,
            code: ReceiptCode::of(state.ledger, state.head).to_string(),
            ledger: data_encoding::HEXLOWER.encode(&state.ledger.0),
            payer: state.payer.name.clone(),
            made_at: made_at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            entries: state.head.0,
            head: state.head.1.to_string(),
            batches: batch_lines(state),
            tables: tables.iter().map(table_line).collect(),
            files: Vec::new(),
            check: String::new(),
        }
    }

    /// The document, with its check.
    pub fn to_json(&mut self) -> Result<Vec<u8>> {
        self.check = self.own_check()?;
        json(self)
    }

    /// Reads the receipt in a backup's folder. `None` where there is none; damaged (exit 4) where it is not as it was written.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE_NAME);
        if !durable::is_there(&path)? { Ok(None) } else { Self::read_file(&path) }
    }

    /// As [`read`](Receipt::read), of a file by whatever name. `None` where it is something else.
    pub fn read_file(path: &Path) -> Result<Option<Self>> {
        let mut bytes = Vec::new();
        let read = durable::open_plain(path)?.take(LONGEST).read_to_end(&mut bytes);
        read.map_err(|error| durable::disk_fault("read", path, &error))?;
        let damaged = || {
            Fault::failed("backup.damaged", say!("{path} is not as it was written.", path = path.display()))
                .remedy(say!("Use another backup."))
        };
        let is_ours = bytes.windows(14).any(|window| window == b"stopgap_backup");
        let receipt: Self = match serde_json::from_slice(&bytes) {
            Err(_) if !is_ours => return Ok(None),
            read => read.map_err(|_| damaged())?,
        };
        if receipt.stopgap_backup > FORM {
            let message = say!("{path} was written by a newer stopgap than this one.", path = path.display());
            return Err(Fault::failed("backup.too_new", message).remedy(say!("Use the newer program.")));
        }
        if receipt.check != receipt.own_check()? { Err(damaged()) } else { Ok(Some(receipt)) }
    }

    pub fn code(&self) -> Result<ReceiptCode> {
        self.code.parse().map_err(|_| Fault::failed("backup.damaged", say!("The receipt's code cannot be read.")))
    }

    /// What the ledger of a copy says otherwise than the receipt.
    pub fn first_difference(&self, state: &LedgerState) -> Option<Message> {
        if (self.entries, &self.head) != (state.head.0, &state.head.1.to_string()) {
            return Some(say!(
                "the ledger ends with another entry than the receipt's {entry}",
                entry = ungrouped(self.entries)
            ));
        }
        if self.code != ReceiptCode::of(state.ledger, state.head).to_string() {
            return Some(say!("the ledger is another than the receipt's"));
        }
        let lines = batch_lines(state);
        let differing = self.batches.iter().zip(&lines).find(|(theirs, ours)| theirs != ours);
        match differing {
            Some((batch, _)) => Some(say!("batch {batch} is not as the receipt says", batch = &batch.batch)),
            None if self.batches.len() != lines.len() => Some(say!("the receipt speaks of other batches")),
            None => None,
        }
    }

    fn own_check(&self) -> Result<String> {
        let document = json(&Self { check: String::new(), ..self.clone() })?;
        Ok(Digest(Sha256::digest(document).into()).to_string())
    }
}

fn json(receipt: &Receipt) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(receipt).map_err(|error| {
        Fault::failed("backup.receipt", say!("The receipt cannot be written: {error}.", error = error.to_string()))
    })
}

fn batch_lines(state: &LedgerState) -> Vec<BatchLine> {
    let lines = state.batches.values().map(|batch| {
        let total = batch.prepared.total();
        BatchLine {
            batch: batch.prepared.id.to_string(),
            state: batch.phase.as_str().into(),
            payments: total.count,
            amount: total.amount.to_string(),
            currency: total.amount.currency().code().into(),
        }
    });
    lines.collect()
}

fn table_line(table: &TableSum) -> TableLine {
    TableLine { table: table.name.clone(), rows: table.rows, sha256: table.digest.to_string() }
}
