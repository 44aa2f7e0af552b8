//! `purge`: what is gone, what stays, and the proof.

use super::mask::visible;
use super::paragraph::{item, sentence};
use crate::ledger::event::KeyCopyEnded;
use crate::ops::purge::duplicate_key::Ended;
use crate::ops::purge::{Purged, Traces};
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
    push_copies(&mut text, &recorded.key_copies);
    push_search(&mut text, &purged.traces);
    text.push_str(&sentence(say!(
        "Older backups cannot be opened any more, unless somebody kept a copy of a key. Double payments are still recognised, and the ledger \
         can still be verified."
    )));
    text.push_str(&format!("{}\n", say!("Certificate: {file}", file = purged.certificate[1].display())));
    text
}

/// `purge --duplicate-key`: what this ledger cannot do any more.
pub fn duplicate_key_ended(done: &Ended) -> String {
    let ended = &done.end.recorded;
    let mut text = sentence(say!(
        "The duplicate key is ended, with {claims:claim|claims}, {evidence:piece of evidence|pieces of evidence} and {baselines:baseline|baselines}.",
        claims = ended.claims,
        evidence = ended.evidence,
        baselines = ended.baseline_keys.len()
    ));
    push_copies(&mut text, &ended.key_copies);
    push_search(&mut text, &done.traces);
    text.push_str(&sentence(say!(
        "This ledger can no longer recognise who was paid from it, and pays nobody any more. For new payments set up another workspace with \
         `stopgap init`: it does not know the payments of this one either."
    )));
    text.push_str(&format!("{}\n", say!("Certificate: {file}", file = done.certificate[1].display())));
    text
}

fn push_copies(text: &mut String, copies: &[KeyCopyEnded]) {
    for copy in copies {
        text.push_str(&item(say!(
            "{name} ended the copy of the keys here: {place}",
            name = visible(&copy.by),
            place = visible(&copy.place)
        )));
    }
}

fn push_search(text: &mut String, traces: &Traces) {
    text.push_str(&sentence(say!(
        "{files:file was|files were} searched, {bytes:byte|bytes}, freed pages included: {found:piece of it was|pieces of it were} found.",
        files = traces.files,
        bytes = traces.bytes,
        found = traces.found
    )));
}
