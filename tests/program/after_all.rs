//! The bank takes its word back: what it had rejected or returned, and so freed to be paid again, stands after all.

use std::fs;

use crate::desk::{Desk, PAY_ON};
use crate::three_paid::three_paid;

/// What the bank says of the payment of 200.00.
enum Said {
    Status(&'static str),
    /// Entries of a statement: out of the account or back into it, and the id by which the bank knows it.
    Booked(&'static [(&'static str, &'static str)]),
}

use Said::{Booked, Status};

const REJECTED: Said = Status("RJCT");

fn report(message: &str, kind: &str, said: &Said, end_to_end_id: &str) -> String {
    match said {
        Status(status) => format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>R-{status}</MsgId>\
             <CreDtTm>2099-03-02T06:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
             <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId>\
             <TxInfAndSts><OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId><TxSts>{status}</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>\
             </StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
        ),
        Booked(entries) => {
            let entries = entries.iter().map(|(sign, id)| {
                let back = if *sign == "CRDT" { "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" } else { "" };
                format!(
                    "<Ntry><Amt Ccy=\"DKK\">200.00</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2099-03-02</Dt></BookgDt>\
                     <AcctSvcrRef>{id}</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>\
                     {back}</TxDtls></NtryDtls></Ntry>"
                )
            });
            let (message, part) = match kind {
                "camt.053.001.02" => ("BkToCstmrStmt", "Stmt"),
                _ => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
            };
            format!(
                "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{kind}\"><{message}><GrpHdr><MsgId>M</MsgId>\
                 <CreDtTm>2099-03-03T06:00:00</CreDtTm></GrpHdr><{part}><Id>{kind}</Id><CreDtTm>2099-03-03T06:00:00</CreDtTm><Acct><Id><Othr>\
                 <Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>{}</{part}></{message}></Document>",
                entries.collect::<String>()
            )
        }
    }
}

fn hear(desk: &Desk, kind: &str, said: &Said, end_to_end_id: &str) {
    let sent = desk.files().into_iter().find(|file| file.extension().is_some_and(|ending| ending == "xml"));
    let sent = fs::read_to_string(sent.expect("a bank file")).expect("reads");
    let message = sent.split_once("<MsgId>").and_then(|(_, rest)| rest.split_once('<')).expect("a message id").0;
    desk.write("report.xml", report(message, kind, said, end_to_end_id));
    desk.json(&["outcome", "report.xml", "--operator", "anna"]);
}

/// In whichever way the bank's words contradict each other: the row is held, until somebody has found out which is true.
#[test]
fn what_was_freed_and_stands_after_all_is_held() {
    let table: [(&str, Said, &str, Said); 2] = [
        ("pain.002", REJECTED, "camt.053.001.02", Booked(&[("DBIT", "D1")])),
        // Booked twice and returned once, the notice of the return read first.
        (
            "camt.054.001.02",
            Booked(&[("CRDT", "C1")]),
            "camt.053.001.02",
            Booked(&[("DBIT", "D1"), ("DBIT", "D2"), ("CRDT", "C1")]),
        ),
    ];
    for (first_kind, first, then_kind, then) in table {
        let (desk, ids) = three_paid();
        let id = &ids["200.00"];
        hear(&desk, first_kind, &first, id);
        let free = desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(0).json();
        assert_eq!(free["rows"]["prepared"], 1, "it was freed: {free}");
        hear(&desk, then_kind, &then, id);
        let held = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1).json();
        assert_eq!((&held["rows"]["held"], &held["rows"]["prepared"]), (&1.into(), &0.into()), "{held}");
        let codes: Vec<_> = held["problems"].as_array().expect("a list").iter().map(|one| &one["code"]).collect();
        assert!(codes.iter().any(|code| *code == "duplicate.after_all"), "{held}");
        // Whoever has asked the bank decides.
        desk.write("decisions.csv", "file,row,decision,reason\nlist.csv,3,pay,the bank took it back by hand\n");
        let decided = desk.prepare(&["list.csv", "--pay-on", PAY_ON, "--decisions", "decisions.csv"]).exits(0).json();
        assert_eq!(decided["rows"]["prepared"], 1);
        desk.approve("B0002").exits(0);
        desk.release("B0002").exits(0);
        desk.json(&["verify"]).exits(0);
    }
}

#[test]
fn what_stands_after_all_is_not_released_a_second_time() {
    let (desk, ids) = three_paid();
    hear(&desk, "pain.002", &REJECTED, &ids["200.00"]);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0002").exits(0);
    hear(&desk, "camt.053.001.02", &Booked(&[("DBIT", "D1")]), &ids["200.00"]);
    let refused = desk.release("B0002").exits(3);
    assert_eq!(refused.error_code(), "release.paid_after_all");
    desk.json(&["batch", "cancel", "B0002", "--operator", "anna"]).exits(0);
    let held = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!(held["rows"]["held"], 1, "{held}");
}
