//! `baseline add`: lists of good times, read as `check` reads them, are kept sealed.
//!
//! As with `prepare`, the lists are read twice: the first time tells which rows stand in each other's way, the second seals the others.

use std::collections::HashMap;
use std::path::PathBuf;

use super::figures::{self, SchemeFigures};
use super::rows::{BaselineReader, BaselineRow, Content, Headings, KEPT, ListNamed, Record};
use crate::bank::calendar::BankCalendar;
use crate::batch::{Fate, Fates, Sum};
use crate::checks::{Checked, CheckedPayment, Checks, Code, Problem, Severity, Terms};
use crate::fault::{Fault, Result};
use crate::ledger::event::{BaselineScheme, RecordedBaseline};
use crate::ledger::idempotency::{Candidate, Collision, Fingerprint, Place, Pseudonym, Tagger, judge_series};
use crate::ledger::{Event, LedgerState, Transaction};
use crate::ops::key_store::{self, KeyStore};
use crate::ops::parts::PartSealer;
use crate::ops::prepare::{Naming, Problems, Request, in_words, open_lists, rules};
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace, World};
use crate::payment::{Amount, AmountOverflow, Period, Scheme};
use crate::recipient_list::{Column, Instruction, RecipientList};
use crate::say;

/// What was asked for on the command line.
#[derive(Clone, Debug)]
pub struct NewBaseline {
    pub lists: Vec<PathBuf>,
    pub period: Period,
    /// For rows without one.
    pub scheme: Option<Scheme>,
    pub sheet: Option<String>,
    pub maps: Vec<String>,
}

/// What came of it.
pub struct Added {
    pub outcome: Outcome,
    pub period: Period,
    /// Of the rows; `prepared` are those in the baseline.
    pub fates: Fates,
    pub schemes: Vec<SchemeFigures>,
    /// How many rows have another account than in the baselines that were in use; `None` where one of these does not open.
    pub accounts_changed: Option<u64>,
    pub lists: Vec<RecipientList>,
    pub problems: Problems,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By this entry.
    Recorded(u64),
    /// This entry recorded the same figures for the same period before.
    There(u64),
    /// No row could be taken.
    Nobody,
}

impl Added {
    /// Whether a person has something to do before everybody is in a baseline.
    pub fn needs_a_person(&self) -> bool {
        self.fates.rejected.count + self.fates.held.count > 0
    }
}

pub fn add(workspace: &mut Workspace, world: &World, who: Option<&str>, new: &NewBaseline) -> Result<Added> {
    let settings = workspace.settings.clone();
    let request = Request {
        lists: new.lists.clone(),
        scheme: new.scheme.clone(),
        period: Some(new.period),
        sheet: new.sheet.clone(),
        maps: new.maps.clone(),
        ..Request::default()
    };
    let lists = open_lists(&request, &settings, workspace.state.currency)?;
    let payer = workspace.state.payer.clone();
    let today = world.now.today();
    let pay_on = BankCalendar::of(payer.country).next_bank_day(today);
    let rules = rules(&settings, &payer, workspace.state.currency, &request, pay_on, today);
    let who = workspace.unlock(world, who)?;
    let mut candidates = Vec::new();
    each_row(&lists, &rules, &mut |place, _, checked| {
        if let Some(payment) = checked.payment.filter(|payment| stays_out(payment, new.period).is_none()) {
            // A baseline keeps no reference: another month's invoice has another one.
            let account = who.tagger.account_of(&payment);
            candidates.push(Candidate::new(place, Fingerprint { account, ..who.tagger.fingerprint(&payment) }));
        }
        Ok(())
    })?;
    judge_alone(&mut candidates);

    let (keys, folder) = (workspace.keys.clone(), workspace.folder().to_path_buf());
    let (key_id, key) = key_store::new_key()?;
    let mut recording = workspace.begin(world)?;
    let accounts_changed = accounts_changed(&mut recording, &keys, &who, &candidates);
    let entry = recording.next_entry();
    let mut sealer = PartSealer::new(recording.state.ledger, entry, (key_id, &key));
    let headings = Headings {
        lists: lists
            .iter()
            .map(|list| ListNamed { file: list.name().into(), sheet: list.sheet().map(Into::into) })
            .collect(),
        columns: KEPT.iter().map(|column| column.as_str().to_owned()).collect(),
    };
    sealer.add(&mut *recording.transaction, &Record::Headings(headings))?;
    let mut keeping = Keeping {
        period: new.period,
        lists: &lists,
        tagger: &who.tagger,
        fates: Fates::none(recording.state.currency),
        schemes: Vec::new(),
        problems: Problems::new(&folder)?,
        content: Content::default(),
        sealer,
    };
    let mut candidates = candidates.into_iter().peekable();
    each_row(&lists, &rules, &mut |place, instruction, checked| {
        let candidate = candidates.next_if(|candidate| candidate.place == place);
        keeping.row(&mut *recording.transaction, place, instruction, checked, candidate)
    })?;
    let Keeping { fates, schemes, problems, content, sealer, .. } = keeping;
    let content = content.finish(&who.tagger);
    let added = |state: &LedgerState, outcome, entry, lists| {
        let schemes = figures::schemes(state, (entry, new.period), &schemes);
        Added { outcome, period: new.period, fates, schemes, accounts_changed, lists, problems }
    };
    if schemes.is_empty() {
        return Ok(added(&recording.state, Outcome::Nobody, entry, lists));
    }
    let there = recording.state.same_baseline(new.period, &content);
    if let Some(there) = there {
        return Ok(added(&recording.state, Outcome::There(there), there, lists));
    }
    let parts = sealer.finish(&mut *recording.transaction)?;
    who.keep_baseline_key(&keys, key_id, &key)?;
    let recorded = RecordedBaseline { period: new.period, schemes: schemes.clone(), content, parts };
    recording.event(&Event::BaselineAdded(Box::new(recorded)), &who.signer, None)?;
    let (state, recorded) = recording.finish()?;
    let added = added(&state, Outcome::Recorded(entry), entry, lists);
    workspace.follow(world, state, recorded)?;
    Ok(added)
}

/// Of how many rows a baseline in use has another account. `None` where one does not open.
fn accounts_changed(
    recording: &mut Recording,
    keys: &KeyStore,
    who: &Unlocked,
    candidates: &[Candidate],
) -> Option<u64> {
    let state = &recording.state;
    let new: HashMap<Pseudonym, Pseudonym> = candidates
        .iter()
        .filter(|candidate| candidate.collisions.is_empty())
        .map(|candidate| (candidate.fingerprint.tag.series, candidate.fingerprint.account))
        .collect();
    let mut changed = 0;
    for (entry, _, schemes) in figures::lasting(state) {
        let transaction = &mut *recording.transaction;
        let mut reader = BaselineReader::open(transaction, state, keys, who, entry).ok()?;
        while let Some(row) = reader.next(transaction).ok()? {
            let is_in_use = schemes.get(usize::from(row.scheme)).is_some_and(|scheme| scheme.is_last);
            let differs = new.get(&row.series).is_some_and(|account| *account != row.account);
            changed += u64::from(is_in_use && differs);
        }
    }
    Some(changed)
}

/// Reads and checks every row. The pay date does not matter here: it is past, and the baseline is paid on another.
fn each_row<'a>(
    lists: &'a [RecipientList],
    rules: &Terms<'a>,
    visit: &mut dyn FnMut(Place, &Instruction, Checked) -> Result<()>,
) -> Result<()> {
    let mut instruction = Instruction::default();
    for (number, list) in (0u16..).zip(lists) {
        let terms = Terms { amount_style: list.amount_style(), ..rules.clone() };
        let mut checks = Checks::new(&terms);
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            instruction.leave_out(Column::PayOn);
            let checked = checks.check(number, &instruction);
            visit(Place { list: number, row: instruction.row }, &instruction, checked)?;
        }
    }
    Ok(())
}

/// Which rows are equal to others, and which contradict them.
fn judge_alone(candidates: &mut [Candidate]) {
    candidates.sort_unstable_by_key(|candidate| (candidate.fingerprint.tag, candidate.place));
    for series in candidates.chunk_by_mut(|a, b| a.fingerprint.tag.series == b.fingerprint.tag.series) {
        judge_series(series, &[]);
    }
    candidates.sort_unstable_by_key(|candidate| candidate.place);
}

/// The second reading.
struct Keeping<'a> {
    period: Period,
    lists: &'a [RecipientList],
    tagger: &'a Tagger,
    fates: Fates,
    schemes: Vec<BaselineScheme>,
    problems: Problems,
    content: Content,
    sealer: PartSealer<'a>,
}

impl Keeping<'_> {
    fn row(
        &mut self,
        transaction: &mut dyn Transaction,
        place: Place,
        instruction: &Instruction,
        checked: Checked,
        candidate: Option<Candidate>,
    ) -> Result<()> {
        let Checked { payment, amount, mut problems, .. } = checked;
        // What a check holds is held when it is to be paid. Here nothing is paid.
        problems.retain(|problem| problem.severity() != Severity::Held);
        let fate = match (&payment, candidate) {
            (Some(payment), Some(candidate)) => {
                self.judge(transaction, instruction, payment, &candidate, &mut problems)?
            }
            (Some(payment), None) => {
                problems.extend(stays_out(payment, self.period));
                Fate::Rejected
            }
            (None, _) => Fate::Rejected,
        };
        let zero = Amount::zero(self.fates.read.amount.currency());
        self.fates.count(fate, amount.unwrap_or(zero)).map_err(too_large)?;
        self.problems.add(place.list, place.row, in_words(problems))
    }

    fn judge(
        &mut self,
        transaction: &mut dyn Transaction,
        instruction: &Instruction,
        payment: &CheckedPayment,
        candidate: &Candidate,
        problems: &mut Vec<Problem>,
    ) -> Result<Fate> {
        if let Some(collision) = candidate.collisions.first() {
            // Rows of a baseline are compared by their accounts, whatever invoice they pay.
            let payment = CheckedPayment { reference: None, ..payment.clone() };
            problems.push(Naming(self.lists).problem(candidate.place, &payment, collision, self.tagger));
            let is_same = matches!(collision, Collision::Same(_));
            return Ok(if is_same { Fate::Duplicate } else { Fate::Held });
        }
        let scheme = self.scheme(&payment.obligation.scheme, payment.amount)?;
        let cells: Vec<String> = KEPT.iter().map(|column| kept(*column, instruction, payment)).collect();
        self.content.add(&cells);
        let Fingerprint { tag, person, account, amount, .. } = candidate.fingerprint;
        let Place { list, row } = candidate.place;
        let row = BaselineRow { list, row, scheme, person, series: tag.series, account, amount, cells };
        self.sealer.add(transaction, &Record::Row(row))?;
        Ok(Fate::Prepared)
    }

    /// Counts the amount under its scheme and gives the scheme's place.
    fn scheme(&mut self, scheme: &Scheme, amount: Amount) -> Result<u16> {
        let folded = scheme.folded();
        let at = match self.schemes.iter().position(|known| known.scheme.folded() == folded) {
            Some(at) => at,
            None => {
                let sum = Sum::zero(amount.currency());
                self.schemes.push(BaselineScheme { scheme: scheme.clone(), sum });
                self.schemes.len() - 1
            }
        };
        self.schemes[at].sum.add(amount).map_err(too_large)?;
        u16::try_from(at)
            .map_err(|_| Fault::input("baseline.schemes", say!("These lists name more than 65,536 schemes.")))
    }
}

/// A cell so that it means the same without its list: without the column that settled how amounts are written, and without `--scheme`.
fn kept(column: Column, instruction: &Instruction, payment: &CheckedPayment) -> String {
    match column {
        Column::Amount => payment.amount.to_string(),
        Column::Scheme => payment.obligation.scheme.as_str().to_owned(),
        column => instruction.cell(column).to_owned(),
    }
}

/// Why a payment is none of the baseline's.
fn stays_out(payment: &CheckedPayment, period: Period) -> Option<Problem> {
    let written = payment.obligation.period;
    if written != period {
        let message =
            say!("The row pays for {written}, and the baseline is for {period}: it stays out of it.", written, period);
        return Some(Problem::new(Code::BaselineOtherPeriod, Column::Period, message));
    }
    // Paid again, its payment id would pay the same invoice a second time.
    payment.account.as_ref().filter(|account| account.is_slip()).map(|_| {
        let message = say!("A payment slip pays one invoice, once: it stays out of the baseline.");
        Problem::new(Code::BaselineSlip, Column::PaymentReference, message)
    })
}

fn too_large(_: AmountOverflow) -> Fault {
    Fault::input("amount.sum_too_large", say!("The amounts of these lists cannot be added: the sum is too large."))
}
