//! Problems by code, most serious first: how many rows, what it means, where the first ones are.

use std::cmp::Reverse;

use super::paragraph::{heading, wrapped};
use super::{mask, meaning};
use crate::checks::{Code, Severity};
use crate::ops::prepare::{LocatedProblem, OfCode, Problems, Report};
use crate::recipient_list::RecipientList;
use crate::say;
use crate::words::ungrouped;

/// Nothing where there is no problem. How many places of a code are shown before the rest is left to `rows.csv`, the problems know.
pub(super) fn problems(report: &Report) -> String {
    located(&report.problems, &list_names(report), &report.rows_file.display().to_string())
}

/// The same of any problems: `names` are those of the lists, `elsewhere` is where all of them are.
pub(super) fn located(problems: &Problems, names: &[String], elsewhere: &str) -> String {
    let mut codes: Vec<(Severity, Code, &OfCode)> = problems.by_code().collect();
    codes.sort_by_key(|(severity, code, of_code)| (Reverse(*severity), Reverse(of_code.rows), *code));
    let mut text = String::new();
    let mut said = None;
    for (severity, code, of_code) in codes {
        if said.replace(severity) != Some(severity) {
            text.push_str(&heading(meaning::of_severity(severity)));
        }
        text.push_str(&shown(code, of_code, names, elsewhere));
    }
    text
}

fn shown(code: Code, OfCode { rows, first, .. }: &OfCode, names: &[String], elsewhere: &str) -> String {
    let mut text = wrapped(
        say!("{code}, {rows:row|rows}: {meaning}", code = code.as_str(), rows = *rows, meaning = meaning::of(code)),
        "  ",
        "    ",
    );
    for LocatedProblem { list, row, problem } in first {
        let list = names.get(usize::from(*list)).cloned().unwrap_or_else(|| say!("the list").to_string());
        let message = mask::masked_text(&problem.message.to_string());
        let place = say!("{list} row {row}: {message}", list, row = ungrouped(*row), message);
        text.push_str(&wrapped(place, "    ", "      "));
    }
    let at_hand = first.chunk_by(|a, b| (a.list, a.row) == (b.list, b.row)).count() as u64;
    if let Some(more) = rows.checked_sub(at_hand).filter(|more| *more > 0) {
        text.push_str(&format!("    … {}\n", say!("and {more} more in {place}", more, place = elsewhere)));
    }
    text
}

/// What the lists are called: the last part of each path where that tells them apart, else the path.
pub(super) fn list_names(report: &Report) -> Vec<String> {
    names_of(&report.lists)
}

pub(super) fn names_of(lists: &[RecipientList]) -> Vec<String> {
    let last_part = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<&str> = lists.iter().map(|list| list.name()).collect();
    let parts: Vec<String> = names.iter().map(|name| last_part(name)).collect();
    let alone = |part: &String| parts.iter().filter(|other| *other == part).count() == 1;
    let chosen = names.iter().zip(&parts).map(|(name, part)| if alone(part) { part } else { *name });
    chosen.map(|name| mask::visible(name).into_owned()).collect()
}

/// The first row that is held: an example for a decisions file.
pub(super) fn first_held(report: &Report) -> Option<(String, u32)> {
    let (list, row) = report.problems.first_held()?;
    Some((list_names(report).into_iter().nth(list.into())?, row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;

    fn report(problems: Vec<LocatedProblem>) -> Report {
        Report { problems: made_up::problems(problems), ..made_up::report() }
    }

    #[test]
    fn the_most_serious_come_first_and_among_equals_the_most_frequent() {
        use Code::*;
        let codes = [DuplicateSame, NameShortened, IdMissing, AmountLimit, AccountMissing, IdMissing, NameMissing];
        let problems = (2..).zip(codes).map(|(row, code)| made_up::problem(0, row, code, "So.")).collect();
        let text = super::problems(&report(problems));
        let positions: Vec<_> = [
            "id.missing, 2 rows",
            "name.missing",
            "account.missing",
            "amount.limit",
            "name.shortened",
            "duplicate.same",
        ]
        .map(|code| text.find(code))
        .into();
        assert!(positions.iter().all(Option::is_some) && positions.is_sorted(), "{positions:?} in {text}");
    }

    #[test]
    fn a_row_counts_once_and_what_is_not_shown_is_counted() {
        let shortened = |row| made_up::problem(0, row, Code::NameShortened, "Cut.");
        let table = [
            (vec![2, 2, 3, 4], "3 rows", None),
            (vec![2, 2, 3, 4, 5], "4 rows", Some("… and 1 more in out/B0002/rows.csv\n")),
            ((2..2002).collect(), "2,000 rows", Some("… and 1,997 more in out/B0002/rows.csv\n")),
        ];
        for (rows, counted, more) in table {
            let text = super::problems(&report(rows.into_iter().map(shortened).collect()));
            assert!(text.contains(counted) && text.matches("row 2:").count() == 1, "{text}");
            match more {
                Some(more) => assert!(text.contains(more), "{text}"),
                None => assert!(!text.contains('…'), "{text}"),
            }
        }
    }

    #[test]
    fn a_row_that_has_a_code_twice_shows_both() {
        let replaced = |row, what: &str| made_up::problem(0, row, Code::TextReplaced, what);
        let found = vec![
            replaced(2, "The name."),
            replaced(2, "The text."),
            replaced(3, "x"),
            replaced(4, "y"),
            replaced(5, "z"),
        ];
        let text = super::problems(&report(found));
        assert!(text.contains("text.replaced, 4 rows") && text.contains("row 2: The name.\n"), "{text}");
        assert!(text.contains("row 2: The text.\n") && text.contains("… and 1 more in out/B0002/rows.csv"), "{text}");
    }

    #[test]
    fn lists_are_named_by_their_last_part_where_that_is_enough() {
        let mut report = made_up::report();
        assert_eq!(list_names(&report), ["help.csv", "pension.csv"]);
        report.lists = vec![made_up::list("a/rows.csv"), made_up::list("b/rows.csv"), made_up::list("c\u{202e}.csv")];
        assert_eq!(list_names(&report), ["a/rows.csv", "b/rows.csv", "cU+202E.csv"]);
    }

    #[test]
    fn a_message_that_holds_a_person_number_does_not_show_it() {
        let reason = "Dropped by decision: is 010190-1234 at another office";
        let text = super::problems(&report(vec![made_up::problem(0, 2, Code::DecisionDropped, reason)]));
        assert!(text.contains("is 0101••-•••• at"), "{text}");
    }
}
