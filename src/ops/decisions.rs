//! A decisions file: what people decided about held rows. A table with the columns `file,row,decision,reason`, saved in any way in which a list
//! may be saved: a Danish Excel writes semicolons and Windows-1252.

use std::collections::HashMap;
use std::path::Path;

use csv::StringRecord;

use crate::checks::quoted;
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::Place;
use crate::payment::mask;
use crate::recipient_list::{RecipientList, any_table};
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
    ///
    /// # Errors
    /// `decisions.…`, and `list.unreadable` and the like, where the file is no table.
    pub fn read(path: &Path, lists: &[RecipientList]) -> Result<Self> {
        let given = path.to_string_lossy();
        let mut reading = Reading { file: &given, lists, columns: None, decisions: HashMap::new() };
        let is_heading = |cell: &str| COLUMNS.iter().any(|name| cell.eq_ignore_ascii_case(name));
        any_table::each_row_under(path, &given, &is_heading, &mut |sheet, line, cells| {
            // Excel saves the empty lines below a table too.
            if cells.iter().all(str::is_empty) { Ok(()) } else { reading.row((sheet, line), cells) }
        })?;
        match reading.columns {
            Some(_) => Ok(Self(reading.decisions)),
            None => Err(reading.lacks(COLUMNS[0])),
        }
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

/// No list has as many rows, and no person number is as small.
const LAST_ROW: u32 = 99_999_999;

const COLUMNS: [&str; 4] = ["file", "row", "decision", "reason"];

/// A decisions file that is being read.
struct Reading<'a> {
    file: &'a str,
    lists: &'a [RecipientList],
    /// The sheet at hand, and where its columns are.
    columns: Option<(usize, [usize; 4])>,
    decisions: HashMap<Place, Decision>,
}

impl Reading<'_> {
    /// The first row of each sheet has the headings.
    fn row(&mut self, (sheet, line): (usize, u32), cells: &StringRecord) -> Result<()> {
        let Some((_, columns)) = self.columns.filter(|(of, _)| *of == sheet) else {
            let column = |name: &str| {
                let at = cells.iter().position(|cell| cell.eq_ignore_ascii_case(name));
                at.ok_or_else(|| self.lacks(name))
            };
            let [file, row, decision, reason] = COLUMNS;
            self.columns = Some((sheet, [column(file)?, column(row)?, column(decision)?, column(reason)?]));
            return Ok(());
        };
        let (place, decision) =
            self.decision(columns.map(|at| cells.get(at).unwrap_or_default())).map_err(|(code, what)| {
                let (file, line) = (self.file, ungrouped(line));
                Fault::input(code, say!("In the decisions file {file}, row {line}: {what}", file, line, what))
            })?;
        self.decisions.insert(place, decision);
        Ok(())
    }

    fn decision(&self, [file, row, decision, reason]: [&str; 4]) -> Result<(Place, Decision), (&'static str, Message)> {
        let row = match row.parse::<u32>() {
            Ok(number) if number <= LAST_ROW => number,
            // A person number whose first zero a spreadsheet dropped has nine digits.
            Ok(_) => {
                let shown = format!("\"{}\"", mask(row));
                return Err(("decisions.row", say!("{shown} is no row number.", shown)));
            }
            Err(_) => return Err(("decisions.row", say!("{shown} is no row number.", shown = quoted(row)))),
        };
        let verdict = match decision.to_lowercase().as_str() {
            "pay" => Verdict::Pay,
            "drop" => Verdict::Drop,
            _ => {
                let message = say!("{shown} is no decision: write pay or drop.", shown = quoted(decision));
                return Err(("decisions.decision", message));
            }
        };
        if reason.is_empty() {
            return Err(("decisions.reason", say!("the reason is missing; it is recorded with the decision.")));
        }
        let list = match find_list(file, self.lists).as_slice() {
            [list] => *list,
            found => {
                let shown = quoted(file);
                let message = match found {
                    [] => say!(
                        "{shown} is none of the lists of this command, which are: {lists}.",
                        shown,
                        lists = self.named()
                    ),
                    _ => say!("{shown} could be several of these lists: give its whole path.", shown),
                };
                return Err(("decisions.file", message));
            }
        };
        let place = Place { list, row };
        if self.decisions.contains_key(&place) {
            let message = say!("row {row} of {file} has a decision already.", row = ungrouped(row), file);
            return Err(("decisions.twice", message));
        }
        Ok((place, Decision { verdict, reason: reason.into() }))
    }

    /// The lists as the command line has them, of many the first.
    fn named(&self) -> String {
        const NAMED: usize = 10;
        let names: Vec<_> = self.lists.iter().take(NAMED).map(|list| list.name()).collect();
        names.join(", ") + if self.lists.len() > NAMED { ", …" } else { "" }
    }

    fn lacks(&self, name: &str) -> Fault {
        let message = say!("The decisions file {file} has no column `{name}`.", file = self.file, name);
        Fault::input("decisions.heading_missing", message).remedy(say!("Its headings are: file,row,decision,reason"))
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
