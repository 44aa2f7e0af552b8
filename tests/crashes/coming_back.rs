//! What follows a release, or takes its place, interrupted anywhere: work sheets and what comes back of them, the bank's answers, a purge,
//! copies that are adopted or restored, and a meeting of desks.

use std::fs;

use crate::desk::{Desk, approve, owned};
use crate::sweep::Scenario;
use crate::{OWED, approved, bank_file, prepare, release, scenario, with_lists};

fn sheets() -> Vec<String> {
    owned(&["release", "B0001", "--as", "worksheet", "--clerks", "2", "--operator", "anna"])
}

#[test]
fn a_release_on_work_sheets_interrupted_anywhere_is_finished_by_running_it_again() {
    if Scenario::can_run() {
        releasing_on_sheets().sweep();
    }
}

pub fn releasing_on_sheets() -> Scenario {
    scenario("release on work sheets", approved(), sheets(), 11)
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
    if Scenario::can_run() {
        taking_sheets_back().sweep();
    }
}

pub fn taking_sheets_back() -> Scenario {
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
    Scenario { reached, answer: 1, ..scenario("worksheet return", desk, command, 5) }
}

#[test]
fn outcome_interrupted_anywhere_frees_what_came_back_and_nothing_else() {
    if Scenario::can_run() {
        outcome().sweep();
    }
}

/// The bank turned one payment down and another one came back: both are owed once more, and the third is not.
pub fn outcome() -> Scenario {
    let desk = approved();
    desk.release("B0001").expected();
    let answers = Answers::of(&desk);
    desk.write("answer.xml", answers.rejecting(OWED[0]));
    desk.write("statement.xml", answers.booking_and_returning(&OWED[1..3], OWED[2]));
    let command = owned(&["outcome", "answer.xml", "statement.xml", "--operator", "anna"]);
    let owed = [&OWED[..], &[OWED[0], OWED[2]]].concat();
    Scenario { owed, answer: 1, ..scenario("outcome", desk, command, 7) }
}

/// A double that was found in time: the bank is asked for it once, with one file, and nobody is paid again because of it.
#[test]
fn recall_interrupted_anywhere_asks_once_with_one_file() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    desk.release("B0001").expected();
    let run = "person_id;scheme;period;amount;status;paid_on;reference\n7012821128;Alderspension;2022-04;5234,50;paid;2022-04-29;r1\n";
    desk.write("run.csv", run);
    desk.run(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]);
    let found = desk.run(&["remedy", "list", "--operator", "anna"]).json().expect("a list");
    let case = found["cases"].as_array().and_then(|all| all.iter().find(|case| case["kind"] == "double_paid"));
    let finding = case.and_then(|case| case["finding"].as_str()).expect("a double").to_owned();
    let command = owned(&["remedy", "recall", &finding, "--operator", "anna", "--second", "malik"]);
    let reached = |desk: &Desk| {
        let files: Vec<_> =
            desk.files().into_iter().filter(|(path, _)| path.to_string_lossy().contains("recall-")).collect();
        let listed = desk.run(&["remedy", "list", "--operator", "anna"]).json().unwrap_or_default();
        let open = listed["recalls"].as_array().map_or(0, Vec::len);
        let whole = files.iter().all(|(_, bytes)| String::from_utf8_lossy(bytes).trim_end().ends_with("</Document>"));
        match (files.len(), open, whole) {
            (1, 1, true) => Ok(()),
            found => Err(format!("files, recalls, whole: {found:?}")),
        }
    };
    Scenario { reached, ..scenario("recall", desk, command, 11) }.sweep();
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

#[test]
fn purge_interrupted_anywhere_is_finished_by_running_it_again() {
    if Scenario::can_run() {
        purge().sweep();
    }
}

/// A purge that was begun is finished, with its certificate, and the people are still recognised by their claims.
pub fn purge() -> Scenario {
    let desk = approved();
    desk.release("B0001").expected();
    desk.end_every_copy();
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
    Scenario { reached, owed: OWED[3..].to_vec(), ..scenario("purge", desk, command, 17) }
}

#[test]
fn adopt_interrupted_anywhere_leaves_one_ledger_that_pays() {
    if Scenario::can_run() {
        adopt().sweep();
    }
}

/// Of the copy and the original one goes on in the end: the batch that was approved in both leaves from the copy alone.
pub fn adopt() -> Scenario {
    let reached = |desk: &Desk| {
        let ran = desk.run(&["release", "B0001", "--operator", "anna", "--workspace", "original"]);
        if ran.code == Some(3) { Ok(()) } else { Err(format!("the original goes on: {}", ran.said())) }
    };
    let command = owned(&["adopt", "--operator", "anna", "--second", "malik", "--reason", "a test"]);
    Scenario { reached, ..scenario("adopt", approved().lead_astray(), command, 5) }
}

/// The folder is an older copy of itself, and what is newer is nowhere any more: two people go on with it, and its releases say so.
#[test]
fn going_on_with_an_older_ledger_interrupted_anywhere_is_finished_by_running_it_again() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    let older = desk.copy_of_the_workspace();
    desk.prepare("earlier.csv").expected();
    desk.put_back(&older);
    let command = owned(&["adopt", "--older", "--operator", "anna", "--second", "malik", "--reason", "a test"]);
    let reached = |desk: &Desk| {
        let released = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).json().unwrap_or_default();
        if released["state"] == "released" { Ok(()) } else { Err(released.to_string()) }
    };
    Scenario { reached, ..scenario("adopt --older", desk, command, 13) }.sweep();
}

/// Two people say that a row was never typed: it is owed once more, and the others are not.
#[test]
fn settling_a_row_interrupted_anywhere_frees_it_once() {
    if Scenario::can_run() {
        settling().sweep();
    }
}

pub fn settling() -> Scenario {
    let desk = approved();
    let released = desk.run(&sheets()).expected();
    let code = released["sheets"][0]["sheet"].as_str().expect("a code");
    let verdict = ["--row", "2", "--as", "not-typed", "--reason", "a test", "--second", "malik", "--operator", "anna"];
    let command = owned(&[&["worksheet", "settle", code][..], &verdict].concat());
    let owed = [&OWED[..], &[OWED[1]]].concat();
    Scenario { owed, ..scenario("worksheet settle", desk, command, 13) }
}

#[test]
fn merge_interrupted_anywhere_takes_over_what_the_other_desk_has_paid() {
    if Scenario::can_run() {
        merge().sweep();
    }
}

/// The other desk has paid the earlier list: it is not paid here, however the meeting was interrupted.
pub fn merge() -> Scenario {
    let desk = with_lists(Desk::new());
    desk.run(&["desk", "add", "other", "--operator", "anna", "--second", "malik"]).expected();
    let there = |arguments: &[String]| desk.run(&[arguments, &owned(&["--workspace", "other"])].concat()).expected();
    let prepared = there(&prepare("earlier.csv"));
    let (batch, digest) =
        (prepared["batch"].as_str().expect("a batch"), prepared["digest"].as_str().expect("a digest"));
    there(&approve(batch, digest));
    there(&release(batch));
    let command = owned(&["merge", "other", "--operator", "anna"]);
    let again = vec![command.clone(), prepare("earlier.csv"), prepare("edited.csv")];
    Scenario { again, ..scenario("merge", desk, command, 13) }
}

#[test]
fn restore_interrupted_anywhere_is_finished_by_running_it_again() {
    if Scenario::can_run() {
        restore().sweep();
    }
}

/// The folder is lost but for its bank files; what was approved before the backup leaves once.
pub fn restore() -> Scenario {
    let desk = approved();
    desk.run(&["backup", "stick", "--keys", "other-stick", "--operator", "anna"]).expected();
    fs::remove_dir_all(desk.workspace()).expect("is lost");
    let command = owned(&["restore", "stick", "--keys", "other-stick"]);
    scenario("restore", desk, command, 17)
}
