//! After `outcome`: what the bank's reports said.

use super::figures::{count, counted};
use super::grid::{Grid, Holds};
use super::mask::visible;
use super::paragraph::{heading, item, sentence};
use crate::ops::outcome::{OutcomeReport, PaymentCounts};

pub fn outcome(report: &OutcomeReport) -> String {
    let mut text = sentence(&summary(&report.payments));
    text += &heading("Reports");
    let mut grid = Grid::new([
        ("Report", Holds::Text),
        ("Format", Holds::Text),
        ("Entries", Holds::Figures),
        ("Ours", Holds::Figures),
        ("Others", Holds::Figures),
    ]);
    for file in &report.files {
        let name = visible(&file.file.to_string_lossy()).into_owned();
        let seen = if file.already_seen { format!("{name} (read before)") } else { name };
        grid.row([seen, file.format.into(), count(file.entries), count(file.matched), count(file.unmatched)]);
    }
    text += &grid.to_text();
    if !report.not_standing.is_empty() {
        text += &heading("Did not stand");
        for payment in &report.not_standing {
            let then =
                if payment.freed { "It can be paid again, in a new batch." } else { "It is not freed: look into it." };
            let (id, batch, standing) = (payment.end_to_end_id, payment.batch, payment.standing.as_str());
            let reason = payment.reason_in_words();
            let amount = payment.amount.grouped();
            text += &item(&format!("{id} of batch {batch}, {amount}: {standing}, {}. {then}", visible(&reason)));
        }
    }
    if !report.repayments.is_empty() {
        text += &heading("Came back from citizens");
        for one in &report.repayments {
            let then = if one.outstanding.minor_units() == 0 {
                "Nothing is outstanding.".to_owned()
            } else {
                format!("{} is outstanding.", one.outstanding.grouped())
            };
            let (finding, reference) = (&one.finding, one.reference);
            text += &item(&format!("{finding} ({reference}): {}. {then}", one.came_back.grouped()));
        }
    }
    if !report.warnings.is_empty() {
        text += &heading("To look into");
        for warning in &report.warnings {
            text += &item(&visible(&warning.message));
        }
    }
    text
}

fn summary(counts: &PaymentCounts) -> String {
    let told = [
        (counts.accepted, "accepted"),
        (counts.settled, "settled"),
        (counts.batch, "booked within a sum"),
        (counts.rejected, "rejected"),
        (counts.returned, "returned"),
        (counts.doubled, "booked more than once"),
    ];
    let told: Vec<String> = told
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number)))
        .collect();
    if told.is_empty() {
        return "The reports said nothing new about our payments.".into();
    }
    let all = counts.accepted + counts.settled + counts.batch + counts.rejected + counts.returned + counts.doubled;
    format!("The bank's word on {}: {}.", counted(all, "payment"), told.join(", "))
}
