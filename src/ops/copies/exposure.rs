//! `exposure`: who is in a file, and with what. For the day when one is found where it should not be.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::examine::{self, Registers};
use super::outgoing::{Outgoing, leave};
use super::people::{CopyPerson, Headcount};
use super::{CopyRecord, bank_files, places};
use crate::fault::{Fault, Result};
use crate::ledger::copies::{CopyId, CopyState, Field, PeopleCount, PeopleLie, Purpose};
use crate::ops::table::Table;
use crate::ops::{Unlocked, Workspace, World, bank_files as walk, batches, parts, payments, worksheets};
use crate::payment::Digest;
use crate::say;
use crate::words::Message;

/// How the file is known to whoever asks.
pub enum Asked<'a> {
    /// A file that lies there, or the name of one that does not.
    File(&'a Path),
    /// Its SHA-256.
    Hash(Digest),
}

pub struct Exposure {
    pub people: PeopleCount,
    pub fields: BTreeSet<Field>,
    pub rows: u64,
    /// Which copies of the register it is; none: this program never wrote it.
    pub copies: Vec<CopyState>,
    /// Whether it lies there in another form than it was written.
    pub changed: bool,
    /// What has not been examined, in words.
    pub not_examined: Vec<Message>,
    /// By number and name, where they were asked for and are not purged.
    pub list: Option<Vec<CopyPerson>>,
}

/// Looks the file up in the register; what is not in there is looked into. `listed`: the people themselves are wanted, not only how many.
pub fn exposure(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    asked: &Asked,
    listed: bool,
) -> Result<Exposure> {
    let who = workspace.unlock(world, who)?;
    let registers = Registers { country: workspace.state.payer.country, today: world.now.today() };
    let path = match asked {
        Asked::File(path) => found_at(workspace, path),
        Asked::Hash(_) => None,
    };
    let sha256 = match (asked, &path) {
        (Asked::Hash(sha256), _) => Some(*sha256),
        (Asked::File(_), Some(path)) => Some(examine::sha256(path)?),
        (Asked::File(_), None) => None,
    };
    let mut copies = by_content(workspace, &who, sha256);
    let is_what_was_written = !copies.is_empty();
    if let (Asked::File(given), true) = (asked, copies.is_empty()) {
        copies = by_name(workspace, &who, given, path.is_some())?;
    }
    let mut not_examined = Vec::new();
    let mut people = BTreeMap::new();
    let mut count = Headcount::default();
    let mut fields: BTreeSet<Field> = copies.iter().flat_map(|copy| copy.declared.fields.iter().copied()).collect();
    let mut rows = copies.iter().map(|copy| copy.declared.rows).max().unwrap_or(0);
    let mut meet = |person: CopyPerson, numbered: bool| {
        count.add(&person, numbered);
        if listed {
            people.entry((person.number.clone(), person.name.to_lowercase())).or_insert(person);
        }
    };
    let changed = path.is_some() && !is_what_was_written && !copies.is_empty();
    // A file may name people whom the register knows by their numbers.
    let mut named: HashSet<String> = HashSet::new();
    if changed {
        for copy in &copies {
            each_person(workspace, &who, registers, copy, &mut |person, _| {
                if person.is_numbered() {
                    named.insert(person.name.to_lowercase());
                }
            })?;
        }
    }
    if let Some(path) = path.filter(|_| !is_what_was_written) {
        let found = examine::examine(&path, registers, &mut |person| {
            if person.is_numbered() || !named.contains(&person.name.to_lowercase()) {
                meet(person, true);
            }
            Ok(())
        })?;
        fields.extend(found.fields);
        rows = rows.max(found.rows);
        not_examined.push(match changed {
            true => say!(
                "The file was changed since it was written. Counted is who is in it now and who was in it then; what it held in between is \
                 not known."
            ),
            false => say!(
                "This program never wrote this file. It was read as it lies there; where it came from and where else it lies is not known."
            ),
        });
    } else if copies.is_empty() {
        return Err(Fault::input(
            "exposure.unknown",
            say!("No file of this name or hash was ever written from this ledger."),
        )
        .remedy(say!(
            "Name a file that lies there, and it is looked into. `stopgap copies list --all` shows what was written."
        )));
    }
    let one = match copies.as_slice() {
        [one] if !changed => Some(one.declared.people),
        _ => None,
    };
    if listed || one.is_none() {
        for copy in &copies {
            let lie_there = each_person(workspace, &who, registers, copy, &mut meet)?;
            if let Some(why) = lie_there {
                not_examined.push(why);
            }
        }
    }
    let counted = count.count();
    let most = |figure: fn(&PeopleCount) -> u64| {
        let known = copies.iter().map(|copy| figure(&copy.declared.people)).max().unwrap_or(0);
        known.max(figure(&counted))
    };
    let united =
        PeopleCount { persons: most(|people| people.persons), with_person_id: most(|people| people.with_person_id) };
    let list = listed.then(|| people.into_values().collect());
    Ok(Exposure { people: one.unwrap_or(united), fields, rows, copies, changed, not_examined, list })
}

/// Writes the people to a file, for letters. It is a copy like any other.
pub fn write_list(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    second: Option<&str>,
    people: &[CopyPerson],
    out: &Path,
) -> Result<CopyId> {
    let who = workspace.unlock(world, who)?;
    let second = super::second(workspace, world, &who, second)?;
    super::refuse_unless_free(workspace.folder(), &workspace.state, &who, out)?;
    let mut table = Table::create(out, &["person_id", "cvr", "name"])?;
    for person in people {
        let number = person.number.as_str();
        let [natural, company] = if person.organisation { ["", number] } else { [number, ""] };
        table.row([natural, company, person.name.as_str()].into_iter())?;
    }
    let (draft, _) = table.finish()?;
    let ids = leave(workspace, world, &who, second.as_ref(), vec![Outgoing::list(draft, Purpose::Notices)])?;
    ids.first().copied().ok_or_else(|| Fault::refused("copy.entered", say!("This list lies there already.")))
}

fn found_at(workspace: &Workspace, given: &Path) -> Option<PathBuf> {
    let there = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_dir());
    [given.to_path_buf(), workspace.folder().join(given)].into_iter().find(|path| there(path))
}

fn by_content(workspace: &Workspace, who: &Unlocked, sha256: Option<Digest>) -> Vec<CopyState> {
    let Some(sha256) = sha256 else { return Vec::new() };
    let content = who.tagger.content_mark(&sha256);
    workspace.state.copies.all().filter(|copy| copy.declared.content == Some(content)).cloned().collect()
}

/// By the whole path; of a file that does not lie there also by its name alone, because whoever found it elsewhere knows no more.
fn by_name(workspace: &Workspace, who: &Unlocked, given: &Path, lies_there: bool) -> Result<Vec<CopyState>> {
    let mut marks = BTreeSet::new();
    for path in [given.to_path_buf(), workspace.folder().join(given)] {
        marks.insert(places::mark(&who.tagger, &places::given(workspace.folder(), &path)?));
    }
    let register = &workspace.state.copies;
    let of_place: Vec<_> = register.all().filter(|copy| marks.contains(&copy.declared.place)).cloned().collect();
    if !of_place.is_empty() || lies_there {
        return Ok(of_place);
    }
    let name = places::name_mark(&who.tagger, given);
    Ok(register.all().filter(|copy| copy.declared.name == name).cloned().collect())
}

/// Hands out the people of a copy, and whether their number is in it. Says in words who cannot be handed out.
fn each_person(
    workspace: &mut Workspace,
    who: &Unlocked,
    registers: Registers,
    copy: &CopyState,
    visit: &mut dyn FnMut(CopyPerson, bool),
) -> Result<Option<Message>> {
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    let id = copy.id;
    let purged = say!("Who was in copy {id} was purged; how many stays known.", id = id.to_string());
    if copy.declared.people_lie == PeopleLie::Nowhere {
        return Ok(Some(say!(
            "The {persons:person|people} of copy {id} are masked in it and not listed.",
            persons = copy.declared.people.persons,
            id = id.to_string()
        )));
    }
    let numbered = copy.declared.fields.contains(&Field::PersonId);
    let mut snapshot = workspace.read()?;
    if let Some(batch) = copy.declared.batch.and_then(|batch| state.batches.get(&batch)) {
        let episode = batches::episode(&state, batch)?;
        let Some(key) = who.living_episode_key(&keys, episode.key)? else { return Ok(Some(purged)) };
        let source = walk::Source { ledger: state.ledger, batch: batch.prepared.id, key: &key };
        match copy.declared.people_lie {
            PeopleLie::InBankFile(wanted) => {
                walk::each_placed(&mut *snapshot, &source, &batch.prepared.plan.files, &mut |file, _, payment| {
                    if file == wanted as usize {
                        let numbered = bank_files::tells_number(&payment.payment, registers);
                        visit(bank_files::person(&payment.payment), numbered);
                    }
                    Ok(())
                })?;
                return Ok(None);
            }
            PeopleLie::OnSheet(wanted) => {
                let of_batch = batch.prepared.id;
                worksheets::each_line(&mut *snapshot, &state, (who, &keys), of_batch, &mut |sheet, line| {
                    if sheet == wanted as usize {
                        visit(bank_files::person(&line.payment), bank_files::tells_number(&line.payment, registers));
                    }
                    Ok(())
                })?;
                return Ok(None);
            }
            PeopleLie::InBatchAndParts => {
                payments::each(&mut *snapshot, state.ledger, batch.prepared.id, &key, &mut |_, payment| {
                    visit(bank_files::person(&payment.payment), numbered);
                    Ok(())
                })?;
            }
            PeopleLie::InParts | PeopleLie::Nowhere => {}
        }
    }
    let Some(recorded) = state.parts.get(&copy.entry) else { return Ok(Some(purged)) };
    let Some(key) = who.living_episode_key(&keys, recorded.key)? else { return Ok(Some(purged)) };
    let first = state.copies.all().find(|other| other.entry == copy.entry).map_or(id, |other| other.id);
    let place = (id.0 - first.0) as u16;
    let read = parts::each(&mut *snapshot, state.ledger, copy.entry, &key, &mut |record| {
        if let CopyRecord::Person { copies, person } = record
            && copies.contains(&place)
        {
            visit(person, numbered);
        }
        Ok(())
    });
    match read {
        Err(fault) if fault.code == "ledger.purged" => Ok(Some(purged)),
        read => read.map(|()| None),
    }
}
