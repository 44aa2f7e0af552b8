//! A double that is found before the bank has settled it: the recall, the bank's answer, the reconciliation after it, and the end.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::camt055;
use crate::desk::{Desk, PAY_ON, Ran};
use crate::three_paid::three_paid;

/// Amounts, each of one payment.
const FIRST: &str = "5234.50";
const SECOND: &str = "200.00";
const THIRD: &str = "300.00";

/// The finding of the payment that upstream stopped: findings stand in the order of their people.
const SETTLED: &str = "F0001";

/// Three are sent; upstream paid the first as well, stopped the second, and is about to pay the third.
struct Town {
    desk: Desk,
    /// End-to-end ids by amount.
    ids: BTreeMap<String, String>,
}

impl Town {
    fn new() -> Self {
        let (desk, ids) = three_paid();
        let town = Self { desk, ids };
        town.reconcile();
        town
    }

    fn reconcile(&self) -> Value {
        self.desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]).json()
    }

    fn remedy(&self, arguments: &[&str]) -> Ran {
        self.desk.json(&[&["remedy", "--operator", "anna"], arguments].concat())
    }

    fn recall(&self, finding: &str, more: &[&str]) -> Ran {
        self.remedy(&[&["recall", finding, "--second", "malik"], more].concat())
    }

    fn finding(&self, kind: &str) -> String {
        let list = self.remedy(&["list"]).json();
        let cases = list["cases"].as_array().expect("a list");
        let case = cases.iter().find(|case| case["kind"] == kind).unwrap_or_else(|| panic!("a {kind} in {list}"));
        case["finding"].as_str().expect("an id").to_owned()
    }

    fn outcome(&self, name: &str, content: impl AsRef<[u8]>, code: i32) -> Value {
        self.desk.write(name, content);
        self.desk.json(&["outcome", name, "--operator", "anna"]).exits(code).json()
    }

    /// The answer to a recall: status of the case, and of payments.
    fn answer(&self, case: &str, status: &str, payments: &[(&str, &str)]) -> String {
        let each: String = payments
            .iter()
            .map(|(amount, status)| {
                format!(
                    "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxCxlSts>{status}</TxCxlSts></TxInfAndSts>",
                    self.ids[*amount]
                )
            })
            .collect();
        let details = match payments {
            [] => String::new(),
            _ => format!(
                "<CxlDtls><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId>{each}</OrgnlPmtInfAndSts></CxlDtls>"
            ),
        };
        format!(
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.029.001.09\"><RsltnOfInvstgtn><Assgnmt><Id>A1</Id>\
             <CreDtTm>2022-04-27T10:00:00</CreDtTm></Assgnmt><RslvdCase><Id>{case}</Id><Cretr><Pty><Nm>Q</Nm></Pty></Cretr></RslvdCase>\
             <Sts><Conf>{status}</Conf></Sts>{details}</RsltnOfInvstgtn></Document>"
        )
    }

    /// A statement with these movements: mark, amount of the payment, day of May.
    fn statement(&self, id: &str, entries: &[(&str, &str, u32)]) -> String {
        let entries: String = entries
            .iter()
            .map(|(mark, amount, day)| {
                let why = if *mark == "CRDT" { "<RtrInf><Rsn><Cd>FOCR</Cd></Rsn></RtrInf>" } else { "" };
                format!(
                    "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2022-05-{day:02}</Dt>\
                     </BookgDt><AcctSvcrRef>{mark}-{amount}</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs>\
                     {why}</TxDtls></NtryDtls></Ntry>",
                    self.ids[*amount]
                )
            })
            .collect();
        format!(
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><GrpHdr><MsgId>{id}\
             </MsgId><CreDtTm>2022-06-03T06:00:00</CreDtTm></GrpHdr><Stmt><Id>{id}</Id><CreDtTm>2022-06-03T06:00:00</CreDtTm><Acct><Id><Othr>\
             <Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
        )
    }

    /// A pain.002 about one payment.
    fn status(&self, message: &str, amount: &str, status: &str) -> String {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId></GrpHdr>\
             <OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId>\
             <TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt>\
             </Document>",
            self.ids[amount]
        )
    }

    /// How many rows of the first list could be paid again.
    fn payable_again(&self) -> Value {
        let again = self.desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).json();
        again["rows"]["prepared"].clone()
    }

    fn open_matters(&self) -> String {
        let ran = self.desk.json(&["episode", "close", "attack", "--operator", "anna"]).exits(3);
        assert_eq!(ran.error_code(), "episode.open_matters");
        ran.stdout
    }

    fn state(&self, finding: &str) -> Value {
        self.remedy(&["show", finding]).exits(0).json()["state"].clone()
    }
}

fn case_of(recall: &Value) -> String {
    recall["file"]["message_id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_double_is_called_back_before_it_is_settled_and_nobody_is_paid_again_because_of_it() {
    let town = Town::new();
    let doubled = town.finding("double_paid");
    // Two people, and not one of them twice.
    let alone = town.remedy(&["recall", &doubled]).exits(3);
    assert_eq!(alone.error_code(), "control.second_missing");
    let same = town.remedy(&["recall", &doubled, "--second", "anna"]).exits(3);
    assert_eq!(same.error_code(), "control.same_person");
    let recalled = town.recall(&doubled, &[]).exits(0).json();
    assert_eq!((&recalled["recall"], &recalled["reason"]), (&"RC0001".into(), &"DUPL".into()), "{recalled}");
    assert_eq!(recalled["payments"].as_array().map(Vec::len), Some(1));
    assert_eq!(recalled["payments"][0]["end_to_end_id"], town.ids[FIRST].as_str());
    assert_eq!((&recalled["file"]["amount"], &recalled["left_out"]), (&FIRST.into(), &Value::Array(vec![])));
    let path = town.desk.workspace().join(recalled["file"]["path"].as_str().expect("a path"));
    let message = fs::read_to_string(&path).expect("reads");
    assert_eq!(camt055::faults(&message), Vec::<String>::new(), "{message}");
    assert!(message.contains(&town.ids[FIRST]) && message.contains(&case_of(&recalled)), "{message}");
    for kept in ["Pipaluk", "Berthelsen", "7012821128", "0000100001"] {
        assert!(!message.contains(kept), "{kept} in {message}");
    }
    // It is entered among the files that left, and two people looked at it.
    let copies = town.desk.json(&["copies", "list", "--operator", "anna"]).json();
    assert!(copies.to_string().contains("recall-RC0001.xml"), "{copies}");

    // It is open, and says so wherever people look.
    assert_eq!(town.state(&doubled), "decided");
    let list = town.remedy(&["list"]).json();
    assert_eq!((&list["recalls"][0]["recall"], &list["recalls"][0]["waiting"]["count"]), (&"RC0001".into(), &1.into()));
    let screen = town.desk.run(&["remedy", "list", "--operator", "anna"]).stdout;
    assert!(screen.contains("RC0001") && screen.contains("stopgap outcome FILE"), "{screen}");
    assert!(town.open_matters().contains("RC0001"));
    let next = town.desk.json(&["status"]).json()["next"].to_string();
    assert!(next.contains("read_answer"), "{next}");
    let again = town.recall(&doubled, &[]).exits(3);
    assert_eq!(again.error_code(), "recall.open");
    let recover = town.remedy(&["decide", &doubled, "--as", "recover", "--reason", "x", "--second", "malik"]).exits(3);
    assert_eq!(recover.error_code(), "remedy.recall_open");
    town.desk.json(&["verify"]).exits(0);

    // The bank takes it in, looks into it, and takes the payment back.
    let case = case_of(&recalled);
    let told = town.outcome("taken.xml", town.status(&case, FIRST, "ACCP"), 0);
    assert_eq!(told["warnings"][0]["code"], "recall.file_taken", "{told}");
    let told = town.outcome("pending.xml", town.answer(&case, "PDCR", &[]), 0);
    assert_eq!((&told["recalls"][0]["state"], &told["payments"]["rejected"]), (&"pending".into(), &0.into()), "{told}");
    assert!(town.open_matters().contains("RC0001"));
    let told = town.outcome("answer.xml", town.answer(&case, "CNCL", &[(FIRST, "ACCR")]), 1);
    assert_eq!(told["recalls"][0]["state"], "accepted", "{told}");
    assert_eq!(
        (&told["payments"]["rejected"], &told["not_standing"][0]["freed"]),
        (&1.into(), &false.into()),
        "{told}"
    );
    assert_eq!(told["not_standing"][0]["stays_paid"], true);
    assert_eq!(town.payable_again(), 0, "upstream's payment stands");
    // Read again, it says nothing new.
    let head = town.desk.head();
    let again = town.outcome("again.xml", town.answer(&case, "CNCL", &[(FIRST, "ACCR")]), 0);
    assert_eq!((&again["files"][0]["already_seen"], town.desk.head()), (&true.into(), head), "{again}");
    let stale = town.remedy(&["decide", &doubled, "--as", "recover", "--reason", "x", "--second", "malik"]).exits(3);
    assert_eq!(stale.error_code(), "remedy.recalled");

    // What came back no longer counts as paid by the fallback.
    let reconciled = town.reconcile();
    assert_eq!(reconciled["balanced"], true, "{reconciled}");
    assert_eq!(reconciled["findings"]["upstream_only"]["count"], 1, "{reconciled}");
    assert_eq!(reconciled["totals"]["overpaid"], "0.00", "{reconciled}");
    assert_eq!(town.state(&doubled), "closed");

    // The bank says of the payment what it says of every cancelled one, and later shows it debited and back: it stays as it is.
    let batch = message.split("<OrgnlMsgId>").nth(1).and_then(|rest| rest.split('<').next()).expect("an id");
    town.outcome("cancelled.xml", town.status(batch, FIRST, "CANC"), 0);
    assert_eq!(town.payable_again(), 0);
    let entries = [("DBIT", FIRST, 2), ("CRDT", FIRST, 3), ("DBIT", SECOND, 2), ("DBIT", THIRD, 2)];
    town.outcome("statement.xml", town.statement("S1", &entries), 1);
    assert_eq!(town.payable_again(), 0);
    town.desk.json(&["verify"]).exits(0);

    let planned = town.finding("double_planned");
    town.remedy(&["decide", &planned, "--as", "stop", "--reason", "agreed"]).exits(0);
    town.reconcile();
    town.desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0);
    town.desk.json(&["episode", "close", "attack", "--operator", "anna"]).exits(0);
    town.desk.json(&["verify"]).exits(0);
    let log = town.desk.run(&["log"]).stdout;
    for said in ["asked the bank to take 1 payment", "wrote the file of RC0001", "read the bank's answer to RC0001"] {
        assert!(log.split_whitespace().collect::<Vec<_>>().join(" ").contains(said), "{said} in {log}");
    }
}

#[test]
fn what_cannot_be_called_back_is_refused_with_what_can_be_done() {
    let town = Town::new();
    let settled = SETTLED.to_owned();
    assert_eq!(town.recall(&settled, &[]).exits(3).error_code(), "recall.no_double");
    let doubled = town.finding("double_paid");
    assert_eq!(town.recall(&doubled, &["--reason", "WHY"]).exits(2).error_code(), "recall.reason");
    // Upstream's payment stands: a yes of the bank to any other reason would free what is paid.
    for reason in ["CUST", "UPAY", "AM09", "AC03", "FRAD"] {
        assert_eq!(town.recall(&doubled, &["--reason", reason]).exits(3).error_code(), "recall.is_double");
    }
    assert_eq!(town.recall(&doubled, &["--payment", "B0001"]).exits(2).error_code(), "recall.reference");
    let other = town.recall(&doubled, &["--payment", &town.ids[SECOND]]).exits(2);
    assert_eq!(other.error_code(), "recall.not_of_finding");
    assert_eq!(town.recall(&doubled, &["--give-up", "no"]).exits(3).error_code(), "recall.not_open");
    // Once it is booked, only the person can give it back.
    town.outcome("statement.xml", town.statement("S1", &[("DBIT", FIRST, 2)]), 0);
    let booked = town.recall(&doubled, &[]).exits(3);
    assert_eq!(booked.error_code(), "recall.settled");
    assert!(booked.stdout.contains("--as recover"), "{}", booked.stdout);
    // What came back is not called back.
    town.outcome("back.xml", town.statement("S2", &[("CRDT", FIRST, 3)]), 1);
    assert_eq!(town.recall(&doubled, &[]).exits(3).error_code(), "recall.came_back");
    // The same money is not asked of two.
    let planned = town.finding("double_planned");
    town.recall(&planned, &["--give-up", "x"]).exits(3);
    town.recall(&planned, &[]).exits(0);
    assert_eq!(town.desk.files().iter().filter(|path| path.to_string_lossy().contains("recall-")).count(), 1);
    town.desk.json(&["verify"]).exits(0);
}

/// Nobody has paid it in the end, and `prepare` would still take it for paid: that is said, and not decided to no effect.
#[test]
fn what_was_recalled_as_a_double_is_not_paid_again_as_what_it_was() {
    let town = Town::new();
    let doubled = town.finding("double_paid");
    let case = case_of(&town.recall(&doubled, &[]).exits(0).json());
    // Until the bank has answered, it is not known which of the two upstream has to stop.
    let list = town.desk.json(&["stoplist", "--out", "stop.csv", "--operator", "anna"]);
    assert!(list.stderr.contains("asked to take back 1 payment of this list"), "{}", list.stderr);
    town.outcome("answer.xml", town.answer(&case, "CNCL", &[(FIRST, "ACCR")]), 1);
    let run = fs::read_to_string(town.desk.path("run.csv")).expect("reads");
    town.desk.write("run.csv", run.replace(";paid;2022-04-29;", ";stopped;;"));
    town.reconcile();
    let back = town.finding("returned");
    let again = town.remedy(&["decide", &back, "--as", "pay_again", "--reason", "owed", "--second", "malik"]).exits(3);
    assert_eq!(again.error_code(), "remedy.does_not_fit");
    assert!(again.stdout.contains("a part of its own"), "{}", again.stdout);
    // Nothing is offered that would be refused, and no list says to hand it in again as it was.
    let shown = town.remedy(&["show", &back]).json();
    assert_eq!((&shown["fits"], &shown["remedy"]), (&serde_json::json!(["none"]), &"decide".into()), "{shown}");
    let screen = town.desk.run(&["remedy", "show", &back, "--operator", "anna"]).stdout;
    assert!(!screen.contains("pay_again (takes two)") && screen.contains("a part of its own"), "{screen}");
    let read = |name: &str| fs::read_to_string(town.desk.path(name)).expect("reads");
    let found = read("found/findings.csv");
    let row = found.lines().find(|line| line.starts_with(&back)).expect("a row");
    assert!(row.contains("returned,decide,") && row.contains("as a double (RC0001)"), "{row}");
    assert!(!read("found/top_up.csv").contains(&back));
    // The list handed in again says what became of the payment.
    let again = town.desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).json();
    assert!(
        again["rows"]["duplicate"] == 3 && again.to_string().contains("took that payment back as a double (RC0001)"),
        "{again}"
    );
    town.remedy(&["decide", &back, "--as", "none", "--reason", "paid with a part of its own"]).exits(0);
}

/// One of two payments stands: who stops upstream's does not have the bank take ours back as well.
#[test]
fn upstream_is_not_stopped_where_the_bank_is_asked_and_the_bank_is_not_asked_where_upstream_is_stopped() {
    let town = Town::new();
    let (doubled, planned) = (town.finding("double_paid"), town.finding("double_planned"));
    let decide = |finding: &str, remedy: &str| {
        town.remedy(&["decide", finding, "--as", remedy, "--reason", "agreed", "--second", "malik"])
    };
    let screen = |finding: &str| town.desk.run(&["remedy", "show", finding, "--operator", "anna"]).stdout;
    let read = |name: &str| fs::read_to_string(town.desk.path(name)).expect("reads");
    assert!(screen(&doubled).contains("stopgap remedy recall") && screen(&planned).contains("stopgap remedy recall"));
    decide(&doubled, "recover").exits(0);
    assert!(!screen(&doubled).contains("stopgap remedy recall"), "{}", screen(&doubled));
    decide(&planned, "stop").exits(0);
    assert!(!screen(&planned).contains("stopgap remedy recall"), "{}", screen(&planned));
    let refused = town.recall(&planned, &[]).exits(3);
    assert_eq!(refused.error_code(), "remedy.same_money");
    assert!(refused.stdout.contains("decide `none`"), "{}", refused.stdout);
    town.reconcile();
    assert!(read("found/stop.csv").contains(&planned));

    decide(&planned, "none").exits(0);
    let case = case_of(&town.recall(&planned, &[]).exits(0).json());
    assert_eq!(town.state(&planned), "decided");
    assert_eq!(decide(&planned, "stop").exits(3).error_code(), "remedy.recall_open");
    // Nothing but the recall waits, and that is enough.
    let compared = town.desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]);
    compared.exits(1);
    town.remedy(&["list"]).exits(1);
    assert!(!read("found/stop.csv").contains(&planned), "{}", read("found/stop.csv"));
    let found = read("found/findings.csv");
    let row = found.lines().find(|line| line.starts_with(&planned)).expect("a row");
    assert!(row.contains("double_planned,none,") && row.contains("(RC0001)"), "{row}");
    assert_eq!(town.remedy(&["show", &planned]).json()["remedy"], "none");
    // Nor when the bank has taken it back: upstream is the one that pays.
    town.outcome("answer.xml", town.answer(&case, "CNCL", &[(THIRD, "ACCR")]), 1);
    decide(&planned, "stop").exits(3);
    town.reconcile();
    assert!(!read("found/stop.csv").contains(&planned), "{}", read("found/stop.csv"));
    decide(&planned, "stop").exits(3);
    town.desk.json(&["verify"]).exits(0);
}

#[test]
fn a_recall_for_another_reason_that_succeeds_frees_like_a_rejection() {
    let town = Town::new();
    let settled = SETTLED.to_owned();
    let recalled = town.recall(&settled, &["--reason", "AC03"]).exits(0).json();
    let case = case_of(&recalled);
    assert_eq!(town.payable_again(), 0, "asking frees nothing");
    // In part refused, or of one level only: nothing is freed.
    let told = town.outcome("doubt.xml", town.answer(&case, "RJCR", &[(SECOND, "ACCR")]), 0);
    assert_eq!((&told["recalls"], town.payable_again()), (&Value::Array(vec![]), 0.into()), "{told}");
    let told = town.outcome("answer.xml", town.answer(&case, "PECR", &[(SECOND, "ACCR")]), 1);
    assert_eq!((&told["not_standing"][0]["freed"], town.payable_again()), (&true.into(), 1.into()), "{told}");
    // Booked after all: it is named, and counts as paid.
    let told = town.outcome("statement.xml", town.statement("S1", &[("DBIT", SECOND, 2)]), 1);
    assert_eq!(told["warnings"][0]["code"], "outcome.contradiction", "{told}");
    assert!(town.open_matters().contains("promised back"), "{}", town.open_matters());
    town.desk.json(&["verify"]).exits(0);
}

#[test]
fn a_bank_that_refuses_or_contradicts_itself_changes_nothing_about_the_payment() {
    let town = Town::new();
    let doubled = town.finding("double_paid");
    let first = town.recall(&doubled, &[]).exits(0).json();
    // Somebody else's case, and a payment that was not asked for.
    let told = town.outcome("others.xml", town.answer("CASE-7", "CNCL", &[(FIRST, "ACCR")]), 1);
    assert_eq!(told["warnings"][0]["code"], "recall.unknown", "{told}");
    let told = town.outcome("more.xml", town.answer(&case_of(&first), "PECR", &[(SECOND, "ACCR")]), 1);
    assert_eq!(told["warnings"][0]["code"], "recall.other_payment", "{told}");
    assert_eq!(told["payments"]["rejected"], 0);
    let told = town.outcome("no.xml", town.answer(&case_of(&first), "RJCR", &[]), 1);
    assert_eq!((&told["recalls"][0]["state"], &told["payments"]["rejected"]), (&"refused".into(), &0.into()), "{told}");
    assert_eq!(town.state(&doubled), "open");
    // It changes its mind in the same case: in doubt the payment stands.
    let told = town.outcome("yes.xml", town.answer(&case_of(&first), "CNCL", &[]), 1);
    assert_eq!(told["warnings"][0]["code"], "recall.contradiction", "{told}");
    assert_eq!((&told["recalls"][0]["state"], &told["payments"]["rejected"]), (&"contradictory".into(), &0.into()));
    assert!(town.open_matters().contains("RC0001"));
    // Two people no longer wait, and the person is asked instead.
    let alone = town.remedy(&["recall", &doubled, "--give-up", "the bank telephoned"]).exits(3);
    assert_eq!(alone.error_code(), "control.second_missing");
    assert_eq!(town.recall(&doubled, &["--give-up", " "]).exits(2).error_code(), "decision.reason");
    town.recall(&doubled, &["--give-up", "the bank telephoned: it is paid out"]).exits(0);
    assert!(!town.open_matters().contains("RC0001"));
    town.remedy(&["decide", &doubled, "--as", "recover", "--reason", "asked", "--second", "malik"]).exits(0);
    assert_eq!(town.recall(&doubled, &[]).exits(3).error_code(), "remedy.same_money");
    assert_eq!(town.payable_again(), 0);
    town.desk.json(&["verify"]).exits(0);
}

/// The bank refuses the file of the recall as a file: that answers the recall, and says nothing against the payment.
#[test]
fn a_recall_that_is_refused_as_a_file_is_refused() {
    let town = Town::new();
    let doubled = town.finding("double_paid");
    let case = case_of(&town.recall(&doubled, &[]).exits(0).json());
    let refused = town.status(&case, FIRST, "RJCT").replace("</OrgnlMsgId>", "</OrgnlMsgId><GrpSts>RJCT</GrpSts>");
    let told = town.outcome("refused.xml", refused, 1);
    assert_eq!(told["warnings"][0]["code"], "recall.file_refused", "{told}");
    assert_eq!((&told["recalls"][0]["state"], &told["payments"]["rejected"]), (&"refused".into(), &0.into()), "{told}");
    assert_eq!(town.payable_again(), 0);
    town.desk.json(&["verify"]).exits(0);
}

#[test]
fn a_file_that_is_gone_is_made_again_and_one_that_was_changed_is_not_believed() {
    let town = Town::new();
    let doubled = town.finding("double_paid");
    let recalled = town.recall(&doubled, &[]).exits(0).json();
    let path = town.desk.workspace().join(recalled["file"]["path"].as_str().expect("a path"));
    let bytes = fs::read(&path).expect("reads");
    fs::write(&path, b"<Document/>").expect("writes");
    assert_eq!(town.recall(&doubled, &[]).exits(3).error_code(), "release.file_differs");
    town.desk.json(&["verify"]).exits(4);
    fs::remove_file(&path).ok();
    let again = town.recall(&doubled, &[]).exits(0).json();
    assert_eq!((fs::read(&path).expect("reads"), &again["begun_before"]), (bytes, &true.into()));
    assert_eq!(again["other_asked"], false);
    // Another command than the one that was begun is told that it was not carried out.
    fs::remove_file(&path).expect("removes");
    let other = town.recall(&doubled, &["--reason", "CUST"]).exits(0).json();
    assert_eq!(
        (&other["recall"], &other["reason"], &other["other_asked"]),
        (&"RC0001".into(), &"DUPL".into(), &true.into())
    );
    town.desk.json(&["verify"]).exits(0);
}
