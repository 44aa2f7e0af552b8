//! After the outage: the bank's reports, upstream's runs, and who was paid twice.

use std::collections::BTreeMap;
use std::fs;

use crate::desk::{Desk, PAY_ON};

const FIVE: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Pension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;200,00;Pension;2022-04
6506751118;Aviaaja Møller;6471-0000100003;300,00;Pension;2022-04
6704471120;Inuk Poulsen;6471-0000100004;400,00;Pension;2022-04
7003851119;Nivi Heilmann;6471-0000100005;500,00;Pension;2022-04
";

/// Five people are paid; gives the end-to-end ids by amount.
fn released(desk: &Desk) -> BTreeMap<String, String> {
    desk.write("list.csv", FIVE);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release_by_amount("B0001")
}

fn statement(id: &str, entries: &[(&str, &str, &str)]) -> String {
    let entries: String = entries
        .iter()
        .enumerate()
        .map(|(at, (amount, direction, reference))| {
            format!(
                "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts>\
                 <BookgDt><Dt>2099-03-02</Dt></BookgDt><AcctSvcrRef>{id}-{at}</AcctSvcrRef><BkTxCd/>\
                 <NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>\
                 <AmtDtls><TxAmt><Amt Ccy=\"DKK\">{amount}</Amt></TxAmt></AmtDtls></TxDtls></NtryDtls></Ntry>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>{id}</MsgId><CreDtTm>2099-03-03T06:00:00</CreDtTm></GrpHdr><Stmt><Id>{id}</Id>\
         <CreDtTm>2099-03-03T06:00:00</CreDtTm><Acct><Id><Othr><Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>\
         {entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

#[test]
fn the_banks_word_and_upstreams_runs_become_findings_that_balance() {
    let desk = Desk::new();
    let ids = released(&desk);
    let debit = |amount: &'static str| (amount, "DBIT", ids[amount].as_str());
    let bank = statement(
        "S1",
        &[
            debit("100.00"),
            debit("200.00"),
            debit("300.00"),
            debit("300.00"),
            debit("500.00"),
            ("500.00", "CRDT", &ids["500.00"]),
        ],
    );
    desk.write("bank.xml", &bank);
    let outcome = desk.json(&["outcome", "bank.xml", "--operator", "anna"]).exits(1).json();
    assert_eq!(outcome["files"][0]["format"], "camt.053.001.02");
    let counts = &outcome["payments"];
    assert_eq!(
        (&counts["settled"], &counts["doubled"], &counts["returned"]),
        (&2.into(), &1.into(), &1.into()),
        "{outcome}"
    );
    let again = desk.json(&["outcome", "bank.xml", "--operator", "anna"]).json();
    assert_eq!((&again["files"][0]["already_seen"], &again["payments"]["settled"]), (&true.into(), &0.into()));

    desk.write(
        "upstream.csv",
        "person_id;scheme;period;amount;status;reference\n\
         7012821128;Pension;2022-04;100,00;paid;r1\n\
         7012821128;Pension;2022-04;100,00;paid;r1\n\
         6112903338;Pension;2022-04;250,00;planned;r2\n\
         6506751118;Pension;2022-04;300,00;stopped;r3\n\
         7110801116;Pension;2022-04;600,00;paid;r4\n",
    );
    let reconciled =
        desk.json(&["reconcile", "--upstream", "upstream.csv", "--out", "found", "--operator", "anna"]).exits(1).json();
    assert_eq!(reconciled["balanced"], true);
    assert_eq!(reconciled["repeated_rows"], 1);
    let count = |kind: &str| reconciled["findings"][kind]["count"].as_u64().unwrap_or(0);
    let kinds = ["double_paid", "double_planned", "bank_double", "fallback_only", "returned", "upstream_only"];
    assert_eq!(kinds.map(count), [1, 1, 1, 1, 1, 1], "{reconciled}");
    let totals = &reconciled["totals"];
    assert_eq!(
        (&totals["fallback"], &totals["upstream_paid"], &totals["overpaid"]),
        (&"1300.00".into(), &"700.00".into(), &"400.00".into())
    );

    let mut findings = csv::Reader::from_path(desk.path("found/findings.csv")).expect("opens");
    let headings = findings.headers().expect("headings").iter().collect::<Vec<_>>().join(",");
    assert_eq!(
        headings,
        "finding,kind,remedy,person_id,name,scheme,period,part,fallback,upstream_paid,upstream_planned,owed,overpaid,underpaid,bank,\
         batch,end_to_end_id,upstream_ref,match,note"
    );
    assert_eq!(findings.records().count(), 6);
    let stop = fs::read_to_string(desk.path("found/stop.csv")).expect("reads");
    assert!(stop.contains("reduce,6112903338") && stop.contains("r2") && !stop.contains("Malik"), "{stop}");
    let objects: serde_json::Value =
        serde_json::from_slice(&fs::read(desk.path("found/findings.json")).expect("reads")).expect("JSON");
    assert_eq!(objects.as_array().map(Vec::len), Some(6));
    let report = fs::read_to_string(desk.path("found/report.html")).expect("reads");
    assert!(report.contains("1,300.00") && !report.contains("7012821128") && !report.contains("<script"), "{report}");
    desk.json(&["verify"]).exits(0);
    let screen =
        desk.run(&["reconcile", "--upstream", "upstream.csv", "--out", "found", "--operator", "anna"]).exits(1);
    assert!(screen.stdout.contains("balances") && !screen.stdout.contains("7012821128"), "{}", screen.stdout);

    // What came back can be paid again, once, under another attempt.
    let again = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((&again["rows"]["prepared"], &again["rows"]["duplicate"]), (&1.into(), &4.into()));
}

/// It is another matter than a run that was left out.
#[test]
fn a_benefit_of_which_a_run_has_rows_of_other_people_is_known_to_upstream() {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        "cpr;navn;konto;beløb;ydelse;periode\n7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Pension;2022-04\n",
    );
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    for (scheme, silent) in [("pension", serde_json::json!([])), ("Andet", serde_json::json!(["Pension"]))] {
        let row = format!("7110801116;{scheme};2022-04;600,00;paid;r4");
        desk.write("run.csv", format!("person_id;scheme;period;amount;status;reference\n{row}\n"));
        let reconcile = ["reconcile", "--upstream", "run.csv", "--out", "found", "--operator", "anna"];
        assert_eq!(desk.json(&reconcile).exits(1).json()["outlook"]["silent_schemes"], silent, "{scheme}");
    }
}

#[test]
fn a_stop_list_names_what_upstream_must_not_pay_again() {
    let desk = Desk::new();
    assert_eq!(
        desk.json(&["stoplist", "--out", "stop.csv", "--operator", "anna"]).exits(2).error_code(),
        "stoplist.empty"
    );
    released(&desk);
    let list = desk.json(&["stoplist", "--out", "stop.csv", "--operator", "anna"]).exits(0).json();
    assert_eq!((&list["payments"], &list["amount"]), (&5.into(), &"1500.00".into()));
    // It is in the layout of a run, so that it can be compared as one.
    let reconciled =
        desk.json(&["reconcile", "--upstream", "stop.csv", "--out", "found", "--operator", "anna"]).exits(0).json();
    assert_eq!(reconciled["findings"]["settled"]["count"], 5);
}

#[test]
fn a_run_with_a_row_that_cannot_be_read_is_refused_with_all_such_rows() {
    let desk = Desk::new();
    released(&desk);
    desk.write("run.csv", "cpr;amount;scheme;period;status\n7012821128;elleve;Pension;2022-04;paid\n6112903338;5,00;Pension;2022-04;perhaps\n");
    let refused = desk.json(&["reconcile", "--upstream", "run.csv", "--out", "found", "--operator", "anna"]).exits(2);
    assert_eq!(refused.error_code(), "upstream.unreadable_rows");
    let message = refused.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("row 2") && message.contains("row 3"), "{message}");
    assert!(!desk.path("found").exists());
}

/// What upstream must be told of is something to be done, what has been stopped or decided on is not, and `remedy list` says the same.
#[test]
fn a_person_is_needed_for_as_long_as_a_finding_has_a_remedy() {
    let desk = Desk::new();
    released(&desk);
    let stopped = FIVE.replace(";periode", ";periode;status").replace(";2022-04\n", ";2022-04;stopped\n");
    desk.write("run.csv", &stopped);
    assert_eq!(reconcile(&desk, &["run.csv"], 0)["findings"]["settled"]["count"], 5);
    let all_but_one = stopped.lines().take(5).map(|line| format!("{line}\n"));
    desk.write("run.csv", all_but_one.collect::<String>());
    assert_eq!(reconcile(&desk, &["run.csv"], 1)["findings"]["fallback_only"]["count"], 1);
    let remedy = |arguments: &[&str]| desk.json(&[&["remedy", "--operator", "anna"], arguments].concat());
    remedy(&["list"]).exits(1);
    remedy(&["decide", "--kind", "fallback_only", "--as", "write_back", "--reason", "told on the telephone"]).exits(0);
    assert_eq!(reconcile(&desk, &["run.csv"], 0)["findings"]["fallback_only"]["count"], 1);
    remedy(&["list"]).exits(0);
    // Upstream is about to pay it after all: what was decided does not fit any longer.
    desk.write("run.csv", stopped.replacen(";stopped\n", ";planned\n", 5));
    reconcile(&desk, &["run.csv"], 1);
    remedy(&["list"]).exits(1);
}

/// Lists and runs write a benefit as they please; in the report it stands once.
#[test]
fn a_benefit_stands_once_in_the_report_however_it_is_written() {
    let desk = Desk::new();
    released(&desk);
    desk.write("run.csv", FIVE.replacen("Pension", "PENSION", 5).replace("6112903338", "7110801116"));
    reconcile(&desk, &["run.csv"], 1);
    let report = fs::read_to_string(desk.path("found/report.html")).expect("reads");
    assert!(report.contains("Pension") && !report.contains("PENSION"), "{report}");
}

/// Reconciles anna's way; gives the JSON.
fn reconcile(desk: &Desk, files: &[&str], code: i32) -> serde_json::Value {
    let arguments = [&["reconcile", "--operator", "anna", "--out", "found", "--upstream"], files].concat();
    desk.json(&arguments).exits(code).json()
}

/// Kind by finding.
fn found(desk: &Desk) -> BTreeMap<String, String> {
    let mut findings = csv::Reader::from_path(desk.path("found/findings.csv")).expect("opens");
    let rows = findings.records().map(|row| row.expect("a row"));
    rows.map(|row| (row[0].to_owned(), row[1].to_owned())).collect()
}

#[test]
fn a_finding_keeps_its_number_in_every_later_run_and_what_changed_is_told() {
    let desk = Desk::new();
    released(&desk);
    const HEADINGS: &str = "person_id;scheme;period;amount;status;reference\n";
    desk.write("one.csv", format!("{HEADINGS}7012821128;Pension;2022-04;100,00;planned;r1\n"));
    let first = reconcile(&desk, &["one.csv"], 1);
    assert_eq!(first["changes"], serde_json::Value::Null);
    let by_number = found(&desk);
    let recorded = desk.head();

    // The same once more says nothing new, and records nothing.
    let again = reconcile(&desk, &["one.csv"], 1);
    let changes = &again["changes"];
    assert_eq!((&changes["new"], &changes["changed"], &changes["gone"]), (&0.into(), &0.into(), &0.into()), "{again}");
    assert_eq!((desk.head(), found(&desk)), (recorded.clone(), by_number.clone()));

    // Upstream has paid since, and somebody sorts before all others: the known keep their numbers, the new one gets the next.
    let paid = "7012821128;Pension;2022-04;100,00;paid;r1\n0101500000;Pension;2022-04;70,00;paid;r0\n";
    desk.write("two.csv", format!("{HEADINGS}{paid}"));
    let later = reconcile(&desk, &["two.csv"], 1);
    let changes = &later["changes"];
    assert_eq!((&changes["new"], &changes["changed"], &changes["gone"]), (&1.into(), &1.into(), &0.into()), "{later}");
    assert_eq!(changes["files_left_out"], 1);
    let now = found(&desk);
    assert_eq!((now.len(), now["F0006"].as_str()), (6, "upstream_only"));
    let doubled = by_number.iter().find(|(_, kind)| *kind == "double_planned").expect("was planned").0;
    assert_eq!(now[doubled], "double_paid");
    let told = changes["findings"].as_array().expect("a list").iter().find(|one| one["finding"] == doubled.as_str());
    let told = told.expect("is told");
    assert_eq!((&told["before"]["kind"], &told["now"]["kind"]), (&"double_planned".into(), &"double_paid".into()));
    assert_ne!(desk.head(), recorded);

    // What is gone keeps its number too, and gets it back.
    let without = reconcile(&desk, &["one.csv"], 1);
    assert_eq!(without["changes"]["gone"], 1, "{without}");
    assert_eq!(found(&desk), by_number);
    assert_eq!(reconcile(&desk, &["two.csv"], 1)["changes"]["new"], 1);
    assert_eq!(found(&desk), now);
    let screen = desk.run(&["reconcile", "--upstream", "one.csv", "--out", "found", "--operator", "anna"]).exits(1);
    assert!(
        screen.stdout.contains("Since the last time") && screen.stdout.contains("no longer found"),
        "{}",
        screen.stdout
    );
    desk.json(&["verify"]).exits(0);

    // Nothing of it can be read in the ledger's file.
    let ledger = fs::read(desk.workspace().join("ledger.db")).expect("reads");
    for secret in ["7012821128", "Pipaluk", "double_paid"] {
        assert!(!ledger.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}
