//! Prisme's §38 list: the payments that could not be posted. What it names was not paid; what it does not name was.
//!
//! Source: `magenta-aps/beskaeftigelsestilskud`, `prisme/posting_status.py` and `csv_format.py`: semicolons, no headings, eight cells (kind, person
//! number, invoice number, amount, day, error code, error text, voucher). Person numbers were numbers once and have lost their leading zero;
//! amounts are in whole kroner. One invoice may come in several lists. A payment is found by its invoice number, never by person and amount: two
//! of a person's payments may be alike.

use std::collections::HashMap;
use std::io::Read;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs_io::DecodeReaderBytes;

use super::lines::Lines;
use super::{Place, Terms};
use crate::bank::report::reason;
use crate::checks::{mask_person_numbers, quoted, read_person, visible};
use crate::fault::Result;
use crate::payment::{PersonId, PersonKind};
use crate::reconciliation::{UpstreamRow, UpstreamStatus};
use crate::say;
use crate::words::Message;

const CELLS: usize = 8;

/// So many characters of Prisme's words are repeated.
const LONGEST_REASON: usize = 140;

/// All failures of a command's lists, by invoice number.
#[derive(Debug, Default)]
pub struct Failures {
    by_invoice: HashMap<String, Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    person: PersonId,
    kroner: i64,
    /// Prisme's own words.
    why: String,
    /// A row of a run has this invoice number.
    met: bool,
}

impl Failures {
    pub fn is_empty(&self) -> bool {
        self.by_invoice.is_empty()
    }

    /// How many are about payments that no run of the command holds.
    pub fn not_met(&self) -> u64 {
        self.by_invoice.values().filter(|failure| !failure.met).count() as u64
    }

    /// Adds a list. `wrong` takes what cannot be understood.
    ///
    /// # Errors
    /// `upstream.unreadable`, `upstream.too_large`, and whatever `wrong` returns.
    pub fn read(
        &mut self,
        input: impl Read,
        terms: &Terms,
        wrong: &mut dyn FnMut(Place, Message) -> Result<()>,
    ) -> Result<u64> {
        // UTF-16 by its mark, as Prisme writes it; UTF-8 where somebody has saved it again.
        let mut lines = Lines::new(DecodeReaderBytes::new(input));
        let mut found = 0;
        while let Some((number, line)) = lines.next()? {
            found += 1;
            let cells = ReaderBuilder::new().has_headers(false).delimiter(b';').from_reader(line.as_bytes());
            let record = cells.into_records().next().and_then(|record| record.ok()).unwrap_or_default();
            if let Err(what) = read_failure(&record, terms).and_then(|(invoice, failure)| self.add(invoice, failure)) {
                wrong(Place::Line(number), what)?;
            }
        }
        Ok(found)
    }

    fn add(&mut self, invoice: String, failure: Failure) -> Result<(), Message> {
        match self.by_invoice.get(&invoice) {
            Some(known) if (&known.person, known.kroner) != (&failure.person, failure.kroner) => {
                Err(say!("the invoice number came before, of another person or amount"))
            }
            // Tried again, it may have failed for another reason: the last list tells.
            _ => {
                self.by_invoice.insert(invoice, failure);
                Ok(())
            }
        }
    }

    /// Marks a row as stopped where a list says that it failed.
    ///
    /// # Errors
    /// In words, where the list means another person or amount by the same invoice number.
    pub fn judge(&mut self, row: &mut UpstreamRow) -> Result<(), Message> {
        let Some(failure) = self.by_invoice.get_mut(key(&row.reference)) else { return Ok(()) };
        if row.person.as_ref().is_some_and(|person| *person != failure.person) {
            return Err(say!("the §38 list has its invoice number with another person"));
        }
        // Whole kroner: the øre may have been cut off or rounded.
        if (row.amount.minor_units() - failure.kroner * 100).abs() >= 100 {
            return Err(say!("the §38 list has its invoice number with another amount"));
        }
        failure.met = true;
        row.status = UpstreamStatus::Stopped;
        row.remark.clone_from(&failure.why);
        Ok(())
    }
}

fn read_failure(record: &StringRecord, terms: &Terms) -> Result<(String, Failure), Message> {
    if record.len() != CELLS {
        return Err(say!(
            "the line has {cells:cell|cells}, and a §38 list has {wanted}",
            cells = record.len(),
            wanted = CELLS
        ));
    }
    let cell = |at: usize| record.get(at).unwrap_or_default().trim();
    if cell(0) != "§38" {
        return Err(say!("the line is of the kind {kind}, and only §38 is read", kind = quoted(cell(0))));
    }
    let kind = if cell(1).len() == 8 { PersonKind::Organisation } else { PersonKind::Natural };
    let person = read_person(cell(1), kind, terms.country, terms.today).map_err(|problem| problem.message)?;
    let invoice = key(cell(2));
    if invoice.is_empty() {
        return Err(say!("the invoice number is missing"));
    }
    let kroner: i64 = cell(3)
        .parse()
        .map_err(|_| say!("the amount is {written}: it is in whole kroner", written = quoted(cell(3))))?;
    if kroner.checked_mul(100).is_none() {
        return Err(say!("the amount is too large"));
    }
    if chrono::NaiveDate::parse_from_str(cell(4), "%Y/%m/%d").is_err() {
        return Err(say!("the day is {written}: it is written YYYY/MM/DD", written = quoted(cell(4))));
    }
    Ok((invoice.to_owned(), Failure { person, kroner, why: why(cell(5), cell(6)), met: false }))
}

/// Why a payment failed, as Prisme has it: a code of its own, and a text that may begin with the bank's (`AC07 …`).
fn why(code: &str, text: &str) -> String {
    let in_words = text.split_whitespace().next().and_then(reason::in_words);
    let text: String = text.trim_end_matches('.').chars().take(LONGEST_REASON).collect();
    let text = mask_person_numbers(&visible(&text));
    let said = match (in_words, text.is_empty()) {
        (Some(words), _) => format!("{words} ({text})"),
        (None, false) => text,
        (None, true) => "Prisme gives no reason in words".into(),
    };
    format!("could not be posted, {said}, code {}", visible(code))
}

/// Invoice numbers are filled with zeros to 20 digits in one file and not in the other.
fn key(invoice: &str) -> &str {
    let invoice = invoice.trim();
    if invoice.bytes().all(|byte| byte.is_ascii_digit()) { invoice.trim_start_matches('0') } else { invoice }
}
