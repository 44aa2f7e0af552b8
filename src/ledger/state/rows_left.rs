//! Rows that a batch left rejected or held: they wait until a later `prepare` has read them again, or somebody says that they are dealt with.

use std::collections::{BTreeMap, BTreeSet};

use super::{BatchPhase, LedgerState, RuleBroken, broken};
use crate::batch::Sum;
use crate::ledger::entry::Entry;
use crate::ledger::event::{RowsLeft, RowsSettled};
use crate::payment::{Amount, BatchId};
use crate::say;

/// What the entries say of such rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowsOfBatches {
    left: BTreeMap<BatchId, OpenRows>,
    /// Read again whole, with this batch as its result; `None` where nothing of it was left to be paid.
    read_again: BTreeMap<BatchId, Vec<Option<BatchId>>>,
    settled: BTreeSet<BatchId>,
}

/// Rows of one batch that nobody is known to have dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRows {
    pub rejected: Sum,
    pub held: Sum,
}

impl OpenRows {
    pub fn count(&self) -> u64 {
        self.rejected.count + self.held.count
    }

    /// The amounts of lists that could be added before.
    pub fn amount(&self) -> Amount {
        self.rejected.amount.checked_add(self.held.amount).unwrap_or(self.held.amount)
    }
}

impl LedgerState {
    pub(super) fn leave_rows(&mut self, left: RowsLeft, entry: &Entry) -> Result<(), RuleBroken> {
        let RowsLeft { batch, rejected, held, read_again } = left;
        if let Some(id) = batch {
            let is_new = self.batches.keys().next_back() == Some(&id) && !self.rows.left.contains_key(&id);
            let fits = self.batches.get(&id).is_some_and(|batch| {
                let fates = &batch.prepared.fates;
                batch.preparer == entry.actor
                    && rejected.count <= fates.rejected.count
                    && held.count <= fates.held.count
            });
            if !is_new || !fits {
                return broken(say!("leaves rows of batch {id} otherwise than it was prepared", id));
            }
        }
        let episode = self.open_episode_now().map(|open| open.name.clone());
        for id in &read_again {
            let of_episode =
                self.batches.get(id).is_some_and(|earlier| Some(&earlier.prepared.episode) == episode.as_ref());
            if !of_episode || batch == Some(*id) {
                return broken(say!("reads rows of batch {id} again, which has none in the open episode", id = *id));
            }
        }
        for id in read_again {
            self.rows.read_again.entry(id).or_default().push(batch);
        }
        self.rows.left.extend(batch.map(|batch| (batch, OpenRows { rejected, held })));
        Ok(())
    }

    pub(super) fn settle_rows(&mut self, settled: &RowsSettled) -> Result<(), RuleBroken> {
        let id = settled.batch;
        let open = self.open_episode_now();
        let is_of_it = |batch: &super::BatchState| {
            open.is_some_and(|open| open.name == batch.prepared.episode && open.key == settled.reason.key)
        };
        if !self.batches.get(&id).is_some_and(is_of_it) || self.open_rows(id).is_none() {
            return broken(say!("settles rows of batch {id}, which has none in the open episode", id));
        }
        self.rows.settled.insert(id);
        Ok(())
    }

    /// The rows of a batch that were rejected or held, less those that ended, were dropped or wait for a later batch. `None` where there are
    /// none, or where they are known to be dealt with. A batch that is cancelled asks for its lists as a whole.
    pub fn open_rows(&self, id: BatchId) -> Option<OpenRows> {
        let batch = self.batches.get(&id).filter(|batch| batch.phase != BatchPhase::Cancelled)?;
        let is_cancelled = |id: &BatchId| self.batches.get(id).is_none_or(|batch| batch.phase == BatchPhase::Cancelled);
        let again = self.rows.read_again.get(&id).into_iter().flatten();
        if self.rows.settled.contains(&id)
            || again.into_iter().any(|into| into.as_ref().is_none_or(|id| !is_cancelled(id)))
        {
            return None;
        }
        let fates = &batch.prepared.fates;
        // Batches of earlier versions say no more than how many there were.
        let counted = || OpenRows { rejected: fates.rejected, held: self.less_waiting(id, fates.held) };
        let open = self.rows.left.get(&id).copied().unwrap_or_else(counted);
        (open.count() > 0).then_some(open)
    }

    /// The batches of an episode with such rows.
    pub fn open_rows_in(&self, episode: &str) -> impl Iterator<Item = (BatchId, OpenRows)> {
        let of_episode = self.batches.iter().filter(move |(_, batch)| batch.prepared.episode == episode);
        of_episode.filter_map(|(id, _)| Some((*id, self.open_rows(*id)?)))
    }

    fn less_waiting(&self, id: BatchId, held: Sum) -> Sum {
        self.put_off.values().filter(|one| one.batch == Some(id)).fold(held, |rest, one| Sum {
            count: rest.count.saturating_sub(one.waiting.count),
            amount: rest.amount.checked_sub(one.waiting.amount).unwrap_or(rest.amount),
        })
    }
}
