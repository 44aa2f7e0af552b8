//! `verify --deep`: opens what is sealed and makes everything again that was made of it: each payment's claim, and each bank file to the byte.
//! Takes an operator's passphrase, and the key of each episode.

use std::path::PathBuf;

use crate::bank::file::writes_again;
use crate::fault::{Fault, Result};
use crate::ledger::Claim;
use crate::ledger::idempotency::FIRST_BY_LIKENESS;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::bank_files::{self, Source};
use crate::ops::copies::register::{self, FoundAt, ListedCopy};
use crate::ops::hashing::{Hashing, sha256};
use crate::ops::payments::{self, ReferencedPayment};
use crate::ops::worksheets::making::{self, Letterhead};
use crate::ops::worksheets::release::shares_of;
use crate::ops::{Unlocked, Workspace, World, batches};
use crate::payment::BatchId;
use crate::say;
use crate::words::{Message, ungrouped};
use crate::worksheet::makes_again;

#[derive(Default)]
pub struct Deep {
    pub batches: u64,
    pub payments: u64,
    /// Bank files that were made again and are the same.
    pub files: u64,
    /// Batches that could not be looked into, and why.
    pub left_out: Vec<(BatchId, Message)>,
    /// Files of the register that lie as they were written.
    pub copies: u64,
    /// Those that do not, worst first.
    pub copies_differ: Vec<ListedCopy>,
    /// Files in the outbox that no register knows, relative to the workspace.
    pub unregistered: Vec<PathBuf>,
}

pub fn deep(workspace: &mut Workspace, world: &World, who: Option<&str>) -> Result<Deep> {
    let who = workspace.unlock(world, who)?;
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    let mut found = Deep::default();
    let mut snapshot = workspace.read()?;
    for (id, batch) in &state.batches {
        if batch.phase == BatchPhase::Cancelled {
            found.left_out.push((*id, say!("it was cancelled, and claims nothing any more")));
            continue;
        }
        let key = match who.episode_key(&keys, batches::episode(&state, batch)?.key) {
            Ok(key) => key,
            Err(fault) => {
                found.left_out.push((*id, fault.message));
                continue;
            }
        };
        let source = Source { ledger: state.ledger, batch: *id, key: &key };
        found.payments += compare_claims(&mut *snapshot, &source, batch, &who)?;
        found.batches += 1;
        if let Some(sheets) = &batch.sheets {
            match makes_again(sheets.release.maker) {
                true => found.files += compare_sheets(&mut *snapshot, &source, &state, batch)?,
                false => found.left_out.push((*id, say!("its work sheets are of another version of stopgap"))),
            }
        }
        if writes_again(batch.prepared.plan.writer) {
            found.files += compare_files(&mut *snapshot, &source, &state, batch)?;
        } else {
            found.left_out.push((*id, say!("its bank files are of another version of stopgap")));
        }
    }
    drop(snapshot);
    let register = register::look_at_all(workspace, &who, world.now.today(), false)?;
    for copy in register.copies {
        match copy.found {
            FoundAt::AsWritten => found.copies += 1,
            FoundAt::NotWritten | FoundAt::Ended | FoundAt::Unknown => {}
            FoundAt::Changed | FoundAt::Moved(_) | FoundAt::Missing => found.copies_differ.push(copy),
        }
    }
    let strangers = register.unregistered.into_iter().filter(|file| !file.working);
    found.unregistered = strangers.map(|file| file.place).collect();
    Ok(found)
}

/// Whether each sealed payment has the claim that follows from it, and no claim is without its payment.
fn compare_claims(snapshot: &mut dyn Snapshot, source: &Source, batch: &BatchState, who: &Unlocked) -> Result<u64> {
    let mut expected: Vec<Claim> = Vec::new();
    payments::each(snapshot, source.ledger, source.batch, source.key, &mut |_, payment| {
        let ReferencedPayment { end_to_end_id, payment } = payment;
        let fingerprint = match batch.prepared.plan.writer < FIRST_BY_LIKENESS {
            true => who.tagger.fingerprint_as_before(&payment),
            false => who.tagger.fingerprint(&payment),
        };
        let claim = Claim::new(&fingerprint, end_to_end_id.attempt, source.batch);
        if claim.tag != end_to_end_id.tag {
            return Err(differs(batch, say!("a payment is under another reference than its obligation's")));
        }
        expected.push(claim);
        Ok(())
    })?;
    for claim in &expected {
        let id = claim.end_to_end_id();
        if snapshot.claim_ever(&id)?.is_none_or(|(kept, _)| kept != *claim) {
            return Err(differs(batch, say!("a claim is not that of its payment")));
        }
    }
    if expected.len() as u64 != batch.prepared.total().count {
        return Err(differs(batch, say!("it holds another number of payments than were prepared")));
    }
    Ok(expected.len() as u64)
}

/// Makes the batch's bank files again and compares their digests with the plan's.
fn compare_files(snapshot: &mut dyn Snapshot, source: &Source, state: &LedgerState, batch: &BatchState) -> Result<u64> {
    let prepared = &batch.prepared;
    let letterhead = bank_files::Letterhead {
        environment: state.environment,
        payer: &prepared.payer,
        profile: &prepared.profile,
        prepared_at: prepared.prepared_at,
        groups: &prepared.groups,
    };
    let mut made = 0;
    bank_files::render(
        snapshot,
        source,
        &letterhead,
        &prepared.plan.files,
        &mut |_| Ok(Hashing::default()),
        &mut |file, hash| {
            made += 1;
            match hash.digest() == file.sha256 {
                true => Ok(()),
                false => Err(differs(batch, say!("{file} made again is another file", file = &file.name))),
            }
        },
    )?;
    Ok(made)
}

/// Makes the batch's work sheets again and compares their digests with those of the release.
fn compare_sheets(
    snapshot: &mut dyn Snapshot,
    source: &Source,
    state: &LedgerState,
    batch: &BatchState,
) -> Result<u64> {
    let Some(sheets) = &batch.sheets else { return Ok(0) };
    let release = &sheets.release;
    let letterhead = Letterhead { environment: state.environment, batch, danish: release.danish, maker: release.maker };
    let mut made = 0;
    making::render(snapshot, source, &letterhead, &shares_of(release), &mut |at, rendered| {
        let digests = [&rendered.page, &rendered.workbook].map(|bytes| sha256(bytes));
        for (file, digest) in release.sheets[at].files.iter().zip(digests) {
            made += 1;
            if file.sha256 != digest {
                return Err(differs(batch, say!("{file} made again is another file", file = &file.name)));
            }
        }
        Ok(())
    })?;
    Ok(made)
}

fn differs(batch: &BatchState, what: Message) -> Fault {
    let message =
        say!("Entry {entry}: in batch {id} {what}.", entry = ungrouped(batch.entry), id = batch.prepared.id, what);
    Fault::failed("ledger.damaged", message).remedy(say!("Do not release from this folder. Restore the newest backup."))
}
