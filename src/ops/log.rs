//! `log`: the entries of the ledger for people, all of them or those about one episode, operator, batch or person.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Workspace, World, episodes};
use crate::checks::read_person;
use crate::fault::{Fault, Result};
use crate::ledger::copies::CopyId;
use crate::ledger::recalls::RecallId;
use crate::ledger::{Entry, Event, LedgerState};
use crate::payment::{BatchId, PersonKind};
use crate::say;

/// Which entries are wanted; all that is given must hold.
#[derive(Default)]
pub struct Wanted<'a> {
    pub episode: Option<&'a str>,
    pub operator: Option<&'a str>,
    pub batch: Option<BatchId>,
    /// A person number as written. It is compared by pseudonym, and only batches whose payments have left or are live are found.
    pub person: Option<&'a str>,
}

/// An entry with what it recorded.
pub struct Logged {
    pub entry: Entry,
    pub event: Event,
}

pub fn log(workspace: &mut Workspace, world: &World, who: Option<&str>, wanted: &Wanted) -> Result<Vec<Logged>> {
    if let Some(name) = wanted.episode {
        episodes::known(&workspace.state, name)?;
    }
    let of_person = match wanted.person {
        Some(written) => Some(batches_of(workspace, world, who, written, world.now.today())?),
        None => None,
    };
    let state = workspace.state.clone();
    let mut found = Vec::new();
    workspace.read()?.entries_after(0, &mut |entry| {
        let Some(event) = Event::from_bytes(&entry.event) else { return Ok(()) };
        let (batches, episodes) = about(&event, &state, entry.seq);
        let by = |name: &str| entry.actor == name || entry.second.as_deref() == Some(name);
        let is_wanted = wanted.operator.is_none_or(by)
            && wanted.batch.is_none_or(|batch| batches.contains(&batch))
            && wanted.episode.is_none_or(|episode| episodes.contains(episode))
            && of_person.as_ref().is_none_or(|of_person| !batches.is_disjoint(of_person));
        if is_wanted {
            found.push(Logged { entry, event });
        }
        Ok(())
    })?;
    Ok(found)
}

/// The batches in which the person is paid, found by pseudonym: the number itself is nowhere in the ledger.
fn batches_of(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    written: &str,
    today: NaiveDate,
) -> Result<BTreeSet<BatchId>> {
    let country = workspace.state.payer.country;
    let person = read_person(written.trim(), PersonKind::Natural, country, today)
        .or_else(|_| read_person(written.trim(), PersonKind::Organisation, country, today))
        .map_err(|_| Fault::input("id.malformed", say!("This is no person's number, and no organisation's.")))?;
    let who = workspace.unlock(world, who)?;
    let pseudonym = who.tagger.person(&person);
    let mut batches = BTreeSet::new();
    workspace.read()?.claims_ever(&mut |claim, _| {
        if claim.person == pseudonym {
            batches.insert(claim.batch);
        }
        Ok(())
    })?;
    Ok(batches)
}

fn batches_recalled(state: &LedgerState, recall: RecallId) -> Vec<BatchId> {
    let recall = state.recalls.get(&recall);
    recall.iter().flat_map(|recall| &recall.recorded.payments).map(|one| one.batch).collect()
}

/// The batches and episodes that an entry is about.
fn about(event: &Event, state: &LedgerState, entry: u64) -> (BTreeSet<BatchId>, BTreeSet<String>) {
    let (mut batches, mut episodes) = (BTreeSet::new(), BTreeSet::new());
    let copies =
        |ids: &mut dyn Iterator<Item = CopyId>| -> Vec<_> { ids.filter_map(|id| state.copies.get(id)).collect() };
    let concerned = match event {
        Event::EpisodeOpened { name, .. } | Event::EpisodeClosed { name } | Event::EpisodeClosedOpen { name, .. } => {
            episodes.insert(name.clone());
            Vec::new()
        }
        Event::BatchPrepared(batch) => {
            batches.insert(batch.id);
            Vec::new()
        }
        Event::BatchApproved { batch, .. }
        | Event::BatchCancelled { batch }
        | Event::ReleaseBegun { batch, .. }
        | Event::ReleaseCompleted { batch } => {
            batches.insert(*batch);
            Vec::new()
        }
        Event::UploadRecorded(upload) => {
            batches.insert(upload.batch);
            Vec::new()
        }
        Event::SheetsBegun(release) => {
            batches.insert(release.batch);
            Vec::new()
        }
        Event::RecallBegun(recall) => {
            batches.extend(recall.payments.iter().map(|one| one.batch));
            Vec::new()
        }
        Event::RecallWritten { recall } => {
            batches.extend(batches_recalled(state, *recall));
            Vec::new()
        }
        Event::RecallAnswered(answer) => {
            batches.extend(batches_recalled(state, answer.recall));
            Vec::new()
        }
        Event::RecallGivenUp(given_up) => {
            batches.extend(batches_recalled(state, given_up.recall));
            Vec::new()
        }
        Event::SheetReturned(came) => {
            batches.insert(came.batch);
            Vec::new()
        }
        Event::SheetRowsDecided(decided) => {
            batches.insert(decided.batch);
            Vec::new()
        }
        Event::SheetHanded { batch, .. } => {
            batches.insert(*batch);
            Vec::new()
        }
        Event::BatchComparedWithBaselines(beside) => {
            batches.insert(beside.batch);
            Vec::new()
        }
        Event::RowsLeft(left) => {
            batches.extend(left.batch);
            batches.extend(left.read_again.iter().copied());
            Vec::new()
        }
        Event::RowsSettled(settled) => {
            batches.insert(settled.batch);
            Vec::new()
        }
        Event::EpisodesPurged(purge) => {
            episodes.extend(purge.episodes.iter().cloned());
            Vec::new()
        }
        Event::CopiesDeclared(_) => state.copies.all().filter(|copy| copy.entry == entry).collect(),
        Event::CopiesReviewed { copies: ids } => copies(&mut ids.iter().copied()),
        Event::CopiesEnded { copies: ids, .. } => copies(&mut ids.iter().map(|(id, _)| *id)),
        _ => Vec::new(),
    };
    for copy in concerned {
        batches.extend(copy.declared.batch);
        episodes.extend(copy.episodes.iter().cloned());
    }
    let of_batches = batches.iter().filter_map(|batch| state.batches.get(batch));
    episodes.extend(of_batches.map(|batch| batch.prepared.episode.clone()).collect::<Vec<_>>());
    (batches, episodes)
}
