//! `uploaded`: what the bank's portal said it received.

use clap::Args;
use serde_json::{Value, json};

use super::{Answer, Arguments, open, read_batch, who};
use crate::batch::Sum;
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::{self, World};
use crate::payment::{Amount, Currency};
use crate::recipient_list::{AmountStyle, read_amount};
use crate::say;

#[derive(Debug, Args)]
pub struct Uploaded {
    /// The batch, such as B0001
    pub batch: String,
    /// The portal's receipt or file number
    #[arg(long, value_name = "TEXT")]
    pub receipt: String,
    /// How many payments the portal says it received
    #[arg(long, value_name = "N")]
    pub count: u64,
    /// What the portal says they come to
    #[arg(long, value_name = "AMOUNT")]
    pub amount: String,
    /// The one file that it is about: its number, name or message id [default: the whole batch]
    #[arg(long, value_name = "FILE")]
    pub file: Option<String>,
}

pub fn uploaded(arguments: &Arguments, given: &Uploaded, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let request = ops::uploaded::Request {
        batch: read_batch(&given.batch)?,
        file: given.file.as_deref(),
        receipt: &given.receipt,
        count: given.count,
        amount: amount(&given.amount, workspace.state.currency)?,
    };
    let uploaded = ops::uploaded::uploaded(&mut workspace, world, who(arguments)?.as_deref(), &request)?;
    let sum = |sum: &Sum| json!({ "count": sum.count, "amount": sum.amount.to_string() });
    let json = json!({
        "batch": uploaded.batch.to_string(),
        "file": uploaded.file.as_ref().map(|file| Value::from(file.name.as_str())),
        "agrees": uploaded.agrees(),
        "released": sum(&uploaded.left),
        "received": sum(&uploaded.said),
        "earlier_receipts": uploaded.earlier,
        "already_recorded": uploaded.known,
        "files_waiting": uploaded.waiting,
    });
    Ok(Answer { screen: screen::uploaded(&uploaded), json, needs_a_person: uploaded.needs_a_person(), list: None })
}

/// As lists write it: `17.234,45`, `17,234.45`, `17234.45`.
pub(super) fn amount(text: &str, currency: Currency) -> Result<Amount> {
    read_amount(text, AmountStyle::Unsettled, currency).map_err(|_| {
        Fault::input("arguments", say!("“{text}” is no amount. Write it with two decimals, as in 17234.45.", text))
    })
}
