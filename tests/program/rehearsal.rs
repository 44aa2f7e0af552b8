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

/// What the screens say of paying and uploading is practice, and each of them begins with saying so.
#[test]
fn every_screen_of_a_drill_says_that_it_is_one() {
    let desk = Desk::bare();
    let mark = "This is a DRILL: no money moves, and nothing of it may be sent to a bank.";
    let drill = desk.run(&["drill", "practice", "--recipients", "300", "--by-hand"]).exits(0);
    assert!(drill.stdout.starts_with(mark), "{}", drill.stdout);
    for arguments in [
        &["status"][..],
        &["batch", "list"],
        &["check", "practice/lists/alderspension.csv"],
        &["prepare", "practice/lists/alderspension.csv"],
        &["batch", "show", "B0001"],
        &["release", "B0001"],
        &["outcome", "practice/bank/camt053.xml"],
        &["copies", "list"],
        &["verify"],
    ] {
        let mut command = desk.command(arguments);
        command.env("STOPGAP_WORKSPACE", "practice").env("STOPGAP_PASSPHRASE_DIR", "practice/passphrases");
        let ran = command.args(["--operator", "anna"]).output().expect("runs");
        let (screen, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(
            screen.starts_with(mark) || screen.is_empty() && !ran.status.success(),
            "{arguments:?}: {screen}{said}"
        );
    }
    let real = Desk::new();
    assert!(!real.run(&["status"]).stdout.contains("DRILL"));
}

#[test]
fn the_samples_fit_a_drill_that_is_gone_through_by_hand() {
    let desk = Desk::bare();
    let drill = desk.json(&["drill", "practice", "--by-hand"]).exits(0).json();
    let afterwards = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/qeqqata/afterwards");
    let sample = |name: &str| afterwards.join(name).to_str().expect("a path").to_owned();
    let run = |arguments: &[&str]| {
        let mut command = desk.command(arguments);
        command.env("STOPGAP_WORKSPACE", "practice").env("STOPGAP_PASSPHRASE_DIR", "practice/passphrases");
        let ran = command.args(["--operator", "anna", "--json"]).output().expect("runs");
        serde_json::from_slice::<serde_json::Value>(&ran.stdout).expect("JSON")
    };
    let reports = ["pain002.xml", "camt053.xml", "camt054.xml"].map(sample);
    let outcome = run(&["outcome", &reports[0], &reports[1], &reports[2]]);
    assert!(outcome["payments"]["settled"].as_u64() > Some(2000), "{outcome}");
    let found = run(&["reconcile", "--upstream", &sample("run.csv"), &sample("proposal.csv"), "--out", "found"]);
    assert_eq!(found["balanced"], true);
    let kinds = drill["afterwards"]["by_kind"].as_object().expect("an object");
    assert_eq!(kinds.len(), 13);
    for (kind, count) in kinds {
        assert_eq!(&found["findings"][kind]["count"], count, "{kind}");
    }
}
