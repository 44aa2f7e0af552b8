//! From arguments as written to operations, and from their results to answers.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde_json::json;

use super::arguments::{
    Approve, Arguments, BatchCommand, Command, Drill, EpisodeCommand, Init, OperatorCommand, Prepare, Reconcile,
    Release, UpstreamStatusArgument,
};
use super::passphrases::{ask_line, is_terminal};
use super::{Answer, json, screen};
use crate::bank::profile::MessageVersion;
use crate::checks::{Problem, pay_on, quoted, read_own_account};
use crate::fault::{Fault, Result};
use crate::ledger::event::Environment;
use crate::ledger::keys::PassphraseCost;
use crate::ledger::state::BatchPhase;
use crate::ops::episodes::NewEpisode;
use crate::ops::init::NewWorkspace;
use crate::ops::{self, Workspace, World};
use crate::payment::{BatchId, Country, Currency, Digest, Payer, Period, Scheme};
use crate::reconciliation::UpstreamStatus;

pub fn run(arguments: &Arguments, world: &World) -> Result<Answer> {
    match &arguments.command {
        Command::Init(init) => self::init(arguments, init, world),
        Command::Operator(command) => operator(arguments, command, world),
        Command::Episode(command) => episode(arguments, command, world),
        Command::Check(lists) => prepare(arguments, lists, world, true),
        Command::Prepare(lists) => prepare(arguments, lists, world, false),
        Command::Batch(command) => batch(arguments, command, world),
        Command::Approve(approve) => self::approve(arguments, approve, world),
        Command::Release(release) => self::release(arguments, release, world),
        Command::Outcome { files } => outcome(arguments, files, world),
        Command::Reconcile(reconcile) => self::reconcile(arguments, reconcile, world),
        Command::Stoplist { out } => stoplist(arguments, out, world),
        Command::Verify => verify(arguments),
        Command::Drill(drill) => self::drill(drill, world),
    }
}

/// The one operator who acts: `--operator`, else `STOPGAP_OPERATOR`, else nobody in particular.
fn who(arguments: &Arguments) -> Result<Option<String>> {
    match arguments.operator.as_slice() {
        [] => Ok(std::env::var("STOPGAP_OPERATOR").ok().filter(|name| !name.is_empty())),
        [name] => Ok(Some(name.clone())),
        _ => Err(Fault::input("operator.several", "Only `init` takes several operators: one person acts at a time.")),
    }
}

fn open(arguments: &Arguments) -> Result<Workspace> {
    Workspace::open(&arguments.workspace)
}

fn init(arguments: &Arguments, init: &Init, world: &World) -> Result<Answer> {
    let payer = asked(init.payer.as_deref(), "--payer", "The payer's name, as the bank files say it: ")?;
    let country = asked(init.country.as_deref(), "--country", "The payer's country (DK, GL, FO, SE, NO, FI): ")?;
    let account = asked(init.account.as_deref(), "--account", "The account that pays (6471-0001234567 or an IBAN): ")?;
    let country: Country = read(&country, "country", "DK, GL, FO, SE, NO or FI")?;
    let account = read_own_account(&account, country).map_err(|Problem { code, message, .. }| {
        Fault::input(code.as_str(), format!("The payer's account: {message}"))
    })?;
    let operators = if arguments.operator.is_empty() { ask_operators()? } else { arguments.operator.clone() };
    if let Some(bic) = init.bic.as_deref().filter(|bic| !Payer::is_bic(bic)) {
        return Err(Fault::input(
            "payer.bic",
            format!("`{}` is no BIC: it has 8 or 11 capitals and digits.", bic.escape_debug()),
        ));
    }
    if init.payer_id.as_deref().is_some_and(|id| id.trim().is_empty() || id.chars().count() > 35) {
        return Err(Fault::input("payer.payer_id", "--payer-id must have 1 to 35 characters."));
    }
    let new = NewWorkspace {
        payer: Payer { name: payer, payer_id: init.payer_id.clone(), country, account, bic: init.bic.clone() },
        currency: read::<Currency>(&init.currency, "currency", "DKK, EUR, NOK or SEK")?,
        message: read::<MessageVersion>(&init.message, "message", "pain.001.001.09 or pain.001.001.03")?,
        profile: init.profile.clone(),
        operators,
        environment: Environment::Real,
        cost: PassphraseCost::STANDARD,
    };
    ops::init::init(world, &arguments.workspace, &new)?;
    let folder = arguments.workspace.display();
    let screen = format!(
        "The workspace in {folder} is ready. Operators: {}.\n\
         Keep the folder `keys` where the ledger's backups are not: whoever has both, and a passphrase, has everything.\n\
         Next: `stopgap check LIST` reads a list and records nothing.\n",
        new.operators.join(", ")
    );
    let workspace = json::path(&arguments.workspace);
    Ok(Answer::done(screen, json!({ "workspace": workspace, "operators": new.operators })))
}

fn asked(given: Option<&str>, option: &str, question: &str) -> Result<String> {
    match given {
        Some(given) => Ok(given.trim().to_owned()),
        None if is_terminal() => ask_line(question),
        None => Err(Fault::input("arguments", format!("{option} is missing."))),
    }
}

fn ask_operators() -> Result<Vec<String>> {
    if !is_terminal() {
        return Ok(Vec::new());
    }
    let first = ask_line("The first operator's name: ")?;
    let second = ask_line("The second operator's name: ")?;
    Ok(vec![first, second])
}

fn operator(arguments: &Arguments, command: &OperatorCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    let done = match command {
        OperatorCommand::Add { name, second } => {
            ops::operators::add(&mut workspace, world, name, who, second)?;
            format!("{name} is enrolled. The next approval shows it.\n")
        }
        OperatorCommand::Retire { name, second } => {
            ops::operators::retire(&mut workspace, world, name, who, second)?;
            format!("{name} is no longer an operator. The next approval shows it.\n")
        }
        OperatorCommand::List => String::new(),
    };
    let operators = ops::operators::list(&workspace);
    Ok(Answer::done(done + &screen::operators(operators), json::operators(operators)))
}

fn episode(arguments: &Arguments, command: &EpisodeCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    match command {
        EpisodeCommand::Open { name, reason, scheme, period } => {
            let schemes = scheme.iter().filter_map(|scheme| Scheme::new(scheme)).collect();
            let period = period.as_deref().map(read_period).transpose()?;
            let new = NewEpisode { name: name.clone(), reason: reason.clone(), schemes, period };
            ops::episodes::open(&mut workspace, world, who, new)?;
        }
        EpisodeCommand::Close { name } => ops::episodes::close(&mut workspace, world, who, name)?,
        EpisodeCommand::List => {}
    }
    let episodes = &workspace.state.episodes;
    Ok(Answer::done(screen::episodes(episodes), json::episodes(episodes)))
}

fn prepare(arguments: &Arguments, given: &Prepare, world: &World, dry_run: bool) -> Result<Answer> {
    let request = ops::prepare::Request {
        lists: given.lists.clone(),
        scheme: given.scheme.as_deref().map(read_scheme).transpose()?,
        period: given.period.as_deref().map(read_period).transpose()?,
        pay_on: given.pay_on.as_deref().map(read_pay_date).transpose()?,
        decisions: given.decisions.clone(),
        sheet: given.sheet.clone(),
        maps: given.map.clone(),
    };
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let report = ops::prepare::prepare(&mut workspace, world, who.as_deref(), &request, dry_run)?;
    Ok(Answer {
        screen: screen::prepared(&report, dry_run),
        json: json::prepared(&report),
        needs_a_person: report.needs_a_person(),
    })
}

fn batch(arguments: &Arguments, command: &BatchCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    match command {
        BatchCommand::List => Ok(Answer::done(screen::batch_list(&workspace.state), json::batches(&workspace.state))),
        BatchCommand::Show { batch, reveal } => {
            let view = ops::batches::show(&mut workspace, world, who, read_batch(batch)?)?;
            let drill = workspace.state.environment == Environment::Drill;
            let sheet = screen::control_sheet(&view, world.now, drill);
            let sheet = ops::batches::write_control_sheet(&mut workspace, world, view.batch.prepared.id, &sheet)?;
            let screen = format!(
                "{}\nControl sheet to print: {}\n",
                screen::batch_shown(&view, *reveal, world.now),
                sheet.display()
            );
            Ok(Answer::done(screen, json::batch_shown(&view, &sheet)))
        }
        BatchCommand::Cancel { batch } => {
            let id = read_batch(batch)?;
            ops::cancel::cancel(&mut workspace, world, who, id)?;
            let screen = format!("Batch {id} is cancelled. Its payments can be prepared again.\n");
            Ok(Answer::done(screen, json!({ "batch": id.to_string(), "state": BatchPhase::Cancelled.as_str() })))
        }
    }
}

fn approve(arguments: &Arguments, given: &Approve, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let id = read_batch(&given.batch)?;
    let shown = match &given.digest {
        Some(digest) => digest.parse().map_err(|_| {
            Fault::input("digest.malformed", "The digest is not 64 hexadecimal digits.")
                .remedy(format!("Copy it from the control sheet or from `stopgap batch show {id}`."))
        })?,
        None => show_and_ask(&mut workspace, world, who.as_deref(), id)?,
    };
    let approved = ops::approve::approve(&mut workspace, world, who.as_deref(), id, &shown)?;
    let by = approved.batch.approved_by.join(", ");
    let mut screen = format!("Batch {id} is approved by {by}.\n");
    if approved.approver_is_newer {
        screen
            .push_str(&format!("Mind: {by} became an operator only after this batch was prepared. Was that agreed?\n"));
    }
    screen.push_str(&format!("Next: `stopgap release {id}` writes the bank files.\n"));
    Ok(Answer::done(screen, json::approved(&approved)))
}

/// At a terminal the approver sees the batch and types a part of its digest: a yes that cannot be given by habit.
fn show_and_ask(workspace: &mut Workspace, world: &World, who: Option<&str>, id: BatchId) -> Result<Digest> {
    if !is_terminal() {
        return Err(Fault::input("digest.missing", "Without a terminal, --digest must say which content is approved.")
            .remedy(format!("`stopgap batch show {id}` shows it.")));
    }
    let view = ops::batches::show(workspace, world, who, id)?;
    world.say(screen::batch_shown(&view, false, world.now));
    let digest = view.batch.digest;
    let grouped = digest.grouped();
    let last = grouped.rsplit(' ').next().unwrap_or_default();
    let typed = ask_line("To approve exactly this, type the last group of the digest (anything else stops): ")?;
    if !typed.eq_ignore_ascii_case(last) {
        return Err(Fault::refused("control.not_approved", format!("Batch {id} was not approved.")));
    }
    Ok(digest)
}

fn release(arguments: &Arguments, given: &Release, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let released = ops::release::release(&mut workspace, world, who.as_deref(), read_batch(&given.batch)?)?;
    Ok(Answer::done(screen::released(&released, world.now.today()), json::released(&released)))
}

fn verify(arguments: &Arguments) -> Result<Answer> {
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

fn outcome(arguments: &Arguments, files: &[PathBuf], world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let report = ops::outcome::outcome(&mut workspace, world, who(arguments)?.as_deref(), files)?;
    Ok(Answer {
        screen: screen::outcome(&report),
        json: json::outcome(&report),
        needs_a_person: report.needs_a_person(),
    })
}

fn reconcile(arguments: &Arguments, given: &Reconcile, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let request = ops::reconcile::Request {
        upstream: &given.upstream,
        status: match given.upstream_status {
            UpstreamStatusArgument::Paid => UpstreamStatus::Paid,
            UpstreamStatusArgument::Planned => UpstreamStatus::Planned,
        },
        statements: &given.statement,
        out: &given.out,
    };
    let reconciled = ops::reconcile::reconcile(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
    let (payer, drill) = (&workspace.state.payer.name, workspace.state.environment == Environment::Drill);
    let report = screen::reconciliation_report(&reconciled, payer, world.now, drill);
    ops::reconcile::write_report(&reconciled.out, &report)?;
    Ok(Answer {
        screen: screen::reconciled(&reconciled),
        json: json::reconciled(&reconciled),
        needs_a_person: reconciled.needs_a_person(),
    })
}

fn stoplist(arguments: &Arguments, out: &Path, world: &World) -> Result<Answer> {
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

fn drill(given: &Drill, world: &World) -> Result<Answer> {
    let report = super::rehearsal::rehearse(given, world)?;
    Ok(Answer::done(report.screen, report.json))
}

fn read<T: std::str::FromStr>(text: &str, what: &str, expected: &str) -> Result<T> {
    let message = || format!("`{}` is no {what}: it must be {expected}.", text.escape_debug());
    text.parse().map_err(|_| Fault::input("arguments", message()))
}

fn read_scheme(text: &str) -> Result<Scheme> {
    Scheme::new(text).ok_or_else(|| Fault::input("arguments", "--scheme is empty."))
}

fn read_period(text: &str) -> Result<Period> {
    text.parse()
        .map_err(|error| Fault::input("period.malformed", format!("`{}` is no period: {error}.", text.escape_debug())))
}

fn read_pay_date(text: &str) -> Result<NaiveDate> {
    pay_on::read_date(text)
        .map_err(|error| Fault::input("date.malformed", format!("--pay-on {}: {error}", quoted(text))))
}

fn read_batch(text: &str) -> Result<BatchId> {
    text.parse().map_err(|_| {
        Fault::input(
            "batch.malformed",
            format!("`{}` is no batch: batches are called B0001 and so on.", text.escape_debug()),
        )
    })
}
