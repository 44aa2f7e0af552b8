//! What happens to a payment after the outage, at the bank and in the restored system. Most of it is as it should be; every twelfth recipient or
//! so has a story of their own.

use super::chance::{Dice, Purpose};

/// What the restored system did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upstream {
    /// It had the stop list in time.
    Stopped,
    /// Stopped, and it owed 100.00 less than the fallback paid.
    StoppedForLess,
    /// Stopped, and it owed 500.00 more.
    StoppedForMore,
    /// Paid once more, dated back.
    Paid,
    /// Paid once more, 500.00 more than the fallback.
    PaidMore,
    /// Paid once more, and the row stands in the run twice.
    PaidAndListedTwice,
    /// Paid once more, in two components.
    PaidInComponents,
    /// Paid the month before and this one in one.
    PaidTwoMonths,
    /// Paid under a new person number.
    PaidUnderNewNumber,
    /// Will be paid in the next run.
    Planned,
    /// Will be paid in the next run, 500.00 more than the fallback paid.
    PlannedForMore,
    /// It knows nothing of it.
    Silent,
    /// It paid twice itself.
    PaidTwice,
}

/// What the bank did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bank {
    Carried,
    /// Debited twice.
    Doubled,
    /// Paid, and came back.
    Returned,
    Rejected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Story {
    pub(super) upstream: Upstream,
    pub(super) bank: Bank,
}

/// How the bank reports a list's payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reporting {
    /// Each by itself, on the statement.
    Singly,
    /// As one sum, which confirms no single payment.
    AsSum,
    /// Only that it has taken them on.
    Accepted,
}

/// By the lists' places in [`BENEFITS`](super::benefit::BENEFITS).
pub(super) const REPORTING: [Reporting; 5] =
    [Reporting::Singly, Reporting::Singly, Reporting::AsSum, Reporting::Singly, Reporting::Accepted];

/// The list that the restored system is about to pay when the findings are made.
const PLANNED_LIST: usize = 2;

/// One story in so many recipients.
const STRETCH: u64 = 12;

const STORIES: [Story; 18] = {
    const fn at_upstream(upstream: Upstream) -> Story {
        Story { upstream, bank: Bank::Carried }
    }
    const fn at_bank(bank: Bank, upstream: Upstream) -> Story {
        Story { upstream, bank }
    }
    [
        at_upstream(Upstream::Paid),
        at_upstream(Upstream::PaidUnderNewNumber),
        at_bank(Bank::Returned, Upstream::Silent),
        at_upstream(Upstream::PlannedForMore),
        at_upstream(Upstream::PaidInComponents),
        at_bank(Bank::Doubled, Upstream::Stopped),
        at_upstream(Upstream::Silent),
        at_upstream(Upstream::PaidTwoMonths),
        at_bank(Bank::Rejected, Upstream::Planned),
        at_upstream(Upstream::StoppedForMore),
        at_upstream(Upstream::PaidMore),
        at_bank(Bank::Doubled, Upstream::Paid),
        at_upstream(Upstream::Planned),
        at_bank(Bank::Returned, Upstream::Paid),
        at_upstream(Upstream::StoppedForLess),
        at_upstream(Upstream::PaidAndListedTwice),
        at_bank(Bank::Rejected, Upstream::Silent),
        at_bank(Bank::Returned, Upstream::Stopped),
    ]
};

impl Story {
    /// Of a payment that the fallback made. `alone`: shares neither account nor amount with anybody.
    pub(super) fn of_paid((seed, list): (u64, usize), place: u64, alone: bool) -> Self {
        let usual = if list == PLANNED_LIST { Upstream::Planned } else { Upstream::Stopped };
        let usual = Story { upstream: usual, bank: Bank::Carried };
        let stretch = place / STRETCH;
        let chosen = stretch * STRETCH + Dice::at(seed, Purpose::Story, list, stretch).below(STRETCH);
        if place != chosen {
            return usual;
        }
        let story = STORIES[((stretch + 7 * list as u64) % STORIES.len() as u64) as usize];
        let told_by_bank = match REPORTING[list] {
            Reporting::Singly => true,
            Reporting::AsSum => story.bank == Bank::Carried,
            Reporting::Accepted => matches!(story.bank, Bank::Carried | Bank::Rejected),
        };
        // What is left over on both sides must be one person's, or there would be more findings than were meant.
        let could_be_anothers = matches!(story.upstream, Upstream::PaidUnderNewNumber | Upstream::Silent) && !alone;
        if told_by_bank && !could_be_anothers { story } else { usual }
    }

    /// Of somebody whose row was rejected or held, the `number`th of the list.
    pub(super) fn of_unpaid(number: u64) -> Self {
        const IN_TURN: [Upstream; 4] = [Upstream::Paid, Upstream::Stopped, Upstream::PaidTwice, Upstream::Silent];
        Story { upstream: IN_TURN[(number % IN_TURN.len() as u64) as usize], bank: Bank::Carried }
    }
}
