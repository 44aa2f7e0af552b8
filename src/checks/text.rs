//! What the payee reads on the statement, in the bank's characters.

use super::{Code, Judged, shown};
use crate::bank::door::Door;
use crate::recipient_list::Column::Text as COLUMN;
use crate::recipient_list::{Column, Instruction};
use crate::say;
use crate::words::Message;

/// `Some(None)`: no text.
pub(super) fn check(instruction: &Instruction, door: &Door) -> Judged<Option<String>> {
    let written = instruction.cell(COLUMN);
    let text = door.characters.write(written, door.text_length);
    let shortened = text.shortened.then_some((Code::TextShortened, door.text_length));
    let judged = Judged::sound((!text.text.is_empty()).then(|| text.text.clone()));
    note_changes(judged, COLUMN, shortened, text.replaced, || say_replaced(written, &text.text))
}

/// Says what became of a text on its way into the bank's characters.
pub(super) fn note_changes<T>(
    mut judged: Judged<T>,
    column: Column,
    shortened: Option<(Code, usize)>,
    replaced: bool,
    say_replaced: impl Fn() -> Message,
) -> Judged<T> {
    if let Some((code, limit)) = shortened {
        let message = say!("Only {limit} characters reach the bank: {forms}", limit, forms = say_replaced());
        judged = judged.noting(code, column, message);
    }
    if replaced {
        let message = say!("The bank does not take every character here: {forms}", forms = say_replaced());
        judged = judged.noting(Code::TextReplaced, column, message);
    }
    judged
}

/// Both forms, as the bank will have it and as written.
pub(super) fn say_replaced(written: &str, at_the_bank: &str) -> Message {
    say!("{written} becomes {sent}.", written = shown::quoted(written), sent = shown::quoted(at_the_bank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_replaced_with_a_word_about_it() {
        let table: &[(&str, Option<&str>, &[Code])] = &[
            ("", None, &[]),
            ("Alderspension april", Some("Alderspension april"), &[]),
            ("Alderspension – april", Some("Alderspension - april"), &[Code::TextReplaced]),
            ("\u{301}", None, &[Code::TextReplaced]),
            (&"x".repeat(141), Some(&"x".repeat(140)), &[Code::TextShortened]),
        ];
        for (written, text, codes) in table {
            let judged = check(&Instruction::for_test(&[(COLUMN, written)]), &Door::default());
            assert_eq!(judged.value, Some(text.map(String::from)), "{written}");
            assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), *codes, "{written}");
        }
    }
}
