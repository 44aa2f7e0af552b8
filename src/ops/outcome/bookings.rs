//! camt and MT940: movements on the payer's account.

use std::collections::HashMap;

use chrono::Datelike;
use data_encoding::BASE32_NOPAD;

use super::recorder::{Found, OneStatement, Recorder, Told, payment_of};
use super::sums::SumBooking;
use super::{Tally, Targets, left_as_file, money, source_of};
use crate::bank::report::Kind;
use crate::bank::report::account::{SameAccount, compare};
use crate::bank::report::item::{
    Booking, Direction, EntryStatus, StatementEnd, StatementHead, ToldAccount, is_currency,
};
use crate::fault::{Fault, Result};
use crate::ledger::Claim;
use crate::ledger::event::StatementSeen;
use crate::ledger::idempotency::Pseudonym;
use crate::ledger::outcome::{EvidenceKind, ReasonCode, Source, has_left};
use crate::ledger::remedies::Repayment;
use crate::payment::EndToEndId;
use crate::say;

/// How many cut references are collected before the ledger is gone through for them.
const MOST_BEGINNINGS: usize = 16 * 1024;

pub struct Statements<'t> {
    targets: &'t Targets,
    /// Which of the command's files this is.
    file: usize,
    /// Whether a statement that names no account is of the payer's.
    own_account: bool,
    tally: Tally,
    /// Statements of the payer's account, and of others.
    ours: u64,
    others: u64,
    open: Option<Open>,
    /// What has been found about the entry at hand.
    entry: EntryMatch,
    /// Bookings that are known by the beginning of a reference only.
    beginnings: Vec<Booking>,
}

/// The statement at hand, where it is of the payer's account.
struct Open {
    source: Source,
    id: String,
    number: Option<u64>,
    once: OneStatement,
    /// How many equal sums have been told.
    sums: HashMap<Pseudonym, u32>,
}

#[derive(Default)]
struct EntryMatch {
    matched: bool,
    unmatched: bool,
    /// Will be counted when its reference has been looked up.
    waits: bool,
    not_booked: bool,
}

impl<'t> Statements<'t> {
    pub fn new(targets: &'t Targets, file: usize, own_account: bool) -> Self {
        Self {
            targets,
            file,
            own_account,
            tally: Tally::default(),
            ours: 0,
            others: 0,
            open: None,
            entry: EntryMatch::default(),
            beginnings: Vec::new(),
        }
    }

    pub fn begin(&mut self, recorder: &mut Recorder, head: &StatementHead) -> Result<()> {
        let state = &recorder.recording.state;
        let same = match (&head.account, head.kind) {
            (ToldAccount::Unnamed, Kind::Export) if self.own_account => SameAccount::Yes,
            (ToldAccount::Unnamed, Kind::Export) => return Err(account_unnamed()),
            (told, _) => compare(&state.payer.account, told),
        };
        match same {
            SameAccount::No => {
                self.others += 1;
                self.open = None;
                return Ok(());
            }
            SameAccount::ButForTheBankCode => recorder.warnings.bank_code_differs(),
            SameAccount::Yes => {}
        }
        if !is_currency(&head.currency, state.currency) {
            return Err(other_currency(recorder));
        }
        self.ours += 1;
        if head.copy {
            recorder.warnings.copy(&shown(&head.id));
        }
        let once = recorder.begin_statement();
        let source = source_of(head.kind);
        self.open = Some(Open { source, id: shown(&head.id), number: head.sequence, once, sums: HashMap::new() });
        Ok(())
    }

    pub fn booking(&mut self, recorder: &mut Recorder, booking: &Booking, sums: &mut Vec<SumBooking>) -> Result<()> {
        if self.open.is_none() {
            return Ok(());
        }
        if booking.status == EntryStatus::NotBooked {
            self.entry.not_booked = true;
        } else if booking.foreign {
            return Err(other_currency(recorder));
        }
        if self.repayment(recorder, booking)? {
            self.entry.matched = true;
            return Ok(());
        }
        if booking.reference.whole.is_empty() && !booking.reference.beginning.is_empty() {
            self.entry.waits = true;
            self.beginnings.push(booking.clone());
            return if self.beginnings.len() < MOST_BEGINNINGS { Ok(()) } else { self.look_up(recorder) };
        }
        if recorder.is_another_desks(&booking.reference.whole)? {
            self.entry.matched = true;
            return Ok(());
        }
        let matched = match self.find(recorder, booking)? {
            Some((claim, live)) => self.of_payment(recorder, booking, (&claim, live))?,
            None => {
                self.of_receipt(recorder, booking)?
                    || self.of_sum(recorder, booking, sums)?
                    || self.unexplained(recorder, booking)?
            }
        };
        *(if matched { &mut self.entry.matched } else { &mut self.entry.unmatched }) = true;
        Ok(())
    }

    pub fn end_entry(&mut self) -> Result<()> {
        let entry = std::mem::take(&mut self.entry);
        if self.open.is_some() {
            self.tally.entries += 1;
            self.tally.not_booked += u64::from(entry.not_booked);
            if !entry.waits {
                self.tally.count_entry(entry.matched && !entry.unmatched);
            }
        }
        Ok(())
    }

    pub fn end(&mut self, recorder: &mut Recorder, end: &StatementEnd) -> Result<()> {
        self.look_up(recorder)?;
        let Some(open) = self.open.take() else { return Ok(()) };
        if let Some(difference) = end.difference(recorder.recording.state.currency) {
            recorder.warnings.balance_is_out(&open.id, difference);
        }
        // Only the statements of record are numbered without gaps; the day's reports and notifications come as they come.
        if let (Some(number), Source::Statement | Source::Mt940) = (open.number, open.source) {
            let [opening, closing] = [end.opening, end.closing].map(|balance| balance.filter(|_| !end.is_page));
            self.tally.statements.push(StatementSeen { source: open.source, number, opening, closing });
        }
        if self.others > 0 && self.ours == 1 {
            recorder.warnings.other_accounts(self.others);
        }
        Ok(())
    }

    /// # Errors
    /// `report.other_account`, where no statement is of the payer's account.
    pub fn finish(self) -> Result<Tally> {
        if self.ours == 0 {
            let message = say!("The report is of another account than the payer's.");
            return Err(Fault::input("report.other_account", message).remedy(say!(
                "Fetch the report of the account that the fallback pays from; nothing was recorded from this one."
            )));
        }
        Ok(self.tally)
    }

    /// The one payment that a booking names.
    fn find(&mut self, recorder: &mut Recorder, booking: &Booking) -> Result<Option<(Claim, bool)>> {
        let mut found: Vec<(Claim, bool)> = Vec::new();
        for id in &booking.reference.whole {
            match recorder.find(id)? {
                Found::Payment(claim, live) => found.push((*claim, live)),
                Found::NeverReleased(batch) => recorder.warnings.never_released(id, batch),
                Found::Nothing if booking.reference.whole.len() == 1 => recorder.warnings.unknown_reference(id),
                Found::Nothing | Found::AnotherDesks => {}
            }
        }
        if found.len() > 1 {
            let first = payment_of(&found[0].0).to_string();
            recorder.warnings.ambiguous(&first, found.len());
            return Ok(None);
        }
        Ok(found.pop())
    }

    /// Keeps money that came back under the reference of a recovery, or that the bank took such a credit back. `false` where it is neither.
    fn repayment(&mut self, recorder: &mut Recorder, booking: &Booking) -> Result<bool> {
        let Some(open) = &mut self.open else { return Ok(false) };
        let known = booking.reference.repayments.iter();
        let recoveries: Vec<_> =
            known.filter_map(|reference| Some((reference, recorder.recovery(reference)?))).collect();
        let sign = match (booking.direction, booking.reversal) {
            (Direction::Credit, false) => 1,
            (Direction::Debit, true) => -1,
            _ => return Ok(false),
        };
        // A payment of ours that comes back is that, whatever else its text says.
        let (reference, finding) = match recoveries.as_slice() {
            [one] if booking.reference.whole.is_empty() => *one,
            [] | [_] => return Ok(false),
            _ => {
                recorder.warnings.several_repayments();
                return Ok(false);
            }
        };
        if booking.status == EntryStatus::NotBooked {
            return Ok(true);
        }
        let amount = match booking.amount {
            Some(amount) => amount,
            None if booking.one_of_several => {
                recorder.warnings.part_without_amount();
                return Ok(false);
            }
            None => booking.entry_amount,
        };
        let (tagger, source) = (recorder.tagger, open.source);
        let reference = reference.to_string();
        let identity = |equals_before| identity_of(tagger, source, booking, &reference, equals_before);
        let booked_on = booking.booked_on.map(|day| day.num_days_from_ce());
        let repayment = Repayment { finding, source, identity: [0; 8], amount: sign * amount, booked_on };
        let is_new = recorder.keep_repayment(repayment, &mut open.once, &identity);
        self.tally.count(is_new);
        Ok(true)
    }

    /// Keeps what a booking says of a payment. `false` where it says nothing that can be kept.
    fn of_payment(&mut self, recorder: &mut Recorder, booking: &Booking, payment: (&Claim, bool)) -> Result<bool> {
        let Some(open) = &mut self.open else { return Ok(false) };
        if booking.status == EntryStatus::NotBooked {
            return Ok(true);
        }
        let (claim, _) = payment;
        let id = payment_of(claim);
        let kind = match (booking.direction, booking.reversal, booking.returned) {
            (Direction::Credit, true, _) => EvidenceKind::Reversed,
            (Direction::Credit, false, _) => EvidenceKind::Returned,
            (Direction::Debit, true, _) => EvidenceKind::ReturnReversed,
            (Direction::Debit, false, false) => EvidenceKind::Settled,
            (Direction::Debit, false, true) => {
                recorder.warnings.unclear(&id);
                return Ok(false);
            }
        };
        let amount = booking.amount.map(|minor_units| money(minor_units, claim.amount.currency()));
        if let Some(amount) = amount.filter(|amount| *amount != claim.amount) {
            match kind {
                EvidenceKind::Returned | EvidenceKind::Reversed if amount < claim.amount => {
                    recorder.warnings.part_returned(&id, amount, claim.amount);
                }
                _ => recorder.warnings.amount_differs(&id, amount, claim.amount),
            }
        }
        let reason = ReasonCode::new(&booking.reason);
        let told = Told { kind, source: open.source, amount, booked_on: booking.booked_on, reason };
        let tagger = recorder.tagger;
        let reference = id.to_string();
        let source = open.source;
        let identity = |equals_before| identity_of(tagger, source, booking, &reference, equals_before);
        let is_new = recorder.keep_booking(payment, told, &mut open.once, &identity)?;
        self.tally.count(is_new);
        Ok(true)
    }

    /// Takes a booking that carries the bank's receipt of a payment typed by hand, and no reference of ours, for that payment.
    fn of_receipt(&mut self, recorder: &mut Recorder, booking: &Booking) -> Result<bool> {
        let Some(typed) = recorder.typed.as_ref().filter(|_| booking.reference.whole.is_empty()) else {
            return Ok(false);
        };
        let payment = match typed.by_receipt(booking).as_slice() {
            [] => return Ok(false),
            [payment] => *payment,
            several => {
                let first = several[0].to_string();
                recorder.warnings.ambiguous(&first, several.len());
                return Ok(false);
            }
        };
        let Found::Payment(claim, live) = recorder.find(&payment)? else { return Ok(false) };
        let (new_before, currency) = (self.tally.new, recorder.recording.state.currency);
        let kept = self.of_payment(recorder, booking, (&claim, live))?;
        if let Some(open) = self.open.as_ref().filter(|_| kept && self.tally.new > new_before)
            && booking.direction == Direction::Debit
        {
            // The statement may have been read before the sheet came back.
            let amount = money(booking.amount.unwrap_or(booking.entry_amount), currency);
            let reference = format!("{} {}", booking.message_id, booking.payment_information_id);
            let (tagger, source) = (recorder.tagger, open.source);
            let identity = |equals_before| identity_of(tagger, source, booking, &reference, equals_before);
            recorder.explain_debit((source, amount, booking.booked_on), &identity)?;
        }
        Ok(kept)
    }

    /// Takes a booking that names one of our files or blocks for the sum of it.
    fn of_sum(&mut self, recorder: &mut Recorder, booking: &Booking, sums: &mut Vec<SumBooking>) -> Result<bool> {
        let Some(open) = &mut self.open else { return Ok(false) };
        for id in [&booking.payment_information_id, &booking.message_id] {
            if !self.targets.contains_key(id.as_str()) {
                recorder.see_unknown_id(id);
            }
        }
        // A transaction with a reference of its own is that payment, or none of ours: never a sum.
        if !booking.reference.whole.is_empty() {
            return Ok(false);
        }
        let ids = [&booking.payment_information_id, &booking.message_id];
        let known: Vec<_> = ids.into_iter().filter_map(|id| self.targets.get(id).map(|target| (id, *target))).collect();
        let (left, never): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|(_, target)| left_as_file(&recorder.recording.state, target.batch));
        for (id, target) in never {
            recorder.warnings.message_never_released(id, target.batch);
        }
        if left.is_empty() {
            return Ok(false);
        }
        if booking.status == EntryStatus::NotBooked {
            return Ok(true);
        }
        let base = identity_of(recorder.tagger, open.source, booking, "sum", 0);
        let equals_before = open.sums.entry(base).or_insert(0);
        let identity = identity_of(recorder.tagger, open.source, booking, "sum", *equals_before);
        *equals_before += 1;
        sums.push(SumBooking {
            file: self.file,
            targets: left.into_iter().map(|(_, target)| target).collect(),
            count: booking.sum_of,
            amount: booking.amount.unwrap_or(booking.entry_amount),
            direction: booking.direction,
            reversal: booking.reversal,
            booked_on: booking.booked_on,
            source: open.source,
            identity,
        });
        Ok(true)
    }

    /// Keeps a debit that no payment explains. Always `false`: it matches nothing.
    fn unexplained(&mut self, recorder: &mut Recorder, booking: &Booking) -> Result<bool> {
        if booking.status == EntryStatus::NotBooked || booking.direction == Direction::Credit {
            return Ok(false);
        }
        let amount = match booking.amount {
            Some(amount) => amount,
            None if booking.one_of_several => {
                recorder.warnings.part_without_amount();
                return Ok(false);
            }
            None => booking.entry_amount,
        };
        self.offer(recorder, booking, amount)?;
        let Some(open) = &mut self.open else { return Ok(false) };
        let amount = money(amount, recorder.recording.state.currency);
        let reference = format!("{} {}", booking.message_id, booking.payment_information_id);
        let (tagger, source) = (recorder.tagger, open.source);
        let identity = |equals_before| identity_of(tagger, source, booking, &reference, equals_before);
        let is_new = recorder.keep_debit((source, amount, booking.booked_on), &mut open.once, &identity)?;
        self.tally.count(is_new);
        Ok(false)
    }

    /// Tells which payment typed by hand a debit may be that names none.
    fn offer(&self, recorder: &mut Recorder, booking: &Booking, amount: i64) -> Result<()> {
        let Some(typed) = &recorder.typed else { return Ok(()) };
        let transaction = &mut *recorder.recording.transaction;
        if let Some(offer) = typed.offer(transaction, recorder.tagger, booking, amount)? {
            let currency = recorder.recording.state.currency;
            recorder.warnings.perhaps_typed(&offer, money(amount, currency), booking.booked_on);
        }
        Ok(())
    }

    /// Goes through the ledger once for all references that are cut.
    fn look_up(&mut self, recorder: &mut Recorder) -> Result<()> {
        let bookings = std::mem::take(&mut self.beginnings);
        let mut found: HashMap<[u8; 10], Vec<(Claim, bool)>> =
            bookings.iter().filter_map(|booking| Some((decoded(&booking.reference.beginning)?, Vec::new()))).collect();
        if !found.is_empty() {
            let state = &recorder.recording.state;
            recorder.recording.transaction.claims_ever(&mut |claim, live| {
                if let Some(same) = found.get_mut(&beginning_of(&claim)) {
                    same.push((claim, live));
                }
                Ok(())
            })?;
            for same in found.values_mut() {
                same.retain(|(claim, _)| has_left(state, claim.batch));
            }
        }
        for booking in &bookings {
            let same = decoded(&booking.reference.beginning).and_then(|beginning| found.get(&beginning));
            let matched = match same.map(Vec::as_slice).unwrap_or_default() {
                [] => self.of_receipt(recorder, booking)? || self.unexplained(recorder, booking)?,
                [(claim, live)] => self.of_payment(recorder, booking, (claim, *live))?,
                several => {
                    recorder.warnings.ambiguous(&booking.reference.beginning, several.len());
                    false
                }
            };
            self.tally.count_entry(matched);
        }
        Ok(())
    }
}

/// What tells a booking from every other of its kind of report, wherever it is told again.
fn identity_of(
    tagger: &crate::ledger::idempotency::Tagger,
    source: Source,
    booking: &Booking,
    reference: &str,
    equals_before: u32,
) -> Pseudonym {
    let direction = match booking.direction {
        Direction::Debit => "debit",
        Direction::Credit => "credit",
    };
    tagger.identity(&[
        "stopgap booking 1",
        &(source as u8).to_string(),
        &booking.bank_reference,
        &booking.booked_on.map(|day| day.to_string()).unwrap_or_default(),
        &booking.amount.unwrap_or(booking.entry_amount).to_string(),
        direction,
        if booking.reversal { "reversal" } else { "" },
        reference,
        &equals_before.to_string(),
    ])
}

/// The bytes that sixteen characters of an end-to-end id hold: the obligation half of the tag and two bytes of the other.
fn decoded(beginning: &str) -> Option<[u8; 10]> {
    BASE32_NOPAD.decode(beginning.as_bytes()).ok()?.try_into().ok()
}

fn beginning_of(claim: &Claim) -> [u8; 10] {
    let EndToEndId { tag, .. } = payment_of(claim);
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&tag.obligation);
    bytes[8..].copy_from_slice(&tag.series[..2]);
    bytes
}

/// What a message may quote of the bank's own names for its statements.
fn shown(id: &str) -> String {
    id.chars().take(35).flat_map(char::escape_debug).collect()
}

fn account_unnamed() -> Fault {
    Fault::input("report.account_unnamed", say!("The export does not say of which account it is.")).remedy(say!(
        "If it is of the account that the fallback pays from, add --own-account; nothing was recorded from it."
    ))
}

fn other_currency(recorder: &Recorder) -> Fault {
    let currency = recorder.recording.state.currency;
    Fault::input(
        "report.other_currency",
        say!("The report is in another currency than the ledger's {currency}.", currency = currency.to_string()),
    )
    .remedy(say!("Fetch the report of the account that the fallback pays from; nothing was recorded from this one."))
}
