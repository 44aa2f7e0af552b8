//! `remedy`: what is open, what was decided, what came back. Names are masked; JSON and the notices have them whole.

use std::path::PathBuf;

use super::figures::with_currency;
use super::grid::{Grid, left, right};
use super::mask::{mask_name, masked_text, short, visible};
use super::paragraph::{heading, item, sentence};
use super::recalls::{open_recalls, recalls_of};
use super::{meaning, moment};
use crate::ledger::recalls::RecallState;
use crate::ledger::remedies::Decision;
use crate::ops::Now;
use crate::ops::findings::amount;
use crate::ops::remedies::decide::Decided;
use crate::ops::remedies::{Case, CaseState, CaseView, Overview};
use crate::payment::{Currency, RepaymentReference};
use crate::reconciliation::finding::Kind;
use crate::say;
use crate::words::{self, Message, count};

/// How many cases a screen names.
const CASES_SHOWN: usize = 40;

/// All cases: the sums, and by name what somebody has to do something about.
pub fn remedy_list(overview: &Overview, now: Now) -> String {
    let currency = overview.currency;
    let money = |minor_units| words::amount(amount(minor_units, currency));
    let of = |state: &CaseState| overview.by_state.get(state).copied().unwrap_or_default();
    let open = of(&CaseState::Open).count + of(&CaseState::DecideAgain).count;
    let mut text = sentence(match open {
        0 => say!("No finding needs a decision."),
        open => say!("{open:finding needs|findings need} a decision.", open),
    });
    if let Some(last) = overview.compared.values().max() {
        text += &sentence(say!("Last compared: {at}.", at = moment::local(*last, now)));
    }
    let mut grid = Grid::new([
        left(say!("State")),
        right(say!("Findings")),
        right(say!("Overpaid")),
        right(say!("Underpaid")),
        left(say!("Which means")),
    ]);
    for state in CaseState::ALL {
        let sum = of(&state);
        let row = [in_words(state).to_string(), count(sum.count), money(sum.overpaid), money(sum.underpaid)];
        let [state_name, number, overpaid, underpaid] = row;
        grid.row([state_name, number, overpaid, underpaid, what_it_means(state).to_string()]);
    }
    text += &heading(say!("Where they stand"));
    text += &grid.to_text();
    if overview.asked_back > 0 || overview.repaid != 0 {
        text += &sentence(say!(
            "Asked back: {asked} {currency}; come back: {repaid}; outstanding: {outstanding}.",
            asked = money(overview.asked_back),
            currency,
            repaid = money(overview.repaid),
            outstanding = money(overview.outstanding)
        ));
    }
    if overview.back_too_much > 0 {
        text += &sentence(back_too_much(overview.back_too_much, currency));
    }
    text += &open_recalls(&overview.recalls);
    if overview.waiting.is_empty() {
        return text;
    }
    text += &heading(say!("What waits"));
    text += &cases(&overview.waiting, currency).to_text();
    let more = overview.waiting_in_all - overview.waiting.len() as u64;
    if more > 0 {
        text += &item(say!("And {more:more finding|more findings}: `stopgap remedy list --json` gives all.", more));
    }
    text += &item(say!(
        "`stopgap remedy show FINDING` says what fits; `stopgap remedy decide FINDING --as REMEDY --reason TEXT` decides."
    ));
    text
}

fn cases(cases: &[Case], currency: Currency) -> Grid {
    let mut grid = Grid::new([
        left(say!("Finding")),
        left(say!("Verdict")),
        left(say!("State")),
        left(say!("Remedy")),
        left(say!("Who")),
        right(currency.code()),
    ]);
    for case in cases {
        let remedy = match case.decision() {
            Some(decision) => decision.as_str().to_owned(),
            None => format!("({})", case.proposed.as_str()),
        };
        grid.row([
            case.id(),
            case.finding.kind().as_str().into(),
            in_words(case.state).to_string(),
            remedy,
            mask_name(&case.finding.name),
            words::amount(amount(at_stake(case), currency)),
        ]);
    }
    grid
}

/// What a case is about: of a recovery what is outstanding, else what was paid too much, too little, or at all.
fn at_stake(case: &Case) -> i64 {
    let money = &case.finding.money;
    match case.decision() {
        Some(Decision::Recover) => case.outstanding().max(case.back_too_much()),
        _ => [money.overpaid, money.underpaid, money.upstream_planned, money.paid()]
            .into_iter()
            .find(|minor_units| *minor_units > 0)
            .unwrap_or(0),
    }
}

fn in_words(state: CaseState) -> Message {
    match state {
        CaseState::Open => say!("open"),
        CaseState::DecideAgain => say!("decide again"),
        CaseState::Decided => say!("decided"),
        CaseState::Closed => say!("closed"),
    }
}

fn what_it_means(state: CaseState) -> Message {
    match state {
        CaseState::Open => say!("nobody has decided"),
        CaseState::DecideAgain => say!("what was decided does not fit any longer"),
        CaseState::Decided => say!("waits until it is done"),
        CaseState::Closed => say!("nothing is left to do"),
    }
}

/// One finding with its evidence and history.
pub fn remedy_shown(view: &CaseView, reveal: bool, now: Now) -> String {
    let (case, currency) = (&view.case, view.currency);
    let finding = &case.finding;
    let money = |minor_units| words::amount(amount(minor_units, currency));
    let mut text = say!(
        "{finding}: {kind} ({meaning}), {state}.",
        finding = case.id(),
        kind = finding.kind().as_str(),
        meaning = meaning::of_kind(finding.kind()),
        state = in_words(case.state)
    );
    if !case.found {
        text = text.and(say!("The last comparison no longer found it."));
    }
    let mut text = sentence(text);
    text += &heading(say!("About"));
    let person = finding.person.as_ref();
    let mut about = Grid::new([left(""), left("")]);
    let mut fact = |what: Message, value: String| {
        if !value.is_empty() {
            about.row([what.to_string(), value]);
        }
    };
    fact(say!("name"), if reveal { visible(&finding.name).into_owned() } else { mask_name(&finding.name) });
    let number = person.map(|person| if reveal { person.whole().to_owned() } else { person.masked() });
    fact(say!("person"), number.unwrap_or_default());
    fact(say!("scheme"), short(&finding.scheme));
    fact(say!("period"), finding.period.map(|period| period.to_string()).unwrap_or_default());
    fact(say!("part"), short(&finding.parts.join("+")));
    fact(say!("by the bank"), meaning::of_standing(finding.standing()).to_string());
    fact(say!("batch"), joined(&finding.batches));
    fact(say!("reference"), joined(&finding.end_to_end_ids));
    fact(say!("upstream's"), short(&finding.upstream_references.join("+")));
    fact(say!("matched by"), short(&finding.matched));
    fact(say!("note"), masked_text(&finding.note));
    text += &without_headings(&about);
    text += &heading(say!("Money"));
    let mut grid = Grid::new([left(""), right(currency.code())]);
    for (what, minor_units) in [
        (say!("paid by the fallback"), finding.money.fallback),
        (say!("paid by upstream"), finding.money.upstream_paid),
        (say!("planned by upstream"), finding.money.upstream_planned),
        (say!("owed"), finding.money.owed),
        (say!("overpaid"), finding.money.overpaid),
        (say!("underpaid"), finding.money.underpaid),
    ] {
        grid.row([what.to_string(), money(minor_units)]);
    }
    text += &grid.to_text();
    text += &heading(say!("Decisions"));
    for (decided, details) in &view.history {
        let by = match &decided.second {
            Some(second) => {
                say!("{first} and {second}", first = visible(&decided.by), second = visible(second)).to_string()
            }
            None => visible(&decided.by).into_owned(),
        };
        let about = match decided.recorded.amount {
            0 => String::new(),
            minor_units => format!(" {}", money(minor_units)),
        };
        text += &item(say!(
            "{at}: {decision}, by {by}: {reason}",
            at = moment::local(decided.at, now),
            decision = format!("{}{about}", decided.recorded.decision.as_str()),
            by,
            reason = masked_text(&details.reason)
        ));
    }
    if view.history.is_empty() {
        text += &item(say!("None yet. Proposed: {remedy}.", remedy = case.proposed.as_str()));
    }
    text += &recalls_of(&view.recalls);
    let fits: Vec<String> = view.fits.iter().map(|(decision, two)| named(*decision, *two)).collect();
    if view.recalls.iter().any(RecallState::is_open) {
        return text + &item(say!("While the recall waits for the bank, nothing else can be decided."));
    }
    let is_double = matches!(finding.kind(), Kind::DoublePaid | Kind::DoublePlanned);
    if is_double && view.can_recall {
        text += &item(say!(
            "Not booked yet: `stopgap remedy recall {finding} --second NAME` asks the bank to stop it, and telephone at once.",
            finding = view.case.id()
        ));
    }
    text += &item(say!("What fits: {decisions}.", decisions = fits.join(", ")));
    if let Some(refused) = &view.refused {
        text += &item(refused.clone());
    }
    if let Some(reference) = &view.reference {
        text += &recovery(view, reference);
    }
    text
}

fn recovery(view: &CaseView, reference: &RepaymentReference) -> String {
    let currency = view.currency;
    let money = |minor_units| words::amount(amount(minor_units, currency));
    let mut text = heading(say!("Recovery"));
    text += &item(say!("Payment reference: {reference}", reference = reference.to_string()));
    let plan = view.history.last().map(|(_, details)| details.plan.as_slice()).unwrap_or_default();
    for one in plan {
        text += &item(say!("To be paid by {day}: {amount}", day = moment::day(one.due()), amount = money(one.amount)));
    }
    for one in &view.repayments {
        let day = one.day().map_or_else(|| say!("on an unknown day").to_string(), moment::day);
        let amount = money(one.amount);
        text += &item(match one.amount {
            ..0 => say!("Taken back by the bank {day}: {amount}", day, amount),
            _ => say!("Came back {day}: {amount}", day, amount),
        });
    }
    text += &item(say!("Outstanding: {amount}.", amount = with_currency(amount(view.case.outstanding(), currency))));
    match view.case.back_too_much() {
        0 => text,
        minor_units => text + &item(back_too_much(minor_units, currency)),
    }
}

fn back_too_much(minor_units: i64, currency: Currency) -> Message {
    say!(
        "{amount} came back beyond what was asked: find out whether it is to be given back to the sender, then decide `none`, saying so.",
        amount = with_currency(amount(minor_units, currency))
    )
}

fn named(decision: Decision, takes_two: bool) -> String {
    match takes_two {
        true => say!("{decision} (takes two)", decision = decision.as_str()).to_string(),
        false => decision.as_str().to_owned(),
    }
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
            minor_units => format!(", {}", with_currency(amount(minor_units, view.currency))),
        };
        let (finding, what) = (case.id(), format!("{}{about}", decision.as_str()));
        text += &sentence(match decided.nothing_new {
            true => say!("{finding} is decided: {what}, as it was before.", finding, what),
            false => say!("{finding} is decided: {what}.", finding, what),
        });
        if decision == Decision::Recover && case.repaid > 0 {
            text += &sentence(come_back(case, view.currency));
        }
    }
    if decided.cases.len() > CASES_SHOWN {
        text += &sentence(say!("And {more:more finding|more findings}.", more = decided.cases.len() - CASES_SHOWN));
    }
    text += &notices_written(written);
    text + &next(decision)
}

/// What an amount that is asked back means where some of it has come back already.
fn come_back(case: &Case, currency: Currency) -> Message {
    let money = |minor_units| with_currency(amount(minor_units, currency));
    let (finding, repaid) = (case.id(), money(case.repaid));
    match case.outstanding() {
        0 => say!(
            "{repaid} of {finding} has come back already, and counts: nothing is outstanding, so no letter is written. To ask for more, decide the whole amount, with what has come back.",
            repaid,
            finding
        ),
        outstanding => say!(
            "{repaid} of {finding} has come back already, and counts: the letter asks for {outstanding}.",
            repaid,
            finding,
            outstanding = money(outstanding)
        ),
    }
}

fn next(decision: Decision) -> String {
    let next = match decision {
        Decision::Recover => {
            say!(
                "Next: print or send the notices. Repayments are found on the bank's statements by their reference: `stopgap outcome FILE`."
            )
        }
        Decision::TopUp => {
            say!("Next: pay what is missing under a part of its own: top_up.csv names it, `stopgap prepare` pays it.")
        }
        Decision::PayAgain => {
            say!("Next: hand the list in again: `stopgap prepare LIST` pays what is free to be paid.")
        }
        Decision::Stop => say!("Next: give stop.csv to upstream before it runs, then reconcile with what it did."),
        Decision::WriteBack => say!("Next: give write_back.csv to upstream, then reconcile with its next run."),
        Decision::None => return String::new(),
    };
    sentence(next)
}

pub fn notices_written(written: &[PathBuf]) -> String {
    if written.is_empty() {
        return String::new();
    }
    let mut text = sentence(say!(
        "{notices:notice is|notices are} written, with the person's name in it:",
        notices = written.len()
    ));
    for path in written.iter().take(CASES_SHOWN) {
        text += &item(visible(&path.to_string_lossy()));
    }
    text
}
