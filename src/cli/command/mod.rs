//! From arguments as written to operations, and from their results to answers: one command a file, its arguments first.

pub mod adopt;
pub mod approve;
pub mod backup;
pub mod baseline;
pub mod batch;
pub mod compare;
pub mod copies;
pub mod desk;
pub mod drill;
pub mod episode;
pub mod explain;
pub mod exposure;
pub mod init;
pub mod log;
pub mod merge;
pub mod operator;
pub mod outcome;
pub mod prepare;
pub mod profile;
pub mod purge;
pub mod rebuild;
pub mod reconcile;
pub mod release;
pub mod remedy;
pub mod restore;
pub mod status;
pub mod stoplist;
pub mod true_up;
pub mod uploaded;
pub mod verify;
pub mod waiting;
pub mod worksheet;

use std::cell::Cell;
use std::io::Write;

use super::arguments::{Arguments, Command};
use chrono::NaiveDate;

use super::outside::outside;
use super::passphrases::{ask_line, is_terminal};
use super::{Answer, bar, json, screen};
use crate::checks::obligation::why_no_period;
use crate::checks::typed;
use crate::fault::{Fault, Result};
use crate::ledger::event::Environment;
use crate::ops::{Workspace, World};
use crate::payment::{BatchId, Period, PeriodError, Scheme};
use crate::say;
use crate::words::{Argument, Message, Phrase};

thread_local! {
    /// Whether the workspace that was opened is a drill's.
    static IN_A_DRILL: Cell<bool> = const { Cell::new(false) };
}

/// Runs the command. In a drill every screen begins with saying so: what it says of paying and uploading is practice.
pub fn run(arguments: &Arguments, world: &World) -> Result<Answer> {
    let answer = run_alone(arguments, world)?;
    Ok(match IN_A_DRILL.get() || matches!(arguments.command, Command::Drill(_)) {
        true => Answer { screen: screen::of_a_drill(&answer.screen), ..answer },
        false => answer,
    })
}

fn run_alone(arguments: &Arguments, world: &World) -> Result<Answer> {
    match &arguments.command {
        Command::Init(init) => init::init(arguments, init, world),
        Command::Operator(command) => operator::operator(arguments, command, world),
        Command::Episode(command) => episode::episode(arguments, command, world),
        Command::Check(lists) => prepare::prepare(arguments, lists, world, true),
        Command::Prepare(lists) => prepare::prepare(arguments, lists, world, false),
        Command::Status => status::status(arguments, world),
        Command::Waiting => waiting::waiting(arguments, world),
        Command::Baseline(command) => baseline::baseline(arguments, command, world),
        Command::Batch(command) => batch::batch(arguments, command, world),
        Command::Approve(approve) => approve::approve(arguments, approve, world),
        Command::Release(release) => release::release(arguments, release, world),
        Command::Compare { other } => compare::compare(arguments, other, world),
        Command::Adopt(adopt) => adopt::adopt(arguments, adopt, world),
        Command::Outcome(given) => outcome::outcome(arguments, given, world),
        Command::Profile(command) => profile::profile(arguments, command, world),
        Command::Reconcile(reconcile) => reconcile::reconcile(arguments, reconcile, world),
        Command::Stoplist(given) => stoplist::stoplist(arguments, given, world),
        Command::Remedy(command) => remedy::remedy(arguments, command, world),
        Command::Worksheet(command) => worksheet::worksheet(arguments, command, world),
        Command::Uploaded(given) => uploaded::uploaded(arguments, given, world),
        Command::Copies(command) => copies::copies(arguments, command, world),
        Command::Exposure(given) => exposure::exposure(arguments, given, world),
        Command::Purge(given) => purge::purge(arguments, given, world),
        Command::Log(given) => log::log(arguments, given, world),
        Command::TrueUp(given) => true_up::true_up(arguments, given, world),
        Command::Verify { deep, receipt } => verify::verify(arguments, *deep, receipt.as_deref(), world),
        Command::Rebuild(rebuild) => rebuild::rebuild(arguments, rebuild, world),
        Command::Backup(backup) => backup::backup(arguments, backup, world),
        Command::Desk(command) => desk::desk(arguments, command, world),
        Command::Merge { other } => merge::merge(arguments, other, world),
        Command::Restore(restore) => restore::restore(arguments, restore, world),
        Command::Explain(given) => explain::explain(given),
        Command::Drill(drill) => drill::drill(drill, world),
    }
}

/// The one operator who acts: `--operator`, else `STOPGAP_OPERATOR`, else nobody in particular.
fn who(arguments: &Arguments) -> Result<Option<String>> {
    match arguments.operator.as_slice() {
        [] => Ok(std::env::var("STOPGAP_OPERATOR").ok().filter(|name| !name.is_empty())),
        [name] => Ok(Some(name.clone())),
        _ => Err(Fault::input(
            "operator.several",
            say!("Only `init` takes several operators: one person acts at a time."),
        )),
    }
}

/// Opens the workspace; what speaks against it is said aloud, and stops only those who write.
fn open(arguments: &Arguments) -> Result<Workspace> {
    let workspace = Workspace::open_with(&arguments.workspace, outside())?;
    met(&workspace);
    Ok(workspace)
}

/// As [`open`], for two people who may say that it is the ledger whatever speaks against it.
fn open_for_adoption(arguments: &Arguments) -> Result<Workspace> {
    let workspace = Workspace::open_for_adoption(&arguments.workspace, outside())?;
    met(&workspace);
    Ok(workspace)
}

fn met(workspace: &Workspace) {
    IN_A_DRILL.set(workspace.state.environment == Environment::Drill);
    for notice in workspace.standing().notices() {
        let _ = bar::aside(|| writeln!(anstream::stderr(), "{notice}"));
    }
}

/// Says it where something is to be paid today and today's cut-off has passed.
fn say_if_too_late(workspace: &Workspace, world: &World, pay_on: Option<NaiveDate>) {
    let door = &workspace.settings.door;
    if let Some(cut_off) = pay_on.and_then(|day| door.missed_cut_off(day, world.now.local)) {
        let cut_off = cut_off.format("%H:%M").to_string();
        world.say(say!(
            "Today's cut-off {cut_off} has passed: the bank may pay what is for today tomorrow, or refuse it. Ask the bank before it leaves.",
            cut_off
        ));
    }
}

fn asked(given: Option<&str>, option: &str, question: Message) -> Result<String> {
    match given {
        Some(given) => Ok(given.trim().to_owned()),
        None if is_terminal() => ask_line(question),
        None => Err(Fault::input("arguments", say!("{option} is missing.", option = option.to_string()))),
    }
}

fn read<T: std::str::FromStr>(text: &str, what: Phrase, expected: impl Into<Argument>) -> Result<T> {
    text.parse().map_err(|_| {
        let text = text.escape_debug().to_string();
        Fault::input(
            "arguments",
            say!("`{text}` is no {what}: it must be {expected}.", text, what, expected = expected.into()),
        )
    })
}

fn read_period(text: &str) -> Result<Period> {
    text.parse().map_err(|error: PeriodError| {
        Fault::input(
            "period.malformed",
            say!("`{text}` is no period: {error}.", text = typed(text), error = why_no_period(error)),
        )
    })
}

fn read_scheme(text: &str) -> Result<Scheme> {
    Scheme::new(text).ok_or_else(|| Fault::input("arguments", say!("--scheme is empty.")))
}

fn read_batch(text: &str) -> Result<BatchId> {
    text.parse().map_err(|_| {
        Fault::input(
            "batch.malformed",
            say!("`{text}` is no batch: batches are called B0001 and so on.", text = typed(text)),
        )
    })
}
