//! What became of the rows, and whether the sums close: read = prepared + rejected + held + duplicate.

use super::grid::{Grid, left, right};
use crate::batch::{Fates, Sum};
use crate::say;
use crate::words::{self, Message, count};

/// The four fates, and what was read as their total. `put_off` of the rows that are held wait for others to be paid first.
pub(super) fn grid(fates: &Fates, put_off: u64) -> Grid {
    let currency = fates.read.amount.currency().code();
    let mut grid = Grid::new([left(say!("Fate")), right(say!("Rows")), right(currency), left(say!("Which means"))]);
    let row =
        |name: Message, sum: Sum, means: String| [name.to_string(), count(sum.count), words::amount(sum.amount), means];
    grid.row(row(say!("prepared"), fates.prepared, say!("can be paid").to_string()));
    grid.row(row(say!("rejected"), fates.rejected, say!("wrong as written, not paid").to_string()));
    let held = match put_off {
        0 => say!("waits for a decision, not paid"),
        all if all == fates.held.count => say!("waits its turn, not paid yet"),
        _ => say!("waits for a decision or its turn, not paid"),
    };
    grid.row(row(say!("held"), fates.held, held.to_string()));
    grid.row(row(say!("duplicate"), fates.duplicate, say!("there already, not paid again").to_string()));
    grid.total(row(say!("read in all"), fates.read, String::new()));
    grid
}

/// Says that the sums close, after adding them up once more.
pub(super) fn closing(fates: &Fates) -> Message {
    if close(fates) {
        say!("The sums close: read = prepared + rejected + held + duplicate.")
    } else {
        say!("The sums do not close: the fates do not add up to what was read. Do not pay from this; report it.")
    }
}

fn close(fates: &Fates) -> bool {
    let parts = [fates.prepared, fates.rejected, fates.held, fates.duplicate];
    let mut total = Sum::zero(fates.read.amount.currency());
    for part in parts {
        let (Some(count), Ok(amount)) = (total.count.checked_add(part.count), total.amount.checked_add(part.amount))
        else {
            return false;
        };
        total = Sum { count, amount };
    }
    total == fates.read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;

    #[test]
    fn the_fates_add_up_to_what_was_read() {
        let expected = "  \
  Fate          Rows         DKK  Which means
  --------------------------------------------------------------
  prepared     1,001  700,000.50  can be paid
  rejected         2      100.00  wrong as written, not paid
  held             1  250,000.00  waits for a decision, not paid
  duplicate        3    3,000.00  there already, not paid again
  --------------------------------------------------------------
  read in all  1,007  953,100.50
";
        let text = grid(&made_up::fates(), 0).to_text();
        assert_eq!(text, expected, "{text}");
        let mut some_wait = made_up::fates();
        some_wait.held.count = 2;
        assert!(grid(&some_wait, 1).to_text().contains("waits for a decision or its turn, not paid"));
        assert!(grid(&some_wait, 2).to_text().contains("waits its turn, not paid yet"));
        assert!(closing(&made_up::fates()).starts_with("The sums close"));
    }

    #[test]
    fn sums_that_do_not_close_are_never_said_to() {
        let breaks: [fn(&mut Fates); 3] =
            [|f| f.held.count += 1, |f| f.read.amount = f.held.amount, |f| f.prepared.count = u64::MAX];
        for break_it in breaks {
            let mut fates = made_up::fates();
            break_it(&mut fates);
            assert!(closing(&fates).starts_with("The sums do not close"), "{fates:?}");
        }
    }
}
