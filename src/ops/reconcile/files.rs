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
        takes: is_to_be_stopped,
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
        // Wherever it shows: money that is out too much must come back, also where something else is to be done first.
        takes: |finding| finding.money.overpaid.minor_units() > 0,
        columns: &[
            "finding",
            "kind",
            "remedy",
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
        takes: is_missing,
        columns: &[
            "finding",
            "remedy",
            "person_id",
            "name",
            "scheme",
            "period",
            "part",
            "underpaid",
            "upstream_planned",
        ],
    },
    ActionList {
        file_name: "write_back.csv",
        takes: |finding| finding.remedy == Remedy::WriteBack,
        columns: &["finding", "person_id", "scheme", "period", "part", "fallback", "batch", "end_to_end_id"],
    },
];

/// Whether upstream is about to pay something that it must not pay, or not whole. Also where it has paid before and would pay once more.
fn is_to_be_stopped(finding: &Finding) -> bool {
    matches!(finding.remedy, Remedy::Stop | Remedy::Reduce)
        || finding.kind == Kind::DoublePaid && finding.money.upstream_planned.minor_units() > 0
}

/// Whether more is still owed than upstream is about to pay by itself. Where it must be stopped first, `stop.csv` says what is owed; where
/// somebody has to decide first, it may have been paid under another person number.
fn is_missing(finding: &Finding) -> bool {
    let Money { underpaid, upstream_planned, .. } = finding.money;
    underpaid > upstream_planned && finding.remedy != Remedy::Decide && !is_to_be_stopped(finding)
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::outcome::Standing;
    use crate::ops::reconcile::findings_of;
    use crate::payment::{Amount, BatchId, Country, EndToEndId, Part, PersonId, PersonKind, Scheme, Tag};
    use crate::reconciliation::{FallbackPayment, UpstreamRow, UpstreamStatus};

    fn person(number: u32) -> PersonId {
        PersonId::new(Country::Gl, PersonKind::Natural, format!("{number:010}"))
    }

    fn amount(kroner: i64) -> Amount {
        Amount::from_minor_units(kroner * 100, Currency::Dkk)
    }

    /// Person, month, kroner, and where it stands.
    type Paid = (u32, u32, i64, (Standing, u32));

    fn payment(at: usize, (number, month, kroner, (standing, times_standing)): Paid) -> FallbackPayment {
        let tag = Tag { series: [number as u8; 8], obligation: (at as u64).to_be_bytes() };
        FallbackPayment {
            end_to_end_id: EndToEndId { tag, attempt: 1 },
            batch: BatchId::new('B', 1),
            person: person(number),
            name: String::new(),
            scheme: Scheme::new("Pension").expect("a name"),
            period: format!("2022-0{month}").parse().expect("a period"),
            part: Part::default(),
            amount: amount(kroner),
            account: String::new(),
            standing,
            times_standing,
            pay_on: chrono::NaiveDate::default(),
            booked_on: None,
            reason: None,
        }
    }

    fn row((number, month, kroner, status): (u32, u32, i64, UpstreamStatus)) -> UpstreamRow {
        UpstreamRow {
            person: Some(person(number)),
            name: String::new(),
            scheme: Scheme::new("Pension"),
            period: format!("2022-0{month}").parse().ok(),
            part: Part::default(),
            amount: amount(kroner),
            account: String::new(),
            status,
            paid_on: None,
            reference: String::new(),
            remark: String::new(),
        }
    }

    fn paid() -> impl Strategy<Value = Paid> {
        let standing = prop_oneof![
            Just((Standing::None, 1)),
            Just((Standing::Settled, 1)),
            Just((Standing::Doubled, 2)),
            Just((Standing::Returned, 0)),
        ];
        (1u32..3, 1u32..3, 1i64..4, standing)
    }

    fn told() -> impl Strategy<Value = (u32, u32, i64, UpstreamStatus)> {
        let status =
            prop_oneof![Just(UpstreamStatus::Paid), Just(UpstreamStatus::Planned), Just(UpstreamStatus::Stopped)];
        (1u32..3, 1u32..3, 1i64..4, status)
    }

    fn list(name: &str) -> &'static ActionList {
        ACTION_LISTS.iter().find(|list| list.file_name == name).expect("one of the lists")
    }

    /// What the rows of a list come to under one of its columns, in øre.
    fn sum_under(list: &ActionList, column: &str, findings: &[Finding]) -> i64 {
        assert!(list.columns.contains(&column), "{} has {column}", list.file_name);
        let mut cells = Cells::default();
        let of = |finding: &Finding| {
            cells.fill(finding);
            cells.under(column).replace('.', "").parse::<i64>().expect("an amount")
        };
        findings.iter().filter(|finding| (list.takes)(finding)).map(of).sum()
    }

    proptest! {
        /// Every øre that is out too much stands in `recover.csv`. Every øre that is still owed stands in `stop.csv` or in `top_up.csv`, and in
        /// one of them only; or upstream is about to pay it, or somebody has to decide first.
        #[test]
        fn the_lists_account_for_every_ore(
            ours in proptest::collection::vec(paid(), 0..6),
            theirs in proptest::collection::vec(told(), 0..6),
        ) {
            let payments: Vec<_> = ours.into_iter().enumerate().map(|(at, paid)| payment(at, paid)).collect();
            let rows: Vec<_> = theirs.into_iter().map(row).collect();
            let findings = findings_of(&payments, &rows, 4096);
            let total = |of: fn(&Finding) -> i64| findings.iter().map(of).sum::<i64>();
            let overpaid = total(|finding| finding.money.overpaid.minor_units());
            prop_assert_eq!(sum_under(list("recover.csv"), "overpaid", &findings), overpaid);
            let (stop, top_up) = (list("stop.csv"), list("top_up.csv"));
            let nobodys = |finding: &Finding| {
                let Money { underpaid, upstream_planned, .. } = finding.money;
                let is_planned = underpaid <= upstream_planned && finding.kind == Kind::UpstreamOnly;
                if is_planned || finding.remedy == Remedy::Decide { underpaid.minor_units() } else { 0 }
            };
            let underpaid = total(|finding| finding.money.underpaid.minor_units());
            let left: i64 = findings.iter().map(nobodys).sum();
            let told = sum_under(stop, "underpaid", &findings) + sum_under(top_up, "underpaid", &findings);
            prop_assert_eq!(told + left, underpaid, "{:?}", findings);
            prop_assert!(!findings.iter().any(|finding| (stop.takes)(finding) && (top_up.takes)(finding)));
        }
    }
}
