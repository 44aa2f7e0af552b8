//! Who is in which list, and what is owed to whom: worked out for any place of any list at once, and the same each time.

use crate::payment::Country;

use super::bank_account::{AccountSeries, BankAccount};
use super::benefit::{BENEFITS, PUBLIC_HELP};
use super::chance::{Dice, Purpose};
use super::flaw::{Flaw, FlawPlan};
use super::name::Name;
use super::person_number::{LostZeroSeries, NumberSeries, PersonNumber};

/// From this many recipients on, every kind of flaw occurs.
const ALL_FLAWS_FROM: u64 = 500;

/// Everybody in the five lists of one outage, as a rule and not as a list of people.
#[derive(Clone, Debug)]
pub(super) struct People {
    seed: u64,
    recipients: [u64; 5],
    numbers: [NumberSeries; 5],
    numbers_with_zero: [LostZeroSeries; 5],
    flaws: [FlawPlan; 5],
    accounts: AccountSeries,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) number: PersonNumber,
    pub(super) name: Name,
    pub(super) account: BankAccount,
}

/// What one recipient of a list is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entitlement {
    pub(super) person: Person,
    /// In øre.
    pub(super) ore: i64,
    /// 1 or 2, where a person is paid in two.
    pub(super) instalment: Option<u8>,
}

/// What ties a recipient to another one. None of it is wrong, and all of it is to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    /// The first or second of a couple, who share the account of the first.
    Couple { second: bool },
    /// The first or second instalment to one person, of the same amount.
    Instalment { second: bool },
    /// Also in the list of public help, at the same place and with the same amount.
    WithPublicHelp,
}

impl People {
    pub(super) fn new(seed: u64, payer: Country, recipients: [u64; 5]) -> Self {
        let all_kinds = recipients.iter().sum::<u64>() >= ALL_FLAWS_FROM;
        let series = |list: usize| {
            let benefit = &BENEFITS[list];
            NumberSeries::new(seed, list, benefit.years_of_birth, benefit.serials.clone())
        };
        let plan = |list: usize| {
            let benefit = &BENEFITS[list];
            FlawPlan::new((seed, list), recipients[list], benefit.usual_recipients, benefit.flaws, all_kinds)
        };
        Self {
            seed,
            recipients,
            numbers: std::array::from_fn(series),
            numbers_with_zero: std::array::from_fn(|list| LostZeroSeries::new(seed, list)),
            flaws: std::array::from_fn(plan),
            accounts: AccountSeries::new(seed, payer),
        }
    }

    pub(super) fn recipients(&self, list: usize) -> u64 {
        self.recipients[list]
    }

    /// What is wrong with the row at `place`, and how many flawed rows the list has before it.
    pub(super) fn flaw(&self, list: usize, place: u64) -> Option<(Flaw, u64)> {
        self.flaws[list].at(place)
    }

    /// How many flawed rows a list has.
    pub(super) fn flaws(&self, list: usize) -> u64 {
        self.flaws[list].count()
    }

    /// Whether nobody else shares the recipient's account, and the person receives nothing else.
    pub(super) fn is_alone(&self, list: usize, place: u64) -> bool {
        let others = (0..BENEFITS.len()).filter(|other| *other != PUBLIC_HELP);
        let also_receives =
            |other: usize| place < self.recipients(other) && self.tie(other, place) == Some(Tie::WithPublicHelp);
        self.tie(list, place).is_none() && !(list == PUBLIC_HELP && others.into_iter().any(also_receives))
    }

    /// A second number for somebody, from the end of the series, which the recipients do not reach.
    pub(super) fn second_number(&self, list: usize, index: u64) -> PersonNumber {
        let series = &self.numbers[list];
        series.at(series.len() - 1 - index)
    }

    /// How many numbers of its series a list gives out first, and how many are left.
    #[cfg(test)]
    pub(super) fn spare_numbers(&self, list: usize) -> (u64, u64) {
        (self.recipients[list], self.numbers[list].len() - self.recipients[list])
    }

    pub(super) fn number_with_leading_zero(&self, list: usize, index: u64) -> PersonNumber {
        self.numbers_with_zero[list].at(index)
    }

    pub(super) fn entitlement(&self, list: usize, place: u64) -> Entitlement {
        let alone =
            |place| Entitlement { person: self.person(list, place), ore: self.ore(list, place), instalment: None };
        match self.tie(list, place) {
            None | Some(Tie::Couple { second: false }) => alone(place),
            Some(Tie::Couple { second: true }) => {
                let (partner, mut own) = (self.person(list, place - 1), alone(place));
                own.person.name = own.person.name.married_to(&partner.name);
                own.person.account = partner.account;
                own
            }
            Some(Tie::Instalment { second }) => {
                Entitlement { instalment: Some(1 + u8::from(second)), ..alone(place - u64::from(second)) }
            }
            Some(Tie::WithPublicHelp) => Entitlement { instalment: None, ..self.entitlement(PUBLIC_HELP, place) },
        }
    }

    fn person(&self, list: usize, place: u64) -> Person {
        let number = self.numbers[list].at(place);
        let earlier_lists: u64 = self.recipients[..list].iter().sum();
        Person {
            number,
            name: Name::throw(&mut Dice::at(self.seed, Purpose::Name, list, place), number.sex()),
            account: self.accounts.at(earlier_lists + place),
        }
    }

    fn ore(&self, list: usize, place: u64) -> i64 {
        let amounts = &BENEFITS[list].amounts;
        let mut dice = Dice::at(self.seed, Purpose::Amount, list, place);
        if dice.below(10) < amounts.rates_in_ten {
            dice.pick(amounts.rates)
        } else {
            amounts.least + dice.below((amounts.most - amounts.least) as u64) as i64
        }
    }

    /// Flawed rows are tied to nobody in their list, so that each flaw shows by itself.
    fn tie(&self, list: usize, place: u64) -> Option<Tie> {
        if self.flaw(list, place).is_some() {
            return None;
        }
        self.tie_to_neighbour(list, place).or_else(|| {
            let one_in = BENEFITS[list].with_public_help_one_in?;
            let chosen = Dice::at(self.seed, Purpose::WithPublicHelp, list, place).one_in(one_in);
            let second_instalment = Some(Tie::Instalment { second: true });
            let is_somebody_else =
                place < self.recipients(PUBLIC_HELP) && self.tie_to_neighbour(PUBLIC_HELP, place) != second_instalment;
            (chosen && is_somebody_else).then_some(Tie::WithPublicHelp)
        })
    }

    /// Neighbours are an even place and the odd one after it.
    fn tie_to_neighbour(&self, list: usize, place: u64) -> Option<Tie> {
        let (first, last) = (place & !1, place | 1);
        let benefit = &BENEFITS[list];
        let mut dice = Dice::at(self.seed, Purpose::Neighbours, list, first);
        let couple = benefit.couples_one_in.is_some_and(|one_in| dice.one_in(one_in));
        let instalments = benefit.instalments_one_in.is_some_and(|one_in| dice.one_in(one_in));
        let sound = |place| place < self.recipients(list) && self.flaw(list, place).is_none();
        if !(couple || instalments) || !sound(first) || !sound(last) {
            return None;
        }
        let second = place == last;
        Some(if couple { Tie::Couple { second } } else { Tie::Instalment { second } })
    }
}
