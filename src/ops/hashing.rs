//! Bytes of which the digest is wanted, written as to any other place.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use crate::payment::Digest;

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
