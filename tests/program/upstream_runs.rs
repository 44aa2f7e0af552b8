//! Upstream's runs in formats of their own, beside the fallback's payments.

use std::fs;

use crate::desk::{Desk, PAY_ON};

/// Three people are paid: 100, 200 and 300.
fn released() -> Desk {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        "cpr;navn;konto;beløb;ydelse;periode;fakturanr\n\
         7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Pension;2022-04;\n\
         6112903338;Malik Kreutzmann;6471-0000100002;200,00;Pension;2022-04;\n\
         6506751118;Aviaaja Møller;6471-0000100003;300,00;Pension;2022-04;\n",
    );
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    desk
}

fn counts(reconciled: &serde_json::Value) -> Vec<(String, u64)> {
    let findings = reconciled["findings"].as_object().expect("an object");
    findings.iter().map(|(kind, of_kind)| (kind.clone(), of_kind["count"].as_u64().unwrap_or(0))).collect()
}

fn reconcile(desk: &Desk, files: &[&str]) -> serde_json::Value {
    let before = ["reconcile", "--out", "found", "--operator", "anna", "--upstream"];
    desk.json(&[&before, files].concat()).json()
}

/// Order and posting of one payment in Prisme's form.
fn posted(number: u32, person: &str, ore: u32, invoice: &str) -> String {
    format!(
        "000G68{number:05}011&020900&0300&07000000000000000000&08{ore:011}&09+&1002&11{person:0>14}&1220220401\
         &162022033000042{number:05}&17{invoice}\r\n\
         000G69{number:05}090001NORFLYD&10300042&104{number:07}&11020220330&111000000000004510&112{ore:012} &113D\
         &1172022033000042{number:05}&13202&133{person}\r\n"
    )
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// A voucher's number under a heading that nothing here reads tells two payments apart; the same row told twice is one.
#[test]
fn rows_that_differ_in_whatever_column_are_two() {
    let desk = released();
    let head = "cpr;beløb;ydelse;periode;status;Bilag\n";
    let row = |amount: &str, voucher: &str| format!("7012821128;{amount};Pension;2022-04;paid;{voucher}\n");
    let table = [
        (row("100,00", "B-1") + &row("100,00", "B-2"), 0, "200.00"),
        (row("100,00", "B-1") + &row(" 100,00 ", "B-1"), 1, "100.00"),
        (row("100,00", "") + &row("100,00", ""), 1, "100.00"),
    ];
    for (rows, repeated, paid) in table {
        desk.write("run.csv", format!("{head}{rows}"));
        let found = reconcile(&desk, &["run.csv"]);
        assert_eq!(
            (&found["repeated_rows"], &found["totals"]["upstream_paid"]),
            (&repeated.into(), &paid.into()),
            "{rows}"
        );
    }
}

#[test]
fn a_posting_file_and_what_failed_of_it() {
    let desk = released();
    let file = posted(1, "7012821128", 10_000, "00000000000000000071") + &posted(2, "6112903338", 20_000, "72");
    desk.write("g68.txt", file);
    desk.write("failed.csv", utf16("§38;6112903338;00000000000000000072;200;2022/04/01;RJCT;Ingen NemKonto;9\r\n"));

    // Benefit and period are nowhere in the file: so far it is only offered.
    let unmapped = reconcile(&desk, &["g68.txt"]);
    assert_eq!(counts(&unmapped), [("fallback_only".into(), 1), ("possible_double".into(), 4)], "{unmapped}");
    assert_eq!(unmapped["incomplete_rows"], 2);
    assert_eq!(unmapped["upstream"][0]["format"], "Prisme G68/G69");

    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    let mapping = "\n[upstream.g68]\nperiod = \"same-month\"\n\n[upstream.g68.schemes]\n4510 = \"Pension\"\n";
    fs::write(&settings, format!("{text}{mapping}")).expect("writes");
    let paid = reconcile(&desk, &["g68.txt"]);
    assert_eq!(counts(&paid), [("double_paid".into(), 2), ("fallback_only".into(), 1)], "{paid}");
    let with_failures = reconcile(&desk, &["failed.csv", "g68.txt"]);
    assert_eq!(
        counts(&with_failures),
        [("double_paid".into(), 1), ("fallback_only".into(), 1), ("settled".into(), 1)],
        "{with_failures}"
    );
    assert_eq!(with_failures["totals"]["overpaid"], "100.00");
    let findings = fs::read_to_string(desk.path("found/findings.csv")).expect("reads");
    assert!(findings.contains("Upstream: could not be posted, Ingen NemKonto, code RJCT."), "{findings}");

    fs::write(&settings, format!("{text}\n[upstream.g68]\nperiod = \"april\"\n")).expect("writes");
    assert_eq!(reconcile(&desk, &["g68.txt"])["error"]["code"], "settings.value");
}

#[test]
fn a_list_of_failures_alone_tells_nothing_of_what_was_paid() {
    let desk = released();
    desk.write("failed.csv", utf16("§38;6112903338;72;200;2022/04/01;RJCT;x;9\r\n"));
    assert_eq!(reconcile(&desk, &["failed.csv"])["error"]["code"], "upstream.failures_alone");
    desk.write("g68.txt", posted(1, "7012821128", 10_000, "71"));
    assert_eq!(reconcile(&desk, &["failed.csv", "g68.txt"])["failures_without_run"], 1);
}

/// A pain.001 with one block of payments.
fn bank_file(message: &str, block: &str, payments: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\"><CstmrCdtTrfInitn>\
         <GrpHdr><MsgId>{message}</MsgId><NbOfTxs>{}</NbOfTxs></GrpHdr><PmtInf><PmtInfId>{block}</PmtInfId>\
         <ReqdExctnDt>2022-04-01</ReqdExctnDt>{}</PmtInf></CstmrCdtTrfInitn></Document>",
        payments.len(),
        payments.concat()
    )
}

#[test]
fn what_another_system_is_about_to_send_is_planned_and_our_own_file_is_no_run() {
    let desk = released();
    let payment = |reference: &str, amount: &str, person: &str, account: &str| {
        format!(
            "<CdtTrfTxInf><PmtId><EndToEndId>{reference}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"DKK\">{amount}</InstdAmt></Amt>\
             <Cdtr><Nm>Navn</Nm>{person}</Cdtr><CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>"
        )
    };
    let file = |payments: &[String]| bank_file("K7", "P", payments);
    let by_number = "<Id><PrvtId><Othr><Id>7012821128</Id></Othr></PrvtId></Id>";
    let planned = [
        payment("K-1", "100.00", by_number, "64710000100001"),
        payment("K-2", "200.00", "", "64710000100002"),
        payment("K-3", "999.00", "", "64710000100003"),
    ];
    desk.write("planned.xml", file(&planned));
    let found = reconcile(&desk, &["planned.xml"]);
    assert_eq!(
        counts(&found),
        [("fallback_only".into(), 1), ("possible_double".into(), 4), ("upstream_only".into(), 1)],
        "{found}"
    );
    assert_eq!(
        (&found["totals"]["upstream_planned"], &found["totals"]["upstream_paid"]),
        (&"1299.00".into(), &"0.00".into())
    );
    let mut findings = csv::Reader::from_path(desk.path("found/findings.csv")).expect("opens");
    let rows: Vec<csv::StringRecord> = findings.records().map(|row| row.expect("a row")).collect();
    let nameless = rows.iter().find(|row| &row[17] == "K-2").expect("the second payment");
    assert_eq!(
        (&nameless[1], &nameless[3], &nameless[5]),
        ("possible_double", "", ""),
        "no person and no benefit is made up"
    );
    assert_eq!(reconcile(&desk, &["planned.xml", "--upstream-status", "paid"])["totals"]["upstream_paid"], "1299.00");

    let own = desk
        .files()
        .into_iter()
        .find(|file| file.extension().is_some_and(|ending| ending == "xml"))
        .expect("a bank file");
    let refused = reconcile(&desk, &[own.to_str().expect("a path")]);
    assert_eq!(refused["error"]["code"], "upstream.own_file");
    for (text, code) in [
        (file(&planned).replace("001.03", "001.11"), "upstream.version"),
        (file(&planned).replace("\"DKK\"", "\"SEK\""), "upstream.other_currency"),
        (file(&planned).replace("?>", "?><!DOCTYPE Document SYSTEM \"http://127.0.0.1/x.dtd\">"), "upstream.entity"),
        (file(&planned)[..900].to_owned(), "upstream.malformed"),
        (file(&planned).replace("pain.001.001.03", "camt.053.001.02"), "upstream.not_a_run"),
    ] {
        desk.write("bad.xml", text);
        let refused =
            desk.json(&["reconcile", "--upstream", "bad.xml", "--out", "other", "--operator", "anna"]).exits(2);
        assert_eq!(refused.error_code(), code);
        assert!(refused.json()["error"]["message"].as_str().is_some_and(|message| message.starts_with("bad.xml: ")));
        assert!(!desk.path("other").exists(), "{code}: nothing is left behind");
    }
}

/// A run of one benefit and month often says neither.
#[test]
fn what_a_runs_rows_do_not_say_the_command_does() {
    let desk = released();
    desk.write("run.csv", "cpr;beløb;ydelse;periode\n7012821128;100,00;;\n6112903338;150,00;Bolig;2022-04\n");
    let run = ["reconcile", "--upstream", "run.csv", "--out", "found", "--operator", "anna"];
    let refused = desk.json(&run).exits(2).json()["error"].clone();
    assert_eq!(refused["code"], "upstream.unreadable_rows");
    assert!(refused["message"].as_str().is_some_and(|said| said.contains("give --scheme")), "{refused}");
    let of_one_month = [&run[..], &["--scheme", "Pension", "--period", "2022-04"]].concat();
    let found = desk.json(&of_one_month).exits(1).json();
    assert_eq!(found["findings"]["double_paid"]["count"], 1, "{found}");
    assert_eq!(
        (&found["findings"]["upstream_only"]["count"], &found["incomplete_rows"]),
        (&1.into(), &0.into()),
        "{found}"
    );
}

#[test]
fn a_workbook_is_a_run_with_its_status_dates_and_references() {
    let desk = released();
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let day = rust_xlsxwriter::Format::new().set_num_format("dd-mm-yyyy");
    for (at, heading) in ["CPR", "Beløb", "Ydelse", "Periode", "Status", "Paid on", "Reference"].iter().enumerate() {
        sheet.write(0, at as u16, *heading).expect("writes");
    }
    let rows = [
        ("7012821128", 100.0, "paid", "r-1"),
        ("6112903338", 150.0, "planned", "r-2"),
        ("6506751118", 300.0, "stopped", "r-3"),
    ];
    for (row, (person, amount, status, reference)) in (1..).zip(rows) {
        sheet.write(row, 0, person).expect("writes");
        sheet.write(row, 1, amount).expect("writes");
        sheet.write(row, 2, "Pension").expect("writes");
        sheet.write(row, 3, "2022-04").expect("writes");
        sheet.write(row, 4, status).expect("writes");
        sheet
            .write_with_format(row, 5, rust_xlsxwriter::ExcelDateTime::from_ymd(2022, 4, 1).expect("a day"), &day)
            .expect("writes");
        if row == 1 {
            sheet.write(row, 5, 44652).expect("a day that lost its format");
        }
        sheet.write(row, 6, reference).expect("writes");
    }
    workbook.save(desk.path("run.xlsx")).expect("writes");
    let found = reconcile(&desk, &["run.xlsx"]);
    assert_eq!(
        counts(&found),
        [("double_paid".into(), 1), ("double_planned".into(), 1), ("settled".into(), 1)],
        "{found}"
    );
    let stop = fs::read_to_string(desk.path("found/stop.csv")).expect("reads");
    assert!(stop.contains("r-2") && !stop.contains("r-1"), "{stop}");
}

/// Two payments under one reference that differ in what only their sender and the bank see are two, and one of them is too much.
#[test]
fn another_systems_own_double_is_seen_though_its_reference_is_one() {
    let desk = released();
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    let mapping = "\n[upstream.pain001]\nperiod = \"same-month\"\nscheme = \"Pension\"\n";
    fs::write(&settings, format!("{text}{mapping}")).expect("writes");
    let payment = |instruction: &str| {
        format!(
            "<CdtTrfTxInf><PmtId><InstrId>{instruction}</InstrId><EndToEndId>PENSION</EndToEndId></PmtId><Amt><InstdAmt \
             Ccy=\"DKK\">400.00</InstdAmt></Amt><Cdtr><Nm>Navn</Nm><Id><PrvtId><Othr><Id>8903793336</Id></Othr></PrvtId></Id></Cdtr>\
             </CdtTrfTxInf>"
        )
    };
    let one = || bank_file("M1", "P1", &[payment("I1")]);
    for (name, files, doubles) in [
        ("the same file twice", [one(), one()], 0),
        ("another message", [one(), bank_file("M2", "P1", &[payment("I1")])], 1),
        ("another block", [one(), bank_file("M1", "P2", &[payment("I1")])], 1),
        ("another instruction", [bank_file("M1", "P1", &[payment("I1"), payment("I2")]), one()], 1),
    ] {
        let [first, second] = files;
        desk.write("first.xml", first);
        desk.write("second.xml", second);
        let found = reconcile(&desk, &["first.xml", "second.xml", "--upstream-status", "paid"]);
        let doubled =
            counts(&found).into_iter().find(|(kind, _)| kind == "upstream_double").map_or(0, |(_, count)| count);
        assert_eq!(doubled, doubles, "{name}: {found}");
    }
}

/// Upstream knows the person by another number and the account in its other form: it may be the same money, and only a person can tell.
#[test]
fn one_account_in_both_of_its_forms_is_offered_as_the_same() {
    let norway = ["--payer", "Oslo kommune", "--country", "NO", "--account", "86011117947"];
    let denmark = ["--payer", "Aarhus Kommune", "--country", "DK", "--account", "6471-0001234567"];
    for (payer, paid, owed, account) in [
        (norway, "15077030082", "15077030163", ["86011117947", "NO9386011117947"]),
        (norway, "15077030082", "15077030163", ["NO9386011117947", "86011117947"]),
        // The bank's number in a Danish IBAN may be another than the account's own.
        (denmark, "7012821128", "6112903338", ["4420-0012345678", "DK8030000012345678"]),
    ] {
        let desk = Desk::bare();
        desk.run(&[&["init"], &payer[..], &["--operator", "anna", "--operator", "malik"]].concat()).exits(0);
        let list = |person: &str, account: &str, more: [&str; 2]| {
            format!(
                "id;navn;konto;beløb;ydelse;periode{}\n{person};Kari Nordmann;{account};100,00;Hjelp;2022-04{}\n",
                more[0], more[1]
            )
        };
        desk.write("list.csv", list(paid, account[0], ["", ""]));
        desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
        desk.approve("B0001").exits(0);
        desk.release("B0001").exits(0);
        desk.write("run.csv", list(owed, account[1], [";status", ";paid"]));
        let found = reconcile(&desk, &["run.csv"]);
        assert_eq!(counts(&found), [("possible_double".into(), 2)], "{account:?}: {found}");
    }
}
