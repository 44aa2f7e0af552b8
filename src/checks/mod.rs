//! One named, pure rule a file. Together they are the only makers of [`CheckedPayment`].

mod checked_payment;
mod problem;

pub use checked_payment::CheckedPayment;
pub(crate) use checked_payment::{read_day, write_day};
pub use problem::{Code, Problem, Severity};
