//! Writes a flat file, and counts what it writes, as the pain.001 writer does: a file whose head announces anything else is never finished.

use std::io::{self, BufWriter, IntoInnerError, Write};

use encoding_rs::WINDOWS_1252;

use super::record::beginning;
use super::{SLIP_TEXT, SlipPayment, TooLong, Transfer, account, bankdata, bec, danske, nordea, sdc, slips};
use crate::bank::pain001::{MessageHead, PaymentInformation};
use crate::bank::profile::{FileFormat, Profile};
use crate::batch::Sum;
use crate::checks::{CheckedPayment, quoted};
use crate::payment::{Account, Currency, DomesticAccount, EndToEndId, SlipPayee};
use crate::words::{Message, Phrase};
use crate::{phrase, say};

/// What the end record of a Bankdata file has digits for.
const MOST_PAYMENTS: u64 = 999_999;
const LARGEST_MINOR_UNITS: i64 = 9_999_999_999_999;

const BUFFER: usize = 64 * 1024;

#[must_use = "a file is whole only once it is finished"]
pub struct FlatWriter<W: Write> {
    out: BufWriter<W>,
    format: FileFormat,
    head: MessageHead,
    from: DomesticAccount,
    written: Sum,
    information: Option<PaymentInformation>,
    reference: String,
}

impl<W: Write> FlatWriter<W> {
    pub fn begin(out: W, head: &MessageHead, profile: &Profile) -> io::Result<Self> {
        let from = account(&head.payer.account).ok_or_else(|| {
            refused(say!(
                "The payer's account {account} is none that this file can pay from.",
                account = head.payer.account.masked()
            ))
        })?;
        let most = u64::from(profile.max_payments).min(MOST_PAYMENTS);
        if head.transactions == 0 || head.transactions > most {
            return Err(refused(say!(
                "A file of {payments:payment|payments}: it takes 1 to {most}.",
                payments = head.transactions,
                most
            )));
        }
        let currency = head.control_sum.currency();
        if currency != Currency::Dkk {
            return Err(refused(say!("This file pays in DKK, not in {currency}.", currency)));
        }
        if !(1..=LARGEST_MINOR_UNITS).contains(&head.control_sum.minor_units()) {
            return Err(refused(say!(
                "A file of {sum} {currency} is more than its sum has digits for.",
                sum = head.control_sum,
                currency
            )));
        }
        let mut writer = Self {
            out: BufWriter::with_capacity(BUFFER, out),
            format: head.version,
            from: from.clone(),
            written: Sum::zero(currency),
            information: None,
            head: head.clone(),
            reference: String::new(),
        };
        if writer.is_bankdata() {
            let start = bankdata::start(head.created_at.date()).map_err(too_long)?;
            writer.line(&start)?;
        }
        Ok(writer)
    }

    pub fn begin_payments(&mut self, information: &PaymentInformation) -> io::Result<()> {
        self.information = Some(information.clone());
        Ok(())
    }

    pub fn payment(&mut self, payment: &CheckedPayment, end_to_end_id: &EndToEndId) -> io::Result<()> {
        use std::fmt::Write as _;
        let refused = |what: Phrase| refused(say!("Payment {id} cannot be written: {what}.", id = end_to_end_id, what));
        let information =
            self.information.as_ref().ok_or_else(|| refused(phrase!("it came before its payment information")))?;
        if payment.pay_on != information.pay_on {
            return Err(refused(phrase!("it is for another day than its payment information")));
        }
        if payment.amount.currency() != Currency::Dkk || payment.amount.minor_units() <= 0 {
            return Err(refused(phrase!("its amount is none in DKK")));
        }
        self.reference.clear();
        write!(self.reference, "{end_to_end_id}").map_err(io::Error::other)?;
        let record = match &payment.account {
            None => return Err(refused(phrase!("it has no account"))),
            Some(Account::Slip(to)) => self.slip(payment, to),
            Some(to) => self.transfer(payment, to),
        };
        let record = record.map_err(refused)?.map_err(too_long)?;
        self.written.add(payment.amount).map_err(|_| refused(phrase!("the sum is too large")))?;
        self.line(&record)
    }

    fn transfer(&self, payment: &CheckedPayment, to: &Account) -> Result<Result<String, TooLong>, Phrase> {
        if payment.reference.is_some() {
            return Err(phrase!("it has a payment reference, which such a file has no place for"));
        }
        let to = account(to).ok_or_else(|| phrase!("its account is not one of the Danish realm"))?;
        let transfer = Transfer {
            from: &self.from,
            to,
            amount: payment.amount,
            pay_on: payment.pay_on,
            name: payment.payee_name.as_ref().unwrap_or(&payment.name),
            reference: &self.reference,
            text: payment.text.as_deref().unwrap_or(&self.head.payer.name),
        };
        Ok(match self.format {
            FileFormat::Bankdata5 => bankdata::payment_5(&transfer),
            FileFormat::Bankdata6 => bankdata::payment_6(&transfer),
            FileFormat::BecErh => bec::payment(&transfer),
            FileFormat::Sdc3 => sdc::payment(&transfer),
            FileFormat::DanskeCmbo => danske::payment(&transfer),
            FileFormat::NordeaCsv => nordea::payment(&transfer),
            FileFormat::Pain001V03 | FileFormat::Pain001V09 => return Err(phrase!("this is no flat file")),
        })
    }

    fn slip(&self, payment: &CheckedPayment, to: &SlipPayee) -> Result<Result<String, TooLong>, Phrase> {
        let no_place = || phrase!("it is a payment slip of a kind that such a file has no place for");
        if !slips(self.format).contains(&to.kind) {
            return Err(no_place());
        }
        let payment_id = payment.reference.as_ref().map_or("", |id| id.as_str());
        if payment_id.len() != to.kind.id_length().unwrap_or(0) {
            return Err(phrase!("its payment id is none of a slip of its kind"));
        }
        let payer = beginning(&self.head.payer.name, SLIP_TEXT);
        let text = match to.kind.id_length() {
            Some(_) => "",
            None => payment.text.as_deref().unwrap_or(&payer),
        };
        let slip = SlipPayment {
            from: &self.from,
            to,
            payment_id,
            amount: payment.amount,
            pay_on: payment.pay_on,
            name: payment.payee_name.as_ref().unwrap_or(&payment.name),
            reference: &self.reference,
            text,
        };
        match self.format {
            FileFormat::Bankdata5 | FileFormat::Bankdata6 => Ok(bankdata::slip(&slip)),
            FileFormat::BecErh => Ok(bec::slip(&slip)),
            FileFormat::Sdc3 => sdc::slip(&slip).ok_or_else(no_place),
            FileFormat::DanskeCmbo => Ok(danske::slip(&slip)),
            FileFormat::NordeaCsv => Ok(nordea::slip(&slip)),
            FileFormat::Pain001V03 | FileFormat::Pain001V09 => Err(phrase!("this is no flat file")),
        }
    }

    /// Ends the file and gives the output back, flushed. Refuses ([`io::ErrorKind::InvalidData`]) where count or sum written differ from
    /// what the head announced.
    pub fn finish(mut self) -> io::Result<W> {
        let announced = Sum { count: self.head.transactions, amount: self.head.control_sum };
        if self.written != announced {
            return Err(refused(say!(
                "The file announces {announced:payment|payments} of {sum}, and holds {held} of {amount}.",
                announced = announced.count,
                sum = announced.amount,
                held = self.written.count,
                amount = self.written.amount
            )));
        }
        if self.is_bankdata() {
            let end = bankdata::end(self.head.created_at.date(), self.written.count, self.written.amount)
                .map_err(too_long)?;
            self.line(&end)?;
        }
        self.out.into_inner().map_err(IntoInnerError::into_error)
    }

    fn is_bankdata(&self) -> bool {
        matches!(self.format, FileFormat::Bankdata5 | FileFormat::Bankdata6)
    }

    fn line(&mut self, record: &str) -> io::Result<()> {
        let (bytes, _, foreign) = WINDOWS_1252.encode(record);
        if foreign || record.contains(['\r', '\n']) {
            return Err(refused(say!("A record holds a character that Windows-1252 has not.")));
        }
        self.out.write_all(&bytes)?;
        self.out.write_all(b"\r\n")
    }
}

fn refused(message: Message) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn too_long(error: TooLong) -> io::Error {
    refused(say!(
        "{value} does not fit into the {width} characters of the field “{field}”.",
        value = quoted(&error.value),
        width = error.width,
        field = error.field
    ))
}
