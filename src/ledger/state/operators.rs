//! Who may act, and in which episode.

use super::{BatchPhase, Episode, LedgerState, Operator, RuleBroken, broken};
use crate::ledger::entry::{Entry, is_signed_by};
use crate::ledger::event::Enrolment;
use crate::ledger::recovery::{RecordedRecovery, recovery_message};
use crate::say;

impl LedgerState {
    pub(super) fn enrol(&mut self, enrolment: Enrolment, seq: u64) -> Result<(), RuleBroken> {
        let Enrolment { name, public_key } = enrolment;
        if self.operators.iter().any(|operator| operator.name == name) {
            return broken(say!("enrols {name} again", name));
        }
        if self.operators.iter().any(|operator| operator.public_key == public_key) {
            return broken(say!("enrols {name} with another operator's key", name));
        }
        self.operators.push(Operator { name, public_key, enrolled: seq, retired: None });
        Ok(())
    }

    pub(super) fn retire(&mut self, name: &str, entry: &Entry) -> Result<(), RuleBroken> {
        if name == entry.actor || Some(name) == entry.second.as_deref() {
            return broken(say!("is signed by the operator whom it retires: two who remain must sign"));
        }
        if self.active_operators().count() <= 2 {
            return broken(say!("would leave fewer than two operators"));
        }
        match self.operators.iter_mut().find(|operator| operator.name == name && operator.retired.is_none()) {
            Some(operator) => operator.retired = Some(entry.seq),
            None => return broken(say!("retires {name}, who is not an operator", name)),
        }
        Ok(())
    }

    /// The state in which the operators whom the recovery code names have taken the place of all others.
    pub(super) fn recovered(&self, recovery: &RecordedRecovery, entry: &Entry) -> Result<Self, RuleBroken> {
        let Some(code) = self.recovery.filter(|code| code.code == recovery.code) else {
            return broken(say!("uses a recovery code that this ledger does not have"));
        };
        let message = recovery_message(self.ledger, &self.head, &recovery.operators);
        if !is_signed_by(&code.public_key, &message, &recovery.signature) {
            return broken(say!("is not signed with the recovery code"));
        }
        if recovery.operators.len() < 2 {
            return broken(say!("would leave fewer than two operators"));
        }
        let mut after = self.clone();
        let before = after.operators.iter_mut().filter(|operator| operator.retired.is_none());
        before.for_each(|operator| operator.retired = Some(entry.seq));
        for (at, Enrolment { name, public_key }) in recovery.operators.iter().enumerate() {
            // A name stays with whoever bears it now; one that was given up is not given again.
            let was_given_up =
                self.active_operator(name).is_none() && self.operators.iter().any(|one| one.name == *name);
            if was_given_up || recovery.operators[..at].iter().any(|other| other.name == *name) {
                return broken(say!("enrols {name} again", name));
            }
            if after.operators.iter().any(|operator| operator.public_key == *public_key) {
                return broken(say!("enrols {name} with another operator's key", name));
            }
            let (name, public_key) = (name.clone(), *public_key);
            after.operators.push(Operator { name, public_key, enrolled: entry.seq, retired: None });
        }
        after.recovery = None;
        after.recoveries.push(entry.seq);
        after.check_signatures(entry, true)?;
        Ok(after)
    }

    /// Whether somebody took the operator's place with a recovery code.
    pub fn was_recovered_from(&self, operator: &Operator) -> bool {
        operator.retired.is_some_and(|entry| self.recoveries.contains(&entry))
    }

    pub(super) fn open_episode(&mut self, episode: Episode) -> Result<(), RuleBroken> {
        if let Some(open) = self.open_episode_now() {
            return broken(say!("opens an episode while {name} is open", name = &open.name));
        }
        if self.episode(&episode.name).is_some() {
            return broken(say!("opens a second episode named {name}", name = &episode.name));
        }
        self.episodes.push(episode);
        Ok(())
    }

    pub(super) fn close_episode(&mut self, name: &str, at: i64) -> Result<(), RuleBroken> {
        let unfinished = self.batches.values().find(|batch| {
            batch.prepared.episode == name && !matches!(batch.phase, BatchPhase::Released | BatchPhase::Cancelled)
        });
        if let Some(batch) = unfinished {
            let (id, phase) = (batch.prepared.id, batch.phase.in_words());
            return broken(say!("closes episode {name} while batch {id} is {phase}", name, id, phase));
        }
        match self.episodes.iter_mut().find(|episode| episode.name == name && episode.open) {
            Some(episode) => {
                episode.open = false;
                episode.closed_at = Some(at);
            }
            None => return broken(say!("closes episode {name}, which is not open", name)),
        }
        Ok(())
    }
}
