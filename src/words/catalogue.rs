//! `danish.txt`: blocks of two lines, the English of a message and its Danish, with an empty line between blocks. `\n` is a line break;
//! a Danish line of `=` says that the Danish is the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

const FILE: &str = include_str!("danish.txt");

static DANISH: LazyLock<HashMap<Cow<'static, str>, Cow<'static, str>>> = LazyLock::new(|| {
    let mut lines = FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut pairs = HashMap::new();
    while let (Some(english), Some(danish)) = (lines.next(), lines.next()) {
        pairs.insert(unescaped(english), unescaped(if danish == "=" { english } else { danish }));
    }
    pairs
});

/// The Danish of a pattern.
pub(super) fn danish(english: &str) -> Option<&'static str> {
    DANISH.get(english).map(Cow::as_ref)
}

/// The English of a pattern as the catalogue has it, for texts that stand in a table and not in the sources.
pub(super) fn known(english: &str) -> Option<&'static str> {
    DANISH.get_key_value(english).map(|(english, _)| english.as_ref())
}

fn unescaped(line: &'static str) -> Cow<'static, str> {
    if line.contains("\\n") { Cow::Owned(line.replace("\\n", "\n")) } else { Cow::Borrowed(line) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::message::names;
    use super::*;
    use crate::bank::door::{Door, all_built_in};

    /// Every pattern that the sources hold, with the file that it stands in.
    fn said_in_the_sources() -> Vec<(String, String)> {
        let mut patterns = Vec::new();
        let mut folders =
            ["src", "templates"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).to_vec();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("the sources").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "html") {
                    let source = std::fs::read_to_string(&path).expect("a source");
                    // What stands below a file's tests is said to nobody.
                    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                    let literals = literals_of(source);
                    patterns.extend(literals.into_iter().map(|pattern| (pattern, path.display().to_string())));
                }
            }
        }
        assert!(!patterns.is_empty());
        patterns.extend(said_of_doors());
        patterns.extend(crate::cli::said_by_help().into_iter().map(|text| (text, "--help".to_owned())));
        patterns
    }

    /// What the tables of banks' doors say to people.
    fn said_of_doors() -> Vec<(String, String)> {
        let of = |door: &Door| {
            let texts = [door.title.clone()].into_iter().chain(door.cut_off.clone()).chain(door.ask.iter().cloned());
            texts.map(|text| (text, format!("profiles/{}.toml", door.profile.name))).collect::<Vec<_>>()
        };
        all_built_in().iter().flat_map(of).collect()
    }

    /// The literals that `say!` and `phrase!` begin with, and what a template says.
    fn literals_of(source: &str) -> Vec<String> {
        let mut literals = Vec::new();
        for (at, start) in ["say!(", "phrase!(", "self.say("].iter().flat_map(|start| source.match_indices(start)) {
            let rest = source[at + start.len()..].trim_start();
            let Some(rest) = rest.strip_prefix('"') else { continue };
            let mut literal = String::new();
            let mut chars = rest.chars().peekable();
            loop {
                match chars.next() {
                    None | Some('"') => break,
                    Some('\\') => match chars.next() {
                        Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                        Some('n') => literal.push('\n'),
                        Some(c) => literal.push(c),
                        None => break,
                    },
                    Some(c) => literal.push(c),
                }
            }
            literals.push(literal);
        }
        literals
    }

    #[test]
    fn every_message_has_its_danish_with_the_same_arguments() {
        let mut missing = BTreeSet::new();
        for (english, file) in said_in_the_sources() {
            match danish(&english) {
                None => {
                    missing.insert(format!("{file}: {english}"));
                }
                Some(danish) => assert_eq!(names(&english), names(danish), "{english}\n{danish}"),
            }
        }
        let missing: Vec<_> = missing.into_iter().collect();
        assert!(missing.is_empty(), "no Danish in src/words/danish.txt for\n{}", missing.join("\n"));
    }

    #[test]
    fn no_danish_is_left_behind_by_a_message_that_is_gone() {
        let said: BTreeSet<String> = said_in_the_sources().into_iter().map(|(pattern, _)| pattern).collect();
        let left: Vec<_> = DANISH.keys().filter(|english| !said.contains(english.as_ref())).collect();
        assert!(left.is_empty(), "{left:#?}");
    }

    #[test]
    fn both_languages_have_the_same_figures() {
        // The days of the calendar: Danish counts them.
        let counted = ["Easter Monday", "Whit Monday", "May Day", "Christmas Day", "Boxing Day"];
        let figures = |text: &str| {
            let mut figures: Vec<String> = text
                .split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))
                .map(|word| word.chars().filter(char::is_ascii_digit).collect::<String>())
                .filter(|digits| !digits.is_empty())
                .collect();
            figures.sort();
            figures
        };
        for (english, danish) in DANISH.iter().filter(|(english, _)| !counted.contains(&english.as_ref())) {
            assert_eq!(figures(english), figures(danish), "{english}\n{danish}");
        }
    }

    #[test]
    fn the_file_is_made_of_pairs() {
        let blocks = FILE
            .split("\n\n")
            .map(|block| block.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect::<Vec<_>>());
        let mut seen = BTreeSet::new();
        for block in blocks.filter(|block| !block.is_empty()) {
            assert_eq!(block.len(), 2, "{block:#?}");
            assert!(seen.insert(block[0]), "twice: {}", block[0]);
            assert_ne!(block[0], block[1], "not translated");
        }
    }
}
