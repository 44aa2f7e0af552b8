//! `purge`: what is known of people ends, with proof.

use chrono::NaiveDate;
use clap::Args;

use super::{Answer, Arguments, json, open, who};
use crate::checks::pay_on;
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::{self, World};
use crate::say;

#[derive(Debug, Args)]
pub struct Purge {
    /// End the duplicate key, once every episode is purged and its own time has come: nobody who was paid is recognised any more
    #[arg(long)]
    pub duplicate_key: bool,
    /// Episodes that ended before this day: 2022-04-01 or 01-04-2022
    #[arg(long, value_name = "DATE")]
    pub before: String,
    /// The second of the two who answer for it
    #[arg(long, value_name = "NAME")]
    pub second: String,
    /// Where else the keys were, and who ended them there: "USB in the safe=malik" (may be repeated)
    #[arg(long, value_name = "PLACE=WHO")]
    pub key_copy: Vec<String>,
}

pub fn purge(arguments: &Arguments, given: &Purge, world: &World) -> Result<Answer> {
    let before: NaiveDate = pay_on::read_date(&given.before).map_err(|error| {
        Fault::input(
            "date.malformed",
            say!("--before {date}: {error}", date = given.before.escape_debug().to_string(), error = error.why()),
        )
    })?;
    let mut workspace = open(arguments)?;
    let request = ops::purge::Request { before, second: &given.second, key_copies: &given.key_copy };
    if given.duplicate_key {
        let ended = ops::purge::duplicate_key::end(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
        return Ok(Answer::done(screen::duplicate_key_ended(&ended), json::duplicate_key_ended(&ended)));
    }
    let purged = ops::purge::purge(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
    Ok(Answer::done(screen::purged(&purged), json::purged(&purged)))
}
