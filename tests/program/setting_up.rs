//! Workspaces, operators and episodes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::desk::{Desk, INIT, LIST, PAY_ON};

#[test]
fn init_makes_a_workspace_that_only_its_owner_can_look_into() {
    let desk = Desk::new();
    let mode = |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&desk.workspace()), 0o700);
    let files = desk.files();
    assert!(
        files.iter().any(|file| file.ends_with("stopgap.toml")) && files.iter().any(|file| file.ends_with("ledger.db"))
    );
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert_eq!(desk.json(&["verify"]).exits(0).json()["entries"], 3);
}

#[test]
fn init_never_goes_over_a_workspace_and_takes_two_people() {
    let desk = Desk::new();
    let head = desk.head();
    assert_eq!(desk.json(&INIT).exits(3).error_code(), "workspace.exists");
    assert_eq!(desk.head(), head);
    let alone = Desk::bare();
    assert_eq!(alone.json(&INIT[..9]).exits(2).error_code(), "operator.too_few");
    let twice = [&INIT[..9], &["--operator", "Anna"]].concat();
    assert_eq!(alone.json(&twice).exits(2).error_code(), "operator.twice");
    let stranger = [&INIT[..9], &["--operator", "nobody"]].concat();
    assert_eq!(alone.json(&stranger).exits(2).error_code(), "passphrase.missing");
    assert!(!alone.workspace().exists(), "a refused init leaves nothing");
    fs::create_dir(alone.workspace()).expect("makes");
    fs::write(alone.workspace().join("notes.txt"), "").expect("writes");
    assert_eq!(alone.json(&stranger).exits(2).error_code(), "passphrase.missing");
    let left: Vec<_> =
        fs::read_dir(alone.workspace()).expect("lists").map(|one| one.expect("reads").file_name()).collect();
    assert_eq!(left, ["notes.txt"], "what was there before stays");
    alone.json(&INIT).exits(0);
}

#[test]
fn an_interrupted_init_is_finished_by_running_it_again() {
    let desk = Desk::bare();
    fs::create_dir_all(desk.workspace().join("keys")).expect("makes");
    fs::write(desk.workspace().join(".init-unfinished"), "").expect("writes");
    fs::write(desk.workspace().join("ledger.db"), "half").expect("writes");
    assert_eq!(desk.json(&["verify"]).exits(2).error_code(), "workspace.unfinished");
    desk.run(&INIT).exits(0);
    desk.json(&["verify"]).exits(0);
}

#[test]
fn wrong_and_missing_passphrases_open_nothing() {
    let desk = Desk::new();
    let list = desk.write("list.csv", LIST);
    let list = list.to_str().expect("a path");
    desk.write("passphrases/anna", "not hers\n");
    assert_eq!(desk.prepare(&[list]).exits(3).error_code(), "passphrase.wrong");
    fs::remove_file(desk.path("passphrases/anna")).expect("removes");
    assert_eq!(desk.prepare(&[list]).exits(2).error_code(), "passphrase.missing");
    assert_eq!(desk.json(&["prepare", list, "--operator", "nobody"]).exits(3).error_code(), "control.unknown_operator");
    assert_eq!(desk.json(&["verify"]).exits(0).json()["entries"], 3);
}

#[test]
fn a_synchronised_folder_takes_two_who_accept_it() {
    let desk = Desk::bare();
    let place = desk.path("OneDrive - Kommunia/workspace");
    let place = ["--workspace", place.to_str().expect("a path")];
    let init = |more: &[&str]| desk.json(&[&INIT[..], &place, more].concat());
    assert_eq!(init(&[]).exits(3).error_code(), "place.unfit");
    assert!(!desk.path("OneDrive - Kommunia").exists());
    init(&["--accept-place"]).exits(0);
    assert_eq!(desk.json(&[&["verify"], &place[..]].concat()).exits(0).json()["entries"], 4, "it is recorded");
    // A workspace that was moved into such a folder later.
    let desk = Desk::new();
    let list = desk.write("list.csv", LIST);
    fs::create_dir(desk.path("Dropbox")).expect("makes");
    fs::rename(desk.workspace(), desk.path("Dropbox/workspace")).expect("moves");
    let place = ["--workspace", "Dropbox/workspace"];
    let run = |arguments: &[&str]| desk.json(&[arguments, &place].concat());
    let prepare = ["prepare", list.to_str().expect("a path"), "--pay-on", PAY_ON, "--operator", "anna"];
    assert_eq!(run(&prepare).exits(3).error_code(), "place.unfit");
    run(&["verify"]).exits(0);
    let accept = ["adopt", "--accept-place", "--operator", "anna", "--second"];
    assert_eq!(run(&[&accept[..], &["anna"]].concat()).exits(3).error_code(), "control.same_person");
    run(&[&accept[..], &["malik"]].concat()).exits(0);
    run(&prepare).exits(0);
    assert_eq!(run(&[&accept[..], &["malik"]].concat()).exits(3).error_code(), "place.fit");
}

#[test]
fn a_passphrase_is_changed_by_whoever_knows_it() {
    let desk = Desk::new();
    let old = fs::read_to_string(desk.path("passphrases/anna")).expect("reads");
    let change = || desk.json(&["operator", "passphrase", "--operator", "anna"]);
    assert_eq!(change().exits(2).error_code(), "passphrase.missing");
    desk.write("passphrases/anna.new", &old);
    assert_eq!(change().exits(2).error_code(), "passphrase.same");
    desk.write("passphrases/anna.new", "isen bryder op i maj\n");
    desk.write("passphrases/anna", "not hers\n");
    assert_eq!(change().exits(3).error_code(), "passphrase.wrong");
    desk.write("passphrases/anna", &old);
    assert_eq!(change().exits(0).json()["changed"], true);
    // Run again after an interruption, with the old one still at hand.
    assert_eq!(change().exits(0).json()["changed"], false);
    let list = desk.write("list.csv", LIST);
    let prepare = || desk.prepare(&[list.to_str().expect("a path"), "--pay-on", PAY_ON]);
    assert_eq!(prepare().exits(3).error_code(), "passphrase.wrong", "the old one opens nothing");
    fs::rename(desk.path("passphrases/anna.new"), desk.path("passphrases/anna")).expect("renames");
    prepare().exits(0);
    assert_eq!(desk.json(&["operator", "passphrase", "sara"]).exits(3).error_code(), "control.unknown_operator");
}

#[test]
fn operators_join_and_leave_by_two_who_stay() {
    let desk = Desk::new();
    let add = |name, second| desk.json(&["operator", "add", name, "--operator", "anna", "--second", second]);
    assert_eq!(add("sara", "anna").exits(3).error_code(), "control.same_person");
    assert_eq!(add("sara", "sara").exits(3).error_code(), "control.unknown_operator");
    add("sara", "malik").exits(0);
    assert_eq!(add("Sara", "malik").exits(2).error_code(), "operator.exists");
    let retire = |name, second| desk.json(&["operator", "retire", name, "--operator", "anna", "--second", second]);
    assert_eq!(retire("anna", "malik").exits(3).error_code(), "control.rule");
    retire("sara", "malik").exits(0);
    assert_eq!(retire("malik", "malik").exits(3).error_code(), "control.rule", "two must remain");
    let list = desk.write("list.csv", LIST);
    let retired = desk.json(&["prepare", list.to_str().expect("a path"), "--operator", "sara"]);
    assert_eq!(retired.exits(3).error_code(), "control.unknown_operator");
    assert_eq!(desk.json(&["verify"]).exits(0).json()["entries"], 5);
}

#[test]
fn an_approver_is_shown_whose_hands_are_new() {
    let desk = Desk::new();
    let list = desk.write("list.csv", LIST);
    desk.prepare(&[list.to_str().expect("a path"), "--pay-on", PAY_ON]).exits(0);
    desk.json(&["operator", "add", "sara", "--operator", "anna", "--second", "malik"]).exits(0);
    let shown = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();
    assert_eq!(shown["operators_changed"][0], "sara");
    let screen = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).exits(0);
    assert!(screen.stdout.contains("sara"), "{}", screen.stdout);
    let digest = shown["digest"].as_str().expect("a digest");
    let approved = desk.json(&["approve", "B0001", "--operator", "sara", "--digest", digest]).exits(0).json();
    assert_eq!(approved["approver_enrolled_after_preparation"], true);
}

#[test]
fn batches_belong_to_the_open_episode() {
    let desk = Desk::new();
    let episode = |arguments: &[&str]| desk.json(&[&["episode"], arguments, &["--operator", "anna"]].concat());
    episode(&["open", "attack-2026", "--reason", "systems down", "--scheme", "Alderspension", "--period", "2022-04"])
        .exits(0);
    assert_eq!(episode(&["open", "another"]).exits(3).error_code(), "episode.open");
    let list = desk.write("list.csv", LIST);
    desk.prepare(&[list.to_str().expect("a path"), "--pay-on", PAY_ON]).exits(0);
    let shown = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();
    assert_eq!(shown["episode"], "attack-2026");
    assert_eq!(
        episode(&["close", "attack-2026"]).exits(3).error_code(),
        "episode.open_matters",
        "a batch is unfinished"
    );
    desk.json(&["batch", "cancel", "B0001", "--operator", "malik"]).exits(0);
    episode(&["close", "attack-2026"]).exits(0);
    assert_eq!(episode(&["list"]).exits(0).json()[0]["open"], false);
}

#[test]
fn an_episode_may_be_about_several_schemes_and_periods() {
    let desk = Desk::new();
    let of_two = ["--scheme", "Alderspension", "--scheme", "Boligstøtte", "--period", "2022-05", "--period", "2022-04"];
    let open = [&["episode", "open", "attack-2026", "--operator", "anna"], &of_two[..]].concat();
    let episode = &desk.json(&open).exits(0).json()[0];
    assert_eq!(episode["schemes"], serde_json::json!(["Alderspension", "Boligstøtte"]));
    assert_eq!(episode["periods"], serde_json::json!(["2022-04", "2022-05"]));
    assert_eq!(episode["period"], "2022-04..2022-05", "the days that hold them all");
    assert!(desk.run(&["episode", "list"]).exits(0).stdout.contains("2022-04, 2022-05"));
    desk.json(&["verify"]).exits(0);
}

#[test]
fn another_payer_in_the_settings_is_refused() {
    let desk = Desk::new();
    let path = desk.workspace().join("stopgap.toml");
    let settings = fs::read_to_string(&path).expect("reads");
    fs::write(&path, settings.replace("6471-0001234567", "6471-0009999999")).expect("writes");
    assert_eq!(desk.json(&["batch", "list"]).exits(3).error_code(), "control.payer_changed");
    fs::write(&path, settings.replace("[limits]", "[limit]")).expect("writes");
    assert_eq!(desk.json(&["batch", "list"]).exits(2).error_code(), "settings.malformed");
    fs::write(&path, &settings).expect("writes");
    desk.json(&["batch", "list"]).exits(0);
}

/// A folder of passphrases is set up by somebody: what is wrong with it is said, and stops nothing.
#[test]
fn two_operators_with_one_passphrase_are_pointed_out() {
    let desk = Desk::bare();
    desk.write("passphrases/malik", "abcde\n");
    desk.write("passphrases/anna", "abcde\n");
    let said = desk.run(&INIT).exits(0).stderr;
    assert!(said.contains("malik has the same passphrase as anna") && said.contains("anna is short"), "{said}");
    desk.write("passphrases/sara", "abcde\n");
    let said = desk.run(&["operator", "add", "sara", "--operator", "anna", "--second", "malik"]).exits(0).stderr;
    assert!(said.contains("sara has the same passphrase as"), "{said}");
    assert_eq!(Desk::bare().run(&INIT).exits(0).stderr, "");
}
