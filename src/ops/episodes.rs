//! Episodes: one outage each, with a key of its own for its people's data.

use super::workspace::Recording;
use super::world::World;
use super::{Unlocked, Workspace};
use crate::fault::{Fault, Result};
use crate::ledger::seal::SecretKey;
use crate::ledger::state::Episode;
use crate::ledger::{Event, LedgerState};
use crate::payment::{Period, Scheme};
use crate::say;

pub struct NewEpisode {
    pub name: String,
    pub reason: String,
    pub schemes: Vec<Scheme>,
    pub period: Option<Period>,
}

pub(super) fn find<'a>(state: &'a LedgerState, name: &str) -> Result<&'a Episode> {
    state
        .episode(name)
        .ok_or_else(|| Fault::failed("ledger.damaged", format!("The episode {name} is not in the ledger.")))
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
        .remedy(say!("Close it with `stopgap episode close {name}` first.", name = open.name.to_string())));
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
        let NewEpisode { name, reason, schemes, period } = new;
        recording.event(&Event::EpisodeOpened { name, reason, schemes, period, key }, &who.signer, None)
    })
}

pub fn close(workspace: &mut Workspace, world: &World, who: Option<&str>, name: &str) -> Result<()> {
    let who = workspace.unlock(world, who)?;
    let event = Event::EpisodeClosed { name: name.into() };
    workspace.record(world, |recording| recording.event(&event, &who.signer, None))
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
    let event = Event::EpisodeOpened { name: name.clone(), reason: String::new(), schemes: vec![], period: None, key };
    recording.event(&event, &who.signer, None)?;
    if !dry_run {
        world.say(format!("No episode was open: opened one named {name}."));
    }
    Ok((name, secret))
}
