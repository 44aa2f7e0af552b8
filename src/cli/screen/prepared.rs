//! After `prepare` or `check`: what was read, what became of it, what is wrong with it, and what to do next.

use super::figures::payments;
use super::file_parts::file_parts;
use super::grid::{Grid, left, right};
use super::paragraph::{heading, sentence, wrapped};
use super::{again, fates, mask, meaning, moment, problems};
use crate::batch::{Fates, Sum};
use crate::checks::Code;
use crate::ops::prepare::{Missing, Report};
use crate::payment::BatchId;
use crate::say;
use crate::words::{self, Message, count};

/// The whole screen. `dry_run` is `check`.
pub fn prepared(report: &Report, dry_run: bool) -> String {
    let mut text = sentence(outcome(report, dry_run));
    if report.fates.prepared.count > 0 {
        text += &sentence(say!("Rows without a pay date of their own: {day}.", day = moment::day(report.pay_on)));
    }
    if report.waiting.count > 0 {
        let Sum { count: rows, amount } = report.waiting;
        let waits = say!(
            "Not paid yet, because others go first: {rows:payment|payments}, {amount} {currency}.",
            rows,
            amount,
            currency = report.currency.code()
        );
        text += &sentence(waits);
    }
    if report.provisional {
        text += &sentence(say!("PROVISIONAL: on the last known figures, which upstream has yet to confirm."));
    }
    for baseline in &report.not_compared {
        text += &sentence(say!("MIND: {warning}", warning = mask::masked_text(&baseline.warning().to_string())));
    }
    for message in &report.outside_episode {
        text += &sentence(say!("MIND: {warning}", warning = mask::masked_text(&message.to_string())));
    }
    text += &heading(say!("Lists"));
    text += &lists(report).to_text();
    text += &not_read(report);
    text += &heading(say!("By scheme, in rows"));
    text += &by_scheme(report).to_text();
    text += &heading(fates::closing(&report.fates));
    text += &fates::grid(&report.fates, report.waiting.count).to_text();
    text += &problems::problems(report);
    text += &missing(report);
    text += &not_in_lists(report);
    text += &nearly_alike(report);
    text += &file_parts(report);
    text + &next(report, dry_run)
}

fn outcome(report: &Report, dry_run: bool) -> Message {
    let Fates { read, prepared, duplicate, .. } = report.fates;
    match report.batch {
        Some((batch, _)) => say!("Batch {batch} is prepared: {payments}.", batch, payments = payments(prepared)),
        None if read.count > 0 && duplicate.count == read.count => {
            say!("Nothing to pay: every row is in an earlier batch already. No batch was made.")
        }
        None if prepared.count == 0 => say!("No row can be paid as it stands. No batch was made."),
        None if dry_run => say!("A check, nothing is recorded. Payable: {payments}.", payments = payments(prepared)),
        None => say!("No batch was made."),
    }
}

/// How many of the missing are named before the rest is left to the file.
const MISSING_NAMED: usize = 3;

const NOT_IN_LISTS_NAMED: usize = 10;

/// How many headings of one list are named that are no column's.
const HEADINGS_NAMED: usize = 12;

fn missing(report: &Report) -> String {
    let (Some(file), all) = (&report.missing_file, &report.missing) else { return String::new() };
    let mut text = heading(say!("In the last baseline, and in none of these lists"));
    for code in [Code::BaselineMissingPerson, Code::BaselineMissingCase] {
        let of_code: Vec<&Missing> = all.iter().filter(|missing| missing.problem.code == code).collect();
        if of_code.is_empty() {
            continue;
        }
        let meaning = match code {
            Code::BaselineMissingCase => {
                say!(
                    "baseline.missing_case, {rows:row|rows}: have these cases of people who are there ended?",
                    rows = of_code.len()
                )
            }
            _ => say!("baseline.missing_person, {rows:row|rows}: are they still owed?", rows = of_code.len()),
        };
        text += &wrapped(meaning, "  ", "    ");
        for missing in of_code.iter().take(MISSING_NAMED) {
            text += &wrapped(mask::masked_text(&missing.problem.message.to_string()), "    ", "      ");
        }
        if let Some(more) = of_code.len().checked_sub(MISSING_NAMED).filter(|more| *more > 0) {
            text += &format!("    … {}\n", say!("and {more} more in {place}", more, place = file.display()));
        }
    }
    text
}

/// Who is to go first and is in none of the lists.
fn not_in_lists(report: &Report) -> String {
    let Some(first) = report.not_in_lists.first() else { return String::new() };
    let mut text = heading(say!("To go first, and in none of these lists"));
    let meaning = meaning::of(first.problem.code).to_string();
    let rows = say!("{rows:row|rows}", rows = report.not_in_lists.len() as u64);
    text += &wrapped(format!("{}, {rows}: {meaning}", first.problem.code.as_str()), "  ", "    ");
    for one in report.not_in_lists.iter().take(NOT_IN_LISTS_NAMED) {
        let place = format!("{} row {}: {}", mask::visible(&one.file), one.row, one.problem.message);
        text += &wrapped(&place, "    ", "      ");
    }
    match report.not_in_lists.len().saturating_sub(NOT_IN_LISTS_NAMED) {
        0 => text,
        more => text + &wrapped(say!("… and {more} more", more = more as u64), "    ", "    "),
    }
}

fn nearly_alike(report: &Report) -> String {
    if report.nearly_alike.is_empty() {
        return String::new();
    }
    let mut text = heading(say!("Benefits that may be one"));
    for problem in &report.nearly_alike {
        let message = mask::masked_text(&problem.message.to_string());
        text += &wrapped(format!("{}: {message}", problem.code.as_str()), "  ", "    ");
    }
    text
}

/// The columns that nothing was read from: one of them may hold what a row is said to lack.
fn not_read(report: &Report) -> String {
    let mut text = String::new();
    for (list, name) in report.lists.iter().zip(problems::list_names(report)) {
        let headings = list.columns().ignored_headings();
        if headings.is_empty() {
            continue;
        }
        let named: Vec<String> = headings.iter().take(HEADINGS_NAMED).map(|heading| mask::short(heading)).collect();
        let more = match headings.len().saturating_sub(HEADINGS_NAMED) {
            0 => String::new(),
            more => format!(" … +{}", count(more as u64)),
        };
        let said = say!(
            "Not read of {list}, since no column is known by these headings: {headings}. Say what one of them is with --map \"HEADING=column\".",
            list = name,
            headings = named.join(", ") + &more
        );
        text += &wrapped(said, "  ", "  ");
    }
    text
}

fn lists(report: &Report) -> Grid {
    let mut grid = Grid::new([left(say!("List")), right(say!("Rows")), left(say!("Written as"))]);
    for (list, name) in report.lists.iter().zip(problems::list_names(report)) {
        let facts = list.facts().to_string();
        let written = match list.control_total() {
            Some(_) => say!("{facts}; its own total agrees", facts).to_string(),
            None => facts,
        };
        grid.row([name, count(list.rows()), written]);
    }
    grid
}

fn by_scheme(report: &Report) -> Grid {
    let amount = say!("{currency} prepared", currency = report.currency);
    let mut grid = Grid::new([
        left(say!("Scheme")),
        right(say!("Read")),
        right(say!("Prepared")),
        right(say!("Held")),
        right(say!("Rejected")),
        right(say!("Duplicate")),
        right(amount),
    ]);
    let row = |name: String, fates: &Fates| {
        let [read, prepared, held, rejected, duplicate] =
            [fates.read, fates.prepared, fates.held, fates.rejected, fates.duplicate].map(|sum| count(sum.count));
        [name, read, prepared, held, rejected, duplicate, words::amount(fates.prepared.amount)]
    };
    for (scheme, fates) in &report.by_scheme {
        grid.row(row(mask::short(scheme), fates));
    }
    grid.total(row(say!("Total").to_string(), &report.fates));
    grid
}

fn next(report: &Report, dry_run: bool) -> String {
    let mut text = String::new();
    if let Some((batch, _)) = report.batch {
        text += &to_approval(batch);
    } else if dry_run && report.fates.prepared.count > 0 {
        text += &step(
            say!("To prepare what can be paid, run the same again with `stopgap prepare`:"),
            again::same(&report.asked, false, None),
        );
    }
    let to_mend = report.fates.rejected.count.saturating_sub(report.problems.over());
    if to_mend > 0 {
        text += &mending(report, to_mend, dry_run);
    }
    if report.fates.held.count > report.waiting.count {
        text += &to_decide(report, dry_run);
    }
    if report.waiting.count > 0 {
        let rows = report.waiting.count;
        let wait = say!(
            "For the {rows:payment|payments} not made yet: hand the same lists in again, without or with other limits. Who still waits:",
            rows
        );
        text += &step(wait, typed("stopgap waiting"));
    }
    if let Some(file) = &report.missing_file {
        let ask = say!(
            "For the {rows:missing row|missing rows}: ask whether they are still owed. {file} has them as a list; take out who is not:",
            rows = report.missing.len(),
            file = file.display().to_string()
        );
        text += &step(ask, again::made(&report.asked, dry_run, file));
    }
    if text.is_empty() { text } else { heading(say!("Next")) + &text }
}

fn to_approval(batch: BatchId) -> String {
    let look = format!("stopgap batch show {batch}");
    let approve = say!("stopgap approve {batch} --operator NAME", batch).to_string();
    step(say!("Look at the batch and print its control sheet:"), typed(&look))
        + &step(say!("Then another operator than the one who prepared it approves it:"), typed(&approve))
}

/// What ended, or was dropped, is none of the `rows`: corrected, it would be paid.
fn mending(report: &Report, rows: u64, dry_run: bool) -> String {
    let (file, verb) = (report.rows_file.display().to_string(), verb(dry_run));
    let mend = match report.batch {
        Some(_) => say!(
            "For the {rows:rejected row|rejected rows}: correct {file} and `{verb}` it; what is in the batch is not paid twice:",
            rows,
            file,
            verb
        ),
        None => {
            say!("For the {rows:rejected row|rejected rows}: correct {file} and `{verb}` it:", rows, file, verb)
        }
    };
    step(mend, again::made(&report.asked, dry_run, &report.rows_file))
}

fn to_decide(report: &Report, dry_run: bool) -> String {
    let verb = verb(dry_run);
    let rows = report.fates.held.count - report.waiting.count;
    let given = report.asked.decisions.as_ref().map(|file| mask::visible(&file.to_string_lossy()).into_owned());
    let decide = match &given {
        Some(file) => say!(
            "For the {rows:held row|held rows}: add a decision for each, `pay` or `drop` with a reason, to {file}, and run the same `{verb}` again:",
            rows,
            file,
            verb
        ),
        None => say!(
            "For the {rows:held row|held rows}: write a decision for each, `pay` or `drop` with a reason, into a CSV file such as decisions.csv, and \
             run the same `{verb}` again with it:",
            rows,
            verb
        ),
    };
    let (file, row) = problems::first_held(report).unwrap_or((say!("FILE").to_string(), 2));
    let heading = if given.is_none() { typed("file,row,decision,reason") } else { String::new() };
    let example = typed(&format!("{},{row},drop,\"{}\"", csv_cell(&file), say!("asked the caseworker")));
    let decisions = given.is_none().then_some("decisions.csv");
    step(decide, heading + &example + &again::same(&report.asked, dry_run, decisions))
}

fn verb(dry_run: bool) -> &'static str {
    if dry_run { "check" } else { "prepare" }
}

/// A step, with what to type or to write below it.
fn step(what: Message, below: String) -> String {
    wrapped(what, "  * ", "    ") + &below
}

/// A line to type or to write.
fn typed(line: &str) -> String {
    format!("      {line}\n")
}

fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;
    use crate::payment::Currency;

    #[test]
    fn a_prepared_batch_reads_from_lists_to_the_next_step() {
        insta::assert_snapshot!(made_up::in_both(|| prepared(&made_up::report(), false)));
    }

    #[test]
    fn a_check_offers_to_prepare_and_names_no_batch() {
        let mut report = made_up::report();
        report.batch = None;
        report.rows_file = "out/check/rows.csv".into();
        let text = prepared(&report, true);
        assert!(text.starts_with("A check, nothing is recorded. Payable: 1,001 payments, 700,000.50 DKK.\n"), "{text}");
        let next = &text[text.find("\nNext\n").expect("a next step")..];
        assert!(!next.contains("stopgap approve"), "{next}");
        insta::assert_snapshot!(made_up::in_both(|| prepared(&report, true)));
    }

    #[test]
    fn without_a_batch_it_says_why() {
        let none = Fates::none(Currency::Dkk);
        let three = made_up::sum(3, 95_000);
        let table = [
            (
                Fates { read: three, duplicate: three, ..none },
                "Nothing to pay: every row is in an earlier batch already. No batch was made.\n",
                "",
            ),
            (
                Fates { read: three, rejected: three, ..none },
                "No row can be paid as it stands. No batch was made.\n",
                "  * For the 3 rejected rows: correct out/no-batch/rows.csv and `prepare` it:\n",
            ),
            (
                Fates { read: three, held: three, ..none },
                "No row can be paid as it stands. No batch was made.\n",
                "  * For the 3 held rows: write a decision for each, `pay` or `drop`",
            ),
        ];
        for (fates, outcome, next) in table {
            let text = prepared(&made_up::report_without_batch(fates), false);
            assert!(text.starts_with(outcome), "{text}");
            assert!(!text.contains("stopgap approve") && !text.contains("stopgap batch show"), "{text}");
            match next {
                "" => assert!(!text.contains("\nNext\n"), "{text}"),
                next => assert!(text.contains(next), "{text}"),
            }
        }
    }

    #[test]
    fn the_columns_of_the_samples_fit_the_screen() {
        let mut report = made_up::report();
        let millions = made_up::sum(2557, 1_826_933_876);
        report.by_scheme = [("Arbejdsmarkedsydelse".into(), Fates { prepared: millions, ..report.fates })].into();
        let text = by_scheme(&report).to_text();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("Arbejdsmarkedsydelse "), "{text}");
    }

    #[test]
    fn a_list_with_a_comma_in_its_name_is_quoted_in_the_decisions_file() {
        let table = [("a.csv", "a.csv"), ("a,b.csv", "\"a,b.csv\""), ("a\"b.csv", "\"a\"\"b.csv\"")];
        for (name, cell) in table {
            assert_eq!(csv_cell(name), cell);
        }
    }
}
