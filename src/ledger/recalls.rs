//! Recalls: the bank is asked (camt.055) to take payments back before they are settled, and answers (camt.029).
//!
//! A recall moves no claim by itself. Where it says that another payment stands for the same obligation, whatever becomes of the recalled one
//! frees nothing: a piece of evidence says so from the day of the asking, so that no later word of the bank can be taken for leave to pay again.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use super::event::SealedParts;
use super::outcome::ReasonCode;
use super::remedies::{Basis, FindingKey};
use crate::batch::Sum;
use crate::payment::{BatchId, Digest, EndToEndId, InvalidReference};

/// `RC0001`: recalls are numbered in the order in which they were begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct RecallId(pub u32);

impl fmt::Display for RecallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RC{:04}", self.0)
    }
}

impl FromStr for RecallId {
    type Err = InvalidReference;

    /// Reads `RC0001`, and what a person types for it: `rc1`.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let text = text.trim();
        let digits = text.get(..2).filter(|mark| mark.eq_ignore_ascii_case("RC")).map(|_| &text[2..]);
        match digits.filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(digits) => digits.parse().map(Self).map_err(|_| InvalidReference),
            None => Err(InvalidReference),
        }
    }
}

/// Why the bank is asked, by ISO 20022's external cancellation reasons. The numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum CancellationReason {
    /// Another payment stands for the same obligation.
    Duplicate = 1,
    /// The payer asks for it.
    Customer = 2,
    /// It was not owed.
    Undue = 3,
    WrongAmount = 4,
    WrongAccount = 5,
    Fraud = 6,
}

impl CancellationReason {
    pub const ALL: [CancellationReason; 6] = [
        CancellationReason::Duplicate,
        CancellationReason::Customer,
        CancellationReason::Undue,
        CancellationReason::WrongAmount,
        CancellationReason::WrongAccount,
        CancellationReason::Fraud,
    ];

    /// As the message has it.
    pub fn code(self) -> &'static str {
        match self {
            CancellationReason::Duplicate => "DUPL",
            CancellationReason::Customer => "CUST",
            CancellationReason::Undue => "UPAY",
            CancellationReason::WrongAmount => "AM09",
            CancellationReason::WrongAccount => "AC03",
            CancellationReason::Fraud => "FRAD",
        }
    }

    /// Whether the obligation stays paid by another payment, so that a recall that succeeds frees nothing.
    pub fn stays_paid(self) -> bool {
        self == CancellationReason::Duplicate
    }
}

impl FromStr for CancellationReason {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim().to_ascii_uppercase();
        Self::ALL.into_iter().find(|reason| reason.code() == text).ok_or(())
    }
}

/// A recall as two people began it. What its file says follows from this and from the batches' plans, so that it can be made again.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedRecall {
    pub recall: RecallId,
    pub finding: FindingKey,
    pub basis: Basis,
    /// The finding's number, as people know it.
    pub number: u32,
    pub reason: CancellationReason,
    /// Of the message, and of the case that the bank is asked to open.
    pub message_id: String,
    /// Whose bytes the hash is of, see [`WRITER_VERSION`](crate::bank::camt055::WRITER_VERSION).
    pub writer: u16,
    /// By batch, file, block and reference, ascending.
    pub payments: Vec<RecalledPayment>,
    pub sum: Sum,
    pub file_name: String,
    pub sha256: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct RecalledPayment {
    pub batch: BatchId,
    /// Index into the plan's files.
    pub file: u32,
    /// Index into the file's segments.
    pub segment: u32,
    pub payment: EndToEndId,
    /// In minor units of the ledger's currency, as it was sent.
    pub amount: i64,
}

/// What the bank says of one recalled payment. The numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum AnswerVerdict {
    /// It is being looked into.
    Pending = 1,
    /// The money was stopped, or comes back.
    Accepted = 2,
    Refused = 3,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AnsweredPayment {
    pub payment: EndToEndId,
    pub verdict: AnswerVerdict,
    /// One of the external codes; empty where the bank gave none.
    pub reason: String,
}

impl AnsweredPayment {
    pub fn reason_code(&self) -> Option<ReasonCode> {
        ReasonCode::new(&self.reason)
    }
}

/// What one answer brought that was new.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedAnswer {
    pub recall: RecallId,
    pub payments: Vec<AnsweredPayment>,
}

/// Two people no longer wait for the bank's answer: it told them otherwise, or never will.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecallGivenUp {
    pub recall: RecallId,
    pub reason: SealedParts,
}

/// Where a recalled payment stands with the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecallStanding {
    Waiting,
    Pending,
    Accepted,
    Refused,
    /// The bank accepted and refused it: which holds, the account must show.
    Contradictory,
    GivenUp,
}

impl RecallStanding {
    pub fn as_str(self) -> &'static str {
        match self {
            RecallStanding::Waiting => "waiting",
            RecallStanding::Pending => "pending",
            RecallStanding::Accepted => "accepted",
            RecallStanding::Refused => "refused",
            RecallStanding::Contradictory => "contradictory",
            RecallStanding::GivenUp => "given_up",
        }
    }

    /// Whether something of the bank's is still to come.
    pub fn is_open(self) -> bool {
        matches!(self, RecallStanding::Waiting | RecallStanding::Pending | RecallStanding::Contradictory)
    }

    /// What all that the bank said comes to, in whatever order it was read.
    pub fn of(verdicts: impl IntoIterator<Item = AnswerVerdict>, given_up: bool) -> Self {
        let (mut pending, mut accepted, mut refused) = (false, false, false);
        for verdict in verdicts {
            match verdict {
                AnswerVerdict::Pending => pending = true,
                AnswerVerdict::Accepted => accepted = true,
                AnswerVerdict::Refused => refused = true,
            }
        }
        match (accepted, refused) {
            (true, true) if given_up => RecallStanding::GivenUp,
            (true, true) => RecallStanding::Contradictory,
            (true, false) => RecallStanding::Accepted,
            (false, true) => RecallStanding::Refused,
            (false, false) if given_up => RecallStanding::GivenUp,
            (false, false) if pending => RecallStanding::Pending,
            (false, false) => RecallStanding::Waiting,
        }
    }
}

/// A recall and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallState {
    pub recorded: RecordedRecall,
    /// The entry that began it.
    pub entry: u64,
    /// Seconds since 1970.
    pub at: i64,
    pub by: String,
    pub second: String,
    /// Whether its file got its name.
    pub written: bool,
    /// By the entry that recorded them.
    pub answers: BTreeMap<u64, RecordedAnswer>,
    /// The entry by which it was given up.
    pub given_up: Option<u64>,
}

impl RecallState {
    pub fn id(&self) -> RecallId {
        self.recorded.recall
    }

    pub fn holds(&self, payment: &EndToEndId) -> bool {
        self.recorded.payments.iter().any(|one| one.payment == *payment)
    }

    /// Everything that the bank said of one payment, the earliest first.
    pub fn said_of<'a>(&'a self, payment: &'a EndToEndId) -> impl Iterator<Item = &'a AnsweredPayment> {
        self.answers.values().flat_map(|answer| &answer.payments).filter(move |one| one.payment == *payment)
    }

    pub fn standing_of(&self, payment: &EndToEndId) -> RecallStanding {
        RecallStanding::of(self.said_of(payment).map(|one| one.verdict), self.given_up.is_some())
    }

    /// Whether the bank took a payment of it back.
    pub fn took_back(&self, payment: &EndToEndId) -> bool {
        self.standing_of(payment) == RecallStanding::Accepted
    }

    /// Its payments that still wait for the bank.
    pub fn open(&self) -> impl Iterator<Item = &RecalledPayment> {
        self.recorded.payments.iter().filter(|one| self.standing_of(&one.payment).is_open())
    }

    pub fn is_open(&self) -> bool {
        self.open().next().is_some()
    }

    /// The last entry by which the bank took a payment of it back.
    pub fn accepted_at(&self) -> Option<u64> {
        let accepts =
            |answer: &RecordedAnswer| answer.payments.iter().any(|one| one.verdict == AnswerVerdict::Accepted);
        self.answers.iter().rev().find(|(_, answer)| accepts(answer)).map(|(entry, _)| *entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_as_written_and_as_typed() {
        assert_eq!(RecallId(7).to_string(), "RC0007");
        for (text, read) in
            [("RC0007", Some(7)), (" rc7 ", Some(7)), ("R7", None), ("RC", None), ("RCx", None), ("RC+7", None)]
        {
            assert_eq!(text.parse().ok(), read.map(RecallId), "{text}");
        }
        assert!("RC0007".parse::<BatchId>().is_err(), "never taken for a desk's batch");
    }

    /// A payment is back where the bank said yes and never no; the last yes of any payment dates the recall.
    #[test]
    fn what_the_bank_took_back_and_when_follows_from_its_answers() {
        use AnswerVerdict::{Accepted, Pending, Refused};
        let payment =
            |number| EndToEndId { tag: crate::payment::Tag { series: [number; 8], obligation: [1; 8] }, attempt: 1 };
        let answer = |payments: &[(u8, AnswerVerdict)]| RecordedAnswer {
            recall: RecallId(1),
            payments: payments
                .iter()
                .map(|(number, verdict)| AnsweredPayment {
                    payment: payment(*number),
                    verdict: *verdict,
                    reason: if *verdict == Refused { "ARDT".into() } else { String::new() },
                })
                .collect(),
        };
        let amount = crate::payment::Amount::from_minor_units(300, crate::payment::Currency::Dkk);
        let recalled = |number| RecalledPayment {
            batch: BatchId::new('B', 1),
            file: 0,
            segment: 0,
            payment: payment(number),
            amount: 100,
        };
        let mut state = RecallState {
            recorded: RecordedRecall {
                recall: RecallId(1),
                finding: FindingKey([5; 8]),
                basis: Basis::Upstream,
                number: 3,
                reason: CancellationReason::Duplicate,
                message_id: "RC0001-A".into(),
                writer: 1,
                payments: vec![recalled(1), recalled(2), recalled(3)],
                sum: Sum { count: 3, amount },
                file_name: "recall-RC0001.xml".into(),
                sha256: Digest([3; 32]),
            },
            entry: 7,
            at: 0,
            by: "anna".into(),
            second: "malik".into(),
            written: true,
            answers: BTreeMap::new(),
            given_up: None,
        };
        let standing = |state: &RecallState| [1, 2, 3].map(|number| state.took_back(&payment(number)));
        assert_eq!((standing(&state), state.accepted_at(), state.open().count()), ([false; 3], None, 3));
        state.answers.insert(8, answer(&[(1, Pending), (2, Refused)]));
        assert_eq!((standing(&state), state.accepted_at(), state.open().count()), ([false; 3], None, 2));
        state.answers.insert(9, answer(&[(1, Accepted)]));
        state.answers.insert(10, answer(&[(3, Accepted)]));
        state.answers.insert(11, answer(&[(3, Refused)]));
        assert_eq!(standing(&state), [true, false, false]);
        assert_eq!((state.accepted_at(), state.open().count()), (Some(10), 1), "yes and no is still open");
        let reason = |number| state.said_of(&payment(number)).filter_map(AnsweredPayment::reason_code).count();
        assert_eq!([1, 2, 3].map(reason), [0, 1, 1]);
        assert!(state.holds(&payment(2)) && !state.holds(&payment(4)));
    }

    /// What the bank said, in any order, and whether two people gave it up.
    #[test]
    fn what_a_recall_comes_to_follows_from_all_answers() {
        use AnswerVerdict::{Accepted, Pending, Refused};
        let table: [(&[AnswerVerdict], bool, RecallStanding); 10] = [
            (&[], false, RecallStanding::Waiting),
            (&[], true, RecallStanding::GivenUp),
            (&[Pending], false, RecallStanding::Pending),
            (&[Pending], true, RecallStanding::GivenUp),
            (&[Pending, Accepted], false, RecallStanding::Accepted),
            (&[Accepted, Pending], true, RecallStanding::Accepted),
            (&[Refused, Pending], false, RecallStanding::Refused),
            (&[Accepted, Refused], false, RecallStanding::Contradictory),
            (&[Refused, Accepted], false, RecallStanding::Contradictory),
            (&[Refused, Accepted], true, RecallStanding::GivenUp),
        ];
        for (said, given_up, expected) in table {
            assert_eq!(RecallStanding::of(said.iter().copied(), given_up), expected, "{said:?} {given_up}");
        }
        let codes = CancellationReason::ALL.map(CancellationReason::code);
        assert!(codes.iter().zip(CancellationReason::ALL).all(|(code, reason)| code.parse() == Ok(reason)));
        assert_eq!(CancellationReason::ALL.map(CancellationReason::stays_paid).iter().filter(|held| **held).count(), 1);
    }
}
