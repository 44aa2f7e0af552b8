//! A workspace in a folder of its own, with anna and malik, and short ways to run commands in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use stopgap::bank::profile::FileFormat;

use crate::schema::Validator;

pub struct Desk {
    folder: tempfile::TempDir,
}

/// How a command ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(mut command: Command) -> Self {
        let Output { status, stdout, stderr } = command.output().expect("runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// The one JSON document on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {:?}\n{}", self.stdout, self.stderr))
    }

    pub fn error_code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts the exit code, showing everything where it differs.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

pub const INIT: [&str; 11] = [
    "init",
    "--payer",
    "Qeqqata Kommunia",
    "--country",
    "GL",
    "--account",
    "6471-0001234567",
    "--operator",
    "anna",
    "--operator",
    "malik",
];

impl Desk {
    /// A folder with passphrases and nothing else.
    pub fn bare() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(desk.path("passphrases")).expect("makes");
        for name in ["anna", "malik", "sara", "ivik"] {
            desk.write(&format!("passphrases/{name}"), format!("{name} har en lang adgangssætning\nsecond line\n"));
        }
        desk
    }

    pub fn new() -> Self {
        let desk = Self::bare();
        desk.run(&INIT).exits(0);
        desk
    }

    /// A path beside the workspace.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).expect("writes");
        self.path(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopgap"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("STOPGAP_OPERATOR")
            .env_remove("STOPGAP_KEYS")
            .env("STOPGAP_ANCHOR_DIR", "anchors")
            .env_remove("STOPGAP_LANG")
            .env("LC_ALL", "C")
            .env("STOPGAP_WORKSPACE", "workspace")
            .env("STOPGAP_PASSPHRASE_DIR", "passphrases");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments))
    }

    /// Runs a command with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Ran {
        self.run(&[arguments, &["--json"]].concat())
    }

    pub fn prepare(&self, arguments: &[&str]) -> Ran {
        self.json(&[&["prepare", "--operator", "anna"], arguments].concat())
    }

    pub fn add_baseline(&self, list: &str, period: &str) -> Ran {
        self.json(&["baseline", "add", list, "--period", period, "--operator", "anna"])
    }

    pub fn approve(&self, batch: &str) -> Ran {
        let shown = self.json(&["batch", "show", batch, "--operator", "malik"]).exits(0).json();
        let digest = shown["digest"].as_str().expect("a digest").to_owned();
        self.json(&["approve", batch, "--operator", "malik", "--digest", &digest])
    }

    pub fn release(&self, batch: &str) -> Ran {
        self.json(&["release", batch, "--operator", "anna"])
    }

    /// Releases a batch of one file; gives its end-to-end ids by amount.
    pub fn release_by_amount(&self, batch: &str) -> BTreeMap<String, String> {
        let released = self.release(batch).exits(0).json();
        let path = self.workspace().join(released["files"][0]["path"].as_str().expect("a path"));
        let xml = fs::read_to_string(path).expect("reads");
        let between = |text: &str, from: &str, to: &str| {
            let (_, rest) = text.split_once(from).expect("there");
            rest.split_once(to).expect("closed").0.to_owned()
        };
        let payments = xml.split("<CdtTrfTxInf>").skip(1);
        payments.map(|one| (between(one, "Ccy=\"DKK\">", "<"), between(one, "<EndToEndId>", "<"))).collect()
    }

    /// Asserts that ISO's schema accepts every bank file that lies in the outbox.
    pub fn assert_files_are_valid(&self, version: FileFormat) {
        let Some(validator) = Validator::of(version) else { return };
        let files: Vec<_> =
            self.files().into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "xml")).collect();
        assert!(!files.is_empty(), "there is something to validate");
        for file in files {
            validator
                .check(&fs::read(&file).expect("reads"))
                .unwrap_or_else(|what| panic!("{}: {what}", file.display()));
        }
    }

    /// Ends every copy by its number, as those do who have printed, uploaded and sent what they hold.
    pub fn end_every_copy(&self) {
        self.end_every_copy_in("workspace");
    }

    pub fn end_every_copy_in(&self, workspace: &str) {
        let at = ["--operator", "anna", "--workspace", workspace];
        let list = self.json(&[&["copies", "list"], &at[..]].concat()).json();
        let copies = list["copies"].as_array().expect("copies").iter();
        let ids: Vec<&str> = copies.map(|copy| copy["copy"].as_str().expect("an id")).collect();
        self.json(&[&["copies", "end"], &ids[..], &at[..]].concat()).exits(0);
    }

    /// The head of the ledger, or the error that `verify` gives.
    pub fn head(&self) -> String {
        let ran = self.json(&["verify"]);
        ran.json()["head"].as_str().map_or_else(|| ran.stdout.clone(), str::to_owned)
    }

    /// Every file below the workspace.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        walk(&self.workspace(), &mut files);
        files.sort();
        files
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

/// A list of made-up people, all of whom can be paid. Day + 60: numbers that are in no register.
pub const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-04
6506751118;Aviaaja Møller;GL8964710001000206;999,95;Førtidspension;2022-04
";

/// A bank day in every country here that stays in the future.
pub const PAY_ON: &str = "2099-03-02";
