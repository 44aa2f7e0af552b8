//! Work sheets: what somebody needs who types payments into the bank's portal by hand, and what they write on it.
//!
//! A batch is parted into sheets that do not overlap, in the order in which its payments lie. Each is a page to print ([`page`]) and a
//! workbook to fill in ([`workbook`]), made from the same [`Sheet`]; [`returned`] reads a ticked one. Touches nothing.

mod code;
mod groups;
mod labels;
pub mod page;
pub mod returned;
pub mod workbook;

use chrono::NaiveDate;

pub use code::SheetCode;
pub use groups::in_groups;
pub use labels::Labels;

use crate::batch::Sum;
use crate::checks::{self, CheckedPayment};
use crate::payment::{Account, Amount, BatchId, EndToEndId};
use crate::release;

/// Changes whenever a sheet's bytes would.
pub const MAKER_VERSION: u16 = 4;
/// The first that has giros as portals ask for them, and not as accounts.
pub const FIRST_WITH_GIROS: u16 = 4;

/// Whether this program makes the very bytes of a sheet of that maker.
pub fn makes_again(maker: u16) -> bool {
    (3..=MAKER_VERSION).contains(&maker)
}

/// Nobody types more than this from one sheet, and a sheet is held whole.
pub const MOST_ROWS: u64 = 5_000;
/// More sheets than this are no division of work.
pub const MOST_SHEETS: usize = 99;

/// A sheet whole.
pub struct Sheet {
    /// Whose bytes it has, see [`MAKER_VERSION`].
    pub maker: u16,
    pub code: String,
    pub batch: BatchId,
    /// From 1, and of how many.
    pub number: usize,
    pub of: usize,
    /// Empty where nobody was named.
    pub clerk: String,
    pub payer: String,
    /// The account that is paid from.
    pub from: String,
    pub drill: bool,
    pub sum: Sum,
    pub lines: Vec<Line>,
}

/// One payment to be typed.
pub struct Line {
    /// From 1 within the sheet.
    pub row: u32,
    pub end_to_end_id: EndToEndId,
    pub payment: CheckedPayment,
    /// What the rows down to this one come to.
    pub running: Amount,
}

impl Line {
    /// Whose account it is: the payee, where that is not the beneficiary.
    pub fn payee(&self) -> &str {
        self.payment.payee_name.as_deref().unwrap_or(&self.payment.name)
    }

    /// The payee's name as the list has it, where the bank gets another form; hidden marks visible.
    pub fn payee_as_written(&self) -> Option<String> {
        let CheckedPayment { payee_name, as_written, .. } = &self.payment;
        let written = if payee_name.is_some() { &as_written.payee_name } else { &as_written.name };
        written.as_deref().map(checks::visible)
    }

    /// The same of the beneficiary, where another receives the money.
    pub fn beneficiary_as_written(&self) -> Option<String> {
        self.payment.as_written.name.as_deref().map(checks::visible)
    }

    /// Where the money goes: the account in groups, or the number by which the bank finds it.
    pub fn target(&self, maker: u16) -> String {
        match &self.payment.account {
            Some(account) => in_groups(account, maker),
            None => self.payment.obligation.person.whole().to_owned(),
        }
    }

    /// Whether the payee is named by number, and not by account.
    pub fn is_by_number(&self) -> bool {
        self.payment.account.is_none()
    }

    /// What the payee's statement is to say: the reference that they ask for, before anything else. Of a payment slip with a payment id the
    /// whole line, as the invoice has it and portals take it.
    pub fn text(&self) -> String {
        let CheckedPayment { account, reference, text, obligation, .. } = &self.payment;
        match (account, reference, text) {
            (Some(Account::Slip(slip)), Some(id), _) => slip.line(Some(id.as_str())),
            (_, Some(reference), _) => format!("{} {}", reference.kind.as_str(), reference.as_str()),
            (_, None, Some(text)) => text.to_string(),
            (_, None, None) => obligation.scheme.as_str().to_owned(),
        }
    }
}

/// How many rows each sheet takes: as even as can be, none empty.
pub fn shares(payments: u64, sheets: usize) -> Vec<u64> {
    let sheets = (sheets.max(1) as u64).min(payments.max(1));
    (0..sheets).map(|at| payments / sheets + u64::from(at < payments % sheets)).collect()
}

/// What a sheet's files are called, without their endings: `B0001-S1-7KQ4_1-of-3_pay-2026-12-01_850-payments_5234000.50-DKK`.
pub fn file_stem(sheet: &Sheet) -> String {
    let environment = if sheet.drill { release::DRILL_MARK } else { "" };
    let first: NaiveDate = sheet.lines.iter().map(|line| line.payment.pay_on).min().unwrap_or_default();
    let payments = if sheet.sum.count == 1 { "payment" } else { "payments" };
    let Sheet { code, number, of, sum, .. } = sheet;
    let (count, amount, currency) = (sum.count, sum.amount, sum.amount.currency());
    format!("{environment}{code}_{number}-of-{of}_pay-{first}_{count}-{payments}_{amount}-{currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_even_and_none_is_empty() {
        let table: [(u64, usize, &[u64]); 6] = [
            (2550, 3, &[850, 850, 850]),
            (10, 3, &[4, 3, 3]),
            (11, 3, &[4, 4, 3]),
            (2, 3, &[1, 1]),
            (5, 1, &[5]),
            (5, 0, &[5]),
        ];
        for (payments, sheets, expected) in table {
            assert_eq!(shares(payments, sheets), expected, "{payments} on {sheets}");
        }
    }
}
