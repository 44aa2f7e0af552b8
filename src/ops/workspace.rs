//! One folder: the settings, the ledger, its witness, the keys and the outbox.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::anchors::place::Place;
use super::anchors::{self, Ahead, Outside, Standing};
use super::durable::{self, Lasting, disk_fault};
use super::key_store::{KeyStore, SignedIn, Unlocked, unknown_operator};
use super::settings::Settings;
use super::world::World;
use crate::fault::{Fault, Result};
use crate::ledger::entry::Signer;
use crate::ledger::receipt_code::{Against, ReceiptCode};
use crate::ledger::sqlite::{self, SqliteStore};
use crate::ledger::state::RuleBroken;
use crate::ledger::{Entry, Event, LedgerState, Snapshot, Store, Transaction, witness};
use crate::payment::{BatchId, Digest};
use crate::words::{Phrase, ungrouped};
use crate::{phrase, say};

pub const LEDGER: &str = "ledger.db";
pub const WITNESS: &str = "witness.log";
/// Said after a second, to whoever waits for the ledger.
pub const WAITING: Phrase = phrase!("Waiting for another stopgap command to finish with this ledger …");
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
    outside: Outside,
    /// What the outside said when it was last looked at.
    standing: Standing,
    /// What was said of the outside, once each.
    told: BTreeSet<String>,
    /// A receipt code that somebody typed.
    receipt: Option<String>,
    /// Whether a receipt code was right, so that this machine may come to know the ledger.
    receipt_is_good: bool,
}

/// For what the ledger's one writing place is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Entries: refused where the ledger is a copy, or older than what was seen of it.
    Write,
    /// Nothing in the ledger.
    Look,
    /// Two people say that this is the ledger, whatever was seen.
    Adopt,
}

/// How long the witness and the anchors are waited for, once they were told of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Until it lasts.
    Now,
    /// Until it lasts together with files of the command's own: see [`Told`].
    Later,
    /// Not at all: only the witnesses are told, the anchors by the next command.
    No,
}

/// What the witness and the anchors were told, and what does not last yet.
#[derive(Default)]
pub(super) struct Told {
    witness: Option<(File, PathBuf)>,
    anchors: Vec<anchors::Written>,
}

impl Told {
    /// Makes it last together with all that was written beside it, and gives the anchors their names. Gives the folders in which names must yet
    /// be made to last. An anchor that cannot be written stops nobody, and is told.
    pub fn last(self, lasting: &Lasting, world: &World) -> Result<Vec<PathBuf>> {
        if let Some((file, path)) = &self.witness {
            lasting.written(file, path)?;
        }
        let mut anchors = Vec::new();
        let tell = |fault: &Fault| world.say(anchors::not_noted(fault));
        for anchor in self.anchors {
            match anchor.sync(lasting) {
                Ok(()) => anchors.push(anchor),
                Err(fault) => tell(&fault),
            }
        }
        lasting.all_written()?;
        let mut folders = Vec::new();
        for anchor in anchors {
            match anchor.name() {
                Ok(folder) => folders.extend(folder),
                Err(fault) => tell(&fault),
            }
        }
        Ok(folders)
    }
}

/// A ledger write under way: events are checked against every rule as they are recorded. Nothing happened until it is finished.
pub struct Recording<'a> {
    pub transaction: Box<dyn Transaction + 'a>,
    pub state: LedgerState,
    at: i64,
    recorded: Vec<(u64, Digest)>,
    /// Why nothing may be recorded, where the place was taken to look only.
    refusal: Option<Fault>,
    /// Of the entries before; see [`Workspace::record_beside`].
    pub(super) told: Told,
}

impl Workspace {
    /// Opens a workspace by itself: nothing outside the folder is looked at or written.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_with(folder, Outside::nothing())
    }

    /// Opens the workspace and believes its ledger only after reading every entry and comparing the witness. Where something outside the
    /// folder speaks against it, it can be looked at and not written to: see [`standing`](Self::standing).
    pub fn open_with(folder: &Path, outside: Outside) -> Result<Self> {
        Self::open_for(folder, outside, false)
    }

    /// As [`open_with`](Self::open_with), where the witness in the folder may know more than the ledger too.
    pub fn open_for_adoption(folder: &Path, outside: Outside) -> Result<Self> {
        Self::open_for(folder, outside, true)
    }

    fn open_for(folder: &Path, outside: Outside, for_adoption: bool) -> Result<Self> {
        if durable::is_there(&folder.join(UNFINISHED))? {
            let message = say!("Setting up {folder} was interrupted.", folder = folder.display());
            return Err(
                Fault::input("workspace.unfinished", message).remedy(say!("Run the same `stopgap init` again."))
            );
        }
        let settings = Settings::read(folder)?;
        refuse_if_others_may_read(folder)?;
        // Before the ledger: whoever writes at this moment writes the witness after it.
        let seen = read_witness(&folder.join(WITNESS))?;
        // Links that lead to the folder are followed here; SQLite follows none, so that the ledger itself cannot be one.
        let real = folder.canonicalize().map_err(|error| disk_fault("look at", folder, &error))?;
        let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&real.join(LEDGER))?);
        let (state, chain) = replay(&mut *store.read()?)?;
        let outside = outside.with_operator_keys(settings.keys_folder.as_ref().map(|keys| folder.join(keys)));
        let keys = KeyStore::new(folder).with_operators_in(outside.operator_keys().map(Path::to_path_buf));
        let mut workspace = Self {
            folder: folder.into(),
            settings,
            keys,
            state,
            store,
            chain,
            outside,
            standing: Standing::default(),
            told: BTreeSet::new(),
            receipt: None,
            receipt_is_good: false,
        };
        workspace.check_payer()?;
        match workspace.compare_witness(&seen) {
            Err(fault) if for_adoption => workspace.standing.ahead = Some(Ahead::from_witness(&fault)),
            compared => {
                compared?;
                workspace.standing = workspace.judge()?;
            }
        }
        if workspace.standing.ahead.is_some() {
            // Perhaps another command has recorded something since the ledger was read, and noted it outside.
            workspace.catch_up()?;
            workspace.standing = workspace.judge()?;
        }
        Ok(workspace)
    }

    /// Whether anything outside the folder counts for this ledger.
    pub(super) fn is_watched(&self) -> bool {
        self.outside.watches(&self.state)
    }

    pub(super) fn place(&self) -> Result<Place> {
        self.outside.place_of(&self.folder)
    }

    /// Whether a witness file says what the ledger says, as far as it goes.
    pub(super) fn agrees_with(&self, witness: &Path) -> Result<bool> {
        Ok(witness::compare(&read_witness(witness)?, &self.chain).is_ok())
    }

    /// Sets aside what outside speaks of this ledger and cannot be read.
    pub(super) fn set_damaged_anchors_aside(&self, epoch: u32) -> Result<()> {
        anchors::set_damaged_aside(&self.outside, self.state.ledger, epoch)
    }

    /// Two people have said that this is the ledger: this machine may come to know it.
    pub(super) fn trust(&mut self) {
        self.receipt_is_good = true;
    }

    /// What the outside says about this ledger.
    pub fn standing(&self) -> &Standing {
        &self.standing
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

    /// For a command that goes through the ledger in its own order, and so needs little of it at once.
    pub(super) fn hold_little_of_the_ledger(&mut self) -> Result<()> {
        self.store.hold_at_most(4 * 1024)
    }

    /// Writes the ledger file anew, without what was deleted from it.
    pub fn compact(&mut self) -> Result<()> {
        self.store.compact()
    }

    /// Who acts: the operator named, else whoever says so on the terminal, else the first operator whose passphrase is at hand.
    pub fn unlock(&self, world: &World, name: Option<&str>) -> Result<Unlocked> {
        self.acting(world, name, |name| self.keys.unlock(world, &self.state, name))
    }

    /// As [`unlock`](Self::unlock), for what needs no duplicate key.
    pub fn sign_in(&self, world: &World, name: Option<&str>) -> Result<SignedIn> {
        self.acting(world, name, |name| self.keys.sign_in(world, &self.state, name))
    }

    fn acting<T>(&self, world: &World, name: Option<&str>, open: impl Fn(&str) -> Result<T>) -> Result<T> {
        if let Some(name) = name {
            return open(name);
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
        let unlocked = open(&name)?;
        world.say(say!("Acting as {name}.", name = name.to_string()));
        Ok(unlocked)
    }

    /// As [`unlock`](Self::unlock) where that asks nobody anything; `None` where it would, or where the passphrase is wrong.
    pub(super) fn unlock_silently(&self, world: &World) -> Option<Unlocked> {
        let mut names = self.state.active_operators().map(|operator| operator.name.as_str());
        let name = names.find(|name| world.passphrases.is_at_hand(name))?;
        self.keys.unlock(world, &self.state, name).ok()
    }

    /// The second of two operators, who must be another person than the first.
    pub fn unlock_second(&self, world: &World, first: &Unlocked, name: &str) -> Result<Unlocked> {
        self.check_second(&first.signer, name)?;
        self.keys.unlock(world, &self.state, name)
    }

    /// As [`unlock_second`](Self::unlock_second), for what needs no duplicate key.
    pub fn sign_in_second(&self, world: &World, first: &SignedIn, name: &str) -> Result<SignedIn> {
        self.check_second(&first.signer, name)?;
        self.keys.sign_in(world, &self.state, name)
    }

    fn check_second(&self, first: &Signer, name: &str) -> Result<()> {
        if self.state.active_operator(name).is_none() {
            return Err(unknown_operator(&self.state, name));
        }
        if name == first.name {
            return Err(Fault::refused(
                "control.same_person",
                say!("This takes two operators: the second must be somebody else."),
            ));
        }
        Ok(())
    }

    /// Takes the ledger's one writing place, with the state as it is now: others may have written since it was opened.
    ///
    /// # Errors
    /// `ledger.copy`, `ledger.older_than_anchor` and their like, where this is not the ledger to write to.
    pub fn begin(&mut self, world: &World) -> Result<Recording<'_>> {
        self.take_writing_place(world, Purpose::Write, Wait::Now)
    }

    /// As [`begin`](Self::begin), for those who record nothing: a copy may be looked at too.
    pub fn begin_looking(&mut self, world: &World) -> Result<Recording<'_>> {
        self.take_writing_place(world, Purpose::Look, Wait::Now)
    }

    /// As [`begin`](Self::begin), for two people who say that this is the ledger.
    pub(super) fn begin_adopting(&mut self, world: &World) -> Result<Recording<'_>> {
        self.take_writing_place(world, Purpose::Adopt, Wait::Now)
    }

    fn take_writing_place(&mut self, world: &World, purpose: Purpose, wait: Wait) -> Result<Recording<'_>> {
        let Self { store, state, chain, folder, settings, outside, standing, told, receipt_is_good, .. } = self;
        let mut transaction = store.write(&mut |second| {
            if sqlite::is_told(second) {
                world.say(WAITING);
            }
        })?;
        transaction.entries_after(state.head.0, &mut |entry| {
            believe(state, &entry)?;
            chain.push(state.head);
            Ok(())
        })?;
        let path = folder.join(WITNESS);
        let witnessed = write_witness(&path, chain).and_then(|written| match written {
            Some(file) if wait == Wait::Now => {
                file.sync_all().map(|()| None).map_err(|error| disk_fault("write", &path, &error))
            }
            written => Ok(written),
        });
        let mut written = Told::default();
        let behind_witness = match witnessed {
            Err(fault) if purpose == Purpose::Adopt && fault.code.starts_with("ledger.") => {
                Some(Ahead::from_witness(&fault))
            }
            witnessed => {
                written.witness = witnessed?.map(|file| (file, path));
                None
            }
        };
        if outside.watches(state) {
            let second = SecondWitness::of(folder, settings, state);
            *standing = judge(outside, folder, state, chain, second.as_ref())?;
            standing.needs_receipt = standing.needs_receipt.filter(|_| !*receipt_is_good);
            if purpose == Purpose::Write {
                standing.refuse()?;
                // It may be taken away as soon as the command has ended.
                if let Some(second) = &second {
                    second.complete(chain, world, told);
                }
                if wait != Wait::No {
                    let later = wait == Wait::Later;
                    written.anchors = anchors::complete(outside, folder, state, standing, (world, told), later)?;
                }
            }
        }
        standing.ahead = behind_witness.or(standing.ahead.take());
        let refusal = standing.refuse().err();
        if world.now.unix < state.head_at {
            world.say(say!(
                "This machine's clock is behind the ledger's last entry: the order of entries is kept, their times are not to be trusted."
            ));
        }
        Ok(Recording {
            transaction,
            state: state.clone(),
            at: world.now.unix,
            recorded: Vec::new(),
            refusal,
            told: written,
        })
    }

    /// Takes a receipt code that somebody typed; [`check_receipt`](Self::check_receipt) judges it.
    pub fn offer_receipt(&mut self, code: String) {
        self.receipt = Some(code);
    }

    /// The code by which this state of the ledger is known on paper.
    pub fn receipt(&self) -> ReceiptCode {
        ReceiptCode::of(self.state.ledger, self.state.head)
    }

    /// The code by which the ledger was known when the last batch had left.
    pub fn receipt_of_last_release(&self) -> Option<ReceiptCode> {
        let entry = self.state.lineage.last_release;
        let head = self.chain.iter().find(|(seq, _)| *seq == entry)?;
        Some(ReceiptCode::of(self.state.ledger, *head))
    }

    /// Compares the receipt code that was typed, if any.
    ///
    /// # Errors
    /// Where the ledger does not hold what the code was given for, or a code is needed and none was typed.
    pub(super) fn check_receipt(&mut self) -> Result<()> {
        let Some(typed) = &self.receipt else {
            return self.standing.needs_receipt.map_or(Ok(()), |_| Err(receipt_missing()));
        };
        let code: ReceiptCode = typed.parse().map_err(|_| {
            Fault::input("receipt.malformed", say!("`{typed}` is no receipt code.", typed = typed.escape_debug()))
        })?;
        self.hold_against(&code)?;
        let seq = code.entry();
        if self.standing.needs_receipt.is_some_and(|came_with| seq > came_with) {
            let message = say!(
                "That receipt code is from entry {seq}, which was recorded after this ledger came to this machine: it says nothing about what was \
                 lost before.",
                seq = ungrouped(seq)
            );
            return Err(Fault::refused("receipt.made_here", message).remedy(NEWEST_CODE));
        }
        if seq < self.state.lineage.last_release {
            let message = say!(
                "That receipt code is from entry {seq}, before the last release of this ledger.",
                seq = ungrouped(seq)
            );
            return Err(Fault::refused("receipt.too_old", message).remedy(NEWEST_CODE));
        }
        self.receipt_is_good = true;
        self.standing.needs_receipt = None;
        Ok(())
    }

    /// # Errors
    /// Where the ledger does not hold what the code was given for.
    pub(super) fn hold_against(&self, code: &ReceiptCode) -> Result<()> {
        let (seq, last) = (code.entry(), self.state.head.0);
        match code.against(self.state.ledger, &self.chain) {
            Against::Older => {
                let message = say!(
                    "That receipt code was given for entry {seq}, and this ledger ends at {last}: if it is typed right, the ledger is an \
                     older copy.",
                    seq = ungrouped(seq),
                    last = ungrouped(last)
                );
                Err(Fault::refused("ledger.older_than_receipt", message).remedy(OTHER_LEDGER))
            }
            Against::Differs => {
                let message = say!(
                    "That receipt code was given for another entry {seq} than this ledger has: if it is typed right, the ledger has \
                     another history.",
                    seq = ungrouped(seq)
                );
                Err(Fault::refused("ledger.differs_from_receipt", message).remedy(OTHER_LEDGER))
            }
            Against::Holds => Ok(()),
        }
    }

    /// Runs `work` as one ledger transaction and makes it last: ledger first, then the witness, both before anything else can see it.
    pub fn record<T>(&mut self, world: &World, work: impl FnOnce(&mut Recording) -> Result<T>) -> Result<T> {
        let mut recording = self.begin(world)?;
        let done = work(&mut recording)?;
        let (state, recorded) = recording.finish()?;
        self.follow(world, state, recorded)?;
        Ok(done)
    }

    /// As [`record`](Self::record), but neither witness nor anchors are told: the [`record_beside`](Self::record_beside) that follows does that.
    pub(super) fn record_first<T>(
        &mut self,
        world: &World,
        work: impl FnOnce(&mut Recording) -> Result<T>,
    ) -> Result<T> {
        let mut recording = self.begin(world)?;
        let done = work(&mut recording)?;
        let (state, recorded) = recording.finish()?;
        self.state = state;
        self.chain.extend(recorded);
        Ok(done)
    }

    /// Runs `work`, which makes files of its own last and lets them appear, as one ledger transaction. What witness and anchors are told of the
    /// entries before lies in [`Recording::told`] and waits for the disk together with those files: `work` takes it before anything appears.
    ///
    /// What `work` itself records may say nothing that an older copy could pay for the lack of: the witness is told without waiting, and the
    /// anchors by the next command.
    pub(super) fn record_beside<T>(
        &mut self,
        world: &World,
        work: impl FnOnce(&mut Recording) -> Result<T>,
    ) -> Result<T> {
        let mut recording = self.take_writing_place(world, Purpose::Write, Wait::Later)?;
        let done = work(&mut recording);
        let told = std::mem::take(&mut recording.told);
        for folder in told.last(&Lasting::Each, world)? {
            durable::sync_folder(&folder)?;
        }
        let done = done?;
        let (state, recorded) = recording.finish()?;
        self.state = state;
        self.chain.extend(recorded);
        self.take_writing_place(world, Purpose::Write, Wait::No)?;
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

    fn compare_witness(&self, seen: &[u8]) -> Result<()> {
        if seen.is_empty() && self.chain.len() > 1 {
            return Err(Fault::failed(
                "ledger.witness_missing",
                say!("The file witness.log beside the ledger is missing."),
            )
            .remedy(say!("Put it back from the same copy of the folder that the ledger is from.")));
        }
        witness::compare(seen, &self.chain).map(drop)
    }

    fn judge(&self) -> Result<Standing> {
        let second = SecondWitness::of(&self.folder, &self.settings, &self.state);
        judge(&self.outside, &self.folder, &self.state, &self.chain, second.as_ref())
    }

    /// Reads the entries that were recorded since the ledger was read.
    fn catch_up(&mut self) -> Result<()> {
        let Self { store, state, chain, .. } = self;
        let after = state.head.0;
        store.read()?.entries_after(after, &mut |entry| {
            believe(state, &entry)?;
            chain.push(state.head);
            Ok(())
        })
    }
}

fn judge(
    outside: &Outside,
    folder: &Path,
    state: &LedgerState,
    chain: &[(u64, Digest)],
    second: Option<&SecondWitness>,
) -> Result<Standing> {
    let seen = match second {
        Some(second) if outside.watches(state) => Some((second.path.as_path(), read_witness(&second.path)?)),
        _ => None,
    };
    anchors::judge(outside, folder, state, chain, seen.as_ref().map(|(path, seen)| (*path, seen.as_slice())))
}

/// The file of the second witness, where there is to be one.
pub(super) fn second_witness(workspace: &Workspace) -> Option<PathBuf> {
    SecondWitness::of(&workspace.folder, &workspace.settings, &workspace.state).map(|second| second.path)
}

/// A witness in a place of its own, such as a USB stick, which may be away.
struct SecondWitness {
    path: PathBuf,
}

impl SecondWitness {
    fn of(folder: &Path, settings: &Settings, state: &LedgerState) -> Option<Self> {
        let place = folder.join(settings.second_witness.as_ref()?);
        let ledger = data_encoding::HEXLOWER.encode(&state.ledger.0[..4]);
        Some(Self { path: place.join(format!("witness-{ledger}.log")) })
    }

    /// A second witness that cannot be written is named once and stops nobody.
    fn complete(&self, chain: &[(u64, Digest)], world: &World, told: &mut BTreeSet<String>) {
        let place = self.path.parent().unwrap_or(&self.path);
        let missing = match durable::is_there(place) {
            Ok(true) => complete_witness(&self.path, chain).err().map(|fault| fault.message),
            Ok(false) => Some(say!("{folder} is not there.", folder = place.display())),
            Err(fault) => Some(fault.message),
        };
        if let Some(why) = missing {
            let line =
                say!("The second witness could not be written: {why} Bring it back before the next release.", why);
            if told.insert(line.to_string()) {
                world.say(line);
            }
        }
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

    /// # Errors
    /// Why nothing may be recorded here, for those who took the place to look and have found something to record.
    pub fn may_record(&self) -> Result<()> {
        self.refusal.clone().map_or(Ok(()), Err)
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

/// Brings a state that was read earlier up to what `snapshot` shows: others may have written in between.
pub(super) fn catch_up(snapshot: &mut dyn Snapshot, state: &mut LedgerState) -> Result<()> {
    snapshot.entries_after(state.head.0, &mut |entry| believe(state, &entry))
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

fn read_witness(path: &Path) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|error| disk_fault("read", path, &error)),
    }
}

/// Brings the witness up to the ledger. Called under the ledger's lock only.
pub fn complete_witness(path: &Path, chain: &[(u64, Digest)]) -> Result<()> {
    match write_witness(path, chain)? {
        Some(file) => file.sync_all().map_err(|error| disk_fault("write", path, &error)),
        None => Ok(()),
    }
}

/// As [`complete_witness`]. Gives the file back where something was written, to be synced.
fn write_witness(path: &Path, chain: &[(u64, Digest)]) -> Result<Option<File>> {
    let failed = |error: std::io::Error| disk_fault("write", path, &error);
    let is_new = !durable::is_there(path)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
        .open(path)
        .map_err(failed)?;
    let mut seen = Vec::new();
    file.read_to_end(&mut seen).map_err(failed)?;
    let completion = witness::compare(&seen, chain)?;
    if completion.append.is_empty() && completion.keep == seen.len() as u64 {
        return Ok(None);
    }
    file.set_len(completion.keep)
        .and_then(|()| file.seek(SeekFrom::Start(completion.keep)).map(drop))
        .and_then(|()| file.write_all(completion.append.as_bytes()))
        .map_err(failed)?;
    match path.parent() {
        Some(folder) if is_new => durable::sync_folder(folder)?,
        _ => {}
    }
    Ok(Some(file))
}

const OTHER_LEDGER: Phrase = phrase!(
    "Look for the newest copy of the whole folder. Where there is none, two people may say that this one goes on: \
                            `stopgap adopt --older`."
);

const NEWEST_CODE: Phrase = phrase!("Type the newest one: it was shown after the last release that anybody knows of.");

fn receipt_missing() -> Fault {
    let message = say!(
        "Nothing on this machine has seen this ledger before: it may be an older copy, and what it has lost may have been paid."
    );
    Fault::refused("receipt.missing", message).remedy(
        say!("Give the newest receipt code with --receipt: it was shown after the last release, on the screen, and belongs on its control sheet. \
         Without it, two people may say that this ledger goes on: `stopgap adopt --older`."),
    )
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
