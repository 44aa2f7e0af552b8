//! One SQLite file as a ledger: its settings, its faults, its waiting.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::*;
use crate::ledger::Claim;
use crate::payment::{Amount, BatchId, Currency, Tag};

#[test]
fn keeps_the_contract_of_a_store() {
    super::super::store::contract::every_promise(&mut || {
        Box::new(SqliteStore::create(Path::new(":memory:")).expect("a ledger in memory"))
    });
}

#[test]
fn keeps_what_was_committed_and_nothing_else_across_processes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    super::super::store::contract::reopened(&mut |first| {
        let store = if first { SqliteStore::create(&path) } else { SqliteStore::open(&path) };
        Box::new(store.expect("opens"))
    });
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "one file at rest, no journal: {left:?}");
}

#[test]
fn refuses_files_that_are_no_ledger_or_a_newer_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    assert_eq!(SqliteStore::open(&path).err().map(|f| f.code), Some("ledger.cannot_open"));
    std::fs::write(&path, b"this is a letter, not a ledger, and long enough to be taken for a header").expect("writes");
    assert_eq!(SqliteStore::open(&path).err().map(|f| f.code), Some("ledger.damaged"));
    std::fs::remove_file(&path).expect("removes");
    let other = Connection::open(&path).expect("a database");
    other.execute_batch("CREATE TABLE letters (id); PRAGMA user_version = 1;").expect("writes");
    drop(other);
    assert_eq!(SqliteStore::open(&path).err().map(|f| f.code), Some("ledger.damaged"));
    std::fs::remove_file(&path).expect("removes");
    let newer = SqliteStore::create(&path).expect("a ledger");
    newer.connection.pragma_update(None, "user_version", 99).expect("writes");
    drop(newer);
    assert_eq!(SqliteStore::open(&path).err().map(|f| f.code), Some("ledger.too_new"));
}

#[test]
fn entries_can_be_neither_changed_nor_deleted() {
    let store = SqliteStore::create(Path::new(":memory:")).expect("a ledger");
    let insert = "INSERT INTO entry VALUES (1, x'00', 0, 'anna', NULL, x'00', x'00', x'00', NULL)";
    store.connection.execute_batch(insert).expect("appends");
    for attempt in ["UPDATE entry SET at = 1", "DELETE FROM entry"] {
        assert!(store.connection.execute_batch(attempt).is_err(), "{attempt}");
    }
}

/// Forgetting all of it is the one way: the guard is there before and after.
#[test]
fn evidence_is_never_deleted_piece_by_piece() {
    let mut store = SqliteStore::create(Path::new(":memory:")).expect("a ledger in memory");
    let insert = "INSERT INTO evidence VALUES (1, 0, x'00', x'00', 1, 0, 0, x'00', NULL, NULL, NULL, NULL)";
    for _ in 0..2 {
        store.connection.execute(insert, []).expect("inserts");
        let refused = store.connection.execute("DELETE FROM evidence", []).expect_err("is guarded");
        assert!(refused.to_string().contains("never deleted"), "{refused}");
        let mut transaction = store.write(&mut |_| ()).expect("the writing place");
        assert_eq!(transaction.forget_payments().expect("forgets"), (0, 1));
        transaction.commit().expect("commits");
    }
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = folder.path().join("elsewhere.db");
    drop(SqliteStore::create(&real).expect("a ledger"));
    let link = folder.path().join("ledger.db");
    std::os::unix::fs::symlink(&real, &link).expect("links");
    assert!(SqliteStore::open(&link).is_err());
}

#[test]
fn a_writer_waits_for_another_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    let mut one = SqliteStore::create(&path).expect("a ledger");
    let mut other = SqliteStore::open(&path).expect("opens");
    let mut held = Some(one.write(&mut |_| ()).expect("the writing place"));
    let mut waited = 0;
    let writing = other.write(&mut |second| {
        waited = second;
        held = None;
    });
    assert!(writing.is_ok());
    assert_eq!(waited, 1);
}

fn in_memory() -> SqliteStore {
    SqliteStore::create(Path::new(":memory:")).expect("a ledger in memory")
}

/// Two that write at once may damage a file under the versions before the fix.
#[test]
fn a_version_of_sqlite_with_the_known_fault_is_refused() {
    let refused = |version| refuse_faulty_sqlite(version).err().map(|fault| fault.code);
    assert_eq!(refused(3_051_002), Some("ledger.sqlite_version"));
    assert_eq!([3_051_003, 3_051_004, 3_060_000].map(refused), [None; 3]);
}

/// A command that waits says so after a second and then every ten, so that nobody takes it for dead, and gives up after two minutes.
#[test]
fn a_wait_is_said_after_a_second_and_every_ten() {
    let seconds: Vec<u32> = (1..=40).filter(|second| is_told(*second)).collect();
    assert_eq!(seconds, [1, 10, 20, 30, 40]);
    let looks: Vec<u32> = (0..=MOST_LOOKS / 4).filter(|looks| is_worth_a_word(*looks)).collect();
    assert_eq!(looks, [20, 200, 400, 600], "twenty looks a second, and nothing at the first look");
    assert_eq!(MOST_LOOKS, 2400);
}

static TOLD: AtomicU32 = AtomicU32::new(0);

/// A commit of somebody else's that takes a moment is waited for, and the wait is said; it is no fault.
#[test]
fn who_reads_waits_for_a_commit_and_says_so() {
    when_waiting(|| {
        TOLD.fetch_add(1, Ordering::Relaxed);
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    let writing = SqliteStore::create(&path).expect("a ledger");
    let mut reading = SqliteStore::open(&path).expect("opens");
    writing.connection.execute_batch("BEGIN EXCLUSIVE").expect("nobody else is there");
    let begun = Instant::now();
    let reader = std::thread::spawn(move || {
        let mut snapshot = reading.read()?;
        snapshot.entries_after(0, &mut |_| Ok(()))
    });
    std::thread::sleep(Duration::from_millis(1300));
    assert!(!reader.is_finished(), "it waits");
    writing.connection.execute_batch("COMMIT").expect("commits");
    assert!(reader.join().expect("ends").is_ok());
    assert_eq!(TOLD.load(Ordering::Relaxed), 1);
    assert!(begun.elapsed() < Duration::from_secs(15), "it looks often");
}

/// Only a lock is waited for. Anything else that keeps a command from writing is said at once.
#[test]
fn what_is_no_lock_is_not_waited_for() {
    let mut store = in_memory();
    store.connection.execute_batch("BEGIN").expect("begins");
    let refused = store.write(&mut |_| panic!("waits for nobody")).err();
    assert_eq!(refused.map(|fault| fault.code), Some("ledger.damaged"));
}

#[test]
fn what_is_set_is_in_force() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = SqliteStore::create(&folder.path().join("ledger.db")).expect("a ledger");
    for (name, value) in [("synchronous", 3), ("secure_delete", 1), ("foreign_keys", 1), ("trusted_schema", 0)] {
        assert_eq!(store.pragma(name).ok(), Some(value), "{name}");
    }
    store.hold_at_most(512).expect("holds little");
    assert_eq!(store.pragma("cache_size").ok(), Some(-512), "in KiB, which SQLite writes below zero");
}

#[test]
fn a_ledger_with_a_second_name_is_refused_and_a_folder_is_said_to_be_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    drop(SqliteStore::create(&path).expect("a ledger"));
    assert!(SqliteStore::open(&path).is_ok());
    std::fs::hard_link(&path, folder.path().join("other.db")).expect("links");
    assert_eq!(SqliteStore::open(&path).err().map(|fault| fault.code), Some("ledger.linked"));
    assert_eq!(SqliteStore::open(folder.path()).err().map(|fault| fault.code), Some("ledger.cannot_open"));
}

/// Whatever SQLite's error, a person is told whose it is: another command's, the disk's, the folder's, or the ledger's own.
#[test]
fn an_error_says_whose_it_is() {
    use rusqlite::ffi;
    let table = [
        (ffi::SQLITE_BUSY, "ledger.locked", true),
        (ffi::SQLITE_LOCKED, "ledger.locked", true),
        (ffi::SQLITE_FULL, "disk.full", false),
        (ffi::SQLITE_CANTOPEN, "ledger.cannot_open", false),
        (ffi::SQLITE_READONLY, "ledger.read_only", false),
        (ffi::SQLITE_PERM, "ledger.read_only", false),
        (ffi::SQLITE_IOERR, "disk.failed", false),
        (ffi::SQLITE_NOTADB, "ledger.damaged", false),
        (ffi::SQLITE_CORRUPT, "ledger.damaged", false),
        (ffi::SQLITE_MISMATCH, "ledger.damaged", false),
    ];
    for (code, ours, waited_for) in table {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert_eq!((fault(&error).code, is_busy(&error)), (ours, waited_for), "{code}");
    }
    let [broken, unread] = [ffi::SQLITE_CORRUPT, ffi::SQLITE_MISMATCH]
        .map(|code| fault(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).message.to_string());
    assert_eq!(broken, "The ledger file is damaged.");
    assert!(unread.starts_with("The ledger could not be read: "), "{unread}");
}

#[test]
fn a_ledger_that_sqlite_finds_unsound_is_damaged() {
    let mut store = in_memory();
    assert!(store.read().expect("reads").self_check().is_ok());
    let against_its_rule = "CREATE TABLE odd (number CHECK (number > 0));
        PRAGMA ignore_check_constraints = 1; INSERT INTO odd VALUES (0); PRAGMA ignore_check_constraints = 0;";
    store.connection.execute_batch(against_its_rule).expect("inserts");
    let found = store.read().expect("reads").self_check().expect_err("is unsound");
    assert_eq!(found.code, "ledger.damaged");
}

/// What was deleted does not stay in the file as free pages.
#[test]
fn a_compacted_ledger_gives_its_room_back() {
    let mut store = in_memory();
    store
        .connection
        .execute_batch("CREATE TABLE large AS SELECT zeroblob(1000000) AS room; DELETE FROM large;")
        .expect("runs");
    assert!(store.pragma("freelist_count").expect("counts") > 200);
    store.compact().expect("compacts");
    assert_eq!(store.pragma("freelist_count").expect("counts"), 0);
}

/// A claim that holds what no claim holds is said to be damaged, with the column; it is never read as another one.
#[test]
fn a_claim_that_cannot_be_read_is_damage_in_a_column() {
    let table = [
        ("batch = 'nonsense'", 3),
        ("currency = 'XXX'", 8),
        ("period_first = 999999999", 9),
        ("period_last = 999999999", 10),
        ("period_last = period_first - 1", 9),
    ];
    for (change, column) in table {
        let mut store = in_memory();
        let claim = "INSERT INTO claim VALUES
            (zeroblob(8), zeroblob(8), 1, 'B0001', zeroblob(8), NULL, zeroblob(8), 100, 'DKK', 738000, 738029);";
        let foreign = "INSERT INTO foreign_claim VALUES
            (zeroblob(16), zeroblob(8), zeroblob(8), 1, 'B0001', zeroblob(8), NULL, zeroblob(8), 100, 'DKK', 738000, 738029, 0, 0, 0, NULL);";
        store.connection.execute_batch(&format!("{claim}{foreign}")).expect("inserts");
        let mut snapshot = store.read().expect("reads");
        assert!(snapshot.claims(&mut |_| Ok(())).is_ok() && snapshot.foreign_claims(&mut |_| Ok(())).is_ok());
        drop(snapshot);
        store
            .connection
            .execute_batch(&format!("UPDATE claim SET {change}; UPDATE foreign_claim SET {change};"))
            .expect(change);
        let mut snapshot = store.read().expect("reads");
        let ours = snapshot.claims(&mut |_| Ok(())).expect_err(change);
        let theirs = snapshot.foreign_claims(&mut |_| Ok(())).expect_err(change);
        for (fault, column) in [(ours, column), (theirs, column + 1)] {
            assert_eq!(fault.code, "ledger.damaged");
            let said = fault.message.to_string();
            assert!(said.contains(&format!("index: {column},")), "{change}: {said}");
        }
    }
}

/// Two tables have the same sum only where every value is the same, of the same type.
#[test]
fn a_table_is_summed_up_value_by_value_with_its_type() {
    let sum_of = |rows: &str| {
        let mut store = in_memory();
        store.connection.execute_batch(&format!("CREATE TABLE sheet (one, two); {rows}")).expect("inserts");
        let mut tables = store.read().expect("reads").tables().expect("sums up");
        tables.retain(|table| table.name == "sheet");
        let [sum] = tables.as_slice() else { panic!("one table: {tables:?}") };
        sum.clone()
    };
    let row = |values: &str| format!("INSERT INTO sheet VALUES ({values});");
    let different =
        ["NULL, ''", "'', NULL", "x'', NULL", "1, 2", "1.0, 2", "'1', 2", "x'31', 2", "'ab', 'c'", "'a', 'bc'"];
    let sums = different.map(|values| sum_of(&row(values)));
    for (at, sum) in sums.iter().enumerate() {
        assert_eq!(sum.rows, 1);
        assert_eq!(*sum, sum_of(&row(different[at])));
        assert!(sums[..at].iter().all(|other| other.digest != sum.digest), "{}", different[at]);
    }
    assert_eq!(sum_of("").rows, 0);
    assert_eq!(sum_of(&row("1, 2").repeat(3)).rows, 3);
}

/// Only a claim that is taken is called so: what else keeps one from being made is somebody else's fault.
#[test]
fn a_claim_that_cannot_be_written_is_not_taken_for_one_that_is_made() {
    let mut store = in_memory();
    store.connection.execute_batch("DROP TABLE claim").expect("is gone");
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    assert_eq!(transaction.claim(&[claim()]).expect_err("there is no table").code, "ledger.damaged");
}

/// A ledger of before is guarded as a new one is, and in neither is a page put aside for each claim.
#[test]
fn what_another_desk_claims_is_guarded_in_a_ledger_of_before() {
    const BEFORE: usize = 5;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    let before = Connection::open(&path).expect("a database");
    before.pragma_update(None, "application_id", APPLICATION_ID).expect("writes");
    MIGRATIONS[..BEFORE].iter().for_each(|migration| before.execute_batch(migration).expect("writes"));
    before.pragma_update(None, "user_version", BEFORE as i64).expect("writes");
    let foreign = "INSERT INTO foreign_claim VALUES (x'00', x'0101010101010101', x'0101010101010101', 1, 'K0001', x'0101010101010101',
                   NULL, x'0101010101010101', 100, 'DKK', 738000, 738029, 0, 0, 1, NULL)";
    before.execute_batch(foreign).expect("writes");
    drop(before);
    let mut store = SqliteStore::open(&path).expect("opens");
    let guard = |path: &Path| -> String {
        let query = "SELECT sql FROM sqlite_schema WHERE name = 'claimed_at_another_desk'";
        let ledger = Connection::open(path).expect("a database");
        ledger.query_row(query, [], |row| row.get(0)).expect("is there")
    };
    let bytes = std::fs::read(&path).expect("reads");
    store.read().map(drop).expect("reads");
    drop(store.write(&mut |_| ()).expect("the writing place"));
    assert_eq!(std::fs::read(&path).expect("reads"), bytes, "whoever looks, or takes it back, leaves it as it was");
    store.write(&mut |_| ()).and_then(|writing| writing.commit()).expect("is brought up to date");
    let now = guard(&path);
    assert!(now.contains("RAISE(FAIL"), "{now}");
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    let other = Claim { tag: Tag { series: [1; 8], obligation: [2; 8] }, ..claim() };
    let refused = transaction.claim(&[other.clone(), claim()]).expect_err("claimed at another desk");
    assert_eq!(refused.code, "control.already_claimed");
    let twice = transaction.claim(&[other]).expect_err("the first of the two is there until all is taken back");
    assert_eq!(twice.code, "control.already_claimed");
    drop(transaction);
    let mut left = Vec::new();
    let mut visit = |claim| {
        left.push(claim);
        Ok(())
    };
    store.read().and_then(|mut ledger| ledger.claims(&mut visit)).expect("reads");
    assert_eq!(left, []);
}

fn claim() -> Claim {
    Claim {
        tag: Tag { series: [1; 8], obligation: [1; 8] },
        attempt: 1,
        batch: BatchId::new('B', 1),
        person: [1; 8],
        payee: None,
        account: [1; 8],
        amount: Amount::from_minor_units(100, Currency::Dkk),
        period: "2022-04".parse().expect("a period"),
    }
}
