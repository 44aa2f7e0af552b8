//! What is compared together: one obligation at a time, so that nothing is set off against anything else.
//!
//! Payments and rows of one part and of days that overlap belong together, and a top-up belongs to the part that it tops up. Where one side
//! names parts and the other has a sum for them, only the sums can be compared. Rows without days are about all days of their part.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bucket, own_part, topped_up};
use crate::payment::{Part, Period};

/// The group of each payment, row and word of upstream's, by their places.
pub(super) struct Apart {
    pub of_payments: Vec<usize>,
    pub of_rows: Vec<usize>,
    /// `None` where it is about nothing that is compared.
    pub of_upstream: Vec<Option<usize>>,
    pub groups: usize,
    classes: Classes,
    by_class: BTreeMap<String, Vec<usize>>,
}

impl Apart {
    /// The groups that a payment of this part may belong to.
    pub fn of_part(&self, folded: &str) -> &[usize] {
        self.by_class.get(self.classes.of(folded)).map_or(&[], Vec::as_slice)
    }
}

/// Parts that are judged together with what has none; each other part is a class of its own.
#[derive(Default)]
struct Classes(BTreeSet<String>);

impl Classes {
    fn of<'a>(&self, part: &'a str) -> &'a str {
        if self.0.contains(part) { "" } else { part }
    }

    fn join<'a>(&mut self, parts: impl IntoIterator<Item = &'a String>) {
        self.0.extend(parts.into_iter().filter(|part| !part.is_empty()).cloned());
    }
}

enum Member {
    Payment(usize),
    Row(usize),
    Upstream(usize),
}

pub(super) fn tell(bucket: &Bucket) -> Apart {
    let own = |part: &Part| own_part(part).folded();
    let is_bare = |part: &Part| topped_up(&part.folded()).is_some_and(|(part, _)| part.is_empty());
    // A top-up without a part of its own may be one of several parts.
    let (bare, named): (Vec<_>, Vec<_>) = bucket.compared.iter().partition(|payment| is_bare(&payment.part));
    let bare = !bare.is_empty() || bucket.others.iter().any(|payment| is_bare(&payment.part));
    let paid: BTreeSet<String> = named.iter().map(|payment| own(&payment.part)).collect();
    let owed: BTreeSet<String> = bucket.rows.iter().map(|row| own(&row.part)).collect();
    let known: BTreeSet<String> = paid.union(&owed).cloned().collect();
    let mut classes = Classes::default();
    if owed.contains("") {
        classes.join(paid.difference(&owed));
    } else if paid.contains("") {
        classes.join(owed.difference(&paid));
    } else if bare {
        classes.join(&known);
    }
    let upstream: Vec<Option<String>> =
        bucket.upstream.iter().map(|paid| class_of_upstream(&paid.parts, &known, &mut classes)).collect();

    let mut members: Vec<(&str, Option<Period>, Member)> = Vec::new();
    let payments: Vec<String> = bucket.compared.iter().map(|payment| own(&payment.part)).collect();
    let rows: Vec<String> = bucket.rows.iter().map(|row| own(&row.part)).collect();
    for (at, payment) in bucket.compared.iter().enumerate() {
        members.push((classes.of(&payments[at]), Some(payment.period), Member::Payment(at)));
    }
    for (at, row) in bucket.rows.iter().enumerate() {
        members.push((classes.of(&rows[at]), row.period, Member::Row(at)));
    }
    for (at, paid) in bucket.upstream.iter().enumerate() {
        if let Some(part) = &upstream[at] {
            members.push((classes.of(part), paid.period, Member::Upstream(at)));
        }
    }
    members.sort_by_key(|(class, days, _)| (*class, *days));
    let mut apart = Apart {
        of_payments: vec![0; bucket.compared.len()],
        of_rows: vec![0; bucket.rows.len()],
        of_upstream: vec![None; bucket.upstream.len()],
        groups: 0,
        classes: Classes::default(),
        by_class: BTreeMap::new(),
    };
    for class in members.chunk_by(|one, other| one.0 == other.0) {
        let mut from = 0;
        // Those without days come first, and are about all.
        let mut furthest = class[0].1.map(|days| days.last());
        for at in 1..=class.len() {
            let days = class.get(at).map(|(_, days, _)| *days);
            let goes_on = days.is_some_and(|days| furthest.zip(days).is_none_or(|(last, days)| days.first() <= last));
            if !goes_on {
                apart.put(&class[from..at]);
                from = at;
                furthest = days.flatten().map(|days| days.last());
            } else if let Some(last) = furthest {
                furthest = Some(days.flatten().map_or(last, |days| days.last().max(last)));
            }
        }
    }
    apart.classes = classes;
    apart
}

impl Apart {
    /// What only upstream knows is no matter of a comparison with what we paid and what is owed.
    fn put(&mut self, group: &[(&str, Option<Period>, Member)]) {
        if group.iter().all(|(.., member)| matches!(member, Member::Upstream(_))) {
            return;
        }
        for (.., member) in group {
            match *member {
                Member::Payment(at) => self.of_payments[at] = self.groups,
                Member::Row(at) => self.of_rows[at] = self.groups,
                Member::Upstream(at) => self.of_upstream[at] = Some(self.groups),
            }
        }
        self.by_class.entry(group[0].0.to_owned()).or_default().push(self.groups);
        self.groups += 1;
    }
}

/// The part that upstream's payment is about. Where it is about several, or names none and here there are only parts, these are one class from then
/// on; `None` where it names a part that is neither paid nor owed here.
fn class_of_upstream(parts: &[Part], known: &BTreeSet<String>, classes: &mut Classes) -> Option<String> {
    let named: BTreeSet<String> = parts.iter().map(|part| own_part(part).folded()).collect();
    let met: Vec<&String> = named.intersection(known).collect();
    match met.as_slice() {
        [one] => return Some((*one).clone()),
        [] if named.iter().all(String::is_empty) && !known.contains("") => classes.join(known),
        // Parts that are named by nobody here are owed or paid as one with what has none.
        [] if known.contains("") => {}
        [] => return None,
        several => classes.join(several.iter().copied()),
    }
    Some(String::new())
}
