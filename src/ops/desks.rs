//! `desk add`: a second workspace for another office of the same payer. It has a ledger of its own and shares the duplicate key, so that the
//! same obligation has the same tag and the same end-to-end id at both; and its batches have a letter of their own, so that no two are called
//! alike.

use std::path::{Path, PathBuf};

use super::draft_folder::{self, DraftFolder};
use super::durable::{self, disk_fault};
use super::key_store::{KeyStore, check_operator_name};
use super::world::random;
use super::{Unlocked, Workspace, World, first_entries, settings};
use crate::fault::{Fault, Result};
use crate::ledger::desks::Desk;
use crate::ledger::entry::Signer;
use crate::ledger::event::{Enrolment, LedgerId};
use crate::ledger::{Event, LedgerState};
use crate::say;

/// Letters that are not taken for digits.
const LETTERS: &str = "CDEFGHJKLMNPQRSTUVWXYZ";

pub struct Request<'a> {
    pub folder: &'a Path,
    /// The letter of its batches; without one the next that is free.
    pub letter: Option<char>,
    pub name: Option<&'a str>,
    /// The second of the two who sign; without one, another operator whose passphrase is at hand.
    pub second: Option<&'a str>,
    /// Operators of the new desk besides those of this one.
    pub enrol: &'a [String],
}

#[derive(Debug)]
pub struct AddedDesk {
    pub folder: PathBuf,
    pub letter: char,
    pub name: String,
    pub operators: Vec<String>,
}

pub fn add(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<AddedDesk> {
    let folder = draft_folder::free_place(request.folder)?;
    refuse_unless_first(&workspace.state.desk)?;
    let letter = choose_letter(&workspace.state, request.letter)?;
    let name = request.name.map_or_else(|| format!("desk {letter}"), |name| name.trim().to_owned());
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Fault::input("desk.name", say!("A desk's name has 1 to 60 characters, such as `Maniitsoq`.")));
    }
    check_new_operators(&workspace.state, request.enrol)?;
    let first = workspace.unlock(world, who)?;
    let second = second(workspace, world, &first, request.second)?;
    durable::create_folder(durable::parent(&folder))?;
    let draft = DraftFolder::create(&draft_folder::draft_of(&folder))?;
    let ledger = LedgerId(random()?);
    let made = NewDesk { parent: workspace, letter, name: &name, ledger, signers: [&first.signer, &second.signer] };
    let operators = made.fill(world, draft.path(), &first, request.enrol)?;
    // The letter is taken before anybody can use it: an interruption leaves one too few, never one twice.
    let event = Event::DeskAdded { ledger, letter: letter as u8, name: name.clone() };
    workspace.record(world, |recording| recording.event(&event, &first.signer, Some(&second.signer)))?;
    draft.place(&folder)?;
    Ok(AddedDesk { folder, letter, name, operators })
}

/// Only the first desk knows which letters are taken.
fn refuse_unless_first(desk: &Desk) -> Result<()> {
    if desk.of.is_none() {
        return Ok(());
    }
    let message = say!("This is desk {letter}, which another desk added.", letter = desk.letter);
    Err(Fault::refused("desk.not_first", message).remedy(say!(
        "Add desks from the workspace of the first one (its batches begin with B): it knows which letters are taken."
    )))
}

fn choose_letter(state: &LedgerState, asked: Option<char>) -> Result<char> {
    let is_free =
        |letter: &char| *letter != state.desk.letter && !state.desks.iter().any(|desk| desk.letter == *letter);
    match asked {
        Some(letter) if !letter.is_ascii_uppercase() => Err(no_letter()),
        Some(letter) if is_free(&letter) => Ok(letter),
        Some(letter) => {
            Err(Fault::refused("desk.letter_taken", say!("The letter {letter} is another desk's.", letter)))
        }
        None => free_letter(|letter| is_free(&letter)),
    }
}

pub(super) fn no_letter() -> Fault {
    Fault::input("desk.letter", say!("A desk's letter is one from A to Z.")).remedy(say!("Such as --letter K."))
}

/// A letter as it is typed, in either case.
/// # Errors
/// `desk.letter` where it is anything but one character.
pub fn read_letter(text: &str) -> Result<char> {
    let mut letters = text.trim().chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(letter.to_ascii_uppercase()),
        _ => Err(no_letter()),
    }
}

/// The next letter that is free.
pub(super) fn free_letter(is_free: impl Fn(char) -> bool) -> Result<char> {
    let letter = LETTERS.chars().find(|letter| is_free(*letter));
    letter.ok_or_else(|| Fault::refused("desk.letter_taken", say!("Every letter is another desk's.")))
}

fn check_new_operators(state: &LedgerState, names: &[String]) -> Result<()> {
    for (at, name) in names.iter().enumerate() {
        check_operator_name(name)?;
        let folded = name.to_lowercase();
        let known = state.operators.iter().map(|operator| &operator.name).chain(&names[..at]);
        if known.into_iter().any(|other| other.to_lowercase() == folded) {
            return Err(Fault::input("operator.exists", say!("{name} is or was an operator already.", name)).remedy(
                say!("The operators of this desk are those of the new one too; name only new ones with --enrol."),
            ));
        }
    }
    Ok(())
}

/// The second who signs: the one named, else whoever says so on the terminal, else another whose passphrase is at hand.
fn second(workspace: &Workspace, world: &World, first: &Unlocked, named: Option<&str>) -> Result<Unlocked> {
    if let Some(named) = named {
        return workspace.unlock_second(world, first, named);
    }
    let others = workspace.state.active_operators().map(|operator| operator.name.as_str());
    let others: Vec<&str> = others.filter(|name| *name != first.signer.name).collect();
    let name = match world.passphrases.who(&others)? {
        Some(name) => Some(name),
        None => others.iter().find(|name| world.passphrases.is_at_hand(name)).map(|name| (*name).to_owned()),
    };
    let name = name.ok_or_else(|| {
        Fault::input("operator.missing", say!("This takes two operators, and nobody said who is the second."))
            .remedy(say!("Add --second NAME; the others are: {others}.", others = others.join(", ")))
    })?;
    let second = workspace.unlock_second(world, first, &name)?;
    world.say(say!("Signed by {name} as the second.", name = &name));
    Ok(second)
}

struct NewDesk<'a> {
    parent: &'a Workspace,
    letter: char,
    name: &'a str,
    ledger: LedgerId,
    signers: [&'a Signer; 2],
}

impl NewDesk<'_> {
    /// Makes the workspace in `draft`; gives the names of its operators.
    fn fill(&self, world: &World, draft: &Path, first: &Unlocked, enrol: &[String]) -> Result<Vec<String>> {
        let parent = &self.parent.state;
        let keys = KeyStore::new(draft);
        keys.create()?;
        self.parent.keys.copy_for_desk(&keys, parent)?;
        let enrolment = |operator: &crate::ledger::state::Operator| Enrolment {
            name: operator.name.clone(),
            public_key: operator.public_key,
        };
        let mut events = vec![
            Event::LedgerOpened {
                ledger: self.ledger,
                environment: parent.environment,
                payer: parent.payer.clone(),
                currency: parent.currency,
                operators: parent.active_operators().map(enrolment).collect(),
                duplicate_key: parent.duplicate_key,
                duplicate_key_check: parent.duplicate_key_check,
            },
            Event::DeskOpened { of: parent.ledger, letter: self.letter as u8, name: self.name.into() },
        ];
        // The same workspace key lies in both folders, so the same paper opens both.
        if let Some(recovery) = parent.recovery.filter(|recovery| self.parent.keys.has_recovery(recovery.code)) {
            self.parent.keys.copy_recovery(&keys, recovery.code)?;
            events.push(Event::RecoveryCodeMade { code: recovery.code, public_key: recovery.public_key });
        }
        for name in enrol {
            events.push(Event::OperatorEnrolled(first.add_operator(&keys, world, name)?));
        }
        first_entries::write(world, draft, self.ledger, &events, self.signers, |_| Ok(()))?;
        let settings = self.parent.folder().join(settings::FILE_NAME);
        let text = std::fs::read(&settings).map_err(|error| disk_fault("read", &settings, &error))?;
        durable::write(&draft.join(settings::FILE_NAME), &text)?;
        let here = parent.active_operators().map(|operator| operator.name.clone());
        Ok(here.chain(enrol.iter().cloned()).collect())
    }
}
