//! The second reading, under the ledger's lock and with every comparison done: each row gets its one fate and its line in `rows.csv`, and
//! what is prepared is sealed.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::beside::Beside;
use super::candidates::InOrder;
use super::claims::Prepared;
use super::collision::{self, Destination, Naming, dropped_before};
use super::problems::{Problems, Worded, in_words};
use super::row_set::RowSet;
use super::rows_copy::RowsCopy;
use super::triage::PutOff;
use super::verdicts::{Verdict as FoundOfRow, VerdictReader};
use crate::batch::{Fate, Fates, Sum};
use crate::checks::priority::Priority;
use crate::checks::{Checked, CheckedPayment, Checks, Code, Problem, Severity, Terms};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::{Collision, Other, Place, Tagger};
use crate::ledger::state::{BatchPhase, OpenRows};
use crate::ledger::{LedgerState, Transaction};
use crate::ops::after_all;
use crate::ops::decisions::{Decision, Decisions, Verdict};
use crate::ops::durable::disk_fault;
use crate::ops::payments::PaymentSealer;
use crate::ops::waiting::{self, DroppedBefore, Waiting};
use crate::ops::workspace::Recording;
use crate::payment::{Amount, AmountOverflow, BatchId, Currency, EndToEndId, Obligation, Scheme, Tag};
use crate::phrase;
use crate::progress::{self, Stage};
use crate::recipient_list::rows_file::RowsFile;
use crate::recipient_list::{Column, Instruction, RecipientList};
use crate::say;
use crate::words::Phrase;

/// Second reading: gives each row its fate.
pub(super) struct Settling<'a> {
    /// What the command line says for rows that do not say it.
    settled: Vec<(Column, String)>,
    decisions: &'a Decisions,
    lists: &'a [RecipientList],
    tagger: &'a Tagger,
    pub(super) fates: Fates,
    pub(super) by_scheme: BTreeMap<String, Fates>,
    pub(super) problems: Problems,
    pub(super) prepared: Prepared,
    known: Known<'a>,
    /// Obligations in conflict within the command of which one row was decided to be paid.
    conflicts_decided: HashSet<Tag>,
    decisions_met: HashSet<Place>,
    /// The rows whose fate a decision made.
    pub(super) decided: HashSet<Place>,
    pub(super) decided_to_pay: u64,
    /// Obligations of which a decision pays a row, or leaves one open that has other figures.
    tags_left: HashSet<Tag>,
    /// What decisions drop, for the ledger.
    dropped: Vec<(Place, Tag, Obligation)>,
    /// Who waits, for the ledger.
    pub(super) waiting: waiting::Draft,
    /// The rows that are rejected or held and neither over nor waiting for a later batch.
    pub(super) left: OpenRows,
    /// How many rows ask for what a live payment of an earlier batch pays.
    pub(super) in_batches: BTreeMap<BatchId, u64>,
    /// Of the rows that are prepared, how they differ from the last baselines.
    pub(super) differing: Differing,
}

/// What the comparisons found, before any row has its fate.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// Rows of an obligation that was paid before and came back.
    pub(super) tried_before: &'a RowSet,
    pub(super) dropped_before: &'a DroppedBefore,
    pub(super) beside: &'a Beside,
    pub(super) put_off: &'a PutOff,
}

/// How many prepared rows differ from the last baselines.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Differing {
    pub(super) new_persons: u64,
    pub(super) accounts: u64,
    pub(super) amounts: u64,
}

impl<'a> Settling<'a> {
    /// `settled` is what the command line says for rows that do not say it; in `folder` lie problems and who waits, if they are many.
    pub(super) fn begin(
        (folder, currency): (&Path, Currency),
        batch: BatchId,
        settled: Vec<(Column, String)>,
        (lists, decisions, tagger): (&'a [RecipientList], &'a Decisions, &'a Tagger),
        known: Known<'a>,
    ) -> Result<Self> {
        Ok(Self {
            settled,
            decisions,
            lists,
            tagger,
            fates: Fates::none(currency),
            by_scheme: BTreeMap::new(),
            problems: Problems::new(folder)?,
            prepared: Prepared { batch, rows: RowSet::default(), count: 0 },
            known,
            conflicts_decided: HashSet::new(),
            decisions_met: HashSet::new(),
            decided: HashSet::new(),
            decided_to_pay: 0,
            tags_left: HashSet::new(),
            dropped: Vec::new(),
            waiting: waiting::Draft::new(folder.to_owned(), currency)?,
            left: OpenRows { rejected: Sum::zero(currency), held: Sum::zero(currency) },
            in_batches: BTreeMap::new(),
            differing: Differing::default(),
        })
    }

    pub(super) fn settle(
        &mut self,
        recording: &mut Recording,
        terms: &impl Fn(&'a RecipientList) -> Terms<'a>,
        (mut tags, mut verdicts): (InOrder, VerdictReader),
        sealer: &mut PaymentSealer,
        rows_file: &File,
        rows_copy: &mut RowsCopy,
    ) -> Result<()> {
        let unwritable = |error: std::io::Error| disk_fault("write", Path::new("rows.csv"), &error);
        let mut rows = RowsFile::with_settled(BufWriter::new(rows_file), self.settled.clone()).map_err(unwritable)?;
        let mut instruction = Instruction::default();
        let mut step = progress::begin(Stage::Recording, self.lists.iter().map(RecipientList::rows).sum::<u64>());
        for (number, list) in (0u16..).zip(self.lists) {
            let terms = terms(list);
            let mut checks = Checks::new(&terms);
            let mut instructions = list.instructions()?;
            while instructions.read(&mut instruction)? {
                step.advance(1);
                let place = Place { list: number, row: instruction.row };
                let checked = checks.check(number, &instruction);
                let tag = tags.tag_of(place)?;
                let found = verdicts.of(place)?;
                let amount = checked.amount.unwrap_or(Amount::zero(terms.currency));
                let Checked { payment, problems, priority, .. } = checked;
                let could_be_paid = payment.as_ref().zip(tag).map(|(payment, tag)| (payment, priority, tag));
                let (fate, problems) = self.judge_row(place, problems, could_be_paid, found, recording, sealer)?;
                self.count_left(fate, amount, &problems)?;
                let problems = in_words(problems);
                let obligation = payment.as_ref().map(|payment| &payment.obligation);
                let renamed = payment.as_ref().map_or(0, |payment| payment.as_written.count());
                let person = obligation.map(|obligation| &obligation.person);
                rows_copy.see(place, &instruction, (person, renamed), fate)?;
                match obligation {
                    Some(obligation) => self.count(fate, amount, obligation.scheme.as_str())?,
                    None => self.count(fate, amount, &scheme_of(&instruction, &terms))?,
                }
                let (code, mut message) = said_of_row(&problems);
                if message.is_empty() && list.is_kept() {
                    let note = say!("On the figures of {list}, which upstream has yet to confirm.", list = list.name());
                    message = note.to_string();
                }
                rows.row(list.name(), list.sheet(), place.row, fate.as_str(), code, &message, &instruction)
                    .map_err(unwritable)?;
                self.problems.add(place.list, place.row, problems)?;
            }
        }
        rows.finish().and_then(|mut out| out.flush()).map_err(unwritable)?;
        self.remember_dropped()
    }

    /// Where another row of the obligation is paid by decision, or one with other figures still waits for one, a row was dropped and not the
    /// obligation.
    fn remember_dropped(&mut self) -> Result<()> {
        for (place, tag, obligation) in std::mem::take(&mut self.dropped) {
            let Some(Decision { reason, .. }) = self.decisions.of(place) else { continue };
            if !self.tags_left.contains(&tag) && !self.known.dropped_before.is_recorded(&tag, reason) {
                self.waiting.dropped((place.list, place.row), obligation, reason.clone())?;
            }
        }
        Ok(())
    }

    fn judge_row(
        &mut self,
        place: Place,
        mut problems: Vec<Problem>,
        could_be_paid: Option<(&CheckedPayment, Priority, Tag)>,
        found: FoundOfRow,
        recording: &mut Recording,
        sealer: &mut PaymentSealer,
    ) -> Result<(Fate, Vec<Problem>)> {
        let decisions = self.decisions;
        let decision = decisions.of(place);
        if decision.is_some() {
            self.decisions_met.insert(place);
        }
        let Some((payment, priority, tag)) = could_be_paid else {
            if decision.is_some() {
                problems
                    .push(decision_not_needed(phrase!("is rejected: mend it in the list and hand the list in again")));
            }
            return Ok((Fate::Rejected, problems));
        };
        let FoundOfRow { collisions, put_off, difference, freed } = found;
        if let Some(same) = collisions.iter().find(|c| matches!(c, Collision::Same(_))) {
            problems.retain(|problem| problem.severity() != Severity::Held);
            problems.push(match taken_back(same, &tag, &recording.state) {
                Some(taken_back) => taken_back,
                None => self.naming().problem(place, payment, same, self.tagger),
            });
            if let Collision::Same(Other::Live(batch)) = same {
                *self.in_batches.entry(*batch).or_default() += 1;
            }
            if let Some(decision) = decision {
                problems.push(of_duplicate(decision, same, recording));
            }
            return Ok((Fate::Duplicate, problems));
        }
        problems.extend(self.known.beside.problems(&difference, payment.amount));
        problems.extend(collisions.iter().map(|collision| match collision {
            Collision::DroppedBefore => {
                let message = dropped_before(self.known.dropped_before.reason(&tag));
                Problem::new(Code::DecisionDroppedBefore, None, message)
            }
            collision => self.naming().problem(place, payment, collision, self.tagger),
        }));
        for freed in &freed {
            if let Some(earlier) = after_all::stands(&mut *recording.transaction, freed, u64::MAX)? {
                problems.push(stands_after_all(earlier));
                break;
            }
        }
        if after_all::is_paid_elsewhere(&mut *recording.transaction, &recording.state, tag)? {
            problems.push(paid_elsewhere());
        }
        let put_off = put_off.and_then(|why| self.known.put_off.problem(why, self.lists));
        let waits = put_off.is_some();
        problems.extend(put_off);
        let held = problems.iter().any(|problem| problem.severity() == Severity::Held);
        match decision {
            Some(decision) if decision.verdict == Verdict::Drop => {
                problems.retain(|problem| problem.severity() != Severity::Held);
                let message = say!("Dropped by decision: {reason}", reason = &decision.reason);
                problems.push(Problem::new(Code::DecisionDropped, None, message));
                self.decided.insert(place);
                // Of a payment that is there already another one was dropped, and not what is owed.
                let pays_already = |c: &Collision| matches!(c, Collision::Conflict { other: Other::Live(_), .. });
                if !collisions.iter().any(pays_already) {
                    self.dropped.push((place, tag, payment.obligation.clone()));
                }
                return Ok((Fate::Rejected, problems));
            }
            Some(decision) if !held && self.known.put_off.is_sooner(place) => {
                let message = say!("Paid before others by decision: {reason}", reason = &decision.reason);
                problems.push(Problem::new(Code::DecisionPaid, None, message));
                self.pays(place, tag);
            }
            Some(_) if !held => problems.push(decision_not_needed(phrase!("was not held"))),
            Some(decision) => {
                self.refuse_to_decide_a_conflict(place, &tag, payment, &collisions)?;
                let (held, mut rest): (Vec<_>, Vec<_>) =
                    problems.into_iter().partition(|problem| problem.severity() == Severity::Held);
                let codes: Vec<_> = held.iter().map(|problem| problem.code.as_str()).collect();
                let message = say!(
                    "Paid by decision although {codes}: {reason}",
                    codes = codes.join(", "),
                    reason = &decision.reason
                );
                rest.push(Problem::new(Code::DecisionPaid, None, message));
                problems = rest;
                self.pays(place, tag);
            }
            None if held => {
                if collisions.iter().any(is_beside_other_figures) {
                    self.tags_left.insert(tag);
                }
                if waits {
                    self.waits(place, payment.clone(), priority)?;
                }
                return Ok((Fate::Held, problems));
            }
            None => {}
        }
        self.differing.new_persons += u64::from(difference.new_in.is_some());
        self.differing.accounts += u64::from(difference.account.is_some());
        self.differing.amounts += u64::from(difference.amount.is_some());
        let again = self.known.tried_before.contains(place);
        let attempt = next_attempt(&mut *recording.transaction, &recording.state, &tag, again)?;
        let end_to_end_id = EndToEndId { tag, attempt };
        sealer.add(&mut *recording.transaction, end_to_end_id, payment)?;
        self.prepared.rows.insert(place);
        self.prepared.count += 1;
        Ok((Fate::Prepared, problems))
    }

    /// Notes that a decision pays the row.
    fn pays(&mut self, place: Place, tag: Tag) {
        self.decided_to_pay += 1;
        self.decided.insert(place);
        self.tags_left.insert(tag);
    }

    fn waits(&mut self, place: Place, payment: CheckedPayment, priority: Priority) -> Result<()> {
        let CheckedPayment { obligation, name, amount, .. } = payment;
        let list = self.lists.get(usize::from(place.list)).map(|list| list.name().to_owned()).unwrap_or_default();
        self.waiting
            .waits(place.list, Waiting { obligation, name: name.into(), amount, priority, list, row: place.row })
    }

    fn count_left(&mut self, fate: Fate, amount: Amount, problems: &[Problem]) -> Result<()> {
        let is_for_later = |problem: &Problem| problem.code.is_over() || problem.code == Code::TriageNotYet;
        let of_fate = match fate {
            Fate::Rejected => &mut self.left.rejected,
            Fate::Held => &mut self.left.held,
            Fate::Prepared | Fate::Duplicate => return Ok(()),
        };
        if problems.iter().any(is_for_later) { Ok(()) } else { of_fate.add(amount).map_err(too_large) }
    }

    fn count(&mut self, fate: Fate, amount: Amount, scheme: &str) -> Result<()> {
        self.fates.count(fate, amount).map_err(too_large)?;
        if let Some(of_scheme) = self.by_scheme.get_mut(scheme) {
            return of_scheme.count(fate, amount).map_err(too_large);
        }
        let of_scheme = self.by_scheme.entry(scheme.to_owned()).or_insert(Fates::none(amount.currency()));
        of_scheme.count(fate, amount).map_err(too_large)
    }

    /// A conflict with a live payment is never decided to be paid; of one within the command, at most one row is.
    fn refuse_to_decide_a_conflict(
        &mut self,
        place: Place,
        tag: &Tag,
        payment: &CheckedPayment,
        collisions: &[Collision],
    ) -> Result<()> {
        for collision in collisions {
            let Collision::Conflict { other, amount_differs, destination, .. } = collision else { continue };
            let here = self.naming().place(place);
            match other {
                Other::Live(batch) => {
                    let message = say!(
                        "A decision cannot pay {here}: batch {batch} pays this obligation already.",
                        here,
                        batch = *batch
                    );
                    let destination = Destination::of(*destination, payment, self.tagger);
                    let remedy = match destination {
                        _ if *amount_differs => say!(
                            "Give a supplement a `part` of its own, or cancel batch {batch} if it has not been released.",
                            batch = *batch
                        ),
                        Destination::OtherAccount => say!(
                            "Only the account differs, so a `part` would pay the same twice. Cancel batch {batch} if it has not been released; else wait for the bank's word: if the payment comes back, this row can be paid.",
                            batch = *batch
                        ),
                        Destination::OtherForm | Destination::WithoutReference => {
                            collision::remedy(other, *amount_differs, destination).into()
                        }
                        _ => say!(
                            "Another invoice needs its number as `part`; one that batch {batch} pays already would be paid twice by it. Cancel batch {batch} if it has not been released; else wait for the bank's word.",
                            batch = *batch
                        ),
                    };
                    return Err(Fault::refused("decision.conflict", message).remedy(remedy));
                }
                Other::Row(_) if !self.conflicts_decided.insert(*tag) => {
                    let message =
                        say!("A decision cannot pay {here} as well: another row of the same obligation is.", here);
                    return Err(Fault::refused("decision.conflict", message)
                        .remedy(say!("Decide `pay` for one of the rows and `drop` for the others.")));
                }
                Other::Row(_) => {}
            }
        }
        Ok(())
    }

    pub(super) fn refuse_unmet_decisions(&self) -> Result<()> {
        match self.decisions.places().filter(|place| !self.decisions_met.contains(place)).min() {
            None => Ok(()),
            Some(place) => {
                let message =
                    say!("There is a decision about {place}, but no such row.", place = self.naming().place(place));
                Err(Fault::input("decisions.no_such_row", message)
                    .remedy(say!("Row numbers are those that a spreadsheet shows; the headings are row 1.")))
            }
        }
    }

    fn naming(&self) -> Naming<'a> {
        Naming(self.lists)
    }
}

/// For `rows.csv`: the code that decided the fate (a duplicate, else the most serious problem) and every message, the others behind their codes.
fn said_of_row(problems: &[Worded]) -> (&'static str, String) {
    let mut by_weight: Vec<&Worded> = problems.iter().collect();
    by_weight.sort_by_key(|said| Reverse((said.problem.code == Code::DuplicateSame, said.problem.severity())));
    let Some((first, rest)) = by_weight.split_first() else { return ("", String::new()) };
    let mut all = first.words.clone();
    rest.iter().for_each(|said| all.extend([" [", said.problem.code.as_str(), "] ", &said.words]));
    (first.problem.code.as_str(), all)
}

/// Whether it says that a row of these lists has other figures for the same obligation: then what is dropped is the wrong figure. Of two rows that
/// are equal what is dropped is what both ask for.
fn is_beside_other_figures(collision: &Collision) -> bool {
    matches!(collision, Collision::Conflict { other: Other::Row(_), .. })
}

fn too_large(_: AmountOverflow) -> Fault {
    Fault::input("amount.sum_too_large", say!("The amounts of these lists cannot be added: the sum is too large."))
}

fn decision_not_needed(because: Phrase) -> Problem {
    Problem::new(
        Code::DecisionNotNeeded,
        None,
        say!("The decision about this row has no effect: the row {because}.", because),
    )
}

fn stands_after_all(earlier: BatchId) -> Problem {
    Problem::new(
        Code::DuplicateAfterAll,
        None,
        say!(
            "By the bank's first word the payment for these days in batch {earlier} did not stand, by a later one it does. Ask the bank, then decide \
             `pay` or `drop`.",
            earlier
        ),
    )
}

fn paid_elsewhere() -> Problem {
    Problem::new(
        Code::DuplicateElsewhere,
        None,
        say!(
            "The bank has paid this already, by a payment that never left by this ledger: another desk has released it, or a newer copy of this \
             ledger. Merge with that desk or find the newer copy, or decide `pay` or `drop`."
        ),
    )
}

/// What there is to say of a duplicate whose payment the bank has taken back, because another one was to stand for it.
fn taken_back(same: &Collision, tag: &Tag, state: &LedgerState) -> Option<Problem> {
    let Collision::Same(Other::Live(batch)) = same else { return None };
    let recall = state.recalls.values().find(|recall| {
        let own = recall.recorded.payments.iter().filter(|one| one.payment.tag == *tag);
        recall.recorded.reason.stays_paid() && own.into_iter().any(|one| recall.took_back(&one.payment))
    })?;
    let message = say!(
        "Already in batch {batch} with the same amount and account, and the bank took that payment back as a double ({recall}): it is taken as paid by the other one. Where it is owed after all, give the row a `part` of its own.",
        batch = *batch,
        recall = recall.id().to_string()
    );
    Some(Problem::new(Code::DuplicateSame, None, message))
}

/// What there is to say of a decision about a row that is a duplicate.
fn of_duplicate(decision: &Decision, same: &Collision, recording: &Recording) -> Problem {
    match same {
        Collision::Same(Other::Live(batch))
            if decision.verdict == Verdict::Drop && is_unreleased(*batch, recording) =>
        {
            let message = say!(
                "The decision about this row has no effect: batch {batch}, which has not been released, pays it. Whoever is not to be paid leaves it only if the batch is cancelled.",
                batch = *batch
            );
            Problem::new(Code::DecisionNotNeeded, None, message)
        }
        _ => decision_not_needed(phrase!("is a duplicate of another, which is the one to decide about")),
    }
}

fn is_unreleased(batch: BatchId, recording: &Recording) -> bool {
    let phase = recording.state.batches.get(&batch).map(|batch| batch.phase);
    matches!(phase, Some(BatchPhase::Prepared | BatchPhase::Approved))
}

/// The scheme as a heading for sums: the row's own, else the command's.
fn scheme_of<'t>(instruction: &'t Instruction, terms: &'t Terms) -> Cow<'t, str> {
    let written = Scheme::new(instruction.cell(Column::Scheme)).map(|scheme| Cow::Owned(scheme.as_str().to_owned()));
    written
        .or_else(|| terms.scheme.as_ref().map(|scheme| Cow::Borrowed(scheme.as_str())))
        .unwrap_or(Cow::Borrowed("(no scheme)"))
}

/// `again`: whether the obligation was paid before and came back.
pub(super) fn next_attempt(
    transaction: &mut dyn Transaction,
    state: &LedgerState,
    tag: &Tag,
    again: bool,
) -> Result<u8> {
    let last = if again { transaction.last_freed_attempt(tag)? } else { 0 };
    let last = last.max(after_all::last_attempt_elsewhere(state, *tag));
    if last >= EndToEndId::MAX_ATTEMPTS {
        return Err(Fault::refused(
            "control.attempts",
            say!("One of these payments came back 35 times: pay it in another way."),
        ));
    }
    Ok(last + 1)
}
