//! From the bytes of a list to [`Instruction`]s: as written, each with the row that a spreadsheet shows.
//!
//! A list is looked through twice. [`RecipientList::open`] reads it whole and settles what only the whole can tell: encoding, delimiter,
//! headings, decimal style, control total. A list that cannot be trusted as a whole is refused there. [`RecipientList::instructions`] then
//! hands out its rows one by one. Both keep one row in memory, however long the list is.
//!
//! What is peculiar to CSV lies in `csv_text`, `csv_rows` and `dialect`; the rest knows rows of cells only.

mod amount_style;
mod columns;
mod control_total;
mod csv_rows;
mod csv_text;
mod dialect;
mod headings;
mod instruction;
mod mojibake;
pub mod rows_file;
mod survey;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use csv::StringRecord;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::fault::Fault;
use crate::payment::{Amount, Currency};

use csv_rows::{CsvRows, RowTrouble, SAVE_AS_CSV, unreadable};
use dialect::{Delimiter, OPENING_BYTES, Opening};
use survey::{Found, Survey};

pub use amount_style::{AmountError, AmountStyle, read_amount};
pub use columns::{Column, ColumnMap, Purpose};
pub use headings::ColumnAliases;
pub use instruction::Instruction;

/// A list that was looked through once and can be read.
#[derive(Clone, Debug)]
pub struct RecipientList {
    path: PathBuf,
    name: String,
    encoding: &'static Encoding,
    delimiter: Delimiter,
    found: Found,
    sha256: [u8; 32],
}

impl RecipientList {
    /// Looks the list through, whole. `given` is its path as the command line names it, `currency` that of amounts that name none.
    ///
    /// # Errors
    /// `list.*` of CONTRACT "Paying": the list as a whole cannot be trusted. The faults of single rows are the checks' business.
    pub fn open(path: &Path, given: &str, aliases: &ColumnAliases, currency: Currency) -> Result<Self, Fault> {
        Self::open_for(Purpose::Paying, path, given, aliases, currency)
    }

    /// As [`open`](Self::open), for a list that need not have all that it takes to pay.
    pub fn open_for(
        purpose: Purpose,
        path: &Path,
        given: &str,
        aliases: &ColumnAliases,
        currency: Currency,
    ) -> Result<Self, Fault> {
        let look = |encoding| Self::look_through(purpose, path, given, encoding, aliases, currency);
        let (_, opening) = open_text(path, given)?;
        let looked = match opening {
            Opening::NotText(kind) => return Err(not_text(given, kind)),
            Opening::Marked(encoding) => look(encoding),
            // Only the end of a file can prove that it is UTF-8. If it proves that it is not, all begins again.
            Opening::Unmarked => match look(UTF_8) {
                Err(RowTrouble::NotInEncoding) => look(WINDOWS_1252),
                looked => looked,
            },
        };
        looked.map_err(|trouble| match trouble {
            RowTrouble::Fault(fault) | RowTrouble::Unreadable(fault) => fault,
            RowTrouble::NotInEncoding => broken_encoding(given),
        })
    }

    fn look_through(
        purpose: Purpose,
        path: &Path,
        given: &str,
        encoding: &'static Encoding,
        aliases: &ColumnAliases,
        currency: Currency,
    ) -> Result<Self, RowTrouble> {
        let (file, _) = open_text(path, given)?;
        let knows = |heading: &str| aliases.recognise(heading, currency).is_some();
        let mut rows = CsvRows::new(file, given, encoding, |start| Delimiter::detect(start, knows))?;
        let mut survey = Survey::new(given, aliases, currency, purpose);
        let mut record = StringRecord::new();
        while let Some(row) = rows.next(&mut record)? {
            survey.see(row, &record)?;
        }
        Ok(Self {
            path: path.to_owned(),
            name: given.to_owned(),
            encoding,
            delimiter: rows.delimiter(),
            found: survey.finish()?,
            sha256: rows.sha256(),
        })
    }

    /// The path as it was given on the command line.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn columns(&self) -> &ColumnMap {
        &self.found.columns
    }

    pub fn amount_style(&self) -> AmountStyle {
        self.found.amount_style
    }

    /// How many rows there are to judge: without headings, empty rows and the control total.
    pub fn rows(&self) -> u64 {
        self.found.rows
    }

    /// The list's own total, which agrees with its rows.
    pub fn control_total(&self) -> Option<Amount> {
        self.found.control_total
    }

    /// Of the file's bytes, as they were when the list was opened.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// How the file is written, in words: `Windows-1252, semicolons, decimal comma`.
    pub fn facts(&self) -> ListFacts {
        ListFacts { encoding: self.encoding.name(), delimiter: self.delimiter, amount_style: self.amount_style() }
    }

    /// Begins to read the rows.
    pub fn instructions(&self) -> Result<Instructions, Fault> {
        let (file, _) = open_text(&self.path, &self.name)?;
        let rows = CsvRows::new(file, &self.name, self.encoding, |_| self.delimiter);
        let rows = rows.map_err(|trouble| changed(&self.name, trouble))?;
        Ok(Instructions { list: self.clone(), rows, record: StringRecord::new(), headings_seen: false })
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListFacts {
    encoding: &'static str,
    delimiter: Delimiter,
    amount_style: AmountStyle,
}

impl fmt::Display for ListFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoding = if self.encoding == WINDOWS_1252.name() { "Windows-1252" } else { self.encoding };
        write!(f, "{encoding}, {}, {}", self.delimiter, self.amount_style)
    }
}

/// The rows of a list, one by one.
pub struct Instructions {
    list: RecipientList,
    rows: CsvRows<File>,
    record: StringRecord,
    headings_seen: bool,
}

impl Instructions {
    /// Reads the next row into `instruction`; `false` at the end.
    ///
    /// # Errors
    /// `list.changed` where the file is not the one that was opened; known for certain only at the end.
    pub fn read(&mut self, instruction: &mut Instruction) -> Result<bool, Fault> {
        loop {
            let next = self.rows.next(&mut self.record).map_err(|trouble| changed(&self.list.name, trouble))?;
            let Some(row) = next else {
                return self.unchanged().map(|()| false);
            };
            if survey::is_empty(&self.record) || self.list.found.total_row == Some(row) {
                continue;
            }
            if self.headings_seen {
                let found = &self.list.found;
                instruction.fill(row, &self.record, &found.columns, found.amount_style);
                return Ok(true);
            }
            self.headings_seen = true;
        }
    }

    fn unchanged(&self) -> Result<(), Fault> {
        if self.rows.sha256() == self.list.sha256 { Ok(()) } else { Err(list_changed(&self.list.name)) }
    }
}

/// Opens a plain file from its beginning, and says how it opens.
fn open_text(path: &Path, given: &str) -> Result<(File, Opening), Fault> {
    let unreadable = |error: std::io::Error| unreadable(given, &error);
    // Asked first: to open a pipe is to wait for somebody to fill it.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a directory" } else { "no plain file" };
        return Err(Fault::input("list.unreadable", format!("{given}: this is {what}, not a list."))
            .remedy("Name the file of the list itself."));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = Vec::with_capacity(OPENING_BYTES);
    file.by_ref().take(OPENING_BYTES as u64).read_to_end(&mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    Ok((file, Opening::of(&start)))
}

fn not_text(given: &str, kind: &str) -> Fault {
    Fault::input("list.not_text", format!("{given}: this is {kind}, not a list in CSV.")).remedy(SAVE_AS_CSV)
}

fn broken_encoding(given: &str) -> Fault {
    let what =
        format!("{given}: the file says by its first bytes how its letters are written, and then does not keep to it.");
    Fault::input("list.mojibake", what).remedy("Save the list again, as CSV UTF-8.")
}

/// A list that was read whole once and cannot be read again is not the same any more.
fn changed(given: &str, trouble: RowTrouble) -> Fault {
    match trouble {
        RowTrouble::Unreadable(fault) => fault,
        RowTrouble::NotInEncoding | RowTrouble::Fault(_) => list_changed(given),
    }
}

fn list_changed(given: &str) -> Fault {
    Fault::failed("list.changed", format!("{given}: the file was changed while it was being read."))
        .remedy("Close it in other programs and run the command again.")
}

/// White space that people see, and the marks without width that come along when text is copied.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}')
}

/// Without white space at either end.
fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}
