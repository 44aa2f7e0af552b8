//! After `prepare` or `check`: what was read, what became of it, what is wrong with it, and what to do next.

use super::figures::{count, counted, payments};
use super::grid::{Grid, Holds};
use super::paragraph::{heading, sentence, wrapped};
use super::{fates, mask, meaning, moment, problems};
use crate::batch::{Fates, Sum};
use crate::ops::prepare::Report;
use crate::payment::BatchId;
use crate::say;

/// The whole screen. `dry_run` is `check`.
pub fn prepared(report: &Report, dry_run: bool) -> String {
    let mut text = sentence(&outcome(report, dry_run));
    if report.fates.prepared.count > 0 {
        text += &sentence(&format!("Rows without a pay date of their own: {}.", moment::day(report.pay_on)));
    }
    if report.waiting.count > 0 {
        let Sum { count, amount } = report.waiting;
        let waits = say!(
            "Not paid yet, because others go first: {rows:payment|payments}, {amount} {currency}.",
            rows = count,
            amount,
            currency = report.currency.code()
        );
        text += &sentence(&waits.to_string());
    }
    if report.provisional {
        text += &sentence("PROVISIONAL: on the last known figures, which upstream has yet to confirm.");
    }
    for baseline in &report.not_compared {
        text += &sentence(&format!("MIND: {}", mask::masked_text(&baseline.warning().to_string())));
    }
    text += &heading("Lists");
    text += &lists(report).to_text();
    text += &heading("By scheme, in rows");
    text += &by_scheme(report).to_text();
    text += &heading(fates::closing(&report.fates));
    text += &fates::grid(&report.fates).to_text();
    text += &problems::problems(report);
    text += &missing(report);
    text += &not_in_lists(report);
    text + &next(report, dry_run)
}

fn outcome(report: &Report, dry_run: bool) -> String {
    let Fates { read, prepared, duplicate, .. } = report.fates;
    match report.batch {
        Some((batch, _)) => format!("Batch {batch} is prepared: {}.", payments(prepared)),
        None if read.count > 0 && duplicate.count == read.count => {
            "Nothing to pay: every row is in an earlier batch already. No batch was made.".into()
        }
        None if prepared.count == 0 => "No row can be paid as it stands. No batch was made.".into(),
        None if dry_run => format!("A check, nothing is recorded. Payable: {}.", payments(prepared)),
        None => "No batch was made.".into(),
    }
}

/// How many of the missing are named before the rest is left to the file.
const MISSING_NAMED: usize = 3;

const NOT_IN_LISTS_NAMED: usize = 10;

fn missing(report: &Report) -> String {
    let (Some(file), all) = (&report.missing_file, &report.missing) else { return String::new() };
    let mut text = heading("In the last baseline, and in none of these lists");
    let meaning = format!("baseline.missing_person, {}: are they still owed?", counted(all.len() as u64, "row"));
    text += &wrapped(&meaning, "  ", "    ");
    for missing in all.iter().take(MISSING_NAMED) {
        text += &wrapped(&mask::masked_text(&missing.problem.message.to_string()), "    ", "      ");
    }
    match all.len().saturating_sub(MISSING_NAMED) {
        0 => text,
        more => text + &format!("    … and {} more in {}\n", count(more as u64), file.display()),
    }
}

/// Who is to go first and is in none of the lists.
fn not_in_lists(report: &Report) -> String {
    let Some(first) = report.not_in_lists.first() else { return String::new() };
    let mut text = heading(&say!("To go first, and in none of these lists").to_string());
    let meaning = meaning::of(first.problem.code).to_string();
    let rows = say!("{rows:row|rows}", rows = report.not_in_lists.len() as u64);
    text += &wrapped(&format!("{}, {rows}: {meaning}", first.problem.code), "  ", "    ");
    for one in report.not_in_lists.iter().take(NOT_IN_LISTS_NAMED) {
        let place = format!("{} row {}: {}", mask::visible(&one.file), one.row, one.problem.message);
        text += &wrapped(&place, "    ", "      ");
    }
    match report.not_in_lists.len().saturating_sub(NOT_IN_LISTS_NAMED) {
        0 => text,
        more => text + &wrapped(&say!("… and {more} more", more = more as u64).to_string(), "    ", "    "),
    }
}

fn lists(report: &Report) -> Grid {
    let mut grid = Grid::new([("List", Holds::Text), ("Rows", Holds::Figures), ("Written as", Holds::Text)]);
    for (list, name) in report.lists.iter().zip(problems::list_names(report)) {
        let total = if list.control_total().is_some() { "; its own total agrees" } else { "" };
        grid.row([name, count(list.rows()), format!("{}{total}", list.facts())]);
    }
    grid
}

fn by_scheme(report: &Report) -> Grid {
    let amount = format!("{} prepared", report.currency);
    let mut grid = Grid::new([
        ("Scheme", Holds::Text),
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
    if report.fates.held.count > report.waiting.count {
        text += &to_decide(report, dry_run);
    }
    if report.waiting.count > 0 {
        let rows = report.waiting.count;
        let wait = say!(
            "For the {rows:payment|payments} not made yet: hand the same lists in again, without or with other limits. Who still waits:",
            rows
        );
        text += &step(&wait.to_string(), &["stopgap waiting".into()]);
    }
    if let Some(file) = &report.missing_file {
        let file = file.display();
        let rows = counted(report.missing.len() as u64, "missing row");
        let ask =
            format!("For the {rows}: ask whether they are still owed. {file} has them as a list; take out who is not:");
        text += &step(&ask, &[format!("stopgap {} {file}", verb(dry_run))]);
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
    let rows = counted(report.fates.held.count - report.waiting.count, "held row");
    let verb = verb(dry_run);
    let decide = format!(
        "For the {rows}: write a decision for each, `pay` or `drop` with a reason, into a CSV file such as \
         decisions.csv, and run the same {verb} again with it:"
    );
    let (file, row) = problems::first_held(report).unwrap_or(("FILE".into(), 2));
    let lines = [
        "file,row,decision,reason".into(),
        format!("{},{row},drop,\"asked the caseworker\"", csv_cell(&file)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;
    use crate::payment::Currency;

    #[test]
    fn a_prepared_batch_reads_from_lists_to_the_next_step() {
        insta::assert_snapshot!(prepared(&made_up::report(), false), @r#"
        Batch B0002 is prepared: 1.001 payments, 700.000,50 DKK.
        Rows without a pay date of their own: 2026-12-01 (Tuesday).

        Lists
          List         Rows  Written as
          -------------------------------------------------------------------------
          help.csv        3  UTF-8, semicolons, decimal comma; its own total agrees
          pension.csv     3  UTF-8, semicolons, decimal comma; its own total agrees

        By scheme, in rows
          Scheme            Read  Prepared  Held  Rejected  Duplicate  DKK prepared
          -------------------------------------------------------------------------
          Alderspension      103       101     1         0          0    230.000,50
          Offentlig hjælp    904       900     0         0          0    470.000,00
          -------------------------------------------------------------------------
          Total            1.007     1.001     1         2          3    700.000,50

        The sums close: read = prepared + rejected + held + duplicate.
          Fate        Rows         DKK  Which means
          ------------------------------------------------------------
          prepared   1.001  700.000,50  can be paid
          rejected       2      100,00  wrong as written, not paid
          held           1  250.000,00  waits for a decision, not paid
          duplicate      3    3.000,00  there already, not paid again
          ------------------------------------------------------------
          read       1.007  953.100,50

        Rejected, not paid
          account.malformed, 1 row: the account has the wrong shape
            help.csv row 61: The account "12" is no account: write 6471-0001234567 or an
              IBAN.

        Held, not paid until a person decides
          amount.limit, 1 row: the amount is over the limit for one payment
            pension.csv row 12: 250.000,00 is over the limit of 100.000,00 for one
              payment. Is it right?

        Warnings, which hold nothing back
          name.shortened, 20 rows: the name is longer than the bank takes, and was cut
            pension.csv row 20: The name is cut.
            pension.csv row 21: The name is cut.
            pension.csv row 22: The name is cut.
            … and 17 more in out/B0002/rows.csv
          id.unverified, 1 row: the CPR number does not pass modulus 11, which newer
            numbers need not
            help.csv row 9: The CPR number "6112••••••" does not pass modulus 11. Is it
              typed right?

        For information
          duplicate.same, 1 row: there already with the same amount and account, paid
            once
            help.csv row 70: The same as row 12 of lists/help.csv: paid once.

        Next
          * Look at the batch and print its control sheet:
              stopgap batch show B0002
          * Then another operator than the one who prepared it approves it:
              stopgap approve B0002 --operator NAME
          * For the 2 rejected rows: correct out/B0002/rows.csv and prepare it with the
            same options; what is in the batch is not paid twice:
              stopgap prepare out/B0002/rows.csv
          * For the 1 held row: write a decision for each, `pay` or `drop` with a
            reason, into a CSV file such as decisions.csv, and run the same prepare
            again with it:
              file,row,decision,reason
              pension.csv,12,drop,"asked the caseworker"
              stopgap prepare LIST... --decisions decisions.csv
        "#);
    }

    #[test]
    fn a_check_offers_to_prepare_and_names_no_batch() {
        let mut report = made_up::report();
        report.batch = None;
        report.rows_file = "out/check/rows.csv".into();
        let text = prepared(&report, true);
        assert!(text.starts_with("A check, nothing is recorded. Payable: 1.001 payments, 700.000,50 DKK.\n"), "{text}");
        let next = &text[text.find("\nNext\n").expect("a next step")..];
        insta::assert_snapshot!(next, @r#"

        Next
          * To prepare what can be paid, run the same again with `stopgap prepare`.
          * For the 2 rejected rows: correct out/check/rows.csv and check it with the
            same options:
              stopgap check out/check/rows.csv
          * For the 1 held row: write a decision for each, `pay` or `drop` with a
            reason, into a CSV file such as decisions.csv, and run the same check again
            with it:
              file,row,decision,reason
              pension.csv,12,drop,"asked the caseworker"
              stopgap check LIST... --decisions decisions.csv
        "#);
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
                "  * For the 3 rejected rows: correct out/no-batch/rows.csv and prepare it with\n    the same options:\n",
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
