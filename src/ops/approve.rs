//! `approve`: a second person puts their name to a batch's digest.

use super::{Unlocked, Workspace, World};
use crate::approval::approval_message;
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::payment::{BatchId, Digest};
use crate::say;

pub struct Approved {
    pub batch: BatchState,
    /// Whether the approver became an operator only after the batch was prepared: lawful, and worth a second look.
    pub approver_is_newer: bool,
}

/// Approves the batch. `shown` is the digest that the approver was shown: what is approved is what they saw, whatever came between.
pub fn approve(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    id: BatchId,
    shown: &Digest,
) -> Result<Approved> {
    let batch = somebody_elses(workspace, world, who, id)?;
    if *shown != batch.digest {
        let message = say!(
            "The digest given is not that of batch {id}: what you were shown is not what would be approved.",
            id = id.to_string()
        );
        return Err(Fault::refused("control.digest", message).remedy(say!(
            "Look at the batch again with `stopgap batch show {id}` before you approve it.",
            id = id.to_string()
        )));
    }
    let who = workspace.unlock(world, who)?;
    if who.signer.name == batch.preparer {
        return Err(same_person(&batch));
    }
    // The same approval once more, perhaps after an interruption: it stands.
    let approved_before = batch.phase == BatchPhase::Approved && batch.approved_by.contains(&who.signer.name);
    if !approved_before {
        record(workspace, world, &who, &batch)?;
    }
    let approver = workspace.state.active_operator(&who.signer.name);
    let approver_is_newer = approver.is_some_and(|approver| approver.enrolled > batch.entry);
    Ok(Approved { batch: super::batches::find(&workspace.state, id)?.clone(), approver_is_newer })
}

/// The batch, if whoever is named did not prepare it. Before anything is asked for: no digest makes it theirs to approve.
pub fn somebody_elses(workspace: &mut Workspace, world: &World, who: Option<&str>, id: BatchId) -> Result<BatchState> {
    workspace.refresh(world)?;
    let batch = super::batches::find(&workspace.state, id)?.clone();
    if who == Some(batch.preparer.as_str()) { Err(same_person(&batch)) } else { Ok(batch) }
}

fn record(workspace: &mut Workspace, world: &World, who: &Unlocked, batch: &BatchState) -> Result<()> {
    let (id, digest) = (batch.prepared.id, batch.digest);
    let signature = who.signer.sign(&approval_message(workspace.state.ledger, id, &digest));
    workspace.record(world, |recording| {
        let batch = super::batches::find(&recording.state, id)?;
        match batch.phase {
            BatchPhase::Prepared => {}
            // Somebody at another keyboard was faster with the same approval.
            BatchPhase::Approved if batch.approved_by.contains(&who.signer.name) => return Ok(()),
            phase => {
                let message = say!(
                    "Batch {id} is {phase}: there is nothing to approve.",
                    id = id.to_string(),
                    phase = phase.in_words()
                );
                return Err(Fault::refused("batch.not_prepared", message));
            }
        }
        recording.event(&Event::BatchApproved { batch: id, digest, signature }, &who.signer, None)
    })
}

fn same_person(batch: &BatchState) -> Fault {
    let message = say!(
        "{preparer} prepared batch {id}: another operator must approve it.",
        preparer = batch.preparer.to_string(),
        id = batch.prepared.id.to_string()
    );
    Fault::refused("control.same_person", message)
}
