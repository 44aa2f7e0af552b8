//! `verify`: reads everything again and believes nothing. Needs no passphrase, so an auditor can run it.

use std::collections::BTreeMap;

use super::prepare::ClaimsRoot;
use super::{Workspace, outbox, outcome, payments};
use crate::fault::{Fault, FaultKind, Result};
use crate::ledger::state::BatchPhase;
use crate::payment::{BatchId, Digest};

pub struct Verified {
    pub entries: u64,
    pub head: Digest,
    /// Files of released batches that no longer lie in the outbox: moved or uploaded from elsewhere, which is no fault.
    pub files_away: Vec<String>,
}

/// Opening the workspace has followed the chain, its signatures and rules, and the witness. This looks at what hangs on it: the store's own
/// pages, the claims of every batch, its sealed payments, the evidence from the bank's reports, and the released files on the disk.
pub fn verify(workspace: &mut Workspace) -> Result<Verified> {
    let state = workspace.state.clone();
    let folder = workspace.folder().to_path_buf();
    let mut snapshot = workspace.read()?;
    snapshot.self_check()?;

    let mut roots: BTreeMap<BatchId, ClaimsRoot> = BTreeMap::new();
    let mut stray = None;
    snapshot.claims_ever(&mut |claim, _| {
        if state.batches.get(&claim.batch).is_none_or(|batch| batch.phase == BatchPhase::Cancelled) {
            stray.get_or_insert(claim.batch);
        }
        roots.entry(claim.batch).or_default().add(&claim);
        Ok(())
    })?;
    if let Some(batch) = stray {
        return Err(damaged(
            0,
            format!("There are live claims of batch {batch}, which is not in the ledger or was cancelled."),
        ));
    }
    let mut files_away = Vec::new();
    for (id, batch) in &state.batches {
        if payments::sealed_root(&mut *snapshot, *id)? != batch.prepared.sealed_root {
            return Err(damaged(
                batch.entry,
                format!("the sealed payments of batch {id} are not those that were prepared"),
            ));
        }
        let root = roots.remove(id).unwrap_or_default().finish();
        if batch.phase != BatchPhase::Cancelled && root != batch.prepared.claims_root {
            return Err(damaged(batch.entry, format!("the claims of batch {id} are not those that were prepared")));
        }
        if batch.phase == BatchPhase::Released {
            for file in &batch.prepared.plan.files {
                let outbox = Workspace::outbox_of(*id);
                let as_planned = outbox::is_as_planned(&folder.join(&outbox), file).map_err(|fault| Fault {
                    // To release, a changed file is a control's refusal; to verify, it is damage.
                    kind: FaultKind::Failed,
                    message: format!("Entry {} released another file. {}", batch.entry, fault.message),
                    ..fault
                })?;
                if !as_planned {
                    files_away.push(outbox.join(&file.name).to_string_lossy().into_owned());
                }
            }
        }
    }
    if let Some((entry, what)) = outcome::proof::first_damage(&mut *snapshot, &state)? {
        return Err(damaged(entry, what));
    }
    Ok(Verified { entries: state.head.0, head: state.head.1, files_away })
}

fn damaged(entry: u64, what: String) -> Fault {
    let message = if entry == 0 { what } else { format!("Entry {entry}: {what}.") };
    Fault::failed("ledger.damaged", message).remedy("Do not release from this folder. Restore the newest backup.")
}
