//! Files that are no lists, handed to the finished program as one would on the day: each is refused in words, with exit 2 and a code of
//! lists, within a time limit, under a limit of address space, and without taking much memory.

mod files;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What the program may ask of the system at all.
const ADDRESS_SPACE_KIB: u64 = 512 * 1024;
/// What it may take of memory. The limit for an honest workbook of 100,000 rows is 300 MiB.
const MOST_KIB: u64 = 128 * 1024;
/// For an unoptimized program on a busy machine. A hang takes longer.
const MOST_TIME: Duration = Duration::from_secs(120);

struct Stage {
    folder: tempfile::TempDir,
}

/// How it ended, and the most memory that it was seen to take.
struct Ran {
    code: Option<i32>,
    said: String,
    peak_kib: u64,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(stage.path("passphrases")).expect("makes");
        for name in ["anna", "malik"] {
            fs::write(stage.path(&format!("passphrases/{name}")), format!("{name} har en lang adgangssætning\n"))
                .expect("writes");
        }
        let init = "init --payer Kommunia --country GL --account 6471-0001234567 --operator anna --operator malik";
        let ran = stage.command(&init.split(' ').collect::<Vec<_>>(), None).output().expect("runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Under `sh`, which sets the limit before it becomes the program.
    fn command(&self, arguments: &[&str], address_space_kib: Option<u64>) -> Command {
        let mut command = Command::new("sh");
        let limit = address_space_kib.map_or("unlimited".to_owned(), |kib| kib.to_string());
        command
            .args(["-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh", &limit, env!("CARGO_BIN_EXE_stopgap")])
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .env("STOPGAP_ANCHOR_DIR", "anchors")
            .env("STOPGAP_WORKSPACE", "workspace")
            .env("STOPGAP_PASSPHRASE_DIR", "passphrases");
        command
    }

    /// Prepares these lists, watched by `watch` while it runs.
    fn prepare(&self, lists: &[&str], mut watch: impl FnMut(&Child)) -> Ran {
        let arguments = [&["prepare", "--operator", "anna", "--pay-on", "2099-03-02", "--json"], lists].concat();
        let mut command = self.command(&arguments, Some(ADDRESS_SPACE_KIB));
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().expect("runs");
        let (begun, mut peak_kib) = (Instant::now(), 0);
        let status = loop {
            peak_kib = peak_kib.max(peak_of(child.id()));
            watch(&child);
            if let Some(status) = child.try_wait().expect("waits") {
                break status;
            }
            if begun.elapsed() > MOST_TIME {
                child.kill().and_then(|()| child.wait().map(drop)).expect("stops");
                panic!("{lists:?}: still running after {MOST_TIME:?}");
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let mut said = String::new();
        child.stdout.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
        Ran { code: status.code(), said, peak_kib }
    }
}

/// The most memory that a process has taken so far; 0 where it has ended.
fn peak_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

impl Ran {
    /// What is not as it must be.
    fn amiss(&self, name: &str, codes: &[&str]) -> Option<String> {
        let document: Value = serde_json::from_str(&self.said).unwrap_or_default();
        let code = document["error"]["code"].as_str().unwrap_or_default();
        println!("{name}: {code}, {} KiB", self.peak_kib);
        if self.code != Some(2) || !codes.contains(&code) {
            return Some(format!("{name} ended with {:?}: {}", self.code, self.said));
        }
        (self.peak_kib >= MOST_KIB).then(|| format!("{name} took {} KiB", self.peak_kib))
    }

    fn is_refused(&self, name: &str, codes: &[&str]) {
        assert_eq!(self.amiss(name, codes), None);
    }
}

#[test]
fn a_file_that_is_no_list_is_refused_in_little_time_and_memory() {
    let stage = Stage::new();
    let head = fs::read(stage.path("workspace/ledger.db")).expect("a ledger");
    let mut amiss = Vec::new();
    for (name, bytes, codes) in files::all() {
        fs::write(stage.path(name), bytes).expect("writes");
        amiss.extend(stage.prepare(&[name], |_| ()).amiss(name, codes));
        fs::remove_file(stage.path(name)).expect("removes");
    }
    assert!(amiss.is_empty(), "{}", amiss.join("\n"));
    assert_eq!(fs::read(stage.path("workspace/ledger.db")).expect("a ledger"), head, "nothing was recorded");
}

#[test]
fn a_file_that_is_larger_than_memory_is_refused_before_it_is_read() {
    let stage = Stage::new();
    // They take no room on the disk: nothing but their beginning was ever written.
    for (name, beginning, codes) in [
        ("endless.csv", &b"cpr;navn;konto"[..], &["list.not_text", "list.too_large"][..]),
        ("endless.xlsx", b"PK\x03\x04", &["list.too_large"]),
        ("endless.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", &["list.too_large"]),
    ] {
        fs::write(stage.path(name), beginning).expect("writes");
        fs::File::options().write(true).open(stage.path(name)).and_then(|file| file.set_len(1 << 40)).expect("grows");
        stage.prepare(&[name], |_| ()).is_refused(name, codes);
    }
}

#[test]
fn what_is_no_plain_file_is_refused_without_waiting_for_it() {
    let stage = Stage::new();
    let made = Command::new("mkfifo").arg(stage.path("pipe.csv")).status().expect("mkfifo");
    assert!(made.success());
    fs::create_dir(stage.path("folder.csv")).expect("makes");
    std::os::unix::fs::symlink("away.csv", stage.path("link.csv")).expect("links");
    std::os::unix::fs::symlink("round.csv", stage.path("round.csv")).expect("links");
    for name in ["pipe.csv", "folder.csv", "link.csv", "round.csv", "away.csv", "/dev/zero", "/dev/tty"] {
        stage.prepare(&[name], |_| ()).is_refused(name, &["list.unreadable"]);
    }
}

/// Whether the process has the file open: it was looked through once, and another is being looked through.
fn has_open(child: &Child, path: &Path) -> bool {
    let folder = format!("/proc/{}/fd", child.id());
    let open = fs::read_dir(folder).into_iter().flatten().flatten();
    open.filter_map(|entry| fs::read_link(entry.path()).ok()).any(|target| target == path)
}

#[test]
fn a_list_that_goes_or_changes_between_the_readings_is_refused() {
    let stage = Stage::new();
    let small = files::sound_rows(0..3);
    fs::write(stage.path("large.csv"), files::sound_rows(10..60_000)).expect("writes");
    let large = fs::canonicalize(stage.path("large.csv")).expect("is there");
    let pipe = |path: &Path| {
        fs::remove_file(path).expect("removes");
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
    };
    type Deed<'a> = &'a dyn Fn(&Path);
    let deeds: [(&str, Deed, &str); 4] = [
        ("goes", &|path| fs::remove_file(path).expect("removes"), "list.unreadable"),
        ("is another", &|path| fs::write(path, files::sound_rows(3..6)).expect("writes"), "list.changed"),
        ("is cut", &|path| fs::write(path, &files::sound_rows(0..3)[..150]).expect("writes"), "list.changed"),
        ("is a pipe", &pipe, "list.unreadable"),
    ];
    for (what, deed, code) in deeds {
        let path = stage.path("small.csv");
        let _ = fs::remove_file(&path);
        fs::write(&path, &small).expect("writes");
        let mut done = false;
        let ran = stage.prepare(&["small.csv", "large.csv"], |child| {
            if !done && has_open(child, &large) {
                deed(&path);
                done = true;
            }
        });
        assert!(done, "{what}: the program was faster than this test");
        ran.is_refused(what, &[code]);
    }
}
