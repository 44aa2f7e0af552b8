//! From the bytes of a list to [`Instruction`]s: as written, each with the row that a spreadsheet shows.
//!
//! A list is looked through twice. [`RecipientList::open`] reads it whole and settles what only the whole can tell: encoding, delimiter,
//! headings, decimal style, control total. A list that cannot be trusted as a whole is refused there. [`RecipientList::instructions`] then
//! hands out its rows one by one. Both keep one row in memory, however long the list is.
//!
//! What is peculiar to CSV lies in `csv_text`, `csv_rows` and `dialect`, what is peculiar to workbooks in `spreadsheet` and `sheet_list`;
//! the rest knows rows of cells only.

use crate::phrase;
use crate::say;
use crate::words::{Phrase, ungrouped};

mod amount_style;
pub mod any_table;
pub(crate) mod broken_cell;
mod columns;
mod control_total;
mod csv_rows;
mod csv_text;
mod date_order;
mod dialect;
mod first_row;
mod headings;
mod instruction;
mod mojibake;
mod row;
pub mod rows_file;
mod sheet_list;
mod spreadsheet;
mod survey;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::payment::{Amount, Currency};
use crate::progress::{self, Stage};

use csv_rows::{CsvRows, RowTrouble, SAVE_AS_CSV, unreadable};
use dialect::{Delimiter, OPENING_BYTES, Opening};
use row::Row;
use sheet_list::Chosen;
use spreadsheet::{SheetRows, Workbook};
use survey::{Found, Survey};

pub use amount_style::{AmountError, AmountStyle, read_amount};
pub use columns::{Column, ColumnMap};
pub use date_order::DateOrder;
pub use headings::{ColumnAliases, unused_maps};
pub use instruction::Instruction;

/// A list that was looked through once and can be read.
#[derive(Clone, Debug)]
pub struct RecipientList {
    path: PathBuf,
    name: String,
    source: Source,
    found: Found,
    sha256: [u8; 32],
}

/// What kind of file the list is.
#[derive(Clone, Debug)]
enum Source {
    Csv { encoding: &'static Encoding, delimiter: Delimiter },
    Sheet { at: usize, name: String, kind: &'static str, hidden: bool, hidden_columns: Vec<String> },
    Kept { sheet: Option<String>, rows: Arc<dyn KeptRows>, kept: KeptFrom },
}

/// Where the rows of a list come from that is no file as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptFrom {
    /// A baseline.
    Ledger,
    /// A list of changes: those of its rows that are paid.
    Changes,
}

/// Rows that are kept elsewhere than in a file. They can be read any number of times; `Debug` shows nobody.
pub trait KeptRows: fmt::Debug + Send + Sync {
    fn count(&self) -> u64;

    fn read(&self) -> Result<Box<dyn ReadKeptRows>, Fault>;
}

/// Hands the rows out, one by one.
pub trait ReadKeptRows {
    /// Becomes the next row, through [`Instruction::refill`]; `false` at the end.
    fn next(&mut self, instruction: &mut Instruction) -> Result<bool, Fault>;
}

impl RecipientList {
    /// Looks the list through, whole. `given` is its path as the command line names it, `currency` that of amounts that name none.
    ///
    /// # Errors
    /// `list.*` of CONTRACT "Paying": the list as a whole cannot be trusted. The faults of single rows are the checks' business.
    pub fn open(path: &Path, given: &str, aliases: &ColumnAliases, currency: Currency) -> Result<Self, Fault> {
        Self::open_sheet(path, given, None, aliases, currency)
    }

    /// As [`RecipientList::open`]; of a workbook, the sheet of this name. Without one, the only sheet with known headings is the list.
    pub fn open_sheet(
        path: &Path,
        given: &str,
        sheet: Option<&str>,
        aliases: &ColumnAliases,
        currency: Currency,
    ) -> Result<Self, Fault> {
        let look = |encoding| Self::look_through_csv(path, given, encoding, aliases, currency);
        let (mut file, opening) = open_file(path, given)?;
        let looked = match opening {
            Opening::NotText(kind) => return Err(not_text(given, kind)),
            Opening::OldOffice => {
                let bytes = spreadsheet::read_bytes(&mut file, given)?;
                return Err(spreadsheet::old_office_file(&bytes, given));
            }
            Opening::Package => return Self::look_through_workbook(path, given, file, sheet, aliases, currency),
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

    fn look_through_csv(
        path: &Path,
        given: &str,
        encoding: &'static Encoding,
        aliases: &ColumnAliases,
        currency: Currency,
    ) -> Result<Self, RowTrouble> {
        let (file, _) = open_file(path, given)?;
        let bytes = file.metadata().map(|metadata| metadata.len()).ok();
        let file = progress::reading(Stage::ReadingLists, file, bytes);
        let knows = |heading: &str| aliases.recognise(heading, currency).is_some();
        let mut rows = CsvRows::new(file, given, encoding, |start| Delimiter::detect(start, knows))?;
        let mut survey = Survey::new(given, aliases, currency);
        let mut row = Row::default();
        while let Some(number) = rows.next(&mut row.cells)? {
            survey.see(number, &row)?;
        }
        Ok(Self {
            path: path.to_owned(),
            name: given.to_owned(),
            source: Source::Csv { encoding, delimiter: rows.delimiter() },
            found: survey.finish()?,
            sha256: rows.sha256(),
        })
    }

    fn look_through_workbook(
        path: &Path,
        given: &str,
        mut file: File,
        sheet: Option<&str>,
        aliases: &ColumnAliases,
        currency: Currency,
    ) -> Result<Self, Fault> {
        let _step = progress::begin(Stage::ReadingLists, None);
        let bytes = spreadsheet::read_bytes(&mut file, given)?;
        let sha256 = Sha256::digest(&bytes).into();
        let workbook = Workbook::open(bytes, given)?;
        let Chosen { sheet: at, name, hidden, found, hidden_columns } =
            sheet_list::look_through(&workbook, given, sheet, aliases, currency)?;
        let source = Source::Sheet { at, name, kind: workbook.kind(), hidden, hidden_columns };
        Ok(Self { path: path.to_owned(), name: given.to_owned(), source, found, sha256 })
    }

    /// A list of rows that were read before. Their amounts are written out, `1234.50`.
    pub fn kept(name: String, sheet: Option<String>, rows: Arc<dyn KeptRows>, kept: KeptFrom) -> Self {
        let found = Found {
            columns: ColumnMap::default(),
            headings_row: 0,
            amount_style: AmountStyle::Unsettled,
            date_order: None,
            rows: rows.count(),
            hidden_rows: 0,
            total_row: None,
            control_total: None,
        };
        let source = Source::Kept { sheet, rows, kept };
        Self { path: PathBuf::new(), name, source, found, sha256: [0; 32] }
    }

    /// Whether its rows are kept elsewhere than in a file.
    pub fn is_kept(&self) -> bool {
        matches!(self.source, Source::Kept { .. })
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

    /// The sheet that the list is, where it is one of a workbook.
    pub fn sheet(&self) -> Option<&str> {
        match &self.source {
            Source::Csv { .. } => None,
            Source::Sheet { name, .. } => Some(name),
            Source::Kept { sheet, .. } => sheet.as_deref(),
        }
    }

    /// How many of the rows a spreadsheet hides. They are read like any other.
    pub fn hidden_rows(&self) -> u64 {
        self.found.hidden_rows
    }

    /// How the file is written, in words: `Windows-1252, semicolons, decimal comma`.
    pub fn facts(&self) -> ListFacts<'_> {
        ListFacts(self)
    }

    /// Begins to read the rows.
    ///
    /// # Errors
    /// `list.changed` where the file is not the one that was opened.
    pub fn instructions(&self) -> Result<Instructions, Fault> {
        if let Source::Kept { rows, .. } = &self.source {
            let rows = Rows::Kept(rows.read()?);
            return Ok(Instructions { list: self.clone(), rows, row: Row::default() });
        }
        let (file, _) = open_file(&self.path, &self.name)?;
        let rows = match &self.source {
            Source::Kept { rows, .. } => Rows::Kept(rows.read()?),
            Source::Csv { encoding, delimiter } => CsvRows::new(file, &self.name, encoding, |_| *delimiter)
                .map(|rows| Rows::Csv(Box::new(rows)))
                .map_err(|trouble| changed(&self.name, trouble))?,
            Source::Sheet { at, .. } => Rows::Sheet(Box::new(self.sheet_rows(file, *at)?)),
        };
        Ok(Instructions { list: self.clone(), rows, row: Row::default() })
    }

    fn sheet_rows(&self, mut file: File, sheet: usize) -> Result<SheetRows, Fault> {
        let bytes = spreadsheet::read_bytes(&mut file, &self.name)?;
        if self.sha256 != <[u8; 32]>::from(Sha256::digest(&bytes)) {
            return Err(list_changed(&self.name));
        }
        let mut rows = Workbook::open(bytes, &self.name)?.rows(sheet, &self.name)?;
        rows.understand(&self.found.columns);
        Ok(rows)
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug)]
pub struct ListFacts<'a>(&'a RecipientList);

impl fmt::Display for ListFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ListFacts(RecipientList { source, found, .. }) = self;
        match source {
            Source::Csv { encoding, delimiter } => {
                let known = if *encoding == WINDOWS_1252 { "Windows-1252" } else { encoding.name() };
                write!(f, "{known}, {delimiter}, {}", found.amount_style)?;
            }
            Source::Kept { kept: KeptFrom::Ledger, .. } => write!(f, "{}", say!("kept in the ledger"))?,
            Source::Kept { kept: KeptFrom::Changes, .. } => write!(f, "{}", say!("its rows that are new or changed"))?,
            Source::Sheet { name, kind, hidden, .. } => {
                let sheet = match hidden {
                    true => say!("{kind}, hidden sheet “{name}” read", kind = *kind, name),
                    false => say!("{kind}, sheet “{name}”", kind = *kind, name),
                };
                write!(f, "{sheet}")?;
                if found.headings_row > 1 {
                    write!(f, ", {}", say!("headings in row {row}", row = ungrouped(found.headings_row)))?;
                }
                // Amounts that are numbers have no style of writing.
                if found.amount_style != AmountStyle::Unsettled {
                    write!(f, ", {}", found.amount_style)?;
                }
            }
        }
        if let Some(order) = found.date_order {
            write!(f, ", {order}")?;
        }
        if found.hidden_rows > 0 {
            write!(f, ", {}", say!("{rows:hidden row|hidden rows} read", rows = found.hidden_rows))?;
        }
        if let Source::Sheet { hidden_columns, .. } = source
            && !hidden_columns.is_empty()
        {
            write!(f, ", {}", say!("hidden columns read: {columns}", columns = hidden_columns.join(", ")))?;
        }
        Ok(())
    }
}

/// The rows of a list, one by one.
pub struct Instructions {
    list: RecipientList,
    rows: Rows,
    row: Row,
}

enum Rows {
    Csv(Box<CsvRows<File>>),
    Sheet(Box<SheetRows>),
    Kept(Box<dyn ReadKeptRows>),
}

impl Instructions {
    /// Reads the next row into `instruction`; `false` at the end.
    ///
    /// # Errors
    /// `list.changed` where the file is not the one that was opened; known for certain only at the end.
    pub fn read(&mut self, instruction: &mut Instruction) -> Result<bool, Fault> {
        let RecipientList { name, found, .. } = &self.list;
        loop {
            let next = match &mut self.rows {
                Rows::Csv(rows) => rows.next(&mut self.row.cells).map_err(|trouble| changed(name, trouble))?,
                Rows::Sheet(rows) => rows.next(&mut self.row)?,
                Rows::Kept(rows) => return rows.next(instruction),
            };
            let Some(number) = next else {
                return self.unchanged().map(|()| false);
            };
            let above = number <= found.headings_row;
            if above || found.total_row == Some(number) || self.row.cells.are_empty() {
                continue;
            }
            instruction.fill(number, &mut self.row, found);
            return Ok(true);
        }
    }

    fn unchanged(&self) -> Result<(), Fault> {
        match &self.rows {
            Rows::Csv(rows) if rows.sha256() != self.list.sha256 => Err(list_changed(&self.list.name)),
            // A workbook's bytes were compared before they were unpacked.
            Rows::Csv(_) | Rows::Sheet(_) | Rows::Kept(_) => Ok(()),
        }
    }
}

/// Opens a plain file from its beginning, and says how it opens.
fn open_file(path: &Path, given: &str) -> Result<(File, Opening), Fault> {
    let unreadable = |error: std::io::Error| unreadable(given, &error);
    // Asked first: to open a pipe is to wait for somebody to fill it.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { phrase!("a directory") } else { phrase!("no plain file") };
        return Err(Fault::input("list.unreadable", say!("{list}: this is {what}, not a list.", list = given, what))
            .remedy(say!("Name the file of the list itself.")));
    }
    // Nor does it wait where a pipe has taken the file's place since.
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let mut file = File::options().read(true).custom_flags(flags).open(path).map_err(unreadable)?;
    let mut start = Vec::with_capacity(OPENING_BYTES);
    file.by_ref().take(OPENING_BYTES as u64).read_to_end(&mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    Ok((file, Opening::of(&start)))
}

fn not_text(given: &str, kind: Phrase) -> Fault {
    Fault::input("list.not_text", say!("{list}: this is {kind}, not a list in CSV, XLSX or ODS.", list = given, kind))
        .remedy(SAVE_AS_CSV)
}

fn broken_encoding(given: &str) -> Fault {
    let what = say!(
        "{list}: the file says by its first bytes how its letters are written, and then does not keep to it.",
        list = given
    );
    Fault::input("list.mojibake", what).remedy(say!("Save the list again, as CSV UTF-8."))
}

/// A list that was read whole once and cannot be read again is not the same any more.
fn changed(given: &str, trouble: RowTrouble) -> Fault {
    match trouble {
        RowTrouble::Unreadable(fault) => fault,
        RowTrouble::NotInEncoding | RowTrouble::Fault(_) => list_changed(given),
    }
}

fn list_changed(given: &str) -> Fault {
    Fault::input("list.changed", say!("{list}: the file was changed while it was being read.", list = given))
        .remedy(say!("Close it in other programs and run the command again."))
}

/// White space that people see, and the marks without width that come along when text is copied.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}')
}

/// Without white space at either end.
fn trim(text: &str) -> &str {
    if begins_and_ends(text.as_bytes()) { text } else { text.trim_matches(is_blank) }
}

/// Whether a text begins and ends with something to be seen: nearly every cell, of which nothing is to be looked at letter by letter. Where it may not,
/// the answer is `false`.
fn begins_and_ends(text: &[u8]) -> bool {
    matches!(text, [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic())
}

fn trim_start(text: &str) -> &str {
    match text.as_bytes() {
        [first, ..] if first.is_ascii_graphic() => text,
        _ => text.trim_start_matches(is_blank),
    }
}
