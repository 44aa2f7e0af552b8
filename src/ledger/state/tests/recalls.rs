//! Recalls: what may be called back, by whom, and what may be said of it.

use super::*;
use crate::bank::profile::FileFormat;
use crate::ledger::recalls::{
    AnswerVerdict, AnsweredPayment, CancellationReason, RecallGivenUp, RecallStanding, RecalledPayment, RecordedAnswer,
    RecordedRecall,
};
use crate::payment::{EndToEndId, Tag};
use crate::release::{PlannedFile, Segment};

fn sum(count: u64, minor_units: i64) -> Sum {
    Sum { count, amount: Amount::from_minor_units(minor_units, Currency::Dkk) }
}

/// One file with one block of two payments.
fn of_two() -> PreparedBatch {
    let mut batch = batch(1);
    let segment = Segment { group: 0, payment_information_id: "P1".into(), sum: sum(2, 500) };
    batch.plan.files = vec![PlannedFile {
        name: "B0001.xml".into(),
        message_id: "M1".into(),
        segments: vec![segment],
        sum: sum(2, 500),
        sha256: Digest([3; 32]),
    }];
    batch
}

fn payment(number: u8) -> EndToEndId {
    EndToEndId { tag: Tag { series: [number; 8], obligation: [number; 8] }, attempt: 1 }
}

fn recalled(number: u8, amount: i64) -> RecalledPayment {
    RecalledPayment { batch: BatchId::new('B', 1), file: 0, segment: 0, payment: payment(number), amount }
}

fn recall_with(change: impl FnOnce(&mut RecordedRecall)) -> Event {
    let mut recall = RecordedRecall {
        recall: RecallId(1),
        finding: FindingKey([1; 8]),
        basis: Basis::Upstream,
        number: 1,
        reason: CancellationReason::Duplicate,
        message_id: "RC0001-A".into(),
        writer: 1,
        payments: vec![recalled(1, 300)],
        sum: sum(1, 300),
        file_name: "recall-RC0001.xml".into(),
        sha256: Digest([4; 32]),
    };
    change(&mut recall);
    Event::RecallBegun(Box::new(recall))
}

fn recall() -> Step {
    (recall_with(|_| ()), "anna", Some("malik"))
}

fn answered(recall: u32, said: &[(u8, AnswerVerdict)]) -> Step {
    let one = |(number, verdict): &(u8, AnswerVerdict)| AnsweredPayment {
        payment: payment(*number),
        verdict: *verdict,
        reason: String::new(),
    };
    let payments = said.iter().map(one).collect();
    (Event::RecallAnswered(Box::new(RecordedAnswer { recall: RecallId(recall), payments })), "anna", None)
}

fn given_up() -> Step {
    let given_up = RecallGivenUp { recall: RecallId(1), reason: parts() };
    (Event::RecallGivenUp(Box::new(given_up)), "anna", Some("malik"))
}

fn written() -> Step {
    (Event::RecallWritten { recall: RecallId(1) }, "anna", None)
}

/// The steps after a batch has left and was compared with upstream.
fn after_release(batch: PreparedBatch, steps: Vec<Step>) -> Result<LedgerState, String> {
    let digest = batch.digest(LEDGER);
    let begin: Vec<Step> = vec![
        (episode("attack"), "anna", None),
        (Event::BatchPrepared(Box::new(batch)), "anna", None),
        (approved("malik", digest), "malik", None),
        (begun(digest), "anna", None),
        (Event::ReleaseCompleted { batch: BatchId::new('B', 1) }, "anna", None),
        (found_with(|_| ()), "anna", None),
    ];
    play(begin.into_iter().chain(steps).collect())
}

#[test]
fn each_way_around_a_rule_is_refused() {
    use AnswerVerdict::{Accepted, Pending, Refused};
    let again = |change: fn(&mut RecordedRecall)| {
        let second = recall_with(|recall| {
            (recall.recall, recall.message_id) = (RecallId(2), "RC0002-B".into());
            change(recall);
        });
        (second, "anna", Some("malik"))
    };
    let alone = |change: fn(&mut RecordedRecall)| vec![(recall_with(change), "anna", Some("malik"))];
    let another = |recall: &mut RecordedRecall| (recall.payments, recall.sum) = (vec![recalled(2, 200)], sum(1, 200));
    let table: Vec<(Vec<Step>, Option<&str>)> = vec![
        (vec![recall(), written()], None),
        (vec![(recall_with(|_| ()), "anna", None)], Some("takes two")),
        (vec![(recall_with(|_| ()), "anna", Some("anna"))], Some("twice by one")),
        (alone(|recall| recall.recall = RecallId(2)), Some("out of turn")),
        (alone(|recall| recall.basis = Basis::Owed), Some("before anything was compared")),
        (alone(|recall| recall.payments.clear()), Some("of no payment")),
        (alone(|recall| recall.payments.push(recall.payments[0])), Some("one twice")),
        (alone(|recall| recall.sum = sum(1, 301)), Some("does not add up")),
        (alone(|recall| recall.payments[0].amount = 501), Some("does not have")),
        (alone(|recall| recall.payments[0].amount = 0), Some("does not have")),
        (alone(|recall| recall.payments[0].segment = 1), Some("does not have")),
        (alone(|recall| recall.payments[0].batch = BatchId::new('B', 9)), Some("does not exist")),
        // One payment is asked for once, as long as the bank may still act on it.
        (vec![recall(), again(|_| ())], Some("that RC0001 recalls")),
        (vec![recall(), again(another)], None),
        (vec![recall(), again(|recall| recall.message_id = "RC0001-A".into())], Some("id of another")),
        (vec![recall(), answered(1, &[(1, Refused)]), again(|_| ())], None),
        (vec![recall(), answered(1, &[(1, Pending)]), again(|_| ())], Some("that RC0001 recalls")),
        (vec![recall(), answered(1, &[(1, Accepted)]), again(|_| ())], Some("that RC0001 recalls")),
        (vec![recall(), given_up(), again(|_| ())], None),
        (vec![recall(), written(), written()], Some("again")),
        (vec![written()], Some("does not exist")),
        (vec![recall(), answered(1, &[])], Some("did not ask for")),
        (vec![recall(), answered(1, &[(2, Accepted)])], Some("did not ask for")),
        (vec![answered(1, &[(1, Accepted)])], Some("does not exist")),
        (vec![given_up()], Some("does not exist")),
        (vec![recall(), (given_up().0, "anna", None)], Some("takes two")),
        (vec![recall(), answered(1, &[(1, Refused)]), given_up()], Some("not open")),
        (vec![recall(), answered(1, &[(1, Refused)]), answered(1, &[(1, Accepted)]), given_up()], None),
    ];
    for (at, (steps, expected)) in table.into_iter().enumerate() {
        match (after_release(of_two(), steps).map(drop), expected) {
            (Ok(()), None) => {}
            (Err(rule), Some(expected)) => assert!(rule.contains(expected), "case {at}: {rule}"),
            (played, expected) => panic!("case {at}: {played:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn only_what_left_in_a_message_is_recalled() {
    let mut flat = of_two();
    flat.profile.message = FileFormat::Sdc3;
    assert!(after_release(flat, vec![recall()]).expect_err("no message").contains("in no message"));
    let early = play(vec![
        (episode("attack"), "anna", None),
        (Event::BatchPrepared(Box::new(of_two())), "anna", None),
        (found_with(|_| ()), "anna", None),
        recall(),
    ]);
    assert!(early.expect_err("never left").contains("which is prepared"));
}

#[test]
fn a_recall_stands_where_the_bank_left_it() {
    use AnswerVerdict::{Accepted, Pending};
    let both = (
        recall_with(|recall| {
            (recall.payments, recall.sum) = (vec![recalled(1, 300), recalled(2, 200)], sum(2, 500));
        }),
        "anna",
        Some("malik"),
    );
    let state = after_release(of_two(), vec![both, answered(1, &[(1, Accepted), (2, Pending)])]).expect("plays");
    let recall = &state.recalls[&RecallId(1)];
    assert_eq!(recall.standing_of(&payment(1)), RecallStanding::Accepted);
    assert_eq!(recall.standing_of(&payment(2)), RecallStanding::Pending);
    assert_eq!(recall.open().map(|one| one.amount).collect::<Vec<_>>(), [200]);
    assert_eq!((state.next_recall(), state.recall_of(&payment(3)).is_none()), (RecallId(2), true));
    assert!(recall.accepted_at().is_some());
}
