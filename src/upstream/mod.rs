//! What the restored systems ran or are about to run, in formats of their own: another system's pain.001, Prisme's posting files (G68/G69), and
//! the list of what Prisme could not post (§38). Each comes down to the same [`UpstreamRow`]s as a list does.
//!
//! A file is known by what is in it, never by its name, and read once from beginning to end in constant memory. Rows are handed out while the
//! file is read, so whoever takes them must keep nothing until the reader has returned without a fault: only then was the file whole.
//!
//! These formats say less than a list. A pain.001 seldom carries a person number; none of them names a benefit or a period. What can be told
//! from a text, an account or a date is told by the settings ([`Mapping`]); a row that still lacks person, benefit or period is matched by its
//! references, and below that only ever offered to a person.

pub mod failures;
mod format;
mod lines;
mod mapping;
mod pain001;
mod posting;
mod posting_fields;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;

use chrono::NaiveDate;

pub use format::{Format, GLANCE};
pub use mapping::{Mapping, PeriodRule};

use crate::fault::{Fault, Result};
use crate::payment::{Country, Currency};
use crate::reconciliation::{UpstreamRow, UpstreamStatus};
use crate::say;
use crate::words::{Argument, Message, ungrouped};

/// What the readers need to know besides the file.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The payer's: person numbers and accounts are read as its.
    pub country: Country,
    /// The workspace's: rows in another are refused.
    pub currency: Currency,
    pub today: NaiveDate,
    /// Of every row of the file: none of these formats says which rows were carried out.
    pub status: UpstreamStatus,
    pub mapping: &'a Mapping,
}

/// Where in its file a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As a spreadsheet shows it.
    Row(u32),
    Line(u64),
    /// Of a bank file, counted from 1.
    Payment(u64),
}

impl From<Place> for Message {
    fn from(place: Place) -> Self {
        match place {
            Place::Row(number) => say!("row {number}", number = ungrouped(number)),
            Place::Line(number) => say!("line {number}", number = ungrouped(number)),
            Place::Payment(number) => say!("payment {number}", number = ungrouped(number)),
        }
    }
}

impl From<Place> for Argument {
    fn from(place: Place) -> Self {
        Message::from(place).into()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Message::from(*self).fmt(f)
    }
}

/// Takes the rows of a run as they come: each as it was understood, or what is wrong with it.
pub type Emit<'a> = &'a mut dyn FnMut(Place, Result<UpstreamRow, Message>) -> Result<()>;

/// Reads a run that is no list.
///
/// # Errors
/// `upstream.…`, where the file is not whole, of another version or currency, or not to be trusted; and whatever `each` returns.
pub fn read(format: Format, input: impl Read, terms: &Terms, each: Emit) -> Result<()> {
    match format {
        Format::Pain001 => pain001::read(input, terms, each),
        Format::Postings => posting::read(input, terms, each),
        Format::List | Format::Failures => {
            Err(Fault::failed("upstream.format", say!("This kind of file has a reader of its own.")))
        }
    }
}
