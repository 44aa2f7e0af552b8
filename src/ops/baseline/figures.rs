//! What the ledger says about baselines without opening any: which is the last of its schemes, how old it is, what it came to before.

use crate::batch::Sum;
use crate::ledger::LedgerState;
use crate::ledger::event::BaselineScheme;
use crate::ledger::state::BaselineState;
use crate::payment::{Period, Scheme};

/// A scheme of one baseline, beside the baseline that covered it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeFigures {
    pub scheme: Scheme,
    pub sum: Sum,
    pub before: Option<(Period, Sum)>,
    /// Whether no later baseline covers the scheme.
    pub is_last: bool,
}

/// The schemes of the baseline that entry `entry` recorded.
pub(super) fn schemes(state: &LedgerState, entry: u64, schemes: &[BaselineScheme]) -> Vec<SchemeFigures> {
    let figures = schemes.iter().map(|BaselineScheme { scheme, sum }| {
        let folded = scheme.folded();
        let covers = |other: &BaselineState| {
            other
                .recorded
                .schemes
                .iter()
                .find(|of| of.scheme.folded() == folded)
                .map(|of| (other.recorded.period, of.sum))
        };
        SchemeFigures {
            scheme: scheme.clone(),
            sum: *sum,
            before: state.baselines.range(..entry).rev().find_map(|(_, other)| covers(other)),
            is_last: !state.baselines.range(entry + 1..).any(|(_, other)| covers(other).is_some()),
        }
    });
    figures.collect()
}

/// The schemes of a baseline that is in the ledger.
pub fn figures_of(state: &LedgerState, entry: u64) -> Vec<SchemeFigures> {
    state.baselines.get(&entry).map(|baseline| schemes(state, entry, &baseline.recorded.schemes)).unwrap_or_default()
}

/// The baselines that are the last of at least one scheme, by entry, each with its schemes. The others are history.
pub fn lasting(state: &LedgerState) -> Vec<(u64, &BaselineState, Vec<SchemeFigures>)> {
    let all = state.baselines.iter().map(|(entry, baseline)| (*entry, baseline, figures_of(state, *entry)));
    all.filter(|(_, _, schemes)| schemes.iter().any(|scheme| scheme.is_last)).collect()
}

/// Whole days since it was added, by a clock that may have been set back.
pub fn age_days(baseline: &BaselineState, now_unix: i64) -> u64 {
    u64::try_from(now_unix.saturating_sub(baseline.added_at)).unwrap_or(0) / (24 * 60 * 60)
}
