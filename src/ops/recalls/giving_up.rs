//! `remedy recall --give-up`: two people no longer wait for the bank's answer. What was said about the payment's obligation stands.

use super::super::findings::sealing_key;
use super::super::parts::PartSealer;
use super::super::remedies::find;
use super::of_finding;
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::recalls::{RecallGivenUp, RecallId, RecallState};
use crate::ops::{Workspace, World};
use crate::say;

/// Gives up every open recall of a finding, and names them.
pub fn give_up(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    (finding, reason, second): (&str, &str, Option<&str>),
) -> Result<Vec<RecallState>> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Fault::input(
            "decision.reason",
            say!("Giving a recall up takes a reason: what the bank said, and when."),
        ));
    }
    let who = workspace.unlock(world, who)?;
    let case = find(workspace, &who, &[finding])?.remove(0);
    let Some(second) = second else { return Err(super::second_missing(workspace, &who)) };
    let second = workspace.unlock_second(world, &who, second)?;
    let keys = workspace.keys.clone();
    let given_up = workspace.record(world, |recording| {
        let open = of_finding(&recording.state, &case.finding.key).filter(|recall| recall.is_open());
        let open: Vec<RecallId> = open.map(RecallState::id).collect();
        if open.is_empty() {
            let message = say!("{finding} has no recall that waits for the bank.", finding = case.id());
            return Err(Fault::refused("recall.not_open", message));
        }
        let (key, secret) = sealing_key(&recording.state, &who, &keys)?.ok_or_else(|| {
            Fault::refused("episode.none", say!("There was no episode yet, so there is no key to seal with."))
        })?;
        for recall in &open {
            let mut sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), (key, &secret));
            sealer.add(&mut *recording.transaction, &reason.to_owned())?;
            let reason = sealer.finish(&mut *recording.transaction)?;
            let event = Event::RecallGivenUp(Box::new(RecallGivenUp { recall: *recall, reason }));
            recording.event(&event, &who.signer, Some(&second.signer))?;
        }
        Ok(open)
    })?;
    Ok(given_up.iter().filter_map(|id| workspace.state.recalls.get(id).cloned()).collect())
}
