//! `remedy`: what people decide about the findings of the ledger, and where each case stands.
//!
//! A decision is about a finding as the last comparison recorded it, never about a file. It stands in every later run as long as it fits; where
//! the finding has become another one that it does not fit, it is to be decided again.

pub mod decide;
pub mod notice;
pub mod plan;

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

use self::plan::Instalment;
use super::findings::{self, KnownFinding};
use super::parts;
use super::recalls::OpenRecall;
use super::spool::{Spool, damaged};
use super::{Unlocked, Workspace, World, recalls};
use crate::checks::typed;
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::idempotency::Tagger;
use crate::ledger::recalls::RecallState;
use crate::ledger::remedies::{Basis, Decision, FindingKey, FindingMoney, Repayment, Verdict, each_once};
use crate::ledger::state::DecisionState;
use crate::payment::{Amount, Currency, EndToEndId, RepaymentReference};
use crate::reconciliation::finding::{Finding, Remedy};
use crate::say;
use crate::words::{Message, ungrouped};

/// What lies sealed beside a decision: enough to act on it, whatever later runs find.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DecisionDetails {
    pub reason: String,
    pub finding: KnownFinding,
    /// Empty where nothing is recovered.
    pub plan: Vec<Instalment>,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// Nobody has decided.
    Open,
    /// What was decided does not fit any longer.
    DecideAgain,
    /// Decided, and not done yet as far as can be seen here.
    Decided,
    Closed,
}

impl CaseState {
    pub const ALL: [CaseState; 4] = [CaseState::Open, CaseState::DecideAgain, CaseState::Decided, CaseState::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            CaseState::Open => "open",
            CaseState::DecideAgain => "decide_again",
            CaseState::Decided => "decided",
            CaseState::Closed => "closed",
        }
    }

    pub fn needs_a_decision(self) -> bool {
        matches!(self, CaseState::Open | CaseState::DecideAgain)
    }
}

/// A finding with what was decided about it.
#[derive(Clone, Debug)]
pub struct Case {
    pub basis: Basis,
    pub finding: KnownFinding,
    /// Whether the last comparison still found it.
    pub found: bool,
    pub decided: Option<DecisionState>,
    /// What has come back, in minor units.
    pub repaid: i64,
    pub state: CaseState,
    /// What the last comparison proposed, as long as no recall contradicts it.
    pub proposed: Remedy,
}

impl Case {
    fn new(state: &LedgerState, basis: Basis, finding: KnownFinding, found: bool) -> Self {
        let key = &finding.key;
        let case_state = stands(state, key, found.then(|| finding.remedy()), &finding.verdict());
        Self {
            decided: state.decision(key).cloned(),
            repaid: state.repaid(key),
            state: case_state,
            proposed: proposed(state, finding.remedy(), &finding.end_to_end_ids, &finding.money),
            basis,
            finding,
            found,
        }
    }

    pub fn id(&self) -> String {
        self.finding.id(self.basis)
    }

    pub fn decision(&self) -> Option<Decision> {
        self.decided.as_ref().map(|decided| decided.recorded.decision)
    }

    /// What is asked back, where somebody decided to, in minor units.
    pub fn asked_back(&self) -> i64 {
        match &self.decided {
            Some(decided) if decided.recorded.decision == Decision::Recover => decided.recorded.amount,
            _ => 0,
        }
    }

    /// What of it has not come back.
    pub fn outstanding(&self) -> i64 {
        (self.asked_back() - self.repaid).max(0)
    }

    /// What came back beyond what was asked, as long as nobody has decided on it: the payer may owe it.
    pub fn back_too_much(&self) -> i64 {
        if self.decision() == Some(Decision::Recover) { (self.repaid - self.asked_back()).max(0) } else { 0 }
    }

    /// Whether there is anything to decide or was decided.
    pub fn is_a_matter(&self) -> bool {
        self.decided.is_some() || self.finding.remedy() != Remedy::None
    }
}

/// Where a case stands, from what is found now, what was decided and what came back. `remedy` is what the last comparison proposed; `None`
/// where it no longer found it.
fn stands(state: &LedgerState, key: &FindingKey, remedy: Option<Remedy>, verdict: &Verdict) -> CaseState {
    let nothing_left = remedy.is_none_or(|remedy| remedy == Remedy::None);
    let Some(decided) = state.decision(key).map(|decided| &decided.recorded) else {
        return match nothing_left {
            true => CaseState::Closed,
            false if recalls::is_open_for(state, key) => CaseState::Decided,
            false => CaseState::Open,
        };
    };
    let then = decided.verdict.money;
    match decided.decision {
        Decision::Recover if remedy.is_none() || verdict.money.overpaid <= then.overpaid => match state.repaid(key) {
            // More than was asked: what is to become of it is for people to say.
            repaid if repaid > decided.amount => CaseState::DecideAgain,
            repaid if repaid == decided.amount => CaseState::Closed,
            // What is still asked back, or some of it, is owed after all.
            repaid if remedy.is_none() || decided.amount - repaid > Decision::Recover.most(verdict) => {
                CaseState::DecideAgain
            }
            _ => CaseState::Decided,
        },
        Decision::Recover => CaseState::DecideAgain,
        Decision::None if recalls::is_open_for(state, key) => CaseState::Decided,
        _ if nothing_left => CaseState::Closed,
        Decision::None => {
            let grew = verdict.money.overpaid > then.overpaid || verdict.money.underpaid > then.underpaid;
            let about_to_pay = verdict.money.upstream_planned > then.upstream_planned;
            if grew || about_to_pay { CaseState::DecideAgain } else { CaseState::Closed }
        }
        // What is missing is paid whole: more or less of it is another matter.
        decision if decision.fits(verdict) && decided.amount == decision.most(verdict) => CaseState::Decided,
        _ => CaseState::DecideAgain,
    }
}

/// What a finding proposes where its payment was recalled as a double: upstream, which is to pay now, is not stopped, and what `prepare` still knows
/// as paid is for people to decide on.
pub(super) fn proposed(state: &LedgerState, remedy: Remedy, payments: &[EndToEndId], money: &FindingMoney) -> Remedy {
    match remedy {
        Remedy::Stop | Remedy::Reduce if recalls::leaves_it_to_upstream(state, payments, money).is_some() => {
            Remedy::None
        }
        Remedy::PayAgain if recalls::taken_back_as_double(state, payments).is_some() => Remedy::Decide,
        _ => remedy,
    }
}

/// Where the case of what a run finds stands.
pub(super) fn state_of(state: &LedgerState, key: &FindingKey, finding: &Finding) -> CaseState {
    let verdict = findings::verdict(finding.kind, findings::recorded(&finding.money));
    stands(state, key, Some(finding.remedy), &verdict)
}

/// The payment reference of a finding's recovery: the same whenever it is worked out, and nothing to anybody without the key.
pub fn payment_reference(tagger: &Tagger, finding: &FindingKey) -> RepaymentReference {
    RepaymentReference::new(&tagger.reference(&["stopgap recovery 1", &finding.to_string()]))
}

/// Cases in the order of their bases and numbers, of which one at a time is in memory.
pub struct Cases {
    spool: Spool,
    state: LedgerState,
}

impl Cases {
    /// The cases that `wanted` takes, of those of the last comparisons and of those that were decided on and are no longer found.
    fn of(workspace: &mut Workspace, who: &Unlocked, wanted: &dyn Fn(&Case) -> bool) -> Result<Self> {
        let state = workspace.state.clone();
        let mut spool = Spool::with_memory(workspace.folder().into(), CASES_BYTES)?;
        let mut decided: BTreeMap<FindingKey, Basis> = BTreeMap::new();
        for (key, all) in &state.decisions {
            decided.extend(all.last().map(|last| (*key, last.recorded.basis)));
        }
        let mut record = Vec::new();
        let mut keep = |case: &Case| {
            record.clear();
            record.push(case.basis as u8);
            record.extend_from_slice(&case.finding.number.to_be_bytes());
            borsh::to_writer(&mut record, &(case.basis, case.found, &case.finding)).map_err(|_| damaged())?;
            spool.push(&record)
        };
        for basis in [Basis::Upstream, Basis::Owed] {
            findings::each_known(workspace, who, basis, &mut |finding| {
                decided.remove(&finding.key);
                let case = Case::new(&state, basis, finding, true);
                if wanted(&case) { keep(&case) } else { Ok(()) }
            })?;
        }
        for key in decided.keys() {
            let Some(last) = state.decision(key) else { continue };
            let (finding, basis) = (details(workspace, who, last)?.finding, last.recorded.basis);
            let case = Case::new(&state, basis, finding, false);
            if wanted(&case) {
                keep(&case)?;
            }
        }
        spool.settle();
        Ok(Self { spool, state })
    }

    /// Shows them all, as often as it is asked to.
    pub fn each(&self, visit: &mut dyn FnMut(Case) -> Result<()>) -> Result<()> {
        let mut merge = self.spool.merge()?;
        while let Some(record) = merge.next()? {
            let (basis, found, finding) =
                record.get(5..).and_then(|kept| borsh::from_slice(kept).ok()).ok_or_else(damaged)?;
            visit(Case::new(&self.state, basis, finding, found))?;
        }
        Ok(())
    }
}

/// What cases may take in memory before they go to the disk.
const CASES_BYTES: usize = 4 * 1024 * 1024;

/// All cases that are somebody's matter, in the order of their numbers: those of the last comparisons, and those that were decided on and are
/// no longer found.
pub fn each_case(workspace: &mut Workspace, who: &Unlocked, visit: &mut dyn FnMut(Case) -> Result<()>) -> Result<()> {
    // A run of a million that is as it should be leaves nothing to keep in mind.
    Cases::of(workspace, who, &Case::is_a_matter)?.each(visit)
}

/// Opens what lies beside a decision.
pub fn details(workspace: &mut Workspace, who: &Unlocked, decided: &DecisionState) -> Result<DecisionDetails> {
    let keys = workspace.keys.clone();
    let ledger = workspace.state.ledger;
    let key = who.episode_key(&keys, decided.recorded.details.key)?;
    let mut found = None;
    parts::each(&mut *workspace.read()?, ledger, decided.entry, &key, &mut |details: DecisionDetails| {
        found = Some(details);
        Ok(())
    })?;
    found.ok_or_else(|| {
        let message =
            say!("Entry {entry} of the ledger does not hold what was decided.", entry = ungrouped(decided.entry));
        Fault::failed("ledger.damaged", message)
    })
}

/// Where all cases stand.
pub struct Overview {
    /// Count, overpaid and underpaid in minor units, by state.
    pub by_state: BTreeMap<CaseState, StateSum>,
    /// What was asked back, what came of it and what is outstanding, in minor units.
    pub asked_back: i64,
    pub repaid: i64,
    pub outstanding: i64,
    /// What came back beyond what was asked, and nobody has decided on.
    pub back_too_much: i64,
    /// The first of those that wait for somebody, by state, basis and number, and how many there are.
    pub waiting: Vec<Case>,
    pub waiting_in_all: u64,
    pub cases: Cases,
    /// Recalls that are not over.
    pub recalls: Vec<OpenRecall>,
    /// When the last comparison on each basis was recorded.
    pub compared: BTreeMap<Basis, i64>,
    pub currency: Currency,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateSum {
    pub count: u64,
    pub overpaid: i64,
    pub underpaid: i64,
}

impl Overview {
    pub fn needs_a_person(&self) -> bool {
        self.by_state.keys().any(|state| state.needs_a_decision()) || !self.recalls.is_empty()
    }
}

pub fn list(workspace: &mut Workspace, world: &World, who: Option<&str>) -> Result<Overview> {
    let who = workspace.unlock(world, who)?;
    refuse_before_any_comparison(&workspace.state)?;
    overview(workspace, &who)
}

/// How many cases that wait are at hand.
pub const MOST_WAITING: usize = 40;

/// Where all cases stand, for somebody who has unlocked their key.
pub fn overview(workspace: &mut Workspace, who: &Unlocked) -> Result<Overview> {
    let cases = Cases::of(workspace, who, &Case::is_a_matter)?;
    let mut by_state: BTreeMap<CaseState, StateSum> = BTreeMap::new();
    let (mut asked_back, mut repaid, mut outstanding, mut back_too_much) = (0i64, 0i64, 0i64, 0i64);
    let mut waiting_in_all = 0;
    let mut waiting: BTreeMap<(CaseState, Basis, u32), Case> = BTreeMap::new();
    cases.each(&mut |case| {
        let sum = by_state.entry(case.state).or_default();
        sum.count += 1;
        sum.overpaid = sum.overpaid.saturating_add(case.finding.money.overpaid);
        sum.underpaid = sum.underpaid.saturating_add(case.finding.money.underpaid);
        asked_back = asked_back.saturating_add(case.asked_back());
        repaid = repaid.saturating_add(case.repaid);
        outstanding = outstanding.saturating_add(case.outstanding());
        back_too_much = back_too_much.saturating_add(case.back_too_much());
        if case.state != CaseState::Closed {
            waiting_in_all += 1;
            waiting.insert((case.state, case.basis, case.finding.number), case);
            if waiting.len() > MOST_WAITING {
                waiting.pop_last();
            }
        }
        Ok(())
    })?;
    Ok(Overview {
        by_state,
        asked_back,
        repaid,
        outstanding,
        back_too_much,
        waiting: waiting.into_values().collect(),
        waiting_in_all,
        cases,
        recalls: recalls::open(workspace)?,
        compared: workspace.state.comparisons.iter().map(|(basis, last)| (*basis, last.at)).collect(),
        currency: workspace.state.currency,
    })
}

/// A case with its history.
pub struct CaseView {
    pub case: Case,
    /// The earliest first.
    pub history: Vec<(DecisionState, DecisionDetails)>,
    /// As they count, by day.
    pub repayments: Vec<Repayment>,
    /// What the bank was asked to take back, the earliest first.
    pub recalls: Vec<RecallState>,
    /// `None` where nothing was ever to be recovered.
    pub reference: Option<RepaymentReference>,
    /// What can be decided about it, and whether that takes two.
    pub fits: Vec<(Decision, bool)>,
    /// Why something else that its money allows would be refused.
    pub refused: Option<Message>,
    /// Whether the bank can be asked to take its payment back; looked into where one case is shown.
    pub can_recall: bool,
    pub currency: Currency,
}

pub fn show(workspace: &mut Workspace, world: &World, who: Option<&str>, finding: &str) -> Result<CaseView> {
    let who = workspace.unlock(world, who)?;
    let case = find(workspace, &who, &[finding])?.remove(0);
    let can_recall = case.state != CaseState::Closed && recalls::would_be_accepted(workspace, &who, &case)?;
    let view = view_of(workspace, &who, case, true)?;
    Ok(CaseView { can_recall, ..view })
}

fn view(workspace: &mut Workspace, who: &Unlocked, case: Case) -> Result<CaseView> {
    view_of(workspace, who, case, false)
}

fn view_of(workspace: &mut Workspace, who: &Unlocked, case: Case, other_cases: bool) -> Result<CaseView> {
    let key = case.finding.key;
    let decisions = workspace.state.decisions.get(&key).cloned().unwrap_or_default();
    let mut history = Vec::with_capacity(decisions.len());
    for decided in decisions {
        let details = details(workspace, who, &decided)?;
        history.push((decided, details));
    }
    let was_recovered = history.iter().any(|(decided, _)| decided.recorded.decision == Decision::Recover);
    let verdict = case.finding.verdict();
    let (accepted, refused) = decide::accepted(workspace, who, &case, other_cases)?;
    Ok(CaseView {
        fits: accepted.into_iter().map(|decision| (decision, decision.takes_two(&verdict))).collect(),
        refused,
        can_recall: false,
        repayments: workspace.state.repayments.get(&key).map(|all| each_once(all)).unwrap_or_default(),
        recalls: recalls::of_finding(&workspace.state, &key).cloned().collect(),
        reference: was_recovered.then(|| payment_reference(&who.tagger, &key)),
        history,
        currency: workspace.state.currency,
        case,
    })
}

/// How many other ids are named where one is not known.
const NEAR: usize = 3;

/// The cases with these ids, in the order given.
///
/// # Errors
/// `finding.unknown` and `finding.malformed`, naming those that are near.
pub(super) fn find(workspace: &mut Workspace, who: &Unlocked, ids: &[&str]) -> Result<Vec<Case>> {
    refuse_before_any_comparison(&workspace.state)?;
    let mut wanted = Vec::with_capacity(ids.len());
    for id in ids {
        let read = findings::read_id(id).ok_or_else(|| {
            if std::path::Path::new(id).is_file() {
                return Fault::input("finding.malformed", say!("`{file}` is a file, and no finding.", file = typed(id)))
                    .remedy(say!("Findings are decided on by their numbers, as the ledger has them: what was changed in a file since changes nothing. `stopgap remedy list` shows them."));
            }
            let message = say!("`{id}` is no finding: findings are called F0001 and so on.", id = typed(id));
            Fault::input("finding.malformed", message).remedy(say!("`stopgap remedy list` shows them."))
        })?;
        wanted.push(read);
    }
    let mut found: BTreeMap<(Basis, u32), Case> = BTreeMap::new();
    let mut near: BTreeMap<(Basis, u32), Vec<u32>> = wanted.iter().map(|id| (*id, Vec::new())).collect();
    let is_wanted = |case: &Case| near.contains_key(&(case.basis, case.finding.number));
    Cases::of(workspace, who, &is_wanted)?.each(&mut |case| {
        found.insert((case.basis, case.finding.number), case);
        Ok(())
    })?;
    near.retain(|id, _| !found.contains_key(id));
    if !near.is_empty() {
        for basis in [Basis::Upstream, Basis::Owed] {
            findings::each_known(workspace, who, basis, &mut |finding| {
                for ((_, number), near) in near.iter_mut().filter(|((of, _), _)| *of == basis) {
                    near.push(finding.number);
                    near.sort_by_key(|other| (other.abs_diff(*number), *other));
                    near.truncate(NEAR);
                }
                Ok(())
            })?;
        }
    }
    let mut cases = Vec::with_capacity(wanted.len());
    for id in &wanted {
        let case = found.get(id).cloned().ok_or_else(|| unknown(*id, near.remove(id)))?;
        cases.push(case);
    }
    Ok(cases)
}

fn refuse_before_any_comparison(state: &LedgerState) -> Result<()> {
    if state.comparisons.is_empty() {
        return Err(Fault::input(
            "finding.none",
            say!("Nothing has been reconciled yet: there are no findings to decide on."),
        )
        .remedy(say!("`stopgap reconcile --upstream FILE --out DIR` compares and records what it finds.")));
    }
    Ok(())
}

fn unknown((basis, number): (Basis, u32), near: Option<Vec<u32>>) -> Fault {
    let mut near = near.unwrap_or_default();
    near.sort_unstable();
    let named: Vec<String> = near.into_iter().map(|number| findings::id(basis, number)).collect();
    let message = say!("There is no finding {id} in this ledger.", id = findings::id(basis, number));
    let message = match named.is_empty() {
        true => message,
        false => message.and(say!("Near it: {near}.", near = named.join(", "))),
    };
    Fault::input("finding.unknown", message).remedy(
        say!("Decisions are about the findings that the last `stopgap reconcile` recorded; a findings file that was edited by hand changes nothing. \
         `stopgap remedy list` shows them."),
    )
}

/// An amount of the ledger's currency.
pub fn money(minor_units: i64, currency: Currency) -> Amount {
    Amount::from_minor_units(minor_units, currency)
}
