//! `purge` for programs.

use serde_json::{Value, json};

use super::path;
use crate::ledger::event::KeyCopyEnded;
use crate::ops::purge::duplicate_key::Ended;
use crate::ops::purge::{Purged, Traces};

pub fn purged(purged: &Purged) -> Value {
    let recorded = &purged.purge.recorded;
    json!({
        "entry": purged.entry,
        "purged": recorded.episodes,
        "payments": recorded.payments,
        "sealed_runs": recorded.chunks + recorded.parts,
        "bytes": recorded.bytes,
        "root": recorded.root.to_string(),
        "keys": recorded.keys.iter().map(|key| key.to_string()).collect::<Vec<_>>(),
        "key_copies": key_copies(&recorded.key_copies),
        "by": purged.purge.by,
        "resumed": purged.resumed,
        "searched": searched(&purged.traces),
        "certificate": path(&purged.certificate[0]),
        "certificate_text": path(&purged.certificate[1]),
    })
}

pub fn duplicate_key_ended(done: &Ended) -> Value {
    let ended = &done.end.recorded;
    json!({
        "entry": done.end.entry,
        "duplicate_key": ended.key.to_string(),
        "claims": ended.claims,
        "evidence": ended.evidence,
        "baseline_keys": ended.baseline_keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "sealed_runs": ended.parts,
        "bytes": ended.bytes,
        "root": ended.root.to_string(),
        "key_copies": key_copies(&ended.key_copies),
        "by": done.end.by,
        "resumed": done.resumed,
        "searched": searched(&done.traces),
        "certificate": path(&done.certificate[0]),
        "certificate_text": path(&done.certificate[1]),
    })
}

fn key_copies(copies: &[KeyCopyEnded]) -> Vec<Value> {
    copies.iter().map(|copy| json!({ "place": copy.place, "ended_by": copy.by })).collect()
}

fn searched(traces: &Traces) -> Value {
    json!({
        "files": traces.files,
        "bytes": traces.bytes,
        "sealed_runs": traces.ciphertexts,
        "people": traces.people,
        "found_before": traces.found_before,
        "found": traces.found,
    })
}
