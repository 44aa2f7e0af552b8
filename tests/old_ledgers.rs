//! Ledgers of earlier versions, which this one must open, verify and go on with. `fixtures/ledgers` holds a workspace for each, as it was left by
//! the program of that day; its people are made up and its passphrases of no consequence.
//!
//! A version that is handed out gets one with `STOPGAP_MAKE_LEDGER=1 cargo test --test old_ledgers`, named after the version and the number of
//! migrations. It is never made again: what counts is that it is old.

mod fixture;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use fixture::{KNOWN, new_workspace};
use stopgap::ledger::state::BatchPhase;
use stopgap::ops::outcome::Request as Reports;
use stopgap::ops::prepare::{Report, Request};
use stopgap::ops::{self, Now, Workspace, World};

/// Five people; the last two are in the second batch, which was approved and has not left.
const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-04
6506751118;Aviaaja Møller;6471-0000100003;999,95;Førtidspension;2022-04
6704471120;Ivik Olsen;6471-0000100004;1.500,00;Alderspension;2022-04
6301661114;Naja Lynge;6471-0000100005;2.250,00;Hjælp;2022-04
";

fn world() -> World<'static> {
    let local: NaiveDateTime = "2026-11-25T22:00:00".parse().expect("a time");
    World { now: Now { unix: local.and_utc().timestamp(), local }, passphrases: &KNOWN, say: &|_| {} }
}

fn ledgers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ledgers")
}

/// Prepares the first so many people of the list.
fn prepare(workspace: &mut Workspace, place: &Path, people: usize) -> Report {
    let rows: Vec<&str> = LIST.lines().take(1 + people).collect();
    prepare_list(workspace, place, &rows.join("\n"))
}

fn prepare_list(workspace: &mut Workspace, place: &Path, rows: &str) -> Report {
    let list = place.join("list.csv");
    fs::write(&list, rows).expect("writes");
    let request = Request { lists: vec![list], pay_on: "2099-03-02".parse().ok(), ..Request::default() };
    ops::prepare::prepare(workspace, &world(), Some("anna"), &request, false).expect("prepares")
}

fn copy(from: &Path, to: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).expect("makes");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copies");
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("closes");
        }
    }
}

#[test]
fn every_earlier_ledger_is_opened_verified_and_gone_on_with() {
    let mut seen = 0;
    for entry in fs::read_dir(ledgers()).expect("a folder").flatten() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("workspace");
        copy(&entry.path(), &folder);
        let mut workspace = Workspace::open(&folder).unwrap_or_else(|fault| panic!("{:?}: {fault}", entry.path()));
        let ledger = fs::read(folder.join("ledger.db")).expect("reads");
        let before = ops::verify::verify(&mut workspace).expect("verifies");
        let copied = place.path().join("copied");
        copy(&entry.path(), &copied);
        ops::compare::compare(&mut workspace, &world(), Some("anna"), &copied).expect("compares");
        for looked_at in [&folder, &copied] {
            let now = fs::read(looked_at.join("ledger.db")).expect("reads");
            assert!(now == ledger, "whoever looks at it, as at a backup, leaves it as it is");
        }
        let phases: Vec<_> = workspace.state.batches.values().map(|batch| batch.phase).collect();
        assert_eq!(phases, [BatchPhase::Released, BatchPhase::Approved, BatchPhase::Cancelled]);
        let ids: Vec<_> = workspace.state.batches.keys().copied().collect();
        let first = first_file(&workspace);
        let bytes = fs::read(&first).expect("the bank file of that day");
        fs::remove_file(&first).expect("removes");
        ops::release::release(&mut workspace, &world(), Some("anna"), ids[0]).map(drop).expect("makes it again");
        assert_eq!(fs::read(&first).expect("reads"), bytes, "the same to the byte");
        ops::release::release(&mut workspace, &world(), Some("anna"), ids[1])
            .map(drop)
            .expect("releases what was approved");
        // Malik's payment came back and is free; everybody else is paid, whatever version recorded it.
        let again = prepare(&mut workspace, place.path(), 5);
        assert_eq!((again.fates.prepared.count, again.fates.duplicate.count), (1, 4));
        // Its claims name payees by the account as it was written: one of them under another number is noticed all the same.
        let [head, first] = LIST.lines().take(2).collect::<Vec<_>>()[..] else { panic!("two lines") };
        for account in ["6471-0000100001", "DK7364710000100001"] {
            let row = first.replace("7012821128", "0101701234").replace("6471-0000100001", account);
            let suspect = prepare_list(&mut workspace, place.path(), &[head, &row].join("\n"));
            assert_eq!((suspect.fates.prepared.count, suspect.fates.held.count), (0, 1), "{account}");
        }
        let deep =
            ops::verify::deep::deep(&mut workspace, &world(), Some("anna")).expect("each claim is its payment's");
        assert!(deep.payments > 0);
        let after = ops::verify::verify(&mut Workspace::open(&folder).expect("opens")).expect("verifies");
        assert!(after.entries > before.entries);
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn a_ledger_of_this_version_is_made_when_asked_for() {
    if std::env::var_os("STOPGAP_MAKE_LEDGER").is_none() {
        return;
    }
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("workspace");
    ops::init::init(&world(), &folder, &new_workspace()).expect("a workspace");
    let mut workspace = Workspace::open(&folder).expect("opens");
    for (people, leaves) in [(3, true), (5, false)] {
        let (batch, digest) = prepare(&mut workspace, place.path(), people).batch.expect("a batch");
        ops::approve::approve(&mut workspace, &world(), Some("malik"), batch, &digest).map(drop).expect("approves");
        if leaves {
            ops::release::release(&mut workspace, &world(), Some("anna"), batch).map(drop).expect("releases");
        }
    }
    fs::write(place.path().join("list.csv"), LIST.replace("2022-04", "2022-05")).expect("writes");
    let request =
        Request { lists: vec![place.path().join("list.csv")], pay_on: "2099-03-02".parse().ok(), ..Request::default() };
    let report = ops::prepare::prepare(&mut workspace, &world(), Some("anna"), &request, false).expect("prepares");
    let (batch, _) = report.batch.expect("a batch");
    ops::cancel::cancel(&mut workspace, &world(), Some("malik"), batch).expect("cancels");
    let returned = [bank_says(&workspace, place.path(), "DBIT"), bank_says(&workspace, place.path(), "CRDT")];
    let reports = Reports { files: &returned, own_account: false };
    ops::outcome::outcome(&mut workspace, &world(), Some("anna"), reports).map(drop).expect("reads");
    ops::verify::verify(&mut workspace).expect("verifies");
    drop(workspace);
    let ledger = rusqlite::Connection::open(folder.join("ledger.db")).expect("opens");
    let schema: i64 = ledger.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a number");
    let name = format!("{}-schema-{schema}", env!("CARGO_PKG_VERSION"));
    assert!(!ledgers().join(&name).exists(), "{name} is there: what counts is that it is old");
    copy(&folder, &ledgers().join(name));
}

/// The bank file of the first batch.
fn first_file(workspace: &Workspace) -> PathBuf {
    let (id, batch) = workspace.state.batches.first_key_value().expect("a batch");
    workspace.folder().join("out").join(id.to_string()).join(&batch.prepared.plan.files[0].name)
}

/// The second payment of the first batch, booked or given back.
fn bank_says(workspace: &Workspace, place: &Path, mark: &str) -> PathBuf {
    let file = fs::read_to_string(first_file(workspace)).expect("reads");
    let payment = file.split("<CdtTrfTxInf>").find(|payment| payment.contains("11000.00")).expect("Malik's");
    let id = payment.split(['<', '>']).skip_while(|part| *part != "EndToEndId").nth(1).expect("an id");
    let why = if mark == "CRDT" { "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" } else { "" };
    let statement = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>{mark}</Id><Acct><Id>\
         <IBAN>GL8964710001234567</IBAN></Id></Acct><Ntry><Amt Ccy=\"DKK\">11000.00</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-11-24</Dt></BookgDt><AcctSvcrRef>{mark}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId>\
         </Refs>{why}</TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"
    );
    let path = place.join(format!("{mark}.xml"));
    fs::write(&path, statement).expect("writes");
    path
}
