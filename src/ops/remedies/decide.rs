//! `remedy decide`: what is to be done about findings, by whom and why.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::super::copies;
use super::super::findings::sealing_key;
use super::super::parts::PartSealer;
use super::plan::{self, Instalment};
use super::{Case, CaseState, CaseView, Cases, DecisionDetails, find, money, notice, view};
use crate::bank::calendar::BankCalendar;
use crate::fault::{Fault, Result};
use crate::ledger::event::RecordedDecision;
use crate::ledger::outcome::{is_other_since, standing_of};
use crate::ledger::remedies::{Basis, Decision};
use crate::ledger::{Event, LedgerState};
use crate::ops::reconcile::AsTyped;
use crate::ops::{Unlocked, Workspace, World, recalls};
use crate::payment::{Amount, EndToEndId};
use crate::reconciliation::finding::Kind;
use crate::say;
use crate::words::{Language, Message};

/// What was asked for on the command line.
pub struct Request<'a> {
    /// Ids, as typed.
    pub findings: &'a [String],
    /// Instead of ids: all findings of this kind that need a decision.
    pub kind: Option<Kind>,
    pub decision: Decision,
    pub reason: &'a str,
    pub second: Option<&'a str>,
    /// Of a recovery, where less than all is asked back.
    pub amount: Option<Amount>,
    /// Where the notices of a recovery will go, and in which languages.
    pub notices: (&'a Path, &'a [Language]),
}

pub struct Decided {
    pub cases: Vec<CaseView>,
    /// Whether everything had been decided just so before.
    pub nothing_new: bool,
}

pub fn decide(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<Decided> {
    if request.reason.trim().is_empty() {
        return Err(Fault::input("decision.reason", say!("A decision needs its reason: it is recorded with it."))
            .remedy(say!("Add --reason TEXT.")));
    }
    if request.amount.is_some() && request.decision != Decision::Recover {
        let message =
            say!("--amount goes with `--as recover` alone: everything else is about the finding's whole amount.");
        return Err(Fault::input("decision.amount", message));
    }
    let who = workspace.unlock(world, who)?;
    let cases = chosen(workspace, &who, request)?;
    refuse_what_does_not_fit(&cases, request)?;
    refuse_the_same_money_twice(workspace, &who, &cases, request.decision)?;
    refuse_while_the_bank_is_asked(&workspace.state, &cases, request.decision)?;
    refuse_what_stays_paid(workspace, &cases, request.decision)?;
    refuse_what_the_bank_made_another(workspace, &cases, request.decision)?;
    refuse_where_notices_cannot_lie(workspace, &who, &cases, request)?;
    let takes_two = cases.iter().any(|case| request.decision.takes_two(&case.finding.verdict()));
    let second = match request.second {
        Some(name) => Some(workspace.unlock_second(world, &who, name)?),
        None if takes_two => return Err(second_missing(workspace, &who, request.decision)),
        None => None,
    };
    let mut new = Vec::with_capacity(cases.len());
    for case in &cases {
        let amount = amount_of(case, request, workspace)?;
        if !is_decided_so(workspace, &who, case, request, amount)? {
            // What has come back already is not asked for again.
            let plan = planned(workspace, world, request.decision, amount - case.repaid)?;
            new.push((case.clone(), amount, plan));
        }
    }
    let nothing_new = new.is_empty();
    if !nothing_new {
        record(workspace, world, &who, second.as_ref(), request, new)?;
    }
    let ids: Vec<String> = cases.iter().map(Case::id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut views = Vec::with_capacity(ids.len());
    for case in find(workspace, &who, &ids)? {
        views.push(view(workspace, &who, case)?);
    }
    Ok(Decided { cases: views, nothing_new })
}

/// The cases that are meant, each once.
fn chosen(workspace: &mut Workspace, who: &Unlocked, request: &Request) -> Result<Vec<Case>> {
    let Some(kind) = request.kind else {
        let mut ids: Vec<&str> = Vec::new();
        for id in request.findings {
            if !ids.contains(&id.as_str()) {
                ids.push(id);
            }
        }
        let mut cases = find(workspace, who, &ids)?;
        let mut seen = BTreeSet::new();
        cases.retain(|case| seen.insert(case.id()));
        return Ok(cases);
    };
    let mut cases = Vec::new();
    let is_meant = |case: &Case| case.state.needs_a_decision() && case.finding.kind() == kind;
    Cases::of(workspace, who, &is_meant)?.each(&mut |case| {
        cases.push(case);
        Ok(())
    })?;
    if cases.is_empty() {
        let message = say!("No finding of the kind {kind} needs a decision.", kind = kind.as_str());
        return Err(Fault::input("finding.none", message).remedy(say!("`stopgap remedy list` shows what does.")));
    }
    Ok(cases)
}

/// How many findings a refusal names.
const MOST_NAMED: usize = 10;

fn refuse_what_does_not_fit(cases: &[Case], request: &Request) -> Result<()> {
    // A recovery whose finding is gone can only be given up.
    let fits = |case: &Case| match case.found {
        true => request.decision.fits(&case.finding.verdict()),
        false => request.decision == Decision::None,
    };
    let wrong: Vec<&Case> = cases.iter().filter(|case| !fits(case)).collect();
    let Some(first) = wrong.first() else { return Ok(()) };
    let decision = request.decision.as_str();
    if !first.found {
        let message = say!("Finding {id} is no longer found: {decision} does not fit it.", id = first.id(), decision);
        return Err(Fault::refused("remedy.does_not_fit", message).remedy(say!("What fits: none.")));
    }
    let that_fit: Vec<&str> = Decision::that_fit(&first.finding.verdict()).into_iter().map(Decision::as_str).collect();
    let why = why_not(request.decision, first);
    let others = match wrong.len() - 1 {
        0 => None,
        others => {
            let named: Vec<String> = wrong.iter().skip(1).take(MOST_NAMED).map(|case| case.id()).collect();
            let named = named.join(", ");
            Some(match others > MOST_NAMED {
                true => say!("Nor does it fit {named} and more.", named),
                false => say!("Nor does it fit {named}.", named),
            })
        }
    };
    let message = say!(
        "{decision} does not fit {id}, which is {kind}: {why}.",
        decision,
        id = first.id(),
        kind = first.finding.kind().as_str(),
        why
    );
    let message = match others {
        Some(others) => message.and(others),
        None => message,
    };
    Err(Fault::refused("remedy.does_not_fit", message).remedy(say!(
        "What fits {id}: {that_fit}.",
        id = first.id(),
        that_fit = that_fit.join(", ")
    )))
}

fn why_not(decision: Decision, case: &Case) -> Message {
    let money = &case.finding.money;
    let planned = money.upstream_planned > 0;
    match decision {
        Decision::Recover => say!("nothing was paid too much"),
        Decision::Stop => say!("upstream is not about to pay"),
        Decision::TopUp | Decision::PayAgain if planned => {
            say!("upstream is about to pay, so it would be paid twice: stop that first")
        }
        Decision::TopUp if money.underpaid == 0 => say!("nothing is missing"),
        Decision::TopUp => say!("nothing of it has been paid: pay_again is for that"),
        Decision::PayAgain if money.paid() > 0 => say!("the money stands"),
        Decision::PayAgain => say!("nothing is missing"),
        Decision::WriteBack if money.fallback == 0 => say!("the fallback's money does not stand"),
        Decision::WriteBack => say!("its money is not settled between the two sides yet"),
        Decision::None => say!("it always does"),
    }
}

fn moves_money(decision: Decision) -> bool {
    matches!(decision, Decision::Recover | Decision::TopUp | Decision::PayAgain)
}

/// A payment can be found twice: against upstream's runs and against lists of what was owed. Its money moves once.
pub(in crate::ops) fn refuse_the_same_money_twice(
    workspace: &mut Workspace,
    who: &Unlocked,
    cases: &[Case],
    decision: Decision,
) -> Result<()> {
    if !moves_money(decision) {
        return Ok(());
    }
    refuse_both_sides(cases)?;
    let of_case = |case: &Case| case.finding.end_to_end_ids.clone();
    let ours: HashMap<EndToEndId, String> =
        cases.iter().flat_map(|case| of_case(case).into_iter().map(|payment| (payment, case.id()))).collect();
    let is_decided = |case: &Case| case.decision().is_some_and(moves_money);
    Cases::of(workspace, who, &is_decided)?.each(&mut |other| {
        let id = other.id();
        if let Some(own) = cases.iter().find(|own| may_be_the_same(own, &other)) {
            return Err(both_sides(own, &other));
        }
        let same = of_case(&other).iter().find_map(|payment| ours.get(payment).filter(|own| **own != id).cloned());
        let Some(own) = same else { return Ok(()) };
        let decided = other.decision().map_or("", Decision::as_str);
        let message = say!(
            "{own} is about a payment that {id} is about as well, and {id} is decided already: {decided}.",
            own,
            id,
            decided
        );
        Err(Fault::refused("remedy.same_money", message)
            .remedy(say!("The same money would move twice. Decide `none` on one of the two, saying why.")))
    })
}

/// Two findings that were offered as the same money: one of them may move it.
fn refuse_both_sides(cases: &[Case]) -> Result<()> {
    for (at, case) in cases.iter().enumerate() {
        if let Some(other) = cases[..at].iter().find(|other| may_be_the_same(case, other)) {
            return Err(both_sides(case, other));
        }
    }
    Ok(())
}

/// Whether one of the two findings names the other as what may be the same money, and nothing more is known of either: what the bank booked
/// twice is to come back whatever the other side paid.
fn may_be_the_same(one: &Case, other: &Case) -> bool {
    let names = |one: &Case, other: &Case| one.finding.matched.split('+').any(|named| named == other.id());
    let uncertain = |case: &Case| case.found && case.finding.kind() == Kind::PossibleDouble;
    one.basis == other.basis && uncertain(one) && uncertain(other) && (names(one, other) || names(other, one))
}

fn both_sides(own: &Case, other: &Case) -> Fault {
    let message = say!(
        "{own} and {id} may be the same money, and that moves once: {id} is decided on already, or in the same command.",
        own = own.id(),
        id = other.id()
    );
    Fault::refused("remedy.same_money", message)
        .remedy(say!("The same money would move twice. Decide `none` on one of the two, saying why."))
}

/// What upstream is told to stop is paid by the fallback alone, and what the citizen has paid back is not asked of the bank as well.
pub(in crate::ops) fn refuse_what_is_stopped_or_repaid(
    workspace: &mut Workspace,
    who: &Unlocked,
    case: &Case,
) -> Result<()> {
    let own = &case.finding.end_to_end_ids;
    let is_about_them = |other: &Case| other.finding.end_to_end_ids.iter().any(|payment| own.contains(payment));
    let is_meant = |other: &Case| {
        let is_stopped = other.decision() == Some(Decision::Stop) && other.state == CaseState::Decided;
        (is_stopped && !recalls::stopping_is_safe(&other.finding.money) || other.repaid > 0) && is_about_them(other)
    };
    let currency = workspace.state.currency;
    Cases::of(workspace, who, &is_meant)?.each(&mut |other| {
        let finding = other.id();
        if other.repaid > 0 {
            let message = say!(
                "Of {finding} {repaid} has been paid back already: the bank is not asked for the same money.",
                finding,
                repaid = money(other.repaid, currency)
            );
            return Err(Fault::refused("remedy.same_money", message)
                .remedy(say!("`stopgap remedy show {finding}` says what came back.", finding = other.id())));
        }
        let message = say!(
            "{finding} is decided already: stop. Upstream is told not to pay it, so if the bank took the payment back nobody would.",
            finding
        );
        Err(Fault::refused("remedy.same_money", message).remedy(say!(
            "Where upstream is to pay it after all, take the stop back first: tell upstream, and decide `none` on {finding}, saying that the bank is asked instead.",
            finding = other.id()
        )))
    })
}

/// What two people had taken back because another payment stands for it is not paid again: `prepare` still knows it as paid.
fn refuse_what_stays_paid(workspace: &mut Workspace, cases: &[Case], decision: Decision) -> Result<()> {
    if !matches!(decision, Decision::PayAgain | Decision::TopUp) {
        return Ok(());
    }
    let mut snapshot = workspace.read()?;
    for case in cases {
        for id in &case.finding.end_to_end_ids {
            let Some((claim, live)) = snapshot.claim_ever(id)? else { continue };
            let standing = standing_of(&claim, live, &snapshot.evidence_of(id)?);
            if live && standing.stays_paid && standing.standing.did_not_stand() {
                let message = say!(
                    "{decision} does not fit {id}: its payment was recalled because another one stands for it, and `stopgap prepare` takes it as paid.",
                    decision = decision.as_str(),
                    id = case.id()
                );
                return Err(Fault::refused("remedy.does_not_fit", message).remedy(say!(
                    "Where it is owed after all, prepare it with a part of its own, and decide `none` here, saying why."
                )));
            }
        }
    }
    Ok(())
}

/// No money moves on a finding of which the bank has said something else since: it may be back on the account.
fn refuse_what_the_bank_made_another(workspace: &mut Workspace, cases: &[Case], decision: Decision) -> Result<()> {
    if !moves_money(decision) {
        return Ok(());
    }
    let state = workspace.state.clone();
    let mut as_typed = AsTyped::of(&state);
    let mut snapshot = workspace.read()?;
    for case in cases {
        let Some(compared) = state.comparisons.get(&case.basis).map(|last| last.entry) else { continue };
        let (mut out, mut is_other) = (Some(0i64), false);
        for payment in &case.finding.end_to_end_ids {
            let Some((claim, live)) = snapshot.claim_ever(payment)? else {
                // Another desk's: what the bank says of it is known there.
                out = None;
                continue;
            };
            let evidence = snapshot.evidence_of(payment)?;
            is_other |= is_other_since(compared, &claim, live, &evidence);
            let standing = standing_of(&claim, live, &evidence);
            as_typed.hear(&state, &standing);
            out = out.map(|sum| sum.saturating_add(as_typed.out(&standing).minor_units()));
        }
        // A comparison of other batches takes a finding over as it was: only its own figure tells when it is from.
        let is_taken_over = case.basis == Basis::Owed && out.is_some_and(|out| out != case.finding.money.fallback);
        if is_other || is_taken_over {
            let message =
                say!("The bank has said more of what {finding} is about since that was found.", finding = case.id());
            return Err(Fault::refused("remedy.stale", message)
                .remedy(say!("Reconcile again: the finding is another one by now.")));
        }
    }
    Ok(())
}

/// What the bank is asked to take back, or has taken back since the last comparison, is not asked of the citizen as well, and not paid again.
fn refuse_while_the_bank_is_asked(state: &LedgerState, cases: &[Case], decision: Decision) -> Result<()> {
    if decision == Decision::Stop {
        return refuse_to_stop_what_is_recalled(state, cases);
    }
    if !moves_money(decision) {
        return Ok(());
    }
    for case in cases {
        for payment in &case.finding.end_to_end_ids {
            let Some(recall) = state.recall_of(payment) else { continue };
            let (finding, id) = (case.id(), recall.id().to_string());
            if recall.is_open() {
                let message =
                    say!("{recall} asks the bank to take back what {finding} is about.", recall = id, finding);
                return Err(Fault::refused("remedy.recall_open", message).remedy(say!(
                    "Read the bank's answer first: `stopgap outcome FILE`. Where none will come, two people give the recall up: `stopgap remedy recall {finding} --give-up TEXT --second NAME`.",
                    finding = case.id()
                )));
            }
            let compared = state.comparisons.get(&case.basis).map(|last| last.entry);
            if recall.accepted_at() > compared {
                let message = say!("The bank has taken back what {finding} is about ({recall}).", finding, recall = id);
                return Err(Fault::refused("remedy.recalled", message)
                    .remedy(say!("Reconcile again: the finding is another one by now.")));
            }
        }
    }
    Ok(())
}

/// Where the bank takes our payment back, upstream's is the one that pays.
fn refuse_to_stop_what_is_recalled(state: &LedgerState, cases: &[Case]) -> Result<()> {
    for case in cases {
        let finding = &case.finding;
        let Some(recall) = recalls::leaves_it_to_upstream(state, &finding.end_to_end_ids, &finding.money) else {
            continue;
        };
        let (finding, id) = (case.id(), recall.id().to_string());
        let message = say!(
            "{recall} asks the bank to take back what the fallback paid of {finding}: if upstream is stopped as well, nobody pays it.",
            recall = id,
            finding
        );
        return Err(Fault::refused("remedy.recall_open", message).remedy(match recall.is_open() {
            true => say!(
                "Read the bank's answer first: `stopgap outcome FILE`. Where none will come, two people give the recall up: `stopgap remedy recall {finding} --give-up TEXT --second NAME`.",
                finding = case.id()
            ),
            false => say!("The bank has taken it back: let upstream pay, and reconcile with its next run."),
        }));
    }
    Ok(())
}

/// Of what fits a case: what would be accepted now, and the first thing said of what would not. `other_cases` says whether to look through the
/// other cases too, which takes as long as there are many.
pub(super) fn accepted(
    workspace: &mut Workspace,
    who: &Unlocked,
    case: &Case,
    other_cases: bool,
) -> Result<(Vec<Decision>, Option<Message>)> {
    let (mut accepted, mut said) = (Vec::new(), None);
    let one = std::slice::from_ref(case);
    let fits = if case.found { Decision::that_fit(&case.finding.verdict()) } else { vec![Decision::None] };
    for decision in fits {
        let mut controls = || -> Result<()> {
            refuse_while_the_bank_is_asked(&workspace.state, one, decision)?;
            refuse_what_stays_paid(workspace, one, decision)?;
            refuse_what_the_bank_made_another(workspace, one, decision)?;
            if other_cases { refuse_the_same_money_twice(workspace, who, one, decision) } else { Ok(()) }
        };
        match controls() {
            Ok(()) => accepted.push(decision),
            Err(fault) => {
                let told = fault.said();
                fault.unless_failed()?;
                said.get_or_insert(told);
            }
        }
    }
    Ok((accepted, said))
}

/// Before anything is decided: what lies where a notice would go is nobody's to lose.
fn refuse_where_notices_cannot_lie(
    workspace: &Workspace,
    who: &Unlocked,
    cases: &[Case],
    request: &Request,
) -> Result<()> {
    if request.decision != Decision::Recover {
        return Ok(());
    }
    let (folder, languages) = request.notices;
    for case in cases {
        for language in languages {
            let path = notice::path_of(folder, &case.id(), *language);
            copies::refuse_unless_free(workspace.folder(), &workspace.state, who, &path)?;
        }
    }
    Ok(())
}

fn second_missing(workspace: &Workspace, who: &Unlocked, decision: Decision) -> Fault {
    let others = workspace.state.active_operators().filter(|operator| operator.name != who.signer.name);
    let others: Vec<&str> = others.map(|operator| operator.name.as_str()).collect();
    let what = match decision {
        Decision::None => say!("Giving up money that was paid too much takes two operators."),
        Decision::Recover => say!("Asking money back takes two operators."),
        _ => say!("Paying once more takes two operators."),
    };
    Fault::refused("control.second_missing", what)
        .remedy(say!("Add --second NAME; others are: {others}.", others = others.join(", ")))
}

fn amount_of(case: &Case, request: &Request, workspace: &Workspace) -> Result<i64> {
    let most = request.decision.most(&case.finding.verdict());
    let Some(asked) = request.amount else {
        if request.decision == Decision::Recover && case.finding.kind() == Kind::PossibleDouble {
            let message = say!(
                "Of {id} nothing is known to be paid twice: say with --amount what is asked back.",
                id = case.id()
            );
            return Err(Fault::input("decision.amount", message));
        }
        return Ok(most);
    };
    if asked.minor_units() <= 0 || asked.minor_units() > most {
        let most = money(most, workspace.state.currency);
        let message = say!(
            "--amount {grouped} does not fit {id}: at most {most} can be asked back.",
            grouped = asked,
            id = case.id(),
            most
        );
        return Err(Fault::refused("decision.amount", message));
    }
    Ok(asked.minor_units())
}

/// The same decision once more, perhaps after an interruption: it stands.
fn is_decided_so(
    workspace: &mut Workspace,
    who: &Unlocked,
    case: &Case,
    request: &Request,
    amount: i64,
) -> Result<bool> {
    let Some(last) = case.decided.clone() else { return Ok(false) };
    let same = (last.recorded.decision, last.recorded.amount) == (request.decision, amount)
        && last.recorded.verdict == case.finding.verdict()
        && last.second.as_deref() == request.second
        && last.by == who.signer.name;
    Ok(same && super::details(workspace, who, &last)?.reason == request.reason.trim())
}

fn planned(workspace: &Workspace, world: &World, decision: Decision, amount: i64) -> Result<Vec<Instalment>> {
    if decision != Decision::Recover || amount <= 0 {
        return Ok(Vec::new());
    }
    let calendar = BankCalendar::of(workspace.state.payer.country);
    let amount = money(amount, workspace.state.currency);
    plan::plan(amount, &workspace.settings.recovery, world.now.today(), &calendar)
}

fn record(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    second: Option<&Unlocked>,
    request: &Request,
    new: Vec<(Case, i64, Vec<Instalment>)>,
) -> Result<()> {
    let keys = workspace.keys.clone();
    let before = workspace.state.head;
    workspace.record(world, |recording| {
        if recording.state.head != before {
            // What is decided on was looked at before; somebody else may have decided or reconciled since.
            let message = say!("Somebody else has written to the ledger since the findings were looked at.");
            return Err(Fault::refused("remedy.outdated", message).remedy(say!("Run the same command again.")));
        }
        let (key_id, key) = sealing_key(&recording.state, who, &keys)?.ok_or_else(|| {
            Fault::refused("episode.none", say!("There was no episode yet, so there is no key to seal with."))
        })?;
        for (case, amount, plan) in new {
            let verdict = case.finding.verdict();
            let (finding, basis) = (case.finding.key, case.basis);
            let details = DecisionDetails { reason: request.reason.trim().into(), finding: case.finding, plan };
            let mut sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), (key_id, &key));
            sealer.add(&mut *recording.transaction, &details)?;
            let details = sealer.finish(&mut *recording.transaction)?;
            let decision = request.decision;
            let decided = RecordedDecision { finding, basis, verdict, decision, amount, details };
            let second = second.map(|second| &second.signer);
            recording.event(&Event::RemedyDecided(Box::new(decided)), &who.signer, second)?;
        }
        Ok(())
    })
}

/// Where notices are put, unless the command line says otherwise.
pub fn notices_folder(workspace: &Workspace) -> PathBuf {
    workspace.folder().join("out").join("notices")
}
