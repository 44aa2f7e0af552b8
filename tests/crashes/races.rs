//! Many at once: processes that prepare the same lists, approve, release and cancel the same batch and take backups, half of them killed
//! somewhere. Each ends in one of few ways, and the judge counts.
//!
//! An ordinary run starts [`PROCESSES`]; `STOPGAP_RACES=10000` starts more, `STOPGAP_RACES_SEED` others.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::desk::{Ran, approve, cancel, owned, prepare, release};
use crate::judge::Judge;
use crate::sweep::{Scenario, say};
use crate::{OWED, approved, prepared};

const PROCESSES: usize = 48;
const AT_ONCE: usize = 6;

/// What may be said to somebody who came second.
const LAWFUL: [&str; 5] =
    ["batch.cancelled", "batch.released", "batch.not_prepared", "batch.not_approved", "batch.unknown"];

/// Numbers by which commands and the moments of killing are chosen.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|given| given.parse().ok()).unwrap_or(otherwise)
}

fn some_command(chance: &mut Chance, digest: &str, number: usize) -> Vec<String> {
    match chance.below(9) {
        0 => prepare("list.csv"),
        1 | 2 => prepare("edited.csv"),
        3 => approve("B0001", digest),
        4 | 5 => release("B0001"),
        6 => cancel("B0001"),
        7 => owned(&["backup", &format!("workspace/stick-{number}"), "--operator", "anna"]),
        _ => owned(&["verify"]),
    }
}

#[test]
fn whoever_comes_first_everybody_is_paid_once() {
    let (processes, seed) = (from_environment("STOPGAP_RACES", PROCESSES), from_environment("STOPGAP_RACES_SEED", 1));
    let (started, mut chance) = (Instant::now(), Chance(seed as u64));
    let bases = [prepared(), approved()];
    let digests = bases.each_ref().map(|desk| {
        let shown = desk.run(&["batch", "show", "B0001", "--operator", "malik"]).expected();
        shown["digest"].as_str().expect("a digest").to_owned()
    });
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..processes.div_ceil(AT_ONCE) {
        let base = round % 2;
        let desk = bases[base].copy();
        let commands: Vec<(Vec<String>, Option<Duration>)> = (0..AT_ONCE)
            .map(|number| {
                let command = some_command(&mut chance, &digests[base], number);
                let killed_after = (chance.below(2) == 0).then(|| Duration::from_millis(chance.below(120)));
                (command, killed_after)
            })
            .collect();
        let ran: Vec<Ran> = std::thread::scope(|scope| {
            let running: Vec<_> = commands
                .iter()
                .map(|(command, killed_after)| scope.spawn(|| desk.run_until(command, *killed_after)))
                .collect();
            running.into_iter().map(|one| one.join().expect("no thread panics")).collect()
        });
        for (ran, (command, _)) in ran.iter().zip(&commands) {
            let end = match ran.code {
                None if ran.killed => "killed".into(),
                Some(code @ (0 | 1)) => format!("exit {code}"),
                Some(3) if LAWFUL.contains(&ran.error("code").as_str()) => ran.error("code"),
                _ => panic!("seed {seed}, round {round}: {command:?} of {commands:?} ended with {}", ran.said()),
            };
            *ends.entry(end).or_default() += 1;
        }
        let mut judge = Judge::default();
        judge.look(&desk);
        judge.let_people_finish(&desk, &[prepare("edited.csv")]);
        let found = judge.verdict(&OWED);
        assert_eq!(found, [], "seed {seed}, round {round}: {commands:?}");
    }
    let (count, seconds) = (ends.values().sum::<usize>(), started.elapsed().as_secs_f32());
    say(&format!("races: {count} processes, {AT_ONCE} at once, seed {seed}, {ends:?}, {seconds:.1} s"));
}

/// A process is held up in the middle of its writing; another waits and says for what; the first is killed, and the second goes on.
#[test]
fn a_waiting_command_says_so_and_goes_on_when_the_first_is_killed() {
    if !Scenario::can_run() {
        return;
    }
    let desk = approved();
    let _ = std::fs::remove_file(desk.path("trace"));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| desk.run_traced("fsync", Some("fsync:signal=STOP:when=1"), &cancel("B0001")));
        let holds = wait_for(|| desk.trace().lines().any(|line| line.contains("fsync(")));
        assert!(holds, "the first command never wrote");
        let waiting = scope.spawn(|| {
            let begun = Instant::now();
            (desk.run(&release("B0001")), begun.elapsed())
        });
        std::thread::sleep(Duration::from_millis(1_800));
        if waiting.is_finished() {
            let (ran, took) = waiting.join().expect("ends");
            panic!("the second did not wait: {} after {took:?}\n{}", ran.said(), desk.trace());
        }
        let process: i32 = desk.trace().split_whitespace().next().and_then(|id| id.parse().ok()).expect("a process");
        let process = rustix::process::Pid::from_raw(process).expect("a process");
        rustix::process::kill_process(process, rustix::process::Signal::KILL).expect("kills");
        first.join().map(drop).expect("ends");
        let (ran, took) = waiting.join().expect("ends");
        assert_eq!(ran.code, Some(0), "{}", ran.said());
        assert!(ran.stderr.contains("Waiting for another stopgap command"), "{}", ran.stderr);
        assert!(took < Duration::from_secs(20), "went on only after {took:?}");
    });
}

/// A command has committed and let the ledger go, and another one overtakes it before it gets to the witness: both are done, and the witness knows
/// of both. Chance hits this moment too seldom to rely on.
#[test]
fn a_command_that_is_overtaken_on_its_way_to_the_witness_goes_on() {
    if !Scenario::can_run() {
        return;
    }
    let base = approved();
    let recorded = base.copy();
    assert_eq!(recorded.run_traced("fcntl,unlink", None, &cancel("B0001")).code, Some(0));
    let trace = recorded.trace();
    let committed = trace.lines().position(|line| line.contains("unlink(") && line.contains("ledger.db-journal"));
    let lets_go = |line: &str| line.contains("F_UNLCK") && line.contains("l_len=0") && line.contains("ledger.db>");
    let after = committed.expect("a commit");
    let at = after + trace.lines().skip(after).position(lets_go).expect("the end of the lock");
    let nth = trace.lines().take(at + 1).filter(|line| line.contains(" fcntl(")).count();

    let desk = base.copy();
    let _ = std::fs::remove_file(desk.path("trace"));
    let rule = format!("fcntl:signal=STOP:when={nth}");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| desk.run_traced("fcntl", Some(&rule), &cancel("B0001")));
        assert!(wait_for(|| desk.trace().contains("--- stopped by SIGSTOP")), "never stopped: {}", desk.trace());
        let begun = Instant::now();
        let second = desk.run(&prepare("edited.csv"));
        let took = begun.elapsed();
        let process: i32 = desk.trace().split_whitespace().next().and_then(|id| id.parse().ok()).expect("a process");
        let process = rustix::process::Pid::from_raw(process).expect("a process");
        rustix::process::kill_process(process, rustix::process::Signal::CONT).expect("goes on");
        let first = first.join().expect("ends");
        assert!(matches!(second.code, Some(0 | 1)), "{}", second.said());
        assert!(took < Duration::from_secs(20), "was not let go: {took:?}");
        assert_eq!(first.code, Some(0), "{}", first.said());
    });
    let mut judge = Judge::default();
    judge.let_people_finish(&desk, &[prepare("edited.csv")]);
    assert_eq!(judge.verdict(&OWED), []);
}

fn wait_for(mut until: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if until() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
