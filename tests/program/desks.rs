//! Two desks of one payer without a network between them: each pays, and when they meet everything that both have is named.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::desk::{Desk, PAY_ON, Ran};

const HEAD: &str = "cpr;navn;konto;beløb;ydelse;periode\n";
const PIPALUK: &str = "7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-04\n";
const MALIK: &str = "6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-04\n";
const AVIAAJA: &str = "6506751118;Aviaaja Møller;6471-0000100003;999,95;Førtidspension;2022-04\n";
const AVIAAJA_QUARTER: &str = "6506751118;Aviaaja Møller;6471-0000100003;3.000,00;Førtidspension;2022-04..2022-06\n";
const IVIK: &str = "6704471120;Ivik Olsen;6471-0000100004;1.500,00;Alderspension;2022-04\n";

/// Two workspaces of one payer: `workspace`, whose batches begin with B, and `maniitsoq`, with K.
struct Two(Desk);

impl Two {
    fn new() -> Self {
        let desk = Desk::new();
        let added = desk.json(&["desk", "add", "maniitsoq", "--letter", "K", "--name", "Maniitsoq"]).exits(0).json();
        assert_eq!((added["desk"].as_str(), added["name"].as_str()), (Some("K"), Some("Maniitsoq")));
        Self(desk)
    }

    fn at(&self, workspace: &str, arguments: &[&str]) -> Ran {
        self.0.json(&[arguments, &["--workspace", workspace]].concat())
    }

    fn prepare(&self, workspace: &str, rows: &[&str]) -> Ran {
        let list = self.0.write("list.csv", format!("{HEAD}{}", rows.concat()));
        self.at(workspace, &["prepare", list.to_str().expect("a path"), "--pay-on", PAY_ON, "--operator", "anna"])
    }

    fn pay(&self, workspace: &str, rows: &[&str]) -> String {
        let prepared = self.prepare(workspace, rows).json();
        let batch = prepared["batch"].as_str().expect("a batch");
        self.approve(workspace, &prepared);
        self.at(workspace, &["release", batch, "--operator", "anna"]).exits(0);
        batch.to_owned()
    }

    fn approve(&self, workspace: &str, prepared: &Value) {
        let (batch, digest) = (prepared["batch"].as_str().expect("a batch"), prepared["digest"].as_str().expect("one"));
        self.at(workspace, &["approve", batch, "--operator", "malik", "--digest", digest]).exits(0);
    }

    /// This batch is not released, because of the other desk's first one, and is cancelled.
    fn refuses(&self, batch: &str, code: &str) {
        let refused = self.at("workspace", &["release", batch, "--operator", "anna"]).exits(3);
        assert_eq!(refused.error_code(), code, "{}", refused.stdout);
        assert!(refused.stdout.contains("K0001"), "{}", refused.stdout);
        assert!(!self.0.path("workspace/out").join(batch).join(format!("{batch}.xml")).exists());
        self.at("workspace", &["batch", "cancel", batch, "--operator", "anna"]).exits(0);
    }

    fn merge(&self, here: &str, there: &str) -> Ran {
        self.at(here, &["merge", there, "--operator", "anna"])
    }

    fn bank_file(&self, workspace: &str, batch: &str) -> String {
        let folder = self.0.path(workspace).join("out").join(batch);
        let is_file = |path: &Path| path.extension().is_some_and(|ending| ending == "xml");
        let found = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        fs::read_to_string(found.filter(|path| is_file(path)).min().expect("a bank file")).expect("reads")
    }
}

fn end_to_end_ids(bank_file: &str) -> Vec<String> {
    let mut ids: Vec<String> = bank_file
        .split("<EndToEndId>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap_or_default().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn both_desks_call_an_obligation_alike_and_a_batch_differently() {
    let two = Two::new();
    assert_eq!(two.pay("workspace", &[PIPALUK]), "B0001");
    assert_eq!(two.pay("maniitsoq", &[PIPALUK]), "K0001");
    let (ours, theirs) = (two.bank_file("workspace", "B0001"), two.bank_file("maniitsoq", "K0001"));
    assert_eq!(end_to_end_ids(&ours), end_to_end_ids(&theirs));
    let message = |file: &str| file.split("<MsgId>").nth(1).map(|rest| rest.split('<').next().expect("one").to_owned());
    assert_ne!(message(&ours), message(&theirs));
    for workspace in ["workspace", "maniitsoq"] {
        two.at(workspace, &["verify"]).exits(0);
    }
}

#[test]
fn what_both_have_released_or_claimed_is_named_from_either_side() {
    let two = Two::new();
    two.pay("workspace", &[PIPALUK, AVIAAJA]);
    two.pay("maniitsoq", &[PIPALUK, AVIAAJA_QUARTER, IVIK]);
    two.prepare("workspace", &[MALIK]).exits(0);
    two.pay("maniitsoq", &[MALIK]);
    let merged = two.merge("workspace", "maniitsoq").exits(1).json();
    let both = &merged["released_in_both"];
    assert_eq!(both.as_array().map(Vec::len), Some(1), "{merged}");
    assert_eq!(
        both[0],
        serde_json::json!({
            "person_id": "7012821128", "scheme": "Alderspension", "period": "2022-04", "part": "",
            "batches": ["B0001", "K0001"], "states": ["released", "released"], "amount": "5234.50",
            "amounts": ["5234.50", "5234.50"], "periods": ["2022-04", "2022-04"],
        })
    );
    let claimed = &merged["claimed_in_both"][0];
    assert_eq!(
        (&claimed["person_id"], &claimed["batches"]),
        (&"6112903338".into(), &serde_json::json!(["B0002", "K0002"]))
    );
    assert_eq!(claimed["cancel"], serde_json::json!({ "batch": "B0002", "workspace": "workspace" }));
    let overlap = &merged["overlaps"][0];
    assert_eq!(overlap["periods"], serde_json::json!(["2022-04", "2022-04..2022-06"]));
    assert_eq!((merged["claims"].as_u64(), merged["released"].as_u64()), (Some(4), Some(4)));
    let back = two.merge("maniitsoq", "workspace").exits(1).json();
    assert_eq!(back["released_in_both"], merged["released_in_both"]);
    assert_eq!(back["claimed_in_both"][0]["cancel"]["batch"], "B0002");
    let screen = two.0.run(&["merge", "maniitsoq", "--operator", "anna"]).exits(1).stdout;
    assert!(screen.contains("7012••-••••") && !screen.contains("7012821128"), "{screen}");
    assert!(screen.contains("stopgap batch cancel B0002 --workspace workspace"), "{screen}");
    two.at("workspace", &["batch", "cancel", "B0002", "--operator", "anna"]).exits(0);
    assert_eq!(two.merge("workspace", "maniitsoq").exits(1).json()["claimed_in_both"], serde_json::json!([]));
}

#[test]
fn after_a_merge_neither_desk_pays_what_the_other_has() {
    let two = Two::new();
    two.pay("maniitsoq", &[PIPALUK, MALIK]);
    assert_eq!(two.merge("workspace", "maniitsoq").exits(0).json()["released_in_both"], serde_json::json!([]));
    let again = two.prepare("workspace", &[PIPALUK, IVIK]).exits(0).json();
    assert_eq!((&again["rows"]["duplicate"], &again["rows"]["prepared"]), (&1.into(), &1.into()));
    assert!(again["problems"].to_string().contains("K0001"), "{again}");
    let other = MALIK.replace("11.000,00", "12.000,00");
    let held = two.prepare("workspace", &[&other]).exits(1).json();
    assert_eq!((&held["rows"]["held"], held["problems"][0]["code"].as_str()), (&1.into(), Some("duplicate.conflict")));
    two.at("workspace", &["verify"]).exits(0);
    // Again, and later with more.
    let entries = |workspace| two.at(workspace, &["verify"]).exits(0).json()["entries"].clone();
    let before = entries("workspace");
    assert_eq!(two.merge("workspace", "maniitsoq").exits(0).json()["nothing_new"], true);
    assert_eq!(entries("workspace"), before);
    two.pay("maniitsoq", &[AVIAAJA]);
    let more = two.merge("workspace", "maniitsoq").exits(0).json();
    assert_eq!((&more["nothing_new"], &more["claims"]), (&false.into(), &3.into()));
    assert_eq!(two.prepare("workspace", &[AVIAAJA]).exits(0).json()["rows"]["duplicate"], 1);
    // A batch that is cancelled over there is free here, once that is known.
    two.prepare("maniitsoq", &[&IVIK.replace("2022-04", "2022-05")]).exits(0);
    two.merge("workspace", "maniitsoq").exits(0);
    let may = IVIK.replace("2022-04", "2022-05");
    assert_eq!(two.prepare("workspace", &[&may]).exits(0).json()["rows"]["duplicate"], 1);
    two.at("maniitsoq", &["batch", "cancel", "K0003", "--operator", "malik"]).exits(0);
    two.merge("workspace", "maniitsoq").exits(0);
    assert_eq!(two.prepare("workspace", &[&may]).exits(0).json()["rows"]["prepared"], 1);
}

/// Both prepared the same before they met: once one has paid and the other knows it, only what nobody has paid leaves there.
#[test]
fn what_the_other_desk_has_paid_since_is_not_released() {
    let two = Two::new();
    let prepared = two.prepare("workspace", &[PIPALUK, IVIK]).exits(0).json();
    two.approve("workspace", &prepared);
    two.pay("maniitsoq", &[PIPALUK]);
    two.merge("workspace", "maniitsoq").exits(1);
    two.refuses("B0001", "release.paid_elsewhere");
    let again = two.prepare("workspace", &[PIPALUK, IVIK]).exits(0).json();
    assert_eq!((&again["rows"]["duplicate"], &again["rows"]["prepared"]), (&1.into(), &1.into()));
}

/// The same of days that only overlap, which somebody may decide to pay who knows of the other payment.
#[test]
fn days_that_the_other_desk_has_paid_since_are_not_released_without_a_decision() {
    let two = Two::new();
    let prepared = two.prepare("workspace", &[AVIAAJA, IVIK]).exits(0).json();
    two.approve("workspace", &prepared);
    two.pay("maniitsoq", &[AVIAAJA_QUARTER]);
    two.merge("workspace", "maniitsoq").exits(1);
    two.refuses("B0001", "release.paid_elsewhere");
    assert_eq!(two.prepare("workspace", &[AVIAAJA]).exits(1).json()["problems"][0]["code"], "duplicate.overlap");
    two.0.write("decisions.csv", "file,row,decision,reason\nlist.csv,2,pay,another benefit\n");
    let arguments = ["prepare", "list.csv", "--decisions", "decisions.csv", "--pay-on", PAY_ON, "--operator", "anna"];
    let decided = two.at("workspace", &arguments).exits(0).json();
    two.approve("workspace", &decided);
    // They meet again: nothing more is known of these days.
    two.prepare("maniitsoq", &[MALIK]).exits(0);
    two.merge("workspace", "maniitsoq").exits(1);
    two.at("workspace", &["release", "B0002", "--operator", "anna"]).exits(0);
}

/// What came back at the other desk may be paid here, until it is known that it stands after all.
#[test]
fn what_stands_after_all_at_the_other_desk_is_not_released() {
    let two = Two::new();
    two.pay("maniitsoq", &[PIPALUK]);
    let id = &end_to_end_ids(&two.bank_file("maniitsoq", "K0001"))[0];
    let hear = |marks: &[&str]| {
        two.0.write("statement.xml", statement(id, "5234.50", marks));
        two.at("maniitsoq", &["outcome", "statement.xml", "--operator", "anna"]);
        two.merge("workspace", "maniitsoq")
    };
    hear(&["CRDT"]).exits(0);
    let prepared = two.prepare("workspace", &[PIPALUK]).exits(0).json();
    two.approve("workspace", &prepared);
    let merged = hear(&["CRDT", "DBIT", "DBIT"]).exits(1).json();
    let batches = |merged: &Value| merged["claimed_in_both"][0]["batches"].clone();
    assert_eq!(batches(&merged), serde_json::json!(["B0001", "K0001"]), "{merged}");
    assert_eq!(batches(&two.merge("maniitsoq", "workspace").exits(1).json()), batches(&merged));
    two.refuses("B0001", "release.paid_after_all");
    let held = two.prepare("workspace", &[PIPALUK]).exits(1).json();
    assert_eq!(held["problems"][0]["code"], "duplicate.after_all", "{held}");
}

/// The statement of the account names the other desk's payment before the desks meet: here nobody is paid the same meanwhile.
#[test]
fn what_the_bank_has_paid_for_another_desk_is_held_before_the_desks_meet() {
    let two = Two::new();
    let waiting = two.prepare("workspace", &[MALIK]).exits(0).json();
    two.approve("workspace", &waiting);
    two.pay("maniitsoq", &[PIPALUK, MALIK]);
    let ids = end_to_end_ids(&two.bank_file("maniitsoq", "K0001"));
    let read = |name: &str, id: &str, marks: &[&str]| {
        two.0.write(name, statement(id, "5234.50", marks));
        two.at("workspace", &["outcome", name, "--operator", "anna"])
    };
    for (name, id) in [("one.xml", &ids[0]), ("two.xml", &ids[1])] {
        let told = read(name, id, &["DBIT"]).json()["warnings"].to_string();
        assert!(told.contains("outcome.paid_elsewhere") || told.contains("outcome.never_released"), "{told}");
    }
    assert_eq!(two.at("workspace", &["status"]).json()["next"][0]["what"], "paid_elsewhere");
    // What was prepared before that does not leave, and what comes after is held.
    let refused = two.at("workspace", &["release", "B0001", "--operator", "anna"]).exits(3);
    assert_eq!(refused.error_code(), "release.paid_already", "{}", refused.stdout);
    two.at("workspace", &["batch", "cancel", "B0001", "--operator", "anna"]).exits(0);
    let held = two.prepare("workspace", &[PIPALUK, MALIK, IVIK]).exits(1).json();
    assert_eq!((&held["rows"]["held"], &held["rows"]["prepared"]), (&2.into(), &1.into()), "{held}");
    assert!(held["problems"].to_string().contains("duplicate.elsewhere"), "{held}");
    // Whoever decides to pay all the same pays under a reference that the bank has not seen: what it booked before confirms nothing.
    two.0.write("decisions.csv", "file,row,decision,reason\nlist.csv,2,pay,asked the other desk\n");
    two.0.write("list.csv", format!("{HEAD}{PIPALUK}"));
    let arguments = ["prepare", "list.csv", "--decisions", "decisions.csv", "--pay-on", PAY_ON, "--operator", "anna"];
    let decided = two.at("workspace", &arguments).exits(0).json();
    two.approve("workspace", &decided);
    two.at("workspace", &["release", "B0003", "--operator", "anna"]).exits(0);
    let again = end_to_end_ids(&two.bank_file("workspace", "B0003"));
    assert!(!ids.contains(&again[0]), "{again:?}");
    let told = read("again.xml", ids.iter().find(|id| id[..26] == again[0][..26]).expect("the same"), &["DBIT"]).json();
    assert_eq!(told["payments"]["settled"], 0, "{told}");
    two.at("workspace", &["verify"]).exits(0);
    // Once they have met, the other desk's payment is known as what it is.
    two.merge("workspace", "maniitsoq").exits(1);
    let known = two.prepare("workspace", &[MALIK]).exits(0).json();
    assert_eq!(known["rows"]["duplicate"], 1, "{known}");
}

#[test]
fn stop_list_and_findings_cover_both_desks() {
    let two = Two::new();
    two.pay("workspace", &[PIPALUK, MALIK]);
    two.pay("maniitsoq", &[AVIAAJA, MALIK]);
    two.merge("workspace", "maniitsoq").exits(1);
    let list = two.at("workspace", &["stoplist", "--out", "stop.csv", "--operator", "anna"]).exits(0).json();
    assert_eq!((&list["payments"], list["amount"].as_str()), (&4.into(), Some("28234.45")));
    let upstream = two.0.write("upstream.csv", format!("{HEAD}{PIPALUK}{MALIK}{AVIAAJA}"));
    let upstream = upstream.to_str().expect("a path");
    let found = two
        .at(
            "workspace",
            &["reconcile", "--upstream", upstream, "--upstream-status", "planned", "--out", "r", "--operator", "anna"],
        )
        .exits(1)
        .json();
    assert_eq!((found["totals"]["fallback"].as_str(), found["balanced"].as_bool()), (Some("28234.45"), Some(true)));
    assert_eq!(found["findings"]["double_planned"]["count"], 3);
}

#[test]
fn only_another_desk_of_the_same_payer_and_key_is_merged() {
    let two = Two::new();
    two.pay("maniitsoq", &[PIPALUK]);
    two.merge("workspace", "maniitsoq").exits(0);
    let refused = |other: &str| two.merge("workspace", other).exits(3).error_code();
    assert_eq!(refused("workspace"), "merge.same_ledger");
    let init = |workspace: &str, payer: &str| {
        let account = ["--country", "GL", "--account", "6471-0001234567", "--operator", "anna", "--operator", "malik"];
        two.at(workspace, &[&["init", "--payer", payer][..], &account].concat()).exits(0)
    };
    init("stranger", "Kommune Kujalleq");
    init("twin", "Qeqqata Kommunia");
    assert_eq!(refused("twin"), "merge.other_key");
    assert!(["merge.other_key", "merge.other_payer"].contains(&refused("stranger").as_str()));
    let ledger = two.0.path("maniitsoq/ledger.db");
    let whole = fs::read(&ledger).expect("reads");
    fs::write(&ledger, &whole[..whole.len() / 2]).expect("writes");
    assert_eq!(two.merge("workspace", "maniitsoq").code, 4, "the other ledger is damaged");
    fs::write(&ledger, &whole).expect("writes");
    two.merge("workspace", "maniitsoq").exits(0);
}

#[test]
fn a_desk_is_added_once_by_two_and_only_from_the_first() {
    let two = Two::new();
    let add = |at: &str, more: &[&str]| two.at(at, &[&["desk", "add", "new"], more].concat());
    assert_eq!(add("workspace", &["--letter", "K"]).exits(3).error_code(), "desk.letter_taken");
    assert_eq!(add("workspace", &["--letter", "7"]).exits(2).error_code(), "desk.letter");
    assert_eq!(add("maniitsoq", &[]).exits(3).error_code(), "desk.not_first");
    let same = add("workspace", &["--operator", "anna", "--second", "anna"]);
    assert_eq!(same.exits(3).error_code(), "control.same_person");
    assert_eq!(two.at("workspace", &["desk", "add", "maniitsoq"]).exits(2).error_code(), "workspace.exists");
    assert!(!two.0.path("new").exists());
    let added = add("workspace", &["--enrol", "sara"]).exits(0).json();
    assert_eq!(
        (&added["desk"], &added["operators"]),
        (&Value::from("C"), &serde_json::json!(["anna", "malik", "sara"]))
    );
    two.at("new", &["verify"]).exits(0);
    two.at("new", &["operator", "list"]).exits(0);
    two.at("workspace", &["verify"]).exits(0);
}

#[test]
fn what_another_desk_claims_too_is_not_proposed_for_approval() {
    let two = Two::new();
    two.prepare("workspace", &[PIPALUK, MALIK]).exits(0);
    two.prepare("maniitsoq", &[MALIK]).exits(0);
    let next = || {
        let status = two.at("workspace", &["status"]).json();
        let next = status["next"].as_array().expect("a list").iter();
        next.map(|one| one["what"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert!(next().contains(&"approve".to_owned()));
    two.merge("workspace", "maniitsoq").exits(1);
    assert_eq!(next()[0], "claimed_elsewhere");
    assert!(!next().contains(&"approve".to_owned()));
    let screen = two.0.run(&["status"]).stdout;
    assert!(screen.contains("Another desk claims 1 payment of batch B0001 too"), "{screen}");
    two.at("maniitsoq", &["batch", "cancel", "K0001", "--operator", "anna"]).exits(0);
    two.merge("workspace", "maniitsoq").exits(0);
    assert_eq!(next()[0], "approve");
}

/// What a desk has paid stays known here, although the desk itself has forgotten it in its time.
#[test]
fn a_desk_that_has_forgotten_whom_it_paid_is_not_taken_over() {
    let two = Two::new();
    two.pay("maniitsoq", &[PIPALUK, MALIK]);
    two.merge("workspace", "maniitsoq").exits(0);
    let at_k = |arguments: &[&str]| two.at("maniitsoq", &[arguments, &["--operator", "anna"]].concat());
    two.0.end_every_copy_in("maniitsoq");
    let episode = two.at("maniitsoq", &["episode", "list"]).json()[0]["episode"].as_str().expect("a name").to_owned();
    at_k(&["episode", "close", &episode, "--second", "malik", "--reason", "the bank said nothing"]).exits(0);
    let settings = two.0.path("maniitsoq").join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0\nduplicate_years = 0")).expect("writes");
    let purge = ["purge", "--before", "2199-01-01", "--second", "malik"];
    at_k(&purge).exits(0);
    let end = [&purge[..], &["--duplicate-key"]].concat();
    assert_eq!(at_k(&end).exits(3).error_code(), "purge.key_copies", "the first desk has the key too");
    at_k(&[&end[..], &["--key-copy", "the first desk=malik"]].concat()).exits(0);
    let refused = two.merge("workspace", "maniitsoq").exits(3);
    assert_eq!(refused.error_code(), "ledger.duplicate_key_ended");
    let prepared = two.prepare("workspace", &[PIPALUK, MALIK, IVIK]).exits(0).json();
    assert_eq!((&prepared["rows"]["duplicate"], &prepared["rows"]["prepared"]), (&2.into(), &1.into()));
}

/// The statement of the account that both desks pay from: each payment booked so often, and one booking given back.
pub fn statement(end_to_end_id: &str, amount: &str, marks: &[&str]) -> String {
    let entries: String = marks
        .iter()
        .enumerate()
        .map(|(at, mark)| {
            format!(
                "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts>\
                 <BookgDt><Dt>2022-04-2{at}</Dt></BookgDt><AcctSvcrRef>R{at}</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls>\
                 <Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>S</MsgId><CreDtTm>2022-06-03T06:00:00</CreDtTm></GrpHdr><Stmt><Id>S</Id>\
         <CreDtTm>2022-06-03T06:00:00</CreDtTm><Acct><Id><Othr><Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>\
         {entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

impl Two {
    /// Against a run of these rows, all of one status.
    fn reconcile(&self, rows: &[&str], status: &str) -> Ran {
        let rows = rows.concat().replace('\n', &format!(";{status}\n"));
        self.0.write("upstream.csv", format!("{}{rows}", HEAD.replace('\n', ";status\n")));
        let arguments = ["reconcile", "--upstream", "upstream.csv", "--out", "found", "--operator", "anna"];
        self.at("workspace", &arguments)
    }
}

/// Both desks paid the same, and the bank gave one of the two back: what stands is one payment, however the two ledgers are brought together.
#[test]
fn of_two_desks_payments_one_that_came_back_is_not_asked_for_again() {
    let two = Two::new();
    two.pay("workspace", &[PIPALUK]);
    two.pay("maniitsoq", &[PIPALUK]);
    let ids = end_to_end_ids(&two.bank_file("workspace", "B0001"));
    two.0.write("statement.xml", statement(&ids[0], "5234.50", &["DBIT", "DBIT", "CRDT"]));
    two.at("workspace", &["outcome", "statement.xml", "--operator", "anna"]).exits(0);
    two.merge("workspace", "maniitsoq").exits(1);
    let found = two.reconcile(&[PIPALUK], "stopped").exits(0).json();
    let (totals, settled) = (&found["totals"], &found["findings"]["settled"]["count"]);
    assert_eq!((&totals["fallback"], &totals["overpaid"], settled), (&"5234.50".into(), &"0.00".into(), &1.into()));
    let arguments = ["true-up", "--owed", "upstream.csv", "--out", "truth", "--operator", "anna"];
    assert_eq!(two.at("workspace", &arguments).exits(0).json()["paid"], "5234.50");
}

/// A desk whose key was missing at the merge has paid all the same: what upstream names is recognised, and what it does not is counted.
#[test]
fn what_a_desk_paid_is_recognised_although_its_key_was_missing_and_the_rest_is_counted() {
    let two = Two::new();
    two.pay("workspace", &[PIPALUK]);
    two.pay("maniitsoq", &[AVIAAJA, IVIK]);
    let keys = fs::read_dir(two.0.path("maniitsoq/keys")).expect("a folder").map(|entry| entry.expect("one").path());
    let is_episodes = |path: &Path| path.to_string_lossy().contains("episode-");
    keys.filter(|path| is_episodes(path)).for_each(|path| fs::remove_file(path).expect("removes"));
    let merged = two.merge("workspace", "maniitsoq").exits(0).json();
    assert_eq!(merged["batches_without_key"], serde_json::json!(["K0001"]));
    let unnamed = |count: u64, amount: &str| serde_json::json!({ "count": count, "amount": amount });

    let none = two.reconcile(&[PIPALUK], "stopped").exits(1).json();
    assert_eq!((&none["findings"]["settled"]["count"], &none["unnamed_payments"]), (&1.into(), &unnamed(2, "2499.95")));
    let again = ["reconcile", "--upstream", "upstream.csv", "--out", "found", "--operator", "anna"];
    let screen = two.0.run(&again).exits(1).stdout;
    assert!(!screen.contains("everything is as it should be") && screen.contains("2 payments"), "{screen}");

    let one = two.reconcile(&[PIPALUK, AVIAAJA], "paid").exits(1).json();
    assert_eq!(
        (&one["findings"]["double_paid"]["count"], &one["unnamed_payments"]),
        (&2.into(), &unnamed(1, "1500.00"))
    );
    assert_eq!((&one["totals"]["overpaid"], &one["balanced"]), (&"6234.45".into(), &true.into()));
    // The letter names what either side paid, the other desk's payment too.
    let remedy = |arguments: &[&str]| two.at("workspace", &[&["remedy"], arguments, &["--operator", "anna"]].concat());
    let list = remedy(&["list"]).exits(1).json();
    let cases = list["cases"].as_array().expect("a list");
    let case = cases.iter().find(|case| case["overpaid"] == "999.95").expect("is there");
    let finding = case["finding"].as_str().expect("an id");
    let decide = ["decide", finding, "--as", "recover", "--reason", "both", "--second", "malik"];
    let decided = remedy(&decide).exits(0).json();
    let english = two.0.path(decided["notices"][1].as_str().expect("a path"));
    let page = fs::read_to_string(english).expect("reads");
    assert!(page.contains("1,999.90"), "{page}");
    remedy(&["decide", finding, "--as", "none", "--reason", "stopped", "--second", "malik"]).exits(0);

    let all = two.reconcile(&[PIPALUK, AVIAAJA, IVIK], "stopped").exits(0).json();
    assert_eq!((&all["findings"]["settled"]["count"], &all["unnamed_payments"]), (&3.into(), &unnamed(0, "0.00")));

    let list = two.at("workspace", &["stoplist", "--out", "stop.csv", "--operator", "anna"]).exits(1).json();
    assert_eq!((&list["payments"], &list["unnamed_payments"]), (&1.into(), &unnamed(2, "2499.95")));
    let arguments = ["true-up", "--owed", "upstream.csv", "--out", "truth", "--operator", "anna"];
    assert_eq!(two.at("workspace", &arguments).exits(1).json()["unnamed_payments"], unnamed(2, "2499.95"));
}
