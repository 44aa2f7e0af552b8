//! The files of a reconciliation: the findings, and a list for each who acts on them.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::workbook::FindingsWorkbook;
use crate::fault::Result;
use crate::ledger::copies::Purpose;
use crate::ops::copies::{self, Examined, Outgoing, PeopleOf};
use crate::ops::durable::{self, Draft};
use crate::ops::hashing::Written;
use crate::ops::table::{Lines, Table};
use crate::payment::{Amount, Currency, Period};
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
    /// Parted by commas: a line of CSV, where no value needs more than that.
    text: String,
    ends: [usize; COLUMNS.len()],
    /// Which columns hold anything, a bit for each from the first on.
    filled: Filled,
    /// Whether nothing in it needs quotation marks in CSV, or to be written otherwise in JSON.
    plain: bool,
    /// Whether every value begins as no formula does.
    begins_plainly: bool,
    /// The last period and its text: most findings of a run are about the same days.
    period: Option<(Period, String)>,
}

/// A bit for each of [`COLUMNS`].
type Filled = u32;

impl Cells {
    pub fn fill(&mut self, finding: &Finding) {
        let Money { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid } = finding.money;
        self.text.clear();
        (self.filled, self.plain, self.begins_plainly) = (0, true, true);
        let mut period = self.period.take();
        let mut at = Filling { cells: self, column: 0, start: 0 };
        at.own(&finding.id).own(finding.kind.as_str()).own(finding.remedy.as_str());
        at.text(finding.person.as_ref().map_or("", |person| person.whole())).text(&finding.name).text(&finding.scheme);
        if let Some(days) = finding.period
            && period.as_ref().is_none_or(|(known, _)| *known != days)
        {
            period = Some((days, days.to_string()));
        }
        at.own(period.as_ref().filter(|_| finding.period.is_some()).map_or("", |(_, text)| text));
        at.joined(&finding.parts, |text, part| text.push_str(part));
        for amount in [fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid] {
            amount.push_to(&mut at.cells.text);
            at.end();
        }
        at.own(finding.bank.as_str());
        // Writing to memory does not fail.
        at.joined(&finding.batches, |text, batch| {
            let _ = write!(text, "{batch}");
        });
        at.joined(&finding.end_to_end_ids, |text, id| id.push_to(text));
        at.joined(&finding.upstream_references, |text, reference| text.push_str(reference));
        at.text(&finding.matched).text(&finding.note);
        self.period = period;
    }

    /// The value under the column with this place in [`COLUMNS`].
    pub fn at(&self, column: usize) -> &str {
        self.under(&(column..column + 1))
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.ends.iter().scan(0, |start, end| Some(&self.text[std::mem::replace(start, end + 1)..*end]))
    }

    /// The values under columns that stand side by side, parted by commas.
    fn under(&self, columns: &Range<usize>) -> &str {
        let start = columns.start.checked_sub(1).map_or(0, |before| self.ends[before] + 1);
        &self.text[start..self.ends[columns.end - 1]]
    }
}

/// One value after the other.
struct Filling<'a> {
    cells: &'a mut Cells,
    column: usize,
    /// Where the value begins.
    start: usize,
}

impl Filling<'_> {
    /// A word or a number of this program's own, which is plain.
    fn own(&mut self, text: &str) -> &mut Self {
        self.cells.text.push_str(text);
        self.end()
    }

    /// What comes from outside.
    fn text(&mut self, text: &str) -> &mut Self {
        self.cells.text.push_str(text);
        self.end_of_text()
    }

    fn joined<T>(&mut self, values: &[T], push: impl Fn(&mut String, &T)) -> &mut Self {
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.cells.text.push('+');
            }
            push(&mut self.cells.text, value);
        }
        self.end_of_text()
    }

    fn end_of_text(&mut self) -> &mut Self {
        // Of all bytes at once, without stopping at the first, which takes next to no time.
        let needs_care = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\' || byte == b',';
        let value = &self.cells.text.as_bytes()[self.start..];
        self.cells.plain &= !value.iter().fold(false, |found, byte| found | needs_care(*byte));
        self.end()
    }

    fn end(&mut self) -> &mut Self {
        let Self { cells, column, start } = self;
        if let Some(first) = cells.text.as_bytes().get(*start) {
            cells.filled |= 1 << *column;
            cells.begins_plainly &= first.is_ascii_alphanumeric();
        }
        cells.ends[*column] = cells.text.len();
        *column += 1;
        if *column < COLUMNS.len() {
            cells.text.push(',');
        }
        *start = cells.text.len();
        self
    }
}

/// A file that is written while the findings go by.
pub trait FindingsFile: Send {
    /// Takes the next finding, in the order of their ids, with its values under [`COLUMNS`]. Tells whether that is in the file.
    fn finding(&mut self, finding: &Finding, cells: &Cells) -> Result<bool>;

    /// Whether its people are told as it is written; else they are those of an earlier file.
    fn tells_people(&self) -> bool {
        false
    }

    /// After the last one. The draft has its whole content; its name it gets when all files are as far.
    fn finish(self: Box<Self>) -> Result<Outgoing>;
}

/// Begins every file of a reconciliation that will find so many things. The findings themselves come first.
pub(super) fn create(folder: &Path, currency: Currency, findings: u64) -> Result<Vec<Box<dyn FindingsFile>>> {
    durable::create_folder(folder)?;
    let mut files: Vec<Box<dyn FindingsFile>> = vec![
        Box::new(List::create(folder, &ALL)?),
        Box::new(FindingsJson::create(&folder.join("findings.json"))?),
        Box::new(FindingsWorkbook::create(&folder.join("findings.xlsx"), currency, findings)?),
    ];
    for list in &ACTION_LISTS {
        files.push(Box::new(List::create(folder, list)?));
    }
    Ok(files)
}

/// The findings once more in another form are about the same people as `findings.csv`, which is the first file.
pub(super) fn findings_again(draft: Draft, written: Option<Written>) -> Outgoing {
    let people = PeopleOf::Another { file: 0, fields: None };
    Outgoing { draft, purpose: Purpose::Findings, people, written }
}

/// The places of every file of a reconciliation.
pub(super) fn paths(folder: &Path) -> Vec<PathBuf> {
    let lists = ACTION_LISTS.iter().map(|list| list.file_name);
    [ALL.file_name, "findings.json", "findings.xlsx"].into_iter().chain(lists).map(|name| folder.join(name)).collect()
}

/// A list of objects, one a line.
struct FindingsJson {
    lines: Lines,
    empty: bool,
    /// What stands before each value: the comma, its name, and the quotation mark with which it opens.
    names: [String; COLUMNS.len()],
}

impl FindingsJson {
    fn create(path: &Path) -> Result<Self> {
        let names = std::array::from_fn(|at| format!("{}\"{}\":\"", if at > 0 { "," } else { "" }, COLUMNS[at]));
        Ok(Self { lines: Lines::create(path)?, empty: true, names })
    }
}

impl FindingsFile for FindingsJson {
    fn finding(&mut self, _: &Finding, cells: &Cells) -> Result<bool> {
        let line = self.lines.buffer();
        line.extend_from_slice(if self.empty { b"[\n{" } else { b",\n{" });
        self.empty = false;
        for (name, value) in self.names.iter().zip(cells.iter()) {
            line.extend_from_slice(name.as_bytes());
            if cells.plain {
                line.extend_from_slice(value.as_bytes())
            } else {
                push_escaped(line, value)
            }
            line.push(b'"');
        }
        line.push(b'}');
        self.lines.end_line()?;
        Ok(true)
    }

    fn finish(mut self: Box<Self>) -> Result<Outgoing> {
        self.lines.buffer().extend_from_slice(if self.empty { b"[]\n" } else { b"\n]\n" });
        let (draft, written) = self.lines.finish()?;
        Ok(findings_again(draft, Some(written)))
    }
}

/// What stands between the quotation marks of a JSON string.
fn push_escaped(line: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        return line.extend_from_slice(text.as_bytes());
    }
    let start = line.len();
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(&mut *line, text);
    line.remove(start);
    line.pop();
}

/// A CSV list of the findings that somebody needs.
struct List {
    list: &'static ActionList,
    /// The places of its columns in [`COLUMNS`].
    columns: Vec<usize>,
    /// The same, those that stand side by side there together.
    stretches: Vec<Range<usize>>,
    /// Whether anything stands under each.
    filled: Filled,
    rows: u64,
    table: Table,
}

impl List {
    fn create(folder: &Path, list: &'static ActionList) -> Result<Self> {
        let place = |name: &&str| COLUMNS.iter().position(|column| column == name);
        let columns: Vec<usize> = list.columns.iter().filter_map(place).collect();
        let side_by_side = columns.chunk_by(|one, next| one + 1 == *next);
        let stretches = side_by_side.map(|stretch| stretch[0]..stretch[0] + stretch.len()).collect();
        let table = Table::create(&folder.join(list.file_name), list.columns)?;
        Ok(Self { list, columns, stretches, filled: 0, rows: 0, table })
    }
}

impl FindingsFile for List {
    fn finding(&mut self, finding: &Finding, cells: &Cells) -> Result<bool> {
        if !(self.list.takes)(finding) {
            return Ok(false);
        }
        self.rows += 1;
        self.filled |= cells.filled;
        if cells.plain && cells.begins_plainly {
            self.table.plain_row(self.stretches.iter().map(|columns| cells.under(columns)))?
        } else {
            self.table.row(self.columns.iter().map(|column| cells.at(*column)))?
        }
        Ok(true)
    }

    fn tells_people(&self) -> bool {
        true
    }

    fn finish(self: Box<Self>) -> Result<Outgoing> {
        let filled = self.columns.iter().filter(|column| self.filled >> **column & 1 == 1);
        let fields = filled.filter_map(|column| copies::field_named(COLUMNS[*column])).collect();
        let (draft, written) = self.table.finish()?;
        let people = PeopleOf::Told(Examined { fields, rows: self.rows });
        Ok(Outgoing { draft, purpose: self.list.purpose, people, written: Some(written) })
    }
}

/// A list for somebody who acts on one remedy, with what that takes and no more.
struct ActionList {
    file_name: &'static str,
    purpose: Purpose,
    takes: fn(&Finding) -> bool,
    columns: &'static [&'static str],
}

/// Every finding with all there is to say of it.
static ALL: ActionList =
    ActionList { file_name: "findings.csv", purpose: Purpose::Findings, takes: |_| true, columns: &COLUMNS };

static ACTION_LISTS: [ActionList; 4] = [
    ActionList {
        file_name: "stop.csv",
        purpose: Purpose::Stop,
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
        purpose: Purpose::Recover,
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
            "note",
        ],
    },
    ActionList {
        file_name: "top_up.csv",
        purpose: Purpose::TopUp,
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
        purpose: Purpose::WriteBack,
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
    let planned = upstream_planned.max(Amount::zero(underpaid.currency()));
    underpaid > planned && finding.remedy != Remedy::Decide && !is_to_be_stopped(finding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::outcome::Standing;
    use crate::ops::reconcile::findings_of;
    use crate::payment::{BatchId, Country, EndToEndId, Part, PersonId, PersonKind, Scheme, Tag};
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
            other_amounts: Default::default(),
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
            besides: 0,
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
        let place = COLUMNS.iter().position(|known| *known == column).expect("a column");
        let mut cells = Cells::default();
        let of = |finding: &Finding| {
            cells.fill(finding);
            cells.at(place).replace('.', "").parse::<i64>().expect("an amount")
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
                let planned = upstream_planned.max(Amount::zero(Currency::Dkk));
                let is_planned = underpaid <= planned && finding.kind == Kind::UpstreamOnly;
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
