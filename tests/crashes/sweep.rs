//! Harms one command at every storage call it makes, one call at a time, and has each outcome judged.
//!
//! A first run, untouched but recorded, tells which calls there are. Then the same command runs once for each call and harm in a fresh copy
//! of the same folder. A kill takes effect before the call; one after it is the same as one before the next.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::desk::{Desk, Ran};
use crate::judge::{Finding, Judge};

/// Calls that change what is stored.
const WRITING: &str = "open openat creat write writev pwrite64 pwritev fsync fdatasync syncfs rename renameat renameat2 link linkat symlink \
                       symlinkat unlink unlinkat rmdir mkdir mkdirat truncate ftruncate fallocate chmod fchmod fchmodat chown fchown \
                       copy_file_range sendfile";
/// Calls that only look, and locks. A process killed before one of them is a process killed before the next writing call.
const LOOKING: &str = "read pread64 readv lseek stat fstat newfstatat statx access fcntl getdents64";
/// Calls that a signal may interrupt.
const INTERRUPTIBLE: &str = "openat write writev pwrite64 fsync fdatasync ftruncate fallocate";

/// So often a command is killed before what finishes it is killed everywhere, in a whole run.
const FIRST_KILLS: usize = 8;

/// A command in a folder that is set up for it.
pub struct Scenario {
    pub name: &'static str,
    pub desk: Desk,
    pub command: Vec<String>,
    /// What people run after the interruption.
    pub again: Vec<Vec<String>>,
    /// The accounts to which one payment each is owed in the end; one whose payment came back is there once more.
    pub owed: Vec<&'static str>,
    /// The exit code of the untouched command: 1 where its own answer asks for a person.
    pub answer: i32,
    /// What must be so in the end besides; or says why it is not.
    pub reached: fn(&Desk) -> Result<(), String>,
    /// Which share of the cases an ordinary test run takes: every how many-th.
    pub every: usize,
}

/// One storage call of the untouched run.
#[derive(Clone, Debug)]
pub struct Point {
    pub call: String,
    /// The how many-th of its name in the process, from 1.
    pub nth: usize,
    /// As strace shows it.
    pub line: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Harm {
    Kill,
    /// A disk that is full stays full.
    Full,
    /// A disk that fails once.
    Fails,
    Interrupted,
    /// The call says that it wrote one byte, and wrote none.
    Lies,
}

const HARMS: [Harm; 5] = [Harm::Kill, Harm::Full, Harm::Fails, Harm::Interrupted, Harm::Lies];

/// What a command left behind, by `--json`.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// How many entries the ledger has; `None` where there is no ledger to speak of.
    pub entries: Option<u64>,
    pub batches: Vec<(String, String)>,
}

/// What came of all cases.
#[derive(Default)]
struct Tried {
    /// By harm.
    counts: BTreeMap<String, usize>,
    missed: usize,
    found: Vec<String>,
}

impl Tried {
    fn is_clean(&self, name: &str) {
        let Self { counts, missed, found } = self;
        assert!(found.is_empty(), "{} findings in {name}:\n{}", found.len(), found.join("\n"));
        assert!(*missed == 0 && !counts.is_empty(), "{missed} cases in {name} missed their call, {counts:?} did not");
    }
}

/// The case did not come to pass: the call was never made.
struct Missed;

fn is_among(calls: &str, call: &str) -> bool {
    calls.split_whitespace().any(|one| one == call)
}

impl Harm {
    fn rule(self, point: &Point) -> String {
        let Point { call, nth, .. } = point;
        match self {
            Harm::Kill => format!("{call}:signal=KILL:when={nth}"),
            Harm::Full => format!("{call}:error=ENOSPC:when={nth}+"),
            Harm::Fails => format!("{call}:error=EIO:when={nth}"),
            Harm::Interrupted => format!("{call}:error=EINTR:when={nth}"),
            Harm::Lies => format!("{call}:retval=1:when={nth}"),
        }
    }

    fn all_for(point: &Point) -> Vec<Self> {
        let call = point.call.as_str();
        let mut harms = vec![Harm::Fails];
        if is_among(WRITING, call) {
            harms.extend([Harm::Kill, Harm::Full]);
        }
        if is_among(INTERRUPTIBLE, call) {
            harms.push(Harm::Interrupted);
        }
        // What leaves is read back before it counts.
        if call == "write" && [".xml.draft", ".html.draft", ".xlsx.draft"].iter().any(|one| point.line.contains(one)) {
            harms.push(Harm::Lies);
        }
        harms
    }
}

impl Point {
    fn is_on_stdout(&self) -> bool {
        self.line.contains("write(1<")
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.call, self.nth, self.line)
    }
}

impl State {
    /// Looks at a copy, so that the looking mends nothing.
    pub fn of(desk: &Desk) -> Self {
        let copy = desk.copy();
        let verified = copy.run(&["verify"]);
        let entries = verified.json().and_then(|json| json["entries"].as_u64()).filter(|_| verified.code == Some(0));
        Self { entries, batches: copy.batches().unwrap_or_default() }
    }
}

impl Scenario {
    /// Whether this machine lets a process be traced; says so where it does not.
    pub fn can_run() -> bool {
        let desk = Desk::bare();
        let probe = std::process::Command::new("strace").arg("--version").output();
        let why = match probe {
            Err(_) => "strace is not installed",
            Ok(_) if desk.run_traced("write", Some("write:signal=KILL:when=1"), &["--help"]).killed => {
                return true;
            }
            Ok(_) => "processes may not be traced here",
        };
        say(&format!("skipped: crashes, because {why}"));
        false
    }

    /// Runs every case of the share and panics with what was found.
    pub fn sweep(&self) {
        let started = Instant::now();
        let before = State::of(&self.desk);
        let mut judge = Judge::before(&self.desk);
        let (points, after) = self.record(&mut judge);
        let cases: Vec<(&Point, Harm)> =
            points.iter().flat_map(|point| Harm::all_for(point).into_iter().map(move |harm| (point, harm))).collect();
        let share = Share::from_environment(self.every);
        let chosen = share.of(&cases, |(_, harm)| *harm);
        let mut tried = Tried::default();
        self.try_all(&judge, &chosen, &before, &after, &mut tried);
        let seconds = started.elapsed().as_secs_f32();
        say(&format!(
            "crashes in {}: {} calls, {} of {} cases{share}, {:?}, {} missed, {} findings, {seconds:.1} s",
            self.name,
            points.len(),
            chosen.len(),
            cases.len(),
            tried.counts,
            tried.missed,
            tried.found.len(),
        ));
        tried.is_clean(self.name);
    }

    /// Kills the command at some of its calls, and then kills what finishes it, at every call of that; people finish after both. An ordinary run
    /// takes one first kill, `STOPGAP_CRASHES=all` takes [`FIRST_KILLS`], spread over the command.
    pub fn sweep_recovery(&self) {
        let started = Instant::now();
        let mut judge = Judge::before(&self.desk);
        let (points, _) = self.record(&mut judge);
        let share = Share::from_environment(self.every);
        let kills: Vec<Point> = points.into_iter().filter(|point| is_among(WRITING, &point.call)).collect();
        let wanted = if share.every == 1 { FIRST_KILLS } else { 1 };
        let step = kills.len().div_ceil(wanted);
        let (mut tried, mut firsts, mut done_already) = (Tried::default(), 0, 0);
        for first in kills.iter().skip(step / 2).step_by(step) {
            let desk = self.desk.copy();
            let ran = desk.run_traced(&first.call, Some(&Harm::Kill.rule(first)), &self.command);
            assert!(ran.killed, "{} was to be killed at {first}: {}", self.name, ran.said());
            firsts += 1;
            let mut judge = judge.clone();
            judge.look(&desk);
            let untouched = desk.copy().run(&self.command);
            let Some(answer @ (0 | 1)) = untouched.code else {
                assert_eq!(untouched.code, Some(3), "{} after {first}: {}", self.name, untouched.said());
                done_already += 1;
                continue;
            };
            let before = State::of(&desk);
            let (command, again, owed) = (self.command.clone(), self.again.clone(), self.owed.clone());
            let second = Scenario { desk, command, again, owed, answer, ..*self };
            let (points, after) = second.record(&mut judge);
            let cases: Vec<(&Point, Harm)> =
                points.iter().filter(|point| is_among(WRITING, &point.call)).map(|point| (point, Harm::Kill)).collect();
            second.try_all(&judge, &share.of(&cases, |(_, harm)| *harm), &before, &after, &mut tried);
        }
        let seconds = started.elapsed().as_secs_f32();
        say(&format!(
            "crashes in the recovery of {}: {firsts} first kills of {}, {done_already} of them after it was done, {} second kills{share}, {} \
             missed, {} findings, {seconds:.1} s",
            self.name,
            kills.len(),
            tried.counts.values().sum::<usize>(),
            tried.missed,
            tried.found.len(),
        ));
        tried.is_clean(self.name);
    }

    fn try_all(&self, judge: &Judge, cases: &[(&Point, Harm)], before: &State, after: &State, tried: &mut Tried) {
        let done = in_parallel(cases, |(point, harm)| self.judge(judge.clone(), (point, *harm), before, after));
        for ((point, harm), outcome) in cases.iter().zip(done) {
            match outcome {
                Err(Missed) => tried.missed += 1,
                Ok(findings) => {
                    *tried.counts.entry(format!("{harm:?}")).or_default() += 1;
                    let found = findings.into_iter().map(|finding| format!("{harm:?} at {point}\n    {finding:?}"));
                    tried.found.extend(found);
                }
            }
        }
    }

    /// Runs the command untouched; gives the calls it made on the workspace and on its output, and what it left. The judge learns what even then
    /// is not there.
    fn record(&self, judge: &mut Judge) -> (Vec<Point>, State) {
        let desk = self.desk.copy();
        let ran = desk.run_traced("%file,%desc", None, &self.command);
        assert_eq!(ran.code, Some(self.answer), "{}", ran.said());
        let workspace = desk.workspace().to_string_lossy().into_owned();
        let anchors = desk.path("anchors").to_string_lossy().into_owned();
        // A restored workspace is made beside its place.
        let draft = desk.path(".workspace.draft").to_string_lossy().into_owned();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut points = Vec::new();
        for line in desk.trace().lines() {
            let Some((call, _)) = line.split_once('(') else { continue };
            let call = call.split_whitespace().last().unwrap_or_default().to_owned();
            let nth = counts.entry(call.clone()).and_modify(|count| *count += 1).or_insert(1);
            let is_stored =
                [&workspace, &anchors, &draft].iter().any(|place| line.contains(*place)) || line.contains("write(1<");
            if is_stored && (is_among(WRITING, &call) || is_among(LOOKING, &call)) {
                let line = line
                    .replace(&workspace, "")
                    .replace(&anchors, "anchors")
                    .split_once(' ')
                    .map_or("", |(_, line)| line)
                    .trim()
                    .to_owned();
                points.push(Point { call, nth: *nth, line });
            }
        }
        judge.excuse(&desk);
        (points, State::of(&desk))
    }

    fn judge(
        &self,
        mut judge: Judge,
        (point, harm): (&Point, Harm),
        before: &State,
        after: &State,
    ) -> Result<Vec<Finding>, Missed> {
        let desk = self.desk.copy();
        let ran = desk.run_traced(&point.call, Some(&harm.rule(point)), &self.command);
        judge.look(&desk);
        let calls = format!(" {}(", point.call);
        let trace = desk.trace();
        let harmed = trace.lines().filter(|line| line.contains(&calls)).nth(point.nth - 1);
        if !harmed.is_some_and(|line| harm == Harm::Kill && ran.killed || line.contains("(INJECTED)")) {
            return Err(Missed);
        }
        if !ended_well(&ran, point, harm, self.answer) {
            judge.find(Finding::WrongEnd { said: ran.said() });
        }
        compare(&mut judge, &ran, &State::of(&desk), before, after);
        judge.let_people_finish(&desk, &self.again);
        if let Err(why) = (self.reached)(&desk) {
            judge.find(Finding::NotReached { why });
        }
        Ok(judge.verdict(&self.owed))
    }
}

/// All or nothing, and what was said of it is true. A release alone has a state between.
pub fn compare(judge: &mut Judge, ran: &Ran, left: &State, before: &State, after: &State) {
    let mut completed = left.batches.clone();
    for (_, state) in &mut completed {
        if state == "releasing" {
            *state = "released".into();
        }
    }
    let is_whole = left.batches == before.batches || completed == after.batches;
    let is_in_range = (before.entries..=after.entries).contains(&left.entries);
    if !is_whole || !is_in_range {
        judge.find(Finding::HalfDone { batches: format!("{left:?}") });
    }
    let says_unchanged = matches!(ran.code, Some(2 | 3)) || ran.error("message").contains("Nothing was recorded");
    if matches!(ran.code, Some(0 | 1)) && left != after || says_unchanged && left.entries != before.entries {
        judge.find(Finding::Untrue { said: format!("{left:?} after {}", ran.said()) });
    }
}

/// Done, with the answer of an untouched run, or failed with a word about it; and no panic.
pub fn ended_well(ran: &Ran, point: &Point, harm: Harm, answer: i32) -> bool {
    if ran.stderr.contains("panicked") {
        return false;
    }
    let may_be_mute = point.is_on_stdout() || harm == Harm::Full && point.call == "write";
    match (harm, ran.code) {
        (Harm::Kill, _) => ran.killed,
        (Harm::Lies, code) => code == Some(4),
        (_, Some(code)) if code == answer => ran.json().is_some(),
        (_, Some(4)) => may_be_mute || !ran.error("code").is_empty(),
        _ => false,
    }
}

/// Which cases run: all of them with `STOPGAP_CRASHES=all`, all of one harm with its name (`Kill`), else every k-th, beginning where
/// `STOPGAP_CRASHES`, a number, says.
struct Share {
    every: usize,
    seed: usize,
    only: Option<String>,
}

impl Share {
    fn from_environment(every: usize) -> Self {
        let given = std::env::var("STOPGAP_CRASHES").unwrap_or_default();
        let is_harm = HARMS.iter().any(|harm| format!("{harm:?}") == given);
        match given.parse() {
            _ if given == "all" => Self { every: 1, seed: 0, only: None },
            _ if is_harm => Self { every: 1, seed: 0, only: Some(given) },
            seed => Self { every, seed: seed.unwrap_or(0), only: None },
        }
    }

    fn of<T: Copy>(&self, cases: &[T], harm: impl Fn(&T) -> Harm) -> Vec<T> {
        let is_meant = |case: &&T| self.only.as_ref().is_none_or(|only| format!("{:?}", harm(case)) == *only);
        cases.iter().filter(is_meant).skip(self.seed % self.every).step_by(self.every).copied().collect()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.only, self.every) {
            (Some(only), _) => write!(f, " ({only} alone)"),
            (None, 1) => Ok(()),
            (None, every) => write!(f, " (1 in {every}, seed {}; STOPGAP_CRASHES=all for all)", self.seed),
        }
    }
}

/// Does the work for each item on as many threads as there are processors; results in the items' order.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let result = work(item);
                    results.lock().expect("no worker panicked").push((at, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no worker panicked");
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Past the test's captured output, so that what was run, or skipped, is always seen.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
