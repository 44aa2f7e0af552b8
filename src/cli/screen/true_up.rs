//! After `true-up`: the equation, who is out by most, and what to do with either side.

use super::figures::with_currency;
use super::grid::{Grid, left, right};
use super::mask::{mask_name, short, visible};
use super::paragraph::{heading, item, sentence};
use crate::ops::true_up::{ALL_FILE, TOP_UP_FILE, TruedUp};
use crate::say;
use crate::words::{self, Message, count, shell_word};

pub fn trued_up(found: &TruedUp) -> String {
    let currency = found.currency;
    let mut text = sentence(say!(
        "{persons:person|persons} as owed; {over} paid too much, {too_much}; {under} paid too little, {too_little}.",
        persons = found.as_owed,
        over = found.over.0,
        too_much = with_currency(found.over.1),
        under = found.under.0,
        too_little = with_currency(found.under.1)
    ));
    text += &heading(say!("The equation"));
    let mut grid = Grid::new([left(""), right(say!("Persons")), right(currency.code())]);
    let everybody = found.as_owed + found.over.0 + found.under.0;
    let mut row = |what: Message, number: u64, amount| {
        grid.row([what.to_string(), count(number), words::amount(amount)]);
    };
    row(say!("paid"), everybody, found.paid);
    if found.upstream_paid.minor_units() > 0 {
        row(say!("paid by upstream"), everybody, found.upstream_paid);
    }
    row(say!("owed"), everybody, found.owed);
    row(say!("paid too much"), found.over.0, found.over.1);
    row(say!("paid too little"), found.under.0, found.under.1);
    text += &grid.to_text();
    text += &sentence(if found.balanced {
        say!(
            "It balances: paid = owed + too much - too little. A person with two schemes, parts or periods counts twice."
        )
    } else {
        say!("It does not balance. Do not act on it; report it.")
    });
    if !found.largest.is_empty() {
        text += &heading(say!("Out by most"));
        text += &largest(found).to_text();
    }
    text += &heading(say!("Next"));
    let place = found.out.to_string_lossy();
    let place = visible(&place);
    text += &item(say!("{file} has everybody, with person numbers whole.", file = format!("{place}/{ALL_FILE}")));
    if found.over.0 > 0 {
        text += &item(say!("Too much: `stopgap remedy decide FINDING --as recover`, or `--as none`, by two."));
    }
    if found.under.0 > 0 {
        text += &item(say!(
            "Too little: `stopgap prepare {file}` pays it: what came back or was never paid as what it is, everything else under a part of its own; once it is \
             released, `true-up` again shows that nothing is missing.",
            file = shell_word(&format!("{place}/{TOP_UP_FILE}"))
        ));
    }
    if found.without_account > 0 {
        text += &item(say!(
            "Of those paid too little, {persons:person has|persons have} no account in {file}: it is not known, or the money came back from it. \
             {all} says which; write it into the list.",
            persons = found.without_account,
            file = TOP_UP_FILE,
            all = ALL_FILE
        ));
    }
    if found.came_back_from_there > 0 {
        text += &item(say!(
            "Of those paid too little, {persons:person is|persons are} owed money that came back from the same account: make sure of it.",
            persons = found.came_back_from_there
        ));
    }
    if found.upstream_paid.minor_units() > 0 {
        text += &item(say!(
            "Upstream has paid {amount} of what would be missing, by the last `stopgap reconcile`: it is not paid again.",
            amount = with_currency(found.upstream_paid)
        ));
    }
    if found.about_to_be_paid > 0 {
        text += &item(say!(
            "Of those paid too little, upstream is about to pay {persons:person|persons}: stop that before anything of {file} is prepared. {all} \
             says whom.",
            persons = found.about_to_be_paid,
            file = TOP_UP_FILE,
            all = ALL_FILE
        ));
    }
    if found.unnamed.payments > 0 {
        text += &item(super::unnamed(&found.unnamed));
        text +=
            &item(say!("Before anything of {file} is prepared: some of its people may be those.", file = TOP_UP_FILE));
    }
    if found.of_other_days.0 > 0 {
        text += &item(say!(
            "Left out: {rows:row|rows} of what is owed for other days than these batches paid, {amount}.",
            rows = found.of_other_days.0,
            amount = with_currency(found.of_other_days.1)
        ));
    }
    if found.repeated > 0 {
        text += &item(say!(
            "{rows:row of what is owed stood|rows of what is owed stood} there twice, equal in every field; what is equal counts once.",
            rows = found.repeated
        ));
    }
    text
}

fn largest(found: &TruedUp) -> Grid {
    let mut grid = Grid::new([
        left(say!("Finding")),
        left(say!("Who")),
        left(say!("Scheme")),
        right(say!("Paid")),
        right(say!("Owed")),
        right(say!("Difference")),
    ]);
    for (id, line) in &found.largest {
        let difference = line.difference().map(words::amount).unwrap_or_default();
        let sign = if line.paid > line.owed { "+" } else { "" };
        grid.row([
            id.clone(),
            mask_name(&line.name),
            short(line.scheme.as_str()),
            words::amount(line.paid),
            words::amount(line.owed),
            format!("{sign}{difference}"),
        ]);
    }
    grid
}
