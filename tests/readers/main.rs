//! No reader panics, whatever it is given: each is fed its seeds with cheap damage, the same damage each time.
//!
//! `STOPGAP_SEEDS=DIR cargo test --test readers` writes the seeds as files, for fuzzing, and does no more.
//! `STOPGAP_READERS=N` damages each reader's seeds N times, `STOPGAP_READER=NAME` those of one alone; `STOPGAP_READERS_FROM=N` begins with another
//! damage than the first.

mod readers;
mod seeds;

use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::Instant;

use readers::READERS;

/// So often the seeds of each reader are damaged in an ordinary run.
const ORDINARY: u64 = 1_000;

/// A stream of numbers (SplitMix64), the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Bytes that mean something to one reader or another.
const TELLING: &[u8] = b"0129-+;,\t\"'<>&/=:. \r\n\0\xff\xfe\xc3\xa5@~_[]{}";

fn damaged(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        let length = chance.below(12).min(bytes.len() - at);
        match chance.below(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
            1 if !bytes.is_empty() => bytes[at] = TELLING[chance.below(TELLING.len())],
            2 => bytes.insert(at, TELLING[chance.below(TELLING.len())]),
            3 => drop(bytes.drain(at..at + length)),
            4 => {
                let piece = bytes[at..at + length].repeat(1 + chance.below(20));
                bytes.splice(at..at, piece);
            }
            5 => bytes.truncate(at),
            _ => {
                // The end of another one.
                let other = &seeds[chance.below(seeds.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[chance.below(other.len())..]);
            }
        }
    }
    bytes
}

#[test]
fn no_reader_panics() {
    if let Some(folder) = env::var_os("STOPGAP_SEEDS") {
        return seeds::write_all(Path::new(&folder));
    }
    let number = |name: &str| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let times = number("STOPGAP_READERS").unwrap_or(ORDINARY);
    let from = number("STOPGAP_READERS_FROM").unwrap_or(0);
    let only = env::var("STOPGAP_READER").ok();
    let chosen = |name: &str| only.as_deref().is_none_or(|only| only == name);
    for (number, (name, read)) in (1u64..).zip(READERS).filter(|(_, (name, _))| chosen(name)) {
        let (seeds, begun) = (seeds::seeds(name), Instant::now());
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| read(seed));
        for time in from..from + times {
            let bytes = damaged(&seeds, &mut Chance(number << 32 | time));
            if panic::catch_unwind(AssertUnwindSafe(|| read(&bytes))).is_err() {
                panic!("{name}, damage {time}, panics at:\n{}", bytes.escape_ascii());
            }
        }
        println!("{name}: {times} damaged files of {} seeds in {:.1?}", seeds.len(), begun.elapsed());
    }
}
