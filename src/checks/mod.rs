//! One named, pure rule a file. Together they are the only makers of [`CheckedPayment`].

mod checked_payment;
mod problem;

pub use checked_payment::CheckedPayment;
pub use problem::{Code, Problem, Severity};
