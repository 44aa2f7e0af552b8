//! Texts from outside, made harmless: what could rearrange a terminal becomes visible, what could be somebody is masked.

use std::borrow::Cow;

use crate::bank::text::{is_invisible, latin_replacement};
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

/// A name as the list has it and as the bank gets it, both masked. The letters that the documented table writes as others stay readable, so
/// that it can be seen what was done: `A•• K•æ•`, `A•• K•ae•`.
pub(super) fn mask_change(as_written: &str, sent: &str) -> [String; 2] {
    let (mut rest, mut begins_word, mut both) = (sent, true, [String::new(), String::new()]);
    for c in as_written.chars() {
        let (shown, after) = match (rest.strip_prefix(c), latin_replacement(c)) {
            (Some(after), _) => {
                let separates = c == ' ' || c == '-';
                let shown = if separates || begins_word { c } else { '•' };
                begins_word = separates;
                ([shown.to_string(), shown.to_string()], Some(after))
            }
            (None, Some(instead)) => {
                begins_word = false;
                ([c.to_string(), instead.to_owned()], rest.strip_prefix(instead))
            }
            (None, None) => (Default::default(), None),
        };
        let Some(after) = after else { return [mask_name(as_written), mask_name(sent)] };
        rest = after;
        both.iter_mut().zip(shown).for_each(|(all, shown)| all.push_str(&shown));
    }
    if rest.is_empty() {
        both.map(|name| visible(&name).into_owned())
    } else {
        [mask_name(as_written), mask_name(sent)]
    }
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
    fn a_changed_name_shows_what_became_of_its_nordic_letters_and_little_else() {
        let table = [
            ("Åge Sørensen", "Aage Soerensen", "Å•• Sø••••••", "Aa•• Soe••••••"),
            ("Anne-Lene Kjær", "Anne-Lene Kjaer", "A•••-L••• K•æ•", "A•••-L••• K•ae•"),
            ("Łukasz Żółć", "Lukasz Zolc", "Ł••••• Ż•••", "L••••• Z•••"),
            ("Åge Łuk", "Aage Luk", "Å•• Ł••", "A••• L••"),
            ("Ib Sørensen", "Ib Soer", "I• S•••••••", "I• S•••"),
            ("Ib", "Ib Ib", "I•", "I• I•"),
            ("Zo\u{202e}ë", "Zoe", "Z••••••••", "Z••"),
        ];
        for (as_written, sent, shown, shown_sent) in table {
            assert_eq!(mask_change(as_written, sent), [shown, shown_sent], "{as_written}");
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
            prop_assert!(!mask_change(&text, &text).concat().contains(obeyed));
            prop_assert!(!masked_text(&text).contains(obeyed));
        }
    }
}
