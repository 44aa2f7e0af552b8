//! What is kept safe can be had back: backups, keys, restored ledgers.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::desk::{Desk, INIT, LIST, PAY_ON};
use crate::desks::statement;

impl Desk {
    fn pay(&self, name: &str, list: &str) -> String {
        let path = self.write(name, list);
        let prepared = self.prepare(&[path.to_str().expect("a path"), "--pay-on", PAY_ON]).exits(0).json();
        let batch = prepared["batch"].as_str().expect("a batch").to_owned();
        let digest = prepared["digest"].as_str().expect("a digest");
        self.json(&["approve", &batch, "--operator", "malik", "--digest", digest]).exits(0);
        self.json(&["release", &batch, "--operator", "anna"]).exits(0);
        batch
    }

    fn backup(&self, destination: &str) -> Value {
        self.json(&["backup", destination, "--operator", "anna"]).exits(0).json()
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a path").to_owned()
    }

    fn wipe(&self) {
        fs::remove_dir_all(self.workspace()).expect("removes");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A list of `count` made-up people from number `from` on.
fn people(from: usize, count: usize) -> String {
    let rows: String = (from..from + count)
        .map(|n| {
            format!(
                "{:02}0281{:04};Person {n};6471-{:010};{},50;Alderspension;2022-04\n",
                61 + n % 28,
                1000 + n,
                100_001 + n,
                n + 1
            )
        })
        .collect();
    format!("cpr;navn;konto;beløb;ydelse;periode\n{rows}")
}

#[test]
fn a_lost_laptop_comes_back_from_a_backup_and_the_keys() {
    let desk = Desk::new();
    desk.pay("list.csv", LIST);
    let backup = desk.json(&["backup", "stick", "--keys", "safe", "--operator", "anna"]).exits(0).json();
    assert_eq!((backup["restored_and_compared"].as_bool(), backup["keys"].as_str()), (Some(true), Some("safe")));
    assert_eq!(backup["keys_without_copy"].as_array().map(Vec::len), Some(0));
    assert_eq!(
        names(&desk.path("stick")),
        ["HOW-TO-RESTORE.txt", "ledger.db", "receipt.json", "stopgap.toml", "witness.log"]
    );
    let head = desk.head();
    assert_eq!(backup["head"], head, "the backup holds its own entry");
    desk.wipe();
    let code = backup["receipt"].as_str().expect("a code");
    let restored = desk.json(&["restore", "stick", "--keys", "safe", "--receipt", code]).exits(0).json();
    assert_eq!((&restored["head"], restored["missing_keys"].as_array().map(Vec::len)), (&backup["head"], Some(0)));
    assert_eq!(desk.head(), head);
    let list = desk.text("list.csv");
    let again = desk.prepare(&[&list, "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((&again["batch"], &again["rows"]["duplicate"]), (&Value::Null, &Value::from(3)));
    desk.json(&["release", "B0001", "--operator", "anna"]).exits(0);
    desk.pay("more.csv", &people(0, 4));
    desk.json(&["verify"]).exits(0);
}

/// Backup, wipe, restore, verify, go on paying, at changing sizes; nobody is ever paid twice or forgotten.
#[test]
fn a_restore_drill_of_many_rounds() {
    let desk = Desk::new();
    let mut paid = 0;
    for disk in ["disk", "safe"] {
        fs::create_dir(desk.path(disk)).expect("makes");
    }
    for (round, count) in [1, 7, 2, 40, 150].into_iter().enumerate() {
        desk.pay("list.csv", &people(paid, count));
        paid += count;
        let backup = desk.json(&["backup", "disk", "--keys", "safe", "--operator", "anna"]).exits(0).json();
        let head = desk.head();
        desk.wipe();
        let code = backup["receipt"].as_str().expect("a code");
        let restored = desk.json(&["restore", "disk", "--keys", "safe", "--receipt", code]).exits(0).json();
        assert_eq!(restored["backup"], backup["backup"], "the newest of {}", round + 1);
        assert_eq!((desk.head(), backup["head"].as_str()), (head.clone(), Some(head.as_str())), "round {round}");
        let path = desk.write("list.csv", people(0, paid));
        let again = desk.prepare(&[path.to_str().expect("a path"), "--pay-on", PAY_ON]).exits(0).json();
        assert_eq!(again["rows"]["duplicate"], paid, "round {round}");
    }
}

#[test]
fn a_backup_is_never_written_over_anything() {
    let desk = Desk::new();
    desk.backup("stick");
    let before = fs::read(desk.path("stick/receipt.json")).expect("reads");
    let inside = desk.backup("stick")["backup"].as_str().expect("a place").to_owned();
    assert!(inside.starts_with("stick/stopgap-backup-"), "{inside}");
    assert_eq!(fs::read(desk.path("stick/receipt.json")).expect("reads"), before);
    let file = desk.write("letter", "a letter");
    assert_eq!(desk.json(&["backup", "letter"]).exits(2).error_code(), "backup.exists");
    assert_eq!(fs::read(file).expect("reads"), b"a letter");
    assert_eq!(desk.json(&["backup", "no/such/disk"]).exits(2).error_code(), "backup.no_folder");
    for beside in ["workspace/copy", "stick/keys"] {
        let refused = desk.json(&["backup", "stick", "--keys", beside]).exits(3);
        assert_eq!(refused.error_code(), "backup.keys_beside");
    }
}

/// A disk on which each backup goes to the same name: the first is the folder itself, and the later ones lie in it.
#[test]
fn of_a_backup_and_those_within_it_the_newest_is_restored() {
    let desk = Desk::new();
    let backup = |desk: &Desk| desk.json(&["backup", "stick", "--operator", "anna"]).exits(0).json();
    backup(&desk);
    desk.pay("list.csv", &people(0, 3));
    let newest = backup(&desk);
    let other = Desk::new();
    other.pay("list.csv", &people(0, 9));
    other.pay("more.csv", &people(9, 9));
    let of_another_ledger = desk.path("stick/of-another-ledger");
    other.json(&["backup", of_another_ledger.to_str().expect("a path"), "--operator", "anna"]).exits(0);
    let restored = desk.json(&["restore", "stick", "--workspace", "new"]).exits(0).json();
    assert_eq!((&restored["backup"], &restored["head"]), (&newest["backup"], &newest["head"]));
}

#[test]
fn without_a_passphrase_a_backup_is_made_and_the_ledger_does_not_know() {
    let desk = Desk::new();
    let head = desk.head();
    fs::rename(desk.path("passphrases"), desk.path("elsewhere")).expect("moves");
    let backup = desk.json(&["backup", "stick"]).exits(0).json();
    assert_eq!((backup["recorded"].as_bool(), backup["head"].as_str()), (Some(false), Some(head.as_str())));
    assert_eq!(desk.json(&["backup", "b", "--keys", "c"]).exits(2).error_code(), "operator.missing");
    assert!(!desk.path("b").exists() && !desk.path("c").exists());
}

#[test]
fn restore_goes_over_nothing_and_takes_only_backups() {
    let desk = Desk::new();
    desk.backup("stick");
    let restore = |source: &str, target: &str| desk.json(&["restore", source, "--workspace", target]);
    assert_eq!(restore("stick", "workspace").exits(2).error_code(), "workspace.exists");
    assert_eq!(restore("nowhere", "new").exits(2).error_code(), "restore.no_backup");
    assert_eq!(restore("passphrases", "new").exits(2).error_code(), "restore.no_backup");
    assert_eq!(restore("workspace", "new").exits(2).error_code(), "restore.no_backup");
    fs::create_dir(desk.path("foreign")).expect("makes");
    desk.write("foreign/receipt.json", "{\"shop\": \"bread, 12,50\"}");
    assert_eq!(restore("foreign", "new").exits(2).error_code(), "restore.no_backup");
    assert!(!desk.path("new").exists());
    fs::create_dir(desk.path("new")).expect("makes");
    restore("stick", "new").exits(0);
    desk.json(&["verify", "--workspace", "new"]).exits(0);
}

/// Every file of a backup cut short, and a bit of it changed in many places: refused, and nothing is left behind.
#[test]
fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    desk.pay("list.csv", LIST);
    desk.backup("stick");
    for name in ["ledger.db", "receipt.json", "stopgap.toml", "witness.log"] {
        let path = desk.path("stick").join(name);
        let whole = fs::read(&path).expect("reads");
        let mut changes: Vec<Vec<u8>> = vec![whole[..whole.len() / 2].to_vec(), Vec::new()];
        for step in 0..8 {
            let mut changed = whole.clone();
            changed[step * (whole.len() - 1) / 7] ^= 1 << step;
            changes.push(changed);
        }
        for (number, changed) in changes.into_iter().enumerate() {
            fs::write(&path, changed).expect("writes");
            let ran = desk.json(&["restore", "stick", "--workspace", "new"]);
            let is_blank = name == "receipt.json" && ran.code == 0;
            assert!(matches!(ran.code, 2 | 4) || is_blank, "{name} {number}: {} {}", ran.stdout, ran.stderr);
            if is_blank {
                fs::remove_dir_all(desk.path("new")).expect("removes");
            }
            assert!(!desk.path("new").exists() && !desk.path(".new.draft").exists(), "{name} {number}");
        }
        fs::remove_file(&path).expect("removes");
        assert!(matches!(desk.json(&["restore", "stick", "--workspace", "new"]).code, 2 | 4), "{name}");
        fs::write(&path, whole).expect("writes");
    }
    desk.json(&["restore", "stick", "--workspace", "new"]).exits(0);
}

#[test]
fn a_backup_older_than_what_is_known_takes_two_people() {
    let desk = Desk::new();
    desk.pay("list.csv", LIST);
    desk.backup("old");
    desk.pay("more.csv", &people(0, 3));
    let code = desk.json(&["backup", "new", "--keys", "safe", "--operator", "anna"]).exits(0).json()["receipt"].clone();
    let code = code.as_str().expect("a code");
    desk.wipe();
    let restore = |more: &[&str]| desk.json(&[&["restore", "old", "--keys", "safe"], more].concat());
    assert_eq!(restore(&["--receipt", code]).exits(3).error_code(), "restore.older");
    let file = desk.text("new/receipt.json");
    assert_eq!(restore(&["--receipt", &file]).exits(3).error_code(), "restore.older");
    let other = format!("2-{}", code.split_once('-').expect("a code").1);
    assert_eq!(restore(&["--receipt", &other]).exits(3).error_code(), "restore.differs");
    assert_eq!(restore(&["--receipt", "17-nothing"]).exits(2).error_code(), "restore.receipt");
    assert!(!desk.workspace().exists());
    assert_eq!(restore(&[]).exits(3).error_code(), "restore.older", "this machine has seen more");
    let two = |second| ["--receipt", code, "--accept-older", "--operator", "anna", "--second", second];
    assert_eq!(restore(&two("anna")).exits(3).error_code(), "control.same_person");
    assert!(!desk.workspace().exists());
    let restored = restore(&two("malik")).exits(0).json();
    assert_eq!(restored["accepted_older_by_entry"], restored["entries"]);
    assert_eq!(desk.json(&["verify"]).exits(0).json()["entries"], restored["entries"]);
    let list = desk.text("list.csv");
    assert_eq!(desk.prepare(&[&list, "--pay-on", PAY_ON]).exits(0).json()["rows"]["duplicate"], 3);
}

/// A machine that has never seen the ledger asks for the newest receipt code until it is shown, whatever else is done or refused before.
#[test]
fn a_new_machine_asks_for_the_receipt_code_until_it_is_shown() {
    let desk = Desk::new();
    let first = desk.pay("list.csv", LIST);
    let more = desk.write("more.csv", people(0, 3));
    let second = desk.prepare(&[more.to_str().expect("a path"), "--pay-on", PAY_ON]).exits(0).json();
    let second = second["batch"].as_str().expect("a batch");
    let backup = desk.json(&["backup", "stick", "--keys", "safe", "--operator", "anna"]).exits(0).json();
    let on_new = |machine: &str, arguments: &[&str]| {
        let mut command = desk.command(&[arguments, &["--workspace", machine]].concat());
        let output = command.env("STOPGAP_ANCHOR_DIR", format!("home-{machine}")).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let screen = on_new("m2", &["restore", "stick", "--keys", "safe"]).1;
    let entries = backup["entries"].to_string();
    assert!(screen.contains(&format!("ends with entry {entries}")) && screen.contains("released after it"), "{screen}");
    let release = |batch: &str, more: &[&str]| {
        let (code, said) = on_new("m2", &[&["release", batch, "--operator", "anna", "--json"], more].concat());
        let said: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        (code, said["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let missing = (Some(3), "receipt.missing".to_owned());
    for _ in 0..3 {
        assert_eq!(release(&first, &[]), missing);
    }
    let shown = on_new("m2", &["batch", "show", second, "--operator", "malik", "--json"]).1;
    let shown: Value = serde_json::from_str(&shown).expect("shows");
    let digest = shown["digest"].as_str().expect("a digest");
    let approved = on_new("m2", &["approve", second, "--operator", "malik", "--digest", digest]);
    assert_eq!(approved.0, Some(0), "{}", approved.1);
    assert_eq!(release(second, &[]), missing);

    // What is recorded here tells nothing of what was lost before.
    let here = on_new("m2", &["backup", "here", "--operator", "anna", "--json"]).1;
    let here: Value = serde_json::from_str(&here).expect("a backup");
    assert_eq!(release(second, &["--receipt", here["receipt"].as_str().expect("a code")]).1, "receipt.made_here");
    assert_eq!(release(second, &[]), missing);

    // Meanwhile it left from the first machine: its code tells, and having told it ends nothing.
    desk.json(&["approve", second, "--operator", "malik", "--digest", digest]).exits(0);
    desk.release(second).exits(0);
    // To release a batch again shows the newest code, and not its own.
    let shown = |batch: &str| desk.json(&["release", batch, "--operator", "anna"]).exits(0).json()["receipt"].clone();
    assert_eq!(shown(&first), shown(second));
    let newest = desk.backup("later")["receipt"].as_str().expect("a code").to_owned();
    assert_eq!(release(second, &["--receipt", &newest]).1, "ledger.older_than_receipt");
    assert_eq!(release(second, &[]), missing);
    assert_eq!(on_new("m2", &["adopt", "--older", "--operator", "anna", "--second", "malik"]).0, Some(0));
    assert_eq!(release(&first, &[]).0, Some(0), "two people have said so");

    // A ledger from which nothing had left by then is no better known; one whose newest code is shown is.
    let restored = on_new("m3", &["restore", "later", "--keys", "safe", "--json"]);
    assert!(restored.1.contains("\"receipt_due\":true"), "{}", restored.1);
    let give = |more: &[&str]| on_new("m3", &[&["release", second, "--operator", "anna"], more].concat()).0;
    assert_eq!((give(&[]), give(&["--receipt", &newest]), give(&[])), (Some(3), Some(0), Some(0)));
    assert_eq!(on_new("m3", &["release", &first, "--operator", "anna"]).0, Some(0), "it is asked for once");
}

#[test]
fn a_ledger_that_never_released_is_asked_for_its_receipt_once_restored_elsewhere() {
    let desk = Desk::new();
    desk.json(&["episode", "open", "attack", "--operator", "anna"]).exits(0);
    let backup = desk.json(&["backup", "stick", "--keys", "safe", "--operator", "anna"]).exits(0).json();
    desk.pay("list.csv", LIST);
    desk.wipe();
    fs::remove_dir_all(desk.path("anchors")).expect("another machine");
    assert_eq!(desk.json(&["restore", "stick", "--keys", "safe"]).exits(0).json()["receipt_due"], true);
    let list = desk.text("list.csv");
    let batch = desk.prepare(&[&list, "--pay-on", PAY_ON]).exits(0).json()["batch"].clone();
    let batch = batch.as_str().expect("a batch");
    desk.approve(batch).exits(0);
    for _ in 0..2 {
        assert_eq!(desk.release(batch).exits(3).error_code(), "receipt.missing");
    }
    let code = backup["receipt"].as_str().expect("a code");
    desk.json(&["release", batch, "--operator", "anna", "--receipt", code]).exits(0);
    desk.pay("more.csv", &people(0, 2));
}

#[test]
fn restored_without_keys_it_is_read_and_says_where_they_belong() {
    let desk = Desk::new();
    desk.pay("list.csv", LIST);
    desk.json(&["backup", "stick", "--keys", "safe", "--operator", "anna"]).exits(0);
    desk.wipe();
    let restored = desk.json(&["restore", "stick"]).exits(0).json();
    assert_eq!(restored["missing_operator_keys"].as_array().map(Vec::len), Some(2));
    desk.json(&["verify"]).exits(0);
    let list = desk.text("list.csv");
    assert_eq!(desk.prepare(&[&list, "--pay-on", PAY_ON]).exits(4).error_code(), "keys.missing");
    fs::rename(desk.path("safe"), desk.workspace().join("keys")).expect("moves");
    assert_eq!(desk.prepare(&[&list, "--pay-on", PAY_ON]).exits(0).json()["rows"]["duplicate"], 3);
    let foreign = Desk::new();
    foreign.backup("stick");
    let keys = desk.workspace().join("keys");
    let refused = foreign.json(&["restore", "stick", "--workspace", "new", "--keys", keys.to_str().expect("a path")]);
    assert_eq!(refused.exits(2).error_code(), "keys.foreign");
}

#[test]
fn an_auditor_is_told_what_was_checked_and_an_operator_can_make_everything_again() {
    let desk = Desk::new();
    desk.pay("list.csv", &people(0, 5));
    desk.prepare(&[desk.write("more.csv", people(5, 3)).to_str().expect("a path"), "--pay-on", PAY_ON]).exits(0);
    let verified = desk.json(&["verify"]).exits(0).json();
    assert_eq!(
        (&verified["batches"], &verified["files"], &verified["rows"]["claim"]),
        (&2.into(), &1.into(), &8.into())
    );
    assert_eq!(verified["deep"], Value::Null);
    let deep = desk.json(&["verify", "--deep", "--operator", "malik"]).exits(0).json()["deep"].clone();
    assert_eq!((&deep["batches"], &deep["payments"], &deep["files"]), (&2.into(), &8.into(), &2.into()), "{deep}");
    fs::rename(desk.path("passphrases"), desk.path("elsewhere")).expect("moves");
    desk.json(&["verify"]).exits(0);
    assert_eq!(desk.json(&["verify", "--deep"]).exits(2).error_code(), "operator.missing");
}

fn rebuild(desk: &Desk, from: &str, keys: &str) -> crate::desk::Ran {
    let payer = ["--payer", "Qeqqata Kommunia", "--country", "GL", "--account", "6471-0001234567"];
    let people = ["--operator", "anna", "--operator", "malik", "--workspace", "new"];
    desk.json(&[&["rebuild", "--from", from, "--keys", keys][..], &payer, &people].concat())
}

/// Ledger and backups are gone; the bank files and the keys are not.
#[test]
fn a_ledger_is_rebuilt_from_bank_files_and_pays_nobody_twice() {
    let desk = Desk::new();
    desk.pay("list.csv", &people(0, 5));
    let second = desk.pay("second.csv", &people(5, 3));
    desk.pay("third.csv", &people(8, 4));
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::rename(desk.workspace().join("out"), desk.path("left")).expect("moves");
    fs::remove_dir_all(desk.path("left").join(second)).expect("is lost");
    desk.wipe();
    let rebuilt = rebuild(&desk, "left", "keys").exits(1).json();
    assert_eq!((&rebuilt["payments"], rebuilt["desk"].as_str()), (&9.into(), Some("C")));
    assert_eq!(rebuilt["batches"].as_array().map(Vec::len), Some(2));
    let gaps: Vec<&str> =
        rebuilt["gaps"].as_array().expect("a list").iter().filter_map(|gap| gap["code"].as_str()).collect();
    assert_eq!(gaps, ["batches_missing", "end_unknown", "people_unknown"], "{rebuilt}");
    assert!(rebuilt["gaps"][0]["message"].as_str().is_some_and(|gap| gap.contains("B0002")));
    let at_new = |arguments: &[&str]| desk.json(&[arguments, &["--workspace", "new"]].concat());
    at_new(&["verify"]).exits(0);
    let everybody = desk.write("all.csv", people(0, 13));
    let everybody = everybody.to_str().expect("a path");
    let prepared = at_new(&["prepare", everybody, "--pay-on", PAY_ON, "--operator", "anna"]).exits(0).json();
    assert_eq!((&prepared["rows"]["duplicate"], &prepared["rows"]["prepared"]), (&9.into(), &4.into()));
    assert_eq!(prepared["batch"], "C0001");
    let digest = prepared["digest"].as_str().expect("a digest");
    at_new(&["approve", "C0001", "--operator", "malik", "--digest", digest]).exits(0);
    at_new(&["release", "C0001", "--operator", "anna"]).exits(0);
    at_new(&["verify"]).exits(0);
}

/// The payer's name is in every reference. Bank files have it in the profile's letters, and with those nobody would be known again.
#[test]
fn a_ledger_is_rebuilt_for_the_payer_as_init_had_it_and_for_no_other() {
    let desk = Desk::bare();
    let payer = |name| ["--payer", name, "--country", "FI", "--account", "FI2112345600000785"];
    let operators = ["--operator", "anna", "--operator", "malik"];
    let (written, sent) = ("Äänekosken kaupunki", "Aeaenekosken kaupunki");
    let said = desk.run(&[&["init"], &payer(written)[..], &operators].concat()).exits(0).stdout;
    assert!(said.contains("--payer-id"), "{said}");
    let page = fs::read_to_string(desk.workspace().join("out/recovery/half-1.txt")).expect("a page");
    assert!(page.contains(&format!("--payer \"{written}\"")), "{page}");
    let list = "person_number;name;account;amount;scheme;period\n010170-100R;Aija Virtanen;FI2112345600000785;10,00;Tuki;2026-11\n";
    desk.pay("list.csv", list);
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::rename(desk.workspace().join("out"), desk.path("left")).expect("moves");
    desk.wipe();
    let rebuild = |name, further: &[&str]| {
        let from = ["rebuild", "--from", "left", "--keys", "keys", "--workspace", "new"];
        desk.json(&[&from, &payer(name)[..], &operators, further].concat())
    };
    let again = || {
        let again = ["prepare", "list.csv", "--pay-on", PAY_ON, "--operator", "anna", "--workspace", "new"];
        desk.json(&again).json()["rows"].clone()
    };
    for (name, further) in [(sent, &[][..]), (written, &["--payer-id", "0208589-6"]), ("Äänekoski", &[])] {
        assert_eq!(rebuild(name, further).exits(3).error_code(), "rebuild.payer", "{name}");
        assert!(!desk.path("new").exists());
    }
    let rebuilt = rebuild(written, &[]).exits(1).json();
    assert!(!rebuilt.to_string().contains("payer_unsure"), "{rebuilt}");
    assert_eq!(again()["duplicate"], 1);

    // Keys of before say nothing of the payer: bank files tell what they can, and the rest is said first.
    fs::remove_dir_all(desk.path("new")).expect("removes");
    let key = names(&desk.path("keys")).into_iter().find(|name| name.starts_with("duplicate-")).expect("is there");
    let mut file: Value =
        serde_json::from_slice(&fs::read(desk.path("keys").join(&key)).expect("reads")).expect("JSON");
    file.as_object_mut().and_then(|file| file.remove("payer_check")).expect("is there");
    fs::write(desk.path("keys").join(&key), file.to_string()).expect("writes");
    assert_eq!(rebuild("Jyväskylän kaupunki", &[]).exits(3).error_code(), "rebuild.payer");
    let rebuilt = rebuild(sent, &[]).exits(1).json();
    assert_eq!(rebuilt["gaps"][0]["code"], "payer_unsure", "{rebuilt}");
    assert!(rebuilt["gaps"][0]["message"].to_string().contains(sent), "{rebuilt}");
}

/// What the bank says after the rebuilding of the lost ledger's payments is taken up: who came back may be paid again, once.
#[test]
fn a_payment_of_the_lost_ledger_that_comes_back_may_be_paid_again() {
    let desk = Desk::new();
    let list = people(0, 3);
    desk.pay("list.csv", &list);
    let is_bank_file = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "xml");
    let sent = desk.files().into_iter().find(is_bank_file).expect("a bank file");
    let sent = fs::read_to_string(sent).expect("reads");
    let between = |text: &str, from: &str| {
        text.split_once(from).and_then(|(_, rest)| rest.split_once('<')).expect("is there").0.to_owned()
    };
    let payments: Vec<(String, String)> = sent
        .split("<CdtTrfTxInf>")
        .skip(1)
        .map(|one| (between(one, "<EndToEndId>"), between(one, "Ccy=\"DKK\">")))
        .collect();
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::rename(desk.workspace().join("out"), desk.path("left")).expect("moves");
    desk.wipe();
    rebuild(&desk, "left", "keys").exits(1);
    let at_new = |arguments: &[&str]| desk.json(&[arguments, &["--workspace", "new", "--operator", "anna"]].concat());
    let hear = |at: usize, amount: Option<&str>, marks: &[&str]| {
        let (id, sent) = &payments[at];
        desk.write("statement.xml", statement(id, amount.unwrap_or(sent), marks));
        at_new(&["outcome", "statement.xml"]).json()
    };
    assert_eq!(hear(0, None, &["DBIT"])["payments"]["settled"], 1);
    let back = hear(0, None, &["DBIT", "CRDT"]);
    assert_eq!((&back["payments"]["returned"], &back["not_standing"][0]["freed"]), (&1.into(), &true.into()), "{back}");
    assert_eq!(hear(0, None, &["DBIT", "CRDT"])["payments"]["returned"], 0, "it is told once");
    // Without its debit it came back too; of another amount it is for a person.
    assert_eq!(hear(1, None, &["CRDT"])["payments"]["returned"], 1);
    let unclear = hear(2, Some("0.01"), &["CRDT"]);
    assert!(unclear["warnings"].to_string().contains("outcome.lost_unclear"), "{unclear}");
    at_new(&["verify"]).exits(0);
    let again = desk.write("again.csv", list);
    let arguments = ["prepare", again.to_str().expect("a path"), "--pay-on", PAY_ON];
    let prepared = at_new(&arguments).exits(0).json();
    assert_eq!((&prepared["rows"]["prepared"], &prepared["rows"]["duplicate"]), (&2.into(), &1.into()), "{prepared}");
    assert_eq!(at_new(&arguments).exits(0).json()["rows"]["duplicate"], 3);
}

/// What a drill wrote pays nobody, whatever a rehearsal left in the folders that are searched.
#[test]
fn a_rebuild_passes_over_files_of_a_drill() {
    let desk = Desk::new();
    let released = desk.pay("list.csv", &people(0, 5));
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::rename(desk.workspace().join("out"), desk.path("left")).expect("moves");
    desk.wipe();
    let bank_files = desk.path("left").join(released);
    let is_xml = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "xml");
    let folder = fs::read_dir(&bank_files).expect("a folder").map(|entry| entry.expect("an entry").path());
    let bank_file = folder.into_iter().find(is_xml).expect("a bank file");
    let text = fs::read_to_string(&bank_file).expect("reads");
    fs::create_dir(desk.path("rehearsed")).expect("makes");
    desk.write("rehearsed/file.xml", text.replace("<MsgId>", "<MsgId>DRILL-"));
    desk.write("rehearsed/control-sheet.html", "<title>DRILL: Control sheet B0007</title>");
    let report = "samples/qeqqata/afterwards/camt053.xml";
    fs::copy(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(report), desk.path("rehearsed/camt.xml"))
        .expect("is there");
    assert_eq!(rebuild(&desk, "rehearsed", "keys").exits(2).error_code(), "rebuild.nothing");
    fs::rename(desk.path("rehearsed"), desk.path("left/rehearsed")).expect("moves");
    let rebuilt = rebuild(&desk, "left", "keys").exits(1).json();
    assert_eq!(rebuilt["payments"], 5, "{rebuilt}");
    let gaps: Vec<&str> =
        rebuilt["gaps"].as_array().expect("a list").iter().filter_map(|gap| gap["code"].as_str()).collect();
    assert_eq!(gaps[..3], ["file_of_a_drill"; 3], "{rebuilt}");
    assert!(!rebuilt.to_string().contains("B0007"), "{rebuilt}");
}

/// Where another desk lives on, the ledger that takes the lost one's place takes a letter that is nobody's, and the two meet.
#[test]
fn a_ledger_is_rebuilt_under_a_letter_that_no_living_desk_has() {
    let desk = Desk::new();
    desk.json(&["desk", "add", "second", "--operator", "anna", "--second", "malik"]).exits(0);
    desk.pay("list.csv", &people(0, 5));
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::rename(desk.workspace().join("out"), desk.path("left")).expect("moves");
    desk.wipe();
    rebuild(&desk, "left", "keys").exits(1);
    let merge = |into: &str, other: &str| desk.run(&["merge", other, "--operator", "anna", "--workspace", into]);
    for refused in [merge("new", "second"), merge("second", "new")] {
        let said = refused.exits(3).stderr;
        assert!(said.contains("merge.same_letter") && said.contains("stopgap rebuild --letter"), "{said}");
    }
    fs::remove_dir_all(desk.path("new")).expect("removes");
    let payer = ["--payer", "Qeqqata Kommunia", "--country", "GL", "--account", "6471-0001234567"];
    let people = ["--operator", "anna", "--operator", "malik", "--workspace", "new"];
    let from = ["rebuild", "--from", "left", "--keys", "keys"];
    let under = |letter: &str| desk.run(&[&from[..], &payer, &people, &["--letter", letter]].concat());
    for (letter, exit, code) in [("B", 3, "desk.letter_taken"), ("kk", 2, "desk.letter"), ("7", 2, "desk.letter")] {
        let said = under(letter).exits(exit).stderr;
        assert!(said.contains(&format!("({code})")), "{said}");
    }
    let screen = under("r").exits(1).stdout;
    assert!(screen.contains("R0001") && !screen.contains("No other desk"), "{screen}");
    merge("new", "second").exits(0);
    let screen = merge("second", "new").exits(0).stdout;
    assert!(screen.contains("Merged with desk R."), "a first desk has no name: {screen}");
}

/// A ledger that was rebuilt knows whom the lost one paid by their pseudonyms: what upstream paid as well is found, and the rest is counted.
#[test]
fn a_rebuilt_ledger_finds_what_upstream_paid_as_well() {
    let desk = Desk::new();
    desk.pay("list.csv", &people(0, 5));
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::rename(desk.workspace().join("out"), desk.path("left")).expect("moves");
    desk.wipe();
    rebuild(&desk, "left", "keys").exits(1);
    let at_new = |arguments: &[&str]| desk.json(&[arguments, &["--workspace", "new", "--operator", "anna"]].concat());
    let reconcile = |run: &str| at_new(&["reconcile", "--upstream", run, "--out", "found"]);
    let unnamed = |found: &Value| found["unnamed_payments"]["count"].clone();
    let run = people(0, 5);
    let (all_but_last, _) = run.trim_end().rsplit_once('\n').expect("rows");
    desk.write("four.csv", format!("{all_but_last}\n"));
    let found = reconcile("four.csv").exits(1).json();
    assert_eq!((&found["findings"]["double_paid"]["count"], unnamed(&found)), (&4.into(), 1.into()), "{found}");
    // Under a span of months in which theirs is.
    desk.write("five.csv", run.replace(";2022-04", ";2022-03..2022-04"));
    let found = reconcile("five.csv").exits(1).json();
    assert_eq!((&found["findings"]["double_paid"]["count"], unnamed(&found)), (&5.into(), 0.into()), "{found}");
    assert_eq!((&found["totals"]["overpaid"], &found["balanced"]), (&"17.50".into(), &true.into()), "{found}");
    // Upstream says nothing of any of them: nothing is as it should be.
    desk.write("nobody.csv", people(9, 1));
    let found = reconcile("nobody.csv").exits(1).json();
    assert_eq!(unnamed(&found), 5, "{found}");
    let list = at_new(&["stoplist", "--out", "stop.csv"]).exits(1).json();
    assert_eq!((&list["payments"], unnamed(&list)), (&0.into(), 5.into()));
}

#[test]
fn without_its_duplicate_key_or_bank_files_nothing_is_rebuilt() {
    let desk = Desk::new();
    desk.pay("list.csv", LIST);
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::rename(desk.workspace().join("out"), desk.path("left")).expect("moves");
    desk.wipe();
    assert_eq!(rebuild(&desk, "passphrases", "keys").exits(2).error_code(), "rebuild.nothing");
    let duplicate =
        names(&desk.path("keys")).into_iter().find(|name| name.starts_with("duplicate-")).expect("is there");
    fs::rename(desk.path("keys").join(&duplicate), desk.path(&duplicate)).expect("moves");
    assert_eq!(rebuild(&desk, "left", "keys").exits(3).error_code(), "rebuild.no_duplicate_key");
    fs::rename(desk.path(&duplicate), desk.path("keys").join(&duplicate)).expect("moves");
    assert!(!desk.path("new").exists());
    rebuild(&desk, "left", "keys").exits(1);
}

/// Bankdata's file holds whole references. The others hold their beginnings, and say so: nobody in them is taken for unpaid in silence.
#[test]
fn a_ledger_is_rebuilt_from_a_banks_own_files_as_far_as_they_tell() {
    for (profile, known) in [("bankdata-file", 5), ("sdc-file", 0), ("nordea-file", 0)] {
        let desk = Desk::bare();
        desk.run(&[&INIT[..], &["--profile", profile]].concat()).exits(0);
        desk.pay("list.csv", &people(0, 5));
        fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
        fs::create_dir(desk.path("left")).expect("makes");
        for file in desk.files().iter().filter(|file| file.to_string_lossy().contains("-of-")) {
            fs::copy(file, desk.path("left").join(file.file_name().expect("a name"))).expect("copies");
        }
        desk.wipe();
        let ran = rebuild(&desk, "left", "keys");
        let rebuilt = ran.json();
        if known == 0 {
            assert_eq!((ran.code, ran.error_code().as_str()), (3, "rebuild.references_cut"), "{profile}");
        } else {
            assert_eq!((ran.code, &rebuilt["payments"]), (1, &known.into()), "{rebuilt}");
            let again = ["prepare", "list.csv", "--pay-on", PAY_ON, "--operator", "anna", "--workspace", "new"];
            assert_eq!(desk.json(&again).exits(0).json()["rows"]["duplicate"], known);
        }
    }
}

#[test]
fn a_restored_ledger_beside_one_that_lives_on_is_said_to_be_a_copy() {
    let desk = Desk::new();
    desk.pay("list.csv", LIST);
    let backup = desk.json(&["backup", "stick", "--keys", "safe", "--operator", "anna"]).exits(0).json();
    let restore = ["restore", "stick", "--keys", "safe", "--workspace"];
    let restored = desk.json(&[&restore[..], &["beside"]].concat()).exits(0).json();
    assert_eq!(restored["read_only"]["code"], "ledger.copy", "{restored}");
    let screen = desk.run(&[&restore[..], &["again"]].concat()).exits(0).stdout;
    let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("nobody can be paid from it") && screen.contains("stopgap adopt"), "{screen}");
    assert_eq!(desk.json(&["verify", "--workspace", "beside"]).exits(0).json()["read_only"], "ledger.copy");
    assert_eq!(desk.json(&["verify"]).exits(0).json()["read_only"], Value::Null);

    // What is on paper, with and without what came after it.
    let code = backup["receipt"].as_str().expect("a code");
    desk.json(&["verify", "--receipt", code]).exits(0);
    desk.json(&["verify", "--receipt", "stick/receipt.json"]).exits(0);
    desk.json(&["operator", "add", "sara", "--operator", "anna", "--second", "malik"]).exits(0);
    let later = desk.backup("later")["receipt"].as_str().expect("a code").to_owned();
    // On a machine that has seen neither, the paper alone speaks against it.
    let mut command = desk.command(&["verify", "--workspace", "beside", "--receipt", &later, "--json"]);
    let output = command.env("STOPGAP_ANCHOR_DIR", "another").output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(3) && said.contains("ledger.older_than_receipt"), "{said}");
}

#[test]
fn key_files_that_operators_keep_elsewhere_are_copied_with_the_others() {
    let desk = Desk::new();
    fs::create_dir(desk.path("mine")).expect("makes");
    let name = "operator-anna.json";
    fs::rename(desk.workspace().join("keys").join(name), desk.path("mine").join(name)).expect("moves");
    let mut command = desk.command(&["backup", "stick", "--keys", "safe", "--operator", "anna", "--json"]);
    let output = command.env("STOPGAP_KEYS", desk.path("mine")).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let copied = names(&desk.path("safe"));
    assert!(copied.contains(&name.to_owned()) && copied.contains(&"operator-malik.json".to_owned()), "{copied:?}");
    assert_eq!(
        fs::read(desk.path("safe").join(name)).expect("reads"),
        fs::read(desk.path("mine").join(name)).expect("reads")
    );
}
