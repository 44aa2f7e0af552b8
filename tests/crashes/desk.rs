//! A workspace that is cheap to make and to copy: its passphrases are hashed with next to no work, so that a case takes a fraction of a
//! second. Everything after its making is done by the finished program.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use stopgap::ops::anchors::record::{Anchor, PLACE_NOTE, PlaceNote};
use stopgap::ops::init::init;
use stopgap::ops::world::Passphrases;
use stopgap::ops::{Now, World};
use tempfile::TempDir;

use crate::fixture::{KNOWN, new_workspace};

pub struct Desk {
    folder: TempDir,
    /// A call that the file system below this desk does not know, as strace's `inject` says it.
    without: Option<&'static str>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// `None` where it was killed.
    pub code: Option<i32>,
    pub killed: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The one JSON document on stdout, where there is one.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.stdout).ok()
    }

    pub fn error(&self, field: &str) -> String {
        self.json().and_then(|json| json["error"][field].as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// In a line, for a finding.
    pub fn said(&self) -> String {
        format!("exit {:?}: {} {}", self.code, self.stdout.trim(), self.stderr.trim())
    }

    /// The JSON of a command that is part of setting the stage.
    pub fn expected(self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.said());
        self.json().unwrap_or_default()
    }
}

impl Desk {
    /// Passphrases and lists, and no workspace.
    pub fn bare() -> Self {
        let desk = Self { folder: temporary_folder(), without: None };
        fs::create_dir(desk.path("passphrases")).expect("makes");
        for name in ["anna", "malik"] {
            let passphrase = KNOWN.ask(name).expect("knows").expect("everybody's");
            desk.write(&format!("passphrases/{name}"), passphrase.as_bytes());
        }
        desk
    }

    /// An empty workspace of anna and malik; two payments make a bank file, so that a batch has several.
    pub fn new() -> Self {
        let desk = Self::bare();
        let world = World { now: Now::from_system_clock(), passphrases: &KNOWN, say: &|_| {} };
        init(&world, &desk.workspace(), &new_workspace()).expect("a workspace");
        let settings = desk.workspace().join("stopgap.toml");
        let text = fs::read_to_string(&settings).expect("reads");
        fs::write(&settings, text.replace("max_payments = 1000", "max_payments = 2")).expect("writes");
        desk
    }

    /// The same folder again, modes included.
    pub fn copy(&self) -> Self {
        let copy = Self { folder: temporary_folder(), without: self.without };
        copy_folder(self.folder.path(), copy.folder.path());
        copy.settle_in();
        copy
    }

    /// A desk whose folder holds these files, by their paths in this one's.
    pub fn with_files(&self, files: &BTreeMap<PathBuf, Option<Vec<u8>>>) -> Self {
        let desk = Self { folder: temporary_folder(), without: self.without };
        // They name the folder in which they were recorded: the shortest of the paths.
        let root = files.keys().min_by_key(|path| path.as_os_str().len()).expect("a folder");
        for (path, content) in files {
            let place = desk.folder.path().join(path.strip_prefix(root).expect("below"));
            match content {
                None => DirBuilder::new().recursive(true).mode(0o700).create(&place).expect("makes"),
                Some(content) => {
                    fs::write(&place, content).expect("writes");
                    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).expect("closes");
                }
            }
        }
        desk.settle_in();
        desk
    }

    /// Has what is known of the ledger's place name this desk's folders, as if it had been made here: the program would call it a copy.
    fn settle_in(&self) {
        let Ok(root) = self.folder.path().canonicalize() else { return };
        let here = |there: &Path| root.join(there.file_name().expect("a folder's name"));
        for_each_file(&self.path("anchors"), &mut |_, path| {
            if let Some(mut anchor) = Anchor::from_bytes(&fs::read(path).expect("reads")) {
                anchor.place.folder = here(&anchor.place.folder);
                fs::write(path, anchor.to_bytes()).expect("writes");
            }
        });
        for entry in fs::read_dir(&root).expect("a folder").flatten() {
            let folder = entry.path();
            if let Ok(Some(mut note)) = PlaceNote::read(&folder) {
                note.place.folder = here(&note.place.folder);
                fs::write(folder.join(PLACE_NOTE), note.to_bytes()).expect("writes");
            }
        }
    }

    pub fn without(self, call: &'static str) -> Self {
        Self { without: Some(call), ..self }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// The ledger's folder, where the workspace is a copy of it.
    pub fn original(&self) -> PathBuf {
        self.path("original")
    }

    /// Makes the workspace a copy of a ledger that lies elsewhere.
    pub fn lead_astray(self) -> Self {
        fs::rename(self.workspace(), self.original()).expect("moves");
        // It is written to there once, so that it is at home.
        self.run(&["copies", "end", "--all", "--operator", "anna", "--workspace", "original"]).expected();
        DirBuilder::new().mode(0o700).create(self.workspace()).expect("makes");
        copy_folder(&self.original(), &self.workspace());
        self
    }

    pub fn copy_of_the_workspace(&self) -> TempDir {
        let copy = temporary_folder();
        copy_folder(&self.workspace(), copy.path());
        copy
    }

    /// The copy in the workspace's place.
    pub fn put_back(&self, copy: &TempDir) {
        fs::remove_dir_all(self.workspace()).expect("removes");
        DirBuilder::new().mode(0o700).create(self.workspace()).expect("makes");
        copy_folder(copy.path(), &self.workspace());
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("writes");
    }

    /// Runs the program with `--json`.
    pub fn run(&self, arguments: &[impl AsRef<str>]) -> Ran {
        match self.without {
            Some(_) => self.run_traced("none", None, arguments),
            None => self.finish(Command::new(env!("CARGO_BIN_EXE_stopgap")), arguments),
        }
    }

    /// Runs the program under strace, which writes the named calls to [`Desk::trace`] and does to them what `rule` says. strace touches only
    /// calls that it also writes down.
    pub fn run_traced(&self, calls: &str, rule: Option<&str>, arguments: &[impl AsRef<str>]) -> Ran {
        let mut strace = Command::new("strace");
        strace.args(["--follow-forks", "--quiet=all", "--decode-fds=path", "--string-limit=0", "--output"]);
        strace.arg(self.path("trace"));
        let missing_call = self.without.and_then(|rule| rule.split_once(':')).map(|(call, _)| call);
        let calls: Vec<&str> = std::iter::once(calls).filter(|calls| *calls != "none").chain(missing_call).collect();
        strace.arg(format!("--trace={}", calls.join(",")));
        strace.args(self.without.iter().chain(&rule).map(|rule| format!("--inject={rule}")));
        strace.arg(env!("CARGO_BIN_EXE_stopgap"));
        self.finish(strace, arguments)
    }

    /// Runs the program and gives every one of these calls, with all that was written.
    pub fn record(&self, calls: &str, arguments: &[impl AsRef<str>], answer: i32) -> String {
        let mut strace = Command::new("strace");
        strace.args(["--follow-forks", "--quiet=all", "--strings-in-hex=all", "--string-limit=100000000", "--output"]);
        strace.arg(self.path("trace")).arg(format!("--trace={calls}")).arg(env!("CARGO_BIN_EXE_stopgap"));
        let ran = self.finish(strace, arguments);
        assert_eq!(ran.code, Some(answer), "{}", ran.said());
        self.trace()
    }

    pub fn trace(&self) -> String {
        fs::read_to_string(self.path("trace")).unwrap_or_default()
    }

    /// Runs the program and kills it after a while, if it has not ended by then.
    pub fn run_until(&self, arguments: &[impl AsRef<str>], killed_after: Option<Duration>) -> Ran {
        let Some(killed_after) = killed_after else { return self.run(arguments) };
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopgap"));
        self.settle(&mut command, arguments);
        let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        std::thread::sleep(killed_after);
        let _ = running.kill();
        ran(running.wait_with_output().expect("ends"))
    }

    fn finish(&self, mut command: Command, arguments: &[impl AsRef<str>]) -> Ran {
        self.settle(&mut command, arguments);
        ran(command.output().expect("runs"))
    }

    fn settle(&self, command: &mut Command, arguments: &[impl AsRef<str>]) {
        command
            .args(arguments.iter().map(AsRef::as_ref))
            .arg("--json")
            .current_dir(self.folder.path())
            .env_remove("STOPGAP_OPERATOR")
            .env_remove("STOPGAP_KEYS")
            .env("STOPGAP_ANCHOR_DIR", self.path("anchors"))
            .env("STOPGAP_WORKSPACE", self.workspace())
            .env("STOPGAP_PASSPHRASE_DIR", "passphrases")
            .stdin(Stdio::null());
    }

    /// Ends every copy by its number, as those do who have uploaded and printed what they hold.
    pub fn end_every_copy(&self) {
        let list = self.run(&["copies", "list", "--operator", "anna"]).json().unwrap_or_default();
        let copies = list["copies"].as_array().expect("copies").iter();
        let ids: Vec<&str> = copies.map(|copy| copy["copy"].as_str().expect("an id")).collect();
        self.run(&[&["copies", "end", "--operator", "anna"], &ids[..]].concat()).expected();
    }

    pub fn prepare(&self, list: &str) -> Ran {
        self.run(&prepare(list))
    }

    /// malik looks at the batch and approves what he was shown.
    pub fn approve(&self, batch: &str) -> Ran {
        let shown = self.run(&["batch", "show", batch, "--operator", "malik"]);
        match shown.json().as_ref().and_then(|shown| shown["digest"].as_str()) {
            Some(digest) => self.run(&approve(batch, digest)),
            None => shown,
        }
    }

    pub fn release(&self, batch: &str) -> Ran {
        self.run(&release(batch))
    }

    /// Every file of the workspace with its content.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        for_each_file(&self.workspace(), &mut |_, path| {
            files.insert(path.to_owned(), fs::read(path).expect("reads"));
        });
        files
    }

    /// Every batch and its state, in order; or what was said instead.
    pub fn batches(&self) -> Result<Vec<(String, String)>, String> {
        let listed = self.run(&["batch", "list"]);
        let Some(Value::Array(batches)) = listed.json().filter(|_| listed.code == Some(0)) else {
            return Err(listed.said());
        };
        let field = |batch: &Value, name: &str| batch[name].as_str().unwrap_or_default().to_owned();
        Ok(batches.iter().map(|batch| (field(batch, "batch"), field(batch, "state"))).collect())
    }
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let killed = output.status.signal() == Some(9);
    Ran { code: output.status.code(), killed, stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub fn prepare(list: &str) -> Vec<String> {
    owned(&["prepare", list, "--operator", "anna", "--pay-on", PAY_ON])
}

pub fn approve(batch: &str, digest: &str) -> Vec<String> {
    owned(&["approve", batch, "--operator", "malik", "--digest", digest])
}

pub fn release(batch: &str) -> Vec<String> {
    owned(&["release", batch, "--operator", "anna"])
}

pub fn cancel(batch: &str) -> Vec<String> {
    owned(&["batch", "cancel", batch, "--operator", "anna"])
}

pub fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}

/// A bank day in every country here that stays in the future.
const PAY_ON: &str = "2099-03-02";

/// In memory where the system offers it: a killed process leaves the same behind there, sooner.
fn temporary_folder() -> TempDir {
    let in_memory = Path::new("/dev/shm");
    let made = if in_memory.is_dir() { tempfile::tempdir_in(in_memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Every file below the folder, with its name; none where there is no folder.
pub fn for_each_file(folder: &Path, visit: &mut dyn FnMut(&str, &Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        if path.is_dir() { for_each_file(&path, visit) } else { visit(&name, &path) }
    }
}

/// Folders and files with their modes.
fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let about = entry.metadata().expect("is there");
        if about.is_dir() {
            DirBuilder::new().mode(about.mode() & 0o777).create(&to).expect("makes");
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copies");
        }
    }
}
