//! `worksheet settle`: two people say what became of rows that nobody ticked. Typed: they count as paid as before, and a debit that the bank's
//! statement shows may be taken for one of them. Never typed: the obligation may be paid again, in a new batch with a new approval.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::super::outcome::recorder::{Recorder, Told};
use super::super::parts::PartSealer;
use super::super::workspace::Recording;
use super::super::{Workspace, World, batches};
use super::{each_line, find};
use crate::fault::{Fault, Result};
use crate::ledger::outcome::{BankDebit, EvidenceKind, Source, Standing, standing_of, unexplained_debits};
use crate::ledger::worksheets::{SheetDecision, SheetVerdict};
use crate::ledger::{Claim, Event};
use crate::payment::{Amount, BatchId, EndToEndId};
use crate::say;
use crate::worksheet::SheetCode;

pub struct Request<'a> {
    pub code: &'a SheetCode,
    /// Empty: every row that is open.
    pub rows: &'a [u32],
    pub verdict: SheetVerdict,
    pub reason: &'a str,
    /// The day of the debit that was this row's, where the statement shows one.
    pub booked_on: Option<NaiveDate>,
    /// What the bank booked, where that is neither what was approved nor what was typed.
    pub booked_amount: Option<Amount>,
    /// Whether the debits that might be rows which were never typed are something else's.
    pub debit_is_anothers: bool,
    pub second: &'a str,
}

pub struct Settled {
    pub code: String,
    pub batch: BatchId,
    pub rows: Vec<u32>,
    pub amount: Amount,
    pub verdict: SheetVerdict,
    /// Whether a debit was taken for the row.
    pub explained: bool,
    /// Debits of the amount of a row that was never typed: they stay unexplained.
    pub others: Vec<BankDebit>,
}

/// A row that is to be settled.
struct OpenRow {
    row: u32,
    payment: EndToEndId,
    claim: Claim,
    live: bool,
    /// What its debit may come to.
    amounts: Vec<Amount>,
}

pub fn settle(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<Settled> {
    let reason = request.reason.trim();
    if reason.is_empty() {
        return Err(Fault::input(
            "worksheet.reason",
            say!("Settling a row takes a reason: what was found out, and from whom."),
        ));
    }
    let who = workspace.unlock(world, who)?;
    let second = workspace.unlock_second(world, &who, request.second)?;
    let keys = workspace.keys.clone();
    let folder = workspace.folder().to_owned();
    workspace.record(world, |recording| {
        let state = recording.state.clone();
        let found = find(&state, request.code)?;
        let (batch, sheet, code) = (found.batch.prepared.id, found.number, found.planned.code.clone());
        let mut open = Vec::new();
        let mut lines = Vec::new();
        each_line(&mut *recording.transaction, &state, (&who, &keys), batch, &mut |at, line| {
            if at + 1 == usize::from(sheet) {
                lines.push((line.row, line.end_to_end_id));
            }
            Ok(())
        })?;
        if let Some(row) = request.rows.iter().find(|row| !lines.iter().any(|(known, _)| known == *row)) {
            return Err(Fault::input(
                "worksheet.no_row",
                say!("Sheet {code} has no row {row}.", code, row = u64::from(*row)),
            ));
        }
        for (row, payment) in lines {
            let wanted = request.rows.is_empty() || request.rows.contains(&row);
            let Some((claim, live)) = recording.transaction.claim_ever(&payment)?.filter(|_| wanted) else { continue };
            let standing = standing_of(&claim, live, &recording.transaction.evidence_of(&payment)?).standing;
            let told = found.state.is_told(row) || standing != Standing::None;
            // It came back with a receipt that the bank does not know: two people may say which debit it was.
            let typed = found.state.typed.get(&row).map(Vec::as_slice).unwrap_or_default();
            let is_silent = matches!(standing, Standing::None | Standing::Accepted);
            let to_be_found = is_silent && !typed.is_empty() && !found.state.decided.contains_key(&row);
            let takes_debit = to_be_found
                && request.verdict == SheetVerdict::Typed
                && request.booked_on.is_some()
                && !request.rows.is_empty();
            if told && !takes_debit && !request.rows.is_empty() {
                let message =
                    say!("What became of row {row} of sheet {code} is known already.", row = u64::from(row), code);
                let code = found.planned.code.as_str();
                let remedy = match to_be_found {
                    true => say!(
                        "It came back as typed. Where the bank's statement shows it without its receipt, say which debit it was: `stopgap \
                         worksheet settle {code} --row {row} --as typed --booked-on DATE`.",
                        code,
                        row = u64::from(row)
                    ),
                    false => say!("`stopgap worksheet show {code}` says what is known of each row.", code),
                };
                return Err(Fault::refused("worksheet.not_open", message).remedy(remedy));
            }
            if !told || takes_debit {
                let as_typed = typed.iter().map(|typed| Amount::from_minor_units(typed.amount, state.currency));
                let amounts = match request.booked_amount {
                    Some(amount) => vec![amount],
                    None => std::iter::once(claim.amount).chain(as_typed).collect(),
                };
                open.push(OpenRow { row, payment, claim, live, amounts });
            }
        }
        if open.is_empty() {
            return Err(Fault::refused("worksheet.not_open", say!("No row of sheet {code} is open.", code)));
        }
        let mut amount = Amount::zero(state.currency);
        for row in &open {
            amount = amount.checked_add(row.claim.amount).map_err(|_| {
                Fault::input("amount.sum_too_large", say!("The amounts cannot be added: the sum is too large."))
            })?;
        }
        let others = match request.verdict {
            SheetVerdict::Typed => Vec::new(),
            SheetVerdict::NotTyped => debits_of(recording, &open)?,
        };
        if let Some(debit) = others.first().filter(|_| !request.debit_is_anothers) {
            return Err(debit_stands(debit, &open, &code));
        }
        let (outcome, explained) = {
            let mut recorder = Recorder::new(recording, &who.tagger, &folder)?;
            let explained = match (request.verdict, request.booked_on) {
                (SheetVerdict::Typed, Some(day)) => take_debit(&mut recorder, &open, day)?,
                (SheetVerdict::Typed, None) => false,
                (SheetVerdict::NotTyped, Some(_)) => {
                    return Err(Fault::input(
                        "arguments",
                        say!("A row that was never typed has no day on which it was booked."),
                    ));
                }
                (SheetVerdict::NotTyped, None) => {
                    free(&mut recorder, &open, &code)?;
                    false
                }
            };
            (recorder.finish(Vec::new()).0, explained)
        };
        if outcome.evidence > 0 {
            recording.event(&Event::OutcomeRecorded(Box::new(outcome)), &who.signer, None)?;
        }
        let episode = batches::episode(&recording.state, batches::find(&recording.state, batch)?)?;
        let key_id = episode.key;
        let key = who.episode_key(&keys, key_id)?;
        let mut sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), (key_id, &key));
        sealer.add(&mut *recording.transaction, &reason.to_owned())?;
        let reason = sealer.finish(&mut *recording.transaction)?;
        let rows = open.iter().map(|row| (row.row, row.payment)).collect();
        let decision = SheetDecision { batch, sheet, rows, verdict: request.verdict, reason };
        recording.event(&Event::SheetRowsDecided(Box::new(decision)), &who.signer, Some(&second.signer))?;
        let rows = open.iter().map(|row| row.row).collect();
        Ok(Settled { code, batch, rows, amount, verdict: request.verdict, explained, others })
    })
}

/// The debits that nothing explains and that come to what one of the rows does.
fn debits_of(recording: &mut Recording, open: &[OpenRow]) -> Result<Vec<BankDebit>> {
    let amounts: HashSet<Amount> = open.iter().map(|row| row.claim.amount).collect();
    let mut found = Vec::new();
    unexplained_debits(&mut *recording.transaction, &mut |debit| {
        if amounts.contains(&debit.amount) {
            found.push(debit);
        }
        Ok(())
    })?;
    Ok(found)
}

/// A row is not freed beside a debit that may be it.
fn debit_stands(debit: &BankDebit, open: &[OpenRow], code: &str) -> Fault {
    let row = open.iter().find(|row| row.claim.amount == debit.amount).map_or(0, |row| u64::from(row.row));
    let amount = debit.amount;
    let message = match debit.booked_on {
        Some(day) => say!(
            "A debit of {amount} on {day} stands unexplained: it may be row {row} of sheet {code}, which would be paid twice.",
            amount,
            day,
            row,
            code
        ),
        None => say!(
            "A debit of {amount} stands unexplained: it may be row {row} of sheet {code}, which would be paid twice.",
            amount,
            row,
            code
        ),
    };
    Fault::refused("worksheet.debit_stands", message).remedy(say!(
        "Ask the bank what it is. If it is that row: `--as typed --row {row} --booked-on DATE`. If it is something else's: again with \
         --debit-is-anothers.",
        row
    ))
}

/// Frees the obligations, on two people's word.
fn free(recorder: &mut Recorder, open: &[OpenRow], code: &str) -> Result<()> {
    let told =
        Told { kind: EvidenceKind::Rejected, source: Source::People, amount: None, booked_on: None, reason: None };
    for OpenRow { row, claim, live, .. } in open {
        let identity = recorder.tagger.identity(&["stopgap never typed 1", code, &row.to_string()]);
        recorder.keep_identified(claim.clone(), *live, told, identity)?;
    }
    recorder.judge()
}

/// Takes the one debit of that day and amount that nothing explains for the one row.
fn take_debit(recorder: &mut Recorder, open: &[OpenRow], day: NaiveDate) -> Result<bool> {
    let [row] = open else {
        return Err(Fault::input("arguments", say!("A day on which it was booked goes with one row: give --row.")));
    };
    let mut found = Vec::new();
    recorder.recording.transaction.open_debits(&mut |debit| {
        if row.amounts.contains(&debit.amount) && debit.booked_on == Some(day) {
            found.push(debit);
        }
        Ok(())
    })?;
    // Several kinds of report tell of the same money: of one kind there must be one.
    let Some(first) =
        found.first().cloned().filter(|first| found.iter().filter(|other| other.source == first.source).count() == 1)
    else {
        let amount =
            found.first().map_or(row.amounts.first().copied().unwrap_or(row.claim.amount), |debit| debit.amount);
        let message = match found.is_empty() {
            true => say!("No debit of {amount} on {day} stands unexplained.", amount, day),
            false => say!(
                "Several debits of {amount} on {day} stand unexplained: which is this row's cannot be told.",
                amount,
                day
            ),
        };
        return Err(Fault::refused("worksheet.no_debit", message)
            .remedy(say!("Read the statement first, or settle the row without --booked-on.")));
    };
    let told = Told {
        kind: EvidenceKind::Settled,
        source: first.source,
        amount: Some(first.amount),
        booked_on: first.booked_on,
        reason: None,
    };
    recorder.keep_identified(row.claim.clone(), row.live, told, first.identity)?;
    for debit in found {
        recorder.keep_identified_debit((debit.source, debit.amount, debit.booked_on), debit.identity, true)?;
    }
    Ok(true)
}
