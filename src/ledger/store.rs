//! What a ledger is kept in: a trait that speaks our types. SQLite is its first store; [`contract`] is the test suite that each must pass.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::entry::Entry;
use super::event::LedgerId;
use super::foreign::{ForeignClaim, Hold};
use super::idempotency::{Fingerprint, Pseudonym};
use super::outcome::{BankDebit, Evidence};
use super::seal::Sealed;
use crate::fault::Result;
use crate::payment::{Amount, BatchId, Digest, EndToEndId, Period, Tag};

/// A live payment's hold on its obligation. While it lives, the store takes no second claim with the same tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub tag: Tag,
    /// Which attempt at paying the obligation this is, from 1.
    pub attempt: u8,
    pub batch: BatchId,
    pub person: Pseudonym,
    pub payee: Option<Pseudonym>,
    pub account: Pseudonym,
    pub amount: Amount,
    pub period: Period,
}

impl Claim {
    pub fn new(fingerprint: &Fingerprint, attempt: u8, batch: BatchId) -> Self {
        let Fingerprint { tag, person, payee, account, amount, period } = *fingerprint;
        Self { tag, attempt, batch, person, payee, account, amount, period }
    }

    /// What its payment is called at the bank.
    pub fn end_to_end_id(&self) -> EndToEndId {
        EndToEndId { tag: self.tag, attempt: self.attempt }
    }

    /// The bytes that a batch's claims root is made of, fixed in width: tag (16), attempt (1), person (8), payee (8, zero where none),
    /// account (8), amount (i64), first and last day of the period (i32 each, common era). Little-endian.
    pub fn to_bytes(&self) -> [u8; 57] {
        use chrono::Datelike;
        let mut bytes = [0; 57];
        let mut at = 0;
        let fields: [&[u8]; 9] = [
            &self.tag.series,
            &self.tag.obligation,
            &[self.attempt],
            &self.person,
            &self.payee.unwrap_or_default(),
            &self.account,
            &self.amount.minor_units().to_le_bytes(),
            &self.period.first().num_days_from_ce().to_le_bytes(),
            &self.period.last().num_days_from_ce().to_le_bytes(),
        ];
        for field in fields {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        }
        bytes
    }
}

/// A run of a batch's payments, sealed together. `group` is the index among the batch's groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedChunk {
    pub group: u32,
    /// From 0 within the group.
    pub number: u32,
    /// Without ciphertext where it was purged.
    pub sealed: Sealed,
    /// SHA-256 of the ciphertext that is gone.
    pub purged: Option<Digest>,
}

impl SealedChunk {
    pub fn new(group: u32, number: u32, sealed: Sealed) -> Self {
        Self { group, number, sealed, purged: None }
    }

    /// SHA-256 of the ciphertext, which outlives it.
    pub fn digest(&self) -> Digest {
        self.purged.unwrap_or_else(|| Digest(Sha256::digest(&self.sealed.ciphertext).into()))
    }
}

/// A run of what one entry says about people. Where it was purged, its digest and nonce stay and its ciphertext is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedPart {
    /// The entry that it belongs to.
    pub entry: u64,
    /// From 0 within the entry.
    pub number: u32,
    pub nonce: [u8; 24],
    /// SHA-256 of the ciphertext.
    pub digest: Digest,
    pub ciphertext: Option<Vec<u8>>,
}

impl SealedPart {
    pub fn new(entry: u64, number: u32, sealed: Sealed) -> Self {
        let digest = Digest(Sha256::digest(&sealed.ciphertext).into());
        Self { entry, number, nonce: sealed.nonce, digest, ciphertext: Some(sealed.ciphertext) }
    }

    /// The bytes that an entry's root of parts is made of: number (u32, little-endian), nonce (24), digest (32). They outlive the purge.
    pub fn to_bytes(&self) -> [u8; 60] {
        let mut bytes = [0; 60];
        bytes[..4].copy_from_slice(&self.number.to_le_bytes());
        bytes[4..28].copy_from_slice(&self.nonce);
        bytes[28..].copy_from_slice(&self.digest.0);
        bytes
    }
}

/// All rows of one table of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSum {
    pub name: String,
    pub rows: u64,
    /// SHA-256 over every value with its type and length, row by row in the table's own order.
    pub digest: Digest,
}

/// Who holds a claim, and whether it still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A live payment of this ledger.
    Live,
    /// A payment of this ledger that left and did not stand.
    Freed,
    /// Another desk, as of the last merge with it.
    Elsewhere(Hold),
}

impl Holder {
    /// Whether the obligation is taken.
    pub fn is_live(self) -> bool {
        !matches!(self, Holder::Freed | Holder::Elsewhere(Hold::Freed))
    }
}

/// What the ledger knows of one payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// As [`Snapshot::claim_ever`] gives it.
    pub claim: Option<(Claim, bool)>,
    /// As [`Snapshot::evidence_of`] gives it.
    pub evidence: Vec<Evidence>,
}

/// Takes a claim, whether it is live, and what the bank's reports say of it.
pub type VisitEvidence<'a> = &'a mut dyn FnMut(Claim, bool, &[Evidence]) -> Result<()>;

/// A consistent view of the ledger.
pub trait Snapshot {
    /// Entries with a higher number than `after`, in order.
    fn entries_after(&mut self, after: u64, visit: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()>;

    /// Live claims of one person, scheme and part, here and at other desks.
    fn claims_in_series(&mut self, series: &[u8; 8]) -> Result<Vec<Claim>>;

    /// Live claims with this name, account and scheme, here and at other desks.
    fn claims_of_payee(&mut self, payee: &Pseudonym) -> Result<Vec<Claim>>;

    /// All live claims in order of their tags.
    fn claims(&mut self, visit: &mut dyn FnMut(Claim) -> Result<()>) -> Result<()>;

    /// All claims there ever were but those of cancelled batches, in order of tag and attempt, and whether each is live.
    fn claims_ever(&mut self, visit: &mut dyn FnMut(Claim, bool) -> Result<()>) -> Result<()>;

    /// As [`claims_ever`](Snapshot::claims_ever), with those of other desks, in order of tag.
    fn claims_everywhere(&mut self, visit: &mut dyn FnMut(&Claim, Holder) -> Result<()>) -> Result<()>;

    /// Everything that [`Transaction::list_payees`] listed and is still live, in order of the payee, then of the tag.
    fn listed_payees(&mut self, visit: &mut dyn FnMut(Pseudonym, Tag) -> Result<()>) -> Result<()>;

    /// The highest attempt at an obligation that was released and freed again, here or at another desk; 0 where there is none.
    fn last_freed_attempt(&mut self, tag: &Tag) -> Result<u8>;

    /// The claim of one attempt, live or freed, and whether it is live. `None` where it was never claimed or its batch was cancelled.
    fn claim_ever(&mut self, payment: &EndToEndId) -> Result<Option<(Claim, bool)>>;

    /// What the bank's reports say of one payment, in the order of recording.
    fn evidence_of(&mut self, payment: &EndToEndId) -> Result<Vec<Evidence>>;

    /// What is known of each of these payments, which stand in their order, each once.
    fn known_of(&mut self, payments: &[EndToEndId]) -> Result<Vec<Known>>;

    /// As [`claims_ever`](Snapshot::claims_ever), each with what the bank's reports say of it, in the order of recording.
    fn claims_with_evidence(&mut self, visit: VisitEvidence) -> Result<()>;

    /// As [`claims_with_evidence`](Snapshot::claims_with_evidence), of those alone of which the bank's reports say anything.
    fn claims_heard_of(&mut self, visit: VisitEvidence) -> Result<()>;

    /// All evidence in the order of recording.
    fn evidence(&mut self, visit: &mut dyn FnMut(Evidence) -> Result<()>) -> Result<()>;

    /// What was recorded last of the debit with this identity.
    fn debit(&mut self, identity: &Pseudonym) -> Result<Option<BankDebit>>;

    /// Debits that have not been explained, by day and amount, then in the order of recording.
    fn open_debits(&mut self, visit: &mut dyn FnMut(BankDebit) -> Result<()>) -> Result<()>;

    /// All debits and their explanations in the order of recording.
    fn debits(&mut self, visit: &mut dyn FnMut(BankDebit) -> Result<()>) -> Result<()>;

    /// A batch's sealed chunks by group and number.
    fn chunks(&mut self, batch: BatchId, visit: &mut dyn FnMut(SealedChunk) -> Result<()>) -> Result<()>;

    /// An entry's sealed parts in order.
    fn parts(&mut self, entry: u64, visit: &mut dyn FnMut(SealedPart) -> Result<()>) -> Result<()>;

    /// One of an entry's sealed parts; `None` where it has no such part.
    fn part(&mut self, entry: u64, number: u32) -> Result<Option<SealedPart>>;

    /// The entries that have sealed parts, in order.
    fn entries_with_parts(&mut self) -> Result<Vec<u64>>;

    /// Asks the store to look itself over: every page, index and constraint.
    fn self_check(&mut self) -> Result<()>;

    /// The claims of other desks, freed ones included, by ledger, then in order of tag and attempt.
    fn foreign_claims(&mut self, visit: &mut dyn FnMut(ForeignClaim) -> Result<()>) -> Result<()>;

    /// The claims of other desks that have this reference.
    fn foreign_claims_of(&mut self, payment: &EndToEndId) -> Result<Vec<ForeignClaim>>;

    /// What each table holds, by its name: for comparing a copy with what it was made from.
    fn tables(&mut self) -> Result<Vec<TableSum>>;

    /// Makes a ledger file of exactly what this view sees, whatever others write meanwhile. Nothing may lie at `path`.
    fn copy_to(&mut self, path: &Path) -> Result<()>;
}

/// The one write path: everything a command does to the ledger, seen by others only after [`commit`](Transaction::commit). Dropped
/// without it, nothing happened; that is what a dry run is.
pub trait Transaction: Snapshot {
    fn append(&mut self, entry: &Entry) -> Result<()>;

    /// Refuses with `control.already_claimed` where one of the obligations is claimed; others of the same call may be claimed then. Many at once are
    /// faster than one at a time.
    fn claim(&mut self, claims: &[Claim]) -> Result<()>;

    /// Registers the claims with these tags under their payees, for [`Snapshot::claims_of_payee`]. A call of its own so that each index can be filled in
    /// its own order, which is what keeps a million of them fast.
    fn list_payees(&mut self, listed: &[(Pseudonym, Tag)]) -> Result<()>;

    /// Ends all claims of a batch that never left.
    fn drop_claims(&mut self, batch: BatchId) -> Result<()>;

    /// Ends one claim whose payment left and did not stand. The attempt is remembered.
    fn free_claim(&mut self, tag: &Tag) -> Result<()>;

    /// Keeps pieces of evidence. The place of each must be new.
    fn put_evidence(&mut self, evidence: &[Evidence]) -> Result<()>;

    /// Keeps one debit, or the explanation of one. Its place must be new.
    fn put_debit(&mut self, debit: &BankDebit) -> Result<()>;

    fn put_chunk(&mut self, batch: BatchId, chunk: &SealedChunk) -> Result<()>;

    /// Keeps a part. Its place must be new.
    fn put_part(&mut self, part: &SealedPart) -> Result<()>;

    /// Destroys the ciphertexts of an entry's parts; their nonces and digests stay.
    fn forget_parts(&mut self, entry: u64) -> Result<()>;

    /// Keeps what another desk claims. While it is live, [`claim`](Transaction::claim) refuses the obligation.
    fn put_foreign_claim(&mut self, claim: &ForeignClaim) -> Result<()>;

    /// Forgets what a desk claimed, before what it claims now is kept.
    fn forget_foreign_claims(&mut self, ledger: LedgerId) -> Result<()>;

    /// Destroys every claim, here and of other desks, and all evidence about payments: what the duplicate key was for. Gives how many claims
    /// and pieces of evidence there were.
    fn forget_payments(&mut self) -> Result<(u64, u64)>;

    /// Destroys the ciphertext of one of a batch's chunks; its nonce and digest stay.
    fn forget_chunk(&mut self, batch: BatchId, chunk: &SealedChunk) -> Result<()>;

    /// Makes it so, durably, before it returns.
    fn commit(self: Box<Self>) -> Result<()>;
}

pub trait Store {
    /// Holds no more than so much of the store in memory, in KiB: for whoever goes through it in its own order.
    fn hold_at_most(&mut self, kib: u32) -> Result<()>;

    /// Writes the store anew without what was deleted from it.
    fn compact(&mut self) -> Result<()>;

    fn read(&mut self) -> Result<Box<dyn Snapshot + '_>>;

    /// Takes the ledger's one writing place, waiting for whoever has it; `waiting` is told once a second.
    fn write(&mut self, waiting: &mut dyn FnMut(u32)) -> Result<Box<dyn Transaction + '_>>;
}

#[cfg(test)]
pub mod contract;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is compared or paid by a claim is in the bytes that a batch's root is made of.
    #[test]
    fn a_claim_shows_all_that_it_holds() {
        use crate::payment::{Currency, Tag};
        let claim = Claim {
            tag: Tag { series: [1; 8], obligation: [2; 8] },
            attempt: 3,
            batch: BatchId::new('B', 1),
            person: [4; 8],
            payee: Some([5; 8]),
            account: [6; 8],
            amount: Amount::from_minor_units(0x0102_0304, Currency::Dkk),
            period: "2022-04".parse().expect("a period"),
        };
        let bytes = claim.to_bytes();
        assert_eq!(bytes[..17], [&[1; 8][..], &[2; 8], &[3]].concat());
        assert_eq!(bytes[17..41], [[4; 8], [5; 8], [6; 8]].concat());
        assert_eq!(bytes[41..49], [4, 3, 2, 1, 0, 0, 0, 0]);
        let day = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
        assert_eq!(day(53) - day(49), 29, "the first and the last of April");
        let none = Claim { payee: None, ..claim };
        assert_eq!(none.to_bytes()[25..33], [0; 8]);
    }

    /// A root is made of these bytes: whatever tells two parts apart must be in them, in its place.
    #[test]
    fn a_sealed_part_shows_its_number_nonce_and_digest() {
        let part = |number: u32, nonce: u8, text: &[u8]| {
            SealedPart::new(7, number, Sealed { nonce: [nonce; 24], ciphertext: text.to_vec() })
        };
        let one = part(0x0403_0201, 9, b"a part");
        let bytes = one.to_bytes();
        assert_eq!(bytes[..4], [1, 2, 3, 4]);
        assert_eq!(bytes[4..28], [9; 24]);
        assert_eq!(bytes[28..], Sha256::digest(b"a part")[..]);
        let purged = SealedPart { ciphertext: None, ..one.clone() };
        assert_eq!(purged.to_bytes(), bytes, "outlives the purge");
        for other in [part(1, 9, b"a part"), part(0x0403_0201, 8, b"a part"), part(0x0403_0201, 9, b"another")] {
            assert_ne!(other.to_bytes(), bytes);
        }
    }
}
