//! Who goes first where not everything can be paid at once: `--only`, `--only-scheme`, `--max-total` and the column `priority`.
//!
//! Everything is judged before anybody is put off, and only what would be prepared is. So what waits for its turn waits for nothing else, and
//! a decision to pay it sooner can release no conflict.

use std::collections::{HashMap, HashSet};

use super::Request;
use super::collision::Naming;
use super::only_list::{NotInLists, OnlyList};
use super::reading::Reading;
use crate::checks::priority::Priority;
use crate::checks::{Code, Problem, Terms};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::{Candidate, Collision, Other, Place, let_an_equal_stand_in};
use crate::ops::Unlocked;
use crate::ops::decisions::{Decisions, Verdict};
use crate::ops::settings::Settings;
use crate::payment::{Amount, Tag};
use crate::recipient_list::{Column, RecipientList};
use crate::say;

/// What was asked for.
#[derive(Default)]
pub(super) struct Triage {
    only: Option<OnlyList>,
    /// As the command line has them, and folded.
    schemes: Vec<(String, String)>,
    max_total: Option<Amount>,
}

/// Why somebody is not paid yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    NotNamed,
    OtherScheme,
    /// With it, the total would be over the most that may be paid.
    OverTotal,
    /// Comes after one that would be.
    AfterOverTotal,
}

/// What triage made of the rows that could be paid.
#[derive(Default)]
pub(super) struct PutOff {
    /// In the order of their places.
    rows: Vec<(Place, Why)>,
    /// Rows that a decision put before all others.
    sooner: HashSet<Place>,
    /// The first row that no longer fits.
    first_over: Option<Place>,
    only: String,
    schemes: String,
    max_total: Option<Amount>,
}

/// A row's part in it, as far as the row itself tells.
pub(super) struct Turn {
    priority: Priority,
    put_off: Option<Why>,
}

impl Triage {
    pub fn new(request: &Request, settings: &Settings, who: &Unlocked, terms: &Terms) -> Result<Self> {
        let columns = settings.columns.with_maps(&request.maps)?;
        let read = |path: &std::path::PathBuf| OnlyList::read(path, &columns, terms.currency, who, terms);
        Ok(Self {
            only: request.only.as_ref().map(read).transpose()?,
            schemes: request.only_schemes.iter().map(|scheme| (scheme.to_string(), scheme.folded())).collect(),
            max_total: request.max_total,
        })
    }

    pub fn is_wanted(&self) -> bool {
        self.only.is_some() || !self.schemes.is_empty() || self.max_total.is_some()
    }

    /// Every payable row's turn, and who is to go first without being in the lists.
    pub fn turns(&self, reading: &Reading) -> Result<(Vec<Turn>, Vec<NotInLists>)> {
        if !self.is_wanted() {
            return Ok((Vec::new(), Vec::new()));
        }
        let folded: Vec<String> = reading.schemes.folded().collect();
        if let Some((asked, _)) = self.schemes.iter().find(|(_, asked)| !folded.contains(asked)) {
            let message = say!("--only-scheme “{asked}”: no row of these lists is of this scheme.", asked);
            return Err(Fault::input("triage.no_such_scheme", message)
                .remedy(say!("Write it as it stands in the lists; capitals and spaces around it do not matter.")));
        }
        let turn = |((candidate, scheme), priority): ((&Candidate, &u16), &Priority)| {
            let scheme = folded.get(usize::from(*scheme)).map_or("", String::as_str);
            let named = self.only.as_ref().is_none_or(|only| only.names(&candidate.fingerprint.person, scheme));
            let of_scheme = self.schemes.is_empty() || self.schemes.iter().any(|(_, asked)| asked == scheme);
            let put_off = match (named, of_scheme) {
                (false, _) => Some(Why::NotNamed),
                (true, false) => Some(Why::OtherScheme),
                (true, true) => None,
            };
            Turn { priority: *priority, put_off }
        };
        let turns = reading.candidates.iter().zip(&reading.scheme_of).zip(&reading.priorities).map(turn).collect();
        let Some(only) = &self.only else { return Ok((turns, Vec::new())) };
        only.meet(&reading.unpaid, &reading.schemes);
        Ok((turns, only.not_in_lists()))
    }

    /// Puts off what does not go first. `candidates` are judged, and stand in the order of their places, as `turns` do.
    pub fn put_off(&self, candidates: &mut [Candidate], mut turns: Vec<Turn>, decisions: &Decisions) -> Result<PutOff> {
        let mut put_off = PutOff {
            only: self.only.as_ref().map(|only| only.name.clone()).unwrap_or_default(),
            schemes: self.schemes.iter().map(|(asked, _)| asked.as_str()).collect::<Vec<_>>().join(", "),
            max_total: self.max_total,
            ..PutOff::default()
        };
        if !self.is_wanted() {
            return Ok(put_off);
        }
        share_priorities(candidates, &mut turns);
        let verdict = |place| decisions.of(place).map(|decision| decision.verdict);
        let mut queue: Vec<(bool, u32, usize)> = Vec::new();
        for (at, (candidate, turn)) in candidates.iter().zip(&turns).enumerate() {
            let decided = verdict(candidate.place) == Some(Verdict::Pay);
            if candidate.is_duplicate() || (candidate.is_held() && !decided) {
                continue;
            }
            match turn.put_off {
                Some(why) if !decided => put_off.rows.push((candidate.place, why)),
                _ => queue.push((!decided, turn.priority.unwrap_or(u32::MAX), at)),
            }
            if decided && !candidate.is_held() {
                put_off.sooner.insert(candidate.place);
            }
        }
        if let Some(most) = self.max_total {
            // By urgency, then as the lists have them.
            queue.sort_unstable();
            put_off.stop_at(most, candidates, &queue)?;
        }
        put_off.rows.sort_unstable_by_key(|(place, _)| *place);
        put_off.let_equals_of_the_dropped_stand_in(candidates);
        Ok(put_off)
    }
}

/// An obligation is as urgent as the most urgent of its equal rows, whichever of them stands for all.
fn share_priorities(candidates: &[Candidate], turns: &mut [Turn]) {
    for at in 0..candidates.len() {
        let Some(priority) = turns[at].priority else { continue };
        let standing = candidates[at].collisions.iter().find_map(|collision| match collision {
            Collision::Same(Other::Row(place)) => Some(*place),
            _ => None,
        });
        let standing = standing.and_then(|place| candidates.binary_search_by_key(&place, |one| one.place).ok());
        if let Some(standing) = standing {
            let known = turns[standing].priority.unwrap_or(u32::MAX);
            turns[standing].priority = Some(known.min(priority));
        }
    }
}

impl PutOff {
    /// Nothing comes after the first row that does not fit, however small: who is paid must be plain from the order alone.
    fn stop_at(&mut self, most: Amount, candidates: &[Candidate], queue: &[(bool, u32, usize)]) -> Result<()> {
        let mut total = Amount::zero(most.currency());
        for (not_decided, _, at) in queue {
            let candidate = &candidates[*at];
            let fits = total.checked_add(candidate.fingerprint.amount).ok().filter(|sum| *sum <= most);
            match fits {
                Some(sum) if self.first_over.is_none() => total = sum,
                _ if !not_decided => {
                    let message = say!(
                        "The rows that are decided to be paid come to more than --max-total {most}: they count, and go first.",
                        most
                    );
                    return Err(Fault::input("triage.decided_over_total", message)
                        .remedy(say!("Raise --max-total, or leave some of the decisions for a later batch.")));
                }
                _ => {
                    let why = if self.first_over.is_none() { Why::OverTotal } else { Why::AfterOverTotal };
                    self.first_over.get_or_insert(candidate.place);
                    self.rows.push((candidate.place, why));
                }
            }
        }
        Ok(())
    }

    /// What waits and is dropped leaves its place to the next of its equals, which waits in its stead.
    fn let_equals_of_the_dropped_stand_in(&mut self, candidates: &mut [Candidate]) {
        let mut dropped: HashMap<Tag, Why> = HashMap::new();
        for candidate in candidates.iter().filter(|candidate| candidate.dropped) {
            if let Some(why) = self.why(candidate.place) {
                dropped.insert(candidate.fingerprint.tag, why);
            }
        }
        if dropped.is_empty() {
            return;
        }
        candidates.sort_unstable_by_key(|candidate| (candidate.fingerprint.tag, candidate.place));
        for equals in candidates.chunk_by_mut(|a, b| a.fingerprint.tag == b.fingerprint.tag) {
            let Some(why) = dropped.get(&equals[0].fingerprint.tag) else { continue };
            equals.iter_mut().filter(|one| one.dropped).for_each(|one| one.held = true);
            let_an_equal_stand_in(equals);
            let stands = equals.iter().filter(|one| !one.is_duplicate() && self.why(one.place).is_none());
            let rows: Vec<_> = stands.map(|one| (one.place, *why)).collect();
            self.rows.extend(rows);
        }
        self.rows.sort_unstable_by_key(|(place, _)| *place);
        candidates.sort_unstable_by_key(|candidate| candidate.place);
    }

    fn why(&self, place: Place) -> Option<Why> {
        let at = self.rows.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        Some(self.rows[at].1)
    }

    /// Whether a decision put the row before others.
    pub fn is_sooner(&self, place: Place) -> bool {
        self.sooner.contains(&place)
    }

    /// What there is to say of a row that waits.
    pub fn problem(&self, place: Place, lists: &[RecipientList]) -> Option<Problem> {
        let (column, message) = match self.why(place)? {
            Why::NotNamed => {
                let only = self.only.as_str();
                (
                    Column::PersonId,
                    say!("Not paid yet: {only} does not name it. Hand the list in again to pay it.", only),
                )
            }
            Why::OtherScheme => {
                let schemes = self.schemes.as_str();
                (
                    Column::Scheme,
                    say!("Not paid yet: only {schemes} is paid now. Hand the list in again to pay it.", schemes),
                )
            }
            why => {
                let most = self.max_total?;
                let message = match self.first_over {
                    Some(first) if why == Why::AfterOverTotal => say!(
                        "Not paid yet: it comes after {first}, with which the total would be over {most}. Hand the list in again to pay it.",
                        first = Naming(lists).place(first),
                        most
                    ),
                    _ => say!(
                        "Not paid yet: with it the total would be over {most}. Hand the list in again to pay it.",
                        most
                    ),
                };
                (Column::Amount, message)
            }
        };
        Some(Problem::new(Code::TriageNotYet, column, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::idempotency::Fingerprint;
    use crate::ops::decisions::Decision;
    use crate::payment::{BatchId, Currency};

    const DKK: Currency = Currency::Dkk;

    fn place(row: u32) -> Place {
        Place { list: 0, row }
    }

    fn candidate(row: u32, amount: i64) -> Candidate {
        let fingerprint = Fingerprint {
            tag: Tag { series: [row as u8; 8], obligation: [row as u8; 8] },
            person: [row as u8; 8],
            payee: None,
            account: [0; 8],
            amount: Amount::from_minor_units(amount, DKK),
            period: "2022-04".parse().expect("a period"),
        };
        Candidate::new(place(row), fingerprint)
    }

    /// A row that equals the one in `of`.
    fn equal(row: u32, of: u32, amount: i64) -> Candidate {
        let standing = candidate(of, amount);
        let collisions = vec![Collision::Same(Other::Row(place(of)))];
        Candidate { place: place(row), collisions, ..standing }
    }

    fn decided(decisions: &[(u32, Verdict)]) -> Decisions {
        let decision = |verdict| Decision { verdict, reason: "so".into() };
        decisions.iter().map(|(row, verdict)| (place(*row), decision(*verdict))).collect()
    }

    /// The rows that are put off, of rows with these priorities, up to `most`.
    fn put_off(rows: &mut [Candidate], priorities: &[Priority], most: i64, decisions: &Decisions) -> Result<Vec<u32>> {
        for row in rows.iter_mut() {
            row.dropped = decisions.of(row.place).is_some_and(|decision| decision.verdict == Verdict::Drop);
        }
        let triage = Triage { max_total: Some(Amount::from_minor_units(most, DKK)), ..Triage::default() };
        let turns = priorities.iter().map(|priority| Turn { priority: *priority, put_off: None }).collect();
        let put_off = triage.put_off(rows, turns, decisions)?;
        Ok(put_off.rows.iter().map(|(place, _)| place.row).collect())
    }

    #[test]
    fn the_most_urgent_go_first_and_nothing_goes_past_the_first_that_does_not_fit() {
        let rows = || vec![candidate(2, 100), candidate(3, 500), candidate(4, 100), candidate(5, 200)];
        // Priorities, the most that may be paid, and the rows that wait.
        let table: [([Priority; 4], i64, &[u32]); 7] = [
            ([None; 4], 900, &[]),
            ([None; 4], 899, &[5]),
            ([None; 4], 599, &[3, 4, 5]),
            ([None; 4], 99, &[2, 3, 4, 5]),
            ([None, Some(9), Some(1), Some(2)], 800, &[2]),
            ([Some(1), None, Some(1), Some(2)], 400, &[3]),
            ([Some(2), Some(1), Some(2), None], 600, &[4, 5]),
        ];
        for (priorities, most, waits) in table {
            let found = put_off(&mut rows(), &priorities, most, &Decisions::default()).expect("is put off");
            assert_eq!(found, waits, "{priorities:?} {most}");
        }
    }

    #[test]
    fn only_what_would_be_prepared_takes_part() {
        let live = Collision::Same(Other::Live(BatchId::new('B', 1)));
        let conflict = Collision::Conflict {
            other: Other::Live(BatchId::new('B', 1)),
            amount_differs: true,
            account_differs: false,
        };
        let mut rows = vec![
            Candidate { held: true, ..candidate(2, 300) },
            Candidate { collisions: vec![live], ..candidate(3, 300) },
            Candidate { collisions: vec![conflict], ..candidate(4, 300) },
            candidate(5, 300),
            candidate(6, 300),
        ];
        let found = put_off(&mut rows, &[Some(1); 5], 300, &Decisions::default()).expect("is put off");
        assert_eq!(found, [6], "what is held or paid takes nobody's turn, and is never marked");
    }

    #[test]
    fn what_is_decided_goes_first_and_counts() {
        let rows = || vec![candidate(2, 100), candidate(3, 200), Candidate { held: true, ..candidate(4, 300) }];
        let pay = |rows: &[u32]| decided(&rows.iter().map(|row| (*row, Verdict::Pay)).collect::<Vec<_>>());
        let found = |decisions: &Decisions, most| put_off(&mut rows(), &[Some(1), None, None], most, decisions);
        assert_eq!(found(&pay(&[]), 200).expect("is put off"), [3]);
        assert_eq!(
            found(&pay(&[4]), 400).expect("is put off"),
            [3],
            "a held row that is decided is paid before urgent ones"
        );
        assert_eq!(found(&pay(&[3]), 200).expect("is put off"), [2]);
        assert_eq!(found(&pay(&[3, 4]), 499).expect_err("cannot be both").code, "triage.decided_over_total");
        assert_eq!(found(&pay(&[3, 4]), 500).expect("is put off"), [2]);
    }

    #[test]
    fn an_obligation_is_as_urgent_as_its_most_urgent_row() {
        let mut rows = vec![candidate(2, 100), candidate(3, 100), equal(4, 3, 100)];
        let found = put_off(&mut rows, &[Some(5), None, Some(1)], 100, &Decisions::default()).expect("is put off");
        assert_eq!(found, [2]);
    }

    #[test]
    fn what_waits_and_is_dropped_leaves_its_place_to_its_equal() {
        let mut rows = vec![candidate(2, 100), candidate(3, 100), equal(4, 3, 100), equal(5, 3, 100)];
        let found = put_off(&mut rows, &[None; 4], 100, &decided(&[(3, Verdict::Drop)])).expect("is put off");
        assert_eq!(found, [3, 4], "and it waits as the dropped one did");
        assert!(!rows[2].is_duplicate() && rows[3].is_duplicate());
        let mut rows = vec![candidate(2, 100), candidate(3, 100), equal(4, 3, 100)];
        let both = decided(&[(3, Verdict::Drop), (4, Verdict::Drop)]);
        assert_eq!(put_off(&mut rows, &[None; 3], 100, &both).expect("is put off"), [3, 4]);
    }

    proptest::proptest! {
        /// Whatever the rows: what goes is at most what may be paid, and nobody who waits is more urgent than somebody who goes.
        #[test]
        fn the_total_holds_and_the_order_is_kept(
            rows in proptest::collection::vec((1i64..500, proptest::option::of(1u32..4)), 1..20),
            most in 1i64..3000,
        ) {
            let mut candidates: Vec<_> = (2..).zip(&rows).map(|(row, (amount, _))| candidate(row, *amount)).collect();
            let priorities: Vec<_> = rows.iter().map(|(_, priority)| *priority).collect();
            let waits = put_off(&mut candidates, &priorities, most, &Decisions::default()).expect("is put off");
            let numbered = || (2u32..).zip(&rows);
            let goes = |row: &u32| !waits.contains(row);
            let total: i64 = numbered().filter(|(row, _)| goes(row)).map(|(_, (amount, _))| amount).sum();
            proptest::prop_assert!(total <= most);
            let turn = |(row, (_, priority)): (u32, &(i64, Priority))| (priority.unwrap_or(u32::MAX), row);
            let last = numbered().filter(|(row, _)| goes(row)).map(turn).max();
            let first = numbered().filter(|(row, _)| !goes(row)).map(turn).min();
            proptest::prop_assert!(last.zip(first).is_none_or(|(last, first)| last < first));
        }
    }
}
