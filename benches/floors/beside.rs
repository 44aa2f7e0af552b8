//! A run of ours in a process of its own beside a program that may not be here. Each tells in the last line of stdout what it took.

use std::process::Command;
use std::time::Instant;

use super::{cpu_now, median, peak_memory_kib};

/// CPU seconds, seconds elapsed, and peak memory in KiB.
pub type Measured = (f64, f64, f64);

/// Prints the medians, and gives the CPU seconds.
pub fn show(what: &str, runs: &[Measured]) -> f64 {
    let median = |figure: fn(&Measured) -> f64| median(runs.iter().map(figure).collect());
    let (cpu, elapsed, peak) = (median(|run| run.0), median(|run| run.1), median(|run| run.2));
    println!("  {what:<16} {cpu:>8.3} CPU s  ({elapsed:.3} s elapsed, peak {:.1} MiB)", peak / 1024.0);
    cpu
}

/// What a child says of itself in its last line: three numbers. `None` where it cannot run.
pub fn measured(command: &mut Command) -> Option<Measured> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut figures = text.lines().last()?.split_whitespace().map(|figure| figure.parse::<f64>().ok());
    Some((figures.next()??, figures.next()??, figures.next()??))
}

/// That last line, of this process.
pub fn tell(began: Instant) {
    println!("{} {} {}", cpu_now(), began.elapsed().as_secs_f64(), peak_memory_kib().unwrap_or(0));
}
