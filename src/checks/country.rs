//! Whose registers and accounts the row is about: the workspace's country, or the one that the row names.

use super::{Code, Judged, shown};
use crate::payment::Country;
use crate::recipient_list::Column::Country as COLUMN;
use crate::recipient_list::Instruction;
use crate::say;

pub(super) fn check(instruction: &Instruction, workspace: Country) -> Judged<Country> {
    let written = instruction.cell(COLUMN);
    if written.is_empty() {
        return Judged::sound(workspace);
    }
    match written.parse() {
        Ok(country) => Judged::sound(country),
        Err(()) => {
            let known: Vec<&str> = Country::ALL.iter().map(|country| country.code()).collect();
            let message = say!(
                "{shown} is no country whose numbers are known. Write {known}, or leave the cell empty for {workspace}.",
                shown = shown::quoted(written),
                known = known.join(", "),
                workspace = workspace.code()
            );
            Judged::wrong(Code::CountryUnsupported, COLUMN, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rows_country_comes_before_the_workspaces() {
        let table = [
            ("", Some(Country::Gl)),
            ("SE", Some(Country::Se)),
            ("no", Some(Country::No)),
            ("Danmark", None),
            ("IS", None),
        ];
        for (written, expected) in table {
            let judged = check(&Instruction::for_test(&[(COLUMN, written)]), Country::Gl);
            assert_eq!(judged.value, expected, "{written}");
            assert_eq!(
                judged.problems.iter().any(|p| p.code == Code::CountryUnsupported),
                expected.is_none(),
                "{written}"
            );
        }
    }
}
