//! A decisions file: what people decided about held rows. CSV with the columns `file,row,decision,reason`.

use std::collections::HashMap;
use std::path::Path;

use crate::checks::quoted;
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::Place;
use crate::recipient_list::RecipientList;
use crate::say;
use crate::words::{Message, ungrouped};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pay,
    Drop,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    pub reason: String,
}

/// The decisions by the row that they are about.
#[derive(Debug, Default)]
pub struct Decisions(HashMap<Place, Decision>);

impl Decisions {
    /// Reads the file and finds for each line the list that it means: by the path as given, or by its last part.
    pub fn read(path: &Path, lists: &[RecipientList]) -> Result<Self> {
        let unreadable = |error: csv::Error| {
            Fault::input(
                "decisions.unreadable",
                say!(
                    "The decisions file {file} cannot be read: {error}.",
                    file = path.display(),
                    error = Message::from(error)
                ),
            )
        };
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.into()))?;
        let headings = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: &u8| headings.iter().filter(|byte| *byte == delimiter).count();
        // A Danish Excel saves CSV with semicolons.
        let delimiter = [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(bytes.as_slice());
        let headings = reader.headers().map_err(unreadable)?.clone();
        let column = |name: &str| {
            let bare = |heading: &str| heading.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name);
            headings.iter().position(bare).ok_or_else(|| {
                let message = say!("The decisions file {file} has no column `{name}`.", file = path.display(), name);
                Fault::input("decisions.heading_missing", message)
                    .remedy(say!("Its headings are: file,row,decision,reason"))
            })
        };
        let columns = [column("file")?, column("row")?, column("decision")?, column("reason")?];
        let mut decisions = HashMap::new();
        for (line, record) in (2u32..).zip(reader.records()) {
            let record = record.map_err(unreadable)?;
            let [file, row, decision, reason] = columns.map(|at| record.get(at).unwrap_or_default());
            let wrong = |code, what: Message| {
                Err(Fault::input(
                    code,
                    say!(
                        "In the decisions file {file}, row {line}: {what}",
                        file = path.display(),
                        line = ungrouped(line),
                        what
                    ),
                ))
            };
            let Ok(row) = row.parse::<u32>() else {
                return wrong("decisions.row", say!("{shown} is no row number.", shown = quoted(row)));
            };
            let verdict = match decision.to_lowercase().as_str() {
                "pay" => Verdict::Pay,
                "drop" => Verdict::Drop,
                _ => {
                    return wrong(
                        "decisions.decision",
                        say!("{shown} is no decision: write pay or drop.", shown = quoted(decision)),
                    );
                }
            };
            if reason.is_empty() {
                return wrong("decisions.reason", say!("the reason is missing; it is recorded with the decision."));
            }
            let list = match find_list(file, lists).as_slice() {
                [list] => *list,
                [] => {
                    return wrong(
                        "decisions.file",
                        say!("{shown} is none of the lists of this command.", shown = quoted(file)),
                    );
                }
                _ => {
                    return wrong(
                        "decisions.file",
                        say!("{shown} could be several of these lists: give its whole path.", shown = quoted(file)),
                    );
                }
            };
            let decision = Decision { verdict, reason: reason.into() };
            if decisions.insert(Place { list, row }, decision).is_some() {
                return wrong(
                    "decisions.twice",
                    say!("row {row} of {file} has a decision already.", row = ungrouped(row), file),
                );
            }
        }
        Ok(Self(decisions))
    }

    pub fn of(&self, place: Place) -> Option<&Decision> {
        self.0.get(&place)
    }

    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.0.keys().copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Place, &Decision)> {
        self.0.iter().map(|(place, decision)| (*place, decision))
    }
}

impl FromIterator<(Place, Decision)> for Decisions {
    fn from_iter<T: IntoIterator<Item = (Place, Decision)>>(decisions: T) -> Self {
        Self(decisions.into_iter().collect())
    }
}

fn find_list(name: &str, lists: &[RecipientList]) -> Vec<u16> {
    let numbered = || (0..).zip(lists);
    let whole: Vec<u16> = numbered().filter(|(_, list)| list.name() == name).map(|(at, _)| at).collect();
    if !whole.is_empty() {
        return whole;
    }
    let last_part = |path: &str| Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
    numbered().filter(|(_, list)| last_part(list.name()).as_deref() == Some(name)).map(|(at, _)| at).collect()
}
