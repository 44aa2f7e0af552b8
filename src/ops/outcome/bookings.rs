//! camt and MT940: movements on the payer's account, put aside as they are read. See [`super::keep`] for what becomes of them.

use chrono::Datelike;
use data_encoding::BASE32_NOPAD;

use super::aside::{Aside, Booked, KnownBy, Place, SUM, Said, SumBooking};
use super::recorder::{Found, Recorder};
use super::{Targets, left_as_file, source_of};
use crate::bank::report::Kind;
use crate::bank::report::account::{SameAccount, compare};
use crate::bank::report::item::{
    Booking, Direction, EntryStatus, StatementEnd, StatementHead, ToldAccount, is_currency,
};
use crate::fault::{Fault, Result};
use crate::ledger::event::StatementSeen;
use crate::ledger::outcome::Source;
use crate::ledger::remedies::Repayment;
use crate::payment::EndToEndId;
use crate::say;

pub struct Statements<'t> {
    targets: &'t Targets,
    /// Which of the command's files this is.
    file: u32,
    /// Whether a statement that names no account is of the payer's.
    own_account: bool,
    /// Statements of the payer's account, and of others.
    ours: u64,
    others: u64,
    open: Option<Open>,
    /// The number of the entry at hand, and whether any of it only announces.
    entry: u64,
    not_booked: bool,
}

/// The statement at hand, where it is of the payer's account.
struct Open {
    source: Source,
    id: String,
    number: Option<u64>,
    /// Among the statements of the command.
    statement: u32,
}

impl<'t> Statements<'t> {
    pub fn new(targets: &'t Targets, file: u32, own_account: bool) -> Self {
        Self { targets, file, own_account, ours: 0, others: 0, open: None, entry: 0, not_booked: false }
    }

    pub fn begin(&mut self, recorder: &mut Recorder, aside: &mut Aside, head: &StatementHead) -> Result<()> {
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
        let statement = aside.begin_statement();
        let source = source_of(head.kind);
        self.open = Some(Open { source, id: shown(&head.id), number: head.sequence, statement });
        Ok(())
    }

    pub fn booking(&mut self, recorder: &mut Recorder, aside: &mut Aside, booking: &Booking) -> Result<()> {
        let Some(Open { source, statement, .. }) = self.open else { return Ok(()) };
        if booking.status == EntryStatus::NotBooked {
            self.not_booked = true;
        } else if booking.foreign {
            return Err(other_currency(recorder));
        }
        let place = Place { file: self.file, entry: self.entry, alone: !booking.one_of_several };
        let booked = |known_by| {
            let mut booked = Booked::of(booking, place, statement, source, known_by);
            if recorder.typed.is_some() {
                booked.payee_account = booking.payee_account.as_str().into();
            }
            booked
        };
        let (by_reference, by_lookup) = (booked(KnownBy::Reference), KnownBy::Lookup);
        if self.repayment(recorder, aside, booking, &by_reference)? {
            return aside.resolve(place, true);
        }
        match booking.reference.whole.as_slice() {
            [payment] => aside.say(payment, &Said::Booking(by_reference)),
            [] => {
                let known_by = receipt_of(recorder, booking);
                let booked = Booked { known_by, ..by_reference };
                if let Some(beginning) = decoded(&booking.reference.beginning) {
                    return aside.beginning(beginning, &booked);
                }
                if let Some(payment) = by_receipt(recorder, &booked)? {
                    let known_by = KnownBy::Receipt;
                    return aside.say(&payment, &Said::Booking(Booked { known_by, ..booked }));
                }
                if self.of_sum(recorder, aside, booking, &booked)? {
                    return aside.resolve(place, true);
                }
                unexplained(recorder, aside, &booked)
            }
            several => {
                if recorder.is_another_desks(several)? {
                    return aside.resolve(place, true);
                }
                let booked = Booked { known_by: by_lookup, ..by_reference };
                match find_one(recorder, several, &booked)? {
                    Some(payment) => aside.say(&payment, &Said::Booking(booked)),
                    None => {
                        see_unknown_ids(recorder, self.targets, &booked);
                        unexplained(recorder, aside, &booked)
                    }
                }
            }
        }
    }

    pub fn end_entry(&mut self, aside: &mut Aside) {
        self.entry += 1;
        let not_booked = std::mem::take(&mut self.not_booked);
        if self.open.is_some() {
            let tally = &mut aside.tallies[self.file as usize];
            tally.entries += 1;
            tally.not_booked += u64::from(not_booked);
        }
    }

    pub fn end(&mut self, recorder: &mut Recorder, aside: &mut Aside, end: &StatementEnd) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if let Some(difference) = end.difference(recorder.recording.state.currency) {
            recorder.warnings.balance_is_out(&open.id, difference);
        }
        // Only the statements of record are numbered without gaps; the day's reports and notifications come as they come.
        if let (Some(number), Source::Statement | Source::Mt940) = (open.number, open.source) {
            let [opening, closing] = [end.opening, end.closing].map(|balance| balance.filter(|_| !end.is_page));
            aside.tallies[self.file as usize].statements.push(StatementSeen {
                source: open.source,
                number,
                opening,
                closing,
            });
        }
        Ok(())
    }

    /// # Errors
    /// `report.other_account`, where no statement is of the payer's account.
    pub fn finish(self, recorder: &mut Recorder) -> Result<()> {
        if self.ours == 0 {
            let message = say!("The report is of another account than the payer's.");
            return Err(Fault::input("report.other_account", message).remedy(say!(
                "Fetch the report of the account that the fallback pays from; nothing was recorded from this one."
            )));
        }
        if self.others > 0 {
            recorder.warnings.other_accounts(self.others);
        }
        Ok(())
    }

    /// Keeps money that came back under the reference of a recovery, or that the bank took such a credit back. `false` where it is neither.
    fn repayment(
        &self,
        recorder: &mut Recorder,
        aside: &mut Aside,
        booking: &Booking,
        booked: &Booked,
    ) -> Result<bool> {
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
        let (tagger, source) = (recorder.tagger, booked.source);
        let reference = reference.to_string();
        let identity = |equals_before| booked.identity(tagger, &reference, equals_before);
        let booked_on = booking.booked_on.map(|day| day.num_days_from_ce());
        let repayment = Repayment { finding, source, identity: [0; 8], amount: sign * amount, booked_on };
        let is_new = recorder.keep_repayment(repayment, booked.statement, &identity)?;
        aside.tallies[self.file as usize].count(is_new);
        Ok(true)
    }

    /// Takes a booking that names one of our files or blocks for the sum of it.
    ///
    /// A transaction with a reference of its own is that payment, or none of ours, and never a sum: it does not come here.
    fn of_sum(&self, recorder: &mut Recorder, aside: &mut Aside, booking: &Booking, booked: &Booked) -> Result<bool> {
        see_unknown_ids(recorder, self.targets, booked);
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
        aside.sum(&SumBooking {
            file: self.file,
            targets: left.into_iter().map(|(_, target)| target).collect(),
            count: booking.sum_of,
            booking: booked.clone(),
            identity: booked.identity(recorder.tagger, SUM, 0),
        })?;
        Ok(true)
    }
}

/// The one released payment that a booking with several references names.
fn find_one(recorder: &mut Recorder, references: &[EndToEndId], booked: &Booked) -> Result<Option<EndToEndId>> {
    let (mut found, mut others): (Vec<EndToEndId>, Vec<(EndToEndId, Found)>) = Default::default();
    for id in references {
        match recorder.find(id)? {
            Found::Payment(claim, _) => found.push(claim.end_to_end_id()),
            other => others.push((*id, other)),
        }
    }
    // Beside a payment of ours nothing is known of the others.
    let paid = found.is_empty() && booked.is_payment();
    for (id, other) in others.iter().filter(|(_, other)| found.is_empty() || matches!(other, Found::NeverReleased(_))) {
        recorder.see_not_released(id, other, paid);
    }
    if let [first, _, ..] = found.as_slice() {
        recorder.warnings.ambiguous(&first.to_string(), found.len());
        return Ok(None);
    }
    Ok(found.pop())
}

/// What receipts of payments typed by hand a booking carries.
fn receipt_of(recorder: &Recorder, booking: &Booking) -> KnownBy {
    let found = recorder.typed.as_ref().map(|typed| typed.by_receipt(booking)).unwrap_or_default();
    let (receipt, typed) = found.first().copied().unzip();
    let receipts = u32::try_from(found.len()).unwrap_or(u32::MAX);
    KnownBy::Nothing { receipt, receipts, typed: typed.unwrap_or_default() }
}

/// The released payment typed by hand whose receipt a booking carries, if it is one. A debit of another amount than was typed, and a credit of
/// more, may be a stranger's with the same number: two people decide.
pub fn by_receipt(recorder: &mut Recorder, booked: &Booked) -> Result<Option<EndToEndId>> {
    let KnownBy::Nothing { receipt: Some(payment), receipts, typed } = booked.known_by else { return Ok(None) };
    if receipts > 1 {
        recorder.warnings.ambiguous(&payment.to_string(), receipts as usize);
        return Ok(None);
    }
    if !matches!(recorder.find(&payment)?, Found::Payment(..)) {
        return Ok(None);
    }
    let amount = booked.amount.unwrap_or(booked.entry_amount);
    let agrees = if booked.is_credit { amount <= typed } else { amount == typed };
    if !agrees {
        let place = recorder.typed.as_ref().and_then(|all| all.place(&payment));
        if let Some(place) = place.filter(|_| booked.is_booked) {
            let currency = recorder.recording.state.currency;
            let [told, typed] = [amount, typed].map(|minor_units| super::money(minor_units, currency));
            recorder.warnings.receipt_of_other_amount(place, booked, told, typed);
        }
        return Ok(None);
    }
    Ok(Some(payment))
}

/// Looks at the ids by which the bank calls what a booking that is not known is part of.
pub fn see_unknown_ids(recorder: &mut Recorder, targets: &Targets, booked: &Booked) {
    for id in [&booked.payment_information_id, &booked.message_id] {
        if !targets.contains_key(id.as_str()) {
            recorder.see_unknown_id(id);
        }
    }
}

/// Puts a debit aside that no payment explains. It matches nothing.
pub fn unexplained(recorder: &mut Recorder, aside: &mut Aside, booked: &Booked) -> Result<()> {
    aside.resolve(booked.place, false)?;
    if !booked.is_booked || booked.is_credit {
        return Ok(());
    }
    if booked.amount.is_none() && !booked.place.alone {
        recorder.warnings.part_without_amount();
        return Ok(());
    }
    aside.debit(booked.identity(recorder.tagger, &booked.debit_reference(), 0), booked)
}

/// The bytes that sixteen characters of an end-to-end id hold: the obligation half of the tag and two bytes of the other.
fn decoded(beginning: &str) -> Option<[u8; 10]> {
    BASE32_NOPAD.decode(beginning.as_bytes()).ok()?.try_into().ok()
}

/// What a message may quote of the bank's own names for things.
pub fn shown(id: &str) -> String {
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
