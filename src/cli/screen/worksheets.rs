//! Work sheets: what was put out, who has it, what came back, what is open.

use std::path::Path;

use chrono::NaiveDate;

use super::figures::payments;
use super::grid::{Grid, left, right};
use super::mask::{mask_name, short, visible};
use super::paragraph::{heading, item, sentence, wrapped};
use crate::ledger::worksheets::SheetVerdict;
use crate::ops::worksheets::overview::{RowView, SheetShown, SheetView};
use crate::ops::worksheets::release::Released;
use crate::ops::worksheets::returning::{Returned, RowProblem};
use crate::ops::worksheets::settle::Settled;
use crate::say;
use crate::words::{self, Message, count};
use crate::worksheet::SheetCode;

/// More rows than this are told by number only; JSON has them all.
const TOLD: usize = 40;

/// `today` is the day where the operator sits.
pub fn sheets_released(released: &Released, today: NaiveDate) -> String {
    let (batch, sheets) = (released.batch, released.sheets.len() as u64);
    let mut text = sentence(match released.nothing_new {
        true => say!(
            "Batch {batch} was released before. These are the same {sheets:sheet|sheets} as then: nothing was written. Do not type them again.",
            batch,
            sheets
        ),
        false => {
            say!("Batch {batch} is released as {sheets:work sheet|work sheets}. It counts as paid.", batch, sheets)
        }
    });
    if let Some(date) = released.first_pay_date.filter(|date| *date <= today) {
        text += &sentence(say!(
            "Mind the time: the first pay date is {date}. Ask the bank whether it still takes it.",
            date
        ));
    }
    text += &heading(say!("Sheets, in {folder}", folder = released.folder.display()));
    let currency = released.sheets.first().map_or("", |sheet| sheet.sum.amount.currency().code());
    let mut grid = Grid::new([left(say!("Sheet")), left(say!("Clerk")), right(say!("Payments")), right(currency)]);
    for sheet in &released.sheets {
        let clerk = if sheet.clerk.is_empty() { "–".to_owned() } else { short(&sheet.clerk) };
        grid.row([sheet.code.clone(), clerk, count(sheet.sum.count), words::amount(sheet.sum.amount)]);
    }
    text += &grid.to_text();
    if let Some(entry) = released.adopted_older {
        text += &sentence(say!(
            "MIND: this ledger may have lost releases; two people went on with it all the same (entry {entry}).",
            entry
        ));
    }
    if let Some(code) = &released.receipt {
        text += &heading(say!("Receipt code of the ledger"));
        text += &format!("  {code}\n");
    }
    text += &heading(say!("Next"));
    for line in [
        say!(
            "Print the page of each sheet (.html), one person a sheet, and copy its workbook (.xlsx) to where it is filled in."
        ),
        say!("Each row is typed once. Whoever is in doubt leaves it without a tick."),
        say!(
            "Take each sheet back: `stopgap worksheet return FILE`. Then read the bank's statement: `stopgap outcome FILE`."
        ),
    ] {
        text += &wrapped(line, "  [ ] ", "      ");
    }
    text
}

pub fn sheet_list(sheets: &[SheetView], purged: u64) -> String {
    let mut text = String::new();
    if sheets.is_empty() {
        text += &sentence(say!("No batch was released as work sheets."));
    } else {
        let mut grid = Grid::new([
            left(say!("Sheet")),
            left(say!("Clerk")),
            right(say!("Rows")),
            right(say!("Typed")),
            right(say!("Booked")),
            right(say!("Open")),
            right(say!("Open amount")),
        ]);
        for sheet in sheets {
            grid.row([
                sheet.code.clone(),
                if sheet.clerk.is_empty() { "–".to_owned() } else { short(&sheet.clerk) },
                count(sheet.sum.count),
                count(sheet.typed),
                count(sheet.booked),
                count(sheet.open.count),
                words::amount(sheet.open.amount),
            ]);
        }
        text += &grid.to_text();
        for sheet in sheets.iter().filter(|sheet| sheet.wrong > 0) {
            let (rows, code) = (sheet.wrong, sheet.code.as_str());
            text += &item(say!(
                "{rows:row needs|rows need} a person on sheet {code}: `stopgap worksheet show {code}`.",
                rows,
                code
            ));
        }
    }
    if purged > 0 {
        text += &sentence(say!("{sheets:sheet|sheets} of purged episodes left out.", sheets = purged));
    }
    text
}

pub fn sheet_shown(shown: &SheetShown) -> String {
    let view = &shown.view;
    let mut text = sentence(say!("Sheet {code}: {sum}.", code = view.code.as_str(), sum = payments(view.sum)));
    let clerk = if view.clerk.is_empty() { "–".into() } else { visible(&view.clerk).into_owned() };
    text += &sentence(say!(
        "Clerk: {clerk}. Typed {typed}, settled by two people {settled}, booked by the bank {booked}, open {open}.",
        clerk,
        typed = view.typed,
        settled = view.settled,
        booked = view.booked,
        open = view.open.count
    ));
    text += &rows(&say!("Rows that need a person").to_string(), shown.rows.iter().filter(|row| row.is_wrong()));
    text += &rows(&say!("Open rows: unknown, not unpaid").to_string(), shown.rows.iter().filter(|row| row.is_open()));
    if view.open.count > 0 {
        let code = view.code.as_str();
        text += &heading(say!("Next"));
        text += &item(say!("Read the bank's statement: `stopgap outcome FILE`. It settles what it names."));
        text += &item(say!(
            "What the bank does not name, two people settle: `stopgap worksheet settle {code} --row N --as typed` or `--as not-typed`, with --reason and --second.",
            code
        ));
    }
    text
}

fn rows<'r>(title: &str, rows: impl Iterator<Item = &'r RowView>) -> String {
    let rows: Vec<&RowView> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text = heading(title);
    for row in rows.iter().take(TOLD) {
        text += &item(in_words(row));
    }
    if rows.len() > TOLD {
        text += &item(say!("… and {rows:row|rows} more; --json has them all.", rows = (rows.len() - TOLD) as u64));
    }
    text
}

fn in_words(row: &RowView) -> String {
    let payment = &row.line.payment;
    let account =
        payment.account.as_ref().map_or_else(|| payment.obligation.person.masked(), |account| account.masked());
    let mut text =
        format!("{}  {}  {account}  {}", row.line.row, mask_name(&payment.name), words::amount(payment.amount));
    let mut add = |message: Message| {
        text += "; ";
        text += &message.to_string();
    };
    let expected = payment.amount.minor_units();
    for typed in row.typed.iter().filter(|typed| typed.amount != expected) {
        let typed = crate::payment::Amount::from_minor_units(typed.amount, payment.amount.currency());
        add(say!("typed with {typed}", typed));
    }
    if row.typed.len() > 1 {
        add(say!("{receipts:receipt|receipts}", receipts = row.typed.len() as u64));
    }
    if row.standing.bookings > 1 {
        add(say!("booked {times:time|times} by the bank", times = u64::from(row.standing.bookings)));
    }
    if row.decided == Some(SheetVerdict::NotTyped) && (row.standing.contradictory || !row.typed.is_empty()) {
        add(say!("settled as never typed, and typed after all"));
    }
    for day in row.offered.iter().take(3).flatten() {
        add(say!("a debit of this amount on {day} stands unexplained", day = *day));
    }
    text
}

pub fn sheet_handed(code: &SheetCode, to: &str) -> String {
    sentence(say!("{to} has sheet {code}.", to = visible(to).into_owned(), code = code.to_string()))
}

pub fn sheet_returned(returned: &Returned, file: &Path) -> String {
    let mut text = String::new();
    if returned.already_seen && returned.problems.is_empty() {
        text += &sentence(say!("Nothing in {file} is new.", file = file.display()));
    }
    for sheet in &returned.sheets {
        text += &sentence(say!(
            "Sheet {code}, {rows:row|rows}: {new} new as typed, {known} known before, {open} open ({amount}).",
            code = sheet.code.as_str(),
            new = sheet.new,
            rows = sheet.rows,
            known = sheet.known,
            open = sheet.open,
            amount = sheet.open_amount
        ));
    }
    text += &told_of_rows(&returned.problems, say!("For a person"));
    text += &told_of_rows(&returned.notes, say!("Good to know"));
    if returned.sheets.iter().any(|sheet| sheet.open > 0) {
        text += &sentence(say!(
            "A row that is not ticked is unknown, not unpaid: it is not paid again until the bank's statement or two people have settled it."
        ));
    }
    text
}

fn told_of_rows(rows: &[RowProblem], title: Message) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = heading(title);
    for told in rows.iter().take(TOLD) {
        let row = u64::from(told.file_row);
        let place = match told.sheet.is_empty() {
            true => say!("Line {row} of the file", row),
            false => say!("Line {row} of the file, sheet {sheet}", row, sheet = told.sheet.as_str()),
        };
        text += &item(format!("{place}: {} [{}]", visible(&told.message.to_string()), told.code));
    }
    if rows.len() > TOLD {
        let more = (rows.len() - TOLD) as u64;
        text += &item(say!("… and {rows:row|rows} more; --json has them all.", rows = more));
    }
    text
}

pub fn sheet_settled(settled: &Settled) -> String {
    let (rows, code, amount) = (settled.rows.len() as u64, settled.code.as_str(), words::amount(settled.amount));
    let said = match settled.verdict {
        SheetVerdict::Typed if settled.explained => {
            say!(
                "{rows:row|rows} of sheet {code} settled as typed, {amount}, and the bank's debit is taken for it.",
                rows,
                code,
                amount
            )
        }
        SheetVerdict::Typed => say!(
            "{rows:row|rows} of sheet {code} settled as typed, {amount}: they count as paid as before.",
            rows,
            code,
            amount
        ),
        SheetVerdict::NotTyped => say!(
            "{rows:row|rows} of sheet {code} settled as never typed, {amount}: they can be paid again, in a new batch. Cross them out on the sheet first.",
            rows,
            code,
            amount
        ),
    };
    let mut text = sentence(said);
    for debit in settled.others.iter().take(TOLD) {
        let amount = words::amount(debit.amount);
        text += &item(match debit.booked_on {
            Some(day) => {
                say!("A debit of {amount} on {day} stays unexplained: it was said to be something else's.", amount, day)
            }
            None => say!("A debit of {amount} stays unexplained: it was said to be something else's.", amount),
        });
    }
    text
}
