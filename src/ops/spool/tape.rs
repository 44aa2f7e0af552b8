//! Records in the order in which they came, in next to no memory, however many there are.

use std::path::{Path, PathBuf};

use super::sealed_file::{Mark, SealedFile};
use super::{damaged, too_long};
use crate::fault::Result;
use crate::ops::wipe::wipe;

/// What is kept in memory, and goes to the disk at once.
const BLOCK_BYTES: usize = 128 * 1024;

pub struct Tape {
    aside: SealedFile,
    buffer: Vec<u8>,
}

impl Tape {
    /// `folder` is where the file lies, if one is needed.
    pub fn new(folder: PathBuf) -> Result<Self> {
        Ok(Self { aside: SealedFile::new(folder)?, buffer: Vec::new() })
    }

    pub fn push(&mut self, record: &[u8]) -> Result<()> {
        let length = u32::try_from(record.len()).map_err(|_| too_long())?;
        if !self.buffer.is_empty() && self.buffer.len() + record.len() > BLOCK_BYTES {
            self.aside.append(&self.buffer)?;
            self.buffer.clear();
        }
        self.buffer.extend_from_slice(&length.to_le_bytes());
        self.buffer.extend_from_slice(record);
        Ok(())
    }

    /// Where the file lies, if there is one.
    pub fn folder(&self) -> &Path {
        self.aside.folder()
    }

    /// Begins to read from the first record on, as often as wanted.
    pub fn read(&self) -> TapeReader<'_> {
        TapeReader { tape: self, mark: Mark::default(), plain: Vec::new(), at: 0, at_buffer: false }
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        wipe(&mut self.buffer);
    }
}

pub struct TapeReader<'a> {
    tape: &'a Tape,
    mark: Mark,
    plain: Vec<u8>,
    at: usize,
    /// Whether what lies on the disk is read.
    at_buffer: bool,
}

impl TapeReader<'_> {
    /// The next record; `None` at the end.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        while !self.at_buffer && self.at == self.plain.len() {
            self.at = 0;
            if !self.tape.aside.read(&mut self.mark, self.tape.aside.end(), &mut self.plain)? {
                (self.plain, self.at_buffer) = (Vec::new(), true);
            }
        }
        let block = if self.at_buffer { &self.tape.buffer } else { &self.plain };
        if self.at == block.len() {
            return Ok(None);
        }
        let start = self.at + 4;
        let length = block.get(self.at..start).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let record = length.and_then(|length| block.get(start..start + length as usize)).ok_or_else(damaged)?;
        self.at = start + record.len();
        Ok(Some(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn records_come_back_as_they_came(lengths in proptest::collection::vec(0usize..90_000, 0..12)) {
            let folder = tempfile::tempdir().expect("a folder");
            let mut tape = Tape::new(folder.path().into()).expect("a tape");
            let records: Vec<Vec<u8>> = (0u8..).zip(lengths).map(|(byte, length)| vec![byte; length]).collect();
            for record in &records {
                tape.push(record).expect("takes");
            }
            for _ in 0..2 {
                let (mut reader, mut found) = (tape.read(), Vec::new());
                while let Some(record) = reader.next().expect("reads") {
                    found.push(record.to_vec());
                }
                proptest::prop_assert_eq!(&found, &records);
            }
            proptest::prop_assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "the file has no name");
        }
    }
}
