//! What is kept and what is ended: baselines, purges, copies of keys.

use super::{BaselineState, BatchState, KeyCopy, LedgerState, PurgeState, RuleBroken, broken};
use crate::ledger::entry::Entry;
use crate::ledger::event::{KeyId, RecordedBaseline, RecordedPurge};

impl LedgerState {
    pub(super) fn add_baseline(&mut self, recorded: RecordedBaseline, entry: &Entry) -> Result<(), RuleBroken> {
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

    pub(super) fn purge(&mut self, recorded: RecordedPurge, entry: &Entry) -> Result<(), RuleBroken> {
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

    pub(super) fn copy_keys(&mut self, copy: KeyCopy) -> Result<(), RuleBroken> {
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

    /// Keys of which no copy is known: what they open is lost with this folder.
    pub fn keys_without_copy(&self) -> Vec<KeyId> {
        let ours = std::iter::once(self.duplicate_key)
            .chain(self.episodes.iter().filter(|episode| episode.has_key()).map(|episode| episode.key));
        ours.filter(|key| !self.key_copies.iter().any(|copy| copy.keys.contains(key))).collect()
    }
}
