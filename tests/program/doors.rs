//! Other doors than the generic one: from a list to the bank's own file.

use stopgap::bank::profile::FileFormat;

use crate::desk::{Desk, INIT, PAY_ON};

fn desk_with(profile: &str) -> Desk {
    let desk = Desk::bare();
    desk.run(&[&INIT[..], &["--profile", profile]].concat()).exits(0);
    desk
}

const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode;besked
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-04;Pension
6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-04;Pension for april, udbetalt af Qeqqata Kommunia
";

#[test]
fn a_portal_that_takes_only_its_own_file_gets_it() {
    for (profile, extension, line_start) in [
        ("bankdata-file", "txt", "\"IB000000000000\""),
        ("bec-file", "csv", "\"ERH356\",\"64710001234567\""),
        ("sdc-file", "txt", "364710001234567"),
        ("danske-file", "csv", "\"CMBO\""),
        ("nordea-file", "csv", "\"\",\"45\""),
    ] {
        let desk = desk_with(profile);
        desk.write("list.csv", LIST);
        desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
        desk.approve("B0001").exits(0);
        let released = desk.release("B0001").exits(0).json();
        let path = released["files"][0]["path"].as_str().expect("a path").to_owned();
        assert!(path.ends_with(extension), "{path}");
        let bytes = std::fs::read(desk.workspace().join(&path)).expect("reads");
        assert!(bytes.starts_with(line_start.as_bytes()), "{profile}");
        assert_eq!(desk.release("B0001").exits(0).json(), released, "the same file again");
        desk.json(&["verify"]).exits(0);
    }
}

#[test]
fn what_the_door_cannot_carry_is_named_row_by_row_before_anything_is_prepared() {
    let desk = desk_with("bec-file");
    desk.write(
        "list.csv",
        "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;GL8964710001000206;5.234,50;Alderspension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;20.000.000,00;Alderspension;2022-04
6506751118;Aviaaja Møller med et navn der er alt for langt til filen;6471-0000100003;999,95;Førtidspension;2022-04
",
    );
    let checked = desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    let codes: Vec<(u64, &str)> = checked["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|problem| (problem["row"].as_u64().unwrap_or(0), problem["code"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(codes, [(2, "account.country"), (3, "amount.bank_limit"), (4, "name.shortened")]);
}

/// Invoices that were due in the outage: by organisation, with the invoice as part and the reference that the supplier asks for.
#[test]
fn suppliers_are_paid_under_the_reference_that_they_ask_for() {
    let list = "cvr;navn;konto;beløb;ydelse;periode;fakturanr;kid
13585628;Byggmester AS;NO9386011117947;1.250,00;Leverandør;2022-04;F-17;1234567897
13585628;Byggmester AS;NO9386011117947;1.250,00;Leverandør;2022-04;F-18;1234567898
13585628;Byggmester AS;NO9386011117947;1.250,00;Leverandør;2022-04;F-19;
";
    let desk = Desk::new();
    desk.write("list.csv", list);
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!((prepared["rows"]["prepared"].as_u64(), prepared["rows"]["rejected"].as_u64()), (Some(2), Some(1)));
    assert_eq!(prepared["problems"][0]["code"], "reference.checksum");
    let rows = std::fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    assert!(rows.contains("1234567898"), "the row comes back with its reference, to be corrected");
    desk.approve("B0001").exits(0);
    let released = desk.release("B0001").exits(0).json();
    let file = desk.workspace().join(released["files"][0]["path"].as_str().expect("a path"));
    let file = std::fs::read_to_string(file).expect("reads");
    assert_eq!(file.matches("<Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>1234567897</Ref>").count(), 1, "{file}");
    desk.assert_files_are_valid(FileFormat::Pain001V09);
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
    let flat = desk_with("bankdata-file");
    flat.write(
        "list.csv",
        list.replace("NO9386011117947", "DK5000400440116243").replace("1234567897", "RF18539007547034"),
    );
    let checked = flat.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    let codes: Vec<&str> = checked["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .filter_map(|problem| problem["code"].as_str())
        .collect();
    assert!(codes.contains(&"reference.not_carried"), "{codes:?}");
}

#[test]
fn profiles_are_listed_shown_and_rehearsed() {
    let desk = desk_with("bankdata-file");
    let listed = desk.json(&["profile", "list"]).exits(0).json();
    assert!(listed.as_array().is_some_and(|doors| doors.len() >= 9));
    let shown = desk.json(&["profile", "show", "sepa"]).exits(0).json();
    assert_eq!((shown["characters"].as_str(), shown["domestic_accounts"].as_bool()), (Some("latin"), Some(false)));
    let checked = desk.json(&["profile", "check"]).exits(1).json();
    assert_eq!(checked["amount"], "0.01");
    let file = std::fs::read(desk.workspace().join(checked["file"].as_str().expect("a file"))).expect("reads");
    assert!(String::from_utf8_lossy(&file).contains("0000000000001+"));
    // To another account of one's own, where a bank takes no payment from an account to itself.
    let other = desk.json(&["profile", "check", "--to", "6471-0000000042"]).exits(1).json();
    let file = std::fs::read(desk.workspace().join(other["file"].as_str().expect("a file"))).expect("reads");
    assert!(String::from_utf8_lossy(&file).contains("\"6471\",\"0000000042\""));
    assert_eq!(desk.json(&["profile", "check", "--to", "12"]).exits(2).error_code(), "account.malformed");
    let iban = desk.json(&["profile", "check", "--to", "DK5000400440116243"]).exits(2);
    assert_eq!(iban.error_code(), "account.country");
    let danish = desk.run(&["profile", "check", "--lang", "da"]).stdout;
    for english in ["Does the", "How many", "Which ", "Until what"] {
        assert!(!danish.contains(english), "{danish}");
    }
    let unknown = desk.json(&["profile", "show", "nordae"]).exits(2);
    assert_eq!(unknown.error_code(), "profile.unknown");
    let other = Desk::bare();
    let refused = other.json(&[&INIT[..], &["--profile", "nordae"]].concat()).exits(2);
    assert_eq!(refused.error_code(), "profile.unknown");
    assert!(!other.workspace().join("ledger.db").exists());
}

#[test]
fn a_payer_that_the_door_cannot_debit_is_told_before_a_row_is_read() {
    let desk = Desk::bare();
    let mut init: Vec<&str> = INIT.to_vec();
    let account = init.iter().position(|word| *word == "6471-0001234567").expect("an account");
    init[account] = "GL8964710001000206";
    // The account cannot be changed later, so `init` is where it is told first.
    let refused = desk.json(&[&init[..], &["--profile", "bec-file"]].concat()).exits(3);
    assert_eq!(refused.error_code(), "profile.payer_account");
    assert!(!desk.workspace().join("ledger.db").exists());
    desk.run(&init).exits(0);
    let settings = desk.workspace().join("stopgap.toml");
    let text = std::fs::read_to_string(&settings).expect("settings");
    let text = text.replace("\"generic\"", "\"bec-file\"").replace("message = \"pain.001.001.09\"\n", "");
    std::fs::write(&settings, text).expect("writes");
    desk.write("list.csv", LIST);
    assert_eq!(desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(3).error_code(), "profile.payer_account");
}

#[test]
fn a_file_is_full_by_amount_where_the_bank_has_a_ceiling() {
    let desk = Desk::new();
    let settings = std::fs::read_to_string(desk.workspace().join("stopgap.toml")).expect("reads");
    let settings = settings.replace("max_payments = 1000", "max_payments = 1000\nlargest_file = \"12000.00\"");
    std::fs::write(desk.workspace().join("stopgap.toml"), &settings).expect("writes");
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let released = desk.release("B0001").exits(0).json();
    let amounts: Vec<&str> =
        released["files"].as_array().expect("files").iter().filter_map(|file| file["amount"].as_str()).collect();
    assert_eq!(amounts, ["5234.50", "11000.00"]);
    let path = desk.workspace().join("stopgap.toml");
    for no_ceiling in ["-12000.00", "0", "0.00", "12000.001"] {
        std::fs::write(&path, settings.replace("12000.00", no_ceiling)).expect("writes");
        assert_eq!(desk.json(&["profile", "show"]).exits(2).error_code(), "settings.value", "{no_ceiling}");
    }
}

#[test]
fn what_the_portal_received_is_compared_with_what_left() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    let said = |receipt: &str, count: &str, amount: &str| {
        desk.json(&[
            "uploaded",
            "B0001",
            "--receipt",
            receipt,
            "--count",
            count,
            "--amount",
            amount,
            "--operator",
            "anna",
        ])
    };
    assert_eq!(said("R1", "2", "16234.50").exits(3).error_code(), "batch.not_released");
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    assert_eq!(said("", "2", "16234.50").exits(2).error_code(), "upload.receipt");
    let first = said("R1", "2", "16.234,50").exits(0).json();
    assert_eq!((first["agrees"].as_bool(), first["files_waiting"].as_u64()), (Some(true), Some(0)));
    let head = desk.head();
    assert_eq!(said("R1", "2", "16234.50").exits(0).json()["already_recorded"], true);
    assert_eq!(desk.head(), head, "the same again records nothing");
    let short = said("R2", "1", "5234.50").exits(1).json();
    assert_eq!((short["agrees"].as_bool(), &short["earlier_receipts"][0]), (Some(false), &"R1".into()));
    assert_eq!(
        (short["released"]["amount"].as_str(), short["received"]["count"].as_u64()),
        (Some("16234.50"), Some(1))
    );
    // Each of the two is compared for itself.
    for (receipt, count, amount) in [("R2", "2", "16234.51"), ("R2", "3", "16234.50")] {
        assert_eq!(said(receipt, count, amount).exits(1).json()["agrees"], false, "{count} {amount}");
    }
    let one_file = ["uploaded", "B0001", "--receipt", "R3", "--count", "2", "--amount", "16234.50", "--file", "1"];
    let shown = desk.run(&[&one_file[..], &["--operator", "malik"]].concat()).exits(0);
    let words = shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the bank received what left"), "{words}");
    let again = said("R4", "2", "16234.50").exits(1).json();
    assert_eq!(again["earlier_receipts"], serde_json::json!(["R1", "R2"]), "each once, though R2 had three figures");
    assert_eq!(
        desk.json(&[&one_file[..9], &["9", "--operator", "malik"]].concat()).exits(2).error_code(),
        "upload.file"
    );
    desk.json(&["verify"]).exits(0);
}

/// What the portal says of one file is not held against the whole batch.
#[test]
fn a_receipt_for_one_of_several_files_is_asked_which() {
    let desk = Desk::new();
    let settings = desk.workspace().join("stopgap.toml");
    let text = std::fs::read_to_string(&settings).expect("reads");
    std::fs::write(&settings, text.replace("max_payments = 1000", "max_payments = 1")).expect("writes");
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    let said = |more: &[&str]| {
        let asked =
            ["uploaded", "B0001", "--operator", "anna", "--receipt", "R1", "--count", "1", "--amount", "11000,00"];
        desk.json(&[&asked[..], more].concat())
    };
    let head = desk.head();
    let refused = said(&[]).exits(2);
    assert_eq!(refused.error_code(), "upload.which_file");
    assert!(refused.stdout.contains("it may be 2"), "{}", refused.stdout);
    assert_eq!(desk.head(), head, "nothing is recorded");
    let told = said(&["--file", "2"]).exits(0).json();
    assert_eq!((told["agrees"].as_bool(), told["files_waiting"].as_u64()), (Some(true), Some(1)));
}

/// The bank's own file in, the net bank's own export out: each payment is found by the part of its reference that has room.
#[test]
fn a_net_banks_export_confirms_what_a_flat_file_paid() {
    let desk = desk_with("bec-file");
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let released = desk.release("B0001").exits(0).json();
    let file =
        std::fs::read(desk.workspace().join(released["files"][0]["path"].as_str().expect("a path"))).expect("reads");
    let file = String::from_utf8_lossy(&file).into_owned();
    let references: Vec<&str> = file.lines().filter_map(|line| line.split("\",\"").nth(2)).collect();
    assert_eq!(references.len(), 2);
    let export = format!(
        "Dato;Tekst;Beløb;Saldo;Valørdato;Type;Adviseringer\r\n02-03-2099;{};-5.234,50;100.000,00;02-03-2099;;\r\n\
         02-03-2099;{};-11.000,00;89.000,00;02-03-2099;;\r\n02-03-2099;Gebyr;-12,00;88.988,00;02-03-2099;;\r\n",
        references[0], references[1]
    );
    desk.write("export.csv", &export);
    let unnamed = desk.json(&["outcome", "export.csv", "--operator", "anna"]).exits(2);
    assert_eq!(unnamed.error_code(), "report.account_unnamed");
    let read = desk.json(&["outcome", "export.csv", "--own-account", "--operator", "anna"]);
    let read = read.json();
    assert_eq!(read["files"][0]["format"], "BEC CSV");
    assert_eq!((read["payments"]["settled"].as_u64(), read["files"][0]["unmatched"].as_u64()), (Some(2), Some(1)));
    let again = desk.json(&["outcome", "export.csv", "--own-account", "--operator", "anna"]).json();
    assert_eq!(
        (again["files"][0]["already_seen"].as_bool(), again["payments"]["settled"].as_u64()),
        (Some(true), Some(0))
    );
    // A later export that overlaps doubles nothing.
    desk.write("later.csv", export.replace("Gebyr", "Gebyr 2"));
    let later = desk.json(&["outcome", "later.csv", "--own-account", "--operator", "anna"]).json();
    assert_eq!((later["payments"]["settled"].as_u64(), later["payments"]["doubled"].as_u64()), (Some(0), Some(0)));
    desk.json(&["verify"]).exits(0);
}

/// Every door, and each thing that it may be unable to carry: named at `check`, in its row, and nothing of it is prepared.
#[test]
fn each_door_names_what_it_cannot_carry_row_by_row() {
    let long = "N".repeat(80);
    let list = format!(
        "cvr;navn;konto;beløb;ydelse;periode;fakturanr;payment_reference\n\
         13585628;🎉🎉;6471-0000100001;100,00;Leverandør;2022-04;F-1;\n\
         13585628;{long};6471-0000100002;100,00;Leverandør;2022-04;F-2;\n\
         13585628;Byg ApS;6471-0000100003;100,00;Leverandør;2022-04;F-3;RF18539007547034539007547034\n\
         13585628;Byg ApS;SE4550000000058398257466;100,00;Leverandør;2022-04;F-4;\n\
         13585628;Byg ApS;6471-0000100005;60000,00;Leverandør;2022-04;F-5;\n\
         13585628;Byg ApS;6471-0000100006;30000,00;Leverandør;2022-04;F-6;\n\
         13585628;Byg ApS;;100,00;Leverandør;2022-04;F-7;\n\
         13585628;Byg ApS;6471-0000100008;100,00;Leverandør;2022-04;F-8;\n"
    );
    for door in stopgap::bank::door::all_built_in() {
        let name = door.profile.name.as_str();
        let desk = Desk::bare();
        let mut init: Vec<&str> = [&INIT[..], &["--profile", name]].concat();
        if !door.domestic_accounts {
            let account = init.iter().position(|word| *word == "6471-0001234567").expect("an account");
            init[account] = "DK5000400440116243";
            init.extend(["--currency", "EUR"]);
        }
        desk.run(&init).exits(0);
        let path = desk.workspace().join("stopgap.toml");
        let settings = std::fs::read_to_string(&path).expect("reads");
        let flat = door.profile.message.is_flat();
        // What a flat file has no place for stays refused, whatever the settings ask for.
        let settings = settings
            .replace("[profile]\n", "[profile]\nlargest_payment = \"50000.00\"\nlargest_file = \"20000.00\"\n")
            .replace("pay_by_person_number = false", &format!("pay_by_person_number = {flat}"));
        std::fs::write(&path, settings).expect("writes");
        desk.write("list.csv", &list);
        let checked = desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
        let problems = checked["problems"].as_array().unwrap_or_else(|| panic!("{name}: {checked}"));
        let told = |row: u64| -> Vec<&str> {
            let of_row = problems.iter().filter(|problem| problem["row"] == row);
            of_row.map(|problem| problem["code"].as_str().unwrap_or("")).collect()
        };
        let domestic = if door.domestic_accounts { "" } else { "account.country" };
        let expected = [
            (2, "name.unrepresentable"),
            (3, if door.domestic_accounts { "name.shortened" } else { domestic }),
            (4, "reference.malformed"),
            (5, if flat { "account.country" } else { "" }),
            (6, "amount.bank_limit"),
            (7, "amount.bank_limit"),
            (8, "account.missing"),
            (9, domestic),
        ];
        for (row, code) in expected {
            let found = told(row);
            // A flat file has no place for any reference, which is said first.
            let is_said = if row == 4 {
                found.iter().any(|code| code.starts_with("reference."))
            } else if code.is_empty() {
                found.is_empty()
            } else {
                found.contains(&code)
            };
            assert!(is_said, "{name}, row {row}, not {code}: {found:?} of {checked}");
        }
        let rejected = match (flat, door.domestic_accounts) {
            (true, _) => 6,
            (false, true) => 5,
            (false, false) => 7,
        };
        assert_eq!(checked["rows"]["rejected"], rejected, "{name}: {checked}");
    }
}
