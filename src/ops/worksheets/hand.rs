//! `worksheet hand`: who has which sheet.

use super::super::{Workspace, World};
use super::find;
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::say;
use crate::worksheet::SheetCode;

/// What a sheet and a screen have room for.
const LONGEST_NAME: usize = 70;

/// A clerk's name as it may stand in the ledger.
pub fn clerk(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Fault::input("worksheet.clerk", say!("A clerk's name must have 1 to 70 characters.")));
    }
    Ok(name.to_owned())
}

pub fn hand(workspace: &mut Workspace, world: &World, who: Option<&str>, code: &SheetCode, to: &str) -> Result<String> {
    let to = clerk(to)?;
    let found = find(&workspace.state, code)?;
    let (batch, sheet, known) = (found.batch.prepared.id, found.number, found.state.clerk == to);
    if !known {
        let who = workspace.unlock(world, who)?;
        let event = Event::SheetHanded { batch, sheet, to: to.clone() };
        workspace.record(world, |recording| recording.event(&event, &who.signer, None))?;
    }
    Ok(to)
}
