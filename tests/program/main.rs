//! The finished program, driven from outside as its users drive it.

mod desk;
mod paying;
mod refusals;
#[path = "../fixture/schema.rs"]
mod schema;
mod setting_up;
