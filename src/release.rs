//! The plan of what leaves: which payments go into which file, under which names and ids, with which hash. Touches nothing.
//!
//! Ids are worked out from the content under the duplicate key, never drawn: the same batch gives the same bytes on every machine, so
//! that the bank can know a second upload for what it is; and without the key nobody can guess a person number from a file's hash.

use std::collections::VecDeque;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::batch::{PaymentGroup, Sum};
use crate::ledger::event::Environment;
use crate::payment::{BatchId, Currency, Digest};

/// A run of one group's payments within one file: a payment information block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Segment {
    /// Index into the batch's groups.
    pub group: u32,
    pub payment_information_id: String,
    pub sum: Sum,
}

/// One bank file.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PlannedFile {
    pub name: String,
    pub message_id: String,
    pub segments: Vec<Segment>,
    pub sum: Sum,
    pub sha256: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReleasePlan {
    /// Which writer's bytes the hashes are of, see [`WRITER_VERSION`](crate::bank::pain001::WRITER_VERSION).
    pub writer: u16,
    pub files: Vec<PlannedFile>,
}

/// How many payments of which group go into each file: groups in order, a file filled to `max_payments` before the next begins.
pub fn divide(groups: &[PaymentGroup], max_payments: u32) -> Vec<Vec<(u32, u64)>> {
    let max_payments = u64::from(max_payments.max(1));
    let mut files: Vec<Vec<(u32, u64)>> = Vec::new();
    let mut room = 0;
    let mut waiting: VecDeque<(u32, u64)> = (0..).zip(groups.iter().map(|group| group.sum.count)).collect();
    while let Some((group, count)) = waiting.pop_front() {
        if count == 0 {
            continue;
        }
        if room == 0 {
            files.push(Vec::new());
            room = max_payments;
        }
        let taken = count.min(room);
        room -= taken;
        if let Some(file) = files.last_mut() {
            file.push((group, taken));
        }
        if taken < count {
            waiting.push_front((group, count - taken));
        }
    }
    files
}

/// What a file of a batch is called, so that a person in a hurry uploads the right one once:
/// `B0001_1-of-3_pay-2026-12-01_1000-payments_5234000.50-DKK.xml`.
pub fn file_name(
    environment: Environment,
    batch: BatchId,
    (number, of): (usize, usize),
    first_pay_date: chrono::NaiveDate,
    sum: Sum,
    extension: &str,
) -> String {
    let drill = drill_mark(environment);
    let currency: Currency = sum.amount.currency();
    let payments = if sum.count == 1 { "payment" } else { "payments" };
    format!(
        "{drill}{batch}_{number}-of-{of}_pay-{first_pay_date}_{}-{payments}_{}-{currency}.{extension}",
        sum.count, sum.amount
    )
}

/// `DRILL-` where no money moves.
pub fn drill_mark(environment: Environment) -> &'static str {
    match environment {
        Environment::Real => "",
        Environment::Drill => "DRILL-",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Amount, Scheme};

    fn group(count: u64) -> PaymentGroup {
        let one = Amount::from_minor_units(100, Currency::Dkk);
        let pay_on = chrono::NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
        let scheme = Scheme::new("Pension").expect("a name");
        PaymentGroup { pay_on, scheme, sum: Sum { count, amount: one }, smallest: one, median: one, largest: one }
    }

    #[test]
    fn files_are_filled_to_the_banks_limit_group_by_group() {
        /// Counts of the groups, the bank's limit, and for each file its groups with their counts.
        type Case<'a> = (&'a [u64], u32, &'a [&'a [(u32, u64)]]);
        let table: [Case; 6] = [
            (&[], 1000, &[]),
            (&[3], 1000, &[&[(0, 3)]]),
            (&[900, 500, 1150], 1000, &[&[(0, 900), (1, 100)], &[(1, 400), (2, 600)], &[(2, 550)]]),
            (&[1000, 1000], 1000, &[&[(0, 1000)], &[(1, 1000)]]),
            (&[2, 0, 1], 1, &[&[(0, 1)], &[(0, 1)], &[(2, 1)]]),
            (&[2], 0, &[&[(0, 1)], &[(0, 1)]]),
        ];
        for (counts, max_payments, expected) in table {
            let groups: Vec<_> = counts.iter().map(|count| group(*count)).collect();
            assert_eq!(divide(&groups, max_payments), expected, "{counts:?} by {max_payments}");
        }
    }

    #[test]
    fn a_file_name_says_what_is_inside() {
        let sum = Sum { count: 1000, amount: Amount::from_minor_units(523_400_050, Currency::Dkk) };
        let name = file_name(Environment::Drill, BatchId::new('B', 1), (1, 3), group(1).pay_on, sum, "xml");
        assert_eq!(name, "DRILL-B0001_1-of-3_pay-2026-12-01_1000-payments_5234000.50-DKK.xml");
    }
}
