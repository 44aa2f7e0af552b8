//! What the ledger says about baselines without opening any: which is the last of its schemes, how old it is, what it came to before.

use chrono::NaiveDate;

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
    /// Whether no baseline of a later period, and no later one of the same, covers the scheme.
    pub is_last: bool,
}

/// The baseline in use for a scheme, by entry, and where it has the scheme: the one of the latest period, of equal ones the last added.
pub fn in_use(state: &LedgerState, folded: &str) -> Option<(u64, usize)> {
    let covering = state.baselines.iter().filter_map(|(entry, baseline)| {
        let at = baseline.recorded.schemes.iter().position(|of| of.scheme.folded() == folded)?;
        Some((rank(*entry, baseline.recorded.period), at))
    });
    covering.max().map(|((_, _, entry), at)| (entry, at))
}

/// What is later comes last.
fn rank(entry: u64, period: Period) -> (NaiveDate, NaiveDate, u64) {
    (period.last(), period.first(), entry)
}

/// How long a period is over.
pub(super) fn period_over_days(period: Period, today: NaiveDate) -> u64 {
    u64::try_from((today - period.last()).num_days()).unwrap_or(0)
}

/// The schemes of the baseline that entry `entry` recorded.
pub(super) fn schemes(
    state: &LedgerState,
    (entry, period): (u64, Period),
    schemes: &[BaselineScheme],
) -> Vec<SchemeFigures> {
    let mine = rank(entry, period);
    let figures = schemes.iter().map(|BaselineScheme { scheme, sum }| {
        let folded = scheme.folded();
        let others = || {
            state.baselines.iter().filter_map(|(other, baseline)| {
                let of = baseline.recorded.schemes.iter().find(|of| of.scheme.folded() == folded)?;
                Some((rank(*other, baseline.recorded.period), (baseline.recorded.period, of.sum)))
            })
        };
        SchemeFigures {
            scheme: scheme.clone(),
            sum: *sum,
            before: others().filter(|(rank, _)| *rank < mine).max_by_key(|(rank, _)| *rank).map(|(_, before)| before),
            is_last: !others().any(|(rank, _)| rank > mine),
        }
    });
    figures.collect()
}

/// The schemes of a baseline that is in the ledger.
pub fn figures_of(state: &LedgerState, entry: u64) -> Vec<SchemeFigures> {
    state
        .baselines
        .get(&entry)
        .map(|baseline| schemes(state, (entry, baseline.recorded.period), &baseline.recorded.schemes))
        .unwrap_or_default()
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
