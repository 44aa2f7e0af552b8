//! A new ledger file with its first entries, each checked against every rule, and its witness.

use std::path::Path;

use super::workspace;
use super::world::World;
use crate::fault::{Fault, Result};
use crate::ledger::entry::Signer;
use crate::ledger::event::LedgerId;
use crate::ledger::sqlite::SqliteStore;
use crate::ledger::state::RuleBroken;
use crate::ledger::{Entry, Event, LedgerState, Store, Transaction};
use crate::say;

/// Two sign all of them. `beside` puts into the tables what the entries speak of.
pub fn write(
    world: &World,
    folder: &Path,
    ledger: LedgerId,
    events: &[Event],
    [first, second]: [&Signer; 2],
    beside: impl FnOnce(&mut dyn Transaction) -> Result<()>,
) -> Result<()> {
    let refused = |RuleBroken(rule)| Fault::refused("control.rule", say!("Refused: the entry {rule}.", rule));
    let mut store = SqliteStore::create(&folder.join(workspace::LEDGER))?;
    let mut transaction = store.write(&mut |_| ())?;
    let mut state: Option<LedgerState> = None;
    let mut chain = Vec::new();
    for event in events {
        let head = state.as_ref().map(|state| state.head);
        let entry = Entry::record(ledger, head.as_ref(), world.now.unix, event, first, Some(second));
        match &mut state {
            None => state = Some(LedgerState::open(&entry).map_err(refused)?),
            Some(state) => state.apply(&entry).map_err(refused)?,
        }
        transaction.append(&entry)?;
        chain.push((entry.seq, entry.digest));
    }
    beside(&mut *transaction)?;
    transaction.commit()?;
    workspace::complete_witness(&folder.join(workspace::WITNESS), &chain)
}
