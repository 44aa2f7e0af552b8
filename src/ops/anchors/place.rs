//! Where a ledger lies, and whether another one lies where it was last.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::record::PlaceNote;
use crate::fault::Result;
use crate::ledger::event::LedgerId;
use crate::ops::durable::disk_fault;
use crate::ops::workspace::LEDGER;
use crate::payment::Digest;

/// A machine, where it has a name, and a folder on it with every link followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub machine: Option<Digest>,
    pub folder: PathBuf,
}

/// How the place where a ledger was last compares with where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastPlace {
    Here,
    /// Nothing of it lies there any more.
    Left,
    /// It, or a copy, still lies there.
    Taken,
    OtherMachine,
}

impl Place {
    pub fn of(folder: &Path, machine: Option<Digest>) -> Result<Self> {
        let folder = folder.canonicalize().map_err(|error| disk_fault("look at", folder, &error))?;
        Ok(Self { machine, folder })
    }

    /// SHA-256 over the domain `stopgap place 1`, the machine (32 bytes, zero where it has no name) and the folder.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new_with_prefix(b"stopgap place 1");
        hash.update(self.machine.map_or([0; 32], |machine| machine.0));
        hash.update(self.folder.as_os_str().as_bytes());
        Digest(hash.finalize().into())
    }

    pub fn compare(&self, last: &Self, folder: &Path, ledger: LedgerId) -> Result<LastPlace> {
        if let (Some(here), Some(there)) = (self.machine, last.machine)
            && here != there
        {
            return Ok(LastPlace::OtherMachine);
        }
        if self.folder == last.folder || is_same_file(folder, &last.folder)? {
            return Ok(LastPlace::Here);
        }
        Ok(if holds(&last.folder, ledger)? { LastPlace::Taken } else { LastPlace::Left })
    }
}

/// Whether two paths lead to one ledger file, as through a bind mount.
fn is_same_file(one: &Path, other: &Path) -> Result<bool> {
    let identity = |folder: &Path| match std::fs::metadata(folder.join(LEDGER)) {
        Ok(about) => Ok(Some((about.dev(), about.ino()))),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(disk_fault("look at", folder, &error)),
    };
    Ok(identity(one)?.is_some_and(|one| identity(other).is_ok_and(|other| other == Some(one))))
}

/// Whether the folder holds this ledger. A ledger without its own note of where it lies is taken for it.
fn holds(folder: &Path, ledger: LedgerId) -> Result<bool> {
    match std::fs::metadata(folder.join(LEDGER)) {
        Ok(_) => Ok(PlaceNote::read(folder)?.is_none_or(|note| note.ledger == ledger)),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(disk_fault("look at", folder, &error)),
    }
}

/// A place that is closed to us holds nothing that we could have written to.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied)
}

/// Whether something lies there, as far as the disk says.
pub(super) fn is_present(path: &Path) -> bool {
    path.try_exists().unwrap_or(false)
}

/// This machine's name, as the system made it up when it was set up; only a digest of it is kept. `None` where it has none.
pub fn machine() -> Option<Digest> {
    let read = |path: &str| std::fs::read_to_string(path).ok().map(|id| id.trim().to_owned());
    let id = read("/etc/machine-id").filter(|id| !id.is_empty()).or_else(|| read("/var/lib/dbus/machine-id"))?;
    (id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| machine_named(&id))
}

pub fn machine_named(id: &str) -> Digest {
    Digest(Sha256::new_with_prefix(b"stopgap machine 1").chain_update(id).finalize().into())
}
