//! A problem with its place, as every document shows it.

use serde_json::{Value, json};

use crate::checks::{Code, Problem};
use crate::ops::prepare::{FilePart, LocatedProblem, NotInLists, Report};
use crate::recipient_list::RecipientList;
use crate::say;

pub fn problem(located: &LocatedProblem, lists: &[RecipientList]) -> Value {
    let LocatedProblem { list, row, problem } = located;
    let list = lists.get(usize::from(*list));
    json!({
        "code": problem.code.as_str(),
        "severity": problem.severity().as_str(),
        "file": list.map(RecipientList::name),
        "sheet": list.and_then(RecipientList::sheet),
        "row": row,
        "column": problem.column.map(|column| column.as_str()),
        "message": problem.message,
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
