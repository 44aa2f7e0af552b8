//! The ledger: a signed chain of events, and the claims that let one obligation be paid once.
//!
//! What happened is in [`event`]s, each an [`entry`] of the chain; [`state`] is what the events add up to. Nothing is edited: a further
//! entry corrects it. Entries hold no personal data: what an event says about people lies beside it, sealed ([`seal`]), and the entry
//! carries its digest. [`idempotency`] turns obligations into tags and judges new ones against those that are claimed; the tag's
//! uniqueness in the [`store`] is the last guard against two payments, whatever the code above it believes. [`outcome`] is what the bank's
//! reports say of the payments that left, [`remedies`] what people decided about what was found afterwards, and [`copies`] the register of
//! the files that hold personal data outside the ledger. [`worksheets`] is a batch that leaves on paper, [`recalls`] what the bank is asked
//! to take back.
//! [`lineage`] and [`receipt_code`] tell one copy of a ledger from another, and an old one from the newest; [`recovery`] is what opens it
//! when the operators have forgotten their passphrases.

pub mod baseline;
pub mod copies;
pub mod desks;
pub mod entry;
pub mod event;
pub mod foreign;
pub mod idempotency;
pub mod keyed_hash;
pub mod keys;
pub mod lineage;
pub mod outcome;
pub mod periods;
pub mod recalls;
pub mod receipt_code;
pub mod recovery;
pub mod remedies;
pub mod seal;
pub mod sqlite;
pub mod state;
pub mod store;
pub mod witness;
pub mod worksheets;

pub use entry::{Entry, Signature};
pub use event::Event;
pub use state::LedgerState;
pub use store::{Claim, Known, Snapshot, Store, Transaction};
