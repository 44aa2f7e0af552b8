//! From a batch's sealed payments to the bytes of its sheets. The same walk serves the plan, which only hashes, and the release, which writes.

use crate::batch::Sum;
use crate::checks::CheckedPayment;
use crate::fault::{Fault, Result};
use crate::ledger::Snapshot;
use crate::ledger::event::Environment;
use crate::ledger::state::BatchState;
use crate::ops::bank_files::Source;
use crate::ops::payments::{self, ReferencedPayment};
use crate::payment::{Amount, BatchId, Currency, EndToEndId};
use crate::say;
use crate::worksheet::{self, Labels, Line, Sheet};

/// What every sheet of a batch says besides its payments.
pub struct Letterhead<'a> {
    pub environment: Environment,
    pub batch: &'a BatchState,
    pub danish: bool,
    /// Whose bytes the sheets are to have.
    pub maker: u16,
}

/// One sheet as it is parted: its code, who is to type it, how many rows.
#[derive(Clone, Debug)]
pub struct Share {
    pub code: String,
    pub clerk: String,
    pub rows: u64,
}

/// A sheet's two files.
pub struct Rendered {
    pub stem: String,
    pub sum: Sum,
    pub page: Vec<u8>,
    pub workbook: Vec<u8>,
}

/// Makes every sheet of the batch, one after the other; `each` is told its place (from 0).
pub fn render(
    snapshot: &mut dyn Snapshot,
    source: &Source,
    letterhead: &Letterhead,
    shares: &[Share],
    each: &mut dyn FnMut(usize, Rendered) -> Result<()>,
) -> Result<()> {
    let currency = letterhead.batch.prepared.total().amount.currency();
    let mut walk = Walk::new(source.batch, currency, shares.iter().map(|share| share.rows).collect());
    let mut open: Option<(usize, Vec<Line>)> = None;
    let mut finish = |at: usize, lines: Vec<Line>| -> Result<()> {
        let rendered = render_one(letterhead, shares, at, lines)?;
        each(at, rendered)
    };
    payments::each(
        snapshot,
        source.ledger,
        source.batch,
        source.key,
        &mut |_, ReferencedPayment { end_to_end_id, payment }| {
            let (at, line) = walk.step(end_to_end_id, payment)?;
            match &mut open {
                Some((sheet, lines)) if *sheet == at => lines.push(line),
                _ => {
                    if let Some((sheet, lines)) = open.replace((at, vec![line])) {
                        finish(sheet, lines)?;
                    }
                }
            }
            Ok(())
        },
    )?;
    if let Some((sheet, lines)) = open {
        finish(sheet, lines)?;
    }
    walk.finish()
}

fn render_one(letterhead: &Letterhead, shares: &[Share], at: usize, lines: Vec<Line>) -> Result<Rendered> {
    let prepared = &letterhead.batch.prepared;
    let running = lines.last().map(|line| line.running);
    let sum =
        Sum { count: lines.len() as u64, amount: running.unwrap_or(Amount::zero(prepared.total().amount.currency())) };
    let sheet = Sheet {
        maker: letterhead.maker,
        code: shares[at].code.clone(),
        batch: prepared.id,
        number: at + 1,
        of: shares.len(),
        clerk: shares[at].clerk.clone(),
        payer: prepared.payer.name.clone(),
        from: worksheet::in_groups(&prepared.payer.account, letterhead.maker),
        drill: letterhead.environment == Environment::Drill,
        sum,
        lines,
    };
    let labels = Labels::of(letterhead.danish);
    let failed = |error: &dyn std::fmt::Display| {
        Fault::failed(
            "worksheet.unwritable",
            say!("Sheet {code} cannot be made: {error}.", code = sheet.code.as_str(), error = error.to_string()),
        )
    };
    let page = worksheet::page::render(&sheet, labels).map_err(|error| failed(&error))?;
    let workbook = worksheet::workbook::render(&sheet, labels).map_err(|error| failed(&error))?;
    Ok(Rendered { stem: worksheet::file_stem(&sheet), sum, page, workbook })
}

/// Gives each payment of a batch its sheet and row.
pub struct Walk {
    batch: BatchId,
    shares: Vec<u64>,
    sheet: usize,
    row: u32,
    running: Amount,
}

impl Walk {
    pub fn new(batch: BatchId, currency: Currency, shares: Vec<u64>) -> Self {
        Self { batch, shares, sheet: 0, row: 0, running: Amount::zero(currency) }
    }

    /// The payment's sheet (from 0), and its line there.
    pub fn step(&mut self, end_to_end_id: EndToEndId, payment: CheckedPayment) -> Result<(usize, Line)> {
        while self.shares.get(self.sheet).is_some_and(|share| u64::from(self.row) == *share) {
            (self.sheet, self.row, self.running) = (self.sheet + 1, 0, Amount::zero(self.running.currency()));
        }
        if self.sheet == self.shares.len() {
            return Err(self.other_payments());
        }
        self.row += 1;
        self.running = self.running.checked_add(payment.amount).map_err(|_| self.other_payments())?;
        Ok((self.sheet, Line { row: self.row, end_to_end_id, payment, running: self.running }))
    }

    /// Whether every place was taken.
    pub fn finish(self) -> Result<()> {
        let last_is_full = self.shares.last().is_none_or(|share| u64::from(self.row) == *share);
        if self.sheet + 1 >= self.shares.len() && last_is_full { Ok(()) } else { Err(self.other_payments()) }
    }

    fn other_payments(&self) -> Fault {
        Fault::failed(
            "ledger.damaged",
            say!("Batch {batch} does not hold the payments that were prepared.", batch = self.batch.to_string()),
        )
        .remedy(say!("Do not release from this folder. Restore the newest backup."))
    }
}
