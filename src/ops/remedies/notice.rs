//! What a citizen is told when money is asked back. Facts and files; the page itself is laid out by the front end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::super::copies::{self, CopyPerson, Outgoing, PeopleOf};
use super::super::durable::{self, Draft};
use super::super::payments;
use super::plan::{self, Instalment};
use super::{CaseState, CaseView, find, payment_reference, view};
use crate::bank::calendar::BankCalendar;
use crate::fault::{Fault, Result};
use crate::ledger::copies::{Field, Purpose};
use crate::ledger::outcome::standing_of;
use crate::ledger::remedies::{Basis, Decision};
use crate::ledger::state::DecisionState;
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::findings::KnownFinding;
use crate::ops::merge;
use crate::ops::reconcile::AsTyped;
use crate::ops::{Unlocked, Workspace, World, batches};
use crate::payment::{Amount, Period};
use crate::say;
use crate::words::Language;

/// Everything that the notice of one recovery says.
pub struct Notice {
    /// The finding, which also names the file.
    pub finding: String,
    pub payer: String,
    pub drill: bool,
    /// As the list has it, where a list does.
    pub name: String,
    /// As its payments are known by.
    pub known_as: String,
    pub scheme: String,
    pub period: Option<Period>,
    /// The day of the decision.
    pub decided_on: NaiveDate,
    pub payments: Vec<PaidLine>,
    pub owed: Amount,
    /// What the decision asks back in all.
    pub asked: Amount,
    /// What of that has come back already; zero where nothing has.
    pub came_back: Amount,
    /// What is asked for: what has not come back.
    pub amount: Amount,
    /// Whether less is asked back than was paid too much.
    pub is_part: bool,
    pub plan: Vec<Instalment>,
    pub account: String,
    pub reference: String,
    pub legal_basis: String,
    pub objections_to: String,
}

/// What was paid, by which side and when.
pub struct PaidLine {
    pub by_fallback: bool,
    pub on: Option<NaiveDate>,
    pub amount: Amount,
    /// How often the bank booked it.
    pub times: u32,
    /// Who got the money, where that is not the person.
    pub payee: Option<String>,
}

/// The notice of a case that is to be recovered.
///
/// # Errors
/// `notice.not_recovered`, where nobody decided to, or nothing is outstanding.
pub fn of_case(workspace: &mut Workspace, world: &World, who: &Unlocked, case: &CaseView) -> Result<Notice> {
    let id = case.case.id();
    let last = case.history.last().filter(|(decided, _)| decided.recorded.decision == Decision::Recover);
    let Some((decided, details)) = last else {
        let message = say!("Nothing is to be recovered for {id}: there is nothing to notify of.", id = &id);
        return Err(Fault::refused("notice.not_recovered", message)
            .remedy(say!("`stopgap remedy decide {id} --as recover` decides that.", id)));
    };
    if case.case.state == CaseState::DecideAgain {
        let message = say!("What was decided about {id} does not fit it any longer: no letter asks for it.", id = &id);
        return Err(Fault::refused("notice.not_recovered", message)
            .remedy(say!("Decide again: `stopgap remedy show {id}` says what fits.", id)));
    }
    if case.case.outstanding() == 0 {
        let message = say!("What was asked back for {id} has come back: no letter asks for it.", id = &id);
        return Err(Fault::refused("notice.not_recovered", message)
            .remedy(say!("`stopgap remedy show {id}` says what came back.", id)));
    }
    let plan = what_is_left(workspace, world, &details.plan, case.case.outstanding())?;
    let state = &workspace.state;
    let currency = state.currency;
    let money = |minor_units| Amount::from_minor_units(minor_units, currency);
    let finding = &details.finding;
    let notice = Notice {
        finding: id,
        payer: state.payer.name.clone(),
        drill: state.environment == crate::ledger::event::Environment::Drill,
        name: finding.name.clone(),
        known_as: finding.name.clone(),
        scheme: finding.scheme.clone(),
        period: finding.period,
        decided_on: day_of(decided, world),
        payments: Vec::new(),
        owed: money(finding.money.owed),
        asked: money(decided.recorded.amount),
        came_back: money(decided.recorded.amount - case.case.outstanding()),
        amount: money(case.case.outstanding()),
        is_part: decided.recorded.amount < finding.money.overpaid,
        plan,
        account: state.payer.account.in_a_letter(),
        reference: payment_reference(&who.tagger, &finding.key).to_string(),
        legal_basis: workspace.settings.recovery.legal_basis.clone(),
        objections_to: workspace.settings.recovery.objections_to.clone(),
    };
    let (mut payments, as_written) = our_payments(workspace, who, details)?;
    if finding.money.upstream_paid > 0 && case.case.basis == Basis::Upstream {
        let days = finding.upstream_paid_on();
        // Where there are several days, which of them paid how much is upstream's to tell.
        let on = if let [day] = days.as_slice() { Some(*day) } else { None };
        payments.push(PaidLine {
            by_fallback: false,
            on,
            amount: money(finding.money.upstream_paid),
            times: 1,
            payee: None,
        });
    }
    payments.sort_by_key(|line| (line.on, line.amount));
    let name = as_written.unwrap_or_else(|| notice.name.clone());
    Ok(Notice { payments, name, ..notice })
}

/// The instalments that are still to come: what has come back since stands for the earliest of them.
fn what_is_left(
    workspace: &Workspace,
    world: &World,
    plan: &[Instalment],
    outstanding: i64,
) -> Result<Vec<Instalment>> {
    let in_all = plan.iter().map(|one| one.amount).fold(0, i64::saturating_add);
    if outstanding > in_all {
        // The bank took back what had come back: nobody has planned that yet.
        let (state, limits) = (&workspace.state, &workspace.settings.recovery);
        let calendar = BankCalendar::of(state.payer.country);
        let amount = Amount::from_minor_units(outstanding, state.currency);
        return plan::plan(amount, limits, world.now.today(), &calendar);
    }
    Ok(plan::without_the_first(plan, in_all - outstanding))
}

/// By the wall clock of whoever runs this.
fn day_of(decided: &DecisionState, world: &World) -> NaiveDate {
    let offset = world.now.local.and_utc().timestamp() - world.now.unix;
    let local = chrono::DateTime::from_timestamp(decided.at + offset, 0);
    local.map_or_else(|| world.now.today(), |local| local.date_naive())
}

/// What was paid from here, and the person's name as the list has it, where the bank got another form.
fn our_payments(
    workspace: &mut Workspace,
    who: &Unlocked,
    details: &super::DecisionDetails,
) -> Result<(Vec<PaidLine>, Option<String>)> {
    let state = workspace.state.clone();
    let keys = workspace.keys.clone();
    let finding = &details.finding;
    let mut snapshot = workspace.read()?;
    let (mut standings, mut as_typed) = (BTreeMap::new(), AsTyped::of(&state));
    for id in &finding.end_to_end_ids {
        if let Some((claim, live)) = snapshot.claim_ever(id)? {
            let standing = standing_of(&claim, live, &snapshot.evidence_of(id)?);
            as_typed.hear(&state, &standing);
            standings.insert(*id, standing);
        }
    }
    let (mut found, mut as_written) = (Vec::new(), None);
    for id in &finding.batches {
        let Some(batch) = state.batches.get(id) else { continue };
        let key = who.episode_key(&keys, batches::episode(&state, batch)?.key)?;
        payments::each(&mut *snapshot, state.ledger, *id, &key, &mut |_, payment| {
            let standing = standings.get(&payment.end_to_end_id).filter(|standing| standing.times_standing() > 0);
            if let Some(standing) = standing {
                let names = payment.payment.as_written;
                if payment.payment.name == finding.name {
                    as_written = as_written.take().or(names.name);
                }
                let payee = names.payee_name.or(payment.payment.payee_name.map(Into::into));
                let (sent, times) = (payment.payment.amount, standing.times_standing());
                let other = as_typed.beside(&payment.end_to_end_id, sent, times, standing.other_amounts);
                // A fee under our reference is a booking and no second payment: what is out then stands there in one line.
                let (amount, times) = match other.out {
                    Some(out) => (out, 1),
                    None => (other.typed.unwrap_or(sent), times),
                };
                found.push(PaidLine { by_fallback: true, on: Some(payment.payment.pay_on), amount, times, payee });
            }
            Ok(())
        })?;
    }
    found.extend(other_desks_payments(&mut *snapshot, &state, finding)?);
    Ok((found, as_written))
}

/// What other desks paid of it, or a ledger that was lost: their claims tell, whether their payments can be opened here or not.
fn other_desks_payments(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    finding: &KnownFinding,
) -> Result<Vec<PaidLine>> {
    let mut found = Vec::new();
    if state.merged.is_empty() {
        return Ok(found);
    }
    for id in finding.end_to_end_ids.iter().collect::<BTreeSet<_>>() {
        if merge::is_counted_here(snapshot, state, id)? {
            continue;
        }
        let claims = snapshot.foreign_claims_of(id)?;
        let meant = claims.into_iter().filter(|one| one.times > 0 && finding.batches.contains(&one.claim.batch));
        found.extend(meant.map(|one| PaidLine {
            by_fallback: true,
            on: one.booked_on,
            amount: one.claim.amount,
            times: one.times,
            payee: None,
        }));
    }
    Ok(found)
}

/// The notices of these findings, for somebody who has unlocked their key.
pub fn notices(workspace: &mut Workspace, world: &World, who: &Unlocked, ids: &[String]) -> Result<Vec<Notice>> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut notices = Vec::with_capacity(ids.len());
    for case in find(workspace, who, &ids)? {
        let case = view(workspace, who, case)?;
        notices.push(of_case(workspace, world, who, &case)?);
    }
    Ok(notices)
}

/// Where a notice lies. Neither a name nor a number: folders are looked into.
pub fn path_of(folder: &Path, finding: &str, language: Language) -> PathBuf {
    folder.join(format!("{finding}-{}.html", language.code()))
}

/// A notice as it is laid out in one language.
pub struct Page {
    pub finding: String,
    /// As the person's payments are known by.
    pub name: String,
    /// Whether it names somebody else who got the money.
    pub names_payee: bool,
    pub language: Language,
    pub html: String,
}

/// Enters the pages as copies that leave, and puts them into a folder; gives their paths. `second` looked at them too.
pub fn write(
    workspace: &mut Workspace,
    world: &World,
    who: &Unlocked,
    second: Option<&Unlocked>,
    folder: &Path,
    pages: &[Page],
) -> Result<Vec<PathBuf>> {
    durable::create_folder(folder)?;
    let mut written = Vec::with_capacity(pages.len());
    let mut files = Vec::with_capacity(pages.len());
    for page in pages {
        let path = path_of(folder, &page.finding, page.language);
        let mut draft = Draft::create(&path)?;
        draft.file.write_all(page.html.as_bytes()).map_err(|error| durable::disk_fault("write", &path, &error))?;
        let people = vec![CopyPerson { name: page.name.clone(), ..CopyPerson::default() }];
        let mut fields = vec![Field::Name, Field::Amount, Field::Scheme, Field::Period, Field::Reference];
        fields.extend(page.names_payee.then_some(Field::PayeeName));
        files.push(Outgoing {
            draft,
            purpose: Purpose::Notices,
            people: PeopleOf::Named { people, fields },
            written: None,
        });
        written.push(path);
    }
    copies::leave(workspace, world, who, second, files)?;
    Ok(written)
}
