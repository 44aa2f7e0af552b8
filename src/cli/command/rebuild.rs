//! `rebuild`: a ledger again from bank files, statements and the surviving keys.

use std::path::PathBuf;

use clap::Args;

use super::init::{Init, new_workspace};
use super::{Answer, Arguments, json};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

#[derive(Debug, Args)]
pub struct Rebuild {
    /// Folders with released bank files, the bank's statements and control sheets
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    pub from: Vec<PathBuf>,
    /// The surviving folder `keys`, or a copy of it; --operator names the two who sign
    #[arg(long, value_name = "DIR")]
    pub keys: PathBuf,
    /// The letter with which its batches begin, where another desk uses the one that would be next
    #[arg(long, value_name = "LETTER")]
    pub letter: Option<String>,
    /// The payer as it was when the lost workspace was made
    #[command(flatten)]
    pub payer: Init,
}

pub fn rebuild(arguments: &Arguments, given: &Rebuild, world: &World) -> Result<Answer> {
    let new = new_workspace(arguments, &given.payer)?;
    let request = ops::rebuild::Request {
        from: &given.from,
        workspace: &arguments.workspace,
        keys: &given.keys,
        new: &new,
        letter: given.letter.as_deref().map(ops::desks::read_letter).transpose()?,
    };
    let rebuilt = ops::rebuild::rebuild(world, &request)?;
    // There is always something that bank files do not say.
    Ok(Answer {
        screen: screen::rebuilt(&rebuilt, &arguments.workspace),
        json: json::rebuilt(&rebuilt, &arguments.workspace),
        needs_a_person: true,
        list: None,
    })
}
