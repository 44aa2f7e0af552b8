//! Another system's pain.001: what it is about to send to the bank, or has sent.
//!
//! Read for comparing, so every element that tells whom and how much is understood; the rest stands behind one number, by which two payments
//! that differ anywhere are told apart. A person number counts only where the file says that it is one: most files carry none, and an account is
//! no person. Where the file names for whom the payment is, nobody else is that.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

use chrono::{NaiveDate, NaiveDateTime};

use super::{Emit, Place, Terms};
use crate::bank::report;
use crate::bank::report::item::minor_units;
use crate::bank::report::xml::{Token, XmlReader};
use crate::checks::{quoted, read_person, read_told_account, visible};
use crate::fault::{Fault, Result};
use crate::payment::{Account, Amount, BANKGIRO_CLEARING, Country, EndToEndId, Part, PersonId, PersonKind};
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

#[derive(Default)]
struct Message {
    id: String,
    /// As the head says; empty where it does not.
    announced: String,
    announced_sum: String,
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
    all: Besides,
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
    /// A Swedish account's clearing number, which the file names as its bank.
    clearing: String,
    text: String,
    besides: Besides,
}

/// Stands for what was said, element by element.
#[derive(Default)]
struct Besides(DefaultHasher);

impl Besides {
    fn add(&mut self, element: &str, text: &str) {
        if !text.is_empty() {
            (element, text).hash(&mut self.0);
        }
    }
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

    /// Whether it is somebody else: both have names, of which neither is the other's in another order or without names between the first and the
    /// last; or where a name is missing, it has a person number that cannot be read. Any other number, a case's or a customer's, says nothing.
    fn is_another_than(&self, other: &Party) -> bool {
        if self.name.is_empty() || other.name.is_empty() {
            return self.is_of_register() && is_like_a_person_number(&self.number);
        }
        let words = |name: &str| -> Vec<String> {
            name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
        };
        let (one, other) = (words(&self.name), words(&other.name));
        let in_any_order = |words: &[String]| words.iter().cloned().collect::<BTreeSet<_>>();
        let ends = |words: &[String]| words.first().cloned().zip(words.last().cloned());
        in_any_order(&one) != in_any_order(&other) && ends(&one) != ends(&other)
    }

    fn is_of_register(&self) -> bool {
        ["", "NIDN", "SOSE", "TXID", "CPR", "CVR", "COID"]
            .iter()
            .any(|kind| kind.eq_ignore_ascii_case(&self.number_kind))
    }

    /// The number where it is one of the register; a customer's or an employee's number is none.
    fn person(&self, terms: &Terms) -> Option<PersonId> {
        if self.number.is_empty() || !self.is_of_register() {
            return None;
        }
        let kind = if self.is_organisation { PersonKind::Organisation } else { PersonKind::Natural };
        read_person(&self.number, kind, terms.country, terms.today).ok()
    }
}

/// The shortest have eight digits and all of them nothing else but a hyphen.
fn is_like_a_person_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && text.bytes().filter(u8::is_ascii_digit).count() >= 8
}

impl Block {
    fn field(&mut self, field: &str, text: &str) {
        self.all.add(field, text);
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

/// What of a payment is compared as what it means, however it is written.
const COMPARED: [&str; 4] = ["PmtId/EndToEndId", "Amt/InstdAmt", "CdtrAcct/Id/IBAN", "CdtrAcct/Id/Othr/Id"];

impl Payment {
    fn field(&mut self, field: &str, text: &str, currency: &str) {
        if !COMPARED.contains(&field) {
            self.besides.add(field, text);
        }
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
            "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId" => self.clearing.push_str(text),
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

    /// For whom the payment is, as far as the file gives the number. A payee who receives it for somebody else is not that.
    fn person(&self, terms: &Terms) -> Option<PersonId> {
        let beneficiary = self.beneficiary.person(terms);
        if beneficiary.is_some() || self.beneficiary.is_another_than(&self.creditor) {
            return beneficiary;
        }
        self.creditor.person(terms).or_else(|| {
            let named_by_account = Party {
                number: if self.is_by_number() { self.account.clone() } else { String::new() },
                is_organisation: self.account_kind.eq_ignore_ascii_case("CVR"),
                ..Party::default()
            };
            named_by_account.person(terms)
        })
    }

    /// The number of a person or an organisation stands where the account does.
    fn is_by_number(&self) -> bool {
        ["CPR", "CVR"].iter().any(|kind| kind.eq_ignore_ascii_case(&self.account_kind))
    }

    fn account(&self, terms: &Terms) -> Option<Account> {
        if self.is_by_number() {
            return None;
        }
        let (account, clearing) = (self.account.as_str(), self.clearing.as_str());
        match terms.country {
            Country::Se if self.account_kind.eq_ignore_ascii_case("BGNR") || clearing == BANKGIRO_CLEARING => {
                read_told_account(&format!("BG {account}"), None, terms.country)
            }
            Country::Se if self.account_kind.eq_ignore_ascii_case("PGNR") => {
                read_told_account(&format!("PG {account}"), None, terms.country)
            }
            Country::Se if !clearing.is_empty() => {
                read_told_account(account, Some(clearing), terms.country).or_else(|| {
                    // A fifth digit of Swedbank's clearing numbers stands before the account.
                    let (fifth, account) = account.split_at_checked(1)?;
                    read_told_account(account, Some(&[clearing, fifth].concat()), terms.country)
                })
            }
            _ => read_told_account(account, None, terms.country),
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
            "GrpHdr/NbOfTxs" => self.announced.push_str(text),
            "GrpHdr/CtrlSum" => self.announced_sum.push_str(text),
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
        let names = [&payment.beneficiary, &payment.creditor].map(|party| party.name.as_str());
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let category = if payment.category.is_empty() { &self.block.category } else { &payment.category };
        let account = payment.account(terms);
        // Payments of one message without any reference are different payments all the same.
        let reference =
            payment.reference().map(str::to_owned).unwrap_or_else(|| format!("{} #{}", self.id, self.payments));
        Ok(UpstreamRow {
            person: payment.person(terms),
            name: name.to_owned(),
            scheme: terms.mapping.scheme(&[&payment.purpose, category], &[&payment.text]),
            period: terms.mapping.period(self.block.pay_on),
            part: Part::default(),
            amount: Amount::from_minor_units(amount, terms.currency),
            besides: self.besides(payment, account.is_some()),
            account: account.map(|account| account.identity()).unwrap_or_default(),
            status: terms.status,
            paid_on: self.block.pay_on,
            reference,
            remark: String::new(),
        })
    }

    /// Stands for the message, the block and what of the payment is not compared. Equal payments of two runs are two payments.
    fn besides(&self, payment: &Payment, account_is_read: bool) -> u64 {
        let mut hasher = DefaultHasher::new();
        // An account that cannot be read is compared as it is written.
        let unread = (!account_is_read).then(|| payment.account.split_whitespace().collect::<String>());
        (&self.id, self.block.all.0.finish(), payment.besides.0.finish(), unread).hash(&mut hasher);
        hasher.finish()
    }

    /// A file that holds other than it announces is not whole.
    fn finish(self) -> Result<()> {
        let not_whole = |message: words::Message| {
            Err(Fault::input("upstream.not_whole", message)
                .remedy(say!("Export the run again; nothing was compared with this one.")))
        };
        let is_number = !self.announced.is_empty() && self.announced.bytes().all(|byte| byte.is_ascii_digit());
        let Some(announced) = self.announced.parse::<u64>().ok().filter(|_| is_number) else {
            return not_whole(say!("The file does not say how many payments it holds (NbOfTxs)."));
        };
        if announced != self.payments {
            return not_whole(say!(
                "The file announces {announced:payment|payments} and holds {held}.",
                announced,
                held = self.payments
            ));
        }
        let announced_sum = minor_units(&self.announced_sum, '.');
        match self.sum {
            _ if self.announced_sum.is_empty() => Ok(()),
            // What cannot be read was told of its payment.
            None if announced_sum.is_some() => Ok(()),
            sum if sum == announced_sum && sum.is_some() => Ok(()),
            _ => not_whole(say!("The file's payments do not come to the sum that it announces (CtrlSum).")),
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
