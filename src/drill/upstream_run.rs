//! The runs of the made-up restored system, as its export has them: semicolons, UTF-8 with byte order mark, Danish headings and words.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::afterwards::{Afterwards, Recipient};
use super::story::Upstream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// What it has paid or stopped.
    DatedBack,
    /// What it will pay next.
    Proposal,
}

const HEADINGS: [&str; 10] =
    ["CPR", "Navn", "Konto", "Ydelse", "Periode", "Rate", "Beløb", "Status", "Betalt den", "Reference"];

pub(super) fn write(afterwards: &Afterwards, out: &mut impl Write, run: Run) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut rows = WriterBuilder::new().delimiter(b';').terminator(Terminator::CRLF).from_writer(out);
    rows.write_record(HEADINGS)?;
    let (period, two_months) = (afterwards.period.to_string(), afterwards.two_months());
    let day = afterwards.day.format("%d-%m-%Y").to_string();
    afterwards.each(&mut |recipient| {
        if belongs_to(&recipient) != run {
            return Ok(());
        }
        let upstream = recipient.story.upstream;
        let period = if upstream == Upstream::PaidTwoMonths { &two_months } else { &period };
        let new_number = afterwards.new_number(&recipient);
        let person = if upstream == Upstream::PaidUnderNewNumber { &new_number } else { &recipient.person };
        let (status, paid_on) = match upstream {
            Upstream::Stopped | Upstream::StoppedForLess | Upstream::StoppedForMore => ("stoppet", ""),
            Upstream::Planned | Upstream::PlannedForMore => ("planlagt", ""),
            _ => ("udbetalt", day.as_str()),
        };
        for (number, ore) in (0..).zip(Afterwards::upstream_amounts(&recipient)) {
            // A row that was only listed twice is the same row; a payment made twice has two numbers.
            let number = if upstream == Upstream::PaidAndListedTwice { 0 } else { number };
            rows.write_record([
                format!("{}-{}", &person[..6], &person[6..]).as_str(),
                &recipient.name,
                &recipient.account,
                recipient.scheme(),
                period,
                &recipient.part(),
                &format!("{},{:02}", ore / 100, ore % 100),
                status,
                paid_on,
                &reference(&recipient, number),
            ])?;
        }
        Ok(())
    })?;
    rows.flush()
}

fn belongs_to(recipient: &Recipient) -> Run {
    match recipient.story.upstream {
        Upstream::Planned | Upstream::PlannedForMore => Run::Proposal,
        _ => Run::DatedBack,
    }
}

/// The restored system's own number for a payment.
fn reference(recipient: &Recipient, number: u32) -> String {
    format!("U{}-{:07}-{number}", recipient.list + 1, recipient.place + 1)
}
