//! Rows that a batch left rejected or held: nobody forgets them.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, LIST, PAY_ON};

/// One can be paid, one has an account that cannot be, and one is over the limit.
fn mixed() -> String {
    LIST.replace("6471-0000100001", "12").replace("11.000,00", "111.000,00")
}

/// What is still open of each batch, as `status` tells it.
fn open_rows(desk: &Desk) -> Vec<(String, Value)> {
    let status = desk.json(&["status"]).json();
    let batches = status["batches"].as_array().expect("batches").iter();
    let open = batches.filter(|batch| !batch["open_rows"].is_null());
    open.map(|batch| (batch["batch"].as_str().expect("an id").to_owned(), batch["open_rows"].clone())).collect()
}

fn left_first() -> (Desk, Vec<(String, Value)>) {
    let desk = Desk::new();
    desk.write("list.csv", mixed());
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1);
    let open = vec![("B0001".to_owned(), json!({ "rejected": 1, "held": 1, "amount": "116234.50" }))];
    (desk, open)
}

#[test]
fn rejected_and_held_rows_are_named_until_somebody_says_what_became_of_them() {
    let (desk, open) = left_first();
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    assert_eq!(open_rows(&desk), open);
    let screen = desk.run(&["status"]).stdout;
    assert!(
        screen.contains("Batch B0001 left 1 rejected row and 1 held") && screen.contains("out/B0001/rows.csv"),
        "{screen}"
    );
    let waiting = desk.json(&["waiting", "--operator", "anna"]).exits(0).json();
    assert_eq!(waiting["open_rows"], json!([{ "batch": "B0001", "rows": open[0].1 }]));
    // The file that names them is not done with.
    let ended = desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0).json();
    assert!(ended["left"].to_string().contains("rows_wait"), "{ended}");
    let name = desk.json(&["status"]).json()["episode"].as_str().expect("open").to_owned();
    let closing = desk.json(&["episode", "close", &name, "--operator", "anna"]).exits(3);
    assert!(closing.stdout.contains("2 rows were rejected or held (B0001)"), "{}", closing.stdout);

    let settle = |reason| desk.json(&["batch", "settle", "B0001", "--reason", reason, "--operator", "anna"]);
    assert_eq!(settle(" ").exits(2).error_code(), "decision.reason");
    assert_eq!(settle("both were paid in cash").exits(0).json()["settled"], open[0].1);
    assert_eq!(settle("both were paid in cash").exits(3).error_code(), "batch.no_open_rows");
    assert_eq!(open_rows(&desk), []);
    let closing = desk.json(&["episode", "close", &name, "--operator", "anna"]).exits(3);
    assert!(!closing.stdout.contains("rejected or held"), "{}", closing.stdout);
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
    let log = desk.run(&["log", "--batch", "B0001"]).exits(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(log.contains("1 rejected row and 1 held wait for somebody") && log.contains("are dealt with"), "{log}");
}

#[test]
fn the_rows_file_handed_in_again_settles_what_it_mends() {
    let (desk, open) = left_first();
    let file = desk.workspace().join("out/B0001/rows.csv");
    let mended = fs::read_to_string(&file).expect("reads").replace(",12,,\"5.234", ",6471-0000100001,,\"5.234");
    fs::write(&file, mended).expect("writes");
    // Somebody else's list settles nothing, though it is longer.
    desk.write("other.csv", LIST.replace("2022-04", "2022-05"));
    desk.prepare(&["other.csv", "--pay-on", PAY_ON]).exits(0);
    assert_eq!(open_rows(&desk), open);
    let again = desk.prepare(&["workspace/out/B0001/rows.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!(again["rows"], json!({ "read": 3, "prepared": 1, "rejected": 0, "held": 1, "duplicate": 1 }));
    let rest = vec![("B0003".to_owned(), json!({ "rejected": 0, "held": 1, "amount": "111000.00" }))];
    assert_eq!(open_rows(&desk), rest, "what is still open is open in the batch that read it last");

    desk.write("decisions.csv", "file,row,decision,reason\nrows.csv,3,drop,a mistake\n");
    let decided = ["workspace/out/B0001/rows.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"];
    desk.json(&[&["check", "--operator", "anna"], &decided[..]].concat()).exits(1);
    assert_eq!(open_rows(&desk), rest, "a check settles nothing");
    let dropped = desk.prepare(&decided).exits(1).json();
    assert_eq!(dropped["rows"], json!({ "read": 3, "prepared": 0, "rejected": 1, "held": 0, "duplicate": 2 }));
    assert_eq!(open_rows(&desk), [], "who was dropped is not open");
    desk.json(&["verify"]).exits(0);
}

#[test]
fn a_batch_that_is_cancelled_takes_back_what_it_settled() {
    let (desk, open) = left_first();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    assert_eq!(open_rows(&desk), []);
    desk.json(&["batch", "cancel", "B0002", "--operator", "anna"]).exits(0);
    assert_eq!(open_rows(&desk), open);
    desk.json(&["batch", "cancel", "B0001", "--operator", "anna"]).exits(0);
    assert_eq!(open_rows(&desk), [], "a cancelled batch asks for its lists as a whole");
}

#[test]
fn fewer_rows_under_the_same_name_settle_nothing() {
    let (desk, open) = left_first();
    let without_one: Vec<&str> = LIST.lines().enumerate().filter(|(at, _)| *at != 2).map(|(_, line)| line).collect();
    desk.write("list.csv", without_one.join("\n"));
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    assert_eq!(open_rows(&desk), open);
}

#[test]
fn where_nobody_can_be_paid_no_key_of_an_episode_is_left_behind() {
    let desk = Desk::new();
    desk.write(
        "held.csv",
        LIST.replace("5.234,50", "105.234,50").replace("11.000,00", "111.000,00").replace("999,95", "100.999,95"),
    );
    let held = desk.prepare(&["held.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!((&held["batch"], &held["rows"]["held"]), (&Value::Null, &json!(3)));
    let keys = || desk.files().into_iter().filter(|file| file.to_string_lossy().contains("keys/episode-")).count();
    assert_eq!(keys(), 0);
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    assert_eq!(keys(), 1);
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
}
