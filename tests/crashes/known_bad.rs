//! A judge that never finds anything proves nothing. Here the world is made as a worse program would have left it, and the judge must say so.

use std::fs;
use std::path::PathBuf;

use crate::desk::{Desk, Ran, prepare};
use crate::judge::{Finding, Judge};
use crate::sweep::{Harm, Point, State, compare, ended_well};
use crate::{OWED, approved, prepared, with_lists};

/// What is found once people have finished with the edited list.
fn findings(desk: &Desk, mut judge: Judge) -> Vec<Finding> {
    judge.look(desk);
    judge.let_people_finish(desk, &[prepare("edited.csv")]);
    judge.verdict(&OWED)
}

fn released() -> Desk {
    let desk = approved();
    desk.release("B0001").expected();
    desk
}

/// The batch's bank files, in order of their names.
fn bank_files(desk: &Desk) -> Vec<PathBuf> {
    let folder = fs::read_dir(desk.workspace().join("out/B0001")).expect("a folder");
    let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    files
}

#[test]
fn the_judge_finds_nothing_where_nothing_went_wrong() {
    for desk in [with_lists(Desk::new()), prepared(), approved(), released()] {
        assert_eq!(findings(&desk, Judge::default()), []);
    }
}

/// The file left first and the ledger lost it, with its witness and all that remembers it: the order of writes that pays twice.
#[test]
fn a_file_before_its_ledger_is_found() {
    let desk = with_lists(Desk::new());
    let kept = ["ledger.db", "witness.log"].map(|name| (name, fs::read(desk.workspace().join(name)).expect("reads")));
    desk.prepare("list.csv").expected();
    desk.approve("B0001").expected();
    desk.release("B0001").expected();
    let mut judge = Judge::default();
    judge.look(&desk);
    for (name, content) in kept {
        fs::write(desk.workspace().join(name), content).expect("writes");
    }
    fs::remove_dir_all(desk.path("anchors")).expect("removes");
    let found = findings(&desk, judge);
    let doubles = found.iter().filter(|finding| matches!(finding, Finding::TwoMessages { .. })).count();
    assert_eq!(doubles, 3, "each of the three who were paid before: {found:?}");
}

#[test]
fn a_torn_file_under_its_final_name_is_found() {
    let whole = fs::read_to_string(&bank_files(&released())[0]).expect("reads");
    let last = whole.trim_end().rfind('<').expect("a last tag");
    let payment = whole.find("<CdtTrfTxInf>").expect("a payment")..whole.find("</CdtTrfTxInf>").expect("its end") + 14;
    let without_one = whole.replacen(&whole[payment], "", 1);
    for torn in
        ["", &whole[..whole.len() / 2], &whole[..last], &without_one, &whole.replacen("<NbOfTxs>2", "<NbOfTxs>3", 1)]
    {
        let desk = approved();
        fs::write(desk.workspace().join("out/B0001/B0001_1-of-2.xml"), torn).expect("writes");
        let found = findings(&desk, Judge::default());
        assert!(matches!(found.as_slice(), [Finding::Torn { .. }]), "{found:?} of {torn}");
    }
}

#[test]
fn a_second_message_or_another_content_for_the_same_payments_is_found() {
    let desk = released();
    let file = bank_files(&desk).remove(0);
    let text = fs::read_to_string(&file).expect("reads");
    let again = |text: String| {
        let desk = desk.copy();
        fs::write(desk.workspace().join("out/B0001/again.xml"), text).expect("writes");
        findings(&desk, Judge::default())
    };
    let found = again(text.replacen("<MsgId>", "<MsgId>2", 1));
    assert!(
        matches!(found.as_slice(), [.., Finding::TwoMessages { .. }, Finding::NotPaidAsOwed { times: 2, .. }, _]),
        "{found:?}"
    );
    let found = again(text.replacen("Pipaluk", "Pipaluk Kirstine", 1));
    assert!(matches!(found.as_slice(), [Finding::TwoContents { .. }]), "{found:?}");
}

/// The ledger says that all is done, and the file was never there.
#[test]
fn a_payment_that_never_left_is_found() {
    let desk = released();
    let file = bank_files(&desk).remove(1);
    fs::remove_file(file).expect("removes");
    let found = findings(&desk, Judge::default());
    assert!(matches!(found.as_slice(), [Finding::NotPaidAsOwed { times: 0, .. }]), "{found:?}");
}

#[test]
fn what_needs_a_person_or_does_not_verify_is_found() {
    let desk = with_lists(Desk::new());
    let ledger = desk.workspace().join("ledger.db");
    let old = fs::read(&ledger).expect("reads");
    desk.prepare("list.csv").expected();
    fs::write(&ledger, old).expect("writes");
    let found = findings(&desk, Judge::default());
    assert!(found.iter().any(|finding| matches!(finding, Finding::Stuck { .. })), "{found:?}");
    assert!(found.iter().any(|finding| matches!(finding, Finding::NotVerified { .. })), "{found:?}");
}

#[test]
fn payments_left_in_a_draft_are_found() {
    let desk = released();
    fs::write(desk.workspace().join("out/B0001/.B0001.xml.draft"), "").expect("writes");
    let found = findings(&desk, Judge::default());
    assert_eq!(found, [Finding::LeftOver { file: ".B0001.xml.draft".into() }]);
}

#[test]
fn a_batch_without_its_rows_is_found() {
    let desk = prepared();
    fs::remove_file(desk.workspace().join("out/B0001/rows.csv")).expect("removes");
    let found = findings(&desk, Judge::default());
    assert_eq!(found, [Finding::NoRows { batch: "B0001".into() }]);
}

#[test]
fn half_done_and_untrue_are_found() {
    let state = |entries, state: &str| State { entries: Some(entries), batches: vec![("B0001".into(), state.into())] };
    let (before, between, after) = (state(4, "approved"), state(5, "releasing"), state(6, "released"));
    let ran = |code, message: &str| Ran {
        code: Some(code),
        killed: false,
        stdout: format!(r#"{{"error":{{"code":"disk.full","message":"{message}"}}}}"#),
        stderr: String::new(),
    };
    let judged = |left: &State, ran: Ran| {
        let mut judge = Judge::default();
        compare(&mut judge, &ran, left, &before, &after);
        judge.verdict(&[])
    };
    for fine in [&before, &between, &after] {
        assert_eq!(judged(fine, ran(4, "The disk is full.")), []);
    }
    assert_eq!(judged(&after, ran(0, "")), []);
    let half = judged(&state(5, "prepared"), ran(4, "The disk is full."));
    assert!(matches!(half.as_slice(), [Finding::HalfDone { .. }]), "{half:?}");
    for (left, untrue) in [(&between, ran(0, "")), (&between, ran(3, "")), (&after, ran(4, "Nothing was recorded."))] {
        let found = judged(left, untrue);
        assert!(matches!(found.as_slice(), [Finding::Untrue { .. }]), "{found:?}");
    }
}

#[test]
fn panics_and_wrong_exit_codes_are_found() {
    let point = Point { call: "pwrite64".into(), nth: 1, line: "pwrite64(3</ledger.db>".into() };
    let on_stdout = Point { call: "write".into(), nth: 1, line: "write(1<pipe>".into() };
    let error = r#"{"error":{"code":"disk.failed","message":""}}"#;
    let table = [
        (&point, Harm::Fails, Some(0), "{}", "", true),
        (&point, Harm::Fails, Some(4), error, "", true),
        (&on_stdout, Harm::Full, Some(4), "", "", true),
        (&point, Harm::Kill, None, "", "", true),
        (&point, Harm::Lies, Some(4), error, "", true),
        (&point, Harm::Fails, Some(0), "", "", false),
        (&point, Harm::Fails, Some(4), "", "", false),
        (&point, Harm::Fails, Some(2), error, "", false),
        (&point, Harm::Fails, Some(101), "", "thread 'main' panicked at src", false),
        (&point, Harm::Fails, None, "", "", false),
        (&point, Harm::Lies, Some(0), "{}", "", false),
    ];
    for (point, harm, code, stdout, stderr, well) in table {
        let ran = Ran { code, killed: harm == Harm::Kill, stdout: stdout.into(), stderr: stderr.into() };
        assert_eq!(ended_well(&ran, point, harm, 0), well, "{harm:?} {ran:?}");
    }
}
