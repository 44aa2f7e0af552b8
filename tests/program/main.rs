//! The finished program, driven from outside as its users drive it.

mod desk;
mod paying;
mod refusals;
mod setting_up;
mod spreadsheets;
