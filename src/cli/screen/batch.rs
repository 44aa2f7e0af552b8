//! `batch list`, and `batch show`: what an approver reads before putting their name to a batch.

use super::batch_facts::{self, BatchFacts};
use super::figures::{count, counted};
use super::grid::{Grid, Holds};
use super::mask::visible;
use super::paragraph::{heading, item, sentence, wrapped};
use crate::ledger::LedgerState;
use crate::ledger::event::Environment;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ops::Now;
use crate::ops::batches::BatchView;

/// How many files, and how many decisions, a screen lists. The control sheet has them all.
const LISTED: usize = 20;

/// All batches of the ledger, in order.
pub fn batch_list(state: &LedgerState) -> String {
    let drill = if state.environment == Environment::Drill { "This is a DRILL: no money moves.\n" } else { "" };
    if state.batches.is_empty() {
        return format!("{drill}There are no batches yet. `stopgap prepare LIST...` makes one.\n");
    }
    let mut grid = Grid::new([
        ("Batch", Holds::Text),
        ("State", Holds::Text),
        ("Pays on", Holds::Text),
        ("Payments", Holds::Figures),
        (state.currency.code(), Holds::Figures),
        ("Prepared by", Holds::Text),
        ("Approved by", Holds::Text),
    ]);
    for batch in state.batches.values() {
        let total = batch.prepared.total();
        grid.row([
            batch.prepared.id.to_string(),
            batch.phase.as_str().into(),
            batch.prepared.first_pay_date().map(|date| date.to_string()).unwrap_or_default(),
            count(total.count),
            total.amount.grouped(),
            visible(&batch.preparer).into_owned(),
            visible(&batch.approved_by.join(", ")).into_owned(),
        ]);
    }
    format!("{drill}{}", grid.to_text())
}

/// One batch. `now` gives the local clock; names and accounts are masked unless `reveal`, person numbers always.
pub fn batch_shown(view: &BatchView, reveal: bool, now: Now) -> String {
    let facts = batch_facts::facts(view, reveal, now);
    let mut text = format!("Batch {}\n\n", facts.batch);
    for (label, value) in &facts.head {
        text += &wrapped(value, &format!("  {label:<10}"), &" ".repeat(12));
    }
    if !facts.attention.is_empty() {
        text += &heading("Look at this first");
        text.extend(facts.attention.iter().map(|line| item(line)));
    }
    text += &sums(&facts);
    text += &heading("The largest payments");
    text += &facts.largest.to_text();
    text += &heading(&format!("Rows of the lists. {}", facts.closing));
    text += &facts.fates.to_text();
    text += &decisions(&facts);
    text += &files(&facts, &view.batch);
    text += &heading("Digest of the batch, to be read aloud");
    text += &format!("  {}\n", facts.digest);
    text += &heading(&format!("The ledger's head, entry {}", facts.ledger_entry));
    text += &format!("  {}\n", facts.ledger_head);
    text + &next(&view.batch)
}

fn sums(facts: &BatchFacts) -> String {
    let mut text = String::new();
    for (date, grid) in &facts.days {
        text += &heading(&format!("To be paid on {date}"));
        text += &grid.to_text();
    }
    match &facts.comparison {
        Some(grid) => text + &heading("Beside the last earlier batch with the benefit") + &grid.to_text(),
        None => text + "\nNo earlier batch paid any of these benefits: there is nothing to compare with.\n",
    }
}

fn decisions(facts: &BatchFacts) -> String {
    if facts.decisions.is_empty() {
        return String::new();
    }
    let mut text = heading("Decisions about held rows");
    text.extend(facts.decisions.iter().take(LISTED).map(|line| item(line)));
    text + &more(facts.decisions.len())
}

fn files(facts: &BatchFacts, batch: &BatchState) -> String {
    let currency = batch.prepared.total().amount.currency();
    let mut text = heading(match batch.phase {
        BatchPhase::Cancelled => "Files that would have left",
        BatchPhase::Releasing | BatchPhase::Released => "Files",
        BatchPhase::Prepared | BatchPhase::Approved => "Files that will leave",
    });
    let shown = || facts.files.iter().take(LISTED);
    let widest = |of: fn(&batch_facts::FileFacts) -> &String| shown().map(|file| of(file).len()).max().unwrap_or(0);
    let (payments, amount) = (widest(|file| &file.payments), widest(|file| &file.amount));
    for file in shown() {
        let noun = if file.payments == "1" { "payment " } else { "payments" };
        text += &format!(
            "  {}\n      {:>payments$} {noun}  {:>amount$} {currency}\n",
            file.name, file.payments, file.amount
        );
    }
    text + &more(facts.files.len())
}

fn more(of: usize) -> String {
    match of.checked_sub(LISTED) {
        None | Some(0) => String::new(),
        Some(more) => format!("  … and {} more; the control sheet lists them all.\n", count(more as u64)),
    }
}

fn next(batch: &BatchState) -> String {
    let id = batch.prepared.id;
    match batch.phase {
        BatchPhase::Prepared => {
            let approve = format!("stopgap approve {id} --operator NAME --digest");
            heading("Next")
                + &sentence(&format!(
                    "Any operator but {} approves it. Compare the digest first, aloud or on the control sheet.",
                    visible(&batch.preparer)
                ))
                // The backslash lets the two lines be copied as one command.
                + &format!("  {approve} \\\n    {}\n", batch.digest)
                + &sentence(&format!("If anything is wrong: `stopgap batch cancel {id}`."))
        }
        BatchPhase::Approved => {
            heading("Next") + "Write the bank files. From then on the batch counts as paid.\n" + &release(batch)
        }
        BatchPhase::Releasing => {
            heading("Next")
                + &sentence("Finish the release. The files are the same as before, byte for byte.")
                + &release(batch)
        }
        BatchPhase::Released => {
            let files = counted(batch.prepared.plan.files.len() as u64, "file");
            heading("Next")
                + &sentence(&format!(
                    "Its {files} lie in out/{id}, unless they were moved. Each is uploaded once. When the bank answers: \
                     `stopgap outcome FILE`."
                ))
        }
        BatchPhase::Cancelled => heading("Next") + "Nothing. Its payments can be prepared again in another batch.\n",
    }
}

fn release(batch: &BatchState) -> String {
    format!("  stopgap release {}\n", batch.prepared.id)
}
