//! Earlier batches whose rejected and held rows this command read again: what it still leaves open of them is open in its own batch, and
//! nothing is where all that it read is paid, over or waiting for a later batch.
//!
//! A row whose number was mended cannot be known again by itself. So a batch is read again where its `rows.csv` is among the lists, or all of
//! its lists are, by name; where whoever it pays stands in them; and where no fewer rows do. Anything less is left to a person (`batch settle`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Report;
use crate::fault::Result;
use crate::ledger::Event;
use crate::ledger::event::RowsLeft;
use crate::ledger::seal::SecretKey;
use crate::ledger::state::OpenRows;
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace, payments};
use crate::payment::BatchId;

/// The batches of the open episode with open rows that were read again. `in_batches` is how many rows each of them pays already; `key` is the
/// episode's.
pub(super) fn batches(
    recording: &mut Recording,
    folder: &Path,
    key: &SecretKey,
    report: &Report,
    in_batches: &BTreeMap<BatchId, u64>,
) -> Result<Vec<BatchId>> {
    let state = &recording.state;
    let Some(episode) = state.open_episode_now().map(|open| open.name.clone()) else { return Ok(Vec::new()) };
    let is_whole = |id: &BatchId| {
        state.batches.get(id).is_some_and(|batch| {
            let paid = in_batches.get(id).copied().unwrap_or(0);
            paid >= batch.prepared.total().count && report.fates.read.count >= batch.prepared.fates.read.count
        })
    };
    let open: Vec<BatchId> = state.open_rows_in(&episode).map(|(id, _)| id).filter(is_whole).collect();
    let mut again = Vec::new();
    for id in open {
        let is_given = |name: &String| report.lists.iter().any(|list| list.name() == name);
        if is_rows_file_given(folder, report, id)
            || payments::notes(&mut *recording.transaction, recording.state.ledger, id, key)?.lists.iter().all(is_given)
        {
            again.push(id);
        }
    }
    Ok(again)
}

fn is_rows_file_given(folder: &Path, report: &Report, batch: BatchId) -> bool {
    let Ok(rows) = fs::canonicalize(folder.join(Workspace::outbox_of(batch)).join("rows.csv")) else { return false };
    report.lists.iter().any(|list| fs::canonicalize(list.name()).is_ok_and(|given| given == rows))
}

pub(super) fn record(
    recording: &mut Recording,
    who: &Unlocked,
    batch: Option<BatchId>,
    left: OpenRows,
    read_again: Vec<BatchId>,
) -> Result<()> {
    let OpenRows { rejected, held } = left;
    let event = Event::RowsLeft(Box::new(RowsLeft { batch, rejected, held, read_again }));
    recording.event(&event, &who.signer, None)
}
