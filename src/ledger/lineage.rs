//! Which of several copies of one ledger is the ledger, and what two people have said about it.
//!
//! Copies share an id and their first entries. Two people make one of them the ledger by adopting it, which begins a new epoch; what another
//! copy wrote after the entry before the adoption is not in it, and `compare` names that point.

use std::collections::{BTreeMap, BTreeSet};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::payment::{BatchId, Digest};
use crate::say;
use crate::words::Message;

/// Two people say that this folder is the ledger from here on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Adoption {
    /// One more than before.
    pub epoch: u32,
    /// SHA-256 over the machine and the folder, so that the place can be compared and not read.
    pub place: Digest,
    pub reason: String,
    /// What something outside the folder had seen and this ledger does not hold, where the two people went on in spite of it.
    pub overruled: Option<(u64, Digest)>,
    /// Whether they went on although the ledger was, or could be, older than what had been seen: its releases are marked.
    pub older: bool,
}

/// An adoption in its place among the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    pub entry: u64,
    pub by: (String, String),
    pub adoption: Adoption,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    pub adoptions: Vec<Adopted>,
    /// Places (as in [`Adoption::place`]) that two people accepted although ledgers should not lie there, and why they should not.
    pub accepted_places: BTreeSet<(Digest, String)>,
    /// The bank reported on a batch that this ledger does not hold, and nobody has said yet what that means.
    pub bank_is_ahead: Option<BatchId>,
    /// The highest batch of each desk that the bank is known to have reported on although it is not in this ledger.
    pub seen_by_bank: BTreeMap<char, u32>,
    /// The last entry by which something left; 0 before anything has.
    pub last_release: u64,
    /// The last entry that let something leave which had not: what it says must be known wherever an older copy could be put back.
    pub last_departure: u64,
    /// The entry by which each released batch had left whole.
    pub released: BTreeMap<BatchId, u64>,
}

impl Lineage {
    pub fn epoch(&self) -> u32 {
        self.adoptions.last().map_or(0, |adopted| adopted.adoption.epoch)
    }

    /// The last adoption of a ledger that was, or could be, older than what had been seen.
    pub fn adopted_older(&self) -> Option<&Adopted> {
        self.adoptions.iter().rev().find(|adopted| adopted.adoption.older)
    }

    /// Whether two people went on in spite of what was seen in `epoch`.
    pub fn overrules(&self, epoch: u32) -> bool {
        self.adopted_older().is_some_and(|adopted| adopted.adoption.epoch > epoch)
    }

    /// # Errors
    /// The rule that it breaks, completing "Entry N …".
    pub fn adopt(&mut self, adopted: Adopted) -> Result<(), Message> {
        if adopted.adoption.epoch != self.epoch() + 1 {
            return Err(say!(
                "begins epoch {epoch} after epoch {last}",
                epoch = adopted.adoption.epoch,
                last = self.epoch()
            ));
        }
        if adopted.adoption.older {
            self.bank_is_ahead = None;
        }
        self.adoptions.push(adopted);
        Ok(())
    }

    pub fn see_at_bank(&mut self, batches: &[BatchId]) {
        for batch in batches {
            let seen = self.seen_by_bank.entry(batch.desk()).or_default();
            *seen = batch.number().max(*seen);
        }
        self.bank_is_ahead = batches.iter().max().copied().or(self.bank_is_ahead);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adopted(epoch: u32, older: bool) -> Adopted {
        let adoption = Adoption { epoch, place: Digest([0; 32]), reason: String::new(), overruled: None, older };
        Adopted { entry: 9, by: ("anna".into(), "malik".into()), adoption }
    }

    /// Going on with a ledger that may be older overrules what was seen in the epochs before, and nothing that was seen since.
    #[test]
    fn what_two_people_overruled_is_what_was_seen_before_they_did() {
        let mut lineage = Lineage::default();
        assert!(lineage.adopted_older().is_none() && !lineage.overrules(0));
        lineage.see_at_bank(&[BatchId::new('B', 7)]);
        lineage.adopt(adopted(1, false)).expect("a copy");
        assert!(lineage.adopted_older().is_none() && lineage.bank_is_ahead.is_some());
        lineage.adopt(adopted(2, true)).expect("an older one");
        lineage.adopt(adopted(3, false)).expect("a copy");
        assert_eq!(lineage.adopted_older().map(|adopted| adopted.adoption.epoch), Some(2));
        assert_eq!([0, 1, 2, 3].map(|epoch| lineage.overrules(epoch)), [true, true, false, false]);
        assert_eq!((lineage.bank_is_ahead, lineage.epoch()), (None, 3));
        assert!(lineage.adopt(adopted(3, false)).is_err(), "an epoch follows the one before");
    }
}
