//! Which payments and which rows are about the same money.
//!
//! In order: our own reference in upstream's row, upstream's reference in our payment's part, the same obligation, and days that overlap. What
//! these join is judged together. What is left over on both sides and agrees in less than the obligation is only ever offered to a person: so
//! is every row whose format names no person, benefit or period.

use std::collections::HashMap;

use super::{FallbackPayment, UpstreamRow};
use crate::payment::{EndToEndId, PersonId, Tag};

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

/// What is judged together, as indices into the payments and rows that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub payments: Vec<usize>,
    pub rows: Vec<usize>,
    pub matched_by: MatchedBy,
}

/// Joins payments and rows into groups. Every payment and every row is in exactly one.
pub fn group(payments: &[FallbackPayment], rows: &[UpstreamRow]) -> Vec<Group> {
    let mut joined = Joined::new(payments.len() + rows.len());
    let mut ways: Vec<(usize, MatchedBy)> = Vec::new();
    join_by_reference(payments, rows, &mut joined, &mut ways);
    join_by_series(payments, rows, &mut joined, &mut ways);
    collect(payments.len(), rows.len(), &mut joined, &ways)
}

/// Rows that name our end-to-end id, or whose own reference is the part (an invoice or case number) of a payment to the same person.
fn join_by_reference(
    payments: &[FallbackPayment],
    rows: &[UpstreamRow],
    joined: &mut Joined,
    ways: &mut Vec<(usize, MatchedBy)>,
) {
    let by_tag: HashMap<(Tag, u8), usize> =
        payments.iter().enumerate().map(|(at, p)| ((p.end_to_end_id.tag, p.end_to_end_id.attempt), at)).collect();
    let mut by_part: HashMap<(&PersonId, String), Vec<usize>> = HashMap::new();
    for (at, payment) in payments.iter().enumerate().filter(|(_, payment)| !payment.part.is_empty()) {
        by_part.entry((&payment.person, payment.part.folded())).or_default().push(at);
    }
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| !row.reference.is_empty()) {
        let node = payments.len() + number;
        let own = row.reference.trim().parse::<EndToEndId>().ok();
        if let Some(at) = own.and_then(|id| by_tag.get(&(id.tag, id.attempt))) {
            joined.join(*at, node);
            ways.push((node, MatchedBy::OwnReference));
            continue;
        }
        let Some(person) = &row.person else { continue };
        let part = crate::payment::Part::new(&row.reference).folded();
        let same_scheme =
            |at: usize| row.scheme.as_ref().is_none_or(|scheme| scheme.folded() == payments[at].scheme.folded());
        // A reference that fits several payments settles nothing.
        if let Some([at]) = by_part.get(&(person, part)).map(Vec::as_slice)
            && same_scheme(*at)
        {
            joined.join(*at, node);
            ways.push((node, MatchedBy::UpstreamReference));
        }
    }
}

/// The same person and scheme: the same part (or upstream has none) and days in common.
fn join_by_series(
    payments: &[FallbackPayment],
    rows: &[UpstreamRow],
    joined: &mut Joined,
    ways: &mut Vec<(usize, MatchedBy)>,
) {
    let mut series: HashMap<(&PersonId, String), Vec<usize>> = HashMap::new();
    for (at, payment) in payments.iter().enumerate() {
        series.entry((&payment.person, payment.scheme.folded())).or_default().push(at);
    }
    for (number, row) in rows.iter().enumerate() {
        if let (Some(person), Some(scheme)) = (&row.person, &row.scheme) {
            series.entry((person, scheme.folded())).or_default().push(payments.len() + number);
        }
    }
    let node = |at: usize| match at.checked_sub(payments.len()) {
        None => (Some(payments[at].period), payments[at].part.folded(), false),
        Some(number) => (rows[number].period, rows[number].part.folded(), true),
    };
    for members in series.into_values() {
        let ours_have_parts = members.iter().any(|at| *at < payments.len() && !payments[*at].part.is_empty());
        for (at, one) in members.iter().enumerate() {
            for other in &members[at + 1..] {
                let ((a_period, a_part, a_upstream), (b_period, b_part, b_upstream)) = (node(*one), node(*other));
                let (Some(a_period), Some(b_period)) = (a_period, b_period) else { continue };
                // An upstream row without a part stands for all of our parts.
                let covers = |part: &str, upstream: bool| upstream && part.is_empty() && ours_have_parts;
                let parts_agree = a_part == b_part || covers(&a_part, a_upstream) || covers(&b_part, b_upstream);
                if !parts_agree || !a_period.overlaps(b_period) {
                    continue;
                }
                joined.join(*one, *other);
                let same = a_period == b_period && a_part == b_part;
                let way = if same { MatchedBy::Obligation } else { MatchedBy::Overlap };
                if a_upstream != b_upstream {
                    ways.push((*one, way));
                }
            }
        }
    }
}

fn collect(payments: usize, rows: usize, joined: &mut Joined, ways: &[(usize, MatchedBy)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut of_root: HashMap<usize, usize> = HashMap::new();
    for node in 0..payments + rows {
        let at = *of_root.entry(joined.root(node)).or_insert_with(|| {
            groups.push(Group { payments: vec![], rows: vec![], matched_by: MatchedBy::Nothing });
            groups.len() - 1
        });
        match node.checked_sub(payments) {
            None => groups[at].payments.push(node),
            Some(row) => groups[at].rows.push(row),
        }
    }
    for (node, way) in ways {
        if let Some(at) = of_root.get(&joined.root(*node)) {
            groups[*at].matched_by = groups[*at].matched_by.min(*way);
        }
    }
    groups
}

/// Sets that only ever grow together (union-find).
struct Joined(Vec<usize>);

impl Joined {
    fn new(nodes: usize) -> Self {
        Self((0..nodes).collect())
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.0[node] != node {
            self.0[node] = self.0[self.0[node]];
            node = self.0[node];
        }
        node
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        // Towards the smaller, so that the outcome does not depend on the order of joining.
        self.0[one.max(other)] = one.min(other);
    }
}
