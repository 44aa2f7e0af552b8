//! A problem with its place, as every document shows it.

use serde_json::{Value, json};

use crate::ops::prepare::LocatedProblem;
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
