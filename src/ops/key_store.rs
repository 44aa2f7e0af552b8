//! The folder of key files, and how an operator's passphrase opens them.

mod attempts;
mod recovery;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::backup::key_copies::key_files;
use super::durable;
use super::world::{World, random};
use crate::checks::typed;
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::entry::Signer;
use crate::ledger::event::{Enrolment, KeyId};
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ledger::keys::{KeyError, OperatorKeyFile, OperatorSecrets, PassphraseCost, WrappedKeyFile};
use crate::ledger::seal::SecretKey;
use crate::payment::Payer;
use crate::say;

pub use attempts::WrongPassphrases;

const DUPLICATE: &str = "duplicate";
const EPISODE: &str = "episode";
const BASELINE: &str = "baseline";
const RECOVERY: &str = "recovery";

/// `keys/` in the workspace: apart from the ledger and never in its backup.
#[derive(Clone, Debug)]
pub struct KeyStore {
    folder: PathBuf,
    /// Where operators keep their own key files, if not here: their own stick, say.
    elsewhere: Option<PathBuf>,
}

/// Key files that should not lie where keys lie.
#[derive(Debug, Default)]
pub struct FoundKeys {
    /// They open nothing in this ledger: made for something that an interruption kept from being recorded, or another ledger's.
    pub stray: Vec<String>,
    /// Their end is recorded.
    pub ended: Vec<String>,
}

/// An operator whose passphrase was right: enough for what needs no duplicate key, and for what outlives it.
pub struct SignedIn {
    pub signer: Signer,
    workspace_key: SecretKey,
}

/// An operator whose passphrase was right, with the keys that it opens.
pub struct Unlocked {
    pub signer: Signer,
    pub tagger: Tagger,
    workspace_key: SecretKey,
    /// Keys that were ended by a purge.
    ended: Vec<KeyId>,
}

impl KeyStore {
    pub fn new(workspace: &Path) -> Self {
        Self { folder: workspace.join("keys"), elsewhere: None }
    }

    /// An operator's key file that lies in `folder` comes before one in the workspace.
    pub fn with_operators_in(self, folder: Option<PathBuf>) -> Self {
        Self { elsewhere: folder, ..self }
    }

    /// Where the operator's key file lies.
    fn operator_path(&self, name: &str) -> Result<PathBuf> {
        let file = operator_file(name);
        if let Some(elsewhere) = &self.elsewhere {
            let path = elsewhere.join(&file);
            if durable::is_there(&path)? || durable::is_there(&recovery::waiting(&path)?)? {
                return Ok(path);
            }
        }
        Ok(self.folder.join(file))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn create(&self) -> Result<()> {
        durable::create_folder(&self.folder)
    }

    /// The key files in a folder that need be no workspace's.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.into(), elsewhere: None }
    }

    /// Opens an operator's key where there is no ledger to say whose it is: the signer, and the workspace key.
    pub fn open_without_ledger(&self, world: &World, name: &str) -> Result<(Signer, SecretKey)> {
        check_operator_name(name)?;
        let file: OperatorKeyFile = self.read(&operator_file(name))?;
        let passphrase = world.passphrases.ask(name)?.ok_or_else(|| no_passphrase(name))?;
        let secrets =
            self.attempt(world, name, || file.unlock(&passphrase))?.map_err(|error| key_fault(&error, name))?;
        Ok((Signer::new(name.into(), &secrets.signing_seed), SecretKey::new(secrets.workspace_key)))
    }

    /// The one duplicate key that lies here. Without it nobody who was paid can be known again.
    pub fn only_duplicate_key(&self, workspace_key: &SecretKey) -> Result<(KeyId, SecretKey)> {
        let listed =
            std::fs::read_dir(&self.folder).map_err(|error| durable::disk_fault("read", &self.folder, &error))?;
        let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let ids: Vec<KeyId> = names
            .filter_map(|name| {
                let id = name.strip_prefix("duplicate-")?.strip_suffix(".json")?.to_owned();
                let bytes = data_encoding::HEXLOWER.decode(id.as_bytes()).ok()?;
                bytes.try_into().ok().map(KeyId)
            })
            .collect();
        match ids.as_slice() {
            [id] => Ok((*id, self.unwrap_key(DUPLICATE, *id, workspace_key)?)),
            [] => Err(Fault::refused(
                "rebuild.no_duplicate_key",
                say!("The duplicate key is not in {folder}: nobody who was paid could be known again.", folder = self.folder.display()),
            )
            .remedy(
                say!("Look for a copy of the folder `keys`. Without it, begin a new workspace with `stopgap init`, and before anybody is paid \
                 from it compare by account and name with what left: `stopgap reconcile --upstream` reads the bank files."),
            )),
            _ => Err(Fault::input(
                "rebuild.several_duplicate_keys",
                say!("Several duplicate keys lie in {folder}.", folder = self.folder.display()),
            )
            .remedy(say!("Leave only that of the lost ledger there."))),
        }
    }

    /// Copies the key files of these operators and the duplicate key.
    pub fn copy_names(&self, to: &Self, operators: &[&str], duplicate_key: KeyId) -> Result<()> {
        for name in operators {
            let file: serde_json::Value = read_key(&self.operator_path(name)?, name)?;
            to.write(&operator_file(name), &file)?;
        }
        let name = wrapped_file(DUPLICATE, duplicate_key);
        to.write(&name, &self.read::<serde_json::Value>(&name)?)
    }

    pub fn has_operator(&self, name: &str) -> bool {
        self.operator_path(name).is_ok_and(|path| path.is_file())
    }

    /// The key files that operators keep in a folder of their own.
    pub fn operator_files_elsewhere(&self, state: &LedgerState) -> Result<Vec<PathBuf>> {
        let paths = state.active_operators().map(|operator| self.operator_path(&operator.name));
        let paths = paths.collect::<Result<Vec<_>>>()?;
        Ok(paths.into_iter().filter(|path| !path.starts_with(&self.folder) && path.is_file()).collect())
    }

    /// Compares the files of the folder with the keys that the ledger knows.
    pub fn look(&self, state: &LedgerState) -> Result<FoundKeys> {
        if !durable::is_there(&self.folder)? {
            return Ok(FoundKeys::default());
        }
        let mut known: BTreeSet<String> =
            state.operators.iter().map(|operator| operator_file(&operator.name)).collect();
        known.extend(state.recovery.map(|recovery| wrapped_file(RECOVERY, recovery.code)));
        let baselines = state.baselines.values().map(|baseline| wrapped_file(BASELINE, baseline.recorded.parts.key));
        let duplicate = wrapped_file(DUPLICATE, state.duplicate_key);
        let (mut of_ended, mut of_living) = (BTreeSet::new(), baselines.collect::<BTreeSet<_>>());
        of_living.insert(duplicate);
        // What an interrupted purge left is its own to finish.
        if state.duplicate_end.as_ref().is_some_and(|end| end.completed) {
            of_ended.append(&mut of_living);
        }
        let is_ended = |entry: u64| state.purges.get(&entry).is_some_and(|purge| purge.completed);
        for episode in &state.episodes {
            let of = if episode.purged.is_some_and(is_ended) { &mut of_ended } else { &mut of_living };
            of.insert(wrapped_file(EPISODE, episode.key));
        }
        known.append(&mut of_living);
        let (mut stray, mut ended) = (Vec::new(), Vec::new());
        for name in key_files(&self.folder)?.into_iter().filter(|name| !known.contains(name)) {
            if of_ended.contains(&name) { ended.push(name) } else { stray.push(name) }
        }
        Ok(FoundKeys { stray, ended })
    }

    pub fn has_duplicate_key(&self, id: KeyId) -> bool {
        self.folder.join(wrapped_file(DUPLICATE, id)).is_file()
    }

    pub fn has_episode_key(&self, id: KeyId) -> bool {
        self.folder.join(wrapped_file(EPISODE, id)).is_file()
    }

    pub fn has_baseline_key(&self, id: KeyId) -> bool {
        self.folder.join(wrapped_file(BASELINE, id)).is_file()
    }

    /// Copies what another desk of the same payer needs to make the same tags: the duplicate key, and the key files of those who work here.
    pub fn copy_for_desk(&self, to: &Self, state: &LedgerState) -> Result<()> {
        let operators: Vec<&str> = state.active_operators().map(|operator| operator.name.as_str()).collect();
        self.copy_names(to, &operators, state.duplicate_key)
    }

    /// Makes a new operator's key file and says whom to enrol.
    pub fn add_operator(
        &self,
        world: &World,
        name: &str,
        workspace_key: &SecretKey,
        cost: PassphraseCost,
    ) -> Result<(Enrolment, Signer)> {
        let passphrase = world.passphrases.choose(name)?.ok_or_else(|| no_passphrase(name))?;
        let secrets = OperatorSecrets { signing_seed: random()?, workspace_key: *workspace_key.as_bytes() };
        let signer = Signer::new(name.into(), &secrets.signing_seed);
        let public_key = signer.public_key();
        let file = OperatorKeyFile::lock(name, public_key, &secrets, &passphrase, cost, random()?, random()?)
            .map_err(|error| key_fault(&error, name))?;
        self.write(&operator_file(name), &file)?;
        Ok((Enrolment { name: name.into(), public_key }, signer))
    }

    /// With the payer that its tags are of, so that a `rebuild` can tell whether it is given the same one.
    pub fn add_duplicate_key(&self, key: &SecretKey, workspace_key: &SecretKey, payer: &Payer) -> Result<KeyId> {
        let id = KeyId(random()?);
        let file = WrappedKeyFile::wrap(DUPLICATE, id, key, workspace_key, random()?);
        self.write(&wrapped_file(DUPLICATE, id), &file.of_payer(Tagger::new(key, payer).payer_check()))?;
        Ok(id)
    }

    /// What was kept beside a duplicate key about the payer.
    pub fn payer_check(&self, duplicate_key: KeyId) -> Result<Option<Pseudonym>> {
        let name = wrapped_file(DUPLICATE, duplicate_key);
        self.read::<WrappedKeyFile>(&name)?.payer_check().map_err(|error| key_fault(&error, &name))
    }

    fn add_wrapped(&self, purpose: &str, workspace_key: &SecretKey) -> Result<(KeyId, SecretKey)> {
        let (id, key) = new_key()?;
        self.keep_wrapped(purpose, id, &key, workspace_key)?;
        Ok((id, key))
    }

    fn keep_wrapped(&self, purpose: &str, id: KeyId, key: &SecretKey, workspace_key: &SecretKey) -> Result<()> {
        self.write(&wrapped_file(purpose, id), &WrappedKeyFile::wrap(purpose, id, key, workspace_key, random()?))
    }

    fn unwrap_key(&self, purpose: &str, id: KeyId, workspace_key: &SecretKey) -> Result<SecretKey> {
        let name = wrapped_file(purpose, id);
        let file: WrappedKeyFile = self.read(&name)?;
        file.unwrap_key(purpose, id, workspace_key).map_err(|error| key_fault(&error, &name))
    }

    /// Overwrites an episode's key file and removes it, unless that was done before.
    pub fn destroy_episode_key(&self, id: KeyId) -> Result<()> {
        super::copies::register::destroy(&self.folder.join(wrapped_file(EPISODE, id)))
    }

    /// As [`destroy_episode_key`](Self::destroy_episode_key), for the duplicate key.
    pub fn destroy_duplicate_key(&self, id: KeyId) -> Result<()> {
        super::copies::register::destroy(&self.folder.join(wrapped_file(DUPLICATE, id)))
    }

    /// As [`destroy_episode_key`](Self::destroy_episode_key), for a baseline's key.
    pub fn destroy_baseline_key(&self, id: KeyId) -> Result<()> {
        super::copies::register::destroy(&self.folder.join(wrapped_file(BASELINE, id)))
    }

    /// Puts the operator's key under another passphrase. Until the new key file is in its place the old one is; a change that was done before
    /// is not done again. `false` where that was so.
    pub fn change_passphrase(&self, world: &World, state: &LedgerState, name: &str) -> Result<bool> {
        let operator = state.active_operator(name).ok_or_else(|| unknown_operator(state, name))?;
        let path = self.operator_path(name)?;
        let file: OperatorKeyFile = read_key(&path, name)?;
        let old = world.passphrases.ask(name)?.ok_or_else(|| no_passphrase(name))?;
        let opened = self.attempt(world, name, || file.unlock(&old))?;
        if matches!(opened, Err(KeyError::Damaged | KeyError::WrongKey)) {
            return Err(key_fault(&KeyError::Damaged, name));
        }
        let new = world.passphrases.change(name)?.ok_or_else(|| no_new_passphrase(name))?;
        let Ok(secrets) = opened else {
            // Whoever was interrupted after the change has two passphrases of which the new one opens the key.
            file.unlock(&new).map_err(|_| key_fault(&KeyError::WrongPassphrase, name))?;
            return Ok(false);
        };
        if *new == *old {
            return Err(Fault::input("passphrase.same", say!("The new passphrase is the old one.")));
        }
        let signer = Signer::new(name.into(), &secrets.signing_seed);
        if signer.public_key() != operator.public_key {
            let message = say!("The key file of {name} is not the one that the ledger knows.", name = name.to_string());
            return Err(Fault::refused("control.wrong_key", message));
        }
        let locked = OperatorKeyFile::lock(name, operator.public_key, &secrets, &new, file.cost, random()?, random()?)
            .map_err(|error| key_fault(&error, name))?;
        // It must open before it replaces the one that did.
        locked.unlock(&new).map_err(|error| key_fault(&error, name))?;
        write_key(&path, &locked)?;
        Ok(true)
    }

    /// Opens an enrolled operator's key with their passphrase, and the duplicate key.
    pub fn unlock(&self, world: &World, state: &LedgerState, name: &str) -> Result<Unlocked> {
        refuse_without_duplicate_key(state)?;
        let SignedIn { signer, workspace_key } = self.sign_in(world, state, name)?;
        let tagger = self.tagger(state, &workspace_key)?;
        let ended = state.purges.values().flat_map(|purge| purge.recorded.keys.iter().copied()).collect();
        Ok(Unlocked { signer, tagger, workspace_key, ended })
    }

    /// Opens an enrolled operator's key with their passphrase, for what needs no duplicate key.
    pub fn sign_in(&self, world: &World, state: &LedgerState, name: &str) -> Result<SignedIn> {
        let operator = state.active_operator(name).ok_or_else(|| unknown_operator(state, name))?;
        let file = self.operator_key(operator)?;
        self.tell_who_may_read(world, name)?;
        let passphrase = world.passphrases.ask(name)?.ok_or_else(|| no_passphrase(name))?;
        let secrets =
            self.attempt(world, name, || file.unlock(&passphrase))?.map_err(|error| key_fault(&error, name))?;
        let signer = Signer::new(name.into(), &secrets.signing_seed);
        if signer.public_key() != operator.public_key {
            let message = say!("The key file of {name} is not the one that the ledger knows.", name = name.to_string());
            return Err(Fault::refused("control.wrong_key", message));
        }
        Ok(SignedIn { signer, workspace_key: SecretKey::new(secrets.workspace_key) })
    }

    /// Within the workspace, which is closed to others, a file's own mode says nothing; and a stick may have no modes.
    fn tell_who_may_read(&self, world: &World, name: &str) -> Result<()> {
        let path = self.operator_path(name)?;
        let is_open = |path: &Path| path.metadata().is_ok_and(|there| there.permissions().mode() & 0o044 != 0);
        if !path.starts_with(&self.folder) && is_open(&path) && is_open(durable::parent(&path)) {
            let line = say!(
                "Others may read the key file of {name}, {path}: they could try passphrases at it as fast as they like. `chmod 600` closes it.",
                name = name.to_string(),
                path = path.display()
            );
            world.say(line);
        }
        Ok(())
    }

    /// # Errors
    /// `keys.duplicate_key` where the key that lies here is another than the ledger's, `ledger.duplicate_key_ended` where it is gone for good.
    pub(super) fn tagger(&self, state: &LedgerState, workspace_key: &SecretKey) -> Result<Tagger> {
        refuse_without_duplicate_key(state)?;
        let duplicate_key = self.unwrap_key(DUPLICATE, state.duplicate_key, workspace_key)?;
        let tagger = Tagger::new(&duplicate_key, &state.payer);
        if tagger.key_check() == state.duplicate_key_check {
            return Ok(tagger);
        }
        let message = say!("The duplicate key is not the one that this ledger's payments were recorded under.");
        Err(Fault::failed("keys.duplicate_key", message))
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        read_key(&self.folder.join(name), name)
    }

    fn write<T: Serialize>(&self, name: &str, file: &T) -> Result<()> {
        write_key(&self.folder.join(name), file)
    }
}

impl Unlocked {
    pub(super) fn new(signer: Signer, tagger: Tagger, workspace_key: SecretKey) -> Self {
        Self { signer, tagger, workspace_key, ended: Vec::new() }
    }

    /// Makes and keeps the key for a new episode's personal data.
    pub fn add_episode_key(&self, keys: &KeyStore) -> Result<(KeyId, SecretKey)> {
        keys.add_wrapped(EPISODE, &self.workspace_key)
    }

    /// Keeps the key that a new episode was begun with.
    pub fn keep_episode_key(&self, keys: &KeyStore, id: KeyId, key: &SecretKey) -> Result<()> {
        keys.keep_wrapped(EPISODE, id, key, &self.workspace_key)
    }

    /// The key of an episode, or `None` where it was purged.
    pub fn living_episode_key(&self, keys: &KeyStore, id: KeyId) -> Result<Option<SecretKey>> {
        if self.ended.contains(&id) { Ok(None) } else { self.episode_key(keys, id).map(Some) }
    }

    pub fn episode_key(&self, keys: &KeyStore, id: KeyId) -> Result<SecretKey> {
        if self.ended.contains(&id) {
            return Err(Fault::refused(
                "ledger.purged",
                say!("What is known of these people was purged, and its key with it."),
            )
            .remedy(say!("Sums, digests and the recognition of double payments are there; the people are not.")));
        }
        keys.unwrap_key(EPISODE, id, &self.workspace_key)
    }

    /// Keeps the key that a new baseline was sealed under.
    pub fn keep_baseline_key(&self, keys: &KeyStore, id: KeyId, key: &SecretKey) -> Result<()> {
        keys.keep_wrapped(BASELINE, id, key, &self.workspace_key)
    }

    pub fn baseline_key(&self, keys: &KeyStore, id: KeyId) -> Result<SecretKey> {
        keys.unwrap_key(BASELINE, id, &self.workspace_key)
    }

    pub fn add_operator(&self, keys: &KeyStore, world: &World, name: &str) -> Result<Enrolment> {
        let (enrolment, _) = keys.add_operator(world, name, &self.workspace_key, PassphraseCost::STANDARD)?;
        Ok(enrolment)
    }
}

impl SignedIn {
    pub fn add_operator(&self, keys: &KeyStore, world: &World, name: &str) -> Result<Enrolment> {
        let (enrolment, _) = keys.add_operator(world, name, &self.workspace_key, PassphraseCost::STANDARD)?;
        Ok(enrolment)
    }
}

/// # Errors
/// `ledger.duplicate_key_ended`, where nobody who was paid can be recognised any more.
pub(super) fn refuse_without_duplicate_key(state: &LedgerState) -> Result<()> {
    let Some(end) = &state.duplicate_end else { return Ok(()) };
    let day = chrono::DateTime::from_timestamp(end.at, 0).map(|at| at.date_naive().to_string()).unwrap_or_default();
    let message = say!(
        "The duplicate key of this ledger was ended on {day} (entry {entry}): it cannot recognise any more who was paid from it, and pays nobody.",
        day = day,
        entry = end.entry.to_string()
    );
    Err(Fault::refused("ledger.duplicate_key_ended", message).remedy(say!(
        "For new payments set up another workspace with `stopgap init`. This one can still be verified, backed up and shown: `verify`, `log`, \
         `batch list`, `operator list`."
    )))
}

/// `whose` is what a damaged file is called by.
fn read_key<T: DeserializeOwned>(path: &Path, whose: &str) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|error| {
        Fault::failed(
            "keys.missing",
            say!("The key file {path} cannot be read: {error}.", path = path.display(), error),
        )
        .remedy(say!("Put the folder `keys` back beside the ledger."))
    })?;
    serde_json::from_slice(&bytes).map_err(|_| key_fault(&KeyError::Damaged, whose))
}

fn write_key<T: Serialize>(path: &Path, file: &T) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(file).map_err(|error| {
        Fault::failed("keys.unwritable", say!("A key file cannot be written: {error}.", error = error.to_string()))
    })?;
    durable::write(path, &bytes)
}

/// A key that is kept nowhere yet.
pub fn new_key() -> Result<(KeyId, SecretKey)> {
    Ok((KeyId(random()?), SecretKey::new(random()?)))
}

fn operator_file(name: &str) -> String {
    format!("operator-{name}.json")
}

fn wrapped_file(purpose: &str, id: KeyId) -> String {
    format!("{purpose}-{id}.json")
}

/// Operator names become file names and words on a command line, so they are short and plain.
pub fn check_operator_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.chars().count() > 40 || !name.chars().all(plain) || name.starts_with('.') {
        let message = say!("`{name}` cannot be an operator's name.", name = name.escape_debug().to_string());
        return Err(
            Fault::input("operator.name", message).remedy(say!("Use up to 40 letters, digits, `-`, `_` and `.`."))
        );
    }
    Ok(())
}

pub fn unknown_operator(state: &LedgerState, name: &str) -> Fault {
    let names: Vec<_> = state.active_operators().map(|operator| operator.name.as_str()).collect();
    Fault::refused("control.unknown_operator", say!("{name} is not an operator here.", name = typed(name)))
        .remedy(say!("Operators are: {names}.", names = names.join(", ")))
}

fn no_new_passphrase(name: &str) -> Fault {
    Fault::input(
        "passphrase.missing",
        say!("The new passphrase of {name} is needed and there is no terminal to ask on.", name),
    )
    .remedy(say!(
        "Put it on the first line of a file named {name}.new in the folder that STOPGAP_PASSPHRASE_DIR names.",
        name
    ))
}

fn no_passphrase(name: &str) -> Fault {
    Fault::input(
        "passphrase.missing",
        say!("The passphrase of {name} is needed and there is no terminal to ask on.", name = name.to_string()),
    )
    .remedy(say!(
        "Put it on the first line of a file named after the operator in the folder that STOPGAP_PASSPHRASE_DIR names."
    ))
}

fn key_fault(error: &KeyError, whose: &str) -> Fault {
    match error {
        KeyError::WrongPassphrase => Fault::refused(
            "passphrase.wrong",
            say!("That is not the passphrase of {whose}.", whose = whose.to_string()),
        ),
        KeyError::Damaged => {
            Fault::failed("keys.damaged", say!("The key file of {whose} is damaged.", whose = whose.to_string()))
                .remedy(say!("Put back a copy of the folder `keys`."))
        }
        KeyError::WrongKey => Fault::failed(
            "keys.wrong",
            say!("The key file {whose} does not belong to this workspace.", whose = whose.to_string()),
        )
        .remedy(say!("Put back the folder `keys` that was made with this ledger.")),
    }
}
