//! The files that Danish banks' portals took before ISO 20022, and that some still take when nothing else works: one record a payment,
//! Windows-1252, lines ended by CR and LF.
//!
//! The layouts are those that a widely used accounting program writes ([`bankdata`], [`bec`], [`sdc`], [`danske`], [`nordea`] name theirs);
//! whether a given bank takes them today is for the bank to say, which is why the profiles that use them are marked unverified.
//!
//! None of them has a message id, so a bank cannot know a second upload for what it is. They carry as much of the end-to-end id as has room;
//! its first sixteen characters are unique by themselves.
//!
//! Each carries Danish payment slips beside transfers, in records of their own or in columns that a transfer leaves empty.
//!
//! [`FlatWriter`] writes, [`count_back`] reads what lies on the disk with places of its own, so that an error in a layout cannot hide itself.

pub mod bankdata;
pub mod bec;
mod count_back;
pub mod danske;
pub mod nordea;
mod record;
pub mod sdc;
mod writer;

pub use count_back::{ReadSlip, ReadTransfer, count_back, read_back};
pub use record::TooLong;
pub use writer::FlatWriter;

use chrono::NaiveDate;

use super::profile::FileFormat;
use crate::payment::{Account, Amount, DomesticAccount, SlipKind, SlipPayee};

/// One payment as a flat file tells it.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    pub from: &'a DomesticAccount,
    pub to: &'a DomesticAccount,
    pub amount: Amount,
    pub pay_on: NaiveDate,
    /// Of whoever receives the money.
    pub name: &'a str,
    /// The end-to-end id.
    pub reference: &'a str,
    /// What the payee reads: the payment's own text, else the payer's name.
    pub text: &'a str,
}

/// One payment slip as a flat file tells it.
#[derive(Clone, Copy, Debug)]
pub struct SlipPayment<'a> {
    pub from: &'a DomesticAccount,
    pub to: &'a SlipPayee,
    /// Empty where the kind has none.
    pub payment_id: &'a str,
    pub amount: Amount,
    pub pay_on: NaiveDate,
    /// Of whoever receives the money.
    pub name: &'a str,
    /// The end-to-end id.
    pub reference: &'a str,
    /// What the payee reads; empty where the kind carries no text.
    pub text: &'a str,
}

/// Characters of a slip's text, where its kind carries one: two lines in every layout.
pub const SLIP_TEXT: usize = 2 * SLIP_LINE;

const SLIP_LINE: usize = 35;

/// The kinds of slips that a layout has a place for. Those that carry 75 say by which source; where the writers of 75 disagree, or there is one
/// alone for a record of its own, it is left out.
pub fn slips(format: FileFormat) -> &'static [SlipKind] {
    use SlipKind::{K01, K04, K71, K73};
    match format {
        FileFormat::Pain001V03 | FileFormat::Pain001V09 => &[],
        FileFormat::Bankdata5 | FileFormat::Bankdata6 | FileFormat::Sdc3 => &[K01, K04, K71, K73],
        FileFormat::BecErh | FileFormat::DanskeCmbo | FileFormat::NordeaCsv => &SlipKind::ALL,
    }
}

/// The fourteen digits by which Danish banks name an account.
fn fourteen(account: &DomesticAccount) -> String {
    format!("{}{}", account.bank, account.number)
}

/// How many characters of a name and of a text for the payee a layout has room for.
pub fn room(format: FileFormat) -> Option<(usize, usize)> {
    match format {
        FileFormat::Pain001V03 | FileFormat::Pain001V09 => None,
        FileFormat::Bankdata5 | FileFormat::Bankdata6 => Some((bankdata::NAME, bankdata::TEXT)),
        FileFormat::BecErh => Some((bec::NAME, bec::TEXT)),
        FileFormat::Sdc3 => Some((sdc::NAME, sdc::TEXT)),
        FileFormat::DanskeCmbo => Some((danske::NAME, danske::TEXT)),
        FileFormat::NordeaCsv => Some((nordea::NAME, nordea::TEXT)),
    }
}

/// How much of the end-to-end id a layout has room for.
pub fn reference_room(format: FileFormat) -> usize {
    match format {
        FileFormat::BecErh | FileFormat::Sdc3 | FileFormat::DanskeCmbo | FileFormat::NordeaCsv => 20,
        FileFormat::Bankdata5 | FileFormat::Bankdata6 | FileFormat::Pain001V03 | FileFormat::Pain001V09 => 35,
    }
}

/// How many lines stand before the first payment.
pub fn lines_before_the_first(format: FileFormat) -> u64 {
    u64::from(matches!(format, FileFormat::Bankdata5 | FileFormat::Bankdata6))
}

/// The account as these files write it: of the Danish realm, not an IBAN.
pub fn account(account: &Account) -> Option<&DomesticAccount> {
    match account {
        Account::Domestic(account) if account.country.in_danish_realm() => Some(account),
        _ => None,
    }
}
