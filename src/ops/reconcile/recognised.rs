//! Payments of which only the claim is left: their people were purged, or they are another desk's and cannot be opened here, or a lost ledger's.
//! Who they were to is not known, and their pseudonyms still are: an obligation that upstream names is recognised by its tag, so that a double
//! payment shows all the same. What upstream does not name stays unnamed, and is counted.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate, Weekday};

use super::too_large;
use crate::fault::Result;
use crate::ledger::foreign::ForeignClaim;
use crate::ledger::outcome::{OtherAmounts, ReasonCode, Standing, has_left, standing_of};
use crate::ledger::{Claim, LedgerState, Snapshot};
use crate::ops::merge::{self, Unnamed};
use crate::ops::{Unlocked, World};
use crate::payment::{BatchId, Currency, EndToEndId, Obligation, Period, identities};
use crate::reconciliation::{FallbackPayment, UpstreamRow};
use crate::say;

/// How many payments of purged episodes have left.
pub fn purged(state: &LedgerState) -> u64 {
    let left = state.batches.iter().filter(|(id, _)| has_left(state, **id));
    left.filter(|(_, batch)| state.is_batch_purged(batch)).map(|(_, batch)| batch.prepared.total().count).sum()
}

/// Recognises such payments in upstream's rows, each once.
pub struct Recognised {
    purged: HashSet<EndToEndId>,
    /// Other desks' that cannot be opened here, and whether a row was about each.
    closed: HashMap<(EndToEndId, BatchId), (ForeignClaim, bool)>,
}

impl Recognised {
    pub fn new(closed: Vec<ForeignClaim>) -> Self {
        let known = |claim: ForeignClaim| ((merge::reference(&claim), claim.claim.batch), (claim, false));
        Self { purged: HashSet::new(), closed: closed.into_iter().map(known).collect() }
    }

    /// Hands out the payments that the row is about: to the same person for the same benefit and part, for days that it has in common, or
    /// those that it names by their reference. Their name is the row's. A row without a part is about all parts, as far as it names the
    /// account and the name that were paid.
    pub fn row(
        &mut self,
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        who: &Unlocked,
        row: &UpstreamRow,
        visit: &mut dyn FnMut(&FallbackPayment) -> Result<()>,
    ) -> Result<()> {
        let (Some(person), Some(scheme), Some(period)) = (&row.person, &row.scheme, row.period) else { return Ok(()) };
        let of = |period| Obligation { person: person.clone(), scheme: scheme.clone(), period, part: row.part.clone() };
        let mut claims = snapshot.claims_in_series(&who.tagger.tag(&of(period)).series)?;
        if row.part.is_empty() && !row.account.is_empty() {
            // Such a row stands for all parts, and those that claims have are not known any more: they are found by who was paid, and where.
            let (scheme, person) = (scheme.folded(), who.tagger.person(person));
            let mut payees = vec![who.tagger.payee(&row.name, &row.account, &scheme)];
            payees.extend(
                identities(&row.account).map(|account| who.tagger.payee_as_written(&row.name, &account, &scheme)),
            );
            payees.dedup();
            for payee in payees {
                claims.extend(snapshot.claims_of_payee(&payee)?.into_iter().filter(|claim| claim.person == person));
            }
        }
        let named = row.reference.parse::<EndToEndId>().ok();
        if let Some(named) = named.filter(|_| !self.closed.is_empty()) {
            claims.extend(snapshot.foreign_claims_of(&named)?.into_iter().map(|foreign| foreign.claim));
        }
        for claim in claims {
            let end_to_end_id = claim.end_to_end_id();
            // What was read from a bank file says nothing of the days: the tag tells, of those that the row may mean.
            let days = match claim.period == merge::unknown_days() {
                true if named == Some(end_to_end_id) => Some(period),
                true => days_within(period).into_iter().find(|days| who.tagger.tag(&of(*days)) == claim.tag),
                false => Some(claim.period).filter(|days| days.overlaps(period) || named == Some(end_to_end_id)),
            };
            let Some(days) = days else { continue };
            let Some(heard) = self.taken(snapshot, state, &claim, end_to_end_id)? else { continue };
            visit(&FallbackPayment {
                end_to_end_id,
                batch: claim.batch,
                person: person.clone(),
                name: row.name.clone(),
                scheme: scheme.clone(),
                period: days,
                part: row.part.clone(),
                amount: claim.amount,
                account: String::new(),
                standing: heard.standing,
                times_standing: heard.times_standing,
                pay_on: heard.pay_on,
                booked_on: heard.booked_on,
                reason: heard.reason,
                other_amounts: heard.other_amounts,
            })?;
        }
        Ok(())
    }

    /// What was heard of the payment behind the claim, where it is one of these and no row was about it yet.
    fn taken(
        &mut self,
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        claim: &Claim,
        end_to_end_id: EndToEndId,
    ) -> Result<Option<Heard>> {
        if let Some((foreign, recognised)) = self.closed.get_mut(&(end_to_end_id, claim.batch)) {
            if std::mem::replace(recognised, true) {
                return Ok(None);
            }
            let counted_here = merge::is_counted_here(snapshot, state, &end_to_end_id)?;
            return Ok(Some(Heard {
                standing: foreign.standing,
                times_standing: if counted_here { 0 } else { foreign.times },
                pay_on: foreign.booked_on.unwrap_or_default(),
                booked_on: foreign.booked_on,
                reason: None,
                other_amounts: OtherAmounts::default(),
            }));
        }
        let Some(of) = state.batches.get(&claim.batch).filter(|of| state.is_batch_purged(of)) else { return Ok(None) };
        if !has_left(state, claim.batch) || !self.purged.insert(end_to_end_id) {
            return Ok(None);
        }
        let standing = standing_of(claim, true, &snapshot.evidence_of(&end_to_end_id)?);
        Ok(Some(Heard {
            standing: standing.standing,
            times_standing: standing.times_standing(),
            pay_on: of.prepared.first_pay_date().unwrap_or_default(),
            booked_on: standing.booked_on,
            reason: standing.reason,
            other_amounts: standing.other_amounts,
        }))
    }

    /// Says what of the purged is in the comparison, and what cannot be.
    pub fn tell(&self, of: u64, world: &World) {
        let recognised = self.purged.len() as u64;
        world.say(say!(
            "{of:payment is|payments are} of episodes that were purged: upstream names {recognised} of them, which are compared; whom the \
             other {others} were to is not known any more, and they are left out.",
            of,
            recognised,
            others = of.saturating_sub(recognised)
        ));
    }

    /// Other desks' payments that no row was about.
    pub fn unnamed(&self, currency: Currency) -> Result<Unnamed> {
        let left_over = self.closed.values().filter(|(_, recognised)| !recognised).map(|(claim, _)| claim);
        Unnamed::of(left_over, currency).map_err(too_large)
    }
}

/// Where such a payment stands.
struct Heard {
    standing: Standing,
    times_standing: u32,
    pay_on: NaiveDate,
    booked_on: Option<NaiveDate>,
    reason: Option<ReasonCode>,
    other_amounts: OtherAmounts,
}

/// The row's own days, and every month and week that it touches: a row for two months is about the payments of both.
fn days_within(period: Period) -> Vec<Period> {
    let mut found = vec![period];
    let mut day = period.first();
    while day <= period.last() && found.len() < MOST_DAYS {
        let week = day.iso_week();
        let monday = NaiveDate::from_isoywd_opt(week.year(), week.week(), Weekday::Mon);
        let week = monday.and_then(|monday| Period::new(monday, monday + chrono::Days::new(6)).ok());
        let month = format!("{}", day.format("%Y-%m")).parse().ok();
        for days in [week, month].into_iter().flatten() {
            if !found.contains(&days) {
                found.push(days);
            }
        }
        let Some(next) = day.succ_opt() else { break };
        day = next;
    }
    found
}

/// A year has 53 weeks and 12 months.
const MOST_DAYS: usize = 70;
