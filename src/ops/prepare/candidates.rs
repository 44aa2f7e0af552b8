//! The rows that could be paid, by pseudonym, in each order in which they are needed: as the lists have them, by tag and by payee. They lie
//! in spools, so that it does not matter how many there are.

use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};

use super::triage::Turn;
use crate::fault::Result;
use crate::ledger::idempotency::{Candidate, Fingerprint, Named, Place, Pseudonym};
use crate::ops::spool::{Merge, Spool, Tape, TapeReader, damaged};
use crate::payment::{Amount, Currency, Period, Tag};

/// What either spool may take in memory.
const MEMORY_BYTES: usize = 20 * 1024 * 1024;

/// A row that could be paid, and whether it goes first.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub candidate: Candidate,
    pub turn: Turn,
}

/// A row as it is compared with those of the same payee.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedRow {
    pub payee: Pseudonym,
    pub tag: Tag,
    pub named: Named,
    /// As claims of earlier versions have it: only compared by, and never listed.
    pub before: bool,
}

pub(super) struct Candidates {
    currency: Currency,
    by_tag: Spool,
    by_payee: Spool,
    in_order: Tape,
    record: Vec<u8>,
}

impl Candidates {
    /// `folder` is where the spools lie, if they do not fit into memory.
    pub(super) fn new(folder: &Path, currency: Currency) -> Result<Self> {
        Ok(Self {
            currency,
            by_tag: Spool::with_memory(folder.into(), MEMORY_BYTES)?,
            by_payee: Spool::with_memory(folder.into(), MEMORY_BYTES)?,
            in_order: Tape::new(folder.into())?,
            record: Vec::with_capacity(128),
        })
    }

    /// Takes the rows in the order of their places; `before` is the payee as claims of earlier versions
    /// may hold it.
    pub(super) fn add(&mut self, listed: &Listed, before: [Option<Pseudonym>; 2]) -> Result<()> {
        let Candidate { place, fingerprint, .. } = &listed.candidate;
        let record = &mut self.record;
        record.clear();
        put_place(record, *place);
        put_tag(record, &fingerprint.tag);
        self.in_order.push(record)?;
        record.clear();
        write_listed(record, listed)?;
        self.by_tag.push(record)?;
        let Fingerprint { tag, person, period, .. } = *fingerprint;
        let named = Named { place: *place, person, period, is_duplicate: false };
        let [as_written, other_form] = before;
        for (payee, before) in [(fingerprint.payee, false), (as_written, true), (other_form, true)] {
            let Some(payee) = payee else { continue };
            record.clear();
            NamedRow { payee, tag, named, before }.write(record)?;
            self.by_payee.push(record)?;
        }
        Ok(())
    }

    /// Brings them into their orders, once all are there.
    pub(super) fn settle(&mut self) {
        self.by_tag.settle();
        self.by_payee.settle();
    }

    pub(super) fn by_tag(&self) -> Result<ByTag<'_>> {
        Ok(ByTag { merge: self.by_tag.merge()?, currency: self.currency })
    }

    pub(super) fn by_payee(&self) -> Result<ByPayee<'_>> {
        Ok(ByPayee { merge: self.by_payee.merge()? })
    }

    pub(super) fn in_order(&self) -> InOrder<'_> {
        InOrder { reader: self.in_order.read(), waiting: None }
    }
}

/// By tag, equals in the order of their places.
pub(super) struct ByTag<'a> {
    merge: Merge<'a>,
    currency: Currency,
}

impl ByTag<'_> {
    pub(super) fn next(&mut self) -> Result<Option<Listed>> {
        let Some(record) = self.merge.next()? else { return Ok(None) };
        read_listed(record, self.currency).map(Some).ok_or_else(damaged)
    }
}

/// Those who have a payee, by that, then in the order of their places.
pub(super) struct ByPayee<'a> {
    merge: Merge<'a>,
}

impl ByPayee<'_> {
    pub(super) fn next(&mut self) -> Result<Option<NamedRow>> {
        let Some(record) = self.merge.next()? else { return Ok(None) };
        NamedRow::read(record).map(Some).ok_or_else(damaged)
    }
}

/// The tags in the order of the rows.
pub(super) struct InOrder<'a> {
    reader: TapeReader<'a>,
    waiting: Option<(Place, Tag)>,
}

impl InOrder<'_> {
    /// The tag of the row in this place, if that could be paid. Asked for in the order of the places.
    pub(super) fn tag_of(&mut self, place: Place) -> Result<Option<Tag>> {
        if self.waiting.is_none()
            && let Some(mut record) = self.reader.next()?
        {
            self.waiting = take_place(&mut record).zip(take_tag(&mut record));
        }
        Ok(self.waiting.take_if(|(waiting, _)| *waiting == place).map(|(_, tag)| tag))
    }
}

impl NamedRow {
    /// Reads back what [`write`](Self::write) wrote.
    pub(super) fn read(mut record: &[u8]) -> Option<Self> {
        let payee = take(&mut record)?;
        let (place, tag) = (take_place(&mut record)?, take_tag(&mut record)?);
        let person = take(&mut record)?;
        let period = Period::deserialize(&mut record).ok()?;
        let [flags] = take(&mut record)?;
        let named = Named { place, person, period, is_duplicate: flags & 1 != 0 };
        Some(Self { payee, tag, named, before: flags & 2 != 0 })
    }

    pub(super) fn write(&self, record: &mut Vec<u8>) -> Result<()> {
        let Named { place, person, period, is_duplicate } = self.named;
        record.extend_from_slice(&self.payee);
        put_place(record, place);
        put_tag(record, &self.tag);
        record.extend_from_slice(&person);
        period.serialize(record).map_err(|_| damaged())?;
        record.push(u8::from(is_duplicate) | u8::from(self.before) << 1);
        Ok(())
    }
}

/// Tag and place first: they are what the records are sorted by.
pub(super) fn write_listed(record: &mut Vec<u8>, listed: &Listed) -> Result<()> {
    let Listed { candidate, turn } = listed;
    let Fingerprint { tag, person, payee, account, amount, period } = candidate.fingerprint;
    put_tag(record, &tag);
    put_place(record, candidate.place);
    let flags = u8::from(candidate.held) | u8::from(candidate.dropped) << 1 | u8::from(payee.is_some()) << 2;
    record.push(flags);
    record.extend_from_slice(&person);
    record.extend_from_slice(&payee.unwrap_or_default());
    record.extend_from_slice(&account);
    record.extend_from_slice(&amount.minor_units().to_le_bytes());
    period.serialize(record).and_then(|()| turn.serialize(record)).map_err(|_| damaged())
}

pub(super) fn read_listed(mut record: &[u8], currency: Currency) -> Option<Listed> {
    let (tag, place) = (take_tag(&mut record)?, take_place(&mut record)?);
    let [flags] = take(&mut record)?;
    let person = take(&mut record)?;
    let payee = Some(take(&mut record)?).filter(|_| flags & 4 != 0);
    let account = take(&mut record)?;
    let amount = Amount::from_minor_units(i64::from_le_bytes(take(&mut record)?), currency);
    let period = Period::deserialize(&mut record).ok()?;
    let turn = Turn::deserialize(&mut record).ok()?;
    let fingerprint = Fingerprint { tag, person, payee, account, amount, period };
    let (held, dropped) = (flags & 1 != 0, flags & 2 != 0);
    Some(Listed { candidate: Candidate { held, dropped, ..Candidate::new(place, fingerprint) }, turn })
}

/// So that bytes are in order as places are.
pub(super) fn put_place(record: &mut Vec<u8>, place: Place) {
    record.extend_from_slice(&place.list.to_be_bytes());
    record.extend_from_slice(&place.row.to_be_bytes());
}

pub(super) fn take_place(record: &mut &[u8]) -> Option<Place> {
    let (list, row) = (u16::from_be_bytes(take(record)?), u32::from_be_bytes(take(record)?));
    Some(Place { list, row })
}

fn put_tag(record: &mut Vec<u8>, tag: &Tag) {
    record.extend_from_slice(&tag.series);
    record.extend_from_slice(&tag.obligation);
}

fn take_tag(record: &mut &[u8]) -> Option<Tag> {
    Some(Tag { series: take(record)?, obligation: take(record)? })
}

pub(super) fn take<const N: usize>(record: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = record.split_first_chunk()?;
    *record = rest;
    Some(*first)
}
