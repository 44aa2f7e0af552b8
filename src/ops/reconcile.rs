//! `reconcile`: our payments, the bank's word and upstream's runs, brought to one finding for each obligation, and written out for those who
//! act on them.

mod comparison;
pub mod files;
pub mod outlook;
mod recognised;
mod released;
mod standing_table;
pub mod workbook;
mod writing;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use self::outlook::Outlook;
use super::copies::{self, Census, Outgoing, WayOut};
use super::durable;
use super::findings::{self, Changes, Remembering, Run, Visit};
use super::hashing::{content_fingerprint, file_fingerprint};
use super::key_store::KeyStore;
use super::merge::{self, Unnamed};
use super::remedies::CaseState;
use super::upstream_runs::{self, Defaults, Heard, ReadRun};
use super::workspace::Recording;
use super::{Unlocked, Workspace, World, outcome, purge, recalls, remedies};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::outcome::{Standing, has_left, unexplained_debits};
use crate::ledger::recalls::RecallState;
use crate::ledger::remedies::{Basis, Decision, FindingKey};
use crate::ledger::worksheets::RowDoubt;
use crate::payment::{AmountOverflow, Currency, Scheme};
use crate::reconciliation::UpstreamStatus;
use crate::reconciliation::finding::{Finding, Kind, Money, Remedy};
use crate::say;

pub use self::comparison::Findings;
#[cfg(test)]
pub(crate) use self::comparison::findings_of;
use self::comparison::{Comparison, Met};
use self::recognised::Recognised;
pub(super) use self::released::{AsTyped, each as each_released, each_with_payee as each_released_with_payee};

/// What was asked for on the command line.
pub struct Request<'a> {
    pub upstream: &'a [PathBuf],
    pub defaults: Defaults,
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
    /// Whether somebody has still to decide on a finding.
    pub needs_a_person: bool,
    /// Rows of upstream that were given twice and count once.
    pub repeated: u64,
    pub heard: Heard,
    pub outlook: Outlook,
    /// Payments about which no bank report has said anything.
    pub unconfirmed: u64,
    /// Other desks' payments that stand and that no row of upstream was about: nobody here can say to whom they were.
    pub unnamed: Unnamed,
    /// What is other than at the last reconciliation; `None` for the first.
    pub changes: Option<Changes>,
    pub currency: Currency,
    pub out: PathBuf,
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
    let mut comparison = Comparison::begin(workspace.folder(), currency, settings.date_window_days)?;
    let heard =
        upstream_runs::each(request.upstream, &request.defaults, &settings, country, currency, today, &mut |row| {
            comparison.row(row)
        })?;
    let unlocked = workspace.unlock(world, who)?;
    let second = copies::second(workspace, world, &unlocked, request.second)?;
    // Before anything is recorded: what lies in the way is nobody's to lose.
    for path in files::paths(request.out) {
        copies::refuse_unless_free(workspace.folder(), &workspace.state, &unlocked, &path)?;
    }
    if !request.statements.is_empty() {
        // Where the findings cannot lie, nothing is recorded either; and where it is not, no folder stays.
        let was_there = request.out.exists();
        durable::create_folder(request.out)?;
        let reports = outcome::Request { files: request.statements, own_account: false };
        if let Err(fault) = outcome::outcome(workspace, world, Some(&unlocked.signer.name), reports) {
            if !was_there {
                let _ = std::fs::remove_dir(request.out);
            }
            return Err(fault);
        }
    }
    let who = unlocked;
    purge::refuse_if_all_is_gone(&workspace.state)?;
    let mut unconfirmed = 0;
    released::each(workspace, &who, &mut |payment| {
        unconfirmed += u64::from(payment.standing == Standing::None);
        comparison.payment(payment)
    })?;
    let (gone, state) = (recognised::purged(&workspace.state), workspace.state.clone());
    let closed = merge::closed(&mut *workspace.read()?, &state)?;
    let are_some_closed = gone > 0 || !closed.is_empty();
    let mut recognised = Recognised::new(closed);
    if are_some_closed {
        let mut snapshot = workspace.read()?;
        // A second time through the runs, sooner than keeping them: only now is the key at hand by which payments are recognised.
        upstream_runs::each(request.upstream, &request.defaults, &settings, country, currency, today, &mut |row| {
            recognised.row(&mut *snapshot, &state, &who, row, &mut |payment| {
                unconfirmed += u64::from(payment.standing == Standing::None);
                comparison.payment(payment)
            })
        })?;
    }
    if gone > 0 {
        recognised.tell(gone, world);
    }
    let unnamed = recognised.unnamed(currency)?;
    unexplained_debits(&mut *workspace.read()?, &mut |debit| {
        comparison.debit(debit.amount, debit.booked_on);
        Ok(())
    })?;
    for (_, payment, sheet, row, doubt) in state.rows_in_doubt() {
        let (said, decide) = match doubt {
            RowDoubt::TypedAfterAll => ("was settled as never typed and has come back with a receipt".to_owned(), true),
            RowDoubt::Receipts(receipts) => (format!("has come back with {receipts} receipts"), false),
        };
        comparison.doubt(payment, format!("Row {row} of sheet {sheet} {said}: it may have been paid twice."), decide);
    }
    let way_out = WayOut::of(workspace);
    let source = |run: &ReadRun| match &run.sha256 {
        Some(sha256) => Ok(content_fingerprint(&who.tagger, sha256)),
        None => file_fingerprint(&who.tagger, &run.file),
    };
    let sources = heard.files.iter().map(source).collect::<Result<Vec<_>>>()?;
    let keys = workspace.keys.clone();
    let mut recording = workspace.begin(world)?;
    let planned = request.defaults.status.map_or(heard.is_a_proposal(), |status| status == UpstreamStatus::Planned);
    let mut remembering = Remembering::begin(&mut recording, &who, &keys, (Basis::Upstream, planned), sources)?;
    let (findings, repeated) = match remembering.as_mut().filter(|remembering| remembering.must_meet()) {
        Some(remembering) => comparison.finish(Some(&mut |met| match met {
            Met::Finding(finding) => remembering.meet(finding),
            Met::OnlyPayment(payment) => remembering.meet_payment(payment),
        }))?,
        None => comparison.finish(None)?,
    };
    let mut reconciled = Reconciled {
        findings,
        by_kind: BTreeMap::new(),
        by_scheme: BTreeMap::new(),
        totals: Money::none(currency),
        balanced: true,
        needs_a_person: unnamed.payments > 0 || state.recalls.values().any(RecallState::is_open),
        unnamed,
        repeated,
        heard,
        outlook: Outlook::new(&recording.state, currency),
        unconfirmed,
        changes: None,
        currency,
        out: request.out.to_path_buf(),
    };
    if reconciled.findings.count() > u64::from(workbook::MOST_ROWS) {
        let sums_only = say!(
            "findings.xlsx holds sums only: {findings} findings are too many for a spreadsheet. They stand in findings.csv and findings.json.",
            findings = reconciled.findings.count()
        );
        world.say(sums_only);
    }
    let census = way_out.census()?;
    let (files, census, recorded) = reconciled.write(&mut recording, &who, &keys, remembering, census)?;
    // The ledger first, and only then what others can see.
    if recorded {
        let departing = way_out.enter(&mut recording, world, &who, second.as_ref(), files, census)?;
        let (state, entries) = recording.finish()?;
        workspace.follow(world, state, entries)?;
        departing.place()?;
    } else {
        drop(recording);
        copies::leave_with(workspace, world, &who, second.as_ref(), files, census)?;
    }
    Ok(reconciled)
}

impl Reconciled {
    /// Goes through the findings: into the files, into the sums, and sealed into the ledger. Gives the files, whole but without their names,
    /// who is in them, and whether anything was recorded.
    fn write(
        &mut self,
        recording: &mut Recording,
        who: &Unlocked,
        keys: &KeyStore,
        remembering: Option<Remembering>,
        census: Census,
    ) -> Result<(Vec<Outgoing>, Census, bool)> {
        let files = files::create(&self.out, self.currency, self.findings.count())?;
        let mut spelled: HashMap<String, String> = HashMap::new();
        let Self { findings, by_kind, by_scheme, totals, balanced, needs_a_person, outlook, currency, .. } = self;
        let state = recording.state.clone();
        let (files, census, (changes, recorded)) = writing::beside(files, census, |write| {
            let mut take = |known: Option<&FindingKey>, mut finding: Finding| {
                let none = || (0, Money::none(*currency));
                let of_kind = by_kind.entry(finding.kind).or_insert_with(none);
                add(of_kind, &finding.money)?;
                match by_scheme.get_mut(finding.scheme.as_str()) {
                    Some(of_scheme) => add(of_scheme, &finding.money)?,
                    None => {
                        // Another spelling of a benefit is the same benefit, under the name that came first.
                        let folded = Scheme::new(&finding.scheme).map(|scheme| scheme.folded()).unwrap_or_default();
                        let name = spelled.entry(folded).or_insert_with(|| finding.scheme.to_string());
                        add(by_scheme.entry(name.clone()).or_insert_with(none), &finding.money)?;
                    }
                }
                *totals = totals.checked_add(&finding.money).map_err(too_large)?;
                *balanced &= finding.money.balances();
                match known {
                    None => *needs_a_person |= finding.remedy != Remedy::None,
                    Some(key) => {
                        let stands = remedies::state_of(&state, key, &finding);
                        *needs_a_person |= stands.needs_a_decision();
                        let decided = state.decision(key).map(|decided| &decided.recorded);
                        let recovered = decided.filter(|decided| decided.decision == Decision::Recover);
                        let is_back = |asked| stands == CaseState::Closed || state.repaid(key) > asked;
                        if recovered.is_some_and(|decided| is_back(decided.amount)) {
                            finding.remark("What was asked back has come back.");
                        }
                        told_of_recalls(&state, &mut finding);
                    }
                }
                outlook.note(&finding)?;
                write(finding)
            };
            match remembering {
                Some(remembering) => {
                    remembering.record(recording, who, keys, findings, &mut |key, finding| take(Some(key), finding))
                }
                None => findings.each(&mut |finding| take(None, finding)).map(|()| (None, false)),
            }
        })?;
        *balanced &= totals.balances();
        self.changes = changes;
        Ok((files, census, recorded))
    }
}

/// What a recall makes another proposal of, and why.
fn told_of_recalls(state: &LedgerState, finding: &mut Finding) {
    let proposed =
        remedies::proposed(state, finding.remedy, &finding.end_to_end_ids, &findings::recorded(&finding.money));
    if proposed == finding.remedy {
        return;
    }
    finding.remedy = proposed;
    let recall = recalls::of_a_double(state, &finding.end_to_end_ids).map(|recall| recall.id().to_string());
    let recall = recall.unwrap_or_default();
    finding.remark(&match proposed {
        Remedy::Decide => format!(
            "The bank took this payment back as a double ({recall}), and it stays taken as paid: where it is owed after all, prepare it with a part of its own."
        ),
        _ => format!(
            "The bank was asked to take the fallback's payment back ({recall}): upstream's is the one to stand, so it is not stopped."
        ),
    });
}

fn add((count, sum): &mut (u64, Money), money: &Money) -> Result<()> {
    *count += 1;
    *sum = sum.checked_add(money).map_err(too_large)?;
    Ok(())
}

pub(super) fn too_large(_: AmountOverflow) -> Fault {
    Fault::input("amount.sum_too_large", say!("The amounts of these lists cannot be added: the sum is too large."))
}

/// Whether anything was released at all, for messages.
pub(super) fn has_released(state: &LedgerState) -> bool {
    state.batches.keys().any(|id| has_left(state, *id)) || state.merged.iter().any(|desk| !desk.batches.is_empty())
}
