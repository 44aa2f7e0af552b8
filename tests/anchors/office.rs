//! A workspace with something outside it that remembers, and short ways to work in it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use stopgap::fault::Result;
use stopgap::ops::adopt::{Adopted, Request as Adoption};
use stopgap::ops::anchors::Outside;
use stopgap::ops::prepare::Request;
use stopgap::ops::release::Released;
use stopgap::ops::{self, Now, Workspace, World};
use stopgap::payment::BatchId;
use tempfile::TempDir;

use crate::fixture::{KNOWN, new_workspace};

pub struct Office {
    folder: TempDir,
    pub machine: &'static str,
}

/// The files of a folder, by their path in it.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

pub fn world() -> World<'static> {
    let local: NaiveDateTime = "2026-11-20T22:00:00".parse().expect("a time");
    World { now: Now { unix: local.and_utc().timestamp(), local }, passphrases: &KNOWN, say: &|_| {} }
}

impl Office {
    /// A folder and nothing in it.
    pub fn bare() -> Self {
        let in_memory = Path::new("/dev/shm");
        let made = if in_memory.is_dir() { tempfile::tempdir_in(in_memory) } else { tempfile::tempdir() };
        Self { folder: made.expect("a folder"), machine: "desk" }
    }

    pub fn new() -> Self {
        let office = Self::bare();
        ops::init::init(&world(), &office.workspace(), &new_workspace()).expect("a workspace");
        office.open().expect("opens").refresh(&world()).expect("is known from here on");
        office
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    pub fn outside(&self) -> Outside {
        Outside::on_machine(vec![self.path("anchors").join(self.machine)], self.machine)
    }

    pub fn open(&self) -> Result<Workspace> {
        self.open_at("workspace")
    }

    pub fn open_at(&self, name: &str) -> Result<Workspace> {
        Workspace::open_with(&self.path(name), self.outside())
    }

    pub fn on(&self, machine: &'static str) -> OnMachine<'_> {
        OnMachine { office: self, machine }
    }

    /// A list with one obligation for each number.
    pub fn list(&self, numbers: impl IntoIterator<Item = u32>) -> PathBuf {
        let mut list = "cpr;navn;konto;beløb;ydelse;periode\n".to_owned();
        let mut name = "list".to_owned();
        for number in numbers {
            list += &format!(
                "010150{number:04};Person {number};6471-{:010};{}00,50;Alderspension;2026-11\n",
                1000 + number,
                number + 1
            );
            name += &format!("-{number}");
        }
        let path = self.path(&format!("{name}.csv"));
        fs::write(&path, list).expect("writes");
        path
    }
}

/// The same office with another machine's memory.
pub struct OnMachine<'a> {
    pub office: &'a Office,
    pub machine: &'static str,
}

impl OnMachine<'_> {
    pub fn open(&self, name: &str) -> Result<Workspace> {
        let store = self.office.path("anchors").join(self.machine);
        Workspace::open_with(&self.office.path(name), Outside::on_machine(vec![store], self.machine))
    }
}

pub fn prepare(workspace: &mut Workspace, list: &Path) -> Result<Option<BatchId>> {
    let request = Request { lists: vec![list.into()], pay_on: "2099-03-02".parse().ok(), ..Request::default() };
    let report = ops::prepare::prepare(workspace, &world(), Some("anna"), &request, false)?;
    Ok(report.batch.map(|(batch, _)| batch))
}

pub fn approve(workspace: &mut Workspace, batch: BatchId) -> Result<()> {
    let digest = workspace.state.batches[&batch].digest;
    ops::approve::approve(workspace, &world(), Some("malik"), batch, &digest).map(drop)
}

pub fn release(workspace: &mut Workspace, batch: BatchId) -> Result<Released> {
    ops::release::release(workspace, &world(), Some("anna"), batch)
}

/// Prepares, approves and releases.
pub fn pay(workspace: &mut Workspace, list: &Path) -> Result<Released> {
    let batch = prepare(workspace, list)?.expect("somebody to pay");
    approve(workspace, batch)?;
    release(workspace, batch)
}

pub fn adopt(workspace: &mut Workspace, older: bool) -> Result<Adopted> {
    let request = Adoption { second: "malik", reason: "a test", older };
    ops::adopt::adopt(workspace, &world(), Some("anna"), &request)
}

/// The code of the fault with which something ended.
pub fn code<T>(ended: Result<T>) -> &'static str {
    ended.err().map_or("done", |fault| fault.code)
}

/// What is said while `work` is done.
pub fn said<T>(work: impl FnOnce(&World) -> T) -> (T, String) {
    let said = RefCell::new(String::new());
    let say = |line: &str| said.borrow_mut().push_str(line);
    let done = work(&World { say: &say, ..world() });
    (done, said.into_inner())
}

pub fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    collect(folder, folder, &mut files);
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.insert(path.strip_prefix(root).expect("below").into(), fs::read(&path).expect("reads"));
        }
    }
}

/// Makes the folder hold exactly these files.
pub fn put_back(folder: &Path, files: &Files) {
    let _ = fs::remove_dir_all(folder);
    create(folder);
    for (name, content) in files {
        let path = folder.join(name);
        create(path.parent().expect("a folder"));
        fs::write(&path, content).expect("writes");
    }
}

fn create(folder: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).expect("makes");
}

pub fn copy(from: &Path, to: &Path) {
    put_back(to, &files(from));
}
