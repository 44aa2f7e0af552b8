//! libFuzzer's way to each reader of `tests/readers`: `STOPGAP_READER` names the one that is tried. `fuzz/run` is the command for people.
//!
//! With `STOPGAP_SEEDS=DIR` it writes every reader's seeds below that folder, and with `STOPGAP_READER=?` the readers' names, and does no more.

#![no_main]

#[path = "../../tests/readers/readers.rs"]
mod readers;
#[path = "../../tests/readers/seeds.rs"]
mod seeds;

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use readers::{READERS, Reader};

static READER: OnceLock<Reader> = OnceLock::new();

fn begin() {
    if let Some(folder) = std::env::var_os("STOPGAP_SEEDS") {
        seeds::write_all(Path::new(&folder));
        std::process::exit(0);
    }
    let name = std::env::var("STOPGAP_READER").unwrap_or_default();
    if name == "?" {
        READERS.iter().for_each(|(name, _)| println!("{name}"));
        std::process::exit(0);
    }
    let Some((_, reader)) = READERS.iter().find(|(known, _)| *known == name) else {
        eprintln!("STOPGAP_READER names no reader: {name:?}");
        std::process::exit(2);
    };
    READER.get_or_init(|| *reader);
}

fuzz_target!(init: begin(), |bytes: &[u8]| {
    if let Some(read) = READER.get() {
        read(bytes);
    }
});
