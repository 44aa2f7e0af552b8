//! `verify`: reads everything again and believes nothing. Needs no passphrase, so an auditor can run it.

pub mod deep;
mod in_outbox;

use std::collections::BTreeMap;
use std::path::Path;

use self::in_outbox::InOutbox;
use super::backup::key_copies::MissingKeys;
use super::parts::{self, PartsFound};
use super::prepare::ClaimsRoot;
use super::{Workspace, durable, merge, outbox, outcome, payments, purge, recalls, restore, workspace};
use crate::fault::{Fault, FaultKind, Result};
use crate::ledger::idempotency::Pseudonym;
use crate::ledger::outcome::{Evidence, EvidenceKind};
use crate::ledger::short_hash::ShortHash;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ledger::store::{Claim, Holder};
use crate::ledger::{LedgerState, Snapshot};
use crate::payment::{BatchId, Digest, Tag};
use crate::progress::{self, Stage};
use crate::say;
use crate::words::{Message, ungrouped};

pub struct Verified {
    pub entries: u64,
    pub head: Digest,
    pub batches: u64,
    /// Bank files in the outbox that are what was approved.
    pub files: u64,
    /// How many rows of each of the store's tables were read and compared.
    pub rows: Vec<(String, u64)>,
    /// Files of released batches that no longer lie in the outbox: moved or uploaded from elsewhere, which is no fault.
    pub files_away: Vec<String>,
    /// Why nobody may write to this one as it is: it is a copy, say.
    pub read_only: Option<Fault>,
    /// The entry of a purge that was begun and not seen through.
    pub unfinished_purge: Option<u64>,
    /// Files among the keys that open nothing in this ledger.
    pub stray_keys: Vec<String>,
    /// What the folder of the keys should hold and does not; nothing where there is no such folder, as with an auditor.
    pub missing_keys: MissingKeys,
}

/// Opening the workspace has followed the chain, its signatures and rules, and the witness. This looks at what hangs on it: the store's own
/// pages, the claims of every batch, its sealed payments, the evidence from the bank's reports, and the released files on the disk.
pub fn verify(workspace: &mut Workspace) -> Result<Verified> {
    // A copy can be in order; a ledger that has lost entries is not, however well it is kept.
    if let Some(ahead) = &workspace.standing().ahead {
        return Err(ahead.fault());
    }
    let mut state = workspace.state.clone();
    let folder = workspace.folder().to_path_buf();
    let mut snapshot = workspace.read()?;
    // The claims of a batch that another command has prepared since would be taken for damage.
    workspace::catch_up(&mut *snapshot, &mut state)?;
    {
        let _step = progress::begin(Stage::Verifying, None);
        snapshot.self_check()?;
    }

    claims_agree(&mut *snapshot, &state)?;
    let mut outbox = InOutbox::default();
    for batch in state.batches.values() {
        sealed_payments_agree(&mut *snapshot, &state, batch)?;
        if batch.phase == BatchPhase::Released {
            outbox.look_for(&folder, batch)?;
        }
    }
    let InOutbox { mut files, away: mut files_away } = outbox;
    if let Some((batch, what)) = typed_rows_differ(&mut *snapshot, &state)? {
        return Err(damaged(batch, what));
    }
    let recalls = recalls_agree(&mut *snapshot, &state, &folder)?;
    files += recalls.0;
    files_away.extend(recalls.1);
    parts_agree(&mut *snapshot, &state)?;
    if state.duplicate_end.is_none()
        && let Some((entry, what)) = outcome::proof::first_damage(&mut *snapshot, &state)?
    {
        return Err(damaged(entry, what));
    }
    let _step = progress::begin(Stage::Verifying, None);
    let rows = snapshot.tables()?.into_iter().map(|table| (table.name, table.rows)).collect();
    let batches = state.batches.len() as u64;
    drop(snapshot);
    let found = workspace.keys.look(&state)?;
    if let Some(name) = found.ended.first() {
        let message = say!("The key file keys/{name} is there, and a purge has recorded its end.", name = name.clone());
        return Err(Fault::failed("keys.came_back", message).remedy(say!(
            "What it opens can be read again in old backups. Find out which copy of the keys it came from, end that, and remove the file."
        )));
    }
    Ok(Verified {
        entries: state.head.0,
        head: state.head.1,
        batches,
        files,
        rows,
        files_away,
        unfinished_purge: unfinished_purge(&state),
        read_only: workspace.standing().refuse().err(),
        stray_keys: found.stray,
        missing_keys: match durable::is_there(workspace.keys.folder())? {
            true => MissingKeys::of(&state, &workspace.keys),
            false => MissingKeys::default(),
        },
    })
}

/// Whether the sealed payments of a batch are those that were prepared, or gone because a purge says so.
fn sealed_payments_agree(snapshot: &mut dyn Snapshot, state: &LedgerState, batch: &BatchState) -> Result<()> {
    let id = batch.prepared.id;
    if payments::sealed_root(snapshot, id)? != batch.prepared.sealed_root {
        let what = say!("the sealed payments of batch {batch} are not those that were prepared", batch = id);
        return Err(damaged(batch.entry, what));
    }
    let (gone, there) = purge::gone_and_there(snapshot, id)?;
    match state.is_batch_purged(batch) {
        true if there > 0 => {
            Err(damaged(batch.entry, say!("payments of batch {batch} are there although they were purged", batch = id)))
        }
        false if gone > 0 => {
            Err(damaged(batch.entry, say!("payments of batch {batch} are gone, and no purge says so", batch = id)))
        }
        _ => Ok(()),
    }
}

/// Compares the ledger with what is known of it on paper: a receipt code, or the file of a backup's receipt.
///
/// # Errors
/// `ledger.older_than_receipt` or `ledger.differs_from_receipt`.
pub fn against_receipt(workspace: &Workspace, given: &str) -> Result<()> {
    let code = restore::read_receipt_code(given)?;
    workspace.hold_against(&code)
}

fn unfinished_purge(state: &LedgerState) -> Option<u64> {
    let end = state.duplicate_end.iter().filter(|end| !end.completed).map(|end| end.entry);
    state.purges.iter().filter(|(_, purge)| !purge.completed).map(|(entry, _)| *entry).chain(end).next()
}

/// A row of a sheet that names a payment which its batch does not have.
fn typed_rows_differ(snapshot: &mut dyn Snapshot, state: &LedgerState) -> Result<Option<(u64, Message)>> {
    let known = state.receipts().filter(|_| state.duplicate_end.is_none());
    for (batch, row) in known {
        if snapshot.claim_ever(&row.payment)?.is_none_or(|(claim, _)| claim.batch != batch) {
            let entry = state.batches.get(&batch).map_or(0, |batch| batch.entry);
            return Ok(Some((entry, say!("a row of batch {batch} was typed that is no payment of it", batch))));
        }
    }
    Ok(None)
}

/// Whether each recall is of payments that there are, holds what it must, and asks with the file that it was begun with. Gives how many files
/// lie in their places, and those that do not.
fn recalls_agree(snapshot: &mut dyn Snapshot, state: &LedgerState, folder: &Path) -> Result<(u64, Vec<String>)> {
    let (mut files, mut away) = (0, Vec::new());
    for recall in state.recalls.values() {
        let (id, recorded) = (recall.id(), &recall.recorded);
        // Once the duplicate key has ended there are no claims to compare with.
        for one in recorded.payments.iter().filter(|_| state.duplicate_end.is_none()) {
            let claim = snapshot.claim_ever(&one.payment)?.map(|(claim, _)| (claim.batch, claim.amount.minor_units()));
            if claim != Some((one.batch, one.amount)) {
                return Err(damaged(
                    recall.entry,
                    say!("recall {recall} is of a payment that its batch does not have", recall = id.to_string()),
                ));
            }
            let holds = |piece: &Evidence| piece.kind == EvidenceKind::RecalledAsDouble;
            if recorded.reason.stays_paid() && !snapshot.evidence_of(&one.payment)?.iter().any(holds) {
                return Err(damaged(
                    recall.entry,
                    say!("recall {recall} is of a double, and nothing holds its obligation", recall = id.to_string()),
                ));
            }
        }
        if recalls::is_the_same_again(state, recall) == Some(false) {
            return Err(damaged(
                recall.entry,
                say!("the file of recall {recall}, made again, is another file", recall = id.to_string()),
            ));
        }
        let place = recalls::path_of(recall);
        let lies = outbox::is_as_planned(&folder.join(recalls::folder()), &recalls::planned_file(recall));
        match lies.map_err(|fault| Fault { kind: FaultKind::Failed, ..fault })? {
            true => files += 1,
            false if recall.written => away.push(place.to_string_lossy().into_owned()),
            false => {}
        }
    }
    Ok((files, away))
}

/// Whether what entries say about people is what they were recorded with.
fn parts_agree(snapshot: &mut dyn Snapshot, state: &LedgerState) -> Result<()> {
    if let Some(entry) = snapshot.entries_with_parts()?.into_iter().find(|entry| !state.parts.contains_key(entry)) {
        return Err(damaged(entry, say!("there is something sealed under it, and it seals nothing")));
    }
    for (entry, recorded) in &state.parts {
        let found = parts::look(snapshot, *entry, recorded)?;
        let as_recorded = match state.is_entry_purged(*entry) && recorded.count > 0 {
            true => found == PartsFound::Purged,
            false => found == PartsFound::Whole,
        };
        if !as_recorded {
            return Err(damaged(*entry, say!("what it says about people is not what was recorded")));
        }
    }
    Ok(())
}

/// Whether the claims, and their listing by payee, are those that the batches were prepared with. Everything that is to keep an obligation
/// from being paid twice looks into these tables, so they are compared before anything is prepared or released.
pub(super) fn claims_agree(snapshot: &mut dyn Snapshot, state: &LedgerState) -> Result<()> {
    claims_agree_before(snapshot, state, &mut Nobody)
}

/// Looks on while the claims are compared, so that nobody has to go through them a second time.
pub(super) trait Onlooker {
    /// Every claim, here and at other desks, in order of tag.
    fn claim(&mut self, claim: &Claim, holder: Holder) -> Result<()>;

    /// There are no more claims.
    fn no_more_claims(&mut self) -> Result<()>;

    /// Every live claim of this ledger by its payee, in order of these.
    fn listed(&mut self, payee: &Pseudonym, tag: &Tag) -> Result<()>;
}

struct Nobody;

impl Onlooker for Nobody {
    fn claim(&mut self, _: &Claim, _: Holder) -> Result<()> {
        Ok(())
    }

    fn no_more_claims(&mut self) -> Result<()> {
        Ok(())
    }

    fn listed(&mut self, _: &Pseudonym, _: &Tag) -> Result<()> {
        Ok(())
    }
}

/// As [`claims_agree`]. What the onlooker has seen is to be believed once this has returned.
pub(super) fn claims_agree_before(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    onlooker: &mut dyn Onlooker,
) -> Result<()> {
    if let Some(end) = &state.duplicate_end {
        nothing_is_left(snapshot, end.entry)?;
        return onlooker.no_more_claims();
    }
    let mut roots: BTreeMap<BatchId, ClaimsRoot> = BTreeMap::new();
    // Claims of one batch mostly follow each other.
    let mut at_hand: Option<(BatchId, ClaimsRoot)> = None;
    let mut stray = None;
    let mut by_payee = Multiset::default();
    let standing = state.batches.values().filter(|batch| batch.phase != BatchPhase::Cancelled);
    let count = standing.map(|batch| batch.prepared.total().count).sum::<u64>();
    let mut step = progress::begin(Stage::Verifying, 2 * count);
    snapshot.claims_everywhere(&mut |claim, holder| {
        onlooker.claim(claim, holder)?;
        if matches!(holder, Holder::Elsewhere(_)) {
            return Ok(());
        }
        step.advance(1);
        if let Some(payee) = claim.payee.filter(|_| holder == Holder::Live) {
            by_payee.add(&payee, &claim.tag);
        }
        if at_hand.as_ref().is_none_or(|(batch, _)| *batch != claim.batch) {
            if state.batches.get(&claim.batch).is_none_or(|batch| batch.phase == BatchPhase::Cancelled) {
                stray.get_or_insert(claim.batch);
            }
            let next = (claim.batch, roots.remove(&claim.batch).unwrap_or_default());
            roots.extend(at_hand.replace(next));
        }
        if let Some((_, root)) = &mut at_hand {
            root.add(claim);
        }
        Ok(())
    })?;
    roots.extend(at_hand);
    onlooker.no_more_claims()?;
    if let Some(batch) = stray {
        return Err(damaged(
            0,
            say!("There are claims of batch {batch}, which is not in the ledger or was cancelled.", batch),
        ));
    }
    for (id, batch) in state.batches.iter().filter(|(_, batch)| batch.phase != BatchPhase::Cancelled) {
        if roots.remove(id).unwrap_or_default().finish() != batch.prepared.claims_root {
            return Err(damaged(
                batch.entry,
                say!("the claims of batch {batch} are not those that were prepared", batch = *id),
            ));
        }
    }
    let mut listed = Multiset::default();
    snapshot.listed_payees(&mut |payee, tag| {
        step.advance(1);
        listed.add(&payee, &tag);
        onlooker.listed(&payee, &tag)
    })?;
    drop(step);
    if listed != by_payee {
        return Err(damaged(0, say!("The claims' listing by payee is not that of the claims.")));
    }
    match merge::first_damage(snapshot, state)? {
        Some((entry, what)) => Err(damaged(entry, what)),
        None => Ok(()),
    }
}

/// After the end of the duplicate key, in `entry`, there is no claim and no evidence.
fn nothing_is_left(snapshot: &mut dyn Snapshot, entry: u64) -> Result<()> {
    let mut left = 0_u64;
    snapshot.claims_ever(&mut |_, _| {
        left += 1;
        Ok(())
    })?;
    snapshot.listed_payees(&mut |_, _| {
        left += 1;
        Ok(())
    })?;
    snapshot.foreign_claims(&mut |_| {
        left += 1;
        Ok(())
    })?;
    snapshot.evidence(&mut |_| {
        left += 1;
        Ok(())
    })?;
    match left {
        0 => Ok(()),
        _ => Err(damaged(
            entry,
            say!("{left} claims or pieces of evidence are there although they went with the duplicate key", left),
        )),
    }
}

/// Stands for a set of payees with their tags, whatever the order they come in: how many, and the sum of their digests.
#[derive(Default, PartialEq, Eq)]
struct Multiset {
    count: u64,
    sum: u128,
}

impl Multiset {
    fn add(&mut self, payee: &Pseudonym, tag: &Tag) {
        let mut hash = ShortHash::new();
        [payee, &tag.series, &tag.obligation].into_iter().for_each(|part| hash.add(part));
        let mut half = [0; 16];
        half.copy_from_slice(&hash.finish()[..16]);
        self.count += 1;
        self.sum = self.sum.wrapping_add(u128::from_le_bytes(half));
    }
}

fn damaged(entry: u64, what: Message) -> Fault {
    let message = match entry {
        0 => what,
        entry => say!("Entry {entry}: {what}.", entry = ungrouped(entry), what),
    };
    Fault::failed("ledger.damaged", message).remedy(say!("Do not release from this folder. Restore the newest backup."))
}
