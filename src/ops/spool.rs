//! Records brought into order in bounded memory, however many there are.
//!
//! What fits stays in memory. What does not is sorted, sealed block by block and written to a file that has no name: it lies in the workspace,
//! for the owner alone, and is gone with the command, however that ends. The key is made for the one spool and never leaves memory. Reading
//! merges the runs; it can be done any number of times.

mod sealed_file;
mod tape;

use std::path::PathBuf;
use std::sync::Arc;

use self::sealed_file::{Mark, SealedFile};
pub use self::tape::{Tape, TapeReader};
use super::wipe::wipe;
use crate::fault::{Fault, Result};
use crate::say;

/// What the records of one spool may take in memory before they go to the disk.
pub const MEMORY_BYTES: usize = 24 * 1024 * 1024;
/// What is sealed and read at once: at most so much, and less of a small spool, since every run of it is read a block at a time.
const BLOCK_BYTES: usize = 64 * 1024;
const LEAST_BLOCK_BYTES: usize = 16 * 1024;

/// Records in the order of their bytes.
pub struct Spool {
    memory_bytes: usize,
    aside: SealedFile,
    runs: Vec<Run>,
    buffer: Vec<u8>,
    /// The records in the buffer: their first eight bytes, where they begin and how long they are.
    places: Vec<(u64, u32, u32)>,
    sorted: bool,
}

/// One sorted stretch of the file.
#[derive(Clone, Copy)]
struct Run {
    start: Mark,
    end: Mark,
}

impl Spool {
    /// `folder` is where the file lies, if one is needed.
    pub fn new(folder: PathBuf) -> Result<Self> {
        Self::with_memory(folder, MEMORY_BYTES)
    }

    pub fn with_memory(folder: PathBuf, memory_bytes: usize) -> Result<Self> {
        let aside = SealedFile::new(folder)?;
        Ok(Self { memory_bytes, aside, runs: Vec::new(), buffer: Vec::new(), places: Vec::new(), sorted: true })
    }

    /// An empty one in the same folder and of the same size.
    pub fn another(&self) -> Result<Self> {
        Self::with_memory(self.aside.folder().into(), self.memory_bytes)
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
        let mut heap = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let mut reader = RunReader::new(*run);
            if reader.advance(self)? {
                heap.push(reader);
            }
        }
        let mut merge = Merge { spool: self, heap, in_memory: 0, handed_out: false };
        (0..merge.heap.len() / 2).rev().for_each(|at| merge.sink(at));
        Ok(merge)
    }

    fn write_run(&mut self) -> Result<()> {
        self.settle();
        let start = self.aside.end();
        let block_bytes = (self.memory_bytes / 256).clamp(LEAST_BLOCK_BYTES, BLOCK_BYTES);
        let mut plain = Vec::with_capacity(block_bytes + 1024);
        for place in &self.places {
            plain.extend_from_slice(&place.2.to_le_bytes());
            plain.extend_from_slice(record(&self.buffer, *place));
            if plain.len() >= block_bytes {
                self.aside.append(&plain)?;
                plain.clear();
            }
        }
        if !plain.is_empty() {
            self.aside.append(&plain)?;
        }
        wipe(&mut plain);
        self.runs.push(Run { start, end: self.aside.end() });
        self.places.clear();
        self.buffer.clear();
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        wipe(&mut self.buffer);
    }
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
    /// A binary heap of the runs by their next record, the least first.
    heap: Vec<RunReader>,
    /// Which record in memory is next.
    in_memory: usize,
    /// Whether the first run's record was handed out, so that it has yet to go on.
    handed_out: bool,
}

impl Merge<'_> {
    /// The next record; `None` at the end.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        if std::mem::take(&mut self.handed_out) {
            if !self.heap[0].advance(self.spool)? {
                self.heap.swap_remove(0);
            }
            self.sink(0);
        }
        match (self.heap.first(), self.spool.places.get(self.in_memory).copied()) {
            (None, None) => Ok(None),
            (Some(reader), waiting) if waiting.is_none_or(|place| self.goes_first(reader, place)) => {
                self.handed_out = true;
                Ok(Some(self.heap[0].record()))
            }
            (_, Some(place)) => {
                self.in_memory += 1;
                Ok(Some(record(&self.spool.buffer, place)))
            }
            (Some(_), None) => Ok(None),
        }
    }

    fn goes_first(&self, reader: &RunReader, place: (u64, u32, u32)) -> bool {
        reader.first < place.0 || (reader.first == place.0 && reader.record() < record(&self.spool.buffer, place))
    }

    /// Lets a run go down to where its record belongs.
    fn sink(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if self.heap.get(child).is_some_and(|child| child.is_before(&self.heap[least])) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
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
    mark: Mark,
    end: Mark,
    plain: Vec<u8>,
    /// The record at hand, and where the next one begins.
    at: (usize, usize),
    next: usize,
    first: u64,
}

impl RunReader {
    fn new(run: Run) -> Self {
        Self { mark: run.start, end: run.end, plain: Vec::new(), at: (0, 0), next: 0, first: 0 }
    }

    fn record(&self) -> &[u8] {
        &self.plain[self.at.0..self.at.1]
    }

    fn is_before(&self, other: &Self) -> bool {
        self.first < other.first || (self.first == other.first && self.record() < other.record())
    }

    /// Goes to the next record; `false` at the end of the run.
    fn advance(&mut self, spool: &Spool) -> Result<bool> {
        if self.next >= self.plain.len() {
            if !spool.aside.read(&mut self.mark, self.end, &mut self.plain)? {
                return Ok(false);
            }
            self.next = 0;
        }
        let start = self.next + 4;
        let length = self.plain.get(self.next..start).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let end = length.map(|length| start + length as usize).filter(|end| *end <= self.plain.len());
        let end = end.ok_or_else(damaged)?;
        (self.at, self.next) = ((start, end), end);
        self.first = prefix(self.record());
        Ok(true)
    }
}

/// Also for records that read back as none.
pub(super) fn damaged() -> Fault {
    Fault::failed("disk.failed", say!("What was put aside on the disk a moment ago does not come back as it was."))
        .remedy(say!("The disk may be failing: copy the folder to another one and run the same command again."))
}

pub(super) fn too_long() -> Fault {
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
        use std::os::unix::fs::{FileExt, PermissionsExt};
        let folder = tempfile::tempdir().expect("a folder");
        let mut spool = Spool::with_memory(folder.path().into(), 100).expect("a spool");
        for number in 0..100 {
            spool.push(format!("Pipaluk {number}").as_bytes()).expect("takes");
        }
        spool.settle();
        let (file, written) = spool.aside.on_the_disk().expect("does not fit into memory");
        assert_eq!(file.metadata().expect("is open").permissions().mode() & 0o077, 0);
        let mut bytes = vec![0; written as usize];
        file.read_exact_at(&mut bytes, 0).expect("reads");
        assert!(!bytes.windows(7).any(|window| window == b"Pipaluk"));
        file.write_all_at(&[bytes[9] ^ 1], 9).expect("writes");
        assert_eq!(spool.merge().map(drop).expect_err("notices").code, "disk.failed");
    }
}
