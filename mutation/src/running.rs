//! Which test comes by which mutant, and which mutant no test notices.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::building::TestBinary;

/// A test that passes while no mutant is on.
pub struct Test {
    pub binary: usize,
    pub name: String,
    pub took: Duration,
    pub meets: BTreeSet<usize>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// By which test, or by one that never ended.
    Caught(String),
    /// Tests come by it, and none fails.
    Survived,
    /// No test comes by it.
    NotMet,
}

/// How many run at once; one for each processor unless `MUTATION_JOBS` says otherwise.
fn jobs() -> usize {
    let given = std::env::var("MUTATION_JOBS").ok().and_then(|jobs| jobs.parse().ok());
    given.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// How long the tests may take together that one mutant is tried on: a minute unless `MUTATION_SECONDS` says otherwise.
fn patience_for_one() -> Duration {
    let given = std::env::var("MUTATION_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(given.unwrap_or(60))
}

pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..jobs() {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let result = work(at, item);
                    if let Ok(mut results) = results.lock() {
                        results.insert(at, result);
                    }
                }
            });
        }
    });
    results.into_inner().map(|results| results.into_values().collect()).unwrap_or_default()
}

/// Whether the tests pass; `None` where they had to be ended.
fn passes(
    binary: &TestBinary,
    folder: &Path,
    names: &[&str],
    set: (&str, &str),
    patience: Duration,
) -> Result<Option<bool>> {
    let mut command = Command::new(&binary.path);
    command.args(["--exact", "--test-threads", "1"]).args(names).env(set.0, set.1).current_dir(folder);
    // The crate's name is known to a test by what cargo sets.
    command.env("CARGO_MANIFEST_DIR", folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = command.spawn().with_context(|| binary.path.display().to_string())?;
    let begun = Instant::now();
    loop {
        if let Some(status) = running.try_wait()? {
            return Ok(Some(status.success()));
        }
        if begun.elapsed() > patience {
            running.kill()?;
            running.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(if begun.elapsed() < Duration::from_secs(1) { 5 } else { 50 }));
    }
}

/// Runs every test by itself and writes down which mutants it comes by.
pub fn survey(binaries: &[TestBinary], folder: &Path) -> Result<Vec<Test>> {
    let mut names = Vec::new();
    for (at, binary) in binaries.iter().enumerate() {
        let listed = Command::new(&binary.path).args(["--list", "--format", "terse"]).current_dir(folder).output()?;
        let listed = String::from_utf8(listed.stdout)?;
        names.extend(listed.lines().filter_map(|line| line.strip_suffix(": test")).map(|name| (at, name.to_owned())));
    }
    let tests = in_parallel(&names, |number, (binary, name)| -> Result<Option<Test>> {
        let met = folder.with_extension(format!("met-{number}"));
        let _ = fs::remove_file(&met);
        let begun = Instant::now();
        let set = ("MUTANTS_MET", met.to_str().context("a path in UTF-8")?);
        let passed = passes(&binaries[*binary], folder, &[name], set, Duration::from_secs(600))?;
        let meets = fs::read_to_string(&met).unwrap_or_default().lines().filter_map(|id| id.parse().ok()).collect();
        let _ = fs::remove_file(&met);
        if passed != Some(true) {
            println!("mutation: left out, because it fails without any mutant: {name} of {}", binaries[*binary].name);
            return Ok(None);
        }
        Ok(Some(Test { binary: *binary, name: name.clone(), took: begun.elapsed(), meets }))
    });
    let mut tests: Vec<Test> = tests.into_iter().filter_map(Result::transpose).collect::<Result<_>>()?;
    tests.sort_by_key(|test| test.took);
    Ok(tests)
}

/// Switches one mutant on and runs the tests that come by it, the quick ones first.
pub fn try_one(id: usize, tests: &[Test], binaries: &[TestBinary], folder: &Path) -> Result<Fate> {
    let meeting: Vec<&Test> = tests.iter().filter(|test| test.meets.contains(&id)).collect();
    if meeting.is_empty() {
        return Ok(Fate::NotMet);
    }
    // Some rule is met by every test of the program: the quickest ones must do.
    let mut spent = Duration::ZERO;
    let enough = meeting.iter().take_while(|test| {
        spent += test.took;
        spent <= patience_for_one()
    });
    let mut rest = &meeting[..enough.count().max(1)];
    let mut length = 4;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(length.min(rest.len()));
        rest = later;
        length = (length * 2).min(32);
        for (at, binary) in binaries.iter().enumerate() {
            let of_it: Vec<&&Test> = now.iter().filter(|test| test.binary == at).collect();
            if of_it.is_empty() {
                continue;
            }
            let names: Vec<&str> = of_it.iter().map(|test| test.name.as_str()).collect();
            let patience = Duration::from_secs(20) + of_it.iter().map(|test| test.took).sum::<Duration>() * 8;
            match passes(binary, folder, &names, ("MUTANT", &id.to_string()), patience)? {
                Some(true) => {}
                Some(false) => return Ok(Fate::Caught(format!("{} of {}", names.join(" or "), binary.name))),
                None => return Ok(Fate::Caught(format!("one that never ends: {}", names.join(" or ")))),
            }
        }
    }
    Ok(Fate::Survived)
}
