//! From lists to bank files, and never twice.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use stopgap::bank::profile::FileFormat;

use crate::desk::{Desk, LIST, PAY_ON};

/// The fates of the rows, by row number, from `rows.csv`.
fn fates(desk: &Desk, prepared: &Value) -> BTreeMap<u32, (String, String)> {
    let path = desk.workspace().join(prepared["rows_file"].as_str().expect("a path"));
    let mut reader = csv::Reader::from_path(path).expect("opens");
    assert_eq!(
        reader.headers().expect("headings").iter().take(6).collect::<Vec<_>>(),
        ["file", "sheet", "row", "fate", "code", "message"]
    );
    let row =
        |record: csv::StringRecord| (record[2].parse().expect("a row"), (record[3].to_owned(), record[4].to_owned()));
    reader.records().map(|record| row(record.expect("a record"))).collect()
}

fn rows(prepared: &Value) -> [u64; 5] {
    ["read", "prepared", "rejected", "held", "duplicate"].map(|fate| prepared["rows"][fate].as_u64().expect("a count"))
}

fn with_rows(rows: &[&str]) -> String {
    format!("{}\n{}\n", LIST.lines().next().expect("headings"), rows.join("\n"))
}

#[test]
fn a_list_is_prepared_approved_and_released_once() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(prepared["batch"], "B0001");
    assert_eq!(prepared["pay_on"], PAY_ON);
    assert_eq!(prepared["currency"], "DKK");
    assert_eq!(rows(&prepared), [3, 3, 0, 0, 0]);
    assert_eq!(prepared["amount"]["prepared"], "17234.45");
    assert_eq!(prepared["rows_file"], "out/B0001/rows.csv");

    assert_eq!(desk.release("B0001").exits(3).error_code(), "batch.not_approved");
    let digest = prepared["digest"].as_str().expect("a digest");
    let own = desk.json(&["approve", "B0001", "--operator", "anna", "--digest", digest]);
    assert_eq!(own.exits(3).error_code(), "control.same_person");
    let own = desk.json(&["approve", "B0001", "--operator", "anna"]);
    assert_eq!(own.exits(3).error_code(), "control.same_person", "whatever else is missing");
    let other = digest.replace(&digest[..1], if digest.starts_with('0') { "1" } else { "0" });
    let other = desk.json(&["approve", "B0001", "--operator", "malik", "--digest", &other]);
    assert_eq!(other.exits(3).error_code(), "control.digest");
    assert_eq!(desk.json(&["approve", "B0001", "--operator", "malik"]).exits(2).error_code(), "digest.missing");
    let approved = desk.json(&["approve", "B0001", "--operator", "malik", "--digest", digest]).exits(0).json();
    assert_eq!(approved["approved_by"][0], "malik");
    assert_eq!(approved["ready"], true);

    let released = desk.release("B0001").exits(0).json();
    let file = &released["files"][0];
    assert_eq!((&file["transactions"], &file["amount"]), (&Value::from(3), &Value::from("17234.45")));
    let path = desk.workspace().join(file["path"].as_str().expect("a path"));
    desk.assert_files_are_valid(FileFormat::Pain001V09);
    let bytes = fs::read(&path).expect("reads");
    assert_eq!(desk.release("B0001").exits(0).json(), released);
    assert_eq!(fs::read(&path).expect("reads"), bytes);
    fs::remove_file(&path).expect("removes");
    assert_eq!(desk.release("B0001").exits(0).json(), released);
    assert_eq!(fs::read(&path).expect("reads"), bytes, "made anew, the same to the byte");
    fs::write(&path, [&bytes[..], b"\n"].concat()).expect("writes");
    assert_eq!(desk.release("B0001").exits(3).error_code(), "release.file_differs");
    assert_eq!(desk.json(&["verify"]).exits(4).error_code(), "release.file_differs");
    fs::remove_file(&path).expect("removes");
    assert_eq!(desk.json(&["verify"]).exits(0).json()["ok"], true);

    assert_eq!(desk.json(&["batch", "cancel", "B0001", "--operator", "anna"]).exits(3).error_code(), "batch.released");
    let again = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((&again["batch"], rows(&again)), (&Value::Null, [3, 0, 0, 0, 3]));
    let listed = desk.json(&["batch", "list"]).exits(0).json();
    assert_eq!((&listed[0]["state"], &listed[0]["payments"]), (&Value::from("released"), &Value::from(3)));
}

#[test]
fn check_says_what_prepare_would_do_and_records_nothing() {
    let desk = Desk::new();
    desk.write("list.csv", LIST.replace("999,95", "0"));
    let head = desk.head();
    let checked = desk.json(&["check", "list.csv", "--operator", "anna", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!((&checked["batch"], &checked["digest"]), (&Value::Null, &Value::Null));
    assert_eq!(desk.head(), head);
    assert_eq!(
        desk.files().iter().filter(|file| file.to_string_lossy().contains("episode-")).count(),
        0,
        "no key is left"
    );
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1).json();
    for same in ["rows", "amount", "problems", "pay_on", "currency"] {
        assert_eq!(checked[same], prepared[same], "{same}");
    }
}

#[test]
fn rows_that_collide_are_duplicates_or_held_and_never_paid_twice() {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        with_rows(&[
            "7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04",
            "701282-1128;Pipaluk Berthelsen;6471 100001;100,00;HJÆLP;2022-04-01..2022-04-30",
            "6112903338;Malik Kreutzmann;6471-0000100002;100,00;Hjælp;2022-04",
            "6112903338;Malik Kreutzmann;6471-0000100002;200,00;Hjælp;2022-04",
            "6506751118;Aviaaja Møller;6471-0000100003;100,00;Hjælp;2022-04",
            "6506751118;Aviaaja Møller;6471-0000100003;100,00;Hjælp;2022-W14",
            "6506751118;Aviaaja Møller;6471-0000100003;100,00;Pension;2022-04",
        ]),
    );
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1).json();
    let fates = fates(&desk, &prepared);
    let fate = |row: u32| (fates[&row].0.as_str(), fates[&row].1.as_str());
    assert_eq!(fate(2), ("prepared", ""));
    assert_eq!(fate(3), ("duplicate", "duplicate.same"));
    assert_eq!(fate(4), ("held", "duplicate.conflict"));
    assert_eq!(fate(5), ("held", "duplicate.conflict"));
    assert_eq!(fate(6), ("held", "duplicate.overlap"));
    assert_eq!(fate(7), ("held", "duplicate.overlap"));
    assert_eq!(fate(8), ("prepared", ""), "another scheme is another payment");

    let later = with_rows(&[
        "7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04",
        "7012821128;Pipaluk Berthelsen;6471-0000100001;150,00;Hjælp;2022-04",
        "7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022",
        "6704471120;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04",
    ]);
    desk.write("later.csv", later);
    let prepared = desk.prepare(&["later.csv", "--pay-on", PAY_ON]).exits(1).json();
    let codes: Vec<_> =
        self::fates(&desk, &prepared).into_values().map(|(fate, code)| format!("{fate} {code}")).collect();
    assert_eq!(
        codes,
        ["duplicate duplicate.same", "held duplicate.conflict", "held duplicate.overlap", "held duplicate.suspect",]
    );
}

#[test]
fn decisions_pay_or_drop_held_rows_and_nothing_else() {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        with_rows(&[
            "7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04",
            "7012821128;Pipaluk Berthelsen;6471-0000100001;200,00;Hjælp;2022-04",
            "6112903338;Malik Kreutzmann;6471-0000100002;250.000,00;Hjælp;2022-04",
            "6506751118;Aviaaja Møller;6471-0000100003;100,00;Hjælp;2022-04",
        ]),
    );
    let decide = |lines: &str| {
        desk.write("decisions.csv", format!("file,row,decision,reason\n{lines}"));
        desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"])
    };
    let both = decide("list.csv,2,pay,right\nlist.csv,3,pay,right too\n");
    assert_eq!(both.exits(3).error_code(), "decision.conflict");
    assert_eq!(decide("list.csv,99,pay,typo\n").exits(2).error_code(), "decisions.no_such_row");
    assert_eq!(decide("other.csv,2,pay,typo\n").exits(2).error_code(), "decisions.file");
    assert_eq!(decide("list.csv,2,maybe,typo\n").exits(2).error_code(), "decisions.decision");
    assert_eq!(decide("list.csv,2,pay,\n").exits(2).error_code(), "decisions.reason");
    assert_eq!(decide("list.csv,2,pay,one\nlist.csv,2,drop,two\n").exits(2).error_code(), "decisions.twice");
    assert_eq!(desk.json(&["verify"]).exits(0).json()["entries"], 3, "nothing was recorded by any of these");

    let prepared = decide("list.csv,2,drop,old figure\nlist.csv,3,pay,asked the case worker\nlist.csv,4,pay,arrears\n");
    let prepared = prepared.exits(1).json();
    assert_eq!(rows(&prepared), [4, 3, 1, 0, 0]);
    assert_eq!(fates(&desk, &prepared)[&2], ("rejected".into(), "decision.dropped".into()));
    assert_eq!(prepared["amount"]["prepared"], "250300.00");

    desk.write("list.csv", with_rows(&["7012821128;Pipaluk Berthelsen;6471-0000100001;300,00;Hjælp;2022-04"]));
    let live = decide("list.csv,2,pay,supplement\n");
    assert_eq!(live.exits(3).error_code(), "decision.conflict", "a live payment is never decided away");
}

/// Excel saves what it is given in the way of its country, with the empty lines below the table; a decisions file is one of a few.
#[test]
fn decisions_are_read_however_a_spreadsheet_saves_them() {
    let rows = ["7012821128;Pipaluk Berthelsen;6471-0000100001;250.000,00;Hjælp;2022-04"];
    let text = "File;Row;Decision;Reason\r\n\r\nlist.csv;2;pay;spurgt Bjørn\r\n;;;\r\n";
    let windows_1252: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("a letter of it")).collect();
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = format!("\u{feff}{text}").replace(';', ",").into_bytes();
    for saved in [windows_1252, utf16, with_mark] {
        let desk = Desk::new();
        desk.write("list.csv", with_rows(&rows));
        desk.write("decisions.csv", &saved);
        let decided = desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"]);
        assert_eq!(self::rows(&decided.exits(0).json()), [1, 1, 0, 0, 0]);
    }
    let desk = Desk::new();
    desk.write("list.csv", with_rows(&rows));
    let missing = desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"]).exits(2);
    assert_eq!(missing.error_code(), "list.unreadable");
    // Rows are counted as the spreadsheet counts them.
    desk.write("decisions.csv", text.replace("pay", "betal"));
    let refused = desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"]).exits(2);
    assert_eq!(refused.error_code(), "decisions.decision");
    assert!(refused.json()["error"]["message"].to_string().contains("row 3"), "{}", refused.stdout);
}

#[test]
fn a_cancelled_batch_gives_its_payments_back() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.json(&["batch", "cancel", "b1", "--operator", "anna"]).exits(0);
    assert_eq!(desk.release("B0001").exits(3).error_code(), "batch.cancelled");
    let again = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((&again["batch"], rows(&again)), (&Value::from("B0002"), [3, 3, 0, 0, 0]));
    desk.json(&["verify"]).exits(0);
}

#[test]
fn rows_csv_is_corrected_and_handed_in_again_and_only_what_is_new_is_paid() {
    let desk = Desk::new();
    desk.write("list.csv", LIST.replace("11.000,00", "elleve tusind"));
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!(rows(&prepared), [3, 2, 1, 0, 0]);
    let rows_csv = fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    let (head, values) = rows_csv.split_once(',').expect("cells");
    desk.write("rows.csv", format!("{head},{}", values.replace(",elleve tusind,", ",\"11.000,00\",")));
    let second = desk.prepare(&["rows.csv", "--pay-on", PAY_ON]);
    let second = second.exits(0).json();
    assert_eq!(rows(&second), [3, 1, 0, 0, 2], "{}", second["problems"]);
    assert_eq!(second["amount"]["prepared"], "11000.00");
}

#[test]
fn files_are_split_at_the_banks_limit_and_say_in_their_names_what_they_hold() {
    let desk = Desk::new();
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads").replace("max_payments = 1000", "max_payments = 2");
    fs::write(&settings, text.replace("pain.001.001.09", "pain.001.001.03")).expect("writes");
    desk.write("list.csv", LIST);
    // Before anything is recorded, and again when it is: how many files, and with which row the next one begins.
    let checked = desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(0).json();
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(checked["files"], prepared["files"]);
    assert_eq!(
        prepared["files"],
        json!([
            { "number": 1, "payments": 2, "amount": "16234.50", "first": { "file": "list.csv", "sheet": null, "row": 2 } },
            { "number": 2, "payments": 1, "amount": "999.95", "first": { "file": "list.csv", "sheet": null, "row": 4 } },
        ])
    );
    let next: Vec<_> =
        prepared["problems"].as_array().expect("a list").iter().filter(|one| one["code"] == "file.next").collect();
    assert_eq!((next.len(), &next[0]["row"], &next[0]["severity"]), (1, &json!(4), &json!("info")), "{prepared}");
    desk.approve("B0001").exits(0);
    let released = desk.release("B0001").exits(0).json();
    let paths: Vec<_> = released["files"].as_array().expect("files").iter().map(|file| file["path"].clone()).collect();
    assert_eq!(
        paths,
        [
            "out/B0001/B0001_1-of-2_pay-2099-03-02_2-payments_16234.50-DKK.xml",
            "out/B0001/B0001_2-of-2_pay-2099-03-02_1-payment_999.95-DKK.xml",
        ]
    );
    let xml = fs::read_to_string(desk.workspace().join(paths[0].as_str().expect("a path"))).expect("reads");
    assert!(xml.contains("pain.001.001.03") && xml.contains("<BtchBookg>false</BtchBookg>"));
    desk.assert_files_are_valid(FileFormat::Pain001V03);
    assert!(xml.contains("64710000100001") && xml.contains("BBAN"), "a domestic account is paid as what it is");
}

#[test]
fn dates_are_bank_days_in_the_future() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    let on = |date| desk.prepare(&["list.csv", "--pay-on", date]);
    assert_eq!(on("2020-03-02").exits(3).error_code(), "date.past");
    assert_eq!(on("2099-03-01").exits(3).error_code(), "date.not_bank_day", "a Sunday");
    assert_eq!(on("2099-12-24").exits(3).error_code(), "date.not_bank_day");
    assert_eq!(on("soon").exits(2).error_code(), "date.malformed");
    assert_eq!(on("02-03-2099").exits(0).json()["pay_on"], "2099-03-02");
}

#[test]
fn no_person_is_on_the_screen_whole_or_in_the_ledger_at_all() {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        format!(
            "{LIST}7012821128;Pipaluk Berthelsen;6471-0000100001;1,00;Alderspension;2022-04\n310290-9999;X Y;1;x;;\n"
        ),
    );
    let run = |arguments: &[&str]| {
        let ran = desk.run(arguments);
        ran.stdout + &ran.stderr
    };
    let mut said = run(&["check", "list.csv", "--operator", "anna", "--pay-on", PAY_ON]);
    said += &run(&["prepare", "list.csv", "--operator", "anna", "--pay-on", PAY_ON]);
    said += &run(&["batch", "show", "B0001", "--operator", "malik"]);
    said += &run(&["batch", "list"]);
    for person in ["7012821128", "701282-1128", "6112903338", "6506751118", "3102909999", "310290-9999"] {
        assert!(!said.contains(person), "{person} is shown whole:\n{said}");
    }
    for file in desk.files() {
        if file.to_string_lossy().contains("/out/") {
            continue;
        }
        let bytes = fs::read(&file).expect("reads");
        for secret in ["7012821128", "6112903338", "Pipaluk", "Kreutzmann", "0000100001", "GL8964710001000206"] {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{secret} in {}",
                file.display()
            );
        }
    }
}

#[test]
fn a_drill_runs_to_files_that_are_marked_as_one() {
    let desk = Desk::bare();
    let drilled = desk.json(&["drill", "rehearsal", "--recipients", "600"]).exits(0).json();
    assert_eq!(drilled["as_expected"], true);
    let file = &drilled["released"]["files"][0];
    assert!(file["message_id"].as_str().is_some_and(|id| id.starts_with("DRILL-")));
    assert!(file["path"].as_str().is_some_and(|path| path.contains("/DRILL-")));
    let rehearsal = desk.run(&["verify", "--workspace", "rehearsal"]).exits(0);
    assert!(rehearsal.stdout.contains("agrees"), "{}", rehearsal.stdout);
    assert_eq!(desk.json(&["drill", "rehearsal"]).exits(3).error_code(), "workspace.exists");
}

/// Six people do the same thing at the same moment: one batch, one release, and every file whole.
#[test]
fn commands_that_run_at_once_do_their_work_once() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    let at_once = |arguments: &[&str]| {
        let started: Vec<_> = (0..6)
            .map(|_| {
                desk.command(arguments).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn()
            })
            .collect();
        let ended = started.into_iter().map(|child| child.expect("starts").wait_with_output().expect("ends"));
        ended.map(|output| (output.status.code().unwrap_or(-1), output.stdout)).collect::<Vec<_>>()
    };
    let prepared = at_once(&["prepare", "list.csv", "--operator", "anna", "--pay-on", PAY_ON, "--json"]);
    assert!(prepared.iter().all(|(code, _)| *code == 0), "all prepared, or found it prepared");
    assert_eq!(desk.json(&["batch", "list"]).json().as_array().map(Vec::len), Some(1));
    let digest = desk.json(&["batch", "list"]).json()[0]["digest"].as_str().expect("a digest").to_owned();
    let approved = at_once(&["approve", "B0001", "--operator", "malik", "--digest", &digest]);
    assert!(approved.iter().all(|(code, _)| *code == 0), "the same approval once more stands: there is one entry");
    let released = at_once(&["release", "B0001", "--operator", "anna", "--json"]);
    assert!(released.iter().all(|(code, shown)| *code == 0 && *shown == released[0].1), "{released:?}");
    assert_eq!(desk.json(&["verify"]).exits(0).json()["entries"], 10);
    let left = desk.files().into_iter().filter(|file| file.to_string_lossy().ends_with(".draft")).count();
    assert_eq!(left, 0, "no draft is left");
}

#[test]
fn a_row_whose_equal_was_dropped_stands_for_itself() {
    let desk = Desk::new();
    let twin = "6112903338;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04";
    desk.write(
        "list.csv",
        with_rows(&["7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04", twin, twin]),
    );
    desk.write(
        "decisions.csv",
        "file;row;decision;reason\nlist.csv;2;pay;two people\nlist.csv;3;drop;typed twice\nlist.csv;4;pay;asked\n",
    );
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"]).exits(1).json();
    let fates = fates(&desk, &prepared);
    let fate = |row: u32| fates[&row].0.as_str();
    assert_eq!([fate(2), fate(3), fate(4)], ["prepared", "rejected", "prepared"]);
}

#[test]
fn what_lies_in_a_bank_files_place_is_told_before_the_release_begins() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let shown = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();
    let place = desk.workspace().join("out/B0001").join(shown["files"][0]["name"].as_str().expect("a name"));
    let state = || desk.json(&["batch", "list"]).exits(0).json()[0]["state"].clone();
    fs::write(&place, "junk").expect("writes");
    assert_eq!(desk.release("B0001").exits(3).error_code(), "release.file_differs");
    fs::remove_file(&place).expect("removes");
    fs::create_dir(&place).expect("makes");
    assert_eq!(desk.release("B0001").exits(3).error_code(), "release.file_differs");
    fs::remove_dir(&place).expect("removes");
    std::os::unix::fs::symlink("elsewhere", &place).expect("links");
    assert_eq!(desk.release("B0001").exits(3).error_code(), "release.file_differs");
    assert_eq!(state(), "approved", "nothing has begun");
    fs::remove_file(&place).expect("removes");
    desk.release("B0001").exits(0);
    assert_eq!(state(), "released");
}

#[test]
fn a_ledger_whose_claims_were_taken_out_prepares_nothing() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    let ledger = rusqlite::Connection::open(desk.workspace().join("ledger.db")).expect("opens");
    ledger.execute_batch("DELETE FROM claim_payee").expect("deletes");
    for command in [&["verify"][..], &["prepare", "list.csv", "--operator", "anna"]] {
        assert_eq!(desk.json(command).exits(4).error_code(), "ledger.damaged");
    }
    ledger.execute_batch("DELETE FROM claim").expect("deletes");
    for command in [&["verify"][..], &["prepare", "list.csv", "--operator", "anna"]] {
        assert_eq!(desk.json(command).exits(4).error_code(), "ledger.damaged");
    }
}

#[test]
fn rows_csv_means_the_same_without_the_options_of_the_command_that_wrote_it() {
    let desk = Desk::new();
    desk.write("list.csv", LIST.replace(";Alderspension;2022-04", ";;").replace(";Førtidspension;2022-04", ";;"));
    desk.prepare(&["list.csv", "--scheme", "Pension", "--period", "2022-04", "--pay-on", PAY_ON]).exits(0);
    for other in [&[][..], &["--scheme", "Another"]] {
        let again = desk.prepare(&[&["workspace/out/B0001/rows.csv"], other].concat()).exits(0).json();
        assert_eq!(rows(&again), [3, 0, 0, 0, 3]);
    }
}

/// An account and its IBAN are one account, in the lists of a command and against what was paid before; in the Danish realm whatever the bank
/// code of the IBAN.
#[test]
fn one_person_with_two_numbers_is_noticed_though_the_account_is_written_in_its_other_form() {
    let head = "id;navn;konto;beløb;ydelse;periode\n";
    for (country, payer, numbers, domestic, iban) in [
        ("NO", "86011117947", ["15077030082", "15077030163"], "86011117947", "NO9386011117947"),
        ("DK", "6471-0001234567", ["0101701234", "6101701234"], "4420-0012345678", "DK8030000012345678"),
        ("GL", "6471-0001234567", ["0101701234", "6101701234"], "6471-0001000206", "GL8964710001000206"),
        ("FO", "6460-0001631634", ["0101701234", "6101701234"], "4420-0012345678", "DK8030000012345678"),
        ("SE", "SE7280000810340009783242", ["7001101000", "7001711238"], "5839-8257466", "SE4550000000058398257466"),
    ] {
        let row = |number, account| format!("{number};Kari Nordmann;{account};100,00;Hjelp;2022-04\n");
        let (domestic, iban) = (row(numbers[0], domestic), row(numbers[1], iban));
        for (first, second) in [(&domestic, &iban), (&iban, &domestic)] {
            let desk = Desk::bare();
            let payer = ["--payer", "Oslo kommune", "--country", country, "--account", payer];
            desk.run(&[&["init"], &payer[..], &["--operator", "anna", "--operator", "malik"]].concat()).exits(0);
            desk.write("both.csv", [head, first, second].concat());
            let both = desk.json(&["check", "both.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
            assert_eq!(rows(&both), [2, 0, 0, 2, 0], "{country}: {both}");
            let suspects =
                both["problems"].as_array().expect("a list").iter().filter(|one| one["code"] == "duplicate.suspect");
            assert_eq!(suspects.count(), 2, "{country}: {both}");

            desk.write("one.csv", [head, first].concat());
            desk.write("other.csv", [head, second].concat());
            desk.prepare(&["one.csv", "--pay-on", PAY_ON]).exits(0);
            let other = desk.prepare(&["other.csv", "--pay-on", PAY_ON]).exits(1).json();
            assert_eq!(rows(&other), [1, 0, 0, 1, 0], "{country}: {other}");
            let problems = other["problems"].as_array().expect("a list");
            assert!(problems.iter().any(|problem| problem["code"] == "duplicate.suspect"), "{country}: {other}");
            desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
        }
    }
}

/// Two invoices of one amount to one organisation are told apart by their references alone: the second is held, and not left out as the same.
#[test]
fn another_reference_pays_another_invoice() {
    let desk = Desk::bare();
    let payer = ["--payer", "Oslo kommune", "--country", "NO", "--account", "86011117947"];
    desk.run(&[&["init"], &payer[..], &["--operator", "anna", "--operator", "malik"]].concat()).exits(0);
    let head = "orgnr;navn;konto;beløp;ytelse;periode;kid\n";
    let [one, other] = ["2345676", "1234567897"]
        .map(|kid| format!("123456785;Leverandør AS;86011117947;1000,00;Faktura;2026-11;{kid}\n"));
    desk.write("both.csv", [head, &one, &other].concat());
    let both = desk.json(&["check", "both.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    assert_eq!(rows(&both), [2, 0, 0, 2, 0], "{both}");
    desk.write("one.csv", [head, &one].concat());
    desk.prepare(&["one.csv", "--pay-on", PAY_ON]).exits(0);
    let again = desk.prepare(&["one.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(rows(&again), [1, 0, 0, 0, 1], "{again}");
    desk.write("other.csv", [head, &other].concat());
    let held = desk.prepare(&["other.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!((rows(&held), &held["problems"][0]["code"]), ([1, 0, 0, 1, 0], &json!("duplicate.conflict")));
    let message = held["problems"][0]["message"].as_str().expect("a message");
    assert!(message.contains("another account or reference"), "{message}");
    // The same invoice to the account's other form: whoever would pay it all the same is told what she was told before.
    desk.write("iban.csv", [head, &one.replace("86011117947", "NO9386011117947")].concat());
    desk.write("decisions.csv", "file,row,decision,reason\niban.csv,2,pay,in a hurry\n");
    let refused = desk.prepare(&["iban.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"]).exits(3).json();
    assert_eq!(refused["error"]["code"], "decision.conflict");
    assert!(refused["error"]["message"].as_str().is_some_and(|said| said.contains("decide `drop`")), "{refused}");
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
}

/// SEPA takes Latin letters alone: the payer's own name too leaves in these, and whoever approves sees it so.
#[test]
fn the_payers_name_leaves_in_the_letters_that_the_profile_takes() {
    let desk = Desk::bare();
    let payer = ["--payer", "Äänekosken kaupunki", "--country", "FI", "--account", "FI2112345600000785"];
    let init = [&["init"], &payer[..], &["--operator", "anna", "--operator", "malik"]].concat();
    let said = desk.json(&init).exits(0).json();
    assert_eq!((&said["profile"], &said["payer_name"]), (&json!("sepa"), &json!("Aeaenekosken kaupunki")));
    let checked = desk.run(&["profile", "check"]);
    assert!(checked.stdout.contains("Aeaenekosken kaupunki"), "{}", checked.stdout);
    desk.write(
        "list.csv",
        "hetu;nimi;iban;beløb;ydelse;periode\n010170-100R;Aija Virtanen;FI2112345600000785;10,00;Tuki;2026-11\n",
    );
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--map", "nimi=name"]).exits(0).json();
    let digest = prepared["digest"].as_str().expect("a digest");
    desk.json(&["approve", "B0001", "--digest", digest, "--operator", "malik"]).exits(0);
    let released = desk.json(&["release", "B0001", "--operator", "anna"]).exits(0).json();
    let file = desk.workspace().join(released["files"][0]["path"].as_str().expect("a path"));
    let file = std::fs::read_to_string(file).expect("a bank file");
    assert_eq!(file.matches("<Nm>Aeaenekosken kaupunki</Nm>").count(), 2, "{file}");
    assert!(file.is_ascii(), "{file}");
}

/// What no bank file of the profile could say is refused before there is a ledger, whose account and currency stay.
#[test]
fn init_refuses_an_account_or_a_currency_that_the_profile_cannot_pay_from() {
    let payer = |country, account, further: &[&str]| {
        let desk = Desk::bare();
        let payer = ["init", "--payer", "X", "--country", country, "--account", account];
        let operators = ["--operator", "anna", "--operator", "malik"];
        let said = desk.json(&[&payer[..], further, &operators].concat());
        let there = desk.workspace().join("ledger.db").exists();
        (said, there)
    };
    for (country, account, further) in [
        ("DK", "DK5000400440116243", &["--profile", "sepa"][..]),
        ("DK", "6471-0001234567", &["--profile", "sepa", "--currency", "EUR"]),
        ("GL", "GL8964710001000206", &["--profile", "sepa", "--currency", "EUR"]),
        ("DK", "DK5000400440116243", &["--profile", "bankdata-file"]),
        ("DK", "6471-0001234567", &["--profile", "bankdata-file", "--currency", "EUR"]),
    ] {
        let (said, there) = payer(country, account, further);
        assert_eq!(said.exits(3).error_code(), "profile.payer_account", "{country} {account} {further:?}");
        assert!(!there);
    }
    for (country, account, further, profile) in [
        ("DK", "DK5000400440116243", &["--profile", "sepa", "--currency", "EUR"][..], "sepa"),
        ("FI", "FI2112345600000785", &[], "sepa"),
        ("NO", "86011117947", &[], "norway"),
        ("DK", "6471-0001234567", &[], "generic"),
    ] {
        let (said, _) = payer(country, account, further);
        assert_eq!(said.exits(0).json()["profile"], profile, "{country}");
    }
}

/// An episode says what it is about: what else is prepared in it is pointed out, and paid.
#[test]
fn what_is_paid_beside_the_episodes_schemes_and_periods_is_pointed_out() {
    let desk = Desk::new();
    let open = ["episode", "open", "outage", "--operator", "anna"];
    desk.json(&[&open[..], &["--scheme", ""]].concat()).exits(2);
    let opened = desk.json(&[&open[..], &["--scheme", "Hjælp", "--scheme", "hjælp", "--period", "2022-04"]].concat());
    assert_eq!(opened.exits(0).json()[0]["schemes"], json!(["Hjælp"]));
    let list = |scheme, period| {
        format!("cpr;navn;konto;beløb;ydelse;periode\n0101701234;Ane Berg;6471-0001234567;100,00;{scheme};{period}\n")
    };
    for (scheme, period, outside) in [("hjælp", "2022-04", 0), ("Hjælp", "2022-05", 1), ("Barsel", "2022-04", 1)] {
        desk.write("list.csv", list(scheme, period));
        let said = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
        assert_eq!(said["outside_episode"].as_array().expect("a list").len(), outside, "{scheme} {period}: {said}");
        assert_eq!(said["rows"]["prepared"], 1);
    }
}
