//! After provisional pay: what was paid against what was truly owed, obligation by obligation, to the øre. Pure.
//!
//! [`apart`] says what is compared together: one obligation's payments, its top-ups and its rows. [`payee`] says where a top-up's money goes.

mod apart;
mod payee;

use std::collections::{BTreeMap, BTreeSet};

pub use self::payee::{Doubt, Payee};
use crate::payment::{Account, Amount, AmountOverflow, BatchId, Currency, EndToEndId, Part, Period, PersonId, Scheme};

/// A payment that has left.
#[derive(Clone, Debug)]
pub struct ProvisionalPayment {
    pub end_to_end_id: EndToEndId,
    pub batch: BatchId,
    pub person: PersonId,
    pub name: String,
    pub scheme: Scheme,
    pub period: Period,
    pub part: Part,
    pub amount: Amount,
    pub account: Option<Account>,
    /// Who was paid, where that is not the person.
    pub payee_name: Option<String>,
    /// How many times its money is out: 0 where it came back.
    pub times_standing: u32,
    /// What of its money is out.
    pub out: Amount,
    /// Whether it came back, and its obligation may be paid again as what it is.
    pub free: bool,
    /// Whether it is among those that are compared. Others of the same person and scheme tell which top-ups there were.
    pub in_scope: bool,
}

/// What a list says is owed.
#[derive(Clone, Debug)]
pub struct OwedRow {
    pub person: PersonId,
    pub name: String,
    pub scheme: Scheme,
    pub period: Option<Period>,
    pub part: Part,
    pub amount: Amount,
    pub account: Option<Account>,
    /// Whether the row says where the money goes, and that is no account that more can be paid to.
    pub account_unusable: bool,
    pub payee_name: Option<String>,
}

/// What the ledger has on record of upstream's own payments, from the last comparison with its runs.
#[derive(Clone, Debug)]
pub struct UpstreamPaid {
    pub finding: String,
    pub person: PersonId,
    pub scheme: Scheme,
    pub period: Option<Period>,
    /// None where upstream names none.
    pub parts: Vec<Part>,
    /// Less what is asked back of it.
    pub paid: Amount,
    pub planned: Amount,
}

/// One obligation's payments beside what was owed. Where the two sides cannot be told apart (a sum for several parts), all that they are about.
#[derive(Clone, Debug)]
pub struct TrueUpLine {
    pub person: PersonId,
    pub name: String,
    pub scheme: Scheme,
    /// The span of what was paid, else of what is owed.
    pub period: Option<Period>,
    /// As they were paid and as they are owed, without those that are empty, in order.
    pub parts: Vec<Part>,
    pub paid: Amount,
    /// What upstream has paid of what would be missing. What it paid above that is no matter of this comparison.
    pub upstream_paid: Amount,
    pub owed: Amount,
    pub batches: Vec<BatchId>,
    /// Of payments that are out, in the order of their days.
    pub end_to_end_ids: Vec<EndToEndId>,
    upstream: Vec<UpstreamPaid>,
    rows: Vec<OwedRow>,
    /// Which top-up the next one would be, from 1.
    next_top_up: u32,
    /// By days and part.
    obligations: BTreeMap<(Period, String), Attempts>,
}

/// All attempts at one obligation.
#[derive(Clone, Debug)]
struct Attempts {
    part: Part,
    /// Of the last one.
    amount: Amount,
    /// Of the last one with an account that more can be paid to.
    payee: Payee,
    /// Whether none of them is out, and the obligation may be paid again.
    free: bool,
}

/// A payment of what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    pub period: Option<Period>,
    pub part: String,
    pub amount: Amount,
    pub to: Payee,
    /// Why somebody has to look at where it goes.
    pub doubt: Option<Doubt>,
}

/// What tells the part of a top-up: `true-up-1`, and of the part 2 `2 true-up-1`. They are payments of their own beside the provisional ones, and
/// known for what they are.
pub const TOP_UP: &str = "true-up-";

/// The part that is topped up and the number of the top-up, where a folded part is a top-up's.
pub fn topped_up(folded: &str) -> Option<(&str, u32)> {
    let (part, last) = folded.rsplit_once(' ').unwrap_or(("", folded));
    let number = last.strip_prefix(TOP_UP)?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((part, number.parse().ok().filter(|_| digits)?))
}

/// The part without what tells a top-up of it.
fn own_part(part: &Part) -> Part {
    let written = part.as_str();
    match topped_up(&part.folded()) {
        Some(_) => Part::new(written.rsplit_once(' ').map_or("", |(own, _)| own)),
        None => part.clone(),
    }
}

impl TrueUpLine {
    fn new(person: &PersonId, scheme: &Scheme, currency: Currency) -> Self {
        let zero = Amount::zero(currency);
        Self {
            person: person.clone(),
            name: String::new(),
            scheme: scheme.clone(),
            period: None,
            parts: Vec::new(),
            paid: zero,
            upstream_paid: zero,
            owed: zero,
            batches: Vec::new(),
            end_to_end_ids: Vec::new(),
            upstream: Vec::new(),
            rows: Vec::new(),
            next_top_up: 1,
            obligations: BTreeMap::new(),
        }
    }

    /// Paid, by either side, less owed.
    pub fn difference(&self) -> Result<Amount, AmountOverflow> {
        self.paid.checked_add(self.upstream_paid)?.checked_sub(self.owed)
    }

    /// What pays all that is missing. What came back, and what nobody has been paid at all, is paid as what it is, so that nobody pays it beside
    /// this once more; where something stands, a top-up is an obligation of its own.
    pub fn top_ups(&self) -> Result<Vec<TopUp>, AmountOverflow> {
        let mut missing = Amount::zero(self.paid.currency()).checked_sub(self.difference()?)?;
        let zero = Amount::zero(missing.currency());
        let mut free = self.obligations.iter().filter(|(_, attempts)| attempts.free).peekable();
        let mut top_ups = Vec::new();
        while let Some(((period, _), attempts)) = free.next().filter(|_| missing > zero) {
            let amount = if free.peek().is_some() { attempts.amount.min(missing) } else { missing };
            let (to, doubt) = self.payee_again(attempts);
            let part = attempts.part.as_str().to_owned();
            top_ups.push(TopUp { period: Some(*period), part, amount, to, doubt });
            missing = missing.checked_sub(amount)?;
        }
        if self.obligations.is_empty() {
            for (rows, owed) in self.rows_by_obligation()? {
                let amount = owed.min(missing);
                if amount > zero {
                    let (to, doubt) = payee::of_rows(&rows);
                    let part = rows[0].part.as_str().to_owned();
                    top_ups.push(TopUp { period: rows[0].period, part, amount, to, doubt });
                    missing = missing.checked_sub(amount)?;
                }
            }
        } else if missing > zero {
            let (to, doubt) = self.payee_of_more();
            top_ups.push(TopUp { period: self.period, part: self.next_part(), amount: missing, to, doubt });
        }
        Ok(top_ups)
    }

    /// What a person should know of the line before anything is paid, a sentence each.
    pub fn notes(&self) -> Result<Vec<String>, AmountOverflow> {
        let zero = Amount::zero(self.paid.currency());
        let mut notes = Vec::new();
        if self.upstream_paid > zero {
            let named = self.upstream.iter().filter(|upstream| upstream.paid > zero);
            let named: Vec<&str> = named.map(|upstream| upstream.finding.as_str()).collect();
            notes.push(format!("Upstream has paid {} of it ({}).", self.upstream_paid, named.join(", ")));
        }
        let top_ups = self.top_ups()?;
        if !top_ups.is_empty() {
            notes.extend(self.about_to_be_paid().map(|upstream| {
                format!("Upstream is about to pay {} ({}): stop that first.", upstream.planned, upstream.finding)
            }));
        }
        if top_ups.iter().any(|top_up| top_up.doubt.is_none() && top_up.to.account.is_none()) {
            notes.push("No account is known.".to_owned());
        }
        let doubts: BTreeSet<Doubt> = top_ups.iter().filter_map(|top_up| top_up.doubt).collect();
        notes.extend(doubts.into_iter().map(|doubt| doubt.in_words().to_owned()));
        Ok(notes)
    }

    /// What upstream was about to pay when it was last compared with.
    pub fn about_to_be_paid(&self) -> impl Iterator<Item = &UpstreamPaid> {
        self.upstream.iter().filter(|upstream| upstream.planned.minor_units() > 0)
    }

    /// The part of the next top-up: after the part that it tops up, where that is one.
    fn next_part(&self) -> String {
        let number = self.next_top_up;
        match self.one_own_part() {
            Some(part) if !part.is_empty() => format!("{part} {TOP_UP}{number}"),
            _ => format!("{TOP_UP}{number}"),
        }
    }

    /// The part of all that was paid, where that is one.
    fn one_own_part(&self) -> Option<Part> {
        let mut parts = self.obligations.values().map(|attempts| own_part(&attempts.part));
        let first = parts.next()?;
        parts.all(|part| part.folded() == first.folded()).then_some(first)
    }

    /// The rows of each obligation with what they come to, in the order of days and parts.
    fn rows_by_obligation(&self) -> Result<Vec<(Vec<&OwedRow>, Amount)>, AmountOverflow> {
        let mut rows: BTreeMap<(Option<Period>, String), Vec<&OwedRow>> = BTreeMap::new();
        for row in &self.rows {
            rows.entry((row.period, row.part.folded())).or_default().push(row);
        }
        let zero = Amount::zero(self.paid.currency());
        let summed = rows.into_values().map(|rows| {
            let owed = rows.iter().map(|row| row.amount).try_fold(zero, Amount::checked_add)?;
            Ok((rows, owed))
        });
        summed.collect()
    }

    fn add(&mut self, payment: &ProvisionalPayment) -> Result<(), AmountOverflow> {
        let payee = Payee { name: payment.payee_name.clone(), account: payment.account.clone() };
        let Attempts { amount, payee: known, free, .. } =
            self.obligations.entry((payment.period, payment.part.folded())).or_insert_with(|| Attempts {
                part: payment.part.clone(),
                amount: payment.amount,
                payee: payee.clone(),
                free: true,
            });
        (*amount, *free) = (payment.amount, *free && payment.free);
        if payment.account.is_some() {
            *known = payee;
        }
        if self.name.is_empty() {
            self.name.clone_from(&payment.name);
        }
        self.period = span(self.period, Some(payment.period));
        if !self.batches.contains(&payment.batch) {
            self.batches.push(payment.batch);
        }
        if payment.times_standing > 0 {
            self.end_to_end_ids.push(payment.end_to_end_id);
        }
        self.paid = self.paid.checked_add(payment.out)?;
        Ok(())
    }

    /// After the payments, which say when.
    fn owe(&mut self, row: OwedRow) -> Result<(), AmountOverflow> {
        self.owed = self.owed.checked_add(row.amount)?;
        if self.batches.is_empty() {
            self.period = span(self.period, row.period);
        }
        self.rows.push(row);
        Ok(())
    }

    /// Whether a payment of a batch that is not compared is about the same: a further attempt, a top-up of these days, or what a row is owed for.
    fn is_about(&self, payment: &ProvisionalPayment, days_paid: Option<Period>) -> bool {
        let part = payment.part.folded();
        if topped_up(&part).is_some() && self.period.is_none_or(|period| period.overlaps(payment.period)) {
            return true;
        }
        let owes = |row: &OwedRow| {
            let days = row.period.or(self.period).or(days_paid);
            row.part.folded() == part && days.is_none_or(|days| days.overlaps(payment.period))
        };
        self.obligations.contains_key(&(payment.period, part.clone())) || self.rows.iter().any(owes)
    }

    /// When all is there: what upstream has paid of what would be missing, the name, the parts, and the number of the next top-up.
    fn settle(&mut self, numbers: &BTreeMap<String, u32>) -> Result<(), AmountOverflow> {
        let zero = Amount::zero(self.paid.currency());
        let paid = self.upstream.iter().map(|upstream| upstream.paid).try_fold(zero, Amount::checked_add)?;
        self.upstream_paid = paid.min(self.owed.checked_sub(self.paid)?).max(zero);
        // The list of what is owed knows the person as they are called now.
        if let Some(row) = self.rows.iter().find(|row| !row.name.is_empty()) {
            self.name.clone_from(&row.name);
        }
        let paid_and_owed = self.obligations.values().map(|attempts| &attempts.part);
        let all = paid_and_owed.chain(self.rows.iter().map(|row| &row.part)).filter(|part| !part.is_empty());
        let parts: BTreeMap<String, Part> = all.map(|part| (part.folded(), part.clone())).collect();
        self.parts = parts.into_values().collect();
        let own = self.one_own_part().map(|part| part.folded()).unwrap_or_default();
        self.next_top_up = numbers.get(&own).map_or(1, |last| last.saturating_add(1));
        Ok(())
    }
}

/// Everything about one person and scheme.
struct Bucket {
    person: PersonId,
    scheme: Scheme,
    compared: Vec<ProvisionalPayment>,
    others: Vec<ProvisionalPayment>,
    rows: Vec<OwedRow>,
    upstream: Vec<UpstreamPaid>,
}

/// Puts payments and rows together, in the order of person, scheme, days and part. Payments that came back do not count as paid; top-ups of the
/// same days count wherever they were paid, and so do further attempts at what is compared. What upstream has paid counts for what is missing.
pub fn compare(
    mut payments: Vec<ProvisionalPayment>,
    rows: Vec<OwedRow>,
    upstream: Vec<UpstreamPaid>,
    currency: Currency,
) -> Result<Vec<TrueUpLine>, AmountOverflow> {
    let order = |one: &ProvisionalPayment| {
        (one.period, one.part.folded(), one.end_to_end_id.attempt, one.batch, one.end_to_end_id)
    };
    payments.sort_by_cached_key(order);
    let mut buckets: BTreeMap<(PersonId, String), Bucket> = BTreeMap::new();
    let bucket = |person: &PersonId, scheme: &Scheme| Bucket {
        person: person.clone(),
        scheme: scheme.clone(),
        compared: Vec::new(),
        others: Vec::new(),
        rows: Vec::new(),
        upstream: Vec::new(),
    };
    let (compared, others): (Vec<_>, Vec<_>) = payments.into_iter().partition(|payment| payment.in_scope);
    let days_paid = compared.iter().map(|payment| payment.period).reduce(Period::span);
    for payment in compared {
        let key = (payment.person.clone(), payment.scheme.folded());
        buckets.entry(key).or_insert_with(|| bucket(&payment.person, &payment.scheme)).compared.push(payment);
    }
    for row in rows {
        let key = (row.person.clone(), row.scheme.folded());
        buckets.entry(key).or_insert_with(|| bucket(&row.person, &row.scheme)).rows.push(row);
    }
    for payment in others {
        if let Some(bucket) = buckets.get_mut(&(payment.person.clone(), payment.scheme.folded())) {
            bucket.others.push(payment);
        }
    }
    for paid in upstream {
        if let Some(bucket) = buckets.get_mut(&(paid.person.clone(), paid.scheme.folded())) {
            bucket.upstream.push(paid);
        }
    }
    let mut lines = Vec::new();
    for bucket in buckets.into_values() {
        lines.extend(bucket.compare(days_paid, currency)?);
    }
    Ok(lines)
}

impl Bucket {
    fn compare(self, days_paid: Option<Period>, currency: Currency) -> Result<Vec<TrueUpLine>, AmountOverflow> {
        let numbers = self.last_top_ups();
        let apart = apart::tell(&self);
        let mut lines: Vec<TrueUpLine> =
            (0..apart.groups).map(|_| TrueUpLine::new(&self.person, &self.scheme, currency)).collect();
        for (payment, group) in self.compared.iter().zip(&apart.of_payments) {
            lines[*group].add(payment)?;
        }
        for (row, group) in self.rows.into_iter().zip(&apart.of_rows) {
            lines[*group].owe(row)?;
        }
        for (paid, group) in self.upstream.into_iter().zip(&apart.of_upstream) {
            if let Some(group) = group {
                lines[*group].upstream.push(paid);
            }
        }
        for payment in &self.others {
            let mut groups = apart.of_part(&own_part(&payment.part).folded()).iter();
            if let Some(group) = groups.find(|group| lines[**group].is_about(payment, days_paid)) {
                lines[*group].add(payment)?;
            }
        }
        lines.iter_mut().try_for_each(|line| line.settle(&numbers))?;
        lines.sort_by_cached_key(|line| (line.period, line.parts.iter().map(Part::folded).collect::<Vec<_>>()));
        Ok(lines)
    }

    /// The number of the last top-up of each part, on whatever days.
    fn last_top_ups(&self) -> BTreeMap<String, u32> {
        let mut numbers = BTreeMap::new();
        // One that came back is owed under its own part again.
        for payment in self.compared.iter().chain(&self.others).filter(|payment| !payment.free) {
            if let Some((part, number)) = topped_up(&payment.part.folded()) {
                let last = numbers.entry(part.to_owned()).or_insert(0);
                *last = number.max(*last);
            }
        }
        numbers
    }
}

fn span(one: Option<Period>, other: Option<Period>) -> Option<Period> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.span(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payment::{Country, DomesticAccount, PersonKind, Tag};

    fn person(number: u8) -> PersonId {
        PersonId::new(Country::Gl, PersonKind::Natural, format!("61129012{number:02}"))
    }

    fn dkk(minor_units: i64) -> Amount {
        Amount::from_minor_units(minor_units, Currency::Dkk)
    }

    /// Person, month of 2026, part, amount, how many times it is out, whether it is compared.
    type Paid = (u8, u8, &'static str, i64, u32, bool);

    fn payment((number, month, part, amount, times_standing, in_scope): Paid) -> ProvisionalPayment {
        ProvisionalPayment {
            end_to_end_id: EndToEndId { tag: Tag { series: [number; 8], obligation: [month; 8] }, attempt: 1 },
            batch: BatchId::new('B', month.into()),
            person: person(number),
            name: "Ane".into(),
            scheme: Scheme::new("Løn").expect("a name"),
            period: format!("2026-{month:02}").parse().expect("a month"),
            part: Part::new(part),
            amount: dkk(amount),
            account: None,
            payee_name: None,
            times_standing,
            out: dkk(amount * i64::from(times_standing)),
            free: times_standing == 0,
            in_scope,
        }
    }

    fn owed((number, amount): (u8, i64)) -> OwedRow {
        OwedRow {
            person: person(number),
            name: "Ane".into(),
            scheme: Scheme::new("løn").expect("a name"),
            period: None,
            part: Part::default(),
            amount: dkk(amount),
            account: None,
            account_unusable: false,
            payee_name: None,
        }
    }

    fn month(number: u8) -> Period {
        format!("2026-{number:02}").parse().expect("a month")
    }

    fn account(number: &str) -> Option<Account> {
        let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: number.into() };
        Some(Account::Domestic(account))
    }

    /// Month, part, amount.
    fn owed_for((month_of_2026, part, amount): (u8, &str, i64)) -> OwedRow {
        OwedRow { period: Some(month(month_of_2026)), part: Part::new(part), ..owed((1, amount)) }
    }

    fn told(top_ups: Vec<TopUp>) -> String {
        let told = top_ups.into_iter().map(|TopUp { period, part, amount, .. }| {
            let days = period.map_or_else(|| "-".to_owned(), |period| period.to_string());
            format!("{days} {part} {}", amount.minor_units())
        });
        told.collect::<Vec<_>>().join("; ")
    }

    /// Paid, owed, then for each person: what was paid, what was owed, and the top-ups: month, part and amount.
    #[test]
    fn each_person_is_compared_with_what_was_owed() {
        type Expected = &'static [(u8, i64, i64, &'static str)];
        type Case = (&'static [Paid], &'static [(u8, i64)], Expected);
        let table: [Case; 14] = [
            (&[(1, 4, "", 100, 1, true)], &[(1, 120)], &[(1, 100, 120, "2026-04 true-up-1 20")]),
            (&[(1, 4, "", 100, 1, true)], &[], &[(1, 100, 0, "")]),
            (&[], &[(2, 50), (2, 5)], &[(2, 0, 55, "-  55")]),
            // What came back was not paid, what the bank doubled was paid twice.
            (
                &[(1, 4, "", 100, 0, true), (2, 4, "", 100, 2, true)],
                &[(1, 100), (2, 100)],
                &[(1, 0, 100, "2026-04  100"), (2, 200, 100, "")],
            ),
            // All that is missing is paid as what came back, and more than one of that each as what it was.
            (&[(1, 4, "", 100, 0, true)], &[(1, 130)], &[(1, 0, 130, "2026-04  130")]),
            (
                &[(1, 4, "", 100, 0, true), (1, 5, "Rate 2", 50, 0, true), (1, 6, "", 70, 1, true)],
                &[(1, 250)],
                &[(1, 70, 250, "2026-04  100; 2026-05 Rate 2 80")],
            ),
            (&[(1, 4, "", 100, 0, true), (1, 5, "", 50, 0, true)], &[(1, 80)], &[(1, 0, 80, "2026-04  80")]),
            // Paid again in a batch that is not compared, it was paid; and again as another amount, that much was.
            (&[(1, 4, "", 100, 0, true), (1, 4, "", 100, 1, false)], &[(1, 100)], &[(1, 100, 100, "")]),
            (
                &[(1, 4, "", 100, 0, true), (1, 4, "", 90, 1, false)],
                &[(1, 100)],
                &[(1, 90, 100, "2026-04 true-up-1 10")],
            ),
            (&[(1, 4, "", 100, 0, true), (1, 4, "", 90, 0, false)], &[(1, 100)], &[(1, 0, 100, "2026-04  100")]),
            // Another obligation of the same days is none of these.
            (
                &[(1, 4, "", 100, 1, true), (1, 4, "B", 20, 0, false)],
                &[(1, 120)],
                &[(1, 100, 120, "2026-04 true-up-1 20")],
            ),
            // A top-up counts although its batch is not among those compared, and the next one has a part of its own.
            (
                &[(1, 4, "", 100, 1, true), (1, 4, "True-up-1", 20, 1, false)],
                &[(1, 130)],
                &[(1, 120, 130, "2026-04 true-up-2 10")],
            ),
            // A top-up of other days, and a payment that is none, do not.
            (
                &[(1, 4, "", 100, 1, true), (1, 5, "true-up-1", 20, 1, false), (1, 4, "rate 2", 7, 1, false)],
                &[(1, 130)],
                &[(1, 100, 130, "2026-04 true-up-2 30")],
            ),
            // One that came back is paid again under its own part.
            (
                &[(1, 4, "", 100, 1, true), (1, 4, "true-up-1", 20, 0, false)],
                &[(1, 120)],
                &[(1, 100, 120, "2026-04 true-up-1 20")],
            ),
        ];
        for (at, (payments, rows, expected)) in table.into_iter().enumerate() {
            let payments = payments.iter().map(|paid| payment(*paid)).collect();
            let rows = rows.iter().map(|row| owed(*row)).collect();
            let lines = compare(payments, rows, vec![], Currency::Dkk).expect("adds up");
            let told = |line: &TrueUpLine| told(line.top_ups().expect("adds up"));
            let found: Vec<_> = lines.iter().map(|one| (one.person.clone(), one.paid, one.owed, told(one))).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(number, paid, owed, top_ups)| (person(*number), dkk(*paid), dkk(*owed), (*top_ups).to_owned()))
                .collect();
            assert_eq!(found, expected, "case {at}");
        }
    }

    /// Months and parts are obligations of their own, of which each is short or not by itself; only where one side has a sum for several are sums
    /// compared.
    #[test]
    fn nothing_is_set_off_against_another_obligation() {
        type Row = (u8, &'static str, i64);
        type Case = (&'static str, &'static [Paid], &'static [Row], &'static [(i64, i64, &'static str)]);
        let table: [Case; 16] = [
            (
                "two parts",
                &[(1, 4, "egen", 4000, 1, true), (1, 4, "husleje", 3000, 1, true)],
                &[(4, "egen", 4500), (4, "husleje", 2500)],
                &[(4000, 4500, "2026-04 egen true-up-1 500"), (3000, 2500, "")],
            ),
            (
                "two months",
                &[(1, 3, "", 100, 1, true), (1, 4, "", 100, 1, true)],
                &[(3, "", 120), (4, "", 80)],
                &[(100, 120, "2026-03 true-up-1 20"), (100, 80, "")],
            ),
            (
                "a sum for two parts",
                &[(1, 4, "1", 100, 1, true), (1, 4, "2", 100, 1, true)],
                &[(4, "", 230)],
                &[(200, 230, "2026-04 true-up-1 30")],
            ),
            (
                "parts of what was paid as a sum",
                &[(1, 4, "", 100, 1, true)],
                &[(4, "1", 60), (4, "2", 60)],
                &[(100, 120, "2026-04 true-up-1 20")],
            ),
            (
                "a part beside what is paid without one",
                &[(1, 4, "", 100, 1, true)],
                &[(4, "", 100), (4, "B", 20)],
                &[(100, 100, ""), (0, 20, "2026-04 B 20")],
            ),
            ("nothing was paid", &[], &[(4, "", 333), (5, "2", 7)], &[(0, 333, "2026-04  333"), (0, 7, "2026-05 2 7")]),
            (
                "a month of which nothing was paid",
                &[(1, 4, "", 100, 1, true)],
                &[(3, "", 90), (4, "", 100)],
                &[(0, 90, "2026-03  90"), (100, 100, "")],
            ),
            (
                "what was topped up is paid",
                &[(1, 4, "1", 100, 1, true), (1, 4, "2", 100, 1, true), (1, 4, "2 True-up-1", 25, 1, true)],
                &[(4, "1", 100), (4, "2", 125)],
                &[(100, 100, ""), (125, 125, "")],
            ),
            (
                "and so it is where its batch is not compared, by part",
                &[(1, 4, "1", 100, 1, true), (1, 4, "2", 100, 1, true), (1, 4, "2 true-up-1", 25, 1, false)],
                &[(4, "1", 101), (4, "2", 127)],
                &[(100, 101, "2026-04 1 true-up-1 1"), (125, 127, "2026-04 2 true-up-2 2")],
            ),
            (
                "a top-up of a part that came back",
                &[(1, 4, "2", 100, 1, true), (1, 4, "2 true-up-1", 25, 0, true)],
                &[(4, "2", 125)],
                &[(100, 125, "2026-04 2 true-up-1 25")],
            ),
            (
                "a top-up of one of two parts, and nothing says of which",
                &[(1, 4, "1", 100, 1, true), (1, 4, "2", 100, 1, true), (1, 4, "true-up-1", 25, 1, false)],
                &[(4, "1", 100), (4, "2", 125)],
                &[(225, 225, "")],
            ),
            (
                "what was never paid was paid by the list in a batch that is not compared",
                &[(2, 4, "", 1, 1, true), (1, 4, "", 333, 1, false)],
                &[(4, "", 333)],
                &[(333, 333, ""), (1, 0, "")],
            ),
            (
                "but a payment of other days, or another part, is none of it",
                &[(2, 4, "", 1, 1, true), (1, 5, "", 333, 1, false), (1, 4, "2", 333, 1, false)],
                &[(4, "", 333)],
                &[(0, 333, "2026-04  333"), (1, 0, "")],
            ),
            (
                "of parts that came back each is paid as what it is owed",
                &[(1, 4, "1", 100, 0, true), (1, 4, "2", 100, 0, true)],
                &[(4, "1", 80), (4, "2", 120)],
                &[(0, 80, "2026-04 1 80"), (0, 120, "2026-04 2 120")],
            ),
            (
                "another part than was paid",
                &[(1, 4, "1", 100, 1, true)],
                &[(4, "2", 100)],
                &[(100, 0, ""), (0, 100, "2026-04 2 100")],
            ),
            (
                "no top-up's part",
                &[(1, 4, "true-up-", 100, 1, true), (1, 4, "true-up-+1", 100, 1, true)],
                &[(4, "true-up-", 100), (4, "true-up-+1", 110)],
                &[(100, 100, ""), (100, 110, "2026-04 true-up-+1 true-up-1 10")],
            ),
        ];
        for (name, payments, rows, expected) in table {
            let payments: Vec<_> = payments.iter().map(|paid| payment(*paid)).collect();
            let rows: Vec<_> = rows.iter().map(|row| owed_for(*row)).collect();
            for turned in [false, true] {
                let (mut payments, mut rows) = (payments.clone(), rows.clone());
                if turned {
                    payments.reverse();
                    rows.reverse();
                }
                let lines = compare(payments, rows, vec![], Currency::Dkk).expect("adds up");
                let found = lines.iter().map(|line| (line.paid, line.owed, told(line.top_ups().expect("adds up"))));
                let expected =
                    expected.iter().map(|(paid, owed, top_ups)| (dkk(*paid), dkk(*owed), (*top_ups).to_owned()));
                assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{name}");
            }
        }
    }

    /// What upstream paid of what is missing is not paid once more, and it is said whose finding tells that. What it paid above that, or for
    /// something else, changes nothing.
    #[test]
    fn what_upstream_has_paid_is_not_missing() {
        let told_by = |month_of_2026: Option<u8>, parts: &[&str], paid: i64, planned: i64| UpstreamPaid {
            finding: "F0007".into(),
            person: person(1),
            scheme: Scheme::new("LØN").expect("a name"),
            period: month_of_2026.map(month),
            parts: parts.iter().map(|part| Part::new(part)).collect(),
            paid: dkk(paid),
            planned: dkk(planned),
        };
        type Expected = &'static [(i64, &'static str, &'static str)];
        const OF_PART_2: &str = "Upstream has paid 0.20 of it (F0007).";
        const SOME: &str = "Upstream has paid 0.10 of it (F0007).";
        const PLANNED: &str = "Upstream is about to pay 0.30 (F0007): stop that first.";
        let table: [(UpstreamPaid, Expected); 8] = [
            (told_by(Some(4), &["2"], 20, 0), &[(0, "", ""), (20, "", OF_PART_2)]),
            (told_by(Some(4), &["2"], 500, 0), &[(0, "", ""), (20, "", OF_PART_2)]),
            (told_by(Some(4), &["2 true-up-1"], 10, 0), &[(0, "", ""), (10, "2026-04 2 true-up-1 10", SOME)]),
            (told_by(Some(4), &[], 10, 0), &[(10, "2026-04 true-up-1 10", SOME)]),
            (told_by(None, &["1", "2"], 10, 0), &[(10, "2026-04 true-up-1 10", SOME)]),
            (told_by(Some(5), &["2"], 20, 0), &[(0, "", ""), (0, "2026-04 2 true-up-1 20", "")]),
            (told_by(Some(4), &["3"], 20, 0), &[(0, "", ""), (0, "2026-04 2 true-up-1 20", "")]),
            (told_by(Some(4), &["2"], 0, 30), &[(0, "", ""), (0, "2026-04 2 true-up-1 20", PLANNED)]),
        ];
        for (upstream, expected) in table {
            let paid = [(1, 4, "1", 100, 1, true), (1, 4, "2", 100, 1, true)].map(payment);
            let payments = paid.map(|payment| ProvisionalPayment { account: account("1"), ..payment }).to_vec();
            let rows = [(4, "1", 100), (4, "2", 120)].map(owed_for).to_vec();
            let lines = compare(payments, rows, vec![upstream.clone()], Currency::Dkk).expect("adds up");
            let found: Vec<_> = lines
                .iter()
                .map(|line| {
                    let notes = line.notes().expect("adds up").join(" ");
                    (line.upstream_paid.minor_units(), told(line.top_ups().expect("adds up")), notes)
                })
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(paid, top_ups, notes)| (*paid, (*top_ups).to_owned(), (*notes).to_owned()))
                .collect();
            assert_eq!(found, expected, "{upstream:?}");
        }
        // Somebody who was only paid by upstream is owed nothing, and who is owed nothing here is not looked at.
        let rows = vec![owed_for((4, "", 100))];
        let lines = compare(vec![], rows, vec![told_by(Some(4), &[], 100, 0)], Currency::Dkk).expect("adds up");
        assert_eq!((lines[0].difference(), lines[0].top_ups()), (Ok(dkk(0)), Ok(vec![])));
        assert!(
            compare(vec![], vec![], vec![told_by(Some(4), &[], 100, 0)], Currency::Dkk).expect("adds up").is_empty()
        );
    }

    /// Where the money goes: part, account and payee of what was paid and of what is owed, how often it is out.
    #[test]
    fn a_top_up_goes_to_whoever_is_short_and_never_back_where_money_came_from() {
        use Doubt::{CameBack, CameBackFromThere, Several, Unusable};
        type Side = (&'static str, i64, &'static str, Option<&'static str>);
        type Case = (&'static [Side], u32, &'static [Side], &'static str, Option<&'static str>, Option<Doubt>);
        let table: [Case; 16] = [
            (&[("", 100, "1", None)], 1, &[("", 120, "", None)], "1", None, None),
            // The list of what is owed knows better.
            (&[("", 100, "1", None)], 1, &[("", 120, "9", None)], "9", None, None),
            (&[("", 100, "1", None)], 1, &[("", 120, "9", Some("Ole"))], "9", Some("Ole"), None),
            (&[("", 100, "1", None)], 1, &[("", 120, "?", None)], "", None, Some(Unusable)),
            // What came back does not go there again by itself.
            (&[("", 100, "1", None)], 0, &[("", 120, "", None)], "", None, Some(CameBack)),
            (&[("", 100, "1", None)], 0, &[("", 120, "9", None)], "9", None, None),
            (&[("", 100, "1", None)], 0, &[("", 120, "1", None)], "1", None, Some(CameBackFromThere)),
            (&[("", 100, "1", None)], 0, &[("", 120, "?", None)], "", None, Some(Unusable)),
            // Another payee than the person stays one, whatever account of the person's own is listed.
            (&[("", 100, "2", Some("Bolig"))], 1, &[("", 120, "", None)], "2", Some("Bolig"), None),
            (&[("", 100, "2", Some("Bolig"))], 1, &[("", 120, "9", None)], "2", Some("Bolig"), None),
            (&[("", 100, "2", Some("Bolig"))], 1, &[("", 120, "9", Some("Bolig"))], "9", Some("Bolig"), None),
            (&[("", 100, "2", Some("Bolig"))], 0, &[("", 120, "9", None)], "", Some("Bolig"), Some(CameBack)),
            // The part that is short.
            (
                &[("egen", 100, "1", None), ("husleje", 100, "2", Some("Bolig"))],
                1,
                &[("egen", 120, "", None), ("husleje", 100, "", None)],
                "1",
                None,
                None,
            ),
            (
                &[("egen", 100, "1", None), ("husleje", 100, "2", Some("Bolig"))],
                1,
                &[("egen", 100, "1", None), ("husleje", 120, "1", None)],
                "2",
                Some("Bolig"),
                None,
            ),
            // A sum for both does not tell which is short, unless both are paid to one.
            (
                &[("egen", 100, "1", None), ("husleje", 100, "2", Some("Bolig"))],
                1,
                &[("", 220, "", None)],
                "",
                None,
                Some(Several),
            ),
            (&[("1", 100, "1", None), ("2", 100, "1", None)], 1, &[("", 220, "", None)], "1", None, None),
        ];
        for (case, (paid, times, rows, at, payee, doubt)) in table.into_iter().enumerate() {
            let to = |number: &str| account(number).filter(|_| !matches!(number, "" | "?"));
            let payments: Vec<_> = paid
                .iter()
                .map(|(part, amount, at, payee)| ProvisionalPayment {
                    account: to(at),
                    payee_name: payee.map(str::to_owned),
                    ..payment((1, 4, part, *amount, times, true))
                })
                .collect();
            let rows: Vec<_> = rows
                .iter()
                .map(|(part, amount, at, payee)| OwedRow {
                    account: to(at),
                    account_unusable: *at == "?",
                    payee_name: payee.map(str::to_owned),
                    ..owed_for((4, part, *amount))
                })
                .collect();
            for turned in [false, true] {
                let (mut payments, mut rows) = (payments.clone(), rows.clone());
                if turned {
                    payments.reverse();
                    rows.reverse();
                }
                let lines = compare(payments, rows, vec![], Currency::Dkk).expect("adds up");
                let top_ups: Vec<_> = lines.iter().flat_map(|line| line.top_ups().expect("adds up")).collect();
                let [top_up] = top_ups.as_slice() else { panic!("case {case}: {top_ups:?}") };
                let expected = Payee { name: payee.map(str::to_owned), account: to(at) };
                assert_eq!((&top_up.to, top_up.doubt), (&expected, doubt), "case {case}");
                let noted = lines.iter().flat_map(|line| line.notes().expect("adds up")).collect::<String>();
                assert_eq!(noted, doubt.map_or("", Doubt::in_words), "case {case}");
            }
        }
    }

    /// What is paid says when, else what is owed does; what is owed says who, where it does. Of several months' payments the last account counts.
    #[test]
    fn a_line_says_of_whom_and_when() {
        let row = |number: u8, name: &str| OwedRow { name: name.into(), ..owed((number, 400)) };
        let payments = vec![
            ProvisionalPayment { account: account("1"), ..payment((1, 4, "", 100, 1, true)) },
            ProvisionalPayment { account: account("2"), ..payment((1, 5, "", 100, 1, true)) },
            ProvisionalPayment { batch: BatchId::new('B', 5), ..payment((1, 6, "", 100, 1, true)) },
            payment((2, 4, "", 100, 0, true)),
        ];
        let ids: Vec<EndToEndId> = payments.iter().map(|payment| payment.end_to_end_id).collect();
        let nobody = OwedRow { person: person(3), ..owed_for((7, "", 100)) };
        let rows = vec![row(1, ""), row(2, "Ane B."), nobody];
        let lines = compare(payments, rows, vec![], Currency::Dkk).expect("adds up");
        let told = |line: &TrueUpLine| {
            let days = line.period.expect("days");
            let top_ups = line.top_ups().expect("adds up");
            let at = top_ups[0].to.account.clone();
            (line.name.clone(), days.first(), days.last(), at, line.batches.len(), line.end_to_end_ids.clone())
        };
        let expected = [
            ("Ane", 4, 6, account("2"), 2, ids[..3].to_vec()),
            ("Ane B.", 4, 4, None, 1, vec![]),
            ("Ane", 7, 7, None, 0, vec![]),
        ]
        .map(|(name, first, last, at, batches, ids)| {
            (name.to_owned(), month(first).first(), month(last).last(), at, batches, ids)
        });
        assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), expected);
    }

    /// A supplier has thousands of invoices of one scheme: the work stays in proportion to how many there are.
    #[test]
    fn thousands_of_parts_are_told_apart() {
        let parts: Vec<String> = (0..20_000).map(|number| format!("A{number}")).collect();
        let payments =
            parts.iter().map(|part| ProvisionalPayment { part: Part::new(part), ..payment((1, 4, "", 100, 1, true)) });
        let rows = parts.iter().map(|part| owed_for((4, part, 101))).collect();
        let lines = compare(payments.collect(), rows, vec![], Currency::Dkk).expect("adds up");
        assert_eq!(lines.len(), parts.len());
        assert!(lines.iter().all(|line| line.difference() == Ok(dkk(-1))));
    }

    proptest! {
        #[test]
        fn sums_close_to_the_ore(
            paid in proptest::collection::vec((1u8..9, 1u8..13, 1i64..1_000_000, 0u32..3), 0..40),
            rows in proptest::collection::vec((1u8..9, 0i64..1_000_000), 0..40),
        ) {
            let total: i64 = paid.iter().map(|(_, _, amount, times)| amount * i64::from(*times)).sum();
            let owed_total: i64 = rows.iter().map(|(_, amount)| amount).sum();
            let payments = paid.into_iter().map(|(who, month, amount, times)| payment((who, month, "", amount, times, true)));
            let lines = compare(payments.collect(), rows.into_iter().map(owed).collect(), vec![], Currency::Dkk).expect("adds up");
            let differences: i64 = lines.iter().map(|one| one.difference().expect("adds up").minor_units()).sum();
            prop_assert_eq!(total - owed_total, differences);
            for line in lines {
                let missing: i64 = line.top_ups().expect("adds up").iter().map(|top_up| top_up.amount.minor_units()).sum();
                prop_assert_eq!(missing, (-line.difference().expect("adds up").minor_units()).max(0));
            }
        }
    }
}
