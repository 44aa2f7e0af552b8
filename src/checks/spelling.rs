//! How numbers get written: full-width digits, typographic hyphens, hard spaces, and what spreadsheets make of a long number.

use std::borrow::Cow;

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::bank::text::is_invisible;
use crate::phrase;
use crate::words::Phrase;

/// The same text as a plain keyboard would have given it: ASCII digits and letters for full-width ones, `-` for any hyphen or dash, a
/// space for any white space, no invisible marks.
pub(super) fn plain(written: &str) -> Cow<'_, str> {
    if written.bytes().all(|b| b.is_ascii_graphic()) {
        return Cow::Borrowed(written);
    }
    if written.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Cow::Borrowed(written.trim());
    }
    let typed: String = written.chars().filter(|c| !is_invisible(*c)).map(plain_char).collect();
    Cow::Owned(typed.trim().to_owned())
}

fn plain_char(c: char) -> char {
    match c {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' | '-' => '-',
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// The plain text without its spaces.
pub(super) fn compact(written: &str) -> SmolStr {
    let plain = plain(written);
    if plain.contains(' ') { plain.chars().filter(|c| *c != ' ').collect() } else { plain.into() }
}

pub(super) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The digits' values; what is no digit counts as nothing.
pub(super) fn digit_values(text: &str) -> SmallVec<[u32; 16]> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// The sum of digits times weights, as far as both go.
pub(super) fn weighted_sum(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Whether the Luhn sum of the digits is right (ISO/IEC 7812-1, annex B).
pub(super) fn luhn_holds(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, d)| if at % 2 == 1 { doubled(*d) } else { *d }).sum();
    sum.is_multiple_of(10)
}

/// `1.01E+09`: what Excel shows of a long number in a cell that is not formatted as text. Its last digits are gone.
pub(super) fn is_scientific(plain: &str) -> bool {
    if !plain.bytes().any(|byte| matches!(byte, b'E' | b'e')) {
        return false;
    }
    let Some((mantissa, exponent)) = plain.split_once(['E', 'e']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    mantissa.starts_with(|c: char| c.is_ascii_digit())
        && mantissa.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',')
        && all_digits(exponent)
        // Four characters would be the end of a Finnish number: 010203E0041.
        && exponent.len() <= 3
}

/// What to say of such a number.
pub(super) const SCIENTIFIC_REMEDY: Phrase = phrase!(
    "Excel has turned the number into this and dropped digits. \
     Format the column as text and enter the number again from its source."
);

/// `10000005.0`, `1234,5`: one or two digits behind a dot or a comma are a fraction, which no account has. Behind other small groups, as in
/// `8601.11.179.47`, they are one more of these.
pub(super) fn has_decimals(text: &str) -> bool {
    // To look for a mark from behind costs more than to see that there is none.
    if !text.bytes().any(|byte| matches!(byte, b'.' | b',')) {
        return false;
    }
    let Some((whole, fraction)) = text.rsplit_once(['.', ',']) else { return false };
    let before = whole.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let is_grouped = whole.contains(['.', ',']) && before.len() <= 4;
    !whole.is_empty() && all_digits(fraction) && (1..=2).contains(&fraction.len()) && !is_grouped
}

pub(super) const NUMBER_REMEDY: Phrase = phrase!(
    "A spreadsheet or an export has made a number of it. \
     Format the column as text and enter the account again from its source."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_a_plain_keyboard_would_have_typed_them() {
        let table = [
            (" 010190-1234 ", "010190-1234"),
            ("０１０１９０－１２３４", "010190-1234"),
            ("010190–1234", "010190-1234"),
            ("010190\u{2011}1234", "010190-1234"),
            ("010190\u{a0}1234\u{200b}", "010190 1234"),
            ("\u{202d}0101901234\u{202c}", "0101901234"),
            ("ＤＫ50", "DK50"),
        ];
        for (written, typed) in table {
            assert_eq!(plain(written), typed, "{written:?}");
        }
    }

    #[test]
    fn excels_shortened_numbers_are_known() {
        for written in ["1.01E+09", "1,01E+09", "6.471E+13", "1E9", "1e+09"] {
            assert!(is_scientific(written), "{written}");
        }
        for written in ["0101901234", "E9", "1E", "DE12", "1.01F+09", "131052E308T", "010203E0041", ""] {
            assert!(!is_scientific(written), "{written}");
        }
    }

    #[test]
    fn a_fraction_is_one_or_two_digits_behind_a_group_that_is_long_or_alone() {
        for written in ["10000005.0", "1234,5", "6471-10000005.00", "12345.67", "1.12345.67", "5.0"] {
            assert!(has_decimals(written), "{written}");
        }
        for written in ["6471.1234567", "8601.11.179.47", "6471-0001234567", ".50", "1234.", "1234.5x", "1234.567", ""]
        {
            assert!(!has_decimals(written), "{written}");
        }
    }

    #[test]
    fn luhn_tells_one_wrong_digit() {
        assert!(luhn_holds(&digit_values("8112189876")));
        assert!(!luhn_holds(&digit_values("8112189875")));
    }
}
