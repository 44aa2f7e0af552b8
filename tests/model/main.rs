//! Weeks of outages, drawn by chance: lists corrected and handed in again, two desks, wrong passphrases, machines that go down in the middle,
//! payments rejected and returned, reports read twice, folders put back, backups restored, desks merged. A model of a few dozen lines foretells
//! how each step ends.
//!
//! An ordinary run takes [`DAYS`] days. `STOPGAP_MODEL_DAYS=100000` takes more, `STOPGAP_MODEL_SEED` others; both are printed. What fails is
//! shrunk to the fewest steps and printed; it then becomes a test with a name in `regressions.rs`.

mod bank;
#[path = "../crashes/bank_file.rs"]
mod bank_file;
#[path = "../fixture/mod.rs"]
mod fixture;
mod reference;
mod regressions;
mod strategy;
mod town;

use std::cell::Cell;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::ReferenceStateMachine;

use reference::{Model, Step};
use strategy::Outage;
use town::{Fresh, Town};

/// Simulated days of an ordinary run.
const DAYS: u64 = 120;
/// Steps of one outage; about one in seven is the end of a day.
const STEPS: std::ops::RangeInclusive<usize> = 40..=120;

#[test]
fn outages_come_to_what_the_model_says() {
    let (days, seed) = (from_environment("STOPGAP_MODEL_DAYS", DAYS), from_environment("STOPGAP_MODEL_SEED", 1));
    let (fresh, started) = (Fresh::new(), Instant::now());
    let [next, simulated, steps] = [seed, 0, 0].map(AtomicU64::new);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while simulated.load(Ordering::Relaxed) < days {
                    // Every outage has a seed of its own, so that a late one can be had without all before it.
                    let [lived, taken] = outage(&fresh, next.fetch_add(1, Ordering::Relaxed));
                    simulated.fetch_add(lived, Ordering::Relaxed);
                    steps.fetch_add(taken, Ordering::Relaxed);
                }
            });
        }
    });
    let [next, days, steps] = [next, simulated, steps].map(AtomicU64::into_inner);
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "model: {days} days, {steps} steps in {} outages, seeds {seed} to {}, {seconds:.1} s, {:.0} days a minute",
        next - seed,
        next - 1,
        days as f64 / seconds * 60.0
    ));
}

/// How many days and steps the outage of this seed had.
fn outage(fresh: &Fresh, seed: u64) -> [u64; 2] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        max_shrink_time: 40_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let lived = Cell::new([0; 2]);
    let outage = runner.run(&Outage::sequential_strategy(STEPS), |(model, taken, seen)| {
        let town = live_through(
            fresh,
            model,
            taken.iter().inspect(|_| {
                // Shrinking begins with what was not reached.
                seen.iter().for_each(|seen| {
                    seen.fetch_add(1, Ordering::Relaxed);
                });
            }),
        );
        lived.set([town.days(), taken.len() as u64]);
        Ok(())
    });
    if let Err(TestError::Fail(why, (_, taken, _))) = outage {
        panic!("STOPGAP_MODEL_SEED={seed} fails: {why}\nThe fewest steps:\n{taken:#?}");
    }
    lived.into_inner()
}

/// Takes the steps in the town and in the model side by side, and has people finish in the end.
fn live_through<'a>(fresh: &Fresh, mut model: Model, steps: impl IntoIterator<Item = &'a Step>) -> Town {
    let mut town = Town::new(fresh);
    let mut take = |model: &mut Model, step: &Step| {
        model.take(step);
        town.take(step, model);
    };
    steps.into_iter().for_each(|step| take(&mut model, step));
    for batch in 0..model.batches.len() {
        let by = (model.batches[batch].preparer + 1) % town::PEOPLE.len();
        for step in [
            Step::Approve { batch, by, end: reference::End::Done },
            Step::Release { batch, by, end: reference::End::Done },
        ] {
            take(&mut model, &step);
        }
    }
    take(&mut model, &Step::Day);
    town
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|given| given.parse().ok()).unwrap_or(otherwise)
}

/// Past the test's captured output, so that what was run is always seen.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
