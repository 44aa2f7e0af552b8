//! The register of copies for programs. People are whole here, as everywhere that is made to be acted on.

use serde_json::{Value, json};

use super::path;
use crate::ledger::copies::{CopyState, Field};
use crate::ops::copies::exposure::Exposure;
use crate::ops::copies::register::{CopyList, Ended, EndedCopies, FoundAt, LeftCopy, ListedCopy};

pub fn list(list: &CopyList) -> Value {
    let unregistered: Vec<Value> = list
        .unregistered
        .iter()
        .map(|file| json!({ "path": path(&file.place), "working_file": file.working }))
        .collect();
    json!({ "copies": list.copies.iter().map(listed).collect::<Vec<_>>(), "unregistered": unregistered })
}

pub fn listed(listed: &ListedCopy) -> Value {
    let mut shown = copy(&listed.copy);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("path".into(), json!(listed.place.as_deref().map(path)));
        shown.insert("state".into(), json!(listed.found.as_str()));
        shown.insert("overdue".into(), json!(listed.overdue));
        if let FoundAt::Moved(to) = &listed.found {
            shown.insert("moved_to".into(), json!(path(to)));
        }
    }
    shown
}

fn copy(copy: &CopyState) -> Value {
    let declared = &copy.declared;
    json!({
        "copy": copy.id.to_string(),
        "purpose": declared.purpose.as_str(),
        "reader": declared.purpose.reader(),
        "batch": declared.batch.map(|batch| batch.to_string()),
        "episodes": copy.episodes,
        "fields": declared.fields.iter().map(|field| field.as_str()).collect::<Vec<_>>(),
        "rows": declared.rows,
        "persons": declared.people.persons,
        "with_person_id": declared.people.with_person_id,
        "end_by": declared.end_by.to_string(),
        "entry": copy.entry,
        "by": copy.by,
        "reviewed_by": copy.reviewed_by,
        "ended": copy.end.map(|(how, entry)| json!({ "how": how.as_str(), "entry": entry })),
    })
}

pub fn ended(copies: &EndedCopies) -> Value {
    let one = |one: &Ended| {
        let registered = one.id.map(|id| id.to_string());
        json!({ "copy": registered, "path": path(&one.path), "how": one.how.as_str() })
    };
    let left =
        |left: &LeftCopy| json!({ "copy": left.id.to_string(), "path": path(&left.path), "why": left.why.as_str() });
    json!({
        "ended": copies.ended.iter().map(one).collect::<Vec<_>>(),
        "left": copies.left.iter().map(left).collect::<Vec<_>>(),
    })
}

pub fn exposure(found: &Exposure, listed: bool) -> Value {
    let mut shown = json!({
        "persons": found.people.persons,
        "with_person_id": found.people.with_person_id,
        "fields": found.fields.iter().map(|field: &Field| field.as_str()).collect::<Vec<_>>(),
        "rows": found.rows,
        "known": !found.copies.is_empty(),
        "changed": found.changed,
        "copies": found.copies.iter().map(copy).collect::<Vec<_>>(),
        "not_examined": found.not_examined,
    });
    if let (Some(list), true, Some(shown)) = (&found.list, listed, shown.as_object_mut()) {
        let people = list.iter().map(|person| {
            let number = (!person.number.is_empty()).then_some(&person.number);
            json!({ "person_id": number, "organisation": person.organisation, "name": person.name })
        });
        shown.insert("people".into(), people.collect());
    }
    shown
}
