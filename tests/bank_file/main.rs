//! The bank file: its bytes, what the official schemas say of it, and what an independent reading finds in it.

#[path = "../fixture/camt055.rs"]
mod camt055;
mod flat;
mod golden;
mod made_up;
mod names;
mod reading;
mod recall;
#[path = "../fixture/schema.rs"]
mod schema;
mod schemas;
mod sheets;
mod writing;
