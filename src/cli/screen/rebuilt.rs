//! `rebuild`: what is known again, and everything that is not.

use std::path::Path;

use super::figures::with_currency;
use super::grid::{Grid, left, right};
use super::mask::visible;
use super::paragraph::{heading, item, sentence};
use crate::ops::rebuild::Rebuilt;
use crate::say;
use crate::words::{self, count};

pub fn rebuilt(rebuilt: &Rebuilt, workspace: &Path) -> String {
    let mut screen = sentence(say!(
        "Rebuilt in {folder}: {payments:payment is|payments are} known to have left, {amount}.",
        folder = visible(&workspace.to_string_lossy()),
        payments = rebuilt.payments,
        amount = with_currency(rebuilt.amount)
    ));
    screen.push_str(&sentence(say!(
        "Nobody of them is paid again from this ledger. Its own batches begin with {letter}: {letter}0001.",
        letter = rebuilt.letter.to_string()
    )));
    if !rebuilt.letter_was_chosen {
        screen.push_str(&sentence(say!(
            "No other desk of this payer may use the letter {letter}: the two could never be merged. Where one does, delete {folder} before anything is \
             released from it, and rebuild with --letter.",
            letter = rebuilt.letter.to_string(),
            folder = visible(&workspace.to_string_lossy())
        )));
    }
    if rebuilt.freed > 0 {
        screen.push_str(&sentence(say!(
            "{freed} more came back by the statements and may be paid again.",
            freed = rebuilt.freed
        )));
    }
    screen.push_str(&heading(say!("Found")));
    let mut grid =
        Grid::new([left(say!("Batch")), right(say!("Bank files")), right(say!("Payments")), right(say!("Amount"))]);
    for (batch, (files, payments, amount)) in &rebuilt.batches {
        grid.row([batch.to_string(), count(*files), count(*payments), words::amount(*amount)]);
    }
    screen.push_str(&grid.to_text());
    screen.push_str(&heading(say!("What is not known")));
    for gap in &rebuilt.gaps {
        screen.push_str(&item(visible(&gap.message.to_string())));
    }
    screen
}
