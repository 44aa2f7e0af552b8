//! `drill`: a whole outage on made-up people, each step shown with the command that does it, so that it teaches.

mod afterwards;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::command::drill::Drill;
use super::{json, screen};
use crate::drill::{Expected, Outage, payer};
use crate::fault::{Fault, Result};
use crate::ledger::event::Environment;
use crate::ledger::keys::PassphraseCost;
use crate::ops::init::NewWorkspace;
use crate::ops::prepare::{Report, Request};
use crate::ops::world::Passphrases;
use crate::ops::{self, Workspace, World};
use crate::payment::{Country, Currency};
use crate::say;
use crate::words::{Message, shell_word};

/// The two people of the drill. What they know is no secret: nothing of it is real.
const OPERATORS: [(&str, &str); 2] =
    [("anna", "anna practises on a quiet day"), ("malik", "malik looks twice before he signs")];

pub struct Rehearsed {
    pub screen: String,
    pub json: Value,
}

pub fn rehearse(given: &Drill, world: &World) -> Result<Rehearsed> {
    let folder = free_folder(given.folder.as_deref())?;
    let world = &World { now: world.now, passphrases: &KnownPassphrases, say: world.say };
    let period =
        "2022-04".parse().map_err(|_| Fault::failed("drill.period", say!("The drill's period cannot be read.")))?;
    let outage = Outage { seed: given.seed, recipients: given.recipients, country: Country::Gl, period };
    if !(Outage::FEWEST..=Outage::MOST).contains(&given.recipients) {
        let message =
            say!("A drill takes {fewest} to {most} recipients.", fewest = Outage::FEWEST, most = Outage::MOST);
        return Err(Fault::input("drill.recipients", message));
    }
    let place = folder.display().to_string();
    tell(
        world,
        say!(
            "DRILL. The upstream systems of a made-up Qeqqata are down and {people:person waits|people wait} for their money.",
            people = given.recipients
        ),
    );
    tell(
        world,
        say!("Everything happens in {place}; no money moves. To practise yourself afterwards:", place = &place),
    );
    world.say(Message::verbatim(format!(
        "\n    export STOPGAP_WORKSPACE={} STOPGAP_PASSPHRASE_DIR={}\n",
        shell_word(&place),
        shell_word(&format!("{place}/passphrases"))
    )));

    step(
        world,
        "init --payer \"Qeqqata Kommunia (drill)\" --country GL --account 6471-0001234567 --operator anna --operator malik",
    );
    ops::init::init_rehearsal(world, &folder, &workspace(), given.seed)?;
    write_passphrases(&folder)?;
    let (lists, expected) = write_lists(&outage, &folder)?;
    beside(world, say!("Five lists came in, each from another desk: {folder}", folder = format!("{place}/lists")));

    let mut ledger = Workspace::open(&folder)?;
    let request = Request { lists, ..Request::default() };
    step(world, "check lists/*.csv --operator anna");
    let checked = ops::prepare::prepare(&mut ledger, world, Some("anna"), &request, true)?;
    say_fates(world, &checked);
    step(world, "prepare lists/*.csv --operator anna");
    let prepared = ops::prepare::prepare(&mut ledger, world, Some("anna"), &request, false)?;
    compare(&expected, &prepared)?;
    say_fates(world, &prepared);
    let Some((batch, digest)) = prepared.batch else {
        return Err(Fault::failed("drill.unexpected", say!("The drill's lists gave no batch.")));
    };
    step(world, &format!("batch show {batch} --operator malik"));
    let view = ops::batches::show(&mut ledger, world, Some("malik"), batch)?;
    let sheet = screen::control_sheet(&view, world.now, true);
    let sheet = ops::batches::write_control_sheet(&mut ledger, world, Some("malik"), batch, &sheet)?;
    if let Some(sheet) = sheet {
        beside(world, say!("Malik reads the control sheet: {file}", file = format!("{place}/{}", sheet.display())));
    }
    step(world, &format!("approve {batch} --operator malik --digest {digest}"));
    ops::approve::approve(&mut ledger, world, Some("malik"), batch, &digest)?;
    step(world, &format!("release {batch} --operator anna"));
    let released = ops::release::release(&mut ledger, world, Some("anna"), batch)?;
    let went_on = match given.by_hand {
        false => afterwards::go_on(world, &outage, &folder, &mut ledger, batch)?,
        true => afterwards::leave_to_hand(world, &outage, &folder, &ledger, batch)?,
    };
    step(world, "verify");
    let verified = ops::verify::verify(&mut ledger)?;
    beside(world, say!("{entries:entry|entries}, and everything agrees.", entries = verified.entries));

    let screen = format!(
        "{}\n{}\n{}\n{}",
        screen::prepared(&prepared, false),
        screen::released(&released, world.now.today()),
        went_on.screen,
        screen::sentence(say!("The drill went as it should: every row has the fate that its maker meant it to have."))
    );
    let json = json!({
        "workspace": place,
        "seed": given.seed,
        "recipients": given.recipients,
        "prepared": json::prepared_whole(&prepared)?,
        "released": json::released(&released),
        "afterwards": went_on.json,
        "verified": json::verified(&verified, None),
        "as_expected": true,
    });
    Ok(Rehearsed { screen, json })
}

fn step(world: &World, command: &str) {
    world.say(Message::verbatim(format!("  $ stopgap {command}")));
}

fn tell(world: &World, said: Message) {
    world.say(Message::verbatim(screen::sentence(said).trim_end()));
}

/// What came of a step, below its command.
fn beside(world: &World, said: Message) {
    world.say(Message::verbatim(format!("    {said}\n")));
}

fn say_fates(world: &World, report: &Report) {
    let fates = &report.fates;
    let read = say!(
        "{read} rows read: {prepared} prepared, {rejected} rejected, {held} held, {duplicates} duplicates; {amount} {currency} to be paid.",
        read = fates.read.count,
        prepared = fates.prepared.count,
        rejected = fates.rejected.count,
        held = fates.held.count,
        duplicates = fates.duplicate.count,
        amount = fates.prepared.amount,
        currency = report.currency
    );
    beside(world, read);
}

fn workspace() -> NewWorkspace {
    NewWorkspace {
        payer: payer(),
        currency: Currency::Dkk,
        message: None,
        profile: None,
        operators: OPERATORS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        environment: Environment::Drill,
        cost: PassphraseCost::STANDARD,
    }
}

fn write_lists(outage: &Outage, folder: &Path) -> Result<(Vec<PathBuf>, Expected)> {
    let lists = folder.join("lists");
    std::fs::create_dir_all(&lists).map_err(|error| unwritable(&lists, &error))?;
    let mut paths = Vec::new();
    let mut expected = Vec::new();
    for list in outage.lists() {
        let path = lists.join(&list.file_name);
        let written = File::create(&path).and_then(|mut file| list.write(&mut file));
        expected.push(written.map_err(|error| unwritable(&path, &error))?);
        paths.push(path);
    }
    Ok((paths, Expected::together(&expected)))
}

/// The lists know which faults were put into them: the program must find these and no others.
fn compare(expected: &Expected, report: &Report) -> Result<()> {
    let fates = &report.fates;
    let pairs = [
        ("read", expected.read, fates.read),
        ("prepared", expected.prepared, fates.prepared),
        ("rejected", expected.rejected, fates.rejected),
        ("held", expected.held, fates.held),
        ("duplicate", expected.duplicate, fates.duplicate),
    ];
    for (fate, meant, found) in pairs {
        if (meant.rows, meant.amount()) != (found.count, found.amount) {
            let message = say!(
                "The drill's lists were made with {meant} {fate} rows of {meant_amount}, and {found} of {found_amount} were found.",
                meant = meant.rows,
                fate,
                meant_amount = meant.amount(),
                found = found.count,
                found_amount = found.amount
            );
            return Err(Fault::failed("drill.unexpected", message)
                .remedy(say!("This is a fault of the program: do not use it before it is mended.")));
        }
    }
    Ok(())
}

fn write_passphrases(folder: &Path) -> Result<()> {
    let passphrases = folder.join("passphrases");
    std::fs::create_dir_all(&passphrases).map_err(|error| unwritable(&passphrases, &error))?;
    for (name, passphrase) in OPERATORS {
        let path = passphrases.join(name);
        let written = File::create(&path).and_then(|mut file| writeln!(file, "{passphrase}"));
        written.map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

/// The folder asked for, which must not hold anything; else the first of `stopgap-drill`, `stopgap-drill-2` … that is not there.
fn free_folder(asked: Option<&Path>) -> Result<PathBuf> {
    let Some(asked) = asked else {
        let names =
            std::iter::once("stopgap-drill".to_owned()).chain((2..).map(|number| format!("stopgap-drill-{number}")));
        let free = names.map(PathBuf::from).find(|path| !path.exists());
        return free.ok_or_else(|| Fault::input("drill.folder", say!("There is no free name for the drill's folder.")));
    };
    let is_free = !asked.exists() || std::fs::read_dir(asked).is_ok_and(|mut entries| entries.next().is_none());
    if !is_free {
        return Err(Fault::refused("workspace.exists", say!("{folder} is not empty.", folder = asked.display()))
            .remedy(say!("A drill takes a folder of its own: name one that does not exist yet.")));
    }
    Ok(asked.into())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::failed("disk.failed", say!("Could not write {path}: {error}.", path = path.display(), error))
}

struct KnownPassphrases;

impl KnownPassphrases {
    fn of(operator: &str) -> Option<Zeroizing<String>> {
        let known = OPERATORS.iter().find(|(name, _)| *name == operator);
        known.map(|(_, passphrase)| Zeroizing::new((*passphrase).to_owned()))
    }
}

impl Passphrases for KnownPassphrases {
    fn ask(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        Ok(Self::of(operator))
    }

    fn choose(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        Ok(Self::of(operator))
    }

    fn is_at_hand(&self, operator: &str) -> bool {
        Self::of(operator).is_some()
    }

    fn who(&self, _: &[&str]) -> Result<Option<String>> {
        Ok(None)
    }
}
