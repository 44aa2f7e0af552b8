//! Going back in time and branching: folders put back, copied, moved and adopted, attacked and damaged. All in one process, with
//! passphrases that cost nothing, so that there can be hundreds of them.

mod copies;
#[path = "../fixture/mod.rs"]
mod fixture;
mod office;
mod restores;
