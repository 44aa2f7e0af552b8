//! What can happen, in the past tense. Events hold no personal data.
//!
//! The bytes of an event (borsh) are signed and kept for years: variants and fields are only ever added at the end, and what exists is
//! never changed. A test holds the bytes of one event of each kind.

use borsh::{BorshDeserialize, BorshSerialize};

use super::outcome::Source;
use crate::batch::PreparedBatch;
use crate::payment::{BatchId, Currency, Digest, Payer, Period, Scheme};

/// Names one ledger among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LedgerId(pub [u8; 16]);

/// Names one key, so that a key's end can be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KeyId(pub [u8; 8]);

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", data_encoding::HEXLOWER.encode_display(&self.0))
    }
}

/// Whether money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Environment {
    Real,
    /// Made-up people. Marked in every message id and file name.
    Drill,
}

/// An operator as enrolled.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Enrolment {
    pub name: String,
    /// Ed25519.
    pub public_key: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Event {
    /// The first entry. Two of `operators` sign it.
    LedgerOpened {
        ledger: LedgerId,
        environment: Environment,
        payer: Payer,
        currency: Currency,
        operators: Vec<Enrolment>,
        /// Which duplicate key made the tags, and a check value by which a wrong key is told from the right one.
        duplicate_key: KeyId,
        duplicate_key_check: [u8; 8],
    },
    /// Takes two operators, neither of them the new one.
    OperatorEnrolled(Enrolment),
    /// Takes two operators who remain.
    OperatorRetired {
        name: String,
    },
    EpisodeOpened {
        name: String,
        reason: String,
        schemes: Vec<Scheme>,
        period: Option<Period>,
        /// The key under which the episode's personal data is sealed.
        key: KeyId,
    },
    EpisodeClosed {
        name: String,
    },
    BatchPrepared(Box<PreparedBatch>),
    /// `signature` is the approver's over [`approval_message`](crate::approval::approval_message), so that it stands on its own outside
    /// the chain too.
    BatchApproved {
        batch: BatchId,
        digest: Digest,
        signature: [u8; 64],
    },
    BatchCancelled {
        batch: BatchId,
    },
    /// From here on the batch counts as paid: its files may be with the bank.
    ReleaseBegun {
        batch: BatchId,
        digest: Digest,
    },
    /// The files of the plan lie in the outbox, read back and found equal.
    ReleaseCompleted {
        batch: BatchId,
    },
    /// Reports of the bank were read, and something new was in them.
    OutcomeRecorded(Box<RecordedOutcome>),
}

/// What one command read in the bank's reports.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedOutcome {
    pub reports: Vec<RecordedReport>,
    /// How many pieces of evidence were kept, and SHA-256 over the domain `stopgap evidence 1` and their
    /// [bytes](super::outcome::Evidence::to_bytes) in order.
    pub evidence: u64,
    pub evidence_root: Digest,
    /// As for evidence, over `stopgap debits 1` and the [bytes](super::outcome::BankDebit::to_bytes) of the debits.
    pub debits: u64,
    pub debits_root: Digest,
}

/// One file. Holds no name of it: names of files may be about people.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedReport {
    /// Such as `camt.053.001.02`.
    pub format: String,
    /// Keyed digest of the file's SHA-256: tells the same file again, and nothing about it to anybody without the key.
    pub fingerprint: [u8; 8],
    pub entries: u64,
    pub matched: u64,
    pub unmatched: u64,
    pub statements: Vec<StatementSeen>,
}

/// A statement that the bank numbers: by these a missing one is noticed. Amounts are signed, in minor units of the ledger's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StatementSeen {
    pub source: Source,
    pub number: u64,
    pub opening: Option<i64>,
    pub closing: Option<i64>,
}

impl Event {
    pub fn to_bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to memory does not fail")
    }

    /// `None` where the bytes are no event, or one of a later version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        borsh::from_slice(bytes).ok()
    }

    /// Whether the event is void without a second operator's signature.
    pub fn takes_two(&self) -> bool {
        matches!(self, Event::LedgerOpened { .. } | Event::OperatorEnrolled(_) | Event::OperatorRetired { .. })
    }
}
