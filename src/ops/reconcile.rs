//! `reconcile`: our payments, the bank's word and upstream's runs, brought to one finding for each obligation, and written out for those who
//! act on them.

pub mod files;
pub mod outlook;
pub mod workbook;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use self::outlook::Outlook;
use super::copies::{self, Outgoing, WayOut};
use super::findings::{Changes, Remembering, Run, Visit};
use super::hashing::file_fingerprint;
use super::key_store::KeyStore;
use super::payments::{self, ReferencedPayment};
use super::upstream_runs::{self, Heard};
use super::workspace::Recording;
use super::{Unlocked, Workspace, World, batches, merge, outcome};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::outcome::{Standing, has_left, standings, unexplained_debits};
use crate::ledger::remedies::Basis;
use crate::payment::{Amount, AmountOverflow, Currency, EndToEndId};
use crate::reconciliation::finding::{self, Finding, Kind, Money, Remedy};
use crate::reconciliation::{FallbackPayment, UpstreamStatus, matching};
use crate::say;

/// What was asked for on the command line.
pub struct Request<'a> {
    pub upstream: &'a [PathBuf],
    /// Of rows that do not say; without it, what is usual for each kind of file.
    pub status: Option<UpstreamStatus>,
    /// Read first, as `outcome` reads them.
    pub statements: &'a [PathBuf],
    pub out: &'a Path,
    /// Who looks at the files as well before they leave.
    pub second: Option<&'a str>,
}

/// What all findings come to, and the findings themselves.
pub struct Reconciled {
    pub findings: Findings,
    pub by_kind: BTreeMap<Kind, (u64, Money)>,
    pub by_scheme: BTreeMap<String, (u64, Money)>,
    pub totals: Money,
    pub balanced: bool,
    /// Whether a finding proposes that somebody do something.
    pub needs_a_person: bool,
    /// Rows of upstream that were given twice and count once.
    pub repeated: u64,
    pub heard: Heard,
    pub outlook: Outlook,
    /// Payments about which no bank report has said anything.
    pub unconfirmed: u64,
    /// What is other than at the last reconciliation; `None` for the first.
    pub changes: Option<Changes>,
    pub currency: Currency,
    pub out: PathBuf,
}

/// The findings of one reconciliation. However many there are, one at a time is in memory when they are looked at.
///
/// They belong to no ledger transaction and hold no borrow of the workspace: they can be looked through, again and again, while something is
/// recorded.
pub struct Findings {
    all: Vec<Finding>,
}

impl Findings {
    pub fn count(&self) -> u64 {
        self.all.len() as u64
    }

    /// Shows every finding once, in the order of their ids. Each call goes through all of them again, at a cost.
    pub fn each(&self, visit: &mut dyn FnMut(&Finding) -> Result<()>) -> Result<()> {
        self.all.iter().try_for_each(visit)
    }
}

impl Run for Findings {
    fn each(&self, visit: Visit) -> Result<()> {
        Findings::each(self, visit)
    }
}

pub fn reconcile(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<Reconciled> {
    let (country, currency) = (workspace.state.payer.country, workspace.state.currency);
    let settings = workspace.settings.clone();
    let today = world.now.today();
    let (mut rows, mut seen, mut repeated) = (Vec::new(), HashSet::new(), 0);
    let heard =
        upstream_runs::each(request.upstream, request.status, &settings, country, currency, today, &mut |row| {
            if seen.insert(row.clone()) {
                rows.push(row.clone())
            } else {
                repeated += 1
            }
            Ok(())
        })?;
    drop(seen);
    let unlocked = workspace.unlock(world, who)?;
    let second = copies::second(workspace, world, &unlocked, request.second)?;
    // Before anything is recorded: what lies in the way is nobody's to lose.
    for path in files::paths(request.out) {
        copies::refuse_unless_free(workspace.folder(), &workspace.state, &unlocked, &path)?;
    }
    if !request.statements.is_empty() {
        let reports = outcome::Request { files: request.statements, own_account: false };
        outcome::outcome(workspace, world, Some(&unlocked.signer.name), reports)?;
    }
    let who = unlocked;
    let payments = released_payments(workspace, &who)?;
    let unconfirmed = payments.iter().filter(|payment| payment.standing == Standing::None).count() as u64;
    let groups = matching::group(&payments, &rows);
    let mut all = finding::judge(&payments, &rows, &groups, currency).map_err(too_large)?;
    add_unexplained(workspace, currency, &mut all)?;
    let mut reconciled = Reconciled {
        findings: Findings { all },
        by_kind: BTreeMap::new(),
        by_scheme: BTreeMap::new(),
        totals: Money::none(currency),
        balanced: true,
        needs_a_person: false,
        repeated,
        heard,
        outlook: Outlook::new(&workspace.state, currency),
        unconfirmed,
        changes: None,
        currency,
        out: request.out.to_path_buf(),
    };
    let way_out = WayOut::of(workspace);
    let sources =
        request.upstream.iter().map(|path| file_fingerprint(&who.tagger, path)).collect::<Result<Vec<_>>>()?;
    let keys = workspace.keys.clone();
    let mut recording = workspace.begin(world)?;
    let planned = request.status.map_or(reconciled.heard.is_a_proposal(), |status| status == UpstreamStatus::Planned);
    let remembering = Remembering::begin(&mut recording, &who, &keys, (Basis::Upstream, planned), sources)?;
    let (files, recorded) = reconciled.write(&mut recording, &who, &keys, remembering)?;
    // The ledger first, and only then what others can see.
    if recorded {
        let departing = way_out.enter(&mut recording, world, &who, second.as_ref(), files)?;
        let (state, entries) = recording.finish()?;
        workspace.follow(world, state, entries)?;
        departing.place()?;
    } else {
        drop(recording);
        copies::leave(workspace, world, &who, second.as_ref(), files)?;
    }
    Ok(reconciled)
}

impl Reconciled {
    /// Goes through the findings: into the files, into the sums, and sealed into the ledger. Gives the files, whole but without their names,
    /// and whether anything was recorded.
    fn write(
        &mut self,
        recording: &mut Recording,
        who: &Unlocked,
        keys: &KeyStore,
        remembering: Option<Remembering>,
    ) -> Result<(Vec<Outgoing>, bool)> {
        let mut files = files::create(&self.out, self.currency)?;
        let Self { findings, by_kind, by_scheme, totals, balanced, needs_a_person, outlook, currency, .. } = self;
        let mut cells = files::Cells::default();
        let mut take = |finding: &Finding| {
            let none = || (0, Money::none(*currency));
            let of_kind = by_kind.entry(finding.kind).or_insert_with(none);
            add(of_kind, &finding.money)?;
            match by_scheme.get_mut(&finding.scheme) {
                Some(of_scheme) => add(of_scheme, &finding.money)?,
                None => drop(by_scheme.insert(finding.scheme.clone(), (1, finding.money))),
            }
            *totals = totals.checked_add(&finding.money).map_err(too_large)?;
            *balanced &= finding.money.balances();
            *needs_a_person |= !matches!(finding.remedy, Remedy::None | Remedy::WriteBack);
            outlook.note(finding)?;
            cells.fill(finding);
            files.iter_mut().try_for_each(|file| file.finding(finding, &cells))
        };
        let (changes, recorded) = match remembering {
            Some(remembering) => remembering.record(recording, who, keys, findings, &mut take)?,
            None => {
                findings.each(&mut take)?;
                (None, false)
            }
        };
        *balanced &= totals.balances();
        self.changes = changes;
        Ok((files::finish(files)?, recorded))
    }
}

fn add((count, sum): &mut (u64, Money), money: &Money) -> Result<()> {
    *count += 1;
    *sum = sum.checked_add(money).map_err(too_large)?;
    Ok(())
}

fn too_large(_: AmountOverflow) -> Fault {
    Fault::input("amount.sum_too_large", say!("The amounts of these lists cannot be added: the sum is too large."))
}

/// Every payment whose file may be with the bank, with the bank's word on it.
pub(super) fn released_payments(workspace: &mut Workspace, who: &Unlocked) -> Result<Vec<FallbackPayment>> {
    let state = workspace.state.clone();
    let keys = workspace.keys.clone();
    let mut snapshot = workspace.read()?;
    let mut known: HashMap<EndToEndId, (Standing, u32)> = HashMap::new();
    standings(&mut *snapshot, &state, &mut |standing| {
        known.insert(standing.end_to_end_id, (standing.standing, standing.times_standing()));
        Ok(())
    })?;
    let mut found = Vec::with_capacity(known.len());
    for (id, batch) in state.batches.iter().filter(|(id, _)| has_left(&state, **id)) {
        let key = who.episode_key(&keys, batches::episode(&state, batch)?.key)?;
        payments::each(&mut *snapshot, state.ledger, *id, &key, &mut |_, payment| {
            found.push(fallback_payment(payment, *id, &known));
            Ok(())
        })?;
    }
    merge::each_payment(&mut *snapshot, &state, &keys, who, &mut |foreign, claim, here_too| {
        let payment = fallback_payment(foreign.payment, foreign.batch, &known);
        // Paid at both desks under one reference, the statement shows both bookings, and they are counted already.
        let times_standing = if here_too && payment.times_standing > 1 { 0 } else { claim.times };
        found.push(FallbackPayment { standing: claim.standing, times_standing, ..payment });
        Ok(())
    })?;
    Ok(found)
}

fn fallback_payment(
    ReferencedPayment { end_to_end_id, payment }: ReferencedPayment,
    batch: crate::payment::BatchId,
    known: &HashMap<EndToEndId, (Standing, u32)>,
) -> FallbackPayment {
    // Without a word from the bank a payment that has left counts as paid.
    let (standing, times_standing) = known.get(&end_to_end_id).copied().unwrap_or((Standing::None, 1));
    FallbackPayment {
        end_to_end_id,
        batch,
        person: payment.obligation.person,
        name: payment.name,
        scheme: payment.obligation.scheme,
        period: payment.obligation.period,
        part: payment.obligation.part,
        amount: payment.amount,
        account: payment.account.map(|account| account.identity()).unwrap_or_default(),
        standing,
        times_standing,
    }
}

fn add_unexplained(workspace: &mut Workspace, currency: Currency, findings: &mut Vec<Finding>) -> Result<()> {
    let mut snapshot = workspace.read()?;
    unexplained_debits(&mut *snapshot, &mut |debit| {
        let day = debit.booked_on.map(|day| format!(" on {day}")).unwrap_or_default();
        findings.push(Finding {
            id: format!("F{:04}", findings.len() + 1),
            kind: Kind::Unexplained,
            remedy: Remedy::Decide,
            person: None,
            name: String::new(),
            scheme: String::new(),
            period: None,
            parts: vec![],
            money: Money::none(currency),
            bank: Standing::Settled,
            batches: vec![],
            end_to_end_ids: vec![],
            upstream_references: vec![],
            upstream_paid_on: vec![],
            debit: Some((debit.amount, debit.booked_on)),
            matched: String::new(),
            note: format!("{} {currency} left the account{day} for no payment in this ledger.", debit.amount),
        });
        Ok(())
    })
}

/// What all payments of the ledger that stand come to.
pub(super) fn standing_total(payments: &[FallbackPayment], currency: Currency) -> Result<Amount> {
    let mut sum = Amount::zero(currency);
    for payment in payments.iter().filter(|payment| payment.times_standing > 0) {
        sum = sum.checked_add(payment.amount).map_err(too_large)?;
    }
    Ok(sum)
}

/// Whether anything was released at all, for messages.
pub(super) fn has_released(state: &LedgerState) -> bool {
    state.batches.keys().any(|id| has_left(state, *id)) || state.merged.iter().any(|desk| !desk.batches.is_empty())
}
