//! Records brought into order in bounded memory, however many there are.
//!
//! What fits stays in memory. What does not is sorted, sealed block by block and written to a file that has no name: it lies in the workspace,
//! for the owner alone, and is gone with the command, however that ends. The key is made for the one spool and never leaves memory. Reading
//! merges the runs; it can be done any number of times.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroize;

use super::durable::disk_fault;
use super::world::random;
use crate::fault::{Fault, Result};
use crate::ledger::seal::{self, Sealed, SecretKey};
use crate::say;

/// What the records of one spool may take in memory before they go to the disk.
pub const MEMORY_BYTES: usize = 24 * 1024 * 1024;
/// What is sealed and read at once: at most so much, and less of a small spool, since every run of it is read a block at a time.
const BLOCK_BYTES: usize = 64 * 1024;
const LEAST_BLOCK_BYTES: usize = 16 * 1024;
/// What the seal adds to a block.
const SEAL_BYTES: usize = 16;
const PLACE: &[u8] = b"stopgap spool 1";

/// Records in the order of their bytes.
pub struct Spool {
    folder: PathBuf,
    memory_bytes: usize,
    key: SecretKey,
    file: Option<File>,
    /// How many bytes and blocks the file has.
    written: u64,
    blocks: u64,
    runs: Vec<Run>,
    buffer: Vec<u8>,
    /// The records in the buffer: their first eight bytes, where they begin and how long they are.
    places: Vec<(u64, u32, u32)>,
    sorted: bool,
}

/// One sorted stretch of the file.
#[derive(Clone, Copy)]
struct Run {
    offset: u64,
    first_block: u64,
    bytes: u64,
}

impl Spool {
    /// `folder` is where the file lies, if one is needed.
    pub fn new(folder: PathBuf) -> Result<Self> {
        Self::with_memory(folder, MEMORY_BYTES)
    }

    pub fn with_memory(folder: PathBuf, memory_bytes: usize) -> Result<Self> {
        Ok(Self {
            folder,
            memory_bytes,
            key: SecretKey::new(random()?),
            file: None,
            written: 0,
            blocks: 0,
            runs: Vec::new(),
            buffer: Vec::new(),
            places: Vec::new(),
            sorted: true,
        })
    }

    /// An empty one in the same folder and of the same size.
    pub fn another(&self) -> Result<Self> {
        Self::with_memory(self.folder.clone(), self.memory_bytes)
    }

    pub fn push(&mut self, record: &[u8]) -> Result<()> {
        let taken = self.buffer.len() + self.places.len() * size_of::<(u64, u32, u32)>();
        if taken + record.len() > self.memory_bytes && !self.places.is_empty() {
            self.write_run()?;
        }
        let place = u32::try_from(self.buffer.len()).ok().zip(u32::try_from(record.len()).ok());
        let (start, length) = place.ok_or_else(too_long)?;
        self.buffer.extend_from_slice(record);
        self.places.push((prefix(record), start, length));
        self.sorted = false;
        Ok(())
    }

    /// What the records in memory take.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        self.buffer.capacity() + self.places.capacity() * size_of::<(u64, u32, u32)>()
    }

    /// Brings what is in memory into order, so that it can be read.
    pub fn settle(&mut self) {
        if self.sorted {
            return;
        }
        let buffer = &self.buffer;
        self.places.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| record(buffer, *a).cmp(record(buffer, *b))));
        self.sorted = true;
    }

    /// Shows every record, in no order.
    pub fn scan(&self, visit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        for run in &self.runs {
            let mut reader = RunReader::new(*run);
            while reader.advance(self)? {
                visit(reader.record())?;
            }
        }
        self.places.iter().try_for_each(|place| visit(record(&self.buffer, *place)))
    }

    /// Begins to read from the first record on. Records pushed since [`settle`](Spool::settle) are out of order.
    pub fn merge(&self) -> Result<Merge<'_>> {
        let mut readers = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let mut reader = RunReader::new(*run);
            if reader.advance(self)? {
                readers.push(reader);
            }
        }
        Ok(Merge { spool: self, readers, in_memory: 0, last: None })
    }

    fn write_run(&mut self) -> Result<()> {
        self.settle();
        let mut file = match self.file.take() {
            Some(file) => file,
            // Made for the owner alone, and its name is taken away before anything is written.
            None => tempfile::NamedTempFile::new_in(&self.folder)
                .map(tempfile::NamedTempFile::into_file)
                .map_err(|error| disk_fault("write in", &self.folder, &error))?,
        };
        let run = Run { offset: self.written, first_block: self.blocks, bytes: 0 };
        let block_bytes = (self.memory_bytes / 256).clamp(LEAST_BLOCK_BYTES, BLOCK_BYTES);
        let mut plain = Vec::with_capacity(block_bytes + 1024);
        let places = std::mem::take(&mut self.places);
        for place in &places {
            plain.extend_from_slice(&place.2.to_le_bytes());
            plain.extend_from_slice(record(&self.buffer, *place));
            if plain.len() >= block_bytes {
                self.write_block(&mut file, &mut plain)?;
            }
        }
        if !plain.is_empty() {
            self.write_block(&mut file, &mut plain)?;
        }
        self.runs.push(Run { bytes: self.written - run.offset, ..run });
        self.file = Some(file);
        self.places = places;
        self.places.clear();
        self.buffer.clear();
        Ok(())
    }

    fn write_block(&mut self, file: &mut File, plain: &mut Vec<u8>) -> Result<()> {
        let Sealed { ciphertext, .. } = seal::seal(&self.key, nonce(self.blocks), PLACE, plain);
        let length = u32::try_from(ciphertext.len()).map_err(|_| too_long())?;
        let written = file.write_all(&length.to_le_bytes()).and_then(|()| file.write_all(&ciphertext));
        written.map_err(|error| disk_fault("write in", &self.folder, &error))?;
        self.written += u64::from(length) + 4;
        self.blocks += 1;
        plain.clear();
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

/// The numbers are never used twice under one key: it is made for this spool, and blocks are only ever added.
fn nonce(block: u64) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&block.to_le_bytes());
    nonce
}

fn prefix(record: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = record.len().min(8);
    first[..length].copy_from_slice(&record[..length]);
    u64::from_be_bytes(first)
}

fn record(buffer: &[u8], (_, start, length): (u64, u32, u32)) -> &[u8] {
    &buffer[start as usize..start as usize + length as usize]
}

/// All records in order, one at a time.
pub struct Merge<'a> {
    spool: &'a Spool,
    readers: Vec<RunReader>,
    /// Which record in memory is next.
    in_memory: usize,
    /// The reader whose record was handed out last and has yet to go on.
    last: Option<usize>,
}

impl Merge<'_> {
    /// The next record; `None` at the end.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        if let Some(at) = self.last.take()
            && !self.readers[at].advance(self.spool)?
        {
            self.readers.swap_remove(at);
        }
        let mut least: Option<(u64, usize)> = None;
        for (at, reader) in self.readers.iter().enumerate() {
            let before = least.is_none_or(|(first, of)| {
                reader.first < first || (reader.first == first && reader.record() < self.readers[of].record())
            });
            if before {
                least = Some((reader.first, at));
            }
        }
        let waiting = self.spool.places.get(self.in_memory).copied();
        match (least, waiting) {
            (None, None) => Ok(None),
            (Some((first, at)), waiting) if waiting.is_none_or(|place| self.goes_first(first, at, place)) => {
                self.last = Some(at);
                Ok(Some(self.readers[at].record()))
            }
            (_, Some(place)) => {
                self.in_memory += 1;
                Ok(Some(record(&self.spool.buffer, place)))
            }
            (Some(_), None) => Ok(None),
        }
    }

    fn goes_first(&self, first: u64, at: usize, place: (u64, u32, u32)) -> bool {
        first < place.0 || (first == place.0 && self.readers[at].record() < record(&self.spool.buffer, place))
    }
}

/// The records of a spool that were pushed in order, one at a time; it may be kept, and outlive whoever filled the spool.
pub struct InOrder {
    spool: Arc<Spool>,
    run: usize,
    reader: Option<RunReader>,
    in_memory: usize,
}

impl InOrder {
    /// `spool` was settled, and no record was pushed before a lesser one: so each run goes before the next.
    pub fn new(spool: Arc<Spool>) -> Self {
        Self { spool, run: 0, reader: None, in_memory: 0 }
    }

    /// The next record; `None` at the end.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        while let Some(run) = self.spool.runs.get(self.run) {
            let reader = self.reader.get_or_insert_with(|| RunReader::new(*run));
            if reader.advance(&self.spool)? {
                return Ok(self.reader.as_ref().map(RunReader::record));
            }
            self.reader = None;
            self.run += 1;
        }
        let place = self.spool.places.get(self.in_memory).copied();
        self.in_memory += 1;
        Ok(place.map(|place| record(&self.spool.buffer, place)))
    }
}

/// One run, a block at a time.
struct RunReader {
    offset: u64,
    end: u64,
    block: u64,
    plain: Vec<u8>,
    /// The record at hand, and where the next one begins.
    at: (usize, usize),
    next: usize,
    first: u64,
}

impl RunReader {
    fn new(run: Run) -> Self {
        let (offset, end, block) = (run.offset, run.offset + run.bytes, run.first_block);
        Self { offset, end, block, plain: Vec::new(), at: (0, 0), next: 0, first: 0 }
    }

    fn record(&self) -> &[u8] {
        &self.plain[self.at.0..self.at.1]
    }

    /// Goes to the next record; `false` at the end of the run.
    fn advance(&mut self, spool: &Spool) -> Result<bool> {
        if self.next >= self.plain.len() && !self.read_block(spool)? {
            return Ok(false);
        }
        let start = self.next + 4;
        let length = self.plain.get(self.next..start).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let end = length.map(|length| start + length as usize).filter(|end| *end <= self.plain.len());
        let end = end.ok_or_else(damaged)?;
        (self.at, self.next) = ((start, end), end);
        self.first = prefix(self.record());
        Ok(true)
    }

    fn read_block(&mut self, spool: &Spool) -> Result<bool> {
        let Some(file) = spool.file.as_ref().filter(|_| self.offset < self.end) else { return Ok(false) };
        let failed = |error| disk_fault("read in", &spool.folder, &error);
        let mut length = [0; 4];
        file.read_exact_at(&mut length, self.offset).map_err(failed)?;
        let length = u32::from_le_bytes(length) as usize;
        if !(SEAL_BYTES..=(self.end - self.offset) as usize).contains(&length) {
            return Err(damaged());
        }
        let mut ciphertext = vec![0; length];
        file.read_exact_at(&mut ciphertext, self.offset + 4).map_err(failed)?;
        let sealed = Sealed { nonce: nonce(self.block), ciphertext };
        self.plain = seal::open(&spool.key, PLACE, &sealed).map_err(|_| damaged())?;
        self.offset += length as u64 + 4;
        self.block += 1;
        self.next = 0;
        Ok(true)
    }
}

/// Also for records that read back as none.
pub(super) fn damaged() -> Fault {
    Fault::failed("disk.failed", say!("What was put aside on the disk a moment ago does not come back as it was."))
        .remedy(say!("The disk may be failing: copy the folder to another one and run the same command again."))
}

fn too_long() -> Fault {
    Fault::input("list.too_large", say!("A row of these files is longer than can be compared."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(spool: &Spool) -> Vec<Vec<u8>> {
        let mut merge = spool.merge().expect("reads");
        let mut found = Vec::new();
        while let Some(record) = merge.next().expect("reads") {
            found.push(record.to_vec());
        }
        found
    }

    proptest::proptest! {
        /// Whatever the records and however little memory there is: all come back, in order, as often as asked for.
        #[test]
        fn records_come_back_in_order(
            records in proptest::collection::vec(proptest::collection::vec(0u8..4, 0..12), 0..200),
            memory in 64usize..4096,
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let mut spool = Spool::with_memory(folder.path().into(), memory).expect("a spool");
            for record in &records {
                spool.push(record).expect("takes");
            }
            spool.settle();
            let mut expected = records.clone();
            expected.sort();
            proptest::prop_assert_eq!(&all(&spool), &expected);
            proptest::prop_assert_eq!(&all(&spool), &expected);
            let mut scanned = Vec::new();
            spool.scan(&mut |record| { scanned.push(record.to_vec()); Ok(()) }).expect("reads");
            scanned.sort();
            proptest::prop_assert_eq!(&scanned, &expected);
            proptest::prop_assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "the file has no name");
        }
    }

    #[test]
    fn what_lies_on_the_disk_is_sealed_for_the_owner_alone_and_a_change_is_noticed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let mut spool = Spool::with_memory(folder.path().into(), 100).expect("a spool");
        for number in 0..100 {
            spool.push(format!("Pipaluk {number}").as_bytes()).expect("takes");
        }
        spool.settle();
        let file = spool.file.as_ref().expect("does not fit into memory");
        assert_eq!(file.metadata().expect("is open").permissions().mode() & 0o077, 0);
        let mut bytes = vec![0; spool.written as usize];
        file.read_exact_at(&mut bytes, 0).expect("reads");
        assert!(!bytes.windows(7).any(|window| window == b"Pipaluk"));
        file.write_all_at(&[bytes[9] ^ 1], 9).expect("writes");
        assert_eq!(spool.merge().map(drop).expect_err("notices").code, "disk.failed");
    }
}
