//! `missing.csv`: the rows of those who are in a baseline and in none of the lists, as the baseline has them, for a list of their own.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::beside::{Beside, Missing};
use super::rows_copy::RowsCopy;
use super::rows_draft::RowsDraft;
use crate::fault::Result;
use crate::ops::Unlocked;
use crate::ops::durable::disk_fault;
use crate::ops::key_store::KeyStore;
use crate::ops::workspace::Recording;
use crate::payment::BatchId;
use crate::recipient_list::rows_file::RowsFile;

pub(super) struct MissingList<'a> {
    pub(super) folder: &'a Path,
    /// `None` for a dry run.
    pub(super) batch: Option<BatchId>,
    pub(super) keys: &'a KeyStore,
    pub(super) who: &'a Unlocked,
}

impl MissingList<'_> {
    /// Names the missing and writes the file, which waits for its place. None where nobody is missing.
    pub(super) fn write(
        &self,
        recording: &mut Recording,
        beside: &Beside,
        copy: &mut RowsCopy,
    ) -> Result<(Vec<Missing>, Option<RowsDraft>)> {
        if beside.nobody_is_missing() {
            return Ok((Vec::new(), None));
        }
        let unwritable = |error: std::io::Error| disk_fault("write", Path::new("missing.csv"), &error);
        let draft = RowsDraft::create(self.folder, self.batch, "missing.csv")?;
        let mut rows = RowsFile::new(BufWriter::new(draft.file())).map_err(unwritable)?;
        let mut all = Vec::new();
        beside.each_missing(recording, (self.keys, self.who), &mut |recording, missing, instruction| {
            let Missing { baseline, problem } = &missing;
            let message = problem.message.to_string();
            copy.see_missing(recording, instruction)?;
            rows.row(baseline, None, instruction.row, "missing", problem.code.as_str(), &message, instruction)
                .map_err(unwritable)?;
            all.push(missing);
            Ok(())
        })?;
        rows.finish().and_then(|mut out| out.flush()).map_err(unwritable)?;
        Ok((all, Some(draft)))
    }
}
