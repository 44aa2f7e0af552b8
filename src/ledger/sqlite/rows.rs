//! Rows of the ledger's tables as what they stand for.

use chrono::{Datelike, NaiveDate};
use rusqlite::{Row, Statement};

use crate::ledger::event::LedgerId;
use crate::ledger::foreign::{ForeignClaim, Hold, standing_of_number};
use crate::ledger::outcome::{BankDebit, Evidence, EvidenceKind, ReasonCode, Source};
use crate::ledger::store::{Claim, SealedPart};
use crate::payment::{Amount, Currency, Digest, EndToEndId, Period, Tag};

pub(super) fn unreadable(column: usize) -> rusqlite::Error {
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
pub(super) fn key_at(row: &Row, at: usize) -> rusqlite::Result<EndToEndId> {
    let tag = Tag { series: row.get(at)?, obligation: row.get(at + 1)? };
    Ok(EndToEndId { tag, attempt: row.get(at + 2)? })
}

/// The first of the twelve is bound behind `before`.
pub(super) fn bind_evidence(statement: &mut Statement, before: usize, evidence: &Evidence) -> rusqlite::Result<()> {
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

/// The first of the eleven is bound behind `before`. `batch` is the claim's, as it is written.
pub(super) fn bind_claim(statement: &mut Statement, before: usize, claim: &Claim, batch: &str) -> rusqlite::Result<()> {
    let Claim { tag, attempt, batch: _, person, payee, account, amount, period } = claim;
    statement.raw_bind_parameter(before + 1, tag.series)?;
    statement.raw_bind_parameter(before + 2, tag.obligation)?;
    statement.raw_bind_parameter(before + 3, attempt)?;
    statement.raw_bind_parameter(before + 4, batch)?;
    statement.raw_bind_parameter(before + 5, person)?;
    statement.raw_bind_parameter(before + 6, payee)?;
    statement.raw_bind_parameter(before + 7, account)?;
    statement.raw_bind_parameter(before + 8, amount.minor_units())?;
    statement.raw_bind_parameter(before + 9, amount.currency().code())?;
    statement.raw_bind_parameter(before + 10, period.first().num_days_from_ce())?;
    statement.raw_bind_parameter(before + 11, period.last().num_days_from_ce())
}

pub(super) fn read_evidence(row: &Row) -> rusqlite::Result<Evidence> {
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

pub(super) fn read_part(row: &Row) -> rusqlite::Result<SealedPart> {
    let digest = Digest(row.get(3)?);
    let entry = row.get::<_, i64>(0)? as u64;
    Ok(SealedPart { entry, number: row.get(1)?, nonce: row.get(2)?, digest, ciphertext: row.get(4)? })
}

pub(super) fn read_debit(row: &Row) -> rusqlite::Result<BankDebit> {
    Ok(BankDebit {
        place: (row.get::<_, i64>(0)? as u64, row.get(1)?),
        source: Source::from_number(row.get(2)?).ok_or_else(|| unreadable(2))?,
        identity: row.get(3)?,
        amount: Amount::from_minor_units(row.get(4)?, read_currency(row, 5)?),
        booked_on: read_day(row, 6)?,
        explained: row.get(7)?,
    })
}

pub(super) fn read_claim(row: &Row) -> rusqlite::Result<Claim> {
    read_claim_from(row, 0)
}

pub(super) fn read_foreign_claim(row: &Row) -> rusqlite::Result<ForeignClaim> {
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
pub(super) fn read_claim_from(row: &Row, at: usize) -> rusqlite::Result<Claim> {
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
