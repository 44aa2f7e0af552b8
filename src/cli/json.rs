//! What programs are told: the documents of CONTRACT, amounts as strings with two decimals.

mod backup;
pub mod baseline;
mod changes;
pub mod copies;
mod desks;
mod place;
mod purge;
mod rebuild;
pub mod recalls;
mod recovery;
pub mod remedies;
mod status;
pub mod true_up;
mod waiting;
pub mod worksheets;

use std::fmt::Display;
use std::path::Path;

use serde_json::{Value, json};

use self::place::Item;
use super::Listed;
use crate::batch::{Fates, Sum};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::state::{BatchState, Episode, OpenRows};
use crate::ops::approve::Approved;
use crate::ops::batches::BatchView;
use crate::ops::merge::Unnamed;
use crate::ops::operators::ListedOperator;
use crate::ops::outcome::OutcomeReport;
use crate::ops::prepare::Report;
use crate::ops::reconcile::Reconciled;
use crate::ops::reconcile::outlook::{Outlook, Share};
use crate::ops::release::Released;
use crate::ops::upstream_runs::ReadRun;
use crate::ops::verify::Verified;
use crate::ops::verify::deep::Deep;
use crate::payment::{BatchId, Period};
use crate::recipient_list::RecipientList;

pub use backup::{backed_up, restored};
pub use desks::{desk_added, merged};
pub mod adopted;
pub use purge::{duplicate_key_ended, purged};
pub mod compared;
pub use rebuild::rebuilt;
pub use recovery::{recovered, recovery_code};
pub use status::status;
pub use waiting::waiting;

pub fn fault(fault: &Fault) -> Value {
    json!({ "error": { "code": fault.code, "message": fault.to_string() } })
}

/// What came of `prepare` and `check`, without the problems: there may be millions, see [`AllProblems`].
pub fn prepared(report: &Report) -> Value {
    let (batch, digest) = report.batch.as_ref().map(|(batch, digest)| (batch.to_string(), digest.to_string())).unzip();
    json!({
        "batch": batch,
        "digest": digest,
        "currency": report.currency.code(),
        "pay_on": report.pay_on.to_string(),
        "rows": each_fate(&report.fates, |sum| json!(sum.count)),
        "amount": each_fate(&report.fates, |sum| json!(sum.amount.to_string())),
        "lists": report.lists.iter().map(list).collect::<Vec<_>>(),
        "rows_file": path(&report.rows_file),
        "missing_file": report.missing_file.as_deref().map(path),
        "baselines": baseline::compared(report),
        "provisional": report.provisional,
        "outside_episode": report.outside_episode,
        "files": (1u64..).zip(&report.files).map(|(number, part)| place::file_part(number, part, report)).collect::<Vec<_>>(),
        "waiting": { "rows": report.waiting.count, "amount": report.waiting.amount.to_string() },
    })
}

/// What there is to say about rows, and about those who are in none.
pub struct AllProblems(pub Report);

impl Listed for AllProblems {
    fn name(&self) -> &'static str {
        "problems"
    }

    fn each(&self, visit: &mut dyn FnMut(&dyn Display) -> Result<()>) -> Result<()> {
        each_problem(&self.0, &mut |item| visit(&item))
    }
}

/// For those who want the whole document at once.
pub fn prepared_whole(report: &Report) -> Result<Value> {
    let mut problems = Vec::new();
    each_problem(report, &mut |problem| {
        problems.push(json!(problem));
        Ok(())
    })?;
    let mut document = prepared(report);
    document["problems"] = problems.into();
    Ok(document)
}

fn each_problem(report: &Report, visit: &mut dyn FnMut(Item) -> Result<()>) -> Result<()> {
    report.problems.each(&mut |located| visit(place::problem(&located, &report.lists)))?;
    let further = (1u64..).zip(&report.files).skip(1).map(|(number, part)| place::next_file(number, part, report));
    let missing = report.missing.iter().map(baseline::missing);
    let not_in_lists = report.not_in_lists.iter().map(place::not_in_lists);
    let nearly_alike = report.nearly_alike.iter().map(place::of_no_row);
    missing.chain(further).chain(not_in_lists).chain(nearly_alike).map(Item::Other).try_for_each(visit)
}

fn each_fate(fates: &Fates, figure: impl Fn(&Sum) -> Value) -> Value {
    json!({
        "read": figure(&fates.read),
        "prepared": figure(&fates.prepared),
        "rejected": figure(&fates.rejected),
        "held": figure(&fates.held),
        "duplicate": figure(&fates.duplicate),
    })
}

/// What was read, and how it is written.
fn list(list: &RecipientList) -> Value {
    json!({
        "file": list.name(),
        "sheet": list.sheet(),
        "rows": list.rows(),
        "hidden_rows": list.hidden_rows(),
        "written_as": list.facts().to_string(),
    })
}

pub fn batch(state: &BatchState) -> Value {
    let total = state.prepared.total();
    json!({
        "batch": state.prepared.id.to_string(),
        "state": state.phase.as_str(),
        "payments": total.count,
        "amount": total.amount.to_string(),
        "currency": total.amount.currency().code(),
        "pay_on": state.prepared.first_pay_date().map(|date| date.to_string()),
        "digest": state.digest.to_string(),
        "prepared_by": state.preparer,
        "approved_by": state.approved_by,
        "sheets": state.sheets.as_ref().map(|sheets| {
            sheets.release.sheets.iter().map(worksheets::planned).collect::<Vec<_>>()
        }),
    })
}

pub fn batches(state: &LedgerState) -> Value {
    let batches = state.batches.values().map(|one| {
        let mut shown = batch(one);
        shown["provisional"] = json!(state.is_provisional(one.prepared.id));
        shown
    });
    batches.collect()
}

pub fn approved(approved: &Approved) -> Value {
    let state = &approved.batch;
    json!({
        "batch": state.prepared.id.to_string(),
        "digest": state.digest.to_string(),
        "approved_by": state.approved_by,
        "ready": true,
        "approver_enrolled_after_preparation": approved.approver_is_newer,
    })
}

/// Person numbers are whole in JSON, as everywhere that is made for programs.
pub fn batch_shown(view: &BatchView, control_sheet: Option<&Path>) -> Value {
    let mut shown = batch(&view.batch);
    let schemes: Vec<Value> = view
        .schemes
        .iter()
        .map(|scheme| {
            let group = &scheme.group;
            json!({
                "scheme": group.scheme.as_str(),
                "pay_on": group.pay_on.to_string(),
                "payments": group.sum.count,
                "amount": group.sum.amount.to_string(),
                "smallest": group.smallest.to_string(),
                "median": group.median.to_string(),
                "largest": group.largest.to_string(),
                "before": scheme.before.map(|(batch, sum)| json!({
                    "batch": batch.to_string(), "payments": sum.count, "amount": sum.amount.to_string(),
                })),
            })
        })
        .collect();
    let largest: Vec<Value> = view
        .largest
        .iter()
        .map(|payment| {
            json!({
                "person_id": payment.obligation.person.whole(),
                "name": payment.name.as_str(),
                "account": payment.account.as_ref().map(|account| account.whole()),
                "scheme": payment.obligation.scheme.as_str(),
                "period": payment.obligation.period.to_string(),
                "amount": payment.amount.to_string(),
            })
        })
        .collect();
    let prepared = &view.batch.prepared;
    let files: Vec<Value> = prepared
        .plan
        .files
        .iter()
        .map(|file| {
            json!({
                "name": file.name,
                "message_id": file.message_id,
                "transactions": file.sum.count,
                "amount": file.sum.amount.to_string(),
                "sha256": file.sha256.to_string(),
            })
        })
        .collect();
    let names = view.operators_changed.iter().map(|operator| operator.name.clone()).collect::<Vec<_>>();
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("episode".into(), json!(prepared.episode));
        shown.insert("rows".into(), each_fate(&prepared.fates, |sum| json!(sum.count)));
        shown.insert("schemes".into(), json!(schemes));
        shown.insert("largest".into(), json!(largest));
        shown.insert("files".into(), json!(files));
        shown.insert("operators_changed".into(), json!(names));
        shown.insert("changed_terms".into(), json!(view.changed_terms));
        shown.insert("beside_baselines".into(), json!(view.beside.as_ref().map(baseline::beside)));
        let of_preparer: Vec<u64> = view.baselines_of_preparer.iter().map(|(entry, _)| *entry).collect();
        shown.insert("baselines_of_preparer".into(), json!(of_preparer));
        shown.insert("head".into(), json!(view.head.1.to_string()));
        shown.insert("control_sheet".into(), json!(control_sheet.map(path)));
    }
    shown
}

pub fn released(released: &Released) -> Value {
    let files: Vec<Value> = released
        .files
        .iter()
        .map(|(place, file)| {
            json!({
                "path": path(place),
                "sha256": file.sha256.to_string(),
                "message_id": file.message_id,
                "transactions": file.sum.count,
                "amount": file.sum.amount.to_string(),
            })
        })
        .collect();
    json!({
        "batch": released.batch.to_string(),
        "files": files,
        "receipt": released.receipt.map(|code| code.to_string()),
        "adopted_older_by_entry": released.adopted_older,
    })
}

pub fn operators(operators: &[ListedOperator]) -> Value {
    operators
        .iter()
        .map(|ListedOperator { operator, wrong }| {
            json!({
                "operator": operator.name,
                "enrolled": operator.enrolled,
                "retired": operator.retired,
                "wrong_passphrases": wrong.ever,
            })
        })
        .collect()
}

pub fn episodes(episodes: &[Episode]) -> Value {
    episodes
        .iter()
        .map(|episode| {
            let left_open = episode.closed_over.iter();
            let left_open = left_open.map(|left| json!({ "matter": left.matter, "count": left.count }));
            let span = episode.periods.iter().reduce(Period::span);
            json!({
                "episode": episode.name,
                "reason": episode.reason,
                "schemes": episode.schemes.iter().map(|scheme| scheme.as_str()).collect::<Vec<_>>(),
                "period": span.map(|period| period.to_string()),
                "periods": episode.periods.iter().map(|period| period.to_string()).collect::<Vec<_>>(),
                "open": episode.open,
                "closed_over": left_open.collect::<Vec<_>>(),
            })
        })
        .collect()
}

pub fn verified(verified: &Verified, deep: Option<&Deep>) -> Value {
    let rows: serde_json::Map<String, Value> =
        verified.rows.iter().map(|(table, rows)| (table.clone(), json!(rows))).collect();
    let deep = deep.map(|deep| {
        let left_out = deep.left_out.iter().map(|(batch, why)| json!({ "batch": batch.to_string(), "why": why }));
        json!({
            "batches": deep.batches,
            "payments": deep.payments,
            "files": deep.files,
            "left_out": left_out.collect::<Vec<_>>(),
            "copies": deep.copies,
            "copies_differ": deep.copies_differ.iter().map(copies::listed).collect::<Vec<_>>(),
            "unregistered": deep.unregistered.iter().map(|place| path(place)).collect::<Vec<_>>(),
        })
    });
    json!({
        "ok": true,
        "entries": verified.entries,
        "head": verified.head.to_string(),
        "batches": verified.batches,
        "files": verified.files,
        "files_away": verified.files_away,
        "rows": rows,
        "read_only": verified.read_only.as_ref().map(|fault| fault.code),
        "unfinished_purge": verified.unfinished_purge,
        "stray_keys": verified.stray_keys,
        "missing_operator_keys": verified.missing_keys.operators,
        "missing_keys": verified.missing_keys.keys,
        "deep": deep,
    })
}

/// A path as it is given to programs.
pub fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

pub fn outcome(report: &OutcomeReport) -> Value {
    let files: Vec<Value> = report
        .files
        .iter()
        .map(|file| {
            json!({
                "file": path(&file.file),
                "format": file.format,
                "entries": file.entries,
                "matched": file.matched,
                "unmatched": file.unmatched,
                "not_booked": file.not_booked,
                "already_seen": file.already_seen,
            })
        })
        .collect();
    let counts = &report.payments;
    let not_standing: Vec<Value> = report
        .not_standing
        .told
        .iter()
        .map(|payment| {
            json!({
                "end_to_end_id": payment.end_to_end_id.to_string(),
                "batch": payment.batch.to_string(),
                "amount": payment.amount.to_string(),
                "standing": payment.standing.as_str(),
                "reason": payment.reason_in_words(),
                "freed": payment.freed,
                "stays_paid": payment.stays_paid,
            })
        })
        .collect();
    let repayments: Vec<Value> = report
        .repayments
        .iter()
        .map(|one| {
            json!({
                "finding": one.finding,
                "payment_reference": one.reference.to_string(),
                "came_back": one.came_back.to_string(),
                "in_all": one.in_all.to_string(),
                "outstanding": one.outstanding.to_string(),
            })
        })
        .collect();
    let recalls: Vec<Value> = report
        .recalls
        .iter()
        .map(|one| {
            json!({
                "recall": one.recall.to_string(),
                "finding": one.finding,
                "end_to_end_id": one.payment.to_string(),
                "amount": one.amount.to_string(),
                "state": one.standing.as_str(),
                "reason": one.reason.map(|code| code.as_str().to_owned()),
            })
        })
        .collect();
    let warnings: Vec<Value> =
        report.warnings.iter().map(|warning| json!({ "code": warning.code, "message": warning.message })).collect();
    json!({
        "files": files,
        "payments": {
            "accepted": counts.accepted,
            "settled": counts.settled,
            "batch": counts.batch,
            "rejected": counts.rejected,
            "returned": counts.returned,
            "doubled": counts.doubled,
        },
        "not_standing": not_standing,
        "not_standing_in_all": report.not_standing.in_all,
        "repayments": repayments,
        "recalls": recalls,
        "warnings": warnings,
    })
}

pub fn reconciled(reconciled: &Reconciled) -> Value {
    let findings: serde_json::Map<String, Value> = reconciled
        .by_kind
        .iter()
        .map(|(kind, (count, money))| {
            let figures = json!({
                "count": count,
                "overpaid": money.overpaid.to_string(),
                "underpaid": money.underpaid.to_string(),
            });
            (kind.as_str().to_owned(), figures)
        })
        .collect();
    let totals = &reconciled.totals;
    json!({
        "findings": findings,
        "totals": {
            "fallback": totals.fallback.to_string(),
            "upstream_paid": totals.upstream_paid.to_string(),
            "upstream_planned": totals.upstream_planned.to_string(),
            "owed": totals.owed.to_string(),
            "overpaid": totals.overpaid.to_string(),
            "underpaid": totals.underpaid.to_string(),
        },
        "balanced": reconciled.balanced,
        "upstream": reconciled.heard.files.iter().map(read_run).collect::<Vec<_>>(),
        "outlook": outlook(&reconciled.outlook),
        "repeated_rows": reconciled.repeated,
        "incomplete_rows": reconciled.heard.incomplete_rows,
        "failures_without_run": reconciled.heard.failures_without_run,
        "unconfirmed_payments": reconciled.unconfirmed,
        "unnamed_payments": unnamed(&reconciled.unnamed),
        "changes": reconciled.changes.as_ref().map(|found| changes::changes(found, reconciled.currency)),
        "out": path(&reconciled.out),
    })
}

/// What stands and cannot be said to whom.
pub fn unnamed(unnamed: &Unnamed) -> Value {
    json!({ "count": unnamed.payments, "amount": unnamed.amount.to_string() })
}

fn read_run(run: &ReadRun) -> Value {
    json!({ "file": path(&run.file), "format": run.format.as_str(), "rows": run.rows })
}

fn outlook(outlook: &Outlook) -> Value {
    let share = |share: &Share| json!({ "count": share.findings, "amount": share.amount.to_string() });
    let by_bank: serde_json::Map<String, Value> =
        outlook.by_bank.iter().map(|(standing, of)| (standing.as_str().to_owned(), share(of))).collect();
    json!({
        "too_much": share(&outlook.too_much),
        "stoppable": share(&outlook.stoppable),
        "still_owed": share(&outlook.still_owed),
        "undecided": outlook.undecided,
        "resembling": share(&outlook.resembling),
        "by_bank": by_bank,
        "silent_schemes": outlook.silent_benefits().collect::<Vec<_>>(),
    })
}

/// Rows that nobody is known to have dealt with.
fn open_rows(rows: &OpenRows) -> Value {
    json!({ "rejected": rows.rejected.count, "held": rows.held.count, "amount": rows.amount().to_string() })
}

pub fn rows_settled(batch: BatchId, rows: &OpenRows) -> Value {
    json!({ "batch": batch.to_string(), "settled": open_rows(rows) })
}
