//! Going back in time and branching: folders put back, copied, moved and adopted, attacked and damaged. All in one process, with
//! passphrases that cost nothing, so that there can be hundreds of them.

mod approvals;
mod compared;
mod copies;
#[path = "../fixture/mod.rs"]
mod fixture;
mod flips;
mod office;
mod restores;
mod second_person;
mod tampering;
