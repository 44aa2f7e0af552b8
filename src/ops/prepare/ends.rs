//! Who is dead and what has ended, by the rows that say so. Such a row is rejected by itself; the other rows of the same person may stand in
//! another list, whose author has not heard of it.
//!
//! They are few beside those who are paid, so that they are kept in memory, by pseudonym.

use std::collections::HashMap;

use crate::checks::{Code, Problem};
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

/// Of which case a row says that it ended.
pub(super) enum Case {
    OfScheme(u16),
    OfPart(Pseudonym),
}

impl Ends {
    /// Whether a row with these problems says that somebody is dead, or that a case has ended.
    pub fn says(problems: &[Problem]) -> bool {
        problems.iter().any(|problem| matches!(problem.code, Code::BaselineDead | Code::BaselineEnded))
    }

    /// Notes the row of `person` in this place, which [`says`](Self::says) so. `case` is `None` where the row does not name its benefit.
    pub fn note(&mut self, place: Place, problems: &[Problem], person: Pseudonym, case: Option<Case>) {
        if problems.iter().any(|problem| problem.code == Code::BaselineDead) {
            self.dead.entry(person).or_insert(place);
            return;
        }
        match case {
            Some(Case::OfScheme(scheme)) => _ = self.ended.entry((person, scheme)).or_insert(place),
            Some(Case::OfPart(series)) => _ = self.ended_parts.entry(series).or_insert(place),
            None => {}
        }
    }

    /// What another row says of the person or the case of this one.
    pub fn of(&self, fingerprint: &Fingerprint, scheme: u16) -> Option<Collision> {
        if let Some(by) = self.dead.get(&fingerprint.person) {
            return Some(Collision::Ended { by: *by, dead: true });
        }
        let ended = self.ended.get(&(fingerprint.person, scheme));
        let by = ended.or_else(|| self.ended_parts.get(&fingerprint.tag.series))?;
        Some(Collision::Ended { by: *by, dead: false })
    }
}
