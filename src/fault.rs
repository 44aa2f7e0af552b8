//! What went wrong, sorted once by who can mend it. The sort decides the exit code; see CONTRACT "Invocation".

use std::fmt;

use crate::words::{Argument, Message};

/// Who can mend a fault, and with that the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The command line or an input could not be read or understood: nothing changed (exit 2).
    Input,
    /// A control said no: four eyes, double payment, integrity, date. Nothing changed (exit 3).
    Refused,
    /// Disk, lock or a damaged ledger: nothing half-done (exit 4).
    Failed,
}

impl FaultKind {
    pub fn exit_code(self) -> u8 {
        match self {
            FaultKind::Input => 2,
            FaultKind::Refused => 3,
            FaultKind::Failed => 4,
        }
    }
}

/// A fault that ends a command: a stable code for machines, a sentence for people, and what to do next.
///
/// Messages never hold a whole person number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// Dotted and stable, such as `list.empty` or `control.same_person`.
    pub code: &'static str,
    pub message: Message,
    pub remedy: Option<Message>,
}

impl Fault {
    pub fn input(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(FaultKind::Input, code, message)
    }

    pub fn refused(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(FaultKind::Refused, code, message)
    }

    pub fn failed(code: &'static str, message: impl Into<Message>) -> Self {
        Self::new(FaultKind::Failed, code, message)
    }

    fn new(kind: FaultKind, code: &'static str, message: impl Into<Message>) -> Self {
        Self { kind, code, message: message.into(), remedy: None }
    }

    /// Adds what the person at the keyboard can do about it.
    pub fn remedy(mut self, remedy: impl Into<Message>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl Fault {
    /// Nothing, where a control or the reading of an input said no; a failure goes on.
    pub fn unless_failed(self) -> Result<()> {
        if self.kind == FaultKind::Failed { Err(self) } else { Ok(()) }
    }

    /// What is wrong, and what to do about it.
    pub fn said(&self) -> Message {
        match &self.remedy {
            Some(remedy) => self.message.clone().and(remedy.clone()),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

impl From<&Fault> for Argument {
    fn from(fault: &Fault) -> Self {
        fault.said().into()
    }
}

impl std::error::Error for Fault {}

pub type Result<T, E = Fault> = std::result::Result<T, E>;
