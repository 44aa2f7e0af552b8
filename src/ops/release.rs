//! `release`: the approved bytes leave, in the only order that survives a crash at any instant:
//!
//! 1. the ledger says that the release has begun and which files will appear, and is synced: from here on the batch counts as paid;
//! 2. the witness and the anchors are told so too, and the files are written beside their places; all of it is waited for at once;
//! 3. each file is read back, counted and compared with what was approved;
//! 4. the files appear under their names, and the names are waited for;
//! 5. the ledger says that the release is complete. That it is says nothing about money that was not known before, so the witness is told
//!    without waiting, and the anchors by the next command.
//!
//! Run again after any interruption, it finishes that release and nothing else.

use std::path::{Path, PathBuf};

use super::bank_files::{self, Letterhead, Source};
use super::durable::Lasting;
use super::elsewhere::{self, Elsewhere, Met};
use super::key_store::KeyStore;
use super::outbox::{self, Draft};
use super::workspace::Recording;
use super::{Unlocked, Workspace, World, after_all, batches, copies, payments, purge, verify};
use crate::bank::file::writes_again;
use crate::fault::{Fault, Result};
use crate::ledger::event::KeyId;
use crate::ledger::receipt_code::ReceiptCode;
use crate::ledger::seal::SecretKey;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ledger::{Event, LedgerState};
use crate::payment::BatchId;
use crate::progress::{self, Stage};
use crate::release::PlannedFile;
use crate::say;

pub struct Released {
    pub batch: BatchId,
    /// Relative to the workspace, with what was planned of each.
    pub files: Vec<(PathBuf, PlannedFile)>,
    /// Whether everything lay there already.
    pub nothing_new: bool,
    /// Whether the release was complete before, so that files made now are the same ones once more.
    pub released_before: bool,
    /// The earliest date on which a payment of it is due.
    pub first_pay_date: Option<chrono::NaiveDate>,
    /// The code by which the ledger is known since the last batch left, which is the newest that a machine asks for.
    pub receipt: Option<ReceiptCode>,
    /// The entry by which two people went on with a ledger that may have lost releases, if they did.
    pub adopted_older: Option<u64>,
}

pub fn release(workspace: &mut Workspace, world: &World, who: Option<&str>, id: BatchId) -> Result<Released> {
    workspace.refresh(world)?;
    let batch = batches::find(&workspace.state, id)?;
    let released_before = batch.phase == BatchPhase::Released;
    refuse_if_on_sheets(batch)?;
    refuse_unless_releasable(batch, world)?;
    refuse_while_bank_is_ahead(&workspace.state, batch)?;
    let outbox = workspace.folder().join(Workspace::outbox_of(id));
    if released_before && all_lie_there(&outbox, &batch.prepared.plan.files)? {
        let released = released(batch, true, true, &workspace.state);
        return Ok(Released { receipt: workspace.receipt_of_last_release(), ..released });
    }
    let who = workspace.unlock(world, who)?;
    workspace.check_receipt()?;
    workspace.hold_little_of_the_ledger()?;
    outbox::create(workspace.folder(), &Workspace::outbox_of(id))?;
    let batch = begin(workspace, world, &who, id, &outbox)?;
    let keys = workspace.keys.clone();
    let lasting = Lasting::of(&outbox)?;
    // The files are written under the ledger's lock: of two releases at once, the second finds the first one's work done.
    workspace.record_beside(world, |recording| {
        write_missing(recording, world, (&keys, &who), &batch, (&outbox, &lasting))?;
        complete(recording, &who, id)
    })?;
    let receipt = workspace.receipt_of_last_release();
    Ok(Released { receipt, ..released(&batch, false, released_before, &workspace.state) })
}

/// Records that all that was to leave lies in its place, unless that is recorded.
pub(super) fn complete(recording: &mut Recording, who: &Unlocked, id: BatchId) -> Result<()> {
    match batches::find(&recording.state, id)?.phase {
        BatchPhase::Released => Ok(()),
        _ => recording.event(&Event::ReleaseCompleted { batch: id }, &who.signer, None),
    }
}

fn refuse_if_on_sheets(batch: &BatchState) -> Result<()> {
    if batch.sheets.is_none() {
        return Ok(());
    }
    let message =
        say!("Batch {id} was released as work sheets and cannot leave as a file as well.", id = batch.prepared.id);
    Err(Fault::refused("release.other_door", message).remedy(say!(
        "Type its sheets: `stopgap release {id} --as worksheet` gives the same ones again. What was never typed is settled with `stopgap worksheet settle` and paid in a new batch.",
        id = batch.prepared.id
    )))
}

pub(super) fn refuse_unless_releasable(batch: &BatchState, world: &World) -> Result<()> {
    let id = batch.prepared.id;
    match batch.phase {
        BatchPhase::Releasing | BatchPhase::Released => return Ok(()),
        BatchPhase::Approved => {}
        BatchPhase::Prepared => {
            return Err(Fault::refused("batch.not_approved", say!("Batch {id} is not approved.", id = id.to_string()))
                .remedy(say!(
                    "Another operator than {preparer} approves it: `stopgap approve {id} --operator NAME`.",
                    preparer = batch.preparer.to_string(),
                    id = id.to_string()
                )));
        }
        BatchPhase::Cancelled => {
            return Err(Fault::refused(
                "batch.cancelled",
                say!("Batch {id} was cancelled and will not be paid.", id = id.to_string()),
            ));
        }
    }
    if !writes_again(batch.prepared.plan.writer) {
        let message = say!(
            "Batch {id} was prepared by another version of stopgap, which writes bank files differently.",
            id = id.to_string()
        );
        return Err(Fault::refused("release.other_writer", message)
            .remedy(say!("Release it with that version, or cancel it and prepare its lists again.")));
    }
    match batch.prepared.first_pay_date() {
        Some(date) if date < world.now.today() => {
            let message = say!(
                "Batch {id} was to be paid on {date}, which is past.",
                id = id.to_string(),
                date = date.to_string()
            );
            Err(Fault::refused("date.past", message).remedy(say!(
                "Cancel it with `stopgap batch cancel {id}` and prepare its lists for another date.",
                id = id.to_string()
            )))
        }
        _ => Ok(()),
    }
}

pub(super) fn refuse_while_bank_is_ahead(state: &LedgerState, batch: &BatchState) -> Result<()> {
    match state.lineage.bank_is_ahead {
        Some(ahead) if batch.phase == BatchPhase::Approved => Err(bank_is_ahead(ahead)),
        _ => Ok(()),
    }
}

pub(super) fn bank_is_ahead(batch: BatchId) -> Fault {
    let message = say!(
        "The bank has reported on batch {batch}, which this ledger does not hold: it is an older copy, or another ledger pays from the same \
         account.",
        batch
    );
    Fault::refused("ledger.bank_is_ahead", message).remedy(
        say!("Find out what was in it before anything more leaves. Where this ledger is to go on, two people say so: `stopgap adopt --older \
         --operator NAME --second NAME`."),
    )
}

/// Records that the release has begun, unless it has, and enters the files that will appear. Before that, everything that could keep it from being finished is looked at: once
/// begun it can only be completed.
fn begin(workspace: &mut Workspace, world: &World, who: &Unlocked, id: BatchId, outbox: &Path) -> Result<BatchState> {
    let (keys, days) = (workspace.keys.clone(), workspace.settings.copies.clone());
    workspace.record_first(world, |recording| {
        let batch = batches::find(&recording.state, id)?.clone();
        refuse_if_on_sheets(&batch)?;
        let (key_id, key) = look_before_leaving(recording, world, who, &keys, &batch)?;
        all_lie_there(outbox, &batch.prepared.plan.files)?;
        if batch.phase == BatchPhase::Approved {
            recording.event(&Event::ReleaseBegun { batch: id, digest: batch.digest }, &who.signer, None)?;
        }
        copies::bank_files::declare(recording, world, who, &days, (key_id, &key), &batch)?;
        Ok(batch)
    })
}

/// Both desks prepared the same before they met, and the other one's has left.
fn refuse_what_left_elsewhere(id: BatchId, left: &Met) -> Result<()> {
    let Some(other) = left.first else { return Ok(()) };
    let message = say!(
        "Another desk has released {count} of batch {id}'s payments, the first in {other}: they would be paid twice.",
        count = left.count.to_string(),
        id = id.to_string(),
        other = other.to_string()
    );
    Err(Fault::refused("release.paid_elsewhere", message).remedy(say!(
        "Cancel it with `stopgap batch cancel {id}` and prepare its lists again: what the other desk has paid is left out.",
        id = id.to_string()
    )))
}

/// An obligation was freed and prepared again, and since then the bank has said, here or at another desk, that its first payment stands.
fn refuse_what_stands_after_all(recording: &mut Recording, batch: &BatchState, elsewhere: &Met) -> Result<()> {
    let id = batch.prepared.id;
    let here = match recording.state.last_told > batch.entry {
        true => after_all::stand_since(&mut *recording.transaction, id, batch.entry)?,
        false => Met::default(),
    };
    let Some(earlier) = here.first.or(elsewhere.first) else { return Ok(()) };
    let message = say!(
        "By what the bank has said since batch {id} was prepared, {count} of its payments stand already, the first in {earlier}: they would be paid \
         twice.",
        count = (here.count + elsewhere.count).to_string(),
        id = id.to_string(),
        earlier = earlier.to_string()
    );
    Err(Fault::refused("release.paid_after_all", message).remedy(say!(
        "Cancel it with `stopgap batch cancel {id}` and prepare its lists again: these rows are then held until somebody has asked the bank.",
        id = id.to_string()
    )))
}

/// Since it was prepared, the bank has said that it has paid the same, and not by this ledger.
fn refuse_what_was_paid_elsewhere(recording: &mut Recording, batch: &BatchState) -> Result<()> {
    let id = batch.prepared.id;
    let count = after_all::paid_elsewhere_since(&mut *recording.transaction, &recording.state, (id, batch.entry))?;
    if count == 0 {
        return Ok(());
    }
    let message = say!(
        "By what the bank has said since batch {id} was prepared, it has paid {count} of its payments already, and not by this ledger: another desk \
         has released them, or a newer copy of this ledger.",
        count = count.to_string(),
        id = id.to_string()
    );
    Err(Fault::refused("release.paid_already", message).remedy(say!(
        "Find out who has released them, before anything more leaves. Cancel the batch with `stopgap batch cancel {id}` and prepare its lists again: these rows are then held.",
        id = id.to_string()
    )))
}

/// Everything that could keep a release from being finished, whichever door it takes. Gives the key under which its people are sealed.
pub(super) fn look_before_leaving(
    recording: &mut Recording,
    world: &World,
    who: &Unlocked,
    keys: &KeyStore,
    batch: &BatchState,
) -> Result<(KeyId, SecretKey)> {
    let id = batch.prepared.id;
    refuse_unless_releasable(batch, world)?;
    refuse_while_bank_is_ahead(&recording.state, batch)?;
    if payments::sealed_root(&mut *recording.transaction, id)? != batch.prepared.sealed_root {
        return Err(Fault::failed(
            "ledger.damaged",
            say!("The sealed payments of batch {id} were changed.", id = id.to_string()),
        )
        .remedy(say!("Do not release from this folder. Restore the newest backup.")));
    }
    verify::claims_agree(&mut *recording.transaction, &recording.state)?;
    if batch.phase == BatchPhase::Approved {
        let Elsewhere { left, after_all } =
            elsewhere::look(&mut *recording.transaction, &recording.state.merged, (id, batch.entry))?;
        refuse_what_left_elsewhere(id, &left)?;
        refuse_what_stands_after_all(recording, batch, &after_all)?;
        refuse_what_was_paid_elsewhere(recording, batch)?;
    }
    let episode = batches::episode(&recording.state, batch)?;
    purge::refuse_if_purged(&recording.state, episode)?;
    Ok((episode.key, who.episode_key(keys, episode.key)?))
}

fn all_lie_there(outbox: &Path, files: &[PlannedFile]) -> Result<bool> {
    let count = files.iter().map(|file| file.sum.count).sum::<u64>();
    let mut step = progress::begin(Stage::ReadingBack, count);
    for file in files {
        if !outbox::is_as_planned(outbox, file)? {
            return Ok(false);
        }
        step.advance(file.sum.count);
    }
    Ok(true)
}

/// Writes the files that do not lie in the outbox yet. Before any of them appears, what the witness and the anchors say of the release lasts,
/// like the files themselves: all of it is waited for at once.
fn write_missing(
    recording: &mut Recording,
    world: &World,
    (keys, who): (&KeyStore, &Unlocked),
    batch: &BatchState,
    (outbox, lasting): (&Path, &Lasting),
) -> Result<()> {
    let files = &batch.prepared.plan.files;
    if all_lie_there(outbox, files)? {
        let told = std::mem::take(&mut recording.told).last(lasting, world)?;
        return outbox::make_last_beside(outbox, files, (lasting, &told));
    }
    let state = &recording.state;
    let key = who.episode_key(keys, batches::episode(state, batch)?.key)?;
    let letterhead = Letterhead {
        environment: state.environment,
        payer: &batch.prepared.payer,
        profile: &batch.prepared.profile,
        prepared_at: batch.prepared.prepared_at,
        groups: &batch.prepared.groups,
    };
    let source = Source { ledger: state.ledger, batch: batch.prepared.id, key: &key };
    bank_files::render(
        &mut *recording.transaction,
        &source,
        &letterhead,
        files,
        &mut |file| Draft::create(outbox, file),
        &mut |_, draft| draft.finish(lasting),
    )?;
    let told = std::mem::take(&mut recording.told).last(lasting, world)?;
    outbox::read_back_drafts(outbox, files, batch.prepared.profile.message)?;
    outbox::publish_beside(outbox, files, (lasting, &told))
}

fn released(batch: &BatchState, nothing_new: bool, released_before: bool, state: &LedgerState) -> Released {
    let folder = Workspace::outbox_of(batch.prepared.id);
    let files = batch.prepared.plan.files.iter().map(|file| (folder.join(&file.name), file.clone())).collect();
    Released {
        batch: batch.prepared.id,
        files,
        nothing_new,
        released_before,
        first_pay_date: batch.prepared.first_pay_date(),
        receipt: None,
        adopted_older: state.lineage.adopted_older().map(|adopted| adopted.entry),
    }
}
