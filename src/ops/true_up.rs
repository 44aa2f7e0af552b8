//! `true-up`: what batches paid on provisional figures against lists of what was truly owed. What was paid too much becomes a finding for
//! people to decide on; what is missing becomes a list that `prepare` takes as it is.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use smol_str::SmolStr;

use super::copies::{self, Outgoing, PeopleOf, WayOut};
use super::durable::{self, Draft};
use super::findings::{self, Changes, KnownFinding, Remembering, Run, Visit};
use super::hashing::file_fingerprint;
use super::merge::{self, Unnamed};
use super::reconcile::each_released_with_payee;
use super::table::Table;
use super::{Unlocked, Workspace, World, batches, remedies};
use crate::bank::calendar::BankCalendar;
use crate::checks::{Terms, read_entitlement, typed};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::copies::Purpose;
use crate::ledger::outcome::{Standing, has_left};
use crate::ledger::remedies::{Basis, Decision, FindingKey};
use crate::payment::{Account, Amount, AmountOverflow, BatchId, Currency, EndToEndId, Part, Period, Scheme};
use crate::recipient_list::{Column, Instruction, RecipientList};
use crate::reconciliation::finding::{Finding, Kind, Money, Mostly1, Remedy};
use crate::reconciliation::true_up::{Doubt, OwedRow, ProvisionalPayment, TrueUpLine, UpstreamPaid, compare};
use crate::say;
use crate::words::{Message, ungrouped};

/// What was asked for on the command line.
pub struct Request<'a> {
    pub owed: &'a [PathBuf],
    /// Of rows that do not say.
    pub scheme: Option<Scheme>,
    pub period: Option<Period>,
    /// The batches that are compared; none for all that have left.
    pub batches: &'a [BatchId],
    pub episode: Option<&'a str>,
    pub out: &'a Path,
    /// Who looks at the files as well before they leave.
    pub second: Option<&'a str>,
}

pub struct TruedUp {
    pub batches: Vec<BatchId>,
    /// What was paid as owed, too much, and too little, counted by person, scheme, days and part, with what they are out by.
    pub as_owed: u64,
    pub over: (u64, Amount),
    pub under: (u64, Amount),
    pub paid: Amount,
    /// What upstream has paid of what would be missing, as far as the ledger has it on record.
    pub upstream_paid: Amount,
    pub owed: Amount,
    /// Whether paid, by either side, = owed + over − under.
    pub balanced: bool,
    /// Rows that were equal to another in every field and count once.
    pub repeated: u64,
    /// Rows about other days than those that the batches paid: what they are owed for is none of these payments' matter.
    pub of_other_days: (u64, Amount),
    /// Of those who were paid too little, those for whom the list says no account.
    pub without_account: u64,
    /// Those whom it sends money to the account that it came back from, because the list of what is owed names it.
    pub came_back_from_there: u64,
    /// Those whom upstream was about to pay when it was last compared with.
    pub about_to_be_paid: u64,
    /// Other desks' payments that stand and are not among those compared, because nobody here can say to whom they were.
    pub unnamed: Unnamed,
    /// Whether somebody has still to decide on a finding.
    pub needs_a_person: bool,
    pub changes: Option<Changes>,
    /// The first lines that are out, largest difference first.
    pub largest: Vec<(String, TrueUpLine)>,
    pub currency: Currency,
    pub out: PathBuf,
}

/// How many lines a screen names.
const LARGEST: usize = 10;

pub const ALL_FILE: &str = "true_up.csv";
pub const JSON_FILE: &str = "true_up.json";
pub const TOP_UP_FILE: &str = "top_up_list.csv";

pub fn true_up(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<TruedUp> {
    let scope = scope(&workspace.state, request)?;
    let (rows, repeated) = read_owed(workspace, world, request)?;
    let who = workspace.unlock(world, who)?;
    let second = copies::second(workspace, world, &who, request.second)?;
    for name in [ALL_FILE, JSON_FILE, TOP_UP_FILE] {
        copies::refuse_unless_free(workspace.folder(), &workspace.state, &who, &request.out.join(name))?;
    }
    let currency = workspace.state.currency;
    let payments = payments_that_left(workspace, &who, &scope)?;
    let state = workspace.state.clone();
    let closed = merge::closed(&mut *workspace.read()?, &state)?;
    let unnamed = Unnamed::of(closed.iter(), currency).map_err(too_large)?;
    let (rows, of_other_days) = of_the_days_paid(rows, &payments, currency)?;
    let upstream = paid_by_upstream(workspace, &who)?;
    let lines = compare(payments, rows, upstream, currency).map_err(too_large)?;
    let run = Lines { lines, currency };
    let days = run.lines.iter().filter_map(|line| line.period).reduce(Period::span);

    let mut trued_up = TruedUp {
        batches: scope.iter().copied().collect(),
        as_owed: 0,
        over: (0, Amount::zero(currency)),
        under: (0, Amount::zero(currency)),
        paid: Amount::zero(currency),
        upstream_paid: Amount::zero(currency),
        owed: Amount::zero(currency),
        balanced: true,
        repeated,
        of_other_days,
        without_account: 0,
        came_back_from_there: 0,
        about_to_be_paid: 0,
        needs_a_person: unnamed.payments > 0,
        unnamed,
        changes: None,
        largest: Vec::new(),
        currency,
        out: request.out.to_path_buf(),
    };
    let sources = request.owed.iter().map(|path| file_fingerprint(&who.tagger, path)).collect::<Result<Vec<_>>>()?;
    let (way_out, keys) = (WayOut::of(workspace), workspace.keys.clone());
    let mut recording = workspace.begin(world)?;
    // Other batches, and other days of those who were in none: this run says nothing about them.
    let elsewhere = |known: &KnownFinding| match known.batches.is_empty() {
        false => !known.batches.iter().any(|batch| scope.contains(batch)),
        true => known.period.zip(days).is_some_and(|(known, days)| !known.overlaps(days)),
    };
    let remembering = Remembering::begin(&mut recording, &who, &keys, (Basis::Owed, false), sources)?
        .ok_or_else(nothing_released)?
        .keeping(&elsewhere);
    let mut ids = Vec::with_capacity(run.lines.len());
    let state = recording.state.clone();
    let mut take = |key: &FindingKey, finding: Finding| {
        trued_up.needs_a_person |= remedies::state_of(&state, key, &finding).needs_a_decision();
        ids.push(finding.id.to_string());
        Ok(())
    };
    let (changes, recorded) = remembering.record(&mut recording, &who, &keys, &run, &mut take)?;
    trued_up.changes = changes;
    trued_up.sum_up(&ids, &run.lines)?;
    let files = files(request.out, &ids, &run)?;
    if recorded {
        let census = way_out.census()?;
        let departing = way_out.enter(&mut recording, world, &who, second.as_ref(), files, census)?;
        let (state, entries) = recording.finish()?;
        workspace.follow(world, state, entries)?;
        departing.place()?;
    } else {
        drop(recording);
        copies::leave(workspace, world, &who, second.as_ref(), files)?;
    }
    Ok(trued_up)
}

/// The rows that say what was owed for the days that were paid, and what the others come to. Rows that name no days are about these.
fn of_the_days_paid(
    rows: Vec<OwedRow>,
    payments: &[ProvisionalPayment],
    currency: Currency,
) -> Result<(Vec<OwedRow>, (u64, Amount))> {
    let paid: BTreeSet<Period> = payments.iter().filter(|paid| paid.in_scope).map(|paid| paid.period).collect();
    let is_of_these = |row: &OwedRow| row.period.is_none_or(|period| paid.iter().any(|paid| paid.overlaps(period)));
    let (these, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_of_these);
    if these.is_empty()
        && let Some((other, days)) = others.first().and_then(|row| row.period).zip(paid.first())
    {
        let message = say!(
            "No row of what is owed is about the days that were paid: it is about {other}, and {days} was paid.",
            other,
            days = *days
        );
        return Err(Fault::input("true_up.other_days", message).remedy(say!(
            "Give the list of the days that were paid; or, where the two mean the same payday, write the period that was paid into the list."
        )));
    }
    let sum = others.iter().map(|row| row.amount).try_fold(Amount::zero(currency), Amount::checked_add);
    Ok((these, (others.len() as u64, sum.map_err(too_large)?)))
}

impl TruedUp {
    fn sum_up(&mut self, ids: &[String], lines: &[TrueUpLine]) -> Result<()> {
        let mut by_size = Vec::new();
        for (id, line) in ids.iter().zip(lines) {
            self.paid = self.paid.checked_add(line.paid).map_err(too_large)?;
            self.upstream_paid = self.upstream_paid.checked_add(line.upstream_paid).map_err(too_large)?;
            self.owed = self.owed.checked_add(line.owed).map_err(too_large)?;
            let difference = line.difference().map_err(too_large)?.minor_units();
            let size = Amount::from_minor_units(difference.saturating_abs(), self.currency);
            let sum = match difference {
                0 => {
                    self.as_owed += 1;
                    continue;
                }
                1.. => &mut self.over,
                _ => &mut self.under,
            };
            *sum = (sum.0 + 1, sum.1.checked_add(size).map_err(too_large)?);
            let top_ups = line.top_ups().map_err(too_large)?;
            self.without_account += u64::from(top_ups.iter().any(|top_up| top_up.to.account.is_none()));
            let from_there = |doubt| doubt == Some(Doubt::CameBackFromThere);
            self.came_back_from_there += u64::from(top_ups.iter().any(|top_up| from_there(top_up.doubt)));
            self.about_to_be_paid += u64::from(!top_ups.is_empty() && line.about_to_be_paid().next().is_some());
            by_size.push((std::cmp::Reverse(size), id, line));
        }
        by_size.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        self.largest = by_size.into_iter().take(LARGEST).map(|(_, id, line)| (id.clone(), line.clone())).collect();
        let due = self.owed.checked_add(self.over.1).and_then(|sum| sum.checked_sub(self.under.1));
        self.balanced = due.is_ok() && due == self.paid.checked_add(self.upstream_paid);
        Ok(())
    }
}

/// The batches that are compared.
fn scope(state: &LedgerState, request: &Request) -> Result<BTreeSet<BatchId>> {
    if let Some(name) = request.episode
        && state.episode(name).is_none()
    {
        let known: Vec<&str> = state.episodes.iter().map(|episode| episode.name.as_str()).collect();
        return Err(Fault::input("episode.unknown", say!("There is no episode {name}.", name = typed(name)))
            .remedy(say!("Episodes are: {known}.", known = known.join(", "))));
    }
    for id in request.batches {
        let batch = batches::find(state, *id)?;
        if !has_left(state, *id) {
            let message = say!("Batch {id} is {phase}: it has paid nobody.", id, phase = batch.phase.in_words());
            return Err(Fault::input("batch.not_released", message).remedy(say!("Name batches that were released.")));
        }
    }
    let chosen = state.batches.iter().filter(|(id, batch)| {
        has_left(state, **id)
            && (request.batches.is_empty() || request.batches.contains(id))
            && request.episode.is_none_or(|name| batch.prepared.episode == name)
    });
    let mut chosen: BTreeSet<BatchId> = chosen.map(|(id, _)| *id).collect();
    if request.batches.is_empty() && request.episode.is_none() {
        chosen.extend(state.merged.iter().flat_map(|desk| desk.batches.iter().map(|(id, _)| *id)));
    }
    if chosen.is_empty() { Err(nothing_released()) } else { Ok(chosen) }
}

fn nothing_released() -> Fault {
    Fault::input(
        "true_up.nothing_paid",
        say!("Nothing has been paid yet: there is nothing to compare with what was owed."),
    )
}

/// How many rows that cannot be read are named.
const MOST_NAMED: usize = 20;

/// Reads the lists of what was owed, whole or not at all. Rows that are equal in every field count once.
fn read_owed(workspace: &Workspace, world: &World, request: &Request) -> Result<(Vec<OwedRow>, u64)> {
    let (settings, state, today) = (&workspace.settings, &workspace.state, world.now.today());
    let (mut rows, mut repeated, mut seen) = (Vec::new(), 0, HashSet::new());
    let (mut unreadable, mut unreadable_in_all) = (Vec::new(), 0);
    for path in request.owed {
        let name = path.to_string_lossy();
        let list = RecipientList::open(path, &name, &settings.columns.for_comparing(), state.currency)?;
        let terms = Terms {
            country: state.payer.country,
            currency: state.currency,
            scheme: request.scheme.clone(),
            period: request.period,
            pay_on: today,
            today,
            payment_limit: settings.payment_limit,
            door: &settings.door,
            amount_style: list.amount_style(),
            calendar: BankCalendar::of(state.payer.country),
        };
        let mut instruction = Instruction::default();
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            match read_entitlement(&instruction, &terms) {
                Ok(owed) => {
                    let account = owed.account.as_ref().map(|account| account.identity_in_any_form());
                    let equal = (owed.person.clone(), owed.scheme.folded(), owed.period, owed.part.folded());
                    if !seen.insert((equal, owed.amount, account)) {
                        repeated += 1;
                        continue;
                    }
                    let account = lasting(owed.account);
                    let says = [Column::Account, Column::RegNo, Column::PayeeName, Column::PayeeAccount];
                    let by_slip = instruction.is_filled(Column::PaymentReference);
                    let says_where = by_slip || says.into_iter().any(|column| instruction.is_filled(column));
                    let payee_name = instruction.cell(Column::PayeeName);
                    rows.push(OwedRow {
                        person: owed.person,
                        name: instruction.cell(Column::Name).to_owned(),
                        scheme: owed.scheme,
                        period: owed.period,
                        part: owed.part,
                        amount: owed.amount,
                        account_unusable: account.is_none() && says_where,
                        account,
                        payee_name: (!payee_name.is_empty()).then(|| payee_name.to_owned()),
                    });
                }
                Err(problems) => {
                    unreadable_in_all += 1;
                    if unreadable.len() < MOST_NAMED {
                        let said: Vec<String> = problems.iter().map(|problem| problem.message.to_string()).collect();
                        unreadable.push(say!(
                            "{list} row {row}: {said}",
                            list = &*name,
                            row = ungrouped(instruction.row),
                            said = said.join(" ")
                        ));
                    }
                }
            }
        }
    }
    if unreadable_in_all == 0 {
        return Ok((rows, repeated));
    }
    let more = unreadable_in_all - unreadable.len();
    let mut rows: Vec<String> = unreadable.iter().map(Message::to_string).collect();
    if more > 0 {
        rows.push(say!("… and {more} more", more).to_string());
    }
    let message = say!("What is owed cannot be understood:\n  {rows}", rows = rows.join("\n  "));
    Err(Fault::input("true_up.unreadable_rows", message)
        .remedy(say!("Correct the rows; a list of what is owed is compared whole or not at all.")))
}

/// An account that more can be paid to. A payment slip is one invoice's: what is owed above it takes a slip or an account of its own.
fn lasting(account: Option<Account>) -> Option<Account> {
    account.filter(|account| !account.is_slip())
}

/// Every payment that has left, and whether it is among those that are compared.
fn payments_that_left(
    workspace: &mut Workspace,
    who: &Unlocked,
    scope: &BTreeSet<BatchId>,
) -> Result<Vec<ProvisionalPayment>> {
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    // Whom purged batches paid is not known any more, and a list without them would pay these people again.
    for (_, batch) in state.batches.iter().filter(|(id, _)| has_left(&state, **id)) {
        who.episode_key(&keys, batches::episode(&state, batch)?.key)?;
    }
    let mut found = Vec::new();
    each_released_with_payee(workspace, who, &mut |payment, paid_to| {
        found.push(ProvisionalPayment {
            end_to_end_id: payment.end_to_end_id,
            batch: payment.batch,
            person: payment.person.clone(),
            name: payment.name.clone(),
            scheme: payment.scheme.clone(),
            period: payment.period,
            part: payment.part.clone(),
            amount: payment.amount,
            account: lasting(paid_to.account),
            payee_name: paid_to.name,
            times_standing: payment.times_standing,
            out: payment.out().map_err(too_large)?,
            free: payment.times_standing == 0,
            in_scope: scope.contains(&payment.batch),
        });
        Ok(())
    })?;
    let mut snapshot = workspace.read()?;
    for payment in found.iter_mut().filter(|payment| payment.free) {
        let EndToEndId { tag, attempt } = payment.end_to_end_id;
        let live = snapshot.claims_in_series(&tag.series)?;
        // What was recalled because another payment stands for it keeps its obligation, although its money is back.
        payment.free = !live.iter().any(|claim| claim.tag == tag && claim.attempt == attempt);
    }
    Ok(found)
}

/// What the last comparison with upstream's runs found that upstream has paid, or is about to. What is asked back of it is not counted: it will
/// be paid back.
fn paid_by_upstream(workspace: &mut Workspace, who: &Unlocked) -> Result<Vec<UpstreamPaid>> {
    let state = workspace.state.clone();
    let mut found = Vec::new();
    let looked = findings::each_known(workspace, who, Basis::Upstream, &mut |known| {
        let (Some(person), Some(scheme)) = (known.person.clone(), Scheme::new(&known.scheme)) else { return Ok(()) };
        let decided = state.decision(&known.key).map(|decided| &decided.recorded);
        let decided = |decision| decided.filter(|decided| decided.decision == decision);
        let asked_back = decided(Decision::Recover).map_or(0, |decided| decided.amount);
        let paid = known.money.upstream_paid.saturating_sub(asked_back).max(0);
        let planned = if decided(Decision::Stop).is_some() { 0 } else { known.money.upstream_planned.max(0) };
        if paid > 0 || planned > 0 {
            found.push(UpstreamPaid {
                finding: known.id(Basis::Upstream),
                person,
                scheme,
                period: known.period,
                parts: known.parts.iter().map(|part| Part::new(part)).collect(),
                paid: findings::amount(paid, state.currency),
                planned: findings::amount(planned, state.currency),
            });
        }
        Ok(())
    });
    match looked {
        // Nothing is known of it any more; nor is it of those whom purged batches paid.
        Err(fault) if fault.code == "ledger.purged" => Ok(found),
        looked => looked.map(|()| found),
    }
}

/// The comparison as findings, one for each obligation.
struct Lines {
    lines: Vec<TrueUpLine>,
    currency: Currency,
}

impl Run for Lines {
    fn each(&self, visit: Visit) -> Result<()> {
        for line in &self.lines {
            visit(finding(line, self.currency)?)?;
        }
        Ok(())
    }
}

fn finding(line: &TrueUpLine, currency: Currency) -> Result<Finding> {
    let difference = line.difference().map_err(too_large)?.minor_units();
    let (kind, remedy) = match difference {
        0 => (Kind::Settled, Remedy::None),
        1.. => (Kind::Overpaid, Remedy::Recover),
        _ => (Kind::Underpaid, Remedy::TopUp),
    };
    let part = |minor_units: i64| Amount::from_minor_units(minor_units.max(0), currency);
    let (overpaid, underpaid) =
        (part(difference), part(difference.checked_neg().ok_or_else(|| too_large(AmountOverflow))?));
    Ok(Finding {
        id: SmolStr::default(),
        kind,
        remedy,
        person: Some(line.person.clone()),
        name: line.name.as_str().into(),
        scheme: line.scheme.as_str().into(),
        period: line.period,
        parts: line.parts.iter().map(|part| SmolStr::from(part.as_str())).collect(),
        money: Money {
            fallback: line.paid,
            upstream_paid: line.upstream_paid,
            owed: line.owed,
            overpaid,
            underpaid,
            ..Money::none(currency)
        },
        bank: Standing::None,
        batches: line.batches.as_slice().into(),
        end_to_end_ids: line.end_to_end_ids.as_slice().into(),
        upstream_references: Mostly1::new(),
        upstream_paid_on: Mostly1::new(),
        debit: None,
        resembles: false,
        matched: SmolStr::default(),
        note: line.notes().map_err(too_large)?.join(" ").into(),
    })
}

const COLUMNS: [&str; 16] = [
    "finding",
    "kind",
    "remedy",
    "person_id",
    "name",
    "scheme",
    "period",
    "part",
    "paid",
    "upstream_paid",
    "owed",
    "over",
    "under",
    "batch",
    "end_to_end_id",
    "note",
];

/// What `prepare` reads.
const TOP_UP_COLUMNS: [&str; 9] =
    ["person_id", "payee_name", "name", "account", "amount", "currency", "scheme", "period", "part"];

fn files(folder: &Path, ids: &[String], run: &Lines) -> Result<Vec<Outgoing>> {
    durable::create_folder(folder)?;
    let mut all: Vec<[String; 16]> = Vec::with_capacity(run.lines.len());
    let mut top_ups: Vec<[String; 9]> = Vec::new();
    for (id, line) in ids.iter().zip(&run.lines) {
        let found = finding(line, run.currency)?;
        let Money { fallback, upstream_paid, owed, overpaid, underpaid, .. } = found.money;
        all.push([
            id.clone(),
            found.kind.as_str().into(),
            found.remedy.as_str().into(),
            line.person.whole().into(),
            line.name.clone(),
            found.scheme.to_string(),
            line.period.map(|period| period.to_string()).unwrap_or_default(),
            joined(&found.parts),
            fallback.to_string(),
            upstream_paid.to_string(),
            owed.to_string(),
            overpaid.to_string(),
            underpaid.to_string(),
            joined(&found.batches),
            joined(&found.end_to_end_ids),
            found.note.to_string(),
        ]);
        for top_up in line.top_ups().map_err(too_large)? {
            top_ups.push([
                line.person.whole().into(),
                top_up.to.name.unwrap_or_default(),
                line.name.clone(),
                top_up.to.account.map(|account| account.whole()).unwrap_or_default(),
                top_up.amount.to_string(),
                run.currency.code().into(),
                found.scheme.to_string(),
                top_up.period.map(|period| period.to_string()).unwrap_or_default(),
                top_up.part,
            ]);
        }
    }
    let csv = table(&folder.join(ALL_FILE), &COLUMNS, all.iter().map(|row| row.as_slice()))?;
    let mut json = Draft::create(&folder.join(JSON_FILE))?;
    let objects: Vec<serde_json::Map<String, serde_json::Value>> = all
        .iter()
        .map(|row| COLUMNS.iter().zip(row).map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect())
        .collect();
    let written = serde_json::to_vec_pretty(&objects).map_err(io::Error::from);
    let written = written.and_then(|bytes| json.file.write_all(&bytes));
    written.map_err(|error| durable::disk_fault("write", &folder.join(JSON_FILE), &error))?;
    let top_up = table(&folder.join(TOP_UP_FILE), &TOP_UP_COLUMNS, top_ups.iter().map(|row| row.as_slice()))?;
    Ok(vec![
        Outgoing::list(csv, Purpose::Findings),
        Outgoing {
            draft: json,
            purpose: Purpose::Findings,
            people: PeopleOf::Another { file: 0, fields: None },
            written: None,
        },
        Outgoing::list(top_up, Purpose::TopUp),
    ])
}

fn joined(all: &[impl ToString]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
}

fn table<'a>(path: &Path, headings: &[&str], rows: impl Iterator<Item = &'a [String]>) -> Result<Draft> {
    let mut table = Table::create(path, headings)?;
    for row in rows {
        table.row(row.iter().map(String::as_str))?;
    }
    Ok(table.finish()?.0)
}

fn too_large(_: AmountOverflow) -> Fault {
    Fault::input("amount.sum_too_large", say!("The amounts of these lists cannot be added: the sum is too large."))
}
