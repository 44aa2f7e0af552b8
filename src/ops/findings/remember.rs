//! Remembering what a run found: findings known from before keep their numbers, new ones get the next, and what changed is told. A run that
//! found nothing new records nothing.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU64;

use borsh::BorshSerialize;
use sha2::{Digest as _, Sha256};
use smol_str::SmolStr;

use super::super::key_store::KeyStore;
use super::super::parts::{self, PartSealer};
use super::super::workspace::Recording;
use super::keys::Keys;
use super::known_before::RecordHead;
use super::{FoundNow, KnownFinding, Record, Run, VisitKnown, id, open_key, recorded, sealing_key, short_id};
use crate::fault::{Fault, Result};
use crate::ledger::event::{KeyId, KindSum, RecordedFindings};
use crate::ledger::idempotency::Tagger;
use crate::ledger::remedies::{Basis, Decision, FindingKey, FindingMoney};
use crate::ledger::seal::SecretKey;
use crate::ledger::state::Comparison;
use crate::ledger::{Event, LedgerState};
use crate::ops::Unlocked;
use crate::ops::wipe::Wiped;
use crate::payment::{Digest, EndToEndId, PersonId};
use crate::reconciliation::finding::{Finding, Kind};
use crate::say;

/// What changed since the last comparison on the same basis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// When that was recorded, in seconds since 1970.
    pub since: i64,
    pub new: u64,
    /// Found then and no longer.
    pub gone: u64,
    /// With another verdict or other money.
    pub changed: u64,
    /// Of the changed and the gone, those about which somebody had decided.
    pub decided_before: u64,
    /// Files that were compared with then and not now.
    pub files_left_out: u64,
    /// The first of each, in the order of their numbers.
    pub shown: Vec<Change>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.new + self.gone + self.changed == 0
    }
}

/// One finding that is new, gone or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub finding: String,
    pub before: Option<Shown>,
    pub now: Option<Shown>,
    pub decided: Option<Decision>,
}

/// What a change is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub kind: Kind,
    pub money: FindingMoney,
}

/// How many changes of each sort are shown one by one.
pub const MOST_SHOWN: usize = 100;

/// A finding of the comparison before, in as few bytes as it can be compared by.
struct Before {
    key: FindingKey,
    number: u32,
    /// Of its verdict and money; `None` for one that was gone before.
    verdict: Option<NonZeroU64>,
}

/// The findings of the comparison before, in the order of their keys. Keys are keyed digests and so spread evenly: where one lies follows from
/// how it begins, within a few places.
#[derive(Default)]
struct Earlier {
    known: Vec<Before>,
    /// Where the keys of each beginning start, and an end.
    starts: Vec<u32>,
    /// How many of a key's bits are not part of its beginning.
    rest: u32,
}

/// About so many keys share a beginning.
const KEYS_PER_START: usize = 4;

impl Earlier {
    fn new(mut known: Vec<Before>) -> Self {
        known.sort_unstable_by_key(|known| known.key);
        let beginnings = (known.len() / KEYS_PER_START).next_power_of_two().max(2);
        let rest = u64::BITS - beginnings.trailing_zeros();
        let mut starts = Vec::with_capacity(beginnings + 1);
        for (at, one) in (0u32..).zip(&known) {
            while starts.len() <= beginning_of(&one.key, rest) {
                starts.push(at);
            }
        }
        starts.resize(beginnings + 1, known.len() as u32);
        Self { known, starts, rest }
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The place of the finding with this key.
    fn find(&self, key: &FindingKey) -> Option<usize> {
        let beginning = beginning_of(key, self.rest);
        let (from, to) = (*self.starts.get(beginning)? as usize, *self.starts.get(beginning + 1)? as usize);
        self.known[from..to].iter().position(|known| known.key == *key).map(|at| from + at)
    }
}

fn beginning_of(key: &FindingKey, rest: u32) -> usize {
    (u64::from_be_bytes(key.0) >> rest) as usize
}

/// One comparison on its way into the ledger.
pub struct Remembering<'a> {
    basis: Basis,
    planned: bool,
    files: Vec<[u8; 8]>,
    key: (KeyId, SecretKey),
    last: Option<Comparison>,
    before: Earlier,
    verdicts: Verdicts,
    /// Whether each of `before` was found again.
    met: Vec<bool>,
    numbers: Numbers,
    keys: Keys<'a>,
    /// Keys of the person at hand that may come by again.
    taken: HashSet<FindingKey>,
    person: Option<PersonId>,
    last_number: u32,
    changes: Changes,
    /// Which of the findings of before this run says nothing about, so that they stay as they are.
    keep: Option<Keep<'a>>,
}

/// Tells whether a run says nothing about a finding.
pub type Keep<'a> = &'a dyn Fn(&KnownFinding) -> bool;

impl<'a> Remembering<'a> {
    /// `None` where there was no episode yet: nothing can be sealed, and nothing was ever paid.
    pub fn begin(
        recording: &mut Recording,
        who: &'a Unlocked,
        keys: &KeyStore,
        (basis, planned): (Basis, bool),
        mut files: Vec<[u8; 8]>,
    ) -> Result<Option<Self>> {
        let state = recording.state.clone();
        let Some(key) = sealing_key(&state, who, keys)? else { return Ok(None) };
        let last = state.comparisons.get(&basis).cloned();
        let verdicts = Verdicts::default();
        let mut before = Vec::new();
        let mut last_number = 0;
        if let Some(last) = &last {
            last_number = last.recorded.last_number;
            before.reserve_exact(last_number as usize);
            match read_before(recording, who, keys, last, &verdicts, &mut before) {
                // What was purged cannot be known again; its numbers are not given a second time.
                Err(fault) if fault.code == "ledger.purged" => before.clear(),
                read => read?,
            }
        }
        let before = Earlier::new(before);
        files.sort_unstable();
        let mut changes = Changes::default();
        if let Some(last) = &last {
            changes.since = last.at;
            let left_out = last.recorded.files.iter().filter(|file| files.binary_search(file).is_err());
            changes.files_left_out = left_out.count() as u64;
        }
        Ok(Some(Self {
            basis,
            planned,
            files,
            key,
            met: vec![false; before.known.len()],
            numbers: Numbers::after(last_number),
            keys: Keys::new(&who.tagger, basis),
            taken: HashSet::new(),
            person: None,
            last,
            before,
            verdicts,
            last_number,
            changes,
            keep: None,
        }))
    }

    /// A run that looks at a part of all only: what it says nothing about stays as it is.
    pub fn keeping(self, keep: Keep<'a>) -> Self {
        Self { keep: Some(keep), ..self }
    }

    /// Whether each finding must be [met](Self::meet) before the first is shown: it then gets the number that it had, or the next. Where nothing is
    /// known from before, each gets the next as it comes, and there is nothing to look up.
    pub fn must_meet(&self) -> bool {
        !self.before.is_empty()
    }

    /// Notes which one the next finding of the run is.
    pub fn meet(&mut self, finding: &Finding) -> Result<()> {
        let identity = self.identify(finding)?;
        self.note_place(identity);
        Ok(())
    }

    /// As [`meet`](Self::meet), of a person's only finding, where it is about this one payment.
    pub fn meet_payment(&mut self, payment: EndToEndId) -> Result<()> {
        self.person = None;
        self.taken.clear();
        let identity = self.identify_by(&self.keys.of_payment(&payment))?;
        self.note_place(identity);
        Ok(())
    }

    fn note_place(&mut self, identity: Identity) {
        let places = self.numbers.known.get_or_insert_default();
        places.of_each.push(match identity {
            Identity::Known(at) => at as u32,
            Identity::New(key, number) => {
                places.new.push((key, number));
                FRESH | (places.new.len() as u32 - 1)
            }
        });
    }

    /// The finding of before that the next one is, or the key and number that it gets.
    fn identify(&mut self, finding: &Finding) -> Result<Identity> {
        // The same key can only be another finding's of the same person.
        if self.person != finding.person {
            self.person.clone_from(&finding.person);
            self.taken.clear();
        }
        let candidates = self.keys.of(finding);
        let identity = self.identify_by(&candidates)?;
        // Only a key that may come by again needs to be kept in mind.
        if candidates.len() > 1 || finding.end_to_end_ids.is_empty() {
            self.taken.insert(self.key_and_number(identity).0);
        }
        Ok(identity)
    }

    /// By every key under which it may be known, its own first.
    fn identify_by(&mut self, candidates: &[FindingKey]) -> Result<Identity> {
        let found = candidates.iter().find_map(|key| {
            let at = self.before.find(key)?;
            (!self.met[at]).then_some(at)
        });
        match found {
            Some(at) => {
                self.met[at] = true;
                Ok(Identity::Known(at))
            }
            None => {
                let mut key = candidates[0];
                while self.taken.contains(&key) || self.before.find(&key).is_some() {
                    key = self.keys.apart(candidates[0]);
                }
                self.last_number =
                    self.last_number.checked_add(1).filter(|last| last & FRESH == 0).ok_or_else(too_many)?;
                Ok(Identity::New(key, self.last_number))
            }
        }
    }

    /// A finding's key and number.
    fn key_and_number(&self, identity: Identity) -> (FindingKey, u32) {
        match identity {
            Identity::Known(at) => (self.before.known[at].key, self.before.known[at].number),
            Identity::New(key, number) => (key, number),
        }
    }

    /// Puts the finding under the ids by which it and those that it names are known.
    fn rename(&self, at: usize, finding: &mut Finding) {
        if self.numbers.are_places() && self.basis == Basis::Upstream {
            return;
        }
        finding.id = self.id_at(at);
        if finding.matched.starts_with('F') {
            let stable = |id: &str| {
                let place = id.strip_prefix('F').and_then(|number| number.parse::<usize>().ok());
                place.and_then(|number| number.checked_sub(1)).map_or_else(|| id.into(), |at| self.id_at(at))
            };
            finding.matched = finding.matched.split('+').map(stable).collect::<Vec<SmolStr>>().join("+").into();
        }
    }

    fn id_at(&self, at: usize) -> SmolStr {
        let number = match self.numbers.identity(at) {
            Some(identity) => Some(self.key_and_number(identity).1),
            None => u32::try_from(at).ok().and_then(|at| at.checked_add(1)?.checked_add(self.numbers.after)),
        };
        short_id(self.basis, number.unwrap_or(0))
    }

    /// Gives each finding its number, shows it to `take` under the ids that it is known by, seals it and, where the run says anything new,
    /// records it. Gives what changed since the last time, and whether something was recorded.
    pub fn record(
        mut self,
        recording: &mut Recording,
        who: &Unlocked,
        keys: &KeyStore,
        run: &dyn Run,
        take: VisitKnown,
    ) -> Result<(Option<Changes>, bool)> {
        if self.must_meet() && self.numbers.known.is_none() {
            run.each(&mut |finding| self.meet(&finding))?;
        }
        let (key_id, key) = (self.key.0, self.key.1.clone());
        let mut sealing = Sealing::begin(recording, (key_id, &key))?;
        let mut tally = Tally::default();
        let mut at = 0;
        run.each(&mut |mut finding| {
            let identity = match self.numbers.identity(at) {
                Some(identity) => identity,
                None => self.identify(&finding)?,
            };
            let (key, number) = self.key_and_number(identity);
            self.rename(at, &mut finding);
            at += 1;
            tally.add(&self, &recording.state, identity, &finding)?;
            sealing.add(recording, &FoundNow { key, number, finding: &finding })?;
            take(&key, finding)
        })?;
        for kept in self.kept(recording, who, keys)? {
            tally.add_sums(kept.kind, &kept.money)?;
            sealing.add(recording, &Record::Found(Box::new(kept)))?;
        }
        for (known, _) in self.before.known.iter().zip(&self.met).filter(|(_, met)| !**met) {
            sealing.add(recording, &Record::Gone { key: known.key, number: known.number })?;
            if known.verdict.is_some() {
                tally.gone.note(&recording.state, known.key, known.number, ());
            }
        }
        let (content, sealed) = sealing.finish(recording, &who.tagger)?;
        let findings = RecordedFindings {
            basis: self.basis,
            planned: self.planned,
            files: self.files.clone(),
            by_kind: tally.by_kind.values().copied().collect(),
            totals: tally.totals,
            last_number: self.last_number,
            content,
            findings: sealed,
        };
        let same = |last: &RecordedFindings| {
            (last.content, &last.files, last.planned) == (findings.content, &findings.files, findings.planned)
        };
        // What was said since the last comparison, and changes nothing about what is found, was compared now: that is to be known.
        let nothing_said = |last: &Comparison| recording.state.last_told <= last.entry;
        if self.last.as_ref().is_some_and(|last| same(&last.recorded) && nothing_said(last)) {
            return Ok((Some(tally.changes(self.changes)), false));
        }
        let changes = self.tell(recording, who, keys, tally)?;
        recording.event(&Event::FindingsRecorded(Box::new(findings)), &who.signer, None)?;
        Ok((changes, true))
    }

    /// The findings of before that stay as they are.
    fn kept(&mut self, recording: &mut Recording, who: &Unlocked, keys: &KeyStore) -> Result<Vec<KnownFinding>> {
        let (Some(keep), Some(last)) = (self.keep, self.last.clone()) else { return Ok(Vec::new()) };
        let mut kept = Vec::new();
        if self.before.is_empty() {
            return Ok(kept);
        }
        let ledger = recording.state.ledger;
        let transaction = &mut *recording.transaction;
        let key = open_key(transaction, who, keys, &last)?;
        parts::each(transaction, ledger, last.entry, &key, &mut |record| {
            if let Record::Found(finding) = record
                && let Some(at) = self.before.find(&finding.key)
                && !self.met[at]
                && keep(&finding)
            {
                self.met[at] = true;
                kept.push(*finding);
            }
            Ok(())
        })?;
        Ok(kept)
    }

    /// Completes what changed with how it was before.
    fn tell(
        mut self,
        recording: &mut Recording,
        who: &Unlocked,
        keys: &KeyStore,
        mut tally: Tally,
    ) -> Result<Option<Changes>> {
        let Some(last) = self.last.take() else { return Ok(None) };
        let state = recording.state.clone();
        let decided = |key: &FindingKey| state.decision(key).map(|decided| decided.recorded.decision);
        let mut wanted: BTreeMap<u32, Change> = BTreeMap::new();
        let changed = std::mem::take(&mut tally.changed.first).into_iter();
        let changed = changed.map(|((_, number), (key, now))| (number, key, Some(now)));
        let gone =
            std::mem::take(&mut tally.gone.first).into_iter().map(|((_, number), (key, ()))| (number, key, None));
        for (number, key, now) in changed.chain(gone) {
            let change = Change { finding: id(self.basis, number), before: None, now, decided: decided(&key) };
            wanted.insert(number, change);
        }
        if !wanted.is_empty() {
            let transaction = &mut *recording.transaction;
            let key = open_key(transaction, who, keys, &last)?;
            parts::each(transaction, state.ledger, last.entry, &key, &mut |record| {
                if let Record::Found(finding) = record
                    && let Some(change) = wanted.get_mut(&finding.number)
                {
                    change.before = Some(Shown { kind: finding.kind(), money: finding.money });
                }
                Ok(())
            })?;
        }
        let mut shown: Vec<(u32, Change)> = wanted.into_iter().collect();
        shown.sort_by_key(|(number, change)| (change.decided.is_none(), *number));
        let mut changes = tally.changes(self.changes);
        changes.shown = shown.into_iter().map(|(_, change)| change).chain(tally.new).collect();
        Ok(Some(changes))
    }
}

/// What a finding of a run is known by.
#[derive(Clone, Copy)]
enum Identity {
    /// The place of the same one among those of before.
    Known(usize),
    New(FindingKey, u32),
}

/// Which number each finding of a run has, by its place in the run.
struct Numbers {
    /// The last one given before the run.
    after: u32,
    /// `None` where none was known before, so that numbers follow one another.
    known: Option<Places>,
}

/// What each finding of a run was found to be.
#[derive(Default)]
struct Places {
    /// Its place among those of before, or with [`FRESH`] its place among the new ones.
    of_each: Vec<u32>,
    new: Vec<(FindingKey, u32)>,
}

/// Marks a place among the new findings.
const FRESH: u32 = 1 << 31;

impl Numbers {
    fn after(after: u32) -> Self {
        Self { after, known: None }
    }

    /// Whether the finding in the first place is number 1, and so on.
    fn are_places(&self) -> bool {
        self.known.is_none() && self.after == 0
    }

    /// What the finding in this place is known by; `None` where that is not settled yet.
    fn identity(&self, place: usize) -> Option<Identity> {
        let known = self.known.as_ref()?;
        let at = *known.of_each.get(place)?;
        if at & FRESH == 0 {
            return Some(Identity::Known(at as usize));
        }
        known.new.get((at & !FRESH) as usize).map(|(key, number)| Identity::New(*key, *number))
    }
}

/// What the findings come to, and which of them are not as they were.
#[derive(Default)]
struct Tally {
    by_kind: BTreeMap<u8, KindSum>,
    totals: FindingMoney,
    changed: Firsts<Shown>,
    gone: Firsts<()>,
    new: Vec<Change>,
    new_in_all: u64,
}

/// How many there are, and the first of them by number. Those that somebody has decided on come first: they are what may have to be decided
/// again.
struct Firsts<T> {
    in_all: u64,
    decided: u64,
    /// At most [`MOST_SHOWN`], by whether nobody has decided, and number.
    first: BTreeMap<(bool, u32), (FindingKey, T)>,
}

impl<T> Default for Firsts<T> {
    fn default() -> Self {
        Self { in_all: 0, decided: 0, first: BTreeMap::new() }
    }
}

impl<T> Firsts<T> {
    fn note(&mut self, state: &LedgerState, key: FindingKey, number: u32, what: T) {
        let decided = state.decisions.contains_key(&key);
        self.in_all += 1;
        self.decided += u64::from(decided);
        self.first.insert((!decided, number), (key, what));
        if self.first.len() > MOST_SHOWN {
            self.first.pop_last();
        }
    }
}

impl Tally {
    fn add_sums(&mut self, kind: u8, money: &FindingMoney) -> Result<()> {
        let sum = self.by_kind.entry(kind).or_insert(KindSum { kind, count: 0, money: FindingMoney::default() });
        sum.count += 1;
        sum.money = sum.money.checked_add(money).ok_or_else(too_many)?;
        self.totals = self.totals.checked_add(money).ok_or_else(too_many)?;
        Ok(())
    }

    fn add(&mut self, run: &Remembering, state: &LedgerState, identity: Identity, finding: &Finding) -> Result<()> {
        let money = recorded(&finding.money);
        let kind = finding.kind.number();
        self.add_sums(kind, &money)?;
        if run.last.is_none() {
            return Ok(());
        }
        let now = Shown { kind: finding.kind, money };
        let (key, number) = run.key_and_number(identity);
        let before = match identity {
            Identity::Known(at) => run.before.known[at].verdict,
            Identity::New(..) => None,
        };
        match before {
            None => {
                self.new_in_all += 1;
                if self.new.len() < MOST_SHOWN {
                    let finding = id(run.basis, number);
                    self.new.push(Change { finding, before: None, now: Some(now), decided: None });
                }
            }
            Some(verdict) if verdict != run.verdicts.digest_of(kind, finding.remedy.number(), &money) => {
                self.changed.note(state, key, number, now);
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn changes(&self, before: Changes) -> Changes {
        Changes {
            new: self.new_in_all,
            changed: self.changed.in_all,
            gone: self.gone.in_all,
            decided_before: self.changed.decided + self.gone.decided,
            ..before
        }
    }
}

/// Seals records and keeps a digest of what they say.
struct Sealing<'a> {
    sealer: PartSealer<'a>,
    content: Sha256,
    /// Records that are sealed and not yet in the digest.
    bytes: Wiped,
}

/// So many bytes go into the digest at once.
const DIGEST_BYTES: usize = 16 * 1024;

impl<'a> Sealing<'a> {
    fn begin(recording: &Recording, key: (KeyId, &'a SecretKey)) -> Result<Self> {
        let sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), key);
        Ok(Self { sealer, content: Sha256::new(), bytes: Wiped::default() })
    }

    fn add(&mut self, recording: &mut Recording, record: &impl BorshSerialize) -> Result<()> {
        let before = self.bytes.len();
        record.serialize(&mut *self.bytes).map_err(|_| too_many())?;
        self.sealer.add_bytes(&mut *recording.transaction, &self.bytes[before..])?;
        if self.bytes.len() >= DIGEST_BYTES {
            self.content.update(&**self.bytes);
            self.bytes.clear();
        }
        Ok(())
    }

    fn finish(
        mut self,
        recording: &mut Recording,
        tagger: &Tagger,
    ) -> Result<([u8; 8], crate::ledger::event::SealedParts)> {
        self.content.update(&**self.bytes);
        let content = Digest(self.content.finalize().into()).to_string();
        let sealed = self.sealer.finish(&mut *recording.transaction)?;
        Ok((tagger.identity(&["stopgap findings 1", &content]), sealed))
    }
}

fn read_before(
    recording: &mut Recording,
    who: &Unlocked,
    keys: &KeyStore,
    last: &Comparison,
    verdicts: &Verdicts,
    before: &mut Vec<Before>,
) -> Result<()> {
    let ledger = recording.state.ledger;
    let transaction = &mut *recording.transaction;
    let key = open_key(transaction, who, keys, last)?;
    parts::each(transaction, ledger, last.entry, &key, &mut |RecordHead { key, number, verdict }| {
        let verdict = verdict.map(|(kind, remedy, money)| verdicts.digest_of(kind, remedy, &money));
        before.push(Before { key, number, verdict });
        Ok(())
    })
}

/// Makes numbers that stand for a verdict and its money. Only compared within one run, under a key that is made for it.
#[derive(Default)]
struct Verdicts(RandomState);

impl Verdicts {
    fn digest_of(&self, kind: u8, remedy: u8, money: &FindingMoney) -> NonZeroU64 {
        let FindingMoney { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid } = *money;
        let money = [fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid];
        NonZeroU64::new(self.0.hash_one((kind, remedy, money))).unwrap_or(NonZeroU64::MIN)
    }
}

fn too_many() -> Fault {
    Fault::input("amount.sum_too_large", say!("These runs hold more than can be compared at once."))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Whatever the keys, also such as begin alike: each is found where it lies, and no other is.
        #[test]
        fn keys_are_found_where_they_lie(
            known in proptest::collection::btree_set(proptest::prop_oneof![0..20u64, proptest::num::u64::ANY], 0..60),
            others in proptest::collection::vec(proptest::prop_oneof![0..20u64, proptest::num::u64::ANY], 0..20),
        ) {
            let key = |number: u64| FindingKey(number.to_be_bytes());
            let before = known.iter().rev().map(|number| Before { key: key(*number), number: 1, verdict: None });
            let earlier = Earlier::new(before.collect());
            for (at, number) in known.iter().enumerate() {
                proptest::prop_assert_eq!(earlier.find(&key(*number)), Some(at));
            }
            for number in others.iter().filter(|number| !known.contains(number)) {
                proptest::prop_assert_eq!(earlier.find(&key(*number)), None);
            }
        }
    }
}
