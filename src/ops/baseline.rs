//! Baselines: what was last paid, kept sealed in good times under a key of its own, for a day without upstream.
//!
//! The last baseline of a scheme is the one of those that cover it that has the latest period; of one period, the one that was added last.
//! Older ones stay.

pub mod add;
mod figures;
pub mod readiness;
pub(super) mod rows;

pub use figures::{SchemeFigures, age_days, figures_of, in_use, lasting};
