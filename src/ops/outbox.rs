//! The folder from which people upload. A file appears there whole, read back and counted, or not at all, and is never replaced.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::durable::{self, Lasting, disk_fault};
use super::hashing::Hashing;
use crate::bank::file::count_back;
use crate::bank::profile::FileFormat;
use crate::fault::{Fault, Result};
use crate::progress::{self, Stage};
use crate::release::PlannedFile;
use crate::say;

/// A bank file on its way: written under a name that nobody uploads. Best written to in large pieces, as the writers of bank files do.
pub struct Draft {
    path: PathBuf,
    out: File,
}

impl Draft {
    pub fn create(folder: &Path, file: &PlannedFile) -> Result<Self> {
        let path = draft_path(folder, file);
        durable::remove_leftover(&path)?;
        Ok(Self { out: durable::create_new(&path)?, path })
    }

    /// All of it is written.
    pub fn finish(self, lasting: &Lasting) -> Result<()> {
        lasting.written(&self.out, &self.path)
    }
}

/// Once the drafts last: reads each back from the disk, and compares count, sum and hash with what was approved.
pub fn read_back_drafts(folder: &Path, files: &[PlannedFile], format: FileFormat) -> Result<()> {
    let count = files.iter().map(|file| file.sum.count).sum::<u64>();
    let mut step = progress::begin(Stage::ReadingBack, count);
    for file in files {
        read_back(&draft_path(folder, file), file, format)?;
        step.advance(file.sum.count);
    }
    Ok(())
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Gives the drafts their names, without replacing anything, and makes that last. A file that lies there already was published before an
/// interruption.
pub fn publish(folder: &Path, files: &[PlannedFile]) -> Result<()> {
    publish_beside(folder, files, (&Lasting::Each, &[]))
}

/// As [`publish`], where names in other folders are to last as well.
pub fn publish_beside(folder: &Path, files: &[PlannedFile], beside: (&Lasting, &[PathBuf])) -> Result<()> {
    for file in files {
        let path = folder.join(&file.name);
        match place(&draft_path(folder, file), &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_as_planned(folder, file).map(drop)?,
            placed => placed.map_err(|error| disk_fault("publish", &path, &error))?,
        }
    }
    make_last_beside(folder, files, beside)
}

fn place(draft: &Path, path: &Path) -> io::Result<()> {
    match renameat_with(CWD, draft, CWD, path, RenameFlags::NOREPLACE) {
        // File systems that cannot rename without replacing (some network shares) can mostly still link without replacing.
        Err(Errno::INVAL | Errno::NOSYS) => std::fs::hard_link(draft, path),
        renamed => Ok(renamed?),
    }
}

/// Once the files lie there: clears away what was written on the way, and makes their names last through a power cut. An interruption can
/// leave either undone.
pub fn make_last(folder: &Path, files: &[PlannedFile]) -> Result<()> {
    make_last_beside(folder, files, (&Lasting::Each, &[]))
}

/// As [`make_last`], where names in other folders are to last as well.
pub fn make_last_beside(folder: &Path, files: &[PlannedFile], beside: (&Lasting, &[PathBuf])) -> Result<()> {
    for file in files {
        durable::remove_leftover(&draft_path(folder, file))?;
    }
    let (lasting, others) = beside;
    let folders: Vec<&Path> = others.iter().map(PathBuf::as_path).chain([folder]).collect();
    lasting.named(&folders)
}

/// Whether the file lies there, and is what was approved to the byte. Another content under its name is refused.
pub fn is_as_planned(folder: &Path, file: &PlannedFile) -> Result<bool> {
    let path = folder.join(&file.name);
    match std::fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(disk_fault("look at", &path, &error)),
        Ok(there) if !there.is_file() => return Err(differs(&path)),
        Ok(_) => {}
    }
    let unread = |error| disk_fault("read", &path, &error);
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    let mut there = std::fs::OpenOptions::new().read(true).custom_flags(no_follow).open(&path).map_err(unread)?;
    let mut hash = Hashing::default();
    io::copy(&mut there, &mut hash).map_err(unread)?;
    if hash.digest() != file.sha256 {
        return Err(differs(&path));
    }
    Ok(true)
}

fn differs(path: &Path) -> Fault {
    let message = say!(
        "{path} is not the file that was approved: its content was changed or is another's.",
        path = path.display()
    );
    Fault::refused("release.file_differs", message).remedy(say!(
        "Do not upload it. Move it away for the investigation, then release again: the approved file is made anew."
    ))
}

/// Makes the folder for a batch's files. A link in its place could lead them anywhere and is refused.
pub fn create(workspace: &Path, folder: &Path) -> Result<()> {
    let mut place = workspace.to_path_buf();
    for part in folder {
        place.push(part);
        if std::fs::symlink_metadata(&place).is_ok_and(|there| there.is_symlink()) {
            let message =
                say!("{place} is a link: bank files are only put into the workspace itself.", place = place.display());
            return Err(
                Fault::refused("release.linked_folder", message).remedy(say!("Remove the link, then release again."))
            );
        }
    }
    durable::create_folder(&place)
}

fn read_back(path: &Path, file: &PlannedFile, format: FileFormat) -> Result<()> {
    let there = File::open(path).map_err(|error| disk_fault("read back", path, &error))?;
    let found = count_back(format, there)?;
    let as_planned = found.agrees
        && found.sha256 == file.sha256
        && found.message_id.is_none_or(|id| id == file.message_id)
        && found.transactions == file.sum.count
        && found.amount == file.sum.amount;
    if as_planned {
        return Ok(());
    }
    let message = say!("{path} on the disk is not what was written to it.", path = path.display());
    Err(Fault::failed("release.read_back", message)
        .remedy(say!("The disk may be failing. Nothing was put out for upload; run the release again, on another disk if it fails again.")))
}

pub fn draft_path(folder: &Path, file: &PlannedFile) -> PathBuf {
    folder.join(format!(".{}.draft", file.name))
}

#[cfg(test)]
mod tests;
