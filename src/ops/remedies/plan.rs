//! How a recovery is proposed to be paid back: a month apart, on bank days, within the limits that the municipality has set.

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{Datelike, Days, Months, NaiveDate};

use crate::bank::calendar::BankCalendar;
use crate::fault::{Fault, Result};
use crate::payment::{Amount, Currency};
use crate::say;

/// `[recovery]` as it is meant. Amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryLimits {
    /// Only a last instalment may be smaller.
    pub smallest: i64,
    /// A month.
    pub largest: i64,
    pub most_instalments: u32,
    pub first_due_days: u32,
    /// The law by which the municipality asks; empty where it has not been filled in.
    pub legal_basis: String,
    /// Where an objection goes; empty where it has not been filled in.
    pub objections_to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Instalment {
    /// Days of the common era.
    due: i32,
    /// In minor units.
    pub amount: i64,
}

impl Instalment {
    pub fn due(&self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.due).unwrap_or_default()
    }
}

/// Instalments that come to `amount` exactly, in as few months as the largest allows, and as even as whole kroner let them be.
///
/// # Errors
/// `recovery.limits`, where so much cannot be repaid within the limits.
pub fn plan(
    amount: Amount,
    limits: &RecoveryLimits,
    today: NaiveDate,
    calendar: &BankCalendar,
) -> Result<Vec<Instalment>> {
    let minor_units = amount.minor_units();
    let number = (minor_units.saturating_add(limits.largest - 1) / limits.largest).max(1);
    if number > i64::from(limits.most_instalments) {
        return Err(beyond_limits(amount, limits));
    }
    let mut due = first_due(today, limits.first_due_days, calendar);
    let anchor = due;
    let mut instalments = Vec::new();
    for (months, amount) in (1..).zip(shares(minor_units, number, limits)) {
        instalments.push(Instalment { due: due.num_days_from_ce(), amount });
        let next = anchor.checked_add_months(Months::new(months)).unwrap_or(due);
        due = on_or_after(next, calendar);
    }
    Ok(instalments)
}

/// The instalments without what `paid` covers of the first ones.
pub fn without_the_first(plan: &[Instalment], mut paid: i64) -> Vec<Instalment> {
    let left = plan.iter().map(|one| {
        let covered = paid.clamp(0, one.amount);
        paid -= covered;
        Instalment { amount: one.amount - covered, ..*one }
    });
    left.filter(|one| one.amount > 0).collect()
}

fn shares(amount: i64, number: i64, limits: &RecoveryLimits) -> Vec<i64> {
    const KRONE: i64 = 100;
    let number = number.max(1);
    let (share, rest) = (amount / number, amount % number);
    // All but the last the same, the last whatever is left.
    let with_last = |each: i64| {
        let last = amount - each * (number - 1);
        let mut shares = vec![each; usize::try_from(number - 1).unwrap_or(0)];
        shares.push(last);
        shares
    };
    if number == 1 {
        return vec![amount];
    }
    if share < limits.smallest {
        return with_last(limits.smallest);
    }
    let whole_kroner = (share + i64::from(rest > 0) + KRONE - 1) / KRONE * KRONE;
    if whole_kroner <= limits.largest && amount - whole_kroner * (number - 1) >= limits.smallest {
        return with_last(whole_kroner);
    }
    (0..number).map(|at| share + i64::from(at < rest)).collect()
}

fn first_due(today: NaiveDate, days: u32, calendar: &BankCalendar) -> NaiveDate {
    on_or_after(today.checked_add_days(Days::new(days.into())).unwrap_or(today), calendar)
}

fn on_or_after(day: NaiveDate, calendar: &BankCalendar) -> NaiveDate {
    if calendar.is_bank_day(day) { day } else { calendar.next_bank_day(day) }
}

fn beyond_limits(amount: Amount, limits: &RecoveryLimits) -> Fault {
    let money = |minor_units| Amount::from_minor_units(minor_units, amount.currency());
    Fault::refused(
        "recovery.limits",
        say!(
            "{grouped} cannot be repaid in {most_instalments:instalment|instalments} of at most {money}.",
            grouped = amount,
            most_instalments = limits.most_instalments,
            money = money(limits.largest)
        ),
    )
    .remedy(say!(
        "Raise [recovery] largest_instalment or most_instalments in stopgap.toml, or decide on a smaller --amount."
    ))
}

/// What a plan comes to.
pub fn total(plan: &[Instalment], currency: Currency) -> Amount {
    Amount::from_minor_units(plan.iter().map(|instalment| instalment.amount).sum(), currency)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payment::Country;

    fn limits(smallest: i64, largest: i64, most_instalments: u32) -> RecoveryLimits {
        let (legal_basis, objections_to) = Default::default();
        RecoveryLimits { smallest, largest, most_instalments, first_due_days: 30, legal_basis, objections_to }
    }

    fn planned(minor_units: i64, limits: &RecoveryLimits) -> Result<Vec<Instalment>> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 25).expect("a day");
        let amount = Amount::from_minor_units(minor_units, Currency::Dkk);
        plan(amount, limits, today, &BankCalendar::of(Country::Gl))
    }

    #[test]
    fn instalments_are_even_and_come_to_the_amount() {
        let table: [(i64, (i64, i64), &[i64]); 9] = [
            (100_000, (20_000, 200_000), &[100_000]),
            (10, (20_000, 200_000), &[10]),
            (200_000, (20_000, 200_000), &[200_000]),
            (200_001, (20_000, 200_000), &[100_100, 99_901]),
            (523_450, (20_000, 200_000), &[174_500, 174_500, 174_450]),
            // Whole kroner would leave too little for the last.
            (50_001, (25_000, 25_050), &[25_001, 25_000]),
            // Nothing within the limits adds up: the last one is smaller.
            (110_000, (90_000, 100_000), &[90_000, 20_000]),
            (200_000, (100_000, 100_000), &[100_000, 100_000]),
            (299_999, (1, 100_000), &[100_000, 100_000, 99_999]),
        ];
        for (amount, (smallest, largest), expected) in table {
            let plan = planned(amount, &limits(smallest, largest, 12)).expect("within the limits");
            assert_eq!(plan.iter().map(|one| one.amount).collect::<Vec<_>>(), expected, "{amount}");
        }
        assert_eq!(planned(1_200_001, &limits(1, 100_000, 12)).expect_err("too much").code, "recovery.limits");
    }

    #[test]
    fn instalments_are_due_a_month_apart_on_bank_days() {
        let plan = planned(400_000, &limits(1, 100_000, 12)).expect("within the limits");
        let due: Vec<String> = plan.iter().map(|one| one.due().to_string()).collect();
        // The thirtieth day is Christmas Day, 28 February a Sunday, and 28 March Easter Sunday.
        assert_eq!(due, ["2026-12-28", "2027-01-28", "2027-03-01", "2027-03-30"].map(str::to_owned));
    }

    proptest! {
        #[test]
        fn a_plan_keeps_every_limit(amount in 1i64..5_000_000, smallest in 1i64..100_000, more in 0i64..300_000, most in 1u32..40) {
            let limits = limits(smallest, smallest + more, most);
            match planned(amount, &limits) {
                Err(fault) => {
                    prop_assert_eq!(fault.code, "recovery.limits");
                    prop_assert!(amount > limits.largest * i64::from(most));
                }
                Ok(plan) => {
                    prop_assert_eq!(total(&plan, Currency::Dkk).minor_units(), amount);
                    prop_assert!(plan.len() <= most as usize);
                    prop_assert!(plan.iter().all(|one| one.amount > 0 && one.amount <= limits.largest));
                    prop_assert!(plan.iter().rev().skip(1).all(|one| one.amount >= smallest));
                    let calendar = BankCalendar::of(Country::Gl);
                    prop_assert!(plan.iter().all(|one| calendar.is_bank_day(one.due())));
                    prop_assert!(plan.windows(2).all(|pair| pair[0].due() < pair[1].due()));
                }
            }
        }
    }
}
