//! `stoplist`: what upstream must not pay again.

use std::path::Path;

use serde_json::json;

use super::{Answer, Arguments, json, open, who};
use crate::fault::Result;
use crate::ops::{self, World};

pub fn stoplist(arguments: &Arguments, out: &Path, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let list = ops::stoplist::stoplist(&mut workspace, world, who(arguments)?.as_deref(), out)?;
    let (payments, amount, place) = (list.payments, list.amount, out.display());
    let screen = format!(
        "{payments} payments, {} {}, stand in {place}.\nUpstream must load it before its first run. It holds person numbers whole.\n",
        amount.grouped(),
        amount.currency()
    );
    let json = json!({ "out": json::path(out), "payments": payments, "amount": amount.to_string() });
    Ok(Answer::done(screen, json))
}
