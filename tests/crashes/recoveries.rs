//! A crash in the recovery from a crash: a command is killed, and what finishes it is killed too.
//!
//! In a file of its own, and in few tests, because each takes long: an ordinary run kills each command once, and then in a share of its calls.

use crate::sweep::Scenario;
use crate::{
    approving, backing_up, cancelling, coming_back, giving_a_release_up, preparing, preparing_in_use, releasing,
};

/// How a scenario is made, and which share of its calls an ordinary run takes.
type Chosen = (fn() -> Scenario, usize);

fn sweep(scenarios: &[Chosen]) {
    if Scenario::can_run() {
        for (scenario, every) in scenarios {
            Scenario { every: *every, ..scenario() }.sweep_recovery();
        }
    }
}

#[test]
fn whoever_finishes_a_payment_can_be_interrupted_too() {
    sweep(&[
        (preparing, 13),
        (preparing_in_use, 13),
        (approving, 7),
        (releasing, 7),
        (giving_a_release_up, 11),
        (cancelling, 7),
    ]);
}

#[test]
fn whoever_finishes_what_comes_after_can_be_interrupted_too() {
    use coming_back::{adopt, merge, outcome, purge, releasing_on_sheets, settling, taking_sheets_back};
    sweep(&[
        (backing_up, 41),
        (releasing_on_sheets, 23),
        (taking_sheets_back, 13),
        (settling, 13),
        (outcome, 13),
        (merge, 23),
        (adopt, 11),
        (purge, 41),
    ]);
}
