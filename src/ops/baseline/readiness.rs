//! `baseline check`: would the last baselines carry a payday tomorrow? Each is opened to its last row, counted and summed again, and its
//! rows are checked by today's rules.

use super::figures::{self, SchemeFigures};
use super::rows::BaselineReader;
use crate::bank::calendar::BankCalendar;
use crate::batch::Sum;
use crate::checks::{Checks, Severity, Terms};
use crate::fault::{Fault, Result};
use crate::ledger::event::BaselineScheme;
use crate::ledger::state::BaselineState;
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::key_store::KeyStore;
use crate::ops::prepare::{Request, rules};
use crate::ops::{Unlocked, Workspace, World};
use crate::payment::Period;
use crate::recipient_list::Instruction;
use crate::say;
use crate::words::Message;

pub struct Readiness {
    /// The last baselines of all schemes, in the order of their entries.
    pub baselines: Vec<Tested>,
    /// What needs a person.
    pub findings: Vec<Finding>,
    /// `[baseline] oldest_days`.
    pub oldest_days: u32,
}

/// A baseline that is the last of at least one scheme.
pub struct Tested {
    pub entry: u64,
    pub period: Period,
    pub added_at: i64,
    pub added_by: String,
    pub age_days: u64,
    /// How long the period is over, in days.
    pub period_over_days: u64,
    pub schemes: Vec<SchemeFigures>,
    /// `None` where it does not open, or does not hold what was recorded.
    pub restored: Option<Restored>,
}

/// What came out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    pub rows: Sum,
    /// How many of the rows could be paid as they stand, by today's settings.
    pub payable: u64,
    /// How many of these would be held for a decision.
    pub held: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub message: Message,
}

pub fn readiness(workspace: &mut Workspace, world: &World, who: Option<&str>) -> Result<Readiness> {
    let settings = workspace.settings.clone();
    let oldest_days = settings.baseline.oldest_days;
    let state = workspace.state.clone();
    if state.baselines.is_empty() {
        let message = say!(
            "There is no baseline: in an outage nobody could be paid on the last known figures. Add the lists of the last payday with \
             `stopgap baseline add LIST --period P`."
        );
        let findings = vec![Finding { code: "baseline.none", message }];
        return Ok(Readiness { baselines: Vec::new(), findings, oldest_days });
    }
    let who = workspace.unlock(world, who)?;
    let keys = workspace.keys.clone();
    let mut snapshot = workspace.read()?;
    let (mut baselines, mut findings) = (Vec::new(), Vec::new());
    for (entry, baseline, schemes) in figures::lasting(&state) {
        let BaselineState { recorded, added_by, added_at } = baseline;
        let age_days = figures::age_days(baseline, world.now.unix);
        if age_days > oldest_days.into() {
            findings.push(too_old(recorded.period, age_days, oldest_days));
        }
        let period_over_days = figures::period_over_days(recorded.period, world.now.today());
        if age_days <= oldest_days.into() && period_over_days > oldest_days.into() {
            findings.push(of_an_old_period(recorded.period, period_over_days, oldest_days));
        }
        let request = Request { period: Some(recorded.period), ..Request::default() };
        let today = world.now.today();
        let pay_on = BankCalendar::of(state.payer.country).next_bank_day(today);
        let terms = rules(&settings, &state.payer, state.currency, &request, pay_on, today);
        let restored = restore(&mut *snapshot, &state, &keys, &who, (entry, baseline), &terms);
        match &restored {
            Ok(restored) if restored.payable < restored.rows.count => {
                findings.push(not_payable(recorded.period, *restored));
            }
            Ok(_) => {}
            Err(fault) => findings.push(unreadable(recorded.period, fault)),
        }
        baselines.push(Tested {
            entry,
            period: recorded.period,
            added_at: *added_at,
            added_by: added_by.clone(),
            age_days,
            period_over_days,
            schemes,
            restored: restored.ok(),
        });
    }
    Ok(Readiness { baselines, findings, oldest_days })
}

/// Opens every part and compares what its rows come to with what was recorded, scheme by scheme.
fn restore(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    keys: &KeyStore,
    who: &Unlocked,
    (entry, baseline): (u64, &BaselineState),
    terms: &Terms,
) -> Result<Restored> {
    let schemes = &baseline.recorded.schemes;
    let mut reader = BaselineReader::open(snapshot, state, keys, who, entry)?;
    let mut found: Vec<Sum> = schemes.iter().map(|_| Sum::zero(state.currency)).collect();
    let (mut rows, mut payable, mut held) = (Sum::zero(state.currency), 0, 0);
    let mut instruction = Instruction::default();
    let mut checks = Checks::new(terms);
    let differs = || Fault::failed("baseline.differs", say!("Its rows do not come to what was recorded."));
    while let Some(row) = reader.next(snapshot)? {
        let of_scheme = found.get_mut(usize::from(row.scheme)).ok_or_else(differs)?;
        of_scheme.add(row.amount).and_then(|()| rows.add(row.amount)).map_err(|_| differs())?;
        reader.refill(&row, &mut instruction);
        let checked = checks.check(row.list, &instruction);
        let is_held = checked.problems.iter().any(|problem| problem.severity() == Severity::Held);
        // A row that can be paid must still be the row whose figures were kept.
        if let Some(payment) = checked.payment {
            let now = who.tagger.fingerprint(&payment);
            if (now.tag.series, now.account, now.amount) != (row.series, row.account, row.amount) {
                return Err(differs());
            }
            payable += 1;
            held += u64::from(is_held);
        }
    }
    if schemes.iter().zip(&found).any(|(BaselineScheme { sum, .. }, found)| sum != found) {
        return Err(differs());
    }
    Ok(Restored { rows, payable, held })
}

fn too_old(period: Period, age_days: u64, oldest_days: u32) -> Finding {
    let message = say!(
        "The baseline of {period} was added {age_days:day|days} ago; {oldest_days} is the most ([baseline] oldest_days). Add \
         the lists of the last payday.",
        period,
        age_days,
        oldest_days
    );
    Finding { code: "baseline.old", message }
}

/// It was added of late, and says what was paid long ago.
fn of_an_old_period(period: Period, over_days: u64, oldest_days: u32) -> Finding {
    let message = say!(
        "The baseline of {period} says what was paid for days that ended {over_days:day|days} ago; {oldest_days} is the most ([baseline] oldest_days). \
         Add the lists of the last payday.",
        period,
        over_days,
        oldest_days
    );
    Finding { code: "baseline.old", message }
}

fn not_payable(period: Period, restored: Restored) -> Finding {
    let rejected = restored.rows.count - restored.payable;
    let message = say!(
        "{rejected} of the {rows:row|rows} of the baseline of {period} could not be paid by today's settings. Was the bank \
         profile changed?",
        rejected,
        rows = restored.rows.count,
        period
    );
    Finding { code: "baseline.not_payable", message }
}

fn unreadable(period: Period, fault: &Fault) -> Finding {
    let message = say!("The baseline of {period} does not open, so nobody could be paid by it: {fault}", period, fault);
    Finding { code: "baseline.unreadable", message }
}
