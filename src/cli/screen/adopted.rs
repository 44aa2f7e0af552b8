//! After `adopt`: which ledger it is now, and what that means for the other copies.

use super::mask::visible;
use super::paragraph::{heading, sentence};
use crate::ops::adopt::Adopted;
use crate::say;
use crate::words::ungrouped;

pub fn adopted(adopted: &Adopted) -> String {
    let folder = visible(&adopted.folder.to_string_lossy()).into_owned();
    let mut text = sentence(say!(
        "The ledger is the one in {folder} from here on (entry {entry}).",
        folder,
        entry = ungrouped(adopted.entry)
    ));
    text += &sentence(say!(
        "It shares its first {entries:entry|entries} with the copies of it; what a copy has recorded since is not in it.",
        entries = adopted.fork.0
    ));
    if let Some(before) = &adopted.before {
        let before = visible(&before.to_string_lossy()).into_owned();
        text += &sentence(say!(
            "Nobody may write to the one in {before} any more. If it went its own way, `stopgap compare` tells what was released in both.",
            before
        ));
    }
    if adopted.older {
        text += &sentence(say!(
            "More was seen than this ledger holds, or nobody knows: what it has lost may have been paid. Every release is marked from now on. Compare with the bank's reports before the next one."
        ));
    }
    text + &heading(say!("Receipt code of the ledger")) + &format!("  {}\n", adopted.receipt)
}
