//! `outcome`: reads the bank's reports and keeps what they say of our payments.
//!
//! All files of a command are one ledger transaction: a report that cannot be read whole leaves nothing behind. What was kept before is not
//! kept again, so a report may be read any number of times, in any order. When all is read, and only then, each payment that the bank
//! rejected or gave back is judged by everything that is known of it, and freed to be paid again if it does not stand.

mod answers;
mod aside;
mod bookings;
mod keep;
mod misplaced;
pub(super) mod proof;
pub(super) mod recorder;
mod statuses;
mod sums;
mod typed;
mod warnings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest as _, Sha256};

pub use self::answers::AnswerTold;
use self::answers::Answers;
use self::aside::Aside;
use self::bookings::Statements;
use self::keep::Keeper;
use self::recorder::Recorder;
use self::statuses::Statuses;
use self::sums::Sums;
use self::typed::TypedPayments;
pub use self::warnings::Warning;
use super::{Unlocked, Workspace, World, remedies};
use crate::bank::report::{self, Item, Kind, reason};
use crate::fault::{Fault, Result};
use crate::ledger::event::{RecordedReport, StatementSeen};
use crate::ledger::outcome::{ReasonCode, Source, Standing, has_left};
use crate::ledger::recalls::RecallStanding;
use crate::ledger::remedies::{Decision, Repayment};
use crate::ledger::{Event, LedgerState};
use crate::payment::{Amount, BatchId, Currency, Digest, EndToEndId, RepaymentReference};
use crate::progress::{self, Stage};
use crate::say;
use crate::words::Message;

/// What came of reading the reports.
#[derive(Debug)]
pub struct OutcomeReport {
    /// In the order in which they were named.
    pub files: Vec<FileOutcome>,
    pub payments: PaymentCounts,
    /// Payments that this command found not to stand, or of which the bank's word contradicts itself.
    pub not_standing: DidNotStand,
    /// What came back under the reference of a recovery.
    pub repayments: Vec<CameBack>,
    /// What the bank answered to recalls.
    pub recalls: Vec<AnswerTold>,
    pub warnings: Vec<Warning>,
}

/// Money that came back for one recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameBack {
    pub finding: String,
    pub reference: RepaymentReference,
    /// By this command's reports, as each kind of them tells it.
    pub came_back: Amount,
    /// By all reports, each money once.
    pub in_all: Amount,
    /// What is left of what was asked for.
    pub outstanding: Amount,
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOutcome {
    /// As it was given.
    pub file: PathBuf,
    /// Such as `camt.053.001.02`, or `MT940`.
    pub format: &'static str,
    pub entries: u64,
    /// Entries about payments of this ledger that have left.
    pub matched: u64,
    pub unmatched: u64,
    /// Of the entries, those that only announce: no money has moved.
    pub not_booked: u64,
    /// Whether it brought nothing new because it, or all that is in it, was read before.
    pub already_seen: bool,
}

/// How many payments this command brought to another standing, each counted where it ended up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaymentCounts {
    pub accepted: u64,
    pub settled: u64,
    /// Booked within a sum: the sum is confirmed, the single payment is not.
    pub batch: u64,
    pub rejected: u64,
    pub returned: u64,
    pub doubled: u64,
}

/// The payments that did not stand: so many of them by name, and how many there are.
#[derive(Debug, Default)]
pub struct DidNotStand {
    pub told: Vec<NotStanding>,
    pub in_all: u64,
}

impl DidNotStand {
    /// So many are named; the rest are counted.
    const MOST_TOLD: usize = 1000;

    fn tell(&mut self, payment: NotStanding) {
        self.in_all += 1;
        if self.told.len() < Self::MOST_TOLD {
            self.told.push(payment);
        }
    }
}

/// A payment that did not stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotStanding {
    pub end_to_end_id: EndToEndId,
    pub batch: BatchId,
    pub amount: Amount,
    pub standing: Standing,
    pub reason: Option<ReasonCode>,
    /// Whether the obligation may be paid again, in a new batch with a new approval.
    pub freed: bool,
    /// Whether another payment stands for the obligation, and this one was recalled for it.
    pub stays_paid: bool,
}

impl NotStanding {
    /// The bank's reason for people, with its code.
    pub fn reason_in_words(&self) -> Message {
        let Some(code) = self.reason.as_ref().map(ReasonCode::as_str) else { return say!("the bank gives no reason") };
        reason::told(code)
    }
}

impl OutcomeReport {
    /// Whether a person has something to look into or to pay again.
    pub fn needs_a_person(&self) -> bool {
        let PaymentCounts { rejected, returned, doubled, .. } = self.payments;
        let answered = self.recalls.iter().any(|one| one.standing != RecallStanding::Pending);
        let nothing = |amount: Amount| Amount::zero(amount.currency());
        // The bank took a repayment back, so that the case waits again.
        let mut taken_back = self.repayments.iter().filter(|one| one.came_back < nothing(one.came_back));
        let reopened = taken_back.any(|one| one.outstanding > nothing(one.outstanding));
        answered
            || reopened
            || rejected + returned + doubled > 0
            || self.warnings.iter().any(|warning| warning.needs_a_person)
    }
}

/// Which payments an id of ours stands for: a whole file, or one block of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
struct Target {
    batch: BatchId,
    /// Index into the plan's files.
    file: usize,
    /// Index into the file's segments.
    segment: Option<usize>,
}

/// Message ids and payment information ids of every batch.
type Targets = HashMap<String, Target>;

/// What one file has brought so far.
#[derive(Default)]
struct Tally {
    entries: u64,
    matched: u64,
    unmatched: u64,
    not_booked: u64,
    /// Pieces of evidence and debits that were not known, and that were.
    new: u64,
    again: u64,
    statements: Vec<StatementSeen>,
}

/// What was asked for on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub files: &'a [PathBuf],
    /// Exports that name no account are of the payer's.
    pub own_account: bool,
}

pub fn outcome(workspace: &mut Workspace, world: &World, who: Option<&str>, request: Request) -> Result<OutcomeReport> {
    let files = request.files;
    let who = workspace.unlock(world, who)?;
    let (keys, folder) = (workspace.keys.clone(), workspace.folder().to_owned());
    workspace.hold_little_of_the_ledger()?;
    let mut recording = workspace.begin(world)?;
    let before = recording.state.clone();
    let targets = targets(&before);
    let typed = TypedPayments::of(&mut *recording.transaction, &before, &who, &keys)?;
    let mut recorder = Recorder::new(&mut recording, &who.tagger, &folder)?;
    recorder.typed = typed;
    let mut aside = Aside::new(&folder)?;
    let mut read = Vec::with_capacity(files.len());
    let mut answers = Vec::new();
    for path in files {
        let (one, answer) = read_one(&mut recorder, &mut aside, &who, &keys, &targets, (path, request.own_account))?;
        read.push(one);
        answers.extend(answer);
    }
    let mut keeper = Keeper { recorder: &mut recorder, aside: &mut aside, targets: &targets };
    keeper.payments()?;
    keeper.debits()?;
    Sums::new(&who, &keys).settle(&mut recorder, &mut aside)?;
    for answer in answers {
        answer.keep(&mut recorder, &mut aside)?;
    }
    recorder.judge()?;
    recorder.judge_repayments();
    let of_lost = recorder.take_up_lost()?;
    aside.count_entries()?;
    let tallies = aside.tallies;
    look_for_gaps(&mut recorder, &before, &tallies);

    let mut known: BTreeSet<[u8; 8]> = before.reports.keys().copied().collect();
    let mut outcomes = Vec::with_capacity(read.len());
    let mut reports = Vec::new();
    for ((one, tally), path) in read.into_iter().zip(tallies).zip(files) {
        let Tally { entries, matched, unmatched, not_booked, new, again, statements } = tally;
        let known_file = !known.insert(one.fingerprint);
        let already_seen = new == 0 && (known_file || (again > 0 && !is_about_messages(one.format.kind)));
        let format = one.format.name;
        outcomes.push(FileOutcome {
            file: path.clone(),
            format,
            entries,
            matched,
            unmatched,
            not_booked,
            already_seen,
        });
        if !already_seen {
            let fingerprint = one.fingerprint;
            reports.push(RecordedReport {
                format: format.into(),
                fingerprint,
                entries,
                matched,
                unmatched,
                statements,
            });
        }
    }
    let (unknown_batches, paid_elsewhere) = (recorder.unknown_batches(), recorder.paid_elsewhere());
    let answers = std::mem::take(&mut recorder.answers);
    let (recorded, repaid, payments, not_standing, warnings) = recorder.finish(reports);
    if recorded.reports.is_empty() && unknown_batches.is_empty() && paid_elsewhere.is_empty() && of_lost.is_none() {
        drop(recording);
    } else {
        if !recorded.reports.is_empty() {
            recording.event(&Event::OutcomeRecorded(Box::new(recorded)), &who.signer, None)?;
            if !repaid.is_empty() {
                recording.event(&Event::RepaymentsRecorded { repayments: repaid.clone() }, &who.signer, None)?;
            }
            for answer in &answers {
                recording.event(&Event::RecallAnswered(Box::new(answer.clone())), &who.signer, None)?;
            }
        }
        if !unknown_batches.is_empty() {
            recording.event(&Event::BankIsAhead { batches: unknown_batches }, &who.signer, None)?;
        }
        if let Some(told) = of_lost {
            recording.event(&Event::LostLedgerTold(Box::new(told)), &who.signer, None)?;
        }
        if !paid_elsewhere.is_empty() {
            recording.event(&Event::PaidElsewhere { payments: paid_elsewhere }, &who.signer, None)?;
        }
        let (state, entries) = recording.finish()?;
        workspace.follow(world, state, entries)?;
    }
    let repayments = tell_repayments(workspace, &who, &repaid)?;
    let currency = workspace.state.currency;
    let recalls = answers::tell(&workspace.state.recalls, &answers, |minor_units| money(minor_units, currency));
    Ok(OutcomeReport { files: outcomes, payments, not_standing, repayments, recalls, warnings })
}

/// What came back, recovery by recovery.
fn tell_repayments(workspace: &mut Workspace, who: &Unlocked, repaid: &[Repayment]) -> Result<Vec<CameBack>> {
    let currency = workspace.state.currency;
    let mut told = Vec::new();
    for finding in repaid.iter().map(|repayment| repayment.finding).collect::<BTreeSet<_>>() {
        let Some(decided) = workspace.state.decision(&finding).cloned() else { continue };
        let details = remedies::details(workspace, who, &decided)?;
        let asked = if decided.recorded.decision == Decision::Recover { decided.recorded.amount } else { 0 };
        let all = workspace.state.repaid(&finding);
        let came_back: i64 = repaid.iter().filter(|one| one.finding == finding).map(|one| one.amount).sum();
        told.push(CameBack {
            finding: details.finding.id(decided.recorded.basis),
            reference: remedies::payment_reference(&who.tagger, &finding),
            came_back: money(came_back, currency),
            in_all: money(all, currency),
            outstanding: money((asked - all).max(0), currency),
        });
    }
    Ok(told)
}

/// A file as it was read.
struct ReadReport {
    format: report::Format,
    fingerprint: [u8; 8],
}

fn read_one(
    recorder: &mut Recorder,
    aside: &mut Aside,
    who: &Unlocked,
    keys: &super::key_store::KeyStore,
    targets: &Targets,
    (path, own_account): (&Path, bool),
) -> Result<(ReadReport, Option<Answers>)> {
    let named = |mut fault: Fault| {
        fault.message = say!("{file}: {said}", file = path.display(), said = fault.message);
        fault
    };
    let file = File::open(path).map_err(|error| unreadable_file(path, &error))?;
    let total = file.metadata().map(|metadata| metadata.len()).ok();
    let file = progress::reading(Stage::Reports, file, total);
    let mut bytes = Hashed { input: file, sha256: Sha256::new() };
    let currency = recorder.recording.state.currency;
    let at = aside.begin_file();
    let mut statuses = Statuses::new(targets, at);
    let mut statements = Statements::new(targets, at, own_account);
    let mut answers = Answers::of_file(at);
    let format = report::read(&mut bytes, currency, &mut |item| match item {
        Item::Message(level) => statuses.message(recorder, level),
        Item::Block(level) => statuses.block(recorder, aside, level),
        Item::Payment(payment) => statuses.payment(recorder, aside, payment),
        Item::RecallAnswer(answer) => answers.take(answer),
        Item::Statement(head) => statements.begin(recorder, aside, head),
        Item::Booking(booking) => statements.booking(recorder, aside, booking),
        Item::EntryEnd => {
            statements.end_entry(aside);
            Ok(())
        }
        Item::StatementEnd(end) => statements.end(recorder, aside, end),
        Item::NoReport(message) => Err(misplaced::message(targets, message)),
    })
    .map_err(|fault| named(misplaced::file(path, fault)))?;
    match format.kind {
        Kind::Pain002 => statuses.finish(recorder, aside, who, keys)?,
        Kind::Camt029 => {}
        _ => statements.finish(recorder).map_err(named)?,
    }
    let digest = Digest(bytes.sha256.finalize().into()).to_string();
    let fingerprint = who.tagger.identity(&["stopgap report 1", &digest]);
    let answers = (format.kind == Kind::Camt029).then_some(answers);
    Ok((ReadReport { format, fingerprint }, answers))
}

/// Whether a report answers messages of ours: the bank may say of other payments tomorrow what it said of these.
fn is_about_messages(kind: Kind) -> bool {
    matches!(kind, Kind::Pain002 | Kind::Camt029)
}

/// Under which kind of report evidence is kept.
fn source_of(kind: Kind) -> Source {
    match kind {
        Kind::Pain002 => Source::StatusReport,
        Kind::Camt052 => Source::AccountReport,
        Kind::Camt053 => Source::Statement,
        Kind::Camt054 => Source::Notification,
        Kind::Mt940 => Source::Mt940,
        Kind::Export => Source::Export,
        Kind::Camt029 => Source::Resolution,
    }
}

fn unreadable_file(path: &Path, error: &io::Error) -> Fault {
    Fault::input("report.unreadable", say!("{path} cannot be read: {error}.", path = path.display(), error))
}

/// Hashes a file on its way to the reader.
struct Hashed<R> {
    input: R,
    sha256: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.sha256.update(&into[..read]);
        Ok(read)
    }
}

/// The ids of every batch, so that a report about one that never left is known for what it is.
fn targets(state: &LedgerState) -> Targets {
    let mut targets = Targets::new();
    for (batch, prepared) in state.batches.iter().map(|(id, batch)| (*id, &batch.prepared)) {
        for (file, planned) in prepared.plan.files.iter().enumerate() {
            targets.insert(planned.message_id.clone(), Target { batch, file, segment: None });
            for (segment, block) in planned.segments.iter().enumerate() {
                let target = Target { batch, file, segment: Some(segment) };
                targets.insert(block.payment_information_id.clone(), target);
            }
        }
    }
    targets
}

/// Whether a batch's files may be with the bank: its sheets never are.
fn left_as_file(state: &LedgerState, batch: BatchId) -> bool {
    has_left(state, batch) && state.batches.get(&batch).is_some_and(|batch| batch.sheets.is_none())
}

/// A jump of more than this is another way of numbering, not statements that are missing.
const LARGEST_GAP: u64 = 366;

/// Compares the numbers and balances of the statements that are new with those around them.
fn look_for_gaps(recorder: &mut Recorder, before: &LedgerState, read: &[Tally]) {
    let currency = before.currency;
    let mut all: BTreeMap<(Source, u64), StatementSeen> = before.statements.clone();
    let new: BTreeMap<(Source, u64), StatementSeen> = read
        .iter()
        .flat_map(|tally| &tally.statements)
        .map(|statement| ((statement.source, statement.number), *statement))
        .filter(|(key, _)| !before.statements.contains_key(key))
        .collect();
    all.extend(new.iter());
    for ((source, number), statement) in &new {
        let earlier = all.range((*source, 0)..(*source, *number)).next_back();
        let Some(((_, last), previous)) = earlier else { continue };
        if number - last > 1 && number - last <= LARGEST_GAP {
            recorder.warnings.statements_missing(*last, *number);
        }
        if number - last == 1
            && let (Some(closing), Some(opening)) = (previous.closing, statement.opening)
            && closing != opening
        {
            recorder.warnings.balances_do_not_join(*last, *number, money(closing, currency), money(opening, currency));
        }
    }
}

fn money(minor_units: i64, currency: Currency) -> Amount {
    Amount::from_minor_units(minor_units, currency)
}
