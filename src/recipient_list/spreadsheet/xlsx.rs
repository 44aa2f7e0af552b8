//! Excel's workbooks (ECMA-376, "Office Open XML"): sheets, shared strings, which number formats are dates, and the rows of a sheet as a
//! stream.
//!
//! Read here and not by a crate, because whoever pays from a sheet must know what the readers at hand do not tell: which rows and columns
//! are hidden, and that a reference to a text that is not there is damage, not another person's name.

use std::collections::HashMap;
use std::sync::Arc;

use quick_xml::events::Event;

use crate::fault::Fault;
use crate::say;

use super::cell::{Cell, Epoch, exact};
use super::number_format::{Shows, shows};
use super::package::Package;
use super::xml::{Xml, add_text, attribute, says_yes};
use super::{
    HiddenColumns, MAX_COLUMNS, MAX_ROW, MAX_SHEETS, RowOfCells, SheetName, cell_too_far, damaged, too_many_sheets,
};

/// A workbook with everything that its sheets refer to.
#[derive(Clone)]
pub(super) struct Xlsx {
    package: Package,
    list: String,
    /// Each worksheet with the part that holds it.
    sheets: Vec<(SheetName, String)>,
    shared: Arc<Shared>,
}

/// What cells refer to by number.
struct Shared {
    texts: Texts,
    /// What each cell format shows numbers as.
    formats: Vec<Shows>,
    epoch: Epoch,
}

/// Many texts in one.
#[derive(Default)]
struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    fn get(&self, index: usize) -> Option<&str> {
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.all.get(start..*self.ends.get(index)?)
    }
}

/// More than a full sheet of seven columns of texts has, none twice.
const MAX_TEXTS: usize = 8_000_000;

const WORKBOOK: &str = "xl/workbook.xml";

impl Xlsx {
    /// `None` where the package is something else.
    pub(super) fn open(package: &Package, list: &str) -> Result<Option<Self>, Fault> {
        let workbook = workbook_part(package, list)?;
        if !package.has(&workbook) {
            return Ok(None);
        }
        let targets = Targets::of(package, &workbook, list)?;
        let mut shared = Shared { texts: Texts::default(), formats: Vec::new(), epoch: Epoch::Of1900 };
        let mut sheets = Vec::new();
        let mut xml = open_part(package, &workbook, list)?;
        loop {
            match xml.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "workbookPr" if says_yes(&start, "date1904") => shared.epoch = Epoch::Of1904,
                    "sheet" => {
                        let name = attribute(&start, "name").ok_or_else(|| damaged(list))?.into_owned();
                        let hidden = attribute(&start, "state").is_some_and(|state| state != "visible");
                        let id = attribute(&start, "id").ok_or_else(|| damaged(list))?;
                        if sheets.len() >= MAX_SHEETS {
                            return Err(too_many_sheets(list));
                        }
                        // Sheets that hold a chart have no cells.
                        if let Some(part) = targets.worksheet(&id) {
                            sheets.push((SheetName { name, hidden }, part.to_owned()));
                        }
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        if let Some(part) = targets.of_kind("sharedStrings") {
            shared.texts = read_texts(open_part(package, part, list)?, list)?;
        }
        if let Some(part) = targets.of_kind("styles") {
            shared.formats = read_formats(open_part(package, part, list)?)?;
        }
        Ok(Some(Self { package: package.clone(), list: list.to_owned(), sheets, shared: shared.into() }))
    }

    pub(super) fn sheets(&self) -> impl Iterator<Item = &SheetName> {
        self.sheets.iter().map(|(name, _)| name)
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    pub(super) fn rows(&self, sheet: usize) -> Result<XlsxRows, Fault> {
        let (_, part) = self.sheets.get(sheet).ok_or_else(|| damaged(&self.list))?;
        let xml = open_part(&self.package, part, &self.list)?;
        Ok(XlsxRows {
            xml,
            list: self.list.clone(),
            shared: self.shared.clone(),
            row: 0,
            hidden_columns: HiddenColumns::default(),
            ended: false,
        })
    }
}

fn open_part(package: &Package, part: &str, list: &str) -> Result<Xml, Fault> {
    package.read(part).map(|reader| Xml::new(reader, list)).ok_or_else(|| damaged(list))
}

/// The part that the package calls its main document.
fn workbook_part(package: &Package, list: &str) -> Result<String, Fault> {
    if !package.has("_rels/.rels") {
        return Ok(WORKBOOK.to_owned());
    }
    let mut xml = open_part(package, "_rels/.rels", list)?;
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "Relationship" => {
                let kind = attribute(&start, "Type").unwrap_or_default();
                if kind.ends_with("/officeDocument") {
                    let target = attribute(&start, "Target").ok_or_else(|| damaged(list))?;
                    let part = target.trim_start_matches('/').to_owned();
                    xml.read_out()?;
                    return Ok(part);
                }
            }
            Event::Eof => return Ok(WORKBOOK.to_owned()),
            _ => {}
        }
    }
}

/// Where the workbook's relationships lead: id, the last word of the kind, part.
struct Targets(Vec<(String, String, String)>);

impl Targets {
    fn of(package: &Package, workbook: &str, list: &str) -> Result<Self, Fault> {
        let (folder, file) = workbook.rsplit_once('/').unwrap_or(("", workbook));
        let mut targets = Vec::new();
        let mut xml = open_part(package, &format!("{folder}/_rels/{file}.rels"), list)?;
        loop {
            match xml.next()? {
                Event::Start(start) if start.local_name().as_ref() == "Relationship" => {
                    let get = |name| attribute(&start, name).unwrap_or_default().into_owned();
                    let kind = get("Type").rsplit('/').next().unwrap_or_default().to_owned();
                    targets.push((get("Id"), kind, resolved(folder, &get("Target"))));
                }
                Event::Eof => return Ok(Self(targets)),
                _ => {}
            }
        }
    }

    fn worksheet(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(id, kind, _)| id == wanted && kind == "worksheet").map(|(_, _, part)| part.as_str())
    }

    fn of_kind(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(_, kind, _)| kind == wanted).map(|(_, _, part)| part.as_str())
    }
}

/// A target as seen from a folder: `../a.xml`, `/xl/a.xml`, `a.xml`.
fn resolved(folder: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.trim_start_matches('/').to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

fn read_texts(mut xml: Xml, list: &str) -> Result<Texts, Fault> {
    let mut texts = Texts::default();
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "si" => {
                let text = rich_text(&mut xml, list)?;
                texts.all.push_str(&text);
                texts.ends.push(texts.all.len());
                if texts.ends.len() > MAX_TEXTS {
                    let what =
                        say!("the workbook has more than {limit} texts, the most that are read.", limit = MAX_TEXTS);
                    return Err(super::refused("list.too_large", list, what)
                        .remedy(say!("Save the sheet alone, or save it as CSV (UTF-8).")));
                }
            }
            Event::Eof => return Ok(texts),
            _ => {}
        }
    }
}

/// The text of an `si` or `is` whose start was read last: its runs joined, without the readings that Japanese adds to words.
fn rich_text(xml: &mut Xml, list: &str) -> Result<String, Fault> {
    let (mut text, mut depth, mut inside) = (String::new(), 1u32, false);
    while depth > 0 {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "rPh" => xml.skip_element()?,
            Event::Start(start) => {
                inside = start.local_name().as_ref() == "t";
                depth += 1;
            }
            Event::End(_) => {
                inside = false;
                depth -= 1;
            }
            Event::Eof => return Err(damaged(list)),
            event if inside => add_text(&event, &mut text).ok_or_else(|| damaged(list))?,
            _ => {}
        }
    }
    Ok(unescaped(text))
}

/// `_x000D_` stands for the character of that number.
fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("_x") {
        whole.push_str(before);
        let escaped = after.split_at_checked(5).and_then(|(code, rest)| Some((code.strip_suffix('_')?, rest)));
        let character = escaped.and_then(|(code, rest)| Some((u32::from_str_radix(code, 16).ok()?, rest)));
        match character.and_then(|(code, rest)| Some((char::from_u32(code)?, rest))) {
            Some((character, after)) => {
                whole.push(character);
                rest = after;
            }
            None => {
                whole.push_str("_x");
                rest = after;
            }
        }
    }
    whole + rest
}

/// What each of the workbook's cell formats shows numbers as.
fn read_formats(mut xml: Xml) -> Result<Vec<Shows>, Fault> {
    let (mut own, mut formats, mut of_cells) = (HashMap::new(), Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(start) => {
                let id = attribute(&start, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                match (start.local_name().as_ref(), id) {
                    ("cellXfs", _) => of_cells = true,
                    ("numFmt", Some(id)) => {
                        own.insert(id, shows(&attribute(&start, "formatCode").unwrap_or_default()));
                    }
                    ("xf", id) if of_cells => {
                        let id = id.unwrap_or(0);
                        let written = own.get(&id).copied();
                        formats.push(written.unwrap_or_else(|| Shows::of_built_in(id)));
                    }
                    _ => {}
                }
            }
            Event::End(end) if end.local_name().as_ref() == "cellXfs" => of_cells = false,
            Event::Eof => return Ok(formats),
            _ => {}
        }
    }
}

/// The rows of one sheet, one by one.
pub(super) struct XlsxRows {
    xml: Xml,
    list: String,
    shared: Arc<Shared>,
    /// The number of the row read last; 0 before the first.
    row: u32,
    hidden_columns: HiddenColumns,
    ended: bool,
}

impl XlsxRows {
    /// Columns, counted from 0, that the sheet hides. Known once the first row has been read.
    pub(super) fn hidden_columns(&self) -> &HiddenColumns {
        &self.hidden_columns
    }

    /// Leaves out the rows that are left, and sees that the sheet is sound.
    pub(super) fn read_out(&mut self) -> Result<(), Fault> {
        if self.ended { Ok(()) } else { self.xml.read_out() }
    }

    /// Reads the next row; `false` at the end of the sheet.
    pub(super) fn next(&mut self, row: &mut RowOfCells) -> Result<bool, Fault> {
        while !self.ended {
            match self.xml.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "col" => {
                        let at = |name| attribute(&start, name).and_then(|at| at.parse::<u32>().ok()?.checked_sub(1));
                        if let (true, Some(min), Some(max)) = (says_yes(&start, "hidden"), at("min"), at("max")) {
                            self.hidden_columns.hide(min..=max);
                        }
                    }
                    "row" => {
                        let number = match attribute(&start, "r") {
                            Some(number) => number.parse().map_err(|_| damaged(&self.list))?,
                            None => self.row.saturating_add(1),
                        };
                        if number <= self.row || number > MAX_ROW {
                            return Err(damaged(&self.list));
                        }
                        self.row = number;
                        row.begin(number, says_yes(&start, "hidden"));
                        self.read_cells(row)?;
                        return Ok(true);
                    }
                    _ => {}
                },
                Event::End(end) if end.local_name().as_ref() == "sheetData" => {
                    self.ended = true;
                    self.xml.read_out()?;
                }
                Event::Eof => return Err(damaged(&self.list)),
                _ => {}
            }
        }
        Ok(false)
    }

    fn read_cells(&mut self, row: &mut RowOfCells) -> Result<(), Fault> {
        let mut next_column = 0;
        loop {
            let (column, kind, format) = match self.xml.next()? {
                Event::Start(start) if start.local_name().as_ref() == "c" => {
                    let column = match attribute(&start, "r") {
                        Some(reference) => column_of(&reference, row.number).filter(|column| *column >= next_column),
                        None => Some(next_column),
                    };
                    let column = column.ok_or_else(|| damaged(&self.list))?;
                    let kind = Kind::of(attribute(&start, "t").as_deref()).ok_or_else(|| damaged(&self.list))?;
                    let format = attribute(&start, "s").and_then(|format| format.parse::<usize>().ok());
                    (column, kind, format)
                }
                Event::Start(_) => {
                    self.xml.skip_element()?;
                    continue;
                }
                Event::End(_) => return Ok(()),
                Event::Eof => return Err(damaged(&self.list)),
                _ => continue,
            };
            let cell = self.read_cell(kind, format)?;
            if column >= MAX_COLUMNS && !cell.is_empty() {
                return Err(cell_too_far(&self.list, row.number, column));
            }
            next_column = column + 1;
            row.put(column, cell);
        }
    }

    /// The cell whose start was read last.
    fn read_cell(&mut self, kind: Kind, format: Option<usize>) -> Result<Cell, Fault> {
        let (mut value, mut inline, mut formula) = (None, None, false);
        loop {
            match self.xml.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "v" => self.xml.text_of_element(value.insert(String::new()))?,
                    "is" => inline = Some(rich_text(&mut self.xml, &self.list)?),
                    "f" => {
                        formula = true;
                        self.xml.skip_element()?;
                    }
                    _ => self.xml.skip_element()?,
                },
                Event::End(_) => break,
                Event::Eof => return Err(damaged(&self.list)),
                _ => {}
            }
        }
        match (inline, value) {
            (Some(text), _) => Ok(Cell::Text(text)),
            (None, Some(value)) => self.meaning(kind, value, format).ok_or_else(|| damaged(&self.list)),
            (None, None) if formula => Ok(Cell::NoValue),
            (None, None) => Ok(Cell::Empty),
        }
    }

    fn meaning(&self, kind: Kind, value: String, format: Option<usize>) -> Option<Cell> {
        if value.is_empty() && kind != Kind::Text {
            return Some(Cell::Empty);
        }
        Some(match kind {
            Kind::SharedText => Cell::Text(self.shared.texts.get(value.trim().parse().ok()?)?.to_owned()),
            Kind::Text => Cell::Text(unescaped(value)),
            Kind::Logical => Cell::Logical(matches!(value.trim(), "1" | "true")),
            Kind::Error => Cell::Error(value),
            Kind::IsoDate => super::iso_date(&value)?,
            Kind::Number => {
                let number = exact(&value)?;
                let shows = format.and_then(|format| self.shared.formats.get(format)).copied().unwrap_or_default();
                let moment = || self.shared.epoch.moment(&number);
                match shows {
                    Shows::Day | Shows::Month | Shows::Year => match (moment(), shows) {
                        (Some(at), Shows::Year) => Cell::Text(at.format("%Y").to_string()),
                        (Some(at), _) => Cell::Date { at, month_only: shows == Shows::Month },
                        (None, _) => Cell::Number(number),
                    },
                    Shows::Padded(digits) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                        Cell::Padded { shown: format!("{number:0>width$}", width = digits.into()), number }
                    }
                    Shows::Padded(_) | Shows::Number => Cell::Number(number),
                }
            }
        })
    }
}

/// What a cell says it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    SharedText,
    Text,
    Logical,
    Error,
    IsoDate,
}

impl Kind {
    fn of(attribute: Option<&str>) -> Option<Self> {
        Some(match attribute {
            None | Some("n") => Kind::Number,
            Some("s") => Kind::SharedText,
            Some("str" | "inlineStr") => Kind::Text,
            Some("b") => Kind::Logical,
            Some("e") => Kind::Error,
            Some("d") => Kind::IsoDate,
            Some(_) => return None,
        })
    }
}

/// The column of `C7`, counted from 0, where the 7 is this row.
fn column_of(reference: &str, row: u32) -> Option<u32> {
    let digits = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = reference.split_at_checked(digits)?;
    if number.parse() != Ok(row) || !(1..=3).contains(&letters.len()) {
        return None;
    }
    let place = |letter: u8| letter.is_ascii_alphabetic().then(|| u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let column = letters.bytes().try_fold(0, |column, letter| Some(column * 26 + place(letter)?))?;
    column.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_column() {
        let table = [
            ("A7", Some(0)),
            ("Z7", Some(25)),
            ("aa7", Some(26)),
            ("XFD7", Some(16_383)),
            ("A8", None),
            ("7", None),
            ("A", None),
            ("AAAA7", None),
            ("A-7", None),
            ("Æ7", None),
            ("A99999999999", None),
        ];
        for (reference, column) in table {
            assert_eq!(column_of(reference, 7), column, "{reference}");
        }
    }

    #[test]
    fn escaped_characters_come_back() {
        let table = [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("a_xb", "a_xb"),
            ("_xæøåæ_", "_xæøåæ_"),
            ("_xD800_", "_xD800_"),
            ("_x00", "_x00"),
        ];
        for (written, meant) in table {
            assert_eq!(unescaped(written.into()), meant);
        }
    }

    #[test]
    fn targets_are_seen_from_the_workbooks_folder() {
        for (target, part) in
            [("worksheets/a.xml", "xl/worksheets/a.xml"), ("/xl/b.xml", "xl/b.xml"), ("../c.xml", "c.xml")]
        {
            assert_eq!(resolved("xl", target), part);
        }
    }
}
