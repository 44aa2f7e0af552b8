//! Danish payment slips (FIK): from a supplier's invoice to the bank's own file, to a sheet for typing, and never twice.

use std::fs;

use serde_json::Value;

use crate::desk::{Desk, INIT, PAY_ON};

fn desk_with(profile: &str) -> Desk {
    let desk = Desk::bare();
    desk.run(&[&INIT[..], &["--profile", profile]].concat()).exits(0);
    desk
}

const HEAD: &str = "cvr;navn;konto;beløb;ydelse;periode;fakturanr;fik;besked\n";
const TRANSFER: &str = "13585628;Made-Up Byg;6471-0000100001;500,00;Leverandør;2022-04;F-17;;Faktura 17\n";
const SLIP_71: &str = "25063864;Made-Up VVS;;1.250,00;Leverandør;2022-04;F-18;+71<000001234567897+81234567<;\n";
const SLIP_73: &str = "29189846;Made-Up Maler;;75,50;Leverandør;2022-04;F-19;+73<+87654321<;Faktura 19, kunde 4711\n";

fn suppliers() -> String {
    [HEAD, TRANSFER, SLIP_71, SLIP_73].concat()
}

fn codes(json: &Value) -> Vec<(u64, &str)> {
    let problems = json["problems"].as_array().expect("problems").iter();
    problems.map(|told| (told["row"].as_u64().unwrap_or(0), told["code"].as_str().unwrap_or(""))).collect()
}

/// A transfer and two slips in one file, at every door that carries them; what the file says of each slip stands beside it.
#[test]
fn a_suppliers_slips_leave_beside_a_transfer_in_the_banks_own_file() {
    let doors = [
        ("bankdata-file", "\"71\",\"0000000001234567897\"", "\"87654321\""),
        ("bankdata-file-6", "\"71\",\"0000000001234567897\"", "\"87654321\""),
        ("bec-file", "\"71000001234567897\"", "\"FI87654321\""),
        ("sdc-file", "8123456771000001234567897", "8765432173N"),
        ("danske-file", "\"71\",\"000001234567897\"", "\"IK87654321\""),
        ("nordea-file", "\"71\",\"000001234567897\"", "\"87654321\""),
    ];
    for (profile, id_of_71, creditor_of_73) in doors {
        let desk = desk_with(profile);
        desk.write("list.csv", suppliers());
        let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
        assert_eq!(prepared["rows"]["prepared"], 3, "{profile}: {prepared}");
        let shown = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();
        let accounts: Vec<&str> =
            shown["largest"].as_array().expect("payments").iter().filter_map(|one| one["account"].as_str()).collect();
        assert_eq!(accounts, ["FIK71-81234567", "6471-0000100001", "FIK73-87654321"], "{profile}");
        let screen = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).stdout;
        assert!(screen.contains("FIK71-•••••567") && !screen.contains("81234567"), "{screen}");
        desk.approve("B0001").exits(0);
        let released = desk.release("B0001").exits(0).json();
        let path = desk.workspace().join(released["files"][0]["path"].as_str().expect("a path"));
        let file = String::from_utf8_lossy(&fs::read(path).expect("reads")).into_owned();
        assert!(file.contains(id_of_71) && file.contains(creditor_of_73), "{profile}: {file}");
        assert!(file.contains("Faktura 19, kunde 4711"), "a slip of the kind 73 carries its text: {file}");
        assert_eq!(desk.release("B0001").exits(0).json(), released, "the same file again");
        desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
    }
}

#[test]
fn what_is_wrong_with_a_slip_is_told_in_its_row_and_nothing_of_it_is_paid() {
    let rows = [
        // Another account beside it; a mistyped digit; an id too short; a kind that no door takes, and one that this door does not.
        "13585628;Made-Up Byg;6471-0000100001;500,00;Leverandør;2022-04;F-1;+71<000001234567897+81234567<;\n",
        "13585628;Made-Up Byg;;500,00;Leverandør;2022-04;F-2;+71<000001234567898+81234567<;\n",
        "13585628;Made-Up Byg;;500,00;Leverandør;2022-04;F-3;+71<1234567897+81234567<;\n",
        "13585628;Made-Up Byg;;500,00;Leverandør;2022-04;F-4;+15<0000001234567897+1234567<;\n",
        "13585628;Made-Up Byg;;500,00;Leverandør;2022-04;F-5;+75<0000001234567897+81234567<;\n",
        "13585628;Made-Up Byg;;500,00;Leverandør;2022-04;F-6;+71<000001234567897+81234567<;Faktura 6\n",
    ];
    let expected = [
        (2, "account.beside_slip"),
        (3, "reference.checksum"),
        (4, "reference.malformed"),
        (5, "reference.not_carried"),
        (6, "reference.not_carried"),
        (7, "text.left_out"),
    ];
    let desk = desk_with("bankdata-file");
    desk.write("list.csv", HEAD.to_owned() + &rows.concat());
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1).json();
    assert_eq!(codes(&prepared), expected, "{prepared}");
    assert_eq!((&prepared["rows"]["prepared"], &prepared["rows"]["rejected"]), (&1.into(), &5.into()));
    let told = prepared["problems"][4]["message"].as_str().expect("a message");
    assert!(told.contains("bec-file, danske-file, nordea-file"), "{told}");
    // The rows come back as they were, though they begin as formulas do.
    let mended = fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("reads");
    desk.write("mended.csv", mended.replace("1234567898", "1234567897"));
    let again = desk.json(&["check", "mended.csv", "--pay-on", PAY_ON, "--operator", "anna"]).json();
    assert!(!codes(&again).iter().any(|(_, code)| *code == "reference.checksum"), "{again}");
}

/// pain.001 carries none, and a door that the bank does not use for slips can be told so.
#[test]
fn a_door_without_slips_names_those_that_have_them() {
    let desk = Desk::new();
    desk.write("list.csv", suppliers());
    let checked = desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    assert_eq!(codes(&checked), [(3, "reference.not_carried"), (4, "reference.not_carried")]);
    assert!(checked["problems"][0]["message"].as_str().is_some_and(|told| told.contains("bankdata-file")));

    let shown = |desk: &Desk| desk.json(&["profile", "show"]).exits(0).json()["slips"].clone();
    let narrow = desk_with("bec-file");
    assert_eq!(shown(&narrow), serde_json::json!(["01", "04", "71", "73", "75"]));
    let settings = narrow.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("[profile]\n", "[profile]\nslips = [\"71\"]\n")).expect("writes");
    assert_eq!(shown(&narrow), serde_json::json!(["71"]));
    narrow.write("list.csv", suppliers());
    let checked = narrow.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    assert_eq!(codes(&checked), [(4, "reference.not_carried")], "{checked}");
    fs::write(&settings, text.replace("[profile]\n", "[profile]\nslips = [\"15\"]\n")).expect("writes");
    let refused = narrow.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(2);
    assert!(refused.stdout.contains("profile.slips") && refused.stdout.contains("71"), "{}", refused.stdout);
}

/// The same invoice under another payment id or to another creditor is as suspect as another account is, now and after a rebuild.
#[test]
fn another_payment_id_or_creditor_for_the_same_invoice_is_a_conflict() {
    let desk = desk_with("bankdata-file");
    desk.write("list.csv", suppliers());
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let released = desk.release("B0001").exits(0).json();
    let versions = [
        (SLIP_71.to_owned(), "duplicate.same"),
        (SLIP_71.replace("1234567897", "1234567905"), "duplicate.conflict"),
        (SLIP_71.replace("81234567", "81234568"), "duplicate.conflict"),
        (
            SLIP_71.replace(";;1.250", ";6471-0000100009;1.250").replace("+71<000001234567897+81234567<", ""),
            "duplicate.conflict",
        ),
        (SLIP_73.replace("87654321", "87654322"), "duplicate.conflict"),
        // The same creditor by a slip with a payment id: another bill of theirs.
        (SLIP_73.replace("+73<+87654321<", "+71<000001234567897+87654321<"), "duplicate.conflict"),
    ];
    let judged = |workspace: &str| {
        for (row, code) in &versions {
            desk.write("again.csv", HEAD.to_owned() + row);
            let again = ["check", "again.csv", "--pay-on", PAY_ON, "--operator", "anna", "--workspace", workspace];
            let json = desk.json(&again).json();
            assert!(codes(&json).contains(&(2, *code)), "{workspace}: {row}: {json}");
        }
    };
    judged("workspace");
    let both = [HEAD, SLIP_71, &SLIP_71.replace("1234567897", "1234567905")].concat().replace("F-18", "F-20");
    desk.write("both.csv", both);
    let within = desk.json(&["check", "both.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    assert_eq!(codes(&within), [(2, "duplicate.conflict"), (3, "duplicate.conflict")], "{within}");
    let told = within["problems"][0]["message"].as_str().expect("a message");
    assert!(told.contains("with another account or payment id."), "{told}");

    let file = desk.workspace().join(released["files"][0]["path"].as_str().expect("a path"));
    fs::create_dir(desk.path("left")).expect("makes");
    fs::copy(&file, desk.path("left").join(file.file_name().expect("a name"))).expect("copies");
    fs::rename(desk.workspace().join("keys"), desk.path("keys")).expect("moves");
    fs::remove_dir_all(desk.workspace()).expect("removes");
    let payer = ["--payer", "Qeqqata Kommunia", "--country", "GL", "--account", "6471-0001234567"];
    let people = ["--operator", "anna", "--operator", "malik", "--workspace", "new"];
    let rebuilt = desk.json(&[&["rebuild", "--from", "left", "--keys", "keys"][..], &payer, &people].concat());
    assert_eq!(rebuilt.exits(1).json()["payments"], 3);
    let settings = desk.path("new").join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads").replace("\"generic\"", "\"bankdata-file\"");
    fs::write(&settings, text.replace("pain.001.001.09", "bankdata-ib030202000005")).expect("writes");
    judged("new");
}

/// Whoever types it needs the kind, the creditor number and the whole line; what comes back is compared with them.
#[test]
fn a_slip_is_typed_from_a_work_sheet() {
    let desk = desk_with("bec-file");
    desk.write("list.csv", suppliers());
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let released =
        desk.json(&["release", "B0001", "--as", "worksheet", "--clerks", "1", "--operator", "anna"]).exits(0).json();
    let files = released["files"].as_array().expect("files");
    let path = |ending: &str| {
        let path = files.iter().filter_map(|file| file["path"].as_str()).find(|path| path.ends_with(ending));
        desk.workspace().join(path.expect("a file"))
    };
    let page = fs::read_to_string(path("html")).expect("reads");
    for shown in
        ["FIK71  8123 4567", "+71&#60;000001234567897+81234567&#60;", "FIK73  8765 4321", "Faktura 19, kunde 4711"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(fs::metadata(path("xlsx")).expect("a workbook").len() > 0);
    let sheet = released["sheets"][0]["sheet"].as_str().expect("a code");
    let shown = desk.json(&["worksheet", "show", sheet, "--operator", "anna"]).exits(0).json();
    let row_of = |account: &str| {
        let rows = shown["rows"].as_array().expect("rows").iter();
        rows.clone().find(|row| row["account"] == account).unwrap_or_else(|| panic!("{account}: {shown}"))["row"]
            .clone()
    };
    let (right, edited) = (row_of("FIK71-81234567"), row_of("FIK73-87654321"));
    desk.write(
        "back.csv",
        format!(
            "sheet;row;done;receipt;amount_typed;account;amount\n{sheet};{right};x;R-100;1.250,00;FIK71  8123 4567;1.250,00\n\
             {sheet};{edited};x;R-200;75,50;FIK73  8765 4322;75,50\n"
        ),
    );
    let back = desk.json(&["worksheet", "return", "back.csv", "--operator", "anna"]).exits(1).json();
    let told: Vec<&str> =
        back["problems"].as_array().expect("problems").iter().filter_map(|problem| problem["code"].as_str()).collect();
    assert_eq!(told, ["worksheet.account_changed"], "{back}");
    // The bank books a slip under an account that no slip names: the debit is offered by its amount.
    let debit = "<Ntry><Amt Ccy=\"DKK\">75.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2099-03-02</Dt></BookgDt>\
                 <AcctSvcrRef>A1</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><CdtrAcct><Id><Othr><Id>40011234567890</Id></Othr></Id>\
                 </CdtrAcct></RltdPties></TxDtls></NtryDtls></Ntry>";
    let statement = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S1</Id><Acct><Id><Othr>\
         <Id>64710001234567</Id></Othr></Id></Acct>{debit}</Stmt></BkToCstmrStmt></Document>"
    );
    desk.write("statement.xml", statement);
    let read = desk.json(&["outcome", "statement.xml", "--operator", "anna"]).json();
    let warned = read["warnings"].as_array().unwrap_or_else(|| panic!("{read}"));
    assert!(warned.iter().any(|warning| warning["code"] == "outcome.perhaps_typed"), "{read}");
}

/// What is owed above a paid invoice is not put on its slip: whoever tops it up says where the money goes.
#[test]
fn a_top_up_of_a_slip_asks_for_an_account() {
    let desk = desk_with("bec-file");
    desk.write("list.csv", suppliers());
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    let owed = suppliers().replace("500,00", "600,00").replace("1.250,00", "1.300,00");
    desk.write("owed.csv", owed);
    let trued_up =
        desk.json(&["true-up", "--owed", "owed.csv", "--out", "truth", "--operator", "anna"]).exits(1).json();
    assert_eq!(
        (&trued_up["under"]["count"], &trued_up["under"]["amount"]),
        (&2.into(), &"150.00".into()),
        "{trued_up}"
    );
    let list = fs::read_to_string(desk.path("truth/top_up_list.csv")).expect("reads");
    assert!(list.contains("6471-0000100001,100.00") && list.contains("Made-Up VVS,,50.00"), "{list}");
}

/// A slip pays one invoice once; a baseline would pay it again each month.
#[test]
fn a_baseline_keeps_no_slip() {
    let desk = desk_with("bec-file");
    desk.write("list.csv", suppliers());
    let added = desk.add_baseline("list.csv", "2022-04").exits(1).json();
    assert_eq!(codes(&added), [(3, "baseline.slip"), (4, "baseline.slip")], "{added}");
    // A supplier who was paid on an account and is now to be paid by slip has another account.
    let by_slip = TRANSFER.replace("6471-0000100001", "").replace(";;Faktura 17", ";+73<+81234567<;Faktura 17");
    desk.write("next.csv", (HEAD.to_owned() + &by_slip).replace("2022-04", "2022-05"));
    let checked = desk.json(&["check", "next.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(1).json();
    assert!(codes(&checked).contains(&(2, "baseline.account_changed")), "{checked}");
}
