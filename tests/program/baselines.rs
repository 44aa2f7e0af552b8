//! Baselines: what was last paid, kept in good times.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, PAY_ON};

/// A payday in good times, long past. Made-up people, one of them in two schemes.
pub const MARCH: &str = "cpr;navn;konto;beløb;ydelse;periode;dispdato
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-03;2022-03-01
6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-03;2022-03-01
6506751118;Aviaaja Møller;GL8964710001000206;999,95;Førtidspension;2022-03;2022-03-01
7012821128;Pipaluk Berthelsen;6471-0000100001;250.000,00;Barsel;2022-03;2022-03-01
";

fn codes(document: &Value, of: &str) -> Vec<String> {
    let all = document[of].as_array().expect("a list");
    all.iter().map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn a_baseline_is_kept_sealed_in_good_times_and_the_same_one_only_once() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    let added = desk.add_baseline("march.csv", "2022-03").exits(0).json();
    assert_eq!((&added["entry"], &added["already_there"]), (&json!(4), &json!(false)));
    assert_eq!((&added["rows"]["prepared"], &added["amount"]["prepared"]), (&json!(4), &json!("267234.45")));
    let scheme = &added["schemes"][0];
    assert_eq!(
        (&scheme["scheme"], &scheme["payments"], &scheme["amount"]),
        (&json!("Alderspension"), &json!(2), &json!("16234.50"))
    );
    let head = desk.head();
    // The rows in another order and spelling are the same figures.
    let mut lines: Vec<&str> = MARCH.lines().collect();
    lines.swap(1, 3);
    desk.write("again.csv", lines.join("\n").replace("250.000,00", "250000"));
    let again = desk.add_baseline("again.csv", "2022-03").exits(0).json();
    assert_eq!((&again["entry"], &again["already_there"]), (&json!(4), &json!(true)));
    assert_eq!(desk.head(), head, "nothing was recorded");
    let keys = desk.files().into_iter().filter(|file| file.to_string_lossy().contains("baseline-")).count();
    assert_eq!(keys, 1, "no key is left of what was not recorded");

    for file in desk.files() {
        let bytes = fs::read(&file).expect("reads");
        for secret in ["7012821128", "Pipaluk", "0000100001", "march.csv"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", file.display());
        }
    }
    assert_eq!(desk.json(&["episode", "list"]).exits(0).json(), json!([]), "it takes no episode");
    desk.json(&["verify"]).exits(0);
}

#[test]
fn rows_that_cannot_be_paid_by_stay_out_of_a_baseline_and_are_named() {
    let desk = Desk::new();
    let more = "6704471120;Naja Olsen;12;100,00;Alderspension;2022-03;
6704471120;Naja Olsen;6471-0000100005;100,00;Alderspension;2022-02;
6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-03;
6506751118;Aviaaja Møller;GL8964710001000206;1.999,95;Førtidspension;2022-03;
";
    desk.write("march.csv", format!("{MARCH}{more}"));
    let added = desk.add_baseline("march.csv", "2022-03").exits(1).json();
    assert_eq!(
        added["rows"],
        json!({ "read": 8, "prepared": 3, "rejected": 2, "held": 2, "duplicate": 1 }),
        "of two rows that contradict each other, nobody knows which is right"
    );
    let codes = codes(&added, "problems");
    for code in ["account.malformed", "baseline.other_period", "duplicate.same", "duplicate.conflict"] {
        assert!(codes.iter().any(|found| found == code), "{code} in {codes:?}");
    }
    desk.write("none.csv", "cpr;navn;konto;beløb;ydelse\n1;x;12;1,00;Barsel\n");
    let head = desk.head();
    let none = desk.add_baseline("none.csv", "2022-03").exits(1).json();
    assert_eq!((&none["entry"], desk.head()), (&Value::Null, head));
    assert_eq!(desk.add_baseline("none.csv", "march").exits(2).error_code(), "period.malformed");
    assert_eq!(desk.add_baseline("away.csv", "2022-03").exits(2).error_code(), "list.unreadable");
}

#[test]
fn the_monthly_check_opens_every_row_and_names_what_would_fail() {
    let desk = Desk::new();
    let check = || desk.json(&["baseline", "check", "--operator", "anna"]);
    assert_eq!(codes(&check().exits(1).json(), "findings"), ["baseline.none"]);
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write("april.csv", MARCH.replace("2022-03;", "2022-04;").replace("999,95", "1.099,95"));
    desk.add_baseline("april.csv", "2022-04").exits(0);
    assert_eq!(codes(&check().exits(1).json(), "findings"), ["baseline.old"], "added today, of a period long past");
    long_ago_is_recent(&desk);
    let ready = check().exits(0).json();
    assert_eq!(ready["baselines"].as_array().map(Vec::len), Some(1), "the older one is history");
    let last = &ready["baselines"][0];
    assert_eq!(
        (&last["period"], &last["restored"], &last["rows"], &last["payable"]),
        (&json!("2022-04"), &json!(true), &json!(4), &json!(4))
    );
    // 250,000.00 is over the limit: --from-baseline would hold it.
    assert_eq!(last["held"], 1);
    let screen = desk.run(&["baseline", "check", "--operator", "anna"]).exits(0).stdout.replace("\n  ", " ");
    assert!(screen.contains("4 could be paid, of which 1 is held until somebody decides."), "{screen}");
    assert_eq!(last["schemes"][1]["before"]["amount"], "999.95");
    let listed = desk.json(&["baseline", "list"]).exits(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&listed[0]["schemes"][0]["is_last"], &listed[1]["schemes"][0]["is_last"]),
        (&json!(false), &json!(true))
    );

    let keys: Vec<_> = desk.files().into_iter().filter(|file| file.to_string_lossy().contains("baseline-")).collect();
    let kept: Vec<_> = keys.iter().map(|key| fs::read(key).expect("reads")).collect();
    keys.iter().for_each(|key| fs::remove_file(key).expect("removes"));
    let lost = check().exits(1).json();
    assert_eq!(codes(&lost, "findings"), ["baseline.unreadable"]);
    assert_eq!(lost["baselines"][0]["restored"], false);
    for (key, bytes) in keys.iter().zip(kept) {
        fs::write(key, bytes).expect("writes");
    }
    check().exits(0);

    let ledger = rusqlite::Connection::open(desk.workspace().join("ledger.db")).expect("opens");
    ledger.execute("UPDATE sealed_part SET ciphertext = x'00' WHERE entry = 5", []).expect("damages");
    assert_eq!(codes(&check().exits(1).json(), "findings"), ["baseline.unreadable"]);
    assert_eq!(desk.json(&["verify"]).exits(4).error_code(), "ledger.damaged");
}

/// Lets the made-up paydays of long ago pass for recent ones.
fn long_ago_is_recent(desk: &Desk) {
    let path = desk.workspace().join("stopgap.toml");
    let settings = fs::read_to_string(&path).expect("reads");
    assert!(settings.contains("oldest_days = 45\n"), "{settings}");
    let settings = settings.replace("oldest_days = 45\n", "oldest_days = 36500\n");
    fs::write(&path, settings).expect("writes");
}

#[test]
fn the_baseline_in_use_is_the_one_of_the_latest_period() {
    let desk = Desk::new();
    let used = || {
        let listed = desk.json(&["baseline", "list"]).exits(0).json();
        let of = |one: &Value| one["schemes"][0]["is_last"].as_bool().expect("told");
        listed.as_array().expect("a list").iter().map(of).collect::<Vec<_>>()
    };
    desk.write("march.csv", MARCH);
    desk.write("old.csv", MARCH.replace("2022-03;", "2020-01;").replace("5.234,50", "4.000,00"));
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write("april.csv", APRIL);
    let late = desk.run(&["baseline", "add", "old.csv", "--period", "2020-01", "--operator", "anna"]).exits(0).stdout;
    assert!(late.contains("MIND: a baseline of a later period"), "{late}");
    assert_eq!(used(), [true, false]);
    assert_eq!(desk.add_baseline("march.csv", "2022-03").exits(0).json()["already_there"], true);
    let checked = desk.json(&["check", "april.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    assert_eq!(checked["baselines"][0]["period"], "2022-03");
    let paid = ["check", "--from-baseline", "--period", "2022-04", "--pay-on", PAY_ON, "--operator", "anna"];
    assert_eq!(desk.json(&paid).exits(1).json()["amount"]["read"], "267234.45");

    // Of one period the last one added counts, and a mistake can be taken back.
    desk.write("wrong.csv", MARCH.replace("5.234,50", "9.000,00"));
    desk.add_baseline("wrong.csv", "2022-03").exits(0);
    assert_eq!(used(), [false, false, true]);
    assert_eq!(desk.add_baseline("march.csv", "2022-03").exits(0).json()["already_there"], false);
    assert_eq!(used(), [false, false, false, true]);
}

/// April's list: Malik's account is another one, Aviaaja's amount has doubled, Naja is new, and Pipaluk is only paid one of her two.
const APRIL: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.300,00;Alderspension;2022-04
6112903338;Malik Kreutzmann;6471-0000100009;11.000,00;Alderspension;2022-04
6506751118;Aviaaja Møller;6471-0001000206;1.999,90;Førtidspension;2022-04
6704471120;Naja Olsen;6471-0000100005;100,00;Alderspension;2022-04
";

fn problems(prepared: &Value) -> Vec<(String, Option<u64>)> {
    let all = prepared["problems"].as_array().expect("a list");
    let mut all: Vec<_> =
        all.iter().map(|one| (one["code"].as_str().expect("a code").to_owned(), one["row"].as_u64())).collect();
    all.sort();
    all
}

fn pairs(pairs: &[(&str, u64)]) -> Vec<(String, Option<u64>)> {
    pairs.iter().map(|(code, row)| ((*code).to_owned(), Some(*row))).collect()
}

#[test]
fn every_list_is_compared_with_the_last_baseline() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write("april.csv", APRIL);
    let prepared = desk.prepare(&["april.csv", "--pay-on", PAY_ON]).exits(1).json();
    let differing =
        pairs(&[("baseline.account_changed", 3), ("baseline.amount_changed", 4), ("baseline.new_person", 5)]);
    assert_eq!(problems(&prepared), differing, "nobody is missing in the schemes that the list has");
    assert_eq!(prepared["rows"], json!({ "read": 4, "prepared": 3, "rejected": 0, "held": 1, "duplicate": 0 }));
    assert_eq!((&prepared["baselines"][0]["entry"], &prepared["baselines"][0]["compared"]), (&json!(4), &json!(true)));
    let shown = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();
    let beside = &shown["beside_baselines"];
    assert_eq!(
        (&beside["new_persons"], &beside["amounts_changed"], &beside["accounts_changed"]),
        (&json!(1), &json!(1), &json!(0))
    );

    desk.write("decisions.csv", "file,row,decision,reason\napril.csv,3,pay,he came to the counter with his card\n");
    let decided = desk.prepare(&["april.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"]).exits(0).json();
    assert_eq!(decided["rows"], json!({ "read": 4, "prepared": 1, "rejected": 0, "held": 0, "duplicate": 3 }));
    let shown = desk.json(&["batch", "show", "B0002", "--operator", "malik"]).exits(0).json();
    assert_eq!(shown["beside_baselines"]["accounts_changed"], 1);
    let again = desk.prepare(&["april.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(again["rows"]["duplicate"], 4, "the same as a live payment wins over a changed account");
    desk.json(&["verify"]).exits(0);
}

#[test]
fn who_is_missing_is_named_and_handed_over_as_a_list() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    // Of the four, one is in the list, one in a row that is rejected, one in another scheme only.
    desk.write(
        "part.csv",
        "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-04
6506751118;Aviaaja Møller;12;999,95;Førtidspension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;90,00;Barsel;2022-04
",
    );
    let prepared = desk.prepare(&["part.csv", "--pay-on", PAY_ON]).exits(1).json();
    let missing: Vec<_> = prepared["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["code"] == "baseline.missing_person")
        .map(|one| (one["file"].clone(), one["row"].clone(), one["message"].as_str().expect("words").to_owned()))
        .collect();
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(missing.iter().all(|(file, row, _)| file == "baseline:2022-03" && row.is_null()));
    assert!(missing[0].2.starts_with("6112••-•••• has 11,000.00 for Alderspension"), "{}", missing[0].2);
    assert_eq!(prepared["rows"]["read"], 3, "nobody is counted who is in no list");
    let file = prepared["missing_file"].as_str().expect("a file").to_owned();
    assert_eq!(file, "out/B0001/missing.csv");

    // What is missing, handed in: it is paid for the list's period, and nobody is missing any more.
    let found = desk.prepare(&[&format!("workspace/{file}"), "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!(found["rows"], json!({ "read": 2, "prepared": 1, "rejected": 0, "held": 1, "duplicate": 0 }));
    assert!(problems(&found).iter().all(|(code, _)| code != "baseline.missing_person"), "{:?}", problems(&found));
    let rest = desk.prepare(&["part.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!(problems(&rest).iter().filter(|(code, _)| code == "baseline.missing_person").count(), 1, "who is held");
}

#[test]
fn whoever_adds_a_baseline_with_another_account_is_told_of_and_so_is_the_approver() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    assert_eq!(desk.add_baseline("march.csv", "2022-03").exits(0).json()["accounts_changed"], 0);
    desk.write("late.csv", MARCH.replace("6471-0000100002", "6471-0000100009"));
    let late = desk.run(&["baseline", "add", "late.csv", "--period", "2022-03", "--operator", "anna"]).exits(0).stdout;
    assert!(late.contains("MIND: 1 row has another account than in the baseline before."), "{late}");
    desk.write("april.csv", APRIL);
    for (preparer, approver, told) in [("anna", "malik", true), ("malik", "anna", false)] {
        desk.json(&["prepare", "april.csv", "--pay-on", PAY_ON, "--operator", preparer]).exits(0);
        let batch = if told { "B0001" } else { "B0002" };
        let shown = desk.json(&["batch", "show", batch, "--operator", approver]).exits(0).json();
        assert_eq!(shown["baselines_of_preparer"], if told { json!([5]) } else { json!([]) });
        let screen = desk.run(&["batch", "show", batch, "--operator", approver]).exits(0).stdout.replace("\n    ", " ");
        assert_eq!(screen.contains("was added by anna, who prepared this batch"), told, "{screen}");
        desk.json(&["batch", "cancel", batch, "--operator", approver]).exits(0);
    }
}

#[test]
fn a_case_of_a_person_who_is_there_is_named() {
    let desk = Desk::new();
    let list = |period: &str, parts: &[&str]| {
        let rows =
            parts.iter().map(|part| format!("7012821128;Pipaluk;6471-0000100001;100,00;Hjælp;{period};{part}\n"));
        format!("cpr;navn;konto;beløb;ydelse;periode;sagsnr\n{}", rows.collect::<String>())
    };
    desk.write("march.csv", list("2022-03", &["egen", "husleje"]));
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write("april.csv", list("2022-04", &["egen"]));
    let found = desk.prepare(&["april.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(codes(&found, "problems"), ["baseline.missing_case"]);
    assert!(found["problems"][0]["message"].as_str().expect("words").contains("part \"husleje\""), "{found}");
    let file = format!("workspace/{}", found["missing_file"].as_str().expect("a file"));
    let paid = desk.prepare(&[&file, "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((&paid["rows"]["prepared"], codes(&paid, "problems")), (&json!(1), vec![]));
}

#[test]
fn a_baseline_that_does_not_open_keeps_nobody_from_being_paid() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write("april.csv", APRIL);
    for key in desk.files().into_iter().filter(|file| file.to_string_lossy().contains("baseline-")) {
        fs::remove_file(key).expect("removes");
    }
    let ran = desk.prepare(&["april.csv", "--pay-on", PAY_ON]).exits(0);
    assert!(ran.stderr.contains("Not compared with the baseline of 2022-03"), "{}", ran.stderr);
    let prepared = ran.json();
    assert_eq!((&prepared["rows"]["prepared"], &prepared["baselines"][0]["compared"]), (&json!(4), &json!(false)));
    let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).exits(0);
    assert!(shown.stdout.contains("NOT COMPARED with 1 baseline"), "{}", shown.stdout);
}

#[test]
fn a_payday_is_paid_on_the_last_known_figures_and_the_true_list_meets_it() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write(
        "changes.csv",
        "cpr;navn;konto;beløb;ydelse;ændring
6112903338;;;;Alderspension;ophørt
6506751118;;;;;død
7012821128;Pipaluk Berthelsen;6471-0000100001;240.000,00;Barsel;ændret
6704471120;Naja Olsen;6471-0000100005;100,00;Alderspension;ny
",
    );
    desk.write("decisions.csv", "file,row,decision,reason\nchanges.csv,4,pay,the arrears are in it\n");
    let pay = ["--from-baseline", "--period", "2022-04", "--changes", "changes.csv", "--decisions", "decisions.csv"];
    let prepared = desk.prepare(&[&pay[..], &["--pay-on", PAY_ON]].concat()).exits(1).json();
    assert_eq!(prepared["rows"], json!({ "read": 6, "prepared": 3, "rejected": 3, "held": 0, "duplicate": 0 }));
    assert_eq!((&prepared["amount"]["prepared"], &prepared["provisional"]), (&json!("245334.50"), &json!(true)));
    let expected = pairs(&[
        ("baseline.dead", 4),
        ("baseline.ended", 3),
        ("baseline.new_person", 5),
        ("baseline.replaced", 5),
        ("decision.paid", 4),
    ]);
    assert_eq!(problems(&prepared), expected, "nobody who ended is missing");
    let rows = fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    assert!(rows.contains("baseline:2022-03,,2,prepared,,\"On the figures of baseline:2022-03"), "{rows}");
    let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).exits(0);
    assert!(shown.stdout.contains("PROVISIONAL"), "{}", shown.stdout);
    assert!(desk.run(&["batch", "list"]).stdout.contains("provisional"));
    assert_eq!(desk.json(&["batch", "list"]).exits(0).json()[0]["provisional"], true);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);

    let again = desk.prepare(&[&pay[..5], &["--pay-on", PAY_ON]].concat()).exits(1).json();
    assert_eq!((&again["batch"], &again["rows"]["duplicate"]), (&Value::Null, &json!(3)));
    // The rejected rows handed in again are not paid by accident: the file says that they ended.
    let rows = desk.prepare(&["workspace/out/B0001/rows.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!((&rows["rows"]["prepared"], &rows["rows"]["rejected"]), (&json!(0), &json!(3)));

    // Weeks later: what was right is there already, what was not is held beside it.
    desk.write("april.csv", APRIL.replace("5.300,00", "5.234,50").replace("100,00;Alder", "150,00;Alder"));
    let corrected = desk.prepare(&["april.csv", "--pay-on", PAY_ON]).exits(1).json();
    let codes: Vec<_> = problems(&corrected).into_iter().filter(|(code, _)| code.starts_with("duplicate")).collect();
    assert_eq!(codes, pairs(&[("duplicate.conflict", 5), ("duplicate.same", 2)]));
    desk.json(&["verify"]).exits(0);
}

#[test]
fn changes_that_cannot_be_meant_are_refused_whole() {
    let desk = Desk::new();
    let pay = |more: &[&str]| desk.prepare(&[&["--from-baseline", "--pay-on", PAY_ON], more].concat());
    assert_eq!(pay(&["--period", "2022-04"]).exits(2).error_code(), "baseline.none_kept");
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    let head = desk.head();
    assert_eq!(pay(&[]).exits(2).error_code(), "baseline.period_missing");
    // Changes are of the baseline: beside a list they would be passed over.
    desk.write("changes.csv", "cpr;ydelse;ændring\n6112903338;Alderspension;død\n");
    let beside = desk.prepare(&["march.csv", "--changes", "changes.csv", "--pay-on", PAY_ON]).exits(2);
    assert_eq!(beside.error_code(), "arguments");
    // The baseline's own month was most likely paid.
    let again =
        desk.json(&["check", "--operator", "anna", "--from-baseline", "--period", "2022-03", "--pay-on", PAY_ON]);
    assert!(again.stderr.contains("is paid again. Is --period right?"), "{}", again.stderr);
    let next =
        desk.json(&["check", "--operator", "anna", "--from-baseline", "--period", "2022-04", "--pay-on", PAY_ON]);
    assert!(!next.stderr.contains("is paid again"), "{}", next.stderr);
    let table = [
        ("6704471120;Alderspension;ophørt", "changes.not_in_baseline"),
        ("6112903338;Barsel;ophørt", "changes.not_in_baseline"),
        ("6704471120;Alderspension;ændret", "changes.not_in_baseline"),
        ("6112903338;Alderspension;måske", "changes.unreadable"),
        ("6112903338;;ophørt", "changes.unreadable"),
        ("x;Alderspension;død", "changes.unreadable"),
    ];
    for (row, code) in table {
        desk.write("changes.csv", format!("cpr;ydelse;ændring\n{row}\n"));
        let refused = pay(&["--period", "2022-04", "--changes", "changes.csv"]).exits(2);
        assert_eq!(refused.error_code(), code, "{row}");
        assert!(!refused.stdout.contains("6704471120") && !refused.stdout.contains("6112903338"), "{}", refused.stdout);
    }
    desk.write("changes.csv", "cpr;ydelse\n6112903338;Alderspension\n");
    let refused = pay(&["--period", "2022-04", "--changes", "changes.csv"]).exits(2);
    assert_eq!(refused.error_code(), "list.heading_missing");
    assert_eq!(desk.head(), head);
    for key in desk.files().into_iter().filter(|file| file.to_string_lossy().contains("baseline-")) {
        fs::remove_file(key).expect("removes");
    }
    assert_eq!(pay(&["--period", "2022-04"]).exits(4).error_code(), "keys.missing");
}

#[test]
fn who_is_dead_or_ended_is_not_changed_as_well() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    let check = ["check", "--operator", "anna", "--from-baseline", "--period", "2022-04", "--changes", "changes.csv"];
    // Whichever row comes first, and however the number and the scheme are written.
    let table = [
        ("611290-3338;;", "død", "6112903338;Barsel;", "ny", true),
        ("6112903338;Alderspension;", "ophørt", "6112903338;alderspension;", "ændret", true),
        ("6112903338;Alderspension;", "ophørt", "6112903338;Alderspension;2", "ny", true),
        ("6112903338;Alderspension;", "ophørt", "6112903338;Barsel;", "ny", false),
        ("7012821128;;", "død", "6112903338;Barsel;", "ny", false),
    ];
    for (ends, ended, pays, paid, contradicts) in table {
        let (ends, pays) =
            (format!("{ends};;;;{ended}"), format!("{pays};1,00;6471-0000100009;Malik Kreutzmann;{paid}"));
        for (first, second) in [(&ends, &pays), (&pays, &ends)] {
            desk.write("changes.csv", format!("cpr;ydelse;sagsnr;beløb;konto;navn;ændring\n{first}\n{second}\n"));
            let ran = desk.json(&check).exits(if contradicts { 2 } else { 1 });
            assert_eq!(ran.error_code() == "changes.contradiction", contradicts, "{ends} {pays}: {}", ran.stdout);
            let both = ["row 2 says", "row 3 says"].iter().all(|row| ran.stdout.contains(row));
            assert_eq!(both, contradicts, "{}", ran.stdout);
            assert!(!contradicts || !ran.stdout.contains("6112903338"), "{}", ran.stdout);
        }
    }
}

/// `02/03` alone could be the third of February; the column of the list of changes tells.
#[test]
fn a_list_of_changes_settles_its_own_dates() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write(
        "changes.csv",
        "cpr;navn;konto;beløb;ydelse;dato;ændring
6704471120;Naja Olsen;6471-0000100005;100,00;Alderspension;02/03/2099;ny
6704471120;Naja Olsen;6471-0000100005;200,00;Barsel;16/03/2099;ny
",
    );
    let pay = ["--from-baseline", "--period", "2022-04", "--changes", "changes.csv", "--pay-on", PAY_ON];
    let prepared = desk.prepare(&pay).exits(1).json();
    let wrong: Vec<_> = codes(&prepared, "problems").into_iter().filter(|code| code.starts_with("date.")).collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(prepared["rows"]["prepared"], 5);
    let shown = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();
    let days: Vec<_> = shown["schemes"].as_array().expect("schemes").iter().map(|one| one["pay_on"].clone()).collect();
    assert!(days.contains(&json!("2099-03-02")) && days.contains(&json!("2099-03-16")), "{days:?}");
}

#[test]
fn last_months_text_is_not_sent_for_this_month() {
    let desk = Desk::new();
    let texts = ["Husleje marts 2022", "lejemål 12"];
    let row =
        |(at, text): (usize, &str)| format!("7012821128;Pipaluk;6471-0000100001;100,00;Hjælp;2022-03;{at};{text}\n");
    let rows: String = texts.into_iter().enumerate().map(row).collect();
    desk.write("march.csv", format!("cpr;navn;konto;beløb;ydelse;periode;sagsnr;tekst\n{rows}"));
    desk.add_baseline("march.csv", "2022-03").exits(0);
    let paid = desk.prepare(&["--from-baseline", "--period", "2022-04", "--pay-on", PAY_ON]).exits(0);
    assert!(paid.stderr.contains("Left out 1 text of the baseline"), "{}", paid.stderr);
    let rows = fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    assert!(rows.contains("lejemål 12") && !rows.contains("marts"), "{rows}");
}
