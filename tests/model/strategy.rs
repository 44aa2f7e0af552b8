//! What may happen next in an outage. Lists are mostly earlier ones, edited and grown; what cannot be is never asked for.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest_state_machine::ReferenceStateMachine;

use crate::reference::{End, Model, Owed, Row, Step};

/// Few people and months, so that they meet.
const PERSONS: u32 = 7;
const MONTHS: u32 = 4;

pub struct Outage;

impl ReferenceStateMachine for Outage {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new()).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        let mut steps: Vec<(u32, BoxedStrategy<Step>)> = vec![
            (5, Just(Step::Day).boxed()),
            (5, hand_in(fresh().boxed())),
            (1, desk().prop_map(|desk| Step::WrongPassphrase { desk }).boxed()),
            (1, desk().prop_map(|desk| Step::CopyFolder { desk }).boxed()),
            (1, desk().prop_map(|desk| Step::Backup { desk }).boxed()),
            (1, desk().prop_map(|desk| Step::Merge { desk }).boxed()),
        ];
        if !model.lists.is_empty() {
            let lists = model.lists.clone();
            let earlier = any::<Index>().prop_map(move |at| lists[at.index(lists.len())].clone());
            steps.push((5, hand_in(earlier.prop_flat_map(edited).boxed())));
        }
        if !model.batches.is_empty() {
            let count = model.batches.len();
            // Mostly the newest ones: what was done long ago is refused in few ways.
            let batch = move || {
                prop_oneof![
                    3 => any::<Index>().prop_map(move |at| count - 1 - at.index(count.min(4))),
                    1 => any::<Index>().prop_map(move |at| at.index(count))
                ]
            };
            steps.extend([
                (6, (batch(), person(), end()).prop_map(|(batch, by, end)| Step::Approve { batch, by, end }).boxed()),
                (6, (batch(), person(), end()).prop_map(|(batch, by, end)| Step::Release { batch, by, end }).boxed()),
                (2, (batch(), person(), end()).prop_map(|(batch, by, end)| Step::Cancel { batch, by, end }).boxed()),
                (1, batch().prop_map(|batch| Step::ReleaseAgain { batch }).boxed()),
            ]);
        }
        let words: Vec<Step> = words(model);
        if !words.is_empty() {
            steps.push((6, proptest::sample::select(words).boxed()));
        }
        if !model.reports.is_empty() {
            let count = model.reports.len();
            steps.push((1, any::<Index>().prop_map(move |at| Step::Resend { report: at.index(count) }).boxed()));
        }
        let old: Vec<usize> = (0..model.copies.len()).filter(|at| is_old(model, *at)).collect();
        if !old.is_empty() {
            steps.push((1, proptest::sample::select(old).prop_map(|copy| Step::PutBack { copy }).boxed()));
        }
        if !model.backups.is_empty() {
            let count = model.backups.len();
            let newest = any::<Index>().prop_map(move |at| count - 1 - at.index(count.min(2)));
            steps.push((1, newest.prop_map(|backup| Step::Restore { backup }).boxed()));
        }
        proptest::strategy::Union::new_weighted(steps).boxed()
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.take(step);
        model
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        match step {
            Step::Approve { batch, .. }
            | Step::Release { batch, .. }
            | Step::Cancel { batch, .. }
            | Step::ReleaseAgain { batch } => *batch < model.batches.len(),
            Step::Bank { batch, payment, word } => {
                model.batches.get(*batch).is_some_and(|it| *payment < it.payments.len())
                    && model.words_about(*batch, *payment).contains(word)
            }
            Step::Resend { report } => *report < model.reports.len(),
            Step::PutBack { copy } => *copy < model.copies.len() && is_old(model, *copy),
            Step::Restore { backup } => model.backups.get(*backup).is_some_and(|it| can_be_told(model, *it)),
            _ => true,
        }
    }
}

/// Whether something outside the folder knows that there is more than this, or there is no more. What came in between was never acknowledged, no
/// file left because of it, and with the folder all that knew of it is gone.
fn can_be_told(model: &Model, (desk, version): (usize, u64)) -> bool {
    let it = &model.desks[desk];
    version == it.version || version < it.known
}

fn is_old(model: &Model, copy: usize) -> bool {
    let (desk, version) = model.copies[copy];
    version < model.desks[desk].known
}

fn words(model: &Model) -> Vec<Step> {
    let mut words = Vec::new();
    for (batch, it) in model.batches.iter().enumerate() {
        for payment in 0..it.payments.len() {
            let about = model.words_about(batch, payment).iter();
            words.extend(about.map(|word| Step::Bank { batch, payment, word: *word }));
        }
    }
    words
}

fn desk() -> BoxedStrategy<usize> {
    // The second desk is in the cellar: most of the work is done at the first.
    prop_oneof![2 => Just(0usize), 1 => Just(1usize)].boxed()
}

fn person() -> std::ops::Range<usize> {
    0..3
}

fn end() -> BoxedStrategy<End> {
    prop_oneof![6 => Just(End::Done), 1 => Just(End::LedgerOnly), 1 => Just(End::Obstructed)].boxed()
}

fn row() -> impl Strategy<Value = Row> {
    (1..=PERSONS, 1..=MONTHS, prop::bool::weighted(0.15), prop::bool::weighted(0.1), prop::bool::weighted(0.05))
        .prop_map(|(person, first, long, raised, moved)| {
            let owed = Owed { person, first, last: first + u32::from(long) };
            Row { owed, raised, moved }
        })
}

fn fresh() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 1..6)
}

/// An earlier list with a row changed or left out, and more people; in another order.
fn edited(rows: Vec<Row>) -> BoxedStrategy<Vec<Row>> {
    let more = prop::collection::vec(row(), 0..3);
    (Just(rows), any::<Index>(), 0..4u8, more)
        .prop_map(|(mut rows, at, how, more)| {
            let at = at.index(rows.len());
            match how {
                0 => rows[at].raised = !rows[at].raised,
                1 => rows.swap(0, at),
                2 if rows.len() > 1 => drop(rows.remove(at)),
                _ => {}
            }
            rows.extend(more);
            rows.truncate(12);
            rows
        })
        .boxed()
}

fn hand_in(rows: BoxedStrategy<Vec<Row>>) -> BoxedStrategy<Step> {
    (desk(), person(), rows, 0..16u32, end())
        .prop_map(|(desk, by, rows, spelling, end)| Step::HandIn { desk, by, rows, spelling, end })
        .boxed()
}
