//! The files of a reconciliation: the findings, and a list for each who acts on them.

use std::io::{self, Write};
use std::path::Path;

use super::Reconciled;
use crate::fault::Result;
use crate::ops::durable;
use crate::recipient_list::rows_file;
use crate::reconciliation::finding::{Finding, Kind, Money, Remedy};

/// Puts the report for people beside the findings.
pub fn write_report(out: &Path, html: &str) -> Result<()> {
    durable::write(&out.join("report.html"), html.as_bytes())
}

/// The columns of `findings.csv`, in the contract's order.
pub const COLUMNS: [&str; 20] = [
    "finding",
    "kind",
    "remedy",
    "person_id",
    "name",
    "scheme",
    "period",
    "part",
    "fallback",
    "upstream_paid",
    "upstream_planned",
    "owed",
    "overpaid",
    "underpaid",
    "bank",
    "batch",
    "end_to_end_id",
    "upstream_ref",
    "match",
    "note",
];

/// A finding's values under [`COLUMNS`]. Person numbers are whole: these files are made to be acted on.
pub fn values(finding: &Finding) -> [String; 20] {
    let Money { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid } = finding.money;
    [
        finding.id.clone(),
        finding.kind.as_str().into(),
        finding.remedy.as_str().into(),
        finding.person.as_ref().map(|person| person.whole().to_owned()).unwrap_or_default(),
        finding.name.clone(),
        finding.scheme.clone(),
        finding.period.map(|period| period.to_string()).unwrap_or_default(),
        finding.parts.join("+"),
        fallback.to_string(),
        upstream_paid.to_string(),
        upstream_planned.to_string(),
        owed.to_string(),
        overpaid.to_string(),
        underpaid.to_string(),
        finding.bank.as_str().into(),
        finding.batches.join("+"),
        finding.end_to_end_ids.join("+"),
        finding.upstream_references.join("+"),
        finding.matched.clone(),
        finding.note.clone(),
    ]
}

pub(super) fn write_files(reconciled: &Reconciled) -> Result<()> {
    let folder = &reconciled.out;
    durable::create_folder(folder)?;
    let all: Vec<[String; 20]> = reconciled.findings.iter().map(values).collect();
    let objects: Vec<serde_json::Map<String, serde_json::Value>> = all
        .iter()
        .map(|values| {
            COLUMNS.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect()
        })
        .collect();
    durable::replace(&folder.join("findings.csv"), |file| {
        write_table(io::BufWriter::new(file), &COLUMNS, all.iter().map(|row| row.iter().map(String::as_str).collect()))
    })?;
    durable::replace(&folder.join("findings.json"), |file| {
        let mut out = io::BufWriter::new(file);
        serde_json::to_writer_pretty(&mut out, &objects)?;
        out.write_all(b"\n")?;
        out.flush()
    })?;
    for list in ACTION_LISTS {
        let rows = reconciled.findings.iter().zip(&all).filter(|(finding, _)| (list.takes)(finding));
        durable::replace(&folder.join(list.file_name), |file| {
            let chosen = rows.map(|(_, values)| list.columns.iter().map(|name| value_of(values, name)).collect());
            write_table(io::BufWriter::new(file), list.columns, chosen)
        })?;
    }
    Ok(())
}

fn value_of<'a>(values: &'a [String; 20], column: &str) -> &'a str {
    COLUMNS.iter().position(|name| *name == column).map_or("", |at| values[at].as_str())
}

/// A list for somebody who acts on one remedy, with what that takes and no more.
struct ActionList {
    file_name: &'static str,
    takes: fn(&Finding) -> bool,
    columns: &'static [&'static str],
}

const ACTION_LISTS: [ActionList; 4] = [
    ActionList {
        file_name: "stop.csv",
        // Also where upstream has paid before and is about to pay once more.
        takes: |finding| {
            matches!(finding.remedy, Remedy::Stop | Remedy::Reduce)
                || finding.kind == Kind::DoublePaid && finding.money.upstream_planned.minor_units() > 0
        },
        columns: &[
            "finding",
            "remedy",
            "person_id",
            "scheme",
            "period",
            "part",
            "upstream_ref",
            "upstream_planned",
            "underpaid",
        ],
    },
    ActionList {
        file_name: "recover.csv",
        takes: |finding| finding.remedy == Remedy::Recover && finding.money.overpaid.minor_units() > 0,
        columns: &[
            "finding",
            "kind",
            "person_id",
            "name",
            "scheme",
            "period",
            "part",
            "overpaid",
            "end_to_end_id",
            "upstream_ref",
        ],
    },
    ActionList {
        file_name: "top_up.csv",
        takes: |finding| finding.remedy == Remedy::TopUp,
        columns: &["finding", "person_id", "name", "scheme", "period", "part", "underpaid"],
    },
    ActionList {
        file_name: "write_back.csv",
        takes: |finding| finding.remedy == Remedy::WriteBack,
        columns: &["finding", "person_id", "scheme", "period", "part", "fallback", "batch", "end_to_end_id"],
    },
];

/// A CSV table whose cells no spreadsheet takes for a formula.
pub fn write_table<'a>(out: impl Write, headings: &[&str], rows: impl Iterator<Item = Vec<&'a str>>) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(headings)?;
    for row in rows {
        for cell in row {
            writer.write_field(rows_file::guarded(cell).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}
