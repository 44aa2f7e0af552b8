//! `restore`: a backup becomes a workspace again, in a folder of its own, after everything in it was believed. Nothing of it is seen before.

use std::path::{Path, PathBuf};

use super::anchors::Outside;
use super::anchors::record::{Known, PlaceNote};
use super::backup::key_copies::{self, MissingKeys};
use super::backup::receipt::Receipt;
use super::draft_folder::{self, DraftFolder};
use super::durable::{self, disk_fault};
use super::{Workspace, World, adopt, settings, verify, workspace};
use crate::fault::{Fault, Result};
use crate::ledger::receipt_code::{Against, ReceiptCode};
use crate::payment::Digest;
use crate::say;
use crate::words::{Message, ungrouped};

pub struct Request<'a> {
    /// A backup, or a folder with backups of one ledger, of which the newest is taken.
    pub source: &'a Path,
    /// Not there yet, or empty.
    pub workspace: &'a Path,
    /// A copy of the folder `keys`.
    pub keys: Option<&'a Path>,
    /// A receipt code, or a receipt's file: what the restored ledger must at least hold.
    pub receipt: Option<&'a str>,
    /// What this machine has seen of ledgers.
    pub outside: Outside,
    /// The second of the two who take a ledger into use that is older than what is known of it.
    pub accept_older: Option<&'a str>,
}

#[derive(Debug)]
pub struct Restored {
    pub backup: PathBuf,
    pub entries: u64,
    pub head: Digest,
    pub receipt: Receipt,
    pub keys: bool,
    pub missing_keys: MissingKeys,
    /// The entry by which two people took an older ledger into use.
    pub accepted_by_entry: Option<u64>,
    /// Whether it was compared with a receipt code, or with what this machine has seen.
    pub compared: bool,
    /// Whether this machine asks for the newest receipt code before it releases anything.
    pub receipt_due: bool,
    /// Why nobody may write to it as it is, and what to do: the ledger that it is a copy of lives on elsewhere.
    pub read_only: Option<Fault>,
}

pub fn restore(world: &World, who: Option<&str>, request: &Request) -> Result<Restored> {
    let target = draft_folder::free_place(request.workspace)?;
    let known = request.receipt.map(read_receipt_code).transpose()?;
    let (backup, receipt) = locate(world, request.source)?;
    durable::create_folder(durable::parent(&target))?;
    let draft = DraftFolder::create(&draft_folder::draft_of(&target))?;
    copy(&backup, &receipt, draft.path())?;
    let mut restored = Workspace::open(draft.path())?;
    verify::verify(&mut restored)?;
    if let Some(difference) = receipt.first_difference(&restored.state) {
        return Err(damaged(&backup, difference));
    }
    if let Some(keys) = request.keys {
        let from = key_copies::find(keys, &restored.state)?;
        restored.keys.create()?;
        key_copies::copy_files(&from, restored.keys.folder())?;
    }
    let doubt = known.iter().try_for_each(|known| compare(&restored, known)).and_then(|()| {
        let seen = Workspace::open_with(draft.path(), request.outside.clone())?;
        match &seen.standing().ahead {
            Some(ahead) => Err(older(&ahead.message)),
            None => Ok(()),
        }
    });
    let older = match (doubt, request.accept_older) {
        (Err(fault), Some(second)) if fault.code == "restore.older" => {
            let first = restored.sign_in(world, who)?;
            restored.sign_in_second(world, &first, second)?;
            Some((first.signer.name, second))
        }
        (doubt, _) => {
            doubt?;
            None
        }
    };
    // A code that was given with it tells how new the copy is.
    if older.is_none() && known.is_none() {
        note_that_receipt_is_due(&draft, &target, &request.outside)?;
    }
    let missing_keys = MissingKeys::of(&restored.state, &restored.keys);
    let (mut entries, mut head) = restored.state.head;
    drop(restored);
    draft.place(&target)?;
    let mut accepted_by_entry = None;
    if let Some((first, second)) = older {
        let mut placed = Workspace::open_for_adoption(&target, request.outside.clone())?;
        let reason = "restored from a backup that is older than what was known";
        let adoption = adopt::Request { second, reason, older: true };
        accepted_by_entry = match adopt::adopt(&mut placed, world, Some(&first), &adoption) {
            Ok(adopted) => Some(adopted.entry),
            // Nothing was ever released, and this machine has seen nothing: only the paper knew more, and two people have read it.
            Err(fault) if fault.code == "ledger.not_a_copy" => None,
            Err(fault) => return Err(fault),
        };
        (entries, head) = placed.state.head;
    }
    let placed = Workspace::open_with(&target, request.outside.clone())?;
    let standing = placed.standing();
    Ok(Restored {
        backup,
        entries,
        head,
        receipt,
        keys: request.keys.is_some(),
        missing_keys,
        accepted_by_entry,
        compared: known.is_some() || !standing.unknown_here,
        receipt_due: standing.needs_receipt.is_some(),
        read_only: standing.refuse().err(),
    })
}

/// On a machine that has not seen the ledger nothing tells how much newer it was than its backup, were it that nothing had left by then. It is
/// noted before the folder has its name, so that no interruption leaves one that never asks.
fn note_that_receipt_is_due(draft: &DraftFolder, target: &Path, outside: &Outside) -> Result<()> {
    let restored = Workspace::open_with(draft.path(), outside.clone())?;
    // A machine that keeps nothing outside the folder has seen no ledger ever: to ask for the code there would be to ask each time.
    if !restored.standing().unknown_here || !outside.is_kept() {
        return Ok(());
    }
    let place = outside.place_to_be(target)?;
    PlaceNote { ledger: restored.state.ledger, place, known: Known::ReceiptDue(restored.state.head.0) }
        .write(draft.path())
}

fn older(message: &Message) -> Fault {
    Fault::refused("restore.older", message.clone()).remedy(
        say!("Look for a newer backup. If there is none, compare with the bank's reports what has left; then two people may say so: \
         --accept-older --operator NAME --second NAME --keys DIR."),
    )
}

/// A receipt code as typed, or that of a receipt's file.
pub(super) fn read_receipt_code(text: &str) -> Result<ReceiptCode> {
    let path = Path::new(text);
    if path.is_dir() {
        return match Receipt::read(path)? {
            Some(receipt) => receipt.code(),
            None => Err(Fault::input("restore.receipt", say!("There is no receipt in {path}.", path = path.display()))),
        };
    }
    if path.is_file() {
        return match Receipt::read_file(path)? {
            Some(receipt) => receipt.code(),
            None => Err(Fault::input("restore.receipt", say!("{path} is no receipt.", path = path.display()))),
        };
    }
    text.parse().map_err(|_| {
        Fault::input("restore.receipt", say!("`{text}` is no receipt code.", text = text.escape_debug()))
            .remedy(say!("Type the code that `stopgap backup` printed, or name its receipt.json."))
    })
}

/// The backup that is meant, with its receipt.
fn locate(world: &World, source: &Path) -> Result<(PathBuf, Receipt)> {
    if !source.is_dir() {
        let source_shown = source.display();
        let message = match durable::is_there(source)? {
            true => say!("{folder} is no folder.", folder = source_shown),
            false => say!("{folder} is not there.", folder = source_shown),
        };
        return Err(
            Fault::input("restore.no_backup", message).remedy(say!("Name the folder that `stopgap backup` made."))
        );
    }
    // A backup into a folder that is one already lies within it, and is newer.
    let named = Receipt::read(source)?.map(|receipt| (source.to_path_buf(), receipt));
    let of = named.as_ref().map(|(_, receipt)| receipt.ledger.clone());
    let mut found: Vec<(PathBuf, Receipt)> = named.into_iter().collect();
    for entry in std::fs::read_dir(source).map_err(|error| disk_fault("read", source, &error))? {
        let path = entry.map_err(|error| disk_fault("read", source, &error))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden || !path.is_dir() {
            continue;
        }
        match Receipt::read(&path) {
            Ok(Some(receipt)) if of.as_ref().is_some_and(|of| *of != receipt.ledger) => {}
            Ok(Some(receipt)) => found.push((path, receipt)),
            Ok(None) => {}
            Err(fault) => world.say(say!("Passed over: {said}", said = fault.message)),
        }
    }
    found.sort_by_key(|(path, receipt)| (receipt.entries, receipt.made_at.clone(), path.clone()));
    if found.iter().any(|(_, receipt)| receipt.ledger != found[0].1.ledger) {
        let message = say!("In {source} lie backups of several ledgers.", source = source.display());
        return Err(
            Fault::input("restore.several_ledgers", message).remedy(say!("Name the folder of the one you mean."))
        );
    }
    let many = found.len();
    match found.pop() {
        Some((path, receipt)) => {
            if many > 1 {
                world.say(say!("Of {many:backup|backups} the newest is taken: {path}.", many, path = path.display()));
            }
            Ok((path, receipt))
        }
        None => Err(no_backup(source)),
    }
}

fn no_backup(source: &Path) -> Fault {
    let fault = Fault::input(
        "restore.no_backup",
        say!("In {source} lies no backup made by stopgap.", source = source.display()),
    );
    if source.join(workspace::LEDGER).is_file() && source.join(settings::FILE_NAME).is_file() {
        return fault.remedy(say!("It is a workspace: use it as it is, with --workspace."));
    }
    fault.remedy(say!("Name the folder that `stopgap backup` made; its receipt.json belongs to it."))
}

/// Copies the files that the receipt names, each compared with its digest.
fn copy(backup: &Path, receipt: &Receipt, draft: &Path) -> Result<()> {
    for needed in [workspace::LEDGER, workspace::WITNESS, settings::FILE_NAME] {
        let Some(line) = receipt.files.iter().find(|file| file.name == needed) else {
            return Err(damaged(backup, say!("its receipt does not name {needed}", needed)));
        };
        let path = backup.join(needed);
        if !durable::is_there(&path)? {
            return Err(damaged(backup, say!("{needed} is missing", needed)));
        }
        let (bytes, sha256) = durable::copy_new(&path, &draft.join(needed))?;
        if (bytes, sha256.to_string()) != (line.bytes, line.sha256.clone()) {
            return Err(damaged(backup, say!("{needed} is not as it was written", needed)));
        }
    }
    Ok(())
}

fn damaged(backup: &Path, what: Message) -> Fault {
    Fault::failed("backup.damaged", say!("The backup in {backup} is damaged: {what}.", backup = backup.display(), what))
        .remedy(say!("Nothing was restored. Use another backup."))
}

/// Refuses a ledger that does not hold what is known of it.
fn compare(restored: &Workspace, known: &ReceiptCode) -> Result<()> {
    match known.against(restored.state.ledger, restored.chain()) {
        Against::Holds => Ok(()),
        Against::Older => {
            let message = say!(
                "This backup ends with entry {last}, and the receipt is of entry {entry}: what was paid between the two is not in it.",
                last = ungrouped(restored.state.head.0),
                entry = ungrouped(known.entry())
            );
            Err(older(&message))
        }
        Against::Differs => {
            let message = say!(
                "Entry {entry} of this backup is not the receipt's: it is of another ledger, or of another history of it.",
                entry = ungrouped(known.entry())
            );
            Err(Fault::refused("restore.differs", message)
                .remedy(say!("Look for the backup that belongs to the receipt.")))
        }
    }
}
