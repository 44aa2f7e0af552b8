//! Names as they stand in a command that somebody copies into a terminal.

use std::borrow::Cow;

/// A name as a shell takes it for one word: as it is where that is enough, else in quotes.
pub fn shell_word(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,:=@%+#".contains(c);
    if !name.is_empty() && !name.starts_with('#') && name.chars().all(is_plain) {
        return name.into();
    }
    match name.contains(['"', '$', '`', '\\', '!']) {
        true => format!("'{}'", name.replace('\'', "'\\''")).into(),
        false => format!("\"{name}\"").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        let table = [
            ("out/B0001/rows.csv", "out/B0001/rows.csv"),
            ("hjælp-2026.csv", "hjælp-2026.csv"),
            ("baseline:2026-11#4", "baseline:2026-11#4"),
            ("desk to", "\"desk to\""),
            ("Naja's list.csv", "\"Naja's list.csv\""),
            ("5 $ \"now\"", "'5 $ \"now\"'"),
            ("", "\"\""),
            ("a;b", "\"a;b\""),
        ];
        for (name, word) in table {
            assert_eq!(shell_word(name), word);
        }
    }

    #[test]
    fn a_shell_gives_back_what_was_quoted() {
        for name in [
            "desk to",
            "Naja's list.csv",
            "a'b \"c\" $HOME `x` \\ !y",
            "*",
            "~/x",
            "#a",
            "a&b|c<d>(e)",
            "Ydelse=scheme",
        ] {
            let said =
                Command::new("sh").args(["-c", &format!("printf %s {}", shell_word(name))]).output().expect("runs");
            assert_eq!(String::from_utf8_lossy(&said.stdout), name);
        }
    }
}
