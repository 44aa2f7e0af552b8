//! `purge` for programs.

use serde_json::{Value, json};

use super::path;
use crate::ops::purge::Purged;

pub fn purged(purged: &Purged) -> Value {
    let recorded = &purged.purge.recorded;
    let key_copies = recorded.key_copies.iter().map(|copy| json!({ "place": copy.place, "ended_by": copy.by }));
    json!({
        "entry": purged.entry,
        "purged": recorded.episodes,
        "payments": recorded.payments,
        "sealed_runs": recorded.chunks + recorded.parts,
        "bytes": recorded.bytes,
        "root": recorded.root.to_string(),
        "keys": recorded.keys.iter().map(|key| key.to_string()).collect::<Vec<_>>(),
        "key_copies": key_copies.collect::<Vec<_>>(),
        "by": purged.purge.by,
        "resumed": purged.resumed,
        "searched": {
            "files": purged.traces.files,
            "bytes": purged.traces.bytes,
            "sealed_runs": purged.traces.ciphertexts,
            "people": purged.traces.people,
            "found_before": purged.traces.found_before,
            "found": purged.traces.found,
        },
        "certificate": path(&purged.certificate[0]),
        "certificate_text": path(&purged.certificate[1]),
    })
}
