//! Files on their way out of the ledger. They are entered before they appear: after a crash there may be an entry without a file, never a
//! file that nobody knows of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};

use super::examine::{self, Examined, Registers};
use super::people::{Census, CopyPerson, Headcount};
use super::{CopyRecord, places};
use crate::fault::{Fault, Result};
use crate::ledger::copies::{CopyId, CopyState, DeclaredCopies, DeclaredCopy, Field, PeopleCount, PeopleLie, Purpose};
use crate::ledger::event::KeyId;
use crate::ledger::seal::SecretKey;
use crate::ledger::{Event, LedgerState};
use crate::ops::durable::{self, Draft};
use crate::ops::episodes;
use crate::ops::key_store::KeyStore;
use crate::ops::parts::PartSealer;
use crate::ops::settings::CopySettings;
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace, World};
use crate::payment::{BatchId, Digest};

/// A file that has its whole content and not yet its name.
pub struct Outgoing {
    pub draft: Draft,
    pub purpose: Purpose,
    pub people: PeopleOf,
}

/// How the people of a file are found.
pub enum PeopleOf {
    /// By reading the file back: a list, JSON, or XML.
    ItsRows,
    /// They are those of an earlier file of the same command, by its place; `fields` where they are not the same ones.
    Another { file: usize, fields: Option<Vec<Field>> },
    /// As handed over.
    Named { people: Vec<CopyPerson>, fields: Vec<Field> },
}

impl Outgoing {
    /// A list, whose people are read back from it.
    pub fn list(draft: Draft, purpose: Purpose) -> Self {
        Self { draft, purpose, people: PeopleOf::ItsRows }
    }
}

/// What it takes to enter files, whatever is being recorded.
pub struct WayOut {
    workspace: PathBuf,
    days: CopySettings,
    keys: KeyStore,
}

/// Files that are entered in a recording and get their names when that is committed.
#[must_use = "files get their names only once they are placed"]
pub struct Departing {
    files: Vec<Outgoing>,
    pub copies: Vec<CopyId>,
}

impl Departing {
    /// Gives the files their names. Only after the recording is committed.
    pub fn place(self) -> Result<Vec<CopyId>> {
        self.files.into_iter().try_for_each(|file| file.draft.place())?;
        Ok(self.copies)
    }
}

/// Enters the files in a recording of its own, then gives them their names. `second` looked at them too.
pub fn leave(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    second: Option<&Unlocked>,
    files: Vec<Outgoing>,
) -> Result<Vec<CopyId>> {
    let way_out = WayOut::of(workspace);
    workspace.record(world, |recording| way_out.enter(recording, world, who, second, files))?.place()
}

impl WayOut {
    pub fn of(workspace: &Workspace) -> Self {
        let (folder, keys) = (workspace.folder().to_path_buf(), workspace.keys.clone());
        Self { workspace: folder, days: workspace.settings.copies.clone(), keys }
    }

    /// Enters the files. A file that lies in its place already, with the same content, is not entered again.
    ///
    /// # Errors
    /// `out.exists` and the like where something lies in a place that must not be replaced: nothing is entered and no file appears.
    pub fn enter(
        &self,
        recording: &mut Recording,
        world: &World,
        who: &Unlocked,
        second: Option<&Unlocked>,
        files: Vec<Outgoing>,
    ) -> Result<Departing> {
        let registers = Registers { country: recording.state.payer.country, today: world.now.today() };
        for file in &files {
            refuse_unless_free(&self.workspace, &recording.state, who, file.draft.path())?;
            file.draft.sync()?;
        }
        let mut census = Census::default();
        let found = look_through(&files, registers, &mut census)?;
        if second.is_none() && self.all_lie_there(recording, who, &files, &found)? {
            return Ok(Departing { files, copies: Vec::new() });
        }
        let (key, episodes) = key_of_them_all(recording, world, &self.keys, who)?;
        let mut entering = Entering::begin(recording, who, &self.days, registers.today, (key.0, &key.1));
        for (at, (file, found)) in files.iter().zip(&found).enumerate() {
            let place = places::given(&self.workspace, file.draft.path())?;
            let replaces = entering.open_at(recording, &place);
            let new = NewCopy {
                purpose: file.purpose,
                batch: None,
                fields: found.fields.iter().copied().collect(),
                rows: found.rows,
                people: found.people,
                people_lie: PeopleLie::InParts,
                content: Some(found.sha256),
                replaces,
            };
            entering.add(recording, &place, new)?;
            let mut hand_on = |person: CopyPerson| match census.hand_out(&person) {
                Some(copies) => entering.person(recording, copies, person),
                None => Ok(()),
            };
            match &file.people {
                PeopleOf::ItsRows => drop(examine::examine(file.draft.on_the_way(), registers, &mut hand_on)?),
                PeopleOf::Named { people, .. } => people.iter().cloned().try_for_each(hand_on)?,
                PeopleOf::Another { .. } => {}
            }
            if examine::sha256(file.draft.on_the_way())? != found.sha256 {
                return Err(changed_on_the_way(file.draft.path(), at));
            }
        }
        let copies = entering.finish(recording, who, second, episodes)?;
        Ok(Departing { files, copies })
    }

    fn all_lie_there(
        &self,
        recording: &Recording,
        who: &Unlocked,
        files: &[Outgoing],
        found: &[Found],
    ) -> Result<bool> {
        for (file, found) in files.iter().zip(found) {
            let place = places::given(&self.workspace, file.draft.path())?;
            let there = recording.state.copies.open_at(&places::mark(&who.tagger, &place));
            if there.and_then(|copy| copy.declared.content) != Some(who.tagger.content_mark(&found.sha256)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn changed_on_the_way(path: &Path, at: usize) -> Fault {
    let message = format!("File {} of this command ({}) changed while it was being entered.", at + 1, path.display());
    Fault::failed("copy.changed", message).remedy("Run the same command again.")
}

/// What was found in one outgoing file.
struct Found {
    fields: BTreeSet<Field>,
    rows: u64,
    people: PeopleCount,
    sha256: Digest,
}

fn look_through(files: &[Outgoing], registers: Registers, census: &mut Census) -> Result<Vec<Found>> {
    let mut found: Vec<Found> = Vec::new();
    for (number, file) in (0u16..).zip(files) {
        let mut headcount = Headcount::default();
        let mut see = |person: CopyPerson| {
            headcount.add(&person, true);
            census.see(number, &person);
            Ok(())
        };
        let path = file.draft.on_the_way();
        let Examined { fields, rows } = match &file.people {
            PeopleOf::ItsRows => examine::examine(path, registers, &mut see)?,
            PeopleOf::Named { people, fields } => {
                people.iter().cloned().try_for_each(see)?;
                Examined { fields: fields.iter().copied().collect(), rows: people.len() as u64 }
            }
            PeopleOf::Another { file, fields } => {
                let other = found.get(*file).ok_or_else(|| changed_on_the_way(path, *file))?;
                let fields = fields.as_ref().map_or_else(|| other.fields.clone(), |f| f.iter().copied().collect());
                let numbered = if fields.contains(&Field::PersonId) { other.people.with_person_id } else { 0 };
                let people = PeopleCount { with_person_id: numbered, ..other.people };
                census.see_all_of(*file as u16, number);
                found.push(Found { fields, rows: other.rows, people, sha256: examine::sha256(path)? });
                continue;
            }
        };
        found.push(Found { fields, rows, people: headcount.count(), sha256: examine::sha256(path)? });
    }
    Ok(found)
}

/// The key under which the people of files about several episodes are sealed, and the episodes whose people can be in them: the youngest
/// episode's. With none there, one is opened, as for a batch.
fn key_of_them_all(
    recording: &mut Recording,
    world: &World,
    keys: &KeyStore,
    who: &Unlocked,
) -> Result<((KeyId, SecretKey), Vec<String>)> {
    if !recording.state.episodes.iter().any(|episode| episode.has_key()) {
        episodes::open_or_begin(recording, world, keys, who, false)?;
    }
    let living: Vec<_> = recording.state.episodes.iter().filter(|episode| episode.has_key()).collect();
    let Some(youngest) = living.last() else {
        return Err(Fault::failed("ledger.damaged", "No episode is there although one was opened."));
    };
    let key = who.episode_key(keys, youngest.key)?;
    Ok(((youngest.key, key), living.iter().map(|episode| episode.name.clone()).collect()))
}

/// A copy as the command that makes it describes it.
pub struct NewCopy {
    pub purpose: Purpose,
    pub batch: Option<BatchId>,
    pub fields: Vec<Field>,
    pub rows: u64,
    pub people: PeopleCount,
    pub people_lie: PeopleLie,
    /// `None` for a page that is written anew each time somebody looks.
    pub content: Option<Digest>,
    pub replaces: Option<CopyId>,
}

/// Enters copies within a recording of the command's own: [`leave`] does it all for files that stand alone.
pub struct Entering<'a> {
    sealer: PartSealer<'a>,
    who: &'a Unlocked,
    days: CopySettings,
    today: NaiveDate,
    copies: Vec<DeclaredCopy>,
    entry: u64,
}

impl<'a> Entering<'a> {
    /// From here until [`finish`](Self::finish) nothing else may be recorded: the people are sealed to the entry's number.
    pub fn begin(
        recording: &Recording,
        who: &'a Unlocked,
        days: &CopySettings,
        today: NaiveDate,
        key: (KeyId, &'a SecretKey),
    ) -> Self {
        let entry = recording.next_entry();
        let sealer = PartSealer::new(recording.state.ledger, entry, key);
        Self { sealer, who, days: days.clone(), today, copies: Vec::new(), entry }
    }

    /// The open copy that lies in this place.
    pub fn open_at(&self, recording: &Recording, place: &Path) -> Option<CopyId> {
        recording.state.copies.open_at(&places::mark(&self.who.tagger, place)).map(|copy| copy.id)
    }

    /// Adds a copy in `place`, which is relative to the workspace where it lies within.
    pub fn add(&mut self, recording: &mut Recording, place: &Path, new: NewCopy) -> Result<()> {
        let NewCopy { purpose, batch, fields, rows, people, people_lie, content, replaces } = new;
        let days = Days::new(self.days.days(purpose).into());
        let tagger = &self.who.tagger;
        let path = CopyRecord::Place { copy: self.copies.len() as u16, path: place.to_string_lossy().into_owned() };
        self.sealer.add(&mut *recording.transaction, &path)?;
        self.copies.push(DeclaredCopy {
            purpose,
            batch,
            fields,
            rows,
            people,
            people_lie,
            place: places::mark(tagger, place),
            name: places::name_mark(tagger, place),
            content: content.map(|sha256| tagger.content_mark(&sha256)),
            end_by: self.today.checked_add_days(days).unwrap_or(NaiveDate::MAX),
            replaces,
        });
        Ok(())
    }

    /// Adds somebody who is in the copies with these places among those that are entered together.
    pub fn person(&mut self, recording: &mut Recording, copies: Vec<u16>, person: CopyPerson) -> Result<()> {
        self.sealer.add(&mut *recording.transaction, &CopyRecord::Person { copies, person })
    }

    pub fn finish(
        self,
        recording: &mut Recording,
        who: &Unlocked,
        second: Option<&Unlocked>,
        episodes: Vec<String>,
    ) -> Result<Vec<CopyId>> {
        if recording.next_entry() != self.entry {
            return Err(Fault::failed("copy.out_of_turn", "Something was recorded while copies were being entered."));
        }
        let first = recording.state.copies.next().0;
        let ids = (first..).take(self.copies.len()).map(CopyId).collect();
        let parts = self.sealer.finish(&mut *recording.transaction)?;
        let declared = DeclaredCopies { copies: self.copies, episodes, parts };
        let second = second.map(|second| &second.signer);
        recording.event(&Event::CopiesDeclared(Box::new(declared)), &who.signer, second)?;
        Ok(ids)
    }
}

/// Refuses to write where something lies that is not this program's own, unchanged: somebody's list must not be lost, and what somebody wrote
/// into a file of ours neither.
pub fn refuse_unless_free(workspace: &Path, state: &LedgerState, who: &Unlocked, path: &Path) -> Result<()> {
    let shown = path.display();
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty())
        && std::fs::symlink_metadata(parent).is_ok_and(|there| there.is_symlink())
    {
        let message = format!("{} is a link, which may lead anywhere.", parent.display());
        return Err(Fault::refused("out.link", message).remedy("Name the folder that is meant itself."));
    }
    let there = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        there => there.map_err(|error| durable::disk_fault("look at", path, &error))?,
    };
    if there.is_symlink() {
        return Err(Fault::refused("out.link", format!("{shown} is a link, which may lead anywhere."))
            .remedy("Remove it, or choose another name."));
    }
    if !there.is_file() {
        return Err(Fault::refused("out.not_a_file", format!("{shown} is there already, and is no file."))
            .remedy("Choose another name."));
    }
    let place = places::given(workspace, path)?;
    let known = state.copies.open_at(&places::mark(&who.tagger, &place));
    match known {
        Some(copy) if is_unchanged(copy, who, path)? => Ok(()),
        Some(copy) => {
            let message = format!("{shown} (copy {}) was changed since it was written, and would be lost.", copy.id);
            Err(Fault::refused("out.changed", message).remedy(format!(
                "Move it away if it is needed, or end it with `stopgap copies end {}`; or choose another name.",
                copy.id
            )))
        }
        None => Err(Fault::refused("out.exists", format!("{shown} is there already, and is not this program's."))
            .remedy("Choose another name.")),
    }
}

fn is_unchanged(copy: &CopyState, who: &Unlocked, path: &Path) -> Result<bool> {
    let Some(content) = copy.declared.content else { return Ok(true) };
    Ok(who.tagger.content_mark(&examine::sha256(path)?) == content)
}
