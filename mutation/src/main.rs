//! Does a test notice when a rule about money is changed?
//!
//! cargo-mutants thinks up the changes; to build the program and its tests for each would take more than a day. Here all are woven into one copy,
//! each behind a number, so that one build serves for all, and each is tried on the tests that come by it. `mutation/run` is the command for people.

mod building;
mod mutants;
mod running;
mod weaving;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use running::Fate;
use serde::Deserialize;

/// Mutants that no test can notice or that nobody needs to notice, each with its reason.
#[derive(Deserialize, Default)]
struct Accepted {
    #[serde(default)]
    accepted: BTreeMap<String, String>,
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let repository = words.next().context("mutation REPOSITORY SUITE...")?;
    let repository = Path::new(&repository).canonicalize()?;
    let suites: Vec<String> = words.collect();
    let folder = repository.join("mutation/target/woven");

    let only = std::env::var("MUTATION_ONLY").unwrap_or_default();
    let mutants = mutants::list(&repository)?;
    println!("mutation: {} mutants", mutants.len());
    let woven = building::weave_all(&repository, &folder, &mutants)?;
    println!("mutation: {} woven in, {} refused by the compiler", woven.alive.len(), woven.refused.len());
    let binaries = building::build_tests(&woven.folder, &suites)?;
    let tests = running::survey(&binaries, &woven.folder)?;
    println!("mutation: {} tests", tests.len());

    let chosen: Vec<usize> = woven.alive.iter().copied().filter(|id| mutants[*id].name.contains(&only)).collect();
    let done = AtomicUsize::new(0);
    let fates = running::in_parallel(&chosen, |_, id| {
        let fate = running::try_one(*id, &tests, &binaries, &woven.folder);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if !matches!(fate, Ok(Fate::Caught(_))) {
            println!(
                "mutation: {done} of {}: {fate:?}: {} (line {})",
                chosen.len(),
                mutants[*id].name,
                mutants[*id].start.line
            );
        } else if done.is_multiple_of(100) {
            println!("mutation: {done} of {}", chosen.len());
        }
        fate
    });
    let fates: Vec<Fate> = fates.into_iter().collect::<Result<_>>()?;

    let known = fs::read_to_string(repository.join("mutation/accepted.toml")).unwrap_or_default();
    let Accepted { accepted } = toml::from_str(&known)?;
    let caught = fates.iter().filter(|fate| matches!(fate, Fate::Caught(_))).count();
    let mut names = BTreeSet::new();
    let (mut explained, mut open) = (0, 0);
    println!("\nmutation: what no test noticed");
    for (id, fate) in chosen.iter().zip(&fates) {
        let mutant = &mutants[*id];
        match fate {
            Fate::Caught(_) => {}
            _ if accepted.contains_key(&mutant.name) => {
                explained += 1;
                names.insert(mutant.name.as_str());
            }
            fate => {
                open += 1;
                println!(
                    "  {} (line {}) {}",
                    mutant.name,
                    mutant.start.line,
                    if *fate == Fate::NotMet { "no test comes by" } else { "" }
                );
            }
        }
    }
    for stale in accepted.keys().filter(|name| only.is_empty() && !names.contains(name.as_str())) {
        println!("  accepted, and noticed or gone: {stale}");
    }
    let percent =
        |part: usize| format!("{}.{} %", part * 100 / fates.len().max(1), part * 1000 / fates.len().max(1) % 10);
    println!(
        "mutation: {} of {} noticed ({}), {explained} more explained in mutation/accepted.toml ({}), {open} open",
        caught,
        fates.len(),
        percent(caught),
        percent(caught + explained),
    );
    Ok(())
}
