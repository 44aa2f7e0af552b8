//! The files of released batches, compared with what was approved.

use std::path::Path;

use crate::fault::{Fault, FaultKind, Result};
use crate::ledger::state::BatchState;
use crate::ops::{Workspace, outbox, worksheets};
use crate::progress::{self, Stage};
use crate::release::PlannedFile;
use crate::say;
use crate::words::ungrouped;

/// How many lie in the outbox as they were approved, and which no longer lie there.
#[derive(Default)]
pub(super) struct InOutbox {
    pub(super) files: u64,
    pub(super) away: Vec<String>,
}

impl InOutbox {
    pub(super) fn look_for(&mut self, folder: &Path, batch: &BatchState) -> Result<()> {
        let outbox = Workspace::outbox_of(batch.prepared.id);
        match batch.sheets {
            Some(_) => self.look_for_sheets(folder, &outbox, batch),
            None => self.look_for_bank_files(folder, &outbox, batch),
        }
    }

    fn look_for_sheets(&mut self, folder: &Path, outbox: &Path, batch: &BatchState) -> Result<()> {
        for file in worksheets::release::planned_files(batch) {
            match outbox::is_as_planned(&folder.join(outbox), &file) {
                Ok(as_planned) => self.count(as_planned, outbox, &file),
                // A workbook is there to be filled in; what comes back of it is compared row by row.
                Err(fault) if fault.code == "release.file_differs" && !file.name.ends_with(".html") => {
                    self.count(false, outbox, &file);
                }
                Err(fault) => return Err(Fault { kind: FaultKind::Failed, ..fault }),
            }
        }
        Ok(())
    }

    fn look_for_bank_files(&mut self, folder: &Path, outbox: &Path, batch: &BatchState) -> Result<()> {
        let mut step = progress::begin(Stage::ReadingBack, batch.prepared.total().count);
        for file in &batch.prepared.plan.files {
            let as_planned = outbox::is_as_planned(&folder.join(outbox), file).map_err(|fault| Fault {
                // To release, a changed file is a control's refusal; to verify, it is damage.
                kind: FaultKind::Failed,
                message: say!(
                    "Entry {entry} released another file. {said}",
                    entry = ungrouped(batch.entry),
                    said = fault.message
                ),
                ..fault
            })?;
            step.advance(file.sum.count);
            self.count(as_planned, outbox, file);
        }
        Ok(())
    }

    fn count(&mut self, as_planned: bool, outbox: &Path, file: &PlannedFile) {
        match as_planned {
            true => self.files += 1,
            false => self.away.push(outbox.join(&file.name).to_string_lossy().into_owned()),
        }
    }
}
