//! Payments whose people were purged. Who they were to is not known any more, and their claims still are: an obligation that upstream names is
//! recognised by its tag, so that a double payment shows after the personal data is gone. What upstream does not name stays unnamed.

use std::collections::HashSet;

use crate::fault::Result;
use crate::ledger::outcome::{has_left, standing_of};
use crate::ledger::{Claim, LedgerState, Snapshot};
use crate::ops::{Unlocked, World};
use crate::payment::{EndToEndId, Obligation};
use crate::reconciliation::{FallbackPayment, UpstreamRow};
use crate::say;

/// How many payments of purged episodes have left.
pub fn count(state: &LedgerState) -> u64 {
    let left = state.batches.iter().filter(|(id, _)| has_left(state, **id));
    left.filter(|(_, batch)| state.is_batch_purged(batch)).map(|(_, batch)| batch.prepared.total().count).sum()
}

/// Recognises purged payments in upstream's rows, each once.
#[derive(Default)]
pub struct Recognised(HashSet<EndToEndId>);

impl Recognised {
    /// Hands out the purged payments that the row is about: to the same person for the same benefit and part, for days that it has in common.
    /// Their name is the row's. A row without a part is about all parts, as far as it names the account and the name that were paid.
    pub fn row(
        &mut self,
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        who: &Unlocked,
        row: &UpstreamRow,
        visit: &mut dyn FnMut(&FallbackPayment) -> Result<()>,
    ) -> Result<()> {
        let (Some(person), Some(scheme), Some(period)) = (&row.person, &row.scheme, row.period) else { return Ok(()) };
        let obligation = Obligation { person: person.clone(), scheme: scheme.clone(), period, part: row.part.clone() };
        let mut claims = snapshot.claims_in_series(&who.tagger.tag(&obligation).series)?;
        if row.part.is_empty() && !row.account.is_empty() {
            // Such a row stands for all parts, and those that claims have are not known any more: they are found by who was paid, and where.
            let payee = who.tagger.payee(&row.name, &row.account, &scheme.folded());
            let person = who.tagger.person(person);
            claims.extend(snapshot.claims_of_payee(&payee)?.into_iter().filter(|claim| claim.person == person));
        }
        for claim in claims {
            let Claim { tag, attempt, batch, amount, .. } = claim;
            let end_to_end_id = EndToEndId { tag, attempt };
            let Some(of) = state.batches.get(&batch).filter(|of| has_left(state, batch) && state.is_batch_purged(of))
            else {
                continue;
            };
            if !claim.period.overlaps(period) || !self.0.insert(end_to_end_id) {
                continue;
            }
            let standing = standing_of(&claim, true, &snapshot.evidence_of(&end_to_end_id)?);
            visit(&FallbackPayment {
                end_to_end_id,
                batch,
                person: person.clone(),
                name: row.name.clone(),
                scheme: scheme.clone(),
                period: claim.period,
                part: row.part.clone(),
                amount,
                account: String::new(),
                standing: standing.standing,
                times_standing: standing.times_standing(),
                pay_on: of.prepared.first_pay_date().unwrap_or_default(),
                booked_on: standing.booked_on,
                reason: standing.reason,
                other_amounts: standing.other_amounts,
            })?;
        }
        Ok(())
    }

    /// Says what of the purged is in the comparison, and what cannot be.
    pub fn tell(&self, of: u64, world: &World) {
        let recognised = self.0.len() as u64;
        world.say(say!(
            "{of:payment is|payments are} of episodes that were purged: upstream names {recognised} of them, which are compared; whom the \
             other {others} were to is not known any more, and they are left out.",
            of,
            recognised,
            others = of.saturating_sub(recognised)
        ));
    }
}
