//! `--only`: a list that names the people who go first, each with a scheme or for all that they get.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

use super::last_known::named;
use crate::checks::{Code, Problem, Terms, read_whose};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::Pseudonym;
use crate::ops::Unlocked;
use crate::payment::{Currency, Scheme};
use crate::recipient_list::{Column, ColumnAliases, Instruction, RecipientList};
use crate::say;

/// Who goes first, by pseudonym.
pub(super) struct OnlyList {
    pub name: String,
    people: HashMap<Pseudonym, Vec<Wanted>>,
}

struct Wanted {
    row: u32,
    /// `None`: all that the person gets.
    scheme: Option<String>,
    /// Whether a row of the lists is about it.
    met: Cell<bool>,
    /// Whether a row of the lists is about the person, under another scheme.
    met_otherwise: Cell<bool>,
}

/// Somebody who is to go first and is in none of the lists.
#[derive(Clone, Debug)]
pub struct NotInLists {
    /// The list that names them, and where.
    pub file: String,
    pub row: u32,
    pub problem: Problem,
}

impl OnlyList {
    /// A list of which a single row cannot be understood is refused: that row may be the most urgent of all.
    pub fn read(
        path: &Path,
        columns: &ColumnAliases,
        currency: Currency,
        who: &Unlocked,
        terms: &Terms,
    ) -> Result<Self> {
        let list = RecipientList::open(path, &path.to_string_lossy(), &columns.for_naming(), currency)?;
        let mut people: HashMap<Pseudonym, Vec<Wanted>> = HashMap::new();
        let mut wrong = Vec::new();
        let mut instruction = Instruction::default();
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            let row = instruction.row;
            match read_whose(&instruction, terms) {
                Ok(person) => {
                    let scheme = Scheme::new(instruction.cell(Column::Scheme)).map(|scheme| scheme.folded());
                    let wanted = Wanted { row, scheme, met: Cell::new(false), met_otherwise: Cell::new(false) };
                    people.entry(who.tagger.person(&person)).or_default().push(wanted);
                }
                Err(what) => wrong.push(format!("{row}: {what}")),
            }
        }
        if wrong.is_empty() {
            return Ok(Self { name: list.name().to_owned(), people });
        }
        let message =
            say!("These rows of {list} do not say who goes first:\n  {rows}", list = list.name(), rows = named(&wrong));
        Err(Fault::input("triage.unreadable", message).remedy(say!("Correct them, or take them out.")))
    }

    /// Whether a row about this person and scheme goes first.
    pub fn names(&self, person: &Pseudonym, scheme: &str) -> bool {
        let mut named = false;
        for wanted in self.people.get(person).into_iter().flatten() {
            let same = wanted.scheme.as_deref().is_none_or(|of| of == scheme);
            if same { &wanted.met } else { &wanted.met_otherwise }.set(true);
            named |= same;
        }
        named
    }

    /// Notes whom a row that cannot be paid is about: they are in the lists all the same. `scheme` is folded.
    pub fn meet(&self, person: &Pseudonym, scheme: Option<&str>) {
        for wanted in self.people.get(person).into_iter().flatten() {
            let same = scheme.is_none() || wanted.scheme.is_none() || wanted.scheme.as_deref() == scheme;
            if same { &wanted.met } else { &wanted.met_otherwise }.set(true);
        }
    }

    /// Who is in none of the lists, in the order of the list that names them.
    pub fn not_in_lists(&self) -> Vec<NotInLists> {
        let unmet = self.people.values().flatten().filter(|wanted| !wanted.met.get());
        let mut rows: Vec<(u32, bool)> = unmet.map(|wanted| (wanted.row, wanted.met_otherwise.get())).collect();
        rows.sort_unstable();
        let one = |(row, under_another_scheme)| {
            let (column, message) = match under_another_scheme {
                true => (
                    Column::Scheme,
                    say!(
                        "Goes first, and is in the lists under another scheme alone: compare how the two write it, or leave the scheme empty for all that the person gets."
                    ),
                ),
                false => (
                    Column::PersonId,
                    say!(
                        "Goes first, and is in none of the lists: pay this person by a list of their own, or look for the mistyped number."
                    ),
                ),
            };
            NotInLists { file: self.name.clone(), row, problem: Problem::new(Code::TriageNotInLists, column, message) }
        };
        rows.into_iter().map(one).collect()
    }
}
