//! pain.002: the bank's answer to one of our messages.

use std::collections::HashMap;

use super::super::bank_files::{self, Source as Payments};
use super::super::key_store::KeyStore;
use super::aside::{Above, Aside, Line, Place, Said};
use super::bookings::shown;
use super::recorder::Recorder;
use super::{Tally, Target, Targets, left_as_file};
use crate::bank::report::item::{LevelStatus, PaymentStatus, Status, Verdict};
use crate::fault::Result;
use crate::ledger::outcome::{EvidenceKind, ReasonCode};
use crate::ledger::recalls::{AnswerVerdict, AnsweredPayment, RecordedAnswer};
use crate::ops::Unlocked;
use crate::payment::EndToEndId;

pub struct Statuses<'t> {
    targets: &'t Targets,
    message_id: String,
    /// The file of ours that is answered.
    message: Option<Target>,
    /// It answers the file of a recall.
    of_recall: bool,
    group: Status,
    group_stands_alone: bool,
    /// By the ids that are ours.
    blocks: HashMap<String, Status>,
    block: LevelStatus,
    /// The block at hand names no payment so far.
    block_stands_alone: bool,
    /// Which of the command's files this is, and how many entries it has had.
    file: u32,
    entries: u64,
}

impl<'t> Statuses<'t> {
    pub fn new(targets: &'t Targets, file: u32) -> Self {
        Self {
            targets,
            message_id: String::new(),
            message: None,
            of_recall: false,
            group: Status::default(),
            group_stands_alone: true,
            blocks: HashMap::new(),
            block: LevelStatus::default(),
            block_stands_alone: false,
            file,
            entries: 0,
        }
    }

    pub fn message(&mut self, recorder: &mut Recorder, level: &LevelStatus) -> Result<()> {
        self.message_id.clone_from(&level.message_id);
        self.group = level.status.clone();
        let target = self.targets.get(&level.message_id).filter(|target| target.segment.is_none());
        match target {
            Some(target) if left_as_file(&recorder.recording.state, target.batch) => self.message = Some(*target),
            Some(target) => recorder.warnings.message_never_released(&level.message_id, target.batch),
            None if answers_a_recall(recorder, level) => self.of_recall = true,
            None if names_a_message(&level.message_id) => {
                recorder.warnings.unknown_message(&level.message_id);
                recorder.see_unknown_id(&level.message_id);
            }
            None => {}
        }
        if self.message.is_some() && level.status.verdict == Verdict::Duplicate {
            let what = format!("message {}", level.message_id);
            recorder.warnings.duplicate_at_bank(&what, &level.status.reason);
        }
        Ok(())
    }

    pub fn block(&mut self, recorder: &mut Recorder, aside: &mut Aside, level: &LevelStatus) -> Result<()> {
        self.close_block(recorder, aside)?;
        self.group_stands_alone = false;
        self.block = level.clone();
        self.block_stands_alone = true;
        if self.targets.contains_key(&level.payment_information_id) {
            // Of a block that is told twice, a duplicate stands whatever is said besides.
            let told = self.blocks.entry(level.payment_information_id.clone()).or_default();
            if told.verdict != Verdict::Duplicate {
                *told = level.status.clone();
            }
        }
        if self.message.is_some() && !self.group_is(Verdict::Duplicate) && level.status.verdict == Verdict::Duplicate {
            let what = format!("block {}", shown(&level.payment_information_id));
            recorder.warnings.duplicate_at_bank(&what, &level.status.reason);
        }
        Ok(())
    }

    pub fn payment(&mut self, recorder: &mut Recorder, aside: &mut Aside, payment: &PaymentStatus) -> Result<()> {
        self.block_stands_alone = false;
        let references = payment.reference.whole.as_slice();
        let place = Place { file: self.file, entry: self.entries, alone: references.len() < 2 };
        self.entries += 1;
        if references.is_empty() || self.of_recall {
            if payment.status.verdict == Verdict::Rejected && !self.block_is_known_rejected() {
                self.unnamed_rejection(recorder, &payment.status);
            }
            return aside.resolve(place, false);
        }
        for id in references {
            let Status { verdict, reason, .. } = &payment.status;
            let line = Line {
                place,
                answers: self.message.map(|target| target.batch),
                names_message: names_a_message(&self.message_id),
                message_id: payment.message_id.clone(),
                kind: kind_of(*verdict),
                reason: reason.clone(),
                tell_duplicate: *verdict == Verdict::Duplicate
                    && !self.group_is(Verdict::Duplicate)
                    && self.block.status.verdict != Verdict::Duplicate,
            };
            aside.say(id, &Said::Status(line))?;
        }
        Ok(())
    }

    fn close_block(&mut self, recorder: &mut Recorder, aside: &mut Aside) -> Result<()> {
        if !std::mem::take(&mut self.block_stands_alone) {
            return Ok(());
        }
        let is_known = self.blocks.contains_key(&self.block.payment_information_id);
        if !is_known && self.block.status.verdict == Verdict::Rejected {
            self.unnamed_rejection(recorder, &self.block.status);
        }
        self.count_level(aside, is_known)
    }

    /// Counts a level that stands for the payments below it.
    fn count_level(&mut self, aside: &mut Aside, is_known: bool) -> Result<()> {
        let place = Place { file: self.file, entry: self.entries, alone: true };
        self.entries += 1;
        aside.resolve(place, self.message.is_some() && is_known)
    }

    fn group_is(&self, verdict: Verdict) -> bool {
        self.group.verdict == verdict
    }

    /// Whether the block at hand is one of ours that the bank rejects: with all of its payments, named or not.
    fn block_is_known_rejected(&self) -> bool {
        let known = self.blocks.get(&self.block.payment_information_id);
        known.is_some_and(|status| status.verdict == Verdict::Rejected)
    }

    /// Tells of a rejection in a message of ours from which nobody can tell what it is about. That of the whole message needs no name.
    fn unnamed_rejection(&self, recorder: &mut Recorder, status: &Status) {
        if self.message.is_some() && !self.group_is(Verdict::Rejected) {
            recorder.warnings.unnamed_rejection(&self.message_id, &status.reason);
        }
    }

    /// Puts aside what stands above for every payment of the file: those that have a line of their own will not heed it.
    pub fn finish(mut self, recorder: &mut Recorder, aside: &mut Aside, who: &Unlocked, keys: &KeyStore) -> Result<()> {
        self.close_block(recorder, aside)?;
        if self.group_stands_alone {
            self.count_level(aside, true)?;
        }
        aside.tallies[self.file as usize].entries = self.entries;
        let Some(target) = self.message else { return Ok(()) };
        let tells = |status: &Status| kind_of(status.verdict).is_some();
        if !tells(&self.group) && !self.blocks.values().any(tells) {
            return Ok(());
        }
        let Self { blocks, group, file, .. } = &self;
        each_of_file(recorder, who, keys, target, &mut |block, payment| {
            let status = blocks.get(block).unwrap_or(group);
            match kind_of(status.verdict) {
                Some(kind) => {
                    aside.say(&payment, &Said::Above(Above { file: *file, kind, reason: status.reason.clone() }))
                }
                None => Ok(()),
            }
        })
    }
}

/// Banks that take a recall in as a file say of it what they say of every file. Where they refuse it, nothing is taken back.
fn answers_a_recall(recorder: &mut Recorder, level: &LevelStatus) -> bool {
    let recalls = &recorder.recording.state.recalls;
    let Some(recall) = recalls.values().find(|recall| recall.recorded.message_id == level.message_id).cloned() else {
        return false;
    };
    let verdict = level.status.verdict;
    recorder.warnings.recall_file(recall.id(), matches!(verdict, Verdict::Rejected | Verdict::Duplicate));
    if verdict != Verdict::Rejected {
        return true;
    }
    let reason = ReasonCode::new(&level.status.reason).map(|code| code.as_str().to_owned()).unwrap_or_default();
    let payments = recall.recorded.payments.iter().map(|one| one.payment);
    let new = payments.filter(|payment| recorder.recall_verdicts(&recall, payment).is_empty());
    let refused = |payment| AnsweredPayment { payment, verdict: AnswerVerdict::Refused, reason: reason.clone() };
    let payments: Vec<AnsweredPayment> = new.map(refused).collect();
    if !payments.is_empty() {
        recorder.answers.push(RecordedAnswer { recall: recall.id(), payments });
    }
    true
}

/// Banks write `NOTPROVIDED` where they do not know.
fn names_a_message(id: &str) -> bool {
    !id.is_empty() && id != "NOTPROVIDED"
}

/// What a status adds to a payment's evidence; `None` where it leaves everything open.
fn kind_of(verdict: Verdict) -> Option<EvidenceKind> {
    match verdict {
        Verdict::Open => None,
        Verdict::Accepted => Some(EvidenceKind::Accepted),
        Verdict::Settled => Some(EvidenceKind::Settled),
        Verdict::Rejected => Some(EvidenceKind::Rejected),
        Verdict::Duplicate => Some(EvidenceKind::DuplicateAtBank),
    }
}

/// Hands out the payments of one of our files, each with its payment information id.
pub fn each_of_file(
    recorder: &mut Recorder,
    who: &Unlocked,
    keys: &KeyStore,
    target: Target,
    visit: &mut dyn FnMut(&str, EndToEndId) -> Result<()>,
) -> Result<()> {
    let state = &recorder.recording.state;
    let Some(batch) = state.batches.get(&target.batch) else { return Ok(()) };
    let Some(episode) = state.episode(&batch.prepared.episode) else { return Ok(()) };
    let key = who.episode_key(keys, episode.key)?;
    let source = Payments { ledger: state.ledger, batch: target.batch, key: &key };
    let files = &batch.prepared.plan.files;
    bank_files::each_placed(&mut *recorder.recording.transaction, &source, files, &mut |file, segment, payment| {
        let wanted = file == target.file && target.segment.is_none_or(|wanted| wanted == segment);
        match files.get(file).and_then(|file| file.segments.get(segment)) {
            Some(block) if wanted => visit(&block.payment_information_id, payment.end_to_end_id),
            _ => Ok(()),
        }
    })
}

impl Tally {
    pub fn count(&mut self, is_new: bool) {
        if is_new {
            self.new += 1;
        } else {
            self.again += 1;
        }
    }

    pub fn count_entry(&mut self, matched: bool) {
        if matched {
            self.matched += 1;
        } else {
            self.unmatched += 1;
        }
    }
}
