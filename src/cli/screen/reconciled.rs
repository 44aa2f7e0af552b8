//! After `reconcile`: the equation, the verdicts, and where the lists are.

use super::figures::{count, counted};
use super::grid::{Grid, Holds};
use super::mask::{short, visible};
use super::paragraph::{heading, item, sentence, wrapped};
use crate::ledger::outcome::Standing;
use crate::ledger::remedies::Decision;
use crate::ops::findings::{Change, Changes, Shown};
use crate::ops::reconcile::Reconciled;
use crate::ops::reconcile::outlook::{Outlook, Share};
use crate::payment::{Amount, Currency};
use crate::reconciliation::finding::{Kind, Money};

/// One screen: what it comes to, the verdicts, what is unknown, where the rest is.
pub fn reconciled(reconciled: &Reconciled) -> String {
    let mut text = sentence(&lead(reconciled));
    text.push('\n');
    text += &equation(reconciled);
    text.push('\n');
    text += &verdicts(reconciled).to_text();
    if let Some(changes) = &reconciled.changes {
        text += &heading("Since the last time");
        text += &changed(changes, reconciled.currency);
    }
    let unknown = unknown(reconciled);
    if !unknown.is_empty() {
        text += &heading("Still unknown");
    }
    for what in &unknown {
        text += &item(what);
    }
    let place = reconciled.out.to_string_lossy();
    text.push('\n');
    text + &sentence(&format!(
        "In {}: report.html to read; findings.xlsx, .csv, .json; stop, recover, top_up and write_back.csv to act on. All but the report hold \
         person numbers whole.",
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

pub(super) fn change_lead(changes: &Changes) -> String {
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

pub(super) fn change_grid(changes: &[Change], currency: Currency) -> Grid {
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

fn lead(reconciled: &Reconciled) -> String {
    let (outlook, currency) = (&reconciled.outlook, reconciled.currency);
    let told = |share: &Share| (share.findings > 0).then(|| format!("{} {currency}", share.amount.grouped()));
    let parts = [
        told(&outlook.too_much).map(|amount| format!("{amount} paid too much")),
        told(&outlook.stoppable).map(|amount| format!("{amount} that upstream can still stop")),
        told(&outlook.still_owed).map(|amount| format!("{amount} still owed")),
        (outlook.undecided > 0).then(|| format!("{} to decide", count(outlook.undecided))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let findings = counted(reconciled.findings.count(), "finding");
    if parts.is_empty() {
        format!("{findings}: everything is as it should be.")
    } else {
        format!("{findings}: {}.", parts.join("; "))
    }
}

fn equation(reconciled: &Reconciled) -> String {
    let Money { fallback, upstream_paid, owed, overpaid, underpaid, .. } = &reconciled.totals;
    let [fallback, upstream, owed, overpaid, underpaid] =
        [fallback, upstream_paid, owed, overpaid, underpaid].map(|amount| amount.grouped());
    format!(
        "  paid: {fallback} by the fallback + {upstream} by upstream\n  = {owed} owed + {overpaid} overpaid - {underpaid} underpaid\n{}",
        wrapped(balance(reconciled), "  ", "  ")
    )
}

pub(super) fn balance(reconciled: &Reconciled) -> &'static str {
    if reconciled.balanced {
        "It balances, on every line and in all."
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

/// What is not known, and which source would tell.
pub(super) fn unknown(reconciled: &Reconciled) -> Vec<String> {
    let outlook = &reconciled.outlook;
    let mut unknown = Vec::new();
    if let Some(share) = outlook.by_bank.get(&Standing::None) {
        unknown.push(format!(
            "No bank report mentions {} of the fallback ({}); they count as paid. The statement or notification (camt.053, camt.054) of {} would \
             tell.",
            counted(share.findings, "payment"),
            amount(share),
            days(outlook, Standing::None)
        ));
    }
    if let Some(share) = outlook.by_bank.get(&Standing::Accepted) {
        unknown.push(format!(
            "The bank has taken on {} ({}) and not booked {} in any report so far. The statement (camt.053) of {} would tell.",
            counted(share.findings, "payment"),
            amount(share),
            if share.findings == 1 { "it" } else { "them" },
            days(outlook, Standing::Accepted)
        ));
    }
    if let Some(share) = outlook.by_bank.get(&Standing::Batch) {
        unknown.push(format!(
            "{} ({}) {} booked as a sum, which confirms none of them by itself. Order the single entries (camt.054) from the bank for {}.",
            counted(share.findings, "payment"),
            amount(share),
            if share.findings == 1 { "was" } else { "were" },
            days(outlook, Standing::Batch)
        ));
    }
    let silent: Vec<String> = outlook.silent_benefits().map(short).collect();
    if !silent.is_empty() {
        unknown.push(format!(
            "Upstream's runs say nothing at all of {}: was the run of that benefit left out?",
            silent.join(", ")
        ));
    }
    let heard = &reconciled.heard;
    if heard.incomplete_rows > 0 {
        unknown.push(format!(
            "{} of upstream's runs {} no person, benefit or period, and can only be offered as possible doubles. [upstream.g68] and \
             [upstream.pain001] in stopgap.toml can tell benefit and period.",
            counted(heard.incomplete_rows, "row"),
            if heard.incomplete_rows == 1 { "names" } else { "name" }
        ));
    }
    if heard.failures_without_run > 0 {
        unknown.push(format!(
            "{} of the §38 list {} in no run that was given: give the posting files (G68) that it answers.",
            counted(heard.failures_without_run, "payment"),
            if heard.failures_without_run == 1 { "is" } else { "are" }
        ));
    }
    if reconciled.repeated > 0 {
        unknown.push(format!(
            "{} of upstream stood there twice, equal in every field, and count once.",
            counted(reconciled.repeated, "row")
        ));
    }
    unknown
}

fn amount(share: &Share) -> String {
    format!("{} {}", share.amount.grouped(), share.amount.currency())
}

/// The days of payment, or their span where there are many.
fn days(outlook: &Outlook, standing: Standing) -> String {
    const NAMED: usize = 3;
    let days: Vec<String> = outlook.days.get(&standing).into_iter().flatten().map(|day| day.to_string()).collect();
    match days.as_slice() {
        [] => "those days".into(),
        [first, .., last] if days.len() > NAMED => format!("{first} to {last}"),
        days => days.join(", "),
    }
}

pub(super) fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::DoublePaid => "both paid: recover",
        Kind::DoublePlanned => "about to be paid again: stop",
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
