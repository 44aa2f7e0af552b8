//! What the comparisons found about rows, brought into the order of the rows. Of a row about which there is nothing to say, nothing is kept.

use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};

use super::candidates::{put_place, take_place};
use super::triage::Why;
use crate::fault::Result;
use crate::ledger::baseline::Difference;
use crate::ledger::idempotency::{Collision, Place};
use crate::ops::spool::{Merge, Spool, damaged};
use crate::payment::EndToEndId;

const MEMORY_BYTES: usize = 8 * 1024 * 1024;

/// In the order in which they are to be said.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
enum Found {
    Collision(Collision),
    PutOff(Why),
    Differs(Difference),
    Freed(EndToEndId),
}

/// All that was found about one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// At most one of each kind.
    pub collisions: Vec<Collision>,
    /// Why it is not paid yet, if it could be.
    pub put_off: Option<Why>,
    /// From the last baseline.
    pub difference: Difference,
    /// Payments for the same days that were freed: whether the bank has taken that back is to be looked up.
    pub freed: Vec<EndToEndId>,
}

pub(super) struct Verdicts {
    spool: Spool,
    record: Vec<u8>,
    /// Of the same row, what was found first comes first.
    number: u64,
}

impl Verdicts {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        Ok(Self { spool: Spool::with_memory(folder.into(), MEMORY_BYTES)?, record: Vec::new(), number: 0 })
    }

    pub(super) fn collides(&mut self, place: Place, collisions: &[Collision]) -> Result<()> {
        collisions.iter().try_for_each(|collision| self.add(place, &Found::Collision(*collision)))
    }

    pub(super) fn put_off(&mut self, place: Place, why: Why) -> Result<()> {
        self.add(place, &Found::PutOff(why))
    }

    pub(super) fn differs(&mut self, place: Place, difference: Difference) -> Result<()> {
        self.add(place, &Found::Differs(difference))
    }

    pub(super) fn was_freed(&mut self, place: Place, payment: EndToEndId) -> Result<()> {
        self.add(place, &Found::Freed(payment))
    }

    fn add(&mut self, place: Place, found: &Found) -> Result<()> {
        self.record.clear();
        put_place(&mut self.record, place);
        self.record.extend_from_slice(&self.number.to_be_bytes());
        self.number += 1;
        found.serialize(&mut self.record).map_err(|_| damaged())?;
        self.spool.push(&self.record)
    }

    /// In the order of the rows, once all is found.
    pub(super) fn in_order(&mut self) -> Result<VerdictReader<'_>> {
        self.spool.settle();
        Ok(VerdictReader { merge: self.spool.merge()?, waiting: None })
    }
}

pub(super) struct VerdictReader<'a> {
    merge: Merge<'a>,
    waiting: Option<(Place, Found)>,
}

impl VerdictReader<'_> {
    /// What was found about the row in this place. Asked for in the order of the places.
    pub(super) fn of(&mut self, place: Place) -> Result<Verdict> {
        let mut verdict = Verdict::default();
        loop {
            if self.waiting.is_none() {
                let Some(record) = self.merge.next()? else { return Ok(verdict) };
                self.waiting = Some(read(record).ok_or_else(damaged)?);
            }
            match self.waiting.take_if(|(waiting, _)| *waiting == place) {
                None => return Ok(verdict),
                Some((_, Found::Collision(collision))) => verdict.collisions.push(collision),
                Some((_, Found::PutOff(why))) => verdict.put_off = Some(why),
                Some((_, Found::Differs(difference))) => verdict.difference = difference,
                Some((_, Found::Freed(payment))) => verdict.freed.push(payment),
            }
        }
    }
}

fn read(mut record: &[u8]) -> Option<(Place, Found)> {
    const NUMBER_BYTES: usize = 8;
    let place = take_place(&mut record)?;
    Some((place, Found::try_from_slice(record.get(NUMBER_BYTES..)?).ok()?))
}
