//! Reads a bank file back as a stranger would: nothing of the writer is used here, so that an error there cannot hide itself.
//!
//! The reader is strict, because it reads only what this program wrote: it follows the elements that carry money and references, takes
//! each of them once and in its place, and refuses a file with anything unusual about it. Memory stays the same however many payments
//! there are, and every byte is hashed on its way.

mod place;
mod tags;

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use chrono::{NaiveDate, NaiveDateTime};
use quick_xml::escape::{EscapeError, unescape};
use quick_xml::events::{BytesDecl, BytesStart};

use self::place::Place;
use self::tags::{CUT_SHORT, Next, Tags};
use crate::bank::profile::FileFormat;
use crate::fault::{Fault, Result};
use crate::payment::{Amount, Currency, Digest};
use crate::say;

/// What an independent reading of a bank file finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recount {
    pub version: FileFormat,
    pub message_id: String,
    pub created_at: NaiveDateTime,
    /// Name and number of whoever sends it, the first where several are said.
    pub initiator: Option<String>,
    pub initiator_number: Option<String>,
    /// Counted.
    pub transactions: u64,
    /// Added up.
    pub amount: Amount,
    /// What the head says of itself.
    pub announced_transactions: u64,
    pub announced_sum: Option<Amount>,
    /// In the order of the file.
    pub information: Vec<InformationRecount>,
    /// Of all bytes of the file.
    pub sha256: Digest,
}

/// What is found of one `PmtInf` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InformationRecount {
    pub id: String,
    pub pay_on: NaiveDate,
    /// The payer's account, which is debited.
    pub debited: ReadAccount,
    pub transactions: u64,
    pub amount: Amount,
    pub announced_transactions: Option<u64>,
    pub announced_sum: Option<Amount>,
}

impl Recount {
    /// Whether message and blocks hold what they announce.
    pub fn agrees(&self) -> bool {
        let message = self.announced_transactions == self.transactions
            && self.announced_sum.is_none_or(|announced| announced == self.amount);
        message && self.information.iter().all(InformationRecount::agrees)
    }
}

impl InformationRecount {
    fn agrees(&self) -> bool {
        self.announced_transactions.is_none_or(|announced| announced == self.transactions)
            && self.announced_sum.is_none_or(|announced| announced == self.amount)
    }
}

/// An account as the file has it.
#[derive(Clone, PartialEq, Eq)]
pub enum ReadAccount {
    Iban(String),
    /// Bank and number in one.
    Bban(String),
    /// Creditor and payment id of a Danish payment slip, as they are compared. In no pain.001.
    Slip(String),
}

impl fmt::Debug for ReadAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (form, text) = match self {
            ReadAccount::Iban(text) => ("Iban", text),
            ReadAccount::Bban(text) => ("Bban", text),
            ReadAccount::Slip(text) => ("Slip", text),
        };
        write!(f, "{form}({}…)", text.chars().take(4).collect::<String>())
    }
}

/// One payment as the file has it, for comparing with what was approved. `Debug` keeps the person to itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadPayment {
    pub end_to_end_id: String,
    pub amount: Amount,
    pub pay_on: NaiveDate,
    /// On the receiving account.
    pub creditor: String,
    /// Whom it is for, where that is somebody else.
    pub ultimate_creditor: Option<String>,
    pub account: Option<ReadAccount>,
    /// In place of an account.
    pub person_number: Option<String>,
    pub text: Option<String>,
    /// A supplier's reference.
    pub reference: Option<String>,
}

impl fmt::Debug for ReadPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { end_to_end_id, amount, pay_on, .. } = self;
        write!(f, "ReadPayment({end_to_end_id} {amount} {} {pay_on})", amount.currency())
    }
}

/// Counts and sums a bank file.
///
/// # Errors
/// `release.unreadable_file`, where it is not whole, or is not a file of this program's making.
pub fn recount(input: impl Read) -> Result<Recount> {
    read(input, |_| Ok(()))
}

/// As [`recount`], handing over each payment on the way. What `each` returns ends the reading.
pub fn read_back(input: impl Read, mut each: impl FnMut(ReadPayment) -> Result<()>) -> Result<Recount> {
    read(input, |payment| each(payment.to_owned()))
}

fn read(input: impl Read, each: impl FnMut(&WholePayment) -> Result<()>) -> Result<Recount> {
    let mut tags = Tags::new(input);
    let mut message = Message::new(each);
    loop {
        match tags.next()? {
            Next::Tag { text, tag } => message.tag(text, tag)?,
            Next::End { text } => {
                message.must_be_closed(text)?;
                return message.whole(tags.finish());
            }
        }
    }
}

const ENTITY: &str = "it refers to a character that is not defined";
/// What one text may take. Far more than a bank file needs.
const LONGEST_TEXT: usize = 64 * 1024;
/// The file's own depth is nine.
const DEEPEST: usize = 16;

fn unreadable(what: impl fmt::Display) -> Fault {
    Fault::failed(
        "release.unreadable_file",
        say!("The bank file cannot be read back: {what}.", what = what.to_string()),
    )
}

/// The message as far as it has been read.
struct Message<F> {
    each: F,
    /// The open elements, and their names one after the other.
    open: Vec<Open>,
    names: Vec<u8>,
    /// Whether nothing but text has come since the last opening tag.
    leaf: bool,
    version: Option<FileFormat>,
    closed: bool,
    /// The currency of all amounts, and the attributes by which the last amount named it.
    currency: Option<Currency>,
    currency_named: Vec<u8>,
    message_id: Slot,
    created_at: Option<NaiveDateTime>,
    initiator: Option<String>,
    initiator_number: Option<String>,
    announced: Announced,
    counted: Counted,
    block: Block,
    payment: Payment,
    information: Vec<InformationRecount>,
}

struct Open {
    place: Place,
    /// Where its name begins among the names.
    name: usize,
}

#[derive(Default)]
struct Announced {
    transactions: Option<u64>,
    /// In minor units: the heads do not name the currency.
    sum: Option<i64>,
}

#[derive(Default)]
struct Counted {
    transactions: u64,
    sum: i64,
}

/// A text that may be said once. Its place is used again for the next payment.
#[derive(Default)]
struct Slot {
    said: bool,
    text: Vec<u8>,
}

/// The block at hand.
#[derive(Default)]
struct Block {
    id: Slot,
    pay_on: Option<NaiveDate>,
    debited: AccountParts,
    currency: Slot,
    announced: Announced,
    counted: Counted,
}

/// The payment at hand.
#[derive(Default)]
struct Payment {
    end_to_end_id: Slot,
    minor_units: Option<i64>,
    creditor: Slot,
    ultimate_creditor: Slot,
    account: AccountParts,
    clearing: Slot,
    person_number: Slot,
    text: Slot,
    reference: Slot,
}

#[derive(Default)]
struct AccountParts {
    iban: Slot,
    other: Slot,
    scheme: Slot,
}

impl<F: FnMut(&WholePayment) -> Result<()>> Message<F> {
    fn new(each: F) -> Self {
        Self {
            each,
            open: Vec::with_capacity(DEEPEST),
            names: Vec::new(),
            leaf: false,
            version: None,
            closed: false,
            currency: None,
            currency_named: Vec::new(),
            message_id: Slot::default(),
            created_at: None,
            initiator: None,
            initiator_number: None,
            announced: Announced::default(),
            counted: Counted::default(),
            block: Block::default(),
            payment: Payment::default(),
            information: Vec::new(),
        }
    }

    /// A tag, and the text before it.
    fn tag(&mut self, text: &[u8], tag: &[u8]) -> Result<()> {
        match tag {
            [b'/', name @ ..] => self.end(text, name),
            [b'?', b'x', b'm', b'l', b' ', .., b'?'] => {
                blank_between_elements(text)?;
                self.declaration(utf8(&tag[1..tag.len() - 1])?)
            }
            [b'!', b'D' | b'd', ..] => Err(unreadable("it has a document type declaration, which no bank file has")),
            [b'!' | b'?', ..] => {
                Err(unreadable("it holds a comment or an instruction, which this program does not write"))
            }
            [.., b'/'] => {
                self.start(text, &tag[..tag.len() - 1])?;
                Err(unreadable(EMPTY))
            }
            _ => self.start(text, tag),
        }
    }

    fn declaration(&self, content: &str) -> Result<()> {
        let declaration = BytesDecl::from_start(BytesStart::from_content(content, "xml".len()));
        let utf8 = match declaration.encoding() {
            None => true,
            Some(Ok(encoding)) => encoding.eq_ignore_ascii_case("UTF-8"),
            Some(Err(_)) => false,
        };
        if utf8 && self.version.is_none() { Ok(()) } else { Err(unreadable("it is not in UTF-8")) }
    }

    fn start(&mut self, text: &[u8], tag: &[u8]) -> Result<()> {
        blank_between_elements(text)?;
        let (name, attributes) = match tag.iter().position(u8::is_ascii_whitespace) {
            Some(end) => tag.split_at(end),
            None => (tag, &[][..]),
        };
        let place = match self.open.last() {
            None => Place::of_root(name),
            Some(above) => above.place.below(name),
        };
        let is_no_name =
            || name.is_empty() || name.iter().any(|byte| matches!(byte, b':' | b'/')) || utf8(name).is_err();
        if self.open.len() == DEEPEST || self.closed || place == Place::Unread && is_no_name() {
            return Err(unreadable("its elements are not those of a bank file"));
        }
        self.open.push(Open { place, name: self.names.len() });
        self.names.extend_from_slice(name);
        self.leaf = true;
        match place {
            Place::Document => self.names_version(attributes)?,
            Place::Amount => self.names_currency(attributes)?,
            _ if !attributes.trim_ascii().is_empty() => return Err(unreadable(ATTRIBUTES)),
            _ if self.version.is_none() => return Err(unreadable("it is not a pain.001")),
            _ => {}
        }
        match place {
            Place::Block => self.block.clear(),
            Place::Payment => self.payment.clear(),
            _ => {}
        }
        Ok(())
    }

    fn names_version(&mut self, attributes: &[u8]) -> Result<()> {
        let said = attribute(attributes, "xmlns")?;
        let schema = said.as_deref().and_then(|name| name.strip_prefix("urn:iso:std:iso:20022:tech:xsd:"));
        let version = schema.and_then(|name| FileFormat::PAIN001.into_iter().find(|v| v.as_str() == name));
        self.version = Some(version.ok_or_else(|| unreadable("it is not a pain.001.001.03 or 001.09"))?);
        Ok(())
    }

    fn names_currency(&mut self, attributes: &[u8]) -> Result<()> {
        // As the payment before did: the answer is known.
        if self.currency.is_some() && attributes == self.currency_named {
            return Ok(());
        }
        let said = attribute(attributes, "Ccy")?;
        let known = [Currency::Dkk, Currency::Eur, Currency::Nok, Currency::Sek];
        let currency = known.into_iter().find(|currency| said.as_deref() == Some(currency.code()));
        let currency = currency.ok_or_else(|| unreadable("an amount in it has no known currency"))?;
        if *self.currency.get_or_insert(currency) != currency {
            return Err(unreadable("its amounts are in several currencies"));
        }
        self.currency_named.clear();
        self.currency_named.extend_from_slice(attributes);
        Ok(())
    }

    fn end(&mut self, text: &[u8], name: &[u8]) -> Result<()> {
        let Some(Open { place, name: begin }) = self.open.pop() else { return Err(unreadable(CUT_SHORT)) };
        if self.names[begin..] != *name.trim_ascii_end() {
            return Err(unreadable(CUT_SHORT));
        }
        self.names.truncate(begin);
        if std::mem::take(&mut self.leaf) {
            self.value(place, &said(text)?)?;
        } else {
            blank_between_elements(text)?;
        }
        match place {
            Place::Block => self.end_of_block()?,
            Place::Payment => self.end_of_payment()?,
            _ => {}
        }
        self.closed |= self.open.is_empty();
        Ok(())
    }

    /// An element's text, put where it belongs.
    fn value(&mut self, place: Place, text: &[u8]) -> Result<()> {
        match place {
            Place::MessageId => self.message_id.say(text),
            Place::CreatedAt => once(&mut self.created_at, time(text)),
            Place::MessageCount => once(&mut self.announced.transactions, number(text)),
            Place::MessageSum => once(&mut self.announced.sum, minor_units(text)),
            Place::InitiatorName => first_said(&mut self.initiator, text),
            Place::InitiatorNumber => first_said(&mut self.initiator_number, text),
            Place::BlockId => self.block.id.say(text),
            Place::BlockCount => once(&mut self.block.announced.transactions, number(text)),
            Place::BlockSum => once(&mut self.block.announced.sum, minor_units(text)),
            Place::PayOn if self.version == Some(FileFormat::Pain001V03) => once(&mut self.block.pay_on, date(text)),
            Place::PayOnDate if self.version == Some(FileFormat::Pain001V09) => {
                once(&mut self.block.pay_on, date(text))
            }
            Place::DebitedCurrency => self.block.currency.say(text),
            Place::DebitedIban => self.block.debited.iban.say(text),
            Place::DebitedOther => self.block.debited.other.say(text),
            Place::DebitedScheme => self.block.debited.scheme.say(text),
            Place::EndToEndId => self.payment.end_to_end_id.say(text),
            Place::Amount => once(&mut self.payment.minor_units, minor_units(text)),
            Place::Creditor => self.payment.creditor.say(text),
            Place::PersonNumber => self.payment.person_number.say(text),
            Place::Clearing => self.payment.clearing.say(text),
            Place::CreditedIban => self.payment.account.iban.say(text),
            Place::CreditedOther => self.payment.account.other.say(text),
            Place::CreditedScheme => self.payment.account.scheme.say(text),
            Place::UltimateCreditor => self.payment.ultimate_creditor.say(text),
            Place::Text => self.payment.text.say(text),
            Place::Reference => self.payment.reference.say(text),
            _ => Ok(()),
        }
    }

    fn end_of_payment(&mut self) -> Result<()> {
        let (Some(currency), Some(pay_on)) = (self.currency, self.block.pay_on) else {
            return Err(unreadable("a payment in it has no amount or no date"));
        };
        let payment = self.payment.whole(currency, pay_on)?;
        self.block.counted.add(payment.amount)?;
        self.counted.add(payment.amount)?;
        (self.each)(&payment)
    }

    fn end_of_block(&mut self) -> Result<()> {
        let currency = self.currency.ok_or_else(|| unreadable("a payment information in it has no payments"))?;
        self.information.push(self.block.whole(currency)?);
        Ok(())
    }

    fn must_be_closed(&self, rest: &[u8]) -> Result<()> {
        if !self.closed || !self.open.is_empty() || !is_blank(rest) {
            return Err(unreadable("it is cut short, or something follows its end"));
        }
        Ok(())
    }

    fn whole(self, sha256: Digest) -> Result<Recount> {
        let missing = |what: &str| unreadable(format_args!("it has no {what}"));
        let currency = self.currency.ok_or_else(|| missing("payments"))?;
        let amount = |minor_units| Amount::from_minor_units(minor_units, currency);
        Ok(Recount {
            version: self.version.ok_or_else(|| missing("version"))?,
            message_id: self.message_id.owned().ok_or_else(|| missing("message id"))?,
            created_at: self.created_at.ok_or_else(|| missing("time of creation"))?,
            initiator: self.initiator,
            initiator_number: self.initiator_number,
            transactions: self.counted.transactions,
            amount: amount(self.counted.sum),
            announced_transactions: self.announced.transactions.ok_or_else(|| missing("number of payments"))?,
            announced_sum: self.announced.sum.map(amount),
            information: self.information,
            sha256,
        })
    }
}

const EMPTY: &str = "an element in it is empty or holds control characters";
const ATTRIBUTES: &str = "it has attributes that this program does not write";

/// The value of the one attribute that a tag may have.
fn attribute(attributes: &[u8], key: &str) -> Result<Option<String>> {
    let tag = BytesStart::from_content(utf8(attributes)?, 0);
    let mut said = None;
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| unreadable("a tag in it is damaged"))?;
        if attribute.key.as_ref() != key {
            return Err(unreadable(ATTRIBUTES));
        }
        said = Some(attribute.value.into_owned());
    }
    Ok(said)
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| unreadable(CUT_SHORT))
}

/// What an element without elements says, in UTF-8.
fn said(text: &[u8]) -> Result<Cow<'_, [u8]>> {
    if text.len() > LONGEST_TEXT {
        return Err(unreadable("a text in it is far too long"));
    }
    // Nearly every text is of such letters alone, which a fold without a branch finds quickly.
    let plain = text.iter().fold(true, |plain, byte| plain & (b' '..0x7f).contains(byte) & (*byte != b'&'));
    if plain && !text.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    let text = unescape(utf8(text)?).map_err(|error| match error {
        EscapeError::UnterminatedEntity(_) => unreadable(CUT_SHORT),
        _ => unreadable(ENTITY),
    })?;
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(unreadable(EMPTY));
    }
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

fn blank_between_elements(text: &[u8]) -> Result<()> {
    if is_blank(text) { Ok(()) } else { Err(unreadable("it holds text between its elements")) }
}

impl Slot {
    fn say(&mut self, text: &[u8]) -> Result<()> {
        if std::mem::replace(&mut self.said, true) {
            return Err(unreadable("something in it is said twice"));
        }
        self.text.extend_from_slice(text);
        Ok(())
    }

    fn get(&self) -> Option<&[u8]> {
        self.said.then_some(self.text.as_slice())
    }

    fn owned(&self) -> Option<String> {
        self.get().map(text)
    }

    fn clear(&mut self) {
        self.said = false;
        self.text.clear();
    }
}

impl Counted {
    fn add(&mut self, amount: Amount) -> Result<()> {
        self.transactions += 1;
        let sum = self.sum.checked_add(amount.minor_units());
        self.sum = sum.ok_or_else(|| unreadable("its amounts add up to more than can be counted"))?;
        Ok(())
    }
}

impl Block {
    fn clear(&mut self) {
        self.id.clear();
        self.pay_on = None;
        self.debited.clear();
        self.currency.clear();
        (self.announced, self.counted) = Default::default();
    }

    fn whole(&self, currency: Currency) -> Result<InformationRecount> {
        let missing = |what: &str| unreadable(format_args!("a payment information in it has no {what}"));
        let amount = |minor_units| Amount::from_minor_units(minor_units, currency);
        if self.counted.transactions == 0 {
            return Err(missing("payments"));
        }
        if self.currency.get().is_some_and(|debited| debited != currency.code().as_bytes()) {
            return Err(unreadable("its amounts and the account to debit are in different currencies"));
        }
        let debited = self.debited.whole()?.ok_or_else(|| missing("account to debit"))?;
        Ok(InformationRecount {
            id: self.id.owned().ok_or_else(|| missing("id"))?,
            pay_on: self.pay_on.ok_or_else(|| missing("date"))?,
            debited: debited.owned(None),
            transactions: self.counted.transactions,
            amount: amount(self.counted.sum),
            announced_transactions: self.announced.transactions,
            announced_sum: self.announced.sum.map(amount),
        })
    }
}

/// Only what is UTF-8 was taken.
fn text(utf8: &[u8]) -> String {
    String::from_utf8_lossy(utf8).into_owned()
}

/// A payment that has all it must have, where it was read.
struct WholePayment<'p> {
    end_to_end_id: &'p [u8],
    amount: Amount,
    pay_on: NaiveDate,
    creditor: &'p [u8],
    account: Option<AccountText<'p>>,
    rest: &'p Payment,
}

#[derive(Clone, Copy)]
enum AccountText<'p> {
    Iban(&'p [u8]),
    Bban(&'p [u8]),
}

impl AccountText<'_> {
    /// With the clearing number before it, where there is one.
    fn owned(self, clearing: Option<String>) -> ReadAccount {
        match self {
            Self::Iban(iban) => ReadAccount::Iban(text(iban)),
            Self::Bban(number) => ReadAccount::Bban(clearing.unwrap_or_default() + &text(number)),
        }
    }
}

impl WholePayment<'_> {
    fn to_owned(&self) -> ReadPayment {
        let Payment { clearing, ultimate_creditor, person_number, text: said, reference, .. } = self.rest;
        ReadPayment {
            end_to_end_id: text(self.end_to_end_id),
            amount: self.amount,
            pay_on: self.pay_on,
            creditor: text(self.creditor),
            ultimate_creditor: ultimate_creditor.owned(),
            account: self.account.map(|account| account.owned(clearing.owned())),
            person_number: person_number.owned(),
            text: said.owned(),
            reference: reference.owned(),
        }
    }
}

impl Payment {
    fn clear(&mut self) {
        let Self {
            end_to_end_id,
            minor_units,
            creditor,
            ultimate_creditor,
            account,
            clearing,
            person_number,
            text,
            reference,
        } = self;
        *minor_units = None;
        account.clear();
        for slot in [end_to_end_id, creditor, ultimate_creditor, clearing, person_number, text, reference] {
            slot.clear();
        }
    }

    fn whole(&self, currency: Currency, pay_on: NaiveDate) -> Result<WholePayment<'_>> {
        let missing = |what: &str| unreadable(format_args!("a payment in it has no {what}"));
        let account = self.account.whole()?;
        if self.clearing.said && !matches!(account, Some(AccountText::Bban(_))) {
            return Err(unreadable("a clearing number in it stands beside no account of its own"));
        }
        if account.is_some() == self.person_number.said {
            return Err(missing("account, or has a person number beside it"));
        }
        let minor_units = self.minor_units.filter(|minor_units| *minor_units > 0).ok_or_else(|| missing("amount"))?;
        Ok(WholePayment {
            end_to_end_id: self.end_to_end_id.get().ok_or_else(|| missing("reference"))?,
            amount: Amount::from_minor_units(minor_units, currency),
            pay_on,
            creditor: self.creditor.get().ok_or_else(|| missing("creditor"))?,
            account,
            rest: self,
        })
    }
}

impl AccountParts {
    fn clear(&mut self) {
        [&mut self.iban, &mut self.other, &mut self.scheme].into_iter().for_each(Slot::clear);
    }

    fn whole(&self) -> Result<Option<AccountText<'_>>> {
        match (self.iban.get(), self.other.get(), self.scheme.get()) {
            (None, None, None) => Ok(None),
            (Some(iban), None, None) => Ok(Some(AccountText::Iban(iban))),
            (None, Some(other), Some(b"BBAN" | b"BGNR")) => Ok(Some(AccountText::Bban(other))),
            _ => Err(unreadable("an account in it has an unknown form")),
        }
    }
}

/// Keeps the first of what other programs' files may say several times: no money hangs on it.
fn first_said(place: &mut Option<String>, said: &[u8]) -> Result<()> {
    place.get_or_insert_with(|| text(said));
    Ok(())
}

/// Takes a value that may stand once.
fn once<T>(place: &mut Option<T>, value: Option<T>) -> Result<()> {
    let value = value.ok_or_else(|| unreadable("a number or a date in it is not one"))?;
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(unreadable("something in it is said twice")),
    }
}

fn digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn number(text: &[u8]) -> Option<u64> {
    let digit = |sum: u64, byte: &u8| sum.checked_mul(10)?.checked_add(u64::from(byte - b'0'));
    digits(text).then(|| text.iter().try_fold(0, digit)).flatten()
}

/// Dates and times in their one form: the library alone would also take `2026-12- 1`.
fn date(text: &[u8]) -> Option<NaiveDate> {
    let text = std::str::from_utf8(text).ok()?;
    text.parse().ok().filter(|date: &NaiveDate| date.to_string() == text)
}

fn time(text: &[u8]) -> Option<NaiveDateTime> {
    const FORM: &str = "%Y-%m-%dT%H:%M:%S";
    let text = std::str::from_utf8(text).ok()?;
    NaiveDateTime::parse_from_str(text, FORM).ok().filter(|time| time.format(FORM).to_string() == text)
}

/// Whole kroner, or kroner and one or two decimals after a point.
fn minor_units(text: &[u8]) -> Option<i64> {
    let (whole, decimals) = match text.iter().position(|byte| *byte == b'.') {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &b"00"[..]),
    };
    if decimals.len() > 2 {
        return None;
    }
    let hundredths = number(decimals)? * if decimals.len() == 1 { 10 } else { 1 };
    i64::try_from(number(whole)?).ok()?.checked_mul(100)?.checked_add(hundredths as i64)
}
