//! A table of which nothing is expected: the rows of a CSV file, or of every sheet of a workbook, as they stand. For looking into a file,
//! never for paying from it.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Terminator};
use encoding_rs::{UTF_8, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::dialect::Opening;
use super::headings::ColumnAliases;
use super::row::Row;
use super::spreadsheet::{self, Workbook};
use super::{Column, open_file, rows_file, unreadable};
use crate::fault::Fault;
use crate::payment::Currency;
use crate::say;

/// Headings stand within this many lines, or nowhere.
const LINES_FOR_HEADINGS: usize = 50;

/// How much of a file is looked at to tell its encoding and delimiter.
const SAMPLE: u64 = 256 * 1024;

/// Hands out the rows of every sheet: the sheet's place, the row that a spreadsheet shows, its cells without the apostrophe that keeps them
/// from being formulas.
///
/// # Errors
/// `list.not_text`, `list.unreadable` and the like, where the file is no table.
pub fn each_row(
    path: &Path,
    given: &str,
    visit: &mut dyn FnMut(usize, u32, &StringRecord) -> Result<(), Fault>,
) -> Result<(), Fault> {
    each_row_under(path, given, &|cell| column_named(cell).is_some(), visit)
}

/// As [`each_row`], for a table with headings of its own: by them the delimiter is told.
pub fn each_row_under(
    path: &Path,
    given: &str,
    is_heading: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(usize, u32, &StringRecord) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (mut file, opening) = open_file(path, given)?;
    match opening {
        Opening::NotText(kind) => Err(super::not_text(given, kind)),
        Opening::OldOffice => Err(no_table(given)),
        Opening::Package => {
            let workbook = Workbook::open(spreadsheet::read_bytes(&mut file, given)?, given)?;
            for sheet in 0..workbook.sheets().len() {
                let mut rows = workbook.rows(sheet, given)?;
                let mut row = Row::default();
                while let Some(number) = rows.next(&mut row)? {
                    visit(sheet, number, &bare(row.cells.iter()))?;
                }
            }
            Ok(())
        }
        Opening::Marked(_) | Opening::Unmarked => each_line(file, given, is_heading, visit),
    }
}

fn no_table(given: &str) -> Fault {
    Fault::input("list.not_text", say!("{given}: there is no table in this file that could be read.", given))
}

fn each_line(
    mut file: File,
    given: &str,
    is_heading: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(usize, u32, &StringRecord) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let failed = |error: std::io::Error| unreadable(given, &error);
    let mut sample = Vec::new();
    file.by_ref().take(SAMPLE).read_to_end(&mut sample).map_err(failed)?;
    file.rewind().map_err(failed)?;
    if sample.contains(&0) && encoding_rs::Encoding::for_bom(&sample).is_none() {
        return Err(no_table(given));
    }
    // The sample may end within a letter.
    let is_utf8 = std::str::from_utf8(&sample).map_or_else(|error| error.error_len().is_none(), |_| true);
    let encoding = if is_utf8 { UTF_8 } else { WINDOWS_1252 };
    let (start, ..) = encoding.decode(&sample);
    let delimiter = delimiter_of(&start, is_heading);
    // A line feed ends a line, so that the lines passed tell the row; the carriage return before it is trimmed off the last cell.
    let terminator = if start.contains('\n') { Terminator::Any(b'\n') } else { Terminator::CRLF };
    let decoded = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).build(file);
    let text = decoded.chain(&b"\n"[..]);
    let mut reader = ReaderBuilder::new();
    let mut reader =
        reader.has_headers(false).flexible(true).delimiter(delimiter).terminator(terminator).from_reader(text);
    let mut record = StringRecord::new();
    let mut within_cells = 0;
    loop {
        let more = reader.read_record(&mut record);
        if !more.map_err(|error| unreadable(given, &std::io::Error::other(error.to_string())))? {
            return Ok(());
        }
        // A spreadsheet counts blank lines, and a cell of several lines as the one row that it stands in.
        within_cells += record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        let row = reader.position().line().saturating_sub(1 + within_cells);
        if record.len() == 1 && super::trim(record.as_slice()).is_empty() {
            continue;
        }
        visit(0, u32::try_from(row).unwrap_or(u32::MAX), &bare(record.iter()))?;
    }
}

/// The delimiter under which one of the first lines has the most known headings: titles may stand above them.
fn delimiter_of(text: &str, is_heading: &dyn Fn(&str) -> bool) -> u8 {
    let known = |line: &str, delimiter: u8| {
        let cells = line.split(char::from(delimiter)).map(|cell| cell.trim_matches('"'));
        cells.filter(|cell| is_heading(cell)).count()
    };
    let lines = || text.lines().take(LINES_FOR_HEADINGS);
    let most_known = |delimiter: &u8| lines().map(|line| known(line, *delimiter)).max();
    // Of equal ones the last of these: a comma, as in this program's own files.
    *b"|\t;,".iter().max_by_key(|delimiter| most_known(delimiter)).unwrap_or(&b',')
}

fn bare<'c>(cells: impl Iterator<Item = &'c str>) -> StringRecord {
    cells.map(|cell| super::trim(rows_file::unguarded(cell))).collect()
}

/// The column that a heading names, by the headings that every list may have.
pub fn column_named(heading: &str) -> Option<Column> {
    ColumnAliases::default().recognise(heading, Currency::Dkk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_shows_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("table.csv");
        let table = [
            ("a;b\n1;2\n", vec![1, 2]),
            ("a;b\r\n\r\n\r\n1;\"2\"\r\n3;4", vec![1, 4, 5]),
            ("\n\na;b\n\"1\n\n1\";2\n\n3;4", vec![3, 4, 6]),
            ("", vec![]),
        ];
        for (text, expected) in table {
            std::fs::write(&path, text).expect("writes");
            let mut rows = Vec::new();
            let read = each_row_under(&path, "table.csv", &|cell| cell == "a", &mut |_, row, _| {
                rows.push(row);
                Ok(())
            });
            assert_eq!((read.err(), rows), (None, expected), "{text:?}");
        }
    }
}
