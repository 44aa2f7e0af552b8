//! The credit transfer initiation, ISO 20022 pain.001.

pub const WRITER_VERSION: u16 = 1;
