//! Where a copy lies, written in one way however it was given, so that it is found again.

use std::path::{Component, Path, PathBuf};

use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ledger::copies::CopyState;
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ops::durable::disk_fault;

/// The place of a file that lies, or lay, at `path` as it was given: relative to the workspace where it lies within, whole otherwise. A
/// workspace that is moved keeps its own.
pub fn given(workspace: &Path, path: &Path) -> Result<PathBuf> {
    let failed = |error| disk_fault("find", path, &error);
    let whole = normal(&std::path::absolute(path).map_err(failed)?);
    let whole = match whole.parent().zip(whole.file_name()) {
        // The folder by its own name, whatever links led to it; the file itself is never a link.
        Some((folder, name)) => folder.canonicalize().map_or_else(|_| whole.clone(), |folder| folder.join(name)),
        None => whole,
    };
    let home = workspace.canonicalize().map_err(failed)?;
    Ok(whole.strip_prefix(&home).map(Path::to_path_buf).unwrap_or(whole))
}

fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

/// The open copy that lies in `place`, which is written as [`given`] does.
pub fn open_at<'s>(state: &'s LedgerState, tagger: &Tagger, place: &Path) -> Option<&'s CopyState> {
    state.copies.open_at(&mark(tagger, place))
}

pub fn mark(tagger: &Tagger, place: &Path) -> Pseudonym {
    tagger.identity(&["stopgap copy place 1", &place.to_string_lossy()])
}

/// The file name alone, by which somebody who found a file will ask.
pub fn name_mark(tagger: &Tagger, place: &Path) -> Pseudonym {
    let name = place.file_name().unwrap_or_default();
    tagger.identity(&["stopgap copy name 1", &name.to_string_lossy().to_lowercase()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_however_it_is_given() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().join("workspace");
        std::fs::create_dir_all(home.join("out")).expect("makes");
        std::os::unix::fs::symlink(home.join("out"), folder.path().join("link")).expect("links");
        let within = Path::new("out/rows.csv");
        for path in ["workspace/out/rows.csv", "workspace/./out/../out/rows.csv", "link/rows.csv"] {
            assert_eq!(given(&home, &folder.path().join(path)).expect("a place"), within, "{path}");
        }
        let outside = given(&home, &folder.path().join("letters.csv")).expect("a place");
        assert!(outside.is_absolute() && outside.ends_with("letters.csv"));
    }
}
