//! `codes.toml`: what each code means and what to do about it, in every language. Built in; read when somebody asks.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Language;
use crate::checks::{Code, Severity};

const FILE: &str = include_str!("codes.toml");

/// What a code does: to a row, or to the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Row(Severity),
    /// Exit 2: nothing changed.
    Input,
    /// Exit 3: nothing changed.
    Refused,
    /// Exit 4: nothing half-done.
    Failed,
    /// The command goes on.
    Told,
}

impl Effect {
    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Row(severity) => severity.as_str(),
            Effect::Input => "input",
            Effect::Refused => "refused",
            Effect::Failed => "failed",
            Effect::Told => "told",
        }
    }
}

/// One code, explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub code: &'static str,
    pub effect: Effect,
    means: &'static Both,
    remedy: &'static Both,
    /// A cell or a command that causes it.
    pub example: Option<&'static str>,
}

impl Explanation {
    pub fn means(&self, language: Language) -> &'static str {
        self.means.in_language(language)
    }

    /// What to do about it.
    pub fn remedy(&self, language: Language) -> &'static str {
        self.remedy.in_language(language)
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ends {
    Input,
    Refused,
    Failed,
    Told,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ends: Option<Ends>,
    means: Both,
    #[serde(rename = "do")]
    remedy: Both,
    example: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    en: String,
    da: String,
}

impl Both {
    fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Danish => &self.da,
        }
    }
}

// The file is part of the program and a test reads it: it cannot be malformed in one that was given out.
static ENTRIES: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| toml::from_str(FILE).unwrap_or_default());

/// Every explanation: those of rows first, by severity, each sort by the alphabet.
pub fn all() -> Vec<Explanation> {
    let mut all: Vec<Explanation> = ENTRIES.iter().filter_map(|(code, entry)| explanation(code, entry)).collect();
    let weight = |effect: Effect| match effect {
        Effect::Row(severity) => (0, std::cmp::Reverse(severity), 0),
        Effect::Input => (1, std::cmp::Reverse(Severity::Info), 0),
        Effect::Refused => (1, std::cmp::Reverse(Severity::Info), 1),
        Effect::Failed => (1, std::cmp::Reverse(Severity::Info), 2),
        Effect::Told => (1, std::cmp::Reverse(Severity::Info), 3),
    };
    all.sort_by_key(|one| (weight(one.effect), one.code));
    all
}

pub fn of(code: &str) -> Option<Explanation> {
    let (code, entry) = ENTRIES.get_key_value(code)?;
    explanation(code, entry)
}

fn explanation(code: &'static str, entry: &'static Entry) -> Option<Explanation> {
    let of_rows = Code::ALL.iter().find(|known| known.as_str() == code).map(|code| Effect::Row(code.severity()));
    let ends = entry.ends.map(|ends| match ends {
        Ends::Input => Effect::Input,
        Ends::Refused => Effect::Refused,
        Ends::Failed => Effect::Failed,
        Ends::Told => Effect::Told,
    });
    Some(Explanation {
        code,
        effect: of_rows.or(ends)?,
        means: &entry.means,
        remedy: &entry.remedy,
        example: entry.example.as_deref(),
    })
}

/// The codes that are most like a text, nearest first.
pub fn near(text: &str) -> Vec<&'static str> {
    let likeness = |code: &str| {
        let by_end = code.split_once('.').map_or(0.0, |(_, end)| strsim::jaro_winkler(end, text));
        strsim::jaro_winkler(code, text).max(by_end)
    };
    let mut near: Vec<(f64, &'static str)> = ENTRIES.keys().map(|code| (likeness(code), code.as_str())).collect();
    near.retain(|(likeness, code)| *likeness > 0.75 || code.starts_with(&format!("{text}.")));
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.into_iter().map(|(_, code)| code).take(8).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources() -> Vec<PathBuf> {
        let mut sources = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(&folder).expect("the sources").flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if name.ends_with(".rs") && name != "tests.rs" && name != "made_up.rs" {
                    sources.push(path);
                }
            }
        }
        sources
    }

    /// Dotted words in the sources that are no codes: files, settings, formats, versions.
    fn is_no_code(word: &str) -> bool {
        const ENDINGS: &[&str] =
            &["csv", "xml", "html", "json", "txt", "db", "log", "toml", "0", "00", "jsonl", "pdf", "xlsx"];
        const SETTINGS: &[&str] = &["limits", "retention", "copies", "outgoing", "camt", "pain", "pacs", "fuse"];
        const WORDS: &[&str] = &[
            "payer.currency",
            "upstream.g68",
            "upstream.pain001",
            "stoplist.columns",
            "stoplist.delimiter",
            "stoplist.encoding",
            "stoplist.decimal",
            "stoplist.layouts",
        ];
        // Every other word with `profile` or `recovery` is a setting.
        const NO_SETTINGS: &[&str] = &["profile.unknown", "profile.payer_account", "profile.test", "recovery.limits"];
        let (start, end) = word.split_once('.').unwrap_or((word, ""));
        ENDINGS.contains(&end)
            || SETTINGS.contains(&start)
            || WORDS.contains(&word)
            || (["profile", "recovery"].contains(&start) && !NO_SETTINGS.contains(&word))
    }

    /// Every dotted word that stands as a literal in the sources, and how a fault with it ends, where one is made on the spot.
    fn words_of(source: &str) -> Vec<(String, Option<&'static str>)> {
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let source: String = lines.flat_map(|line| [line.trim(), " "]).collect();
        let mut words = Vec::new();
        for (at, _) in source.match_indices('"') {
            let Some((word, _)) = source[at + 1..].split_once('"') else { continue };
            let part = |part: &str| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            let dotted = word.split_once('.').is_some_and(|(one, other)| part(one) && part(other));
            if dotted {
                let before = source[..at].trim_end();
                let made = [("Fault::input(", "input"), ("Fault::refused(", "refused"), ("Fault::failed(", "failed")];
                let ends = made.iter().find(|(call, _)| before.ends_with(call)).map(|(_, ends)| *ends);
                words.push((word.to_owned(), ends));
            }
        }
        words
    }

    #[test]
    fn every_code_that_the_program_can_give_is_explained() {
        let mut missing = BTreeSet::new();
        let mut made: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for path in sources() {
            let source = std::fs::read_to_string(&path).expect("a source");
            for (word, ends) in words_of(&source).into_iter().filter(|(word, _)| !is_no_code(word)) {
                if of(&word).is_none() {
                    missing.insert(format!("{word} in {}", path.display()));
                }
                made.entry(word).or_default().extend(ends);
            }
        }
        for (code, ends) in made.iter().filter(|(_, ends)| !ends.is_empty()) {
            let Some(Explanation { effect, .. }) = of(code) else { continue };
            let agrees = matches!(effect, Effect::Row(_)) || ends.contains(effect.as_str());
            assert!(agrees, "{code} ends as {ends:?} and is explained as {}", effect.as_str());
        }
        assert!(missing.is_empty(), "no explanation in src/words/codes.toml for\n{missing:#?}");
        assert!(Code::ALL.iter().all(|code| of(code.as_str()).is_some()));
    }

    #[test]
    fn what_is_explained_is_complete_and_can_still_be_given() {
        let entries: BTreeMap<String, Entry> = toml::from_str(FILE).expect("codes.toml is well-formed");
        assert_eq!(entries.len(), all().len(), "each says what it does to a row or a command");
        let sources: Vec<String> =
            sources().iter().map(|path| std::fs::read_to_string(path).expect("a source")).collect();
        for (code, entry) in &entries {
            let literal = format!("\"{code}\"");
            assert!(sources.iter().any(|source| source.contains(&literal)), "nothing gives {code}");
            for both in [&entry.means, &entry.remedy] {
                assert!(!both.en.is_empty() && !both.da.is_empty() && both.en != both.da, "{code}");
            }
        }
    }

    #[test]
    fn a_slip_finds_the_code_that_was_meant() {
        for (written, meant) in
            [("id.checksumm", "id.checksum"), ("mojibake", "list.mojibake"), ("dublicate.same", "duplicate.same")]
        {
            assert!(near(written).contains(&meant), "{written}: {:?}", near(written));
        }
        assert!(near("list").len() > 3);
        assert!(near("zzzzzz").is_empty());
    }
}
