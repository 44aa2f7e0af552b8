//! `findings.xlsx`: the findings for somebody with a spreadsheet. Amounts are numbers, days are dates, and everything else is text: nothing that
//! comes from a list, a bank or upstream is ever a formula. Rows go to a file as they come, so that memory stays the same.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::files::{COLUMNS, Cells, FindingsFile, findings_again};
use crate::fault::{Fault, Result};
use crate::ops::copies::Outgoing;
use crate::ops::durable::{Draft, disk_fault};
use crate::payment::{Amount, Currency};
use crate::reconciliation::finding::{Finding, Kind, Money};
use crate::say;

/// More findings are a matter for programs: `findings.csv` holds any number of them.
pub const MOST_ROWS: u32 = 50_000;
/// What a cell takes, in UTF-16 units.
const LONGEST_TEXT: usize = 32_767;
/// Fifteen digits are what a spreadsheet's number holds exactly.
const LARGEST_NUMBER: u64 = 999_999_999_999_999;

/// Headings beside the contract's: the period's first and last day, which can be sorted by.
const PERIOD: usize = 6;
const FIRST_AMOUNT: usize = 8;
const LAST_AMOUNT: usize = 13;

/// A column of the sheet: one of [`COLUMNS`], or a day of the period.
#[derive(Clone, Copy)]
enum Column {
    Text(usize),
    Amount(usize),
    First,
    Last,
}

fn columns() -> impl Iterator<Item = Column> {
    (0..COLUMNS.len())
        .flat_map(|at| match at {
            PERIOD => [Some(Column::Text(at)), Some(Column::First), Some(Column::Last)],
            FIRST_AMOUNT..=LAST_AMOUNT => [Some(Column::Amount(at)), None, None],
            _ => [Some(Column::Text(at)), None, None],
        })
        .flatten()
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Column::Text(at) | Column::Amount(at) => COLUMNS[at],
            Column::First => "period_from",
            Column::Last => "period_to",
        }
    }

    /// In characters.
    fn width(self) -> f64 {
        match self {
            Column::Amount(_) => 15.0,
            Column::First | Column::Last => 12.0,
            Column::Text(at) => match COLUMNS[at] {
                "name" => 26.0,
                "kind" | "scheme" => 18.0,
                "end_to_end_id" => 30.0,
                "upstream_ref" => 22.0,
                "note" => 60.0,
                _ => 12.0,
            },
        }
    }
}

struct Formats {
    heading: Format,
    amount: Format,
    count: Format,
    day: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            heading: Format::new().set_bold(),
            amount: Format::new().set_num_format("#,##0.00"),
            count: Format::new().set_num_format("#,##0"),
            day: Format::new().set_num_format("yyyy-mm-dd"),
        }
    }
}

type Sums<K> = BTreeMap<K, (u64, Money)>;

pub struct FindingsWorkbook {
    draft: Draft,
    workbook: Workbook,
    sheet: Worksheet,
    formats: Formats,
    currency: Currency,
    /// How many there will be. Of more than [`MOST_ROWS`] only the sums are in it.
    in_all: u64,
    findings: u32,
    by_kind: Sums<Kind>,
    by_scheme: Sums<String>,
}

impl FindingsWorkbook {
    pub fn create(path: &Path, currency: Currency, in_all: u64) -> Result<Self> {
        let draft = Draft::create(path)?;
        let begun = || -> Result<(Workbook, Worksheet), XlsxError> {
            let mut workbook = Workbook::new();
            // The same findings give the same bytes: a file that says when it was made would be another one each time.
            let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
            // What waits on disk for the end waits here, without a name, and not where other people's programs look.
            workbook.set_tempdir(folder_of(path))?;
            let mut sheet = workbook.new_worksheet_with_constant_memory()?;
            sheet.set_name("Findings")?;
            sheet.set_freeze_panes(1, 1)?;
            Ok((workbook, sheet))
        };
        let (workbook, sheet) = begun().map_err(|error| unwritable(path, error))?;
        let formats = Formats::new();
        let mut findings = Self {
            draft,
            workbook,
            sheet,
            formats,
            currency,
            in_all,
            findings: 0,
            by_kind: BTreeMap::new(),
            by_scheme: BTreeMap::new(),
        };
        findings.headings().map_err(|error| unwritable(path, error))?;
        Ok(findings)
    }

    fn holds_findings(&self) -> bool {
        self.in_all <= u64::from(MOST_ROWS)
    }

    fn headings(&mut self) -> Result<(), XlsxError> {
        for (at, column) in (0..).zip(columns()) {
            self.sheet.set_column_width(at, column.width())?;
            self.sheet.write_string_with_format(0, at, column.heading(), &self.formats.heading)?;
        }
        Ok(())
    }

    fn row(&mut self, finding: &Finding, cells: &Cells) -> Result<(), XlsxError> {
        let (sheet, formats, row) = (&mut self.sheet, &self.formats, self.findings);
        let Money { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid } = finding.money;
        let amounts = [fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid];
        for (at, column) in (0..).zip(columns()) {
            match column {
                Column::Text(from) => write_text(sheet, (row, at), cells.at(from))?,
                Column::Amount(from) => write_amount(sheet, (row, at), amounts[from - FIRST_AMOUNT], formats)?,
                Column::First => write_day(sheet, (row, at), finding.period.map(|period| period.first()), formats)?,
                Column::Last => write_day(sheet, (row, at), finding.period.map(|period| period.last()), formats)?,
            }
        }
        Ok(())
    }

    fn totals(&self) -> Result<Worksheet, XlsxError> {
        let mut sheet = Worksheet::new();
        let formats = &self.formats;
        sheet.set_name("Totals")?;
        sheet.set_column_width(0, 28.0)?;
        sheet.set_column_range_width(1, 7, 17.0)?;
        let mut row = 0;
        if !self.holds_findings() {
            let left_out = say!(
                "The {findings} findings are too many for a spreadsheet: they stand in findings.csv and findings.json.",
                findings = self.in_all
            );
            write_text(&mut sheet, (row, 0), &left_out.to_string())?;
            row += 2;
        }
        let kinds = self.by_kind.iter().map(|(kind, sums)| (kind.as_str(), sums));
        row = table(&mut sheet, row, "verdict", kinds, self.currency, formats)?;
        let schemes = self.by_scheme.iter().map(|(scheme, sums)| (scheme.as_str(), sums));
        table(&mut sheet, row + 1, "scheme", schemes, self.currency, formats)?;
        Ok(sheet)
    }

    fn end(&mut self) -> Result<(), XlsxError> {
        let totals = self.totals()?;
        if self.holds_findings() {
            let last = columns().count() as u16 - 1;
            self.sheet.autofilter(0, 0, self.findings, last)?;
            self.workbook.push_worksheet(std::mem::take(&mut self.sheet));
        }
        self.workbook.push_worksheet(totals);
        self.workbook.save_to_writer(&mut self.draft.file)
    }
}

impl FindingsFile for FindingsWorkbook {
    fn finding(&mut self, finding: &Finding, cells: &Cells) -> Result<bool> {
        add(&mut self.by_kind, finding.kind, &finding.money)?;
        match self.by_scheme.get_mut(finding.scheme.as_str()) {
            Some(sums) => count(sums, &finding.money)?,
            None => add(&mut self.by_scheme, finding.scheme.to_string(), &finding.money)?,
        }
        if self.holds_findings() {
            self.findings += 1;
            self.row(finding, cells).map_err(|error| unwritable(self.draft.path(), error))?;
        }
        Ok(true)
    }

    fn finish(mut self: Box<Self>) -> Result<Outgoing> {
        self.end().map_err(|error| unwritable(self.draft.path(), error))?;
        Ok(findings_again(self.draft, None))
    }
}

fn add<K: Ord>(sums: &mut Sums<K>, key: K, money: &Money) -> Result<()> {
    let currency = money.owed.currency();
    count(sums.entry(key).or_insert_with(|| (0, Money::none(currency))), money)
}

fn count((findings, sum): &mut (u64, Money), money: &Money) -> Result<()> {
    *findings += 1;
    *sum = sum.checked_add(money).map_err(super::too_large)?;
    Ok(())
}

/// A table of sums with its total; gives the row below it.
fn table<'a>(
    sheet: &mut Worksheet,
    mut row: u32,
    first: &str,
    sums: impl Iterator<Item = (&'a str, &'a (u64, Money))>,
    currency: Currency,
    formats: &Formats,
) -> Result<u32, XlsxError> {
    let headings = [first, "findings"].into_iter().chain(COLUMNS[FIRST_AMOUNT..=LAST_AMOUNT].iter().copied());
    for (at, heading) in (0..).zip(headings) {
        sheet.write_string_with_format(row, at, heading, &formats.heading)?;
    }
    let mut total = (0, Money::none(currency));
    for (name, (count, money)) in sums {
        row += 1;
        line(sheet, row, name, (*count, money), formats)?;
        total.0 += count;
        // The sums of all findings fit, or the reconciliation would have ended before.
        total.1 = total.1.checked_add(money).unwrap_or(total.1);
    }
    row += 1;
    line(sheet, row, &format!("total, {currency}"), (total.0, &total.1), formats)?;
    Ok(row + 1)
}

fn line(sheet: &mut Worksheet, row: u32, name: &str, sums: (u64, &Money), formats: &Formats) -> Result<(), XlsxError> {
    let (count, Money { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid }) = sums;
    write_text(sheet, (row, 0), name)?;
    sheet.write_number_with_format(row, 1, u32::try_from(count).unwrap_or(u32::MAX), &formats.count)?;
    for (at, amount) in (2..).zip([fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid]) {
        write_amount(sheet, (row, at), *amount, formats)?;
    }
    Ok(())
}

/// Never a formula, a link or a number, whatever it begins with.
fn write_text(sheet: &mut Worksheet, (row, column): (u32, u16), text: &str) -> Result<(), XlsxError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > LONGEST_TEXT
    });
    let text = end.map_or(text, |(end, _)| &text[..end]);
    sheet.write_string(row, column, text).map(drop)
}

/// The number whose shortest decimal is the amount; text where a spreadsheet could not hold it to the øre.
fn write_amount(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    amount: Amount,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let written = amount.to_string();
    match written.parse::<f64>() {
        Ok(number) if amount.minor_units().unsigned_abs() <= LARGEST_NUMBER => {
            sheet.write_number_with_format(row, column, number, &formats.amount).map(drop)
        }
        _ => write_text(sheet, (row, column), &written),
    }
}

fn write_day(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    day: Option<NaiveDate>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let Some(day) = day else { return Ok(()) };
    match u16::try_from(day.year()).map(|year| ExcelDateTime::from_ymd(year, day.month() as u8, day.day() as u8)) {
        Ok(Ok(date)) => sheet.write_datetime_with_format(row, column, date, &formats.day).map(drop),
        // Before 1900 a spreadsheet knows no dates.
        _ => write_text(sheet, (row, column), &day.to_string()),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx, open_workbook};

    use super::*;
    use crate::ledger::outcome::Standing;
    use crate::payment::{BatchId, Country, PersonId, PersonKind};
    use crate::reconciliation::finding::Remedy;

    fn finding(id: u32, name: &str, overpaid: i64) -> Finding {
        let zero = Amount::zero(Currency::Dkk);
        let amount = Amount::from_minor_units(overpaid, Currency::Dkk);
        Finding {
            id: format!("F{id:04}").into(),
            kind: Kind::DoublePaid,
            remedy: Remedy::Recover,
            person: Some(PersonId::new(Country::Gl, PersonKind::Natural, "0709614150")),
            name: name.into(),
            scheme: "=1+1".into(),
            period: "2022-03..2022-04".parse().ok(),
            parts: ["007".into()].into(),
            money: Money {
                fallback: amount,
                upstream_paid: zero,
                upstream_planned: zero,
                owed: zero,
                overpaid: amount,
                underpaid: zero,
            },
            bank: Standing::Settled,
            batches: [BatchId::new('B', 1)].into(),
            end_to_end_ids: Default::default(),
            upstream_references: ["-1", "@sum"].map(Into::into).into_iter().collect(),
            upstream_paid_on: Default::default(),
            matched: "obligation".into(),
            note: "https://example.org".into(),
            debit: None,
            resembles: false,
        }
    }

    fn written(findings: &[Finding]) -> (tempfile::TempDir, Xlsx<std::io::BufReader<std::fs::File>>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("findings.xlsx");
        let mut workbook: Box<dyn FindingsFile> =
            Box::new(FindingsWorkbook::create(&path, Currency::Dkk, findings.len() as u64).expect("begins"));
        let mut cells = Cells::default();
        for finding in findings {
            cells.fill(finding);
            workbook.finding(finding, &cells).expect("writes");
        }
        workbook.finish().and_then(|file| file.draft.place()).expect("ends");
        let read = open_workbook(&path).expect("a workbook");
        (folder, read)
    }

    #[test]
    fn cells_are_typed_and_nothing_is_a_formula() {
        let table =
            [(1, 0.01), (523_450, 5234.5), (29, 0.29), (-100, -1.0), (999_999_999_999_999, 9_999_999_999_999.99)];
        let findings: Vec<Finding> =
            (1..).zip(table).map(|(id, (ore, _))| finding(id, "=cmd|'/c calc'!A0", ore)).collect();
        let (_folder, mut workbook) = written(&findings);
        assert_eq!(workbook.sheet_names(), ["Findings", "Totals"]);
        let sheet = workbook.worksheet_range("Findings").expect("a sheet");
        assert_eq!(sheet.height(), table.len() + 1);
        let headings: Vec<String> =
            sheet.rows().next().expect("headings").iter().map(|cell| cell.to_string()).collect();
        let at = |heading: &str| headings.iter().position(|known| known == heading).expect(heading);
        assert!(COLUMNS.iter().all(|column| headings.iter().any(|heading| heading == column)), "{headings:?}");
        for (row, (_, number)) in sheet.rows().skip(1).zip(table) {
            let text = |heading: &str| match &row[at(heading)] {
                Data::String(text) => text.clone(),
                other => panic!("{heading} is {other:?}, not text"),
            };
            assert_eq!(text("person_id"), "0709614150", "the leading zero stays");
            assert_eq!((text("name").as_str(), text("scheme").as_str()), ("=cmd|'/c calc'!A0", "=1+1"));
            assert_eq!((text("part").as_str(), text("upstream_ref").as_str()), ("007", "-1+@sum"));
            assert_eq!(text("note"), "https://example.org");
            assert_eq!(row[at("overpaid")], Data::Float(number), "to the øre");
            assert_eq!(row[at("owed")], Data::Float(0.0));
            let Data::DateTime(day) = row[at("period_from")] else { panic!("a date") };
            assert_eq!(day.as_f64(), 44_621.0, "2022-03-01");
        }
        for name in ["Findings", "Totals"] {
            let formulas = workbook.worksheet_formula(name).expect("can be asked for");
            assert!(formulas.used_cells().next().is_none(), "{name} holds a formula");
        }
    }

    #[test]
    fn what_a_spreadsheet_could_not_hold_to_the_øre_is_text() {
        let (_folder, mut workbook) = written(&[finding(1, &"x".repeat(40_000), 1_000_000_000_000_001)]);
        let sheet = workbook.worksheet_range("Findings").expect("a sheet");
        assert!(sheet.rows().nth(1).is_some_and(|row| row.contains(&Data::String("10000000000000.01".into()))));
        assert!(sheet.rows().nth(1).is_some_and(|row| row.contains(&Data::String("x".repeat(32_767)))));
    }

    #[test]
    fn the_same_findings_give_the_same_bytes() {
        let bytes = || {
            let (folder, _) = written(&[finding(1, "A", 10_010)]);
            std::fs::read(folder.path().join("findings.xlsx")).expect("reads")
        };
        let first = bytes();
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_eq!(first, bytes());
    }

    #[test]
    fn totals_stand_in_a_sheet_of_their_own() {
        let (_folder, mut workbook) = written(&[finding(1, "A", 10_010), finding(2, "B", 20_020)]);
        let sheet = workbook.worksheet_range("Totals").expect("a sheet");
        let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
        let total = rows.iter().find(|row| row[0] == Data::String("total, DKK".into())).expect("a total");
        assert_eq!((&total[1], &total[2], &total[6]), (&Data::Float(2.0), &Data::Float(300.3), &Data::Float(300.3)));
    }
}
