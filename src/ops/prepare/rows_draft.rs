//! `rows.csv` on its way to its name.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::fault::Result;
use crate::ops::durable::{self, disk_fault};

/// `rows.csv` while it is written; under this name it is never mistaken for a finished one, and an interrupted one is replaced.
pub(super) struct RowsDraft {
    path: PathBuf,
    file: File,
    placed: bool,
}

impl RowsDraft {
    pub(super) fn create(workspace: &Path) -> Result<Self> {
        let outbox = workspace.join("out");
        durable::create_folder(&outbox)?;
        let path = outbox.join(".rows.csv.draft");
        durable::remove_leftover(&path)?;
        let file = durable::create_new(&path)?;
        Ok(Self { path, file, placed: false })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name in `folder`, which is relative to the workspace; so is the path that comes back.
    pub(super) fn place(mut self, workspace: &Path, folder: &Path) -> Result<PathBuf> {
        let path = folder.join("rows.csv");
        let to = workspace.join(&path);
        durable::create_folder(&workspace.join(folder))?;
        let placed = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, &to));
        placed.map_err(|error| disk_fault("write", &to, &error))?;
        self.placed = true;
        durable::sync_folder(&workspace.join(folder))?;
        Ok(path)
    }
}

impl Drop for RowsDraft {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
