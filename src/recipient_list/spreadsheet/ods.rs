//! LibreOffice's workbooks (OASIS OpenDocument 1.3): all sheets in one part, row after row.
//!
//! The format counts instead of repeating: one cell may stand for a thousand columns, one row for a million. Empty ones cost nothing here;
//! filled ones are repeated only as far as a list could mean it.

use quick_xml::events::{BytesStart, Event};

use crate::fault::Fault;

use super::cell::{Cell, exact};
use super::package::Package;
use super::xml::{Xml, add_text, attribute};
use super::{
    HiddenColumns, MAX_COLUMNS, MAX_ROW, MAX_SHEETS, RowOfCells, SheetName, cell_too_far, damaged, iso_date, refused,
    too_many_sheets,
};
use crate::recipient_list::broken_cell::is_broken;
use crate::say;
use crate::words::ungrouped;

const CONTENT: &str = "content.xml";

/// The most rows that one filled row may stand for. LibreOffice writes rows that are equal as one.
const MAX_REPEATED_ROWS: u32 = 1_000;

#[derive(Clone)]
pub(super) struct Ods {
    package: Package,
    list: String,
    sheets: Vec<SheetName>,
}

impl Ods {
    /// `None` where the package is something else.
    pub(super) fn open(package: &Package, list: &str) -> Result<Option<Self>, Fault> {
        if !package.has(CONTENT) || package.has("word/document.xml") {
            return Ok(None);
        }
        if let Some(manifest) = package.read("META-INF/manifest.xml")
            && is_encrypted(Xml::new(manifest, list))?
        {
            return Err(super::protected(list));
        }
        let mut sheets = Vec::new();
        let mut hidden_styles: Vec<String> = Vec::new();
        let mut style = None;
        let mut spreadsheet = false;
        let mut xml = open_content(package, list)?;
        loop {
            match xml.next()? {
                Event::Start(start) => match start.name().as_ref() {
                    "style:style" => style = attribute(&start, "name").map(|name| name.into_owned()),
                    "style:table-properties" if attribute(&start, "display").as_deref() == Some("false") => {
                        hidden_styles.extend(style.take());
                    }
                    "office:spreadsheet" => spreadsheet = true,
                    "table:table" => {
                        if sheets.len() >= MAX_SHEETS {
                            return Err(too_many_sheets(list));
                        }
                        let name = attribute(&start, "name").ok_or_else(|| damaged(list))?.into_owned();
                        let style = attribute(&start, "style-name");
                        let hidden = style.is_some_and(|style| hidden_styles.iter().any(|hidden| *hidden == *style));
                        sheets.push(SheetName { name, hidden });
                        xml.skip_element()?;
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        Ok(spreadsheet.then(|| Self { package: package.clone(), list: list.to_owned(), sheets }))
    }

    pub(super) fn sheets(&self) -> impl Iterator<Item = &SheetName> {
        self.sheets.iter()
    }

    pub(super) fn rows(&self, sheet: usize) -> Result<OdsRows, Fault> {
        let mut xml = open_content(&self.package, &self.list)?;
        let mut before = sheet;
        loop {
            match xml.next()? {
                Event::Start(start) if start.name().as_ref() == "table:table" => match before.checked_sub(1) {
                    None => break,
                    Some(fewer) => {
                        before = fewer;
                        xml.skip_element()?;
                    }
                },
                Event::Eof => return Err(damaged(&self.list)),
                _ => {}
            }
        }
        Ok(OdsRows {
            xml,
            list: self.list.clone(),
            row: 0,
            columns: 0,
            hidden_columns: HiddenColumns::default(),
            repeated: None,
            ended: false,
        })
    }
}

fn open_content(package: &Package, list: &str) -> Result<Xml, Fault> {
    package.read(CONTENT).map(|part| Xml::new(part, list)).ok_or_else(|| damaged(list))
}

fn is_encrypted(mut manifest: Xml) -> Result<bool, Fault> {
    loop {
        match manifest.next()? {
            Event::Start(start) if start.local_name().as_ref() == "encryption-data" => return Ok(true),
            Event::Eof => return Ok(false),
            _ => {}
        }
    }
}

/// The rows of one sheet, one by one.
pub(super) struct OdsRows {
    xml: Xml,
    list: String,
    /// The number of the row read last; 0 before the first.
    row: u32,
    /// How many columns have been described.
    columns: u32,
    hidden_columns: HiddenColumns,
    /// The row read last, and how often it still comes.
    repeated: Option<(RowOfCells, u32)>,
    ended: bool,
}

impl OdsRows {
    /// Columns, counted from 0, that the sheet hides. Known once the first row has been read.
    pub(super) fn hidden_columns(&self) -> &HiddenColumns {
        &self.hidden_columns
    }

    /// Reads the next row; `false` at the end of the sheet.
    pub(super) fn next(&mut self, row: &mut RowOfCells) -> Result<bool, Fault> {
        if let Some((same, left)) = self.repeated.take() {
            self.row += 1;
            row.clone_from(&same);
            row.number = self.row;
            self.repeated = left.checked_sub(1).filter(|left| *left > 0).map(|left| (same, left));
            return Ok(true);
        }
        while !self.ended {
            match self.xml.next()? {
                Event::Start(start) => match start.name().as_ref() {
                    "table:table-column" => {
                        let (from, count) = (self.columns, times(&start, "number-columns-repeated"));
                        self.columns = from.saturating_add(count);
                        if count > 0 && is_hidden(&start) {
                            self.hidden_columns.hide(from..=self.columns.saturating_sub(1));
                        }
                    }
                    "table:table-row" => {
                        let (count, hidden) = (times(&start, "number-rows-repeated"), is_hidden(&start));
                        row.begin(self.row.saturating_add(1), hidden);
                        self.read_cells(row)?;
                        self.repeat(row, count)?;
                        return Ok(true);
                    }
                    // Groups of rows and columns are only brackets around them.
                    "table:table-row-group" | "table:table-rows" | "table:table-header-rows" => {}
                    "table:table-column-group" | "table:table-columns" | "table:table-header-columns" => {}
                    _ => self.xml.skip_element()?,
                },
                Event::End(end) if end.name().as_ref() == "table:table" => self.ended = true,
                Event::Eof => return Err(damaged(&self.list)),
                _ => {}
            }
        }
        Ok(false)
    }

    /// Counts the row that was read as often as it stands there.
    fn repeat(&mut self, row: &RowOfCells, count: u32) -> Result<(), Fault> {
        if row.is_empty() {
            self.row = self.row.saturating_add(count);
            return Ok(());
        }
        let first = self.row.saturating_add(1);
        if count > MAX_REPEATED_ROWS || first.saturating_add(count) > MAX_ROW {
            let what = say!(
                "row {row} stands there {times} times over, and at most {limit} are read.",
                row = ungrouped(first),
                times = count,
                limit = MAX_REPEATED_ROWS
            );
            return Err(
                refused("list.too_large", &self.list, what).remedy(say!("Take out the rows that are no payments."))
            );
        }
        self.row = first;
        self.repeated = count.checked_sub(1).filter(|left| *left > 0).map(|left| (row.clone(), left));
        Ok(())
    }

    fn read_cells(&mut self, row: &mut RowOfCells) -> Result<(), Fault> {
        let mut column = 0u32;
        loop {
            let announced = match self.xml.next()? {
                Event::Start(start) => match start.name().as_ref() {
                    "table:table-cell" | "table:covered-table-cell" => Announced::of(&start),
                    _ => {
                        self.xml.skip_element()?;
                        continue;
                    }
                },
                Event::End(_) => return Ok(()),
                Event::Eof => return Err(damaged(&self.list)),
                _ => continue,
            };
            let count = announced.times;
            let shown = self.shown_text()?;
            let cell = announced.meaning(shown).ok_or_else(|| damaged(&self.list))?;
            let after = column.saturating_add(count);
            if !cell.is_empty() {
                if after > MAX_COLUMNS {
                    return Err(cell_too_far(&self.list, row.number, after.saturating_sub(1)));
                }
                for column in column..after {
                    row.put(column, cell.clone());
                }
            }
            column = after;
        }
    }

    /// What the cell shows, paragraph by paragraph. Notes and drawings that hang on it are no part of it.
    fn shown_text(&mut self) -> Result<String, Fault> {
        let (mut text, mut depth, mut paragraphs) = (String::new(), 1u32, 0u32);
        while depth > 0 {
            match self.xml.next()? {
                Event::Start(start) => match start.name().as_ref() {
                    "text:p" | "text:h" => {
                        if paragraphs > 0 {
                            text.push('\n');
                        }
                        paragraphs += 1;
                        depth += 1;
                    }
                    "text:s" => {
                        let spaces = attribute(&start, "c").map_or(Some(1), |count| count.parse::<u8>().ok());
                        text.extend(std::iter::repeat_n(' ', spaces.unwrap_or(u8::MAX).into()));
                        depth += 1;
                    }
                    "text:tab" | "text:line-break" => {
                        text.push(' ');
                        depth += 1;
                    }
                    name if name.starts_with("text:") => depth += 1,
                    _ => self.xml.skip_element()?,
                },
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(damaged(&self.list)),
                event if paragraphs > 0 => add_text(&event, &mut text).ok_or_else(|| damaged(&self.list))?,
                _ => {}
            }
            if text.len() > super::MAX_RECORD_BYTES {
                return Err(super::row_too_long(&self.list, self.row.saturating_add(1)));
            }
        }
        Ok(text)
    }
}

/// What a cell's start says of it.
struct Announced {
    kind: String,
    value: Option<String>,
    formula: bool,
    error: bool,
    times: u32,
}

impl Announced {
    fn of(start: &BytesStart<'_>) -> Self {
        let get = |name| attribute(start, name).map(|value| value.into_owned());
        // LibreOffice says the kind twice, the second time under a prefix of its own, where it can also say “error”.
        let kinds: Vec<String> = start
            .attributes()
            .with_checks(false)
            .flatten()
            .filter(|attribute| attribute.key.local_name().as_ref() == "value-type")
            .map(|attribute| attribute.value.into_owned())
            .collect();
        let value = ["value", "date-value", "boolean-value", "string-value"].into_iter().find_map(get);
        Self {
            error: kinds.iter().any(|kind| kind == "error"),
            kind: kinds.into_iter().find(|kind| kind != "error").unwrap_or_default(),
            value,
            formula: get("formula").is_some(),
            times: times(start, "number-columns-repeated"),
        }
    }

    fn meaning(self, shown: String) -> Option<Cell> {
        if self.error || (self.formula && is_broken(&shown)) {
            return Some(Cell::Error(shown));
        }
        Some(match (self.kind.as_str(), self.value) {
            ("float" | "currency" | "percentage", Some(value)) => {
                let number = exact(&value)?;
                let zeros = shown.strip_suffix(&number).filter(|zeros| !zeros.is_empty());
                match zeros.is_some_and(|zeros| zeros.bytes().all(|byte| byte == b'0')) {
                    true => Cell::Padded { number, shown },
                    false => Cell::Number(number),
                }
            }
            ("date", Some(value)) => match iso_date(&value)? {
                Cell::Date { .. } if shows_year_only(&shown) => Cell::Text(shown),
                Cell::Date { at, .. } => Cell::Date { at, month_only: shows_month_only(&shown) },
                cell => cell,
            },
            ("boolean", Some(value)) => Cell::Logical(value == "true"),
            ("string", Some(value)) => Cell::Text(value),
            ("", _) if self.formula && shown.is_empty() => Cell::NoValue,
            ("", None) if shown.is_empty() => Cell::Empty,
            _ => Cell::Text(shown),
        })
    }
}

/// `apr 22`, `2022-04`: two words or numbers, of which none is the day; or `april`.
fn shows_month_only(shown: &str) -> bool {
    let words = || shown.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words().count() == 2 || words().count() == 1 && words().all(|word| word.chars().all(char::is_alphabetic))
}

fn shows_year_only(shown: &str) -> bool {
    shown.len() == 4 && shown.bytes().all(|byte| byte.is_ascii_digit())
}

fn times(start: &BytesStart<'_>, name: &str) -> u32 {
    attribute(start, name).map_or(1, |count| count.trim().parse().unwrap_or(u32::MAX))
}

fn is_hidden(start: &BytesStart<'_>) -> bool {
    attribute(start, "visibility").is_some_and(|visibility| visibility != "visible")
}
