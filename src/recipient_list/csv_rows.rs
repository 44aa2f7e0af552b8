//! The rows of a CSV file, numbered as a spreadsheet shows them.
//!
//! The csv crate parts cells from cells. It forgives much: blank lines vanish, a quotation mark that never closes swallows the rows after
//! it. Here a forgotten row is a person without money, so the raw text of each record is looked at again.

use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{Encoding, WINDOWS_1252};
use memchr::memchr2;

use crate::fault::Fault;
use crate::phrase;
use crate::say;
use crate::words::{Message, Phrase, ungrouped};

use super::csv_text::{CsvText, MAX_RECORD_BYTES, Trouble};
use super::dialect::{Delimiter, separator_line};
use super::mojibake;
use super::row::Cells;

/// The last row of sixteen full spreadsheets.
pub(super) const MAX_ROWS: u32 = 16 * 1_048_576;

/// What stands further to the right is read by nobody.
pub(super) const MAX_COLUMNS: usize = 1024;

/// Why there is no next row.
#[derive(Debug)]
pub(super) enum RowTrouble {
    /// The bytes are not in the encoding that was taken for theirs.
    NotInEncoding,
    /// The disk, not the list, is at fault.
    Unreadable(Fault),
    Fault(Fault),
}

impl From<Fault> for RowTrouble {
    fn from(fault: Fault) -> Self {
        RowTrouble::Fault(fault)
    }
}

pub(super) struct CsvRows<R> {
    name: String,
    encoding: &'static Encoding,
    delimiter: Delimiter,
    reader: Reader<CsvText<R>>,
    parted: ByteRecord,
    /// The row read last; 0 before the first.
    row: u32,
    /// Whether the record before ended in a carriage return, whose line feed would be next.
    after_return: bool,
}

impl<R: Read> CsvRows<R> {
    /// `tell` tells the delimiter from the beginning of the text; a separator line of Excel's overrules it.
    pub(super) fn new(
        source: R,
        name: &str,
        encoding: &'static Encoding,
        tell: impl FnOnce(&[u8]) -> Delimiter,
    ) -> Result<Self, RowTrouble> {
        let mut text = CsvText::new(source, encoding);
        let start = text.peek().map_err(|trouble| row_trouble(name, 1, trouble))?;
        let (hidden, delimiter) = separator_line(start).unwrap_or_else(|| (0, tell(start)));
        text.skip(hidden);
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter.byte())
            .buffer_capacity(64 * 1024)
            .from_reader(text);
        Ok(Self {
            name: name.to_owned(),
            encoding,
            delimiter,
            reader,
            parted: ByteRecord::new(),
            row: 0,
            after_return: false,
        })
    }

    pub(super) fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    /// Of the file's bytes, once the last row has been read.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.reader.get_ref().sha256()
    }

    /// Reads the next row that is not a blank line and says its number; `None` at the end.
    pub(super) fn next(&mut self, cells: &mut Cells) -> Result<Option<u32>, RowTrouble> {
        let from = self.reader.position().byte();
        self.reader.get_mut().release(from);
        match self.reader.read_byte_record(&mut self.parted) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(self.trouble(error)),
        }
        let raw = self.reader.get_ref().between(from, self.reader.position().byte());
        let (blank, line) = without_blank_lines(raw, self.after_return);
        self.row = self.row.saturating_add(blank).saturating_add(1);
        self.after_return = raw.ends_with('\r');
        cells.take(line, &self.parted).ok_or(RowTrouble::NotInEncoding)?;
        inspect(line, cells, self.row, self.delimiter, self.encoding)
            .map_err(|(code, what, remedy)| refusal(code, &self.name, self.row, what).remedy(remedy))?;
        Ok(Some(self.row))
    }

    fn trouble(&self, error: csv::Error) -> RowTrouble {
        let row = self.row.saturating_add(1);
        match error.into_kind() {
            csv::ErrorKind::Io(error) => match error.downcast::<Trouble>() {
                Ok(trouble) => row_trouble(&self.name, row, trouble),
                Err(error) => row_trouble(&self.name, row, Trouble::Io(error)),
            },
            _ => RowTrouble::NotInEncoding,
        }
    }
}

/// How many blank lines come first, and what follows them.
fn without_blank_lines(raw: &str, after_return: bool) -> (u32, &str) {
    let mut blank = 0u32;
    let mut before = if after_return { b'\r' } else { b'\n' };
    for (at, byte) in raw.bytes().enumerate() {
        match byte {
            b'\n' if before == b'\r' => {}
            b'\r' | b'\n' => blank = blank.saturating_add(1),
            _ => return (blank, raw.get(at..).unwrap_or_default()),
        }
        before = byte;
    }
    (blank, "")
}

type Complaint = (&'static str, Message, Phrase);

fn inspect(
    line: &str,
    cells: &Cells,
    row: u32,
    delimiter: Delimiter,
    encoding: &'static Encoding,
) -> Result<(), Complaint> {
    if row > MAX_ROWS {
        let what = say!("the list goes on after row {row}, the most that one list may hold.", row = MAX_ROWS);
        return Err(("list.too_large", what, phrase!("Part it into several lists.")));
    }
    // Nearly no line has either: one search for both.
    let marked = memchr2(0, b'"', line.as_bytes()).is_some();
    if marked && line.contains('\0') {
        return Err(("list.not_text", NUL_CHARACTERS.into(), SAVE_AS_CSV));
    }
    if cells.len() > MAX_COLUMNS && cells.iter().skip(MAX_COLUMNS).any(|cell| !cell.is_empty()) {
        let what = say!(
            "the row has {cells} cells, and at most {limit} columns are read.",
            cells = cells.len(),
            limit = MAX_COLUMNS
        );
        return Err(("list.too_large", what, phrase!("Take out the columns that are no part of the list.")));
    }
    if marked {
        quotation(line.as_bytes(), delimiter.byte())?;
    }
    let from_windows_1252 = encoding == WINDOWS_1252;
    if mojibake::may_be_in(line, from_windows_1252) {
        let broken = cells.iter().find_map(|cell| mojibake::find(cell, from_windows_1252));
        if let Some(broken) = broken {
            let what = say!("letters are broken: there is {broken}.", broken);
            return Err(("list.mojibake", what, SAVE_LETTERS));
        }
    }
    Ok(())
}

const NUL_CHARACTERS: Phrase = phrase!("there are NUL characters, which no text holds.");
pub(super) const SAVE_AS_CSV: Phrase = phrase!("Open it in a spreadsheet program and save it as CSV (UTF-8).");
const SAVE_LETTERS: Phrase = phrase!("Save the list again, as CSV UTF-8, from a program that shows its letters right.");
const CLOSE_QUOTE: Phrase =
    phrase!("Close it, or take it out; inside a quoted cell a quotation mark is written twice.");

/// Refuses a quotation mark that never closes, and one that closes so late that it has swallowed line ends: what stands there is several
/// rows taken for one.
fn quotation(line: &[u8], delimiter: u8) -> Result<(), Complaint> {
    let mut rest = line;
    loop {
        let Some(quoted) = rest.strip_prefix(b"\"") else {
            match rest.iter().position(|byte| *byte == delimiter) {
                Some(at) => rest = rest.get(at + 1..).unwrap_or_default(),
                None => return Ok(()),
            }
            continue;
        };
        let Some(end) = closing_mark(quoted) else {
            let what = phrase!(
                "a quotation mark opens here and is never closed, so that all rows after it are taken for one cell."
            );
            return Err(("list.unreadable", what.into(), CLOSE_QUOTE));
        };
        let (inside, after) = quoted.split_at_checked(end).unwrap_or((quoted, b""));
        let after = after.get(1..).unwrap_or_default();
        let next = after.iter().position(|byte| *byte == delimiter || matches!(byte, b'\r' | b'\n'));
        let stray = after.get(..next.unwrap_or(after.len())).unwrap_or_default();
        if !stray.trim_ascii().is_empty() && inside.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            let what = phrase!(
                "a quotation mark opens here and closes only in a later row, so that several rows are taken for one."
            );
            return Err(("list.unreadable", what.into(), CLOSE_QUOTE));
        }
        match next.and_then(|next| after.get(next..)) {
            Some([byte, following @ ..]) if *byte == delimiter => rest = following,
            _ => return Ok(()),
        }
    }
}

/// Where a quoted cell closes: at the first quotation mark that is not doubled.
fn closing_mark(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += quoted.get(at..)?.iter().position(|byte| *byte == b'"')?;
        if quoted.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

fn row_trouble(name: &str, row: u32, trouble: Trouble) -> RowTrouble {
    match trouble {
        Trouble::NotInEncoding => RowTrouble::NotInEncoding,
        Trouble::Io(error) => RowTrouble::Unreadable(unreadable(name, &error)),
        Trouble::RecordTooLarge { binary: true } => {
            refusal("list.not_text", name, row, NUL_CHARACTERS).remedy(SAVE_AS_CSV).into()
        }
        Trouble::RecordTooLarge { binary: false } => {
            let what = say!(
                "the row is longer than {limit} KiB, the most that one row may hold. Most often a quotation mark is left open.",
                limit = MAX_RECORD_BYTES / 1024
            );
            refusal("list.too_large", name, row, what).remedy(CLOSE_QUOTE).into()
        }
    }
}

/// A fault of one row that condemns the list.
pub(super) fn refusal(code: &'static str, name: &str, row: u32, what: impl Into<Message>) -> Fault {
    Fault::input(code, say!("{list}, row {row}: {what}", list = name, row = ungrouped(row), what = what.into()))
}

pub(super) fn unreadable(name: &str, error: &std::io::Error) -> Fault {
    use std::io::ErrorKind;
    let (why, remedy) = match error.kind() {
        ErrorKind::NotFound => (say!("there is no such file."), phrase!("Look for a slip in its name.")),
        ErrorKind::PermissionDenied => {
            (say!("you have no permission to read it."), phrase!("Ask its owner, or copy it to a place of your own."))
        }
        _ => (say!("it could not be read ({error}).", error), phrase!("Copy it to another disk and try again.")),
    };
    Fault::input("list.unreadable", say!("{list}: {why}", list = name, why)).remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_where_sixteen_full_spreadsheets_do() {
        let cells = Cells::from_iter(["1"]);
        let judge = |row| inspect("1", &cells, row, Delimiter::Comma, WINDOWS_1252);
        let code = |row| judge(row).map_err(|(code, ..)| code);
        assert_eq!(code(MAX_ROWS), Ok(()));
        assert_eq!(code(MAX_ROWS + 1), Err("list.too_large"));
    }

    #[test]
    fn blank_lines_are_counted_whatever_ends_them() {
        let table: [(&str, bool, u32, &str); 8] = [
            ("a", false, 0, "a"),
            ("\na", true, 0, "a"),
            ("\na", false, 1, "a"),
            ("\n\na", true, 1, "a"),
            ("\r\n\r\na", false, 2, "a"),
            ("\n\r\n\r\na", true, 2, "a"),
            ("\r\ra", true, 2, "a"),
            ("", true, 0, ""),
        ];
        for (raw, after_return, blank, line) in table {
            assert_eq!(without_blank_lines(raw, after_return), (blank, line), "{}", raw.escape_debug());
        }
    }

    #[test]
    fn quotation_marks_are_minded_where_they_swallow_rows() {
        let table = [
            ("\"a\";\"b\"", true),
            ("\"a\"\";\";b\r\n", true),
            ("\"a\nb\" ;c", true),
            ("a \"b;c", true),
            ("\"a \"b\" c\";d", true),
            ("\"\"", true),
            ("\"\"\"", false),
            ("a;\"b;c\n", false),
            ("a;\"b;c\nd;\"e\";f", false),
        ];
        for (line, fine) in table {
            assert_eq!(quotation(line.as_bytes(), b';').is_ok(), fine, "{line:?}");
        }
    }
}
