//! `desk`: other offices of the same payer.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

#[derive(Debug, Subcommand)]
pub enum DeskCommand {
    /// Make a workspace for another office: the same keys, a ledger and a batch letter of its own
    Add(AddDesk),
}

#[derive(Debug, Args)]
pub struct AddDesk {
    /// The folder of the new workspace, which is carried to the other office
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The letter with which its batches begin; else the next that is free
    #[arg(long, value_name = "LETTER")]
    pub letter: Option<String>,
    /// What the office is called
    #[arg(long)]
    pub name: Option<String>,
    /// The second of the two who sign
    #[arg(long, value_name = "NAME")]
    pub second: Option<String>,
    /// A new operator of that desk, besides those of this one
    #[arg(long, value_name = "NAME")]
    pub enrol: Vec<String>,
}

pub fn desk(arguments: &Arguments, command: &DeskCommand, world: &World) -> Result<Answer> {
    let DeskCommand::Add(given) = command;
    let mut workspace = open(arguments)?;
    let request = ops::desks::Request {
        folder: &given.folder,
        letter: given.letter.as_deref().map(ops::desks::read_letter).transpose()?,
        name: given.name.as_deref(),
        second: given.second.as_deref(),
        enrol: &given.enrol,
    };
    let desk = ops::desks::add(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
    Ok(Answer::done(screen::desk_added(&desk), json::desk_added(&desk)))
}
