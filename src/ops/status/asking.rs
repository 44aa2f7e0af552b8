//! Which findings of the last comparisons, with upstream's runs and with what was owed, ask for a decision, as far as that shows without opening them.

use crate::ledger::LedgerState;
use crate::ledger::event::KindSum;
use crate::ledger::remedies::{Basis, Decision, FindingKey, FindingMoney};
use crate::ledger::state::{Comparison, DecisionState};
use crate::reconciliation::finding::Kind;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asking {
    /// At most so many.
    pub findings: u64,
    /// On how many a decision was recorded before that comparison. Whether it still fits lies sealed; with none the number above is exact.
    pub earlier: u64,
}

/// Whether findings of the kind ask for something to be done.
pub(super) fn asks(kind: u8) -> bool {
    !matches!(Kind::from_number(kind), Some(Kind::Settled | Kind::UpstreamOnly))
}

/// A decision is about a finding as it was found. Those of an earlier comparison may be about findings that are settled since, or are others now:
/// counted against the findings of this one they would hide what asks again.
pub(super) fn asking(state: &LedgerState) -> Asking {
    let of_bases = [Basis::Upstream, Basis::Owed].map(|basis| of_basis(state, basis));
    let beyond = state.decisions.iter().filter(|(key, all)| is_repaid_beyond(state, key, all)).count() as u64;
    Asking {
        findings: of_bases.iter().map(|one| one.findings).sum::<u64>().saturating_add(beyond),
        earlier: of_bases.iter().map(|one| one.earlier).sum(),
    }
}

/// Whether more came back than was asked, and nobody has decided on that.
fn is_repaid_beyond(state: &LedgerState, key: &FindingKey, all: &[DecisionState]) -> bool {
    let last = all.last().map(|last| &last.recorded);
    last.is_some_and(|last| last.decision == Decision::Recover && state.repaid(key) > last.amount)
}

fn of_basis(state: &LedgerState, basis: Basis) -> Asking {
    let last = state.comparisons.get(&basis).filter(|last| !state.is_entry_purged(last.entry));
    let Some(last) = last else { return Asking::default() };
    let decisions = state.decisions.values().filter_map(|all| all.last());
    let decided: Vec<&DecisionState> = decisions.filter(|one| one.recorded.basis == basis).collect();
    let open = last.recorded.by_kind.iter().filter(|sum| asks(sum.kind)).map(|sum| open_of(sum, last, &decided)).sum();
    let earlier = decided.iter().filter(|one| one.entry < last.entry).count() as u64;
    Asking { findings: open, earlier: if open > 0 { earlier } else { 0 } }
}

/// How many findings of a kind may be without a decision that fits.
fn open_of(found: &KindSum, last: &Comparison, decided: &[&DecisionState]) -> u64 {
    let of_kind = || decided.iter().filter(|one| one.recorded.verdict.kind == found.kind);
    let money = of_kind().try_fold(FindingMoney::default(), |sum, one| sum.checked_add(&one.recorded.verdict.money));
    // As many, with the same money in each column: they are the same findings.
    if of_kind().count() as u64 == found.count && money == Some(found.money) {
        return 0;
    }
    let since = of_kind().filter(|one| one.entry > last.entry).count() as u64;
    found.count.saturating_sub(since)
}
