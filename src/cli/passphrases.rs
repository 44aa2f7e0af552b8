//! Where the command line gets passphrases: from the person at the terminal; without one, from the first line of a file named after the
//! operator in the folder that `STOPGAP_PASSPHRASE_DIR` names. Never from an argument or a variable's value.

use std::cell::RefCell;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::bar;
use crate::fault::{Fault, Result};
use crate::ledger::recovery::{GROUPS, Half, HalfError};
use crate::ops::world::Passphrases;
use crate::say;
use crate::words::Message;

pub struct TerminalOrFolder {
    terminal: bool,
    folder: Option<PathBuf>,
    /// What was given in this command, and by whom: a new passphrase must be nobody else's.
    given: RefCell<Vec<(String, Zeroizing<String>)>>,
}

impl TerminalOrFolder {
    pub fn from_environment() -> Self {
        let folder = std::env::var_os("STOPGAP_PASSPHRASE_DIR").map(PathBuf::from);
        Self { terminal: is_terminal(), folder, given: RefCell::default() }
    }

    fn remember(&self, operator: &str, passphrase: &Zeroizing<String>) {
        self.given.borrow_mut().push((operator.to_owned(), passphrase.clone()));
    }

    /// Who else gave this passphrase in this command.
    fn whose(&self, passphrase: &str, operator: &str) -> Option<String> {
        let given = self.given.borrow();
        let mut others = given.iter().filter(|(other, known)| other != operator && known.as_str() == passphrase);
        others.next().map(|(other, _)| other.clone())
    }

    /// A new passphrase from a file. Whoever set the folder up answers for it, so that what is wrong with it is said and stops nothing.
    fn chosen_in_folder(&self, operator: &str, file: &str) -> Result<Option<Zeroizing<String>>> {
        let Some(chosen) = self.look_in_folder(file)? else { return Ok(None) };
        if let Some(other) = self.whose(&chosen, operator) {
            say(&say!(
                "{operator} has the same passphrase as {other}: whoever knows it can act as both, and two people are one. Change one with \
                 `stopgap operator passphrase`.",
                operator,
                other
            ));
        }
        if chosen.chars().count() < SHORTEST {
            say(&say!(
                "The passphrase of {operator} is short: it should have at least {shortest} characters. Four words are good.",
                operator,
                shortest = SHORTEST
            ));
        }
        self.remember(operator, &chosen);
        Ok(Some(chosen))
    }

    fn look_in_folder(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        let Some(content) = self.read_file(operator)? else { return Ok(None) };
        let first = Zeroizing::new(content.lines().next().unwrap_or_default().to_owned());
        if first.is_empty() {
            let message =
                say!("The first line of the passphrase file {path} is empty.", path = self.path_of(operator).display());
            return Err(Fault::input("passphrase.empty", message));
        }
        Ok(Some(first))
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.folder.as_deref().unwrap_or(Path::new("")).join(name)
    }

    fn read_file(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        if self.folder.is_none() {
            return Ok(None);
        }
        // An operator's name comes from the command line: it must not lead out of the folder.
        if operator.contains(['/', '\\']) || operator.starts_with('.') {
            return Ok(None);
        }
        let path = self.path_of(operator);
        match std::fs::read_to_string(&path) {
            Ok(content) => Ok(Some(Zeroizing::new(content))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let message = say!("The passphrase file {path} cannot be read: {error}.", path = path.display(), error);
                Err(Fault::input("passphrase.unreadable", message))
            }
        }
    }
}

impl Passphrases for TerminalOrFolder {
    fn ask(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        let passphrase = match self.terminal {
            true => Some(read_hidden(&say!("Passphrase of {operator}:", operator))?),
            false => self.look_in_folder(operator)?,
        };
        passphrase.iter().for_each(|passphrase| self.remember(operator, passphrase));
        Ok(passphrase)
    }

    fn choose(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        if !self.terminal {
            return self.chosen_in_folder(operator, operator);
        }
        loop {
            let first = read_hidden(&say!("New passphrase for {operator}, who should type it alone:", operator))?;
            if first.chars().count() < SHORTEST {
                say(&say!(
                    "Too short: a passphrase needs at least {shortest} characters. Four words are good.",
                    shortest = SHORTEST
                ));
                continue;
            }
            if let Some(other) = self.whose(&first, operator) {
                say(&say!("That is the passphrase of {other}. Choose one that nobody else knows.", other));
                continue;
            }
            if *read_hidden(&say!("The same again:"))? == *first {
                self.remember(operator, &first);
                return Ok(Some(first));
            }
            say(&say!("The two were not the same. Once more:"));
        }
    }

    fn change(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        match self.terminal {
            true => self.choose(operator),
            false => self.chosen_in_folder(operator, &format!("{operator}.new")),
        }
    }

    fn is_at_hand(&self, operator: &str) -> bool {
        !self.terminal && matches!(self.look_in_folder(operator), Ok(Some(_)))
    }

    fn who(&self, names: &[&str]) -> Result<Option<String>> {
        if !self.terminal {
            return Ok(None);
        }
        ask_line(say!("Who are you? ({names})", names = names.join(", "))).map(Some)
    }

    fn hand_over(&self, half: &Half) -> Result<bool> {
        if !self.terminal {
            return Ok(false);
        }
        let number = half.number().to_string();
        let groups = half.groups();
        loop {
            let next = say!(
                "Half {number} of 2 of the recovery code is shown next. Only the person who keeps it should look. Press Enter.",
                number = number.clone()
            );
            ask_line(next)?;
            show(half);
            let write = say!("Write it down, with its number {number}, then press Enter.", number = number.clone());
            ask_line(write)?;
            clear_screen();
            let last = ask_line(say!("To see that it was written down right, type its last group:"))?;
            // Typed as a half is: small letters, and letters for digits that look like them.
            if Half::is_group(GROUPS - 1, &last)
                && Half::read(&[&groups[..GROUPS - 1], &[last]].concat().concat()).as_ref() == Ok(half)
            {
                return Ok(true);
            }
            say(&say!("That is not its last group. Once more:"));
        }
    }

    fn half(&self, number: u8) -> Result<Option<Half>> {
        if self.terminal {
            return ask_for_half(number).map(Some);
        }
        let Some(text) = self.read_file(&format!("recovery-{number}"))? else { return Ok(None) };
        Half::read_page(&text).map(Some).map_err(|error| half_fault(number, error))
    }
}

/// Asks for a half group by group, so that a mistake is told where it was made. Several groups may be typed at once.
fn ask_for_half(number: u8) -> Result<Half> {
    let mut groups: Vec<Zeroizing<String>> = Vec::new();
    while groups.len() < GROUPS {
        let question = say!(
            "Half {number} of the recovery code, group {group} of {groups}:",
            number = number.to_string(),
            group = (groups.len() + 1).to_string(),
            groups = GROUPS.to_string()
        );
        let typed = read_hidden(&question)?;
        for group in typed.split(['-', ' ']).filter(|group| !group.is_empty()) {
            if groups.len() < GROUPS && Half::is_group(groups.len(), group) {
                groups.push(Zeroizing::new(group.to_owned()));
            } else {
                let wrong = say!("Group {group} is mistyped. Type it again.", group = (groups.len() + 1).to_string());
                say(&wrong);
                break;
            }
        }
    }
    let whole = Zeroizing::new(groups.iter().map(|group| group.as_str()).collect::<String>());
    Half::read(&whole).map_err(|error| half_fault(number, error))
}

fn half_fault(number: u8, error: HalfError) -> Fault {
    let number = number.to_string();
    let message = match error {
        HalfError::Length(length) => say!(
            "Half {number} of the recovery code has {length} characters; it must have 45, in nine groups of five.",
            number = number,
            length = length.to_string()
        ),
        HalfError::Character(group) => say!(
            "Group {group} of half {number} of the recovery code has a character that no code holds.",
            group = group.to_string(),
            number = number
        ),
        HalfError::Group(group) => say!(
            "Group {group} of half {number} of the recovery code is mistyped.",
            group = group.to_string(),
            number = number
        ),
        HalfError::Whole => {
            say!("The groups of half {number} of the recovery code do not belong together.", number = number)
        }
    };
    Fault::input("recovery_code.malformed", message)
        .remedy(say!("Compare it with the page, group by group. There is no I, L, O or U in a code."))
}

fn show(half: &Half) {
    let _ = bar::aside(|| writeln!(std::io::stderr(), "\n{half}\n"));
}

/// What was shown is gone from the screen, and from what can be scrolled back to.
fn clear_screen() {
    let mut err = std::io::stderr();
    let _ = err.write_all(b"\x1b[2J\x1b[3J\x1b[H").and_then(|()| err.flush());
}

/// The fewest characters of a passphrase that is chosen at a terminal.
const SHORTEST: usize = 10;

/// Whether a person can be asked.
pub fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for one line on the terminal.
pub fn ask_line(question: Message) -> Result<String> {
    let mut err = std::io::stderr();
    let mut line = String::new();
    let asked = bar::aside(|| write!(err, "{question} ").and_then(|()| err.flush()));
    asked.and_then(|()| std::io::stdin().lock().read_line(&mut line)).map_err(terminal_fault)?;
    if line.is_empty() {
        return Err(Fault::input("terminal.closed", say!("The terminal was closed before an answer came.")));
    }
    Ok(line.trim().to_owned())
}

fn read_hidden(question: &Message) -> Result<Zeroizing<String>> {
    bar::aside(|| rpassword::prompt_password(format!("{question} "))).map(Zeroizing::new).map_err(terminal_fault)
}

fn terminal_fault(error: std::io::Error) -> Fault {
    Fault::input("terminal.failed", say!("The terminal could not be read: {error}.", error))
}

fn say(line: &Message) {
    let _ = bar::aside(|| writeln!(std::io::stderr(), "{line}"));
}
