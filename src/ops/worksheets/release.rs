//! `release BATCH --as worksheet`: the approved payments leave on paper, in the order of a file's release: ledger, witness, files read back,
//! names, ledger. Run again it gives the same bytes, or nothing.
//!
//! What was approved are the payments, under the batch's digest. The door is chosen here, so the entry that begins the release names that
//! digest and the SHA-256 of every sheet; a sheet says nothing that does not follow from the approved payments, and each payment stands on
//! exactly one. The batch can then leave by no other door.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::bank_files::Source;
use super::super::hashing::sha256;
use super::super::release as files;
use super::super::workspace::Recording;
use super::super::{Unlocked, Workspace, World, batches, copies, durable, outbox};
use super::making::{self, Letterhead, Rendered, Share};
use crate::fault::{Fault, Result};
use crate::ledger::event::Event;
use crate::ledger::receipt_code::ReceiptCode;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ledger::worksheets::{PlannedSheet, SheetFile, SheetRelease};
use crate::payment::BatchId;
use crate::recipient_list::any_table;
use crate::release::PlannedFile;
use crate::say;
use crate::worksheet::{MAKER_VERSION, MOST_ROWS, MOST_SHEETS, SheetCode, makes_again, page, returned, shares};

/// Into how many sheets, and who types them.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `None`: one sheet, or as it was parted before.
    pub clerks: Option<Vec<String>>,
    pub danish: bool,
}

pub struct Released {
    pub batch: BatchId,
    pub sheets: Vec<PlannedSheet>,
    /// Relative to the workspace.
    pub folder: PathBuf,
    pub nothing_new: bool,
    pub first_pay_date: Option<chrono::NaiveDate>,
    pub receipt: Option<ReceiptCode>,
    pub adopted_older: Option<u64>,
}

pub fn release(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    id: BatchId,
    request: &Request,
) -> Result<Released> {
    workspace.refresh(world)?;
    let batch = batches::find(&workspace.state, id)?;
    refuse_other_door(batch)?;
    refuse_other_parting(batch, request)?;
    files::refuse_unless_releasable(batch, world)?;
    files::refuse_while_bank_is_ahead(&workspace.state, batch)?;
    let folder = Workspace::outbox_of(id);
    let outbox = workspace.folder().join(&folder);
    if batch.phase == BatchPhase::Released && all_lie_there(&outbox, batch)? {
        return released(workspace, id, true);
    }
    let who = workspace.unlock(world, who)?;
    workspace.check_receipt()?;
    outbox::create(workspace.folder(), &folder)?;
    let batch = begin(workspace, world, &who, id, request, &outbox)?;
    let keys = workspace.keys.clone();
    workspace.record(world, |recording| {
        write_missing(recording, &keys, &who, &batch, &outbox)?;
        files::complete(recording, &who, id)
    })?;
    released(workspace, id, false)
}

fn refuse_other_door(batch: &BatchState) -> Result<()> {
    let left = matches!(batch.phase, BatchPhase::Releasing | BatchPhase::Released);
    if !left || batch.sheets.is_some() {
        return Ok(());
    }
    let message = say!("Batch {id} was released as bank files and cannot be typed as well.", id = batch.prepared.id);
    Err(Fault::refused("release.other_door", message).remedy(say!(
        "Upload its files, once. Only payments that the bank rejects or returns can be paid again, in a new batch."
    )))
}

fn refuse_other_parting(batch: &BatchState, request: &Request) -> Result<()> {
    let (Some(sheets), Some(clerks)) = (&batch.sheets, &request.clerks) else { return Ok(()) };
    let planned = &sheets.release.sheets;
    let as_before = shares(batch.prepared.total().count, clerks.len()).len() == planned.len()
        && planned.iter().zip(clerks).all(|(sheet, clerk)| clerk.is_empty() || sheet.clerk == *clerk);
    if as_before {
        return Ok(());
    }
    let message = say!(
        "Batch {id} was parted into {sheets:sheet|sheets} already, and they may be on people's desks.",
        id = batch.prepared.id,
        sheets = planned.len() as u64
    );
    Err(Fault::refused("worksheet.other_parting", message).remedy(say!(
        "Leave --clerks out to get the same sheets again; `stopgap worksheet hand` gives a sheet to somebody else."
    )))
}

fn refuse_too_large(batch: &BatchState, sheets: usize) -> Result<()> {
    let payments = batch.prepared.total().count;
    if sheets <= MOST_SHEETS && shares(payments, sheets).first().is_none_or(|rows| *rows <= MOST_ROWS) {
        return Ok(());
    }
    let message = say!(
        "{payments:payment|payments} on {sheets:sheet|sheets} is more than people can type: a sheet takes {most} at most, a batch {clerks} sheets.",
        payments,
        sheets = sheets as u64,
        most = MOST_ROWS,
        clerks = MOST_SHEETS as u64
    );
    Err(Fault::input("worksheet.too_large", message).remedy(say!("Give more clerks, or prepare smaller batches.")))
}

/// Records that the release has begun, unless it has, and enters the files that will appear.
fn begin(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    id: BatchId,
    request: &Request,
    outbox: &Path,
) -> Result<BatchState> {
    let (keys, days) = (workspace.keys.clone(), workspace.settings.copies.clone());
    workspace.record(world, |recording| {
        let batch = batches::find(&recording.state, id)?.clone();
        refuse_other_door(&batch)?;
        refuse_other_parting(&batch, request)?;
        let key = files::look_before_leaving(recording, world, who, &keys, &batch)?;
        if batch.phase == BatchPhase::Approved {
            let release = plan(recording, who, (&batch, &key.1), request)?;
            recording.event(&Event::SheetsBegun(Box::new(release)), &who.signer, None)?;
        }
        let batch = batches::find(&recording.state, id)?.clone();
        all_lie_there(outbox, &batch)?;
        copies::worksheets::declare(recording, world, who, &days, (key.0, &key.1), &batch)?;
        Ok(batch)
    })
}

/// Parts the batch and works out what each file will hold.
fn plan(
    recording: &mut Recording,
    who: &Unlocked,
    (batch, key): (&BatchState, &crate::ledger::seal::SecretKey),
    request: &Request,
) -> Result<SheetRelease> {
    let id = batch.prepared.id;
    let clerks = request.clerks.clone().unwrap_or_else(|| vec![String::new()]);
    refuse_too_large(batch, clerks.len())?;
    let digest = batch.digest.to_string();
    let rows = shares(batch.prepared.total().count, clerks.len());
    let shares: Vec<Share> = (1u16..)
        .zip(rows.iter().zip(&clerks))
        .map(|(number, (rows, clerk))| {
            let mark = who.tagger.reference(&["stopgap work sheet 1", &digest, &number.to_string(), &rows.to_string()]);
            Share { code: SheetCode::new(id, number, &mark).to_string(), clerk: clerk.clone(), rows: *rows }
        })
        .collect();
    let state = &recording.state;
    let letterhead = Letterhead { environment: state.environment, batch, danish: request.danish, maker: MAKER_VERSION };
    let source = Source { ledger: state.ledger, batch: id, key };
    let mut sheets = Vec::with_capacity(shares.len());
    making::render(&mut *recording.transaction, &source, &letterhead, &shares, &mut |at, rendered| {
        let Rendered { stem, sum, page, workbook } = rendered;
        let file = |ending: &str, bytes: &[u8]| SheetFile { name: format!("{stem}.{ending}"), sha256: sha256(bytes) };
        let files = [file("html", &page), file("xlsx", &workbook)];
        sheets.push(PlannedSheet { code: shares[at].code.clone(), clerk: shares[at].clerk.clone(), sum, files });
        Ok(())
    })?;
    Ok(SheetRelease { batch: id, digest: batch.digest, maker: MAKER_VERSION, danish: request.danish, sheets })
}

/// The files of all sheets.
pub(in crate::ops) fn planned_files(batch: &BatchState) -> Vec<PlannedFile> {
    let sheets = batch.sheets.iter().flat_map(|sheets| &sheets.release.sheets);
    sheets.flat_map(PlannedSheet::planned).collect()
}

fn all_lie_there(outbox: &Path, batch: &BatchState) -> Result<bool> {
    let mut all = true;
    for file in planned_files(batch) {
        all &= outbox::is_as_planned(outbox, &file).map_err(|fault| filled_in(fault, &file))?;
    }
    Ok(all)
}

/// A workbook that was filled in where it lay is another file now.
fn filled_in(fault: Fault, file: &PlannedFile) -> Fault {
    match fault.code == "release.file_differs" && file.name.ends_with(".xlsx") {
        true => fault.remedy(say!(
            "If somebody has filled it in, read it with `stopgap worksheet return` and move it away; the empty sheet is then made anew."
        )),
        false => fault,
    }
}

/// Writes the sheets that do not lie in the outbox yet.
fn write_missing(
    recording: &mut Recording,
    keys: &crate::ops::key_store::KeyStore,
    who: &Unlocked,
    batch: &BatchState,
    outbox: &Path,
) -> Result<()> {
    let files = planned_files(batch);
    if all_lie_there(outbox, batch)? {
        return outbox::make_last(outbox, &files);
    }
    let Some(sheets) = &batch.sheets else { return Ok(()) };
    let release = &sheets.release;
    if !makes_again(release.maker) {
        let message = say!(
            "The sheets of batch {id} were made by another version of stopgap, which lays them out differently.",
            id = batch.prepared.id
        );
        return Err(Fault::refused("release.other_writer", message).remedy(say!("Make them again with that version.")));
    }
    let state = &recording.state;
    let key = who.episode_key(keys, batches::episode(state, batch)?.key)?;
    let letterhead = Letterhead { environment: state.environment, batch, danish: release.danish, maker: release.maker };
    let source = Source { ledger: state.ledger, batch: batch.prepared.id, key: &key };
    making::render(&mut *recording.transaction, &source, &letterhead, &shares_of(release), &mut |at, rendered| {
        let planned = release.sheets[at].planned();
        write_draft(outbox, &planned[0], &rendered.page)?;
        write_draft(outbox, &planned[1], &rendered.workbook)
    })?;
    outbox::publish(outbox, &files)
}

/// As the sheets were parted.
pub(in crate::ops) fn shares_of(release: &SheetRelease) -> Vec<Share> {
    let share =
        |sheet: &PlannedSheet| Share { code: sheet.code.clone(), clerk: sheet.clerk.clone(), rows: sheet.sum.count };
    release.sheets.iter().map(share).collect()
}

/// Writes a sheet beside its place, syncs it, and reads it back from the disk: whole, and with the count and sum that were approved.
fn write_draft(outbox: &Path, file: &PlannedFile, bytes: &[u8]) -> Result<()> {
    let path = outbox::draft_path(outbox, file);
    durable::remove_leftover(&path)?;
    let failed = |error: std::io::Error| durable::disk_fault("write", &path, &error);
    let mut draft = durable::create_new(&path)?;
    draft.write_all(bytes).and_then(|()| draft.sync_all()).map_err(failed)?;
    drop(draft);
    let there = std::fs::read(&path).map_err(|error| durable::disk_fault("read back", &path, &error))?;
    // A workbook that cannot be read back is our file on a bad disk, and not somebody's bad list.
    let count = || if file.name.ends_with(".html") { page::count_back(&there) } else { count_workbook(&path).ok()? };
    if sha256(&there) == file.sha256 && count() == Some((file.sum.count, file.sum.amount.minor_units())) {
        return Ok(());
    }
    let message = say!("{path} on the disk is not what was written to it.", path = path.display());
    Err(Fault::failed("release.read_back", message).remedy(say!(
        "The disk may be failing. Nothing was put out; run the release again, on another disk if it fails again."
    )))
}

/// How many different rows a workbook has and what they come to, read as a returned one is.
fn count_workbook(path: &Path) -> Result<Option<(u64, i64)>> {
    let mut reading = returned::Reading::default();
    any_table::each_row_under(path, &path.to_string_lossy(), &returned::is_heading, &mut |_, number, cells| {
        reading.row(number, cells.iter());
        Ok(())
    })?;
    let rows: BTreeSet<&str> = reading.rows.iter().map(|row| row.row.as_str()).collect();
    let mut amounts =
        reading.rows.iter().map(|row| crate::bank::report::item::minor_units(row.amount.as_deref()?, '.'));
    let sum = amounts.try_fold(0i64, |sum, amount| sum.checked_add(amount?));
    Ok(sum.filter(|_| rows.len() == reading.rows.len()).map(|sum| (rows.len() as u64, sum)))
}

fn released(workspace: &Workspace, id: BatchId, nothing_new: bool) -> Result<Released> {
    let batch = batches::find(&workspace.state, id)?;
    let sheets = batch.sheets.as_ref().map(|sheets| sheets.release.sheets.clone()).unwrap_or_default();
    Ok(Released {
        batch: id,
        sheets,
        folder: Workspace::outbox_of(id),
        nothing_new,
        first_pay_date: batch.prepared.first_pay_date(),
        receipt: workspace.receipt_of_last_release(),
        adopted_older: workspace.state.lineage.adopted_older().map(|adopted| adopted.entry),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Sum;
    use crate::fault::FaultKind;
    use crate::payment::{Currency, Digest};

    #[test]
    fn a_sheet_that_does_not_read_back_is_the_disks_failure() {
        let folder = tempfile::tempdir().expect("a folder");
        // Begins as a workbook does, and is none.
        let torn = b"PK\x03\x04 torn";
        for (name, hash) in [("S.xlsx", sha256(torn)), ("S.xlsx", Digest([0; 32])), ("S.html", Digest([0; 32]))] {
            let sum = Sum { count: 1, ..Sum::zero(Currency::Dkk) };
            let (message_id, segments) = (String::new(), Vec::new());
            let file = PlannedFile { name: name.into(), message_id, segments, sum, sha256: hash };
            let fault = write_draft(folder.path(), &file, torn).expect_err("is not what was planned");
            assert_eq!((fault.kind, fault.code), (FaultKind::Failed, "release.read_back"), "{name}");
        }
    }
}
