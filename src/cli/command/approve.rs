//! `approve`: somebody else looks, and signs exactly that content.

use clap::Args;

use super::{Answer, Arguments, json, open, read_batch, say_if_too_late, who};
use crate::cli::passphrases::{ask_line, is_terminal};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::{self, Workspace, World};
use crate::payment::{BatchId, Digest};
use crate::say;
use crate::words::Message;

#[derive(Debug, Args)]
pub struct Approve {
    pub batch: String,
    /// The digest that you were shown; needed where there is no terminal to ask on
    #[arg(long, value_name = "HEX")]
    pub digest: Option<String>,
}

pub fn approve(arguments: &Arguments, given: &Approve, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let id = read_batch(&given.batch)?;
    ops::approve::somebody_elses(&mut workspace, world, who.as_deref(), id)?;
    let shown = match &given.digest {
        Some(digest) => digest.parse().map_err(|_| {
            Fault::input("digest.malformed", say!("The digest is not 64 hexadecimal digits."))
                .remedy(say!("Copy it from the control sheet or from `stopgap batch show {id}`.", id = id.to_string()))
        })?,
        None => show_and_ask(&mut workspace, world, who.as_deref(), id)?,
    };
    let approved = ops::approve::approve(&mut workspace, world, who.as_deref(), id, &shown)?;
    say_if_too_late(&workspace, world, approved.batch.prepared.first_pay_date());
    let by = approved.batch.approved_by.join(", ");
    let by = screen::visible(&by);
    let mut screen = screen::sentence(say!("Batch {id} is approved by {by}.", id, by = &*by));
    if approved.approver_is_newer {
        screen.push_str(&screen::sentence(say!(
            "Mind: {by} became an operator only after this batch was prepared. Was that agreed?",
            by
        )));
    }
    screen.push_str(&screen::sentence(say!("Next: `stopgap release {id}` writes the bank files.", id)));
    Ok(Answer::done(screen, json::approved(&approved)))
}

/// At a terminal the approver sees the batch and types a part of its digest: a yes that cannot be given by habit.
fn show_and_ask(workspace: &mut Workspace, world: &World, who: Option<&str>, id: BatchId) -> Result<Digest> {
    if !is_terminal() {
        return Err(Fault::input(
            "digest.missing",
            say!("Without a terminal, --digest must say which content is approved."),
        )
        .remedy(say!("`stopgap batch show {id}` shows it.", id = id.to_string())));
    }
    let view = ops::batches::show(workspace, world, who, id)?;
    world.say(Message::verbatim(screen::batch_shown(&view, false, world.now)));
    let digest = view.batch.digest;
    let grouped = digest.grouped();
    let last = grouped.rsplit(' ').next().unwrap_or_default();
    let typed = ask_line(say!("To approve exactly this, type the last group of the digest (anything else stops):"))?;
    if !typed.eq_ignore_ascii_case(last) {
        return Err(Fault::refused("control.not_approved", say!("Batch {id} was not approved.", id = id.to_string())));
    }
    Ok(digest)
}
