//! The key files of the recovery code, and those of the operators who take over with it.
//!
//! New key files wait under a name of their own until the ledger says that they count, so that an interruption leaves either the old ones or
//! the new. [`KeyStore::finish_recovery`] does what is left of it; it may be run at any time.

use std::path::{Path, PathBuf};

use super::{KeyStore, RECOVERY, Unlocked, key_fault, no_passphrase, read_key, wrapped_file, write_key};
use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ledger::entry::Signer;
use crate::ledger::event::{Enrolment, KeyId};
use crate::ledger::idempotency::Tagger;
use crate::ledger::keys::{OperatorKeyFile, OperatorSecrets, PassphraseCost, WrappedKeyFile};
use crate::ledger::recovery::RecoveryCode;
use crate::ledger::seal::SecretKey;
use crate::ledger::state::Operator;
use crate::ops::copies::register::destroy;
use crate::ops::durable::{self, disk_fault};
use crate::ops::world::{World, random};

impl Unlocked {
    /// Seals the workspace key to a recovery code, in a file of its own.
    pub fn keep_for_recovery(&self, keys: &KeyStore, code: &RecoveryCode) -> Result<()> {
        keys.keep_wrapped(RECOVERY, code.id(), &self.workspace_key, &code.sealing_key())
    }
}

impl KeyStore {
    /// The workspace key, opened with the recovery code.
    pub fn open_with_recovery(&self, code: &RecoveryCode) -> Result<SecretKey> {
        let name = wrapped_file(RECOVERY, code.id());
        let file: WrappedKeyFile = self.read(&name)?;
        file.unwrap_key(RECOVERY, code.id(), &code.sealing_key()).map_err(|error| key_fault(&error, &name))
    }

    /// Makes the key file of somebody who takes over. It waits until the ledger knows its key.
    pub fn prepare_operator(
        &self,
        world: &World,
        name: &str,
        workspace_key: &SecretKey,
        tagger: Tagger,
    ) -> Result<(Enrolment, Unlocked)> {
        let passphrase = world.passphrases.choose(name)?.ok_or_else(|| no_passphrase(name))?;
        let secrets = OperatorSecrets { signing_seed: random()?, workspace_key: *workspace_key.as_bytes() };
        let signer = Signer::new(name.into(), &secrets.signing_seed);
        let public_key = signer.public_key();
        let cost = PassphraseCost::STANDARD;
        let file = OperatorKeyFile::lock(name, public_key, &secrets, &passphrase, cost, random()?, random()?)
            .map_err(|error| key_fault(&error, name))?;
        file.unlock(&passphrase).map_err(|error| key_fault(&error, name))?;
        write_key(&waiting(&self.operator_path(name)?)?, &file)?;
        Ok((Enrolment { name: name.into(), public_key }, Unlocked::new(signer, tagger, workspace_key.clone())))
    }

    /// The operator's key file. One that an interrupted recovery left waiting takes its place first.
    pub(super) fn operator_key(&self, operator: &Operator) -> Result<OperatorKeyFile> {
        let path = self.operator_path(&operator.name)?;
        self.place_waiting(operator, &path)?;
        read_key(&path, &operator.name)
    }

    /// Puts the key files of those who took over into their place, and overwrites those of whoever they took it from, and those of codes
    /// that are void.
    pub fn finish_recovery(&self, state: &LedgerState) -> Result<()> {
        for operator in &state.operators {
            let path = self.operator_path(&operator.name)?;
            match state.active_operator(&operator.name) {
                Some(active) => self.place_waiting(active, &path)?,
                None if state.was_recovered_from(operator) => destroy(&path)?,
                None => {}
            }
            // What was made for an entry that never came.
            destroy(&waiting(&path)?)?;
        }
        let counts = state.recovery.map(|recovery| wrapped_file(RECOVERY, recovery.code));
        for name in self.recovery_files()?.into_iter().filter(|name| Some(name) != counts.as_ref()) {
            destroy(&self.folder.join(name))?;
        }
        Ok(())
    }

    fn place_waiting(&self, operator: &Operator, path: &Path) -> Result<()> {
        let waits = waiting(path)?;
        if !durable::is_there(&waits)? {
            return Ok(());
        }
        let file: OperatorKeyFile = read_key(&waits, &operator.name)?;
        if file.public_key() != Ok(operator.public_key) {
            return Ok(());
        }
        // The old one is overwritten, not only unlinked: it opens under a passphrase that may have been somebody else's too.
        destroy(path)?;
        std::fs::rename(&waits, path).map_err(|error| disk_fault("write", path, &error))?;
        durable::sync_folder(durable::parent(path))
    }

    fn recovery_files(&self) -> Result<Vec<String>> {
        let listed = std::fs::read_dir(&self.folder).map_err(|error| disk_fault("read", &self.folder, &error))?;
        let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter(|name| name.starts_with("recovery-") && name.ends_with(".json")).collect())
    }

    pub fn has_recovery(&self, code: KeyId) -> bool {
        self.folder.join(wrapped_file(RECOVERY, code)).is_file()
    }

    /// Copies the file of the recovery code, for a desk with the same workspace key.
    pub fn copy_recovery(&self, to: &Self, code: KeyId) -> Result<()> {
        let name = wrapped_file(RECOVERY, code);
        to.write(&name, &self.read::<serde_json::Value>(&name)?)
    }
}

/// The name of a key file before the ledger knows its key. Backups of keys leave it alone.
pub(super) fn waiting(path: &Path) -> Result<PathBuf> {
    let (folder, name) = durable::split(path)?;
    Ok(folder.join(format!(".{name}.waiting")))
}
