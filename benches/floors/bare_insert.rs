//! The least that any program does that keeps as many payments: rows of the same width under a random key.

use std::path::Path;

/// 103 bytes each under a random key of 32 bytes, in one transaction: WAL, FULL, a cache of 256 MiB. Keys are made as they are needed.
pub fn bare_insert(path: &Path, rows: u64) {
    let connection = rusqlite::Connection::open(path).expect("opens");
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144;
             CREATE TABLE payment (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;",
        )
        .expect("makes");
    connection.execute_batch("BEGIN").expect("begins");
    let mut insert = connection.prepare("INSERT INTO payment VALUES (?1, ?2)").expect("prepares");
    for row in 0..rows {
        insert.execute((key(row), [7u8; 71])).expect("inserts");
    }
    drop(insert);
    connection.execute_batch("COMMIT").expect("commits");
}

/// Scattered as a digest is, and made in no time: what is measured is the insert.
fn key(row: u64) -> [u8; 32] {
    let mut key = [0; 32];
    for (at, eight) in (1..).zip(key.chunks_exact_mut(8)) {
        let mut mixed = (row * 4 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        eight.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    key
}
