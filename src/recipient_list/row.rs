//! One row of cells as text, whatever kind of file it was read from.

use csv::StringRecord;

/// Refilled for each row, so that reading a million of them allocates for none.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) record: StringRecord,
    /// A spreadsheet hides it.
    pub(super) hidden: bool,
    /// A spreadsheet holds the amount as a number: how the column writes its separators cannot be learned from it.
    pub(super) amount_is_number: bool,
    /// That number to the digits that a spreadsheet shows; empty without one.
    pub(super) amount_as_shown: String,
}

impl Row {
    pub(super) fn clear(&mut self) {
        self.record.clear();
        self.hidden = false;
        self.amount_is_number = false;
        self.amount_as_shown.clear();
    }
}
