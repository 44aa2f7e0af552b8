//! `adopt`: two people say which of several copies is the ledger.

use clap::Args;

use super::release::offer_receipt;
use super::{Answer, Arguments, json, open_for_adoption, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::adopt::Request;
use crate::ops::{self, World};
use crate::say;

#[derive(Debug, Args)]
pub struct Adopt {
    /// The second of the two who say so
    #[arg(long, value_name = "NAME")]
    pub second: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Go on although more was seen than this ledger holds; its releases are marked from then on
    #[arg(long)]
    pub older: bool,
    /// Accept that the ledger lies on a network share or in a synchronised folder
    #[arg(long, conflicts_with = "older")]
    pub accept_place: bool,
    /// The newest receipt code, where this machine does not know the ledger yet
    #[arg(long, value_name = "CODE")]
    pub receipt: Option<String>,
}

pub fn adopt(arguments: &Arguments, given: &Adopt, world: &World) -> Result<Answer> {
    let mut workspace = open_for_adoption(arguments)?;
    let who = who(arguments)?;
    if given.accept_place {
        let kind = ops::adopt::accept_place(&mut workspace, world, who.as_deref(), &given.second)?;
        let accepted = say!(
            "Two people have accepted that this ledger lies on {place}. Nobody else may write to it there.",
            place = kind.as_str()
        );
        let screen = screen::sentence(accepted);
        return Ok(Answer::done(screen, serde_json::json!({ "accepted": kind })));
    }
    if !given.older {
        offer_receipt(&mut workspace, given.receipt.as_deref())?;
    }
    let request = Request { second: &given.second, reason: &given.reason, older: given.older };
    let adopted = ops::adopt::adopt(&mut workspace, world, who.as_deref(), &request)?;
    Ok(Answer::done(screen::adopted(&adopted), json::adopted::adopted(&adopted)))
}
