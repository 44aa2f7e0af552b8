//! Bytes that went bad: in the ledger, its journal, the witness, a key file, the anchor, the note of the place and a bank file. Found, or
//! without consequence: the same entries, and everything in order.
//!
//! An ordinary run takes a share of the positions; `STOPGAP_FLIPS=all` takes all, `STOPGAP_FLIPS=4` every fourth of each file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use stopgap::ops::{self, Workspace};
use stopgap::payment::Digest;

use crate::office::{Office, files, pay, prepare, world};

/// Every how many-th position of a file of that name is taken.
fn step(name: &str) -> usize {
    match (std::env::var("STOPGAP_FLIPS").as_deref(), name) {
        (Ok("all"), _) => 1,
        (Ok(every), _) => every.parse().unwrap_or(1),
        (_, "ledger.db") => 211,
        _ => 7,
    }
}

/// What a person sees of the ledger: its head, and whether everything is in order and the payments can be opened.
fn dump(office: &Office) -> Result<(u64, Digest), &'static str> {
    let look = || {
        let mut workspace = office.open()?;
        ops::verify::verify(&mut workspace)?;
        workspace.standing().refuse()?;
        for id in workspace.state.batches.keys().copied().collect::<Vec<_>>() {
            for who in ["anna", "malik"] {
                ops::batches::show(&mut workspace, &world(), Some(who), id)?;
            }
        }
        Ok(workspace.state.head)
    };
    look().map_err(|fault: stopgap::fault::Fault| fault.code)
}

#[test]
fn a_byte_that_went_bad_is_found_or_changes_nothing() {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    pay(&mut workspace, &office.list([1, 2])).map(drop).expect("pays");
    prepare(&mut workspace, &office.list([3])).expect("prepares");
    drop(workspace);
    let expected = dump(&office).expect("in order");
    let mut watched: Vec<PathBuf> = ["ledger.db", "witness.log", "place", "keys/operator-anna.json"]
        .iter()
        .map(|name| office.workspace().join(name))
        .collect();
    watched.extend(below(&office.path("anchors"), "anchor"));
    watched.extend(below(&office.workspace().join("out"), "xml"));
    let mut figures: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for path in watched {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let kind = path.extension().and_then(|end| end.to_str()).filter(|end| ["anchor", "xml"].contains(end));
        let kind = kind.map_or(name.clone(), str::to_owned);
        let whole = fs::read(&path).expect("reads");
        let (mut detected, mut without_consequence) = (0, 0);
        for at in (0..whole.len()).step_by(step(&name)) {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&path, &bad).expect("writes");
            match dump(&office) {
                Err(_) => detected += 1,
                Ok(found) => {
                    assert_eq!(found, expected, "{kind}, byte {at}");
                    without_consequence += 1;
                }
            }
            // Looking mends nothing but what it may.
            fs::write(&path, &whole).expect("writes");
        }
        // In these no byte is without meaning. A damaged note of the place says nothing, and is written anew.
        if ["witness.log", "anchor", "xml"].contains(&kind.as_str()) {
            assert_eq!(without_consequence, 0, "{kind}");
        }
        figures.insert(kind, (detected, without_consequence));
    }
    figures.insert("journal".into(), journal(&office, expected));
    let total: usize = figures.values().map(|(detected, without)| detected + without).sum();
    println!("{total} flips (detected, without consequence): {figures:?}");
    assert!(total >= 500, "{total}");
}

fn below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let found = files(folder).into_keys().filter(|path| path.extension().is_some_and(|end| end == extension));
    found.map(|path| folder.join(path)).collect()
}

/// A command was killed in its transaction: what is in the journal takes the ledger back to where it was. With a bad byte it may not.
fn journal(office: &Office, expected: (u64, Digest)) -> (usize, usize) {
    let ledger = office.workspace().join("ledger.db");
    let connection = rusqlite::Connection::open(&ledger).expect("opens");
    connection
        .execute_batch(
            "PRAGMA journal_mode=DELETE; BEGIN IMMEDIATE; DROP TRIGGER entry_is_never_changed; UPDATE entry SET at = at + 1;
             DELETE FROM claim;",
        )
        .expect("writes");
    connection.cache_flush().expect("writes what it has changed");
    let journal = office.workspace().join("ledger.db-journal");
    let (half, hot) = (fs::read(&ledger).expect("reads"), fs::read(&journal).expect("a journal"));
    connection.execute_batch("ROLLBACK").expect("rolls back");
    drop(connection);
    let whole = fs::read(&ledger).expect("reads");
    let mut counts = (0, 0);
    for at in (0..hot.len()).step_by(step("ledger.db")) {
        let mut bad = hot.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&ledger, &half).expect("writes");
        fs::write(&journal, &bad).expect("writes");
        match dump(office) {
            Err(_) => counts.0 += 1,
            Ok(found) => {
                assert_eq!(found, expected, "journal, byte {at}");
                counts.1 += 1;
            }
        }
        let _ = fs::remove_file(&journal);
        fs::write(&ledger, &whole).expect("writes");
    }
    let _ = Workspace::open(&office.workspace()).map(drop);
    counts
}

/// The digests of everything that a restored ledger holds, by table.
fn tables(folder: &Path) -> Vec<(String, u64, Digest)> {
    let mut workspace = Workspace::open(folder).expect("opens");
    let tables = workspace.read().and_then(|mut snapshot| snapshot.tables()).expect("reads");
    tables.into_iter().map(|table| (table.name, table.rows, table.digest)).collect()
}

/// A backup is believed byte for byte or not at all; what it is restored to is what was backed up.
#[test]
fn a_byte_of_a_backup_that_went_bad_is_found_or_changes_nothing() {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    pay(&mut workspace, &office.list([1, 2])).map(drop).expect("pays");
    prepare(&mut workspace, &office.list([3])).expect("prepares");
    let (stick, safe) = (office.path("stick"), office.path("safe"));
    let request = ops::backup::Request { destination: &stick, keys: Some(&safe) };
    ops::backup::backup(&mut workspace, &world(), Some("anna"), &request).map(drop).expect("backs up");
    drop(workspace);
    let again = office.path("again");
    let restore = || {
        let request = ops::restore::Request {
            source: &stick,
            workspace: &again,
            keys: Some(&safe),
            receipt: None,
            outside: office.outside(),
            accept_older: None,
        };
        ops::restore::restore(&world(), None, &request).map(|restored| restored.head)
    };
    let expected = restore().expect("restores");
    let whole_tables = tables(&again);
    fs::remove_dir_all(&again).expect("removes");
    let mut figures: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut watched: Vec<PathBuf> = files(&stick).into_keys().map(|name| stick.join(name)).collect();
    watched.push(safe.join("operator-anna.json"));
    for path in watched {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let whole = fs::read(&path).expect("reads");
        let (mut detected, mut without_consequence) = (0, 0);
        for at in (0..whole.len()).step_by(step(&name)) {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&path, &bad).expect("writes");
            let opened = restore().and_then(|head| {
                assert_eq!((head, tables(&again)), (expected, whole_tables.clone()), "{name}, byte {at}");
                let restored = Workspace::open(&again)?;
                restored.unlock(&world(), Some("anna")).map(drop)
            });
            match opened {
                Err(_) => detected += 1,
                Ok(()) => without_consequence += 1,
            }
            let _ = fs::remove_dir_all(&again);
            fs::write(&path, &whole).expect("writes");
        }
        // The receipt names the digest of each of these.
        if ["ledger.db", "witness.log", "stopgap.toml"].contains(&name.as_str()) {
            assert_eq!(without_consequence, 0, "{name}");
        }
        figures.insert(name, (detected, without_consequence));
    }
    let total: usize = figures.values().map(|(detected, without)| detected + without).sum();
    println!("{total} flips of a backup (detected, without consequence): {figures:?}");
    assert!(total >= 500, "{total}");
}
