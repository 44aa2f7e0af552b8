//! Work sheets, and what became of them. Person numbers and accounts are whole, as everywhere that is made for programs.

use std::path::Path;

use serde_json::{Value, json};

use super::path;
use crate::batch::Sum;
use crate::ops::worksheets::overview::{RowView, SheetShown, SheetView};
use crate::ops::worksheets::release::Released;
use crate::ops::worksheets::returning::{Returned, RowProblem};
use crate::ops::worksheets::settle::Settled;
use crate::payment::Amount;
use crate::worksheet::SheetCode;

pub fn released(released: &Released) -> Value {
    let mut files = Vec::new();
    for sheet in &released.sheets {
        for file in &sheet.files {
            files.push(json!({
                "path": path(&released.folder.join(&file.name)),
                "sha256": file.sha256.to_string(),
                "sheet": sheet.code,
                "transactions": sheet.sum.count,
                "amount": sheet.sum.amount.to_string(),
            }));
        }
    }
    let sheets: Vec<Value> = released.sheets.iter().map(planned).collect();
    json!({
        "batch": released.batch.to_string(),
        "door": "worksheet",
        "sheets": sheets,
        "files": files,
        "receipt": released.receipt.map(|code| code.to_string()),
        "adopted_older_by_entry": released.adopted_older,
    })
}

pub fn planned(sheet: &crate::ledger::worksheets::PlannedSheet) -> Value {
    json!({
        "sheet": sheet.code,
        "clerk": sheet.clerk,
        "payments": sheet.sum.count,
        "amount": sheet.sum.amount.to_string(),
    })
}

pub fn list(sheets: &[SheetView]) -> Value {
    sheets.iter().map(view).collect()
}

fn view(sheet: &SheetView) -> Value {
    let sum = |sum: &Sum| json!({ "count": sum.count, "amount": sum.amount.to_string() });
    json!({
        "sheet": sheet.code,
        "batch": sheet.batch.to_string(),
        "clerk": sheet.clerk,
        "payments": sheet.sum.count,
        "amount": sheet.sum.amount.to_string(),
        "typed": sheet.typed,
        "settled": sheet.settled,
        "booked": sheet.booked,
        "open": sum(&sheet.open),
        "wrong": sheet.wrong,
    })
}

pub fn shown(shown: &SheetShown) -> Value {
    let mut json = view(&shown.view);
    json["rows"] = shown.rows.iter().map(row).collect();
    json
}

fn row(row: &RowView) -> Value {
    let payment = &row.line.payment;
    let currency = payment.amount.currency();
    let typed = row.typed.iter().map(|typed| Amount::from_minor_units(typed.amount, currency).to_string());
    json!({
        "row": row.line.row,
        "person_id": payment.obligation.person.whole(),
        "name": payment.name.as_str(),
        "account": payment.account.as_ref().map(|account| account.whole()),
        "amount": payment.amount.to_string(),
        "end_to_end_id": row.line.end_to_end_id.to_string(),
        "typed_amounts": typed.collect::<Vec<_>>(),
        "settled": row.decided.map(|verdict| verdict.as_str()),
        "bank": row.standing.standing.as_str(),
        "open": row.is_open(),
        "wrong": row.is_wrong(),
        "offered_debits": row.offered.iter().map(|day| day.map(|day| day.to_string())).collect::<Vec<_>>(),
    })
}

pub fn handed(code: &SheetCode, to: &str) -> Value {
    json!({ "sheet": code.to_string(), "clerk": to })
}

pub fn returned(returned: &Returned, file: &Path) -> Value {
    let sheets: Vec<Value> = returned
        .sheets
        .iter()
        .map(|sheet| {
            json!({
                "sheet": sheet.code,
                "rows": sheet.rows,
                "new": sheet.new,
                "known": sheet.known,
                "open": { "count": sheet.open, "amount": sheet.open_amount.to_string() },
            })
        })
        .collect();
    let told = |rows: &[RowProblem]| -> Vec<Value> {
        let each = rows.iter().map(|row| {
            json!({ "code": row.code, "sheet": row.sheet, "row": row.file_row, "message": row.message.to_string() })
        });
        each.collect()
    };
    json!({
        "file": path(file),
        "sheets": sheets,
        "problems": told(&returned.problems),
        "notes": told(&returned.notes),
        "already_seen": returned.already_seen,
    })
}

pub fn settled(settled: &Settled) -> Value {
    let debits = settled.others.iter().map(
        |debit| json!({ "amount": debit.amount.to_string(), "booked_on": debit.booked_on.map(|day| day.to_string()) }),
    );
    json!({
        "sheet": settled.code,
        "batch": settled.batch.to_string(),
        "rows": settled.rows,
        "amount": settled.amount.to_string(),
        "settled": settled.verdict.as_str(),
        "debit_explained": settled.explained,
        "debits_of_something_else": debits.collect::<Vec<_>>(),
    })
}
