//! The verdict on a group: the first kind that applies, its money, and the one remedy that is proposed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::matching::{Group, MatchedBy};
use super::{FallbackPayment, UpstreamRow, UpstreamStatus};
use crate::ledger::outcome::Standing;
use crate::payment::{Amount, AmountOverflow, Currency, Part, Period, PersonId, Scheme};

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

/// One verdict with its evidence.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `F0001` and so on, in order of person, scheme and period.
    pub id: String,
    pub kind: Kind,
    pub remedy: Remedy,
    /// `None` only for a debit that nothing explains.
    pub person: Option<PersonId>,
    pub name: String,
    pub scheme: String,
    /// The span of all days that are judged together.
    pub period: Option<Period>,
    pub parts: Vec<String>,
    pub money: Money,
    pub bank: Standing,
    pub batches: Vec<String>,
    pub end_to_end_ids: Vec<String>,
    pub upstream_references: Vec<String>,
    /// The days on which upstream paid, where its rows say.
    pub upstream_paid_on: Vec<NaiveDate>,
    /// What left the account and when, of a debit that nothing explains.
    pub debit: Option<(Amount, Option<NaiveDate>)>,
    /// How the two sides found each other, or the other findings that may be about the same money.
    pub matched: String,
    pub note: String,
}

/// Judges every group.
pub fn judge(
    payments: &[FallbackPayment],
    rows: &[UpstreamRow],
    groups: &[Group],
    currency: Currency,
) -> Result<Vec<Finding>, AmountOverflow> {
    let mut judged: Vec<(SortKey, Finding, &Group)> = Vec::with_capacity(groups.len());
    for group in groups {
        let case = Case::new(payments, rows, group);
        let finding = case.judge(currency)?;
        judged.push((case.sort_key(), finding, group));
    }
    judged.sort_by(|a, b| a.0.cmp(&b.0));
    for (number, (_, finding, _)) in (1..).zip(&mut judged) {
        finding.id = format!("F{number:04}");
    }
    offer_possible_doubles(payments, rows, &mut judged);
    Ok(judged.into_iter().map(|(_, finding, _)| finding).collect())
}

/// By person, scheme, days and parts; then by references, so that the order never depends on that of the inputs.
type SortKey = (Option<PersonId>, String, Option<Period>, Vec<String>, Vec<String>, Vec<String>);

/// One group with its members at hand.
struct Case<'a> {
    payments: Vec<&'a FallbackPayment>,
    rows: Vec<&'a UpstreamRow>,
    matched_by: MatchedBy,
}

impl<'a> Case<'a> {
    fn new(payments: &'a [FallbackPayment], rows: &'a [UpstreamRow], group: &Group) -> Self {
        let mut payments: Vec<_> = group.payments.iter().map(|at| &payments[*at]).collect();
        payments.sort_by_key(|payment| (payment.period, payment.part.folded(), payment.end_to_end_id));
        let mut rows: Vec<_> = group.rows.iter().map(|at| &rows[*at]).collect();
        rows.sort_by(|a, b| row_order(a).cmp(&row_order(b)));
        Self { payments, rows, matched_by: group.matched_by }
    }

    fn judge(&self, currency: Currency) -> Result<Finding, AmountOverflow> {
        let money = self.money(currency)?;
        let (kind, remedy) = self.kind(&money);
        let person = self.person();
        let scheme = self.scheme();
        let name = self.payments.first().map(|p| &p.name).or(self
            .rows
            .iter()
            .map(|row| &row.name)
            .find(|name| !name.is_empty()));
        Ok(Finding {
            id: String::new(),
            kind,
            remedy,
            person: person.cloned(),
            name: name.cloned().unwrap_or_default(),
            scheme: scheme.map(|scheme| scheme.as_str().to_owned()).unwrap_or_default(),
            period: self.span(),
            parts: self.parts(),
            money,
            bank: self.bank(),
            batches: distinct(self.payments.iter().map(|p| p.batch.to_string())),
            end_to_end_ids: self.payments.iter().map(|p| p.end_to_end_id.to_string()).collect(),
            upstream_references: distinct(self.rows.iter().map(|row| row.reference.clone())),
            upstream_paid_on: self.paid_on(),
            debit: None,
            matched: self.matched_by.as_str().to_owned(),
            note: self.note(kind, &money),
        })
    }

    /// The contract's table, top to bottom.
    fn kind(&self, money: &Money) -> (Kind, Remedy) {
        let stands = self.payments.iter().any(|payment| payment.stands());
        let has = |status| self.rows.iter().any(|row| row.status == status);
        let (paid, planned) = (has(UpstreamStatus::Paid), has(UpstreamStatus::Planned));
        let still_owed = money.underpaid.minor_units() > 0;
        let overpaid = money.overpaid.minor_units() > 0;
        match () {
            () if stands && paid => (Kind::DoublePaid, Remedy::Recover),
            () if stands && planned => (Kind::DoublePlanned, if still_owed { Remedy::Reduce } else { Remedy::Stop }),
            () if self.payments.iter().any(|payment| payment.times_standing > 1) => (Kind::BankDouble, Remedy::Recover),
            () if self.upstream_paid_twice() => (Kind::UpstreamDouble, Remedy::Decide),
            () if stands && !self.rows.is_empty() && overpaid => (Kind::Overpaid, Remedy::Recover),
            () if stands && !self.rows.is_empty() && still_owed => (Kind::Underpaid, Remedy::TopUp),
            () if stands && !self.rows.is_empty() => (Kind::Settled, Remedy::None),
            () if stands => (Kind::FallbackOnly, Remedy::WriteBack),
            () if paid || planned => (Kind::UpstreamOnly, Remedy::None),
            () if !self.payments.is_empty() => (Kind::Returned, Remedy::PayAgain),
            () => (Kind::Unpaid, Remedy::Pay),
        }
    }

    fn money(&self, currency: Currency) -> Result<Money, AmountOverflow> {
        let zero = Amount::zero(currency);
        let mut fallback = zero;
        for payment in &self.payments {
            fallback = fallback.checked_add(payment.amount.checked_mul(payment.times_standing)?)?;
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
    /// component, whether it was planned, stopped, or paid (perhaps twice).
    fn owed_by_upstream(&self, zero: Amount) -> Result<Amount, AmountOverflow> {
        let components: BTreeSet<(Option<Period>, String, Amount)> =
            self.rows.iter().map(|row| (row.period, row.part.folded(), row.amount)).collect();
        components.into_iter().try_fold(zero, |sum, (_, _, amount)| sum.checked_add(amount))
    }

    /// Where upstream knows nothing: what we sent, of each obligation the last attempt.
    fn owed_by_us(&self, zero: Amount) -> Result<Amount, AmountOverflow> {
        let mut last: BTreeMap<(Period, String), (u8, Amount)> = BTreeMap::new();
        for payment in &self.payments {
            let sent = (payment.end_to_end_id.attempt, payment.amount);
            let key = (payment.period, payment.part.folded());
            last.entry(key).and_modify(|known| *known = sent.max(*known)).or_insert(sent);
        }
        last.into_values().try_fold(zero, |sum, (_, amount)| sum.checked_add(amount))
    }

    fn person(&self) -> Option<&'a PersonId> {
        self.payments.first().map(|p| &p.person).or(self.rows.iter().find_map(|row| row.person.as_ref()))
    }

    fn scheme(&self) -> Option<&'a Scheme> {
        self.payments.first().map(|p| &p.scheme).or(self.rows.iter().find_map(|row| row.scheme.as_ref()))
    }

    fn upstream_paid_twice(&self) -> bool {
        let mut seen = BTreeSet::new();
        let mut paid = self.rows.iter().filter(|row| row.status == UpstreamStatus::Paid);
        paid.any(|row| !seen.insert((row.period, row.part.folded(), row.amount)))
    }

    fn span(&self) -> Option<Period> {
        let ours = self.payments.iter().map(|payment| payment.period);
        let theirs = self.rows.iter().filter_map(|row| row.period);
        ours.chain(theirs).reduce(Period::span)
    }

    fn paid_on(&self) -> Vec<NaiveDate> {
        let paid = self.rows.iter().filter(|row| row.status == UpstreamStatus::Paid);
        let days: BTreeSet<NaiveDate> = paid.filter_map(|row| row.paid_on).collect();
        days.into_iter().collect()
    }

    fn parts(&self) -> Vec<String> {
        let ours = self.payments.iter().map(|payment| &payment.part);
        let theirs = self.rows.iter().map(|row| &row.part);
        let mut parts: BTreeMap<String, &Part> = BTreeMap::new();
        for part in ours.chain(theirs).filter(|part| !part.is_empty()) {
            parts.entry(part.folded()).or_insert(part);
        }
        parts.into_values().map(|part| part.as_str().to_owned()).collect()
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

    fn note(&self, kind: Kind, money: &Money) -> String {
        let mut notes = Vec::new();
        if matches!(kind, Kind::DoublePaid | Kind::BankDouble) && self.payments.iter().any(|p| p.times_standing > 1) {
            notes.push("The bank booked one of the payments more than once.".to_owned());
        }
        if kind == Kind::DoublePaid && money.overpaid.minor_units() == 0 {
            notes.push("Both paid, and together not more than is owed.".to_owned());
        }
        if kind == Kind::DoublePaid && money.upstream_planned.minor_units() > 0 {
            notes.push("Upstream is about to pay once more: stop that.".to_owned());
        }
        if kind == Kind::DoublePlanned && money.underpaid.minor_units() > 0 {
            notes.push(format!("Only {} is still owed.", money.underpaid.grouped()));
        }
        if kind != Kind::UpstreamDouble && self.upstream_paid_twice() {
            notes.push("Upstream itself paid twice.".to_owned());
        }
        notes.join(" ")
    }

    fn sort_key(&self) -> SortKey {
        let (person, scheme) = (self.person(), self.scheme().map(Scheme::folded));
        let references = self.payments.iter().map(|p| p.end_to_end_id.to_string()).collect();
        let rows = self.rows.iter().map(|row| format!("{:?}", row_order(row))).collect();
        (person.cloned(), scheme.unwrap_or_default(), self.span(), self.parts(), references, rows)
    }
}

fn row_order(row: &UpstreamRow) -> impl Ord + std::fmt::Debug + use<'_> {
    (row.period, row.part.folded(), row.amount, row.status, row.paid_on, &row.reference, &row.account, &row.name)
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let set: BTreeSet<String> = texts.filter(|text| !text.is_empty()).collect();
    set.into_iter().collect()
}

/// What is left on both sides and agrees in less than the obligation: account and amount under another person number (or none), or person and
/// amount where upstream's row gives no benefit or no period that can be used; what it does give must agree. Each names the other; nothing is
/// picked.
fn offer_possible_doubles(
    payments: &[FallbackPayment],
    rows: &[UpstreamRow],
    judged: &mut [(SortKey, Finding, &Group)],
) {
    let mut by_account: HashMap<(&str, Amount), Vec<usize>> = HashMap::new();
    let mut by_person: HashMap<(&PersonId, Amount), Vec<usize>> = HashMap::new();
    for (at, (_, finding, group)) in judged.iter().enumerate() {
        if finding.kind != Kind::FallbackOnly {
            continue;
        }
        for payment in group.payments.iter().map(|at| &payments[*at]).filter(|payment| payment.stands()) {
            if !payment.account.is_empty() {
                by_account.entry((&payment.account, payment.amount)).or_default().push(at);
            }
            by_person.entry((&payment.person, payment.amount)).or_default().push(at);
        }
    }
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (at, (_, finding, group)) in judged.iter().enumerate() {
        if finding.kind != Kind::UpstreamOnly || !group.payments.is_empty() {
            continue;
        }
        for row in group.rows.iter().map(|at| &rows[*at]).filter(|row| row.pays()) {
            let alike = by_account.get(&(row.account.as_str(), row.amount)).into_iter().flatten();
            let another_person = |other: &&usize| judged[**other].1.person.as_ref() != row.person.as_ref();
            pairs.extend(alike.filter(another_person).map(|other| (*other, at)));
            let Some(person) = row.person.as_ref().filter(|_| !row.names_an_obligation()) else { continue };
            let same = by_person.get(&(person, row.amount)).into_iter().flatten();
            let agrees = |other: &&usize| {
                let ours = judged[**other].2.payments.iter().map(|at| &payments[*at]);
                ours.into_iter().any(|payment| {
                    row.scheme.as_ref().is_none_or(|scheme| scheme.folded() == payment.scheme.folded())
                        && row.period.is_none_or(|period| period.overlaps(payment.period))
                })
            };
            pairs.extend(same.filter(agrees).map(|other| (*other, at)));
        }
    }
    let mut others: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (ours, theirs) in pairs {
        let (our_id, their_id) = (judged[ours].1.id.clone(), judged[theirs].1.id.clone());
        others.entry(ours).or_default().insert(their_id);
        others.entry(theirs).or_default().insert(our_id);
    }
    for (at, ids) in others {
        let finding = &mut judged[at].1;
        (finding.kind, finding.remedy) = (Kind::PossibleDouble, Remedy::Decide);
        finding.note = match ids.len() {
            1 => "May be the same money: decide.".to_owned(),
            several => format!("May be the same money as one of {several} others: decide which."),
        };
        finding.matched = ids.into_iter().collect::<Vec<_>>().join("+");
    }
}
