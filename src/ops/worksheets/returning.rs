//! `worksheet return`: a ticked sheet comes back. Every row of it is compared with the ledger; what is in doubt is named and stays open, which
//! frees nothing and pays nothing. The same sheet again changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};

use super::super::hashing;
use super::super::parts::PartSealer;
use super::super::workspace::Recording;
use super::super::{Unlocked, Workspace, World, batches};
use super::{each_line, find};
use crate::checks::typed;
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ledger::worksheets::{SheetReturn, SheetVerdict, TypedRow};
use crate::payment::{Amount, BatchId};
use crate::recipient_list::any_table;
use crate::say;
use crate::words::Message;
use crate::worksheet::returned::{
    self, Reading, ReturnedRow, folded_receipt, is_account, is_amount, is_tick, is_too_short,
};
use crate::worksheet::{Line, MOST_ROWS, SheetCode};

/// The longest receipt that a bank is known to give, and some.
const LONGEST_RECEIPT: usize = 70;
/// More rows than this are no sheets of ours.
const MOST_RETURNED: usize = 20 * MOST_ROWS as usize;

/// What somebody wrote beside a row, sealed with the entry.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Written {
    pub row: u32,
    pub receipt: String,
    pub remark: String,
}

pub struct Returned {
    /// Each sheet of which the file has a row.
    pub sheets: Vec<SheetOutcome>,
    pub problems: Vec<RowProblem>,
    /// What is good to know of rows, and leaves them as they are.
    pub notes: Vec<RowProblem>,
    /// Whether nothing in the file was new.
    pub already_seen: bool,
}

pub struct SheetOutcome {
    pub code: String,
    pub rows: u64,
    /// Rows that this file brought, and rows that it told again.
    pub new: u64,
    pub known: u64,
    /// Rows of which the sheet does not say what became.
    pub open: u64,
    pub open_amount: Amount,
}

/// A row that is not as it should be. The row is left as it was, except where the message says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    pub code: &'static str,
    /// Empty where the row names none that is known.
    pub sheet: String,
    pub file_row: u32,
    pub message: Message,
}

impl Returned {
    pub fn needs_a_person(&self) -> bool {
        !self.problems.is_empty() || self.sheets.iter().any(|sheet| sheet.open > 0)
    }
}

/// Under which a receipt of the bank is known, from its folded form.
pub fn receipt_digest(tagger: &Tagger, folded: &str) -> Pseudonym {
    tagger.identity(&["stopgap receipt 1", folded])
}

/// A row of a sheet among all sheets.
type Place = (BatchId, u16, u32);

pub fn take_back(workspace: &mut Workspace, world: &World, who: Option<&str>, path: &Path) -> Result<Returned> {
    let rows = read(path)?;
    let codes: BTreeSet<SheetCode> = rows.iter().filter_map(|row| row.sheet.clone()).collect();
    if codes.is_empty() {
        return Err(Fault::input(
            "worksheet.no_code",
            say!("{file} does not say which work sheet it is.", file = path.display()),
        )
        .remedy(say!("Give the workbook that was filled in, or a CSV with the sheet's code in a column `sheet`.")));
    }
    let who = workspace.unlock(world, who)?;
    let keys = workspace.keys.clone();
    let file = hashing::file_fingerprint(&who.tagger, path)?;
    let mut recording = workspace.begin(world)?;
    let mut judge = Judge::new(&mut recording, &who, &keys, &codes)?;
    judge.each(rows, &recording, &who);
    let Judge { sheets, mut problems, mut notes, new, known } = judge;
    notes.sort_by_key(|note| note.file_row);
    problems.sort_by_key(|problem| problem.file_row);
    let already_seen = new.is_empty();
    for ((batch, sheet), rows) in &new {
        record(&mut recording, &who, &keys, (*batch, *sheet, file), rows)?;
    }
    let state = recording.state.clone();
    let outcomes = sheets.into_iter().map(|((batch, number), (code, lines))| {
        let stands = state.batches.get(&batch).and_then(|batch| batch.sheets.as_ref());
        let stands = stands.and_then(|sheets| sheets.returned.get(usize::from(number) - 1));
        let open = lines.iter().filter(|line| stands.is_some_and(|sheet| !sheet.is_told(line.row)));
        let mut open_sum = crate::batch::Sum::zero(state.currency);
        // A part of what could be added up can be added up.
        for line in open {
            let _ = open_sum.add(line.payment.amount);
        }
        SheetOutcome {
            code,
            rows: lines.len() as u64,
            new: new.get(&(batch, number)).map_or(0, |rows| rows.len() as u64),
            known: known.get(&(batch, number)).copied().unwrap_or(0),
            open: open_sum.count,
            open_amount: open_sum.amount,
        }
    });
    let returned = Returned { sheets: outcomes.collect(), problems, notes, already_seen };
    if already_seen {
        drop(recording);
    } else {
        let (state, entries) = recording.finish()?;
        workspace.follow(world, state, entries)?;
    }
    Ok(returned)
}

fn read(path: &Path) -> Result<Vec<ReturnedRow>> {
    let given = path.to_string_lossy();
    let mut reading = Reading::default();
    let mut rows = 0;
    any_table::each_row_under(path, &given, &returned::is_heading, &mut |_, number, cells| {
        rows += 1;
        if rows > MOST_RETURNED {
            return Err(Fault::input(
                "worksheet.too_large",
                say!("{file} has more rows than any work sheets.", file = path.display()),
            ));
        }
        reading.row(number, cells.iter());
        Ok(())
    })?;
    match reading.missing().as_slice() {
        [] => Ok(reading.rows),
        missing => {
            let message = say!(
                "{file} is no filled-in work sheet: it has no row with the headings {missing}.",
                file = path.display(),
                missing = missing.join(", ")
            );
            Err(Fault::input("worksheet.columns", message)
                .remedy(say!("Give the workbook that was filled in, with its headings, or a CSV with these.")))
        }
    }
}

/// Compares what came back with the ledger.
struct Judge {
    /// Every sheet that is named, with its rows.
    sheets: BTreeMap<(BatchId, u16), (String, Vec<Line>)>,
    problems: Vec<RowProblem>,
    notes: Vec<RowProblem>,
    new: BTreeMap<(BatchId, u16), Vec<(TypedRow, Written)>>,
    known: BTreeMap<(BatchId, u16), u64>,
}

/// A ticked row that can be believed as far as it goes.
struct Ticked {
    place: Place,
    code: String,
    file_row: u32,
    receipt: String,
    remark: String,
    amount: Amount,
    /// What was to be typed, where that is another amount.
    instead_of: Option<Amount>,
    line: usize,
}

impl Judge {
    fn new(
        recording: &mut Recording,
        who: &Unlocked,
        keys: &crate::ops::key_store::KeyStore,
        codes: &BTreeSet<SheetCode>,
    ) -> Result<Self> {
        let state = recording.state.clone();
        let mut sheets = BTreeMap::new();
        let mut named: BTreeMap<BatchId, BTreeMap<u16, String>> = BTreeMap::new();
        let mut unknown = None;
        for code in codes {
            match find(&state, code) {
                Ok(found) => {
                    named.entry(code.batch).or_default().insert(code.number, found.planned.code.clone());
                }
                Err(fault) => unknown = Some(fault),
            }
        }
        if named.is_empty() {
            return Err(
                unknown.unwrap_or_else(|| Fault::input("worksheet.no_code", say!("The file names no work sheet.")))
            );
        }
        for (batch, numbers) in named {
            each_line(&mut *recording.transaction, &state, (who, keys), batch, &mut |sheet, line| {
                let number = sheet as u16 + 1;
                if let Some(code) = numbers.get(&number) {
                    let of_sheet = sheets.entry((batch, number)).or_insert_with(|| (code.clone(), Vec::new()));
                    of_sheet.1.push(line);
                }
                Ok(())
            })?;
        }
        Ok(Self { sheets, problems: Vec::new(), notes: Vec::new(), new: BTreeMap::new(), known: BTreeMap::new() })
    }

    fn each(&mut self, rows: Vec<ReturnedRow>, recording: &Recording, who: &Unlocked) {
        let ticked: Vec<Ticked> = rows.into_iter().filter_map(|row| self.ticked(row)).collect();
        let mut of_row: HashMap<Place, BTreeSet<(String, Amount)>> = HashMap::new();
        let mut of_receipt: HashMap<String, BTreeSet<Place>> = HashMap::new();
        for row in &ticked {
            let folded = folded_receipt(&row.receipt);
            of_row.entry(row.place).or_default().insert((folded.clone(), row.amount));
            of_receipt.entry(folded).or_default().insert(row.place);
        }
        let mut met = BTreeSet::new();
        for row in ticked {
            let folded = folded_receipt(&row.receipt);
            if of_row[&row.place].len() > 1 {
                self.problem(
                    "worksheet.row_twice",
                    &row.code,
                    row.file_row,
                    say!("Row {row} is in the file twice, and not the same.", row = u64::from(row.place.2)),
                );
            } else if of_receipt[&folded].len() > 1 {
                let message = say!(
                    "Receipt {receipt} is written beside two rows: at most one of them can be right. Row {row} was ticked and stays open: it may \
                     have been typed.",
                    receipt = row.receipt,
                    row = u64::from(row.place.2)
                );
                self.problem("worksheet.receipt_twice", &row.code, row.file_row, message);
            } else if met.insert(row.place) {
                self.believe(row, recording, who);
            }
        }
    }

    /// What a row says, where it is of a sheet, unedited, and ticked with all that belongs to a tick.
    fn ticked(&mut self, row: ReturnedRow) -> Option<Ticked> {
        let file_row = row.file_row;
        let sheet = row.sheet.as_ref().and_then(|code| Some((code, self.sheets.get(&(code.batch, code.number))?)));
        let Some((code, (whole, lines))) = sheet.filter(|(code, (whole, _))| code.names(whole)) else {
            let message = say!("The row is of no work sheet of this ledger.");
            self.problem("worksheet.unknown_sheet", "", file_row, message);
            return None;
        };
        let (place, whole) = ((code.batch, code.number), whole.clone());
        let at = row.row.parse::<u32>().ok().and_then(|number| lines.iter().position(|line| line.row == number));
        let Some(line) = at.map(|at| &lines[at]) else {
            let message = say!("The sheet has no row `{row}`: it was added to it elsewhere.", row = typed(&row.row));
            self.problem("worksheet.row_unknown", &whole, file_row, message);
            return None;
        };
        let number = line.row;
        if !is_tick(&row.done) && !row.remark.is_empty() {
            let message = say!(
                "Row {row} has no tick. Beside it is written: {remark}",
                row = u64::from(number),
                remark = typed(&row.remark)
            );
            self.note("worksheet.remark", &whole, file_row, message);
        }
        let line = &self.sheets[&place].1[at?];
        match said(&row, line) {
            Err((code, message)) => {
                self.problem(code, &whole, file_row, message);
                None
            }
            Ok(None) => None,
            Ok(Some((amount, differs))) => {
                let (number, instead_of) = (line.row, differs.then_some(line.payment.amount));
                Some(Ticked {
                    place: (place.0, place.1, number),
                    code: whole,
                    file_row,
                    receipt: row.receipt,
                    remark: row.remark,
                    amount,
                    instead_of,
                    line: at?,
                })
            }
        }
    }

    /// Records a ticked row, unless the ledger knows better.
    fn believe(&mut self, row: Ticked, recording: &Recording, who: &Unlocked) {
        let (batch, sheet, number) = row.place;
        let receipt: Pseudonym = receipt_digest(&who.tagger, &folded_receipt(&row.receipt));
        let state = &recording.state;
        let Some(payment) = self.sheets.get(&(batch, sheet)).map(|(_, lines)| lines[row.line].end_to_end_id) else {
            return;
        };
        let known = state.receipts().find(|(_, known)| known.receipt == receipt);
        let amount = row.amount.minor_units();
        match known {
            Some((_, known)) if known.payment == payment && known.amount == amount => {
                *self.known.entry((batch, sheet)).or_default() += 1;
                return;
            }
            Some((_, known)) if known.payment == payment => {
                let message = say!(
                    "Row {row} came back before with the same receipt and another amount, {before}: that stands.",
                    row = u64::from(number),
                    before = Amount::from_minor_units(known.amount, state.currency)
                );
                return self.problem("worksheet.told_otherwise", &row.code, row.file_row, message);
            }
            Some((other, _)) => {
                let message = say!(
                    "Receipt {receipt} was returned before for another payment, of batch {other}.",
                    receipt = row.receipt,
                    other
                );
                return self.problem("worksheet.receipt_twice", &row.code, row.file_row, message);
            }
            None => {}
        }
        let found = state.batches.get(&batch).and_then(|batch| batch.sheets.as_ref());
        let stands = found.and_then(|sheets| sheets.returned.get(usize::from(sheet) - 1));
        if stands.is_some_and(|sheet| sheet.typed.contains_key(&number)) {
            let message = say!(
                "Row {row} came back before with another receipt: was it typed twice? Both receipts are kept; ask the bank to stop the second.",
                row = u64::from(number)
            );
            self.problem("worksheet.second_receipt", &row.code, row.file_row, message);
        }
        if stands.and_then(|sheet| sheet.decided.get(&number)) == Some(&SheetVerdict::NotTyped) {
            let message = say!(
                "Two people said that row {row} was never typed, and it may have been paid again since. Its receipt is kept: ask the bank which payments it has.",
                row = u64::from(number)
            );
            self.problem("worksheet.typed_after_all", &row.code, row.file_row, message);
        }
        if let Some(expected) = row.instead_of {
            let message = say!(
                "Row {row} was typed with {typed} instead of {expected}. It is recorded as typed so; have the bank correct it, or settle the difference afterwards.",
                row = u64::from(number),
                typed = row.amount,
                expected
            );
            self.problem("worksheet.amount_differs", &row.code, row.file_row, message);
        }
        if is_too_short(&folded_receipt(&row.receipt)) {
            let message = say!(
                "Receipt {receipt} of row {row} is too short to be looked for on the statement: two people will have to say which debit it was. If \
                 the bank's receipt is longer, look it up.",
                receipt = row.receipt.clone(),
                row = u64::from(number)
            );
            self.note("worksheet.receipt_short", &row.code, row.file_row, message);
        }
        let typed = TypedRow { row: number, payment, receipt, amount };
        let written = Written { row: number, receipt: row.receipt, remark: row.remark };
        self.new.entry((batch, sheet)).or_default().push((typed, written));
    }

    fn note(&mut self, code: &'static str, sheet: &str, file_row: u32, message: Message) {
        self.notes.push(RowProblem { code, sheet: sheet.to_owned(), file_row, message });
    }

    fn problem(&mut self, code: &'static str, sheet: &str, file_row: u32, message: Message) {
        self.problems.push(RowProblem { code, sheet: sheet.to_owned(), file_row, message });
    }
}

/// What a row of a sheet says: nothing, or the amount that was typed and whether it is another than was to be. The fault where it was edited, or
/// is ticked in part.
fn said(row: &ReturnedRow, line: &Line) -> Result<Option<(Amount, bool)>, (&'static str, Message)> {
    let number = u64::from(line.row);
    let same_target = |cell: &String| match &line.payment.account {
        Some(account) => is_account(cell, account),
        None => folded_receipt(cell) == folded_receipt(line.payment.obligation.person.whole()),
    };
    if row.account.as_ref().is_some_and(|cell| !same_target(cell)) {
        return Err((
            "worksheet.account_changed",
            say!(
                "The account in row {row} is not the one that was approved: the sheet was edited. Find out where the money went.",
                row = number
            ),
        ));
    }
    if row.amount.as_ref().is_some_and(|cell| !is_amount(cell, line.payment.amount)) {
        return Err((
            "worksheet.amount_changed",
            say!(
                "The amount to be paid in row {row} is not the one that was approved: the sheet was edited.",
                row = number
            ),
        ));
    }
    if row.payee.as_ref().is_some_and(|cell| !cell.contains(line.payee())) {
        return Err((
            "worksheet.payee_changed",
            say!("The payee in row {row} is not the one that was approved: the sheet was edited.", row = number),
        ));
    }
    if !is_tick(&row.done) {
        return match row.receipt.is_empty() && row.typed.is_empty() {
            true => Ok(None),
            false => Err((
                "worksheet.not_ticked",
                say!("Row {row} has a receipt or an amount and no tick: was it typed? It stays open.", row = number),
            )),
        };
    }
    let folded = folded_receipt(&row.receipt);
    if folded.is_empty() {
        return Err((
            "worksheet.receipt_missing",
            say!("Row {row} is ticked and has no receipt of the bank. It stays open.", row = number),
        ));
    }
    // 1,23457E+11: a spreadsheet has taken the receipt for a number and rounded it.
    let is_rounded =
        row.receipt.contains("E+") && row.receipt.chars().all(|c| c.is_ascii_digit() || "E+,.".contains(c));
    if is_rounded || row.receipt.chars().count() > LONGEST_RECEIPT || row.receipt.chars().any(char::is_control) {
        return Err((
            "worksheet.receipt_malformed",
            say!("What is written as receipt in row {row} is not one. It stays open.", row = number),
        ));
    }
    if is_amount(&row.typed, line.payment.amount) {
        return Ok(Some((line.payment.amount, false)));
    }
    match returned::amount(&row.typed, line.payment.amount.currency()) {
        Some(amount) => Ok(Some((amount, true))),
        None => Err((
            "worksheet.amount_unreadable",
            say!("The amount typed in row {row} is missing or cannot be read. It stays open.", row = number),
        )),
    }
}

fn record(
    recording: &mut Recording,
    who: &Unlocked,
    keys: &crate::ops::key_store::KeyStore,
    (batch, sheet, file): (BatchId, u16, Pseudonym),
    rows: &[(TypedRow, Written)],
) -> Result<()> {
    let episode = batches::episode(&recording.state, batches::find(&recording.state, batch)?)?;
    let key_id = episode.key;
    let key = who.episode_key(keys, key_id)?;
    let mut sealer = PartSealer::new(recording.state.ledger, recording.next_entry(), (key_id, &key));
    for (_, written) in rows {
        sealer.add(&mut *recording.transaction, written)?;
    }
    let details = sealer.finish(&mut *recording.transaction)?;
    let rows = rows.iter().map(|(typed, _)| *typed).collect();
    let came = SheetReturn { batch, sheet, file, rows, details };
    recording.event(&Event::SheetReturned(Box::new(came)), &who.signer, None)
}
