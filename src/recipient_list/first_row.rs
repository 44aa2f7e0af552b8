//! A list that begins with a person instead of headings: what its columns seem to hold, as a heading row to put above it.

use crate::payment::{Currency, Period};

use super::amount_style::WrittenAmount;
use super::columns::Column;
use super::row::Cells;

/// The heading row that the cells of a payment suggest: `person_id;name;account;amount`. `None` where the row is no payment.
pub(super) fn guessed_headings(record: &Cells) -> Option<String> {
    let mut found: Vec<Option<Column>> = Vec::new();
    for cell in record.iter().map(super::trim) {
        let guess = guess(cell).filter(|column| !found.contains(&Some(*column)));
        found.push(guess);
    }
    let has = |column| found.contains(&Some(column));
    if !has(Column::PersonId) || !(has(Column::Amount) || has(Column::Account)) {
        return None;
    }
    let headings: Vec<&str> = found.iter().map(|column| column.map_or("…", Column::as_str)).collect();
    Some(headings.join(";"))
}

fn guess(cell: &str) -> Option<Column> {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let only = |allowed: &str| cell.chars().all(|c| c.is_ascii_digit() || allowed.contains(c));
    // A hyphen stands before the last three or four; in an account it stands behind the first four.
    let is_person = cell.rsplit('-').next().is_some_and(|last| last.len() <= 4) || !cell.contains('-');
    let is_iban = cell.chars().take(2).all(|c| c.is_ascii_uppercase()) && digits > 8;
    match digits {
        0 if cell.chars().filter(|c| c.is_alphabetic()).count() > 2 => Some(Column::Name),
        0 => None,
        _ if is_iban => Some(Column::Account),
        _ if cell.parse::<Period>().is_ok() => Some(Column::Period),
        9..=12 if only("-+") && is_person => Some(Column::PersonId),
        5..=14 if only("- ") && cell.contains(['-', ' ']) => Some(Column::Account),
        13..=14 if only("") => Some(Column::Account),
        _ if WrittenAmount::read(cell, Currency::Dkk).minor_units.is_ok() => Some(Column::Amount),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_suggests_its_headings() {
        let table: [(&[&str], Option<&str>); 5] = [
            (&["0101901234", "Aka Made-Up", "6471-1000206", "500,00"], Some("person_id;name;account;amount")),
            (
                &["Aka", "010190-1234", "GL8964710001000206", "2022-04", "1.500,00", "", "x7"],
                Some("name;person_id;account;period;amount;…;…"),
            ),
            (&["101901234", "Aka", "500"], Some("person_id;name;amount")),
            (&["nummer", "modtagerens navn", "kroner"], None),
            (&["2022", "Aka", "500"], None),
        ];
        for (cells, expected) in table {
            assert_eq!(guessed_headings(&Cells::from_iter(cells.iter().copied())).as_deref(), expected, "{cells:?}");
        }
    }
}
