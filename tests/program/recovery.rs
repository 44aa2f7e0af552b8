//! Both operators have forgotten their passphrases: two people with a half each open the ledger again.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, LIST, PAY_ON};

const HALVES: [&str; 2] = ["out/recovery/half-1.txt", "out/recovery/half-2.txt"];

impl Desk {
    /// Two people have the halves of the code that was made last; the files are ended.
    fn take_halves(&self) -> [String; 2] {
        let halves = HALVES.map(|half| fs::read_to_string(self.workspace().join(half)).expect("a page"));
        self.json(&["copies", "end", HALVES[0], HALVES[1], "--operator", "anna"]).exits(0);
        assert!(HALVES.iter().all(|half| !self.workspace().join(half).exists()));
        halves
    }

    fn type_halves(&self, halves: &[String; 2]) {
        (1..).zip(halves).for_each(|(number, half)| drop(self.write(&format!("passphrases/recovery-{number}"), half)));
    }

    fn code_lines(half: &str) -> Vec<String> {
        half.lines().filter(|line| line.starts_with("    ")).map(|line| line.trim().to_owned()).collect()
    }
}

#[test]
fn two_people_with_a_half_each_open_the_ledger_when_both_passphrases_are_forgotten() {
    let desk = Desk::new();
    let listed = desk.json(&["copies", "list", "--operator", "anna"]).exits(0).json();
    assert_eq!(
        (&listed["copies"][0]["purpose"], &listed["copies"][1]["state"]),
        (&json!("recovery_half"), &json!("as_written"))
    );
    let halves = desk.take_halves();
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    let before = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();

    // Forgotten: what they now choose are other passphrases.
    desk.write("passphrases/anna", "anna has a new one\n");
    desk.write("passphrases/sara", "sara is new here\n");
    assert_eq!(desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(3).error_code(), "passphrase.wrong");
    assert_eq!(desk.json(&["operator", "recover"]).exits(2).error_code(), "recovery_code.missing");
    desk.type_halves(&halves);
    let recover = || desk.json(&["operator", "recover", "--operator", "anna", "--operator", "sara"]);
    let recovered = recover().exits(0).json();
    assert_eq!((&recovered["operators"], &recovered["ended"]), (&json!(["anna", "sara"]), &json!(["malik"])));

    // The new ones work, what was sealed opens, the old ones are gone, and the code is void.
    let after = desk.json(&["batch", "show", "B0001", "--operator", "sara"]).exits(0).json();
    assert_eq!((&after["digest"], &after["payments"]), (&before["digest"], &before["payments"]));
    let digest = after["digest"].as_str().expect("a digest");
    desk.json(&["approve", "B0001", "--operator", "sara", "--digest", digest]).exits(0);
    desk.json(&["release", "B0001", "--operator", "anna"]).exits(0);
    let malik = desk.json(&["batch", "show", "B0001", "--operator", "malik"]);
    assert_eq!(malik.exits(3).error_code(), "control.unknown_operator");
    let keys: Vec<String> = desk.files().iter().map(|file| file.to_string_lossy().into_owned()).collect();
    assert!(!keys.iter().any(|key| key.contains("operator-malik")), "{keys:?}");
    assert_eq!(keys.iter().filter(|key| key.contains("keys/recovery-")).count(), 1, "{keys:?}");
    assert_eq!(recover().exits(3).error_code(), "recovery_code.void");
    desk.json(&["verify", "--deep", "--operator", "anna"]).exits(0);
    let again = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(again["rows"]["duplicate"], 3, "who was paid is known");

    // The next code works in the same way, and with no names given the same people stay.
    desk.type_halves(&desk.take_halves());
    let recovered = desk.json(&["operator", "recover"]).exits(0).json();
    assert_eq!((&recovered["operators"], &recovered["ended"]), (&json!(["anna", "sara"]), &json!([])));
    desk.json(&["verify"]).exits(0);
}

#[test]
fn what_is_mistyped_is_named_and_nothing_but_both_halves_opens() {
    let desk = Desk::new();
    let halves = desk.take_halves();
    let head = desk.head();
    let recover = |halves: [&str; 2]| {
        desk.type_halves(&halves.map(str::to_owned));
        desk.json(&["operator", "recover"])
    };
    let [one, two] = [&halves[0], &halves[1]];
    let lines = Desk::code_lines(one);
    let mut wrong: Vec<char> = lines[1].chars().collect();
    wrong[0] = if wrong[0] == 'Z' { 'Y' } else { 'Z' };
    let mistyped = one.replace(&lines[1], &wrong.iter().collect::<String>());
    let refused = recover([&mistyped, two]).exits(2);
    assert_eq!(refused.error_code(), "recovery_code.malformed");
    assert!(refused.stdout.contains("Group 4 of half 1"), "{}", refused.stdout);
    assert_eq!(recover([one, one]).exits(3).error_code(), "recovery_code.wrong");
    assert_eq!(recover([one, "0000"]).exits(2).error_code(), "recovery_code.malformed");
    // Typed in small letters, with spaces, is right.
    let typed = |half: &str| Desk::code_lines(half).join(" ").to_lowercase().replace('-', " ");
    assert_eq!(desk.head(), head, "nothing was recorded by any of these");
    // Another ledger's halves, and those of a code that was replaced.
    let other = Desk::new();
    let [foreign, _] = other.take_halves();
    assert_eq!(recover([&foreign, two]).exits(3).error_code(), "recovery_code.void");
    desk.json(&["operator", "recovery", "--operator", "anna", "--second", "malik"]).exits(0);
    assert_eq!(recover([one, two]).exits(3).error_code(), "recovery_code.void");
    let [one, two] = desk.take_halves();
    recover([&typed(&two), &typed(&one)]).exits(0);
}

#[test]
fn no_half_is_in_the_ledger_on_the_screen_or_anywhere_but_on_its_page() {
    let desk = Desk::bare();
    let ran = desk.json(&crate::desk::INIT).exits(0);
    let pages = HALVES.map(|half| fs::read_to_string(desk.workspace().join(half)).expect("a page"));
    let groups: Vec<String> = pages
        .iter()
        .flat_map(|page| Desk::code_lines(page))
        .flat_map(|line| line.split('-').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(groups.len(), 18);
    let shown = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!groups.iter().any(|group| shown.contains(group.as_str())), "{shown}");
    for file in desk.files().iter().filter(|file| !HALVES.iter().any(|half| file.ends_with(half))) {
        let bytes = fs::read(file).expect("reads");
        let holds = |group: &String| bytes.windows(group.len()).any(|window| window == group.as_bytes());
        // One group may turn up by chance in a large file; three in a row never.
        assert!(groups.windows(3).all(|groups| !groups.iter().all(holds)), "{}", file.display());
    }
    assert_eq!(ran.json()["recovery"]["sheets"], json!(HALVES));
}

#[test]
fn a_workspace_without_a_code_opens_and_is_told_how_to_make_one() {
    let desk = Desk::new();
    desk.type_halves(&desk.take_halves());
    desk.json(&["operator", "recover"]).exits(0);
    // The ledger of before codes: made anew by a desk whose parent's file is gone.
    for key in desk.files().iter().filter(|file| file.to_string_lossy().contains("keys/recovery-")) {
        fs::remove_file(key).expect("removes");
    }
    desk.json(&["desk", "add", "other", "--operator", "anna", "--second", "malik"]).exits(0);
    let at = |arguments: &[&str]| desk.run(&[&["--workspace", "other"], arguments].concat());
    assert!(at(&["operator", "list"]).exits(0).stdout.contains("operator recovery --second NAME"));
    assert_eq!(at(&["operator", "recover", "--json"]).exits(3).error_code(), "recovery_code.none");
    at(&["operator", "recovery", "--operator", "anna", "--second", "malik"]).exits(0);
    let standing: Value = desk.json(&["--workspace", "other", "verify"]).exits(0).json();
    assert_eq!(standing["ok"], true);
}
