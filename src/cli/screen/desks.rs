//! `desk add` and `merge`: who was paid at both desks, and what can still be stopped where.

use std::path::Path;

use super::grid::{Grid, Holds};
use super::mask::{short, visible};
use super::paragraph::{heading, item, sentence};
use crate::ops::desks::AddedDesk;
use crate::ops::merge::{InBoth, Merged};

pub fn desk_added(desk: &AddedDesk) -> String {
    let mut screen = format!(
        "Desk {} ({}) is ready in {}.\nOperators: {}.\n",
        desk.letter,
        visible(&desk.name),
        visible(&desk.folder.to_string_lossy()),
        visible(&desk.operators.join(", "))
    );
    screen.push('\n');
    screen.push_str(&sentence(&format!(
        "Carry the folder to the other office as it is, and delete it here. It holds the keys by which both desks know the same person. Its \
         batches are called {0}0001 and so on. Until the two meet, neither knows what the other has paid: give each desk its own schemes. \
         When they meet, run `stopgap merge OTHER-FOLDER` at both.",
        desk.letter
    )));
    screen
}

pub fn merged(merged: &Merged, here: &Path) -> String {
    let mut screen = match merged.nothing_new {
        true => format!("Nothing is new at desk {} since the last merge.\n", merged.letter),
        false => format!("Merged with desk {} ({}).\n", merged.letter, visible(&merged.name)),
    };
    screen.push_str(&sentence(&format!(
        "{} of its payments are known here, {} of them released. They are not paid here again, and `reconcile` and `stoplist` cover the \
         released ones.",
        merged.claims, merged.left
    )));
    if !merged.closed_batches.is_empty() {
        let batches: Vec<String> = merged.closed_batches.iter().map(ToString::to_string).collect();
        screen.push_str(&sentence(&format!(
            "The key files for {} are not in the other workspace: `reconcile` and `stoplist` do not cover them. Merge again with its \
             folder `keys` in place.",
            batches.join(", ")
        )));
    }
    section(
        &mut screen,
        "Released at both desks",
        "Both have left. Ask the bank to stop one, or recover it.",
        &merged.released_in_both,
    );
    section(
        &mut screen,
        "Claimed at both desks",
        "One of the two can still be cancelled, with all of its batch:",
        &merged.claimed_in_both,
    );
    for command in commands(&merged.claimed_in_both, merged, here) {
        screen.push_str(&item(&command));
    }
    section(&mut screen, "Periods that overlap", "Is part of it paid twice? Look at both.", &merged.overlaps);
    screen
}

fn section(screen: &mut String, title: &str, remedy: &str, found: &[InBoth]) {
    if !found.is_empty() {
        screen.push_str(&heading(&format!("{title}: {}", found.len())));
        screen.push_str(&table(found));
        screen.push_str(&sentence(remedy));
    }
}

fn table(found: &[InBoth]) -> String {
    let mut grid = Grid::new([
        ("Person", Holds::Text),
        ("Scheme", Holds::Text),
        ("Period", Holds::Text),
        ("Batches", Holds::Text),
        ("Amount", Holds::Figures),
    ]);
    for both in found {
        let sides = both.sides();
        let person = both.person.as_ref().map_or_else(|| "(purged)".into(), |person| person.masked());
        let scheme = both.scheme.as_ref().map_or_else(String::new, |scheme| short(scheme.as_str()));
        let batches = sides.map(|side| side.batch.to_string()).join(", ");
        grid.row([person, scheme, both.here.period.to_string(), batches, both.doubled().grouped()]);
    }
    grid.to_text()
}

/// The commands that cancel what can still be cancelled, each once.
fn commands(found: &[InBoth], merged: &Merged, here: &Path) -> Vec<String> {
    let mut commands: Vec<String> = found
        .iter()
        .filter_map(|both| {
            let side = both.to_cancel()?;
            let workspace = if side.batch == both.here.batch { here } else { merged.other.as_path() };
            let workspace = workspace.to_string_lossy().into_owned();
            Some(format!("stopgap batch cancel {} --workspace {}", side.batch, visible(&workspace)))
        })
        .collect();
    commands.sort();
    commands.dedup();
    commands
}
