//! What was checked, counted and summed, under one digest. The digest is what an approver signs: it covers the payer's account, the sums,
//! the sealed payments, and the SHA-256 of every bank file that will leave.

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use crate::bank::profile::Profile;
use crate::checks::{read_day, write_day};
use crate::ledger::event::LedgerId;
use crate::payment::{Amount, AmountOverflow, BatchId, Currency, Digest, Payer, Scheme};
use crate::release::ReleasePlan;

/// A number of rows and what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Sum {
    pub count: u64,
    pub amount: Amount,
}

impl Sum {
    pub fn zero(currency: Currency) -> Self {
        Self { count: 0, amount: Amount::zero(currency) }
    }

    pub fn add(&mut self, amount: Amount) -> Result<(), AmountOverflow> {
        self.amount = self.amount.checked_add(amount)?;
        self.count += 1;
        Ok(())
    }
}

/// What became of the rows that were read: `read` is the sum of the other four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Fates {
    pub read: Sum,
    pub prepared: Sum,
    pub rejected: Sum,
    pub held: Sum,
    pub duplicate: Sum,
}

/// The one fate of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    Prepared,
    Rejected,
    Held,
    Duplicate,
}

impl Fate {
    pub fn as_str(self) -> &'static str {
        match self {
            Fate::Prepared => "prepared",
            Fate::Rejected => "rejected",
            Fate::Held => "held",
            Fate::Duplicate => "duplicate",
        }
    }
}

impl Fates {
    pub fn none(currency: Currency) -> Self {
        let zero = Sum::zero(currency);
        Self { read: zero, prepared: zero, rejected: zero, held: zero, duplicate: zero }
    }

    /// Counts a row under its fate and under `read`.
    pub fn count(&mut self, fate: Fate, amount: Amount) -> Result<(), AmountOverflow> {
        self.read.add(amount)?;
        match fate {
            Fate::Prepared => self.prepared.add(amount),
            Fate::Rejected => self.rejected.add(amount),
            Fate::Held => self.held.add(amount),
            Fate::Duplicate => self.duplicate.add(amount),
        }
    }
}

/// The payments of one day and scheme within a batch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PaymentGroup {
    #[borsh(serialize_with = "write_day", deserialize_with = "read_day")]
    pub pay_on: NaiveDate,
    pub scheme: Scheme,
    pub sum: Sum,
    pub smallest: Amount,
    pub median: Amount,
    pub largest: Amount,
}

/// A batch as prepared: everything that is decided before it is approved. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PreparedBatch {
    pub id: BatchId,
    pub episode: String,
    pub payer: Payer,
    pub profile: Profile,
    /// `[limits] payment` at the time.
    pub payment_limit: Amount,
    /// Seconds since 1970; the creation time in the bank files.
    pub prepared_at: i64,
    /// In the order in which they turned up in the lists.
    pub groups: Vec<PaymentGroup>,
    pub fates: Fates,
    /// How many held rows a person decided to pay.
    pub decided_to_pay: u64,
    /// Over the sealed chunks' ciphertexts, in order.
    pub sealed_root: Digest,
    /// Over the batch's claims, in order of their tags.
    pub claims_root: Digest,
    pub plan: ReleasePlan,
}

impl PreparedBatch {
    /// SHA-256 over the domain `stopgap batch 1`, the ledger's id and the batch's bytes (borsh).
    pub fn digest(&self, ledger: LedgerId) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"stopgap batch 1");
        hash.update(ledger.0);
        hash.update(borsh::to_vec(self).expect("writing to memory does not fail"));
        Digest(hash.finalize().into())
    }

    pub fn total(&self) -> Sum {
        self.fates.prepared
    }

    /// The first day on which something of it is paid.
    pub fn first_pay_date(&self) -> Option<NaiveDate> {
        self.groups.iter().map(|group| group.pay_on).min()
    }
}
