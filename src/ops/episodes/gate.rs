//! What keeps an episode from being closed: every reason, in one list.
//!
//! Whatever else must be done before an outage is over becomes one more matter here.

use std::collections::BTreeSet;

use super::super::findings::amount;
use super::super::remedies::{self, CaseState};
use super::super::{Unlocked, Workspace, recalls, waiting, worksheets};
use crate::batch::Sum;
use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ledger::outcome::{Standing, has_left, is_other_since, standings, unexplained_debits};
use crate::ledger::remedies::{Basis, Decision};
use crate::ledger::state::{BatchPhase, OpenRows};
use crate::payment::{Amount, BatchId};
use crate::say;
use crate::words::Message;

/// One kind of thing that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMatter {
    /// Stable.
    pub matter: &'static str,
    pub count: u64,
    pub amount: Amount,
    /// What is open, in words.
    pub says: Message,
    /// The command that helps.
    pub helps: String,
    /// Whether two people can close over it.
    pub can_be_left: bool,
}

/// Everything that is open in an episode, the most serious first.
pub fn open_matters(workspace: &mut Workspace, who: &Unlocked, episode: &str) -> Result<Vec<OpenMatter>> {
    let state = workspace.state.clone();
    let mut matters = Vec::new();
    matters.extend(unfinished_batches(&state, episode));
    matters.extend(not_paid_yet(workspace, who, episode)?);
    matters.extend(rows_open(&state, episode));
    matters.extend(not_reconciled(&state, episode));
    matters.extend(said_since(workspace, &state, episode)?);
    matters.extend(cases(workspace, who, episode)?);
    matters.extend(recalls_open(workspace, &state, episode)?);
    matters.extend(rows_not_done(workspace, who, &state, episode)?);
    matters.extend(without_the_banks_word(workspace, &state, episode)?);
    matters.extend(open_copies(&state, episode));
    Ok(matters)
}

/// Who was left for later and was never paid.
fn not_paid_yet(workspace: &mut Workspace, who: &Unlocked, episode: &str) -> Result<Option<OpenMatter>> {
    let waiting = waiting::still_waiting(workspace, who, episode)?;
    let sum = waiting.iter().fold(0i64, |sum, one| sum.saturating_add(one.amount.minor_units()));
    let (count, amount) = (waiting.len() as u64, amount(sum, workspace.state.currency));
    Ok((count > 0).then(|| OpenMatter {
        matter: "payments_waiting",
        count,
        amount,
        says: say!(
            "{count:payment that could be made waits|payments that could be made wait}, {amount}",
            count,
            amount
        ),
        helps: "stopgap waiting".into(),
        can_be_left: true,
    }))
}

/// Rows that were rejected or held, and that nobody is known to have dealt with.
fn rows_open(state: &LedgerState, episode: &str) -> Option<OpenMatter> {
    let open: Vec<(BatchId, OpenRows)> = state.open_rows_in(episode).collect();
    let (first, _) = open.first()?;
    let named = open.iter().take(5).map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(", ");
    let more = if open.len() > 5 { " …" } else { "" };
    let zero = Amount::zero(state.currency);
    let amount = open.iter().fold(zero, |sum, (_, rows)| sum.checked_add(rows.amount()).unwrap_or(sum));
    let count = open.iter().map(|(_, rows)| rows.count()).sum();
    Some(OpenMatter {
        matter: "rows_open",
        count,
        amount,
        says: say!(
            "{count:row was|rows were} rejected or held ({named}{more}), and nobody is known to have dealt with that, {amount}",
            count,
            named,
            more,
            amount
        ),
        helps: format!("stopgap batch settle {first} --reason TEXT"),
        can_be_left: true,
    })
}

/// Files that hold the episode's people and have not been ended. Those of a cancelled batch went nowhere: they are on the list of copies
/// with their day, and hold up the purge.
fn open_copies(state: &LedgerState, episode: &str) -> Option<OpenMatter> {
    let of_cancelled = |batch: BatchId| state.batches.get(&batch).is_some_and(|b| b.phase == BatchPhase::Cancelled);
    let open: Vec<String> = state
        .copies
        .open()
        .filter(|copy| copy.episodes.iter().any(|name| name == episode))
        .filter(|copy| copy.declared.people.persons > 0 && !copy.declared.batch.is_some_and(of_cancelled))
        .map(|copy| copy.id.to_string())
        .collect();
    let named = open.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = if open.len() > 5 { " …" } else { "" };
    (!open.is_empty()).then(|| OpenMatter {
        matter: "copies_open",
        count: open.len() as u64,
        amount: Amount::zero(state.currency),
        says: say!(
            "{files:file with these people is|files with these people are} not ended ({named}{more})",
            files = open.len(),
            named,
            more
        ),
        helps: "stopgap copies end --all".into(),
        can_be_left: true,
    })
}

fn batches_of(state: &LedgerState, episode: &str) -> BTreeSet<BatchId> {
    let of_episode = state.batches.iter().filter(|(_, batch)| batch.prepared.episode == episode);
    of_episode.map(|(id, _)| *id).collect()
}

fn sum_of<'a>(state: &LedgerState, batches: impl Iterator<Item = &'a BatchId>) -> Amount {
    let totals = batches.filter_map(|id| state.batches.get(id)).map(|batch| batch.prepared.total().amount);
    let zero = Amount::zero(state.currency);
    totals.fold(zero, |sum, total| sum.checked_add(total).unwrap_or(sum))
}

fn unfinished_batches(state: &LedgerState, episode: &str) -> Option<OpenMatter> {
    let finished = |id: &BatchId| {
        state.batches.get(id).is_none_or(|batch| matches!(batch.phase, BatchPhase::Released | BatchPhase::Cancelled))
    };
    let open: Vec<BatchId> = batches_of(state, episode).into_iter().filter(|id| !finished(id)).collect();
    let amount = sum_of(state, open.iter());
    let named = open.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let more = if open.len() > 5 { " …" } else { "" };
    (!open.is_empty()).then(|| OpenMatter {
        matter: "batches_unfinished",
        count: open.len() as u64,
        amount,
        says: say!(
            "{batches:batch is|batches are} neither released nor cancelled ({named}{more}), {amount}",
            batches = open.len(),
            named,
            more,
            amount
        ),
        helps: "stopgap batch list".into(),
        can_be_left: false,
    })
}

fn not_reconciled(state: &LedgerState, episode: &str) -> Option<OpenMatter> {
    let compared = state.comparisons.get(&Basis::Upstream).map(|last| last.at);
    let left = |id: &&BatchId| {
        let released_at = state.batches.get(id).and_then(|batch| batch.released_at);
        has_left(state, **id) && compared.is_none_or(|compared| released_at.is_some_and(|at| at > compared))
    };
    let batches = batches_of(state, episode);
    let not_compared: Vec<&BatchId> = batches.iter().filter(left).collect();
    let amount = sum_of(state, not_compared.iter().copied());
    let says = match compared {
        None => say!("what was paid was never reconciled with upstream's runs, {amount}", amount),
        Some(_) => say!(
            "{batches:batch was|batches were} released since the last reconciliation, {amount}",
            batches = not_compared.len(),
            amount
        ),
    };
    (!not_compared.is_empty()).then(|| OpenMatter {
        matter: "not_reconciled",
        count: not_compared.len() as u64,
        amount,
        says,
        helps: "stopgap reconcile --upstream FILE --out DIR".into(),
        can_be_left: true,
    })
}

/// Payments that the bank has doubled, given back or refused since they were last compared: no finding speaks of that yet.
fn said_since(workspace: &mut Workspace, state: &LedgerState, episode: &str) -> Result<Option<OpenMatter>> {
    let Some(compared) = state.comparisons.get(&Basis::Upstream).map(|last| last.entry) else { return Ok(None) };
    let batches = batches_of(state, episode);
    let mut sum = Sum::zero(state.currency);
    let mut add = |amount: Amount| {
        sum.count += 1;
        sum.amount = sum.amount.checked_add(amount).unwrap_or(sum.amount);
    };
    let mut snapshot = workspace.read()?;
    snapshot.claims_with_evidence(&mut |claim, live, evidence| {
        if batches.contains(&claim.batch)
            && has_left(state, claim.batch)
            && is_other_since(compared, &claim, live, evidence)
        {
            add(claim.amount);
        }
        Ok(())
    })?;
    // Nobody knows to which episode a debit belongs that nothing explains.
    unexplained_debits(&mut *snapshot, &mut |debit| {
        if debit.place.0 > compared {
            add(debit.amount);
        }
        Ok(())
    })?;
    Ok((sum.count > 0).then(|| OpenMatter {
        matter: "bank_said_since",
        count: sum.count,
        amount: sum.amount,
        says: say!(
            "since the last reconciliation the bank has said of {payments:payment that it was|payments that they were} booked otherwise, given back or \
             refused, {amount}",
            payments = sum.count,
            amount = sum.amount
        ),
        helps: "stopgap reconcile --upstream FILE --out DIR".into(),
        can_be_left: true,
    }))
}

/// Findings without a decision that fits, payments that were decided and not made, and recoveries whose money has not come back. A finding
/// without a payment of ours belongs to whichever episode is being closed.
fn cases(workspace: &mut Workspace, who: &Unlocked, episode: &str) -> Result<Vec<OpenMatter>> {
    let (state, currency) = (workspace.state.clone(), workspace.state.currency);
    let batches = batches_of(&state, episode);
    let (mut undecided, mut undecided_money) = (0u64, 0i64);
    let (mut recoveries, mut outstanding) = (0u64, 0i64);
    let (mut to_pay, mut unpaid) = (0u64, 0i64);
    let (mut beyond, mut back_too_much) = (0u64, 0i64);
    let read = remedies::each_case(workspace, who, &mut |case| {
        let finding = &case.finding;
        if !finding.batches.is_empty() && !finding.batches.iter().any(|batch| batches.contains(batch)) {
            return Ok(());
        }
        if case.back_too_much() > 0 {
            beyond += 1;
            back_too_much = back_too_much.saturating_add(case.back_too_much());
        } else if case.state.needs_a_decision() {
            undecided += 1;
            let money = finding.money.overpaid.saturating_add(finding.money.underpaid);
            undecided_money = undecided_money.saturating_add(money);
        } else if case.state == CaseState::Decided && case.outstanding() > 0 {
            recoveries += 1;
            outstanding = outstanding.saturating_add(case.outstanding());
        } else if case.state == CaseState::Decided
            && matches!(case.decision(), Some(Decision::PayAgain | Decision::TopUp))
        {
            to_pay += 1;
            unpaid = unpaid.saturating_add(finding.money.underpaid);
        }
        Ok(())
    });
    match read {
        // What was purged can be decided on no longer.
        Err(fault) if fault.code == "ledger.purged" => {}
        read => read?,
    }
    let [undecided_money, outstanding, unpaid, back_too_much] =
        [undecided_money, outstanding, unpaid, back_too_much].map(|sum| amount(sum, currency));
    let mut matters = Vec::new();
    if undecided > 0 {
        matters.push(OpenMatter {
            matter: "findings_undecided",
            count: undecided,
            amount: undecided_money,
            says: say!(
                "{undecided:finding needs|findings need} a decision, {amount} paid too much or too little",
                undecided,
                amount = undecided_money
            ),
            helps: "stopgap remedy list".into(),
            can_be_left: true,
        });
    }
    if beyond > 0 {
        matters.push(OpenMatter {
            matter: "repaid_beyond",
            count: beyond,
            amount: back_too_much,
            says: say!(
                "{recoveries:recovery|recoveries} brought more back than was asked, {amount} that may be to give back",
                recoveries = beyond,
                amount = back_too_much
            ),
            helps: "stopgap remedy list".into(),
            can_be_left: true,
        });
    }
    if to_pay > 0 {
        matters.push(OpenMatter {
            matter: "payments_decided",
            count: to_pay,
            amount: unpaid,
            says: say!(
                "{payments:payment was decided and is|payments were decided and are} not made, or not compared since, {amount}",
                payments = to_pay,
                amount = unpaid
            ),
            helps: "stopgap remedy list".into(),
            can_be_left: true,
        });
    }
    if recoveries > 0 {
        matters.push(OpenMatter {
            matter: "recoveries_outstanding",
            count: recoveries,
            amount: outstanding,
            says: say!(
                "{recoveries:recovery is|recoveries are} not repaid, {outstanding} outstanding",
                recoveries,
                outstanding
            ),
            helps: "stopgap outcome STATEMENT".into(),
            can_be_left: true,
        });
    }
    Ok(matters)
}

/// Recalls that the bank has not answered for good, or whose money its statement does not show to be back.
fn recalls_open(workspace: &mut Workspace, state: &LedgerState, episode: &str) -> Result<Option<OpenMatter>> {
    let batches = batches_of(state, episode);
    let (mut waiting, mut not_back) = (Sum::zero(state.currency), Sum::zero(state.currency));
    let mut named = Vec::new();
    for open in recalls::open(workspace)? {
        if open.recall.recorded.payments.iter().any(|one| batches.contains(&one.batch)) {
            named.push(open.recall.id().to_string());
            for (sum, more) in [(&mut waiting, open.waiting), (&mut not_back, open.not_back)] {
                sum.count += more.count;
                sum.amount = sum.amount.checked_add(more.amount).unwrap_or(sum.amount);
            }
        }
    }
    let amount = waiting.amount.checked_add(not_back.amount).unwrap_or(waiting.amount);
    let count = waiting.count + not_back.count;
    let ids = named.join(", ");
    let says = match not_back.count {
        0 => say!(
            "{count:recalled payment waits|recalled payments wait} for the bank's answer ({ids}), {amount}",
            count,
            ids,
            amount
        ),
        _ => say!(
            "{count:recalled payment waits|recalled payments wait} for the bank's answer, or for money that it promised back ({ids}), {amount}",
            count,
            ids,
            amount
        ),
    };
    Ok((count > 0).then(|| OpenMatter {
        matter: "recalls_open",
        count,
        amount,
        says,
        helps: "stopgap outcome ANSWER".into(),
        can_be_left: true,
    }))
}

/// Rows of work sheets of which nobody says whether they were typed.
fn rows_not_done(
    workspace: &mut Workspace,
    who: &Unlocked,
    state: &LedgerState,
    episode: &str,
) -> Result<Option<OpenMatter>> {
    let mut open = Sum::zero(state.currency);
    for batch in batches_of(state, episode) {
        if let Some(of_batch) = worksheets::overview::open_rows(workspace, who, batch)? {
            open.count += of_batch.count;
            open.amount = open.amount.checked_add(of_batch.amount).unwrap_or(open.amount);
        }
    }
    Ok((open.count > 0).then(|| OpenMatter {
        matter: "worksheet_rows_open",
        count: open.count,
        amount: open.amount,
        says: say!(
            "{rows:row of work sheets is|rows of work sheets are} neither ticked nor settled, {amount}",
            rows = open.count,
            amount = open.amount
        ),
        helps: "stopgap worksheet list".into(),
        can_be_left: true,
    }))
}

fn without_the_banks_word(workspace: &mut Workspace, state: &LedgerState, episode: &str) -> Result<Option<OpenMatter>> {
    let batches = batches_of(state, episode);
    let (mut count, mut sum) = (0u64, 0i64);
    standings(&mut *workspace.read()?, state, &mut |payment| {
        if payment.standing == Standing::None && batches.contains(&payment.batch) {
            count += 1;
            sum = sum.saturating_add(payment.amount.minor_units());
        }
        Ok(())
    })?;
    let amount = amount(sum, state.currency);
    Ok((count > 0).then(|| OpenMatter {
        matter: "payments_without_word",
        count,
        amount,
        says: say!("the bank has said nothing of {count:payment|payments}, {amount}", count, amount),
        helps: "stopgap outcome REPORT".into(),
        can_be_left: true,
    }))
}
