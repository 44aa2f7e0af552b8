//! Copies of the folder `keys`, which are kept apart from those of the ledger: whoever has both, and a passphrase, has everything.

use std::path::{Path, PathBuf};

use super::super::draft_folder::DraftFolder;
use super::super::durable::{self, disk_fault};
use super::super::key_store::KeyStore;
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::event::KeyId;
use crate::say;

/// What is missing among the key files of a folder so that everybody and everything of a ledger can be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingKeys {
    pub operators: Vec<String>,
    /// In words: what the key opens.
    pub keys: Vec<String>,
}

impl MissingKeys {
    pub fn of(state: &LedgerState, keys: &KeyStore) -> Self {
        let operators = state.active_operators().map(|operator| operator.name.clone());
        let operators = operators.filter(|name| !keys.has_operator(name)).collect();
        let mut missing = Self { operators, keys: Vec::new() };
        if state.duplicate_end.is_none() && !keys.has_duplicate_key(state.duplicate_key) {
            missing.keys.push(in_words(state, state.duplicate_key));
        }
        if state.recovery.is_some_and(|recovery| !keys.has_recovery(recovery.code)) {
            missing.keys.push("what the recovery code opens".into());
        }
        let living = state.episodes.iter().filter(|episode| episode.has_key());
        for episode in living.filter(|episode| !keys.has_episode_key(episode.key)) {
            missing.keys.push(in_words(state, episode.key));
        }
        missing
    }

    pub fn is_none(&self) -> bool {
        self.operators.is_empty() && self.keys.is_empty()
    }
}

/// What a key of the ledger opens.
pub fn in_words(state: &LedgerState, key: KeyId) -> String {
    if let Some(episode) = state.episodes.iter().find(|episode| episode.key == key) {
        return format!("the key of episode {}", episode.name);
    }
    match state.baselines.values().find(|baseline| baseline.recorded.parts.key == key) {
        Some(baseline) => format!("the key of the baseline of {}", baseline.recorded.period),
        None => "the duplicate key".into(),
    }
}

/// Copies every key file into the new folder `place`, which appears whole: those of the workspace, and those that operators keep elsewhere.
pub fn copy(keys: &KeyStore, state: &LedgerState, place: &Path, draft: &Path) -> Result<()> {
    let draft = DraftFolder::create(draft)?;
    let elsewhere = keys.operator_files_elsewhere(state)?;
    let in_workspace = key_files(keys.folder())?.into_iter().map(|name| keys.folder().join(name));
    // The operator's own comes before one of the same name that was left behind.
    let left_behind = |path: &PathBuf| elsewhere.iter().any(|other| other.file_name() == path.file_name());
    let sources: Vec<PathBuf> = in_workspace.filter(|path| !left_behind(path)).chain(elsewhere.clone()).collect();
    copy_all(&sources, draft.path())?;
    draft.place(place)
}

/// Copies the key files into a folder that is there, and compares what was written.
pub fn copy_files(from: &Path, to: &Path) -> Result<()> {
    copy_all(&key_files(from)?.into_iter().map(|name| from.join(name)).collect::<Vec<_>>(), to)
}

fn copy_all(sources: &[PathBuf], to: &Path) -> Result<()> {
    for source in sources {
        let copy = to.join(source.file_name().unwrap_or_default());
        let written = durable::copy_new(source, &copy)?;
        let kept = std::fs::read(source).map_err(|error| disk_fault("read", source, &error))?;
        let there = std::fs::read(&copy).map_err(|error| disk_fault("read back", &copy, &error))?;
        if kept != there || written.0 != kept.len() as u64 {
            let message = say!("{copy} on the disk is not what was written to it.", copy = copy.display());
            return Err(Fault::failed("keys.read_back", message).remedy(say!("Use another disk.")));
        }
    }
    durable::sync_folder(to)
}

/// Where the key files lie: in `folder` itself, in its folder `keys`, or in the folder below it that knows the most of this ledger's keys.
pub fn find(folder: &Path, state: &LedgerState) -> Result<PathBuf> {
    let known = |place: &Path| -> Result<usize> {
        let names = key_files(place)?;
        let ids: Vec<String> = std::iter::once(state.duplicate_key)
            .chain(state.episodes.iter().map(|episode| episode.key))
            .map(|key| key.to_string())
            .collect();
        Ok(names.iter().filter(|name| ids.iter().any(|id| name.contains(id.as_str()))).count())
    };
    let mut places = vec![folder.to_path_buf()];
    let listed = std::fs::read_dir(folder).map_err(|error| {
        Fault::input(
            "keys.missing",
            say!("The folder {folder} cannot be read: {error}.", folder = folder.display(), error),
        )
    })?;
    for entry in listed {
        let entry = entry.map_err(|error| disk_fault("read", folder, &error))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !entry.file_name().to_string_lossy().starts_with('.') {
            places.push(entry.path());
        }
    }
    places.sort();
    let mut best: Option<(usize, PathBuf)> = None;
    for place in places {
        let count = known(&place)?;
        if count > best.as_ref().map_or(0, |(most, _)| *most) {
            best = Some((count, place));
        }
    }
    best.map(|(_, place)| place).ok_or_else(|| {
        Fault::input("keys.foreign", say!("No key of this ledger lies in {folder}.", folder = folder.display())).remedy(
            say!("Name the copy of its folder `keys`, or leave --keys out and put the folder into its place later."),
        )
    })
}

/// The names of the files that may be keys.
pub fn key_files(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| disk_fault("read", folder, &error))? {
        let entry = entry.map_err(|error| disk_fault("read", folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && name.ends_with(".json") && !name.starts_with('.') && name != super::receipt::FILE_NAME {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
