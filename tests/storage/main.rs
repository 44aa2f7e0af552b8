//! The power goes while the ledger is written, all of it in memory: SQLite works on a disk of ours, which keeps what was synced and of the rest
//! what it likes. After the cut the ledger must be whole, and say what it said after the last commit that was acknowledged, or after the one under
//! way.
//!
//! An ordinary run tries [`STATES`] states; `STOPGAP_STATES=1000000` tries more, `STOPGAP_STATES_SEED` others. What can be seen of a command as a whole
//! is tried by `tests/crashes/power`; here it is the ledger's file alone, and thousands of states a second.

#[path = "../crashes/power/change.rs"]
mod change;
#[path = "../crashes/power/disk.rs"]
mod disk;
mod in_memory;
mod work;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use change::Change;
use disk::{Chance, Disk, Files, Kept};
use in_memory::Memory;
use stopgap::ledger::sqlite::SqliteStore;
use stopgap::ledger::store::{Store, TableSum};
use work::Work;

const STATES: usize = 2_000;
const KINDS: [Kept; 5] = [Kept::Nothing, Kept::Everything, Kept::NoContent, Kept::Some, Kept::AnyOrder];

/// What was written, and what each acknowledged commit made of it.
struct Recorded {
    before: Files,
    changes: Vec<Change>,
    /// How many changes there were when each commit was acknowledged, and what the tables held then. The first stands for what was there before.
    commits: Vec<(usize, Vec<TableSum>)>,
}

/// What a disk does that is worse than it should be.
#[derive(Clone, Copy, PartialEq)]
enum Disregards {
    Nothing,
    /// The sync of the folder that follows the end of a journal, which `synchronous=FULL` leaves out.
    EndOfJournal,
    EverySync,
}

#[derive(Default)]
struct Seen {
    states: usize,
    distinct: usize,
    lost: Vec<String>,
}

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|given| given.parse().ok()).unwrap_or(otherwise)
}

fn record(memory: &Memory, seed: u64, commits: usize) -> Recorded {
    let mut store = SqliteStore::create(Path::new("/run/ledger.db")).expect("a ledger");
    let mut work = Work::new(seed);
    work.commit(&mut store);
    let before = memory.files("/run");
    memory.record();
    let mut acknowledged = vec![(0, tables(&mut store))];
    for _ in 0..commits {
        work.commit(&mut store);
        acknowledged.push((memory.recorded(), tables(&mut store)));
    }
    drop(store);
    let changes = memory.stop();
    memory.remove("/run");
    Recorded { before, changes, commits: acknowledged }
}

fn tables(store: &mut SqliteStore) -> Vec<TableSum> {
    store.read().expect("reads").tables().expect("sums")
}

/// What the ledger of these files says; or what is wrong with it.
fn says(memory: &Memory, files: &Files) -> Result<Vec<TableSum>, String> {
    memory.lay("/cut", files, "/run");
    let read = || {
        let mut store = SqliteStore::open(Path::new("/cut/ledger.db"))?;
        let mut snapshot = store.read()?;
        snapshot.self_check()?;
        snapshot.tables()
    };
    let said = read().map_err(|fault| fault.to_string());
    memory.remove("/cut");
    said
}

fn cut_the_power(memory: &Memory, recorded: &Recorded, states: usize, seed: u64, disregards: Disregards) -> Seen {
    let mut seen = Seen::default();
    let mut known = BTreeSet::new();
    for round in 0.. {
        let (mut disk, mut ends_journal) = (Disk::with(&recorded.before), false);
        for (at, change) in recorded.changes.iter().enumerate() {
            let is_heeded = match (disregards, change) {
                (Disregards::EndOfJournal, Change::SyncFolder(_)) => !ends_journal,
                (Disregards::EverySync, Change::SyncFolder(_) | Change::SyncFile(_)) => false,
                _ => true,
            };
            ends_journal = matches!(change, Change::Remove(_));
            if is_heeded {
                disk.apply(change);
            }
            let kept = KINDS[if round < 3 { round } else { 3 + (round + at) % 2 }];
            let number = (seed << 40) + ((round as u64) << 20) + at as u64;
            let files = disk.after_power_loss(kept, &mut Chance(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            let done = recorded.commits.iter().rposition(|(changes, _)| *changes <= at + 1).unwrap_or(0);
            seen.states += 1;
            if !known.insert(work::digest(&(&files, done))) {
                continue;
            }
            let lawful = &recorded.commits[done..recorded.commits.len().min(done + 2)];
            seen.distinct += 1;
            let said = says(memory, &files);
            if !matches!(&said, Ok(said) if lawful.iter().any(|(_, tables)| tables == said)) {
                let older = |said| recorded.commits[..done].iter().rposition(|(_, tables)| *tables == said);
                let what = match said.map(older) {
                    Ok(Some(older)) => format!("{} acknowledged commits are lost", done - older),
                    Ok(None) => "the tables are as they never were".into(),
                    Err(fault) => fault,
                };
                seen.lost.push(format!("seed {seed}, {kept:?} kept after change {at} ({round}): {what}"));
            }
            if seen.distinct == states || seen.lost.len() == 20 {
                return seen;
            }
        }
        if round > 200 {
            break;
        }
    }
    seen
}

/// One test, because SQLite has one disk by default, and it is ours.
#[test]
fn what_was_acknowledged_outlives_a_power_cut() {
    let memory = in_memory::be_the_disk();
    let (states, first) =
        (from_environment("STOPGAP_STATES", STATES), from_environment("STOPGAP_STATES_SEED", 1) as u64);
    let (begun, mut all, mut commits) = (Instant::now(), Seen::default(), 0);
    let mut seed = first;
    while all.distinct < states {
        let recorded = record(memory, seed, 12);
        let share = (states - all.distinct).min(3_000);
        let seen = cut_the_power(memory, &recorded, share, seed, Disregards::Nothing);
        assert_eq!(seen.lost, Vec::<String>::new());
        all.states += seen.states;
        all.distinct += seen.distinct;
        commits += recorded.commits.len() - 1;
        seed += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    say(&format!(
        "power cuts in memory: {} distinct states of {} tried, while {commits} commits were written, seeds {first} to {}, {seconds:.1} s, {:.0} a second",
        all.distinct,
        all.states,
        seed - 1,
        all.distinct as f64 / seconds
    ));
    // That it can fail: the same run on disks that do less.
    let recorded = record(memory, first, 12);
    for (disregards, at_least) in [(Disregards::EndOfJournal, 1), (Disregards::EverySync, 10)] {
        let seen = cut_the_power(memory, &recorded, 1_500, first, disregards);
        assert!(seen.lost.len() >= at_least, "{} of {}", seen.lost.len(), seen.distinct);
    }
}

/// Past the test's captured output, so that what was run is always seen.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
