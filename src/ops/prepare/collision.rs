//! What a row collides with, in words.

use crate::checks::{CheckedPayment, Code, Problem};
use crate::ledger::idempotency::{Collision, Other, Place, Pseudonym, Tagger};
use crate::payment::{Country, destination, identity_otherwise};
use crate::phrase;
use crate::recipient_list::{Column, RecipientList};
use crate::say;
use crate::words::{Message, Phrase, ungrouped};

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

    /// `payment` is the row's.
    pub(in crate::ops) fn problem(
        &self,
        from: Place,
        payment: &CheckedPayment,
        collision: &Collision,
        tagger: &Tagger,
    ) -> Problem {
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
            Collision::Conflict { other, amount_differs, destination, .. } => {
                let destination = Destination::of(*destination, payment, tagger);
                let message = say!(
                    "The same person, scheme and period as {other}, with {what}. {remedy}",
                    other = whom(other),
                    what = difference(*amount_differs, destination),
                    remedy = remedy(other, *amount_differs, destination)
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

/// Where the money of another payment of the same obligation goes, beside a row's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Same,
    /// The row's account, in its other form.
    OtherForm,
    /// The row's account, without the reference that the row has. Claims of earlier versions hold none.
    WithoutReference,
    OtherAccount,
    /// Of a payment slip.
    OtherAccountOrPaymentId,
    OtherAccountOrReference,
}

impl Destination {
    pub(super) fn of(other: Pseudonym, payment: &CheckedPayment, tagger: &Tagger) -> Self {
        let Some(account) = &payment.account else { return Self::OtherAccount };
        let (identity, reference) = (account.identity(), payment.reference.as_ref());
        let otherwise = identity_otherwise(&identity);
        let goes_to = |identity: &str, reference| tagger.account(&destination(identity, reference)) == other;
        let is_at = |reference| goes_to(&identity, reference) || otherwise.iter().any(|form| goes_to(form, reference));
        match reference {
            _ if goes_to(&identity, reference) => Self::Same,
            _ if is_at(reference) => Self::OtherForm,
            _ if account.is_slip() => Self::OtherAccountOrPaymentId,
            Some(_) if is_at(None) => Self::WithoutReference,
            Some(_) => Self::OtherAccountOrReference,
            // Only a payment slip takes a reference in the Danish realm.
            None if identity.starts_with(Country::Dk.code()) => Self::OtherAccount,
            None => Self::OtherAccountOrReference,
        }
    }
}

fn difference(amount_differs: bool, destination: Destination) -> Phrase {
    match (amount_differs, destination) {
        (true, Destination::Same) => phrase!("another amount"),
        (true, Destination::OtherForm) => phrase!("another amount, and the same account in its other form"),
        (true, Destination::WithoutReference) => phrase!("another amount and no reference known there"),
        (true, Destination::OtherAccount) => phrase!("another amount and account"),
        (true, Destination::OtherAccountOrPaymentId) => phrase!("another amount, and another account or payment id"),
        (true, Destination::OtherAccountOrReference) => phrase!("another amount, and another account or reference"),
        (false, Destination::Same) => phrase!("the same amount and account, while a third row differs"),
        (false, Destination::OtherForm) => phrase!("the same amount, and the same account in its other form"),
        (false, Destination::WithoutReference) => {
            phrase!("the same amount and account, and no reference known there")
        }
        (false, Destination::OtherAccount) => phrase!("another account"),
        (false, Destination::OtherAccountOrPaymentId) => phrase!("another account or payment id"),
        (false, Destination::OtherAccountOrReference) => phrase!("another account or reference"),
    }
}

/// What to do about it.
pub(super) fn remedy(other: &Other, amount_differs: bool, destination: Destination) -> Phrase {
    match (other, destination) {
        (Other::Row(_), Destination::OtherAccountOrReference | Destination::OtherAccountOrPaymentId) => phrase!(
            "If they are two invoices, give each its number as `part`. Of one invoice, decide which of the rows is right."
        ),
        (Other::Row(_), _) => phrase!("Decide which of the rows is right."),
        (Other::Live(_), Destination::OtherForm | Destination::WithoutReference) if !amount_differs => phrase!(
            "If it is that payment, it needs nothing more: decide `drop`. Only another invoice takes a `part`, its number."
        ),
        (Other::Live(_), Destination::OtherAccount) if !amount_differs => phrase!(
            "Wait for the bank's word on that batch: if the payment comes back, this row can be paid. A `part` would pay it twice."
        ),
        (Other::Live(_), Destination::OtherAccountOrReference) if !amount_differs => phrase!(
            "If it is the same invoice, wait for the bank's word on that batch: a `part` would pay it twice. Only another invoice takes a `part`, its number."
        ),
        (Other::Live(_), _) => phrase!("A supplement needs a `part` of its own."),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::seal::SecretKey;
    use crate::payment::{
        Account, Amount, Currency, DomesticAccount, Obligation, Payer, PaymentReference, PersonId, PersonKind,
        ReferenceKind, Scheme,
    };

    fn payment(account: &Account, reference: Option<&str>) -> CheckedPayment {
        CheckedPayment {
            obligation: Obligation {
                person: PersonId::new(Country::No, PersonKind::Natural, "13097248022"),
                scheme: Scheme::new("Bostøtte").expect("a scheme"),
                period: "2026-10".parse().expect("a period"),
                part: Default::default(),
            },
            amount: Amount::from_minor_units(100, Currency::Nok),
            name: "Kari Nordmann".into(),
            account: Some(account.clone()),
            as_written: Default::default(),
            payee_name: None,
            text: None,
            reference: reference.map(|reference| PaymentReference::new_checked(ReferenceKind::Kid, reference)),
            pay_on: Default::default(),
            list: 0,
            row: 2,
        }
    }

    /// Where a row's money goes, where the other's does, and how the two compare.
    #[test]
    fn what_differs_of_two_destinations_is_named_as_far_as_claims_tell() {
        let payer = Payer {
            name: "Made-Up Municipality".into(),
            payer_id: None,
            country: Country::No,
            account: account(Country::No, "6112", "1234567"),
            bic: None,
        };
        let tagger = Tagger::new(&SecretKey::new([7; 32]), &payer);
        let norwegian = account(Country::No, "8601", "1117947");
        let iban = Account::Iban(crate::payment::Iban::new_checked("NO9386011117947"));
        let other = account(Country::No, "8601", "1117955");
        let danish = account(Country::Dk, "6471", "0001234567");
        for (row, there, compared) in [
            ((&norwegian, Some("1")), (&norwegian, Some("1")), Destination::Same),
            ((&norwegian, Some("1")), (&norwegian, Some("2")), Destination::OtherAccountOrReference),
            ((&norwegian, Some("1")), (&norwegian, None), Destination::WithoutReference),
            ((&iban, Some("1")), (&norwegian, None), Destination::WithoutReference),
            ((&norwegian, None), (&norwegian, Some("1")), Destination::OtherAccountOrReference),
            ((&norwegian, Some("1")), (&iban, Some("1")), Destination::OtherForm),
            ((&iban, None), (&norwegian, None), Destination::OtherForm),
            ((&norwegian, None), (&other, None), Destination::OtherAccountOrReference),
            ((&danish, None), (&norwegian, None), Destination::OtherAccount),
        ] {
            let there = tagger.fingerprint(&payment(there.0, there.1)).account;
            assert_eq!(Destination::of(there, &payment(row.0, row.1), &tagger), compared, "{row:?}");
        }
    }

    /// What may be paid already is never told to take a `part` in the first place.
    #[test]
    fn the_same_invoice_comes_before_another_one() {
        let live = Other::Live("B0001".parse().expect("a batch"));
        for destination in [Destination::OtherForm, Destination::WithoutReference, Destination::OtherAccountOrReference]
        {
            let said = Message::from(remedy(&live, false, destination)).to_string();
            let (same, part) = (said.find("If it is t"), said.find("takes a `part`"));
            assert!(same.is_some() && same < part, "{said}");
        }
    }

    fn account(country: Country, bank: &str, number: &str) -> Account {
        Account::Domestic(DomesticAccount { country, bank: bank.into(), number: number.into() })
    }
}
