//! To come.

pub mod screen;
