//! `desk add` and `merge`.

use std::path::Path;

use serde_json::{Value, json};

use super::path;
use crate::ops::desks::AddedDesk;
use crate::ops::merge::{InBoth, Merged};

pub fn desk_added(desk: &AddedDesk) -> Value {
    json!({
        "workspace": path(&desk.folder),
        "desk": desk.letter.to_string(),
        "name": desk.name,
        "operators": desk.operators,
    })
}

/// Person numbers are whole in JSON.
pub fn merged(merged: &Merged, here: &Path) -> Value {
    let list = |found: &[InBoth]| found.iter().map(|both| in_both(both, merged, here)).collect::<Vec<_>>();
    json!({
        "released_in_both": list(&merged.released_in_both),
        "claimed_in_both": list(&merged.claimed_in_both),
        "overlaps": list(&merged.overlaps),
        "desk": merged.letter.to_string(),
        "name": merged.name,
        "other_entries": merged.entries,
        "nothing_new": merged.nothing_new,
        "claims": merged.claims,
        "released": merged.left,
        "batches_without_key": merged.closed_batches.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn in_both(both: &InBoth, merged: &Merged, here: &Path) -> Value {
    let sides = both.sides();
    let mut found = json!({
        "person_id": both.person.as_ref().map(|person| person.whole()),
        "scheme": both.scheme.as_ref().map(|scheme| scheme.as_str()),
        "period": both.here.period.to_string(),
        "part": both.part.as_ref().map(ToString::to_string),
        "batches": sides.map(|side| side.batch.to_string()),
        "states": sides.map(|side| side.phase.as_str()),
        "amount": both.doubled().to_string(),
        "amounts": sides.map(|side| side.amount.to_string()),
        "periods": sides.map(|side| side.period.to_string()),
    });
    if let (Some(side), Some(fields)) = (both.to_cancel(), found.as_object_mut()) {
        let workspace = if side.batch == both.here.batch { here } else { &merged.other };
        fields.insert("cancel".into(), json!({ "batch": side.batch.to_string(), "workspace": path(workspace) }));
    }
    found
}
