//! Episodes: one outage each, with a key of its own for its people's data.

pub mod gate;

use self::gate::OpenMatter;
use super::parts::PartSealer;
use super::workspace::Recording;
use super::world::World;
use super::{Unlocked, Workspace};
use crate::checks::typed;
use crate::fault::{Fault, Result};
use crate::ledger::event::LeftOpen;
use crate::ledger::periods::Periods;
use crate::ledger::seal::SecretKey;
use crate::ledger::state::Episode;
use crate::ledger::{Event, LedgerState};
use crate::payment::Scheme;
use crate::say;
use crate::words::shell_word;

pub struct NewEpisode {
    pub name: String,
    pub reason: String,
    pub schemes: Vec<Scheme>,
    pub periods: Periods,
}

pub(super) fn find<'a>(state: &'a LedgerState, name: &str) -> Result<&'a Episode> {
    state
        .episode(name)
        .ok_or_else(|| Fault::failed("ledger.damaged", say!("The episode {name} is not in the ledger.", name)))
}

/// Of a name that somebody typed.
pub(super) fn known<'a>(state: &'a LedgerState, name: &str) -> Result<&'a Episode> {
    state.episode(name).ok_or_else(|| {
        Fault::input("episode.unknown", say!("There is no episode {name}.", name = typed(name)))
            .remedy(say!("`stopgap episode list` shows all episodes."))
    })
}

pub fn open(workspace: &mut Workspace, world: &World, who: Option<&str>, new: NewEpisode) -> Result<()> {
    if new.name.trim().is_empty() || new.name.chars().any(char::is_control) {
        return Err(Fault::input("episode.name", say!("An episode needs a name, such as `attack-2026`.")));
    }
    if let Some(open) = workspace.state.open_episode_now() {
        return Err(Fault::refused(
            "episode.open",
            say!("Episode {name} is open already.", name = open.name.to_string()),
        )
        .remedy(say!("Close it with `stopgap episode close {name}` first.", name = shell_word(&open.name))));
    }
    if workspace.state.episode(&new.name).is_some() {
        return Err(Fault::refused(
            "episode.exists",
            say!("There was an episode named {name} before.", name = new.name.to_string()),
        )
        .remedy(say!("Choose another name.")));
    }
    let who = workspace.unlock(world, who)?;
    let keys = workspace.keys.clone();
    workspace.record(world, |recording| {
        let (key, _) = who.add_episode_key(&keys)?;
        let NewEpisode { name, reason, schemes, periods } = new;
        recording.event(&Event::EpisodeOpened { name, reason, schemes, periods, key }, &who.signer, None)
    })
}

/// How an episode is to be closed.
#[derive(Default)]
pub struct Closing<'a> {
    /// Who agrees to leave matters open, and why.
    pub second: Option<&'a str>,
    pub reason: Option<&'a str>,
}

/// Closes an episode in which nothing is open; or, by two people with a reason, over what is.
pub fn close(workspace: &mut Workspace, world: &World, who: Option<&str>, name: &str, closing: &Closing) -> Result<()> {
    let reason = closing.reason.map(str::trim).filter(|reason| !reason.is_empty());
    if closing.second.is_some() != reason.is_some() {
        let message = say!("Closing an episode over open matters takes both --second NAME and --reason TEXT.");
        return Err(Fault::input("arguments", message));
    }
    let who = workspace.unlock(world, who)?;
    workspace.refresh(world)?;
    known(&workspace.state, name)?;
    let keys = workspace.keys.clone();
    let is_open = workspace.state.open_episode_now().is_some_and(|open| open.name == name);
    // An episode that is not open is refused by the ledger's own rule.
    let matters = if is_open { gate::open_matters(workspace, &who, name)? } else { Vec::new() };
    let must = matters.iter().any(|matter| !matter.can_be_left);
    let (Some(second), Some(reason), false) = (closing.second, reason, matters.is_empty() || must) else {
        if !matters.is_empty() {
            return Err(still_open(name, &matters));
        }
        let event = Event::EpisodeClosed { name: name.into() };
        return workspace.record(world, |recording| recording.event(&event, &who.signer, None));
    };
    let second = workspace.unlock_second(world, &who, second)?;
    let left_open = matters.iter().map(|matter| LeftOpen {
        matter: matter.matter.into(),
        count: matter.count,
        amount: matter.amount.minor_units(),
    });
    let left_open: Vec<LeftOpen> = left_open.collect();
    let key = find(&workspace.state, name)?.key;
    let secret = who.episode_key(&keys, key)?;
    workspace.record(world, |recording| {
        let mut sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), (key, &secret));
        sealer.add(&mut *recording.transaction, &reason.to_owned())?;
        let reason = sealer.finish(&mut *recording.transaction)?;
        let event = Event::EpisodeClosedOpen { name: name.into(), left_open, reason };
        recording.event(&event, &who.signer, Some(&second.signer))
    })
}

fn still_open(name: &str, matters: &[OpenMatter]) -> Fault {
    let told = matters.iter().map(|matter| format!("{} (`{}`)", matter.says, matter.helps));
    let told: Vec<String> = told.collect();
    let message = say!("Episode {name} is not over: {told}.", name = name.escape_debug(), told = told.join("; "));
    let remedy = if matters.iter().all(|matter| matter.can_be_left) {
        say!(
            "Settle them; or two operators close over them, with a reason that is recorded: --second NAME --reason TEXT."
        )
    } else {
        say!("A batch must be released or cancelled first; that is nobody's to leave open.")
    };
    Fault::refused("episode.open_matters", message).remedy(remedy)
}

/// What is said where a command opened an episode by itself. It is said once that is recorded.
pub(super) fn tell_if_begun(world: &World, one_was_open: bool, name: &str) {
    if !one_was_open {
        world.say(say!("No episode was open: opened one named {name}.", name));
    }
}

/// The open episode's name and key. With none open, one named after the day is opened in this recording; for a dry run its key is kept
/// nowhere.
pub(super) fn open_or_begin(
    recording: &mut Recording,
    world: &World,
    keys: &super::key_store::KeyStore,
    who: &Unlocked,
    dry_run: bool,
) -> Result<(String, SecretKey)> {
    if let Some(open) = recording.state.open_episode_now() {
        return Ok((open.name.clone(), who.episode_key(keys, open.key)?));
    }
    let day = world.now.today().to_string();
    let taken = |name: &String| recording.state.episode(name).is_some();
    let name = std::iter::once(day.clone())
        .chain((2..).map(|number| format!("{day}-{number}")))
        .find(|name| !taken(name))
        .unwrap_or(day);
    let (key, secret) = if dry_run { super::key_store::new_key()? } else { who.add_episode_key(keys)? };
    let event = Event::EpisodeOpened {
        name: name.clone(),
        reason: String::new(),
        schemes: vec![],
        periods: Periods::default(),
        key,
    };
    recording.event(&event, &who.signer, None)?;
    Ok((name, secret))
}
