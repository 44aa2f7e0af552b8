//! The list's own control total: a last row that says what its amounts should add up to. It is never paid; where it disagrees with the
//! rows, something was lost or changed on the way, and the list is refused.
//!
//! The style of the amounts is known only at the end of the list, so the sums are kept apart until then: one of the amounts that mean the
//! same in every style, one for each way of writing a lone group of three.

use crate::fault::Fault;
use crate::payment::{Amount, Currency};
use crate::say;
use crate::words::{Argument, Message};

use super::amount_style::{AmountStyle, Mark, Says, WrittenAmount};
use super::columns::{Column, ColumnMap};
use super::csv_rows::refusal;
use super::headings::fold;
use super::row::Row;

const WORDS: [&str; 5] = ["total", "sum", "ialt", "summa", "totalt"];

/// A row that is the control total if no other row follows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct TotalRow {
    pub(super) row: u32,
    /// What stands in the column of amounts.
    pub(super) in_column: WrittenAmount,
    /// The one amount elsewhere in the row, where that column is empty.
    elsewhere: Option<WrittenAmount>,
}

impl TotalRow {
    /// Whether the row holds no person's or organisation's number and its first filled cell says "total".
    pub(super) fn of(cells: &Row, columns: &ColumnMap, row: u32, currency: Currency) -> Option<Self> {
        let record = &cells.cells;
        let filled = |at: &usize| record.get(*at).is_some_and(|cell| !super::trim(cell).is_empty());
        let word_at = (0..record.len()).find(filled).filter(|at| record.get(*at).is_some_and(says_total))?;
        let numbers = [Column::PersonId, Column::OrganisationId].map(|column| columns.cell(column));
        if numbers.iter().flatten().any(|at| *at != word_at && filled(at)) {
            return None;
        }
        let amount_at = columns.cell(Column::Amount).unwrap_or(usize::MAX);
        // The sum of many binary fractions is off behind the fifteenth digit, which no spreadsheet shows.
        let in_column = match cells.amount_as_shown.as_str() {
            "" => record.get(amount_at).unwrap_or_default(),
            shown => shown,
        };
        let in_column = WrittenAmount::read(in_column, currency);
        let mut others = record.iter().enumerate().filter(|(at, _)| *at != amount_at && *at != word_at);
        let mut amounts = others.by_ref().map(|(_, cell)| WrittenAmount::read(cell, currency)).filter(is_amount);
        let elsewhere = match (filled(&amount_at), amounts.next(), amounts.next()) {
            (false, Some(amount), None) => Some(amount),
            _ => None,
        };
        Some(Self { row, in_column, elsewhere })
    }
}

fn is_amount(written: &WrittenAmount) -> bool {
    written.minor_units.is_ok()
}

fn says_total(cell: &str) -> bool {
    // The longest, "t.o.t.a.l.t :" and its like, is short; most cells need no folding.
    let cell = super::trim(cell);
    if cell.len() > 32 || !cell.starts_with(['t', 'T', 's', 'S', 'i', 'I']) {
        return false;
    }
    let folded = fold(cell);
    WORDS.contains(&folded.strip_suffix(':').unwrap_or(&folded))
}

/// Some rows of many: the first of them, and how many there are.
#[derive(Clone, Debug, Default)]
struct Rows {
    first: Vec<u32>,
    count: u64,
}

impl Rows {
    const NAMED: usize = 5;

    fn add(&mut self, row: u32) {
        self.count += 1;
        if self.first.len() < Self::NAMED {
            self.first.push(row);
        }
    }

    fn extend(&mut self, other: &Rows) {
        self.count += other.count;
        self.first.extend(&other.first);
        self.first.sort_unstable();
        self.first.truncate(Self::NAMED);
    }

    fn named(&self) -> Message {
        let rows: Vec<String> = self.first.iter().map(u32::to_string).collect();
        match (self.count - self.first.len() as u64, rows.as_slice()) {
            (0, [row]) => say!("row {row}", row),
            (0, [rows @ .., last]) => say!("rows {rows} and {last}", rows = rows.join(", "), last),
            (more, rows) => say!("rows {rows} and {more} more", rows = rows.join(", "), more),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Sum {
    minor_units: i128,
    rows: Rows,
}

impl Sum {
    fn add(&mut self, minor_units: i64, row: u32) {
        self.minor_units += i128::from(minor_units);
        self.rows.add(row);
    }
}

/// What the amounts of the rows add up to, whatever style they turn out to be written in.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    clear: Sum,
    /// Lone groups of three (`1.234`, `1,234`), as thousands.
    by_points: Sum,
    by_commas: Sum,
    unreadable: Rows,
}

impl Sums {
    pub(super) fn add(&mut self, written: &WrittenAmount, row: u32) {
        match (written.minor_units, written.says) {
            (Err(_), _) => self.unreadable.add(row),
            (Ok(minor_units), Says::LoneGroup(Mark::Point)) => self.by_points.add(minor_units, row),
            (Ok(minor_units), Says::LoneGroup(_)) => self.by_commas.add(minor_units, row),
            (Ok(minor_units), _) => self.clear.add(minor_units, row),
        }
    }

    /// The sum of what can be read under the style, and the rows that cannot.
    fn settled(&self, style: AmountStyle) -> (i128, Rows) {
        let (mut sum, mut unreadable) = (self.clear.minor_units, self.unreadable.clone());
        for (groups, readable) in [
            (&self.by_points, style == AmountStyle::DecimalComma),
            (&self.by_commas, style == AmountStyle::DecimalPoint),
        ] {
            if readable {
                sum += groups.minor_units;
            } else {
                unreadable.extend(&groups.rows);
            }
        }
        (sum, unreadable)
    }

    /// The control total, once it agrees with the rows. `None` where the row says "total" and no figure.
    pub(super) fn agree(
        &self,
        total: &TotalRow,
        style: AmountStyle,
        list: &str,
        currency: Currency,
    ) -> Result<Option<Amount>, Fault> {
        let Some(written) = total.elsewhere.or(Some(total.in_column).filter(|cell| !is_missing(cell))) else {
            return Ok(None);
        };
        let Ok(minor_units) = written.minor_units else {
            return Err(refusal(
                "list.total_mismatch",
                list,
                total.row,
                say!("the total cannot be read as an amount."),
            )
            .remedy(say!("Correct it, or take the row out.")));
        };
        let (sum, unreadable) = self.settled(style);
        if sum == i128::from(minor_units) || self.agrees_undecided(style, minor_units) {
            return Ok(Some(Amount::from_minor_units(minor_units, currency)));
        }
        Err(mismatch(list, total.row, minor_units, sum, &unreadable, currency))
    }

    /// In a column whose style stays open, a total that agrees when all are read as thousands contradicts nothing. The rows in question
    /// are rejected each on its own.
    fn agrees_undecided(&self, style: AmountStyle, minor_units: i64) -> bool {
        let thousands = self.clear.minor_units + self.by_points.minor_units + self.by_commas.minor_units;
        style == AmountStyle::Unsettled && self.unreadable.count == 0 && thousands == i128::from(minor_units)
    }
}

fn is_missing(written: &WrittenAmount) -> bool {
    written.minor_units == Err(super::AmountError::Missing)
}

fn mismatch(list: &str, row: u32, total: i64, sum: i128, unreadable: &Rows, currency: Currency) -> Fault {
    let (says, adds_up) = (printed(total.into(), currency), printed(sum, currency));
    let difference = printed((i128::from(total) - sum).abs(), currency);
    let mut what = say!(
        "the total says {says}, but the rows add up to {adds_up}: a difference of {difference} {currency}.",
        says,
        adds_up,
        difference,
        currency
    );
    if unreadable.count > 0 {
        what = what.and(say!("Without an amount that can be read: {rows}.", rows = unreadable.named()));
    }
    refusal("list.total_mismatch", list, row, what)
        .remedy(say!("Find the row that is missing, doubled or changed, or correct the total."))
}

fn printed(minor_units: i128, currency: Currency) -> Argument {
    match i64::try_from(minor_units) {
        Ok(minor_units) => Amount::from_minor_units(minor_units, currency).into(),
        Err(_) => format!("{}.{:02}", minor_units / 100, (minor_units % 100).abs()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> ColumnMap {
        let mut columns = ColumnMap::new(false);
        for (at, column) in [Column::PersonId, Column::Name, Column::Amount].into_iter().enumerate() {
            columns.assign(column, column.as_str(), at);
        }
        columns
    }

    fn total_row(cells: &[&str]) -> Option<TotalRow> {
        TotalRow::of(&row(cells), &columns(), 9, Currency::Dkk)
    }

    fn row(cells: &[&str]) -> Row {
        Row { cells: cells.iter().copied().collect(), ..Row::default() }
    }

    #[test]
    fn a_spreadsheets_sum_counts_to_the_digits_it_shows() {
        let mut cells = row(&["Total", "", "12345.300000000003"]);
        assert!(
            TotalRow::of(&cells, &columns(), 9, Currency::Dkk)
                .is_some_and(|total| total.in_column.minor_units.is_err())
        );
        cells.amount_as_shown = "12345.30".into();
        let total = TotalRow::of(&cells, &columns(), 9, Currency::Dkk).expect("a total row");
        assert_eq!(total.in_column.minor_units, Ok(1_234_530));
    }

    #[test]
    fn a_total_row_says_so_in_its_first_filled_cell_and_holds_no_number() {
        for cells in [
            ["Total", "", "100,00"],
            ["", "total", "100,00"],
            ["", "I alt:", "100,00"],
            ["SUM", "", "100,00"],
            ["", "Summa :", "100,00"],
            ["totalt", "3 personer", "100,00"],
            ["", "i-alt", ""],
        ] {
            assert!(total_row(&cells).is_some(), "{cells:?}");
        }
        for cells in [
            ["0101901234", "Total", "100,00"],
            ["", "Sumatra", "100,00"],
            ["", "Total Hansen", "100,00"],
            ["", "3 personer", "Total"],
            ["x", "Total", "100,00"],
            ["", "", "100,00"],
        ] {
            assert!(total_row(&cells).is_none(), "{cells:?}");
        }
    }

    #[test]
    fn a_number_anywhere_makes_it_somebodys_row() {
        let mut columns = columns();
        columns.assign(Column::OrganisationId, "cvr", 3);
        for (cells, is_total) in [(["Total", "", "1,00", ""], true), (["Total", "", "1,00", "12345678"], false)] {
            assert_eq!(TotalRow::of(&row(&cells), &columns, 9, Currency::Dkk).is_some(), is_total, "{cells:?}");
        }
    }

    /// Amounts of rows 2, 3, …; the total row; the outcome: the total, or a part of the message.
    type Case<'a> = (&'a [&'a str], &'a [&'a str], Result<Option<i64>, &'a str>);

    #[test]
    fn the_total_agrees_or_the_list_is_refused_with_both_figures() {
        let table: [Case; 14] = [
            (&["100,00", "50,50"], &["Total", "", "150,50"], Ok(Some(15_050))),
            (&["100,00", "50,50"], &["Total", "", "150.50"], Ok(Some(15_050))),
            (&["1.000", "0,50"], &["Total", "", "1.000,50"], Ok(Some(100_050))),
            (&["1,000", "0.50"], &["Total", "", "1000.50"], Ok(Some(100_050))),
            (&["500", "734"], &["Total", "", "1.234"], Ok(Some(123_400))),
            (&["1.000", "2.000"], &["Total", "", "3.000"], Ok(Some(300_000))),
            (&["100,00"], &["Total", "", ""], Ok(None)),
            (&["100,00"], &["Total", "100,00", ""], Ok(Some(10_000))),
            (&["100,00"], &["Total", "1", "", "100,00"], Ok(None)),
            (
                &["100,00", "50,50"],
                &["Total", "", "1.150,50"],
                Err("row 9: the total says 1,150.50, but the rows add up to 150.50: a difference of 1,000.00 DKK."),
            ),
            (&["100,00", "x", ""], &["Total", "", "150,50"], Err("Without an amount that can be read: rows 3 and 4.")),
            (&["1.000", "x"], &["Total", "", "1.500"], Err("rows 2 and 3")),
            (&["x", "x", "x", "x", "x", "x", "x"], &["Total", "", "1"], Err("rows 2, 3, 4, 5, 6 and 2 more")),
            (&["100,00"], &["Total", "", "#REF!"], Err("the total cannot be read")),
        ];
        for (amounts, total, expected) in table {
            let cells = amounts.iter().copied().chain(total.get(2).copied());
            let style = AmountStyle::settle(cells, Currency::Dkk);
            let mut sums = Sums::default();
            for (row, amount) in (2..).zip(amounts) {
                sums.add(&WrittenAmount::read(amount, Currency::Dkk), row);
            }
            let total_row = total_row(total).expect("a total row");
            match (sums.agree(&total_row, style, "a.csv", Currency::Dkk), expected) {
                (Ok(agreed), Ok(expected)) => {
                    assert_eq!(agreed.map(Amount::minor_units), expected, "{amounts:?} {total:?}")
                }
                (Err(fault), Err(part)) => {
                    assert_eq!(fault.code, "list.total_mismatch");
                    assert!(fault.message.contains(part), "{part} in {}", fault.message);
                }
                (outcome, _) => panic!("{amounts:?} {total:?} gave {outcome:?}"),
            }
        }
    }

    #[test]
    fn sums_beyond_any_amount_are_refused_not_wrapped() {
        let mut sums = Sums::default();
        let most = WrittenAmount::read("92233720368547758,07", Currency::Dkk);
        for row in 2..5 {
            sums.add(&most, row);
        }
        let total = total_row(&["Total", "", "1,00"]).expect("a total row");
        let fault = sums.agree(&total, AmountStyle::DecimalComma, "a.csv", Currency::Dkk).expect_err("refused");
        assert!(fault.message.contains("276701161105643274.21"), "{}", fault.message);
    }
}
