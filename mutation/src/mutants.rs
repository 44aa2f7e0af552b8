//! The mutants, as cargo-mutants lists them.

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

#[derive(Deserialize)]
struct Listed {
    file: String,
    function: Option<Function>,
    span: Span,
    genre: String,
    replacement: String,
    name: String,
}

#[derive(Deserialize)]
struct Function {
    function_name: String,
}

#[derive(Deserialize)]
struct Span {
    start: Place,
}

/// Line and column from 1, columns in characters.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// One change that some test should notice. Its number is its place in the list.
#[derive(Clone)]
pub struct Mutant {
    pub file: String,
    /// As cargo-mutants names it, without the place, so that the name outlives changes elsewhere in the file.
    pub name: String,
    pub genre: String,
    pub replacement: String,
    pub start: Place,
}

/// With its line, as it is printed.
impl fmt::Display for Mutant {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{} (line {})", self.name, self.start.line)
    }
}

/// All mutants of the files that `.cargo/mutants.toml` names.
pub fn list(repository: &Path) -> Result<Vec<Mutant>> {
    let listed = Command::new("cargo")
        .args(["mutants", "--list", "--json"])
        .current_dir(repository)
        .output()
        .context("cargo mutants cannot be run: cargo install --locked cargo-mutants")?;
    let said = String::from_utf8_lossy(&listed.stderr);
    ensure!(listed.status.success(), "cargo mutants --list failed: {said} (cargo install --locked cargo-mutants)");
    let listed: Vec<Listed> = serde_json::from_slice(&listed.stdout)?;
    Ok(listed
        .into_iter()
        .map(|one| {
            let function = one.function.map(|function| function.function_name).unwrap_or_default();
            let what = one.name.split_once(": ").map_or(one.name.as_str(), |(_, what)| what);
            let name = if what.contains(&function) { what.to_owned() } else { format!("{what} in {function}") };
            Mutant {
                name: format!("{}: {name}", one.file),
                file: one.file,
                genre: one.genre,
                replacement: one.replacement,
                start: one.span.start,
            }
        })
        .collect())
}
