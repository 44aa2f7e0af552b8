//! `remedy recall`, and recalls wherever they are shown: what the bank was asked, what it said, and what to do next.

use std::path::Path;

use super::figures::{payments, with_currency};
use super::mask::visible;
use super::paragraph::{heading, item, sentence};
use crate::bank::report::reason;
use crate::ledger::recalls::{RecallStanding, RecallState};
use crate::ops::findings::{self, amount};
use crate::ops::recalls::{OpenRecall, Recalled, path_of};
use crate::say;
use crate::words::Message;

/// After `remedy recall`.
pub fn recalled(recalled: &Recalled) -> String {
    let recall = &recalled.recall;
    let (id, sum) = (recall.id().to_string(), payments(recall.recorded.sum));
    let mut text = sentence(match recalled.begun_before {
        true => {
            say!("{recall} was begun before; its file lies in its place now: {payments}.", recall = id, payments = sum)
        }
        false => say!("{recall} asks the bank to take back {payments}.", recall = id, payments = sum),
    });
    text += &item(shown(&recalled.path));
    for one in &recalled.left_out {
        text += &item(say!(
            "Not asked for: {payment}, because {why}.",
            payment = one.payment.to_string(),
            why = one.why.clone()
        ));
        if let Some(tell) = &one.tell {
            text += &item(tell.clone());
        }
    }
    if recalled.other_asked {
        text += &sentence(say!(
            "MIND: that recall came first, and asks for something else than this command. Its file lies in its place now; run the command again for what you asked."
        ));
    }
    if recalled.begun_before {
        text += &sentence(say!("If it was handed in already, do not hand it in again: it is the same file."));
    }
    text += &sentence(say!(
        "Next: hand the file in at the bank today, and telephone: what is settled cannot be called back. Then read its answer (camt.029) with `stopgap outcome FILE`."
    ));
    if recall.recorded.reason.stays_paid() {
        text +=
            &sentence(say!("Whatever the bank answers, nobody is paid again because of it: the other payment stands."));
    }
    text
}

pub fn recalls_given_up(recalls: &[RecallState]) -> String {
    let each = recalls.iter().map(|recall| {
        sentence(say!(
            "{recall} of {finding} is given up: its answer is no longer waited for.",
            recall = recall.id().to_string(),
            finding = findings::id(recall.recorded.basis, recall.recorded.number)
        ))
    });
    let next = sentence(say!(
        "What it said of the payment stands: nothing was freed. `stopgap remedy decide FINDING` decides what is to be done instead."
    ));
    each.collect::<String>() + &next
}

/// Those that are not over, with what to do next.
pub fn open_recalls(open: &[OpenRecall]) -> String {
    if open.is_empty() {
        return String::new();
    }
    let mut text = heading(say!("What the bank was asked to take back"));
    for one in open {
        let (recall, finding) = (one.recall.id().to_string(), one.finding());
        let told = match (one.recall.written, one.waiting.count, one.not_back.count) {
            (false, ..) => say!(
                "{recall} of {finding} was interrupted: `stopgap remedy recall {finding}` finishes it.",
                recall,
                finding
            ),
            (_, 0, _) => say!(
                "{recall} of {finding}: the bank took back {payments} and shows them booked. Read the statement that shows their return.",
                recall,
                finding,
                payments = payments(one.not_back)
            ),
            _ => say!(
                "{recall} of {finding}: {payments} wait for the bank's answer. Read it with `stopgap outcome FILE`; ask the bank where none comes.",
                recall,
                finding,
                payments = payments(one.waiting)
            ),
        };
        text += &item(told);
    }
    text
}

/// Of one finding.
pub fn recalls_of(recalls: &[RecallState]) -> String {
    if recalls.is_empty() {
        return String::new();
    }
    let mut text = heading(say!("Recalls"));
    for recall in recalls {
        text += &item(say!(
            "{recall} ({reason}): {file}",
            recall = recall.id().to_string(),
            reason = recall.recorded.reason.code(),
            file = shown(&path_of(recall))
        ));
        for one in &recall.recorded.payments {
            let sent = amount(one.amount, recall.recorded.sum.amount.currency());
            let why = recall.said_of(&one.payment).filter_map(|said| said.reason_code()).last();
            let why = why.map(|code| format!(", {}", reason::told_of_a_recall(code.as_str()))).unwrap_or_default();
            text += &item(say!(
                "{payment}, {amount}: {standing}",
                payment = one.payment.to_string(),
                amount = with_currency(sent),
                standing = format!("{}{why}", in_words(recall.standing_of(&one.payment)))
            ));
        }
    }
    text
}

pub fn in_words(standing: RecallStanding) -> Message {
    match standing {
        RecallStanding::Waiting => say!("the bank has not answered"),
        RecallStanding::Pending => say!("the bank is looking into it"),
        RecallStanding::Accepted => say!("the bank takes it back"),
        RecallStanding::Refused => say!("the bank does not take it back"),
        RecallStanding::Contradictory => say!("the bank said both that it takes it back and that it does not"),
        RecallStanding::GivenUp => say!("no answer is waited for any more"),
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}
