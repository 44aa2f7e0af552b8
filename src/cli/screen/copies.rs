//! `copies` and `exposure`: which files hold whom, and until when.

use super::figures::count;
use super::grid::{Grid, Holds};
use super::mask::{mask_name, visible};
use super::paragraph::{heading, item, sentence};
use crate::ledger::copies::{CopyEnd, Field};
use crate::ops::copies::exposure::Exposure;
use crate::ops::copies::register::{CopyList, Ended, FoundAt, ListedCopy};
use crate::payment::mask;

/// Every copy with its place below it, then what is in the outbox and in no register.
pub fn copies(list: &CopyList) -> String {
    let mut text = String::new();
    if list.copies.is_empty() {
        text.push_str("No file with personal data is known outside the ledger.\n");
    }
    let overdue = list.copies.iter().filter(|listed| listed.overdue).count();
    if overdue > 0 {
        text.push_str(&sentence(&format!(
            "{overdue} of them should be gone by now. End them with `stopgap copies end`."
        )));
    }
    let mut grid = Grid::new([
        ("Copy", Holds::Text),
        ("For", Holds::Text),
        ("People", Holds::Figures),
        ("With number", Holds::Figures),
        ("Gone by", Holds::Text),
        ("It", Holds::Text),
    ]);
    for listed in &list.copies {
        let declared = &listed.copy.declared;
        grid.row([
            listed.copy.id.to_string(),
            declared.purpose.reader().into(),
            count(declared.people.persons),
            count(declared.people.with_person_id),
            format!("{}{}", declared.end_by, if listed.overdue { " OVERDUE" } else { "" }),
            state(listed),
        ]);
    }
    if !list.copies.is_empty() {
        text.push_str(&grid.to_text());
        text.push_str(&heading("Where they lie, and what is in them"));
        list.copies.iter().for_each(|listed| text.push_str(&item(&described(listed))));
    }
    if !list.unregistered.is_empty() {
        text.push_str(&heading("In the outbox, and in no register"));
        for file in &list.unregistered {
            let what = match file.working {
                true => "of the last check, written anew each time: end it when it is not needed",
                false => "nobody knows who is in it: look with `stopgap exposure`, then end it",
            };
            text.push_str(&item(&format!("{} ({what})", visible(&file.place.to_string_lossy()))));
        }
    }
    text
}

fn state(listed: &ListedCopy) -> String {
    match &listed.found {
        FoundAt::AsWritten => "is as it was written".into(),
        FoundAt::Changed => "WAS CHANGED".into(),
        FoundAt::Moved(to) => format!("WAS MOVED to {}", visible(&to.to_string_lossy())),
        FoundAt::Missing => "IS NOT THERE".into(),
        FoundAt::NotWritten => "was not asked for yet".into(),
        FoundAt::Ended => listed.copy.end.map_or("ended", |(how, _)| how.as_str()).into(),
        FoundAt::Unknown => "lay where is purged".into(),
    }
}

fn described(listed: &ListedCopy) -> String {
    let declared = &listed.copy.declared;
    let place = listed.place.as_ref().map_or_else(|| "(purged)".into(), |place| place.to_string_lossy().into_owned());
    let reviewed = match &listed.copy.reviewed_by {
        Some([first, second]) => format!("looked at by {} and {}", visible(first), visible(second)),
        None if declared.purpose.leaves_the_office() && declared.batch.is_none() => {
            "NOT REVIEWED by a second person".into()
        }
        None => format!("written by {}", visible(&listed.copy.by)),
    };
    format!("{} {}: {}; {reviewed}", listed.copy.id, visible(&place), fields(declared.fields.iter()))
}

fn fields<'a>(fields: impl Iterator<Item = &'a Field>) -> String {
    let names: Vec<&str> = fields.map(|field| in_words(*field)).collect();
    if names.is_empty() { "no personal data".into() } else { names.join(", ") }
}

fn in_words(field: Field) -> &'static str {
    match field {
        Field::PersonId => "person numbers",
        Field::OrganisationId => "company numbers",
        Field::Name => "names",
        Field::Account => "accounts",
        Field::Amount => "amounts",
        Field::Scheme => "schemes",
        Field::Period => "periods",
        Field::Part => "parts",
        Field::PayeeName => "payees",
        Field::Text => "texts",
        Field::Reference => "references",
        Field::Address => "addresses",
        Field::Masked => "names and accounts masked",
    }
}

pub fn copies_ended(ended: &[Ended]) -> String {
    if ended.is_empty() {
        return "There was no copy to end.\n".into();
    }
    let mut text = String::new();
    for one in ended {
        let place = one.path.to_string_lossy();
        let what = one.id.map_or_else(|| "It was in no register".to_owned(), |id| format!("Copy {id}"));
        let how = match one.how {
            CopyEnd::Destroyed => "was overwritten and removed",
            CopyEnd::Elsewhere => "was gone already; it is recorded as ended elsewhere",
            CopyEnd::NeverWritten => "was never written",
            CopyEnd::Replaced => "was replaced",
        };
        text.push_str(&sentence(&format!("{}: {how}. ({what})", visible(&place))));
    }
    let anything_destroyed = ended.iter().any(|one| one.how == CopyEnd::Destroyed);
    if anything_destroyed {
        text.push_str(&sentence("What was copied from there to elsewhere is not ended by this: only you know of it."));
    }
    text
}

/// `listed`: the people were asked for on the screen, where they are masked.
pub fn exposure(found: &Exposure, listed: bool) -> String {
    let people = &found.people;
    let mut text = sentence(&format!(
        "{} people, {} of them with their person number.",
        count(people.persons),
        count(people.with_person_id)
    ));
    text.push_str(&sentence(&format!("In {} rows: {}.", count(found.rows), fields(found.fields.iter()))));
    for copy in &found.copies {
        let declared = &copy.declared;
        let end = copy.end.map_or("not ended", |(how, _)| how.as_str());
        text.push_str(&item(&format!(
            "copy {} of entry {}, for {}, gone by {}, {end}",
            copy.id,
            copy.entry,
            declared.purpose.reader(),
            declared.end_by
        )));
    }
    for what in &found.not_examined {
        text.push_str(&sentence(what));
    }
    if let (Some(list), true) = (&found.list, listed) {
        let mut grid = Grid::new([("Person", Holds::Text), ("Name", Holds::Text)]);
        for person in list {
            grid.row([mask(&person.number), mask_name(&person.name)]);
        }
        text.push_str(&heading("Who (whole with --json, or in a file with --out)"));
        text.push_str(&grid.to_text());
    }
    text
}
