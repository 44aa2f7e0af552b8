//! The one place where evidence is kept: once each, counted, under the root that the command's event will carry.

mod lost;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::super::remedies::payment_reference;
use super::super::spool::{Spool, damaged};
use super::super::workspace::Recording;
use super::aside::{payment_bytes, payment_from};
use super::typed::TypedPayments;
use super::warnings::{Warning, Warnings};
use super::{DidNotStand, NotStanding, PaymentCounts};
use crate::fault::{Fault, Result};
use crate::ledger::Claim;
use crate::ledger::event::{RecordedOutcome, RecordedReport};
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ledger::outcome::{
    BankDebit, Evidence, EvidenceKind, PaymentStanding, ReasonCode, Source, Standing, has_left, standing_of,
};
use crate::ledger::recalls::{AnswerVerdict, RecallState, RecordedAnswer};
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
    /// What is yet to be written of it: many pieces at once cost less.
    unwritten: Vec<Evidence>,
    debits: u32,
    evidence_root: Sha256,
    debits_root: Sha256,
    /// Payments by the standing that this command brought them to, less those that it took on to another.
    counts: BTreeMap<Standing, i64>,
    /// What may have to be freed, or contradicts itself.
    to_judge: Spool,
    not_standing: DidNotStand,
    /// Money that came back under the reference of a recovery.
    repayments: Vec<Repayment>,
    repaid: Equals,
    /// Recoveries of which all earlier repayments are known to `repaid`.
    recoveries_met: HashSet<FindingKey>,
    /// What is or was to be recovered, by the reference that was given for it.
    recoveries: HashMap<RepaymentReference, FindingKey>,
    /// Batches that the bank reports on and that this ledger has not come to.
    unknown_batches: BTreeSet<BatchId>,
    /// What the bank has paid that never left by this ledger, and that was not known.
    paid_elsewhere: BTreeSet<EndToEndId>,
    /// Of which payments of a lost ledger more became known, and what.
    lost: BTreeMap<EndToEndId, Standing>,
    /// What the bank answered to recalls.
    pub answers: Vec<RecordedAnswer>,
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

/// A payment of the ledger while something is said of it.
pub struct OfPayment {
    pub claim: Claim,
    pub live: bool,
    /// All that is known, first what was known before.
    evidence: Vec<Evidence>,
    before: usize,
}

/// Tells equal bookings apart. Within one statement each is another one, however alike; across statements equal ones are the same, told
/// again.
#[derive(Default)]
pub struct Equals {
    /// In which statement of this command each was met; `None` where it was known before.
    met: HashMap<Pseudonym, Option<u32>>,
    /// By the identity of the first of its equals: up to which they have been looked at, in which statement.
    next: HashMap<Pseudonym, (u32, u32)>,
}

impl Equals {
    pub fn clear(&mut self) {
        self.met.clear();
        self.next.clear();
    }

    /// `true` where it was not known yet.
    pub fn know(&mut self, identity: Pseudonym) -> bool {
        self.met.insert(identity, None).is_none()
    }

    /// The identity of a booking that is new; `None` where it is told again. `identity` names the booking, given how many equal ones stand
    /// before it in the statement; `is_known` whether the ledger has one, where this does not know of it.
    pub fn settle(
        &mut self,
        statement: u32,
        identity: &dyn Fn(u32) -> Pseudonym,
        is_known: &mut dyn FnMut(&Pseudonym) -> Result<bool>,
    ) -> Result<Option<Pseudonym>> {
        let first = identity(0);
        let from = self.next.get(&first).filter(|(of, _)| *of == statement).map_or(0, |(_, next)| *next);
        for equals_before in from.. {
            let this = if equals_before == 0 { first } else { identity(equals_before) };
            let known = match self.met.get(&this) {
                Some(met) => Some(*met),
                None => is_known(&this)?.then_some(None),
            };
            if known == Some(Some(statement)) {
                continue;
            }
            let is_new = known.is_none();
            self.met.insert(this, if is_new { Some(statement) } else { known.flatten() });
            self.next.insert(first, (statement, equals_before + 1));
            return Ok(is_new.then_some(this));
        }
        Err(too_many())
    }
}

/// What a reference stands for in the ledger.
pub enum Found {
    /// The claim, and whether it is live.
    Payment(Claim, bool),
    NeverReleased(BatchId),
    /// A payment of a desk that was merged: its bank's word is kept there; of a lost ledger, here.
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

/// What is to be judged takes so much memory before it goes to the disk.
const TO_JUDGE_BYTES: usize = 512 * 1024;
const WRITTEN_AT_ONCE: usize = 64;

impl OfPayment {
    pub fn new(claim: Claim, live: bool, evidence: Vec<Evidence>) -> Self {
        Self { claim, live, before: evidence.len(), evidence }
    }

    fn knows(&self, identity: &Pseudonym) -> bool {
        self.evidence.iter().any(|piece| piece.identity == *identity)
    }

    pub fn identities(&self) -> impl Iterator<Item = Pseudonym> {
        self.evidence.iter().map(|piece| piece.identity)
    }
}

impl<'r, 'w> Recorder<'r, 'w> {
    /// `folder` is where a spool lies that does not fit into memory.
    pub fn new(recording: &'r mut Recording<'w>, tagger: &'r Tagger, folder: &Path) -> Result<Self> {
        let entry = recording.state.head.0 + 1;
        let decisions = recording.state.decisions.iter();
        let recovered = decisions.filter(|(_, all)| all.iter().any(|one| one.recorded.decision == Decision::Recover));
        let recoveries = recovered.map(|(key, _)| (payment_reference(tagger, key), *key)).collect();
        Ok(Self {
            recording,
            tagger,
            warnings: Warnings::default(),
            typed: None,
            entry,
            evidence: 0,
            unwritten: Vec::with_capacity(WRITTEN_AT_ONCE),
            debits: 0,
            evidence_root: Sha256::new_with_prefix(EVIDENCE_ROOT),
            debits_root: Sha256::new_with_prefix(DEBITS_ROOT),
            counts: BTreeMap::new(),
            to_judge: Spool::with_memory(folder.into(), TO_JUDGE_BYTES)?,
            not_standing: DidNotStand::default(),
            repayments: Vec::new(),
            repaid: Equals::default(),
            recoveries_met: HashSet::new(),
            recoveries,
            unknown_batches: BTreeSet::new(),
            paid_elsewhere: BTreeSet::new(),
            lost: BTreeMap::new(),
            answers: Vec::new(),
        })
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

    /// Whether an id is that of a message, or of a block of one, that a batch was sent as.
    pub fn is_own_message(&self, id: &str) -> bool {
        let mut files = self.recording.state.batches.values().flat_map(|batch| &batch.prepared.plan.files);
        files.any(|file| {
            file.message_id == id || file.segments.iter().any(|segment| segment.payment_information_id == id)
        })
    }

    /// What the bank has said of a recalled payment so far, this command's answers included.
    pub fn recall_verdicts(&self, recall: &RecallState, payment: &EndToEndId) -> Vec<AnswerVerdict> {
        let now = self.answers.iter().filter(|answer| answer.recall == recall.id()).flat_map(|answer| &answer.payments);
        let now = now.filter(|one| one.payment == *payment);
        recall.said_of(payment).chain(now).map(|one| one.verdict).collect()
    }

    /// Tells that a report names what this ledger has not released. Where the bank has `paid` it, another desk or a newer copy of this ledger has
    /// released it, and whoever it was for must not be paid again.
    pub fn see_not_released(&mut self, payment: &EndToEndId, found: &Found, paid: bool) {
        match found {
            Found::NeverReleased(batch) => self.warnings.never_released(payment, *batch),
            Found::Nothing if paid => self.warnings.paid_elsewhere(payment),
            Found::Nothing => self.warnings.unknown_reference(payment),
            Found::AnotherDesks | Found::Payment(..) => return,
        }
        if paid && !self.recording.state.paid_elsewhere.contains_key(payment) {
            self.paid_elsewhere.insert(*payment);
        }
    }

    /// What became known to be paid elsewhere.
    pub fn paid_elsewhere(&self) -> Vec<EndToEndId> {
        self.paid_elsewhere.iter().copied().collect()
    }

    pub fn unknown_batches(&self) -> Vec<BatchId> {
        self.unknown_batches.iter().copied().collect()
    }

    pub fn find(&mut self, payment: &EndToEndId) -> Result<Found> {
        let claim = self.recording.transaction.claim_ever(payment)?;
        self.found(payment, claim)
    }

    /// What a reference stands for whose claim has been looked up.
    pub fn found(&mut self, payment: &EndToEndId, claim: Option<(Claim, bool)>) -> Result<Found> {
        Ok(match claim {
            Some((claim, live)) if has_left(&self.recording.state, claim.batch) => Found::Payment(claim, live),
            Some((claim, _)) => Found::NeverReleased(claim.batch),
            None if !self.recording.transaction.foreign_claims_of(payment)?.is_empty() => Found::AnotherDesks,
            None => Found::Nothing,
        })
    }

    /// Whether all that is known of a booking with several references is that another desk's payment is in it.
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

    /// Adds to what is known of the payment. It counts as written after [`write`](Self::write).
    pub fn add(&mut self, of: &mut OfPayment, identity: Pseudonym, told: Told) -> Result<()> {
        let Told { kind, source, amount, booked_on, reason } = told;
        let (place, payment) = ((self.entry, self.evidence), of.claim.end_to_end_id());
        let piece = Evidence { place, payment, kind, source, identity, amount, booked_on, reason };
        self.put(&piece)?;
        of.evidence.push(piece);
        Ok(())
    }

    fn put(&mut self, piece: &Evidence) -> Result<()> {
        self.evidence = self.evidence.checked_add(1).ok_or_else(too_many)?;
        self.evidence_root.update(piece.to_bytes());
        self.unwritten.push(piece.clone());
        if self.unwritten.len() < WRITTEN_AT_ONCE { Ok(()) } else { self.write() }
    }

    /// Writes what was added.
    pub fn write(&mut self) -> Result<()> {
        self.recording.transaction.put_evidence(&self.unwritten)?;
        self.unwritten.clear();
        Ok(())
    }

    /// When all has been said of the payment for now: counts where that brought it to.
    pub fn close(&mut self, of: &OfPayment) -> Result<()> {
        let OfPayment { claim, live, evidence, before } = of;
        if evidence.len() == *before {
            return Ok(());
        }
        let turns = |piece: &Evidence| {
            !matches!(piece.kind, EvidenceKind::Accepted | EvidenceKind::Settled | EvidenceKind::InSum)
        };
        if !live || evidence.iter().any(turns) {
            self.to_judge.push(&payment_bytes(&claim.end_to_end_id()))?;
        }
        let of_earlier = evidence[..*before].iter().take_while(|piece| piece.place.0 != self.entry).count();
        let standing = |evidence: &[Evidence]| standing_of(claim, *live, evidence).standing;
        let (first, after) = (standing(&evidence[..of_earlier]), standing(evidence));
        if of_earlier < *before {
            self.count(first, standing(&evidence[..*before]), -1);
        }
        self.count(first, after, 1);
        Ok(())
    }

    /// Keeps a status: the same one says nothing more the second time. `true` where it was new.
    pub fn add_status(&mut self, of: &mut OfPayment, told: Told) -> Result<bool> {
        let identity = self.tagger.identity(&["stopgap status 1", &(told.kind as u8).to_string()]);
        let is_new = !of.knows(&identity);
        if is_new {
            self.add(of, identity, told)?;
        }
        Ok(is_new)
    }

    /// Keeps a booking whose identity is settled. `true` where it was new.
    pub fn keep_identified(&mut self, claim: Claim, live: bool, told: Told, identity: Pseudonym) -> Result<bool> {
        let evidence = self.recording.transaction.evidence_of(&claim.end_to_end_id())?;
        let mut of = OfPayment::new(claim, live, evidence);
        let is_new = !of.knows(&identity);
        if is_new {
            self.add(&mut of, identity, told)?;
            self.write()?;
            self.close(&of)?;
        }
        Ok(is_new)
    }

    /// Keeps a debit that no payment explains. `true` where it is none that was told before: see [`Equals`].
    pub fn keep_debit(
        &mut self,
        (source, amount, booked_on): (Source, Amount, Option<NaiveDate>),
        statement: u32,
        equals: &mut Equals,
        identity: &dyn Fn(u32) -> Pseudonym,
    ) -> Result<bool> {
        let transaction = &mut self.recording.transaction;
        let is_known = &mut |identity: &Pseudonym| transaction.debit(identity).map(|known| known.is_some());
        let Some(identity) = equals.settle(statement, identity, is_known)? else { return Ok(false) };
        self.put_debit(source, identity, amount, booked_on, false)?;
        Ok(true)
    }

    /// Keeps money that came back, as [`keep_debit`](Self::keep_debit) does.
    pub fn keep_repayment(
        &mut self,
        repayment: Repayment,
        statement: u32,
        identity: &dyn Fn(u32) -> Pseudonym,
    ) -> Result<bool> {
        if self.recoveries_met.insert(repayment.finding) {
            for known in self.recording.state.repayments.get(&repayment.finding).into_iter().flatten() {
                self.repaid.know(known.identity);
            }
        }
        let Some(identity) = self.repaid.settle(statement, identity, &mut |_| Ok(false))? else { return Ok(false) };
        self.repayments.push(Repayment { identity, ..repayment });
        Ok(true)
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

    /// A payment counts where this command brought it to, unless it is where it was.
    fn count(&mut self, first: Standing, standing: Standing, by: i64) {
        if standing != first {
            *self.counts.entry(standing).or_default() += by;
        }
    }

    /// When everything is read: frees what does not stand, and tells what contradicts itself.
    pub fn judge(&mut self) -> Result<()> {
        let none = self.to_judge.another()?;
        let mut to_judge = std::mem::replace(&mut self.to_judge, none);
        to_judge.settle();
        let mut merge = to_judge.merge()?;
        let mut last = None;
        while let Some(record) = merge.next()? {
            let payment = payment_from(record.try_into().map_err(|_| damaged())?);
            if last.replace(payment) == Some(payment) {
                continue;
            }
            let Some((claim, live)) = self.recording.transaction.claim_ever(&payment)? else { continue };
            let evidence = self.recording.transaction.evidence_of(&payment)?;
            let standing = standing_of(&claim, live, &evidence);
            if standing.contradictory {
                let on_the_account = evidence.iter().any(|piece| piece.source.shows_the_account());
                let frees = |piece: &&Evidence| {
                    use EvidenceKind::{Cancelled, Rejected, Returned, Reversed};
                    matches!(piece.kind, Rejected | Returned | Reversed | Cancelled)
                };
                let mut freed_by = evidence.iter().filter(frees).map(|piece| piece.source).peekable();
                let by_people = freed_by.peek().is_some() && freed_by.all(|source| source == Source::People);
                self.warnings.contradiction(&standing, on_the_account, by_people);
                self.tell_not_standing(&standing, false);
            } else if standing.standing.did_not_stand() {
                let frees = live && standing.frees();
                if frees {
                    self.free(&claim, &evidence)?;
                }
                self.tell_not_standing(&standing, frees);
            }
        }
        Ok(())
    }

    fn tell_not_standing(&mut self, standing: &PaymentStanding, freed: bool) {
        let PaymentStanding { end_to_end_id, batch, amount, standing, reason, stays_paid, .. } = *standing;
        self.not_standing.tell(NotStanding { end_to_end_id, batch, amount, standing, reason, freed, stays_paid });
    }

    fn free(&mut self, claim: &Claim, evidence: &[Evidence]) -> Result<()> {
        let payment = claim.end_to_end_id();
        let source = evidence.last().map_or(Source::StatusReport, |piece| piece.source);
        let identity = self.tagger.identity(&["stopgap freed 1"]);
        let kind = EvidenceKind::Freed;
        let place = (self.entry, self.evidence);
        self.put(&Evidence { place, payment, kind, source, identity, amount: None, booked_on: None, reason: None })?;
        self.write()?;
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
    ) -> (RecordedOutcome, Vec<Repayment>, PaymentCounts, DidNotStand, Vec<Warning>) {
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

fn too_many() -> Fault {
    Fault::input("report.too_large", say!("The reports hold more entries than can be read in one command."))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Settles bookings of a statement and gives how many were new.
    fn settle(equals: &mut Equals, statement: u32, times: usize, looked: &Cell<u64>) -> usize {
        let identity = |equals_before: u32| {
            looked.set(looked.get() + 1);
            let mut identity = [7; 8];
            identity[..4].copy_from_slice(&equals_before.to_le_bytes());
            identity
        };
        let mut new = || equals.settle(statement, &identity, &mut |_| Ok(false)).expect("settles").is_some();
        (0..times).filter(|_| new()).count()
    }

    #[test]
    fn equals_of_one_statement_are_others_and_of_another_the_same() {
        let looked = Cell::new(0);
        let mut equals = Equals::default();
        assert_eq!(settle(&mut equals, 1, 2, &looked), 2);
        assert_eq!(settle(&mut equals, 2, 2, &looked), 0, "told again");
        assert_eq!(settle(&mut equals, 3, 3, &looked), 1, "one more than any statement had");
        assert_eq!(settle(&mut equals, 4, 1, &looked), 0);
        let mut known = Equals::default();
        assert!(known.know([7; 8]) && !known.know([7; 8]));
        let in_ledger = |_: &Pseudonym| Ok(true);
        assert_eq!(known.settle(1, &|_| [7; 8], &mut { in_ledger }).expect("settles"), None);
        assert_eq!(known.settle(1, &|n| [n as u8; 8], &mut { in_ledger }).expect("settles"), None, "the ledger has it");
    }

    #[test]
    fn thousands_of_equals_are_each_looked_at_a_few_times() {
        let looked = Cell::new(0);
        let mut equals = Equals::default();
        for statement in 1..=3 {
            settle(&mut equals, statement, 20_000, &looked);
        }
        assert!(looked.get() <= 3 * 2 * 20_000, "{}", looked.get());
    }
}
