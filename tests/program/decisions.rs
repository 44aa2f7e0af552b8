//! What people decided about rows: who was dropped is not paid, who is dead is not paid by another row, and the approver is told what took effect.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, PAY_ON, Ran};

const HEAD: &str = "cpr;navn;konto;beløb;ydelse;periode\n";

const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;100,00;Hjælp;2022-04
6506751118;Aviaaja Møller;6471-0001000206;100,00;Hjælp;2022-04
6704471120;Naja Olsen;6471-0000100005;100,00;Hjælp;2022-04
";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("a.csv", LIST);
    desk
}

fn prepare(desk: &Desk, lists: &[&str], more: &[&str]) -> Ran {
    desk.prepare(&[lists, &["--pay-on", PAY_ON], more].concat())
}

fn decide(desk: &Desk, lines: &[&str]) {
    desk.write("dec.csv", format!("file,row,decision,reason\n{}\n", lines.join("\n")));
}

const DECIDED: [&str; 2] = ["--decisions", "dec.csv"];

/// What is said of a row, by code and message.
fn said(prepared: &Value, row: u64) -> Vec<(String, String)> {
    let text = |one: &Value, field: &str| one[field].as_str().expect("a text").to_owned();
    let all = prepared["problems"].as_array().expect("a list").iter().filter(|one| one["row"] == row);
    all.map(|one| (text(one, "code"), text(one, "message"))).collect()
}

fn codes(prepared: &Value, row: u64) -> Vec<String> {
    said(prepared, row).into_iter().map(|(code, _)| code).collect()
}

fn rows(prepared: &Value) -> [u64; 4] {
    ["prepared", "rejected", "held", "duplicate"].map(|fate| prepared["rows"][fate].as_u64().expect("a count"))
}

#[test]
fn a_drop_takes_off_a_row_that_nothing_holds_and_pay_about_it_changes_nothing() {
    let desk = desk();
    decide(&desk, &["a.csv,5,drop,died in October", "a.csv,2,pay,is right"]);
    let prepared = prepare(&desk, &["a.csv"], &DECIDED).exits(1).json();
    assert_eq!((rows(&prepared), codes(&prepared, 5)), ([3, 1, 0, 0], vec!["decision.dropped".to_owned()]));
    assert_eq!(codes(&prepared, 2), ["decision.not_needed"]);

    // The approver is told of the decision that took effect, and not of the other.
    let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).stdout;
    assert!(shown.contains("died in October") && !shown.contains("is right"), "{shown}");

    // Whoever is dropped while in a batch already is in it all the same.
    decide(&desk, &["a.csv,2,drop,moved away"]);
    let again = prepare(&desk, &["a.csv"], &DECIDED).exits(1).json();
    assert!(said(&again, 2).iter().any(|(_, message)| message.contains("only if the batch is cancelled")), "{again}");
}

#[test]
fn who_was_dropped_is_held_when_the_list_comes_again() {
    for first in [&["--max-total", "200"][..], &[]] {
        let desk = desk();
        decide(&desk, &["a.csv,5,drop,died in October"]);
        let dropped = prepare(&desk, &["a.csv"], &[first, &DECIDED].concat()).exits(1).json();
        assert_eq!(codes(&dropped, 5), ["decision.dropped"]);
        for list in ["a.csv", "workspace/out/B0001/rows.csv"] {
            let again = prepare(&desk, &[list], &[]).exits(1).json();
            let held = said(&again, 5);
            assert_eq!(held[0].0, "decision.dropped_before", "{first:?} {list} {held:?}");
            assert!(held[0].1.contains("died in October"), "{held:?}");
        }
        // The list is read whole: what the batches of this list left is dealt with, and that is recorded once.
        prepare(&desk, &["a.csv"], &DECIDED).exits(1);
        let entries = || desk.json(&["verify"]).exits(0).json()["entries"].clone();
        let before = entries();
        let once_more = prepare(&desk, &["a.csv"], &DECIDED).exits(1).json();
        assert_eq!((codes(&once_more, 5), entries()), (vec!["decision.dropped".to_owned()], before));
        decide(&desk, &["a.csv,5,pay,it was another Naja"]);
        let paid = prepare(&desk, &["a.csv"], &DECIDED).exits(0).json();
        assert_eq!((rows(&paid), codes(&paid, 5)), ([1, 0, 0, 3], vec!["decision.paid".to_owned()]));
        desk.json(&["verify"]).exits(0);
        assert!(desk.run(&["log"]).exits(0).stdout.contains("dropped by decision"));
    }
}

#[test]
fn where_another_row_is_paid_a_row_was_dropped_and_not_what_is_owed() {
    let desk = Desk::new();
    let naja = |amount: &str| format!("{HEAD}6704471120;Naja Olsen;6471-0000100005;{amount};Hjælp;2022-04\n");
    desk.write("old.csv", naja("100,00"));
    desk.write("new.csv", naja("200,00"));
    decide(&desk, &["old.csv,2,drop,the old figure", "new.csv,2,pay,the right one"]);
    prepare(&desk, &["old.csv", "new.csv"], &DECIDED).exits(1);
    desk.json(&["batch", "cancel", "B0001", "--operator", "anna"]).exits(0);
    assert_eq!(rows(&prepare(&desk, &["new.csv"], &[]).exits(0).json()), [1, 0, 0, 0]);

    // The right figure was left open, and is free to be paid by itself.
    let desk = Desk::new();
    desk.write("old.csv", naja("100,00"));
    desk.write("new.csv", naja("200,00"));
    decide(&desk, &["old.csv,2,drop,the old figure"]);
    assert_eq!(rows(&prepare(&desk, &["old.csv", "new.csv"], &DECIDED).exits(1).json()), [0, 1, 1, 0]);
    assert_eq!(rows(&prepare(&desk, &["new.csv"], &[]).exits(0).json()), [1, 0, 0, 0]);

    // Its equal is not paid in its stead.
    let desk = Desk::new();
    desk.write("a.csv", naja("100,00"));
    desk.write("b.csv", naja("100,00"));
    decide(&desk, &["a.csv,2,drop,died in October"]);
    let prepared = prepare(&desk, &["a.csv", "b.csv"], &DECIDED).exits(1).json();
    assert_eq!((rows(&prepared), &prepared["batch"]), ([0, 1, 1, 0], &Value::Null));
    assert_eq!(codes(&prepared, 2), ["decision.dropped", "decision.dropped_before"]);
    let alone = prepare(&desk, &["b.csv"], &[]).exits(1).json();
    assert_eq!(codes(&alone, 2), ["decision.dropped_before"], "nobody was paid, and the decision is remembered");
    let episode = desk.json(&["episode", "list"]).json()[0]["episode"].as_str().expect("a name").to_owned();
    desk.end_every_copy_in("workspace");
    let close = ["episode", "close", &episode, "--operator", "anna", "--second", "malik", "--reason", "all is told"];
    desk.json(&close).exits(0);
    desk.json(&["episode", "open", "later", "--operator", "anna"]).exits(0);
    let later = prepare(&desk, &["b.csv"], &[]).exits(1).json();
    assert_eq!(codes(&later, 2), ["decision.dropped_before"], "also when another episode has begun");
}

#[test]
fn who_is_dead_by_one_row_is_paid_by_no_other_unasked() {
    let desk = Desk::new();
    let head = "cpr;navn;konto;beløb;ydelse;periode;rate;ændring\n";
    desk.write(
        "a.csv",
        format!(
            "{head}7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04;;\n\
             7012821128;Pipaluk Berthelsen;6471-0000100001;200,00;Boligstøtte;2022-04;;død\n\
             6112903338;Malik Kreutzmann;6471-0000100002;100,00;Hjælp;2022-04;;ophørt\n\
             6112903338;Malik Kreutzmann;6471-0000100002;100,00;Hjælp;2022-05;2;\n\
             6112903338;Malik Kreutzmann;6471-0000100002;100,00;Boligstøtte;2022-04;;\n\
             6704471120;Naja Olsen;6471-0000100005;100,00;Hjælp;2022-04;1;ophørt\n\
             6704471120;Naja Olsen;6471-0000100005;100,00;Hjælp;2022-05;1;\n\
             6704471120;Naja Olsen;6471-0000100005;100,00;Hjælp;2022-05;2;\n"
        ),
    );
    desk.write("b.csv", format!("{HEAD}7012821128;Pipaluk Berthelsen;6471-0000100001;300,00;Bidrag;2022-04\n"));
    let prepared = prepare(&desk, &["a.csv", "b.csv"], &["--max-total", "200"]).exits(1).json();
    assert_eq!(rows(&prepared), [2, 3, 4, 0], "who is held takes nobody's turn: {prepared}");
    let held: Vec<_> = prepared["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["code"] == "row.change_elsewhere")
        .map(|one| (one["file"].clone(), one["row"].clone(), one["column"].clone()))
        .collect();
    let at = |file: &str, row: u64| (json!(file), json!(row), json!("change"));
    assert_eq!(held, [at("a.csv", 2), at("a.csv", 5), at("a.csv", 8), at("b.csv", 2)]);
    assert!(said(&prepared, 2).iter().any(|(_, message)| message.contains("speaks of a death in row 3,")));
    desk.write("c.csv", format!("{head}6506751118;Aviaaja Møller;6471-0001000206;100,00;Hjælp;2022-04;;død 2/3\n"));
    desk.write("d.csv", format!("{HEAD}6506751118;Aviaaja Møller;6471-0001000206;300,00;Bidrag;2022-04\n"));
    let perhaps = prepare(&desk, &["c.csv", "d.csv"], &[]).exits(1).json();
    assert_eq!(
        (rows(&perhaps), codes(&perhaps, 2)),
        ([0, 0, 2, 0], vec!["row.change".into(), "row.change_elsewhere".into()])
    );
    decide(&desk, &["b.csv,2,pay,the estate is owed it"]);
    let decided = prepare(&desk, &["a.csv", "b.csv"], &DECIDED).exits(1).json();
    assert_eq!(rows(&decided), [1, 3, 3, 2]);
    assert!(
        fs::read_to_string(desk.workspace().join("out/B0002/rows.csv"))
            .expect("reads")
            .contains("row.change_elsewhere")
    );
}

#[test]
fn a_corrected_account_of_a_live_payment_waits_for_the_banks_word_and_takes_no_part() {
    let desk = desk();
    prepare(&desk, &["a.csv"], &[]).exits(0);
    desk.write("a.csv", LIST.replace("0000100005", "0000100009").replace("0000100002;100,00", "0000100002;200,00"));
    let again = prepare(&desk, &["a.csv"], &[]).exits(1).json();
    let remedy = |row: u64| said(&again, row).into_iter().next().expect("a problem").1;
    assert!(remedy(5).contains("if the payment comes back") && remedy(5).contains("would pay it twice"), "{again}");
    assert!(remedy(3).contains("A supplement needs a `part`"), "{again}");
    decide(&desk, &["a.csv,5,pay,another account"]);
    let refused = prepare(&desk, &["a.csv"], &DECIDED).exits(3);
    assert!(refused.stdout.contains("a `part` would pay the same twice"), "{}", refused.stdout);
}

/// Whatever the screen offers to type is typed in the current folder, not in the workspace.
#[test]
fn the_commands_that_are_shown_work_where_they_are_typed() {
    let desk = Desk::new();
    desk.write("a.csv", format!("{HEAD}7012821128;;6471-0000100001;100,00;Hjælp;2022-04\n"));
    let arguments = ["check", "a.csv", "--pay-on", PAY_ON, "--operator", "anna"];
    let screen = desk.run(&arguments).exits(1).stdout;
    assert!(screen.contains(&format!("stopgap check workspace/out/check/rows.csv --pay-on {PAY_ON}\n")), "{screen}");
    desk.run(&["check", "workspace/out/check/rows.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1);
    assert_eq!(desk.json(&arguments).exits(1).json()["rows_file"], "out/check/rows.csv");
}

#[test]
fn a_row_that_is_rejected_is_not_shown_as_one_to_decide_about() {
    let desk = Desk::new();
    desk.write("a.csv", format!("{HEAD}7012821128;;6471-0000100001;250.000,00;Hjælp;2022-04\n"));
    let screen = desk.run(&["check", "a.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).stdout;
    assert!(screen.contains("amount.limit, 1 row") && !screen.contains("until a person decides"), "{screen}");
}

#[test]
fn what_is_typed_in_the_wrong_place_shows_no_person_number() {
    let desk = desk();
    decide(&desk, &["a.csv,101700003,drop,typo"]);
    let list = ["check", "a.csv", "--pay-on", PAY_ON, "--operator", "anna"];
    let lines: [&[&str]; 5] = [
        &["--decisions", "dec.csv"],
        &["--period", "0101700003"],
        &["--map", "0101700003=scheme"],
        &["--map", "0101700003"],
        &["--map", "navn=0101700003"],
    ];
    let mut ran: Vec<_> = lines.iter().map(|more| desk.run(&[&list[..], *more].concat())).collect();
    ran.push(desk.run(&["batch", "show", "0101700003", "--operator", "anna"]));
    ran.push(desk.run(&["check", "a.csv", "--pay-on", PAY_ON, "--operator", "0101700003"]));
    for Ran { code, stdout, stderr } in ran {
        assert!(code >= 2 && stderr.contains("1017••") | stderr.contains("0101••"), "{code} {stderr}");
        assert!(!stderr.contains("101700003") && !stdout.contains("101700003"), "{stderr}");
    }
}

#[test]
fn a_decisions_file_about_another_list_is_told_which_lists_there_are() {
    let desk = desk();
    decide(&desk, &["b.csv,2,pay,typo"]);
    let refused = prepare(&desk, &["a.csv"], &DECIDED).exits(2);
    assert_eq!(refused.error_code(), "decisions.file");
    assert!(refused.stdout.contains("which are: a.csv."), "{}", refused.stdout);
}
