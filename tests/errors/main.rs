//! The gallery: for each code the smallest input that causes it, and what the program says, exactly, in English and in Danish.
//!
//! A case is a file in `cases/`, named after its code: the files that it needs, the commands, and below them what came of the last command.
//! `UPDATE_GALLERY=1 cargo test --test errors` writes what comes of them; read the difference before you commit it.

mod case;
#[path = "../fixture/mod.rs"]
mod fixture;
mod languages;
mod stage;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use case::Case;
use stage::Stage;
use stopgap::words::explained;

/// Codes without a case: why no small input causes them here, or where they are caused.
const ELSEWHERE: &[(&str, &str)] = &[
    ("amount.sum_too_large", "takes amounts that add up to 92 quadrillion; a test in recipient_list"),
    ("bank.unwritable", "nothing that passes the checks is known to cause it"),
    ("control.already_claimed", "the last guard, which nothing in front of it lets through; the store's contract"),
    ("control.attempts", "takes 35 returns of one payment"),
    ("control.not_approved", "takes a terminal"),
    ("control.rule", "the state's rules, each with a test"),
    ("control.wrong_key", "takes another workspace's keys; tests/program"),
    ("disk", "takes a failing disk: tests/crashes"),
    ("drill", "faults of the program itself"),
    ("recall.not_sent", "takes a second desk's payments among the findings"),
    ("recall.releasing", "takes a release that was interrupted"),
    ("recall.never_released", "findings are about what was released"),
    ("recall.no_such", "recalls are named by their finding"),
    ("keys", "takes other keys: tests/operations"),
    ("ledger", "takes a damaged ledger: tests/program, tests/crashes"),
    ("list.changed", "takes a file that changes between two readings: recipient_list"),
    ("list.too_many", "takes 65,536 lists"),
    ("outcome", "takes the bank's reports: tests/outcome"),
    ("release.other_writer", "takes another version of the program"),
    ("duplicate.elsewhere", "takes the bank's reports: tests/program/desks"),
    ("release.paid_already", "takes the bank's reports: tests/program/desks"),
    ("duplicate.after_all", "takes the bank's reports: tests/program/after_all"),
    ("release.paid_after_all", "takes the bank's reports: tests/program/after_all"),
    ("release.paid_elsewhere", "takes a second desk: tests/program/desks"),
    ("release.read_back", "takes a failing disk: tests/crashes"),
    ("release.unreadable_file", "takes a failing disk: tests/crashes"),
    ("report", "takes the bank's reports: tests/outcome, tests/bank_file"),
    ("settings.unwritable", "takes a failing disk"),
    ("stoplist.layout", "takes a released batch: tests/program/stop_lists"),
    ("stoplist.letters", "takes payments to stop: src/ops/stoplist, tests/program"),
    ("stoplist.too_large", "takes a million payments"),
    ("system.randomness", "takes a system without randomness"),
    ("terminal", "takes a terminal"),
    ("amount.bank_limit", "takes a bank profile that has a limit"),
    ("control.second_required", "takes a setting; tests/program"),
    ("episode.none", "takes findings; tests/program"),
    ("remedy", "takes findings; tests/program"),
    ("copy", "takes a register of copies; tests/program"),
    ("init", "a fault of the program itself"),
    ("out", "takes files in the way; tests/program"),
    ("profile", "takes a bank profile; tests/program"),
    ("workbook", "takes a failing disk"),
    ("baseline", "takes a workspace with a past: tests/program/baseline"),
    ("backup", "tests/program"),
    ("restore", "tests/program"),
    ("upstream", "takes upstream's files: src/upstream"),
    ("anchor", "takes a ledger with a past: tests/anchors"),
    ("episode", "takes an episode with payments: tests/program"),
    ("ledger", "takes a damaged, older or copied ledger: tests/anchors, tests/program"),
    ("list.schemes", "takes a baseline of several benefits: tests/program/baselines"),
    ("merge", "takes a second desk: tests/program/desks"),
    ("passphrase.same", "takes a new passphrase: tests/anchors"),
    ("place", "takes a network share: src/ops/anchors/ground.rs"),
    ("purge", "takes an episode past its retention: tests/program/custody"),
    ("recovery_code", "takes the halves of a code: tests/program/recovery"),
    ("rebuild", "takes the files of a lost ledger: tests/program/keeping"),
    ("receipt", "takes a ledger that was moved: tests/anchors"),
    ("worksheet", "takes a batch on sheets: tests/program/work_sheets"),
    ("workspace.name", "takes a folder that has no name: tests/program/desks"),
];

fn cases() -> Vec<(PathBuf, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors/cases");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the cases").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a case");
        (path, Case::read(&text))
    };
    paths.into_iter().map(read).collect()
}

fn code_of(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

#[test]
fn every_case_says_exactly_what_the_gallery_shows() {
    let stage = Stage::new();
    let update = std::env::var_os("UPDATE_GALLERY").is_some();
    let mut differing = Vec::new();
    for (path, case) in cases() {
        let code = code_of(&path);
        let numbers = case.person_numbers();
        let played = case.played_on(&stage);
        for outcome in &played.outcomes {
            if !outcome.text.contains(code.as_str()) {
                differing.push(format!("{code} does not come of its case:\n{}", outcome.text));
            }
            if let Some(number) = numbers.iter().find(|number| outcome.text.contains(number.as_str())) {
                differing.push(format!("{code} shows {number}:\n{}", outcome.text));
            }
        }
        let text = played.to_text();
        if text != fs::read_to_string(&path).expect("a case") {
            if update {
                fs::write(&path, text).expect("writes");
            } else {
                differing.push(format!("{code}: now\n{text}"));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn both_languages_say_the_same() {
    let mut differing = Vec::new();
    for (path, case) in cases() {
        let [english, danish] = &case.outcomes[..] else { panic!("{} has not two outcomes", code_of(&path)) };
        if english.exit != danish.exit {
            differing.push(format!("{}: another exit code", code_of(&path)));
        }
        let found = languages::differences(&english.text, &danish.text);
        differing.extend(found.into_iter().map(|difference| format!("{}: {difference}", code_of(&path))));
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_code_has_a_case_or_a_reason_for_having_none() {
    let cases: BTreeSet<String> = cases().iter().map(|(path, _)| code_of(path)).collect();
    let has_reason = |code: &str| {
        let group = code.split_once('.').map_or(code, |(group, _)| group);
        ELSEWHERE.iter().any(|(known, _)| *known == code || *known == group)
    };
    let all: BTreeSet<String> = explained::all().iter().map(|one| one.code.to_owned()).collect();
    let missing: Vec<_> = all.iter().filter(|code| !cases.contains(*code) && !has_reason(code)).collect();
    assert!(missing.is_empty(), "no case in tests/errors/cases for {missing:?}");
    let unknown: Vec<_> = cases.difference(&all).collect();
    assert!(unknown.is_empty(), "cases of no code: {unknown:?}");
}
