//! `rebuild`.

use std::path::Path;

use serde_json::{Value, json};

use super::path;
use crate::ops::rebuild::Rebuilt;

pub fn rebuilt(rebuilt: &Rebuilt, workspace: &Path) -> Value {
    let batches: Vec<Value> = rebuilt
        .batches
        .iter()
        .map(|(batch, (files, payments, amount))| {
            json!({ "batch": batch.to_string(), "files": files, "payments": payments, "amount": amount.to_string() })
        })
        .collect();
    let gaps: Vec<Value> = rebuilt.gaps.iter().map(|gap| json!({ "code": gap.code, "message": gap.message })).collect();
    json!({
        "workspace": path(workspace),
        "desk": rebuilt.letter.to_string(),
        "entries": rebuilt.head.0,
        "head": rebuilt.head.1.to_string(),
        "batches": batches,
        "payments": rebuilt.payments,
        "amount": rebuilt.amount.to_string(),
        "freed": rebuilt.freed,
        "gaps": gaps,
    })
}
