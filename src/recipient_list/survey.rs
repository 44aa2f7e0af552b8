//! The first look at a list, whole: what only all rows together can tell.

use csv::StringRecord;

use crate::fault::Fault;
use crate::payment::{Amount, Currency};

use super::amount_style::{AmountStyle, Evidence, WrittenAmount};
use super::columns::{Column, ColumnMap, Purpose};
use super::control_total::{Sums, TotalRow};
use super::headings::{self, ColumnAliases};

/// What the survey found out.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) columns: ColumnMap,
    pub(super) amount_style: AmountStyle,
    pub(super) rows: u64,
    /// The row that holds the control total, and is none to be paid.
    pub(super) total_row: Option<u32>,
    pub(super) control_total: Option<Amount>,
}

pub(super) struct Survey<'a> {
    list: &'a str,
    aliases: &'a ColumnAliases,
    currency: Currency,
    purpose: Purpose,
    columns: Option<ColumnMap>,
    rows: u64,
    evidence: Evidence,
    sums: Sums,
    /// The row before, if it says "total": the control total, unless another row follows.
    total: Option<TotalRow>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(list: &'a str, aliases: &'a ColumnAliases, currency: Currency, purpose: Purpose) -> Self {
        let (evidence, sums) = (Evidence::default(), Sums::default());
        Self { list, aliases, currency, purpose, columns: None, rows: 0, evidence, sums, total: None }
    }

    /// Takes in one row, the heading row first. Empty rows may be shown or not.
    pub(super) fn see(&mut self, row: u32, record: &StringRecord) -> Result<(), Fault> {
        if is_empty(record) {
            return Ok(());
        }
        let Some(columns) = &self.columns else {
            self.columns = Some(headings::map(record, row, self.list, self.aliases, self.currency, self.purpose)?);
            return Ok(());
        };
        let currency = row_currency(record, columns).unwrap_or(self.currency);
        let total = TotalRow::of(record, columns, row, currency);
        let cell = columns.cell(Column::Amount).and_then(|at| record.get(at)).unwrap_or_default();
        let cell = if columns.is_rows_file() { super::rows_file::unguarded(super::trim(cell)) } else { cell };
        let written = WrittenAmount::read(cell, currency);
        self.evidence.weigh(&written);
        self.count_former_total();
        match total {
            Some(total) => self.total = Some(total),
            None => self.count(&written, row),
        }
        Ok(())
    }

    /// A "total" that is not the last row is a row like any other.
    fn count_former_total(&mut self) {
        if let Some(former) = self.total.take() {
            self.count(&former.in_column, former.row);
        }
    }

    fn count(&mut self, written: &WrittenAmount, row: u32) {
        self.rows += 1;
        self.sums.add(written, row);
    }

    pub(super) fn finish(self) -> Result<Found, Fault> {
        let Some(columns) = self.columns else {
            return Err(Fault::input("list.empty", format!("{}: the list is empty.", self.list))
                .remedy("Look whether it was saved, and whether it is the right file."));
        };
        if self.rows == 0 {
            return Err(Fault::input(
                "list.empty",
                format!("{}: there are headings, but no row below them.", self.list),
            )
            .remedy("Look whether it is the right file, and whether a filter hid its rows when it was saved."));
        }
        let amount_style = self.evidence.style();
        let control_total = match &self.total {
            Some(total) => self.sums.agree(total, amount_style, self.list, self.currency)?,
            None => None,
        };
        let total_row = self.total.map(|total| total.row);
        Ok(Found { columns, amount_style, rows: self.rows, total_row, control_total })
    }
}

/// Whether no cell holds anything but white space.
pub(super) fn is_empty(record: &StringRecord) -> bool {
    super::trim(record.as_slice()).is_empty()
}

fn row_currency(record: &StringRecord, columns: &ColumnMap) -> Option<Currency> {
    super::trim(record.get(columns.cell(Column::Currency)?)?).parse().ok()
}
