//! One workspace for all cases, made once and copied for each; its passphrases cost nothing to hash.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use chrono::{Days, Local};
use stopgap::ops::init::init;
use stopgap::ops::world::Passphrases;
use stopgap::ops::{Now, World};
use tempfile::TempDir;

use crate::case::{Case, Outcome};
use crate::fixture::{KNOWN, new_workspace};

pub struct Stage {
    folder: TempDir,
}

impl Stage {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let passphrases = folder.path().join("passphrases");
        fs::create_dir(&passphrases).expect("makes");
        for name in ["anna", "malik"] {
            let passphrase = KNOWN.ask(name).expect("knows").expect("everybody's");
            fs::write(passphrases.join(name), passphrase.as_bytes()).expect("writes");
        }
        let world = World { now: Now::from_system_clock(), passphrases: &KNOWN, say: &|_| {} };
        init(&world, &folder.path().join("workspace"), &new_workspace()).expect("a workspace");
        Self { folder }
    }

    pub fn play(&self, case: &Case, language: &str) -> Outcome {
        let place = tempfile::tempdir().expect("a folder");
        copy_folder(self.folder.path(), place.path());
        for file in &case.files {
            // `NAME+` adds to a file of the workspace.
            let bytes = match file.name.strip_suffix('+') {
                Some(name) => [fs::read(place.path().join(name)).expect("reads"), file.bytes()].concat(),
                None => file.bytes(),
            };
            let name = place.path().join(file.name.trim_end_matches('+'));
            fs::write(name, bytes).expect("writes");
        }
        let mut outcome = None;
        for command in &case.commands {
            outcome = Some(run(command, place.path(), language));
        }
        outcome.expect("a case runs something")
    }
}

fn run(line: &str, place: &Path, language: &str) -> Outcome {
    let line = if line.contains("DIGEST") { line.replace("DIGEST", &digest(place)) } else { line.to_owned() };
    let words = words(&line);
    let (program, arguments) = words.split_first().expect("a command");
    let program = if program == "stopgap" { env!("CARGO_BIN_EXE_stopgap") } else { program };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(place)
        .env_remove("STOPGAP_OPERATOR")
        .env("STOPGAP_LANG", language)
        .env("STOPGAP_WORKSPACE", "workspace")
        .env("STOPGAP_PASSPHRASE_DIR", "passphrases")
        .env("STOPGAP_ANCHOR_DIR", place.join("anchors"))
        .output()
        .expect("runs");
    let mut text = String::from_utf8(output.stdout).expect("UTF-8");
    for line in String::from_utf8(output.stderr).expect("UTF-8").lines() {
        text += &format!("2| {line}\n");
    }
    Outcome {
        language: language.to_owned(),
        exit: output.status.code().unwrap_or(-1),
        text: without_references(without_today(text)),
    }
}

/// Of the batch that was prepared, which is another one each time.
fn digest(place: &Path) -> String {
    let shown = run("stopgap batch show B0001 --operator malik --json", place, "en").text;
    let document = shown.lines().find(|line| line.starts_with('{')).expect("a document");
    let shown: serde_json::Value = serde_json::from_str(document).expect("JSON");
    shown["digest"].as_str().expect("a digest").to_owned()
}

/// Days around today change with the day on which the gallery is looked at.
fn without_today(mut text: String) -> String {
    let today = Local::now().date_naive();
    for days in 0..15 {
        for day in [today.checked_add_days(Days::new(days)), today.checked_sub_days(Days::new(days))] {
            text = day.map_or(text.clone(), |day| text.replace(&day.to_string(), "[a day near today]"));
        }
    }
    text
}

/// References of payments and the marks of work sheets are other ones in each workspace.
fn without_references(text: String) -> String {
    let word = |c: char| c.is_ascii_alphanumeric();
    let mut shown = String::new();
    for part in text.split_inclusive(|c| !word(c)) {
        let reference = part.trim_end_matches(|c| !word(c));
        let rest = &part[reference.len()..];
        let is_base32 = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        match reference.len() {
            27 if reference.chars().all(is_base32) && !reference.chars().all(|c| c.is_ascii_digit()) => {
                shown += "[a reference]";
            }
            4 if shown.ends_with("-S1-") => shown += "[mark]",
            _ => shown += reference,
        }
        shown += rest;
    }
    shown
}

/// Parted at spaces, except inside quotation marks.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            let mode = entry.metadata().expect("a folder").permissions().mode();
            DirBuilder::new().mode(mode & 0o777).create(&target).expect("makes");
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copies");
        }
    }
}
