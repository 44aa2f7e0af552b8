//! What the bank has said of each payment, in a few bytes each: the ledger tells it in the order of tags, the payments come in the order in which
//! they were listed.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate};

use crate::ledger::outcome::{OtherAmounts, PaymentStanding, ReasonCode, Standing};
use crate::payment::EndToEndId;
use crate::reconciliation::record::{hash_of, standing, standing_number};

/// Where payments stand. Of one about which the bank has said nothing, nothing is kept: it counts as paid, once.
#[derive(Default)]
pub struct StandingTable {
    /// The first half of the tags, in their order.
    series: Vec<u64>,
    /// Tells apart the payments of one series.
    checks: Vec<u32>,
    standings: Vec<u8>,
    /// How many times the money is out.
    times: Vec<u8>,
    /// Days of the common era; 0 where not booked.
    booked_on: Vec<u32>,
    /// Why the bank did not let a payment stand, by its place, in order: few have such a reason.
    reasons: Vec<(u32, ReasonCode)>,
    /// Where the bank's amounts are not ours: hardly ever.
    other_amounts: HashMap<EndToEndId, OtherAmounts>,
    /// Those that were booked more than once, whatever came back of it: hardly any.
    booked_again: HashSet<EndToEndId>,
    /// Where each stretch of the series begins, by their first bits.
    begins: Vec<u32>,
    shift: u32,
}

/// What is known of one payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub standing: Standing,
    /// How many times its money is out.
    pub times: u32,
    pub booked_on: Option<NaiveDate>,
    pub reason: Option<ReasonCode>,
    pub other_amounts: OtherAmounts,
    /// Whether the bank booked it more than once, whatever came back of it.
    pub booked_again: bool,
}

impl StandingTable {
    /// Takes the next one, in the order of tag and attempt.
    pub fn add(&mut self, payment: &PaymentStanding) {
        let times = payment.times_standing();
        if payment.standing == Standing::None && times == 1 && payment.other_amounts == OtherAmounts::default() {
            return;
        }
        if payment.bookings > 1 {
            self.booked_again.insert(payment.end_to_end_id);
        }
        if payment.other_amounts != OtherAmounts::default() {
            self.other_amounts.insert(payment.end_to_end_id, payment.other_amounts);
        }
        self.series.push(u64::from_be_bytes(payment.end_to_end_id.tag.series));
        self.checks.push(check(&payment.end_to_end_id));
        self.standings.push(standing_number(payment.standing));
        self.times.push(u8::try_from(times).unwrap_or(u8::MAX));
        if let Some(reason) = payment.reason.filter(|_| payment.standing.did_not_stand()) {
            // There are fewer payments than 32 bits count: see `released`.
            self.reasons.push(((self.series.len() - 1) as u32, reason));
        }
        let day = payment.booked_on.map_or(0, |day| day.num_days_from_ce());
        self.booked_on.push(u32::try_from(day).unwrap_or(0));
    }

    /// After the last one. Tags are spread evenly, so that a stretch holds a handful.
    pub fn finish(&mut self) {
        let bits = (self.series.len() / 4).next_power_of_two().trailing_zeros().clamp(1, 28);
        self.shift = 64 - bits;
        self.begins.reserve_exact((1 << bits) + 1);
        for (at, series) in self.series.iter().enumerate() {
            let stretch = (series >> self.shift) as usize;
            // There are fewer payments than 32 bits count: see `released`.
            self.begins.resize(self.begins.len().max(stretch + 1), at as u32);
        }
        self.begins.resize((1 << bits) + 1, self.series.len() as u32);
    }

    pub fn of(&self, payment: &EndToEndId) -> Known {
        let silent = Known {
            standing: Standing::None,
            times: 1,
            booked_on: None,
            reason: None,
            other_amounts: OtherAmounts::default(),
            booked_again: false,
        };
        if self.series.is_empty() {
            return silent;
        }
        let series = u64::from_be_bytes(payment.tag.series);
        let stretch = (series >> self.shift) as usize;
        let (from, to) = (self.begins[stretch] as usize, self.begins[stretch + 1] as usize);
        let check = check(payment);
        let found = (from..to).find(|at| self.series[*at] == series && self.checks[*at] == check);
        found.map_or(silent, |at| {
            let booked_on = i32::try_from(self.booked_on[at]).ok().filter(|day| *day != 0);
            let standing = standing(self.standings[at]).unwrap_or(Standing::None);
            let reason = self.reasons.binary_search_by_key(&at, |(place, _)| *place as usize).ok();
            Known {
                standing,
                times: self.times[at].into(),
                booked_on: booked_on.and_then(NaiveDate::from_num_days_from_ce_opt),
                reason: reason.map(|place| self.reasons[place].1),
                other_amounts: self.other_amounts.get(payment).copied().unwrap_or_default(),
                booked_again: self.booked_again.contains(payment),
            }
        })
    }
}

fn check(payment: &EndToEndId) -> u32 {
    hash_of((payment.tag.obligation, payment.attempt)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Amount, BatchId, Currency, Tag};

    #[test]
    fn every_payment_is_found_with_its_own_standing() {
        for count in [0u64, 1, 3, 5_000] {
            let mut all: Vec<EndToEndId> = (0..count)
                .flat_map(|number| {
                    // Three periods of each person, two attempts at each.
                    (0..6u8).map(move |of| {
                        let series = hash_of(number).to_be_bytes();
                        let obligation = hash_of((number, of / 2)).to_be_bytes();
                        EndToEndId { tag: Tag { series, obligation }, attempt: of % 2 + 1 }
                    })
                })
                .collect();
            all.sort();
            let day = |at: usize| NaiveDate::from_num_days_from_ce_opt(738_000 + (at % 300) as i32);
            let standing_at = |at: usize| standing((at % 7) as u8).expect("one of seven");
            let part_back =
                |at: usize| at.is_multiple_of(5).then_some(Amount::from_minor_units(at as i64, Currency::Dkk));
            let other_amounts = |at| OtherAmounts { part_back: part_back(at), ..OtherAmounts::default() };
            let mut table = StandingTable::default();
            for (at, id) in all.iter().enumerate() {
                let zero = Amount::zero(Currency::Dkk);
                table.add(&PaymentStanding {
                    end_to_end_id: *id,
                    batch: BatchId::new('B', 1),
                    amount: zero,
                    standing: standing_at(at),
                    bookings: 2,
                    booked_on: day(at),
                    returned: zero,
                    times_returned: 0,
                    reason: ReasonCode::new("AC04"),
                    contradictory: false,
                    live: true,
                    booked: None,
                    stays_paid: false,
                    cancelled: false,
                    other_amounts: other_amounts(at),
                });
            }
            table.finish();
            for (at, id) in all.iter().enumerate() {
                let standing = standing_at(at);
                let (times, reason) = if standing.did_not_stand() { (0, ReasonCode::new("AC04")) } else { (2, None) };
                let other_amounts = other_amounts(at);
                let known = Known { standing, times, booked_on: day(at), reason, other_amounts, booked_again: true };
                assert_eq!(table.of(id), known, "{at} of {count}");
            }
            let unknown = EndToEndId { tag: Tag { series: [7; 8], obligation: [9; 8] }, attempt: 1 };
            let silent = Known {
                standing: Standing::None,
                times: 1,
                booked_on: None,
                reason: None,
                other_amounts: OtherAmounts::default(),
                booked_again: false,
            };
            assert_eq!(table.of(&unknown), silent);
        }
    }
}
