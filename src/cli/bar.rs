//! The bar that shows how far long work is: on a terminal, on stderr, once the work has taken a second. The work itself never waits for it and
//! does not know of it: another thread looks at the meter ten times a second. Nothing is hidden that an interruption would leave hidden: the
//! cursor stays where it is.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::{self, Stage, Standing};
use crate::say;
use crate::words::{Argument, Language, Message, language, ungrouped};

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(100);
/// Of how many marks the bar consists, and how wide the name of a step may be.
const MARKS: u64 = 14;
const NAME_WIDTH: usize = 22;

/// The bar on the terminal. Who writes beside it takes it away first.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

fn shown() -> MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes to the terminal with the bar out of the way. Where work goes on, it comes back.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    let mut shown = shown();
    if let Some(bar) = shown.take() {
        bar.finish_and_clear();
    }
    write()
}

/// Watches the work as long as it lives, and takes the bar away in the end.
pub struct Watcher {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Watches nothing where nobody would see it.
    pub fn begin() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { over: None, thread: None };
        }
        let (over, end) = mpsc::channel();
        // Without a thread there is no bar, and the work is done all the same.
        let thread = thread::Builder::new().spawn(move || {
            let mut watched = Watched::default();
            while end.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                if let Some(look) = progress::standing().and_then(|standing| watched.see(standing, Instant::now())) {
                    show(&mut shown(), &look);
                }
            }
        });
        Self { over: Some(over), thread: thread.ok() }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        aside(|| {});
    }
}

fn show(shown: &mut Option<ProgressBar>, look: &Look) {
    let bar = shown.get_or_insert_with(|| {
        let layout = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(layout)
    });
    bar.set_message(look.line(language()));
}

/// What was seen of the work so far.
#[derive(Default)]
struct Watched {
    /// How long steps have taken that are over.
    before: Duration,
    turn: u64,
    began: Option<Instant>,
    last: Option<Instant>,
}

/// What the bar shows.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    stage: Message,
    /// How many of the marks are full.
    marks: u64,
    figures: Message,
}

impl Look {
    fn line(&self, language: Language) -> String {
        let full = (0..MARKS).map(|mark| if mark < self.marks { '=' } else { ' ' }).collect::<String>();
        let (stage, figures) = (self.stage.in_language(language), self.figures.in_language(language));
        format!("{stage:NAME_WIDTH$} [{full}] {figures}")
    }
}

impl Watched {
    /// Takes in how far the work is; `None` while it is too early to show anything.
    fn see(&mut self, standing: Standing, now: Instant) -> Option<Look> {
        if self.turn != standing.turn {
            if let (Some(began), Some(last)) = (self.began, self.last) {
                self.before += last - began;
            }
            (self.turn, self.began) = (standing.turn, Some(now));
        }
        self.last = Some(now);
        let took = now - self.began.unwrap_or(now);
        (self.before + took >= PATIENCE).then(|| look(standing, took))
    }
}

fn look(Standing { stage, done, total, .. }: Standing, took: Duration) -> Look {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let a_second = done.saturating_mul(1000) / millis;
    let rate: Argument = if stage.is_in_bytes() { megabytes(a_second).into() } else { a_second.into() };
    let (marks, figures) = match total {
        _ if done == 0 => (0, clock(millis / 1000)),
        None => (0, say!("{done} so far, {rate}/s", done, rate)),
        Some(total) => {
            let done = done.min(total);
            let left = (total - done).saturating_mul(millis) / done.max(1) / 1000;
            let percent = ungrouped(done.saturating_mul(100) / total);
            let figures = say!("{percent}%, {rate}/s, {left} left", percent, rate, left = clock(left));
            (done.saturating_mul(MARKS) / total, figures)
        }
    };
    Look { stage: name(stage), marks, figures }
}

fn name(stage: Stage) -> Message {
    match stage {
        Stage::ReadingLists => say!("Reading lists"),
        Stage::Checking => say!("Checking rows"),
        Stage::Recording => say!("Recording rows"),
        Stage::Claiming => say!("Recording payments"),
        Stage::WritingFiles => say!("Making bank files"),
        Stage::ReadingBack => say!("Reading files again"),
        Stage::Reports => say!("Reading bank reports"),
        Stage::UpstreamRuns => say!("Reading upstream"),
        Stage::Payments => say!("Reading payments"),
        Stage::Comparing => say!("Comparing"),
        Stage::Verifying => say!("Verifying"),
        Stage::Copying => say!("Copying"),
        Stage::KeepingReports => say!("Keeping outcomes"),
    }
}

/// `12.3 MB`, of a million bytes each.
fn megabytes(bytes: u64) -> Message {
    let tenths = bytes / 100_000;
    say!("{millions}.{tenths} MB", millions = tenths / 10, tenths = tenths % 10)
}

/// `0:07`, `12:40`, `1:02:03`: the same in every language.
fn clock(seconds: u64) -> Message {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => Message::verbatim(format!("{minutes}:{seconds:02}")),
        hours => Message::verbatim(format!("{hours}:{minutes:02}:{seconds:02}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(turn: u64, done: u64, total: Option<u64>) -> Standing {
        Standing { stage: Stage::Checking, turn, done, total }
    }

    #[test]
    fn nothing_is_shown_within_the_first_second_of_work() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut watched = Watched::default();
        assert_eq!(watched.see(standing(1, 0, Some(10_000)), at(0)), None);
        assert_eq!(watched.see(standing(1, 9000, Some(10_000)), at(900)), None);
        // A minute at a question is no work; the second step goes on where the first ended.
        assert_eq!(watched.see(standing(2, 0, Some(10_000)), at(60_000)), None);
        let look = watched.see(standing(2, 1000, Some(10_000)), at(60_100)).expect("a second of work");
        assert_eq!(look.line(Language::English), "Checking rows          [=             ] 10%, 10,000/s, 0:00 left");
    }

    #[test]
    fn rate_and_time_left_follow_from_what_was_done() {
        let seconds = Duration::from_secs;
        let half = look(standing(1, 500_000, Some(1_000_000)), seconds(65));
        assert_eq!(half.line(Language::English), "Checking rows          [=======       ] 50%, 7,692/s, 1:05 left");
        assert_eq!(half.line(Language::Danish), "Kontrollerer rækker    [=======       ] 50 %, 7.692/s, 1:05 tilbage");
        let open = look(standing(1, 4096, None), seconds(2));
        assert_eq!(open.line(Language::English), "Checking rows          [              ] 4,096 so far, 2,048/s");
        let silent = look(standing(1, 0, None), seconds(3700));
        assert_eq!(silent.line(Language::English), "Checking rows          [              ] 1:01:40");
        // More than was announced, as where a file grows.
        let over = look(standing(1, 12, Some(10)), seconds(1));
        assert_eq!(over.line(Language::English), "Checking rows          [==============] 100%, 12/s, 0:00 left");
        let bytes = Standing { stage: Stage::Reports, turn: 1, done: 12_345_678, total: Some(24_691_356) };
        let bytes = look(bytes, seconds(1));
        assert_eq!(bytes.line(Language::English), "Reading bank reports   [=======       ] 50%, 12.3 MB/s, 0:01 left");
    }

    #[test]
    fn a_line_of_it_fits_the_screen_in_every_language() {
        for stage in Stage::ALL {
            let standing = Standing { stage, turn: 1, done: 9_999_999_999, total: Some(99_999_999_999) };
            let look = look(standing, Duration::from_secs(3600));
            for language in Language::ALL {
                let line = look.line(language);
                assert!(line.chars().count() < 80, "{line}");
                assert_eq!(line.chars().nth(NAME_WIDTH + 1), Some('['), "{line}");
            }
        }
    }
}
