//! A case as its file has it: sections that begin with `--- `, each up to the next.
//!
//! `--- file NAME` is a text file, `--- hex NAME` one given in hexadecimal; `--- run` has a command a line, of which the last is the one
//! that is shown; `--- en` and `--- da` are what came of it. A line of the program's talk on stderr begins with `2| `.

use crate::stage::Stage;

#[derive(Default)]
pub struct Case {
    /// What stands above the first section: why the input is as it is.
    about: String,
    pub files: Vec<GivenFile>,
    pub commands: Vec<String>,
    pub outcomes: Vec<Outcome>,
}

pub struct GivenFile {
    pub name: String,
    pub hex: bool,
    pub text: String,
}

impl GivenFile {
    pub fn bytes(&self) -> Vec<u8> {
        if !self.hex {
            return self.text.clone().into_bytes();
        }
        let digits: Vec<u8> = self.text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
        digits.chunks(2).map(pair).collect()
    }
}

/// What a command said.
pub struct Outcome {
    pub language: String,
    pub exit: i32,
    pub text: String,
}

impl Case {
    pub fn read(text: &str) -> Self {
        let mut case = Case::default();
        let mut sections = text.split("\n--- ");
        let first = sections.next().unwrap_or_default();
        let (about, first) = match first.strip_prefix("--- ") {
            Some(first) => ("", Some(first)),
            None => (first, None),
        };
        case.about = about.to_owned();
        for section in first.into_iter().chain(sections) {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = if body.is_empty() || body.ends_with('\n') { body.to_owned() } else { format!("{body}\n") };
            match head.split_once(' ').unwrap_or((head, "")) {
                ("file", name) => case.files.push(GivenFile { name: name.to_owned(), hex: false, text: body }),
                ("hex", name) => case.files.push(GivenFile { name: name.to_owned(), hex: true, text: body }),
                ("run", _) => case.commands = body.lines().map(str::to_owned).collect(),
                (language @ ("en," | "da,"), exit) => case.outcomes.push(Outcome {
                    language: language.trim_end_matches(',').to_owned(),
                    exit: exit.trim_start_matches("exit ").parse().expect("an exit code"),
                    text: body,
                }),
                (other, _) => panic!("a case has no section {other}"),
            }
        }
        assert!(!case.commands.is_empty(), "a case runs something");
        case
    }

    /// Runs the commands once in each language, each time in a workspace of its own.
    pub fn played_on(mut self, stage: &Stage) -> Self {
        self.outcomes = ["en", "da"].iter().map(|language| stage.play(&self, language)).collect();
        self
    }

    /// Whatever in the input may be a person's whole number, as written and without its hyphen.
    pub fn person_numbers(&self) -> Vec<String> {
        let mut numbers = Vec::new();
        for file in self.files.iter().filter(|file| !file.hex) {
            for word in file.text.split(|c: char| !c.is_ascii_digit() && c != '-') {
                let digits: String = word.chars().filter(char::is_ascii_digit).collect();
                let hyphen = word.find('-').is_none_or(|at| at == 6);
                if (9..=12).contains(&digits.len()) && hyphen {
                    numbers.extend([word.to_owned(), digits]);
                }
            }
        }
        numbers
    }

    pub fn to_text(&self) -> String {
        let mut text = if self.about.is_empty() { String::new() } else { format!("{}\n", self.about.trim_end()) };
        for GivenFile { name, hex, text: content } in &self.files {
            text += &format!("--- {} {name}\n{content}", if *hex { "hex" } else { "file" });
        }
        text += &format!("--- run\n{}\n", self.commands.join("\n"));
        for Outcome { language, exit, text: said } in &self.outcomes {
            text += &format!("--- {language}, exit {exit}\n{said}");
        }
        text
    }
}
