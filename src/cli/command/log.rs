//! `log`: what was done, by whom, in words.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Answer, Arguments, ask_line, is_terminal, open, read_batch, who};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::World;
use crate::ops::log::{self, Logged, Wanted};
use crate::say;

#[derive(Debug, Args)]
pub struct Log {
    /// Entries about this episode
    #[arg(long, value_name = "NAME")]
    pub episode: Option<String>,
    /// Entries by this operator
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Entries about this batch
    #[arg(long)]
    pub batch: Option<String>,
    /// Entries about a person, whose number is asked for on the terminal: what stands on a command line is seen by others
    #[arg(long, conflicts_with = "person_file")]
    pub person: bool,
    /// The same, the number being the first line of a file
    #[arg(long, value_name = "FILE")]
    pub person_file: Option<PathBuf>,
}

pub fn log(arguments: &Arguments, given: &Log, world: &World) -> Result<Answer> {
    let person = person(given)?;
    let mut workspace = open(arguments)?;
    let wanted = Wanted {
        episode: given.episode.as_deref(),
        operator: given.by.as_deref(),
        batch: given.batch.as_deref().map(read_batch).transpose()?,
        person: person.as_ref().map(|person| person.as_str()),
    };
    let entries = log::log(&mut workspace, world, who(arguments)?.as_deref(), &wanted)?;
    let json: Vec<Value> = entries.iter().map(entry).collect();
    Ok(Answer::done(screen::log(&entries, world.now), json!(json)))
}

fn person(given: &Log) -> Result<Option<Zeroizing<String>>> {
    if let Some(path) = &given.person_file {
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
            Fault::input("arguments", say!("{path} cannot be read: {error}.", path = path.display(), error))
        })?;
        return Ok(Some(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())));
    }
    match (given.person, is_terminal()) {
        (false, _) => Ok(None),
        (true, true) => ask_line(say!("Person number:")).map(Zeroizing::new).map(Some),
        (true, false) => Err(Fault::input("arguments", say!("There is no terminal to ask for the number on."))
            .remedy(say!("Put it on the first line of a file and name that with --person-file."))),
    }
}

fn entry(logged: &Logged) -> Value {
    let entry = &logged.entry;
    json!({
        "entry": entry.seq,
        "at": entry.at,
        "by": entry.actor,
        "second": entry.second,
        "what": screen::event_in_words(&logged.event),
        "digest": entry.digest.to_string(),
    })
}
