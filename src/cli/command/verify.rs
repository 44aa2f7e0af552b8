//! `verify`: everything again, compared with everything.

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen::{self, visible};
use crate::fault::Result;
use crate::ops::{self, World};
use crate::say;

pub fn verify(arguments: &Arguments, deep: bool, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let verified = ops::verify::verify(&mut workspace)?;
    let mut screen = screen::sentence(say!(
        "Everything agrees: {entries:entry|entries}, their signatures and rules, the witness, the claims and the sealed payments.",
        entries = verified.entries
    ));
    screen.push_str(&format!("{}\n", say!("Head: {head}", head = verified.head.grouped())));
    for file in &verified.files_away {
        screen.push_str(&screen::sentence(say!(
            "No longer in the outbox (no fault if you moved it): {file}",
            file = visible(file)
        )));
    }
    if !deep {
        return Ok(Answer::done(screen, json::verified(&verified, None)));
    }
    let deep = ops::verify::deep::deep(&mut workspace, world, who(arguments)?.as_deref())?;
    screen.push_str(&screen::sentence(say!(
        "Made again and the same: {files:bank file|bank files} and the claims of {payments:payment|payments} in {batches:batch|batches}.",
        files = deep.files,
        payments = deep.payments,
        batches = deep.batches
    )));
    for (batch, why) in &deep.left_out {
        screen.push_str(&screen::sentence(say!(
            "Batch {batch} could not be made again: {why}",
            batch = *batch,
            why = visible(&why.to_string())
        )));
    }
    Ok(Answer::done(screen, json::verified(&verified, Some(&deep))))
}
