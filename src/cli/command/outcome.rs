//! `outcome`: what the bank's reports say.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

#[derive(Debug, Args)]
pub struct Outcome {
    /// The reports, as the bank gave them
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Exports that name no account (BEC, Nordea, Bankdata) are of the account that the fallback pays from
    #[arg(long)]
    pub own_account: bool,
}

pub fn outcome(arguments: &Arguments, given: &Outcome, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let request = ops::outcome::Request { files: &given.files, own_account: given.own_account };
    let report = ops::outcome::outcome(&mut workspace, world, who(arguments)?.as_deref(), request)?;
    Ok(Answer {
        screen: screen::outcome(&report),
        json: json::outcome(&report),
        needs_a_person: report.needs_a_person(),
        list: None,
    })
}
