//! Who else is there for the same days: for each of many, the first of many others, without comparing each with each.
//!
//! Where a thousand rows share a name and an account, all pairs are half a million; where a quarter of a million do, nobody waits for them.
//! So both sides are swept in the order of their days: whoever has begun by the end of the days that are asked about is in a Fenwick tree by
//! the day on which he ends, and the tree tells the first two, of different persons, of all that end late enough.

use chrono::NaiveDate;

use super::Pseudonym;
use crate::payment::Period;

/// Below this many pairs it costs less to look at each.
const FEW_PAIRS: usize = 256;

/// For each of `asked` the place in `given` of the first whose days overlap and who is not the person that is left out.
pub fn first_others(given: &[(Pseudonym, Period)], asked: &[(Option<Pseudonym>, Period)]) -> Vec<Option<usize>> {
    if given.len().saturating_mul(asked.len()) <= FEW_PAIRS {
        let other = |(left_out, period): &(Option<Pseudonym>, Period)| {
            given.iter().position(|(person, theirs)| Some(*person) != *left_out && theirs.overlaps(*period))
        };
        return asked.iter().map(other).collect();
    }
    sweep(given, asked).0
}

/// The answers, and how many nodes of the tree were looked at.
fn sweep(given: &[(Pseudonym, Period)], asked: &[(Option<Pseudonym>, Period)]) -> (Vec<Option<usize>>, usize) {
    let mut ends: Vec<NaiveDate> = given.iter().map(|(_, period)| period.last()).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut beginning: Vec<usize> = (0..given.len()).collect();
    beginning.sort_unstable_by_key(|at| given[*at].1.first());
    let mut asking: Vec<usize> = (0..asked.len()).collect();
    asking.sort_unstable_by_key(|at| asked[*at].1.last());

    let mut tree = Tree { nodes: vec![FirstTwo::default(); ends.len() + 1], looked_at: 0 };
    let mut answers = vec![None; asked.len()];
    let mut begun = beginning.into_iter().peekable();
    for at in asking {
        let (left_out, period) = asked[at];
        while let Some(next) = begun.next_if(|next| given[*next].1.first() <= period.last()) {
            let (person, theirs) = given[next];
            // The latest end comes first, so that "ends late enough" is a beginning of the tree.
            let rank = ends.len() - ends.partition_point(|end| *end < theirs.last());
            tree.put(rank, Met { at: next, person });
        }
        let late_enough = ends.len() - ends.partition_point(|end| *end < period.first());
        answers[at] = tree.first(late_enough).other_than(left_out);
    }
    (answers, tree.looked_at)
}

#[derive(Clone, Copy)]
struct Met {
    at: usize,
    person: Pseudonym,
}

/// The first of all, and the first who is another person than that.
#[derive(Clone, Copy, Default)]
struct FirstTwo {
    first: Option<Met>,
    second: Option<Met>,
}

impl FirstTwo {
    fn meet(&mut self, met: Met) {
        let Some(first) = self.first else {
            self.first = Some(met);
            return;
        };
        if met.at < first.at {
            self.first = Some(met);
            if met.person != first.person {
                self.second = Some(first);
            }
        } else if met.person != first.person && self.second.is_none_or(|second| met.at < second.at) {
            self.second = Some(met);
        }
    }

    fn other_than(self, left_out: Option<Pseudonym>) -> Option<usize> {
        let is_another = |met: &Met| Some(met.person) != left_out;
        self.first.filter(is_another).or(self.second).map(|met| met.at)
    }
}

/// A Fenwick tree, counted from 1.
struct Tree {
    nodes: Vec<FirstTwo>,
    looked_at: usize,
}

impl Tree {
    fn put(&mut self, mut rank: usize, met: Met) {
        while let Some(node) = self.nodes.get_mut(rank) {
            node.meet(met);
            self.looked_at += 1;
            rank += rank & rank.wrapping_neg();
        }
    }

    /// Of the first `rank` ranks.
    fn first(&mut self, mut rank: usize) -> FirstTwo {
        let mut found = FirstTwo::default();
        while rank > 0 {
            let FirstTwo { first, second } = self.nodes[rank];
            first.into_iter().chain(second).for_each(|met| found.meet(met));
            self.looked_at += 1;
            rank &= rank - 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    fn days(from: u64, length: u64) -> Period {
        let first = NaiveDate::from_ymd_opt(2022, 1, 1).expect("a date") + Days::new(from);
        Period::new(first, first + Days::new(length)).expect("a period")
    }

    /// One name, one account and a quarter of a million rows: nobody is compared with everybody.
    #[test]
    fn the_work_grows_with_the_rows_and_not_with_their_pairs() {
        let rows: u32 = 250_000;
        type Shape = fn(u32) -> (u32, Period);
        let shapes: [(&str, Shape); 4] = [
            ("one person, one month", |_| (1, days(0, 30))),
            ("each a person, one month", |at| (at, days(0, 30))),
            ("one person, days of his own", |at| (1, days(u64::from(at), 0))),
            ("two persons, days that never meet", |at| (at % 2, days(u64::from(at), 0))),
        ];
        for (what, shape) in shapes {
            let given: Vec<(Pseudonym, Period)> =
                (0..rows).map(shape).map(|(person, period)| (u64::from(person).to_le_bytes(), period)).collect();
            let asked: Vec<_> = given.iter().map(|(person, period)| (Some(*person), *period)).collect();
            let (answers, looked_at) = sweep(&given, &asked);
            assert_eq!(answers.len(), rows as usize);
            // Twice the depth of the tree for each row.
            assert!(looked_at <= 2 * 18 * rows as usize, "{what}: {looked_at}");
        }
        // Two nodes for the latest end, one each for the others, and two for all three of them.
        let given: Vec<(Pseudonym, Period)> = (0..3u8).map(|at| ([at; 8], days(at.into(), 0))).collect();
        assert_eq!(sweep(&given, &[(None, days(0, 2))]), (vec![Some(0)], 6));
    }

    proptest::proptest! {
        #[test]
        fn the_first_other_is_the_one_that_looking_at_each_finds(
            given in proptest::collection::vec((0u8..4, 0u64..40, 0u64..20), 0..40),
            asked in proptest::collection::vec((proptest::option::of(0u8..4), 0u64..40, 0u64..20), 0..40),
        ) {
            let given: Vec<_> = given.into_iter().map(|(person, from, length)| ([person; 8], days(from, length))).collect();
            let asked: Vec<_> = asked
                .into_iter()
                .map(|(person, from, length)| (person.map(|person| [person; 8]), days(from, length)))
                .collect();
            let by_hand: Vec<_> = asked
                .iter()
                .map(|(left_out, period)| {
                    given.iter().position(|(person, theirs)| Some(*person) != *left_out && theirs.overlaps(*period))
                })
                .collect();
            proptest::prop_assert_eq!(&sweep(&given, &asked).0, &by_hand);
            proptest::prop_assert_eq!(&first_others(&given, &asked), &by_hand);
        }
    }
}
