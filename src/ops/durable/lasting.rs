//! Files and names that are to last: each is synced itself, or the whole file system is synced once, which costs one wait for the disk however
//! many they are. What lies on another file system is synced itself in any case.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{disk_fault, sync_folder};
use crate::fault::Result;

pub enum Lasting {
    Each,
    /// Opened before anything is written: the system then tells of every failed write since.
    Together {
        folder: File,
        path: PathBuf,
        device: u64,
    },
}

impl Lasting {
    /// Files are about to be written into `folder`, and perhaps elsewhere.
    pub fn of(folder: &Path) -> Result<Self> {
        if !syncing_together_tells_of_failures() {
            return Ok(Self::Each);
        }
        let failed = |error| disk_fault("save the folder", folder, &error);
        let opened = File::open(folder).map_err(failed)?;
        let device = opened.metadata().map_err(failed)?.dev();
        Ok(Self::Together { folder: opened, path: folder.into(), device })
    }

    /// One of the files is written whole.
    pub fn written(&self, file: &File, path: &Path) -> Result<()> {
        let failed = |error| disk_fault("write", path, &error);
        match self {
            Self::Together { device, .. } if file.metadata().map_err(failed)?.dev() == *device => Ok(()),
            _ => file.sync_all().map_err(failed),
        }
    }

    /// All of them are written: once this returns, they last.
    pub fn all_written(&self) -> Result<()> {
        match self {
            Self::Each => Ok(()),
            Self::Together { folder, path, .. } => sync_together(folder, path),
        }
    }

    /// Files in these folders have got their names: once this returns, the names last.
    pub fn named(&self, folders: &[&Path]) -> Result<()> {
        for folder in folders {
            let failed = |error| disk_fault("save the folder", folder, &error);
            match self {
                Self::Together { device, .. } if std::fs::metadata(folder).map_err(failed)?.dev() == *device => {}
                _ => sync_folder(folder)?,
            }
        }
        self.all_written()
    }
}

#[cfg(target_os = "linux")]
fn sync_together(folder: &File, path: &Path) -> Result<()> {
    rustix::fs::syncfs(folder).map_err(|error| disk_fault("save the folder", path, &error.into()))
}

#[cfg(not(target_os = "linux"))]
fn sync_together(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

/// Linux tells of writes that failed since 5.8; before that, and elsewhere, only the sync of the file itself does.
fn syncing_together_tells_of_failures() -> bool {
    if cfg!(not(target_os = "linux")) {
        return false;
    }
    let system = rustix::system::uname();
    is_at_least(&system.release().to_string_lossy(), (5, 8))
}

fn is_at_least(release: &str, least: (u32, u32)) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= least,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_asked_for_what_it_can_do() {
        for (release, new_enough) in [
            ("6.18.44-generic", true),
            ("5.8.0", true),
            ("5.10", true),
            ("5.7.19", false),
            ("4.18.0-553.el8_10.x86_64", false),
            ("", false),
            ("unknown", false),
        ] {
            assert_eq!(is_at_least(release, (5, 8)), new_enough, "{release}");
        }
    }
}
