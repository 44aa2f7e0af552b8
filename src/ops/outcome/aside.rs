//! What reports say, put aside in the order of the ledger's index until all of them have been read whole.
//!
//! A statement comes in the bank's order, which for the ledger is no order at all. So each booking waits in a spool under the payment that it
//! names, and is looked up and recorded when its turn comes: however long the statement, memory holds one payment at a time.

use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{Datelike, NaiveDate};
use smol_str::SmolStr;

use super::super::spool::{Spool, damaged};
use super::{Tally, Target};
use crate::bank::report::item::{Booking, Direction, EntryStatus};
use crate::fault::Result;
use crate::ledger::idempotency::{Pseudonym, Tagger, write_day};
use crate::ledger::outcome::{EvidenceKind, Source};
use crate::payment::{BatchId, EndToEndId, Tag};

/// What each spool may take in memory. Bookings are the many; the others fill in statements about something else only.
const BOOKINGS_BYTES: usize = 2 * 1024 * 1024;
const OTHER_BYTES: usize = 512 * 1024;

/// How many bytes of a record are a payment's place in the ledger's index, and a number that orders what is said of it.
const PAYMENT_BYTES: usize = 17;
const ORDER_BYTES: usize = 8;
/// Sixteen characters of base32.
const BEGINNING_BYTES: usize = 10;

pub struct Aside {
    /// [`Said`] of payments, by payment.
    payments: Spool,
    /// [`Booked`] debits that no payment explains, by their identity.
    debits: Spool,
    /// [`SumBooking`]s, by their identity within their statement.
    sums: Spool,
    /// [`Booked`] known by the beginning of a reference only, by that.
    beginnings: Spool,
    /// What came of the bookings of entries that have several.
    entries: Spool,
    /// What each of the command's files has brought so far.
    pub tallies: Vec<Tally>,
    /// Counts everything that is put aside, the statements, and what has been said of payments.
    order: u64,
    statements: u32,
    pub said: u64,
    record: Vec<u8>,
}

/// Which entry of which file something is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Place {
    pub file: u32,
    /// Its number in the file.
    pub entry: u64,
    /// Nothing else stands in the entry.
    pub alone: bool,
}

/// What a report says of one payment.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub enum Said {
    Booking(Booked),
    Status(Line),
    /// What stands above the lines, for a payment that may have no line of its own.
    Above(Above),
}

/// A movement on the payer's account.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
pub struct Booked {
    pub place: Place,
    /// The how manieth statement of the command it is in.
    pub statement: u32,
    pub source: Source,
    /// Onto the account.
    pub is_credit: bool,
    pub reversal: bool,
    pub returned: bool,
    /// Whether money has moved.
    pub is_booked: bool,
    pub amount: Option<i64>,
    pub entry_amount: i64,
    /// Days of the common era.
    pub booked_on: Option<i32>,
    pub reason: SmolStr,
    pub bank_reference: SmolStr,
    pub message_id: SmolStr,
    pub payment_information_id: SmolStr,
    /// Kept only where payments were typed by hand.
    pub payee_account: SmolStr,
    /// How it came to be looked up under a payment.
    pub known_by: KnownBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum KnownBy {
    /// The one reference that it names.
    Reference,
    /// Something that has been looked up already.
    Lookup,
    /// The bank's receipt of a payment typed by hand.
    Receipt,
    /// Nothing, so far; it may carry receipts of payments typed by hand, and `typed` is what was typed under the first.
    Nothing { receipt: Option<EndToEndId>, receipts: u32, typed: i64 },
}

/// A status of one payment in a pain.002.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub struct Line {
    pub place: Place,
    /// The batch whose file is answered; `None` where it is none of ours.
    pub answers: Option<BatchId>,
    /// Whether the bank names the message that it answers.
    pub names_message: bool,
    pub message_id: String,
    /// `None` where it leaves everything open.
    pub kind: Option<EvidenceKind>,
    pub reason: String,
    /// The bank takes this payment alone for a duplicate.
    pub tell_duplicate: bool,
}

#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub struct Above {
    pub file: u32,
    pub kind: EvidenceKind,
    pub reason: String,
}

/// The booking of a file or a block of payments as one amount.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
pub struct SumBooking {
    /// Which of the command's files it is in.
    pub file: u32,
    /// What it may be the sum of: a block, or the whole file.
    pub targets: Vec<Target>,
    pub count: Option<u64>,
    pub booking: Booked,
    /// Tells it from every other; that of the first of its equals until all are known.
    pub identity: Pseudonym,
}

impl Booked {
    /// Whether money left the account by it, and none came back.
    pub fn is_payment(&self) -> bool {
        self.is_booked && !self.is_credit && !self.reversal && !self.returned
    }

    pub fn of(booking: &Booking, place: Place, statement: u32, source: Source, known_by: KnownBy) -> Self {
        Self {
            place,
            statement,
            source,
            is_credit: booking.direction == Direction::Credit,
            reversal: booking.reversal,
            returned: booking.returned,
            is_booked: booking.status == EntryStatus::Booked,
            amount: booking.amount,
            entry_amount: booking.entry_amount,
            booked_on: booking.booked_on.map(|day| day.num_days_from_ce()),
            reason: booking.reason.as_str().into(),
            bank_reference: booking.bank_reference.as_str().into(),
            message_id: booking.message_id.as_str().into(),
            payment_information_id: booking.payment_information_id.as_str().into(),
            payee_account: SmolStr::default(),
            known_by,
        }
    }

    pub fn booked_on(&self) -> Option<NaiveDate> {
        self.booked_on.and_then(NaiveDate::from_num_days_from_ce_opt)
    }

    /// What tells a booking from every other of its kind of report, wherever it is told again.
    pub fn identity(&self, tagger: &Tagger, reference: &str, equals_before: u32) -> Pseudonym {
        let mut day = String::new();
        self.booked_on().into_iter().for_each(|booked_on| write_day(&mut day, booked_on));
        tagger.identity(&[
            "stopgap booking 1",
            &(self.source as u8).to_string(),
            &self.bank_reference,
            &day,
            &self.amount.unwrap_or(self.entry_amount).to_string(),
            if self.is_credit { "credit" } else { "debit" },
            if self.reversal { "reversal" } else { "" },
            reference,
            &equals_before.to_string(),
        ])
    }

    /// By which a debit that names no payment is told from others.
    pub fn debit_reference(&self) -> String {
        format!("{} {}", self.message_id, self.payment_information_id)
    }
}

impl Aside {
    /// `folder` is where spools lie that do not fit into memory.
    pub fn new(folder: &Path) -> Result<Self> {
        let spool = |bytes| Spool::with_memory(folder.into(), bytes);
        Ok(Self {
            payments: spool(BOOKINGS_BYTES)?,
            debits: spool(OTHER_BYTES)?,
            sums: spool(OTHER_BYTES)?,
            beginnings: spool(OTHER_BYTES)?,
            entries: spool(OTHER_BYTES)?,
            tallies: Vec::new(),
            order: 0,
            statements: 0,
            said: 0,
            record: Vec::new(),
        })
    }

    pub fn begin_file(&mut self) -> u32 {
        self.tallies.push(Tally::default());
        self.tallies.len() as u32 - 1
    }

    /// Gives the statement's number.
    pub fn begin_statement(&mut self) -> u32 {
        self.statements += 1;
        self.statements
    }

    pub fn say(&mut self, payment: &EndToEndId, said: &Said) -> Result<()> {
        self.begin_record(&payment_bytes(payment));
        self.said += 1;
        finish_record(&mut self.record, said);
        self.payments.push(&self.record)
    }

    /// Puts a debit aside that no payment explains, under the identity of the first of its equals.
    pub fn debit(&mut self, identity: Pseudonym, booked: &Booked) -> Result<()> {
        self.begin_record(&identity);
        finish_record(&mut self.record, booked);
        self.debits.push(&self.record)
    }

    /// `beginning` is what the first characters of the reference decode to.
    pub fn beginning(&mut self, beginning: [u8; BEGINNING_BYTES], booked: &Booked) -> Result<()> {
        self.begin_record(&beginning);
        finish_record(&mut self.record, booked);
        self.beginnings.push(&self.record)
    }

    /// `sum.identity` is that of the first of its equals in the statement.
    pub fn sum(&mut self, sum: &SumBooking) -> Result<()> {
        let mut key = [0; 12];
        key[..4].copy_from_slice(&sum.booking.statement.to_be_bytes());
        key[4..].copy_from_slice(&sum.identity);
        self.begin_record(&key);
        finish_record(&mut self.record, sum);
        self.sums.push(&self.record)
    }

    fn begin_record(&mut self, key: &[u8]) {
        self.order += 1;
        self.record.clear();
        self.record.extend_from_slice(key);
        self.record.extend_from_slice(&self.order.to_be_bytes());
    }

    /// Notes what came of one booking or line: an entry is matched where one of its own is, and none is left over.
    pub fn resolve(&mut self, place: Place, matched: bool) -> Result<()> {
        if place.alone {
            self.tallies[place.file as usize].count_entry(matched);
            return Ok(());
        }
        self.record.clear();
        self.record.extend_from_slice(&place.file.to_be_bytes());
        self.record.extend_from_slice(&place.entry.to_be_bytes());
        self.record.push(u8::from(matched));
        self.entries.push(&self.record)
    }

    pub fn empty_spool(&self) -> Result<Spool> {
        self.beginnings.another()
    }

    pub fn take_payments(&mut self) -> Result<Spool> {
        take(&mut self.payments)
    }

    pub fn take_debits(&mut self) -> Result<Spool> {
        take(&mut self.debits)
    }

    pub fn take_beginnings(&mut self) -> Result<Spool> {
        take(&mut self.beginnings)
    }

    /// The sums in the order in which they were read, each with its own identity.
    pub fn take_sums(&mut self, tagger: &Tagger) -> Result<Spool> {
        let by_identity = take(&mut self.sums)?;
        let mut merge = by_identity.merge()?;
        let mut equals: Option<([u8; 12], u32)> = None;
        while let Some(record) = merge.next()? {
            let (key, order, sum) = parted::<12, SumBooking>(record)?;
            let before = equals.filter(|(known, _)| *known == key).map_or(0, |(_, before)| before + 1);
            equals = Some((key, before));
            let identity = sum.booking.identity(tagger, SUM, before);
            self.record.clear();
            self.record.extend_from_slice(&order.to_be_bytes());
            finish_record(&mut self.record, &SumBooking { identity, ..sum });
            self.sums.push(&self.record)?;
        }
        take(&mut self.sums)
    }

    /// Counts the entries that have several bookings. After everything has been resolved.
    pub fn count_entries(&mut self) -> Result<()> {
        let entries = take(&mut self.entries)?;
        let mut merge = entries.merge()?;
        let mut open: Option<([u8; 12], bool, bool)> = None;
        loop {
            let next = match merge.next()? {
                Some(record) => {
                    let (place, matched) = record.split_at_checked(12).ok_or_else(damaged)?;
                    Some((<[u8; 12]>::try_from(place).map_err(|_| damaged())?, matched == [1]))
                }
                None => None,
            };
            if let Some((place, matched, left_over)) = open
                && next.is_none_or(|(other, _)| other != place)
            {
                let file = u32::from_be_bytes([place[0], place[1], place[2], place[3]]);
                self.tallies[file as usize].count_entry(matched && !left_over);
                open = None;
            }
            let Some((place, matched)) = next else { return Ok(()) };
            let (one, other) = open.map_or((false, false), |(_, one, other)| (one, other));
            open = Some((place, one || matched, other || !matched));
        }
    }
}

/// What stands for the reference in the identity of a sum.
pub const SUM: &str = "sum";

/// The spool's records, in order, and an empty one in its place.
fn take(spool: &mut Spool) -> Result<Spool> {
    let empty = spool.another()?;
    let mut taken = std::mem::replace(spool, empty);
    taken.settle();
    Ok(taken)
}

fn finish_record<T: BorshSerialize>(record: &mut Vec<u8>, content: &T) {
    content.serialize(record).expect("memory takes whatever is written");
}

/// A record's key, its number and its content.
pub fn parted<const KEY: usize, T: BorshDeserialize>(record: &[u8]) -> Result<([u8; KEY], u64, T)> {
    let (key, rest) = record.split_first_chunk::<KEY>().ok_or_else(damaged)?;
    let (order, content) = rest.split_first_chunk::<ORDER_BYTES>().ok_or_else(damaged)?;
    let content = borsh::from_slice(content).map_err(|_| damaged())?;
    Ok((*key, u64::from_be_bytes(*order), content))
}

/// A payment's place in the ledger's index.
pub fn payment_bytes(payment: &EndToEndId) -> [u8; PAYMENT_BYTES] {
    let mut bytes = [0; PAYMENT_BYTES];
    bytes[..8].copy_from_slice(&payment.tag.series);
    bytes[8..16].copy_from_slice(&payment.tag.obligation);
    bytes[16] = payment.attempt;
    bytes
}

pub fn payment_from(bytes: [u8; PAYMENT_BYTES]) -> EndToEndId {
    let half = |from: usize| std::array::from_fn(|at| bytes[from + at]);
    EndToEndId { tag: Tag { series: half(0), obligation: half(8) }, attempt: bytes[16] }
}
