//! `merge`: what another desk of the same payer has claimed and released becomes known here, and what both have is named. It can be done again
//! whenever there is more, and at both desks.
//!
//! The other ledger is believed only after everything in it was read and compared. Its claims, freed ones included, take the place of those of
//! the last merge; the payments of its batches that have left are sealed beside the entry, so that what is said of all payments covers both.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::key_store::refuse_without_duplicate_key;
use super::parts::{self, PartSealer};
use super::payments::{self, ReferencedPayment};
use super::{Unlocked, Workspace, World, after_all, batches, episodes, verify};
use crate::fault::{Fault, FaultKind, Result};
use crate::ledger::desks::{DeskMerge, MergedDesk};
use crate::ledger::event::LedgerId;
use crate::ledger::foreign::{ForeignClaim, Hold};
use crate::ledger::outcome::{has_left, standing_of};
use crate::ledger::state::BatchPhase;
use crate::ledger::{Claim, Event, LedgerState, Snapshot};
use crate::payment::{
    Amount, AmountOverflow, BatchId, Currency, Digest, EndToEndId, Part, Period, PersonId, Scheme, Tag,
};
use crate::say;
use crate::words::{Message, ungrouped};

#[derive(Debug)]
pub struct Merged {
    pub other: PathBuf,
    pub letter: char,
    pub name: String,
    /// The other ledger's last entry.
    pub entries: u64,
    /// Whether nothing had changed there since the last merge.
    pub nothing_new: bool,
    /// Live claims of the other desk that are known now, and how many of them have left.
    pub claims: u64,
    pub left: u64,
    /// Batches of the other desk that have left and whose payments could not be opened: what is said of all payments does not cover them.
    pub closed_batches: Vec<BatchId>,
    pub released_in_both: Vec<InBoth>,
    pub claimed_in_both: Vec<InBoth>,
    /// The same person, scheme and part for days that overlap.
    pub overlaps: Vec<InBoth>,
}

impl Merged {
    pub fn needs_a_person(&self) -> bool {
        !(self.released_in_both.is_empty() && self.claimed_in_both.is_empty() && self.overlaps.is_empty())
    }
}

/// One obligation, or two that overlap, at both desks.
#[derive(Debug)]
pub struct InBoth {
    /// Ours, where our payment can still be opened.
    pub person: Option<PersonId>,
    pub scheme: Option<Scheme>,
    pub part: Option<Part>,
    pub here: Side,
    pub there: Side,
}

#[derive(Clone, Copy, Debug)]
pub struct Side {
    pub batch: BatchId,
    pub phase: BatchPhase,
    pub amount: Amount,
    pub period: Period,
    /// Seconds since 1970.
    pub prepared_at: i64,
}

impl Side {
    fn of(claim: &Claim, state: &LedgerState) -> Result<Self> {
        let batch = batches::find(state, claim.batch)?;
        let (phase, prepared_at) = (batch.phase, batch.prepared.prepared_at);
        Ok(Self { batch: claim.batch, phase, amount: claim.amount, period: claim.period, prepared_at })
    }

    pub fn has_left(&self) -> bool {
        matches!(self.phase, BatchPhase::Releasing | BatchPhase::Released)
    }
}

impl InBoth {
    /// Both sides, in the order of their batches.
    pub fn sides(&self) -> [Side; 2] {
        let mut sides = [self.here, self.there];
        sides.sort_by_key(|side| side.batch);
        sides
    }

    /// What is paid twice: the smaller of the two.
    pub fn doubled(&self) -> Amount {
        self.here.amount.min(self.there.amount)
    }

    /// The side that can still be cancelled: the one that has not left, of two the later. `None` where both have left.
    pub fn to_cancel(&self) -> Option<Side> {
        let waiting = self.sides().into_iter().filter(|side| !side.has_left());
        waiting.max_by_key(|side| (side.prepared_at, side.batch))
    }
}

/// A payment of another desk's batch that has left, as it is sealed here.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct ForeignPayment {
    pub batch: BatchId,
    pub payment: ReferencedPayment,
}

pub fn merge(workspace: &mut Workspace, world: &World, who: Option<&str>, other: &Path) -> Result<Merged> {
    let mut theirs = open_other(other)?;
    refuse_strangers(&workspace.state, &theirs.state)?;
    refuse_older(&workspace.state, &theirs)?;
    // It has forgotten whom it paid: to take that over would be to forget it here too.
    refuse_without_duplicate_key(&theirs.state)?;
    let who = workspace.unlock(world, who)?;
    let claims = read_claims(&mut theirs)?;
    let known = workspace.state.merged(theirs.state.ledger).cloned();
    let (readable, closed_batches) = unread_batches(&theirs, known.as_ref(), &who);
    let nothing_new = known.is_some_and(|known| known.head == theirs.state.head) && readable.is_empty();
    if !nothing_new {
        record(workspace, world, &who, &mut theirs, &claims, &readable)?;
    }
    let mut merged = Merged {
        other: other.into(),
        letter: theirs.state.desk.letter,
        name: theirs.state.desk.name.clone(),
        entries: theirs.state.head.0,
        nothing_new,
        claims: claims.iter().filter(|claim| claim.hold.is_live()).count() as u64,
        left: claims.iter().filter(|claim| claim.hold == Hold::Left).count() as u64,
        closed_batches,
        released_in_both: Vec::new(),
        claimed_in_both: Vec::new(),
        overlaps: Vec::new(),
    };
    compare(workspace, &who, &theirs.state, &claims, &mut merged)?;
    Ok(merged)
}

/// Opens the other workspace and reads everything in it again.
fn open_other(other: &Path) -> Result<Workspace> {
    let theirs = |fault: Fault| {
        let message = say!("The other workspace, {folder}: {said}", folder = other.display(), said = &fault.message);
        // What keeps the other ledger from being believed is a control here, unless it is damaged or no workspace.
        Fault { message, ..fault }
    };
    let mut workspace = Workspace::open(other).map_err(theirs)?;
    verify::verify(&mut workspace).map_err(|fault| theirs(Fault { kind: FaultKind::Failed, ..fault }))?;
    Ok(workspace)
}

/// Only desks of one payer, under one duplicate key, can be compared.
fn refuse_strangers(ours: &LedgerState, theirs: &LedgerState) -> Result<()> {
    if ours.ledger == theirs.ledger {
        let message = say!("The other workspace is a copy of this ledger, not another desk's.");
        return Err(Fault::refused("merge.same_ledger", message)
            .remedy(say!("Of two copies only one may go on: `stopgap compare` tells what each has.")));
    }
    let same_payer = ours.payer.identity() == theirs.payer.identity() && ours.currency == theirs.currency;
    if !same_payer || ours.environment != theirs.environment {
        let message = say!("The other workspace is of another payer: {name}.", name = &theirs.payer.name);
        return Err(Fault::refused("merge.other_payer", message));
    }
    if (ours.duplicate_key, ours.duplicate_key_check) != (theirs.duplicate_key, theirs.duplicate_key_check) {
        let message =
            say!("The other workspace has another duplicate key: the same obligation is called differently there.");
        return Err(Fault::refused("merge.other_key", message).remedy(
            say!("Only workspaces made with `stopgap desk add` can be merged. Compare the two with `stopgap reconcile` instead."),
        ));
    }
    if ours.desk.letter == theirs.desk.letter {
        let message = say!("Both desks' batches begin with {letter}.", letter = ours.desk.letter);
        return Err(Fault::refused("merge.same_letter", message).remedy(how_to_part([ours, theirs])));
    }
    Ok(())
}

/// A ledger keeps its letter. One that was rebuilt can be rebuilt again under another, and what left from it since is found in its bank files.
fn how_to_part(both: [&LedgerState; 2]) -> Message {
    match both.iter().any(|state| state.desks.iter().any(|desk| state.was_lost(desk.ledger))) {
        true => say!(
            "One of the two was rebuilt. Rebuild it again in another folder with `stopgap rebuild --letter LETTER`, a letter that no desk uses; name the bank \
             files of the lost ledger and its own with --from. Then only the new one is used."
        ),
        false => {
            say!("Name the other desk's workspace, which was made with `stopgap desk add`, not one of this desk's.")
        }
    }
}

/// A ledger that does not hold what was merged before is an older copy of it, or another history.
fn refuse_older(ours: &LedgerState, theirs: &Workspace) -> Result<()> {
    let Some(known) = ours.merged(theirs.state.ledger) else { return Ok(()) };
    if theirs.chain().contains(&known.head) {
        return Ok(());
    }
    let message = say!(
        "Entry {head} of that desk's ledger was merged before, and this one does not hold it: it is an older copy, or another one.",
        head = ungrouped(known.head.0)
    );
    Err(Fault::refused("merge.older", message).remedy(say!("Merge with the ledger that the desk works with.")))
}

/// Every claim of the other ledger, freed ones included, in order of tag and attempt.
fn read_claims(theirs: &mut Workspace) -> Result<Vec<ForeignClaim>> {
    let state = theirs.state.clone();
    let mut claims = Vec::new();
    theirs.read()?.claims_with_evidence(&mut |claim, live, evidence| {
        let left = has_left(&state, claim.batch);
        let hold = match (live, left) {
            (false, _) => Hold::Freed,
            (true, true) => Hold::Left,
            (true, false) => Hold::Claimed,
        };
        let standing = standing_of(&claim, live, evidence);
        let times = if left { standing.times_standing() } else { 0 };
        claims.push(ForeignClaim {
            ledger: state.ledger,
            claim,
            hold,
            standing: standing.standing,
            times,
            booked_on: standing.booked_on,
        });
        Ok(())
    })?;
    Ok(claims)
}

/// The batches that have left and are not sealed here yet: those that can be opened, and those whose key is not there.
fn unread_batches(theirs: &Workspace, known: Option<&MergedDesk>, who: &Unlocked) -> (Vec<BatchId>, Vec<BatchId>) {
    let state = &theirs.state;
    let is_read = |id: &BatchId| known.is_some_and(|known| known.batches.iter().any(|(read, _)| read == id));
    let unread =
        state.batches.values().filter(|batch| has_left(state, batch.prepared.id) && !is_read(&batch.prepared.id));
    let (mut readable, mut closed) = (Vec::new(), Vec::new());
    for batch in unread {
        let key = batches::episode(state, batch).and_then(|episode| who.episode_key(&theirs.keys, episode.key));
        if key.is_ok() { readable.push(batch.prepared.id) } else { closed.push(batch.prepared.id) }
    }
    (readable, closed)
}

fn record(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    theirs: &mut Workspace,
    claims: &[ForeignClaim],
    readable: &[BatchId],
) -> Result<()> {
    let keys = workspace.keys.clone();
    let (other, their_keys) = (theirs.state.clone(), theirs.keys.clone());
    let mut snapshot = theirs.read()?;
    workspace.record(world, |recording| {
        let one_was_open = recording.state.open_episode_now().is_some();
        let (episode, key) = episodes::open_or_begin(recording, world, &keys, who, false)?;
        episodes::tell_if_begun(world, one_was_open, &episode);
        let key_id = recording.state.episode(&episode).map(|episode| episode.key);
        let key_id =
            key_id.ok_or_else(|| Fault::failed("ledger.damaged", say!("The open episode is not in the ledger.")))?;
        let (ledger, entry) = (recording.state.ledger, recording.next_entry());
        let transaction = &mut *recording.transaction;
        transaction.forget_foreign_claims(other.ledger)?;
        claims.iter().try_for_each(|claim| transaction.put_foreign_claim(claim))?;
        let mut sealer = PartSealer::new(ledger, entry, (key_id, &key));
        for id in readable {
            let batch = batches::find(&other, *id)?;
            let their_key = who.episode_key(&their_keys, batches::episode(&other, batch)?.key)?;
            payments::each(&mut *snapshot, other.ledger, *id, &their_key, &mut |_, payment| {
                sealer.add(transaction, &ForeignPayment { batch: *id, payment })
            })?;
        }
        let event = DeskMerge {
            ledger: other.ledger,
            letter: other.desk.letter as u8,
            head: other.head.0,
            head_digest: other.head.1,
            claims: claims.len() as u64,
            claims_root: claims_root(claims.iter()),
            batches: readable.to_vec(),
            payments: sealer.finish(transaction)?,
        };
        recording.event(&Event::DeskMerged(Box::new(event)), &who.signer, None)
    })
}

/// SHA-256 over the domain `stopgap foreign claims 1` and each claim's [bytes](ForeignClaim::to_bytes), in order of tag and attempt.
pub fn claims_root<'a>(claims: impl Iterator<Item = &'a ForeignClaim>) -> Digest {
    let mut root = Sha256::new_with_prefix(b"stopgap foreign claims 1");
    claims.for_each(|claim| root.update(claim.to_bytes()));
    Digest(root.finalize().into())
}

/// Whether the other desks' claims are those that were merged. Part of what is compared before anything is prepared or released.
pub(super) fn first_damage(snapshot: &mut dyn Snapshot, state: &LedgerState) -> Result<Option<(u64, Message)>> {
    let mut roots: Vec<(LedgerId, u64, Sha256)> = Vec::new();
    snapshot.foreign_claims(&mut |claim| {
        if roots.last().is_none_or(|(ledger, ..)| *ledger != claim.ledger) {
            roots.push((claim.ledger, 0, Sha256::new_with_prefix(b"stopgap foreign claims 1")));
        }
        if let Some((_, count, root)) = roots.last_mut() {
            *count += 1;
            root.update(claim.to_bytes());
        }
        Ok(())
    })?;
    let mut found: HashMap<[u8; 16], (u64, Digest)> =
        roots.into_iter().map(|(ledger, count, root)| (ledger.0, (count, Digest(root.finalize().into())))).collect();
    let nothing = claims_root(std::iter::empty());
    for desk in &state.merged {
        if found.remove(&desk.ledger.0).unwrap_or((0, nothing)) != (desk.claims, desk.claims_root) {
            return Ok(Some((
                desk.entry,
                say!("the claims of desk {letter} are not those that were merged", letter = desk.letter),
            )));
        }
    }
    Ok(found.keys().next().map(|_| (0, say!("There are claims of another desk that was never merged."))))
}

/// Finds what both desks have, and who it is about.
fn compare(
    workspace: &mut Workspace,
    who: &Unlocked,
    theirs: &LedgerState,
    claims: &[ForeignClaim],
    merged: &mut Merged,
) -> Result<()> {
    let state = workspace.state.clone();
    let keys = workspace.keys.clone();
    let mut snapshot = workspace.read()?;
    let mut found: Vec<(Tag, bool, InBoth)> = Vec::new();
    let (mut series, mut last) = (None, None);
    let mut ours = Vec::new();
    // What was freed, here or there, and stands after all, is paid; what was claimed again of it is not named beside it.
    let standing = after_all::standing(&mut *snapshot)?;
    for foreign in claims.iter().filter(|claim| claim.hold.is_live() || claim.stands_after_all()) {
        let claim = &foreign.claim;
        if series != Some(claim.tag.series) {
            series = Some(claim.tag.series);
            ours = standing.iter().filter(|freed| freed.tag.series == claim.tag.series).cloned().collect();
            ours.extend(snapshot.claims_in_series(&claim.tag.series)?);
            ours.retain(|ours| state.batches.contains_key(&ours.batch));
            ours.sort_by_key(|ours| ours.tag);
            ours.dedup_by_key(|ours| ours.tag);
        }
        if last.replace(claim.tag) == Some(claim.tag) {
            continue;
        }
        for own in &ours {
            let same = own.tag == claim.tag;
            if same || own.period.overlaps(claim.period) {
                let (here, there) = (Side::of(own, &state)?, Side::of(claim, theirs)?);
                found.push((own.tag, same, InBoth { person: None, scheme: None, part: None, here, there }));
            }
        }
    }
    name(&mut *snapshot, &state, &keys, who, &mut found)?;
    for (_, same, both) in found {
        let released = both.here.has_left() && both.there.has_left();
        match (same, released) {
            (false, _) => merged.overlaps.push(both),
            (true, true) => merged.released_in_both.push(both),
            (true, false) => merged.claimed_in_both.push(both),
        }
    }
    Ok(())
}

/// Looks up in our own sealed payments who each finding is about. What was purged stays unnamed.
fn name(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    keys: &super::key_store::KeyStore,
    who: &Unlocked,
    found: &mut [(Tag, bool, InBoth)],
) -> Result<()> {
    let wanted: HashSet<BatchId> = found.iter().map(|(.., both)| both.here.batch).collect();
    let mut at: HashMap<(BatchId, Tag), Vec<usize>> = HashMap::new();
    for (index, (tag, _, both)) in found.iter().enumerate() {
        at.entry((both.here.batch, *tag)).or_default().push(index);
    }
    for id in wanted {
        let episode = batches::episode(state, batches::find(state, id)?)?;
        let Ok(key) = who.episode_key(keys, episode.key) else { continue };
        payments::each(snapshot, state.ledger, id, &key, &mut |_, ReferencedPayment { end_to_end_id, payment }| {
            for index in at.get(&(id, end_to_end_id.tag)).into_iter().flatten() {
                let both = &mut found[*index].2;
                both.person = Some(payment.obligation.person.clone());
                both.scheme = Some(payment.obligation.scheme.clone());
                both.part = Some(payment.obligation.part.clone());
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Hands out the payments of other desks that were merged, each with how it stood there, and whether this desk has released the same payment
/// under the same reference.
pub(super) fn each_payment(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    keys: &super::key_store::KeyStore,
    who: &Unlocked,
    visit: &mut dyn FnMut(ForeignPayment, &ForeignClaim, bool) -> Result<()>,
) -> Result<()> {
    if state.merged.is_empty() {
        return Ok(());
    }
    let mut claims: HashMap<(EndToEndId, BatchId), (ForeignClaim, bool)> = HashMap::new();
    snapshot.foreign_claims(&mut |claim| {
        claims.insert((reference(&claim), claim.claim.batch), (claim, false));
        Ok(())
    })?;
    for ((id, _), (_, here_too)) in &mut claims {
        *here_too = snapshot.claim_ever(id)?.is_some_and(|(claim, _)| has_left(state, claim.batch));
    }
    let entries: BTreeSet<u64> = opened(state).map(|(_, _, entry)| entry).collect();
    for entry in entries {
        let Some(recorded) = state.parts.get(&entry) else { continue };
        let key = who.episode_key(keys, recorded.key)?;
        parts::each(snapshot, state.ledger, entry, &key, &mut |foreign: ForeignPayment| match claims
            .get(&(foreign.payment.end_to_end_id, foreign.batch))
        {
            Some((claim, here_too)) => visit(foreign, claim, *here_too),
            None => Ok(()),
        })?;
    }
    Ok(())
}

pub(super) fn reference(foreign: &ForeignClaim) -> EndToEndId {
    foreign.claim.end_to_end_id()
}

/// The batches of other desks whose payments lie sealed here and can be opened, and beside which entry.
fn opened(state: &LedgerState) -> impl Iterator<Item = (LedgerId, BatchId, u64)> {
    let batches =
        state.merged.iter().flat_map(|desk| desk.batches.iter().map(|(id, entry)| (desk.ledger, *id, *entry)));
    batches.filter(|(_, _, entry)| state.parts.contains_key(entry) && !state.is_entry_purged(*entry))
}

/// What other desks have paid and nothing that can be opened here tells of: the key was missing at the merge, the ledger was lost, or the
/// people were purged. Whom it was to can be recognised by its claims, and not read from them.
pub(super) fn closed(snapshot: &mut dyn Snapshot, state: &LedgerState) -> Result<Vec<ForeignClaim>> {
    let mut closed = Vec::new();
    if state.merged.is_empty() {
        return Ok(closed);
    }
    let opened: HashSet<([u8; 16], BatchId)> = opened(state).map(|(ledger, id, _)| (ledger.0, id)).collect();
    snapshot.foreign_claims(&mut |claim| {
        if claim.hold == Hold::Left && !opened.contains(&(claim.ledger.0, claim.claim.batch)) {
            closed.push(claim);
        }
        Ok(())
    })?;
    Ok(closed)
}

/// Whether the bank's bookings of another desk's payment are counted with ours already: paid at both desks under one reference, the statement
/// shows both, whatever came back of them since.
pub(super) fn is_counted_here(snapshot: &mut dyn Snapshot, state: &LedgerState, payment: &EndToEndId) -> Result<bool> {
    let Some((claim, live)) = snapshot.claim_ever(payment)?.filter(|(claim, _)| has_left(state, claim.batch)) else {
        return Ok(false);
    };
    Ok(standing_of(&claim, live, &snapshot.evidence_of(payment)?).bookings > 1)
}

/// The days of a claim that was read from a bank file: none that anybody is paid for.
pub(super) fn unknown_days() -> Period {
    Period::of_day(NaiveDate::from_num_days_from_ce_opt(1).unwrap_or_default())
}

/// Payments of other desks that stand, and of which nobody here can say to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unnamed {
    pub payments: u64,
    pub amount: Amount,
}

impl Unnamed {
    /// # Errors
    /// Where the sum leaves the range of amounts.
    pub fn of<'a>(
        claims: impl Iterator<Item = &'a ForeignClaim>,
        currency: Currency,
    ) -> std::result::Result<Self, AmountOverflow> {
        let mut all = Self { payments: 0, amount: Amount::zero(currency) };
        for ForeignClaim { claim, times, .. } in claims.filter(|claim| claim.times > 0) {
            all.payments += 1;
            all.amount = all.amount.checked_add(claim.amount.checked_mul(*times)?)?;
        }
        Ok(all)
    }
}
