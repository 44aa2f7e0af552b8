//! `reconcile`: our payments, the bank's word and upstream's runs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Answer, Arguments, json, open, read_period, read_scheme, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ledger::event::Environment;
use crate::ops::upstream_runs::Defaults;
use crate::ops::{self, World};
use crate::reconciliation::UpstreamStatus;

#[derive(Debug, Args)]
pub struct Reconcile {
    /// The runs of the restored systems: lists with `status`, `paid_on` and `reference`, pain.001, or Prisme's G68/G69 and §38 files
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub upstream: Vec<PathBuf>,
    /// The status of rows that give none [default: paid; of a pain.001, planned]
    #[arg(long, value_enum)]
    pub upstream_status: Option<UpstreamStatusArgument>,
    /// The scheme of rows of lists without one
    #[arg(long)]
    pub scheme: Option<String>,
    /// The period of rows of lists without one: 2022-04, 2022-W13, 2022-04-01..2022-04-14
    #[arg(long)]
    pub period: Option<String>,
    /// Bank reports to read first, as `outcome` reads them
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub statement: Vec<PathBuf>,
    /// The folder for findings and lists
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Who looks at the files as well before they are used
    #[arg(long, value_name = "NAME")]
    pub second: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum UpstreamStatusArgument {
    Paid,
    Planned,
}

pub fn reconcile(arguments: &Arguments, given: &Reconcile, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let defaults = Defaults {
        status: given.upstream_status.map(|status| match status {
            UpstreamStatusArgument::Paid => UpstreamStatus::Paid,
            UpstreamStatusArgument::Planned => UpstreamStatus::Planned,
        }),
        scheme: given.scheme.as_deref().map(read_scheme).transpose()?,
        period: given.period.as_deref().map(read_period).transpose()?,
    };
    let request = ops::reconcile::Request {
        upstream: &given.upstream,
        defaults,
        statements: &given.statement,
        out: &given.out,
        second: given.second.as_deref(),
    };
    let reconciled = ops::reconcile::reconcile(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
    let (payer, drill) = (&workspace.state.payer.name, workspace.state.environment == Environment::Drill);
    let report = screen::reconciliation_report(&reconciled, payer, world.now, drill);
    ops::reconcile::files::write_report(&reconciled.out, &report)?;
    Ok(Answer {
        screen: screen::reconciled(&reconciled),
        json: json::reconciled(&reconciled),
        needs_a_person: reconciled.needs_a_person,
        list: None,
    })
}
