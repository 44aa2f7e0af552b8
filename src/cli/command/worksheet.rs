//! `worksheet`: what became of a batch that was typed by hand.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use super::{Answer, Arguments, json, open, read, read_batch, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ledger::worksheets::SheetVerdict;
use crate::ops::worksheets::{hand, overview, returning, settle};
use crate::ops::{Workspace, World};
use crate::phrase;

#[derive(Debug, Subcommand)]
pub enum WorksheetCommand {
    /// Who has which sheet, and what is open
    List {
        /// Only this batch's
        batch: Option<String>,
    },
    /// The rows of a sheet that are open or wrong
    Show {
        #[arg(value_name = "SHEET")]
        sheet: String,
    },
    /// Note who has a sheet
    Hand {
        #[arg(value_name = "SHEET")]
        sheet: String,
        /// The clerk's name
        #[arg(long, value_name = "NAME")]
        to: String,
    },
    /// Take a ticked sheet back: the workbook as it was filled in, or a CSV
    Return {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Say what became of rows that nobody ticked; takes two
    Settle(Settle),
}

#[derive(Debug, Args)]
pub struct Settle {
    #[arg(value_name = "SHEET")]
    pub sheet: String,
    /// A row of it (may be repeated) [default: every row that is open]
    #[arg(long = "row", value_name = "N")]
    pub rows: Vec<u32>,
    /// What was found out
    #[arg(long = "as", value_enum, value_name = "VERDICT")]
    pub verdict: Verdict,
    /// How it was found out, and from whom
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The day of the debit on the bank's statement that was this row's
    #[arg(long, value_name = "DATE")]
    pub booked_on: Option<String>,
    /// What the bank booked, where that is neither what was approved nor what was typed
    #[arg(long, value_name = "AMOUNT", requires = "booked_on")]
    pub booked_amount: Option<String>,
    /// The debit of that amount that nothing explains is something else's
    #[arg(long)]
    pub debit_is_anothers: bool,
    /// The other person who says so
    #[arg(long, value_name = "NAME")]
    pub second: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Verdict {
    /// It was typed: it counts as paid
    Typed,
    /// It was never typed: it may be paid again
    NotTyped,
}

pub fn worksheet(arguments: &Arguments, command: &WorksheetCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    match command {
        WorksheetCommand::List { batch } => {
            let batch = batch.as_deref().map(read_batch).transpose()?;
            let (sheets, purged) = overview::list(&mut workspace, world, who, batch)?;
            let needs_a_person = sheets.iter().any(|sheet| sheet.wrong > 0);
            let (screen, json) = (screen::sheet_list(&sheets, purged), json::worksheets::list(&sheets));
            Ok(Answer { screen, json, needs_a_person, list: None })
        }
        WorksheetCommand::Show { sheet } => {
            let shown = overview::show(&mut workspace, world, who, &Workspace::sheet_code(sheet)?)?;
            let needs_a_person = shown.view.wrong > 0;
            let (screen, json) = (screen::sheet_shown(&shown), json::worksheets::shown(&shown));
            Ok(Answer { screen, json, needs_a_person, list: None })
        }
        WorksheetCommand::Hand { sheet, to } => {
            let code = Workspace::sheet_code(sheet)?;
            let to = hand::hand(&mut workspace, world, who, &code, to)?;
            Ok(Answer::done(screen::sheet_handed(&code, &to), json::worksheets::handed(&code, &to)))
        }
        WorksheetCommand::Return { file } => {
            let returned = returning::take_back(&mut workspace, world, who, file)?;
            Ok(Answer {
                screen: screen::sheet_returned(&returned, file),
                json: json::worksheets::returned(&returned, file),
                needs_a_person: returned.needs_a_person(),
                list: None,
            })
        }
        WorksheetCommand::Settle(given) => {
            let code = Workspace::sheet_code(&given.sheet)?;
            let day = |text: &str| read::<NaiveDate>(text, phrase!("date"), phrase!("written as 2026-12-01"));
            let currency = workspace.state.currency;
            let request = settle::Request {
                code: &code,
                rows: &given.rows,
                verdict: match given.verdict {
                    Verdict::Typed => SheetVerdict::Typed,
                    Verdict::NotTyped => SheetVerdict::NotTyped,
                },
                reason: &given.reason,
                booked_on: given.booked_on.as_deref().map(day).transpose()?,
                booked_amount: given
                    .booked_amount
                    .as_deref()
                    .map(|text| super::uploaded::amount(text, currency))
                    .transpose()?,
                debit_is_anothers: given.debit_is_anothers,
                second: &given.second,
            };
            let settled = settle::settle(&mut workspace, world, who, &request)?;
            Ok(Answer::done(screen::sheet_settled(&settled), json::worksheets::settled(&settled)))
        }
    }
}
