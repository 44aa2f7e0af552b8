//! camt.055.001.08: the bank is asked to take payments back that it was sent as pain.001 and has not settled.
//!
//! # What it says
//!
//! One `Undrlyg` for each block of ours that holds a payment to be taken back, with that block's and its message's ids as the bank had them, and
//! below it each payment: end-to-end id, amount, day, and why. Assignment and case carry one id, by which the answer (camt.029) is known.
//!
//! # What is left out on purpose
//!
//! - Names and accounts of payees: the ids say which payment is meant, and the bank has the rest.
//! - `OrgnlGrpInfAndCxl`, `PmtInfCxl` and the block's own counts: each of them may be read as asking for everything that was in the message.
//!
//! The order of elements, and which are needed, is that of the message definition report of ISO 20022's Exceptions and Investigations.

use std::io::{self, Read, Write};

use chrono::{NaiveDate, NaiveDateTime};

use super::elements::Elements;
use super::report::item::minor_units;
use super::report::xml::{Token, XmlReader};
use crate::batch::Sum;
use crate::payment::{Account, Amount, EndToEndId, Payer};
use crate::say;
use crate::words::Message;

/// Goes up with every change of the bytes that are written.
pub const WRITER_VERSION: u16 = 1;
pub const VERSION: &str = "camt.055.001.08";
/// `Max35Text`.
const LONGEST_ID: usize = 35;

/// The message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancellationRequest<'a> {
    /// Letters, digits and hyphens, at most 26, so that ids of its parts can be made of it.
    pub message_id: &'a str,
    /// Local time, written to the second.
    pub created_at: NaiveDateTime,
    pub payer: &'a Payer,
    /// One of the external cancellation reasons.
    pub reason: &'a str,
    pub blocks: Vec<OriginalBlock<'a>>,
    /// Of all payments.
    pub sum: Sum,
}

/// A `PmtInf` block as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalBlock<'a> {
    pub message_id: &'a str,
    /// Such as `pain.001.001.09`.
    pub message_name: &'a str,
    pub created_at: NaiveDateTime,
    pub payment_information_id: &'a str,
    pub pay_on: NaiveDate,
    pub payments: Vec<(EndToEndId, Amount)>,
}

impl CancellationRequest<'_> {
    /// The id of the cancellation of one block, counted from 0.
    pub fn block_id(message_id: &str, block: usize) -> String {
        format!("{message_id}-{}", block + 1)
    }

    /// Writes the message; the output comes back flushed.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] where the sum is not that of the payments, or an id is too long.
    pub fn write<W: Write>(&self, out: W) -> io::Result<W> {
        self.look_through()?;
        let mut elements = Elements::begin(out)?;
        let e = &mut elements;
        e.open_with("Document", ("xmlns", &format!("urn:iso:std:iso:20022:tech:xsd:{VERSION}")))?;
        e.within("CstmrPmtCxlReq", |e| {
            e.line()?;
            e.within("Assgnmt", |e| {
                e.text("Id", self.message_id)?;
                e.within("Assgnr", |e| self.payer(e))?;
                e.within("Assgne", |e| e.within("Agt", |e| e.within("FinInstnId", |e| self.payers_bank(e))))?;
                e.text("CreDtTm", &time(self.created_at))
            })?;
            e.line()?;
            e.within("Case", |e| {
                e.text("Id", self.message_id)?;
                e.within("Cretr", |e| self.payer(e))
            })?;
            e.line()?;
            e.within("CtrlData", |e| {
                e.value("NbOfTxs", self.sum.count)?;
                e.value("CtrlSum", self.sum.amount)
            })?;
            e.line()?;
            self.blocks.iter().enumerate().try_for_each(|(at, block)| self.block(e, at, block))
        })?;
        e.close("Document")?;
        e.line()?;
        elements.finish()
    }

    fn payer<W: Write>(&self, e: &mut Elements<W>) -> io::Result<()> {
        e.within("Pty", |e| {
            e.text("Nm", &self.payer.name)?;
            match &self.payer.payer_id {
                Some(id) => e.within("Id", |e| e.within("OrgId", |e| e.within("Othr", |e| e.text("Id", id)))),
                None => Ok(()),
            }
        })
    }

    fn payers_bank<W: Write>(&self, e: &mut Elements<W>) -> io::Result<()> {
        match &self.payer.bic {
            Some(bic) => e.text("BICFI", bic),
            None => e.within("Othr", |e| e.text("Id", "NOTPROVIDED")),
        }
    }

    fn block<W: Write>(&self, e: &mut Elements<W>, at: usize, block: &OriginalBlock) -> io::Result<()> {
        let id = Self::block_id(self.message_id, at);
        e.within("Undrlyg", |e| {
            e.within("OrgnlPmtInfAndCxl", |e| {
                e.text("PmtCxlId", &id)?;
                e.text("OrgnlPmtInfId", block.payment_information_id)?;
                e.within("OrgnlGrpInf", |e| {
                    e.text("OrgnlMsgId", block.message_id)?;
                    e.text("OrgnlMsgNmId", block.message_name)?;
                    e.text("OrgnlCreDtTm", &time(block.created_at))
                })?;
                e.line()?;
                (1..).zip(&block.payments).try_for_each(|(number, (payment, amount))| {
                    self.payment(e, &format!("{id}-{number}"), block.pay_on, (payment, *amount))
                })
            })
        })?;
        e.line()
    }

    fn payment<W: Write>(
        &self,
        e: &mut Elements<W>,
        id: &str,
        pay_on: NaiveDate,
        (payment, amount): (&EndToEndId, Amount),
    ) -> io::Result<()> {
        e.within("TxInf", |e| {
            e.text("CxlId", id)?;
            e.value("OrgnlEndToEndId", payment)?;
            e.open_with("OrgnlInstdAmt", ("Ccy", amount.currency().code()))?;
            e.content(amount)?;
            e.close("OrgnlInstdAmt")?;
            e.within("OrgnlReqdExctnDt", |e| e.value("Dt", pay_on))?;
            e.within("CxlRsnInf", |e| e.within("Rsn", |e| e.text("Cd", self.reason)))?;
            e.within("OrgnlTxRef", |e| {
                e.text("PmtMtd", "TRF")?;
                e.within("DbtrAcct", |e| e.within("Id", |e| account(e, &self.payer.account)))
            })
        })?;
        e.line()
    }

    fn look_through(&self) -> io::Result<()> {
        let mut sum = Sum::zero(self.sum.amount.currency());
        for (_, amount) in self.blocks.iter().flat_map(|block| &block.payments) {
            sum.add(*amount).map_err(|_| refused(say!("The sum is too large.")))?;
        }
        if sum != self.sum || sum.count == 0 {
            return Err(refused(say!("The recall announces another sum than its payments come to.")));
        }
        for (at, block) in self.blocks.iter().enumerate() {
            let longest = format!("{}-{}", Self::block_id(self.message_id, at), block.payments.len());
            if [&*longest, block.message_id, block.payment_information_id].iter().any(|id| id.len() > LONGEST_ID) {
                return Err(refused(say!("An id of the recall is longer than messages allow.")));
            }
        }
        Ok(())
    }
}

fn account<W: Write>(e: &mut Elements<W>, account: &Account) -> io::Result<()> {
    match account {
        Account::Iban(iban) => e.text("IBAN", iban.as_str()),
        Account::Domestic(account) => e.within("Othr", |e| {
            e.joined("Id", &account.bank, &account.number)?;
            e.within("SchmeNm", |e| e.text("Cd", "BBAN"))
        }),
        Account::Slip(_) => Err(refused(say!("A payment slip's creditor number is no account that pays."))),
    }
}

fn time(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn refused(message: Message) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// What a message holds, counted by its payments, with what its head says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    pub message_id: String,
    pub payments: Vec<EndToEndId>,
    /// In minor units.
    pub amount: i64,
    /// Count and sum as `CtrlData` has them.
    pub announced: (u64, i64),
}

/// Reads a message of this program's back. `None` where it is not whole, or not one.
pub fn recount(input: impl Read) -> Option<Recount> {
    const ROOT: &str = "CstmrPmtCxlReq";
    const PAYMENT: &str = "CstmrPmtCxlReq/Undrlyg/OrgnlPmtInfAndCxl/TxInf";
    let mut xml = XmlReader::open(input).ok()?;
    if xml.message() != VERSION {
        return None;
    }
    let mut found = Recount::default();
    loop {
        match xml.next().ok()? {
            Token::Eof => break,
            Token::Open => {}
            Token::Close => {
                let (path, text) = (xml.path(), xml.text());
                let field = path.strip_prefix(PAYMENT).or_else(|| path.strip_prefix(ROOT)).unwrap_or_default();
                match field {
                    "/Assgnmt/Id" => found.message_id = text.to_owned(),
                    "/CtrlData/NbOfTxs" => found.announced.0 = text.parse().ok()?,
                    "/CtrlData/CtrlSum" => found.announced.1 = minor_units(text, '.')?,
                    "/OrgnlEndToEndId" => found.payments.push(text.parse().ok()?),
                    "/OrgnlInstdAmt" => found.amount = found.amount.checked_add(minor_units(text, '.')?)?,
                    _ => {}
                }
            }
        }
    }
    Some(found)
}
