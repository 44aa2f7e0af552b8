//! Where the personal data is outside the ledger, who has it, and its end.
//!
//! Whatever writes a file that names people enters it: [`leave`] for files that stand alone, [`Entering`] within a recording of the command's
//! own. The order is always the ledger first, then the file.

pub mod bank_files;
mod census;
mod examine;
pub mod exposure;
mod outgoing;
mod people;
pub(super) mod places;
pub mod register;
mod unpaid;
pub mod worksheets;

pub use census::Census;
pub use examine::{Examined, field_named, sha256};
pub use outgoing::{Entering, NewCopy, Outgoing, PeopleOf, WayOut, leave, leave_with, refuse_unless_free};
pub use people::{CopyPerson, Headcount, PersonKey, PersonSeen};

use super::{Unlocked, Workspace, World};
use crate::fault::{Fault, Result};
use crate::say;
use borsh::{BorshDeserialize, BorshSerialize};

/// What lies beside an entry about copies, sealed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum CopyRecord {
    /// Where the copy lies that has this place among those entered together.
    Place {
        copy: u16,
        path: String,
    },
    Person {
        copies: Vec<u16>,
        person: CopyPerson,
    },
    /// Why copies are gone.
    Reason(String),
}

/// The second person who looks at what is about to leave, where one was named.
///
/// # Errors
/// `control.second_required` where the settings demand one.
pub fn second(workspace: &Workspace, world: &World, first: &Unlocked, name: Option<&str>) -> Result<Option<Unlocked>> {
    match name {
        Some(name) => workspace.unlock_second(world, first, name).map(Some),
        None if workspace.settings.second_required => {
            let message = say!("[outgoing] in stopgap.toml says that two people look at everything that leaves.");
            Err(Fault::refused("control.second_required", message).remedy(say!("Add --second NAME.")))
        }
        None => Ok(None),
    }
}
