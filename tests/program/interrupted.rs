//! Ctrl-C at any moment leaves nothing half-done: the command either happened or did not, and running it again finishes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::desk::Desk;
use crate::syncs::list;

/// So many moments of each command, evenly over what it takes.
const MOMENTS: u32 = 10;
const ROWS: u32 = 1_500;

fn desk() -> Desk {
    let desk = Desk::new();
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("max_payments = 1000", "max_payments = 100")).expect("writes");
    desk.write("list.csv", list(ROWS));
    desk
}

const PREPARE: [&str; 5] = ["prepare", "list.csv", "--operator", "anna", "--json"];
const RELEASE: [&str; 5] = ["release", "B0001", "--operator", "anna", "--json"];

fn spawn(desk: &Desk, arguments: &[&str]) -> Child {
    let mut command = desk.command(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("runs")
}

/// What the command takes when nobody interrupts it.
fn duration(desk: &Desk, arguments: &[&str]) -> Duration {
    let began = Instant::now();
    assert!(spawn(desk, arguments).wait().expect("ends").success());
    began.elapsed()
}

/// Runs the command and presses Ctrl-C after a while. Says whether it was interrupted before its end.
fn interrupt(desk: &Desk, arguments: &[&str], after: Duration) -> bool {
    let mut child = spawn(desk, arguments);
    thread::sleep(after);
    let interrupted = child.try_wait().expect("is known").is_none();
    let _ = kill_process(Pid::from_child(&child), Signal::INT);
    child.wait().expect("ends");
    interrupted
}

/// The files of the outbox by their names.
fn outbox(desk: &Desk) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = desk.workspace().join("out/B0001");
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries.flatten().map(|entry| (entry.path(), fs::read(entry.path()).expect("reads"))).collect()
}

/// By their names alone.
fn bank_files(desk: &Desk) -> Vec<Vec<u8>> {
    let is_bank_file = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "xml");
    outbox(desk).into_iter().filter(|(path, _)| is_bank_file(path)).map(|(_, bytes)| bytes).collect()
}

fn nothing_is_left_on_the_way(desk: &Desk) {
    let left: Vec<_> = desk.files().into_iter().filter(|path| path.to_string_lossy().contains("draft")).collect();
    assert!(left.is_empty(), "{left:?}");
    let hidden: Vec<_> = fs::read_dir(desk.workspace())
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(".tmp"))
        .collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

#[test]
fn a_prepare_that_is_interrupted_happened_or_did_not() {
    let whole = duration(&desk(), &PREPARE);
    let mut interruptions = 0;
    for moment in 0..MOMENTS {
        let desk = desk();
        interruptions += u32::from(interrupt(&desk, &PREPARE, whole * moment / MOMENTS));
        desk.json(&["verify"]).exits(0);
        let listed = desk.json(&["batch", "list"]).exits(0).json();
        let batches = listed.as_array().expect("batches").len();
        assert!(batches <= 1, "{listed}");
        let again = desk.run(&PREPARE).exits(0).json();
        let (field, rows) = if batches == 1 { ("duplicate", ROWS) } else { ("prepared", ROWS) };
        assert_eq!(again["rows"][field], rows, "{again}");
        let listed = desk.json(&["batch", "list"]).exits(0).json();
        assert_eq!((listed.as_array().map(Vec::len), &listed[0]["payments"]), (Some(1), &ROWS.into()));
        assert!(desk.workspace().join("out/B0001/rows.csv").exists());
        nothing_is_left_on_the_way(&desk);
        desk.json(&["verify"]).exits(0);
    }
    assert!(interruptions > 0, "it was always faster");
}

#[test]
fn a_release_that_is_interrupted_is_finished_by_running_it_again() {
    let approved = || {
        let desk = desk();
        desk.run(&PREPARE).exits(0);
        desk.approve("B0001").exits(0);
        desk
    };
    let whole = duration(&approved(), &RELEASE);
    let mut interruptions = 0;
    for moment in 0..MOMENTS {
        let desk = approved();
        interruptions += u32::from(interrupt(&desk, &RELEASE, whole * moment / MOMENTS));
        desk.json(&["verify"]).exits(0);
        let before = bank_files(&desk);
        let states = desk.json(&["batch", "list"]).exits(0).json();
        assert!(before.is_empty() || states[0]["state"] != "approved", "a file before its entry: {states}");
        let released = desk.run(&RELEASE).exits(0).json();
        let after = bank_files(&desk);
        assert_eq!(after.len(), released["files"].as_array().expect("files").len());
        assert!(before.iter().all(|file| after.contains(file)), "what was seen is what was released");
        nothing_is_left_on_the_way(&desk);
        desk.json(&["verify"]).exits(0);
        let states = desk.json(&["batch", "list"]).exits(0).json();
        assert_eq!(states[0]["state"], "released");
    }
    assert!(interruptions > 0, "it was always faster");
}
