//! One operation a file. Here the parts meet, and here alone are files, the clock and randomness touched; the front ends (the command line
//! now, a local console later) only ask and show.

pub mod adopt;
pub mod anchors;
pub mod approve;
pub mod backup;
mod bank_files;
pub mod baseline;
pub mod batches;
pub mod cancel;
pub mod compare;
pub mod copies;
mod decisions;
pub mod desks;
mod draft_folder;
mod durable;
pub mod episodes;
pub mod findings;
mod hashing;
pub mod init;
mod judging;
mod key_store;
pub mod merge;
pub mod operators;
mod outbox;
pub mod outcome;
pub mod parts;
mod payments;
pub mod prepare;
pub mod profile;
pub mod purge;
pub mod reconcile;
pub mod release;
pub mod remedies;
pub mod restore;
pub mod settings;
pub(crate) mod spool;
pub mod stoplist;
pub mod uploaded;
pub mod upstream_runs;
pub mod verify;
pub mod workspace;
pub mod world;

pub use key_store::Unlocked;
pub use payments::{BatchNotes, DecisionNote};
pub use workspace::Workspace;
pub use world::{Now, Progress, Stage, World};
