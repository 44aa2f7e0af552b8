//! Files that are whole or not there: written beside their place, synced, then put into it.

mod lasting;

use std::fs::{DirBuilder, File, FileType, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub use self::lasting::Lasting;
use super::hashing::Hashing;
use crate::fault::{Fault, Result};
use crate::payment::Digest;
use crate::progress::{self, Stage};
use crate::words::Argument;
use crate::{phrase, say};

/// Only the owner may read or write.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Whether something lies there. A disk that does not answer is a fault, not a no.
pub fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|error| disk_fault("look at", path, &error))
}

/// What lies there, if anything; a link is one, wherever it leads. A disk that does not answer is a fault, not a no.
pub fn what_lies(path: &Path) -> Result<Option<FileType>> {
    match std::fs::symlink_metadata(path) {
        Ok(there) => Ok(Some(there.file_type())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(disk_fault("look at", path, &error)),
    }
}

/// Makes the folder and those above it that are missing, for the owner alone, and makes their names last through a power cut.
pub fn create_folder(path: &Path) -> Result<()> {
    let missing: Vec<&Path> =
        path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).collect();
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(path)
        .map_err(|error| disk_fault("make the folder", path, &error))?;
    missing.iter().try_for_each(|folder| sync_folder(parent(folder)))
}

/// Makes the one folder, for the owner alone, unless it is there, and says whether it was missing. Its name lasts once the folder above it is
/// synced.
pub fn create_folder_soon(path: &Path) -> Result<bool> {
    match DirBuilder::new().mode(FOLDER_MODE).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        made => made.map(|()| true).map_err(|error| disk_fault("make the folder", path, &error)),
    }
}

/// Makes what was renamed into or out of `folder` last through a power cut.
pub fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| disk_fault("save the folder", folder, &error))
}

/// A new file for the owner alone. Neither an existing file nor a link is opened.
pub fn create_new(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)
        .map_err(|error| disk_fault("write", path, &error))
}

/// Removes what an interrupted command left under a name that is only ever ours.
pub fn remove_leftover(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk_fault("remove", path, &error)),
        _ => Ok(()),
    }
}

/// Writes a file, replacing one that is there: seen whole or not at all.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    replace(path, |file| file.write_all(content))
}

/// As [`write`], the content coming from `fill`.
pub fn replace(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    let mut draft = Draft::create(path)?;
    fill(&mut draft.file).map_err(|error| disk_fault("write", path, &error))?;
    draft.place()
}

/// A file on its way, beside its place: it gets its name, whole and synced, by [`Draft::place`], and is gone if that is never called.
pub struct Draft {
    path: PathBuf,
    draft: PathBuf,
    pub file: File,
    placed: bool,
}

impl Draft {
    pub fn create(path: &Path) -> Result<Self> {
        let draft = Self::path_of(path)?;
        remove_leftover(&draft)?;
        Ok(Self { path: path.into(), file: create_new(&draft)?, draft, placed: false })
    }

    /// Where a file lies until it has its name.
    pub fn path_of(path: &Path) -> Result<PathBuf> {
        let (folder, name) = split(path)?;
        Ok(folder.join(format!(".{name}.draft")))
    }

    /// Where the file will lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it lies until then.
    pub fn on_the_way(&self) -> &Path {
        &self.draft
    }

    /// Makes its content last, under the name that it has on the way.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|error| disk_fault("write", &self.path, &error))
    }

    /// Syncs it and gives it its name, replacing a file that is there.
    pub fn place(mut self) -> Result<()> {
        self.name()?;
        sync_folder(split(&self.path)?.0)
    }

    /// As [`place`](Self::place), without waiting for the name to last: if the power goes, the file before may lie there again.
    pub fn place_soon(mut self) -> Result<()> {
        self.name()
    }

    /// As [`place_soon`](Self::place_soon), of one that was synced.
    pub fn place_synced(mut self) -> Result<()> {
        self.rename()
    }

    fn name(&mut self) -> Result<()> {
        self.sync()?;
        self.rename()
    }

    fn rename(&mut self) -> Result<()> {
        let placed = std::fs::rename(&self.draft, &self.path);
        placed.map_err(|error| disk_fault("write", &self.path, &error))?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_file(&self.draft);
        }
    }
}

/// The folder in which `path` lies; of a bare name the one we are in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Opens a plain file to read it: no link is followed, and nothing that is not a file is waited for.
pub fn open_plain(path: &Path) -> Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
    let file = opened.map_err(|error| disk_fault("read", path, &error))?;
    let about = file.metadata().map_err(|error| disk_fault("look at", path, &error))?;
    if about.is_file() {
        return Ok(file);
    }
    Err(Fault::failed("disk.not_a_file", say!("{path} is not a file.", path = path.display())))
}

/// Copies a plain file to a new place and gives its length and digest. What is copied is what the disk gives, not what is remembered of it.
pub fn copy_new(from: &Path, to: &Path) -> Result<(u64, Digest)> {
    let mut source = open_plain(from)?;
    // Only advice: where the system does not take it, the file is read as it is remembered.
    let _ = rustix::fs::fadvise(&source, 0, None, rustix::fs::Advice::DontNeed);
    let mut copy = create_new(to)?;
    let mut hash = Hashing::default();
    let mut buffer = vec![0; 128 * 1024];
    let mut bytes = 0;
    let mut step = progress::begin(Stage::Copying, source.metadata().map(|metadata| metadata.len()).ok());
    loop {
        let read = source.read(&mut buffer).map_err(|error| disk_fault("read", from, &error))?;
        if read == 0 {
            break;
        }
        let written = copy.write_all(&buffer[..read]).and_then(|()| hash.write_all(&buffer[..read]));
        written.map_err(|error| disk_fault("write", to, &error))?;
        bytes += read as u64;
        step.advance(read as u64);
    }
    copy.sync_all().map_err(|error| disk_fault("write", to, &error))?;
    Ok((bytes, hash.digest()))
}

/// The folder and the file name of a path that the program made up itself.
pub fn split(path: &Path) -> Result<(&Path, &str)> {
    let name = path.file_name().and_then(|name| name.to_str());
    // The folder of a bare file name is the one we are in.
    let folder = path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    folder.zip(name).ok_or_else(|| Fault::failed("disk.path", say!("{path} names no file.", path = path.display())))
}

/// What was tried, completing "could not …".
fn deed(what: &str) -> Argument {
    let known = match what {
        "read" => phrase!("read"),
        "read back" => phrase!("read back"),
        "write" => phrase!("write"),
        "remove" => phrase!("remove"),
        "publish" => phrase!("publish"),
        "look at" => phrase!("look at"),
        "make the folder" => phrase!("make the folder"),
        "save the folder" => phrase!("save the folder"),
        "close to others" => phrase!("close to others"),
        other => return other.into(),
    };
    known.into()
}

/// An error of the file system in words.
pub fn disk_fault(what: &str, path: &Path, error: &io::Error) -> Fault {
    let place = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Fault::failed(
            "disk.full",
            say!("The disk is full: could not {what} {place}.", what = deed(what), place = place.to_string()),
        )
        .remedy(say!("Make room, then run the same command again.")),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Fault::failed(
            "disk.permission",
            say!("Could not {what} {place}: {error}.", what = deed(what), place = place.to_string(), error),
        )
        .remedy(say!("May you write in this folder?")),
        _ => Fault::failed(
            "disk.failed",
            say!("Could not {what} {place}: {error}.", what = deed(what), place = place.to_string(), error),
        )
        .remedy(say!("Run the same command again; if it fails again, copy the folder to another disk.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_whole_and_for_the_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/rows.csv");
        create_folder(folder.path().join("a").as_path()).expect("makes");
        write(&path, b"one").expect("writes");
        write(&path, b"two").expect("replaces");
        assert_eq!(std::fs::read(&path).expect("reads"), b"two");
        assert_eq!(std::fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o600);
        assert_eq!(
            std::fs::metadata(path.parent().expect("a folder")).expect("is there").permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        write(&path, b"one").expect("writes");
        let failed = replace(&path, |file| file.write_all(b"tw").and(Err(io::ErrorKind::StorageFull.into())));
        assert_eq!(failed.expect_err("fails").code, "disk.full");
        assert_eq!(std::fs::read(&path).expect("reads"), b"one");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
    }
}
