//! `verify`: everything again, compared with everything.

use super::{Answer, Arguments, json, open};
use crate::fault::Result;
use crate::ops;

pub fn verify(arguments: &Arguments) -> Result<Answer> {
    let verified = ops::verify::verify(&mut open(arguments)?)?;
    let mut screen = format!(
        "Everything agrees: {} entries, their signatures and rules, the witness, the claims and the sealed payments.\nHead: {}\n",
        verified.entries,
        verified.head.grouped()
    );
    for file in &verified.files_away {
        screen.push_str(&format!("No longer in the outbox (no fault if you moved it): {file}\n"));
    }
    Ok(Answer::done(screen, json::verified(&verified)))
}
