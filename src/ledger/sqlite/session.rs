//! One transaction: what is asked of a ledger, and what goes into it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::Datelike;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Rows, Statement, params};
use sha2::{Digest as _, Sha256};

use super::rows::{
    bind_claim, bind_evidence, key_at, read_claim, read_debit, read_evidence, read_foreign_claim, read_part, unreadable,
};
use super::{damaged, fault};
use crate::fault::{Fault, Result};
use crate::ledger::entry::Entry;
use crate::ledger::event::LedgerId;
use crate::ledger::foreign::{ForeignClaim, Hold, standing_number};
use crate::ledger::idempotency::Pseudonym;
use crate::ledger::outcome::{BankDebit, Evidence};
use crate::ledger::seal::Sealed;
use crate::ledger::store::{
    Claim, Holder, Known, SealedChunk, SealedPart, Snapshot, TableSum, Transaction, VisitEvidence,
};
use crate::payment::{BatchId, Digest, EndToEndId, Tag};
use crate::say;

/// So many rows go into an index with one statement.
const ROWS_A_STATEMENT: usize = 64;

/// So many rows that are not wanted are stepped over before the next one that is wanted is searched for.
const FAR: u32 = 8;

/// The columns of `claim`, which those of `foreign_claim` hold among others.
macro_rules! foreign_columns {
    () => {
        "series, obligation, attempt, batch, person, payee, account, amount, currency, period_first, period_last"
    };
}

/// One transaction; rolled back unless committed.
pub(super) struct Session<'a> {
    connection: &'a Connection,
    open: bool,
}

impl<'a> Session<'a> {
    /// Of a connection on which a transaction has begun.
    pub(super) fn begun(connection: &'a Connection) -> Self {
        Self { connection, open: true }
    }
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
        // Merged here: for a UNION of them SQLite would copy every column of every row twice more.
        let tables = [
            ("SELECT * FROM claim ORDER BY series, obligation", live as HolderOf),
            ("SELECT * FROM freed_claim ORDER BY series, obligation, attempt", freed),
            (
                concat!(
                    "SELECT ",
                    foreign_columns!(),
                    ", hold FROM foreign_claim ORDER BY series, obligation, attempt"
                ),
                elsewhere,
            ),
        ];
        let mut statements = Vec::new();
        for (sql, _) in tables {
            statements.push(self.connection.prepare_cached(sql).map_err(|e| fault(&e))?);
        }
        let mut all = Vec::new();
        for (statement, (_, holder)) in statements.iter_mut().zip(tables) {
            all.push(ClaimsInOrder::begin(statement, holder).map_err(|e| fault(&e))?);
        }
        loop {
            all.retain(|claims| claims.next.is_some());
            let first =
                all.iter_mut().min_by_key(|claims| claims.next.as_ref().map(|(claim, _)| claim.end_to_end_id()));
            let Some(first) = first else { return Ok(()) };
            if let Some((claim, holder)) = &first.next {
                visit(claim, *holder)?;
            }
            first.advance().map_err(|e| fault(&e))?;
        }
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
        self.beside_evidence(false, visit)
    }

    fn claims_heard_of(&mut self, visit: VisitEvidence) -> Result<()> {
        self.beside_evidence(true, visit)
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
        // FAIL, as the trigger that guards the table says too: see `put_evidence`.
        let sql = "INSERT OR FAIL INTO claim VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let inserted = self.connection.prepare_cached(sql).and_then(|mut statement| {
            claims.chunk_by(|one, next| one.batch == next.batch).try_for_each(|of_batch| {
                let batch = of_batch[0].batch.to_string();
                of_batch.iter().try_for_each(|claim| {
                    bind_claim(&mut statement, 0, claim, &batch)?;
                    statement.raw_execute().map(drop)
                })
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
        let put = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.raw_bind_parameter(1, foreign.ledger.0)?;
            bind_claim(&mut statement, 1, &foreign.claim, &foreign.claim.batch.to_string())?;
            statement.raw_bind_parameter(13, foreign.hold as u8)?;
            statement.raw_bind_parameter(14, standing_number(foreign.standing))?;
            statement.raw_bind_parameter(15, foreign.times)?;
            statement.raw_bind_parameter(16, foreign.booked_on.map(|day| day.num_days_from_ce()))?;
            statement.raw_execute().map(drop)
        };
        put().map_err(|error: rusqlite::Error| fault(&error))
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

/// Who holds the claim of a row.
type HolderOf = fn(&Row) -> rusqlite::Result<Holder>;

fn live(_: &Row) -> rusqlite::Result<Holder> {
    Ok(Holder::Live)
}

fn freed(_: &Row) -> rusqlite::Result<Holder> {
    Ok(Holder::Freed)
}

/// Behind the columns of a claim stands how another desk holds it.
fn elsewhere(row: &Row) -> rusqlite::Result<Holder> {
    Hold::from_number(row.get(11)?).map(Holder::Elsewhere).ok_or_else(|| unreadable(11))
}

/// The claims of one table, in order of their tags and attempts.
struct ClaimsInOrder<'s> {
    rows: Rows<'s>,
    holder: HolderOf,
    next: Option<(Claim, Holder)>,
}

impl<'s> ClaimsInOrder<'s> {
    fn begin(statement: &'s mut Statement<'_>, holder: HolderOf) -> rusqlite::Result<Self> {
        let mut claims = Self { rows: statement.query([])?, holder, next: None };
        claims.advance()?;
        Ok(claims)
    }

    fn advance(&mut self) -> rusqlite::Result<()> {
        self.next = match self.rows.next()? {
            Some(row) => Some((read_claim(row)?, (self.holder)(row)?)),
            None => None,
        };
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

    /// Goes along claims and evidence, which are both in the order of the index. A claim that nobody wants is stepped over, and not read.
    fn beside_evidence(&self, heard_of_only: bool, visit: VisitEvidence) -> Result<()> {
        let evidence = "SELECT * FROM evidence ORDER BY series, obligation, attempt, entry, number";
        let mut evidence = self.connection.prepare_cached(evidence).map_err(|e| fault(&e))?;
        let mut evidence = evidence.query([]).map_err(|e| fault(&e))?;
        let mut next = || evidence.next().and_then(|row| row.map(read_evidence).transpose()).map_err(|e| fault(&e));
        let mut waiting = next()?;
        let claims =
            "SELECT *, 1 FROM claim UNION ALL SELECT *, 0 FROM freed_claim ORDER BY series, obligation, attempt";
        let mut claims = self.connection.prepare_cached(claims).map_err(|e| fault(&e))?;
        let mut claims = claims.query([]).map_err(|e| fault(&e))?;
        let mut of_claim = Vec::new();
        while !heard_of_only || waiting.is_some() {
            let Some(row) = claims.next().map_err(|e| fault(&e))? else { break };
            let payment = key_at(row, 0).map_err(|e| fault(&e))?;
            of_claim.clear();
            while let Some(evidence) = waiting.take_if(|evidence| evidence.payment <= payment) {
                if evidence.payment == payment {
                    of_claim.push(evidence);
                }
                waiting = next()?;
            }
            if !heard_of_only || !of_claim.is_empty() {
                let live = row.get(11).map_err(|e| fault(&e))?;
                visit(read_claim(row).map_err(|e| fault(&e))?, live, &of_claim)?;
            }
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
