//! Everything, and every part of it, put back as it was after each earlier step.

use std::collections::BTreeMap;
use std::path::Path;

use crate::office::{Files, Office, approve, code, files, pay, prepare, put_back, release, world};
use stopgap::ops::{self, Workspace};
use stopgap::payment::Digest;

/// The parts that people put back, each by what its paths begin with. The folder's own note of its place goes with the whole folder.
const PARTS: [&str; 5] = ["ledger.db", "ledger.db-journal", "witness.log", "keys", "out"];

struct Step {
    what: &'static str,
    head: (u64, Digest),
    files: Files,
}

fn belongs(path: &Path, part: &str) -> bool {
    path.components().next().is_some_and(|first| first.as_os_str() == part)
}

/// Works through a day; after each step the folder as it lies there.
fn a_day(office: &Office) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut workspace = office.open().expect("opens");
    let mut note = |what, workspace: &Workspace| {
        let mut files = files(&office.workspace());
        files.insert("ledger.db-journal".into(), hot_journal(office, &files));
        steps.push(Step { what, head: workspace.state.head, files });
    };
    note("made", &workspace);
    let first = prepare(&mut workspace, &office.list([1, 2])).expect("prepares").expect("a batch");
    note("prepared", &workspace);
    approve(&mut workspace, first).expect("approves");
    note("approved", &workspace);
    release(&mut workspace, first).map(drop).expect("releases");
    note("released", &workspace);
    let second = prepare(&mut workspace, &office.list([3])).expect("prepares").expect("a batch");
    note("prepared again", &workspace);
    ops::cancel::cancel(&mut workspace, &world(), Some("anna"), second).expect("cancels");
    note("cancelled", &workspace);
    pay(&mut workspace, &office.list([4])).map(drop).expect("pays");
    note("paid again", &workspace);
    steps
}

/// The journal of a command that was killed while it wrote to this ledger.
fn hot_journal(office: &Office, files: &Files) -> Vec<u8> {
    let place = office.path("scratch");
    std::fs::create_dir_all(&place).expect("makes");
    let ledger = place.join("ledger.db");
    std::fs::write(&ledger, &files[Path::new("ledger.db")]).expect("writes");
    let connection = rusqlite::Connection::open(&ledger).expect("opens");
    connection
        .execute_batch(
            "PRAGMA journal_mode=DELETE; BEGIN IMMEDIATE; DROP TRIGGER entry_is_never_changed;
             UPDATE entry SET at = at + 1; UPDATE claim SET attempt = attempt + 1;
             CREATE TABLE filling (bytes); INSERT INTO filling VALUES (zeroblob(200000));",
        )
        .expect("writes");
    connection.cache_flush().expect("writes what it has changed");
    let journal = std::fs::read(place.join("ledger.db-journal")).expect("a journal");
    let pages = journal.get(8..12).and_then(|count| count.try_into().ok()).map_or(0, u32::from_be_bytes);
    assert!(pages > 1, "a journal that SQLite plays back");
    drop(connection);
    std::fs::remove_dir_all(&place).expect("removes");
    journal
}

#[test]
fn nothing_that_is_put_back_is_paid_from() {
    let office = Office::new();
    let steps = a_day(&office);
    let now = steps.last().expect("a day");
    let mut at_rest = now.files.clone();
    at_rest.remove(Path::new("ledger.db-journal"));
    let anchors = files(&office.path("anchors"));
    let list = office.list([9]);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut whole_folders = 0;
    for (at, then) in steps.iter().enumerate() {
        for chosen in 1..1u32 << (PARTS.len() + 1) {
            // The last bit stands for the whole folder, which holds every part and the rest.
            let is_whole = chosen >> PARTS.len() == 1;
            if is_whole && chosen != 1 << PARTS.len() {
                continue;
            }
            let parts: Vec<&str> =
                PARTS.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1).map(|(_, part)| *part).collect();
            let mut restored = at_rest.clone();
            if is_whole {
                restored = then.files.clone();
                restored.remove(Path::new("ledger.db-journal"));
            }
            restored.retain(|path, _| !parts.iter().any(|part| belongs(path, part)));
            let put = then.files.iter().filter(|(path, _)| parts.iter().any(|part| belongs(path, part)));
            restored.extend(put.map(|(path, bytes)| (path.clone(), bytes.clone())));
            put_back(&office.workspace(), &restored);
            put_back(&office.path("anchors"), &anchors);
            let case = format!("{} of `{}` put back", if is_whole { "all" } else { "a part" }, then.what);
            let outcome = match office.open() {
                Err(fault) => fault.code,
                Ok(mut workspace) if workspace.state.head != now.head => {
                    let writes = [code(prepare(&mut workspace, &list)), code(workspace.refresh(&world()))];
                    assert!(!writes.contains(&"done"), "{case} {parts:?}: {writes:?}");
                    assert_eq!(workspace.state.head, then.head, "it can be looked at");
                    writes[1]
                }
                Ok(mut workspace) => match ops::verify::verify(&mut workspace) {
                    Err(fault) => fault.code,
                    Ok(_) => {
                        // Nothing of the ledger was lost. What is paid now is paid once, and what was paid is known.
                        match prepare(&mut workspace, &office.list([1, 2])) {
                            Ok(None) => "harmless",
                            Err(fault) if fault.code.starts_with("keys.") => fault.code,
                            other => panic!("{case} {parts:?}: {other:?}"),
                        }
                    }
                },
            };
            if is_whole && at + 1 < steps.len() {
                assert_eq!(outcome, "ledger.older_than_anchor", "{case}");
                whole_folders += 1;
            }
            *counts.entry(outcome).or_default() += 1;
        }
    }
    let total: usize = counts.values().sum();
    println!("{total} restores, {whole_folders} of them of the whole folder: {counts:?}");
    assert!(total >= 200, "{total}");
    assert!(
        counts.keys().all(|code| {
            *code == "harmless"
                || code.starts_with("ledger.")
                || code.starts_with("keys.")
                || code.starts_with("outbox.")
        }),
        "{counts:?}"
    );
}

/// Without anything outside, the same folder is believed: the anchors are what the test above rests on.
#[test]
fn without_an_anchor_a_whole_folder_put_back_is_believed() {
    let office = Office::new();
    let steps = a_day(&office);
    let mut then = steps[2].files.clone();
    then.remove(Path::new("ledger.db-journal"));
    put_back(&office.workspace(), &then);
    std::fs::remove_dir_all(office.path("anchors")).expect("removes");
    let mut workspace = office.open().expect("opens");
    assert_eq!(code(prepare(&mut workspace, &office.list([9]))), "done");
}
