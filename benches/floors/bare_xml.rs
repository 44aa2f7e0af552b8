//! The bank file of many payments, and the bare loop that puts the same bytes through the XML library.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use sha2::{Digest as _, Sha256};
use stopgap::bank::pain001::{AccountForm, MessageHead, MessageWriter, PaymentInformation};
use stopgap::bank::profile::{FileFormat, Profile};

use super::made_up::{self, Identified, Message};

/// So many different payments, over and over: made beforehand, so that neither side pays for making them.
const DIFFERENT: usize = 1000;

/// The message, of which a thousand payments are in memory.
pub struct Million {
    count: usize,
    head: MessageHead,
    information: PaymentInformation,
    payments: Vec<Identified>,
    profile: Profile,
}

impl Million {
    /// Of `count` payments, a multiple of a thousand.
    pub fn new(count: usize) -> Self {
        let payments = (0..DIFFERENT as u64).map(made_up::payment).collect();
        let Message { mut head, mut blocks } = Message::one_block(FileFormat::Pain001V09, payments);
        let (mut information, payments) = blocks.remove(0);
        let times = count / DIFFERENT;
        head.transactions = (times * DIFFERENT) as u64;
        head.control_sum = made_up::kroner(head.control_sum.minor_units() * times as i64);
        information.transactions = head.transactions;
        information.control_sum = head.control_sum;
        let count = times * DIFFERENT;
        Self { count, head, information, payments, profile: Profile { max_payments: u32::MAX, ..Profile::default() } }
    }

    pub fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut writer = MessageWriter::begin(out, &self.head, &self.profile)?;
        writer.begin_payments(&self.information)?;
        for (payment, id) in self.payments.iter().cycle().take(self.count) {
            writer.payment(payment, id)?;
        }
        writer.finish()
    }

    pub fn length(&self) -> io::Result<u64> {
        Ok(self.write(Fingerprint::default())?.length)
    }
}

/// The same bytes without a thought: every value is text already, and nothing is looked at or counted.
pub struct Bare {
    count: usize,
    before: String,
    payments: Vec<BarePayment>,
    after: &'static str,
}

struct BarePayment {
    id: String,
    amount: String,
    creditor: String,
    iban: Option<String>,
    bban: Option<String>,
    ultimate: Option<String>,
    text: Option<String>,
}

impl Bare {
    pub fn of(million: &Million) -> Self {
        let mut start = Vec::new();
        let mut writer = MessageWriter::begin(&mut start, &million.head, &million.profile).expect("begun");
        writer.begin_payments(&million.information).expect("begun");
        drop(writer);
        Self {
            count: million.count,
            before: String::from_utf8(start).expect("UTF-8"),
            payments: million.payments.iter().map(BarePayment::of).collect(),
            after: "</PmtInf>\n</CstmrCdtTrfInitn></Document>\n",
        }
    }

    pub fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut xml = Writer::new(BufWriter::with_capacity(64 * 1024, out));
        xml.write_event(Event::Text(BytesText::from_escaped(self.before.as_str())))?;
        for payment in self.payments.iter().cycle().take(self.count) {
            payment.write(&mut xml)?;
        }
        xml.write_event(Event::Text(BytesText::from_escaped(self.after)))?;
        xml.into_inner().into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl Bare {
    /// What a release must do at least: the bytes lie on the disk in one file, synced, and were read again.
    pub fn write_sync_and_read(&self, path: &Path) -> io::Result<()> {
        self.write(File::create(path)?)?.sync_all()?;
        let mut there = File::open(path)?;
        let mut chunk = vec![0; 64 * 1024];
        while there.read(&mut chunk)? > 0 {}
        Ok(())
    }
}

impl BarePayment {
    fn of((payment, id): &Identified) -> Self {
        let form = payment.account.as_ref().and_then(AccountForm::of).expect("an account");
        let (iban, bban) = match form {
            AccountForm::Iban(iban) => (Some(iban.to_owned()), None),
            AccountForm::Bban { bank, number } => (None, Some(format!("{bank}{number}"))),
            AccountForm::Swedish { .. } | AccountForm::Bankgiro(_) => unreachable!("the made-up payments are Danish"),
        };
        Self {
            id: id.to_string(),
            amount: payment.amount.to_string(),
            creditor: payment.payee_name.as_ref().unwrap_or(&payment.name).to_string(),
            iban,
            bban,
            ultimate: payment.payee_name.is_some().then(|| payment.name.to_string()),
            text: payment.text.as_ref().map(ToString::to_string),
        }
    }

    fn write<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        open(xml, &["CdtTrfTxInf", "PmtId"])?;
        leaf(xml, "EndToEndId", &self.id)?;
        close(xml, &["PmtId"])?;
        open(xml, &["Amt"])?;
        xml.write_event(Event::Start(BytesStart::new("InstdAmt").with_attributes([("Ccy", "DKK")])))?;
        xml.write_event(Event::Text(BytesText::new(&self.amount)))?;
        close(xml, &["InstdAmt", "Amt"])?;
        open(xml, &["Cdtr"])?;
        leaf(xml, "Nm", &self.creditor)?;
        close(xml, &["Cdtr"])?;
        open(xml, &["CdtrAcct", "Id"])?;
        if let Some(iban) = &self.iban {
            leaf(xml, "IBAN", iban)?;
        }
        if let Some(bban) = &self.bban {
            open(xml, &["Othr"])?;
            leaf(xml, "Id", bban)?;
            open(xml, &["SchmeNm"])?;
            leaf(xml, "Cd", "BBAN")?;
            close(xml, &["SchmeNm", "Othr"])?;
        }
        close(xml, &["Id", "CdtrAcct"])?;
        if let Some(ultimate) = &self.ultimate {
            open(xml, &["UltmtCdtr"])?;
            leaf(xml, "Nm", ultimate)?;
            close(xml, &["UltmtCdtr"])?;
        }
        if let Some(text) = &self.text {
            open(xml, &["RmtInf"])?;
            leaf(xml, "Ustrd", text)?;
            close(xml, &["RmtInf"])?;
        }
        close(xml, &["CdtTrfTxInf"])?;
        xml.write_event(Event::Text(BytesText::from_escaped("\n")))
    }
}

fn open<W: Write>(xml: &mut Writer<W>, names: &[&str]) -> io::Result<()> {
    names.iter().try_for_each(|name| xml.write_event(Event::Start(BytesStart::new(*name))))
}

fn close<W: Write>(xml: &mut Writer<W>, names: &[&str]) -> io::Result<()> {
    names.iter().try_for_each(|name| xml.write_event(Event::End(BytesEnd::new(*name))))
}

fn leaf<W: Write>(xml: &mut Writer<W>, name: &str, value: &str) -> io::Result<()> {
    open(xml, &[name])?;
    xml.write_event(Event::Text(BytesText::new(value)))?;
    close(xml, &[name])
}

#[derive(Default)]
pub struct Fingerprint {
    sha256: Sha256,
    length: u64,
}

impl Fingerprint {
    pub fn finish(self) -> String {
        data_encoding::HEXLOWER.encode(&self.sha256.finalize())
    }
}

impl Write for Fingerprint {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sha256.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
