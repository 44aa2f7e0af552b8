//! `backup` and `restore`.

use serde_json::{Value, json};

use super::path;
use crate::ops::backup::BackedUp;
use crate::ops::restore::Restored;

pub fn backed_up(backup: &BackedUp) -> Value {
    let receipt = &backup.receipt;
    json!({
        "backup": path(&backup.place),
        "entries": receipt.entries,
        "head": receipt.head,
        "receipt": receipt.code,
        "made_at": receipt.made_at,
        "batches": receipt.batches,
        "restored_and_compared": true,
        "recorded": backup.recorded,
        "keys": backup.keys.as_ref().map(|keys| path(keys)),
        "keys_without_copy": backup.keys_without_copy,
    })
}

pub fn restored(restored: &Restored, workspace: &std::path::Path) -> Value {
    json!({
        "workspace": path(workspace),
        "backup": path(&restored.backup),
        "entries": restored.entries,
        "head": restored.head.to_string(),
        "receipt": restored.receipt.code,
        "made_at": restored.receipt.made_at,
        "keys": restored.keys,
        "accepted_older_by_entry": restored.accepted_by_entry,
        "receipt_due": restored.receipt_due,
        "missing_operator_keys": restored.missing_keys.operators,
        "missing_keys": restored.missing_keys.keys,
        "read_only": restored.read_only.as_ref().map(|fault| json!({ "code": fault.code, "message": fault.message.to_string() })),
    })
}
