//! What is left over on both sides after everything that matches by reference, obligation or days, and agrees in less: it may be the same money,
//! and only a person can tell. Each side names the other; nothing is picked.
//!
//! First within one person: the same amount, and what the row does say of benefit and days agrees. A row whose day of payment lies within the
//! window around ours goes before one that says nothing of it, or lies outside, where both have somebody nearer. Then across persons: the same
//! account and amount under another person number, or none. Only what is matched is used up: an offer may be mere chance, and must not hide
//! another.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::matching::{Group, Matched};
use super::record::{Ours, Theirs};

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
    ours: Vec<Left>,
    theirs: Vec<Left>,
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
    let mut offered = Offered { pairs: Pairs::new(), ours: Vec::new(), theirs: Vec::new() };
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
    }
    offered
}

impl Offered {
    /// Rows whose reference fits payments of several obligations: all of those that are left over.
    fn by_reference(&mut self, matched: &Matched) {
        for (row, payment) in &matched.ambiguous {
            let ours = self.ours.iter().find(|left| left.member == *payment);
            let theirs = self.theirs.iter().find(|left| left.member == *row);
            self.pairs.extend(ours.zip(theirs).map(|(ours, theirs)| (ours.group, theirs.group)));
        }
    }

    /// The same amount. Two that each have somebody within the window are not offered to each other from afar.
    fn by_amount(&mut self, ours: &[Ours], theirs: &[Theirs], window_days: u16) {
        self.ours.sort_unstable_by_key(|left| (ours[left.member].amount, left.group, left.member));
        let (mut near, mut far) = (Pairs::new(), Pairs::new());
        for left in self.theirs.iter().filter(|left| says_too_little(&theirs[left.member])) {
            let row = &theirs[left.member];
            let start = self.ours.partition_point(|of_ours| ours[of_ours.member].amount < row.amount);
            let same_amount = self.ours[start..].iter().take_while(|of_ours| ours[of_ours.member].amount == row.amount);
            let fitting = same_amount.filter(|of_ours| agrees(&ours[of_ours.member], row));
            // More than are named need not be kept, but those nearby must not be missed.
            let (mut kept_near, mut kept_far) = (0, 0);
            for of_ours in fitting {
                let is_near = is_near(&ours[of_ours.member], row, window_days);
                let (pairs, kept) = if is_near { (&mut near, &mut kept_near) } else { (&mut far, &mut kept_far) };
                *kept += 1;
                if *kept <= MOST_NAMED + 1 {
                    pairs.insert((of_ours.group, left.group));
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
        self.pairs.iter().filter_map(move |(ours, theirs)| match group {
            group if group == *ours => Some(*theirs),
            group if group == *theirs => Some(*ours),
            _ => None,
        })
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

/// A row that names no benefit or no days could be about several payments of its person.
fn says_too_little(row: &Theirs) -> bool {
    row.has_person() && !row.names_an_obligation()
}

/// Whether what the row does say is not against it.
fn agrees(payment: &Ours, row: &Theirs) -> bool {
    row.scheme.is_none_or(|scheme| scheme.folded == payment.scheme.folded)
        && row.period.is_none_or(|period| period.overlaps(payment.period))
}

/// Whether upstream's day of payment lies within so many days of ours, planned or booked.
fn is_near(payment: &Ours, row: &Theirs, window_days: u16) -> bool {
    let Some(paid_on) = row.paid_on else { return false };
    let near = |day: NaiveDate| (paid_on - day).num_days().unsigned_abs() <= u64::from(window_days);
    near(payment.pay_on) || payment.booked_on.is_some_and(near)
}

/// Whether a group has nothing on the other side.
pub fn is_one_sided(group: &Group) -> bool {
    group.payments.is_empty() || group.rows.is_empty()
}
