//! The commands that screens print, copied into a terminal as they stand.

use serde_json::json;

use crate::baselines::MARCH;
use crate::desk::{Desk, PAY_ON, Ran};

/// The commands below "Next", each on one line.
fn commands(screen: &str) -> Vec<String> {
    let next = screen.split("\nNext\n").nth(1).expect("next steps").replace(" \\\n", " ");
    let lines = next.lines().map(str::trim).filter(|line| line.starts_with("stopgap "));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Types it into a shell, at anna's desk.
fn typed(desk: &Desk, command: &str) -> Ran {
    let binary = env!("CARGO_BIN_EXE_stopgap");
    let command = command.replacen("stopgap", &format!("{binary} --json --operator anna"), 1);
    let mut shell = desk.command(&[]);
    let environment: Vec<_> =
        shell.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    let folder = shell.get_current_dir().map(ToOwned::to_owned).expect("a folder");
    shell = std::process::Command::new("sh");
    shell.args(["-c", &command]).current_dir(folder);
    for (name, value) in environment {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Ran::of(shell)
}

#[test]
fn the_dead_and_the_ended_are_not_paid_by_the_command_that_decides_about_others() {
    let desk = Desk::new();
    desk.write("march.csv", MARCH);
    desk.add_baseline("march.csv", "2022-03").exits(0);
    desk.write("what changed.csv", "cpr;ydelse;ændring\n6112903338;Alderspension;ophørt\n6506751118;;død\n");
    let prepare = ["prepare", "--operator", "anna", "--from-baseline", "--period", "2022-04", "--pay-on", PAY_ON];
    let screen = desk.run(&[&prepare[..], &["--changes", "what changed.csv"]].concat()).exits(1).stdout;
    assert!(!screen.contains("rejected rows: correct"), "nobody mends a row that ended:\n{screen}");
    let again = commands(&screen).pop().expect("a command");
    assert_eq!(
        again,
        format!(
            "stopgap prepare --from-baseline --changes \"what changed.csv\" --period 2022-04 --pay-on {PAY_ON} --decisions decisions.csv"
        )
    );
    // 250,000.00 was held for its amount.
    desk.write("decisions.csv", "file,row,decision,reason\nbaseline:2022-03,5,pay,asked the caseworker\n");
    let decided = typed(&desk, &again).exits(1).json();
    assert_eq!(decided["rows"], json!({ "read": 4, "prepared": 1, "rejected": 2, "held": 0, "duplicate": 1 }));
}

#[test]
fn what_was_asked_for_is_asked_for_again() {
    let desk = Desk::new();
    desk.write(
        "the list.csv",
        "cpr;navn;konto;beløb;Noget\n7012821128;Pipaluk Berthelsen;6471-0000100001;250.000,00;Barsel\n6112903338;Malik;12;100,00;Barsel\n\
         6506751118;Aviaaja Møller;6471-0001000206;100,00;Offentlig hjælp\n",
    );
    let asked =
        ["the list.csv", "--period", "2022-04", "--pay-on", PAY_ON, "--map", "Noget=scheme", "--only-scheme", "Barsel"];
    let screen = desk.run(&[&["check", "--operator", "anna"], &asked[..]].concat()).exits(1).stdout;
    let all = commands(&screen);
    assert_eq!(all.len(), 3, "to mend, to decide, and who waits:\n{screen}");
    let mended = typed(&desk, &all[0]).exits(1).json();
    assert_eq!(mended["rows"]["read"], 3, "{mended}");
    desk.write("decisions.csv", "file,row,decision,reason\nthe list.csv,2,pay,asked the caseworker\n");
    let decided = typed(&desk, &all[1]).exits(1).json();
    assert_eq!(decided["rows"], json!({ "read": 3, "prepared": 1, "rejected": 1, "held": 1, "duplicate": 0 }));
    let screen = desk
        .run(&[&["check", "--operator", "anna"], &asked[..], &["--decisions", "decisions.csv"]].concat())
        .exits(1)
        .stdout;
    let to_prepare = &commands(&screen)[0];
    assert!(
        to_prepare.starts_with("stopgap prepare \"the list.csv\"")
            && to_prepare.ends_with(" --decisions decisions.csv")
    );
    assert_eq!(typed(&desk, to_prepare).exits(1).json()["rows"], decided["rows"]);
}

#[test]
fn names_with_spaces_stand_in_quotes_where_they_are_typed() {
    let desk = Desk::new();
    desk.run(&["episode", "open", "Nedbrud marts", "--operator", "anna"]).exits(0);
    let other = desk.run(&["episode", "open", "april", "--operator", "anna"]).exits(3);
    assert!(other.stderr.contains("`stopgap episode close \"Nedbrud marts\"`"), "{}", other.stderr);
}
