//! camt.052, camt.053 and camt.054: movements on an account.
//!
//! The three differ in their outer names only, and the versions in small things: the status is a text or a choice, a transaction has an
//! amount of its own or only in its details. An entry may sum up several transactions; they are told one by one, however many, and an entry
//! that tells none is told itself.

use std::io::Read;

use chrono::NaiveDate;

use super::item::{
    Booking, Direction, EntryStatus, Item, Reference, StatementEnd, StatementHead, ToldAccount, is_currency,
    minor_units,
};
use super::xml::{Token, XmlReader, malformed};
use super::{Emit, Kind};
use crate::fault::{Fault, Result};
use crate::payment::Currency;
use crate::say;

/// `outer` is the path of a statement: `BkToCstmrStmt/Stmt`, `BkToCstmrAcctRpt/Rpt` or `BkToCstmrDbtCdtNtfctn/Ntfctn`.
pub fn read<R: Read>(
    xml: &mut XmlReader<R>,
    (outer, kind): (&str, Kind),
    currency: Currency,
    each: Emit,
) -> Result<()> {
    let mut reading = Reading { kind, currency, ..Reading::default() };
    let mut parts = Parts { outer, known: Vec::new() };
    loop {
        match xml.next()? {
            Token::Eof => break,
            Token::Open => match parts.at(xml) {
                Part::Outside => {}
                Part::Statement => reading.begin_statement(),
                Part::Below(Element::Holder | Element::Read(_)) => {}
                Part::Below(Element::Entry) => reading.begin_entry(each)?,
                Part::Below(Element::Balance) => reading.balance = Balance::default(),
                Part::Below(Element::Details) => reading.begin_details(),
                Part::Below(Element::Transaction) => reading.begin_transaction(),
                Part::Below(Element::Return) => reading.transaction.returned = true,
                Part::Below(Element::Unread) => xml.skip()?,
            },
            Token::Close => match parts.at(xml) {
                Part::Statement => reading.end_statement(each)?,
                Part::Below(Element::Entry) => reading.end_entry(each)?,
                Part::Below(Element::Details) => reading.end_details(each)?,
                Part::Below(Element::Transaction) => reading.end_transaction(each)?,
                Part::Below(Element::Balance) => reading.end_balance(),
                Part::Below(Element::Read(field)) => match xml.text() {
                    "" => {}
                    text => reading.field(field, text, xml.currency())?,
                },
                Part::Below(Element::Holder | Element::Return | Element::Unread) => {}
                Part::Outside => {
                    let (path, text) = (xml.path(), xml.text());
                    if path.ends_with("/GrpHdr/MsgPgntn/PgNb") && text != "1"
                        || path.ends_with("/GrpHdr/MsgPgntn/LastPgInd") && !is_true(text)
                    {
                        reading.is_page = true;
                    }
                }
            },
        }
    }
    if reading.statements == 0 {
        return Err(Fault::input("report.empty", say!("The report holds no statement of any account."))
            .remedy(say!("Fetch it from the bank again; nothing was recorded from it.")));
    }
    Ok(())
}

fn below<'a>(path: &'a str, parent: &str) -> Option<&'a str> {
    path.strip_prefix(parent)?.strip_prefix('/')
}

fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1")
}

/// What the elements of a message are to the reader, by their paths' numbers: each path is looked at once.
struct Parts<'o> {
    outer: &'o str,
    known: Vec<Option<Part>>,
}

#[derive(Clone, Copy)]
enum Part {
    Outside,
    Statement,
    Below(Element),
}

impl Parts<'_> {
    fn at<R: Read>(&mut self, xml: &XmlReader<R>) -> Part {
        let number = xml.path_number();
        if let Some(Some(part)) = number.and_then(|number| self.known.get(number)) {
            return *part;
        }
        let path = xml.path();
        let part = match below(path, self.outer) {
            _ if path == self.outer => Part::Statement,
            Some(field) => Part::Below(Element::of(field)),
            None => Part::Outside,
        };
        if let Some(number) = number {
            self.known.resize(self.known.len().max(number + 1), None);
            self.known[number] = Some(part);
        }
        part
    }
}

/// What an element below a statement is to the reader.
#[derive(Clone, Copy)]
enum Element {
    /// Holds others that are read.
    Holder,
    Entry,
    Balance,
    Details,
    Transaction,
    Return,
    Read(Field),
    /// Nothing in it is needed, and much of it is about people.
    Unread,
}

/// A text that is read, by what it tells.
#[derive(Clone, Copy)]
enum Field {
    StatementId,
    Sequence,
    LegalSequence,
    Copy,
    Iban,
    OtherAccount,
    AccountCurrency,
    PageNumber,
    LastPage,
    BalanceCode,
    BalanceAmount,
    BalanceDirection,
    BalanceDay,
    EntryReference,
    EntryText,
    EntryAmount,
    EntryDirection,
    Reversal,
    Status,
    StatusOfTheBanksOwn,
    BookedOn,
    ValuedOn,
    EntryBankReference,
    BatchMessage,
    BatchBlock,
    BatchCount,
    BatchAmount,
    Message,
    Block,
    BankReference,
    Reference,
    Text,
    PayeeAccount,
    Direction,
    Amount,
    AmountInDetail,
    InstructedAmount,
    ReturnReason,
}

impl Element {
    fn of(path: &str) -> Self {
        let Some(inner) = path.strip_prefix("Ntry") else { return Self::of_statement(path) };
        let Some(inner) = inner.strip_prefix("/NtryDtls") else { return Self::of_entry(inner) };
        let Some(inner) = inner.strip_prefix("/TxDtls") else { return Self::of_details(inner) };
        Self::of_transaction(inner)
    }

    fn of_statement(path: &str) -> Self {
        Self::Read(match path {
            "Bal" => return Self::Balance,
            "Acct" | "Acct/Id" | "Acct/Id/Othr" | "StmtPgntn" | "RptPgntn" | "NtfctnPgntn" | "Bal/Tp"
            | "Bal/Tp/CdOrPrtry" | "Bal/Dt" => return Self::Holder,
            "Id" => Field::StatementId,
            "ElctrncSeqNb" => Field::Sequence,
            "LglSeqNb" => Field::LegalSequence,
            "CpyDplctInd" => Field::Copy,
            "Acct/Id/IBAN" => Field::Iban,
            "Acct/Id/Othr/Id" => Field::OtherAccount,
            "Acct/Ccy" => Field::AccountCurrency,
            "StmtPgntn/PgNb" | "RptPgntn/PgNb" | "NtfctnPgntn/PgNb" => Field::PageNumber,
            "StmtPgntn/LastPgInd" | "RptPgntn/LastPgInd" | "NtfctnPgntn/LastPgInd" => Field::LastPage,
            "Bal/Tp/CdOrPrtry/Cd" => Field::BalanceCode,
            "Bal/Amt" => Field::BalanceAmount,
            "Bal/CdtDbtInd" => Field::BalanceDirection,
            "Bal/Dt/Dt" | "Bal/Dt/DtTm" => Field::BalanceDay,
            _ => return Self::Unread,
        })
    }

    fn of_entry(path: &str) -> Self {
        Self::Read(match path {
            "" => return Self::Entry,
            "/BookgDt" | "/ValDt" => return Self::Holder,
            "/NtryRef" => Field::EntryReference,
            "/AddtlNtryInf" => Field::EntryText,
            "/Amt" => Field::EntryAmount,
            "/CdtDbtInd" => Field::EntryDirection,
            "/RvslInd" => Field::Reversal,
            // A text or a choice, by version.
            "/Sts" | "/Sts/Cd" => Field::Status,
            "/Sts/Prtry" => Field::StatusOfTheBanksOwn,
            "/BookgDt/Dt" | "/BookgDt/DtTm" => Field::BookedOn,
            "/ValDt/Dt" | "/ValDt/DtTm" => Field::ValuedOn,
            "/AcctSvcrRef" => Field::EntryBankReference,
            _ => return Self::Unread,
        })
    }

    fn of_details(path: &str) -> Self {
        Self::Read(match path {
            "" => return Self::Details,
            "/Btch" => return Self::Holder,
            "/Btch/MsgId" => Field::BatchMessage,
            "/Btch/PmtInfId" => Field::BatchBlock,
            "/Btch/NbOfTxs" => Field::BatchCount,
            "/Btch/TtlAmt" => Field::BatchAmount,
            _ => return Self::Unread,
        })
    }

    fn of_transaction(path: &str) -> Self {
        Self::Read(match path {
            "" => return Self::Transaction,
            "/RtrInf" => return Self::Return,
            "/Refs"
            | "/AmtDtls"
            | "/AmtDtls/TxAmt"
            | "/AmtDtls/InstdAmt"
            | "/RltdPties"
            | "/RltdPties/CdtrAcct"
            | "/RltdPties/CdtrAcct/Id"
            | "/RltdPties/CdtrAcct/Id/Othr"
            | "/RmtInf"
            | "/RmtInf/Strd"
            | "/RmtInf/Strd/CdtrRefInf"
            | "/RtrInf/Rsn" => return Self::Holder,
            "/Refs/MsgId" => Field::Message,
            "/Refs/PmtInfId" => Field::Block,
            "/Refs/AcctSvcrRef" => Field::BankReference,
            "/Refs/InstrId" | "/Refs/EndToEndId" => Field::Reference,
            "/RmtInf/Ustrd" | "/RmtInf/Strd/CdtrRefInf/Ref" | "/AddtlTxInf" => Field::Text,
            "/RltdPties/CdtrAcct/Id/IBAN" | "/RltdPties/CdtrAcct/Id/Othr/Id" => Field::PayeeAccount,
            "/CdtDbtInd" => Field::Direction,
            "/Amt" => Field::Amount,
            "/AmtDtls/TxAmt/Amt" => Field::AmountInDetail,
            "/AmtDtls/InstdAmt/Amt" => Field::InstructedAmount,
            "/RtrInf/Rsn/Cd" | "/RtrInf/Rsn/Prtry" => Field::ReturnReason,
            _ => return Self::Unread,
        })
    }
}

/// Everything that is open, in buffers that are used again.
struct Reading {
    kind: Kind,
    currency: Currency,
    statements: u64,
    /// The message is one page of several.
    is_page: bool,
    head: StatementHead,
    head_told: bool,
    end: StatementEnd,
    opened_on: Option<NaiveDate>,
    closed_on: Option<NaiveDate>,
    balance: Balance,
    entry: Entry,
    batch: Batch,
    transaction: Booking,
    direction: Option<Direction>,
    instructed: Option<i64>,
    /// Told when it is known whether another follows in the same entry.
    waiting: Booking,
    /// How many bookings of the entry have been found.
    found: u64,
    days: Days,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            currency: Currency::Dkk,
            statements: 0,
            is_page: false,
            head: StatementHead::default(),
            head_told: false,
            end: StatementEnd::default(),
            opened_on: None,
            closed_on: None,
            balance: Balance::default(),
            entry: Entry::default(),
            batch: Batch::default(),
            transaction: Booking::default(),
            direction: None,
            instructed: None,
            waiting: Booking::default(),
            found: 0,
            days: Days::default(),
        }
    }
}

#[derive(Default)]
struct Balance {
    code: String,
    amount: Option<i64>,
    is_debit: bool,
    on: Option<NaiveDate>,
}

#[derive(Default)]
struct Entry {
    amount: Option<i64>,
    foreign: bool,
    direction: Option<Direction>,
    reversal: bool,
    status: Option<EntryStatus>,
    booked_on: Option<NaiveDate>,
    valued_on: Option<NaiveDate>,
    reference: String,
    bank_reference: String,
    /// Under which somebody may be paying back, told of the entry as a whole.
    repayments: Reference,
}

/// What a group of an entry's details says of itself.
#[derive(Default)]
struct Batch {
    message_id: String,
    payment_information_id: String,
    count: Option<u64>,
    amount: Option<i64>,
    /// Transactions told within it.
    transactions: u64,
}

impl Batch {
    fn clear(&mut self) {
        self.message_id.clear();
        self.payment_information_id.clear();
        (self.count, self.amount, self.transactions) = (None, None, 0);
    }
}

impl Reading {
    fn begin_statement(&mut self) {
        self.statements += 1;
        self.head = StatementHead { kind: self.kind, ..StatementHead::default() };
        self.head_told = false;
        self.end = StatementEnd { booked: Some(0), is_page: self.is_page, ..StatementEnd::default() };
        (self.opened_on, self.closed_on) = (None, None);
    }

    fn tell_head(&mut self, each: Emit) -> Result<()> {
        if std::mem::replace(&mut self.head_told, true) {
            return Ok(());
        }
        each(Item::Statement(&self.head))
    }

    fn end_statement(&mut self, each: Emit) -> Result<()> {
        self.tell_head(each)?;
        each(Item::StatementEnd(&self.end))
    }

    fn begin_entry(&mut self, each: Emit) -> Result<()> {
        self.tell_head(each)?;
        let Entry { mut reference, mut bank_reference, mut repayments, .. } = std::mem::take(&mut self.entry);
        reference.clear();
        bank_reference.clear();
        repayments.clear();
        self.entry = Entry { reference, bank_reference, repayments, ..Entry::default() };
        self.batch.clear();
        self.found = 0;
        Ok(())
    }

    fn begin_details(&mut self) {
        self.batch.clear();
    }

    fn begin_transaction(&mut self) {
        self.transaction.clear();
        (self.direction, self.instructed) = (None, None);
    }

    fn end_transaction(&mut self, each: Emit) -> Result<()> {
        self.batch.transactions += 1;
        self.transaction.amount = self.transaction.amount.or(self.instructed);
        self.found_one(each)
    }

    /// A group of details that tells no transaction is a sum.
    fn end_details(&mut self, each: Emit) -> Result<()> {
        let names_a_batch = !self.batch.message_id.is_empty() || !self.batch.payment_information_id.is_empty();
        if self.batch.transactions > 0 || !names_a_batch {
            return Ok(());
        }
        self.begin_transaction();
        self.transaction.amount = self.batch.amount;
        self.found_one(each)
    }

    fn end_entry(&mut self, each: Emit) -> Result<()> {
        if self.found == 0 {
            self.batch.clear();
            self.begin_transaction();
            self.found_one(each)?;
        }
        let alone = self.found == 1;
        if alone {
            self.waiting.reference.repayments.extend(&self.entry.repayments.repayments);
            self.waiting.reference.add_text(&self.entry.repayments.texts);
            self.waiting.reference.add_text(&self.entry.bank_reference);
        }
        self.waiting.one_of_several = !alone;
        if alone && self.waiting.amount.is_none() && self.waiting.sum_of.is_none_or(|count| count <= 1) {
            self.waiting.amount = (!self.waiting.foreign).then_some(self.waiting.entry_amount);
        }
        if self.waiting.status == EntryStatus::Booked && !self.waiting.foreign {
            let amount = match self.entry.direction {
                Some(Direction::Debit) => -self.waiting.entry_amount,
                _ => self.waiting.entry_amount,
            };
            self.end.booked = self.end.booked.and_then(|sum| sum.checked_add(amount));
        }
        each(Item::Booking(&self.waiting))?;
        each(Item::EntryEnd)
    }

    /// Completes the booking at hand with what the entry says, and tells the one before it.
    fn found_one(&mut self, each: Emit) -> Result<()> {
        let Self { entry, batch, transaction: booking, .. } = self;
        let (Some(direction), Some(status)) = (entry.direction, entry.status) else {
            return Err(malformed(say!("an entry lacks its status or says neither debit nor credit")));
        };
        let Some(amount) = entry.amount.or(entry.foreign.then_some(0)) else {
            return Err(malformed(say!("an entry lacks its amount")));
        };
        booking.entry_amount = amount;
        booking.foreign = entry.foreign;
        booking.status = status;
        // Some banks tell a transaction from the other side's point of view: the entry's direction counts, except for a return.
        booking.direction = if booking.returned { self.direction.unwrap_or(direction) } else { direction };
        booking.reversal = entry.reversal;
        booking.booked_on = entry.booked_on.or(entry.valued_on);
        booking.sum_of = batch.count;
        let fill = |field: &mut String, text: &str| {
            if field.is_empty() {
                field.push_str(text);
            }
        };
        fill(&mut booking.bank_reference, &entry.bank_reference);
        fill(&mut booking.message_id, &batch.message_id);
        fill(&mut booking.payment_information_id, &batch.payment_information_id);
        booking.reference.add(&entry.reference);
        if self.found > 0 {
            self.waiting.one_of_several = true;
            each(Item::Booking(&self.waiting))?;
        }
        self.found += 1;
        std::mem::swap(&mut self.waiting, &mut self.transaction);
        Ok(())
    }

    fn end_balance(&mut self) {
        let Balance { code, amount: Some(amount), is_debit, on } = &self.balance else { return };
        let signed = if *is_debit { -amount } else { *amount };
        // A statement over several days has a pair for each: the first opening and the last closing count.
        match code.as_str() {
            "OPBD" | "PRCD" if self.end.opening.is_none() || (*on < self.opened_on) => {
                (self.end.opening, self.opened_on) = (Some(signed), *on);
            }
            "CLBD" if self.end.closing.is_none() || (*on > self.closed_on) => {
                (self.end.closing, self.closed_on) = (Some(signed), *on);
            }
            _ => {}
        }
    }

    fn field(&mut self, field: Field, text: &str, currency: &str) -> Result<()> {
        let Self { head, end, balance, entry, batch, transaction, .. } = self;
        match field {
            Field::StatementId => head.id.push_str(text),
            Field::Sequence => head.sequence = text.parse().ok(),
            Field::LegalSequence => head.sequence = head.sequence.or(text.parse().ok()),
            Field::Copy => head.copy = true,
            Field::Iban => head.account = ToldAccount::Iban(text.into()),
            Field::OtherAccount => head.account = ToldAccount::Other(text.into()),
            Field::AccountCurrency => head.currency.push_str(text),
            Field::PageNumber => end.is_page |= text != "1",
            Field::LastPage => end.is_page |= !is_true(text),
            Field::BalanceCode => balance.code.push_str(text),
            // A balance in another currency, or one that cannot be read, is no help in adding up.
            Field::BalanceAmount if is_currency(currency, self.currency) => balance.amount = minor_units(text, '.'),
            Field::BalanceAmount => {}
            Field::BalanceDirection => balance.is_debit = text == "DBIT",
            Field::BalanceDay => balance.on = self.days.day(text),
            Field::EntryReference => {
                entry.reference.push_str(text);
                entry.repayments.look_for_repayment(text);
            }
            Field::EntryText => entry.repayments.look_for_repayment(text),
            Field::EntryAmount => {
                entry.foreign = !is_currency(currency, self.currency);
                entry.amount = amount(text, currency, self.currency)?;
            }
            Field::EntryDirection => entry.direction = Some(direction(text)?),
            Field::Reversal => entry.reversal = is_true(text),
            Field::Status if text == "BOOK" => entry.status = Some(EntryStatus::Booked),
            Field::Status | Field::StatusOfTheBanksOwn => entry.status = Some(EntryStatus::NotBooked),
            Field::BookedOn => entry.booked_on = Some(self.days.of_an_entry(text)?),
            Field::ValuedOn => entry.valued_on = Some(self.days.of_an_entry(text)?),
            Field::EntryBankReference => entry.bank_reference.push_str(text),
            Field::BatchMessage => batch.message_id.push_str(text),
            Field::BatchBlock => batch.payment_information_id.push_str(text),
            Field::BatchCount => batch.count = text.parse().ok(),
            Field::BatchAmount => batch.amount = amount(text, currency, self.currency)?,
            Field::Message => transaction.message_id.push_str(text),
            Field::Block => transaction.payment_information_id.push_str(text),
            Field::BankReference => transaction.bank_reference.push_str(text),
            Field::Reference => {
                transaction.reference.add(text);
                transaction.reference.look_for_repayment(text);
            }
            Field::Text => transaction.reference.look_for_repayment(text),
            Field::PayeeAccount => transaction.payee_account.push_str(text),
            Field::Direction => self.direction = Some(direction(text)?),
            Field::Amount => transaction.amount = amount(text, currency, self.currency)?,
            Field::AmountInDetail => {
                transaction.amount = transaction.amount.or(amount(text, currency, self.currency)?);
            }
            Field::InstructedAmount => self.instructed = amount(text, currency, self.currency)?,
            Field::ReturnReason if transaction.reason.is_empty() => transaction.reason.push_str(text),
            Field::ReturnReason => {}
        }
        Ok(())
    }
}

/// `None` for an amount in another currency than `ours`.
fn amount(text: &str, currency: &str, ours: Currency) -> Result<Option<i64>> {
    if !is_currency(currency, ours) {
        return Ok(None);
    }
    let amount = minor_units(text, '.');
    amount.map(Some).ok_or_else(|| malformed(say!("`{text}` is not an amount", text = shortened(text))))
}

/// What a message may quote of a file.
fn shortened(text: &str) -> String {
    text.chars().take(20).flat_map(char::escape_debug).collect()
}

fn direction(text: &str) -> Result<Direction> {
    match text {
        "DBIT" => Ok(Direction::Debit),
        "CRDT" => Ok(Direction::Credit),
        _ => Err(malformed(say!("`{text}` is neither DBIT nor CRDT", text = shortened(text)))),
    }
}

/// The day read last: most entries of a statement are of one day.
#[derive(Default)]
struct Days {
    text: String,
    day: Option<NaiveDate>,
}

impl Days {
    /// The day of a date or of a date and time.
    fn day(&mut self, text: &str) -> Option<NaiveDate> {
        let text = text.get(..10)?;
        if self.text != text {
            self.text.clear();
            self.text.push_str(text);
            self.day = text.parse().ok();
        }
        self.day
    }

    /// By its days money is told apart: one that does not exist must not pass for none.
    fn of_an_entry(&mut self, text: &str) -> Result<NaiveDate> {
        self.day(text).ok_or_else(|| malformed(say!("`{text}` is no day", text = shortened(text))))
    }
}
