//! Both sides of a reconciliation brought together in bounded memory, and the findings that come of it.
//!
//! Payments and rows go into one spool as they are read, in any order, and come out of it person by person. Nothing but one stretch of persons is
//! in memory then. Two things reach across persons: a row that names our reference under another person number is moved to the payment that it
//! names before anything is judged, and what is left over in the end is compared by account and amount. Both go through spools of their own.
//! The same steps are taken for ten rows and for ten million; few records never reach the disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use smallvec::SmallVec;
use smol_str::{SmolStr, format_smolstr};

use super::too_large;
use crate::fault::Result;
use crate::ledger::outcome::Standing;
use crate::ops::spool::{Merge, Spool, damaged};
use crate::payment::{Amount, Currency, EndToEndId};
use crate::progress::{self, Stage};
use crate::reconciliation::finding::{self, Finding, Kind, Money, Mostly1, Remedy};
use crate::reconciliation::matching::{self, Group, Matched};
use crate::reconciliation::offer::{self, Candidate, MOST_NAMED, Offered};
use crate::reconciliation::record::{NOBODY, Ours, Record, Records, Theirs, hash_of, key_of};
use crate::reconciliation::resemblance::Resemblances;
use crate::reconciliation::{FallbackPayment, UpstreamRow};

/// Takes in both sides.
pub struct Comparison {
    records: Records,
    spool: Spool,
    folder: PathBuf,
    currency: Currency,
    window_days: u16,
    /// Whether any row names what looks like a reference of ours.
    rows_name_payments: bool,
    /// Debits that no payment explains, in minor units.
    debits: Vec<(i64, Option<NaiveDate>)>,
    doubts: Doubts,
}

/// Payments of work sheets that may have been paid twice: what is said of each, and whether a person has to decide about it.
type Doubts = HashMap<EndToEndId, (String, bool)>;

/// The findings of one reconciliation. However many there are, one stretch of persons is in memory when they are looked at.
///
/// They belong to no ledger transaction and hold no borrow of the workspace: they can be looked through, again and again, while something is
/// recorded.
pub struct Findings {
    records: Records,
    spool: Spool,
    currency: Currency,
    window_days: u16,
    /// Payments to which rows of other persons were moved, in order.
    moved: Vec<EndToEndId>,
    /// Findings across persons that may be about the same money: a finding's number and the other's, from 0.
    pairs: Spool,
    debits: Vec<(i64, Option<NaiveDate>)>,
    doubts: Doubts,
    groups: u64,
}

/// So many bytes of records are looked at together, and then on to the end of the person.
const STRETCH_BYTES: usize = 64 * 1024;
/// So many rows under other person numbers are looked for at once among all payments.
const MOST_STRAYS_AT_ONCE: usize = 50_000;
/// Stands for all others that are not named.
const MORE: u64 = u64::MAX;

/// What is known of a finding before it has its number.
pub enum Met<'a> {
    Finding(&'a Finding),
    /// It is its person's only one, and about this one payment: nobody needs to judge it to know it again.
    OnlyPayment(EndToEndId),
}

/// Looks at what will be a finding.
pub type Meet<'a> = &'a mut dyn FnMut(Met) -> Result<()>;

/// Takes one person after the other.
type VisitPerson<'a> = &'a mut dyn FnMut(Person) -> Result<()>;

impl Comparison {
    /// `folder` is where spools lie that do not fit into memory.
    pub fn begin(folder: &Path, currency: Currency, window_days: u16) -> Result<Self> {
        Self::with_spool(Spool::new(folder.into())?, folder, currency, window_days)
    }

    fn with_spool(spool: Spool, folder: &Path, currency: Currency, window_days: u16) -> Result<Self> {
        Ok(Self {
            records: Records::new(currency),
            spool,
            folder: folder.into(),
            currency,
            window_days,
            rows_name_payments: false,
            debits: Vec::new(),
            doubts: Doubts::new(),
        })
    }

    pub fn payment(&mut self, payment: &FallbackPayment) -> Result<()> {
        self.spool.push(self.records.payment(payment))
    }

    pub fn row(&mut self, row: &UpstreamRow) -> Result<()> {
        let own = row.reference.parse::<EndToEndId>().ok();
        self.rows_name_payments |= own.is_some();
        self.spool.push(self.records.row(row, own))
    }

    /// Whatever is found of the payment says so, and nothing but a person settles it where `decide`.
    pub fn doubt(&mut self, payment: EndToEndId, said: String, decide: bool) {
        self.doubts.insert(payment, (said, decide));
    }

    pub fn debit(&mut self, amount: Amount, booked_on: Option<NaiveDate>) {
        self.debits.push((amount.minor_units(), booked_on));
    }

    /// After the last payment, row and debit. Gives the findings, and how many rows of upstream stood there more than once. `meet`, where it is
    /// given, gets to see each finding once, in order, before anything is offered across persons: by that a finding is no other one.
    pub fn finish(mut self, meet: Option<Meet>) -> Result<(Findings, u64)> {
        self.spool.settle();
        let moved = if self.rows_name_payments { self.bring_home()? } else { Vec::new() };
        let mut findings = Findings {
            pairs: Spool::new(self.folder.clone())?,
            records: self.records,
            spool: self.spool,
            currency: self.currency,
            window_days: self.window_days,
            moved,
            debits: self.debits,
            doubts: self.doubts,
            groups: 0,
        };
        let repeated = findings.compare_across(&self.folder, meet)?;
        Ok((findings, repeated))
    }

    /// Moves rows that name a payment of another person (or name no person themselves) to that payment. Gives the payments so named.
    fn bring_home(&mut self) -> Result<Vec<EndToEndId>> {
        let mut strays = Spool::new(self.folder.clone())?;
        let mut stray = Vec::new();
        for_each_person(&self.spool, &self.records, &[], &mut |person| {
            let Members { ours, theirs, .. } = person.read()?;
            let at_home = Ids::of(&ours, &theirs);
            for row in &theirs {
                let Some(own) = row.own.filter(|own| !at_home.has(own)) else { continue };
                stray.clear();
                stray.extend_from_slice(&reference_bytes(&own));
                stray.extend_from_slice(row.record);
                strays.push(&stray)?;
            }
            Ok(())
        })?;
        strays.settle();
        let mut named = Vec::new();
        let mut homes = Spool::new(self.folder.clone())?;
        let mut at_once: HashMap<[u8; 17], Vec<Vec<u8>>> = HashMap::new();
        let mut count = 0;
        let mut merge = strays.merge()?;
        loop {
            let next = merge.next()?.map(<[u8]>::to_vec);
            if let Some(stray) = &next
                && let Some((reference, record)) = stray.split_first_chunk::<17>()
            {
                at_once.entry(*reference).or_default().push(record.to_vec());
                count += 1;
            }
            if count >= MOST_STRAYS_AT_ONCE || next.is_none() {
                find_homes(&self.spool, &mut self.records, &mut at_once, &mut homes, &mut named)?;
                at_once.clear();
                count = 0;
            }
            if next.is_none() {
                break;
            }
        }
        homes.scan(&mut |record| self.spool.push(record))?;
        self.spool.settle();
        named.sort_unstable();
        named.dedup();
        Ok(named)
    }
}

/// The references of one person's payments, in order; none where no row names any.
#[derive(Default)]
struct Ids(Vec<EndToEndId>);

impl Ids {
    fn of(ours: &[Ours], theirs: &[Theirs]) -> Self {
        if theirs.iter().all(|row| row.own.is_none()) {
            return Self::default();
        }
        let mut ids: Vec<EndToEndId> = ours.iter().map(|payment| payment.end_to_end_id).collect();
        ids.sort_unstable();
        Self(ids)
    }

    fn has(&self, id: &EndToEndId) -> bool {
        self.0.binary_search(id).is_ok()
    }
}

/// Looks through all payments for those that the rows name, and puts these rows beside them.
fn find_homes(
    spool: &Spool,
    records: &mut Records,
    strays: &mut HashMap<[u8; 17], Vec<Vec<u8>>>,
    homes: &mut Spool,
    named: &mut Vec<EndToEndId>,
) -> Result<()> {
    if strays.is_empty() {
        return Ok(());
    }
    spool.scan(&mut |record| {
        let Some(Record::Ours(payment)) = records.read(record) else { return Ok(()) };
        // Two desks may have paid under one reference; the row goes to one of the two, which are judged together anyway.
        let Some(rows) = strays.remove(&reference_bytes(&payment.end_to_end_id)) else { return Ok(()) };
        named.push(payment.end_to_end_id);
        let key = payment.key.to_vec();
        for row in rows {
            homes.push(records.moved(&row, &key).ok_or_else(damaged)?)?;
        }
        Ok(())
    })
}

fn reference_bytes(id: &EndToEndId) -> [u8; 17] {
    let mut bytes = [0; 17];
    bytes[..8].copy_from_slice(&id.tag.series);
    bytes[8..16].copy_from_slice(&id.tag.obligation);
    bytes[16] = id.attempt;
    bytes
}

impl Findings {
    fn judge(&self, ours: &[Ours], theirs: &[Theirs], group: &Group) -> Result<Finding> {
        let mut finding = finding::judge(ours, theirs, group, self.currency).map_err(too_large)?;
        if !self.doubts.is_empty() {
            let said: Vec<&(String, bool)> =
                finding.end_to_end_ids.iter().filter_map(|id| self.doubts.get(id)).collect();
            for (sentence, decide) in said {
                finding::doubt(&mut finding, sentence, *decide);
            }
        }
        Ok(finding)
    }

    pub fn count(&self) -> u64 {
        self.groups + self.debits.len() as u64
    }

    /// Shows every finding once, in the order of their ids. Each call goes through all of them again, at a cost.
    pub fn each(&self, visit: &mut dyn FnMut(Finding) -> Result<()>) -> Result<()> {
        let mut step = progress::begin(Stage::Comparing, self.groups);
        let mut number = 0u64;
        let mut across = Across::begin(&self.pairs)?;
        let mut others = Vec::new();
        self.for_each_person(&mut |person| {
            let Members { ours, theirs, .. } = person.read()?;
            let (ours, theirs) = (ours.as_slice(), theirs.as_slice());
            let matched = matching::group(ours, theirs);
            let offered = self.offered(ours, theirs, &matched);
            let alike = offered.as_ref().map(|offered| Resemblances::find(offered, ours, theirs, self.window_days));
            let first = number;
            for (at, group) in matched.groups.iter().enumerate() {
                let mut finding = self.judge(ours, theirs, group)?;
                finding.id = id(number);
                others.clear();
                if let Some(offered) = &offered {
                    others.extend(offered.others(at).map(|other| first + other as u64));
                }
                across.of(number, &mut others)?;
                if !others.is_empty() {
                    name(&mut finding, &mut others);
                }
                if let Some(alike) = &alike {
                    alike.tell(&mut finding, at, ours, theirs);
                }
                visit(finding)?;
                number += 1;
                step.advance(1);
            }
            Ok(())
        })?;
        self.debits(number).try_for_each(visit)
    }

    /// Debits that nothing explains, numbered from here on.
    fn debits(&self, first: u64) -> impl Iterator<Item = Finding> {
        (first..).zip(&self.debits).map(|(number, (minor_units, booked_on))| {
            unexplained(id(number), Amount::from_minor_units(*minor_units, self.currency), *booked_on)
        })
    }

    fn for_each_person(&self, visit: VisitPerson) -> Result<()> {
        for_each_person(&self.spool, &self.records, &self.moved, visit)
    }

    /// What pairs up within one person. Where both sides are one group, or there is but one side, nothing can.
    fn offered(&self, ours: &[Ours], theirs: &[Theirs], matched: &Matched) -> Option<Offered> {
        (matched.groups.len() > 1).then(|| offer::within(ours, theirs, matched, self.window_days))
    }

    /// Goes through all persons a first time: counts what will be found, and pairs up across persons what is left over. Gives how many rows of
    /// upstream stood there more than once.
    fn compare_across(&mut self, folder: &Path, mut meet: Option<Meet>) -> Result<u64> {
        let mut left_over = Spool::new(folder.into())?;
        let (mut repeated, mut groups) = (0, 0);
        let mut step = progress::begin(Stage::Comparing, None);
        self.for_each_person(&mut |person| {
            if let Some(payment) = person.one_match() {
                groups += 1;
                step.advance(1);
                return meet.as_mut().map_or(Ok(()), |meet| meet(Met::OnlyPayment(payment)));
            }
            let Members { ours, theirs, repeated: again } = person.read()?;
            let (ours, theirs) = (ours.as_slice(), theirs.as_slice());
            repeated += again;
            let matched = matching::group(ours, theirs);
            if matched.groups.iter().any(offer::is_one_sided) {
                let offered = offer::within(ours, theirs, &matched, self.window_days);
                let person = ours.first().map(|p| p.key).or(theirs.first().map(|row| row.key)).unwrap_or(NOBODY);
                for candidate in offered.candidates(ours, theirs) {
                    left_over.push(&candidate_bytes(&candidate, person, groups + candidate.group as u64))?;
                }
            }
            if let Some(meet) = &mut meet {
                for group in &matched.groups {
                    meet(Met::Finding(&self.judge(ours, theirs, group)?))?;
                }
            }
            groups += matched.groups.len() as u64;
            step.advance(matched.groups.len() as u64);
            Ok(())
        })?;
        if let Some(meet) = meet {
            self.debits(groups).try_for_each(|finding| meet(Met::Finding(&finding)))?;
        }
        left_over.settle();
        self.groups = groups;
        pair_up(&left_over, &mut self.pairs)?;
        self.pairs.settle();
        Ok(repeated)
    }
}

/// Account (8), amount (8), side (1), a number for the person (8), number of the finding (8): the same account and amount lie together.
const CANDIDATE_BYTES: usize = 33;

fn candidate_bytes(candidate: &Candidate, person: &[u8], number: u64) -> [u8; CANDIDATE_BYTES] {
    let mut bytes = [0; CANDIDATE_BYTES];
    bytes[..8].copy_from_slice(&candidate.account.to_be_bytes());
    bytes[8..16].copy_from_slice(&candidate.minor_units.to_be_bytes());
    bytes[16] = u8::from(candidate.ours);
    let person = if person == NOBODY { 0 } else { hash_of(person) };
    bytes[17..25].copy_from_slice(&person.to_be_bytes());
    bytes[25..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// The same account and amount under another person number, or none: each side's finding beside the other's.
fn pair_up(left_over: &Spool, pairs: &mut Spool) -> Result<()> {
    let mut merge = left_over.merge()?;
    let (mut at_hand, mut theirs, mut ours) = ([0; 16], Vec::new(), Vec::new());
    while let Some(record) = merge.next()? {
        let Some((same, [side, rest @ ..])) = record.split_first_chunk::<16>() else { return Err(damaged()) };
        if *same != at_hand {
            pair_equals(&ours, &theirs, pairs)?;
            pair_equals(&theirs, &ours, pairs)?;
            (at_hand, theirs, ours) = (*same, Vec::new(), Vec::new());
        }
        let number = |bytes: Option<&[u8]>| bytes.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        let one = number(rest.get(..8)).zip(number(rest.get(8..))).ok_or_else(damaged)?;
        if *side == 1 { ours.push(one) } else { theirs.push(one) }
    }
    pair_equals(&ours, &theirs, pairs)?;
    pair_equals(&theirs, &ours, pairs)
}

/// `these` and `others` are persons and findings, in the order of persons.
fn pair_equals(these: &[(u64, u64)], others: &[(u64, u64)], pairs: &mut Spool) -> Result<()> {
    for (person, number) in these {
        let from = others.partition_point(|(other, _)| other < person);
        let to = from + others[from..].partition_point(|(other, _)| other == person);
        let elsewhere = others[..from].iter().chain(&others[to..]);
        for (named, (_, other)) in elsewhere.take(MOST_NAMED + 1).enumerate() {
            let other = if named < MOST_NAMED { *other } else { MORE };
            let mut pair = [0; 16];
            pair[..8].copy_from_slice(&number.to_be_bytes());
            pair[8..].copy_from_slice(&other.to_be_bytes());
            pairs.push(&pair)?;
        }
    }
    Ok(())
}

/// The pairs across persons, while the findings go by.
struct Across<'a> {
    merge: Merge<'a>,
    next: Option<(u64, u64)>,
}

impl<'a> Across<'a> {
    fn begin(pairs: &'a Spool) -> Result<Self> {
        let mut across = Self { merge: pairs.merge()?, next: None };
        across.go_on()?;
        Ok(across)
    }

    fn go_on(&mut self) -> Result<()> {
        self.next = match self.merge.next()? {
            None => None,
            Some(pair) => {
                let number =
                    |bytes: Option<&[u8]>| bytes.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
                Some(number(pair.get(..8)).zip(number(pair.get(8..))).ok_or_else(damaged)?)
            }
        };
        Ok(())
    }

    /// Adds the others of the finding with this number. Asked for in the order of numbers.
    fn of(&mut self, number: u64, others: &mut Vec<u64>) -> Result<()> {
        while let Some((of, other)) = self.next.filter(|(of, _)| *of <= number) {
            if of == number {
                others.push(other);
            }
            self.go_on()?;
        }
        Ok(())
    }
}

/// Names the others in the finding, each once, at most [`MOST_NAMED`] of them.
fn name(finding: &mut Finding, others: &mut Vec<u64>) {
    others.sort_unstable();
    others.dedup();
    let more = others.len() > MOST_NAMED || others.last() == Some(&MORE);
    let named: Vec<SmolStr> =
        others.iter().filter(|other| **other != MORE).take(MOST_NAMED).map(|other| id(*other)).collect();
    finding::offer(finding, &named, more);
}

/// `F0001` is number 0.
fn id(number: u64) -> SmolStr {
    format_smolstr!("F{:04}", number + 1)
}

fn unexplained(id: SmolStr, amount: Amount, booked_on: Option<NaiveDate>) -> Finding {
    let day = booked_on.map(|day| format!(" on {day}")).unwrap_or_default();
    let currency = amount.currency();
    Finding {
        id,
        kind: Kind::Unexplained,
        remedy: Remedy::Decide,
        person: None,
        name: SmolStr::default(),
        scheme: SmolStr::default(),
        period: None,
        parts: Mostly1::new(),
        money: Money::none(currency),
        bank: Standing::Settled,
        batches: Mostly1::new(),
        end_to_end_ids: Mostly1::new(),
        upstream_references: Mostly1::new(),
        upstream_paid_on: Mostly1::new(),
        debit: Some((amount, booked_on)),
        resembles: false,
        matched: SmolStr::default(),
        note: format!("{amount} {currency} left the account{day} for no payment in this ledger.").into(),
    }
}

/// Goes through the spool person by person.
fn for_each_person(spool: &Spool, records: &Records, moved: &[EndToEndId], visit: VisitPerson) -> Result<()> {
    let mut merge = spool.merge()?;
    let mut stretch = Stretch::default();
    while let Some(record) = merge.next()? {
        if stretch.bytes.len() >= STRETCH_BYTES && stretch.may_end_before(record) {
            stretch.show(records, moved, visit)?;
            stretch.clear();
        }
        stretch.push(record);
    }
    stretch.show(records, moved, visit)
}

/// Some persons' records, all of each person's.
#[derive(Default)]
struct Stretch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Stretch {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn push(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.ends.push(self.bytes.len());
    }

    fn last(&self) -> &[u8] {
        let end = self.ends.last().copied().unwrap_or(0);
        let start = self.ends.len().checked_sub(2).map_or(0, |before| self.ends[before]);
        &self.bytes[start..end]
    }

    fn may_end_before(&self, record: &[u8]) -> bool {
        let (last, key) = (self.last(), key_of(record));
        key != key_of(last) || (key == NOBODY && record != last)
    }

    fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.iter().scan(0, |start, end| Some(&self.bytes[std::mem::replace(start, *end)..*end]))
    }

    fn show(&self, reader: &Records, moved: &[EndToEndId], visit: VisitPerson) -> Result<()> {
        let records: Vec<&[u8]> = self.records().collect();
        let same = |one: &&[u8], next: &&[u8]| key_of(one) == key_of(next) && (key_of(one) != NOBODY || one == next);
        records.chunk_by(same).try_for_each(|records| visit(Person { records, reader, moved }))
    }
}

/// One person's records: payments, and then rows. Rows that name no person come one by one.
struct Person<'a> {
    records: &'a [&'a [u8]],
    reader: &'a Records,
    moved: &'a [EndToEndId],
}

/// Hardly anybody has more than a few.
type Few<T> = SmallVec<[T; 2]>;

/// One person's payments and rows. A row that was moved to the payment it names is left out where it stood; one that stands there twice is
/// here once.
struct Members<'a> {
    ours: Few<Ours<'a>>,
    theirs: Few<Theirs<'a>>,
    /// How many rows stood there more than once.
    repeated: u64,
}

impl<'a> Person<'a> {
    /// The payment, where there is but one, and one row for the same obligation: they are one group, and nothing is left over. Nearly everybody's
    /// are, and it is told without reading more of them.
    fn one_match(&self) -> Option<EndToEndId> {
        let [payment, row] = self.records else { return None };
        let is_match = self.moved.is_empty() && self.reader.are_for_the_same(payment, row);
        is_match.then(|| self.reader.payment_in(payment))?
    }

    fn read(&self) -> Result<Members<'a>> {
        let mut members = Members { ours: Few::new(), theirs: Few::new(), repeated: 0 };
        let mut again: Few<u64> = Few::new();
        for record in self.records {
            match (self.reader.read(record).ok_or_else(damaged)?, again.last_mut()) {
                (Record::Ours(payment), _) => members.ours.push(payment),
                (Record::Theirs(row), Some(again))
                    if members.theirs.last().is_some_and(|last| last.record == row.record) =>
                {
                    *again += 1;
                }
                (Record::Theirs(row), _) => {
                    members.theirs.push(row);
                    again.push(0);
                }
            }
        }
        if !self.moved.is_empty() {
            members.leave_out_elsewhere(self.moved, &mut again);
        }
        members.repeated = again.iter().sum();
        Ok(members)
    }
}

impl Members<'_> {
    fn leave_out_elsewhere(&mut self, moved: &[EndToEndId], again: &mut Few<u64>) {
        let at_home = Ids::of(&self.ours, &self.theirs);
        let is_elsewhere = |row: &Theirs| {
            !row.moved && row.own.is_some_and(|own| moved.binary_search(&own).is_ok() && !at_home.has(&own))
        };
        let stays: Few<bool> = self.theirs.iter().map(|row| !is_elsewhere(row)).collect();
        let (mut of_rows, mut of_counts) = (stays.iter(), stays.iter());
        self.theirs.retain(|_| of_rows.next() == Some(&true));
        again.retain(|_| of_counts.next() == Some(&true));
    }
}

#[cfg(test)]
pub fn findings_of(payments: &[FallbackPayment], rows: &[UpstreamRow], memory_bytes: usize) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = Spool::with_memory(folder.path().into(), memory_bytes).expect("a spool");
    let mut comparison = Comparison::with_spool(spool, folder.path(), Currency::Dkk, 7).expect("begins");
    rows.iter().for_each(|row| comparison.row(row).expect("takes"));
    payments.iter().for_each(|payment| comparison.payment(payment).expect("takes"));
    let of = |f: &Finding| (f.person.clone(), f.upstream_references.clone());
    let mut met = Vec::new();
    let mut meet = |what: Met| {
        met.push(match what {
            Met::Finding(finding) => (finding.end_to_end_ids.clone(), Some(of(finding))),
            Met::OnlyPayment(payment) => ([payment].into(), None),
        });
        Ok(())
    };
    let (findings, _) = comparison.finish(Some(&mut meet)).expect("compares");
    let mut all = Vec::new();
    findings
        .each(&mut |finding| {
            all.push(finding);
            Ok(())
        })
        .expect("judges");
    assert_eq!(findings.count(), all.len() as u64);
    assert_eq!(met.len(), all.len(), "each was met before");
    for ((payments, rest), finding) in met.iter().zip(&all) {
        assert_eq!(*payments, finding.end_to_end_ids, "in the same order");
        assert!(rest.as_ref().is_none_or(|rest| *rest == of(finding)), "in the same order");
        let of_person = || all.iter().filter(|other| other.person == finding.person).count();
        assert!(rest.is_some() || of_person() == 1, "it is its person's only one");
    }
    all
}
