//! The names by which batches, payments and contents are known. One type each, so that none can stand where another belongs.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reference of this kind")]
pub struct InvalidReference;

/// `B0001`: the desk's letter and a running number of at least four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct BatchId {
    desk: u8,
    number: u32,
}

impl BatchId {
    /// `desk` is a capital letter; anything else becomes `B`, the first desk's.
    pub const fn new(desk: char, number: u32) -> Self {
        let desk = if desk.is_ascii_uppercase() { desk as u8 } else { b'B' };
        Self { desk, number }
    }

    pub fn desk(self) -> char {
        self.desk.into()
    }

    pub fn number(self) -> u32 {
        self.number
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:04}", char::from(self.desk), self.number)
    }
}

impl FromStr for BatchId {
    type Err = InvalidReference;

    /// Reads `B0001`, and what a person types for it: `b1`.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let text = text.trim();
        let desk = text.chars().next().filter(char::is_ascii_alphabetic).ok_or(InvalidReference)?;
        let digits = &text[1..];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidReference);
        }
        Ok(Self::new(desk.to_ascii_uppercase(), digits.parse().map_err(|_| InvalidReference)?))
    }
}

/// The pseudonym of one obligation: two halves of a keyed digest (HMAC-SHA256 under the duplicate key).
///
/// `obligation` comes first and is the digest of the whole obligation; `series` is that of payer, person, scheme and part alone, so
/// that a person's periods of one scheme lie side by side in the ledger's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Tag {
    pub series: [u8; 8],
    pub obligation: [u8; 8],
}

/// The reference that travels with a payment through the banks: 26 characters of base32 and the attempt, `[A-Z0-9]{27}`.
///
/// 27 is what the NemKonto system leaves free of the 35; the first 16 characters, all that MT940 keeps, hold the whole obligation half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct EndToEndId {
    pub tag: Tag,
    /// 1 for the first payment of an obligation, one more for each that came back. At most 35.
    pub attempt: u8,
}

impl EndToEndId {
    pub const MAX_ATTEMPTS: u8 = 35;

    /// As it is written everywhere, without allocating: there are as many as payments.
    pub fn to_ascii(self) -> [u8; 27] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.tag.obligation);
        bytes[8..].copy_from_slice(&self.tag.series);
        let mut ascii = [0; 27];
        BASE32_NOPAD.encode_mut(&bytes, &mut ascii[..26]);
        ascii[26] = match self.attempt {
            digit @ 0..=9 => b'0' + digit,
            letter @ 10..=35 => b'A' + letter - 10,
            _ => b'Z',
        };
        ascii
    }

    /// Adds what [`Display`](fmt::Display) shows, without its detour.
    pub fn push_to(self, text: &mut String) {
        // It is ASCII.
        text.push_str(std::str::from_utf8(&self.to_ascii()).unwrap_or_default());
    }
}

impl fmt::Display for EndToEndId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_ascii()).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for EndToEndId {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let (tag, attempt) = text.split_at_checked(26).ok_or(InvalidReference)?;
        let mut bytes = [0; 16];
        BASE32_NOPAD.decode_mut(tag.as_bytes(), &mut bytes).map_err(|_| InvalidReference)?;
        let mut tag = Tag { series: [0; 8], obligation: [0; 8] };
        tag.obligation.copy_from_slice(&bytes[..8]);
        tag.series.copy_from_slice(&bytes[8..]);
        let mut rest = attempt.chars();
        let attempt = rest.next().filter(|c| !c.is_ascii_lowercase()).and_then(|c| c.to_digit(36));
        match (attempt, rest.next()) {
            (Some(attempt @ 1..), None) => Ok(Self { tag, attempt: attempt as u8 }),
            _ => Err(InvalidReference),
        }
    }
}

/// What somebody who pays money back gives as reference: `REC-` and twelve characters of base32, sixteen in all, which is what MT940 keeps.
/// The hyphen is in no end-to-end id, so that none can be taken for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepaymentReference([u8; 12]);

impl RepaymentReference {
    const MARK: &str = "REC";

    /// From at least twelve characters of base32.
    pub fn new(base32: &str) -> Self {
        let mut code = [b'A'; 12];
        for (place, byte) in code.iter_mut().zip(base32.bytes()) {
            *place = byte;
        }
        Self(code)
    }

    /// Every one that stands in a text, whatever people and banks have made of capitals, hyphens and spaces.
    pub fn each_in(text: &str, found: &mut Vec<Self>) {
        if !holds_mark(text) {
            return;
        }
        let bare: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        for (at, _) in bare.match_indices(Self::MARK) {
            let code = bare.get(at + Self::MARK.len()..at + Self::MARK.len() + 12);
            let is_base32 = |code: &&str| code.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
            if let Some(code) = code.filter(is_base32).map(Self::new)
                && !found.contains(&code)
            {
                found.push(code);
            }
        }
    }
}

/// Most texts of a statement hold none: this is quick to tell.
fn holds_mark(text: &str) -> bool {
    let mark = RepaymentReference::MARK.as_bytes();
    text.as_bytes().windows(mark.len()).any(|window| window.eq_ignore_ascii_case(mark))
}

impl fmt::Display for RepaymentReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Self::MARK, String::from_utf8_lossy(&self.0))
    }
}

/// A SHA-256 digest, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Eight groups of eight digits, which two people can read to each other.
    pub fn grouped(&self) -> String {
        let hex = self.to_string();
        let groups: Vec<&str> = (0..8).map(|group| &hex[group * 8..group * 8 + 8]).collect();
        groups.join(" ")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", HEXLOWER.encode_display(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = InvalidReference;

    /// Reads 64 hexadecimal digits in either case, spaces between groups allowed.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes = HEXLOWER_PERMISSIVE.decode(compact.as_bytes()).map_err(|_| InvalidReference)?;
        Ok(Self(bytes.try_into().map_err(|_| InvalidReference)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_ids_read_as_written_and_as_typed() {
        for (text, id) in
            [("B0001", BatchId::new('B', 1)), ("b1", BatchId::new('B', 1)), ("K12345", BatchId::new('K', 12_345))]
        {
            assert_eq!(text.parse(), Ok(id));
        }
        assert_eq!(BatchId::new('B', 1).to_string(), "B0001");
        for text in ["", "1", "B", "B1x", "Æ1", "B99999999999"] {
            assert_eq!(text.parse::<BatchId>(), Err(InvalidReference), "{text}");
        }
    }

    #[test]
    fn an_end_to_end_id_fits_every_bank_and_reads_back() {
        let id = EndToEndId { tag: Tag { series: [0xAB; 8], obligation: [0x12; 8] }, attempt: 11 };
        let text = id.to_string();
        assert_eq!(text.len(), 27);
        assert!(text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
        assert!(text.ends_with('B'), "attempt 11");
        assert_eq!(text.parse(), Ok(id));
        for wrong in
            ["", &text[..26], &text.to_lowercase(), &format!("{text}1"), &format!("{}0", &text[..26]), "NOTPROVIDED"]
        {
            assert_eq!(wrong.parse::<EndToEndId>(), Err(InvalidReference), "{wrong}");
        }
    }

    #[test]
    fn the_first_sixteen_characters_tell_obligations_apart() {
        let one = EndToEndId { tag: Tag { series: [1; 8], obligation: [1; 8] }, attempt: 1 }.to_string();
        let other =
            EndToEndId { tag: Tag { series: [1; 8], obligation: [1, 1, 1, 1, 1, 1, 1, 2] }, attempt: 1 }.to_string();
        assert_ne!(one[..16], other[..16]);
    }

    #[test]
    fn a_repayment_reference_is_found_however_it_was_typed() {
        let reference = RepaymentReference::new("ABCDEFGHJKLM2345");
        assert_eq!(reference.to_string(), "REC-ABCDEFGHJKLM");
        assert!(reference.to_string().parse::<EndToEndId>().is_err());
        let found = |text: &str| {
            let mut found = Vec::new();
            RepaymentReference::each_in(text, &mut found);
            found
        };
        for text in [
            "REC-ABCDEFGHJKLM",
            "RECABCDEFGHJKLM",
            "rec-abcdefghjklm",
            "Tilbagebetaling, rec abcd efgh jklm tak",
            "Ref.: REC-ABCDEFGHJKLM/2",
            "REC-ABCDEF\nGHJKLM",
            "Recept. REC-ABCDEFGHJKLM",
        ] {
            assert!(found(text).contains(&reference), "{text}");
        }
        for text in ["", "REC-ABCDEFGHJKL", "ABCDEFGHJKLM", "REC-ABCDEFGHJKL1", "record"] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(found("REC-ABCDEFGHJKLM REC-ABCDEFGHJKLM").len(), 1);
    }

    #[test]
    fn digests_are_read_in_groups_too() {
        let digest = Digest([0x5a; 32]);
        assert_eq!(digest.grouped().parse(), Ok(digest));
        assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest));
        assert_eq!("5a".parse::<Digest>(), Err(InvalidReference));
    }
}
