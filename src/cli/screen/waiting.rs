//! Who can be paid and is not yet: how many by list and scheme, then the most urgent of them, masked.

use super::grid::{Grid, left, right};
use super::mask::{mask_name, short};
use super::paragraph::{heading, sentence, wrapped};
use crate::ops::waiting::{StillWaiting, Waiting};
use crate::say;
use crate::words::{self, count};

/// How many people are named before the rest is left to `--json`.
const NAMED: usize = 20;

pub fn waiting(waiting: &StillWaiting) -> String {
    let Some(episode) = &waiting.episode else {
        return match waiting.came_back.count {
            0 => sentence(say!("No episode is open: nobody waits.")),
            _ => sentence(say!("No episode is open: nobody was left for later.")) + &came_back(waiting),
        };
    };
    if waiting.people.is_empty() {
        let nobody = match waiting.came_back.count {
            0 if waiting.open_rows.is_empty() => {
                say!("Nobody waits to be paid in episode {episode}.", episode = short(episode))
            }
            _ => say!("Nobody was left for later in episode {episode}.", episode = short(episode)),
        };
        return sentence(nobody) + &came_back(waiting) + &cancelled(waiting) + &open_rows(waiting);
    }
    let outcome = say!(
        "In episode {episode} {rows:payment waits|payments wait} for a later batch: {amount} {currency}.",
        episode = short(episode),
        rows = waiting.sum.count,
        amount = waiting.sum.amount,
        currency = waiting.currency.code()
    );
    let mut text = sentence(outcome);
    text += &heading(say!("By list and scheme"));
    text += &by_list(waiting).to_text();
    text += &heading(say!("The most urgent first"));
    text += &people(&waiting.people).to_text();
    if let Some(more) = waiting.people.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let more = say!("… and {more} more; --json names them all.", more = more as u64);
        text += &wrapped(more, "  ", "  ");
    }
    text += &came_back(waiting);
    text += &cancelled(waiting);
    text += &open_rows(waiting);
    text += &heading(say!("Next"));
    let next = say!("To pay them, hand the same lists in again: what was paid before is not paid twice.");
    text + &wrapped(next, "  * ", "    ")
}

/// Whom the bank refused or gave back waits as well, though no list left them for later.
fn came_back(waiting: &StillWaiting) -> String {
    if waiting.came_back.count == 0 {
        return String::new();
    }
    sentence(say!(
        "{payments:payment that came back or was rejected is|payments that came back or were rejected are} in no batch since, {amount}: what became of each is in `stopgap reconcile`. Hand in a list with the corrected rows, unless upstream pays.",
        payments = waiting.came_back.count,
        amount = waiting.came_back.amount
    ))
}

/// What cancelled batches would have paid, and no other batch does.
fn cancelled(waiting: &StillWaiting) -> String {
    if waiting.cancelled.is_empty() {
        return String::new();
    }
    let mut text = heading(say!("Of cancelled batches, in no other batch"));
    let mut grid = Grid::new([left(say!("Batch")), right(say!("Payments")), right(waiting.currency.code())]);
    for (batch, sum) in &waiting.cancelled {
        grid.row([batch.to_string(), count(sum.count), words::amount(sum.amount)]);
    }
    text += &grid.to_text();
    let who =
        say!("Who they are: `stopgap batch show BATCH`. If they are still to be paid, hand their lists in again.");
    text + &wrapped(who, "  ", "  ")
}

/// Rows that were rejected or held. Who they are is known from the lists, if at all.
fn open_rows(waiting: &StillWaiting) -> String {
    if waiting.open_rows.is_empty() {
        return String::new();
    }
    let mut text = heading(say!("Rejected or held, and not known to be dealt with"));
    let mut grid =
        Grid::new([left(say!("Batch")), right(say!("Rejected")), right(say!("Held")), right(waiting.currency.code())]);
    for (batch, rows) in &waiting.open_rows {
        grid.row([batch.to_string(), count(rows.rejected.count), count(rows.held.count), words::amount(rows.amount())]);
    }
    text += &grid.to_text();
    let then = say!("What to do about them: `stopgap status`.");
    text + &wrapped(then, "  ", "  ")
}

fn by_list(waiting: &StillWaiting) -> Grid {
    let mut grid =
        Grid::new([left(say!("List")), left(say!("Scheme")), right(say!("Rows")), right(waiting.currency.code())]);
    for ((list, scheme), sum) in &waiting.by_list {
        grid.row([short(last_part(list)), short(scheme), count(sum.count), words::amount(sum.amount)]);
    }
    let total = say!("Total").to_string();
    grid.total([total, String::new(), count(waiting.sum.count), words::amount(waiting.sum.amount)]);
    grid
}

fn people(people: &[Waiting]) -> Grid {
    let mut grid = Grid::new([
        right(say!("Priority")),
        left(say!("Person")),
        left(say!("Name")),
        left(say!("Scheme")),
        left(say!("Period")),
        right(say!("Amount")),
    ]);
    for one in people.iter().take(NAMED) {
        let obligation = &one.obligation;
        grid.row([
            one.priority.map(|priority| priority.to_string()).unwrap_or_default(),
            obligation.person.masked(),
            mask_name(&one.name),
            short(obligation.scheme.as_str()),
            obligation.period.to_string(),
            words::amount(one.amount),
        ]);
    }
    grid
}

fn last_part(list: &str) -> &str {
    list.rsplit('/').next().unwrap_or(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Sum;
    use crate::cli::screen::made_up;
    use crate::ledger::state::OpenRows;
    use crate::payment::{Currency, Obligation};

    fn made_up_waiting(people: usize) -> StillWaiting {
        let payment = made_up::payment(120_000, "Hans-Peter Qaavi");
        let one = |row: usize| Waiting {
            obligation: Obligation { ..payment.obligation.clone() },
            name: payment.name.to_string(),
            amount: payment.amount,
            priority: (row < 2).then_some(row as u32 + 1),
            list: "lists/help.csv".into(),
            row: row as u32 + 2,
        };
        let sum = made_up::sum(people as u64, 120_000 * people as i64);
        StillWaiting {
            currency: Currency::Dkk,
            episode: Some("attack-2026".into()),
            people: (0..people).map(one).collect(),
            sum,
            by_list: [(("lists/help.csv".into(), "Offentlig hjælp".into()), sum)].into(),
            cancelled: Vec::new(),
            came_back: made_up::sum(0, 0),
            open_rows: Vec::new(),
        }
    }

    #[test]
    fn who_waits_is_counted_and_the_most_urgent_are_named() {
        insta::assert_snapshot!(waiting(&made_up_waiting(3)), @r#"
        In episode attack-2026 3 payments wait for a later batch: 3,600.00 DKK.

        By list and scheme
          List      Scheme           Rows       DKK
          -----------------------------------------
          help.csv  Offentlig hjælp     3  3,600.00
          -----------------------------------------
          Total                         3  3,600.00

        The most urgent first
          Priority  Person       Name              Scheme           Period     Amount
          ---------------------------------------------------------------------------
                 1  6112••-••••  H•••-P•••• Q••••  Offentlig hjælp  2026-12  1,200.00
                 2  6112••-••••  H•••-P•••• Q••••  Offentlig hjælp  2026-12  1,200.00
                    6112••-••••  H•••-P•••• Q••••  Offentlig hjælp  2026-12  1,200.00

        Next
          * To pay them, hand the same lists in again: what was paid before is not paid
            twice.
        "#);
    }

    #[test]
    fn whoever_was_rejected_or_held_is_not_forgotten() {
        let open = OpenRows { rejected: made_up::sum(2, 240_000), held: made_up::sum(1, 100) };
        let open_rows = vec![("B0001".parse().expect("a batch"), open)];
        let alone = StillWaiting { open_rows, people: Vec::new(), sum: Sum::zero(Currency::Dkk), ..made_up_waiting(0) };
        insta::assert_snapshot!(waiting(&alone), @r#"
        Nobody was left for later in episode attack-2026.

        Rejected or held, and not known to be dealt with
          Batch  Rejected  Held       DKK
          -------------------------------
          B0001         2     1  2,401.00
          What to do about them: `stopgap status`.
        "#);
    }

    #[test]
    fn whoever_is_in_a_cancelled_batch_alone_is_not_forgotten() {
        let cancelled = vec![("B0002".parse().expect("a batch"), made_up::sum(2, 240_000))];
        let alone = StillWaiting { cancelled, people: Vec::new(), sum: Sum::zero(Currency::Dkk), ..made_up_waiting(0) };
        insta::assert_snapshot!(waiting(&alone), @r#"
        Nobody waits to be paid in episode attack-2026.

        Of cancelled batches, in no other batch
          Batch  Payments       DKK
          -------------------------
          B0002         2  2,400.00
          Who they are: `stopgap batch show BATCH`. If they are still to be paid, hand
          their lists in again.
        "#);
    }

    #[test]
    fn what_is_not_named_is_counted() {
        let text = waiting(&made_up_waiting(23));
        assert!(text.contains("  … and 3 more; --json names them all.\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let nobody = StillWaiting { people: Vec::new(), sum: Sum::zero(Currency::Dkk), ..made_up_waiting(0) };
        assert_eq!(waiting(&nobody), "Nobody waits to be paid in episode attack-2026.\n");
        let none = StillWaiting { episode: None, ..nobody };
        assert_eq!(waiting(&none), "No episode is open: nobody waits.\n");
    }
}
