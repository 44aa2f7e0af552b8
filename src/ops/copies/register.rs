//! The register of copies as people use it: what lies where, what became of it, and its end.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::OpenOptions;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::examine::Registers;
use super::{CopyRecord, examine, places, unpaid};
use crate::fault::{Fault, Result};
use crate::ledger::copies::{CopyEnd, CopyId, CopyState, Purpose};
use crate::ledger::event::KeyId;
use crate::ledger::recalls::RecallState;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ledger::{Event, LedgerState};
use crate::ops::durable::{self, disk_fault};
use crate::ops::parts::{self, PartSealer};
use crate::ops::prepare;
use crate::ops::recovery::SHEETS;
use crate::ops::status::{self, Word};
use crate::ops::true_up::TOP_UP_FILE;
use crate::ops::{Unlocked, Workspace, World};
use crate::payment::Tag;
use crate::release::PlannedFile;
use crate::say;

/// One copy, and what is found of it on the disk.
pub struct ListedCopy {
    pub copy: CopyState,
    /// Relative to the workspace where it lies within; `None` where that was purged.
    pub place: Option<PathBuf>,
    pub found: FoundAt,
    pub overdue: bool,
}

/// What lies in a copy's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundAt {
    /// What was written.
    AsWritten,
    /// Something else: it was changed, or another file took its name.
    Changed,
    /// Nothing, and the same content lies elsewhere.
    Moved(PathBuf),
    Missing,
    /// A page that nobody has asked for yet.
    NotWritten,
    /// The copy has ended.
    Ended,
    /// Where it lay was purged.
    Unknown,
}

impl FoundAt {
    pub fn as_str(&self) -> &'static str {
        match self {
            FoundAt::AsWritten => "as_written",
            FoundAt::Changed => "changed",
            FoundAt::Moved(_) => "moved",
            FoundAt::Missing => "missing",
            FoundAt::NotWritten => "not_written",
            FoundAt::Ended => "ended",
            FoundAt::Unknown => "unknown",
        }
    }
}

/// A file in the outbox that is not in the register.
pub struct Unregistered {
    /// Relative to the workspace.
    pub place: PathBuf,
    /// Whether it is one that this program replaces each time it runs.
    pub working: bool,
}

pub struct CopyList {
    /// Overdue ones first, then by the day by which they must be gone.
    pub copies: Vec<ListedCopy>,
    pub unregistered: Vec<Unregistered>,
    pub today: NaiveDate,
}

impl CopyList {
    /// Whether something is overdue, missing or not what was written.
    pub fn needs_a_person(&self) -> bool {
        let wrong = |listed: &ListedCopy| {
            listed.overdue || matches!(listed.found, FoundAt::Changed | FoundAt::Moved(_) | FoundAt::Missing)
        };
        self.copies.iter().any(wrong) || self.unregistered.iter().any(|file| !file.working)
    }
}

/// `all`: those that have ended as well.
pub fn list(workspace: &mut Workspace, world: &World, who: Option<&str>, all: bool) -> Result<CopyList> {
    let who = workspace.unlock(world, who)?;
    place_waiting(workspace, world)?;
    look_at_all(workspace, &who, world.now.today(), all)
}

/// As [`list`], for somebody whose key is open, and without writing anything.
pub fn look_at_all(workspace: &mut Workspace, who: &Unlocked, today: NaiveDate, all: bool) -> Result<CopyList> {
    let folder = workspace.folder().to_path_buf();
    let places = places_of(workspace, who)?;
    let open: BTreeSet<PathBuf> =
        workspace.state.copies.open().filter_map(|copy| places.get(&copy.id).map(|place| folder.join(place))).collect();
    let mut strangers = files_below(&folder.join("out"))?;
    strangers.retain(|path| !open.contains(path));
    let mut copies = Vec::new();
    for copy in workspace.state.copies.all().filter(|copy| all || copy.is_open()) {
        let place = places.get(&copy.id).cloned();
        let found = match &place {
            _ if !copy.is_open() => FoundAt::Ended,
            None => FoundAt::Unknown,
            Some(place) => look(copy, &folder.join(place), who, &mut strangers, &folder)?,
        };
        let overdue = copy.is_open() && copy.declared.end_by < today && found != FoundAt::NotWritten;
        copies.push(ListedCopy { copy: copy.clone(), place, found, overdue });
    }
    copies.sort_by_key(|listed| (!listed.overdue, !listed.copy.is_open(), listed.copy.declared.end_by, listed.copy.id));
    let relative = |path: PathBuf| path.strip_prefix(&folder).map(Path::to_path_buf).unwrap_or(path);
    let unregistered = strangers.into_iter().map(relative).filter(|place| !is_proof(place));
    let is_working = |place: &Path| WORKING.iter().any(|folder| place.starts_with(folder));
    let unregistered = unregistered.map(|place| Unregistered { working: is_working(&place), place }).collect();
    Ok(CopyList { copies, unregistered, today })
}

/// Where `check`, and a `prepare` that prepares nothing, leave what they found: written anew each time, and in no register.
const WORKING: [&str; 2] = ["out/check", "out/no-batch"];

/// What lies there, relative to the workspace.
pub fn working_files(workspace: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in WORKING {
        files.extend(files_below(&workspace.join(folder))?);
    }
    Ok(files.into_iter().map(|path| path.strip_prefix(workspace).map(Path::to_path_buf).unwrap_or(path)).collect())
}

/// A certificate names no citizens.
fn is_proof(place: &Path) -> bool {
    place.starts_with("out/certificates")
}

fn place_waiting(workspace: &mut Workspace, world: &World) -> Result<()> {
    let folder = workspace.folder().to_path_buf();
    let alone = workspace.begin(world)?;
    prepare::place_waiting(&folder, &alone.state)
}

fn look(
    copy: &CopyState,
    path: &Path,
    who: &Unlocked,
    strangers: &mut Vec<PathBuf>,
    workspace: &Path,
) -> Result<FoundAt> {
    let there = durable::what_lies(path)?;
    let is_there = there.is_some_and(|there| there.is_file());
    let Some(content) = copy.declared.content else {
        return Ok(if is_there { FoundAt::AsWritten } else { FoundAt::NotWritten });
    };
    let is_it = |path: &Path| Ok::<_, Fault>(who.tagger.content_mark(&examine::sha256(path)?) == content);
    if is_there {
        return Ok(if is_it(path)? { FoundAt::AsWritten } else { FoundAt::Changed });
    }
    if there.is_some() {
        return Ok(FoundAt::Changed);
    }
    // In the outbox, and where it lay: a file that was given another name there is found again.
    let mut candidates: Vec<PathBuf> = strangers.clone();
    if let Some(folder) = path.parent().filter(|folder| !folder.starts_with(workspace)) {
        candidates.extend(files_in(folder)?);
    }
    for candidate in candidates {
        if is_it(&candidate)? {
            strangers.retain(|stranger| *stranger != candidate);
            let moved = candidate.strip_prefix(workspace).map(Path::to_path_buf).unwrap_or(candidate);
            return Ok(FoundAt::Moved(moved));
        }
    }
    Ok(FoundAt::Missing)
}

/// The plain files of one folder. A folder that is gone has none.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(|error| disk_fault("look into", folder, &error))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| disk_fault("look into", folder, &error))?;
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// The plain files of a folder and of those within. Links are not followed.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files_in(folder)?;
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(files) };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files.extend(files_below(&entry.path())?);
        }
    }
    files.sort();
    Ok(files)
}

/// Where each copy lies whose place was not purged.
pub(super) fn places_of(workspace: &mut Workspace, who: &Unlocked) -> Result<BTreeMap<CopyId, PathBuf>> {
    let state = workspace.state.clone();
    let keys = workspace.keys.clone();
    let mut firsts: BTreeMap<u64, CopyId> = BTreeMap::new();
    let mut places = BTreeMap::new();
    for copy in state.copies.all() {
        if copy.declared.purpose == Purpose::RecoveryHalf {
            // They lie in places of their own, and were entered before there was an episode to seal anything under.
            let lies = |sheet: &&Path| places::mark(&who.tagger, sheet) == copy.declared.place;
            places.extend(SHEETS.map(Path::new).into_iter().find(lies).map(|sheet| (copy.id, sheet.to_path_buf())));
        } else {
            firsts.entry(copy.entry).or_insert(copy.id);
        }
    }
    let mut snapshot = workspace.read()?;
    for (entry, first) in firsts {
        let Some(recorded) = state.parts.get(&entry) else { continue };
        let Some(key) = who.living_episode_key(&keys, recorded.key)? else { continue };
        let read = parts::each(&mut *snapshot, state.ledger, entry, &key, &mut |record| {
            if let CopyRecord::Place { copy, path } = record {
                places.insert(CopyId(first.0 + u32::from(copy)), PathBuf::from(path));
            }
            Ok(())
        });
        match read {
            Err(fault) if fault.code == "ledger.purged" => {}
            read => read?,
        }
    }
    Ok(places)
}

/// What is to be ended or looked at.
struct Target {
    /// `None`: it lies in the outbox and is not in the register.
    copy: Option<CopyState>,
    path: PathBuf,
    is_there: bool,
    as_written: bool,
}

fn find(workspace: &Workspace, who: &Unlocked, places: &BTreeMap<CopyId, PathBuf>, named: &str) -> Result<Target> {
    let register = &workspace.state.copies;
    let folder = workspace.folder();
    let at_place = |copy: &CopyState| places.get(&copy.id).map(|place| folder.join(place));
    if let Some(copy) = named.parse().ok().and_then(|id: CopyId| register.get(id)) {
        let path = at_place(copy).unwrap_or_default();
        return target(Some(copy.clone()), path, who);
    }
    // As it was given, or as the list shows it: relative to the workspace.
    let given = [PathBuf::from(named), folder.join(named)];
    for path in &given {
        let place = places::given(folder, path)?;
        if let Some(copy) = places::open_at(&workspace.state, &who.tagger, &place) {
            return target(Some(copy.clone()), folder.join(place), who);
        }
    }
    for path in &given {
        if durable::what_lies(path)?.is_some_and(|there| there.is_file()) {
            let content = who.tagger.content_mark(&examine::sha256(path)?);
            if let Some(copy) = register.open().find(|copy| copy.declared.content == Some(content)) {
                return target(Some(copy.clone()), path.clone(), who);
            }
            if places::given(folder, path)?.starts_with("out") {
                return target(None, path.clone(), who);
            }
        }
    }
    Err(Fault::input("copy.unknown", say!("There is no open copy of this name or number."))
        .remedy(say!("`stopgap copies list` shows them all.")))
}

fn target(copy: Option<CopyState>, path: PathBuf, who: &Unlocked) -> Result<Target> {
    if let Some(copy) = copy.as_ref().filter(|copy| !copy.is_open()) {
        return Err(Fault::refused("copy.ended", say!("Copy {id} has ended before.", id = copy.id)));
    }
    let is_there = durable::what_lies(&path)?.is_some_and(|there| there.is_file());
    let as_written = match copy.as_ref().and_then(|copy| copy.declared.content) {
        Some(content) if is_there => who.tagger.content_mark(&examine::sha256(&path)?) == content,
        _ => true,
    };
    Ok(Target { copy, path, is_there, as_written })
}

pub struct Ended {
    pub id: Option<CopyId>,
    pub path: PathBuf,
    pub how: CopyEnd,
}

/// What `end` did.
pub struct EndedCopies {
    pub ended: Vec<Ended>,
    /// Of all, those that somebody may still need.
    pub left: Vec<LeftCopy>,
}

pub struct LeftCopy {
    pub id: CopyId,
    /// Relative to the workspace where it lies within.
    pub path: PathBuf,
    pub why: StillNeeded,
}

/// Why a copy is not done with. Whoever knows better ends it by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StillNeeded {
    /// It is not what was written, or not there.
    NotAsWritten,
    /// Its batch is neither released nor cancelled.
    BatchWaits,
    /// A bank file without a receipt, and without the bank's word on its payments.
    NotAtTheBank,
    /// Rows of it were rejected or held, nobody is known to have dealt with them, and not all of them were paid since.
    RowsWait,
    /// Rows of its batch's work sheets were not told of.
    RowsAreOut,
    /// The bank has not answered for good what it was asked to take back.
    RecallIsOpen,
    /// Half of the recovery code: nobody tells whether it was printed.
    ToBePrinted,
    /// Letters: nobody tells whether they were sent.
    ToBeSent,
    /// A list to be prepared, of which somebody is in no batch.
    ToBePrepared,
    /// Somebody acts on it, and findings wait for a decision.
    FindingsOpen,
}

impl StillNeeded {
    /// Stable.
    pub fn as_str(self) -> &'static str {
        match self {
            StillNeeded::NotAsWritten => "not_as_written",
            StillNeeded::BatchWaits => "batch_waits",
            StillNeeded::NotAtTheBank => "not_at_the_bank",
            StillNeeded::RowsWait => "rows_wait",
            StillNeeded::RowsAreOut => "rows_are_out",
            StillNeeded::RecallIsOpen => "recall_is_open",
            StillNeeded::ToBePrinted => "to_be_printed",
            StillNeeded::ToBeSent => "to_be_sent",
            StillNeeded::ToBePrepared => "to_be_prepared",
            StillNeeded::FindingsOpen => "findings_open",
        }
    }
}

/// Which copies are to end.
pub enum Which<'a> {
    Named(&'a [String]),
    /// Every open one that is done with.
    All,
}

/// Overwrites and removes copies, and records it. One that is gone already is recorded as ended elsewhere; that takes a reason.
pub fn end(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    which: Which,
    reason: Option<&str>,
) -> Result<EndedCopies> {
    let who = workspace.unlock(world, who)?;
    place_waiting(workspace, world)?;
    let places = places_of(workspace, &who)?;
    finish_ends(workspace, &places)?;
    let (targets, left) = match which {
        Which::Named(names) => {
            let named = names.iter().map(|named| find(workspace, &who, &places, named));
            (named.collect::<Result<Vec<_>>>()?, Vec::new())
        }
        Which::All => done_with(workspace, &who, &places, world.now.today())?,
    };
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    for target in &targets {
        refuse_unless_endable(workspace, target, reason.is_some())?;
    }
    let mut ended = Vec::new();
    for target in &targets {
        let interrupted = durable::is_there(&ending(&target.path)?)?;
        let how = match (target.is_there || interrupted, is_page(target)) {
            (true, _) => CopyEnd::Destroyed,
            (false, true) => CopyEnd::NeverWritten,
            (false, false) => CopyEnd::Elsewhere,
        };
        if how == CopyEnd::Destroyed {
            overwrite(&target.path)?;
        }
        ended.push(Ended { id: target.copy.as_ref().map(|copy| copy.id), path: target.path.clone(), how });
    }
    record(workspace, world, &who, &ended, reason)?;
    for one in &ended {
        durable::remove_leftover(&ending(&one.path)?)?;
    }
    Ok(EndedCopies { ended, left })
}

/// The open copies that nobody needs any more, and the others.
fn done_with(
    workspace: &mut Workspace,
    who: &Unlocked,
    places: &BTreeMap<CopyId, PathBuf>,
    today: NaiveDate,
) -> Result<(Vec<Target>, Vec<LeftCopy>)> {
    let state = workspace.state.clone();
    let known = Known {
        word: status::word(workspace, &state)?,
        registers: Registers { country: state.payer.country, today },
        claimed: unpaid::claimed(&mut *workspace.read()?)?,
        findings_ask: status::findings_ask(&state),
    };
    let (mut done, mut left) = (Vec::new(), Vec::new());
    for copy in state.copies.open() {
        let Some(place) = places.get(&copy.id) else { continue };
        let target = target(Some(copy.clone()), workspace.folder().join(place), who)?;
        match still_needed(workspace, who, &target, copy, &known)? {
            None => done.push(target),
            Some(why) => left.push(LeftCopy { id: copy.id, path: place.clone(), why }),
        }
    }
    Ok((done, left))
}

/// What tells whether a copy is done with.
struct Known {
    word: Word,
    registers: Registers,
    /// Everything that is claimed.
    claimed: HashSet<Tag>,
    findings_ask: bool,
}

/// What the ledger does not know to be done with stays, until its day has passed.
fn still_needed(
    workspace: &Workspace,
    who: &Unlocked,
    target: &Target,
    copy: &CopyState,
    known: &Known,
) -> Result<Option<StillNeeded>> {
    if !target.as_written || !(target.is_there || is_page(target)) {
        return Ok(Some(StillNeeded::NotAsWritten));
    }
    if !is_done(workspace, target) {
        return Ok(Some(StillNeeded::BatchWaits));
    }
    if copy.declared.end_by < known.registers.today {
        return Ok(None);
    }
    let batch = copy.declared.batch.and_then(|batch| workspace.state.batches.get(&batch));
    let somebody_waits = || unpaid::has_unpaid_rows(&target.path, known.registers, &who.tagger, &known.claimed);
    Ok(match copy.declared.purpose {
        Purpose::RecoveryHalf => Some(StillNeeded::ToBePrinted),
        Purpose::Notices => Some(StillNeeded::ToBeSent),
        Purpose::BankFile => batch
            .filter(|batch| known.word.not_at_the_bank(batch) > 0 && !has_receipt(batch, &target.path))
            .map(|_| StillNeeded::NotAtTheBank),
        Purpose::Worksheet => batch.filter(|batch| status::rows_are_out(batch)).map(|_| StillNeeded::RowsAreOut),
        Purpose::Recall => {
            workspace.state.recalls.values().any(RecallState::is_open).then_some(StillNeeded::RecallIsOpen)
        }
        Purpose::Rows if batch.is_some_and(|batch| has_open_rows(&workspace.state, batch)) => {
            somebody_waits()?.then_some(StillNeeded::RowsWait)
        }
        Purpose::TopUp if target.path.ends_with(TOP_UP_FILE) => somebody_waits()?.then_some(StillNeeded::ToBePrepared),
        Purpose::Recover | Purpose::Stop | Purpose::TopUp | Purpose::WriteBack => {
            known.findings_ask.then_some(StillNeeded::FindingsOpen)
        }
        _ => None,
    })
}

/// Whether rows of it are still to be corrected or decided. When its episode is over they are not.
fn has_open_rows(state: &LedgerState, batch: &BatchState) -> bool {
    let is_open = state.open_episode_now().is_some_and(|open| open.name == batch.prepared.episode);
    is_open && state.open_rows(batch.prepared.id).is_some()
}

/// Whether a portal gave a receipt for the bank file that lies there.
fn has_receipt(batch: &BatchState, path: &Path) -> bool {
    let is_it = |file: &&PlannedFile| path.file_name().is_some_and(|name| name == file.name.as_str());
    let file = batch.prepared.plan.files.iter().find(is_it);
    let told = |id: &str| batch.uploads.iter().any(|upload| upload.message_id.as_deref() == Some(id));
    file.is_some_and(|file| told(&file.message_id))
}

fn is_page(target: &Target) -> bool {
    target.copy.as_ref().is_some_and(|copy| copy.declared.purpose == Purpose::ControlSheet)
}

/// Whether its batch needs it no more.
fn is_done(workspace: &Workspace, target: &Target) -> bool {
    let batch = target.copy.as_ref().and_then(|copy| copy.declared.batch);
    let phase = batch.and_then(|batch| workspace.state.batches.get(&batch)).map(|batch| batch.phase);
    phase.is_none_or(|phase| matches!(phase, BatchPhase::Released | BatchPhase::Cancelled))
}

fn refuse_unless_endable(workspace: &Workspace, target: &Target, has_reason: bool) -> Result<()> {
    let shown = target.copy.as_ref().map_or_else(|| target.path.display().to_string(), |copy| copy.id.to_string());
    if target.copy.as_ref().is_some_and(|copy| copy.declared.purpose == Purpose::BankFile)
        && !is_done(workspace, target)
    {
        let message = say!("Copy {shown} is a bank file whose release is not complete.", shown);
        return Err(Fault::refused("copy.needed", message).remedy(say!("Complete the release first.")));
    }
    if has_reason || is_page(target) {
        return Ok(());
    }
    if !target.is_there && !durable::is_there(&ending(&target.path)?)? {
        let message = say!("Copy {shown} does not lie where it was put.", shown);
        return Err(Fault::refused("copy.missing", message).remedy(say!(
            "If it was moved, name the file where it lies now. If it is gone, say how it ended with --reason."
        )));
    }
    if !target.as_written {
        let message = say!("What lies in the place of copy {shown} is not what was written there.", shown);
        return Err(Fault::refused("copy.changed", message)
            .remedy(say!("Look at it. If it is to be destroyed all the same, say why with --reason.")));
    }
    Ok(())
}

/// The name under which a file is overwritten: whoever finds it there again finishes that.
fn ending(path: &Path) -> Result<PathBuf> {
    let (folder, name) = durable::split(path)?;
    Ok(folder.join(format!(".{name}.ending")))
}

/// Fills the file with zeros, synced, under the name of its end.
fn overwrite(path: &Path) -> Result<()> {
    let ending = ending(path)?;
    let failed = |error: io::Error| disk_fault("overwrite", path, &error);
    if durable::is_there(path)? {
        std::fs::rename(path, &ending).map_err(failed)?;
    }
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    let mut file = OpenOptions::new().write(true).custom_flags(no_follow).open(&ending).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let zeros = [0; 64 * 1024];
    let mut left = length;
    while left > 0 {
        let some = left.min(zeros.len() as u64) as usize;
        file.write_all(&zeros[..some]).map_err(failed)?;
        left -= some as u64;
    }
    file.sync_all().map_err(failed)?;
    durable::sync_folder(durable::split(path)?.0)
}

/// Removes what an interruption left of files that were overwritten and whose end is recorded.
fn finish_ends(workspace: &Workspace, places: &BTreeMap<CopyId, PathBuf>) -> Result<()> {
    let copies = &workspace.state.copies;
    let at = |copy: &CopyState| places.get(&copy.id).map(|place| workspace.folder().join(place));
    let still_open: BTreeSet<PathBuf> = copies.open().filter_map(at).collect();
    let ended = copies.all().filter(|copy| !copy.is_open()).filter_map(at).filter(|path| !still_open.contains(path));
    ended.collect::<BTreeSet<_>>().iter().try_for_each(|path| durable::remove_leftover(&ending(path)?))
}

/// Overwrites a file and removes it; finishes what was interrupted.
pub(in crate::ops) fn destroy(path: &Path) -> Result<()> {
    let ending = ending(path)?;
    if durable::is_there(path)? || durable::is_there(&ending)? {
        overwrite(path)?;
        durable::remove_leftover(&ending)?;
        durable::sync_folder(durable::split(path)?.0)?;
    }
    Ok(())
}

fn record(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    ended: &[Ended],
    reason: Option<&str>,
) -> Result<()> {
    let copies: Vec<_> = ended.iter().filter_map(|one| Some((one.id?, one.how))).collect();
    let Some((first, _)) = copies.first().copied() else { return Ok(()) };
    let keys = workspace.keys.clone();
    workspace.record(world, |recording| {
        let state = &recording.state;
        let entry = state.copies.get(first).map(|copy| copy.entry);
        let Some(recorded) = entry.and_then(|entry| state.parts.get(&entry)) else {
            return Err(Fault::failed("ledger.damaged", say!("Copy {first} has no entry.", first)));
        };
        let of_an_episode = |id: &KeyId| state.episodes.iter().any(|episode| episode.key == *id);
        let youngest = state.episodes.iter().rev().find(|episode| episode.has_key()).map(|episode| episode.key);
        let id = Some(recorded.key).filter(of_an_episode).or(youngest);
        let reason = match (reason, id) {
            (Some(reason), Some(id)) => {
                let key = who.episode_key(&keys, id)?;
                let mut sealer = PartSealer::new(state.ledger, recording.next_entry(), (id, &key));
                sealer.add(&mut *recording.transaction, &CopyRecord::Reason(reason.to_owned()))?;
                sealer.finish(&mut *recording.transaction)?
            }
            (Some(_), None) => {
                world.say(say!("There is no episode yet to keep the reason under, so it is not kept."));
                parts::nothing(recorded.key)
            }
            (None, id) => parts::nothing(id.unwrap_or(recorded.key)),
        };
        recording.event(&Event::CopiesEnded { copies, reason }, &who.signer, None)
    })
}

/// Records that two people looked at copies that were written without.
pub fn review(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    second: &str,
    names: &[String],
) -> Result<Vec<CopyState>> {
    let who = workspace.unlock(world, who)?;
    let second = workspace.unlock_second(world, &who, second)?;
    let places = places_of(workspace, &who)?;
    let mut ids = Vec::new();
    for named in names {
        let target = find(workspace, &who, &places, named)?;
        let copy = target.copy.ok_or_else(|| {
            Fault::input(
                "copy.unknown",
                say!("This file is not in the register, so nobody's looking at it is recorded."),
            )
        })?;
        if !target.is_there || !target.as_written {
            let message =
                say!("Copy {id} does not lie there as it was written: nobody can have looked at it.", id = copy.id);
            return Err(Fault::refused("copy.changed", message));
        }
        ids.push(copy.id);
    }
    let event = Event::CopiesReviewed { copies: ids.clone() };
    workspace.record(world, |recording| recording.event(&event, &who.signer, Some(&second.signer)))?;
    Ok(ids.into_iter().filter_map(|id| workspace.state.copies.get(id).cloned()).collect())
}
