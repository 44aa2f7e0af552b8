//! `baseline add`, `list` and `check`.

use super::figures::{self, count, counted};
use super::grid::{Grid, Holds};
use super::mask::{short, visible};
use super::paragraph::{heading, item, sentence};
use super::{moment, problems};
use crate::batch::Sum;
use crate::ledger::LedgerState;
use crate::ops::Now;
use crate::ops::baseline::add::{Added, Outcome};
use crate::ops::baseline::readiness::{Readiness, Tested};
use crate::ops::baseline::{SchemeFigures, age_days, figures_of};

/// After `baseline add`.
pub fn baseline_added(added: &Added) -> String {
    let kept = figures::payments(added.fates.prepared);
    let mut text = sentence(&match added.outcome {
        Outcome::Recorded(_) => format!("The baseline of {} is kept, sealed: {kept}.", added.period),
        Outcome::There(entry) => {
            format!(
                "These figures are the baseline of {} already (ledger entry {entry}). Nothing was recorded.",
                added.period
            )
        }
        Outcome::Nobody => "No row can be kept as it stands. Nothing was recorded.".into(),
    });
    if !added.schemes.is_empty() {
        text += &heading("By scheme, beside the baseline before");
        text += &by_scheme(&added.schemes).to_text();
    }
    let left_out = added.fates.read.count - added.fates.prepared.count;
    if left_out > 0 {
        text += "\n";
        text += &sentence(&format!(
            "{} of {} left out: {} rejected, {} in contradiction to another, {} there twice.",
            counted(left_out, "row"),
            count(added.fates.read.count),
            count(added.fates.rejected.count),
            count(added.fates.held.count),
            count(added.fates.duplicate.count)
        ));
    }
    text += &problems::located(&added.problems, &problems::names_of(&added.lists), "the document of --json");
    if added.needs_a_person() {
        text += &heading("Next");
        text += &item("Correct these rows in the list and add the whole list again: the last one added counts.");
    }
    text
}

/// All baselines, the first added first.
pub fn baselines(state: &LedgerState, now: Now) -> String {
    if state.baselines.is_empty() {
        return "There are no baselines yet. `stopgap baseline add LIST --period P` keeps one.\n".into();
    }
    let mut grid = Grid::new([
        ("Period", Holds::Text),
        ("Scheme", Holds::Text),
        ("Payments", Holds::Figures),
        (state.currency.code(), Holds::Figures),
        ("Days old", Holds::Figures),
        ("Added by", Holds::Text),
        ("In use", Holds::Text),
    ]);
    for (entry, baseline) in &state.baselines {
        for (at, scheme) in figures_of(state, *entry).iter().enumerate() {
            let once = |text: String| if at == 0 { text } else { String::new() };
            grid.row([
                once(baseline.recorded.period.to_string()),
                short(scheme.scheme.as_str()),
                count(scheme.sum.count),
                scheme.sum.amount.grouped(),
                once(count(age_days(baseline, now.unix))),
                once(visible(&baseline.added_by).into_owned()),
                if scheme.is_last { "yes" } else { "no" }.into(),
            ]);
        }
    }
    grid.to_text()
}

/// The report of `baseline check`, to be read once a month.
pub fn baseline_readiness(readiness: &Readiness, now: Now) -> String {
    let mut text = match readiness.findings.len() {
        0 => {
            "Ready: every scheme's last baseline is recent enough, opens, and comes to what was recorded.\n".to_owned()
        }
        found => {
            let mut text = format!("Not ready: {} to look into.\n", counted(found as u64, "matter"));
            text.extend(readiness.findings.iter().map(|finding| item(&visible(&finding.message.to_string()))));
            text
        }
    };
    for tested in &readiness.baselines {
        text += &heading(&format!(
            "Baseline of {}, added by {} on {}, {} old",
            tested.period,
            visible(&tested.added_by),
            moment::local(tested.added_at, now),
            counted(tested.age_days, "day")
        ));
        text += &by_scheme(&tested.schemes).to_text();
        text += &sentence(&restored(tested));
    }
    text
}

fn restored(tested: &Tested) -> String {
    match &tested.restored {
        None => "  It does not open.".into(),
        Some(restored) => format!(
            "  Opened to the last row and summed again: {}, as recorded. {} could be paid as they stand.",
            figures::payments(restored.rows),
            if restored.payable == restored.rows.count { "All".into() } else { count(restored.payable) }
        ),
    }
}

fn by_scheme(schemes: &[SchemeFigures]) -> Grid {
    let currency = schemes.first().map_or("", |scheme| scheme.sum.amount.currency().code());
    let mut grid = Grid::new([
        ("Scheme", Holds::Text),
        ("Payments", Holds::Figures),
        (currency, Holds::Figures),
        ("Before", Holds::Text),
        ("More", Holds::Figures),
        ("Change", Holds::Figures),
        ("In percent", Holds::Figures),
    ]);
    for SchemeFigures { scheme, sum, before, .. } in schemes {
        let [period, payments, change, percent] = before.map_or_else(first_time, |(period, before)| {
            [period.to_string(), difference(before, *sum), change(before, *sum), percent(before, *sum)]
        });
        grid.row([short(scheme.as_str()), count(sum.count), sum.amount.grouped(), period, payments, change, percent]);
    }
    grid
}

fn first_time() -> [String; 4] {
    ["none".into(), String::new(), String::new(), String::new()]
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
