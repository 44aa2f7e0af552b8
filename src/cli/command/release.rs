//! `release`: the bank files of an approved batch.

use clap::Args;

use super::{Answer, Arguments, json, open, read_batch, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

#[derive(Debug, Args)]
pub struct Release {
    pub batch: String,
}

pub fn release(arguments: &Arguments, given: &Release, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let released = ops::release::release(&mut workspace, world, who.as_deref(), read_batch(&given.batch)?)?;
    Ok(Answer::done(screen::released(&released, world.now.today()), json::released(&released)))
}
