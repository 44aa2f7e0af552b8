//! From released payments to what the bank says of them: whole workspaces, and reports as a bank would write them.

mod fixture;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use fixture::{KNOWN, new_workspace};
use stopgap::bank::pain001::read_back;
use stopgap::ledger::outcome::{BankDebit, PaymentStanding, Standing, standings, unexplained_debits};
use stopgap::ops::outcome::{OutcomeReport, PaymentCounts, Request as Reports, outcome};
use stopgap::ops::prepare::{Report, Request};
use stopgap::ops::{self, Now, Workspace, World};
use stopgap::payment::BatchId;

fn world() -> World<'static> {
    let local: NaiveDateTime = "2026-11-20T22:00:00".parse().expect("a time");
    World { now: Now { unix: local.and_utc().timestamp(), local }, passphrases: &KNOWN, say: &|_| {} }
}

/// A workspace that has paid some people, and what the bank knows of it.
struct Town {
    folder: tempfile::TempDir,
    workspace: Workspace,
    batch: BatchId,
    message_id: String,
    blocks: Vec<String>,
    payments: Vec<Paid>,
    reports: std::cell::Cell<u32>,
}

#[derive(Clone)]
struct Paid {
    id: String,
    amount: String,
}

const ACCOUNT: &str = "GL8964710001234567";

impl Town {
    /// Half of the people get one scheme, half another, so that the file has two blocks.
    fn with(people: usize) -> Self {
        let mut town = Self::prepared(people);
        let digest = town.workspace.state.batches[&town.batch].digest;
        ops::approve::approve(&mut town.workspace, &world(), Some("malik"), town.batch, &digest).expect("approves");
        ops::release::release(&mut town.workspace, &world(), Some("anna"), town.batch).map(drop).expect("releases");
        town.learn();
        town
    }

    fn prepared(people: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("workspace");
        ops::init::init(&world(), &path, &new_workspace()).expect("a workspace");
        let mut list = "cpr;navn;konto;beløb;ydelse;periode\n".to_owned();
        for number in 0..people {
            let scheme = if number < people / 2 { "Alderspension" } else { "Førtidspension" };
            writeln!(
                list,
                "010150{number:04};Person {number};6471-{:010};{}00,50;{scheme};2026-11",
                100_000 + number,
                number + 1
            )
            .expect("writes");
        }
        std::fs::write(folder.path().join("list.csv"), list).expect("writes");
        let mut town = Self {
            workspace: Workspace::open(&path).expect("opens"),
            folder,
            batch: BatchId::new('B', 1),
            message_id: String::new(),
            blocks: Vec::new(),
            payments: Vec::new(),
            reports: Default::default(),
        };
        let report = town.prepare();
        town.batch = report.batch.expect("a batch").0;
        town
    }

    fn prepare(&mut self) -> Report {
        let request = Request { lists: vec![self.folder.path().join("list.csv")], ..Request::default() };
        ops::prepare::prepare(&mut self.workspace, &world(), Some("anna"), &request, false).expect("prepares")
    }

    /// Looks at the bank file as the bank does.
    fn learn(&mut self) {
        let plan = &self.workspace.state.batches[&self.batch].prepared.plan;
        let [file] = plan.files.as_slice() else { panic!("one file") };
        self.message_id.clone_from(&file.message_id);
        self.blocks = file.segments.iter().map(|block| block.payment_information_id.clone()).collect();
        let path = self.workspace.folder().join("out").join(self.batch.to_string()).join(&file.name);
        let mut payments = Vec::new();
        read_back(std::io::BufReader::new(std::fs::File::open(path).expect("the bank file")), |payment| {
            payments.push(Paid { id: payment.end_to_end_id, amount: payment.amount.to_string() });
            Ok(())
        })
        .expect("reads back");
        self.payments = payments;
    }

    fn file(&self, content: &str) -> PathBuf {
        self.reports.set(self.reports.get() + 1);
        let path = self.folder.path().join(format!("report-{}", self.reports.get()));
        std::fs::write(&path, content).expect("writes");
        path
    }

    fn read(&mut self, reports: &[String]) -> OutcomeReport {
        let files: Vec<_> = reports.iter().map(|report| self.file(report)).collect();
        let report =
            outcome(&mut self.workspace, &world(), Some("anna"), Reports { files: &files, own_account: false })
                .expect("reads the reports");
        // Whatever was recorded must hold when everything is read again.
        let mut again = Workspace::open(self.workspace.folder()).expect("opens");
        ops::verify::verify(&mut again).expect("agrees");
        report
    }

    fn refused(&mut self, report: &str) -> &'static str {
        let before = self.workspace.state.head;
        let files = [self.file(report)];
        let fault = outcome(&mut self.workspace, &world(), Some("anna"), Reports { files: &files, own_account: false })
            .expect_err("refused");
        assert!(fault.message.contains("report-"), "the file is named: {fault}");
        let again = Workspace::open(self.workspace.folder()).expect("opens");
        assert_eq!(again.state.head, before, "nothing was recorded");
        fault.code
    }

    fn standings(&mut self) -> Vec<PaymentStanding> {
        let state = self.workspace.state.clone();
        let mut found = Vec::new();
        let mut snapshot = self.workspace.read().expect("reads");
        standings(&mut *snapshot, &state, &mut |standing| {
            found.push(standing);
            Ok(())
        })
        .expect("reads");
        found
    }

    fn standing(&mut self, payment: usize) -> PaymentStanding {
        let id = self.payments[payment].id.clone();
        let found = self.standings().into_iter().find(|standing| standing.end_to_end_id.to_string() == id);
        found.expect("the payment")
    }

    fn unexplained(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        let mut snapshot = self.workspace.read().expect("reads");
        unexplained_debits(&mut *snapshot, &mut |BankDebit { amount, .. }| {
            found.push(amount.to_string());
            Ok(())
        })
        .expect("reads");
        found
    }

    /// How many payments another run of the same list would make.
    fn payable_again(&mut self) -> u64 {
        let request = Request { lists: vec![self.folder.path().join("list.csv")], ..Request::default() };
        let checked = ops::prepare::prepare(&mut self.workspace, &world(), Some("anna"), &request, true);
        checked.expect("checks").fates.prepared.count
    }

    fn debit(&self, payment: usize, reference: &str) -> String {
        let Paid { id, amount } = &self.payments[payment];
        entry("DBIT", amount, reference, &details(id, ""))
    }

    fn credit(&self, payment: usize, reference: &str) -> String {
        let Paid { id, amount } = &self.payments[payment];
        entry("CRDT", amount, reference, &details(id, "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"))
    }

    fn debits(&self, payments: impl IntoIterator<Item = usize>) -> String {
        payments.into_iter().map(|payment| self.debit(payment, &format!("A{payment}"))).collect()
    }

    fn answer(&self, group: &str, inner: &str) -> String {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>\
             <OrgnlMsgId>{}</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>{inner}</CstmrPmtStsRpt></Document>",
            self.message_id
        )
    }

    fn answer_about(&self, payment: usize, status: &str) -> String {
        format!(
            "<OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId>{status}\
             </TxInfAndSts></OrgnlPmtInfAndSts>",
            self.payments[payment].id
        )
    }
}

fn details(id: &str, more: &str) -> String {
    format!("<NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>{more}</TxDtls></NtryDtls>")
}

fn entry(mark: &str, amount: &str, reference: &str, inner: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt>\
         <AcctSvcrRef>{reference}</AcctSvcrRef>{inner}</Ntry>"
    )
}

fn sum(amount: &str, id: &str, count: usize) -> String {
    let batch = format!("<NtryDtls><Btch><PmtInfId>{id}</PmtInfId><NbOfTxs>{count}</NbOfTxs></Btch></NtryDtls>");
    entry("DBIT", amount, "SUM", &batch)
}

/// A camt.053 of the payer's account.
fn statement(head: &str, entries: &str) -> String {
    camt("camt.053.001.02", ("BkToCstmrStmt", "Stmt"), ACCOUNT, head, entries)
}

fn notification(entries: &str) -> String {
    camt("camt.054.001.02", ("BkToCstmrDbtCdtNtfctn", "Ntfctn"), ACCOUNT, "", entries)
}

fn camt(name: &str, (message, outer): (&str, &str), account: &str, head: &str, entries: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}\"><{message}><{outer}><Id>S</Id>{head}<Acct><Id><IBAN>{account}</IBAN>\
         </Id></Acct>{entries}</{outer}></{message}></Document>"
    )
}

fn codes(report: &OutcomeReport) -> Vec<&'static str> {
    report.warnings.iter().map(|warning| warning.code).collect()
}

fn counts(accepted: u64, settled: u64, rejected: u64, returned: u64, doubled: u64) -> PaymentCounts {
    PaymentCounts { accepted, settled, batch: 0, rejected, returned, doubled }
}

const RJCT: &str = "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>";
const DUPLICATE: &str = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf>";

#[test]
fn a_statement_settles_what_it_books_and_keeps_what_it_cannot_explain() {
    let mut town = Town::with(6);
    let entries = town.debits(0..4) + &entry("DBIT", "99.00", "FEE", "") + &entry("CRDT", "5.00", "IN", "");
    let report = town.read(&[statement("", &entries)]);
    let file = &report.files[0];
    assert_eq!((file.format, file.entries, file.matched, file.unmatched), ("camt.053.001.02", 6, 4, 2));
    assert_eq!((report.payments, file.already_seen), (counts(0, 4, 0, 0, 0), false));
    assert!(!report.needs_a_person(), "{:?}", report.warnings);
    assert_eq!(town.unexplained(), ["99.00"]);
    assert_eq!((town.standing(0).standing, town.standing(5).standing), (Standing::Settled, Standing::None));
    assert_eq!(town.payable_again(), 0, "silence frees nobody");
}

#[test]
fn a_report_read_again_in_any_dress_changes_nothing() {
    let mut town = Town::with(4);
    let entries = town.debits(0..4) + &entry("DBIT", "99.00", "FEE", "");
    let first = statement("", &entries);
    town.read(std::slice::from_ref(&first));
    let before = (town.standings(), town.workspace.state.head);
    let copy = statement("<CpyDplctInd>DUPL</CpyDplctInd>", &entries);
    let overlapping =
        statement("<ElctrncSeqNb>7</ElctrncSeqNb>", &(town.debits(2..4) + &entry("DBIT", "99.00", "FEE", "")));
    for again in [vec![first.clone()], vec![copy.clone()], vec![overlapping, first.clone(), copy]] {
        let report = town.read(&again);
        assert!(report.files.iter().all(|file| file.already_seen), "{:?}", report.files);
        assert_eq!(report.payments, PaymentCounts::default());
        assert_eq!((town.standings(), town.workspace.state.head), before);
        assert_eq!(town.unexplained(), ["99.00"]);
    }
    // The same money in another kind of report is new to the ledger, and no second booking.
    let report = town.read(&[notification(&town.debits(0..4))]);
    assert_eq!(report.payments, PaymentCounts::default());
    assert!(town.standings().iter().all(|standing| standing.bookings == 1));
}

#[test]
fn a_payment_booked_twice_is_doubled_and_one_return_leaves_one() {
    let mut town = Town::with(3);
    let twice = town.debit(0, "A0") + &town.debit(0, "B0") + &town.debit(1, "A1") + &town.debit(1, "A1");
    let report = town.read(&[statement("", &twice)]);
    assert_eq!(report.payments, counts(0, 0, 0, 0, 2), "by another reference, and by the same in one statement");
    assert_eq!((town.standing(0).bookings, town.standing(0).times_standing()), (2, 2));
    let report = town.read(&[statement("", &town.credit(0, "R0"))]);
    assert_eq!((report.payments, report.not_standing.in_all), (counts(0, 1, 0, 0, 0), 0));
    assert_eq!(town.payable_again(), 0, "one still stands");
    let report = town.read(&[statement("", &(town.credit(0, "R1")))]);
    assert_eq!(report.payments, counts(0, 0, 0, 1, 0));
    assert!(report.not_standing.told[0].freed);
    assert_eq!(town.payable_again(), 1);
}

/// The bank gives no references of its own, and a later statement that overlaps the first shows the second booking.
#[test]
fn equal_entries_are_told_apart_by_how_many_a_statement_has() {
    let mut town = Town::with(2);
    let plain = town.debit(0, "").replace("<AcctSvcrRef></AcctSvcrRef>", "");
    let fee = entry("DBIT", "3.00", "", "");
    assert_eq!(town.read(&[statement("", &(plain.clone() + &fee))]).payments, counts(0, 1, 0, 0, 0));
    let overlapping = statement("", &[plain.as_str(), &fee].concat().repeat(2));
    let report = town.read(std::slice::from_ref(&overlapping));
    assert_eq!((report.payments, town.standing(0).bookings), (counts(0, 0, 0, 0, 1), 2));
    assert_eq!(town.unexplained(), ["3.00", "3.00"]);
    assert!(town.read(&[overlapping]).files[0].already_seen);
}

#[test]
fn a_return_frees_once_and_the_next_attempt_has_a_reference_of_its_own() {
    let mut town = Town::with(3);
    town.read(&[statement("", &town.debits(0..3))]);
    let returned = statement("", &town.credit(1, "R1"));
    let report = town.read(&[returned.clone(), notification(&town.credit(1, "N1"))]);
    assert_eq!(report.payments, counts(0, 0, 0, 1, 0));
    assert_eq!(report.not_standing.told[0].reason_in_words(), "the account is closed (AC04)");
    assert!(report.needs_a_person());
    let second = town.prepare();
    assert_eq!((second.fates.prepared.count, second.fates.duplicate.count), (1, 2));
    // Its return told once more is not a return of the second attempt.
    assert!(town.read(&[returned]).files[0].already_seen);
    let (batch, digest) = second.batch.expect("a batch");
    ops::approve::approve(&mut town.workspace, &world(), Some("malik"), batch, &digest).expect("approves");
    ops::release::release(&mut town.workspace, &world(), Some("anna"), batch).map(drop).expect("releases");
    let first_id = town.payments[1].id.clone();
    let of_the_first_batch = town.answer_about(2, RJCT);
    town.batch = batch;
    town.learn();
    let id = town.payments[0].id.clone();
    assert_eq!((&id[..26], &id[26..]), (&first_id[..26], "2"));
    town.read(&[statement("", &town.debits(0..1))]);
    assert_eq!(town.standing(0).standing, Standing::Settled);
    assert_eq!(town.payable_again(), 0);
    let mixed_up = town.answer("", &of_the_first_batch);
    assert_eq!(codes(&town.read(&[mixed_up])), ["outcome.other_message"], "it was not sent in that message");
    assert_eq!(town.payable_again(), 0);
    // MT940 leaves sixteen characters, which both attempts begin with.
    let cut = format!(
        ":20:X\n:25:{ACCOUNT}\n:28C:1/1\n:60F:C261123DKK900,00\n:61:261123D200,50NTRF{}//B\n:62F:C261123DKK699,50\n-\n",
        &id[..16]
    );
    let report = town.read(&[cut]);
    assert_eq!((codes(&report), report.files[0].unmatched), (vec!["outcome.ambiguous"], 1));
}

/// Sixteen characters of a reference are the same for every attempt: what left the account on a day left by the attempt before it.
#[test]
fn mt940_tells_the_attempts_at_one_obligation_apart_by_their_days() {
    let mut town = Town::with(3);
    town.read(&[statement("", &(town.debits(0..3) + &town.credit(1, "R1")))]);
    let tuesday: NaiveDateTime = "2026-11-24T22:00:00".parse().expect("a time");
    let later = World { now: Now { unix: tuesday.and_utc().timestamp(), local: tuesday }, ..world() };
    let request = Request { lists: vec![town.folder.path().join("list.csv")], ..Request::default() };
    let report = ops::prepare::prepare(&mut town.workspace, &later, Some("anna"), &request, false).expect("prepares");
    let (batch, digest) = report.batch.expect("a batch");
    ops::approve::approve(&mut town.workspace, &later, Some("malik"), batch, &digest).expect("approves");
    ops::release::release(&mut town.workspace, &later, Some("anna"), batch).map(drop).expect("releases");
    town.batch = batch;
    town.learn();
    let id = town.payments[0].id.clone();
    let booked = |number: u32, day: &str, mark: &str, bank: &str| {
        let reference = &id[..16];
        format!(
            ":20:X\n:25:{ACCOUNT}\n:28C:{number}/1\n:60F:C{day}DKK900,00\n:61:{day}{mark}200,50NTRF{reference}//{bank}\n:62F:C{day}DKK900,00\n-\n"
        )
    };
    // The first attempt's own debit, which another report told before.
    let report = town.read(&[booked(1, "261123", "D", "B1")]);
    assert_eq!((report.files[0].matched, report.payments), (1, PaymentCounts::default()));
    assert_eq!(town.standing(0).standing, Standing::None);
    assert_eq!(town.read(&[booked(3, "261125", "D", "B3")]).payments, counts(0, 1, 0, 0, 0));
    assert_eq!(town.read(&[booked(4, "261125", "D", "B4")]).payments, counts(0, 0, 0, 0, 1), "booked a second time");
    assert!(
        codes(&town.read(&[booked(5, "261126", "C", "B5")])).contains(&"outcome.ambiguous"),
        "of which, no day tells"
    );
    assert_eq!(town.standing(0).standing, Standing::Doubled);
}

/// A fee under our reference is no second payment, and another amount than was sent is not passed over.
#[test]
fn other_amounts_than_were_sent_are_known_for_what_they_are() {
    let mut town = Town::with(4);
    let of = |town: &Town, payment: usize, mark: &str, amount: &str, more: &str| {
        entry(mark, amount, &format!("{payment}{mark}{amount}"), &details(&town.payments[payment].id, more))
    };
    let back = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
    let entries = town.debits([0, 2, 3])
        + &of(&town, 0, "DBIT", "2.50", "")
        + &of(&town, 1, "DBIT", "2005.00", "")
        + &of(&town, 2, "CRDT", "195.50", back);
    town.read(&[statement("", &entries)]);
    let other = |town: &mut Town, payment| {
        let other = town.standing(payment).other_amounts;
        [other.booked, other.out, other.part_back].map(|amount| amount.map_or_else(String::new, |a| a.to_string()))
    };
    assert_eq!(other(&mut town, 0), ["", "103.00", ""]);
    assert_eq!(other(&mut town, 1), ["2005.00", "", ""]);
    // What is left of the payment of 300.50 is out.
    assert_eq!(other(&mut town, 2), ["", "105.00", "195.50"]);
    assert_eq!(other(&mut town, 3), ["", "", ""]);
}

#[test]
fn a_rejection_frees_wherever_it_stands_and_never_for_a_duplicate() {
    let block_rejected = |town: &Town| {
        let inner = format!(
            "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{}</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts></OrgnlPmtInfAndSts>",
            town.blocks[1]
        );
        town.answer("<GrpSts>PART</GrpSts>", &inner)
    };
    type MakeReport<'a> = &'a dyn Fn(&Town) -> String;
    let duplicate_tx = "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>";
    let reason = |code: &str| format!("<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>");
    // A block that is one of ours, with what it says of itself and a rejected payment that gives no reason.
    let block_of = |town: &Town, said: &str, payment: &str| {
        let (block, id) = (&town.blocks[0], &town.payments[2].id);
        let payment = format!("<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId>{payment}</TxInfAndSts>");
        format!("<OrgnlPmtInfAndSts><OrgnlPmtInfId>{block}</OrgnlPmtInfId>{said}{payment}</OrgnlPmtInfAndSts>")
    };
    let rejected = "<TxSts>RJCT</TxSts>";
    let table: [(&str, MakeReport, PaymentCounts, u64); 16] = [
        ("group", &|t| t.answer("<GrpSts>RJCT</GrpSts>", ""), counts(0, 0, 6, 0, 0), 6),
        ("block", &block_rejected, counts(0, 0, 3, 0, 0), 3),
        ("payment", &|t| t.answer("<GrpSts>PART</GrpSts>", &t.answer_about(2, RJCT)), counts(0, 0, 1, 0, 0), 1),
        ("cancelled", &|t| t.answer("", &t.answer_about(2, "<TxSts>CANC</TxSts>")), counts(0, 0, 1, 0, 0), 1),
        (
            "accepted but one",
            &|t| t.answer("<GrpSts>ACCP</GrpSts>", &t.answer_about(2, RJCT)),
            counts(5, 0, 1, 0, 0),
            1,
        ),
        (
            "rejected but one",
            &|t| t.answer("<GrpSts>RJCT</GrpSts>", &t.answer_about(2, "<TxSts>ACSP</TxSts>")),
            counts(1, 0, 5, 0, 0),
            5,
        ),
        ("duplicate file", &|t| t.answer(DUPLICATE, ""), counts(0, 0, 0, 0, 0), 0),
        ("duplicate file, named", &|t| t.answer(DUPLICATE, &t.answer_about(2, RJCT)), counts(0, 0, 0, 0, 0), 0),
        ("duplicate payment", &|t| t.answer("", &t.answer_about(2, duplicate_tx)), counts(0, 0, 0, 0, 0), 0),
        (
            "duplicate file without a status, its block rejected",
            &|t| t.answer(&reason("DU01"), &block_of(t, "<PmtInfSts>RJCT</PmtInfSts>", "")),
            counts(0, 0, 0, 0, 0),
            0,
        ),
        (
            "duplicate file without a status, a payment rejected",
            &|t| t.answer(&reason("DU01"), &block_of(t, "", rejected)),
            counts(0, 0, 0, 0, 0),
            0,
        ),
        (
            "duplicate block without a status",
            &|t| t.answer("", &block_of(t, &reason("DU02"), rejected)),
            counts(0, 0, 0, 0, 0),
            0,
        ),
        (
            "file taken in part, for a duplicate",
            &|t| t.answer(&format!("<GrpSts>PART</GrpSts>{}", reason("DU04")), &block_of(t, "", rejected)),
            counts(0, 0, 0, 0, 0),
            0,
        ),
        (
            "file taken in part, for a duplicate, and a payment for its account",
            &|t| t.answer(&format!("<GrpSts>PART</GrpSts>{}", reason("DU04")), &t.answer_about(2, RJCT)),
            counts(0, 0, 1, 0, 0),
            1,
        ),
        (
            "duplicate in the bank's words",
            &|t| {
                let words =
                    "<StsRsnInf><Rsn><Cd>NARR</Cd></Rsn><AddtlInf>Filen er allerede mottatt</AddtlInf></StsRsnInf>";
                t.answer(&format!("<GrpSts>RJCT</GrpSts>{words}"), "")
            },
            counts(0, 0, 0, 0, 0),
            0,
        ),
        (
            "received",
            &|t| t.answer("<GrpSts>RCVD</GrpSts>", &t.answer_about(2, "<TxSts>PDNG</TxSts>")),
            counts(0, 0, 0, 0, 0),
            0,
        ),
    ];
    for (name, report, expected, payable) in table {
        let mut town = Town::with(6);
        let text = report(&town);
        let report = town.read(std::slice::from_ref(&text));
        assert_eq!(report.payments, expected, "{name}");
        assert_eq!(town.payable_again(), payable, "{name}");
        assert!(town.read(&[text]).files[0].already_seen, "{name}");
        assert_eq!(town.payable_again(), payable, "{name}: a rejection frees once");
    }
}

/// Each block that is refused as a duplicate is told, and so is a rejection from which nobody can tell what it is about.
#[test]
fn what_the_bank_refuses_without_freeing_is_told() {
    let block = |id: &str, inner: &str| {
        format!("<OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}</OrgnlPmtInfId>{inner}</OrgnlPmtInfAndSts>")
    };
    let block_status = |status: &str, reason: &str| {
        format!("<PmtInfSts>{status}</PmtInfSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>")
    };
    let unnamed = format!("<TxInfAndSts><OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId>{RJCT}</TxInfAndSts>");
    let named =
        |t: &Town| format!("<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId></TxInfAndSts>", t.payments[2].id);
    type MakeReport<'a> = &'a dyn Fn(&Town) -> String;
    let duplicate = block_status("RJCT", "DU02");
    // What is told, how many entries are matched and not, and how many may be paid again.
    type Told<'a> = (&'a [&'a str], (u64, u64), u64);
    let table: [(&str, MakeReport, Told); 8] = [
        (
            "a block that the bank has",
            &|t| t.answer("", &block(&t.blocks[1], &duplicate)),
            (&["outcome.duplicate_at_bank"], (1, 0), 0),
        ),
        (
            "its payments are told with it",
            &|t| t.answer("", &block(&t.blocks[1], &(duplicate.clone() + &named(t)))),
            (&["outcome.duplicate_at_bank"], (1, 0), 0),
        ),
        (
            "it is told with its message",
            &|t| t.answer(DUPLICATE, &block(&t.blocks[1], &duplicate)),
            (&["outcome.duplicate_at_bank"], (1, 0), 0),
        ),
        (
            "a payment without a name",
            &|t| t.answer("", &block("X", &unnamed)),
            (&["outcome.unnamed_rejection"], (0, 1), 0),
        ),
        (
            "a block without a name",
            &|t| t.answer("", &block("NOTPROVIDED", &block_status("RJCT", "AC04"))),
            (&["outcome.unnamed_rejection"], (0, 1), 0),
        ),
        (
            "a payment without a name in a block that is rejected",
            &|t| t.answer("", &block(&t.blocks[1], &(block_status("RJCT", "AC04") + &unnamed))),
            (&[], (0, 1), 3),
        ),
        (
            "a payment without a name in a message that is rejected",
            &|t| t.answer("<GrpSts>RJCT</GrpSts>", &block("X", &unnamed)),
            (&[], (0, 1), 6),
        ),
        (
            "a block without a name that is accepted",
            &|t| t.answer("", &block("X", &block_status("ACCP", ""))),
            (&[], (0, 1), 0),
        ),
    ];
    for (name, report, (told, (matched, unmatched), payable)) in table {
        let mut town = Town::with(6);
        let text = report(&town);
        let report = town.read(&[text]);
        assert_eq!(codes(&report), told, "{name}");
        assert_eq!((report.files[0].matched, report.files[0].unmatched), (matched, unmatched), "{name}");
        assert_eq!(town.payable_again(), payable, "{name}");
        assert_eq!(report.needs_a_person(), !told.is_empty() || payable > 0, "{name}");
    }
}

#[test]
fn a_rejection_after_the_booking_is_for_a_person() {
    let mut town = Town::with(2);
    let rejected = town.answer("", &town.answer_about(0, RJCT));
    town.read(&[statement("", &town.debits(0..1))]);
    let report = town.read(std::slice::from_ref(&rejected));
    assert_eq!((codes(&report), report.payments), (vec!["outcome.contradiction"], PaymentCounts::default()));
    assert_eq!((town.payable_again(), town.standing(0).contradictory), (0, true));

    // In the other order the rejection has freed it already: told all the same, with the same standing.
    let mut other = Town::with(2);
    let rejected = other.answer("", &other.answer_about(0, RJCT));
    other.read(std::slice::from_ref(&rejected));
    let report = other.read(&[statement("", &other.debits(0..1))]);
    assert_eq!((codes(&report), report.payments), (vec!["outcome.contradiction"], counts(0, 1, 0, 0, 0)));
    assert_eq!((other.standing(0).standing, other.standing(0).live), (Standing::Settled, false));
}

/// What contradicts a rejection is named as what it is: a booking, or another word of the bank's.
#[test]
fn a_contradiction_names_no_statement_that_nobody_read() {
    let mut town = Town::with(2);
    town.read(&[town.answer("", &town.answer_about(0, "<TxSts>ACSC</TxSts>"))]);
    let rejected = town.answer("", &town.answer_about(0, RJCT));
    let report = town.read(std::slice::from_ref(&rejected));
    let told = &report.warnings[0].message;
    assert!(told.contains("by another word of the bank's") && !told.contains("statement"), "{told}");
    town.read(&[statement("", &town.debits(1..2))]);
    let report = town.read(&[town.answer("", &town.answer_about(1, RJCT))]);
    let told = &report.warnings[0].message;
    assert!(told.contains("booked on the account by its statement"), "{told}");
}

#[test]
fn a_sum_that_agrees_confirms_the_batch_and_no_person() {
    let mut town = Town::with(4);
    let wrong = statement("", &sum("301.01", &town.blocks[0], 2));
    let report = town.read(std::slice::from_ref(&wrong));
    assert_eq!((codes(&report), report.payments), (vec!["outcome.sum_differs"], PaymentCounts::default()));
    assert_eq!(town.unexplained(), ["301.01"]);
    let right = statement("", &sum("301.00", &town.blocks[0], 2));
    let report = town.read(std::slice::from_ref(&right));
    assert_eq!(
        (codes(&report), report.payments),
        (vec!["outcome.sum"], PaymentCounts { batch: 2, ..counts(0, 0, 0, 0, 0) })
    );
    assert_eq!(
        [0, 1, 2, 3].map(|n| town.standing(n).standing),
        [Standing::Batch, Standing::Batch, Standing::None, Standing::None]
    );
    assert!(town.read(&[right]).files[0].already_seen);
    // The notification that tells the singles confirms them, and doubles nothing.
    let report = town.read(&[notification(&town.debits(0..2))]);
    assert_eq!(report.payments, counts(0, 2, 0, 0, 0));
}

#[test]
fn a_sum_without_the_rejected_is_understood_once_the_rejection_is_known() {
    let mut town = Town::with(4);
    let without_one = statement("", &sum("100.50", &town.blocks[0], 1));
    assert_eq!(codes(&town.read(std::slice::from_ref(&without_one))), ["outcome.sum_differs"]);
    assert_eq!(town.unexplained(), ["100.50"]);
    town.read(&[town.answer("", &town.answer_about(1, RJCT))]);
    let report = town.read(&[without_one]);
    assert_eq!((codes(&report), report.payments.batch), (vec!["outcome.sum"], 1));
    assert_eq!((town.standing(0).standing, town.standing(1).standing), (Standing::Batch, Standing::Rejected));
    assert!(town.unexplained().is_empty(), "explained since");
}

#[test]
fn what_only_announces_moves_nothing() {
    let mut town = Town::with(2);
    let pending = town.debits(0..2).replace("BOOK", "PDNG");
    let report = town.read(&[statement("", &pending)]);
    assert_eq!(
        (report.payments, report.files[0].matched, report.files[0].not_booked),
        (PaymentCounts::default(), 2, 2)
    );
    assert_eq!(town.standing(0).standing, Standing::None);
}

#[test]
fn a_batch_that_never_left_has_no_outcome() {
    let mut town = Town::prepared(2);
    let sent_by_hand = {
        let mut other = Town::with(2);
        other.payments.remove(0)
    };
    let mut id = String::new();
    let mut snapshot = town.workspace.read().expect("reads");
    snapshot
        .claims(&mut |claim| {
            let attempt = claim.attempt;
            id = stopgap::payment::EndToEndId { tag: claim.tag, attempt }.to_string();
            Ok(())
        })
        .expect("reads");
    drop(snapshot);
    let entries = entry("DBIT", &sent_by_hand.amount, "A", &details(&id, ""))
        + &entry("DBIT", "7.00", "B", &details(&sent_by_hand.id, ""));
    let report = town.read(&[statement("", &entries)]);
    let mut told = codes(&report);
    told.sort_unstable();
    assert_eq!(told, ["outcome.never_released", "outcome.paid_elsewhere"]);
    assert_eq!((report.files[0].matched, report.files[0].unmatched), (0, 2));
    assert_eq!(town.unexplained().len(), 2);
    assert_eq!(town.workspace.state.paid_elsewhere.len(), 2);
    // Money that comes in under such a reference was paid to nobody.
    let credit = entry("CRDT", "7.00", "C", &details(&sent_by_hand.id.replace('1', "2"), ""));
    assert_eq!(codes(&town.read(&[statement("", &credit)])), ["outcome.unknown_reference"]);
    assert_eq!(town.workspace.state.paid_elsewhere.len(), 2);
    assert!(town.standings().is_empty());
}

#[test]
fn a_rejection_in_another_message_says_nothing_of_ours() {
    let mut town = Town::with(2);
    let other = town.answer("", &town.answer_about(0, RJCT)).replace(&town.message_id, "SENTBYHAND");
    let report = town.read(&[other]);
    assert_eq!(codes(&report), ["outcome.unknown_message", "outcome.other_message"]);
    assert_eq!((report.files[0].unmatched, town.payable_again()), (1, 0));
}

#[test]
fn missing_statements_and_balances_that_do_not_add_up_are_told() {
    let mut town = Town::with(2);
    let balance = |code: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>2026-11-23</Dt></Dt></Bal>"
        )
    };
    let numbered = |number: u32, balances: &str, entries: &str| {
        statement(&format!("<ElctrncSeqNb>{number}</ElctrncSeqNb>"), &format!("{balances}{entries}"))
    };
    let good = numbered(3, &(balance("OPBD", "1000.00") + &balance("CLBD", "899.50")), &town.debits(0..1));
    assert_eq!(codes(&town.read(&[good])), [""; 0]);
    let bad = numbered(6, &(balance("OPBD", "500.00") + &balance("CLBD", "299.00")), &town.debits(1..2));
    let report = town.read(&[bad]);
    assert_eq!(codes(&report), ["report.balance", "report.gap"]);
    assert!(report.warnings[1].message.starts_with("Statements 4 to 5 are missing"), "{:?}", report.warnings);
    let next = numbered(7, &(balance("OPBD", "300.00") + &balance("CLBD", "300.00")), "");
    assert_eq!(codes(&town.read(&[next])), ["report.balance"], "does not begin where the last one ended");
}

#[test]
fn reports_that_are_not_ours_or_not_whole_leave_nothing_behind() {
    let mut town = Town::with(2);
    let whole = statement("", &town.debits(0..2));
    let cut = whole[..whole.len() - 20].to_owned();
    let other_account = whole.replace(ACCOUNT, "GL8964710007654321");
    let other_currency = whole.replace("DKK", "EUR");
    let future = whole.replace("camt.053.001.02", "camt.053.001.13");
    let no_day = whole.replacen("<BookgDt><Dt>2026-11-23</Dt>", "<BookgDt><Dt>2026-11-31</Dt>", 1);
    assert_ne!(no_day, whole);
    for (report, code) in [
        (cut.as_str(), "report.malformed"),
        (&other_account, "report.other_account"),
        (&other_currency, "report.other_currency"),
        (&future, "report.version"),
        (&no_day, "report.malformed"),
        ("a letter", "report.unrecognised"),
    ] {
        assert_eq!(town.refused(report), code);
    }
    // A good file before a bad one is not kept either.
    let files = [town.file(&whole), town.file(&cut)];
    outcome(&mut town.workspace, &world(), Some("anna"), Reports { files: &files, own_account: false })
        .expect_err("refused");
    assert!(town.standings().iter().all(|standing| standing.standing == Standing::None));
    let missing = [Path::new("no-such-report.xml").to_path_buf()];
    let fault = outcome(&mut town.workspace, &world(), Some("anna"), Reports { files: &missing, own_account: false })
        .expect_err("refused");
    assert_eq!(fault.code, "report.unreadable");
}

/// Reports in any order, one at a time or together, come to the same standings and free the same payments.
#[test]
fn the_order_of_reports_does_not_matter() {
    let reports = |town: &Town| {
        vec![
            statement("", &(town.debits(0..5) + &town.debit(2, "B2"))),
            statement("", &(town.debits(3..6) + &town.credit(1, "R1"))),
            notification(&(town.debits(0..3) + &town.credit(1, "N1"))),
            town.answer("<GrpSts>ACTC</GrpSts>", &town.answer_about(7, RJCT)),
            statement("", &(town.credit(2, "R2") + &town.credit(4, "R4"))),
        ]
    };
    let mut standings = Vec::new();
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
        for together in [false, true] {
            let mut town = Town::with(8);
            let reports = reports(&town);
            let ordered: Vec<String> = order.iter().map(|at| reports[*at].clone()).collect();
            if together {
                town.read(&ordered);
            } else {
                ordered.chunks(1).for_each(|one| drop(town.read(one)));
            }
            let by_payment: Vec<_> =
                (0..8).map(|n| town.standing(n)).map(|s| (s.standing, s.bookings, s.times_returned)).collect();
            standings.push(by_payment);
        }
    }
    assert!(standings.windows(2).all(|pair| pair[0] == pair[1]), "{standings:#?}");
    use Standing::{Accepted, Rejected, Returned, Settled};
    let expected = [Settled, Returned, Settled, Settled, Returned, Settled, Accepted, Rejected];
    assert_eq!(standings[0].iter().map(|(standing, ..)| *standing).collect::<Vec<_>>(), expected);
}

#[test]
fn mt940_knows_a_payment_by_its_beginning_and_by_free_text() {
    let mut town = Town::with(3);
    let [one, two] = [0, 1].map(|n| town.payments[n].clone());
    let lines = format!(
        ":61:2611231123D{}NTRF{}//B1\n:61:2611231123D{}NTRFNONREF//B2\n:86:?20EREF+{}?21{}\n:61:261123D1,00NCHGNONREF//B3\n:86:Gebyr æøå\n",
        one.amount.replace('.', ","),
        &one.id[..16],
        two.amount.replace('.', ","),
        &two.id[..20],
        &two.id[20..],
    );
    let statement = format!(
        ":20:X\n:25:GRENGLGX/64710001234567\n:28C:1/1\n:60F:C261122DKK900,00\n{lines}:62F:C261123DKK598,00\n-\n"
    );
    let report = town.read(&[statement]);
    assert_eq!((report.payments, codes(&report)), (counts(0, 2, 0, 0, 0), vec![]));
    assert_eq!((report.files[0].format, report.files[0].matched, report.files[0].unmatched), ("MT940", 2, 1));
    assert_eq!(town.unexplained(), ["1.00"]);
}

#[test]
fn evidence_changed_behind_the_programs_back_is_noticed() {
    let mut town = Town::with(2);
    town.read(&[statement("", &(town.debits(0..1) + &town.credit(1, "R") + &entry("DBIT", "9.00", "F", "")))]);
    let folder = town.workspace.folder().to_path_buf();
    let changes = [
        "UPDATE evidence SET kind = 3",
        "UPDATE evidence SET amount = amount + 1",
        "DELETE FROM evidence",
        "UPDATE bank_debit SET amount = 1",
        "DELETE FROM bank_debit",
        "INSERT INTO claim SELECT * FROM freed_claim; DELETE FROM freed_claim",
    ];
    for change in changes {
        let copy = tempfile::tempdir().expect("a folder");
        let kept = copy.path().join("kept.db");
        std::fs::copy(folder.join("ledger.db"), &kept).expect("copies");
        let connection = rusqlite::Connection::open(folder.join("ledger.db")).expect("opens");
        let triggers = "DROP TRIGGER evidence_is_never_changed; DROP TRIGGER evidence_is_never_deleted;
                        DROP TRIGGER bank_debit_is_never_changed; DROP TRIGGER bank_debit_is_never_deleted;";
        assert!(change.starts_with("INSERT") || connection.execute_batch(change).is_err(), "guarded: {change}");
        connection.execute_batch(triggers).and_then(|()| connection.execute_batch(change)).expect(change);
        drop(connection);
        let fault = ops::verify::verify(&mut Workspace::open(&folder).expect("opens")).err();
        assert_eq!(fault.map(|fault| fault.code), Some("ledger.damaged"), "{change}");
        std::fs::copy(&kept, folder.join("ledger.db")).expect("copies back");
    }
}

/// Each report and version of the contract, shaped as that version is; what lies between them is another message and is refused.
#[test]
fn every_report_that_the_contract_names_is_read_under_its_name() {
    let booked = |version: &str, t: &Town| {
        let Paid { id, amount } = &t.payments[0];
        let (status, of_transaction) = match version {
            "08" => ("<Sts><Cd>BOOK</Cd></Sts>", format!("<Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>")),
            _ => ("<Sts>BOOK</Sts>", format!("<AmtDtls><TxAmt><Amt Ccy=\"DKK\">{amount}</Amt></TxAmt></AmtDtls>")),
        };
        format!(
            "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>{status}<BookgDt><Dt>2026-11-23</Dt></BookgDt>\
             <NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>{of_transaction}</TxDtls></NtryDtls></Ntry>"
        )
    };
    let outer = [
        ("camt.052", ("BkToCstmrAcctRpt", "Rpt")),
        ("camt.053", ("BkToCstmrStmt", "Stmt")),
        ("camt.054", ("BkToCstmrDbtCdtNtfctn", "Ntfctn")),
    ];
    for (kind, elements) in outer {
        for version in ["02", "04", "06", "08"] {
            let (mut town, name) = (Town::with(1), format!("{kind}.001.{version}"));
            let report = camt(&name, elements, ACCOUNT, "", &booked(version, &town));
            let told = town.read(&[report]);
            assert_eq!((told.files[0].format, told.payments), (name.as_str(), counts(0, 1, 0, 0, 0)));
        }
        for version in ["01", "03", "05", "07", "09"] {
            let mut town = Town::with(1);
            let report = camt(&format!("{kind}.001.{version}"), elements, ACCOUNT, "", &booked(version, &town));
            assert_eq!(town.refused(&report), "report.version", "{kind} {version}");
        }
    }
    for version in ["03", "10"] {
        let (mut town, name) = (Town::with(1), format!("pain.002.001.{version}"));
        let report = town.answer("<GrpSts>ACCP</GrpSts>", "").replace("pain.002.001.03", &name);
        let told = town.read(&[report]);
        assert_eq!((told.files[0].format, told.payments), (name.as_str(), counts(1, 0, 0, 0, 0)));
    }
}

/// A statement that the bank sends once more says so in one of three words.
#[test]
fn a_copy_is_named_as_one_and_counts_nothing_again() {
    let mut town = Town::with(2);
    let entries = town.debits(0..2);
    town.read(&[statement("", &entries)]);
    for word in ["COPY", "DUPL", "CODU"] {
        let report = town.read(&[statement(&format!("<CpyDplctInd>{word}</CpyDplctInd>"), &entries)]);
        assert_eq!((codes(&report), report.files[0].already_seen), (vec!["report.copy"], true), "{word}");
        assert_eq!((report.payments, report.needs_a_person()), (PaymentCounts::default(), false), "{word}");
    }
}

/// Wherever they stand in the file.
#[test]
fn statements_of_other_accounts_are_passed_over_and_said_to_be() {
    let mut town = Town::with(1);
    let ours = statement("", &town.debits(0..1));
    let other = "<Stmt><Id>O</Id><Acct><Id><IBAN>DK5000400440116243</IBAN></Id></Acct></Stmt>";
    for file in
        [ours.replacen("<Stmt>", &format!("{other}<Stmt>"), 1), ours.replacen("</Stmt>", &format!("</Stmt>{other}"), 1)]
    {
        let report = town.read(&[file]);
        assert_eq!((codes(&report), report.files[0].matched), (vec!["report.other_account"], 1));
        assert!(!report.needs_a_person());
    }
}
