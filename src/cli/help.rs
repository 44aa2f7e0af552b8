//! What `--help` says, in the language of the person at the keyboard. The texts stand with the arguments, in English; the catalogue has the others.

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, Command};

use crate::say;
use crate::words::Message;

/// The help that `arguments` ask for.
pub fn text<T: Into<std::ffi::OsString> + Clone>(
    mut command: Command,
    arguments: impl IntoIterator<Item = T>,
) -> Option<String> {
    command.build();
    in_words(command).try_get_matches_from(arguments).err().map(|help| help.to_string())
}

/// The command, and those below it, with their texts in words. What the parser adds of itself (`help`, `--version`) must be there already.
fn in_words(command: Command) -> Command {
    let template = template(&command);
    let (about, long_about) = (said(command.get_about()), said(command.get_long_about()));
    let command = command.mut_args(argument_in_words).mut_subcommands(in_words).help_template(template);
    let command = about.into_iter().fold(command, Command::about);
    long_about.into_iter().fold(command, Command::long_about)
}

/// As the parser lays it out, under headings of ours.
fn template(command: &Command) -> String {
    let mut template = format!("{{about-with-newline}}\n{} {{usage}}", say!("Usage:"));
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        template += &format!("\n\n{}\n{{subcommands}}", say!("Commands:"));
    }
    if command.get_positionals().any(|argument| !argument.is_hide_set()) {
        template += &format!("\n\n{}\n{{positionals}}", say!("Arguments:"));
    }
    if command.get_arguments().any(|argument| !argument.is_positional() && !argument.is_hide_set()) {
        template += &format!("\n\n{}\n{{options}}", say!("Options:"));
    }
    template
}

/// The values that an argument can have, and has if it is not given, are said in our words too.
fn argument_in_words(argument: Arg) -> Arg {
    let mut help = said(argument.get_help()).unwrap_or_default();
    let values: Vec<String> = argument.get_possible_values().iter().map(value_in_words).collect();
    let default: Vec<String> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if argument.get_action().takes_values() {
        if default.iter().any(|value| !value.is_empty()) && !argument.is_hide_default_value_set() {
            help += &format!(" {}", say!("[default: {value}]", value = default.join(" ")));
        }
        if !values.is_empty() && !argument.is_hide_possible_values_set() {
            help += &format!(" {}", say!("[possible values: {values}]", values = values.join(", ")));
        }
    }
    let long_help = said(argument.get_long_help());
    let argument = argument.help(help).hide_default_value(true).hide_possible_values(true);
    long_help.into_iter().fold(argument, Arg::long_help)
}

fn value_in_words(value: &PossibleValue) -> String {
    match said(value.get_help()) {
        None => value.get_name().to_owned(),
        Some(meaning) => format!("{} ({meaning})", value.get_name()),
    }
}

fn said(english: Option<&StyledStr>) -> Option<String> {
    english.map(|english| Message::of_table(&english.to_string()).to_string())
}

/// Every text that the help of a command and of those below it is made of, in English.
#[cfg(test)]
pub fn texts(mut command: Command) -> Vec<String> {
    fn of(command: &Command, texts: &mut Vec<String>) {
        texts.extend([command.get_about(), command.get_long_about()].into_iter().flatten().map(StyledStr::to_string));
        for argument in command.get_arguments() {
            let values = argument.get_possible_values();
            let said = [argument.get_help(), argument.get_long_help()];
            let said = said.into_iter().chain(values.iter().map(PossibleValue::get_help));
            texts.extend(said.flatten().map(StyledStr::to_string));
        }
        command.get_subcommands().for_each(|below| of(below, texts));
    }
    command.build();
    let mut texts_found = Vec::new();
    of(&command, &mut texts_found);
    texts_found.sort();
    texts_found.dedup();
    texts_found.retain(|text| !text.is_empty());
    texts_found
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::arguments::Arguments;
    use crate::words::{Language, in_language};

    /// The words of each command that has help, as typed.
    fn commands(command: &Command, typed: &[String], all: &mut Vec<Vec<String>>) {
        all.push(typed.to_vec());
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            commands(below, &[typed, &[below.get_name().to_owned()]].concat(), all);
        }
    }

    #[test]
    fn the_english_help_is_laid_out_as_the_parser_does_it() {
        let mut all = Vec::new();
        commands(&Arguments::command(), &["stopgap".to_owned()], &mut all);
        assert!(all.len() > 40, "{}", all.len());
        for typed in all {
            let asked = [typed.clone(), vec!["--help".to_owned()]].concat();
            let plain = Arguments::command().try_get_matches_from(&asked).expect_err("shows help").to_string();
            // Nothing is said of an empty default.
            let plain = plain.replace("[default: \"\"]", "");
            let ours = in_language(Language::English, || text(Arguments::command(), &asked)).expect("shows help");
            // Ours has the values that are possible in brackets, and a default before a variable.
            let words = |text: &str| {
                let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
                let mut words: Vec<String> =
                    text.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
                words.sort_unstable();
                words
            };
            assert_eq!(words(&ours), words(&plain), "{typed:?}");
        }
    }

    #[test]
    fn the_danish_help_says_the_same_of_the_same() {
        let asked = ["stopgap", "approve", "--help"];
        let english = in_language(Language::English, || text(Arguments::command(), asked)).expect("shows help");
        let danish = in_language(Language::Danish, || text(Arguments::command(), asked)).expect("shows help");
        for heading in ["Brug: stopgap approve", "Argumenter:", "Tilvalg:", "Vis hjælp"] {
            assert!(danish.contains(heading), "{heading} in\n{danish}");
        }
        let options = |text: &str| {
            let is_option = |word: &&str| word.starts_with("--");
            text.split_whitespace().filter(is_option).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(options(&english), options(&danish));
    }
}
