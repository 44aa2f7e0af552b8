//! `compare`: two copies of one ledger. Where they part, and which obligations each has claimed or released since, by tag; with an operator's
//! key also whose they are. Nothing is written to either.

use std::collections::BTreeMap;
use std::path::Path;

use super::key_store::refuse_without_duplicate_key;
use super::{Unlocked, Workspace, World, batches, payments};
use crate::checks::CheckedPayment;
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::state::BatchPhase;
use crate::payment::{Amount, BatchId, Digest, EndToEndId, Tag};
use crate::say;

/// What one ledger says of an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    pub batch: BatchId,
    pub attempt: u8,
    pub amount: Amount,
    /// Whether it has left, or may have.
    pub released: bool,
}

/// An obligation that was claimed or released after the two had parted.
#[derive(Clone, Debug)]
pub struct Obligation {
    pub tag: Tag,
    pub here: Option<Side>,
    pub there: Option<Side>,
    /// Whose it is, where an operator's key was at hand.
    pub payment: Option<CheckedPayment>,
}

impl Obligation {
    /// The reference under which the bank has it.
    pub fn end_to_end_id(&self) -> EndToEndId {
        let attempt = self.here.or(self.there).map_or(1, |side| side.attempt);
        EndToEndId { tag: self.tag, attempt }
    }
}

/// How two copies of a ledger stand to each other.
#[derive(Debug)]
pub struct Compared {
    /// The last entry that both hold.
    pub fork: (u64, Digest),
    pub here: (u64, Digest),
    pub there: (u64, Digest),
    pub released_in_both: Vec<Obligation>,
    /// Claimed in both and released in one at most: the other one can still be cancelled.
    pub claimed_in_both: Vec<Obligation>,
    pub only_here: Vec<Obligation>,
    pub only_there: Vec<Obligation>,
}

impl Compared {
    /// Whether the two are one history, of which one may have come further.
    pub fn is_one_history(&self) -> bool {
        self.fork == self.here || self.fork == self.there
    }
}

pub fn compare(workspace: &mut Workspace, world: &World, who: Option<&str>, other: &Path) -> Result<Compared> {
    let mut other = Workspace::open(other)?;
    if other.state.ledger != workspace.state.ledger {
        let message = say!("{folder} holds another ledger, not a copy of this one.", folder = other.folder().display());
        return Err(Fault::input("compare.other_ledger", message)
            .remedy(say!("Two desks' ledgers are joined with `stopgap merge`, which tells what both have claimed.")));
    }
    [&workspace.state, &other.state].into_iter().try_for_each(refuse_without_duplicate_key)?;
    let who = match who {
        Some(name) => Some(workspace.unlock(world, Some(name))?),
        None => workspace.unlock_silently(world),
    };
    let (here, there) = (workspace.chain(), other.chain());
    let common = here.iter().zip(there).take_while(|(ours, theirs)| ours == theirs).count();
    let fork = common.checked_sub(1).and_then(|at| here.get(at).copied()).ok_or_else(|| {
        Fault::failed("ledger.damaged", say!("The two ledgers have one name and not even the first entry in common."))
    })?;
    let mut obligations: BTreeMap<Tag, Obligation> = BTreeMap::new();
    sides(workspace, fork.0, &mut |tag, side| {
        entry(&mut obligations, tag).here = Some(side);
    })?;
    sides(&mut other, fork.0, &mut |tag, side| {
        entry(&mut obligations, tag).there = Some(side);
    })?;
    if let Some(who) = &who {
        name(workspace, who, &mut obligations, |obligation| obligation.here)?;
        name(&mut other, who, &mut obligations, |obligation| {
            obligation.there.filter(|_| obligation.payment.is_none())
        })?;
    }
    let mut compared = Compared {
        fork,
        here: workspace.state.head,
        there: other.state.head,
        released_in_both: vec![],
        claimed_in_both: vec![],
        only_here: vec![],
        only_there: vec![],
    };
    let is_one = compared.is_one_history();
    for obligation in obligations.into_values() {
        if let (true, Some(here), Some(there)) = (is_one, obligation.here, obligation.there) {
            // Whatever the older copy says of it the newer one has said too, and may know more: there is one payment and no second claim.
            match (here == there, compared.here.0 < compared.there.0) {
                (true, _) => {}
                (false, true) => compared.only_there.push(Obligation { here: None, ..obligation }),
                (false, false) => compared.only_here.push(Obligation { there: None, ..obligation }),
            }
            continue;
        }
        let list = match (obligation.here, obligation.there) {
            (Some(here), Some(there)) if here.released && there.released => &mut compared.released_in_both,
            (Some(_), Some(_)) => &mut compared.claimed_in_both,
            (Some(_), None) => &mut compared.only_here,
            _ => &mut compared.only_there,
        };
        list.push(obligation);
    }
    Ok(compared)
}

fn entry(obligations: &mut BTreeMap<Tag, Obligation>, tag: Tag) -> &mut Obligation {
    obligations.entry(tag).or_insert(Obligation { tag, here: None, there: None, payment: None })
}

/// Everything that is claimed, but what had left before the two parted: that is the same payment in both.
fn sides(workspace: &mut Workspace, fork: u64, visit: &mut dyn FnMut(Tag, Side)) -> Result<()> {
    let state = workspace.state.clone();
    workspace.read()?.claims_ever(&mut |claim, _| {
        if let Some(released) = released_since(&state, claim.batch, fork) {
            let side = Side { batch: claim.batch, attempt: claim.attempt, amount: claim.amount, released };
            visit(claim.tag, side);
        }
        Ok(())
    })
}

/// Whether the batch has left; `None` where that was before the two parted.
fn released_since(state: &LedgerState, id: BatchId, fork: u64) -> Option<bool> {
    if state.lineage.released.get(&id).is_some_and(|entry| *entry <= fork) {
        return None;
    }
    let batch = state.batches.get(&id)?;
    Some(matches!(batch.phase, BatchPhase::Releasing | BatchPhase::Released))
}

/// Opens the payments of the batches on one side. A copy has the other's keys, but for episodes that began after they parted.
fn name(
    workspace: &mut Workspace,
    who: &Unlocked,
    obligations: &mut BTreeMap<Tag, Obligation>,
    side: impl Fn(&Obligation) -> Option<Side>,
) -> Result<()> {
    let state = workspace.state.clone();
    let keys = workspace.keys.clone();
    let mut wanted: Vec<BatchId> = obligations.values().filter_map(|one| side(one).map(|side| side.batch)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut snapshot = workspace.read()?;
    for id in wanted {
        let key = who.episode_key(&keys, batches::episode(&state, batches::find(&state, id)?)?.key)?;
        payments::each(&mut *snapshot, state.ledger, id, &key, &mut |_, referenced| {
            if let Some(obligation) = obligations.get_mut(&referenced.end_to_end_id.tag)
                && side(obligation).is_some_and(|side| side.batch == id)
            {
                obligation.payment = Some(referenced.payment);
            }
            Ok(())
        })?;
    }
    Ok(())
}
