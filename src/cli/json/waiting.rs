//! `waiting` for programs: everybody, whole.

use serde_json::{Value, json};

use crate::ops::waiting::{StillWaiting, Waiting};

pub fn waiting(waiting: &StillWaiting) -> Value {
    let by_list = waiting.by_list.iter().map(|((list, scheme), sum)| {
        json!({ "list": list, "scheme": scheme, "count": sum.count, "amount": sum.amount.to_string() })
    });
    let cancelled = waiting.cancelled.iter().map(
        |(batch, sum)| json!({ "batch": batch.to_string(), "count": sum.count, "amount": sum.amount.to_string() }),
    );
    let open_rows = waiting
        .open_rows
        .iter()
        .map(|(batch, rows)| json!({ "batch": batch.to_string(), "rows": super::open_rows(rows) }));
    json!({
        "episode": waiting.episode,
        "currency": waiting.currency.code(),
        "waiting": { "count": waiting.sum.count, "amount": waiting.sum.amount.to_string() },
        "by_list": by_list.collect::<Vec<_>>(),
        "came_back": { "count": waiting.came_back.count, "amount": waiting.came_back.amount.to_string() },
        "cancelled": cancelled.collect::<Vec<_>>(),
        "open_rows": open_rows.collect::<Vec<_>>(),
        "persons": waiting.people.iter().map(person).collect::<Vec<_>>(),
    })
}

fn person(one: &Waiting) -> Value {
    let obligation = &one.obligation;
    json!({
        "person_id": obligation.person.whole(),
        "name": one.name,
        "scheme": obligation.scheme.as_str(),
        "period": obligation.period.to_string(),
        "part": obligation.part.as_str(),
        "amount": one.amount.to_string(),
        "priority": one.priority,
        "list": one.list,
        "row": one.row,
    })
}
