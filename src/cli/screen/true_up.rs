//! After `true-up`: the equation, who is out by most, and what to do with either side.

use super::figures::{count, counted};
use super::grid::{Grid, Holds};
use super::mask::{mask_name, short, visible};
use super::paragraph::{heading, item, sentence};
use crate::ops::true_up::{ALL_FILE, TOP_UP_FILE, TruedUp};
use crate::payment::Amount;

pub fn trued_up(found: &TruedUp) -> String {
    let currency = found.currency;
    let mut text = sentence(&format!(
        "{} as owed; {} paid too much, {} {currency}; {} paid too little, {} {currency}.",
        counted(found.as_owed, "person"),
        count(found.over.0),
        found.over.1.grouped(),
        count(found.under.0),
        found.under.1.grouped()
    ));
    text += &heading("The equation");
    let mut grid = Grid::new([("", Holds::Text), ("Persons", Holds::Figures), (currency.code(), Holds::Figures)]);
    let everybody = found.as_owed + found.over.0 + found.under.0;
    for (what, number, amount) in [
        ("paid", everybody, found.paid),
        ("owed", everybody, found.owed),
        ("paid too much", found.over.0, found.over.1),
        ("paid too little", found.under.0, found.under.1),
    ] {
        grid.row([what.into(), count(number), amount.grouped()]);
    }
    text += &grid.to_text();
    text += &sentence(if found.balanced {
        "It balances: paid = owed + too much - too little. A person with two schemes counts twice."
    } else {
        "It does not balance. Do not act on it; report it."
    });
    if !found.largest.is_empty() {
        text += &heading("Out by most");
        text += &largest(found).to_text();
    }
    text += &heading("Next");
    let place = found.out.to_string_lossy();
    let place = visible(&place);
    text += &item(&format!("{place}/{ALL_FILE} has everybody, with person numbers whole."));
    if found.over.0 > 0 {
        text += &item("Too much: `stopgap remedy decide FINDING --as recover`, or `--as none`, by two.");
    }
    if found.under.0 > 0 {
        text += &item(&format!(
            "Too little: `stopgap prepare {place}/{TOP_UP_FILE}` pays it, each under a part of its own; once it is released, `true-up` again \
             shows that nothing is missing."
        ));
    }
    if found.without_account > 0 {
        let people = counted(found.without_account, "person");
        text +=
            &item(&format!("Of those paid too little, the account of {people} is not known: write it into the list."));
    }
    if found.repeated > 0 {
        let rows = counted(found.repeated, "row");
        text += &item(&format!("{rows} of what is owed stood there twice, equal in every field, and count once."));
    }
    text
}

fn largest(found: &TruedUp) -> Grid {
    let mut grid = Grid::new([
        ("Finding", Holds::Text),
        ("Who", Holds::Text),
        ("Scheme", Holds::Text),
        ("Paid", Holds::Figures),
        ("Owed", Holds::Figures),
        ("Difference", Holds::Figures),
    ]);
    for (id, line) in &found.largest {
        let difference = line.difference().map(Amount::grouped).unwrap_or_default();
        let sign = if line.paid > line.owed { "+" } else { "" };
        grid.row([
            id.clone(),
            mask_name(&line.name),
            short(line.scheme.as_str()),
            line.paid.grouped(),
            line.owed.grouped(),
            format!("{sign}{difference}"),
        ]);
    }
    grid
}
