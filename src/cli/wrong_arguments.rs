//! A command line that cannot be understood, said as every other fault is: in the language of the person at the keyboard, on the screen and
//! for programs alike. What was typed is shown with person numbers masked.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::checks::quoted;
use crate::fault::Fault;
use crate::say;
use crate::words::Message;

/// `None` where there is nothing wrong to be named: a command alone is answered with its help.
pub fn fault(error: &clap::Error) -> Option<Fault> {
    let at_fault = || text(error, ContextKind::InvalidArg).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::UnknownArgument => unknown(&at_fault()),
        ErrorKind::InvalidSubcommand => {
            let typed = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            say!("There is no command {typed}.", typed = quoted(&typed))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            match text(error, ContextKind::InvalidValue).filter(|typed| !typed.is_empty()) {
                None => say!("{option} takes a value, and none was given.", option = at_fault()),
                Some(typed) => say!("{option} cannot be {typed}.", option = at_fault(), typed = quoted(&typed)),
            }
        }
        ErrorKind::MissingRequiredArgument => say!("What is missing: {missing}.", missing = at_fault()),
        ErrorKind::ArgumentConflict => match text(error, ContextKind::PriorArg) {
            Some(other) if other != at_fault() => {
                say!("{option} and {other} do not go together.", option = at_fault(), other)
            }
            _ => say!("{option} was given more than once.", option = at_fault()),
        },
        ErrorKind::InvalidUtf8 => say!("The command line holds something that is not UTF-8."),
        _ => Message::verbatim(first_paragraph(error)),
    };
    let fault = Fault::input("arguments", message);
    let hints = hints(error);
    Some(match hints.into_iter().reduce(Message::and) {
        Some(hints) => fault.remedy(hints),
        None => fault,
    })
}

fn unknown(typed: &str) -> Message {
    match typed.starts_with('-') {
        true => say!("This command has no option {typed}.", typed = quoted(typed)),
        false => say!("{typed} is more than this command takes.", typed = quoted(typed)),
    }
}

/// What would do instead, and how the command is written.
fn hints(error: &clap::Error) -> Vec<Message> {
    let mut hints = Vec::new();
    if error.kind() == ErrorKind::ValueValidation {
        // Whatever else has a form of its own is read, and refused, by its command.
        hints.push(say!("A whole number goes there."));
    }
    if let Some(values) = text(error, ContextKind::ValidValue).filter(|values| !values.is_empty()) {
        hints.push(say!("It can be: {values}.", values));
    }
    let meant = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    if let Some(meant) = meant.into_iter().find_map(|kind| text(error, kind)).filter(|meant| !meant.is_empty()) {
        hints.push(say!("Was {meant} meant?", meant));
    }
    if let Some(usage) = text(error, ContextKind::Usage) {
        let usage = usage.trim_start_matches("Usage:").split_whitespace().collect::<Vec<_>>();
        let command = usage.iter().take_while(|word| !word.starts_with(['[', '<', '-'])).copied().collect::<Vec<_>>();
        hints.push(say!("It is written: {usage}", usage = usage.join(" ")));
        hints.push(say!("(`{command} --help` tells more.)", command = command.join(" ")));
    }
    hints
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        // Without its colours.
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

fn first_paragraph(error: &clap::Error) -> String {
    let said = error.to_string();
    let said = said.trim_start_matches("error: ").split("\n\n").next().unwrap_or_default();
    quoted(&said.split_whitespace().collect::<Vec<_>>().join(" "))
}
