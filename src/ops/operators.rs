//! Operators join and leave. Both take two who stay.

use super::key_store::{WrongPassphrases, check_operator_name, unknown_operator};
use super::{Workspace, World};
use crate::fault::{Fault, Result};
use crate::ledger::state::Operator;
use crate::ledger::{Event, LedgerState};
use crate::say;

/// Enrols a new operator, who chooses a passphrase; `first` and `second` vouch.
pub fn add(workspace: &mut Workspace, world: &World, name: &str, first: Option<&str>, second: &str) -> Result<()> {
    check_operator_name(name)?;
    refuse_known(&workspace.state, name)?;
    let first = workspace.sign_in(world, first)?;
    let second = workspace.sign_in_second(world, &first, second)?;
    let keys = workspace.keys.clone();
    workspace.record(world, |recording| {
        // Under the ledger's lock: the key file that is kept is that of the operator who is enrolled.
        refuse_known(&recording.state, name)?;
        let enrolment = first.add_operator(&keys, world, name)?;
        recording.event(&Event::OperatorEnrolled(enrolment), &first.signer, Some(&second.signer))
    })
}

pub(super) fn refuse_known(state: &LedgerState, name: &str) -> Result<()> {
    if state.operators.iter().any(|operator| operator.name.to_lowercase() == name.to_lowercase()) {
        let message = say!(
            "{name} is or was an operator here. A name is given once, so that the ledger stays readable.",
            name = name.to_string()
        );
        return Err(Fault::input("operator.exists", message).remedy(say!("Choose another name.")));
    }
    Ok(())
}

/// Puts an operator's key under another passphrase, which they alone can do. `false` where it had been changed to it before.
pub fn change_passphrase(workspace: &mut Workspace, world: &World, name: &str) -> Result<bool> {
    let keys = workspace.keys.clone();
    // Under the ledger's lock: of two changes at once, the second finds the first one's passphrase.
    let recording = workspace.begin(world)?;
    keys.change_passphrase(world, &recording.state, name)
}

/// Ends an operator's part; two who remain sign.
pub fn retire(workspace: &mut Workspace, world: &World, name: &str, first: Option<&str>, second: &str) -> Result<()> {
    if workspace.state.active_operator(name).is_none() {
        return Err(unknown_operator(&workspace.state, name));
    }
    let first = workspace.sign_in(world, first)?;
    let second = workspace.sign_in_second(world, &first, second)?;
    let event = Event::OperatorRetired { name: name.into() };
    workspace.record(world, |recording| recording.event(&event, &first.signer, Some(&second.signer)))
}

pub struct ListedOperator {
    pub operator: Operator,
    /// As counted in this folder of keys.
    pub wrong: WrongPassphrases,
}

/// All operators there ever were, in the order of their enrolment.
pub fn list(workspace: &Workspace) -> Vec<ListedOperator> {
    let operators = workspace.state.operators.iter().cloned();
    operators
        .map(|operator| ListedOperator { wrong: workspace.keys.wrong_passphrases(&operator.name), operator })
        .collect()
}
