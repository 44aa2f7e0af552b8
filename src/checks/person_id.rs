//! Whom the payment is owed to: a person's number or an organisation's, in the register of the payer's country.

use chrono::NaiveDate;

use super::spelling::{SCIENTIFIC_REMEDY, is_scientific, plain};
use super::{
    Code, Judged, Problem, Severity, cpr, cvr, fodselsnummer, henkilotunnus, organisation_number, personnummer, shown,
};
use crate::payment::{Country, PersonId, PersonKind};
use crate::recipient_list::{Column, Instruction};
use crate::say;

pub(super) fn check(instruction: &Instruction, country: Country, today: NaiveDate) -> Judged<PersonId> {
    let person = instruction.cell(Column::PersonId);
    let organisation = instruction.cell(Column::OrganisationId);
    match (person.is_empty(), organisation.is_empty()) {
        (true, true) => Judged::wrong(
            Code::IdMissing,
            Column::PersonId,
            say!("The row has no person number. Without one nobody can tell whether this has been paid before."),
        ),
        (false, true) => judge_person(person, country, today),
        (true, false) => judge_organisation(organisation, country),
        (false, false) => Judged::wrong(
            Code::IdMalformed,
            Column::PersonId,
            say!(
                "The row names both a person, {person}, and an organisation, {organisation}. Leave one of the two cells empty.",
                person = shown::quoted_id(person),
                organisation = shown::quoted(organisation)
            ),
        ),
    }
}

/// Reads a number that stands by itself, outside a list, in the register of `country`.
pub fn read_person(written: &str, kind: PersonKind, country: Country, today: NaiveDate) -> Result<PersonId, Problem> {
    let judged = match kind {
        PersonKind::Natural => judge_person(written, country, today),
        PersonKind::Organisation => judge_organisation(written, country),
    };
    let Judged { value, problems } = judged;
    value.ok_or_else(|| {
        let error = problems.into_iter().find(|problem| problem.severity() == Severity::Error);
        error.unwrap_or_else(|| Problem::new(Code::IdMalformed, Column::PersonId, say!("This is no person's number.")))
    })
}

/// The first word of a text that reads as a person's number. A few digits are a date or an invoice: only whole numbers count.
pub fn person_in_text(text: &str, country: Country, today: NaiveDate) -> Option<PersonId> {
    const FEWEST: usize = 10;
    // Nearly every text has fewer digits than any number: nothing is taken apart for it.
    if text.bytes().filter(u8::is_ascii_digit).count() + 1 < FEWEST {
        return None;
    }
    let is_of_number = |c: char| c.is_alphanumeric() || matches!(c, '-' | '+');
    let words: Vec<&str> = text.split(|c| !is_of_number(c)).map(|word| word.trim_matches(['-', '+'])).collect();
    let alone = words.iter().map(|word| (*word).to_owned());
    // `701282 1128`, with a space where the hyphen would be.
    let parted = words.windows(2).filter(|pair| pair[0].len() == 6 && pair[1].len() == 4).map(|pair| pair.concat());
    let mut candidates =
        alone.chain(parted).filter(|word| word.chars().filter(char::is_ascii_digit).count() + 1 >= FEWEST);
    candidates.find_map(|word| {
        let whole = word.len() >= FEWEST;
        read_person(&word, PersonKind::Natural, country, today).ok().filter(|_| whole)
    })
}

fn judge_person(written: &str, country: Country, today: NaiveDate) -> Judged<PersonId> {
    let judged = match country {
        Country::Dk | Country::Fo | Country::Gl => cpr::judge(written),
        Country::Se => personnummer::judge(written, today),
        Country::No => fodselsnummer::judge(written),
        Country::Fi => henkilotunnus::judge(written),
    };
    unless_scientific(judged, written, Column::PersonId)
}

fn judge_organisation(written: &str, country: Country) -> Judged<PersonId> {
    let judged = match country {
        Country::Dk | Country::Fo | Country::Gl => cvr::judge(written),
        Country::Se | Country::No | Country::Fi => organisation_number::judge(written, country),
    };
    unless_scientific(judged, written, Column::OrganisationId)
}

/// Says of what Excel has shortened that it has; none of that can be read as a number.
fn unless_scientific(judged: Judged<PersonId>, written: &str, column: Column) -> Judged<PersonId> {
    if judged.value.is_some() || !is_scientific(&plain(written)) {
        return judged;
    }
    // A long mantissa may still hold most of the number.
    let shown = if written.len() <= 10 { shown::quoted(written) } else { shown::quoted_id(written) };
    let message = say!("{shown} is no number of a register any more. {remedy}", shown, remedy = SCIENTIFIC_REMEDY);
    Judged::wrong(Code::IdMalformed, column, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day")
    }

    fn row(person: &str, organisation: &str) -> Instruction {
        Instruction::for_test(&[(Column::PersonId, person), (Column::OrganisationId, organisation)])
    }

    #[test]
    fn a_row_names_one_person_or_one_organisation() {
        let table = [
            ("2110625629", "", Country::Gl, Ok(PersonKind::Natural)),
            ("", "80050410", Country::Gl, Ok(PersonKind::Organisation)),
            ("811218-9876", "", Country::Se, Ok(PersonKind::Natural)),
            ("02013299997", "", Country::No, Ok(PersonKind::Natural)),
            ("131052-308T", "", Country::Fi, Ok(PersonKind::Natural)),
            ("", "", Country::Gl, Err(Code::IdMissing)),
            ("2110625629", "80050410", Country::Gl, Err(Code::IdMalformed)),
            ("1.01E+09", "", Country::Dk, Err(Code::IdMalformed)),
            ("", "8,0E+07", Country::Dk, Err(Code::IdMalformed)),
        ];
        for (person, organisation, country, expected) in table {
            let judged = check(&row(person, organisation), country, today());
            match expected {
                Ok(kind) => assert_eq!(judged.value.map(|p| p.kind()), Some(kind), "{person} {organisation}"),
                Err(code) => {
                    assert_eq!(judged.value, None, "{person} {organisation}");
                    assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), [code]);
                }
            }
        }
    }

    #[test]
    fn a_number_in_a_text_is_found_and_other_digits_are_not() {
        let table = [
            ("Pension til 7012821128", Country::Gl, true),
            ("cpr.701282-1128, december", Country::Dk, true),
            ("701282 1128", Country::Gl, true),
            ("Alderspension december 2026", Country::Gl, false),
            ("Faktura 12345678 af 01-12-2026", Country::Gl, false),
            ("Sag 9912821128", Country::Gl, false),
            ("Konto 64710001234567", Country::Gl, false),
            ("010190123", Country::Gl, false),
            ("Till 811218-9876.", Country::Se, true),
            ("Till 811218-9875.", Country::Se, false),
            ("131052-308T", Country::Fi, true),
            ("Til 02013299997", Country::No, true),
        ];
        for (text, country, expected) in table {
            assert_eq!(person_in_text(text, country, today()).is_some(), expected, "{text}");
        }
    }

    #[test]
    fn excels_short_form_is_told_with_its_cure() {
        let judged = check(&row("1.01E+09", ""), Country::Dk, today());
        let message = &judged.problems[0].message;
        assert!(message.contains("1.01E+09") && message.contains("Excel") && message.contains("as text"), "{message}");
    }
}
