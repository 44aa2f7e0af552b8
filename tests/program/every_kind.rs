//! Every kind of finding once, through the whole program: what CONTRACT promises of `findings.csv`, `findings.json`, the lists for those who act,
//! and the document of `reconcile --json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::desk::{Desk, PAY_ON, Ran};

/// Made-up people; day + 60, so that nobody has these numbers. Every amount comes once.
const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode;sagsnr
7012821128;Anna Made-Up;6471-0000100001;100,00;Pension;2022-04;
6112903338;Bo Made-Up;6471-0000100002;200,00;Pension;2022-04;
6506751118;Carl Made-Up;6471-0000100003;300,00;Pension;2022-04;
6709614150;Dora Made-Up;6471-0000100004;400,00;Pension;2022-04;
6601801234;Finn Made-Up;6471-0000100006;600,00;Pension;2022-04;
6812123456;Gry Made-Up;6471-0000100007;700,00;Pension;2022-04;
6901123456;Hans Made-Up;6471-0000100008;800,00;Pension;2022-04;
6902123456;Ida Made-Up;6471-0000100009;950,00;Pension;2022-04;
6904123456;Kaj Made-Up;6471-0000100011;120,00;Pension;2022-04;
6906123456;Mia Made-Up;6471-0000100013;140,00;Pension;2022-04;
6908123456;Ole Made-Up;6471-0000100015;105,00;Pension;2022-04;
6909123456;Pia Made-Up;6471-0000100016;10,00;Pension;2022-04;a
6909123456;Pia Made-Up;6471-0000100016;20,00;Pension;2022-04;b
7001123456;Rie Made-Up;6471-0000100017;51,00;Pension;2022-03;
7001123456;Rie Made-Up;6471-0000100017;52,00;Pension;2022-04;
";

/// Prepared and approved, and never released.
const LATER: &str = "cpr;navn;konto;beløb;ydelse;periode
7002123456;Sara Made-Up;6471-0000100018;160,00;Pension;2022-04
";

/// Two rows are alike in every field, and two in everything but their reference.
const RUN: &str = "person_id;name;account;scheme;period;amount;status;paid_on;reference
7012821128;Anna;;Pension;2022-04;100,00;paid;2022-04-29;a1
6112903338;Bo;;Pension;2022-04;200,00;planned;;b1
6506751118;Carl;;Pension;2022-04;350,00;planned;;c1
6709614150;Dora;;Pension;2022-04;400,00;stopped;;d1
6704471120;Eva;;Pension;2022-04;500,00;paid;2022-04-29;e1
6704471120;Eva;;Pension;2022-04;500,00;paid;2022-04-29;e2
6601801234;Finn;;Pension;2022-04;600,00;stopped;;f1
6812123456;Gry;;Pension;2022-04;650,00;stopped;;g1
6901123456;Hans;;Pension;2022-04;900,00;stopped;;h1
6903123456;Jens;;Pension;2022-04;111,00;paid;2022-04-29;j1
6903123456;Jens;;Pension;2022-04;111,00;paid;2022-04-29;j1
6905123456;Lis;;Pension;2022-04;130,00;stopped;;l1
6907123456;Nina;6471-0000100013;Pension;2022-04;140,00;paid;2022-04-29;n1
6908123456;Ole;;Pension;2022-04;65,00;paid;2022-04-29;o1
6908123456;Ole;;Pension;2022-04;40,00;paid;2022-04-29;o2
6909123456;Pia;;Pension;2022-04;30,00;stopped;;p1
7001123456;Rie;;Pension;2022-03..2022-04;103,00;paid;2022-04-29;r1
7002123456;Sara;;Pension;2022-04;160,00;paid;2022-04-29;s1
";

/// Person, kind, remedy; fallback, upstream paid, upstream planned, owed, overpaid, underpaid; the bank's word, period, part, upstream's references.
const EXPECTED: [&str; 18] = [
    "7012821128 double_paid recover 100.00 100.00 0.00 100.00 100.00 0.00 none 2022-04 - a1",
    "6112903338 double_planned stop 200.00 0.00 200.00 200.00 0.00 0.00 none 2022-04 - b1",
    "6506751118 double_planned reduce 300.00 0.00 350.00 350.00 0.00 50.00 none 2022-04 - c1",
    "6709614150 bank_double recover 800.00 0.00 0.00 400.00 400.00 0.00 doubled 2022-04 - d1",
    "6704471120 upstream_double decide 0.00 1000.00 0.00 500.00 500.00 0.00 none 2022-04 - e1+e2",
    "6601801234 settled none 600.00 0.00 0.00 600.00 0.00 0.00 none 2022-04 - f1",
    "6812123456 overpaid recover 700.00 0.00 0.00 650.00 50.00 0.00 none 2022-04 - g1",
    "6901123456 underpaid top_up 800.00 0.00 0.00 900.00 0.00 100.00 none 2022-04 - h1",
    "6902123456 fallback_only write_back 950.00 0.00 0.00 950.00 0.00 0.00 none 2022-04 - -",
    "6903123456 upstream_only none 0.00 111.00 0.00 111.00 0.00 0.00 none 2022-04 - j1",
    "6904123456 returned pay_again 0.00 0.00 0.00 120.00 0.00 120.00 returned 2022-04 - -",
    "6905123456 unpaid pay 0.00 0.00 0.00 130.00 0.00 130.00 none 2022-04 - l1",
    "6906123456 possible_double decide 140.00 0.00 0.00 140.00 0.00 0.00 none 2022-04 - -",
    "6907123456 possible_double decide 0.00 140.00 0.00 140.00 0.00 0.00 none 2022-04 - n1",
    "6908123456 double_paid recover 105.00 105.00 0.00 105.00 105.00 0.00 none 2022-04 - o1+o2",
    "6909123456 settled none 30.00 0.00 0.00 30.00 0.00 0.00 none 2022-04 a+b p1",
    "7001123456 double_paid recover 103.00 103.00 0.00 103.00 103.00 0.00 none 2022-03..2022-04 - r1",
    "7002123456 upstream_only none 0.00 160.00 0.00 160.00 0.00 0.00 none 2022-04 - s1",
];

const MONEY: [&str; 6] = ["fallback", "upstream_paid", "upstream_planned", "owed", "overpaid", "underpaid"];

struct Town {
    desk: Desk,
}

impl Town {
    fn new() -> Self {
        let desk = Desk::new();
        desk.write("list.csv", LIST);
        desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
        desk.approve("B0001").exits(0);
        let ids = desk.release_by_amount("B0001");
        desk.write("later.csv", LATER);
        desk.prepare(&["later.csv", "--pay-on", PAY_ON]).exits(0);
        desk.approve("B0002").exits(0);
        desk.write("run.csv", RUN);
        desk.write("statement.xml", statement(&ids));
        Self { desk }
    }

    fn reconcile(&self, more: &[&str]) -> Ran {
        self.desk
            .json(&[&["reconcile", "--operator", "anna", "--upstream", "run.csv", "--out", "found"], more].concat())
    }

    /// The rows of a table in the folder, each cell under its heading.
    fn rows(&self, table: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.desk.path("found").join(table)).expect("a table");
        reader.deserialize().map(|row| row.expect("a row")).collect()
    }
}

/// One payment is booked twice, one comes back, and something left that nothing explains.
fn statement(ids: &BTreeMap<String, String>) -> String {
    let mut entries = String::new();
    for (at, (mark, amount)) in
        (1..).zip([("DBIT", "400.00"), ("DBIT", "400.00"), ("DBIT", "120.00"), ("CRDT", "120.00"), ("DBIT", "777.00")])
    {
        let reference = ids.get(amount).map(|id| format!("<EndToEndId>{id}</EndToEndId>")).unwrap_or_default();
        let why = if mark == "CRDT" { "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" } else { "" };
        write!(
            entries,
            "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2099-03-0{at}</Dt></BookgDt>\
             <AcctSvcrRef>R{at}</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls><Refs>{reference}</Refs>{why}</TxDtls></NtryDtls></Ntry>"
        )
        .expect("writes");
    }
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>S</MsgId><CreDtTm>2099-03-09T06:00:00\
         </CreDtTm></GrpHdr><Stmt><Id>S</Id><CreDtTm>2099-03-09T06:00:00</CreDtTm><Acct><Id><Othr><Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy>\
         </Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn minor_units(amount: &str) -> i64 {
    let (whole, fraction) = amount.split_once('.').expect("two decimals");
    assert_eq!(fraction.len(), 2, "{amount}");
    format!("{whole}{fraction}").parse().expect("an amount")
}

fn sum(rows: &[BTreeMap<String, String>], column: &str) -> i64 {
    rows.iter().map(|row| minor_units(&row[column])).sum()
}

#[test]
fn each_kind_has_its_remedy_its_money_and_its_list() {
    let town = Town::new();
    let told = town.reconcile(&["--statement", "statement.xml"]).exits(1).json();
    let rows = town.rows("findings.csv");

    let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let line = |row: &BTreeMap<String, String>| {
        let columns =
            [&["person_id", "kind", "remedy"], &MONEY[..], &["bank", "period", "part", "upstream_ref"]].concat();
        columns.into_iter().map(|column| dash(&row[column])).collect::<Vec<_>>().join(" ")
    };
    let (unexplained, of_people): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["kind"] == "unexplained");
    let found: BTreeSet<String> = of_people.into_iter().map(line).collect();
    let expected: BTreeSet<String> = EXPECTED.into_iter().map(str::to_owned).collect();
    assert_eq!(found, expected, "beyond: {:#?}", found.difference(&expected).collect::<Vec<_>>());
    let [debit] = unexplained[..] else { panic!("one debit: {unexplained:?}") };
    assert!(debit["note"].contains("777,00") || debit["note"].contains("777.00"), "{debit:?}");
    assert!(MONEY.iter().all(|column| debit[*column] == "0.00") && debit["remedy"] == "decide", "{debit:?}");

    // Those that may be one payment name each other.
    let possible: Vec<_> = rows.iter().filter(|row| row["kind"] == "possible_double").collect();
    assert!(possible[0]["match"].contains(&possible[1]["finding"]), "{possible:?}");
    assert!(possible[1]["match"].contains(&possible[0]["finding"]), "{possible:?}");

    // The same list of objects, and the same sums; and they balance, each for itself and all together.
    let text = fs::read_to_string(town.desk.path("found/findings.json")).expect("reads");
    let objects: Vec<BTreeMap<String, Value>> = serde_json::from_str(&text).expect("a list of objects");
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let objects: Vec<BTreeMap<String, String>> = objects
        .iter()
        .map(|object| object.iter().map(|(name, value)| (name.clone(), as_text(value))).collect())
        .collect();
    assert_eq!(objects, rows);
    for row in &rows {
        let of = |column: &str| minor_units(&row[column]);
        assert_eq!(of("fallback") + of("upstream_paid"), of("owed") + of("overpaid") - of("underpaid"), "{row:?}");
    }
    assert_eq!(told["balanced"], true);
    for column in MONEY {
        assert_eq!(minor_units(told["totals"][column].as_str().expect("text")), sum(&rows, column), "{column}");
    }
    let counted = told["findings"].as_object().expect("kinds");
    for (kind, sums) in counted {
        let of_kind: Vec<_> = rows.iter().filter(|row| row["kind"] == *kind).cloned().collect();
        assert_eq!(sums["count"], of_kind.len(), "{kind}");
        assert_eq!(minor_units(sums["overpaid"].as_str().expect("text")), sum(&of_kind, "overpaid"), "{kind}");
    }

    // Who acts gets their own list.
    let people = |rows: &[BTreeMap<String, String>]| {
        rows.iter().map(|row| row["person_id"].clone()).collect::<BTreeSet<String>>()
    };
    let such = |is: &dyn Fn(&BTreeMap<String, String>) -> bool| {
        people(&rows.iter().filter(|row| is(row)).cloned().collect::<Vec<_>>())
    };
    assert_eq!(people(&town.rows("stop.csv")), such(&|row| row["kind"] == "double_planned"));
    assert_eq!(people(&town.rows("recover.csv")), such(&|row| row["overpaid"] != "0.00"));
    assert_eq!(people(&town.rows("write_back.csv")), such(&|row| row["remedy"] == "write_back"));
    let top_up = people(&town.rows("top_up.csv"));
    assert!(top_up.contains("6901123456") && top_up.contains("6905123456"), "{top_up:?}");
}

/// A person changes the file that they act on: what was found is in the ledger, and neither the file nor a second look is led astray by it.
#[test]
fn a_findings_file_that_was_edited_changes_nothing_and_is_not_written_over() {
    let town = Town::new();
    town.reconcile(&["--statement", "statement.xml"]).exits(1);
    let before = town.desk.json(&["remedy", "list", "--operator", "anna"]).exits(1).json();
    let path = town.desk.path("found/findings.csv");
    let edited = fs::read_to_string(&path).expect("reads").replace(",recover,", ",none,");
    fs::write(&path, &edited).expect("writes");
    assert_eq!(town.desk.json(&["remedy", "list", "--operator", "anna"]).exits(1).json(), before);
    // It is somebody's work now: it is not written over.
    assert_eq!(town.reconcile(&[]).exits(3).error_code(), "out.changed");
    assert_eq!(fs::read_to_string(&path).expect("reads"), edited);
    let again = ["reconcile", "--operator", "anna", "--upstream", "run.csv", "--out", "found-again"];
    assert_eq!(town.desk.json(&again).exits(1).json()["balanced"], true);
}
