//! A copy of the repository with every mutant woven in that the compiler takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::mutants::Mutant;
use crate::weaving;

const SWITCH: &str = include_str!("mutating.rs.txt");

pub struct Woven {
    pub folder: PathBuf,
    /// The mutants that can be switched on.
    pub alive: BTreeSet<usize>,
    /// Those that do not compile, by themselves or as a choice at run time (a constant).
    pub refused: BTreeSet<usize>,
}

/// A binary of tests: the library's own, or a file of `tests`.
pub struct TestBinary {
    pub name: String,
    pub path: PathBuf,
}

pub fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", folder.with_extension("target"));
    cargo
}

/// What git keeps, with what is not committed yet.
fn copy(repository: &Path, folder: &Path) -> Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository)
        .output()?;
    ensure!(listed.status.success(), "git ls-files failed");
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for name in
        String::from_utf8(listed.stdout)?.split('\0').filter(|name| !name.is_empty() && !name.starts_with("mutation/"))
    {
        let (from, to) = (repository.join(name), folder.join(name));
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
            fs::copy(from, to)?;
        }
    }
    // The copy lies in the folder of this package, and belongs to no workspace.
    let package = folder.join("Cargo.toml");
    fs::write(&package, format!("{}\n[workspace]\n", fs::read_to_string(&package)?))?;
    let library = folder.join("src/lib.rs");
    let text = fs::read_to_string(&library)?;
    fs::write(&library, format!("{text}\npub mod mutating;\n"))?;
    fs::write(folder.join("src/mutating.rs"), SWITCH)?;
    Ok(())
}

pub fn weave_all(repository: &Path, folder: &Path, mutants: &[Mutant]) -> Result<Woven> {
    copy(repository, folder)?;
    let files: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    let mut refused = BTreeSet::new();
    loop {
        let mut alive = BTreeSet::new();
        let mut texts = BTreeMap::new();
        for file in &files {
            let (woven, found) = weaving::weave(&fs::read_to_string(repository.join(file))?, file, mutants, &refused)?;
            fs::write(folder.join(file), &woven)?;
            alive.extend(found);
            texts.insert(*file, woven);
        }
        let newly = refused_by_compiler(folder, &texts)?;
        if newly.is_empty() {
            return Ok(Woven { folder: folder.to_owned(), alive, refused });
        }
        println!(
            "mutation: {} do not compile, {} are left",
            newly.len(),
            alive.len() - newly.intersection(&alive).count()
        );
        ensure!(newly.iter().any(|id| !refused.contains(id)), "the compiler refuses what is left out already");
        refused.extend(newly);
    }
}

fn refused_by_compiler(folder: &Path, texts: &BTreeMap<&str, String>) -> Result<BTreeSet<usize>> {
    let checked =
        cargo(folder).args(["check", "--lib", "--locked", "--message-format=json"]).stderr(Stdio::null()).output()?;
    let mut refused = BTreeSet::new();
    let mut unknown = Vec::new();
    for line in String::from_utf8(checked.stdout)?.lines() {
        let message: Value = serde_json::from_str(line)?;
        let message = &message["message"];
        if message["level"] != "error" {
            continue;
        }
        let mut spans: Vec<&Value> = message["spans"].as_array().into_iter().flatten().collect();
        spans.sort_by_key(|span| span["is_primary"] != true);
        let owners = spans.iter().find_map(|span| {
            let text = texts.get(span["file_name"].as_str()?)?;
            let owners = weaving::owners(text, usize::try_from(span["byte_start"].as_u64()?).ok()?);
            (!owners.is_empty()).then_some(owners)
        });
        match owners {
            Some(owners) => refused.extend(owners),
            None if spans.is_empty() => {}
            None => unknown.push(message["rendered"].to_string()),
        }
    }
    if refused.is_empty() && !checked.status.success() {
        bail!("the woven sources do not compile: {}", unknown.join("\n"));
    }
    Ok(refused)
}

/// The binaries of these tests (`lib`, or a name in `tests`), built.
pub fn build_tests(folder: &Path, suites: &[String]) -> Result<Vec<TestBinary>> {
    let mut command = cargo(folder);
    command.args(["test", "--no-run", "--locked", "--message-format=json"]);
    for suite in suites {
        match suite.as_str() {
            "lib" => command.arg("--lib"),
            name => command.args(["--test", name]),
        };
    }
    let built = command.stderr(Stdio::inherit()).output()?;
    ensure!(built.status.success(), "the tests could not be built");
    let mut binaries = Vec::new();
    for line in String::from_utf8(built.stdout)?.lines() {
        let message: Value = serde_json::from_str(line)?;
        let kind = message["target"]["kind"][0].as_str().unwrap_or_default();
        if let (Some(path), true) = (message["executable"].as_str(), message["profile"]["test"] == true) {
            let name = if kind == "lib" { "lib" } else { message["target"]["name"].as_str().unwrap_or_default() };
            if suites.iter().any(|suite| suite == name) {
                binaries.push(TestBinary { name: name.to_owned(), path: path.into() });
            }
        }
    }
    binaries.sort_by_key(|binary| suites.iter().position(|suite| *suite == binary.name));
    Ok(binaries)
}
