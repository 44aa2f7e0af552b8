//! What can be done to a disk.

use std::path::PathBuf;

/// A file that was opened: its number outlives its name.
pub type FileNumber = usize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The file got this name; it is new unless the name was there.
    Open {
        path: PathBuf,
        file: FileNumber,
        truncate: bool,
    },
    MakeFolder(PathBuf),
    Write {
        file: FileNumber,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: FileNumber,
        length: usize,
    },
    SyncFile(FileNumber),
    SyncFolder(PathBuf),
    /// Everything on the disk.
    #[allow(dead_code, reason = "a ledger alone is never synced so")]
    SyncAll,
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Remove(PathBuf),
}
