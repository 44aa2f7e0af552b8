//! Looking at batches: what there is, and what an approver needs to decide.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::PathBuf;

use smol_str::SmolStr;

use super::copies::{Entering, NewCopy};
use super::payments::{self, BatchNotes};
use super::{Workspace, World, durable, prepare, purge};
use crate::batch::{PaymentGroup, Sum};
use crate::checks::CheckedPayment;
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::copies::{CopyState, DeclaredCopy, Purpose};
use crate::ledger::event::BesideBaselines;
use crate::ledger::receipt_code::ReceiptCode;
use crate::ledger::state::{BatchPhase, BatchState, Episode, Operator};
use crate::payment::{Amount, BatchId, Digest, Period};
use crate::phrase;
use crate::say;
use crate::words::{Argument, Message, Phrase};

/// How many of the largest payments an approver is shown.
const LARGEST: usize = 10;
/// How many of the names that the bank gets in another form. The rest are counted; `rows.csv` has them all.
pub const RENAMED_SHOWN: usize = 5_000;

pub fn find(state: &LedgerState, id: BatchId) -> Result<&BatchState> {
    state.batches.get(&id).ok_or_else(|| {
        Fault::input("batch.unknown", say!("There is no batch {id} in this ledger.", id = id.to_string()))
            .remedy(say!("`stopgap batch list` shows all batches."))
    })
}

/// The episode that a batch belongs to.
pub fn episode<'a>(state: &'a LedgerState, batch: &BatchState) -> Result<&'a Episode> {
    state.episode(&batch.prepared.episode).ok_or_else(|| {
        Fault::failed(
            "ledger.damaged",
            say!("The episode {episode} is not in the ledger.", episode = batch.prepared.episode.to_string()),
        )
    })
}

/// Everything an approver needs to decide about one batch.
pub struct BatchView {
    pub batch: BatchState,
    pub schemes: Vec<SchemeView>,
    /// Largest first.
    pub largest: Vec<CheckedPayment>,
    pub renamed: Renamed,
    pub notes: BatchNotes,
    /// Operators who joined or left since the last approval in this ledger.
    pub operators_changed: Vec<Operator>,
    /// What differs from the batch before, in words.
    pub changed_terms: Vec<Message>,
    /// How it stands beside the last baselines, where there were any.
    pub beside: Option<BesideBaselines>,
    /// Those of them that its preparer added during its episode or shortly before the batch, by entry: a changed account is not noticed
    /// beside a baseline that has it already.
    pub baselines_of_preparer: Vec<(u64, Period)>,
    /// How many of its rows that are held wait for others to be paid first.
    pub put_off: u64,
    pub head: (u64, Digest),
    /// The code by which that head is known on paper.
    pub receipt: ReceiptCode,
    pub payer_name: String,
}

/// A scheme's payments of one day, beside the last earlier batch that paid the scheme.
pub struct SchemeView {
    pub group: PaymentGroup,
    pub before: Option<(BatchId, Sum)>,
}

/// The names that the bank gets in another form than the lists have.
#[derive(Default)]
pub struct Renamed {
    pub count: u64,
    /// The first [`RENAMED_SHOWN`], in the order in which they are paid.
    pub first: Vec<RenamedAt>,
}

pub struct RenamedAt {
    pub list: u16,
    pub row: u32,
    pub as_written: String,
    pub sent: SmolStr,
}

impl Renamed {
    fn consider(&mut self, payment: &CheckedPayment) {
        let CheckedPayment { name, payee_name, as_written, list, row, .. } = payment;
        self.count += as_written.count();
        let both = [(&as_written.name, Some(name)), (&as_written.payee_name, payee_name.as_ref())];
        for (as_written, sent) in both {
            if let (Some(as_written), Some(sent)) = (as_written, sent)
                && self.first.len() < RENAMED_SHOWN
            {
                let (as_written, sent) = (as_written.clone(), sent.clone());
                self.first.push(RenamedAt { list: *list, row: *row, as_written, sent });
            }
        }
    }
}

/// How many days before its batch a baseline is told to the approver, if the preparer added it.
const SHORTLY_BEFORE_DAYS: i64 = 7;

fn baselines_of_preparer(state: &LedgerState, batch: &BatchState) -> Vec<(u64, Period)> {
    let Some(beside) = state.beside_baselines.get(&batch.prepared.id) else { return Vec::new() };
    let opened = state.episode(&batch.prepared.episode).map_or(0, |episode| episode.opened);
    let since = batch.prepared.prepared_at - SHORTLY_BEFORE_DAYS * 24 * 60 * 60;
    let added = beside.baselines.iter().filter_map(|entry| Some((*entry, state.baselines.get(entry)?)));
    let of_preparer = added.filter(|(entry, baseline)| {
        baseline.added_by == batch.preparer && (*entry > opened || baseline.added_at >= since)
    });
    of_preparer.map(|(entry, baseline)| (entry, baseline.recorded.period)).collect()
}

pub fn show(workspace: &mut Workspace, world: &World, who: Option<&str>, id: BatchId) -> Result<BatchView> {
    let batch = find(&workspace.state, id)?.clone();
    purge::refuse_if_purged(&workspace.state, episode(&workspace.state, &batch)?)?;
    let who = workspace.unlock(world, who)?;
    let state = workspace.state.clone();
    let key = who.episode_key(&workspace.keys, episode(&state, &batch)?.key)?;
    let receipt = workspace.receipt();
    let mut snapshot = workspace.read()?;
    let notes = payments::notes(&mut *snapshot, state.ledger, id, &key)?;
    let (mut largest, mut renamed) = (Largest::default(), Renamed::default());
    payments::each(&mut *snapshot, state.ledger, id, &key, &mut |_, payment| {
        renamed.consider(&payment.payment);
        largest.consider(payment.payment);
        Ok(())
    })?;
    let schemes = batch
        .prepared
        .groups
        .iter()
        .map(|group| SchemeView { group: group.clone(), before: before(&state, &batch, group) });
    let put_off = state.put_off_in(&batch.prepared.episode).filter(|(_, put_off)| put_off.batch == Some(id));
    let put_off = put_off.map(|(_, put_off)| put_off.waiting.count).sum();
    Ok(BatchView {
        put_off,
        schemes: schemes.collect(),
        largest: largest.in_order(),
        renamed,
        notes,
        operators_changed: operators_changed(&state, &batch),
        changed_terms: changed_terms(&state, &batch),
        beside: state.beside_baselines.get(&id).cloned(),
        baselines_of_preparer: baselines_of_preparer(&state, &batch),
        head: state.head,
        receipt,
        payer_name: state.payer.name.clone(),
        batch,
    })
}

/// Keeps the largest payments of those that go by; of equal ones the first.
#[derive(Default)]
struct Largest {
    by_size: BinaryHeap<Reverse<(Amount, Reverse<u64>)>>,
    payments: BTreeMap<u64, CheckedPayment>,
    seen: u64,
}

impl Largest {
    fn consider(&mut self, payment: CheckedPayment) {
        self.by_size.push(Reverse((payment.amount, Reverse(self.seen))));
        self.payments.insert(self.seen, payment);
        self.seen += 1;
        if self.by_size.len() > LARGEST
            && let Some(Reverse((_, Reverse(smallest)))) = self.by_size.pop()
        {
            self.payments.remove(&smallest);
        }
    }

    fn in_order(self) -> Vec<CheckedPayment> {
        let mut payments: Vec<_> = self.payments.into_values().collect();
        payments.sort_by_key(|payment| Reverse(payment.amount));
        payments
    }
}

/// What the scheme came to in the last earlier batch that was not cancelled.
fn before(state: &LedgerState, batch: &BatchState, group: &PaymentGroup) -> Option<(BatchId, Sum)> {
    let earlier =
        state.batches.values().filter(|other| other.entry < batch.entry && other.phase != BatchPhase::Cancelled);
    let with_scheme = earlier.filter_map(|other| {
        let folded = group.scheme.folded();
        let sums = other.prepared.groups.iter().filter(|g| g.scheme.folded() == folded).map(|g| g.sum);
        let total = sums.reduce(|a, b| Sum {
            count: a.count + b.count,
            amount: a.amount.checked_add(b.amount).unwrap_or(a.amount),
        });
        Some((other.entry, (other.prepared.id, total?)))
    });
    with_scheme.max_by_key(|(entry, _)| *entry).map(|(_, found)| found)
}

/// Who joined or left after the last approval before this batch was approved: an approver should know whose hands are new.
fn operators_changed(state: &LedgerState, batch: &BatchState) -> Vec<Operator> {
    let last_approved = state
        .batches
        .values()
        .filter(|other| !other.approved_by.is_empty() && other.entry < batch.entry)
        .map(|other| other.entry)
        .max()
        .unwrap_or(1);
    let joined_or_left = |operator: &&Operator| {
        operator.enrolled > last_approved || operator.retired.is_some_and(|entry| entry > last_approved)
    };
    state.operators.iter().filter(joined_or_left).cloned().collect()
}

fn changed_terms(state: &LedgerState, batch: &BatchState) -> Vec<Message> {
    let Some(before) = state.batches.values().filter(|other| other.entry < batch.entry).max_by_key(|other| other.entry)
    else {
        return Vec::new();
    };
    let (old, new) = (&before.prepared, &batch.prepared);
    let mut changes = Vec::new();
    let mut changed = |what: Phrase, from: Argument, to: Argument| {
        if from != to {
            changes.push(say!("{what} was {from} for batch {batch}, and is {to}.", what, from, batch = old.id, to));
        }
    };
    changed(phrase!("The limit for one payment"), old.payment_limit.into(), new.payment_limit.into());
    changed(phrase!("The bank profile"), (&old.profile.name).into(), (&new.profile.name).into());
    changed(phrase!("The message"), old.profile.message.as_str().into(), new.profile.message.as_str().into());
    changed(phrase!("The most payments in a file"), old.profile.max_payments.into(), new.profile.max_payments.into());
    changed(
        phrase!("Paying by person number alone"),
        allowed(old.profile.pay_by_person_number),
        allowed(new.profile.pay_by_person_number),
    );
    changes
}

fn allowed(yes: bool) -> Argument {
    if yes { phrase!("allowed") } else { phrase!("not allowed") }.into()
}

/// What the page is called, beside the batch's other files.
const CONTROL_SHEET: &str = "control-sheet.html";

/// Puts the printable control sheet beside the batch's other files; gives its path relative to the workspace. One that was ended is entered
/// again, as a copy of its own, while there is something to approve or release; after that nobody needs it, and it is not written.
pub fn write_control_sheet(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    id: BatchId,
    html: &str,
) -> Result<Option<PathBuf>> {
    let sheets = |copy: &&CopyState| copy.declared.purpose == Purpose::ControlSheet && copy.declared.batch == Some(id);
    let last = workspace.state.copies.all().rfind(sheets).cloned();
    if let Some(ended) = last.filter(|copy| !copy.is_open()) {
        if matches!(find(&workspace.state, id)?.phase, BatchPhase::Released | BatchPhase::Cancelled) {
            return Ok(None);
        }
        enter_again(workspace, world, who, id, ended.declared)?;
    }
    let place = workspace.folder().to_path_buf();
    // Under the ledger's lock, so that two who look at once do not write the same file at once.
    let alone = workspace.begin_looking(world)?;
    prepare::place_waiting(&place, &alone.state)?;
    let folder = Workspace::outbox_of(id);
    durable::create_folder(&place.join(&folder))?;
    let path = folder.join(CONTROL_SHEET);
    durable::write(&place.join(&path), html.as_bytes())?;
    Ok(Some(path))
}

/// Enters the batch's control sheet once more, with what was known of it.
fn enter_again(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    id: BatchId,
    known: DeclaredCopy,
) -> Result<()> {
    let state = workspace.state.clone();
    let batch = find(&state, id)?;
    let episode = episode(&state, batch)?;
    let who = workspace.unlock(world, who)?;
    let key = who.episode_key(&workspace.keys, episode.key)?;
    let (days, today) = (workspace.settings.copies.clone(), world.now.today());
    let DeclaredCopy { purpose, batch, fields, rows, people, people_lie, .. } = known;
    workspace.record(world, |recording| {
        let mut entering = Entering::begin(recording, &who, &days, today, (episode.key, &key));
        let new = NewCopy { purpose, batch, fields, rows, people, people_lie, content: None, replaces: None };
        entering.add(recording, &Workspace::outbox_of(id).join(CONTROL_SHEET), new)?;
        entering.finish(recording, &who, None, vec![episode.name.clone()]).map(drop)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::NamesAsWritten;
    use crate::payment::{Country, Currency, Obligation, Part, PersonId, PersonKind, Scheme};

    /// Of a batch in which every name is sent otherwise, the page does not grow without end, and the count tells how many there are.
    #[test]
    fn so_many_renamed_are_shown_and_the_rest_are_counted() {
        let payment = CheckedPayment {
            obligation: Obligation {
                person: PersonId::new(Country::Gl, PersonKind::Natural, "7012821128"),
                scheme: Scheme::new("Alderspension").expect("a name"),
                period: "2022-04".parse().expect("a period"),
                part: Part::new(""),
            },
            amount: Amount::from_minor_units(100, Currency::Dkk),
            name: "Lukasz".into(),
            account: None,
            payee_name: Some("Zak".into()),
            as_written: NamesAsWritten { name: Some("\u{141}ukasz".into()), payee_name: Some("\u{17b}ak".into()) },
            text: None,
            reference: None,
            pay_on: chrono::NaiveDate::default(),
            list: 0,
            row: 2,
        };
        let mut renamed = Renamed::default();
        renamed.consider(&payment);
        let told: Vec<&str> = renamed.first.iter().map(|one| one.sent.as_str()).collect();
        assert_eq!((renamed.count, told), (2, vec!["Lukasz", "Zak"]), "the person and who is paid for them");
        for _ in 0..RENAMED_SHOWN {
            renamed.consider(&payment);
        }
        assert_eq!((renamed.count, renamed.first.len()), (2 + 2 * RENAMED_SHOWN as u64, RENAMED_SHOWN));
    }
}
