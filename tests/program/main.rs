//! The finished program, driven from outside as its users drive it.

mod after_all;
mod baselines;
#[path = "../fixture/camt055.rs"]
mod camt055;
mod custody;
mod decisions;
mod desk;
mod desks;
mod doors;
mod every_kind;
mod hostile;
mod interrupted;
mod keeping;
mod misplaced;
mod paying;
mod progress;
mod recalls;
mod reconciling;
mod recovery;
mod refusals;
mod rehearsal;
mod remedies;
mod rows_left;
mod sample_workbook;
#[path = "../fixture/schema.rs"]
mod schema;
mod setting_up;
mod slips;
mod spreadsheets;
mod standing;
mod stop_lists;
mod syncs;
mod terminal;
mod three_paid;
mod triage;
mod typed_again;
mod upstream_runs;
mod work_sheets;
