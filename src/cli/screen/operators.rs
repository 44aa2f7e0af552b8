//! `operator list`.

use super::grid::{Grid, left, right};
use super::mask::visible;
use crate::ops::operators::ListedOperator;
use crate::say;
use crate::words::{count, ungrouped};

/// All operators there ever were, in the order of their enrolment.
pub fn operators(operators: &[ListedOperator]) -> String {
    let mut grid = Grid::new([
        left(say!("Operator")),
        left(say!("Enrolled")),
        left(say!("Retired")),
        right(say!("Wrong passphrases")),
    ]);
    for ListedOperator { operator, wrong } in operators {
        let entry = |number: u64| say!("entry {number}", number = ungrouped(number)).to_string();
        let retired = operator.retired.map(entry).unwrap_or_default();
        let wrong = if wrong.ever == 0 { String::new() } else { count(wrong.ever.into()) };
        grid.row([visible(&operator.name).into_owned(), entry(operator.enrolled), retired, wrong]);
    }
    grid.to_text()
}

#[cfg(test)]
mod tests {
    use crate::cli::screen::made_up;

    #[test]
    fn operators_are_listed_with_the_entries_that_made_and_ended_them() {
        let operators = made_up::listed(&made_up::view().operators_changed, &[0, 2]);
        insta::assert_snapshot!(super::operators(&operators), @r"
        Operator  Enrolled  Retired  Wrong passphrases
        ----------------------------------------------
        nivi      entry 9
        ole       entry 2   entry 7                  2
        pia       entry 5
        ");
    }
}
