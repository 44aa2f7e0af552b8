//! What keeps a ledger and its people safe, interrupted anywhere: operators who take over with the recovery code, the end of copies,
//! another desk, and the end of the duplicate key.

use std::fs;

use crate::desk::{Desk, owned};
use crate::sweep::Scenario;
use crate::{approved, prepare, scenario};

const HALVES: [&str; 2] = ["out/recovery/half-1.txt", "out/recovery/half-2.txt"];

/// Whoever was interrupted after the new passphrases counted finds the code void; otherwise the same two take over.
#[test]
fn operators_who_take_over_interrupted_anywhere_have_keys_that_open() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    desk.run(&["operator", "recovery", "--operator", "anna", "--second", "malik"]).expected();
    for (number, half) in (1..).zip(HALVES) {
        desk.write(&format!("passphrases/recovery-{number}"), fs::read(desk.workspace().join(half)).expect("a page"));
    }
    desk.run(&["copies", "end", HALVES[0], HALVES[1], "--operator", "anna"]).expected();
    let reached = |desk: &Desk| {
        let names = |part: &str| desk.files().keys().filter(|path| path.to_string_lossy().contains(part)).count();
        let found = [names("keys/operator-"), names("keys/recovery-"), names(".waiting")];
        let deep = desk.run(&["verify", "--deep", "--operator", "malik"]);
        // Whoever was interrupted after the old code was used up has none: `operator list` says so.
        match matches!(found, [2, 0 | 1, 0]) && matches!(deep.code, Some(0 | 1)) {
            true => Ok(()),
            false => Err(format!("{found:?} key files; {}", deep.said())),
        }
    };
    let command = owned(&["operator", "recover"]);
    Scenario { reached, ..scenario("operator recover", desk, command, 97) }.sweep();
}

/// What was to go is gone from the disk and from the register, and the rest is as it was.
#[test]
fn the_end_of_copies_interrupted_anywhere_is_finished_by_running_it_again() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    desk.release("B0001").expected();
    let listed = desk.run(&["copies", "list", "--operator", "anna"]).expected();
    let bank_files = listed["copies"].as_array().expect("copies").iter().filter(|copy| copy["purpose"] == "bank_file");
    let ids: Vec<&str> = bank_files.map(|copy| copy["copy"].as_str().expect("an id")).collect();
    let command = owned(&[&["copies", "end", "--operator", "anna"], &ids[..]].concat());
    let reached = |desk: &Desk| {
        let listed = desk.run(&["copies", "list", "--all", "--operator", "anna"]).json().unwrap_or_default();
        let copies = listed["copies"].as_array().cloned().unwrap_or_default();
        let mut bank_files = copies.iter().filter(|copy| copy["purpose"] == "bank_file");
        let are_ended = bank_files.all(|copy| copy["batch"] != "B0001" || copy["state"] == "ended");
        let lie = desk.files().keys().any(|path| {
            let path = path.to_string_lossy();
            path.contains("B0001") && path.ends_with(".xml")
        });
        if are_ended && !lie { Ok(()) } else { Err(format!("{listed}")) }
    };
    Scenario { reached, ..scenario("copies end", desk, command, 23) }.sweep();
}

/// A letter may be lost to an interruption, and is never given to two desks.
#[test]
fn a_desk_whose_making_is_interrupted_anywhere_is_made_by_running_it_again() {
    if !Scenario::can_run() {
        return;
    }
    let reached = |desk: &Desk| {
        let verified = desk.run(&["verify", "--workspace", "workspace-two"]);
        let merged = desk.run(&["merge", "workspace-two", "--operator", "anna"]);
        match verified.code == Some(0) && merged.code == Some(0) {
            true => Ok(()),
            false => Err(format!("{} {}", verified.said(), merged.said())),
        }
    };
    let command = owned(&["desk", "add", "workspace-two", "--operator", "anna", "--second", "malik"]);
    Scenario { reached, ..scenario("desk add", approved(), command, 53) }.sweep();
}

/// The key is gone, with its certificate, and nobody is paid from the ledger any more.
#[test]
fn the_end_of_the_duplicate_key_interrupted_anywhere_is_finished_by_running_it_again() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    desk.release("B0001").expected();
    desk.end_every_copy();
    let episodes = desk.run(&["episode", "list"]).expected();
    let episode = episodes[0]["episode"].as_str().expect("a name");
    let close = ["episode", "close", episode, "--operator", "anna", "--second", "malik", "--reason", "a test"];
    desk.run(&close).expected();
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0\nduplicate_years = 0")).expect("writes");
    let purge = ["purge", "--before", "2199-01-01", "--operator", "anna", "--second", "malik"];
    desk.run(&purge).expected();
    let command = owned(&[&purge[..], &["--duplicate-key"]].concat());
    let reached = |desk: &Desk| {
        let refused = desk.run(&prepare("edited.csv"));
        let keys = desk.files().keys().filter(|path| path.to_string_lossy().contains("keys/duplicate-")).count();
        let certificates = desk.files().keys().filter(|path| path.to_string_lossy().contains("purge-")).count();
        match refused.error("code") == "ledger.duplicate_key_ended" && keys == 0 && certificates == 4 {
            true => Ok(()),
            false => Err(format!("{keys} keys, {certificates} files of certificates; {}", refused.said())),
        }
    };
    let ended = scenario("purge --duplicate-key", desk, command.clone(), 37);
    Scenario { reached, again: vec![command], owed: Vec::new(), ..ended }.sweep();
}
