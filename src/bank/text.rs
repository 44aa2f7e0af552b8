//! The characters that a bank file may hold.
//!
//! The base is the Latin set of SWIFT and SEPA; Nordic domestic payments add the letters and signs below. The sets are those of the
//! Norwegian common guide to ISO 20022 (appendix on characters) and of the Danish appendix to the Common Global Implementation guide.
//! A name in other letters is written with the nearest of these, visibly: whoever approves it sees both forms.

pub(crate) use crate::payment::is_invisible;
use smol_str::SmolStr;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// The sets of characters that banks' doors take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Characters {
    /// The base and the Nordic letters and signs: ISO 20022 within the Nordic countries.
    #[default]
    Nordic,
    /// The same as far as Windows-1252 has them: the Danish flat files.
    Nordic1252,
    /// The base alone: SEPA, and whatever crosses a border. Nordic letters are written as two ([`LATIN_REPLACEMENTS`]), never dropped.
    Latin,
}

impl Characters {
    pub const ALL: [Characters; 3] = [Characters::Nordic, Characters::Nordic1252, Characters::Latin];

    pub fn as_str(self) -> &'static str {
        match self {
            Characters::Nordic => "nordic",
            Characters::Nordic1252 => "nordic-1252",
            Characters::Latin => "latin",
        }
    }

    /// Whether a character stands in the set as it is.
    #[inline]
    pub fn has(self, c: char) -> bool {
        match self {
            Characters::Nordic => is_permitted(c),
            Characters::Nordic1252 => is_permitted(c) && !matches!(c, 'đ' | 'Đ'),
            Characters::Latin => is_in(&LATIN_ASCII, c),
        }
    }

    /// Writes `written` in these characters, at most `limit` of them.
    pub fn write(self, written: &str, limit: usize) -> BankText {
        if self.has_as_it_is(written, limit) {
            return BankText { text: written.into(), replaced: false, shortened: false };
        }
        let text = to_bank_text(written, usize::MAX);
        if text.text.chars().all(|c| self.has(c)) {
            return to_bank_text(written, limit);
        }
        let mut narrower = String::with_capacity(text.text.len());
        for c in text.text.chars() {
            match self.has(c) {
                true => narrower.push(c),
                false => narrower.push_str(&self.instead(c)),
            }
        }
        BankText { replaced: true, ..to_bank_text(&narrower, limit) }
    }

    /// Whether a text, as nearly every one, needs nothing done to it.
    fn has_as_it_is(self, written: &str, limit: usize) -> bool {
        let ascii = self.ascii();
        let (mut before, mut fits) = (b' ', true);
        for byte in written.bytes() {
            fits &= (ascii[usize::from(byte)] | !byte.is_ascii()) & ((byte != b' ') | (before != b' '));
            before = byte;
        }
        fits && (written.is_empty() || before != b' ')
            && (written.is_ascii() || written.chars().filter(|c| !c.is_ascii()).all(|c| self.has(c)))
            && (written.len() <= limit || written.chars().count() <= limit)
    }

    /// Which of ASCII's characters are in the set.
    fn ascii(self) -> &'static Ascii {
        match self {
            Characters::Nordic | Characters::Nordic1252 => &ASCII,
            Characters::Latin => &LATIN_ASCII,
        }
    }

    fn instead(self, c: char) -> String {
        if let Some(instead) = latin_replacement(c) {
            return instead.to_owned();
        }
        let base = c.to_string().nfd().next().filter(|base| self.has(*base));
        base.map_or_else(|| "?".to_owned(), String::from)
    }
}

impl std::str::FromStr for Characters {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|set| set.as_str() == text).ok_or(())
    }
}

/// What is written for Nordic letters and signs where only the base is taken: as these countries write their own names without them.
/// Letters with other accents lose these.
const LATIN_REPLACEMENTS: &[(char, &str)] = &[
    ('å', "aa"),
    ('Å', "Aa"),
    ('æ', "ae"),
    ('Æ', "Ae"),
    ('ø', "oe"),
    ('Ø', "Oe"),
    ('ä', "ae"),
    ('Ä', "Ae"),
    ('ö', "oe"),
    ('Ö', "Oe"),
    ('ü', "ue"),
    ('Ü', "Ue"),
    ('ß', "ss"),
    ('đ', "d"),
    ('Đ', "D"),
    ('&', "+"),
    ('%', " pct."),
    ('=', "-"),
    ('@', "(at)"),
    ('§', "par. "),
];

pub(crate) fn latin_replacement(c: char) -> Option<&'static str> {
    LATIN_REPLACEMENTS.iter().find(|(nordic, _)| *nordic == c).map(|(_, instead)| *instead)
}

/// A text as the bank will have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankText {
    pub text: SmolStr,
    /// Something other than white space is not as it was written (and not merely cut off at the end).
    pub replaced: bool,
    /// It was longer than the limit.
    pub shortened: bool,
}

/// Writes `written` in the bank's characters, at most `limit` of them.
///
/// White space becomes single spaces; accents unknown to the bank are dropped; [`REPLACEMENTS`] are written as their neighbours;
/// invisible marks vanish; what remains becomes `?`.
pub fn to_bank_text(written: &str, limit: usize) -> BankText {
    let (mapped, replaced) = if written.chars().all(|c| is_permitted(c) || c.is_whitespace()) {
        (written.to_owned(), false)
    } else {
        map_all(written)
    };
    let tidy = mapped.split_whitespace().collect::<Vec<_>>().join(" ");
    let shortened = tidy.chars().count() > limit;
    let cut: String = tidy.chars().take(limit).collect();
    BankText { text: cut.trim_end().into(), replaced, shortened }
}

/// Whether a character stands in the bank's set as it is.
#[inline]
pub fn is_permitted(c: char) -> bool {
    match c {
        '\0'..='\x7F' => is_in(&ASCII, c),
        '§' | 'ß' => true,
        'á' | 'ä' | 'ç' | 'đ' | 'é' | 'í' | 'ó' | 'ö' | 'ú' | 'ü' | 'ý' | 'æ' | 'ø' | 'å' => true,
        'Á' | 'Ä' | 'Ç' | 'Đ' | 'É' | 'Í' | 'Ó' | 'Ö' | 'Ú' | 'Ü' | 'Ý' | 'Æ' | 'Ø' | 'Å' => true,
        _ => false,
    }
}

/// Whether each character of ASCII is in a set: every letter of every name is looked up. What lies beyond ASCII is in none.
type Ascii = [bool; 256];

static ASCII: Ascii = adding(adding([false; 256], LATIN), b"%&=@");

static LATIN_ASCII: Ascii = adding([false; 256], LATIN);

const LATIN: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 /-?:().,'+";

const fn adding(mut set: Ascii, characters: &[u8]) -> Ascii {
    let mut at = 0;
    while at < characters.len() {
        set[characters[at] as usize] = true;
        at += 1;
    }
    set
}

fn is_in(set: &Ascii, c: char) -> bool {
    u8::try_from(c).is_ok_and(|byte| set[usize::from(byte)])
}

/// Characters that are not an accented form of a permitted one, and what is written for them.
const REPLACEMENTS: &[(char, &str)] = &[
    // Letters. The kra of older Greenlandic spelling is today's q.
    ('ĸ', "q"),
    ('ł', "l"),
    ('Ł', "L"),
    ('œ', "oe"),
    ('Œ', "OE"),
    ('ð', "d"),
    ('Ð', "D"),
    ('þ', "th"),
    ('Þ', "Th"),
    ('ŋ', "ng"),
    ('Ŋ', "Ng"),
    ('ŧ', "t"),
    ('Ŧ', "T"),
    ('ħ', "h"),
    ('Ħ', "H"),
    ('ı', "i"),
    ('ə', "e"),
    ('Ə', "E"),
    ('ẞ', "SS"),
    ('ʼ', "'"),
    ('ʻ', "'"),
    // Quotation marks and accents that stand alone.
    ('"', "'"),
    ('`', "'"),
    ('´', "'"),
    ('‘', "'"),
    ('’', "'"),
    ('‚', "'"),
    ('‛', "'"),
    ('“', "'"),
    ('”', "'"),
    ('„', "'"),
    ('‟', "'"),
    ('′', "'"),
    ('″', "'"),
    ('«', "'"),
    ('»', "'"),
    ('‹', "'"),
    ('›', "'"),
    // Dashes.
    ('‐', "-"),
    ('‑', "-"),
    ('‒', "-"),
    ('–', "-"),
    ('—', "-"),
    ('―', "-"),
    ('−', "-"),
    ('_', "-"),
    ('~', "-"),
    // Signs.
    ('…', "..."),
    ('·', "."),
    ('•', "-"),
    ('*', "-"),
    ('!', "."),
    ('¡', "."),
    ('¿', "?"),
    (';', ","),
    ('[', "("),
    ('{', "("),
    ('<', "("),
    (']', ")"),
    ('}', ")"),
    ('>', ")"),
    ('\\', "/"),
    ('|', "/"),
    ('⁄', "/"),
    ('#', "nr."),
    ('€', "EUR"),
    ('£', "GBP"),
    ('$', "USD"),
    ('°', "o"),
    ('×', "x"),
];

fn replacement(c: char) -> Option<&'static str> {
    REPLACEMENTS.iter().find(|(written, _)| *written == c).map(|(_, instead)| *instead)
}

/// Every character in the bank's set or as white space, and whether any is not as written.
fn map_all(written: &str) -> (String, bool) {
    let mut mapped = String::with_capacity(written.len());
    let mut replaced = false;
    for c in written.nfc() {
        if is_permitted(c) {
            mapped.push(c);
        } else if c.is_whitespace() {
            mapped.push(' ');
        } else {
            replaced = true;
            map_one(c, &mut mapped);
        }
    }
    (mapped, replaced)
}

/// Writes one foreign character.
fn map_one(c: char, mapped: &mut String) {
    if is_invisible(c) {
    } else if c.is_control() {
        mapped.push(' ');
    } else if let Some(instead) = replacement(c) {
        mapped.push_str(instead);
    } else {
        let mut parts = Vec::new();
        decompose_compatible(c, |part| parts.push(part));
        for letter in parts.chunk_by(|_, next| canonical_combining_class(*next) != 0) {
            mapped.push_str(&without_accents(letter));
        }
    }
}

/// A letter and its accents, with as many of these as the bank knows: `ǻ` is `å`, `ấ` is `a`.
fn without_accents(letter: &[char]) -> String {
    let is_accent = |c: char| canonical_combining_class(c) != 0 || is_invisible(c);
    let Some(base) = letter.first().copied().filter(|base| !is_accent(*base)) else {
        return String::new();
    };
    let known = (1..=letter.len()).rev().find_map(|kept| {
        let composed: String = letter.iter().take(kept).copied().nfc().collect();
        composed.chars().all(is_permitted).then_some(composed)
    });
    known.or_else(|| replacement(base).map(String::from)).unwrap_or_else(|| match base.is_whitespace() {
        true => " ".into(),
        false => "?".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_written_in_the_banks_characters() {
        // written, at the bank, something replaced
        let table = [
            ("Ane-Sofie Ødegård Æbelø", "Ane-Sofie Ødegård Æbelø", false),
            ("Jürgen Groß (søn), 50 % & Co. @ §7 = +3", "Jürgen Groß (søn), 50 % & Co. @ §7 = +3", false),
            ("  Malik \t\u{a0}\u{2003}Olsen\r\n", "Malik Olsen", false),
            ("A\u{30a}se", "Åse", false),
            ("Kalaallit Nunaat ĸ", "Kalaallit Nunaat q", true),
            ("Łukasz Wałęsa", "Lukasz Walesa", true),
            ("Norðoya Þórr", "Nordoya Thórr", true),
            ("Zoë Muñoz ǻ ấ ǿ ő ş İ", "Zoe Munoz å a ø o s I", true),
            ("Č\u{30c}q\u{303}", "Cq", true),
            ("O’Connor – “Pia” œuvre…", "O'Connor - 'Pia' oeuvre...", true),
            ("Ｏｌｓｅｎ ﬁ ½", "Olsen fi 1/2", true),
            ("An\u{200b}ne\u{202e} Be\u{ad}rg", "Anne Berg", true),
            ("Bell\u{7}a\u{0}", "Bell a", true),
            ("李明", "??", true),
            ("👩\u{200d}👧", "??", true),
            ("´", "'", true),
            ("a¨b", "a b", true),
            ("\u{301}", "", true),
            ("", "", false),
        ];
        for (written, text, replaced) in table {
            let expected = BankText { text: text.into(), replaced, shortened: false };
            assert_eq!(to_bank_text(written, 140), expected, "{written:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_by_characters_and_never_ends_in_a_space() {
        let table = [
            ("æøåæøå", 6, "æøåæøå", false),
            ("æøåæøå", 5, "æøåæø", true),
            ("Ane Berg", 4, "Ane", true),
            ("Ane   ", 3, "Ane", false),
            ("Ane", 0, "", true),
        ];
        for (written, limit, text, shortened) in table {
            let expected = BankText { text: text.into(), replaced: false, shortened };
            assert_eq!(to_bank_text(written, limit), expected, "{written:?} in {limit}");
        }
    }

    #[test]
    fn every_replacement_is_needed_and_permitted() {
        for (written, instead) in REPLACEMENTS {
            assert!(!is_permitted(*written), "{written} is permitted as it is");
            assert!(instead.chars().all(is_permitted), "{instead} for {written}");
            assert_eq!(written.to_string().nfc().collect::<String>(), written.to_string(), "{written} is composed");
        }
    }

    #[test]
    fn narrower_sets_write_nordic_letters_as_two_and_lose_none() {
        let table = [
            (Characters::Nordic, "Åse Đorđević & Søn", "Åse Đorđevic & Søn", true),
            (Characters::Nordic1252, "Åse Đorđević & Søn", "Åse Dordevic & Søn", true),
            (Characters::Nordic1252, "Åse & Søn", "Åse & Søn", false),
            (Characters::Latin, "Åse & Bjørn Æbelø", "Aase + Bjoern Aebeloe", true),
            (Characters::Latin, "Jürgen Groß, 50 % @ §7", "Juergen Gross, 50 pct. (at) par. 7", true),
            (Characters::Latin, "Zoë Áki é ç ý", "Zoe Aki e c y", true),
            (Characters::Latin, "Ane Berg", "Ane Berg", false),
        ];
        for (set, written, text, replaced) in table {
            let found = set.write(written, 140);
            assert_eq!((found.text.as_str(), found.replaced), (text, replaced), "{written} in {set:?}");
        }
        let cut = Characters::Latin.write("Ååå", 3);
        assert_eq!((cut.text.as_str(), cut.shortened), ("Aaa", true), "the limit counts what is sent");
        for (nordic, instead) in LATIN_REPLACEMENTS {
            assert!(is_permitted(*nordic) && instead.chars().all(|c| Characters::Latin.has(c)), "{nordic}");
        }
    }

    proptest! {
        #[test]
        fn every_set_is_kept_to(written in "\\PC{0,60}", limit in 0usize..50) {
            for set in Characters::ALL {
                let text = set.write(&written, limit);
                prop_assert!(text.text.chars().all(|c| set.has(c)), "{:?}", text.text);
                prop_assert!(text.text.chars().count() <= limit);
                let encodable = !encoding_rs::WINDOWS_1252.encode(&text.text).2;
                prop_assert!(encodable || set == Characters::Nordic, "{:?}", text.text);
            }
        }

        #[test]
        fn a_bank_text_is_permitted_short_and_its_own_bank_text(written in "\\PC{0,60}|[\\x00-\\x{2fff}]{0,60}", limit in 0usize..50) {
            let once = to_bank_text(&written, limit);
            prop_assert!(once.text.chars().all(is_permitted), "{:?}", once.text);
            prop_assert!(once.text.chars().count() <= limit);
            let again = BankText { text: once.text.clone(), replaced: false, shortened: false };
            prop_assert_eq!(to_bank_text(&once.text, limit), again);
        }
    }
}
