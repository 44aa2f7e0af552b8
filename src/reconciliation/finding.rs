//! The verdict on a group: the first kind that applies, its money, and the one remedy that is proposed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::UpstreamStatus;
use super::matching::{Group, MatchedBy};
use super::record::{NOBODY, Named, Ours, Theirs, person_of};
use super::true_up::TOP_UP;
use crate::bank::report::reason;
use crate::ledger::outcome::{OtherAmounts, Standing};
use crate::payment::{Amount, AmountOverflow, BatchId, Currency, EndToEndId, Period, PersonId};
use crate::words::Language;

/// In the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    DoublePaid,
    DoublePlanned,
    BankDouble,
    UpstreamDouble,
    Settled,
    Overpaid,
    Underpaid,
    PossibleDouble,
    FallbackOnly,
    UpstreamOnly,
    Returned,
    Unpaid,
    Unexplained,
}

impl Kind {
    pub const ALL: [Kind; 13] = [
        Kind::DoublePaid,
        Kind::DoublePlanned,
        Kind::BankDouble,
        Kind::UpstreamDouble,
        Kind::Settled,
        Kind::Overpaid,
        Kind::Underpaid,
        Kind::PossibleDouble,
        Kind::FallbackOnly,
        Kind::UpstreamOnly,
        Kind::Returned,
        Kind::Unpaid,
        Kind::Unexplained,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::DoublePaid => "double_paid",
            Kind::DoublePlanned => "double_planned",
            Kind::BankDouble => "bank_double",
            Kind::UpstreamDouble => "upstream_double",
            Kind::Settled => "settled",
            Kind::Overpaid => "overpaid",
            Kind::Underpaid => "underpaid",
            Kind::PossibleDouble => "possible_double",
            Kind::FallbackOnly => "fallback_only",
            Kind::UpstreamOnly => "upstream_only",
            Kind::Returned => "returned",
            Kind::Unpaid => "unpaid",
            Kind::Unexplained => "unexplained",
        }
    }

    /// Under which it is kept in ledgers: its place in [`Kind::ALL`], from 1. New kinds are added at the end.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// What a person is advised to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remedy {
    Recover,
    Stop,
    Reduce,
    Decide,
    None,
    TopUp,
    WriteBack,
    PayAgain,
    Pay,
}

impl Remedy {
    pub const ALL: [Remedy; 9] = [
        Remedy::Recover,
        Remedy::Stop,
        Remedy::Reduce,
        Remedy::Decide,
        Remedy::None,
        Remedy::TopUp,
        Remedy::WriteBack,
        Remedy::PayAgain,
        Remedy::Pay,
    ];

    /// Under which it is kept in ledgers: its place in [`Remedy::ALL`], from 1. New ones are added at the end.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|remedy| remedy.number() == number)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Remedy::Recover => "recover",
            Remedy::Stop => "stop",
            Remedy::Reduce => "reduce",
            Remedy::Decide => "decide",
            Remedy::None => "none",
            Remedy::TopUp => "top_up",
            Remedy::WriteBack => "write_back",
            Remedy::PayAgain => "pay_again",
            Remedy::Pay => "pay",
        }
    }
}

/// The six money columns. `fallback + upstream_paid = owed + overpaid − underpaid`, by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    pub fallback: Amount,
    pub upstream_paid: Amount,
    pub upstream_planned: Amount,
    pub owed: Amount,
    pub overpaid: Amount,
    pub underpaid: Amount,
}

impl Money {
    pub fn none(currency: Currency) -> Self {
        let zero = Amount::zero(currency);
        Self {
            fallback: zero,
            upstream_paid: zero,
            upstream_planned: zero,
            owed: zero,
            overpaid: zero,
            underpaid: zero,
        }
    }

    fn of(
        fallback: Amount,
        upstream_paid: Amount,
        upstream_planned: Amount,
        owed: Amount,
    ) -> Result<Self, AmountOverflow> {
        let difference = fallback.checked_add(upstream_paid)?.checked_sub(owed)?;
        let part = |minor_units: i64| Amount::from_minor_units(minor_units.max(0), difference.currency());
        let minor_units = difference.minor_units();
        let underpaid = part(minor_units.checked_neg().ok_or(AmountOverflow)?);
        Ok(Self { fallback, upstream_paid, upstream_planned, owed, overpaid: part(minor_units), underpaid })
    }

    pub fn balances(&self) -> bool {
        let out = self.fallback.checked_add(self.upstream_paid);
        let due = self.owed.checked_add(self.overpaid).and_then(|sum| sum.checked_sub(self.underpaid));
        out.is_ok() && out == due
    }

    pub fn checked_add(&self, other: &Money) -> Result<Money, AmountOverflow> {
        Ok(Money {
            fallback: self.fallback.checked_add(other.fallback)?,
            upstream_paid: self.upstream_paid.checked_add(other.upstream_paid)?,
            upstream_planned: self.upstream_planned.checked_add(other.upstream_planned)?,
            owed: self.owed.checked_add(other.owed)?,
            overpaid: self.overpaid.checked_add(other.overpaid)?,
            underpaid: self.underpaid.checked_add(other.underpaid)?,
        })
    }
}

/// Mostly one, which takes no memory of its own: there are as many findings as payments.
pub type Mostly1<T> = SmallVec<[T; 1]>;

/// One verdict with its evidence.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `F0001` and so on, in order of person, scheme and period.
    pub id: SmolStr,
    pub kind: Kind,
    pub remedy: Remedy,
    /// `None` only for a debit that nothing explains.
    pub person: Option<PersonId>,
    pub name: SmolStr,
    pub scheme: SmolStr,
    /// The span of all days that are judged together.
    pub period: Option<Period>,
    pub parts: Mostly1<SmolStr>,
    pub money: Money,
    pub bank: Standing,
    pub batches: Mostly1<BatchId>,
    pub end_to_end_ids: Mostly1<EndToEndId>,
    pub upstream_references: Mostly1<SmolStr>,
    /// The days on which upstream paid, where its rows say.
    pub upstream_paid_on: Mostly1<NaiveDate>,
    /// What left the account and when, of a debit that nothing explains.
    pub debit: Option<(Amount, Option<NaiveDate>)>,
    /// How the two sides found each other, or the other findings that may be about the same money.
    pub matched: SmolStr,
    pub note: SmolStr,
    /// Whether the other side has the same amount under another benefit, part or period; the note says what.
    pub resembles: bool,
}

impl Finding {
    /// Adds a sentence to the note.
    pub fn remark(&mut self, sentence: &str) {
        let before = std::mem::take(&mut self.note);
        self.note = if before.is_empty() { sentence.into() } else { format!("{before} {sentence}").into() };
    }
}

/// Judges one group of a person's payments and rows. The finding has no id yet.
///
/// # Errors
/// Where a sum leaves the range of amounts.
pub fn judge(ours: &[Ours], theirs: &[Theirs], group: &Group, currency: Currency) -> Result<Finding, AmountOverflow> {
    let mut finding = Case::new(ours, theirs, group).judge(currency)?;
    if finding.money.underpaid.minor_units() > 0 && !group.payments.is_empty() && !group.rows.is_empty() {
        name_top_ups_beside(&mut finding, ours, group)?;
    }
    Ok(finding)
}

/// A top-up of what was owed as a sum for several parts is in no part's group, and may be what is still owed here.
fn name_top_ups_beside(finding: &mut Finding, ours: &[Ours], group: &Group) -> Result<(), AmountOverflow> {
    let scheme = ours[group.payments[0]].scheme.folded;
    let is_beside = |(at, payment): &(usize, &Ours)| {
        payment.part.folded.starts_with(TOP_UP)
            && payment.stands()
            && payment.scheme.folded == scheme
            && finding.period.is_some_and(|days| days.overlaps(payment.period))
            && !group.payments.contains(at)
    };
    let beside: Few<&Ours> = ours.iter().enumerate().filter(is_beside).map(|(_, payment)| payment).collect();
    for payment in beside {
        let (paid, part) = (payment.out()?, payment.part.written);
        finding.remark(&format!("The fallback has also paid {paid} as part {part}: is it what is still owed?"));
    }
    Ok(())
}

/// Says that the finding may be about the same money as others, which `others` names. What is a double already stays one.
pub fn offer(finding: &mut Finding, others: &[SmolStr], more: bool) {
    if matches!(finding.kind, Kind::FallbackOnly | Kind::UpstreamOnly | Kind::Unpaid) {
        (finding.kind, finding.remedy) = (Kind::PossibleDouble, Remedy::Decide);
    }
    let offered = match (others.len(), more) {
        (1, false) => "May be the same money: decide.".to_owned(),
        (several, false) => format!("May be the same money as one of {several} others: decide which."),
        (several, true) => format!("May be the same money as one of more than {several} others: decide which."),
    };
    finding.remark(&offered);
    finding.matched = others.join("+").into();
}

/// Says that a payment of the finding may have been paid twice without any report to show it. Where a person has to decide, nothing is asserted and
/// nothing is proposed to be paid. What is a double already stays one.
pub fn doubt(finding: &mut Finding, sentence: &str, decide: bool) {
    let asserts_no_double = !matches!(
        finding.kind,
        Kind::DoublePaid | Kind::DoublePlanned | Kind::BankDouble | Kind::UpstreamDouble | Kind::Overpaid
    );
    if decide && asserts_no_double {
        (finding.kind, finding.remedy) = (Kind::PossibleDouble, Remedy::Decide);
    }
    finding.remark(sentence);
}

type Few<T> = SmallVec<[T; 4]>;

/// One group with its members at hand.
struct Case<'a> {
    payments: Few<&'a Ours<'a>>,
    rows: Few<&'a Theirs<'a>>,
    matched_by: MatchedBy,
}

impl<'a> Case<'a> {
    fn new(ours: &'a [Ours<'a>], theirs: &'a [Theirs<'a>], group: &Group) -> Self {
        let mut payments: Few<_> = group.payments.iter().map(|at| &ours[*at]).collect();
        payments.sort_by_key(|payment| (payment.period, payment.part.folded, payment.end_to_end_id));
        let mut rows: Few<_> = group.rows.iter().map(|at| &theirs[*at]).collect();
        rows.sort_by(|a, b| row_order(a).cmp(&row_order(b)));
        Self { payments, rows, matched_by: group.matched_by }
    }

    fn judge(&self, currency: Currency) -> Result<Finding, AmountOverflow> {
        let money = self.money(currency)?;
        let (kind, remedy) = self.kind(&money);
        let first = self.payments.first();
        let scheme = first.map(|p| p.scheme).or(self.rows.iter().find_map(|row| row.scheme));
        let names = self.rows.iter().map(|row| row.name);
        let name = first.map(|p| p.name).or(names.into_iter().find(|name| !name.is_empty()));
        Ok(Finding {
            id: SmolStr::default(),
            kind,
            remedy,
            person: person_of(first.map(|p| p.key).or(self.rows.first().map(|row| row.key)).unwrap_or(NOBODY)),
            name: name.unwrap_or_default().into(),
            scheme: scheme.map(|scheme| scheme.written.into()).unwrap_or_default(),
            period: self.span(),
            parts: self.parts(),
            money,
            bank: self.bank(),
            batches: self.batches(),
            end_to_end_ids: self.payments.iter().map(|payment| payment.end_to_end_id).collect(),
            upstream_references: self.references(),
            upstream_paid_on: self.paid_on(),
            debit: None,
            matched: self.matched_by.as_str().into(),
            note: self.note(kind, &money),
            resembles: false,
        })
    }

    /// The contract's table, top to bottom.
    fn kind(&self, money: &Money) -> (Kind, Remedy) {
        let stands = self.payments.iter().any(|payment| payment.stands());
        let rows = self.standing_rows();
        let has = |status| rows.iter().any(|row| row.status == status && row.amount.minor_units() > 0);
        let (paid, planned) = (has(UpstreamStatus::Paid), has(UpstreamStatus::Planned));
        let still_owed = money.underpaid.minor_units() > 0;
        let overpaid = money.overpaid.minor_units() > 0;
        match () {
            () if stands && paid => (Kind::DoublePaid, Remedy::Recover),
            () if stands && planned => (Kind::DoublePlanned, if still_owed { Remedy::Reduce } else { Remedy::Stop }),
            () if self.bank_doubled() => (Kind::BankDouble, Remedy::Recover),
            () if self.upstream_paid_twice() => (Kind::UpstreamDouble, Remedy::Decide),
            () if stands && !self.rows.is_empty() && overpaid => (Kind::Overpaid, Remedy::Recover),
            () if stands && !self.rows.is_empty() && still_owed => (Kind::Underpaid, Remedy::TopUp),
            () if stands && !self.rows.is_empty() => (Kind::Settled, Remedy::None),
            () if stands => (Kind::FallbackOnly, Remedy::WriteBack),
            () if paid || planned => (Kind::UpstreamOnly, Remedy::None),
            () if self.payments.is_empty() && self.moves_nothing_out() => (Kind::UpstreamOnly, Remedy::None),
            () if !self.payments.is_empty() => (Kind::Returned, Remedy::PayAgain),
            () => (Kind::Unpaid, Remedy::Pay),
        }
    }

    fn money(&self, currency: Currency) -> Result<Money, AmountOverflow> {
        let zero = Amount::zero(currency);
        let mut fallback = zero;
        for payment in &self.payments {
            fallback = fallback.checked_add(payment.out()?)?;
        }
        let sum = |status| {
            let amounts = self.rows.iter().filter(|row| row.status == status).map(|row| row.amount);
            amounts.into_iter().try_fold(zero, Amount::checked_add)
        };
        let (paid, planned) = (sum(UpstreamStatus::Paid)?, sum(UpstreamStatus::Planned)?);
        let owed = if self.rows.is_empty() { self.owed_by_us(zero)? } else { self.owed_by_upstream(zero)? };
        Money::of(fallback, paid, planned, owed)
    }

    /// What upstream says the obligation comes to: its components, each once. Rows of one obligation with the same amount are the same
    /// component, whether it was planned, stopped, or paid (perhaps twice). A row that upstream took back by a negative one is none, nor is the
    /// negative one that is about to take back what was paid.
    fn owed_by_upstream(&self, zero: Amount) -> Result<Amount, AmountOverflow> {
        if let [row] = self.rows.as_slice()
            && !takes_back(row)
        {
            return Ok(row.amount);
        }
        let standing = self.standing_rows();
        if standing.iter().all(|row| takes_back(row)) {
            return self.owed_before_it_was_taken_back(&standing, zero);
        }
        let paid = standing.iter().filter(|row| row.status == UpstreamStatus::Paid);
        let paid: HashSet<Component> = paid.map(|row| component(row)).collect();
        let undoes = |row: &Theirs| {
            row.status != UpstreamStatus::Paid && opposite(row).is_some_and(|taken| paid.contains(&taken))
        };
        each_component_once(standing.iter().filter(|row| !undoes(row)), zero)
    }

    /// Where upstream only took back what no row here says it had paid, that alters what is owed by as much as what is paid: nothing can be
    /// told from it.
    fn owed_before_it_was_taken_back(&self, back: &[&Theirs], zero: Amount) -> Result<Amount, AmountOverflow> {
        let mut named = self.rows.iter().filter(|row| !takes_back(row)).peekable();
        let before = match named.peek() {
            Some(_) => each_component_once(named, zero)?,
            None => self.owed_by_us(zero)?,
        };
        let back = back.iter().filter(|row| row.status == UpstreamStatus::Paid);
        back.map(|row| row.amount).try_fold(before, Amount::checked_add)
    }

    /// What upstream has taken back, or is about to, of what no row here says it had paid.
    fn taken_back(&self) -> impl Iterator<Item = String> {
        let rows = self.standing_rows();
        let most = |status| {
            let back = rows.iter().filter(|row| row.status == status && takes_back(row));
            back.filter_map(|row| opposite(row)).map(|(.., amount)| amount).max()
        };
        let planned = most(UpstreamStatus::Planned).map(|amount| format!("Upstream is about to take back {amount}."));
        let paid = most(UpstreamStatus::Paid).filter(|_| rows.iter().all(|row| takes_back(row)));
        let paid =
            paid.map(|amount| format!("Upstream took back {amount}, and no row here says that it had paid that."));
        planned.into_iter().chain(paid)
    }

    /// Whether upstream has moved something, or is about to, and nothing of it to anybody.
    fn moves_nothing_out(&self) -> bool {
        self.rows.iter().any(|row| row.status != UpstreamStatus::Stopped)
            && self.rows.iter().all(|row| row.amount.minor_units() <= 0)
    }

    /// Upstream's rows without those that took each other back: a row, and one of the same status and amount below zero. Where nothing is left,
    /// the rows stand for what upstream has stopped.
    fn standing_rows(&self) -> Cow<'_, [&'a Theirs<'a>]> {
        if !self.rows.iter().any(|row| takes_back(row)) {
            return Cow::Borrowed(&self.rows);
        }
        // The rows of each component that have not been taken back yet, the first of them last.
        let mut there: HashMap<(UpstreamStatus, Component), Vec<usize>> = HashMap::new();
        for (at, row) in self.rows.iter().enumerate().rev().filter(|(_, row)| !takes_back(row)) {
            there.entry((row.status, component(row))).or_default().push(at);
        }
        let mut stands = vec![true; self.rows.len()];
        for (at, back) in self.rows.iter().enumerate().filter(|(_, row)| takes_back(row)) {
            let taken = opposite(back).and_then(|taken| there.get_mut(&(back.status, taken))?.pop());
            if let Some(taken) = taken {
                (stands[taken], stands[at]) = (false, false);
            }
        }
        Cow::Owned(self.rows.iter().zip(stands).filter(|(_, stands)| *stands).map(|(row, _)| *row).collect())
    }

    /// Where upstream knows nothing: what we sent, of each obligation the last attempt.
    fn owed_by_us(&self, zero: Amount) -> Result<Amount, AmountOverflow> {
        let mut last: BTreeMap<(Period, &str), (u8, Amount)> = BTreeMap::new();
        for payment in &self.payments {
            let sent = (payment.end_to_end_id.attempt, payment.amount);
            let key = (payment.period, payment.part.folded);
            last.entry(key).and_modify(|known| *known = sent.max(*known)).or_insert(sent);
        }
        last.into_values().try_fold(zero, |sum, (_, amount)| sum.checked_add(amount))
    }

    fn bank_doubled(&self) -> bool {
        // Booked in parts that come to the whole, it is out once.
        let is_doubled =
            |payment: &Ours| payment.times_standing > 1 && payment.out().map_or(true, |out| out > payment.amount);
        self.payments.iter().any(|payment| is_doubled(payment))
    }

    fn upstream_paid_twice(&self) -> bool {
        if self.rows.len() < 2 {
            return false;
        }
        let rows = self.standing_rows();
        let mut paid: Vec<Component> =
            rows.iter().filter(|row| row.status == UpstreamStatus::Paid).map(|row| component(row)).collect();
        paid.sort_unstable();
        paid.windows(2).any(|pair| pair[0] == pair[1])
    }

    fn span(&self) -> Option<Period> {
        let ours = self.payments.iter().map(|payment| payment.period);
        let theirs = self.rows.iter().filter_map(|row| row.period);
        ours.chain(theirs).reduce(Period::span)
    }

    fn paid_on(&self) -> Mostly1<NaiveDate> {
        let paid = self.rows.iter().filter(|row| row.status == UpstreamStatus::Paid);
        let mut days: Mostly1<NaiveDate> = paid.filter_map(|row| row.paid_on).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn parts(&self) -> Mostly1<SmolStr> {
        let ours = self.payments.iter().map(|payment| payment.part);
        let theirs = self.rows.iter().map(|row| row.part);
        let mut parts: Few<Named> = ours.chain(theirs).filter(|part| !part.folded.is_empty()).collect();
        parts.sort_by_key(|part| part.folded);
        parts.dedup_by_key(|part| part.folded);
        parts.into_iter().map(|part| part.written.into()).collect()
    }

    fn batches(&self) -> Mostly1<BatchId> {
        let mut batches: Mostly1<BatchId> = self.payments.iter().map(|payment| payment.batch).collect();
        batches.sort_unstable();
        batches.dedup();
        batches
    }

    fn references(&self) -> Mostly1<SmolStr> {
        let mut references: Few<&str> = self.rows.iter().map(|row| row.reference).filter(|r| !r.is_empty()).collect();
        references.sort_unstable();
        references.dedup();
        references.into_iter().map(SmolStr::from).collect()
    }

    /// The bank's word on the group: what went wrong before what went right, and the unknown before the certain.
    fn bank(&self) -> Standing {
        const BY_WEIGHT: [Standing; 7] = [
            Standing::Doubled,
            Standing::None,
            Standing::Accepted,
            Standing::Batch,
            Standing::Settled,
            Standing::Returned,
            Standing::Rejected,
        ];
        let found = |standing: &Standing| self.payments.iter().any(|payment| payment.standing == *standing);
        BY_WEIGHT.into_iter().find(found).unwrap_or(Standing::None)
    }

    fn note(&self, kind: Kind, money: &Money) -> SmolStr {
        let mut notes: Few<Cow<'static, str>> = SmallVec::new();
        if self.bank_doubled() {
            notes.push("The bank booked one of the payments more than once.".into());
        }
        if kind == Kind::DoublePaid && money.overpaid.minor_units() == 0 {
            notes.push("Both paid, and together not more than is owed.".into());
        }
        if kind == Kind::DoublePaid && money.upstream_planned.minor_units() > 0 {
            notes.push("Upstream is about to pay once more: stop that.".into());
        }
        if kind == Kind::DoublePlanned && money.underpaid.minor_units() > 0 {
            notes.push(format!("Only {} is still owed.", money.underpaid).into());
        }
        if kind == Kind::DoublePlanned && money.overpaid.minor_units() > 0 {
            notes.push(format!("{} was paid too much already: recover that too.", money.overpaid).into());
        }
        if kind != Kind::UpstreamDouble && self.upstream_paid_twice() {
            notes.push("Upstream itself paid twice.".into());
        }
        notes.extend(perhaps_carried_out(&self.rows).into_iter().map(|(proposal, paid)| {
            let (reference, planned, paid) = (paid.reference, proposal.amount, paid.amount);
            format!(
                "Upstream planned {planned} and paid {paid} under one reference, {reference}: if the one became the other, leave the proposal's file \
                 out and compare again."
            )
            .into()
        }));
        let mut told: Vec<String> = self.payments.iter().filter_map(|payment| why_not_standing(payment)).collect();
        told.extend(self.payments.iter().flat_map(|payment| other_amounts(payment)));
        told.extend(
            self.rows.iter().filter(|row| !row.remark.is_empty()).map(|row| format!("Upstream: {}.", row.remark)),
        );
        let mut seen: HashSet<String> = HashSet::new();
        notes.extend(told.into_iter().filter(|why| seen.insert(why.clone())).map(Cow::Owned));
        if self.rows.iter().any(|row| takes_back(row)) {
            notes.extend(self.taken_back().map(Cow::Owned));
        }
        if self.rows.iter().any(|row| row.moved) {
            notes.push("Upstream's row names our payment, and another person number or none.".into());
        }
        match notes.as_slice() {
            [] => SmolStr::default(),
            [Cow::Borrowed(note)] => SmolStr::new_static(note),
            notes => notes.join(" ").into(),
        }
    }
}

/// Why the bank did not let the payment stand, in words. What stands after all needs no such reason.
fn why_not_standing(payment: &Ours) -> Option<String> {
    let said = || format!("The bank: {}.", reason::told(payment.reason).in_language(Language::English));
    (payment.standing.did_not_stand() && !payment.reason.is_empty()).then(said)
}

/// Where the bank's amounts are not those that were sent.
fn other_amounts(payment: &Ours) -> impl Iterator<Item = String> {
    let OtherAmounts { booked, out, part_back, typed } = payment.other_amounts;
    let sent = payment.amount;
    let each = booked.unwrap_or(sent);
    let typed = typed.filter(|_| booked.is_none());
    let typed = typed.map(|typed| format!("{typed} was typed by hand and not {sent}."));
    let booked = booked.map(|booked| format!("The bank booked {booked} and not {sent}."));
    let left = match (out, part_back) {
        (Some(out), Some(back)) => Some(format!("{back} of {each} came back, and the rest did not: {out} is out.")),
        (None, Some(back)) => Some(format!("{back} of {each} came back, and the rest did not.")),
        (Some(out), None) => Some(format!("The bank did not book {sent} each time: {out} is out.")),
        (None, None) => None,
    };
    [typed, booked, left].into_iter().flatten()
}

/// Upstream's proposals that its later run may have paid as another amount, each with what was paid: of one obligation and under one reference there
/// is one row that plans and one that has paid. Of the same amount they are the same component anyway. Both count: they may as well be two instalments.
fn perhaps_carried_out<'a>(rows: &[&'a Theirs<'a>]) -> Few<(&'a Theirs<'a>, &'a Theirs<'a>)> {
    let is_planned = |row: &&&Theirs| row.status == UpstreamStatus::Planned;
    if !rows.iter().any(|row| is_planned(&row)) {
        return Few::new();
    }
    let only = |of: &Theirs, status| {
        let says = |row: &&&'a Theirs<'a>| {
            row.status == status
                && !takes_back(row)
                && (row.reference, row.period, row.part.folded) == (of.reference, of.period, of.part.folded)
        };
        let mut all = rows.iter().filter(says);
        all.next().copied().filter(|_| all.next().is_none())
    };
    let planned = rows.iter().filter(is_planned).filter(|row| !row.reference.is_empty());
    let pairs = planned.filter_map(|row| only(row, UpstreamStatus::Planned).zip(only(row, UpstreamStatus::Paid)));
    pairs.filter(|(proposal, paid)| proposal.amount != paid.amount).collect()
}

/// What upstream calls one thing that it owes: rows that agree in all of it are the same.
type Component<'a> = (Option<Period>, &'a str, Amount);

fn component<'a>(row: &Theirs<'a>) -> Component<'a> {
    (row.period, row.part.folded, row.amount)
}

fn each_component_once<'a, 'b>(
    rows: impl Iterator<Item = &'b &'b Theirs<'a>>,
    zero: Amount,
) -> Result<Amount, AmountOverflow>
where
    'a: 'b,
{
    let mut components: Vec<Component> = rows.map(|row| component(row)).collect();
    components.sort_unstable();
    components.dedup();
    components.into_iter().try_fold(zero, |sum, (_, _, amount)| sum.checked_add(amount))
}

/// The component that the row takes back, where it is below zero.
fn opposite<'a>(row: &Theirs<'a>) -> Option<Component<'a>> {
    let (period, part, amount) = component(row);
    let minor_units = amount.minor_units().checked_neg().filter(|taken| *taken > 0)?;
    Some((period, part, Amount::from_minor_units(minor_units, amount.currency())))
}

fn takes_back(row: &Theirs) -> bool {
    row.amount.minor_units() < 0
}

fn row_order<'a>(row: &Theirs<'a>) -> impl Ord + use<'a> {
    let says = (row.reference, row.account, row.name, row.remark);
    (row.period, row.part.folded, row.amount, row.status, row.paid_on, says)
}
