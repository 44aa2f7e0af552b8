//! `true-up`: after provisional pay, who got too much and who too little.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Arguments, json, open, read_batch, read_period, who};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::{self, World};
use crate::payment::Scheme;
use crate::say;

#[derive(Debug, Args)]
pub struct TrueUp {
    /// Lists of what was truly owed: person, scheme, amount
    #[arg(long, required = true, num_args = 1.., value_name = "LIST")]
    pub owed: Vec<PathBuf>,
    /// The scheme of rows without one
    #[arg(long)]
    pub scheme: Option<String>,
    /// The period of rows without one
    #[arg(long)]
    pub period: Option<String>,
    /// Only what this batch paid (may be repeated) [default: everything that was paid]
    #[arg(long, value_name = "BATCH")]
    pub batch: Vec<String>,
    /// Only what the batches of this episode paid
    #[arg(long, value_name = "NAME")]
    pub episode: Option<String>,
    /// The folder for the comparison and the list of what is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Who looks at the files as well before they leave
    #[arg(long, value_name = "NAME")]
    pub second: Option<String>,
}

pub fn true_up(arguments: &Arguments, given: &TrueUp, world: &World) -> Result<Answer> {
    let scheme = |text: &str| Scheme::new(text).ok_or_else(|| Fault::input("arguments", say!("--scheme is empty.")));
    let batches = given.batch.iter().map(|batch| read_batch(batch)).collect::<Result<Vec<_>>>()?;
    let request = ops::true_up::Request {
        owed: &given.owed,
        scheme: given.scheme.as_deref().map(scheme).transpose()?,
        period: given.period.as_deref().map(read_period).transpose()?,
        batches: &batches,
        episode: given.episode.as_deref(),
        out: &given.out,
        second: given.second.as_deref(),
    };
    let mut workspace = open(arguments)?;
    let trued_up = ops::true_up::true_up(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
    Ok(Answer {
        screen: screen::trued_up(&trued_up),
        json: json::true_up::trued_up(&trued_up),
        needs_a_person: trued_up.needs_a_person,
        list: None,
    })
}
