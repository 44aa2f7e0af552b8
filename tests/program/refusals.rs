//! Lists and command lines that cannot be trusted: the contract's code and exit, a sentence, and an unchanged ledger.

use std::fs;

use crate::desk::{Desk, LIST};

#[test]
fn a_list_that_cannot_be_trusted_as_a_whole_changes_nothing() {
    let desk = Desk::new();
    let head = desk.head();
    let headings = "cpr;navn;konto;beløb;ydelse;periode\n";
    let table: [(&str, Vec<u8>); 11] = [
        ("list.empty", b"".to_vec()),
        ("list.empty", headings.into()),
        ("list.not_text", b"PK\x03\x04 a spreadsheet".to_vec()),
        ("list.not_text", b"cpr;navn\x00;konto;bel\xc3\xb8b\n".to_vec()),
        ("list.heading_missing", "navn;konto;beløb\nA;B;1\n".into()),
        ("list.heading_missing", b"7012821128;Pipaluk;6471-0000100001;5,00\n".to_vec()),
        ("list.heading_twice", "cpr;CPR-nr;navn;konto;beløb\n1;2;A;B;1\n".into()),
        ("list.total_mismatch", format!("{LIST};I alt;;17.234,46;;\n").into()),
        ("list.mojibake", LIST.replace('ø', "Ã¸").into()),
        (
            "list.mojibake",
            LIST.replace("beløb", "beloeb")
                .replace("cpr;navn;konto;beloeb", "cpr;navn;konto;amount")
                .replace("Møller", "M\u{fffd}ller")
                .into(),
        ),
        ("list.unreadable", format!("{LIST}7012821128;\"Pipaluk;6471-0000100001;1,00;Hj;2022-04\n\n").into()),
    ];
    for (code, content) in table {
        desk.write("list.csv", &content);
        let ran = desk.prepare(&["list.csv"]);
        assert_eq!(
            (ran.code, ran.error_code().as_str()),
            (2, code),
            "{:?}: {}",
            String::from_utf8_lossy(&content),
            ran.stdout
        );
        assert!(
            ran.json()["error"]["message"].as_str().is_some_and(|message| message.contains("list.csv")),
            "{}",
            ran.stdout
        );
    }
    fs::create_dir(desk.path("folder.csv")).expect("makes");
    for name in ["folder.csv", "missing.csv"] {
        assert_eq!(desk.prepare(&[name]).exits(2).error_code(), "list.unreadable");
    }
    assert_eq!(desk.head(), head);
    assert!(!desk.workspace().join("out/.rows.csv.draft").exists());
}

#[test]
fn faults_of_the_command_line_are_told_as_json_too() {
    let desk = Desk::new();
    for wrong in [&["prepare"][..], &["pay", "everybody"], &["approve"], &["batch", "show", "first"]] {
        let ran = desk.json(wrong).exits(2);
        assert!(!ran.error_code().is_empty(), "{}", ran.stdout);
    }
    assert_eq!(desk.json(&["batch", "show", "B0009", "--operator", "anna"]).exits(2).error_code(), "batch.unknown");
    let elsewhere = desk.json(&["verify", "--workspace", "nowhere"]);
    assert_eq!(elsewhere.exits(2).error_code(), "workspace.missing");
}

#[test]
fn a_ledger_older_than_its_witness_does_nothing() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    let ledger = desk.workspace().join("ledger.db");
    let old = fs::read(&ledger).expect("reads");
    desk.prepare(&["list.csv"]).exits(0);
    fs::write(&ledger, &old).expect("writes");
    for command in [&["verify"][..], &["prepare", "list.csv", "--operator", "anna"], &["batch", "list"]] {
        assert_eq!(desk.json(command).exits(4).error_code(), "ledger.behind_witness");
    }
}

#[test]
fn a_workspace_that_others_can_look_into_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    fs::set_permissions(desk.workspace(), fs::Permissions::from_mode(0o755)).expect("opens up");
    assert_eq!(desk.json(&["batch", "list"]).exits(3).error_code(), "workspace.open_to_others");
}

/// Whole sentences, and not a Danish one with an English end.
#[test]
fn why_a_day_is_none_is_told_in_the_readers_language() {
    let desk = Desk::new();
    for (language, why) in [("en", "there is no such day"), ("da", "dagen findes ikke")] {
        let mut command = desk.command(&["purge", "--before", "2022-13-01", "--operator", "anna", "--second", "malik"]);
        let refused = command.env("STOPGAP_LANG", language).output().expect("runs");
        let said = String::from_utf8(refused.stderr).expect("UTF-8");
        assert!(said.contains(why), "{said}");
        assert_eq!(refused.status.code(), Some(2));
    }
}
