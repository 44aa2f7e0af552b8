//! `backup`: a copy of the ledger, its settings and its witness, taken while others work, and restored and compared before it counts.
//!
//! 1. the ledger records that a backup is begun, so that the copy holds its own entry;
//! 2. the ledger is copied in one view, the witness written from that view, the settings copied, the receipt put beside them;
//! 3. the copy is read back from its disk into a scratch folder, opened there, verified, and compared table by table with that view;
//! 4. only then does it get its name.
//!
//! The keys are never in it. They are copied to a place of their own.

pub mod key_copies;
pub mod receipt;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use self::receipt::{FileLine, Receipt};
use super::draft_folder::{self, DraftFolder};
use super::durable::{self, disk_fault};
use super::{SignedIn, Workspace, World, settings, verify, workspace};
use crate::fault::{Fault, Result};
use crate::ledger::store::TableSum;
use crate::ledger::{Event, LedgerState, witness};
use crate::progress::{self, Stage};
use crate::say;
use crate::words::Message;

/// For whoever finds the folder and does not know what it is.
const ABOUT: &str = "HOW-TO-RESTORE.txt";

pub struct Request<'a> {
    /// A folder to make; one that is there gets a new one inside.
    pub destination: &'a Path,
    /// Where the keys are copied to, in the same way.
    pub keys: Option<&'a Path>,
}

#[derive(Debug)]
pub struct BackedUp {
    pub place: PathBuf,
    pub receipt: Receipt,
    /// Whether the ledger records it: not where nobody could sign.
    pub recorded: bool,
    pub keys: Option<PathBuf>,
    /// Keys of which the ledger knows no copy, in words: what they open would be lost with this folder.
    pub keys_without_copy: Vec<String>,
    /// It lies within the workspace, and would be lost with it.
    pub inside_workspace: bool,
}

pub fn backup(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<BackedUp> {
    look_at(request.destination, say!("Name a folder for the backup; nothing is ever written over."))?;
    if let Some(keys) = request.keys {
        look_at(keys, say!("Name a folder for the keys; nothing is ever written over."))?;
        refuse_keys_beside(keys, request.destination, workspace.folder())?;
    }
    let signer = signer(workspace, world, who, request.keys.is_some())?;
    let keys = match &signer {
        Some(signer) => record(workspace, world, signer, request.keys)?,
        None => None,
    };
    let (place, draft) = place_for(request.destination, "backup", world, &workspace.state);
    let draft = DraftFolder::create(&draft)?;
    let receipt = fill(workspace, world, draft.path())?;
    draft.place(&place)?;
    let state = &workspace.state;
    let keys_without_copy = state.keys_without_copy().into_iter().map(|key| key_copies::in_words(state, key)).collect();
    let inside_workspace = is_inside(&place, workspace.folder());
    Ok(BackedUp { place, receipt, recorded: signer.is_some(), keys, keys_without_copy, inside_workspace })
}

/// Who signs the entry. A backup that nobody can sign is better than none; a copy of the keys must be recorded.
fn signer(workspace: &Workspace, world: &World, who: Option<&str>, keys: bool) -> Result<Option<SignedIn>> {
    let at_hand = workspace.state.active_operators().any(|operator| world.passphrases.is_at_hand(&operator.name));
    // A copy that nobody may write to can still be backed up.
    if !keys && workspace.standing().refuse().is_err() {
        return Ok(None);
    }
    if who.is_some() || at_hand || keys {
        return workspace.sign_in(world, who).map(Some);
    }
    match workspace.sign_in(world, None) {
        Err(fault) if fault.code == "operator.missing" => Ok(None),
        signed_in => signed_in.map(Some),
    }
}

/// Records the backup, and the copy of the keys before it is made: in doubt there is one.
fn record(workspace: &mut Workspace, world: &World, signer: &SignedIn, keys: Option<&Path>) -> Result<Option<PathBuf>> {
    let store = workspace.keys.clone();
    let copied = keys.map(|_| {
        let state = &workspace.state;
        let episodes = state.episodes.iter().map(|episode| episode.key).filter(|key| store.has_episode_key(*key));
        let baselines = state.baselines.values().map(|baseline| baseline.recorded.parts.key);
        let baselines = baselines.filter(|key| store.has_baseline_key(*key));
        let duplicate = std::iter::once(state.duplicate_key).filter(|key| store.has_duplicate_key(*key));
        let names = state.active_operators().map(|operator| operator.name.clone());
        Event::KeysCopied {
            keys: duplicate.chain(episodes).chain(baselines).collect(),
            operators: names.filter(|name| store.has_operator(name)).collect(),
        }
    });
    workspace.record(world, |recording| {
        if let Some(copied) = &copied {
            recording.event(copied, &signer.signer, None)?;
        }
        recording.event(&Event::BackupBegun, &signer.signer, None)
    })?;
    let Some(keys) = keys else { return Ok(None) };
    let (place, draft) = place_for(keys, "keys", world, &workspace.state);
    key_copies::copy(&store, &workspace.state, &place, &draft)?;
    Ok(Some(place))
}

/// Fills the draft of a backup and proves that it can be restored.
fn fill(workspace: &mut Workspace, world: &World, draft: &Path) -> Result<Receipt> {
    let folder = workspace.folder().to_path_buf();
    let (state, tables) = {
        let mut snapshot = workspace.read()?;
        let (state, chain) = workspace::replay(&mut *snapshot)?;
        let _step = progress::begin(Stage::Copying, None);
        let tables = snapshot.tables()?;
        snapshot.copy_to(&draft.join(workspace::LEDGER))?;
        let lines: String = chain.iter().map(|(seq, digest)| witness::line(*seq, digest)).collect();
        durable::write(&draft.join(workspace::WITNESS), lines.as_bytes())?;
        (state, tables)
    };
    let settings = std::fs::read(folder.join(settings::FILE_NAME))
        .map_err(|error| disk_fault("read", &folder.join(settings::FILE_NAME), &error))?;
    durable::write(&draft.join(settings::FILE_NAME), &settings)?;
    let mut receipt = Receipt::of(&state, &tables, world.now.local);
    durable::write(&draft.join(ABOUT), about(&receipt).as_bytes())?;
    prove(draft, &mut receipt, &tables)?;
    durable::write(&draft.join(receipt::FILE_NAME), &receipt.to_json()?)?;
    Ok(receipt)
}

/// Restores the copy in a scratch folder, verifies it there and compares it with what it was made from. Notes its files on the receipt.
fn prove(draft: &Path, receipt: &mut Receipt, tables: &[TableSum]) -> Result<()> {
    let failed = |error| disk_fault("make a scratch folder in", &std::env::temp_dir(), &error);
    let for_the_owner = std::fs::Permissions::from_mode(0o700);
    let scratch =
        tempfile::Builder::new().prefix("stopgap-restored-").permissions(for_the_owner).tempdir().map_err(failed)?;
    for name in [workspace::LEDGER, workspace::WITNESS, settings::FILE_NAME, ABOUT] {
        let copied = durable::copy_new(&draft.join(name), &scratch.path().join(name))?;
        receipt.files.push(FileLine::new(name, copied));
    }
    let not_restored = |what: Message| {
        Fault::failed("backup.not_restorable", say!("The copy does not hold when it is restored: {what}", what))
            .remedy(say!("It was removed again. Run the same command on another disk."))
    };
    let mut restored = Workspace::open(scratch.path()).map_err(|fault| not_restored(fault.message))?;
    verify::verify(&mut restored).map_err(|fault| not_restored(fault.message))?;
    if let Some(difference) = receipt.first_difference(&restored.state) {
        return Err(not_restored(say!("{difference}.", difference)));
    }
    let found = restored.read()?.tables()?;
    match tables.iter().zip(&found).find(|(ours, theirs)| ours != theirs) {
        Some((table, _)) => Err(not_restored(say!("its table {table} is another.", table = &*table.name))),
        None if tables.len() != found.len() => Err(not_restored(say!("it has other tables."))),
        None => Ok(()),
    }
}

/// What is needed to get everything back, in the backup itself.
fn about(receipt: &Receipt) -> String {
    format!(
        "This folder is a backup of a stopgap ledger of {}, made {}.\n\
         It ends with entry {}; its receipt code is {}.\n\n\
         To get everything back takes two things: this folder, and a copy of the folder `keys`, which is kept elsewhere.\n\n\
             stopgap restore THIS-FOLDER --workspace NEW-FOLDER --keys COPY-OF-KEYS\n\n\
         Before a new machine releases anything it asks for the newest receipt code: that of the last release that anybody knows\n\
         of, on its control sheet. The code above is that one only if nothing was released after this backup.\n\n\
         Keep the files of this folder together and do not change them. Personal data in it is sealed; without the keys\n\
         and a passphrase nobody can read it.\n",
        receipt.payer,
        receipt.made_at.replace('T', " "),
        receipt.entries,
        receipt.code
    )
}

/// A destination is a folder, or not there yet in a folder that is.
fn look_at(destination: &Path, remedy: Message) -> Result<()> {
    if durable::is_there(destination)? {
        if destination.is_dir() {
            return Ok(());
        }
        let message = say!("{destination} is there already and is no folder.", destination = destination.display());
        return Err(Fault::input("backup.exists", message).remedy(remedy));
    }
    if !durable::parent(destination).is_dir() {
        let message = say!("There is no folder {parent}.", parent = durable::parent(destination).display());
        return Err(Fault::input("backup.no_folder", message)
            .remedy(say!("Is the disk connected? Else make the folder first.")));
    }
    Ok(())
}

/// Keys beside the ledger's backup would open it for whoever finds the two, and outlive the purge with it.
fn refuse_keys_beside(keys: &Path, destination: &Path, workspace: &Path) -> Result<()> {
    let beside = is_inside(keys, destination) || is_inside(destination, keys) || is_inside(keys, workspace);
    if !beside {
        return Ok(());
    }
    let message = say!("The copy of the keys would lie with the backup or with the workspace.");
    Err(Fault::refused("backup.keys_beside", message)
        .remedy(say!("Name another disk for --keys: whoever has a backup, its keys and a passphrase has everything.")))
}

/// Whether `path`, which need not be there yet, is `folder` or lies in it.
fn is_inside(path: &Path, folder: &Path) -> bool {
    let whole = |path: &Path| {
        let there = path.canonicalize().ok();
        there.or_else(|| Some(durable::parent(path).canonicalize().ok()?.join(path.file_name()?)))
    };
    matches!((whole(path), whole(folder)), (Some(path), Some(folder)) if path.starts_with(&folder))
}

/// Where it goes, and where it is made: the destination itself, or a dated folder in one that is there.
fn place_for(destination: &Path, what: &str, world: &World, state: &LedgerState) -> (PathBuf, PathBuf) {
    if !destination.is_dir() {
        return (destination.into(), draft_folder::draft_of(destination));
    }
    let name = format!("stopgap-{what}-{}-entry-{}", world.now.local.format("%Y-%m-%d-%H%M%S"), state.head.0);
    let free = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}-{number}") });
    let place = free.map(|name| destination.join(name)).find(|place| !place.exists()).unwrap_or_default();
    (place, draft_folder::whole(destination).join(format!(".stopgap-{what}.draft")))
}
