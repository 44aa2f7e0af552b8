//! What can happen, in the past tense. Events hold no personal data.
//!
//! The bytes of an event (borsh) are signed and kept for years: a kind's number and its fields never change, and new fields take a new kind.
//! A test holds the bytes of one event of each kind. The tens of a number tell what it is about: below 20 paying and the bank's word, from
//! 20 what follows reconciliation, from 30 baselines, from 40 copies and their end, from 50 the ledger itself, from 60 other desks, and
//! operators who take the place of others.

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
    /// How many that were waiting were dropped by decision.
    pub dropped: u64,
    pub parts: SealedParts,
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
            Event::CopiesDeclared(declared) => Some(&declared.parts),
            Event::CopiesEnded { reason, .. } => Some(reason),
            Event::DeskMerged(merge) => Some(&merge.payments),
            Event::SheetReturned(came) => Some(&came.details),
            Event::SheetRowsDecided(decided) => Some(&decided.reason),
            Event::RecallGivenUp(given_up) => Some(&given_up.reason),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::bank::profile::Profile;
    use crate::batch::{Fates, PaymentGroup};
    use crate::ledger::copies::{DeclaredCopy, Field, PeopleCount, PeopleLie, Purpose};
    use crate::ledger::recalls::{AnswerVerdict, AnsweredPayment, CancellationReason, RecalledPayment};
    use crate::ledger::worksheets::{PlannedSheet, SheetFile, SheetVerdict, TypedRow};
    use crate::payment::{Account, Amount, Country, DomesticAccount, EndToEndId, Tag};
    use crate::release::{PlannedFile, ReleasePlan, Segment};

    fn payer() -> Payer {
        let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
        Payer {
            name: "Kommunia".into(),
            payer_id: Some("12345678".into()),
            country: Country::Gl,
            account: Account::Domestic(account),
            bic: Some("GRENGLGX".into()),
        }
    }

    fn batch() -> PreparedBatch {
        let sum = Sum { count: 1, amount: Amount::from_minor_units(523_450, Currency::Dkk) };
        let scheme = Scheme::new("Alderspension").expect("a name");
        let pay_on = chrono::NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
        let [smallest, median, largest] = [sum.amount; 3];
        let segment = Segment { group: 0, payment_information_id: "B0001-1-1-A".into(), sum };
        let file = PlannedFile {
            name: "B0001.xml".into(),
            message_id: "B0001-1-A".into(),
            segments: vec![segment],
            sum,
            sha256: Digest([3; 32]),
        };
        PreparedBatch {
            id: BatchId::new('B', 1),
            episode: "attack".into(),
            payer: payer(),
            profile: Profile::default(),
            payment_limit: sum.amount,
            prepared_at: 1_648_000_000,
            groups: vec![PaymentGroup { pay_on, scheme, sum, smallest, median, largest }],
            fates: Fates::none(Currency::Dkk),
            decided_to_pay: 2,
            sealed_root: Digest([1; 32]),
            claims_root: Digest([2; 32]),
            plan: ReleasePlan { writer: 1, files: vec![file] },
        }
    }

    fn baseline() -> RecordedBaseline {
        let sum = Sum { count: 2, amount: Amount::from_minor_units(1_000_050, Currency::Dkk) };
        RecordedBaseline {
            period: "2022-03".parse().expect("a period"),
            schemes: vec![BaselineScheme { scheme: Scheme::new("Alderspension").expect("a name"), sum }],
            content: [4; 8],
            parts: SealedParts { key: KeyId([6; 8]), count: 1, root: Digest([3; 32]) },
        }
    }

    fn report() -> RecordedReport {
        let seen = StatementSeen { source: Source::ALL[0], number: 7, opening: Some(-5), closing: None };
        RecordedReport {
            format: "camt.053.001.02".into(),
            fingerprint: [4; 8],
            entries: 3,
            matched: 2,
            unmatched: 1,
            statements: vec![seen],
        }
    }

    fn parts() -> SealedParts {
        SealedParts { key: KeyId([6; 8]), count: 1, root: Digest([7; 32]) }
    }

    fn money() -> FindingMoney {
        FindingMoney { fallback: 100, upstream_paid: 100, upstream_planned: 7, owed: 100, overpaid: 100, underpaid: 0 }
    }

    fn copy() -> DeclaredCopy {
        DeclaredCopy {
            purpose: Purpose::BankFile,
            batch: Some(BatchId::new('B', 1)),
            fields: vec![Field::Name, Field::Amount],
            rows: 3,
            people: PeopleCount { persons: 2, with_person_id: 1 },
            people_lie: PeopleLie::InBankFile(7),
            place: [1; 8],
            name: [2; 8],
            content: Some([3; 16]),
            end_by: chrono::NaiveDate::from_ymd_opt(2026, 12, 31).expect("a day"),
            replaces: Some(CopyId(4)),
        }
    }

    /// One of each kind, in the order of their numbers.
    fn one_of_each() -> Vec<Event> {
        let typed = EndToEndId { tag: Tag { series: [1; 8], obligation: [2; 8] }, attempt: 1 };
        let batch_id = BatchId::new('B', 1);
        let enrolment = || Enrolment { name: "anna".into(), public_key: [5; 32] };
        vec![
            Event::LedgerOpened {
                ledger: LedgerId([1; 16]),
                environment: Environment::Drill,
                payer: payer(),
                currency: Currency::Dkk,
                operators: vec![enrolment()],
                duplicate_key: KeyId([6; 8]),
                duplicate_key_check: [7; 8],
            },
            Event::OperatorEnrolled(enrolment()),
            Event::OperatorRetired { name: "anna".into() },
            Event::EpisodeOpened {
                name: "attack".into(),
                reason: "down".into(),
                schemes: vec![Scheme::new("Alderspension").expect("a name")],
                periods: "2022-04".parse::<Period>().into_iter().collect(),
                key: KeyId([6; 8]),
            },
            Event::EpisodeClosed { name: "attack".into() },
            Event::BatchPrepared(Box::new(batch())),
            Event::BatchApproved { batch: batch_id, digest: Digest([8; 32]), signature: [9; 64] },
            Event::BatchCancelled { batch: batch_id },
            Event::ReleaseBegun { batch: batch_id, digest: Digest([8; 32]) },
            Event::ReleaseCompleted { batch: batch_id },
            Event::OutcomeRecorded(Box::new(RecordedOutcome {
                reports: vec![report()],
                evidence: 2,
                evidence_root: Digest([1; 32]),
                debits: 1,
                debits_root: Digest([2; 32]),
            })),
            Event::UploadRecorded(Box::new(RecordedUpload {
                batch: batch_id,
                message_id: Some("B0001-1-A".into()),
                receipt: "R 17".into(),
                said: Sum { count: 1, amount: Amount::from_minor_units(523_450, Currency::Dkk) },
            })),
            Event::SheetsBegun(Box::new(SheetRelease {
                batch: batch_id,
                digest: Digest([3; 32]),
                maker: 1,
                danish: true,
                sheets: vec![PlannedSheet {
                    code: "B0001-S1-7KQ4".into(),
                    clerk: "Nivi".into(),
                    sum: Sum { count: 1, amount: Amount::from_minor_units(523_450, Currency::Dkk) },
                    files: ["html", "xlsx"]
                        .map(|ending| SheetFile { name: format!("sheet.{ending}"), sha256: Digest([4; 32]) }),
                }],
            })),
            Event::SheetReturned(Box::new(SheetReturn {
                batch: batch_id,
                sheet: 1,
                file: [5; 8],
                rows: vec![TypedRow { row: 1, payment: typed, receipt: [6; 8], amount: 523_450 }],
                details: parts(),
            })),
            Event::SheetRowsDecided(Box::new(SheetDecision {
                batch: batch_id,
                sheet: 1,
                rows: vec![(2, typed)],
                verdict: SheetVerdict::NotTyped,
                reason: parts(),
            })),
            Event::SheetHanded { batch: batch_id, sheet: 1, to: "Nivi".into() },
            Event::FindingsRecorded(Box::new(RecordedFindings {
                basis: Basis::Upstream,
                planned: true,
                files: vec![[3; 8]],
                by_kind: vec![KindSum { kind: 1, count: 1, money: money() }],
                totals: money(),
                last_number: 9,
                content: [4; 8],
                findings: parts(),
            })),
            Event::RemedyDecided(Box::new(RecordedDecision {
                finding: FindingKey([5; 8]),
                basis: Basis::Owed,
                verdict: Verdict { kind: 1, uncertain: false, money: money() },
                decision: Decision::Recover,
                amount: 100,
                details: parts(),
            })),
            Event::RepaymentsRecorded {
                repayments: vec![Repayment {
                    finding: FindingKey([5; 8]),
                    source: Source::Statement,
                    identity: [6; 8],
                    amount: 100,
                    booked_on: Some(738_000),
                }],
            },
            Event::EpisodeClosedOpen {
                name: "attack".into(),
                left_open: vec![LeftOpen { matter: "findings_undecided".into(), count: 2, amount: 300 }],
                reason: parts(),
            },
            Event::RecallBegun(Box::new(RecordedRecall {
                recall: RecallId(1),
                finding: FindingKey([5; 8]),
                basis: Basis::Upstream,
                number: 3,
                reason: CancellationReason::Duplicate,
                message_id: "RC0001-A".into(),
                writer: 1,
                payments: vec![RecalledPayment { batch: batch_id, file: 0, segment: 1, payment: typed, amount: 100 }],
                sum: Sum { count: 1, amount: Amount::from_minor_units(100, Currency::Dkk) },
                file_name: "recall-RC0001.xml".into(),
                sha256: Digest([3; 32]),
            })),
            Event::RecallWritten { recall: RecallId(1) },
            Event::RecallAnswered(Box::new(RecordedAnswer {
                recall: RecallId(1),
                payments: vec![AnsweredPayment {
                    payment: typed,
                    verdict: AnswerVerdict::Refused,
                    reason: "ARDT".into(),
                }],
            })),
            Event::RecallGivenUp(Box::new(RecallGivenUp { recall: RecallId(1), reason: parts() })),
            Event::BaselineAdded(Box::new(baseline())),
            Event::BatchComparedWithBaselines(Box::new(BesideBaselines {
                batch: batch_id,
                provisional: true,
                baselines: vec![2],
                not_compared: vec![3],
                new_persons: 4,
                accounts_changed: 5,
                amounts_changed: 6,
                missing: 7,
            })),
            Event::PaymentsPutOff(Box::new(PutOff {
                episode: "attack".into(),
                batch: Some(batch_id),
                waiting: Sum { count: 3, amount: Amount::from_minor_units(523_450, Currency::Dkk) },
                dropped: 1,
                parts: parts(),
            })),
            Event::CopiesDeclared(Box::new(DeclaredCopies {
                copies: vec![copy()],
                episodes: vec!["attack".into()],
                parts: parts(),
            })),
            Event::CopiesReviewed { copies: vec![CopyId(1)] },
            Event::CopiesEnded { copies: vec![(CopyId(1), CopyEnd::Destroyed)], reason: parts() },
            Event::EpisodesPurged(Box::new(RecordedPurge {
                episodes: vec!["attack".into()],
                keys: vec![KeyId([6; 8])],
                entries: vec![7],
                payments: 3,
                chunks: 2,
                parts: 1,
                bytes: 900,
                root: Digest([1; 32]),
                key_copies: vec![KeyCopyEnded { place: "USB in the safe".into(), by: "malik".into() }],
            })),
            Event::PurgeCompleted { purge: 9 },
            Event::DuplicateKeyEnded(Box::new(EndedDuplicateKey {
                key: KeyId([6; 8]),
                claims: 3,
                evidence: 2,
                baseline_keys: vec![KeyId([7; 8])],
                entries: vec![5],
                parts: 1,
                bytes: 900,
                root: Digest([1; 32]),
                key_copies: vec![KeyCopyEnded { place: "desk K".into(), by: "malik".into() }],
            })),
            Event::LedgerAdopted(Box::new(Adoption {
                epoch: 1,
                place: Digest([1; 32]),
                reason: "the old laptop is broken".into(),
                overruled: Some((7, Digest([2; 32]))),
                older: true,
            })),
            Event::OperatorRecovered { name: "anna".into() },
            Event::PlaceAccepted { place: Digest([1; 32]), kind: "a network share".into() },
            Event::BankIsAhead { batches: vec![batch_id] },
            Event::RecoveryCodeMade { code: KeyId([6; 8]), public_key: [5; 32] },
            Event::BackupBegun,
            Event::KeysCopied { keys: vec![KeyId([6; 8])], operators: vec!["anna".into()] },
            Event::LedgerRebuilt(Box::new(LostLedger {
                ledger: LedgerId([2; 16]),
                letter: b'C',
                letters: vec![b'B'],
                claims: 3,
                claims_root: Digest([2; 32]),
                amount: 523_450,
                files: 2,
                gaps: 1,
            })),
            Event::DeskAdded { ledger: LedgerId([2; 16]), letter: b'K', name: "Maniitsoq".into() },
            Event::DeskOpened { of: LedgerId([1; 16]), letter: b'K', name: "Maniitsoq".into() },
            Event::DeskMerged(Box::new(DeskMerge {
                ledger: LedgerId([2; 16]),
                letter: b'K',
                head: 7,
                head_digest: Digest([1; 32]),
                claims: 3,
                claims_root: Digest([2; 32]),
                batches: vec![BatchId::new('K', 1)],
                payments: parts(),
            })),
            Event::OperatorsRecovered(Box::new(RecordedRecovery {
                code: KeyId([6; 8]),
                operators: vec![enrolment()],
                signature: [9; 64],
            })),
        ]
    }

    /// The first eight bytes of each event's SHA-256. If one of these changes, every ledger in use breaks at its first such entry.
    #[test]
    fn the_bytes_of_events_never_change() {
        let digests: Vec<String> = one_of_each()
            .iter()
            .map(|event| data_encoding::HEXLOWER.encode(&Sha256::digest(event.to_bytes())[..8]))
            .collect();
        let expected = [
            "d2e11b06fdedca64",
            "40b8aaf2759e9b1c",
            "1e87550ea3a99a8e",
            "afd844a065d25b3c",
            "c0aaf3dbb1f86492",
            "7c0f5fe009c378ea",
            "c341ad8756875b10",
            "9c933a647511b12b",
            "35f81c8f9c841f41",
            "d997719c44cf7266",
            "b879b20af0e59ec7",
            "d56fa1e1271f03a9",
            "ba2f20e570b27317",
            "38d753dbab3e7222",
            "092d05265f4f6a9a",
            "a76e3e5270c34c18",
            "43ad16a459d830cf",
            "551cec4410f6f86e",
            "e5a7818cc75a3652",
            "7c54b3fb282767c1",
            "123c4c8f83fa3732",
            "8ba2150451cff05a",
            "95655439e4252098",
            "835b883810f0bb70",
            "8626887988c820da",
            "95ff2d67f6eb492f",
            "4b3dad568a776625",
            "32d3d993885dedb0",
            "fcd9bcb82a84046c",
            "86cce0d077d11669",
            "e8935dea6e4d890e",
            "53cba6aa266323b6",
            "2d9c0c544ec49203",
            "ce989484eaf5e93f",
            "74aabfe4e95144e9",
            "bd1dae373afe6d16",
            "f6c286dd6eb1d4ae",
            "a3bffaaf76ecc0f3",
            "7902699be42c8a8e",
            "f1d084329b545341",
            "2756513a399ed079",
            "f8f774fff72f1290",
            "e9a72fccb8c402a3",
            "7b3e10adb4a5d2e8",
            "3709dfa1530b671d",
        ];
        assert_eq!(digests, expected);
    }

    /// What an event seals about people is found through it, or no purge would end it.
    #[test]
    fn whatever_an_event_seals_is_told_of_it() {
        let sealed = [parts(), baseline().parts];
        let mut found = 0;
        for event in one_of_each() {
            let bytes = event.to_bytes();
            let holds = |parts: &&SealedParts| {
                let parts = borsh::to_vec(parts).expect("memory");
                bytes.windows(parts.len()).any(|window| window == parts)
            };
            assert_eq!(event.sealed_parts(), sealed.iter().find(holds), "{event:?}");
            found += usize::from(event.sealed_parts().is_some());
        }
        assert_eq!(found, 11);
    }

    /// Who may act, what leaves the usual way, what is destroyed and what goes on with a ledger that may be older: nobody does it alone.
    #[test]
    fn what_takes_two_people_takes_them_by_the_event_itself() {
        let of_two = one_of_each().into_iter().filter(Event::takes_two).map(|event| {
            let told = format!("{event:?}");
            told.split(['(', ' ']).next().unwrap_or_default().to_owned()
        });
        let expected = [
            "LedgerOpened",
            "OperatorEnrolled",
            "OperatorRetired",
            "SheetRowsDecided",
            "RemedyDecided",
            "EpisodeClosedOpen",
            "RecallBegun",
            "RecallGivenUp",
            "CopiesReviewed",
            "EpisodesPurged",
            "DuplicateKeyEnded",
            "LedgerAdopted",
            "PlaceAccepted",
            "RecoveryCodeMade",
            "LedgerRebuilt",
            "DeskAdded",
            "DeskOpened",
            "OperatorsRecovered",
        ];
        assert_eq!(of_two.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn events_read_back_under_their_own_numbers() {
        let mut last = None;
        for event in one_of_each() {
            let bytes = event.to_bytes();
            assert!(last < Some(bytes[0]), "{event:?}");
            last = Some(bytes[0]);
            assert_eq!(Event::from_bytes(&bytes), Some(event));
            assert_eq!(Event::from_bytes(&bytes[..bytes.len() - 1]), None);
            assert_eq!(Event::from_bytes(&[&bytes[..], b"x"].concat()), None, "nothing may follow");
        }
    }
}
