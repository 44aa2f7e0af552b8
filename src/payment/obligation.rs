//! What is owed once: the unit that the ledger lets be paid one time.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Part, Period, PersonId, Scheme};

/// A payer owes this person this scheme for this period, in this part. The payer is the workspace's, so it is not repeated here; it
/// enters where the obligation becomes a [`Tag`](super::Tag). Amount and account are not part of it: the same obligation with another
/// amount is a conflict, not a second obligation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Obligation {
    pub person: PersonId,
    pub scheme: Scheme,
    pub period: Period,
    pub part: Part,
}
