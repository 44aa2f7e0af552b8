//! Writing the bank file of a million payments, beside a bare loop that puts the same bytes through the XML library.
//!
//! `cargo bench --bench bank_file` runs both in turn in one process and prints the median CPU seconds of each, their ratio (aim: at most
//! 1.5) and how much the peak memory grew while the file was first written (aim: at most 16 MiB).

mod floors;

use std::io;

use floors::bare_xml::{Bare, Fingerprint, Million};
use floors::{cpu_seconds, forget_peak_memory, median, peak_memory_kib};

const PAYMENTS: usize = 1_000_000;
const PAIRS: usize = 7;

fn main() -> io::Result<()> {
    let million = Million::new(PAYMENTS);
    forget_peak_memory();
    let before = peak_memory_kib();
    million.write(io::sink())?;
    let growth = before.zip(peak_memory_kib()).map(|(before, after)| after - before);
    let bare = Bare::of(&million);
    let hash = same_bytes(&million, &bare)?;

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..PAIRS {
        for (write, took) in [
            (cpu_seconds(|| million.write(io::sink())), &mut ours),
            (cpu_seconds(|| bare.write(io::sink())), &mut theirs),
        ] {
            write.0?;
            took.push(write.1);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("bank file of {PAYMENTS} payments, {:.1} MB, sha256 {hash:.16}…", million.length()? as f64 / 1e6);
    println!("  message writer   {ours:>7.3} CPU s   median of {PAIRS}");
    println!("  bare XML loop    {theirs:>7.3} CPU s   median of {PAIRS}, in turn with it");
    println!("  ratio            {:>7.2}         aim at most 1.5", ours / theirs);
    match growth {
        Some(kib) => {
            println!("  peak memory      {:>7.2} MiB     grown while writing; aim at most 16", kib as f64 / 1024.0)
        }
        None => println!("  peak memory    unknown: this system does not tell"),
    }
    Ok(())
}

/// Both must have written the same, or the comparison means nothing.
fn same_bytes(million: &Million, bare: &Bare) -> io::Result<String> {
    let ours = million.write(Fingerprint::default())?.finish();
    let theirs = bare.write(Fingerprint::default())?.finish();
    assert_eq!(ours, theirs, "the bare loop writes other bytes");
    Ok(ours)
}
