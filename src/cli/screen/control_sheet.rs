//! The control sheet: a batch on paper, for two signatures and the bank's receipts.
//!
//! One HTML page that needs nothing else: no script, no picture, no font, no address. What the texts in it say is escaped, so that no name
//! or list can become markup.

use askama::Template;

use super::batch_facts::{self, BatchFacts};
use super::moment;
use crate::ops::Now;
use crate::ops::batches::BatchView;

#[derive(Template)]
#[template(path = "control_sheet.html")]
struct ControlSheet {
    facts: BatchFacts,
    currency: &'static str,
    printed_at: String,
    drill: bool,
}

/// The page. Names and accounts are masked: paper lies about. `drill` prints DRILL in large letters.
pub fn control_sheet(view: &BatchView, now: Now, drill: bool) -> String {
    let sheet = ControlSheet {
        facts: batch_facts::facts(view, false, now),
        currency: view.batch.prepared.total().amount.currency().code(),
        printed_at: moment::local(now.unix, now),
        drill,
    };
    sheet.render().expect("writing to memory does not fail")
}
