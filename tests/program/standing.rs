//! `status`: she can always find out where she stands, without a passphrase, and what it says next is what is next.

use serde_json::{Value, json};

use crate::desk::{Desk, PAY_ON};
use crate::three_paid::{HEADINGS, three_paid};

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
    assert_eq!(next(&compared), ["read_reports", "decide", "backup"]);
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
    assert_eq!(next(&status(&desk, 1)), ["read_reports", "backup"], "what people decided is in no backup");
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

#[test]
fn whatever_leaves_or_is_decided_after_a_backup_asks_for_the_next_one() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    let mut backups = 0;
    let mut is_asked_for_after = |command: &dyn Fn()| {
        backups += 1;
        desk.json(&["backup", &format!("stick{backups}"), "--operator", "anna"]).exits(0);
        assert!(!next(&status(&desk, 1)).contains(&"backup"), "{backups}");
        command();
        let now = status(&desk, 1);
        assert!(next(&now).contains(&"backup"), "after step {backups}: {now}");
    };
    is_asked_for_after(&|| drop(desk.approve("B0001").exits(0)));
    is_asked_for_after(&|| drop(desk.release("B0001").exits(0)));
    let uploaded = ["uploaded", "B0001", "--receipt", "R1", "--count", "2", "--amount", "300,00", "--operator", "anna"];
    is_asked_for_after(&|| drop(desk.json(&uploaded).exits(0)));
}

#[test]
fn the_halves_of_the_recovery_code_are_no_personal_data() {
    let desk = Desk::new();
    assert_eq!(status(&desk, 0)["copies"], json!({ "open": 0, "recovery_halves": 2, "overdue": 0 }));
    let screen = desk.run(&["status"]).exits(0).stdout;
    assert!(screen.contains("2 halves of the recovery code") && !screen.contains("personal data"), "{screen}");
}

/// A portal that counts other payments than left is not forgotten before the bank has told what became of them.
#[test]
fn what_the_portal_has_wrong_stands_until_the_bank_has_spoken() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    let uploaded = |receipt: &str, count: &str| {
        let said = ["uploaded", "B0001", "--receipt", receipt, "--count", count, "--amount", "300,00"];
        desk.json(&[&said[..], &["--operator", "anna"]].concat())
    };
    uploaded("R1", "17").exits(1);
    let screen = desk.run(&["status"]).exits(1).stdout;
    assert!(screen.contains("what the portal says it received is not what left"), "{screen}");
    let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).stdout;
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("under receipt R1 the bank says it received 17 payments, 300.00 DKK"), "{shown}");
    uploaded("R1", "2").exits(0);
    assert!(!next(&status(&desk, 1)).contains(&"ask_bank"), "the figure was mistyped");
    uploaded("R2", "2").exits(1);
    assert!(next(&status(&desk, 1)).contains(&"ask_bank"));
    let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).stdout;
    assert!(shown.contains("several receipts: R1, R2"), "{shown}");
}

/// Whoever was refused by the bank waits until a list with them is prepared again.
#[test]
fn who_was_refused_by_the_bank_is_not_forgotten() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let id = desk.release_by_amount("B0001")["200.00"].clone();
    let message = desk.release("B0001").json()["files"][0]["message_id"].as_str().expect("an id").to_owned();
    desk.write(
        "refused.xml",
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr>\
             <OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId>\
             <TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt>\
             </Document>"
        ),
    );
    assert_eq!(status(&desk, 1)["free_to_be_paid_again"]["count"], 0);
    desk.json(&["outcome", "refused.xml", "--operator", "anna"]);
    let refused = status(&desk, 1);
    assert_eq!(refused["free_to_be_paid_again"], json!({ "count": 1, "amount": "200.00" }));
    assert!(next(&refused).contains(&"pay_again"), "{refused}");
    let waiting = desk.run(&["waiting", "--operator", "anna"]).stdout;
    assert!(
        waiting.contains("1 payment that came back or was rejected") && !waiting.contains("Nobody waits"),
        "{waiting}"
    );
    assert!(!next(&refused).contains(&"upload"), "the one file is at the bank: {refused}");
    desk.write("again.csv", LIST.replace("0000100002", "0000100009"));
    let prepared = desk.prepare(&["again.csv", "--pay-on", PAY_ON]).json();
    assert_eq!(prepared["rows"]["prepared"], 1, "{prepared}");
    let again = status(&desk, 1);
    assert!(!next(&again).contains(&"pay_again"), "{again}");
    desk.json(&["batch", "cancel", "B0002", "--operator", "anna"]).exits(0);
    assert!(next(&status(&desk, 1)).contains(&"pay_again"));
}

/// Nothing was prepared, so nothing is recorded, and nobody is told that something was.
#[test]
fn a_list_of_which_nobody_can_be_paid_opens_no_episode_and_an_open_one_waits() {
    let desk = Desk::new();
    desk.write("list.csv", LIST.replace("0000100001", "x").replace("0000100002", ""));
    let ran = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1);
    assert_eq!((ran.json()["batch"].clone(), ran.stderr.contains("No episode was open")), (Value::Null, false));
    assert_eq!(status(&desk, 0)["episode"], Value::Null);
    // All of them held: they could be paid, and are not.
    desk.write("held.csv", LIST.replace(";100,00", ";900.000,00").replace(";200,00", ";900.000,00"));
    let ran = desk.prepare(&["held.csv", "--pay-on", PAY_ON]).exits(1);
    assert!(!ran.stderr.contains("No episode was open"), "{}", ran.stderr);
    assert_eq!(status(&desk, 0)["episode"], Value::Null);
    desk.json(&["episode", "open", "attack", "--operator", "anna"]).exits(0);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1);
    assert_eq!(next(&status(&desk, 1)), ["prepare"]);
    desk.write("list.csv", LIST);
    desk.json(&["episode", "close", "attack", "--operator", "anna"]).exits(0);
    let ran = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    assert!(ran.stderr.contains("No episode was open: opened one named"), "{}", ran.stderr);
    assert_eq!(next(&status(&desk, 1)), ["approve", "backup"]);
}

/// Decisions on a proposal say nothing of the run that was paid in spite of them.
#[test]
fn what_was_decided_on_a_proposal_does_not_hide_what_the_run_asks() {
    let (desk, _) = three_paid();
    let run = |last: &str| {
        let rows = [("7012821128", "5234,50"), ("6112903338", "200,00"), ("6506751118", "300,00")];
        let state = |at: usize| if at == 2 { last } else { "stopped" };
        let rows = rows.iter().enumerate().map(|(at, (person, amount))| match last {
            "planned" => format!("{person};Pension;2022-04;{amount};planned;;r{at}\n"),
            _ => format!("{person};Pension;2022-04;{amount};{};;r{at}\n", state(at)),
        });
        desk.write("run.csv", format!("{HEADINGS}{}", rows.collect::<String>()));
        desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]);
    };
    run("planned");
    assert!(next(&status(&desk, 1)).contains(&"decide"));
    for finding in ["F0001", "F0002", "F0003"] {
        let decide = ["remedy", "decide", finding, "--as", "stop", "--reason", "r", "--operator", "anna"];
        desk.json(&decide).exits(0);
    }
    let decided = status(&desk, 1);
    assert!(!next(&decided).contains(&"decide") && next(&decided).contains(&"reconcile_run"), "{decided}");
    // The third was paid all the same.
    run("paid");
    let paid = status(&desk, 1);
    assert!(next(&paid).contains(&"decide") && !next(&paid).contains(&"reconcile_run"), "{paid}");
    let screen = desk.run(&["status"]).exits(1).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("1 finding of the last comparison may ask for a decision"), "{screen}");
    let list = desk.json(&["remedy", "list", "--operator", "anna"]).exits(1).json();
    let doubled = list["cases"].as_array().expect("cases").iter().find(|case| case["kind"] == "double_paid");
    let doubled = doubled.and_then(|case| case["finding"].as_str()).expect("a finding");
    let decide = ["remedy", "decide", doubled, "--as", "recover", "--reason", "r", "--operator", "anna"];
    desk.json(&[&decide[..], &["--second", "malik"]].concat()).exits(0);
    assert!(!next(&status(&desk, 1)).contains(&"decide"));
}

/// A file that was never handed in is not forgotten because the bank has spoken of another of its batch.
#[test]
fn a_file_that_was_never_uploaded_stands_beside_one_of_which_the_bank_has_spoken() {
    let desk = Desk::new();
    let settings = desk.workspace().join("stopgap.toml");
    let text = std::fs::read_to_string(&settings).expect("reads");
    assert!(text.contains("max_payments = 1000"), "{text}");
    std::fs::write(&settings, text.replace("max_payments = 1000", "max_payments = 2")).expect("writes");
    let third = "6506751118;Aviaaja Møller;6471-0000100003;300,00;Alderspension;2022-04\n";
    desk.write("list.csv", format!("{LIST}{third}"));
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let files = desk.release("B0001").exits(0).json()["files"].clone();
    assert_eq!(files.as_array().map(Vec::len), Some(2), "{files}");
    let (id, amount) = (files[0]["message_id"].as_str().expect("an id"), files[0]["amount"].as_str().expect("one"));
    let uploaded = ["uploaded", "B0001", "--file", "1", "--receipt", "R1", "--count", "2", "--amount", amount];
    desk.json(&[&uploaded[..], &["--operator", "anna"]].concat()).exits(0);
    desk.write(
        "accepted.xml",
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr>\
             <OrgnlGrpInfAndSts><OrgnlMsgId>{id}</OrgnlMsgId><GrpSts>ACCP</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
        ),
    );
    let told = desk.json(&["outcome", "accepted.xml", "--operator", "anna"]).exits(0).json();
    assert_eq!(told["payments"]["accepted"], 2, "{told}");
    assert!(next(&status(&desk, 1)).contains(&"upload"));
    let screen = desk.run(&["status"]).exits(1).stdout;
    assert!(screen.contains("1 file has no receipt, and the bank has spoken of other"), "{screen}");
    let ended = desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0).json();
    let left: Vec<_> =
        ended["left"].as_array().expect("a list").iter().filter(|one| one["why"] == "not_at_the_bank").collect();
    assert_eq!(left.len(), 1, "{ended}");
    let path = desk.workspace().join(files[1]["path"].as_str().expect("a path"));
    assert!(path.exists() && left[0]["path"] == files[1]["path"], "{ended}");
}
