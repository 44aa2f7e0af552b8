//! Problems by code, most serious first: how many rows, what it means, where the first ones are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::figures::{count, counted};
use super::paragraph::{heading, wrapped};
use super::{mask, meaning};
use crate::checks::{Code, Severity};
use crate::ops::prepare::{LocatedProblem, Report};

/// How many places of a code are shown before the rest is left to `rows.csv`.
const PLACES: usize = 3;

/// The problems with one code.
struct OfCode<'a> {
    code: Code,
    /// A row may have one twice: in the name and in the payee's name.
    rows: u64,
    problems: Vec<&'a LocatedProblem>,
}

/// Nothing where there is no problem.
pub(super) fn problems(report: &Report) -> String {
    let names = list_names(report);
    let mut text = String::new();
    let mut severity = None;
    for of_code in by_code(&report.problems) {
        if severity.replace(of_code.code.severity()) != Some(of_code.code.severity()) {
            text.push_str(&heading(meaning::of_severity(of_code.code.severity())));
        }
        text.push_str(&shown(&of_code, &names, report));
    }
    text
}

fn by_code(problems: &[LocatedProblem]) -> Vec<OfCode<'_>> {
    let mut codes: BTreeMap<Code, OfCode> = BTreeMap::new();
    for problem in problems {
        let code = problem.problem.code;
        let of_code = codes.entry(code).or_insert(OfCode { code, rows: 0, problems: Vec::new() });
        // Problems come row by row.
        let same_row = of_code.problems.last().is_some_and(|last| (last.list, last.row) == (problem.list, problem.row));
        of_code.rows += u64::from(!same_row);
        of_code.problems.push(problem);
    }
    let mut codes: Vec<_> = codes.into_values().collect();
    codes.sort_by_key(|of_code| (Reverse(of_code.code.severity()), Reverse(of_code.rows), of_code.code));
    codes
}

fn shown(of_code: &OfCode, names: &[String], report: &Report) -> String {
    let OfCode { code, rows, problems } = of_code;
    let mut text = wrapped(&format!("{code}, {}: {}", counted(*rows, "row"), meaning::of(*code)), "  ", "    ");
    for LocatedProblem { list, row, problem } in problems.iter().take(PLACES) {
        let list = names.get(usize::from(*list)).map_or("the list", String::as_str);
        let place = format!("{list} row {row}: {}", mask::masked_text(&problem.message));
        text.push_str(&wrapped(&place, "    ", "      "));
    }
    if let Some(more) = problems.len().checked_sub(PLACES).filter(|more| *more > 0) {
        text.push_str(&format!("    … and {} more in {}\n", count(more as u64), report.rows_file.display()));
    }
    text
}

/// What the lists are called: the last part of each path where that tells them apart, else the path.
fn list_names(report: &Report) -> Vec<String> {
    let last_part = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<&str> = report.lists.iter().map(|list| list.name()).collect();
    let parts: Vec<String> = names.iter().map(|name| last_part(name)).collect();
    let alone = |part: &String| parts.iter().filter(|other| *other == part).count() == 1;
    let chosen = names.iter().zip(&parts).map(|(name, part)| if alone(part) { part } else { *name });
    chosen.map(|name| mask::visible(name).into_owned()).collect()
}

/// The row of the first problem that holds its row back: an example for a decisions file.
pub(super) fn first_held(report: &Report) -> Option<(&str, u32)> {
    let held = report.problems.iter().find(|problem| problem.problem.severity() == Severity::Held)?;
    Some((report.lists.get(usize::from(held.list))?.name(), held.row))
}
