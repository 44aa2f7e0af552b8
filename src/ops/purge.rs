//! `purge`: what a closed episode says about people is destroyed, and its key with it. In an order that an interruption cannot spoil:
//!
//! 0. whatever still holds these people, registered or not, stops it while nothing is destroyed;
//! 1. the ledger says what is destroyed, and the ciphertexts are gone, in one transaction;
//! 2. the witness says so too;
//! 3. the keys are overwritten and removed;
//! 4. the ledger file is written anew, without what was deleted from it;
//! 5. everything in the workspace is read and searched for what was destroyed;
//! 6. the certificate is written, and the ledger says that the purge is complete.
//!
//! Run again after any interruption, it finishes that purge first. The chain, the sums, the tags and the claims stay: it can still be verified,
//! and a list that asks for the same payments again still meets them.

mod certificate;
pub mod duplicate_key;
mod traces;

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{DateTime, Datelike, NaiveDate};
use sha2::{Digest as _, Sha256};

use super::copies::register::{self, FoundAt};
use super::{Unlocked, Workspace, World, workspace};
use crate::checks::mask_person_numbers;
use crate::fault::{Fault, Result};
use crate::ledger::event::{KeyCopyEnded, RecordedPurge};
use crate::ledger::state::{BatchState, Episode, PurgeState};
use crate::ledger::{Event, LedgerState, Snapshot};
use crate::payment::Digest;
use crate::say;
use crate::words::{Message, shell_word, ungrouped};

pub use certificate::Certificate;
pub use traces::Traces;

pub struct Request<'a> {
    /// Episodes that ended before this day.
    pub before: NaiveDate,
    pub second: &'a str,
    /// `PLACE=WHO`: where else keys were, and who ended them.
    pub key_copies: &'a [String],
}

pub struct Purged {
    pub entry: u64,
    pub purge: PurgeState,
    pub traces: Traces,
    /// Relative to the workspace: for programs, and for people.
    pub certificate: [PathBuf; 2],
    /// Whether it was begun by an earlier command that was interrupted.
    pub resumed: bool,
}

pub fn purge(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<Purged> {
    workspace.refresh(world)?;
    let unfinished = workspace.state.purges.iter().find(|(_, purge)| !purge.completed).map(|(entry, _)| *entry);
    if unfinished.is_none() {
        choose(&workspace.state, &workspace.settings.retention, request.before, world.now.today())?;
    }
    let who = workspace.unlock(world, who)?;
    let second = workspace.unlock_second(world, &who, request.second)?;
    if let Some(entry) = unfinished {
        world.say(say!("A purge was interrupted: it is finished now."));
        let state = workspace.state.clone();
        let today = world.now.today();
        let traces = match state.purges.get(&entry) {
            Some(purge) => Traces::remember(&mut *workspace.read()?, &state, &purge.recorded, &who.tagger, today)?,
            None => Traces::default(),
        };
        let known = known_copies(workspace, world, &who)?;
        return see_through(workspace, world, &who, entry, (traces, &known), true);
    }
    let known = known_copies(workspace, world, &who)?;
    let traces = learn(workspace, world, &who, request, &known)?;
    let entry = record(workspace, world, &who, &second, request)?;
    see_through(workspace, world, &who, entry, (traces, &known), false)
}

/// For how long what episodes say about people must be kept.
#[derive(Clone, Debug, Default)]
pub struct Retention {
    /// From the end of the year in which an episode ended. 0: there is no duty to keep anything.
    pub years: u32,
    /// As `years`, for the duplicate key, from the end of the year in which the last episode ended.
    pub duplicate_years: u32,
    /// Places where copies of the keys are known to be.
    pub key_copies: Vec<String>,
}

/// The day on which an episode ended: when it was closed, or its last payment was due, whichever is later.
fn ended_on(state: &LedgerState, episode: &Episode) -> Option<NaiveDate> {
    let closed = DateTime::from_timestamp(episode.closed_at?, 0)?.date_naive();
    let batches = state.batches.values().filter(|batch| batch.prepared.episode == episode.name);
    let released = batches.filter(|batch| batch.released_at.is_some());
    let paid = released.flat_map(|batch| batch.prepared.groups.iter().map(|group| group.pay_on)).max();
    Some(paid.map_or(closed, |paid| paid.max(closed)))
}

/// The first day on which an episode that ended on `ended` may be purged.
fn may_end_on(ended: NaiveDate, years: u32) -> NaiveDate {
    let year = ended.year().saturating_add_unsigned(years).saturating_add(1);
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX)
}

/// The episodes that are meant: all that ended before the day. Refused where one of them may not be purged.
fn choose<'a>(
    state: &'a LedgerState,
    retention: &Retention,
    before: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<&'a Episode>> {
    let living = || state.episodes.iter().filter(|episode| episode.purged.is_none());
    let has_payments_before = |episode: &&Episode| {
        let mine = |batch: &&BatchState| batch.prepared.episode == episode.name;
        let begun =
            |batch: &BatchState| DateTime::from_timestamp(batch.prepared.prepared_at, 0).map(|at| at.date_naive());
        state.batches.values().filter(mine).any(|batch| begun(batch).is_some_and(|day| day < before))
    };
    if let Some(open) = living().filter(|episode| episode.open).find(has_payments_before) {
        let message = say!("Episode {name} is open, and has payments from before {before}.", name = &open.name, before);
        return Err(Fault::refused("purge.episode_open", message)
            .remedy(say!("Close it first: `stopgap episode close {name}`.", name = shell_word(&open.name))));
    }
    let chosen: Vec<&Episode> =
        living().filter(|episode| ended_on(state, episode).is_some_and(|ended| ended < before)).collect();
    if chosen.is_empty() {
        let message = say!("No closed episode ended before {before} that is not purged.", before);
        return Err(Fault::refused("purge.nothing", message).remedy(say!("`stopgap episode list` shows all episodes.")));
    }
    for episode in &chosen {
        let ended = ended_on(state, episode).unwrap_or(NaiveDate::MAX);
        let first = may_end_on(ended, retention.years);
        if retention.years > 0 && today < first {
            let message = say!(
                "Episode {name} ended on {ended}: it is kept for {years:year|years} from the end of that year, until {first}.",
                name = &episode.name,
                ended,
                years = retention.years,
                first
            );
            return Err(Fault::refused("purge.too_early", message)
                .remedy(say!("How long things are kept is [retention] in stopgap.toml.")));
        }
    }
    if let Some(copy) =
        state.copies.open().find(|copy| chosen.iter().any(|episode| copy.episodes.contains(&episode.name)))
    {
        let message =
            say!("Copy {id} still holds these people, so destroying them here would destroy nothing.", id = copy.id);
        return Err(Fault::refused("purge.open_copies", message)
            .remedy(say!("`stopgap copies list` shows what is open; end it with `stopgap copies end`.")));
    }
    Ok(chosen)
}

/// Every other place of the keys must be ended by somebody, by name.
fn attested(
    state: &LedgerState,
    retention: &Retention,
    chosen: &[&Episode],
    given: &[String],
) -> Result<Vec<KeyCopyEnded>> {
    let ended = ended_copies(retention, given)?;
    let copied = state.key_copies.iter().filter(|copy| chosen.iter().any(|episode| copy.keys.contains(&episode.key)));
    let copied: Vec<String> = copied.map(|copy| copy.entry.to_string()).collect();
    if copied.len() > ended.len() {
        let message = say!(
            "These keys were copied {times:time|times} (entries {entries}), and the end of {ended:copy|copies} is told.",
            times = copied.len(),
            entries = copied.join(", "),
            ended = ended.len()
        );
        return Err(Fault::refused("purge.key_copies", message).remedy(say!(
            "End each copy, then say where it was and who ended it: --key-copy \"USB in the safe=malik\"."
        )));
    }
    Ok(ended)
}

/// The copies of keys whose end was told, each place once, with all that the settings know of.
fn ended_copies(retention: &Retention, given: &[String]) -> Result<Vec<KeyCopyEnded>> {
    let mut ended: Vec<KeyCopyEnded> = Vec::new();
    for given in given {
        let (place, by) = given.split_once('=').map(|(place, by)| (place.trim(), by.trim())).unwrap_or_default();
        if place.is_empty() || by.is_empty() || given.chars().any(char::is_control) {
            return Err(Fault::input(
                "arguments",
                say!("--key-copy says where a copy of the keys was and who ended it."),
            )
            .remedy(say!("Write it as --key-copy \"USB in the safe=malik\".")));
        }
        if mask_person_numbers(given) != *given {
            return Err(Fault::input("arguments", say!("--key-copy holds what looks like a person number.")));
        }
        // One copy that is named twice would stand for another one that nobody ended.
        if ended.iter().any(|one| one.place.to_lowercase() == place.to_lowercase()) {
            return Err(Fault::input("arguments", say!("--key-copy names {place} twice.", place))
                .remedy(say!("Tell two copies in one place apart: \"USB in the safe, blue\".")));
        }
        ended.push(KeyCopyEnded { place: place.into(), by: by.into() });
    }
    let said = |place: &String| ended.iter().any(|one| one.place.to_lowercase() == place.to_lowercase());
    if let Some(place) = retention.key_copies.iter().find(|place| !said(place)) {
        let message =
            say!("A copy of the keys is known to be here: {place}. As long as it is, nothing is destroyed.", place);
        return Err(Fault::refused("purge.key_copies", message)
            .remedy(say!("End it, then add --key-copy \"{place}=NAME\" with who did.", place)));
    }
    Ok(ended)
}

/// Notes what will be destroyed while it can be read, and finds it in the ledger file: what can be found before can be missed after.
///
/// The file is read while no transaction is open: whoever opens and closes it beside SQLite would let go of SQLite's lock.
fn learn(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    request: &Request,
    known: &BTreeSet<PathBuf>,
) -> Result<Traces> {
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    let chosen = choose(&state, &workspace.settings.retention, request.before, world.now.today())?;
    attested(&state, &workspace.settings.retention, &chosen, request.key_copies)?;
    let mut traces = Traces::default();
    traces.learn(&mut *workspace.read()?, &state, who, &keys, &chosen)?;
    traces.count_before(&workspace.folder().join(workspace::LEDGER))?;
    let mut left = working_files(workspace)?;
    left.extend(traces.lie_in_clear(workspace.folder(), known)?);
    refuse_if_left(left)?;
    Ok(traces)
}

/// The open copies that lie as they were written, which the register knows. Whose people are purged has none any more.
fn known_copies(workspace: &mut Workspace, world: &World, who: &Unlocked) -> Result<BTreeSet<PathBuf>> {
    let folder = workspace.folder().to_path_buf();
    let listed = register::look_at_all(workspace, who, world.now.today(), false)?;
    let as_written = listed.copies.into_iter().filter(|listed| listed.found == FoundAt::AsWritten);
    Ok(as_written.filter_map(|listed| Some(folder.join(listed.place?))).collect())
}

/// What the last `check` left in the outbox: it is in no register, and names people.
fn working_files(workspace: &Workspace) -> Result<Vec<String>> {
    let files = register::working_files(workspace.folder())?;
    Ok(files.iter().map(|place| place.display().to_string()).collect())
}

/// Nothing is deleted unasked, and nothing is destroyed in vain: the files must be ended first.
fn refuse_if_left(mut left: Vec<String>) -> Result<()> {
    left.sort();
    left.dedup();
    if left.is_empty() {
        return Ok(());
    }
    let message = say!(
        "People can be read in {files:file|files} of the workspace that no register knows: {places}.",
        files = left.len(),
        places = left.join(", ")
    );
    Err(Fault::refused("purge.files_left", message).remedy(say!(
        "End what lies in the outbox with `stopgap copies end {places}`; remove other files yourself. Then run the purge again.",
        places = left.join(" ")
    )))
}

/// Steps 1 and 2.
fn record(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    second: &Unlocked,
    request: &Request,
) -> Result<u64> {
    let retention = workspace.settings.retention.clone();
    workspace.record(world, |recording| {
        let state = recording.state.clone();
        let chosen = choose(&state, &retention, request.before, world.now.today())?;
        let key_copies = attested(&state, &retention, &chosen, request.key_copies)?;
        let mut purge = RecordedPurge {
            episodes: chosen.iter().map(|episode| episode.name.clone()).collect(),
            keys: chosen.iter().map(|episode| episode.key).collect(),
            entries: entries_of(&state, &chosen),
            payments: 0,
            chunks: 0,
            parts: 0,
            bytes: 0,
            root: Digest([0; 32]),
            key_copies,
        };
        let mut root = Sha256::new_with_prefix(b"stopgap purged 1");
        for (id, batch) in state.batches.iter().filter(|(_, batch)| purge.episodes.contains(&batch.prepared.episode)) {
            let mut chunks = Vec::new();
            recording.transaction.chunks(*id, &mut |mut chunk| {
                root.update(chunk.digest().0);
                purge.chunks += 1;
                purge.bytes += chunk.sealed.ciphertext.len() as u64;
                chunk.purged = Some(chunk.digest());
                chunk.sealed.ciphertext = Vec::new();
                chunks.push(chunk);
                Ok(())
            })?;
            purge.payments += batch.prepared.total().count;
            chunks.iter().try_for_each(|chunk| recording.transaction.forget_chunk(*id, chunk))?;
        }
        for entry in purge.entries.clone() {
            recording.transaction.parts(entry, &mut |part| {
                root.update(part.digest.0);
                purge.parts += 1;
                purge.bytes += part.ciphertext.map_or(0, |ciphertext| ciphertext.len() as u64);
                Ok(())
            })?;
            recording.transaction.forget_parts(entry)?;
        }
        purge.root = Digest(root.finalize().into());
        let entry = recording.next_entry();
        recording.event(&Event::EpisodesPurged(Box::new(purge)), &who.signer, Some(&second.signer))?;
        Ok(entry)
    })
}

/// The entries whose parts go: those under the episodes' keys, and those of copies that held the episodes' people among others.
fn entries_of(state: &LedgerState, chosen: &[&Episode]) -> Vec<u64> {
    let mut entries = BTreeSet::new();
    let under_their_keys =
        state.parts.iter().filter(|(_, parts)| chosen.iter().any(|episode| episode.key == parts.key));
    entries.extend(under_their_keys.map(|(entry, _)| *entry));
    let about_them =
        state.copies.all().filter(|copy| chosen.iter().any(|episode| copy.episodes.contains(&episode.name)));
    entries.extend(about_them.map(|copy| copy.entry).filter(|entry| state.parts.contains_key(entry)));
    entries.into_iter().filter(|entry| !state.is_entry_purged(*entry)).collect()
}

/// Steps 3 to 6. Each of them may have been done before.
fn see_through(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    entry: u64,
    (mut traces, known): (Traces, &BTreeSet<PathBuf>),
    resumed: bool,
) -> Result<Purged> {
    let keys = workspace.keys.clone();
    let find = |state: &LedgerState| {
        let purge = state.purges.get(&entry).cloned();
        purge.ok_or_else(|| {
            Fault::failed("ledger.damaged", say!("Entry {entry} records no purge.", entry = ungrouped(entry)))
        })
    };
    let purge = find(&workspace.state)?;
    for key in &purge.recorded.keys {
        keys.destroy_episode_key(*key)?;
    }
    workspace.compact()?;
    traces.search(workspace.folder(), known, &purge.recorded.keys, &|key| keys.has_episode_key(key))?;
    if resumed {
        traces.add_places(working_files(workspace)?);
    }
    let still_there = payments_left(workspace, &purge.recorded)?;
    if traces.found > 0 || still_there > 0 {
        let message = say!(
            "{pieces:piece|pieces} of what was purged can still be read: {places}.",
            pieces = traces.found + still_there,
            places = traces.places.join(", ")
        );
        return Err(Fault::failed("purge.traces", message).remedy(say!(
            "Remove the files that are named, if they are copies of the ledger or of keys, then run the purge again."
        )));
    }
    let certificate = certificate::write(workspace, who, world, (entry, &purge), &traces)?;
    workspace.record(world, |recording| match recording.state.purges.get(&entry) {
        Some(purge) if purge.completed => Ok(()),
        _ => recording.event(&Event::PurgeCompleted { purge: entry }, &who.signer, None),
    })?;
    Ok(Purged { entry, purge: find(&workspace.state)?, traces, certificate, resumed })
}

/// How many sealed runs of the purged episodes still have a ciphertext.
fn payments_left(workspace: &mut Workspace, purge: &RecordedPurge) -> Result<u64> {
    let state = workspace.state.clone();
    let mut left = 0;
    let mut snapshot = workspace.read()?;
    for (id, _) in state.batches.iter().filter(|(_, batch)| purge.episodes.contains(&batch.prepared.episode)) {
        left += chunks_with_ciphertext(&mut *snapshot, *id)?;
    }
    for entry in &purge.entries {
        snapshot.parts(*entry, &mut |part| {
            left += u64::from(part.ciphertext.is_some());
            Ok(())
        })?;
    }
    Ok(left)
}

fn chunks_with_ciphertext(snapshot: &mut dyn Snapshot, batch: crate::payment::BatchId) -> Result<u64> {
    let mut left = 0;
    snapshot.chunks(batch, &mut |chunk| {
        left += u64::from(chunk.purged.is_none());
        Ok(())
    })?;
    Ok(left)
}

/// Refuses in the words of a person where a command needs what was purged.
pub(super) fn refuse_if_purged(state: &LedgerState, episode: &Episode) -> Result<()> {
    let Some(entry) = episode.purged else { return Ok(()) };
    let when = state.purges.get(&entry).and_then(|purge| DateTime::from_timestamp(purge.at, 0));
    let (name, entry) = (&episode.name, ungrouped(entry));
    Err(purged(match when {
        Some(at) => {
            say!(
                "Who was paid in episode {name} was purged on {day} (entry {entry}).",
                name,
                day = at.date_naive(),
                entry
            )
        }
        None => say!("Who was paid in episode {name} was purged (entry {entry}).", name, entry),
    }))
}

fn purged(message: Message) -> Fault {
    Fault::refused("episode.purged", message)
        .remedy(say!("Its sums, its digests and the recognition of double payments are there; the people are not."))
}

/// Says how many released payments a list cannot have any more. Refused where it could have none at all.
/// # Errors
/// `episode.purged`, where no episode is left under whose key findings could be sealed.
pub(super) fn refuse_if_all_is_gone(state: &LedgerState) -> Result<()> {
    match state.episodes.is_empty() || state.episodes.iter().any(Episode::has_key) {
        true => Ok(()),
        false => Err(purged(say!("Everybody who was paid from this ledger was purged."))),
    }
}

pub(super) fn say_what_is_left_out(state: &LedgerState, world: &World) -> Result<()> {
    let (gone, there): (Vec<_>, Vec<_>) = state
        .batches
        .values()
        .filter(|batch| batch.released_at.is_some())
        .partition(|batch| state.is_batch_purged(batch));
    let payments: u64 = gone.iter().map(|batch| batch.prepared.total().count).sum();
    match (gone.is_empty(), there.is_empty()) {
        (true, _) => Ok(()),
        (false, true) => Err(purged(say!("Everybody who was paid from this ledger was purged."))),
        (false, false) => {
            world.say(say!("{payments:payment|payments} of episodes that were purged are left out.", payments));
            Ok(())
        }
    }
}

/// How many of a batch's sealed runs are gone, and how many are there.
pub(super) fn gone_and_there(snapshot: &mut dyn Snapshot, batch: crate::payment::BatchId) -> Result<(u64, u64)> {
    let (mut gone, mut there) = (0, 0);
    snapshot.chunks(batch, &mut |chunk| {
        match chunk.purged {
            Some(_) if chunk.sealed.ciphertext.is_empty() => gone += 1,
            _ => there += 1,
        }
        Ok(())
    })?;
    Ok((gone, there))
}
