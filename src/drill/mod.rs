//! Made-up people for rehearsals: five recipient lists as Qeqqata Kommunia's might have been in March 2022.
//!
//! One seed gives the same lists, byte for byte, on every machine and in every version: the samples are committed, and a rehearsal can be
//! talked about afterwards. Nobody in them exists (`person_number` says why), and a handful of rows has the faults that real lists have.
//! Every person is worked out from the seed, the list and the place in it, so a list of millions takes no more memory than one of ten.
//!
//! After the outage comes what the bank reports and what the restored system pays again ([`Afterwards`]), each payment with a story; its maker
//! knows what must be found ([`Truth`]).

mod afterwards;
mod bank_account;
mod bank_reports;
mod benefit;
mod chance;
mod dialect;
mod expected;
mod flaw;
mod made_up_list;
mod name;
mod people;
mod person_number;
mod story;
mod truth;
mod upstream_run;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::payment::{Account, Country, DomesticAccount, EndToEndId, Obligation, Payer, Period};

pub use afterwards::{Afterwards, BankTold, SumBooked};
pub use dialect::{Dialect, Encoding};
pub use expected::{Expected, ProblemRows, Tally};
pub use made_up_list::MadeUpList;
pub use truth::{Share, Truth};

use benefit::BENEFITS;
use people::People;

/// A day on which the systems that pay are down, and five lists have to be paid without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Another seed gives other people.
    pub seed: u64,
    /// In all five lists together, shared out as in Qeqqata. Fewer than [`Outage::FEWEST`] count as that, more than [`Outage::MOST`]
    /// likewise.
    pub recipients: u64,
    /// Of the payer: decides where most accounts are. Outside the Danish realm the lists are Greenland's.
    pub country: Country,
    /// What the benefits are for.
    pub period: Period,
}

impl Outage {
    /// One in each list.
    pub const FEWEST: u64 = 5;
    /// As many as there are made-up person numbers for.
    pub const MOST: u64 = 10_000_000;
    /// The recipients of the real case: 900, 500, 200, 750 and 200.
    pub const QEQQATA: u64 = 2_550;
    /// The benefit whose payments the bank books as sums.
    pub const SUM_BOOKED: &str = BENEFITS[2].scheme;

    /// The five lists, each in a dialect of its own. Every list carries its own scheme and period.
    pub fn lists(&self) -> Vec<MadeUpList> {
        self.lists_of(&Arc::new(People::new(self.seed, self.country, share_out(self.recipients))))
    }

    /// What comes after. `reference` is what the bank knows a payment of the fallback by, `sums` are the blocks of [`Outage::SUM_BOOKED`],
    /// which the bank books as one sum each: without them it says nothing of that benefit.
    pub fn afterwards<'a>(
        &self,
        day: NaiveDate,
        reference: &'a dyn Fn(&Obligation) -> EndToEndId,
        sums: &'a [SumBooked],
    ) -> Afterwards<'a> {
        let people = Arc::new(People::new(self.seed, self.country, share_out(self.recipients)));
        let lists = self.lists_of(&people);
        Afterwards { people, lists, seed: self.seed, period: self.period, day, reference, sums }
    }

    fn lists_of(&self, people: &Arc<People>) -> Vec<MadeUpList> {
        let period = self.period.to_string();
        (0..BENEFITS.len()).filter_map(|list| MadeUpList::new(Arc::clone(people), list, period.clone())).collect()
    }
}

/// Whose money it would be.
pub fn payer() -> Payer {
    let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
    Payer {
        name: "Qeqqata Kommunia (drill)".into(),
        payer_id: None,
        country: Country::Gl,
        account: Account::Domestic(account),
        bic: Some("GRENGLGX".into()),
    }
}

/// Shares the recipients out among the five benefits in the real proportions, what is left over going to the largest remainders. A list
/// that would stay empty takes its one recipient from the largest.
fn share_out(recipients: u64) -> [u64; 5] {
    let recipients = recipients.clamp(Outage::FEWEST, Outage::MOST);
    let weighted = |list: usize| recipients * BENEFITS[list].usual_recipients;
    let mut shares: [u64; 5] = std::array::from_fn(|list| weighted(list) / Outage::QEQQATA);
    let mut by_remainder = [0, 1, 2, 3, 4];
    by_remainder.sort_by_key(|&list| std::cmp::Reverse(weighted(list) % Outage::QEQQATA));
    let left_over = recipients - shares.iter().sum::<u64>();
    by_remainder.iter().take(left_over as usize).for_each(|&list| shares[list] += 1);
    while let Some(empty) = shares.iter().position(|&share| share == 0) {
        if let Some(largest) = shares.iter_mut().max() {
            *largest -= 1;
        }
        shares[empty] += 1;
    }
    shares
}

#[cfg(test)]
mod tests;
