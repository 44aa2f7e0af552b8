//! What is other than at the last comparison.

use serde_json::{Value, json};

use crate::ledger::remedies::Decision;
use crate::ops::findings::{Changes, Shown, amount};
use crate::payment::Currency;

/// `findings` names the first hundred of each sort; the counts are of all.
pub fn changes(changes: &Changes, currency: Currency) -> Value {
    let shown = |shown: &Option<Shown>| {
        shown.map(|shown| {
            json!({
                "kind": shown.kind.as_str(),
                "overpaid": amount(shown.money.overpaid, currency).to_string(),
                "underpaid": amount(shown.money.underpaid, currency).to_string(),
            })
        })
    };
    let findings: Vec<Value> = changes
        .shown
        .iter()
        .map(|change| {
            json!({
                "finding": change.finding,
                "before": shown(&change.before),
                "now": shown(&change.now),
                "decided": change.decided.map(Decision::as_str),
            })
        })
        .collect();
    json!({
        "since": chrono::DateTime::from_timestamp(changes.since, 0).map(|since| since.to_rfc3339()),
        "new": changes.new,
        "changed": changes.changed,
        "gone": changes.gone,
        "decided_before": changes.decided_before,
        "files_left_out": changes.files_left_out,
        "findings": findings,
    })
}
