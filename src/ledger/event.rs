//! What can happen, in the past tense. Events hold no personal data.
//!
//! The bytes of an event (borsh) are signed and kept for years: a kind's number and its fields never change, and new fields take a new kind.
//! A test holds the bytes of one event of each kind. The tens of a number tell what it is about: below 20 paying and the bank's word, from
//! 20 what follows reconciliation, from 30 baselines, from 40 copies and their end, from 50 the ledger itself, from 60 other desks, and
//! operators who take the place of others.

#[cfg(test)]
mod tests;

use borsh::{BorshDeserialize, BorshSerialize};

use super::copies::{CopyEnd, CopyId, DeclaredCopies};
use super::desks::{DeskMerge, LostLedger};
use super::lineage::Adoption;
use super::outcome::Source;
use super::periods::Periods;
use super::recalls::{RecallGivenUp, RecallId, RecordedAnswer, RecordedRecall};
use super::recovery::RecordedRecovery;
use super::remedies::{Basis, Decision, FindingKey, FindingMoney, Repayment, Verdict};
use super::worksheets::{SheetDecision, SheetRelease, SheetReturn};
use crate::batch::{PreparedBatch, Sum};
use crate::payment::{BatchId, Currency, Digest, EndToEndId, Payer, Period, Scheme};

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

/// What an event says about people: it lies beside the entry, sealed in runs, and can be destroyed without breaking the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SealedParts {
    /// The key that opens them.
    pub key: KeyId,
    pub count: u32,
    /// SHA-256 over the domain `stopgap parts 1` and each part's [bytes](super::store::SealedPart::to_bytes) in order.
    pub root: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
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
    } = 0,
    /// Takes two operators, neither of them the new one.
    OperatorEnrolled(Enrolment) = 1,
    /// Takes two operators who remain.
    OperatorRetired {
        name: String,
    } = 2,
    EpisodeOpened {
        name: String,
        reason: String,
        schemes: Vec<Scheme>,
        periods: Periods,
        /// The key under which the episode's personal data is sealed.
        key: KeyId,
    } = 3,
    EpisodeClosed {
        name: String,
    } = 4,
    BatchPrepared(Box<PreparedBatch>) = 5,
    /// `signature` is the approver's over [`approval_message`](crate::approval::approval_message), so that it stands on its own outside
    /// the chain too.
    BatchApproved {
        batch: BatchId,
        digest: Digest,
        signature: [u8; 64],
    } = 6,
    BatchCancelled {
        batch: BatchId,
    } = 7,
    /// From here on the batch counts as paid: its files may be with the bank.
    ReleaseBegun {
        batch: BatchId,
        digest: Digest,
    } = 8,
    /// The files of the plan lie in the outbox, read back and found equal.
    ReleaseCompleted {
        batch: BatchId,
    } = 9,
    /// Reports of the bank were read, and something new was in them.
    OutcomeRecorded(Box<RecordedOutcome>) = 10,
    /// Somebody handed a released file in at the bank, and typed what the portal answered.
    UploadRecorded(Box<RecordedUpload>) = 11,
    /// From here on the batch counts as paid: its sheets may lie on somebody's desk.
    SheetsBegun(Box<SheetRelease>) = 12,
    /// A ticked sheet came back.
    SheetReturned(Box<SheetReturn>) = 13,
    /// Takes two operators: what became of rows that nobody ticked.
    SheetRowsDecided(Box<SheetDecision>) = 14,
    /// Somebody has the sheet. `sheet` counts from 1.
    SheetHanded {
        batch: BatchId,
        sheet: u16,
        to: String,
    } = 15,
    /// Our payments were compared with what others paid or say is owed.
    FindingsRecorded(Box<RecordedFindings>) = 20,
    /// Takes two operators where it starts a recovery or a payment, or waives money that is out.
    RemedyDecided(Box<RecordedDecision>) = 21,
    /// Money came back under the payment reference of a recovery.
    RepaymentsRecorded {
        repayments: Vec<Repayment>,
    } = 22,
    /// Two operators closed an episode with matters open, and why.
    EpisodeClosedOpen {
        name: String,
        left_open: Vec<LeftOpen>,
        reason: SealedParts,
    } = 23,
    /// Takes two operators: the bank is asked to take payments back. Recorded before the file that asks appears.
    RecallBegun(Box<RecordedRecall>) = 24,
    /// The file of a recall lies in its place, read back and found equal.
    RecallWritten {
        recall: RecallId,
    } = 25,
    /// The bank answered a recall, and something new was in it.
    RecallAnswered(Box<RecordedAnswer>) = 26,
    /// Takes two operators: the answer to a recall is no longer waited for.
    RecallGivenUp(Box<RecallGivenUp>) = 27,
    /// Figures of good times were kept for a day without upstream.
    BaselineAdded(Box<RecordedBaseline>) = 30,
    /// Recorded with the batch that it speaks of.
    BatchComparedWithBaselines(Box<BesideBaselines>) = 31,
    /// Others went first: who could be paid and is not yet. Who was waiting and is no longer owed is told here too.
    PaymentsPutOff(Box<PutOff>) = 32,
    /// Recorded with the batch that it speaks of, or where all rows of earlier ones were read again and nothing was left to be paid.
    RowsLeft(Box<RowsLeft>) = 33,
    /// Somebody says that the rejected and held rows of a batch are dealt with.
    RowsSettled(RowsSettled) = 34,
    /// Files with personal data are about to appear outside the ledger. Signed by two where two looked at them.
    CopiesDeclared(Box<DeclaredCopies>) = 40,
    /// Takes two operators, who looked at the copies.
    CopiesReviewed {
        copies: Vec<CopyId>,
    } = 41,
    /// Copies are gone. Why is sealed, because it may be about people.
    CopiesEnded {
        copies: Vec<(CopyId, CopyEnd)>,
        reason: SealedParts,
    } = 42,
    /// What episodes say about people is destroyed, with their keys. Takes two.
    EpisodesPurged(Box<RecordedPurge>) = 43,
    /// Nothing of the purge that this entry recorded can be read any more.
    PurgeCompleted {
        purge: u64,
    } = 44,
    /// The duplicate key and everything that was made with it is destroyed: nobody who was paid can be recognised any more. Takes two, and
    /// every episode must have been purged. [`PurgeCompleted`](Event::PurgeCompleted) follows it too.
    DuplicateKeyEnded(Box<EndedDuplicateKey>) = 45,
    /// Takes two operators. The entry before this one is the last that it shares with the other copies.
    LedgerAdopted(Box<Adoption>) = 50,
    /// With both halves of the recovery code the operator chose a new passphrase.
    OperatorRecovered {
        name: String,
    } = 51,
    /// Takes two operators: the ledger may lie in a place of this kind, such as `a network share`, where ledgers should not. `place` as in
    /// [`Adoption`].
    PlaceAccepted {
        place: Digest,
        kind: String,
    } = 52,
    /// The bank reported on batches with higher numbers than this ledger has given: it is an older copy, or there is another one.
    BankIsAhead {
        batches: Vec<BatchId>,
    } = 53,
    /// Takes two operators: a recovery code was printed, and any earlier one is void. `public_key` is Ed25519, and the code's own.
    RecoveryCodeMade {
        code: KeyId,
        public_key: [u8; 32],
    } = 54,
    /// A backup was begun. It is recorded before the copying, so that a backup that is restored is not behind its own entry.
    BackupBegun = 55,
    /// The key files were copied to a place apart: of each of these keys there is one more copy, which must end with it.
    KeysCopied {
        keys: Vec<KeyId>,
        operators: Vec<String>,
    } = 57,
    /// Takes two operators. Second in a ledger that takes the place of a lost one: what was found of that.
    LedgerRebuilt(Box<LostLedger>) = 58,
    /// Takes two operators: a workspace was made for another office of the payer, with the same keys.
    DeskAdded {
        ledger: LedgerId,
        /// A capital letter in ASCII.
        letter: u8,
        name: String,
    } = 60,
    /// Takes two operators. Second in the ledger of such a desk: whose desk it is, and the letter of its batches.
    DeskOpened {
        of: LedgerId,
        letter: u8,
        name: String,
    } = 61,
    /// What another desk of the payer has claimed and paid became known.
    DeskMerged(Box<DeskMerge>) = 62,
    /// The recovery code was used: other operators, or the same with other keys, take the place of all who were there. Two of them sign.
    OperatorsRecovered(Box<RecordedRecovery>) = 63,
    /// The bank has booked payments, or taken them on, that have this program's references and never left by this ledger: by another desk, or a
    /// newer copy. In order, each once.
    PaidElsewhere {
        payments: Vec<EndToEndId>,
    } = 64,
    /// The bank has said more of the payments of the lost ledger that this one was rebuilt from.
    LostLedgerTold(Box<ToldOfLost>) = 65,
}

/// What became known of payments of a lost ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ToldOfLost {
    pub ledger: LedgerId,
    pub settled: u64,
    /// Those that did not stand: they may be paid again.
    pub freed: u64,
    /// Of all claims of the lost ledger, as they are from here on.
    pub claims_root: Digest,
}

/// What one comparison found. The findings themselves lie sealed beside it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedFindings {
    pub basis: Basis,
    /// Whether the runs were proposals that had not been paid.
    pub planned: bool,
    /// Keyed digests of the files that were compared with, as [`RecordedReport::fingerprint`], in order.
    pub files: Vec<[u8; 8]>,
    /// In the order of their numbers.
    pub by_kind: Vec<KindSum>,
    pub totals: FindingMoney,
    /// The highest number that a finding on this basis was ever given.
    pub last_number: u32,
    /// Keyed digest of all that was found: tells the same findings again.
    pub content: [u8; 8],
    pub findings: SealedParts,
}

/// Findings of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KindSum {
    /// [`Kind::number`](crate::reconciliation::finding::Kind::number).
    pub kind: u8,
    pub count: u64,
    pub money: FindingMoney,
}

/// What was decided about a finding.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedDecision {
    pub finding: FindingKey,
    pub basis: Basis,
    /// The verdict that it was decided on.
    pub verdict: Verdict,
    pub decision: Decision,
    /// What is to be recovered or paid, in minor units of the ledger's currency; zero where it moves no money.
    pub amount: i64,
    /// The reason, and what belongs to it.
    pub details: SealedParts,
}

/// What was destroyed. The digests of what is gone stay where it lay, so that the chain can be followed across it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedPurge {
    pub episodes: Vec<String>,
    /// Those of the episodes, in their order.
    pub keys: Vec<KeyId>,
    /// The entries whose parts were emptied, in order.
    pub entries: Vec<u64>,
    pub payments: u64,
    /// Sealed runs: of batches, and of entries.
    pub chunks: u64,
    pub parts: u64,
    pub bytes: u64,
    /// SHA-256 over the domain `stopgap purged 1` and the digests of the ciphertexts that are gone: of the batches in order, then of the
    /// entries.
    pub root: Digest,
    /// Where else the keys were, and who ended them there.
    pub key_copies: Vec<KeyCopyEnded>,
}

/// What went with the duplicate key. What the entries say of it (counts, sums, roots) stays.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EndedDuplicateKey {
    pub key: KeyId,
    /// Claims that are gone, freed ones and those of other desks included.
    pub claims: u64,
    /// Pieces of evidence from the bank's reports.
    pub evidence: u64,
    /// Baselines end here at the latest, with their keys, in their order.
    pub baseline_keys: Vec<KeyId>,
    /// The entries whose parts were emptied, in order.
    pub entries: Vec<u64>,
    pub parts: u64,
    /// Of the parts' ciphertexts.
    pub bytes: u64,
    /// SHA-256 over the domain `stopgap ended 1` and the digests of the parts that are gone, in order.
    pub root: Digest,
    /// Where else the duplicate key was, and who ended it there.
    pub key_copies: Vec<KeyCopyEnded>,
}

/// Somebody's word that a copy of keys is gone.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KeyCopyEnded {
    pub place: String,
    pub by: String,
}

/// A matter that an episode was closed over.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LeftOpen {
    /// Stable, such as `findings_undecided`.
    pub matter: String,
    pub count: u64,
    /// In minor units of the ledger's currency.
    pub amount: i64,
}

/// What was last paid, as it was known in good times. The rows are in the parts.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedBaseline {
    pub period: Period,
    /// What the rows of each scheme come to, in the order in which the schemes turned up.
    pub schemes: Vec<BaselineScheme>,
    /// Keyed digest of all rows, in whatever order: tells the same figures again.
    pub content: [u8; 8],
    pub parts: SealedParts,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BaselineScheme {
    pub scheme: Scheme,
    pub sum: Sum,
}

/// How a batch stands beside the last baselines of its schemes. Counts are of payments, that of the missing is of rows in the baselines.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BesideBaselines {
    pub batch: BatchId,
    /// Whether it pays on the baselines' own figures, which upstream has yet to confirm.
    pub provisional: bool,
    /// The entries of the baselines that it was compared with, or that it pays by.
    pub baselines: Vec<u64>,
    /// Those that did not open.
    pub not_compared: Vec<u64>,
    pub new_persons: u64,
    pub accounts_changed: u64,
    pub amounts_changed: u64,
    pub missing: u64,
}

/// What one `prepare` left for later. The obligations are in the parts.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PutOff {
    pub episode: String,
    /// What was paid before them; `None` where nothing was.
    pub batch: Option<BatchId>,
    pub waiting: Sum,
    /// How many were dropped by decision.
    pub dropped: u64,
    pub parts: SealedParts,
}

/// Rows that are neither paid nor known to be owed nothing.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RowsLeft {
    /// Whose rows these are; `None` where there was nothing to pay, and nothing is left.
    pub batch: Option<BatchId>,
    /// Without those that ended or were dropped.
    pub rejected: Sum,
    /// Without those that wait for a later batch because others went first.
    pub held: Sum,
    /// Earlier batches whose rows were read again: what is still open of them is open here.
    pub read_again: Vec<BatchId>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RowsSettled {
    pub batch: BatchId,
    pub reason: SealedParts,
}

/// What the portal said when a bank file was handed in.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedUpload {
    pub batch: BatchId,
    /// The message id of one file; `None` where the portal spoke of the whole batch.
    pub message_id: Option<String>,
    /// The portal's receipt, as typed.
    pub receipt: String,
    /// What the portal said it had received.
    pub said: Sum,
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

    /// What it says about people, where it says anything.
    pub fn sealed_parts(&self) -> Option<&SealedParts> {
        match self {
            Event::FindingsRecorded(findings) => Some(&findings.findings),
            Event::RemedyDecided(decided) => Some(&decided.details),
            Event::EpisodeClosedOpen { reason, .. } => Some(reason),
            Event::BaselineAdded(baseline) => Some(&baseline.parts),
            Event::PaymentsPutOff(put_off) => Some(&put_off.parts),
            Event::RowsSettled(settled) => Some(&settled.reason),
            Event::CopiesDeclared(declared) => Some(&declared.parts),
            Event::CopiesEnded { reason, .. } => Some(reason),
            Event::DeskMerged(merge) => Some(&merge.payments),
            Event::SheetReturned(came) => Some(&came.details),
            Event::SheetRowsDecided(decided) => Some(&decided.reason),
            Event::RecallGivenUp(given_up) => Some(&given_up.reason),
            _ => None,
        }
    }

    /// Whether evidence, or a debit that nothing explains, is kept with it.
    pub fn tells_of_payments(&self) -> bool {
        matches!(
            self,
            Event::OutcomeRecorded(_)
                | Event::SheetReturned(_)
                | Event::SheetRowsDecided(_)
                | Event::RecallBegun(_)
                | Event::RecallAnswered(_)
        )
    }

    /// Whether a ledger that is restored without it would not know what left, what the bank said or what people decided.
    pub fn is_worth_a_backup(&self) -> bool {
        let of_people_and_keys = matches!(
            self,
            Event::LedgerOpened { .. }
                | Event::OperatorEnrolled(_)
                | Event::OperatorRetired { .. }
                | Event::OperatorRecovered { .. }
                | Event::OperatorsRecovered(_)
                | Event::RecoveryCodeMade { .. }
                | Event::EpisodeOpened { .. }
                | Event::DeskAdded { .. }
                | Event::DeskOpened { .. }
                | Event::PlaceAccepted { .. }
        );
        let of_files = matches!(
            self,
            Event::BackupBegun
                | Event::KeysCopied { .. }
                | Event::CopiesDeclared(_)
                | Event::CopiesReviewed { .. }
                | Event::CopiesEnded { .. }
        );
        !(of_people_and_keys || of_files)
    }

    /// Whether the event is void without a second operator's signature.
    pub fn takes_two(&self) -> bool {
        match self {
            Event::LedgerOpened { .. } | Event::OperatorEnrolled(_) | Event::OperatorRetired { .. } => true,
            Event::EpisodeClosedOpen { .. } | Event::CopiesReviewed { .. } => true,
            Event::EpisodesPurged(_) | Event::DuplicateKeyEnded(_) => true,
            Event::DeskAdded { .. } | Event::DeskOpened { .. } | Event::LedgerRebuilt(_) => true,
            Event::RemedyDecided(decided) => decided.decision.takes_two(&decided.verdict),
            Event::LedgerAdopted(_) | Event::PlaceAccepted { .. } | Event::SheetRowsDecided(_) => true,
            Event::RecoveryCodeMade { .. } | Event::OperatorsRecovered(_) => true,
            Event::RecallBegun(_) | Event::RecallGivenUp(_) => true,
            _ => false,
        }
    }
}
