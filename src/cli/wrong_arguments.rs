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
        ErrorKind::MissingRequiredArgument => say!("What is missing: {missing}", missing = at_fault()),
        ErrorKind::ArgumentConflict => match text(error, ContextKind::PriorArg) {
            Some(other) if other != at_fault() => {
                say!("{option} and {other} do not go together.", option = at_fault(), other)
            }
            _ => say!("{option} was given more than once.", option = at_fault()),
        },
        ErrorKind::MissingSubcommand => say!("What is to be done was not said."),
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
    let is_about = |option: &str| {
        let named = [ContextKind::InvalidArg, ContextKind::PriorArg].map(|kind| text(error, kind));
        named.iter().flatten().any(|named| named.starts_with(option))
    };
    if error.kind() == ErrorKind::ArgumentConflict && is_about("--changes") {
        hints.push(say!(
            "Changes are to the last baseline, with --from-baseline. In a list itself, take out who is dead or whose case has ended, or write dead or ended in a column `change`."
        ));
    }
    if let Some(values) = text(error, ContextKind::ValidValue).filter(|values| !values.is_empty()) {
        hints.push(say!("It can be: {values}.", values));
    }
    let similar = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    if let Some(similar) = similar.into_iter().find_map(|kind| text(error, kind)).filter(|similar| !similar.is_empty())
    {
        hints.push(say!("Similar: {similar}.", similar));
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
        // The parser names what is likeliest last.
        ContextValue::Strings(texts) if is_suggestion(kind) => Some(join(texts.iter().rev())),
        ContextValue::Strings(texts) => Some(join(texts.iter())),
        // Without its colours.
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

fn is_suggestion(kind: ContextKind) -> bool {
    matches!(kind, ContextKind::SuggestedArg | ContextKind::SuggestedSubcommand)
}

fn join<'a>(texts: impl Iterator<Item = &'a String>) -> String {
    texts.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn first_paragraph(error: &clap::Error) -> String {
    let said = error.to_string();
    let said = said.trim_start_matches("error: ").split("\n\n").next().unwrap_or_default();
    quoted(&said.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::Arguments;
    use crate::words::Language;

    fn wrong(line: &str) -> Fault {
        let error = Arguments::try_parse_from(line.split(' ')).expect_err("cannot be understood");
        fault(&error).expect("names what is wrong")
    }

    #[test]
    fn what_is_wrong_is_named_in_both_languages_with_the_same_hints() {
        for (line, english, danish) in [
            ("stopgap preparre x", "There is no command \"preparre\".", "Der er ingen kommando \"preparre\"."),
            (
                "stopgap prepare --schem a b",
                "This command has no option \"--schem\".",
                "Kommandoen har intet tilvalg \"--schem\".",
            ),
            (
                "stopgap batch show B1 more",
                "\"more\" is more than this command takes.",
                "\"more\" er mere, end kommandoen tager imod.",
            ),
            (
                "stopgap prepare a --period",
                "--period <PERIOD> takes a value, and none was given.",
                "--period <PERIOD> skal have en værdi, og der er ingen angivet.",
            ),
            (
                "stopgap status --lang se",
                "--lang <LANGUAGE> cannot be \"se\".",
                "--lang <LANGUAGE> kan ikke være \"se\".",
            ),
            ("stopgap drill --seed x", "--seed <SEED> cannot be \"x\".", "--seed <SEED> kan ikke være \"x\"."),
            ("stopgap prepare", "What is missing: <LIST>...", "Der mangler: <LIST>..."),
            (
                "stopgap prepare --from-baseline a",
                "--from-baseline and [LIST]... do not go together.",
                "--from-baseline og [LIST]... kan ikke bruges sammen.",
            ),
            (
                "stopgap status --lang da --lang en",
                "--lang <LANGUAGE> was given more than once.",
                "--lang <LANGUAGE> er angivet mere end én gang.",
            ),
        ] {
            let fault = wrong(line);
            assert_eq!(fault.message.in_language(Language::English), english, "{line}");
            assert_eq!(fault.message.in_language(Language::Danish), danish, "{line}");
        }
        let hints = |line: &str, language| wrong(line).remedy.expect("hints").in_language(language);
        assert!(
            hints("stopgap prepare --schem a b", Language::English)
                .starts_with("Similar: --scheme. It is written: stopgap prepare")
        );
        assert!(
            hints("stopgap prepare --changes c.csv a.csv", Language::English).contains("in a column `change`"),
            "who is dead must not be paid by way of a wrong option"
        );
        assert!(hints("stopgap status --lang se", Language::Danish).starts_with("Det kan være: en, da."));
        assert!(hints("stopgap drill --seed x", Language::Danish).starts_with("Der skal stå et helt tal."));
    }

    #[test]
    fn what_was_typed_in_the_wrong_place_is_masked() {
        let said = wrong("stopgap batch show B1 010190-1234").said().to_string();
        assert!(said.contains("0101") && !said.contains("1234"), "{said}");
        let said = wrong("stopgap status \u{1b}[2J\u{202e}").said().to_string();
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said}");
    }

    #[test]
    fn a_group_of_commands_alone_is_answered_with_its_help() {
        let error = Arguments::try_parse_from(["stopgap", "batch"]).expect_err("says nothing to do");
        assert_eq!(fault(&error), None);
    }
}
