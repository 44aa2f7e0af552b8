//! The runs of the restored systems, read by the rules by which lists are read. A run that holds a row which cannot be understood is refused
//! with all such rows named: to leave one out would be to call somebody unpaid who is not.
//!
//! Rows are handed out one by one, so that a run may be of any size. Whoever takes them must not act on them before [`each`] has come back
//! without a fault: only the end of the last file tells that all could be read.

use std::path::PathBuf;

use super::settings::Settings;
use crate::bank::calendar::BankCalendar;
use crate::checks::{Terms, pay_on, read_entitlement};
use crate::fault::{Fault, Result};
use crate::payment::{Country, Currency};
use crate::recipient_list::{Column, Instruction, RecipientList};
use crate::reconciliation::{UpstreamRow, UpstreamStatus};

/// How many rows that cannot be read are named before the rest is only counted.
const MOST_NAMED: usize = 20;

/// Hands out every row of the runs, in the order in which they stand there. A row that stands there twice is handed out twice.
pub fn each(
    paths: &[PathBuf],
    default_status: UpstreamStatus,
    settings: &Settings,
    country: Country,
    currency: Currency,
    today: chrono::NaiveDate,
    visit: &mut dyn FnMut(&UpstreamRow) -> Result<()>,
) -> Result<()> {
    let mut unreadable = Vec::new();
    let mut unreadable_in_all = 0;
    for path in paths {
        let list = RecipientList::open(path, &path.to_string_lossy(), &settings.columns.for_comparing(), currency)?;
        let terms = Terms {
            country,
            currency,
            scheme: None,
            period: None,
            pay_on: today,
            today,
            payment_limit: settings.payment_limit,
            profile: &settings.profile,
            amount_style: list.amount_style(),
            calendar: BankCalendar::of(country),
        };
        let mut instruction = Instruction::default();
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            match read_row(&instruction, &terms, default_status) {
                Ok(row) => visit(&row)?,
                Err(what) => {
                    unreadable_in_all += 1;
                    if unreadable.len() < MOST_NAMED {
                        unreadable.push(format!("{} row {}: {what}", list.name(), instruction.row));
                    }
                }
            }
        }
    }
    if unreadable.is_empty() { Ok(()) } else { Err(unreadable_rows(&unreadable, unreadable_in_all)) }
}

fn read_row(instruction: &Instruction, terms: &Terms, default: UpstreamStatus) -> Result<UpstreamRow, String> {
    let entitlement = read_entitlement(instruction, terms).map_err(|problems| {
        problems.into_iter().map(|problem| problem.message.to_string()).collect::<Vec<_>>().join(" ")
    })?;
    let paid_on = match instruction.cell(Column::PaidOn) {
        "" => None,
        written => Some(pay_on::read_date(written).map_err(|error| format!("paid_on: {error}"))?),
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
    })
}

fn read_status(written: &str, default: UpstreamStatus) -> Result<UpstreamStatus, String> {
    match written.to_lowercase().as_str() {
        "" => Ok(default),
        "paid" | "betalt" | "udbetalt" => Ok(UpstreamStatus::Paid),
        "planned" | "planlagt" => Ok(UpstreamStatus::Planned),
        "stopped" | "stoppet" | "annulleret" | "cancelled" => Ok(UpstreamStatus::Stopped),
        _ => Err(format!("\"{}\" is no status: write paid, planned or stopped.", written.escape_debug())),
    }
}

fn unreadable_rows(named: &[String], in_all: usize) -> Fault {
    let more = match in_all.saturating_sub(named.len()) {
        0 => String::new(),
        more => format!("\n  … and {more} more"),
    };
    let named = named.join("\n  ");
    Fault::input(
        "upstream.unreadable_rows",
        format!("{in_all} rows of upstream's run cannot be understood:\n  {named}{more}"),
    )
    .remedy("Correct them; a run is compared whole or not at all.")
}
