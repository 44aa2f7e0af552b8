//! What the bank's word, the portals' receipts and other desks' claims come to, batch by batch.

use std::collections::{BTreeMap, HashMap};

use super::Next;
use crate::batch::Sum;
use crate::fault::Result;
use crate::ledger::LedgerState;
use crate::ledger::foreign::Hold;
use crate::ledger::outcome::{Standing, has_left, standing_of};
use crate::ledger::remedies::Basis;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ledger::store::Claim;
use crate::ops::Workspace;
use crate::ops::reconcile::too_large;
use crate::ops::uploaded::{Disagreement, disagreements};
use crate::payment::{Amount, BatchId, Tag};
use crate::reconciliation::finding::Kind;
use crate::release::PlannedFile;

pub(crate) struct Word {
    /// What the bank has said of what has left.
    pub bank: BTreeMap<Standing, Sum>,
    /// Of how much of a batch it has said something.
    pub heard: BTreeMap<BatchId, Sum>,
    /// What came back or was rejected, and is claimed by nobody since.
    pub free: Sum,
    /// How many payments of a batch that has not left another desk claims too, and whether it has paid one of them.
    pub elsewhere: BTreeMap<BatchId, (u64, bool)>,
    /// How many payments it has made that never left by this ledger, and that no other desk is known to tell of.
    pub strange: u64,
}

/// The last of an obligation's payments that were gone through.
struct Obligation {
    tag: Tag,
    /// What came back of it and was not claimed again.
    free: Option<Amount>,
}

pub(crate) fn word(workspace: &mut Workspace, state: &LedgerState) -> Result<Word> {
    let nothing = Sum::zero(state.currency);
    let (bank, heard, elsewhere) = Default::default();
    let mut word = Word { bank, heard, free: nothing, elsewhere, strange: 0 };
    let mut snapshot = workspace.read()?;
    let mut other_desks: HashMap<Tag, Hold> = HashMap::new();
    snapshot.foreign_claims(&mut |foreign| {
        if foreign.hold.is_live() {
            other_desks.insert(foreign.claim.tag, foreign.hold);
        }
        Ok(())
    })?;
    let mut last: Option<Obligation> = None;
    snapshot.claims_with_evidence(&mut |claim, live, evidence| {
        if last.as_ref().is_none_or(|last| last.tag != claim.tag) {
            word.count_free(last.take(), &other_desks)?;
        }
        let last = last.get_or_insert(Obligation { tag: claim.tag, free: None });
        if live {
            last.free = None;
            word.look_elsewhere(state, &claim, &other_desks);
        }
        if !has_left(state, claim.batch) {
            return Ok(());
        }
        let payment = standing_of(&claim, live, evidence);
        if payment.frees() && !live {
            last.free = Some(payment.amount);
        }
        if payment.standing != Standing::None {
            word.heard.entry(claim.batch).or_insert(nothing).add(payment.amount).map_err(too_large)?;
        }
        word.bank.entry(payment.standing).or_insert(nothing).add(payment.amount).map_err(too_large)
    })?;
    word.count_free(last, &other_desks)?;
    for payment in state.paid_elsewhere.keys() {
        word.strange += u64::from(snapshot.foreign_claims_of(payment)?.is_empty());
    }
    Ok(word)
}

impl Word {
    fn count_free(&mut self, last: Option<Obligation>, other_desks: &HashMap<Tag, Hold>) -> Result<()> {
        let free = last.filter(|last| !other_desks.contains_key(&last.tag)).and_then(|last| last.free);
        free.map_or(Ok(()), |amount| self.free.add(amount).map_err(too_large))
    }

    fn look_elsewhere(&mut self, state: &LedgerState, claim: &Claim, other_desks: &HashMap<Tag, Hold>) {
        let Some(hold) = other_desks.get(&claim.tag) else { return };
        let waits = |batch: &BatchState| matches!(batch.phase, BatchPhase::Prepared | BatchPhase::Approved);
        if state.batches.get(&claim.batch).is_some_and(waits) {
            let (payments, paid) = self.elsewhere.entry(claim.batch).or_insert((0, false));
            *payments += 1;
            *paid |= *hold == Hold::Left;
        }
    }

    /// What there is to do about the files of a batch that were handed in, or were to be.
    pub fn of_uploads(&self, batch: &BatchState) -> Vec<Next> {
        let (id, total, heard) = (batch.prepared.id, batch.prepared.total(), self.heard_of(batch));
        let mut next = Vec::new();
        let files = self.not_at_the_bank(batch);
        next.extend((files > 0).then_some(Next::Upload { batch: id, files, heard: heard.count > 0 }));
        // Once the bank has said of every payment what became of it, what a portal counted is history.
        let disagreements = if heard.count < total.count { disagreements(batch) } else { Vec::new() };
        if !disagreements.is_empty() {
            let twice = disagreements.iter().any(|one| matches!(one, Disagreement::SeveralReceipts { .. }));
            let other_figures = disagreements.iter().any(|one| matches!(one, Disagreement::OtherFigures { .. }));
            next.push(Next::AskBank { batch: id, other_figures, twice });
        }
        next
    }

    /// What came back is to be paid again, unless a comparison since says that nothing of it is.
    pub fn to_pay_again(&self, state: &LedgerState) -> Option<Next> {
        let compared = state.comparisons.get(&Basis::Upstream).filter(|last| last.entry > state.last_told);
        let is_returned = |kind: u8| Kind::from_number(kind) == Some(Kind::Returned);
        let settled = compared
            .is_some_and(|last| !last.recorded.by_kind.iter().any(|sum| is_returned(sum.kind) && sum.count > 0));
        (self.free.count > 0 && !settled).then_some(Next::PayAgain { payments: self.free })
    }

    fn heard_of(&self, batch: &BatchState) -> Sum {
        let nothing = Sum::zero(batch.prepared.total().amount.currency());
        self.heard.get(&batch.prepared.id).copied().unwrap_or(nothing)
    }

    /// How many of the batch's files have neither a receipt nor, as far as counts tell, the bank's word on any of their payments. Which payment
    /// is in which file lies sealed: of files that together hold more than the bank was silent about, one at least is there.
    pub fn not_at_the_bank(&self, batch: &BatchState) -> usize {
        if batch.uploads.iter().any(|upload| upload.message_id.is_none()) {
            return 0;
        }
        let (total, heard) = (batch.prepared.total(), self.heard_of(batch));
        let has_receipt = |id: &str| batch.uploads.iter().any(|upload| upload.message_id.as_deref() == Some(id));
        let silent_amount = total.amount.minor_units().saturating_sub(heard.amount.minor_units());
        let files = batch.prepared.plan.files.iter().filter(|file| !has_receipt(&file.message_id));
        let mut waiting: Vec<&PlannedFile> =
            files.filter(|file| file.sum.amount.minor_units() <= silent_amount).collect();
        waiting.sort_by_key(|file| file.sum.count);
        let mut silent = total.count.saturating_sub(heard.count);
        let fits = |file: &&&PlannedFile| {
            let fits = file.sum.count <= silent;
            silent = silent.saturating_sub(file.sum.count);
            fits
        };
        waiting.iter().take_while(fits).count()
    }
}
