//! `stopgap` pays people once while the systems that pay them are down, and finds afterwards who was paid twice.
//!
//! # Code map
//!
//! The modules stand in the order in which a payment travels:
//!
//! 1. [`payment`]: the shared vocabulary (amount, account, person, period, obligation, references). Imports nothing of ours.
//! 2. [`recipient_list`]: the bytes of a list become [`Instruction`](recipient_list::Instruction)s, as written, with their row.
//! 3. [`checks`]: one named, pure rule a file; the only maker of [`CheckedPayment`](checks::CheckedPayment).
//! 4. [`batch`]: what was checked, counted and summed, under one digest.
//! 5. [`bank`]: the bank's side: profiles, permitted characters, bank days, pain.001, and the reports that it sends.
//! 6. [`release`]: the plan of what leaves: exact bytes, file names, hashes. Touches nothing.
//!    [`worksheet`] is the other door: sheets for those who type by hand.
//! 7. [`ledger`]: the signed chain of events and the claims that let one obligation be paid once.
//! 8. [`upstream`]: the restored systems' runs in formats of their own (pain.001, Prisme's posting files) become rows.
//! 9. [`reconciliation`]: our payments, the bank's word and upstream's runs become findings.
//! 10. [`drill`]: made-up people for rehearsals.
//! 11. [`ops`]: one operation a file; the only place where the parts meet.
//! 12. [`cli`]: arguments, rendering, faults to exit codes.
//!
//! Beside the path, [`words`]: what people are told, in English or Danish; [`progress`]: how far a long step is; and [`fault`]: what ends a
//! command.
//!
//! Imports run one way: `cli` → `ops` → the rest. Files, the clock and randomness are touched only in `ops`, `cli`, the reading of
//! lists and the ledger's store.

pub mod approval;
pub mod bank;
pub mod batch;
pub mod checks;
pub mod cli;
pub mod drill;
pub mod fault;
pub mod ledger;
pub mod ops;
pub mod payment;
pub mod progress;
pub mod recipient_list;
pub mod reconciliation;
pub mod release;
pub mod upstream;
pub mod words;
pub mod worksheet;
