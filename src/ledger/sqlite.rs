//! The ledger in one SQLite file.
//!
//! Rollback journal and `synchronous=EXTRA`: of the modes that were cut off at every write, only this one and WAL with FULL kept every
//! acknowledged commit, and with WAL one flipped bit in the log, or a plain copy of the main file, silently lost some. What is set is read
//! back at every open; a file that does not take the settings is refused.

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{Datelike, NaiveDate};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Statement, params};
use sha2::{Digest as _, Sha256};

use super::entry::Entry;
use super::event::LedgerId;
use super::foreign::{ForeignClaim, Hold, standing_number, standing_of_number};
use super::idempotency::Pseudonym;
use super::outcome::{BankDebit, Evidence, EvidenceKind, ReasonCode, Source};
use super::seal::Sealed;
use super::store::{
    Claim, Holder, Known, SealedChunk, SealedPart, Snapshot, Store, TableSum, Transaction, VisitEvidence,
};
use crate::fault::{Fault, Result};
use crate::payment::{Amount, BatchId, Currency, Digest, EndToEndId, Period, Tag};
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
];

/// Below this, SQLite may corrupt a database when two connections write at once (fixed in 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;

/// So many rows go into an index with one statement.
const ROWS_A_STATEMENT: usize = 64;

/// So many rows that are not wanted are stepped over before the next one that is wanted is searched for.
const FAR: u32 = 8;

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

/// The columns of `claim`, which those of `foreign_claim` hold among others.
macro_rules! foreign_columns {
    () => {
        "series, obligation, attempt, batch, person, payee, account, amount, currency, period_first, period_last"
    };
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
        store.migrate()?;
        Ok(store)
    }

    /// Opens a ledger, bringing an older one up to date.
    pub fn open(path: &Path) -> Result<Self> {
        refuse_second_name(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut store = Self::connect(path, flags)?;
        if store.pragma("application_id")? != i64::from(APPLICATION_ID) {
            return Err(damaged(say!("{path} is not a stopgap ledger.", path = path.display())));
        }
        store.migrate()?;
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

    fn migrate(&mut self) -> Result<()> {
        let version = usize::try_from(self.pragma("user_version")?).unwrap_or(usize::MAX);
        if version > MIGRATIONS.len() {
            let message = say!("The ledger was last used by a newer stopgap than this one.");
            return Err(Fault::failed("ledger.too_new", message).remedy(say!("Use the newer program.")));
        }
        if version == MIGRATIONS.len() {
            return Ok(());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(|e| fault(&e))?;
        for migration in &MIGRATIONS[version..] {
            transaction.execute_batch(migration).map_err(|e| fault(&e))?;
        }
        transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64).map_err(|e| fault(&e))?;
        transaction.commit().map_err(|e| fault(&e))
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
        Ok(Box::new(Session { connection: &self.connection, open: true }))
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
        self.wait_patiently()?;
        Ok(Box::new(Session { connection: &self.connection, open: true }))
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

/// One transaction; rolled back unless committed.
struct Session<'a> {
    connection: &'a Connection,
    open: bool,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if self.open {
            // Nothing was acknowledged: if even the rollback fails, the journal is rolled back at the next open.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl Snapshot for Session<'_> {
    fn entries_after(&mut self, after: u64, visit: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT seq, previous, at, actor, second, event, digest, signature, second_signature FROM entry
             WHERE seq > ?1 ORDER BY seq",
            params![after as i64],
            |row| {
                Ok(Entry {
                    seq: row.get::<_, i64>(0)? as u64,
                    previous: Digest(row.get(1)?),
                    at: row.get(2)?,
                    actor: row.get(3)?,
                    second: row.get(4)?,
                    event: row.get(5)?,
                    digest: Digest(row.get(6)?),
                    signature: row.get(7)?,
                    second_signature: row.get(8)?,
                })
            },
            visit,
        )
    }

    fn claims_in_series(&mut self, series: &[u8; 8]) -> Result<Vec<Claim>> {
        let sql = concat!(
            "SELECT * FROM claim WHERE series = ?1 UNION ALL SELECT ",
            foreign_columns!(),
            " FROM foreign_claim WHERE series = ?1 AND hold < 2 ORDER BY obligation"
        );
        self.collect_claims(sql, series)
    }

    fn claims_of_payee(&mut self, payee: &Pseudonym) -> Result<Vec<Claim>> {
        let sql = concat!(
            "SELECT claim.* FROM claim_payee AS named JOIN claim USING (series, obligation) WHERE named.payee = ?1
                 UNION ALL SELECT ",
            foreign_columns!(),
            " FROM foreign_claim WHERE payee = ?1 AND hold < 2 ORDER BY series, obligation"
        );
        self.collect_claims(sql, payee)
    }

    fn claims(&mut self, visit: &mut dyn FnMut(Claim) -> Result<()>) -> Result<()> {
        self.each("SELECT * FROM claim ORDER BY series, obligation", [], read_claim, visit)
    }

    fn claims_ever(&mut self, visit: &mut dyn FnMut(Claim, bool) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT *, 1 FROM claim UNION ALL SELECT *, 0 FROM freed_claim ORDER BY series, obligation, attempt",
            [],
            |row| Ok((read_claim(row)?, row.get(11)?)),
            &mut |(claim, live)| visit(claim, live),
        )
    }

    fn claims_everywhere(&mut self, visit: &mut dyn FnMut(&Claim, Holder) -> Result<()>) -> Result<()> {
        let sql = concat!(
            "SELECT *, 3 FROM claim UNION ALL SELECT *, 4 FROM freed_claim UNION ALL SELECT ",
            foreign_columns!(),
            ", hold FROM foreign_claim ORDER BY series, obligation, attempt"
        );
        let holder = |row: &Row| match row.get(11)? {
            3u8 => Ok(Holder::Live),
            4 => Ok(Holder::Freed),
            hold => Hold::from_number(hold).map(Holder::Elsewhere).ok_or_else(|| unreadable(11)),
        };
        self.each(sql, [], |row| Ok((read_claim(row)?, holder(row)?)), &mut |(claim, holder)| visit(&claim, holder))
    }

    fn listed_payees(&mut self, visit: &mut dyn FnMut(Pseudonym, Tag) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT payee, series, obligation FROM claim_payee ORDER BY payee, series, obligation",
            [],
            |row| Ok((row.get(0)?, Tag { series: row.get(1)?, obligation: row.get(2)? })),
            &mut |(payee, tag)| visit(payee, tag),
        )
    }

    fn last_freed_attempt(&mut self, tag: &Tag) -> Result<u8> {
        self.connection
            .prepare_cached(
                "SELECT coalesce(max(attempt), 0) FROM (
                     SELECT attempt FROM freed_claim WHERE series = ?1 AND obligation = ?2
                     UNION ALL
                     SELECT attempt FROM foreign_claim WHERE series = ?1 AND obligation = ?2 AND hold = 2)",
            )
            .and_then(|mut statement| statement.query_row(params![tag.series, tag.obligation], |row| row.get(0)))
            .map_err(|e| fault(&e))
    }

    fn claim_ever(&mut self, payment: &EndToEndId) -> Result<Option<(Claim, bool)>> {
        let mut found = None;
        let EndToEndId { tag, attempt } = payment;
        for (sql, live) in [
            ("SELECT * FROM claim WHERE series = ?1 AND obligation = ?2 AND attempt = ?3", true),
            ("SELECT * FROM freed_claim WHERE series = ?1 AND obligation = ?2 AND attempt = ?3", false),
        ] {
            let key = params![tag.series, tag.obligation, attempt];
            self.each(sql, key, read_claim, &mut |claim| {
                found = Some((claim, live));
                Ok(())
            })?;
            if found.is_some() {
                break;
            }
        }
        Ok(found)
    }

    fn evidence_of(&mut self, payment: &EndToEndId) -> Result<Vec<Evidence>> {
        let sql =
            "SELECT * FROM evidence WHERE series = ?1 AND obligation = ?2 AND attempt = ?3 ORDER BY entry, number";
        let mut found = Vec::new();
        let key = params![payment.tag.series, payment.tag.obligation, payment.attempt];
        self.each(sql, key, read_evidence, &mut |evidence| {
            found.push(evidence);
            Ok(())
        })?;
        Ok(found)
    }

    fn known_of(&mut self, payments: &[EndToEndId]) -> Result<Vec<Known>> {
        let mut known = vec![Known::default(); payments.len()];
        for (sql, live) in [
            (
                "SELECT * FROM claim WHERE (series, obligation, attempt) >= (?1, ?2, ?3) ORDER BY series, obligation",
                true,
            ),
            (
                "SELECT * FROM freed_claim WHERE (series, obligation, attempt) >= (?1, ?2, ?3)
                 ORDER BY series, obligation, attempt",
                false,
            ),
        ] {
            self.walk(sql, payments, |row| key_at(row, 0), &mut |at, row| {
                known[at].claim = Some((read_claim(row)?, live));
                Ok(())
            })?;
        }
        let sql = "SELECT * FROM evidence WHERE (series, obligation, attempt) >= (?1, ?2, ?3)
                   ORDER BY series, obligation, attempt, entry, number";
        self.walk(sql, payments, |row| key_at(row, 2), &mut |at, row| {
            known[at].evidence.push(read_evidence(row)?);
            Ok(())
        })?;
        Ok(known)
    }

    fn claims_with_evidence(&mut self, visit: VisitEvidence) -> Result<()> {
        let sql = "SELECT * FROM evidence ORDER BY series, obligation, attempt, entry, number";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| fault(&e))?;
        let mut rows = statement.query([]).map_err(|e| fault(&e))?;
        let mut next = move || rows.next().and_then(|row| row.map(read_evidence).transpose()).map_err(|e| fault(&e));
        let mut waiting = next()?;
        let mut of_claim = Vec::new();
        self.each(
            "SELECT *, 1 FROM claim UNION ALL SELECT *, 0 FROM freed_claim ORDER BY series, obligation, attempt",
            [],
            |row| Ok((read_claim(row)?, row.get(11)?)),
            &mut |(claim, live): (Claim, bool)| {
                of_claim.clear();
                let payment = EndToEndId { tag: claim.tag, attempt: claim.attempt };
                while let Some(evidence) = waiting.take_if(|evidence| evidence.payment <= payment) {
                    if evidence.payment == payment {
                        of_claim.push(evidence);
                    }
                    waiting = next()?;
                }
                visit(claim, live, &of_claim)
            },
        )
    }

    fn evidence(&mut self, visit: &mut dyn FnMut(Evidence) -> Result<()>) -> Result<()> {
        self.each("SELECT * FROM evidence ORDER BY entry, number", [], read_evidence, visit)
    }

    fn debit(&mut self, identity: &Pseudonym) -> Result<Option<BankDebit>> {
        let sql = "SELECT * FROM bank_debit WHERE identity = ?1 ORDER BY entry, number";
        let mut last = None;
        self.each(sql, params![identity], read_debit, &mut |debit| {
            last = Some(debit);
            Ok(())
        })?;
        Ok(last)
    }

    fn open_debits(&mut self, visit: &mut dyn FnMut(BankDebit) -> Result<()>) -> Result<()> {
        let sql = "SELECT * FROM bank_debit AS debit
                   WHERE NOT EXISTS (SELECT 1 FROM bank_debit AS other WHERE other.identity = debit.identity AND other.explained)
                   ORDER BY booked_on, amount, entry, number";
        self.each(sql, [], read_debit, visit)
    }

    fn debits(&mut self, visit: &mut dyn FnMut(BankDebit) -> Result<()>) -> Result<()> {
        self.each("SELECT * FROM bank_debit ORDER BY entry, number", [], read_debit, visit)
    }

    fn chunks(&mut self, batch: BatchId, visit: &mut dyn FnMut(SealedChunk) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT payment_group, chunk, nonce, ciphertext, digest FROM sealed WHERE batch = ?1 ORDER BY payment_group, chunk",
            params![batch.to_string()],
            |row| {
                let sealed: Sealed = Sealed { nonce: row.get(2)?, ciphertext: row.get(3)? };
                let purged = row.get::<_, Option<_>>(4)?.map(Digest).filter(|_| sealed.ciphertext.is_empty());
                Ok(SealedChunk { group: row.get(0)?, number: row.get(1)?, sealed, purged })
            },
            visit,
        )
    }

    fn parts(&mut self, entry: u64, visit: &mut dyn FnMut(SealedPart) -> Result<()>) -> Result<()> {
        self.each(
            "SELECT entry, number, nonce, digest, ciphertext FROM sealed_part WHERE entry = ?1 ORDER BY number",
            params![entry as i64],
            read_part,
            visit,
        )
    }

    fn part(&mut self, entry: u64, number: u32) -> Result<Option<SealedPart>> {
        let mut found = None;
        self.each(
            "SELECT entry, number, nonce, digest, ciphertext FROM sealed_part WHERE entry = ?1 AND number = ?2",
            params![entry as i64, number],
            read_part,
            &mut |part| {
                found = Some(part);
                Ok(())
            },
        )?;
        Ok(found)
    }

    fn entries_with_parts(&mut self) -> Result<Vec<u64>> {
        let mut entries = Vec::new();
        let read = |row: &Row| Ok(row.get::<_, i64>(0)? as u64);
        self.each("SELECT DISTINCT entry FROM sealed_part ORDER BY entry", [], read, &mut |entry| {
            entries.push(entry);
            Ok(())
        })?;
        Ok(entries)
    }

    fn self_check(&mut self) -> Result<()> {
        let verdict: String =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(|e| fault(&e))?;
        if verdict != "ok" {
            return Err(damaged(say!("SQLite reports: {verdict}", verdict)));
        }
        Ok(())
    }

    fn foreign_claims(&mut self, visit: &mut dyn FnMut(ForeignClaim) -> Result<()>) -> Result<()> {
        let sql = "SELECT * FROM foreign_claim ORDER BY ledger, series, obligation, attempt";
        self.each(sql, [], read_foreign_claim, visit)
    }

    fn foreign_claims_of(&mut self, payment: &EndToEndId) -> Result<Vec<ForeignClaim>> {
        let sql = "SELECT * FROM foreign_claim WHERE series = ?1 AND obligation = ?2 AND attempt = ?3 ORDER BY ledger";
        let mut found = Vec::new();
        let key = params![payment.tag.series, payment.tag.obligation, payment.attempt];
        self.each(sql, key, read_foreign_claim, &mut |claim| {
            found.push(claim);
            Ok(())
        })?;
        Ok(found)
    }

    fn tables(&mut self) -> Result<Vec<TableSum>> {
        let mut names: Vec<String> = Vec::new();
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        self.each(sql, [], |row| row.get(0), &mut |name| {
            names.push(name);
            Ok(())
        })?;
        names.into_iter().map(|name| self.table_sum(name)).collect()
    }

    /// SQLite's own way of copying a database in use: in one step, within this view's transaction, so that nobody writes between two pages.
    fn copy_to(&mut self, path: &Path) -> Result<()> {
        // The transaction was begun; only with a first read does it hold its place among the writers.
        self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(|e| fault(&e))?;
        // Made here and for the owner alone: SQLite itself takes a file that is there.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        made.map_err(|error| {
            Fault::failed("disk.failed", say!("Could not write {path}: {error}.", path = path.display(), error))
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut copy = Connection::open_with_flags(path, flags).map_err(|e| fault(&e))?;
        copy.execute_batch("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA fullfsync=1;")
            .map_err(|e| fault(&e))?;
        let backup = Backup::new(self.connection, &mut copy).map_err(|e| fault(&e))?;
        // Nobody has to be waited for: this view holds its place, and nobody else knows of the copy.
        if backup.step(-1).map_err(|e| fault(&e))? != StepResult::Done {
            return Err(Fault::failed("ledger.locked", say!("The ledger was locked and could not be copied."))
                .remedy(say!("Run the same command again.")));
        }
        drop(backup);
        copy.close().map_err(|(_, error)| fault(&error))
    }
}

impl Transaction for Session<'_> {
    fn append(&mut self, entry: &Entry) -> Result<()> {
        let sql = "INSERT INTO entry (seq, previous, at, actor, second, event, digest, signature, second_signature)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let row = params![
            entry.seq as i64,
            entry.previous.0,
            entry.at,
            entry.actor,
            entry.second,
            entry.event,
            entry.digest.0,
            entry.signature,
            entry.second_signature
        ];
        self.execute(sql, row).map(drop)
    }

    fn claim(&mut self, claims: &[Claim]) -> Result<()> {
        let sql = "INSERT INTO claim VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let inserted = self.connection.prepare_cached(sql).and_then(|mut statement| {
            claims.iter().try_for_each(|claim| {
                let row = params![
                    claim.tag.series,
                    claim.tag.obligation,
                    claim.attempt,
                    claim.batch.to_string(),
                    claim.person,
                    claim.payee,
                    claim.account,
                    claim.amount.minor_units(),
                    claim.amount.currency().code(),
                    claim.period.first().num_days_from_ce(),
                    claim.period.last().num_days_from_ce()
                ];
                statement.execute(row).map(drop)
            })
        });
        match inserted {
            Ok(()) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Err(Fault::refused(
                "control.already_claimed",
                say!("One of these obligations is in a live payment already. Nothing was recorded."),
            )),
            Err(error) => Err(fault(&error)),
        }
    }

    fn list_payees(&mut self, listed: &[(Pseudonym, Tag)]) -> Result<()> {
        // Many rows a statement. Where a table has a trigger, as that of the claims, that is slower than one at a time.
        let inserted = listed.chunks(ROWS_A_STATEMENT).try_for_each(|rows| {
            let sql = format!("INSERT INTO claim_payee VALUES {}", vec!["(?, ?, ?)"; rows.len()].join(", "));
            let mut statement = self.connection.prepare_cached(&sql)?;
            for (at, (payee, tag)) in rows.iter().enumerate() {
                statement.raw_bind_parameter(3 * at + 1, payee)?;
                statement.raw_bind_parameter(3 * at + 2, tag.series)?;
                statement.raw_bind_parameter(3 * at + 3, tag.obligation)?;
            }
            statement.raw_execute().map(drop)
        });
        inserted.map_err(|e| fault(&e))
    }

    fn drop_claims(&mut self, batch: BatchId) -> Result<()> {
        let batch = batch.to_string();
        let listed = "DELETE FROM claim_payee WHERE (series, obligation) IN (SELECT series, obligation FROM claim WHERE batch = ?1)";
        self.execute(listed, params![batch])?;
        self.execute("DELETE FROM claim WHERE batch = ?1", params![batch]).map(drop)
    }

    fn free_claim(&mut self, tag: &Tag) -> Result<()> {
        let key = params![tag.series, tag.obligation];
        let remembered =
            self.execute("INSERT INTO freed_claim SELECT * FROM claim WHERE series = ?1 AND obligation = ?2", key)?;
        if remembered != 1 {
            return Err(Fault::failed("ledger.no_claim", say!("There is no live payment to free.")));
        }
        self.execute("DELETE FROM claim_payee WHERE series = ?1 AND obligation = ?2", key)?;
        self.execute("DELETE FROM claim WHERE series = ?1 AND obligation = ?2", key).map(drop)
    }

    fn put_evidence(&mut self, evidence: &[Evidence]) -> Result<()> {
        let inserted = evidence.chunks(ROWS_A_STATEMENT).try_for_each(|rows| {
            let places = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; rows.len()].join(", ");
            // FAIL: to be able to take back the rows before a bad one alone, SQLite would copy every page that it changes. Whoever gets a
            // fault takes back the whole transaction.
            let sql = format!("INSERT OR FAIL INTO evidence VALUES {places}");
            let mut statement = self.connection.prepare_cached(&sql)?;
            rows.iter().zip(0..).try_for_each(|(piece, row)| bind_evidence(&mut statement, 12 * row, piece))?;
            statement.raw_execute().map(drop)
        });
        inserted.map_err(|e| fault(&e))
    }

    fn put_debit(&mut self, debit: &BankDebit) -> Result<()> {
        let row = params![
            debit.place.0 as i64,
            debit.place.1,
            debit.source as u8,
            debit.identity,
            debit.amount.minor_units(),
            debit.amount.currency().code(),
            debit.booked_on.map(|day| day.num_days_from_ce()),
            debit.explained
        ];
        self.execute("INSERT INTO bank_debit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", row).map(drop)
    }

    fn put_chunk(&mut self, batch: BatchId, chunk: &SealedChunk) -> Result<()> {
        let row = params![batch.to_string(), chunk.group, chunk.number, chunk.sealed.nonce, chunk.sealed.ciphertext];
        self.execute(
            "INSERT INTO sealed (batch, payment_group, chunk, nonce, ciphertext) VALUES (?1, ?2, ?3, ?4, ?5)",
            row,
        )
        .map(drop)
    }

    fn put_part(&mut self, part: &SealedPart) -> Result<()> {
        let row = params![part.entry as i64, part.number, part.nonce, part.digest.0, part.ciphertext];
        self.execute("INSERT INTO sealed_part VALUES (?1, ?2, ?3, ?4, ?5)", row).map(drop)
    }

    fn forget_parts(&mut self, entry: u64) -> Result<()> {
        self.execute("UPDATE sealed_part SET ciphertext = NULL WHERE entry = ?1", params![entry as i64]).map(drop)
    }

    fn put_foreign_claim(&mut self, foreign: &ForeignClaim) -> Result<()> {
        let sql = "INSERT INTO foreign_claim
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
        let claim = &foreign.claim;
        let row = params![
            foreign.ledger.0,
            claim.tag.series,
            claim.tag.obligation,
            claim.attempt,
            claim.batch.to_string(),
            claim.person,
            claim.payee,
            claim.account,
            claim.amount.minor_units(),
            claim.amount.currency().code(),
            claim.period.first().num_days_from_ce(),
            claim.period.last().num_days_from_ce(),
            foreign.hold as u8,
            standing_number(foreign.standing),
            foreign.times,
            foreign.booked_on.map(|day| day.num_days_from_ce())
        ];
        self.execute(sql, row).map(drop)
    }

    fn forget_foreign_claims(&mut self, ledger: LedgerId) -> Result<()> {
        self.execute("DELETE FROM foreign_claim WHERE ledger = ?1", params![ledger.0]).map(drop)
    }

    fn forget_payments(&mut self) -> Result<(u64, u64)> {
        // Guards against every other way of losing evidence; put back in the same transaction.
        const GUARD: &str = "evidence_is_never_deleted";
        let guard: String = self
            .connection
            .query_row("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?1", [GUARD], |row| row.get(0))
            .map_err(|e| fault(&e))?;
        let mut claims = 0;
        for table in ["claim", "freed_claim", "foreign_claim"] {
            claims += self.execute(&format!("DELETE FROM {table}"), [])?;
        }
        self.execute("DELETE FROM claim_payee", [])?;
        self.connection.execute_batch(&format!("DROP TRIGGER {GUARD}")).map_err(|e| fault(&e))?;
        let evidence = self.execute("DELETE FROM evidence", [])?;
        self.connection.execute_batch(&guard).map_err(|e| fault(&e))?;
        Ok((claims as u64, evidence as u64))
    }

    fn forget_chunk(&mut self, batch: BatchId, chunk: &SealedChunk) -> Result<()> {
        let sql =
            "UPDATE sealed SET ciphertext = x'', digest = ?4 WHERE batch = ?1 AND payment_group = ?2 AND chunk = ?3";
        self.execute(sql, params![batch.to_string(), chunk.group, chunk.number, chunk.digest().0]).map(drop)
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        self.connection.execute_batch("COMMIT").map_err(|e| fault(&e))?;
        self.open = false;
        Ok(())
    }
}

impl Session<'_> {
    fn table_sum(&self, name: String) -> Result<TableSum> {
        // The name comes from the schema and cannot be bound.
        let sql = format!("SELECT * FROM \"{}\"", name.replace('"', "\"\""));
        let mut statement = self.connection.prepare(&sql).map_err(|e| fault(&e))?;
        let columns = statement.column_count();
        let mut values = statement.query([]).map_err(|e| fault(&e))?;
        let (mut rows, mut hash) = (0, Sha256::new_with_prefix(b"stopgap table 1"));
        while let Some(row) = values.next().map_err(|e| fault(&e))? {
            rows += 1;
            for column in 0..columns {
                let mut add = |kind: u8, bytes: &[u8]| {
                    hash.update([kind]);
                    hash.update((bytes.len() as u64).to_le_bytes());
                    hash.update(bytes);
                };
                match row.get_ref(column).map_err(|e| fault(&e))? {
                    ValueRef::Null => add(0, &[]),
                    ValueRef::Integer(value) => add(1, &value.to_le_bytes()),
                    ValueRef::Real(value) => add(2, &value.to_bits().to_le_bytes()),
                    ValueRef::Text(text) => add(3, text),
                    ValueRef::Blob(blob) => add(4, blob),
                }
            }
        }
        Ok(TableSum { name, rows, digest: Digest(hash.finalize().into()) })
    }

    fn execute(&self, sql: &str, row: impl rusqlite::Params) -> Result<usize> {
        self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(row)).map_err(|e| fault(&e))
    }

    /// Runs a query and hands each row on as it is read.
    fn each<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row) -> rusqlite::Result<T>,
        visit: &mut dyn FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| fault(&e))?;
        let mut rows = statement.query(parameters).map_err(|e| fault(&e))?;
        while let Some(row) = rows.next().map_err(|e| fault(&e))? {
            visit(read(row).map_err(|e| fault(&e))?)?;
        }
        Ok(())
    }

    /// Goes along an index and hands out the rows of the payments that are wanted, which stand in its order. `sql` begins to read where a
    /// payment stands. What lies near is stepped to, which costs less than to search for it, and what lies far is searched for.
    fn walk(
        &self,
        sql: &str,
        wanted: &[EndToEndId],
        key: impl Fn(&Row) -> rusqlite::Result<EndToEndId>,
        visit: &mut dyn FnMut(usize, &Row) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| fault(&e))?;
        let mut at = 0;
        while let Some(EndToEndId { tag, attempt }) = wanted.get(at) {
            let mut rows = statement.query(params![tag.series, tag.obligation, attempt]).map_err(|e| fault(&e))?;
            let mut passed = 0;
            while passed < FAR {
                let Some(row) = rows.next().map_err(|e| fault(&e))? else { return Ok(()) };
                let here = key(row).map_err(|e| fault(&e))?;
                at += wanted[at..].iter().take_while(|payment| **payment < here).count();
                match wanted.get(at) {
                    Some(payment) if *payment == here => {
                        visit(at, row).map_err(|e| fault(&e))?;
                        passed = 0;
                    }
                    Some(_) => passed += 1,
                    None => return Ok(()),
                }
            }
        }
        Ok(())
    }

    fn collect_claims(&self, sql: &str, key: &[u8; 8]) -> Result<Vec<Claim>> {
        let mut claims = Vec::new();
        self.each(sql, params![key], read_claim, &mut |claim| {
            claims.push(claim);
            Ok(())
        })?;
        Ok(claims)
    }
}

fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, String::new(), rusqlite::types::Type::Null)
}

fn read_day(row: &Row, column: usize) -> rusqlite::Result<Option<NaiveDate>> {
    let day: Option<i32> = row.get(column)?;
    day.map(|day| NaiveDate::from_num_days_from_ce_opt(day).ok_or_else(|| unreadable(column))).transpose()
}

fn read_currency(row: &Row, column: usize) -> rusqlite::Result<Currency> {
    row.get_ref(column)?.as_str()?.parse().map_err(|()| unreadable(column))
}

/// The payment that a row is about, whose columns begin at `at`.
fn key_at(row: &Row, at: usize) -> rusqlite::Result<EndToEndId> {
    let tag = Tag { series: row.get(at)?, obligation: row.get(at + 1)? };
    Ok(EndToEndId { tag, attempt: row.get(at + 2)? })
}

/// The first of the twelve is bound behind `before`.
fn bind_evidence(statement: &mut Statement, before: usize, evidence: &Evidence) -> rusqlite::Result<()> {
    let Evidence { place, payment, kind, source, identity, amount, booked_on, reason } = evidence;
    statement.raw_bind_parameter(before + 1, place.0 as i64)?;
    statement.raw_bind_parameter(before + 2, place.1)?;
    statement.raw_bind_parameter(before + 3, payment.tag.series)?;
    statement.raw_bind_parameter(before + 4, payment.tag.obligation)?;
    statement.raw_bind_parameter(before + 5, payment.attempt)?;
    statement.raw_bind_parameter(before + 6, *kind as u8)?;
    statement.raw_bind_parameter(before + 7, *source as u8)?;
    statement.raw_bind_parameter(before + 8, identity)?;
    statement.raw_bind_parameter(before + 9, amount.map(Amount::minor_units))?;
    statement.raw_bind_parameter(before + 10, amount.map(|amount| amount.currency().code()))?;
    statement.raw_bind_parameter(before + 11, booked_on.map(|day| day.num_days_from_ce()))?;
    statement.raw_bind_parameter(before + 12, reason.as_ref().map(ReasonCode::as_str))
}

fn read_evidence(row: &Row) -> rusqlite::Result<Evidence> {
    let amount = match row.get(8)? {
        Some(minor_units) => Some(Amount::from_minor_units(minor_units, read_currency(row, 9)?)),
        None => None,
    };
    let reason = row.get_ref(11)?.as_str_or_null()?.map(|code| ReasonCode::new(code).ok_or_else(|| unreadable(11)));
    Ok(Evidence {
        place: (row.get::<_, i64>(0)? as u64, row.get(1)?),
        payment: EndToEndId { tag: Tag { series: row.get(2)?, obligation: row.get(3)? }, attempt: row.get(4)? },
        kind: EvidenceKind::from_number(row.get(5)?).ok_or_else(|| unreadable(5))?,
        source: Source::from_number(row.get(6)?).ok_or_else(|| unreadable(6))?,
        identity: row.get(7)?,
        amount,
        booked_on: read_day(row, 10)?,
        reason: reason.transpose()?,
    })
}

fn read_part(row: &Row) -> rusqlite::Result<SealedPart> {
    let digest = Digest(row.get(3)?);
    let entry = row.get::<_, i64>(0)? as u64;
    Ok(SealedPart { entry, number: row.get(1)?, nonce: row.get(2)?, digest, ciphertext: row.get(4)? })
}

fn read_debit(row: &Row) -> rusqlite::Result<BankDebit> {
    Ok(BankDebit {
        place: (row.get::<_, i64>(0)? as u64, row.get(1)?),
        source: Source::from_number(row.get(2)?).ok_or_else(|| unreadable(2))?,
        identity: row.get(3)?,
        amount: Amount::from_minor_units(row.get(4)?, read_currency(row, 5)?),
        booked_on: read_day(row, 6)?,
        explained: row.get(7)?,
    })
}

fn read_claim(row: &Row) -> rusqlite::Result<Claim> {
    read_claim_from(row, 0)
}

fn read_foreign_claim(row: &Row) -> rusqlite::Result<ForeignClaim> {
    Ok(ForeignClaim {
        ledger: LedgerId(row.get(0)?),
        claim: read_claim_from(row, 1)?,
        hold: Hold::from_number(row.get(12)?).ok_or_else(|| unreadable(12))?,
        standing: standing_of_number(row.get(13)?).ok_or_else(|| unreadable(13))?,
        times: row.get(14)?,
        booked_on: read_day(row, 15)?,
    })
}

/// A claim whose columns begin at `at`.
fn read_claim_from(row: &Row, at: usize) -> rusqlite::Result<Claim> {
    let day = |column: usize| {
        let day = row.get(at + column).map(NaiveDate::from_num_days_from_ce_opt)?;
        day.ok_or_else(|| unreadable(at + column))
    };
    let currency = read_currency(row, at + 8)?;
    Ok(Claim {
        tag: Tag { series: row.get(at)?, obligation: row.get(at + 1)? },
        attempt: row.get(at + 2)?,
        batch: row.get_ref(at + 3)?.as_str()?.parse().map_err(|_| unreadable(at + 3))?,
        person: row.get(at + 4)?,
        payee: row.get(at + 5)?,
        account: row.get(at + 6)?,
        amount: Amount::from_minor_units(row.get(at + 7)?, currency),
        period: Period::new(day(9)?, day(10)?).map_err(|_| unreadable(at + 9))?,
    })
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

#[cfg(test)]
mod tests;
