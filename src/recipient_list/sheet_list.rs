//! Which sheet of a workbook is the list, and in which row its headings stand.
//!
//! A list made by people has a title above it, an empty line, perhaps a second sheet with last month's. The headings are the first row
//! with known headings within the first twenty; the list is the one sheet that has such a row. Nothing is guessed: two sheets that could be
//! meant are both named, and so is a payment that stands above the headings.

use crate::fault::Fault;
use crate::payment::Currency;
use crate::say;
use crate::words::ungrouped;

use super::columns::Column;
use super::csv_rows::refusal;
use super::headings::{ColumnAliases, likeness};
use super::row::Row;
use super::spreadsheet::Workbook;
use super::survey::{Found, Survey};

/// Headings are looked for this far down.
const HEADINGS_WITHIN: u32 = 20;

/// A sheet that was chosen, and what it holds.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// Its place in the workbook.
    pub(super) sheet: usize,
    pub(super) name: String,
    /// Whether the workbook hides it.
    pub(super) hidden: bool,
    pub(super) found: Found,
    /// Headings that are read although the sheet hides their columns.
    pub(super) hidden_columns: Vec<String>,
}

/// Chooses the sheet and looks it through, whole.
pub(super) fn look_through(
    workbook: &Workbook,
    list: &str,
    wanted: Option<&str>,
    aliases: &ColumnAliases,
    currency: Currency,
) -> Result<Chosen, Fault> {
    let sheet = choose(workbook, list, wanted, aliases, currency)?;
    let place = say!("{list}, sheet “{sheet}”", list, sheet = &sheet.name).to_string();
    let mut survey = Survey::new(&place, aliases, currency);
    let mut rows = workbook.rows(sheet.at, &place)?;
    let mut row = Row::default();
    let mut above = Vec::new();
    while let Some(number) = rows.next(&mut row)? {
        if survey.columns().is_none() {
            if sheet.headings_row.is_some_and(|headings| number < headings) {
                above.push((number, row.clone()));
                continue;
            }
            survey.see(number, &row)?;
            if let Some(columns) = survey.columns() {
                rows.understand(columns);
            }
            continue;
        }
        survey.see(number, &row)?;
    }
    let hidden = rows.hidden_columns().clone();
    let found = survey.finish()?;
    refuse_payments_above(&above, &found, &place)?;
    let hidden_columns = found.columns.iter().filter(|(_, at)| hidden.contains(*at));
    let hidden_columns =
        hidden_columns.map(|(column, at)| found.columns.heading_at(at).unwrap_or(column.as_str()).to_owned()).collect();
    let hidden = workbook.sheets().get(sheet.at).is_some_and(|sheet| sheet.hidden);
    Ok(Chosen { sheet: sheet.at, name: sheet.name, hidden, found, hidden_columns })
}

/// A sheet at a first glance.
struct Glance {
    at: usize,
    name: String,
    hidden: bool,
    empty: bool,
    /// The row that is most like headings.
    headings_row: Option<u32>,
    /// Whether all that is needed is there, and how many columns are known.
    likeness: (bool, usize),
}

fn choose(
    workbook: &Workbook,
    list: &str,
    wanted: Option<&str>,
    aliases: &ColumnAliases,
    currency: Currency,
) -> Result<Glance, Fault> {
    let mut glances = Vec::new();
    for (at, sheet) in workbook.sheets().into_iter().enumerate() {
        if wanted.is_none_or(|wanted| same_name(wanted, &sheet.name)) {
            let mut glance = glance(workbook, at, list, aliases, currency)?;
            glance.name.clone_from(&sheet.name);
            glance.hidden = sheet.hidden;
            glances.push(glance);
        }
    }
    if let Some(wanted) = wanted {
        return glances.into_iter().next().ok_or_else(|| no_such_sheet(workbook, list, wanted));
    }
    let whole: Vec<&Glance> = glances.iter().filter(|glance| glance.likeness.0).collect();
    if whole.len() > 1 {
        return Err(several(list, &whole));
    }
    // Without a whole heading row, the sheet that comes closest is the one to complain about.
    let best = glances.into_iter().filter(|glance| !glance.empty).rev().max_by_key(|glance| glance.likeness);
    best.ok_or_else(|| {
        Fault::input("list.empty", say!("{list}: no sheet of the workbook holds anything.", list))
            .remedy(say!("Look whether it was saved, and whether it is the right file."))
    })
}

fn glance(
    workbook: &Workbook,
    at: usize,
    list: &str,
    aliases: &ColumnAliases,
    currency: Currency,
) -> Result<Glance, Fault> {
    let mut glance =
        Glance { at, name: String::new(), hidden: false, empty: true, headings_row: None, likeness: (false, 0) };
    let mut rows = workbook.rows(at, list)?;
    let mut row = Row::default();
    while let Some(number) = rows.next(&mut row)? {
        glance.empty = false;
        if number > HEADINGS_WITHIN {
            break;
        }
        let likeness = likeness(&row.cells, aliases, currency);
        if likeness > glance.likeness {
            (glance.headings_row, glance.likeness) = (Some(number), likeness);
        }
        if likeness.0 {
            break;
        }
    }
    // A damaged heading would make another sheet the list.
    rows.read_out()?;
    Ok(glance)
}

fn same_name(one: &str, other: &str) -> bool {
    super::trim(one).to_lowercase() == super::trim(other).to_lowercase()
}

/// Rows above the headings are a title and no more. If one has digits where the person numbers stand, a row was sorted out of the list.
fn refuse_payments_above(above: &[(u32, Row)], found: &Found, list: &str) -> Result<(), Fault> {
    let digits = |row: &Row, column| {
        let cell = found.columns.cell(column).and_then(|at| row.cells.get(at)).unwrap_or_default();
        cell.chars().filter(char::is_ascii_digit).count()
    };
    let payment = above.iter().find(|(_, row)| {
        let number = digits(row, Column::PersonId).max(digits(row, Column::OrganisationId));
        number >= 8 && digits(row, Column::Amount) > 0
    });
    match payment {
        None => Ok(()),
        Some((number, _)) => {
            let what = say!(
                "this looks like a payment, but stands above the headings in row {row}.",
                row = ungrouped(found.headings_row)
            );
            Err(refusal("list.heading_missing", list, *number, what).remedy(say!("Move the headings to the top.")))
        }
    }
}

fn no_such_sheet(workbook: &Workbook, list: &str, wanted: &str) -> Fault {
    let names: Vec<String> = workbook.sheets().into_iter().map(|sheet| quoted(&sheet.name, sheet.hidden)).collect();
    Fault::input("list.sheet_missing", say!("{list}: there is no sheet “{wanted}”.", list, wanted))
        .remedy(say!("Its sheets are {names}.", names = names.join(", ")))
}

fn several(list: &str, sheets: &[&Glance]) -> Fault {
    let names: Vec<String> = sheets.iter().map(|sheet| quoted(&sheet.name, sheet.hidden)).collect();
    let what = say!(
        "{list}: {count} sheets of the workbook could be the list: {names}.",
        list,
        count = names.len(),
        names = names.join(", ")
    );
    Fault::input("list.sheet_ambiguous", what).remedy(say!("Name the one that is meant with --sheet."))
}

fn quoted(name: &str, hidden: bool) -> String {
    if hidden { say!("“{name}” (hidden)", name).to_string() } else { format!("“{name}”") }
}
