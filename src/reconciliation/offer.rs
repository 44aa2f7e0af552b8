//! What is left over on both sides after everything that matches by reference, obligation or days, and agrees in less: it may be the same money,
//! and only a person can tell. Each side names the other; nothing is picked.
//!
//! First within one person: the same amount, and what the row does say of benefit and days agrees. A row whose day of payment lies within the
//! window around ours goes before one that says nothing of it, or lies outside, where both have somebody nearer. Then across persons: the same
//! account and amount under another person number, or none. Only what is matched is used up: an offer may be mere chance, and must not hide
//! another.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::matching::{Group, Matched};
use super::record::{Ours, Theirs};
use crate::payment::Amount;

/// How many others one side names before it only says that there are more.
pub const MOST_NAMED: usize = 50;

/// Pairs of groups of one person, by their places in `Matched::groups`: a payment's and a row's.
pub type Pairs = BTreeSet<(usize, usize)>;

/// The payment of a group that upstream has no row for, or the row of a group that has no payment: what may pair up.
#[derive(Clone, Copy)]
struct Left {
    group: usize,
    member: usize,
}

/// What one person's groups have left over, and which of it is offered as the same money.
#[derive(Default)]
pub struct Offered {
    pub pairs: Pairs,
    /// The same, the row's group first.
    turned: Pairs,
    ours: Vec<Left>,
    theirs: Vec<Left>,
    /// How often a payment and a row were held against each other.
    compared: u64,
}

/// Whose money may be on the other side under another number: account, amount in minor units, and the group that it is left over in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub ours: bool,
    pub account: u64,
    pub minor_units: i64,
    pub group: usize,
}

/// Offers within one person, whose groups these are.
pub fn within(ours: &[Ours], theirs: &[Theirs], matched: &Matched, window_days: u16) -> Offered {
    let mut offered = Offered::default();
    for (at, group) in matched.groups.iter().enumerate() {
        let left = |member: &usize| Left { group: at, member: *member };
        match (group.payments.as_slice(), group.rows.as_slice()) {
            (payments, []) => offered.ours.extend(payments.iter().filter(|at| ours[**at].stands()).map(left)),
            ([], rows) => offered.theirs.extend(rows.iter().map(left)),
            _ => {}
        }
    }
    if !offered.ours.is_empty() && !offered.theirs.is_empty() {
        offered.by_reference(matched);
        offered.by_amount(ours, theirs, window_days);
        offered.turned = offered.pairs.iter().map(|(ours, theirs)| (*theirs, *ours)).collect();
    }
    offered
}

impl Offered {
    /// Rows whose reference fits payments of several obligations: all of those that are left over.
    fn by_reference(&mut self, matched: &Matched) {
        if matched.ambiguous.is_empty() {
            return;
        }
        let groups = |left: &[Left]| left.iter().map(|left| (left.member, left.group)).collect::<HashMap<_, _>>();
        let (ours, theirs) = (groups(&self.ours), groups(&self.theirs));
        for (row, payment) in &matched.ambiguous {
            self.pairs.extend(ours.get(payment).copied().zip(theirs.get(row).copied()));
        }
    }

    /// The same amount. Two that each have somebody within the window are not offered to each other from afar.
    fn by_amount(&mut self, ours: &[Ours], theirs: &[Theirs], window_days: u16) {
        self.ours.sort_unstable_by_key(|left| (ours[left.member].amount, left.group, left.member));
        let (mut near, mut far) = (Pairs::new(), Pairs::new());
        let mut rows: Vec<Left> =
            self.theirs.iter().filter(|left| says_too_little(&theirs[left.member])).copied().collect();
        // Rows that say the same fit the same payments, which are looked for once: an organisation may have thousands of them.
        let means = |left: &Left| {
            let row = &theirs[left.member];
            (row.amount, row.scheme.map(|scheme| scheme.folded), row.period)
        };
        let paid_on = |left: &Left| theirs[left.member].paid_on;
        rows.sort_by_key(|left| (means(left), paid_on(left)));
        let mut equal = EqualAmounts::default();
        for same in rows.chunk_by(|a, b| means(a) == means(b)) {
            let row = &theirs[same[0].member];
            if equal.amount != Some(row.amount) {
                equal = EqualAmounts::of(row.amount, ours, &self.ours);
            }
            let fitting = equal.fitting(ours, row, &mut self.compared);
            for same in same.chunk_by(|a, b| paid_on(a) == paid_on(b)) {
                let (nearby, afar) = fitting.around(paid_on(&same[0]), window_days, &mut self.compared);
                for left in same {
                    near.extend(nearby.iter().map(|group| (*group, left.group)));
                    far.extend(afar.iter().map(|group| (*group, left.group)));
                }
            }
        }
        let (near_ours, near_theirs): (BTreeSet<usize>, BTreeSet<usize>) = near.iter().copied().unzip();
        far.retain(|(ours, theirs)| !near_ours.contains(ours) || !near_theirs.contains(theirs));
        self.pairs.extend(near);
        self.pairs.extend(far);
    }

    /// The groups that may be about the same money as this one.
    pub fn others(&self, group: usize) -> impl Iterator<Item = usize> {
        let of = (group, 0)..=(group, usize::MAX);
        self.pairs.range(of.clone()).chain(self.turned.range(of)).map(|(_, other)| *other)
    }

    /// The rows that are left over: their groups and their places.
    pub fn rows_left(&self) -> impl Iterator<Item = (usize, usize)> {
        self.theirs.iter().map(|left| (left.group, left.member))
    }

    /// As [`rows_left`](Self::rows_left), our payments of this amount, where rows are left over too.
    pub fn payments_left_of<'a>(
        &'a self,
        amount: Amount,
        ours: &'a [Ours<'a>],
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let start = self.ours.partition_point(|left| ours[left.member].amount < amount);
        let equal = self.ours[start..].iter().take_while(move |left| ours[left.member].amount == amount);
        equal.map(|left| (left.group, left.member))
    }

    /// What is left of one person now, for the comparison across persons.
    pub fn candidates<'a>(
        &'a self,
        ours: &'a [Ours<'a>],
        theirs: &'a [Theirs<'a>],
    ) -> impl Iterator<Item = Candidate> + 'a {
        let of_ours = self.ours.iter().map(|left| {
            let Ours { account, amount, .. } = ours[left.member];
            Candidate { ours: true, account, minor_units: amount.minor_units(), group: left.group }
        });
        let of_theirs = self.theirs.iter().map(|left| {
            let Theirs { account, amount, .. } = theirs[left.member];
            Candidate { ours: false, account, minor_units: amount.minor_units(), group: left.group }
        });
        of_ours.chain(of_theirs).filter(|candidate| candidate.account != 0)
    }
}

/// Our payments of one amount, also in the order of their days: rows that each name another period are not each held against all of them.
#[derive(Default)]
struct EqualAmounts<'a> {
    amount: Option<Amount>,
    left: &'a [Left],
    /// The first day of each, with its place in `left`, and the latest last day up to there.
    by_days: Vec<(NaiveDate, usize, NaiveDate)>,
}

impl<'a> EqualAmounts<'a> {
    /// `all` is in the order of amounts.
    fn of(amount: Amount, ours: &[Ours], all: &'a [Left]) -> Self {
        let start = all.partition_point(|left| ours[left.member].amount < amount);
        let length = all[start..].partition_point(|left| ours[left.member].amount == amount);
        let left = &all[start..start + length];
        let period = |at: usize| ours[left[at].member].period;
        let mut by_days: Vec<_> = (0..left.len()).map(|at| (period(at).first(), at, period(at).last())).collect();
        by_days.sort_unstable();
        let mut latest = NaiveDate::MIN;
        for (_, _, last) in &mut by_days {
            latest = latest.max(*last);
            *last = latest;
        }
        Self { amount: Some(amount), left, by_days }
    }

    /// Those that agree with what the row says.
    fn fitting(&self, ours: &[Ours], row: &Theirs, compared: &mut u64) -> Fitting {
        let mut fitting = Fitting::default();
        let mut hold = |of_ours: &Left| {
            *compared += 1;
            let payment = &ours[of_ours.member];
            if agrees(payment, row) {
                let at = fitting.groups.len();
                fitting.groups.push(of_ours.group);
                fitting.days.push((payment.pay_on, at));
                fitting.days.extend(payment.booked_on.filter(|day| *day != payment.pay_on).map(|day| (day, at)));
            }
        };
        match row.period {
            None => self.left.iter().for_each(hold),
            Some(period) => {
                let begun = self.by_days.partition_point(|(first, ..)| *first <= period.last());
                let goes_on = |(_, _, latest): &&(NaiveDate, usize, NaiveDate)| *latest >= period.first();
                let near = self.by_days[..begun].iter().rev().take_while(goes_on);
                let mut near: Vec<usize> = near.map(|(_, at, _)| *at).collect();
                near.sort_unstable();
                near.iter().for_each(|at| hold(&self.left[*at]));
            }
        }
        fitting.days.sort_unstable();
        fitting
    }
}

/// A row that names no benefit or no days could be about several payments of its person.
fn says_too_little(row: &Theirs) -> bool {
    row.has_person() && !row.names_an_obligation()
}

/// Whether what the row does say is not against it.
fn agrees(payment: &Ours, row: &Theirs) -> bool {
    row.scheme.is_none_or(|scheme| scheme.folded == payment.scheme.folded)
        && row.period.is_none_or(|period| period.overlaps(payment.period))
}

/// Payments that a row may be about: their groups, and the days, planned or booked, on which each was paid.
#[derive(Default)]
struct Fitting {
    groups: Vec<usize>,
    /// In order, each with its place in `groups`.
    days: Vec<(NaiveDate, usize)>,
}

impl Fitting {
    /// Groups whose payments lie within so many days of the row's day, and others: of both at most one more than is named, the first of them.
    fn around(&self, paid_on: Option<NaiveDate>, window_days: u16, compared: &mut u64) -> (Vec<usize>, Vec<usize>) {
        let mut near = BTreeSet::new();
        if let Some(paid_on) = paid_on {
            let days = |day: NaiveDate| (day - paid_on).num_days();
            let window = i64::from(window_days);
            let from = self.days.partition_point(|(day, _)| days(*day) < -window);
            near.extend(self.days[from..].iter().take_while(|(day, _)| days(*day) <= window).map(|(_, at)| *at));
        }
        *compared += near.len() as u64;
        let mut afar = Vec::new();
        for (at, group) in self.groups.iter().enumerate() {
            if afar.len() > MOST_NAMED {
                break;
            }
            *compared += 1;
            if !near.contains(&at) {
                afar.push(*group);
            }
        }
        (near.into_iter().take(MOST_NAMED + 1).map(|at| self.groups[at]).collect(), afar)
    }
}

/// Whether a group has nothing on the other side.
pub fn is_one_sided(group: &Group) -> bool {
    group.payments.is_empty() || group.rows.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::matching;
    use super::super::record::{Record, Records};
    use super::super::{FallbackPayment, UpstreamRow, UpstreamStatus};
    use super::*;
    use crate::ledger::outcome::Standing;
    use crate::payment::{Amount, BatchId, Country, Currency, EndToEndId, Part, PersonId, PersonKind, Scheme, Tag};

    const INVOICES: u64 = 20_000;

    /// One organisation has 20,000 invoices of one amount, and upstream's rows say no more of them than that. The work stays in proportion to
    /// how many there are.
    #[test]
    fn thousands_of_equal_invoices_of_one_organisation_are_not_each_held_against_each() {
        let (compared, pairs) = offered(|_| APRIL.into(), |_| None, |number| number % 3);
        assert!(compared <= 8 * INVOICES, "{compared} comparisons");
        assert_eq!(pairs, INVOICES * (MOST_NAMED as u64 + 1), "all rows are offered some");
    }

    /// As above, and each row names another day.
    #[test]
    fn nor_are_they_where_each_row_names_a_day_of_its_own() {
        let (compared, pairs) = offered(|_| APRIL.into(), |_| None, |number| number);
        assert!(compared <= 80 * INVOICES, "{compared} comparisons");
        assert!(pairs >= INVOICES, "{pairs}");
    }

    /// No row names the benefit, and each names days of its own, which are those of one payment.
    #[test]
    fn nor_are_they_where_each_row_names_a_period_of_its_own() {
        let day = |number: u64| {
            let day =
                NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|day| day.checked_add_days(chrono::Days::new(number)));
            day.expect("a day").to_string()
        };
        let (compared, pairs) = offered(day, |number| Some(day(number)), |_| 0);
        assert!(compared <= 8 * INVOICES, "{compared} comparisons");
        assert_eq!(pairs, INVOICES, "each row is offered the payment of its day");
    }

    /// Upstream's day of payment lies so many days after ours, or after the day on which ours was booked: within a week the two are offered to each
    /// other alone, where the other payment and the other row have each other. From afar everything is offered.
    #[test]
    fn a_row_within_the_window_of_our_day_or_of_its_booking_goes_before_the_rest() {
        let day = |days: i64| NaiveDate::from_ymd_opt(2022, 4, 1).expect("a day") + chrono::Duration::days(days);
        let table = [
            (None, -8, 4, 7),
            (None, -7, 2, 8),
            (None, 0, 2, 8),
            (None, 7, 2, 8),
            (None, 8, 4, 7),
            (Some(0), 8, 4, 7),
            (Some(20), 27, 2, 8),
            (Some(20), 13, 2, 8),
            (Some(20), 28, 4, 7),
            (Some(20), 12, 4, 7),
            (Some(20), 7, 2, 8),
        ];
        for (booked_after, paid_after, pairs, compared) in table {
            let booked_on = |number| booked_after.filter(|_| number == 0).map(day);
            let other_pair = |number| 200 * i64::try_from(number).expect("small");
            let offered = held_against_each_other(
                2,
                |number, payment| FallbackPayment {
                    pay_on: day(other_pair(number)),
                    booked_on: booked_on(number),
                    ..payment
                },
                |number, row| UpstreamRow {
                    paid_on: Some(day(if number == 0 { paid_after } else { other_pair(number) })),
                    period: None,
                    ..row
                },
            );
            assert_eq!(offered, (compared, pairs), "booked {booked_after:?}, paid {paid_after}");
        }
    }

    /// Of very many one more is offered than is named, so that it can be said that there are more.
    #[test]
    fn from_afar_one_more_is_offered_than_is_named() {
        let offered = |count| {
            let silent = |_, row| UpstreamRow { paid_on: None, ..row };
            held_against_each_other(count, |_, payment| payment, silent).1
        };
        let most = MOST_NAMED as u64;
        assert_eq!(offered(most), most * most);
        assert_eq!(offered(most + 1), (most + 1) * (most + 1));
        assert_eq!(offered(most + 2), (most + 2) * (most + 1));
    }

    const APRIL: &str = "2022-04";

    /// Gives how many comparisons it took, and how many pairs were offered, where payments and rows are for these days, and upstream paid so
    /// many days after us. A row that names its days does not name the benefit.
    fn offered(
        ours_for: impl Fn(u64) -> String,
        theirs_for: impl Fn(u64) -> Option<String>,
        days_after: impl Fn(u64) -> u64,
    ) -> (u64, u64) {
        held_against_each_other(
            INVOICES,
            |number, payment| FallbackPayment { period: ours_for(number).parse().expect("a period"), ..payment },
            |number, row| UpstreamRow {
                scheme: row.scheme.filter(|_| theirs_for(number).is_none()),
                period: theirs_for(number).and_then(|days| days.parse().ok()),
                paid_on: row.paid_on.and_then(|day| day.checked_add_days(chrono::Days::new(days_after(number)))),
                ..row
            },
        )
    }

    /// So many payments and rows of one organisation and one amount, of which only their own parts differ, and what `ours` and `theirs` change.
    fn held_against_each_other(
        count: u64,
        ours: impl Fn(u64, FallbackPayment) -> FallbackPayment,
        theirs: impl Fn(u64, UpstreamRow) -> UpstreamRow,
    ) -> (u64, u64) {
        let person = PersonId::new(Country::Gl, PersonKind::Organisation, "12345678");
        let day = NaiveDate::from_ymd_opt(2022, 4, 1).expect("a day");
        let amount = Amount::from_minor_units(125_000, Currency::Dkk);
        let mut records = Records::new(Currency::Dkk);
        let mut kept: Vec<Vec<u8>> = Vec::new();
        for number in 0..count {
            let payment = FallbackPayment {
                end_to_end_id: EndToEndId { tag: Tag { series: [1; 8], obligation: number.to_be_bytes() }, attempt: 1 },
                batch: BatchId::new('B', 1),
                person: person.clone(),
                name: String::new(),
                scheme: Scheme::new("Faktura").expect("a name"),
                period: APRIL.parse().expect("a period"),
                part: Part::new(&format!("A{number}")),
                amount,
                account: String::new(),
                standing: Standing::Settled,
                times_standing: 1,
                pay_on: day,
                booked_on: None,
                reason: None,
                other_amounts: Default::default(),
            };
            kept.push(records.payment(&ours(number, payment)).to_vec());
            let row = UpstreamRow {
                person: Some(person.clone()),
                name: String::new(),
                scheme: Scheme::new("Faktura"),
                period: None,
                part: Part::new(&format!("B{number}")),
                amount,
                account: String::new(),
                status: UpstreamStatus::Paid,
                paid_on: Some(day),
                reference: String::new(),
                remark: String::new(),
                besides: 0,
            };
            kept.push(records.row(&theirs(number, row), None).to_vec());
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for record in &kept {
            match records.read(record).expect("a record") {
                Record::Ours(payment) => ours.push(payment),
                Record::Theirs(row) => theirs.push(row),
            }
        }
        let matched = matching::group(&ours, &theirs);
        let offered = within(&ours, &theirs, &matched, 7);
        let others: usize = (0..matched.groups.len()).map(|group| offered.others(group).count()).sum();
        assert_eq!(others, 2 * offered.pairs.len(), "each side names the other");
        (offered.compared, offered.pairs.len() as u64)
    }
}
