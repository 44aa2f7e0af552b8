//! The runs of the restored systems: lists, read by the rules by which lists are paid from, and files in formats of their own, each known by its
//! content. A run that holds a row which cannot be understood is refused with all such rows named: to leave one out would be to call somebody
//! unpaid who is not.
//!
//! Rows are handed out one by one, so that a run may be of any size. Whoever takes them must not act on them before [`each`] has come back
//! without a fault: only the end of the last file tells that all could be read.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::told_apart::{Told, what_is};
use crate::bank::calendar::BankCalendar;
use crate::checks::{self, pay_on, quoted, read_entitlement};
use crate::fault::{Fault, FaultKind, Result};
use crate::payment::{Country, Currency, Digest, Period, Scheme};
use crate::progress::{self, Stage};
use crate::recipient_list::{Column, Instruction, RecipientList};
use crate::reconciliation::{UpstreamRow, UpstreamStatus};
use crate::say;
use crate::upstream::failures::Failures;
use crate::upstream::{self, Format, GLANCE, Mapping, Place};
use crate::words::{Message, ungrouped};

/// What of a row of a list is compared as what it means, however it is written.
const COMPARED: [Column; 14] = [
    Column::PersonId,
    Column::OrganisationId,
    Column::Country,
    Column::Name,
    Column::Account,
    Column::RegNo,
    Column::Amount,
    Column::Currency,
    Column::Scheme,
    Column::Period,
    Column::Part,
    Column::Status,
    Column::PaidOn,
    Column::Reference,
];

/// How many rows that cannot be read are named before the rest is only counted.
const MOST_NAMED: usize = 20;

/// What rows are taken for that do not say.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Without it, what is usual for each kind of file.
    pub status: Option<UpstreamStatus>,
    /// The benefit and period of the rows of lists.
    pub scheme: Option<Scheme>,
    pub period: Option<Period>,
}

/// What was read, and what it leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// In the order in which they were named.
    pub files: Vec<ReadRun>,
    /// Rows that lack person, benefit or period: they are matched by reference, or only offered.
    pub incomplete_rows: u64,
    /// Payments that a §38 list calls failed and that no run of the command holds.
    pub failures_without_run: u64,
}

impl Heard {
    /// Whether all of it is only about to be sent, by the kind of the files.
    pub fn is_a_proposal(&self) -> bool {
        self.files.iter().all(|run| run.format == Format::Pain001)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRun {
    /// As it was given.
    pub file: PathBuf,
    pub format: Format,
    pub rows: u64,
    /// Of a list: of what was read.
    pub sha256: Option<Digest>,
}

/// Hands out every row of the runs, in the order in which they stand there. A row that stands there twice is handed out twice. Rows whose file
/// does not say are paid, and those of a bank file planned, unless `defaults` has a status.
pub fn each(
    paths: &[PathBuf],
    defaults: &Defaults,
    settings: &Settings,
    country: Country,
    currency: Currency,
    today: chrono::NaiveDate,
    visit: &mut dyn FnMut(&UpstreamRow) -> Result<()>,
) -> Result<Heard> {
    let formats = paths.iter().map(|path| format_of(path)).collect::<Result<Vec<_>>>()?;
    let mut reading = Reading {
        defaults,
        settings,
        country,
        currency,
        today,
        failures: Failures::default(),
        unreadable: Unreadable::default(),
        heard: Heard::default(),
        visit,
    };
    // What failed must be known before the payments come by.
    let mut rows: Vec<(u64, Option<Digest>)> = vec![(0, None); paths.len()];
    let in_turn = |wanted: bool| {
        let both = paths.iter().zip(&formats).enumerate();
        both.filter(move |(_, (_, format))| (**format == Format::Failures) == wanted)
    };
    for (at, (path, _)) in in_turn(true) {
        rows[at].0 = reading.failures(path)?;
    }
    for (at, (path, format)) in in_turn(false) {
        rows[at] = match format {
            Format::List => reading.list(path)?,
            format => (reading.run(path, *format)?, None),
        };
    }
    let Reading { failures, unreadable, mut heard, .. } = reading;
    unreadable.none()?;
    if !failures.is_empty() && formats.iter().all(|format| *format == Format::Failures) {
        return Err(Fault::input("upstream.failures_alone", say!("A §38 list only says what was not paid."))
            .remedy(say!("Give the posting files (G68) that it answers as well.")));
    }
    heard.failures_without_run = failures.not_met();
    let files = paths.iter().zip(formats).zip(rows);
    heard.files =
        files.map(|((path, format), (rows, sha256))| ReadRun { file: path.clone(), format, rows, sha256 }).collect();
    Ok(heard)
}

/// A file that is none, such as a directory, is left to the reader of lists, which says so.
fn format_of(path: &Path) -> Result<Format> {
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return Ok(Format::List);
    }
    let mut start = Vec::with_capacity(GLANCE);
    let read = File::open(path).and_then(|file| file.take(GLANCE as u64).read_to_end(&mut start));
    read.map(|_| Format::of(&start)).map_err(|error| unreadable_file(path, &error))
}

struct Reading<'a> {
    defaults: &'a Defaults,
    settings: &'a Settings,
    country: Country,
    currency: Currency,
    today: chrono::NaiveDate,
    failures: Failures,
    unreadable: Unreadable,
    heard: Heard,
    visit: &'a mut dyn FnMut(&UpstreamRow) -> Result<()>,
}

impl Reading<'_> {
    fn list(&mut self, path: &Path) -> Result<(u64, Option<Digest>)> {
        let name = path.to_string_lossy();
        // A workbook is opened only once: if it is none of upstream's, its headings say so.
        if !is_workbook(path) {
            refuse_what_is_no_run(path)?;
        }
        let list = RecipientList::open(path, &name, &self.settings.columns.for_comparing(), self.currency);
        let list = list.or_else(|fault| refuse_what_is_no_run(path).and(Err(fault)))?;
        let terms = checks::Terms {
            country: self.country,
            currency: self.currency,
            scheme: self.defaults.scheme.clone(),
            period: self.defaults.period,
            pay_on: self.today,
            today: self.today,
            payment_limit: self.settings.payment_limit,
            door: &self.settings.door,
            amount_style: list.amount_style(),
            calendar: BankCalendar::of(self.country),
        };
        let status = self.defaults.status.unwrap_or(UpstreamStatus::Paid);
        let mut instruction = Instruction::default();
        let mut instructions = list.instructions()?;
        let mut rows = 0;
        let mut step = progress::begin(Stage::UpstreamRuns, list.rows());
        while instructions.read(&mut instruction)? {
            rows += 1;
            step.advance(1);
            self.row(&name, Place::Row(instruction.row), read_row(&instruction, &terms, status))?;
        }
        Ok((rows, Some(Digest(list.sha256()))))
    }

    fn run(&mut self, path: &Path, format: Format) -> Result<u64> {
        let mapping = if format == Format::Pain001 { &self.settings.pain001 } else { &self.settings.g68 };
        // A bank file is what is about to be sent; a posting file is what has been run.
        let usual = if format == Format::Pain001 { UpstreamStatus::Planned } else { UpstreamStatus::Paid };
        let terms = self.terms(mapping, self.defaults.status.unwrap_or(usual));
        let file = File::open(path).map_err(|error| unreadable_file(path, &error))?;
        let name = path.to_string_lossy();
        let mut rows = 0;
        let mut step = progress::begin(Stage::UpstreamRuns, None);
        upstream::read(format, file, &terms, &mut |place, row| {
            rows += 1;
            step.advance(1);
            self.row(&name, place, row)
        })
        .map_err(|fault| named(path, fault))?;
        Ok(rows)
    }

    fn failures(&mut self, path: &Path) -> Result<u64> {
        let terms = self.terms(&self.settings.g68, UpstreamStatus::Stopped);
        let file = File::open(path).map_err(|error| unreadable_file(path, &error))?;
        let name = path.to_string_lossy();
        let Self { failures, unreadable, .. } = self;
        let wrong = &mut |place: Place, what: Message| {
            unreadable.note(&name, place, &what);
            Ok(())
        };
        failures.read(file, &terms, wrong).map_err(|fault| named(path, fault))
    }

    fn terms<'m>(&self, mapping: &'m Mapping, status: UpstreamStatus) -> upstream::Terms<'m> {
        upstream::Terms { country: self.country, currency: self.currency, today: self.today, status, mapping }
    }

    fn row(&mut self, file: &str, place: Place, row: Result<UpstreamRow, Message>) -> Result<()> {
        let judged = row.and_then(|mut row| self.failures.judge(&mut row).map(|()| row));
        match judged {
            Ok(row) => {
                let is_complete = row.person.is_some() && row.scheme.is_some() && row.period.is_some();
                self.heard.incomplete_rows += u64::from(!is_complete);
                (self.visit)(&row)
            }
            Err(what) => {
                self.unreadable.note(file, place, &what);
                Ok(())
            }
        }
    }
}

fn is_workbook(path: &Path) -> bool {
    let mut start = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok_and(|()| start.starts_with(b"PK"))
}

/// A file that was given to the wrong command is named for what it is.
fn refuse_what_is_no_run(path: &Path) -> Result<()> {
    let fault = |code, said| Err(named(path, Fault::input(code, said)));
    match what_is(path) {
        Some(Told::OwnFindings) => fault(
            "upstream.own_file",
            say!("The file holds this program's findings, as it wrote them or as somebody changed them since, and is no run of upstream's."),
        ),
        Some(Told::OwnRows) => fault(
            "upstream.own_file",
            say!("The file is a rows.csv, which says what became of a list here, and is no run of upstream's."),
        ),
        Some(Told::BankReport) => {
            fault("upstream.not_a_run", say!("The file is the bank's report, and no run of upstream's."))
        }
        _ => return Ok(()),
    }
    .map_err(|fault: Fault| match fault.code {
        "upstream.not_a_run" => {
            fault.remedy(say!("Give the bank's reports with --statement, or to `stopgap outcome`."))
        }
        _ => fault.remedy(say!(
            "Give only what upstream paid or is about to pay. Findings are decided on by their numbers: `stopgap remedy list`."
        )),
    })
}

fn read_row(instruction: &Instruction, terms: &checks::Terms, default: UpstreamStatus) -> Result<UpstreamRow, Message> {
    let entitlement = read_entitlement(instruction, terms).map_err(|problems| {
        let messages = problems.into_iter().map(|problem| problem.message);
        messages.reduce(Message::and).unwrap_or_else(|| Message::verbatim(""))
    })?;
    let paid_on = match instruction.cell(Column::PaidOn) {
        "" => None,
        written => Some(pay_on::read_date(written).map_err(|error| say!("paid_on: {error}", error = error.why()))?),
    };
    Ok(UpstreamRow {
        person: Some(entitlement.person),
        name: instruction.cell(Column::Name).to_owned(),
        scheme: Some(entitlement.scheme),
        period: entitlement.period,
        part: entitlement.part,
        amount: entitlement.amount,
        account: entitlement.account.map(|account| account.identity()).unwrap_or_default(),
        status: read_status(instruction.cell(Column::Status), default)?,
        paid_on,
        reference: instruction.cell(Column::Reference).to_owned(),
        remark: String::new(),
        besides: instruction.besides(&COMPARED),
    })
}

fn read_status(written: &str, default: UpstreamStatus) -> Result<UpstreamStatus, Message> {
    if written.is_empty() {
        return Ok(default);
    }
    UpstreamStatus::in_words(written)
        .ok_or_else(|| say!("{written} is no status: write paid, planned or stopped.", written = quoted(written)))
}

/// Rows that cannot be understood: the first named, all counted.
#[derive(Default)]
struct Unreadable {
    named: Vec<String>,
    in_all: usize,
}

impl Unreadable {
    fn note(&mut self, file: &str, place: Place, what: &Message) {
        self.in_all += 1;
        if self.named.len() < MOST_NAMED {
            let what = what.to_string();
            let end = if what.ends_with('.') { "" } else { "." };
            self.named.push(format!("{file} {place}: {what}{end}"));
        }
    }

    fn none(self) -> Result<()> {
        let Self { named, in_all } = self;
        if in_all == 0 {
            return Ok(());
        }
        let more = match in_all.saturating_sub(named.len()) {
            0 => Message::verbatim(""),
            more => say!("\n  … and {more} more", more = ungrouped(more as u64)),
        };
        Err(Fault::input(
            "upstream.unreadable_rows",
            say!(
                "{rows:row|rows} of upstream's run cannot be understood:\n  {named}{more}",
                rows = in_all,
                named = named.join("\n  "),
                more
            ),
        )
        .remedy(say!("Correct them; a run is compared whole or not at all.")))
    }
}

/// Puts the file before what is wrong with it. A fault that is not about the file stays as it is.
fn named(path: &Path, mut fault: Fault) -> Fault {
    if fault.kind == FaultKind::Input && fault.code.starts_with("upstream.") {
        fault.message = say!("{file}: {said}", file = path.display(), said = fault.message);
    }
    fault
}

fn unreadable_file(path: &Path, error: &std::io::Error) -> Fault {
    Fault::input("upstream.unreadable", say!("{path} cannot be read: {error}.", path = path.display(), error))
}
