//! `purge`: what is gone, what stays, and the proof.

use super::figures::count;
use super::mask::visible;
use super::paragraph::{item, sentence};
use crate::ops::purge::Purged;

pub fn purged(purged: &Purged) -> String {
    let recorded = &purged.purge.recorded;
    let episodes: Vec<_> = recorded.episodes.iter().map(|name| visible(name).into_owned()).collect();
    let mut text = sentence(&format!(
        "The people of {} are purged: {} payments in {} sealed runs, and {} keys.",
        episodes.join(", "),
        count(recorded.payments),
        count(recorded.chunks + recorded.parts),
        recorded.keys.len()
    ));
    for copy in &recorded.key_copies {
        text.push_str(&item(&format!(
            "{} ended the copy of the keys here: {}",
            visible(&copy.by),
            visible(&copy.place)
        )));
    }
    let traces = &purged.traces;
    text.push_str(&sentence(&format!(
        "{} files were searched, {} bytes, freed pages included: {} pieces of it were found.",
        count(traces.files),
        count(traces.bytes),
        count(traces.found)
    )));
    text.push_str(&sentence(
        "Older backups cannot be opened any more, unless somebody kept a copy of a key. Double payments are still recognised, and the \
         ledger can still be verified.",
    ));
    text.push_str(&format!("Certificate: {}\n", purged.certificate[1].display()));
    text
}
