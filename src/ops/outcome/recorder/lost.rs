//! What the bank says of the payments of a lost ledger, which the one that was rebuilt takes up.

use super::Recorder;
use crate::fault::Result;
use crate::ledger::Claim;
use crate::ledger::event::ToldOfLost;
use crate::ledger::foreign::{ForeignClaim, Hold};
use crate::ledger::outcome::Standing;
use crate::ops::merge;
use crate::ops::outcome::NotStanding;
use crate::payment::EndToEndId;

impl Recorder<'_, '_> {
    /// Takes up what is said of another desk's payment, where that desk's ledger is lost and can be told no more: that it was booked, rejected, or
    /// came back in this `amount`. Only one that is out once, and whole, is known to be back by it.
    pub fn see_lost(&mut self, payment: &EndToEndId, said: Standing, amount: Option<i64>) -> Result<()> {
        for foreign in self.recording.transaction.foreign_claims_of(payment)? {
            if !self.recording.state.was_lost(foreign.ledger) || foreign.hold != Hold::Left {
                continue;
            }
            let whole = amount.is_none_or(|amount| amount == foreign.claim.amount.minor_units());
            let known = self.lost.get(payment).copied().unwrap_or(foreign.standing);
            match (known, said) {
                (Standing::None, Standing::Settled) => drop(self.lost.insert(*payment, said)),
                (Standing::Rejected, Standing::Settled) => {
                    self.lost.insert(*payment, said);
                    self.warnings.lost_unclear(payment);
                }
                (Standing::None, Standing::Rejected) if foreign.times == 1 => drop(self.lost.insert(*payment, said)),
                (Standing::None | Standing::Settled, Standing::Returned) if foreign.times == 1 && whole => {
                    self.lost.insert(*payment, said);
                }
                (Standing::Settled | Standing::Returned | Standing::Doubled, Standing::Settled)
                | (Standing::Rejected, Standing::Rejected)
                | (Standing::Returned, _) => {}
                _ => self.warnings.lost_unclear(payment),
            }
        }
        Ok(())
    }

    /// Writes down what became of the payments of a lost ledger, and frees those that did not stand. What is to be recorded of it.
    pub fn take_up_lost(&mut self) -> Result<Option<ToldOfLost>> {
        let mut desks = self.recording.state.merged.iter().map(|desk| desk.ledger);
        let Some(ledger) =
            desks.find(|ledger| self.recording.state.was_lost(*ledger)).filter(|_| !self.lost.is_empty())
        else {
            return Ok(None);
        };
        let mut claims: Vec<ForeignClaim> = Vec::new();
        self.recording.transaction.foreign_claims(&mut |claim| {
            if claim.ledger == ledger {
                claims.push(claim);
            }
            Ok(())
        })?;
        let (mut settled, mut freed) = (0, 0);
        for foreign in &mut claims {
            let Some(standing) = self.lost.get(&foreign.claim.end_to_end_id()).copied() else { continue };
            foreign.standing = standing;
            *self.counts.entry(standing).or_default() += 1;
            if standing.did_not_stand() {
                (foreign.hold, foreign.times) = (Hold::Freed, 0);
                freed += 1;
                let Claim { batch, amount, .. } = foreign.claim;
                let end_to_end_id = foreign.claim.end_to_end_id();
                let (reason, freed, stays_paid) = (None, true, false);
                let payment = NotStanding { end_to_end_id, batch, amount, standing, reason, freed, stays_paid };
                self.not_standing.tell(payment);
            } else {
                settled += 1;
            }
        }
        self.recording.transaction.forget_foreign_claims(ledger)?;
        claims.iter().try_for_each(|claim| self.recording.transaction.put_foreign_claim(claim))?;
        Ok(Some(ToldOfLost { ledger, settled, freed, claims_root: merge::claims_root(claims.iter()) }))
    }
}
