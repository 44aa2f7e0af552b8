//! A message as it was said: an English pattern and its arguments, in no language yet.

use std::borrow::Cow;
use std::fmt;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::{Language, catalogue, figures, language};
use crate::payment::{Amount, BatchId, Currency, EndToEndId, Period};

/// Something said to a person. `Display` puts it into the language of the process.
///
/// Words come into one through [`say!`](crate::say) and [`phrase!`](crate::phrase) only, whose patterns have their Danish; what was written by
/// others, such as a name or the word of another program, is [`verbatim`](Message::verbatim).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(Said);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Pattern {
        english: &'static str,
        arguments: Vec<(&'static str, Argument)>,
    },
    AsWritten(String),
    /// Sentences that follow each other.
    Several(Vec<Message>),
}

/// What stands in a message beside its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    Text(String),
    Amount(Amount),
    Day(NaiveDate),
    /// How many: written with marks between thousands, and able to choose the form of a noun.
    Count(u64),
    Message(Box<Message>),
}

/// Words without arguments, as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase(&'static str);

impl Phrase {
    pub const fn new(english: &'static str) -> Self {
        Self(english)
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Message::from(*self).fmt(f)
    }
}

/// A writer refuses in words, and what it returns carries errors.
impl std::error::Error for Message {}

impl From<Phrase> for Message {
    fn from(phrase: Phrase) -> Self {
        Message::new(phrase.0, Vec::new())
    }
}

impl Message {
    /// For [`say!`](crate::say), which sees to it that the names in the pattern are those of the arguments.
    pub fn new(english: &'static str, arguments: Vec<(&'static str, Argument)>) -> Self {
        Self(Said::Pattern { english, arguments })
    }

    /// What has no language: figures, a name, a text that was put into words before.
    /// A text of one of our own tables (`profiles/`): translated where the catalogue has it, as written where a person's settings have replaced it.
    pub fn of_table(text: &str) -> Self {
        super::catalogue::known(text).map_or_else(|| Self::verbatim(text), |text| Self::new(text, Vec::new()))
    }

    pub fn verbatim(written: impl Into<String>) -> Self {
        Self(Said::AsWritten(written.into()))
    }

    /// With another sentence behind it.
    pub fn and(self, next: impl Into<Message>) -> Self {
        match self.0 {
            Said::Several(mut messages) => {
                messages.push(next.into());
                Self(Said::Several(messages))
            }
            _ => Self(Said::Several(vec![self, next.into()])),
        }
    }

    pub fn in_language(&self, language: Language) -> String {
        let mut text = String::new();
        self.write(language, &mut text);
        text
    }

    /// In the language of the process.
    pub fn in_words(&self) -> Cow<'_, str> {
        match &self.0 {
            Said::AsWritten(written) => written.into(),
            _ => self.in_language(language()).into(),
        }
    }

    /// Whether the words, in the language of the process, hold this part.
    pub fn contains(&self, part: impl AsRef<str>) -> bool {
        self.to_string().contains(part.as_ref())
    }

    pub fn starts_with(&self, part: impl AsRef<str>) -> bool {
        self.to_string().starts_with(part.as_ref())
    }

    fn write(&self, language: Language, text: &mut String) {
        match &self.0 {
            Said::AsWritten(written) => text.push_str(written),
            Said::Several(messages) => {
                for (at, message) in messages.iter().enumerate() {
                    if at > 0 {
                        text.push(' ');
                    }
                    message.write(language, text);
                }
            }
            Said::Pattern { english, arguments } => {
                let pattern = match language {
                    Language::English => english,
                    // What has no Danish yet is said in English, sooner than not at all.
                    Language::Danish => catalogue::danish(english).unwrap_or(english),
                };
                for piece in Pieces(pattern) {
                    match piece {
                        Piece::Words(words) => text.push_str(words),
                        Piece::Argument { name, forms } => {
                            let found = arguments.iter().find(|(known, _)| *known == name);
                            if let Some((_, argument)) = found {
                                argument.write(language, forms, text);
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Argument {
    fn write(&self, language: Language, forms: Option<&str>, text: &mut String) {
        match self {
            Argument::Text(written) => text.push_str(written),
            Argument::Amount(amount) => text.push_str(&figures::amount_in(*amount, language)),
            Argument::Day(date) => text.push_str(&figures::day_in(*date, language)),
            Argument::Message(message) => message.write(language, text),
            Argument::Count(number) => {
                text.push_str(&figures::count_in(*number, language));
                if let Some((one, many)) = forms.and_then(|forms| forms.split_once('|')) {
                    text.push(' ');
                    text.push_str(if *number == 1 { one } else { many });
                }
            }
        }
    }
}

/// A pattern, taken apart.
struct Pieces<'a>(&'a str);

enum Piece<'a> {
    Words(&'a str),
    Argument { name: &'a str, forms: Option<&'a str> },
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.0.is_empty() {
            return None;
        }
        match self.0.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((inside, rest)) => {
                self.0 = rest;
                let (name, forms) = inside.split_once(':').map_or((inside, None), |(name, forms)| (name, Some(forms)));
                Some(Piece::Argument { name, forms })
            }
            None => {
                let first = self.0.chars().next().map_or(0, char::len_utf8);
                let end = self.0[first..].find('{').map_or(self.0.len(), |at| first + at);
                let (words, rest) = self.0.split_at(end);
                self.0 = rest;
                Some(Piece::Words(words))
            }
        }
    }
}

/// The names in a pattern, each once, in the order of the alphabet.
#[cfg(test)]
pub(super) fn names(pattern: &str) -> std::collections::BTreeSet<&str> {
    let name = |piece| match piece {
        Piece::Argument { name, .. } => Some(name),
        Piece::Words(_) => None,
    };
    Pieces(pattern).filter_map(name).collect()
}

/// Whether each name in the pattern is one of these, and each of these is in the pattern. Asked when the program is compiled.
pub const fn holds_exactly(pattern: &str, names: &[&str]) -> bool {
    let pattern = pattern.as_bytes();
    let mut met = [false; 16];
    let mut at = 0;
    while at < pattern.len() {
        if pattern[at] == b'{' {
            let start = at + 1;
            while at < pattern.len() && pattern[at] != b'}' && pattern[at] != b':' {
                at += 1;
            }
            let mut known = false;
            let mut name = 0;
            while name < names.len() {
                if is_at(names[name].as_bytes(), pattern, start, at) {
                    known = true;
                    met[name] = true;
                }
                name += 1;
            }
            if !known {
                return false;
            }
        }
        at += 1;
    }
    let mut name = 0;
    while name < names.len() {
        if !met[name] {
            return false;
        }
        name += 1;
    }
    true
}

const fn is_at(name: &[u8], pattern: &[u8], start: usize, end: usize) -> bool {
    if end - start != name.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if pattern[start + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.in_words())
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.in_words())
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.to_string()
    }
}

impl PartialEq<str> for Message {
    fn eq(&self, words: &str) -> bool {
        self.in_language(language()) == words
    }
}

impl PartialEq<&str> for Message {
    fn eq(&self, words: &&str) -> bool {
        self == *words
    }
}

macro_rules! argument_from {
    ($($source:ty: $value:ident => $argument:expr,)*) => {
        $(impl From<$source> for Argument {
            fn from($value: $source) -> Self {
                $argument
            }
        })*
    };
}

argument_from! {
    String: text => Argument::Text(text),
    &String: text => Argument::Text(text.clone()),
    &str: text => Argument::Text(text.to_owned()),
    Cow<'_, str>: text => Argument::Text(text.into_owned()),
    Amount: amount => Argument::Amount(amount),
    NaiveDate: date => Argument::Day(date),
    char: letter => Argument::Text(letter.to_string()),
    i32: number => Argument::Text(number.to_string()),
    std::io::Error: error => Argument::Message(Box::new(error.into())),
    &std::io::Error: error => Argument::Message(Box::new(error.into())),
    std::str::EscapeDebug<'_>: shown => Argument::Text(shown.to_string()),
    u64: number => Argument::Count(number),
    u32: number => Argument::Count(number.into()),
    u16: number => Argument::Count(number.into()),
    usize: number => Argument::Count(number as u64),
    Message: message => Argument::Message(Box::new(message)),
    &Message: message => Argument::Message(Box::new(message.clone())),
    Phrase: phrase => Argument::Message(Box::new(phrase.into())),
    BatchId: batch => Argument::Text(batch.to_string()),
    &BatchId: batch => Argument::Text(batch.to_string()),
    EndToEndId: id => Argument::Text(id.to_string()),
    &EndToEndId: id => Argument::Text(id.to_string()),
    Period: period => Argument::Text(period.to_string()),
    Currency: currency => Argument::Text(currency.code().to_owned()),
    std::path::Display<'_>: path => Argument::Text(path.to_string()),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{phrase, say};

    #[test]
    fn arguments_stand_where_the_pattern_has_their_names() {
        let shown = "\"x\"";
        let limit = Amount::from_minor_units(10_000_000, Currency::Dkk);
        let message = say!(
            "{shown}: {limit} {rows:row|rows}, row {row}.",
            shown,
            limit,
            rows = 1u64,
            row = figures::ungrouped(1203u32)
        );
        assert_eq!(message.in_language(Language::English), "\"x\": 100,000.00 1 row, row 1203.");
        let rows = |rows: u64| say!("{rows:row|rows}", rows).in_language(Language::English);
        assert_eq!((rows(0).as_str(), rows(2531).as_str()), ("0 rows", "2,531 rows"));
    }

    #[test]
    fn what_stands_in_an_argument_is_never_taken_for_a_pattern() {
        let message = say!("{text} is {what}.", text = "{what}", what = "no date");
        assert_eq!(message.in_language(Language::English), "{what} is no date.");
        assert_eq!(Message::verbatim("{x}").in_language(Language::Danish), "{x}");
    }

    #[test]
    fn a_message_inside_a_message_speaks_its_language() {
        const REASON: Phrase = phrase!("it consists of zeros");
        let message = say!("Because {reason}.", reason = REASON);
        assert_eq!(message.in_language(Language::English), "Because it consists of zeros.");
        assert_eq!(
            message.clone().and(say!("{x}", x = "So.")).in_language(Language::English),
            "Because it consists of zeros. So."
        );
    }

    #[test]
    fn names_must_be_those_of_the_arguments() {
        assert!(holds_exactly("{a} and {b:row|rows}", &["a", "b"]));
        assert!(holds_exactly("none", &[]));
        assert!(!holds_exactly("{a}", &[]));
        assert!(!holds_exactly("{a}", &["a", "b"]));
        assert!(!holds_exactly("{ab}", &["a"]));
    }
}
