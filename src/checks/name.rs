//! Under which name: the beneficiary's and, where another receives the money, the payee's, in the bank's characters.

use smol_str::SmolStr;

use super::text::{note_changes, say_replaced};
use super::{Code, Judged, shown};
use crate::bank::door::Door;
use crate::recipient_list::{Column, Instruction};
use crate::say;

/// A name as the bank will have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub sent: SmolStr,
    /// As the list has it, where more than white space differs.
    pub as_written: Option<String>,
}

/// Of a longer name no more than this is kept beside the form that is sent.
const KEPT: usize = 140;

pub(super) fn check(instruction: &Instruction, door: &Door) -> Judged<Name> {
    match instruction.cell(Column::Name) {
        "" => Judged::wrong(Code::NameMissing, Column::Name, say!("The row has no name. The bank needs one.")),
        written => judge(written, Column::Name, door),
    }
}

/// `Some(None)`: the beneficiary receives the money.
pub(super) fn check_payee(instruction: &Instruction, door: &Door) -> Judged<Option<Name>> {
    match instruction.cell(Column::PayeeName) {
        "" => Judged::sound(None),
        written => judge(written, Column::PayeeName, door).map(Some),
    }
}

fn judge(written: &str, column: Column, door: &Door) -> Judged<Name> {
    let name = door.characters.write(written, door.name_length);
    if !name.text.chars().any(char::is_alphanumeric) {
        let message = say!(
            "Nothing of the name {shown} can be written in the bank's characters. Write it in Latin letters.",
            shown = shown::quoted(written)
        );
        return Judged::wrong(Code::NameUnrepresentable, column, message);
    }
    if !name.replaced && !name.shortened {
        return Judged::sound(Name { sent: name.text, as_written: None });
    }
    let shortened = name.shortened.then_some((Code::NameShortened, door.name_length));
    let kept = match written.char_indices().nth(KEPT) {
        Some((end, _)) => written.get(..end).unwrap_or_default().to_owned() + "…",
        None => written.to_owned(),
    };
    let sound = Judged::sound(Name { sent: name.text.clone(), as_written: Some(kept) });
    note_changes(sound, column, shortened, name.replaced, || say_replaced(written, &name.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_the_banks_characters() {
        use Code::{NameMissing, NameShortened, NameUnrepresentable, TextReplaced};
        let long = "Ane ".repeat(20);
        let long_and_foreign = "Čane ".repeat(20);
        let cut = format!("{}An", "Ane ".repeat(17));
        let table: &[(&str, Option<&str>, &[Code])] = &[
            ("Ane  Møller", Some("Ane Møller"), &[]),
            ("Zoë Ĳsbrand", Some("Zoe IJsbrand"), &[TextReplaced]),
            (&long, Some(&cut), &[NameShortened]),
            (
                &long_and_foreign,
                Some("Cane Cane Cane Cane Cane Cane Cane Cane Cane Cane Cane Cane Cane Cane"),
                &[NameShortened, TextReplaced],
            ),
            ("李明", None, &[NameUnrepresentable]),
            ("- ? -", None, &[NameUnrepresentable]),
            ("\u{301}", None, &[NameUnrepresentable]),
            ("", None, &[NameMissing]),
        ];
        for (written, name, codes) in table {
            let judged = check(&Instruction::for_test(&[(Column::Name, written)]), &Door::default());
            assert_eq!(judged.value.as_ref().map(|value| value.sent.as_str()), *name, "{written}");
            let as_written = judged.value.and_then(|value| value.as_written);
            assert_eq!(as_written.as_deref(), name.filter(|_| !codes.is_empty()).map(|_| written.trim()), "{written}");
            assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), *codes, "{written}");
        }
    }

    #[test]
    fn a_payee_is_judged_under_its_own_column_and_may_be_absent() {
        assert_eq!(check_payee(&Instruction::for_test(&[]), &Door::default()), Judged::sound(None));
        let judged = check_payee(&Instruction::for_test(&[(Column::PayeeName, "李明")]), &Door::default());
        assert_eq!(judged.problems.first().and_then(|p| p.column), Some(Column::PayeeName));
    }

    #[test]
    fn a_replaced_name_is_shown_in_both_forms_with_hidden_marks_made_visible() {
        let judged = check(&Instruction::for_test(&[(Column::Name, "Zo\u{202e}ë")]), &Door::default());
        let message = &judged.problems[0].message;
        assert!(message.contains("ZoU+202Eë") && message.contains("\"Zoe\""), "{message}");
    }
}
