//! After `outcome`: what the bank's reports said.

use super::grid::{Grid, left, right};
use super::mask::visible;
use super::meaning;
use super::paragraph::{heading, item, sentence};
use super::recalls::in_words;
use crate::bank::report::reason;
use crate::ledger::recalls::RecallStanding;
use crate::ops::outcome::{OutcomeReport, PaymentCounts};
use crate::say;
use crate::words::{Message, count};

/// So many payments that did not stand are named on the screen.
const MOST_SHOWN: usize = 40;

pub fn outcome(report: &OutcomeReport) -> String {
    let mut text = sentence(summary(&report.payments));
    text += &heading(say!("Reports"));
    let mut grid = Grid::new([
        left(say!("Report")),
        left(say!("Format")),
        right(say!("Entries")),
        right(say!("Ours")),
        right(say!("Others")),
    ]);
    for file in &report.files {
        let name = visible(&file.file.to_string_lossy()).into_owned();
        let seen = if file.already_seen { say!("{name} (read before)", name).to_string() } else { name };
        grid.row([seen, file.format.into(), count(file.entries), count(file.matched), count(file.unmatched)]);
    }
    text += &grid.to_text();
    let not_standing = &report.not_standing;
    if not_standing.in_all > 0 {
        text += &heading(say!("Did not stand"));
        for payment in not_standing.told.iter().take(MOST_SHOWN) {
            let then = if payment.freed {
                say!("It can be paid again, in a new batch.")
            } else if payment.stays_paid {
                say!("It frees nothing: it was recalled because another payment stands.")
            } else {
                say!("It is not freed: look into it.")
            };
            text += &item(say!(
                "{id} of batch {batch}, {amount}: {standing}, {reason}. {then}",
                id = payment.end_to_end_id.to_string(),
                batch = payment.batch,
                amount = payment.amount,
                standing = meaning::of_standing(payment.standing),
                reason = visible(&payment.reason_in_words().to_string()),
                then
            ));
        }
        let more = not_standing.in_all.saturating_sub(MOST_SHOWN as u64);
        if more > 0 {
            text += &item(say!(
                "And {more:payment|payments} more. `stopgap reconcile` writes all of them to its findings.",
                more
            ));
        }
    }
    if !report.recalls.is_empty() {
        text += &heading(say!("Answers to recalls"));
        for one in &report.recalls {
            let why =
                one.reason.map(|code| format!(", {}", reason::told_of_a_recall(code.as_str()))).unwrap_or_default();
            text += &item(say!(
                "{recall} of {finding}, {amount}: {standing}. {then}",
                recall = one.recall.to_string(),
                finding = one.finding.as_str(),
                amount = one.amount,
                standing = format!("{}{why}", in_words(one.standing)),
                then = after_answer(one.standing)
            ));
        }
    }
    if !report.repayments.is_empty() {
        text += &heading(say!("Came back from citizens"));
        for one in &report.repayments {
            let then = match one.outstanding.minor_units() {
                0 => say!("Nothing is outstanding."),
                _ => say!("{amount} is outstanding.", amount = one.outstanding),
            };
            text += &item(say!(
                "{finding} ({reference}): {amount}. {then}",
                finding = &one.finding,
                reference = one.reference.to_string(),
                amount = one.came_back,
                then
            ));
        }
    }
    for (title, needs_a_person) in [(say!("To look into"), true), (say!("Good to know"), false)] {
        let mut told = report.warnings.iter().filter(|warning| warning.needs_a_person == needs_a_person).peekable();
        if told.peek().is_some() {
            text += &heading(title);
            text.extend(told.map(|warning| item(visible(&warning.message.to_string()))));
        }
    }
    text
}

fn after_answer(standing: RecallStanding) -> Message {
    match standing {
        RecallStanding::Accepted => say!("Reconcile again, and read the statement that shows it."),
        RecallStanding::Refused => say!("The payment stands: decide what else is to be done, such as recovering it."),
        RecallStanding::Contradictory => say!("The statement of the account must show which is true."),
        RecallStanding::Waiting | RecallStanding::Pending | RecallStanding::GivenUp => {
            say!("Nothing is to be done until the bank has decided.")
        }
    }
}

fn summary(counts: &PaymentCounts) -> Message {
    let told = [
        (counts.accepted, say!("{number} accepted", number = counts.accepted)),
        (counts.settled, say!("{number} settled", number = counts.settled)),
        (counts.batch, say!("{number} booked within a sum", number = counts.batch)),
        (counts.rejected, say!("{number} rejected", number = counts.rejected)),
        (counts.returned, say!("{number} returned", number = counts.returned)),
        (counts.doubled, say!("{number} booked more than once", number = counts.doubled)),
    ];
    let told = told.into_iter().filter(|(number, _)| *number > 0).map(|(_, what)| what.to_string());
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return say!("The reports said nothing new about our payments.");
    }
    let all = counts.accepted + counts.settled + counts.batch + counts.rejected + counts.returned + counts.doubled;
    say!("The bank's word on {payments:payment|payments}: {told}.", payments = all, told = told.join(", "))
}
