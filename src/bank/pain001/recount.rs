//! Reads a bank file back as a stranger would: nothing of the writer is used here, so that an error there cannot hide itself.
//!
//! The reader is strict, because it reads only what this program wrote: it follows the elements that carry money and references, takes
//! each of them once and in its place, and refuses a file with anything unusual about it. Memory stays the same however many payments
//! there are, and every byte is hashed on its way.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use chrono::{NaiveDate, NaiveDateTime};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use sha2::{Digest as _, Sha256};

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
}

impl fmt::Debug for ReadAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (form, text) = match self {
            ReadAccount::Iban(text) => ("Iban", text),
            ReadAccount::Bban(text) => ("Bban", text),
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
pub fn recount(input: impl BufRead) -> Result<Recount> {
    read_back(input, |_| Ok(()))
}

/// As [`recount`], handing over each payment on the way. What `each` returns ends the reading.
pub fn read_back(input: impl BufRead, each: impl FnMut(ReadPayment) -> Result<()>) -> Result<Recount> {
    let hashed = HashedInput { input, sha256: Sha256::new(), allowance: ALLOWANCE };
    let mut reader = Reader::from_reader(BufReader::with_capacity(CHUNK, hashed));
    reader.config_mut().expand_empty_elements = true;
    let mut message = Message::new(each);
    let mut buffer = Vec::new();
    loop {
        let event = reader.read_event_into(&mut buffer).map_err(unreadable_xml)?;
        match event {
            Event::Decl(declaration) => message.declaration(&declaration)?,
            Event::Start(start) => message.start(&start)?,
            Event::Text(text) => message.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => message.text(c.encode_utf8(&mut [0; 4]))?,
                Ok(None) => message.text(resolve_predefined_entity(&reference).ok_or_else(|| unreadable(ENTITY))?)?,
                Err(_) => return Err(unreadable(ENTITY)),
            },
            Event::End(_) => message.end()?,
            Event::Eof => break,
            Event::DocType(_) => return Err(unreadable("it has a document type declaration, which no bank file has")),
            Event::Empty(_) | Event::CData(_) | Event::Comment(_) | Event::PI(_) => {
                return Err(unreadable("it holds a comment or an instruction, which this program does not write"));
            }
        }
        buffer.clear();
        reader.get_mut().get_mut().allowance = ALLOWANCE;
    }
    let sha256 = Digest(reader.into_inner().into_inner().sha256.finalize().into());
    message.whole(sha256)
}

const ENTITY: &str = "it refers to a character that is not defined";
const CHUNK: usize = 64 * 1024;
/// What one tag or one text may take before the file is taken for something else. Far more than a bank file needs.
const ALLOWANCE: usize = 16 * CHUNK;
/// The file's own depth is nine.
const DEEPEST: usize = 16;

fn unreadable(what: impl fmt::Display) -> Fault {
    Fault::failed(
        "release.unreadable_file",
        say!("The bank file cannot be read back: {what}.", what = what.to_string()),
    )
}

/// The library's own words may quote the file, so they are not passed on.
fn unreadable_xml(error: quick_xml::Error) -> Fault {
    match error {
        quick_xml::Error::Io(error) => unreadable(error),
        _ => unreadable("it is cut short or is not well-formed XML"),
    }
}

/// Hashes what is read, and lets no single tag or text take all memory.
struct HashedInput<R> {
    input: R,
    sha256: Sha256,
    allowance: usize,
}

impl<R: Read> Read for HashedInput<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.allowance == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a single element in it is far too long"));
        }
        let most = into.len().min(self.allowance);
        let read = self.input.read(&mut into[..most])?;
        self.sha256.update(&into[..read]);
        self.allowance -= read;
        Ok(read)
    }
}

/// The message as far as it has been read.
struct Message<F> {
    each: F,
    /// Names of the open elements, joined by `/`.
    path: String,
    depth: usize,
    /// Since the last tag.
    text: String,
    /// Whether nothing but text has come since the last opening tag.
    leaf: bool,
    version: Option<FileFormat>,
    closed: bool,
    currency: Option<Currency>,
    message_id: Option<String>,
    created_at: Option<NaiveDateTime>,
    announced: Announced,
    counted: Counted,
    block: Option<Block>,
    payment: Option<Payment>,
    information: Vec<InformationRecount>,
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

#[derive(Default)]
struct Block {
    id: Option<String>,
    pay_on: Option<NaiveDate>,
    debited: AccountParts,
    currency: Option<String>,
    announced: Announced,
    counted: Counted,
}

#[derive(Default)]
struct Payment {
    end_to_end_id: Option<String>,
    minor_units: Option<i64>,
    creditor: Option<String>,
    ultimate_creditor: Option<String>,
    account: AccountParts,
    clearing: Option<String>,
    person_number: Option<String>,
    text: Option<String>,
    reference: Option<String>,
}

#[derive(Default)]
struct AccountParts {
    iban: Option<String>,
    other: Option<String>,
    scheme: Option<String>,
}

const MESSAGE: &str = "Document/CstmrCdtTrfInitn/";
const BLOCK: &str = "Document/CstmrCdtTrfInitn/PmtInf";
const PAYMENT: &str = "Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf";
const INSTRUCTED_AMOUNT: &str = "Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt";

impl<F: FnMut(ReadPayment) -> Result<()>> Message<F> {
    fn new(each: F) -> Self {
        Self {
            each,
            path: String::new(),
            depth: 0,
            text: String::new(),
            leaf: false,
            version: None,
            closed: false,
            currency: None,
            message_id: None,
            created_at: None,
            announced: Announced::default(),
            counted: Counted::default(),
            block: None,
            payment: None,
            information: Vec::new(),
        }
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<()> {
        let utf8 = match declaration.encoding() {
            None => true,
            Some(Ok(encoding)) => encoding.eq_ignore_ascii_case("UTF-8"),
            Some(Err(_)) => false,
        };
        if utf8 && self.version.is_none() { Ok(()) } else { Err(unreadable("it is not in UTF-8")) }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<()> {
        self.blank_between_elements()?;
        let tag_name = start.name();
        let name: &str = tag_name.as_ref();
        if self.depth == DEEPEST || self.closed || name.contains([':', '/']) {
            return Err(unreadable("its elements are not those of a bank file"));
        }
        if self.depth > 0 {
            self.path.push('/');
        }
        self.path.push_str(name);
        self.depth += 1;
        self.leaf = true;
        self.attributes(start)?;
        match self.path.as_str() {
            BLOCK => self.block = Some(Block::default()),
            PAYMENT => self.payment = Some(Payment::default()),
            _ => {}
        }
        Ok(())
    }

    /// The document names its version and an amount its currency. Nothing else has attributes.
    fn attributes(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let mut said = None;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| unreadable("a tag in it is damaged"))?;
            match (self.path.as_str(), attribute.key.as_ref()) {
                ("Document", "xmlns") | (INSTRUCTED_AMOUNT, "Ccy") => said = Some(attribute.value),
                _ => return Err(unreadable("it has attributes that this program does not write")),
            }
        }
        match self.path.as_str() {
            "Document" => {
                let schema = said.as_deref().and_then(|name| name.strip_prefix("urn:iso:std:iso:20022:tech:xsd:"));
                let version = schema.and_then(|name| FileFormat::PAIN001.into_iter().find(|v| v.as_str() == name));
                self.version = Some(version.ok_or_else(|| unreadable("it is not a pain.001.001.03 or 001.09"))?);
            }
            INSTRUCTED_AMOUNT => {
                let known = [Currency::Dkk, Currency::Eur, Currency::Nok, Currency::Sek];
                let currency = known.into_iter().find(|currency| said.as_deref() == Some(currency.code()));
                let currency = currency.ok_or_else(|| unreadable("an amount in it has no known currency"))?;
                if *self.currency.get_or_insert(currency) != currency {
                    return Err(unreadable("its amounts are in several currencies"));
                }
            }
            _ if self.version.is_none() => return Err(unreadable("it is not a pain.001")),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        if self.text.len() + text.len() > CHUNK {
            return Err(unreadable("a text in it is far too long"));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.leaf {
            if self.text.is_empty() || self.text.chars().any(char::is_control) {
                return Err(unreadable("an element in it is empty or holds control characters"));
            }
            self.value()?;
            self.text.clear();
            self.leaf = false;
        } else {
            self.blank_between_elements()?;
        }
        match self.path.as_str() {
            BLOCK => self.end_of_block()?,
            PAYMENT => self.end_of_payment()?,
            _ => {}
        }
        self.path.truncate(self.path.rfind('/').unwrap_or(0));
        self.depth -= 1;
        self.closed |= self.depth == 0;
        Ok(())
    }

    fn blank_between_elements(&mut self) -> Result<()> {
        if !self.text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
            return Err(unreadable("it holds text between its elements"));
        }
        self.text.clear();
        Ok(())
    }

    /// An element's text, put where its path says.
    fn value(&mut self) -> Result<()> {
        let text = self.text.as_str();
        let Some(place) = self.path.strip_prefix(MESSAGE) else { return Ok(()) };
        match place {
            "GrpHdr/MsgId" => return once(&mut self.message_id, Some(text.into())),
            "GrpHdr/CreDtTm" => return once(&mut self.created_at, time(text)),
            "GrpHdr/NbOfTxs" => return once(&mut self.announced.transactions, number(text)),
            "GrpHdr/CtrlSum" => return once(&mut self.announced.sum, minor_units(text)),
            _ => {}
        }
        let Some(place) = place.strip_prefix("PmtInf/") else { return Ok(()) };
        match (place.strip_prefix("CdtTrfTxInf/"), &mut self.payment, &mut self.block) {
            (Some(place), Some(payment), _) => payment.value(place, text),
            (None, None, Some(block)) => block.value(place, text, self.version),
            _ => Err(unreadable("its elements are out of place")),
        }
    }

    fn end_of_payment(&mut self) -> Result<()> {
        let (Some(payment), Some(block)) = (self.payment.take(), &mut self.block) else {
            return Err(unreadable("a payment in it is out of place"));
        };
        let (Some(currency), Some(pay_on)) = (self.currency, block.pay_on) else {
            return Err(unreadable("a payment in it has no amount or no date"));
        };
        let payment = payment.whole(currency, pay_on)?;
        block.counted.add(payment.amount)?;
        self.counted.add(payment.amount)?;
        (self.each)(payment)
    }

    fn end_of_block(&mut self) -> Result<()> {
        let (Some(block), Some(currency)) = (self.block.take(), self.currency) else {
            return Err(unreadable("a payment information in it has no payments"));
        };
        self.information.push(block.whole(currency)?);
        Ok(())
    }

    fn whole(self, sha256: Digest) -> Result<Recount> {
        let blank = self.text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        if !self.closed || self.depth > 0 || !blank {
            return Err(unreadable("it is cut short, or something follows its end"));
        }
        let missing = |what: &str| unreadable(format_args!("it has no {what}"));
        let currency = self.currency.ok_or_else(|| missing("payments"))?;
        let amount = |minor_units| Amount::from_minor_units(minor_units, currency);
        Ok(Recount {
            version: self.version.ok_or_else(|| missing("version"))?,
            message_id: self.message_id.ok_or_else(|| missing("message id"))?,
            created_at: self.created_at.ok_or_else(|| missing("time of creation"))?,
            transactions: self.counted.transactions,
            amount: amount(self.counted.sum),
            announced_transactions: self.announced.transactions.ok_or_else(|| missing("number of payments"))?,
            announced_sum: self.announced.sum.map(amount),
            information: self.information,
            sha256,
        })
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
    fn value(&mut self, place: &str, text: &str, version: Option<FileFormat>) -> Result<()> {
        match (place, version) {
            ("PmtInfId", _) => once(&mut self.id, Some(text.into())),
            ("NbOfTxs", _) => once(&mut self.announced.transactions, number(text)),
            ("CtrlSum", _) => once(&mut self.announced.sum, minor_units(text)),
            ("ReqdExctnDt", Some(FileFormat::Pain001V03)) | ("ReqdExctnDt/Dt", Some(FileFormat::Pain001V09)) => {
                once(&mut self.pay_on, date(text))
            }
            ("DbtrAcct/Ccy", _) => once(&mut self.currency, Some(text.into())),
            (place, _) => match place.strip_prefix("DbtrAcct/") {
                Some(place) => self.debited.value(place, text),
                None => Ok(()),
            },
        }
    }

    fn whole(self, currency: Currency) -> Result<InformationRecount> {
        let missing = |what: &str| unreadable(format_args!("a payment information in it has no {what}"));
        let amount = |minor_units| Amount::from_minor_units(minor_units, currency);
        if self.counted.transactions == 0 {
            return Err(missing("payments"));
        }
        if self.currency.is_some_and(|debited| debited != currency.code()) {
            return Err(unreadable("its amounts and the account to debit are in different currencies"));
        }
        Ok(InformationRecount {
            id: self.id.ok_or_else(|| missing("id"))?,
            pay_on: self.pay_on.ok_or_else(|| missing("date"))?,
            debited: self.debited.whole()?.ok_or_else(|| missing("account to debit"))?,
            transactions: self.counted.transactions,
            amount: amount(self.counted.sum),
            announced_transactions: self.announced.transactions,
            announced_sum: self.announced.sum.map(amount),
        })
    }
}

impl Payment {
    fn value(&mut self, place: &str, text: &str) -> Result<()> {
        match place {
            "PmtId/EndToEndId" => once(&mut self.end_to_end_id, Some(text.into())),
            "Amt/InstdAmt" => once(&mut self.minor_units, minor_units(text)),
            "Cdtr/Nm" => once(&mut self.creditor, Some(text.into())),
            "Cdtr/Id/PrvtId/Othr/Id" | "Cdtr/Id/OrgId/Othr/Id" => once(&mut self.person_number, Some(text.into())),
            "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId" => once(&mut self.clearing, Some(text.into())),
            "UltmtCdtr/Nm" => once(&mut self.ultimate_creditor, Some(text.into())),
            "RmtInf/Ustrd" => once(&mut self.text, Some(text.into())),
            "RmtInf/Strd/CdtrRefInf/Ref" => once(&mut self.reference, Some(text.into())),
            place => match place.strip_prefix("CdtrAcct/") {
                Some(place) => self.account.value(place, text),
                None => Ok(()),
            },
        }
    }

    fn whole(self, currency: Currency, pay_on: NaiveDate) -> Result<ReadPayment> {
        let missing = |what: &str| unreadable(format_args!("a payment in it has no {what}"));
        let account = match (self.account.whole()?, self.clearing) {
            (Some(ReadAccount::Bban(number)), Some(clearing)) => Some(ReadAccount::Bban(clearing + &number)),
            (account, None) => account,
            _ => return Err(unreadable("a clearing number in it stands beside no account of its own")),
        };
        if account.is_some() == self.person_number.is_some() {
            return Err(missing("account, or has a person number beside it"));
        }
        let minor_units = self.minor_units.filter(|minor_units| *minor_units > 0).ok_or_else(|| missing("amount"))?;
        Ok(ReadPayment {
            end_to_end_id: self.end_to_end_id.ok_or_else(|| missing("reference"))?,
            amount: Amount::from_minor_units(minor_units, currency),
            pay_on,
            creditor: self.creditor.ok_or_else(|| missing("creditor"))?,
            ultimate_creditor: self.ultimate_creditor,
            account,
            person_number: self.person_number,
            text: self.text,
            reference: self.reference,
        })
    }
}

impl AccountParts {
    fn value(&mut self, place: &str, text: &str) -> Result<()> {
        match place {
            "Id/IBAN" => once(&mut self.iban, Some(text.into())),
            "Id/Othr/Id" => once(&mut self.other, Some(text.into())),
            "Id/Othr/SchmeNm/Cd" | "Id/Othr/SchmeNm/Prtry" => once(&mut self.scheme, Some(text.into())),
            _ => Ok(()),
        }
    }

    fn whole(self) -> Result<Option<ReadAccount>> {
        match (self.iban, self.other, self.scheme.as_deref()) {
            (None, None, None) => Ok(None),
            (Some(iban), None, None) => Ok(Some(ReadAccount::Iban(iban))),
            (None, Some(other), Some("BBAN" | "BGNR")) => Ok(Some(ReadAccount::Bban(other))),
            _ => Err(unreadable("an account in it has an unknown form")),
        }
    }
}

/// Takes a value that may stand once.
fn once<T>(place: &mut Option<T>, value: Option<T>) -> Result<()> {
    let value = value.ok_or_else(|| unreadable("a number or a date in it is not one"))?;
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(unreadable("something in it is said twice")),
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &str) -> Option<u64> {
    digits(text).then(|| text.parse().ok()).flatten()
}

/// Dates and times in their one form: the library alone would also take `2026-12- 1`.
fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|date: &NaiveDate| date.to_string() == text)
}

fn time(text: &str) -> Option<NaiveDateTime> {
    const FORM: &str = "%Y-%m-%dT%H:%M:%S";
    NaiveDateTime::parse_from_str(text, FORM).ok().filter(|time| time.format(FORM).to_string() == text)
}

/// Whole kroner, or kroner and one or two decimals after a point.
fn minor_units(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "00"));
    if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let hundredths = decimals.parse::<i64>().ok()? * if decimals.len() == 1 { 10 } else { 1 };
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(hundredths)
}
