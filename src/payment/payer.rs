//! Who pays.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Account, Country};

/// Who pays, from which account. Kept in the ledger and in each batch: what was approved is what leaves.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Payer {
    pub name: String,
    /// CVR or other number by which the bank knows the payer.
    pub payer_id: Option<String>,
    pub country: Country,
    pub account: Account,
    pub bic: Option<String>,
}

impl Payer {
    /// What identifies the payer in an obligation: the number where there is one, else the name, without regard to case.
    pub fn identity(&self) -> String {
        match &self.payer_id {
            Some(number) => number.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase(),
            None => self.name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
        }
    }
}
