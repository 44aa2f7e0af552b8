//! A problem with its place, as every document shows it.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::checks::{Code, Problem};
use crate::ops::prepare::{FilePart, LocatedProblem, NotInLists, Report};
use crate::recipient_list::RecipientList;
use crate::say;
use crate::words::Message;

/// A problem of a row, its members in the order of the alphabet as in every object: there may be as many as rows.
#[derive(Serialize)]
pub struct OfRow<'a> {
    code: &'static str,
    column: Option<&'static str>,
    file: Option<&'a str>,
    message: &'a Message,
    row: u32,
    severity: &'static str,
    sheet: Option<&'a str>,
}

/// One of a list of problems, which shows itself as JSON.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Item<'a> {
    OfRow(OfRow<'a>),
    Other(Value),
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

pub fn problem<'a>(located: &'a LocatedProblem, lists: &'a [RecipientList]) -> Item<'a> {
    let LocatedProblem { list, row, problem } = located;
    let list = lists.get(usize::from(*list));
    Item::OfRow(OfRow {
        code: problem.code.as_str(),
        column: problem.column.map(|column| column.as_str()),
        file: list.map(RecipientList::name),
        message: &problem.message,
        row: *row,
        severity: problem.severity().as_str(),
        sheet: list.and_then(RecipientList::sheet),
    })
}

/// A problem of a row that is in none of the lists: its place is in the list that names who goes first.
pub fn not_in_lists(one: &NotInLists) -> Value {
    let problem = &one.problem;
    json!({
        "code": problem.code.as_str(),
        "severity": problem.severity().as_str(),
        "file": one.file,
        "sheet": null,
        "row": one.row,
        "column": problem.column.map(|column| column.as_str()),
        "message": problem.message,
    })
}

/// A problem of the lists as a whole.
pub fn of_no_row(problem: &Problem) -> Value {
    json!({
        "code": problem.code.as_str(),
        "severity": problem.severity().as_str(),
        "file": null,
        "sheet": null,
        "row": null,
        "column": problem.column.map(|column| column.as_str()),
        "message": problem.message,
    })
}

/// A bank file that will be, and the row of its first payment.
pub fn file_part(number: u64, part: &FilePart, report: &Report) -> Value {
    let list = report.lists.get(usize::from(part.first.list));
    json!({
        "number": number,
        "payments": part.sum.count,
        "amount": part.sum.amount.to_string(),
        "first": {
            "file": list.map(RecipientList::name),
            "sheet": list.and_then(RecipientList::sheet),
            "row": part.first.row,
        },
    })
}

/// The row with which another file begins, because the one before it is full.
pub fn next_file(number: u64, part: &FilePart, report: &Report) -> Value {
    let list = report.lists.get(usize::from(part.first.list));
    json!({
        "code": Code::FileNext.as_str(),
        "severity": Code::FileNext.severity().as_str(),
        "file": list.map(RecipientList::name),
        "sheet": list.and_then(RecipientList::sheet),
        "row": part.first.row,
        "column": null,
        "message": say!(
            "The file before it is full: bank file {number} of {of} begins with this row.",
            number,
            of = report.files.len() as u64
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient_list::Column;

    /// A value has its members in the order of the alphabet.
    #[test]
    fn a_problem_is_written_as_every_other_object_is() {
        let message = Message::verbatim("“Ænema”\n\\");
        let problem = Problem { code: Code::AmountLimit, column: Some(Column::Amount), message };
        let located = LocatedProblem { list: 0, row: 7, problem };
        let item = super::problem(&located, &[]);
        assert_eq!(item.to_string(), json!(item).to_string());
        assert_eq!(json!(item)["row"], 7);
    }
}
