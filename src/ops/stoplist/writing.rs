//! The bytes of a stop list, row by row: CSV, or a workbook where the file is to end in `.xlsx`. In neither is anything ever a formula.

use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::layout::{Content, Layout};
use crate::fault::{Fault, Result};
use crate::ops::durable::{Draft, disk_fault};
use crate::ops::hashing::Written;
use crate::ops::table::{Lines, push_cell, push_whole};
use crate::reconciliation::FallbackPayment;
use crate::say;

pub enum ListWriter {
    /// With the line at hand, before its letters are those of the layout.
    Csv(Box<(Lines, Vec<u8>)>),
    Sheet(Box<Sheet>),
}

pub struct Sheet {
    draft: Draft,
    workbook: Workbook,
    sheet: Worksheet,
    two_decimals: Format,
    /// So far, headings included.
    rows: u32,
}

/// What a sheet takes, headings included.
const MOST_ROWS: u32 = 1_048_576;

impl ListWriter {
    /// Begins the list with its headings.
    pub fn begin(path: &Path, layout: &Layout) -> Result<Self> {
        let is_workbook = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
        let headings: Vec<&str> = layout.columns.iter().map(|(heading, _)| heading.as_str()).collect();
        if is_workbook {
            let draft = Draft::create(path)?;
            return begin_sheet(draft, layout, &headings).map_err(|error| unwritable(path, error));
        }
        let mut lines = Lines::create(path)?;
        lines.buffer().extend_from_slice(layout.letters.mark());
        let mut csv = (lines, Vec::new());
        line(&mut csv, layout, headings.into_iter(), |line, heading| push_whole(line, heading, layout.delimiter))?;
        Ok(Self::Csv(Box::new(csv)))
    }

    pub fn row(&mut self, layout: &Layout, payment: &FallbackPayment, cells: &[String]) -> Result<()> {
        match self {
            Self::Csv(csv) => line(csv, layout, cells.iter().map(String::as_str), |line, cell| {
                push_cell(line, cell, layout.delimiter);
            }),
            Self::Sheet(sheet) if sheet.rows == MOST_ROWS => {
                Err(Fault::input("stoplist.too_large", say!("A workbook does not take so many payments."))
                    .remedy(say!("Name a file that ends in .csv.")))
            }
            Self::Sheet(sheet) => {
                sheet.row(layout, payment, cells).map_err(|error| unwritable(sheet.draft.path(), error))
            }
        }
    }

    pub fn finish(self, layout: &Layout) -> Result<(Draft, Option<Written>)> {
        match self {
            Self::Csv(csv) => csv.0.finish().map(|(draft, written)| (draft, Some(written))),
            Self::Sheet(sheet) => {
                let Sheet { mut draft, mut workbook, mut sheet, rows, .. } = *sheet;
                let last = u16::try_from(layout.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
                let saved = (|| {
                    sheet.autofilter(0, 0, rows.saturating_sub(1), last)?;
                    workbook.push_worksheet(sheet);
                    workbook.save_to_writer(&mut draft.file)
                })();
                saved.map_err(|error| unwritable(draft.path(), error))?;
                Ok((draft, None))
            }
        }
    }
}

fn line<'a>(
    (lines, line): &mut (Lines, Vec<u8>),
    layout: &Layout,
    cells: impl Iterator<Item = &'a str>,
    push: impl Fn(&mut Vec<u8>, &str),
) -> Result<()> {
    line.clear();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            line.push(layout.delimiter);
        }
        push(line, cell);
    }
    line.push(b'\n');
    lines.buffer().extend_from_slice(&layout.letters.encode(&String::from_utf8_lossy(line))?);
    lines.end_line()
}

fn begin_sheet(draft: Draft, layout: &Layout, headings: &[&str]) -> Result<ListWriter, XlsxError> {
    let path = draft.path();
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    workbook.set_tempdir(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for ((at, heading), (_, content)) in (0..).zip(headings).zip(&layout.columns) {
        let wide = matches!(content, Content::Reference | Content::UpstreamReference | Content::Name);
        sheet.set_column_width(at, if wide { 30.0 } else { 16.0 })?;
        sheet.write_string_with_format(0, at, *heading, &bold)?;
    }
    let two_decimals = Format::new().set_num_format("0.00");
    Ok(ListWriter::Sheet(Box::new(Sheet { draft, workbook, sheet, two_decimals, rows: 1 })))
}

impl Sheet {
    fn row(&mut self, layout: &Layout, payment: &FallbackPayment, cells: &[String]) -> Result<(), XlsxError> {
        let (row, sheet) = (self.rows, &mut self.sheet);
        for ((at, cell), (_, content)) in (0..).zip(cells).zip(&layout.columns) {
            // The number whose shortest decimal is the amount; a payment is far below what a sheet's number holds exactly.
            match (content, payment.paid_each().to_string().parse::<f64>()) {
                (Content::Amount, Ok(amount)) => sheet.write_number_with_format(row, at, amount, &self.two_decimals)?,
                _ if cell.is_empty() => continue,
                _ => sheet.write_string(row, at, cell)?,
            };
        }
        self.rows += 1;
        Ok(())
    }
}

fn unwritable(path: &Path, error: XlsxError) -> Fault {
    match error {
        XlsxError::IoError(error) => disk_fault("write", path, &error),
        error => Fault::failed(
            "workbook.unwritable",
            say!("{path} cannot be written: {error}.", path = path.display(), error = error.to_string()),
        ),
    }
}
