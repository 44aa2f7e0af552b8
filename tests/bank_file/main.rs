//! The bank file: its bytes, what the official schemas say of it, and what an independent reading finds in it.

mod flat;
mod made_up;
mod names;
mod reading;
#[path = "../fixture/schema.rs"]
mod schema;
mod schemas;
mod writing;
