//! Bytes of which the digest is wanted, written as to any other place.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::durable::disk_fault;
use crate::fault::Result;
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::payment::Digest;

/// By which a file is known again without its name: a keyed digest of its SHA-256.
pub fn file_fingerprint(tagger: &Tagger, path: &Path) -> Result<Pseudonym> {
    let mut hash = Hashing::default();
    let read = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hash));
    read.map_err(|error| disk_fault("read", path, &error))?;
    Ok(content_fingerprint(tagger, &hash.digest()))
}

/// The [`file_fingerprint`] of a file whose SHA-256 is known.
pub fn content_fingerprint(tagger: &Tagger, sha256: &Digest) -> Pseudonym {
    tagger.identity(&["stopgap compared file 1", &sha256.to_string()])
}

/// What was written into a file, as its writer knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub sha256: Digest,
    pub bytes: u64,
}

/// A file whose content is hashed and counted on its way to the disk. Best written to in large pieces.
pub struct HashedFile {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl HashedFile {
    pub fn new(file: File) -> Self {
        Self { file, hash: Sha256::new(), bytes: 0 }
    }

    pub fn finish(self) -> Written {
        Written { sha256: Digest(self.hash.finalize().into()), bytes: self.bytes }
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Of what is in memory whole.
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

#[derive(Default)]
pub struct Hashing(Sha256);

impl Hashing {
    pub fn digest(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
