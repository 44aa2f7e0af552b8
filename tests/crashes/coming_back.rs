//! What follows a release, or takes its place, interrupted anywhere: work sheets and what comes back of them, the bank's answers, a purge, and
//! the adoption of a copy.

use std::fs;

use crate::desk::{Desk, owned};
use crate::sweep::Scenario;
use crate::{OWED, approved, bank_file, prepare, release, scenario};

fn sheets() -> Vec<String> {
    owned(&["release", "B0001", "--as", "worksheet", "--clerks", "2", "--operator", "anna"])
}

#[test]
fn a_release_on_work_sheets_interrupted_anywhere_is_finished_by_running_it_again() {
    if !Scenario::can_run() {
        return;
    }
    scenario("release on work sheets", approved(), sheets(), 11).sweep();
}

/// The portal takes files again while the sheets are being made: whichever door the batch began to leave by is its only one.
#[test]
fn a_release_on_work_sheets_interrupted_anywhere_and_tried_as_a_file_leaves_by_one_door() {
    if !Scenario::can_run() {
        return;
    }
    let again = vec![release("B0001"), sheets(), prepare("edited.csv")];
    let scenario = scenario("release on work sheets, then as a file", approved(), sheets(), 23);
    Scenario { again, ..scenario }.sweep();
}

/// Two sheets come back with a row that nobody ticked: it stays open, and the edited list pays it no second time.
#[test]
fn sheets_taken_back_interrupted_anywhere_are_taken_back_once() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    let released = desk.run(&sheets()).expected();
    let code = |at: usize| released["sheets"][at]["sheet"].as_str().expect("a code").to_owned();
    let (first, second) = (code(0), code(1));
    let ticked = format!("sheet;row;done;receipt;amount_typed\n{first};1;x;R-1;5.234,50\n{second};1;x;R-3;999,95\n");
    desk.write("ticked.csv", ticked);
    let command = owned(&["worksheet", "return", "ticked.csv", "--operator", "anna"]);
    let reached = |desk: &Desk| {
        let listed = desk.run(&["worksheet", "list", "--operator", "anna"]).json().unwrap_or_default();
        let typed: Vec<_> =
            (0..2).map(|at| (listed[at]["typed"].as_u64(), listed[at]["open"]["count"].as_u64())).collect();
        let expected = [(Some(1), Some(1)), (Some(1), Some(0))];
        if typed == expected { Ok(()) } else { Err(format!("{listed}")) }
    };
    Scenario { reached, answer: 1, ..scenario("worksheet return", desk, command, 5) }.sweep();
}

/// The bank turned one payment down and another one came back: both are owed once more, and the third is not.
#[test]
fn outcome_interrupted_anywhere_frees_what_came_back_and_nothing_else() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    desk.release("B0001").expected();
    let answers = Answers::of(&desk);
    desk.write("answer.xml", answers.rejecting(OWED[0]));
    desk.write("statement.xml", answers.booking_and_returning(&OWED[1..3], OWED[2]));
    let command = owned(&["outcome", "answer.xml", "statement.xml", "--operator", "anna"]);
    let owed = [&OWED[..], &[OWED[0], OWED[2]]].concat();
    Scenario { owed, answer: 1, ..scenario("outcome", desk, command, 7) }.sweep();
}

/// What the bank knows of the files it was given: each payment's message, reference and amount.
struct Answers(Vec<(String, bank_file::Payment)>);

impl Answers {
    fn of(desk: &Desk) -> Self {
        let mut all = Vec::new();
        for (name, bytes) in desk.files() {
            if name.extension().is_some_and(|ending| ending == "xml") {
                let file = bank_file::read(&bytes).expect("whole");
                all.extend(file.payments.into_iter().map(|payment| (file.message_id.clone(), payment)));
            }
        }
        Self(all)
    }

    fn payment(&self, account: &str) -> &(String, bank_file::Payment) {
        self.0.iter().find(|(_, payment)| payment.account == account).expect("is paid")
    }

    fn rejecting(&self, account: &str) -> String {
        let (message, payment) = self.payment(account);
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{message}\
             </OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{}\
             </OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>\
             </CstmrPmtStsRpt></Document>",
            payment.end_to_end_id
        )
    }

    fn booking_and_returning(&self, booked: &[&str], returned: &str) -> String {
        let debits: String = booked.iter().map(|account| self.entry("DBIT", account, "")).collect();
        let credit = self.entry("CRDT", returned, "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>");
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S</Id><Acct><Id><IBAN>\
             GL8964710001234567</IBAN></Id></Acct>{debits}{credit}</Stmt></BkToCstmrStmt></Document>"
        )
    }

    fn entry(&self, mark: &str, account: &str, more: &str) -> String {
        let (_, payment) = self.payment(account);
        let (whole, hundredths) = (payment.amount / 100, payment.amount % 100);
        format!(
            "<Ntry><Amt Ccy=\"DKK\">{whole}.{hundredths:02}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2099-03-02</Dt>\
             </BookgDt><AcctSvcrRef>{mark}{account}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs>{more}</TxDtls>\
             </NtryDtls></Ntry>",
            payment.end_to_end_id
        )
    }
}

/// A purge that was begun is finished, with its certificate, and the people are still recognised by their claims.
#[test]
fn purge_interrupted_anywhere_is_finished_by_running_it_again() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    desk.release("B0001").expected();
    desk.run(&["copies", "end", "--all", "--operator", "anna"]).expected();
    let episodes = desk.run(&["episode", "list"]).expected();
    let episode = episodes[0]["episode"].as_str().expect("a name");
    let close = ["episode", "close", episode, "--operator", "anna", "--second", "malik", "--reason", "a test"];
    desk.run(&close).expected();
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0")).expect("writes");
    let command = owned(&["purge", "--before", "2199-01-01", "--operator", "anna", "--second", "malik"]);
    let reached = |desk: &Desk| {
        let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]);
        let certificates = desk.files().keys().filter(|path| path.to_string_lossy().contains("purge")).count();
        match shown.error("code") == "episode.purged" && certificates == 2 {
            true => Ok(()),
            false => Err(format!("{certificates} files of a certificate; {}", shown.said())),
        }
    };
    // The files of what was paid before were cleared away.
    Scenario { reached, owed: OWED[3..].to_vec(), ..scenario("purge", desk, command, 17) }.sweep();
}

fn adopt() -> Vec<String> {
    owned(&["adopt", "--operator", "anna", "--second", "malik", "--reason", "a test"])
}

/// Of the copy and the original one goes on in the end: the batch that was approved in both leaves from the copy alone.
#[test]
fn adopt_interrupted_anywhere_leaves_one_ledger_that_pays() {
    if !Scenario::can_run() {
        return;
    }
    let reached = |desk: &Desk| {
        let ran = desk.run(&["release", "B0001", "--operator", "anna", "--workspace", "original"]);
        if ran.code == Some(3) { Ok(()) } else { Err(format!("the original goes on: {}", ran.said())) }
    };
    Scenario { reached, ..scenario("adopt", approved().lead_astray(), adopt(), 5) }.sweep();
}
