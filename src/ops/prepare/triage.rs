//! Who goes first where not everything can be paid at once: `--only`, `--only-scheme`, `--max-total` and the column `priority`.
//!
//! Everything is judged before anybody is put off, and only what would be prepared is. So what waits for its turn waits for nothing else, and
//! a decision to pay it sooner can release no conflict.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};

use super::Request;
use super::candidates::{Listed, put_place, take, take_place};
use super::collision::Naming;
use super::only_list::{NotInLists, OnlyList};
use super::reading::SchemesRead;
use super::row_set::RowSet;
use super::verdicts::Verdicts;
use crate::checks::priority::Priority;
use crate::checks::{Code, Problem, Terms};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::{Candidate, Collision, Other, Place, Pseudonym, let_an_equal_stand_in};
use crate::ops::Unlocked;
use crate::ops::decisions::{Decisions, Verdict};
use crate::ops::settings::Settings;
use crate::ops::spool::{Spool, damaged};
use crate::payment::{Amount, Currency, Tag};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Why {
    NotNamed,
    OtherScheme,
    /// With it, the total would be over the most that may be paid.
    OverTotal,
    /// Comes after one that would be.
    AfterOverTotal,
}

/// What triage made of the rows that could be paid. Which of them wait, the [`Verdicts`] say.
#[derive(Default)]
pub(super) struct PutOff {
    /// Rows that a decision put before all others.
    sooner: HashSet<Place>,
    /// The first row that no longer fits.
    first_over: Option<Place>,
    only: String,
    schemes: String,
    max_total: Option<Amount>,
}

/// A row's part in it, as far as the row itself tells.
#[derive(Clone, Copy, Debug, Default, BorshSerialize, BorshDeserialize)]
pub(super) struct Turn {
    pub priority: Priority,
    pub put_off: Option<Why>,
    /// The scheme's place among those read.
    pub scheme: u16,
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

    /// The turn of a row about this person and scheme: its place among those read, and its name, folded.
    pub fn turn(&self, person: &Pseudonym, (scheme, folded): (u16, &str), priority: Priority) -> Turn {
        let named = self.only.as_ref().is_none_or(|only| only.names(person, folded));
        let of_scheme = self.schemes.is_empty() || self.schemes.iter().any(|(_, asked)| asked == folded);
        let put_off = match (named, of_scheme) {
            (false, _) => Some(Why::NotNamed),
            (true, false) => Some(Why::OtherScheme),
            (true, true) => None,
        };
        Turn { priority, put_off, scheme }
    }

    /// Notes whom a row that cannot be paid is about: they are in the lists all the same.
    pub fn meet_unpaid(&self, person: &Pseudonym, scheme: Option<&str>) {
        self.only.iter().for_each(|only| only.meet(person, scheme));
    }

    /// Once all rows are read: who is to go first without being in the lists.
    pub fn not_in_lists(&self, schemes: &SchemesRead) -> Result<Vec<NotInLists>> {
        let is_read = |asked: &String| schemes.folded().any(|read| read == asked);
        if let Some((asked, _)) = self.schemes.iter().find(|(_, asked)| !is_read(asked)) {
            let message = say!("--only-scheme “{asked}”: no row of these lists is of this scheme.", asked);
            return Err(Fault::input("triage.no_such_scheme", message)
                .remedy(say!("Write it as it stands in the lists; capitals and spaces around it do not matter.")));
        }
        Ok(self.only.as_ref().map(OnlyList::not_in_lists).unwrap_or_default())
    }

    /// For the rows to line up in. `folder` is where it lies, if it does not fit into memory.
    pub fn queue<'d>(&self, folder: &Path, decisions: &'d Decisions) -> Result<Queue<'d>> {
        Ok(Queue { decisions, wanted: self.is_wanted(), spool: Spool::with_memory(folder.into(), MEMORY_BYTES)? })
    }

    /// Puts off what does not go first, once all rows are lined up but those of `apart`.
    pub fn put_off(
        &self,
        mut queue: Queue,
        suspects: &RowSet,
        mut apart: BTreeMap<Tag, Vec<Listed>>,
        currency: Currency,
        verdicts: &mut Verdicts,
    ) -> Result<PutOff> {
        for equals in apart.values_mut() {
            let_an_equal_of_these_stand_in(equals);
            queue.line_up(equals)?;
        }
        let mut put_off = PutOff {
            only: self.only.as_ref().map(|only| only.name.clone()).unwrap_or_default(),
            schemes: self.schemes.iter().map(|(asked, _)| asked.as_str()).collect::<Vec<_>>().join(", "),
            max_total: self.max_total,
            ..PutOff::default()
        };
        let mut total = Amount::zero(currency);
        queue.each(suspects, currency, &mut |waits| {
            if waits.is_decided && !waits.is_held {
                put_off.sooner.insert(waits.place);
            }
            let why = match waits.put_off {
                Some(why) if !waits.is_decided => Some(why),
                _ => put_off.over(&waits, &mut total)?,
            };
            if let Some(why) = why {
                verdicts.put_off(waits.place, why)?;
            }
            Ok(())
        })?;
        for Listed { candidate, .. } in apart.values().flatten() {
            verdicts.collides(candidate.place, &candidate.collisions)?;
        }
        Ok(put_off)
    }
}

const MEMORY_BYTES: usize = 8 * 1024 * 1024;

/// Those who could be paid, by urgency, then as the lists have them.
pub(super) struct Queue<'d> {
    decisions: &'d Decisions,
    wanted: bool,
    spool: Spool,
}

/// One row in the queue.
struct Waits {
    place: Place,
    amount: Amount,
    is_decided: bool,
    is_held: bool,
    put_off: Option<Why>,
}

impl Queue<'_> {
    /// Takes the rows of one obligation, judged, in the order of their places.
    pub fn line_up(&mut self, equals: &mut [Listed]) -> Result<()> {
        if !self.wanted {
            return Ok(());
        }
        share_priorities(equals);
        for Listed { candidate, turn } in equals {
            let decided = self.decisions.of(candidate.place).map(|decision| decision.verdict) == Some(Verdict::Pay);
            if candidate.is_duplicate() || candidate.dropped || (candidate.is_held() && !decided) {
                continue;
            }
            let mut record = vec![u8::from(!decided)];
            record.extend_from_slice(&turn.priority.unwrap_or(u32::MAX).to_be_bytes());
            put_place(&mut record, candidate.place);
            record.push(u8::from(candidate.is_held()));
            record.extend_from_slice(&candidate.fingerprint.amount.minor_units().to_le_bytes());
            turn.put_off.serialize(&mut record).map_err(|_| damaged())?;
            self.spool.push(&record)?;
        }
        Ok(())
    }

    fn each(
        &mut self,
        suspects: &RowSet,
        currency: Currency,
        visit: &mut dyn FnMut(Waits) -> Result<()>,
    ) -> Result<()> {
        self.spool.settle();
        let mut merge = self.spool.merge()?;
        while let Some(record) = merge.next()? {
            let mut waits = Waits::read(record, currency).ok_or_else(damaged)?;
            waits.is_held |= suspects.contains(waits.place);
            if waits.is_decided || !waits.is_held {
                visit(waits)?;
            }
        }
        Ok(())
    }
}

impl Waits {
    fn read(mut record: &[u8], currency: Currency) -> Option<Self> {
        let ([not_decided], _priority) = (take(&mut record)?, take::<4>(&mut record)?);
        let place = take_place(&mut record)?;
        let [held] = take(&mut record)?;
        let amount = Amount::from_minor_units(i64::from_le_bytes(take(&mut record)?), currency);
        let put_off = BorshDeserialize::try_from_slice(record).ok()?;
        Some(Self { place, amount, is_decided: not_decided == 0, is_held: held == 1, put_off })
    }
}

/// An obligation is as urgent as the most urgent of its equal rows, whichever of them stands for all.
fn share_priorities(equals: &mut [Listed]) {
    for at in 0..equals.len() {
        let Some(priority) = equals[at].turn.priority else { continue };
        let stands = equals[at].candidate.collisions.iter().find_map(|collision| match collision {
            Collision::Same(Other::Row(place)) => Some(*place),
            _ => None,
        });
        if let Some(standing) = equals.iter_mut().find(|row| Some(row.candidate.place) == stands) {
            let known = standing.turn.priority.unwrap_or(u32::MAX);
            standing.turn.priority = Some(known.min(priority));
        }
    }
}

/// As [`let_an_equal_stand_in`].
fn let_an_equal_of_these_stand_in(equals: &mut [Listed]) {
    let mut candidates: Vec<Candidate> = equals.iter().map(|listed| listed.candidate.clone()).collect();
    let_an_equal_stand_in(&mut candidates);
    equals.iter_mut().zip(candidates).for_each(|(listed, candidate)| listed.candidate = candidate);
}

impl PutOff {
    /// Nothing comes after the first row that does not fit, however small: who is paid must be plain from the order alone.
    fn over(&mut self, waits: &Waits, total: &mut Amount) -> Result<Option<Why>> {
        let Some(most) = self.max_total else { return Ok(None) };
        let fits = total.checked_add(waits.amount).ok().filter(|sum| *sum <= most);
        match fits {
            Some(sum) if self.first_over.is_none() => {
                *total = sum;
                Ok(None)
            }
            _ if waits.is_decided => {
                let message = say!(
                    "The rows that are decided to be paid come to more than --max-total {most}: they count, and go first.",
                    most
                );
                Err(Fault::input("triage.decided_over_total", message)
                    .remedy(say!("Raise --max-total, or leave some of the decisions for a later batch.")))
            }
            _ => {
                let why = if self.first_over.is_none() { Why::OverTotal } else { Why::AfterOverTotal };
                self.first_over.get_or_insert(waits.place);
                Ok(Some(why))
            }
        }
    }

    /// Whether a decision put the row before others.
    pub fn is_sooner(&self, place: Place) -> bool {
        self.sooner.contains(&place)
    }

    /// What there is to say of a row that waits.
    pub fn problem(&self, why: Why, lists: &[RecipientList]) -> Option<Problem> {
        let (column, message) = match why {
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

    /// The rows that are put off, of rows with these priorities, up to `most`. The rows come back as they are judged in the end.
    fn put_off(rows: &mut [Candidate], priorities: &[Priority], most: i64, decisions: &Decisions) -> Result<Vec<u32>> {
        let folder = tempfile::tempdir().expect("a folder");
        let triage = Triage { max_total: Some(Amount::from_minor_units(most, DKK)), ..Triage::default() };
        let mut queue = triage.queue(folder.path(), decisions)?;
        let mut verdicts = Verdicts::new(folder.path())?;
        let mut by_tag: BTreeMap<Tag, Vec<Listed>> = BTreeMap::new();
        for (row, priority) in rows.iter().zip(priorities) {
            let dropped = decisions.of(row.place).is_some_and(|decision| decision.verdict == Verdict::Drop);
            let candidate = Candidate { dropped, ..row.clone() };
            let listed = Listed { candidate, turn: Turn { priority: *priority, ..Turn::default() } };
            by_tag.entry(row.fingerprint.tag).or_default().push(listed);
        }
        let mut apart = BTreeMap::new();
        for (tag, mut equals) in by_tag {
            if equals.iter().any(|listed| listed.candidate.dropped) {
                apart.insert(tag, equals);
                continue;
            }
            queue.line_up(&mut equals)?;
            for Listed { candidate, .. } in equals {
                verdicts.collides(candidate.place, &candidate.collisions)?;
            }
        }
        triage.put_off(queue, &RowSet::default(), apart, DKK, &mut verdicts)?;
        let mut found = Vec::new();
        let mut reader = verdicts.in_order()?;
        for row in rows {
            let verdict = reader.of(row.place)?;
            row.collisions = verdict.collisions;
            found.extend(verdict.put_off.map(|_| row.place.row));
        }
        Ok(found)
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
        let conflict =
            Collision::Conflict { other: Other::Live(BatchId::new('B', 1)), amount_differs: true, destination: [0; 8] };
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
    fn what_is_dropped_takes_nobodys_turn_and_its_equal_is_held() {
        let mut rows =
            vec![candidate(2, 100), candidate(3, 100), equal(4, 3, 100), equal(5, 3, 100), candidate(6, 100)];
        let found = put_off(&mut rows, &[None; 5], 200, &decided(&[(3, Verdict::Drop)])).expect("is put off");
        assert_eq!(found, [0; 0], "rows 2 and 6 come to 200");
        assert_eq!(rows[2].collisions, [Collision::EqualDropped(place(3))]);
        assert!(!rows[2].is_duplicate() && rows[3].is_duplicate());
        let mut rows = vec![candidate(2, 100), candidate(3, 100), equal(4, 3, 100)];
        let both = decided(&[(3, Verdict::Drop), (4, Verdict::Drop)]);
        assert_eq!(put_off(&mut rows, &[None; 3], 100, &both).expect("is put off"), [0; 0]);
        let other = decided(&[(3, Verdict::Drop), (4, Verdict::Pay)]);
        assert_eq!(put_off(&mut rows, &[None; 3], 100, &other).expect("is put off"), [2], "row 4 goes first");
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
