//! What is left over on both sides in the same amount, under another benefit, part or period. Equal payments of different benefits are lawful, so
//! nothing is asserted and nothing is offered. But a list made by hand may call a benefit otherwise than upstream does, or leave the part out:
//! each side is told of the other, or a double would look like two matters that have nothing to do with each other.

use chrono::NaiveDate;

use super::UpstreamStatus;
use super::finding::{Finding, Kind};
use super::offer::{MOST_NAMED, Offered};
use super::record::{Named, Ours, Theirs};
use crate::payment::Period;

/// A payment and a row of one person, by their groups and their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resemblance {
    pub groups: (usize, usize),
    pub members: (usize, usize),
}

/// The first that each row resembles, of what is left over of one person and not offered already.
pub fn find(offered: &Offered, ours: &[Ours], theirs: &[Theirs], window_days: u16) -> Vec<Resemblance> {
    let rows = offered.rows_left().filter(|(_, row)| moves_money(&theirs[*row]));
    let first = |(group, row): (usize, usize)| {
        let mut equal = offered.payments_left_of(theirs[row].amount, ours).take(MOST_NAMED);
        let (payments, payment) = equal.find(|(payments, payment)| {
            resembles(&ours[*payment], &theirs[row], window_days) && !offered.pairs.contains(&(*payments, group))
        })?;
        Some(Resemblance { groups: (payments, group), members: (payment, row) })
    };
    rows.filter_map(first).collect()
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

/// Tells the finding of this group what it resembles.
pub fn tell(finding: &mut Finding, group: usize, found: &[Resemblance], ours: &[Ours], theirs: &[Theirs]) {
    if !matches!(finding.kind, Kind::FallbackOnly | Kind::UpstreamOnly) {
        return;
    }
    let sentence = found.iter().find_map(|Resemblance { groups, members: (payment, row) }| {
        let (payment, row) = (&ours[*payment], &theirs[*row]);
        if groups.0 == group {
            let does = if row.status == UpstreamStatus::Paid { "has paid" } else { "is about to pay" };
            let thing = named(row.scheme, row.part, row.period);
            Some(format!("Upstream {does} the person the same amount as {thing}: is it the same money?"))
        } else if groups.1 == group {
            let thing = named(Some(payment.scheme), payment.part, Some(payment.period));
            Some(format!("The fallback has paid the person the same amount as {thing}: is it the same money?"))
        } else {
            None
        }
    });
    if let Some(sentence) = sentence {
        finding.remark(&sentence);
        finding.resembles = true;
    }
}

/// `Pension, part 1, 2022-04`.
fn named(scheme: Option<Named>, part: Named, period: Option<Period>) -> String {
    let scheme = scheme.map_or("", |scheme| scheme.written);
    let part = if part.written.is_empty() { String::new() } else { format!(", part {}", part.written) };
    let period = period.map(|period| format!(", {period}")).unwrap_or_default();
    format!("{scheme}{part}{period}")
}
