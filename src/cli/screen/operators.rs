//! `operator list`.

use super::grid::{Grid, left};
use super::mask::visible;
use crate::ledger::state::Operator;
use crate::say;
use crate::words::ungrouped;

/// All operators there ever were, in the order of their enrolment.
pub fn operators(operators: &[Operator]) -> String {
    let mut grid = Grid::new([left(say!("Operator")), left(say!("Enrolled")), left(say!("Retired"))]);
    for operator in operators {
        let entry = |number: u64| say!("entry {number}", number = ungrouped(number)).to_string();
        let retired = operator.retired.map(entry).unwrap_or_default();
        grid.row([visible(&operator.name).into_owned(), entry(operator.enrolled), retired]);
    }
    grid.to_text()
}

#[cfg(test)]
mod tests {
    use crate::cli::screen::made_up;

    #[test]
    fn operators_are_listed_with_the_entries_that_made_and_ended_them() {
        insta::assert_snapshot!(super::operators(&made_up::view().operators_changed), @r"
        Operator  Enrolled  Retired
        ---------------------------
        nivi      entry 9
        ole       entry 2   entry 7
        pia       entry 5
        ");
    }
}
