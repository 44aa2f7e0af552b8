//! `baseline` for programs.

use std::fmt::Display;

use serde_json::{Value, json};

use super::{each_fate, list, place};
use crate::cli::Listed;
use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ledger::event::BesideBaselines;
use crate::ops::Now;
use crate::ops::baseline::add::{Added, Outcome};
use crate::ops::baseline::readiness::{Readiness, Tested};
use crate::ops::baseline::{SchemeFigures, age_days, figures_of};
use crate::ops::prepare::{Missing, Report};
use crate::payment::Amount;

/// A problem that is no row's of the lists: `row` is null, and `file` names the baseline.
pub fn missing(missing: &Missing) -> Value {
    json!({
        "code": missing.problem.code.as_str(),
        "severity": missing.problem.severity().as_str(),
        "file": missing.baseline,
        "sheet": null,
        "row": null,
        "column": null,
        "message": missing.problem.message,
    })
}

/// What the lists of `prepare` were compared with, and what they were not.
pub fn compared(report: &Report) -> Vec<Value> {
    let compared = report.compared.iter().map(|baseline| {
        json!({ "entry": baseline.entry, "period": baseline.period.to_string(), "compared": true, "message": null })
    });
    let not_compared = report.not_compared.iter().map(|baseline| {
        json!({
            "entry": baseline.entry,
            "period": baseline.period.to_string(),
            "compared": false,
            "message": baseline.warning(),
        })
    });
    compared.chain(not_compared).collect()
}

/// How a batch stands beside the last baselines.
pub fn beside(beside: &BesideBaselines) -> Value {
    json!({
        "provisional": beside.provisional,
        "baselines": beside.baselines,
        "not_compared": beside.not_compared,
        "new_persons": beside.new_persons,
        "accounts_changed": beside.accounts_changed,
        "amounts_changed": beside.amounts_changed,
        "missing": beside.missing,
    })
}

/// Without the problems, of which there may be one a row: [`AllProblems`].
pub fn added(added: &Added) -> Value {
    let (entry, already_there) = match added.outcome {
        Outcome::Recorded(entry) => (Some(entry), false),
        Outcome::There(entry) => (Some(entry), true),
        Outcome::Nobody => (None, false),
    };
    json!({
        "entry": entry,
        "already_there": already_there,
        "period": added.period.to_string(),
        "rows": each_fate(&added.fates, |sum| json!(sum.count)),
        "amount": each_fate(&added.fates, |sum| json!(sum.amount.to_string())),
        "schemes": schemes(&added.schemes),
        "accounts_changed": added.accounts_changed,
        "lists": added.lists.iter().map(list).collect::<Vec<_>>(),
    })
}

/// What there is to say about the rows of a new baseline.
pub struct AllProblems(pub Added);

impl Listed for AllProblems {
    fn name(&self) -> &'static str {
        "problems"
    }

    fn each(&self, visit: &mut dyn FnMut(&dyn Display) -> Result<()>) -> Result<()> {
        self.0.problems.each(&mut |located| visit(&place::problem(&located, &self.0.lists)))
    }
}

pub fn listed(state: &LedgerState, now: Now) -> Value {
    let baselines = state.baselines.iter().map(|(entry, baseline)| {
        let figures = figures_of(state, *entry);
        json!({
            "entry": entry,
            "period": baseline.recorded.period.to_string(),
            "added_at": baseline.added_at,
            "added_by": baseline.added_by,
            "age_days": age_days(baseline, now.unix),
            "payments": figures.iter().map(|scheme| scheme.sum.count).sum::<u64>(),
            "amount": total(&figures, state),
            "schemes": schemes(&figures),
        })
    });
    baselines.collect()
}

pub fn readiness(readiness: &Readiness) -> Value {
    let findings: Vec<Value> = readiness
        .findings
        .iter()
        .map(|finding| json!({ "code": finding.code, "message": finding.message.to_string() }))
        .collect();
    json!({
        "ready": readiness.findings.is_empty(),
        "oldest_days": readiness.oldest_days,
        "baselines": readiness.baselines.iter().map(tested).collect::<Vec<_>>(),
        "findings": findings,
    })
}

fn tested(tested: &Tested) -> Value {
    json!({
        "entry": tested.entry,
        "period": tested.period.to_string(),
        "added_at": tested.added_at,
        "added_by": tested.added_by,
        "age_days": tested.age_days,
        "period_over_days": tested.period_over_days,
        "schemes": schemes(&tested.schemes),
        "restored": tested.restored.is_some(),
        "rows": tested.restored.map(|restored| restored.rows.count),
        "amount": tested.restored.map(|restored| restored.rows.amount.to_string()),
        "payable": tested.restored.map(|restored| restored.payable),
        "held": tested.restored.map(|restored| restored.held),
    })
}

fn schemes(schemes: &[SchemeFigures]) -> Vec<Value> {
    let scheme = |figures: &SchemeFigures| {
        json!({
            "scheme": figures.scheme.as_str(),
            "payments": figures.sum.count,
            "amount": figures.sum.amount.to_string(),
            "is_last": figures.is_last,
            "before": figures.before.map(|(period, sum)| json!({
                "period": period.to_string(), "payments": sum.count, "amount": sum.amount.to_string(),
            })),
        })
    };
    schemes.iter().map(scheme).collect()
}

/// `null` where 64 bits do not hold the sum of the schemes.
fn total(figures: &[SchemeFigures], state: &LedgerState) -> Option<String> {
    let zero = Amount::zero(state.currency);
    let sum = figures.iter().try_fold(zero, |sum, scheme| sum.checked_add(scheme.sum.amount));
    sum.ok().map(|sum| sum.to_string())
}
