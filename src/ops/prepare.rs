//! `prepare`, and `check`, which is the same path rolled back: from lists to a batch.
//!
//! The lists are read twice. The first time finds every payable row and what must be known to compare it with all others; the second time,
//! under the ledger's lock and with every comparison done, gives each row its one fate, seals what is prepared and writes `rows.csv`.
//! Between the two nothing about people is kept but pseudonyms.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::bank_files::{self, Letterhead, Source};
use super::decisions::{Decisions, Verdict};
use super::durable::{self, disk_fault};
use super::episodes;
use super::judging::judge;
use super::payments::{self, BatchNotes, DecisionNote, PaymentSealer, ReferencedPayment};
use super::workspace::Recording;
use super::{Unlocked, Workspace, World, verify};
use crate::bank::calendar::{BankCalendar, PayDateError, check_pay_date};
use crate::batch::{Fate, Fates, PreparedBatch};
use crate::checks::{Checked, Code, Problem, Severity, Terms, check};
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::idempotency::{Candidate, Collision, Other, Place};
use crate::ledger::store::Claim;
use crate::payment::{Amount, AmountOverflow, BatchId, Currency, Digest, EndToEndId, Period, Scheme, Tag};
use crate::recipient_list::rows_file::RowsFile;
use crate::recipient_list::{Column, Instruction, RecipientList, unused_maps};

/// What was asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub lists: Vec<PathBuf>,
    pub scheme: Option<Scheme>,
    pub period: Option<Period>,
    pub pay_on: Option<NaiveDate>,
    pub decisions: Option<PathBuf>,
    /// The sheet that is meant, of lists that are workbooks.
    pub sheet: Option<String>,
    /// A list's own headings, each with the column that it is: `Ydelse=scheme`. They come before those of the settings.
    pub maps: Vec<String>,
}

/// One problem with its place.
#[derive(Clone, Debug)]
pub struct LocatedProblem {
    pub list: u16,
    pub row: u32,
    pub problem: Problem,
}

/// What came of it.
pub struct Report {
    /// `None` for a dry run, and where no row was prepared.
    pub batch: Option<(BatchId, Digest)>,
    pub currency: Currency,
    pub pay_on: NaiveDate,
    pub fates: Fates,
    pub by_scheme: BTreeMap<String, Fates>,
    pub lists: Vec<RecipientList>,
    pub problems: Vec<LocatedProblem>,
    /// Relative to the workspace.
    pub rows_file: PathBuf,
}

impl Report {
    /// Whether a person has something to do before everybody is paid.
    pub fn needs_a_person(&self) -> bool {
        self.fates.rejected.count + self.fates.held.count > 0
    }
}

/// Prepares a batch of all rows that can be paid. A dry run does all of it and then lets go of the ledger.
pub fn prepare(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    request: &Request,
    dry_run: bool,
) -> Result<Report> {
    let settings = workspace.settings.clone();
    let payer = workspace.state.payer.clone();
    let currency = workspace.state.currency;
    let calendar = BankCalendar::of(payer.country);
    let pay_on = pay_date(request.pay_on, world.now.today(), &calendar)?;
    let lists = open_lists(request, &settings, currency)?;
    let decisions = match &request.decisions {
        Some(path) => Decisions::read(path, &lists)?,
        None => Decisions::default(),
    };
    let terms = |list: &RecipientList| Terms {
        country: payer.country,
        currency,
        scheme: request.scheme.clone(),
        period: request.period,
        pay_on,
        today: world.now.today(),
        payment_limit: settings.payment_limit,
        profile: &settings.profile,
        amount_style: list.amount_style(),
        calendar,
    };
    let who = workspace.unlock(world, who)?;
    let mut candidates = find_candidates(&lists, &terms, &decisions, &who)?;

    let folder = workspace.folder().to_path_buf();
    let keys = workspace.keys.clone();
    let mut recording = workspace.begin(world)?;
    verify::claims_agree(&mut *recording.transaction, &recording.state)?;
    judge(&mut candidates, &mut *recording.transaction)?;
    let (episode, key) = episodes::open_or_begin(&mut recording, world, &keys, &who, dry_run || candidates.is_empty())?;
    let batch = recording.state.next_batch('B');
    let ledger = recording.state.ledger;

    let draft = RowsDraft::create(&folder)?;
    let mut settling = Settling {
        batch,
        settled: settled(request),
        decisions: &decisions,
        lists: &lists,
        fates: Fates::none(currency),
        by_scheme: BTreeMap::new(),
        problems: Vec::new(),
        claims: Vec::new(),
        conflicts_decided: HashSet::new(),
        decisions_met: HashSet::new(),
        decided_to_pay: 0,
    };
    let mut sealer = PaymentSealer::new(ledger, batch, &key);
    settling.settle(&mut recording, &terms, candidates, &mut sealer, draft.file())?;
    settling.refuse_unmet_decisions()?;
    let Settling { fates, by_scheme, problems, claims, decided_to_pay, .. } = settling;
    let mut report =
        Report { batch: None, currency, pay_on, fates, by_scheme, lists, problems, rows_file: PathBuf::new() };
    if claims.is_empty() || dry_run {
        let place = if dry_run { "check" } else { "no-batch" };
        report.rows_file = draft.place(&folder, &Path::new("out").join(place))?;
        return Ok(report);
    }

    let transaction = &mut *recording.transaction;
    let groups = sealer.finish(transaction)?;
    payments::put_notes(transaction, ledger, batch, &key, &notes(&report.lists, &decisions))?;
    let claims_root = record_claims(transaction, claims)?;
    let sealed_root = payments::sealed_root(transaction, batch)?;
    let letterhead = Letterhead {
        environment: recording.state.environment,
        payer: &payer,
        profile: &settings.profile,
        prepared_at: world.now.unix,
        groups: &groups,
    };
    let content = content_digest(&claims_root, &letterhead);
    let source = Source { ledger, batch, key: &key };
    let plan = bank_files::plan(transaction, &source, &letterhead, &who.tagger, &content)?;
    let prepared = PreparedBatch {
        id: batch,
        episode,
        payment_limit: settings.payment_limit,
        prepared_at: world.now.unix,
        fates: report.fates,
        decided_to_pay,
        sealed_root,
        claims_root,
        plan,
        payer: payer.clone(),
        profile: settings.profile.clone(),
        groups,
    };
    report.batch = Some((batch, prepared.digest(ledger)));
    recording.event(&Event::BatchPrepared(Box::new(prepared)), &who.signer, None)?;
    // The list of fates is there before the batch is: a crash between the two leaves a list too many, never a batch without one.
    report.rows_file = draft.place(&folder, &Workspace::outbox_of(batch))?;
    let (state, recorded) = recording.finish()?;
    workspace.follow(world, state, recorded)?;
    Ok(report)
}

/// The date that rows without one are paid on: as asked for, or the next bank day.
fn pay_date(asked: Option<NaiveDate>, today: NaiveDate, calendar: &BankCalendar) -> Result<NaiveDate> {
    let Some(date) = asked else { return Ok(calendar.next_bank_day(today)) };
    check_pay_date(date, today, calendar).map_err(|error| {
        let code = match error {
            PayDateError::Past { .. } => "date.past",
            PayDateError::NotBankDay { .. } => "date.not_bank_day",
        };
        Fault::refused(code, error.to_string())
    })?;
    Ok(date)
}

fn open_lists(
    request: &Request,
    settings: &super::settings::Settings,
    currency: Currency,
) -> Result<Vec<RecipientList>> {
    if request.lists.len() > usize::from(u16::MAX) {
        return Err(Fault::input("list.too_many", "Too many lists for one command."));
    }
    let (sheet, columns) = (request.sheet.as_deref(), settings.columns.with_maps(&request.maps)?);
    let open = |path: &PathBuf| RecipientList::open_sheet(path, &path.to_string_lossy(), sheet, &columns, currency);
    let lists: Vec<RecipientList> = request.lists.iter().map(open).collect::<Result<_>>()?;
    let headings: Vec<_> = lists.iter().map(RecipientList::columns).collect();
    match unused_maps(&request.maps, &headings).first() {
        None => Ok(lists),
        Some(map) => Err(Fault::input("arguments", format!("--map “{map}”: no list has this heading."))
            .remedy("Write the heading as it stands in the list; spaces, dots and capitals do not matter.")),
    }
}

fn settled(request: &Request) -> Vec<(Column, String)> {
    let scheme = request.scheme.as_ref().map(|scheme| (Column::Scheme, scheme.to_string()));
    let period = request.period.map(|period| (Column::Period, period.to_string()));
    scheme.into_iter().chain(period).collect()
}

/// First reading: every row that could be paid, by pseudonym.
fn find_candidates<'a>(
    lists: &'a [RecipientList],
    terms: &impl Fn(&'a RecipientList) -> Terms<'a>,
    decisions: &Decisions,
    who: &Unlocked,
) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let mut instruction = Instruction::default();
    for (number, list) in (0u16..).zip(lists) {
        let terms = terms(list);
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            let Checked { payment: Some(payment), problems, .. } = check(number, &instruction, &terms) else {
                continue;
            };
            let place = Place { list: number, row: instruction.row };
            candidates.push(Candidate {
                held: problems.iter().any(|problem| problem.severity() == Severity::Held),
                dropped: decisions.of(place).is_some_and(|decision| decision.verdict == Verdict::Drop),
                ..Candidate::new(place, who.tagger.fingerprint(&payment))
            });
        }
    }
    Ok(candidates)
}

/// Second reading: gives each row its fate.
struct Settling<'a> {
    batch: BatchId,
    /// What the command line says for rows that do not say it.
    settled: Vec<(Column, String)>,
    decisions: &'a Decisions,
    lists: &'a [RecipientList],
    fates: Fates,
    by_scheme: BTreeMap<String, Fates>,
    problems: Vec<LocatedProblem>,
    claims: Vec<Claim>,
    /// Obligations in conflict within the command of which one row was decided to be paid.
    conflicts_decided: HashSet<Tag>,
    decisions_met: HashSet<Place>,
    decided_to_pay: u64,
}

impl<'a> Settling<'a> {
    fn settle(
        &mut self,
        recording: &mut Recording,
        terms: &impl Fn(&'a RecipientList) -> Terms<'a>,
        candidates: Vec<Candidate>,
        sealer: &mut PaymentSealer,
        rows_file: &File,
    ) -> Result<()> {
        let unwritable = |error: std::io::Error| disk_fault("write", Path::new("rows.csv"), &error);
        let mut rows = RowsFile::with_settled(BufWriter::new(rows_file), self.settled.clone()).map_err(unwritable)?;
        let mut candidates = candidates.into_iter().peekable();
        let mut instruction = Instruction::default();
        for (number, list) in (0u16..).zip(self.lists) {
            let terms = terms(list);
            let mut instructions = list.instructions()?;
            while instructions.read(&mut instruction)? {
                let place = Place { list: number, row: instruction.row };
                let checked = check(number, &instruction, &terms);
                let candidate = candidates.next_if(|candidate| candidate.place == place);
                let amount = checked.amount.unwrap_or(Amount::zero(terms.currency));
                let scheme = scheme_of(&instruction, &terms);
                let (fate, problems) = self.judge_row(place, checked, candidate, recording, sealer)?;
                self.count(fate, amount, scheme)?;
                let (code, message) = said_of_row(&problems);
                rows.row(list.name(), list.sheet(), place.row, fate.as_str(), code, &message, &instruction)
                    .map_err(unwritable)?;
                let located = |problem| LocatedProblem { list: place.list, row: place.row, problem };
                self.problems.extend(problems.into_iter().map(located));
            }
        }
        rows.finish().and_then(|mut out| out.flush()).map_err(unwritable)
    }

    fn judge_row(
        &mut self,
        place: Place,
        checked: Checked,
        candidate: Option<Candidate>,
        recording: &mut Recording,
        sealer: &mut PaymentSealer,
    ) -> Result<(Fate, Vec<Problem>)> {
        let Checked { payment, mut problems, .. } = checked;
        let decisions = self.decisions;
        let decision = decisions.of(place);
        if decision.is_some() {
            self.decisions_met.insert(place);
        }
        let (Some(payment), Some(candidate)) = (payment, candidate) else {
            if decision.is_some() {
                problems.push(decision_not_needed("is rejected: mend it in the list and hand the list in again"));
            }
            return Ok((Fate::Rejected, problems));
        };
        if let Some(same) = candidate.collisions.iter().find(|c| matches!(c, Collision::Same(_))) {
            problems.retain(|problem| problem.severity() != Severity::Held);
            problems.push(self.collision_problem(place, same));
            if decision.is_some() {
                problems.push(decision_not_needed("is a duplicate of another, which is the one to decide about"));
            }
            return Ok((Fate::Duplicate, problems));
        }
        problems.extend(candidate.collisions.iter().map(|collision| self.collision_problem(place, collision)));
        let held = problems.iter().any(|problem| problem.severity() == Severity::Held);
        match decision {
            Some(_) if !held => problems.push(decision_not_needed("was not held")),
            Some(decision) if decision.verdict == Verdict::Drop => {
                problems.retain(|problem| problem.severity() != Severity::Held);
                let message = format!("Dropped by decision: {}", decision.reason);
                problems.push(Problem::new(Code::DecisionDropped, None, message));
                return Ok((Fate::Rejected, problems));
            }
            Some(decision) => {
                self.refuse_to_decide_a_conflict(place, &candidate)?;
                let (held, mut rest): (Vec<_>, Vec<_>) =
                    problems.into_iter().partition(|problem| problem.severity() == Severity::Held);
                let codes: Vec<_> = held.iter().map(|problem| problem.code.as_str()).collect();
                let message = format!("Paid by decision although {}: {}", codes.join(", "), decision.reason);
                rest.push(Problem::new(Code::DecisionPaid, None, message));
                problems = rest;
                self.decided_to_pay += 1;
            }
            None if held => return Ok((Fate::Held, problems)),
            None => {}
        }
        let attempt = next_attempt(recording, &candidate.fingerprint.tag)?;
        let end_to_end_id = EndToEndId { tag: candidate.fingerprint.tag, attempt };
        sealer.add(&mut *recording.transaction, &ReferencedPayment { end_to_end_id, payment })?;
        self.claims.push(Claim::new(&candidate.fingerprint, attempt, self.batch));
        Ok((Fate::Prepared, problems))
    }

    fn count(&mut self, fate: Fate, amount: Amount, scheme: String) -> Result<()> {
        let too_large =
            |error: AmountOverflow| Fault::input("amount.sum_too_large", format!("In these lists {error}."));
        self.fates.count(fate, amount).map_err(too_large)?;
        let of_scheme = self.by_scheme.entry(scheme).or_insert_with(|| Fates::none(amount.currency()));
        of_scheme.count(fate, amount).map_err(too_large)
    }

    /// A conflict with a live payment is never decided to be paid; of one within the command, at most one row is.
    fn refuse_to_decide_a_conflict(&mut self, place: Place, candidate: &Candidate) -> Result<()> {
        for collision in &candidate.collisions {
            let Collision::Conflict { other, .. } = collision else { continue };
            let here = self.say_place(place);
            match other {
                Other::Live(batch) => {
                    let message = format!("A decision cannot pay {here}: batch {batch} pays this obligation already.");
                    return Err(Fault::refused("decision.conflict", message).remedy(format!(
                        "Give a supplement a `part` of its own, or cancel batch {batch} if it has not been released."
                    )));
                }
                Other::Row(_) if !self.conflicts_decided.insert(candidate.fingerprint.tag) => {
                    let message =
                        format!("A decision cannot pay {here} as well: another row of the same obligation is.");
                    return Err(Fault::refused("decision.conflict", message)
                        .remedy("Decide `pay` for one of the rows and `drop` for the others."));
                }
                Other::Row(_) => {}
            }
        }
        Ok(())
    }

    fn refuse_unmet_decisions(&self) -> Result<()> {
        match self.decisions.places().filter(|place| !self.decisions_met.contains(place)).min() {
            None => Ok(()),
            Some(place) => {
                let message = format!("There is a decision about {}, but no such row.", self.say_place(place));
                Err(Fault::input("decisions.no_such_row", message)
                    .remedy("Row numbers are those that a spreadsheet shows; the headings are row 1."))
            }
        }
    }

    fn say_place(&self, place: Place) -> String {
        let list = self.lists.get(usize::from(place.list)).map_or("the list", |list| list.name());
        format!("row {} of {list}", place.row)
    }

    /// What a row collides with, as seen from the row.
    fn say_other(&self, from: Place, other: &Other) -> String {
        match other {
            Other::Row(place) if place.list == from.list => format!("row {}", place.row),
            Other::Row(place) => self.say_place(*place),
            Other::Live(batch) => format!("batch {batch}"),
        }
    }

    fn collision_problem(&self, from: Place, collision: &Collision) -> Problem {
        let whom = |other: &Other| self.say_other(from, other);
        let (code, message) = match collision {
            Collision::Same(Other::Live(batch)) => (
                Code::DuplicateSame,
                format!("Already in batch {batch} with the same amount and account: not paid again."),
            ),
            Collision::Same(other) => {
                (Code::DuplicateSame, format!("The same as {}: of the two, at most that one is paid.", whom(other)))
            }
            Collision::Conflict { other, amount_differs, account_differs } => {
                let what = match (amount_differs, account_differs) {
                    (true, true) => "another amount and account",
                    (true, false) => "another amount",
                    (false, true) => "another account",
                    (false, false) => "the same amount and account, while a third row differs",
                };
                let remedy = match other {
                    Other::Live(_) => "A supplement needs a `part` of its own",
                    Other::Row(_) => "Decide which of the rows is right",
                };
                let whom = whom(other);
                (
                    Code::DuplicateConflict,
                    format!("The same person, scheme and period as {whom}, with {what}. {remedy}."),
                )
            }
            Collision::Overlap { other, period } => {
                let message = format!(
                    "The same person and scheme as {} for days that overlap ({period}). Is part of it paid twice?",
                    whom(other)
                );
                (Code::DuplicateOverlap, message)
            }
            Collision::Suspect(other) => {
                let message = format!(
                    "The same name, account and scheme as {} under another person number. One person with two numbers?",
                    whom(other)
                );
                (Code::DuplicateSuspect, message)
            }
        };
        let column = match code {
            Code::DuplicateOverlap => Some(Column::Period),
            Code::DuplicateSuspect => Some(Column::PersonId),
            _ => None,
        };
        Problem::new(code, column, message)
    }
}

/// For `rows.csv`: the code that decided the fate (a duplicate, else the most serious problem) and every message, the others behind their codes.
fn said_of_row(problems: &[Problem]) -> (&'static str, String) {
    let mut by_weight: Vec<&Problem> = problems.iter().collect();
    by_weight.sort_by_key(|problem| Reverse((problem.code == Code::DuplicateSame, problem.severity())));
    let Some((first, rest)) = by_weight.split_first() else { return ("", String::new()) };
    let rest = rest.iter().map(|problem| format!(" [{}] {}", problem.code, problem.message));
    (first.code.as_str(), rest.fold(first.message.clone(), |all, one| all + &one))
}

fn decision_not_needed(because: &str) -> Problem {
    Problem::new(
        Code::DecisionNotNeeded,
        None,
        format!("The decision about this row has no effect: the row {because}."),
    )
}

/// The scheme as a heading for sums: the row's own, else the command's.
fn scheme_of(instruction: &Instruction, terms: &Terms) -> String {
    let written = Scheme::new(instruction.cell(Column::Scheme));
    written.or_else(|| terms.scheme.clone()).map_or_else(|| "(no scheme)".into(), |scheme| scheme.as_str().to_owned())
}

fn next_attempt(recording: &mut Recording, tag: &Tag) -> Result<u8> {
    let last = recording.transaction.last_freed_attempt(tag)?;
    if last >= EndToEndId::MAX_ATTEMPTS {
        return Err(Fault::refused(
            "control.attempts",
            "One of these payments came back 35 times: pay it in another way.",
        ));
    }
    Ok(last + 1)
}

/// Claims every obligation, in the order in which the store keeps them, and gives the digest over them all.
fn record_claims(transaction: &mut dyn crate::ledger::Transaction, mut claims: Vec<Claim>) -> Result<Digest> {
    claims.sort_unstable_by_key(|claim| claim.tag);
    let mut root = ClaimsRoot::new();
    for claim in &claims {
        transaction.claim(claim)?;
        root.add(claim);
    }
    claims.sort_unstable_by_key(|claim| (claim.payee, claim.tag));
    for claim in &claims {
        transaction.list_payee(claim)?;
    }
    Ok(root.finish())
}

/// SHA-256 over a batch's claims in order of their tags.
pub struct ClaimsRoot(Sha256);

impl ClaimsRoot {
    pub fn new() -> Self {
        Self(Sha256::new_with_prefix(b"stopgap claims 1"))
    }

    pub fn add(&mut self, claim: &Claim) {
        self.0.update(claim.to_bytes());
    }

    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl Default for ClaimsRoot {
    fn default() -> Self {
        Self::new()
    }
}

/// What message ids are made from: the obligations with their amounts and accounts, the payer's account and the days. Not the time, so
/// that the same payments prepared again on a restored ledger meet the bank's own check for double messages.
fn content_digest(claims_root: &Digest, letterhead: &Letterhead) -> Digest {
    let mut content = Sha256::new_with_prefix(b"stopgap content 1");
    content.update(claims_root.0);
    content.update(letterhead.payer.account.identity());
    for group in letterhead.groups {
        content.update(group.pay_on.to_string());
    }
    Digest(content.finalize().into())
}

fn notes(lists: &[RecipientList], decisions: &Decisions) -> BatchNotes {
    let mut decisions: Vec<DecisionNote> = decisions
        .iter()
        .map(|(place, decision)| DecisionNote {
            list: place.list,
            row: place.row,
            pay: decision.verdict == Verdict::Pay,
            reason: decision.reason.clone(),
        })
        .collect();
    decisions.sort_by_key(|decision| (decision.list, decision.row));
    BatchNotes { lists: lists.iter().map(|list| list.name().to_owned()).collect(), decisions }
}

/// `rows.csv` while it is written; under this name it is never mistaken for a finished one, and an interrupted one is replaced.
struct RowsDraft {
    path: PathBuf,
    file: File,
    placed: bool,
}

impl RowsDraft {
    fn create(workspace: &Path) -> Result<Self> {
        let outbox = workspace.join("out");
        durable::create_folder(&outbox)?;
        let path = outbox.join(".rows.csv.draft");
        durable::remove_leftover(&path)?;
        let file = durable::create_new(&path)?;
        Ok(Self { path, file, placed: false })
    }

    fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name in `folder`, which is relative to the workspace; so is the path that comes back.
    fn place(mut self, workspace: &Path, folder: &Path) -> Result<PathBuf> {
        let path = folder.join("rows.csv");
        let to = workspace.join(&path);
        durable::create_folder(&workspace.join(folder))?;
        let placed = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, &to));
        placed.map_err(|error| disk_fault("write", &to, &error))?;
        self.placed = true;
        durable::sync_folder(&workspace.join(folder))?;
        Ok(path)
    }
}

impl Drop for RowsDraft {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
