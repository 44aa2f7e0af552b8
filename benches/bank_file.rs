//! Writing the bank file of a million payments, beside a bare loop that puts the same bytes through the XML library.
//!
//! `cargo bench --bench bank_file` runs both in turn in one process and prints the median CPU seconds of each, their ratio (aim: at most
//! 1.5) and how much the peak memory grew while the file was first written (aim: at most 16 MiB).

#[path = "../tests/bank_file/made_up.rs"]
mod made_up;

use std::io::{self, BufWriter, Write};

use made_up::{Identified, Message};
use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest as _, Sha256};
use stopgap::bank::pain001::{AccountForm, MessageHead, MessageWriter, PaymentInformation};
use stopgap::bank::profile::{FileFormat, Profile};

const PAYMENTS: usize = 1_000_000;
/// So many different payments, over and over: made beforehand, so that neither side pays for making them.
const DIFFERENT: usize = 1000;
const PAIRS: usize = 7;

fn main() -> io::Result<()> {
    let million = Million::new();
    forget_peak_memory();
    let before = peak_memory_kib();
    million.write(io::sink())?;
    let growth = before.zip(peak_memory_kib()).map(|(before, after)| after - before);
    let bare = Bare::of(&million);
    let hash = same_bytes(&million, &bare)?;

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..PAIRS {
        ours.push(cpu_seconds(|| million.write(io::sink()))?);
        theirs.push(cpu_seconds(|| bare.write(io::sink()))?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("bank file of {PAYMENTS} payments, {:.1} MB, sha256 {hash:.16}…", million.length()? as f64 / 1e6);
    println!("  message writer   {ours:>7.3} CPU s   median of {PAIRS}");
    println!("  bare XML loop    {theirs:>7.3} CPU s   median of {PAIRS}, in turn with it");
    println!("  ratio            {:>7.2}         aim at most 1.5", ours / theirs);
    match growth {
        Some(kib) => {
            println!("  peak memory      {:>7.2} MiB     grown while writing; aim at most 16", kib as f64 / 1024.0)
        }
        None => println!("  peak memory    unknown: this system does not tell"),
    }
    Ok(())
}

/// The message, of which a thousand payments are in memory.
struct Million {
    head: MessageHead,
    information: PaymentInformation,
    payments: Vec<Identified>,
    profile: Profile,
}

impl Million {
    fn new() -> Self {
        let payments = (0..DIFFERENT as u64).map(made_up::payment).collect();
        let Message { mut head, mut blocks } = Message::one_block(FileFormat::Pain001V09, payments);
        let (mut information, payments) = blocks.remove(0);
        let times = PAYMENTS / DIFFERENT;
        head.transactions = PAYMENTS as u64;
        head.control_sum = made_up::kroner(head.control_sum.minor_units() * times as i64);
        information.transactions = head.transactions;
        information.control_sum = head.control_sum;
        Self { head, information, payments, profile: Profile { max_payments: u32::MAX, ..Profile::default() } }
    }

    fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut writer = MessageWriter::begin(out, &self.head, &self.profile)?;
        writer.begin_payments(&self.information)?;
        for (payment, id) in self.payments.iter().cycle().take(PAYMENTS) {
            writer.payment(payment, id)?;
        }
        writer.finish()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.write(Fingerprint::default())?.length)
    }
}

/// The same bytes without a thought: every value is text already, and nothing is looked at or counted.
struct Bare {
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
    fn of(million: &Million) -> Self {
        let mut start = Vec::new();
        let mut writer = MessageWriter::begin(&mut start, &million.head, &million.profile).expect("begun");
        writer.begin_payments(&million.information).expect("begun");
        drop(writer);
        Self {
            before: String::from_utf8(start).expect("UTF-8"),
            payments: million.payments.iter().map(BarePayment::of).collect(),
            after: "</PmtInf>\n</CstmrCdtTrfInitn></Document>\n",
        }
    }

    fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut xml = Writer::new(BufWriter::with_capacity(64 * 1024, out));
        xml.write_event(Event::Text(BytesText::from_escaped(self.before.as_str())))?;
        for payment in self.payments.iter().cycle().take(PAYMENTS) {
            payment.write(&mut xml)?;
        }
        xml.write_event(Event::Text(BytesText::from_escaped(self.after)))?;
        xml.into_inner().into_inner().map_err(io::IntoInnerError::into_error)
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
            creditor: payment.payee_name.clone().unwrap_or_else(|| payment.name.clone()),
            iban,
            bban,
            ultimate: payment.payee_name.is_some().then(|| payment.name.clone()),
            text: payment.text.clone(),
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

/// Both must have written the same, or the comparison means nothing.
fn same_bytes(million: &Million, bare: &Bare) -> io::Result<String> {
    let ours = million.write(Fingerprint::default())?.finish();
    let theirs = bare.write(Fingerprint::default())?.finish();
    assert_eq!(ours, theirs, "the bare loop writes other bytes");
    Ok(ours)
}

#[derive(Default)]
struct Fingerprint {
    sha256: Sha256,
    length: u64,
}

impl Fingerprint {
    fn finish(self) -> String {
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

fn cpu_seconds<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<f64> {
    let now = || clock_gettime(ClockId::ProcessCPUTime);
    let start = now();
    work()?;
    let end = now();
    Ok((end.tv_sec - start.tv_sec) as f64 + (end.tv_nsec - start.tv_nsec) as f64 / 1e9)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Making the payments took memory that the file does not need.
fn forget_peak_memory() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process has held so far (`VmHWM`), where the system tells.
fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
