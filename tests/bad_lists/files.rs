//! The files, made here: none of them is kept anywhere.

use std::io::{Cursor, Write};
use std::ops::Range;

use rust_xlsxwriter::Workbook;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A name, the bytes, and the codes of which one must come.
pub type File = (&'static str, Vec<u8>, &'static [&'static str]);

const HEADINGS: &str = "cpr;navn;konto;beløb;ydelse;periode\n";

/// Rows of made-up people that can be paid, with headings.
pub fn sound_rows(rows: Range<u32>) -> String {
    let row = |at: u32| {
        let (day, month, year) = (61 + at % 28, 1 + at / 28 % 12, at / 336 % 100);
        let (number, last) = (at / 33_600, at % 10_000);
        format!("{day:02}{month:02}{year:02}{number}{last:03};Made Up;6471-{:010};100,00;Hjælp;2022-04\n", 100_000 + at)
    };
    HEADINGS.to_owned() + &rows.map(row).collect::<String>()
}

pub fn all() -> Vec<File> {
    [texts(), mojibake(), workbooks(), old_and_locked()].into_iter().flatten().collect()
}

fn texts() -> Vec<File> {
    let wide = |cells: usize| vec!["x"; cells].join(";");
    let nul = sound_rows(0..3).replace("Made", "Ma\0de").into_bytes();
    vec![
        ("empty.csv", Vec::new(), &["list.empty"]),
        ("blank.csv", b"\r\n \r\n;;;\r\n".repeat(1000), &["list.empty"]),
        ("headings-alone.csv", HEADINGS.into(), &["list.empty"]),
        // One line of 64 MB, in the headings and below them, and one that a quotation mark leaves open.
        ("one-line.csv", vec![b'x'; 64 << 20], &["list.too_large"]),
        ("one-long-row.csv", [HEADINGS.as_bytes(), &vec![b'1'; 64 << 20]].concat(), &["list.too_large"]),
        (
            "open-quote.csv",
            [HEADINGS.as_bytes(), b"1;\"", &b"x;y\n".repeat(1 << 20)].concat(),
            &["list.too_large", "list.unreadable"],
        ),
        ("wide-headings.csv", format!("{}\n{}\n", wide(100_000), wide(100_000)).into(), &["list.too_large"]),
        ("wide-row.csv", format!("{HEADINGS}{}\n", wide(100_000)).into(), &["list.too_large"]),
        ("semicolons.csv", [HEADINGS.as_bytes(), &vec![b';'; 100_000]].concat(), &["list.empty"]),
        ("nul.csv", nul, &["list.not_text"]),
        ("nul-alone.csv", vec![0; 1 << 20], &["list.not_text"]),
        ("binary.csv", (0..=255u8).cycle().take(1 << 20).collect(), &["list.not_text", "list.mojibake"]),
        (
            "half.utf16.csv",
            [&b"\xFF\xFE"[..], &utf16(&sound_rows(0..3)), b"x"].concat(),
            &["list.mojibake", "list.not_text"],
        ),
        ("page.csv", b"<!DOCTYPE html><html><body>Log in</body></html>".into(), &["list.not_text"]),
        ("document.csv", b"%PDF-1.7\n%\xE2\xE3".into(), &["list.not_text"]),
    ]
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// As Windows-1252 reads the bytes of UTF-8.
fn misread(text: &str) -> String {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
}

/// `Jørgen` after each way in which it is lost.
fn mojibake() -> Vec<File> {
    let list = sound_rows(0..3).replace("Made Up", "Jørgen Åkjær").replace("beløb", "amount");
    let once = misread(&list);
    let twice = misread(&once);
    let lost = list.replace(['ø', 'Å', 'æ'], "\u{FFFD}");
    let mac: Vec<u8> = list
        .chars()
        .map(|c| match c {
            'ø' => 0xBF,
            'Å' => 0x81,
            'æ' => 0xBE,
            c => c as u8,
        })
        .collect();
    let dos: Vec<u8> = list
        .chars()
        .map(|c| match c {
            'ø' => 0x9B,
            'Å' => 0x8F,
            'æ' => 0x91,
            c => c as u8,
        })
        .collect();
    let sheet = made(|sheet| {
        for (column, cell) in ["cpr", "navn", "konto", "amount"].into_iter().enumerate() {
            sheet.write(0, column as u16, cell)?;
        }
        for (column, cell) in ["6101010001", "JÃ¸rgen", "6471-0000100001", "100,00"].into_iter().enumerate() {
            sheet.write(1, column as u16, cell)?;
        }
        Ok(())
    });
    vec![
        ("mojibake-once.csv", once.clone().into(), &["list.mojibake"]),
        ("mojibake-twice.csv", twice.into(), &["list.mojibake"]),
        ("mojibake-lost.csv", lost.into(), &["list.mojibake"]),
        ("mojibake-mac.csv", mac, &["list.mojibake"]),
        ("mojibake-dos.csv", dos, &["list.mojibake"]),
        ("mojibake-utf16.csv", [&b"\xFF\xFE"[..], &utf16(&once)].concat(), &["list.mojibake"]),
        ("mojibake.xlsx", sheet, &["list.mojibake"]),
    ]
}

fn made(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet) -> Result<(), rust_xlsxwriter::XlsxError>) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet()).expect("fills");
    workbook.save_to_buffer().expect("saves")
}

/// A package of these parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).and_then(|()| Ok(zip.write_all(bytes)?)).expect("zips");
    }
    zip.finish().expect("zips").into_inner()
}

const TYPES: &[u8] = br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
const BOOK: &[u8] = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const RELATIONS: &[u8] = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

fn workbook_of(sheet: &[u8], more: &[(&str, &[u8])]) -> Vec<u8> {
    let parts: [(&str, &[u8]); 4] = [
        ("[Content_Types].xml", TYPES),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    zipped(&[&parts[..], more].concat())
}

fn sheet_of(rows: &str) -> Vec<u8> {
    let open = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;
    format!("{open}{rows}</sheetData></worksheet>").into()
}

fn workbooks() -> Vec<File> {
    let sound = made(|sheet| {
        for row in 0..200 {
            sheet.write(row, 0, format!("cell {row}"))?;
        }
        Ok(())
    });
    let far = sheet_of(r#"<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>"#);
    // Deflate at its best makes a thousandth of it: 789 MB in less than a megabyte.
    let bomb = workbook_of(&sheet_of(&" ".repeat(789_000_000)), &[]);
    assert!(bomb.len() < 1_000_000, "{}", bomb.len());
    let strings = format!("<sst xmlns=\"x\"><si><t>{}</t></si></sst>", "x".repeat(200 << 20));
    let one_text = workbook_of(
        &sheet_of(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#),
        &[("xl/sharedStrings.xml", strings.as_bytes())],
    );
    let many: Vec<String> = (0..20_000).map(|at| format!("part{at}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    vec![
        ("cut.xlsx", sound[..sound.len() / 2].to_vec(), &["list.unreadable", "list.not_text"]),
        ("cut-late.xlsx", sound[..sound.len() - 10].to_vec(), &["list.unreadable", "list.not_text"]),
        ("no-workbook.xlsx", zipped(&[("readme.txt", b"hello")]), &["list.not_text", "list.unreadable"]),
        (
            "no-sheet.xlsx",
            zipped(&[("[Content_Types].xml", TYPES), ("xl/workbook.xml", BOOK)]),
            &["list.unreadable", "list.not_text", "list.empty"],
        ),
        ("cut-sheet.xlsx", workbook_of(b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\"", &[]), &["list.unreadable"]),
        ("far.xlsx", workbook_of(&far, &[]), &["list.heading_missing", "list.too_large", "list.empty"]),
        ("bomb.xlsx", bomb, &["list.too_large"]),
        ("one-text.xlsx", one_text, &["list.too_large", "list.unreadable"]),
        ("many-parts.xlsx", zipped(&many), &["list.too_large", "list.unreadable", "list.not_text"]),
    ]
}

/// A compound file's first sector, and what Excel keeps in one that takes a password.
fn old_and_locked() -> Vec<File> {
    let compound = |inside: &str| {
        let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        bytes.resize(1024, 0);
        bytes.extend(utf16(inside));
        bytes.resize(4096, 0);
        bytes
    };
    let macros: Vec<u8> = String::from_utf8_lossy(TYPES)
        .replace("vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", "vnd.ms-excel.sheet.macroEnabled.main")
        .into();
    let macro_book = zipped(&[
        ("[Content_Types].xml", &macros),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/sheet1.xml", &sheet_of(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>cpr</t></is></c></row>"#)),
        ("xl/vbaProject.bin", b"\xD0\xCF\x11\xE0"),
    ]);
    vec![
        ("old.xls", compound("Workbook"), &["list.not_text"]),
        ("older.xls", [&b"\x09\x08\x08\x00\x00\x05\x10\x00"[..], &[0; 4096]].concat(), &["list.not_text"]),
        ("locked.xlsx", compound("EncryptedPackage"), &["list.unreadable"]),
        ("macros.xlsm", macro_book, &["list.not_text", "list.unreadable", "list.heading_missing"]),
    ]
}
