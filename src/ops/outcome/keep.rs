//! Keeps what the reports say, once all of them have been read: payment by payment in the order of the ledger's index, then the debits that no
//! payment explains. Sums come after them, in [`super::sums`].

use chrono::NaiveDate;
use smallvec::SmallVec;

use super::aside::{Above, Aside, Booked, KnownBy, Line, Said, parted, payment_bytes, payment_from};
use super::bookings::{by_receipt, see_unknown_ids, unexplained};
use super::recorder::{Equals, Found, OfPayment, Recorder, Told};
use super::{Targets, money};
use crate::fault::Result;
use crate::ledger::Known;
use crate::ledger::outcome::{EvidenceKind, ReasonCode, Source, Standing, has_left};
use crate::ops::spool::{Merge, Spool, damaged};
use crate::payment::EndToEndId;
use crate::progress::{self, Stage};

pub struct Keeper<'k, 'r, 'w> {
    pub recorder: &'k mut Recorder<'r, 'w>,
    pub aside: &'k mut Aside,
    pub targets: &'k Targets,
}

/// So much of what was said is taken up at once, so that the ledger's indexes are gone along and not searched each time.
const LOOKED_UP_AT_ONCE: usize = 256;

/// The payment at hand.
struct Group {
    payment: EndToEndId,
    found: Taken,
    equals: Equals,
    /// The file in which the payment has a line of its own.
    named_in: Option<u32>,
}

/// What a payment that is named has turned out to be.
enum Taken {
    Payment(OfPayment),
    Other(Found),
}

impl Keeper<'_, '_, '_> {
    pub fn payments(&mut self) -> Result<()> {
        self.beginnings()?;
        let mut step = progress::begin(Stage::KeepingReports, self.aside.said);
        let said = self.aside.take_payments()?;
        let mut merge = said.merge()?;
        let mut block = Vec::with_capacity(LOOKED_UP_AT_ONCE);
        let mut open: Option<Group> = None;
        while fill(&mut block, &mut merge)? {
            let mut known = self.look_up(&block, open.as_ref())?.into_iter();
            step.advance(block.len() as u64);
            for (payment, said) in block.drain(..) {
                let mut group = match open.take() {
                    Some(group) if group.payment == payment => group,
                    last => self.next_group(last, payment, known.next().unwrap_or_default())?,
                };
                match said {
                    Said::Booking(booked) => self.booking(&mut group, &booked)?,
                    Said::Status(line) => self.line(&mut group, &line)?,
                    Said::Above(above) => self.above(&mut group, &above)?,
                }
                open = Some(group);
            }
        }
        self.close(open.as_ref())?;
        self.recorder.write()
    }

    /// What the ledger knows of each payment of the block, but of the one at hand: that was looked up before.
    fn look_up(&mut self, block: &[(EndToEndId, Said)], open: Option<&Group>) -> Result<Vec<Known>> {
        let mut payments: Vec<EndToEndId> = block.iter().map(|(payment, _)| *payment).collect();
        payments.dedup();
        let at_hand = open.is_some_and(|group| payments.first() == Some(&group.payment));
        self.recorder.recording.transaction.known_of(&payments[usize::from(at_hand)..])
    }

    fn next_group(&mut self, last: Option<Group>, payment: EndToEndId, known: Known) -> Result<Group> {
        self.close(last.as_ref())?;
        let mut equals = last.map(|group| group.equals).unwrap_or_default();
        equals.clear();
        let found = match self.recorder.found(&payment, known.claim)? {
            Found::Payment(claim, live) => {
                let of = OfPayment::new(claim, live, known.evidence);
                of.identities().for_each(|identity| {
                    equals.know(identity);
                });
                Taken::Payment(of)
            }
            other => Taken::Other(other),
        };
        Ok(Group { payment, found, equals, named_in: None })
    }

    fn close(&mut self, group: Option<&Group>) -> Result<()> {
        match group.map(|group| &group.found) {
            Some(Taken::Payment(of)) => self.recorder.close(of),
            _ => Ok(()),
        }
    }

    fn booking(&mut self, group: &mut Group, booked: &Booked) -> Result<()> {
        let of = match &mut group.found {
            Taken::Payment(of) => of,
            Taken::Other(found) => {
                let found = &*found;
                return self.of_no_payment(group.payment, found, booked);
            }
        };
        if !booked.is_booked {
            return self.aside.resolve(booked.place, true);
        }
        let id = group.payment;
        let kind = match (booked.is_credit, booked.reversal, booked.returned) {
            (true, true, _) => EvidenceKind::Reversed,
            (true, false, _) => EvidenceKind::Returned,
            (false, true, _) => EvidenceKind::ReturnReversed,
            (false, false, false) => EvidenceKind::Settled,
            (false, false, true) => {
                self.recorder.warnings.unclear(&id);
                return unexplained(self.recorder, self.aside, booked);
            }
        };
        let approved = of.claim.amount;
        let amount = booked.amount.map(|minor_units| money(minor_units, approved.currency()));
        // What was typed as another amount left as that.
        let typed = self.recorder.typed.as_ref().and_then(|typed| typed.typed_as(&id));
        let typed = typed.map(|minor_units| money(minor_units, approved.currency())).filter(|typed| *typed != approved);
        let left = typed.unwrap_or(approved);
        let comes_back = matches!(kind, EvidenceKind::Returned | EvidenceKind::Reversed);
        match amount {
            Some(amount) if comes_back && amount < left => self.recorder.warnings.part_returned(&id, amount, left),
            Some(amount) if comes_back && amount == left => {}
            Some(amount) if amount != approved => {
                self.recorder.warnings.amount_differs(&id, amount, approved, typed);
            }
            _ => {}
        }
        let reason = ReasonCode::new(&booked.reason);
        let told = Told { kind, source: booked.source, amount, booked_on: booked.booked_on(), reason };
        let (tagger, reference) = (self.recorder.tagger, id.to_string());
        let identity = |equals_before| booked.identity(tagger, &reference, equals_before);
        let new = group.equals.settle(booked.statement, &identity, &mut |_| Ok(false))?;
        if let Some(identity) = new {
            self.recorder.add(of, identity, told)?;
            if booked.known_by == KnownBy::Receipt && !booked.is_credit {
                self.explain(booked)?;
            }
        }
        self.aside.tallies[booked.place.file as usize].count(new.is_some());
        self.aside.resolve(booked.place, true)
    }

    /// The statement may have been read before the sheet came back with its receipts.
    fn explain(&mut self, booked: &Booked) -> Result<()> {
        let amount = money(booked.amount.unwrap_or(booked.entry_amount), self.recorder.recording.state.currency);
        let (tagger, reference) = (self.recorder.tagger, booked.debit_reference());
        let identity = |equals_before| booked.identity(tagger, &reference, equals_before);
        self.recorder.explain_debit((booked.source, amount, booked.booked_on()), &identity)
    }

    fn of_no_payment(&mut self, payment: EndToEndId, found: &Found, booked: &Booked) -> Result<()> {
        if matches!(found, Found::AnotherDesks) {
            if booked.is_booked && booked.is_credit {
                self.recorder.see_lost(&payment, Standing::Returned, booked.amount)?;
            } else if booked.is_payment() {
                self.recorder.see_lost(&payment, Standing::Settled, None)?;
            }
            return self.aside.resolve(booked.place, true);
        }
        self.recorder.see_not_released(&payment, found, booked.is_payment());
        see_unknown_ids(self.recorder, self.targets, booked);
        unexplained(self.recorder, self.aside, booked)
    }

    fn line(&mut self, group: &mut Group, line: &Line) -> Result<()> {
        let of = match &mut group.found {
            Taken::Payment(of) => of,
            Taken::Other(found) => {
                let paid = matches!(line.kind, Some(EvidenceKind::Accepted | EvidenceKind::Settled));
                self.recorder.see_not_released(&group.payment, found, paid);
                if matches!(found, Found::AnotherDesks)
                    && line.kind == Some(EvidenceKind::Rejected)
                    && !line.tell_duplicate
                {
                    self.recorder.see_lost(&group.payment, Standing::Rejected, None)?;
                }
                return self.aside.resolve(line.place, false);
            }
        };
        // A bank that does not name the message is believed.
        let answers = line.answers.map_or(!line.names_message, |batch| batch == of.claim.batch);
        if !answers {
            self.recorder.warnings.other_message(&group.payment, &line.message_id);
            return self.aside.resolve(line.place, false);
        }
        group.named_in = Some(line.place.file);
        if line.tell_duplicate {
            self.recorder.warnings.duplicate_at_bank(&group.payment.to_string(), &line.reason);
        }
        if let Some(kind) = line.kind {
            let is_new = self.recorder.add_status(of, told(kind, &line.reason))?;
            self.aside.tallies[line.place.file as usize].count(is_new);
        }
        self.aside.resolve(line.place, true)
    }

    fn above(&mut self, group: &mut Group, above: &Above) -> Result<()> {
        if let Taken::Payment(of) = &mut group.found
            && group.named_in != Some(above.file)
        {
            let is_new = self.recorder.add_status(of, told(above.kind, &above.reason))?;
            self.aside.tallies[above.file as usize].count(is_new);
        }
        Ok(())
    }

    /// Brings bookings that are known by the beginning of a reference to the payments that it begins.
    fn beginnings(&mut self) -> Result<()> {
        let bookings = self.aside.take_beginnings()?;
        let mut bookings = bookings.merge()?;
        let Some(mut booking) = next_booking(&mut bookings)? else { return Ok(()) };
        let references = self.references()?;
        let mut references = references.merge()?;
        let mut reference = next_reference(&mut references)?;
        loop {
            let beginning = booking.0;
            while reference.is_some_and(|(other, _)| other < beginning) {
                reference = next_reference(&mut references)?;
            }
            let mut payments: SmallVec<[EndToEndId; 2]> = SmallVec::new();
            while let Some((_, payment)) = reference.filter(|(other, _)| *other == beginning) {
                payments.push(payment);
                reference = next_reference(&mut references)?;
            }
            let attempts = self.attempts(&payments)?;
            while booking.0 == beginning {
                self.beginning(booking.1, &payments, &attempts)?;
                let Some(next) = next_booking(&mut bookings)? else { return Ok(()) };
                booking = next;
            }
        }
    }

    /// Where all payments of one beginning are attempts at one obligation: the day on which each was to be paid, the first first. A reference has
    /// room for the attempt behind what sixteen characters keep.
    fn attempts(&mut self, payments: &[EndToEndId]) -> Result<Vec<(NaiveDate, EndToEndId)>> {
        let [first, _, ..] = payments else { return Ok(Vec::new()) };
        let mut attempts = Vec::with_capacity(payments.len());
        for payment in payments.iter().filter(|payment| payment.tag == first.tag) {
            let claim = self.recorder.recording.transaction.claim_ever(payment)?;
            let batch = claim.and_then(|(claim, _)| self.recorder.recording.state.batches.get(&claim.batch));
            let out = batch.and_then(|batch| batch.prepared.first_pay_date());
            attempts.extend(out.map(|day| (day, *payment)));
        }
        attempts.sort_unstable_by_key(|(_, payment)| payment.attempt);
        let is_whole = attempts.len() == payments.len() && attempts.windows(2).all(|two| two[0].0 < two[1].0);
        Ok(if is_whole { attempts } else { Vec::new() })
    }

    fn beginning(
        &mut self,
        booked: Booked,
        payments: &[EndToEndId],
        attempts: &[(NaiveDate, EndToEndId)],
    ) -> Result<()> {
        // A later attempt is made when the one before has come back, and no bank pays before the day that it was given: what left the account left
        // by the last attempt of that day or before. Which of them money came back from, no day tells.
        let by_day = booked.booked_on().filter(|_| !booked.is_credit && !booked.reversal).and_then(|day| {
            let later = attempts.get(1..).unwrap_or_default();
            attempts.get(later.iter().filter(|(pay_on, _)| *pay_on <= day).count()).map(|(_, payment)| payment)
        });
        let (payment, known_by) = match (payments, by_day) {
            ([payment], _) | (_, Some(payment)) => (*payment, KnownBy::Lookup),
            ([payment, ..], None) => {
                let cut: String = payment.to_string().chars().take(16).collect();
                self.recorder.warnings.ambiguous(&cut, payments.len());
                return self.aside.resolve(booked.place, false);
            }
            ([], None) => match by_receipt(self.recorder, &booked)? {
                Some(payment) => (payment, KnownBy::Receipt),
                None => return unexplained(self.recorder, self.aside, &booked),
            },
        };
        self.aside.say(&payment, &Said::Booking(Booked { known_by, ..booked }))
    }

    /// Every released payment, by what its reference begins with.
    fn references(&mut self) -> Result<Spool> {
        let mut references = self.aside.empty_spool()?;
        let state = &self.recorder.recording.state;
        self.recorder.recording.transaction.claims_ever(&mut |claim, _| {
            if !has_left(state, claim.batch) {
                return Ok(());
            }
            let mut record = [0; 27];
            record[..10].copy_from_slice(&beginning_of(&claim.end_to_end_id()));
            record[10..].copy_from_slice(&payment_bytes(&claim.end_to_end_id()));
            references.push(&record)
        })?;
        references.settle();
        Ok(references)
    }

    /// Keeps the debits that no payment explains. After the payments, so that what is offered for a debit is not booked already.
    pub fn debits(&mut self) -> Result<()> {
        let debits = self.aside.take_debits()?;
        let mut merge = debits.merge()?;
        let (mut open, mut equals) = (None, Equals::default());
        while let Some(record) = merge.next()? {
            let (first, _, booked) = parted::<8, Booked>(record)?;
            if open.replace(first) != Some(first) {
                equals.clear();
            }
            let amount = booked.amount.unwrap_or(booked.entry_amount);
            self.offer(&booked, amount)?;
            let (tagger, reference) = (self.recorder.tagger, booked.debit_reference());
            let identity = |equals_before| booked.identity(tagger, &reference, equals_before);
            let debit = (booked.source, money(amount, self.recorder.recording.state.currency), booked.booked_on());
            let is_new = self.recorder.keep_debit(debit, booked.statement, &mut equals, &identity)?;
            self.aside.tallies[booked.place.file as usize].count(is_new);
        }
        Ok(())
    }

    /// Tells which payment typed by hand a debit may be that names none.
    fn offer(&mut self, booked: &Booked, amount: i64) -> Result<()> {
        let Some(typed) = &self.recorder.typed else { return Ok(()) };
        let transaction = &mut *self.recorder.recording.transaction;
        if let Some(offer) = typed.offer(transaction, self.recorder.tagger, &booked.payee_account, amount)? {
            let amount = money(amount, self.recorder.recording.state.currency);
            self.recorder.warnings.perhaps_typed(&offer, amount, booked.booked_on());
        }
        Ok(())
    }
}

/// A status of the bank's, as it is kept.
fn told(kind: EvidenceKind, reason: &str) -> Told {
    Told { kind, source: Source::StatusReport, amount: None, booked_on: None, reason: ReasonCode::new(reason) }
}

/// The obligation half of the tag and two bytes of the other: what the first sixteen characters of the reference hold.
fn beginning_of(payment: &EndToEndId) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&payment.tag.obligation);
    bytes[8..].copy_from_slice(&payment.tag.series[..2]);
    bytes
}

/// Takes up what was said next, in the order of the payments; `false` at the end.
fn fill(block: &mut Vec<(EndToEndId, Said)>, merge: &mut Merge) -> Result<bool> {
    while block.len() < LOOKED_UP_AT_ONCE {
        let Some(record) = merge.next()? else { break };
        let (key, _, said) = parted::<17, Said>(record)?;
        block.push((payment_from(key), said));
    }
    Ok(!block.is_empty())
}

fn next_booking(merge: &mut Merge) -> Result<Option<([u8; 10], Booked)>> {
    let Some(record) = merge.next()? else { return Ok(None) };
    let (beginning, _, booked) = parted(record)?;
    Ok(Some((beginning, booked)))
}

fn next_reference(merge: &mut Merge) -> Result<Option<([u8; 10], EndToEndId)>> {
    let Some(record) = merge.next()? else { return Ok(None) };
    let (beginning, payment) = record.split_first_chunk().ok_or_else(damaged)?;
    let payment = payment.try_into().map_err(|_| damaged())?;
    Ok(Some((*beginning, payment_from(payment))))
}
