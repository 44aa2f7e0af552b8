//! The bar: on a terminal, for work that takes its time, and nowhere else.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::process::Stdio;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::desk::{Desk, LIST, PAY_ON};

/// What a list takes at the least to be long: the bar comes after a second, and must then be seen at several steps.
const LONG: Duration = Duration::from_secs(4);

/// A list that keeps the program busy for as long as that, however fast the machine and however the program was built: one that is read
/// sooner is doubled.
fn long_list(desk: &Desk) {
    longer_list(desk, 1);
}

/// One of so many times the rows.
fn longer_list(desk: &Desk, times: u32) {
    static ROWS: OnceLock<u32> = OnceLock::new();
    let write = |rows: u32| {
        let mut list = LIST.to_owned();
        for number in 0..rows {
            let _ =
                writeln!(list, "7012821128;Pipaluk Berthelsen;6471-{number:010};100,00;Alderspension;2022-04;{number}");
        }
        desk.write("long.csv", list.replacen("periode", "periode;sagsnr", 1));
    };
    let rows = *ROWS.get_or_init(|| {
        let mut rows = 15_000;
        loop {
            write(rows);
            let began = Instant::now();
            desk.run(&[&CHECK[..], &["anna"]].concat()).exits(1);
            if began.elapsed() >= LONG {
                return rows;
            }
            rows *= 2;
        }
    });
    write(rows * times);
}

const CHECK: [&str; 5] = ["check", "long.csv", "--pay-on", PAY_ON, "--operator"];

/// Runs a command whose stderr is a terminal, and gives what it left there, its stdout and its exit code.
fn on_a_terminal(desk: &Desk, arguments: &[&str]) -> (String, String, i32) {
    watched(desk, arguments, None)
}

/// Ctrl-C; where this process ignores it, as a shell has what it starts in the background do, its children do too, and are asked to end instead.
fn interruption() -> Signal {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    if ignored >> (Signal::INT.as_raw() - 1) & 1 == 1 { Signal::TERM } else { Signal::INT }
}

/// As [`on_a_terminal`]; once the terminal shows `stop_at`, the command is interrupted as by Ctrl-C.
fn watched(desk: &Desk, arguments: &[&str], stop_at: Option<&'static str>) -> (String, String, i32) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo terminal");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("opens");
    let name = ptsname(&master, Vec::new()).expect("has a name");
    let terminal = File::options().read(true).write(true).open(name.to_str().expect("UTF-8")).expect("opens");
    let mut command = desk.command(arguments);
    command.env("TERM", "xterm").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(terminal);
    let child = command.spawn().expect("runs");
    // What this process holds of the terminal's other side ends with the command.
    drop(command);
    let pid = Pid::from_child(&child);
    let reader = thread::spawn(move || {
        let (mut seen, mut bytes) = (Vec::new(), [0; 4096]);
        let mut master = File::from(master);
        while let Ok(read @ 1..) = master.read(&mut bytes) {
            seen.extend_from_slice(&bytes[..read]);
            if stop_at.is_some_and(|stop_at| String::from_utf8_lossy(&seen).contains(stop_at)) {
                let _ = kill_process(pid, interruption());
            }
        }
        seen
    });
    let output = child.wait_with_output().expect("ends");
    let seen = reader.join().expect("reads");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(seen), text(output.stdout), output.status.code().unwrap_or(-1))
}

#[test]
fn long_work_shows_how_far_it_is_on_a_terminal_and_nowhere_else() {
    let desk = Desk::new();
    long_list(&desk);
    let check = [&CHECK[..], &["anna"]].concat();

    let (seen, stdout, code) = on_a_terminal(&desk, &check);
    assert_eq!(code, 1, "{stdout}");
    assert!(seen.contains("Recording rows") && seen.contains("%, ") && seen.contains(" left"), "{seen}");
    assert!(seen.contains("[==") && seen.contains("/s, "), "{seen}");
    assert!(!stdout.contains("Recording rows"), "{stdout}");
    // The cursor is never hidden: whatever ends the command, it is there. In the end the bar's line is empty again.
    assert!(!seen.contains("\u{1b}[?25l"), "{seen:?}");
    let last = seen.rsplit(['\r', '\n']).next().unwrap_or_default();
    assert!(last.replace("\u{1b}[2K", "").trim().is_empty(), "{last:?}");

    let (seen, stdout, _) = on_a_terminal(&desk, &[&check[..], &["--json", "--lang", "da"]].concat());
    assert!(seen.contains("Registrerer rækker") && seen.contains(" tilbage"), "{seen}");
    let _: serde_json::Value = serde_json::from_str(&stdout).expect("one document and nothing else");

    let piped = desk.run(&check).exits(1);
    assert!(!piped.stderr.contains("Recording") && !piped.stderr.contains('\u{1b}'), "{}", piped.stderr);
}

#[test]
fn an_interruption_leaves_the_ledger_and_the_cursor_as_they_were() {
    // A list that took long while the machine was busy may be done with before anybody interrupts: then a longer one is tried.
    let in_time = (0..5).any(|doubled| {
        let desk = Desk::new();
        longer_list(&desk, 1 << doubled);
        let head = desk.head();
        let prepare = ["prepare", "long.csv", "--pay-on", PAY_ON, "--operator", "anna"];
        let (seen, stdout, code) = watched(&desk, &prepare, Some("Recording rows"));
        if code == 1 {
            return false;
        }
        assert!(stdout.is_empty() && !seen.contains("\u{1b}[?25l"), "{stdout}{seen:?}");
        assert_eq!(desk.head(), head);
        assert_eq!(desk.json(&["batch", "list"]).exits(0).json().as_array().map(Vec::len), Some(0));
        true
    });
    assert!(in_time, "five times it had finished before it was interrupted");
}

#[test]
fn short_work_shows_nothing() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    let (seen, _, code) = on_a_terminal(&desk, &["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]);
    assert_eq!((seen.as_str(), code), ("", 0));
}
