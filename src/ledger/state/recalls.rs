//! The rules of recalls: only what was sent as a message and is not recalled already can be called back, whole, and the bank's answers are
//! about what it was asked.

use super::{BatchPhase, LedgerState, RuleBroken, broken};
use crate::batch::Sum;
use crate::ledger::entry::Entry;
use crate::ledger::recalls::{
    RecallGivenUp, RecallId, RecallStanding, RecallState, RecalledPayment, RecordedAnswer, RecordedRecall,
};
use crate::payment::{Amount, EndToEndId};
use crate::{phrase, say};

impl LedgerState {
    pub fn next_recall(&self) -> RecallId {
        RecallId(self.recalls.keys().next_back().map_or(0, |last| last.0) + 1)
    }

    /// The recall of a payment that is open, or that the bank has accepted.
    pub fn recall_of(&self, payment: &EndToEndId) -> Option<&RecallState> {
        let lasts = |standing: RecallStanding| standing.is_open() || standing == RecallStanding::Accepted;
        self.recalls.values().rev().find(|recall| recall.holds(payment) && lasts(recall.standing_of(payment)))
    }

    pub(super) fn begin_recall(&mut self, recorded: RecordedRecall, entry: &Entry) -> Result<(), RuleBroken> {
        let id = recorded.recall;
        if id != self.next_recall() {
            return broken(say!("begins recall {recall} out of turn", recall = id.to_string()));
        }
        if !self.comparisons.contains_key(&recorded.basis) {
            return broken(say!("begins recall {recall} before anything was compared", recall = id.to_string()));
        }
        if self.recalls.values().any(|other| other.recorded.message_id == recorded.message_id) {
            return broken(say!("begins recall {recall} under the id of another", recall = id.to_string()));
        }
        let ascending = recorded.payments.windows(2).all(|pair| pair[0] < pair[1]);
        if recorded.payments.is_empty() || !ascending {
            return broken(say!("begins recall {recall} of no payment, or of one twice", recall = id.to_string()));
        }
        let mut sum = Sum::zero(self.currency);
        for (at, one) in recorded.payments.iter().enumerate() {
            self.refuse_to_recall(id, one)?;
            if recorded.payments[..at].iter().any(|other| other.payment == one.payment) {
                return broken(say!("begins recall {recall} of one payment twice", recall = id.to_string()));
            }
            if sum.add(Amount::from_minor_units(one.amount, self.currency)).is_err() {
                return broken(say!("begins recall {recall} of more than can be", recall = id.to_string()));
            }
        }
        if sum != recorded.sum {
            return broken(say!("begins recall {recall}, which does not add up", recall = id.to_string()));
        }
        let state = RecallState {
            recorded,
            entry: entry.seq,
            at: entry.at,
            by: entry.actor.clone(),
            second: entry.second.clone().unwrap_or_default(),
            written: false,
            answers: Default::default(),
            given_up: None,
        };
        self.recalls.insert(id, state);
        Ok(())
    }

    fn refuse_to_recall(&mut self, id: RecallId, one: &RecalledPayment) -> Result<(), RuleBroken> {
        let RecalledPayment { batch, file, segment, payment, amount } = *one;
        if let Some(other) = self.recall_of(&payment) {
            return broken(say!(
                "begins recall {recall} of a payment that {other} recalls",
                recall = id.to_string(),
                other = other.id().to_string()
            ));
        }
        let kept = self.batch_in(batch, &[BatchPhase::Released], phrase!("recalls a payment of"))?;
        if kept.sheets.is_some() || kept.prepared.profile.message.is_flat() {
            return broken(say!(
                "begins recall {recall} of a payment that left in no message",
                recall = id.to_string()
            ));
        }
        let block = kept.prepared.plan.files.get(file as usize).and_then(|file| file.segments.get(segment as usize));
        match block {
            Some(block) if (1..=block.sum.amount.minor_units()).contains(&amount) => Ok(()),
            _ => broken(say!(
                "begins recall {recall} of a payment that its batch does not have",
                recall = id.to_string()
            )),
        }
    }

    pub(super) fn write_recall(&mut self, id: RecallId) -> Result<(), RuleBroken> {
        match self.recalls.get_mut(&id) {
            Some(recall) if !recall.written => {
                recall.written = true;
                Ok(())
            }
            Some(_) => broken(say!("writes recall {recall} again", recall = id.to_string())),
            None => broken(say!("writes recall {recall}, which does not exist", recall = id.to_string())),
        }
    }

    pub(super) fn answer_recall(&mut self, answer: RecordedAnswer, entry: u64) -> Result<(), RuleBroken> {
        let id = answer.recall;
        let Some(recall) = self.recalls.get_mut(&id) else {
            return broken(say!("answers recall {recall}, which does not exist", recall = id.to_string()));
        };
        if answer.payments.is_empty() || answer.payments.iter().any(|one| !recall.holds(&one.payment)) {
            return broken(say!("answers recall {recall} about what it did not ask for", recall = id.to_string()));
        }
        recall.answers.insert(entry, answer);
        Ok(())
    }

    pub(super) fn give_recall_up(&mut self, given_up: &RecallGivenUp, entry: u64) -> Result<(), RuleBroken> {
        let id = given_up.recall;
        match self.recalls.get_mut(&id) {
            Some(recall) if recall.is_open() => {
                recall.given_up = Some(entry);
                Ok(())
            }
            Some(_) => broken(say!("gives up recall {recall}, which is not open", recall = id.to_string())),
            None => broken(say!("gives up recall {recall}, which does not exist", recall = id.to_string())),
        }
    }
}
