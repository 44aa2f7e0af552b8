//! After `prepare` or `check`: what was read, what became of it, what is wrong with it, and what to do next.

use super::figures::{count, counted, payments};
use super::grid::{Grid, Holds};
use super::paragraph::{heading, sentence, wrapped};
use super::{fates, mask, moment, problems};
use crate::batch::Fates;
use crate::ops::prepare::Report;
use crate::payment::BatchId;

/// The whole screen. `dry_run` is `check`.
pub fn prepared(report: &Report, dry_run: bool) -> String {
    let mut text = sentence(&outcome(report, dry_run));
    if report.fates.prepared.count > 0 {
        text += &sentence(&format!("Rows without a pay date of their own: {}.", moment::day(report.pay_on)));
    }
    text += &heading("Lists");
    text += &lists(report).to_text();
    text += &heading("By benefit, in rows");
    text += &by_scheme(report).to_text();
    text += &heading(fates::closing(&report.fates));
    text += &fates::grid(&report.fates).to_text();
    text += &problems::problems(report);
    text + &next(report, dry_run)
}

fn outcome(report: &Report, dry_run: bool) -> String {
    let Fates { read, prepared, duplicate, .. } = report.fates;
    match report.batch {
        Some((batch, _)) => format!("Batch {batch} is prepared: {}.", payments(prepared)),
        None if read.count > 0 && duplicate.count == read.count => {
            "There is nothing to pay: every row is in an earlier batch already. No batch was made.".into()
        }
        None if prepared.count == 0 => "No row can be paid as it stands. No batch was made.".into(),
        None if dry_run => format!("A check, nothing was recorded. Could be prepared: {}.", payments(prepared)),
        None => "No batch was made.".into(),
    }
}

fn lists(report: &Report) -> Grid {
    let mut grid = Grid::new([("List", Holds::Text), ("Rows", Holds::Figures), ("Written as", Holds::Text)]);
    for list in &report.lists {
        let total = list.control_total().map(|total| format!("; its own total {} agrees", total.grouped()));
        let written = format!("{}{}", list.facts(), total.unwrap_or_default());
        grid.row([mask::visible(list.name()).into_owned(), count(list.rows()), written]);
    }
    grid
}

fn by_scheme(report: &Report) -> Grid {
    let amount = format!("{} prepared", report.currency);
    let mut grid = Grid::new([
        ("Benefit", Holds::Text),
        ("Read", Holds::Figures),
        ("Prepared", Holds::Figures),
        ("Held", Holds::Figures),
        ("Rejected", Holds::Figures),
        ("Duplicate", Holds::Figures),
        (amount.as_str(), Holds::Figures),
    ]);
    let row = |name: String, fates: &Fates| {
        let [read, prepared, held, rejected, duplicate] =
            [fates.read, fates.prepared, fates.held, fates.rejected, fates.duplicate].map(|sum| count(sum.count));
        [name, read, prepared, held, rejected, duplicate, fates.prepared.amount.grouped()]
    };
    for (scheme, fates) in &report.by_scheme {
        grid.row(row(mask::short(scheme), fates));
    }
    grid.total(row("Total".into(), &report.fates));
    grid
}

fn next(report: &Report, dry_run: bool) -> String {
    let mut text = String::new();
    if let Some((batch, _)) = report.batch {
        text += &to_approval(batch);
    } else if dry_run && report.fates.prepared.count > 0 {
        text += &step("To prepare what can be paid, run the same again with `stopgap prepare`.", &[]);
    }
    if report.fates.rejected.count > 0 {
        text += &to_mend(report, dry_run);
    }
    if report.fates.held.count > 0 {
        text += &to_decide(report, dry_run);
    }
    if text.is_empty() { text } else { heading("Next") + &text }
}

fn to_approval(batch: BatchId) -> String {
    let look = format!("stopgap batch show {batch}");
    let approve = format!("stopgap approve {batch} --operator NAME");
    step("Look at the batch and print its control sheet:", &[look])
        + &step("Then another operator than the one who prepared it approves it:", &[approve])
}

fn to_mend(report: &Report, dry_run: bool) -> String {
    let (rows, file) = (counted(report.fates.rejected.count, "rejected row"), report.rows_file.display());
    let known = if report.batch.is_some() { "; what is in the batch is not paid twice" } else { "" };
    let verb = verb(dry_run);
    let mend = format!("For the {rows}: correct {file} and {verb} it with the same options{known}:");
    step(&mend, &[format!("stopgap {verb} {file}")])
}

fn to_decide(report: &Report, dry_run: bool) -> String {
    let rows = counted(report.fates.held.count, "held row");
    let verb = verb(dry_run);
    let decide = format!(
        "For the {rows}: write a decision for each, `pay` or `drop` with a reason, into a CSV file such as \
         decisions.csv, and run the same {verb} again with it:"
    );
    let (file, row) = problems::first_held(report).unwrap_or(("FILE", 2));
    let lines = [
        "file,row,decision,reason".into(),
        format!("{},{row},drop,\"asked the caseworker\"", csv_cell(&mask::visible(file))),
        format!("stopgap {verb} LIST... --decisions decisions.csv"),
    ];
    step(&decide, &lines)
}

fn verb(dry_run: bool) -> &'static str {
    if dry_run { "check" } else { "prepare" }
}

/// A step, with what to type or to write below it.
fn step(what: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("      {line}\n")).collect();
    wrapped(what, "  * ", "    ") + &lines
}

fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
