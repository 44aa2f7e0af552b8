//! A sheet's own short code, `B0001-S1-7KQ4`: the batch, the sheet's number, and four characters that only this sheet has, so that a sheet of
//! another ledger, or of a batch that was prepared again, is not taken for it.

use std::fmt;
use std::str::FromStr;

use crate::payment::{BatchId, InvalidReference};

/// How many characters tell it from another sheet of the same number.
const MARK: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SheetCode {
    pub batch: BatchId,
    /// From 1.
    pub number: u16,
    /// Empty where somebody typed the code without it.
    mark: String,
}

impl SheetCode {
    /// From at least four characters of base32.
    pub fn new(batch: BatchId, number: u16, base32: &str) -> Self {
        Self { batch, number, mark: base32.chars().take(MARK).collect() }
    }

    /// Whether it names the sheet with this code. Without its last part it names a sheet only by number.
    pub fn names(&self, code: &str) -> bool {
        let own = code.parse::<SheetCode>().ok();
        own.is_some_and(|own| {
            (own.batch, own.number) == (self.batch, self.number) && (self.mark.is_empty() || own.mark == self.mark)
        })
    }

    /// The whole code that stands somewhere in a text.
    pub fn find_in(text: &str) -> Option<Self> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words.filter_map(|word| word.parse().ok()).find(|code: &Self| !code.mark.is_empty())
    }
}

impl fmt::Display for SheetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-S{}", self.batch, self.number)?;
        if self.mark.is_empty() { Ok(()) } else { write!(f, "-{}", self.mark) }
    }
}

impl FromStr for SheetCode {
    type Err = InvalidReference;

    /// Reads `B0001-S1-7KQ4`, and what a person types for it: `b1-s1`.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let upper = text.trim().to_ascii_uppercase();
        let mut parts = upper.split('-');
        let batch = parts.next().ok_or(InvalidReference)?.parse()?;
        let digits = parts.next().and_then(|part| part.strip_prefix('S')).ok_or(InvalidReference)?;
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        let mark = parts.next().unwrap_or_default();
        let is_mark =
            mark.is_empty() || mark.len() == MARK && mark.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
        match (number, parts.next()) {
            (Some(number @ 1..), None) if is_mark => Ok(Self { batch, number, mark: mark.into() }),
            _ => Err(InvalidReference),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_written_and_as_it_is_typed() {
        let code = SheetCode::new(BatchId::new('B', 1), 2, "7KQ4ZZZZ");
        assert_eq!(code.to_string(), "B0001-S2-7KQ4");
        for typed in ["B0001-S2-7KQ4", "b1-s2", "b0001-s2-7kq4"] {
            assert!(typed.parse::<SheetCode>().expect("a code").names("B0001-S2-7KQ4"), "{typed}");
        }
        for typed in ["B0001-S3-7KQ4", "B0002-S2", "B0001-S2-AAAA"] {
            assert!(!typed.parse::<SheetCode>().expect("a code").names("B0001-S2-7KQ4"), "{typed}");
        }
        for wrong in ["", "B0001", "B0001-2", "B0001-S0", "B0001-S2-7KQ", "B0001-S2-7KQ4-X", "B0001-S2-8888"] {
            assert!(wrong.parse::<SheetCode>().is_err(), "{wrong}");
        }
        assert_eq!(SheetCode::find_in("Ark B0001-S2-7KQ4, 1 af 3"), Some(code));
        assert_eq!(SheetCode::find_in("Ark B0001-S2"), None);
    }
}
