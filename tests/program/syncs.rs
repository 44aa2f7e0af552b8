//! How often a command waits for the disk: as often for a long list and many bank files as for a short list and one. Needs strace, and says
//! `skipped` and passes without.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::desk::Desk;

const CALLS: [&str; 5] = ["fsync", "fdatasync", "syncfs", "sync", "sync_file_range"];

/// What `prepare`, `approve` and `release` may take; twelve is the aim. A release writes to the ledger twice, which is five syncs each time, and
/// waits once for files, witness and anchor, and once for their names.
const AT_MOST: [(&str, usize); 3] = [("prepare", 12), ("approve", 7), ("release", 12)];

#[test]
fn a_command_waits_for_the_disk_as_often_however_long_the_list() {
    if Command::new("strace").arg("-V").output().is_err() {
        return eprintln!("skipped: no strace here");
    }
    let (short, long) = (syncs_of_three_commands(3, 1000), syncs_of_three_commands(2_000, 10));
    for (at, (command, most)) in AT_MOST.iter().enumerate() {
        let (short, long) = (&short[at], &long[at]);
        assert!(short.len() <= *most, "{command}: {}\n{}", short.len(), short.join("\n"));
        assert_eq!(long.len(), short.len(), "{command}:\n{}", long.join("\n"));
    }
}

fn syncs_of_three_commands(rows: u32, payments_in_a_file: u32) -> [Vec<String>; 3] {
    let desk = Desk::new();
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("max_payments = 1000", &format!("max_payments = {payments_in_a_file}")))
        .expect("writes");
    desk.write("list.csv", list(rows));
    let prepare = syncs(&desk, &["prepare", "list.csv", "--operator", "anna"]);
    let shown = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json();
    let digest = shown["digest"].as_str().expect("a digest").to_owned();
    let files = shown["files"].as_array().expect("files").len();
    assert_eq!(files, rows.div_ceil(payments_in_a_file) as usize);
    let approve = syncs(&desk, &["approve", "B0001", "--operator", "malik", "--digest", &digest]);
    let release = syncs(&desk, &["release", "B0001", "--operator", "anna"]);
    [prepare, approve, release]
}

/// Made-up people: day + 60, in no register.
pub fn list(rows: u32) -> String {
    let mut list = "cpr;navn;konto;beløb;ydelse;periode;sagsnr\n".to_owned();
    for number in 1..=rows {
        let _ = writeln!(
            list,
            "7012821128;Pipaluk Berthelsen;6471-{number:010};1{:03},00;Alderspension;2022-04;{number}",
            number % 997
        );
    }
    list
}

/// The calls that waited for the disk, as strace shows them.
fn syncs(desk: &Desk, arguments: &[&str]) -> Vec<String> {
    let command = desk.command(arguments);
    let trace = desk.path("trace.txt");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-y", "-e", &format!("trace={}", CALLS.join(","))]).arg("-o").arg(&trace);
    traced.arg(command.get_program()).args(command.get_args());
    traced.current_dir(command.get_current_dir().expect("a folder"));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let output = traced.output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let is_sync = |line: &&str| CALLS.iter().any(|call| line.contains(&format!("{call}(")));
    fs::read_to_string(&trace).expect("reads").lines().filter(is_sync).map(str::to_owned).collect()
}
