//! After `reconcile`: the equation, the verdicts, and where the lists are.

use askama::Template;

use super::figures::{count, counted};
use super::grid::{Grid, Holds};
use super::mask::{short, visible};
use super::moment;
use super::paragraph::{heading, item, sentence};
use crate::ledger::remedies::Decision;
use crate::ops::Now;
use crate::ops::findings::{Change, Changes, Shown};
use crate::ops::reconcile::Reconciled;
use crate::payment::{Amount, Currency};
use crate::reconciliation::finding::Kind;

pub fn reconciled(reconciled: &Reconciled) -> String {
    let mut text = sentence(&lead(reconciled));
    text += &heading("The equation");
    text += &equation(reconciled).to_text();
    text += &sentence(balance(reconciled));
    text += &heading("Verdicts");
    text += &verdicts(reconciled).to_text();
    if let Some(changes) = &reconciled.changes {
        text += &heading("Since the last time");
        text += &changed(changes, reconciled.currency);
    }
    text += &heading("Unknown");
    for what in unknown(reconciled) {
        text += &item(&what);
    }
    text += &heading("Files");
    let place = reconciled.out.to_string_lossy();
    text + &item(&format!(
        "In {}: report.html to read; findings.csv and findings.json; and for those who act stop.csv, recover.csv, top_up.csv and \
         write_back.csv, which hold person numbers whole.",
        visible(&place)
    ))
}

/// How many changes fit a screen that is still read.
const CHANGES_SHOWN: usize = 15;

/// What is other than at the last reconciliation.
fn changed(changes: &Changes, currency: Currency) -> String {
    let mut text = sentence(&change_lead(changes));
    if changes.is_empty() {
        return text;
    }
    let (shown, more) = changes.shown.split_at(changes.shown.len().min(CHANGES_SHOWN));
    text += &change_grid(shown, currency).to_text();
    if !more.is_empty() {
        text += &item("findings.csv has them all, under the same numbers as before.");
    }
    text
}

fn change_lead(changes: &Changes) -> String {
    let mut lead = if changes.is_empty() {
        "Nothing: every finding is as it was.".to_owned()
    } else {
        format!(
            "{} new, {} with another verdict or other money, {} no longer found.",
            counted(changes.new, "finding"),
            count(changes.changed),
            count(changes.gone)
        )
    };
    if changes.decided_before > 0 {
        lead += &format!(
            " Of these, {} had been decided: the decisions stand, see `stopgap remedy list`.",
            count(changes.decided_before)
        );
    }
    if changes.files_left_out > 0 {
        lead += &format!(
            " {} of the last time {} not given this time (or changed since): give all of upstream's runs each time, or what they said is missing.",
            counted(changes.files_left_out, "file"),
            if changes.files_left_out == 1 { "was" } else { "were" }
        );
    }
    lead
}

fn change_grid(changes: &[Change], currency: Currency) -> Grid {
    let mut grid = Grid::new([
        ("Finding", Holds::Text),
        ("Was", Holds::Text),
        ("Is", Holds::Text),
        ("Overpaid", Holds::Figures),
        ("Underpaid", Holds::Figures),
        ("Decided", Holds::Text),
    ]);
    for change in changes {
        let kind = |shown: &Option<Shown>| shown.map_or("-", |shown| shown.kind.as_str()).to_owned();
        let money = |minor_units| Amount::from_minor_units(minor_units, currency).grouped();
        let now = change.now.map(|now| now.money).unwrap_or_default();
        grid.row([
            change.finding.clone(),
            kind(&change.before),
            kind(&change.now),
            money(now.overpaid),
            money(now.underpaid),
            change.decided.map_or("", Decision::as_str).to_owned(),
        ]);
    }
    grid
}

#[derive(Template)]
#[template(path = "reconciliation.html")]
struct ReportPage {
    payer: String,
    printed_at: String,
    drill: bool,
    lead: String,
    equation: Grid,
    balance: &'static str,
    bars: Vec<Bar>,
    verdicts: Grid,
    schemes: Grid,
    /// What is other than at the last reconciliation: a sentence, and the first of them.
    changes: Option<(String, Grid)>,
    unknown: Vec<String>,
}

struct Bar {
    label: &'static str,
    number: String,
    percent: u64,
}

/// The page that a finance director reads in two minutes: sums and counts, nobody's name.
pub fn reconciliation_report(reconciled: &Reconciled, payer: &str, now: Now, drill: bool) -> String {
    let most = reconciled.by_kind.values().map(|(number, _)| *number).max().unwrap_or(1).max(1);
    let bars = reconciled.by_kind.iter().map(|(kind, (number, _))| Bar {
        label: kind.as_str(),
        number: count(*number),
        percent: number * 100 / most,
    });
    let page = ReportPage {
        payer: payer.into(),
        printed_at: moment::local(now.unix, now),
        drill,
        lead: lead(reconciled),
        equation: equation(reconciled),
        balance: balance(reconciled),
        bars: bars.collect(),
        verdicts: verdicts(reconciled),
        schemes: schemes(reconciled),
        changes: reconciled
            .changes
            .as_ref()
            .map(|changes| (change_lead(changes), change_grid(&changes.shown, reconciled.currency))),
        unknown: unknown(reconciled),
    };
    page.render().expect("writing to memory does not fail")
}

fn lead(reconciled: &Reconciled) -> String {
    let (totals, currency) = (&reconciled.totals, reconciled.currency);
    format!(
        "{}: {} {currency} paid more than owed, {} {currency} less.",
        counted(reconciled.findings.count(), "finding"),
        totals.overpaid.grouped(),
        totals.underpaid.grouped()
    )
}

fn equation(reconciled: &Reconciled) -> Grid {
    let totals = &reconciled.totals;
    let mut grid = Grid::new([("", Holds::Text), (reconciled.currency.code(), Holds::Figures)]);
    for (what, amount) in [
        ("paid by the fallback", totals.fallback),
        ("paid by upstream", totals.upstream_paid),
        ("owed", totals.owed),
        ("overpaid", totals.overpaid),
        ("underpaid", totals.underpaid),
        ("planned by upstream, not counted", totals.upstream_planned),
    ] {
        grid.row([what.into(), amount.grouped()]);
    }
    grid
}

fn balance(reconciled: &Reconciled) -> &'static str {
    if reconciled.balanced {
        "It balances: paid = owed + overpaid - underpaid, on every line and in all."
    } else {
        "It does not balance. Do not act on it; report it."
    }
}

fn verdicts(reconciled: &Reconciled) -> Grid {
    let mut grid = Grid::new([
        ("Verdict", Holds::Text),
        ("Number", Holds::Figures),
        ("Overpaid", Holds::Figures),
        ("Underpaid", Holds::Figures),
        ("Which means", Holds::Text),
    ]);
    for (kind, (number, money)) in &reconciled.by_kind {
        let [overpaid, underpaid] = [money.overpaid, money.underpaid].map(|amount| amount.grouped());
        grid.row([kind.as_str().into(), count(*number), overpaid, underpaid, meaning(*kind).into()]);
    }
    grid
}

fn schemes(reconciled: &Reconciled) -> Grid {
    let mut grid = Grid::new([
        ("Scheme", Holds::Text),
        ("Findings", Holds::Figures),
        ("Fallback", Holds::Figures),
        ("Upstream", Holds::Figures),
        ("Overpaid", Holds::Figures),
        ("Underpaid", Holds::Figures),
    ]);
    for (scheme, (number, money)) in &reconciled.by_scheme {
        let figures =
            [money.fallback, money.upstream_paid, money.overpaid, money.underpaid].map(|amount| amount.grouped());
        let [fallback, upstream, overpaid, underpaid] = figures;
        grid.row([short(scheme), count(*number), fallback, upstream, overpaid, underpaid]);
    }
    grid
}

fn unknown(reconciled: &Reconciled) -> Vec<String> {
    let mut unknown = Vec::new();
    if reconciled.unconfirmed > 0 {
        let payments = counted(reconciled.unconfirmed, "payment");
        unknown.push(format!(
            "The bank has said nothing of {payments}; they count as paid. Its statements would tell: `stopgap outcome FILE`."
        ));
    } else {
        unknown.push("Nothing on the bank's side: it has spoken of every payment.".into());
    }
    if reconciled.repeated > 0 {
        let rows = counted(reconciled.repeated, "row");
        unknown.push(format!("{rows} of upstream stood there twice, equal in every field, and count once."));
    }
    unknown
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::DoublePaid => "both paid: recover",
        Kind::DoublePlanned => "upstream is about to pay again: stop",
        Kind::BankDouble => "the bank booked twice: recover",
        Kind::UpstreamDouble => "upstream paid twice: decide",
        Kind::Settled => "as it should be",
        Kind::Overpaid => "we paid too much: recover",
        Kind::Underpaid => "we paid too little: top up",
        Kind::PossibleDouble => "perhaps the same money: decide",
        Kind::FallbackOnly => "upstream must learn of it",
        Kind::UpstreamOnly => "upstream pays, we did not",
        Kind::Returned => "came back: pay again",
        Kind::Unpaid => "nobody paid: pay",
        Kind::Unexplained => "a debit that nothing explains",
    }
}
