//! What became of a case since the last list. A row that says that it ended is never paid, whichever list it stands in.

use unicode_normalization::UnicodeNormalization;

use super::{Code, Judged, shown};
use crate::phrase;
use crate::recipient_list::{Column, Instruction};
use crate::say;
use crate::words::Phrase;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Ended,
    Dead,
    New,
    Changed,
    /// Other figures stand in the list of changes. Written by the program only.
    Replaced,
}

impl Change {
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Ended => "ended",
            Change::Dead => "dead",
            Change::New => "new",
            Change::Changed => "changed",
            Change::Replaced => "replaced",
        }
    }

    /// As a person would write it into the column.
    pub fn in_words(self) -> Phrase {
        match self {
            Change::Ended => phrase!("ended"),
            Change::Dead => phrase!("dead"),
            Change::New => phrase!("new"),
            Change::Changed => phrase!("changed"),
            Change::Replaced => phrase!("replaced"),
        }
    }
}

/// The change in the words of the contract, or of the languages that headings are read in; `None` for other words.
pub fn read(written: &str) -> Option<Change> {
    match folded(written).trim_end_matches('.') {
        "ended" | "closed" | "stopped" | "ophørt" | "ophoert" | "ophør" | "ophører" | "afsluttet" | "stoppet"
        | "upphört" | "upphörd" | "upphör" | "avslutat" | "avslutad" | "opphørt" | "opphør" | "avsluttet"
        | "päättynyt" | "lakannut" => Some(Change::Ended),
        "dead" | "died" | "deceased" | "død" | "doed" | "afdød" | "dødsfald" | "afgået ved døden" | "död"
        | "avliden" | "avdød" | "kuollut" => Some(Change::Dead),
        "new" | "ny" | "nyt" | "nytt" | "uusi" => Some(Change::New),
        "changed" | "ændret" | "aendret" | "ändrad" | "ändrat" | "endret" | "muuttunut" => Some(Change::Changed),
        "replaced" => Some(Change::Replaced),
        _ => None,
    }
}

/// With which letters words begin that speak of an end in one of these languages.
const STEMS_OF_END: [&str; 11] =
    ["ended", "closed", "stop", "ophør", "ophoer", "afslut", "upphör", "avslut", "opphør", "päätt", "lakan"];

/// And those that speak of a death.
const STEMS_OF_DEATH: [&str; 10] = ["dead", "died", "deceas", "død", "doed", "afdød", "avdød", "död", "avlid", "kuol"];

/// What ended, by a row that says so or may say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    OfCase,
    OfPerson,
}

/// What the words in the column speak of, for sure or perhaps.
pub fn speaks_of(written: &str) -> Option<End> {
    if written.is_empty() {
        return None;
    }
    match read(written) {
        Some(Change::Dead) => Some(End::OfPerson),
        Some(Change::Ended) => Some(End::OfCase),
        Some(Change::New | Change::Changed | Change::Replaced) => None,
        None if has_word_of(written, &STEMS_OF_DEATH) => Some(End::OfPerson),
        None => has_word_of(written, &STEMS_OF_END).then_some(End::OfCase),
    }
}

/// Whether words that are no change of their own may still say that the case has ended: `død 2/3`, `ophørt pr. 1. april`, `dødsbo`.
fn may_be_an_end(written: &str) -> bool {
    has_word_of(written, &STEMS_OF_END) || has_word_of(written, &STEMS_OF_DEATH)
}

fn has_word_of(written: &str, stems: &[&str]) -> bool {
    let written = folded(written);
    let mut words = written.split(|c: char| !c.is_alphabetic());
    words.any(|word| stems.iter().any(|stem| word.starts_with(stem)))
}

/// As it is compared: composed, in small letters.
fn folded(written: &str) -> String {
    written.nfc().collect::<String>().to_lowercase()
}

pub(super) fn check(instruction: &Instruction) -> Judged<()> {
    let written = instruction.cell(Column::Change);
    if written.is_empty() {
        return Judged::sound(());
    }
    let (code, message) = match read(written) {
        Some(Change::Ended) => (Code::BaselineEnded, say!("The case has ended: nothing is paid.")),
        Some(Change::Dead) => (Code::BaselineDead, say!("The person is dead: nothing is paid.")),
        Some(Change::Replaced) => {
            (Code::BaselineReplaced, say!("The list of changes has other figures, which are paid instead."))
        }
        None if may_be_an_end(written) => {
            let message = say!(
                "The column `change` says {shown}: has the case ended? Decide `pay` or `drop` in a decisions file, or write ended or dead alone.",
                shown = shown::quoted(written)
            );
            return Judged::sound(()).noting(Code::RowChange, Column::Change, message);
        }
        Some(Change::New | Change::Changed) | None => return Judged::sound(()),
    };
    Judged::wrong(code, Column::Change, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_for_a_change_is_known() {
        let table = [
            (
                "ended ophørt ophoert ophør ophører afsluttet Ophørt stoppet upphört opphørt avslutat päättynyt",
                Some(Change::Ended),
            ),
            ("dead død doed afdød deceased DØD død. dødsfald död avliden kuollut", Some(Change::Dead)),
            ("new ny nyt nytt uusi", Some(Change::New)),
            ("changed ændret aendret Ændret ändrad endret", Some(Change::Changed)),
            ("replaced", Some(Change::Replaced)),
            ("- paid nej", None),
        ];
        for (words, change) in table {
            for word in words.split(' ') {
                assert_eq!(read(word), change, "{word}");
                let ends = matches!(change, Some(Change::Ended | Change::Dead));
                assert_eq!(may_be_an_end(&format!("3/4 {word}")), ends, "{word}");
            }
        }
    }

    #[test]
    fn words_of_a_death_are_told_from_words_of_an_end() {
        let table = [
            ("død", Some(End::OfPerson)),
            ("DØD 2/3", Some(End::OfPerson)),
            ("ophørt, afdød i marts", Some(End::OfPerson)),
            ("ophørt", Some(End::OfCase)),
            ("stopper i maj", Some(End::OfCase)),
            ("replaced", None),
            ("ny", None),
            ("ring til Naja", None),
            ("", None),
        ];
        for (written, end) in table {
            assert_eq!(speaks_of(written), end, "{written}");
        }
    }

    #[test]
    fn what_ended_is_not_paid_what_may_have_is_held_and_other_words_say_nothing() {
        let table = [
            ("død 2/3", Some(Code::RowChange)),
            ("Ophørt pr. 1. april", Some(Code::RowChange)),
            ("dead/new", Some(Code::RowChange)),
            ("ikke ophørt", Some(Code::RowChange)),
            ("afgået ved døden 2/3", Some(Code::RowChange)),
            ("dødsbo", Some(Code::RowChange)),
            ("stopper i maj", Some(Code::RowChange)),
            ("de är upphörda", Some(Code::RowChange)),
            ("do\u{308}d", Some(Code::BaselineDead)),
            ("Ophørt", Some(Code::BaselineEnded)),
            ("ended", Some(Code::BaselineEnded)),
            ("DØD", Some(Code::BaselineDead)),
            ("Afgået ved døden", Some(Code::BaselineDead)),
            ("replaced", Some(Code::BaselineReplaced)),
            ("ny", None),
            ("ændret", None),
            ("", None),
            ("ring til Naja", None),
        ];
        for (written, code) in table {
            let judged = check(&Instruction::for_test(&[(Column::Change, written)]));
            assert_eq!(judged.problems.first().map(|problem| problem.code), code, "{written}");
            assert_eq!(judged.value.is_none(), code.is_some_and(|code| code != Code::RowChange), "{written}");
        }
    }
}
