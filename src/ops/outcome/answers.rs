//! camt.029: the bank's answer to a recall.
//!
//! An answer is this ledger's where it names a recall's id, and only what the recall asked for is answered by it. What it accepts becomes evidence
//! about the payment, like a rejection; what it refuses or leaves pending changes nothing about the payment.

use std::collections::{BTreeMap, BTreeSet};

use super::aside::Aside;
use super::recorder::{Found, Recorder, Told};
use crate::bank::camt055::CancellationRequest;
use crate::bank::report::item::{RecallAnswer, RecallScope, RecallVerdict};
use crate::fault::Result;
use crate::ledger::outcome::{EvidenceKind, ReasonCode, Source};
use crate::ledger::recalls::{AnswerVerdict, AnsweredPayment, RecallId, RecallStanding, RecallState, RecordedAnswer};
use crate::payment::{Amount, EndToEndId};

/// What the bank's word on one recalled payment comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerTold {
    pub recall: RecallId,
    pub finding: String,
    pub payment: EndToEndId,
    pub amount: Amount,
    pub standing: RecallStanding,
    pub reason: Option<ReasonCode>,
}

/// The reason by which a payment is known that was taken back when that was asked for.
const FOLLOWS_A_CANCELLATION: &str = "FOCR";

pub struct Answers {
    /// Which of the command's files it is.
    file: u32,
    told: Vec<RecallAnswer>,
}

impl Answers {
    pub fn of_file(file: u32) -> Self {
        Self { file, told: Vec::new() }
    }

    pub fn take(&mut self, answer: &RecallAnswer) -> Result<()> {
        self.told.push(answer.clone());
        Ok(())
    }

    /// When everything is read whole: finds the recall and keeps what is new.
    pub fn keep(self, recorder: &mut Recorder, aside: &mut Aside) -> Result<()> {
        let tally = &mut aside.tallies[self.file as usize];
        let named: BTreeSet<EndToEndId> =
            self.told.iter().flat_map(|one| one.reference.whole.iter().copied()).collect();
        tally.entries = (named.len() as u64).max(1);
        let Some(recall) = self.recall_in(recorder) else {
            tally.unmatched = tally.entries;
            let id = self.told.iter().flat_map(|one| &one.ids).next().cloned().unwrap_or_default();
            let ours = named.iter().find(|payment| is_ours(recorder, payment));
            recorder.warnings.recall_unknown(&id, ours);
            return Ok(());
        };
        for stranger in named.iter().filter(|payment| !recall.holds(payment)) {
            recorder.warnings.recall_of_another(recall.id(), stranger);
            tally.unmatched += 1;
        }
        tally.matched = tally.entries.saturating_sub(tally.unmatched);
        let mut new = Vec::new();
        for one in &recall.recorded.payments {
            let Some((verdict, reason)) = self.verdict_on(&one.payment, &recall, recorder) else { continue };
            let answered = AnsweredPayment { payment: one.payment, verdict, reason };
            let before: Vec<AnswerVerdict> = recorder.recall_verdicts(&recall, &one.payment);
            if before.contains(&verdict) {
                tally.count(false);
                continue;
            }
            let against = match verdict {
                AnswerVerdict::Accepted => before.contains(&AnswerVerdict::Refused),
                AnswerVerdict::Refused => before.contains(&AnswerVerdict::Accepted),
                AnswerVerdict::Pending => false,
            };
            if against {
                recorder.warnings.recall_contradicted(recall.id(), &one.payment);
            } else if verdict == AnswerVerdict::Accepted {
                self.take_back(recorder, &recall, &one.payment)?;
            }
            tally.count(true);
            new.push(answered);
        }
        if !new.is_empty() {
            recorder.answers.push(RecordedAnswer { recall: recall.id(), payments: new });
        }
        Ok(())
    }

    /// By an id that the answer names. Where it names none at all, by a payment that one open recall alone holds.
    fn recall_in(&self, recorder: &Recorder) -> Option<RecallState> {
        let recalls = &recorder.recording.state.recalls;
        let ids = || self.told.iter().flat_map(|one| &one.ids);
        let is_named = |recall: &&RecallState| {
            let message = recall.recorded.message_id.as_str();
            let blocks = recall.recorded.payments.len();
            ids().any(|id| id == message || (0..blocks).any(|at| *id == CancellationRequest::block_id(message, at)))
        };
        if let Some(found) = recalls.values().find(is_named) {
            return Some(found.clone());
        }
        let names_a_case = ids().any(|id| !id.is_empty() && id != "NOTPROVIDED");
        if names_a_case && !ids().all(|id| recorder.is_own_message(id)) {
            return None;
        }
        let named = || self.told.iter().flat_map(|one| &one.reference.whole);
        let mut open =
            recalls.values().filter(|recall| recall.is_open() && named().any(|payment| recall.holds(payment)));
        open.next().filter(|_| open.next().is_none()).cloned()
    }

    /// What is said of one payment, on the lowest level that says anything.
    fn verdict_on(
        &self,
        payment: &EndToEndId,
        recall: &RecallState,
        recorder: &Recorder,
    ) -> Option<(AnswerVerdict, String)> {
        let place = recall.recorded.payments.iter().find(|one| one.payment == *payment)?;
        let plan = &recorder.recording.state.batches.get(&place.batch)?.prepared.plan;
        let file = plan.files.get(place.file as usize)?;
        let block = file.segments.get(place.segment as usize)?;
        let of_payment =
            |one: &&RecallAnswer| one.scope == RecallScope::Payment && one.reference.whole.contains(payment);
        let of_block = |one: &&RecallAnswer| {
            one.scope == RecallScope::Block && one.payment_information_id == block.payment_information_id
        };
        let of_message = |one: &&RecallAnswer| {
            one.scope == RecallScope::Message
                && (one.message_id == file.message_id || one.message_id == recall.recorded.message_id)
        };
        let own: Vec<&RecallAnswer> = self.told.iter().filter(of_payment).collect();
        let told = if !own.is_empty() {
            own
        } else if let Some(above) = self.told.iter().find(of_block).or_else(|| self.told.iter().find(of_message)) {
            vec![above]
        } else if self.told.iter().all(|one| one.scope == RecallScope::Case) {
            self.told.iter().collect()
        } else {
            return None;
        };
        // Named twice in one answer, and not alike: nothing is certain.
        let verdict =
            told.first().map(|one| one.verdict()).filter(|first| told.iter().all(|one| one.verdict() == *first));
        let inherits = told.iter().all(|one| one.scope != RecallScope::Payment);
        let others_differ = || {
            let named = self.told.iter().filter(|one| one.scope == RecallScope::Payment);
            named.map(RecallAnswer::verdict).any(|other| other != RecallVerdict::Accepted)
        };
        let verdict = match verdict? {
            RecallVerdict::Accepted if inherits && others_differ() => return None,
            RecallVerdict::Accepted => AnswerVerdict::Accepted,
            RecallVerdict::Refused => AnswerVerdict::Refused,
            RecallVerdict::Pending => AnswerVerdict::Pending,
            RecallVerdict::Open => return None,
        };
        let reason = told.iter().find_map(|one| ReasonCode::new(&one.reason));
        Some((verdict, reason.map(|code| code.as_str().to_owned()).unwrap_or_default()))
    }

    /// Keeps that the bank took a payment back.
    fn take_back(&self, recorder: &mut Recorder, recall: &RecallState, payment: &EndToEndId) -> Result<()> {
        let Found::Payment(claim, live) = recorder.find(payment)? else { return Ok(()) };
        let told = Told {
            kind: EvidenceKind::Cancelled,
            source: Source::Resolution,
            amount: None,
            booked_on: self.told.iter().find_map(|one| one.answered_on),
            reason: ReasonCode::new(FOLLOWS_A_CANCELLATION),
        };
        let identity = recorder.tagger.identity(&["stopgap recall answered 1", &recall.recorded.message_id]);
        recorder.keep_identified(claim, live, told, identity).map(drop)
    }
}

fn is_ours(recorder: &mut Recorder, payment: &EndToEndId) -> bool {
    matches!(recorder.find(payment), Ok(Found::Payment(..)))
}

/// What the answers of a command come to, payment by payment, once they are recorded.
pub fn tell(
    recalls: &BTreeMap<RecallId, RecallState>,
    new: &[RecordedAnswer],
    amount: impl Fn(i64) -> Amount,
) -> Vec<AnswerTold> {
    let mut told = Vec::new();
    for answer in new {
        let Some(recall) = recalls.get(&answer.recall) else { continue };
        for one in &answer.payments {
            let sent = recall.recorded.payments.iter().find(|sent| sent.payment == one.payment);
            told.push(AnswerTold {
                recall: answer.recall,
                finding: crate::ops::findings::id(recall.recorded.basis, recall.recorded.number),
                payment: one.payment,
                amount: amount(sent.map_or(0, |sent| sent.amount)),
                standing: recall.standing_of(&one.payment),
                reason: one.reason_code(),
            });
        }
    }
    told
}
