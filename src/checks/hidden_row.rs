//! A row that its spreadsheet hides: a filter did, or somebody who did not mean it to be paid. It is paid, and pointed out.

use super::{Code, Judged};
use crate::recipient_list::Instruction;
use crate::say;

pub(super) fn check(instruction: &Instruction) -> Judged<()> {
    let judged = Judged::sound(());
    if !instruction.is_hidden() {
        return judged;
    }
    judged.noting(
        Code::RowHidden,
        None,
        say!("The spreadsheet hides this row, and it is read all the same. Is it meant to be paid?"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_row_is_pointed_out_and_stays() {
        assert_eq!(check(&Instruction::for_test(&[])), Judged::sound(()));
        let judged = check(&Instruction::for_test(&[]).hide());
        assert_eq!(judged.value, Some(()));
        assert_eq!(judged.problems.iter().map(|p| (p.code, p.column)).collect::<Vec<_>>(), [(Code::RowHidden, None)]);
    }
}
