//! `stoplist`: what upstream must not pay again.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};
use crate::say;

#[derive(Debug, Args)]
pub struct Stoplist {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// One of the layouts under [stoplist.layouts] in stopgap.toml, or `contract` [default: that of [stoplist]]
    #[arg(long, value_name = "NAME")]
    pub layout: Option<String>,
    /// Who looks at the list as well before it is used
    #[arg(long, value_name = "NAME")]
    pub second: Option<String>,
}

pub fn stoplist(arguments: &Arguments, given: &Stoplist, world: &World) -> Result<Answer> {
    let out = given.out.as_path();
    let mut workspace = open(arguments)?;
    let request = ops::stoplist::Request { out, layout: given.layout.as_deref(), second: given.second.as_deref() };
    let list = ops::stoplist::stoplist(&mut workspace, world, who(arguments)?.as_deref(), request)?;
    let (payments, amount, place) = (list.payments, list.amount, out.display());
    let mut screen =
        screen::sentence(say!(
            "{payments:payment|payments}, {amount} {currency}, in {place}.",
            payments,
            amount,
            currency = amount.currency(),
            place
        )) + &screen::sentence(say!("Upstream must load it before its first run. It holds person numbers whole."));
    if list.unnamed.payments > 0 {
        screen += &screen::sentence(screen::unnamed(&list.unnamed));
    }
    let json = json!({
        "out": json::path(out),
        "payments": payments,
        "amount": amount.to_string(),
        "unnamed_payments": json::unnamed(&list.unnamed),
    });
    Ok(Answer { screen, json, needs_a_person: list.unnamed.payments > 0, list: None })
}
