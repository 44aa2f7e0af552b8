//! What the payee reads on the statement, in the bank's characters.

use chrono::NaiveDate;
use smol_str::SmolStr;

use super::recent::Recent;
use super::{Code, Judged, Problem, person_in_text, shown};
use crate::bank::door::Door;
use crate::payment::{Account, Country, Scheme};
use crate::recipient_list::Column::Text as COLUMN;
use crate::recipient_list::{Column, Instruction};
use crate::say;
use crate::words::Message;

/// `Some(None)`: no text. How long it may be depends on the account that is paid `to`, and whether there may be one on the scheme.
pub(super) fn check(
    instruction: &Instruction,
    to: Option<&Account>,
    scheme: Option<&Scheme>,
    door: &Door,
    recent: &mut Recent<Option<SmolStr>>,
) -> Judged<Option<SmolStr>> {
    let written = instruction.cell(COLUMN);
    if !written.is_empty() && scheme.is_some_and(|scheme| door.pays_as_salary(scheme)) {
        let message = say!(
            "Banks in Sweden take no text with what is paid as salary (SALA): {shown} is not sent.",
            shown = shown::quoted(written)
        );
        return Judged::sound(None).noting(Code::TextLeftOut, COLUMN, message);
    }
    match door.text_room(to) {
        room if room == door.text_length => recent.read(written, |written| judge(written, room, door)),
        room => judge(written, room, door),
    }
}

fn judge(written: &str, room: usize, door: &Door) -> Judged<Option<SmolStr>> {
    let text = door.characters.write(written, room);
    let shortened = text.shortened.then_some((Code::TextShortened, room));
    let judged = Judged::sound((!text.text.is_empty()).then(|| text.text.clone()));
    note_changes(judged, COLUMN, shortened, text.replaced, || say_replaced(written, &text.text))
}

/// Points out a person's number in a text that is sent: the bank reads it, and whoever sees the payee's statement.
pub(super) fn names_somebody(
    sent: Option<&Option<SmolStr>>,
    instruction: &Instruction,
    country: Country,
    today: NaiveDate,
) -> Option<Problem> {
    sent?.as_ref()?;
    let written = instruction.cell(COLUMN);
    person_in_text(written, country, today)?;
    let message = say!(
        "{shown} holds what reads as a person number. The text goes to the bank, and stands on the payee's statement.",
        shown = shown::quoted(written)
    );
    Some(Problem::new(Code::TextPersonNumber, COLUMN, message))
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
    use crate::bank::door::built_in;
    use crate::payment::DomesticAccount;

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
            let row = Instruction::for_test(&[(COLUMN, written)]);
            let judged = check(&row, None, None, &Door::default(), &mut Recent::default());
            assert_eq!(judged.value, Some(text.map(SmolStr::from)), "{written}");
            assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), *codes, "{written}");
        }
    }

    #[test]
    fn a_swedish_giro_takes_25_characters_and_a_salary_none() {
        let account = |bank: &str| {
            Account::Domestic(DomesticAccount { country: Country::Se, bank: bank.into(), number: "50501055".into() })
        };
        let mut door = built_in("sweden").expect("a door");
        door.profile.category_purpose.set(&Scheme::new("Lön").expect("a scheme"), "SALA".parse().expect("a code"));
        let (long, cut) = ("x".repeat(26), "x".repeat(25));
        let table = [
            ("9900", "Hjälp", Some(cut.as_str()), Some(Code::TextShortened)),
            ("9960", "Hjälp", Some(cut.as_str()), Some(Code::TextShortened)),
            ("3300", "Hjälp", Some(long.as_str()), None),
            ("3300", "LÖN", None, Some(Code::TextLeftOut)),
        ];
        let mut recent = Recent::default();
        for (bank, scheme, text, code) in table {
            let scheme = Scheme::new(scheme).expect("a scheme");
            let row = Instruction::for_test(&[(COLUMN, long.as_str())]);
            let judged = check(&row, Some(&account(bank)), Some(&scheme), &door, &mut recent);
            assert_eq!(judged.value, Some(text.map(SmolStr::from)), "{bank} {scheme}");
            assert_eq!(judged.problems.first().map(|problem| problem.code), code, "{bank} {scheme}");
        }
    }
}
