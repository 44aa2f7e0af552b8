//! What is kept and what is ended: baselines, purges, copies of keys.

use super::{BaselineState, BatchState, DuplicateEnd, KeyCopy, LedgerState, PurgeState, RuleBroken, broken};
use crate::ledger::entry::Entry;
use crate::ledger::event::{EndedDuplicateKey, Event, KeyId, RecordedBaseline, RecordedPurge};
use crate::payment::Period;
use crate::say;
use crate::words::ungrouped;

impl LedgerState {
    pub(super) fn add_baseline(&mut self, recorded: RecordedBaseline, entry: &Entry) -> Result<(), RuleBroken> {
        if recorded.schemes.is_empty() {
            return broken(say!("adds a baseline of nobody"));
        }
        for (at, scheme) in recorded.schemes.iter().enumerate() {
            let folded = scheme.scheme.folded();
            if recorded.schemes[..at].iter().any(|other| other.scheme.folded() == folded) {
                return broken(say!("adds a baseline with a scheme in it twice"));
            }
            if scheme.sum.count == 0 || scheme.sum.amount.currency() != self.currency {
                return broken(say!("adds a baseline whose sums cannot be"));
            }
        }
        if self.same_baseline(recorded.period, &recorded.content).is_some() {
            return broken(say!("adds the same baseline again"));
        }
        let state = BaselineState { recorded, added_by: entry.actor.clone(), added_at: entry.at };
        self.baselines.insert(entry.seq, state);
        Ok(())
    }

    /// The entry that recorded these figures for this period, unless other figures of the period took their place since.
    pub fn same_baseline(&self, period: Period, content: &[u8; 8]) -> Option<u64> {
        let of_period = |one: &BaselineState| one.recorded.period == period;
        let is_replaced = |entry: u64, one: &BaselineState| {
            let covers = |scheme: &str| one.recorded.schemes.iter().any(|of| of.scheme.folded() == scheme);
            let mut later = self.baselines.range(entry + 1..).filter(|(_, other)| of_period(other));
            later.any(|(_, other)| other.recorded.schemes.iter().any(|of| covers(&of.scheme.folded())))
        };
        let mut all = self.baselines.iter().filter(|(_, one)| of_period(one) && one.recorded.content == *content);
        all.find(|(entry, one)| !is_replaced(**entry, one)).map(|(entry, _)| *entry)
    }

    pub(super) fn purge(&mut self, recorded: RecordedPurge, entry: &Entry) -> Result<(), RuleBroken> {
        if recorded.episodes.is_empty() || recorded.keys.len() != recorded.episodes.len() {
            return broken(say!("purges no episode, or not the keys of its episodes"));
        }
        for (name, key) in recorded.episodes.iter().zip(&recorded.keys) {
            match self.episode(name) {
                None => return broken(say!("purges episode {name}, which does not exist", name)),
                Some(episode) if episode.open => return broken(say!("purges episode {name}, which is open", name)),
                Some(episode) if episode.purged.is_some() => return broken(say!("purges episode {name} again", name)),
                Some(episode) if episode.key != *key => {
                    return broken(say!("ends another key than that of {name}", name));
                }
                Some(_) => {}
            }
            if let Some(copy) = self.copies.open().find(|copy| copy.episodes.contains(name)) {
                return broken(say!("purges episode {name} while copy {id} is open", name, id = copy.id));
            }
        }
        if let Some(entry) = recorded.entries.iter().find(|entry| !self.parts.contains_key(entry)) {
            return broken(say!("empties entry {entry}, which says nothing about people", entry = ungrouped(*entry)));
        }
        for episode in self.episodes.iter_mut().filter(|episode| recorded.episodes.contains(&episode.name)) {
            episode.purged = Some(entry.seq);
        }
        let by = [entry.actor.clone(), entry.second.clone().unwrap_or_default()];
        self.purges.insert(entry.seq, PurgeState { recorded, at: entry.at, by, completed: false });
        Ok(())
    }

    /// What may still be recorded once the duplicate key has ended: who may act, where the ledger lies, its backups; nothing about people or
    /// money.
    pub(super) fn check_end(&self, event: &Event) -> Result<(), RuleBroken> {
        let may_follow = matches!(
            event,
            Event::OperatorEnrolled(_)
                | Event::OperatorRetired { .. }
                | Event::OperatorRecovered { .. }
                | Event::OperatorsRecovered(_)
                | Event::PurgeCompleted { .. }
                | Event::LedgerAdopted(_)
                | Event::PlaceAccepted { .. }
                | Event::BackupBegun
                | Event::KeysCopied { .. }
        );
        match &self.duplicate_end {
            Some(end) if !may_follow => {
                broken(say!("comes after the end of the duplicate key (entry {entry})", entry = ungrouped(end.entry)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn end_duplicate_key(&mut self, recorded: EndedDuplicateKey, entry: &Entry) -> Result<(), RuleBroken> {
        if recorded.key != self.duplicate_key {
            return broken(say!("ends another duplicate key than this ledger's"));
        }
        // A purged episode was closed, and a closed one has no batch that could still leave.
        if let Some(episode) = self.episodes.iter().find(|episode| episode.has_key()) {
            return broken(say!("ends the duplicate key while episode {name} is not purged", name = &episode.name));
        }
        if let Some((purge, _)) = self.purges.iter().find(|(_, purge)| !purge.completed) {
            return broken(say!(
                "ends the duplicate key before purge {purge} was seen through",
                purge = ungrouped(*purge)
            ));
        }
        if let Some(copy) = self.copies.open().next() {
            return broken(say!("ends the duplicate key while copy {id} is open", id = copy.id));
        }
        if !recorded.baseline_keys.iter().eq(self.baselines.values().map(|baseline| &baseline.recorded.parts.key)) {
            return broken(say!("ends other keys than those of the baselines"));
        }
        if !recorded.entries.iter().eq(self.parts_not_purged().iter()) {
            return broken(say!("empties other entries than those that still say something about people"));
        }
        let by = [entry.actor.clone(), entry.second.clone().unwrap_or_default()];
        self.duplicate_end = Some(DuplicateEnd { entry: entry.seq, recorded, at: entry.at, by, completed: false });
        Ok(())
    }

    pub(super) fn complete_purge(&mut self, entry: u64) -> Result<(), RuleBroken> {
        let of_end = self.duplicate_end.as_mut().filter(|end| end.entry == entry).map(|end| &mut end.completed);
        match of_end.or(self.purges.get_mut(&entry).map(|purge| &mut purge.completed)) {
            Some(completed) => *completed = true,
            None => return broken(say!("completes purge {entry}, which does not exist", entry = ungrouped(entry))),
        }
        Ok(())
    }

    /// The entries that still say something about people, in order.
    pub fn parts_not_purged(&self) -> Vec<u64> {
        self.parts.keys().copied().filter(|entry| !self.is_entry_purged(*entry)).collect()
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
        let ends = self.duplicate_end.iter().map(|end| &end.recorded.entries);
        ends.chain(self.purges.values().map(|purge| &purge.recorded.entries))
            .any(|gone| gone.binary_search(&entry).is_ok())
    }

    pub(super) fn copy_keys(&mut self, copy: KeyCopy) -> Result<(), RuleBroken> {
        let is_ours = |key: &KeyId| {
            *key == self.duplicate_key
                || self.episodes.iter().any(|episode| episode.key == *key)
                || self.baselines.values().any(|baseline| baseline.recorded.parts.key == *key)
        };
        if let Some(key) = copy.keys.iter().find(|key| !is_ours(key)) {
            return broken(say!("copies the key {key}, which is not this ledger's", key = key.to_string()));
        }
        self.key_copies.push(copy);
        Ok(())
    }

    /// Keys of which no copy is known: what they open is lost with this folder.
    pub fn keys_without_copy(&self) -> Vec<KeyId> {
        let duplicate_key = Some(self.duplicate_key).filter(|_| self.duplicate_end.is_none());
        let ours = duplicate_key
            .into_iter()
            .chain(self.episodes.iter().filter(|episode| episode.has_key()).map(|episode| episode.key));
        ours.filter(|key| !self.key_copies.iter().any(|copy| copy.keys.contains(key))).collect()
    }
}
