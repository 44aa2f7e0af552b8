//! Where a top-up's money goes: where the list of what is owed says; else where the payment went that it tops up, unless that came back.

use std::collections::BTreeMap;

use super::{Attempts, OwedRow, TrueUpLine, own_part};
use crate::payment::{Account, likeness};

/// Where money goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payee {
    /// Where that is not the person.
    pub name: Option<String>,
    pub account: Option<Account>,
}

impl Payee {
    /// The same for two spellings of one account.
    fn place(&self) -> (Option<String>, Option<&str>) {
        match &self.account {
            Some(account) => (Some(account.identity_in_any_form()), None),
            None => (None, self.name.as_deref()),
        }
    }

    /// Whether a person has to make sure that this is another place: the bank's number in a Danish IBAN may be another than the account's own.
    fn is_perhaps(&self, other: &Self) -> bool {
        let identities = [self, other].map(|payee| payee.account.as_ref().map(Account::identity));
        let alike = match &identities {
            [Some(one), Some(other)] => {
                likeness(one).is_some_and(|likeness_of_one| likeness(other) == Some(likeness_of_one))
            }
            _ => false,
        };
        alike || self.place() == other.place()
    }

    fn without_account(&self) -> Self {
        Self { name: self.name.clone(), account: None }
    }
}

/// Why somebody has to look at where money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// The money came back, and nobody says where else it could go.
    CameBack,
    /// The money came back, and the list of what is owed names the same account.
    CameBackFromThere,
    /// Several accounts, and nothing tells which.
    Several,
    /// What the list of what is owed says is no account that more can be paid to.
    Unusable,
}

impl Doubt {
    pub fn in_words(self) -> &'static str {
        match self {
            Doubt::CameBack => "The money came back: find out which account it can go to.",
            Doubt::CameBackFromThere => {
                "The money came back from the account that the list of what is owed names: make sure of it."
            }
            Doubt::Several => "Several accounts come into question: find out which one is short.",
            Doubt::Unusable => "The list of what is owed names no account that this can be paid to.",
        }
    }
}

/// What rows say of where money goes.
enum Said {
    Nothing,
    At(Payee),
    Several,
    Unusable,
}

/// `to_others`: paid was another than the person, so that an account without a payee of its own, which is the person's, says nothing.
fn said(rows: &[&OwedRow], to_others: bool) -> Said {
    let mut said = Said::Nothing;
    for row in rows.iter().filter(|row| row.payee_name.is_some() || !to_others) {
        if row.account_unusable {
            return Said::Unusable;
        }
        let payee = Payee { name: row.payee_name.clone(), account: row.account.clone() };
        match &said {
            _ if payee.account.is_none() => {}
            Said::At(known) if known.place() != payee.place() => return Said::Several,
            Said::At(_) => {}
            _ => said = Said::At(payee),
        }
    }
    said
}

/// Where what was never paid goes.
pub(super) fn of_rows(rows: &[&OwedRow]) -> (Payee, Option<Doubt>) {
    match said(rows, false) {
        Said::At(payee) => (payee, None),
        Said::Nothing => (Payee::default(), None),
        Said::Several => (Payee::default(), Some(Doubt::Several)),
        Said::Unusable => (Payee::default(), Some(Doubt::Unusable)),
    }
}

impl TrueUpLine {
    /// Where what came back goes. Not to the account that it came back from, unless the list of what is owed says so.
    pub(super) fn payee_again(&self, attempts: &Attempts) -> (Payee, Option<Doubt>) {
        let part = own_part(&attempts.part).folded();
        let (same, all): (Vec<&OwedRow>, Vec<&OwedRow>) =
            (self.rows.iter().filter(|row| row.part.folded() == part).collect(), self.rows.iter().collect());
        let before = &attempts.payee;
        match said(if same.is_empty() { &all } else { &same }, before.name.is_some()) {
            Said::At(payee) if payee.is_perhaps(before) => (payee, Some(Doubt::CameBackFromThere)),
            Said::At(payee) => (payee, None),
            Said::Nothing => (before.without_account(), Some(Doubt::CameBack)),
            Said::Several => (before.without_account(), Some(Doubt::Several)),
            Said::Unusable => (before.without_account(), Some(Doubt::Unusable)),
        }
    }

    /// Where more goes, beside what stands.
    pub(super) fn payee_of_more(&self) -> (Payee, Option<Doubt>) {
        // The last account that each part was paid to.
        let mut paid: BTreeMap<String, &Payee> = BTreeMap::new();
        for attempts in self.obligations.values().filter(|attempts| !attempts.free) {
            let last = paid.entry(own_part(&attempts.part).folded()).or_insert(&attempts.payee);
            if attempts.payee.account.is_some() {
                *last = &attempts.payee;
            }
        }
        let to_others = paid.values().all(|payee| payee.name.is_some());
        let mut paid = paid.into_values();
        let first = paid.next().cloned().unwrap_or_default();
        let one = paid.all(|payee| payee.place() == first.place());
        let blank = || if one { first.without_account() } else { Payee::default() };
        match said(&self.rows.iter().collect::<Vec<_>>(), to_others) {
            Said::At(payee) => (payee, None),
            Said::Nothing if one => (first, None),
            Said::Nothing | Said::Several => (blank(), Some(Doubt::Several)),
            Said::Unusable => (blank(), Some(Doubt::Unusable)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Country, DomesticAccount, Iban};

    /// A place, and whether the other is the same, or may be.
    #[test]
    fn one_account_in_its_other_form_is_the_same_place_and_a_danish_iban_may_be() {
        let at = |account: Account| Payee { name: None, account: Some(account) };
        let iban = |text: &str| at(Account::Iban(Iban::new_checked(text)));
        let domestic = |country, bank: &str, number: &str| {
            at(Account::Domestic(DomesticAccount { country, bank: bank.into(), number: number.into() }))
        };
        let norwegian = domestic(Country::No, "8601", "1117947");
        let danish = domestic(Country::Dk, "4420", "0012345678");
        for (one, other, same, perhaps) in [
            (&norwegian, iban("NO9386011117947"), true, true),
            (&norwegian, domestic(Country::No, "8601", "1117955"), false, false),
            (&danish, iban("DK8030000012345678"), false, true),
            (&danish, domestic(Country::Dk, "4420", "0012345679"), false, false),
            (&danish, Payee::default(), false, false),
            (&Payee::default(), Payee::default(), true, true),
        ] {
            assert_eq!((one.place() == other.place(), one.is_perhaps(&other)), (same, perhaps), "{one:?} {other:?}");
        }
    }
}
