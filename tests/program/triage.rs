//! Who goes first, who waits, and that nobody who waits is forgotten.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, PAY_ON};

/// Five made-up people in two schemes, two of them urgent; 1.500,00 in all.
const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode;prioritet
7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Alderspension;2022-04;
6112903338;Malik Kreutzmann;6471-0000100002;200,00;Alderspension;2022-04;2
6506751118;Aviaaja Møller;6471-0001000206;300,00;Førtidspension;2022-04;1
6704471120;Naja Olsen;6471-0000100005;400,00;Alderspension;2022-04;
7012821128;Pipaluk Berthelsen;6471-0000100001;500,00;Førtidspension;2022-04;3
";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk
}

fn prepare(desk: &Desk, more: &[&str]) -> crate::desk::Ran {
    desk.prepare(&[&["list.csv", "--pay-on", PAY_ON], more].concat())
}

/// The rows that are held, each with its code.
fn held(prepared: &Value) -> Vec<(u64, String)> {
    let all = prepared["problems"].as_array().expect("a list").iter().filter(|one| one["severity"] == "held");
    all.map(|one| (one["row"].as_u64().expect("a row"), one["code"].as_str().expect("a code").to_owned())).collect()
}

fn not_yet(rows: &[u64]) -> Vec<(u64, String)> {
    rows.iter().map(|row| (*row, "triage.not_yet".to_owned())).collect()
}

fn waiting(desk: &Desk, code: i32) -> Value {
    desk.json(&["waiting", "--operator", "anna"]).exits(code).json()
}

fn amounts(waiting: &Value) -> Vec<&str> {
    waiting["persons"].as_array().expect("a list").iter().map(|one| one["amount"].as_str().expect("one")).collect()
}

#[test]
fn the_most_urgent_are_paid_first_and_the_same_list_pays_the_rest() {
    let desk = desk();
    let first = prepare(&desk, &["--max-total", "1.050,00"]).exits(1).json();
    assert_eq!(first["rows"], json!({ "read": 5, "prepared": 3, "rejected": 0, "held": 2, "duplicate": 0 }));
    assert_eq!((&first["amount"]["prepared"], &first["amount"]["held"]), (&json!("1000.00"), &json!("500.00")));
    assert_eq!(
        held(&first),
        not_yet(&[2, 5]),
        "row 2 would fit, and comes after nothing that does not; row 5 does not"
    );
    assert_eq!(first["waiting"], json!({ "rows": 2, "amount": "500.00" }));
    let rows = fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    assert!(rows.contains(",5,held,triage.not_yet,") && rows.contains(",3,prepared,,"), "{rows}");

    let waits = waiting(&desk, 1);
    assert_eq!(waits["waiting"], json!({ "count": 2, "amount": "500.00" }));
    assert_eq!(
        waits["by_list"],
        json!([{ "list": "list.csv", "scheme": "Alderspension", "count": 2, "amount": "500.00" }])
    );
    assert_eq!(waits["persons"][0]["person_id"], "7012821128", "whole, for programs");
    let screen = desk.run(&["waiting", "--operator", "anna"]).exits(1).stdout;
    assert!(
        screen.contains("2 payments wait") && !screen.contains("7012821128") && !screen.contains("Olsen"),
        "{screen}"
    );

    // The same list again: what is paid is a duplicate, the next in turn is paid.
    let second = prepare(&desk, &["--max-total", "150"]).exits(1).json();
    assert_eq!(second["rows"], json!({ "read": 5, "prepared": 1, "rejected": 0, "held": 1, "duplicate": 3 }));
    assert_eq!(amounts(&waiting(&desk, 1)), ["400.00"]);
    // Its file handed in again pays the rest as well.
    let rest = desk.prepare(&["workspace/out/B0002/rows.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(rest["rows"]["prepared"], 1);
    assert_eq!(waiting(&desk, 0)["persons"], json!([]));
    assert_eq!(prepare(&desk, &[]).exits(0).json()["rows"]["duplicate"], 5);

    // A batch that is cancelled brings its people back.
    desk.json(&["batch", "cancel", "B0002", "--operator", "anna"]).exits(0);
    assert_eq!(amounts(&waiting(&desk, 1)), ["100.00"]);
    desk.json(&["verify"]).exits(0);
}

#[test]
fn who_is_named_goes_first_and_who_is_named_and_not_there_is_told() {
    let desk = desk();
    // One column, a number with a hyphen, one person for one scheme only, and one who is in no list.
    desk.write("urgent.csv", "cpr;ydelse\n701282-1128;førtidspension\n6112903338;\n6806061116;\n");
    let first = prepare(&desk, &["--only", "urgent.csv"]).exits(1).json();
    assert_eq!(held(&first), not_yet(&[2, 4, 5]));
    let unknown: Vec<_> =
        first["problems"].as_array().expect("a list").iter().filter(|one| one["file"] == "urgent.csv").collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!((&unknown[0]["code"], &unknown[0]["row"]), (&json!("triage.not_in_lists"), &json!(4)));
    assert_eq!(waiting(&desk, 1)["waiting"]["amount"], "800.00");
    desk.write("one.csv", "cpr\n6506751118\n");
    let second = prepare(&desk, &["--only", "one.csv"]).exits(1).json();
    assert_eq!((&second["rows"]["prepared"], held(&second)), (&json!(1), not_yet(&[2, 5])));
    // Everybody who is named is paid already: nobody is missing, and the rest still waits, once.
    let third = prepare(&desk, &["--only", "one.csv"]).exits(1).json();
    assert_eq!((&third["batch"], held(&third)), (&Value::Null, not_yet(&[2, 5])));
    assert!(third["problems"].as_array().expect("a list").iter().all(|one| one["code"] != "triage.not_in_lists"));
    assert_eq!(waiting(&desk, 1)["waiting"], json!({ "count": 2, "amount": "500.00" }));

    let head = desk.head();
    let refused = |more: &[&str], code| assert_eq!(prepare(&desk, more).exits(2).error_code(), code, "{more:?}");
    desk.write("wrong.csv", "cpr\n6506751118\nx\n");
    refused(&["--only", "wrong.csv"], "triage.unreadable");
    refused(&["--only", "away.csv"], "list.unreadable");
    refused(&["--only-scheme", "Alderspensoin"], "triage.no_such_scheme");
    refused(&["--max-total", "1.234"], "triage.max_total");
    refused(&["--max-total", "0"], "triage.max_total");
    assert_eq!(desk.head(), head);
}

#[test]
fn a_scheme_goes_first_and_a_check_records_nothing() {
    let desk = desk();
    let only = ["--only-scheme", "FØRTIDSPENSION", "--max-total", "799,99"];
    let head = desk.head();
    let checked = desk.json(&[&["check", "list.csv", "--operator", "anna", "--pay-on", PAY_ON], &only[..]].concat());
    assert_eq!(held(&checked.exits(1).json()), not_yet(&[2, 3, 5, 6]));
    assert_eq!(desk.head(), head);
    waiting(&desk, 0);
    prepare(&desk, &only).exits(1);
    assert_eq!(amounts(&waiting(&desk, 1)), ["200.00", "500.00", "100.00", "400.00"], "the most urgent first");
    // Nothing fits: no batch, and those who wait are kept all the same.
    let none = prepare(&desk, &["--max-total", "1,00"]).exits(1).json();
    assert_eq!((&none["batch"], &none["rows"]["held"]), (&Value::Null, &json!(4)));
    let other = Desk::new();
    other.write("list.csv", LIST);
    assert_eq!(prepare(&other, &["--max-total", "1,00"]).exits(1).json()["batch"], Value::Null);
    assert_eq!(waiting(&other, 1)["waiting"]["amount"], "1500.00");
}

#[test]
fn a_decision_puts_a_row_first_and_releases_no_conflict() {
    let desk = desk();
    prepare(&desk, &["--max-total", "300"]).exits(1);
    // Aviaaja is paid. Asked for again with another amount she is a conflict, which is said, and not that she waits.
    desk.write("list.csv", LIST.replace("300,00", "333,00"));
    let again = prepare(&desk, &["--max-total", "1"]).exits(1).json();
    assert_eq!(
        held(&again).iter().find(|(row, _)| *row == 4).map(|(_, code)| code.as_str()),
        Some("duplicate.conflict")
    );
    desk.write("decisions.csv", "file,row,decision,reason\nlist.csv,4,pay,x\n");
    let refused = prepare(&desk, &["--decisions", "decisions.csv", "--max-total", "1000"]).exits(3);
    assert_eq!(refused.error_code(), "decision.conflict");
    desk.write("list.csv", LIST);

    // Row 5 would be last, and is paid first; it counts towards what may be paid.
    desk.write(
        "decisions.csv",
        "file,row,decision,reason\nlist.csv,5,pay,evicted tomorrow\nlist.csv,2,drop,moved away\n",
    );
    let with = ["--decisions", "decisions.csv", "--max-total", "450"];
    let sooner = prepare(&desk, &with).exits(1).json();
    assert_eq!(sooner["amount"]["prepared"], "400.00");
    assert_eq!(held(&sooner), not_yet(&[3, 6]));
    let told: Vec<_> = sooner["problems"].as_array().expect("a list").iter().map(|one| one["code"].clone()).collect();
    assert!(told.contains(&json!("decision.paid")) && told.contains(&json!("decision.dropped")), "{told:?}");
    assert_eq!(sooner["rows"]["rejected"], 1, "who waits and is dropped waits no longer");
    assert_eq!(amounts(&waiting(&desk, 1)), ["200.00", "500.00"]);
    let over = prepare(&desk, &["--decisions", "decisions.csv", "--max-total", "1"]);
    assert_eq!(over.code, 1, "a decision about a row that is paid puts nothing first: {}", over.stdout);
    desk.write("decisions.csv", "file,row,decision,reason\nlist.csv,6,pay,x\n");
    let over = prepare(&desk, &["--decisions", "decisions.csv", "--max-total", "499"]).exits(2);
    assert_eq!(over.error_code(), "triage.decided_over_total");
}

#[test]
fn an_episode_is_not_closed_over_those_who_wait() {
    let desk = desk();
    prepare(&desk, &["--max-total", "300"]).exits(1);
    desk.json(&["batch", "cancel", "B0001", "--operator", "anna"]).exits(0);
    let name = desk.json(&["episode", "list"]).exits(0).json()[0]["episode"].as_str().expect("a name").to_owned();
    let refused = desk.json(&["episode", "close", &name, "--operator", "anna"]).exits(3);
    assert_eq!(refused.error_code(), "episode.open_matters");
    assert!(
        refused.stdout.contains("payments that could be made wait, 1,200.00 (`stopgap waiting`)"),
        "{}",
        refused.stdout
    );
    let over = ["episode", "close", &name, "--operator", "anna", "--second", "malik", "--reason", "paid by upstream"];
    let closed = desk.json(&over).exits(0).json();
    assert_eq!(closed[0]["closed_over"][0], json!({ "matter": "payments_waiting", "count": 4 }));
    assert_eq!(waiting(&desk, 0)["episode"], Value::Null);
}
