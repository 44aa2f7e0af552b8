//! `purge --duplicate-key`: the second stage, when its own time has come. The duplicate key ends, and with it every claim and all evidence that
//! was made under it, and the baselines. After it nobody who was paid from this ledger can be recognised, so nobody is paid from it any more.
//!
//! The order is that of the first stage: the ledger says so and the rows are gone, in one transaction; then the witness; then the key files;
//! then the ledger file is written anew and everything is searched; then the certificate, and the entry that says that it was seen through.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate};
use sha2::{Digest as _, Sha256};

use super::{Retention, Traces, certificate, ended_copies, ended_on, may_end_on, refuse_if_left, working_files};
use crate::fault::{Fault, Result};
use crate::ledger::copies::Purpose;
use crate::ledger::event::{EndedDuplicateKey, KeyCopyEnded, KeyId};
use crate::ledger::state::DuplicateEnd;
use crate::ledger::{Event, LedgerState};
use crate::ops::{SignedIn, Workspace, World, verify, workspace};
use crate::payment::Digest;
use crate::say;
use crate::words::shell_word;

pub struct Ended {
    pub end: DuplicateEnd,
    pub traces: Traces,
    /// Relative to the workspace: for programs, and for people.
    pub certificate: [PathBuf; 2],
    /// Whether it was begun by an earlier command that was interrupted.
    pub resumed: bool,
}

pub fn end(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &super::Request) -> Result<Ended> {
    workspace.refresh(world)?;
    let begun = workspace.state.duplicate_end.clone();
    match &begun {
        Some(end) if end.completed => return Err(ended_before(end)),
        Some(_) => {}
        None => may_end(&workspace.state, &workspace.settings.retention, request.before, world)?,
    }
    let who = workspace.sign_in(world, who)?;
    let second = workspace.sign_in_second(world, &who, request.second)?;
    if begun.is_some() {
        world.say(say!("The end of the duplicate key was interrupted: it is finished now."));
        return see_through(workspace, world, &who, Traces::default(), true);
    }
    let traces = learn(workspace, world, request)?;
    record(workspace, world, [&who, &second], request)?;
    see_through(workspace, world, &who, traces, false)
}

/// The day on which the last episode ended, or another desk's payments were last taken over, whichever is later.
fn last_day(state: &LedgerState) -> Option<NaiveDate> {
    let episodes = state.episodes.iter().map(|episode| ended_on(state, episode));
    let merged = state.merged.iter().map(|desk| Some(DateTime::from_timestamp(desk.at, 0)?.date_naive()));
    episodes.chain(merged).collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn may_end(state: &LedgerState, retention: &Retention, before: NaiveDate, world: &World) -> Result<()> {
    if let Some(open) = state.episodes.iter().find(|episode| episode.open) {
        let message = say!(
            "Episode {name} is open: the duplicate key still keeps its people from being paid twice.",
            name = open.name.clone()
        );
        return Err(Fault::refused("purge.episode_open", message).remedy(say!(
            "Close it, and purge it when its time has come: `stopgap episode close {name}`.",
            name = shell_word(&open.name)
        )));
    }
    if let Some(episode) = state.episodes.iter().find(|episode| episode.has_key()) {
        let message = say!(
            "Episode {name} is not purged: its people come first, then the duplicate key.",
            name = episode.name.clone()
        );
        return Err(Fault::refused("purge.episodes_first", message).remedy(say!(
            "`stopgap purge --before DATE --second NAME` purges episodes; `stopgap episode list` shows them."
        )));
    }
    if let Some((entry, _)) = state.purges.iter().find(|(_, purge)| !purge.completed) {
        let message = say!("The purge of entry {entry} was interrupted.", entry = entry.to_string());
        return Err(Fault::refused("purge.episodes_first", message)
            .remedy(say!("Finish it first: `stopgap purge --before DATE --second NAME`.")));
    }
    if let Some(copy) = state.copies.open().next() {
        let copy_id = copy.id.to_string();
        let message = match copy.declared.purpose {
            Purpose::RecoveryHalf => say!("Copy {copy}, a half of the recovery code, is still open.", copy = copy_id),
            _ => say!("Copy {copy} still holds people.", copy = copy_id),
        };
        return Err(Fault::refused("purge.open_copies", message)
            .remedy(say!("`stopgap copies list` shows what is open; end it with `stopgap copies end`.")));
    }
    let Some(last) = last_day(state).filter(|last| *last < before) else {
        let message = say!("Nothing that this ledger paid ended before {before}.", before = before.to_string());
        return Err(Fault::refused("purge.nothing", message).remedy(say!("`stopgap episode list` shows all episodes.")));
    };
    let (first, today) = (may_end_on(last, retention.duplicate_years), world.now.today());
    if retention.duplicate_years > 0 && today < first {
        let message = say!(
            "The last payments ended on {last}: who was paid must be recognised for {years:year|years} from the end of that year, until {first}.",
            last = last.to_string(),
            years = retention.duplicate_years,
            first = first.to_string()
        );
        return Err(Fault::refused("purge.too_early", message)
            .remedy(say!("How long that is stands in [retention] duplicate_years in stopgap.toml.")));
    }
    Ok(())
}

fn ended_before(end: &DuplicateEnd) -> Fault {
    let message = say!("The duplicate key was ended before, by entry {entry}.", entry = end.entry.to_string());
    Fault::refused("purge.nothing", message).remedy(say!("Its certificate lies in out/certificates."))
}

/// How many copies of the duplicate key are known: those that were made of the folder `keys`, and those that other desks work with.
fn copies_of_it(state: &LedgerState) -> Vec<String> {
    let copied = state.key_copies.iter().filter(|copy| copy.keys.contains(&state.duplicate_key));
    let mut places: Vec<String> =
        copied.map(|copy| say!("the copy of entry {entry}", entry = copy.entry.to_string()).to_string()).collect();
    let desks = state.desks.iter().filter(|desk| !state.was_lost(desk.ledger));
    places.extend(desks.map(|desk| say!("desk {letter}", letter = desk.letter.to_string()).to_string()));
    if state.desk.of.is_some() {
        places.push(say!("the desk that made this one").to_string());
    }
    if state.desks.iter().any(|desk| state.was_lost(desk.ledger)) {
        places.push(say!("the folder `keys` that this ledger was rebuilt with").to_string());
    }
    places
}

/// Every copy of it must be ended by somebody, by name.
fn attested(state: &LedgerState, retention: &Retention, request: &super::Request) -> Result<Vec<KeyCopyEnded>> {
    let ended = ended_copies(retention, request.key_copies)?;
    let known = copies_of_it(state);
    if known.len() <= ended.len() {
        return Ok(ended);
    }
    let message = say!(
        "The duplicate key lies in {count:other place|other places} ({places}), and the end of {told} of them is told.",
        count = known.len(),
        places = known.join(", "),
        told = ended.len()
    );
    Err(Fault::refused("purge.key_copies", message).remedy(say!(
        "End each copy, then say where it was and who ended it: --key-copy \"USB in the safe=malik\". Another desk ends its own with the same command."
    )))
}

/// What will be destroyed, noted while it is there and found in the ledger file: what can be found before can be missed after.
fn learn(workspace: &mut Workspace, world: &World, request: &super::Request) -> Result<Traces> {
    let state = workspace.state.clone();
    may_end(&state, &workspace.settings.retention, request.before, world)?;
    attested(&state, &workspace.settings.retention, request)?;
    refuse_if_left(working_files(workspace)?)?;
    let mut traces = Traces::default();
    traces.learn_tags(&mut *workspace.read()?, &state)?;
    traces.count_before(&workspace.folder().join(workspace::LEDGER))?;
    Ok(traces)
}

fn record(workspace: &mut Workspace, world: &World, by: [&SignedIn; 2], request: &super::Request) -> Result<()> {
    let retention = workspace.settings.retention.clone();
    workspace.record(world, |recording| {
        let state = recording.state.clone();
        if let Some(end) = &state.duplicate_end {
            return Err(ended_before(end));
        }
        may_end(&state, &retention, request.before, world)?;
        let key_copies = attested(&state, &retention, request)?;
        let (mut parts, mut bytes) = (0, 0);
        let mut root = Sha256::new_with_prefix(b"stopgap ended 1");
        let entries = state.parts_not_purged();
        for entry in &entries {
            recording.transaction.parts(*entry, &mut |part| {
                root.update(part.digest.0);
                parts += 1;
                bytes += part.ciphertext.map_or(0, |ciphertext| ciphertext.len() as u64);
                Ok(())
            })?;
            recording.transaction.forget_parts(*entry)?;
        }
        let (claims, evidence) = recording.transaction.forget_payments()?;
        let ended = EndedDuplicateKey {
            key: state.duplicate_key,
            claims,
            evidence,
            baseline_keys: state.baselines.values().map(|baseline| baseline.recorded.parts.key).collect(),
            entries,
            parts,
            bytes,
            root: Digest(root.finalize().into()),
            key_copies,
        };
        recording.event(&Event::DuplicateKeyEnded(Box::new(ended)), &by[0].signer, Some(&by[1].signer))
    })
}

/// Each of these steps may have been done before.
fn see_through(
    workspace: &mut Workspace,
    world: &World,
    who: &SignedIn,
    mut traces: Traces,
    resumed: bool,
) -> Result<Ended> {
    let keys = workspace.keys.clone();
    let find = |state: &LedgerState| {
        let missing =
            || Fault::failed("ledger.damaged", say!("The ledger does not record the end of its duplicate key."));
        state.duplicate_end.clone().ok_or_else(missing)
    };
    let end = find(&workspace.state)?;
    let ended = &end.recorded;
    keys.destroy_duplicate_key(ended.key)?;
    ended.baseline_keys.iter().try_for_each(|key| keys.destroy_baseline_key(*key))?;
    workspace.compact()?;
    let all: Vec<KeyId> = std::iter::once(ended.key).chain(ended.baseline_keys.iter().copied()).collect();
    let folder = workspace.folder().to_path_buf();
    traces.search(&folder, &BTreeSet::new(), &all, &|key| keys.has_duplicate_key(key) || keys.has_baseline_key(key))?;
    let state = workspace.state.clone();
    verify::claims_agree(&mut *workspace.read()?, &state)?;
    if traces.found > 0 {
        let message = say!(
            "{found:piece|pieces} of what went with the duplicate key can still be read: {places}.",
            found = traces.found,
            places = traces.places.join(", ")
        );
        return Err(Fault::failed("purge.traces", message).remedy(say!(
            "Remove the files that are named, if they are copies of the ledger or of keys, then give the command again."
        )));
    }
    let certificate = certificate::of_duplicate_key(workspace, &who.signer, world, &end, &traces)?;
    workspace.record(world, |recording| match &recording.state.duplicate_end {
        Some(end) if end.completed => Ok(()),
        _ => recording.event(&Event::PurgeCompleted { purge: end.entry }, &who.signer, None),
    })?;
    Ok(Ended { end: find(&workspace.state)?, traces, certificate, resumed })
}
