//! One list, row by row: each person is worked out when the row is written and forgotten after it.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use crate::payment::Scheme;

use super::benefit::BENEFITS;
use super::dialect::{AccountCell, AmountCell, Dialect, EveryRow, Row};
use super::expected::Expected;
use super::flaw::{Fate, Flaw};
use super::people::{Entitlement, People};

/// The second row of a recipient who is in a list twice comes this many recipients after the first.
const ECHO_AFTER: u64 = 7;

/// A list of made-up recipients, not written yet.
#[derive(Clone, Debug)]
pub struct MadeUpList {
    /// Without a folder: `alderspension.csv`.
    pub file_name: String,
    pub scheme: Scheme,
    /// Payments that somebody is owed. The list has more rows: some are in it twice.
    pub recipients: u64,
    pub dialect: &'static Dialect,
    people: Arc<People>,
    list: usize,
    every_row: EveryRow,
}

impl MadeUpList {
    pub(super) fn new(people: Arc<People>, list: usize, period: String) -> Option<Self> {
        let benefit = &BENEFITS[list];
        Some(Self {
            file_name: benefit.file_name.to_owned(),
            scheme: Scheme::new(benefit.scheme)?,
            recipients: people.recipients(list),
            dialect: benefit.dialect,
            people,
            list,
            every_row: EveryRow { scheme: benefit.scheme.to_owned(), period },
        })
    }

    /// Writes the list's bytes by streaming: constant memory whatever the number of recipients.
    pub fn write(&self, out: &mut impl Write) -> io::Result<Expected> {
        let mut writer = ListWriter {
            out: BufWriter::with_capacity(1 << 16, out),
            dialect: self.dialect,
            every_row: &self.every_row,
            line: String::new(),
            bytes: Vec::new(),
            last_row: 0,
            expected: Expected::default(),
        };
        writer.head()?;
        for place in 0..self.recipients + ECHO_AFTER {
            if place < self.recipients {
                writer.row(&self.row(place), self.flaw(place).map(|(flaw, _)| flaw), false)?;
            }
            let Some(earlier) = place.checked_sub(ECHO_AFTER) else { continue };
            if let Some((flaw, before)) = self.flaw(earlier).filter(|(flaw, _)| flaw.has_echo()) {
                writer.row(&self.echo(earlier, flaw, before), Some(flaw), true)?;
            }
        }
        writer.finish()
    }

    pub(super) fn flaw(&self, place: u64) -> Option<(Flaw, u64)> {
        self.people.flaw(self.list, place)
    }

    /// The row of the recipient at `place`, flaw and all.
    pub(super) fn row(&self, place: u64) -> Row {
        let entitlement = self.people.entitlement(self.list, place);
        let mut row = Row {
            person_number: entitlement.person.number.digits(),
            name: Some(entitlement.person.name.clone()),
            account: AccountCell::Given(entitlement.person.account),
            amount: AmountCell { ore: entitlement.ore, third_decimal: None },
            instalment: entitlement.instalment,
        };
        if let Some((flaw, before)) = self.flaw(place) {
            self.spoil(&mut row, &entitlement, flaw, before);
        }
        row
    }

    fn spoil(&self, row: &mut Row, entitlement: &Entitlement, flaw: Flaw, before: u64) {
        let (number, account) = (entitlement.person.number, entitlement.person.account);
        match flaw {
            Flaw::AccountTooLong => row.account = AccountCell::ElevenDigits(account),
            Flaw::IbanMistyped => row.account = AccountCell::MistypedIban(account),
            Flaw::AccountMissing => row.account = AccountCell::Empty,
            Flaw::NameMissing => row.name = None,
            Flaw::AmountZero => row.amount.ore = 0,
            Flaw::AmountThreeDecimals => row.amount.third_decimal = Some(5),
            Flaw::OverLimit => row.amount.ore *= 100,
            Flaw::NoSuchBirthday => row.person_number = number.on_31_february().digits(),
            Flaw::NumberMistyped => row.person_number.replace_range(6..7, "O"),
            Flaw::CheckDigitWrong => row.person_number = number.with_wrong_check_digit().digits(),
            Flaw::ZeroLost => {
                row.person_number = self.people.number_with_leading_zero(self.list, before).digits().split_off(1);
            }
            Flaw::OldSpelling => row.name.iter_mut().for_each(|name| name.first = "Aĸissiaĸ".to_owned()),
            Flaw::Doubled | Flaw::Corrected | Flaw::TwoNumbers => {}
        }
    }

    /// The second row of a recipient whose row comes twice.
    fn echo(&self, place: u64, flaw: Flaw, before: u64) -> Row {
        let mut row = self.row(place);
        match flaw {
            Flaw::Corrected => row.amount.ore += 50_000,
            Flaw::TwoNumbers => row.person_number = self.people.second_number(self.list, before).digits(),
            _ => {}
        }
        row
    }
}

/// The row on its way out, and the account that is kept of it.
struct ListWriter<'a, W: Write> {
    out: BufWriter<&'a mut W>,
    dialect: &'static Dialect,
    every_row: &'a EveryRow,
    line: String,
    bytes: Vec<u8>,
    /// The number a spreadsheet shows for the row written last.
    last_row: u32,
    expected: Expected,
}

impl<W: Write> ListWriter<'_, W> {
    fn head(&mut self) -> io::Result<()> {
        (self.line, self.last_row) = self.dialect.head();
        self.line_out()
    }

    fn row(&mut self, row: &Row, flaw: Option<Flaw>, is_echo: bool) -> io::Result<()> {
        self.last_row += 1;
        let readable = if row.amount.third_decimal.is_some() { 0 } else { row.amount.ore };
        let (fate, code) = flaw.map_or((Fate::Prepared, None), |flaw| flaw.judged(is_echo));
        self.expected.note(self.last_row, readable, fate, code);
        self.dialect.write_row(&mut self.line, row, self.every_row);
        self.line_out()
    }

    fn finish(mut self) -> io::Result<Expected> {
        self.dialect.write_total(&mut self.line, self.expected.read.ore);
        self.line_out()?;
        self.out.flush()?;
        Ok(self.expected)
    }

    fn line_out(&mut self) -> io::Result<()> {
        self.bytes.clear();
        self.dialect.encoding.encode(&self.line, &mut self.bytes);
        self.line.clear();
        self.out.write_all(&self.bytes)
    }
}
