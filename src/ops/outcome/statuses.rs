//! pain.002: the bank's answer to one of our messages.

use std::collections::{HashMap, HashSet};

use super::super::bank_files::{self, Source as Payments};
use super::super::key_store::KeyStore;
use super::recorder::{Found, Recorder, Told, payment_of};
use super::{Tally, Target, Targets, left_as_file};
use crate::bank::report::item::{LevelStatus, PaymentStatus, Status, Verdict};
use crate::fault::Result;
use crate::ledger::outcome::{EvidenceKind, ReasonCode, Source};
use crate::ops::Unlocked;
use crate::payment::{BatchId, EndToEndId};

pub struct Statuses<'t> {
    targets: &'t Targets,
    message_id: String,
    /// The file of ours that is answered.
    message: Option<Target>,
    group: Status,
    group_stands_alone: bool,
    blocks: HashMap<String, Status>,
    /// The block at hand names no payment so far.
    block_stands_alone: bool,
    /// Payments with a line of their own: what stands above them has been applied there.
    named: HashSet<EndToEndId>,
    tally: Tally,
}

impl<'t> Statuses<'t> {
    pub fn new(targets: &'t Targets) -> Self {
        Self {
            targets,
            message_id: String::new(),
            message: None,
            group: Status::default(),
            group_stands_alone: true,
            blocks: HashMap::new(),
            block_stands_alone: false,
            named: HashSet::new(),
            tally: Tally::default(),
        }
    }

    pub fn message(&mut self, recorder: &mut Recorder, level: &LevelStatus) -> Result<()> {
        self.message_id.clone_from(&level.message_id);
        self.group = level.status.clone();
        let target = self.targets.get(&level.message_id).filter(|target| target.segment.is_none());
        match target {
            Some(target) if left_as_file(&recorder.recording.state, target.batch) => self.message = Some(*target),
            Some(target) => recorder.warnings.message_never_released(&level.message_id, target.batch),
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

    pub fn block(&mut self, level: &LevelStatus) -> Result<()> {
        self.close_block();
        self.group_stands_alone = false;
        self.block_stands_alone = true;
        self.blocks.insert(level.payment_information_id.clone(), level.status.clone());
        Ok(())
    }

    pub fn payment(&mut self, recorder: &mut Recorder, payment: &PaymentStatus) -> Result<()> {
        self.block_stands_alone = false;
        self.tally.entries += 1;
        let mut matched = false;
        for id in &payment.reference.whole {
            match recorder.find(id)? {
                Found::Payment(claim, live) if self.answers(claim.batch) => {
                    matched = true;
                    self.named.insert(*id);
                    if payment.status.verdict == Verdict::Duplicate && self.group.verdict != Verdict::Duplicate {
                        recorder.warnings.duplicate_at_bank(&id.to_string(), &payment.status.reason);
                    }
                    if let Some(told) = told(&payment.status) {
                        self.tally.count(recorder.keep_status((&claim, live), told)?);
                    }
                }
                Found::Payment(..) => recorder.warnings.other_message(id, &payment.message_id),
                Found::NeverReleased(batch) => recorder.warnings.never_released(id, batch),
                Found::AnotherDesks => {}
                Found::Nothing => recorder.warnings.unknown_reference(id),
            }
        }
        self.tally.count_entry(matched);
        Ok(())
    }

    /// Whether the message that is answered can hold payments of the batch. A bank that does not name the message is believed.
    fn answers(&self, batch: BatchId) -> bool {
        match self.message {
            Some(target) => target.batch == batch,
            None => !names_a_message(&self.message_id),
        }
    }

    fn close_block(&mut self) {
        if std::mem::take(&mut self.block_stands_alone) {
            self.tally.entries += 1;
            self.tally.count_entry(self.message.is_some());
        }
    }

    /// Applies what stands above to every payment that has no line of its own.
    pub fn finish(mut self, recorder: &mut Recorder, who: &Unlocked, keys: &KeyStore) -> Result<Tally> {
        self.close_block();
        if self.group_stands_alone {
            self.tally.entries += 1;
            self.tally.count_entry(self.message.is_some());
        }
        let Some(target) = self.message else { return Ok(self.tally) };
        let tells = |status: &Status| status.verdict != Verdict::Open;
        if !tells(&self.group) && !self.blocks.values().any(tells) {
            return Ok(self.tally);
        }
        let mut heirs: Vec<(EndToEndId, Told)> = Vec::new();
        let (blocks, group, named) = (&self.blocks, &self.group, &self.named);
        each_of_file(recorder, who, keys, target, &mut |block, payment| {
            let status = blocks.get(block).unwrap_or(group);
            if let Some(told) = told(status)
                && !named.contains(&payment)
            {
                heirs.push((payment, told));
            }
            Ok(())
        })?;
        // In the order of the ledger's index, which is what keeps many of them fast.
        heirs.sort_unstable_by_key(|(payment, _)| *payment);
        for (payment, told) in heirs {
            if let Found::Payment(claim, live) = recorder.find(&payment)? {
                debug_assert_eq!(payment_of(&claim), payment);
                self.tally.count(recorder.keep_status((&claim, live), told)?);
            }
        }
        Ok(self.tally)
    }
}

/// Banks write `NOTPROVIDED` where they do not know.
fn names_a_message(id: &str) -> bool {
    !id.is_empty() && id != "NOTPROVIDED"
}

/// What a status adds to a payment's evidence; `None` where it leaves everything open.
fn told(status: &Status) -> Option<Told> {
    let kind = match status.verdict {
        Verdict::Open => return None,
        Verdict::Accepted => EvidenceKind::Accepted,
        Verdict::Settled => EvidenceKind::Settled,
        Verdict::Rejected => EvidenceKind::Rejected,
        Verdict::Duplicate => EvidenceKind::DuplicateAtBank,
    };
    let reason = ReasonCode::new(&status.reason);
    Some(Told { kind, source: Source::StatusReport, amount: None, booked_on: None, reason })
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
