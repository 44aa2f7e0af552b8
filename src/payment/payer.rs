//! Who pays, from which account.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Account, Country};

/// Who pays, from which account, as the bank knows it. Kept in the ledger and in each batch: what was approved is what leaves.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Payer {
    /// As the bank file says it, at most 140 characters.
    pub name: String,
    /// The payer's own number at the bank or in a register (CVR), at most 35 characters, where the bank wants one.
    pub payer_id: Option<String>,
    /// Whose bank days and domestic accounts are meant.
    pub country: Country,
    pub account: Account,
    /// Of the bank that holds the account. Without it the bank file says `NOTPROVIDED`.
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

    /// Whether a text has the shape of a BIC: eight or eleven capitals and digits, as ISO 9362 gave them out when pain.001.001.03 was
    /// made. The later message also takes codes that begin with a digit; no bank has one.
    pub fn is_bic(text: &str) -> bool {
        let bytes = text.as_bytes();
        let (Some(place), true) = (bytes.get(6..8), matches!(bytes.len(), 8 | 11)) else { return false };
        let letters_first = bytes[..6].iter().all(u8::is_ascii_uppercase);
        let place_allowed = !matches!(place[0], b'0' | b'1') && place[1] != b'O';
        letters_first && place_allowed && bytes[6..].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bic_has_eight_or_eleven_characters_of_a_known_shape() {
        for bic in ["GRENGLGX", "DABADKKK", "DABADKKKXXX", "NDEADK22"] {
            assert!(Payer::is_bic(bic), "{bic}");
        }
        for other in ["", "GRENGLG", "GRENGLGXX", "grenglgx", "GR3NGLGX", "GRENGL1X", "GRENGLGO", "GRENGLGÆ", "ÆØÅÆ"]
        {
            assert!(!Payer::is_bic(other), "{other}");
        }
    }
}
