//! When: a day written so that its order is known, not past, and a bank day.

use chrono::NaiveDate;

use super::spelling::{all_digits, compact};
use super::{Code, Judged, Terms, shown};
use crate::bank::calendar::{PayDateError, check_pay_date};
use crate::phrase;
use crate::recipient_list::Column::PayOn as COLUMN;
use crate::recipient_list::{DateOrder, Instruction};
use crate::say;
use crate::words::Phrase;

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateError {
    Malformed,
    OrderUnknown,
    OrderContradicts,
    NoSuchDate,
}

impl DateError {
    /// Completes "is no date: …".
    pub fn why(self) -> Phrase {
        match self {
            DateError::Malformed => phrase!("write it as 2026-12-01 or 01-12-2026 or 01.12.2026"),
            DateError::OrderUnknown => phrase!(
                "with slashes nobody can tell the day from the month, and no other date in the column does; write it as 2026-12-01"
            ),
            DateError::OrderContradicts => phrase!(
                "with slashes nobody can tell the day from the month, and the column contradicts itself: in one date the day comes first, in another the month; write it as 2026-12-01"
            ),
            DateError::NoSuchDate => phrase!("there is no such day"),
        }
    }
}

pub(super) fn check(instruction: &Instruction, terms: &Terms) -> Judged<NaiveDate> {
    let written = instruction.cell(COLUMN);
    if written.is_empty() {
        return Judged::sound(terms.pay_on);
    }
    let date = match read_date_of_column(written, instruction.date_order()) {
        Ok(date) => date,
        Err(reason) => {
            let message = say!("{shown} is no date: {reason}.", shown = shown::quoted(written), reason = reason.why());
            return Judged::wrong(Code::DateMalformed, COLUMN, message);
        }
    };
    match check_pay_date(date, terms.today, &terms.calendar) {
        Ok(()) => Judged::sound(date),
        Err(error) => {
            let code = match error {
                PayDateError::Past { .. } => Code::DatePast,
                PayDateError::NotBankDay { .. } => Code::DateNotBankDay,
            };
            Judged::wrong(code, COLUMN, error)
        }
    }
}

/// As [`read_date`]; `01/12/2026` too, where its column tells which comes first.
pub(crate) fn read_date_of_column(written: &str, order: Option<DateOrder>) -> Result<NaiveDate, DateError> {
    let text = compact(written);
    let parts: Vec<&str> = text.split('/').collect();
    match (parts.as_slice(), order) {
        ([day, month, year], Some(DateOrder::DayFirst)) | ([month, day, year], Some(DateOrder::MonthFirst))
            if year.len() == 4 =>
        {
            read_date(&format!("{day}-{month}-{year}"))
        }
        (_, Some(DateOrder::Contradictory)) if parts.len() > 1 => Err(DateError::OrderContradicts),
        _ => read_date(written),
    }
}

/// Reads `2026-12-01`, `01-12-2026` and `01.12.2026`; day and month also without their leading zeros.
pub fn read_date(written: &str) -> Result<NaiveDate, DateError> {
    let text = compact(written);
    if text.contains('/') {
        return Err(DateError::OrderUnknown);
    }
    let mark = if text.contains('-') { '-' } else { '.' };
    let parts: Vec<&str> = text.split(mark).collect();
    let (year, month, day) = match parts[..] {
        [year, month, day] if mark == '-' && year.len() == 4 => (year, month, day),
        [day, month, year] if year.len() == 4 => (year, month, day),
        _ => return Err(DateError::Malformed),
    };
    let number = |part: &str, longest: usize| match all_digits(part) && part.len() <= longest {
        true => part.parse::<u32>().map_err(|_| DateError::Malformed),
        false => Err(DateError::Malformed),
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if !(1900..=2199).contains(&year) {
        return Err(DateError::NoSuchDate);
    }
    i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day)).ok_or(DateError::NoSuchDate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::tests::terms;

    #[test]
    fn dates_are_read_where_their_order_is_known() {
        let table = [
            ("2026-12-01", Ok("2026-12-01")),
            ("2026-12-1", Ok("2026-12-01")),
            ("01-12-2026", Ok("2026-12-01")),
            ("1-12-2026", Ok("2026-12-01")),
            ("01.12.2026", Ok("2026-12-01")),
            ("1. 12. 2026", Ok("2026-12-01")),
            ("２０２６–１２–０１", Ok("2026-12-01")),
            ("01/12/2026", Err(DateError::OrderUnknown)),
            ("2026/12/01", Err(DateError::OrderUnknown)),
            ("2026.12.01", Err(DateError::Malformed)),
            ("01-12-26", Err(DateError::Malformed)),
            ("001-12-2026", Err(DateError::Malformed)),
            ("1.12-2026", Err(DateError::Malformed)),
            ("20261201", Err(DateError::Malformed)),
            ("46357", Err(DateError::Malformed)),
            ("1. december 2026", Err(DateError::Malformed)),
            ("2026-12-ø1", Err(DateError::Malformed)),
            ("", Err(DateError::Malformed)),
            ("2026-02-30", Err(DateError::NoSuchDate)),
            ("31-11-2026", Err(DateError::NoSuchDate)),
            ("0026-12-01", Err(DateError::NoSuchDate)),
        ];
        for (written, expected) in table {
            assert_eq!(
                read_date(written).map(|d| d.to_string()).as_deref(),
                expected.as_ref().map(|d| *d),
                "{written}"
            );
        }
    }

    #[test]
    fn the_column_tells_day_from_month() {
        use DateOrder::{Contradictory, DayFirst, MonthFirst};
        let table = [
            ("01/12/2026", Some(DayFirst), Ok("2026-12-01")),
            ("1/12/2026", Some(DayFirst), Ok("2026-12-01")),
            ("01/12/2026", Some(MonthFirst), Ok("2026-01-12")),
            ("13/12/2026", Some(MonthFirst), Err(DateError::NoSuchDate)),
            ("01/12/2026", None, Err(DateError::OrderUnknown)),
            ("01/12/2026", Some(Contradictory), Err(DateError::OrderContradicts)),
            ("01.12.2026", Some(Contradictory), Ok("2026-12-01")),
            ("01/12/26", Some(DayFirst), Err(DateError::OrderUnknown)),
            ("2026/12/01", Some(DayFirst), Err(DateError::OrderUnknown)),
            ("01-12-2026", Some(MonthFirst), Ok("2026-12-01")),
        ];
        for (written, order, expected) in table {
            let read = read_date_of_column(written, order).map(|date| date.to_string());
            assert_eq!(read.as_deref(), expected.as_ref().map(|date| *date), "{written} {order:?}");
        }
        let row = Instruction::for_test(&[(COLUMN, "12/01/2026")]).with_date_order(MonthFirst);
        assert_eq!(check(&row, &terms()).value.map(|date| date.to_string()).as_deref(), Some("2026-12-01"));
    }

    #[test]
    fn a_rows_own_date_must_be_a_bank_day_to_come() {
        // Today is Friday 20 November 2026.
        let table = [
            ("", Ok("2026-12-01")),
            ("20-11-2026", Ok("2026-11-20")),
            ("2026-12-02", Ok("2026-12-02")),
            ("2026-11-19", Err(Code::DatePast)),
            ("2026-12-05", Err(Code::DateNotBankDay)),
            ("24.12.2026", Err(Code::DateNotBankDay)),
            ("12/1/2026", Err(Code::DateMalformed)),
        ];
        for (written, expected) in table {
            let judged = check(&Instruction::for_test(&[(COLUMN, written)]), &terms());
            assert_eq!(judged.value.map(|d| d.to_string()).as_deref(), expected.ok(), "{written}");
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
        }
    }
}
