//! `release`: the bank files of an approved batch.

use clap::Args;

use super::{Answer, Arguments, json, open, read_batch, who};
use crate::cli::passphrases::{ask_line, is_terminal};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, Workspace, World};

#[derive(Debug, Args)]
pub struct Release {
    pub batch: String,
    /// The newest receipt code, where this machine does not know the ledger yet
    #[arg(long, value_name = "CODE")]
    pub receipt: Option<String>,
}

pub fn release(arguments: &Arguments, given: &Release, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    offer_receipt(&mut workspace, given.receipt.as_deref())?;
    let released = ops::release::release(&mut workspace, world, who.as_deref(), read_batch(&given.batch)?)?;
    Ok(Answer::done(screen::released(&released, world.now.today()), json::released(&released)))
}

/// The code as given; where the ledger needs one and somebody sits there, they are asked.
pub(super) fn offer_receipt(workspace: &mut Workspace, given: Option<&str>) -> Result<()> {
    let typed = match given {
        Some(given) => Some(given.to_owned()),
        None if workspace.standing().needs_receipt && is_terminal() => Some(ask_line(
            "This machine has not seen this ledger before. Type the newest receipt code (shown after the last release): ",
        )?),
        None => None,
    };
    if let Some(code) = typed.filter(|code| !code.is_empty()) {
        workspace.offer_receipt(code);
    }
    Ok(())
}
