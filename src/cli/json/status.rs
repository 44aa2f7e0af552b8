//! `status` for programs.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::batch::Sum;
use crate::ops::status::{BatchStatus, Compared, Next, Status};

pub fn status(status: &Status) -> Value {
    let bank = status.bank.iter().map(|(standing, sum)| (standing.as_str().to_owned(), self::sum(sum)));
    json!({
        "payer": status.payer,
        "currency": status.currency.code(),
        "entries": status.head.0,
        "last_entry_at": moment(status.head.1),
        "episode": status.episode,
        "batches": status.batches.iter().map(batch).collect::<Vec<_>>(),
        "bank": bank.collect::<Map<_, _>>(),
        "free_to_be_paid_again": sum(&status.free),
        "some_were_put_off": status.put_off,
        "compared": status.compared.as_ref().map(compared),
        "copies": { "open": status.copies.open, "overdue": status.copies.overdue, "recovery_halves": status.copies.halves },
        "backup": status.backup.map(|(entry, at)| json!({ "entry": entry, "at": moment(at) })),
        "duplicate_key_ended": status.duplicate_key_ended.map(|(entry, at)| json!({ "entry": entry, "at": moment(at) })),
        "wrong_passphrases": status.wrong_passphrases.iter().map(|(name, wrong)| (name.clone(), json!(wrong))).collect::<Map<_, _>>(),
        "next": status.next.iter().map(next).collect::<Vec<_>>(),
    })
}

fn sum(sum: &Sum) -> Value {
    json!({ "count": sum.count, "amount": sum.amount.to_string() })
}

fn batch(batch: &BatchStatus) -> Value {
    json!({
        "batch": batch.id.to_string(),
        "state": batch.phase.as_str(),
        "provisional": batch.provisional,
        "payments": batch.total.count,
        "amount": batch.total.amount.to_string(),
        "open_rows": batch.open_rows.as_ref().map(super::open_rows),
        "pay_on": batch.pay_on.map(|day| day.to_string()),
    })
}

fn compared(compared: &Compared) -> Value {
    json!({
        "at": moment(compared.at),
        "planned": compared.planned,
        "findings": compared.findings,
        "to_decide": compared.to_decide,
        "decided": compared.decided,
    })
}

fn next(next: &Next) -> Value {
    json!({ "what": next.as_str(), "command": next.command() })
}

/// In UTC, as in `2026-11-20T23:14:00Z`.
fn moment(unix: i64) -> Option<String> {
    DateTime::from_timestamp(unix, 0).map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
