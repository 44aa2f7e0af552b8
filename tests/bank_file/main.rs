//! The bank file: its bytes, what the official schemas say of it, and what an independent reading finds in it.

mod made_up;
mod reading;
mod schemas;
mod writing;
