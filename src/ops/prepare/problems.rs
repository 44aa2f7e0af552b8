//! What there is to say about the rows of the lists. A million rows may each have something: it is kept aside in the order of the rows, and of
//! each code only how often it was met and where first.

use std::collections::BTreeMap;
use std::path::Path;

use crate::checks::{Code, Problem, Severity};
use crate::fault::Result;
use crate::ops::spool::{Tape, damaged};
use crate::recipient_list::Column;
use crate::words::Message;

/// So many rows of each code are at hand.
const AT_HAND: u64 = 3;

/// One problem with its place.
#[derive(Clone, Debug)]
pub struct LocatedProblem {
    pub list: u16,
    pub row: u32,
    pub problem: Problem,
}

/// The problems with one code, one a row: a row may have one twice, in the name and in the payee's name.
#[derive(Clone, Debug, Default)]
pub struct OfCode {
    pub rows: u64,
    /// In the first of these rows.
    pub first: Vec<LocatedProblem>,
    last: Option<(u16, u32)>,
}

pub struct Problems {
    tape: Tape,
    record: Vec<u8>,
    /// By what became of the row, too: a held problem of a row that is rejected waits for nobody.
    by_code: BTreeMap<(Severity, Code), OfCode>,
    first_held: Option<(u16, u32)>,
    over: u64,
}

impl Problems {
    /// `folder` is where they lie, if they are many.
    pub fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            tape: Tape::new(folder.into())?,
            record: Vec::new(),
            by_code: BTreeMap::new(),
            first_held: None,
            over: 0,
        })
    }

    /// Adds all that there is to say about one row. The rows come in their order.
    pub fn add(&mut self, list: u16, row: u32, problems: Vec<Worded>) -> Result<()> {
        if self.first_held.is_none() && is_for_a_decision(&problems) {
            self.first_held = Some((list, row));
        }
        let is_rejected = problems.iter().any(|worded| worded.problem.severity() == Severity::Error);
        self.over += u64::from(problems.iter().any(|worded| worded.problem.code.is_over()));
        for Worded { problem, words } in problems {
            let severity = match problem.severity() {
                Severity::Held if is_rejected => Severity::Error,
                severity => severity,
            };
            self.record.clear();
            write(&mut self.record, list, row, &problem, &words);
            self.tape.push(&self.record)?;
            let of_code = self.by_code.entry((severity, problem.code)).or_default();
            if of_code.last.replace((list, row)) != Some((list, row)) {
                of_code.rows += 1;
            }
            // A row may say it of its name and of its text.
            let is_said =
                of_code.first.iter().any(|known| (known.list, known.row) == (list, row) && known.problem == problem);
            if of_code.rows <= AT_HAND && !is_said {
                of_code.first.push(LocatedProblem { list, row, problem });
            }
        }
        Ok(())
    }

    /// Each with what it does to its rows.
    pub fn by_code(&self) -> impl Iterator<Item = (Severity, Code, &OfCode)> {
        self.by_code.iter().map(|((severity, code), of_code)| (*severity, *code, of_code))
    }

    /// The first row that is held and for a decision. What is rejected too is not.
    pub fn first_held(&self) -> Option<(u16, u32)> {
        self.first_held
    }

    /// How many rows are rejected for good: they ended, are paid by other figures, or were dropped. Whoever corrected them would have them paid.
    pub fn over(&self) -> u64 {
        self.over
    }

    /// Shows all of them, in the order of the rows and in the words of this process' language.
    pub fn each(&self, visit: &mut dyn FnMut(LocatedProblem) -> Result<()>) -> Result<()> {
        let mut reader = self.tape.read();
        while let Some(record) = reader.next()? {
            visit(read(record).ok_or_else(damaged)?)?;
        }
        Ok(())
    }
}

fn is_for_a_decision(problems: &[Worded]) -> bool {
    let is = |severity| problems.iter().any(|worded| worded.problem.severity() == severity);
    let waits = || problems.iter().any(|worded| worded.problem.code == Code::TriageNotYet);
    is(Severity::Held) && !is(Severity::Error) && !waits()
}

/// A problem and its words in the language of the process, found once for all who write them.
pub struct Worded {
    pub problem: Problem,
    pub words: String,
}

pub fn in_words(problems: Vec<Problem>) -> Vec<Worded> {
    let worded = |problem: Problem| Worded { words: problem.message.in_words().into_owned(), problem };
    problems.into_iter().map(worded).collect()
}

const NO_COLUMN: u8 = u8::MAX;

fn write(record: &mut Vec<u8>, list: u16, row: u32, problem: &Problem, words: &str) {
    record.extend_from_slice(&list.to_le_bytes());
    record.extend_from_slice(&row.to_le_bytes());
    record.extend_from_slice(&(problem.code as u16).to_le_bytes());
    record.push(problem.column.map_or(NO_COLUMN, |column| column as u8));
    record.extend_from_slice(words.as_bytes());
}

fn read(record: &[u8]) -> Option<LocatedProblem> {
    let (list, rest) = record.split_first_chunk()?;
    let (row, rest) = rest.split_first_chunk()?;
    let (code, rest) = rest.split_first_chunk()?;
    let (column, message) = rest.split_first()?;
    let code = *Code::ALL.get(usize::from(u16::from_le_bytes(*code)))?;
    let column = Column::ALL.get(usize::from(*column)).copied();
    let message = Message::verbatim(std::str::from_utf8(message).ok()?);
    let problem = Problem { code, column, message };
    Some(LocatedProblem { list: u16::from_le_bytes(*list), row: u32::from_le_bytes(*row), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_comes_back_with_its_place_and_words() {
        let mut problems = Problems::new(Path::new(".")).expect("begins");
        let mut written = Vec::new();
        for (row, code) in (2u32..).zip(Code::ALL) {
            let column = Column::ALL.get(row as usize % (Column::ALL.len() + 1)).copied();
            let problem = Problem { code: *code, column, message: Message::verbatim(format!("Row {row}, ænema.")) };
            problems.add(7, row, in_words(vec![problem.clone(), problem.clone()])).expect("takes");
            written.extend([(row, problem.clone()), (row, problem)]);
        }
        let mut found = Vec::new();
        problems
            .each(&mut |LocatedProblem { list, row, problem }| {
                assert_eq!(list, 7);
                found.push((row, problem));
                Ok(())
            })
            .expect("reads");
        assert_eq!(found, written);
        assert!(problems.by_code().all(|(_, _, of_code)| of_code.rows == 1), "a row counts once");
    }

    #[test]
    fn what_ended_or_was_dropped_is_not_to_be_mended() {
        let problem = |code| Problem::new(code, None, Message::verbatim("So."));
        let mut problems = Problems::new(Path::new(".")).expect("begins");
        let over = [Code::BaselineEnded, Code::BaselineDead, Code::BaselineReplaced, Code::DecisionDropped];
        for (row, code) in (2..).zip(over) {
            problems.add(0, row, in_words(vec![problem(code), problem(Code::AccountChecksum)])).expect("takes");
        }
        problems.add(0, 9, in_words(vec![problem(Code::AccountChecksum)])).expect("takes");
        problems.add(0, 10, in_words(vec![problem(Code::AmountLimit)])).expect("takes");
        assert_eq!(problems.over(), 4);
    }

    #[test]
    fn only_a_row_that_is_not_rejected_is_offered_for_a_decision() {
        let problem = |code| Problem::new(code, None, Message::verbatim("So."));
        let mut problems = Problems::new(Path::new(".")).expect("begins");
        problems.add(0, 2, in_words(vec![problem(Code::AmountLimit), problem(Code::IdMissing)])).expect("takes");
        problems
            .add(0, 3, in_words(vec![problem(Code::DuplicateConflict), problem(Code::TriageNotYet)]))
            .expect("takes");
        assert_eq!(problems.first_held(), None);
        problems.add(1, 4, in_words(vec![problem(Code::AmountLimit)])).expect("takes");
        problems.add(1, 5, in_words(vec![problem(Code::AmountLimit)])).expect("takes");
        assert_eq!(problems.first_held(), Some((1, 4)));
        let of_limit = problems.by_code().filter(|(_, code, _)| *code == Code::AmountLimit);
        let rows: Vec<_> = of_limit.map(|(severity, _, of_code)| (severity, of_code.rows)).collect();
        assert_eq!(rows, [(Severity::Held, 2), (Severity::Error, 1)]);
    }
}
