//! Whole lists, from bytes on a disk to instructions.

use std::fs;
use std::io::Write;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::rows_file::RowsFile;
use super::*;

fn saved(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room on the disk");
    file
}

fn open(bytes: impl AsRef<[u8]>) -> Result<RecipientList, Fault> {
    let file = saved(bytes.as_ref());
    RecipientList::open(file.path(), "a.csv", &ColumnAliases::default(), Currency::Dkk)
}

/// The list and its instructions; the file must outlive the reading.
fn read(bytes: impl AsRef<[u8]>) -> Result<(RecipientList, Vec<Instruction>), Fault> {
    let file = saved(bytes.as_ref());
    let list = RecipientList::open(file.path(), "a.csv", &ColumnAliases::default(), Currency::Dkk)?;
    let mut instructions = list.instructions()?;
    let (mut all, mut instruction) = (Vec::new(), Instruction::default());
    while instructions.read(&mut instruction)? {
        all.push(instruction.clone());
    }
    Ok((list, all))
}

fn rows(bytes: impl AsRef<[u8]>) -> Vec<(u32, String)> {
    let (_, all) = read(bytes).expect("a good list");
    all.iter().map(|instruction| (instruction.row, instruction.cell(Column::Name).to_owned())).collect()
}

fn named(rows: &[(u32, &str)]) -> Vec<(u32, String)> {
    rows.iter().map(|(row, name)| (*row, (*name).to_owned())).collect()
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_shows_them() {
    let table: [(&str, &[(u32, &str)]); 13] = [
        ("cpr;navn;beløb\n1;Aka;2\n3;Bo;4\n", &[(2, "Aka"), (3, "Bo")]),
        ("cpr;navn;beløb\r\n1;Aka;2\r\n3;Bo;4", &[(2, "Aka"), (3, "Bo")]),
        ("cpr;navn;beløb\r1;Aka;2\r3;Bo;4\r", &[(2, "Aka"), (3, "Bo")]),
        ("cpr;navn;beløb\n\n1;Aka;2\n\n\n3;Bo;4\n\n", &[(3, "Aka"), (6, "Bo")]),
        ("cpr;navn;beløb\r\n\r\n1;Aka;2\r\n\r\n\r\n3;Bo;4\r\n\r\n", &[(3, "Aka"), (6, "Bo")]),
        ("cpr;navn;beløb\r\r1;Aka;2\r\r\r3;Bo;4\r\r", &[(3, "Aka"), (6, "Bo")]),
        ("\n\r\n \ncpr;navn;beløb\n1;Aka;2\n", &[(5, "Aka")]),
        ("cpr;navn;beløb\n;;\n ; ;\u{A0}\n1;Aka;2\n;;;;\n", &[(4, "Aka")]),
        ("cpr;navn;beløb\n1;\"Aka\r\nVille\n\nX\";2\n3;Bo;4\n", &[(2, "Aka\r\nVille\n\nX"), (3, "Bo")]),
        ("cpr;navn;beløb\n1;\"A \"\"x\"\" ; Z\";2\n", &[(2, "A \"x\" ; Z")]),
        ("\"cpr\";\"navn\";\"beløb\"\r\n\"1\";\"Aka\";\"2\"\r\n\r\n\"3\";\"Bo\";\"4\"", &[(2, "Aka"), (4, "Bo")]),
        ("sep=;\r\ncpr;navn;beløb\r\n1;Aka;2\r\n", &[(2, "Aka")]),
        ("navn;cpr;beløb\nPeter \"Pete\";1;2\n5\" Bo;1;2\n", &[(2, "Peter \"Pete\""), (3, "5\" Bo")]),
    ];
    for (text, expected) in table {
        assert_eq!(rows(text), named(expected), "{text:?}");
    }
}

#[test]
fn rows_keep_their_numbers_through_a_long_list() {
    for (line_end, encoding) in [("\r\n", "UTF-8"), ("\n", "UTF-16LE"), ("\r", "windows-1252")] {
        let (mut text, mut row, mut expected) = (format!("cpr;navn;beløb{line_end}"), 1, Vec::new());
        for person in 0..20_000 {
            let blank = usize::from(person % 7 == 0);
            let name = if person % 11 == 0 { format!("Åse{line_end}{person}") } else { format!("Åse {person}") };
            text += &format!("{}1;\"{name}\";2{line_end}", line_end.repeat(blank));
            row += 1 + blank as u32;
            expected.push((row, name));
        }
        assert!(rows(encoded(&text, encoding)) == expected, "{line_end:?} {encoding}");
    }
}

#[test]
fn one_late_letter_decides_the_encoding_of_the_whole() {
    let text = format!("cpr;navn;amount\n{}2;S\u{f8}ren;2\n", "1;Bo;2\n".repeat(50_000));
    let (list, all) = read(WINDOWS_1252.encode(&text).0).expect("a good list");
    assert_eq!((list.rows(), list.facts().to_string().split(',').next()), (50_001, Some("Windows-1252")));
    assert_eq!(all.last().map(|row| (row.row, row.cell(Column::Name))), Some((50_002, "Søren")));
}

#[test]
fn cells_are_trimmed_and_surplus_ones_noticed() {
    let (list, all) =
        read("cpr;navn;beløb;;\n 1\u{A0};\tAka Ñ ;\u{202F}2;;\n1;Bo;2\n1;Bo;2;;;x\n1;Bo\n1;Bo;2;x\n").expect("good");
    assert_eq!(list.rows(), 5);
    let cells = |at: usize| [Column::PersonId, Column::Name, Column::Amount, Column::Text].map(|c| all[at].cell(c));
    assert_eq!(cells(0), ["1", "Aka Ñ", "2", ""]);
    assert_eq!(cells(3), ["1", "Bo", "", ""]);
    let surplus: Vec<bool> = all.iter().map(Instruction::surplus_cells).collect();
    assert_eq!(surplus, [false, false, true, false, true]);
}

#[test]
fn a_trailing_total_is_no_row_and_a_total_elsewhere_is_one() {
    let (list, all) = read("cpr;navn;beløb\n1;Aka;1.000,00\n2;Bo;50\n;;\nTotal;;1.050,00\n;;\n").expect("a good list");
    assert_eq!((list.rows(), all.len()), (2, 2));
    assert_eq!(list.control_total(), Some(Amount::from_minor_units(105_000, Currency::Dkk)));

    let (list, all) = read("cpr;navn;beløb\n1;Aka;1.000,00\nTotal;;1.000,00\n2;Bo;50\n").expect("a good list");
    assert_eq!((list.rows(), all.len(), list.control_total()), (3, 3, None));

    let twice = "cpr;navn;beløb\n1;Aka;100,00\nI alt;;100,00\nTotal;;200,00\n";
    let (list, _) = read(twice).expect("the subtotal counts as a row, which a check rejects");
    assert_eq!(list.rows(), 2);
}

#[test]
fn what_cannot_be_trusted_as_a_whole_is_refused_with_row_and_remedy() {
    let wide = format!("cpr;navn;beløb\n1;{};2\n", "x".repeat(2 * 1024 * 1024));
    let late = format!("cpr;navn;beløb\n{}1;\"Bo;2\n3;Aka;4\n", "1;Aka;2\n".repeat(100_000));
    let table: [(&[u8], &str, &str); 24] = [
        (b"", "list.empty", "the list is empty"),
        (b"\n\r\n;;;\n \n", "list.empty", "the list is empty"),
        ("cpr;navn;beløb\n".as_bytes(), "list.empty", "no row below"),
        ("cpr;navn;beløb\nTotal;;0\n".as_bytes(), "list.empty", "no row below"),
        (b"PK\x03\x04xl/workbook.xml", "list.not_text", "cut off or damaged"),
        (b"%PDF-1.4\n", "list.not_text", "a PDF document"),
        (b"cpr;navn;amount\n1;A\0;2\n", "list.not_text", "row 2"),
        (b"c\0p\0r\0;\0n\0a\0v\0n\0", "list.not_text", "row 1"),
        (&[0; 3_000_000], "list.not_text", "row 1"),
        ("navn;beløb\nAka;2\n".as_bytes(), "list.heading_missing", "row 1: there is no heading for person_id"),
        ("\ncpr;beløb;cpr\n1;2;3\n".as_bytes(), "list.heading_twice", "row 2: the headings “cpr” (column A)"),
        ("cpr;navn;beløb\n1;Aka;2\nTotal;;3\n".as_bytes(), "list.total_mismatch", "row 3: the total says 3.00"),
        ("cpr;navn;beløb\n1;Aka;2\n1;SÃ¸ren;2\n".as_bytes(), "list.mojibake", "row 3"),
        ("cpr;navn;beløb\n1;S\u{FFFD}ren;2\n".as_bytes(), "list.mojibake", "row 2"),
        (b"cpr;navn;amount\n1;S\xC3\xB8ren;2\n1;S\xF8ren;2\n", "list.mojibake", "row 2"),
        (b"cpr;navn;amount\n1;S\x9Bren;2\n", "list.mojibake", "row 2"),
        (b"\xEF\xBB\xBFcpr;navn;amount\n1;S\xF8ren;2\n", "list.mojibake", "first bytes"),
        (b"\xFF\xFEc\0p\0r\0\x00\xD8", "list.mojibake", "first bytes"),
        (
            "cpr;navn;beløb\n1;\"Aka;2\n3;Bo;4\n".as_bytes(),
            "list.unreadable",
            "row 2: a quotation mark opens here and is never",
        ),
        (
            "cpr;navn;beløb\n1;\"Aka;2\n3;\"Bo\";4\n".as_bytes(),
            "list.unreadable",
            "row 2: a quotation mark opens here and closes",
        ),
        ("cpr;navn;beløb\n1;\"Aka\";\"2\n".as_bytes(), "list.unreadable", "row 2"),
        ("cpr;navn;beløb\n1;Aka;2\n\n3;\"\"\"Bo;2".as_bytes(), "list.unreadable", "row 4"),
        (wide.as_bytes(), "list.too_large", "row 2: the row is longer than 1,024 KiB"),
        (late.as_bytes(), "list.unreadable", "row 100002"),
    ];
    for (bytes, code, part) in table {
        let start = bytes.get(..60).unwrap_or(bytes).escape_ascii();
        let fault = open(bytes).map(|_| ()).expect_err(&start.to_string());
        assert_eq!(fault.code, code, "{start}: {fault}");
        assert!(fault.message.starts_with("a.csv") && fault.message.contains(part), "{part} in {fault}");
        assert!(fault.remedy.is_some() && fault.kind.exit_code() == 2, "{fault:?}");
    }
}

#[test]
fn what_is_no_file_is_unreadable() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let open = |path: &Path| RecipientList::open(path, "x", &ColumnAliases::default(), Currency::Dkk).map(|_| ());
    for (path, part) in [(dir.path().to_owned(), "a directory"), (dir.path().join("none.csv"), "no such file")] {
        let fault = open(&path).expect_err("refused");
        assert_eq!(fault.code, "list.unreadable");
        assert!(fault.message.contains(part), "{fault}");
    }
}

#[test]
fn a_list_that_changes_while_it_is_read_is_noticed() {
    let file = saved("cpr;navn;beløb\n1;Aka;2\n".as_bytes());
    let list =
        RecipientList::open(file.path(), "a.csv", &ColumnAliases::default(), Currency::Dkk).expect("a good list");
    for other in ["cpr;navn;beløb\n1;Aka;3\n".as_bytes(), b"cpr;navn;bel\xF8b\n1;Aka;2\n", b"\"", b"", b"PK\x03\x04"] {
        fs::write(file.path(), other).expect("room on the disk");
        let mut instruction = Instruction::default();
        let outcome = list.instructions().and_then(|mut rows| {
            while rows.read(&mut instruction)? {}
            Ok(())
        });
        assert_eq!(outcome.map_err(|fault| (fault.code, fault.kind.exit_code())), Err(("list.changed", 2)));
    }
}

#[test]
fn the_facts_are_told_in_words() {
    let table: [(&[u8], &str); 4] = [
        (b"cpr;navn;bel\xF8b\n1;Bo;2,50\n", "Windows-1252, semicolons, decimal comma"),
        (b"cpr,navn,amount\n1,Bo,2.50\n", "UTF-8, commas, decimal point"),
        (b"cpr\tnavn\tamount\n1\tBo\t2\n", "UTF-8, tabs, decimal style open"),
        (b"\xFF\xFEi\0d\0|\0n\0a\0v\0n\0|\0a\0m\0o\0u\0n\0t\0\n\x001\0", "UTF-16LE, vertical bars, decimal style open"),
    ];
    for (bytes, facts) in table {
        assert_eq!(open(bytes).expect("a good list").facts().to_string(), facts);
    }
}

#[test]
fn a_rows_file_is_a_list_again() {
    let text = "cpr;navn;konto;beløb;tekst\n1;=Aka;-5;1.234;\"x, \"\"y\"\"\nz\"\n2;O'Bo;'@;-0,50;@\n";
    let (list, before) = read(text).expect("a good list");
    let mut file = RowsFile::new(Vec::new()).expect("headings");
    for instruction in &before {
        file.row(list.name(), None, instruction.row, "rejected", "a", "x", instruction).expect("a row");
    }
    let (_, after) = read(file.finish().expect("an end")).expect("our own file");
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        for column in Column::ALL.into_iter().filter(|column| *column != Column::Amount) {
            assert_eq!(after.cell(column), before.cell(column), "{column:?}");
        }
        let amount = |row: &Instruction| read_amount(row.cell(Column::Amount), row.amount_style(), Currency::Dkk);
        assert_eq!(amount(after), amount(before));
    }
    assert_eq!(after[0].cell(Column::Amount), "1234", "settled without its column");
    assert_eq!(after[1].cell(Column::Amount), "-0,50");
}

#[test]
fn in_a_rows_file_one_lists_amounts_say_nothing_of_anothers() {
    let row = |file: &str, amount: &str| {
        let instruction = Instruction::for_test(&[(Column::Name, "Aka"), (Column::Amount, amount)]);
        let mut rows = RowsFile::new(Vec::new()).expect("headings");
        rows.row(file, None, 2, "rejected", "a", "x", &instruction).expect("a row");
        String::from_utf8(rows.finish().expect("an end")).expect("UTF-8")
    };
    let (one, other) = (row("a.csv", "1234.50"), row("b.csv", "1,234"));
    let text = one + other.lines().last().expect("a row") + "\n";
    let (_, all) = read(&text).expect("our own file");
    let amounts = all.iter().map(|row| read_amount(row.cell(Column::Amount), row.amount_style(), Currency::Dkk));
    let amounts: Vec<_> = amounts.map(|amount| amount.map(Amount::minor_units)).collect();
    assert_eq!(amounts, [Ok(123_450), Err(AmountError::Ambiguous)], "the second was ambiguous in its own list");
}

#[derive(Clone, Copy, Debug)]
struct Dialect {
    delimiter: u8,
    encoding: &'static str,
    line_end: &'static str,
    quoted: bool,
    decimal_comma: bool,
}

fn dialect() -> impl Strategy<Value = Dialect> {
    const ENCODINGS: [&str; 5] = ["UTF-8", "UTF-8 BOM", "UTF-16LE", "UTF-16BE", "windows-1252"];
    let parts = (
        prop::sample::select(&b";,\t|"[..]),
        prop::sample::select(&ENCODINGS[..]),
        prop::sample::select(&["\n", "\r\n", "\r"][..]),
        any::<bool>(),
        any::<bool>(),
    );
    parts.prop_map(|(delimiter, encoding, line_end, quoted, decimal_comma)| Dialect {
        delimiter,
        encoding,
        line_end,
        quoted,
        decimal_comma,
    })
}

/// The rows of a made-up list: name, text and amount, and how many blank lines come first.
fn made_up_rows() -> impl Strategy<Value = Vec<(String, String, i64, usize)>> {
    let cell = "[A-Za-zÆØÅæøåéö][A-Za-zÆØÅæøå ;,|\"'.\n-]{0,20}";
    prop::collection::vec((cell, cell, 1i64..10_000_000, 0usize..3), 1..20)
}

fn written(rows: &[(String, String, i64, usize)], dialect: Dialect) -> Vec<u8> {
    let quotes = if dialect.quoted { QuoteStyle::Always } else { QuoteStyle::Necessary };
    let mut text = String::new();
    let mut line = |cells: &[&str], blank: usize| {
        text += &dialect.line_end.repeat(blank);
        let mut writer = WriterBuilder::new()
            .delimiter(dialect.delimiter)
            .quote_style(quotes)
            .terminator(Terminator::Any(b'\n'))
            .from_writer(Vec::new());
        writer.write_record(cells).expect("a line");
        let bytes = writer.into_inner().expect("a line");
        text += str::from_utf8(&bytes).expect("UTF-8").trim_end_matches('\n');
        text += dialect.line_end;
    };
    line(&["CPR-nr.", "Navn", "Beløb", "Tekst"], 0);
    for (name, what, minor_units, blank) in rows {
        let amount = Amount::from_minor_units(*minor_units, Currency::Dkk);
        let amount = if dialect.decimal_comma { amount.grouped() } else { amount.to_string() };
        line(&["0101901234", name, &amount, what], *blank);
    }
    encoded(&text, dialect.encoding)
}

fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    let wide = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
        mark.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
    };
    match encoding {
        "UTF-8" => text.as_bytes().to_vec(),
        "UTF-8 BOM" => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        "UTF-16LE" => wide(b"\xFF\xFE", u16::to_le_bytes),
        "UTF-16BE" => wide(b"\xFE\xFF", u16::to_be_bytes),
        _ => WINDOWS_1252.encode(text).0.into_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_dialect_reads_back_to_the_same_rows(rows in made_up_rows(), dialect in dialect()) {
        let (list, all) = read(written(&rows, dialect)).expect("a good list");
        prop_assert_eq!(list.rows(), rows.len() as u64);
        prop_assert_eq!(all.len(), rows.len());
        let mut row = 1;
        for (instruction, (name, text, minor_units, blank)) in all.iter().zip(&rows) {
            row += 1 + *blank as u32;
            prop_assert_eq!(instruction.row, row);
            prop_assert_eq!(instruction.cell(Column::Name), name.trim());
            prop_assert_eq!(instruction.cell(Column::Text), text.trim());
            prop_assert!(!instruction.surplus_cells());
            let amount = read_amount(instruction.cell(Column::Amount), list.amount_style(), Currency::Dkk);
            prop_assert_eq!(amount.map(Amount::minor_units), Ok(*minor_units));
        }
    }

    #[test]
    fn whatever_a_rows_file_holds_comes_back(cells in prop::collection::vec("['=+@a-zæ\"\n\t\r,; -]{0,12}", Column::OF_RECIPIENTS.len())) {
        let cells: Vec<(Column, &str)> = Column::OF_RECIPIENTS.iter().copied().zip(cells.iter().map(String::as_str)).collect();
        let before = Instruction::for_test(&cells);
        let mut file = RowsFile::new(Vec::new()).expect("headings");
        file.row("=a.csv", Some("-"), 7, "held", "", "@", &before).expect("a row");
        let (_, all) = read(file.finish().expect("an end")).expect("our own file");
        prop_assert_eq!(all.len(), 1);
        for column in Column::OF_RECIPIENTS.iter().copied() {
            prop_assert_eq!(all[0].cell(column), before.cell(column), "{:?}", column);
        }
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read([&b"cpr;navn;amount\n"[..], &bytes].concat());
        let _ = read([&b"\xFF\xFE"[..], &bytes].concat());
    }

    #[test]
    fn a_damaged_list_is_read_or_refused_in_words(
        rows in made_up_rows(), dialect in dialect(), at in any::<prop::sample::Index>(), damage in any::<[u8; 3]>(), cut in any::<bool>(),
    ) {
        let mut bytes = written(&rows, dialect);
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            let end = bytes.len().min(at + damage.len());
            bytes.splice(at..end, damage);
        }
        match read(&bytes) {
            Ok((list, all)) => prop_assert_eq!(list.rows(), all.len() as u64),
            Err(fault) => prop_assert!(fault.code.starts_with("list.") && fault.kind.exit_code() == 2, "{:?}", fault),
        }
    }
}
