//! Baselines: what was last paid, kept in good times.

use std::fs;

use serde_json::{Value, json};

use crate::desk::Desk;

/// A payday in good times, long past. Made-up people, one of them in two schemes.
pub const MARCH: &str = "cpr;navn;konto;beløb;ydelse;periode;dispdato
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-03;2022-03-01
6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-03;2022-03-01
6506751118;Aviaaja Møller;GL8964710001000206;999,95;Førtidspension;2022-03;2022-03-01
7012821128;Pipaluk Berthelsen;6471-0000100001;250.000,00;Barsel;2022-03;2022-03-01
";

fn codes(document: &Value, of: &str) -> Vec<String> {
    let all = document[of].as_array().expect("a list");
    all.iter().map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn a_baseline_is_kept_sealed_in_good_times_and_the_same_one_only_once() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    let added = desk.add_baseline("march.csv", "2022-03").exits(0).json();
    assert_eq!((&added["entry"], &added["already_there"]), (&json!(2), &json!(false)));
    assert_eq!((&added["rows"]["prepared"], &added["amount"]["prepared"]), (&json!(4), &json!("267234.45")));
    let scheme = &added["schemes"][0];
    assert_eq!(
        (&scheme["scheme"], &scheme["payments"], &scheme["amount"]),
        (&json!("Alderspension"), &json!(2), &json!("16234.50"))
    );
    let head = desk.head();
    // The rows in another order and spelling are the same figures.
    let mut lines: Vec<&str> = MARCH.lines().collect();
    lines.swap(1, 3);
    desk.write("again.csv", lines.join("\n").replace("250.000,00", "250000"));
    let again = desk.add_baseline("again.csv", "2022-03").exits(0).json();
    assert_eq!((&again["entry"], &again["already_there"]), (&json!(2), &json!(true)));
    assert_eq!(desk.head(), head, "nothing was recorded");
    let keys = desk.files().into_iter().filter(|file| file.to_string_lossy().contains("baseline-")).count();
    assert_eq!(keys, 1, "no key is left of what was not recorded");

    for file in desk.files() {
        let bytes = fs::read(&file).expect("reads");
        for secret in ["7012821128", "Pipaluk", "0000100001", "march.csv"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", file.display());
        }
    }
    assert_eq!(desk.json(&["episode", "list"]).exits(0).json(), json!([]), "it takes no episode");
    desk.json(&["verify"]).exits(0);
}

#[test]
fn rows_that_cannot_be_paid_by_stay_out_of_a_baseline_and_are_named() {
    let desk = Desk::new();
    let more = "6704471120;Naja Olsen;12;100,00;Alderspension;2022-03;
6704471120;Naja Olsen;6471-0000100005;100,00;Alderspension;2022-02;
6112903338;Malik Kreutzmann;6471-0000100002;11.000,00;Alderspension;2022-03;
6506751118;Aviaaja Møller;GL8964710001000206;1.999,95;Førtidspension;2022-03;
";
    desk.write("march.csv", format!("{MARCH}{more}"));
    let added = desk.add_baseline("march.csv", "2022-03").exits(1).json();
    assert_eq!(
        added["rows"],
        json!({ "read": 8, "prepared": 3, "rejected": 2, "held": 2, "duplicate": 1 }),
        "of two rows that contradict each other, nobody knows which is right"
    );
    let codes = codes(&added, "problems");
    for code in ["account.malformed", "baseline.other_period", "duplicate.same", "duplicate.conflict"] {
        assert!(codes.iter().any(|found| found == code), "{code} in {codes:?}");
    }
    desk.write("none.csv", "cpr;navn;konto;beløb;ydelse\n1;x;12;1,00;Barsel\n");
    let head = desk.head();
    let none = desk.add_baseline("none.csv", "2022-03").exits(1).json();
    assert_eq!((&none["entry"], desk.head()), (&Value::Null, head));
    assert_eq!(desk.add_baseline("none.csv", "march").exits(2).error_code(), "period.malformed");
    assert_eq!(desk.add_baseline("away.csv", "2022-03").exits(2).error_code(), "list.unreadable");
}

#[test]
fn the_monthly_check_opens_every_row_and_names_what_would_fail() {
    let desk = Desk::new();
    let check = || desk.json(&["baseline", "check", "--operator", "anna"]);
    assert_eq!(codes(&check().exits(1).json(), "findings"), ["baseline.none"]);
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write("april.csv", MARCH.replace("2022-03;", "2022-04;").replace("999,95", "1.099,95"));
    desk.add_baseline("april.csv", "2022-04").exits(0);
    let ready = check().exits(0).json();
    assert_eq!(ready["baselines"].as_array().map(Vec::len), Some(1), "the older one is history");
    let last = &ready["baselines"][0];
    assert_eq!(
        (&last["period"], &last["restored"], &last["rows"], &last["payable"]),
        (&json!("2022-04"), &json!(true), &json!(4), &json!(4))
    );
    assert_eq!(last["schemes"][1]["before"]["amount"], "999.95");
    let listed = desk.json(&["baseline", "list"]).exits(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&listed[0]["schemes"][0]["is_last"], &listed[1]["schemes"][0]["is_last"]),
        (&json!(false), &json!(true))
    );

    let keys: Vec<_> = desk.files().into_iter().filter(|file| file.to_string_lossy().contains("baseline-")).collect();
    let kept: Vec<_> = keys.iter().map(|key| fs::read(key).expect("reads")).collect();
    keys.iter().for_each(|key| fs::remove_file(key).expect("removes"));
    let lost = check().exits(1).json();
    assert_eq!(codes(&lost, "findings"), ["baseline.unreadable"]);
    assert_eq!(lost["baselines"][0]["restored"], false);
    for (key, bytes) in keys.iter().zip(kept) {
        fs::write(key, bytes).expect("writes");
    }
    check().exits(0);

    let ledger = rusqlite::Connection::open(desk.workspace().join("ledger.db")).expect("opens");
    ledger.execute("UPDATE sealed_part SET ciphertext = x'00' WHERE entry = 3", []).expect("damages");
    assert_eq!(codes(&check().exits(1).json(), "findings"), ["baseline.unreadable"]);
    assert_eq!(desk.json(&["verify"]).exits(4).error_code(), "ledger.damaged");
}
