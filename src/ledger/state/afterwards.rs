//! What is learnt after the release: the bank's word, findings, what was decided about them, money that came back.

use super::{BatchPhase, Comparison, DecisionState, LedgerState, OutcomeRoots, RuleBroken, broken};
use crate::ledger::entry::Entry;
use crate::ledger::event::{RecordedDecision, RecordedFindings, RecordedOutcome};
use crate::ledger::remedies::{Decision, FindingMoney, Repayment};
use crate::say;

impl LedgerState {
    pub(super) fn record_outcome(&mut self, outcome: RecordedOutcome, seq: u64) -> Result<(), RuleBroken> {
        let RecordedOutcome { reports, evidence, evidence_root, debits, debits_root } = outcome;
        let something_left =
            self.batches.values().any(|batch| matches!(batch.phase, BatchPhase::Releasing | BatchPhase::Released));
        if evidence > 0 && !something_left {
            return broken(say!("records the outcome of payments before any was released"));
        }
        self.outcomes.insert(seq, OutcomeRoots { evidence, evidence_root, debits, debits_root });
        for report in reports {
            for statement in &report.statements {
                self.statements.insert((statement.source, statement.number), *statement);
            }
            self.reports.insert(report.fingerprint, report);
        }
        Ok(())
    }

    pub(super) fn record_findings(&mut self, recorded: RecordedFindings, entry: &Entry) -> Result<(), RuleBroken> {
        let sum = |total: Option<FindingMoney>, money| total.and_then(|total| total.checked_add(money));
        let added_up = recorded.by_kind.iter().map(|kind| &kind.money).fold(Some(Default::default()), sum);
        if added_up != Some(recorded.totals) {
            return broken(say!("records findings that do not add up to their total"));
        }
        if !recorded.totals.balances() {
            return broken(say!("records findings that do not balance"));
        }
        let Entry { seq, at, .. } = *entry;
        self.comparisons.insert(recorded.basis, Comparison { entry: seq, at, recorded });
        Ok(())
    }

    pub(super) fn decide(&mut self, recorded: RecordedDecision, entry: &Entry) -> Result<(), RuleBroken> {
        let RecordedDecision { finding, basis, verdict, decision, amount, .. } = recorded;
        if !self.comparisons.contains_key(&basis) {
            return broken(say!("decides on a finding before anything was compared"));
        }
        let name = decision.as_str();
        if !verdict.money.balances() {
            return broken(say!("decides {name} on money that does not balance", name));
        }
        if !decision.fits(&verdict) {
            return broken(say!("decides {name} on a finding that it does not fit", name));
        }
        let most = decision.most(&verdict);
        if amount < 0 || amount > most || (amount == 0) != (most == 0) {
            return broken(say!("decides {name} on an amount that the finding does not have", name));
        }
        let (by, second) = (entry.actor.clone(), entry.second.clone());
        let decided = DecisionState { entry: entry.seq, at: entry.at, by, second, recorded };
        self.decisions.entry(finding).or_default().push(decided);
        Ok(())
    }

    pub(super) fn record_repayments(&mut self, repayments: Vec<Repayment>) -> Result<(), RuleBroken> {
        for (at, repayment) in repayments.iter().enumerate() {
            let decided = self.decisions.get(&repayment.finding);
            if decided.is_none_or(|all| all.iter().all(|one| one.recorded.decision != Decision::Recover)) {
                return broken(say!("records a repayment for a finding that nobody decided to recover"));
            }
            let known = self.repayments.get(&repayment.finding).into_iter().flatten();
            if known.chain(&repayments[..at]).any(|known| known.identity == repayment.identity) {
                return broken(say!("records a repayment a second time"));
            }
        }
        for repayment in repayments {
            self.repayments.entry(repayment.finding).or_default().push(repayment);
        }
        Ok(())
    }
}
