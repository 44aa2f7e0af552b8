//! `episode`: one outage each.

use std::collections::BTreeSet;

use clap::Subcommand;

use super::{Answer, Arguments, json, open, read_period, read_scheme, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::episodes::{Closing, NewEpisode};
use crate::ops::{self, World};
use crate::payment::Scheme;

#[derive(Debug, Subcommand)]
pub enum EpisodeCommand {
    /// Open an episode; batches belong to the one that is open
    Open {
        name: String,
        /// Why there is one, in a few words
        #[arg(long, default_value = "")]
        reason: String,
        /// A scheme that is paid in it (may be repeated)
        #[arg(long)]
        scheme: Vec<String>,
        /// A period that it is about (may be repeated)
        #[arg(long)]
        period: Vec<String>,
    },
    /// Close the open episode, once nothing in it is open
    Close {
        name: String,
        /// The other operator, where two close over what is open
        #[arg(long, value_name = "NAME")]
        second: Option<String>,
        /// Why it is closed over what is open; recorded, sealed
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Show all episodes
    List,
}

pub fn episode(arguments: &Arguments, command: &EpisodeCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    match command {
        EpisodeCommand::Open { name, reason, scheme, period } => {
            let mut schemes: Vec<Scheme> = scheme.iter().map(|scheme| read_scheme(scheme)).collect::<Result<_>>()?;
            // In whatever letters it is written, a scheme is one.
            let mut seen = BTreeSet::new();
            schemes.retain(|scheme| seen.insert(scheme.folded()));
            let periods = period.iter().map(|period| read_period(period)).collect::<Result<_>>()?;
            let new = NewEpisode { name: name.clone(), reason: reason.clone(), schemes, periods };
            ops::episodes::open(&mut workspace, world, who, new)?;
        }
        EpisodeCommand::Close { name, second, reason } => {
            let closing = Closing { second: second.as_deref(), reason: reason.as_deref() };
            ops::episodes::close(&mut workspace, world, who, name, &closing)?;
        }
        EpisodeCommand::List => {}
    }
    let episodes = &workspace.state.episodes;
    Ok(Answer::done(screen::episodes(episodes), json::episodes(episodes)))
}
