//! `worksheet settle`: two people say what became of rows that nobody ticked. Typed: they count as paid as before, and a debit that the bank's
//! statement shows may be taken for one of them. Never typed: the obligation may be paid again, in a new batch with a new approval.

use chrono::NaiveDate;

use super::super::outcome::recorder::{Recorder, Told};
use super::super::parts::PartSealer;
use super::super::{Workspace, World, batches};
use super::{each_line, find};
use crate::fault::{Fault, Result};
use crate::ledger::outcome::{EvidenceKind, Source, Standing, standing_of};
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
}

/// A row that is to be settled.
struct OpenRow {
    row: u32,
    payment: EndToEndId,
    claim: Claim,
    live: bool,
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
            if told && !request.rows.is_empty() {
                let message =
                    say!("What became of row {row} of sheet {code} is known already.", row = u64::from(row), code);
                return Err(Fault::refused("worksheet.not_open", message).remedy(say!(
                    "`stopgap worksheet show {code}` says what is known of each row.",
                    code = found.planned.code.as_str()
                )));
            }
            if !told {
                open.push(OpenRow { row, payment, claim, live });
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
        Ok(Settled { code, batch, rows, amount, verdict: request.verdict, explained })
    })
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
        if debit.amount == row.claim.amount && debit.booked_on == Some(day) {
            found.push(debit);
        }
        Ok(())
    })?;
    // Several kinds of report tell of the same money: of one kind there must be one.
    let Some(first) =
        found.first().cloned().filter(|first| found.iter().filter(|other| other.source == first.source).count() == 1)
    else {
        let message = match found.is_empty() {
            true => say!("No debit of {amount} on {day} stands unexplained.", amount = row.claim.amount, day),
            false => say!(
                "Several debits of {amount} on {day} stand unexplained: which is this row's cannot be told.",
                amount = row.claim.amount,
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
