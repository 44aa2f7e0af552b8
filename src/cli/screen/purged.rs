//! `purge`: what is gone, what stays, and the proof.

use super::mask::visible;
use super::paragraph::{item, sentence};
use crate::ops::purge::Purged;
use crate::say;

pub fn purged(purged: &Purged) -> String {
    let recorded = &purged.purge.recorded;
    let episodes: Vec<_> = recorded.episodes.iter().map(|name| visible(name).into_owned()).collect();
    let mut text = sentence(say!(
        "The people of {episodes} are purged: {payments:payment|payments} in {runs:sealed run|sealed runs}, and {keys:key|keys}.",
        episodes = episodes.join(", "),
        payments = recorded.payments,
        runs = recorded.chunks + recorded.parts,
        keys = recorded.keys.len()
    ));
    for copy in &recorded.key_copies {
        text.push_str(&item(say!(
            "{name} ended the copy of the keys here: {place}",
            name = visible(&copy.by),
            place = visible(&copy.place)
        )));
    }
    let traces = &purged.traces;
    text.push_str(&sentence(say!(
        "{files:file was|files were} searched, {bytes:byte|bytes}, freed pages included: {found:piece of it was|pieces of it were} found.",
        files = traces.files,
        bytes = traces.bytes,
        found = traces.found
    )));
    text.push_str(&sentence(
        "Older backups cannot be opened any more, unless somebody kept a copy of a key. Double payments are still recognised, and the \
         ledger can still be verified.",
    ));
    text.push_str(&format!("{}\n", say!("Certificate: {file}", file = purged.certificate[1].display())));
    text
}
