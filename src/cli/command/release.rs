//! `release`: the bank files of an approved batch, or its work sheets.

use clap::{Args, ValueEnum};

use super::{Answer, Arguments, json, open, read_batch, say_if_too_late, who};
use crate::cli::passphrases::{ask_line, is_terminal};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::{self, Workspace, World, worksheets};
use crate::say;
use crate::words::{self, Language};
use crate::worksheet::MOST_SHEETS;

#[derive(Debug, Args)]
pub struct Release {
    pub batch: String,
    /// The newest receipt code, where this machine does not know the ledger yet
    #[arg(long, value_name = "CODE")]
    pub receipt: Option<String>,
    /// The door by which it leaves
    #[arg(long = "as", value_enum, value_name = "DOOR", default_value_t = Door::File)]
    pub door: Door,
    /// Among how many people the work sheets are parted, or their names: `3`, or `Nivi,Ane,Ole`
    #[arg(long, value_name = "N|NAMES")]
    pub clerks: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Door {
    /// The bank's own file
    File,
    /// Sheets to be typed by hand into the bank's portal
    Worksheet,
}

pub fn release(arguments: &Arguments, given: &Release, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    offer_receipt(&mut workspace, given.receipt.as_deref())?;
    if given.door == Door::Worksheet {
        let clerks = given.clerks.as_deref().map(read_clerks).transpose()?;
        let request = worksheets::release::Request { clerks, danish: words::language() == Language::Danish };
        let batch = read_batch(&given.batch)?;
        let released = worksheets::release::release(&mut workspace, world, who.as_deref(), batch, &request)?;
        say_if_too_late(&workspace, world, released.first_pay_date);
        let screen = screen::sheets_released(&released, world.now.today());
        return Ok(Answer::done(screen, json::worksheets::released(&released)));
    }
    if given.clerks.is_some() {
        return Err(Fault::input("arguments", say!("--clerks goes with --as worksheet.")));
    }
    let released = ops::release::release(&mut workspace, world, who.as_deref(), read_batch(&given.batch)?)?;
    say_if_too_late(&workspace, world, released.first_pay_date);
    Ok(Answer::done(screen::released(&released, world.now.today()), json::released(&released)))
}

/// `3`: so many sheets without a name; else the clerks' names.
fn read_clerks(text: &str) -> Result<Vec<String>> {
    match text.trim().parse::<usize>() {
        Ok(clerks) if (1..=MOST_SHEETS).contains(&clerks) => Ok(vec![String::new(); clerks]),
        Ok(_) => {
            Err(Fault::input("arguments", say!("--clerks takes 1 to {most}, or names.", most = MOST_SHEETS as u64)))
        }
        Err(_) => {
            let names: Vec<String> = text.split(',').map(worksheets::hand::clerk).collect::<Result<_>>()?;
            let is_named_before =
                |at: usize| names[..at].iter().any(|name| name.to_lowercase() == names[at].to_lowercase());
            match (0..names.len()).find(|at| is_named_before(*at)) {
                None => Ok(names),
                Some(twice) => {
                    let message = say!("--clerks names {name} twice.", name = names[twice].as_str());
                    Err(Fault::input("arguments", message).remedy(say!(
                        "Each clerk has one sheet. Two people of one name are told apart: `Nivi A,Nivi B`."
                    )))
                }
            }
        }
    }
}

/// The code as given; where the ledger needs one and somebody sits there, they are asked.
pub(super) fn offer_receipt(workspace: &mut Workspace, given: Option<&str>) -> Result<()> {
    let typed = match given {
        Some(given) => Some(given.to_owned()),
        None if workspace.standing().needs_receipt.is_some() && is_terminal() => Some(ask_line(say!(
            "This machine has not seen this ledger before. Type the newest receipt code (shown after the last release):"
        ))?),
        None => None,
    };
    if let Some(code) = typed.filter(|code| !code.is_empty()) {
        workspace.offer_receipt(code);
    }
    Ok(())
}
