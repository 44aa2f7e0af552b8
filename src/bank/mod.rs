//! The bank's side: what a bank's door takes (profiles), its characters, its days, and the messages themselves.

pub mod calendar;
pub mod camt055;
pub mod door;
mod elements;
pub mod file;
pub mod flat;
pub mod pain001;
pub mod profile;
pub mod report;
pub mod text;
