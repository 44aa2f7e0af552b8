//! The committed samples are what the generator makes, and their README says what is in them.
//!
//! `STOPGAP_BLESS=1 cargo test --test samples` writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use stopgap::drill::{Afterwards, Expected, MadeUpList, Outage, Tally, Truth, payer};
use stopgap::ledger::idempotency::Tagger;
use stopgap::ops::init::rehearsal_key;
use stopgap::payment::{Country, EndToEndId, Obligation};

/// Between these lines the README is made from the figures.
const BEGIN: &str = "<!-- figures: made by tests/samples.rs -->\n";
const BEGIN_FINDINGS: &str = "<!-- findings: made by tests/samples.rs -->\n";
const END: &str = "<!-- end of figures -->\n";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/qeqqata")
}

fn outage() -> Outage {
    let period = "2022-04".parse().expect("a period");
    Outage { seed: 2022, recipients: Outage::QEQQATA, country: Country::Gl, period }
}

fn blessing() -> bool {
    std::env::var_os("STOPGAP_BLESS").is_some_and(|value| value == "1")
}

/// Compares a committed file with what it must be, or writes it.
fn settle(path: &Path, made: &[u8]) {
    if blessing() {
        fs::write(path, made).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let committed = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(
        committed == made,
        "{} is not what the generator makes; run `STOPGAP_BLESS=1 cargo test --test samples` and look at the difference",
        path.display()
    );
}

fn written() -> Vec<(MadeUpList, Vec<u8>, Expected)> {
    let lists = outage().lists();
    let write = |list: MadeUpList| {
        let mut bytes = Vec::new();
        let expected = list.write(&mut bytes).expect("memory takes all");
        (list, bytes, expected)
    };
    lists.into_iter().map(write).collect()
}

#[test]
fn the_committed_lists_are_the_generators() {
    for (list, bytes, _) in written() {
        settle(&samples().join(&list.file_name), &bytes);
    }
}

/// What comes after, under the references of every drill of this seed.
fn afterwards(judge: &mut dyn FnMut(&Afterwards)) {
    let outage = outage();
    let tagger = Tagger::new(&rehearsal_key(outage.seed), &payer());
    let reference = |obligation: &Obligation| EndToEndId { tag: tagger.tag(obligation), attempt: 1 };
    judge(&outage.afterwards("2022-04-01".parse().expect("a day"), &reference, &[]));
}

#[test]
fn the_committed_reports_and_runs_are_the_generators() {
    let folder = samples().join("afterwards");
    if blessing() {
        fs::create_dir_all(&folder).expect("makes");
    }
    afterwards(&mut |afterwards| {
        let made = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
            let mut bytes = Vec::new();
            write(&mut bytes).expect("memory takes all");
            bytes
        };
        settle(&folder.join("pain002.xml"), &made(&|out| afterwards.write_status_report(out)));
        settle(&folder.join("camt053.xml"), &made(&|out| afterwards.write_statement(out)));
        settle(&folder.join("camt054.xml"), &made(&|out| afterwards.write_notification(out)));
        settle(&folder.join("run.csv"), &made(&|out| afterwards.write_run(out)));
        settle(&folder.join("proposal.csv"), &made(&|out| afterwards.write_proposal(out)));
    });
}

#[test]
fn the_readme_tells_the_figures() {
    let path = samples().join("README.md");
    let readme = fs::read_to_string(&path).expect("the samples have a README");
    let mut truth = Truth::default();
    afterwards(&mut |afterwards| truth = afterwards.truth());
    let readme = filled(&readme, BEGIN, &figures(&written()));
    settle(&path, filled(&readme, BEGIN_FINDINGS, &findings(&truth)).as_bytes());
}

/// The README with what stands between a mark and the end made anew.
fn filled(readme: &str, begin: &str, text: &str) -> String {
    let (before, rest) = readme.split_once(begin).expect("the README has a place for the figures");
    let (_, after) = rest.split_once(END).expect("the place for the figures ends");
    format!("{before}{begin}{text}{END}{after}")
}

fn findings(truth: &Truth) -> String {
    let mut text = String::new();
    push(
        &mut text,
        "\n| verdict | findings | fallback | upstream paid | planned | owed | overpaid | underpaid |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    );
    let mut sums = [0; 6];
    for (kind, share) in &truth.by_kind {
        let amounts: Vec<String> = (0..6).map(|column| share.amount(column).to_string()).collect();
        push(&mut text, &format!("| `{}` | {} | {} |", kind.as_str(), share.count, amounts.join(" | ")));
        for (sum, ore) in sums.iter_mut().zip(share.ore) {
            *sum += ore;
        }
    }
    let amounts = sums.map(|ore| stopgap::drill::Share { count: 0, ore: [ore; 6] }.amount(0).to_string());
    push(&mut text, &format!("| **all** | {} | {} |", truth.count(), amounts.join(" | ")));
    text.push('\n');
    text
}

fn figures(lists: &[(MadeUpList, Vec<u8>, Expected)]) -> String {
    let all = Expected::together(lists.iter().map(|(_, _, expected)| expected));
    let recipients: u64 = lists.iter().map(|(list, _, _)| list.recipients).sum();
    let mut text = String::new();
    push(
        &mut text,
        "\n### The lists\n\n| file | benefit | recipients | how it is written |\n| --- | --- | ---: | --- |",
    );
    for (list, _, _) in lists {
        let (file, scheme, recipients, dialect) =
            (&list.file_name, &list.scheme, list.recipients, list.dialect.description);
        push(&mut text, &format!("| `{file}` | {scheme} | {recipients} | {dialect} |"));
    }
    let second_rows = all.read.rows - recipients;
    push(
        &mut text,
        &format!(
            "\nTogether {recipients} recipients in {} rows: {second_rows} recipients have a second row, which is one of the faults below.",
            all.read.rows
        ),
    );
    push(
        &mut text,
        "\n### Rows\n\n| file | read | prepared | rejected | held | duplicate |\n| --- | ---: | ---: | ---: | ---: | ---: |",
    );
    table(&mut text, lists, &all, |tally| tally.rows.to_string());
    push(
        &mut text,
        "\n### Amounts, in DKK\n\n| file | read | prepared | rejected | held | duplicate |\n| --- | ---: | ---: | ---: | ---: | ---: |",
    );
    table(&mut text, lists, &all, |tally| tally.amount().to_string());
    push(
        &mut text,
        "\n### Problems\n\n| code | severity | rows | where (row numbers as a spreadsheet shows them) |\n| --- | --- | ---: | --- |",
    );
    for (code, problem) in &all.problems {
        let places: Vec<String> = lists
            .iter()
            .filter_map(|(list, _, expected)| {
                let rows: Vec<String> = expected.problems.get(code)?.rows.iter().map(u32::to_string).collect();
                Some(format!("`{}` {}", list.file_name, rows.join(", ")))
            })
            .collect();
        push(
            &mut text,
            &format!(
                "| `{}` | {} | {} | {} |",
                code.as_str(),
                code.severity().as_str(),
                problem.count,
                places.join("; ")
            ),
        );
    }
    text.push('\n');
    text
}

fn table(text: &mut String, lists: &[(MadeUpList, Vec<u8>, Expected)], all: &Expected, cell: impl Fn(Tally) -> String) {
    let line = |first: &str, of: &Expected| {
        let cells = [of.read, of.prepared, of.rejected, of.held, of.duplicate].map(&cell);
        format!("| {first} | {} |", cells.join(" | "))
    };
    for (list, _, expected) in lists {
        push(text, &line(&format!("`{}`", list.file_name), expected));
    }
    push(text, &line("**all**", all));
}

fn push(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("memory takes all");
}
