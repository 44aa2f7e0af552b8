//! The drill, whole: from lists to findings.

use std::fs;

use crate::desk::Desk;

#[test]
fn a_drill_goes_from_lists_to_findings_and_scores_itself() {
    let desk = Desk::bare();
    let drill = desk.json(&["drill", "practice", "--recipients", "300", "--seed", "7"]).exits(0).json();
    assert_eq!(drill["as_expected"], true);
    let score = &drill["afterwards"]["score"];
    assert_eq!(score["as_expected"], true);
    assert!(score["found"].as_u64() > Some(250) && score["found"] == score["made_up"], "{score}");
    assert_eq!(drill["afterwards"]["reconciled"]["balanced"], true);
    for kept in [
        "bank/camt053.xml",
        "bank/pain002.xml",
        "upstream/run.csv",
        "upstream/stop-list.csv",
        "found/findings.xlsx",
        "found/report.html",
    ] {
        assert!(desk.path("practice").join(kept).is_file(), "{kept}");
    }
    // The same reports again, typed by somebody who practises, change nothing.
    let command = |arguments: &[&str]| {
        let mut command = desk.command(arguments);
        let ran =
            command.env("STOPGAP_WORKSPACE", "practice").env("STOPGAP_PASSPHRASE_DIR", "practice/passphrases").output();
        let ran = ran.expect("runs");
        (ran.status.code(), serde_json::from_slice::<serde_json::Value>(&ran.stdout).expect("JSON"))
    };
    let (_, again) = command(&["outcome", "practice/bank/camt053.xml", "--operator", "anna", "--json"]);
    assert_eq!((&again["files"][0]["already_seen"], &again["payments"]["settled"]), (&true.into(), &0.into()));
    // References follow from the seed, so that another drill's reports fit.
    let other = desk.json(&["drill", "other", "--recipients", "300", "--seed", "7"]).exits(0);
    assert_eq!(other.json()["as_expected"], true);
    let read = |folder: &str| fs::read_to_string(desk.path(folder).join("bank/camt053.xml")).expect("reads");
    let singles =
        |text: String| text.lines().filter(|line| line.starts_with("<TxDtls>")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(singles(read("practice")), singles(read("other")));
}
