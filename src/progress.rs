//! How far a long step is. The work turns one meter, and whoever watches (the command line's bar) reads it when it pleases; nobody has to, and
//! the work does not know. There is one meter, as there is one language, because there is one process at the keyboard.
//!
//! A step within a step does not count: what a person waits for is the outer one.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use Ordering::Relaxed;

/// What a command spends its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Lists are looked through whole, in bytes.
    ReadingLists = 1,
    /// Their rows are checked, in rows.
    Checking,
    /// Rows get their fate, and payments are sealed, in rows.
    Recording,
    /// What a batch claims goes into the ledger, in payments.
    Claiming,
    /// Bank files are worked out or written, in payments.
    WritingFiles,
    /// Files that were written are read from the disk again, in bytes.
    ReadingBack,
    /// The bank's reports are read, in bytes.
    Reports,
    /// Upstream's runs are read, in rows.
    UpstreamRuns,
    /// Payments that are kept in the ledger are opened, in payments.
    Payments,
    /// Payments and upstream's rows are compared, in findings.
    Comparing,
    /// The ledger is read again, in payments.
    Verifying,
    /// Files are copied, in bytes.
    Copying,
    /// What the bank's reports say is kept, in bookings and lines.
    KeepingReports,
}

impl Stage {
    pub const ALL: [Stage; 13] = [
        Stage::ReadingLists,
        Stage::Checking,
        Stage::Recording,
        Stage::Claiming,
        Stage::WritingFiles,
        Stage::ReadingBack,
        Stage::Reports,
        Stage::UpstreamRuns,
        Stage::Payments,
        Stage::Comparing,
        Stage::Verifying,
        Stage::Copying,
        Stage::KeepingReports,
    ];

    /// Whether it is counted in bytes.
    pub fn is_in_bytes(self) -> bool {
        matches!(self, Stage::ReadingLists | Stage::ReadingBack | Stage::Reports | Stage::Copying)
    }
}

/// What the meter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub stage: Stage,
    /// The how manieth step it is of the process: tells two of one stage apart.
    pub turn: u64,
    pub done: u64,
    /// `None` where the end is not known.
    pub total: Option<u64>,
}

struct Meter {
    /// Of [`Stage`]; 0 for none.
    stage: AtomicU8,
    turn: AtomicU64,
    done: AtomicU64,
    /// 0 for none.
    total: AtomicU64,
}

static METER: Meter = Meter::new();

/// A step that is under way, until it is let go.
#[must_use = "the step is over when this is let go"]
pub struct Step<'m> {
    /// `None` within another step.
    meter: Option<&'m Meter>,
    not_told: u64,
}

/// So much is done before the meter is told: what it costs then cannot be measured.
const TOLD_AT_ONCE: u64 = 2048;

/// Begins a step of the process.
pub fn begin(stage: Stage, total: impl Into<Option<u64>>) -> Step<'static> {
    METER.begin(stage, total.into())
}

/// How far the process is; `None` between two steps.
pub fn standing() -> Option<Standing> {
    METER.standing()
}

impl Meter {
    const fn new() -> Self {
        Self { stage: AtomicU8::new(0), turn: AtomicU64::new(0), done: AtomicU64::new(0), total: AtomicU64::new(0) }
    }

    fn begin(&self, stage: Stage, total: Option<u64>) -> Step<'_> {
        if self.stage.compare_exchange(0, stage as u8, Relaxed, Relaxed).is_err() {
            return Step { meter: None, not_told: 0 };
        }
        self.done.store(0, Relaxed);
        self.total.store(total.unwrap_or(0), Relaxed);
        self.turn.fetch_add(1, Relaxed);
        Step { meter: Some(self), not_told: 0 }
    }

    /// The figures may be of two moments that lie next to each other, which a bar can bear.
    fn standing(&self) -> Option<Standing> {
        let number = self.stage.load(Relaxed);
        let stage = Stage::ALL.into_iter().find(|stage| *stage as u8 == number)?;
        let total = Some(self.total.load(Relaxed)).filter(|total| *total > 0);
        Some(Standing { stage, turn: self.turn.load(Relaxed), done: self.done.load(Relaxed), total })
    }
}

impl Step<'_> {
    #[inline]
    pub fn advance(&mut self, by: u64) {
        self.not_told += by;
        if self.not_told >= TOLD_AT_ONCE {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if let Some(meter) = self.meter {
            meter.done.fetch_add(self.not_told, Relaxed);
        }
        self.not_told = 0;
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if let Some(meter) = self.meter {
            meter.stage.store(0, Relaxed);
        }
    }
}

/// A reader whose bytes are a step.
pub struct Counted<R> {
    input: R,
    step: Step<'static>,
}

/// Begins a step that is done when so many bytes have been read.
pub fn reading<R>(stage: Stage, input: R, total: impl Into<Option<u64>>) -> Counted<R> {
    Counted { input, step: begin(stage, total) }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.step.advance(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_in_lots_and_is_over_when_it_is_let_go() {
        let meter = Meter::new();
        assert_eq!(meter.standing(), None);
        let mut step = meter.begin(Stage::Checking, Some(5000));
        (0..TOLD_AT_ONCE + 1).for_each(|_| step.advance(1));
        let standing = Standing { stage: Stage::Checking, turn: 1, done: TOLD_AT_ONCE, total: Some(5000) };
        assert_eq!(meter.standing(), Some(standing));
        drop(step);
        assert_eq!(meter.standing(), None);
        let _step = meter.begin(Stage::Verifying, None);
        let standing = Standing { stage: Stage::Verifying, turn: 2, done: 0, total: None };
        assert_eq!(meter.standing(), Some(standing));
    }

    #[test]
    fn a_step_within_a_step_does_not_count() {
        let meter = Meter::new();
        let outer = meter.begin(Stage::WritingFiles, Some(10));
        let mut inner = meter.begin(Stage::Payments, Some(7));
        inner.advance(TOLD_AT_ONCE);
        drop(inner);
        let standing = Standing { stage: Stage::WritingFiles, turn: 1, done: 0, total: Some(10) };
        assert_eq!(meter.standing(), Some(standing));
        drop(outer);
        assert_eq!(meter.standing(), None);
    }
}
