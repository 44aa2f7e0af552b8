//! What a recorded run did to its disk: strace's lines as a list of changes, each file under the name that it had then.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use super::change::{Change, FileNumber};

/// What strace must write down, every string whole and in hexadecimal.
pub const CALLS: &str = "open,openat,creat,close,lseek,read,write,writev,pwrite64,pwritev,ftruncate,truncate,fallocate,fsync,fdatasync,syncfs,rename,\
                         renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,copy_file_range,sendfile";

/// Reads a trace of a command that ran in `root`. Only what lies below it counts.
///
/// # Errors
/// A call that changes a file in a way that this reading does not know: states rebuilt without it would be wrong.
pub fn changes(trace: &str, root: &Path) -> Result<Vec<Change>, String> {
    let mut reading = Reading { root, open: HashMap::new(), folders: BTreeSet::new(), files: 0, changes: Vec::new() };
    let mut unfinished: HashMap<&str, String> = HashMap::new();
    for line in trace.lines() {
        let (process, call) = line.split_once(' ').unwrap_or(("", line));
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix("<unfinished ...>") {
            unfinished.insert(process, begun.trim_end().to_owned());
        } else if let Some((_, rest)) = call.strip_prefix("<... ").and_then(|call| call.split_once(" resumed>")) {
            let begun = unfinished.remove(process).unwrap_or_default();
            reading.call(&(begun + rest))?;
        } else {
            reading.call(call)?;
        }
    }
    Ok(reading.changes)
}

struct Reading<'a> {
    root: &'a Path,
    open: HashMap<i64, Opened>,
    /// Folders that were made: some have another name by the end.
    folders: BTreeSet<PathBuf>,
    files: usize,
    changes: Vec<Change>,
}

struct Opened {
    path: PathBuf,
    /// `None` for a folder and for what lies elsewhere.
    file: Option<FileNumber>,
    at: usize,
    appends: bool,
}

impl Reading<'_> {
    fn call(&mut self, line: &str) -> Result<(), String> {
        let Some((name, rest)) = line.split_once('(') else { return Ok(()) };
        let Some((arguments, result)) = rest.rsplit_once(" = ") else { return Ok(()) };
        let result: i64 = result.split_whitespace().next().and_then(|result| result.parse().ok()).unwrap_or(-1);
        if result < 0 {
            return Ok(());
        }
        let arguments: Vec<&str> = arguments.trim_end().trim_end_matches(')').split(", ").collect();
        let number = |at: usize| arguments.get(at).and_then(|number| number.parse::<i64>().ok()).unwrap_or(-1);
        match name {
            "open" | "creat" => self.opened(self.path(arguments[0]), arguments.get(1).unwrap_or(&"O_CREAT"), result),
            "openat" => self.opened(self.at(arguments[0], arguments[1]), arguments[2], result),
            "close" => drop(self.open.remove(&number(0))),
            "lseek" => {
                if let Some(opened) = self.open.get_mut(&number(0)) {
                    opened.at = result as usize;
                }
            }
            "read" => {
                if let Some(opened) = self.open.get_mut(&number(0)) {
                    opened.at += result as usize;
                }
            }
            "write" | "pwrite64" => {
                let place = (name == "pwrite64").then(|| number(3) as usize);
                let mut bytes = bytes(arguments[1]);
                bytes.truncate(result as usize);
                self.written(number(0), place, bytes);
            }
            "ftruncate" => {
                if let Some(file) = self.file(number(0)) {
                    self.changes.push(Change::Cut { file, length: number(1) as usize });
                }
            }
            "fsync" | "fdatasync" => self.synced(number(0)),
            "syncfs" => self.changes.push(Change::SyncAll),
            "rename" => self.renamed(self.path(arguments[0]), self.path(arguments[1])),
            "renameat" | "renameat2" => {
                self.renamed(self.at(arguments[0], arguments[1]), self.at(arguments[2], arguments[3]));
            }
            "link" => self.linked(self.path(arguments[0]), self.path(arguments[1])),
            "linkat" => self.linked(self.at(arguments[0], arguments[1]), self.at(arguments[2], arguments[3])),
            "unlink" | "rmdir" => self.push(self.path(arguments[0]), Change::Remove),
            "unlinkat" => self.push(self.at(arguments[0], arguments[1]), Change::Remove),
            "mkdir" => self.made(self.path(arguments[0])),
            "mkdirat" => self.made(self.at(arguments[0], arguments[1])),
            _ if self.file(number(0)).is_none() && self.file(number(1)).is_none() => {}
            other => return Err(format!("the call {other} is not understood")),
        }
        Ok(())
    }

    fn opened(&mut self, path: Option<PathBuf>, flags: &str, descriptor: i64) {
        let Some(path) = path else { return };
        let is_file = !flags.contains("O_DIRECTORY") && !path.is_dir() && !self.folders.contains(&path);
        let file = is_file.then(|| {
            self.files += 1;
            self.files
        });
        if let Some(file) = file {
            let truncate = flags.contains("O_TRUNC");
            self.changes.push(Change::Open { path: path.clone(), file, truncate });
        }
        self.open.insert(descriptor, Opened { path, file, at: 0, appends: flags.contains("O_APPEND") });
    }

    fn written(&mut self, descriptor: i64, place: Option<usize>, bytes: Vec<u8>) {
        let Some(Opened { file: Some(file), at, appends, .. }) = self.open.get_mut(&descriptor) else { return };
        assert!(!*appends, "appending is not understood");
        let start = place.unwrap_or(*at);
        if place.is_none() {
            *at += bytes.len();
        }
        self.changes.push(Change::Write { file: *file, at: start, bytes });
    }

    fn synced(&mut self, descriptor: i64) {
        match self.open.get(&descriptor) {
            Some(Opened { file: Some(file), .. }) => self.changes.push(Change::SyncFile(*file)),
            Some(Opened { path, .. }) => self.changes.push(Change::SyncFolder(path.clone())),
            None => {}
        }
    }

    fn renamed(&mut self, from: Option<PathBuf>, to: Option<PathBuf>) {
        if let (Some(from), Some(to)) = (from, to) {
            if self.folders.contains(&from) {
                self.folders.insert(to.clone());
            }
            self.changes.push(Change::Rename { from, to });
        }
    }

    fn linked(&mut self, from: Option<PathBuf>, to: Option<PathBuf>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.changes.push(Change::Link { from, to });
        }
    }

    fn made(&mut self, path: Option<PathBuf>) {
        self.folders.extend(path.clone());
        self.push(path, Change::MakeFolder);
    }

    fn push(&mut self, path: Option<PathBuf>, change: impl FnOnce(PathBuf) -> Change) {
        self.changes.extend(path.map(change));
    }

    fn file(&self, descriptor: i64) -> Option<FileNumber> {
        self.open.get(&descriptor).and_then(|opened| opened.file)
    }

    /// The path if it lies below the root.
    fn path(&self, quoted: &str) -> Option<PathBuf> {
        self.below(self.root.join(text(quoted)))
    }

    fn at(&self, folder: &str, quoted: &str) -> Option<PathBuf> {
        let folder = folder.parse().ok().and_then(|descriptor: i64| self.open.get(&descriptor));
        let folder = folder.map_or(self.root, |opened| opened.path.as_path());
        self.below(folder.join(text(quoted)))
    }

    fn below(&self, path: PathBuf) -> Option<PathBuf> {
        let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        plain.starts_with(self.root).then_some(plain)
    }
}

fn text(quoted: &str) -> String {
    String::from_utf8_lossy(&bytes(quoted)).into_owned()
}

/// `"\x2f\x61"` as bytes.
fn bytes(quoted: &str) -> Vec<u8> {
    let digits: Vec<u8> = quoted.bytes().filter(u8::is_ascii_hexdigit).collect();
    data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).expect("whole bytes in hexadecimal")
}

#[test]
fn a_trace_is_read_as_what_was_done() {
    let hex = |text: &str| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    let trace = format!(
        "7 openat(AT_FDCWD, \"{}\", O_RDWR|O_CREAT, 0600) = 3\n7 write(3, \"{}\", 2) = 2\n7 write(3, \"{}\", 1) = 1\n\
         7 fsync(3 <unfinished ...>\n8 openat(AT_FDCWD, \"{}\", O_RDONLY) = -1 ENOENT (No such file)\n7 <... fsync resumed>) = 0\n\
         7 rename(\"{}\", \"{}\") = 0\n7 unlink(\"{}\") = 0\n",
        hex("/r/a"),
        hex("xy"),
        hex("z"),
        hex("/r/none"),
        hex("a"),
        hex("b"),
        hex("/elsewhere")
    );
    let found = changes(&trace, Path::new("/r")).expect("is understood");
    let expected = [
        Change::Open { path: "/r/a".into(), file: 1, truncate: false },
        Change::Write { file: 1, at: 0, bytes: b"xy".into() },
        Change::Write { file: 1, at: 2, bytes: b"z".into() },
        Change::SyncFile(1),
        Change::Rename { from: "/r/a".into(), to: "/r/b".into() },
    ];
    assert_eq!(found, expected);
}
