//! Sentences broken into lines of at most 80 columns.

use std::fmt::Display;

/// What a terminal surely shows of a line.
pub(super) const WIDTH: usize = 80;

/// The text as lines that begin with `first`, then with `rest`, each ended. A word longer than a line stays whole: it may be a path to copy.
pub(super) fn wrapped(text: impl Display, first: &str, rest: &str) -> String {
    let text = text.to_string();
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut used = false;
    for word in text.split_whitespace() {
        let space = usize::from(used);
        if used && line.chars().count() + space + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line.clear();
            line.push_str(rest);
            used = false;
        }
        if used {
            line.push(' ');
        }
        line.push_str(word);
        used = true;
    }
    lines + &line + "\n"
}

/// A sentence that stands by itself.
pub fn sentence(text: impl Display) -> String {
    wrapped(text, "", "")
}

/// An entry of a list.
pub fn item(text: impl Display) -> String {
    wrapped(text, "  * ", "    ")
}

/// A blank line and a heading.
pub(super) fn heading(text: impl Display) -> String {
    format!("\n{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_hang_under_their_first() {
        let text = "word ".repeat(20);
        let expected = format!("  * {}\n    {}\n", ["word"; 15].join(" "), ["word"; 5].join(" "));
        assert_eq!(item(text), expected);
        assert_eq!(wrapped("", "- ", "  "), "- \n");
        assert_eq!(wrapped("x".repeat(100), "- ", "  "), format!("- {}\n", "x".repeat(100)));
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_no_word_is_lost(words in proptest::collection::vec("[a-zæøå]{1,30}", 1..60)) {
            let text = words.join(" ");
            let lines = wrapped(&text, "    ", "      ");
            prop_assert!(lines.lines().all(|line| line.chars().count() <= WIDTH));
            prop_assert_eq!(lines.split_whitespace().collect::<Vec<_>>(), words);
        }
    }
}
