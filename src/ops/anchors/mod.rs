//! What lies outside the folder and outlives it. A folder that is put back as it was on an earlier day is perfect in itself; only something
//! that was not put back with it can know that there was more.
//!
//! Each *anchor* keeps the last head of the ledger that was seen ([`record`]), in a folder of this user's account and, where operators keep
//! their key files elsewhere, beside those; the second witness file is another one. They are written after the ledger and under its lock, so
//! they may be behind (a crash; they are then brought up) and never ahead. A ledger that does not hold what an anchor has seen, and a copy
//! of a ledger that still lies elsewhere ([`place`]), may be looked at and not written to, until two people say otherwise
//! ([`adopt`](super::adopt)).
//!
//! An anchor can only make a ledger refuse, never let it do more; so it carries no key, and a checksum only against decay.

pub mod ground;
pub mod place;
pub mod record;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use self::place::{LastPlace, Place};
use self::record::{Anchor, Known, PlaceNote};
use super::durable::{self, Lasting, disk_fault};
use super::world::World;
use crate::fault::{Fault, Result};
use crate::ledger::event::{Environment, LedgerId};
use crate::ledger::state::BatchPhase;
use crate::ledger::{LedgerState, witness};
use crate::payment::Digest;
use crate::words::{Message, Phrase, ungrouped};
use crate::{phrase, say};

/// Where this machine and this user keep what they have seen of ledgers.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    stores: Vec<PathBuf>,
    /// Where operators keep their own key files, if not in the workspace. There too lies an anchor; the folder itself is theirs to make.
    operator_keys: Option<PathBuf>,
    machine: Option<Digest>,
    /// Whether places are compared and noted at all.
    watched: bool,
}

impl Outside {
    /// Nothing outside the folder counts: for scratch places and rehearsals.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Anchors in these folders, on this machine. Without any, places are still compared.
    pub fn at(stores: Vec<PathBuf>) -> Self {
        Self { stores, machine: place::machine(), operator_keys: None, watched: true }
    }

    /// As [`at`](Self::at), on a machine of that name.
    pub fn on_machine(stores: Vec<PathBuf>, name: &str) -> Self {
        Self { machine: Some(place::machine_named(name)), ..Self::at(stores) }
    }

    /// Operators keep their key files in `folder`, unless it is known already where.
    pub fn with_operator_keys(self, folder: Option<PathBuf>) -> Self {
        Self { operator_keys: self.operator_keys.or(folder), ..self }
    }

    pub fn operator_keys(&self) -> Option<&Path> {
        self.operator_keys.as_deref()
    }

    pub fn place_of(&self, folder: &Path) -> Result<Place> {
        Place::of(folder, self.machine)
    }

    /// Where a folder will lie that is still to get its name.
    pub fn place_to_be(&self, folder: &Path) -> Result<Place> {
        let above = Place::of(durable::parent(folder), self.machine)?;
        Ok(Place { folder: above.folder.join(folder.file_name().unwrap_or_default()), ..above })
    }

    pub fn watches(&self, state: &LedgerState) -> bool {
        self.watched && state.environment == Environment::Real
    }

    /// Whether there is any place outside the folder.
    pub fn is_kept(&self) -> bool {
        self.all_stores().next().is_some()
    }

    /// Every folder in which an anchor may lie.
    fn all_stores(&self) -> impl Iterator<Item = &PathBuf> {
        self.stores.iter().chain(&self.operator_keys)
    }
}

const NOT_NOTED: Phrase = phrase!(
    "How far this ledger has come could not be noted outside its folder, and an older copy would not be noticed by it"
);

/// What the outside says about a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub whereabouts: Whereabouts,
    /// Something outside has seen what this ledger does not hold.
    pub ahead: Option<Ahead>,
    /// Nothing on this machine has seen this ledger, as far as anchors say.
    pub unknown_here: bool,
    /// Nothing on this machine knows this ledger, which has released batches or was restored: its newest receipt code must be shown before the
    /// next release.
    pub needs_receipt: Option<u64>,
    /// Why ledgers should not lie where this one does, unless two people accepted it.
    pub unfit: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Whereabouts {
    #[default]
    AtHome,
    /// Not where it was last, and nothing lies there any more.
    Moved { from: PathBuf },
    /// Another one lies where this one was last, or it was last on another machine.
    Copy { original: PathBuf, other_machine: bool },
}

/// What was seen outside and is not in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// `ledger.older_than_anchor`, `ledger.differs_from_anchor` or `anchor.damaged`.
    pub code: &'static str,
    pub message: Message,
    pub seen: Option<(u64, Digest)>,
}

impl Ahead {
    /// What the witness in the folder has seen.
    pub fn from_witness(fault: &Fault) -> Self {
        Self { code: fault.code, message: fault.message.clone(), seen: None }
    }

    pub fn fault(&self) -> Fault {
        Fault::refused(self.code, self.message.clone()).remedy(
            say!("Look for the newest copy of the whole folder and go on in that. Where there is none, compare with the bank's reports what has \
             left, and let two people say that this one goes on: `stopgap adopt --older --operator NAME --second NAME`."),
        )
    }
}

impl Standing {
    /// # Errors
    /// Why this ledger may not be written to.
    pub fn refuse(&self) -> Result<()> {
        if let Whereabouts::Copy { original, other_machine } = &self.whereabouts {
            let place = original.display();
            let (message, there) = if *other_machine {
                (
                    say!("This ledger was last used on another machine, in {place}: this may be a copy of it.", place),
                    say!("there"),
                )
            } else {
                (
                    say!("This is a copy: the ledger lies in {place}, and only one of them may be written to.", place),
                    say!("in it"),
                )
            };
            return Err(Fault::refused("ledger.copy", message).remedy(say!("Go on {there}; this one can be looked at. If this one is to be the ledger from now on, two people say so: `stopgap adopt \
                 --operator NAME --second NAME`.", there)));
        }
        if let Some(ahead) = &self.ahead {
            return Err(ahead.fault());
        }
        match &self.unfit {
            Some(kind) => Err(ground::refused(kind)),
            None => Ok(()),
        }
    }

    /// What whoever only looks at the ledger must know.
    pub fn notices(&self) -> Vec<Message> {
        let mut notices = Vec::new();
        if let Err(fault) = self.refuse() {
            notices.push(say!("MIND: {fault} ({code})", fault = &fault, code = fault.code));
        }
        if let Whereabouts::Moved { from } = &self.whereabouts {
            notices.push(say!("This ledger was moved here from {from}.", from = from.display()));
        }
        notices
    }
}

/// Reads what is outside and compares. `chain` holds every entry's number and digest; `second` is what the second witness says.
pub fn judge(
    outside: &Outside,
    folder: &Path,
    state: &LedgerState,
    chain: &[(u64, Digest)],
    second: Option<(&Path, &[u8])>,
) -> Result<Standing> {
    if !outside.watches(state) {
        return Ok(Standing::default());
    }
    let mut standing = Standing::default();
    let mut anchors = Vec::new();
    for store in outside.all_stores() {
        let path = anchor_file(store, state.ledger);
        match read_anchor(&path)? {
            None => {}
            Some(Some(anchor)) if anchor.ledger == state.ledger => anchors.push((path, anchor)),
            Some(_) => {
                let message =
                    say!("{path}, which says how far this ledger had come, is damaged.", path = path.display());
                standing.ahead = Some(Ahead { code: "anchor.damaged", message, seen: None });
            }
        }
    }
    for (path, anchor) in &anchors {
        if state.lineage.overrules(anchor.epoch) {
            continue;
        }
        if let Some(ahead) = compare(path, anchor, state, chain) {
            standing.ahead = Some(ahead);
        }
    }
    if let Some((path, seen)) = second
        && let Err(fault) = witness::compare(seen, chain)
    {
        let message = say!("{said} In {path}.", said = fault.message, path = path.display());
        let code = if fault.code == "ledger.witness_differs" {
            "ledger.differs_from_anchor"
        } else {
            "ledger.older_than_anchor"
        };
        standing.ahead = Some(Ahead { code, message, seen: None });
    }
    let note = PlaceNote::read(folder)?.filter(|note| note.ledger == state.ledger);
    let here = outside.place_of(folder)?;
    standing.whereabouts = whereabouts(&here, folder, state, &anchors, note.as_ref())?;
    let accepted = |kind: &String| state.lineage.accepted_places.contains(&(here.digest(), kind.clone()));
    standing.unfit = ground::unfit(&here.folder).filter(|kind| !accepted(kind));
    let has_released =
        state.batches.values().any(|batch| matches!(batch.phase, BatchPhase::Releasing | BatchPhase::Released));
    standing.unknown_here = anchors.is_empty();
    standing.needs_receipt = match note.map(|note| note.known) {
        _ if !standing.unknown_here => None,
        Some(Known::ReceiptDue(entries)) => Some(entries),
        Some(Known::Nowhere) => None,
        Some(Known::Outside) | None => (has_released && outside.is_kept()).then_some(state.head.0),
    };
    Ok(standing)
}

fn compare(path: &Path, anchor: &Anchor, state: &LedgerState, chain: &[(u64, Digest)]) -> Option<Ahead> {
    let (seq, digest) = anchor.head;
    let held = seq.checked_sub(1).and_then(|at| chain.get(at as usize));
    let (code, message) = match held {
        Some((number, held)) if *number == seq && *held == digest => return None,
        Some(_) => (
            "ledger.differs_from_anchor",
            say!(
                "Entry {seq} of this ledger is not the one that was seen here before: another history, from a copy that went its own way.",
                seq = ungrouped(seq)
            ),
        ),
        None => (
            "ledger.older_than_anchor",
            say!(
                "This ledger ends at entry {last}, but entry {seq} was seen here before: it is an older copy, and what it has lost may have \
                 been paid.",
                last = ungrouped(state.head.0),
                seq = ungrouped(seq)
            ),
        ),
    };
    Some(Ahead { code, message: say!("{message} ({path})", message, path = path.display()), seen: Some(anchor.head) })
}

/// Where the ledger was last: what was seen in its own or a later epoch counts, then where it was adopted, then its own note.
fn whereabouts(
    here: &Place,
    folder: &Path,
    state: &LedgerState,
    anchors: &[(PathBuf, Anchor)],
    note: Option<&PlaceNote>,
) -> Result<Whereabouts> {
    let epoch = state.lineage.epoch();
    let seen = anchors.iter().map(|(_, anchor)| anchor).filter(|anchor| anchor.epoch >= epoch);
    let seen = seen.max_by_key(|anchor| (anchor.epoch, anchor.head.0)).map(|anchor| &anchor.place);
    let adopted_here = state.lineage.adoptions.last().is_some_and(|adopted| adopted.adoption.place == here.digest());
    let last = match seen {
        Some(place) => place,
        None if adopted_here => return Ok(Whereabouts::AtHome),
        None => match note {
            Some(note) => &note.place,
            None => return Ok(Whereabouts::AtHome),
        },
    };
    Ok(match here.compare(last, folder, state.ledger)? {
        LastPlace::Here => Whereabouts::AtHome,
        LastPlace::Left => Whereabouts::Moved { from: last.folder.clone() },
        LastPlace::Taken => Whereabouts::Copy { original: last.folder.clone(), other_machine: false },
        LastPlace::OtherMachine => Whereabouts::Copy { original: last.folder.clone(), other_machine: true },
    })
}

/// An anchor that is written and has not got its name.
pub struct Written {
    draft: durable::Draft,
    /// Whether its name must last before anything leaves.
    must_last: bool,
}

impl Written {
    /// Makes it last where it must.
    fn place(self) -> Result<()> {
        if self.must_last { self.draft.place() } else { self.draft.place_soon() }
    }

    /// Syncs it, unless it is synced together with others.
    pub fn sync(&self, lasting: &Lasting) -> Result<()> {
        lasting.written(&self.draft.file, self.draft.path())
    }

    /// Once it is synced: gives it its name. Gives the folder in which the name must yet be made to last.
    pub fn name(self) -> Result<Option<PathBuf>> {
        let folder = self.must_last.then(|| durable::parent(self.draft.path()).to_path_buf());
        self.draft.place_synced()?;
        Ok(folder)
    }
}

/// What is said where an anchor could not be written.
pub fn not_noted(why: &Fault) -> Message {
    say!("{not_noted}: {why}", not_noted = NOT_NOTED, why = why.message.clone())
}

/// Brings every anchor and the folder's own note up to the ledger. Called under the ledger's lock only, after [`judge`] found nothing against
/// it. An anchor that cannot be written is named once and does not stop anybody from being paid. With `later`, those that are written are
/// given back without their names, to be made to last together with other files.
pub fn complete(
    outside: &Outside,
    folder: &Path,
    state: &LedgerState,
    standing: &Standing,
    (world, told): (&World, &mut BTreeSet<String>),
    later: bool,
) -> Result<Vec<Written>> {
    let mut waiting = Vec::new();
    if !outside.watches(state) {
        return Ok(waiting);
    }
    let mut write = |store: &Path, anchor: &Anchor| -> Result<()> {
        match write_anchor(store, anchor, state.lineage.last_departure)? {
            Some(written) if later => waiting.push(written),
            Some(written) => written.place()?,
            None => {}
        }
        Ok(())
    };
    let place = outside.place_of(folder)?;
    let mut tell = |line: Message| {
        if told.insert(line.to_string()) {
            world.say(line);
        }
    };
    let mut anchored = false;
    let anchor = Anchor { ledger: state.ledger, epoch: state.lineage.epoch(), head: state.head, place: place.clone() };
    // Until the receipt was shown, nothing here may come to know the ledger: it would never be asked for.
    for store in outside.stores.iter().filter(|_| standing.needs_receipt.is_none()) {
        match durable::create_folder(store).and_then(|()| write(store, &anchor)) {
            Ok(()) => anchored = true,
            Err(fault) => tell(not_noted(&fault)),
        }
    }
    if let Some(keys) = outside.operator_keys.as_ref().filter(|_| standing.needs_receipt.is_none()) {
        match durable::is_there(keys) {
            Ok(false) => tell(say!(
                "{not_noted}: the key folder {folder} is not there.",
                not_noted = NOT_NOTED,
                folder = keys.display()
            )),
            there => match there.and_then(|_| write(keys, &anchor)) {
                Ok(()) => anchored = true,
                Err(fault) => tell(not_noted(&fault)),
            },
        }
    }
    let before = PlaceNote::read(folder)?.filter(|note| note.ledger == state.ledger);
    if outside.all_stores().next().is_none() && before.is_none() {
        tell(say!(
            "There is no place outside the workspace to note how far the ledger has come (no home folder, no STOPGAP_ANCHOR_DIR): keep \
             the receipt codes."
        ));
    }
    let known = match (before.as_ref().map(|note| note.known), standing.needs_receipt) {
        _ if anchored => Known::Outside,
        // What is written before the receipt was shown, were it by a command that is refused, must not end the need for it.
        (_, Some(entries)) => Known::ReceiptDue(entries),
        (Some(Known::Outside), None) => Known::Outside,
        _ => Known::Nowhere,
    };
    let note = PlaceNote { ledger: state.ledger, place, known };
    if before.as_ref() != Some(&note) {
        note.write(folder)?;
    }
    Ok(waiting)
}

pub fn anchor_file(store: &Path, ledger: LedgerId) -> PathBuf {
    store.join(format!("{}.anchor", data_encoding::HEXLOWER.encode(&ledger.0)))
}

/// `None` where there is no anchor (or no such place, or it is closed to us); `Some(None)` where it is damaged.
fn read_anchor(path: &Path) -> Result<Option<Option<Anchor>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(Anchor::from_bytes(&bytes))),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied => Ok(None),
            _ => Err(disk_fault("read", path, &error)),
        },
    }
}

/// Keeps anchors that cannot be read, under a name at which nobody looks again.
pub fn set_damaged_aside(outside: &Outside, ledger: LedgerId, epoch: u32) -> Result<()> {
    for store in outside.all_stores() {
        let path = anchor_file(store, ledger);
        let is_damaged = read_anchor(&path)?.is_some_and(|anchor| anchor.is_none_or(|anchor| anchor.ledger != ledger));
        if is_damaged {
            let aside = path.with_extension(format!("damaged-before-epoch-{epoch}"));
            std::fs::rename(&path, &aside).map_err(|error| disk_fault("set aside", &path, &error))?;
            durable::sync_folder(store)?;
        }
    }
    Ok(())
}

/// Writes the anchor beside its place, unless it lies there as it is to be. Its name must last where the anchor before has not seen the last
/// entry by which something left: that one would let a copy from before it pay again. In all else it may be the one before that lies there
/// after a power cut, and the next command brings it up.
fn write_anchor(store: &Path, anchor: &Anchor, last_departure: u64) -> Result<Option<Written>> {
    let path = anchor_file(store, anchor.ledger);
    let bytes = anchor.to_bytes();
    let before = std::fs::read(&path).ok();
    if before.as_ref() == Some(&bytes) {
        return Ok(None);
    }
    let seen = before.and_then(|before| Anchor::from_bytes(&before)).filter(|before| before.epoch == anchor.epoch);
    let must_last = seen.is_none_or(|before| before.head.0 < last_departure);
    let mut draft = durable::Draft::create(&path)?;
    draft.file.write_all(&bytes).map_err(|error| disk_fault("write", &path, &error))?;
    Ok(Some(Written { draft, must_last }))
}
