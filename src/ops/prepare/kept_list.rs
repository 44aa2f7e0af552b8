//! The rows of a baseline on their way into a batch: put aside, sealed, so that however many they are, memory stays the same.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::fault::Result;
use crate::ops::spool::{self, InOrder, Spool};
use crate::recipient_list::{Column, Instruction, KeptFrom, KeptRows, ReadKeptRows, RecipientList};

/// A list that is being filled, in the order of its rows.
pub struct KeptList {
    spool: Spool,
    count: u64,
    record: Vec<u8>,
}

impl KeptList {
    /// `folder` is where the rows lie that exceed `memory_bytes`.
    pub fn new(folder: PathBuf, memory_bytes: usize) -> Result<Self> {
        Ok(Self { spool: Spool::with_memory(folder, memory_bytes)?, count: 0, record: Vec::new() })
    }

    /// The row's number, so that rows keep their order, and each cell that holds something: its column's place and its length.
    pub fn push(&mut self, instruction: &Instruction) -> Result<()> {
        self.record.clear();
        self.record.extend(instruction.row.to_be_bytes());
        for (at, column) in (0u8..).zip(Column::OF_RECIPIENTS.iter().copied()) {
            let cell = instruction.cell(column);
            if !cell.is_empty() {
                self.record.push(at);
                self.record.extend((cell.len() as u64).to_le_bytes());
                self.record.extend(cell.as_bytes());
            }
        }
        self.count += 1;
        self.spool.push(&self.record)
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn finish(mut self, name: String, sheet: Option<String>, from: KeptFrom) -> RecipientList {
        self.spool.settle();
        RecipientList::kept(name, sheet, Arc::new(Kept { spool: Arc::new(self.spool), count: self.count }), from)
    }
}

struct Kept {
    spool: Arc<Spool>,
    count: u64,
}

/// How many and no more: what is written in them belongs to people.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({})", self.count)
    }
}

impl KeptRows for Kept {
    fn count(&self) -> u64 {
        self.count
    }

    fn read(&self) -> Result<Box<dyn ReadKeptRows>> {
        Ok(Box::new(Reader(InOrder::new(Arc::clone(&self.spool)))))
    }
}

struct Reader(InOrder);

impl ReadKeptRows for Reader {
    fn next(&mut self, instruction: &mut Instruction) -> Result<bool> {
        let Some(record) = self.0.next()? else { return Ok(false) };
        let (row, mut rest) = record.split_first_chunk::<4>().ok_or_else(spool::damaged)?;
        instruction.refill(u32::from_be_bytes(*row), []);
        while let Some((at, after)) = rest.split_first() {
            let (length, after) = after.split_first_chunk::<8>().ok_or_else(spool::damaged)?;
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| spool::damaged())?;
            let (cell, after) = after.split_at_checked(length).ok_or_else(spool::damaged)?;
            let column = Column::OF_RECIPIENTS.get(usize::from(*at)).ok_or_else(spool::damaged)?;
            instruction.write(*column, std::str::from_utf8(cell).map_err(|_| spool::damaged())?);
            rest = after;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred thousand rows, some 5 MB, with 256 KiB for them: they come back, each as it was, as often as they are asked for.
    #[test]
    fn rows_come_back_from_the_disk_as_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut list = KeptList::new(folder.path().into(), 256 * 1024).expect("a list");
        let fill = |instruction: &mut Instruction, row: u32| {
            let (number, name) = (format!("{row:010}"), format!("Pipaluk Made Up {row}"));
            instruction.refill(row, [(Column::PersonId, &*number), (Column::Name, &*name), (Column::Amount, "5.00")]);
        };
        let mut instruction = Instruction::default();
        for row in 2..100_002 {
            fill(&mut instruction, row);
            list.push(&instruction).expect("takes");
            assert!(list.spool.held_bytes() <= 512 * 1024, "{}", list.spool.held_bytes());
        }
        let list = list.finish("baseline:2026-11".into(), None, KeptFrom::Ledger);
        assert_eq!(list.rows(), 100_000);
        for _ in 0..2 {
            let (mut rows, mut expected) = (list.instructions().expect("reads"), Instruction::default());
            for row in 2..100_002 {
                assert!(rows.read(&mut instruction).expect("reads"), "{row}");
                fill(&mut expected, row);
                assert_eq!(instruction.row, row);
                for column in Column::OF_RECIPIENTS {
                    assert_eq!(instruction.cell(*column), expected.cell(*column));
                }
            }
            assert!(!rows.read(&mut instruction).expect("reads"));
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "the file has no name");
    }
}
