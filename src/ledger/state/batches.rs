//! The life of a batch: prepared, approved, released or cancelled, and what stands beside it.

use super::{BatchPhase, BatchState, LedgerState, RuleBroken, broken};
use crate::approval::approval_message;
use crate::batch::PreparedBatch;
use crate::ledger::entry::{Entry, is_signed_by};
use crate::ledger::event::{BesideBaselines, RecordedUpload};
use crate::payment::{BatchId, Digest, EndToEndId};
use crate::words::Phrase;
use crate::{phrase, say};

impl LedgerState {
    pub(super) fn prepare(&mut self, prepared: PreparedBatch, entry: &Entry) -> Result<(), RuleBroken> {
        let id = prepared.id;
        if self.batches.contains_key(&id) {
            return broken(say!("prepares batch {id} again", id));
        }
        if prepared.id != self.next_batch() {
            return broken(say!("prepares batch {id} out of turn", id));
        }
        if self.open_episode_now().is_none_or(|episode| episode.name != prepared.episode) {
            return broken(say!("prepares batch {id} for an episode that is not open", id));
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
            sheets: None,
        };
        self.batches.insert(id, state);
        Ok(())
    }

    pub(super) fn compare_with_baselines(&mut self, beside: BesideBaselines, entry: &Entry) -> Result<(), RuleBroken> {
        let id = beside.batch;
        match self.batches.get(&id) {
            Some(batch) if batch.entry + 1 == entry.seq && batch.preparer == entry.actor => {}
            _ => return broken(say!("compares batch {id} with baselines at another time than it was prepared", id)),
        }
        if beside.baselines.iter().chain(&beside.not_compared).any(|known| !self.baselines.contains_key(known)) {
            return broken(say!("compares batch {id} with a baseline that does not exist", id));
        }
        self.beside_baselines.insert(id, beside);
        Ok(())
    }

    pub(super) fn approve(
        &mut self,
        id: BatchId,
        digest: Digest,
        signature: &[u8; 64],
        entry: &Entry,
    ) -> Result<(), RuleBroken> {
        let message = approval_message(self.ledger, id, &digest);
        let signed =
            self.active_operator(&entry.actor).is_some_and(|op| is_signed_by(&op.public_key, &message, signature));
        let batch = self.batch_in(id, &[BatchPhase::Prepared], phrase!("approves"))?;
        if batch.preparer == entry.actor {
            return broken(say!("lets {actor}, who prepared batch {id}, approve it", actor = &entry.actor, id));
        }
        if batch.digest != digest {
            return broken(say!("approves another content of batch {id} than was prepared", id));
        }
        if !signed {
            return broken(say!("approves batch {id} without {actor}'s signature", id, actor = &entry.actor));
        }
        batch.approved_by.push(entry.actor.clone());
        batch.phase = BatchPhase::Approved;
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: BatchId) -> Result<(), RuleBroken> {
        self.batch_in(id, &[BatchPhase::Prepared, BatchPhase::Approved], phrase!("cancels"))?.phase =
            BatchPhase::Cancelled;
        Ok(())
    }

    pub(super) fn see_at_bank(&mut self, batches: &[BatchId]) -> Result<(), RuleBroken> {
        if let Some(known) = batches.iter().find(|batch| batch.number() <= self.last_batch(batch.desk())) {
            return broken(say!("calls batch {known} unknown, which the ledger holds", known));
        }
        self.lineage.see_at_bank(batches);
        Ok(())
    }

    pub(super) fn see_paid_elsewhere(&mut self, payments: Vec<EndToEndId>, entry: &Entry) -> Result<(), RuleBroken> {
        if payments.is_empty() || !payments.is_sorted_by(|one, next| one < next) {
            return broken(say!("names payments out of order"));
        }
        for payment in payments {
            if self.paid_elsewhere.insert(payment, entry.seq).is_some() {
                return broken(say!("says again that {payment} was paid elsewhere", payment));
            }
        }
        Ok(())
    }

    pub(super) fn begin_release(&mut self, id: BatchId, digest: Digest, at: i64) -> Result<(), RuleBroken> {
        if let Some(ahead) = self.lineage.bank_is_ahead {
            return broken(say!(
                "releases batch {id} while the bank knows of {ahead}, which the ledger does not hold",
                id,
                ahead
            ));
        }
        let batch = self.batch_in(id, &[BatchPhase::Approved], phrase!("releases"))?;
        if batch.digest != digest {
            return broken(say!("releases another content of batch {id} than was approved", id));
        }
        batch.phase = BatchPhase::Releasing;
        batch.released_at = Some(at);
        Ok(())
    }

    pub(super) fn record_upload(&mut self, upload: RecordedUpload) -> Result<(), RuleBroken> {
        let id = upload.batch;
        let batch =
            self.batch_in(id, &[BatchPhase::Releasing, BatchPhase::Released], phrase!("records the upload of"))?;
        let planned = |name: &String| batch.prepared.plan.files.iter().any(|file| file.message_id == *name);
        if upload.message_id.as_ref().is_some_and(|name| !planned(name)) {
            return broken(say!("records the upload of a file that batch {id} has not", id));
        }
        batch.uploads.push(upload);
        Ok(())
    }

    pub(super) fn complete_release(&mut self, id: BatchId) -> Result<(), RuleBroken> {
        self.batch_in(id, &[BatchPhase::Releasing], phrase!("completes the release of"))?.phase = BatchPhase::Released;
        Ok(())
    }

    pub(super) fn batch_in(
        &mut self,
        id: BatchId,
        phases: &[BatchPhase],
        verb: Phrase,
    ) -> Result<&mut BatchState, RuleBroken> {
        match self.batches.get_mut(&id) {
            Some(batch) if phases.contains(&batch.phase) => Ok(batch),
            Some(batch) => {
                broken(say!("{verb} batch {id}, which is {phase}", verb, id, phase = batch.phase.in_words()))
            }
            None => broken(say!("{verb} batch {id}, which does not exist", verb, id)),
        }
    }
}
