//! `verify`: everything again, compared with everything.

use std::path::Path;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen::{self, visible};
use crate::fault::Result;
use crate::ops::{self, World};
use crate::say;

pub fn verify(arguments: &Arguments, deep: bool, receipt: Option<&str>, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let verified = ops::verify::verify(&mut workspace)?;
    receipt.map_or(Ok(()), |receipt| ops::verify::against_receipt(&workspace, receipt))?;
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
    if receipt.is_some() {
        screen.push_str(&screen::sentence(say!("It holds what the receipt was given for.")));
    }
    if let Some(fault) = &verified.read_only {
        screen.push_str(&screen::sentence(fault.message.clone()));
    }
    if let Some(entry) = verified.unfinished_purge {
        screen.push_str(&screen::sentence(say!(
            "The purge of entry {entry} was interrupted: keys may be left. Run the same `stopgap purge` again.",
            entry = entry.to_string()
        )));
    }
    for file in &verified.stray_keys {
        screen.push_str(&screen::sentence(say!(
            "Opens nothing in this ledger: keys/{file}. A command that was interrupted made it, or it is another ledger's. Before you remove it, look \
             again when no other command is running.",
            file = visible(file)
        )));
    }
    let missing = &verified.missing_keys;
    if !missing.is_none() {
        let operators = missing.operators.iter().map(|name| say!("the key file of {name}", name).to_string());
        let missing: Vec<String> = operators.chain(missing.keys.iter().cloned()).collect();
        screen.push_str(&screen::sentence(say!(
            "The folder `keys` does not hold {keys}. What they open stays shut until they are found.",
            keys = visible(&missing.join(", "))
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
    screen.push_str(&screen::sentence(say!(
        "In their place, as they were written: {copies:file|files} of the register of copies.",
        copies = deep.copies
    )));
    for copy in &deep.copies_differ {
        screen.push_str(&screen::item(say!(
            "{copy} {found}: {place}",
            copy = copy.copy.id.to_string(),
            found = screen::found_copy(copy),
            place = visible(&copy.place.as_deref().unwrap_or(Path::new("")).to_string_lossy())
        )));
    }
    for file in &deep.unregistered {
        screen.push_str(&screen::item(say!("In no register: {file}", file = visible(&file.to_string_lossy()))));
    }
    let needs_a_person = !deep.copies_differ.is_empty() || !deep.unregistered.is_empty();
    Ok(Answer { needs_a_person, ..Answer::done(screen, json::verified(&verified, Some(&deep))) })
}
