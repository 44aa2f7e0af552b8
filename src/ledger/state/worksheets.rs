//! The rules of work sheets: what leaves is what was approved, whole and once; no receipt stands for two payments; what two people have said
//! is not said again.

use std::collections::BTreeSet;

use super::{BatchPhase, LedgerState, RuleBroken, broken};
use crate::batch::Sum;
use crate::ledger::idempotency::Pseudonym;
use crate::ledger::worksheets::{
    RowDoubt, SheetDecision, SheetRelease, SheetReturn, SheetState, SheetVerdict, Sheets, TypedRow,
};
use crate::payment::{BatchId, EndToEndId};
use crate::words::ungrouped;
use crate::{phrase, say};

impl LedgerState {
    pub(super) fn begin_sheets(&mut self, release: SheetRelease, at: i64) -> Result<(), RuleBroken> {
        let id = release.batch;
        let mut sum = Sum::zero(self.currency);
        for sheet in &release.sheets {
            let amount = sum.amount.checked_add(sheet.sum.amount);
            let added = amount.ok().zip(sum.count.checked_add(sheet.sum.count));
            let Some((amount, count)) = added.filter(|_| sheet.sum.count > 0) else {
                return broken(say!("parts batch {id} into sheets whose sums cannot be", id));
            };
            sum = Sum { count, amount };
        }
        let codes: BTreeSet<&str> = release.sheets.iter().map(|sheet| sheet.code.as_str()).collect();
        if codes.len() != release.sheets.len() {
            return broken(say!("gives two sheets of batch {id} one code", id));
        }
        if self.batches.get(&id).is_some_and(|batch| batch.prepared.total() != sum) {
            return broken(say!("parts batch {id} into sheets that do not add up to it", id));
        }
        self.begin_release(id, release.digest, at)?;
        let returned = release.sheets.iter();
        let returned = returned.map(|sheet| SheetState { clerk: sheet.clerk.clone(), ..SheetState::default() });
        let sheets = Sheets { returned: returned.collect(), release };
        self.batch_in(id, &[BatchPhase::Releasing], phrase!("makes sheets of"))?.sheets = Some(sheets);
        Ok(())
    }

    pub(super) fn return_sheet(&mut self, came: SheetReturn, entry: u64) -> Result<(), RuleBroken> {
        let mut met: BTreeSet<Pseudonym> = self.receipts().map(|(_, row)| row.receipt).collect();
        if came.rows.is_empty() {
            return broken(say!("records a sheet on which nothing is new"));
        }
        for row in &came.rows {
            if !met.insert(row.receipt) {
                return broken(say!("records one receipt of the bank for two rows"));
            }
            if row.amount <= 0 {
                return broken(say!("records a row that was typed with no amount"));
            }
        }
        let (sheet, rows) = self.sheet_mut(came.batch, came.sheet)?;
        if came.rows.iter().any(|row| !(1..=rows).contains(&u64::from(row.row))) {
            return broken(say!("records a row that its sheet does not have"));
        }
        for row in came.rows {
            sheet.typed.entry(row.row).or_default().push(row);
        }
        sheet.returns.push(entry);
        Ok(())
    }

    pub(super) fn decide_rows(&mut self, decided: &SheetDecision) -> Result<(), RuleBroken> {
        let (sheet, rows) = self.sheet_mut(decided.batch, decided.sheet)?;
        if decided.rows.is_empty() {
            return broken(say!("settles no row of a sheet"));
        }
        let mut met = BTreeSet::new();
        for (row, _) in &decided.rows {
            if !(1..=rows).contains(&u64::from(*row)) || !met.insert(*row) {
                return broken(say!("settles a row that its sheet does not have, or one twice"));
            }
            // That a debit was the row's can be said of one whose receipt the bank does not know.
            let can_be_said = decided.verdict == SheetVerdict::Typed && !sheet.decided.contains_key(row);
            if sheet.is_told(*row) && !can_be_said {
                return broken(say!(
                    "settles row {row} of a sheet, of which it is known what became",
                    row = ungrouped(*row)
                ));
            }
        }
        sheet.decided.extend(decided.rows.iter().map(|(row, _)| (*row, decided.verdict)));
        Ok(())
    }

    pub(super) fn hand_sheet(&mut self, batch: BatchId, number: u16, to: &str) -> Result<(), RuleBroken> {
        if to.trim().is_empty() {
            return broken(say!("hands a sheet to nobody"));
        }
        self.sheet_mut(batch, number)?.0.clerk = to.to_owned();
        Ok(())
    }

    /// A sheet by its number, from 1, and how many rows it has.
    fn sheet_mut(&mut self, batch: BatchId, number: u16) -> Result<(&mut SheetState, u64), RuleBroken> {
        let left = [BatchPhase::Releasing, BatchPhase::Released];
        let sheets = self.batch_in(batch, &left, phrase!("takes a sheet of"))?.sheets.as_mut();
        let at = usize::from(number).checked_sub(1);
        let found = sheets.zip(at).and_then(|(sheets, at)| {
            let rows = sheets.release.sheets.get(at)?.sum.count;
            Some((sheets.returned.get_mut(at)?, rows))
        });
        found.map_or_else(
            || broken(say!("speaks of sheet {number} of batch {batch}, which does not exist", number, batch)),
            Ok,
        )
    }

    /// Rows that may have been paid twice: of each payment its batch, its sheet and row, and what is the matter.
    pub fn rows_in_doubt(&self) -> impl Iterator<Item = (BatchId, EndToEndId, &str, u32, RowDoubt)> {
        let sheets = self.batches.iter().filter_map(|(id, batch)| Some((*id, batch.sheets.as_ref()?)));
        let each = sheets.flat_map(|(id, sheets)| {
            sheets.release.sheets.iter().zip(&sheets.returned).map(move |(planned, sheet)| (id, planned, sheet))
        });
        each.flat_map(|(id, planned, sheet)| {
            sheet.typed.iter().filter_map(move |(row, typed)| {
                let doubt = sheet.doubt(*row)?;
                Some((id, typed.first()?.payment, planned.code.as_str(), *row, doubt))
            })
        })
    }

    /// Every receipt that was ever written on a sheet, with its batch and row.
    pub fn receipts(&self) -> impl Iterator<Item = (BatchId, &TypedRow)> {
        let sheets = self.batches.iter().filter_map(|(id, batch)| Some((*id, batch.sheets.as_ref()?)));
        let each = sheets.flat_map(|(id, sheets)| sheets.returned.iter().map(move |sheet| (id, sheet)));
        each.flat_map(|(id, sheet)| sheet.typed.values().flatten().map(move |row| (id, row)))
    }
}
