//! `status`: where everything stands, and what comes next.
//!
//! It takes no passphrase, so that anybody at the desk can look at any time: what it tells follows from the entries and from what the bank
//! has said. What lies sealed (who waits, which findings are open) is named with the command that opens it.

mod asking;
mod at_the_bank;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::NaiveDate;

use self::asking::asks;
pub(crate) use self::at_the_bank::{Word, word};
use super::reconcile::too_large;
use super::{Workspace, findings};
use crate::batch::Sum;
use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ledger::copies::{CopyState, Purpose};
use crate::ledger::outcome::{Standing, has_left};
use crate::ledger::recalls::{RecallId, RecallState};
use crate::ledger::remedies::Basis;
use crate::ledger::state::{BatchPhase, BatchState, OpenRows};
use crate::ledger::worksheets::SheetState;
use crate::payment::{Amount, BatchId, Currency};
use crate::words::shell_word;

pub struct Status {
    pub payer: String,
    pub currency: Currency,
    /// The last entry's number, and its time in seconds since 1970.
    pub head: (u64, i64),
    /// The open episode.
    pub episode: Option<String>,
    pub batches: Vec<BatchStatus>,
    /// What the bank has said of what has left.
    pub bank: BTreeMap<Standing, Sum>,
    /// What came back or was rejected, and is claimed by nobody since.
    pub free: Sum,
    /// Whether somebody was left for later in the open episode. Who still waits lies sealed.
    pub put_off: bool,
    /// The last comparison with upstream's runs.
    pub compared: Option<Compared>,
    pub copies: Copies,
    /// The entry and the time of the last backup.
    pub backup: Option<(u64, i64)>,
    /// The entry and the time of the duplicate key's end: nobody is paid from this ledger any more.
    pub duplicate_key_ended: Option<(u64, i64)>,
    /// Whose passphrases were given wrong, and how often, since they last gave the right one.
    pub wrong_passphrases: Vec<(String, u32)>,
    /// What there is to do, in the order in which it is done.
    pub next: Vec<Next>,
}

pub struct BatchStatus {
    pub id: BatchId,
    pub phase: BatchPhase,
    pub provisional: bool,
    pub pay_on: Option<NaiveDate>,
    pub total: Sum,
    /// Rejected and held rows of the open episode that nobody is known to have dealt with.
    pub open_rows: Option<OpenRows>,
}

pub struct Compared {
    pub at: i64,
    /// Whether the runs were proposals.
    pub planned: bool,
    pub findings: u64,
    /// Of a kind that asks for something to be done.
    pub to_decide: u64,
    /// On how many findings a decision was recorded, by whatever comparison they were found.
    pub decided: u64,
}

#[derive(Clone, Copy)]
pub struct Copies {
    /// Files with personal data.
    pub open: u64,
    /// Pages with half of the recovery code, which name nobody.
    pub halves: u64,
    /// Of the open ones and the halves, those whose day has passed.
    pub overdue: u64,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// An episode is open, and nothing was ever prepared in it.
    Prepare {
        episode: String,
    },
    /// Another desk claims payments of a batch that has not left.
    ClaimedElsewhere {
        batch: BatchId,
        payments: u64,
        /// Whether that desk has paid one of them already.
        paid: bool,
    },
    /// The bank has made payments that never left by this ledger.
    PaidElsewhere {
        payments: u64,
    },
    /// Somebody other than the preparer looks and approves.
    Approve {
        batch: BatchId,
        preparer: String,
    },
    Release {
        batch: BatchId,
        sheets: bool,
    },
    /// A release that was interrupted.
    FinishRelease {
        batch: BatchId,
        sheets: bool,
    },
    /// Hand the files in, and type what the portal says.
    Upload {
        batch: BatchId,
        files: usize,
        /// Whether the bank has said something of other payments of the batch.
        heard: bool,
    },
    /// What the portal says of a batch is not what left.
    AskBank {
        batch: BatchId,
        other_figures: bool,
        /// Whether a file has several receipts.
        twice: bool,
    },
    /// Rows that were rejected or held, and that nobody is known to have dealt with.
    DealWithRows {
        batch: BatchId,
        rejected: u64,
        held: u64,
        /// Its `rows.csv`, relative to the workspace; `None` where that was ended.
        file: Option<PathBuf>,
    },
    /// Take the clerks' sheets back.
    TakeSheetsBack {
        batch: BatchId,
    },
    /// Rows of its sheets may have been paid twice: with several receipts, or settled as never typed and typed after all.
    AskAboutRows {
        batch: BatchId,
        rows: u64,
    },
    /// Read the bank's reports.
    ReadReports {
        payments: Sum,
    },
    /// What came back or was rejected is free to be paid again.
    PayAgain {
        payments: Sum,
    },
    /// A recall that was interrupted.
    FinishRecall {
        recall: RecallId,
        finding: String,
    },
    /// The bank was asked to take payments back, and has not answered for good.
    ReadAnswer {
        payments: Sum,
    },
    Reconcile {
        payments: Sum,
    },
    /// What was compared last was about to be paid.
    ReconcileRun,
    Decide {
        findings: u64,
        /// On how many a decision was recorded before they were found: which of them ask again lies sealed.
        earlier: u64,
    },
    EndCopies {
        overdue: u64,
    },
    Backup {
        /// How many entries no backup has.
        entries: u64,
    },
}

impl Next {
    /// Stable.
    pub fn as_str(&self) -> &'static str {
        match self {
            Next::Prepare { .. } => "prepare",
            Next::ClaimedElsewhere { .. } => "claimed_elsewhere",
            Next::Approve { .. } => "approve",
            Next::Release { .. } => "release",
            Next::FinishRelease { .. } => "finish_release",
            Next::Upload { .. } => "upload",
            Next::AskBank { .. } => "ask_bank",
            Next::DealWithRows { .. } => "deal_with_rows",
            Next::PaidElsewhere { .. } => "paid_elsewhere",
            Next::TakeSheetsBack { .. } => "take_sheets_back",
            Next::AskAboutRows { .. } => "ask_about_rows",
            Next::ReadReports { .. } => "read_reports",
            Next::PayAgain { .. } => "pay_again",
            Next::FinishRecall { .. } => "finish_recall",
            Next::ReadAnswer { .. } => "read_answer",
            Next::Reconcile { .. } => "reconcile",
            Next::ReconcileRun => "reconcile_run",
            Next::Decide { .. } => "decide",
            Next::EndCopies { .. } => "end_copies",
            Next::Backup { .. } => "backup",
        }
    }

    /// What is typed; a word in capitals is the reader's to fill in.
    pub fn command(&self) -> String {
        match self {
            Next::Prepare { .. } | Next::PayAgain { .. } => "stopgap prepare LIST".into(),
            Next::ClaimedElsewhere { batch, paid: true, .. } => format!("stopgap batch cancel {batch}"),
            Next::ClaimedElsewhere { .. } | Next::PaidElsewhere { .. } => "stopgap merge OTHER_WORKSPACE".into(),
            Next::AskBank { batch, .. } => format!("stopgap batch show {batch}"),
            Next::Approve { batch, .. } => format!("stopgap approve {batch} --operator NAME"),
            Next::Release { batch, sheets } | Next::FinishRelease { batch, sheets } => {
                format!("stopgap release {batch}{}", if *sheets { " --as worksheet" } else { "" })
            }
            Next::Upload { batch, .. } => {
                format!("stopgap uploaded {batch} --receipt TEXT --count N --amount AMOUNT")
            }
            Next::DealWithRows { file: Some(file), .. } => {
                format!("stopgap prepare {}", shell_word(&file.to_string_lossy()))
            }
            Next::DealWithRows { .. } => "stopgap prepare LIST".into(),
            Next::TakeSheetsBack { .. } => "stopgap worksheet return FILE".into(),
            Next::AskAboutRows { batch, .. } => format!("stopgap worksheet list {batch}"),
            Next::ReadReports { .. } => "stopgap outcome REPORT".into(),
            Next::FinishRecall { finding, .. } => format!("stopgap remedy recall {finding}"),
            Next::ReadAnswer { .. } => "stopgap outcome ANSWER".into(),
            Next::Reconcile { .. } | Next::ReconcileRun => "stopgap reconcile --upstream RUN --out FOLDER".into(),
            Next::Decide { .. } => "stopgap remedy list".into(),
            Next::EndCopies { .. } => "stopgap copies list".into(),
            Next::Backup { .. } => "stopgap backup DEST".into(),
        }
    }
}

/// Where everything stands on the given day.
pub fn status(workspace: &mut Workspace, today: NaiveDate) -> Result<Status> {
    let state = workspace.state.clone();
    let word = word(workspace, &state)?;
    let copies = copies(&state, today);
    let next = next(&state, &word, copies)?;
    Ok(Status {
        payer: state.payer.name.clone(),
        currency: state.currency,
        head: (state.head.0, state.head_at),
        episode: state.open_episode_now().map(|open| open.name.clone()),
        batches: state.batches.values().map(|batch| of_batch(&state, batch)).collect(),
        bank: word.bank,
        free: word.free,
        put_off: state.open_episode_now().is_some_and(|open| put_off(&state, &open.name)),
        compared: compared(&state),
        copies,
        backup: state.last_backup,
        duplicate_key_ended: state.duplicate_end.as_ref().map(|end| (end.entry, end.at)),
        wrong_passphrases: wrong_passphrases(workspace, &state),
        next,
    })
}

fn copies(state: &LedgerState, today: NaiveDate) -> Copies {
    state.copies.open().fold(Copies { open: 0, halves: 0, overdue: 0 }, |so_far, copy| {
        let is_half = copy.declared.purpose == Purpose::RecoveryHalf;
        Copies {
            open: so_far.open + u64::from(!is_half),
            halves: so_far.halves + u64::from(is_half),
            overdue: so_far.overdue + u64::from(copy.declared.end_by < today),
        }
    })
}

fn wrong_passphrases(workspace: &Workspace, state: &LedgerState) -> Vec<(String, u32)> {
    let names = state.active_operators().map(|operator| operator.name.clone());
    let counted = names.map(|name| (workspace.keys.wrong_passphrases(&name).in_a_row, name));
    counted.filter(|(wrong, _)| *wrong > 0).map(|(wrong, name)| (name, wrong)).collect()
}

fn put_off(state: &LedgerState, episode: &str) -> bool {
    state.put_off_in(episode).any(|(_, one)| one.waiting.count > 0)
}

fn of_batch(state: &LedgerState, batch: &BatchState) -> BatchStatus {
    let id = batch.prepared.id;
    BatchStatus {
        id,
        phase: batch.phase,
        provisional: state.is_provisional(id),
        pay_on: batch.prepared.first_pay_date(),
        total: batch.prepared.total(),
        open_rows: state
            .open_rows(id)
            .filter(|_| state.open_episode_now().is_some_and(|open| open.name == batch.prepared.episode)),
    }
}

/// The rows of the open episode's batches that nobody is known to have dealt with.
fn rows_to_deal_with(state: &LedgerState) -> Vec<Next> {
    let Some(open) = state.open_episode_now() else { return Vec::new() };
    let is_rows_of =
        |copy: &CopyState, id: BatchId| copy.declared.purpose == Purpose::Rows && copy.declared.batch == Some(id);
    let rows = state.open_rows_in(&open.name).map(|(batch, rows)| Next::DealWithRows {
        batch,
        rejected: rows.rejected.count,
        held: rows.held.count,
        file: state
            .copies
            .open()
            .any(|copy| is_rows_of(copy, batch))
            .then(|| Workspace::outbox_of(batch).join("rows.csv")),
    });
    rows.collect()
}

fn total(currency: Currency, mut batches: impl Iterator<Item = Sum>) -> Result<Sum> {
    batches.try_fold(Sum::zero(currency), |all, one| {
        let amount = all.amount.checked_add(one.amount).map_err(too_large)?;
        Ok(Sum { count: all.count + one.count, amount })
    })
}

fn compared(state: &LedgerState) -> Option<Compared> {
    let last = state.comparisons.get(&Basis::Upstream)?;
    let by_kind = &last.recorded.by_kind;
    Some(Compared {
        at: last.at,
        planned: last.recorded.planned,
        findings: by_kind.iter().map(|sum| sum.count).sum(),
        to_decide: by_kind.iter().filter(|sum| asks(sum.kind)).map(|sum| sum.count).sum(),
        decided: state.decisions.len() as u64,
    })
}

fn next(state: &LedgerState, word: &Word, copies: Copies) -> Result<Vec<Next>> {
    if state.duplicate_end.is_some() {
        return Ok(Vec::new());
    }
    let strange = (word.strange > 0).then_some(Next::PaidElsewhere { payments: word.strange });
    let mut next: Vec<Next> = strange.into_iter().chain(to_prepare(state)).collect();
    // Of whom was purged there is no file to upload and nobody to compare.
    let living = state.batches.values().filter(|batch| !state.is_batch_purged(batch));
    next.extend(living.flat_map(|batch| of_one_batch(batch, word)));
    next.extend(rows_to_deal_with(state));
    next.extend(rows_in_doubt(state));
    let silent = word.bank.get(&Standing::None).copied().filter(|sum| sum.count > 0);
    next.extend(silent.map(|payments| Next::ReadReports { payments }));
    next.extend(word.to_pay_again(state));
    next.extend(of_recalls(state)?);
    next.extend(to_compare(state)?);
    let asking = asking::asking(state);
    let decide = Next::Decide { findings: asking.findings, earlier: asking.earlier };
    next.extend((asking.findings > 0).then_some(decide));
    next.extend((copies.overdue > 0).then_some(Next::EndCopies { overdue: copies.overdue }));
    let saved = state.last_backup.map_or(0, |(entry, _)| entry);
    next.extend((state.last_worth_a_backup > saved).then(|| Next::Backup { entries: state.head.0 - saved }));
    Ok(next)
}

/// An open episode in which nothing was prepared: what was tried and found unpayable leaves no entry.
fn to_prepare(state: &LedgerState) -> Option<Next> {
    let episode = &state.open_episode_now()?.name;
    let is_begun = state.batches.values().any(|batch| batch.prepared.episode == *episode) || put_off(state, episode);
    (!is_begun).then(|| Next::Prepare { episode: episode.clone() })
}

/// Whether findings may wait for a decision.
pub(crate) fn findings_ask(state: &LedgerState) -> bool {
    asking::asking(state).findings > 0
}

/// Rows that may have been paid twice, of the batches of the open episode.
fn rows_in_doubt(state: &LedgerState) -> Vec<Next> {
    let open = state.open_episode_now().map(|episode| &episode.name);
    let mut by_batch: BTreeMap<BatchId, u64> = BTreeMap::new();
    for (batch, ..) in state.rows_in_doubt() {
        if state.batches.get(&batch).is_some_and(|kept| Some(&kept.prepared.episode) == open) {
            *by_batch.entry(batch).or_default() += 1;
        }
    }
    by_batch.into_iter().map(|(batch, rows)| Next::AskAboutRows { batch, rows }).collect()
}

/// What was never compared with what upstream paid.
fn to_compare(state: &LedgerState) -> Result<Option<Next>> {
    let last = state.comparisons.get(&Basis::Upstream);
    let not_compared = |batch: &&BatchState| {
        has_left(state, batch.prepared.id)
            && !state.is_batch_purged(batch)
            && last.is_none_or(|last| batch.released_at.is_some_and(|left| left > last.at))
    };
    let payments =
        total(state.currency, state.batches.values().filter(not_compared).map(|batch| batch.prepared.total()))?;
    Ok(match last {
        _ if payments.count > 0 => Some(Next::Reconcile { payments }),
        Some(last) if state.is_entry_purged(last.entry) => None,
        Some(last) if last.recorded.planned || last.recorded.totals.upstream_planned != 0 => Some(Next::ReconcileRun),
        _ => None,
    })
}

/// What recalls ask for: those that were interrupted first.
fn of_recalls(state: &LedgerState) -> Result<Vec<Next>> {
    let unfinished = state.recalls.values().filter(|recall| recall.is_open() && !recall.written);
    let mut next: Vec<Next> = unfinished
        .map(|recall| {
            let finding = findings::id(recall.recorded.basis, recall.recorded.number);
            Next::FinishRecall { recall: recall.id(), finding }
        })
        .collect();
    let amount = |minor_units| Amount::from_minor_units(minor_units, state.currency);
    let waiting = state.recalls.values().filter(|recall| recall.written).flat_map(RecallState::open);
    let payments = total(state.currency, waiting.map(|one| Sum { count: 1, amount: amount(one.amount) }))?;
    next.extend((payments.count > 0).then_some(Next::ReadAnswer { payments }));
    Ok(next)
}

/// What a batch asks for.
pub(crate) fn of_one_batch(batch: &BatchState, word: &Word) -> Vec<Next> {
    let (id, sheets) = (batch.prepared.id, batch.sheets.is_some());
    if let Some((payments, paid)) = word.elsewhere.get(&id).copied() {
        return vec![Next::ClaimedElsewhere { batch: id, payments, paid }];
    }
    match batch.phase {
        BatchPhase::Prepared => vec![Next::Approve { batch: id, preparer: batch.preparer.clone() }],
        BatchPhase::Approved => vec![Next::Release { batch: id, sheets }],
        BatchPhase::Releasing => vec![Next::FinishRelease { batch: id, sheets }],
        BatchPhase::Released if sheets => {
            rows_are_out(batch).then_some(Next::TakeSheetsBack { batch: id }).into_iter().collect()
        }
        BatchPhase::Released => word.of_uploads(batch),
        BatchPhase::Cancelled => Vec::new(),
    }
}

/// Whether no sheet and nobody has told of some row.
pub(crate) fn rows_are_out(batch: &BatchState) -> bool {
    let Some(sheets) = &batch.sheets else { return false };
    let told =
        |sheet: &SheetState| sheet.typed.keys().chain(sheet.decided.keys()).collect::<BTreeSet<_>>().len() as u64;
    sheets.release.sheets.iter().zip(&sheets.returned).any(|(planned, sheet)| told(sheet) < planned.sum.count)
}
