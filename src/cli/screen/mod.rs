//! What people read.

use crate::ledger::LedgerState;
use crate::ledger::state::{Episode, Operator};
use crate::ops::batches::BatchView;
use crate::ops::prepare::Report;
use crate::ops::release::Released;

pub fn prepared(report: &Report, _dry_run: bool) -> String {
    format!("{:?}\n", report.fates)
}
pub fn batch_list(state: &LedgerState) -> String {
    format!("{:?}\n", state.batches.len())
}
pub fn operators(operators: &[Operator]) -> String {
    format!("{operators:?}\n")
}
pub fn episodes(episodes: &[Episode]) -> String {
    format!("{episodes:?}\n")
}
pub fn batch_shown(view: &BatchView, _reveal: bool) -> String {
    format!("{:?}\n", view.batch.digest)
}
pub fn control_sheet(view: &BatchView, _printed_at: chrono::NaiveDateTime, _drill: bool) -> String {
    format!("{:?}\n", view.batch.digest)
}
pub fn released(released: &Released, _today: chrono::NaiveDate) -> String {
    format!("{:?}\n", released.batch)
}
