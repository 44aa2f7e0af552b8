//! A long list all the way: prepare, the same list again, release and verify, each in a process of its own as the command line runs it.
//!
//! `cargo bench --bench scale -- 1000000` runs them five times (another number may follow), each time in a new workspace and in turn with two
//! floors: a bare insert of as many rows into SQLite, and a bare loop that puts as many payments through the XML library into one file, syncs it
//! and reads it again. Printed are medians of CPU seconds, seconds elapsed and peak memory, and the ratios that BENCHMARKS.md speaks of. Passphrases are hashed at the least
//! cost, since what that hash costs is chosen, not measured. Without a number it takes 10,000 rows. `--keep DIR` keeps the last workspace.

#[path = "../tests/fixture/mod.rs"]
mod fixture;
mod floors;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use fixture::{KNOWN, new_workspace};
use floors::bare_xml::{Bare, Million};
use floors::{Took, bare_insert, long_list, measured, medians, run_as_child};
use stopgap::ops::{self, Now, Workspace, World};
use stopgap::payment::BatchId;

const PAIRS: u64 = 5;

/// What is run, in this order, and the floor or the step that it is compared with.
const STEPS: [(&str, Option<&str>, &str); 7] = [
    ("bare insert", None, ""),
    ("prepare", Some("bare insert"), "1.2"),
    ("same bytes again", Some("prepare"), "0.15"),
    ("same rows again", Some("prepare"), "0.5"),
    ("bare XML loop", None, ""),
    ("release", Some("bare XML loop"), "1.5"),
    ("verify", None, ""),
];

fn main() {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--child") {
        return child(&arguments.split_off(1));
    }
    let words = || arguments.iter().filter_map(|argument| argument.to_str());
    let mut numbers = words().filter_map(|word| word.parse::<u64>().ok());
    let (rows, pairs) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(PAIRS));
    let kept = words().position(|word| word == "--keep").map(|at| PathBuf::from(&arguments[at + 1]));
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = kept.unwrap_or_else(|| scratch.path().to_owned());
    std::fs::create_dir_all(&folder).expect("a folder");
    long_list::write(&folder.join("list.csv"), rows, "\n");
    long_list::write(&folder.join("other-bytes.csv"), rows, "\r\n");
    let mut took: Vec<Vec<Took>> = STEPS.iter().map(|_| Vec::new()).collect();
    for _ in 0..pairs {
        for (all, one) in took.iter_mut().zip(one_pair(&folder, rows)) {
            all.push(one);
        }
    }
    let took: Vec<Took> = took.iter().map(|runs| medians(runs)).collect();
    let of = |name: &str| took[STEPS.iter().position(|(step, ..)| *step == name).expect("a step")];
    println!("{rows} rows, medians of {pairs}");
    for (name, beside, aim) in STEPS {
        let Took { cpu_seconds, elapsed_seconds, peak_kib } = of(name);
        let ratio = beside.map_or_else(String::new, |beside| {
            format!("  {:>6.2} x {beside} (aim {aim})", cpu_seconds / of(beside).cpu_seconds)
        });
        let peak = peak_kib / 1024.0;
        println!("  {name:<17} {cpu_seconds:>9.3} CPU s {elapsed_seconds:>9.3} s elapsed {peak:>8.1} MiB{ratio}");
    }
}

/// In the order of [`STEPS`].
fn one_pair(folder: &Path, rows: u64) -> [Took; 7] {
    let (place, floor) = (folder.join("workspace"), folder.join("bare.db"));
    let _ = std::fs::remove_dir_all(&place);
    ops::init::init(&world(), &place, &new_workspace()).expect("a workspace");
    for name in ["anna", "malik"] {
        std::fs::write(folder.join(name), format!("{}\n", KNOWN.0)).expect("writes");
    }
    let run = |words: &[&str]| {
        let this = std::env::current_exe().expect("this program");
        measured(Command::new(this).arg("--child").args(words).env("STOPGAP_PASSPHRASE_DIR", folder))
    };
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (place_text, rows_text) = (text(&place), rows.to_string());
    let stopgap = |words: &[&str]| {
        run(&[&["stopgap", "--workspace", &place_text, "--operator", "anna", "--json"], words].concat())
    };
    let insert = run(&["insert", &text(&floor), &rows_text]);
    let _ = std::fs::remove_file(&floor);
    let prepare = stopgap(&["prepare", &text(&folder.join("list.csv"))]);
    let same_bytes = stopgap(&["prepare", &text(&folder.join("list.csv"))]);
    let same_rows = stopgap(&["prepare", &text(&folder.join("other-bytes.csv"))]);
    approve(&place);
    let xml = run(&["xml", &text(&folder.join("bare.xml")), &rows_text]);
    let _ = std::fs::remove_file(folder.join("bare.xml"));
    let release = stopgap(&["release", "B0001"]);
    let verify = stopgap(&["verify"]);
    [insert, prepare, same_bytes, same_rows, xml, release, verify]
}

fn world() -> World<'static> {
    World { now: Now::from_system_clock(), passphrases: &KNOWN, say: &|_| {} }
}

fn approve(place: &Path) {
    let mut workspace = Workspace::open(place).expect("opens");
    let batch: BatchId = "B0001".parse().expect("a batch");
    let digest = workspace.state.batches[&batch].digest;
    ops::approve::approve(&mut workspace, &world(), Some("malik"), batch, &digest).expect("approves");
}

/// One step in this process.
fn child(words: &[OsString]) {
    let text = |at: usize| words.get(at).and_then(|word| word.to_str()).expect("an argument");
    let rows = |at: usize| text(at).parse::<u64>().expect("a number");
    run_as_child(|| match text(0) {
        "insert" => bare_insert::bare_insert(Path::new(text(1)), rows(2)),
        "xml" => {
            let million = Million::new(rows(2) as usize);
            Bare::of(&million).write_sync_and_read(Path::new(text(1))).expect("writes");
        }
        _ => assert_eq!(stopgap::cli::run(words.iter().cloned()), ExitCode::SUCCESS),
    });
}
