//! `batch cancel`: a batch that has not begun to leave gives its obligations up again.

use super::{Workspace, World, batches};
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::state::BatchPhase;
use crate::payment::BatchId;
use crate::say;

pub fn cancel(workspace: &mut Workspace, world: &World, who: Option<&str>, id: BatchId) -> Result<()> {
    let who = workspace.unlock(world, who)?;
    workspace.record(world, |recording| {
        match batches::find(&recording.state, id)?.phase {
            BatchPhase::Prepared | BatchPhase::Approved => {}
            BatchPhase::Cancelled => {
                return Err(Fault::refused(
                    "batch.cancelled",
                    say!("Batch {id} was cancelled before.", id = id.to_string()),
                ));
            }
            BatchPhase::Releasing | BatchPhase::Released => {
                let message = say!(
                    "Batch {id} has left: its files may be with the bank, so it counts as paid.",
                    id = id.to_string()
                );
                return Err(Fault::refused("batch.released", message)
                    .remedy(say!("Only the bank's own report of a rejection or a return frees a payment.")));
            }
        }
        recording.event(&Event::BatchCancelled { batch: id }, &who.signer, None)?;
        recording.transaction.drop_claims(id)
    })
}
