//! The power goes: a real run is recorded call by call, and after each call the disk is rebuilt as a power cut could have left it. The finished
//! program has to go on from there, with an edited list, and the judge counts. What could be seen before the cut counts as uploaded.
//!
//! An ordinary run takes a few states after every call; `STOPGAP_POWER=1000` takes about a thousand of each command, `STOPGAP_POWER_SEED` others.

mod change;
mod disk;
mod trace;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::desk::{Desk, approve, cancel, owned, prepare, release};
use crate::judge::{Finding, Judge};
use crate::sweep::{Scenario, State, in_parallel, say};
use crate::{approved, coming_back, init, prepared, scenario, with_lists};
use disk::{Chance, Disk, Files, Kept};

const KINDS: [Kept; 5] = [Kept::Nothing, Kept::Everything, Kept::NoContent, Kept::Some, Kept::AnyOrder];

/// States of an ordinary run, of each command; of some a part of them.
const STATES: usize = 40;

struct Case {
    after_call: usize,
    kept: Kept,
    is_last: bool,
    /// Bank files that could be seen before the cut.
    seen: Vec<(String, Vec<u8>)>,
    files: Files,
}

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|given| given.parse().ok()).unwrap_or(otherwise)
}

/// Distinct states, evenly over the whole run: first what is certain of each kind after every call, then chance.
fn cases(scenario: &Scenario, states: usize, seed: usize, judge: &mut Judge) -> (usize, State, Vec<Case>) {
    let desk = scenario.desk.copy();
    let root = desk.path("").canonicalize().expect("a folder");
    let before: Files = files_of(&root);
    let trace = desk.record(trace::CALLS, &scenario.command, scenario.answer);
    let changes = trace::changes(&trace, &root).expect("every call is understood");
    let after = State::of(&desk);
    judge.excuse(&desk);
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for round in 0.. {
        let (mut disk, mut is_new) = (Disk::with(&before), false);
        for (at, change) in changes.iter().enumerate() {
            disk.apply(change);
            let kept = KINDS[if round < 3 { round } else { 3 + (round + at) % 2 }];
            let mut chance = Chance((seed * 1_000_003 + round * 7_919 + at) as u64);
            let files = disk.after_power_loss(kept, &mut chance);
            let seen = bank_files(&disk.seen());
            let is_last = at + 1 == changes.len();
            if known.insert((files.clone(), seen.clone(), is_last)) {
                is_new = true;
                found.push(Case { after_call: at, kept, is_last, seen, files });
            }
        }
        if found.len() >= states * 4 || round > 3 && !is_new {
            break;
        }
    }
    // The last state of all is the one in which everything was acknowledged: it is always among them.
    let every = (found.len() / states).max(1);
    let mut at = 0;
    found.retain(|case| {
        at += 1;
        case.is_last || (at + seed).is_multiple_of(every)
    });
    (changes.len(), after, found)
}

fn cut_the_power(scenario: Scenario) {
    let seed = from_environment("STOPGAP_POWER_SEED", 1);
    let states = from_environment("STOPGAP_POWER", STATES / scenario.every);
    let started = std::time::Instant::now();
    let mut knows = Judge::default();
    knows.excuse(&scenario.desk);
    let (changes, after, cases) = cases(&scenario, states, seed, &mut knows);
    assert!(changes > 5 && cases.len() > 5, "{changes} changes, {} states", cases.len());
    let acknowledged = AtomicUsize::new(0);
    let found = in_parallel(&cases, |case| {
        let desk = scenario.desk.with_files(&case.files);
        let mut judge = knows.clone();
        for (name, bytes) in &case.seen {
            judge.see(name, bytes);
        }
        if case.is_last {
            acknowledged.fetch_add(1, Ordering::Relaxed);
            let left = State::of(&desk);
            if left != after {
                judge.find(Finding::Untrue { said: format!("acknowledged, and lost with the power: {left:?}") });
            }
        }
        judge.look(&desk);
        judge.let_people_finish(&desk, &scenario.again);
        if let Err(why) = (scenario.reached)(&desk) {
            judge.find(Finding::NotReached { why });
        }
        judge.verdict(&scenario.owed)
    });
    let with_place = |(case, findings): (&Case, Vec<Finding>)| {
        let place = format!("{:?} kept after call {}", case.kept, case.after_call);
        findings.into_iter().map(move |finding| format!("{place}: {finding:?}")).collect::<Vec<_>>()
    };
    let found: Vec<String> = cases.iter().zip(found).flat_map(with_place).collect();
    say(&format!(
        "power cut in {}: {} states after {changes} calls ({} acknowledged), seed {seed}, {} findings, {:.1} s",
        scenario.name,
        cases.len(),
        acknowledged.into_inner(),
        found.len(),
        started.elapsed().as_secs_f32()
    ));
    assert!(
        found.is_empty(),
        "{} findings in {}:\n{}",
        found.len(),
        scenario.name,
        found[..found.len().min(12)].join("\n")
    );
}

fn bank_files(files: &Files) -> Vec<(String, Vec<u8>)> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_in_outbox = |path: &Path| path.ancestors().any(|folder| folder.ends_with("workspace/out"));
    let files = files.iter().filter(|(path, _)| is_in_outbox(path));
    let files = files.filter_map(|(path, content)| Some((name(path), content.clone()?)));
    files.filter(|(name, _)| !name.starts_with('.') && name.ends_with(".xml")).collect()
}

fn files_of(folder: &Path) -> Files {
    let mut files = Files::from([(folder.to_path_buf(), None)]);
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else {
            files.insert(path.clone(), Some(std::fs::read(&path).expect("reads")));
        }
    }
    files
}

#[test]
fn a_power_cut_in_prepare_pays_the_edited_list_once() {
    if Scenario::can_run() {
        let scenario = scenario("prepare", with_lists(Desk::new()), prepare("list.csv"), 1);
        cut_the_power(Scenario { again: vec![prepare("edited.csv")], ..scenario });
    }
}

#[test]
fn a_power_cut_in_approve_loses_nothing() {
    if Scenario::can_run() {
        let desk = prepared();
        let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).expected();
        let digest = shown["digest"].as_str().expect("a digest").to_owned();
        cut_the_power(scenario("approve", desk, approve("B0001", &digest), 1));
    }
}

#[test]
fn a_power_cut_in_release_never_pays_twice() {
    if Scenario::can_run() {
        cut_the_power(scenario("release", approved(), release("B0001"), 1));
    }
}

/// Nobody releases again: the batch is cancelled where that is allowed. Pays twice where a file could be seen before the ledger was safe.
#[test]
fn a_power_cut_in_a_release_that_is_given_up_never_pays_twice() {
    if Scenario::can_run() {
        let again = vec![cancel("B0001"), prepare("edited.csv")];
        cut_the_power(Scenario { again, ..scenario("release, given up", approved(), release("B0001"), 1) });
    }
}

#[test]
fn a_power_cut_in_cancel_loses_nothing() {
    if Scenario::can_run() {
        cut_the_power(scenario("cancel", approved(), cancel("B0001"), 1));
    }
}

#[test]
fn a_power_cut_in_backup_leaves_a_whole_one_or_none() {
    if Scenario::can_run() {
        let backup = owned(&["backup", "workspace/stick", "--operator", "anna"]);
        let restore = owned(&["restore", "workspace/stick", "--workspace", "restored"]);
        let scenario = scenario("backup", approved(), backup.clone(), 1);
        cut_the_power(Scenario { again: vec![backup, restore, prepare("edited.csv")], ..scenario });
    }
}

#[test]
fn a_power_cut_in_init_is_finished_by_running_it_again() {
    if Scenario::can_run() {
        cut_the_power(scenario("init", with_lists(Desk::bare()), init(), 4));
    }
}

/// What comes after a release, or before one can be made.
#[test]
fn a_power_cut_in_what_follows_loses_nothing_and_pays_once() {
    if Scenario::can_run() {
        for scenario in [
            coming_back::outcome(),
            coming_back::purge(),
            coming_back::adopt(),
            coming_back::merge(),
            coming_back::restore(),
        ] {
            cut_the_power(Scenario { every: 4, ..scenario });
        }
    }
}
