//! Whether anything of what was destroyed can still be read: every file of the workspace is searched, byte by byte, the ledger's freed pages
//! included. Open copies that lie as they were written are left out: they are known, and only those of living episodes are open then.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::checks::{CheckedPayment, read_person};
use crate::fault::Result;
use crate::ledger::event::{Event, KeyId, RecordedPurge};
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ledger::state::Episode;
use crate::ledger::{LedgerState, Snapshot};
use crate::ops::Unlocked;
use crate::ops::copies::bank_files;
use crate::ops::durable::disk_fault;
use crate::ops::key_store::KeyStore;
use crate::ops::payments;
use crate::payment::{Account, Country, PaymentReference, PersonKind};

/// A ciphertext, or a wrapped key, is known by its first bytes: no two have the same.
const KNOWN_BY: usize = 16;
/// At most this many people are searched for in clear; the ciphertexts are searched for all.
const MOST_PEOPLE: usize = 2_000;
const READ_AT_ONCE: usize = 1024 * 1024;
/// How long a person number of any country is, as it may be written.
const SHORTEST_NUMBER: usize = 10;
const LONGEST_NUMBER: usize = 13;

/// What is searched for, and what was found of it.
#[derive(Default)]
pub struct Traces {
    /// Of ciphertexts: never personal, but what an old key would open.
    sealed: HashSet<[u8; KNOWN_BY]>,
    /// Numbers, names and accounts, in the spellings in which a program may write them.
    clear: Vec<Vec<u8>>,
    /// Of a purge that is finished later: its people, by the pseudonyms that their claims keep.
    remembered: Option<Remembered>,
    pub ciphertexts: u64,
    pub people: u64,
    pub files: u64,
    pub bytes: u64,
    /// How many of the ciphertexts the ledger file held before: what can be found is found.
    pub found_before: u64,
    pub found: u64,
    /// Files in which something was found, in words.
    pub places: Vec<String>,
}

/// Who was purged, when nobody can say their numbers any more: a number that is met is looked up.
struct Remembered {
    persons: HashSet<Pseudonym>,
    tagger: Tagger,
    country: Country,
    today: NaiveDate,
}

impl Remembered {
    /// Whether a purged person's number begins here.
    fn begins(&self, rest: &[u8]) -> bool {
        let rest = &rest[..rest.len().min(LONGEST_NUMBER)];
        let reads = |written: &[u8]| {
            let person = std::str::from_utf8(written).ok().filter(|text| !text.ends_with(['-', '+']));
            let person = person.and_then(|text| read_person(text, PersonKind::Natural, self.country, self.today).ok());
            person.is_some_and(|person| self.persons.contains(&self.tagger.person(&person)))
        };
        let written =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+')).count();
        (SHORTEST_NUMBER..=written).any(|length| reads(&rest[..length]))
    }
}

impl Traces {
    /// Knows the people of a purge that was interrupted by the claims of its batches: by their numbers alone.
    pub fn remember(
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        purge: &RecordedPurge,
        tagger: &Tagger,
        today: NaiveDate,
    ) -> Result<Self> {
        let mut persons = HashSet::new();
        let is_purged = |batch| {
            let batch = state.batches.get(&batch);
            batch.is_some_and(|batch| purge.episodes.contains(&batch.prepared.episode))
        };
        snapshot.claims_ever(&mut |claim, _| {
            if is_purged(claim.batch) {
                persons.insert(claim.person);
            }
            Ok(())
        })?;
        let people = persons.len() as u64;
        let (tagger, country) = (tagger.clone(), state.payer.country);
        Ok(Self { remembered: Some(Remembered { persons, tagger, country, today }), people, ..Self::default() })
    }

    /// Whether its people are known by their numbers alone.
    pub fn is_remembered(&self) -> bool {
        self.remembered.is_some()
    }

    /// Where the people lie in clear already, before anything is destroyed.
    pub fn lie_in_clear(&self, folder: &Path, known: &BTreeSet<PathBuf>) -> Result<Vec<String>> {
        let mut in_clear = Self { clear: self.clear.clone(), ..Self::default() };
        in_clear.search_folder(folder, folder, known, &[])?;
        Ok(in_clear.places)
    }

    /// Notes what will be destroyed, while it can still be read.
    pub fn learn(
        &mut self,
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        who: &Unlocked,
        keys: &KeyStore,
        chosen: &[&Episode],
    ) -> Result<()> {
        for episode in chosen {
            let key = who.episode_key(keys, episode.key)?;
            let batches = state.batches.iter().filter(|(_, batch)| batch.prepared.episode == episode.name);
            for (id, _) in batches {
                snapshot.chunks(*id, &mut |chunk| {
                    self.note(&chunk.sealed.ciphertext);
                    Ok(())
                })?;
                payments::each(snapshot, state.ledger, *id, &key, &mut |_, payment| {
                    if self.people < MOST_PEOPLE as u64 {
                        let person = bank_files::person(&payment.payment);
                        let CheckedPayment { account, reference, .. } = &payment.payment;
                        let account = target(account.as_ref(), reference.as_ref());
                        for text in [&person.number, &person.name, &account] {
                            self.clear.extend(spellings(text));
                        }
                        self.people += 1;
                    }
                    Ok(())
                })?;
            }
        }
        for entry in super::entries_of(state, chosen) {
            snapshot.parts(entry, &mut |part| {
                self.note(&part.ciphertext.unwrap_or_default());
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Notes the tags of all claims, and what still lies sealed, before the duplicate key ends. Those that signed entries tell stay.
    pub fn learn_tags(&mut self, snapshot: &mut dyn Snapshot, state: &LedgerState) -> Result<()> {
        snapshot.claims_ever(&mut |claim, _| {
            self.note(&[claim.tag.series, claim.tag.obligation].concat());
            Ok(())
        })?;
        snapshot.foreign_claims(&mut |foreign| {
            self.note(&[foreign.claim.tag.series, foreign.claim.tag.obligation].concat());
            Ok(())
        })?;
        snapshot.entries_after(0, &mut |entry| {
            if let Some(Event::SheetReturned(_) | Event::SheetRowsDecided(_)) = Event::from_bytes(&entry.event) {
                for window in entry.event.windows(KNOWN_BY) {
                    window.first_chunk::<KNOWN_BY>().map(|tag| self.sealed.remove(tag));
                }
            }
            Ok(())
        })?;
        for entry in state.parts_not_purged() {
            snapshot.parts(entry, &mut |part| {
                self.note(&part.ciphertext.unwrap_or_default());
                Ok(())
            })?;
        }
        self.ciphertexts = self.sealed.len() as u64;
        Ok(())
    }

    fn note(&mut self, ciphertext: &[u8]) {
        if let Some(first) = ciphertext.first_chunk::<KNOWN_BY>() {
            self.sealed.insert(*first);
            self.ciphertexts += 1;
        }
    }

    /// Searches every file below `folder` that is not among the `known` ones.
    pub fn search(
        &mut self,
        folder: &Path,
        known: &BTreeSet<PathBuf>,
        keys: &[KeyId],
        is_there: &dyn Fn(KeyId) -> bool,
    ) -> Result<()> {
        (self.found, self.files, self.bytes) = (0, 0, 0);
        self.places.clear();
        for key in keys {
            if is_there(*key) {
                self.found += 1;
                self.places.push(format!("the key {key}"));
            }
        }
        let names: Vec<Vec<u8>> = keys.iter().map(|key| format!("\"key_id\": \"{key}\"").into_bytes()).collect();
        self.search_folder(folder, folder, known, &names)
    }

    /// Files of which it is known that they name people, whatever was found in them.
    pub fn add_places(&mut self, places: Vec<String>) {
        for place in places.into_iter().filter(|place| !self.places.contains(place)).collect::<Vec<_>>() {
            self.found += 1;
            self.places.push(place);
        }
    }

    fn search_folder(&mut self, folder: &Path, top: &Path, known: &BTreeSet<PathBuf>, keys: &[Vec<u8>]) -> Result<()> {
        let entries = std::fs::read_dir(folder).map_err(|error| disk_fault("look into", folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| disk_fault("look into", folder, &error))?;
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.search_folder(&path, top, known, keys)?,
                Ok(_) if known.contains(&path) => {}
                Ok(kind) if kind.is_file() => {
                    let found = self.count_in(&path, keys)?;
                    if found > 0 {
                        self.found += found;
                        self.places.push(path.strip_prefix(top).unwrap_or(&path).display().to_string());
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn count_in(&mut self, path: &Path, keys: &[Vec<u8>]) -> Result<u64> {
        let failed = |error| disk_fault("read", path, &error);
        let mut file = File::open(path).map_err(failed)?;
        let search = Search::new(&self.sealed, self.clear.iter().chain(keys));
        let longest = if self.remembered.is_some() { search.longest.max(LONGEST_NUMBER) } else { search.longest };
        let mut window: Vec<u8> = Vec::new();
        let (mut found, mut before) = (0, 0u8);
        self.files += 1;
        loop {
            let kept = window.len();
            window.resize(kept + READ_AT_ONCE, 0);
            let read = file.read(&mut window[kept..]).map_err(failed)?;
            window.truncate(kept + read);
            self.bytes += read as u64;
            let is_last = read == 0;
            // What could begin in the last bytes and end in the next ones waits for them.
            let until = if is_last { window.len() } else { window.len().saturating_sub(longest) };
            found += search.begin_before(&window, until);
            if let Some(remembered) = &self.remembered {
                for from in 0..until {
                    let after_digit = u8::is_ascii_digit(&std::mem::replace(&mut before, window[from]));
                    let may_begin = window[from].is_ascii_digit() && !after_digit;
                    found += u64::from(may_begin && remembered.begins(&window[from..]));
                }
            }
            window.drain(..until);
            if is_last {
                return Ok(found);
            }
        }
    }

    /// Counts what is searched for in one file, as [`search`](Self::search) does.
    pub fn count_before(&mut self, ledger: &Path) -> Result<()> {
        self.found_before = self.count_in(ledger, &[])?;
        Ok(())
    }
}

/// Many needles at once, by their first two bytes.
struct Search<'a> {
    sealed: &'a HashSet<[u8; KNOWN_BY]>,
    clear: HashMap<[u8; 2], Vec<&'a [u8]>>,
    begins: Vec<bool>,
    longest: usize,
}

impl<'a> Search<'a> {
    fn new(sealed: &'a HashSet<[u8; KNOWN_BY]>, needles: impl Iterator<Item = &'a Vec<u8>>) -> Self {
        let mut search = Self { sealed, clear: HashMap::new(), begins: vec![false; 1 << 16], longest: KNOWN_BY };
        for first in sealed {
            search.begins[at([first[0], first[1]])] = true;
        }
        for needle in needles {
            let Some(first) = needle.first_chunk::<2>() else { continue };
            search.longest = search.longest.max(needle.len());
            search.begins[at(*first)] = true;
            search.clear.entry(*first).or_default().push(needle);
        }
        search
    }

    /// How many needles begin before `until`.
    fn begin_before(&self, window: &[u8], until: usize) -> u64 {
        let mut found = 0;
        for from in 0..until {
            let rest = &window[from..];
            let Some(first) = rest.first_chunk::<2>().filter(|first| self.begins[at(**first)]) else { continue };
            found += u64::from(rest.first_chunk::<KNOWN_BY>().is_some_and(|known| self.sealed.contains(known)));
            let needles = self.clear.get(first).map(Vec::as_slice).unwrap_or_default();
            found += needles.iter().filter(|needle| rest.starts_with(needle)).count() as u64;
        }
        found
    }
}

/// Where the money went, as files have it: the account, or of a payment slip its payment id, where it has one.
fn target(account: Option<&Account>, reference: Option<&PaymentReference>) -> String {
    match (account, reference) {
        (Some(Account::Slip(_)), Some(id)) => id.as_str().to_owned(),
        (Some(Account::Slip(slip)), None) => slip.number().to_owned(),
        (account, _) => account.map(Account::whole).unwrap_or_default(),
    }
}

fn at(first: [u8; 2]) -> usize {
    usize::from(u16::from_be_bytes(first))
}

/// A text as it may lie on a disk: UTF-8 and UTF-16. Short ones are in everything and prove nothing.
fn spellings(text: &str) -> Vec<Vec<u8>> {
    const SHORTEST: usize = 8;
    if text.chars().count() < SHORTEST {
        return Vec::new();
    }
    let wide = |to_bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to_bytes).collect();
    vec![text.as_bytes().to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{ReferenceKind, SlipKind, SlipPayee};

    /// An invoice's payment id may be somebody's; of a slip without one the creditor is what a list would hold.
    #[test]
    fn a_slip_is_searched_for_by_its_payment_id() {
        let paid_to = |kind| Account::Slip(SlipPayee::new_checked(kind, "81234567"));
        let id = PaymentReference::new_checked(ReferenceKind::Fik, "000001234567897");
        assert_eq!(target(Some(&paid_to(SlipKind::K71)), Some(&id)), "000001234567897");
        assert_eq!(target(Some(&paid_to(SlipKind::K73)), None), "81234567");
        assert_eq!(target(None, None), "");
    }

    #[test]
    fn a_needle_is_found_wherever_it_lies_and_however_it_is_spelt() {
        let needles = spellings("7012821128");
        assert_eq!(needles.len(), 3);
        let sealed = HashSet::from([[9; KNOWN_BY]]);
        let search = Search::new(&sealed, needles.iter());
        for needle in needles.iter().chain([&vec![9; KNOWN_BY]]) {
            for before in 0..40 {
                let file = [vec![b'7'; before], needle.clone(), vec![1; 3]].concat();
                assert_eq!(search.begin_before(&file, file.len()), 1, "{before}");
            }
        }
        assert_eq!(search.begin_before(b"701282112", 9), 0);
    }

    #[test]
    fn who_was_purged_is_known_again_by_the_number_alone() {
        let tagger = Tagger::new(&crate::ledger::seal::SecretKey::new([7; 32]), &crate::drill::payer());
        let today = NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day");
        let person = read_person("7012821128", PersonKind::Natural, Country::Gl, today).expect("a number");
        let remembered =
            Remembered { persons: HashSet::from([tagger.person(&person)]), tagger, country: Country::Gl, today };
        let mut traces = Traces { remembered: Some(remembered), ..Traces::default() };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        let far = format!("{}7012821128", "x".repeat(READ_AT_ONCE - 4));
        let table = [
            ("a.csv,,2,7012821128,Pipaluk", 1),
            ("\"701282-1128\";x\n7012821128", 2),
            ("17012821128", 0),
            ("6112903338", 0),
            (&far, 1),
        ];
        for (content, found) in table {
            std::fs::write(&path, content).expect("writes");
            assert_eq!(traces.count_in(&path, &[]).expect("reads"), found, "{}", &content[content.len() - 10..]);
        }
    }

    #[test]
    fn a_needle_across_two_readings_is_found_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger.db");
        let mut traces = Traces { clear: spellings("Pipaluk Berthelsen"), ..Traces::default() };
        for at in [0, READ_AT_ONCE - 40, READ_AT_ONCE - 7, READ_AT_ONCE, READ_AT_ONCE + 1] {
            let mut content = vec![0; READ_AT_ONCE + 100];
            content[at..at + 18].copy_from_slice(b"Pipaluk Berthelsen");
            std::fs::write(&path, content).expect("writes");
            assert_eq!(traces.count_in(&path, &[]).expect("reads"), 1, "{at}");
        }
    }
}
