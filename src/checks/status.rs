//! A row that says that somebody has paid it, or stopped it. Such a list is a run of upstream's, or what came of one: it is not to be paid again
//! because it was given to the wrong command.

use super::{Code, Judged};
use crate::recipient_list::{Column, Instruction};
use crate::reconciliation::UpstreamStatus;
use crate::say;

pub(super) fn check(instruction: &Instruction) -> Judged<()> {
    let message = match UpstreamStatus::in_words(instruction.cell(Column::Status)) {
        Some(UpstreamStatus::Paid) => {
            say!("The row's status says that it was paid already. Decide `pay` or `drop` in a decisions file.")
        }
        Some(UpstreamStatus::Stopped) => {
            say!("The row's status says that it was stopped. Decide `pay` or `drop` in a decisions file.")
        }
        Some(UpstreamStatus::Planned) | None => return Judged::sound(()),
    };
    Judged::sound(()).noting(Code::RowStatus, Column::Status, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_paid_or_stopped_is_held() {
        for (written, held) in [
            ("", false),
            ("planned", false),
            ("planlagt", false),
            ("på ferie", false),
            ("Betalt", true),
            ("paid", true),
            ("stoppet", true),
            ("annulleret", true),
        ] {
            let judged = check(&Instruction::for_test(&[(Column::Status, written)]));
            let codes: Vec<Code> = judged.problems.iter().map(|problem| problem.code).collect();
            assert_eq!(
                (judged.value, codes),
                (Some(()), if held { vec![Code::RowStatus] } else { vec![] }),
                "{written}"
            );
        }
    }
}
