//! Another system's pain.001: what it is about to send to the bank, or has sent.
//!
//! Read for comparing, so every element that tells whom and how much is taken and the rest passed over. A person number counts only where the
//! file says that it is one: most files carry none, and an account is no person.

use std::io::Read;

use chrono::{NaiveDate, NaiveDateTime};

use super::{Emit, Place, Terms};
use crate::bank::report;
use crate::bank::report::item::minor_units;
use crate::bank::report::xml::{Token, XmlReader};
use crate::checks::{quoted, read_own_account, read_person, visible};
use crate::fault::{Fault, Result};
use crate::payment::{Amount, EndToEndId, Part, PersonId, PersonKind};
use crate::reconciliation::UpstreamRow;
use crate::say;
use crate::words;

const VERSIONS: [&str; 2] = ["pain.001.001.03", "pain.001.001.09"];
const MESSAGE: &str = "CstmrCdtTrfInitn/";
const BLOCK: &str = "CstmrCdtTrfInitn/PmtInf";
const PAYMENT: &str = "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf";

pub fn read(input: impl Read, terms: &Terms, each: Emit) -> Result<()> {
    let (glance, text) = report::decoded(input).map_err(of_a_run)?;
    let text = report::skip_blank(&glance, text).map_err(of_a_run)?;
    let mut xml = XmlReader::open(text).map_err(of_a_run)?;
    known_version(xml.message())?;
    let mut message = Message::default();
    loop {
        match xml.next().map_err(of_a_run)? {
            Token::Eof => break,
            Token::Open => match xml.path() {
                BLOCK => message.block = Block::default(),
                PAYMENT => message.payment = Payment::default(),
                path if path.starts_with(PAYMENT) && !is_read(path) => xml.skip().map_err(of_a_run)?,
                _ => {}
            },
            Token::Close => {
                let (path, text) = (xml.path(), xml.text());
                if path == PAYMENT {
                    message.end_payment(terms, each)?;
                } else if let Some(field) = below(path, PAYMENT) {
                    message.payment.field(field, text, xml.currency());
                } else if let Some(field) = below(path, BLOCK) {
                    message.block.field(field, text);
                } else if let Some(field) = path.strip_prefix(MESSAGE) {
                    message.field(field, text);
                }
            }
        }
    }
    message.finish()
}

fn below<'a>(path: &'a str, parent: &str) -> Option<&'a str> {
    path.strip_prefix(parent)?.strip_prefix('/')
}

fn known_version(message: &str) -> Result<()> {
    let told: String = message.chars().take(24).flat_map(char::escape_debug).collect();
    if VERSIONS.contains(&message) {
        return Ok(());
    }
    if message.starts_with("pain.001.") {
        return Err(Fault::input(
            "upstream.version",
            say!("The file is a {told}, a version that is not read here.", told),
        )
        .remedy(say!("Export it as pain.001.001.03 or pain.001.001.09, or as a list.")));
    }
    Err(Fault::input("upstream.not_a_run", say!("The file is a {told}, which is the bank's report and no run.", told))
        .remedy(say!("Give the bank's reports with --statement, or to `stopgap outcome`.")))
}

/// What is looked into below a payment. Addresses, regulatory reports and the like are not.
fn is_read(path: &str) -> bool {
    const PARTS: [&str; 8] = ["PmtId", "PmtTpInf", "Amt", "Cdtr", "CdtrAcct", "UltmtCdtr", "Purp", "RmtInf"];
    let Some(field) = below(path, PAYMENT) else { return true };
    let mut parts = field.split('/');
    parts.next().is_some_and(|first| PARTS.contains(&first)) && parts.next() != Some("PstlAdr")
}

#[derive(Default)]
struct Message {
    id: String,
    /// As the head says.
    announced: Option<u64>,
    announced_sum: Option<i64>,
    payments: u64,
    /// In minor units; `None` where a payment could not be read or the sum does not fit.
    sum: Option<i64>,
    block: Block,
    payment: Payment,
}

#[derive(Default)]
struct Block {
    pay_on: Option<NaiveDate>,
    category: String,
}

#[derive(Default)]
struct Payment {
    instruction_id: String,
    end_to_end_id: String,
    amount: String,
    currency: String,
    equivalent: bool,
    category: String,
    purpose: String,
    creditor: Party,
    beneficiary: Party,
    account: String,
    account_kind: String,
    text: String,
}

/// A name and the number by which it is identified.
#[derive(Default)]
struct Party {
    name: String,
    number: String,
    number_kind: String,
    is_organisation: bool,
}

impl Party {
    fn field(&mut self, field: &str, text: &str) {
        match field {
            "Nm" => self.name.push_str(text),
            "Id/PrvtId/Othr/Id" if self.number.is_empty() => self.number.push_str(text),
            "Id/OrgId/Othr/Id" if self.number.is_empty() => {
                self.number.push_str(text);
                self.is_organisation = true;
            }
            "Id/PrvtId/Othr/SchmeNm/Cd"
            | "Id/PrvtId/Othr/SchmeNm/Prtry"
            | "Id/OrgId/Othr/SchmeNm/Cd"
            | "Id/OrgId/Othr/SchmeNm/Prtry"
                if self.number_kind.is_empty() =>
            {
                self.number_kind.push_str(text);
            }
            _ => {}
        }
    }

    /// The number where it is one of the register; a customer's or an employee's number is none.
    fn person(&self, terms: &Terms) -> Option<PersonId> {
        let of_register = ["", "NIDN", "SOSE", "TXID", "CPR", "CVR", "COID"];
        if self.number.is_empty() || !of_register.iter().any(|kind| kind.eq_ignore_ascii_case(&self.number_kind)) {
            return None;
        }
        let kind = if self.is_organisation { PersonKind::Organisation } else { PersonKind::Natural };
        read_person(&self.number, kind, terms.country, terms.today).ok()
    }
}

impl Block {
    fn field(&mut self, field: &str, text: &str) {
        match field {
            "ReqdExctnDt" | "ReqdExctnDt/Dt" if !text.is_empty() => self.pay_on = text.parse().ok(),
            "ReqdExctnDt/DtTm" => {
                let day = text.get(..19).and_then(|time| NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S").ok());
                self.pay_on = day.map(|time| time.date());
            }
            "PmtTpInf/CtgyPurp/Cd" | "PmtTpInf/CtgyPurp/Prtry" => self.category.push_str(text),
            _ => {}
        }
    }
}

impl Payment {
    fn field(&mut self, field: &str, text: &str, currency: &str) {
        match field {
            "PmtId/InstrId" => self.instruction_id.push_str(text),
            "PmtId/EndToEndId" => self.end_to_end_id.push_str(text),
            "Amt/InstdAmt" => {
                self.amount.push_str(text);
                self.currency.push_str(currency);
            }
            "Amt/EqvtAmt" => self.equivalent = true,
            "PmtTpInf/CtgyPurp/Cd" | "PmtTpInf/CtgyPurp/Prtry" => self.category.push_str(text),
            "Purp/Cd" | "Purp/Prtry" => self.purpose.push_str(text),
            "CdtrAcct/Id/IBAN" | "CdtrAcct/Id/Othr/Id" => self.account.push_str(text),
            "CdtrAcct/Id/Othr/SchmeNm/Cd" | "CdtrAcct/Id/Othr/SchmeNm/Prtry" => self.account_kind.push_str(text),
            "RmtInf/Ustrd" => {
                if !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.text.push_str(text);
            }
            _ => {
                if let Some(field) = field.strip_prefix("UltmtCdtr/") {
                    self.beneficiary.field(field, text);
                } else if let Some(field) = field.strip_prefix("Cdtr/") {
                    self.creditor.field(field, text);
                }
            }
        }
    }

    /// The sender's name for the payment: what travels with it, else what stays between sender and bank.
    fn reference(&self) -> Option<&str> {
        [&self.end_to_end_id, &self.instruction_id]
            .into_iter()
            .map(|reference| reference.trim())
            .find(|reference| !reference.is_empty() && *reference != "NOTPROVIDED")
    }
}

impl Message {
    fn field(&mut self, field: &str, text: &str) {
        match field {
            "GrpHdr/MsgId" => {
                self.id.push_str(text);
                self.sum = Some(0);
            }
            "GrpHdr/NbOfTxs" => self.announced = text.parse().ok(),
            "GrpHdr/CtrlSum" => self.announced_sum = minor_units(text, '.'),
            _ => {}
        }
    }

    fn end_payment(&mut self, terms: &Terms, each: Emit) -> Result<()> {
        self.payments += 1;
        let place = Place::Payment(self.payments);
        let payment = std::mem::take(&mut self.payment);
        if payment.end_to_end_id.parse::<EndToEndId>().is_ok() {
            return Err(Fault::input(
                "upstream.own_file",
                say!("{place} carries a reference of this program's own making: the file is the fallback's and no run of upstream's.", place),
            )
            .remedy(say!("Give only what upstream paid or is about to pay. What the fallback paid is in the ledger.")));
        }
        if !payment.currency.is_empty() && !payment.currency.eq_ignore_ascii_case(terms.currency.code()) {
            let message = say!(
                "{place} is in {currency}, and the ledger's currency is {ours}.",
                place,
                currency = visible(&payment.currency.chars().take(8).collect::<String>()),
                ours = terms.currency
            );
            return Err(Fault::input("upstream.other_currency", message)
                .remedy(say!("Export the run without payments in other currencies: they cannot be compared here.")));
        }
        let row = self.row(&payment, terms);
        let amount = row.as_ref().ok().map(|row| row.amount.minor_units());
        self.sum = self.sum.zip(amount).and_then(|(sum, amount)| sum.checked_add(amount));
        each(place, row)
    }

    fn row(&self, payment: &Payment, terms: &Terms) -> Result<UpstreamRow, words::Message> {
        if payment.equivalent && payment.amount.is_empty() {
            return Err(say!(
                "the amount is given in another currency's equivalent (EqvtAmt), which cannot be compared"
            ));
        }
        let amount = minor_units(&payment.amount, '.').ok_or_else(|| {
            say!("{written} is no amount in {currency}", written = quoted(&payment.amount), currency = terms.currency)
        })?;
        let by_number = ["CPR", "CVR"].iter().any(|kind| kind.eq_ignore_ascii_case(&payment.account_kind));
        let named_by_account = Party {
            number: if by_number { payment.account.clone() } else { String::new() },
            is_organisation: payment.account_kind.eq_ignore_ascii_case("CVR"),
            ..Party::default()
        };
        let parties = [&payment.beneficiary, &payment.creditor, &named_by_account];
        let name = parties.iter().map(|party| party.name.as_str()).find(|name| !name.is_empty()).unwrap_or_default();
        let account = if by_number { None } else { read_own_account(&payment.account, terms.country).ok() };
        let category = if payment.category.is_empty() { &self.block.category } else { &payment.category };
        // Payments of one message without any reference are different payments all the same.
        let reference =
            payment.reference().map(str::to_owned).unwrap_or_else(|| format!("{} #{}", self.id, self.payments));
        Ok(UpstreamRow {
            person: parties.iter().find_map(|party| party.person(terms)),
            name: name.to_owned(),
            scheme: terms.mapping.scheme(&[&payment.purpose, category], &[&payment.text]),
            period: terms.mapping.period(self.block.pay_on),
            part: Part::default(),
            amount: Amount::from_minor_units(amount, terms.currency),
            account: account.map(|account| account.identity()).unwrap_or_default(),
            status: terms.status,
            paid_on: self.block.pay_on,
            reference,
            remark: String::new(),
            besides: 0,
        })
    }

    /// A file that holds other than it announces is not whole.
    fn finish(self) -> Result<()> {
        let not_whole = |message: words::Message| {
            Err(Fault::input("upstream.not_whole", message)
                .remedy(say!("Export the run again; nothing was compared with this one.")))
        };
        match (self.announced, self.announced_sum, self.sum) {
            (None, _, _) => not_whole(say!("The file does not say how many payments it holds (NbOfTxs).")),
            (Some(announced), _, _) if announced != self.payments => not_whole(say!(
                "The file announces {announced:payment|payments} and holds {held}.",
                announced,
                held = self.payments
            )),
            (_, Some(announced), Some(sum)) if announced != sum => {
                not_whole(say!("The file's payments do not come to the sum that it announces (CtrlSum)."))
            }
            _ => Ok(()),
        }
    }
}

/// The reader of XML speaks of reports, which is what it was made for.
fn of_a_run(fault: Fault) -> Fault {
    let told = |code, message: words::Message| {
        Fault::input(code, message).remedy(say!("Export the run again; nothing was compared with this one."))
    };
    match fault.code {
        "report.malformed" => told("upstream.malformed", fault.message),
        "report.entity" => Fault::input(
            "upstream.entity",
            say!("The file defines or uses entities of its own, which no bank file does."),
        )
        .remedy(say!("Do not use it, and find out where it came from.")),
        "report.namespace" => {
            told("upstream.not_a_run", say!("The file is XML, but no pain.001 and nothing else that is read here."))
        }
        "report.too_large" | "report.too_deep" => told(
            "upstream.too_large",
            say!("The file is nested deeper, or holds a longer element, than any bank file."),
        ),
        _ => fault,
    }
}
