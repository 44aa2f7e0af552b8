//! A payment that passed every check: what a batch is made of.

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;

use crate::payment::{Account, Amount, Obligation};

/// Everything that the bank file says about one payment, in the form in which it is said there.
///
/// Only [`check`](super::check) makes one; reading one back from the ledger (borsh) is reading what a check once made.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CheckedPayment {
    pub obligation: Obligation,
    pub amount: Amount,
    /// The beneficiary's name in the bank's characters, at most 70 of them.
    pub name: String,
    /// `None`: pay by person number, where the profile allows it.
    pub account: Option<Account>,
    /// The payee, where that is not the beneficiary (guardian, landlord): the name on the receiving account.
    pub payee_name: Option<String>,
    /// For the payee's statement, at most 140 characters in the bank's set.
    pub text: Option<String>,
    /// A bank day.
    #[borsh(serialize_with = "write_day", deserialize_with = "read_day")]
    pub pay_on: NaiveDate,
    /// Where it came from: the list's place among the command's lists (from 0) and the row in it.
    pub list: u16,
    pub row: u32,
}

/// A day as its number in the common era, little-endian.
pub(crate) fn write_day<W: std::io::Write>(date: &NaiveDate, writer: &mut W) -> std::io::Result<()> {
    use chrono::Datelike;
    date.num_days_from_ce().serialize(writer)
}

pub(crate) fn read_day<R: std::io::Read>(reader: &mut R) -> std::io::Result<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::deserialize_reader(reader)?)
        .ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}
