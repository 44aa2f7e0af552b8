//! A bank file, whatever its format: one way to write it and one to count back what lies on the disk.

use std::io::{self, BufReader, Read, Write};

use super::flat::{self, FlatWriter};
use super::pain001::{self, MessageHead, MessageWriter, PaymentInformation};
use super::profile::{FileFormat, Profile};
use crate::checks::CheckedPayment;
use crate::fault::Result;
use crate::payment::{Account, Amount, Digest, EndToEndId};

/// Which bytes the writers give for a batch, and what that batch claims. Raised with any change to them.
///
/// Since 2 a batch claims payees and destinations in another way ([`FIRST_BY_LIKENESS`](crate::ledger::idempotency::FIRST_BY_LIKENESS)).
pub const WRITER_VERSION: u16 = 2;

/// The first writer that gives the same bytes as this one for the same batch: a batch planned by an earlier one, or by one that is not known
/// yet, is released by none of this version.
const FIRST_OF_SAME_BYTES: u16 = 1;

/// Whether a batch that was planned by this writer has the same bytes again.
pub fn writes_again(writer: u16) -> bool {
    (FIRST_OF_SAME_BYTES..=WRITER_VERSION).contains(&writer)
}

/// Writes one file, payment by payment. [`FileWriter::finish`] makes it whole; one that is dropped leaves a file that nothing accepts.
#[must_use = "a file is whole only once it is finished"]
pub enum FileWriter<W: Write> {
    Pain001(Box<MessageWriter<W>>),
    Flat(Box<FlatWriter<W>>),
}

impl<W: Write> FileWriter<W> {
    /// Writes what stands before the first payment. The output is buffered here.
    pub fn begin(out: W, head: &MessageHead, profile: &Profile) -> io::Result<Self> {
        match head.version.is_flat() {
            false => MessageWriter::begin(out, head, profile).map(Box::new).map(Self::Pain001),
            true => FlatWriter::begin(out, head, profile).map(Box::new).map(Self::Flat),
        }
    }

    /// Says of which day and scheme the payments are that follow.
    pub fn begin_payments(&mut self, information: &PaymentInformation) -> io::Result<()> {
        match self {
            Self::Pain001(writer) => writer.begin_payments(information),
            Self::Flat(writer) => writer.begin_payments(information),
        }
    }

    pub fn payment(&mut self, payment: &CheckedPayment, end_to_end_id: &EndToEndId) -> io::Result<()> {
        match self {
            Self::Pain001(writer) => writer.payment(payment, end_to_end_id),
            Self::Flat(writer) => writer.payment(payment, end_to_end_id),
        }
    }

    /// Gives the output back, flushed. Refuses ([`io::ErrorKind::InvalidData`]) where counts or sums differ from what was announced.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Pain001(writer) => writer.finish(),
            Self::Flat(writer) => writer.finish(),
        }
    }
}

/// What an independent reading of a bank file finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCount {
    /// `None` where the format has none.
    pub message_id: Option<String>,
    /// Counted.
    pub transactions: u64,
    /// Added up.
    pub amount: Amount,
    /// Whether the file holds what it announces of itself.
    pub agrees: bool,
    /// Of all bytes of the file.
    pub sha256: Digest,
}

/// Counts and sums a bank file.
///
/// # Errors
/// `release.unreadable_file`, where it is not whole, or is not a file of this program's making.
pub fn count_back(format: FileFormat, input: impl Read) -> Result<FileCount> {
    if format.is_flat() {
        return flat::count_back(format, BufReader::with_capacity(64 * 1024, input));
    }
    let found = pain001::recount(input)?;
    Ok(FileCount {
        agrees: found.agrees() && found.version == format,
        message_id: Some(found.message_id),
        transactions: found.transactions,
        amount: found.amount,
        sha256: found.sha256,
    })
}

/// Whether a payment to this account can be written in this format.
pub fn carries(format: FileFormat, account: &Account) -> bool {
    match account {
        Account::Slip(slip) => flat::slips(format).contains(&slip.kind),
        account if format.is_flat() => flat::account(account).is_some(),
        account => pain001::AccountForm::of(account).is_some(),
    }
}
