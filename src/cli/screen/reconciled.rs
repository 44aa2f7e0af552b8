//! After `reconcile`: the equation, the verdicts, and where the lists are.

use super::figures::with_currency;
use super::grid::{Grid, left, right};
use super::mask::{short, visible};
use super::meaning;
use super::paragraph::{heading, item, sentence, wrapped};
use crate::ledger::outcome::Standing;
use crate::ledger::remedies::Decision;
use crate::ops::findings::{Change, Changes, Shown};
use crate::ops::merge::Unnamed;
use crate::ops::reconcile::Reconciled;
use crate::ops::reconcile::outlook::{Outlook, Share};
use crate::payment::{Amount, Currency};
use crate::reconciliation::finding::Money;
use crate::say;
use crate::words::{self, Message, count};

/// One screen: what it comes to, the verdicts, what is unknown, where the rest is.
pub fn reconciled(reconciled: &Reconciled) -> String {
    let mut text = sentence(lead(reconciled));
    text.push('\n');
    text += &equation(reconciled);
    text.push('\n');
    text += &verdicts(reconciled).to_text();
    if let Some(changes) = &reconciled.changes {
        text += &heading(say!("Since the last time"));
        text += &changed(changes, reconciled.currency);
    }
    let unknown = unknown(reconciled);
    if !unknown.is_empty() {
        text += &heading(say!("Still unknown"));
    }
    for what in &unknown {
        text += &item(what);
    }
    let place = reconciled.out.to_string_lossy();
    text.push('\n');
    text + &sentence(say!(
        "In {place}: report.html to read; findings.xlsx, .csv, .json; stop, recover, top_up and write_back.csv to act on. All but the report hold \
         person numbers whole.",
        place = visible(&place)
    ))
}

/// How many changes fit a screen that is still read.
const CHANGES_SHOWN: usize = 15;

/// What is other than at the last reconciliation.
fn changed(changes: &Changes, currency: Currency) -> String {
    let mut text = sentence(change_lead(changes));
    if changes.is_empty() {
        return text;
    }
    let (shown, more) = changes.shown.split_at(changes.shown.len().min(CHANGES_SHOWN));
    text += &change_grid(shown, currency).to_text();
    if !more.is_empty() {
        text += &item(say!("findings.csv has them all, under the same numbers as before."));
    }
    text
}

pub(super) fn change_lead(changes: &Changes) -> Message {
    let mut lead = if changes.is_empty() {
        say!("Nothing: every finding is as it was.")
    } else {
        say!(
            "{new:finding|findings} new, {changed} with another verdict or other money, {gone} no longer found.",
            new = changes.new,
            changed = changes.changed,
            gone = changes.gone
        )
    };
    if changes.decided_before > 0 {
        lead = lead.and(say!(
            "Of these, {decided} had been decided: what was decided stays, and where it does not fit any longer `stopgap remedy list` asks again.",
            decided = changes.decided_before
        ));
    }
    if changes.files_left_out > 0 {
        lead = lead.and(say!(
            "Not given this time (or changed since) but the last time: {files:file|files}. Give all of upstream's runs each time, or what they said \
             is missing.",
            files = changes.files_left_out
        ));
    }
    lead
}

pub(super) fn change_grid(changes: &[Change], currency: Currency) -> Grid {
    let mut grid = Grid::new([
        left(say!("Finding")),
        left(say!("Was")),
        left(say!("Is")),
        right(say!("Overpaid")),
        right(say!("Underpaid")),
        left(say!("Decided")),
    ]);
    for change in changes {
        let kind = |shown: &Option<Shown>| shown.map_or("-", |shown| shown.kind.as_str()).to_owned();
        let money = |minor_units| words::amount(Amount::from_minor_units(minor_units, currency));
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

fn lead(reconciled: &Reconciled) -> Message {
    let outlook = &reconciled.outlook;
    let told = |share: &Share| (share.findings > 0).then(|| with_currency(share.amount));
    let parts = [
        told(&outlook.too_much).map(|amount| say!("{amount} paid too much", amount)),
        told(&outlook.stoppable).map(|amount| say!("{amount} that upstream can still stop", amount)),
        told(&outlook.still_owed).map(|amount| say!("{amount} still owed", amount)),
        told(&outlook.resembling).map(|amount| say!("{amount} that upstream may have under another name", amount)),
        (outlook.undecided > 0).then(|| say!("{number} to decide", number = outlook.undecided)),
        (outlook.to_write_back > 0).then(|| say!("{number} to tell upstream of", number = outlook.to_write_back)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().map(String::from).collect();
    let findings = reconciled.findings.count();
    if parts.is_empty() && reconciled.unnamed.payments > 0 {
        say!(
            "{findings:finding|findings}: what could be compared is as it should be, and {payments:payment|payments} of the fallback could not be.",
            findings,
            payments = reconciled.unnamed.payments
        )
    } else if parts.is_empty() {
        say!("{findings:finding|findings}: everything is as it should be.", findings)
    } else {
        say!("{findings:finding|findings}: {parts}.", findings, parts = parts.join("; "))
    }
}

fn equation(reconciled: &Reconciled) -> String {
    let Money { fallback, upstream_paid, owed, overpaid, underpaid, .. } = reconciled.totals;
    let paid = say!("paid: {fallback} by the fallback + {upstream} by upstream", fallback, upstream = upstream_paid);
    let owed = say!("= {owed} owed + {overpaid} overpaid - {underpaid} underpaid", owed, overpaid, underpaid);
    format!("  {paid}\n  {owed}\n{}", wrapped(balance(reconciled), "  ", "  "))
}

pub(super) fn balance(reconciled: &Reconciled) -> Message {
    if reconciled.balanced {
        say!("It balances, on every line and in all.")
    } else {
        say!("It does not balance. Do not act on it; report it.")
    }
}

fn verdicts(reconciled: &Reconciled) -> Grid {
    let mut grid = Grid::new([
        left(say!("Verdict")),
        right(say!("Number")),
        right(say!("Overpaid")),
        right(say!("Underpaid")),
        left(say!("Which means")),
    ]);
    for (kind, (number, money)) in &reconciled.by_kind {
        let [overpaid, underpaid] = [money.overpaid, money.underpaid].map(words::amount);
        grid.row([kind.as_str().into(), count(*number), overpaid, underpaid, meaning::of_kind(*kind).to_string()]);
    }
    grid
}

/// What other desks have paid to nobody knows whom.
pub fn unnamed(unnamed: &Unnamed) -> Message {
    say!(
        "{payments:payment|payments} of another desk or of a lost ledger ({amount}): only pseudonyms are known here, so it cannot be told whom that \
         was to, and it is left out. Upstream's runs of the same benefits and periods let `stopgap reconcile` recognise them; the released bank \
         files name them.",
        payments = unnamed.payments,
        amount = with_currency(unnamed.amount)
    )
}

/// What is not known, and which source would tell.
pub(super) fn unknown(reconciled: &Reconciled) -> Vec<Message> {
    let outlook = &reconciled.outlook;
    let mut unknown = Vec::new();
    if reconciled.unnamed.payments > 0 {
        unknown.push(self::unnamed(&reconciled.unnamed));
    }
    if outlook.resembling.findings > 0 {
        unknown.push(say!(
            "Upstream has the same amount for the same person under another benefit, part or period: {payments:payment|payments} of the fallback \
             ({amount}). If these are the same, they are paid twice. The note of each finding names the other.",
            payments = outlook.resembling.findings,
            amount = with_currency(outlook.resembling.amount)
        ));
    }
    if let Some(share) = outlook.by_bank.get(&Standing::None) {
        unknown.push(say!(
            "No bank report mentions {payments:payment|payments} of the fallback ({amount}); they count as paid. The statement or notification \
             (camt.053, camt.054) of {days} would tell.",
            payments = share.findings,
            amount = with_currency(share.amount),
            days = days(outlook, Standing::None)
        ));
    }
    if let Some(share) = outlook.by_bank.get(&Standing::Accepted) {
        unknown.push(say!(
            "Taken on by the bank and booked in no report so far: {payments:payment|payments} ({amount}). The statement (camt.053) of {days} would \
             tell.",
            payments = share.findings,
            amount = with_currency(share.amount),
            days = days(outlook, Standing::Accepted)
        ));
    }
    if let Some(share) = outlook.by_bank.get(&Standing::Batch) {
        unknown.push(say!(
            "Booked only within a sum, which confirms none of them by itself: {payments:payment|payments} ({amount}). Order the single entries \
             (camt.054) from the bank for {days}.",
            payments = share.findings,
            amount = with_currency(share.amount),
            days = days(outlook, Standing::Batch)
        ));
    }
    let silent: Vec<String> = outlook.silent_benefits().map(short).collect();
    if !silent.is_empty() {
        unknown.push(say!(
            "Upstream's runs say nothing at all of {benefits}: was the run of that benefit left out?",
            benefits = silent.join(", ")
        ));
    }
    let heard = &reconciled.heard;
    if heard.incomplete_rows > 0 {
        unknown.push(say!(
            "Without person, benefit or period: {rows:row|rows} of upstream's runs, which can only be offered as possible doubles. [upstream.g68] and \
             [upstream.pain001] in stopgap.toml can tell benefit and period.",
            rows = heard.incomplete_rows
        ));
    }
    if heard.failures_without_run > 0 {
        unknown.push(say!(
            "In no run that was given: {payments:payment|payments} of the §38 list. Give the posting files (G68) that it answers.",
            payments = heard.failures_without_run
        ));
    }
    if reconciled.repeated > 0 {
        unknown.push(say!(
            "{rows:row of upstream stood|rows of upstream stood} there twice, equal in every field; what is equal counts once.",
            rows = reconciled.repeated
        ));
    }
    unknown
}

/// The days of payment, or their span where there are many.
fn days(outlook: &Outlook, standing: Standing) -> String {
    const NAMED: usize = 3;
    let days: Vec<String> =
        outlook.days.get(&standing).into_iter().flatten().map(|day| words::short_day(*day)).collect();
    match days.as_slice() {
        [] => say!("those days").to_string(),
        [first, .., last] if days.len() > NAMED => say!("{first} to {last}", first, last).to_string(),
        days => days.join(", "),
    }
}
