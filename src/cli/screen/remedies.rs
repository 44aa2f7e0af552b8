//! `remedy`: what is open, what was decided, what came back. Names are masked; JSON and the notices have them whole.

use std::path::PathBuf;

use super::figures::{count, counted};
use super::grid::{Grid, Holds};
use super::mask::{mask_name, masked_text, short, visible};
use super::moment;
use super::paragraph::{heading, item, sentence};
use crate::ledger::remedies::Decision;
use crate::ops::Now;
use crate::ops::findings::amount;
use crate::ops::remedies::decide::Decided;
use crate::ops::remedies::{Case, CaseState, CaseView, Overview};
use crate::payment::{Currency, RepaymentReference};

/// How many cases a screen names.
const CASES_SHOWN: usize = 40;

/// All cases: the sums, and by name what somebody has to do something about.
pub fn remedy_list(overview: &Overview, now: Now) -> String {
    let currency = overview.currency;
    let money = |minor_units| amount(minor_units, currency).grouped();
    let of = |state: &CaseState| overview.by_state.get(state).copied().unwrap_or_default();
    let open = of(&CaseState::Open).count + of(&CaseState::DecideAgain).count;
    let mut text = sentence(&match open {
        0 => "No finding needs a decision.".to_owned(),
        1 => "1 finding needs a decision.".to_owned(),
        open => format!("{} need a decision.", counted(open, "finding")),
    });
    if let Some(last) = overview.compared.values().max() {
        text += &sentence(&format!("Last compared: {}.", moment::local(*last, now)));
    }
    let mut grid = Grid::new([
        ("State", Holds::Text),
        ("Findings", Holds::Figures),
        ("Overpaid", Holds::Figures),
        ("Underpaid", Holds::Figures),
        ("Which means", Holds::Text),
    ]);
    for state in CaseState::ALL {
        let sum = of(&state);
        let row = [in_words(state).into(), count(sum.count), money(sum.overpaid), money(sum.underpaid)];
        let [state_name, number, overpaid, underpaid] = row;
        grid.row([state_name, number, overpaid, underpaid, meaning(state).into()]);
    }
    text += &heading("Where they stand");
    text += &grid.to_text();
    if overview.asked_back > 0 || overview.repaid != 0 {
        text += &sentence(&format!(
            "Asked back: {} {currency}; come back: {}; outstanding: {}.",
            money(overview.asked_back),
            money(overview.repaid),
            money(overview.outstanding)
        ));
    }
    let waiting = |case: &&Case| case.state != CaseState::Closed;
    let mut waiting: Vec<&Case> = overview.cases.iter().filter(waiting).collect();
    waiting.sort_by_key(|case| (case.state, case.basis, case.finding.number));
    if waiting.is_empty() {
        return text;
    }
    text += &heading("What waits");
    text += &cases(&waiting[..waiting.len().min(CASES_SHOWN)], currency).to_text();
    if waiting.len() > CASES_SHOWN {
        let more = counted((waiting.len() - CASES_SHOWN) as u64, "more finding");
        text += &item(&format!("And {more}: `stopgap remedy list --json` gives all."));
    }
    text += &item(
        "`stopgap remedy show FINDING` says what fits; `stopgap remedy decide FINDING --as REMEDY --reason TEXT` decides.",
    );
    text
}

fn cases(cases: &[&Case], currency: Currency) -> Grid {
    let mut grid = Grid::new([
        ("Finding", Holds::Text),
        ("Verdict", Holds::Text),
        ("State", Holds::Text),
        ("Remedy", Holds::Text),
        ("Who", Holds::Text),
        (currency.code(), Holds::Figures),
    ]);
    for case in cases {
        let remedy = match case.decision() {
            Some(decision) => decision.as_str().to_owned(),
            None => format!("({})", case.finding.remedy().as_str()),
        };
        grid.row([
            case.id(),
            case.finding.kind().as_str().into(),
            in_words(case.state).into(),
            remedy,
            mask_name(&case.finding.name),
            amount(at_stake(case), currency).grouped(),
        ]);
    }
    grid
}

/// What a case is about: of a recovery what is outstanding, else what was paid too much, too little, or at all.
fn at_stake(case: &Case) -> i64 {
    let money = &case.finding.money;
    match case.decision() {
        Some(Decision::Recover) => case.outstanding(),
        _ => [money.overpaid, money.underpaid, money.upstream_planned, money.paid()]
            .into_iter()
            .find(|minor_units| *minor_units > 0)
            .unwrap_or(0),
    }
}

fn in_words(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "open",
        CaseState::DecideAgain => "decide again",
        CaseState::Decided => "decided",
        CaseState::Closed => "closed",
    }
}

fn meaning(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "nobody has decided",
        CaseState::DecideAgain => "what was decided does not fit any longer",
        CaseState::Decided => "waits until it is done",
        CaseState::Closed => "nothing is left to do",
    }
}

/// One finding with its evidence and history.
pub fn remedy_shown(view: &CaseView, reveal: bool, now: Now) -> String {
    let (case, currency) = (&view.case, view.currency);
    let finding = &case.finding;
    let money = |minor_units| amount(minor_units, currency).grouped();
    let mut text = sentence(&format!(
        "{}: {}, {}.{}",
        case.id(),
        finding.kind().as_str(),
        in_words(case.state),
        if case.found { "" } else { " The last comparison no longer found it." }
    ));
    text += &heading("About");
    let person = finding.person.as_ref();
    let mut about = Grid::new([("", Holds::Text), ("", Holds::Text)]);
    let mut fact = |what: &str, value: String| {
        if !value.is_empty() {
            about.row([what.into(), value]);
        }
    };
    fact("name", if reveal { visible(&finding.name).into_owned() } else { mask_name(&finding.name) });
    let number = person.map(|person| if reveal { person.whole().to_owned() } else { person.masked() });
    fact("person", number.unwrap_or_default());
    fact("scheme", short(&finding.scheme));
    fact("period", finding.period.map(|period| period.to_string()).unwrap_or_default());
    fact("part", short(&finding.parts.join("+")));
    fact("by the bank", finding.standing().as_str().into());
    fact("batch", joined(&finding.batches));
    fact("reference", joined(&finding.end_to_end_ids));
    fact("upstream's", short(&finding.upstream_references.join("+")));
    fact("matched by", short(&finding.matched));
    fact("note", masked_text(&finding.note));
    text += &without_headings(&about);
    text += &heading("Money");
    let mut grid = Grid::new([("", Holds::Text), (currency.code(), Holds::Figures)]);
    for (what, minor_units) in [
        ("paid by the fallback", finding.money.fallback),
        ("paid by upstream", finding.money.upstream_paid),
        ("planned by upstream", finding.money.upstream_planned),
        ("owed", finding.money.owed),
        ("overpaid", finding.money.overpaid),
        ("underpaid", finding.money.underpaid),
    ] {
        grid.row([what.into(), money(minor_units)]);
    }
    text += &grid.to_text();
    text += &heading("Decisions");
    for (decided, details) in &view.history {
        let second = decided.second.as_ref().map(|second| format!(" and {}", visible(second))).unwrap_or_default();
        let about = match decided.recorded.amount {
            0 => String::new(),
            minor_units => format!(" {}", money(minor_units)),
        };
        text += &item(&format!(
            "{}: {}{about}, by {}{second}: {}",
            moment::local(decided.at, now),
            decided.recorded.decision.as_str(),
            visible(&decided.by),
            masked_text(&details.reason)
        ));
    }
    if view.history.is_empty() {
        text += &item(&format!("None yet. Proposed: {}.", finding.remedy().as_str()));
    }
    let fits: Vec<String> = view.fits.iter().map(|(decision, two)| named(*decision, *two)).collect();
    text += &item(&format!("What fits: {}.", fits.join(", ")));
    if let Some(reference) = &view.reference {
        text += &recovery(view, reference);
    }
    text
}

fn recovery(view: &CaseView, reference: &RepaymentReference) -> String {
    let currency = view.currency;
    let money = |minor_units| amount(minor_units, currency).grouped();
    let mut text = heading("Recovery");
    text += &item(&format!("Payment reference: {reference}"));
    let plan = view.history.last().map(|(_, details)| details.plan.as_slice()).unwrap_or_default();
    for one in plan {
        text += &item(&format!("To be paid by {}: {}", moment::day(one.due()), money(one.amount)));
    }
    for one in &view.repayments {
        let day = one.day().map_or_else(|| "on an unknown day".to_owned(), moment::day);
        let what = if one.amount < 0 { "Taken back by the bank" } else { "Came back" };
        text += &item(&format!("{what} {day}: {}", money(one.amount)));
    }
    text + &item(&format!("Outstanding: {} {currency}.", money(view.case.outstanding())))
}

fn named(decision: Decision, takes_two: bool) -> String {
    format!("{}{}", decision.as_str(), if takes_two { " (takes two)" } else { "" })
}

fn joined<T: ToString>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A grid of facts has nothing to say above them.
fn without_headings(grid: &Grid) -> String {
    grid.to_text().lines().skip(2).map(|line| format!("{line}\n")).collect()
}

/// After `remedy decide`.
pub fn remedy_decided(decided: &Decided, decision: Decision, written: &[PathBuf]) -> String {
    let mut text = String::new();
    for view in decided.cases.iter().take(CASES_SHOWN) {
        let case = &view.case;
        let about = match case.decided.as_ref().map_or(0, |decided| decided.recorded.amount) {
            0 => String::new(),
            minor_units => format!(", {} {}", amount(minor_units, view.currency).grouped(), view.currency),
        };
        let before = if decided.nothing_new { ", as it was before" } else { "" };
        text += &sentence(&format!("{} is decided: {}{about}{before}.", case.id(), decision.as_str()));
    }
    if decided.cases.len() > CASES_SHOWN {
        let more = counted((decided.cases.len() - CASES_SHOWN) as u64, "more finding");
        text += &sentence(&format!("And {more}."));
    }
    text += &notices_written(written);
    text + &next(decision)
}

fn next(decision: Decision) -> String {
    let next = match decision {
        Decision::Recover => {
            "Next: print or send the notices. Repayments are found on the bank's statements by their reference: `stopgap outcome FILE`."
        }
        Decision::TopUp => {
            "Next: pay what is missing under a part of its own: top_up.csv names it, `stopgap prepare` pays it."
        }
        Decision::PayAgain => "Next: hand the list in again: `stopgap prepare LIST` pays what is free to be paid.",
        Decision::Stop => "Next: give stop.csv to upstream before it runs, then reconcile with what it did.",
        Decision::WriteBack => "Next: give write_back.csv to upstream, then reconcile with its next run.",
        Decision::None => return String::new(),
    };
    sentence(next)
}

pub fn notices_written(written: &[PathBuf]) -> String {
    if written.is_empty() {
        return String::new();
    }
    let mut text =
        sentence(&format!("{} written, with the person's name in it:", counted(written.len() as u64, "notice")));
    for path in written.iter().take(CASES_SHOWN) {
        text += &item(&visible(&path.to_string_lossy()));
    }
    text
}
