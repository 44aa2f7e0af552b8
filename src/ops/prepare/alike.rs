//! Benefits whose names are nearly the same, such as `Offentlig hjælp` and `Offentlig hjaelp`. They count as two, so that whoever stands in both is paid
//! for each; and each system has its own way of writing one benefit.

use std::collections::BTreeMap;

use crate::checks::{Code, Problem};
use crate::ledger::LedgerState;
use crate::ledger::state::BatchPhase;
use crate::payment::{BatchId, Scheme};
use crate::recipient_list::Column;
use crate::say;

/// What a name is taken for: how it is written, and the batch that has it, where it is not of the lists at hand.
type Names = BTreeMap<String, (String, Option<BatchId>)>;

/// One problem for each name of these benefits that is nearly another one's, of theirs or of a batch that was not cancelled.
pub(super) fn nearly_alike<'n>(prepared: impl Iterator<Item = &'n str>, state: &LedgerState) -> Vec<Problem> {
    let mut alike: BTreeMap<String, Names> = BTreeMap::new();
    for scheme in prepared.filter_map(Scheme::new) {
        let names = alike.entry(bare(&scheme)).or_default();
        names.insert(scheme.folded(), (scheme.to_string(), None));
    }
    for batch in state.batches.values().filter(|batch| batch.phase != BatchPhase::Cancelled) {
        for group in &batch.prepared.groups {
            if let Some(names) = alike.get_mut(&bare(&group.scheme)) {
                let named = || (group.scheme.to_string(), Some(batch.prepared.id));
                names.entry(group.scheme.folded()).or_insert_with(named);
            }
        }
    }
    alike.into_values().filter(|names| names.len() > 1).map(|names| problem(&names)).collect()
}

/// Letters and digits, with the Nordic letters as they are written without them.
fn bare(scheme: &Scheme) -> String {
    let mut bare = String::new();
    for c in scheme.folded().chars() {
        match c {
            'æ' | 'ä' => bare.push_str("ae"),
            'ø' | 'ö' => bare.push_str("oe"),
            'å' => bare.push_str("aa"),
            _ => bare.extend(c.is_alphanumeric().then_some(c)),
        }
    }
    bare
}

fn problem(names: &Names) -> Problem {
    let named = names.values().map(|(name, batch)| match batch {
        Some(batch) => format!("“{name}” ({batch})"),
        None => format!("“{name}”"),
    });
    let message = say!(
        "These names are nearly the same, and count as different benefits: {names}. Whoever is in two of them is paid for each. Where they are one, \
         write it in one way.",
        names = named.collect::<Vec<_>>().join(", ")
    );
    Problem::new(Code::SchemeNearlyAlike, Column::Scheme, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benefit_is_bare_without_what_is_written_in_more_than_one_way() {
        let bare = |name: &str| bare(&Scheme::new(name).expect("a name"));
        let one = bare("Offentlig hjælp");
        for name in ["Offentlig hjaelp", "offentlig-hjælp", "Offentlig hjälp.", "OFFENTLIG  HJÆLP"] {
            assert_eq!(bare(name), one, "{name}");
        }
        for name in ["Offentlig hjælp 2", "Offentlig hjlp", "Hjælp"] {
            assert_ne!(bare(name), one, "{name}");
        }
    }
}
