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

use anyhow::{Context, Result, ensure};
use mutants::Mutant;
use running::Fate;
use serde::Deserialize;

/// Mutants that no test can notice or that nobody needs to notice, each with its reason.
#[derive(Deserialize, Default)]
struct Accepted {
    #[serde(default)]
    accepted: BTreeMap<String, String>,
}

/// Which mutants are tried.
enum Only {
    All,
    /// Those whose name has this.
    With(String),
    /// Those with these names, as a run writes down what it left open.
    Listed(BTreeSet<String>),
}

impl Only {
    /// As `MUTATION_ONLY` says.
    fn asked(repository: &Path) -> Result<Self> {
        let asked = std::env::var("MUTATION_ONLY").unwrap_or_default();
        let list = repository.join(&asked);
        Ok(match asked {
            nothing if nothing.is_empty() => Self::All,
            _ if list.is_file() => Self::Listed(fs::read_to_string(list)?.lines().map(str::to_owned).collect()),
            text => Self::With(text),
        })
    }

    fn has(&self, mutant: &Mutant) -> bool {
        match self {
            Self::All => true,
            Self::With(text) => mutant.name.contains(text),
            Self::Listed(list) => list.contains(&mutant.name),
        }
    }
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let repository = words.next().context("mutation REPOSITORY SUITE...")?;
    let repository = Path::new(&repository).canonicalize()?;
    let suites: Vec<String> = words.collect();
    let folder = repository.join("mutation/target/woven");

    let only = Only::asked(&repository)?;
    let mutants = mutants::list(&repository)?;
    println!("mutation: {} mutants", mutants.len());
    let woven = building::weave_all(&repository, &folder, &mutants)?;
    println!("mutation: {} woven in, {} refused by the compiler", woven.alive.len(), woven.refused.len());
    let binaries = building::build_tests(&woven.folder, &suites)?;
    let tests = running::survey(&binaries, &woven.folder)?;
    println!("mutation: {} tests", tests.len());

    let chosen: Vec<usize> = woven.alive.iter().copied().filter(|id| only.has(&mutants[*id])).collect();
    let done = AtomicUsize::new(0);
    let fates = running::in_parallel(&chosen, |_, id| {
        let fate = running::try_one(*id, &tests, &binaries, &woven.folder);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if !matches!(fate, Ok(Fate::Caught(_))) {
            println!("mutation: {done} of {}: {fate:?}: {}", chosen.len(), mutants[*id]);
        } else if done.is_multiple_of(100) {
            println!("mutation: {done} of {}", chosen.len());
        }
        fate
    });
    let fates: Vec<Fate> = fates.into_iter().collect::<Result<_>>()?;

    let known = fs::read_to_string(repository.join("mutation/accepted.toml")).unwrap_or_default();
    let Accepted { accepted } = toml::from_str(&known)?;
    let mut used = BTreeSet::new();
    let (mut noticed, mut explained, mut open) = (Vec::new(), 0, Vec::new());
    println!("\nmutation: what no test noticed");
    for (id, fate) in chosen.iter().zip(&fates) {
        let mutant = &mutants[*id];
        match fate {
            Fate::Caught(by) => noticed.push(format!("{mutant}: {by}\n")),
            _ if accepted.contains_key(&mutant.name) => {
                explained += 1;
                used.insert(mutant.name.as_str());
            }
            fate => {
                println!("  {mutant}{}", if *fate == Fate::NotMet { ": no test comes by" } else { "" });
                open.push(format!("{}\n", mutant.name));
            }
        }
    }
    let percent =
        |part: usize| format!("{}.{} %", part * 100 / fates.len().max(1), part * 1000 / fates.len().max(1) % 10);
    println!(
        "mutation: {} of {} noticed ({}), {explained} more explained in mutation/accepted.toml ({}), {} open",
        noticed.len(),
        fates.len(),
        percent(noticed.len()),
        percent(noticed.len() + explained),
        open.len(),
    );
    fs::write(repository.join("mutation/target/noticed"), noticed.concat())?;
    fs::write(repository.join("mutation/target/open"), open.concat())?;
    let stale: Vec<&str> = accepted.keys().map(String::as_str).filter(|name| !used.contains(name)).collect();
    ensure!(
        stale.is_empty() || !matches!(only, Only::All),
        "mutation/accepted.toml explains what is noticed or gone:\n  {}",
        stale.join("\n  ")
    );
    Ok(())
}
