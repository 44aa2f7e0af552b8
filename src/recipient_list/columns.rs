//! The columns of a list, and which cell of a row is which.

/// A column of a list, by its name in CONTRACT "A recipient list".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    PersonId,
    /// `cvr`, `orgnr`: an organisation instead of a person.
    OrganisationId,
    Name,
    Account,
    RegNo,
    Amount,
    Currency,
    Scheme,
    Period,
    Part,
    PayeeName,
    PayeeAccount,
    Text,
    PayOn,
    /// Whose registers the row's numbers are from, where that is not the workspace's country.
    Country,
    /// What became of the case since the last list: ended, dead, new, changed.
    Change,
    /// How urgent it is: 1 is the most urgent.
    Priority,
    /// What a supplier asks to be paid under: KID, OCR, viite, RF, FIK.
    PaymentReference,
    /// Of an upstream run: paid, planned or stopped.
    Status,
    /// Of an upstream run: when it was paid.
    PaidOn,
    /// Of an upstream run: its own reference, or ours.
    Reference,
}

impl Column {
    /// The columns of a list of recipients, which `rows.csv` has too.
    pub const OF_RECIPIENTS: &[Column] = Self::ALL.split_at(18).0;

    pub const ALL: [Column; 21] = [
        Column::PersonId,
        Column::OrganisationId,
        Column::Name,
        Column::Account,
        Column::RegNo,
        Column::Amount,
        Column::Currency,
        Column::Scheme,
        Column::Period,
        Column::Part,
        Column::PayeeName,
        Column::PayeeAccount,
        Column::Text,
        Column::PayOn,
        Column::Country,
        Column::Change,
        Column::Priority,
        Column::PaymentReference,
        Column::Status,
        Column::PaidOn,
        Column::Reference,
    ];

    /// The column of this name.
    pub fn named(name: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.as_str() == name)
    }

    /// The name of the contract, which is also the heading that `rows.csv` gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Column::PersonId => "person_id",
            Column::OrganisationId => "cvr",
            Column::Name => "name",
            Column::Account => "account",
            Column::RegNo => "reg_no",
            Column::Amount => "amount",
            Column::Currency => "currency",
            Column::Scheme => "scheme",
            Column::Period => "period",
            Column::Part => "part",
            Column::PayeeName => "payee_name",
            Column::PayeeAccount => "payee_account",
            Column::Text => "text",
            Column::PayOn => "pay_on",
            Column::Country => "country",
            Column::Change => "change",
            Column::Priority => "priority",
            Column::PaymentReference => "payment_reference",
            Column::Status => "status",
            Column::PaidOn => "paid_on",
            Column::Reference => "reference",
        }
    }

    /// Its place in [`Column::ALL`].
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// What a list is read for, which decides what it must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To pay by: person, name and amount.
    #[default]
    Paying,
    /// To compare with: person and amount.
    Comparing,
    /// To change a baseline by: person and change.
    Changing,
    /// To name people by: person.
    Naming,
}

/// Which cell of a record is which column.
#[derive(Clone, Debug, Default)]
pub struct ColumnMap {
    /// In the order of the columns.
    cells: Vec<(Column, usize)>,
    /// The same, by the column.
    places: [Option<usize>; Column::ALL.len()],
    /// Cells from here on stand under no heading.
    width: usize,
    /// The headings as written, with the cell of each.
    headings: Vec<(usize, String)>,
    ignored: Vec<String>,
    rows_file: bool,
}

impl ColumnMap {
    pub(super) fn new(rows_file: bool) -> Self {
        Self { rows_file, ..Self::default() }
    }

    pub fn has(&self, column: Column) -> bool {
        self.cell(column).is_some()
    }

    /// Headings that are no column's, as written.
    pub fn ignored_headings(&self) -> &[String] {
        &self.ignored
    }

    /// All headings as written, from left to right.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        self.headings.iter().map(|(_, heading)| heading.as_str())
    }

    /// Whether the list is a `rows.csv` of ours, handed in again.
    pub fn is_rows_file(&self) -> bool {
        self.rows_file
    }

    /// Which cell holds the column, counted from 0.
    pub(super) fn cell(&self, column: Column) -> Option<usize> {
        self.places[column.index()]
    }

    /// Which column a cell belongs to, if to any.
    pub(super) fn column_at(&self, at: usize) -> Option<Column> {
        self.iter().find(|(_, cell)| *cell == at).map(|(column, _)| column)
    }

    /// What stands above a cell.
    pub(super) fn heading_at(&self, at: usize) -> Option<&str> {
        self.headings.iter().find(|(cell, _)| *cell == at).map(|(_, heading)| heading.as_str())
    }

    /// The columns that the list has, each with its cell.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Column, usize)> + '_ {
        self.cells.iter().copied()
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn assign(&mut self, column: Column, heading: &str, at: usize) {
        self.cells.retain(|(known, _)| *known != column);
        self.cells.push((column, at));
        self.cells.sort_unstable();
        self.places[column.index()] = Some(at);
        self.note(heading, at);
    }

    pub(super) fn ignore(&mut self, heading: &str, at: usize) {
        self.ignored.push(heading.to_owned());
        self.note(heading, at);
    }

    fn note(&mut self, heading: &str, at: usize) {
        self.headings.push((at, heading.to_owned()));
        self.width = self.width.max(at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_knows_its_place() {
        for (place, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column.index(), place, "{column:?}");
        }
    }
}
