//! `verify`: everything again, compared with everything.

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen::visible;
use crate::fault::Result;
use crate::ops::{self, World};

pub fn verify(arguments: &Arguments, deep: bool, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let verified = ops::verify::verify(&mut workspace)?;
    let mut screen = format!(
        "Everything agrees: {} entries, their signatures and rules, the witness, the claims and the sealed payments.\nHead: {}\n",
        verified.entries,
        verified.head.grouped()
    );
    for file in &verified.files_away {
        screen.push_str(&format!("No longer in the outbox (no fault if you moved it): {}\n", visible(file)));
    }
    if !deep {
        return Ok(Answer::done(screen, json::verified(&verified, None)));
    }
    let deep = ops::verify::deep::deep(&mut workspace, world, who(arguments)?.as_deref())?;
    screen.push_str(&format!(
        "Made again and the same: {} bank files and the claims of {} payments in {} batches.\n",
        deep.files, deep.payments, deep.batches
    ));
    for (batch, why) in &deep.left_out {
        screen.push_str(&format!("Batch {batch} could not be made again: {}\n", visible(why)));
    }
    Ok(Answer::done(screen, json::verified(&verified, Some(&deep))))
}
