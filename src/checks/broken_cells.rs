//! Cells in which a spreadsheet left an error instead of a value. Whatever else a check said of such a cell is beside the point.

use super::{Code, Judged, Problem, shown};
use crate::recipient_list::broken_cell::{NO_VALUE, is_broken};
use crate::recipient_list::{Column, Instruction};
use crate::say;
use crate::words::Message;

/// Takes back from `said` what the other checks made of the broken cells.
pub(super) fn check(instruction: &Instruction, said: &mut Vec<Problem>) -> Judged<()> {
    if !instruction.may_hold_rare() {
        return Judged::sound(());
    }
    let broken: Vec<Column> =
        instruction.filled().filter(|(_, cell)| is_broken(cell)).map(|(column, _)| column).collect();
    if broken.is_empty() {
        return Judged::sound(());
    }
    said.retain(|problem| problem.column.is_none_or(|column| !broken.contains(&column)));
    let problems = broken.into_iter().map(|column| Problem::new(Code::CellError, column, message(instruction, column)));
    Judged { value: None, problems: problems.collect() }
}

fn message(instruction: &Instruction, column: Column) -> Message {
    match instruction.cell(column) {
        NO_VALUE => say!(
            "The cell holds a formula whose value was not saved. \
             Open the list in a spreadsheet program and save it again, or write the value itself."
        ),
        error => say!(
            "The spreadsheet shows {error} here: it could not work the cell out. Write the value itself.",
            error = shown::quoted(error)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Message;

    #[test]
    fn an_error_in_a_cell_rejects_the_row_and_is_all_that_is_said_of_it() {
        let row = Instruction::for_test(&[(Column::Amount, "#REF!"), (Column::Text, NO_VALUE), (Column::Name, "Aka")]);
        let mut said = vec![
            Problem::new(Code::AmountMalformed, Column::Amount, Message::verbatim("x")),
            Problem::new(Code::NameShortened, Column::Name, Message::verbatim("x")),
            Problem::new(Code::RowWidth, None, Message::verbatim("x")),
        ];
        let judged = check(&row, &mut said);
        assert_eq!(judged.value, None);
        let found: Vec<_> = judged.problems.iter().map(|p| (p.code, p.column)).collect();
        assert_eq!(found, [(Code::CellError, Some(Column::Amount)), (Code::CellError, Some(Column::Text))]);
        assert!(judged.problems[0].message.contains("\"#REF!\""), "{}", judged.problems[0].message);
        assert_eq!(said.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::NameShortened, Code::RowWidth]);
        assert_eq!(check(&Instruction::for_test(&[(Column::Name, "#1 Cleaning")]), &mut said), Judged::sound(()));
    }
}
