//! The one place where evidence is kept: once each, counted, under the root that the command's event will carry.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::super::remedies::payment_reference;
use super::super::workspace::Recording;
use super::typed::TypedPayments;
use super::warnings::{Warning, Warnings};
use super::{NotStanding, PaymentCounts};
use crate::fault::{Fault, Result};
use crate::ledger::Claim;
use crate::ledger::event::{RecordedOutcome, RecordedReport};
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ledger::outcome::{
    BankDebit, Evidence, EvidenceKind, PaymentStanding, ReasonCode, Source, Standing, has_left, standing_of,
};
use crate::ledger::remedies::{Decision, FindingKey, Repayment, repaid};
use crate::payment::{Amount, BatchId, Digest, EndToEndId, RepaymentReference};
use crate::release;
use crate::say;

pub struct Recorder<'r, 'w> {
    pub recording: &'r mut Recording<'w>,
    pub tagger: &'r Tagger,
    pub warnings: Warnings,
    /// Payments that were typed by hand, where there are any.
    pub typed: Option<TypedPayments>,
    /// The number that the command's entry will have.
    entry: u64,
    evidence: u32,
    debits: u32,
    evidence_root: Sha256,
    debits_root: Sha256,
    /// Payments by the standing that this command brought them to, less those that it took on to another.
    counts: BTreeMap<Standing, i64>,
    /// What may have to be freed, or contradicts itself.
    to_judge: BTreeSet<EndToEndId>,
    not_standing: Vec<NotStanding>,
    /// Money that came back under the reference of a recovery.
    repayments: Vec<Repayment>,
    /// What is or was to be recovered, by the reference that was given for it.
    recoveries: HashMap<RepaymentReference, FindingKey>,
    /// Batches that the bank reports on and that this ledger has not come to.
    unknown_batches: BTreeSet<BatchId>,
}

/// What a report adds to a payment's evidence.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub kind: EvidenceKind,
    pub source: Source,
    pub amount: Option<Amount>,
    pub booked_on: Option<NaiveDate>,
    pub reason: Option<ReasonCode>,
}

/// Entries of one statement. Within it each is another one, however alike; across statements equal ones are the same, told again.
pub struct OneStatement {
    evidence_from: u32,
    debits_from: u32,
    repayments_from: usize,
    /// Known from earlier statements and met in this one.
    again: HashSet<Pseudonym>,
}

/// What a reference stands for in the ledger.
pub enum Found {
    /// The claim, and whether it is live.
    Payment(Box<Claim>, bool),
    NeverReleased(BatchId),
    /// A payment of a desk that was merged: its bank's word is kept there.
    AnotherDesks,
    Nothing,
}

/// The batch that an id names, if it is made as ours are: `B0007-1-` or `B0007-1-2-`, and 80 bits in base32.
fn batch_of(id: &str, mark: &str) -> Option<BatchId> {
    let (place, content) = id.strip_prefix(mark)?.rsplit_once('-')?;
    let is_content = content.len() == 16 && data_encoding::BASE32_NOPAD.decode(content.as_bytes()).is_ok();
    let mut parts = place.split('-');
    let batch: BatchId = parts.next()?.parse().ok()?;
    let numbers: Vec<&str> = parts.collect();
    let are_numbers = numbers.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    (is_content && are_numbers && (1..=2).contains(&numbers.len()) && id.contains(&batch.to_string())).then_some(batch)
}

impl<'r, 'w> Recorder<'r, 'w> {
    pub fn new(recording: &'r mut Recording<'w>, tagger: &'r Tagger) -> Self {
        let entry = recording.state.head.0 + 1;
        let decisions = recording.state.decisions.iter();
        let recovered = decisions.filter(|(_, all)| all.iter().any(|one| one.recorded.decision == Decision::Recover));
        let recoveries = recovered.map(|(key, _)| (payment_reference(tagger, key), *key)).collect();
        Self {
            recording,
            tagger,
            warnings: Warnings::default(),
            typed: None,
            entry,
            evidence: 0,
            debits: 0,
            evidence_root: Sha256::new_with_prefix(EVIDENCE_ROOT),
            debits_root: Sha256::new_with_prefix(DEBITS_ROOT),
            counts: BTreeMap::new(),
            to_judge: BTreeSet::new(),
            not_standing: Vec::new(),
            repayments: Vec::new(),
            recoveries,
            unknown_batches: BTreeSet::new(),
        }
    }

    /// What a reference asks to be paid back, or once asked.
    pub fn recovery(&self, reference: &RepaymentReference) -> Option<FindingKey> {
        self.recoveries.get(reference).copied()
    }

    /// Looks at an id by which the bank calls a message or a block of it, and which is none of this ledger's: where it is made as ours are
    /// and of a later batch than the ledger holds, the ledger is old.
    pub fn see_unknown_id(&mut self, id: &str) {
        let state = &self.recording.state;
        let Some(batch) = batch_of(id, release::drill_mark(state.environment)) else { return };
        let desk = batch.desk();
        let is_ours = desk == state.desk.letter;
        let known = state.last_batch(desk).max(state.lineage.seen_by_bank.get(&desk).copied().unwrap_or(0));
        if is_ours && batch.number() > known && self.unknown_batches.insert(batch) {
            self.warnings.bank_is_ahead(id, batch);
        }
    }

    pub fn unknown_batches(&self) -> Vec<BatchId> {
        self.unknown_batches.iter().copied().collect()
    }

    pub fn find(&mut self, payment: &EndToEndId) -> Result<Found> {
        Ok(match self.recording.transaction.claim_ever(payment)? {
            Some((claim, live)) if has_left(&self.recording.state, claim.batch) => {
                Found::Payment(Box::new(claim), live)
            }
            Some((claim, _)) => Found::NeverReleased(claim.batch),
            None if !self.recording.transaction.foreign_claims_of(payment)?.is_empty() => Found::AnotherDesks,
            None => Found::Nothing,
        })
    }

    /// Whether all that is known of a booking is that another desk's payment is in it.
    pub fn is_another_desks(&mut self, references: &[EndToEndId]) -> Result<bool> {
        let mut of_another = false;
        for id in references {
            match self.find(id)? {
                Found::AnotherDesks => of_another = true,
                Found::Nothing => {}
                Found::Payment(..) | Found::NeverReleased(_) => return Ok(false),
            }
        }
        Ok(of_another)
    }

    pub fn begin_statement(&self) -> OneStatement {
        OneStatement {
            evidence_from: self.evidence,
            debits_from: self.debits,
            repayments_from: self.repayments.len(),
            again: HashSet::new(),
        }
    }

    /// Keeps a status: the same one says nothing more the second time. `true` where it was new.
    pub fn keep_status(&mut self, (claim, live): (&Claim, bool), told: Told) -> Result<bool> {
        let existing = self.recording.transaction.evidence_of(&payment_of(claim))?;
        let identity = self.tagger.identity(&["stopgap status 1", &(told.kind as u8).to_string()]);
        if existing.iter().any(|piece| piece.identity == identity) {
            return Ok(false);
        }
        self.put(claim, live, existing, identity, told)?;
        Ok(true)
    }

    /// Keeps a booking of a statement. `identity` names the booking, given how many equal ones stand before it in the statement.
    pub fn keep_booking(
        &mut self,
        (claim, live): (&Claim, bool),
        told: Told,
        statement: &mut OneStatement,
        identity: &dyn Fn(u32) -> Pseudonym,
    ) -> Result<bool> {
        let existing = self.recording.transaction.evidence_of(&payment_of(claim))?;
        for equals_before in 0.. {
            let identity = identity(equals_before);
            let Some(known) = existing.iter().find(|piece| piece.identity == identity) else {
                self.put(claim, live, existing, identity, told)?;
                break;
            };
            let of_this_statement = known.place.0 == self.entry && known.place.1 >= statement.evidence_from;
            if !of_this_statement && statement.again.insert(identity) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Keeps a booking whose identity is settled. `true` where it was new.
    pub fn keep_identified(&mut self, (claim, live): (&Claim, bool), told: Told, identity: Pseudonym) -> Result<bool> {
        let existing = self.recording.transaction.evidence_of(&payment_of(claim))?;
        if existing.iter().any(|piece| piece.identity == identity) {
            return Ok(false);
        }
        self.put(claim, live, existing, identity, told)?;
        Ok(true)
    }

    /// Keeps a debit that no payment explains, as [`keep_booking`](Self::keep_booking) does.
    pub fn keep_debit(
        &mut self,
        (source, amount, booked_on): (Source, Amount, Option<NaiveDate>),
        statement: &mut OneStatement,
        identity: &dyn Fn(u32) -> Pseudonym,
    ) -> Result<bool> {
        for equals_before in 0.. {
            let identity = identity(equals_before);
            let Some(known) = self.recording.transaction.debit(&identity)? else {
                self.put_debit(source, identity, amount, booked_on, false)?;
                break;
            };
            let of_this_statement = known.place.0 == self.entry && known.place.1 >= statement.debits_from;
            if !of_this_statement && statement.again.insert(identity) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Keeps money that came back, as [`keep_booking`](Self::keep_booking) does.
    pub fn keep_repayment(
        &mut self,
        repayment: Repayment,
        statement: &mut OneStatement,
        identity: &dyn Fn(u32) -> Pseudonym,
    ) -> bool {
        let before = self.recording.state.repayments.get(&repayment.finding);
        for equals_before in 0.. {
            let identity = identity(equals_before);
            let known_before = before.into_iter().flatten().any(|known| known.identity == identity);
            let met = self.repayments.iter().position(|known| known.identity == identity);
            if !known_before && met.is_none() {
                self.repayments.push(Repayment { identity, ..repayment });
                break;
            }
            let of_this_statement = met.is_some_and(|at| at >= statement.repayments_from);
            if !of_this_statement && statement.again.insert(identity) {
                return false;
            }
        }
        true
    }

    /// Takes back that a booking was kept as a debit that nothing explains: by an earlier command, before its receipt was known.
    pub fn explain_debit(
        &mut self,
        told: (Source, Amount, Option<NaiveDate>),
        identity: &dyn Fn(u32) -> Pseudonym,
    ) -> Result<()> {
        for equals_before in 0.. {
            let identity = identity(equals_before);
            match self.recording.transaction.debit(&identity)? {
                None => break,
                Some(known) if known.explained || known.place.0 == self.entry => {}
                Some(_) => return self.keep_identified_debit(told, identity, true).map(drop),
            }
        }
        Ok(())
    }

    /// Keeps a debit whose identity is settled, or that it has been explained. `true` where that was new.
    pub fn keep_identified_debit(
        &mut self,
        (source, amount, booked_on): (Source, Amount, Option<NaiveDate>),
        identity: Pseudonym,
        explained: bool,
    ) -> Result<bool> {
        let known = self.recording.transaction.debit(&identity)?;
        let is_news = match known {
            None => !explained,
            Some(known) => explained && !known.explained,
        };
        if is_news {
            self.put_debit(source, identity, amount, booked_on, explained)?;
        }
        Ok(is_news)
    }

    fn put_debit(
        &mut self,
        source: Source,
        identity: Pseudonym,
        amount: Amount,
        booked_on: Option<NaiveDate>,
        explained: bool,
    ) -> Result<()> {
        let debit = BankDebit { place: (self.entry, self.debits), source, identity, amount, booked_on, explained };
        self.debits = self.debits.checked_add(1).ok_or_else(too_many)?;
        self.debits_root.update(debit.to_bytes());
        self.recording.transaction.put_debit(&debit)
    }

    fn put(
        &mut self,
        claim: &Claim,
        live: bool,
        mut evidence: Vec<Evidence>,
        identity: Pseudonym,
        told: Told,
    ) -> Result<()> {
        let payment = payment_of(claim);
        let Told { kind, source, amount, booked_on, reason } = told;
        let piece =
            Evidence { place: (self.entry, self.evidence), payment, kind, source, identity, amount, booked_on, reason };
        self.evidence = self.evidence.checked_add(1).ok_or_else(too_many)?;
        self.evidence_root.update(piece.to_bytes());
        self.recording.transaction.put_evidence(&piece)?;
        let turns = |kind| !matches!(kind, EvidenceKind::Accepted | EvidenceKind::Settled | EvidenceKind::InSum);
        if !live || turns(kind) || evidence.iter().any(|piece| turns(piece.kind)) {
            self.to_judge.insert(payment);
        }
        let known_before: Vec<Evidence> =
            evidence.iter().filter(|piece| piece.place.0 != self.entry).cloned().collect();
        let first = standing_of(claim, live, &known_before).standing;
        let before = standing_of(claim, live, &evidence).standing;
        evidence.push(piece);
        let after = standing_of(claim, live, &evidence).standing;
        self.count(first, before, -1);
        self.count(first, after, 1);
        Ok(())
    }

    /// A payment counts where this command brought it to, unless it is where it was.
    fn count(&mut self, first: Standing, standing: Standing, by: i64) {
        if standing != first {
            *self.counts.entry(standing).or_default() += by;
        }
    }

    /// When everything is read: frees what does not stand, and tells what contradicts itself.
    pub fn judge(&mut self) -> Result<()> {
        for payment in std::mem::take(&mut self.to_judge) {
            let Some((claim, live)) = self.recording.transaction.claim_ever(&payment)? else { continue };
            let evidence = self.recording.transaction.evidence_of(&payment)?;
            let standing = standing_of(&claim, live, &evidence);
            if standing.contradictory {
                self.warnings.contradiction(&payment, claim.batch, !live);
                self.not_standing.push(not_standing(&standing, false));
            } else if standing.standing.frees() {
                if live {
                    self.free(&claim, &evidence)?;
                }
                self.not_standing.push(not_standing(&standing, live));
            }
        }
        Ok(())
    }

    fn free(&mut self, claim: &Claim, evidence: &[Evidence]) -> Result<()> {
        let payment = payment_of(claim);
        let source = evidence.last().map_or(Source::StatusReport, |piece| piece.source);
        let identity = self.tagger.identity(&["stopgap freed 1"]);
        let kind = EvidenceKind::Freed;
        let place = (self.entry, self.evidence);
        let piece = Evidence { place, payment, kind, source, identity, amount: None, booked_on: None, reason: None };
        self.evidence = self.evidence.checked_add(1).ok_or_else(too_many)?;
        self.evidence_root.update(piece.to_bytes());
        self.recording.transaction.put_evidence(&piece)?;
        self.recording.transaction.free_claim(&claim.tag)
    }

    /// Tells where more came back than was asked for.
    pub fn judge_repayments(&mut self) {
        let touched: BTreeSet<FindingKey> = self.repayments.iter().map(|repayment| repayment.finding).collect();
        let state = &self.recording.state;
        let currency = state.currency;
        for finding in touched {
            let before = state.repayments.get(&finding).into_iter().flatten();
            let new = self.repayments.iter().filter(|repayment| repayment.finding == finding);
            let all: Vec<Repayment> = before.chain(new).copied().collect();
            let asked = state.decision(&finding).filter(|last| last.recorded.decision == Decision::Recover);
            let asked = asked.map_or(0, |last| last.recorded.amount);
            let beyond = repaid(&all) - asked;
            if beyond > 0 {
                let reference = payment_reference(self.tagger, &finding);
                let money = |minor_units| Amount::from_minor_units(minor_units, currency);
                self.warnings.repaid_beyond(&reference, money(beyond), money(asked));
            }
        }
    }

    pub fn finish(
        self,
        reports: Vec<RecordedReport>,
    ) -> (RecordedOutcome, Vec<Repayment>, PaymentCounts, Vec<NotStanding>, Vec<Warning>) {
        let count = |standing| self.counts.get(&standing).copied().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        let payments = PaymentCounts {
            accepted: count(Standing::Accepted),
            settled: count(Standing::Settled),
            batch: count(Standing::Batch),
            rejected: count(Standing::Rejected),
            returned: count(Standing::Returned),
            doubled: count(Standing::Doubled),
        };
        let recorded = RecordedOutcome {
            reports,
            evidence: self.evidence.into(),
            evidence_root: Digest(self.evidence_root.finalize().into()),
            debits: self.debits.into(),
            debits_root: Digest(self.debits_root.finalize().into()),
        };
        (recorded, self.repayments, payments, self.not_standing, self.warnings.finish())
    }
}

/// What the roots of evidence and of debits begin with.
pub const EVIDENCE_ROOT: &[u8] = b"stopgap evidence 1";
pub const DEBITS_ROOT: &[u8] = b"stopgap debits 1";

pub fn payment_of(claim: &Claim) -> EndToEndId {
    EndToEndId { tag: claim.tag, attempt: claim.attempt }
}

fn not_standing(standing: &PaymentStanding, freed: bool) -> NotStanding {
    let PaymentStanding { end_to_end_id, batch, amount, standing, reason, .. } = *standing;
    NotStanding { end_to_end_id, batch, amount, standing, reason, freed }
}

fn too_many() -> Fault {
    Fault::input("report.too_large", say!("The reports hold more entries than can be read in one command."))
}
