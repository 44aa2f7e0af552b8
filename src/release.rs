//! The plan of what leaves: which payments go into which file, under which names and ids, with which hash. Touches nothing.
//!
//! Ids are worked out from the content under the duplicate key, never drawn: the same batch gives the same bytes on every machine, so
//! that the bank can know a second upload for what it is; and without the key nobody can guess a person number from a file's hash.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::batch::Sum;
use crate::ledger::event::Environment;
use crate::payment::{Amount, BatchId, Currency, Digest};

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
    /// Which writer's bytes the hashes are of, see [`WRITER_VERSION`](crate::bank::file::WRITER_VERSION).
    pub writer: u16,
    pub files: Vec<PlannedFile>,
}

/// Says, payment by payment, where the next file begins: when one is full by number or, where the bank has a ceiling, by amount.
#[derive(Clone, Copy, Debug)]
pub struct Divider {
    pub max_payments: u32,
    pub largest_file: Option<Amount>,
}

impl Divider {
    /// Whether a payment of `amount` still belongs into a file that holds `sum`. A payment that alone is over the ceiling gets a file of its own.
    pub fn has_room(&self, sum: &Sum, amount: Amount) -> bool {
        let by_number = sum.count < u64::from(self.max_payments.max(1));
        let with_it = sum.amount.checked_add(amount).ok();
        let by_amount = self.largest_file.is_none_or(|most| with_it.is_some_and(|with_it| with_it <= most));
        by_number && (by_amount || sum.count == 0)
    }
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

/// What the names of a rehearsal's files begin with.
pub const DRILL_MARK: &str = "DRILL-";

/// `DRILL-` where no money moves.
pub fn drill_mark(environment: Environment) -> &'static str {
    match environment {
        Environment::Real => "",
        Environment::Drill => DRILL_MARK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_full_by_number_or_by_amount() {
        let amount = |minor_units| Amount::from_minor_units(minor_units, Currency::Dkk);
        /// The bank's limits, what the file holds, the next amount, and whether it has room.
        type Case = (u32, Option<i64>, (u64, i64), i64, bool);
        let table: [Case; 9] = [
            (2, None, (0, 0), 500, true),
            (2, None, (1, 500), 500, true),
            (2, None, (2, 1000), 500, false),
            (0, None, (0, 0), 500, true),
            (0, None, (1, 500), 500, false),
            (9, Some(1000), (1, 500), 500, true),
            (9, Some(1000), (1, 501), 500, false),
            (9, Some(1000), (0, 0), 5000, true),
            (9, Some(1000), (1, i64::MAX), 1, false),
        ];
        for (max_payments, largest, (count, sum), next, has_room) in table {
            let divider = Divider { max_payments, largest_file: largest.map(amount) };
            assert_eq!(divider.has_room(&Sum { count, amount: amount(sum) }, amount(next)), has_room, "{count} {sum}");
        }
    }

    #[test]
    fn a_file_name_says_what_is_inside() {
        let sum = Sum { count: 1000, amount: Amount::from_minor_units(523_400_050, Currency::Dkk) };
        let pay_on = chrono::NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
        let name = file_name(Environment::Drill, BatchId::new('B', 1), (1, 3), pay_on, sum, "xml");
        assert_eq!(name, "DRILL-B0001_1-of-3_pay-2026-12-01_1000-payments_5234000.50-DKK.xml");
    }
}
