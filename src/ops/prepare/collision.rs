//! What a row collides with, in words.

use crate::checks::{CheckedPayment, Code, Problem};
use crate::ledger::idempotency::{Collision, Other, Place};
use crate::payment::Account;
use crate::phrase;
use crate::recipient_list::{Column, RecipientList};
use crate::say;
use crate::words::{Message, ungrouped};

/// Names places by the lists of the command.
pub(in crate::ops) struct Naming<'a>(pub(in crate::ops) &'a [RecipientList]);

impl Naming<'_> {
    pub(super) fn place(&self, place: Place) -> Message {
        let list = self.0.get(usize::from(place.list)).map_or("?", |list| list.name());
        say!("row {row} of {list}", row = ungrouped(place.row), list)
    }

    /// What a row collides with, as seen from the row.
    fn other(&self, from: Place, other: &Other) -> Message {
        match other {
            Other::Row(place) if place.list == from.list => say!("row {row}", row = ungrouped(place.row)),
            Other::Row(place) => self.place(*place),
            Other::Live(batch) => say!("batch {batch}", batch = *batch),
        }
    }

    /// `payment` is the row's. Two payments may differ in their reference alone, which is compared together with the account.
    pub(in crate::ops) fn problem(&self, from: Place, payment: &CheckedPayment, collision: &Collision) -> Problem {
        let whom = |other: &Other| self.other(from, other);
        let (code, message) = match collision {
            Collision::Same(Other::Live(batch)) => (
                Code::DuplicateSame,
                say!("Already in batch {batch} with the same amount and account: not paid again.", batch = *batch),
            ),
            Collision::Same(other) => (
                Code::DuplicateSame,
                say!("The same as {other}: of the two, at most that one is paid.", other = whom(other)),
            ),
            Collision::Conflict { other, amount_differs, account_differs } => {
                let slip = payment.account.as_ref().is_some_and(Account::is_slip);
                let with_reference = payment.reference.is_some();
                let what = match (amount_differs, account_differs) {
                    (true, true) if slip => phrase!("another amount, and another account or payment id"),
                    (true, true) if with_reference => phrase!("another amount, and another account or reference"),
                    (true, true) => phrase!("another amount and account"),
                    (true, false) => phrase!("another amount"),
                    (false, true) if slip => phrase!("another account or payment id"),
                    (false, true) if with_reference => phrase!("another account or reference"),
                    (false, true) => phrase!("another account"),
                    (false, false) => phrase!("the same amount and account, while a third row differs"),
                };
                let remedy = match other {
                    Other::Live(_) if *account_differs && !amount_differs && with_reference && !slip => phrase!(
                        "Another invoice needs its number as `part`. If it is the same invoice, wait for the bank's word on that batch: a `part` would pay it twice."
                    ),
                    Other::Live(_) if *account_differs && !amount_differs && !slip => phrase!(
                        "Wait for the bank's word on that batch: if the payment comes back, this row can be paid. A `part` would pay it twice."
                    ),
                    Other::Live(_) => phrase!("A supplement needs a `part` of its own."),
                    Other::Row(_) => phrase!("Decide which of the rows is right."),
                };
                let message = say!(
                    "The same person, scheme and period as {other}, with {what}. {remedy}",
                    other = whom(other),
                    what,
                    remedy
                );
                (Code::DuplicateConflict, message)
            }
            Collision::Overlap { other, period } => {
                let message = say!(
                    "The same person and scheme as {other} for days that overlap ({period}). Is part of it paid twice?",
                    other = whom(other),
                    period = period.to_string()
                );
                (Code::DuplicateOverlap, message)
            }
            Collision::Suspect(other) => {
                let message = say!(
                    "The same name, account and scheme as {other} under another person number. One person with two numbers?",
                    other = whom(other)
                );
                (Code::DuplicateSuspect, message)
            }
            Collision::Ended { by, dead } => {
                let row = whom(&Other::Row(*by));
                let message = match dead {
                    true => say!(
                        "The column `change` speaks of a death in {row}, of the same person. Find out whether this is owed, and decide `pay` or `drop`.",
                        row
                    ),
                    false => say!(
                        "The column `change` speaks of an end in {row}, of the same person and scheme. Find out whether this is owed, and decide `pay` or `drop`.",
                        row
                    ),
                };
                (Code::RowChangeElsewhere, message)
            }
            Collision::DroppedBefore => (Code::DecisionDroppedBefore, dropped_before(None)),
            Collision::EqualDropped(place) => {
                let message = say!(
                    "The same as {other}, which is dropped by decision. Decide `pay` or `drop` about this row too.",
                    other = whom(&Other::Row(*place))
                );
                (Code::DecisionDroppedBefore, message)
            }
        };
        let column = match code {
            Code::DuplicateOverlap => Some(Column::Period),
            Code::DuplicateSuspect => Some(Column::PersonId),
            Code::RowChangeElsewhere => Some(Column::Change),
            _ => None,
        };
        Problem::new(code, column, message)
    }
}

/// Of an obligation that was dropped by decision earlier, with the reason where the ledger knows it.
pub(super) fn dropped_before(reason: Option<&str>) -> Message {
    match reason {
        Some(reason) => say!(
            "Dropped by decision earlier ({reason}). Decide `pay` or `drop` anew: neither is taken for granted.",
            reason
        ),
        None => say!("Dropped by decision earlier. Decide `pay` or `drop` anew: neither is taken for granted."),
    }
}
