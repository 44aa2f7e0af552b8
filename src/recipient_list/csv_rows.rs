//! The rows of a CSV file, numbered as a spreadsheet shows them.
//!
//! A line without a quotation mark or a NUL character, as nearly every one is, is parted where its delimiters stand. A record that begins with a line
//! that has one is left to csv-core, the csv crate's parser, which may read on beyond the line. It forgives much: a quotation mark that never closes
//! swallows the rows after it. Here a forgotten row is a person without money, so the raw text of such a record is looked at again.

use std::io::Read;
use std::str;

use csv_core::ReadRecordResult;
use encoding_rs::{Encoding, WINDOWS_1252};
use memchr::{memchr2, memchr3};

use crate::fault::Fault;
use crate::phrase;
use crate::say;
use crate::words::{Message, Phrase, ungrouped};

use super::csv_text::{CsvText, MAX_RECORD_BYTES, Trouble};
use super::dialect::{Delimiter, separator_line};
use super::instruction::RARE;
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
    text: CsvText<R>,
    quoted: Quoted,
    /// Quotation marks and NUL characters.
    marks: Next,
    /// What may be letters that were broken.
    doubts: Next,
    /// Characters by which rare things are known.
    rare: Next,
    /// The row read last; 0 before the first.
    row: u32,
    before: Before,
}

/// What was passed last.
#[derive(Clone, Copy)]
enum Before {
    /// A row, whose line end comes next.
    Row,
    /// A carriage return, whose line feed would come next.
    Return,
    /// A whole line.
    Line,
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
        let (hidden, delimiter) = separator_line(start.as_bytes()).unwrap_or_else(|| (0, tell(start.as_bytes())));
        text.pass(hidden);
        // A second byte order mark is no letter of a heading.
        if text.ahead().starts_with('\u{FEFF}') {
            text.pass('\u{FEFF}'.len_utf8());
        }
        Ok(Self {
            name: name.to_owned(),
            encoding,
            delimiter,
            text,
            quoted: Quoted::new(delimiter),
            marks: Next::default(),
            doubts: Next::default(),
            rare: Next::default(),
            row: 0,
            before: Before::Line,
        })
    }

    pub(super) fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    /// Of the file's bytes, once the last row has been read.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.text.sha256()
    }

    /// Reads the next row that is not a blank line and says its number; `None` at the end.
    pub(super) fn next(&mut self, cells: &mut Cells) -> Result<Option<u32>, RowTrouble> {
        let parted = self.part_next(cells);
        let Some((end, marked)) =
            parted.map_err(|trouble| row_trouble(&self.name, self.row.saturating_add(1), trouble))?
        else {
            return Ok(None);
        };
        self.row = self.row.saturating_add(1);
        let from_windows_1252 = self.encoding == WINDOWS_1252;
        let doubtful = self.doubts.is_within(&self.text, end, |text| mojibake::next_doubt(text, from_windows_1252));
        if !self.rare.is_within(&self.text, end, next_rare) {
            cells.hold_none_rare();
        }
        let line = Line {
            text: self.text.ahead().get(..end).unwrap_or_default(),
            row: self.row,
            delimiter: self.delimiter,
            marked,
            doubtful,
            from_windows_1252,
        };
        line.inspect(cells).map_err(|(code, what, remedy)| refusal(code, &self.name, self.row, what).remedy(remedy))?;
        self.text.pass(end);
        self.before = Before::Row;
        Ok(Some(self.row))
    }

    /// Parts the record that comes next: how far it goes, and whether it has quotation marks or NUL characters. `None` at the end.
    fn part_next(&mut self, cells: &mut Cells) -> Result<Option<(usize, bool)>, Trouble> {
        if !self.pass_line_ends()? {
            return Ok(None);
        }
        let end = self.part_line(cells)?;
        let marked = self.marks.is_within(&self.text, end, |text| memchr2(0, b'"', text));
        let end = if marked { self.quoted.part(&mut self.text, cells)? } else { end };
        Ok(Some((end, marked)))
    }

    /// Goes past line ends: that of the row before, and blank lines, which are counted. `false` where nothing follows.
    fn pass_line_ends(&mut self) -> Result<bool, Trouble> {
        loop {
            let mut passed = 0;
            let other = self.text.ahead().bytes().find(|byte| {
                let is_blank = match (byte, self.before) {
                    (b'\r' | b'\n', Before::Row) | (b'\n', Before::Return) => false,
                    (b'\r' | b'\n', _) => true,
                    _ => return true,
                };
                self.row = self.row.saturating_add(u32::from(is_blank));
                self.before = if *byte == b'\r' { Before::Return } else { Before::Line };
                passed += 1;
                false
            });
            self.text.pass(passed);
            if other.is_some() {
                return Ok(true);
            }
            if !self.text.read_on()? {
                return Ok(false);
            }
        }
    }

    /// Parts the line that lies ahead at its delimiters, and says how far it goes, without the character that ends it.
    fn part_line(&mut self, cells: &mut Cells) -> Result<usize, Trouble> {
        let delimiter = self.delimiter.byte();
        if let Some(end) = cells.part(self.text.ahead(), delimiter) {
            return Ok(end);
        }
        let mut searched = self.text.ahead().len();
        while self.text.read_on()? {
            let ahead = self.text.ahead().as_bytes();
            if memchr2(b'\n', b'\r', ahead.get(searched..).unwrap_or_default()).is_some() {
                break;
            }
            searched = ahead.len();
        }
        Ok(cells.part(self.text.ahead(), delimiter).unwrap_or(self.text.ahead().len()))
    }
}

fn next_rare(text: &[u8]) -> Option<usize> {
    let [one, other, third] = RARE;
    memchr3(one, other, third, text)
}

/// Where something stands next in the text that most lines do not have, so that it is not searched for line by line.
#[derive(Default)]
struct Next {
    found: Option<u64>,
    /// Of what was not passed, the text before this position holds none but the one found.
    searched: u64,
}

impl Next {
    /// Whether it stands in so many bytes of what lies ahead.
    fn is_within<R: Read>(
        &mut self,
        text: &CsvText<R>,
        bytes: usize,
        find: impl FnOnce(&[u8]) -> Option<usize>,
    ) -> bool {
        let position = text.position();
        let end = position + bytes as u64;
        if self.found.is_none_or(|found| found < position) && self.searched < end {
            let from = self.searched.max(position);
            let ahead = text.ahead().as_bytes();
            let unsearched = usize::try_from(from - position).ok().and_then(|from| ahead.get(from..));
            self.found = find(unsearched.unwrap_or_default()).map(|at| from + at as u64);
            self.searched = self.found.map_or(position + ahead.len() as u64, |found| found + 1);
        }
        self.found.is_some_and(|found| (position..end).contains(&found))
    }
}

/// Records with quotation marks, as csv-core parts them.
struct Quoted {
    parser: csv_core::Reader,
    parted: Vec<u8>,
    ends: Vec<usize>,
}

impl Quoted {
    fn new(delimiter: Delimiter) -> Self {
        let mut parser = csv_core::ReaderBuilder::new().delimiter(delimiter.byte()).build();
        // It takes a byte order mark off whatever it is given first, which would be any record: this is its first, and empty.
        parser.read_record(b"\n", &mut [], &mut []);
        Self { parser, parted: vec![0; 1024], ends: vec![0; 64] }
    }

    /// Parts the record that lies ahead, and says how far it goes, without the character that ends it.
    fn part<R: Read>(&mut self, text: &mut CsvText<R>, cells: &mut Cells) -> Result<usize, Trouble> {
        let (mut read, mut written, mut count) = (0, 0, 0);
        loop {
            if text.ahead().len() == read {
                // Where nothing follows, the parser is told so by an empty text.
                text.read_on()?;
            }
            let input = text.ahead().as_bytes().get(read..).unwrap_or_default();
            let parted = self.parted.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(count..).unwrap_or_default();
            let (result, taken, put, ended) = self.parser.read_record(input, parted, ends);
            (read, written, count) = (read + taken, written + put, count + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.parted.resize(2 * self.parted.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let parted = self.parted.get(..written).and_then(|parted| str::from_utf8(parted).ok());
        cells.take(parted.ok_or(Trouble::NotInEncoding)?, self.ends.get(..count).unwrap_or_default());
        let raw = text.ahead().get(..read).unwrap_or_default();
        Ok(raw.strip_suffix(['\r', '\n']).unwrap_or(raw).len())
    }
}

type Complaint = (&'static str, Message, Phrase);

/// A record as it was written, and what is known of it.
struct Line<'t> {
    text: &'t str,
    row: u32,
    delimiter: Delimiter,
    /// There may be quotation marks or NUL characters in it.
    marked: bool,
    /// There may be broken letters in it.
    doubtful: bool,
    from_windows_1252: bool,
}

impl Line<'_> {
    /// Looks for what condemns the list.
    fn inspect(&self, cells: &Cells) -> Result<(), Complaint> {
        if self.row > MAX_ROWS {
            let what = say!("the list goes on after row {row}, the most that one list may hold.", row = MAX_ROWS);
            return Err(("list.too_large", what, phrase!("Part it into several lists.")));
        }
        if self.marked && self.text.contains('\0') {
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
        if self.marked {
            quotation(self.text.as_bytes(), self.delimiter.byte())?;
        }
        if self.doubtful
            && let Some(broken) = cells.iter().find_map(|cell| mojibake::find(cell, self.from_windows_1252))
        {
            let what = say!("letters are broken: there is {broken}.", broken);
            return Err(("list.mojibake", what, SAVE_LETTERS));
        }
        Ok(())
    }
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
    use encoding_rs::UTF_8;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_ends_where_sixteen_full_spreadsheets_do() {
        let cells = Cells::from_iter(["1"]);
        let line = |row| Line {
            text: "1",
            row,
            delimiter: Delimiter::Comma,
            marked: false,
            doubtful: false,
            from_windows_1252: false,
        };
        let code = |row| line(row).inspect(&cells).map_err(|(code, ..)| code);
        assert_eq!(code(MAX_ROWS), Ok(()));
        assert_eq!(code(MAX_ROWS + 1), Err("list.too_large"));
    }

    /// More than is read before the first row is parted: what follows it is cut wherever the reading stops.
    fn long_row() -> String {
        "x".repeat(64 * 1024) + "\n"
    }

    /// The rows of a text that is read so many bytes at a time, each with its number, until one is refused.
    fn rows(text: &[u8], at_a_time: usize) -> Vec<(u32, Vec<String>)> {
        struct Slow<'t>(&'t [u8], usize);
        impl Read for Slow<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                // The long row, where there is one, need not come byte by byte.
                let much = if self.0.starts_with(b"xxxx") { 4096 } else { self.1 };
                let (now, rest) = self.0.split_at(much.min(self.0.len()).min(buffer.len()));
                buffer[..now.len()].copy_from_slice(now);
                self.0 = rest;
                Ok(now.len())
            }
        }
        let mut rows = CsvRows::new(Slow(text, at_a_time), "list", UTF_8, |_| Delimiter::Semicolon).expect("a text");
        let (mut read, mut cells) = (Vec::new(), Cells::default());
        while let Ok(Some(row)) = rows.next(&mut cells) {
            let is_rare = |cell: &str| cell.bytes().any(|byte| RARE.contains(&byte));
            assert!(cells.may_hold_rare() || !cells.iter().any(is_rare), "{row}");
            read.push((row, cells.iter().map(str::to_owned).collect()));
        }
        read
    }

    #[test]
    fn rows_that_hold_nothing_rare_are_known_to() {
        let text = "a;<\n;\nb;\"#\"\nc;;\n\"d\n:\";e\nf";
        let mut rows = CsvRows::new(text.as_bytes(), "list", UTF_8, |_| Delimiter::Semicolon).expect("a text");
        let (mut cells, mut holds) = (Cells::default(), Vec::new());
        while rows.next(&mut cells).expect("a row").is_some() {
            holds.push(cells.may_hold_rare());
        }
        assert_eq!(holds, [true, false, true, false, true, false]);
    }

    #[test]
    fn blank_lines_are_counted_whatever_ends_them() {
        let table: [(&str, &[u32]); 9] = [
            ("a", &[1]),
            ("\na", &[2]),
            ("\n\na\nb", &[3, 4]),
            ("\r\n\r\na\r\nb", &[3, 4]),
            ("\n\r\n\r\na", &[4]),
            ("\r\ra\rb\r\rc", &[3, 4, 6]),
            ("a\r\n\n\r\"b\"\r\n\"c\"\n", &[1, 4, 5]),
            ("\"a\nb\"\nc", &[1, 2]),
            ("", &[]),
        ];
        for (text, numbers) in table {
            let read: Vec<u32> = rows(text.as_bytes(), 100).iter().map(|(row, _)| *row).collect();
            assert_eq!(read, numbers, "{}", text.escape_debug());
            for at_a_time in [1, 2, 3] {
                let read = rows((long_row() + text).as_bytes(), at_a_time);
                let read: Vec<u32> = read.iter().skip(1).map(|(row, _)| *row - 1).collect();
                assert_eq!(read, numbers, "{}, {at_a_time} at a time", text.escape_debug());
            }
        }
    }

    proptest! {
        /// Whether a line is parted here or by csv-core, and wherever the text is cut while it is read.
        #[test]
        fn cells_are_those_that_the_csv_crate_parts(
            text in proptest::string::string_regex("([a-c ø<:#]|[;,]|\"|\"\"|\r|\n|\r\n|\u{FEFF}|;\"|\";|\"\n|\n\"){0,40}").expect("a pattern"),
            at_a_time in 1usize..40,
        ) {
            for text in [text.clone(), long_row() + &text] {
                let read = rows(text.as_bytes(), at_a_time);
                // The first byte order mark is the decoder's, the second the csv crate's.
                let decoded = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
                let mut reader =
                    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(b';').from_reader(decoded.as_bytes());
                let expected: Vec<Vec<String>> =
                    reader.records().map(|record| record.expect("a text").iter().map(str::to_owned).collect()).collect();
                let cells: Vec<_> = read.iter().map(|(_, cells)| cells.clone()).collect();
                // What is refused is a quotation mark that swallows rows.
                let refused = cells.len() < expected.len();
                prop_assert!(!refused || text.contains('"'), "{:?}", cells);
                prop_assert_eq!(&cells, &expected[..cells.len().min(expected.len())]);
                let whole = rows(text.as_bytes(), text.len());
                prop_assert_eq!(read, whole);
            }
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
