//! A problem with its place, as every document shows it.

use serde_json::{Value, json};

use crate::ops::prepare::{LocatedProblem, NotInLists};
use crate::recipient_list::RecipientList;

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
