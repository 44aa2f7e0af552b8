//! `rows.csv` and `missing.csv` on the way to their names. They get these after the batch is recorded, as every file that holds personal data: until then
//! each lies under a name of the batch's own, whole and synced, and if the command is interrupted in between, the next one puts it into its
//! place.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ops::durable::{self, disk_fault};
use crate::ops::{Workspace, copies};
use crate::payment::{BatchId, Digest};

/// A file while it is written; under this name it is never mistaken for a finished one, and an interrupted one is replaced.
pub(super) struct RowsDraft {
    name: &'static str,
    path: PathBuf,
    file: File,
    /// Whether it lasts under the name that it has.
    synced: Cell<bool>,
    /// A folder that was made for it.
    folder: RefCell<Option<PathBuf>>,
    /// Whether it stays if it is not placed: its batch is recorded.
    kept: bool,
}

impl RowsDraft {
    /// `None` for a dry run, which has no batch.
    pub(super) fn create(workspace: &Path, batch: Option<BatchId>, name: &'static str) -> Result<Self> {
        durable::create_folder(&workspace.join("out"))?;
        let path = draft_of(workspace, batch, name);
        durable::remove_leftover(&path)?;
        let file = durable::create_new(&path)?;
        let (synced, folder) = (Cell::new(false), RefCell::new(None));
        Ok(Self { name, path, file, synced, folder, kept: false })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it last under the name that it has, so that it outlives an interruption after its batch is recorded; and with it the folder
    /// of the workspace in which it will lie.
    pub(super) fn sync(&self, workspace: &Path, folder: &Path) -> Result<()> {
        let folder = workspace.join(folder);
        if durable::create_folder_soon(&folder)? {
            *self.folder.borrow_mut() = Some(folder);
        }
        self.file.sync_all().map_err(|error| disk_fault("write", &self.path, &error))?;
        durable::sync_folder(durable::split(&self.path)?.0)?;
        self.synced.set(true);
        Ok(())
    }

    /// From here on the ledger names it.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }

    /// Gives it its name in `folder`, which is relative to the workspace; so is the path that comes back.
    pub(super) fn place(mut self, workspace: &Path, folder: &Path) -> Result<PathBuf> {
        let path = folder.join(self.name);
        if !self.synced.get() {
            self.sync(workspace, folder)?;
        }
        place(&self.path, &workspace.join(&path))?;
        self.kept = true;
        Ok(path)
    }
}

/// `rows.csv` and, where somebody is missing, `missing.csv`.
pub(super) struct Drafts {
    pub(super) rows: RowsDraft,
    pub(super) missing: Option<RowsDraft>,
}

impl Drafts {
    /// Makes both last, and says what is in them.
    pub(super) fn sync(&self, workspace: &Path, folder: &Path) -> Result<(Digest, Option<Digest>)> {
        let synced = |draft: &RowsDraft| draft.sync(workspace, folder).and_then(|()| copies::sha256(draft.path()));
        Ok((synced(&self.rows)?, self.missing.as_ref().map(synced).transpose()?))
    }

    pub(super) fn keep(&mut self) {
        self.rows.keep();
        self.missing.iter_mut().for_each(RowsDraft::keep);
    }

    /// Gives both their names in a folder of the workspace; they are relative to it.
    pub(super) fn place(self, workspace: &Path, folder: &Path) -> Result<(PathBuf, Option<PathBuf>)> {
        let rows = self.rows.place(workspace, folder)?;
        Ok((rows, self.missing.map(|draft| draft.place(workspace, folder)).transpose()?))
    }
}

fn place(draft: &Path, to: &Path) -> Result<()> {
    let folder = durable::split(to)?.0;
    durable::create_folder(folder)?;
    match std::fs::rename(draft, to) {
        // Another command found it waiting and was faster.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && durable::is_there(to)? => {}
        placed => placed.map_err(|error| disk_fault("write", to, &error))?,
    }
    durable::sync_folder(folder)
}

fn draft_of(workspace: &Path, batch: Option<BatchId>, name: &str) -> PathBuf {
    let whose = batch.map_or_else(|| "check".to_owned(), |batch| batch.to_string());
    workspace.join("out").join(format!(".{whose}-{name}.draft"))
}

/// Puts the files of every recorded batch into its place that an interruption left on the way. Under the ledger's lock.
pub(in crate::ops) fn place_waiting(workspace: &Path, state: &LedgerState) -> Result<()> {
    for (id, name) in state.batches.keys().flat_map(|id| [(id, "rows.csv"), (id, "missing.csv")]) {
        let draft = draft_of(workspace, Some(*id), name);
        let to = workspace.join(Workspace::outbox_of(*id)).join(name);
        if durable::is_there(&draft)? && !durable::is_there(&to)? {
            place(&draft, &to)?;
        }
    }
    Ok(())
}

impl Drop for RowsDraft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
            // Only where nothing lies in it.
            self.folder.take().map(std::fs::remove_dir);
        }
    }
}
