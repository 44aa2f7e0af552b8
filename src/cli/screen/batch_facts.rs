//! What an approver needs to know about a batch, in words and figures: laid out by `batch` as text, by `control_sheet` as a page.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::figures::{self, count, counted};
use super::grid::{Grid, Holds};
use super::mask::{mask_name, masked_text, short, visible};
use super::{fates, moment};
use crate::batch::{PaymentGroup, Sum};
use crate::checks::CheckedPayment;
use crate::ledger::state::{BatchPhase, BatchState, Operator};
use crate::ops::Now;
use crate::ops::batches::BatchView;
use crate::payment::{Amount, BatchId};

pub(super) struct BatchFacts {
    pub batch: String,
    /// Label and value, for the head.
    pub head: Vec<(&'static str, String)>,
    /// What an approver must not overlook: new hands, changed terms, decisions.
    pub attention: Vec<String>,
    /// A grid for each pay date, under the date.
    pub days: Vec<(String, Grid)>,
    /// `None` where no earlier batch paid any of these schemes.
    pub comparison: Option<Grid>,
    pub largest: Grid,
    pub closing: &'static str,
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

pub(super) struct FileFacts {
    pub name: String,
    pub payments: String,
    pub amount: String,
    pub message_id: String,
    pub sha256: String,
}

/// Names and accounts are masked unless `reveal`; person numbers always.
pub(super) fn facts(view: &BatchView, reveal: bool, now: Now) -> BatchFacts {
    let batch = &view.batch;
    let prepared = &batch.prepared;
    BatchFacts {
        batch: prepared.id.to_string(),
        head: head(batch, now),
        attention: attention(view),
        days: days(view),
        comparison: comparison(view),
        largest: largest(view, reveal),
        closing: fates::closing(&prepared.fates),
        fates: fates::grid(&prepared.fates),
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
        amount: file.sum.amount.grouped(),
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
        amount: sheet.sum.amount.grouped(),
        message_id: sheet.code.clone(),
        sha256: page.sha256.to_string().chars().take(8).collect(),
    }
}

fn head(batch: &BatchState, now: Now) -> Vec<(&'static str, String)> {
    let prepared = &batch.prepared;
    let mut pay_dates: Vec<NaiveDate> = prepared.groups.iter().map(|group| group.pay_on).collect();
    pay_dates.sort_unstable();
    pay_dates.dedup();
    let pay_dates: Vec<String> = pay_dates.into_iter().map(moment::day).collect();
    let approved = match batch.approved_by.as_slice() {
        [] => "not yet".into(),
        by => format!("by {}", visible(&by.join(", "))),
    };
    let profile = &prepared.profile;
    let mut head = vec![
        ("State", state(batch.phase).to_owned()),
        ("Payments", figures::payments(prepared.total())),
        ("Pays on", pay_dates.join(", ")),
        ("Payer", visible(&prepared.payer.name).into_owned()),
        ("Account", prepared.payer.account.whole()),
        ("Episode", visible(&prepared.episode).into_owned()),
        ("Prepared", format!("by {}, {}", visible(&batch.preparer), moment::local(prepared.prepared_at, now))),
        ("Approved", approved),
        match &batch.sheets {
            Some(sheets) => ("Left as", counted(sheets.release.sheets.len() as u64, "work sheet")),
            None => ("Bank file", format!("{}, profile {}", profile.message.as_str(), visible(&profile.name))),
        },
    ];
    if let Some(at) = batch.released_at {
        head.push(("Released", moment::local(at, now)));
    }
    head
}

fn state(phase: BatchPhase) -> &'static str {
    match phase {
        BatchPhase::Prepared => "prepared, waits for another operator's approval",
        BatchPhase::Approved => "approved, waits for its release",
        BatchPhase::Releasing => "release begun and not finished; counts as paid",
        BatchPhase::Released => "released; counts as paid",
        BatchPhase::Cancelled => "cancelled, will not be paid",
    }
}

fn attention(view: &BatchView) -> Vec<String> {
    let decided = view.batch.prepared.decided_to_pay;
    let were = if decided == 1 { "was" } else { "were" };
    let decided = (decided > 0)
        .then(|| format!("{} {were} decided to be paid; the reasons stand below.", counted(decided, "held row")));
    let operators = view.operators_changed.iter().flat_map(|operator| operator_changed(operator, &view.batch));
    let terms = view.changed_terms.iter().map(|change| visible(change).into_owned());
    beside(view).into_iter().chain(operators).chain(terms).chain(decided).collect()
}

/// How the batch stands beside what was last paid.
fn beside(view: &BatchView) -> Vec<String> {
    let Some(beside) = &view.beside else { return Vec::new() };
    let mut lines = Vec::new();
    if beside.provisional {
        lines.push("PROVISIONAL: it pays on the last known figures, which upstream has yet to confirm.".to_owned());
    }
    if !beside.not_compared.is_empty() {
        lines.push(format!(
            "NOT COMPARED with {} that did not open: a changed account would not have been noticed.",
            counted(beside.not_compared.len() as u64, "baseline")
        ));
    }
    let differing = [
        (beside.accounts_changed, "payment", "to another account than in the last baseline, paid by decision"),
        (beside.amounts_changed, "payment", "of another amount than in the last baseline"),
        (beside.new_persons, "payment", "to people whom the last baseline does not have"),
        (beside.missing, "row", "of the last baseline in none of the lists"),
    ];
    let differing = differing.into_iter().filter(|(number, ..)| *number > 0);
    lines.extend(differing.map(|(number, what, is)| format!("{} {is}.", counted(number, what))));
    lines
}

/// Joined, left, or both since the last approval. Who retired may have joined long ago, which is then said by the entry's number.
fn operator_changed(operator: &Operator, batch: &BatchState) -> Vec<String> {
    let Operator { enrolled, retired, .. } = operator;
    let name = visible(&operator.name);
    let mut changes = Vec::new();
    if *enrolled > batch.entry {
        changes.push(format!("Operator {name} was enrolled after this batch was prepared (ledger entry {enrolled})."));
    } else if retired.is_none() {
        changes.push(format!("Operator {name} is new since the last approval (ledger entry {enrolled})."));
    }
    if let Some(retired) = retired {
        changes.push(format!("Operator {name} was retired (ledger entry {retired})."));
    }
    changes
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
        ("Scheme", Holds::Text),
        ("Payments", Holds::Figures),
        (currency, Holds::Figures),
        ("Smallest", Holds::Figures),
        ("Median", Holds::Figures),
        ("Largest", Holds::Figures),
    ]);
    for group in groups {
        let [sum, smallest, median, largest] =
            [group.sum.amount, group.smallest, group.median, group.largest].map(Amount::grouped);
        grid.row([short(group.scheme.as_str()), count(group.sum.count), sum, smallest, median, largest]);
    }
    let total = groups.iter().map(|group| group.sum).reduce(together);
    if let (Some(total), true) = (total, groups.len() > 1) {
        let [none_smallest, none_median, none_largest] = [(); 3].map(|()| String::new());
        grid.total([
            "Total".into(),
            count(total.count),
            total.amount.grouped(),
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
            ("Scheme", Holds::Text),
            ("Batch", Holds::Text),
            ("Payments", Holds::Figures),
            ("It paid", Holds::Figures),
            ("Change", Holds::Figures),
            ("In percent", Holds::Figures),
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
        return [scheme, "none".into(), String::new(), String::new(), String::new(), "first time".into()];
    };
    let unknown = || "?".to_owned();
    [
        scheme,
        batch.to_string(),
        count(before.count),
        before.amount.grouped(),
        figures::difference(before.amount, now.amount).unwrap_or_else(unknown),
        figures::percent(before.amount, now.amount).unwrap_or_else(unknown),
    ]
}

fn largest(view: &BatchView, reveal: bool) -> Grid {
    let currency = view.batch.prepared.total().amount.currency().code();
    let mut grid = Grid::new([
        (currency, Holds::Figures),
        ("Name", Holds::Text),
        ("Person", Holds::Text),
        ("Account", Holds::Text),
        ("Scheme", Holds::Text),
    ]);
    for payment in &view.largest {
        grid.row([
            payment.amount.grouped(),
            names(payment, reveal),
            visible(&payment.obligation.person.masked()).into_owned(),
            account(payment, reveal),
            short(payment.obligation.scheme.as_str()),
        ]);
    }
    grid
}

fn names(payment: &CheckedPayment, reveal: bool) -> String {
    let name = |name: &str| if reveal { visible(name).into_owned() } else { mask_name(name) };
    match &payment.payee_name {
        Some(payee) => format!("{} (paid to {})", name(&payment.name), name(payee)),
        None => name(&payment.name),
    }
}

fn account(payment: &CheckedPayment, reveal: bool) -> String {
    match &payment.account {
        None => "none: by person number".into(),
        Some(account) if reveal => visible(&account.whole()).into_owned(),
        Some(account) => visible(&account.masked()).into_owned(),
    }
}

/// `a.csv row 12, paid: confirmed by telephone`, those to pay first.
fn decisions(view: &BatchView) -> Vec<String> {
    let mut decisions: Vec<_> = view.notes.decisions.iter().collect();
    decisions.sort_by_key(|decision| !decision.pay);
    let shown = decisions.into_iter().map(|decision| {
        let list = view.notes.lists.get(usize::from(decision.list)).map_or("the list", String::as_str);
        let verdict = if decision.pay { "pay" } else { "drop" };
        format!("{} row {}, {verdict}: {}", visible(list), decision.row, masked_text(&decision.reason))
    });
    shown.collect()
}
