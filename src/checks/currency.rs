//! In which money: the workspace's, and no other. A list in two currencies has two meanings for its sum.

use super::{Code, Judged, shown};
use crate::payment::Currency;
use crate::recipient_list::Column::Currency as COLUMN;
use crate::recipient_list::Instruction;
use crate::say;

pub(super) fn check(instruction: &Instruction, workspace: Currency) -> Judged<()> {
    let written = instruction.cell(COLUMN);
    if written.is_empty() || written.parse() == Ok(workspace) {
        return Judged::sound(());
    }
    let message = say!(
        "{shown} is another currency: this workspace pays in {workspace} only.",
        shown = shown::quoted(written),
        workspace
    );
    Judged::wrong(Code::CurrencyUnsupported, COLUMN, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_workspaces_currency_is_paid() {
        let table = [("", true), ("DKK", true), ("dkk", true), ("EUR", false), ("kr", false), ("ISK", false)];
        for (written, paid) in table {
            let judged = check(&Instruction::for_test(&[(COLUMN, written)]), Currency::Dkk);
            assert_eq!(judged.value.is_some(), paid, "{written}");
            assert_eq!(judged.problems.iter().any(|p| p.code == Code::CurrencyUnsupported), !paid, "{written}");
        }
    }
}
