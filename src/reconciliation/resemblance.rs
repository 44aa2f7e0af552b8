//! What is left over on both sides in the same amount, under another benefit, part or period. Equal payments of different benefits are lawful, so
//! nothing is asserted and nothing is offered. But a list made by hand may call a benefit otherwise than upstream does, or leave the part out:
//! each side is told of the other, or a double would look like two matters that have nothing to do with each other.

use std::collections::{HashMap, VecDeque};

use chrono::NaiveDate;

use super::UpstreamStatus;
use super::finding::{Finding, Kind};
use super::offer::{MOST_NAMED, Offered};
use super::record::{Named, Ours, Theirs};
use crate::payment::{Amount, Period};

/// What of one person resembles what: the place of the row by the payment's group, and of the payment by the row's.
#[derive(Debug, Default)]
pub struct Resemblances {
    of_payments: HashMap<usize, usize>,
    of_rows: HashMap<usize, usize>,
}

impl Resemblances {
    /// Of what is left over of one person and not offered already. Each row resembles a payment that no other row does, as far as there are such;
    /// of very many equal ones only the next few are looked at.
    pub fn find(offered: &Offered, ours: &[Ours], theirs: &[Theirs], window_days: u16) -> Self {
        let mut found = Self::default();
        let mut free: HashMap<Amount, VecDeque<(usize, usize)>> = HashMap::new();
        for (row_group, row) in offered.rows_left().filter(|(_, row)| moves_money(&theirs[*row])) {
            let amount = theirs[row].amount;
            let free = free.entry(amount).or_insert_with(|| offered.payments_left_of(amount, ours).collect());
            let is_alike = |(group, payment): &(usize, usize)| {
                resembles(&ours[*payment], &theirs[row], window_days) && !offered.pairs.contains(&(*group, row_group))
            };
            let own = free.iter().take(MOST_NAMED).position(is_alike).and_then(|at| free.remove(at));
            if let Some((group, _)) = own {
                found.of_payments.entry(group).or_insert(row);
            }
            let any = own.or_else(|| offered.payments_left_of(amount, ours).take(MOST_NAMED).find(is_alike));
            if let Some((_, payment)) = any {
                found.of_rows.entry(row_group).or_insert(payment);
            }
        }
        found
    }

    /// Tells the finding of this group what it resembles.
    pub fn tell(&self, finding: &mut Finding, group: usize, ours: &[Ours], theirs: &[Theirs]) {
        let sentence = match finding.kind {
            Kind::FallbackOnly => self.of_payments.get(&group).map(|row| {
                let row = &theirs[*row];
                let does = if row.status == UpstreamStatus::Paid { "has paid" } else { "is about to pay" };
                let thing = named(row.scheme, row.part, row.period);
                format!("Upstream {does} the person the same amount as {thing}: is it the same money?")
            }),
            Kind::UpstreamOnly => self.of_rows.get(&group).map(|payment| {
                let payment = &ours[*payment];
                let thing = named(Some(payment.scheme), payment.part, Some(payment.period));
                format!("The fallback has paid the person the same amount as {thing}: is it the same money?")
            }),
            _ => None,
        };
        if let Some(sentence) = sentence {
            finding.remark(&sentence);
            finding.resembles = true;
        }
    }
}

fn moves_money(row: &Theirs) -> bool {
    row.names_an_obligation() && row.status != UpstreamStatus::Stopped && row.amount.minor_units() > 0
}

/// Of the same amount, which is known. Two parts that are named are instalments of one thing.
fn resembles(payment: &Ours, row: &Theirs, window_days: u16) -> bool {
    let (Some(scheme), Some(period)) = (row.scheme, row.period) else { return false };
    let same_scheme = scheme.folded == payment.scheme.folded;
    let part_is_missing = payment.part.folded.is_empty() != row.part.folded.is_empty();
    match period.overlaps(payment.period) {
        true => !same_scheme || part_is_missing,
        false => {
            let near = |day: NaiveDate| {
                row.paid_on.is_some_and(|paid_on| (paid_on - day).num_days().unsigned_abs() <= window_days.into())
            };
            same_scheme && (near(payment.pay_on) || payment.booked_on.is_some_and(near))
        }
    }
}

/// `Pension, part 1, 2022-04`.
fn named(scheme: Option<Named>, part: Named, period: Option<Period>) -> String {
    let scheme = scheme.map_or("", |scheme| scheme.written);
    let part = if part.written.is_empty() { String::new() } else { format!(", part {}", part.written) };
    let period = period.map(|period| format!(", {period}")).unwrap_or_default();
    format!("{scheme}{part}{period}")
}
