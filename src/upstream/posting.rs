//! Prisme's posting files: each payment is an order (G68), followed by where it is booked (G69).
//!
//! Sources: `magenta-aps/10Q` (`tenQ/writer/g68.py`, `g69.py`) and `magenta-aps/beskaeftigelsestilskud` (`prisme/g68g69.py`). The order's invoice
//! number (&17) is what a payment is known by: the posting reference (&16) comes again in a second file of the same day and machine. Two pairs
//! are one payment told twice only where all their fields are equal. The order names whom the money goes to, the posting whom the benefit is
//! for, where that is somebody else.

use std::hash::{DefaultHasher, Hasher};
use std::io::Read;

use chrono::NaiveDate;

use super::lines::Lines;
use super::posting_fields::{PostingLine, Record};
use super::{Emit, Place, Terms};
use crate::checks::{quoted, read_own_account, read_person};
use crate::fault::Result;
use crate::payment::{Amount, Part, PersonId, PersonKind};
use crate::reconciliation::UpstreamRow;
use crate::words::{Message, ungrouped};
use crate::{phrase, say};

pub fn read(input: impl Read, terms: &Terms, each: Emit) -> Result<()> {
    let mut lines = Lines::new(input);
    let mut open: Option<Pair> = None;
    let mut count = Count::default();
    while let Some((number, text)) = lines.next()? {
        let place = Place::Line(number);
        let line = match PostingLine::read(&text) {
            Ok(line) => line,
            Err(what) => {
                each(place, Err(what))?;
                // Which pair the line belongs to cannot be told.
                (open, count) = (None, Count::after_a_broken_line());
                continue;
            }
        };
        if let Err(what) = count.follow(&line) {
            each(place, Err(what))?;
        }
        match line.record {
            Record::PaymentOrder => {
                finish(open.take(), terms, each)?;
                count.is_broken = false;
                match Order::read(&line, terms) {
                    Ok(order) => open = Some(Pair { place, order, posting: Posting::default() }),
                    Err(what) => {
                        each(place, Err(what))?;
                        open = Some(Pair {
                            place,
                            order: Order::default(),
                            posting: Posting { of_broken_order: true, ..Posting::default() },
                        });
                    }
                }
            }
            Record::Posting => match &mut open {
                Some(pair) => {
                    if let Err(what) = pair.post(&line, terms) {
                        each(place, Err(what))?;
                        pair.posting.of_broken_order = true;
                    }
                }
                None if !count.is_broken => {
                    each(place, Err(say!("a posting (G69) that follows no payment order (G68)")))?
                }
                None => {}
            },
        }
    }
    finish(open, terms, each)
}

/// Hands out what a payment order and its postings say together.
fn finish(pair: Option<Pair>, terms: &Terms, each: Emit) -> Result<()> {
    let Some(pair) = pair.filter(|pair| !pair.posting.of_broken_order) else { return Ok(()) };
    let place = pair.place;
    each(place, pair.row(terms))
}

/// The lines' own numbers, by which a missing one is noticed. Orders and postings count together, or each for themselves.
#[derive(Default)]
struct Count {
    last: Option<u32>,
    last_order: Option<u32>,
    /// A line could not be read, and no payment order has come since.
    is_broken: bool,
}

impl Count {
    fn follow(&mut self, line: &PostingLine) -> Result<(), Message> {
        let before = self.last.replace(line.number);
        if line.record == Record::Posting {
            return Ok(());
        }
        let (Some(before), Some(order)) = (before, self.last_order.replace(line.number)) else { return Ok(()) };
        let follows = [before.saturating_add(1), order.saturating_add(1), 1].contains(&line.number);
        if follows {
            return Ok(());
        }
        Err(say!(
            "the line calls itself number {number} and the one before it {before}: something between them is missing",
            number = ungrouped(line.number),
            before = ungrouped(before)
        ))
    }

    fn after_a_broken_line() -> Self {
        Self { is_broken: true, ..Self::default() }
    }
}

struct Pair {
    place: Place,
    order: Order,
    posting: Posting,
}

/// A G68 line, understood.
#[derive(Default)]
struct Order {
    /// In øre, with its sign.
    ore: i64,
    payee: Option<PersonId>,
    /// The account's identity where the order names one; empty otherwise.
    account: String,
    paid_on: Option<NaiveDate>,
    posting_reference: String,
    invoice: String,
    texts: Vec<String>,
    /// Stands for its other fields and, in the end, those of its postings.
    besides: DefaultHasher,
}

/// What of an order is compared as what it means, however it is written: amount, payee, day and invoice.
const COMPARED: [u16; 6] = [8, 9, 10, 11, 12, 17];
/// Of a posting: amount, and for whom the benefit is.
const COMPARED_OF_POSTING: [u16; 4] = [112, 113, 132, 133];

/// What the G69 lines of an order say.
#[derive(Default)]
struct Posting {
    lines: u64,
    /// Debits less credits, in øre.
    ore: i64,
    beneficiary: Option<PersonId>,
    accounts: Vec<String>,
    texts: Vec<String>,
    /// Something about the pair was told already.
    of_broken_order: bool,
}

impl Order {
    fn read(line: &PostingLine, terms: &Terms) -> Result<Self, Message> {
        let ore = line.ore(8, 11)?;
        let ore = match line.required(9, phrase!("the sign"))? {
            "+" => ore,
            "-" => -ore,
            other => return Err(say!("the sign (&09) is {written}: it is + or -", written = quoted(other))),
        };
        let code = line.required(10, phrase!("the kind of payee"))?;
        let id = line.required(11, phrase!("the payee"))?;
        let (payee, account) = match code {
            "01" => (None, read_account(id, terms)),
            code => (
                Some(read_party(code, id, terms).map_err(|what| say!("the payee (&11): {what}", what))?),
                String::new(),
            ),
        };
        let invoice = line.required(17, phrase!("the invoice number, by which a payment is known,"))?;
        let mut besides = DefaultHasher::new();
        line.hash_besides(&COMPARED, &mut besides);
        Ok(Self {
            ore,
            payee,
            account,
            paid_on: line.date(12, phrase!("the day of payment"))?,
            posting_reference: line.required(16, phrase!("the posting reference"))?.to_owned(),
            invoice: invoice.to_owned(),
            texts: line.texts(40, 75).map(str::to_owned).collect(),
            besides,
        })
    }
}

impl Pair {
    fn post(&mut self, line: &PostingLine, terms: &Terms) -> Result<(), Message> {
        let ore = posted_ore(line.raw(112).unwrap_or_default())?;
        let signed = match line.required(113, phrase!("debit or credit"))? {
            "D" => ore,
            "K" => -ore,
            other => return Err(say!("&113 is {written}: it is D or K", written = quoted(other))),
        };
        let refers_to = line.field(117);
        if !refers_to.is_empty() && refers_to != self.order.posting_reference && !self.posting.of_broken_order {
            return Err(say!("the posting (&117) is that of another payment order than the one before it (&16)"));
        }
        let (code, id) = (line.field(132), line.field(133));
        if code.is_empty() != id.is_empty() {
            return Err(say!("of &132 and &133, who the benefit is for, one is missing"));
        }
        if !id.is_empty() {
            let beneficiary =
                read_party(code, id, terms).map_err(|what| say!("whom the benefit is for (&133): {what}", what))?;
            if self.posting.beneficiary.as_ref().is_some_and(|other| *other != beneficiary) {
                return Err(say!("the postings of one payment order are for different people"));
            }
            self.posting.beneficiary = Some(beneficiary);
        }
        line.hash_besides(&COMPARED_OF_POSTING, &mut self.order.besides);
        self.posting.lines += 1;
        self.posting.ore = self.posting.ore.saturating_add(signed);
        self.posting.accounts.push(line.required(111, phrase!("the account that is booked on"))?.to_owned());
        self.posting.texts.extend(line.texts(150, 153).map(str::to_owned));
        Ok(())
    }

    fn row(self, terms: &Terms) -> Result<UpstreamRow, Message> {
        let Pair { order, posting, .. } = self;
        if posting.lines == 0 {
            return Err(say!("a payment order (G68) without its posting (G69): the file may be cut short"));
        }
        // Debit and credit of the whole may both be there and cancel out; what is posted by half is not.
        if posting.ore != 0 && posting.ore != order.ore {
            return Err(say!("the amounts of the payment order (&08) and of its posting (&112) differ"));
        }
        let codes: Vec<&str> = posting.accounts.iter().map(String::as_str).collect();
        let texts: Vec<&str> = posting.texts.iter().chain(&order.texts).map(String::as_str).collect();
        Ok(UpstreamRow {
            person: posting.beneficiary.or(order.payee),
            name: String::new(),
            scheme: terms.mapping.scheme(&codes, &texts),
            period: terms.mapping.period(order.paid_on),
            part: Part::default(),
            amount: Amount::from_minor_units(order.ore, terms.currency),
            account: order.account,
            status: terms.status,
            paid_on: order.paid_on,
            reference: order.invoice,
            remark: String::new(),
            besides: order.besides.finish(),
        })
    }
}

/// The amount of a posting (&112): 13 places, of which the last is the sign, a blank or `-`. Some writers leave all 13 to digits and put the sign
/// behind them; an editor may have cut a blank off.
fn posted_ore(written: &str) -> Result<i64, Message> {
    let (digits, is_negative) = match written.strip_suffix('-') {
        Some(digits) => (digits, true),
        None => (written.strip_suffix(' ').unwrap_or(written), false),
    };
    let shaped = (12..=13).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let ore: Option<i64> = digits.parse().ok().filter(|_| shaped);
    ore.map(|ore| if is_negative { -ore } else { ore }).ok_or_else(|| {
        say!(
            "the amount (&112) is {written}: it has 12 or 13 digits in øre and a sign, which is a blank or -",
            written = quoted(written)
        )
    })
}

/// A person or an organisation by one of Prisme's codes. The number is filled with zeros from the left, to 10 or 14 digits.
fn read_party(code: &str, id: &str, terms: &Terms) -> Result<PersonId, Message> {
    let (kind, length) = match code {
        "02" => (PersonKind::Natural, 10),
        "03" | "11" => (PersonKind::Organisation, 8),
        other => {
            return Err(say!("{code} is no code for a person (02) or an organisation (03, 11)", code = quoted(other)));
        }
    };
    let significant = id.len().checked_sub(length).and_then(|filling| id.split_at_checked(filling));
    let number = match significant {
        Some((filling, number)) if filling.bytes().all(|byte| byte == b'0') => number,
        _ => id,
    };
    read_person(number, kind, terms.country, terms.today).map_err(|problem| problem.message)
}

/// Fourteen digits are a registration number and an account, as in a bank's files; a creditor's number in Prisme is none.
fn read_account(id: &str, terms: &Terms) -> String {
    read_own_account(id, terms.country).map(|account| account.identity()).unwrap_or_default()
}
