//! Which payments and which rows of one person are about the same money.
//!
//! In order: our own reference in upstream's row, upstream's reference in our payment's part, the same obligation, and days that overlap. What
//! these join is judged together. A row that a reference has matched takes the place of the payment that it names: its own benefit, part and
//! days count no more where they say otherwise. What is left over on both sides and agrees in less than the obligation is only ever offered to
//! a person ([`offer`](super::offer)): so is every row whose format names no person, benefit or period.
//!
//! The time taken grows with the number of payments and rows as sorting does, also where one person has very many.

use std::cmp::Ordering;

use smallvec::SmallVec;

use super::record::{Ours, Theirs};
use super::true_up::topped_up;
use crate::payment::{EndToEndId, Period};

/// How the sides of a group found each other; the strongest way counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedBy {
    OwnReference,
    UpstreamReference,
    Obligation,
    Overlap,
    Nothing,
}

impl MatchedBy {
    pub fn as_str(self) -> &'static str {
        match self {
            MatchedBy::OwnReference => "own_reference",
            MatchedBy::UpstreamReference => "upstream_reference",
            MatchedBy::Obligation => "obligation",
            MatchedBy::Overlap => "overlap",
            MatchedBy::Nothing => "",
        }
    }
}

/// Hardly anybody has more than a few payments and rows: these take no memory of their own.
type Few<T> = SmallVec<[T; 4]>;
pub type Members = SmallVec<[usize; 2]>;

/// What is judged together, as indices into one person's payments and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub payments: Members,
    pub rows: Members,
    pub matched_by: MatchedBy,
}

/// What was found out about one person.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    /// Every payment and every row is in exactly one.
    pub groups: SmallVec<[Group; 2]>,
    /// Rows whose reference is the part of payments of several obligations, with one payment of each: it settles nothing.
    pub ambiguous: Vec<(usize, usize)>,
}

/// Where a payment or a row stands in its person's obligations: what for, in which part, and when.
#[derive(Clone, Copy)]
struct Place<'a> {
    node: usize,
    scheme: &'a str,
    part: &'a str,
    period: Period,
}

/// Joins one person's payments and rows into groups, in the order in which they are judged: by benefit, days, part, and then as they came.
pub fn group(ours: &[Ours], theirs: &[Theirs]) -> Matched {
    let mut matched = Matched::default();
    let alone = |payments: &[usize], rows: &[usize]| Group {
        payments: payments.into(),
        rows: rows.into(),
        matched_by: MatchedBy::Nothing,
    };
    match (ours, theirs) {
        ([_], []) => matched.groups.push(alone(&[0], &[])),
        ([], [_]) => matched.groups.push(alone(&[], &[0])),
        ([payment], [row]) if is_for(payment, row) => {
            let own = row.own == Some(payment.end_to_end_id);
            let matched_by = if own { MatchedBy::OwnReference } else { MatchedBy::Obligation };
            matched.groups.push(Group { matched_by, ..alone(&[0], &[0]) });
        }
        _ => {
            let mut joined = Joined::new(ours.len() + theirs.len());
            let mut places: Few<Place> = SmallVec::with_capacity(ours.len() + theirs.len());
            place_payments(ours, &mut places);
            place_rows(ours, theirs, &mut places, &mut joined, &mut matched.ambiguous);
            join_by_days(ours.len(), &mut places, &mut joined);
            matched.groups = collect(ours, theirs, joined);
        }
    }
    matched
}

/// Whether the row names the payment's obligation.
fn is_for(payment: &Ours, row: &Theirs) -> bool {
    row.has_person()
        && row.scheme.is_some_and(|scheme| order_of(scheme.folded, payment.scheme.folded).is_eq())
        && row.period == Some(payment.period)
        && row.part.folded == payment.part.folded
}

fn place_payments<'a>(ours: &[Ours<'a>], places: &mut Few<Place<'a>>) {
    places.extend(ours.iter().enumerate().map(|(node, payment)| Place {
        node,
        scheme: payment.scheme.folded,
        part: payment.part.folded,
        period: payment.period,
    }));
}

/// Rows that name our end-to-end id, or whose own reference is the part (an invoice or case number) of a payment, stand with it; the others
/// where they say.
fn place_rows<'a>(
    ours: &[Ours<'a>],
    theirs: &[Theirs<'a>],
    places: &mut Few<Place<'a>>,
    joined: &mut Joined,
    ambiguous: &mut Vec<(usize, usize)>,
) {
    let by_id = ByKey::new(ours, theirs.iter().any(|row| row.own.is_some()), |payment| Some(payment.end_to_end_id));
    let named = |payment: &Ours<'a>| (!payment.part.folded.is_empty()).then_some(payment.part.folded);
    let by_part = ByKey::new(ours, theirs.iter().any(|row| !row.reference.is_empty()), named);
    for (number, row) in theirs.iter().enumerate() {
        let node = ours.len() + number;
        let own = row.own.and_then(|id: EndToEndId| by_id.of(|other| other.cmp(&id)).first().copied());
        let (payment, way) = match own {
            Some(at) => (Some(at), MatchedBy::OwnReference),
            None => {
                (by_reference(ours, row, &by_part, |at| ambiguous.push((number, at))), MatchedBy::UpstreamReference)
            }
        };
        if let Some(at) = payment {
            let Ours { scheme, part, period, .. } = ours[at];
            joined.join(at, node);
            joined.note(node, way);
            // Days that touch the payment's are days that the row covers; others contradict the reference.
            let period = row.period.filter(|days| days.overlaps(period)).unwrap_or(period);
            places.push(Place { node, scheme: scheme.folded, part: part.folded, period });
        } else if let Some((scheme, period)) = row.scheme.zip(row.period).filter(|_| row.has_person()) {
            places.push(Place { node, scheme: scheme.folded, part: row.part.folded, period });
        }
    }
}

/// The payment whose part the row's reference is. A row that has a part of its own says by that what it is about.
fn by_reference<'a>(
    ours: &[Ours<'a>],
    row: &Theirs<'a>,
    by_part: &ByKey<&'a str>,
    mut tell: impl FnMut(usize),
) -> Option<usize> {
    if row.reference.is_empty() || !row.part.folded.is_empty() || by_part.is_empty() || !row.has_person() {
        return None;
    }
    let folded = crate::payment::Part::new(row.reference).folded();
    let same_scheme = |at: &&usize| row.scheme.is_none_or(|scheme| scheme.folded == ours[**at].scheme.folded);
    let obligation = |at: usize| (ours[at].scheme.folded, ours[at].period);
    let mut fitting: Vec<usize> =
        by_part.of(|part| (*part).cmp(folded.as_str())).iter().filter(same_scheme).copied().collect();
    fitting.sort_unstable_by_key(|at| (obligation(*at), *at));
    // Several attempts at one obligation are one.
    fitting.dedup_by_key(|at| obligation(*at));
    match fitting.as_slice() {
        [one] => Some(*one),
        several => {
            several.iter().for_each(|at| tell(*at));
            None
        }
    }
}

/// One person's payments by something about them; empty where nobody asks.
struct ByKey<K>(Vec<(K, usize)>, Vec<usize>);

impl<K: Ord> ByKey<K> {
    fn new<'a>(ours: &[Ours<'a>], asked: bool, key: impl Fn(&Ours<'a>) -> Option<K>) -> Self {
        if !asked {
            return Self(Vec::new(), Vec::new());
        }
        let mut keyed: Vec<(K, usize)> =
            ours.iter().enumerate().filter_map(|(at, payment)| Some((key(payment)?, at))).collect();
        keyed.sort_unstable();
        let places = keyed.iter().map(|(_, at)| *at).collect();
        Self(keyed, places)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `compare` says how a key stands to the one that is looked for.
    fn of(&self, compare: impl Fn(&K) -> Ordering) -> &[usize] {
        let start = self.0.partition_point(|(key, _)| compare(key) == Ordering::Less);
        let length = self.0[start..].partition_point(|(key, _)| compare(key) == Ordering::Equal);
        &self.1[start..start + length]
    }
}

/// The same benefit and part, and days in common. An upstream row without a part stands for all parts of our payments too, and one with a part for
/// our top-ups of that part.
fn join_by_days(payments: usize, places: &mut [Place], joined: &mut Joined) {
    places.sort_unstable_by(|a, b| {
        let by_what = order_of(a.scheme, b.scheme).then_with(|| order_of(a.part, b.part));
        by_what.then_with(|| (a.period, a.node).cmp(&(b.period, b.node)))
    });
    let same_scheme = |a: &Place, b: &Place| order_of(a.scheme, b.scheme).is_eq();
    for same in places.chunk_by(|a, b| same_scheme(a, b) && order_of(a.part, b.part).is_eq()) {
        join_same_part(payments, same, joined);
    }
    join_top_ups(payments, places, joined);
    for scheme in places.chunk_by_mut(|a, b| same_scheme(a, b)) {
        scheme.sort_unstable_by_key(|place| (place.period, place.node));
        join_to_rows(scheme, joined, |place| match (place.node < payments, place.part.is_empty()) {
            (true, false) => Some(Side::Ours),
            (false, true) => Some(Side::Theirs),
            _ => None,
        });
    }
}

/// Top-ups of a part with the rows that name it: upstream knows nothing of a part that was made here.
fn join_top_ups<'a>(payments: usize, places: &[Place<'a>], joined: &mut Joined) {
    let is_ours = |place: &Place| place.node < payments;
    let of_a_part = |place: &Place<'a>| {
        let (part, _) = topped_up(place.part).filter(|(part, _)| is_ours(place) && !part.is_empty())?;
        Some(Place { part, ..*place })
    };
    let mut few: Few<Place> = places.iter().filter_map(of_a_part).collect();
    if few.is_empty() {
        return;
    }
    few.extend(places.iter().filter(|place| !is_ours(place) && !place.part.is_empty()).copied());
    few.sort_unstable_by_key(|place| (place.scheme, place.part, place.period, place.node));
    for same in few.chunk_by(|a, b| (a.scheme, a.part) == (b.scheme, b.part)) {
        join_to_rows(same, joined, |place| Some(if is_ours(place) { Side::Ours } else { Side::Theirs }));
    }
}

enum Side {
    Ours,
    Theirs,
}

/// As texts are ordered. Nearly all names of benefits are kept once, so that equal ones lie in one place and need not be read.
fn order_of(one: &str, other: &str) -> Ordering {
    if std::ptr::eq(one, other) { Ordering::Equal } else { one.cmp(other) }
}

/// Days that overlap hang together, from the first to where none goes on. `same` is in order of the days.
fn join_same_part(payments: usize, same: &[Place], joined: &mut Joined) {
    let mut furthest: Option<Place> = None;
    for place in same {
        if let Some(before) = furthest.filter(|before| before.period.overlaps(place.period)) {
            joined.join(before.node, place.node);
        }
        furthest = match furthest {
            Some(before) if before.period.last() >= place.period.last() => Some(before),
            _ => Some(*place),
        };
    }
    for equal in same.chunk_by(|a, b| a.period == b.period) {
        let is_ours = |place: &&Place| place.node < payments;
        if let (Some(ours), Some(_)) = (equal.iter().find(is_ours), equal.iter().find(|place| !is_ours(place))) {
            joined.note(ours.node, MatchedBy::Obligation);
        }
    }
}

/// Of one benefit: rows with payments that have another part, where `side` says that the one stands for the other. Payments of different parts are
/// joined by such a row only. `places` are in order of the days.
fn join_to_rows(places: &[Place], joined: &mut Joined, side: impl Fn(&Place) -> Option<Side>) {
    // The row that goes furthest, and the payments whose days may reach what comes. Rows that reach a day overlap each other there, so one
    // stands for all.
    let mut row: Option<Place> = None;
    let mut open: Vec<Place> = Vec::new();
    for place in places {
        match side(place) {
            Some(Side::Ours) => {
                if let Some(row) = row.filter(|row| row.period.overlaps(place.period)) {
                    joined.join(row.node, place.node);
                }
                open.push(*place);
            }
            Some(Side::Theirs) => {
                open.retain(|payment| payment.period.last() >= place.period.first());
                open.iter().for_each(|payment| joined.join(payment.node, place.node));
                // They are one group now; the one that goes furthest stands for it.
                let furthest = open.iter().max_by_key(|payment| payment.period.last()).copied();
                open.clear();
                open.extend(furthest);
                let goes_further = row.is_none_or(|row| row.period.last() < place.period.last());
                row = if goes_further { Some(*place) } else { row };
            }
            None => {}
        }
    }
}

fn collect(ours: &[Ours], theirs: &[Theirs], mut joined: Joined) -> SmallVec<[Group; 2]> {
    let nodes = ours.len() + theirs.len();
    let mut at_of_root: Few<usize> = SmallVec::from_elem(usize::MAX, nodes);
    let mut groups: SmallVec<[Group; 2]> = SmallVec::new();
    for node in 0..nodes {
        let root = joined.root(node);
        if at_of_root[root] == usize::MAX {
            at_of_root[root] = groups.len();
            groups.push(Group { payments: Members::new(), rows: Members::new(), matched_by: MatchedBy::Nothing });
        }
        let group = &mut groups[at_of_root[root]];
        match node.checked_sub(ours.len()) {
            None => group.payments.push(node),
            Some(row) => group.rows.push(row),
        }
        group.matched_by = group.matched_by.min(joined.ways[node]);
    }
    for group in &mut groups {
        if group.matched_by == MatchedBy::Nothing && !group.payments.is_empty() && !group.rows.is_empty() {
            group.matched_by = MatchedBy::Overlap;
        }
    }
    if groups.len() > 1 {
        groups.sort_by_cached_key(|group| order(ours, theirs, group));
    }
    groups
}

/// By benefit, days and part. Those that are equal in all of it stay as they came, by their first members.
fn order<'a>(ours: &[Ours<'a>], theirs: &[Theirs<'a>], group: &Group) -> impl Ord + use<'a> {
    let payments = || group.payments.iter().map(|at| &ours[*at]);
    let rows = || group.rows.iter().map(|at| &theirs[*at]);
    let scheme = payments().map(|p| p.scheme.folded).next();
    let scheme = scheme.or(rows().find_map(|row| row.scheme).map(|scheme| scheme.folded)).unwrap_or_default();
    let days = payments().map(|p| p.period).chain(rows().filter_map(|row| row.period)).reduce(Period::span);
    let parts = payments().map(|p| p.part.folded).chain(rows().map(|row| row.part.folded));
    let part = parts.filter(|part| !part.is_empty()).min();
    (scheme, days, part)
}

/// Sets that only ever grow together (union-find), and the strongest way in which a member was matched.
struct Joined {
    parents: Few<usize>,
    ways: Few<MatchedBy>,
}

impl Joined {
    fn new(nodes: usize) -> Self {
        Self { parents: (0..nodes).collect(), ways: SmallVec::from_elem(MatchedBy::Nothing, nodes) }
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.parents[node] != node {
            self.parents[node] = self.parents[self.parents[node]];
            node = self.parents[node];
        }
        node
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        // Towards the smaller, so that the outcome does not depend on the order of joining.
        self.parents[one.max(other)] = one.min(other);
    }

    fn note(&mut self, node: usize, way: MatchedBy) {
        self.ways[node] = self.ways[node].min(way);
    }
}
