//! The files of a reconciliation: the findings, and a list for each who acts on them.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::workbook::FindingsWorkbook;
use crate::fault::Result;
use crate::ledger::copies::Purpose;
use crate::ops::copies::{Outgoing, PeopleOf};
use crate::ops::durable::{self, Draft, disk_fault};
use crate::payment::Currency;
use crate::recipient_list::rows_file;
use crate::reconciliation::finding::{Finding, Kind, Money, Remedy};

/// Puts the report for people beside the findings.
pub fn write_report(out: &Path, html: &str) -> Result<()> {
    durable::write(&out.join("report.html"), html.as_bytes())
}

/// The columns of `findings.csv`, in the contract's order.
pub const COLUMNS: [&str; 20] = [
    "finding",
    "kind",
    "remedy",
    "person_id",
    "name",
    "scheme",
    "period",
    "part",
    "fallback",
    "upstream_paid",
    "upstream_planned",
    "owed",
    "overpaid",
    "underpaid",
    "bank",
    "batch",
    "end_to_end_id",
    "upstream_ref",
    "match",
    "note",
];

/// A finding's values under [`COLUMNS`], in one buffer that is filled again for each. Person numbers are whole: these files are made to be
/// acted on.
#[derive(Default)]
pub struct Cells {
    text: String,
    ends: [usize; COLUMNS.len()],
}

impl Cells {
    pub fn fill(&mut self, finding: &Finding) {
        let Money { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid } = finding.money;
        let mut at = Filling { cells: self, column: 0 };
        at.cells.text.clear();
        at.text(&finding.id).text(finding.kind.as_str()).text(finding.remedy.as_str());
        at.text(finding.person.as_ref().map_or("", |person| person.whole())).text(&finding.name).text(&finding.scheme);
        match finding.period {
            Some(period) => at.shown(&period),
            None => at.text(""),
        };
        at.joined(&finding.parts);
        at.shown(&fallback).shown(&upstream_paid).shown(&upstream_planned).shown(&owed).shown(&overpaid);
        at.shown(&underpaid).text(finding.bank.as_str());
        at.joined(&finding.batches).joined(&finding.end_to_end_ids).joined(&finding.upstream_references);
        at.text(&finding.matched).text(&finding.note);
    }

    /// The value under the column with this place in [`COLUMNS`].
    pub fn at(&self, column: usize) -> &str {
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[column]]
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..COLUMNS.len()).map(|column| self.at(column))
    }

    fn under(&self, name: &str) -> &str {
        COLUMNS.iter().position(|column| *column == name).map_or("", |column| self.at(column))
    }
}

/// One value after the other.
struct Filling<'a> {
    cells: &'a mut Cells,
    column: usize,
}

impl Filling<'_> {
    fn text(&mut self, text: &str) -> &mut Self {
        self.cells.text.push_str(text);
        self.end()
    }

    fn shown(&mut self, value: &dyn fmt::Display) -> &mut Self {
        // Writing to memory does not fail.
        let _ = write!(self.cells.text, "{value}");
        self.end()
    }

    fn joined(&mut self, texts: &[String]) -> &mut Self {
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                self.cells.text.push('+');
            }
            self.cells.text.push_str(text);
        }
        self.end()
    }

    fn end(&mut self) -> &mut Self {
        self.cells.ends[self.column] = self.cells.text.len();
        self.column += 1;
        self
    }
}

/// A file that is written while the findings go by.
pub trait FindingsFile {
    /// Takes the next finding, in the order of their ids, with its values under [`COLUMNS`].
    fn finding(&mut self, finding: &Finding, cells: &Cells) -> Result<()>;

    /// After the last one. The draft has its whole content; its name it gets when all files are as far.
    fn finish(self: Box<Self>) -> Result<Draft>;
}

/// Begins every file of a reconciliation.
pub(super) fn create(folder: &Path, currency: Currency) -> Result<Vec<Box<dyn FindingsFile>>> {
    durable::create_folder(folder)?;
    let mut files: Vec<Box<dyn FindingsFile>> = vec![
        Box::new(FindingsCsv(Table::create(&folder.join("findings.csv"), &COLUMNS)?)),
        Box::new(FindingsJson::create(&folder.join("findings.json"))?),
        Box::new(FindingsWorkbook::create(&folder.join("findings.xlsx"), currency)?),
    ];
    for list in &ACTION_LISTS {
        let table = Table::create(&folder.join(list.file_name), list.columns)?;
        files.push(Box::new(ActionFile { list, table }));
    }
    Ok(files)
}

/// Ends every file, for the register of copies; only when that has them do they get their names.
pub(super) fn finish(files: Vec<Box<dyn FindingsFile>>) -> Result<Vec<Outgoing>> {
    let drafts = files.into_iter().map(FindingsFile::finish).collect::<Result<Vec<_>>>()?;
    Ok(drafts.into_iter().map(outgoing).collect())
}

/// The findings once more in another form are about the same people as `findings.csv`, which is the first file.
fn outgoing(draft: Draft) -> Outgoing {
    let name = draft.path().file_name().unwrap_or_default().to_string_lossy();
    let (stem, ending) = name.split_once('.').unwrap_or((&name, ""));
    let purpose = match stem {
        "stop" => Purpose::Stop,
        "recover" => Purpose::Recover,
        "top_up" => Purpose::TopUp,
        "write_back" => Purpose::WriteBack,
        _ => Purpose::Findings,
    };
    match (purpose, ending) {
        (Purpose::Findings, ending) if ending != "csv" => {
            Outgoing { draft, purpose, people: PeopleOf::Another { file: 0, fields: None } }
        }
        _ => Outgoing::list(draft, purpose),
    }
}

/// The places of every file of a reconciliation.
pub(super) fn paths(folder: &Path) -> Vec<PathBuf> {
    let lists = ACTION_LISTS.iter().map(|list| list.file_name);
    ["findings.csv", "findings.json"].into_iter().chain(lists).map(|name| folder.join(name)).collect()
}

/// A CSV table on its way, whose cells no spreadsheet takes for a formula.
struct Table {
    draft: Draft,
    writer: csv::Writer<io::BufWriter<File>>,
}

impl Table {
    fn create(path: &Path, headings: &[&str]) -> Result<Self> {
        let draft = Draft::create(path)?;
        let file = draft.file.try_clone().map_err(|error| disk_fault("write", path, &error))?;
        let begun = begin_table(io::BufWriter::new(file), headings);
        let writer = begun.map_err(|error| disk_fault("write", path, &error))?;
        Ok(Self { draft, writer })
    }

    fn row<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<()> {
        write_row(&mut self.writer, cells).map_err(|error| disk_fault("write", self.draft.path(), &error))
    }

    fn finish(mut self) -> Result<Draft> {
        self.writer.flush().map_err(|error| disk_fault("write", self.draft.path(), &error))?;
        Ok(self.draft)
    }
}

struct FindingsCsv(Table);

impl FindingsFile for FindingsCsv {
    fn finding(&mut self, _: &Finding, cells: &Cells) -> Result<()> {
        self.0.row(cells.iter())
    }

    fn finish(self: Box<Self>) -> Result<Draft> {
        self.0.finish()
    }
}

/// A list of objects, one a line.
struct FindingsJson {
    draft: Draft,
    out: io::BufWriter<File>,
    empty: bool,
}

impl FindingsJson {
    fn create(path: &Path) -> Result<Self> {
        let draft = Draft::create(path)?;
        let file = draft.file.try_clone().map_err(|error| disk_fault("write", path, &error))?;
        Ok(Self { draft, out: io::BufWriter::new(file), empty: true })
    }

    fn object(&mut self, cells: &Cells) -> io::Result<()> {
        self.out.write_all(if self.empty { b"[\n{" } else { b",\n{" })?;
        self.empty = false;
        for (at, (name, value)) in COLUMNS.iter().zip(cells.iter()).enumerate() {
            if at > 0 {
                self.out.write_all(b",")?;
            }
            write!(self.out, "\"{name}\":")?;
            serde_json::to_writer(&mut self.out, value)?;
        }
        self.out.write_all(b"}")
    }
}

impl FindingsFile for FindingsJson {
    fn finding(&mut self, _: &Finding, cells: &Cells) -> Result<()> {
        self.object(cells).map_err(|error| disk_fault("write", self.draft.path(), &error))
    }

    fn finish(mut self: Box<Self>) -> Result<Draft> {
        let end: &[u8] = if self.empty { b"[]\n" } else { b"\n]\n" };
        let ended = self.out.write_all(end).and_then(|()| self.out.flush());
        ended.map_err(|error| disk_fault("write", self.draft.path(), &error))?;
        Ok(self.draft)
    }
}

/// What one list takes of the findings.
struct ActionFile {
    list: &'static ActionList,
    table: Table,
}

impl FindingsFile for ActionFile {
    fn finding(&mut self, finding: &Finding, cells: &Cells) -> Result<()> {
        if !(self.list.takes)(finding) {
            return Ok(());
        }
        self.table.row(self.list.columns.iter().map(|name| cells.under(name)))
    }

    fn finish(self: Box<Self>) -> Result<Draft> {
        self.table.finish()
    }
}

/// A list for somebody who acts on one remedy, with what that takes and no more.
struct ActionList {
    file_name: &'static str,
    takes: fn(&Finding) -> bool,
    columns: &'static [&'static str],
}

static ACTION_LISTS: [ActionList; 4] = [
    ActionList {
        file_name: "stop.csv",
        // Also where upstream has paid before and is about to pay once more.
        takes: |finding| {
            matches!(finding.remedy, Remedy::Stop | Remedy::Reduce)
                || finding.kind == Kind::DoublePaid && finding.money.upstream_planned.minor_units() > 0
        },
        columns: &[
            "finding",
            "remedy",
            "person_id",
            "scheme",
            "period",
            "part",
            "upstream_ref",
            "upstream_planned",
            "underpaid",
        ],
    },
    ActionList {
        file_name: "recover.csv",
        takes: |finding| finding.remedy == Remedy::Recover && finding.money.overpaid.minor_units() > 0,
        columns: &[
            "finding",
            "kind",
            "person_id",
            "name",
            "scheme",
            "period",
            "part",
            "overpaid",
            "end_to_end_id",
            "upstream_ref",
        ],
    },
    ActionList {
        file_name: "top_up.csv",
        takes: |finding| finding.remedy == Remedy::TopUp,
        columns: &["finding", "person_id", "name", "scheme", "period", "part", "underpaid"],
    },
    ActionList {
        file_name: "write_back.csv",
        takes: |finding| finding.remedy == Remedy::WriteBack,
        columns: &["finding", "person_id", "scheme", "period", "part", "fallback", "batch", "end_to_end_id"],
    },
];

/// Begins a CSV table whose cells no spreadsheet takes for a formula.
pub fn begin_table<W: Write>(out: W, headings: &[&str]) -> io::Result<csv::Writer<W>> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, headings.iter().copied())?;
    Ok(writer)
}

pub fn write_row<'a>(writer: &mut csv::Writer<impl Write>, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
    for cell in cells {
        if is_number(cell) {
            writer.write_field(cell)?;
        } else {
            writer.write_field(rows_file::guarded(cell).as_bytes())?;
        }
    }
    writer.write_record(None::<&[u8]>)?;
    Ok(())
}

/// A number may begin with a minus and is no formula: `-5.00` must stay one that can be added up.
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
