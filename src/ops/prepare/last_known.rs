//! `--from-baseline`: the rows of the last baseline of each scheme, with what a list of changes says of them, as lists of this command.
//!
//! What ended, died or is replaced keeps its row, marked in its column `change`, so that it gets a fate and a reason as every row does.

use std::collections::HashMap;
use std::path::Path;

use super::Request;
use super::dated_text::names_days;
use super::kept_list::KeptList;
use crate::checks::change::{self, Change};
use crate::checks::{Terms, pay_on, read_whose};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::idempotency::Pseudonym;
use crate::ops::baseline::lasting;
use crate::ops::baseline::rows::BaselineReader;
use crate::ops::settings::Settings;
use crate::ops::spool::MEMORY_BYTES;
use crate::ops::{Unlocked, Workspace};
use crate::payment::{Obligation, Part, Period, Scheme};
use crate::recipient_list::{Column, Instruction, KeptFrom, RecipientList, read_amount};
use crate::say;
use crate::words::{Message, ungrouped};

/// How many rows of a list of changes are named before the rest is only counted.
const MOST_NAMED: usize = 20;
/// What each list of a baseline of many may take in memory at least.
const LEAST_MEMORY_BYTES: usize = 256 * 1024;

/// The lists that the last baselines and the changes come to, and how many texts of the baselines were left out.
pub(super) fn lists(
    workspace: &mut Workspace,
    who: &Unlocked,
    request: &Request,
    settings: &Settings,
    terms: &Terms,
) -> Result<(Vec<RecipientList>, u64)> {
    let period = request.period.ok_or_else(|| {
        Fault::input("baseline.period_missing", say!("To pay by a baseline, say which period is paid now."))
            .remedy(say!("Add --period, such as --period 2026-12."))
    })?;
    let state = workspace.state.clone();
    if state.baselines.is_empty() {
        return Err(Fault::input("baseline.none_kept", say!("There is no baseline to pay by."))
            .remedy(say!("Pay by a list, as in `stopgap prepare LIST`.")));
    }
    let folder = workspace.folder().to_path_buf();
    let mut changes = match &request.changes {
        Some(path) => {
            let columns = settings.columns.with_maps(&request.maps)?.for_changing();
            let list = RecipientList::open(path, &path.to_string_lossy(), &columns, state.currency)?;
            Changes::read(&list, who, terms, period, &folder)?
        }
        None => Changes::default(),
    };
    let keys = workspace.keys.clone();
    let mut snapshot = workspace.read()?;
    let mut lists = Vec::new();
    let mut texts_left_out = 0;
    let mut instruction = Instruction::default();
    let lasting = lasting(&state);
    for (entry, baseline, schemes) in &lasting {
        let same_period =
            lasting.iter().filter(|(_, other, _)| other.recorded.period == baseline.recorded.period).count();
        let mut name = format!("baseline:{}", baseline.recorded.period);
        if same_period > 1 {
            name += &format!("#{entry}");
        }
        let folded: Vec<String> = schemes.iter().map(|scheme| scheme.scheme.folded()).collect();
        let mut reader = BaselineReader::open(&mut *snapshot, &state, &keys, who, *entry)?;
        let memory_bytes = (MEMORY_BYTES / reader.lists.len().max(1)).max(LEAST_MEMORY_BYTES);
        let new_list = |_| KeptList::new(folder.clone(), memory_bytes);
        let mut by_list: Vec<KeptList> = reader.lists.iter().map(new_list).collect::<Result<_>>()?;
        while let Some(row) = reader.next(&mut *snapshot)? {
            let at = usize::from(row.scheme);
            if !schemes.get(at).is_some_and(|scheme| scheme.is_last) {
                continue;
            }
            reader.refill(&row, &mut instruction);
            if names_days(instruction.cell(Column::Text)) {
                instruction.leave_out(Column::Text);
                texts_left_out += 1;
            }
            if let Some(change) = changes.of(&row.person, &folded[at], &row.series) {
                instruction.write(Column::Change, change.as_str());
            }
            if let Some(rows) = by_list.get_mut(usize::from(row.list)) {
                rows.push(&instruction)?;
            }
        }
        let several = reader.lists.len() > 1;
        for (list, rows) in reader.lists.iter().zip(by_list).filter(|(_, rows)| !rows.is_empty()) {
            let file = list.file.rsplit('/').next().unwrap_or_default();
            let name = if several { format!("{name}/{file}") } else { name.clone() };
            lists.push(rows.finish(name, list.sheet.clone(), KeptFrom::Ledger));
        }
    }
    changes.refuse_what_met_nobody()?;
    if let Some(rows) = changes.rows.filter(|rows| !rows.is_empty()) {
        lists.push(rows.finish(changes.list, None, KeptFrom::Changes));
    }
    Ok((lists, texts_left_out))
}

/// The payees' banks show what is sent: a text of another month would be taken for that month's payment.
pub(super) fn texts_left_out(texts: u64) -> Message {
    say!(
        "Left out {texts:text|texts} of the baseline with a month, a week or a year, which may not be what is paid now. Whoever needs a text gets it by `changed` in --changes.",
        texts
    )
}

/// What is to be told of a period that the baselines themselves have figures of: what they say was most likely paid.
pub(super) fn paid_before(state: &LedgerState, period: Period) -> Option<Message> {
    let baselines = lasting(state);
    let of = baselines.iter().map(|(_, baseline, _)| baseline.recorded.period).find(|of| of.overlaps(period))?;
    Some(say!(
        "The baseline is of {baseline}, and {period} is paid now: whoever was paid for it before the outage is paid again. Is --period right?",
        baseline = of,
        period
    ))
}

/// What a list of changes says.
#[derive(Default)]
struct Changes {
    list: String,
    /// By person.
    dead: HashMap<Pseudonym, Row>,
    /// By person and scheme, and by person, scheme and part.
    ended: HashMap<(Pseudonym, String), Row>,
    ended_parts: HashMap<Pseudonym, Row>,
    replaced: HashMap<Pseudonym, Row>,
    /// The rows to pay: the new and the changed.
    rows: Option<KeptList>,
    /// Whose rows these are.
    asked: Vec<Asked>,
}

/// A row of the list that is to be paid, by pseudonym.
struct Asked {
    row: u32,
    change: Change,
    person: Pseudonym,
    scheme: String,
    series: Pseudonym,
}

/// A row of the list, and whether the baseline has what it changes.
struct Row {
    row: u32,
    met: bool,
}

impl Row {
    fn new(row: u32) -> Self {
        Self { row, met: false }
    }
}

impl Changes {
    fn read(list: &RecipientList, who: &Unlocked, terms: &Terms, period: Period, folder: &Path) -> Result<Self> {
        let rows = Some(KeptList::new(folder.into(), MEMORY_BYTES)?);
        let mut changes = Self { list: list.name().to_owned(), rows, ..Self::default() };
        let terms = Terms { amount_style: list.amount_style(), ..terms.clone() };
        let mut wrong = Vec::new();
        let mut instruction = Instruction::default();
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            match changes.see(&instruction, who, &terms, period) {
                Ok(false) => {}
                Ok(true) => {
                    write_out(&mut instruction, &terms);
                    changes.rows.iter_mut().try_for_each(|rows| rows.push(&instruction))?;
                }
                Err(what) => wrong.push(format!("{}: {what}", instruction.row)),
            }
        }
        if !wrong.is_empty() {
            let message =
                say!("These rows of {list} cannot be understood:\n  {rows}", list = list.name(), rows = named(&wrong));
            return Err(Fault::input("changes.unreadable", message)
                .remedy(say!("Correct them; a list of changes is used whole or not at all.")));
        }
        changes.refuse_contradictions()?;
        Ok(changes)
    }

    /// Whether the row is to be paid.
    fn see(
        &mut self,
        instruction: &Instruction,
        who: &Unlocked,
        terms: &Terms,
        period: Period,
    ) -> Result<bool, Message> {
        let written = instruction.cell(Column::Change);
        let change = change::read(written).filter(|change| *change != Change::Replaced);
        let change = change.ok_or_else(|| {
            say!("The column `change` must say ended, dead, new or changed (ophørt, død, ny, ændret).")
        })?;
        let person = read_whose(instruction, terms)?;
        let key = who.tagger.person(&person);
        let row = instruction.row;
        if change == Change::Dead {
            self.dead.insert(key, Row::new(row));
            return Ok(false);
        }
        let scheme = Scheme::new(instruction.cell(Column::Scheme)).or_else(|| terms.scheme.clone());
        let scheme = scheme.ok_or_else(|| say!("The row does not say which benefit it changes."))?;
        let part = Part::new(instruction.cell(Column::Part));
        let folded = scheme.folded();
        let no_part = part.is_empty();
        let series = who.tagger.tag(&Obligation { person, scheme, period, part }).series;
        match change {
            Change::Ended if no_part => _ = self.ended.insert((key, folded), Row::new(row)),
            Change::Ended => _ = self.ended_parts.insert(series, Row::new(row)),
            Change::Changed | Change::New | Change::Dead | Change::Replaced => {
                let is_second = change == Change::Changed && self.replaced.insert(series, Row::new(row)).is_some();
                if is_second {
                    return Err(say!("Another row changes the same."));
                }
                self.asked.push(Asked { row, change, person: key, scheme: folded, series });
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who is dead is paid nothing, and what has ended is not: a list that says otherwise as well has a mistake in one of the two rows, and
    /// nobody but its author knows in which.
    fn refuse_contradictions(&self) -> Result<()> {
        let mut found = Vec::new();
        for Asked { row, change, person, scheme, series } in &self.asked {
            let ended = || self.ended.get(&(*person, scheme.clone())).or_else(|| self.ended_parts.get(series));
            let dead = self.dead.get(person).map(|other| (other, Change::Dead));
            if let Some((other, says)) = dead.or_else(|| ended().map(|other| (other, Change::Ended))) {
                let (row, other) = (ungrouped(*row), ungrouped(other.row));
                let (says, asks) = (says.in_words(), change.in_words());
                found.push(say!("row {other} says {says}, row {row} says {asks}", other, says, row, asks).to_string());
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let message = say!(
            "Of these people, {list} says two things that cannot both be true:\n  {rows}",
            list = &self.list,
            rows = named(&found)
        );
        Err(Fault::input("changes.contradiction", message)
            .remedy(say!("Find out which of the two rows is right, and take the other one out.")))
    }

    /// What is said of a row of the baseline. Death and the end come before other figures.
    fn of(&mut self, person: &Pseudonym, scheme: &str, series: &Pseudonym) -> Option<Change> {
        let met = |row: &mut Row| row.met = true;
        let dead = self.dead.get_mut(person).map(met).map(|()| Change::Dead);
        let ended = self.ended.get_mut(&(*person, scheme.to_owned())).map(met);
        let ended_part = self.ended_parts.get_mut(series).map(met);
        let replaced = self.replaced.get_mut(series).map(met).map(|()| Change::Replaced);
        dead.or(ended.or(ended_part).map(|()| Change::Ended)).or(replaced)
    }

    fn refuse_what_met_nobody(&self) -> Result<()> {
        let all = self
            .dead
            .values()
            .chain(self.ended.values())
            .chain(self.ended_parts.values())
            .chain(self.replaced.values());
        let mut unmet: Vec<u32> = all.filter(|row| !row.met).map(|row| row.row).collect();
        if unmet.is_empty() {
            return Ok(());
        }
        unmet.sort_unstable();
        let rows: Vec<String> = unmet.iter().map(u32::to_string).collect();
        let message = say!(
            "These rows of {list} end or change what the baseline does not have:\n  {rows}",
            list = &self.list,
            rows = named(&rows)
        );
        Err(Fault::input("changes.not_in_baseline", message)
            .remedy(say!("Is a number mistyped? Who is new takes `new` in the column change.")))
    }
}

/// Writes out the row's amount and its pay date, wherever these could be read: how the column writes them is known here only.
fn write_out(instruction: &mut Instruction, terms: &Terms) {
    if let Ok(date) = pay_on::read_date_of_column(instruction.cell(Column::PayOn), instruction.date_order()) {
        instruction.write(Column::PayOn, &date.to_string());
    }
    if let Ok(amount) = read_amount(instruction.cell(Column::Amount), terms.amount_style, terms.currency) {
        instruction.write(Column::Amount, &amount.to_string());
    }
}

pub(super) fn named(rows: &[String]) -> String {
    let shown = rows.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join("\n  ");
    match rows.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown}\n  … +{more}"),
    }
}
