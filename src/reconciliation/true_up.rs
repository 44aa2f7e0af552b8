//! After provisional pay: what was paid against what was truly owed, person by person and scheme by scheme, to the øre. Pure.

use std::collections::BTreeMap;

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
    pub amount: Amount,
    pub account: Option<Account>,
}

/// One person's payments of one scheme beside what was owed.
#[derive(Clone, Debug)]
pub struct TrueUpLine {
    pub person: PersonId,
    pub name: String,
    pub scheme: Scheme,
    /// The span of what was paid, else of what is owed.
    pub period: Option<Period>,
    pub account: Option<Account>,
    pub paid: Amount,
    pub owed: Amount,
    pub batches: Vec<BatchId>,
    /// Of payments that are out, in the order of their days.
    pub end_to_end_ids: Vec<EndToEndId>,
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
    /// Whether none of them is out, and the obligation may be paid again.
    free: bool,
}

/// A payment of what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    pub period: Option<Period>,
    pub part: String,
    pub amount: Amount,
}

/// What the parts of top-ups begin with: they are payments of their own beside the provisional one, and known for what they are.
pub const TOP_UP: &str = "true-up-";

impl TrueUpLine {
    /// Paid less owed.
    pub fn difference(&self) -> Result<Amount, AmountOverflow> {
        self.paid.checked_sub(self.owed)
    }

    /// What pays all that is missing. What came back is paid as what it is, so that nobody pays it beside this once more; where nothing did,
    /// a top-up is an obligation of its own.
    pub fn top_ups(&self) -> Result<Vec<TopUp>, AmountOverflow> {
        let mut missing = self.owed.checked_sub(self.paid)?;
        let zero = Amount::zero(missing.currency());
        let mut free = self.obligations.iter().filter(|(_, attempts)| attempts.free).peekable();
        let mut top_ups = Vec::new();
        while let Some(((period, _), attempts)) = free.next().filter(|_| missing > zero) {
            let amount = if free.peek().is_some() { attempts.amount.min(missing) } else { missing };
            top_ups.push(TopUp { period: Some(*period), part: attempts.part.as_str().to_owned(), amount });
            missing = missing.checked_sub(amount)?;
        }
        if missing > zero {
            top_ups.push(TopUp { period: self.period, part: format!("{TOP_UP}{}", self.next_top_up), amount: missing });
        }
        Ok(top_ups)
    }
}

/// Puts payments and rows together, in the order of person and scheme. Payments that came back do not count as paid; top-ups of the same days
/// count wherever they were paid, and so do further attempts at what is compared.
pub fn compare(
    mut payments: Vec<ProvisionalPayment>,
    rows: Vec<OwedRow>,
    currency: Currency,
) -> Result<Vec<TrueUpLine>, AmountOverflow> {
    payments.sort_by_key(|payment| (payment.period, payment.end_to_end_id));
    let mut lines: BTreeMap<(PersonId, String), TrueUpLine> = BTreeMap::new();
    let line = |person: &PersonId, name: &str, scheme: &Scheme| TrueUpLine {
        person: person.clone(),
        name: name.to_owned(),
        scheme: scheme.clone(),
        period: None,
        account: None,
        paid: Amount::zero(currency),
        owed: Amount::zero(currency),
        batches: Vec::new(),
        end_to_end_ids: Vec::new(),
        next_top_up: 1,
        obligations: BTreeMap::new(),
    };
    let (compared, others): (Vec<_>, Vec<_>) = payments.into_iter().partition(|payment| payment.in_scope);
    for payment in &compared {
        let key = (payment.person.clone(), payment.scheme.folded());
        let line = lines.entry(key).or_insert_with(|| line(&payment.person, &payment.name, &payment.scheme));
        line.add(payment)?;
    }
    for row in rows {
        let key = (row.person.clone(), row.scheme.folded());
        let line = lines.entry(key).or_insert_with(|| line(&row.person, &row.name, &row.scheme));
        line.owed = line.owed.checked_add(row.amount)?;
        if line.batches.is_empty() {
            line.period = span(line.period, row.period);
        }
        if line.account.is_none() {
            line.account = row.account;
        }
        if line.name.is_empty() {
            line.name = row.name;
        }
    }
    for payment in &others {
        let Some(line) = lines.get_mut(&(payment.person.clone(), payment.scheme.folded())) else { continue };
        let of_these_days = line.period.is_none_or(|period| period.overlaps(payment.period));
        if (is_top_up(payment) && of_these_days) || line.obligations.contains_key(&obligation(payment)) {
            line.add(payment)?;
        } else {
            line.count_top_up(payment);
        }
    }
    Ok(lines.into_values().collect())
}

impl TrueUpLine {
    fn add(&mut self, payment: &ProvisionalPayment) -> Result<(), AmountOverflow> {
        self.count_top_up(payment);
        let Attempts { amount, free, .. } = self.obligations.entry(obligation(payment)).or_insert_with(|| Attempts {
            part: payment.part.clone(),
            amount: payment.amount,
            free: true,
        });
        (*amount, *free) = (payment.amount, *free && payment.free);
        self.period = span(self.period, Some(payment.period));
        if !self.batches.contains(&payment.batch) {
            self.batches.push(payment.batch);
        }
        // The last account that was paid to is the one to pay to.
        if payment.account.is_some() {
            self.account.clone_from(&payment.account);
        }
        if payment.times_standing > 0 {
            self.end_to_end_ids.push(payment.end_to_end_id);
        }
        self.paid = self.paid.checked_add(payment.out)?;
        Ok(())
    }

    fn count_top_up(&mut self, payment: &ProvisionalPayment) {
        let number = payment.part.folded().strip_prefix(TOP_UP).and_then(|number| number.parse::<u32>().ok());
        // One that came back is owed under its own part again.
        let taken = number.filter(|_| !payment.free);
        self.next_top_up = self.next_top_up.max(taken.map_or(1, |number| number.saturating_add(1)));
    }
}

fn obligation(payment: &ProvisionalPayment) -> (Period, String) {
    (payment.period, payment.part.folded())
}

fn is_top_up(payment: &ProvisionalPayment) -> bool {
    payment.part.folded().starts_with(TOP_UP)
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
            amount: dkk(amount),
            account: None,
        }
    }

    /// Paid, owed, then for each person: what was paid, what was owed, and the top-ups: month, part and amount.
    #[test]
    fn each_person_is_compared_with_what_was_owed() {
        type Expected = &'static [(u8, i64, i64, &'static str)];
        type Case = (&'static [Paid], &'static [(u8, i64)], Expected);
        let table: [Case; 14] = [
            (&[(1, 4, "", 100, 1, true)], &[(1, 120)], &[(1, 100, 120, "2026-04 true-up-1 20")]),
            (&[(1, 4, "", 100, 1, true)], &[], &[(1, 100, 0, "")]),
            (&[], &[(2, 50), (2, 5)], &[(2, 0, 55, "- true-up-1 55")]),
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
            let lines = compare(payments, rows.iter().map(|row| owed(*row)).collect(), Currency::Dkk).expect("adds up");
            let told = |line: &TrueUpLine| {
                let top_ups = line.top_ups().expect("adds up").into_iter().map(|TopUp { period, part, amount }| {
                    let days = period.map_or_else(|| "-".to_owned(), |period| period.to_string());
                    format!("{days} {part} {}", amount.minor_units())
                });
                top_ups.collect::<Vec<_>>().join("; ")
            };
            let found: Vec<_> = lines.iter().map(|one| (one.person.clone(), one.paid, one.owed, told(one))).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(number, paid, owed, top_ups)| (person(*number), dkk(*paid), dkk(*owed), (*top_ups).to_owned()))
                .collect();
            assert_eq!(found, expected, "case {at}");
        }
    }

    /// What is paid says more than what is owed: its days, its last account, its name. A row says what no payment does.
    #[test]
    fn a_line_says_of_whom_when_and_where_as_the_payments_do() {
        let account = |number: &str| {
            let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: number.into() };
            Some(Account::Domestic(account))
        };
        let month = |number: u8| format!("2026-{number:02}").parse::<Period>().expect("a month");
        let row = |number: u8, period: u8, at: &str| OwedRow {
            name: "Ane B.".into(),
            period: Some(month(period)),
            account: account(at),
            ..owed((number, 100))
        };
        let payments = vec![
            ProvisionalPayment { account: account("1"), ..payment((1, 4, "", 100, 1, true)) },
            ProvisionalPayment { account: account("2"), ..payment((1, 5, "", 100, 0, true)) },
            ProvisionalPayment { batch: BatchId::new('B', 5), ..payment((1, 6, "", 100, 1, true)) },
            ProvisionalPayment { name: String::new(), ..payment((2, 4, "", 100, 0, true)) },
        ];
        let ids: Vec<EndToEndId> = payments.iter().map(|payment| payment.end_to_end_id).collect();
        let rows = vec![row(1, 9, "9"), row(2, 9, "9"), row(3, 7, "7"), row(3, 9, "9")];
        let lines = compare(payments, rows, Currency::Dkk).expect("adds up");
        let told = |line: &TrueUpLine| {
            let days = line.period.expect("days");
            (
                line.name.clone(),
                days.first(),
                days.last(),
                line.account.clone(),
                line.batches.len(),
                line.end_to_end_ids.clone(),
            )
        };
        let expected = [
            ("Ane", 4, 6, "2", 2, vec![ids[0], ids[2]]),
            ("Ane B.", 4, 4, "9", 1, vec![]),
            ("Ane B.", 7, 9, "7", 0, vec![]),
        ]
        .map(|(name, first, last, at, batches, ids)| {
            (name.to_owned(), month(first).first(), month(last).last(), account(at), batches, ids)
        });
        assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), expected);
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
            let lines = compare(payments.collect(), rows.into_iter().map(owed).collect(), Currency::Dkk).expect("adds up");
            let differences: i64 = lines.iter().map(|one| one.difference().expect("adds up").minor_units()).sum();
            prop_assert_eq!(total - owed_total, differences);
        }
    }
}
