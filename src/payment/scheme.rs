//! What a payment is for, in the municipality's own words.

use std::borrow::Cow;
use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use smol_str::SmolStr;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};

/// The benefit or kind of payment (`Alderspension`), as written; [`Scheme::folded`] is what identifies it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Scheme(SmolStr);

/// What tells lawful equal payments of one scheme and period apart: an instalment, an invoice or a case number. Default empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Part(SmolStr);

impl Scheme {
    /// `None` where nothing is left after trimming.
    pub fn new(text: &str) -> Option<Self> {
        let tidy = tidy(text);
        (!tidy.is_empty()).then_some(Self(tidy))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without regard to case, width and spacing, so that two spellings of one scheme are one scheme.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl Part {
    pub fn new(text: &str) -> Self {
        Self(tidy(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let text: String = text.chars().map(|c| if is_dash(c) { '-' } else { c }).collect();
    // The quick test spares nearly every text the long way round.
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.to_lowercase()
    } else {
        text.nfkc().collect::<String>().to_lowercase()
    }
}

/// Composes accents, drops what cannot be seen, and makes one space of any run of white space.
fn tidy(text: &str) -> SmolStr {
    if is_tidy(text) {
        return text.into();
    }
    let composed = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes if !text.chars().any(is_invisible) => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().filter(|c| !is_invisible(*c)).collect()),
    };
    let mut tidy = String::with_capacity(composed.len());
    for word in composed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy.into()
}

/// Whether that leaves the text as it is, as nearly every one: words of letters that are never composed of others, with single spaces between.
fn is_tidy(text: &str) -> bool {
    let (mut before, mut is_spaced) = (b' ', true);
    for byte in text.bytes() {
        is_spaced &= byte.is_ascii_graphic() | !byte.is_ascii() | ((byte == b' ') & (before != b' '));
        before = byte;
    }
    // From U+0300 on characters may be composed with the one before; below it, none is invisible but the soft hyphen.
    let is_plain = |c: char| matches!(c, '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}');
    is_spaced
        && (text.is_empty() || before != b' ')
        && (text.is_ascii() || text.chars().filter(|c| !c.is_ascii()).all(is_plain))
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hyphens and dashes, which people and programs put for each other.
fn is_dash(c: char) -> bool {
    matches!(c, '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' | '-')
}

/// Marks that take no room on screen: zero-width characters, directions of writing, variants. They can hide in a name.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_scheme_fold_to_one() {
        let spellings = ["Førtidspension", " førtidspension ", "FØRTIDSPENSION", "Førtids\u{ad}pension"];
        let folded: Vec<_> = spellings.iter().map(|s| Scheme::new(s).expect("not empty").folded()).collect();
        assert!(folded.iter().all(|f| f == "førtidspension"), "{folded:?}");
        for hidden in
            ["Pen\u{ad}sion", "Pen\u{200b}sion", "\u{202d}Pension\u{202c}", "Pension\u{fe0f}", "Pens\u{2060}ion"]
        {
            assert_eq!(Scheme::new(hidden).map(|s| s.folded()).as_deref(), Some("pension"), "{hidden:?}");
        }
        for dash in ["a–b", "a\u{2011}b", "A—B", "a-b"] {
            assert_eq!(Part::new(dash).folded(), "a-b", "{dash:?}");
        }
        for untidy in ["a  b", " a", "a ", "a\u{a0}b", "a\tb", "e\u{301}", "\u{ad}a", " ", "a\u{85}", "\u{340}"] {
            assert!(!is_tidy(untidy), "{untidy:?}");
        }
        for c in ('\0'..'\u{500}').filter(|c| is_tidy(&format!("a{c}b"))) {
            let text = format!("a{c}b");
            assert!(is_nfc_quick(text.chars()) == IsNormalized::Yes && !is_invisible(c), "{c:?}");
            assert!(c == ' ' || !(c.is_whitespace() || c.is_control()), "{c:?}");
        }
        assert!(is_tidy("Førtidspension 2 (år)") && is_tidy(""));
        assert_eq!(Part::new("1\u{ad}"), Part::new("1"));
        assert_eq!(Scheme::new("Offentlig \t hjælp").map(|s| s.folded()).as_deref(), Some("offentlig hjælp"));
        assert_eq!(Scheme::new(" \u{a0} "), None);
    }
}
