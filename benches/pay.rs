//! From lists to released bank files: `prepare`, `approve` and `release` of 10,000 rows as one figure.
//!
//! `cargo bench --bench pay` runs it five times in turn with a bare insert of as many rows into SQLite, and prints the median CPU seconds
//! (aim: at most 0.15), their ratio to the bare insert, and the peak memory (aim: at most 24 MiB). Passphrases are hashed at the least
//! cost, since what that hash costs is chosen, not measured. `cargo bench --bench pay -- 1000000` takes another number of rows.

#[path = "../tests/fixture/mod.rs"]
mod fixture;
mod floors;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use fixture::{KNOWN, new_workspace};
use floors::bare_insert::bare_insert;
use floors::{cpu_seconds, median, peak_memory_kib};
use stopgap::drill::Outage;
use stopgap::ops::prepare::Request;
use stopgap::ops::{self, Now, Workspace, World};
use stopgap::payment::Country;

const RUNS: usize = 5;

fn main() {
    let rows = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir().expect("a folder");
    let lists = write_lists(rows, &folder.path().join("lists"));
    let mut steps = [(); 3].map(|()| Vec::new());
    let mut whole = Vec::new();
    let mut bare = Vec::new();
    let mut elapsed = Vec::new();
    let mut peak = None;
    for run in 0..RUNS {
        let began = Instant::now();
        let seconds = pay(&folder.path().join(format!("run-{run}")), &lists);
        elapsed.push(began.elapsed().as_secs_f64());
        whole.push(seconds.iter().sum());
        for (all, seconds) in steps.iter_mut().zip(seconds) {
            all.push(seconds);
        }
        // Read before the bare insert has filled its cache.
        peak = peak.max(peak_memory_kib().filter(|_| run == 0));
        bare.push(cpu_seconds(|| bare_insert(&folder.path().join(format!("bare-{run}.db")), rows)).1);
    }
    let [prepare, approve, release] = steps.map(median);
    let (whole, bare) = (median(whole), median(bare));
    println!("{rows} rows from five lists to bank files, medians of {RUNS}");
    println!("  prepare          {prepare:>8.3} CPU s");
    println!("  approve          {approve:>8.3} CPU s");
    println!("  release          {release:>8.3} CPU s");
    println!("  together         {whole:>8.3} CPU s  ({:.3} s elapsed)", median(elapsed));
    println!("  bare insert      {bare:>8.3} CPU s  of as many rows into SQLite, in turn with it");
    println!("  ratio            {:>8.2}", whole / bare);
    match peak {
        Some(kib) => println!("  peak memory      {:>8.1} MiB", kib as f64 / 1024.0),
        None => println!("  peak memory    unknown: this system does not tell"),
    }
}

/// CPU seconds of prepare, approve and release.
fn pay(folder: &Path, lists: &[PathBuf]) -> [f64; 3] {
    let world = World { now: Now::from_system_clock(), passphrases: &KNOWN, say: &|_| {} };
    ops::init::init(&world, folder, &new_workspace()).expect("a workspace");
    let mut workspace = Workspace::open(folder).expect("opens");
    let request = Request { lists: lists.to_vec(), ..Request::default() };
    let mut batch = None;
    let ((), prepare) = cpu_seconds(|| {
        batch = ops::prepare::prepare(&mut workspace, &world, Some("anna"), &request, false).expect("prepares").batch;
    });
    let (batch, digest) = batch.expect("a batch");
    let ((), approve) = cpu_seconds(|| {
        ops::approve::approve(&mut workspace, &world, Some("malik"), batch, &digest).expect("approves");
    });
    let ((), release) = cpu_seconds(|| {
        ops::release::release(&mut workspace, &world, Some("anna"), batch).expect("releases");
    });
    [prepare, approve, release]
}

fn write_lists(recipients: u64, folder: &Path) -> Vec<PathBuf> {
    std::fs::create_dir(folder).expect("a folder");
    let outage = Outage { seed: 2022, recipients, country: Country::Gl, period: "2022-04".parse().expect("a period") };
    let lists = outage.lists().into_iter().map(|list| {
        let path = folder.join(&list.file_name);
        list.write(&mut File::create(&path).expect("makes")).expect("writes");
        path
    });
    lists.collect()
}
