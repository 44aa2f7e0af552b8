//! What was paid on provisional figures against what was truly owed.

use serde_json::{Value, json};

use super::{changes, path, unnamed};
use crate::ops::true_up::{TOP_UP_FILE, TruedUp};

pub fn trued_up(found: &TruedUp) -> Value {
    let side =
        |(count, amount): &(u64, crate::payment::Amount)| json!({ "count": count, "amount": amount.to_string() });
    json!({
        "batches": found.batches.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "paid": found.paid.to_string(),
        "upstream_paid": found.upstream_paid.to_string(),
        "owed": found.owed.to_string(),
        "as_owed": found.as_owed,
        "over": side(&found.over),
        "under": side(&found.under),
        "balanced": found.balanced,
        "repeated_rows": found.repeated,
        "of_other_days": side(&found.of_other_days),
        "without_account": found.without_account,
        "came_back_from_there": found.came_back_from_there,
        "about_to_be_paid": found.about_to_be_paid,
        "unnamed_payments": unnamed(&found.unnamed),
        "changes": found.changes.as_ref().map(|changed| changes::changes(changed, found.currency)),
        "out": path(&found.out),
        "top_up_list": path(&found.out.join(TOP_UP_FILE)),
    })
}
