//! A sheet that came back: the workbook as it was filled in, or a CSV with the same columns. Read as it stands; what it says is compared
//! with the ledger by whoever asked.

use super::labels::{DANISH, ENGLISH};
use super::{Labels, SheetCode};
use crate::payment::{Account, Amount, Currency};
use crate::recipient_list::{AmountStyle, read_amount};

/// A row as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnedRow {
    /// The sheet that the file, or the row itself, names.
    pub sheet: Option<SheetCode>,
    /// As a spreadsheet shows it.
    pub file_row: u32,
    pub row: String,
    pub done: String,
    pub receipt: String,
    pub typed: String,
    /// `None` where the file has no such column.
    pub account: Option<String>,
    pub amount: Option<String>,
    pub payee: Option<String>,
    pub remark: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Heading {
    Sheet,
    Row,
    Done,
    Receipt,
    Typed,
    Account,
    Amount,
    Payee,
    Remark,
}

/// The columns that a file must have.
const NEEDED: [(Heading, &str); 4] =
    [(Heading::Row, "row"), (Heading::Done, "done"), (Heading::Receipt, "receipt"), (Heading::Typed, "amount_typed")];

impl Heading {
    /// By the headings of a sheet in either language, and by plain names for a CSV.
    fn of(cell: &str) -> Option<Self> {
        let folded = fold(cell);
        let on_sheets = |wanted: fn(&Labels) -> &'static str| {
            [&ENGLISH, &DANISH].into_iter().any(|labels| fold(wanted(labels)) == folded)
        };
        match folded.as_str() {
            "sheet" | "ark" => Some(Self::Sheet),
            "done" | "udført" | "ticked" => Some(Self::Done),
            "receipt" | "kvittering" => Some(Self::Receipt),
            "amounttyped" | "typed" => Some(Self::Typed),
            "" => None,
            _ if on_sheets(|l| l.row) => Some(Self::Row),
            _ if on_sheets(|l| l.done) => Some(Self::Done),
            _ if on_sheets(|l| l.receipt) => Some(Self::Receipt),
            _ if on_sheets(|l| l.typed) => Some(Self::Typed),
            _ if on_sheets(|l| l.account) => Some(Self::Account),
            _ if on_sheets(|l| l.amount) => Some(Self::Amount),
            _ if on_sheets(|l| l.payee) => Some(Self::Payee),
            _ if on_sheets(|l| l.remark) => Some(Self::Remark),
            _ => None,
        }
    }
}

/// Whether a cell is one of a sheet's headings.
pub fn is_heading(cell: &str) -> bool {
    Heading::of(cell).is_some()
}

fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Takes a file's rows as they come: above the headings a code is looked for, below them each row is one of the sheet's.
#[derive(Default)]
pub struct Reading {
    sheet: Option<SheetCode>,
    columns: Vec<(usize, Heading)>,
    pub rows: Vec<ReturnedRow>,
}

impl Reading {
    pub fn row<'c>(&mut self, file_row: u32, cells: impl Iterator<Item = &'c str> + Clone) {
        let named: Vec<(usize, Heading)> =
            cells.clone().enumerate().filter_map(|(at, cell)| Some((at, Heading::of(cell)?))).collect();
        if NEEDED.iter().all(|(needed, _)| named.iter().any(|(_, heading)| heading == needed)) {
            self.columns = named;
            return;
        }
        if self.columns.is_empty() {
            self.sheet = cells.filter_map(SheetCode::find_in).last().or(self.sheet.take());
            return;
        }
        let mut row = ReturnedRow { file_row, sheet: self.sheet.clone(), ..ReturnedRow::default() };
        for (at, cell) in cells.enumerate() {
            let cell = cell.trim();
            let Some((_, heading)) = self.columns.iter().find(|(column, _)| *column == at) else { continue };
            match heading {
                Heading::Sheet if cell.is_empty() => {}
                Heading::Sheet => row.sheet = cell.parse().ok(),
                Heading::Row => row.row = cell.into(),
                Heading::Done => row.done = cell.into(),
                Heading::Receipt => row.receipt = cell.into(),
                Heading::Typed => row.typed = cell.into(),
                Heading::Account => row.account = Some(cell.into()),
                Heading::Amount => row.amount = Some(cell.into()),
                Heading::Payee => row.payee = Some(cell.into()),
                Heading::Remark => row.remark = cell.into(),
            }
        }
        let says = [&row.row, &row.done, &row.receipt, &row.typed, &row.remark];
        let of_payment = [&row.account, &row.amount].into_iter().flatten();
        if says.into_iter().chain(of_payment).any(|cell| !cell.is_empty()) {
            self.rows.push(row);
        }
    }

    /// The columns that were looked for in vain; empty where the headings were found.
    pub fn missing(&self) -> Vec<&'static str> {
        let missing = NEEDED.iter().filter(|_| self.columns.is_empty());
        missing.map(|(_, name)| *name).collect()
    }
}

/// Whether a cell is a tick: anything but nothing and a plain no.
pub fn is_tick(cell: &str) -> bool {
    !matches!(fold(cell).as_str(), "" | "no" | "nej" | "n" | "false" | "falsk" | "0")
}

/// A receipt without the spaces, hyphens and small letters that people and banks put into it.
pub fn folded_receipt(receipt: &str) -> String {
    receipt.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// A shorter receipt is looked for on no statement: it could be anything.
const SHORTEST_RECEIPT: usize = 5;

/// Whether a folded receipt is too short to tell a payment by.
pub fn is_too_short(folded: &str) -> bool {
    folded.chars().count() < SHORTEST_RECEIPT
}

/// Whether a text that somebody typed can be read as this amount, in whichever style.
pub fn is_amount(typed: &str, amount: Amount) -> bool {
    let styles = [AmountStyle::Unsettled, AmountStyle::DecimalComma, AmountStyle::DecimalPoint];
    styles.into_iter().any(|style| read_amount(typed, style, amount.currency()) == Ok(amount))
}

/// The amount that a text says; `None` where it could be two, or none.
pub fn amount(typed: &str, currency: Currency) -> Option<Amount> {
    let read = read_amount(typed, AmountStyle::Unsettled, currency).ok();
    read.filter(|amount| amount.minor_units() > 0)
}

/// Whether a cell holds this account, however it is spaced.
pub fn is_account(cell: &str, account: &Account) -> bool {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    bare(cell) == bare(&account.whole()) || bare(cell) == bare(&super::in_groups(account, super::MAKER_VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&[&str]]) -> Reading {
        let mut reading = Reading::default();
        for (number, line) in (1..).zip(lines) {
            reading.row(number, line.iter().copied());
        }
        reading
    }

    #[test]
    fn a_file_is_read_under_the_headings_of_either_language() {
        let danish = ["Række", "Udført (x)", "Bankens kvittering", "Tastet beløb", "Konto", "Bemærkning"];
        let english = ["Row", "Done (x)", "Bank's receipt", "Amount typed", "Account", "Remark"];
        let plain = ["row", "done", "receipt", "amount_typed", "account", "remark"];
        for headings in [danish, english, plain] {
            let found =
                read(&[&["Ark B0001-S1-7KQ4"], &headings, &["1", "x", " NB 1 ", "5.234,50", "6471", ""], &["", ""]]);
            assert_eq!(found.missing(), [""; 0]);
            let [row] = found.rows.as_slice() else { panic!("one row") };
            assert_eq!((row.file_row, row.receipt.as_str(), row.account.as_deref()), (3, "NB 1", Some("6471")));
            assert_eq!(row.sheet.as_ref().map(ToString::to_string).as_deref(), Some("B0001-S1-7KQ4"));
        }
        assert_eq!(read(&[&["row", "done", "receipt"], &["1", "x", "R"]]).missing().len(), 4);
    }

    #[test]
    fn a_row_may_name_its_own_sheet() {
        let found = read(&[
            &["sheet", "row", "done", "receipt", "amount_typed"],
            &["B0001-S2-7KQ4", "1", "x", "R", "1"],
            &["rubbish", "2", "x", "R", "1"],
        ]);
        let sheets: Vec<_> = found.rows.iter().map(|row| row.sheet.as_ref().map(|sheet| sheet.number)).collect();
        assert_eq!(sheets, [Some(2), None]);
    }

    #[test]
    fn an_amount_is_compared_to_the_øre_however_it_was_typed() {
        let kroner = |minor_units| Amount::from_minor_units(minor_units, Currency::Dkk);
        for typed in ["5.234,50", "5234,50", "5,234.50", "5234.5", "5 234,50"] {
            assert!(is_amount(typed, kroner(523_450)), "{typed}");
        }
        // A lone group is a thousand and more where that is what was to be typed, and never anything else.
        assert!(is_amount("1.234", kroner(123_400)) && !is_amount("1.234", kroner(123)));
        for typed in ["5.234,51", "523450", "5234", "", "x"] {
            assert!(!is_amount(typed, kroner(523_450)), "{typed}");
        }
        assert_eq!(amount("1.234", Currency::Dkk), None);
        assert_eq!(amount("-5,00", Currency::Dkk), None);
    }

    #[test]
    fn ticks_and_receipts_are_what_people_write() {
        for (cell, ticked) in
            [("x", true), ("X", true), ("ja", true), ("1", true), ("", false), ("nej", false), (" 0", false)]
        {
            assert_eq!(is_tick(cell), ticked, "{cell}");
        }
        assert_eq!(folded_receipt(" nb-123 456/æ"), "NB123456Æ");
        assert!(is_too_short("1234") && is_too_short("NBÆ1") && !is_too_short("12345"));
    }
}
