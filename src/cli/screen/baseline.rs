//! `baseline add`, `list` and `check`.

use super::figures;
use super::grid::{Grid, left, right};
use super::mask::{short, visible};
use super::paragraph::{heading, item, sentence, wrapped};
use super::{moment, problems};
use crate::batch::Sum;
use crate::ledger::LedgerState;
use crate::ops::Now;
use crate::ops::baseline::add::{Added, Outcome};
use crate::ops::baseline::readiness::{Readiness, Tested};
use crate::ops::baseline::{SchemeFigures, age_days, figures_of};
use crate::say;
use crate::words::{self, Message, count, ungrouped};

/// After `baseline add`.
pub fn baseline_added(added: &Added) -> String {
    let kept = figures::payments(added.fates.prepared);
    let period = added.period.to_string();
    let mut text = sentence(match added.outcome {
        Outcome::Recorded(_) => say!("The baseline of {period} is kept, sealed: {kept}.", period, kept),
        Outcome::There(entry) => say!(
            "These figures are the baseline of {period} already (ledger entry {entry}). Nothing was recorded.",
            period,
            entry = ungrouped(entry)
        ),
        Outcome::Nobody => say!("No row can be kept as it stands. Nothing was recorded."),
    });
    match (added.outcome, added.accounts_changed) {
        (Outcome::Recorded(_), Some(rows)) if rows > 0 => {
            text += &sentence(say!(
                "MIND: {rows:row has|rows have} another account than in the baseline before. Was each of these people asked? From now on nobody is, unless the account changes again.",
                rows
            ));
        }
        (Outcome::Recorded(_), None) => {
            text += &sentence(say!("Accounts were not compared with the baseline before, which does not open."));
        }
        _ => {}
    }
    let not_used: Vec<&SchemeFigures> = added.schemes.iter().filter(|scheme| !scheme.is_last).collect();
    if !not_used.is_empty() {
        let schemes: Vec<String> = not_used.iter().map(|scheme| short(scheme.scheme.as_str())).collect();
        text += &sentence(say!(
            "MIND: a baseline of a later period, or a later one of the same, stays in use for {schemes}.",
            schemes = schemes.join(", ")
        ));
    }
    if !added.schemes.is_empty() {
        text += &heading(say!("By scheme, beside the baseline before"));
        text += &by_scheme(&added.schemes).to_text();
    }
    let left_out = added.fates.read.count - added.fates.prepared.count;
    if left_out > 0 {
        text += "\n";
        text += &sentence(say!(
            "{rows:row|rows} of {read} left out: {rejected} rejected, {held} in contradiction to another, {duplicate} there twice.",
            rows = left_out,
            read = added.fates.read.count,
            rejected = added.fates.rejected.count,
            held = added.fates.held.count,
            duplicate = added.fates.duplicate.count
        ));
    }
    text += &problems::located(
        &added.problems,
        &problems::names_of(&added.lists),
        &say!("the document of --json").to_string(),
    );
    if added.needs_a_person() {
        text += &heading(say!("Next"));
        text += &item(say!(
            "Correct these rows in the list and add the whole list again: of one period, the last one added counts."
        ));
    }
    text
}

/// All baselines, the first added first.
pub fn baselines(state: &LedgerState, now: Now) -> String {
    if state.baselines.is_empty() {
        return sentence(say!("There are no baselines yet. `stopgap baseline add LIST --period P` keeps one."));
    }
    let mut grid = Grid::new([
        left(say!("Period")),
        left(say!("Scheme")),
        right(say!("Payments")),
        right(state.currency.code()),
        right(say!("Days old")),
        left(say!("Added by")),
        left(say!("In use")),
    ]);
    for (entry, baseline) in &state.baselines {
        for (at, scheme) in figures_of(state, *entry).iter().enumerate() {
            let once = |text: String| if at == 0 { text } else { String::new() };
            grid.row([
                once(baseline.recorded.period.to_string()),
                short(scheme.scheme.as_str()),
                count(scheme.sum.count),
                words::amount(scheme.sum.amount),
                once(count(age_days(baseline, now.unix))),
                once(visible(&baseline.added_by).into_owned()),
                if scheme.is_last { say!("yes") } else { say!("no") }.to_string(),
            ]);
        }
    }
    grid.to_text()
}

/// The report of `baseline check`, to be read once a month.
pub fn baseline_readiness(readiness: &Readiness, now: Now) -> String {
    let mut text = match readiness.findings.len() {
        0 => sentence(say!(
            "Ready: every scheme's last baseline is recent enough, opens, and comes to what was recorded."
        )),
        found => {
            let mut text = sentence(say!("Not ready: {matters:matter|matters} to look into.", matters = found));
            text.extend(readiness.findings.iter().map(|finding| item(visible(&finding.message.to_string()))));
            text
        }
    };
    for tested in &readiness.baselines {
        text += &heading(say!(
            "Baseline of {period}, added by {name}, {at}: {days:day|days} old",
            period = tested.period.to_string(),
            name = visible(&tested.added_by),
            at = moment::local(tested.added_at, now),
            days = tested.age_days
        ));
        text += &by_scheme(&tested.schemes).to_text();
        text += &wrapped(restored(tested), "  ", "  ");
    }
    text
}

fn restored(tested: &Tested) -> Message {
    match &tested.restored {
        None => say!("It does not open."),
        Some(restored) if restored.held > 0 => say!(
            "Opened to the last row and summed again: {payments}, as recorded. {payable} could be paid, of which {held:is|are} held until somebody decides.",
            payments = figures::payments(restored.rows),
            payable = restored.payable,
            held = restored.held
        ),
        Some(restored) if restored.payable == restored.rows.count => say!(
            "Opened to the last row and summed again: {payments}, as recorded. All could be paid as they stand.",
            payments = figures::payments(restored.rows)
        ),
        Some(restored) => say!(
            "Opened to the last row and summed again: {payments}, as recorded. {payable} could be paid as they stand.",
            payments = figures::payments(restored.rows),
            payable = restored.payable
        ),
    }
}

fn by_scheme(schemes: &[SchemeFigures]) -> Grid {
    let currency = schemes.first().map_or("", |scheme| scheme.sum.amount.currency().code());
    let mut grid = Grid::new([
        left(say!("Scheme")),
        right(say!("Payments")),
        right(currency),
        left(say!("Before")),
        right(say!("More")),
        right(say!("Change")),
        right(say!("In percent")),
    ]);
    for SchemeFigures { scheme, sum, before, .. } in schemes {
        let [period, payments, change, percent] = before.map_or_else(first_time, |(period, before)| {
            [period.to_string(), difference(before, *sum), change(before, *sum), percent(before, *sum)]
        });
        grid.row([
            short(scheme.as_str()),
            count(sum.count),
            words::amount(sum.amount),
            period,
            payments,
            change,
            percent,
        ]);
    }
    grid
}

fn first_time() -> [String; 4] {
    [say!("none").to_string(), String::new(), String::new(), String::new()]
}

/// How many payments more or less.
fn difference(before: Sum, now: Sum) -> String {
    match now.count.cmp(&before.count) {
        std::cmp::Ordering::Less => format!("-{}", count(before.count - now.count)),
        std::cmp::Ordering::Equal => "0".into(),
        std::cmp::Ordering::Greater => format!("+{}", count(now.count - before.count)),
    }
}

fn change(before: Sum, now: Sum) -> String {
    figures::difference(before.amount, now.amount).unwrap_or_else(|| "?".into())
}

fn percent(before: Sum, now: Sum) -> String {
    figures::percent(before.amount, now.amount).unwrap_or_else(|| "?".into())
}
