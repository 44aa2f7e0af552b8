//! `status`: she can always find out where she stands, without a passphrase, and what it says next is what is next.

use serde_json::{Value, json};

use crate::desk::{Desk, PAY_ON};

const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Alderspension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;200,00;Alderspension;2022-04
";

fn status(desk: &Desk, code: i32) -> Value {
    let mut command = desk.command(&["status", "--json"]);
    // Nobody signs in.
    let ran = command.env_remove("STOPGAP_PASSPHRASE_DIR").output().expect("runs");
    assert_eq!(ran.status.code(), Some(code), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("one document")
}

fn next(status: &Value) -> Vec<&str> {
    status["next"].as_array().expect("a list").iter().map(|one| one["what"].as_str().expect("a word")).collect()
}

#[test]
fn each_step_is_named_until_nothing_waits() {
    let desk = Desk::new();
    assert_eq!(next(&status(&desk, 0)), [""; 0], "a new ledger waits for nobody");

    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--max-total", "250,00"]).exits(1);
    let prepared = status(&desk, 1);
    assert_eq!(next(&prepared), ["approve", "backup"]);
    assert_eq!(prepared["some_were_put_off"], true);
    assert_eq!(prepared["batches"][0]["state"], "prepared");

    desk.approve("B0001").exits(0);
    assert_eq!(next(&status(&desk, 1)), ["release", "backup"]);

    desk.release("B0001").exits(0);
    let released = status(&desk, 1);
    assert_eq!(next(&released), ["upload", "read_reports", "reconcile", "backup"]);
    assert_eq!(released["bank"], json!({ "none": { "count": 1, "amount": "100.00" } }));

    let uploaded = ["uploaded", "B0001", "--receipt", "R1", "--count", "1", "--amount", "100,00", "--operator", "anna"];
    desk.json(&uploaded).exits(0);
    desk.json(&["backup", "stick", "--operator", "anna"]).exits(0);
    assert_eq!(next(&status(&desk, 1)), ["read_reports", "reconcile"]);

    desk.write("run.csv", "cpr;ydelse;periode;beløb;status\n7012821128;Alderspension;2022-04;100,00;betalt\n");
    desk.json(&["reconcile", "--upstream", "run.csv", "--out", "after", "--operator", "anna"]).exits(1);
    let compared = status(&desk, 1);
    assert_eq!(next(&compared), ["read_reports", "decide"]);
    assert_eq!(compared["compared"]["findings"], 1);

    desk.json(&[
        "remedy",
        "decide",
        "F0001",
        "--as",
        "recover",
        "--reason",
        "r",
        "--operator",
        "anna",
        "--second",
        "malik",
    ])
    .exits(0);
    assert_eq!(next(&status(&desk, 1)), ["read_reports"]);
}

#[test]
fn a_cancelled_batch_asks_for_nothing() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.json(&["batch", "cancel", "B0001", "--operator", "anna"]).exits(0);
    assert_eq!(next(&status(&desk, 1)), ["backup"]);
}

#[test]
fn nothing_on_the_screen_tells_who() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    let screen = desk.run(&["status"]).exits(1).stdout;
    assert!(screen.contains("B0001") && screen.contains("stopgap approve B0001 --operator NAME"), "{screen}");
    for personal in ["Pipaluk", "7012821128", "701282", "0000100001"] {
        assert!(!screen.contains(personal), "{screen}");
    }
}
