//! Recalls: what the bank was asked to take back, and what it said.

use serde_json::{Value, json};

use super::path;
use crate::ledger::recalls::{RecallState, RecalledPayment};
use crate::ops::findings::{self, amount};
use crate::ops::recalls::{LeftOut, OpenRecall, Recalled, path_of};
use crate::words::Message;

pub fn recalled(recalled: &Recalled) -> Value {
    let mut value = recall(&recalled.recall);
    let left_out = |one: &LeftOut| {
        json!({
            "end_to_end_id": one.payment.to_string(),
            "code": one.code,
            "message": one.why.to_string(),
            "tell_the_bank": one.tell.as_ref().map(Message::to_string),
        })
    };
    value["left_out"] = recalled.left_out.iter().map(left_out).collect();
    value["begun_before"] = recalled.begun_before.into();
    value["other_asked"] = recalled.other_asked.into();
    value
}

pub fn given_up(recalls: &[RecallState]) -> Value {
    json!({ "given_up": recalls.iter().map(recall).collect::<Vec<_>>() })
}

/// One that is not over, with what of it waits.
pub fn open(open: &OpenRecall) -> Value {
    let mut value = recall(&open.recall);
    value["waiting"] = json!({ "count": open.waiting.count, "amount": open.waiting.amount.to_string() });
    value["not_back"] = json!({ "count": open.not_back.count, "amount": open.not_back.amount.to_string() });
    value
}

pub fn recall(recall: &RecallState) -> Value {
    let recorded = &recall.recorded;
    let currency = recorded.sum.amount.currency();
    let payment = |one: &RecalledPayment| {
        let reason = recall.said_of(&one.payment).filter_map(|said| said.reason_code()).last();
        json!({
            "end_to_end_id": one.payment.to_string(),
            "batch": one.batch.to_string(),
            "amount": amount(one.amount, currency).to_string(),
            "state": recall.standing_of(&one.payment).as_str(),
            "reason": reason.map(|code| code.as_str().to_owned()),
        })
    };
    json!({
        "recall": recall.id().to_string(),
        "finding": findings::id(recorded.basis, recorded.number),
        "reason": recorded.reason.code(),
        "open": recall.is_open(),
        "written": recall.written,
        "by": recall.by,
        "second": recall.second,
        "file": {
            "path": path(&path_of(recall)),
            "sha256": recorded.sha256.to_string(),
            "message_id": recorded.message_id,
            "transactions": recorded.sum.count,
            "amount": recorded.sum.amount.to_string(),
        },
        "payments": recorded.payments.iter().map(payment).collect::<Vec<_>>(),
    })
}
