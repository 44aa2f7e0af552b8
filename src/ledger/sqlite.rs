//! The ledger in one SQLite file.
//!
//! Rollback journal and `synchronous=EXTRA`: of the modes that were cut off at every write, only this one and WAL with FULL kept every
//! acknowledged commit, and with WAL one flipped bit in the log, or a plain copy of the main file, silently lost some. What is set is read
//! back at every open; a file that does not take the settings is refused.

mod rows;
mod session;
#[cfg(test)]
mod tests;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use self::session::Session;
use super::store::{Snapshot, Store, Transaction};
use crate::fault::{Fault, Result};
use crate::say;

/// `sgap` in ASCII: tells a ledger from any other SQLite file.
const APPLICATION_ID: i32 = 0x7367_6170;

/// Each brings a ledger from version n (its place, from 0) to n + 1. Never changed once released; only added to.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_ledger.sql"),
    include_str!("migrations/0002_outcome.sql"),
    include_str!("migrations/0003_parts.sql"),
    include_str!("migrations/0004_other_desks.sql"),
    include_str!("migrations/0005_purged_chunks.sql"),
    include_str!("migrations/0006_claims_fail.sql"),
];

/// From this version on a ledger reads as the latest one does, so that looking at one leaves its file as it is: it may be a backup, or a desk's whose
/// program is older.
const READS_ALIKE: usize = 5;

/// Below this, SQLite may corrupt a database when two connections write at once (fixed in 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a command waits for another one to finish writing, or reading where it wants to write.
const PATIENCE_SECONDS: u32 = 120;

/// How often it looks whether the other has.
const LOOKS_A_SECOND: u32 = 20;
const MOST_LOOKS: u32 = PATIENCE_SECONDS * LOOKS_A_SECOND;

/// Told each second and ten seconds that it waits to read, or for readers: see [`when_waiting`].
static TELL_WAITING: OnceLock<fn()> = OnceLock::new();

/// Whom to tell that a command waits where nobody was handed in to be told: a ledger is read in too many places. For the front end, once.
pub fn when_waiting(tell: fn()) {
    let _ = TELL_WAITING.set(tell);
}

/// Whether the wait for another command's lock has become worth a word: after a second, and every ten.
pub fn is_told(second: u32) -> bool {
    second == 1 || second.is_multiple_of(10)
}

/// The same, by how often it has looked.
fn is_worth_a_word(looks: u32) -> bool {
    looks > 0 && looks.is_multiple_of(LOOKS_A_SECOND) && is_told(looks / LOOKS_A_SECOND)
}

fn refuse_faulty_sqlite(version: i32) -> Result<()> {
    if version >= OLDEST_SQLITE {
        return Ok(());
    }
    Err(Fault::failed("ledger.sqlite_version", say!("This build holds a version of SQLite with a known fault.")))
}

pub struct SqliteStore {
    connection: Connection,
    path: PathBuf,
}

impl SqliteStore {
    /// Makes a new ledger file, which must not exist.
    pub fn create(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut store = Self::connect(path, flags)?;
        store.connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(|e| fault(&e))?;
        store.bring_up_to_date_now()?;
        Ok(store)
    }

    /// Opens a ledger. An older one is brought up to date when it is written to.
    pub fn open(path: &Path) -> Result<Self> {
        refuse_second_name(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut store = Self::connect(path, flags)?;
        if store.pragma("application_id")? != i64::from(APPLICATION_ID) {
            return Err(damaged(say!("{path} is not a stopgap ledger.", path = path.display())));
        }
        if store.version()? < READS_ALIKE {
            store.bring_up_to_date_now()?;
        }
        Ok(store)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self> {
        refuse_faulty_sqlite(rusqlite::version_number())?;
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|e| fault(&e))?;
        let mut store = Self { connection, path: path.into() };
        store.configure()?;
        Ok(store)
    }

    fn configure(&mut self) -> Result<()> {
        self.wait_patiently()?;
        // Without this guarantee SQLite plans a query anew for each value that is bound to it, which took most of a large prepare.
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(|e| fault(&e))?;
        // cache_size: 8 MiB, in KiB. temp_store 2: in memory. synchronous 3: EXTRA.
        let settings = [
            ("synchronous", 3),
            ("secure_delete", 1),
            ("foreign_keys", 1),
            ("trusted_schema", 0),
            ("cell_size_check", 1),
        ];
        self.connection
            .execute_batch(
                "PRAGMA journal_mode=DELETE; PRAGMA fullfsync=1; PRAGMA temp_store=2; PRAGMA cache_size=-8192;",
            )
            .map_err(|e| fault(&e))?;
        for (name, value) in settings {
            self.connection.pragma_update(None, name, value).map_err(|e| fault(&e))?;
            if self.pragma(name)? != value {
                return Err(Fault::failed(
                    "ledger.settings",
                    say!("The ledger does not take the setting {name}.", name = name.to_string()),
                ));
            }
        }
        let journal: String =
            self.connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(|e| fault(&e))?;
        match journal.as_str() {
            "delete" => Ok(()),
            // In memory there is nothing to lose; only tests have such a ledger.
            "memory" if self.path.as_os_str() == ":memory:" => Ok(()),
            _ => Err(Fault::failed("ledger.settings", say!("The ledger does not take the setting journal_mode."))),
        }
    }

    /// A commit by somebody else may take as long as a disk takes; only then does reading fail.
    fn wait_patiently(&mut self) -> Result<()> {
        let patient = |looks: i32| {
            let looks = looks.unsigned_abs();
            if is_worth_a_word(looks) {
                TELL_WAITING.get().inspect(|tell| tell());
            }
            std::thread::sleep(Duration::from_secs(1) / LOOKS_A_SECOND);
            looks < MOST_LOOKS
        };
        self.connection.busy_handler(Some(patient)).map_err(|e| fault(&e))
    }

    /// How many migrations the ledger has had; not more than this program knows.
    fn version(&self) -> Result<usize> {
        let version = usize::try_from(self.pragma("user_version")?).unwrap_or(usize::MAX);
        if version > MIGRATIONS.len() {
            let message = say!("The ledger was last used by a newer stopgap than this one.");
            return Err(Fault::failed("ledger.too_new", message).remedy(say!("Use the newer program.")));
        }
        Ok(version)
    }

    fn bring_up_to_date_now(&mut self) -> Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|e| fault(&e))?;
        self.bring_up_to_date()?;
        self.connection.execute_batch("COMMIT").map_err(|e| fault(&e))
    }

    /// Within the transaction that has begun, which is taken back where this fails.
    fn bring_up_to_date(&self) -> Result<()> {
        let migrated = self.version().and_then(|version| {
            if version == MIGRATIONS.len() {
                return Ok(());
            }
            MIGRATIONS[version..]
                .iter()
                .try_for_each(|one| self.connection.execute_batch(one))
                .map_err(|e| fault(&e))?;
            let latest = MIGRATIONS.len() as i64;
            self.connection.pragma_update(None, "user_version", latest).map_err(|e| fault(&e))
        });
        if migrated.is_err() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        migrated
    }

    fn pragma(&self, name: &str) -> Result<i64> {
        self.connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|e| fault(&e))
    }
}

impl Store for SqliteStore {
    fn hold_at_most(&mut self, kib: u32) -> Result<()> {
        self.connection.pragma_update(None, "cache_size", -i64::from(kib)).map_err(|e| fault(&e))
    }

    fn compact(&mut self) -> Result<()> {
        self.connection.execute_batch("VACUUM").map_err(|e| fault(&e))
    }

    fn read(&mut self) -> Result<Box<dyn Snapshot + '_>> {
        self.connection.execute_batch("BEGIN DEFERRED").map_err(|e| fault(&e))?;
        Ok(Box::new(Session::begun(&self.connection)))
    }

    fn write(&mut self, waiting: &mut dyn FnMut(u32)) -> Result<Box<dyn Transaction + '_>> {
        self.connection.busy_timeout(Duration::from_secs(1)).map_err(|e| fault(&e))?;
        for second in 1.. {
            match self.connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => break,
                Err(error) if is_busy(&error) && second <= PATIENCE_SECONDS => waiting(second),
                Err(error) => return Err(fault(&error)),
            }
        }
        self.bring_up_to_date()?;
        self.wait_patiently()?;
        Ok(Box::new(Session::begun(&self.connection)))
    }
}

/// SQLite finds a journal by the ledger's name: under a second one an interrupted write would not be rolled back.
fn refuse_second_name(path: &Path) -> Result<()> {
    // What cannot be looked at is for SQLite to say.
    if std::fs::symlink_metadata(path).is_ok_and(|there| there.is_file() && there.nlink() > 1) {
        let message = say!(
            "{path} has a second name (a hard link): under the other one it could be written to as well.",
            path = path.display()
        );
        return Err(Fault::refused("ledger.linked", message)
            .remedy(say!("Remove the other name, or copy the file to a new one and put that in its place.")));
    }
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn damaged(message: impl Into<crate::words::Message>) -> Fault {
    Fault::failed("ledger.damaged", message).remedy(say!("Restore the newest backup; do not release from this folder."))
}

/// SQLite's error as ours: whose it is, and what to do. Nothing is said of whether something was recorded: a disk may fail after the commit.
fn fault(error: &rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Fault::failed("ledger.locked", say!("Another stopgap is writing to this ledger and has not finished."))
                .remedy(say!("Wait for it, then run the same command again."))
        }
        Some(ErrorCode::DiskFull) => {
            Fault::failed("disk.full", say!("The disk is full: the ledger could not be written."))
                .remedy(say!("Make room, then run the same command again."))
        }
        Some(ErrorCode::CannotOpen) => Fault::failed("ledger.cannot_open", say!("The ledger file cannot be opened."))
            .remedy(say!("Is this the right folder, and may you read and write in it?")),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            Fault::failed("ledger.read_only", say!("The ledger file cannot be written to."))
        }
        Some(ErrorCode::SystemIoFailure) => Fault::failed(
            "disk.failed",
            say!("The disk failed while the ledger was used ({error}).", error = error.to_string()),
        )
        .remedy(say!("Run the same command again; if it fails again, copy the folder to another disk.")),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => damaged(say!("The ledger file is damaged.")),
        _ => damaged(say!("The ledger could not be read: {error}.", error = error.to_string())),
    }
}
