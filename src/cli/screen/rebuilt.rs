//! `rebuild`: what is known again, and everything that is not.

use std::path::Path;

use super::grid::{Grid, Holds};
use super::mask::visible;
use super::paragraph::{heading, item, sentence};
use crate::ops::rebuild::Rebuilt;

pub fn rebuilt(rebuilt: &Rebuilt, workspace: &Path) -> String {
    let mut screen = format!(
        "Rebuilt in {}: {} payments are known to have left, {} {}.\n",
        visible(&workspace.to_string_lossy()),
        rebuilt.payments,
        rebuilt.amount.grouped(),
        rebuilt.amount.currency()
    );
    screen.push_str(&sentence(&format!(
        "Nobody of them is paid again from this ledger. Its own batches begin with {0}: {0}0001.",
        rebuilt.letter
    )));
    if rebuilt.freed > 0 {
        screen
            .push_str(&sentence(&format!("{} more came back by the statements and may be paid again.", rebuilt.freed)));
    }
    screen.push_str(&heading("Found"));
    let mut grid = Grid::new([
        ("Batch", Holds::Text),
        ("Bank files", Holds::Figures),
        ("Payments", Holds::Figures),
        ("Amount", Holds::Figures),
    ]);
    for (batch, (files, payments, amount)) in &rebuilt.batches {
        grid.row([batch.to_string(), files.to_string(), payments.to_string(), amount.grouped()]);
    }
    screen.push_str(&grid.to_text());
    screen.push_str(&heading("What is not known"));
    for gap in &rebuilt.gaps {
        screen.push_str(&item(&visible(&gap.message)));
    }
    screen
}
