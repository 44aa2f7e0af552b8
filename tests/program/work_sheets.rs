//! The day on which the portal takes no file: a batch is parted into sheets, typed by hand, and comes back.

use std::fs;

use serde_json::Value;

use crate::desk::{Desk, LIST, PAY_ON};

/// A desk with an approved batch of three payments.
fn approved() -> Desk {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk
}

fn released(desk: &Desk, clerks: &str) -> Value {
    desk.json(&["release", "B0001", "--as", "worksheet", "--clerks", clerks, "--operator", "anna"]).exits(0).json()
}

fn codes(released: &Value) -> Vec<String> {
    let sheets = released["sheets"].as_array().expect("sheets");
    sheets.iter().map(|sheet| sheet["sheet"].as_str().expect("a code").to_owned()).collect()
}

fn give_back(desk: &Desk, name: &str, content: &str) -> crate::desk::Ran {
    desk.write(name, content);
    desk.json(&["worksheet", "return", name, "--operator", "anna"])
}

fn problems(json: &Value) -> Vec<(u64, String)> {
    let problems = json["problems"].as_array().expect("problems");
    let told =
        |problem: &Value| (problem["row"].as_u64().unwrap_or(0), problem["code"].as_str().unwrap_or("").to_owned());
    problems.iter().map(told).collect()
}

fn list(desk: &Desk) -> Value {
    let ran = desk.json(&["worksheet", "list", "--operator", "anna"]);
    // A row that needs a person is told by the exit code too.
    let sheets = ran.json();
    let is_wrong = sheets.as_array().expect("sheets").iter().any(|sheet| sheet["wrong"] != 0);
    ran.exits(i32::from(is_wrong));
    sheets
}

/// A statement in MT940 of the payer's account.
fn statement(number: u32, lines: &[(&str, &str, &str)]) -> String {
    let mut text = format!(":20:S{number}\r\n:25:64710001234567\r\n:28C:{number}/1\r\n:60F:C990228DKK100000,00\r\n");
    for (amount, bank, said) in lines {
        text += &format!(":61:9903020302D{amount}NTRFNONREF//{bank}\r\n:86:{said}\r\n");
    }
    text + ":62M:C990302DKK1,00\r\n-\r\n"
}

fn outcome(desk: &Desk, name: &str, lines: &[(&str, &str, &str)]) -> Value {
    desk.write(name, statement(1, lines));
    let read = desk.json(&["outcome", name, "--operator", "anna"]).json();
    assert!(read["error"].is_null(), "{read}");
    read
}

fn warned(json: &Value) -> Vec<String> {
    let warnings = json["warnings"].as_array().expect("warnings").iter();
    warnings.filter_map(|warning| warning["code"].as_str()).map(str::to_owned).collect()
}

#[test]
fn a_batch_leaves_on_sheets_that_do_not_overlap_and_by_no_other_door() {
    let desk = approved();
    let first = released(&desk, "Nivi,Ole");
    assert_eq!(first["door"], "worksheet");
    let files = first["files"].as_array().expect("files").clone();
    assert_eq!(files.len(), 4, "a page and a workbook each");
    let mut rows = Vec::new();
    for file in &files {
        let path = desk.workspace().join(file["path"].as_str().expect("a path"));
        let bytes = fs::read(&path).expect("reads");
        if path.extension().is_some_and(|ending| ending == "html") {
            let page = String::from_utf8(bytes).expect("UTF-8");
            assert!(page.contains(file["sheet"].as_str().expect("a code")));
            rows.extend(
                page.split("<span class=\"account\">")
                    .skip(1)
                    .map(|rest| rest.split('<').next().unwrap_or("").to_owned()),
            );
        }
    }
    rows.sort();
    assert_eq!(rows, ["6471  0000 100 001", "6471  0000 100 002", "GL89 6471 0001 0002 06"]);
    assert_eq!(released(&desk, "2")["files"], first["files"], "the same again");
    assert_eq!(desk.json(&["release", "B0001", "--operator", "anna"]).exits(3).error_code(), "release.other_door");
    let other = desk.json(&["release", "B0001", "--as", "worksheet", "--clerks", "3", "--operator", "anna"]).exits(3);
    assert_eq!(other.error_code(), "worksheet.other_parting");
    let said = ["uploaded", "B0001", "--receipt", "R", "--count", "3", "--amount", "1", "--operator", "anna"];
    assert_eq!(desk.json(&said).exits(3).error_code(), "batch.not_released");
    desk.json(&["verify"]).exits(0);
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
    // A sheet that was lost is made again, to the byte.
    let lost = desk.workspace().join(files[1]["path"].as_str().expect("a path"));
    let bytes = fs::read(&lost).expect("reads");
    fs::remove_file(&lost).expect("removes");
    released(&desk, "2");
    assert_eq!(fs::read(&lost).expect("made again"), bytes);
    // A page that says something else is refused and is damage; a workbook is there to be written into.
    let page = desk.workspace().join(files[0]["path"].as_str().expect("a path"));
    let whole = fs::read(&page).expect("reads");
    fs::write(&page, b"other").expect("writes");
    let again = desk.json(&["release", "B0001", "--as", "worksheet", "--operator", "anna"]).exits(3);
    assert_eq!(again.error_code(), "release.file_differs");
    desk.json(&["verify"]).exits(4);
    fs::write(&page, whole).expect("writes");
    fs::write(&lost, b"filled in").expect("writes");
    desk.json(&["verify"]).exits(0);
    let copies = desk.json(&["copies", "list"]).json().to_string();
    assert!(copies.contains("clerks who type"), "{copies}");
}

#[test]
fn a_batch_that_left_as_a_file_is_not_typed_as_well() {
    let desk = approved();
    desk.release("B0001").exits(0);
    let typed = desk.json(&["release", "B0001", "--as", "worksheet", "--operator", "anna"]).exits(3);
    assert_eq!(typed.error_code(), "release.other_door");
    let misplaced = desk.json(&["release", "B0001", "--clerks", "2", "--operator", "anna"]).exits(2);
    assert_eq!(misplaced.error_code(), "arguments");
}

const HEAD: &str = "sheet;row;done;receipt;amount_typed;account;amount\n";

#[test]
fn what_is_ticked_is_compared_and_what_is_not_stays_unknown() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    let back = |name: &str, rows: &str| give_back(&desk, name, &format!("{HEAD}{}", rows.replace('#', &code)));

    let edited = back(
        "edited.csv",
        "#;1;x;R-1;5.234,50;6471-0000100009;5234.50\n#;2;x;R-2;11.000,00;;11000.01\n#;9;x;R-9;1,00;;\n",
    );
    let told = problems(&edited.exits(1).json());
    let expected = [(2, "worksheet.account_changed"), (3, "worksheet.account_changed"), (4, "worksheet.row_unknown")];
    assert_eq!(told, expected.map(|(row, code)| (row, code.to_owned())));
    let head = desk.head();

    let half = back(
        "half.csv",
        "#;1;x;;5.234,50;6471 0000100001;\n#;2;;R-2;11.000,00;6471 0000100002;11000\n#;3;x;R-3;;GL8964710001000206;\n",
    );
    let told: Vec<String> = problems(&half.exits(1).json()).into_iter().map(|(_, code)| code).collect();
    // An amount that is not there any more was edited as well.
    assert_eq!(told, ["worksheet.amount_changed", "worksheet.not_ticked", "worksheet.amount_changed"]);
    assert_eq!(desk.head(), head, "nothing was recorded");

    let plain = |rows: &str| format!("sheet;row;done;receipt;amount_typed\n{}", rows.replace('#', &code));
    let one_receipt = give_back(&desk, "one.csv", &plain("#;1;x;R-100;5.234,60\n#;2;x;r 100;11.000,00\n"));
    let told: Vec<String> = problems(&one_receipt.exits(1).json()).into_iter().map(|(_, code)| code).collect();
    assert_eq!(told, ["worksheet.receipt_twice"; 2], "neither row is believed, nor said to be recorded");

    let good = plain("#;1;x;R-100;5.234,50\n#;2;x;R-200;11.000,10\n");
    let first = give_back(&desk, "good.csv", &good).exits(1).json();
    assert_eq!((first["sheets"][0]["new"].as_u64(), first["sheets"][0]["open"]["count"].as_u64()), (Some(2), Some(1)));
    assert_eq!(problems(&first), [(3, "worksheet.amount_differs".to_owned())]);
    let head = desk.head();
    let again = give_back(&desk, "again.csv", &good).json();
    assert_eq!((again["already_seen"].as_bool(), again["sheets"][0]["known"].as_u64()), (Some(true), Some(2)));
    assert_eq!(desk.head(), head, "the same sheet again changes nothing");

    let other = give_back(&desk, "other.csv", &plain("#;3;x;R-100;999,95\n")).exits(1).json();
    assert_eq!(problems(&other)[0].1, "worksheet.receipt_twice");
    let second = give_back(&desk, "second.csv", &plain("#;1;x;R-101;5.234,50\n")).exits(1).json();
    assert_eq!(problems(&second)[0].1, "worksheet.second_receipt");

    let listed = list(&desk);
    assert_eq!((listed[0]["typed"].as_u64(), listed[0]["open"]["count"].as_u64()), (Some(2), Some(1)));
    assert_eq!(listed[0]["wrong"], 2, "one with another amount, one with two receipts");
    // The row that nobody ticked holds its claim: the list again pays nobody.
    let list_again = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((list_again["batch"].is_null(), list_again["rows"]["duplicate"].as_u64()), (true, Some(3)));
    desk.json(&["verify"]).exits(0);
}

#[test]
fn the_filled_in_workbook_comes_back() {
    let desk = approved();
    let first = released(&desk, "1");
    let files = first["files"].as_array().expect("files");
    let workbook = desk.workspace().join(files[1]["path"].as_str().expect("a path"));
    let filled = fill_in(&fs::read(workbook).expect("reads"));
    desk.write("filled.xlsx", filled);
    let back = desk.json(&["worksheet", "return", "filled.xlsx", "--operator", "malik"]).exits(0).json();
    assert_eq!((back["sheets"][0]["new"].as_u64(), back["problems"].as_array().map(Vec::len)), (Some(3), Some(0)));
}

/// The texts of a workbook's cells.
fn shared_strings(workbook: &[u8]) -> String {
    use std::io::{Cursor, Read};
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("a package");
    let mut told = String::new();
    archive.by_name("xl/sharedStrings.xml").expect("a part").read_to_string(&mut told).expect("reads");
    told
}

/// Writes a tick, a receipt and the amount into each row, as a spreadsheet saves them.
fn fill_in(workbook: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("a package");
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a part");
        let (name, mut text) = (file.name().expect("a name").into_owned(), String::new());
        file.read_to_string(&mut text).expect("reads");
        if name.ends_with("sheet1.xml") {
            for (row, amount) in [(6, "5234.5"), (7, "11000"), (8, "999.95")] {
                let cell = |text: &str, column: char, value: &str| {
                    let (before, rest) = text.split_once(&format!("<c r=\"{column}{row}\"")).expect("the cell");
                    let (attributes, after) = rest.split_once("/>").expect("it is empty");
                    format!("{before}<c r=\"{column}{row}\"{attributes}{value}</c>{after}")
                };
                text = cell(&text, 'B', " t=\"inlineStr\"><is><t>x</t></is>");
                text = cell(&text, 'C', &format!(" t=\"inlineStr\"><is><t>NB {row}4711</t></is>"));
                text = cell(&text, 'D', &format!("><v>{amount}</v>"));
            }
        }
        out.start_file(name, zip::write::SimpleFileOptions::default()).expect("begins");
        out.write_all(text.as_bytes()).expect("writes");
    }
    out.finish().expect("finishes").into_inner()
}

#[test]
fn the_statement_proves_that_each_was_typed_once() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    let rows =
        format!("sheet;row;done;receipt;amount_typed\n{code};1;x;NB-100200;5.234,50\n{code};2;x;NB-100300;11.000,10\n");
    // The statement comes before the sheet: its debits are offered, and nothing is asserted.
    let lines =
        [("5234,50", "A1", "Overf. nb 100-200"), ("11000,10", "NB-100300", "Netbank"), ("999,95", "A3", "Netbank")];
    let early = outcome(&desk, "early.sta", &lines);
    assert_eq!(early["payments"]["settled"], 0);
    assert_eq!(warned(&early).iter().filter(|code| *code == "outcome.perhaps_typed").count(), 2, "{early}");
    give_back(&desk, "back.csv", &rows).exits(1);
    let read = outcome(&desk, "later.sta", &lines);
    assert_eq!(read["payments"]["settled"], 2);
    assert!(warned(&read).contains(&"outcome.amount_differs".to_owned()), "{read}");
    assert!(read.to_string().contains("approved as 11,000.00 and typed by hand as 11,000.10"), "{read}");
    let again = outcome(&desk, "again.sta", &lines);
    assert_eq!((again["payments"]["settled"].as_u64(), again["payments"]["doubled"].as_u64()), (Some(0), Some(0)));
    // Only the third is unexplained now, and row 3 is open.
    // Ten øre more were typed than approved: somebody has to see that.
    let shown = desk.json(&["worksheet", "show", "b1-s1", "--operator", "malik"]).exits(1).json();
    assert_eq!((shown["open"]["count"].as_u64(), shown["booked"].as_u64()), (Some(1), Some(2)));
    assert_eq!(shown["rows"][2]["offered_debits"][0], "2099-03-02");
    assert_eq!(shown["rows"][0]["offered_debits"].as_array().map(Vec::len), Some(0));
    // Two people say that it was this one.
    let settle = [
        "worksheet",
        "settle",
        &code,
        "--row",
        "3",
        "--as",
        "typed",
        "--reason",
        "set i netbanken",
        "--booked-on",
        "2099-03-02",
    ];
    let alone = desk.json(&[&settle[..], &["--second", "anna", "--operator", "anna"]].concat()).exits(3);
    assert_eq!(alone.error_code(), "control.same_person");
    let settled = desk.json(&[&settle[..], &["--second", "malik", "--operator", "anna"]].concat()).exits(0).json();
    assert_eq!(settled["debit_explained"], true);
    assert_eq!(list(&desk)[0]["open"]["count"], 0);
    let twice = outcome(&desk, "twice.sta", &[lines[0], lines[1], lines[2], ("5234,50", "A9", "nb 100200")]);
    assert_eq!(twice["payments"]["doubled"], 1, "{twice}");
    assert_eq!(list(&desk)[0]["wrong"], 2, "the one that was typed twice, and the one of ten øre more");
    desk.json(&["verify"]).exits(0);
    let log = desk.run(&["log", "--batch", "B0001"]).exits(0).stdout;
    assert!(log.contains("released batch B0001 as 1 work sheet") && log.contains("settled 1 row of sheet 1"), "{log}");
}

#[test]
fn what_was_never_typed_is_paid_again_on_two_peoples_word_and_seen_if_it_was_typed_after_all() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    let settle = |row: &str| {
        desk.json(&[
            "worksheet",
            "settle",
            &code,
            "--row",
            row,
            "--as",
            "not-typed",
            "--reason",
            "portalen gik ned",
            "--second",
            "malik",
            "--operator",
            "anna",
        ])
    };
    settle("2").exits(0);
    assert_eq!(settle("2").exits(3).error_code(), "worksheet.not_open");
    assert_eq!(settle("7").exits(2).error_code(), "worksheet.no_row");
    let again = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((again["rows"]["prepared"].as_u64(), again["rows"]["duplicate"].as_u64()), (Some(1), Some(2)));
    let late =
        give_back(&desk, "late.csv", &format!("sheet;row;done;receipt;amount_typed\n{code};2;x;R-22222;11.000,00\n"));
    assert_eq!(problems(&late.exits(1).json())[0].1, "worksheet.typed_after_all");
    // It has been paid again, and nothing is settled by that.
    let batch = again["batch"].as_str().expect("a batch").to_owned();
    desk.approve(&batch).exits(0);
    desk.release(&batch).exits(0);
    desk.write("run.csv", "person_id;scheme;period;amount;status\n6112903338;Alderspension;2022-04;11000,00;stopped\n");
    let found =
        desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]).exits(1).json();
    assert_eq!(found["findings"]["possible_double"]["count"], 1, "{found}");
    let findings = fs::read_to_string(desk.path("found/findings.csv")).expect("reads");
    assert!(findings.contains("settled as never typed and has come back with a receipt"), "{findings}");
    let next = desk.json(&["status"]).json().to_string();
    assert!(next.contains("ask_about_rows"), "{next}");
    let read = outcome(&desk, "s.sta", &[("11000,00", "R-22222", "Netbank")]);
    assert!(warned(&read).contains(&"outcome.contradiction".to_owned()), "{read}");
    assert!(read.to_string().contains("because two people said that it was never typed"), "{read}");
    desk.json(&["verify"]).exits(0);
}

#[test]
fn a_sheet_has_somebody_and_an_episode_is_not_closed_over_open_rows_unseen() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    desk.json(&["worksheet", "hand", &code, "--to", "Aviâja", "--operator", "anna"]).exits(0);
    assert_eq!(list(&desk)[0]["clerk"], "Aviâja");
    let head = desk.head();
    desk.json(&["worksheet", "hand", "b1-s1", "--to", "Aviâja", "--operator", "anna"]).exits(0);
    assert_eq!(desk.head(), head);
    for (arguments, code) in [
        (["worksheet", "show", "B0001-S2"], "worksheet.unknown"),
        (["worksheet", "show", "B0001-S1-AAAA"], "worksheet.unknown"),
        (["worksheet", "show", "rubbish"], "worksheet.unknown"),
        (["worksheet", "return", "list.csv"], "worksheet.columns"),
    ] {
        let refused = desk.json(&[&arguments[..], &["--operator", "anna"]].concat()).exits(2);
        assert_eq!(refused.error_code(), code, "{arguments:?}");
    }
    let name = desk.json(&["episode", "list"]).json()[0]["episode"].as_str().expect("an episode").to_owned();
    let closing = desk.json(&["episode", "close", &name, "--operator", "anna"]);
    assert!(closing.stdout.contains("neither ticked nor settled"), "{}", closing.stdout);
    let screen = desk.run(&["worksheet", "show", &code, "--operator", "anna"]).exits(0).stdout;
    assert!(screen.contains("unknown, not unpaid") && !screen.contains("Pipaluk"), "{screen}");
    let shown = desk.run(&["batch", "show", "B0001", "--operator", "anna"]).exits(0).stdout;
    assert!(shown.contains("1 work sheet"), "{shown}");
}

fn settle(desk: &Desk, code: &str, verdict: &str, more: &[&str]) -> crate::desk::Ran {
    let said = ["worksheet", "settle", code, "--as", verdict, "--reason", "banken ringede", "--second", "malik"];
    desk.json(&[&said[..], more, &["--operator", "anna"]].concat())
}

/// `1` could be anything: neither the bank's own reference nor a text is taken for it.
#[test]
fn a_short_receipt_takes_no_strangers_debit() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    let head = "sheet;row;done;receipt;amount_typed;remark\n";
    let back = give_back(
        &desk,
        "back.csv",
        &format!("{head}{code};1;x;1;5.234,50;\n{code};2;x;ABC-1234;11.000,00;\n{code};3;;;;skærmen frøs\n"),
    );
    let back = back.exits(1).json();
    assert_eq!(problems(&back), []);
    let notes = back["notes"].as_array().expect("notes");
    let told: Vec<_> = notes.iter().map(|note| (note["row"].as_u64(), note["code"].as_str())).collect();
    assert_eq!(told, [(Some(2), Some("worksheet.receipt_short")), (Some(4), Some("worksheet.remark"))]);
    assert!(notes[1]["message"].as_str().is_some_and(|said| said.contains("skærmen frøs")), "{back}");
    let lines = [("5234,50", "1", "Netbank"), ("50,00", "ABC1234", "Netbank")];
    let read = outcome(&desk, "s.sta", &lines);
    assert_eq!(read["payments"]["settled"], 0, "{read}");
    let warned = warned(&read);
    assert!(warned.contains(&"outcome.receipt_amount".to_owned()), "{read}");
    assert!(warned.contains(&"outcome.perhaps_typed".to_owned()), "{read}");
    // What the offer advises is what works.
    assert_eq!(settle(&desk, &code, "typed", &["--row", "1"]).exits(3).error_code(), "worksheet.not_open");
    let settled = settle(&desk, &code, "typed", &["--row", "1", "--booked-on", "2099-03-02"]).exits(0).json();
    assert_eq!(settled["debit_explained"], true);
    let again = outcome(&desk, "again.sta", &lines);
    assert_eq!(again["payments"]["settled"], 0, "{again}");
    assert_eq!(list(&desk)[0]["booked"], 1);
    assert_eq!(
        settle(&desk, &code, "typed", &["--row", "1", "--booked-on", "2099-03-02"]).exits(3).error_code(),
        "worksheet.not_open"
    );
    desk.json(&["verify"]).exits(0);
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
}

#[test]
fn a_row_is_not_freed_beside_a_debit_that_may_be_it() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    let same =
        format!("sheet;row;done;receipt;amount_typed\n{code};1;x;NB-100;5.234,50\n{code};2;x;NB-100;11.000,00\n");
    let back = give_back(&desk, "same.csv", &same).exits(1).stdout;
    assert!(back.contains("Row 2 was ticked and stays open"), "{back}");
    outcome(&desk, "s.sta", &[("11000,00", "A7", "Netbank")]);
    let refused = settle(&desk, &code, "not-typed", &["--row", "2"]).exits(3);
    assert_eq!(refused.error_code(), "worksheet.debit_stands");
    settle(&desk, &code, "not-typed", &["--row", "1"]).exits(0);
    let freed = settle(&desk, &code, "not-typed", &["--row", "2", "--debit-is-anothers"]).exits(0).json();
    assert_eq!(freed["debits_of_something_else"][0]["amount"], "11000.00", "{freed}");
}

/// A row under two receipts may be out twice: the findings say so before the bank does.
#[test]
fn a_row_with_two_receipts_is_told_in_the_findings() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    for receipt in ["NB-100200", "NB-100900"] {
        let ticked = format!("sheet;row;done;receipt;amount_typed\n{code};2;x;{receipt};11.000,00\n");
        give_back(&desk, &format!("{receipt}.csv"), &ticked).exits(1);
    }
    desk.write("run.csv", "person_id;scheme;period;amount;status\n6112903338;Alderspension;2022-04;11000,00;stopped\n");
    desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]);
    let findings = fs::read_to_string(desk.path("found/findings.csv")).expect("reads");
    assert!(findings.contains("has come back with 2 receipts: it may have been paid twice."), "{findings}");
    // The log says in Danish what was written, too.
    let log = desk.run(&["log", "--lang", "da"]).exits(0).stdout;
    assert!(log.contains("arbejdsark til tastende medarbejdere"), "{log}");
}

/// What was typed is what was paid: ten øre more are ten øre too much, and what the bank booked outranks what a clerk wrote.
#[test]
fn a_payment_that_was_typed_as_another_amount_counts_as_that() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    let ticked = format!("sheet;row;done;receipt;amount_typed\n{code};2;x;R-20000;11.000,10\n");
    give_back(&desk, "typed.csv", &ticked).exits(1);
    let run = "person_id;scheme;period;amount;status\n6112903338;Alderspension;2022-04;11000,00;stopped\n";
    desk.write("run.csv", run);
    let reconcile =
        || desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]).json();
    let found = reconcile();
    assert_eq!(found["findings"]["overpaid"]["overpaid"], "0.10", "{found}");
    assert_eq!(found["balanced"], true);
    // The bank's other amount is taken on two people's word only: it may be a stranger's with the same number.
    let read = outcome(&desk, "statement.txt", &[("10999,00", "R-20000", "")]);
    assert!(warned(&read).contains(&"outcome.receipt_amount".to_owned()), "{read}");
    assert_eq!(reconcile()["findings"]["overpaid"]["overpaid"], "0.10");
    let booked = ["--row", "2", "--booked-on", "2099-03-02"];
    assert_eq!(settle(&desk, &code, "typed", &booked).exits(3).error_code(), "worksheet.no_debit");
    let booked = ["--row", "2", "--booked-on", "2099-03-02", "--booked-amount", "10.999,00"];
    assert_eq!(settle(&desk, &code, "typed", &booked).exits(0).json()["debit_explained"], true);
    let found = reconcile();
    assert_eq!(found["findings"]["underpaid"]["underpaid"], "1.00", "{found}");
    assert_eq!(found["balanced"], true);
}

/// Where nobody but the fallback says what is owed, that is what was approved, and not what a clerk typed.
#[test]
fn what_was_typed_is_measured_against_what_was_approved() {
    let desk = approved();
    let [code] = codes(&released(&desk, "1")).try_into().expect("one sheet");
    give_back(&desk, "typed.csv", &format!("sheet;row;done;receipt;amount_typed\n{code};2;x;R-200;1.100,00\n"))
        .exits(1);
    let reconcile = |run: &str| {
        desk.write("run.csv", format!("person_id;scheme;period;amount;status\n{run}"));
        desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]).json()
    };
    let found = reconcile("7012821128;Alderspension;2022-04;5234,50;stopped\n");
    let totals = &found["totals"];
    assert_eq!((&totals["underpaid"], &totals["owed"]), (&"9900.00".into(), &"17234.45".into()), "{found}");
    assert_eq!(found["balanced"], true);
    let findings = fs::read_to_string(desk.path("found/findings.csv")).expect("reads");
    assert!(findings.contains("1100.00 was typed by hand and not 11000.00."), "{findings}");
    // So it is in a true-up, and in a letter.
    let true_up = ["true-up", "--owed", "list.csv", "--out", "truth", "--operator", "anna"];
    assert_eq!(desk.json(&true_up).exits(1).json()["under"]["amount"], "9900.00");
    reconcile("6112903338;Alderspension;2022-04;11000,00;paid\n");
    let list = desk.json(&["remedy", "list", "--operator", "anna"]).json();
    let cases = list["cases"].as_array().expect("a list");
    let doubled = cases.iter().find(|case| case["kind"] == "double_paid").expect("is there");
    let decide =
        ["remedy", "decide", doubled["finding"].as_str().expect("an id"), "--as", "recover", "--reason", "both"];
    let decided = desk.json(&[&decide[..], &["--operator", "anna", "--second", "malik"]].concat()).exits(0).json();
    let page = fs::read_to_string(desk.path(decided["notices"][1].as_str().expect("a path"))).expect("reads");
    assert!(page.contains("1,100.00") && page.contains("12,100.00") && !page.contains("22,000.00"), "{page}");
}

/// What two people sign, and what is typed, tell a name that the bank gets in another form.
#[test]
fn a_name_that_was_changed_for_the_bank_stands_in_both_forms_on_every_sheet() {
    let desk = Desk::new();
    desk.write("list.csv", LIST.replace("Pipaluk Berthelsen", "Łukasz Żółć"));
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    let screen = desk.run(&["batch", "show", "B0001", "--operator", "malik", "--reveal"]).exits(0).stdout;
    assert!(screen.contains("Names that were changed for the bank: 1"), "{screen}");
    assert!(screen.lines().any(|line| line.contains("Łukasz Żółć") && line.contains("Lukasz Zólc")), "{screen}");
    let sheet = fs::read_to_string(desk.workspace().join("out/B0001/control-sheet.html")).expect("a control sheet");
    assert!(sheet.contains("<td>Ł••••• Ż•••</td><td>L••••• Z•••</td>"), "{sheet}");
    assert!(!sheet.contains("Łukasz") && !sheet.contains("Lukasz"), "masked: {sheet}");
    desk.approve("B0001").exits(0);
    let files = released(&desk, "Nivi")["files"].clone();
    let page = files.as_array().expect("files").iter().filter_map(|file| file["path"].as_str());
    let page = page.filter(|path| path.ends_with(".html")).map(|path| desk.workspace().join(path)).next();
    let page = fs::read_to_string(page.expect("a page")).expect("reads");
    assert!(page.contains("Lukasz Zólc<span class=\"note\">in the list: Łukasz Żółć</span>"), "{page}");
    assert_eq!(page.matches("in the list:").count(), 1, "only where it differs");
    let workbook = files[1]["path"].as_str().expect("a path");
    let bytes = fs::read(desk.workspace().join(workbook)).expect("reads");
    let told = shared_strings(&bytes);
    assert!(told.contains("Lukasz Zólc\nin the list: Łukasz Żółć<"), "{told}");
    assert_eq!(told.matches("in the list:").count(), 1, "only where it differs");
    desk.write("filled.xlsx", fill_in(&bytes));
    let back = desk.json(&["worksheet", "return", "filled.xlsx", "--operator", "malik"]).exits(0).json();
    assert_eq!(back["sheets"][0]["new"], 3, "a payee in two forms is the one that was approved: {back}");
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
}

/// Two sheets for one clerk are a slip of the pen: two people who are called alike are told apart.
#[test]
fn a_clerk_is_named_once() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let release =
        |clerks: &str| desk.json(&["release", "B0001", "--as", "worksheet", "--clerks", clerks, "--operator", "anna"]);
    let refused = release("Nivi,nivi").exits(2);
    assert!(refused.stdout.contains("--clerks names nivi twice"), "{}", refused.stdout);
    release("Nivi A,Nivi B").exits(0);
}
