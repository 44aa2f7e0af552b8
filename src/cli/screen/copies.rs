//! `copies` and `exposure`: which files hold whom, and until when.

use super::grid::{Grid, left, right};
use super::mask::{mask_name, visible};
use super::paragraph::{heading, item, sentence};
use crate::ledger::copies::{CopyEnd, Field, Purpose};
use crate::ops::copies::exposure::Exposure;
use crate::ops::copies::register::{CopyList, Ended, EndedCopies, FoundAt, LeftCopy, ListedCopy, StillNeeded};
use crate::payment::mask;
use crate::phrase;
use crate::say;
use crate::words::{self, Message, Phrase, count, ungrouped};

/// Every copy with its place below it, then what is in the outbox and in no register.
pub fn copies(list: &CopyList) -> String {
    let mut text = String::new();
    if list.copies.is_empty() {
        text.push_str(&sentence(say!("No file with personal data is known outside the ledger.")));
    }
    let overdue = list.copies.iter().filter(|listed| listed.overdue).count();
    if overdue > 0 {
        text.push_str(&sentence(say!(
            "{overdue} of them should be gone by now. End them with `stopgap copies end`.",
            overdue
        )));
    }
    let mut grid = Grid::new([
        left(say!("Copy")),
        left(say!("For")),
        right(say!("People")),
        right(say!("With number")),
        left(say!("Gone by")),
        left(say!("It")),
    ]);
    for listed in &list.copies {
        let declared = &listed.copy.declared;
        grid.row([
            listed.copy.id.to_string(),
            reader(declared.purpose).to_string(),
            count(declared.people.persons),
            count(declared.people.with_person_id),
            match listed.overdue {
                true => say!("{day} OVERDUE", day = words::short_day(declared.end_by)).to_string(),
                false => words::short_day(declared.end_by),
            },
            found_copy(listed).to_string(),
        ]);
    }
    if !list.copies.is_empty() {
        text.push_str(&grid.to_text());
        text.push_str(&heading(say!("Where they lie, and what is in them")));
        list.copies.iter().for_each(|listed| text.push_str(&item(described(listed))));
    }
    if !list.unregistered.is_empty() {
        text.push_str(&heading(say!("In the outbox, and in no register")));
        for file in &list.unregistered {
            let what = match file.working {
                true => say!("of the last check, written anew each time: end it when it is not needed"),
                false => say!("nobody knows who is in it: look with `stopgap exposure`, then end it"),
            };
            text.push_str(&item(format!("{} ({what})", visible(&file.place.to_string_lossy()))));
        }
    }
    text
}

/// What lies in a copy's place.
pub fn found_copy(listed: &ListedCopy) -> Message {
    match &listed.found {
        FoundAt::AsWritten => say!("is as it was written"),
        FoundAt::Changed => say!("WAS CHANGED"),
        FoundAt::Moved(to) => say!("WAS MOVED to {place}", place = visible(&to.to_string_lossy())),
        FoundAt::Missing => say!("IS NOT THERE"),
        FoundAt::NotWritten => say!("was not asked for yet"),
        FoundAt::Ended => listed.copy.end.map_or_else(|| say!("ended"), |(how, _)| ended(how)),
        FoundAt::Unknown => say!("lay where is purged"),
    }
}

fn described(listed: &ListedCopy) -> String {
    let declared = &listed.copy.declared;
    let place = listed
        .place
        .as_ref()
        .map_or_else(|| say!("(purged)").to_string(), |place| place.to_string_lossy().into_owned());
    let reviewed = match &listed.copy.reviewed_by {
        Some([first, second]) => {
            say!("looked at by {first} and {second}", first = visible(first), second = visible(second))
        }
        None if declared.purpose.leaves_the_office() && declared.batch.is_none() => {
            say!("NOT REVIEWED by a second person")
        }
        None => say!("written by {name}", name = visible(&listed.copy.by)),
    };
    format!("{} {}: {}; {reviewed}", listed.copy.id, visible(&place), fields(declared.fields.iter()))
}

fn fields<'a>(fields: impl Iterator<Item = &'a Field>) -> String {
    let names: Vec<String> = fields.map(|field| in_words(*field).to_string()).collect();
    if names.is_empty() { say!("no personal data").to_string() } else { names.join(", ") }
}

fn in_words(field: Field) -> Phrase {
    match field {
        Field::PersonId => phrase!("person numbers"),
        Field::OrganisationId => phrase!("company numbers"),
        Field::Name => phrase!("names"),
        Field::Account => phrase!("accounts"),
        Field::Amount => phrase!("amounts"),
        Field::Scheme => phrase!("schemes"),
        Field::Period => phrase!("periods"),
        Field::Part => phrase!("parts"),
        Field::PayeeName => phrase!("payees"),
        Field::Text => phrase!("texts"),
        Field::Reference => phrase!("references"),
        Field::Address => phrase!("addresses"),
        Field::Masked => phrase!("names and accounts masked"),
    }
}

/// What a copy is.
pub(super) fn what(purpose: Purpose) -> Phrase {
    match purpose {
        Purpose::Rows => phrase!("the list of rows"),
        Purpose::ControlSheet => phrase!("control sheet"),
        Purpose::BankFile => phrase!("bank file"),
        Purpose::Findings => phrase!("findings"),
        Purpose::Report => phrase!("report"),
        Purpose::Stop => phrase!("stop file"),
        Purpose::Recover => phrase!("list of recoveries"),
        Purpose::TopUp => phrase!("list of top-ups"),
        Purpose::WriteBack => phrase!("list to write back"),
        Purpose::StopList => phrase!("stop list"),
        Purpose::Notices => phrase!("letters"),
        Purpose::Baseline => phrase!("baseline"),
        Purpose::Backup => phrase!("backup"),
        Purpose::Worksheet => phrase!("work sheet"),
        Purpose::RecoveryHalf => phrase!("half of the recovery code"),
        Purpose::Recall => phrase!("recall"),
    }
}

/// Who reads a copy.
pub(super) fn reader(purpose: Purpose) -> Phrase {
    match purpose {
        Purpose::Rows | Purpose::Findings | Purpose::Report | Purpose::TopUp | Purpose::Baseline => {
            phrase!("finance office")
        }
        Purpose::ControlSheet => phrase!("approver"),
        Purpose::BankFile | Purpose::Recall => phrase!("bank"),
        Purpose::Stop | Purpose::StopList | Purpose::WriteBack => phrase!("upstream system"),
        Purpose::Recover => phrase!("collections"),
        Purpose::Notices => phrase!("the people themselves"),
        Purpose::Backup => phrase!("safe keeping"),
        Purpose::RecoveryHalf => phrase!("one person, on paper"),
        Purpose::Worksheet => phrase!("clerks who type"),
    }
}

/// How a copy ended.
pub(super) fn ended(how: CopyEnd) -> Message {
    match how {
        CopyEnd::Destroyed => say!("destroyed"),
        CopyEnd::Elsewhere => say!("ended elsewhere"),
        CopyEnd::NeverWritten => say!("never written"),
        CopyEnd::Replaced => say!("replaced"),
    }
}

pub fn copies_ended(copies: &EndedCopies) -> String {
    ended_ones(&copies.ended) + &left_ones(&copies.left)
}

/// What somebody may still need, and how it is ended all the same.
fn left_ones(left: &[LeftCopy]) -> String {
    let Some(first) = left.first() else { return String::new() };
    let mut text = heading(say!("Left, because they may still be needed"));
    for one in left {
        text.push_str(&item(format!("{} {}: {}", one.id, visible(&one.path.to_string_lossy()), why(one.why))));
    }
    text + &sentence(say!("End one by its number when it is done with: `stopgap copies end {copy}`.", copy = first.id))
}

fn why(why: StillNeeded) -> Phrase {
    match why {
        StillNeeded::NotAsWritten => phrase!("it does not lie there as it was written"),
        StillNeeded::BatchWaits => phrase!("its batch is neither released nor cancelled"),
        StillNeeded::NotAtTheBank => {
            phrase!("no portal has given a receipt for it, and the bank has said nothing of its payments")
        }
        StillNeeded::RowsAreOut => phrase!("not every row of its batch is ticked or settled"),
        StillNeeded::RecallIsOpen => phrase!("the bank has not answered for good"),
        StillNeeded::ToBePrinted => phrase!("it is to be printed first, for its keeper"),
        StillNeeded::ToBeSent => phrase!("the letters are to be sent first"),
    }
}

fn ended_ones(copies: &[Ended]) -> String {
    if copies.is_empty() {
        return sentence(say!("There was no copy to end."));
    }
    let mut text = String::new();
    for one in copies {
        let place = one.path.to_string_lossy();
        let what = one.id.map_or_else(|| say!("It was in no register"), |id| say!("Copy {id}", id = id.to_string()));
        let how = match one.how {
            CopyEnd::Destroyed => say!("was overwritten and removed"),
            CopyEnd::Elsewhere => say!("was gone already; it is recorded as ended elsewhere"),
            CopyEnd::NeverWritten => say!("was never written"),
            CopyEnd::Replaced => say!("was replaced"),
        };
        text.push_str(&sentence(format!("{}: {how}. ({what})", visible(&place))));
    }
    let anything_destroyed = copies.iter().any(|one| one.how == CopyEnd::Destroyed);
    if anything_destroyed {
        text.push_str(&sentence(say!(
            "What was copied from there to elsewhere is not ended by this: only you know of it."
        )));
    }
    text
}

/// `listed`: the people were asked for on the screen, where they are masked.
pub fn exposure(found: &Exposure, listed: bool) -> String {
    let people = &found.people;
    let mut text = sentence(say!(
        "{persons:person|people}, {numbered} of them with their person number.",
        persons = people.persons,
        numbered = people.with_person_id
    ));
    text.push_str(&sentence(say!(
        "In {rows:row|rows}: {fields}.",
        rows = found.rows,
        fields = fields(found.fields.iter())
    )));
    for copy in &found.copies {
        let declared = &copy.declared;
        let end = copy.end.map_or_else(|| say!("not ended"), |(how, _)| ended(how));
        text.push_str(&item(say!(
            "copy {id} of entry {entry}, for {reader}, gone by {day}, {end}",
            id = copy.id.to_string(),
            entry = ungrouped(copy.entry),
            reader = reader(declared.purpose),
            day = declared.end_by,
            end
        )));
    }
    for what in &found.not_examined {
        text.push_str(&sentence(what));
    }
    if let (Some(list), true) = (&found.list, listed) {
        let mut grid = Grid::new([left(say!("Person")), left(say!("Name"))]);
        for person in list {
            grid.row([mask(&person.number), mask_name(&person.name)]);
        }
        text.push_str(&heading(say!("Who (whole with --json, or in a file with --out)")));
        text.push_str(&grid.to_text());
    }
    text
}
