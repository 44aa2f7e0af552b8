//! Where the command line gets passphrases: from the person at the terminal; without one, from the first line of a file named after the
//! operator in the folder that `STOPGAP_PASSPHRASE_DIR` names. Never from an argument or a variable's value.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::bar;
use crate::fault::{Fault, Result};
use crate::ops::world::Passphrases;
use crate::say;
use crate::words::Message;

pub struct TerminalOrFolder {
    terminal: bool,
    folder: Option<PathBuf>,
}

impl TerminalOrFolder {
    pub fn from_environment() -> Self {
        Self { terminal: is_terminal(), folder: std::env::var_os("STOPGAP_PASSPHRASE_DIR").map(PathBuf::from) }
    }

    fn look_in_folder(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        // An operator's name comes from the command line: it must not lead out of the folder.
        if operator.contains(['/', '\\']) || operator.starts_with('.') {
            return Ok(None);
        }
        let path = folder.join(operator);
        let content = match std::fs::read_to_string(&path) {
            Ok(content) => Zeroizing::new(content),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let message = say!(
                    "The passphrase file {path} cannot be read: {error}.",
                    path = path.display(),
                    error = error.to_string()
                );
                return Err(Fault::input("passphrase.unreadable", message));
            }
        };
        let first = Zeroizing::new(content.lines().next().unwrap_or_default().to_owned());
        if first.is_empty() {
            let message = say!("The first line of the passphrase file {path} is empty.", path = path.display());
            return Err(Fault::input("passphrase.empty", message));
        }
        Ok(Some(first))
    }
}

impl Passphrases for TerminalOrFolder {
    fn ask(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        if self.terminal {
            read_hidden(&say!("Passphrase of {operator}:", operator)).map(Some)
        } else {
            self.look_in_folder(operator)
        }
    }

    fn choose(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        if !self.terminal {
            return self.look_in_folder(operator);
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
            if *read_hidden(&say!("The same again:"))? == *first {
                return Ok(Some(first));
            }
            say(&say!("The two were not the same. Once more:"));
        }
    }

    fn change(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        if self.terminal { self.choose(operator) } else { self.look_in_folder(&format!("{operator}.new")) }
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
    Fault::input("terminal.failed", say!("The terminal could not be read: {error}.", error = error.to_string()))
}

fn say(line: &Message) {
    let _ = bar::aside(|| writeln!(std::io::stderr(), "{line}"));
}
