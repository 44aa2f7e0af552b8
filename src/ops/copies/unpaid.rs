//! Whether a list of this program's own still has somebody in it who waits for it: a row that could not be paid and was not paid since, or
//! a top-up that was not prepared.

use std::collections::HashSet;
use std::path::Path;

use csv::StringRecord;

use super::examine::Registers;
use crate::checks::{Code, read_person};
use crate::fault::Result;
use crate::ledger::Snapshot;
use crate::ledger::idempotency::Tagger;
use crate::payment::{Obligation, Part, PersonKind, Scheme, Tag};
use crate::recipient_list::{Column, any_table};

/// The tags of everything that is claimed, here and at other desks.
pub fn claimed(snapshot: &mut dyn Snapshot) -> Result<HashSet<Tag>> {
    let mut tags = HashSet::new();
    snapshot.claims_everywhere(&mut |claim, holder| {
        if holder.is_live() {
            tags.insert(claim.tag);
        }
        Ok(())
    })?;
    Ok(tags)
}

/// Where the row of headings has what is looked for.
#[derive(Default)]
struct Places {
    fate: Option<usize>,
    code: Option<usize>,
    columns: Vec<Option<Column>>,
}

impl Places {
    fn of(headings: &StringRecord) -> Option<Self> {
        let at = |name: &str| headings.iter().position(|heading| heading == name);
        let columns: Vec<_> = headings.iter().map(any_table::column_named).collect();
        columns.iter().any(|column| matches!(column, Some(Column::PersonId | Column::Amount))).then(|| Self {
            fate: at("fate"),
            code: at("code"),
            columns,
        })
    }

    /// Whether the row is one that somebody waits for. One without a fate is to be paid.
    fn waits(&self, row: &StringRecord) -> bool {
        let cell = |place: Option<usize>| place.and_then(|at| row.get(at));
        // What is over was not to be paid, and nobody is to correct it.
        let is_over = cell(self.code)
            .is_some_and(|written| Code::ALL.iter().any(|code| code.is_over() && code.as_str() == written));
        matches!(cell(self.fate), None | Some("rejected" | "held")) && !is_over
    }

    fn cell<'r>(&self, row: &'r StringRecord, wanted: Column) -> &'r str {
        let at = self.columns.iter().position(|column| *column == Some(wanted));
        at.and_then(|at| row.get(at)).unwrap_or_default().trim()
    }

    /// What the row asks to be paid, as far as it can be read.
    fn obligation(&self, row: &StringRecord, registers: Registers) -> Option<Obligation> {
        let (kind, number) = match self.cell(row, Column::OrganisationId) {
            "" => (PersonKind::Natural, self.cell(row, Column::PersonId)),
            number => (PersonKind::Organisation, number),
        };
        let country = self.cell(row, Column::Country).parse().unwrap_or(registers.country);
        Some(Obligation {
            person: read_person(number, kind, country, registers.today).ok()?,
            scheme: Scheme::new(self.cell(row, Column::Scheme))?,
            period: self.cell(row, Column::Period).parse().ok()?,
            part: Part::new(self.cell(row, Column::Part)),
        })
    }
}

/// Whether a row of the list waits to be paid and is not claimed. One that cannot be read waits to be corrected.
pub fn has_unpaid_rows(path: &Path, registers: Registers, tagger: &Tagger, claimed: &HashSet<Tag>) -> Result<bool> {
    let mut places: Option<Places> = None;
    let mut found = false;
    let given = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    any_table::each_row(path, &given, &mut |_, _, row| {
        let Some(places) = &places else {
            places = Places::of(row);
            return Ok(());
        };
        if !found && places.waits(row) {
            let obligation = places.obligation(row, registers);
            found = obligation.is_none_or(|obligation| !claimed.contains(&tagger.tag(&obligation)));
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::seal::SecretKey;
    use crate::payment::Country;

    #[test]
    fn whoever_was_not_paid_since_waits_for_the_list() {
        let tagger = Tagger::new(&SecretKey::new([7; 32]), &crate::drill::payer());
        let today = "2026-11-30".parse().expect("a day");
        let registers = Registers { country: Country::Gl, today };
        let paid = Obligation {
            person: read_person("7012821128", PersonKind::Natural, Country::Gl, today).expect("a number"),
            scheme: Scheme::new("Pension").expect("a scheme"),
            period: "2022-04".parse().expect("a period"),
            part: Part::new(""),
        };
        let claimed = HashSet::from([tagger.tag(&paid)]);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        let head = "file,sheet,row,fate,code,message,person_id,name,amount,scheme,period,part\n";
        let row = |fate: &str, code: &str, number: &str| {
            format!("a.csv,,2,{fate},{code},,{number},x,1.00,Pension,2022-04,\n")
        };
        let table = [
            (format!("{head}{}", row("prepared", "", "6112903338")), false),
            (format!("{head}{}", row("rejected", "account.malformed", "6112903338")), true),
            (format!("{head}{}", row("rejected", "account.malformed", "7012821128")), false),
            (format!("{head}{}", row("held", "amount.limit", "6112903338")), true),
            (format!("{head}{}", row("rejected", "decision.dropped", "6112903338")), false),
            (format!("{head}{}", row("rejected", "id.malformed", "x")), true),
            ("person_id,amount,scheme,period,part\n7012821128,1.00,Pension,2022-04,\n".into(), false),
            ("person_id,amount,scheme,period,part\n7012821128,1.00,Pension,2022-04,true-up\n".into(), true),
        ];
        for (list, expected) in table {
            std::fs::write(&path, &list).expect("writes");
            assert_eq!(has_unpaid_rows(&path, registers, &tagger, &claimed).expect("reads"), expected, "{list}");
        }
    }
}
