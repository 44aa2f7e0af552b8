//! CSV tables for people and programs outside: commas, UTF-8, and no cell that a spreadsheet takes for a formula. They are hashed as they are
//! written, so that nobody needs to read them again to know what is in them.

use std::io::Write;
use std::path::Path;

use super::durable::{Draft, disk_fault};
use super::hashing::{HashedFile, Written};
use crate::fault::Result;
use crate::recipient_list::rows_file;
pub use crate::recipient_list::rows_file::push_whole;

/// What is written at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// A file on its way to its place, written to in large blocks.
pub struct Lines {
    draft: Draft,
    file: HashedFile,
    buffer: Vec<u8>,
}

impl Lines {
    pub fn create(path: &Path) -> Result<Self> {
        let draft = Draft::create(path)?;
        let file = draft.file.try_clone().map_err(|error| disk_fault("write", path, &error))?;
        Ok(Self { draft, file: HashedFile::new(file), buffer: Vec::with_capacity(BLOCK_BYTES + 4096) })
    }

    /// Where the next line goes.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// After each line.
    pub fn end_line(&mut self) -> Result<()> {
        if self.buffer.len() < BLOCK_BYTES { Ok(()) } else { self.write_out() }
    }

    fn write_out(&mut self) -> Result<()> {
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|error| disk_fault("write", self.draft.path(), &error))
    }

    pub fn finish(mut self) -> Result<(Draft, Written)> {
        self.write_out()?;
        Ok((self.draft, self.file.finish()))
    }
}

/// A table being written, row by row.
pub struct Table(Lines);

impl Table {
    /// Begins the table with its headings.
    pub fn create(path: &Path, headings: &[&str]) -> Result<Self> {
        let mut table = Self(Lines::create(path)?);
        table.row(headings.iter().copied())?;
        Ok(table)
    }

    pub fn row<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<()> {
        self.write_row(cells, |line, cell| push_cell(line, cell, b','))
    }

    /// As [`row`](Self::row), of cells that were looked through before: each begins with a letter or digit, if it is not empty, and none holds a
    /// comma, a quotation mark or the end of a line. Some of them may come together, parted by commas.
    pub fn plain_row<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<()> {
        self.write_row(cells, |line, cells| line.extend_from_slice(cells.as_bytes()))
    }

    fn write_row<'a>(
        &mut self,
        cells: impl Iterator<Item = &'a str>,
        push: impl Fn(&mut Vec<u8>, &'a str),
    ) -> Result<()> {
        let line = self.0.buffer();
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                line.push(b',');
            }
            push(line, cell);
        }
        line.push(b'\n');
        self.0.end_line()
    }

    pub fn finish(self) -> Result<(Draft, Written)> {
        self.0.finish()
    }
}

/// A cell as it stands in a line whose cells are parted by `delimiter`, which is one of `;` `,` `|` or a tab.
pub fn push_cell(line: &mut Vec<u8>, cell: &str, delimiter: u8) {
    if begins_plainly(cell) {
        return push_whole(line, cell, delimiter);
    }
    if is_number(cell) {
        return line.extend_from_slice(cell.as_bytes());
    }
    push_whole(line, &rows_file::guarded(cell), delimiter);
}

/// With a letter or digit, as nearly every cell: no formula does.
fn begins_plainly(cell: &str) -> bool {
    cell.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric)
}

/// A number may begin with a minus and is no formula: `-5.00` must stay one that can be added up.
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    proptest::proptest! {
        /// Whatever the cells: another reader finds them again, but for the apostrophe that keeps them from being formulas.
        #[test]
        fn tables_read_back(rows in proptest::collection::vec(proptest::collection::vec("[-=+@a,\"\r\n0-9.'ø]{0,6}", 2), 1..20)) {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("table.csv");
            let mut table = Table::create(&path, &["one", "other"]).expect("begins");
            for row in &rows {
                let cells = row.iter().map(String::as_str);
                let is_plain = row.iter().all(|cell| begins_plainly(cell) && !cell.contains([',', '"', '\r', '\n']));
                if is_plain { table.plain_row(cells) } else { table.row(cells) }.expect("writes");
            }
            let (draft, written) = table.finish().expect("ends");
            draft.place().expect("places");
            let bytes = std::fs::read(&path).expect("reads");
            proptest::prop_assert_eq!(written.bytes, bytes.len() as u64);
            proptest::prop_assert_eq!(written.sha256.0, <[u8; 32]>::from(Sha256::digest(&bytes)));
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let read: Vec<Vec<String>> =
                reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect();
            let guarded = |cell: &String| {
                if is_number(cell) { cell.clone() } else { rows_file::guarded(cell).into_owned() }
            };
            let expected: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(guarded).collect()).collect();
            proptest::prop_assert_eq!(read, expected);
        }
    }
}
