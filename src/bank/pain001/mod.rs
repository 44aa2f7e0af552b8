//! The credit transfer initiation, ISO 20022 pain.001 in its versions 001.03 and 001.09: the file that a bank pays from.
//!
//! [`MessageWriter`] writes it payment by payment, so that a million take no more memory than one. [`recount`] reads it back with code
//! of its own: what lies on disk is counted and summed by somebody who did not write it.
//!
//! # The same content gives the same bytes
//!
//! Nothing here asks for the time, draws a random number or walks an unordered map. The caller gives every identification and the time
//! of creation, and keeps them: the message and payment information ids come from the batch's content, the end-to-end ids from the
//! ledger's tags, the time from the batch's preparation. Writing a batch again therefore gives the file that the bank may already have,
//! and its check for double messages can see that. A new message id over the same payments would be paid a second time.
//!
//! # What is left out on purpose
//!
//! - Postal addresses. They are optional, unstructured ones are refused from November 2026 on, and the payee's bank needs none.
//! - `InstrId` and `UETR`. The end-to-end id is the payment's one reference; a second would be one more to mistake for it.
//! - `CdtrAgt`, but for Swedish accounts. A Danish registration number and an IBAN both name the bank; no clearing system code exists for
//!   Denmark, Greenland or Norway.

mod recount;
mod writer;

use chrono::{NaiveDate, NaiveDateTime};

pub use recount::{InformationRecount, ReadAccount, ReadPayment, Recount, read_back, recount};
pub use writer::MessageWriter;

use crate::bank::profile::FileFormat;
use crate::payment::{Account, Amount, BANKGIRO_CLEARING, Country, Payer, Scheme};

/// Everything of a message that is known before its first payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHead {
    pub version: FileFormat,
    /// Letters, digits and hyphens, at most 35; unique at the bank.
    pub message_id: String,
    /// Local time, written to the second.
    pub created_at: NaiveDateTime,
    pub transactions: u64,
    /// Of all payments; its currency is the message's.
    pub control_sum: Amount,
    pub payer: Payer,
}

/// One `PmtInf` block: the payments of one date and scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentInformation {
    /// Letters, digits and hyphens, at most 35; unique in the message.
    pub id: String,
    pub pay_on: NaiveDate,
    pub scheme: Scheme,
    pub transactions: u64,
    pub control_sum: Amount,
}

/// How an account stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountForm<'a> {
    /// `Id/IBAN`
    Iban(&'a str),
    /// `Id/Othr/Id` with the scheme `BBAN`: bank and account without anything between. In the Danish realm 4 and 10 digits, in Norway 11.
    Bban { bank: &'a str, number: &'a str },
    /// A Swedish account: the clearing number in the creditor's agent (`ClrSysMmbId` of `SESBA`), the account without it as `BBAN`. Plusgiro
    /// numbers are such accounts, with the clearing number 9960.
    Swedish { clearing: &'a str, number: &'a str },
    /// A Swedish bankgiro: clearing number 9900, and the number under the scheme `BGNR`, which is proprietary.
    Bankgiro(&'a str),
}

impl<'a> AccountForm<'a> {
    /// `None` where no form is known that a bank takes: an account of the wrong length, a Finnish one that is not an IBAN, or a payment
    /// slip's creditor number.
    pub fn of(account: &'a Account) -> Option<Self> {
        let account = match account {
            Account::Iban(iban) => return is_iban(iban.as_str()).then_some(AccountForm::Iban(iban.as_str())),
            Account::Domestic(account) => account,
            // The Danish banks' guideline for pain.001 (appendix of 4 October 2013) names the slips 01, 04, 15, 71, 73 and 75 among what is
            // paid; its elements were in no public copy that could be read, so none is written here.
            Account::Slip(_) => return None,
        };
        let (bank, number) = (account.bank.as_str(), account.number.as_str());
        let digits = [bank, number].iter().all(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let fits = match account.country {
            Country::Dk | Country::Fo | Country::Gl => (bank.len(), number.len()) == (4, 10),
            Country::No => (bank.len(), number.len()) == (4, 7),
            Country::Se => bank.len() == 4 && (2..=10).contains(&number.len()),
            Country::Fi => false,
        };
        (digits && fits).then_some(match account.country {
            Country::Se if bank == BANKGIRO_CLEARING => AccountForm::Bankgiro(number),
            Country::Se => AccountForm::Swedish { clearing: bank, number },
            _ => AccountForm::Bban { bank, number },
        })
    }

    /// As [`of`](AccountForm::of), for the account that pays: a Swedish payer's must be an IBAN, because there is one place only for the
    /// payer's bank and the BIC stands in it.
    pub fn of_payer(account: &'a Account) -> Option<Self> {
        Self::of(account).filter(|form| matches!(form, AccountForm::Iban(_) | AccountForm::Bban { .. }))
    }
}

/// The schema's pattern: two capitals, two digits, at most thirty letters and digits.
fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    (5..=34).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(u8::is_ascii_alphanumeric)
}
