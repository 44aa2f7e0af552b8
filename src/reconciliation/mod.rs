//! After the outage: our payments, the bank's word on them and upstream's own runs become one verdict for each obligation, with its evidence,
//! the money to the last øre, and one proposed remedy. It proposes; people decide.
//!
//! Both sides become [`record`]s, which can be brought into the order of persons outside memory. Then, one person at a time: [`matching`] puts
//! what belongs together into groups, [`finding`] judges each group, [`offer`] pairs up what is left over, and [`resemblance`] tells of what looks
//! alike. All of it is pure; `ops` keeps the records and goes through them.

pub mod finding;
pub mod matching;
pub mod offer;
pub mod record;
pub mod resemblance;
#[cfg(test)]
mod tests;
pub mod true_up;
#[cfg(test)]
mod worlds;

use chrono::NaiveDate;

use crate::ledger::outcome::{OtherAmounts, ReasonCode, Standing};
use crate::payment::{Amount, AmountOverflow, BatchId, EndToEndId, Part, Period, PersonId, Scheme};

/// A payment of ours that has left.
#[derive(Clone, Debug)]
pub struct FallbackPayment {
    pub end_to_end_id: EndToEndId,
    pub batch: BatchId,
    pub person: PersonId,
    pub name: String,
    pub scheme: Scheme,
    pub period: Period,
    pub part: Part,
    /// As it was approved.
    pub amount: Amount,
    /// [`Account::identity`](crate::payment::Account::identity) of the account paid to; empty where it was paid by person number.
    pub account: String,
    pub standing: Standing,
    /// How many times its money is out: 0 where it came back, 2 where the bank booked it twice.
    pub times_standing: u32,
    /// The day for which it was ordered.
    pub pay_on: NaiveDate,
    /// The day on which the bank first booked it, where it has said so.
    pub booked_on: Option<NaiveDate>,
    /// Why the bank rejected it or gave it back, where it said.
    pub reason: Option<ReasonCode>,
    /// Where the bank's amounts are not ours.
    pub other_amounts: OtherAmounts,
}

impl FallbackPayment {
    /// What of its money is out.
    ///
    /// # Errors
    /// Where it leaves the range of amounts.
    pub fn out(&self) -> Result<Amount, AmountOverflow> {
        self.other_amounts.out_of(self.amount, self.times_standing)
    }

    /// What was paid each time: as it was typed, where somebody typed another amount.
    pub fn paid_each(&self) -> Amount {
        self.other_amounts.typed.unwrap_or(self.amount)
    }
}

/// What upstream says of a row of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UpstreamStatus {
    Paid,
    Planned,
    Stopped,
}

impl UpstreamStatus {
    /// The status in the words of the contract or in Danish; `None` for other words.
    pub fn in_words(written: &str) -> Option<Self> {
        const WORDS: [(&str, UpstreamStatus); 9] = [
            ("paid", UpstreamStatus::Paid),
            ("planned", UpstreamStatus::Planned),
            ("stopped", UpstreamStatus::Stopped),
            ("betalt", UpstreamStatus::Paid),
            ("udbetalt", UpstreamStatus::Paid),
            ("planlagt", UpstreamStatus::Planned),
            ("stoppet", UpstreamStatus::Stopped),
            ("annulleret", UpstreamStatus::Stopped),
            ("cancelled", UpstreamStatus::Stopped),
        ];
        let known = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(written));
        known.map(|(_, status)| *status)
    }
}

/// A row of a run of the restored systems.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UpstreamRow {
    /// `None` where the format carries no person number, as most bank files do not.
    pub person: Option<PersonId>,
    pub name: String,
    /// `None` where the format names no benefit and the settings give none for it.
    pub scheme: Option<Scheme>,
    /// `None` where the run gives none that can be used.
    pub period: Option<Period>,
    pub part: Part,
    pub amount: Amount,
    /// The account's identity, empty where the run gives none.
    pub account: String,
    pub status: UpstreamStatus,
    pub paid_on: Option<NaiveDate>,
    pub reference: String,
    /// What upstream says of the row beside all this, such as why it could not be posted; empty where it says nothing.
    pub remark: String,
    /// Stands for what the row says that nothing here reads, such as a voucher's number; 0 where it says nothing more. Rows that differ in it are not
    /// the same row told twice.
    pub besides: u64,
}
