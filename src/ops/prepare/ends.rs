//! Who is dead and what has ended, by the rows that say so, or may say so. Such a row is rejected by itself, or held; the other rows of the
//! same person may stand in another list, whose author has not heard of it.
//!
//! They are few beside those who are paid, so that they are kept in memory, by pseudonym.

use std::collections::HashMap;

use crate::checks::change::End;
use crate::ledger::idempotency::{Collision, Fingerprint, Place, Pseudonym};

#[derive(Default)]
pub(super) struct Ends {
    /// Each with the first row that says it.
    dead: HashMap<Pseudonym, Place>,
    /// By person and the scheme's place among those read: a row that names no part ends all of them.
    ended: HashMap<(Pseudonym, u16), Place>,
    /// By series.
    ended_parts: HashMap<Pseudonym, Place>,
}

/// Of which case a row says that it ended: of one part, or of the whole scheme.
pub(super) enum Case {
    OfScheme(u16),
    OfPart(Pseudonym),
}

impl Ends {
    /// Notes the row of `person` in this place, which speaks of an end. `case` is `None` where the row does not name its benefit.
    pub fn note(&mut self, place: Place, end: End, person: Pseudonym, case: Option<Case>) {
        match (end, case) {
            (End::OfPerson, _) => _ = self.dead.entry(person).or_insert(place),
            (End::OfCase, Some(Case::OfScheme(scheme))) => _ = self.ended.entry((person, scheme)).or_insert(place),
            (End::OfCase, Some(Case::OfPart(series))) => _ = self.ended_parts.entry(series).or_insert(place),
            (End::OfCase, None) => {}
        }
    }

    /// What another row says of the person or the case of the one in this place.
    pub fn of(&self, place: Place, fingerprint: &Fingerprint, scheme: u16) -> Option<Collision> {
        let ended = || self.ended.get(&(fingerprint.person, scheme));
        let ended_part = || self.ended_parts.get(&fingerprint.tag.series);
        let (by, dead) = match self.dead.get(&fingerprint.person) {
            Some(by) => (by, true),
            None => (ended().or_else(ended_part)?, false),
        };
        (*by != place).then_some(Collision::Ended { by: *by, dead })
    }
}
