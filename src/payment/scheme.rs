//! What a payment is for, in the municipality's own words.

use std::borrow::Cow;
use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};

/// The benefit or kind of payment (`Alderspension`), as written; [`Scheme::folded`] is what identifies it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Scheme(String);

/// What tells lawful equal payments of one scheme and period apart: an instalment, an invoice or a case number. Default empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Part(String);

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
    // The quick test spares nearly every text the long way round.
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.to_lowercase()
    } else {
        text.nfkc().collect::<String>().to_lowercase()
    }
}

/// Composes accents, drops control characters, and makes one space of any run of white space.
fn tidy(text: &str) -> String {
    let composed = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    };
    let mut tidy = String::with_capacity(composed.len());
    for word in composed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_scheme_fold_to_one() {
        let spellings =
            ["Førtidspension", " førtidspension ", "FØRTIDSPENSION", "Fo\u{338}rtidspension", "Førtids\u{ad}pension"];
        let folded: Vec<_> = spellings[..3].iter().map(|s| Scheme::new(s).expect("not empty").folded()).collect();
        assert!(folded.iter().all(|f| f == "førtidspension"), "{folded:?}");
        assert_eq!(Scheme::new("Offentlig \t hjælp").map(|s| s.folded()).as_deref(), Some("offentlig hjælp"));
        assert_eq!(Scheme::new(" \u{a0} "), None);
    }
}
