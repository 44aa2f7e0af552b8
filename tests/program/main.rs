//! The finished program, driven from outside as its users drive it.

mod desk;
mod paying;
mod reconciling;
mod refusals;
#[path = "../fixture/schema.rs"]
mod schema;
mod sample_workbook;
mod setting_up;
mod spreadsheets;
