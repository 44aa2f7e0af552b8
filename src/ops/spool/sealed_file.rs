//! Blocks of bytes put aside on the disk, sealed, in a file that has no name.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{damaged, too_long};
use crate::fault::Result;
use crate::ledger::seal::{self, Sealed, SecretKey};
use crate::ops::durable::disk_fault;
use crate::ops::world::random;

/// What the seal adds to a block.
const SEAL_BYTES: usize = 16;
const PLACE: &[u8] = b"stopgap spool 1";

/// Only ever added to. The key is made for the one file and never leaves memory.
pub(super) struct SealedFile {
    folder: PathBuf,
    key: SecretKey,
    file: Option<File>,
    end: Mark,
}

/// Where a block begins, and its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    offset: u64,
    block: u64,
}

impl SealedFile {
    /// `folder` is where the file lies, once there is one.
    pub(super) fn new(folder: PathBuf) -> Result<Self> {
        Ok(Self { folder, key: SecretKey::new(random()?), file: None, end: Mark::default() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the next block will begin.
    pub(super) fn end(&self) -> Mark {
        self.end
    }

    pub(super) fn append(&mut self, plain: &[u8]) -> Result<()> {
        let Sealed { ciphertext, .. } = seal::seal(&self.key, nonce(self.end.block), PLACE, plain);
        let length = u32::try_from(ciphertext.len()).map_err(|_| too_long())?;
        let mut file = match self.file.take() {
            Some(file) => file,
            // Without a name: whatever becomes of the command, nothing is left. For the owner alone before anything is in it.
            None => tempfile::tempfile_in(&self.folder)
                .and_then(|file| file.set_permissions(Permissions::from_mode(0o600)).map(|()| file))
                .map_err(|error| disk_fault("write in", &self.folder, &error))?,
        };
        let written = file.write_all(&length.to_le_bytes()).and_then(|()| file.write_all(&ciphertext));
        written.map_err(|error| disk_fault("write in", &self.folder, &error))?;
        self.file = Some(file);
        self.end = Mark { offset: self.end.offset + u64::from(length) + 4, block: self.end.block + 1 };
        Ok(())
    }

    /// Fills `plain` with the block that begins at `mark`, which then stands at the next one; `false` at `end`.
    pub(super) fn read(&self, mark: &mut Mark, end: Mark, plain: &mut Vec<u8>) -> Result<bool> {
        let Some(file) = self.file.as_ref().filter(|_| mark.offset < end.offset) else { return Ok(false) };
        let failed = |error| disk_fault("read in", &self.folder, &error);
        let mut length = [0; 4];
        file.read_exact_at(&mut length, mark.offset).map_err(failed)?;
        let length = u32::from_le_bytes(length) as usize;
        if !(SEAL_BYTES..=(end.offset - mark.offset) as usize).contains(&length) {
            return Err(damaged());
        }
        plain.resize(length, 0);
        file.read_exact_at(plain, mark.offset + 4).map_err(failed)?;
        seal::open_in_place(&self.key, nonce(mark.block), PLACE, plain).map_err(|_| damaged())?;
        *mark = Mark { offset: mark.offset + length as u64 + 4, block: mark.block + 1 };
        Ok(true)
    }

    #[cfg(test)]
    pub(super) fn on_the_disk(&self) -> Option<(&File, u64)> {
        self.file.as_ref().map(|file| (file, self.end.offset))
    }
}

/// The numbers are never used twice under one key: it is made for this file, and blocks are only ever added.
fn nonce(block: u64) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&block.to_le_bytes());
    nonce
}
