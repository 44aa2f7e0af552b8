//! What every kind of report comes down to: the status of payments, and movements on an account.

use chrono::NaiveDate;

use super::Kind;
use crate::payment::{Amount, Currency, EndToEndId, RepaymentReference};

/// One thing that a report says, in the order in which it says it.
#[derive(Debug)]
pub enum Item<'a> {
    /// What the bank says of a whole message of ours.
    Message(&'a LevelStatus),
    /// What it says of one payment information block of that message.
    Block(&'a LevelStatus),
    /// What it says of one payment.
    Payment(&'a PaymentStatus),
    /// What it says of a recall: of the case first, then of what is below it.
    RecallAnswer(&'a RecallAnswer),
    /// The statement, report or notification that the following bookings are in.
    Statement(&'a StatementHead),
    Booking(&'a Booking),
    /// All of an entry's bookings have been told.
    EntryEnd,
    StatementEnd(&'a StatementEnd),
    /// The file is a message of another kind, which is not read any further. Whoever takes the items may know what it is.
    NoReport(&'a NoReport),
}

/// A message of ISO 20022 that is none of the bank's reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoReport {
    /// Such as `pain.001.001.09`, as the file says.
    pub message: String,
    /// By which it calls itself; empty where it could not be read so far.
    pub id: String,
}

/// What a status comes to for a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Received, pending, in part: nothing to hold on to.
    #[default]
    Open,
    Accepted,
    /// Settled on the payer's account or the payee's.
    Settled,
    /// Rejected or cancelled.
    Rejected,
    /// Rejected for looking like a second one: the first stands.
    Duplicate,
}

/// A status with the bank's reason for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Such as `RJCT`; empty where the level has none.
    pub code: String,
    pub verdict: Verdict,
    /// The first reason's code; empty where there is none.
    pub reason: String,
    /// The code of the reason at hand, and the bank's own words beside it.
    pub reason_at_hand: String,
    pub words: String,
    /// Whether any reason is about a duplicate.
    pub duplicate: Duplicate,
}

/// Whether what a bank says of a level speaks of a duplicate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duplicate {
    #[default]
    No,
    /// Of something in it: it says that not all below it is rejected.
    InPart,
    /// All of it, or it does not say.
    Whole,
}

/// A status on a level above the payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LevelStatus {
    pub message_id: String,
    pub payment_information_id: String,
    pub status: Status,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentStatus {
    pub message_id: String,
    pub payment_information_id: String,
    pub reference: Reference,
    /// Its own, or that of the level above.
    pub status: Status,
}

/// On which level the bank answers a recall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecallScope {
    #[default]
    Case,
    /// One of our messages.
    Message,
    /// One of its payment information blocks.
    Block,
    Payment,
}

/// What an answer to a recall comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecallVerdict {
    /// Nothing to hold on to: in part, a code of tomorrow, or levels that say different things.
    Open,
    /// It is being looked into.
    Pending,
    /// The money was stopped, or comes back.
    Accepted,
    Refused,
}

/// The answer to a recall on one level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecallAnswer {
    pub scope: RecallScope,
    /// Every id of a case, of a request or of a message that is named from here upwards: one of them may be the recall's.
    pub ids: Vec<String>,
    pub message_id: String,
    pub payment_information_id: String,
    pub reference: Reference,
    /// Of this level alone, such as `ACCR`; empty where it has none.
    pub own: String,
    /// Of this level and all above it, from above.
    pub statuses: Vec<String>,
    /// The first reason's code on this level; empty where there is none.
    pub reason: String,
    pub answered_on: Option<NaiveDate>,
}

impl RecallAnswer {
    /// The verdict of the lowest level that has one. Where it accepts, no level above may say otherwise.
    pub fn verdict(&self) -> RecallVerdict {
        let of = |code: &str| match code {
            "ACCR" | "CNCL" => RecallVerdict::Accepted,
            "RJCR" => RecallVerdict::Refused,
            "PDCR" => RecallVerdict::Pending,
            _ => RecallVerdict::Open,
        };
        let told: Vec<RecallVerdict> = self.statuses.iter().map(|code| of(code)).collect();
        let against = [RecallVerdict::Refused, RecallVerdict::Pending];
        match told.last() {
            Some(RecallVerdict::Accepted) if told.iter().any(|verdict| against.contains(verdict)) => {
                RecallVerdict::Open
            }
            Some(verdict) => *verdict,
            None => RecallVerdict::Open,
        }
    }
}

/// By which of our references a report knows a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Every end-to-end id of our shape that is named.
    pub whole: Vec<EndToEndId>,
    /// Sixteen characters that may begin one, as MT940 leaves of it; empty where there are none.
    pub beginning: String,
    /// References under which somebody may be paying back.
    pub repayments: Vec<RepaymentReference>,
    /// What anybody wrote, a line a text, for as long as the booking is at hand: the receipt of a payment that was typed by hand may be in
    /// it. Never kept.
    pub texts: String,
}

impl Reference {
    pub fn clear(&mut self) {
        self.whole.clear();
        self.beginning.clear();
        self.repayments.clear();
        self.texts.clear();
    }

    /// Looks through a text that anybody may have written.
    pub fn look_for_repayment(&mut self, text: &str) {
        RepaymentReference::each_in(text, &mut self.repayments);
        self.add_text(text);
    }

    /// Takes a text along in which a receipt may stand.
    pub fn add_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.texts.push_str(text);
            self.texts.push('\n');
        }
    }

    /// Takes the text as a whole reference if it is one of ours.
    pub fn add(&mut self, text: &str) {
        if let Ok(id) = text.trim().parse()
            && !self.whole.contains(&id)
        {
            self.whole.push(id);
        }
    }
}

/// An account as a report names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToldAccount {
    #[default]
    Unnamed,
    Iban(String),
    /// A domestic number, or whatever the bank calls the account.
    Other(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementHead {
    pub kind: Kind,
    /// The bank's own name for it.
    pub id: String,
    pub account: ToldAccount,
    /// Of the account, as written; empty where the head does not say.
    pub currency: String,
    /// The bank's running number, where it is a number.
    pub sequence: Option<u64>,
    /// Whether the bank says that it is sending it again or to somebody else as well.
    pub copy: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementEnd {
    /// Signed, in minor units of the account's currency; `None` where the report gives none of that kind.
    pub opening: Option<i64>,
    pub closing: Option<i64>,
    /// What the booked entries come to, signed; `None` where they add up to more than can be.
    pub booked: Option<i64>,
    /// Whether this is one page of several, so that it need not add up by itself.
    pub is_page: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryStatus {
    Booked,
    /// Announced, expected or for information: no money has moved.
    #[default]
    NotBooked,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Out of the payer's account.
    #[default]
    Debit,
    /// Onto it.
    Credit,
}

/// One movement: an entry, or one of the transactions that an entry sums up. Buffers are reused from one to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booking {
    pub status: EntryStatus,
    pub direction: Direction,
    /// The bank takes an earlier entry back: a credit reversal undoes a debit.
    pub reversal: bool,
    /// Whether the bank calls it a return, with its reason where it gives one.
    pub returned: bool,
    pub reason: String,
    /// In minor units; `None` where the transaction names none in the account's currency.
    pub amount: Option<i64>,
    /// Of the whole entry.
    pub entry_amount: i64,
    pub booked_on: Option<NaiveDate>,
    pub reference: Reference,
    /// The bank's reference of the transaction, else of the entry; empty where it gives none.
    pub bank_reference: String,
    pub message_id: String,
    pub payment_information_id: String,
    /// Whose account the money went to, as the bank writes it; empty where it does not say.
    pub payee_account: String,
    /// How many payments the booking sums up, where it says so.
    pub sum_of: Option<u64>,
    /// The entry tells its transactions, and this is one of several.
    pub one_of_several: bool,
    /// The entry is in another currency than was asked for; its amounts are not read.
    pub foreign: bool,
}

impl Booking {
    pub fn clear(&mut self) {
        let Self { reason, reference, bank_reference, message_id, payment_information_id, payee_account, .. } = self;
        let mut texts = [reason, bank_reference, message_id, payment_information_id, payee_account].map(std::mem::take);
        let mut reference = std::mem::take(reference);
        texts.iter_mut().for_each(String::clear);
        reference.clear();
        let [reason, bank_reference, message_id, payment_information_id, payee_account] = texts;
        let ids = Self { message_id, payment_information_id, payee_account, ..Self::default() };
        *self = Self { reason, reference, bank_reference, ..ids };
    }
}

/// An amount as reports write it: digits and at most one point (or comma, in MT940), exact to the minor unit. Further decimals must be
/// zeros. `None` for anything else.
pub fn minor_units(text: &str, separator: char) -> Option<i64> {
    let (whole, decimals) = text.split_once(separator).unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && decimals.is_empty()) || !digits(whole) || !digits(decimals) {
        return None;
    }
    let (cents, beyond) = decimals.split_at(decimals.len().min(2));
    if beyond.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let kroner: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let cents: i64 = match cents.len() {
        0 => 0,
        1 => cents.parse::<i64>().ok()? * 10,
        _ => cents.parse().ok()?,
    };
    kroner.checked_mul(100)?.checked_add(cents)
}

/// Whether a report's currency is the ledger's, where it names one.
pub fn is_currency(text: &str, currency: Currency) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case(currency.code())
}

impl StatementEnd {
    /// What opening, entries and closing are out by, where the report gives them all and they do not add up.
    pub fn difference(&self, currency: Currency) -> Option<Amount> {
        if self.is_page {
            return None;
        }
        let expected = self.opening?.checked_add(self.booked?)?;
        let difference = self.closing?.checked_sub(expected)?;
        (difference != 0).then(|| Amount::from_minor_units(difference, currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let table = [
            ("0", Some(0)),
            ("12", Some(1200)),
            ("12.", Some(1200)),
            (".5", Some(50)),
            ("12.5", Some(1250)),
            ("5234.50", Some(523_450)),
            ("18.15000", Some(1815)),
            ("18.155", None),
            ("", None),
            (".", None),
            ("-1", None),
            ("1,5", None),
            ("1e5", None),
            ("1 000", None),
            ("92233720368547758.08", None),
            ("92233720368547758.07", Some(i64::MAX)),
        ];
        for (text, expected) in table {
            assert_eq!(minor_units(text, '.'), expected, "{text}");
        }
        assert_eq!(minor_units("5234,5", ','), Some(523_450));
    }
}
