//! Every payment whose file may be with the bank, with the bank's word on it.

use std::collections::HashMap;

use super::standing_table::{Known, StandingTable};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::outcome::{OtherAmounts, PaymentStanding, has_left, standings_heard_of};
use crate::ledger::state::BatchState;
use crate::ops::payments::{self, ReferencedPayment};
use crate::ops::{Unlocked, Workspace, batches, merge};
use crate::payment::{Account, Amount, BatchId, EndToEndId};
use crate::progress::{self, Stage};
use crate::reconciliation::FallbackPayment;
use crate::say;

/// Hands out the payments, batch by batch, in the order in which they were listed. Of a payment itself nothing is kept.
pub fn each(
    workspace: &mut Workspace,
    who: &Unlocked,
    visit: &mut dyn FnMut(&FallbackPayment) -> Result<()>,
) -> Result<()> {
    each_with_payee(workspace, who, &mut |payment, _| visit(payment))
}

/// Who was paid, and on which account.
pub struct PaidTo {
    pub account: Option<Account>,
    /// As it was listed, where that is not the person.
    pub name: Option<String>,
}

/// As [`each`], with where the money went.
pub fn each_with_payee(
    workspace: &mut Workspace,
    who: &Unlocked,
    visit: &mut dyn FnMut(&FallbackPayment, PaidTo) -> Result<()>,
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
    let mut step = progress::begin(Stage::Payments, count);
    let mut known = StandingTable::default();
    let mut as_typed = AsTyped::of(&state);
    standings_heard_of(&mut *snapshot, &state, &mut |standing| {
        known.add(&standing);
        as_typed.hear(&state, &standing);
        Ok(())
    })?;
    known.finish();
    for (id, batch) in left() {
        let key = who.episode_key(&keys, batches::episode(&state, batch)?.key)?;
        payments::each(&mut *snapshot, state.ledger, *id, &key, &mut |_, payment| {
            step.advance(1);
            let known = known.of(&payment.end_to_end_id);
            let (mut payment, paid_to) = fallback_payment(payment, *id, known);
            let (id, amount, times) = (payment.end_to_end_id, payment.amount, payment.times_standing);
            payment.other_amounts = as_typed.beside(&id, amount, times, payment.other_amounts);
            visit(&payment, paid_to)
        })?;
    }
    merge::each_payment(&mut *snapshot, &state, &keys, who, &mut |foreign, claim, here_too| {
        let known = known.of(&foreign.payment.end_to_end_id);
        let (payment, paid_to) = fallback_payment(foreign.payment, foreign.batch, known);
        // Paid at both desks under one reference, the statement shows both bookings, and they are counted already, with what came back.
        let counted = here_too && known.booked_again;
        let (standing, times_standing) = if counted { (known.standing, 0) } else { (claim.standing, claim.times) };
        let booked_on = payment.booked_on.or(claim.booked_on);
        // The statement's amounts are those of the payment that is here.
        let other_amounts = OtherAmounts::default();
        visit(&FallbackPayment { standing, times_standing, booked_on, other_amounts, ..payment }, paid_to)
    })
}

/// What payments of work sheets were paid as: as the sheets came back, or, where a report has told it since, as the bank booked them. Where
/// somebody typed one twice, and not alike, the bank alone knows.
pub struct AsTyped(HashMap<EndToEndId, Amount>);

impl AsTyped {
    pub fn of(state: &LedgerState) -> Self {
        let sheets = state.batches.values().filter_map(|batch| batch.sheets.as_ref());
        let rows = sheets.flat_map(|sheets| &sheets.returned).flat_map(|sheet| sheet.typed.values());
        let typed = rows.filter_map(|typed| {
            let first = typed.first().filter(|first| typed.iter().all(|other| other.amount == first.amount))?;
            Some((first.payment, Amount::from_minor_units(first.amount, state.currency)))
        });
        Self(typed.collect())
    }

    /// Takes the bank's word on one of them.
    pub fn hear(&mut self, state: &LedgerState, standing: &PaymentStanding) {
        let by_hand = || state.batches.get(&standing.batch).is_some_and(|batch| batch.sheets.is_some());
        if let Some(booked) = standing.booked.filter(|_| by_hand()) {
            self.0.insert(standing.end_to_end_id, booked);
        }
    }

    /// What of a payment is out.
    pub fn out(&self, standing: &PaymentStanding) -> Amount {
        let (sent, times) = (standing.amount, standing.times_standing());
        let other = self.beside(&standing.end_to_end_id, sent, times, standing.other_amounts);
        other.out_of(sent, times).unwrap_or(sent)
    }

    /// The other amounts of a payment that was approved as `sent`, with what was typed in its place.
    pub fn beside(&self, payment: &EndToEndId, sent: Amount, times_standing: u32, other: OtherAmounts) -> OtherAmounts {
        let typed = self.0.get(payment).copied().filter(|typed| *typed != sent);
        let as_often = typed.unwrap_or(sent).checked_mul(times_standing).ok();
        OtherAmounts { typed, out: other.out.filter(|out| Some(*out) != as_often), ..other }
    }
}

/// The payment as it stands, and where it went.
fn fallback_payment(
    ReferencedPayment { end_to_end_id, payment }: ReferencedPayment,
    batch: BatchId,
    known: Known,
) -> (FallbackPayment, PaidTo) {
    // Without a word from the bank a payment that has left counts as paid.
    let Known { standing, times: times_standing, booked_on, reason, other_amounts, .. } = known;
    let payment_that_left = FallbackPayment {
        end_to_end_id,
        batch,
        person: payment.obligation.person,
        name: payment.name.into(),
        scheme: payment.obligation.scheme,
        period: payment.obligation.period,
        part: payment.obligation.part,
        amount: payment.amount,
        account: payment.account.as_ref().map(Account::identity).unwrap_or_default(),
        standing,
        times_standing,
        pay_on: payment.pay_on,
        booked_on,
        reason,
        other_amounts,
    };
    let name = payment.as_written.payee_name.or(payment.payee_name.map(Into::into));
    (payment_that_left, PaidTo { account: payment.account, name })
}
