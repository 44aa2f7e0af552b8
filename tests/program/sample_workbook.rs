//! The workbook among the samples: made here, read by the program, and as its README says.
//!
//! `STOPGAP_BLESS=1 cargo test --test program sample_workbook` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use crate::desk::{Desk, PAY_ON};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/workbook/boligstoette.xlsx")
}

/// Made-up people with numbers of the kind that is given where there is no CPR number (day + 60), and what they get.
const PEOPLE: [(f64, &str, u32, f64, f64); 7] = [
    (7_012_821_128.0, "Pipaluk Berthelsen", 6471, 100_001.0, 2345.5),
    (6_112_903_338.0, "Malik Kreutzmann", 6471, 100_002.0, 1980.0),
    (6_506_751_118.0, "Aviaaja Møller", 6471, 1_000_206.0, 3120.75),
    (6_801_551_120.0, "Hans-Peter Qaavi", 6471, 100_004.0, 1234.1),
    (7_105_621_129.0, "Naja Olsen", 6471, 100_005.0, 2500.0),
    (6_403_481_120.0, "Inuk Lynge", 6471, 0.0, 990.0),
    (6_909_701_129.0, "Aqqaluk Petersen", 6471, 100_007.0, 0.0),
];

fn made() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2022, 3, 28).expect("a day");
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let list = workbook.add_worksheet().set_name("April 2022").expect("a sheet");
    fill(list).expect("a filled sheet");
    let notes = workbook.add_worksheet().set_name("Noter").expect("a sheet");
    notes.write(0, 0, "Aqqaluk: nedsat fra april, beregnet som halvdelen af marts.").expect("a note");
    workbook.save_to_buffer().expect("a workbook")
}

fn fill(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(14);
    let heading = Format::new().set_bold().set_background_color(Color::RGB(0xDD_E6_ED));
    let (cpr, money) = (Format::new().set_num_format("000000-0000"), Format::new().set_num_format("#,##0.00"));
    let month = Format::new().set_num_format("mmm-yy");
    let april = ExcelDateTime::from_ymd(2022, 4, 1)?;
    sheet.merge_range(0, 0, 0, 6, "Boligstøtte, udbetaling april 2022", &title)?;
    sheet.write(1, 0, "Udarbejdet af borgerservice. Filtreret visning.")?;
    for (column, text) in (0..).zip(["CPR-nr.", "Modtager", "Reg.nr.", "Konto", "Beløb (kr.)", "Ydelse", "Periode"]) {
        sheet.write_with_format(3, column, text, &heading)?;
    }
    for (row, (number, name, reg_no, account, amount)) in (4..).zip(PEOPLE) {
        sheet.write_with_format(row, 0, number, &cpr)?.write(row, 1, name)?.write(row, 2, reg_no)?;
        sheet.write(row, 3, account)?.write_with_format(row, 4, amount, &money)?.write(row, 5, "Boligstøtte")?;
        sheet.write_with_format(row, 6, &april, &month)?;
    }
    // A look-up that found nothing, and a formula whose value was saved.
    sheet.write(9, 3, Formula::new("=VLOOKUP(A10,Konti!A:B,2,FALSE)").set_result("#N/A"))?;
    sheet.write_with_format(10, 4, Formula::new("=1560.50/2").set_result("780.25"), &money)?;
    sheet.set_row_hidden(8)?;
    sheet.write(11, 0, "I alt")?;
    sheet.write_with_format(11, 4, Formula::new("=SUM(E5:E11)").set_result("12950.6"), &money)?;
    sheet.set_column_width(1, 24)?.set_column_width(0, 14).map(|_| ())
}

fn checked(desk: &Desk) -> Value {
    desk.json(&["check", "list.xlsx", "--pay-on", PAY_ON]).exits(1).json()
}

#[test]
fn the_sample_workbook_is_what_its_readme_says() {
    let desk = Desk::new();
    if std::env::var_os("STOPGAP_BLESS").is_some_and(|value| value == "1") {
        fs::write(committed(), made()).expect("writes");
    }
    desk.write("list.xlsx", fs::read(committed()).expect("reads"));
    let sample = checked(&desk);
    desk.write("list.xlsx", made());
    // Not the bytes, which follow the writer's version, but everything that is read of them.
    assert_eq!(sample, checked(&desk), "run `STOPGAP_BLESS=1 cargo test --test program sample_workbook`");

    let rows = ["read", "prepared", "rejected"].map(|fate| sample["rows"][fate].clone());
    assert_eq!(rows.map(|count| count.as_u64()), [Some(7), Some(6), Some(1)]);
    assert_eq!(sample["amount"]["prepared"], "11960.60");
    let codes: Vec<(u64, &str)> = sample["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|problem| (problem["row"].as_u64().expect("a row"), problem["code"].as_str().expect("a code")))
        .collect();
    assert_eq!(codes, [(9, "row.hidden"), (10, "cell.error")]);
    assert_eq!(sample["lists"][0]["written_as"], "XLSX, sheet “April 2022”, headings in row 4, 1 hidden row read");
}
