//! A sheet to fill in: the same rows in a workbook, of which only the clerk's cells can be written into.
//!
//! Amounts are numbers, everything else is text: nothing that comes from a list is ever a formula. The same sheet gives the same bytes.

use rust_xlsxwriter::{
    DataValidation, DataValidationRule, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder,
    ProtectionOptions, Workbook, Worksheet, XlsxError,
};

use super::{Labels, Line, Sheet};
use crate::payment::Amount;

/// The clerk's cells come first, so that they need not be looked for.
const CLERKS: std::ops::Range<u16> = 1..4;
const REMARK: u16 = 11;
/// Rows above the headings.
const HEAD: u32 = 4;

/// The headings in their order.
pub fn headings(l: &Labels) -> [&'static str; 12] {
    [l.row, l.done, l.receipt, l.typed, l.payee, l.account, l.amount, l.running, l.pay_on, l.text, l.scheme, l.remark]
}

const WIDTHS: [f64; 12] = [6.0, 10.0, 20.0, 14.0, 30.0, 26.0, 14.0, 15.0, 12.0, 30.0, 20.0, 30.0];

struct Formats {
    heading: Format,
    text: Format,
    account: Format,
    amount: Format,
    count: Format,
    clerks: Format,
    clerks_amount: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = || Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
        let clerks = || cell().set_border(FormatBorder::Medium).set_unlocked();
        Self {
            heading: Format::new().set_bold().set_text_wrap().set_border_bottom(FormatBorder::Medium),
            text: cell().set_text_wrap().set_num_format("@"),
            account: cell().set_bold().set_font_name("Courier New").set_font_size(14).set_num_format("@"),
            amount: cell().set_bold().set_font_size(13).set_num_format("#,##0.00"),
            count: cell().set_num_format("0"),
            clerks: clerks().set_num_format("@"),
            clerks_amount: clerks().set_num_format("#,##0.00"),
        }
    }
}

pub fn render(sheet: &Sheet, labels: &Labels) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A file that says when it was made would be another one each time.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let formats = Formats::new();
    let page = workbook.add_worksheet();
    page.set_name(&sheet.code)?;
    head(page, sheet, labels)?;
    for (column, heading) in (0..).zip(headings(labels)) {
        page.write_string_with_format(HEAD, column, heading, &formats.heading)?;
        page.set_column_width(column, WIDTHS[usize::from(column)])?;
    }
    rows(page, sheet, labels, &formats)?;
    set_up(page, sheet)?;
    workbook.save_to_buffer()
}

fn head(page: &mut Worksheet, sheet: &Sheet, l: &Labels) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold().set_font_size(16);
    let drill = if sheet.drill { "DRILL · " } else { "" };
    let title = format!("{drill}{} {} · {} {} {}", l.title, sheet.code, sheet.number, l.of, sheet.of);
    page.write_string_with_format(0, 0, title, &bold)?;
    let Sheet { payer, from, clerk, sum, .. } = sheet;
    page.write_string(1, 0, format!("{}: {payer} · {}: {from} · {}: {clerk}", l.payer, l.from, l.clerk))?;
    let (amount, currency) = (sum.amount.grouped(), sum.amount.currency());
    page.write_string(2, 0, format!("{}: {} {}, {amount} {currency}", l.total, sum.count, l.payments_of(sum)))?;
    page.write_string(3, 0, l.how[0])?;
    Ok(())
}

fn rows(page: &mut Worksheet, sheet: &Sheet, l: &Labels, formats: &Formats) -> Result<(), XlsxError> {
    for (at, line) in (HEAD + 1..).zip(&sheet.lines) {
        page.write_number_with_format(at, 0, line.row, &formats.count)?;
        page.write_blank(at, 1, &formats.clerks)?;
        page.write_blank(at, 2, &formats.clerks)?;
        page.write_blank(at, 3, &formats.clerks_amount)?;
        page.write_string_with_format(at, 4, payee(line, l), &formats.text)?;
        page.write_string_with_format(at, 5, line.target(sheet.maker), &formats.account)?;
        write_amount(page, (at, 6), line.payment.amount, &formats.amount)?;
        write_amount(page, (at, 7), line.running, &formats.amount)?;
        page.write_string_with_format(at, 8, line.payment.pay_on.to_string(), &formats.text)?;
        page.write_string_with_format(at, 9, line.text(), &formats.text)?;
        page.write_string_with_format(at, 10, line.payment.obligation.scheme.as_str(), &formats.text)?;
        page.write_blank(at, REMARK, &formats.clerks)?;
    }
    let last = HEAD + sheet.lines.len() as u32;
    let positive = DataValidation::new().allow_decimal_number(DataValidationRule::GreaterThan(0.0));
    page.add_data_validation(HEAD + 1, CLERKS.end - 1, last, CLERKS.end - 1, &positive)?;
    Ok(())
}

/// As the printed page has it: the name that is sent, the list's form where that is another, and for whom.
fn payee(line: &Line, l: &Labels) -> String {
    let in_the_list = |written: Option<String>| written.map(|written| format!("{}: {written}", l.as_written));
    let mut told = vec![line.payee().to_owned()];
    told.extend(in_the_list(line.payee_as_written()));
    if line.payment.payee_name.is_some() {
        told.push(format!("{} {}", l.for_whom, line.payment.name));
        told.extend(in_the_list(line.beneficiary_as_written()));
    }
    told.join("\n")
}

/// Fifteen digits are what a spreadsheet's number holds exactly.
const LARGEST_NUMBER: u64 = 999_999_999_999_999;

/// The number whose shortest decimal is the amount; text where a spreadsheet could not hold it to the øre.
fn write_amount(page: &mut Worksheet, at: (u32, u16), amount: Amount, format: &Format) -> Result<(), XlsxError> {
    match amount.to_string().parse::<f64>() {
        Ok(number) if amount.minor_units().unsigned_abs() <= LARGEST_NUMBER => {
            page.write_number_with_format(at.0, at.1, number, format)?;
        }
        _ => drop(page.write_string_with_format(at.0, at.1, amount.grouped(), format)?),
    }
    Ok(())
}

fn set_up(page: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    page.set_freeze_panes(HEAD + 1, 1)?;
    page.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    page.set_repeat_rows(HEAD, HEAD)?;
    page.set_footer(format!("&L{}&R&P / &N", sheet.code));
    // Without a password: it keeps from slips, not from intent. What comes back is compared with the ledger in any case.
    page.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        ..ProtectionOptions::default()
    });
    Ok(())
}
