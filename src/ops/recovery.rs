//! The recovery code: `init` and `operator recovery` make one, in two halves for two people; with `operator recover` the two open the ledger
//! when its operators have forgotten their passphrases.
//!
//! At a terminal each half is shown to its keeper alone and written nowhere. Without one it must not be lost, and a script's output is often
//! kept: so each half becomes a page of its own in `out/recovery`, which is in the register of copies, to be printed and ended.

mod sheet;

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::Days;
use zeroize::Zeroizing;

use super::copies::register::destroy;
use super::copies::{places, refuse_unless_free};
use super::durable::{self, Draft};
use super::hashing::sha256;
use super::init::check_operators;
use super::operators::refuse_known;
use super::parts;
use super::workspace::Recording;
use super::world::random;
use super::{Unlocked, Workspace, World, outbox};
use crate::fault::{Fault, Result};
use crate::ledger::copies::{DeclaredCopies, DeclaredCopy, PeopleCount, PeopleLie, Purpose};
use crate::ledger::event::KeyId;
use crate::ledger::recovery::{Half, RecordedRecovery, RecoveryCode, recovery_message};
use crate::ledger::state::RecoveryState;
use crate::ledger::{Event, LedgerState};
use crate::say;

/// Where the halves wait to be printed, relative to the workspace.
pub const SHEETS: [&str; 2] = ["out/recovery/half-1.txt", "out/recovery/half-2.txt"];

/// A code that was made.
#[derive(Debug)]
pub struct Made {
    pub code: KeyId,
    /// The pages of the halves, relative to the workspace; `None` where they were shown at the terminal.
    pub sheets: Option<[PathBuf; 2]>,
}

#[derive(Debug)]
pub struct Recovered {
    pub entry: u64,
    pub operators: Vec<String>,
    /// Operators whose place was taken and who are none any more.
    pub ended: Vec<String>,
    /// The next code.
    pub made: Made,
}

/// Makes a recovery code; an earlier one is void from then on.
pub fn make_anew(workspace: &mut Workspace, world: &World, who: Option<&str>, second: &str) -> Result<Made> {
    let first = workspace.unlock(world, who)?;
    let second = workspace.unlock_second(world, &first, second)?;
    make(workspace, world, [&first, &second])
}

/// As [`make_anew`], for two whose keys are open. The code counts once both halves are where they belong: shown, or about to lie there.
pub fn make(workspace: &mut Workspace, world: &World, [first, second]: [&Unlocked; 2]) -> Result<Made> {
    let code = RecoveryCode::new(random()?);
    let halves = code.split(random()?);
    let shown = world.passphrases.hand_over(&halves[0])? && world.passphrases.hand_over(&halves[1])?;
    let (folder, keys) = (workspace.folder().to_path_buf(), workspace.keys.clone());
    let days = workspace.settings.copies.days(Purpose::RecoveryHalf);
    let sheets = workspace.record(world, |recording| {
        keys.finish_recovery(&recording.state)?;
        first.keep_for_recovery(&keys, &code)?;
        let event = Event::RecoveryCodeMade { code: code.id(), public_key: code.signer().public_key() };
        recording.event(&event, &first.signer, Some(&second.signer))?;
        if shown { Ok(None) } else { write_sheets(recording, world, &folder, first, &halves, days).map(Some) }
    })?;
    let was_written = sheets.is_some();
    sheets.into_iter().flatten().try_for_each(Draft::place)?;
    finish(workspace, world)?;
    Ok(Made { code: code.id(), sheets: was_written.then(|| SHEETS.map(PathBuf::from)) })
}

/// What an interruption left of a recovery, or of an older code, under the ledger's lock.
fn finish(workspace: &mut Workspace, world: &World) -> Result<()> {
    let keys = workspace.keys.clone();
    let folder = workspace.folder().to_path_buf();
    let alone = workspace.begin(world)?;
    keys.finish_recovery(&alone.state)?;
    finish_sheets(&folder, &alone.state)
}

/// Finishes a code whose pages an interruption left on the way, if there is one.
pub fn finish_interrupted(workspace: &mut Workspace, world: &World) -> Result<()> {
    for place in SHEETS {
        if durable::is_there(&Draft::path_of(&workspace.folder().join(place))?)? {
            return finish(workspace, world);
        }
    }
    Ok(())
}

/// Pages of the code that counts get their names; those of a code that was never recorded are overwritten and removed.
fn finish_sheets(folder: &Path, state: &LedgerState) -> Result<()> {
    for place in SHEETS {
        let path = folder.join(place);
        let draft = Draft::path_of(&path)?;
        if !durable::is_there(&draft)? {
            continue;
        }
        let text = std::fs::read_to_string(&draft).map(Zeroizing::new);
        let text = text.map_err(|error| durable::disk_fault("read", &draft, &error))?;
        let half = Half::read_page(&text).ok();
        let counts = half.zip(state.recovery).is_some_and(|(half, recovery)| half.may_be_of(recovery.code));
        if counts {
            std::fs::rename(&draft, &path).map_err(|error| durable::disk_fault("write", &path, &error))?;
            durable::sync_folder(durable::parent(&path))?;
        } else {
            destroy(&draft)?;
        }
    }
    Ok(())
}

/// Enters the pages and writes them under the names that they have on the way.
fn write_sheets(
    recording: &mut Recording,
    world: &World,
    folder: &Path,
    who: &Unlocked,
    halves: &[Half; 2],
    days: u32,
) -> Result<[Draft; 2]> {
    outbox::create(folder, durable::parent(Path::new(SHEETS[0])))?;
    let mut copies = Vec::new();
    let mut draft = |half: &Half, place: &str| {
        let (path, place) = (folder.join(place), Path::new(place));
        refuse_unless_free(folder, &recording.state, who, &path)?;
        let text = sheet::text(half, &recording.state, world.now);
        let mut draft = Draft::create(&path)?;
        let written = draft.file.write_all(text.as_bytes());
        written.map_err(|error| durable::disk_fault("write", &path, &error))?;
        draft.sync()?;
        copies.push(DeclaredCopy {
            purpose: Purpose::RecoveryHalf,
            batch: None,
            fields: Vec::new(),
            rows: 0,
            people: PeopleCount::default(),
            people_lie: PeopleLie::Nowhere,
            place: places::mark(&who.tagger, place),
            name: places::name_mark(&who.tagger, place),
            content: Some(who.tagger.content_mark(&sha256(text.as_bytes()))),
            end_by: world.now.today().checked_add_days(Days::new(days.into())).unwrap_or_default(),
            replaces: places::open_at(&recording.state, &who.tagger, place).map(|copy| copy.id),
        });
        Ok::<_, Fault>(draft)
    };
    let drafts = [draft(&halves[0], SHEETS[0])?, draft(&halves[1], SHEETS[1])?];
    let parts = parts::nothing(recording.state.duplicate_key);
    let declared = DeclaredCopies { copies, episodes: Vec::new(), parts };
    recording.event(&Event::CopiesDeclared(Box::new(declared)), &who.signer, None)?;
    Ok(drafts)
}

/// Two people who keep a half each say who works here from now on: by `names`, or the same people with new passphrases.
pub fn recover(workspace: &mut Workspace, world: &World, names: &[String]) -> Result<Recovered> {
    finish(workspace, world)?;
    let before: Vec<String> = workspace.state.active_operators().map(|operator| operator.name.clone()).collect();
    let names = if names.is_empty() { before.clone() } else { names.to_vec() };
    check_operators(&names)?;
    names.iter().filter(|name| !before.contains(name)).try_for_each(|name| refuse_known(&workspace.state, name))?;
    let code = ask_for_halves(&workspace.state, world)?;
    let keys = workspace.keys.clone();
    let workspace_key = keys.open_with_recovery(&code)?;
    let mut open = Vec::new();
    let mut entry = 0;
    workspace.record(world, |recording| {
        // Under the ledger's lock: of two who recover at once, the second finds the code void.
        let mut enrolments = Vec::new();
        for name in &names {
            let tagger = keys.tagger(&recording.state, &workspace_key)?;
            let (enrolment, unlocked) = keys.prepare_operator(world, name, &workspace_key, tagger)?;
            enrolments.push(enrolment);
            open.push(unlocked);
        }
        let message = recovery_message(recording.state.ledger, &recording.state.head, &enrolments);
        let signature = code.signer().sign(&message);
        let recovery = RecordedRecovery { code: code.id(), operators: enrolments, signature };
        entry = recording.next_entry();
        let event = Event::OperatorsRecovered(Box::new(recovery));
        recording.event(&event, &open[0].signer, Some(&open[1].signer))
    })?;
    finish(workspace, world)?;
    // The halves were typed where others may have looked on, so they are void. What comes of the next ones does not undo what was done.
    let made = make(workspace, world, [&open[0], &open[1]]).map_err(|fault| {
        let message = say!(
            "The operators are {names}, with new passphrases (entry {entry}), and there is no new recovery code: {why}",
            names = names.join(", "),
            entry = entry.to_string(),
            why = fault.message
        );
        Fault::failed("recovery_code.not_made", message)
            .remedy(say!("Two operators make one: `stopgap operator recovery --second NAME`."))
    })?;
    let ended = before.into_iter().filter(|name| !names.contains(name)).collect();
    Ok(Recovered { entry, operators: names, ended, made })
}

fn ask_for_halves(state: &LedgerState, world: &World) -> Result<RecoveryCode> {
    let Some(recovery) = state.recovery else {
        let message = match state.recoveries.last() {
            Some(entry) => say!(
                "The recovery code of this ledger was used by entry {entry}, and no other was made.",
                entry = entry.to_string()
            ),
            None => say!("This ledger has no recovery code."),
        };
        return Err(Fault::refused("recovery_code.none", message)
            .remedy(say!("Two operators make one: `stopgap operator recovery --second NAME`.")));
    };
    let one = ask_for_half(&recovery, world, 1)?;
    let other = ask_for_half(&recovery, world, 2)?;
    let code = RecoveryCode::join(&one, &other);
    let is_it = |code: &RecoveryCode| code.id() == recovery.code && code.signer().public_key() == recovery.public_key;
    code.filter(is_it).ok_or_else(|| {
        Fault::refused("recovery_code.wrong", say!("These are not the two halves of this ledger's recovery code."))
            .remedy(say!("It takes both: the one that begins a page with 1 of 2, and the one with 2 of 2."))
    })
}

fn ask_for_half(recovery: &RecoveryState, world: &World, number: u8) -> Result<Half> {
    let half = world.passphrases.half(number)?.ok_or_else(|| {
        let message = say!(
            "Half {number} of the recovery code is needed and there is no terminal to ask on.",
            number = number.to_string()
        );
        Fault::input("recovery_code.missing", message).remedy(say!(
            "Put it into a file named recovery-{number} in the folder that STOPGAP_PASSPHRASE_DIR names.",
            number = number.to_string()
        ))
    })?;
    if half.may_be_of(recovery.code) {
        return Ok(half);
    }
    let message = say!(
        "This half is of another recovery code than the one that entry {entry} made: it is void, or of another ledger.",
        entry = recovery.entry.to_string()
    );
    Err(Fault::refused("recovery_code.void", message).remedy(say!("Look for the newer page.")))
}
