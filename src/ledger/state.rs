//! What the entries add up to: who may act, which episode is open, where each batch stands.
//!
//! [`LedgerState::apply`] is the one place where an entry is believed. It checks the chain, the signatures and every rule that an event
//! must keep (the preparer cannot approve, a batch is approved before it is released …), both when an entry is read back and before a new
//! one is written, so a ledger that breaks a rule cannot be made by this program and is refused if made by another.

mod afterwards;
mod batches;
mod keeping;
mod operators;
mod put_off;
mod recalls;
mod rows_left;
mod worksheets;

use std::collections::BTreeMap;

use super::copies::{CopyRegister, Recorded};
use super::desks::{Desk, MadeDesk, MergedDesk};
use super::entry::{Entry, is_signed_by};
use super::event::{
    BesideBaselines, EndedDuplicateKey, Environment, Event, KeyId, LedgerId, LeftOpen, PutOff, RecordedBaseline,
    RecordedDecision, RecordedFindings, RecordedPurge, RecordedReport, RecordedUpload, SealedParts, StatementSeen,
};
use super::lineage::{Adopted, Lineage};
use super::outcome::Source;
use super::periods::Periods;
use super::recalls::{RecallId, RecallState};
use super::remedies::{Basis, FindingKey, Repayment, repaid};
use super::worksheets::Sheets;
use crate::batch::PreparedBatch;
use crate::payment::{BatchId, Currency, Digest, EndToEndId, Payer, Scheme};
use crate::say;
use crate::words::{Message, ungrouped};

pub use rows_left::{OpenRows, RowsOfBatches};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    pub name: String,
    pub public_key: [u8; 32],
    /// The entry that enrolled them.
    pub enrolled: u64,
    /// The entry that retired them.
    pub retired: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    pub name: String,
    pub reason: String,
    pub schemes: Vec<Scheme>,
    pub periods: Periods,
    pub key: KeyId,
    /// The entry that opened it.
    pub opened: u64,
    pub open: bool,
    /// What two operators left open when they closed it.
    pub closed_over: Vec<LeftOpen>,
    /// When it was closed, in seconds since 1970.
    pub closed_at: Option<i64>,
    /// The entry that purged it.
    pub purged: Option<u64>,
}

impl Episode {
    /// Whether its personal data can still be opened.
    pub fn has_key(&self) -> bool {
        self.purged.is_none()
    }
}

/// A purge, and whether it was seen through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeState {
    pub recorded: RecordedPurge,
    pub at: i64,
    pub by: [String; 2],
    pub completed: bool,
}

/// The end of the duplicate key, and whether it was seen through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateEnd {
    /// The entry that recorded it.
    pub entry: u64,
    pub recorded: EndedDuplicateKey,
    /// Seconds since 1970.
    pub at: i64,
    pub by: [String; 2],
    pub completed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchPhase {
    Prepared,
    Approved,
    /// The release has begun: files may be with the bank.
    Releasing,
    Released,
    Cancelled,
}

impl BatchPhase {
    pub fn as_str(self) -> &'static str {
        match self {
            BatchPhase::Prepared => "prepared",
            BatchPhase::Approved => "approved",
            BatchPhase::Releasing => "releasing",
            BatchPhase::Released => "released",
            BatchPhase::Cancelled => "cancelled",
        }
    }

    /// For people, in their language.
    pub fn in_words(self) -> Message {
        match self {
            BatchPhase::Prepared => say!("prepared"),
            BatchPhase::Approved => say!("approved"),
            BatchPhase::Releasing => say!("releasing"),
            BatchPhase::Released => say!("released"),
            BatchPhase::Cancelled => say!("cancelled"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchState {
    pub prepared: PreparedBatch,
    pub digest: Digest,
    pub phase: BatchPhase,
    pub preparer: String,
    /// The entry that recorded it.
    pub entry: u64,
    pub approved_by: Vec<String>,
    pub released_at: Option<i64>,
    /// What the portal said each time a file of it was handed in.
    pub uploads: Vec<RecordedUpload>,
    /// Where it left as work sheets.
    pub sheets: Option<Sheets>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerState {
    pub ledger: LedgerId,
    pub environment: Environment,
    pub payer: Payer,
    pub currency: Currency,
    pub duplicate_key: KeyId,
    pub duplicate_key_check: [u8; 8],
    /// In the order of their enrolment, the retired included.
    pub operators: Vec<Operator>,
    pub episodes: Vec<Episode>,
    pub batches: BTreeMap<BatchId, BatchState>,
    /// What was read of the bank's reports, by the entry that recorded it.
    pub outcomes: BTreeMap<u64, OutcomeRoots>,
    /// The reports that were read, by fingerprint.
    pub reports: BTreeMap<[u8; 8], RecordedReport>,
    /// The bank's numbered statements that were read.
    pub statements: BTreeMap<(Source, u64), StatementSeen>,
    /// The last comparison on each basis.
    pub comparisons: BTreeMap<Basis, Comparison>,
    /// What was decided about each finding, the earliest first: the last one holds.
    pub decisions: BTreeMap<FindingKey, Vec<DecisionState>>,
    /// What came back for each recovery, as the bank's reports tell it.
    pub repayments: BTreeMap<FindingKey, Vec<Repayment>>,
    /// What the bank was asked to take back.
    pub recalls: BTreeMap<RecallId, RecallState>,
    /// By the entry that recorded it.
    pub baselines: BTreeMap<u64, BaselineState>,
    /// The files with personal data outside the ledger.
    pub copies: CopyRegister,
    /// Who was left for later, by the entry that recorded it.
    pub put_off: BTreeMap<u64, PutOff>,
    /// What batches left rejected or held.
    pub rows: RowsOfBatches,
    /// How batches stand beside them.
    pub beside_baselines: BTreeMap<BatchId, BesideBaselines>,
    /// By the entry that recorded it.
    pub purges: BTreeMap<u64, PurgeState>,
    /// Where the duplicate key has ended: then nobody is paid from this ledger any more.
    pub duplicate_end: Option<DuplicateEnd>,
    /// What entries say about people, by entry.
    pub parts: BTreeMap<u64, SealedParts>,
    /// The entry and the time of the last backup that was begun.
    pub last_backup: Option<(u64, i64)>,
    /// Every copying of the key files that is known of.
    pub key_copies: Vec<KeyCopy>,
    /// Which desk's ledger this is.
    pub desk: Desk,
    /// What the bank has paid that never left by this ledger, and the entry by which it was known.
    pub paid_elsewhere: BTreeMap<EndToEndId, u64>,
    /// The desks that this one made.
    pub desks: Vec<MadeDesk>,
    /// The other desks whose ledgers were merged.
    pub merged: Vec<MergedDesk>,
    /// The recovery code that opens the ledger, where one was made.
    pub recovery: Option<RecoveryState>,
    /// The entries by which recovery codes were used.
    pub recoveries: Vec<u64>,
    /// The last entry with which something was kept that was said of payments or of the account.
    pub last_told: u64,
    /// The last entry that a backup is made for.
    pub last_worth_a_backup: u64,
    /// Which copy this is, and what two people said of it.
    pub lineage: Lineage,
    /// The last entry's number and digest.
    pub head: (u64, Digest),
    /// The last entry's time.
    pub head_at: i64,
}

/// A recovery code that was printed and not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryState {
    pub code: KeyId,
    pub public_key: [u8; 32],
    /// The entry that recorded it.
    pub entry: u64,
    /// Seconds since 1970.
    pub at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineState {
    pub recorded: RecordedBaseline,
    pub added_by: String,
    /// Seconds since 1970.
    pub added_at: i64,
}

/// A copy of key files, in a place that the ledger does not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCopy {
    /// The entry that recorded it.
    pub entry: u64,
    /// The duplicate key and those of episodes.
    pub keys: Vec<KeyId>,
    /// Whose key files.
    pub operators: Vec<String>,
}

/// What the evidence of one entry must add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeRoots {
    pub evidence: u64,
    pub evidence_root: Digest,
    pub debits: u64,
    pub debits_root: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    pub entry: u64,
    pub at: i64,
    pub recorded: RecordedFindings,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionState {
    pub entry: u64,
    pub at: i64,
    pub by: String,
    pub second: Option<String>,
    pub recorded: RecordedDecision,
}

impl LedgerState {
    /// The decision that holds about a finding.
    pub fn decision(&self, finding: &FindingKey) -> Option<&DecisionState> {
        self.decisions.get(finding).and_then(|all| all.last())
    }

    /// What has come back for a finding's recovery, in minor units.
    pub fn repaid(&self, finding: &FindingKey) -> i64 {
        self.repayments.get(finding).map_or(0, |all| repaid(all))
    }
}

/// A rule that an entry breaks. The sentence completes "Entry N …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RuleBroken(pub Message);

fn broken<T>(rule: impl Into<Message>) -> Result<T, RuleBroken> {
    Err(RuleBroken(rule.into()))
}

impl LedgerState {
    /// The state after the first entry.
    pub fn open(entry: &Entry) -> Result<Self, RuleBroken> {
        let Some(Event::LedgerOpened {
            ledger,
            environment,
            payer,
            currency,
            operators,
            duplicate_key,
            duplicate_key_check,
        }) = Event::from_bytes(&entry.event)
        else {
            return broken(say!("does not open a ledger"));
        };
        let mut state = Self {
            ledger,
            environment,
            payer,
            currency,
            duplicate_key,
            duplicate_key_check,
            operators: Vec::new(),
            episodes: Vec::new(),
            batches: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            reports: BTreeMap::new(),
            statements: BTreeMap::new(),
            comparisons: BTreeMap::new(),
            decisions: BTreeMap::new(),
            repayments: BTreeMap::new(),
            recalls: BTreeMap::new(),
            baselines: BTreeMap::new(),
            copies: CopyRegister::default(),
            put_off: BTreeMap::new(),
            rows: RowsOfBatches::default(),
            beside_baselines: BTreeMap::new(),
            purges: BTreeMap::new(),
            duplicate_end: None,
            parts: BTreeMap::new(),
            last_backup: None,
            key_copies: Vec::new(),
            desk: Desk::default(),
            desks: Vec::new(),
            paid_elsewhere: BTreeMap::new(),
            merged: Vec::new(),
            recovery: None,
            recoveries: Vec::new(),
            last_told: 0,
            last_worth_a_backup: 0,
            lineage: Lineage::default(),
            head: (0, Digest([0; 32])),
            head_at: entry.at,
        };
        for operator in operators {
            state.enrol(operator, 1)?;
        }
        state.check_link(entry)?;
        state.check_signatures(entry, true)?;
        state.head = (entry.seq, entry.digest);
        Ok(state)
    }

    /// Believes one more entry, or says which rule it breaks and stays as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), RuleBroken> {
        self.check_link(entry)?;
        let Some(event) = Event::from_bytes(&entry.event) else {
            return broken(say!("cannot be read: it is damaged, or of a newer stopgap"));
        };
        if let Event::OperatorsRecovered(recovery) = &event {
            // Signed by those whom it enrols, and by the code.
            *self = self.recovered(recovery, entry)?;
        } else {
            self.check_signatures(entry, event.takes_two())?;
        }
        self.check_end(&event)?;
        let parts = event.sealed_parts().copied();
        if event.tells_of_payments() {
            self.last_told = entry.seq;
        }
        if event.is_worth_a_backup() {
            self.last_worth_a_backup = entry.seq;
        }
        let recorded = Recorded { entry: entry.seq, at: entry.at, by: &entry.actor, second: entry.second.as_deref() };
        match event {
            Event::LedgerOpened { .. } => return broken(say!("opens the ledger a second time")),
            Event::OperatorEnrolled(enrolment) => self.enrol(enrolment, entry.seq)?,
            Event::OperatorRetired { name } => self.retire(&name, entry)?,
            Event::EpisodeOpened { name, reason, schemes, periods, key } => {
                self.open_episode(Episode {
                    name,
                    reason,
                    schemes,
                    periods,
                    key,
                    opened: entry.seq,
                    open: true,
                    closed_over: vec![],
                    closed_at: None,
                    purged: None,
                })?;
            }
            Event::EpisodeClosed { name } => self.close_episode(&name, entry.at)?,
            Event::BatchPrepared(batch) => self.prepare(*batch, entry)?,
            Event::BatchApproved { batch, digest, signature } => self.approve(batch, digest, &signature, entry)?,
            Event::BatchCancelled { batch } => self.cancel(batch)?,
            Event::UploadRecorded(upload) => self.record_upload(*upload)?,
            Event::ReleaseBegun { batch, digest } => {
                self.begin_release(batch, digest, entry.at)?;
                (self.lineage.last_release, self.lineage.last_departure) = (entry.seq, entry.seq);
            }
            Event::SheetsBegun(release) => {
                self.begin_sheets(*release, entry.at)?;
                (self.lineage.last_release, self.lineage.last_departure) = (entry.seq, entry.seq);
            }
            Event::SheetReturned(came) => self.return_sheet(*came, entry.seq)?,
            Event::SheetRowsDecided(decided) => self.decide_rows(&decided)?,
            Event::SheetHanded { batch, sheet, to } => self.hand_sheet(batch, sheet, &to)?,
            Event::ReleaseCompleted { batch } => {
                self.complete_release(batch)?;
                self.lineage.last_release = entry.seq;
                self.lineage.released.insert(batch, entry.seq);
            }
            Event::OutcomeRecorded(outcome) => self.record_outcome(*outcome, entry.seq)?,
            Event::FindingsRecorded(findings) => self.record_findings(*findings, entry)?,
            Event::RemedyDecided(decided) => self.decide(*decided, entry)?,
            Event::RepaymentsRecorded { repayments } => self.record_repayments(repayments)?,
            Event::EpisodeClosedOpen { name, left_open, .. } => {
                if left_open.is_empty() {
                    return broken(say!("closes episode {name} over open matters and names none", name));
                }
                self.close_episode(&name, entry.at)?;
                self.episodes
                    .iter_mut()
                    .filter(|one| one.name == name)
                    .for_each(|one| one.closed_over = left_open.clone());
            }
            Event::RecallBegun(recall) => self.begin_recall(*recall, entry)?,
            Event::RecallWritten { recall } => self.write_recall(recall)?,
            Event::RecallAnswered(answer) => self.answer_recall(*answer, entry.seq)?,
            Event::RecallGivenUp(given_up) => self.give_recall_up(&given_up, entry.seq)?,
            Event::BaselineAdded(baseline) => self.add_baseline(*baseline, entry)?,
            Event::BackupBegun => self.last_backup = Some((entry.seq, entry.at)),
            Event::KeysCopied { keys, operators } => {
                self.copy_keys(KeyCopy { entry: entry.seq, keys, operators })?;
            }
            Event::CopiesDeclared(copies) => self.copies.declare(*copies, recorded)?,
            Event::CopiesReviewed { copies } => self.copies.review(&copies, recorded)?,
            Event::CopiesEnded { copies, .. } => self.copies.end(&copies, entry.seq)?,
            Event::LedgerRebuilt(lost) => self.rebuild(*lost, entry)?,
            Event::DeskAdded { ledger, letter, name } => {
                self.make_desk(MadeDesk { ledger, letter: letter.into(), name, entry: entry.seq })?;
            }
            Event::DeskOpened { of, letter, name } => self.open_desk(of, letter, name)?,
            Event::DeskMerged(merge) => self.merge_desk(*merge, entry)?,
            Event::BatchComparedWithBaselines(beside) => self.compare_with_baselines(*beside, entry)?,
            Event::PaymentsPutOff(put_off) => self.put_off(*put_off, entry)?,
            Event::RowsLeft(left) => self.leave_rows(*left, entry)?,
            Event::RowsSettled(settled) => self.settle_rows(&settled)?,
            Event::LedgerAdopted(adoption) => {
                let by = (entry.actor.clone(), entry.second.clone().unwrap_or_default());
                let adopted = Adopted { entry: entry.seq, by, adoption: *adoption };
                self.lineage.adopt(adopted).map_err(RuleBroken)?;
            }
            Event::OperatorRecovered { name } if name != entry.actor => {
                return broken(say!("lets {actor} set the passphrase of {name}", actor = &entry.actor, name));
            }
            Event::OperatorRecovered { .. } | Event::OperatorsRecovered(_) => {}
            Event::RecoveryCodeMade { code, public_key } => {
                self.recovery = Some(RecoveryState { code, public_key, entry: entry.seq, at: entry.at });
            }
            Event::PlaceAccepted { place, kind } => {
                self.lineage.accepted_places.insert((place, kind));
            }
            Event::BankIsAhead { batches } => self.see_at_bank(&batches)?,
            Event::PaidElsewhere { payments } => self.see_paid_elsewhere(payments, entry)?,
            Event::LostLedgerTold(told) => self.take_up_lost(&told)?,
            Event::EpisodesPurged(purge) => self.purge(*purge, entry)?,
            Event::PurgeCompleted { purge } => self.complete_purge(purge)?,
            Event::DuplicateKeyEnded(ended) => self.end_duplicate_key(*ended, entry)?,
        }
        self.parts.extend(parts.map(|parts| (entry.seq, parts)));
        self.head = (entry.seq, entry.digest);
        self.head_at = entry.at;
        Ok(())
    }

    pub fn active_operators(&self) -> impl Iterator<Item = &Operator> {
        self.operators.iter().filter(|operator| operator.retired.is_none())
    }

    pub fn active_operator(&self, name: &str) -> Option<&Operator> {
        self.active_operators().find(|operator| operator.name == name)
    }

    /// Whether a batch pays on the last known figures.
    pub fn is_provisional(&self, batch: BatchId) -> bool {
        self.beside_baselines.get(&batch).is_some_and(|beside| beside.provisional)
    }

    pub fn open_episode_now(&self) -> Option<&Episode> {
        self.episodes.iter().find(|episode| episode.open)
    }

    pub fn episode(&self, name: &str) -> Option<&Episode> {
        self.episodes.iter().find(|episode| episode.name == name)
    }

    /// The desk's next batch. A number that the bank knows of is not given again.
    pub fn next_batch(&self) -> BatchId {
        let desk = self.desk.letter;
        BatchId::new(desk, self.last_batch(desk).max(self.lineage.seen_by_bank.get(&desk).copied().unwrap_or(0)) + 1)
    }

    /// The number of the desk's last batch in this ledger; 0 where there is none.
    pub fn last_batch(&self, desk: char) -> u32 {
        self.batches.keys().filter(|id| id.desk() == desk).map(|id| id.number()).max().unwrap_or(0)
    }

    fn check_link(&self, entry: &Entry) -> Result<(), RuleBroken> {
        if entry.seq != self.head.0 + 1 {
            return broken(say!("stands where entry {head} should", head = ungrouped(self.head.0 + 1)));
        }
        if entry.previous != self.head.1 {
            return broken(say!("does not follow from the entry before it"));
        }
        if entry.digest != entry.compute_digest(self.ledger) {
            return broken(say!("was changed after it was recorded"));
        }
        Ok(())
    }

    fn check_signatures(&self, entry: &Entry, takes_two: bool) -> Result<(), RuleBroken> {
        let signed = |name: &str, signature| {
            self.active_operator(name).is_some_and(|op| is_signed_by(&op.public_key, &entry.digest.0, signature))
        };
        if !signed(&entry.actor, &entry.signature) {
            return broken(say!("is not signed by {actor}", actor = &entry.actor));
        }
        match (&entry.second, &entry.second_signature) {
            (None, None) if takes_two => broken(say!("takes two operators and is signed by one")),
            (None, None) => Ok(()),
            (Some(second), _) if *second == entry.actor => broken(say!("is signed twice by one operator")),
            (Some(second), Some(signature)) if signed(second, signature) => Ok(()),
            (second, _) => broken(match second {
                Some(second) => say!("is not signed by {second}", second),
                None => say!("is not signed by its second operator"),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
