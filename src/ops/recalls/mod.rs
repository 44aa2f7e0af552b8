//! `remedy recall`: the bank is asked to take payments of a finding back before they are settled (camt.055), and what became of the asking.
//!
//! The order is a release's: ledger, witness, file read back, name, ledger. Run again after any interruption it gives the same file.

mod choose;
mod giving_up;
mod telephone;
mod writing;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use giving_up::give_up;
pub(super) use writing::{is_the_same_again, planned as planned_file};

use super::copies::{self, CopyPerson, Entering, NewCopy};
use super::findings::{self, sealing_key};
use super::key_store::KeyStore;
use super::outcome::recorder::{Recorder, Told};
use super::remedies::decide::{refuse_the_same_money_twice, refuse_what_is_stopped_or_repaid};
use super::remedies::{Case, find};
use super::settings::CopySettings;
use super::workspace::Recording;
use super::{Unlocked, Workspace, World, bank_files, batches};
use crate::bank::camt055::WRITER_VERSION;
use crate::batch::Sum;
use crate::fault::{Fault, Result};
use crate::ledger::copies::{Field, PeopleCount, PeopleLie, Purpose};
use crate::ledger::outcome::{EvidenceKind, ReasonCode, Source, Standing, standing_of};
use crate::ledger::recalls::{CancellationReason, RecallId, RecallState, RecalledPayment, RecordedRecall};
use crate::ledger::remedies::{Decision, FindingKey, FindingMoney};
use crate::ledger::{Event, LedgerState};
use crate::payment::{Amount, BatchId, Digest, EndToEndId};
use crate::release::drill_mark;
use crate::say;
use crate::words::Message;

/// What was asked for on the command line.
pub struct Request<'a> {
    pub finding: &'a str,
    pub reason: CancellationReason,
    /// Instead of all that can be: these payments of the finding.
    pub payments: &'a [EndToEndId],
    pub second: Option<&'a str>,
}

pub struct Recalled {
    pub recall: RecallState,
    /// Relative to the workspace.
    pub path: PathBuf,
    /// Payments of the finding that are not asked for, and why not.
    pub left_out: Vec<LeftOut>,
    /// Whether it was begun before, so that its file was made now or once more.
    pub begun_before: bool,
    /// Whether what was begun before is something else than was asked for now.
    pub other_asked: bool,
}

/// A payment that is not recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub payment: EndToEndId,
    pub code: &'static str,
    pub why: Message,
    /// The batch, where a person must call it back, without a message.
    by_hand: Option<BatchId>,
    /// What that person tells the bank.
    pub tell: Option<Message>,
}

/// Where the files of recalls lie, in the workspace.
pub fn folder() -> PathBuf {
    PathBuf::from("out").join("recalls")
}

pub fn path_of(recall: &RecallState) -> PathBuf {
    folder().join(&recall.recorded.file_name)
}

/// Every recall of a finding, the earliest first.
pub fn of_finding<'s>(state: &'s LedgerState, finding: &FindingKey) -> impl Iterator<Item = &'s RecallState> {
    let finding = *finding;
    state.recalls.values().filter(move |recall| recall.recorded.finding == finding)
}

pub fn recall(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<Recalled> {
    workspace.refresh(world)?;
    let who = workspace.unlock(world, who)?;
    let case = find(workspace, &who, &[request.finding])?.remove(0);
    if let Some(begun) = unfinished(workspace, &case)? {
        let mut recalled = finish(workspace, world, &who, begun, (Vec::new(), true))?;
        recalled.other_asked = is_another(&recalled.recall, request);
        return Ok(recalled);
    }
    refuse_what_is_decided_otherwise(workspace, &who, &case)?;
    let before = workspace.state.head;
    let chosen = choose::choose(workspace, &who, &case, request)?;
    let Some(second) = request.second else { return Err(second_missing(workspace, &who)) };
    let second = workspace.unlock_second(world, &who, second)?;
    super::outbox::create(workspace.folder(), &folder())?;
    let id = begin(workspace, world, (&who, &second), &case, (request.reason, chosen.payments), before)?;
    finish(workspace, world, &who, id, (chosen.left_out, false))
}

/// A recall of the finding that was begun and whose file does not lie in its place: an interruption kept it from getting its name, or it was
/// cleared away while the bank may still want it.
fn unfinished(workspace: &Workspace, case: &Case) -> Result<Option<RecallId>> {
    for recall in of_finding(&workspace.state, &case.finding.key).filter(|recall| recall.is_open()) {
        if !recall.written || !writing::lies_there(workspace, recall)? {
            return Ok(Some(recall.id()));
        }
    }
    Ok(None)
}

/// Whether the command asks for other payments, or for another reason, than the recall that was begun.
fn is_another(recall: &RecallState, request: &Request) -> bool {
    let asked: BTreeSet<EndToEndId> = request.payments.iter().copied().collect();
    let begun: BTreeSet<EndToEndId> = recall.recorded.payments.iter().map(|one| one.payment).collect();
    recall.recorded.reason != request.reason || (!asked.is_empty() && asked != begun)
}

fn finish(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    id: RecallId,
    (left_out, begun_before): (Vec<LeftOut>, bool),
) -> Result<Recalled> {
    writing::write(workspace, world, who, id)?;
    let recall = writing::known(&workspace.state, id)?.clone();
    Ok(Recalled { path: path_of(&recall), recall, left_out, begun_before, other_asked: false })
}

/// The same money is not asked back from the citizen and from the bank.
fn refuse_what_is_decided_otherwise(workspace: &mut Workspace, who: &Unlocked, case: &Case) -> Result<()> {
    let moves = |decision: Decision| matches!(decision, Decision::Recover | Decision::TopUp | Decision::PayAgain);
    if let Some(decided) = case.decision().filter(|decision| moves(*decision)) {
        let message =
            say!("{finding} is decided already: {decision}.", finding = case.id(), decision = decided.as_str());
        return Err(Fault::refused("remedy.same_money", message).remedy(say!(
            "The same money would move twice. Decide `none` on {finding} first, saying that the bank is asked instead.",
            finding = case.id()
        )));
    }
    refuse_what_is_stopped_or_repaid(workspace, who, case)?;
    refuse_the_same_money_twice(workspace, who, std::slice::from_ref(case), Decision::Recover)
}

/// Whether `stopgap remedy recall FINDING` as it is would be accepted now.
pub(super) fn would_be_accepted(workspace: &mut Workspace, who: &Unlocked, case: &Case) -> Result<bool> {
    let request = Request { finding: &case.id(), reason: CancellationReason::Duplicate, payments: &[], second: None };
    if let Err(fault) = refuse_what_is_decided_otherwise(workspace, who, case) {
        return fault.unless_failed().map(|()| false);
    }
    match choose::choose(workspace, who, case, &request) {
        Err(fault) => fault.unless_failed().map(|()| false),
        Ok(_) => Ok(true),
    }
}

/// The recall of a double among these payments that waits for the bank, or that the bank accepted.
pub fn of_a_double<'s>(state: &'s LedgerState, payments: &[EndToEndId]) -> Option<&'s RecallState> {
    let doubles = payments.iter().filter_map(|payment| state.recall_of(payment));
    doubles.into_iter().find(|recall| recall.recorded.reason.stays_paid())
}

/// The recall that leaves it to upstream to pay what is owed: who stops upstream as well leaves nobody to pay it.
pub fn leaves_it_to_upstream<'s>(
    state: &'s LedgerState,
    payments: &[EndToEndId],
    money: &FindingMoney,
) -> Option<&'s RecallState> {
    if stopping_is_safe(money) { None } else { of_a_double(state, payments) }
}

/// Whether upstream pays, or has paid, more than is owed, so that what is owed is paid by it even where something of it is stopped.
pub(super) fn stopping_is_safe(money: &FindingMoney) -> bool {
    money.upstream_paid.saturating_add(money.upstream_planned) > money.owed
}

/// The recall by which the bank took a payment back as a double: its obligation stays paid.
pub fn taken_back_as_double<'s>(state: &'s LedgerState, payments: &[EndToEndId]) -> Option<&'s RecallState> {
    of_a_double(state, payments).filter(|recall| payments.iter().any(|payment| recall.took_back(payment)))
}

fn second_missing(workspace: &Workspace, who: &Unlocked) -> Fault {
    let others = workspace.state.active_operators().filter(|operator| operator.name != who.signer.name);
    let others: Vec<&str> = others.map(|operator| operator.name.as_str()).collect();
    Fault::refused("control.second_missing", say!("Asking the bank to take payments back takes two operators."))
        .remedy(say!("Add --second NAME; others are: {others}.", others = others.join(", ")))
}

/// Records the recall, what it says about its payments, and the file that will appear.
fn begin(
    workspace: &mut Workspace,
    world: &World,
    (who, second): (&Unlocked, &Unlocked),
    case: &Case,
    (reason, mut payments): (CancellationReason, Vec<RecalledPayment>),
    before: (u64, Digest),
) -> Result<RecallId> {
    let (keys, days) = (workspace.keys.clone(), workspace.settings.copies.clone());
    let home = workspace.folder().to_owned();
    workspace.record(world, |recording| {
        if recording.state.head != before {
            let message = say!("Somebody else has written to the ledger since the finding was looked at.");
            return Err(Fault::refused("remedy.outdated", message).remedy(say!("Run the same command again.")));
        }
        let people = find_them(recording, who, &keys, &mut payments)?;
        let id = recording.state.next_recall();
        if reason.stays_paid() {
            hold(recording, who, (&home, id), &payments)?;
        }
        let recorded = planned(recording, who, world.now.unix, case, (id, reason, payments))?;
        recording.event(&Event::RecallBegun(Box::new(recorded)), &who.signer, Some(&second.signer))?;
        declare(recording, world, (who, Some(second)), (&keys, &days), id, people)?;
        Ok(id)
    })
}

/// Enters the file of a recall as a copy that leaves.
fn declare(
    recording: &mut Recording,
    world: &World,
    (who, second): (&Unlocked, Option<&Unlocked>),
    (keys, days): (&KeyStore, &CopySettings),
    id: RecallId,
    people: People,
) -> Result<()> {
    let recorded = &writing::known(&recording.state, id)?.recorded;
    let (place, sha256, rows) = (folder().join(&recorded.file_name), recorded.sha256, recorded.sum.count);
    let (key, secret) = sealing_key(&recording.state, who, keys)?.ok_or_else(|| {
        Fault::refused("episode.none", say!("There was no episode yet, so there is no key to seal with."))
    })?;
    let mut entering = Entering::begin(recording, who, days, world.now.today(), (key, &secret));
    let persons = people.people.len() as u64;
    for person in people.people {
        entering.person(recording, vec![0], person)?;
    }
    let new = NewCopy {
        purpose: Purpose::Recall,
        batch: None,
        fields: vec![Field::Amount, Field::Reference],
        rows,
        people: PeopleCount { persons, with_person_id: 0 },
        people_lie: PeopleLie::InParts,
        content: Some(sha256),
        replaces: entering.open_at(recording, &place),
    };
    entering.add(recording, &place, new)?;
    entering.finish(recording, who, second, people.episodes).map(drop)
}

/// Whose payments they are, and of which episodes.
struct People {
    people: Vec<CopyPerson>,
    episodes: Vec<String>,
}

/// Finds each payment's place in what was sent, and whose it is.
fn find_them(
    recording: &mut Recording,
    who: &Unlocked,
    keys: &KeyStore,
    recalled: &mut [RecalledPayment],
) -> Result<People> {
    let mut found = People { people: Vec::new(), episodes: Vec::new() };
    let of_batches: BTreeSet<BatchId> = recalled.iter().map(|one| one.batch).collect();
    let ledger = recording.state.ledger;
    for id in of_batches {
        let batch = batches::find(&recording.state, id)?;
        let episode = batches::episode(&recording.state, batch)?;
        if !found.episodes.contains(&episode.name) {
            found.episodes.push(episode.name.clone());
        }
        let key = who.episode_key(keys, episode.key)?;
        let files = batch.prepared.plan.files.clone();
        let source = bank_files::Source { ledger, batch: id, key: &key };
        bank_files::each_placed(&mut *recording.transaction, &source, &files, &mut |file, segment, payment| {
            let wanted = recalled.iter_mut().find(|one| one.payment == payment.end_to_end_id);
            let Some(wanted) = wanted else { return Ok(()) };
            (wanted.file, wanted.segment) = (file as u32, segment as u32);
            let person = copies::bank_files::person(&payment.payment);
            if !found.people.contains(&person) {
                found.people.push(person);
            }
            Ok(())
        })?;
    }
    recalled.sort_unstable();
    Ok(found)
}

/// Keeps, as evidence about each payment, that another one stands for its obligation.
fn hold(
    recording: &mut Recording,
    who: &Unlocked,
    (workspace, id): (&Path, RecallId),
    payments: &[RecalledPayment],
) -> Result<()> {
    let mut recorder = Recorder::new(recording, &who.tagger, workspace)?;
    for one in payments {
        let Some((claim, live)) = recorder.recording.transaction.claim_ever(&one.payment)? else { continue };
        let told = Told {
            kind: EvidenceKind::RecalledAsDouble,
            source: Source::People,
            amount: Some(claim.amount),
            booked_on: None,
            reason: ReasonCode::new(CancellationReason::Duplicate.code()),
        };
        let identity = recorder.tagger.identity(&["stopgap recalled as double 1", &id.to_string()]);
        recorder.keep_identified(claim, live, told, identity)?;
    }
    let outcome = recorder.finish(Vec::new()).0;
    recording.event(&Event::OutcomeRecorded(Box::new(outcome)), &who.signer, None)
}

/// The recall with the digest that its file will have.
fn planned(
    recording: &Recording,
    who: &Unlocked,
    at: i64,
    case: &Case,
    (id, reason, payments): (RecallId, CancellationReason, Vec<RecalledPayment>),
) -> Result<RecordedRecall> {
    let state = &recording.state;
    let mark = drill_mark(state.environment);
    let references: Vec<String> = payments.iter().map(|one| one.payment.to_string()).collect();
    let (number, finding) = (id.to_string(), case.finding.key.to_string());
    let content = who.tagger.reference(&["stopgap recall message 1", &number, &finding, &references.join(" ")]);
    let mut sum = Sum::zero(state.currency);
    for one in &payments {
        sum.add(Amount::from_minor_units(one.amount, state.currency)).map_err(|_| {
            Fault::input("amount.sum_too_large", say!("The amounts cannot be added: the sum is too large."))
        })?;
    }
    let extension = payments.first().and_then(|one| state.batches.get(&one.batch));
    let extension = extension.map_or("xml", |batch| batch.prepared.profile.extension.as_str());
    let mut recorded = RecordedRecall {
        recall: id,
        finding: case.finding.key,
        basis: case.basis,
        number: case.finding.number,
        reason,
        message_id: format!("{mark}{id}-{content}"),
        writer: WRITER_VERSION,
        payments,
        sum,
        file_name: format!("{mark}recall-{id}.{extension}"),
        sha256: Digest([0; 32]),
    };
    recorded.sha256 = super::hashing::sha256(&writing::render(state, &recorded, at)?);
    Ok(recorded)
}

/// How the recalls of a finding stand, in one word: open, or what the last one came to.
pub fn is_open_for(state: &LedgerState, finding: &FindingKey) -> bool {
    of_finding(state, finding).any(RecallState::is_open)
}

/// A recall whose payments still hold something of a person's up.
pub struct OpenRecall {
    pub recall: RecallState,
    /// Payments that wait for the bank, or that it took back although the account shows them booked, with what they come to.
    pub waiting: Sum,
    pub not_back: Sum,
}

impl OpenRecall {
    pub fn finding(&self) -> String {
        findings::id(self.recall.recorded.basis, self.recall.recorded.number)
    }
}

/// Every recall that is not over: the bank has not answered, contradicts itself, or has taken back what its statement shows as booked.
pub fn open(workspace: &mut Workspace) -> Result<Vec<OpenRecall>> {
    let state = workspace.state.clone();
    let mut snapshot = workspace.read()?;
    let mut found = Vec::new();
    for recall in state.recalls.values() {
        let (mut waiting, mut not_back) = (Sum::zero(state.currency), Sum::zero(state.currency));
        for one in &recall.recorded.payments {
            let amount = Amount::from_minor_units(one.amount, state.currency);
            if recall.standing_of(&one.payment).is_open() {
                // Where the bank gave it back without a word, nothing is left to wait for.
                if !came_back(&mut *snapshot, &one.payment)? {
                    add(&mut waiting, amount);
                }
            } else if recall.accepted_at().is_some() && is_contradicted(&mut *snapshot, &one.payment)? {
                add(&mut not_back, amount);
            }
        }
        if waiting.count + not_back.count > 0 {
            found.push(OpenRecall { recall: recall.clone(), waiting, not_back });
        }
    }
    Ok(found)
}

/// What does not fit into a sum stands in the recall itself, which the ledger has added up.
fn add(sum: &mut Sum, amount: Amount) {
    sum.add(amount).unwrap_or_default();
}

fn came_back(snapshot: &mut dyn crate::ledger::Snapshot, payment: &EndToEndId) -> Result<bool> {
    let Some((claim, live)) = snapshot.claim_ever(payment)? else { return Ok(false) };
    let standing = standing_of(&claim, live, &snapshot.evidence_of(payment)?).standing;
    Ok(matches!(standing, Standing::Returned | Standing::Rejected))
}

/// Taken back by the bank's answer, and booked by its statement.
fn is_contradicted(snapshot: &mut dyn crate::ledger::Snapshot, payment: &EndToEndId) -> Result<bool> {
    let Some((claim, live)) = snapshot.claim_ever(payment)? else { return Ok(false) };
    let standing = standing_of(&claim, live, &snapshot.evidence_of(payment)?);
    Ok(standing.cancelled && !standing.standing.did_not_stand())
}
