//! A thousand edits of the ledger's tables, by somebody who can also work out plain digests and cut the witness to match.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;
use stopgap::ledger::entry::Entry;
use stopgap::ops::{self, Workspace};
use stopgap::payment::Digest;

use crate::office::{Files, Office, files, pay, prepare, put_back};

fn ledger_in_use() -> (Office, Files) {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    pay(&mut workspace, &office.list(1..=6)).map(drop).expect("pays");
    pay(&mut workspace, &office.list([7])).map(drop).expect("pays");
    prepare(&mut workspace, &office.list([8, 9])).expect("prepares");
    drop(workspace);
    let at_rest = files(&office.workspace());
    (office, at_rest)
}

fn editable(ledger: &Path) -> Connection {
    let connection = Connection::open(ledger).expect("opens");
    let triggers: Vec<String> = {
        let mut named = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").expect("prepares");
        let names = named.query_map([], |row| row.get(0)).expect("reads");
        names.collect::<Result<_, _>>().expect("reads")
    };
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).expect("drops");
    }
    connection
}

/// Tables with rows, and their columns.
fn tables(connection: &Connection) -> Vec<(String, Vec<String>, i64)> {
    let names: Vec<String> = {
        let mut named = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .expect("prepares");
        named.query_map([], |row| row.get(0)).expect("reads").collect::<Result<_, _>>().expect("reads")
    };
    let mut tables = Vec::new();
    for name in names {
        let rows = connection.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0)).expect("counts");
        let statement = connection.prepare(&format!("SELECT * FROM {name}")).expect("prepares");
        let columns = statement.column_names().map(str::to_owned).collect();
        tables.push((name, columns, rows));
    }
    tables
}

/// Whether the ledger, opened and verified with what is outside, is found to be other than it was.
fn finding(office: &Office) -> Option<&'static str> {
    let verified = office.open().and_then(|mut workspace| ops::verify::verify(&mut workspace).map(drop));
    verified.err().map(|fault| fault.code)
}

fn changed(value: &Value, way: usize) -> Option<Value> {
    Some(match value {
        Value::Null if way == 0 => Value::Integer(1),
        Value::Null => Value::Blob(vec![0; 8]),
        Value::Integer(number) => Value::Integer(match way {
            0 => number + 1,
            1 => number - 1,
            2 => number ^ 0x40,
            _ => -number - 7,
        }),
        Value::Text(text) => Value::Text(match way {
            0 => format!("{text}x"),
            1 => text.chars().skip(1).collect(),
            2 => text.to_lowercase() + "\u{200b}",
            _ => "B0002".into(),
        }),
        Value::Blob(bytes) if !bytes.is_empty() => {
            let mut bytes = bytes.clone();
            let last = bytes.len() - 1;
            match way {
                0 => bytes[0] ^= 1,
                1 => bytes[last] ^= 0x80,
                2 => bytes.truncate(last),
                _ => bytes[last / 2] ^= 0x10,
            }
            Value::Blob(bytes)
        }
        Value::Blob(_) => Value::Blob(vec![1]),
        Value::Real(_) => return None,
    })
}

#[test]
fn every_edit_of_the_ledger_is_found() {
    let (office, at_rest) = ledger_in_use();
    let ledger = office.workspace().join("ledger.db");
    let tables = tables(&editable(&ledger));
    put_back(&office.workspace(), &at_rest);
    assert_eq!(finding(&office), None, "nothing is wrong with it as it is");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut edits = 0;
    let mut edit = |office: &Office, what: &str, kind: &str, work: &dyn Fn(&Connection) -> rusqlite::Result<usize>| {
        fs::write(&ledger, &at_rest[Path::new("ledger.db")]).expect("writes");
        let connection = editable(&ledger);
        // An edit that a constraint refuses, or that changes nothing, is none.
        if !work(&connection).is_ok_and(|rows| rows > 0) {
            return;
        }
        drop(connection);
        let found = finding(office);
        assert!(found.is_some(), "{what}");
        edits += 1;
        *counts.entry(format!("{kind}: {}", found.unwrap_or_default())).or_default() += 1;
    };
    for (table, columns, rows) in &tables {
        for row in 0..*rows {
            let at = format!("rowid_of({row})");
            let pick = pick(&office, table, columns, row);
            let Some((key, values)) = pick else { panic!("{table} {at}") };
            edit(&office, &format!("a row less in {table}"), "deleted", &|connection| {
                connection.execute(&format!("DELETE FROM {table} WHERE {}", key.0), rusqlite::params_from_iter(&key.1))
            });
            for (column, value) in columns.iter().zip(&values) {
                for way in 0..4 {
                    let Some(other) = changed(value, way).filter(|other| other != value) else { continue };
                    edit(&office, &format!("{table}.{column} of row {row}, way {way}"), "edited", &|connection| {
                        let sql = format!("UPDATE {table} SET {column} = ? WHERE {}", key.0);
                        let parameters = std::iter::once(&other).chain(&key.1);
                        connection.execute(&sql, rusqlite::params_from_iter(parameters))
                    });
                }
            }
        }
    }
    println!("{edits} edits in {} tables, all found: {counts:?}", tables.len());
    assert!(edits >= 1000, "{edits}");
}

/// How a row is found again, and its values.
type Picked = ((String, Vec<Value>), Vec<Value>);

fn pick(office: &Office, table: &str, columns: &[String], row: i64) -> Option<Picked> {
    // From the ledger as it was, which a copy beside it holds.
    let place = office.path("as-it-was.db");
    if !place.exists() {
        fs::copy(office.workspace().join("ledger.db"), &place).expect("copies");
    }
    let connection = Connection::open(&place).expect("opens");
    let sql = format!("SELECT * FROM {table} LIMIT 1 OFFSET {row}");
    let values: Vec<Value> =
        connection.query_row(&sql, [], |row| (0..columns.len()).map(|column| row.get(column)).collect()).ok()?;
    let condition = columns.iter().map(|column| format!("{column} IS ?")).collect::<Vec<_>>().join(" AND ");
    Some(((condition, values.clone()), values))
}

/// Digests are worked out anew, all the way to the head, and the witness with them; there is no key to sign them with.
#[test]
fn a_history_that_was_made_over_is_found() {
    let (office, at_rest) = ledger_in_use();
    let state = office.open().expect("opens").state;
    let mut entries = Vec::new();
    let mut workspace = Workspace::open(&office.workspace()).expect("opens");
    let mut snapshot = workspace.read().expect("reads");
    snapshot
        .entries_after(0, &mut |entry| {
            entries.push(entry);
            Ok(())
        })
        .expect("reads");
    drop(snapshot);
    let mut found = 0;
    let mut without_anchors = 0;
    for at in 0..entries.len() {
        let changes: [fn(&mut Vec<Entry>, usize); 6] = [
            |entries, at| entries[at].at += 1,
            |entries, at| entries[at].actor = if entries[at].actor == "anna" { "malik" } else { "anna" }.into(),
            |entries, at| {
                let last = entries[at].event.len() - 1;
                entries[at].event[last] ^= 1;
            },
            |entries, at| drop(entries.remove(at)),
            |entries, at| entries.truncate(at),
            |entries, at| {
                let other = (at + 1) % entries.len();
                entries.swap(at, other);
            },
        ];
        for (way, change) in changes.into_iter().enumerate() {
            let mut forged = entries.clone();
            change(&mut forged, at);
            let mut previous = Digest([0; 32]);
            for (number, entry) in (1..).zip(&mut forged) {
                (entry.seq, entry.previous) = (number, previous);
                entry.digest = entry.compute_digest(state.ledger);
                previous = entry.digest;
            }
            if forged.iter().map(|entry| entry.digest).eq(entries.iter().map(|entry| entry.digest)) {
                continue;
            }
            put_back(&office.workspace(), &at_rest);
            let connection = editable(&office.workspace().join("ledger.db"));
            connection.execute_batch("DELETE FROM entry").expect("deletes");
            for entry in &forged {
                connection
                    .execute(
                        "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        rusqlite::params![
                            entry.seq as i64,
                            entry.previous.0,
                            entry.at,
                            entry.actor,
                            entry.second,
                            entry.event,
                            entry.digest.0,
                            entry.signature,
                            entry.second_signature
                        ],
                    )
                    .expect("inserts");
            }
            drop(connection);
            let witness: String = forged.iter().map(|entry| format!("{} {}\n", entry.seq, entry.digest)).collect();
            fs::write(office.workspace().join("witness.log"), witness).expect("writes");
            assert!(finding(&office).is_some(), "entry {}, way {way}", at + 1);
            found += 1;
            // All but a clean cut is seen by the signatures alone.
            let by_itself =
                Workspace::open(&office.workspace()).and_then(|mut w| ops::verify::verify(&mut w).map(drop));
            without_anchors += usize::from(by_itself.is_err());
        }
    }
    println!("{found} histories made over, all found; {without_anchors} of them without the anchor too");
    assert!(found >= 40 && without_anchors >= found / 2);
}
