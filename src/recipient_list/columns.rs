//! The columns of a list and the headings they go by.

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
}

impl Column {
    pub const ALL: [Column; 14] = [
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
    ];

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
        }
    }
}

/// Headings of a workspace's own, from `[columns]`: folded heading to column.
#[derive(Clone, Debug, Default)]
pub struct ColumnAliases(pub Vec<(String, Column)>);

/// Which cell of a record is which column.
#[derive(Clone, Debug, Default)]
pub struct ColumnMap([Option<usize>; Column::ALL.len()]);
