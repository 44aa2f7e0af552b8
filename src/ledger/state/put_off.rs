//! Who was left for later.

use super::{LedgerState, RuleBroken, broken};
use crate::ledger::entry::Entry;
use crate::ledger::event::PutOff;
use crate::say;

impl LedgerState {
    pub(super) fn put_off(&mut self, put_off: PutOff, entry: &Entry) -> Result<(), RuleBroken> {
        if self.open_episode_now().is_none_or(|open| open.name != put_off.episode || open.key != put_off.parts.key) {
            return broken(say!("puts off payments of an episode that is not open, or seals them under another key"));
        }
        if put_off.waiting.amount.currency() != self.currency || put_off.waiting.count + put_off.dropped == 0 {
            return broken(say!("puts off payments that cannot be"));
        }
        if let Some(id) = put_off.batch {
            let mine = self
                .batches
                .get(&id)
                .is_some_and(|batch| batch.preparer == entry.actor && batch.prepared.episode == put_off.episode);
            let again = self.put_off.values().any(|other| other.batch == put_off.batch);
            if !mine || again || self.batches.keys().next_back() != Some(&id) {
                return broken(say!("puts off payments at another time than batch {id} was prepared", id));
            }
        }
        self.put_off.insert(entry.seq, put_off);
        Ok(())
    }

    /// What was left for later in an episode, the last first, by entry.
    pub fn put_off_in(&self, episode: &str) -> impl Iterator<Item = (u64, &PutOff)> {
        self.put_off.iter().rev().filter(move |(_, one)| one.episode == episode).map(|(entry, one)| (*entry, one))
    }
}
