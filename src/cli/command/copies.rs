//! `copies`: the files with personal data outside the ledger, and their end.

use clap::Subcommand;
use serde_json::json;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::World;
use crate::ops::copies::register::{self, Which};
use crate::say;

#[derive(Debug, Subcommand)]
pub enum CopiesCommand {
    /// Show every file with personal data: what, where, for whom, of whom, until when
    List {
        /// Those that have ended as well
        #[arg(long)]
        all: bool,
    },
    /// Overwrite and remove files, and record it
    End {
        /// Files, or their numbers (C0001)
        #[arg(value_name = "FILE", required_unless_present = "all")]
        files: Vec<String>,
        /// Every file that is done with; those that somebody may still need are left and named
        #[arg(long, conflicts_with = "files")]
        all: bool,
        /// How a file ended that is gone already, or why one that was changed is to go
        #[arg(long)]
        reason: Option<String>,
    },
    /// Record that two people looked at files that were written without
    Review {
        /// Files, or their numbers (C0001)
        #[arg(value_name = "FILE", required = true)]
        files: Vec<String>,
        /// Who looked at them as well
        #[arg(long, value_name = "NAME")]
        second: String,
    },
}

pub fn copies(arguments: &Arguments, command: &CopiesCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    match command {
        CopiesCommand::List { all } => {
            let list = register::list(&mut workspace, world, who, *all)?;
            let needs_a_person = list.needs_a_person();
            Ok(Answer { screen: screen::copies(&list), json: json::copies::list(&list), needs_a_person, list: None })
        }
        CopiesCommand::End { files, all, reason } => {
            let which = if *all { Which::All } else { Which::Named(files) };
            let ended = register::end(&mut workspace, world, who, which, reason.as_deref())?;
            Ok(Answer::done(screen::copies_ended(&ended), json::copies::ended(&ended)))
        }
        CopiesCommand::Review { files, second } => {
            if files.is_empty() {
                return Err(Fault::input("arguments", say!("Name the files that were looked at.")));
            }
            let reviewed = register::review(&mut workspace, world, who, second, files)?;
            let ids: Vec<String> = reviewed.iter().map(|copy| copy.id.to_string()).collect();
            let screen =
                screen::sentence(say!("Two people have looked at {copies}; it is recorded.", copies = ids.join(", ")));
            Ok(Answer::done(screen, json!({ "reviewed": ids, "by": reviewed.first().map(|copy| &copy.reviewed_by) })))
        }
    }
}
