//! Work sheets: what may leave on them, and what may be said of their rows.

use super::*;
use crate::ledger::worksheets::{
    PlannedSheet, SheetDecision, SheetFile, SheetRelease, SheetReturn, SheetVerdict, TypedRow,
};
use crate::payment::{EndToEndId, Tag};

fn sum(count: u64, minor_units: i64) -> Sum {
    Sum { count, amount: Amount::from_minor_units(minor_units, Currency::Dkk) }
}

/// Three payments of 600 in all.
fn of_three() -> PreparedBatch {
    let mut batch = batch(1);
    batch.fates.prepared = sum(3, 600);
    batch
}

fn released_with(change: impl FnOnce(&mut SheetRelease)) -> Event {
    let sheet = |code: &str, sum| PlannedSheet {
        code: code.into(),
        clerk: String::new(),
        sum,
        files: ["html", "xlsx"].map(|ending| SheetFile { name: format!("{code}.{ending}"), sha256: Digest([0; 32]) }),
    };
    let mut release = SheetRelease {
        batch: BatchId::new('B', 1),
        digest: of_three().digest(LEDGER),
        maker: 1,
        danish: false,
        sheets: vec![sheet("B0001-S1-AAAA", sum(2, 500)), sheet("B0001-S2-BBBB", sum(1, 100))],
    };
    change(&mut release);
    Event::SheetsBegun(Box::new(release))
}

fn released() -> Event {
    released_with(|_| {})
}

fn payment(number: u8) -> EndToEndId {
    EndToEndId { tag: Tag { series: [number; 8], obligation: [number; 8] }, attempt: 1 }
}

fn came(sheet: u16, rows: &[(u32, u8, i64)]) -> Event {
    let row = |(row, receipt, amount): &(u32, u8, i64)| TypedRow {
        row: *row,
        payment: payment(*row as u8),
        receipt: [*receipt; 8],
        amount: *amount,
    };
    let rows = rows.iter().map(row).collect();
    let came = SheetReturn { batch: BatchId::new('B', 1), sheet, file: [0; 8], rows, details: parts() };
    Event::SheetReturned(Box::new(came))
}

fn settled(sheet: u16, rows: &[u32]) -> Event {
    let rows = rows.iter().map(|row| (*row, payment(*row as u8))).collect();
    let verdict = SheetVerdict::NotTyped;
    let decision = SheetDecision { batch: BatchId::new('B', 1), sheet, rows, verdict, reason: parts() };
    Event::SheetRowsDecided(Box::new(decision))
}

/// The steps after a batch of three was prepared and approved.
fn after_approval(steps: Vec<Step>) -> Result<LedgerState, String> {
    let approval = approved("malik", of_three().digest(LEDGER));
    let prepared = Event::BatchPrepared(Box::new(of_three()));
    let begin = vec![(episode("attack"), "anna", None), (prepared, "anna", None), (approval, "malik", None)];
    play(begin.into_iter().chain(steps).collect())
}

#[test]
fn each_way_around_a_rule_is_refused() {
    let one = |event: Event| vec![(event, "anna", None)];
    let two = |event: Event| vec![(released(), "anna", None), (event, "anna", None)];
    let by_two = |event: Event| vec![(released(), "anna", None), (event, "anna", Some("malik"))];
    let handed = |sheet, to: &str| Event::SheetHanded { batch: BatchId::new('B', 1), sheet, to: to.into() };
    let other_digest = released_with(|release| release.digest = Digest([9; 32]));
    let of_batch_1 = Event::ReleaseBegun { batch: BatchId::new('B', 1), digest: of_three().digest(LEDGER) };
    let table: Vec<(Vec<Step>, Option<&str>)> = vec![
        (one(released()), None),
        (one(other_digest), Some("another content")),
        (one(released_with(|release| release.sheets.truncate(1))), Some("do not add up")),
        (one(released_with(|release| release.sheets[0].sum = sum(2, 501))), Some("do not add up")),
        (one(released_with(|release| release.sheets[1].code = release.sheets[0].code.clone())), Some("one code")),
        (one(released_with(|release| release.sheets.push(release.sheets[0].clone()))), Some("one code")),
        (one(released_with(|release| release.sheets[1].sum.count = 0)), Some("cannot be")),
        (two(released()), Some("which is releasing")),
        (two(of_batch_1.clone()), Some("which is releasing")),
        (vec![(of_batch_1, "anna", None), (came(1, &[(1, 1, 5)]), "anna", None)], Some("does not exist")),
        (one(came(1, &[(1, 1, 5)])), Some("which is approved")),
        (two(came(1, &[(1, 1, 5), (2, 2, 5)])), None),
        (two(came(1, &[])), Some("nothing is new")),
        (two(came(1, &[(3, 1, 5)])), Some("does not have")),
        (two(came(1, &[(0, 1, 5)])), Some("does not have")),
        (two(came(3, &[(1, 1, 5)])), Some("does not exist")),
        (two(came(0, &[(1, 1, 5)])), Some("does not exist")),
        (two(came(1, &[(1, 1, 0)])), Some("no amount")),
        (two(came(1, &[(1, 1, 5), (2, 1, 5)])), Some("one receipt")),
        (two(handed(2, "Nivi")), None),
        (two(handed(2, " ")), Some("nobody")),
        (two(handed(3, "Nivi")), Some("does not exist")),
        (by_two(settled(2, &[1])), None),
        (two(settled(2, &[1])), Some("takes two")),
        (by_two(settled(2, &[2])), Some("does not have")),
        (by_two(settled(1, &[1, 1])), Some("one twice")),
        (by_two(settled(1, &[])), Some("no row")),
    ];
    for (at, (steps, expected)) in table.into_iter().enumerate() {
        let played = after_approval(steps).map(drop);
        match (played, expected) {
            (Ok(()), None) => {}
            (Err(rule), Some(expected)) => assert!(rule.contains(expected), "case {at}: {rule}"),
            (played, expected) => panic!("case {at}: {played:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn a_receipt_stands_for_one_row_among_all_sheets_and_a_row_may_come_back_under_two() {
    let back = |sheet, rows: &[(u32, u8, i64)]| (came(sheet, rows), "anna", None);
    let begun = || (released(), "anna", None);
    let twice = after_approval(vec![begun(), back(1, &[(1, 1, 5)]), back(2, &[(1, 1, 5)])]);
    assert!(twice.expect_err("one receipt for two payments").contains("one receipt"));
    let state = after_approval(vec![begun(), back(1, &[(1, 1, 5)]), back(1, &[(1, 2, 5)])]).expect("two receipts");
    let batch = &state.batches[&BatchId::new('B', 1)];
    let sheet = &batch.sheets.as_ref().expect("sheets").returned[0];
    assert_eq!((sheet.typed[&1].len(), sheet.returns.len()), (2, 2));
    let known = after_approval(vec![begun(), back(1, &[(1, 1, 5)]), (settled(1, &[1]), "anna", Some("malik"))]);
    assert!(known.expect_err("its receipt is there").contains("is known"));
    assert!(after_approval(vec![begun(), (settled(1, &[1]), "anna", Some("malik")), back(1, &[(1, 1, 5)])]).is_ok());
}
