//! `worksheet list` and `worksheet show`: who has which sheet, what is open, and what the bank says of what was typed.

use std::collections::BTreeMap;

use super::super::{Workspace, World, batches};
use super::{each_line, find};
use crate::batch::Sum;
use crate::fault::Result;
use crate::ledger::outcome::{PaymentStanding, Standing, standing_of, unexplained_debits};
use crate::ledger::worksheets::{SheetVerdict, TypedRow};
use crate::payment::{Amount, BatchId};
use crate::worksheet::{Line, SheetCode};

/// One sheet in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetView {
    pub code: String,
    pub batch: BatchId,
    pub clerk: String,
    pub sum: Sum,
    /// Rows that came back ticked.
    pub typed: u64,
    /// Rows that two people settled, either way.
    pub settled: u64,
    /// Rows that the bank has booked.
    pub booked: u64,
    /// Rows of which neither the sheet, nor two people, nor the bank says what became.
    pub open: Sum,
    /// Rows that need a person: typed or booked with another amount, with two receipts, booked twice, or booked although never typed.
    pub wrong: u64,
}

/// One row, and all that is known of it.
pub struct RowView {
    pub line: Line,
    pub typed: Vec<TypedRow>,
    pub decided: Option<SheetVerdict>,
    pub standing: PaymentStanding,
    /// Debits of its amount that nothing explains: one of them may be this row. Only for rows that are open.
    pub offered: Vec<Option<chrono::NaiveDate>>,
}

impl RowView {
    pub fn is_open(&self) -> bool {
        self.typed.is_empty() && self.decided.is_none() && matches!(self.standing.standing, Standing::None)
    }

    pub fn is_wrong(&self) -> bool {
        let amount = self.line.payment.amount.minor_units();
        self.typed.len() > 1
            || self.typed.iter().any(|typed| typed.amount != amount)
            || self.standing.standing == Standing::Doubled
            || self.standing.contradictory
            || self.decided == Some(SheetVerdict::NotTyped) && !self.typed.is_empty()
    }
}

/// All sheets, or those of one batch. Sheets of which the people were purged are left out, and counted.
pub fn list(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    only: Option<BatchId>,
) -> Result<(Vec<SheetView>, u64)> {
    let wanted: Vec<BatchId> = match only {
        Some(id) => vec![batches::find(&workspace.state, id)?.prepared.id],
        None => workspace.state.batches.keys().copied().collect(),
    };
    let (mut sheets, mut purged) = (Vec::new(), 0);
    let mut unlocked = None;
    for id in wanted {
        let batch = batches::find(&workspace.state, id)?.clone();
        let Some(of_batch) = batch.sheets.as_ref() else { continue };
        if workspace.state.is_batch_purged(&batch) {
            purged += of_batch.release.sheets.len() as u64;
            continue;
        }
        if unlocked.is_none() {
            unlocked = Some(workspace.unlock(world, who)?);
        }
        let Some(who) = &unlocked else { continue };
        let mut rows: BTreeMap<usize, Vec<RowView>> = BTreeMap::new();
        each_row(workspace, who, id, &mut |sheet, row| rows.entry(sheet).or_default().push(row))?;
        for (at, planned) in of_batch.release.sheets.iter().enumerate() {
            let rows = rows.remove(&at).unwrap_or_default();
            let clerk = of_batch.returned.get(at).map(|sheet| sheet.clerk.clone()).unwrap_or_default();
            sheets.push(view(planned.code.clone(), id, clerk, planned.sum, &rows));
        }
    }
    Ok((sheets, purged))
}

fn view(code: String, batch: BatchId, clerk: String, sum: Sum, rows: &[RowView]) -> SheetView {
    let count = |wanted: fn(&RowView) -> bool| rows.iter().filter(|row| wanted(row)).count() as u64;
    let mut open = Sum::zero(sum.amount.currency());
    // A part of what could be added up can be added up.
    for row in rows.iter().filter(|row| row.is_open()) {
        let _ = open.add(row.line.payment.amount);
    }
    SheetView {
        code,
        batch,
        clerk,
        sum,
        typed: count(|row| !row.typed.is_empty()),
        settled: count(|row| row.decided.is_some()),
        booked: count(|row| row.standing.bookings > 0),
        open,
        wrong: count(RowView::is_wrong),
    }
}

pub struct SheetShown {
    pub view: SheetView,
    pub rows: Vec<RowView>,
}

pub fn show(workspace: &mut Workspace, world: &World, who: Option<&str>, code: &SheetCode) -> Result<SheetShown> {
    let found = find(&workspace.state, code)?;
    let (batch, number) = (found.batch.prepared.id, usize::from(found.number));
    let (whole, clerk, sum) = (found.planned.code.clone(), found.state.clerk.clone(), found.planned.sum);
    super::super::purge::refuse_if_purged(&workspace.state, batches::episode(&workspace.state, found.batch)?)?;
    let who = workspace.unlock(world, who)?;
    let mut rows = Vec::new();
    each_row(workspace, &who, batch, &mut |sheet, row| {
        if sheet + 1 == number {
            rows.push(row);
        }
    })?;
    let mut debits: BTreeMap<Amount, Vec<Option<chrono::NaiveDate>>> = BTreeMap::new();
    unexplained_debits(&mut *workspace.read()?, &mut |debit| {
        debits.entry(debit.amount).or_default().push(debit.booked_on);
        Ok(())
    })?;
    for row in rows.iter_mut().filter(|row| row.is_open()) {
        row.offered = debits.get(&row.line.payment.amount).cloned().unwrap_or_default();
    }
    Ok(SheetShown { view: view(whole, batch, clerk, sum, &rows), rows })
}

/// Every row of a batch's sheets with what is known of it; the sheet's place counts from 0.
fn each_row(
    workspace: &mut Workspace,
    who: &super::super::Unlocked,
    batch: BatchId,
    visit: &mut dyn FnMut(usize, RowView),
) -> Result<()> {
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    let mut snapshot = workspace.read()?;
    let mut lines = Vec::new();
    each_line(&mut *snapshot, &state, (who, &keys), batch, &mut |sheet, line| {
        lines.push((sheet, line));
        Ok(())
    })?;
    let sheets = state.batches.get(&batch).and_then(|batch| batch.sheets.as_ref());
    for (sheet, line) in lines {
        let Some((claim, live)) = snapshot.claim_ever(&line.end_to_end_id)? else { continue };
        let evidence = snapshot.evidence_of(&line.end_to_end_id)?;
        let stands = sheets.and_then(|sheets| sheets.returned.get(sheet));
        let row = RowView {
            typed: stands.and_then(|stands| stands.typed.get(&line.row)).cloned().unwrap_or_default(),
            decided: stands.and_then(|stands| stands.decided.get(&line.row)).copied(),
            standing: standing_of(&claim, live, &evidence),
            offered: Vec::new(),
            line,
        };
        visit(sheet, row);
    }
    Ok(())
}

/// The rows of a batch that are open, for whoever closes its episode. `None` where it left by another door, or is purged.
pub(in crate::ops) fn open_rows(
    workspace: &mut Workspace,
    who: &super::super::Unlocked,
    batch: BatchId,
) -> Result<Option<Sum>> {
    let kept = batches::find(&workspace.state, batch)?;
    if kept.sheets.is_none() || workspace.state.is_batch_purged(kept) {
        return Ok(None);
    }
    let mut open = Sum::zero(workspace.state.currency);
    each_row(workspace, who, batch, &mut |_, row| {
        if row.is_open() {
            let _ = open.add(row.line.payment.amount);
        }
    })?;
    Ok(Some(open))
}
