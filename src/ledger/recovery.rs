//! The recovery code: 128 random bits, printed in two halves for two people. Together they open the ledger when the operators have
//! forgotten their passphrases; one half alone says nothing at all, because it is the code under a random pad, or the pad.
//!
//! ```text
//! half 1 ⊕ half 2 ─HKDF→ a signing key     its public half is in the ledger: whoever signs with it may name new operators
//!                      → a sealing key     opens the workspace key in `keys/recovery-….json`, and with it the files beside it
//!                      → the code's id
//! ```
//!
//! Under the code lies the workspace key and nothing else: the keys that a purge destroys are never sealed to it.
//!
//! A half is nine groups of five characters of Crockford's base32. The last character of each group is a check of the other four and of
//! the group's place: it finds every single wrong character and every two that were swapped, and tells in which group.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::entry::{Signature, Signer};
use super::event::{Enrolment, KeyId, LedgerId};
use super::seal::SecretKey;
use crate::payment::Digest;

/// No I, L, O and U, which are taken for other characters.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
pub const GROUPS: usize = 9;
const GROUP: usize = 5;
/// Which half, the code's mark, the share, and a check of all of it.
const BYTES: usize = 1 + 2 + 16 + 3;

/// What the two halves come to.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; 16]);

impl RecoveryCode {
    pub fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// Names the code in the ledger, and its file.
    pub fn id(&self) -> KeyId {
        KeyId(self.derive("stopgap recovery id 1"))
    }

    /// Seals the workspace key.
    pub fn sealing_key(&self) -> SecretKey {
        SecretKey::new(self.derive("stopgap recovery seal 1"))
    }

    /// Signs who works here from now on.
    pub fn signer(&self) -> Signer {
        Signer::new("recovery code".into(), &self.derive("stopgap recovery sign 1"))
    }

    /// Two halves, of which neither says anything about the code.
    pub fn split(&self, pad: [u8; 16]) -> [Half; 2] {
        let id = self.id();
        let mark = [id.0[0], id.0[1]];
        let mut share = pad;
        share.iter_mut().zip(self.0).for_each(|(byte, code)| *byte ^= code);
        [Half { number: 1, mark, share: pad }, Half { number: 2, mark, share }]
    }

    /// `None` where the halves are not the two of one code.
    pub fn join(one: &Half, other: &Half) -> Option<Self> {
        let mut code = one.share;
        code.iter_mut().zip(other.share).for_each(|(byte, share)| *byte ^= share);
        let code = Self(code);
        let is_one_code = one.mark == other.mark && code.id().0[..2] == one.mark && one.number != other.number;
        is_one_code.then_some(code)
    }

    fn derive<const N: usize>(&self, purpose: &str) -> [u8; N] {
        let mut key = [0; N];
        Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut key).expect("shorter than 255 digests");
        key
    }
}

/// What one person keeps.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Half {
    /// 1 or 2.
    number: u8,
    /// The first bytes of the code's id: tells the halves of another code.
    mark: [u8; 2],
    share: [u8; 16],
}

/// Why what was typed is no half. Groups are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HalfError {
    #[error("it has {0} characters, and a half has 45")]
    Length(usize),
    #[error("group {0} has a character that no code holds")]
    Character(usize),
    #[error("group {0} is mistyped")]
    Group(usize),
    #[error("its groups are right and do not belong together")]
    Whole,
}

impl Half {
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Whether it is of the code with this id, as far as its mark tells.
    pub fn may_be_of(&self, code: KeyId) -> bool {
        code.0[..2] == self.mark
    }

    /// The nine groups.
    pub fn groups(&self) -> Vec<String> {
        let mut bytes = [0; BYTES + 1];
        bytes[0] = self.number;
        bytes[1..3].copy_from_slice(&self.mark);
        bytes[3..19].copy_from_slice(&self.share);
        bytes[19..22].copy_from_slice(&self.check());
        let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
        let symbol = |at: usize| (at * 5..at * 5 + 5).fold(0, |symbol, at| symbol << 1 | bit(at));
        let groups = (0..GROUPS).map(|group| {
            let mut symbols = [0; GROUP];
            (0..GROUP - 1).for_each(|at| symbols[at] = symbol(group * (GROUP - 1) + at));
            symbols[GROUP - 1] = check_of(group, &symbols);
            symbols.iter().map(|symbol| char::from(SYMBOLS[usize::from(*symbol)])).collect()
        });
        let groups = groups.collect();
        bytes.zeroize();
        groups
    }

    /// Reads what a person types from paper: small letters, spaces, hyphens and line breaks between groups, and O, I and L for the digits
    /// that they look like.
    pub fn read(typed: &str) -> Result<Self, HalfError> {
        let mut symbols = Vec::with_capacity(GROUPS * GROUP);
        for (at, typed) in typed.chars().filter(|c| !c.is_whitespace() && *c != '-').enumerate() {
            symbols.push(read_symbol(typed).ok_or(HalfError::Character(at / GROUP + 1))?);
        }
        for (group, symbols) in symbols.chunks_exact(GROUP).enumerate() {
            if check_of(group, symbols) != symbols[GROUP - 1] {
                return Err(HalfError::Group(group + 1));
            }
        }
        if symbols.len() != GROUPS * GROUP {
            return Err(HalfError::Length(symbols.len()));
        }
        let data: Vec<u8> = symbols.chunks_exact(GROUP).flat_map(|group| &group[..GROUP - 1]).copied().collect();
        let mut bytes = [0; BYTES + 1];
        for (at, bit) in data.iter().flat_map(|symbol| (0..5).rev().map(move |bit| symbol >> bit & 1)).enumerate() {
            bytes[at / 8] |= bit << (7 - at % 8);
        }
        let half = Self {
            number: bytes[0],
            mark: [bytes[1], bytes[2]],
            share: bytes[3..19].try_into().map_err(|_| HalfError::Whole)?,
        };
        let holds = half.check() == bytes[19..22] && bytes[22] == 0 && matches!(half.number, 1 | 2);
        bytes.zeroize();
        if holds { Ok(half) } else { Err(HalfError::Whole) }
    }

    /// Reads a page on which a half is printed: its lines that hold nothing but groups. All of it where there are none, so that what is
    /// wrong with it is told.
    pub fn read_page(page: &str) -> Result<Self, HalfError> {
        let is_group = |word: &str| word.len() == GROUP && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_code = |line: &&str| line.trim().contains('-') && line.trim().split(['-', ' ']).all(is_group);
        let code = Zeroizing::new(page.lines().filter(is_code).collect::<String>());
        Self::read(if code.is_empty() { page } else { &code })
    }

    /// Whether a group was typed right, by its place among the nine.
    pub fn is_group(place: usize, typed: &str) -> bool {
        let symbols: Option<Vec<u8>> = typed.chars().map(read_symbol).collect();
        symbols.is_some_and(|group| group.len() == GROUP && check_of(place, &group) == group[GROUP - 1])
    }

    fn check(&self) -> [u8; 3] {
        let mut hash = Sha256::new_with_prefix(b"stopgap recovery half 1");
        hash.update([self.number]);
        hash.update(self.mark);
        hash.update(self.share);
        let digest = hash.finalize();
        [digest[0], digest[1], digest[2]]
    }
}

/// Three lines of three groups.
impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.groups().chunks(3).map(|line| line.join("-")).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Nobody's log or panic shows a half.
impl fmt::Debug for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Half({})", self.number)
    }
}

fn read_symbol(typed: char) -> Option<u8> {
    let symbol = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    SYMBOLS.iter().position(|known| char::from(*known) == symbol).map(|at| at as u8)
}

/// A sum over GF(32), in which each place of a group weighs differently, and the group's own place.
fn check_of(group: usize, symbols: &[u8]) -> u8 {
    // Times the root of x⁵ + x² + 1.
    let doubled = |symbol: u8| (symbol << 1) ^ if symbol & 16 != 0 { 0b10_0101 } else { 0 };
    let sum = symbols[..GROUP - 1].iter().fold(0, |sum, symbol| doubled(sum ^ symbol));
    sum ^ (group as u8 + 1)
}

/// Who works in the ledger from now on, as whoever holds the recovery code says.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedRecovery {
    /// The code that was used; it is void from here on.
    pub code: KeyId,
    /// In the place of all who worked here before. Two of them sign the entry.
    pub operators: Vec<Enrolment>,
    /// The code's, over [`recovery_message`].
    pub signature: Signature,
}

/// What the recovery code signs: the domain `stopgap recovery 1`, the ledger's id, the number (u64, little-endian) and digest of the entry
/// before, and borsh of the operators. So it holds in one place of one ledger only.
pub fn recovery_message(ledger: LedgerId, head: &(u64, Digest), operators: &[Enrolment]) -> Vec<u8> {
    let mut message = b"stopgap recovery 1".to_vec();
    message.extend(ledger.0);
    message.extend(head.0.to_le_bytes());
    message.extend(head.1.0);
    message.extend(borsh::to_vec(operators).expect("writing to memory does not fail"));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves() -> [Half; 2] {
        RecoveryCode::new([7; 16]).split([0xA5; 16])
    }

    #[test]
    fn two_halves_come_to_the_code_and_nothing_else_does() {
        let code = RecoveryCode::new(*b"sixteen bytes ok");
        let [one, two] = code.split([0x5A; 16]);
        for (a, b) in [(&one, &two), (&two, &one)] {
            assert_eq!(RecoveryCode::join(a, b).map(|joined| joined.0), Some(code.0));
        }
        let [other_one, other_two] = RecoveryCode::new([1; 16]).split([2; 16]);
        // Of the same code, printed twice: each pair of halves stands alone.
        let [_, printed_again] = code.split([0xA5; 16]);
        let torn = Half { mark: [one.mark[0] ^ 1, one.mark[1]], ..one.clone() };
        let pairs = [(&one, &one), (&two, &two), (&one, &other_two), (&other_one, &two), (&one, &printed_again)];
        for (a, b) in pairs.into_iter().chain([(&torn, &two), (&two, &torn)]) {
            assert!(RecoveryCode::join(a, b).is_none());
        }
        assert_eq!([one.number(), two.number()], [1, 2]);
        for half in [&one, &two] {
            assert!(half.may_be_of(code.id()) && !half.may_be_of(RecoveryCode::new([1; 16]).id()));
        }
    }

    /// The halves of the same code under other pads have nothing in common, and a half does not depend on the code.
    #[test]
    fn one_half_says_nothing() {
        let [one, _] = RecoveryCode::new([1; 16]).split([9; 16]);
        let [same, _] = RecoveryCode::new([2; 16]).split([9; 16]);
        assert_eq!(one.share, same.share);
        let [_, two] = RecoveryCode::new([1; 16]).split([8; 16]);
        assert_ne!(two.share, RecoveryCode::new([1; 16]).split([9; 16])[1].share);
    }

    #[test]
    fn a_half_is_read_as_it_is_printed_and_as_it_is_typed() {
        for half in halves() {
            let printed = half.to_string();
            let typed = printed.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            let in_one = half.groups().concat();
            for text in [&printed, &typed, &in_one] {
                assert_eq!(Half::read(text).as_ref(), Ok(&half), "{text}");
            }
            for (place, group) in half.groups().iter().enumerate() {
                assert!(Half::is_group(place, group), "{group}");
                assert!(!Half::is_group(place, &group[1..]) && !Half::is_group(place, &format!("{group}0")), "{group}");
                assert!(!Half::is_group((place + 1) % GROUPS, group), "{group} is of another place");
            }
        }
    }

    /// Every single wrong character and every two swapped neighbours, in every place, are named with their group.
    #[test]
    fn a_typing_mistake_is_named_with_its_group() {
        let [half, _] = halves();
        let right = half.groups().concat();
        let mut tried = 0;
        for at in 0..right.len() {
            for wrong in SYMBOLS.iter().map(|symbol| char::from(*symbol)) {
                if right[at..].starts_with(wrong) {
                    continue;
                }
                let typed = format!("{}{wrong}{}", &right[..at], &right[at + 1..]);
                assert_eq!(Half::read(&typed), Err(HalfError::Group(at / GROUP + 1)), "{typed}");
                tried += 1;
            }
            if at % GROUP < GROUP - 1 && right[at..=at] != right[at + 1..at + 2] {
                let mut typed: Vec<char> = right.chars().collect();
                typed.swap(at, at + 1);
                let typed: String = typed.into_iter().collect();
                assert_eq!(Half::read(&typed), Err(HalfError::Group(at / GROUP + 1)), "{typed}");
            }
        }
        assert_eq!(tried, 45 * 31);
        let groups = half.groups();
        let swapped = [&groups[1..2], &groups[..1], &groups[2..]].concat().concat();
        assert_eq!(Half::read(&swapped), Err(HalfError::Group(1)));
        assert_eq!(Half::read(&right[..40]), Err(HalfError::Length(40)));
        assert_eq!(Half::read(&format!("{right}0")), Err(HalfError::Length(46)));
        assert_eq!(Half::read(&right.replacen(|_| true, "U", 1)), Err(HalfError::Character(1)));
    }

    /// Groups that are each right and make no half, such as those of two halves that were mixed up.
    #[test]
    fn groups_that_do_not_belong_together_are_told() {
        let [one, two] = halves();
        let with_symbol = |half: &Half, group: usize, change: u8| {
            let mut groups = half.groups();
            let mut symbols: Vec<u8> = groups[group].chars().filter_map(read_symbol).collect();
            symbols[GROUP - 2] ^= change;
            symbols[GROUP - 1] = check_of(group, &symbols);
            groups[group] = symbols.iter().map(|symbol| char::from(SYMBOLS[usize::from(*symbol)])).collect();
            groups.concat()
        };
        let mixed = [&one.groups()[..4], &two.groups()[4..]].concat().concat();
        let third = Half { number: 3, ..one.clone() }.groups().concat();
        // The last four bits stand for nothing, and are nothing else.
        for text in [mixed, third, with_symbol(&one, 3, 1), with_symbol(&one, GROUPS - 1, 1)] {
            assert_eq!(Half::read(&text), Err(HalfError::Whole), "{text}");
        }
        let right = one.groups().concat();
        for at in [0, 4, 5, 17, 44] {
            let typed = format!("{}U{}", &right[..at], &right[at + 1..]);
            assert_eq!(Half::read(&typed), Err(HalfError::Character(at / GROUP + 1)), "{typed}");
        }
    }

    /// Somebody types or scans the whole page. Words on it are not taken for groups, and where nothing is, what is wrong is told of all of it.
    #[test]
    fn a_half_is_found_on_its_page() {
        let [half, _] = halves();
        let page = format!(
            "Half 1 of 2\nthese words\nwell-known\nABCDE-FGH?J\n\n  {}\n",
            half.to_string().replace('\n', "\n  ")
        );
        assert_eq!(Half::read_page(&page).as_ref(), Ok(&half));
        assert_eq!(Half::read_page(&half.groups().join(" ")).as_ref(), Ok(&half), "typed without hyphens");
        assert_eq!(Half::read_page("well-known!"), Err(HalfError::Character(2)));
    }

    #[test]
    fn a_half_is_never_shown_by_accident() {
        assert_eq!(format!("{:?}", halves()), "[Half(1), Half(2)]");
    }

    /// What is printed must be read for years.
    #[test]
    fn the_form_never_changes() {
        const FORM: [&str; 2] =
            ["040AGD9D5NMPJTPB9D5WMPJTGB9D5YMPJTJB9APF76WGS", "080AZD8N2WMAHA458N2EMAHA258N2CMAHA058PBW25NGT"];
        let [one, two] = RecoveryCode::new([7; 16]).split([0xA5; 16]);
        assert_eq!([one.groups().concat(), two.groups().concat()], FORM);
    }
}
