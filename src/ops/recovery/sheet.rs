//! The page of one half, to be printed and put away.

use crate::ledger::LedgerState;
use crate::ledger::recovery::Half;
use crate::ops::Now;
use crate::say;

pub fn text(half: &Half, state: &LedgerState, now: Now) -> String {
    let number = half.number();
    let head = say!("RECOVERY CODE, HALF {number} OF 2", number = number.to_string());
    let whose = say!(
        "Payer: {payer}. Ledger: {ledger}. Made: {day}.",
        payer = state.payer.name.clone(),
        ledger = data_encoding::HEXLOWER.encode(&state.ledger.0[..4]),
        day = now.today()
    );
    let why = say!(
        "Both halves together open the ledger when its operators have forgotten their passphrases; one alone opens nothing. Print this page, \
         keep it where the other half is not, and then end this file: `stopgap copies end {file}`.",
        file = super::SHEETS[usize::from(number.clamp(1, 2)) - 1].to_owned()
    );
    let rebuild = match &state.payer.payer_id {
        None => say!(
            "Where ledger and backups are lost, `stopgap rebuild` takes this name, letter for letter: --payer \"{payer}\"",
            payer = state.payer.name.clone()
        ),
        Some(number) => say!(
            "Where ledger and backups are lost, `stopgap rebuild` takes this number: --payer \"{payer}\" --payer-id \"{number}\"",
            payer = state.payer.name.clone(),
            number = number.clone()
        ),
    };
    let how = say!("To use it, both people run: `stopgap operator recover`.");
    let code: String = half.to_string().lines().map(|line| format!("    {line}\n")).collect();
    format!("{head}\n{whose}\n\n{code}\n{why}\n{how}\n{rebuild}\n")
}
