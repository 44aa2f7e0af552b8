//! One folder: the settings, the ledger, its witness, the keys and the outbox.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::durable::{self, disk_fault};
use super::key_store::{KeyStore, Unlocked, unknown_operator};
use super::settings::Settings;
use super::world::World;
use crate::fault::{Fault, Result};
use crate::ledger::entry::Signer;
use crate::ledger::sqlite::SqliteStore;
use crate::ledger::state::RuleBroken;
use crate::ledger::{Entry, Event, LedgerState, Snapshot, Store, Transaction, witness};
use crate::payment::{BatchId, Digest};
use crate::say;

pub const LEDGER: &str = "ledger.db";
pub const WITNESS: &str = "witness.log";
/// Stands in the folder while `init` runs: what lies beside it was never used and may be made anew.
pub const UNFINISHED: &str = ".init-unfinished";

pub struct Workspace {
    folder: PathBuf,
    pub settings: Settings,
    pub keys: KeyStore,
    pub state: LedgerState,
    store: Box<dyn Store>,
    /// Number and digest of every entry, for the witness.
    chain: Vec<(u64, Digest)>,
}

/// A ledger write under way: events are checked against every rule as they are recorded. Nothing happened until it is finished.
pub struct Recording<'a> {
    pub transaction: Box<dyn Transaction + 'a>,
    pub state: LedgerState,
    at: i64,
    recorded: Vec<(u64, Digest)>,
}

impl Workspace {
    /// Opens the workspace and believes its ledger only after reading every entry and comparing the witness.
    pub fn open(folder: &Path) -> Result<Self> {
        if durable::is_there(&folder.join(UNFINISHED))? {
            let message = say!("Setting up {folder} was interrupted.", folder = folder.display());
            return Err(
                Fault::input("workspace.unfinished", message).remedy(say!("Run the same `stopgap init` again."))
            );
        }
        let settings = Settings::read(folder)?;
        refuse_if_others_may_read(folder)?;
        let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&folder.join(LEDGER))?);
        let (state, chain) = replay(&mut *store.read()?)?;
        let workspace = Self { folder: folder.into(), settings, keys: KeyStore::new(folder), state, store, chain };
        workspace.check_payer()?;
        workspace.compare_witness()?;
        Ok(workspace)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Number and digest of every entry.
    pub fn chain(&self) -> &[(u64, Digest)] {
        &self.chain
    }

    /// Where the files of a batch are put, relative to the workspace.
    pub fn outbox_of(batch: BatchId) -> PathBuf {
        Path::new("out").join(batch.to_string())
    }

    pub fn read(&mut self) -> Result<Box<dyn Snapshot + '_>> {
        self.store.read()
    }

    /// Who acts: the operator named, else whoever says so on the terminal, else the first operator whose passphrase is at hand.
    pub fn unlock(&self, world: &World, name: Option<&str>) -> Result<Unlocked> {
        if let Some(name) = name {
            return self.keys.unlock(world, &self.state, name);
        }
        let names: Vec<&str> = self.state.active_operators().map(|operator| operator.name.as_str()).collect();
        let name = match world.passphrases.who(&names)? {
            Some(name) => Some(name),
            None => names.iter().find(|name| world.passphrases.is_at_hand(name)).map(|name| (*name).to_owned()),
        };
        let name = name.ok_or_else(|| {
            Fault::input("operator.missing", say!("Nobody said who is acting."))
                .remedy(say!("Add --operator NAME; operators are: {names}.", names = names.join(", ")))
        })?;
        let unlocked = self.keys.unlock(world, &self.state, &name)?;
        world.say(format!("Acting as {name}."));
        Ok(unlocked)
    }

    /// The second of two operators, who must be another person than the first.
    pub fn unlock_second(&self, world: &World, first: &Unlocked, name: &str) -> Result<Unlocked> {
        if self.state.active_operator(name).is_none() {
            return Err(unknown_operator(&self.state, name));
        }
        if name == first.signer.name {
            return Err(Fault::refused(
                "control.same_person",
                say!("This takes two operators: the second must be somebody else."),
            ));
        }
        self.keys.unlock(world, &self.state, name)
    }

    /// Takes the ledger's one writing place, with the state as it is now: others may have written since it was opened.
    pub fn begin(&mut self, world: &World) -> Result<Recording<'_>> {
        let mut transaction = self.store.write(&mut |second| {
            if second == 1 || second.is_multiple_of(10) {
                world.say("Waiting for another stopgap command to finish with this ledger …");
            }
        })?;
        let (state, chain) = (&mut self.state, &mut self.chain);
        transaction.entries_after(state.head.0, &mut |entry| {
            believe(state, &entry)?;
            chain.push(state.head);
            Ok(())
        })?;
        complete_witness(&self.folder, chain)?;
        if world.now.unix < state.head_at {
            world.say("This machine's clock is behind the ledger's last entry: the order of entries is kept, their times are not to be trusted.");
        }
        Ok(Recording { transaction, state: state.clone(), at: world.now.unix, recorded: Vec::new() })
    }

    /// Runs `work` as one ledger transaction and makes it last: ledger first, then the witness, both before anything else can see it.
    pub fn record<T>(&mut self, world: &World, work: impl FnOnce(&mut Recording) -> Result<T>) -> Result<T> {
        let mut recording = self.begin(world)?;
        let done = work(&mut recording)?;
        let (state, recorded) = recording.finish()?;
        self.follow(world, state, recorded)?;
        Ok(done)
    }

    /// Takes over the state after a recording that was committed, and completes the witness under the ledger's lock.
    pub fn follow(&mut self, world: &World, state: LedgerState, recorded: Vec<(u64, Digest)>) -> Result<()> {
        self.state = state;
        self.chain.extend(recorded);
        // A recording begins by completing the witness.
        self.begin(world).map(drop)
    }

    /// Takes over what others have written since the workspace was opened.
    pub fn refresh(&mut self, world: &World) -> Result<()> {
        self.begin(world).map(drop)
    }

    fn check_payer(&self) -> Result<()> {
        let (written, payer) = (&self.settings.payer, &self.state.payer);
        let recorded = super::init::payer_table(payer, self.state.currency);
        if *written != recorded {
            let message = say!(
                "[payer] in stopgap.toml is not the payer of this ledger ({name}).",
                name = payer.name.to_string()
            );
            return Err(Fault::refused("control.payer_changed", message)
                .remedy(say!("Write it back as it was; another payer or account takes a workspace of its own.")));
        }
        Ok(())
    }

    fn compare_witness(&self) -> Result<()> {
        let seen = read_witness(&self.folder)?;
        if seen.is_empty() && self.chain.len() > 1 {
            return Err(Fault::failed(
                "ledger.witness_missing",
                say!("The file witness.log beside the ledger is missing."),
            )
            .remedy(say!("Put it back from the same copy of the folder that the ledger is from.")));
        }
        witness::compare(&seen, &self.chain).map(drop)
    }
}

impl<'a> Recording<'a> {
    /// Records an event signed by `actor`, and by `second` where it takes two. Refused where it breaks a rule of the ledger.
    pub fn event(&mut self, event: &Event, actor: &Signer, second: Option<&Signer>) -> Result<()> {
        let entry = Entry::record(self.state.ledger, Some(&self.state.head), self.at, event, actor, second);
        self.state.apply(&entry).map_err(|RuleBroken(rule)| {
            Fault::refused("control.rule", say!("Refused: the entry {rule}.", rule = rule.to_string()))
        })?;
        self.transaction.append(&entry)?;
        self.recorded.push(self.state.head);
        Ok(())
    }

    /// The number that the next event's entry will have.
    pub fn next_entry(&self) -> u64 {
        self.state.head.0 + 1
    }

    /// Commits; gives the new state and the entries that were added, for [`Workspace::follow`].
    pub fn finish(self) -> Result<(LedgerState, Vec<(u64, Digest)>)> {
        self.transaction.commit()?;
        Ok((self.state, self.recorded))
    }
}

/// Reads and believes the whole chain.
pub(super) fn replay(snapshot: &mut dyn Snapshot) -> Result<(LedgerState, Vec<(u64, Digest)>)> {
    let mut state: Option<LedgerState> = None;
    let mut chain = Vec::new();
    snapshot.entries_after(0, &mut |entry| {
        match &mut state {
            None => state = Some(LedgerState::open(&entry).map_err(|rule| entry_fault(entry.seq, &rule))?),
            Some(state) => believe(state, &entry)?,
        }
        chain.push((entry.seq, entry.digest));
        Ok(())
    })?;
    let state = state.ok_or_else(|| {
        Fault::failed("ledger.damaged", say!("The ledger is empty: not even its first entry is there."))
    })?;
    Ok((state, chain))
}

fn believe(state: &mut LedgerState, entry: &Entry) -> Result<()> {
    state.apply(entry).map_err(|rule| entry_fault(entry.seq, &rule))
}

fn entry_fault(seq: u64, rule: &RuleBroken) -> Fault {
    Fault::failed(
        "ledger.damaged",
        say!("Entry {seq} of the ledger {rule}.", seq = seq.to_string(), rule = rule.to_string()),
    )
    .remedy(say!("Do not release from this folder. Restore the newest backup."))
}

fn read_witness(folder: &Path) -> Result<Vec<u8>> {
    match std::fs::read(folder.join(WITNESS)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|error| disk_fault("read", &folder.join(WITNESS), &error)),
    }
}

/// Brings the witness up to the ledger. Called under the ledger's lock only.
pub fn complete_witness(folder: &Path, chain: &[(u64, Digest)]) -> Result<()> {
    let path = folder.join(WITNESS);
    let failed = |error: std::io::Error| disk_fault("write", &path, &error);
    let is_new = !durable::is_there(&path)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
        .open(&path)
        .map_err(failed)?;
    let mut seen = Vec::new();
    file.read_to_end(&mut seen).map_err(failed)?;
    let completion = witness::compare(&seen, chain)?;
    if completion.append.is_empty() && completion.keep == seen.len() as u64 {
        return Ok(());
    }
    file.set_len(completion.keep)
        .and_then(|()| file.seek(SeekFrom::Start(completion.keep)).map(drop))
        .and_then(|()| file.write_all(completion.append.as_bytes()))
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    if is_new { durable::sync_folder(folder) } else { Ok(()) }
}

fn refuse_if_others_may_read(folder: &Path) -> Result<()> {
    let mode = std::fs::metadata(folder).map_err(|error| disk_fault("look at", folder, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        let message = say!("Others may look into {folder}, which holds personal data.", folder = folder.display());
        return Err(Fault::refused("workspace.open_to_others", message)
            .remedy(say!("Run `chmod 700 {folder}`, then the same command again.", folder = folder.display())));
    }
    Ok(())
}
