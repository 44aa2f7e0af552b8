//! What an approver needs to know about a batch, in words and figures: laid out by `batch` as text, by `control_sheet` as a page.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::figures::{self, payments};
use super::grid::{Grid, left, right};
use super::mask::{mask_change, mask_name, masked_text, short, visible};
use super::{fates, moment};
use crate::batch::{PaymentGroup, Sum};
use crate::checks::CheckedPayment;
use crate::ledger::state::{BatchPhase, BatchState, Operator};
use crate::ops::Now;
use crate::ops::batches::{BatchView, Renamed};
use crate::ops::uploaded::{Disagreement, disagreements};
use crate::payment::BatchId;
use crate::say;
use crate::words::{self, Message, count, ungrouped};

pub(super) struct BatchFacts {
    pub batch: String,
    /// Label and value, for the head.
    pub head: Vec<(String, String)>,
    /// What an approver must not overlook: new hands, changed terms, decisions.
    pub attention: Vec<String>,
    /// A grid for each pay date, under the date.
    pub days: Vec<(String, Grid)>,
    /// `None` where no earlier batch paid any of these schemes.
    pub comparison: Option<Grid>,
    pub largest: Grid,
    /// `None` where the bank gets every name as the lists have it.
    pub renamed: Option<RenamedFacts>,
    pub closing: String,
    pub fates: Grid,
    pub decisions: Vec<String>,
    pub files: Vec<FileFacts>,
    pub digest: String,
    pub ledger_entry: String,
    pub ledger_head: String,
    pub receipt: String,
    pub preparer: String,
    pub approvers: String,
}

pub(super) struct RenamedFacts {
    pub heading: String,
    pub grid: Grid,
    /// Where it is not the whole list.
    pub more: Option<String>,
}

pub(super) struct FileFacts {
    pub name: String,
    pub payments: String,
    /// With their noun.
    pub payments_in_words: String,
    pub amount: String,
    pub message_id: String,
    pub sha256: String,
}

/// Names and accounts are masked unless `reveal`; person numbers always. At most `most` changed names are listed.
pub(super) fn facts(view: &BatchView, reveal: bool, most: usize, now: Now) -> BatchFacts {
    let batch = &view.batch;
    let prepared = &batch.prepared;
    BatchFacts {
        batch: prepared.id.to_string(),
        head: head(batch, now),
        attention: attention(view),
        days: days(view),
        comparison: comparison(view),
        largest: largest(view, reveal),
        renamed: (view.renamed.count > 0).then(|| renamed(view, reveal, most)),
        closing: fates::closing(&prepared.fates).to_string(),
        fates: fates::grid(&prepared.fates, view.put_off),
        decisions: decisions(view),
        files: match &batch.sheets {
            Some(sheets) => sheets.release.sheets.iter().map(sheet).collect(),
            None => prepared.plan.files.iter().map(file).collect(),
        },
        digest: batch.digest.grouped(),
        ledger_entry: count(view.head.0),
        ledger_head: view.head.1.grouped(),
        receipt: view.receipt.to_string(),
        preparer: visible(&batch.preparer).into_owned(),
        approvers: visible(&batch.approved_by.join(", ")).into_owned(),
    }
}

fn file(file: &crate::release::PlannedFile) -> FileFacts {
    FileFacts {
        name: visible(&file.name).into_owned(),
        payments: count(file.sum.count),
        payments_in_words: say!("{payments:payment|payments}", payments = file.sum.count).to_string(),
        amount: words::amount(file.sum.amount),
        message_id: visible(&file.message_id).into_owned(),
        sha256: file.sha256.to_string().chars().take(8).collect(),
    }
}

/// A work sheet where a file would stand: its code is what its receipts are written under.
fn sheet(sheet: &crate::ledger::worksheets::PlannedSheet) -> FileFacts {
    let [page, _] = &sheet.files;
    FileFacts {
        name: visible(&page.name).into_owned(),
        payments: count(sheet.sum.count),
        payments_in_words: say!("{payments:payment|payments}", payments = sheet.sum.count).to_string(),
        amount: words::amount(sheet.sum.amount),
        message_id: sheet.code.clone(),
        sha256: page.sha256.to_string().chars().take(8).collect(),
    }
}

fn head(batch: &BatchState, now: Now) -> Vec<(String, String)> {
    let prepared = &batch.prepared;
    let mut pay_dates: Vec<NaiveDate> = prepared.groups.iter().map(|group| group.pay_on).collect();
    pay_dates.sort_unstable();
    pay_dates.dedup();
    let pay_dates: Vec<String> = pay_dates.into_iter().map(moment::day).collect();
    let approved = match batch.approved_by.as_slice() {
        [] => say!("not yet").to_string(),
        by => say!("by {name}", name = visible(&by.join(", "))).to_string(),
    };
    let profile = &prepared.profile;
    let mut head = vec![
        (say!("State").to_string(), state(batch.phase).to_string()),
        (say!("Payments").to_string(), figures::payments(prepared.total()).to_string()),
        (say!("Pays on").to_string(), pay_dates.join(", ")),
        (say!("Payer").to_string(), visible(&prepared.payer.name).into_owned()),
        (say!("Account").to_string(), prepared.payer.account.whole()),
        (say!("Episode").to_string(), visible(&prepared.episode).into_owned()),
        (
            say!("Prepared").to_string(),
            say!("by {name}, {at}", name = visible(&batch.preparer), at = moment::local(prepared.prepared_at, now))
                .to_string(),
        ),
        (say!("Approved").to_string(), approved),
        match &batch.sheets {
            Some(sheets) => (
                say!("Left as").to_string(),
                say!("{sheets:work sheet|work sheets}", sheets = sheets.release.sheets.len()).to_string(),
            ),
            None => (
                say!("Bank file").to_string(),
                say!("{format}, profile {name}", format = profile.message.as_str(), name = visible(&profile.name))
                    .to_string(),
            ),
        },
    ];
    if let Some(at) = batch.released_at {
        head.push((say!("Released").to_string(), moment::local(at, now)));
    }
    head
}

fn state(phase: BatchPhase) -> Message {
    match phase {
        BatchPhase::Prepared => say!("prepared, waits for another operator's approval"),
        BatchPhase::Approved => say!("approved, waits for its release"),
        BatchPhase::Releasing => say!("release begun and not finished; counts as paid"),
        BatchPhase::Released => say!("released; counts as paid"),
        BatchPhase::Cancelled => say!("cancelled, will not be paid"),
    }
}

fn attention(view: &BatchView) -> Vec<String> {
    let decided = view.batch.prepared.decided_to_pay;
    let decided = (decided > 0).then(|| {
        say!("{rows:held row was|held rows were} decided to be paid; the reasons stand below.", rows = decided)
            .to_string()
    });
    let operators = view.operators_changed.iter().flat_map(|operator| operator_changed(operator, &view.batch));
    let terms = view.changed_terms.iter().map(|change| visible(&change.to_string()).into_owned());
    let at_the_bank = disagreements(&view.batch).into_iter().map(|one| at_the_bank(&view.batch, &one).to_string());
    at_the_bank.chain(beside(view)).chain(operators).chain(terms).chain(decided).collect()
}

/// What a portal said that is not what left.
fn at_the_bank(batch: &BatchState, one: &Disagreement) -> Message {
    let what = |file: &Option<String>| match file {
        Some(file) => visible(file).into_owned(),
        None => say!("Batch {batch}", batch = batch.prepared.id).to_string(),
    };
    match one {
        Disagreement::OtherFigures { file, receipt, left, said } => say!(
            "{what}: {left} left, and under receipt {receipt} the bank says it received {said}. Do not send anything again. Ask the bank which payments it has.",
            what = what(file),
            left = payments(*left),
            receipt = visible(receipt),
            said = payments(*said)
        ),
        Disagreement::SeveralReceipts { file, receipts } => say!(
            "{what} has several receipts: {receipts}. Was it handed in twice? Ask the bank to stop the second before it is paid.",
            what = what(file),
            receipts = visible(&receipts.join(", "))
        ),
    }
}

/// How the batch stands beside what was last paid.
fn beside(view: &BatchView) -> Vec<String> {
    let Some(beside) = &view.beside else { return Vec::new() };
    let mut lines = Vec::new();
    if beside.provisional {
        lines.push(say!("PROVISIONAL: it pays on the last known figures, which upstream has yet to confirm."));
    }
    if !beside.not_compared.is_empty() {
        lines.push(say!(
            "NOT COMPARED with {baselines:baseline|baselines} that did not open: a changed account would not have been noticed.",
            baselines = beside.not_compared.len()
        ));
    }
    lines.extend(view.baselines_of_preparer.iter().map(|(entry, period)| {
        say!(
            "The baseline of {period} that it was compared with was added by {preparer}, who prepared this batch (ledger entry {entry}): an account that was changed there would not be noticed.",
            period = *period,
            preparer = visible(&view.batch.preparer),
            entry = ungrouped(*entry)
        )
    }));
    let differing = [
        (
            beside.accounts_changed,
            say!(
                "{payments:payment|payments} to another account than in the last baseline, paid by decision.",
                payments = beside.accounts_changed
            ),
        ),
        (
            beside.amounts_changed,
            say!(
                "{payments:payment|payments} of another amount than in the last baseline.",
                payments = beside.amounts_changed
            ),
        ),
        (
            beside.new_persons,
            say!(
                "{payments:payment|payments} to people whom the last baseline does not have.",
                payments = beside.new_persons
            ),
        ),
        (beside.missing, say!("{rows:row|rows} of the last baseline in none of the lists.", rows = beside.missing)),
    ];
    lines.extend(differing.into_iter().filter(|(number, _)| *number > 0).map(|(_, line)| line));
    lines.iter().map(Message::to_string).collect()
}

/// Joined, left, or both since the last approval. Who retired may have joined long ago, which is then said by the entry's number.
fn operator_changed(operator: &Operator, batch: &BatchState) -> Vec<String> {
    let Operator { enrolled, retired, .. } = operator;
    let name = visible(&operator.name);
    let mut changes = Vec::new();
    if *enrolled > batch.entry {
        changes.push(say!(
            "Operator {name} was enrolled after this batch was prepared (ledger entry {entry}).",
            name = &*name,
            entry = ungrouped(*enrolled)
        ));
    } else if retired.is_none() {
        changes.push(say!(
            "Operator {name} is new since the last approval (ledger entry {entry}).",
            name = &*name,
            entry = ungrouped(*enrolled)
        ));
    }
    if let Some(retired) = retired {
        changes.push(say!(
            "Operator {name} was retired (ledger entry {entry}).",
            name = &*name,
            entry = ungrouped(*retired)
        ));
    }
    changes.iter().map(Message::to_string).collect()
}

fn days(view: &BatchView) -> Vec<(String, Grid)> {
    let mut by_day: BTreeMap<NaiveDate, Vec<&PaymentGroup>> = BTreeMap::new();
    for scheme in &view.schemes {
        by_day.entry(scheme.group.pay_on).or_default().push(&scheme.group);
    }
    by_day.into_iter().map(|(date, groups)| (moment::day(date), day(&groups))).collect()
}

fn day(groups: &[&PaymentGroup]) -> Grid {
    let currency = groups.first().map_or("", |group| group.sum.amount.currency().code());
    let mut grid = Grid::new([
        left(say!("Scheme")),
        right(say!("Payments")),
        right(currency),
        right(say!("Smallest")),
        right(say!("Median")),
        right(say!("Largest")),
    ]);
    for group in groups {
        let [sum, smallest, median, largest] =
            [group.sum.amount, group.smallest, group.median, group.largest].map(words::amount);
        grid.row([short(group.scheme.as_str()), count(group.sum.count), sum, smallest, median, largest]);
    }
    let total = groups.iter().map(|group| group.sum).reduce(together);
    if let (Some(total), true) = (total, groups.len() > 1) {
        let [none_smallest, none_median, none_largest] = [(); 3].map(|()| String::new());
        grid.total([
            say!("Total").to_string(),
            count(total.count),
            words::amount(total.amount),
            none_smallest,
            none_median,
            none_largest,
        ]);
    }
    grid
}

/// Both sums. Payments of one batch were added up before, so they fit.
fn together(one: Sum, other: Sum) -> Sum {
    let amount = one.amount.checked_add(other.amount).unwrap_or(one.amount);
    Sum { count: one.count.saturating_add(other.count), amount }
}

/// A scheme over all its pay dates, beside what it came to before.
struct Compared {
    scheme: String,
    now: Sum,
    before: Option<(BatchId, Sum)>,
}

fn comparison(view: &BatchView) -> Option<Grid> {
    let mut schemes: Vec<(String, Compared)> = Vec::new();
    for scheme in &view.schemes {
        let folded = scheme.group.scheme.folded();
        match schemes.iter_mut().find(|(other, _)| *other == folded) {
            Some((_, compared)) => compared.now = together(compared.now, scheme.group.sum),
            None => {
                let name = short(scheme.group.scheme.as_str());
                schemes.push((folded, Compared { scheme: name, now: scheme.group.sum, before: scheme.before }));
            }
        }
    }
    schemes.iter().any(|(_, compared)| compared.before.is_some()).then(|| {
        let mut grid = Grid::new([
            left(say!("Scheme")),
            left(say!("Batch")),
            right(say!("Payments")),
            right(say!("It paid")),
            right(say!("Change")),
            right(say!("In percent")),
        ]);
        for (_, compared) in schemes {
            grid.row(compared_row(compared));
        }
        grid
    })
}

fn compared_row(compared: Compared) -> [String; 6] {
    let Compared { scheme, now, before } = compared;
    let Some((batch, before)) = before else {
        return [
            scheme,
            say!("none").to_string(),
            String::new(),
            String::new(),
            String::new(),
            say!("first time").to_string(),
        ];
    };
    let unknown = || "?".to_owned();
    [
        scheme,
        batch.to_string(),
        count(before.count),
        words::amount(before.amount),
        figures::difference(before.amount, now.amount).unwrap_or_else(unknown),
        figures::percent(before.amount, now.amount).unwrap_or_else(unknown),
    ]
}

fn largest(view: &BatchView, reveal: bool) -> Grid {
    let currency = view.batch.prepared.total().amount.currency().code();
    let mut grid = Grid::new([
        right(currency),
        left(say!("Name")),
        left(say!("Person")),
        left(say!("Account")),
        left(say!("Scheme")),
    ]);
    for payment in &view.largest {
        grid.row([
            words::amount(payment.amount),
            names(payment, reveal),
            visible(&payment.obligation.person.masked()).into_owned(),
            account(payment, reveal),
            short(payment.obligation.scheme.as_str()),
        ]);
    }
    grid
}

fn renamed(view: &BatchView, reveal: bool, most: usize) -> RenamedFacts {
    let Renamed { count, first } = &view.renamed;
    let mut grid =
        Grid::new([left(say!("List")), right(say!("Row")), left(say!("In the list")), left(say!("Sent to the bank"))]);
    for name in first.iter().take(most) {
        let list = view.notes.lists.get(usize::from(name.list)).map(|list| short(list)).unwrap_or_default();
        let [as_written, sent] = match reveal {
            true => [name.as_written.as_str(), &name.sent].map(masked_text),
            false => mask_change(&name.as_written, &name.sent),
        };
        grid.row([list, name.row.to_string(), as_written, sent]);
    }
    let more = count - grid.rows.len() as u64;
    RenamedFacts {
        heading: say!("Names that were changed for the bank: {names}", names = *count).to_string(),
        more: (more > 0).then(|| match *count <= first.len() as u64 {
            true => say!("and {more} more; the control sheet lists them all.", more).to_string(),
            false => say!("and {more} more; rows.csv lists them all.", more).to_string(),
        }),
        grid,
    }
}

fn names(payment: &CheckedPayment, reveal: bool) -> String {
    let name = |name: &str| if reveal { visible(name).into_owned() } else { mask_name(name) };
    match &payment.payee_name {
        Some(payee) => say!("{name} (paid to {payee})", name = name(&payment.name), payee = name(payee)).to_string(),
        None => name(&payment.name),
    }
}

fn account(payment: &CheckedPayment, reveal: bool) -> String {
    match &payment.account {
        None => say!("none: by person number").to_string(),
        Some(account) if reveal => visible(&account.whole()).into_owned(),
        Some(account) => visible(&account.masked()).into_owned(),
    }
}

/// `a.csv row 12, paid: confirmed by telephone`, those to pay first.
fn decisions(view: &BatchView) -> Vec<String> {
    let mut decisions: Vec<_> = view.notes.decisions.iter().collect();
    decisions.sort_by_key(|decision| !decision.pay);
    let shown = decisions.into_iter().map(|decision| {
        let list = view.notes.lists.get(usize::from(decision.list)).map(|list| visible(list).into_owned());
        say!(
            "{list} row {row}, {verdict}: {reason}",
            list = list.unwrap_or_else(|| say!("the list").to_string()),
            row = ungrouped(decision.row),
            verdict = if decision.pay { "pay" } else { "drop" },
            reason = masked_text(&decision.reason)
        )
        .to_string()
    });
    shown.collect()
}
