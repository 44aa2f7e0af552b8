//! `reconcile` of as many fallback payments as upstream rows, all findings written, beside DuckDB joining the same files.
//!
//! `cargo bench --bench reconcile` takes 1,000,000 of each; `cargo bench --bench reconcile -- 100000` another number. The payments are
//! prepared, approved and released first, unmeasured; `reconcile` then runs in a process of its own: a first time on a copy of that workspace,
//! and again on the same copy, where every finding is known from before and every file lies there already; five times, in turn with DuckDB
//! (two threads, PyPI's `duckdb`) doing the bare join of the same two files with its four outcomes (double, about to be, ours only, theirs
//! only) and COPY to CSV. Printed are medians of CPU seconds, the ratios (aim: at most 0.8) and the peak memory (aim: at most 128 MiB). Without
//! python3 or duckdb the reference is skipped, and says so. `--keep DIR` keeps what was made, and takes it up again the next time; `--runs N`
//! takes another number of runs.

#[path = "../tests/fixture/mod.rs"]
mod fixture;
mod floors;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::{KNOWN, new_workspace};
use floors::beside::{Measured, measured, show, tell};
use floors::long_list::cpr;
use stopgap::ops::prepare::Request;
use stopgap::ops::{self, Now, Workspace, World};

const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|argument| argument == name).map(|at| arguments[at + 1].clone());
    if let Some(folder) = value("--child") {
        return reconcile_once(Path::new(&folder));
    }
    let rows = arguments.get(1).and_then(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let runs = value("--runs").and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = value("--keep").map_or_else(|| scratch.path().to_owned(), PathBuf::from);
    if !folder.join("upstream.csv").exists() {
        std::fs::create_dir_all(&folder).expect("a folder");
        write_files(rows, &folder);
        pay(&folder);
    }
    let (mut first, mut again, mut theirs): (Vec<Measured>, Vec<Measured>, Vec<Measured>) = Default::default();
    for _ in 0..runs {
        let _ = std::fs::remove_dir_all(folder.join("found"));
        let _ = std::fs::remove_dir_all(folder.join("reconciled"));
        copy(&folder.join("workspace"), &folder.join("reconciled"));
        for ours in [&mut first, &mut again] {
            let this = std::env::current_exe().expect("this program");
            ours.push(measured(Command::new(this).arg("--child").arg(&folder)).expect("reconciles"));
        }
        theirs.extend(measured(Command::new("python3").args(["-c", DUCKDB]).arg(&folder)));
    }
    println!("{rows} payments against {rows} rows, medians of {runs}");
    let cpu = [show("first", &first), show("again", &again)];
    if theirs.is_empty() {
        return println!("  DuckDB           skipped: no python3 with duckdb here");
    }
    let their_cpu = show("DuckDB, bare", &theirs);
    println!("  ratios of CPU    {:>8.2} and {:.2}", cpu[0] / their_cpu, cpu[1] / their_cpu);
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("copies");
    assert!(copied.success());
}

/// The command as the command line runs it, in a fresh process.
fn reconcile_once(folder: &Path) {
    let began = std::time::Instant::now();
    let mut workspace = Workspace::open(&folder.join("reconciled")).expect("opens");
    let request = ops::reconcile::Request {
        upstream: &[folder.join("upstream.csv")],
        defaults: Default::default(),
        second: None,
        statements: &[],
        out: &folder.join("found"),
    };
    let reconciled = ops::reconcile::reconcile(&mut workspace, &world(), Some("anna"), &request).expect("reconciles");
    assert!(reconciled.balanced);
    println!("{} findings", reconciled.findings.count());
    tell(began);
}

fn world() -> World<'static> {
    World { now: Now::from_system_clock(), passphrases: &KNOWN, say: &|_| {} }
}

/// Prepares, approves and releases the list.
fn pay(folder: &Path) {
    let place = folder.join("workspace");
    ops::init::init(&world(), &place, &new_workspace()).expect("a workspace");
    let mut workspace = Workspace::open(&place).expect("opens");
    let request = Request { lists: vec![folder.join("fallback.csv")], ..Request::default() };
    let prepared = ops::prepare::prepare(&mut workspace, &world(), Some("anna"), &request, false).expect("prepares");
    let (batch, digest) = prepared.batch.expect("a batch");
    ops::approve::approve(&mut workspace, &world(), Some("malik"), batch, &digest).expect("approves");
    ops::release::release(&mut workspace, &world(), Some("anna"), batch).expect("releases");
}

/// Of ten people eight are on both sides, one is only ours and one only theirs; upstream paid, plans or stopped a third each.
fn write_files(rows: u64, folder: &Path) {
    let create = |name: &str| BufWriter::with_capacity(1 << 20, File::create(folder.join(name)).expect("makes"));
    let (mut ours, mut theirs) = (create("fallback.csv"), create("upstream.csv"));
    writeln!(ours, "person_id;name;account;amount;scheme;period;part").expect("writes");
    writeln!(theirs, "person_id;name;account;amount;scheme;period;part;status;paid_on;reference").expect("writes");
    const SCHEMES: [&str; 5] = ["Offentlig hjælp", "Arbejdsmarkedsydelse", "Barsel", "Alderspension", "Førtidspension"];
    const STATUSES: [&str; 3] = ["paid", "planned", "stopped"];
    // Scattered, as lists of different offices are.
    let mut state = 2022u64;
    for number in 0..rows {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (person, scheme) = (cpr(number), SCHEMES[(number % 5) as usize]);
        let (kroner, øre) = (1_000 + (state >> 33) % 18_000, (state >> 20) % 100);
        let common = |period: &str, kroner: u64| {
            format!(
                "{person};Person Nummer {number};6471-{:010};{kroner},{øre:02};{scheme};{period};",
                number % 10_000_000
            )
        };
        let status = STATUSES[(state >> 40) as usize % 3];
        let (our_month, their_month, more) = match number % 10 {
            0 => ("2022-03", "2022-06", 0),
            8 | 9 => ("2022-04", "2022-04", 100),
            _ => ("2022-04", "2022-04", 0),
        };
        writeln!(ours, "{}", common(our_month, kroner)).expect("writes");
        let row = common(their_month, kroner + more);
        writeln!(theirs, "{row};{status};2022-05-02;R{number:08}").expect("writes");
    }
}

const DUCKDB: &str = r#"
import duckdb, resource, sys, time
began = time.time()
folder = sys.argv[1]
connection = duckdb.connect()
connection.execute("SET threads = 2")
connection.execute(f"""
COPY (
  WITH ours AS (SELECT person_id, name, scheme, period, coalesce(part, '') AS part, amount
                FROM read_csv('{folder}/fallback.csv', delim = ';', header = true, all_varchar = true)),
       theirs AS (SELECT person_id, name, scheme, period, coalesce(part, '') AS part, amount, status, reference
                  FROM read_csv('{folder}/upstream.csv', delim = ';', header = true, all_varchar = true))
  SELECT CASE WHEN ours.person_id IS NULL THEN 'upstream_only'
              WHEN theirs.person_id IS NULL THEN 'fallback_only'
              WHEN theirs.status = 'paid' THEN 'double_paid'
              WHEN theirs.status = 'planned' THEN 'double_planned'
              ELSE 'settled' END AS kind,
         person_id, coalesce(ours.name, theirs.name) AS name, scheme, period, part,
         ours.amount AS fallback, theirs.amount AS upstream, theirs.reference
  FROM ours FULL OUTER JOIN theirs USING (person_id, scheme, period, part)
) TO '{folder}/duckdb.csv' (HEADER)
""")
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, time.time() - began, used.ru_maxrss)
"#;
