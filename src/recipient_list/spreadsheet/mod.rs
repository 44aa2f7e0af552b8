//! Spreadsheets, XLSX and ODS: from a workbook's bytes to the rows of one of its sheets.
//!
//! A sheet is read as a stream, one row in memory, and never as the rectangle between its first and last cell: a file of 1.4 kB with one
//! cell at XFD1048576 would make that 17 thousand million cells. Everything that is too large is refused with its limit named.

mod cell;
mod number_format;
mod ods;
mod package;
#[cfg(test)]
pub(super) mod tests;
mod xlsx;
mod xml;

use std::io::Read;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::fault::Fault;
use crate::phrase;
use crate::say;
use crate::words::{Message, ungrouped};

use super::columns::{Column, ColumnMap};
use super::csv_rows::unreadable;
use super::csv_text::MAX_RECORD_BYTES;
use super::headings::letters;
use super::mojibake;
use super::row::Row;
use cell::{Cell, Epoch, amount_as_shown};
use ods::{Ods, OdsRows};
use package::{MAX_FILE_BYTES, Package};
use xlsx::{Xlsx, XlsxRows};

/// The last row of a full sheet.
const MAX_ROW: u32 = 1_048_576;
/// Cells to the right of this many columns must be empty.
const MAX_COLUMNS: u32 = 1_024;

/// What the cells of a sheet may hold in all: a few bytes can say a text a million times over.
const MAX_TEXT_BYTES: usize = 512 * 1024 * 1024;
/// A cell counts as this much at least.
const CELL_BYTES: usize = 8;

/// A workbook in memory, as it came: packed.
#[derive(Clone)]
pub(super) struct Workbook(Kind);

#[derive(Clone)]
enum Kind {
    Xlsx(Xlsx),
    Ods(Ods),
}

/// The most sheets of a workbook. Each is looked at.
const MAX_SHEETS: usize = 100;

/// A sheet as its tab names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SheetName {
    pub(super) name: String,
    pub(super) hidden: bool,
}

impl Workbook {
    /// The package's bytes as a workbook.
    pub(super) fn open(bytes: Arc<[u8]>, list: &str) -> Result<Self, Fault> {
        let package = Package::open(bytes, list)?;
        if package.names().any(|name| name.ends_with("vbaProject.bin") || name.starts_with("Basic/")) {
            return Err(refused("list.unreadable", list, say!("this workbook holds macros, which no list needs."))
                .remedy(say!("Save it as .xlsx or .ods without macros, or the sheet as CSV (UTF-8).")));
        }
        if package.has("xl/workbook.bin") {
            return Err(refused("list.unreadable", list, say!("this is an Excel workbook of the binary kind (XLSB)."))
                .remedy(say!("Open it in Excel and save it as .xlsx.")));
        }
        if let Some(workbook) = Xlsx::open(&package, list)? {
            return Ok(Self(Kind::Xlsx(workbook)));
        }
        match Ods::open(&package, list)? {
            Some(workbook) => Ok(Self(Kind::Ods(workbook))),
            None => Err(super::not_text(list, phrase!("a ZIP archive"))),
        }
    }

    pub(super) fn sheets(&self) -> Vec<&SheetName> {
        match &self.0 {
            Kind::Xlsx(workbook) => workbook.sheets().collect(),
            Kind::Ods(workbook) => workbook.sheets().collect(),
        }
    }

    /// `XLSX` or `ODS`.
    pub(super) fn kind(&self) -> &'static str {
        match self.0 {
            Kind::Xlsx(_) => "XLSX",
            Kind::Ods(_) => "ODS",
        }
    }

    /// Begins to read a sheet, by its place.
    pub(super) fn rows(&self, sheet: usize, list: &str) -> Result<SheetRows, Fault> {
        let (reader, epoch) = match &self.0 {
            Kind::Xlsx(workbook) => (Reader::Xlsx(workbook.rows(sheet)?), workbook.epoch()),
            Kind::Ods(workbook) => (Reader::Ods(workbook.rows(sheet)?), Epoch::Of1900),
        };
        Ok(SheetRows {
            list: list.to_owned(),
            reader,
            epoch,
            cells: RowOfCells::default(),
            columns: None,
            handed_out: 0,
        })
    }
}

/// Reads a workbook's bytes, as far as a list may have any.
pub(super) fn read_bytes(file: &mut impl Read, list: &str) -> Result<Arc<[u8]>, Fault> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(list, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let what = say!(
            "the workbook is larger than {limit} MiB, the most that is read.",
            limit = MAX_FILE_BYTES / 1024 / 1024
        );
        return Err(
            refused("list.too_large", list, what).remedy(say!("Save the sheet alone, or save it as CSV (UTF-8)."))
        );
    }
    Ok(bytes.into())
}

/// What an Office file of the nineties is: a workbook, or a newer one in the envelope that a password puts around it.
pub(super) fn old_office_file(bytes: &[u8], list: &str) -> Fault {
    let envelope: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(envelope.len()).any(|window| window == envelope) {
        return protected(list);
    }
    refused("list.not_text", list, say!("this is an Excel workbook of the old kind (XLS), which is not read."))
        .remedy(say!("Open it in a spreadsheet program and save it as .xlsx."))
}

fn protected(list: &str) -> Fault {
    refused("list.unreadable", list, say!("the workbook is protected by a password."))
        .remedy(say!("Open it, take the password off, and save it again."))
}

/// The rows of one sheet, as text.
pub(super) struct SheetRows {
    list: String,
    reader: Reader,
    epoch: Epoch,
    cells: RowOfCells,
    columns: Option<ColumnMap>,
    /// Bytes of text that were handed out.
    handed_out: usize,
}

enum Reader {
    Xlsx(XlsxRows),
    Ods(OdsRows),
}

impl SheetRows {
    /// From the next row on, cells are written as their columns need them.
    pub(super) fn understand(&mut self, columns: &ColumnMap) {
        self.columns = Some(columns.clone());
    }

    /// Columns, counted from 0, that the sheet hides. Known once a row has been read.
    pub(super) fn hidden_columns(&self) -> &HiddenColumns {
        match &self.reader {
            Reader::Xlsx(rows) => rows.hidden_columns(),
            Reader::Ods(rows) => rows.hidden_columns(),
        }
    }

    /// Reads the next row that holds anything and says its number; `None` at the end.
    pub(super) fn next(&mut self, row: &mut Row) -> Result<Option<u32>, Fault> {
        loop {
            let more = match &mut self.reader {
                Reader::Xlsx(rows) => rows.next(&mut self.cells)?,
                Reader::Ods(rows) => rows.next(&mut self.cells)?,
            };
            if !more {
                return Ok(None);
            }
            if !self.cells.is_empty() {
                self.write(row)?;
                return Ok(Some(self.cells.number));
            }
        }
    }

    /// Leaves out the rows that are left, and sees that the sheet is sound.
    pub(super) fn read_out(&mut self) -> Result<(), Fault> {
        match &mut self.reader {
            Reader::Xlsx(rows) => rows.read_out(),
            // All its sheets are one part, which was read to its end when the workbook was opened.
            Reader::Ods(_) => Ok(()),
        }
    }

    fn write(&mut self, row: &mut Row) -> Result<(), Fault> {
        let RowOfCells { number, hidden, cells } = &self.cells;
        row.clear();
        row.hidden = *hidden;
        let mut length = 0;
        for (at, cell) in cells.iter().enumerate() {
            let column = self.columns.as_ref().and_then(|columns| columns.column_at(at));
            let text = cell.text(column, self.epoch);
            length += text.len();
            if length > MAX_RECORD_BYTES {
                return Err(row_too_long(&self.list, *number));
            }
            if let Some(broken) = mojibake::find(&text, false) {
                let what = say!(
                    "{list}, row {row}: letters are broken: there is {broken}.",
                    list = &self.list,
                    row = ungrouped(*number),
                    broken
                );
                return Err(Fault::input("list.mojibake", what)
                    .remedy(say!("Mend the names in the workbook, from a source that shows them right.")));
            }
            row.cells.push(&text);
            if let (Cell::Number(number) | Cell::Padded { number, .. }, Some(Column::Amount)) = (cell, column) {
                row.amount_is_number = true;
                row.amount_as_shown = amount_as_shown(number).unwrap_or_default();
            }
        }
        self.handed_out += length + cells.len() * CELL_BYTES;
        if self.handed_out > MAX_TEXT_BYTES {
            let limit = MAX_TEXT_BYTES / 1024 / 1024;
            let what = say!(
                "up to row {row} its cells hold more than {limit} MiB, the most that is read.",
                row = ungrouped(*number),
                limit
            );
            return Err(refused("list.too_large", &self.list, what)
                .remedy(say!("Save the sheet alone, or save it as CSV (UTF-8).")));
        }
        Ok(())
    }
}

/// Which columns a sheet hides, counted from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct HiddenColumns(Vec<bool>);

impl HiddenColumns {
    fn hide(&mut self, columns: RangeInclusive<u32>) {
        let last = (*columns.end()).min(MAX_COLUMNS - 1) as usize;
        let first = *columns.start() as usize;
        if self.0.len() <= last {
            self.0.resize(last + 1, false);
        }
        self.0.get_mut(first..=last).unwrap_or_default().fill(true);
    }

    pub(super) fn contains(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(false)
    }
}

/// One row, cell by cell from the first column on.
#[derive(Clone, Debug, Default)]
struct RowOfCells {
    number: u32,
    hidden: bool,
    cells: Vec<Cell>,
}

impl RowOfCells {
    fn begin(&mut self, number: u32, hidden: bool) {
        self.number = number;
        self.hidden = hidden;
        self.cells.clear();
    }

    /// Columns come from left to right. What is empty takes no room until something stands to its right.
    fn put(&mut self, column: u32, cell: Cell) {
        if !cell.is_empty() {
            self.cells.resize(column as usize, Cell::Empty);
            self.cells.push(cell);
        }
    }

    fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

/// `2026-12-01`, with or without a time of day.
fn iso_date(written: &str) -> Option<Cell> {
    let written = written.trim().trim_end_matches('Z');
    let day = || written.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    let at = written.parse::<NaiveDateTime>().ok().or_else(day)?;
    Some(Cell::Date { at, month_only: false })
}

fn refused(code: &'static str, list: &str, what: impl Into<Message>) -> Fault {
    Fault::input(code, say!("{list}: {what}", list, what = what.into()))
}

fn damaged(list: &str) -> Fault {
    refused("list.unreadable", list, say!("the workbook is damaged inside."))
        .remedy(say!("Open it in a spreadsheet program, see that nothing is missing, and save it again."))
}

fn too_many_sheets(list: &str) -> Fault {
    refused(
        "list.too_large",
        list,
        say!("the workbook has more than {limit} sheets, the most that are read.", limit = MAX_SHEETS),
    )
    .remedy(say!("Copy the list into a workbook of its own."))
}

fn cell_too_far(list: &str, row: u32, column: u32) -> Fault {
    let (cell, last) = (letters(column as usize), letters(MAX_COLUMNS as usize - 1));
    let what = say!(
        "cell {cell} holds something, and at most {limit} columns ({last}) are read.",
        cell = format!("{cell}{row}"),
        limit = MAX_COLUMNS,
        last
    );
    refused("list.too_large", list, what).remedy(say!("Empty it, or copy the list into a sheet of its own."))
}

fn row_too_long(list: &str, row: u32) -> Fault {
    let kib = MAX_RECORD_BYTES / 1024;
    Fault::input(
        "list.too_large",
        say!(
            "{list}, row {row}: the row is longer than {limit} KiB, the most that one row may hold.",
            list,
            row = ungrouped(row),
            limit = kib
        ),
    )
    .remedy(say!("Look at the row in a spreadsheet program."))
}
