//! `backup`: a copy that was restored once already.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

#[derive(Debug, Args)]
pub struct Backup {
    /// The folder to make, or a folder (a disk) in which a dated one is made
    #[arg(value_name = "DEST")]
    pub destination: PathBuf,
    /// Copy the keys too, to another disk than the backup
    #[arg(long, value_name = "DEST2")]
    pub keys: Option<PathBuf>,
}

pub fn backup(arguments: &Arguments, given: &Backup, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let request = ops::backup::Request { destination: &given.destination, keys: given.keys.as_deref() };
    let backup = ops::backup::backup(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
    Ok(Answer::done(screen::backed_up(&backup), json::backed_up(&backup)))
}
