//! What has become known of other desks since a batch was prepared, and keeps it from leaving: both desks prepared the same before they met.

use std::collections::HashMap;

use crate::fault::Result;
use crate::ledger::Snapshot;
use crate::ledger::desks::MergedDesk;
use crate::ledger::foreign::{ForeignClaim, Hold};
use crate::payment::{BatchId, Period, Tag};

/// How many payments of a batch are for days that others have paid, with the batch of the first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Met {
    pub count: u64,
    pub first: Option<BatchId>,
}

impl Met {
    pub(super) fn add(&mut self, theirs: BatchId) {
        self.count += 1;
        self.first.get_or_insert(theirs);
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Elsewhere {
    /// By what has left there.
    pub left: Met,
    /// By what was freed there and stands after all.
    pub after_all: Met,
}

struct Theirs {
    batch: BatchId,
    obligation: [u8; 8],
    period: Period,
    left: bool,
    /// Whoever prepared the batch, and decided to pay for days that overlap, did not know of it.
    is_news: bool,
}

impl Theirs {
    fn of(foreign: &ForeignClaim, merged: &MergedDesk, prepared: u64) -> Option<Self> {
        let since = match foreign.hold {
            Hold::Left => merged.heard_of(foreign.claim.batch),
            Hold::Freed if foreign.stands_after_all() => merged.entry,
            Hold::Freed | Hold::Claimed => return None,
        };
        let claim = &foreign.claim;
        Some(Self {
            batch: claim.batch,
            obligation: claim.tag.obligation,
            period: claim.period,
            left: foreign.hold == Hold::Left,
            is_news: since > prepared,
        })
    }

    fn is_for_days_of(&self, tag: &Tag, period: Period) -> bool {
        self.left && self.obligation == tag.obligation || self.is_news && self.period.overlaps(period)
    }
}

/// Looks for what other desks have paid of a batch, which an entry prepared.
pub(super) fn look(
    snapshot: &mut dyn Snapshot,
    merged: &[MergedDesk],
    (batch, entry): (BatchId, u64),
) -> Result<Elsewhere> {
    let mut theirs: HashMap<[u8; 8], Vec<Theirs>> = HashMap::new();
    snapshot.foreign_claims(&mut |foreign| {
        let desk = merged.iter().find(|desk| desk.ledger == foreign.ledger);
        if let Some(one) = desk.and_then(|desk| Theirs::of(&foreign, desk, entry)) {
            theirs.entry(foreign.claim.tag.series).or_default().push(one);
        }
        Ok(())
    })?;
    let mut found = Elsewhere::default();
    // One desk alone, which most are, does not look through its claims for it.
    if theirs.is_empty() {
        return Ok(found);
    }
    snapshot.claims(&mut |claim| {
        if claim.batch == batch {
            let of_series = theirs.get(&claim.tag.series).into_iter().flatten();
            let mut met = of_series.filter(|theirs| theirs.is_for_days_of(&claim.tag, claim.period));
            match met.clone().find(|theirs| theirs.left) {
                Some(left) => found.left.add(left.batch),
                None => met.next().into_iter().for_each(|stands| found.after_all.add(stands.batch)),
            }
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ledger::event::LedgerId;
    use crate::ledger::outcome::Standing;
    use crate::ledger::sqlite::SqliteStore;
    use crate::ledger::store::{Claim, Store as _};
    use crate::payment::{Amount, Currency, Digest};

    const APRIL: &str = "2022-04";
    const SPRING: &str = "2022-04..2022-06";
    const MAY: &str = "2022-05";
    const KNOWN: BatchId = BatchId::new('K', 6);
    const NEW: BatchId = BatchId::new('K', 7);
    /// The batch was prepared by the third entry; of K0006 one knew since the second, of K0007 since the fifth, the last merge.
    const PREPARED: u64 = 3;

    /// The benefit of a person, for some days, in a batch.
    fn claim(person: u8, days: &str, batch: BatchId) -> Claim {
        let obligation = [APRIL, SPRING, MAY].iter().position(|known| *known == days).unwrap_or_default() as u8;
        Claim {
            tag: Tag { series: [person; 8], obligation: [obligation; 8] },
            attempt: 1,
            batch,
            person: [person; 8],
            payee: None,
            account: [person; 8],
            amount: Amount::from_minor_units(100, Currency::Dkk),
            period: days.parse().expect("a period"),
        }
    }

    /// What another desk has only prepared stands in nobody's way; what has left there is paid, and how much of it and in which batch is told.
    #[test]
    fn what_other_desks_have_paid_since_a_batch_was_prepared_is_found() {
        use Hold::{Claimed, Freed, Left};
        use Standing::{None as Unheard, Returned, Settled};
        let here = BatchId::new('B', 1);
        type Known = (u8, &'static str, BatchId, Hold, Standing);
        type Found = (u64, Option<BatchId>);
        const NOTHING: Found = (0, None);
        let table: [(&[Known], Found, Found); 13] = [
            (&[], NOTHING, NOTHING),
            (&[(1, APRIL, NEW, Claimed, Unheard), (2, APRIL, NEW, Freed, Returned)], NOTHING, NOTHING),
            (&[(1, APRIL, NEW, Left, Unheard)], (1, Some(NEW)), NOTHING),
            // The very same is paid, whenever that was heard of.
            (&[(1, APRIL, KNOWN, Left, Unheard)], (1, Some(KNOWN)), NOTHING),
            (&[(1, APRIL, NEW, Left, Unheard), (2, APRIL, NEW, Left, Settled)], (2, Some(NEW)), NOTHING),
            // Days that overlap: somebody decided to pay them, or could not know of it.
            (&[(1, SPRING, NEW, Left, Unheard)], (1, Some(NEW)), NOTHING),
            (&[(1, SPRING, KNOWN, Left, Unheard)], NOTHING, NOTHING),
            (&[(1, MAY, NEW, Left, Unheard)], NOTHING, NOTHING),
            (&[(1, SPRING, NEW, Claimed, Unheard)], NOTHING, NOTHING),
            // Freed there, and it stands.
            (&[(1, APRIL, NEW, Freed, Settled)], NOTHING, (1, Some(NEW))),
            (&[(1, SPRING, KNOWN, Freed, Settled), (2, MAY, NEW, Freed, Settled)], NOTHING, (1, Some(KNOWN))),
            (&[(1, APRIL, NEW, Freed, Settled), (1, SPRING, NEW, Left, Settled)], (1, Some(NEW)), NOTHING),
            // Of another batch, which is not the one that leaves.
            (&[(9, APRIL, NEW, Left, Unheard)], NOTHING, NOTHING),
        ];
        for (known, left, after_all) in table {
            let mut store = SqliteStore::create(Path::new(":memory:")).expect("a ledger");
            let mut transaction = store.write(&mut |_| ()).expect("the writing place");
            transaction.claim(&[1, 2, 3].map(|person| claim(person, APRIL, here))).expect("claims");
            transaction.claim(&[claim(9, APRIL, BatchId::new('B', 2))]).expect("claims");
            let ledger = LedgerId([2; 16]);
            for (person, days, batch, hold, standing) in known {
                let (claim, times) = (claim(*person, days, *batch), 1);
                let foreign = ForeignClaim { ledger, claim, hold: *hold, standing: *standing, times, booked_on: None };
                transaction.put_foreign_claim(&foreign).expect("keeps");
            }
            let (head, claims, claims_root) = ((40, Digest([0; 32])), known.len() as u64, Digest([0; 32]));
            let batches = vec![(KNOWN, 2), (NEW, 5)];
            let desk = MergedDesk { ledger, letter: 'K', head, claims, claims_root, entry: 5, at: 0, batches };
            let found = look(&mut *transaction, &[desk], (here, PREPARED)).expect("looks");
            assert_eq!((found.left.count, found.left.first), left, "{known:?}");
            assert_eq!((found.after_all.count, found.after_all.first), after_all, "{known:?}");
        }
    }
}
