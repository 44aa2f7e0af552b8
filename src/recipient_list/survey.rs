//! The first look at a list, whole: what only all rows together can tell.

use crate::fault::Fault;
use crate::payment::{Amount, Currency};
use crate::say;

use super::amount_style::{AmountStyle, Evidence, WrittenAmount};
use super::columns::{Column, ColumnMap};
use super::control_total::{Sums, TotalRow};
use super::date_order::{self, DateOrder};
use super::headings::{self, ColumnAliases};
use super::row::{Cells, Row};

/// What the survey found out.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) columns: ColumnMap,
    /// The row of the headings; what stands above it is no part of the list.
    pub(super) headings_row: u32,
    pub(super) amount_style: AmountStyle,
    /// `None` where no date needs one, or the column does not tell.
    pub(super) date_order: Option<DateOrder>,
    pub(super) rows: u64,
    /// How many of these a spreadsheet hides.
    pub(super) hidden_rows: u64,
    /// The row that holds the control total, and is none to be paid.
    pub(super) total_row: Option<u32>,
    pub(super) control_total: Option<Amount>,
}

pub(super) struct Survey<'a> {
    list: &'a str,
    aliases: &'a ColumnAliases,
    currency: Currency,
    columns: Option<ColumnMap>,
    headings_row: u32,
    rows: u64,
    hidden_rows: u64,
    evidence: Evidence,
    dates: date_order::Evidence,
    sums: Sums,
    /// The row before, if it says "total": the control total, unless another row follows.
    total: Option<TotalRow>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(list: &'a str, aliases: &'a ColumnAliases, currency: Currency) -> Self {
        Self {
            list,
            aliases,
            currency,
            columns: None,
            headings_row: 0,
            rows: 0,
            hidden_rows: 0,
            evidence: Evidence::default(),
            dates: date_order::Evidence::default(),
            sums: Sums::default(),
            total: None,
        }
    }

    /// Known once the heading row has been seen.
    pub(super) fn columns(&self) -> Option<&ColumnMap> {
        self.columns.as_ref()
    }

    /// Takes in one row, the heading row first. Empty rows may be shown or not.
    pub(super) fn see(&mut self, number: u32, row: &Row) -> Result<(), Fault> {
        let record = &row.cells;
        if record.are_empty() {
            return Ok(());
        }
        let Some(columns) = &self.columns else {
            self.columns = Some(headings::map(record, number, self.list, self.aliases, self.currency)?);
            self.headings_row = number;
            return Ok(());
        };
        let currency = row_currency(record, columns).unwrap_or(self.currency);
        let total = TotalRow::of(row, columns, number, currency);
        let written = WrittenAmount::read(cell(record, columns, Column::Amount), currency);
        if total.is_none() {
            self.dates.weigh(cell(record, columns, Column::PayOn));
            self.hidden_rows += u64::from(row.hidden);
        }
        if !row.amount_is_number && !columns.is_rows_file() {
            self.evidence.weigh(&written);
        }
        self.count_former_total();
        match total {
            Some(total) => self.total = Some(total),
            None => self.count(&written, number),
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
            return Err(Fault::input("list.empty", say!("{list}: the list is empty.", list = self.list))
                .remedy(say!("Look whether it was saved, and whether it is the right file.")));
        };
        if self.rows == 0 {
            return Err(Fault::input(
                "list.empty",
                say!("{list}: there are headings, but no row below them.", list = self.list),
            )
            .remedy(say!("Look whether it is the right file, and whether a filter hid its rows when it was saved.")));
        }
        let amount_style = self.evidence.style();
        let control_total = match &self.total {
            Some(total) => self.sums.agree(total, amount_style, self.list, self.currency)?,
            None => None,
        };
        Ok(Found {
            columns,
            headings_row: self.headings_row,
            amount_style,
            date_order: self.dates.order(),
            rows: self.rows,
            hidden_rows: self.hidden_rows,
            total_row: self.total.map(|total| total.row),
            control_total,
        })
    }
}

/// The cell of a column, trimmed, and without the apostrophe of a `rows.csv`.
fn cell<'r>(record: &'r Cells, columns: &ColumnMap, column: Column) -> &'r str {
    let cell = super::trim(columns.cell(column).and_then(|at| record.get(at)).unwrap_or_default());
    if columns.is_rows_file() { super::rows_file::unguarded(cell) } else { cell }
}

fn row_currency(record: &Cells, columns: &ColumnMap) -> Option<Currency> {
    super::trim(record.get(columns.cell(Column::Currency)?)?).parse().ok()
}
