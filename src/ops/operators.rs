//! Operators join and leave. Both take two who stay.

use super::key_store::check_operator_name;
use super::{Workspace, World};
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::state::Operator;

/// Enrols a new operator, who chooses a passphrase; `first` and `second` vouch.
pub fn add(workspace: &mut Workspace, world: &World, name: &str, first: Option<&str>, second: &str) -> Result<()> {
    check_operator_name(name)?;
    if workspace.state.operators.iter().any(|operator| operator.name.to_lowercase() == name.to_lowercase()) {
        let message =
            format!("{name} is or was an operator here. A name is given once, so that the ledger stays readable.");
        return Err(Fault::input("operator.exists", message));
    }
    let first = workspace.unlock(world, first)?;
    let second = workspace.unlock_second(world, &first, second)?;
    let enrolment = first.add_operator(&workspace.keys, world, name)?;
    let event = Event::OperatorEnrolled(enrolment);
    workspace.record(world, |recording| recording.event(&event, &first.signer, Some(&second.signer)))
}

/// Ends an operator's part; two who remain sign.
pub fn retire(workspace: &mut Workspace, world: &World, name: &str, first: Option<&str>, second: &str) -> Result<()> {
    let first = workspace.unlock(world, first)?;
    let second = workspace.unlock_second(world, &first, second)?;
    let event = Event::OperatorRetired { name: name.into() };
    workspace.record(world, |recording| recording.event(&event, &first.signer, Some(&second.signer)))
}

/// All operators there ever were, in the order of their enrolment.
pub fn list(workspace: &Workspace) -> &[Operator] {
    &workspace.state.operators
}
