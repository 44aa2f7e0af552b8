//! A disk in memory that SQLite works on, and that writes down what is done below `/run`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use sqlite_vfs::{DatabaseHandle, LockKind, OpenAccess, OpenOptions, Vfs, WalDisabled};

use crate::change::{Change, FileNumber};
use crate::disk::Files;

type Content = Arc<Mutex<Vec<u8>>>;

#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    files: BTreeMap<PathBuf, (Content, FileNumber)>,
    /// `None` while nobody writes down.
    changes: Option<Vec<Change>>,
    numbers: FileNumber,
}

pub struct Handle {
    memory: Memory,
    path: PathBuf,
    content: Content,
    number: FileNumber,
    /// A file's first sync makes its name safe too, as SQLite's own disk does it.
    is_new: bool,
    lock: LockKind,
}

/// Has SQLite work on this disk from here on, in this process.
pub fn be_the_disk() -> &'static Memory {
    static MEMORY: std::sync::OnceLock<Memory> = std::sync::OnceLock::new();
    MEMORY.get_or_init(|| {
        let memory = Memory::default();
        sqlite_vfs::register("memory", memory.clone(), true).expect("SQLite takes it");
        memory
    })
}

impl Inner {
    fn give(&mut self, path: PathBuf, content: Content) -> (Content, FileNumber) {
        self.numbers += 1;
        self.files.insert(path, (content.clone(), self.numbers));
        (content, self.numbers)
    }
}

impl Memory {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panicked")
    }

    pub fn record(&self) {
        let mut inner = self.inner();
        let opened = inner.files.iter().filter(|(path, _)| path.starts_with("/run"));
        let opened = opened.map(|(path, (_, file))| Change::Open { path: path.clone(), file: *file, truncate: false });
        inner.changes = Some(opened.collect());
    }

    /// How many changes were written down.
    pub fn recorded(&self) -> usize {
        self.inner().changes.as_ref().map_or(0, Vec::len)
    }

    pub fn stop(&self) -> Vec<Change> {
        self.inner().changes.take().unwrap_or_default()
    }

    /// The folder and what lies in it.
    pub fn files(&self, folder: &str) -> Files {
        let mut files = Files::from([(folder.into(), None)]);
        for (path, (content, _)) in self.inner().files.iter().filter(|(path, _)| path.starts_with(folder)) {
            files.insert(path.clone(), Some(content.lock().expect("nobody panicked").clone()));
        }
        files
    }

    /// Lays files of the folder `from` into `folder`.
    pub fn lay(&self, folder: &str, files: &Files, from: &str) {
        let mut inner = self.inner();
        for (path, content) in files {
            if let (Ok(name), Some(content)) = (path.strip_prefix(from), content) {
                inner.give(Path::new(folder).join(name), Arc::new(Mutex::new(content.clone())));
            }
        }
    }

    pub fn remove(&self, folder: &str) {
        self.inner().files.retain(|path, _| !path.starts_with(folder));
    }

    fn changed(&self, path: &Path, change: Change) {
        if let Some(changes) = self.inner().changes.as_mut().filter(|_| path.starts_with("/run")) {
            changes.push(change);
        }
    }
}

impl Vfs for Memory {
    type Handle = Handle;

    fn open(&self, db: &str, opts: OpenOptions) -> Result<Handle> {
        let path = PathBuf::from(db);
        let mut inner = self.inner();
        let known = inner.files.get(&path).cloned();
        let is_new = known.is_none();
        let (content, number) = match (known, &opts.access) {
            (Some(known), _) => known,
            (None, OpenAccess::Create | OpenAccess::CreateNew) => inner.give(path.clone(), Content::default()),
            (None, _) => return Err(ErrorKind::NotFound.into()),
        };
        drop(inner);
        self.changed(&path, Change::Open { path: path.clone(), file: number, truncate: false });
        Ok(Handle { memory: self.clone(), path, content, number, is_new, lock: LockKind::None })
    }

    /// Which of SQLite's settings has the folder synced after this is not told here: it is, as with `synchronous=EXTRA`.
    fn delete(&self, db: &str) -> Result<()> {
        let path = PathBuf::from(db);
        if self.inner().files.remove(&path).is_none() {
            return Err(ErrorKind::NotFound.into());
        }
        self.changed(&path, Change::Remove(path.clone()));
        self.changed(&path, Change::SyncFolder(path.parent().unwrap_or(&path).into()));
        Ok(())
    }

    fn exists(&self, db: &str) -> Result<bool> {
        Ok(self.inner().files.contains_key(Path::new(db)))
    }

    fn temporary_name(&self) -> String {
        let mut inner = self.inner();
        inner.numbers += 1;
        format!("/temporary/{}", inner.numbers)
    }

    fn random(&self, buffer: &mut [i8]) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        buffer.iter_mut().enumerate().for_each(|(at, byte)| *byte = (number >> (8 * (at % 8))) as i8);
    }

    fn sleep(&self, duration: Duration) -> Duration {
        std::thread::sleep(duration);
        duration
    }

    fn full_pathname<'a>(&self, db: &'a str) -> Result<Cow<'a, str>> {
        Ok(db.into())
    }
}

impl Handle {
    fn content(&self) -> MutexGuard<'_, Vec<u8>> {
        self.content.lock().expect("nobody panicked")
    }
}

impl DatabaseHandle for Handle {
    type WalIndex = WalDisabled;

    fn size(&self) -> Result<u64> {
        Ok(self.content().len() as u64)
    }

    fn read_exact_at(&mut self, buf: &mut [u8], offset: u64) -> Result<()> {
        let content = self.content();
        let from = content.len().min(offset as usize);
        let there = buf.len().min(content.len() - from);
        buf[..there].copy_from_slice(&content[from..from + there]);
        buf[there..].fill(0);
        if there == buf.len() { Ok(()) } else { Err(Error::from(ErrorKind::UnexpectedEof)) }
    }

    fn write_all_at(&mut self, buf: &[u8], offset: u64) -> Result<()> {
        let at = offset as usize;
        let mut content = self.content();
        let length = content.len().max(at + buf.len());
        content.resize(length, 0);
        content[at..at + buf.len()].copy_from_slice(buf);
        drop(content);
        self.memory.changed(&self.path, Change::Write { file: self.number, at, bytes: buf.to_vec() });
        Ok(())
    }

    fn sync(&mut self, _data_only: bool) -> Result<()> {
        self.memory.changed(&self.path, Change::SyncFile(self.number));
        if std::mem::take(&mut self.is_new) {
            let folder = self.path.parent().unwrap_or(&self.path).to_path_buf();
            self.memory.changed(&self.path, Change::SyncFolder(folder));
        }
        Ok(())
    }

    fn set_len(&mut self, size: u64) -> Result<()> {
        self.content().resize(size as usize, 0);
        self.memory.changed(&self.path, Change::Cut { file: self.number, length: size as usize });
        Ok(())
    }

    fn lock(&mut self, lock: LockKind) -> Result<bool> {
        self.lock = lock;
        Ok(true)
    }

    /// Nobody else is here.
    fn reserved(&mut self) -> Result<bool> {
        Ok(false)
    }

    fn current_lock(&self) -> Result<LockKind> {
        Ok(self.lock)
    }

    fn wal_index(&self, _readonly: bool) -> Result<WalDisabled> {
        Ok(WalDisabled)
    }
}
