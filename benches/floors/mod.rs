//! What runs in turn with ours: the least that any program must do for the same, and how both are measured.

// Each bench takes what it needs of it.
#![allow(dead_code)]

pub mod bare_insert;
pub mod bare_xml;
pub mod beside;
pub mod long_list;
#[path = "../../tests/bank_file/made_up.rs"]
mod made_up;

use std::process::{Command, Stdio};

use rustix::time::{ClockId, clock_gettime};

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    pub cpu_seconds: f64,
    pub elapsed_seconds: f64,
    pub peak_kib: f64,
}

/// Runs `work` in this process, which is a child made for it, and says in the last line of stderr what the whole process took.
pub fn run_as_child(work: impl FnOnce()) {
    let began = std::time::Instant::now();
    work();
    let peak = peak_memory_kib().unwrap_or(0);
    eprintln!("\n{} {} {peak}", cpu_now(), began.elapsed().as_secs_f64());
}

/// What a child took that ends with [`run_as_child`]'s line. What it says to stdout, which may be much, goes nowhere.
pub fn measured(command: &mut Command) -> Took {
    let output = command.stdout(Stdio::null()).output().expect("runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {told}");
    let figures: Vec<f64> =
        told.lines().last().unwrap_or_default().split_whitespace().filter_map(|one| one.parse().ok()).collect();
    let [cpu_seconds, elapsed_seconds, peak_kib] = figures.try_into().expect("three figures");
    Took { cpu_seconds, elapsed_seconds, peak_kib }
}

/// The medians of each figure by itself.
pub fn medians(runs: &[Took]) -> Took {
    let of = |figure: fn(&Took) -> f64| median(runs.iter().map(figure).collect());
    Took {
        cpu_seconds: of(|run| run.cpu_seconds),
        elapsed_seconds: of(|run| run.elapsed_seconds),
        peak_kib: of(|run| run.peak_kib),
    }
}

pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// CPU seconds that this process has taken so far.
pub fn cpu_now() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

pub fn cpu_seconds<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = cpu_now();
    let done = work();
    (done, cpu_now() - before)
}

/// The most memory that this process has held so far (`VmHWM`), where the system tells.
pub fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// What was made ready took memory that is not to be counted.
pub fn forget_peak_memory() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
