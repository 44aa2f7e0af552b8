//! On what a ledger lies. On a network share locks may not hold; a synchronised folder makes conflict copies, which are forks. Two people may
//! accept such a place.

use std::path::{Path, PathBuf};

use super::place::is_present;
use crate::fault::Fault;
use crate::say;
use crate::words::Message;

/// File systems that another machine may write to, by the names that Linux has for them.
const SHARES: [&str; 14] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "glusterfs",
    "davfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.glusterfs",
    "fuse.davfs2",
    "fuse.gvfsd-fuse",
];

/// What the services that synchronise folders call theirs, in small letters.
const SYNCHRONISED: [(&str, &str); 8] = [
    ("onedrive", "OneDrive"),
    ("dropbox", "Dropbox"),
    ("nextcloud", "Nextcloud"),
    ("owncloud", "ownCloud"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("icloud drive", "iCloud"),
    ("mobile documents", "iCloud"),
];

/// What they leave in theirs.
const MARKERS: [(&str, &str); 4] = [
    (".dropbox", "Dropbox"),
    (".dropbox.cache", "Dropbox"),
    (".nextcloudsync.log", "Nextcloud"),
    (".owncloudsync.log", "ownCloud"),
];

/// Why a ledger should not lie in `folder`, which is absolute and without links; `None` where it may.
pub fn unfit(folder: &Path) -> Option<String> {
    // Where the system does not say what is mounted, nothing is known against the place.
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    share(&mounts, folder).or_else(|| synchronised(folder, &is_present))
}

/// As [`unfit`], of a folder that is still to be made.
pub fn unfit_to_be_made(folder: &Path) -> Option<String> {
    let folder = std::path::absolute(folder).ok()?;
    let (real, rest) =
        folder.ancestors().find_map(|above| Some((above.canonicalize().ok()?, folder.strip_prefix(above).ok()?)))?;
    unfit(&real.join(rest))
}

/// A kind of place in the reader's language. Entries have it in English.
fn in_words(kind: &str) -> Message {
    let share = kind.strip_prefix("a network share (").and_then(|rest| rest.strip_suffix(')'));
    let service = kind.strip_prefix("a folder that ").and_then(|rest| rest.strip_suffix(" synchronises"));
    match (share, service) {
        (Some(kind), _) => say!("a network share ({kind})", kind),
        (None, Some(service)) => say!("a folder that {service} synchronises", service),
        (None, None) => Message::verbatim(kind),
    }
}

pub fn refused(kind: &str) -> Fault {
    let kind = in_words(kind);
    Fault::refused("place.unfit", say!("This folder lies on {kind}: there a ledger can be written to from two places at once.", kind))
        .remedy(
            say!("Move the workspace to a folder of this machine's own disk. Where there is no other place, two people accept it: `stopgap adopt \
             --accept-place --operator NAME --second NAME`."),
        )
}

/// Looks for the file system of the folder in `/proc/self/mountinfo`: the deepest mount point above it, and of those the last.
fn share(mounts: &str, folder: &Path) -> Option<String> {
    let mut deepest: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let (before, after) = line.split_once(" - ")?;
        let (Some(point), Some(kind)) = (before.split(' ').nth(4), after.split(' ').next()) else { continue };
        let point = PathBuf::from(unescaped(point));
        let depth = point.components().count();
        if folder.starts_with(&point) && deepest.is_none_or(|(other, _)| depth >= other) {
            deepest = Some((depth, kind));
        }
    }
    let (_, kind) = deepest?;
    SHARES.contains(&kind).then(|| format!("a network share ({kind})"))
}

/// Spaces and the like stand as three octal digits in a mount point.
fn unescaped(point: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(point.to_owned(), |point, (escaped, plain)| point.replace(escaped, plain))
}

fn synchronised(folder: &Path, is_there: &dyn Fn(&Path) -> bool) -> Option<String> {
    let said = |service: &str| format!("a folder that {service} synchronises");
    for above in folder.ancestors() {
        let name = above.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let is_called =
            |called: &str| name == called || name.strip_prefix(called).is_some_and(|rest| rest.starts_with(" -"));
        if let Some((_, service)) = SYNCHRONISED.iter().find(|(called, _)| is_called(called)) {
            return Some(said(service));
        }
        if let Some((_, service)) = MARKERS.iter().find(|(marker, _)| is_there(&above.join(marker))) {
            // The home folder holds Dropbox's own settings under the same name, and is not synchronised for it.
            let is_settings = above.join("Dropbox") != *folder && is_there(&above.join(".bashrc"));
            if !is_settings {
                return Some(said(service));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
30 22 0:25 / /home rw - xfs /dev/sdb1 rw
41 22 0:40 / /mnt/finance rw - nfs4 server:/finance rw
42 22 0:41 / /mnt/h\\040drive rw - cifs //server/h rw
43 41 0:42 / /mnt/finance/local rw - ext4 /dev/sdc1 rw
44 22 0:43 / /media/stick rw - vfat /dev/sdd1 rw
45 22 0:44 / /home/anna/remote rw - fuse.sshfs anna@server: rw
46 22 0:45 / /overlay rw - fuse.fuse-overlayfs overlay rw
47 22 0:46 / /twice rw - ext4 /dev/sde rw
48 22 0:47 / /twice rw - nfs server:/x rw
";

    #[test]
    fn shares_are_told_from_disks() {
        let table = [
            ("/home/anna/fallback", None),
            ("/mnt/finance/fallback", Some("a network share (nfs4)")),
            ("/mnt/finance/local/fallback", None),
            ("/mnt/financed", None),
            ("/mnt/h drive/fallback", Some("a network share (cifs)")),
            ("/media/stick/fallback", None),
            ("/home/anna/remote/x", Some("a network share (fuse.sshfs)")),
            ("/overlay/work", None),
            ("/twice/x", Some("a network share (nfs)")),
        ];
        for (folder, expected) in table {
            assert_eq!(share(MOUNTS, Path::new(folder)).as_deref(), expected, "{folder}");
        }
        assert_eq!(share("", Path::new("/x")), None);
    }

    #[test]
    fn synchronised_folders_are_known_by_name_and_by_what_lies_in_them() {
        let there = |path: &Path| {
            ["/srv/kasse/.nextcloudsync.log", "/home/anna/.dropbox", "/home/anna/.bashrc"]
                .iter()
                .any(|p| path == Path::new(p))
        };
        let table = [
            ("/home/anna/fallback", None),
            ("/home/anna/OneDrive/fallback", Some("OneDrive")),
            ("/home/anna/OneDrive - Qeqqata Kommunia/fallback", Some("OneDrive")),
            ("/home/anna/Dropbox", Some("Dropbox")),
            ("/home/anna/dropboxes", None),
            ("/srv/kasse/fallback", Some("Nextcloud")),
            ("/Users/anna/Library/Mobile Documents/x", Some("iCloud")),
        ];
        for (folder, service) in table {
            let expected = service.map(|service| format!("a folder that {service} synchronises"));
            assert_eq!(synchronised(Path::new(folder), &there), expected, "{folder}");
        }
    }
}
