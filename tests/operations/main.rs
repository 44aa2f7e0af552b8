//! What only a set clock can show: operations called as the front ends call them, at a time of our choosing.

mod approver;
#[path = "../fixture/mod.rs"]
mod fixture;
mod releasing;

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveDateTime};
use fixture::{KNOWN, new_workspace};
use stopgap::fault::Result;
use stopgap::ops::baseline::add::NewBaseline;
use stopgap::ops::prepare::{Report, Request};
use stopgap::ops::{self, Now, Workspace, World};

const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-04
";

fn at(local: &str) -> World<'static> {
    let local: NaiveDateTime = local.parse().expect("a time");
    World { now: Now { unix: local.and_utc().timestamp(), local }, passphrases: &KNOWN, say: &|_| {} }
}

fn workspace(folder: &Path) -> Workspace {
    ops::init::init(&at("2026-11-20T22:00:00"), folder, &new_workspace()).expect("a workspace");
    Workspace::open(folder).expect("opens")
}

fn list(folder: &Path) -> PathBuf {
    let path = folder.join("list.csv");
    std::fs::write(&path, LIST).expect("writes");
    path
}

fn prepare(workspace: &mut Workspace, world: &World, list: &Path, pay_on: Option<&str>) -> Result<Report> {
    let pay_on = pay_on.map(|date| date.parse::<NaiveDate>().expect("a day"));
    let request = Request { lists: vec![list.into()], pay_on, ..Request::default() };
    ops::prepare::prepare(workspace, world, Some("anna"), &request, false)
}

#[test]
fn without_a_date_payments_are_due_on_the_next_bank_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workspace = workspace(&folder.path().join("workspace"));
    let list = list(folder.path());
    // Friday 18 December 2026, late: the next bank day is Monday. On the 23rd, Christmas is in the way.
    for (now, due) in [("2026-12-18T22:00:00", "2026-12-21"), ("2026-12-23T09:00:00", "2026-12-28")] {
        let report = prepare(&mut workspace, &at(now), &list, None).expect("prepares");
        assert_eq!(report.pay_on.to_string(), due);
        let (batch, _) = report.batch.expect("a batch");
        ops::cancel::cancel(&mut workspace, &at(now), Some("anna"), batch).expect("cancels");
    }
}

#[test]
fn a_batch_whose_date_has_passed_does_not_leave_unless_it_had_begun_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workspace = workspace(&folder.path().join("workspace"));
    let evening = at("2026-11-20T22:00:00");
    let report = prepare(&mut workspace, &evening, &list(folder.path()), Some("2026-11-23")).expect("prepares");
    let (batch, digest) = report.batch.expect("a batch");
    ops::approve::approve(&mut workspace, &evening, Some("malik"), batch, &digest).expect("approves");
    let late = at("2026-11-24T08:00:00");
    let refused = ops::release::release(&mut workspace, &late, Some("anna"), batch).err().expect("is late");
    assert_eq!(refused.code, "date.past");
    let due = at("2026-11-23T08:00:00");
    let released = ops::release::release(&mut workspace, &due, Some("anna"), batch).expect("is due today");
    let file = workspace.folder().join(&released.files[0].0);
    let bytes = std::fs::read(&file).expect("reads");
    std::fs::remove_file(&file).expect("removes");
    ops::release::release(&mut workspace, &late, Some("anna"), batch).expect("what left can be made again at any time");
    assert_eq!(std::fs::read(&file).expect("reads"), bytes);
}

#[test]
fn a_clock_that_was_set_back_is_told_and_changes_no_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workspace = workspace(&folder.path().join("workspace"));
    let said = std::cell::RefCell::new(String::new());
    let world = World { say: &|line| said.borrow_mut().push_str(line), ..at("2026-11-19T08:00:00") };
    let report = prepare(&mut workspace, &world, &list(folder.path()), None).expect("prepares");
    assert!(said.borrow().contains("clock"), "{}", said.borrow());
    // Who approves and releases at such a machine does it in the same order, and nothing is destroyed before its time.
    let (batch, digest) = report.batch.expect("a batch");
    ops::approve::approve(&mut workspace, &world, Some("malik"), batch, &digest).expect("approves");
    ops::release::release(&mut workspace, &world, Some("anna"), batch).map(drop).expect("releases");
    let copies: Vec<String> = workspace.state.copies.open().map(|copy| copy.id.to_string()).collect();
    let named = ops::copies::register::Which::Named(&copies);
    ops::copies::register::end(&mut workspace, &world, Some("anna"), named, None).expect("ends");
    let episode = workspace.state.episodes[0].name.clone();
    let closing = ops::episodes::Closing { second: Some("malik"), reason: Some("a test") };
    ops::episodes::close(&mut workspace, &world, Some("anna"), &episode, &closing).expect("closes");
    let before = "2199-01-01".parse().expect("a day");
    let request = ops::purge::Request { before, second: "malik", key_copies: &[] };
    for now in [&world, &at("1990-01-01T08:00:00")] {
        let purged = ops::purge::purge(&mut workspace, now, Some("anna"), &request).err().expect("is too early");
        assert_eq!(purged.code, "purge.too_early");
    }
    ops::verify::verify(&mut Workspace::open(workspace.folder()).expect("opens")).expect("agrees");
}

#[test]
fn two_open_workspaces_on_one_ledger_pay_once_and_see_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut one = workspace(&folder.path().join("workspace"));
    let mut other = Workspace::open(one.folder()).expect("opens");
    let world = at("2026-11-20T22:00:00");
    let list = list(folder.path());
    let first = prepare(&mut one, &world, &list, None).expect("prepares");
    assert!(first.batch.is_some());
    let second = prepare(&mut other, &world, &list, None).expect("prepares nothing");
    assert_eq!((second.batch, second.fates.duplicate.count), (None, 1));
    let (batch, digest) = first.batch.expect("a batch");
    ops::approve::approve(&mut other, &world, Some("malik"), batch, &digest).expect("approves what the other prepared");
    ops::release::release(&mut one, &world, Some("anna"), batch).map(drop).expect("releases what the other approved");
}

#[test]
fn a_baseline_grows_too_old_to_pay_by() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workspace = workspace(&folder.path().join("workspace"));
    let period = "2022-04".parse().expect("a period");
    let new = NewBaseline { lists: vec![list(folder.path())], period, scheme: None, sheet: None, maps: vec![] };
    ops::baseline::add::add(&mut workspace, &at("2022-04-20T12:00:00"), Some("anna"), &new).expect("adds");
    for (now, days, findings) in [
        ("2022-04-13T12:00:00", 0, &[][..]),
        ("2022-06-04T23:59:00", 45, &[]),
        ("2022-06-05T12:00:00", 46, &["baseline.old"]),
    ] {
        let ready = ops::baseline::readiness::readiness(&mut workspace, &at(now), Some("anna")).expect("checks");
        let found: Vec<_> = ready.findings.iter().map(|finding| finding.code).collect();
        assert_eq!((ready.baselines[0].age_days, found.as_slice()), (days, findings), "{now}");
    }
}
