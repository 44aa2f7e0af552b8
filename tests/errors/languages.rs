//! The Danish of the gallery beside its English: translated, line for line, and with the same figures and the same codes.

use std::collections::BTreeSet;

/// Lines that are the same in both languages: what the reader types, what the file holds, and the words of another program.
const SAME: &[&str] = &[
    "stopgap ",
    // The rest of a command that takes more than one line.
    "--",
    "file,row,decision,reason",
    "[a day near today].",
    "Langtnavn Langtnavn",
    "til husleje Hjælp til husleje",
    // The TOML parser shows the line.
    "|",
    "39 | [limits",
    "unclosed table, expected `]`",
];

/// What one language says and the other does not.
pub fn differences(english: &str, danish: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines: BTreeSet<&str> = danish.lines().map(bare).collect();
    let has_words = |line: &str| line.chars().any(char::is_alphabetic);
    let left = english.lines().map(bare).filter(|line| has_words(line) && lines.contains(line));
    let is_code = |line: &str| line.starts_with('(') && line.ends_with(')') && !line.contains(' ');
    let left = left.filter(|line| !SAME.iter().any(|same| line.starts_with(same)) && !is_code(line));
    found.extend(left.map(|line| format!("not translated: {line}")));
    for (what, of) in [("figures", figures as fn(&str) -> Vec<String>), ("codes", codes)] {
        let (ours, theirs) = (of(english), of(danish));
        if ours != theirs {
            found.push(format!("other {what}: {ours:?} and {theirs:?}"));
        }
    }
    found
}

fn bare(line: &str) -> &str {
    line.strip_prefix("2|").unwrap_or(line).trim()
}

/// Every number, without the marks that its language puts into it, in order of size.
fn figures(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')));
    let digits = words.map(|word| word.chars().filter(char::is_ascii_digit).collect::<String>());
    let mut figures: Vec<String> = digits.filter(|digits| !digits.is_empty()).collect();
    figures.sort();
    figures
}

/// Every word such as `amount.ambiguous`.
fn codes(text: &str) -> Vec<String> {
    let is_part = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let is_code = |word: &&str| word.split_once('.').is_some_and(|(group, rest)| is_part(group) && is_part(rest));
    let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_')));
    let mut codes: Vec<String> = words.map(|word| word.trim_matches('.')).filter(is_code).map(str::to_owned).collect();
    codes.sort();
    codes
}

#[test]
fn what_one_language_leaves_out_is_noticed() {
    let english = "Rejected 2 rows, 1,234.50 DKK\n2| error (id.date): Row 3 is wrong.\n";
    let same = "Afvist 2 rækker, 1.234,50 DKK\n2| fejl (id.date): Række 3 er forkert.\n";
    assert_eq!(differences(english, same), Vec::<String>::new());
    for wrong in [
        same.replace('3', "4"),
        same.replace("Række 3", "Rækken"),
        same.replace("id.date", "id.dato.x"),
        same.replace("fejl (id.date): Række 3 er forkert.", "error (id.date): Row 3 is wrong."),
        same.replace("1.234,50", "1.234,05"),
    ] {
        assert_eq!(differences(english, &wrong).len(), 1, "{wrong}");
    }
}
