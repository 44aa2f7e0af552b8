//! What no message can call back, a person can: what to tell the bank's telephone desk, or to look for in its portal, so that it finds the payment
//! among all others. Accounts are masked as everywhere on a screen; the line or row named has them whole.

use super::super::worksheets;
use crate::bank::flat;
use crate::fault::Result;
use crate::ledger::state::BatchState;
use crate::ops::uploaded::receipts;
use crate::ops::{Unlocked, Workspace, bank_files, batches};
use crate::payment::EndToEndId;
use crate::say;
use crate::words::{Message, ungrouped};

/// `None` where the payment is not of the batch.
pub(super) fn tell_the_bank(
    workspace: &mut Workspace,
    who: &Unlocked,
    batch: &BatchState,
    payment: &EndToEndId,
) -> Result<Option<Message>> {
    match batch.sheets.is_some() {
        true => typed(workspace, who, batch, payment),
        false => in_a_file(workspace, who, batch, payment),
    }
}

fn typed(
    workspace: &mut Workspace,
    who: &Unlocked,
    batch: &BatchState,
    payment: &EndToEndId,
) -> Result<Option<Message>> {
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    let mut found = None;
    let mut snapshot = workspace.read()?;
    worksheets::each_line(&mut *snapshot, &state, (who, &keys), batch.prepared.id, &mut |sheet, line| {
        if line.end_to_end_id == *payment {
            found = Some((sheet, line));
        }
        Ok(())
    })?;
    let sheets = batch.sheets.as_ref();
    let code = |sheet: usize| sheets.and_then(|sheets| sheets.release.sheets.get(sheet)).map(|one| one.code.clone());
    Ok(found.and_then(|(sheet, line)| {
        Some(say!(
            "Tell the bank at once: {amount} {currency} from {from} to {to}, typed for {day}, by the receipt in row {row} of work sheet {sheet}.",
            amount = line.payment.amount,
            currency = line.payment.amount.currency().code(),
            from = state.payer.account.whole(),
            to = line.payment.account.as_ref().map(|account| account.masked()).unwrap_or_default(),
            day = line.payment.pay_on,
            row = ungrouped(line.row),
            sheet = code(sheet)?
        ))
    }))
}

fn in_a_file(
    workspace: &mut Workspace,
    who: &Unlocked,
    batch: &BatchState,
    payment: &EndToEndId,
) -> Result<Option<Message>> {
    let (state, id) = (workspace.state.clone(), batch.prepared.id);
    let key = who.episode_key(&workspace.keys.clone(), batches::episode(&state, batch)?.key)?;
    let source = bank_files::Source { ledger: state.ledger, batch: id, key: &key };
    let files = &batch.prepared.plan.files;
    let (mut found, mut last, mut at) = (None, None, 0u64);
    let mut snapshot = workspace.read()?;
    bank_files::each_placed(&mut *snapshot, &source, files, &mut |file, _, one| {
        at = if last.replace(file) == Some(file) { at + 1 } else { 1 };
        if one.end_to_end_id == *payment {
            found = Some((file, at, one.payment));
        }
        Ok(())
    })?;
    let format = batch.prepared.profile.message;
    Ok(found.and_then(|(file, at, paid)| {
        let file = files.get(file)?;
        let told = say!(
            "Tell the bank at once: {amount} {currency} from {from} to {to}, to be paid on {day}, reference {reference}, line {line} of the file {file}.",
            amount = paid.amount,
            currency = paid.amount.currency().code(),
            from = state.payer.account.whole(),
            to = paid.account.as_ref().map(|account| account.masked()).unwrap_or_default(),
            day = paid.pay_on,
            reference = payment.to_string().chars().take(flat::reference_room(format)).collect::<String>(),
            line = ungrouped(at + flat::lines_before_the_first(format)),
            file = file.name.as_str()
        );
        let of_file = |message_id: &Option<String>| message_id.as_ref().is_none_or(|id| *id == file.message_id);
        let receipts = receipts(batch, |upload| of_file(&upload.message_id));
        Some(match receipts.is_empty() {
            true => told,
            false => say!("{told} The bank's receipt for it: {receipts}.", told, receipts = receipts.join(", ")),
        })
    }))
}
