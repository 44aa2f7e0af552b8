//! `prepare`, and `check`, which records nothing.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Args;

use super::{Answer, Arguments, json, open, read_period, read_scheme, say_if_too_late, who};
use crate::checks::{pay_on, quoted};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::{self, World};
use crate::payment::{Amount, Currency, Scheme};
use crate::recipient_list::{AmountStyle, read_amount};
use crate::say;

#[derive(Debug, Args)]
pub struct Prepare {
    /// The lists: CSV files, or workbooks (XLSX, ODS)
    #[arg(required_unless_present = "from_baseline", conflicts_with = "from_baseline", value_name = "LIST")]
    pub lists: Vec<PathBuf>,
    /// Pay by the last baseline of each scheme instead of by lists; --period is the period to pay
    #[arg(long)]
    pub from_baseline: bool,
    /// What changed since the baseline: a list with person_id, scheme and change (ended, dead, new, changed)
    #[arg(long, value_name = "FILE", requires = "from_baseline", conflicts_with = "lists")]
    pub changes: Option<PathBuf>,
    /// The scheme of rows without one
    #[arg(long)]
    pub scheme: Option<String>,
    /// The period of rows without one: 2022-04, 2022-W13, 2022-04-01..2022-04-14
    #[arg(long)]
    pub period: Option<String>,
    /// The pay date of rows without one: 2022-04-01 or 01-04-2022 [default: the next bank day]
    #[arg(long, value_name = "DATE")]
    pub pay_on: Option<String>,
    /// Decisions about held rows: CSV with the columns file,row,decision,reason
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,
    /// Who goes first: a list with person_id, and scheme where not all that the person gets is meant. The others wait
    #[arg(long, value_name = "FILE")]
    pub only: Option<PathBuf>,
    /// A scheme that goes first (may be repeated). The others wait
    #[arg(long, value_name = "SCHEME")]
    pub only_scheme: Vec<String>,
    /// The most that the batch may come to: by the column priority, then as the lists have them. The others wait
    #[arg(long, value_name = "AMOUNT")]
    pub max_total: Option<String>,
    /// The sheet that is meant, of lists that are workbooks [default: the only one with known headings]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// What one of the lists' own headings stands for: "Ydelse=scheme", or "Note=ignore" (may be repeated)
    #[arg(long, value_name = "HEADING=COLUMN")]
    pub map: Vec<String>,
}

pub fn prepare(arguments: &Arguments, given: &Prepare, world: &World, dry_run: bool) -> Result<Answer> {
    let mut request = ops::prepare::Request {
        lists: given.lists.clone(),
        scheme: given.scheme.as_deref().map(read_scheme).transpose()?,
        period: given.period.as_deref().map(read_period).transpose()?,
        pay_on: given.pay_on.as_deref().map(read_pay_date).transpose()?,
        decisions: given.decisions.clone(),
        sheet: given.sheet.clone(),
        maps: given.map.clone(),
        from_baseline: given.from_baseline,
        changes: given.changes.clone(),
        only: given.only.clone(),
        only_schemes: given.only_scheme.iter().map(|scheme| read_only_scheme(scheme)).collect::<Result<_>>()?,
        max_total: None,
    };
    let mut workspace = open(arguments)?;
    let currency = workspace.state.currency;
    request.max_total = given.max_total.as_deref().map(|most| read_max_total(most, currency)).transpose()?;
    let who = who(arguments)?;
    let mut report = ops::prepare::prepare(&mut workspace, world, who.as_deref(), &request, dry_run)?;
    say_if_too_late(&workspace, world, Some(report.pay_on));
    let json = json::prepared(&report);
    // On the screen they are to be typed, from the current folder.
    for path in [Some(&mut report.rows_file), report.missing_file.as_mut()].into_iter().flatten() {
        *path = from_here(&arguments.workspace, path);
    }
    Ok(Answer {
        screen: screen::prepared(&report, dry_run),
        json,
        needs_a_person: report.needs_a_person(),
        list: Some(Box::new(json::AllProblems(report))),
    })
}

/// A path that is relative to the workspace, as it is typed in the current folder.
pub(super) fn from_here(workspace: &Path, path: &Path) -> PathBuf {
    if workspace == Path::new(".") { path.to_owned() } else { workspace.join(path) }
}

fn read_only_scheme(text: &str) -> Result<Scheme> {
    Scheme::new(text).ok_or_else(|| Fault::input("arguments", say!("--only-scheme is empty.")))
}

fn read_max_total(text: &str, currency: Currency) -> Result<Amount> {
    let read = read_amount(text, AmountStyle::Unsettled, currency).ok().filter(|most| most.minor_units() > 0);
    read.ok_or_else(|| {
        let message = say!("--max-total {shown} is no amount that could be paid.", shown = quoted(text));
        Fault::input("triage.max_total", message).remedy(say!("Write it as 500000 or 500000,00."))
    })
}

fn read_pay_date(text: &str) -> Result<NaiveDate> {
    pay_on::read_date(text).map_err(|error| {
        Fault::input("date.malformed", say!("--pay-on {shown}: {reason}.", shown = quoted(text), reason = error.why()))
    })
}
