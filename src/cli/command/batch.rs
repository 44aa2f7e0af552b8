//! `batch`: where the batches stand.

use clap::Subcommand;
use serde_json::json;

use super::{Answer, Arguments, json, open, read_batch, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ledger::event::Environment;
use crate::ledger::state::BatchPhase;
use crate::ops::{self, World};
use crate::say;

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
    /// Say that the rejected and held rows of a batch are dealt with
    Settle {
        batch: String,
        /// How: who was paid in another way, who is owed nothing; it is recorded
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Give up a batch that has not been released
    Cancel { batch: String },
}

pub fn batch(arguments: &Arguments, command: &BatchCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    match command {
        BatchCommand::List => Ok(Answer::done(screen::batch_list(&workspace.state), json::batches(&workspace.state))),
        BatchCommand::Show { batch, reveal } => {
            let view = ops::batches::show(&mut workspace, world, who, read_batch(batch)?)?;
            let drill = workspace.state.environment == Environment::Drill;
            let sheet = screen::control_sheet(&view, world.now, drill);
            let sheet = ops::batches::write_control_sheet(&mut workspace, world, who, view.batch.prepared.id, &sheet)?;
            let mut screen = screen::batch_shown(&view, *reveal, world.now);
            if let Some(sheet) = &sheet {
                let to_print = say!("Control sheet to print: {file}", file = sheet.display());
                screen.push_str(&format!("\n{to_print}\n"));
            }
            Ok(Answer::done(screen, json::batch_shown(&view, sheet.as_deref())))
        }
        BatchCommand::Settle { batch, reason } => {
            let id = read_batch(batch)?;
            let rows = ops::settle_rows::settle(&mut workspace, world, who, id, reason)?;
            let screen = screen::sentence(say!(
                "{rows:rejected or held row|rejected or held rows} of batch {id}: dealt with, by your word.",
                rows = rows.count(),
                id
            ));
            Ok(Answer::done(screen, json::rows_settled(id, &rows)))
        }
        BatchCommand::Cancel { batch } => {
            let id = read_batch(batch)?;
            ops::cancel::cancel(&mut workspace, world, who, id)?;
            let screen = screen::sentence(say!("Batch {id} is cancelled. Its payments can be prepared again.", id));
            Ok(Answer::done(screen, json!({ "batch": id.to_string(), "state": BatchPhase::Cancelled.as_str() })))
        }
    }
}
