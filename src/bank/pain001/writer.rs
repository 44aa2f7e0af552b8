//! Writes the message, and counts what it writes: a file whose heads announce anything else is never finished.
//!
//! Each payment is looked at before its first byte is written, so that a refused one leaves no trace in the file. The checks have said
//! all of this long before, to people and in time; here it is said once more, because the bank rejects a file as a whole.

use std::io::{self, Write};

use super::{AccountForm, MessageHead, PaymentInformation};
use crate::bank::elements::Elements;
use crate::bank::profile::{ChargeBearer, ExternalCode, FileFormat, Profile};
use crate::checks::CheckedPayment;
use crate::payment::{
    Account, Amount, BANKGIRO_CLEARING, EndToEndId, Payer, PaymentReference, PersonId, PersonKind, ReferenceKind,
};
use crate::words::{Argument, Message, Phrase};
use crate::{phrase, say};

/// The schema's `Max140Text`: names and the text for the payee.
const LONGEST_TEXT: usize = 140;
/// The schema's `Max35Text`: identifications.
const LONGEST_ID: usize = 35;
/// The schema allows amounts and sums 18 digits.
const LARGEST_MINOR_UNITS: i64 = 999_999_999_999_999_999;

/// Writes one message. [`MessageWriter::finish`] makes it whole; a writer that is dropped leaves a file that nothing accepts.
#[must_use = "a message is whole only once it is finished"]
pub struct MessageWriter<W: Write> {
    elements: Elements<W>,
    version: FileFormat,
    profile: Profile,
    payer: Payer,
    announced: Tally,
    written: Tally,
    block: Option<Block>,
}

/// The `PmtInf` that is open.
struct Block {
    information: PaymentInformation,
    folded_scheme: String,
    purpose: Option<ExternalCode>,
    written: Tally,
}

impl<W: Write> MessageWriter<W> {
    /// Writes the message's head. The output is buffered here.
    pub fn begin(out: W, head: &MessageHead, profile: &Profile) -> io::Result<Self> {
        look_at_head(head, profile)?;
        if head.version.is_flat() {
            return Err(refused(say!("{version} is no version of pain.001.", version = head.version.as_str())));
        }
        let mut writer = Self {
            elements: Elements::begin(out)?,
            version: head.version,
            profile: profile.clone(),
            payer: head.payer.clone(),
            announced: Tally { transactions: head.transactions, sum: head.control_sum },
            written: Tally::nothing_in(head.control_sum),
            block: None,
        };
        writer.group_header(head)?;
        Ok(writer)
    }

    /// Opens a `PmtInf` block, after closing the one before.
    pub fn begin_payments(&mut self, information: &PaymentInformation) -> io::Result<()> {
        self.end_payments()?;
        look_at_information(information, self.announced.sum)?;
        self.payment_information(information)?;
        self.block = Some(Block {
            information: information.clone(),
            folded_scheme: information.scheme.folded(),
            purpose: self.profile.purpose.of(&information.scheme).cloned(),
            written: Tally::nothing_in(information.control_sum),
        });
        Ok(())
    }

    /// Writes one payment into the open block.
    pub fn payment(&mut self, payment: &CheckedPayment, end_to_end_id: &EndToEndId) -> io::Result<()> {
        let block =
            self.block.as_mut().ok_or_else(|| refused(say!("A payment came before its payment information.")))?;
        let account = look_at_payment(payment, block, &self.profile)
            .map_err(|what| refused(say!("Payment {id} cannot be written: {what}.", id = end_to_end_id, what)))?;
        let in_message = self.written.and(payment.amount)?;
        let in_block = block.written.and(payment.amount)?;
        credit_transfer(&mut self.elements, payment, account, end_to_end_id, block.purpose.as_ref())?;
        self.written = in_message;
        block.written = in_block;
        Ok(())
    }

    /// Closes the message and gives the output back, flushed. Refuses ([`io::ErrorKind::InvalidData`]) where the counts or sums written
    /// differ from what the heads announced.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_payments()?;
        self.written.must_equal(&self.announced, say!("The bank file"))?;
        self.elements.close("CstmrCdtTrfInitn")?;
        self.elements.close("Document")?;
        self.elements.line()?;
        self.elements.finish()
    }

    fn end_payments(&mut self) -> io::Result<()> {
        let Some(block) = &self.block else { return Ok(()) };
        let PaymentInformation { id, transactions, control_sum, .. } = &block.information;
        let announced = Tally { transactions: *transactions, sum: *control_sum };
        block.written.must_equal(&announced, say!("Payment information {id}", id))?;
        self.elements.close("PmtInf")?;
        self.elements.line()?;
        self.block = None;
        Ok(())
    }

    fn group_header(&mut self, head: &MessageHead) -> io::Result<()> {
        let namespace = format!("urn:iso:std:iso:20022:tech:xsd:{}", head.version.as_str());
        self.elements.open_with("Document", ("xmlns", &namespace))?;
        self.elements.open("CstmrCdtTrfInitn")?;
        self.elements.line()?;
        self.elements.within("GrpHdr", |e| {
            e.text("MsgId", &head.message_id)?;
            e.text("CreDtTm", &head.created_at.format("%Y-%m-%dT%H:%M:%S").to_string())?;
            e.value("NbOfTxs", head.transactions)?;
            e.value("CtrlSum", head.control_sum)?;
            e.within("InitgPty", |e| {
                e.text("Nm", &head.payer.name)?;
                match &head.payer.payer_id {
                    Some(id) => e.within("Id", |e| other_id(e, "OrgId", id)),
                    None => Ok(()),
                }
            })
        })?;
        self.elements.line()
    }

    fn payment_information(&mut self, information: &PaymentInformation) -> io::Result<()> {
        let (profile, payer, version) = (&self.profile, &self.payer, self.version);
        let currency = information.control_sum.currency();
        let account = payer_account(payer)?;
        let e = &mut self.elements;
        e.open("PmtInf")?;
        e.text("PmtInfId", &information.id)?;
        e.text("PmtMtd", "TRF")?;
        e.value("BtchBookg", profile.batch_booking)?;
        e.value("NbOfTxs", information.transactions)?;
        e.value("CtrlSum", information.control_sum)?;
        payment_type(e, profile.service_level.as_ref(), profile.category_purpose.of(&information.scheme))?;
        match version {
            FileFormat::Pain001V03 => e.value("ReqdExctnDt", information.pay_on)?,
            _ => e.within("ReqdExctnDt", |e| e.value("Dt", information.pay_on))?,
        }
        e.within("Dbtr", |e| e.text("Nm", &payer.name))?;
        e.within("DbtrAcct", |e| {
            account_id(e, account)?;
            e.text("Ccy", currency.code())
        })?;
        e.within("DbtrAgt", |e| e.within("FinInstnId", |e| payer_bank(e, payer.bic.as_deref(), version)))?;
        if let Some(bearer) = profile.charge_bearer_in(currency) {
            e.text("ChrgBr", ChargeBearer::as_str(bearer))?;
        }
        e.line()
    }
}

/// `PmtTpInf`, where there is anything to say in it.
fn payment_type<W: Write>(
    e: &mut Elements<W>,
    service_level: Option<&ExternalCode>,
    category_purpose: Option<&ExternalCode>,
) -> io::Result<()> {
    let said: Vec<_> = [("SvcLvl", service_level), ("CtgyPurp", category_purpose)]
        .into_iter()
        .filter_map(|(name, code)| Some((name, code?)))
        .collect();
    if said.is_empty() {
        return Ok(());
    }
    e.within("PmtTpInf", |e| said.into_iter().try_for_each(|(name, code)| coded(e, name, code)))
}

fn coded<W: Write>(e: &mut Elements<W>, name: &'static str, code: &ExternalCode) -> io::Result<()> {
    e.within(name, |e| e.text("Cd", code.as_str()))
}

fn payer_bank<W: Write>(e: &mut Elements<W>, bic: Option<&str>, version: FileFormat) -> io::Result<()> {
    match (bic, version) {
        (Some(bic), FileFormat::Pain001V03) => e.text("BIC", bic),
        (Some(bic), _) => e.text("BICFI", bic),
        // The element is mandatory; this is what the European banks agreed to say in it when there is nothing to say.
        (None, _) => e.within("Othr", |e| e.text("Id", "NOTPROVIDED")),
    }
}

/// `Id` of an account.
fn account_id<W: Write>(e: &mut Elements<W>, account: AccountForm<'_>) -> io::Result<()> {
    e.within("Id", |e| match account {
        AccountForm::Iban(iban) => e.text("IBAN", iban),
        AccountForm::Bban { bank, number } => e.within("Othr", |e| {
            e.joined("Id", bank, number)?;
            e.within("SchmeNm", |e| e.text("Cd", "BBAN"))
        }),
        AccountForm::Swedish { number, .. } => e.within("Othr", |e| {
            e.text("Id", number)?;
            e.within("SchmeNm", |e| e.text("Cd", "BBAN"))
        }),
        AccountForm::Bankgiro(number) => e.within("Othr", |e| {
            e.text("Id", number)?;
            e.within("SchmeNm", |e| e.text("Prtry", "BGNR"))
        }),
    })
}

/// `CdtrAgt` of an account that does not name its bank itself.
fn creditor_agent<W: Write>(e: &mut Elements<W>, account: AccountForm<'_>) -> io::Result<()> {
    let clearing = match account {
        AccountForm::Swedish { clearing, .. } => clearing,
        AccountForm::Bankgiro(_) => BANKGIRO_CLEARING,
        AccountForm::Iban(_) | AccountForm::Bban { .. } => return Ok(()),
    };
    e.within("CdtrAgt", |e| {
        e.within("FinInstnId", |e| {
            e.within("ClrSysMmbId", |e| {
                e.within("ClrSysId", |e| e.text("Cd", "SESBA"))?;
                e.text("MmbId", clearing)
            })
        })
    })
}

fn other_id<W: Write>(e: &mut Elements<W>, kind: &'static str, id: &str) -> io::Result<()> {
    e.within(kind, |e| e.within("Othr", |e| e.text("Id", id)))
}

/// One `CdtTrfTxInf`, on a line of its own.
fn credit_transfer<W: Write>(
    e: &mut Elements<W>,
    payment: &CheckedPayment,
    account: Option<AccountForm<'_>>,
    end_to_end_id: &EndToEndId,
    purpose: Option<&ExternalCode>,
) -> io::Result<()> {
    e.within("CdtTrfTxInf", |e| {
        e.within("PmtId", |e| e.value("EndToEndId", end_to_end_id))?;
        e.within("Amt", |e| {
            e.open_with("InstdAmt", ("Ccy", payment.amount.currency().code()))?;
            e.content(payment.amount)?;
            e.close("InstdAmt")
        })?;
        account.map_or(Ok(()), |account| creditor_agent(e, account))?;
        e.within("Cdtr", |e| {
            e.text("Nm", payment.payee_name.as_ref().unwrap_or(&payment.name))?;
            if account.is_none() { person_number(e, &payment.obligation.person) } else { Ok(()) }
        })?;
        if let Some(account) = account {
            e.within("CdtrAcct", |e| account_id(e, account))?;
        }
        if payment.payee_name.is_some() {
            e.within("UltmtCdtr", |e| e.text("Nm", &payment.name))?;
        }
        if let Some(purpose) = purpose {
            coded(e, "Purp", purpose)?;
        }
        match (&payment.reference, &payment.text) {
            (Some(reference), _) => e.within("RmtInf", |e| structured(e, reference)),
            (None, Some(text)) => e.within("RmtInf", |e| e.text("Ustrd", text)),
            (None, None) => Ok(()),
        }
    })?;
    e.line()
}

/// A creditor's reference, as `SCOR`; that of ISO 11649 with its issuer.
fn structured<W: Write>(e: &mut Elements<W>, reference: &PaymentReference) -> io::Result<()> {
    e.within("Strd", |e| {
        e.within("CdtrRefInf", |e| {
            e.within("Tp", |e| {
                e.within("CdOrPrtry", |e| e.text("Cd", "SCOR"))?;
                if reference.kind == ReferenceKind::Rf { e.text("Issr", "ISO") } else { Ok(()) }
            })?;
            e.text("Ref", reference.as_str())
        })
    })
}

/// Names the payee by number, for the bank to look up the account. Unverified: see [`Profile::pay_by_person_number`].
fn person_number<W: Write>(e: &mut Elements<W>, person: &PersonId) -> io::Result<()> {
    let kind = match person.kind() {
        PersonKind::Natural => "PrvtId",
        PersonKind::Organisation => "OrgId",
    };
    e.within("Id", |e| other_id(e, kind, person.whole()))
}

/// How many payments, and how much.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tally {
    transactions: u64,
    sum: Amount,
}

impl Tally {
    fn nothing_in(like: Amount) -> Self {
        Self { transactions: 0, sum: Amount::zero(like.currency()) }
    }

    fn and(self, amount: Amount) -> io::Result<Self> {
        let sum = self.sum.checked_add(amount).map_err(|_| refused(say!("The sum is too large.")))?;
        Ok(Self { transactions: self.transactions + 1, sum })
    }

    fn must_equal(&self, announced: &Tally, whose: Message) -> io::Result<()> {
        if self == announced {
            return Ok(());
        }
        Err(refused(say!("{whose} announces {announced}, and holds {held}.", whose, announced, held = self)))
    }
}

impl From<&Tally> for Argument {
    fn from(tally: &Tally) -> Self {
        let Tally { transactions, sum } = *tally;
        say!("{transactions:payment|payments} of {sum} {currency}", transactions, sum, currency = sum.currency()).into()
    }
}

fn refused(message: Message) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn look_at_head(head: &MessageHead, profile: &Profile) -> io::Result<()> {
    let id = head.payer.payer_id.as_deref();
    reference(&head.message_id, phrase!("message id"))?;
    text(&head.payer.name, LONGEST_TEXT).map_err(|what| refused(say!("The payer's name {what}.", what)))?;
    id.map_or(Ok(()), |id| text(id, LONGEST_ID)).map_err(|what| refused(say!("The payer's id {what}.", what)))?;
    payer_account(&head.payer)?;
    if let Some(bic) = head.payer.bic.as_deref().filter(|bic| !Payer::is_bic(bic)) {
        return Err(refused(say!(
            "“{bic}” is not a BIC. It has 8 or 11 capitals and digits, such as GRENGLGX.",
            bic = bic.escape_debug().to_string()
        )));
    }
    if head.transactions > profile.max_payments.into() {
        let (transactions, most) = (head.transactions, profile.max_payments);
        return Err(refused(say!(
            "A file of {transactions:payment|payments} is more than the profile's {most}.",
            transactions,
            most
        )));
    }
    announcement(Tally { transactions: head.transactions, sum: head.control_sum }, say!("The bank file"))
}

fn look_at_information(information: &PaymentInformation, message_sum: Amount) -> io::Result<()> {
    reference(&information.id, phrase!("payment information id"))?;
    if information.control_sum.currency() != message_sum.currency() {
        return Err(refused(say!(
            "Payment information {id} is in another currency than its message.",
            id = &information.id
        )));
    }
    announcement(
        Tally { transactions: information.transactions, sum: information.control_sum },
        say!("Payment information"),
    )
}

/// The schema takes no block without a payment, and no sum of more than 18 digits.
fn announcement(announced: Tally, whose: Message) -> io::Result<()> {
    if announced.transactions == 0 || !(1..=LARGEST_MINOR_UNITS).contains(&announced.sum.minor_units()) {
        return Err(refused(say!(
            "{whose} announces {announced}, which no bank file can hold.",
            whose,
            announced = &announced
        )));
    }
    Ok(())
}

fn payer_account(payer: &Payer) -> io::Result<AccountForm<'_>> {
    AccountForm::of_payer(&payer.account).ok_or_else(|| {
        refused(say!(
            "The payer's account {account} cannot stand in a bank file: give its IBAN.",
            account = payer.account.masked()
        ))
    })
}

/// What the payment's account looks like in the file (`None`: paid by person number), or why the payment cannot be written.
fn look_at_payment<'p>(
    payment: &'p CheckedPayment,
    block: &Block,
    profile: &Profile,
) -> Result<Option<AccountForm<'p>>, Message> {
    let Block { information, folded_scheme, .. } = block;
    if !(1..=LARGEST_MINOR_UNITS).contains(&payment.amount.minor_units()) {
        return Err(say!("its amount is {amount}", amount = payment.amount));
    }
    if payment.amount.currency() != information.control_sum.currency() {
        return Err(say!(
            "it is in {currency}, its message in {other}",
            currency = payment.amount.currency(),
            other = information.control_sum.currency()
        ));
    }
    if payment.pay_on != information.pay_on {
        return Err(say!(
            "it is for {day}, its payment information for {other}",
            day = payment.pay_on,
            other = information.pay_on
        ));
    }
    let scheme = &payment.obligation.scheme;
    if *scheme != information.scheme && scheme.folded() != *folded_scheme {
        return Err(say!(
            "it is of the scheme {scheme}, its payment information of {other}",
            scheme = scheme.to_string(),
            other = information.scheme.to_string()
        ));
    }
    text(&payment.name, LONGEST_TEXT).map_err(|what| say!("the name {what}", what))?;
    payment
        .payee_name
        .as_deref()
        .map_or(Ok(()), |name| text(name, LONGEST_TEXT))
        .map_err(|what| say!("the payee's name {what}", what))?;
    payment
        .text
        .as_deref()
        .map_or(Ok(()), |said| text(said, LONGEST_TEXT))
        .map_err(|what| say!("the text {what}", what))?;
    payment
        .reference
        .as_ref()
        .map_or(Ok(()), |reference| text(reference.as_str(), LONGEST_ID))
        .map_err(|what| say!("the payment reference {what}", what))?;
    match &payment.account {
        Some(account) => creditor_account(account).map(Some),
        None => by_person_number(payment, profile).map(|()| None),
    }
}

fn creditor_account(account: &Account) -> Result<AccountForm<'_>, Message> {
    AccountForm::of(account)
        .ok_or_else(|| say!("the account {account} cannot stand in a bank file", account = account.masked()))
}

fn by_person_number(payment: &CheckedPayment, profile: &Profile) -> Result<(), Message> {
    if !profile.pay_by_person_number {
        return Err(say!("it has no account, and the profile does not pay by person number"));
    }
    if payment.payee_name.is_some() {
        // The bank would look up the beneficiary's account, and the payee (a guardian, a landlord) would not be paid.
        return Err(say!("it names a payee who is not the beneficiary, and has no account"));
    }
    text(payment.obligation.person.whole(), LONGEST_ID).map_err(|what| say!("the person number {what}", what))
}

/// Letters, digits and hyphens pass every bank's character set, and break none of the rules about slashes in references.
fn reference(id: &str, what: Phrase) -> io::Result<()> {
    let allowed = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if allowed && (1..=LONGEST_ID).contains(&id.len()) {
        return Ok(());
    }
    Err(refused(say!(
        "“{id}” cannot be a {what}: it takes 1 to {longest} letters, digits and hyphens.",
        id = id.escape_debug().to_string(),
        what,
        longest = LONGEST_ID
    )))
}

/// Whether XML and the schema can carry a text so that it reads back as it was.
fn text(value: &str, longest: usize) -> Result<(), Message> {
    let forbidden = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    // Every forbidden character begins with one of these bytes, and hardly any name has one: a fold without a branch passes it quickly.
    let suspicious = value.bytes().fold(false, |found, b| found | (b < b' ') | matches!(b, 0x7f | 0xc2 | 0xef));
    if value.is_empty() {
        return Err(say!("is empty"));
    }
    if value.len() > longest && value.chars().count() > longest {
        return Err(say!("is longer than {longest} characters", longest));
    }
    if suspicious && value.chars().any(forbidden) {
        return Err(say!("holds a control character"));
    }
    Ok(())
}
