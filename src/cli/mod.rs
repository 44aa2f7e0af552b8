//! The command line: arguments in, screens or one JSON document out, faults to exit codes. What a command does is in `ops`.

mod arguments;
mod bar;
mod command;
mod help;
mod json;
mod outside;
mod passphrases;
mod rehearsal;
pub mod screen;
mod wrong_arguments;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::fault::{Fault, FaultKind, Result};
use crate::ledger::sqlite;
use crate::ops::workspace::WAITING;
use crate::ops::{Now, World};
use crate::say;
use crate::words::{self, Language};
use arguments::Arguments;
use passphrases::TerminalOrFolder;

/// What a command has to show: the same for people and for programs.
pub struct Answer {
    pub screen: String,
    pub json: serde_json::Value,
    /// Whether a person has something to do (exit 1).
    pub needs_a_person: bool,
    /// A list too long to be held, which goes into the JSON object as its last member.
    pub list: Option<Box<dyn Listed>>,
}

/// A list of which one item at a time is at hand.
pub trait Listed {
    /// As the object calls it.
    fn name(&self) -> &'static str;
    /// Shows each item, which displays itself as JSON.
    fn each(&self, visit: &mut dyn FnMut(&dyn Display) -> Result<()>) -> Result<()>;
}

impl Answer {
    fn done(screen: impl Into<String>, json: serde_json::Value) -> Self {
        Self { screen: screen.into(), json, needs_a_person: false, list: None }
    }
}

/// Runs one command and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    keep_files_private();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    words::speak(Language::choose(asked_language(&arguments).as_deref(), |name| std::env::var(name).ok()));
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let text = help::text(Arguments::command(), &arguments).unwrap_or_default();
            let text = if wants_json { format!("{}\n", serde_json::json!({ "text": text })) } else { text };
            return print(&text, ExitCode::SUCCESS);
        }
        Err(error) => return refuse_arguments(&error, &arguments, wants_json),
    };
    let passphrases = TerminalOrFolder::from_environment();
    let world = World { now: Now::from_system_clock(), passphrases: &passphrases, say: &say };
    sqlite::when_waiting(|| say(&WAITING.to_string()));
    let watcher = bar::Watcher::begin();
    let answer = command::run(&parsed, &world);
    drop(watcher);
    match answer {
        Ok(answer) => {
            let code = if answer.needs_a_person { ExitCode::from(1) } else { ExitCode::SUCCESS };
            match answer.list {
                Some(list) if parsed.json => print_listed(&answer.json, &*list, code),
                _ if parsed.json => print(&format!("{}\n", answer.json), code),
                _ => print(&answer.screen, code),
            }
        }
        Err(fault) => refuse(&fault, parsed.json),
    }
}

/// Talk for the person at the keyboard.
fn say(line: &str) {
    let _ = bar::aside(|| writeln!(anstream::stderr(), "{line}"));
}

/// What `--lang` says. A command line that cannot be read is told so in its language too.
fn asked_language(arguments: &[OsString]) -> Option<String> {
    let mut words = arguments.iter().filter_map(|argument| argument.to_str());
    while let Some(word) = words.next() {
        match word.strip_prefix("--lang") {
            Some("") => return words.next().map(str::to_owned),
            Some(rest) if rest.starts_with('=') => return rest.strip_prefix('=').map(str::to_owned),
            _ if word == "--" => return None,
            _ => {}
        }
    }
    None
}

/// Shows a fault: on the screen what is wrong and what to do, for programs a code and a message.
fn refuse(fault: &Fault, wants_json: bool) -> ExitCode {
    let code = ExitCode::from(fault.kind.exit_code());
    if wants_json {
        return print(&format!("{}\n", json::fault(fault)), code);
    }
    let mut text = format!("stopgap: {}\n", fault.message);
    if let Some(remedy) = &fault.remedy {
        text.push_str(&format!("         {remedy}\n"));
    }
    if fault.kind != FaultKind::Failed {
        text.push_str(&format!("         {} ({})\n", say!("Nothing was changed."), fault.code));
    } else {
        text.push_str(&format!("         ({})\n", fault.code));
    }
    let _ = anstream::stderr().write_all(text.as_bytes());
    code
}

fn refuse_arguments(error: &clap::Error, arguments: &[OsString], wants_json: bool) -> ExitCode {
    let code = ExitCode::from(FaultKind::Input.exit_code());
    match wrong_arguments::fault(error) {
        Some(fault) => refuse(&fault, wants_json),
        None if wants_json => {
            let fault = Fault::input("arguments", say!("What is to be done was not said."));
            print(&format!("{}\n", json::fault(&fault)), code)
        }
        None => {
            let help = help::text(Arguments::command(), arguments).unwrap_or_default();
            let _ = anstream::stderr().write_all(help.as_bytes());
            code
        }
    }
}

/// Writes to stdout.
fn print(text: &str, code: ExitCode) -> ExitCode {
    let mut out = anstream::stdout();
    printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()), code)
}

/// A reader that has gone away (`| head`) is no fault of the command, which is done.
fn printed(written: io::Result<()>, code: ExitCode) -> ExitCode {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(anstream::stderr(), "stopgap: {}", say!("The result could not be shown: {error}.", error));
            ExitCode::from(FaultKind::Failed.exit_code())
        }
        _ => code,
    }
}

/// Prints an object with a list as its last member, an item at a time.
fn print_listed(object: &serde_json::Value, list: &dyn Listed, code: ExitCode) -> ExitCode {
    let head = object.to_string();
    let head = head.strip_suffix('}').unwrap_or(&head);
    let parted = if head.len() > 1 { "," } else { "" };
    // JSON holds no escape sequences that a terminal would have to be spared.
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let mut written = write!(out, "{head}{parted}\"{}\":[", list.name());
    let mut first = true;
    let listed = list.each(&mut |item| {
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        if written.is_ok() {
            written = write!(out, "{comma}{item}");
        }
        Ok(())
    });
    match listed {
        Err(fault) => refuse(&fault, false),
        Ok(()) => printed(written.and_then(|()| writeln!(out, "]}}")).and_then(|()| out.flush()), code),
    }
}

/// Whatever this process writes is for its owner alone, and it leaves no core dump.
fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    // Where the system does not allow it, the passphrases are still only as exposed as those of any other program.
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
}

/// Every text that `--help` is made of, in English.
#[cfg(test)]
pub fn said_by_help() -> Vec<String> {
    help::texts(Arguments::command())
}
