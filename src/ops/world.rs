//! What an operation asks of the world around it: the time, passphrases, and somebody to talk to.

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime};
use zeroize::Zeroizing;

use crate::fault::{Fault, Result};
use crate::ledger::recovery::Half;
use crate::say;
use crate::words::Message;

/// The moment at which a command runs. Taken once, at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Seconds since 1970.
    pub unix: i64,
    /// The wall clock where the operator sits.
    pub local: NaiveDateTime,
}

impl Now {
    pub fn from_system_clock() -> Self {
        let now: DateTime<Local> = Local::now();
        Self { unix: now.timestamp(), local: now.naive_local() }
    }

    pub fn today(&self) -> NaiveDate {
        self.local.date()
    }
}

/// Where passphrases come from: a terminal, or a folder that the surrounding system keeps.
pub trait Passphrases {
    /// `None` where there is no way to get it: no terminal and no file of that name.
    fn ask(&self, operator: &str) -> Result<Option<Zeroizing<String>>>;

    /// A new one for an operator who has none yet; on a terminal it is asked for twice.
    fn choose(&self, operator: &str) -> Result<Option<Zeroizing<String>>>;

    /// A new one for an operator who has one; on a terminal it is asked for twice.
    fn change(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        self.choose(operator)
    }

    /// Whether the operator's passphrase can be had without asking anybody.
    fn is_at_hand(&self, operator: &str) -> bool;

    /// Asks who sits there, offering the names; `None` without a terminal.
    fn who(&self, names: &[&str]) -> Result<Option<String>>;

    /// Lets so much time pass before a passphrase is tried, because earlier ones were wrong.
    fn wait(&self, how_long: std::time::Duration) {
        std::thread::sleep(how_long);
    }

    /// Shows a half of a new recovery code to the one person who keeps it, and sees that it was written down. `false` without a terminal.
    fn hand_over(&self, _half: &Half) -> Result<bool> {
        Ok(false)
    }

    /// A half of the recovery code as one person typed it, by its number. `None` where there is no way to get it.
    fn half(&self, _number: u8) -> Result<Option<Half>> {
        Ok(None)
    }
}

/// The surroundings of one command.
pub struct World<'a> {
    pub now: Now,
    pub passphrases: &'a dyn Passphrases,
    /// Talk for the person at the keyboard; never data.
    pub say: &'a dyn Fn(&str),
}

impl World<'_> {
    pub fn say(&self, line: impl Into<Message>) {
        (self.say)(&line.into().to_string());
    }
}

/// Bytes that nobody can guess, from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Fault::failed(
            "system.randomness",
            say!("The system gives no random numbers ({error}).", error = error.to_string()),
        )
    })?;
    Ok(bytes)
}
