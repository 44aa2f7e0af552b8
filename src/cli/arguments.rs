//! The arguments that all commands share, and the commands. What a command takes stands with it, in `command/`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::command::adopt::Adopt;
use super::command::approve::Approve;
use super::command::backup::Backup;
use super::command::baseline::BaselineCommand;
use super::command::batch::BatchCommand;
use super::command::copies::CopiesCommand;
use super::command::desk::DeskCommand;
use super::command::drill::Drill;
use super::command::episode::EpisodeCommand;
use super::command::explain::Explain;
use super::command::exposure::Exposure;
use super::command::init::Init;
use super::command::log::Log;
use super::command::operator::OperatorCommand;
use super::command::outcome::Outcome;
use super::command::prepare::Prepare;
use super::command::profile::ProfileCommand;
use super::command::purge::Purge;
use super::command::rebuild::Rebuild;
use super::command::reconcile::Reconcile;
use super::command::release::Release;
use super::command::remedy::RemedyCommand;
use super::command::restore::Restore;
use super::command::stoplist::Stoplist;
use super::command::true_up::TrueUp;
use super::command::uploaded::Uploaded;
use super::command::worksheet::WorksheetCommand;
use crate::words::Language;

/// Pays people once while the systems that pay them are down.
#[derive(Debug, Parser)]
#[command(name = "stopgap", version, propagate_version = true, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    /// The folder of the workspace
    #[arg(long, global = true, env = "STOPGAP_WORKSPACE", default_value = ".", value_name = "DIR")]
    pub workspace: PathBuf,

    /// Give the result as one JSON document on stdout
    #[arg(long, global = true)]
    pub json: bool,

    /// The language of messages and screens: da or en [default: that of STOPGAP_LANG, LC_ALL, LC_MESSAGES or LANG]
    // The command line speaks before it is parsed, so `run` looks for it itself.
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = Language::ALL.map(Language::code))]
    pub lang: Option<String>,

    /// Who is acting (`init` takes one for each operator to enrol) [env: STOPGAP_OPERATOR]
    // The variable is read by hand: clap would take it for `init`'s repeated option too.
    #[arg(long, global = true, value_name = "NAME")]
    pub operator: Vec<String>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a workspace: settings, ledger, keys and at least two operators
    Init(Init),
    /// Enrol, list or retire operators
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Open, close or list episodes (one outage each)
    #[command(subcommand)]
    Episode(EpisodeCommand),
    /// Read and check lists: what `prepare` would do, with nothing recorded
    Check(Prepare),
    /// Prepare a batch of all rows that can be paid
    Prepare(Prepare),
    /// Show where everything stands and what comes next; takes no passphrase
    Status,
    /// Show who can be paid and is not yet, because others went first
    Waiting,
    /// Keep what was last paid, for a day without upstream
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// List, show or cancel batches
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Approve a batch that somebody else prepared
    Approve(Approve),
    /// Write the bank files of an approved batch, or its work sheets
    Release(Release),
    /// Batches that are typed by hand: take sheets back, see what is open, settle it
    #[command(subcommand)]
    Worksheet(WorksheetCommand),
    /// Record what the bank's portal said it received, and compare it with what left
    Uploaded(Uploaded),
    /// Compare two copies of a ledger: where they part, and what was released in both
    Compare {
        /// The other one's folder
        #[arg(value_name = "OTHER_WORKSPACE")]
        other: PathBuf,
    },
    /// Make this copy of a ledger the ledger: two people say so
    Adopt(Adopt),
    /// Read the bank's reports: pain.002, camt.052, camt.053, camt.054, MT940
    Outcome(Outcome),
    /// Compare with the restored systems' runs: who was paid twice, who is still owed
    Reconcile(Reconcile),
    /// Decide what is to be done about what `reconcile` found
    #[command(subcommand)]
    Remedy(RemedyCommand),
    /// After provisional pay: compare what was paid with what was truly owed
    TrueUp(TrueUp),
    /// Write what the fallback has paid, for upstream to load before its first run
    Stoplist(Stoplist),
    /// What the bank's door takes: built-in profiles, and a test file before it is needed
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// The files with personal data outside the ledger: list, end or review them
    #[command(subcommand)]
    Copies(CopiesCommand),
    /// Tell who is in a file, and with which fields
    Exposure(Exposure),
    /// Destroy what closed episodes say about people, with their keys, when their time has come
    Purge(Purge),
    /// Tell in words what was done, by whom: of an episode, an operator, a batch or a person
    Log(Log),
    /// Read the whole ledger again and compare everything with everything
    Verify {
        /// Open what is sealed and make every claim and bank file again; takes an operator's passphrase
        #[arg(long)]
        deep: bool,
        /// Compare with what is known on paper: a receipt code, or the receipt.json of a backup
        #[arg(long, value_name = "CODE|FILE")]
        receipt: Option<String>,
    },
    /// Make a ledger again from bank files and statements, when it and every backup are gone
    Rebuild(Rebuild),
    /// Copy the ledger, restore the copy and compare it
    Backup(Backup),
    /// Make a workspace of a backup
    Restore(Restore),
    /// Make a workspace for another office of the same payer
    #[command(subcommand)]
    Desk(DeskCommand),
    /// Take over what another desk has claimed and paid; name what both have
    Merge {
        /// The other desk's workspace
        #[arg(value_name = "OTHER_WORKSPACE")]
        other: PathBuf,
    },
    /// Say what a code means and what to do about it
    Explain(Explain),
    /// Rehearse a whole outage on made-up people, in a workspace of its own
    Drill(Drill),
}
