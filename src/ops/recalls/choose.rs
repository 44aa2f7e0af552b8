//! Which payments of a finding the bank is asked to take back: whole ones that are sent and not settled and, where they are said to be doubles, no
//! more than what is out too often.

use super::telephone::tell_the_bank;
use super::{LeftOut, Request};
use crate::fault::{Fault, Result};
use crate::ledger::outcome::{Standing, standing_of};
use crate::ledger::recalls::RecalledPayment;
use crate::ledger::state::BatchPhase;
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::findings::amount;
use crate::ops::remedies::Case;
use crate::ops::{Unlocked, Workspace};
use crate::payment::{BatchId, EndToEndId};
use crate::say;

pub struct Chosen {
    /// In the order in which they are recorded.
    pub payments: Vec<RecalledPayment>,
    pub left_out: Vec<LeftOut>,
}

pub fn choose(workspace: &mut Workspace, who: &Unlocked, case: &Case, request: &Request) -> Result<Chosen> {
    let state = workspace.state.clone();
    let own = &case.finding.end_to_end_ids;
    if own.is_empty() {
        let message =
            say!("{finding} is about no payment from here: there is nothing to call back.", finding = case.id());
        return Err(Fault::refused("recall.nothing_sent", message)
            .remedy(say!("What upstream has paid is called back from there.")));
    }
    if let Some(stranger) = request.payments.iter().find(|payment| !own.contains(payment)) {
        let message = say!("{finding} is not about {payment}.", finding = case.id(), payment = stranger.to_string());
        let known: Vec<String> = own.iter().map(ToString::to_string).collect();
        return Err(Fault::input("recall.not_of_finding", message)
            .remedy(say!("Its payments are: {payments}.", payments = known.join(", "))));
    }
    let (mut payments, mut left_out) = (Vec::new(), Vec::new());
    let mut snapshot = workspace.read()?;
    for payment in own {
        if !request.payments.is_empty() && !request.payments.contains(payment) {
            continue;
        }
        match look(&mut *snapshot, &state, payment)? {
            Ok(found) => payments.push(found),
            Err(why) => left_out.push(why),
        }
    }
    drop(snapshot);
    for one in &mut left_out {
        let batch = one.by_hand.and_then(|batch| state.batches.get(&batch));
        if let Some(batch) = batch {
            one.tell = tell_the_bank(workspace, who, batch, &one.payment)?;
        }
    }
    if payments.is_empty() {
        return Err(nothing_left(case, &left_out));
    }
    // Whoever names payments means those, all of them.
    if let Some(named) = left_out.iter().find(|_| !request.payments.is_empty()) {
        return Err(refusal(case, named));
    }
    payments.sort_unstable();
    payments.dedup();
    match request.reason.stays_paid() {
        true => payments = doubles(&state, case, request, payments)?,
        false => refuse_what_is_a_double(&state, case, request, &payments)?,
    }
    Ok(Chosen { payments, left_out })
}

/// One payment, or why the bank is not asked for it.
fn look(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    payment: &EndToEndId,
) -> Result<std::result::Result<RecalledPayment, LeftOut>> {
    let left =
        |code, why, by_hand: Option<BatchId>| Ok(Err(LeftOut { payment: *payment, code, why, by_hand, tell: None }));
    let out = |code, why| left(code, why, None);
    let Some((claim, live)) = snapshot.claim_ever(payment)? else {
        return out("recall.not_sent", say!("it was not sent from here, but by another desk: recall it there"));
    };
    let Some(batch) = state.batches.get(&claim.batch) else {
        return out("recall.not_sent", say!("it was not sent from here, but by another desk: recall it there"));
    };
    let id = claim.batch;
    match batch.phase {
        BatchPhase::Released => {}
        BatchPhase::Releasing => {
            return out(
                "recall.releasing",
                say!(
                    "the release of batch {batch} was interrupted: finish it first, with `stopgap release {batch}`",
                    batch = id
                ),
            );
        }
        BatchPhase::Prepared | BatchPhase::Approved | BatchPhase::Cancelled => {
            return out("recall.never_released", say!("its batch {batch} was never released", batch = id));
        }
    }
    let standing = standing_of(&claim, live, &snapshot.evidence_of(payment)?);
    match standing.standing {
        Standing::Settled | Standing::Batch | Standing::Doubled => {
            return out("recall.settled", say!("the bank has booked it, so it can only be recovered"));
        }
        Standing::Returned | Standing::Rejected => {
            if let Some(recall) = state.recall_of(payment).filter(|recall| recall.took_back(payment)) {
                return out(
                    "recall.accepted",
                    say!("the bank has taken it back already ({recall})", recall = recall.id().to_string()),
                );
            }
            return out("recall.came_back", say!("it did not stand: the bank rejected it, or it came back already"));
        }
        Standing::None | Standing::Accepted => {}
    }
    if let Some(recall) = state.recall_of(payment) {
        return out("recall.open", say!("{recall} asks for it already", recall = recall.id().to_string()));
    }
    if batch.sheets.is_some() {
        return left(
            "recall.typed",
            say!(
                "it was typed by hand on a work sheet of batch {batch}: cancel it in the bank's portal, or by telephone, by its receipt",
                batch = id
            ),
            Some(id),
        );
    }
    if batch.prepared.profile.message.is_flat() {
        return left(
            "recall.flat_file",
            say!(
                "batch {batch} left as the bank's own file ({format}), which a recall cannot name: cancel the payment in the bank's portal, or by telephone",
                batch = id,
                format = batch.prepared.profile.message.as_str()
            ),
            Some(id),
        );
    }
    // The plan tells block by block how many payments it holds; the place of this one is found among the batch's.
    Ok(Ok(RecalledPayment { batch: id, file: 0, segment: 0, payment: *payment, amount: claim.amount.minor_units() }))
}

fn nothing_left(case: &Case, left_out: &[LeftOut]) -> Fault {
    left_out.first().map_or_else(
        || Fault::refused("recall.nothing_sent", say!("{finding} has no payment to call back.", finding = case.id())),
        |first| refusal(case, first),
    )
}

fn refusal(case: &Case, left_out: &LeftOut) -> Fault {
    let message = say!(
        "{payment} of {finding} cannot be called back: {why}.",
        payment = left_out.payment.to_string(),
        finding = case.id(),
        why = left_out.why.clone()
    );
    let fault = Fault::refused(left_out.code, message);
    let finding = case.id();
    match left_out.code {
        "recall.settled" => fault.remedy(say!(
            "`stopgap remedy decide {finding} --as recover --reason TEXT --second NAME` asks the person for it.",
            finding
        )),
        "recall.open" => fault.remedy(say!(
            "Its file lies in out/recalls. When the bank answers, read that with `stopgap outcome FILE`; if it never will, two people say so: `stopgap remedy recall {finding} --give-up TEXT --second NAME`.",
            finding
        )),
        "recall.accepted" | "recall.came_back" => {
            fault.remedy(say!("Reconcile again: the finding is another one by now."))
        }
        _ => match &left_out.tell {
            Some(tell) => fault.remedy(tell.clone()),
            None => fault,
        },
    }
}

/// By how much more is out, or about to be, than is owed; of that, no more than what is from here.
fn excess(case: &Case) -> i64 {
    let money = &case.finding.money;
    let out = money.fallback.saturating_add(money.upstream_paid).saturating_add(money.upstream_planned);
    out.saturating_sub(money.owed).min(money.fallback)
}

fn sum_of(payments: &[RecalledPayment]) -> i64 {
    payments.iter().fold(0i64, |sum, one| sum.saturating_add(one.amount))
}

/// A recall for any other reason frees the obligation when it succeeds. Where another payment stands for all of it, somebody would then be paid
/// twice by the next list.
fn refuse_what_is_a_double(
    state: &LedgerState,
    case: &Case,
    request: &Request,
    payments: &[RecalledPayment],
) -> Result<()> {
    let (excess, sum) = (excess(case), sum_of(payments));
    if case.finding.verdict().uncertain || excess <= 0 || sum > excess {
        return Ok(());
    }
    let message = say!(
        "{finding} is a double: another payment stands for these {recalled}, and a recall for the reason {reason} would let them be paid once more.",
        finding = case.id(),
        recalled = amount(sum, state.currency),
        reason = request.reason.code()
    );
    Err(Fault::refused("recall.is_double", message).remedy(say!(
        "Recall it as the double it is: --reason DUPL. What else there is to say, tell the bank by telephone."
    )))
}

/// Of those that can be recalled, as many as are out too often.
fn doubles(
    state: &LedgerState,
    case: &Case,
    request: &Request,
    payments: Vec<RecalledPayment>,
) -> Result<Vec<RecalledPayment>> {
    let finding = case.id();
    let told = |minor_units| amount(minor_units, state.currency);
    if case.finding.verdict().uncertain {
        if request.payments.is_empty() {
            let message = say!("Of {finding} nothing is known to be paid twice.", finding);
            return Err(Fault::input("recall.which", message).remedy(say!(
                "Find out whether it is a double; if so, name the payment: --payment {payment}.",
                payment = payments[0].payment.to_string()
            )));
        }
        return Ok(payments);
    }
    let excess = excess(case);
    if excess <= 0 {
        let message = say!("{finding} is no double: nothing of it is out, or about to be, more than once.", finding);
        return Err(Fault::refused("recall.no_double", message).remedy(say!(
            "Where the payment is wrong for another reason, say which: --reason CUST, UPAY, AM09, AC03 or FRAD."
        )));
    }
    if sum_of(&payments) <= excess {
        return Ok(payments);
    }
    let exact: Vec<&RecalledPayment> = payments.iter().filter(|one| one.amount == excess).collect();
    if let ([only], true) = (exact.as_slice(), request.payments.is_empty()) {
        return Ok(vec![**only]);
    }
    let listed: Vec<String> = payments.iter().map(|one| format!("{} ({})", one.payment, told(one.amount))).collect();
    if exact.len() > 1 && request.payments.is_empty() {
        let message = say!(
            "{finding} is {excess} too much, and several of its payments are of that amount.",
            finding,
            excess = told(excess)
        );
        return Err(Fault::input("recall.which", message).remedy(say!(
            "Say which is the double: --payment REFERENCE. They are: {payments}.",
            payments = listed.join(", ")
        )));
    }
    let message = say!(
        "Payments are called back whole, and {asked} would be more than the {excess} by which {finding} is too much.",
        asked = told(sum_of(&payments)),
        excess = told(excess),
        finding
    );
    Err(Fault::refused("recall.too_much", message).remedy(say!(
        "Name payments that come to no more, with --payment: {payments}. What is too much within one payment is recovered, or called back whole with --reason AM09 and paid again.",
        payments = listed.join(", ")
    )))
}
