//! `adopt`: two people say that this folder is the ledger from here on. It ends the doubt about a copy, and, with `older`, goes on in spite
//! of what was seen outside. Nothing that spoke against the ledger is destroyed: witnesses are set aside under another name.

use std::path::{Path, PathBuf};

use super::anchors::Whereabouts;
use super::workspace::second_witness;
use super::{Workspace, World, durable};
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::lineage::Adoption;
use crate::ledger::receipt_code::ReceiptCode;
use crate::payment::Digest;
use crate::say;
use crate::words::Message;

pub struct Request<'a> {
    pub second: &'a str,
    pub reason: &'a str,
    /// Whether to go on although something outside has seen more than this ledger holds, or nobody knows.
    pub older: bool,
}

#[derive(Debug)]
pub struct Adopted {
    pub epoch: u32,
    /// The entry that says so.
    pub entry: u64,
    /// The last entry that this ledger shares with the copies of it.
    pub fork: (u64, Digest),
    pub folder: PathBuf,
    /// Whether its releases are marked.
    pub older: bool,
    /// Where it lay before, as far as anybody knows.
    pub before: Option<PathBuf>,
    pub receipt: ReceiptCode,
}

pub fn adopt(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<Adopted> {
    let first = workspace.sign_in(world, who)?;
    let second = workspace.sign_in_second(world, &first, request.second)?;
    if !workspace.is_watched() {
        return Err(needless(say!(
            "Nothing is watched here: this ledger holds made-up people, or is open without its surroundings."
        )));
    }
    let doubt = doubt(workspace, world)?;
    let is_copy = matches!(workspace.standing().whereabouts, Whereabouts::Copy { .. });
    if !is_copy && doubt.is_none() {
        return Err(needless(say!("This is the ledger, and nothing speaks against it.")));
    }
    if let Some(doubt) = &doubt
        && !request.older
    {
        return Err(doubt.clone());
    }
    let before = match &workspace.standing().whereabouts {
        Whereabouts::Copy { original, .. } => Some(original.clone()),
        Whereabouts::Moved { from } => Some(from.clone()),
        Whereabouts::AtHome => None,
    };
    let place = workspace.place()?;
    let overruled = workspace.standing().ahead.as_ref().and_then(|ahead| ahead.seen);
    let older = doubt.is_some();
    let mut recording = workspace.begin_adopting(world)?;
    let epoch = recording.state.lineage.epoch() + 1;
    let fork = recording.state.head;
    let adoption = Adoption { epoch, place: place.digest(), reason: request.reason.into(), overruled, older };
    recording.event(&Event::LedgerAdopted(Box::new(adoption)), &first.signer, Some(&second.signer))?;
    let entry = recording.state.head.0;
    let (state, recorded) = recording.finish()?;
    if older {
        set_witnesses_aside(workspace, epoch)?;
        workspace.set_damaged_anchors_aside(epoch)?;
    }
    workspace.trust();
    workspace.follow(world, state, recorded)?;
    Ok(Adopted { epoch, entry, fork, folder: place.folder, older, before, receipt: workspace.receipt() })
}

/// Two people accept that the ledger lies where ledgers should not.
///
/// # Errors
/// `place.fit`, where nothing is wrong with the place.
pub fn accept_place(workspace: &mut Workspace, world: &World, who: Option<&str>, second: &str) -> Result<String> {
    let first = workspace.sign_in(world, who)?;
    let second = workspace.sign_in_second(world, &first, second)?;
    let place = workspace.place()?.digest();
    drop(workspace.begin_looking(world)?);
    let Some(kind) = workspace.standing().unfit.clone() else {
        return Err(Fault::refused("place.fit", say!("A ledger may lie here: there is nothing to accept.")));
    };
    let mut recording = workspace.begin_adopting(world)?;
    let event = Event::PlaceAccepted { place, kind: kind.clone() };
    recording.event(&event, &first.signer, Some(&second.signer))?;
    let (state, recorded) = recording.finish()?;
    workspace.follow(world, state, recorded)?;
    Ok(kind)
}

/// What speaks against the ledger, apart from its lying elsewhere.
fn doubt(workspace: &mut Workspace, world: &World) -> Result<Option<Fault>> {
    drop(workspace.begin_adopting(world)?);
    if let Some(ahead) = &workspace.standing().ahead {
        return Ok(Some(ahead.fault()));
    }
    if let Some(batch) = workspace.state.lineage.bank_is_ahead {
        return Ok(Some(super::release::bank_is_ahead(batch)));
    }
    match workspace.check_receipt() {
        Err(fault) if fault.code == "receipt.malformed" => Err(fault),
        checked => Ok(checked.err()),
    }
}

/// Keeps what was seen, under a name at which nobody looks again.
fn set_witnesses_aside(workspace: &Workspace, epoch: u32) -> Result<()> {
    let mut witnesses = vec![workspace.folder().join(super::workspace::WITNESS)];
    witnesses.extend(second_witness(workspace));
    for witness in witnesses {
        if durable::is_there(&witness)? && !workspace.agrees_with(&witness)? {
            let aside = witness.with_extension(format!("before-epoch-{epoch}"));
            std::fs::rename(&witness, &aside).map_err(|error| durable::disk_fault("set aside", &witness, &error))?;
            durable::sync_folder(witness.parent().unwrap_or(Path::new(".")))?;
        }
    }
    Ok(())
}

fn needless(message: Message) -> Fault {
    Fault::refused("ledger.not_a_copy", message).remedy(say!("There is nothing to adopt."))
}
