//! The lists beside the last baselines of their schemes.
//!
//! A baseline that does not open keeps nobody from being paid in an outage: its schemes are not compared, and that is said loudly.

use std::collections::{HashMap, HashSet};

use borsh::BorshDeserialize;

use super::reading::{ReadRow, SchemesRead};
use super::row_set::RowSet;
use super::verdicts::Verdicts;
use crate::checks::{Code, Problem, quoted};
use crate::fault::Result;
use crate::ledger::baseline::{Asked, Difference, KnownRow, KnownRows};
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::Unlocked;
use crate::ops::baseline::in_use;
use crate::ops::baseline::rows::{BaselineReader, ListNamed};
use crate::ops::key_store::KeyStore;
use crate::ops::spool::{Tape, damaged};
use crate::ops::workspace::Recording;
use crate::payment::{Amount, Currency, Period, mask};
use crate::recipient_list::{Column, Instruction};
use crate::say;
use crate::words::{Message, ungrouped};

/// A baseline that was compared with.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The entry that recorded it.
    pub entry: u64,
    pub period: Period,
    lists: Vec<ListNamed>,
}

/// A baseline that should have been compared with.
#[derive(Clone, Debug)]
pub struct NotCompared {
    pub entry: u64,
    pub period: Period,
    /// In the words of the first row that has it.
    pub schemes: Vec<String>,
    pub why: Message,
}

/// Somebody who is in the baseline and in none of the lists.
#[derive(Clone, Debug)]
pub struct Missing {
    /// `baseline:2022-03`.
    pub baseline: String,
    pub problem: Problem,
}

/// What the comparison found.
pub(super) struct Beside {
    pub compared: Vec<Compared>,
    pub not_compared: Vec<NotCompared>,
    missing: Vec<KnownRow>,
    /// Those of them whose person is there with another case, by place.
    cases: HashSet<(u16, u16, u32)>,
    schemes: SchemesRead,
    currency: Currency,
}

impl Beside {
    /// Compares what the first reading found with the last baseline of each scheme. Gives the rows whose account changed, which are held.
    pub fn compare(
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        (keys, who): (&KeyStore, &Unlocked),
        (schemes, rows): (SchemesRead, Option<Tape>),
        percent: u32,
        verdicts: &mut Verdicts,
    ) -> Result<(Self, RowSet)> {
        let mut beside = Self {
            compared: Vec::new(),
            not_compared: Vec::new(),
            missing: Vec::new(),
            cases: HashSet::new(),
            schemes,
            currency: state.currency,
        };
        let mut account_changed = RowSet::default();
        let Some(rows) = rows else { return Ok((beside, account_changed)) };
        let mut known = beside.open(snapshot, state, keys, who);
        let mut reader = rows.read();
        while let Some(record) = reader.next()? {
            match ReadRow::try_from_slice(record).map_err(|_| damaged())? {
                ReadRow::Unpaid { person, scheme } => known.meet(&person, scheme),
                ReadRow::Payable { place, scheme, person, series, account, minor_units } => {
                    let asked = Asked { person, series, account, minor_units };
                    let difference = known.compare(scheme, &asked, percent);
                    if !difference.is_none() {
                        verdicts.differs(place, difference)?;
                    }
                    if difference.account.is_some() {
                        account_changed.insert(place);
                    }
                }
            }
        }
        for row in known.missing() {
            if !beside.is_paid(snapshot, row)? {
                beside.missing.push(*row);
            }
        }
        for row in known.other_cases() {
            if !beside.is_paid(snapshot, row)? {
                beside.cases.insert((row.baseline, row.list, row.row));
                beside.missing.push(*row);
            }
        }
        Ok((beside, account_changed))
    }

    /// Reads the last baseline of each scheme, as far as they open.
    fn open(&mut self, snapshot: &mut dyn Snapshot, state: &LedgerState, keys: &KeyStore, who: &Unlocked) -> KnownRows {
        // By entry: which of its schemes is which of ours.
        let mut wanted: Vec<(u64, HashMap<u16, u16>)> = Vec::new();
        for (ours, folded) in (0u16..).zip(self.schemes.folded()) {
            let Some((entry, theirs)) = in_use(state, folded) else { continue };
            let theirs = theirs as u16;
            match wanted.iter_mut().find(|(known, _)| *known == entry) {
                Some((_, schemes)) => _ = schemes.insert(theirs, ours),
                None => wanted.push((entry, HashMap::from([(theirs, ours)]))),
            }
        }
        let mut rows = Vec::new();
        let mut covered_by = vec![None; self.schemes.len()];
        for (entry, schemes) in wanted {
            let period = state.baselines[&entry].recorded.period;
            let (number, before) = (self.compared.len() as u16, rows.len());
            match read(snapshot, state, (keys, who), entry, &schemes, number, &mut rows) {
                Ok(lists) => {
                    schemes.values().for_each(|ours| covered_by[usize::from(*ours)] = Some(number));
                    self.compared.push(Compared { entry, period, lists });
                }
                Err(fault) => {
                    rows.truncate(before);
                    let mut schemes: Vec<_> = schemes.values().map(|ours| self.schemes.name(*ours)).collect();
                    schemes.sort();
                    self.not_compared.push(NotCompared { entry, period, schemes, why: fault.message });
                }
            }
        }
        KnownRows::new(rows, covered_by)
    }

    /// Whether a live payment pays the person for days that the lists' rows of the scheme pay for.
    fn is_paid(&self, snapshot: &mut dyn Snapshot, row: &KnownRow) -> Result<bool> {
        let Some(days) = self.schemes.days(row.scheme) else { return Ok(false) };
        Ok(snapshot.claims_in_series(&row.series)?.iter().any(|claim| claim.period.overlaps(days)))
    }

    /// What there is to say about a row that asks for `amount`.
    pub fn problems(&self, difference: &Difference, amount: Amount) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(known) = difference.account {
            let message = say!(
                "The account is another one than in the baseline of {period} ({place}). Ask the person, by a way that you know from before, and decide `pay` or `drop`.",
                period = self.period(known.baseline),
                place = self.place(&known)
            );
            problems.push(Problem::new(Code::BaselineAccountChanged, Column::Account, message));
        }
        if let Some(known) = difference.amount {
            let message = say!(
                "{amount}, and {before} in the baseline of {period} ({place}). Is it right?",
                amount,
                before = Amount::from_minor_units(known.minor_units, self.currency),
                period = self.period(known.baseline),
                place = self.place(&known)
            );
            problems.push(Problem::new(Code::BaselineAmountChanged, Column::Amount, message));
        }
        if let Some(baseline) = difference.new_in {
            let message = say!(
                "The person was not paid this scheme in the baseline of {period}. Is the grant new?",
                period = self.period(baseline)
            );
            problems.push(Problem::new(Code::BaselineNewPerson, Column::PersonId, message));
        }
        problems
    }

    pub fn nobody_is_missing(&self) -> bool {
        self.missing.is_empty()
    }

    /// Hands out the missing with their rows, in the order of the baselines.
    pub fn each_missing(
        &self,
        recording: &mut Recording,
        (keys, who): (&KeyStore, &Unlocked),
        visit: &mut dyn FnMut(&mut Recording, Missing, &Instruction) -> Result<()>,
    ) -> Result<()> {
        let mut instruction = Instruction::default();
        for (number, compared) in (0u16..).zip(&self.compared) {
            let mut wanted: HashMap<(u16, u32), &KnownRow> = self
                .missing
                .iter()
                .filter(|row| row.baseline == number)
                .map(|row| ((row.list, row.row), row))
                .collect();
            if wanted.is_empty() {
                continue;
            }
            let mut reader =
                BaselineReader::open(&mut *recording.transaction, &recording.state, keys, who, compared.entry)?;
            while let Some(row) = reader.next(&mut *recording.transaction)? {
                let Some(known) = wanted.remove(&(row.list, row.row)) else { continue };
                reader.refill(&row, &mut instruction);
                if let Some(period) = self.schemes.only_period(known.scheme) {
                    instruction.write(Column::Period, &period.to_string());
                }
                let missing = Missing { baseline: compared.name(), problem: self.missing_problem(known, &instruction) };
                visit(recording, missing, &instruction)?;
            }
        }
        Ok(())
    }

    fn missing_problem(&self, known: &KnownRow, instruction: &Instruction) -> Problem {
        let number = match instruction.cell(Column::PersonId) {
            "" => instruction.cell(Column::OrganisationId),
            number => number,
        };
        if self.cases.contains(&(known.baseline, known.list, known.row)) {
            let part = match instruction.cell(Column::Part) {
                "" => say!("without a part"),
                part => say!("part {part}", part = quoted(part)),
            };
            let message = say!(
                "{person} has {amount} for {scheme}, {part}, in the baseline of {period} ({place}); these lists have other rows of the person, and fewer.",
                person = mask(number),
                amount = Amount::from_minor_units(known.minor_units, self.currency),
                scheme = instruction.cell(Column::Scheme),
                part,
                period = self.period(known.baseline),
                place = self.place(known)
            );
            return Problem::new(Code::BaselineMissingCase, None, message);
        }
        let message = say!(
            "{person} has {amount} for {scheme} in the baseline of {period} ({place}) and is in none of these lists.",
            person = mask(number),
            amount = Amount::from_minor_units(known.minor_units, self.currency),
            scheme = instruction.cell(Column::Scheme),
            period = self.period(known.baseline),
            place = self.place(known)
        );
        Problem::new(Code::BaselineMissingPerson, None, message)
    }

    fn period(&self, baseline: u16) -> String {
        self.compared.get(usize::from(baseline)).map(|compared| compared.period.to_string()).unwrap_or_default()
    }

    fn place(&self, known: &KnownRow) -> Message {
        let lists = self.compared.get(usize::from(known.baseline)).map_or(&[][..], |compared| &compared.lists);
        let list = lists.get(usize::from(known.list)).map_or("?", |list| list.file.as_str());
        say!("row {row} of {list}", row = ungrouped(known.row), list)
    }
}

impl NotCompared {
    pub fn warning(&self) -> Message {
        say!(
            "Not compared with the baseline of {period} ({schemes}): {why} A changed account would not be noticed.",
            period = self.period.to_string(),
            schemes = self.schemes.join(", "),
            why = self.why.clone()
        )
    }
}

impl Compared {
    /// As it stands where a list's path would: `baseline:2022-03`.
    pub fn name(&self) -> String {
        format!("baseline:{}", self.period)
    }
}

/// The rows of one baseline that are of the schemes wanted. Gives the lists that it was made of.
fn read(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    (keys, who): (&KeyStore, &Unlocked),
    entry: u64,
    schemes: &HashMap<u16, u16>,
    baseline: u16,
    rows: &mut Vec<KnownRow>,
) -> Result<Vec<ListNamed>> {
    let mut reader = BaselineReader::open(snapshot, state, keys, who, entry)?;
    while let Some(row) = reader.next(snapshot)? {
        let Some(scheme) = schemes.get(&row.scheme) else { continue };
        rows.push(KnownRow {
            scheme: *scheme,
            person: row.person,
            series: row.series,
            account: row.account,
            minor_units: row.amount.minor_units(),
            baseline,
            list: row.list,
            row: row.row,
        });
    }
    Ok(reader.lists)
}
