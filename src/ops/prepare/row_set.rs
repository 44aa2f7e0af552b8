//! A set of rows of the command's lists, one bit for each: of ten million rows it takes little more than a megabyte.

use crate::ledger::idempotency::Place;

#[derive(Clone, Debug, Default)]
pub(super) struct RowSet {
    /// For each list, its rows in words of 64.
    lists: Vec<Vec<u64>>,
}

impl RowSet {
    pub(super) fn insert(&mut self, place: Place) {
        let (list, word, bit) = parts(place);
        if self.lists.len() <= list {
            self.lists.resize_with(list + 1, Vec::new);
        }
        let words = &mut self.lists[list];
        if words.len() <= word {
            words.resize(word + 1, 0);
        }
        words[word] |= bit;
    }

    pub(super) fn contains(&self, place: Place) -> bool {
        let (list, word, bit) = parts(place);
        self.lists.get(list).and_then(|words| words.get(word)).is_some_and(|word| word & bit != 0)
    }
}

fn parts(place: Place) -> (usize, usize, u64) {
    (usize::from(place.list), (place.row / 64) as usize, 1 << (place.row % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_the_rows_that_were_put_in_and_no_other() {
        let place = |list, row| Place { list, row };
        let inside = [place(0, 0), place(0, 63), place(0, 64), place(3, 1_048_576), place(3, 2)];
        let mut set = RowSet::default();
        inside.iter().for_each(|place| set.insert(*place));
        assert!(inside.iter().all(|place| set.contains(*place)));
        for outside in [place(0, 1), place(0, 65), place(1, 0), place(3, 1_048_575), place(9, 2)] {
            assert!(!set.contains(outside), "{outside:?}");
        }
    }
}
