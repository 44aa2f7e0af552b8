//! `batch settle`: somebody says that the rejected and held rows of a batch are dealt with, and how.

use super::parts::PartSealer;
use super::{Workspace, World, batches, episodes};
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::event::RowsSettled;
use crate::ledger::state::OpenRows;
use crate::payment::BatchId;
use crate::say;

/// Gives what is settled.
pub fn settle(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    id: BatchId,
    reason: &str,
) -> Result<OpenRows> {
    let reason = reason.trim();
    if reason.is_empty() {
        let message = say!("Settling rows takes a reason: who was paid in another way, or is owed nothing.");
        return Err(Fault::input("decision.reason", message));
    }
    let who = workspace.unlock(world, who)?;
    let keys = workspace.keys.clone();
    workspace.record(world, |recording| {
        let state = &recording.state;
        let episode = batches::find(state, id)?.prepared.episode.clone();
        let is_open = state.open_episode_now().is_some_and(|open| open.name == episode);
        let open = state.open_rows(id).filter(|_| is_open).ok_or_else(|| {
            let message = say!("No rejected or held row of batch {id} waits for anybody.", id);
            Fault::refused("batch.no_open_rows", message)
                .remedy(say!("`stopgap status` names the batches that have some."))
        })?;
        let key = episodes::find(state, &episode)?.key;
        let secret = who.episode_key(&keys, key)?;
        let mut sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), (key, &secret));
        sealer.add(&mut *recording.transaction, &reason.to_owned())?;
        let reason = sealer.finish(&mut *recording.transaction)?;
        recording.event(&Event::RowsSettled(RowsSettled { batch: id, reason }), &who.signer, None)?;
        Ok(open)
    })
}
