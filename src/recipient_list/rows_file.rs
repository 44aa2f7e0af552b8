//! `rows.csv`: every row with its fate and the reason, and behind that the row itself, so that it can be corrected and handed in again.
//!
//! It is opened in spreadsheet programs, which take a cell that begins with `=` for a formula. Such cells get an apostrophe, and lose it
//! when the file comes back.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::payment::Currency;

use super::amount_style::{AmountError, AmountStyle, read_amount};
use super::columns::Column;
use super::instruction::Instruction;
use super::row::Cells;

/// The first headings of the file, by which it is known. What follows are the columns of a list.
pub const HEADINGS: [&str; 6] = ["file", "sheet", "row", "fate", "code", "message"];

/// So many bytes of rows go to where the file is written at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// A `rows.csv` being written, row by row: commas, UTF-8 without a mark.
pub struct RowsFile<W: Write> {
    target: W,
    /// Rows on their way there.
    rows: Vec<u8>,
    settled: Vec<(Column, String)>,
}

impl<W: Write> RowsFile<W> {
    /// Begins the file with its headings.
    pub fn new(target: W) -> io::Result<Self> {
        Self::with_settled(target, Vec::new())
    }

    /// As [`new`](Self::new), with what the command line said for rows that do not say it: it is written into their empty cells, so that
    /// the file means the same wherever it is handed in.
    pub fn with_settled(target: W, settled: Vec<(Column, String)>) -> io::Result<Self> {
        let mut rows = Vec::with_capacity(BUFFER_BYTES + 1024);
        let columns = Column::OF_RECIPIENTS.iter().map(|column| column.as_str());
        HEADINGS.into_iter().chain(columns).for_each(|heading| add_cell(&mut rows, heading));
        end_row(&mut rows);
        Ok(Self { target, rows, settled })
    }

    /// One row of a list and what became of it: the code that decided its fate, and all that there is to say about it.
    #[allow(clippy::too_many_arguments)] // One for each heading.
    pub fn row(
        &mut self,
        file: &str,
        sheet: Option<&str>,
        row: u32,
        fate: &str,
        code: &str,
        message: &str,
        instruction: &Instruction,
    ) -> io::Result<()> {
        let (rows, settled) = (&mut self.rows, &self.settled);
        let mut write = |text: &str| add_cell(rows, &guarded(text));
        write(file);
        write(sheet.unwrap_or_default());
        write(&row.to_string());
        write(fate);
        write(code);
        write(message);
        for column in Column::OF_RECIPIENTS {
            match column {
                Column::Amount => write(&amount(instruction)),
                column if instruction.is_filled(*column) => write(instruction.cell(*column)),
                column => {
                    let value = settled.iter().find(|(settled, _)| settled == column);
                    write(value.map_or("", |(_, value)| value));
                }
            }
        }
        end_row(rows);
        if rows.len() >= BUFFER_BYTES {
            self.target.write_all(rows)?;
            rows.clear();
        }
        Ok(())
    }

    /// Ends the file and hands back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.target.write_all(&self.rows)?;
        Ok(self.target)
    }
}

/// A cell of a table, and the comma behind it.
fn add_cell(row: &mut Vec<u8>, cell: &str) {
    push_whole(row, cell, b',');
    row.push(b',');
}

/// A cell as it stands, whatever it begins with, in a line whose cells are parted by `delimiter`: between quotation marks where a reader would take
/// something in it for its end.
pub fn push_whole(line: &mut Vec<u8>, cell: &str, delimiter: u8) {
    let bytes = cell.as_bytes();
    if !bytes.iter().any(|byte| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r')) {
        return line.extend_from_slice(bytes);
    }
    line.push(b'"');
    for byte in bytes {
        if *byte == b'"' {
            line.push(b'"');
        }
        line.push(*byte);
    }
    line.push(b'"');
}

/// Puts the end of the row in the place of the comma behind its last cell.
fn end_row(row: &mut Vec<u8>) {
    row.pop();
    row.push(b'\n');
}

/// The amount as written, but so that it means the same without the column it came from: `1.234` becomes `1234`.
fn amount(instruction: &Instruction) -> Cow<'_, str> {
    let written = instruction.cell(Column::Amount);
    if instruction.amount_style() == AmountStyle::Unsettled || says_its_own_style(written) {
        return written.into();
    }
    let currency = instruction.cell(Column::Currency).parse().unwrap_or(Currency::Dkk);
    let alone = read_amount(written, AmountStyle::Unsettled, currency);
    match (alone, read_amount(written, instruction.amount_style(), currency)) {
        (Err(AmountError::Ambiguous), Ok(amount)) => (amount.minor_units() / 100).to_string().into(),
        _ => written.into(),
    }
}

/// Whether it ends in a mark and one or two digits, or in four digits: then no column is needed to tell what its marks are.
fn says_its_own_style(written: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    match written.as_bytes() {
        [.., b',' | b'.', last] => is_digit(last),
        [.., b',' | b'.', tens, last] => is_digit(tens) && is_digit(last),
        [.., a, b, c, d] => [a, b, c, d].into_iter().all(is_digit),
        _ => false,
    }
}

/// Whether a heading row is that of a `rows.csv`.
pub(super) fn begins(headings: &Cells) -> bool {
    headings.len() > HEADINGS.len() && headings.iter().zip(HEADINGS).all(|(heading, ours)| super::trim(heading) == ours)
}

/// The beginnings that a spreadsheet program takes for a formula, or drops to get at one; the full-width ones where East Asian habits are set.
const FORMULA_STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Also what looks guarded already, so that taking one apostrophe off is always right.
fn needs_guard(text: &str) -> bool {
    // Nearly every cell begins with a letter or digit.
    let plain = text.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric);
    !plain && text.trim_start_matches('\'').starts_with(FORMULA_STARTS)
}

/// A cell as it is written so that no spreadsheet takes it for a formula: behind an apostrophe where it begins like one.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if needs_guard(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// The cell without the apostrophe that kept it from being a formula.
pub(super) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| needs_guard(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_come_back_as_they_were() {
        for cell in ["=1+1", "+45 1", "-5", "@x", "\tx", "\r=x", "'=x", "''-x", "-", "=", "＝1+1", "＋45", "－5", "＠x"]
        {
            assert!(needs_guard(cell), "{cell:?}");
            assert_eq!(unguarded(&format!("'{cell}")), cell);
        }
        for cell in ["", "'", "O'Brien", "'s-Gravenhage", "5-", "a=b", "0101901234"] {
            assert!(!needs_guard(cell), "{cell:?}");
            assert_eq!(unguarded(cell), cell);
        }
    }

    #[test]
    fn an_amount_that_says_its_own_style_is_never_ambiguous() {
        let amounts =
            ["16716,91", "1.234,5", "1234", "1,234.56", "0,5", "1.234", "1,234", "123", "1.234 kr", "", "-1.234,50"];
        for written in amounts {
            let alone = read_amount(written, AmountStyle::Unsettled, Currency::Dkk);
            assert!(!says_its_own_style(written) || alone != Err(AmountError::Ambiguous), "{written}");
        }
        assert!(says_its_own_style("16716,91") && !says_its_own_style("1.234") && !says_its_own_style("1.234 kr"));
    }

    proptest::proptest! {
        /// Whatever stands in the cells, the csv crate would write it so.
        #[test]
        fn cells_are_written_as_the_csv_crate_writes_them(
            rows in proptest::collection::vec(proptest::collection::vec("[a,\"\r\n' ø;]{0,6}", 2..5), 1..5),
        ) {
            let mut ours = Vec::new();
            let mut theirs = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                row.iter().for_each(|cell| add_cell(&mut ours, cell));
                end_row(&mut ours);
                theirs.write_record(row).expect("writes");
            }
            proptest::prop_assert_eq!(ours, theirs.into_inner().expect("writes"));
        }
    }

    #[test]
    fn a_row_is_written_with_its_fate_and_all_its_reasons() {
        let instruction = Instruction::for_test(&[
            (Column::PersonId, "0101901234"),
            (Column::Name, "=Made, Up"),
            (Column::Amount, "-1.234,56"),
        ]);
        let mut file = RowsFile::new(Vec::new()).expect("headings");
        file.row("a.csv", None, 12, "rejected", "amount.not_positive", "Too little.", &instruction).expect("a row");
        let text = String::from_utf8(file.finish().expect("an end")).expect("UTF-8");
        assert_eq!(
            text,
            "file,sheet,row,fate,code,message,person_id,cvr,name,account,reg_no,amount,currency,scheme,period,part,payee_name,\
             payee_account,text,pay_on,country,change,priority,payment_reference\n\
             a.csv,,12,rejected,amount.not_positive,Too little.,0101901234,,\"'=Made, Up\",,,\"'-1.234,56\",\
             ,,,,,,,,,,,\n"
        );
    }
}
