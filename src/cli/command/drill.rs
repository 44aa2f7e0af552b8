//! `drill`: a whole outage, rehearsed.

use std::path::PathBuf;

use clap::Args;

use super::Answer;
use crate::fault::Result;
use crate::ops::World;

#[derive(Debug, Args)]
pub struct Drill {
    /// The folder to make; must not exist or be empty [default: stopgap-drill, or the next free number]
    pub folder: Option<PathBuf>,
    /// How many people to make up
    #[arg(long, default_value_t = crate::drill::Outage::QEQQATA)]
    pub recipients: u64,
    /// Stop after the release, with the bank's reports and upstream's runs written, and go on by hand
    #[arg(long)]
    pub by_hand: bool,
    /// Which outage: the same seed makes the same people
    #[arg(long, default_value_t = 2022)]
    pub seed: u64,
}

pub fn drill(given: &Drill, world: &World) -> Result<Answer> {
    let report = crate::cli::rehearsal::rehearse(given, world)?;
    Ok(Answer::done(report.screen, report.json))
}
