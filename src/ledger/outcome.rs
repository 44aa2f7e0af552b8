//! What the bank's reports say happened to a payment: pieces of [`Evidence`], and the [`Standing`] that follows from all of them.
//!
//! Evidence is only ever added, each piece once however often the bank tells it, and the standing is worked out from the whole: so the
//! order in which reports are read does not matter. Reports of different kinds tell of the same money (a notification today, the statement
//! tomorrow), and banks give an entry another reference in each. Two bookings therefore count as two only where one kind of report shows
//! both: to ask a citizen for money because one booking was told twice would be worse than to find a real one a statement later.

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{Datelike, NaiveDate};

use super::idempotency::Pseudonym;
use super::state::{BatchPhase, LedgerState};
use super::store::{Claim, Snapshot};
use crate::fault::Result;
use crate::payment::{Amount, AmountOverflow, BatchId, EndToEndId};

/// The kind of report that something was read in. The numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Source {
    /// pain.002: what the bank says of the payments it was asked for. No money is seen to move.
    StatusReport = 1,
    /// camt.052: the account during the day.
    AccountReport = 2,
    /// camt.053: the account at the end of the day.
    Statement = 3,
    /// camt.054: single entries told.
    Notification = 4,
    Mt940 = 5,
    /// A net bank's export of the account as text.
    Export = 6,
    /// Two people of the office, where nobody else can know: whether a payment was ever typed.
    People = 7,
    /// camt.029: what the bank says of payments that it was asked to take back. No money is seen to move.
    Resolution = 8,
}

/// What a piece of evidence says. The numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum EvidenceKind {
    /// The bank has taken it on.
    Accepted = 1,
    /// The bank will not carry it out, or has cancelled it, and not because it has it already.
    Rejected = 2,
    /// The bank refused what looked to it like a second one: the first stands, so this frees nothing.
    DuplicateAtBank = 3,
    /// Debited, by itself.
    Settled = 4,
    /// Debited within a sum that agrees with what was sent.
    InSum = 5,
    /// Came back to the payer's account.
    Returned = 6,
    /// The bank took its debit back.
    Reversed = 7,
    /// The bank took a return or its reversal back: the money left after all.
    ReturnReversed = 8,
    /// Not the bank's word but what followed from it here: the obligation may be paid again.
    Freed = 9,
    /// Two people asked the bank to take it back because another payment stands for the same obligation: nothing that becomes of this one
    /// frees that.
    RecalledAsDouble = 10,
    /// The bank took it back when it was asked to.
    Cancelled = 11,
}

impl Source {
    pub const ALL: [Source; 8] = [
        Source::StatusReport,
        Source::AccountReport,
        Source::Statement,
        Source::Notification,
        Source::Mt940,
        Source::Export,
        Source::People,
        Source::Resolution,
    ];

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|source| *source as u8 == number)
    }

    /// Whether it tells of money that moved on the account.
    pub fn shows_the_account(self) -> bool {
        use Source::{AccountReport, Export, Mt940, Notification, People, Resolution, Statement, StatusReport};
        match self {
            AccountReport | Statement | Notification | Mt940 | Export => true,
            StatusReport | People | Resolution => false,
        }
    }
}

impl EvidenceKind {
    pub const ALL: [EvidenceKind; 11] = [
        EvidenceKind::Accepted,
        EvidenceKind::Rejected,
        EvidenceKind::DuplicateAtBank,
        EvidenceKind::Settled,
        EvidenceKind::InSum,
        EvidenceKind::Returned,
        EvidenceKind::Reversed,
        EvidenceKind::ReturnReversed,
        EvidenceKind::Freed,
        EvidenceKind::RecalledAsDouble,
        EvidenceKind::Cancelled,
    ];

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// One thing that one report says of one payment. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The entry of the chain that recorded it, and its number among that entry's pieces, from 0.
    pub place: (u64, u32),
    pub payment: EndToEndId,
    pub kind: EvidenceKind,
    pub source: Source,
    /// Keyed digest of what makes the bank's entry this one and no other. Equal where the bank only tells it again.
    pub identity: Pseudonym,
    /// As the bank says it; `None` where it names none.
    pub amount: Option<Amount>,
    pub booked_on: Option<NaiveDate>,
    /// The bank's reason, where it gave one of ISO 20022's external codes.
    pub reason: Option<ReasonCode>,
}

/// A debit on the payer's account that no released payment explains, or the explanation of one told before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankDebit {
    /// The entry of the chain that recorded it, and its number among that entry's debits, from 0.
    pub place: (u64, u32),
    pub source: Source,
    pub identity: Pseudonym,
    /// What left the account; positive.
    pub amount: Amount,
    pub booked_on: Option<NaiveDate>,
    /// Whether this takes an earlier one with the same identity back: it has been explained since.
    pub explained: bool,
}

/// One to four capitals and digits, padded with spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReasonCode([u8; 4]);

impl ReasonCode {
    /// `None` where the text is not shaped like a code of an external code set.
    pub fn new(text: &str) -> Option<Self> {
        let shaped = (1..=4).contains(&text.len());
        if !shaped || !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return None;
        }
        let mut code = [b' '; 4];
        code[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default().trim_end()
    }
}

/// Where a payment stands by the bank's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The bank has said nothing that tells. Counts as paid all the same.
    None,
    Accepted,
    /// Booked by itself, and stands once.
    Settled,
    /// Booked within a sum only.
    Batch,
    /// Booked more than once, and more than one stands.
    Doubled,
    /// Came back.
    Returned,
    Rejected,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::None => "none",
            Standing::Accepted => "accepted",
            Standing::Settled => "settled",
            Standing::Batch => "batch",
            Standing::Doubled => "doubled",
            Standing::Returned => "returned",
            Standing::Rejected => "rejected",
        }
    }

    /// Whether the payment did not stand. The obligation may then be paid again, unless another payment stands for it: see
    /// [`PaymentStanding::frees`].
    pub fn did_not_stand(self) -> bool {
        matches!(self, Standing::Returned | Standing::Rejected)
    }
}

/// A released payment and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentStanding {
    pub end_to_end_id: EndToEndId,
    pub batch: BatchId,
    /// As it was sent.
    pub amount: Amount,
    pub standing: Standing,
    /// How often the bank booked it: alone, or within sums.
    pub bookings: u32,
    /// The first day on which it was booked, where the bank says so.
    pub booked_on: Option<NaiveDate>,
    /// What came back of all bookings together.
    pub returned: Amount,
    /// How many whole bookings came back.
    pub times_returned: u32,
    /// Why the bank rejected or returned it, where it gave a code.
    pub reason: Option<ReasonCode>,
    /// The bank's word contradicts itself or what was done on it: rejected and booked, or freed and standing. For a person to clear up.
    pub contradictory: bool,
    /// Whether the obligation is still held by this payment; `false` once it was freed to be paid again.
    pub live: bool,
    /// What one booking of it came to, where it was booked by itself and every report says the same.
    pub booked: Option<Amount>,
    /// Two people said that another payment stands for the same obligation, and had this one recalled.
    pub stays_paid: bool,
    /// The bank took it back when it was asked to.
    pub cancelled: bool,
    pub other_amounts: OtherAmounts,
}

/// What the bank's amounts are, where they are other than what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherAmounts {
    /// It was booked once, and as this.
    pub booked: Option<Amount>,
    /// What is out in all by its bookings and returns, where that is not what was sent, as many times as it stands.
    pub out: Option<Amount>,
    /// Beside whole bookings a part of one came back, and the rest is out.
    pub part_back: Option<Amount>,
    /// It was typed by hand as this. The sheets tell, and no report of the bank's.
    pub typed: Option<Amount>,
}

impl OtherAmounts {
    /// What is out of a payment that was sent as this and stands so many times.
    ///
    /// # Errors
    /// Where it leaves the range of amounts.
    pub fn out_of(&self, sent: Amount, times_standing: u32) -> std::result::Result<Amount, AmountOverflow> {
        match self.out {
            Some(out) => Ok(out),
            None => self.typed.unwrap_or(sent).checked_mul(times_standing),
        }
    }
}

impl PaymentStanding {
    /// Whether the obligation may be paid again.
    pub fn frees(&self) -> bool {
        self.standing.did_not_stand() && !self.stays_paid
    }

    /// How many times the money is out: silence counts as once.
    pub fn times_standing(&self) -> u32 {
        times_standing(self.standing, self.bookings, self.times_returned)
    }
}

fn times_standing(standing: Standing, bookings: u32, times_returned: u32) -> u32 {
    match standing {
        Standing::Rejected | Standing::Returned => 0,
        _ => bookings.max(1).saturating_sub(times_returned).max(1),
    }
}

/// Hands out where every payment stands that was ever released (or whose release has begun), in order of tag and attempt.
pub fn standings(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    visit: &mut dyn FnMut(PaymentStanding) -> Result<()>,
) -> Result<()> {
    snapshot.claims_with_evidence(&mut |claim, live, evidence| {
        if has_left(state, claim.batch) { visit(standing_of(&claim, live, evidence)) } else { Ok(()) }
    })
}

/// As [`standings`], of those payments alone of which the bank has said anything: the others stand, once, as they were sent.
pub fn standings_heard_of(
    snapshot: &mut dyn Snapshot,
    state: &LedgerState,
    visit: &mut dyn FnMut(PaymentStanding) -> Result<()>,
) -> Result<()> {
    snapshot.claims_heard_of(&mut |claim, live, evidence| {
        if has_left(state, claim.batch) { visit(standing_of(&claim, live, evidence)) } else { Ok(()) }
    })
}

/// Hands out the debits on the payer's account that no payment of this ledger explains, by day and amount. Where several kinds of report
/// tell of equal debits, as many are handed out as the kind that tells most.
pub fn unexplained_debits(snapshot: &mut dyn Snapshot, visit: &mut dyn FnMut(BankDebit) -> Result<()>) -> Result<()> {
    let mut equals: Vec<BankDebit> = Vec::new();
    snapshot.open_debits(&mut |debit| {
        if equals.last().is_some_and(|other| (other.booked_on, other.amount) != (debit.booked_on, debit.amount)) {
            fullest_source(&mut equals).into_iter().try_for_each(&mut *visit)?;
        }
        equals.push(debit);
        Ok(())
    })?;
    fullest_source(&mut equals).into_iter().try_for_each(visit)
}

/// Of equal debits those of the source that has most of them.
fn fullest_source(equals: &mut Vec<BankDebit>) -> Vec<BankDebit> {
    let count = |source: Source| equals.iter().filter(|debit| debit.source == source).count();
    let fullest = Source::ALL.into_iter().rev().max_by_key(|source| count(*source));
    equals.drain(..).filter(|debit| Some(debit.source) == fullest).collect()
}

/// Whether a batch's files may be with the bank.
pub fn has_left(state: &LedgerState, batch: BatchId) -> bool {
    state.batches.get(&batch).is_some_and(|b| matches!(b.phase, BatchPhase::Releasing | BatchPhase::Released))
}

/// What all evidence about one payment comes to.
pub fn standing_of(claim: &Claim, live: bool, evidence: &[Evidence]) -> PaymentStanding {
    let has = |kind| evidence.iter().any(|piece| piece.kind == kind);
    let sources = || Source::ALL.into_iter().filter(|source| evidence.iter().any(|piece| piece.source == *source));
    let alone = has(EvidenceKind::Settled);
    let booked = [EvidenceKind::Settled, EvidenceKind::InSum];
    let bookings = sources().map(|source| bookings_in(source, evidence, &booked)).max().unwrap_or(0);
    let returned = sources().map(|source| returned_in(source, evidence, claim)).max().unwrap_or(0).max(0);
    let booked_alone = booked_alone(evidence);
    let each = booked_alone.unwrap_or(claim.amount);
    let (times_returned, part_back) = match each.minor_units() {
        amount @ 1.. => (u32::try_from(returned / amount).unwrap_or(u32::MAX), returned % amount),
        _ => (0, returned),
    };
    let all = Booked::of(claim, each, evidence);
    let left = all.sum.saturating_sub(returned).max(0);
    // No whole booking is left: what is, is a fee, or another part of what the bank booked under its reference.
    let came_back = times_returned > 0 && left < claim.amount.minor_units() && all.whole <= times_returned;
    let standing = match bookings.saturating_sub(times_returned) {
        _ if came_back => Standing::Returned,
        0 if times_returned > 0 => Standing::Returned,
        0 if has(EvidenceKind::Rejected) || has(EvidenceKind::Cancelled) => Standing::Rejected,
        0 if has(EvidenceKind::Accepted) => Standing::Accepted,
        0 => Standing::None,
        1 if alone => Standing::Settled,
        1 => Standing::Batch,
        _ => Standing::Doubled,
    };
    let not_to_stand = [EvidenceKind::Rejected, EvidenceKind::Cancelled];
    let money = |minor_units| Amount::from_minor_units(minor_units, claim.amount.currency());
    let as_sent = claim.amount.checked_mul(times_standing(standing, bookings, times_returned)).ok();
    // Booked once and as another amount, it is as it was sent, with a remark.
    let tells_what_is_out = !standing.did_not_stand() && (bookings > 1 || returned > 0);
    let told_why = |piece: &&Evidence| piece.kind == EvidenceKind::Returned || not_to_stand.contains(&piece.kind);
    PaymentStanding {
        end_to_end_id: claim.end_to_end_id(),
        batch: claim.batch,
        amount: claim.amount,
        standing,
        bookings,
        booked_on: evidence.iter().filter(|piece| booked.contains(&piece.kind)).filter_map(|p| p.booked_on).min(),
        returned: money(returned),
        times_returned,
        reason: evidence.iter().filter(told_why).filter_map(|piece| piece.reason).min(),
        contradictory: !standing.did_not_stand() && (!live || not_to_stand.into_iter().any(has)),
        live,
        booked: booked_alone,
        stays_paid: has(EvidenceKind::RecalledAsDouble),
        cancelled: has(EvidenceKind::Cancelled),
        other_amounts: OtherAmounts {
            booked: booked_alone.filter(|booked| standing == Standing::Settled && *booked != claim.amount),
            out: tells_what_is_out.then(|| money(left)).filter(|left| Some(*left) != as_sent),
            part_back: (part_back > 0 && !standing.did_not_stand()).then(|| money(part_back)),
            typed: None,
        },
    }
}

/// Whether what entries after this one say of the payment makes more or less of its money be out, or to contradict what was said before.
pub fn is_other_since(entry: u64, claim: &Claim, live: bool, evidence: &[Evidence]) -> bool {
    let was_told = |piece: &&Evidence| piece.place.0 <= entry;
    if evidence.iter().all(|piece| was_told(&piece)) {
        return false;
    }
    let before: Vec<Evidence> = evidence.iter().filter(was_told).cloned().collect();
    let [then, now] = [&before[..], evidence].map(|told| standing_of(claim, live, told));
    let of = |standing: &PaymentStanding| (standing.times_standing(), standing.contradictory, standing.other_amounts);
    of(&then) != of(&now)
}

/// What the kind of report says that tells of most bookings; of several such the first that shows the account.
#[derive(Clone, Copy, Debug, Default)]
struct Booked {
    bookings: u32,
    shows_the_account: bool,
    /// In minor units.
    sum: i64,
    /// Of the bookings, those of the whole payment and not of a fee or a part.
    whole: u32,
}

impl Booked {
    fn of(claim: &Claim, each: Amount, evidence: &[Evidence]) -> Self {
        let sources = Source::ALL.into_iter().rev().map(|source| Self::in_source(source, claim, each, evidence));
        let fullest = sources.max_by_key(|told| (told.bookings, told.shows_the_account)).unwrap_or_default();
        match fullest.bookings {
            // Without a booking it counts as paid once.
            0 => Self { sum: claim.amount.minor_units(), whole: 1, ..fullest },
            _ => fullest,
        }
    }

    fn in_source(source: Source, claim: &Claim, each: Amount, evidence: &[Evidence]) -> Self {
        let of_source = || evidence.iter().filter(move |piece| piece.source == source);
        let mut told = Self { shows_the_account: source.shows_the_account(), ..Self::default() };
        for day in booking_days(of_source()) {
            let of_day = |kind| of_source().filter(move |piece| piece.kind == kind && piece.booked_on == day);
            let singles = of_day(EvidenceKind::Settled).map(|piece| piece.amount.unwrap_or(claim.amount));
            // Of a sum that agrees with what was sent. The singles of its day are in it.
            let within = of_day(EvidenceKind::InSum).count().saturating_sub(singles.clone().count());
            for amount in singles.chain(std::iter::repeat_n(claim.amount, within)) {
                told.bookings += 1;
                told.sum = told.sum.saturating_add(amount.minor_units());
                told.whole += u32::from(amount == each || amount == claim.amount);
            }
        }
        told
    }
}

/// The amount that all bookings of the payment by itself name.
fn booked_alone(evidence: &[Evidence]) -> Option<Amount> {
    let settled = evidence.iter().filter(|piece| piece.kind == EvidenceKind::Settled);
    let mut amounts = settled.filter_map(|piece| piece.amount);
    let first = amounts.next()?;
    amounts.all(|other| other == first).then_some(first)
}

/// The days on which the payment was booked, each once.
fn booking_days<'a>(evidence: impl Iterator<Item = &'a Evidence>) -> Vec<Option<NaiveDate>> {
    let booked = evidence.filter(|piece| matches!(piece.kind, EvidenceKind::Settled | EvidenceKind::InSum));
    let mut days: Vec<Option<NaiveDate>> = booked.map(|piece| piece.booked_on).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// How often one kind of report shows the payment booked. On one day the singles and the sum are the same money.
fn bookings_in(source: Source, evidence: &[Evidence], kinds: &[EvidenceKind]) -> u32 {
    let of_source = || evidence.iter().filter(move |piece| piece.source == source);
    let days = booking_days(of_source());
    let on = |day: &Option<NaiveDate>| {
        let count = |kind| of_source().filter(|piece| piece.kind == kind && piece.booked_on == *day).count();
        kinds.iter().map(|kind| count(*kind)).max().unwrap_or(0)
    };
    u32::try_from(days.iter().map(on).sum::<usize>()).unwrap_or(u32::MAX)
}

/// What one kind of report shows to have come back, in minor units. A return that names no amount is one of the whole.
fn returned_in(source: Source, evidence: &[Evidence], claim: &Claim) -> i64 {
    let signed = |piece: &Evidence| {
        let amount = piece.amount.unwrap_or(claim.amount).minor_units();
        match piece.kind {
            EvidenceKind::Returned | EvidenceKind::Reversed => amount,
            EvidenceKind::ReturnReversed => amount.saturating_neg(),
            _ => 0,
        }
    };
    evidence.iter().filter(|piece| piece.source == source).map(signed).fold(0, i64::saturating_add)
}

impl Evidence {
    /// The bytes that an outcome's evidence root is made of, fixed in width: tag (16), attempt (1), kind (1), source (1), identity (8),
    /// amount (i64; the least where none), day (i32, common era; the least where none), reason (4, zero where none). Little-endian.
    pub fn to_bytes(&self) -> [u8; 43] {
        let tag = &self.payment.tag;
        let numbers = [self.payment.attempt, self.kind as u8, self.source as u8];
        let reason = self.reason.map_or([0; 4], |reason| reason.0);
        let fields: [&[u8]; 7] = [
            &tag.series,
            &tag.obligation,
            &numbers,
            &self.identity,
            &self.amount.map_or(i64::MIN, Amount::minor_units).to_le_bytes(),
            &day_number(self.booked_on).to_le_bytes(),
            &reason,
        ];
        joined(&fields)
    }
}

impl BankDebit {
    /// As [`Evidence::to_bytes`]: source (1), whether explained (1), identity (8), amount (i64), day (i32).
    pub fn to_bytes(&self) -> [u8; 22] {
        let numbers = [self.source as u8, u8::from(self.explained)];
        let amount = self.amount.minor_units().to_le_bytes();
        joined(&[&numbers, &self.identity, &amount, &day_number(self.booked_on).to_le_bytes()])
    }
}

fn day_number(day: Option<NaiveDate>) -> i32 {
    day.map_or(i32::MIN, |day| day.num_days_from_ce())
}

fn joined<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = 0;
    for field in fields {
        bytes[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::EvidenceKind::{
        Accepted, Cancelled, DuplicateAtBank, Freed, InSum, RecalledAsDouble, Rejected, ReturnReversed, Returned,
        Reversed, Settled,
    };
    use super::Source::{AccountReport, Mt940, Notification, People, Resolution, Statement, StatusReport};
    use super::*;
    use crate::payment::{Currency, Tag};

    fn claim() -> Claim {
        Claim {
            tag: Tag { series: [1; 8], obligation: [1; 8] },
            attempt: 1,
            batch: BatchId::new('B', 1),
            person: [1; 8],
            payee: None,
            account: [1; 8],
            amount: Amount::from_minor_units(1000, Currency::Dkk),
            period: "2022-04".parse().expect("a period"),
        }
    }

    /// Kind, source, day of April 2022 and minor units of the `number`th piece.
    type Piece = (EvidenceKind, Source, u32, i64);

    fn evidence(number: usize, (kind, source, day, minor_units): Piece) -> Evidence {
        Evidence {
            place: (9, number as u32),
            payment: EndToEndId { tag: claim().tag, attempt: 1 },
            kind,
            source,
            identity: [number as u8; 8],
            amount: (minor_units != 0).then(|| Amount::from_minor_units(minor_units, Currency::Dkk)),
            booked_on: NaiveDate::from_ymd_opt(2022, 4, day),
            reason: (kind == Rejected).then(|| ReasonCode::new("AC04").expect("a code")),
        }
    }

    fn standing(pieces: &[Piece], live: bool) -> PaymentStanding {
        let evidence: Vec<_> = pieces.iter().enumerate().map(|(number, piece)| evidence(number, *piece)).collect();
        standing_of(&claim(), live, &evidence)
    }

    /// Evidence, then what follows: standing, bookings, how many times the money is out, and whether a person must clear it up.
    #[test]
    fn the_standing_follows_from_all_evidence() {
        let table: &[(&[Piece], Standing, u32, u32, bool)] = &[
            (&[], Standing::None, 0, 1, false),
            (&[(Accepted, StatusReport, 1, 0)], Standing::Accepted, 0, 1, false),
            (&[(Rejected, StatusReport, 1, 0)], Standing::Rejected, 0, 0, false),
            (&[(Accepted, StatusReport, 1, 0), (Rejected, StatusReport, 2, 0)], Standing::Rejected, 0, 0, false),
            // A refusal of what the bank has already says nothing against the first.
            (&[(DuplicateAtBank, StatusReport, 1, 0)], Standing::None, 0, 1, false),
            (&[(Accepted, StatusReport, 1, 0), (DuplicateAtBank, StatusReport, 2, 0)], Standing::Accepted, 0, 1, false),
            (&[(Settled, Statement, 1, 1000)], Standing::Settled, 1, 1, false),
            // One booking told by every kind of report.
            (
                &[
                    (Settled, StatusReport, 1, 0),
                    (Settled, AccountReport, 1, 1000),
                    (Settled, Statement, 1, 1000),
                    (Settled, Notification, 2, 1000),
                    (Settled, Mt940, 1, 1000),
                ],
                Standing::Settled,
                1,
                1,
                false,
            ),
            (&[(Settled, Statement, 1, 1000), (Settled, Statement, 1, 1000)], Standing::Doubled, 2, 2, false),
            (&[(Settled, Statement, 1, 1000), (Settled, Statement, 5, 1000)], Standing::Doubled, 2, 2, false),
            (&[(InSum, Statement, 1, 0)], Standing::Batch, 1, 1, false),
            (&[(InSum, Statement, 1, 0), (Settled, Notification, 1, 1000)], Standing::Settled, 1, 1, false),
            (&[(InSum, Statement, 1, 0), (Settled, Statement, 1, 1000)], Standing::Settled, 1, 1, false),
            (&[(InSum, Statement, 1, 0), (Settled, Statement, 3, 1000)], Standing::Doubled, 2, 2, false),
            (&[(InSum, Statement, 1, 0), (InSum, Statement, 3, 0)], Standing::Doubled, 2, 2, false),
            (&[(Settled, Statement, 1, 1000), (Returned, Statement, 2, 1000)], Standing::Returned, 1, 0, false),
            (&[(Returned, Statement, 2, 0)], Standing::Returned, 0, 0, false),
            (&[(Settled, Statement, 1, 1000), (Reversed, Statement, 1, 1000)], Standing::Returned, 1, 0, false),
            // One return told twice is one.
            (
                &[(Settled, Statement, 1, 1000), (Returned, Statement, 2, 1000), (Returned, Notification, 2, 1000)],
                Standing::Returned,
                1,
                0,
                false,
            ),
            // Doubled, and one came back, as every kind of report tells: one stands.
            (
                &[
                    (Settled, Statement, 1, 1000),
                    (Settled, Statement, 1, 1000),
                    (Returned, Statement, 2, 1000),
                    (Returned, Notification, 2, 1000),
                    (Returned, Mt940, 2, 1000),
                ],
                Standing::Settled,
                2,
                1,
                false,
            ),
            // Doubled, and one came back: one stands.
            (
                &[(Settled, Statement, 1, 1000), (Settled, Statement, 1, 1000), (Reversed, Statement, 2, 1000)],
                Standing::Settled,
                2,
                1,
                false,
            ),
            (
                &[
                    (Settled, Statement, 1, 1000),
                    (Settled, Statement, 1, 1000),
                    (Reversed, Statement, 2, 1000),
                    (Returned, Statement, 3, 1000),
                ],
                Standing::Returned,
                2,
                0,
                false,
            ),
            // A part is not the whole; two parts are.
            (&[(Settled, Statement, 1, 1000), (Returned, Statement, 2, 400)], Standing::Settled, 1, 1, false),
            (
                &[(Settled, Statement, 1, 1000), (Returned, Statement, 2, 400), (Returned, Statement, 3, 600)],
                Standing::Returned,
                1,
                0,
                false,
            ),
            (
                &[(Settled, Statement, 1, 1000), (Returned, Statement, 2, 1000), (ReturnReversed, Statement, 3, 1000)],
                Standing::Settled,
                1,
                1,
                false,
            ),
            (&[(Settled, Statement, 1, 1000), (Rejected, StatusReport, 2, 0)], Standing::Settled, 1, 1, true),
            (&[(InSum, Statement, 1, 0), (Rejected, StatusReport, 2, 0)], Standing::Batch, 1, 1, true),
            // The bank debited, rejected, and gave the money back: all agrees.
            (
                &[(Settled, Statement, 1, 1000), (Rejected, StatusReport, 1, 0), (Returned, Statement, 2, 1000)],
                Standing::Returned,
                1,
                0,
                false,
            ),
        ];
        for (pieces, expected, bookings, times_standing, contradictory) in table {
            let found = standing(pieces, true);
            assert_eq!((found.standing, found.bookings), (*expected, *bookings), "{pieces:?}");
            assert_eq!((found.times_standing(), found.contradictory), (*times_standing, *contradictory), "{pieces:?}");
        }
    }

    /// What was typed by hand may have been typed as another amount: it came back when all of that did.
    #[test]
    fn what_was_booked_as_another_amount_is_back_when_that_is() {
        let less = (Settled, Statement, 1, 400);
        assert_eq!(standing(&[less], true).booked, Some(Amount::from_minor_units(400, Currency::Dkk)));
        assert_eq!(standing(&[less, (Returned, Statement, 2, 400)], true).standing, Standing::Returned);
        let more = (Settled, Statement, 1, 2000);
        assert_eq!(standing(&[more, (Returned, Statement, 2, 1000)], true).standing, Standing::Settled);
        assert_eq!(standing(&[less, more], true).booked, None);
    }

    /// Bookings and returns, then: standing, how many times it stands, what is out where that is not as much as that, and what part came back.
    #[test]
    fn what_is_out_is_what_was_booked_less_what_came_back() {
        let (booked, back) = (|amount| (Settled, Statement, 1, amount), |amount| (Returned, Statement, 3, amount));
        type Case<'a> = (&'a [Piece], Standing, u32, Option<i64>, Option<i64>);
        let table: &[Case] = &[
            (&[booked(1000)], Standing::Settled, 1, None, None),
            (&[booked(1200)], Standing::Settled, 1, None, None),
            (&[booked(1000), booked(1000)], Standing::Doubled, 2, None, None),
            (&[booked(1000), booked(1000), back(1000)], Standing::Settled, 1, None, None),
            (&[booked(1000), booked(1000), back(400)], Standing::Doubled, 2, Some(1600), Some(400)),
            (&[booked(1000), booked(1000), back(1400)], Standing::Settled, 1, Some(600), Some(400)),
            (&[booked(1001), booked(1001), back(1001), back(400)], Standing::Settled, 1, Some(601), Some(400)),
            (&[booked(1000), back(400)], Standing::Settled, 1, Some(600), Some(400)),
            (&[booked(1002), back(400)], Standing::Settled, 1, Some(602), Some(400)),
            (&[(InSum, Statement, 1, 0), booked(1000), back(400)], Standing::Settled, 1, Some(600), Some(400)),
            (&[(Settled, StatusReport, 1, 0), booked(1002), back(400)], Standing::Settled, 1, Some(602), Some(400)),
            // A return without its booking: it counts as paid, once.
            (&[back(400)], Standing::None, 1, Some(600), Some(400)),
            (&[booked(400), booked(400), back(400)], Standing::Settled, 1, Some(400), None),
            (&[booked(600), booked(400)], Standing::Doubled, 2, Some(1000), None),
            (&[booked(300), booked(200)], Standing::Doubled, 2, Some(500), None),
            // A fee under our reference is no second payment, whatever else comes back.
            (&[booked(1000), booked(25)], Standing::Doubled, 2, Some(1025), None),
            (&[booked(1000), booked(25), back(1000)], Standing::Returned, 0, None, None),
            (&[booked(1000), booked(1000), booked(25), back(1400)], Standing::Doubled, 2, Some(625), Some(400)),
            (&[booked(1000), back(1000)], Standing::Returned, 0, None, None),
            (&[booked(1000), back(400), (ReturnReversed, Statement, 4, 400)], Standing::Settled, 1, None, None),
        ];
        for (pieces, expected, times, out, part_back) in table {
            let found = standing(pieces, true);
            assert_eq!((found.standing, found.times_standing()), (*expected, *times), "{pieces:?}");
            let other = found.other_amounts;
            let minor_units = [other.out, other.part_back].map(|amount| amount.map(Amount::minor_units));
            assert_eq!(minor_units, [*out, *part_back], "{pieces:?}");
        }
    }

    #[test]
    fn what_is_said_since_is_told_from_what_was_said_before() {
        let at = |entry: u64, pieces: &[Piece]| -> Vec<Evidence> {
            let pieces = pieces.iter().enumerate();
            pieces.map(|(at, piece)| Evidence { place: (entry, at as u32), ..evidence(at, *piece) }).collect()
        };
        let booked = (Settled, Statement, 1, 1000);
        let doubled = [at(7, &[booked]), at(9, &[booked])].concat();
        let table: [(Vec<Evidence>, bool, bool); 6] = [
            (at(7, &[booked]), true, false),
            (at(9, &[booked]), true, false),
            (doubled, true, true),
            ([at(7, &[booked]), at(9, &[(Returned, Statement, 2, 1000)])].concat(), true, true),
            ([at(7, &[booked]), at(9, &[(Returned, Statement, 2, 400)])].concat(), true, true),
            ([at(7, &[(Rejected, StatusReport, 1, 0)]), at(9, &[booked])].concat(), false, true),
        ];
        for (number, (evidence, live, is_other)) in table.into_iter().enumerate() {
            assert_eq!(is_other_since(8, &claim(), live, &evidence), is_other, "case {number}");
        }
    }

    #[test]
    fn a_freed_payment_that_stands_is_for_a_person() {
        let rejected = [(Rejected, StatusReport, 1, 0), (Freed, StatusReport, 1, 0)];
        assert!(!standing(&rejected, false).contradictory);
        let booked_since = [rejected[0], rejected[1], (Settled, Statement, 2, 1000)];
        assert!(standing(&booked_since, false).contradictory);
        let came_back = [rejected[0], rejected[1], (Settled, Statement, 2, 1000), (Returned, Statement, 3, 1000)];
        assert!(!standing(&came_back, false).contradictory);
        assert_eq!(standing(&rejected, false).reason.map(|reason| reason.as_str().to_owned()), Some("AC04".into()));
    }

    /// What follows where the bank was asked to take the payment back: standing, how many times the money is out, whether the obligation may be
    /// paid again, and whether a person must clear it up.
    #[test]
    fn a_recall_that_succeeds_frees_only_what_no_other_payment_stands_for() {
        let (asked, taken_back) = ((RecalledAsDouble, People, 1, 1000), (Cancelled, Resolution, 3, 0));
        let (booked, came_back) = ((Settled, Statement, 2, 1000), (Returned, Statement, 4, 1000));
        let rejected = (Rejected, StatusReport, 2, 0);
        let table: &[(&[Piece], Standing, u32, bool, bool)] = &[
            (&[asked], Standing::None, 1, false, false),
            (&[taken_back], Standing::Rejected, 0, true, false),
            (&[asked, taken_back], Standing::Rejected, 0, false, false),
            (&[asked, rejected], Standing::Rejected, 0, false, false),
            (&[asked, came_back], Standing::Returned, 0, false, false),
            (&[asked, booked, taken_back, came_back], Standing::Returned, 0, false, false),
            (&[booked, taken_back, came_back], Standing::Returned, 0, true, false),
            // The money is out until the account shows that it came back.
            (&[booked, taken_back], Standing::Settled, 1, false, true),
            (&[asked, booked, taken_back], Standing::Settled, 1, false, true),
            (&[asked, booked], Standing::Settled, 1, false, false),
        ];
        for (pieces, expected, out, frees, contradictory) in table {
            let found = standing(pieces, true);
            assert_eq!((found.standing, found.times_standing()), (*expected, *out), "{pieces:?}");
            assert_eq!((found.frees(), found.contradictory), (*frees, *contradictory), "{pieces:?}");
        }
        assert!(standing(&[taken_back, (Freed, Resolution, 3, 0), booked], false).contradictory);
    }

    /// Equal debits that two kinds of report tell of are the same money; what another day has is money of its own.
    #[test]
    fn each_day_has_as_many_unexplained_debits_as_the_report_that_tells_most() {
        use crate::ledger::store::Store as _;
        let told = [(Statement, 1), (Notification, 1), (Notification, 1), (Statement, 2), (Mt940, 3)];
        let mut store = crate::ledger::sqlite::SqliteStore::create(std::path::Path::new(":memory:")).expect("a ledger");
        let mut transaction = store.write(&mut |_| ()).expect("the writing place");
        for (number, (source, day)) in (0u8..).zip(told) {
            let debit = BankDebit {
                place: (1, number.into()),
                source,
                identity: [number; 8],
                amount: Amount::from_minor_units(-500, Currency::Dkk),
                booked_on: NaiveDate::from_ymd_opt(2022, 4, day),
                explained: false,
            };
            transaction.put_debit(&debit).expect("keeps");
        }
        let mut found = Vec::new();
        unexplained_debits(&mut *transaction, &mut |debit| {
            found.push((debit.source, debit.booked_on.map_or(0, |day| chrono::Datelike::day(&day))));
            Ok(())
        })
        .expect("reads");
        assert_eq!(found, [(Notification, 1), (Notification, 1), (Statement, 2), (Mt940, 3)]);
    }

    fn piece() -> impl Strategy<Value = Piece> {
        let kind = proptest::sample::select(&EvidenceKind::ALL[..]);
        let source = proptest::sample::select(&Source::ALL[..]);
        (kind, source, 1u32..4, prop_oneof![Just(0i64), Just(1000), Just(400)])
    }

    proptest! {
        #[test]
        fn the_order_of_the_evidence_does_not_matter(
            (pieces, shuffled) in proptest::collection::vec(piece(), 0..8)
                .prop_flat_map(|pieces| (Just(pieces.clone()), Just(pieces).prop_shuffle()))
        ) {
            prop_assert_eq!(standing(&pieces, true), standing(&shuffled, true));
        }
    }

    #[test]
    fn the_bytes_under_a_root_never_change() {
        let bytes = evidence(2, (Rejected, StatusReport, 1, 1000)).to_bytes();
        let mut expected = vec![1; 16];
        expected.extend([1, 2, 1]);
        expected.extend([2; 8]);
        expected.extend(1000i64.to_le_bytes());
        expected.extend(738_246i32.to_le_bytes());
        expected.extend(b"AC04");
        assert_eq!(bytes.as_slice(), expected);
        let debit = BankDebit {
            place: (9, 0),
            source: Mt940,
            identity: [7; 8],
            amount: Amount::from_minor_units(5, Currency::Dkk),
            booked_on: None,
            explained: true,
        };
        let expected = [&[5, 1][..], &[7; 8], &5i64.to_le_bytes(), &i32::MIN.to_le_bytes()].concat();
        assert_eq!(debit.to_bytes().as_slice(), expected);
    }

    #[test]
    fn numbers_in_the_ledger_find_their_way_back() {
        for source in Source::ALL {
            assert_eq!(Source::from_number(source as u8), Some(source));
        }
        for kind in EvidenceKind::ALL {
            assert_eq!(EvidenceKind::from_number(kind as u8), Some(kind));
        }
        assert_eq!((Source::from_number(0), EvidenceKind::from_number(99)), (None, None));
        assert_eq!(ReasonCode::new("toolong"), None);
        assert_eq!(ReasonCode::new("ac01"), None);
    }
}
