//! The recovery code: where its halves are, and what became of it. Never the halves themselves.

use super::mask::visible;
use super::sentence;
use crate::ledger::LedgerState;
use crate::ledger::event::Environment;
use crate::ops::recovery::{Made, Recovered};
use crate::say;

pub fn recovery_code(made: &Made) -> String {
    let Some([one, other]) = &made.sheets else {
        let shown = say!(
            "The recovery code was shown in two halves. Together they open the ledger when both operators have forgotten their passphrases: \
             keep them apart, where neither the ledger nor `keys` is."
        );
        return sentence(shown);
    };
    let lie = say!(
        "The two halves of the recovery code lie in the workspace, in {one} and {other}. Together they open the ledger when both operators have forgotten \
         their passphrases. Print each for another person, then end both files: `stopgap copies end {one} {other}`.",
        one = one.display(),
        other = other.display()
    );
    sentence(lie)
}

pub fn recovered(recovered: &Recovered) -> String {
    let names = |names: &[String]| visible(&names.join(", ")).into_owned();
    let mut screen = sentence(say!(
        "Entry {entry}: the operators are {names}, with new passphrases. The code that was typed is void.",
        entry = recovered.entry.to_string(),
        names = names(&recovered.operators)
    ));
    if !recovered.ended.is_empty() {
        screen += &sentence(say!("No longer operators: {names}.", names = names(&recovered.ended)));
    }
    screen += &sentence(say!(
        "Copies of the folder `keys` that were made before still open with the old passphrases: make new ones and destroy those."
    ));
    screen + &recovery_code(&recovered.made)
}

/// What `operator list` says of it.
pub fn recovery_standing(state: &LedgerState) -> String {
    let standing = match state.recovery {
        Some(recovery) => say!("Recovery code: made by entry {entry}.", entry = recovery.entry.to_string()),
        None if state.environment == Environment::Drill => return String::new(),
        None => say!(
            "There is no recovery code: if both operators forget their passphrases, nobody can be read any more. Make one with `stopgap \
             operator recovery --second NAME`."
        ),
    };
    format!("\n{}", sentence(standing))
}
