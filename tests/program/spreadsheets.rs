//! Lists as workbooks, from the command line to `rows.csv`.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use crate::desk::{Desk, PAY_ON};

const HEADINGS: [&str; 6] = ["CPR-nr.", "Navn", "Konto", "Beløb", "Ydelse", "Periode"];

/// What a case worker keeps: a title, people, a hidden row, an error, and last month on another sheet.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let april = workbook.add_worksheet().set_name("April").expect("a sheet");
    fill_april(april).expect("a filled sheet");
    let notes = workbook.add_worksheet().set_name("Noter").expect("a sheet");
    notes.write(0, 0, "Husk: Malik skal ringes op").expect("a note");
    workbook.save_to_buffer().expect("a workbook")
}

fn fill_april(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.merge_range(0, 0, 0, 5, "Udbetalinger i april", &Format::new())?;
    sheet.write_row(2, 0, HEADINGS)?;
    let mut person = |row: u32, cpr: f64, name: &str, account: &str| {
        sheet.write(row, 0, cpr)?.write(row, 1, name)?.write(row, 2, account)?;
        sheet.write(row, 4, "Pension")?.write(row, 5, "2022-04").map(|_| ())
    };
    person(3, 7_012_821_128.0, "Pipaluk Berthelsen", "6471-0000100001")?;
    person(4, 6_112_903_338.0, "Malik Kreutzmann", "6471-0000100002")?;
    person(5, 6_506_751_118.0, "Aviaaja Møller", "GL8964710001000206")?;
    sheet.write(3, 3, 5234.5)?.write(4, 3, 11_000)?;
    sheet.write(5, 3, Formula::new("=Ark9!A1").set_result("#REF!"))?;
    sheet.set_row_hidden(4).map(|_| ())
}

fn problems(prepared: &Value) -> BTreeMap<(u64, String), Value> {
    let problems = prepared["problems"].as_array().expect("problems");
    let key = |problem: &Value| {
        (problem["row"].as_u64().expect("a row"), problem["code"].as_str().expect("a code").to_owned())
    };
    problems.iter().map(|problem| (key(problem), problem.clone())).collect()
}

#[test]
fn a_workbook_is_a_list_with_its_sheet_named() {
    let desk = Desk::new();
    desk.write("april.xlsx", workbook());
    let prepared = desk.prepare(&["april.xlsx", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!((&prepared["rows"]["prepared"], &prepared["rows"]["rejected"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(prepared["amount"]["prepared"], "16234.50");
    let problems = problems(&prepared);
    assert_eq!(problems.len(), 2, "{problems:?}");
    let hidden = &problems[&(5, "row.hidden".into())];
    assert_eq!((&hidden["sheet"], &hidden["severity"]), (&Value::from("April"), &Value::from("warning")));
    assert_eq!(problems[&(6, "cell.error".into())]["column"], "amount");
    let list = &prepared["lists"][0];
    assert_eq!((&list["sheet"], &list["hidden_rows"]), (&Value::from("April"), &Value::from(1)));
    assert_eq!(list["written_as"], "XLSX, sheet “April”, headings in row 3, 1 hidden row read");

    let rows = std::fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    assert!(rows.contains("\napril.xlsx,April,6,rejected,cell.error,"), "{rows}");
    desk.write("again.csv", &rows);
    let again = desk.prepare(&["again.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!((&again["rows"]["duplicate"], &again["rows"]["rejected"]), (&Value::from(2), &Value::from(1)));
}

#[test]
fn the_sheet_can_be_named_and_must_be_there() {
    let desk = Desk::new();
    desk.write("april.xlsx", workbook());
    assert_eq!(
        desk.json(&["check", "april.xlsx", "--sheet", "april", "--pay-on", PAY_ON]).exits(1).json()["rows"]["read"],
        3
    );
    assert_eq!(desk.prepare(&["april.xlsx", "--sheet", "Maj"]).exits(2).error_code(), "list.sheet_missing");
    assert_eq!(desk.prepare(&["april.xlsx", "--sheet", "Noter"]).exits(2).error_code(), "list.heading_missing");
}

#[test]
fn a_map_makes_any_layout_a_list() {
    let desk = Desk::new();
    let list =
        "Borger;Hvem;Kr;Til;Type;Måned;Navn\n7012821128;Pipaluk;5234,50;6471-0000100001;Pension;2022-04;kontor 3\n";
    desk.write("list.csv", list);
    assert_eq!(desk.prepare(&["list.csv"]).exits(2).error_code(), "list.heading_missing");
    let maps =
        ["Borger=person_id", "hvem=name", "KR=amount", "Til=account", "type=scheme", "Måned=period", "Navn=ignore"];
    let with = |maps: &[&str]| {
        let maps: Vec<&str> = maps.iter().flat_map(|map| ["--map", map]).collect();
        desk.json(&[&["check", "list.csv", "--pay-on", PAY_ON], &maps[..]].concat())
    };
    assert_eq!(with(&maps).exits(0).json()["amount"]["prepared"], "5234.50");
    for (wrong, part) in [
        ("Borgerr=person_id", "no list has this heading"),
        ("Borger=somebody", "no column of a list"),
        ("Borger", "no equals sign"),
        ("=name", "a heading without letters"),
        ("borger=name", "another column as well"),
    ] {
        let ran = with(&[&maps[..], &[wrong]].concat()).exits(2);
        assert!(ran.stdout.contains(part), "{wrong}: {}", ran.stdout);
        assert_eq!(ran.error_code(), "arguments", "{wrong}");
    }
}

#[test]
fn a_row_may_be_about_another_country() {
    let desk = Desk::new();
    let list = "cpr;navn;konto;beløb;ydelse;periode;country
7012821128;Pipaluk;6471-0000100001;1,00;Pension;2022-04;
811218-9876;Aina;SE4550000000058398257466;2,00;Pension;2022-04;SE
811218-9876;Aina;9071-4172383;2,00;Pension;2022-05;se
02013299997;Odd;8601 11 17947;3,00;Pension;2022-04;NO
131052-308T;Eino;FI2112345600000785;4,00;Pension;2022-04;FI
7012821128;Pipaluk;6471-0000100001;1,00;Pension;2022-05;Grønland
";
    desk.write("list.csv", list);
    let checked = desk.json(&["check", "list.csv", "--pay-on", PAY_ON]).exits(1).json();
    let codes: Vec<(u64, String)> = problems(&checked).into_keys().collect();
    let expected = [(4, "account.country"), (5, "account.country"), (7, "country.unsupported")];
    assert_eq!(codes, expected.map(|(row, code)| (row, code.to_owned())), "what means something abroad alone");
    assert_eq!(checked["rows"]["prepared"], 3);
}
