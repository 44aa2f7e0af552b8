//! `desk add` and `merge`: who was paid at both desks, and what can still be stopped where.

use std::path::Path;

use super::grid::{Grid, left, right};
use super::mask::{short, visible};
use super::paragraph::{heading, item, sentence};
use crate::ops::desks::AddedDesk;
use crate::ops::merge::{InBoth, Merged};
use crate::say;
use crate::words::{self, Message, count, shell_word};

pub fn desk_added(desk: &AddedDesk) -> String {
    let letter = desk.letter.to_string();
    let mut screen = sentence(say!(
        "Desk {letter} ({name}) is ready in {folder}.",
        letter = &letter,
        name = visible(&desk.name),
        folder = visible(&desk.folder.to_string_lossy())
    ));
    screen.push_str(&sentence(say!("Operators: {names}.", names = visible(&desk.operators.join(", ")))));
    screen.push('\n');
    screen.push_str(&sentence(say!(
        "Carry the folder to the other office as it is, and delete it here. It holds the keys by which both desks know the same person. Its batches \
         are called {letter}0001 and so on. Until the two meet, neither knows what the other has paid: give each desk its own schemes. When they \
         meet, run `stopgap merge OTHER-FOLDER` at both.",
        letter
    )));
    screen
}

pub fn merged(merged: &Merged, here: &Path) -> String {
    let mut screen = match merged.nothing_new {
        true => {
            sentence(say!("Nothing is new at desk {letter} since the last merge.", letter = merged.letter.to_string()))
        }
        // The first desk has no name.
        false if merged.name.is_empty() => {
            sentence(say!("Merged with desk {letter}.", letter = merged.letter.to_string()))
        }
        false => sentence(say!(
            "Merged with desk {letter} ({name}).",
            letter = merged.letter.to_string(),
            name = visible(&merged.name)
        )),
    };
    screen.push_str(&sentence(say!(
        "{payments} of its payments are known here, {left} of them released. They are not paid here again, and `reconcile` and `stoplist` cover the \
         released ones.",
        payments = merged.claims,
        left = merged.left
    )));
    if !merged.closed_batches.is_empty() {
        let batches: Vec<String> = merged.closed_batches.iter().map(ToString::to_string).collect();
        screen.push_str(&sentence(say!(
            "The key files for {batches} are not in the other workspace: `reconcile` and `stoplist` do not cover them. Merge again with its folder \
             `keys` in place.",
            batches = batches.join(", ")
        )));
    }
    section(
        &mut screen,
        say!("Released at both desks"),
        say!("Both have left. Ask the bank to stop one, or recover it."),
        &merged.released_in_both,
    );
    section(
        &mut screen,
        say!("Claimed at both desks"),
        say!("One of the two can still be cancelled, with all of its batch:"),
        &merged.claimed_in_both,
    );
    for command in commands(&merged.claimed_in_both, merged, here) {
        screen.push_str(&item(command));
    }
    section(
        &mut screen,
        say!("Periods that overlap"),
        say!("Is part of it paid twice? Look at both."),
        &merged.overlaps,
    );
    screen
}

fn section(screen: &mut String, title: Message, remedy: Message, found: &[InBoth]) {
    if !found.is_empty() {
        screen.push_str(&heading(format!("{title}: {}", count(found.len() as u64))));
        screen.push_str(&table(found));
        screen.push_str(&sentence(remedy));
    }
}

fn table(found: &[InBoth]) -> String {
    let mut grid = Grid::new([
        left(say!("Person")),
        left(say!("Scheme")),
        left(say!("Period")),
        left(say!("Batches")),
        right(say!("Amount")),
    ]);
    for both in found {
        let sides = both.sides();
        let person = both.person.as_ref().map_or_else(|| say!("(purged)").to_string(), |person| person.masked());
        let scheme = both.scheme.as_ref().map_or_else(String::new, |scheme| short(scheme.as_str()));
        let batches = sides.map(|side| side.batch.to_string()).join(", ");
        grid.row([person, scheme, both.here.period.to_string(), batches, words::amount(both.doubled())]);
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
            Some(format!("stopgap batch cancel {} --workspace {}", side.batch, shell_word(&visible(&workspace))))
        })
        .collect();
    commands.sort();
    commands.dedup();
    commands
}
