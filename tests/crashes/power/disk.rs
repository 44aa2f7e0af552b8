//! A disk that keeps what was synced, and of the rest what it likes: nothing, all, or some of it, torn at a sector or at a byte, lengths without
//! content, names without their files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::change::{Change, FileNumber};

const SECTOR: usize = 512;

/// The files of a folder by their path. A folder that holds nothing is a path without content.
pub type Files = BTreeMap<PathBuf, Option<Vec<u8>>>;

#[derive(Clone, Default)]
pub struct Disk {
    /// What is certain of each file, and what was done to it since it was last synced.
    content: Vec<(Vec<u8>, Vec<Edit>)>,
    names: BTreeMap<PathBuf, Name>,
    /// What was done to names since their folder was last synced, in order.
    renamed: Vec<(PathBuf, NameEdit)>,
    opened: BTreeMap<FileNumber, usize>,
    /// The names as everybody sees them while the power is on.
    seen: BTreeMap<PathBuf, Name>,
}

#[derive(Clone, Copy, PartialEq)]
enum Name {
    Folder,
    File(usize),
}

#[derive(Clone)]
enum Edit {
    Write { at: usize, bytes: Vec<u8> },
    Cut(usize),
}

#[derive(Clone)]
enum NameEdit {
    Give(PathBuf, Name),
    Take(PathBuf),
    Move { from: PathBuf, to: PathBuf },
}

/// What the disk keeps of what it was not made to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    Nothing,
    Everything,
    /// Lengths and names, and of what was written nothing.
    NoContent,
    /// By chance: of each folder's names the first few, of each file's writes some, some of these torn.
    Some,
    /// As before, names in any order too.
    AnyOrder,
}

/// Numbers by which it chooses.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

impl Edit {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Edit::Cut(length) => content.resize(*length, 0),
            Edit::Write { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
        }
    }

    /// The same with less: up to a byte, or without some of its sectors.
    fn torn(&self, chance: &mut Chance) -> Self {
        let Edit::Write { at, bytes } = self else { return self.clone() };
        let mut bytes = bytes.clone();
        match chance.below(3) {
            0 => bytes.truncate(chance.below(bytes.len())),
            1 => bytes.truncate(chance.below(bytes.len() / SECTOR + 1) * SECTOR),
            _ => {
                let sector = chance.below(bytes.len() / SECTOR + 1) * SECTOR;
                bytes.drain(..sector.min(bytes.len()));
                return Edit::Write { at: at + sector, bytes };
            }
        }
        Edit::Write { at: *at, bytes }
    }
}

impl NameEdit {
    fn apply(&self, names: &mut BTreeMap<PathBuf, Name>) {
        match self {
            NameEdit::Give(path, name) => drop(names.insert(path.clone(), *name)),
            NameEdit::Take(path) => drop(names.remove(path)),
            NameEdit::Move { from, to } => {
                let moved: Vec<PathBuf> = names.keys().filter(|path| path.starts_with(from)).cloned().collect();
                for path in moved {
                    if let (Some(name), Ok(rest)) = (names.remove(&path), path.strip_prefix(from)) {
                        let to = if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                        names.insert(to, name);
                    }
                }
            }
        }
    }
}

impl Disk {
    /// A disk on which all of this is safe.
    pub fn with(files: &Files) -> Self {
        let mut disk = Self::default();
        for (path, content) in files {
            let name = match content {
                None => Name::Folder,
                Some(content) => {
                    disk.content.push((content.clone(), Vec::new()));
                    Name::File(disk.content.len() - 1)
                }
            };
            disk.names.insert(path.clone(), name);
        }
        disk.seen = disk.names.clone();
        disk
    }

    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Open { path, file, truncate } => {
                let content = match self.seen.get(path) {
                    Some(Name::File(content)) => *content,
                    _ => {
                        self.content.push(Default::default());
                        let name = Name::File(self.content.len() - 1);
                        self.edit(path, NameEdit::Give(path.clone(), name));
                        self.content.len() - 1
                    }
                };
                if *truncate {
                    self.content[content].1.push(Edit::Cut(0));
                }
                self.opened.insert(*file, content);
            }
            Change::MakeFolder(path) => self.edit(path, NameEdit::Give(path.clone(), Name::Folder)),
            Change::Write { file, at, bytes } => {
                self.content[self.opened[file]].1.push(Edit::Write { at: *at, bytes: bytes.clone() });
            }
            Change::Cut { file, length } => self.content[self.opened[file]].1.push(Edit::Cut(*length)),
            Change::SyncFile(file) => {
                let (content, edits) = &mut self.content[self.opened[file]];
                edits.drain(..).for_each(|edit| edit.apply(content));
            }
            Change::SyncFolder(path) => {
                let (now, later) =
                    std::mem::take(&mut self.renamed).into_iter().partition(|(folder, _)| folder == path);
                self.renamed = later;
                let now: Vec<(PathBuf, NameEdit)> = now;
                now.iter().for_each(|(_, edit)| edit.apply(&mut self.names));
            }
            Change::SyncAll => {
                for (content, edits) in &mut self.content {
                    edits.drain(..).for_each(|edit| edit.apply(content));
                }
                let renamed = std::mem::take(&mut self.renamed);
                renamed.iter().for_each(|(_, edit)| edit.apply(&mut self.names));
            }
            Change::Rename { from, to } => self.edit(to, NameEdit::Move { from: from.clone(), to: to.clone() }),
            Change::Link { from, to } => {
                if let Some(name) = self.seen.get(from).copied() {
                    self.edit(to, NameEdit::Give(to.clone(), name));
                }
            }
            Change::Remove(path) => self.edit(path, NameEdit::Take(path.clone())),
        }
    }

    fn edit(&mut self, path: &Path, edit: NameEdit) {
        edit.apply(&mut self.seen);
        self.renamed.push((path.parent().unwrap_or(path).to_path_buf(), edit));
    }

    /// What everybody sees while the power is on.
    pub fn seen(&self) -> Files {
        let whole = |(content, edits): &(Vec<u8>, Vec<Edit>)| {
            let mut content = content.clone();
            edits.iter().for_each(|edit| edit.apply(&mut content));
            content
        };
        self.files(&self.seen, &self.content.iter().map(whole).collect::<Vec<_>>())
    }

    /// What is there when the power is back.
    pub fn after_power_loss(&self, kept: Kept, chance: &mut Chance) -> Files {
        let mut names = self.names.clone();
        let mut held_up: Vec<&Path> = Vec::new();
        for (folder, edit) in &self.renamed {
            let keeps = match kept {
                Kept::Nothing => false,
                Kept::Everything | Kept::NoContent => true,
                Kept::AnyOrder => chance.below(2) == 0,
                // Once one is missing, so are those after it.
                Kept::Some => !held_up.contains(&folder.as_path()) && chance.below(3) > 0,
            };
            if keeps {
                edit.apply(&mut names);
            } else {
                held_up.push(folder);
            }
        }
        let content: Vec<Vec<u8>> = self
            .content
            .iter()
            .map(|(content, edits)| {
                let mut content = content.clone();
                for edit in edits {
                    match (kept, edit) {
                        (Kept::Nothing, _) => {}
                        (Kept::Everything, _) | (Kept::NoContent, Edit::Cut(_)) => edit.apply(&mut content),
                        (Kept::NoContent, Edit::Write { at, bytes }) => {
                            let length = content.len().max(at + bytes.len());
                            content.resize(length, 0);
                        }
                        _ => match chance.below(4) {
                            0 => {}
                            1 => edit.torn(chance).apply(&mut content),
                            _ => edit.apply(&mut content),
                        },
                    }
                }
                content
            })
            .collect();
        self.files(&names, &content)
    }

    /// Without what lies in folders that are not there.
    fn files(&self, names: &BTreeMap<PathBuf, Name>, content: &[Vec<u8>]) -> Files {
        let mut files = Files::new();
        for (path, name) in names {
            let in_place =
                path.ancestors().skip(1).all(|folder| match self.seen.get(folder).or(self.names.get(folder)) {
                    // Above the folder that everything lies in, or one that was renamed since.
                    None => names.keys().next().is_none_or(|root| !folder.starts_with(root)),
                    Some(_) => names.contains_key(folder),
                });
            if in_place {
                let content = match name {
                    Name::Folder => None,
                    Name::File(file) => Some(content[*file].clone()),
                };
                files.insert(path.clone(), content);
            }
        }
        files
    }
}

#[test]
fn what_was_synced_stays_and_the_rest_may_go() {
    let (folder, old, new) = (PathBuf::from("/r"), PathBuf::from("/r/old"), PathBuf::from("/r/new"));
    let mut disk = Disk::with(&Files::from([(folder.clone(), None), (old.clone(), Some(b"one".into()))]));
    let steps = [
        Change::Open { path: new.clone(), file: 1, truncate: false },
        Change::Write { file: 1, at: 0, bytes: b"two".into() },
        Change::SyncFile(1),
        Change::Rename { from: new.clone(), to: old.clone() },
    ];
    let lost = |disk: &Disk, kept| disk.after_power_loss(kept, &mut Chance(1)).get(&old).cloned().flatten();
    steps.iter().for_each(|step| disk.apply(step));
    assert_eq!(disk.seen()[&old], Some(b"two".into()));
    assert_eq!(lost(&disk, Kept::Nothing), Some(b"one".into()), "the name was not synced");
    disk.apply(&Change::SyncFolder(folder));
    assert_eq!(lost(&disk, Kept::Nothing), Some(b"two".into()));
    disk.apply(&Change::Open { path: old.clone(), file: 2, truncate: false });
    disk.apply(&Change::Write { file: 2, at: 3, bytes: b"three".into() });
    assert_eq!(lost(&disk, Kept::Nothing), Some(b"two".into()));
    assert_eq!(lost(&disk, Kept::NoContent), Some(b"two\0\0\0\0\0".into()));
    assert_eq!(lost(&disk, Kept::Everything), Some(b"twothree".into()));
    let (within, linked) = (PathBuf::from("/r/f"), PathBuf::from("/r/f/linked"));
    disk.apply(&Change::MakeFolder(within.clone()));
    disk.apply(&Change::Link { from: old.clone(), to: linked.clone() });
    disk.apply(&Change::SyncFolder(within));
    assert_eq!(disk.seen()[&linked], Some(b"twothree".into()));
    assert!(
        !disk.after_power_loss(Kept::Nothing, &mut Chance(1)).contains_key(&linked),
        "its folder's name was not synced"
    );
}
