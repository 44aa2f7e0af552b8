//! Payments and rows as compact records, so that millions of them can be brought into order outside memory.
//!
//! A record begins with whose it is: records of one person lie side by side, in the order of person numbers, payments before rows. Equal records
//! are equal in every field. What is written here is read back in the same command only, and never kept.
//!
//! Millions of records are sorted by their first eight bytes, so that these hold as much of a person as they can: two digits a byte, which is
//! the whole of a CPR number and the side.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{Datelike, NaiveDate};

use super::{FallbackPayment, UpstreamRow, UpstreamStatus};
use crate::ledger::outcome::{OtherAmounts, ReasonCode, Standing};
use crate::payment::{
    Amount, AmountOverflow, BatchId, Country, Currency, EndToEndId, Part, Period, PersonId, PersonKind, Scheme, Tag,
    likeness,
};

/// A payment of ours, as it lies in its record.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a> {
    /// Whose it is: the record's beginning, equal where the person is the same.
    pub key: &'a [u8],
    pub end_to_end_id: EndToEndId,
    pub batch: BatchId,
    pub name: &'a str,
    pub scheme: Named<'a>,
    pub period: Period,
    pub part: Named<'a>,
    pub amount: Amount,
    /// Stands for the account, whoever writes it ([`likeness`]); 0 where there is none.
    pub account: u64,
    pub standing: Standing,
    pub times_standing: u32,
    pub pay_on: NaiveDate,
    pub booked_on: Option<NaiveDate>,
    /// The bank's code; empty where it gave none.
    pub reason: &'a str,
    pub other_amounts: OtherAmounts,
}

/// A row of upstream's, as it lies in its record.
#[derive(Clone, Copy, Debug)]
pub struct Theirs<'a> {
    pub key: &'a [u8],
    /// The whole record.
    pub record: &'a [u8],
    pub name: &'a str,
    pub scheme: Option<Named<'a>>,
    pub period: Option<Period>,
    pub part: Named<'a>,
    pub amount: Amount,
    pub account: u64,
    pub status: UpstreamStatus,
    pub paid_on: Option<NaiveDate>,
    pub reference: &'a str,
    pub remark: &'a str,
    /// As [`UpstreamRow::besides`].
    pub besides: u64,
    /// The payment of ours that its reference names.
    pub own: Option<EndToEndId>,
    /// Whether it lies under another person than the one it names (or none), because it names a payment of ours.
    pub moved: bool,
}

/// A text as it is written, and as it is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named<'a> {
    pub written: &'a str,
    pub folded: &'a str,
}

impl Ours<'_> {
    pub fn stands(&self) -> bool {
        self.times_standing > 0
    }

    /// What of its money is out.
    ///
    /// # Errors
    /// Where it leaves the range of amounts.
    pub fn out(&self) -> Result<Amount, AmountOverflow> {
        self.other_amounts.out_of(self.amount, self.times_standing)
    }
}

impl Theirs<'_> {
    /// Whether the row says enough to be one obligation: who, what for and when. What says less is never matched below its references, only
    /// offered.
    pub fn names_an_obligation(&self) -> bool {
        self.has_person() && self.scheme.is_some() && self.period.is_some()
    }

    pub fn has_person(&self) -> bool {
        self.key != NOBODY
    }
}

/// Either side.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    Ours(Ours<'a>),
    Theirs(Theirs<'a>),
}

/// The key of rows that name no person: before everybody's.
pub const NOBODY: &[u8] = &[0];
/// The first byte of somebody's key is at least this, plus what tells register, kind and form.
const SOMEBODY: u8 = 1;
/// The number is written as it is, and not two digits a byte: it has a letter or a mark in it.
const LETTERS: u8 = 1;
const OURS: u8 = 1;
const THEIRS: u8 = 2;

/// How many different benefits are kept by number; what comes after is written out in each record. There are a few dozen in a municipality.
const MOST_NAMES: usize = 4096;

/// How many bits of an account's number tell its spellings apart.
const WRITTEN_BITS: u32 = 24;

/// Stands before a benefit that is written out. 0 stands for none, and what is more for one that is kept by number.
const IN_FULL: u64 = 1;

/// Writes records and reads them back. Keeps each benefit's name once.
pub struct Records {
    currency: Currency,
    names: Vec<(String, String)>,
    number_of: HashMap<String, u32>,
    bytes: Vec<u8>,
}

impl Records {
    pub fn new(currency: Currency) -> Self {
        Self { currency, names: Vec::new(), number_of: HashMap::new(), bytes: Vec::new() }
    }

    pub fn payment(&mut self, payment: &FallbackPayment) -> &[u8] {
        self.begin(Some(&payment.person), OURS);
        self.end_to_end_id(&payment.end_to_end_id);
        self.number(u64::from(u32::from(payment.batch.desk())));
        self.number(payment.batch.number().into());
        self.obligation(Some(&payment.scheme), Some(payment.period), &payment.part);
        self.amount(payment.amount);
        self.account(&payment.account);
        self.bytes.push(standing_number(payment.standing));
        self.number(payment.times_standing.into());
        self.day(Some(payment.pay_on));
        self.day(payment.booked_on);
        self.text(&payment.name);
        self.text(payment.reason.as_ref().map_or("", ReasonCode::as_str));
        self.other_amounts(&payment.other_amounts);
        &self.bytes
    }

    /// `own` is the payment that the row's reference names, if it is one of ours.
    pub fn row(&mut self, row: &UpstreamRow, own: Option<EndToEndId>) -> &[u8] {
        self.begin(row.person.as_ref(), THEIRS);
        self.row_body(row, own, false)
    }

    fn row_body(&mut self, row: &UpstreamRow, own: Option<EndToEndId>, moved: bool) -> &[u8] {
        self.obligation(row.scheme.as_ref(), row.period, &row.part);
        self.amount(row.amount);
        self.bytes.push(row.status as u8);
        self.day(row.paid_on);
        self.account(&row.account);
        self.text(&row.reference);
        self.text(&row.name);
        self.text(&row.remark);
        self.number(row.besides);
        self.bytes.push(u8::from(moved));
        match own {
            Some(id) => {
                self.bytes.push(1);
                self.end_to_end_id(&id);
            }
            None => self.bytes.push(0),
        }
        &self.bytes
    }

    /// A row's record put among those of the person whose payment (with this key) it names.
    pub fn moved<'b>(&'b mut self, record: &[u8], to: &[u8]) -> Option<&'b [u8]> {
        let Record::Theirs(row) = self.read(record)? else { return None };
        let own = row.own?;
        let (body, _) = record.get(row.key.len() + 1..)?.split_at_checked(record.len() - row.key.len() - 1 - 19)?;
        let bytes = [to, &[THEIRS], body, &[1, 1]].concat();
        self.bytes = bytes;
        self.end_to_end_id(&own);
        Some(&self.bytes)
    }

    /// Whether these are a payment and a row for the same obligation of one person, in the same words: then they are about the same money. It is
    /// told without reading more of them, since nearly all are.
    pub fn are_for_the_same(&self, payment: &[u8], row: &[u8]) -> bool {
        let of_payment = self.obligation_in(payment, OURS);
        of_payment.is_some() && of_payment == self.obligation_in(row, THEIRS)
    }

    /// The payment that a record of ours is about.
    pub fn payment_in(&self, record: &[u8]) -> Option<EndToEndId> {
        let (_, side, mut reading) = self.opened(record)?;
        (side == OURS).then(|| reading.end_to_end_id())?
    }

    fn obligation_in<'b>(&'b self, record: &'b [u8], on_side: u8) -> Option<&'b [u8]> {
        let (_, side, mut reading) = self.opened(record)?;
        if side == OURS {
            reading.end_to_end_id()?;
            // The batch: its desk and its number.
            reading.number()?;
            reading.number()?;
        }
        (side == on_side).then(|| reading.obligation())?
    }

    /// The key of a record, whose side it is of, and what stands behind these.
    fn opened<'b>(&'b self, record: &'b [u8]) -> Option<(&'b [u8], u8, Reading<'b>)> {
        let (key, rest) = record.split_at_checked(key_length(record)?)?;
        let (side, rest) = rest.split_first()?;
        Some((key, *side, Reading { names: &self.names, currency: self.currency, rest }))
    }

    /// `None` where the bytes are no record of this writer's.
    pub fn read<'b>(&'b self, record: &'b [u8]) -> Option<Record<'b>> {
        let (key, side, mut reading) = self.opened(record)?;
        match side {
            OURS => Some(Record::Ours(Ours {
                key,
                end_to_end_id: reading.end_to_end_id()?,
                batch: BatchId::new(
                    char::from_u32(u32::try_from(reading.number()?).ok()?)?,
                    u32::try_from(reading.number()?).ok()?,
                ),
                scheme: reading.scheme()??,
                period: reading.period()??,
                part: reading.part()?,
                amount: reading.amount()?,
                account: reading.account()?,
                standing: standing(reading.byte()?)?,
                times_standing: u32::try_from(reading.number()?).ok()?,
                pay_on: reading.day()??,
                booked_on: reading.day()?,
                name: reading.text()?,
                reason: reading.text()?,
                other_amounts: reading.other_amounts()?,
            })),
            THEIRS => Some(Record::Theirs(Theirs {
                key,
                record,
                scheme: reading.scheme()?,
                period: reading.period()?,
                part: reading.part()?,
                amount: reading.amount()?,
                status: *[UpstreamStatus::Paid, UpstreamStatus::Planned, UpstreamStatus::Stopped]
                    .get(usize::from(reading.byte()?))?,
                paid_on: reading.day()?,
                account: reading.account()?,
                reference: reading.text()?,
                name: reading.text()?,
                remark: reading.text()?,
                besides: reading.number()?,
                moved: reading.byte()? == 1,
                own: if reading.byte()? == 1 { Some(reading.end_to_end_id()?) } else { None },
            })),
            _ => None,
        }
    }

    /// In the order of [`PersonId`]s: register, kind, number.
    fn begin(&mut self, person: Option<&PersonId>, side: u8) {
        self.bytes.clear();
        match person {
            None => self.bytes.extend_from_slice(NOBODY),
            Some(person) => {
                let register = Country::ALL.iter().position(|country| *country == person.register()).unwrap_or(0);
                let number = person.whole().as_bytes();
                // Numbers of one register and kind have one length and one form.
                let length = u8::try_from(number.len()).unwrap_or(u8::MAX);
                let number = &number[..usize::from(length)];
                let kind = u8::from(person.kind() == PersonKind::Organisation);
                let first = SOMEBODY + ((register as u8) << 2 | kind << 1);
                if number.iter().all(u8::is_ascii_digit) {
                    self.bytes.extend_from_slice(&[first, length]);
                    let digit = |at: usize| number.get(at).map_or(0, |digit| digit - b'0');
                    self.bytes.extend((0..number.len()).step_by(2).map(|at| digit(at) << 4 | digit(at + 1)));
                } else {
                    self.bytes.extend_from_slice(&[first + LETTERS, length]);
                    self.bytes.extend_from_slice(number);
                }
            }
        }
        self.bytes.push(side);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn scheme(&mut self, scheme: Option<&Scheme>) {
        let Some(scheme) = scheme else { return self.bytes.push(0) };
        let known = self.number_of.get(scheme.as_str()).copied();
        let number = known.or_else(|| {
            let number = u32::try_from(self.names.len()).ok().filter(|_| self.names.len() < MOST_NAMES)?;
            self.names.push((scheme.as_str().to_owned(), scheme.folded()));
            self.number_of.insert(scheme.as_str().to_owned(), number);
            Some(number)
        });
        match number {
            Some(number) => self.number(u64::from(number) + 2),
            None => {
                self.number(IN_FULL);
                self.text(scheme.as_str());
                self.text(&scheme.folded());
            }
        }
    }

    fn part(&mut self, part: &Part) {
        self.text(part.as_str());
        if !part.is_empty() {
            self.text(&part.folded());
        }
    }

    fn amount(&mut self, amount: Amount) {
        let minor_units = amount.minor_units();
        self.number(((minor_units << 1) ^ (minor_units >> 63)) as u64);
    }

    /// Mostly there are none, which takes a byte.
    fn other_amounts(&mut self, other: &OtherAmounts) {
        let all = [other.booked, other.out, other.part_back, other.typed];
        let which = (0u8..).zip(&all).map(|(at, amount)| u8::from(amount.is_some()) << at).sum();
        self.bytes.push(which);
        all.into_iter().flatten().for_each(|amount| self.amount(amount));
    }

    /// As a number that two different accounts hardly share, but for what is alike: it decides nothing but what is offered to a person. Behind it
    /// are some bits of the account as it was written, since rows that differ in that are not equal.
    fn account(&mut self, account: &str) {
        let digest = match account {
            "" => 0,
            account => {
                let alike = likeness(account).map_or_else(|| hash_of(account), hash_of);
                (alike >> WRITTEN_BITS).max(1) << WRITTEN_BITS | hash_of(account) & ((1 << WRITTEN_BITS) - 1)
            }
        };
        self.bytes.extend_from_slice(&digest.to_le_bytes());
    }

    /// What for and when, in both sides' records alike.
    fn obligation(&mut self, scheme: Option<&Scheme>, period: Option<Period>, part: &Part) {
        self.scheme(scheme);
        self.day(period.map(|period| period.first()));
        if let Some(period) = period {
            self.day(Some(period.last()));
        }
        self.part(part);
    }

    fn day(&mut self, day: Option<NaiveDate>) {
        let number = day.map_or(0, |day| i64::from(day.num_days_from_ce()) + 1);
        self.number(u64::try_from(number).unwrap_or(0));
    }

    fn end_to_end_id(&mut self, id: &EndToEndId) {
        self.bytes.extend_from_slice(&id.tag.series);
        self.bytes.extend_from_slice(&id.tag.obligation);
        self.bytes.push(id.attempt);
    }
}

/// The person whose record begins with this key.
pub fn person_of(key: &[u8]) -> Option<PersonId> {
    let [first, length, number @ ..] = key else { return None };
    let form = first.checked_sub(SOMEBODY)?;
    let register = *Country::ALL.get(usize::from(form >> 2))?;
    let kind = if form >> 1 & 1 == 1 { PersonKind::Organisation } else { PersonKind::Natural };
    if form & LETTERS != 0 {
        return Some(PersonId::new(register, kind, std::str::from_utf8(number).ok()?));
    }
    let mut digits = [0; u8::MAX as usize + 1];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(number) {
        pair.copy_from_slice(&[b'0' + (byte >> 4), b'0' + (byte & 15)]);
    }
    Some(PersonId::new(register, kind, std::str::from_utf8(&digits[..usize::from(*length)]).ok()?))
}

/// The record's beginning that says whose it is.
pub fn key_of(record: &[u8]) -> &[u8] {
    key_length(record).and_then(|length| record.get(..length)).unwrap_or(record)
}

fn key_length(record: &[u8]) -> Option<usize> {
    let form = match record.first()?.checked_sub(SOMEBODY) {
        None => return Some(NOBODY.len()),
        Some(form) => form,
    };
    let length = usize::from(*record.get(1)?);
    Some(2 + if form & LETTERS != 0 { length } else { length.div_ceil(2) })
}

pub fn hash_of(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish().max(1)
}

const STANDINGS: [Standing; 7] = [
    Standing::None,
    Standing::Accepted,
    Standing::Settled,
    Standing::Batch,
    Standing::Doubled,
    Standing::Returned,
    Standing::Rejected,
];

/// A number for a standing, and back.
pub fn standing_number(standing: Standing) -> u8 {
    STANDINGS.iter().position(|other| *other == standing).unwrap_or(0) as u8
}

pub fn standing(number: u8) -> Option<Standing> {
    STANDINGS.get(usize::from(number)).copied()
}

struct Reading<'b> {
    names: &'b [(String, String)],
    currency: Currency,
    rest: &'b [u8],
}

impl<'b> Reading<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'b str> {
        let length = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn scheme(&mut self) -> Option<Option<Named<'b>>> {
        Some(match self.number()? {
            0 => None,
            IN_FULL => Some(Named { written: self.text()?, folded: self.text()? }),
            number => {
                let (written, folded) = self.names.get(usize::try_from(number - 2).ok()?)?;
                Some(Named { written, folded })
            }
        })
    }

    fn part(&mut self) -> Option<Named<'b>> {
        let written = self.text()?;
        let folded = if written.is_empty() { "" } else { self.text()? };
        Some(Named { written, folded })
    }

    fn other_amounts(&mut self) -> Option<OtherAmounts> {
        let which = self.byte()?;
        let mut next = |at: u8| match which >> at & 1 {
            1 => self.amount().map(Some),
            _ => Some(None),
        };
        Some(OtherAmounts { booked: next(0)?, out: next(1)?, part_back: next(2)?, typed: next(3)? })
    }

    fn amount(&mut self) -> Option<Amount> {
        let number = self.number()?;
        let minor_units = (number >> 1) as i64 ^ -((number & 1) as i64);
        Some(Amount::from_minor_units(minor_units, self.currency))
    }

    fn account(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?) >> WRITTEN_BITS)
    }

    fn period(&mut self) -> Option<Option<Period>> {
        let Some(first) = self.day()? else { return Some(None) };
        Period::new(first, self.day()??).ok().map(Some)
    }

    /// What [`Records::obligation`] has written, as it lies there.
    fn obligation(&mut self) -> Option<&'b [u8]> {
        let before = self.rest;
        if self.number()? == IN_FULL {
            self.skip_text()?;
            self.skip_text()?;
        }
        if self.number()? != 0 {
            self.number()?;
        }
        if self.skip_text()? > 0 {
            self.skip_text()?;
        }
        before.get(..before.len() - self.rest.len())
    }

    /// Gives how long it is.
    fn skip_text(&mut self) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length).map(<[u8]>::len)
    }

    fn day(&mut self) -> Option<Option<NaiveDate>> {
        match self.number()? {
            0 => Some(None),
            number => Some(Some(NaiveDate::from_num_days_from_ce_opt(i32::try_from(number - 1).ok()?)?)),
        }
    }

    fn end_to_end_id(&mut self) -> Option<EndToEndId> {
        let series = self.take(8)?.try_into().ok()?;
        let obligation = self.take(8)?.try_into().ok()?;
        Some(EndToEndId { tag: Tag { series, obligation }, attempt: self.byte()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(person: PersonId, scheme: &str) -> FallbackPayment {
        FallbackPayment {
            end_to_end_id: EndToEndId { tag: Tag { series: [1; 8], obligation: [2; 8] }, attempt: 3 },
            batch: BatchId::new('K', 12_345),
            person,
            name: "Åse Ørsted".into(),
            scheme: Scheme::new(scheme).expect("a name"),
            period: "2022-03-28..2022-04-03".parse().expect("a period"),
            part: Part::new("Sag 7"),
            amount: Amount::from_minor_units(-523_450, Currency::Dkk),
            account: "DK64710001234567".into(),
            standing: Standing::Doubled,
            times_standing: 2,
            pay_on: NaiveDate::from_ymd_opt(2022, 4, 1).expect("a day"),
            booked_on: None,
            reason: ReasonCode::new("AC07"),
            other_amounts: Default::default(),
        }
    }

    fn row(person: Option<PersonId>) -> UpstreamRow {
        UpstreamRow {
            person,
            name: "Åse".into(),
            scheme: Scheme::new("PENSION"),
            period: None,
            part: Part::default(),
            amount: Amount::from_minor_units(i64::MIN, Currency::Dkk),
            account: String::new(),
            status: UpstreamStatus::Stopped,
            paid_on: NaiveDate::from_ymd_opt(2022, 5, 2),
            reference: "R-1".into(),
            remark: "kontoen er lukket".into(),
            besides: 0,
        }
    }

    #[test]
    fn records_read_back_as_they_were_written() {
        let mut records = Records::new(Currency::Dkk);
        let person = PersonId::new(Country::Se, PersonKind::Organisation, "5560360793");
        // More names than are kept by number.
        for number in 0..MOST_NAMES + 2 {
            let written = payment(person.clone(), &format!("Scheme {number}"));
            let record = records.payment(&written).to_vec();
            let Some(Record::Ours(read)) = records.read(&record) else { panic!("a payment") };
            assert_eq!(person_of(read.key).as_ref(), Some(&person));
            assert_eq!(key_of(&record), read.key);
            assert_eq!(
                (read.end_to_end_id, read.batch, read.name),
                (written.end_to_end_id, written.batch, "Åse Ørsted")
            );
            assert_eq!((read.scheme.written, read.scheme.folded), (written.scheme.as_str(), &*written.scheme.folded()));
            assert_eq!((read.period, read.amount), (written.period, written.amount));
            assert_eq!((read.part.written, read.part.folded), ("Sag 7", "sag 7"));
            assert_eq!((read.standing, read.times_standing), (Standing::Doubled, 2));
            assert_eq!((read.pay_on, read.booked_on, read.reason), (written.pay_on, None, "AC07"));
            for cut in 0..record.len() {
                assert!(records.read(&record[..cut]).is_none(), "{cut}");
            }
        }
    }

    /// Whatever differs in what for, for which part or when; and whatever else does not.
    #[test]
    fn a_payment_and_a_row_are_for_the_same_only_where_both_name_it_alike() {
        let mut records = Records::new(Currency::Dkk);
        let person = PersonId::new(Country::Gl, PersonKind::Natural, "0101901234");
        let named =
            |scheme: &str, period: &str, part: &str| (Scheme::new(scheme), period.parse().ok(), Part::new(part));
        for number in 0..=MOST_NAMES {
            let scheme = format!("Scheme {number}");
            let of_payment = named(&scheme, "2022-03", "7");
            let of_rows = [
                (of_payment.clone(), true),
                (named("Pension", "2022-03", "7"), false),
                (named("", "2022-03", "7"), false),
                (named(&scheme, "2022-03..2022-04", "7"), false),
                (named(&scheme, "2022-04", "7"), false),
                (named(&scheme, "", "7"), false),
                (named(&scheme, "2022-03", "8"), false),
                (named(&scheme, "2022-03", ""), false),
            ];
            let (scheme, period, part) = of_payment;
            let (scheme, period) = scheme.zip(period).expect("names both");
            let payment = FallbackPayment { scheme, period, part, ..payment(person.clone(), "Pension") };
            let payment = records.payment(&payment).to_vec();
            for ((scheme, period, part), is_same) in of_rows {
                let row = UpstreamRow { scheme, period, part, ..row(Some(person.clone())) };
                let record = records.row(&row, None).to_vec();
                assert_eq!(records.are_for_the_same(&payment, &record), is_same, "{row:?}");
                assert!(!records.are_for_the_same(&record, &payment) && !records.are_for_the_same(&record, &record));
            }
            assert!(!records.are_for_the_same(&payment, &payment));
            assert_eq!(
                records.payment_in(&payment),
                Some(super::tests::payment(person.clone(), "Pension").end_to_end_id)
            );
            let record = records.row(&row(Some(person.clone())), None).to_vec();
            assert_eq!(records.payment_in(&record), None);
        }
    }

    #[test]
    fn an_account_under_another_number_is_alike_and_its_row_another() {
        let mut records = Records::new(Currency::Dkk);
        for (one, other, alike) in [
            ("NO86011117947", "NO9386011117947", true),
            ("DK44200012345678", "DK30000012345678", true),
            ("DK44200012345678", "DK44200012345679", false),
        ] {
            let [one, other] = [one, other].map(|account| {
                let record = records.row(&UpstreamRow { account: account.into(), ..row(None) }, None).to_vec();
                let Some(Record::Theirs(read)) = records.read(&record) else { panic!("a row") };
                (read.account, record)
            });
            assert_eq!(one.0 == other.0, alike);
            assert_ne!(one.1, other.1);
        }
    }

    #[test]
    fn a_row_is_moved_to_the_payment_that_it_names() {
        let mut records = Records::new(Currency::Dkk);
        let person = PersonId::new(Country::Gl, PersonKind::Natural, "0101901234");
        let home = records.payment(&payment(person.clone(), "Pension")).to_vec();
        let own = payment(person.clone(), "Pension").end_to_end_id;
        for names in [None, Some(PersonId::new(Country::Gl, PersonKind::Natural, "0202901234"))] {
            let record = records.row(&row(names.clone()), Some(own)).to_vec();
            let Some(Record::Theirs(before)) = records.read(&record) else { panic!("a row") };
            assert_eq!((person_of(before.key), before.moved, before.own), (names, false, Some(own)));
            let moved = records.moved(&record, key_of(&home)).expect("names a payment").to_vec();
            let Some(Record::Theirs(read)) = records.read(&moved) else { panic!("a row") };
            assert_eq!((person_of(read.key).as_ref(), read.moved, read.own), (Some(&person), true, Some(own)));
            assert_eq!((read.amount.minor_units(), read.reference, read.name), (i64::MIN, "R-1", "Åse"));
            assert_eq!(read.remark, "kontoen er lukket");
        }
        let unnamed = records.row(&row(None), None).to_vec();
        assert!(records.moved(&unnamed, key_of(&home)).is_none());
    }

    #[test]
    fn whose_a_record_is_reads_back_whatever_the_number() {
        use PersonKind::{Natural, Organisation};
        let mut records = Records::new(Currency::Dkk);
        let long = "1".repeat(255);
        for country in Country::ALL {
            for (kind, number) in [
                (Natural, "0101901234"),
                (Natural, "131052-308T"),
                (Natural, "02013299997"),
                (Organisation, "12345678"),
                (Organisation, "1572860-0"),
                (Natural, &long),
                (Natural, ""),
            ] {
                let person = PersonId::new(country, kind, number);
                let record = records.payment(&payment(person.clone(), "Pension")).to_vec();
                assert_eq!(person_of(key_of(&record)), Some(person));
            }
        }
        assert_eq!(person_of(NOBODY), None);
    }

    #[test]
    fn records_lie_in_the_order_of_persons_and_payments_before_rows() {
        let mut records = Records::new(Currency::Dkk);
        let person = |number: &str| PersonId::new(Country::Gl, PersonKind::Natural, number);
        let company = PersonId::new(Country::Gl, PersonKind::Organisation, "12345678");
        let expected = [
            records.row(&row(None), None).to_vec(),
            records.payment(&payment(person("0101901234"), "Pension")).to_vec(),
            records.row(&row(Some(person("0101901234"))), None).to_vec(),
            records.payment(&payment(person("3112901234"), "Pension")).to_vec(),
            records.payment(&payment(company, "Pension")).to_vec(),
        ];
        assert!(expected.is_sorted());
    }
}
