//! `baseline`: what was last paid, kept in good times for a day without upstream.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Answer, Arguments, json, open, read_period, read_scheme, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::baseline::add::NewBaseline;
use crate::ops::{self, World};

#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Keep the lists of a payday, sealed, as the last known figures
    Add {
        /// The lists: CSV files, or workbooks (XLSX, ODS)
        #[arg(required = true, value_name = "LIST")]
        lists: Vec<PathBuf>,
        /// The period that they pay for: 2022-03, 2022-W13
        #[arg(long)]
        period: String,
        /// The scheme of rows without one
        #[arg(long)]
        scheme: Option<String>,
        /// The sheet that is meant, of lists that are workbooks [default: the only one with known headings]
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
        /// What one of the lists' own headings stands for: "Ydelse=scheme" (may be repeated)
        #[arg(long, value_name = "HEADING=COLUMN")]
        map: Vec<String>,
    },
    /// Show all baselines
    List,
    /// Open the last baselines to the last row, and say whether they are fit to pay by
    Check,
}

pub fn baseline(arguments: &Arguments, command: &BaselineCommand, world: &World) -> Result<Answer> {
    match command {
        BaselineCommand::Add { lists, period, scheme, sheet, map } => {
            let new = NewBaseline {
                lists: lists.clone(),
                period: read_period(period)?,
                scheme: scheme.as_deref().map(read_scheme).transpose()?,
                sheet: sheet.clone(),
                maps: map.clone(),
            };
            let mut workspace = open(arguments)?;
            let added = ops::baseline::add::add(&mut workspace, world, who(arguments)?.as_deref(), &new)?;
            Ok(Answer {
                screen: screen::baseline_added(&added),
                json: json::baseline::added(&added),
                needs_a_person: added.needs_a_person(),
                list: Some(Box::new(json::baseline::AllProblems(added))),
            })
        }
        BaselineCommand::List => {
            let workspace = open(arguments)?;
            let listed = screen::baselines(&workspace.state, world.now);
            Ok(Answer::done(listed, json::baseline::listed(&workspace.state, world.now)))
        }
        BaselineCommand::Check => {
            let mut workspace = open(arguments)?;
            let readiness = ops::baseline::readiness::readiness(&mut workspace, world, who(arguments)?.as_deref())?;
            Ok(Answer {
                screen: screen::baseline_readiness(&readiness, world.now),
                json: json::baseline::readiness(&readiness),
                needs_a_person: !readiness.findings.is_empty(),
                list: None,
            })
        }
    }
}
