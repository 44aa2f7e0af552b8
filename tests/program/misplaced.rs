//! Files that lie in the wrong place, are of another account or version, or are not whole: each is named, and nothing is recorded from it.

use std::fs;

use crate::desk::{Desk, PAY_ON, Ran};

const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Pension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;200,00;Pension;2022-04
";

const RUN: &str = "person_id;scheme;period;amount;status;reference
7012821128;Pension;2022-04;100,00;paid;r1
6112903338;Pension;2022-04;200,00;stopped;r2
";

const POSTINGS: &str = "000G6800001011&020000&0300&07000000000000000000&0800000010000&09+&1002&117012821128&1220220401&16202204010000100001&1700000000000000000071\r\n\
    000G6900002000000NORFLYD&10300001&1040000001&11020220401&111000045101000000&112000000010000 &113D&117202204010000100001&13202&1337012821128\r\n";

fn released() -> Desk {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    desk.write("run.csv", RUN);
    desk.json(&["reconcile", "--upstream", "run.csv", "--out", "found", "--operator", "anna"]).exits(1);
    desk
}

fn statement(version: &str, account: &str, currency: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M</MsgId><CreDtTm>2099-03-03T06:00:00</CreDtTm></GrpHdr><Stmt><Id>S</Id>\
         <CreDtTm>2099-03-03T06:00:00</CreDtTm><Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>\
         <Ntry><Amt Ccy=\"{currency}\">7.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2099-03-02</Dt></BookgDt>\
         <BkTxCd/></Ntry></Stmt></BkToCstmrStmt></Document>"
    )
}

fn status_report(version: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>X</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    )
}

fn other_bank_file(version: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><CstmrCdtTrfInitn><GrpHdr>\
         <MsgId>KAQA-7</MsgId><CreDtTm>2099-03-01T08:00:00</CreDtTm><NbOfTxs>1</NbOfTxs></GrpHdr><PmtInf><PmtInfId>P</PmtInfId>\
         <ReqdExctnDt><Dt>2099-03-02</Dt></ReqdExctnDt><CdtTrfTxInf><PmtId><EndToEndId>K-1</EndToEndId></PmtId>\
         <Amt><InstdAmt Ccy=\"DKK\">100.00</InstdAmt></Amt></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>"
    )
}

/// Runs the command on a file of that content, and shows that it was refused so, in these words.
fn refused(desk: &Desk, command: &[&str], content: &[u8], (code, words): (&str, &str)) {
    desk.write("given", content);
    let ran: Ran = desk.json(command).exits(2);
    let message = ran.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    let shown: String = String::from_utf8_lossy(content).chars().take(120).collect();
    assert_eq!(ran.error_code(), code, "{message}\n{shown}");
    assert!(message.contains(words), "{message}\n{shown}");
    assert!(message.contains("given"), "the file is named: {message}");
    assert!(!message.contains("7012821128"), "{message}");
}

fn own_bank_file(desk: &Desk) -> Vec<u8> {
    let file = desk.files().into_iter().find(|file| file.extension().is_some_and(|ending| ending == "xml"));
    fs::read(file.expect("a bank file")).expect("reads")
}

#[test]
fn what_is_no_report_is_named_for_what_it_is() {
    let desk = released();
    let own = own_bank_file(&desk);
    let read = |name: &str| fs::read(desk.path(name)).expect("reads");
    let rows = fs::read(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    let whole = statement("camt.053.001.08", "64710001234567", "DKK");
    let truncated = &whole.as_bytes()[..whole.len() - 30];
    let table: Vec<(Vec<u8>, (&str, &str))> = vec![
        (own.clone(), ("report.unrecognised", "a bank file of batch B0001")),
        (own[..own.len() / 2].to_vec(), ("report.unrecognised", "a bank file of batch B0001")),
        (
            other_bank_file("pain.001.001.09").as_bytes().to_vec(),
            ("report.unrecognised", "pain.001.001.09: payments that a system sends"),
        ),
        (status_report("pain.002.001.99").as_bytes().to_vec(), ("report.version", "pain.002.001.99, a version")),
        (
            statement("camt.053.001.99", "64710001234567", "DKK").as_bytes().to_vec(),
            ("report.version", "camt.053.001.99"),
        ),
        (
            statement("camt.056.001.08", "64710001234567", "DKK").as_bytes().to_vec(),
            ("report.unrecognised", "camt.056.001.08, which"),
        ),
        (truncated.to_vec(), ("report.malformed", "cut short")),
        (
            statement("camt.053.001.08", "64710007654321", "DKK").as_bytes().to_vec(),
            ("report.other_account", "account"),
        ),
        (
            statement("camt.053.001.08", "64710001234567", "EUR").as_bytes().to_vec(),
            ("report.other_currency", "another currency"),
        ),
        (read("found/findings.csv"), ("report.unrecognised", "that this program wrote")),
        (read("found/findings.xlsx"), ("report.unrecognised", "that this program wrote")),
        (read("found/recover.csv"), ("report.unrecognised", "that this program wrote")),
        (rows.clone(), ("report.unrecognised", "that this program wrote")),
        (POSTINGS.as_bytes().to_vec(), ("report.unrecognised", "Prisme's")),
        (LIST.as_bytes().to_vec(), ("report.unrecognised", "is a list")),
        (b"Dear colleague,\nhere are the figures.\n".to_vec(), ("report.unrecognised", "no report")),
        (b"".to_vec(), ("report.unrecognised", "no report")),
    ];
    let before = desk.head();
    for (at, (content, expected)) in table.iter().enumerate() {
        refused(&desk, &["outcome", "given", "--operator", "anna"], content, *expected);
        if at % 8 > 0 {
            continue;
        }
        // Read before a comparison, it stops that too.
        let command =
            ["reconcile", "--upstream", "run.csv", "--statement", "given", "--out", "late", "--operator", "anna"];
        refused(&desk, &command, content, *expected);
        assert!(!desk.path("late/findings.csv").exists());
    }
    assert_eq!(desk.head(), before, "nothing is recorded");
    // One that cannot be read takes the others with it: nothing is recorded from a command that was not whole.
    desk.write("sound", &whole);
    desk.write("given", truncated);
    desk.json(&["outcome", "sound", "given", "--operator", "anna"]).exits(2);
    assert_eq!(desk.head(), before);
}

#[test]
fn what_is_no_run_is_named_for_what_it_is() {
    let desk = released();
    let own = own_bank_file(&desk);
    let read = |name: &str| fs::read(desk.path(name)).expect("reads");
    let findings = String::from_utf8(read("found/findings.csv")).expect("UTF-8");
    // Somebody made a run of it, so that it could be compared.
    let edited = findings.replacen("owed", "amount", 1).replacen("finding,", "nr,", 1);
    let workbook = read("found/findings.xlsx");
    let bank_file = other_bank_file("pain.001.001.09");
    let rows = fs::read(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    let report = statement("camt.053.001.08", "64710001234567", "DKK");
    let order = POSTINGS.split_inclusive("\r\n").next().unwrap_or_default();
    let table: Vec<(Vec<u8>, (&str, &str))> = vec![
        (report.as_bytes().to_vec(), ("upstream.not_a_run", "camt.053.001.08")),
        (status_report("pain.002.001.10").as_bytes().to_vec(), ("upstream.not_a_run", "pain.002.001.10")),
        (
            b":20:S1\r\n:25:6471/0001234567\r\n:28C:1/1\r\n:60F:C220401DKK1,00\r\n".to_vec(),
            ("upstream.not_a_run", "the bank's report"),
        ),
        (own.clone(), ("upstream.own_file", "this program's own making")),
        (findings.as_bytes().to_vec(), ("upstream.own_file", "this program's findings")),
        (edited.as_bytes().to_vec(), ("upstream.own_file", "this program's findings")),
        (workbook.clone(), ("upstream.own_file", "this program's findings")),
        (read("found/recover.csv"), ("upstream.own_file", "this program's findings")),
        (rows.clone(), ("upstream.own_file", "rows.csv")),
        (bank_file.as_bytes()[..bank_file.len() - 9].to_vec(), ("upstream.malformed", "cut short")),
        (other_bank_file("pain.001.001.99").as_bytes().to_vec(), ("upstream.version", "pain.001.001.99")),
        (order.as_bytes().to_vec(), ("upstream.unreadable_rows", "without its posting")),
        (POSTINGS.as_bytes()[..POSTINGS.len() - 7].to_vec(), ("upstream.unreadable_rows", "line 2")),
        (workbook[..workbook.len() / 2].to_vec(), ("list.not_text", "cut off or damaged")),
        (b"".to_vec(), ("list.empty", "")),
    ];
    let before = desk.head();
    for (content, expected) in &table {
        let command = ["reconcile", "--upstream", "given", "--out", "again", "--operator", "anna"];
        refused(&desk, &command, content, *expected);
        assert!(!desk.path("again").exists(), "{expected:?}");
    }
    assert_eq!(desk.head(), before, "nothing is recorded");
}

#[test]
fn a_findings_file_decides_nothing_whatever_stands_in_it() {
    let desk = released();
    let findings = fs::read_to_string(desk.path("found/findings.csv")).expect("reads");
    desk.write("given", findings.replace("recover", "none"));
    for command in [
        &["remedy", "show", "given", "--operator", "anna"][..],
        &[
            "remedy",
            "decide",
            "given",
            "--as",
            "none",
            "--reason",
            "as in the file",
            "--operator",
            "anna",
            "--second",
            "malik",
        ],
    ] {
        let before = desk.head();
        let ran = desk.json(command).exits(2);
        assert_eq!(ran.error_code(), "finding.malformed");
        assert!(ran.stdout.contains("is a file, and no finding"), "{}", ran.stdout);
        assert_eq!(desk.head(), before);
    }
}
