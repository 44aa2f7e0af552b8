//! One row of a list as written: cells by column, trimmed, nothing judged yet.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};

use smallvec::SmallVec;

use super::amount_style::AmountStyle;
use super::columns::Column;
use super::date_order::DateOrder;
use super::row::Row;
use super::rows_file;
use super::survey::Found;

/// Characters by which rare things in a cell are known, the line of a payment slip (`+71<…`) and what a spreadsheet could not work out (`#REF!`,
/// `Err:502`), so that most rows need not be looked through for them.
pub(crate) const RARE: [u8; 3] = [b'<', b'#', b':'];

/// What one row asks for, in the words of the list. Refilled for each row, so that reading a million rows allocates for none of them.
#[derive(Clone, Default)]
pub struct Instruction {
    /// The row that a spreadsheet shows; headings are row 1 in most lists.
    pub row: u32,
    text: String,
    /// Where each column's cell lies in `text`, trimmed.
    cells: [(usize, usize); Column::ALL.len()],
    surplus_cells: bool,
    may_hold_rare: bool,
    hidden: bool,
    amount_style: AmountStyle,
    date_order: Option<DateOrder>,
}

impl Instruction {
    /// The cell without white space around it (no-break spaces too); empty where the list has no such column or the cell holds nothing.
    #[inline]
    pub fn cell(&self, column: Column) -> &str {
        let (start, end) = self.cells[column.index()];
        self.text.get(start..end).unwrap_or_default()
    }

    /// Whether the column's cell holds anything.
    pub fn is_filled(&self, column: Column) -> bool {
        let (start, end) = self.cells[column.index()];
        start < end
    }

    /// Whether one of [`RARE`] may stand in a cell. Never `false` where one does.
    pub fn may_hold_rare(&self) -> bool {
        self.may_hold_rare
    }

    /// Stands for all that the row says beside these columns, under whatever heading, but for white space and what parts cells; 0 where it says nothing
    /// more. Two rows that say different things hardly share it.
    pub fn besides(&self, columns: &[Column]) -> u64 {
        let mut known: SmallVec<[(usize, usize); 16]> =
            columns.iter().map(|column| self.cells[column.index()]).collect();
        known.sort_unstable();
        let (mut hasher, mut at, mut says_more) = (DefaultHasher::new(), 0, false);
        for (start, end) in known.into_iter().chain([(self.text.len(), self.text.len())]) {
            let between = self.text.as_bytes().get(at..start).unwrap_or_default();
            for byte in between.iter().filter(|byte| !byte.is_ascii_whitespace() && !b";,|\"".contains(byte)) {
                hasher.write_u8(*byte);
                says_more = true;
            }
            at = at.max(end);
        }
        if says_more { hasher.finish() } else { 0 }
    }

    /// The cells that hold something, in the order of the columns.
    pub fn filled(&self) -> impl Iterator<Item = (Column, &str)> {
        Column::ALL.into_iter().filter(|column| self.is_filled(*column)).map(|column| (column, self.cell(column)))
    }

    /// Whether cells beyond the last heading hold something: the sign of a row that has slipped sideways.
    pub fn surplus_cells(&self) -> bool {
        self.surplus_cells
    }

    /// Whether the spreadsheet that the row comes from hides it.
    pub fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// Which comes first in the list's dates with slashes, where the column tells.
    pub fn date_order(&self) -> Option<DateOrder> {
        self.date_order
    }

    /// How the column of amounts is written in the list that this row comes from.
    pub fn amount_style(&self) -> AmountStyle {
        self.amount_style
    }

    /// The same row without what it says in one column.
    pub fn leave_out(&mut self, column: Column) {
        self.cells[column.index()] = (0, 0);
    }

    /// Becomes a row that is kept elsewhere than in a list, of these cells.
    pub fn refill<'c>(&mut self, row: u32, cells: impl IntoIterator<Item = (Column, &'c str)>) {
        self.row = row;
        self.text.clear();
        self.cells = [(0, 0); Column::ALL.len()];
        self.surplus_cells = false;
        self.may_hold_rare = true;
        self.hidden = false;
        self.amount_style = AmountStyle::Unsettled;
        self.date_order = None;
        cells.into_iter().for_each(|(column, text)| self.write(column, text));
    }

    /// Writes a cell.
    pub fn write(&mut self, column: Column, text: &str) {
        let (start, text) = (self.text.len(), super::trim(text));
        self.text.push_str(text);
        self.cells[column.index()] = (start, start + text.len());
    }

    /// The same row of a list whose dates are in this order, for the tests of other modules.
    #[doc(hidden)]
    pub fn with_date_order(mut self, order: DateOrder) -> Instruction {
        self.date_order = Some(order);
        self
    }

    /// The same row, hidden, for the tests of other modules.
    #[doc(hidden)]
    pub fn hide(mut self) -> Instruction {
        self.hidden = true;
        self
    }

    /// An instruction of these cells, in row 2, for the tests of other modules.
    #[doc(hidden)]
    pub fn for_test(cells: &[(Column, &str)]) -> Instruction {
        let mut instruction = Instruction::default();
        instruction.refill(2, cells.iter().copied());
        instruction
    }

    /// Becomes a row of a list, whose text it takes away.
    pub(super) fn fill(&mut self, number: u32, row: &mut Row, found: &Found) {
        let (cells, columns) = (&mut row.cells, &found.columns);
        self.row = number;
        self.cells = [(0, 0); Column::ALL.len()];
        self.hidden = row.hidden;
        self.amount_style = found.amount_style;
        self.date_order = found.date_order;
        for (column, at) in columns.iter() {
            if let Some(place) = cells.place(at) {
                self.cells[column.index()] = trimmed(cells.text(), place, columns.is_rows_file());
            }
        }
        let beyond = columns.width()..cells.len();
        self.surplus_cells = beyond.filter_map(|at| cells.get(at)).any(|cell| !super::trim(cell).is_empty());
        self.may_hold_rare = cells.may_hold_rare();
        cells.give(&mut self.text);
    }
}

fn trimmed(text: &str, (start, end): (usize, usize), guarded: bool) -> (usize, usize) {
    if !guarded && text.as_bytes().get(start..end).is_some_and(super::begins_and_ends) {
        return (start, end);
    }
    let whole = text.get(start..end).unwrap_or_default();
    let cell = super::trim(whole);
    let start = start + (whole.len() - super::trim_start(whole).len());
    let end = start + cell.len();
    if guarded { (end - rows_file::unguarded(cell).len(), end) } else { (start, end) }
}

/// The row and no more: what is written in it belongs to a person.
impl fmt::Debug for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instruction(row {})", self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_says_beside_some_columns_is_told_apart() {
        let besides =
            |cells: &[(Column, &str)]| Instruction::for_test(cells).besides(&[Column::PersonId, Column::Amount]);
        let row = [(Column::PersonId, "0101901234"), (Column::Amount, "1,00")];
        assert_eq!(besides(&row), 0);
        let with = |text: &str| besides(&[row[0], (Column::Text, text), row[1]]);
        assert!(with("B-1") != 0 && with("B-1") != with("B-2") && with("B-1") == with(" B-1 "));
    }

    #[test]
    fn cells_for_tests_are_trimmed_like_those_of_a_list() {
        let instruction =
            Instruction::for_test(&[(Column::PersonId, " 0101901234\u{A0}"), (Column::Name, "Aka Made-Up")]);
        assert_eq!(instruction.cell(Column::PersonId), "0101901234");
        assert_eq!(instruction.cell(Column::Name), "Aka Made-Up");
        assert_eq!(instruction.cell(Column::Amount), "");
        assert_eq!(format!("{instruction:?}"), "Instruction(row 2)", "nobody's number is printed by accident");
    }
}
