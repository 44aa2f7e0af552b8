//! The arguments, as written.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// List, show or cancel batches
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Approve a batch that somebody else prepared
    Approve(Approve),
    /// Write the bank files of an approved batch
    Release(Release),
    /// Read the bank's reports: pain.002, camt.052, camt.053, camt.054, MT940
    Outcome {
        /// The reports, as the bank gave them
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Compare with the restored systems' runs: who was paid twice, who is still owed
    Reconcile(Reconcile),
    /// Write what the fallback has paid, for upstream to load before its first run
    Stoplist {
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Read the whole ledger again and compare everything with everything
    Verify,
    /// Rehearse a whole outage on made-up people, in a workspace of its own
    Drill(Drill),
}

#[derive(Debug, Args)]
pub struct Init {
    /// The payer's name, as the bank files say it
    #[arg(long, value_name = "NAME")]
    pub payer: Option<String>,
    /// The payer's country: DK, GL, FO, SE, NO or FI
    #[arg(long)]
    pub country: Option<String>,
    /// The account that pays: domestic (6471-0001234567) or an IBAN
    #[arg(long)]
    pub account: Option<String>,
    /// The BIC of the payer's bank
    #[arg(long)]
    pub bic: Option<String>,
    /// The number by which the bank knows the payer, such as the CVR number
    #[arg(long, value_name = "NUMBER")]
    pub payer_id: Option<String>,
    /// The currency of all payments
    #[arg(long, default_value = "DKK")]
    pub currency: String,
    /// The bank message to write: pain.001.001.09 or pain.001.001.03
    #[arg(long, default_value = "pain.001.001.09")]
    pub message: String,
    /// The bank profile's name
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Enrol another operator; two who are enrolled vouch
    Add {
        name: String,
        /// The second of the two who vouch
        #[arg(long, value_name = "NAME")]
        second: String,
    },
    /// Show all operators
    List,
    /// End an operator's part; two who remain sign
    Retire {
        name: String,
        /// The second of the two who sign
        #[arg(long, value_name = "NAME")]
        second: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum EpisodeCommand {
    /// Open an episode; batches belong to the one that is open
    Open {
        name: String,
        /// Why there is one, in a few words
        #[arg(long, default_value = "")]
        reason: String,
        /// A scheme that is paid in it (may be repeated)
        #[arg(long)]
        scheme: Vec<String>,
        /// The period that it is about
        #[arg(long)]
        period: Option<String>,
    },
    /// Close the open episode
    Close { name: String },
    /// Show all episodes
    List,
}

#[derive(Debug, Args)]
pub struct Prepare {
    /// The lists: CSV files, or workbooks (XLSX, ODS)
    #[arg(required = true, value_name = "LIST")]
    pub lists: Vec<PathBuf>,
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
    /// The sheet that is meant, of lists that are workbooks [default: the only one with known headings]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// What one of the lists' own headings stands for: "Ydelse=scheme", or "Note=ignore" (may be repeated)
    #[arg(long, value_name = "HEADING=COLUMN")]
    pub map: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum BatchCommand {
    /// Show all batches
    List,
    /// Show what an approver needs to decide, and write the control sheet
    Show {
        batch: String,
        /// Show names, person numbers and accounts whole
        #[arg(long)]
        reveal: bool,
    },
    /// Give up a batch that has not been released
    Cancel { batch: String },
}

#[derive(Debug, Args)]
pub struct Approve {
    pub batch: String,
    /// The digest that you were shown; needed where there is no terminal to ask on
    #[arg(long, value_name = "HEX")]
    pub digest: Option<String>,
}

#[derive(Debug, Args)]
pub struct Release {
    pub batch: String,
}

#[derive(Debug, Args)]
pub struct Reconcile {
    /// The runs of the restored systems: lists with `status`, `paid_on` and `reference`
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub upstream: Vec<PathBuf>,
    /// The status of rows that give none
    #[arg(long, value_enum, default_value = "paid")]
    pub upstream_status: UpstreamStatusArgument,
    /// Bank reports to read first, as `outcome` reads them
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub statement: Vec<PathBuf>,
    /// The folder for findings and lists
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum UpstreamStatusArgument {
    Paid,
    Planned,
}

#[derive(Debug, Args)]
pub struct Drill {
    /// The folder to make; must not exist or be empty [default: stopgap-drill, or the next free number]
    pub folder: Option<PathBuf>,
    /// How many people to make up
    #[arg(long, default_value_t = crate::drill::Outage::QEQQATA)]
    pub recipients: u64,
    /// Which outage: the same seed makes the same people
    #[arg(long, default_value_t = 2022)]
    pub seed: u64,
}
