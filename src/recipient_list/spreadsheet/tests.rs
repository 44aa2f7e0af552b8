//! A corpus of workbooks as people and machines make them, each with what must become of it.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader as _};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook as Written, Worksheet, XlsxError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::payment::Currency;
use crate::recipient_list::{ColumnAliases, Instruction, RecipientList};

const COLUMNS: [Column; 4] = [Column::PersonId, Column::Name, Column::Account, Column::Amount];

/// A workbook and what must come of it: rows as `number: person|name|account|amount` with period and pay date where there are any, or a
/// code and a part of the message.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    sheet: Option<&'static str>,
    expected: Result<Vec<&'static str>, (&'static str, &'static str)>,
}

fn read(bytes: &[u8], sheet: Option<&str>) -> Result<(RecipientList, Vec<Instruction>), Fault> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room on the disk");
    let list = RecipientList::open_sheet(file.path(), "a.xlsx", sheet, &ColumnAliases::default(), Currency::Dkk)?;
    let (mut rows, mut instruction, mut all) = (list.instructions()?, Instruction::default(), Vec::new());
    while rows.read(&mut instruction)? {
        all.push(instruction.clone());
    }
    Ok((list, all))
}

fn shown(row: &Instruction) -> String {
    let mut shown = format!("{}: {}", row.row, COLUMNS.map(|column| row.cell(column)).join("|"));
    for column in [Column::Period, Column::PayOn, Column::Text] {
        if !row.cell(column).is_empty() {
            shown += &format!("|{}", row.cell(column));
        }
    }
    shown
}

/// A workbook of one sheet, filled by hand.
fn made(fill: impl FnOnce(&mut Worksheet) -> Result<(), XlsxError>) -> Vec<u8> {
    made_of(&[("Ark1", &|sheet| headings(sheet, 0).map(|_| ()))], Some(Box::new(fill)))
}

type Fill<'a> = dyn Fn(&mut Worksheet) -> Result<(), XlsxError> + 'a;
type FillOnce<'a> = Box<dyn FnOnce(&mut Worksheet) -> Result<(), XlsxError> + 'a>;

fn made_of(sheets: &[(&str, &Fill)], last: Option<FillOnce>) -> Vec<u8> {
    let mut workbook = Written::new();
    for (name, fill) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).and_then(fill).expect("a sheet");
    }
    if let Some(last) = last {
        let at = sheets.len() - 1;
        last(workbook.worksheet_from_index(at).expect("a sheet")).expect("a filled sheet");
    }
    workbook.save_to_buffer().expect("a workbook")
}

fn headings(sheet: &mut Worksheet, row: u32) -> Result<&mut Worksheet, XlsxError> {
    sheet.write_row(row, 0, ["CPR", "Navn", "Konto", "Beløb", "Periode", "Dato", "Tekst"])
}

/// A sound row of text cells.
fn sound(sheet: &mut Worksheet, row: u32, amount: &str) -> Result<(), XlsxError> {
    sheet.write_row(row, 0, ["2110625629", "Aka", "6471-1000206", amount]).map(|_| ())
}

/// A package of parts written as they are.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(bytes).expect("room");
    }
    zip.finish().expect("a package").into_inner()
}

const RELS: &[u8] =
    br#"<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK_RELS: &[u8] =
    br#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>
    <Relationship Id="r2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
const WORKBOOK: &[u8] = br#"<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const HEADINGS: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>cpr</t></is></c><c r="B1" t="inlineStr"><is><t>navn</t></is></c>
    <c r="C1" t="inlineStr"><is><t>konto</t></is></c><c r="D1" t="inlineStr"><is><t>amount</t></is></c></row>"#;

/// The smallest XLSX with these rows below the headings and these shared strings.
fn bare(rows: &str, strings: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{HEADINGS}{rows}</sheetData></worksheet>");
    zipped(&[
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELS),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

const ODS_HEADINGS: &str = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>CPR</text:p></table:table-cell>\
    <table:table-cell office:value-type=\"string\"><text:p>Navn</text:p></table:table-cell>\
    <table:table-cell office:value-type=\"string\"><text:p>Konto</text:p></table:table-cell>\
    <table:table-cell office:value-type=\"string\"><text:p>Beløb</text:p></table:table-cell>\
    <table:table-cell office:value-type=\"string\"><text:p>Periode</text:p></table:table-cell>\
    <table:table-cell office:value-type=\"string\"><text:p>Dato</text:p></table:table-cell></table:table-row>";

/// An ODS with these rows, headings included, in one sheet.
fn ods(rows: &str) -> Vec<u8> {
    ods_of(&format!(
        "<table:table table:name=\"Ark1\"><table:table-column table:number-columns-repeated=\"6\"/>{rows}</table:table>"
    ))
}

fn ods_of(tables: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        (
            "META-INF/manifest.xml",
            b"<manifest:manifest><manifest:file-entry manifest:full-path=\"/\"/></manifest:manifest>",
        ),
        ("content.xml", content.as_bytes()),
    ])
}

/// A sound ODS row, with more cells behind the amount.
fn ods_row(attributes: &str, more: &str) -> String {
    format!(
        "<table:table-row{attributes}><table:table-cell office:value-type=\"float\" office:value=\"101901234\"><text:p>101901234</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"string\"><text:p>Åse<text:s text:c=\"2\"/>X</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"string\"><text:p>6471-1000206</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"currency\" office:value=\"1234.1\"><text:p>1.234,10 kr</text:p></table:table-cell>{more}</table:table-row>"
    )
}

fn case(name: &'static str, bytes: Vec<u8>, expected: Result<Vec<&'static str>, (&'static str, &'static str)>) -> Case {
    Case { name, bytes, sheet: None, expected }
}

const SOUND: &str = "2: 2110625629|Aka|6471-1000206|500,00";

/// Workbooks as a spreadsheet program saves them.
fn everyday() -> Vec<Case> {
    let date = |text: &str| ExcelDateTime::parse_from_str(text).expect("a date");
    vec![
        case("all cells are text", made(|s| sound(s, 1, "500,00")), Ok(vec![SOUND])),
        case(
            "numbers where a list has digits",
            made(|s| {
                s.write(1, 0, 101_901_234.0)?
                    .write(1, 1, "Aka")?
                    .write(1, 2, 64_710_001_000_206.0)?
                    .write(1, 3, 1234.1)?;
                s.write(2, 0, 2_110_625_629.0)?.write(2, 1, "Bo")?.write(2, 2, 1e15)?.write(2, 3, 1234)?;
                Ok(())
            }),
            Ok(vec!["2: 101901234|Aka|64710001000206|1234.10", "3: 2110625629|Bo|1000000000000000|1234"]),
        ),
        case(
            "amounts that are not whole øre are kept as they are, and the dust of a formula is not",
            made(|s| {
                s.write(1, 0, "1")?.write(1, 3, 1.234)?;
                s.write(2, 0, "1")?.write(2, 3, 0.1 + 0.2)?;
                s.write(3, 0, "1")?.write(3, 3, -5.5)?;
                Ok(())
            }),
            Ok(vec!["2: 1|||1.2340", "3: 1|||0.30", "4: 1|||-5.50"]),
        ),
        case(
            "dates are serials in a format",
            made(|s| {
                let (day, month) = (Format::new().set_num_format("dd-mm-yyyy"), Format::new().set_num_format("mmm-yy"));
                s.write(1, 0, "1")?.write_with_format(1, 4, date("2022-04-01"), &month)?;
                s.write_with_format(1, 5, date("2026-12-01"), &day)?;
                s.write(2, 0, "1")?.write_with_format(2, 4, date("2022-04-01"), &day)?.write(2, 5, 46357)?;
                s.write(3, 0, "1")?.write(3, 4, 2022)?.write_with_format(3, 5, date("2026-12-01T13:30:00"), &day)?;
                Ok(())
            }),
            Ok(vec!["2: 1||||2022-04|2026-12-01", "3: 1||||2022-04-01|2026-12-01", "4: 1||||2022|2026-12-01T13:30:00"]),
        ),
        case(
            "a merged title above the headings",
            made_of(
                &[("Ark1", &|s| {
                    s.merge_range(0, 0, 0, 5, "Udbetaling af navn og beløb", &Format::new())?;
                    s.write(2, 0, "Udskrevet 20-11-2026")?;
                    headings(s, 4)?;
                    sound(s, 5, "500,00")
                })],
                None,
            ),
            Ok(vec!["6: 2110625629|Aka|6471-1000206|500,00"]),
        ),
        case(
            "headings below the twentieth row are not looked for",
            made_of(&[("Ark1", &|s| s.write(0, 0, "Titel").and_then(|s| headings(s, 20)).map(|_| ()))], None),
            Err(("list.heading_missing", "row 1")),
        ),
        case(
            "a payment above the headings",
            made_of(
                &[("Ark1", &|s| {
                    sound(s, 0, "500,00")?;
                    headings(s, 1)?;
                    sound(s, 2, "500,00")
                })],
                None,
            ),
            Err(("list.heading_missing", "row 1: this looks like a payment, but stands above the headings in row 2")),
        ),
        case(
            "empty rows keep their number",
            made(|s| sound(s, 1, "500,00").and_then(|()| sound(s, 6, "1"))),
            Ok(vec![SOUND, "7: 2110625629|Aka|6471-1000206|1"]),
        ),
        case(
            "hidden rows and columns are read",
            made(|s| {
                s.set_column_hidden(2)?;
                s.set_row_hidden(1)?;
                sound(s, 1, "500,00")
            }),
            Ok(vec![SOUND]),
        ),
        case(
            "formulas give their value",
            made(|s| {
                s.write(1, 0, "1")?.write(1, 1, Formula::new("=\"A\"&\"ka\"").set_result("Aka"))?;
                s.write(1, 3, Formula::new("=1000/4").set_result("250"))?;
                Ok(())
            }),
            Ok(vec!["2: 1|Aka||250"]),
        ),
        case(
            "error cells keep what they show",
            made(|s| {
                sound(s, 1, "x").and_then(|()| s.write(1, 3, Formula::new("=1/0").set_result("#DIV/0!")).map(|_| ()))
            }),
            Ok(vec!["2: 2110625629|Aka|6471-1000206|#DIV/0!"]),
        ),
        case(
            "a last row that says total, with the dust of a sum",
            made(|s| {
                for row in 1..4 {
                    s.write(row, 0, "1")?.write(row, 3, 0.1)?;
                }
                s.write(4, 0, "I alt")?.write(4, 3, 0.1 + 0.2)?;
                Ok(())
            }),
            Ok(vec!["2: 1|||0.10", "3: 1|||0.10", "4: 1|||0.10"]),
        ),
        case(
            "a total that disagrees",
            made(|s| sound(s, 1, "500,00").and_then(|()| s.write(2, 0, "Total")?.write(2, 3, 501).map(|_| ()))),
            Err(("list.total_mismatch", "row 3: the total says 501.00")),
        ),
        case(
            "true and false are words",
            made(|s| s.write(1, 0, "1")?.write(1, 1, true)?.write(1, 6, false).map(|_| ())),
            Ok(vec!["2: 1|TRUE|||FALSE"]),
        ),
        case(
            "a cell beyond the headings marks a row that may have slipped",
            made(|s| sound(s, 1, "500,00").and_then(|()| s.write(1, 8, "note").map(|_| ()))),
            Ok(vec![SOUND]),
        ),
        case("only headings", made(|_| Ok(())), Err(("list.empty", "no row below"))),
        case("an empty workbook", made_of(&[("Ark1", &|_| Ok(()))], None), Err(("list.empty", "no sheet"))),
        case(
            "no headings",
            made_of(&[("Ark1", &|s| sound(s, 0, "500,00"))], None),
            Err(("list.heading_missing", "there are no headings")),
        ),
        case(
            "broken letters",
            made(|s| s.write(1, 0, "1")?.write(1, 1, "JÃ¸rgen").map(|_| ())),
            Err(("list.mojibake", "row 2: letters are broken: there is “Ã¸” where “ø” is meant")),
        ),
        case(
            "a heading twice",
            made(|s| s.write(0, 7, "IBAN").map(|_| ())),
            Err(("list.heading_twice", "“Konto” (column C) and “IBAN” (column H)")),
        ),
    ]
}

/// Workbooks of several sheets.
fn sheets() -> Vec<Case> {
    let list: &Fill = &|s| headings(s, 0).map(|_| ()).and_then(|()| sound(s, 1, "500,00"));
    let notes: &Fill = &|s| s.write(0, 0, "Noter: husk navn").map(|_| ());
    let hidden: &Fill = &|s| {
        s.set_hidden(true);
        headings(s, 0).map(|_| ()).and_then(|()| sound(s, 1, "400,00"))
    };
    let two = || made_of(&[("April", list), ("Maj", list)], None);
    vec![
        case(
            "one of several sheets has headings",
            made_of(&[("Noter", notes), ("April", list)], None),
            Ok(vec![SOUND]),
        ),
        case("two sheets could be meant", two(), Err(("list.sheet_ambiguous", "“April”, “Maj”"))),
        Case { name: "a sheet by its name", bytes: two(), sheet: Some(" maj"), expected: Ok(vec![SOUND]) },
        Case {
            name: "a sheet that is not there",
            bytes: two(),
            sheet: Some("Juni"),
            expected: Err(("list.sheet_missing", "“Juni”. Its sheets are “April”, “Maj”.")),
        },
        Case {
            name: "a sheet without headings, asked for by name",
            bytes: made_of(&[("Noter", notes), ("April", list)], None),
            sheet: Some("Noter"),
            expected: Err(("list.heading_missing", "sheet “Noter”, row 1")),
        },
        case(
            "a hidden sheet that could be meant is named",
            made_of(&[("April", list), ("Gammel", hidden)], None),
            Err(("list.sheet_ambiguous", "“Gammel” (hidden)")),
        ),
        case(
            "ods: two sheets could be meant",
            ods_of(&format!(
                "{0}{0}",
                format_args!("<table:table table:name=\"A\">{ODS_HEADINGS}{}</table:table>", ods_row("", ""))
            )),
            Err(("list.sheet_ambiguous", "“A”, “A”")),
        ),
    ]
}

/// XLSX as other programs write it, and as it should not be.
fn bare_ones() -> Vec<Case> {
    let texts = "<sst uniqueCount=\"18446744073709551615\"><si><r><t>A</t></r><r><t>ka</t></r><rPh><t>zz</t></rPh></si><si/>\
                 <si><t>x_x000D_y &amp; <![CDATA[<z>]]></t></si></sst>";
    let cell = |reference: &str, rest: &str| format!("<c r=\"{reference}\"{rest}</c>");
    let row = |cells: &str| format!("<row r=\"2\">{cells}</row>");
    let person = cell("A2", " t=\"str\"><v>1</v>");
    let with = |cells: String| bare(&row(&(person.clone() + &cells)), texts);
    vec![
        case(
            "shared strings with runs, readings and an empty one",
            with(cell("B2", " t=\"s\"><v>0</v>") + &cell("C2", " t=\"s\"><v>1</v>")),
            Ok(vec!["2: 1|Aka||"]),
        ),
        case("escapes, entities and CDATA", with(cell("B2", " t=\"s\"><v>2</v>")), Ok(vec!["2: 1|x\ry & <z>||"])),
        case(
            "a text that is not there",
            with(cell("B2", " t=\"s\"><v>3</v>")),
            Err(("list.unreadable", "damaged inside")),
        ),
        case(
            "rows and cells without references",
            bare("<row><c t=\"str\"><v>1</v></c><c/><c/><c><v>7.5</v></c></row>", ""),
            Ok(vec!["2: 1|||7.50"]),
        ),
        case(
            "an error of a newer Excel",
            with(cell("D2", " t=\"e\"><f>x</f><v>#SPILL!</v>")),
            Ok(vec!["2: 1|||#SPILL!"]),
        ),
        case("a formula without a value", with(cell("D2", "><f>A1</f>")), Ok(vec!["2: 1|||#NOVALUE!"])),
        case(
            "a formula that gives an empty text",
            with(cell("D2", " t=\"str\"><f>A1</f><v></v>")),
            Ok(vec!["2: 1|||"]),
        ),
        case(
            "a number with an exponent",
            with(cell("C2", "><v>6.4710001000206E13</v>")),
            Ok(vec!["2: 1||64710001000206|"]),
        ),
        case("a number that is none", with(cell("D2", "><v>12 kr</v>")), Err(("list.unreadable", "damaged inside"))),
        case(
            "two cells in one place",
            with(cell("A2", " t=\"str\"><v>2</v>")),
            Err(("list.unreadable", "damaged inside")),
        ),
        case("a cell of another row", with(cell("D3", "><v>2</v>")), Err(("list.unreadable", "damaged inside"))),
        case("rows out of order", bare("<row r=\"3\"/><row r=\"2\"/>", ""), Err(("list.unreadable", "damaged inside"))),
        case(
            "an unknown kind of cell",
            with(cell("D2", " t=\"q\"><v>2</v>")),
            Err(("list.unreadable", "damaged inside")),
        ),
        case(
            "a sheet that breaks off",
            bare("<row r=\"2\"><c r=\"A2\"><v>1", ""),
            Err(("list.unreadable", "damaged inside")),
        ),
        case(
            "a document type",
            with("<!DOCTYPE x [<!ENTITY a \"b\">]>".into()),
            Err(("list.unreadable", "damaged inside")),
        ),
        case(
            "an entity that nobody defined",
            with(cell("B2", " t=\"str\"><v>&a;</v>")),
            Err(("list.unreadable", "damaged inside")),
        ),
        case("a formatted cell far to the right", with(cell("XFD2", " s=\"3\">")), Ok(vec!["2: 1|||"])),
    ]
}

fn ods_ones() -> Vec<Case> {
    let dates = "<table:table-cell office:value-type=\"date\" office:date-value=\"2022-04-01\"><text:p>apr 22</text:p></table:table-cell>\
                 <table:table-cell office:value-type=\"date\" office:date-value=\"2026-12-01\"><text:p>01-12-2026</text:p></table:table-cell>";
    let tail = "<table:table-row table:number-rows-repeated=\"1048500\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let noted = "<table:table-cell/><table:table-cell office:value-type=\"string\"><office:annotation><text:p>husk!</text:p></office:annotation><text:p>a</text:p><text:p>b</text:p></table:table-cell>";
    let list = |rows: &str| ods(&format!("{ODS_HEADINGS}{rows}"));
    vec![
        case(
            "ods: numbers, dates and spaces",
            list(&(ods_row("", dates) + tail)),
            Ok(vec!["2: 101901234|Åse  X|6471-1000206|1234.10|2022-04|2026-12-01"]),
        ),
        case(
            "ods: equal rows are counted, not repeated",
            list(&(ods_row(" table:number-rows-repeated=\"2\"", "") + &ods_row("", ""))),
            Ok(vec![
                "2: 101901234|Åse  X|6471-1000206|1234.10",
                "3: 101901234|Åse  X|6471-1000206|1234.10",
                "4: 101901234|Åse  X|6471-1000206|1234.10",
            ]),
        ),
        case(
            "ods: empty rows above are counted",
            ods(&format!(
                "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell/></table:table-row>{ODS_HEADINGS}{}",
                ods_row("", "")
            )),
            Ok(vec!["5: 101901234|Åse  X|6471-1000206|1234.10"]),
        ),
        case(
            "ods: notes are no part of the cell",
            list(&ods_row("", noted)),
            Ok(vec!["2: 101901234|Åse  X|6471-1000206|1234.10|a\nb"]),
        ),
        case(
            "ods: error cells and formulas without a value",
            list(
                "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>1</text:p></table:table-cell>\
                  <table:table-cell table:formula=\"of:=1/0\" office:value-type=\"string\" office:string-value=\"\" calcext:value-type=\"error\"><text:p>#DIV/0!</text:p></table:table-cell>\
                  <table:table-cell table:formula=\"of:=x\" office:value-type=\"float\" office:value=\"0\"><text:p>Err:508</text:p></table:table-cell>\
                  <table:table-cell table:formula=\"of:=x\"/></table:table-row>",
            ),
            Ok(vec!["2: 1|#DIV/0!|Err:508|#NOVALUE!"]),
        ),
        case(
            "ods: rows in groups, a hidden one",
            list(&format!(
                "<table:table-row-group>{}</table:table-row-group>",
                ods_row(" table:visibility=\"filter\"", "")
            )),
            Ok(vec!["2: 101901234|Åse  X|6471-1000206|1234.10"]),
        ),
        case(
            "ods: a password",
            zipped(&[("content.xml", b"x"), ("META-INF/manifest.xml", b"<m><manifest:encryption-data/></m>")]),
            Err(("list.unreadable", "protected by a password")),
        ),
        case(
            "ods: a text document",
            zipped(&[(
                "content.xml",
                b"<office:document-content><office:body><office:text/></office:body></office:document-content>",
            )]),
            Err(("list.not_text", "a ZIP archive")),
        ),
    ]
}

/// Files that only look like a list, or that are made to do harm.
fn strange_ones() -> Vec<Case> {
    let good = made(|s| sound(s, 1, "500,00"));
    let cut = good[..good.len() * 2 / 3].to_vec();
    let envelope: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let compound = |rest: &[u8]| [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 600], rest].concat();
    vec![
        case("cut off", cut, Err(("list.not_text", "cut off or damaged"))),
        case("a package without anything", zipped(&[]), Err(("list.not_text", "row 1"))),
        case(
            "a ZIP of lists",
            zipped(&[("a.csv", b"cpr;navn;amount\n1;Aka;2\n")]),
            Err(("list.not_text", "a ZIP archive")),
        ),
        case("a workbook of the nineties", compound(b"Workbook"), Err(("list.not_text", "save it as .xlsx"))),
        case("a workbook under a password", compound(&envelope), Err(("list.unreadable", "protected by a password"))),
        case(
            "macros",
            zipped(&[("xl/workbook.xml", WORKBOOK), ("xl/vbaProject.bin", b"x")]),
            Err(("list.unreadable", "macros")),
        ),
        case("a binary workbook", zipped(&[("xl/workbook.bin", b"x")]), Err(("list.unreadable", "XLSB"))),
        case(
            "101 sheets",
            zipped(&[
                (
                    "xl/workbook.xml",
                    format!("<workbook><sheets>{}</sheets></workbook>", "<sheet name=\"S\" r:id=\"r1\"/>".repeat(101))
                        .as_bytes(),
                ),
                ("xl/_rels/workbook.xml.rels", WORKBOOK_RELS),
            ]),
            Err(("list.too_large", "100 sheets")),
        ),
    ]
}

#[test]
fn every_workbook_of_the_corpus_becomes_what_it_must() {
    let corpus = [everyday(), sheets(), bare_ones(), ods_ones(), strange_ones()].into_iter().flatten();
    let mut files = 0;
    for Case { name, bytes, sheet, expected } in corpus {
        files += 1;
        match (read(&bytes, sheet), expected) {
            (Ok((list, rows)), Ok(expected)) => {
                assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), expected, "{name}");
                assert_eq!(list.rows(), rows.len() as u64, "{name}");
                assert!(list.sheet().is_some(), "{name}");
            }
            (Err(fault), Err((code, part))) => {
                assert_eq!(fault.code, code, "{name}: {fault}");
                assert!(fault.to_string().contains(part), "{name}: {part} in {fault}");
                assert!(fault.remedy.is_some() && fault.kind.exit_code() == 2, "{name}: {fault:?}");
            }
            (outcome, expected) => panic!(
                "{name}: {:?}, expected {expected:?}",
                outcome.map(|(_, rows)| rows.iter().map(shown).collect::<Vec<_>>())
            ),
        }
    }
    assert!(files >= 50, "{files}");
}

#[test]
fn the_facts_name_what_a_spreadsheet_hides() {
    let bytes = made_of(
        &[("Pension", &|s| {
            s.write(0, 0, "Alderspension")?;
            headings(s, 2)?;
            s.set_column_hidden(2)?.set_column_hidden(5)?.set_column_hidden(8)?;
            for row in 3..6 {
                sound(s, row, "1.500,00")?;
            }
            s.write(3, 5, "13/04/2027")?;
            s.set_row_hidden(3)?.set_row_hidden(5).map(|_| ())
        })],
        None,
    );
    let (list, rows) = read(&bytes, None).expect("a good list");
    assert_eq!(
        list.facts().to_string(),
        "XLSX, sheet “Pension”, headings in row 3, decimal comma, dates as day/month/year, 2 hidden rows read, \
         hidden columns read: Konto, Dato"
    );
    assert_eq!(rows.iter().map(Instruction::is_hidden).collect::<Vec<_>>(), [true, false, true]);

    let hidden = ods_row(" table:visibility=\"collapse\"", "");
    let columns = "<table:table-column/><table:table-column table:visibility=\"collapse\"/>";
    let bytes = ods_of(&format!("<table:table table:name=\"A\">{columns}{ODS_HEADINGS}{hidden}</table:table>"));
    let (list, rows) = read(&bytes, None).expect("a good list");
    assert_eq!(list.facts().to_string(), "ODS, sheet “A”, 1 hidden row read, hidden columns read: Navn");
    assert!(rows[0].is_hidden());
}

#[test]
fn numbers_say_nothing_of_how_the_texts_beside_them_are_written() {
    let bytes = made(|s| {
        sound(s, 1, "1.234")?;
        s.write(2, 0, "1")?.write(2, 3, 1234.5)?;
        Ok(())
    });
    let (list, _) = read(&bytes, None).expect("a good list");
    assert_eq!(list.amount_style(), crate::recipient_list::AmountStyle::Unsettled);
}

#[test]
fn a_workbook_that_changes_while_it_is_read_is_noticed() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), made(|s| sound(s, 1, "500,00"))).expect("room");
    let list = RecipientList::open(file.path(), "a.xlsx", &ColumnAliases::default(), Currency::Dkk).expect("a list");
    fs::write(file.path(), made(|s| sound(s, 1, "501,00"))).expect("room");
    let fault = list.instructions().map(|_| ()).expect_err("another file");
    assert_eq!((fault.code, fault.kind.exit_code()), ("list.changed", 2));
}

/// The same package with one text in it altered, wherever it stands unpacked, and no check sum made new.
fn altered(mut package: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = (0..package.len()).filter(|at| package[*at..].starts_with(from)).collect();
    assert!(!places.is_empty() && from.len() == to.len());
    for at in places {
        package[at..at + to.len()].copy_from_slice(to);
    }
    package
}

/// What stands behind the last row, the check sum with it, was once never read.
#[test]
fn a_bit_that_moves_a_cell_a_sheet_or_the_workbook_is_noticed() {
    let row = "<row r=\"2\"><c r=\"A2\"><v>2110625629</v></c><c r=\"D2\"><v>500</v></c></row>";
    let sheet = format!("<worksheet><sheetData>{HEADINGS}{row}</sheetData></worksheet>");
    let other = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData></worksheet>";
    let rels = "<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
        <Relationship Id=\"r2\" Type=\"x/worksheet\" Target=\"worksheets/sheet2.xml\"/></Relationships>";
    let workbook = "<workbook><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/><sheet name=\"T\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/workbook.xmk", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", rels.as_bytes()),
        ("xl/_rels/workbook.xmk.rels", rels.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/worksheets/sheet2.xml", other.as_bytes()),
    ] {
        let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(name, plain).and_then(|()| zip.write_all(bytes).map_err(Into::into)).expect("a part");
    }
    let whole = zip.finish().expect("a package").into_inner();
    assert_eq!(read(&whole, None).expect("sound").1.iter().map(shown).collect::<Vec<_>>(), ["2: 2110625629|||500"]);
    for (what, from, to) in [
        ("a cell", &b"r=\"D2\""[..], &b"r=\"E2\""[..]),
        ("an amount", b"<v>500<", b"<v>700<"),
        ("a sheet beside it", b"<v>1<", b"<v>3<"),
        ("where the workbook is", b"\"xl/workbook.xml\"", b"\"xl/workbook.xmk\""),
    ] {
        let fault = read(&altered(whole.clone(), from, to), None).map(|_| ()).expect_err(what);
        assert_eq!(fault.code, "list.unreadable", "{what}");
    }
}

/// What calamine reads, cell by cell, in our words.
fn by_calamine(bytes: &[u8]) -> Vec<(u32, u32, String)> {
    let mut workbook: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).expect("a workbook");
    let range = workbook.worksheet_range("Ark1").expect("a sheet");
    let (row, column) = range.start().unwrap_or_default();
    let word = |cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Bool(logical) => logical.to_string().to_uppercase(),
        Data::DateTime(moment) => moment.to_ymd_hms_milli().0.to_string(),
        other => format!("{other:?}"),
    };
    let used = range.used_cells().map(|(down, right, cell)| (row + down as u32, column + right as u32, word(cell)));
    used.filter(|(.., text)| !text.is_empty()).collect()
}

fn by_us(bytes: &[u8]) -> Vec<(u32, u32, String)> {
    let workbook = Workbook::open(bytes.to_vec().into(), "a.xlsx").expect("a workbook");
    let (mut rows, mut row, mut all) = (workbook.rows(0, "a.xlsx").expect("a sheet"), Row::default(), Vec::new());
    while let Some(number) = rows.next(&mut row).expect("a sound sheet") {
        for (column, cell) in (0..).zip(&rows.cells.cells) {
            let text = match cell {
                Cell::Date { at, .. } => at.format("%Y").to_string(),
                cell => cell.text(None, Epoch::Of1900).into_owned(),
            };
            if !text.is_empty() {
                all.push((number - 1, column, text));
            }
        }
    }
    all
}

#[derive(Clone, Debug)]
enum Made {
    Text(String),
    Number(f64),
    Day(u32),
    Logical(bool),
}

fn made_cell() -> impl Strategy<Value = Made> {
    prop_oneof![
        "[A-Za-zæøå&<>\"' _x0-9-]{1,12}[a-z]".prop_map(Made::Text),
        any::<i32>().prop_map(|number| Made::Number(f64::from(number) / 100.0)),
        (-1e15..1e15).prop_map(Made::Number),
        (61u32..100_000).prop_map(Made::Day),
        any::<bool>().prop_map(Made::Logical),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// calamine is the reader that others use. What both of us know of a sheet is the same.
    #[test]
    fn every_sheet_is_read_as_calamine_reads_it(
        cells in prop::collection::btree_map((0u32..400, 0u16..40), made_cell(), 0..60),
    ) {
        let bytes = made_of(&[("Ark1", &|sheet| {
            for ((row, column), cell) in &cells {
                match cell {
                    Made::Text(text) => sheet.write(*row, *column, text),
                    Made::Number(number) => sheet.write(*row, *column, *number),
                    Made::Day(day) => sheet.write_with_format(*row, *column, *day, &Format::new().set_num_format("d/m/yyyy")),
                    Made::Logical(logical) => sheet.write(*row, *column, *logical),
                }?;
            }
            Ok(())
        })], None);
        let trimmed = |mut cells: Vec<(u32, u32, String)>| {
            cells.iter_mut().for_each(|(.., text)| *text = text.trim().to_owned());
            cells
        };
        prop_assert_eq!(trimmed(by_us(&bytes)), trimmed(by_calamine(&bytes)));
    }

    #[test]
    fn a_damaged_workbook_is_read_as_it_was_or_refused(at in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<bool>()) {
        static WHOLE: std::sync::LazyLock<[(Vec<u8>, Vec<String>); 2]> = std::sync::LazyLock::new(|| {
            let xlsx = made(|s| sound(s, 1, "500,00").and_then(|()| s.write(2, 0, 1)?.write(2, 3, 7.25).map(|_| ())));
            let ods = ods(&format!("{ODS_HEADINGS}{}", ods_row("", "")));
            [xlsx, ods].map(|bytes| {
                let rows = read(&bytes, None).expect("sound").1.iter().map(shown).collect();
                (bytes, rows)
            })
        });
        for (whole, rows) in WHOLE.iter() {
            let mut bytes = whole.clone();
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 1 << bit;
            }
            // Without its first bytes nobody could tell it from a text.
            if !bytes.starts_with(b"PK\x03\x04") {
                continue;
            }
            match read(&bytes, None) {
                Ok((_, read)) => prop_assert_eq!(&read.iter().map(shown).collect::<Vec<_>>(), rows),
                Err(fault) => prop_assert!(fault.code.starts_with("list.") && fault.kind.exit_code() == 2, "{:?}", fault),
            }
        }
    }
}

/// Files made to take more than a machine has: what is said of each, and the most memory that reading it may take.
fn bombs() -> Vec<Case> {
    let far = |reference: &str| {
        format!(
            "<row r=\"{}\"><c r=\"{reference}\"><v>1</v></c></row>",
            reference.trim_start_matches(char::is_alphabetic)
        )
    };
    let text = |inner: &str| format!("<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>{inner}</t></is></c></row>");
    let long = "x".repeat(200 * 1024 * 1024);
    let shared = |cells: &str| {
        let rows: String =
            (2..3_000).map(|row| format!("<row r=\"{row}\">{}</row>", cells.replace('#', &row.to_string()))).collect();
        bare(&rows, &format!("<sst><si><t>{}</t></si></sst>", "y".repeat(900_000)))
    };
    let one = "<c r=\"B#\" t=\"s\"><v>0</v></c>";
    let two = "<c r=\"B#\" t=\"s\"><v>0</v></c><c r=\"C#\" t=\"s\"><v>0</v></c>";
    let filled = "office:value-type=\"float\" office:value=\"1\"";
    let repeated = ods_row(
        " table:number-rows-repeated=\"1000\"",
        &format!(
            "<table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"1000\"><text:p>{}</text:p></table:table-cell>",
            "y".repeat(1000)
        ),
    );
    let mut lying = bare(&text(&long), "");
    understate(&mut lying);
    let mut many = zipped(&[("xl/workbook.xml", WORKBOOK)]);
    let end = many.len() - 22;
    many[end + 8..end + 12].copy_from_slice(&[0xff, 0xfe, 0xff, 0xfe]);
    vec![
        case("one cell at the end of the sheet", bare(&far("XFD1048576"), ""), Err(("list.too_large", "cell XFD1048576 holds something, and at most 1,024 columns (AMJ)"))),
        case("one cell far down", bare(&far("ZZ200000"), ""), Ok(vec!["200000: |||"])),
        case("a cell behind the last row", bare(&far("A1048577"), ""), Err(("list.unreadable", "damaged"))),
        case("300 MiB unpacked", bare(&text(&"z".repeat(300 * 1024 * 1024)), ""), Err(("list.too_large", "unpacked it would be 301 MiB, and at most 256 MiB are read"))),
        case("a cell of 200 MiB", bare(&text(&long), ""), Err(("list.too_large", "a single cell in it holds more than 1,024 KiB"))),
        case("a comment of 200 MiB", bare(&format!("<!--{}-->", "<z>".repeat(70_000_000)), ""), Err(("list.too_large", "1,024 KiB"))),
        case("a size that is not true", lying, Err(("list.unreadable", "damaged"))),
        case("100,000 ordinary rows", ordinary(100_000), Ok(vec![])),
        case("65278 parts", many, Err(("list.too_large", "10,000 parts"))),
        case("one text in 3,000 rows", shared(one), Err(("list.too_large", "its cells hold more than 512 MiB"))),
        case("ods: ten rows of 1,000 texts each 1,000 times", ods(&format!("{ODS_HEADINGS}{}", repeated.repeat(10))), Err(("list.too_large", "its cells hold more than 512 MiB"))),
        case("one text twice in a row", shared(two), Err(("list.too_large", "row 2: the row is longer than 1,024 KiB"))),
        case("ods: a cell that stands for all columns", ods(&format!("{ODS_HEADINGS}<table:table-row><table:table-cell {filled} table:number-columns-repeated=\"4294967295\"/></table:table-row>")), Err(("list.too_large", "1,024 columns"))),
        case("ods: a row that stands for all rows", ods(&format!("{ODS_HEADINGS}{}", ods_row(" table:number-rows-repeated=\"1048570\"", ""))), Err(("list.too_large", "stands there 1,048,570 times over, and at most 1,000"))),
        case("ods: wide rows by the thousand", ods(&format!("{ODS_HEADINGS}{}", format!("<table:table-row><table:table-cell {filled} table:number-columns-repeated=\"1000\"/></table:table-row>").repeat(20_000))), Ok(vec![])),
    ]
}

/// As many rows of people, numbers as numbers, every name its own shared string.
fn ordinary(count: u32) -> Vec<u8> {
    let (mut rows, mut strings) = (String::new(), String::from("<sst>"));
    for at in 0..count {
        let row = at + 2;
        rows += &format!(
            "<row r=\"{row}\"><c r=\"A{row}\"><v>2110625629</v></c><c r=\"B{row}\" t=\"s\"><v>{at}</v></c>\
             <c r=\"C{row}\" t=\"inlineStr\"><is><t>6471-{row:010}</t></is></c><c r=\"D{row}\"><v>{row}.0999999999999</v></c></row>"
        );
        strings += &format!("<si><t>Made-Up Person {at}</t></si>");
    }
    bare(&rows, &(strings + "</sst>"))
}

/// Makes the package's directory say 1000 bytes where the largest part has more.
fn understate(package: &mut [u8]) {
    let name = b"xl/worksheets/sheet1.xml";
    let at = package.windows(name.len()).rposition(|window| window == name).expect("the directory names it");
    // The uncompressed size stands 22 bytes before the name in the directory.
    package[at - 22..at - 18].copy_from_slice(&1000u32.to_le_bytes());
}

const CHILD: &str = "STOPGAP_TEST_LIST";

/// Reads the list that its parent made, and says how much memory that took.
#[test]
fn child_that_reads_a_list() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let said =
        RecipientList::open(Path::new(&path), "a.xlsx", &ColumnAliases::default(), Currency::Dkk).and_then(|list| {
            let (mut rows, mut instruction) = (list.instructions()?, Instruction::default());
            while rows.read(&mut instruction)? {}
            Ok(list.rows())
        });
    let said = said.map_or_else(|fault| format!("{} {fault}", fault.code), |rows| format!("rows {rows}"));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" 0 kB");
    println!("\nCHILD {} {said}", most.trim().trim_end_matches(" kB"));
}

#[test]
fn a_bomb_is_refused_or_read_in_little_memory() {
    const MOST_KIB: u64 = 64 * 1024;
    let dir = tempfile::tempdir().expect("a temporary directory");
    for Case { name, bytes, expected, .. } in bombs() {
        let path = dir.path().join("bomb");
        fs::write(&path, &bytes).expect("room on the disk");
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "recipient_list::spreadsheet::tests::child_that_reads_a_list", "--nocapture"])
            .env(CHILD, &path)
            .output()
            .expect("a child");
        let output = String::from_utf8_lossy(&child.stdout).into_owned();
        let line =
            output.lines().find_map(|line| line.strip_prefix("CHILD ")).unwrap_or_else(|| panic!("{name}: {output}"));
        let (kib, said) = line.split_once(' ').expect("two words");
        let kib: u64 = kib.parse().expect("a number");
        assert!(kib < MOST_KIB, "{name} ({} bytes) took {kib} KiB", bytes.len());
        match expected {
            Ok(_) => assert!(said.starts_with("rows "), "{name}: {said}"),
            Err((code, part)) => assert!(said.starts_with(code) && said.contains(part), "{name}: {said}"),
        }
    }
}
