//! Files on their way out of the ledger. They are entered before they appear: after a crash there may be an entry without a file, never a
//! file that nobody knows of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};

use super::census::Census;
use super::examine::{self, Examined, Registers};
use super::people::CopyPerson;
use super::{CopyRecord, places};
use crate::fault::{Fault, Result};
use crate::ledger::copies::{CopyId, CopyState, DeclaredCopies, DeclaredCopy, Field, PeopleCount, PeopleLie, Purpose};
use crate::ledger::event::KeyId;
use crate::ledger::seal::SecretKey;
use crate::ledger::{Event, LedgerState};
use crate::ops::durable::{self, Draft};
use crate::ops::episodes;
use crate::ops::hashing::Written;
use crate::ops::key_store::KeyStore;
use crate::ops::parts::PartSealer;
use crate::ops::settings::CopySettings;
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace, World};
use crate::payment::{BatchId, Digest};
use crate::say;

/// A file that has its whole content and not yet its name.
pub struct Outgoing {
    pub draft: Draft,
    pub purpose: Purpose,
    pub people: PeopleOf,
    /// Of a file that was hashed while it was written; any other is read back for it.
    pub written: Option<Written>,
}

/// How the people of a file are found.
pub enum PeopleOf {
    /// Whoever wrote it has told the [`Census`].
    Told(Examined),
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
        Self { draft, purpose, people: PeopleOf::ItsRows, written: None }
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
    let census = WayOut::of(workspace).census()?;
    leave_with(workspace, world, who, second, files, census)
}

/// As [`leave`], where the people of some files were told while those were written.
pub fn leave_with(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    second: Option<&Unlocked>,
    files: Vec<Outgoing>,
    census: Census,
) -> Result<Vec<CopyId>> {
    let way_out = WayOut::of(workspace);
    workspace.record(world, |recording| way_out.enter(recording, world, who, second, files, census))?.place()
}

impl WayOut {
    pub fn of(workspace: &Workspace) -> Self {
        let (folder, keys) = (workspace.folder().to_path_buf(), workspace.keys.clone());
        Self { workspace: folder, days: workspace.settings.copies.clone(), keys }
    }

    /// For those who tell of the people of a file while they write it.
    pub fn census(&self) -> Result<Census> {
        Census::new(&self.workspace)
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
        mut census: Census,
    ) -> Result<Departing> {
        let registers = Registers { country: recording.state.payer.country, today: world.now.today() };
        for file in &files {
            refuse_unless_free(&self.workspace, &recording.state, who, file.draft.path())?;
            file.draft.sync()?;
        }
        let found = look_through(&files, registers, &mut census)?;
        if second.is_none() && self.all_lie_there(recording, who, &files, &found)? {
            return Ok(Departing { files, copies: Vec::new() });
        }
        let (key, episodes) = key_of_them_all(recording, world, &self.keys, who)?;
        let mut entering = Entering::begin(recording, who, &self.days, registers.today, (key.0, &key.1));
        let mut counts = vec![PeopleCount::default(); files.len()];
        let others = others(&files);
        census.each(&mut |met, person| {
            let mut copies: Vec<u16> = met.iter().flat_map(|file| &others[usize::from(*file)]).copied().collect();
            copies.sort_unstable();
            for copy in &copies {
                let at = usize::from(*copy);
                let numbered = !person.number.is_empty() && found[at].fields.contains(&Field::PersonId);
                counts[at].persons += 1;
                counts[at].with_person_id += u64::from(numbered && !person.organisation);
            }
            entering.person(recording, copies, person)
        })?;
        for ((file, found), people) in files.iter().zip(&found).zip(counts) {
            let place = places::given(&self.workspace, file.draft.path())?;
            let replaces = entering.open_at(recording, &place);
            let new = NewCopy {
                purpose: file.purpose,
                batch: None,
                fields: found.fields.iter().copied().collect(),
                rows: found.rows,
                people,
                people_lie: PeopleLie::InParts,
                content: Some(found.sha256),
                replaces,
            };
            entering.add(recording, &place, new)?;
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
            let there = places::open_at(&recording.state, &who.tagger, &place);
            if there.and_then(|copy| copy.declared.content) != Some(who.tagger.content_mark(&found.sha256)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn changed_on_the_way(path: &Path, at: u16) -> Fault {
    let message = say!(
        "File {at} of this command ({path}) changed while it was being entered.",
        at = at + 1,
        path = path.display()
    );
    Fault::failed("copy.changed", message).remedy(say!("Run the same command again."))
}

/// What was found in one outgoing file.
struct Found {
    fields: BTreeSet<Field>,
    rows: u64,
    sha256: Digest,
}

/// Finds what every file holds, and tells the census who is in those that are read back.
fn look_through(files: &[Outgoing], registers: Registers, census: &mut Census) -> Result<Vec<Found>> {
    let mut found: Vec<Found> = Vec::new();
    for (number, file) in (0u16..).zip(files) {
        let path = file.draft.on_the_way();
        let sha256 = content_of(file, number)?;
        let mut see = |person: CopyPerson| census.see(&[number], person.seen());
        let Examined { fields, rows } = match &file.people {
            PeopleOf::Told(examined) => examined.clone(),
            PeopleOf::ItsRows => {
                let examined = examine::examine(path, registers, &mut see)?;
                if examine::sha256(path)? != sha256 {
                    return Err(changed_on_the_way(file.draft.path(), number));
                }
                examined
            }
            PeopleOf::Named { people, fields } => {
                people.iter().cloned().try_for_each(see)?;
                Examined { fields: fields.iter().copied().collect(), rows: people.len() as u64 }
            }
            PeopleOf::Another { file: of, fields } => {
                let other = found.get(*of).ok_or_else(|| changed_on_the_way(file.draft.path(), number))?;
                let fields = fields.as_ref().map_or_else(|| other.fields.clone(), |f| f.iter().copied().collect());
                Examined { fields, rows: other.rows }
            }
        };
        found.push(Found { fields, rows, sha256 });
    }
    Ok(found)
}

/// The digest of a file's content. One that was hashed while it was written has it; that all of it came to lie there, its length tells.
fn content_of(file: &Outgoing, number: u16) -> Result<Digest> {
    let Some(written) = file.written else { return examine::sha256(file.draft.on_the_way()) };
    let about = file.draft.file.metadata();
    match about.map_err(|error| durable::disk_fault("look at", file.draft.path(), &error))?.len() {
        bytes if bytes == written.bytes => Ok(written.sha256),
        _ => Err(changed_on_the_way(file.draft.path(), number)),
    }
}

/// Of each file, itself and those that are about the same people.
fn others(files: &[Outgoing]) -> Vec<Vec<u16>> {
    let mut others: Vec<Vec<u16>> = (0u16..).take(files.len()).map(|file| vec![file]).collect();
    for (number, file) in (0u16..).zip(files) {
        if let PeopleOf::Another { file: of, .. } = &file.people {
            others[*of].push(number);
        }
    }
    others
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
        let (episode, _) = episodes::open_or_begin(recording, world, keys, who, false)?;
        episodes::tell_if_begun(world, false, &episode);
    }
    let living: Vec<_> = recording.state.episodes.iter().filter(|episode| episode.has_key()).collect();
    let Some(youngest) = living.last() else {
        return Err(Fault::failed("ledger.damaged", say!("No episode is there although one was opened.")));
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
        places::open_at(&recording.state, &self.who.tagger, place).map(|copy| copy.id)
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
            return Err(Fault::failed(
                "copy.out_of_turn",
                say!("Something was recorded while copies were being entered."),
            ));
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
        let message = say!("{parent} is a link, which may lead anywhere.", parent = parent.display());
        return Err(Fault::refused("out.link", message).remedy(say!("Name the folder that is meant itself.")));
    }
    let there = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        there => there.map_err(|error| durable::disk_fault("look at", path, &error))?,
    };
    if there.is_symlink() {
        return Err(Fault::refused("out.link", say!("{shown} is a link, which may lead anywhere.", shown))
            .remedy(say!("Remove it, or choose another name.")));
    }
    if !there.is_file() {
        return Err(Fault::refused("out.not_a_file", say!("{shown} is there already, and is no file.", shown))
            .remedy(say!("Choose another name.")));
    }
    let place = places::given(workspace, path)?;
    let known = places::open_at(state, &who.tagger, &place);
    match known {
        Some(copy) if is_unchanged(copy, who, path)? => Ok(()),
        Some(copy) => {
            let message =
                say!("{shown} (copy {id}) was changed since it was written, and would be lost.", shown, id = copy.id);
            Err(Fault::refused("out.changed", message).remedy(say!(
                "Move it away if it is needed, or end it with `stopgap copies end {id}`; or choose another name.",
                id = copy.id
            )))
        }
        None => Err(Fault::refused("out.exists", say!("{shown} is there already, and is not this program's.", shown))
            .remedy(say!("Choose another name."))),
    }
}

fn is_unchanged(copy: &CopyState, who: &Unlocked, path: &Path) -> Result<bool> {
    let Some(content) = copy.declared.content else { return Ok(true) };
    Ok(who.tagger.content_mark(&examine::sha256(path)?) == content)
}
