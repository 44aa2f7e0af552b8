//! `restore`: a backup becomes a workspace.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Arguments, json, outside, who};
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
    /// Take a backup into use that is older than what is known of the ledger; two people sign
    #[arg(long, requires_all = ["second", "keys"])]
    pub accept_older: bool,
    /// The second of the two who sign
    #[arg(long, value_name = "NAME", requires = "accept_older")]
    pub second: Option<String>,
}

pub fn restore(arguments: &Arguments, given: &Restore, world: &World) -> Result<Answer> {
    let request = ops::restore::Request {
        source: &given.source,
        workspace: &arguments.workspace,
        keys: given.keys.as_deref(),
        receipt: given.receipt.as_deref(),
        outside: outside(),
        accept_older: given.second.as_deref().filter(|_| given.accept_older),
    };
    let restored = ops::restore::restore(world, who(arguments)?.as_deref(), &request)?;
    let screen = screen::restored(&restored, &arguments.workspace);
    Ok(Answer::done(screen, json::restored(&restored, &arguments.workspace)))
}
