//! Remembering what a run found: findings known from before keep their numbers, new ones get the next, and what changed is told. A run that
//! found nothing new records nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use super::super::key_store::KeyStore;
use super::super::parts::{self, PartSealer};
use super::super::workspace::Recording;
use super::keys::Keys;
use super::{KnownFinding, Record, Run, Visit, id, open_key, recorded, sealing_key};
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::event::{KeyId, KindSum, RecordedFindings};
use crate::ledger::idempotency::Tagger;
use crate::ledger::remedies::{Basis, Decision, FindingKey, FindingMoney};
use crate::ledger::seal::SecretKey;
use crate::ledger::state::Comparison;
use crate::ops::Unlocked;
use crate::payment::Digest;
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
    verdict: Option<u64>,
}

/// One comparison on its way into the ledger.
pub struct Remembering<'a> {
    basis: Basis,
    planned: bool,
    files: Vec<[u8; 8]>,
    tagger: &'a Tagger,
    key: (KeyId, SecretKey),
    last: Option<Comparison>,
    /// In the order of their keys.
    before: Vec<Before>,
    /// Whether each of `before` was found again.
    met: Vec<bool>,
    /// The key and the number of each finding, in the order in which they were found.
    known: Vec<(FindingKey, u32)>,
    last_number: u32,
    by_kind: BTreeMap<u8, KindSum>,
    changes: Changes,
    changed: Vec<(u32, FindingKey, Shown)>,
    new: Vec<Change>,
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
        let mut before = Vec::new();
        let mut last_number = 0;
        if let Some(last) = &last {
            last_number = last.recorded.last_number;
            match read_before(recording, who, keys, last, &mut before) {
                // What was purged cannot be known again; its numbers are not given a second time.
                Err(fault) if fault.code == "ledger.purged" => before.clear(),
                read => read?,
            }
        }
        before.sort_unstable_by_key(|known| known.key);
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
            tagger: &who.tagger,
            key,
            met: vec![false; before.len()],
            last,
            before,
            known: Vec::new(),
            last_number,
            by_kind: BTreeMap::new(),
            changes,
            changed: Vec::new(),
            new: Vec::new(),
            keep: None,
        }))
    }

    /// A run that looks at a part of all only: what it says nothing about stays as it is.
    pub fn keeping(self, keep: Keep<'a>) -> Self {
        Self { keep: Some(keep), ..self }
    }

    /// Goes through the findings once, before they are shown to anybody: each gets the number that it had, or the next.
    fn number(&mut self, run: &dyn Run) -> Result<()> {
        let mut keys = Keys::new(self.tagger, self.basis);
        let mut taken: HashMap<FindingKey, ()> = HashMap::new();
        run.each(&mut |finding| {
            let candidates = keys.of(finding);
            let found = candidates.iter().find_map(|key| {
                let at = self.before.binary_search_by_key(key, |known| known.key).ok()?;
                (!self.met[at]).then_some(at)
            });
            let (key, number) = match found {
                Some(at) => {
                    self.met[at] = true;
                    (self.before[at].key, self.before[at].number)
                }
                None => {
                    let mut key = candidates[0];
                    while taken.contains_key(&key) || self.before.binary_search_by_key(&key, |known| known.key).is_ok()
                    {
                        key = keys.apart(candidates[0]);
                    }
                    self.last_number = self.last_number.checked_add(1).ok_or_else(too_many)?;
                    (key, self.last_number)
                }
            };
            // Only a key that may come by again needs to be kept in mind.
            if candidates.len() > 1 || finding.end_to_end_ids.is_empty() {
                taken.insert(key, ());
            }
            self.known.push((key, number));
            Ok(())
        })
    }

    /// The finding under the ids by which it and those that it names are known.
    fn renamed<'f>(&self, number: u32, finding: &'f Finding) -> Cow<'f, Finding> {
        let id = id(self.basis, number);
        if finding.id == id && !finding.matched.starts_with('F') {
            return Cow::Borrowed(finding);
        }
        let mut renamed = Finding { id, ..finding.clone() };
        if finding.matched.starts_with('F') {
            let stable = |id: &str| {
                let place = id.strip_prefix('F').and_then(|number| number.parse::<usize>().ok());
                place.and_then(|number| number.checked_sub(1)).map_or_else(|| id.to_owned(), |at| self.id_at(at))
            };
            renamed.matched = finding.matched.split('+').map(stable).collect::<Vec<_>>().join("+");
        }
        Cow::Owned(renamed)
    }

    fn id_at(&self, at: usize) -> String {
        id(self.basis, self.known.get(at).map_or(0, |(_, number)| *number))
    }

    /// Gives each finding its number, shows it to `take` under the ids that it is known by, seals it and, where the run says anything new,
    /// records it. Gives what changed since the last time, and whether something was recorded.
    pub fn record(
        mut self,
        recording: &mut Recording,
        who: &Unlocked,
        keys: &KeyStore,
        run: &dyn Run,
        take: Visit,
    ) -> Result<(Option<Changes>, bool)> {
        self.number(run)?;
        let (key_id, key) = (self.key.0, self.key.1.clone());
        let mut sealing = Sealing::begin(recording, (key_id, &key))?;
        let mut tally = Tally::default();
        let mut known = self.known.iter();
        run.each(&mut |finding| {
            let (key, number) = *known.next().ok_or_else(too_many)?;
            let finding = self.renamed(number, finding);
            take(&finding)?;
            tally.add(&self, (key, number), &finding)?;
            sealing.add(recording, &Record::Found(Box::new(KnownFinding::new(key, number, &finding))))
        })?;
        for kept in self.kept(recording, who, keys)? {
            tally.add_sums(kept.kind, &kept.money)?;
            sealing.add(recording, &Record::Found(Box::new(kept)))?;
        }
        let Tally { by_kind, totals, changed, new, counts } = tally;
        (self.by_kind, self.changed, self.new) = (by_kind, changed, new);
        (self.changes.new, self.changes.changed) = counts;
        let mut gone: Vec<(FindingKey, u32)> = Vec::new();
        for (known, _) in self.before.iter().zip(&self.met).filter(|(_, met)| !**met) {
            sealing.add(recording, &Record::Gone { key: known.key, number: known.number })?;
            if known.verdict.is_some() {
                gone.push((known.key, known.number));
            }
        }
        self.changes.gone = gone.len() as u64;
        let (content, sealed) = sealing.finish(recording, self.tagger)?;
        let findings = RecordedFindings {
            basis: self.basis,
            planned: self.planned,
            files: self.files.clone(),
            by_kind: self.by_kind.values().copied().collect(),
            totals,
            last_number: self.last_number,
            content,
            findings: sealed,
        };
        let same = |last: &RecordedFindings| {
            (last.content, &last.files, last.planned) == (findings.content, &findings.files, findings.planned)
        };
        if self.last.as_ref().is_some_and(|last| same(&last.recorded)) {
            return Ok((Some(self.changes), false));
        }
        let changes = self.tell(recording, who, keys, gone)?;
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
                && let Ok(at) = self.before.binary_search_by_key(&finding.key, |known| known.key)
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
        gone: Vec<(FindingKey, u32)>,
    ) -> Result<Option<Changes>> {
        let Some(last) = self.last.take() else { return Ok(None) };
        let state = recording.state.clone();
        let decided = |key: &FindingKey| state.decision(key).map(|decided| decided.recorded.decision);
        let is_decided = |key: &FindingKey| state.decisions.contains_key(key);
        let changed_and_gone = self.changed.iter().map(|(_, key, _)| key).chain(gone.iter().map(|(key, _)| key));
        self.changes.decided_before = changed_and_gone.filter(|key| is_decided(key)).count() as u64;
        // Those that somebody has decided on come first: they are what may have to be decided again.
        self.changed.sort_by_key(|(number, key, _)| (!is_decided(key), *number));
        let mut gone = gone;
        gone.sort_by_key(|(key, number)| (!is_decided(key), *number));
        let mut wanted: HashMap<u32, Change> = HashMap::new();
        for (number, key, now) in self.changed.iter().take(MOST_SHOWN) {
            let change =
                Change { finding: id(self.basis, *number), before: None, now: Some(*now), decided: decided(key) };
            wanted.insert(*number, change);
        }
        for (key, number) in gone.iter().take(MOST_SHOWN) {
            let change = Change { finding: id(self.basis, *number), before: None, now: None, decided: decided(key) };
            wanted.insert(*number, change);
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
        self.changes.shown = shown.into_iter().map(|(_, change)| change).chain(self.new).collect();
        Ok(Some(self.changes))
    }
}

/// What the findings come to, and which of them are not as they were.
#[derive(Default)]
struct Tally {
    by_kind: BTreeMap<u8, KindSum>,
    totals: FindingMoney,
    changed: Vec<(u32, FindingKey, Shown)>,
    new: Vec<Change>,
    /// How many are new, and how many changed.
    counts: (u64, u64),
}

impl Tally {
    fn add_sums(&mut self, kind: u8, money: &FindingMoney) -> Result<()> {
        let sum = self.by_kind.entry(kind).or_insert(KindSum { kind, count: 0, money: FindingMoney::default() });
        sum.count += 1;
        sum.money = sum.money.checked_add(money).ok_or_else(too_many)?;
        self.totals = self.totals.checked_add(money).ok_or_else(too_many)?;
        Ok(())
    }

    fn add(&mut self, run: &Remembering, (key, number): (FindingKey, u32), finding: &Finding) -> Result<()> {
        let money = recorded(&finding.money);
        let kind = finding.kind.number();
        self.add_sums(kind, &money)?;
        if run.last.is_none() {
            return Ok(());
        }
        let now = Shown { kind: finding.kind, money };
        let before = run.before.binary_search_by_key(&key, |known| known.key).ok().map(|at| &run.before[at]);
        match before.and_then(|before| before.verdict) {
            None => {
                self.counts.0 += 1;
                if self.new.len() < MOST_SHOWN {
                    let finding = id(run.basis, number);
                    self.new.push(Change { finding, before: None, now: Some(now), decided: None });
                }
            }
            Some(verdict) if verdict != digest_of(kind, finding.remedy.number(), &money) => {
                self.counts.1 += 1;
                self.changed.push((number, key, now));
            }
            Some(_) => {}
        }
        Ok(())
    }
}

/// Seals records and keeps a digest of what they say.
struct Sealing<'a> {
    sealer: PartSealer<'a>,
    content: Sha256,
    bytes: Vec<u8>,
}

impl<'a> Sealing<'a> {
    fn begin(recording: &Recording, key: (KeyId, &'a SecretKey)) -> Result<Self> {
        let sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), key);
        Ok(Self { sealer, content: Sha256::new(), bytes: Vec::new() })
    }

    fn add(&mut self, recording: &mut Recording, record: &Record) -> Result<()> {
        self.bytes.clear();
        borsh::to_writer(&mut self.bytes, record).map_err(|_| too_many())?;
        self.content.update(&self.bytes);
        self.sealer.add(&mut *recording.transaction, record)
    }

    fn finish(
        self,
        recording: &mut Recording,
        tagger: &Tagger,
    ) -> Result<([u8; 8], crate::ledger::event::SealedParts)> {
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
    before: &mut Vec<Before>,
) -> Result<()> {
    let ledger = recording.state.ledger;
    let transaction = &mut *recording.transaction;
    let key = open_key(transaction, who, keys, last)?;
    parts::each(transaction, ledger, last.entry, &key, &mut |record| {
        before.push(match record {
            Record::Found(finding) => {
                let verdict = Some(digest_of(finding.kind, finding.remedy, &finding.money));
                Before { key: finding.key, number: finding.number, verdict }
            }
            Record::Gone { key, number } => Before { key, number, verdict: None },
        });
        Ok(())
    })
}

/// Stands for a verdict and its money. Only compared within one run.
fn digest_of(kind: u8, remedy: u8, money: &FindingMoney) -> u64 {
    let bytes = borsh::to_vec(&(kind, remedy, *money)).unwrap_or_default();
    let mut half = [0; 8];
    half.copy_from_slice(&Sha256::digest(bytes)[..8]);
    u64::from_le_bytes(half)
}

fn too_many() -> Fault {
    Fault::input("amount.sum_too_large", say!("These runs hold more than can be compared at once."))
}
