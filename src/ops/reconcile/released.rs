//! Every payment whose file may be with the bank, with the bank's word on it.

use std::collections::HashMap;

use super::standing_table::{Known, StandingTable};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::outcome::{OtherAmounts, has_left, standings};
use crate::ledger::state::BatchState;
use crate::ops::payments::{self, ReferencedPayment};
use crate::ops::{Unlocked, Workspace, batches, merge};
use crate::payment::{Amount, BatchId, EndToEndId};
use crate::progress::{self, Stage};
use crate::reconciliation::FallbackPayment;
use crate::say;

/// Hands out the payments, batch by batch, in the order in which they were listed. Of a payment itself nothing is kept.
pub fn each(
    workspace: &mut Workspace,
    who: &Unlocked,
    visit: &mut dyn FnMut(&FallbackPayment) -> Result<()>,
) -> Result<()> {
    let state = workspace.state.clone();
    let keys = workspace.keys.clone();
    // Whoever was purged cannot be compared any more; the commands say how many that are.
    let living = |batch: &BatchState| !state.is_batch_purged(batch);
    let left = || state.batches.iter().filter(|(id, batch)| has_left(&state, **id) && living(batch));
    let count: u64 = left().map(|(_, batch)| batch.prepared.total().count).sum();
    if u32::try_from(count).is_err() {
        return Err(Fault::input("list.too_large", say!("There are more payments than can be compared at once.")));
    }
    let mut snapshot = workspace.read()?;
    let mut step = progress::begin(Stage::Payments, 2 * count);
    let mut known = StandingTable::default();
    let mut as_typed = typed_otherwise(&state);
    standings(&mut *snapshot, &state, &mut |standing| {
        step.advance(1);
        known.add(&standing);
        let by_hand = state.batches.get(&standing.batch).is_some_and(|batch| batch.sheets.is_some());
        as_typed.extend(standing.booked.filter(|_| by_hand).map(|booked| (standing.end_to_end_id, booked)));
        Ok(())
    })?;
    known.finish();
    for (id, batch) in left() {
        let key = who.episode_key(&keys, batches::episode(&state, batch)?.key)?;
        payments::each(&mut *snapshot, state.ledger, *id, &key, &mut |_, payment| {
            step.advance(1);
            let mut payment = fallback_payment(payment, *id, &known);
            payment.amount = as_typed.get(&payment.end_to_end_id).copied().unwrap_or(payment.amount);
            let as_often = payment.amount.checked_mul(payment.times_standing).ok();
            payment.other_amounts.booked = payment.other_amounts.booked.filter(|booked| *booked != payment.amount);
            payment.other_amounts.out = payment.other_amounts.out.filter(|out| Some(*out) != as_often);
            visit(&payment)
        })?;
    }
    merge::each_payment(&mut *snapshot, &state, &keys, who, &mut |foreign, claim, here_too| {
        let payment = fallback_payment(foreign.payment, foreign.batch, &known);
        // Paid at both desks under one reference, the statement shows both bookings, and they are counted already.
        let times_standing = if here_too && payment.times_standing > 1 { 0 } else { claim.times };
        let booked_on = payment.booked_on.or(claim.booked_on);
        // The statement's amounts are those of the payment that is here.
        let other_amounts = OtherAmounts::default();
        visit(&FallbackPayment { standing: claim.standing, times_standing, booked_on, other_amounts, ..payment })
    })
}

/// Payments of work sheets with the amount that was typed, as the sheets came back. Where somebody typed one twice, and not alike, the bank
/// alone knows.
fn typed_otherwise(state: &LedgerState) -> HashMap<EndToEndId, Amount> {
    let sheets = state.batches.values().filter_map(|batch| batch.sheets.as_ref());
    let rows = sheets.flat_map(|sheets| &sheets.returned).flat_map(|sheet| sheet.typed.values());
    rows.filter_map(|typed| {
        let first = typed.first().filter(|first| typed.iter().all(|other| other.amount == first.amount))?;
        Some((first.payment, Amount::from_minor_units(first.amount, state.currency)))
    })
    .collect()
}

fn fallback_payment(
    ReferencedPayment { end_to_end_id, payment }: ReferencedPayment,
    batch: BatchId,
    known: &StandingTable,
) -> FallbackPayment {
    // Without a word from the bank a payment that has left counts as paid.
    let Known { standing, times: times_standing, booked_on, reason, other_amounts } = known.of(&end_to_end_id);
    FallbackPayment {
        end_to_end_id,
        batch,
        person: payment.obligation.person,
        name: payment.name.into(),
        scheme: payment.obligation.scheme,
        period: payment.obligation.period,
        part: payment.obligation.part,
        amount: payment.amount,
        account: payment.account.map(|account| account.identity()).unwrap_or_default(),
        standing,
        times_standing,
        pay_on: payment.pay_on,
        booked_on,
        reason,
        other_amounts,
    }
}
