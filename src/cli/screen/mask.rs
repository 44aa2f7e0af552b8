//! Texts from outside, made harmless: what could rearrange a terminal becomes visible, what could be somebody is masked.

use std::borrow::Cow;

use crate::bank::text::is_invisible;
use crate::checks;

/// The most characters of a scheme or of a list's name in a table.
const NAME_SHOWN: usize = 60;

/// The text with control, invisible and direction marks written as `U+XXXX`. Line breaks are control characters too: what comes back is one
/// line.
pub fn visible(text: &str) -> Cow<'_, str> {
    let hides = |c: char| c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if text.contains(hides) { Cow::Owned(checks::visible(text)) } else { Cow::Borrowed(text) }
}

/// A sentence in which somebody may have written a person number: visible, with such numbers masked.
pub(super) fn masked_text(text: &str) -> String {
    visible(&checks::mask_person_numbers(text)).into_owned()
}

/// A name of a thing for a table: visible and not endless.
pub(super) fn short(name: &str) -> String {
    // A row that has slipped may hold a person number where a scheme belongs.
    let shown = checks::mask_person_numbers(&visible(name));
    match shown.char_indices().nth(NAME_SHOWN) {
        Some((end, _)) => shown.get(..end).unwrap_or_default().to_owned() + "…",
        None => shown,
    }
}

/// The first letter of each word: `A•• M•••••`. Enough to recognise a name by, too little to learn one.
pub fn mask_name(name: &str) -> String {
    let mut begins_word = true;
    let mask = |c: char| {
        let separates = c == ' ' || c == '-';
        let shown = if separates || begins_word { c } else { '•' };
        begins_word = separates;
        shown
    };
    visible(name).chars().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_and_direction_marks_are_shown_instead_of_obeyed() {
        let table = [
            ("Ane Møller", "Ane Møller"),
            ("\u{1b}[2J\u{1b}[31mred", "U+001B[2JU+001B[31mred"),
            ("\u{1b}]0;title\u{7}", "U+001B]0;titleU+0007"),
            ("\u{9b}31m", "U+009B31m"),
            ("ok\u{202e}gpj.exe", "okU+202Egpj.exe"),
            ("\u{2066}a\u{2069}", "U+2066aU+2069"),
            ("a\r\nTotal 0,00", "aU+000DU+000ATotal 0,00"),
            ("a\u{2028}b", "aU+2028b"),
        ];
        for (written, shown) in table {
            assert_eq!(visible(written), shown);
        }
        assert!(matches!(visible("Offentlig hjælp"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_name_keeps_the_first_letter_of_each_word() {
        let table = [
            ("Ane Møller", "A•• M•••••"),
            ("Hans-Peter Qaavi", "H•••-P•••• Q••••"),
            ("Ø", "Ø"),
            ("", ""),
            ("  Ib", "  I•"),
        ];
        for (name, masked) in table {
            assert_eq!(mask_name(name), masked);
        }
    }

    #[test]
    fn a_reason_may_hold_a_person_number_and_does_not_show_it() {
        assert_eq!(masked_text("asked 010190-1234\u{7}"), "asked 0101••-••••U+0007");
    }

    #[test]
    fn an_endless_name_is_cut() {
        assert_eq!(short(&"æ".repeat(10_000)), "æ".repeat(60) + "…");
        assert_eq!(short(&"æ".repeat(60)), "æ".repeat(60));
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_is_left(text in "[\\x00-\\x{3000}\\x{fff0}-\\x{ffff}]{0,40}") {
            let obeyed = |c: char| c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}');
            prop_assert!(!visible(&text).contains(obeyed));
            prop_assert!(!mask_name(&text).contains(obeyed));
            prop_assert!(!masked_text(&text).contains(obeyed));
        }
    }
}
