//! The file of a recall. Its bytes follow from the ledger alone, so that it can be made again without anybody's key.

use std::io::Write;
use std::path::Path;

use chrono::DateTime;

use super::super::outbox;
use super::{declare, find_them, folder};
use crate::bank::camt055::{CancellationRequest, OriginalBlock, WRITER_VERSION, recount};
use crate::batch::Sum;
use crate::fault::{Fault, Result};
use crate::ledger::recalls::{RecallId, RecallState, RecordedRecall};
use crate::ledger::{Event, LedgerState};
use crate::ops::copies::places;
use crate::ops::durable::{self, disk_fault};
use crate::ops::hashing::sha256;
use crate::ops::{Unlocked, Workspace, World};
use crate::payment::Amount;
use crate::release::PlannedFile;
use crate::say;

pub fn known(state: &LedgerState, id: RecallId) -> Result<&RecallState> {
    state.recalls.get(&id).ok_or_else(|| {
        Fault::input("recall.no_such", say!("There is no recall {recall} in this ledger.", recall = id.to_string()))
    })
}

/// The bytes of a recall's file. `at` is when it was begun, in seconds since 1970.
pub fn render(state: &LedgerState, recorded: &RecordedRecall, at: i64) -> Result<Vec<u8>> {
    let damaged = || {
        Fault::failed(
            "ledger.damaged",
            say!("Recall {recall} is of payments that its batches do not have.", recall = recorded.recall.to_string()),
        )
    };
    let time = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
    let mut blocks: Vec<OriginalBlock> = Vec::new();
    let (mut last, mut payer) = (None, None);
    for one in &recorded.payments {
        let place = (one.batch, one.file, one.segment);
        if last.replace(place) != Some(place) {
            let batch = state.batches.get(&one.batch).ok_or_else(damaged)?;
            let prepared = &batch.prepared;
            // Named as in the payments' own file.
            payer.get_or_insert(&prepared.payer);
            let file = prepared.plan.files.get(one.file as usize).ok_or_else(damaged)?;
            let segment = file.segments.get(one.segment as usize).ok_or_else(damaged)?;
            let group = prepared.groups.get(segment.group as usize).ok_or_else(damaged)?;
            blocks.push(OriginalBlock {
                message_id: &file.message_id,
                message_name: prepared.profile.message.as_str(),
                created_at: time(prepared.prepared_at),
                payment_information_id: &segment.payment_information_id,
                pay_on: group.pay_on,
                payments: Vec::new(),
            });
        }
        let amount = Amount::from_minor_units(one.amount, state.currency);
        blocks.last_mut().ok_or_else(damaged)?.payments.push((one.payment, amount));
    }
    let request = CancellationRequest {
        message_id: &recorded.message_id,
        created_at: time(at),
        payer: payer.unwrap_or(&state.payer),
        reason: recorded.reason.code(),
        blocks,
        sum: recorded.sum,
    };
    request.write(Vec::new()).map_err(|error| {
        Fault::refused(
            "bank.unwritable",
            say!("{name}: {error}", name = recorded.file_name.as_str(), error = error.to_string()),
        )
    })
}

/// The file as the outbox knows files.
pub fn planned(recall: &RecallState) -> PlannedFile {
    let RecordedRecall { file_name, message_id, sum, sha256, .. } = recall.recorded.clone();
    PlannedFile { name: file_name, message_id, segments: Vec::new(), sum, sha256 }
}

/// Whether the file lies in its place, unchanged.
///
/// # Errors
/// `release.file_differs` where another content lies there.
pub fn lies_there(workspace: &Workspace, recall: &RecallState) -> Result<bool> {
    outbox::is_as_planned(&workspace.folder().join(folder()), &planned(recall)).map_err(|fault| match fault.code {
        "release.file_differs" => fault.remedy(say!(
            "Do not hand it in at the bank. Move it away for the investigation, then recall again: the same file is made anew."
        )),
        _ => fault,
    })
}

/// Puts the file in its place, unless it lies there, and records that.
pub fn write(workspace: &mut Workspace, world: &World, who: &Unlocked, id: RecallId) -> Result<()> {
    outbox::create(workspace.folder(), &folder())?;
    let there = workspace.folder().join(folder());
    let recall = known(&workspace.state, id)?.clone();
    let file = planned(&recall);
    let lies = lies_there(workspace, &recall)?;
    let (keys, days) = (workspace.keys.clone(), workspace.settings.copies.clone());
    if !lies {
        // A file that was cleared away is entered once more before it appears once more.
        let place = folder().join(&file.name);
        if places::open_at(&workspace.state, &who.tagger, &place).is_none() {
            workspace.record(world, |recording| {
                let people = find_them(recording, who, &keys, &mut recall.recorded.payments.clone())?;
                declare(recording, world, (who, None), (&keys, &days), id, people)
            })?;
        }
    }
    workspace.record(world, |recording| {
        let recall = known(&recording.state, id)?.clone();
        match lies {
            true => outbox::make_last(&there, std::slice::from_ref(&file))?,
            false => {
                let bytes = same_again(&recording.state, &recall)?;
                write_draft(&there, &file, &bytes)?;
                outbox::publish(&there, std::slice::from_ref(&file))?;
            }
        }
        match recall.written {
            true => Ok(()),
            false => recording.event(&Event::RecallWritten { recall: id }, &who.signer, None),
        }
    })
}

/// The bytes as they were when the recall was begun.
fn same_again(state: &LedgerState, recall: &RecallState) -> Result<Vec<u8>> {
    let id = recall.id().to_string();
    if recall.recorded.writer != WRITER_VERSION {
        let message = say!(
            "Recall {recall} was begun by another version of stopgap, which writes its file differently.",
            recall = id
        );
        return Err(Fault::refused("release.other_writer", message).remedy(say!("Make it again with that version.")));
    }
    let bytes = render(state, &recall.recorded, recall.at)?;
    if sha256(&bytes) != recall.recorded.sha256 {
        let message = say!("The file of recall {recall}, made again, is another file.", recall = id);
        return Err(Fault::failed("ledger.damaged", message));
    }
    Ok(bytes)
}

/// Writes the file beside its place, syncs it, reads it back from the disk and counts it.
fn write_draft(folder: &Path, file: &PlannedFile, bytes: &[u8]) -> Result<()> {
    let path = outbox::draft_path(folder, file);
    durable::remove_leftover(&path)?;
    let failed = |error: std::io::Error| disk_fault("write", &path, &error);
    let mut draft = durable::create_new(&path)?;
    draft.write_all(bytes).and_then(|()| draft.sync_all()).map_err(failed)?;
    drop(draft);
    let there = std::fs::read(&path).map_err(|error| disk_fault("read back", &path, &error))?;
    let is_whole = recount(there.as_slice()).is_some_and(|found| {
        let Sum { count, amount } = file.sum;
        let counted = (found.payments.len() as u64, found.amount);
        found.message_id == file.message_id && counted == (count, amount.minor_units()) && counted == found.announced
    });
    if sha256(&there) == file.sha256 && is_whole {
        return Ok(());
    }
    let message = say!("{path} on the disk is not what was written to it.", path = path.display());
    Err(Fault::failed("release.read_back", message).remedy(say!(
        "The disk may be failing. Nothing was put out; run the release again, on another disk if it fails again."
    )))
}

/// Whether the file, made from the ledger again, is still the one that was begun; `None` where another version wrote it.
pub fn is_the_same_again(state: &LedgerState, recall: &RecallState) -> Option<bool> {
    let same = |bytes: Vec<u8>| sha256(&bytes) == recall.recorded.sha256;
    (recall.recorded.writer == WRITER_VERSION)
        .then(|| render(state, &recall.recorded, recall.at).map(same).unwrap_or(false))
}
