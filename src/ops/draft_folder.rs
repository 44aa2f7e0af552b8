//! A folder that is whole or not there: filled under a name that nobody takes for a finished one, then given its own without replacing
//! anything.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::durable::{self, disk_fault};
use crate::fault::{Fault, Result};
use crate::say;

pub struct DraftFolder {
    path: PathBuf,
    /// Held while the folder is filled: tells one that is being filled from one that an interruption left.
    _lock: File,
    placed: bool,
}

impl DraftFolder {
    /// An empty folder at `path`, for the owner alone. What an interrupted command left there is cleared away.
    pub fn create(path: &Path) -> Result<Self> {
        let make = || DirBuilder::new().mode(0o700).create(path);
        let failed = |error: io::Error| disk_fault("make the folder", path, &error);
        match make() {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                drop(lock(path)?);
                std::fs::remove_dir_all(path).and_then(|()| make()).map_err(failed)?;
            }
            made => made.map_err(failed)?,
        }
        Ok(Self { path: path.into(), _lock: lock(path)?, placed: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its name, which an empty folder may have, and nothing else; and makes that last.
    pub fn place(mut self, place: &Path) -> Result<()> {
        durable::sync_folder(&self.path)?;
        // Renaming a folder never replaces a file, nor a folder in which something lies.
        std::fs::rename(&self.path, place).map_err(|error| disk_fault("put into its place", place, &error))?;
        self.placed = true;
        durable::sync_folder(durable::parent(place))
    }
}

impl Drop for DraftFolder {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The folder of a workspace that is to be made, by its whole path. It is not there yet, or empty.
pub fn free_place(folder: &Path) -> Result<PathBuf> {
    if !durable::is_there(folder)? {
        return match folder.file_name() {
            Some(_) => Ok(folder.into()),
            None => Err(Fault::input("workspace.name", say!("{folder} names no folder.", folder = folder.display()))),
        };
    }
    let whole = folder.canonicalize().map_err(|error| disk_fault("look at", folder, &error))?;
    let empty = std::fs::read_dir(&whole).map(|mut entries| entries.next().is_none()).unwrap_or(false);
    let here = std::env::current_dir().is_ok_and(|here| here == whole);
    if empty && !here {
        return Ok(whole);
    }
    let message = match empty {
        true => say!("A workspace is not made in the folder one stands in."),
        false => say!("{folder} is there already, and not empty: nothing is written over.", folder = folder.display()),
    };
    Err(Fault::input("workspace.exists", message).remedy(say!("Name a folder that is not there yet.")))
}

/// The folder by its whole path, as far as that can be told.
pub fn whole(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.into())
}

/// Where a folder is made before it gets its name.
pub fn draft_of(place: &Path) -> PathBuf {
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    whole(durable::parent(place)).join(format!(".{name}.draft"))
}

fn lock(path: &Path) -> Result<File> {
    let folder = File::open(path).map_err(|error| disk_fault("open", path, &error))?;
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => {
            let message = say!("Another stopgap is filling {path}.", path = path.display());
            Err(Fault::failed("disk.in_use", message).remedy(say!("Wait for it, then run the same command again.")))
        }
        // Some shares know no locks: there, two at once make each other fail.
        _ => Ok(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_takes_its_name_whole_and_replaces_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (draft, place) = (folder.path().join(".a.draft"), folder.path().join("a"));
        let first = DraftFolder::create(&draft).expect("makes");
        std::fs::write(draft.join("file"), "one").expect("writes");
        assert_eq!(DraftFolder::create(&draft).err().map(|fault| fault.code), Some("disk.in_use"));
        first.place(&place).expect("takes its name");
        assert_eq!(std::fs::read(place.join("file")).expect("reads"), b"one");
        let second = DraftFolder::create(&draft).expect("makes");
        assert!(second.place(&place).is_err(), "something lies there");
        assert_eq!(std::fs::read(place.join("file")).expect("reads"), b"one");
        assert!(!draft.exists(), "a draft that got no name is gone");
    }

    #[test]
    fn what_an_interruption_left_is_cleared_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let draft = folder.path().join(".a.draft");
        std::fs::create_dir(&draft).expect("makes");
        std::fs::write(draft.join("half"), "ha").expect("writes");
        let made = DraftFolder::create(&draft).expect("makes anew");
        assert_eq!(std::fs::read_dir(made.path()).expect("a folder").count(), 0);
    }
}
