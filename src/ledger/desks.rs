//! Desks: other offices of the same payer, each with a ledger of its own and a letter for its batches, under one duplicate key. What the
//! entries about them say, and what they add up to.

use borsh::{BorshDeserialize, BorshSerialize};

use super::entry::Entry;
use super::event::{LedgerId, SealedParts, ToldOfLost};
use super::state::{LedgerState, RuleBroken};
use crate::payment::{BatchId, Digest};
use crate::say;
use crate::words::Message;

/// What was taken over of another desk's ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DeskMerge {
    pub ledger: LedgerId,
    /// A capital letter in ASCII.
    pub letter: u8,
    /// The other ledger's last entry, and its digest.
    pub head: u64,
    pub head_digest: Digest,
    /// All of the other desk's claims, freed ones included, as [`ForeignClaim`](super::foreign::ForeignClaim)s: how many, and SHA-256 over the
    /// domain `stopgap foreign claims 1` and their bytes, in order of tag and attempt.
    pub claims: u64,
    pub claims_root: Digest,
    /// The batches whose payments lie sealed beside this entry.
    pub batches: Vec<BatchId>,
    pub payments: SealedParts,
}

/// What was found of a ledger that is lost, in the first entries of the one that takes its place.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LostLedger {
    /// Names what was lost: its own id is not known.
    pub ledger: LedgerId,
    /// The letter of the rebuilt ledger's batches, a capital in ASCII: none that the lost one used.
    pub letter: u8,
    /// The letters of the batches that were found.
    pub letters: Vec<u8>,
    /// As in [`DeskMerge`].
    pub claims: u64,
    pub claims_root: Digest,
    /// What the claims that stand come to, in minor units of the ledger's currency.
    pub amount: i64,
    /// How many bank files and reports were read, and how many gaps were named.
    pub files: u32,
    pub gaps: u32,
}

/// Which desk a ledger is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    pub letter: char,
    pub name: String,
    /// The ledger of the desk that made this one. `None` for the first.
    pub of: Option<LedgerId>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { letter: 'B', name: String::new(), of: None }
    }
}

/// A desk that this one made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeDesk {
    pub ledger: LedgerId,
    pub letter: char,
    pub name: String,
    /// The entry that recorded it.
    pub entry: u64,
}

/// What is known of another desk since the last merge with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedDesk {
    pub ledger: LedgerId,
    pub letter: char,
    pub head: (u64, Digest),
    pub claims: u64,
    pub claims_root: Digest,
    /// The entry of the last merge.
    pub entry: u64,
    /// Its time, in seconds since 1970.
    pub at: i64,
    /// Batches whose payments are sealed here, and beside which entry.
    pub batches: Vec<(BatchId, u64)>,
}

impl MergedDesk {
    /// The entry since which it is known that a batch of that desk has left: the last merge, where its payments could not be opened.
    pub fn heard_of(&self, batch: BatchId) -> u64 {
        self.batches.iter().find(|(known, _)| *known == batch).map_or(self.entry, |(_, entry)| *entry)
    }
}

fn broken<T>(rule: impl Into<Message>) -> Result<T, RuleBroken> {
    Err(RuleBroken(rule.into()))
}

fn capital(letter: u8) -> Result<char, RuleBroken> {
    if letter.is_ascii_uppercase() { Ok(letter.into()) } else { broken(say!("gives a desk no capital letter")) }
}

impl LedgerState {
    /// What is known of the desk with that ledger.
    pub fn merged(&self, ledger: LedgerId) -> Option<&MergedDesk> {
        self.merged.iter().find(|desk| desk.ledger == ledger)
    }

    /// Whether a ledger is the lost one that this one was rebuilt from.
    pub fn was_lost(&self, ledger: LedgerId) -> bool {
        self.merged(ledger).is_some_and(|desk| desk.head.0 == 0)
    }

    /// Whether the letter is this desk's, or one's that it made or merged with.
    pub fn knows_letter(&self, letter: char) -> bool {
        let others = self.desks.iter().map(|desk| desk.letter).chain(self.merged.iter().map(|desk| desk.letter));
        self.desk.letter == letter || others.into_iter().any(|other| other == letter)
    }

    pub(super) fn open_desk(&mut self, of: LedgerId, letter: u8, name: String) -> Result<(), RuleBroken> {
        if self.desk != Desk::default() || !self.desks.is_empty() || !self.batches.is_empty() {
            return broken(say!("gives a desk its letter after it began to work"));
        }
        if of == self.ledger {
            return broken(say!("makes a desk of itself"));
        }
        self.desk = Desk { letter: capital(letter)?, name, of: Some(of) };
        Ok(())
    }

    pub(super) fn make_desk(&mut self, desk: MadeDesk) -> Result<(), RuleBroken> {
        capital(desk.letter as u8)?;
        if self.desk.of.is_some() {
            return broken(say!("makes a desk, which only the first desk does"));
        }
        if self.knows_letter(desk.letter) {
            return broken(say!("gives the letter {letter} to a second desk", letter = desk.letter));
        }
        if desk.ledger == self.ledger || self.desks.iter().any(|other| other.ledger == desk.ledger) {
            return broken(say!("makes a desk a second time"));
        }
        self.desks.push(desk);
        Ok(())
    }

    pub(super) fn rebuild(&mut self, lost: LostLedger, entry: &Entry) -> Result<(), RuleBroken> {
        if entry.seq != 2 {
            return broken(say!("rebuilds a ledger that has begun to work"));
        }
        let letter = capital(lost.letter)?;
        if lost.ledger == self.ledger || lost.letters.contains(&lost.letter) {
            return broken(say!("rebuilds a ledger under a letter that the lost one used"));
        }
        for letter in &lost.letters {
            let (letter, name) = (capital(*letter)?, "lost".to_owned());
            self.desks.push(MadeDesk { ledger: lost.ledger, letter, name, entry: entry.seq });
        }
        self.desk = Desk { letter, ..Desk::default() };
        self.merged.push(MergedDesk {
            ledger: lost.ledger,
            letter: lost.letters.first().map_or('B', |letter| char::from(*letter)),
            head: (0, Digest([0; 32])),
            claims: lost.claims,
            claims_root: lost.claims_root,
            entry: entry.seq,
            at: entry.at,
            batches: Vec::new(),
        });
        Ok(())
    }

    pub(super) fn take_up_lost(&mut self, told: &ToldOfLost) -> Result<(), RuleBroken> {
        match self.merged.iter_mut().find(|desk| desk.ledger == told.ledger && desk.head.0 == 0) {
            Some(lost) => lost.claims_root = told.claims_root,
            None => return broken(say!("tells of payments of a ledger that was not lost")),
        }
        Ok(())
    }

    pub(super) fn merge_desk(&mut self, merge: DeskMerge, entry: &Entry) -> Result<(), RuleBroken> {
        let letter = capital(merge.letter)?;
        if merge.ledger == self.ledger || letter == self.desk.letter {
            return broken(say!("merges a desk with itself"));
        }
        if let Some(batch) = merge.batches.iter().find(|batch| batch.desk() != letter) {
            return broken(say!("merges batch {batch} of desk {letter}, which is another's", batch, letter));
        }
        let head = (merge.head, merge.head_digest);
        let batches = merge.batches.into_iter().map(|batch| (batch, entry.seq));
        match self.merged.iter_mut().find(|desk| desk.ledger == merge.ledger) {
            Some(known) => {
                if known.letter != letter || known.head.0 > head.0 {
                    return broken(say!("merges an older ledger of desk {letter} than before", letter));
                }
                for (batch, entry) in batches {
                    if known.batches.iter().any(|(read, _)| *read == batch) {
                        return broken(say!("merges batch {batch} again", batch));
                    }
                    known.batches.push((batch, entry));
                }
                known.head = head;
                (known.claims, known.claims_root) = (merge.claims, merge.claims_root);
                (known.entry, known.at) = (entry.seq, entry.at);
            }
            None => self.merged.push(MergedDesk {
                ledger: merge.ledger,
                letter,
                head,
                claims: merge.claims,
                claims_root: merge.claims_root,
                entry: entry.seq,
                at: entry.at,
                batches: batches.collect(),
            }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Event;
    use crate::ledger::entry::Signer;
    use crate::ledger::event::{Enrolment, Environment, KeyId};
    use crate::payment::{Account, Country, Currency, DomesticAccount, Payer};

    const LEDGER: LedgerId = LedgerId([1; 16]);
    const OTHER: LedgerId = LedgerId([2; 16]);

    fn signers() -> [Signer; 2] {
        [Signer::new("anna".into(), &[1; 32]), Signer::new("malik".into(), &[2; 32])]
    }

    fn opened() -> LedgerState {
        let [anna, malik] = signers();
        let enrolment = |signer: &Signer| Enrolment { name: signer.name.clone(), public_key: signer.public_key() };
        let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
        let payer = Payer {
            name: "Kommunia".into(),
            payer_id: None,
            country: Country::Gl,
            account: Account::Domestic(account),
            bic: None,
        };
        let event = Event::LedgerOpened {
            ledger: LEDGER,
            environment: Environment::Real,
            payer,
            currency: Currency::Dkk,
            operators: vec![enrolment(&anna), enrolment(&malik)],
            duplicate_key: KeyId([0; 8]),
            duplicate_key_check: [0; 8],
        };
        LedgerState::open(&Entry::record(LEDGER, None, 0, &event, &anna, Some(&malik))).expect("opens")
    }

    fn apply(state: &mut LedgerState, event: &Event) -> Result<(), String> {
        let [anna, malik] = signers();
        let second = event.takes_two().then_some(&malik);
        let entry = Entry::record(LEDGER, Some(&state.head), 0, event, &anna, second);
        state.apply(&entry).map_err(|RuleBroken(rule)| rule.to_string())
    }

    fn added(ledger: u8, letter: char) -> Event {
        Event::DeskAdded { ledger: LedgerId([ledger; 16]), letter: letter as u8, name: String::new() }
    }

    fn merge(ledger: LedgerId, letter: char, head: u64, batches: &[u32]) -> Event {
        Event::DeskMerged(Box::new(DeskMerge {
            ledger,
            letter: letter as u8,
            head,
            head_digest: Digest([0; 32]),
            claims: 0,
            claims_root: Digest([0; 32]),
            batches: batches.iter().map(|number| BatchId::new('K', *number)).collect(),
            payments: SealedParts { key: KeyId([0; 8]), count: 0, root: Digest([0; 32]) },
        }))
    }

    #[test]
    fn a_letter_is_given_once() {
        let mut state = opened();
        assert_eq!(apply(&mut state, &added(2, 'K')), Ok(()));
        let table = [(3, 'K', "second desk"), (3, 'B', "second desk"), (2, 'C', "second time"), (3, 'k', "capital")];
        for (ledger, letter, rule) in table {
            let refused = apply(&mut state, &added(ledger, letter)).expect_err("refused");
            assert!(refused.contains(rule), "{letter}: {refused}");
        }
        assert_eq!(state.next_batch().to_string(), "B0001");
    }

    #[test]
    fn a_desk_has_its_letter_from_its_first_entry_on() {
        let mut state = opened();
        let own = |of| Event::DeskOpened { of, letter: b'K', name: "Maniitsoq".into() };
        assert!(apply(&mut state, &own(LEDGER)).is_err());
        assert_eq!(apply(&mut state, &own(OTHER)), Ok(()));
        assert!(apply(&mut state, &own(OTHER)).is_err(), "once");
        assert_eq!(state.next_batch().to_string(), "K0001");
        assert!(apply(&mut state, &added(3, 'C')).expect_err("refused").contains("first desk"));
    }

    /// A ledger in the place of a lost one begins with that, under a letter that the lost one never used, and pays nothing that it paid.
    #[test]
    fn a_ledger_is_rebuilt_first_of_all_and_under_a_letter_of_its_own() {
        let rebuilt = |ledger, letter, letters: &[u8]| {
            Event::LedgerRebuilt(Box::new(LostLedger {
                ledger,
                letter,
                letters: letters.to_vec(),
                claims: 3,
                claims_root: Digest([2; 32]),
                amount: 500,
                files: 2,
                gaps: 0,
            }))
        };
        for (event, rule) in [
            (rebuilt(LEDGER, b'C', b"B"), "letter that the lost one used"),
            (rebuilt(OTHER, b'B', b"AB"), "letter that the lost one used"),
            (rebuilt(OTHER, b'c', b"B"), "capital"),
            (rebuilt(OTHER, b'C', b"b"), "capital"),
        ] {
            assert!(apply(&mut opened(), &event).expect_err(rule).contains(rule), "{rule}");
        }
        let mut state = opened();
        assert_eq!(apply(&mut state, &rebuilt(OTHER, b'C', b"BK")), Ok(()));
        assert_eq!(state.next_batch().to_string(), "C0001");
        assert!(state.was_lost(OTHER) && !state.was_lost(LEDGER));
        assert!(['B', 'C', 'K'].map(|letter| state.knows_letter(letter)) == [true; 3] && !state.knows_letter('D'));
        let known = state.merged(OTHER).expect("is known");
        assert_eq!((known.letter, known.claims, known.batches.len()), ('B', 3, 0));
        assert!(
            apply(&mut state, &rebuilt(LedgerId([3; 16]), b'D', b"B")).expect_err("twice").contains("begun to work")
        );
        // A desk that was merged with is none that was lost.
        let mut other = opened();
        assert_eq!(apply(&mut other, &merge(OTHER, 'K', 5, &[])), Ok(()));
        assert!(!other.was_lost(OTHER));
    }

    #[test]
    fn a_desk_is_merged_forwards_only_and_each_batch_once() {
        let mut state = opened();
        assert!(apply(&mut state, &merge(LEDGER, 'K', 1, &[])).is_err());
        assert!(apply(&mut state, &merge(OTHER, 'B', 1, &[])).is_err());
        assert_eq!(apply(&mut state, &merge(OTHER, 'K', 5, &[1])), Ok(()));
        assert!(apply(&mut state, &merge(OTHER, 'K', 4, &[])).is_err());
        assert!(apply(&mut state, &merge(OTHER, 'C', 6, &[])).is_err());
        assert!(apply(&mut state.clone(), &merge(OTHER, 'K', 6, &[1])).is_err());
        assert_eq!(apply(&mut state, &merge(OTHER, 'K', 6, &[2])), Ok(()));
        assert_eq!(apply(&mut state.clone(), &merge(OTHER, 'K', 6, &[])), Ok(()), "nothing happened there since");
        let known = state.merged(OTHER).expect("is known");
        assert_eq!((known.head.0, known.batches.len(), known.entry), (6, 2, 3));
    }
}
