//! Findings as cases: what is open, what was decided, what came back.

use std::fmt::Display;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::path;
use crate::cli::Listed;
use crate::fault::Result;
use crate::ledger::remedies::Basis;
use crate::ops::findings::amount;
use crate::ops::remedies::decide::Decided;
use crate::ops::remedies::{Case, CaseState, CaseView, Cases, Overview};
use crate::payment::Currency;

pub fn overview(overview: &Overview) -> Value {
    let currency = overview.currency;
    let money = |minor_units| amount(minor_units, currency).to_string();
    let states: serde_json::Map<String, Value> = CaseState::ALL
        .into_iter()
        .map(|state| {
            let sum = overview.by_state.get(&state).copied().unwrap_or_default();
            let figures = json!({
                "count": sum.count,
                "overpaid": money(sum.overpaid),
                "underpaid": money(sum.underpaid),
            });
            (state.as_str().to_owned(), figures)
        })
        .collect();
    json!({
        "states": states,
        "recoveries": {
            "asked_back": money(overview.asked_back),
            "repaid": money(overview.repaid),
            "outstanding": money(overview.outstanding),
            "back_too_much": money(overview.back_too_much),
        },
        "recalls": overview.recalls.iter().map(super::recalls::open).collect::<Vec<_>>(),
    })
}

/// All cases, with what [`overview`] says of them.
pub struct AllCases {
    pub cases: Cases,
    pub currency: Currency,
}

impl Listed for AllCases {
    fn name(&self) -> &'static str {
        "cases"
    }

    fn each(&self, visit: &mut dyn FnMut(&dyn Display) -> Result<()>) -> Result<()> {
        self.cases.each(&mut |one| visit(&case(&one, self.currency)))
    }
}

fn case(case: &Case, currency: Currency) -> Value {
    let money = |minor_units| amount(minor_units, currency).to_string();
    let finding = &case.finding;
    let decided = case.decided.as_ref().map(|decided| {
        json!({
            "remedy": decided.recorded.decision.as_str(),
            "amount": money(decided.recorded.amount),
            "by": decided.by,
            "second": decided.second,
            "at": time(decided.at),
        })
    });
    json!({
        "finding": case.id(),
        "against": match case.basis {
            Basis::Upstream => "upstream",
            Basis::Owed => "owed",
        },
        "state": case.state.as_str(),
        "found": case.found,
        "kind": finding.kind().as_str(),
        "remedy": case.proposed.as_str(),
        "person_id": finding.person.as_ref().map(|person| person.whole()),
        "name": finding.name,
        "scheme": finding.scheme,
        "period": finding.period.map(|period| period.to_string()),
        "part": finding.parts.join("+"),
        "fallback": money(finding.money.fallback),
        "upstream_paid": money(finding.money.upstream_paid),
        "upstream_planned": money(finding.money.upstream_planned),
        "owed": money(finding.money.owed),
        "overpaid": money(finding.money.overpaid),
        "underpaid": money(finding.money.underpaid),
        "decided": decided,
        "repaid": money(case.repaid),
        "outstanding": money(case.outstanding()),
        "back_too_much": money(case.back_too_much()),
    })
}

pub fn view(view: &CaseView) -> Value {
    let currency = view.currency;
    let money = |minor_units| amount(minor_units, currency).to_string();
    let finding = &view.case.finding;
    let history: Vec<Value> = view
        .history
        .iter()
        .map(|(decided, details)| {
            let plan: Vec<Value> = details
                .plan
                .iter()
                .map(|one| json!({ "due": one.due().to_string(), "amount": money(one.amount) }))
                .collect();
            json!({
                "remedy": decided.recorded.decision.as_str(),
                "amount": money(decided.recorded.amount),
                "reason": details.reason,
                "by": decided.by,
                "second": decided.second,
                "at": time(decided.at),
                "entry": decided.entry,
                "plan": plan,
            })
        })
        .collect();
    let repayments: Vec<Value> = view
        .repayments
        .iter()
        .map(|one| json!({ "on": one.day().map(|day| day.to_string()), "amount": money(one.amount) }))
        .collect();
    let mut document = case(&view.case, currency);
    let more = json!({
        "bank": finding.standing().as_str(),
        "batch": finding.batches.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "end_to_end_id": finding.end_to_end_ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "upstream_ref": finding.upstream_references,
        "match": finding.matched,
        "note": finding.note,
        "fits": view.fits.iter().map(|(decision, _)| decision.as_str()).collect::<Vec<_>>(),
        "takes_two": view.fits.iter().filter(|(_, two)| *two).map(|(one, _)| one.as_str()).collect::<Vec<_>>(),
        "payment_reference": view.reference.map(|reference| reference.to_string()),
        "history": history,
        "repayments": repayments,
        "recalls": view.recalls.iter().map(super::recalls::recall).collect::<Vec<_>>(),
    });
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
    document
}

pub fn decided(decided: &Decided, written: &[PathBuf]) -> Value {
    json!({
        "decided": decided.cases.iter().map(view).collect::<Vec<_>>(),
        "nothing_new": decided.nothing_new,
        "notices": written.iter().map(|file| path(file)).collect::<Vec<_>>(),
    })
}

pub fn notices(written: &[PathBuf]) -> Value {
    json!({ "notices": written.iter().map(|file| path(file)).collect::<Vec<_>>() })
}

fn time(unix: i64) -> Option<String> {
    chrono::DateTime::from_timestamp(unix, 0).map(|time| time.to_rfc3339())
}
