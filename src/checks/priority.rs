//! How urgent a row is, for paydays on which not everything can be paid at once. Nobody is turned away for it: what cannot be read is the
//! least urgent, and said.

use super::spelling::{all_digits, plain};
use super::{Code, Judged, shown};
use crate::recipient_list::Column::Priority as COLUMN;
use crate::recipient_list::Instruction;
use crate::say;

/// 1 is the most urgent; `None` where the row does not say, which comes after all that do.
pub type Priority = Option<u32>;

pub(super) fn check(instruction: &Instruction) -> Judged<Priority> {
    let written = instruction.cell(COLUMN);
    if written.is_empty() {
        return Judged::sound(None);
    }
    match read(written) {
        Some(priority) => Judged::sound(Some(priority)),
        None => Judged::sound(None).noting(
            Code::PriorityMalformed,
            COLUMN,
            say!(
                "{shown} is no priority: write 1 for the most urgent, 2 for the next. Where not all is paid at once, this row comes last.",
                shown = shown::quoted(written)
            ),
        ),
    }
}

fn read(written: &str) -> Priority {
    let text = plain(written);
    let digits = text.trim();
    // Nobody has a thousand degrees of urgency: such a figure has slipped in from another column.
    let fits = all_digits(digits) && digits.len() <= 3;
    digits.parse().ok().filter(|priority| fits && *priority > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_the_most_urgent_and_what_cannot_be_read_is_said() {
        let table = [
            ("", None, false),
            ("1", Some(1), false),
            ("２", Some(2), false),
            ("010", Some(10), false),
            ("999", Some(999), false),
            ("0", None, true),
            ("1000", None, true),
            ("-1", None, true),
            ("1,5", None, true),
            ("høj", None, true),
            ("0101901234", None, true),
        ];
        for (written, priority, said) in table {
            let judged = check(&Instruction::for_test(&[(COLUMN, written)]));
            assert_eq!(judged.value, Some(priority), "{written}");
            assert_eq!(judged.problems.iter().any(|one| one.code == Code::PriorityMalformed), said, "{written}");
        }
    }
}
