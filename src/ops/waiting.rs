//! Who could be paid and is not yet: what each `prepare` that let others go first left behind, less what was paid since.
//!
//! The records lie sealed beside the entries. Nothing is ever crossed out: whether somebody still waits follows from the claims, so that a
//! batch that is cancelled brings its people back by itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use borsh::{BorshDeserialize, BorshSerialize};

use super::key_store::KeyStore;
use super::parts::{PartReader, PartSealer};
use super::spool::{Spool, damaged};
use super::workspace::Recording;
use super::{Unlocked, Workspace, World, batches, payments, status};
use crate::batch::Sum;
use crate::checks::priority::Priority;
use crate::fault::{Fault, Result};
use crate::ledger::event::{KeyId, PutOff};
use crate::ledger::seal::SecretKey;
use crate::ledger::state::{BatchPhase, BatchState, OpenRows};
use crate::ledger::{Event, LedgerState, Snapshot};
use crate::payment::{Amount, AmountOverflow, BatchId, Currency, Obligation, Tag};
use crate::say;

/// What is sealed. Kept for years: variants and fields are only added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Record {
    Waits(Waiting),
    /// Waited, and was dropped by decision. Of older ledgers; no longer written.
    Dropped(Obligation),
    /// Was dropped by decision, and why.
    DroppedFor {
        obligation: Obligation,
        reason: String,
    },
}

impl Record {
    fn obligation(&self) -> &Obligation {
        match self {
            Record::Waits(waiting) => &waiting.obligation,
            Record::Dropped(obligation) | Record::DroppedFor { obligation, .. } => obligation,
        }
    }
}

/// One obligation that can be paid and is not yet.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Waiting {
    pub obligation: Obligation,
    pub name: String,
    pub amount: Amount,
    pub priority: Priority,
    /// The list as it was given, and the row in it.
    pub list: String,
    pub row: u32,
}

/// The records of one command until its entry is made, in the order in which they are to be paid.
pub struct Draft {
    spool: Spool,
    waiting: Sum,
    dropped: u64,
}

impl Draft {
    pub fn new(folder: std::path::PathBuf, currency: Currency) -> Result<Self> {
        Ok(Self { spool: Spool::new(folder)?, waiting: Sum::zero(currency), dropped: 0 })
    }

    pub fn waits(&mut self, list: u16, waiting: Waiting) -> Result<()> {
        self.waiting.add(waiting.amount).map_err(too_large)?;
        let place = (waiting.priority.unwrap_or(u32::MAX), list, waiting.row);
        self.push(place, &Record::Waits(waiting))
    }

    pub fn dropped(&mut self, (list, row): (u16, u32), obligation: Obligation, reason: String) -> Result<()> {
        self.dropped += 1;
        self.push((u32::MAX, list, row), &Record::DroppedFor { obligation, reason })
    }

    fn push(&mut self, (priority, list, row): (u32, u16, u32), record: &Record) -> Result<()> {
        let mut bytes = [&priority.to_be_bytes()[..], &list.to_be_bytes(), &row.to_be_bytes()].concat();
        record.serialize(&mut bytes).map_err(|_| damaged())?;
        self.spool.push(&bytes)
    }

    /// What waits.
    pub fn sum(&self) -> Sum {
        self.waiting
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.count + self.dropped == 0
    }

    /// Records it all in an entry, after that of `batch` where there is one.
    pub fn record(
        mut self,
        recording: &mut Recording,
        who: &Unlocked,
        (episode, key, secret): (String, KeyId, &SecretKey),
        batch: Option<BatchId>,
    ) -> Result<()> {
        const PLACE_BYTES: usize = 4 + 2 + 4;
        self.spool.settle();
        let mut sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), (key, secret));
        let mut records = self.spool.merge()?;
        while let Some(bytes) = records.next()? {
            let record = bytes.get(PLACE_BYTES..).and_then(|bytes| Record::try_from_slice(bytes).ok());
            sealer.add(&mut *recording.transaction, &record.ok_or_else(damaged)?)?;
        }
        let parts = sealer.finish(&mut *recording.transaction)?;
        let (waiting, dropped) = (self.waiting, self.dropped);
        let put_off = PutOff { episode, batch, waiting, dropped, parts };
        recording.event(&Event::PaymentsPutOff(Box::new(put_off)), &who.signer, None)
    }
}

/// Everybody who waits in the open episode.
pub struct StillWaiting {
    pub currency: Currency,
    /// `None` where no episode is open.
    pub episode: Option<String>,
    /// The most urgent first, then as the lists have them.
    pub people: Vec<Waiting>,
    pub sum: Sum,
    /// By list and scheme.
    pub by_list: BTreeMap<(String, String), Sum>,
    /// Batches of the episode that were cancelled, and what of them is in no other batch and does not wait above.
    pub cancelled: Vec<(BatchId, Sum)>,
    /// Of whichever batch: what came back or was rejected, and is claimed by nobody since.
    pub came_back: Sum,
    /// Batches of the episode with rejected or held rows that nobody is known to have dealt with.
    pub open_rows: Vec<(BatchId, OpenRows)>,
}

pub fn waiting(workspace: &mut Workspace, world: &World, who: Option<&str>) -> Result<StillWaiting> {
    let who = workspace.unlock(world, who)?;
    let currency = workspace.state.currency;
    let episode = workspace.state.open_episode_now().map(|open| open.name.clone());
    let (people, cancelled) = match &episode {
        Some(episode) => {
            let people = still_waiting(workspace, &who, episode)?;
            let cancelled = in_cancelled_batches_alone(workspace, &who, episode, &people)?;
            (people, cancelled)
        }
        None => (Vec::new(), Vec::new()),
    };
    let (sum, by_list) = (Sum::zero(currency), BTreeMap::new());
    let state = workspace.state.clone();
    let came_back = status::word(workspace, &state)?.free;
    let open_rows = episode.as_deref().map(|name| state.open_rows_in(name).collect()).unwrap_or_default();
    let mut found = StillWaiting { currency, episode, people, sum, by_list, cancelled, came_back, open_rows };
    for one in &found.people {
        let place = (one.list.clone(), one.obligation.scheme.to_string());
        let of_list = found.by_list.entry(place).or_insert(Sum::zero(currency));
        of_list.add(one.amount).and_then(|()| found.sum.add(one.amount)).map_err(too_large)?;
    }
    Ok(found)
}

/// Who was left for later in an episode, and is in no live payment. What was said last of an obligation holds.
pub(super) fn still_waiting(workspace: &mut Workspace, who: &Unlocked, episode: &str) -> Result<Vec<Waiting>> {
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    let mut snapshot = workspace.read()?;
    let mut waiting = Vec::new();
    let mut told = HashSet::new();
    for (entry, put_off) in state.put_off_in(episode) {
        let key = who.episode_key(&keys, put_off.parts.key)?;
        let mut reader = PartReader::new(state.ledger, entry, put_off.parts, key);
        while let Some(record) = reader.next::<Record>(&mut *snapshot)? {
            let tag = who.tagger.tag(record.obligation());
            if !told.insert(tag) || snapshot.claims_in_series(&tag.series)?.iter().any(|claim| claim.tag == tag) {
                continue;
            }
            if let Record::Waits(one) = record {
                waiting.push(one);
            }
        }
    }
    waiting.sort_by(|a, b| {
        let urgency = |one: &Waiting| one.priority.unwrap_or(u32::MAX);
        (urgency(a), &a.list, a.row).cmp(&(urgency(b), &b.list, b.row))
    });
    Ok(waiting)
}

/// What was dropped by decision, in whichever episode that can still be read: handed in again, it is not paid as if nobody had decided. No more than there were decisions.
#[derive(Default)]
pub(super) struct DroppedBefore(HashMap<Tag, Dropped>);

struct Dropped {
    reason: Option<String>,
    /// An older version let it wait again after that.
    waits_again: bool,
}

impl DroppedBefore {
    pub fn known(
        snapshot: &mut dyn Snapshot,
        state: &LedgerState,
        (keys, who): (&KeyStore, &Unlocked),
    ) -> Result<Self> {
        let mut found = Self::default();
        let can_be_read = |(entry, put_off): &(&u64, &PutOff)| {
            !state.is_entry_purged(**entry) && keys.has_episode_key(put_off.parts.key)
        };
        let entries = state.put_off.iter().filter(can_be_read);
        for (entry, put_off) in entries.skip_while(|(_, put_off)| put_off.dropped == 0) {
            let key = who.episode_key(keys, put_off.parts.key)?;
            let mut reader = PartReader::new(state.ledger, *entry, put_off.parts, key);
            while let Some(record) = reader.next::<Record>(snapshot)? {
                found.note(who.tagger.tag(record.obligation()), record);
            }
        }
        Ok(found)
    }

    fn note(&mut self, tag: Tag, record: Record) {
        match record {
            Record::Waits(_) => _ = self.0.entry(tag).and_modify(|dropped| dropped.waits_again = true),
            Record::Dropped(_) => _ = self.0.insert(tag, Dropped { reason: None, waits_again: false }),
            Record::DroppedFor { reason, .. } => {
                self.0.insert(tag, Dropped { reason: Some(reason), waits_again: false });
            }
        }
    }

    pub fn holds(&self, tag: &Tag) -> bool {
        self.0.contains_key(tag)
    }

    pub fn reason(&self, tag: &Tag) -> Option<&str> {
        self.0.get(tag)?.reason.as_deref()
    }

    /// Whether the ledger says of it as its last word that it was dropped, for this reason.
    pub fn is_recorded(&self, tag: &Tag, reason: &str) -> bool {
        self.0.get(tag).is_some_and(|dropped| !dropped.waits_again && dropped.reason.as_deref() == Some(reason))
    }
}

/// Payments of cancelled batches that no other batch took over. A batch may have been cancelled because its list was wrong, so they are told
/// by batch, and nobody is said to wait for them; they are told, so that nobody whose batch was cancelled is forgotten.
fn in_cancelled_batches_alone(
    workspace: &mut Workspace,
    who: &Unlocked,
    episode: &str,
    waiting: &[Waiting],
) -> Result<Vec<(BatchId, Sum)>> {
    let (state, keys) = (workspace.state.clone(), workspace.keys.clone());
    let mut told: HashSet<Tag> = waiting.iter().map(|one| who.tagger.tag(&one.obligation)).collect();
    let mut snapshot = workspace.read()?;
    let mut found = Vec::new();
    let is_cancelled = |batch: &BatchState| batch.phase == BatchPhase::Cancelled && batch.prepared.episode == episode;
    for (id, batch) in state.batches.iter().rev().filter(|(_, batch)| is_cancelled(batch)) {
        let key = who.episode_key(&keys, batches::episode(&state, batch)?.key)?;
        let mut left: Vec<(Tag, Amount)> = Vec::new();
        payments::each(&mut *snapshot, state.ledger, *id, &key, &mut |_, sealed| {
            let tag = who.tagger.tag(&sealed.payment.obligation);
            if told.insert(tag) {
                left.push((tag, sealed.payment.amount));
            }
            Ok(())
        })?;
        let mut sum = Sum::zero(state.currency);
        for (tag, amount) in left {
            if !snapshot.claims_in_series(&tag.series)?.iter().any(|claim| claim.tag == tag) {
                sum.add(amount).map_err(too_large)?;
            }
        }
        if sum.count > 0 {
            found.push((*id, sum));
        }
    }
    found.reverse();
    Ok(found)
}

fn too_large(_: AmountOverflow) -> Fault {
    Fault::input("amount.sum_too_large", say!("The amounts of these lists cannot be added: the sum is too large."))
}
