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
    fn excels_short_form_is_told_with_its_cure() {
        let judged = check(&row("1.01E+09", ""), Country::Dk, today());
        let message = &judged.problems[0].message;
        assert!(message.contains("1.01E+09") && message.contains("Excel") && message.contains("as text"), "{message}");
    }
}
