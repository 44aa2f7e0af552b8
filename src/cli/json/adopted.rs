//! The JSON of `adopt`.

use serde_json::{Value, json};

use crate::ops::adopt::Adopted;

pub fn adopted(adopted: &Adopted) -> Value {
    json!({
        "epoch": adopted.epoch,
        "entry": adopted.entry,
        "fork": { "entry": adopted.fork.0, "head": adopted.fork.1.to_string() },
        "folder": super::path(&adopted.folder),
        "before": adopted.before.as_deref().map(super::path),
        "older": adopted.older,
        "receipt": adopted.receipt.to_string(),
    })
}
