//! The bytes of a stop list, row by row: CSV, or a workbook where the file is to end in `.xlsx`. In neither is anything ever a formula.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use csv::WriterBuilder;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::layout::{Content, Layout};
use crate::fault::{Fault, Result};
use crate::ops::durable::{Draft, disk_fault};
use crate::recipient_list::rows_file;
use crate::reconciliation::FallbackPayment;

pub enum ListWriter {
    Csv(BufWriter<File>),
    /// With the number of rows so far, headings included.
    Sheet(Box<(Workbook, Worksheet, u32)>),
}

/// What a sheet takes, headings included.
const MOST_ROWS: u32 = 1_048_576;

impl ListWriter {
    /// Begins the list with its headings.
    pub fn begin(draft: &Draft, layout: &Layout) -> Result<Self> {
        let path = draft.path();
        let is_workbook = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
        let headings: Vec<&str> = layout.columns.iter().map(|(heading, _)| heading.as_str()).collect();
        if is_workbook {
            return begin_sheet(path, layout, &headings).map_err(|error| unwritable(path, error));
        }
        let file = draft.file.try_clone().map_err(|error| disk_fault("write", path, &error))?;
        let mut out = BufWriter::new(file);
        out.write_all(layout.letters.mark()).map_err(|error| disk_fault("write", path, &error))?;
        let mut writer = Self::Csv(out);
        writer.line(path, layout, &headings, false)?;
        Ok(writer)
    }

    pub fn row(&mut self, path: &Path, layout: &Layout, payment: &FallbackPayment, cells: &[String]) -> Result<()> {
        match self {
            Self::Csv(_) => {
                let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
                self.line(path, layout, &cells, true)
            }
            Self::Sheet(sheet) => {
                let (_, sheet, rows) = &mut **sheet;
                if *rows == MOST_ROWS {
                    return Err(Fault::input("stoplist.too_large", "A workbook does not take so many payments.")
                        .remedy("Name a file that ends in .csv."));
                }
                sheet_row(sheet, *rows, layout, payment, cells).map_err(|error| unwritable(path, error))?;
                *rows += 1;
                Ok(())
            }
        }
    }

    fn line(&mut self, path: &Path, layout: &Layout, cells: &[&str], guard: bool) -> Result<()> {
        let Self::Csv(out) = self else { return Ok(()) };
        let failed = |error: std::io::Error| disk_fault("write", path, &error);
        let mut row = WriterBuilder::new().delimiter(layout.delimiter).from_writer(Vec::new());
        for cell in cells {
            let guarded = rows_file::guarded(cell);
            row.write_field(if guard { guarded.as_bytes() } else { cell.as_bytes() })
                .map_err(|error| failed(error.into()))?;
        }
        row.write_record(None::<&[u8]>).map_err(|error| failed(error.into()))?;
        let bytes = row.into_inner().map_err(|error| failed(error.into_error()))?;
        let text = String::from_utf8_lossy(&bytes);
        out.write_all(&layout.letters.encode(&text)?).map_err(failed)
    }

    pub fn finish(self, draft: &mut Draft, layout: &Layout) -> Result<()> {
        match self {
            Self::Csv(mut out) => out.flush().map_err(|error| disk_fault("write", draft.path(), &error)),
            Self::Sheet(sheet) => {
                let (mut workbook, mut sheet, rows) = *sheet;
                let last = u16::try_from(layout.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
                let saved = (|| {
                    sheet.autofilter(0, 0, rows.saturating_sub(1), last)?;
                    workbook.push_worksheet(sheet);
                    workbook.save_to_writer(&mut draft.file)
                })();
                saved.map_err(|error| unwritable(draft.path(), error))
            }
        }
    }
}

fn begin_sheet(path: &Path, layout: &Layout, headings: &[&str]) -> Result<ListWriter, XlsxError> {
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
    Ok(ListWriter::Sheet(Box::new((workbook, sheet, 1))))
}

fn sheet_row(
    sheet: &mut Worksheet,
    row: u32,
    layout: &Layout,
    payment: &FallbackPayment,
    cells: &[String],
) -> Result<(), XlsxError> {
    let two_decimals = Format::new().set_num_format("0.00");
    for ((at, cell), (_, content)) in (0..).zip(cells).zip(&layout.columns) {
        // The number whose shortest decimal is the amount; a payment is far below what a sheet's number holds exactly.
        match (content, payment.amount.to_string().parse::<f64>()) {
            (Content::Amount, Ok(amount)) => sheet.write_number_with_format(row, at, amount, &two_decimals)?,
            _ if cell.is_empty() => continue,
            _ => sheet.write_string(row, at, cell)?,
        };
    }
    Ok(())
}

fn unwritable(path: &Path, error: XlsxError) -> Fault {
    match error {
        XlsxError::IoError(error) => disk_fault("write", path, &error),
        error => Fault::failed("workbook.unwritable", format!("{} cannot be written: {error}.", path.display())),
    }
}
