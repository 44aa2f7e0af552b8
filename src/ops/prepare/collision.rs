//! What a row collides with, in words.

use crate::checks::{Code, Problem};
use crate::ledger::idempotency::{Collision, Other, Place};
use crate::recipient_list::{Column, RecipientList};

/// Names places by the lists of the command.
pub(super) struct Naming<'a>(pub(super) &'a [RecipientList]);

impl Naming<'_> {
    pub(super) fn place(&self, place: Place) -> String {
        let list = self.0.get(usize::from(place.list)).map_or("the list", |list| list.name());
        format!("row {} of {list}", place.row)
    }

    /// What a row collides with, as seen from the row.
    fn other(&self, from: Place, other: &Other) -> String {
        match other {
            Other::Row(place) if place.list == from.list => format!("row {}", place.row),
            Other::Row(place) => self.place(*place),
            Other::Live(batch) => format!("batch {batch}"),
        }
    }

    pub(super) fn problem(&self, from: Place, collision: &Collision) -> Problem {
        let whom = |other: &Other| self.other(from, other);
        let (code, message) = match collision {
            Collision::Same(Other::Live(batch)) => (
                Code::DuplicateSame,
                format!("Already in batch {batch} with the same amount and account: not paid again."),
            ),
            Collision::Same(other) => {
                (Code::DuplicateSame, format!("The same as {}: of the two, at most that one is paid.", whom(other)))
            }
            Collision::Conflict { other, amount_differs, account_differs } => {
                let what = match (amount_differs, account_differs) {
                    (true, true) => "another amount and account",
                    (true, false) => "another amount",
                    (false, true) => "another account",
                    (false, false) => "the same amount and account, while a third row differs",
                };
                let remedy = match other {
                    Other::Live(_) => "A supplement needs a `part` of its own",
                    Other::Row(_) => "Decide which of the rows is right",
                };
                let whom = whom(other);
                (
                    Code::DuplicateConflict,
                    format!("The same person, scheme and period as {whom}, with {what}. {remedy}."),
                )
            }
            Collision::Overlap { other, period } => {
                let message = format!(
                    "The same person and scheme as {} for days that overlap ({period}). Is part of it paid twice?",
                    whom(other)
                );
                (Code::DuplicateOverlap, message)
            }
            Collision::Suspect(other) => {
                let message = format!(
                    "The same name, account and scheme as {} under another person number. One person with two numbers?",
                    whom(other)
                );
                (Code::DuplicateSuspect, message)
            }
        };
        let column = match code {
            Code::DuplicateOverlap => Some(Column::Period),
            Code::DuplicateSuspect => Some(Column::PersonId),
            _ => None,
        };
        Problem::new(code, column, message)
    }
}
