//! After `compare`: where two copies of a ledger part, and who was paid from both.

use std::path::Path;

use super::mask::{mask_name, visible};
use super::paragraph::{heading, item, sentence};
use crate::ops::compare::{Compared, Obligation, Side};
use crate::say;
use crate::words::{self, Message, ungrouped};

/// How many obligations of a list are shown; all are in the JSON.
const SHOWN: usize = 50;

pub fn compared(compared: &Compared, here: &Path, there: &Path) -> String {
    let [here, there] = [here, there].map(|folder| visible(&folder.to_string_lossy()).into_owned());
    let fork = compared.fork.0;
    let mut text = if compared.is_one_history() {
        let (older, newer) = if compared.here.0 < compared.there.0 { (&here, &there) } else { (&there, &here) };
        match compared.here == compared.there {
            true => sentence(say!(
                "{here} and {there} hold the same {entries:entry|entries}.",
                here = &here,
                there = &there,
                entries = fork
            )),
            false => sentence(say!(
                "{older} is an older copy of {newer}: it ends at entry {fork}.",
                older,
                newer,
                fork = ungrouped(fork)
            )),
        }
    } else {
        sentence(say!(
            "The two part after entry {fork}: {here} has {ours} of its own, {there} has {theirs}.",
            fork = ungrouped(fork),
            here = &here,
            ours = compared.here.0 - fork,
            there = &there,
            theirs = compared.there.0 - fork
        ))
    };
    let lists = [
        (say!("Released in both: paid twice, or about to be"), &compared.released_in_both),
        (say!("Claimed in both: one of them can still be cancelled"), &compared.claimed_in_both),
    ];
    for (title, obligations) in lists.into_iter().filter(|(_, obligations)| !obligations.is_empty()) {
        text += &heading(title);
        for obligation in obligations.iter().take(SHOWN) {
            text += &item(line(obligation));
        }
        if obligations.len() > SHOWN {
            text += &item(say!("and {more} more; `--json` has them all.", more = obligations.len() - SHOWN));
        }
    }
    let (only_here, only_there) = (compared.only_here.len(), compared.only_there.len());
    text += &format!(
        "\n{}",
        sentence(say!(
            "Only in {here}: {only_here}. Only in {there}: {only_there}.",
            here,
            only_here,
            there,
            only_there
        ))
    );
    if !compared.released_in_both.is_empty() {
        text += &sentence(say!("Stop what the bank has not carried out yet; the rest is to be recovered."));
    }
    text
}

fn line(obligation: &Obligation) -> Message {
    let whose = match &obligation.payment {
        Some(payment) => format!(
            "{} {}, {}, {}",
            payment.obligation.person.masked(),
            mask_name(&payment.name),
            visible(payment.obligation.scheme.as_str()),
            payment.obligation.period
        ),
        None => say!("reference {reference}", reference = obligation.end_to_end_id().to_string()).to_string(),
    };
    let [here, there] = [obligation.here, obligation.there].map(|side| side.map_or(String::new(), said));
    say!("{whose}: here {here}, there {there}", whose, here, there)
}

fn said(side: Side) -> String {
    let state = if side.released { say!("released") } else { say!("claimed") };
    format!("{} ({}, {state})", words::amount(side.amount), side.batch)
}
