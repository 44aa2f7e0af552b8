//! The finished program, driven from outside as its users drive it.

mod desk;
mod paying;
mod refusals;
mod sample_workbook;
mod setting_up;
mod spreadsheets;
