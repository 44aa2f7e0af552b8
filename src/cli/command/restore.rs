//! `restore`: a backup becomes a workspace.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Arguments, json};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

#[derive(Debug, Args)]
pub struct Restore {
    /// A backup, or a folder with several of which the newest is taken; --workspace names the folder to make of it
    #[arg(value_name = "SRC")]
    pub source: PathBuf,
    /// The copy of the folder `keys`
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// The receipt code that was printed, or a receipt.json: an older backup is refused
    #[arg(long, value_name = "CODE|FILE")]
    pub receipt: Option<String>,
}

pub fn restore(arguments: &Arguments, given: &Restore, world: &World) -> Result<Answer> {
    let request = ops::restore::Request {
        source: &given.source,
        workspace: &arguments.workspace,
        keys: given.keys.as_deref(),
        receipt: given.receipt.as_deref(),
    };
    let restored = ops::restore::restore(world, &request)?;
    let screen = screen::restored(&restored, &arguments.workspace);
    Ok(Answer::done(screen, json::restored(&restored, &arguments.workspace)))
}
