//! A ledger's head in a form that fits on paper: `17-ABCD-EFGH-IJKL-MNOP`, the entry's number and 80 bits of a digest over the ledger's id and
//! that entry's digest. Whoever holds the paper can tell, of any later copy of the ledger, whether it still has that entry and the same
//! history before it.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};

use super::event::LedgerId;
use crate::payment::Digest;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptCode {
    entry: u64,
    check: [u8; 10],
}

/// How a ledger stands to a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// It holds the entry of the receipt.
    Holds,
    /// It ends before it: it is older.
    Older,
    /// It has another entry in that place: another ledger, or another history of this one.
    Differs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a receipt code: it looks like 17-ABCD-EFGH-IJKL-MNOP")]
pub struct InvalidCode;

impl ReceiptCode {
    /// SHA-256 over the domain `stopgap receipt 1`, the ledger's id, the entry's number (u64, little-endian) and its digest, cut to ten bytes.
    pub fn of(ledger: LedgerId, (entry, digest): (u64, Digest)) -> Self {
        let mut hash = Sha256::new_with_prefix(b"stopgap receipt 1");
        hash.update(ledger.0);
        hash.update(entry.to_le_bytes());
        hash.update(digest.0);
        let digest = hash.finalize();
        let mut check = [0; 10];
        check.copy_from_slice(&digest[..10]);
        Self { entry, check }
    }

    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// Compares with a ledger's chain: the number and digest of each entry, from the first on.
    pub fn against(&self, ledger: LedgerId, chain: &[(u64, Digest)]) -> Against {
        match chain.iter().find(|(entry, _)| *entry == self.entry) {
            None => Against::Older,
            Some(entry) if Self::of(ledger, *entry) == *self => Against::Holds,
            Some(_) => Against::Differs,
        }
    }
}

impl fmt::Display for ReceiptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = BASE32_NOPAD.encode(&self.check);
        write!(f, "{}-{}-{}-{}-{}", self.entry, &check[..4], &check[4..8], &check[8..12], &check[12..])
    }
}

impl FromStr for ReceiptCode {
    type Err = InvalidCode;

    /// Reads what a person types from paper: small letters, spaces for hyphens, and the digits 0, 1 and 8 that the code never holds for the
    /// letters that they look like.
    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let (entry, check) = text.trim().split_once(['-', ' ']).ok_or(InvalidCode)?;
        let letter = |c: char| match c.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            c => c,
        };
        let check: String = check.chars().filter(|c| !matches!(c, '-' | ' ')).map(letter).collect();
        let check = BASE32_NOPAD.decode(check.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let entry = entry.parse().ok().filter(|entry| *entry > 0);
        entry.zip(check).map(|(entry, check)| Self { entry, check }).ok_or(InvalidCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: LedgerId = LedgerId([7; 16]);

    fn chain(length: u64, last: u8) -> Vec<(u64, Digest)> {
        (1..=length).map(|entry| (entry, Digest([if entry == length { last } else { entry as u8 }; 32]))).collect()
    }

    #[test]
    fn a_code_is_read_as_printed_and_as_typed() {
        let code = ReceiptCode::of(LEDGER, (17, Digest([3; 32])));
        let printed = code.to_string();
        assert_eq!(printed.parse(), Ok(code));
        assert_eq!(printed.to_lowercase().replace('-', " ").parse(), Ok(code));
        assert_eq!(printed.replace('O', "0").replace('I', "1").replace('B', "8").parse(), Ok(code));
        for wrong in ["", "17", "17-", "0-AAAA-AAAA-AAAA-AAAA", "x-AAAA-AAAA-AAAA-AAAA", &printed[..printed.len() - 1]]
        {
            assert_eq!(wrong.parse::<ReceiptCode>(), Err(InvalidCode), "{wrong}");
        }
    }

    #[test]
    fn a_code_tells_an_older_ledger_and_another_one_from_its_own() {
        let code = ReceiptCode::of(LEDGER, (3, Digest([9; 32])));
        assert_eq!(code.against(LEDGER, &chain(3, 9)), Against::Holds);
        let later = [chain(3, 9), vec![(4, Digest([1; 32]))]].concat();
        assert_eq!(code.against(LEDGER, &later), Against::Holds);
        assert_eq!(code.against(LEDGER, &chain(2, 9)), Against::Older);
        assert_eq!(code.against(LEDGER, &chain(3, 8)), Against::Differs);
        assert_eq!(code.against(LedgerId([8; 16]), &chain(3, 9)), Against::Differs);
    }
}
