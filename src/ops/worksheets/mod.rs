//! Work sheets: a batch leaves on paper, is typed by hand, and comes back ticked.

pub mod hand;
pub(super) mod making;
pub mod overview;
pub mod release;
pub mod returning;
pub mod settle;

use super::key_store::Unlocked;
use super::payments::{self, ReferencedPayment};
use super::{Workspace, batches};
use crate::checks::typed;
use crate::fault::{Fault, Result};
use crate::ledger::state::BatchState;
use crate::ledger::worksheets::{PlannedSheet, SheetState, Sheets};
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::key_store::KeyStore;
use crate::payment::BatchId;
use crate::say;
use crate::worksheet::{Line, SheetCode};

/// A sheet that a code names: its batch, its number (from 1), and how it stands.
pub(super) struct Found<'a> {
    pub batch: &'a BatchState,
    pub number: u16,
    pub planned: &'a PlannedSheet,
    pub state: &'a SheetState,
}

pub(super) fn find<'a>(state: &'a LedgerState, code: &SheetCode) -> Result<Found<'a>> {
    let unknown = || {
        Fault::input(
            "worksheet.unknown",
            say!("There is no work sheet {code} in this ledger.", code = code.to_string()),
        )
        .remedy(say!("`stopgap worksheet list` shows all sheets."))
    };
    let batch = state.batches.get(&code.batch).ok_or_else(unknown)?;
    let at = usize::from(code.number) - 1;
    let sheets = batch.sheets.as_ref().ok_or_else(unknown)?;
    match (sheets.release.sheets.get(at), sheets.returned.get(at)) {
        (Some(planned), Some(state)) if code.names(&planned.code) => {
            Ok(Found { batch, number: code.number, planned, state })
        }
        _ => Err(unknown()),
    }
}

/// The rows of every sheet of a batch, in order: the sheet's place (from 0) and the line.
pub(super) fn each_line(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    (who, keys): (&Unlocked, &KeyStore),
    batch: BatchId,
    visit: &mut dyn FnMut(usize, Line) -> Result<()>,
) -> Result<()> {
    let kept = batches::find(state, batch)?;
    let Some(Sheets { release, .. }) = &kept.sheets else { return Ok(()) };
    let key = who.episode_key(keys, batches::episode(state, kept)?.key)?;
    let shares = release.sheets.iter().map(|sheet| sheet.sum.count).collect();
    let mut walk = making::Walk::new(batch, state.currency, shares);
    payments::each(snapshot, state.ledger, batch, &key, &mut |_, ReferencedPayment { end_to_end_id, payment }| {
        let (sheet, line) = walk.step(end_to_end_id, payment)?;
        visit(sheet, line)
    })
}

impl Workspace {
    /// The code as typed, or a fault that says how codes look.
    pub fn sheet_code(text: &str) -> Result<SheetCode> {
        text.parse().map_err(|_| {
            Fault::input(
                "worksheet.unknown",
                say!("`{text}` is no work sheet: sheets are called B0001-S1-7KQ4 and so on.", text = typed(text)),
            )
        })
    }
}
