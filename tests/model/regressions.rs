//! Outages that once came to something else than they must, as shrinking left them. [`live_through`] compares every step with the model.

use proptest_state_machine::ReferenceStateMachine;

use crate::live_through;
use crate::reference::{End, Model, Owed, Row, Step, Word};
use crate::strategy::Outage;
use crate::town::Fresh;

const DONE: End = End::Done;

fn row(person: u32) -> Row {
    Row { owed: Owed { person, first: 2, last: 2 }, raised: false, moved: false }
}

fn hand_in(desk: usize, rows: &[Row]) -> Step {
    Step::HandIn { desk, by: 0, rows: rows.to_vec(), spelling: 0, end: DONE }
}

fn pay(batch: usize) -> [Step; 2] {
    [Step::Approve { batch, by: 1, end: DONE }, Step::Release { batch, by: 0, end: DONE }]
}

/// Two desks prepared the same, one paid, they met, and the other one's release was let through.
#[test]
fn a_batch_prepared_before_the_desks_met_does_not_leave_once_the_other_has_paid() {
    let [approve, release] = pay(0);
    let [approve_other, release_other] = pay(1);
    let steps = [
        hand_in(1, &[row(3), row(4)]),
        approve,
        hand_in(0, &[row(4)]),
        approve_other,
        release_other,
        Step::Merge { desk: 1 },
        release,
        Step::Cancel { batch: 0, by: 2, end: DONE },
        hand_in(1, &[row(3), row(4)]),
    ];
    live_through(&Fresh::new(), Model::new(), &steps);
}

/// One desk prepared somebody again with another account, whom the other desk had claimed with the account of before; they met, and the same
/// list was handed in once more.
#[test]
fn a_row_is_known_again_although_another_desk_claims_it_with_other_figures() {
    let [approve, release] = pay(0);
    let moved = Row { moved: true, ..row(2) };
    let bank = |word| Step::Bank { batch: 0, payment: 0, word };
    let steps = [
        hand_in(0, &[row(2)]),
        approve,
        release,
        hand_in(1, &[row(2)]),
        bank(Word::Booked),
        bank(Word::Returned),
        hand_in(0, &[moved]),
        Step::Merge { desk: 0 },
        hand_in(0, &[moved]),
    ];
    live_through(&Fresh::new(), Model::new(), &steps);
}

/// Something lay in a release's way, twice: the second attempt has nothing to record, so that a copy made between them is no older one.
#[test]
fn a_release_that_stops_where_it_stopped_before_records_nothing() {
    let [approve, _] = pay(0);
    let stopped = || Step::Release { batch: 0, by: 0, end: End::Obstructed };
    let steps = [hand_in(0, &[row(1)]), approve, stopped(), stopped(), Step::Day, stopped()];
    live_through(&Fresh::new(), Model::new(), &steps);
}

/// The folder was lost and restored from a backup, without the files that had left: made again, they find something in their way.
#[test]
fn files_that_a_restored_folder_lacks_are_made_again_or_said_not_to_be() {
    let [approve, release] = pay(0);
    let again = |end| Step::Release { batch: 0, by: 0, end };
    let steps = [
        hand_in(0, &[row(1)]),
        approve,
        release,
        again(End::Obstructed),
        Step::Backup { desk: 0 },
        Step::Restore { backup: 0 },
        again(End::Obstructed),
        again(DONE),
        again(End::Obstructed),
    ];
    live_through(&Fresh::new(), Model::new(), &steps);
}

/// Something lay in a release's way; the folder was copied, and the release finished. What the copy lacks is that the files lie there, which the
/// anchors are told by the next command: until then nothing refuses the copy, which would put the same files there once more.
#[test]
fn a_copy_from_before_a_release_was_finished_is_refused_from_the_next_command_on() {
    let [approve, release] = pay(0);
    let stopped = Step::Release { batch: 0, by: 0, end: End::Obstructed };
    let copy = || Step::CopyFolder { desk: 0 };
    let finished = [hand_in(0, &[row(1)]), approve, copy(), stopped, copy(), release];
    let mut model = Model::new();
    finished.iter().for_each(|step| model.take(step));
    let is_certain = |copy| Outage::preconditions(&model, &Step::PutBack { copy });
    assert!(is_certain(0) && !is_certain(1));
    let and_then = [Step::PutBack { copy: 0 }, hand_in(0, &[row(2)]), Step::PutBack { copy: 1 }];
    live_through(&Fresh::new(), Model::new(), finished.iter().chain(&and_then));
}
