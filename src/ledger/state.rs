//! What the entries add up to: who may act, which episode is open, where each batch stands.
//!
//! [`LedgerState::apply`] is the one place where an entry is believed. It checks the chain, the signatures and every rule that an event
//! must keep (the preparer cannot approve, a batch is approved before it is released …), both when an entry is read back and before a new
//! one is written, so a ledger that breaks a rule cannot be made by this program and is refused if made by another.

use std::collections::BTreeMap;

use super::copies::{CopyRegister, Recorded};
use super::desks::{Desk, MadeDesk, MergedDesk};
use super::entry::{Entry, is_signed_by};
use super::event::{
    BesideBaselines, Enrolment, Environment, Event, KeyId, LedgerId, LeftOpen, RecordedBaseline, RecordedDecision,
    RecordedFindings, RecordedOutcome, RecordedPurge, RecordedReport, RecordedUpload, SealedParts, StatementSeen,
};
use super::lineage::{Adopted, Lineage};
use super::outcome::Source;
use super::remedies::{Basis, Decision, FindingKey, Repayment, repaid};
use crate::approval::approval_message;
use crate::batch::PreparedBatch;
use crate::payment::{BatchId, Currency, Digest, Payer, Period, Scheme};

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
    pub period: Option<Period>,
    pub key: KeyId,
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
    /// By the entry that recorded it.
    pub baselines: BTreeMap<u64, BaselineState>,
    /// The files with personal data outside the ledger.
    pub copies: CopyRegister,
    /// How batches stand beside them.
    pub beside_baselines: BTreeMap<BatchId, BesideBaselines>,
    /// By the entry that recorded it.
    pub purges: BTreeMap<u64, PurgeState>,
    /// What entries say about people, by entry.
    pub parts: BTreeMap<u64, SealedParts>,
    /// The entry and the time of the last backup that was begun.
    pub last_backup: Option<(u64, i64)>,
    /// Every copying of the key files that is known of.
    pub key_copies: Vec<KeyCopy>,
    /// Which desk's ledger this is.
    pub desk: Desk,
    /// The desks that this one made.
    pub desks: Vec<MadeDesk>,
    /// The other desks whose ledgers were merged.
    pub merged: Vec<MergedDesk>,
    /// Which copy this is, and what two people said of it.
    pub lineage: Lineage,
    /// The last entry's number and digest.
    pub head: (u64, Digest),
    /// The last entry's time.
    pub head_at: i64,
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
pub struct RuleBroken(pub String);

fn broken<T>(rule: impl Into<String>) -> Result<T, RuleBroken> {
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
            return broken("does not open a ledger");
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
            baselines: BTreeMap::new(),
            copies: CopyRegister::default(),
            beside_baselines: BTreeMap::new(),
            purges: BTreeMap::new(),
            parts: BTreeMap::new(),
            last_backup: None,
            key_copies: Vec::new(),
            desk: Desk::default(),
            desks: Vec::new(),
            merged: Vec::new(),
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
            return broken("cannot be read: it is damaged, or of a newer stopgap");
        };
        self.check_signatures(entry, event.takes_two())?;
        let parts = event.sealed_parts().copied();
        let recorded = Recorded { entry: entry.seq, at: entry.at, by: &entry.actor, second: entry.second.as_deref() };
        match event {
            Event::LedgerOpened { .. } => return broken("opens the ledger a second time"),
            Event::OperatorEnrolled(enrolment) => self.enrol(enrolment, entry.seq)?,
            Event::OperatorRetired { name } => self.retire(&name, entry)?,
            Event::EpisodeOpened { name, reason, schemes, period, key } => {
                self.open_episode(Episode {
                    name,
                    reason,
                    schemes,
                    period,
                    key,
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
                self.lineage.last_release = entry.seq;
            }
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
                    return broken(format!("closes episode {name} over open matters and names none"));
                }
                self.close_episode(&name, entry.at)?;
                self.episodes
                    .iter_mut()
                    .filter(|one| one.name == name)
                    .for_each(|one| one.closed_over = left_open.clone());
            }
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
            Event::LedgerAdopted(adoption) => {
                let by = (entry.actor.clone(), entry.second.clone().unwrap_or_default());
                let adopted = Adopted { entry: entry.seq, by, adoption: *adoption };
                self.lineage.adopt(adopted).map_err(RuleBroken)?;
            }
            Event::OperatorRecovered { name } if name != entry.actor => {
                return broken(format!("lets {} set the passphrase of {name}", entry.actor));
            }
            Event::OperatorRecovered { .. } => {}
            Event::PlaceAccepted { place, kind } => {
                self.lineage.accepted_places.insert((place, kind));
            }
            Event::BankIsAhead { batches } => self.see_at_bank(&batches)?,
            Event::EpisodesPurged(purge) => self.purge(*purge, entry)?,
            Event::PurgeCompleted { purge } => match self.purges.get_mut(&purge) {
                Some(purge) => purge.completed = true,
                None => return broken(format!("completes purge {purge}, which does not exist")),
            },
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

    /// Keys of which no copy is known: what they open is lost with this folder.
    pub fn keys_without_copy(&self) -> Vec<KeyId> {
        let ours = std::iter::once(self.duplicate_key)
            .chain(self.episodes.iter().filter(|episode| episode.has_key()).map(|episode| episode.key));
        ours.filter(|key| !self.key_copies.iter().any(|copy| copy.keys.contains(key))).collect()
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
            return broken(format!("stands where entry {} should", self.head.0 + 1));
        }
        if entry.previous != self.head.1 {
            return broken("does not follow from the entry before it");
        }
        if entry.digest != entry.compute_digest(self.ledger) {
            return broken("was changed after it was recorded");
        }
        Ok(())
    }

    fn check_signatures(&self, entry: &Entry, takes_two: bool) -> Result<(), RuleBroken> {
        let signed = |name: &str, signature| {
            self.active_operator(name).is_some_and(|op| is_signed_by(&op.public_key, &entry.digest.0, signature))
        };
        if !signed(&entry.actor, &entry.signature) {
            return broken(format!("is not signed by {}", entry.actor));
        }
        match (&entry.second, &entry.second_signature) {
            (None, None) if takes_two => broken("takes two operators and is signed by one"),
            (None, None) => Ok(()),
            (Some(second), _) if *second == entry.actor => broken("is signed twice by one operator"),
            (Some(second), Some(signature)) if signed(second, signature) => Ok(()),
            (second, _) => broken(format!("is not signed by {}", second.as_deref().unwrap_or("its second operator"))),
        }
    }

    fn enrol(&mut self, enrolment: Enrolment, seq: u64) -> Result<(), RuleBroken> {
        let Enrolment { name, public_key } = enrolment;
        if self.operators.iter().any(|operator| operator.name == name) {
            return broken(format!("enrols {name} again"));
        }
        if self.operators.iter().any(|operator| operator.public_key == public_key) {
            return broken(format!("enrols {name} with another operator's key"));
        }
        self.operators.push(Operator { name, public_key, enrolled: seq, retired: None });
        Ok(())
    }

    fn retire(&mut self, name: &str, entry: &Entry) -> Result<(), RuleBroken> {
        if name == entry.actor || Some(name) == entry.second.as_deref() {
            return broken("is signed by the operator whom it retires: two who remain must sign");
        }
        if self.active_operators().count() <= 2 {
            return broken("would leave fewer than two operators");
        }
        match self.operators.iter_mut().find(|operator| operator.name == name && operator.retired.is_none()) {
            Some(operator) => operator.retired = Some(entry.seq),
            None => return broken(format!("retires {name}, who is not an operator")),
        }
        Ok(())
    }

    fn open_episode(&mut self, episode: Episode) -> Result<(), RuleBroken> {
        if let Some(open) = self.open_episode_now() {
            return broken(format!("opens an episode while {} is open", open.name));
        }
        if self.episode(&episode.name).is_some() {
            return broken(format!("opens a second episode named {}", episode.name));
        }
        self.episodes.push(episode);
        Ok(())
    }

    fn close_episode(&mut self, name: &str, at: i64) -> Result<(), RuleBroken> {
        let unfinished = self.batches.values().find(|batch| {
            batch.prepared.episode == name && !matches!(batch.phase, BatchPhase::Released | BatchPhase::Cancelled)
        });
        if let Some(batch) = unfinished {
            let (id, phase) = (batch.prepared.id, batch.phase.as_str());
            return broken(format!("closes episode {name} while batch {id} is {phase}"));
        }
        match self.episodes.iter_mut().find(|episode| episode.name == name && episode.open) {
            Some(episode) => {
                episode.open = false;
                episode.closed_at = Some(at);
            }
            None => return broken(format!("closes episode {name}, which is not open")),
        }
        Ok(())
    }

    fn prepare(&mut self, prepared: PreparedBatch, entry: &Entry) -> Result<(), RuleBroken> {
        let id = prepared.id;
        if self.batches.contains_key(&id) {
            return broken(format!("prepares batch {id} again"));
        }
        if prepared.id != self.next_batch() {
            return broken(format!("prepares batch {id} out of turn"));
        }
        if self.open_episode_now().is_none_or(|episode| episode.name != prepared.episode) {
            return broken(format!("prepares batch {id} for an episode that is not open"));
        }
        let digest = prepared.digest(self.ledger);
        let preparer = entry.actor.clone();
        let phase = BatchPhase::Prepared;
        let state = BatchState {
            prepared,
            digest,
            phase,
            preparer,
            entry: entry.seq,
            approved_by: vec![],
            released_at: None,
            uploads: vec![],
        };
        self.batches.insert(id, state);
        Ok(())
    }

    fn approve(&mut self, id: BatchId, digest: Digest, signature: &[u8; 64], entry: &Entry) -> Result<(), RuleBroken> {
        let message = approval_message(self.ledger, id, &digest);
        let signed =
            self.active_operator(&entry.actor).is_some_and(|op| is_signed_by(&op.public_key, &message, signature));
        let batch = self.batch_in(id, &[BatchPhase::Prepared], "approves")?;
        if batch.preparer == entry.actor {
            return broken(format!("lets {}, who prepared batch {id}, approve it", entry.actor));
        }
        if batch.digest != digest {
            return broken(format!("approves another content of batch {id} than was prepared"));
        }
        if !signed {
            return broken(format!("approves batch {id} without {}'s signature", entry.actor));
        }
        batch.approved_by.push(entry.actor.clone());
        batch.phase = BatchPhase::Approved;
        Ok(())
    }

    fn cancel(&mut self, id: BatchId) -> Result<(), RuleBroken> {
        self.batch_in(id, &[BatchPhase::Prepared, BatchPhase::Approved], "cancels")?.phase = BatchPhase::Cancelled;
        Ok(())
    }

    fn see_at_bank(&mut self, batches: &[BatchId]) -> Result<(), RuleBroken> {
        if let Some(known) = batches.iter().find(|batch| batch.number() <= self.last_batch(batch.desk())) {
            return broken(format!("calls batch {known} unknown, which the ledger holds"));
        }
        self.lineage.see_at_bank(batches);
        Ok(())
    }

    fn begin_release(&mut self, id: BatchId, digest: Digest, at: i64) -> Result<(), RuleBroken> {
        if let Some(ahead) = self.lineage.bank_is_ahead {
            return broken(format!(
                "releases batch {id} while the bank knows of {ahead}, which the ledger does not hold"
            ));
        }
        let batch = self.batch_in(id, &[BatchPhase::Approved], "releases")?;
        if batch.digest != digest {
            return broken(format!("releases another content of batch {id} than was approved"));
        }
        batch.phase = BatchPhase::Releasing;
        batch.released_at = Some(at);
        Ok(())
    }

    fn record_upload(&mut self, upload: RecordedUpload) -> Result<(), RuleBroken> {
        let id = upload.batch;
        let batch = self.batch_in(id, &[BatchPhase::Releasing, BatchPhase::Released], "records the upload of")?;
        let planned = |name: &String| batch.prepared.plan.files.iter().any(|file| file.message_id == *name);
        if upload.message_id.as_ref().is_some_and(|name| !planned(name)) {
            return broken(format!("records the upload of a file that batch {id} has not"));
        }
        batch.uploads.push(upload);
        Ok(())
    }

    fn complete_release(&mut self, id: BatchId) -> Result<(), RuleBroken> {
        self.batch_in(id, &[BatchPhase::Releasing], "completes the release of")?.phase = BatchPhase::Released;
        Ok(())
    }

    fn record_outcome(&mut self, outcome: RecordedOutcome, seq: u64) -> Result<(), RuleBroken> {
        let RecordedOutcome { reports, evidence, evidence_root, debits, debits_root } = outcome;
        let something_left =
            self.batches.values().any(|batch| matches!(batch.phase, BatchPhase::Releasing | BatchPhase::Released));
        if evidence > 0 && !something_left {
            return broken("records the outcome of payments before any was released");
        }
        self.outcomes.insert(seq, OutcomeRoots { evidence, evidence_root, debits, debits_root });
        for report in reports {
            for statement in &report.statements {
                self.statements.insert((statement.source, statement.number), *statement);
            }
            self.reports.insert(report.fingerprint, report);
        }
        Ok(())
    }

    fn record_findings(&mut self, recorded: RecordedFindings, entry: &Entry) -> Result<(), RuleBroken> {
        let sum =
            |total: Option<super::remedies::FindingMoney>, money| total.and_then(|total| total.checked_add(money));
        let added_up = recorded.by_kind.iter().map(|kind| &kind.money).fold(Some(Default::default()), sum);
        if added_up != Some(recorded.totals) {
            return broken("records findings that do not add up to their total");
        }
        if !recorded.totals.balances() {
            return broken("records findings that do not balance");
        }
        let Entry { seq, at, .. } = *entry;
        self.comparisons.insert(recorded.basis, Comparison { entry: seq, at, recorded });
        Ok(())
    }

    fn decide(&mut self, recorded: RecordedDecision, entry: &Entry) -> Result<(), RuleBroken> {
        let RecordedDecision { finding, basis, verdict, decision, amount, .. } = recorded;
        if !self.comparisons.contains_key(&basis) {
            return broken("decides on a finding before anything was compared");
        }
        let name = decision.as_str();
        if !verdict.money.balances() {
            return broken(format!("decides {name} on money that does not balance"));
        }
        if !decision.fits(&verdict) {
            return broken(format!("decides {name} on a finding that it does not fit"));
        }
        let most = decision.most(&verdict);
        if amount < 0 || amount > most || (amount == 0) != (most == 0) {
            return broken(format!("decides {name} on an amount that the finding does not have"));
        }
        let (by, second) = (entry.actor.clone(), entry.second.clone());
        let decided = DecisionState { entry: entry.seq, at: entry.at, by, second, recorded };
        self.decisions.entry(finding).or_default().push(decided);
        Ok(())
    }

    fn record_repayments(&mut self, repayments: Vec<Repayment>) -> Result<(), RuleBroken> {
        for (at, repayment) in repayments.iter().enumerate() {
            let decided = self.decisions.get(&repayment.finding);
            if decided.is_none_or(|all| all.iter().all(|one| one.recorded.decision != Decision::Recover)) {
                return broken("records a repayment for a finding that nobody decided to recover");
            }
            let known = self.repayments.get(&repayment.finding).into_iter().flatten();
            if known.chain(&repayments[..at]).any(|known| known.identity == repayment.identity) {
                return broken("records a repayment a second time");
            }
        }
        for repayment in repayments {
            self.repayments.entry(repayment.finding).or_default().push(repayment);
        }
        Ok(())
    }

    fn add_baseline(&mut self, recorded: RecordedBaseline, entry: &Entry) -> Result<(), RuleBroken> {
        if recorded.schemes.is_empty() {
            return broken("adds a baseline of nobody");
        }
        for (at, scheme) in recorded.schemes.iter().enumerate() {
            let folded = scheme.scheme.folded();
            if recorded.schemes[..at].iter().any(|other| other.scheme.folded() == folded) {
                return broken("adds a baseline with a scheme in it twice");
            }
            if scheme.sum.count == 0 || scheme.sum.amount.currency() != self.currency {
                return broken("adds a baseline whose sums cannot be");
            }
        }
        let same = |other: &BaselineState| {
            other.recorded.period == recorded.period && other.recorded.content == recorded.content
        };
        if self.baselines.values().any(same) {
            return broken("adds the same baseline again");
        }
        let state = BaselineState { recorded, added_by: entry.actor.clone(), added_at: entry.at };
        self.baselines.insert(entry.seq, state);
        Ok(())
    }

    fn purge(&mut self, recorded: RecordedPurge, entry: &Entry) -> Result<(), RuleBroken> {
        if recorded.episodes.is_empty() || recorded.keys.len() != recorded.episodes.len() {
            return broken("purges no episode, or not the keys of its episodes");
        }
        for (name, key) in recorded.episodes.iter().zip(&recorded.keys) {
            match self.episode(name) {
                None => return broken(format!("purges episode {name}, which does not exist")),
                Some(episode) if episode.open => return broken(format!("purges episode {name}, which is open")),
                Some(episode) if episode.purged.is_some() => return broken(format!("purges episode {name} again")),
                Some(episode) if episode.key != *key => return broken(format!("ends another key than that of {name}")),
                Some(_) => {}
            }
            if let Some(copy) = self.copies.open().find(|copy| copy.episodes.contains(name)) {
                return broken(format!("purges episode {name} while copy {} is open", copy.id));
            }
        }
        if let Some(entry) = recorded.entries.iter().find(|entry| !self.parts.contains_key(entry)) {
            return broken(format!("empties entry {entry}, which says nothing about people"));
        }
        for episode in self.episodes.iter_mut().filter(|episode| recorded.episodes.contains(&episode.name)) {
            episode.purged = Some(entry.seq);
        }
        let by = [entry.actor.clone(), entry.second.clone().unwrap_or_default()];
        self.purges.insert(entry.seq, PurgeState { recorded, at: entry.at, by, completed: false });
        Ok(())
    }

    /// Whether the key was ended by a purge.
    pub fn is_purged(&self, key: KeyId) -> bool {
        self.episodes.iter().any(|episode| episode.key == key && episode.purged.is_some())
    }

    /// Whether what the batch says about people was purged.
    pub fn is_batch_purged(&self, batch: &BatchState) -> bool {
        self.episode(&batch.prepared.episode).is_some_and(|episode| episode.purged.is_some())
    }

    /// Whether what the entry says about people was purged.
    pub fn is_entry_purged(&self, entry: u64) -> bool {
        self.purges.values().any(|purge| purge.recorded.entries.binary_search(&entry).is_ok())
    }

    fn copy_keys(&mut self, copy: KeyCopy) -> Result<(), RuleBroken> {
        let is_ours = |key: &KeyId| {
            *key == self.duplicate_key
                || self.episodes.iter().any(|episode| episode.key == *key)
                || self.baselines.values().any(|baseline| baseline.recorded.parts.key == *key)
        };
        if let Some(key) = copy.keys.iter().find(|key| !is_ours(key)) {
            return broken(format!("copies the key {key}, which is not this ledger's"));
        }
        self.key_copies.push(copy);
        Ok(())
    }

    fn compare_with_baselines(&mut self, beside: BesideBaselines, entry: &Entry) -> Result<(), RuleBroken> {
        let id = beside.batch;
        match self.batches.get(&id) {
            Some(batch) if batch.entry + 1 == entry.seq && batch.preparer == entry.actor => {}
            _ => return broken(format!("compares batch {id} with baselines at another time than it was prepared")),
        }
        if beside.baselines.iter().chain(&beside.not_compared).any(|known| !self.baselines.contains_key(known)) {
            return broken(format!("compares batch {id} with a baseline that does not exist"));
        }
        self.beside_baselines.insert(id, beside);
        Ok(())
    }

    fn batch_in(&mut self, id: BatchId, phases: &[BatchPhase], verb: &str) -> Result<&mut BatchState, RuleBroken> {
        match self.batches.get_mut(&id) {
            Some(batch) if phases.contains(&batch.phase) => Ok(batch),
            Some(batch) => broken(format!("{verb} batch {id}, which is {}", batch.phase.as_str())),
            None => broken(format!("{verb} batch {id}, which does not exist")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::profile::Profile;
    use crate::batch::{Fates, Sum};
    use crate::ledger::entry::Signer;
    use crate::ledger::event::{BaselineScheme, KindSum, LeftOpen};
    use crate::ledger::lineage::Adoption;
    use crate::ledger::remedies::{FindingMoney, Verdict};
    use crate::payment::{Account, Amount, Country, DomesticAccount};
    use crate::release::ReleasePlan;

    const LEDGER: LedgerId = LedgerId([1; 16]);

    fn signer(name: &str) -> Signer {
        let mut seed = [0; 32];
        seed[..name.len()].copy_from_slice(name.as_bytes());
        Signer::new(name.into(), &seed)
    }

    fn enrolment(name: &str) -> Enrolment {
        Enrolment { name: name.into(), public_key: signer(name).public_key() }
    }

    fn payer() -> Payer {
        let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
        Payer {
            name: "Kommunia".into(),
            payer_id: None,
            country: Country::Gl,
            account: Account::Domestic(account),
            bic: None,
        }
    }

    fn opened(operators: &[&str]) -> Event {
        Event::LedgerOpened {
            ledger: LEDGER,
            environment: Environment::Real,
            payer: payer(),
            currency: Currency::Dkk,
            operators: operators.iter().map(|name| enrolment(name)).collect(),
            duplicate_key: KeyId([0; 8]),
            duplicate_key_check: [0; 8],
        }
    }

    fn batch(number: u32) -> PreparedBatch {
        PreparedBatch {
            id: BatchId::new('B', number),
            episode: "attack".into(),
            payer: payer(),
            profile: Profile::default(),
            payment_limit: Amount::from_minor_units(1, Currency::Dkk),
            prepared_at: 0,
            groups: vec![],
            fates: Fates::none(Currency::Dkk),
            decided_to_pay: 0,
            sealed_root: Digest([0; 32]),
            claims_root: Digest([0; 32]),
            plan: ReleasePlan { writer: 1, files: vec![] },
        }
    }

    /// What an event is recorded as: the event, its actor and its second.
    type Step = (Event, &'static str, Option<&'static str>);

    fn approved(by: &str, digest: Digest) -> Event {
        let id = BatchId::new('B', 1);
        let signature = signer(by).sign(&approval_message(LEDGER, id, &digest));
        Event::BatchApproved { batch: id, digest, signature }
    }

    fn digest() -> Digest {
        batch(1).digest(LEDGER)
    }

    fn episode(name: &str) -> Event {
        Event::EpisodeOpened {
            name: name.into(),
            reason: String::new(),
            schemes: vec![],
            period: None,
            key: KeyId([0; 8]),
        }
    }

    fn prepared(number: u32) -> Event {
        Event::BatchPrepared(Box::new(batch(number)))
    }

    fn begun(digest: Digest) -> Event {
        Event::ReleaseBegun { batch: BatchId::new('B', 1), digest }
    }

    fn adopted(epoch: u32) -> Event {
        Event::LedgerAdopted(Box::new(Adoption {
            epoch,
            place: Digest([0; 32]),
            reason: String::new(),
            overruled: None,
            older: false,
        }))
    }

    fn accepted() -> Event {
        Event::PlaceAccepted { place: Digest([0; 32]), kind: "a network share".into() }
    }

    fn bank_is_ahead() -> Event {
        Event::BankIsAhead { batches: vec![BatchId::new('B', 7)] }
    }

    /// Plays the steps on a ledger of anna, malik and sara; gives the first broken rule.
    fn play(steps: Vec<Step>) -> Result<LedgerState, String> {
        let first = Entry::record(
            LEDGER,
            None,
            0,
            &opened(&["anna", "malik", "sara"]),
            &signer("anna"),
            Some(&signer("malik")),
        );
        let mut state = LedgerState::open(&first).expect("opens");
        for (event, actor, second) in steps {
            let second = second.map(signer);
            let entry = Entry::record(LEDGER, Some(&state.head), 0, &event, &signer(actor), second.as_ref());
            state.apply(&entry).map_err(|RuleBroken(rule)| rule)?;
        }
        Ok(state)
    }

    fn parts() -> SealedParts {
        SealedParts { key: KeyId([0; 8]), count: 0, root: Digest([0; 32]) }
    }

    /// Both paid 100.
    fn doubled() -> FindingMoney {
        FindingMoney { fallback: 100, upstream_paid: 100, upstream_planned: 0, owed: 100, overpaid: 100, underpaid: 0 }
    }

    fn found_with(change: impl FnOnce(&mut RecordedFindings)) -> Event {
        let by_kind = vec![KindSum { kind: 1, count: 1, money: doubled() }];
        let mut findings = RecordedFindings {
            basis: Basis::Upstream,
            planned: false,
            files: vec![],
            by_kind,
            totals: doubled(),
            last_number: 1,
            content: [0; 8],
            findings: parts(),
        };
        change(&mut findings);
        Event::FindingsRecorded(Box::new(findings))
    }

    fn decided(decision: Decision, amount: i64) -> Event {
        Event::RemedyDecided(Box::new(RecordedDecision {
            finding: FindingKey([1; 8]),
            basis: Basis::Upstream,
            verdict: Verdict { kind: 1, uncertain: false, money: doubled() },
            decision,
            amount,
            details: parts(),
        }))
    }

    fn repaid_by(numbers: &[u8]) -> Event {
        let repayment = |number: &u8| Repayment {
            finding: FindingKey([1; 8]),
            source: Source::Statement,
            identity: [*number; 8],
            amount: 60,
            booked_on: Some(i32::from(*number)),
        };
        Event::RepaymentsRecorded { repayments: numbers.iter().map(repayment).collect() }
    }

    fn closed_over(left_open: u64) -> Event {
        let left_open = (0..left_open).map(|count| LeftOpen { matter: "findings".into(), count, amount: 0 }).collect();
        Event::EpisodeClosedOpen { name: "attack".into(), left_open, reason: parts() }
    }

    /// What may be decided, by whom, and what may come of it: each way around a rule is refused for its own reason.
    #[test]
    fn decisions_about_findings_keep_their_rules() {
        let anna = |event| (event, "anna", None);
        let both = |event| (event, "anna", Some("malik"));
        let found = || anna(found_with(|_| ()));
        let recover = || both(decided(Decision::Recover, 100));
        let table: Vec<(Vec<Step>, Option<&str>)> = vec![
            (vec![found(), recover()], None),
            (vec![found(), both(decided(Decision::Recover, 40))], None),
            (vec![found(), recover(), both(decided(Decision::None, 0))], None),
            (vec![found(), recover(), anna(repaid_by(&[1, 2]))], None),
            // Repayments may still come when the rest was waived.
            (vec![found(), recover(), both(decided(Decision::None, 0)), anna(repaid_by(&[1]))], None),
            (vec![anna(episode("attack")), both(closed_over(1))], None),
            (
                vec![anna(found_with(|f| f.totals.owed += 1))],
                Some("records findings that do not add up to their total"),
            ),
            (
                vec![anna(found_with(|f| {
                    f.totals.owed += 1;
                    f.by_kind[0].money.owed += 1;
                }))],
                Some("records findings that do not balance"),
            ),
            (vec![recover()], Some("decides on a finding before anything was compared")),
            (vec![found(), anna(decided(Decision::Recover, 100))], Some("takes two operators and is signed by one")),
            (vec![found(), anna(decided(Decision::None, 0))], Some("takes two operators and is signed by one")),
            (
                vec![found(), (decided(Decision::Recover, 100), "anna", Some("anna"))],
                Some("is signed twice by one operator"),
            ),
            (
                vec![found(), both(decided(Decision::TopUp, 100))],
                Some("decides top_up on a finding that it does not fit"),
            ),
            (
                vec![found(), both(decided(Decision::PayAgain, 100))],
                Some("decides pay_again on a finding that it does not fit"),
            ),
            (
                vec![found(), both(decided(Decision::Recover, 101))],
                Some("decides recover on an amount that the finding does not have"),
            ),
            (
                vec![found(), both(decided(Decision::Recover, 0))],
                Some("decides recover on an amount that the finding does not have"),
            ),
            (
                vec![found(), both(decided(Decision::None, 1))],
                Some("decides none on an amount that the finding does not have"),
            ),
            (
                vec![found(), anna(repaid_by(&[1]))],
                Some("records a repayment for a finding that nobody decided to recover"),
            ),
            (vec![found(), recover(), anna(repaid_by(&[1, 1]))], Some("records a repayment a second time")),
            (
                vec![found(), recover(), anna(repaid_by(&[1])), anna(repaid_by(&[1]))],
                Some("records a repayment a second time"),
            ),
            (vec![anna(episode("attack")), anna(closed_over(1))], Some("takes two operators and is signed by one")),
            (
                vec![anna(episode("attack")), both(closed_over(0))],
                Some("closes episode attack over open matters and names none"),
            ),
            (
                [until_prepared(), vec![both(closed_over(1))]].concat_steps(),
                Some("closes episode attack while batch B0001 is prepared"),
            ),
        ];
        for (at, (steps, rule)) in table.into_iter().enumerate() {
            assert_eq!(play(steps).err().as_deref(), rule, "case {at}");
        }
    }

    #[test]
    fn the_last_decision_holds_and_the_earlier_stay() {
        let both = |event| (event, "anna", Some("malik"));
        let steps = vec![
            (found_with(|_| ()), "anna", None),
            both(decided(Decision::Recover, 100)),
            (repaid_by(&[1]), "sara", None),
            (decided(Decision::None, 0), "sara", Some("anna")),
        ];
        let state = play(steps).expect("every rule is kept");
        let key = FindingKey([1; 8]);
        let last = state.decision(&key).expect("decided");
        assert_eq!(
            (last.recorded.decision, last.by.as_str(), last.second.as_deref()),
            (Decision::None, "sara", Some("anna"))
        );
        assert_eq!((state.decisions[&key].len(), state.repaid(&key)), (2, 60));
    }

    fn until_prepared() -> Vec<Step> {
        vec![(episode("attack"), "anna", None), (prepared(1), "anna", None)]
    }

    #[test]
    fn a_batch_goes_from_prepared_to_released_by_two_people() {
        let mut steps = until_prepared();
        steps.push((approved("malik", digest()), "malik", None));
        steps.push((begun(digest()), "anna", None));
        steps.push((Event::ReleaseCompleted { batch: BatchId::new('B', 1) }, "anna", None));
        let state = play(steps).expect("every rule is kept");
        let batch = &state.batches[&BatchId::new('B', 1)];
        assert_eq!((batch.phase, batch.approved_by.as_slice()), (BatchPhase::Released, &["malik".to_owned()][..]));
    }

    /// Ways around the second person, and every other rule of the ledger: each must be refused for its own reason.
    #[test]
    fn no_rule_can_be_gone_around() {
        let id = BatchId::new('B', 1);
        let other = Digest([7; 32]);
        let after = |more: Vec<Step>| [until_prepared(), more].concat_steps();
        let approved_by_malik = || (approved("malik", digest()), "malik", None);
        let cancelled = || (Event::BatchCancelled { batch: id }, "anna", None);
        let completed = || (Event::ReleaseCompleted { batch: id }, "anna", None);
        let enrol = |name: &str| Event::OperatorEnrolled(enrolment(name));
        let retire = |name: &str| Event::OperatorRetired { name: name.into() };
        let table: Vec<(Vec<Step>, &str)> = vec![
            (
                after(vec![(approved("anna", digest()), "anna", None)]),
                "lets anna, who prepared batch B0001, approve it",
            ),
            (
                after(vec![(approved("malik", digest()), "anna", None)]),
                "lets anna, who prepared batch B0001, approve it",
            ),
            (
                after(vec![(approved("anna", digest()), "malik", None)]),
                "approves batch B0001 without malik's signature",
            ),
            (
                after(vec![(approved("sara", digest()), "malik", None)]),
                "approves batch B0001 without malik's signature",
            ),
            (
                after(vec![(approved("malik", other), "malik", None)]),
                "approves another content of batch B0001 than was prepared",
            ),
            (
                after(vec![approved_by_malik(), (approved("sara", digest()), "sara", None)]),
                "approves batch B0001, which is approved",
            ),
            (after(vec![(begun(digest()), "anna", None)]), "releases batch B0001, which is prepared"),
            (
                after(vec![approved_by_malik(), (begun(other), "anna", None)]),
                "releases another content of batch B0001 than was approved",
            ),
            (after(vec![completed()]), "completes the release of batch B0001, which is prepared"),
            (after(vec![approved_by_malik(), completed()]), "completes the release of batch B0001, which is approved"),
            (
                after(vec![approved_by_malik(), (begun(digest()), "anna", None), cancelled()]),
                "cancels batch B0001, which is releasing",
            ),
            (
                after(vec![approved_by_malik(), (begun(digest()), "anna", None), (begun(digest()), "anna", None)]),
                "releases batch B0001, which is releasing",
            ),
            (after(vec![cancelled(), approved_by_malik()]), "approves batch B0001, which is cancelled"),
            (after(vec![cancelled(), cancelled()]), "cancels batch B0001, which is cancelled"),
            (after(vec![(prepared(1), "anna", None)]), "prepares batch B0001 again"),
            (after(vec![(prepared(3), "anna", None)]), "prepares batch B0003 out of turn"),
            (
                after(vec![(Event::EpisodeClosed { name: "attack".into() }, "anna", None)]),
                "closes episode attack while batch B0001 is prepared",
            ),
            (after(vec![(episode("second"), "anna", None)]), "opens an episode while attack is open"),
            (vec![(prepared(1), "anna", None)], "prepares batch B0001 for an episode that is not open"),
            (vec![cancelled()], "cancels batch B0001, which does not exist"),
            (
                vec![(Event::EpisodeClosed { name: "attack".into() }, "anna", None)],
                "closes episode attack, which is not open",
            ),
            (vec![(opened(&["anna", "malik"]), "anna", Some("malik"))], "opens the ledger a second time"),
            (vec![(enrol("ivik"), "anna", None)], "takes two operators and is signed by one"),
            (vec![(enrol("ivik"), "anna", Some("anna"))], "is signed twice by one operator"),
            (vec![(enrol("ivik"), "anna", Some("ivik"))], "is not signed by ivik"),
            (vec![(enrol("ivik"), "ivik", Some("anna"))], "is not signed by ivik"),
            (vec![(enrol("anna"), "anna", Some("malik"))], "enrols anna again"),
            (
                vec![(
                    Event::OperatorEnrolled(Enrolment { name: "ivik".into(), ..enrolment("anna") }),
                    "anna",
                    Some("malik"),
                )],
                "enrols ivik with another operator's key",
            ),
            (
                vec![(retire("anna"), "anna", Some("malik"))],
                "is signed by the operator whom it retires: two who remain must sign",
            ),
            (
                vec![(retire("malik"), "anna", Some("malik"))],
                "is signed by the operator whom it retires: two who remain must sign",
            ),
            (vec![(retire("ivik"), "anna", Some("malik"))], "retires ivik, who is not an operator"),
            (vec![(adopted(1), "anna", None)], "takes two operators and is signed by one"),
            (vec![(adopted(2), "anna", Some("malik"))], "begins epoch 2 after epoch 0"),
            (
                vec![(adopted(1), "anna", Some("malik")), (adopted(1), "anna", Some("sara"))],
                "begins epoch 1 after epoch 1",
            ),
            (
                vec![(Event::OperatorRecovered { name: "malik".into() }, "anna", None)],
                "lets anna set the passphrase of malik",
            ),
            (vec![(accepted(), "anna", None)], "takes two operators and is signed by one"),
            (
                after(vec![(Event::BankIsAhead { batches: vec![id] }, "anna", None)]),
                "calls batch B0001 unknown, which the ledger holds",
            ),
            (
                after(vec![approved_by_malik(), (bank_is_ahead(), "anna", None), (begun(digest()), "anna", None)]),
                "releases batch B0001 while the bank knows of B0007, which the ledger does not hold",
            ),
            (
                after(vec![(bank_is_ahead(), "anna", None), cancelled(), (prepared(2), "anna", None)]),
                "prepares batch B0002 out of turn",
            ),
            (vec![(retire("sara"), "anna", None)], "takes two operators and is signed by one"),
            (vec![(retire("sara"), "anna", Some("malik")), (episode("attack"), "sara", None)], "is not signed by sara"),
            (
                vec![(retire("sara"), "anna", Some("malik")), (enrol("sara"), "anna", Some("malik"))],
                "enrols sara again",
            ),
            (
                vec![(retire("sara"), "anna", Some("malik")), (retire("malik"), "anna", Some("sara"))],
                "is not signed by sara",
            ),
        ];
        for (at, (steps, rule)) in table.into_iter().enumerate() {
            assert_eq!(play(steps).err().as_deref(), Some(rule), "case {at}");
        }
    }

    #[test]
    fn a_baseline_is_of_somebody_and_recorded_once() {
        let scheme = |name: &str, count, currency| BaselineScheme {
            scheme: Scheme::new(name).expect("a name"),
            sum: Sum { count, amount: Amount::from_minor_units(100, currency) },
        };
        let pension = || scheme("Pension", 1, Currency::Dkk);
        let added = |schemes: Vec<BaselineScheme>, content| {
            let parts = SealedParts { key: KeyId([1; 8]), count: 1, root: Digest([2; 32]) };
            let period = "2022-03".parse().expect("a period");
            let recorded = RecordedBaseline { period, schemes, content: [content; 8], parts };
            (Event::BaselineAdded(Box::new(recorded)), "anna", None)
        };
        assert_eq!(play(vec![added(vec![pension()], 1), added(vec![pension()], 2)]).map(|s| s.baselines.len()), Ok(2));
        let table: [(Vec<Step>, &str); 5] = [
            (vec![added(vec![], 1)], "adds a baseline of nobody"),
            (
                vec![added(vec![pension(), scheme("PENSION", 1, Currency::Dkk)], 1)],
                "adds a baseline with a scheme in it twice",
            ),
            (vec![added(vec![scheme("Pension", 0, Currency::Dkk)], 1)], "adds a baseline whose sums cannot be"),
            (vec![added(vec![scheme("Pension", 1, Currency::Sek)], 1)], "adds a baseline whose sums cannot be"),
            (vec![added(vec![pension()], 1), added(vec![pension()], 1)], "adds the same baseline again"),
        ];
        for (steps, rule) in table {
            assert_eq!(play(steps).err().as_deref(), Some(rule));
        }
    }

    #[test]
    fn a_batch_is_compared_with_baselines_when_it_is_prepared_and_with_those_that_there_are() {
        let beside = |baselines: Vec<u64>| {
            let counts = BesideBaselines {
                batch: BatchId::new('B', 1),
                provisional: false,
                baselines,
                not_compared: vec![],
                new_persons: 0,
                accounts_changed: 0,
                amounts_changed: 0,
                missing: 0,
            };
            Event::BatchComparedWithBaselines(Box::new(counts))
        };
        let with = |mut steps: Vec<Step>| {
            steps.splice(0..0, [(episode("attack"), "anna", None), (prepared(1), "anna", None)]);
            play(steps).map(|state| state.beside_baselines.len())
        };
        assert_eq!(with(vec![(beside(vec![]), "anna", None)]), Ok(1));
        let late = "compares batch B0001 with baselines at another time than it was prepared";
        for steps in [
            vec![(beside(vec![]), "malik", None)],
            vec![(beside(vec![]), "anna", None), (beside(vec![]), "anna", None)],
            vec![(Event::BatchCancelled { batch: BatchId::new('B', 1) }, "anna", None), (beside(vec![]), "anna", None)],
        ] {
            assert_eq!(with(steps).err().as_deref(), Some(late));
        }
        let none = with(vec![(beside(vec![3]), "anna", None)]);
        assert_eq!(none.err().as_deref(), Some("compares batch B0001 with a baseline that does not exist"));
        assert!(play(vec![(beside(vec![]), "anna", None)]).is_err());
    }

    trait ConcatSteps {
        fn concat_steps(self) -> Vec<Step>;
    }

    impl ConcatSteps for [Vec<Step>; 2] {
        fn concat_steps(self) -> Vec<Step> {
            self.into_iter().flatten().collect()
        }
    }

    #[test]
    fn an_entry_is_believed_in_its_place_as_it_was_signed_and_nowhere_else() {
        let state = play(vec![]).expect("opens");
        let entry = Entry::record(LEDGER, Some(&state.head), 0, &episode("attack"), &signer("anna"), None);
        let refused = |change: &dyn Fn(&mut Entry)| {
            let mut changed = entry.clone();
            change(&mut changed);
            let mut state = state.clone();
            let rule = state.apply(&changed).expect_err("refused").0;
            assert_eq!(state.head, self::play(vec![]).expect("opens").head, "the state stays as it was");
            rule
        };
        assert_eq!(refused(&|entry| entry.seq = 3), "stands where entry 2 should");
        assert_eq!(refused(&|entry| entry.previous = Digest([0; 32])), "does not follow from the entry before it");
        assert_eq!(refused(&|entry| entry.at = 9), "was changed after it was recorded");
        assert_eq!(refused(&|entry| entry.signature[0] ^= 1), "is not signed by anna");
        // Somebody who recomputes the digest still has no key to sign it with.
        let recomputed = refused(&|entry| {
            entry.event = episode("another").to_bytes();
            entry.digest = entry.compute_digest(LEDGER);
        });
        assert_eq!(recomputed, "is not signed by anna");
        let renamed = refused(&|entry| {
            entry.actor = "malik".into();
            entry.digest = entry.compute_digest(LEDGER);
        });
        assert_eq!(renamed, "is not signed by malik");
    }

    #[test]
    fn a_ledger_is_opened_by_two_of_its_operators() {
        let open = |operators: &[&str], actor: &str, second: Option<&str>| {
            let second = second.map(signer);
            LedgerState::open(&Entry::record(LEDGER, None, 0, &opened(operators), &signer(actor), second.as_ref()))
        };
        assert!(open(&["anna", "malik"], "anna", Some("malik")).is_ok());
        assert!(open(&["anna", "malik"], "anna", None).is_err());
        assert!(open(&["anna", "malik"], "anna", Some("anna")).is_err());
        assert!(open(&["anna", "malik"], "anna", Some("ivik")).is_err());
        assert!(open(&["anna", "anna"], "anna", Some("malik")).is_err());
    }
}
