//! `batch list`, and `batch show`: what an approver reads before putting their name to a batch.

use super::batch_facts::{self, BatchFacts};
use super::grid::{Grid, left, right};
use super::mask::visible;
use super::paragraph::{heading, item, sentence, wrapped};
use crate::ledger::LedgerState;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::ops::Now;
use crate::ops::batches::BatchView;
use crate::say;
use crate::words::{self, count};

/// How many files, decisions and changed names a screen lists. The control sheet has them all.
const LISTED: usize = 20;

/// All batches of the ledger, in order.
pub fn batch_list(state: &LedgerState) -> String {
    if state.batches.is_empty() {
        return sentence(say!("There are no batches yet. `stopgap prepare LIST...` makes one."));
    }
    let mut grid = Grid::new([
        left(say!("Batch")),
        left(say!("State")),
        left(say!("Pays on")),
        right(say!("Payments")),
        right(state.currency.code()),
        left(say!("Preparer")),
        left(say!("Approver")),
    ]);
    for batch in state.batches.values() {
        let total = batch.prepared.total();
        grid.row([
            batch.prepared.id.to_string(),
            phase_in_words(batch.phase, state.is_provisional(batch.prepared.id)),
            batch.prepared.first_pay_date().map(words::short_day).unwrap_or_default(),
            count(total.count),
            words::amount(total.amount),
            visible(&batch.preparer).into_owned(),
            visible(&batch.approved_by.join(", ")).into_owned(),
        ]);
    }
    grid.to_text()
}

pub(super) fn phase_in_words(phase: BatchPhase, provisional: bool) -> String {
    let phase = phase.in_words();
    if provisional { say!("{phase}, provisional", phase).to_string() } else { phase.to_string() }
}

/// One batch. `now` gives the local clock; names and accounts are masked unless `reveal`, person numbers always.
pub fn batch_shown(view: &BatchView, reveal: bool, now: Now) -> String {
    let facts = batch_facts::facts(view, reveal, LISTED, now);
    let mut text = say!("Batch {batch}", batch = &facts.batch).to_string() + "\n\n";
    let width = facts.head.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + 2;
    for (label, value) in &facts.head {
        text += &wrapped(value, &format!("  {label:<width$}"), &" ".repeat(width + 2));
    }
    if !facts.attention.is_empty() {
        text += &heading(say!("Look at this first"));
        text.extend(facts.attention.iter().map(item));
    }
    text += &sums(&facts);
    text += &heading(say!("The largest payments"));
    text += &facts.largest.to_text();
    if let Some(renamed) = &facts.renamed {
        text += &heading(&renamed.heading);
        text += &renamed.grid.to_text();
        text.extend(renamed.more.iter().map(|more| format!("  … {more}\n")));
    }
    text += &heading(&facts.closing);
    text += &facts.fates.to_text();
    text += &decisions(&facts);
    text += &files(&facts, &view.batch);
    text += &heading(say!("Digest of the batch, to be read aloud"));
    text += &format!("  {}\n", facts.digest);
    text += &heading(say!("The ledger's head, entry {entry}", entry = &facts.ledger_entry));
    text += &format!("  {}\n", facts.ledger_head);
    text + &next(&view.batch)
}

fn sums(facts: &BatchFacts) -> String {
    let mut text = String::new();
    for (date, grid) in &facts.days {
        text += &heading(say!("To be paid on {date}", date));
        text += &grid.to_text();
    }
    match &facts.comparison {
        Some(grid) => text + &heading(say!("Beside the last earlier batch that paid the scheme")) + &grid.to_text(),
        None => {
            text + "\n"
                + &sentence(say!("No earlier batch paid any of these schemes: there is nothing to compare with."))
        }
    }
}

fn decisions(facts: &BatchFacts) -> String {
    if facts.decisions.is_empty() {
        return String::new();
    }
    let mut text = heading(say!("Decisions about held rows"));
    text.extend(facts.decisions.iter().take(LISTED).map(item));
    text + &more(facts.decisions.len())
}

fn files(facts: &BatchFacts, batch: &BatchState) -> String {
    let currency = batch.prepared.total().amount.currency();
    let mut text = heading(match batch.phase {
        BatchPhase::Cancelled => say!("Files that would have left"),
        BatchPhase::Releasing | BatchPhase::Released => say!("Files"),
        BatchPhase::Prepared | BatchPhase::Approved => say!("Files that will leave"),
    });
    let shown = || facts.files.iter().take(LISTED);
    let widest =
        |of: fn(&batch_facts::FileFacts) -> &String| shown().map(|file| of(file).chars().count()).max().unwrap_or(0);
    let (payments, amount) = (widest(|file| &file.payments_in_words), widest(|file| &file.amount));
    for file in shown() {
        text += &format!(
            "  {}\n      {:>payments$}  {:>amount$} {currency}\n",
            file.name, file.payments_in_words, file.amount
        );
    }
    text + &more(facts.files.len())
}

fn more(of: usize) -> String {
    match of.checked_sub(LISTED) {
        None | Some(0) => String::new(),
        Some(more) => format!("  … {}\n", say!("and {more} more; the control sheet lists them all.", more)),
    }
}

fn next(batch: &BatchState) -> String {
    let id = batch.prepared.id;
    match batch.phase {
        BatchPhase::Prepared => {
            let approve = say!("stopgap approve {id} --operator NAME --digest", id);
            heading(say!("Next"))
                + &sentence(say!(
                    "Any operator but {preparer} approves it. Compare the digest first, aloud or on the control sheet.",
                    preparer = visible(&batch.preparer)
                ))
                // The backslash lets the two lines be copied as one command.
                + &format!("  {approve} \\\n    {}\n", batch.digest)
                + &sentence(say!("If anything is wrong: `stopgap batch cancel {id}`.", id))
        }
        BatchPhase::Approved => {
            heading(say!("Next"))
                + &sentence(say!("Write the bank files. From then on the batch counts as paid."))
                + &release(batch)
        }
        BatchPhase::Releasing => {
            heading(say!("Next"))
                + &sentence(say!("Finish the release. The files are the same as before, byte for byte."))
                + &release(batch)
        }
        BatchPhase::Released if batch.sheets.is_some() => {
            heading(say!("Next"))
                + &sentence(say!(
                    "Its work sheets lie in out/{id}, unless they were moved. Who has them and what is open: `stopgap worksheet list {id}`.",
                    id
                ))
        }
        BatchPhase::Released => {
            heading(say!("Next"))
                + &sentence(say!(
                    "Its {files:file lies|files lie} in out/{id}, unless moved. Each is uploaded once. When the bank answers: `stopgap outcome FILE`.",
                    files = batch.prepared.plan.files.len(),
                    id
                ))
        }
        BatchPhase::Cancelled => {
            heading(say!("Next")) + &sentence(say!("Nothing. Its payments can be prepared again in another batch."))
        }
    }
}

fn release(batch: &BatchState) -> String {
    let door = if batch.sheets.is_some() { " --as worksheet" } else { "" };
    format!("  stopgap release {}{door}\n", batch.prepared.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;
    use crate::ops::BatchNotes;

    fn shown(view: &BatchView) -> String {
        batch_shown(view, false, made_up::now())
    }

    #[test]
    fn a_batch_reads_from_its_state_to_the_next_step() {
        insta::assert_snapshot!(made_up::in_both(|| shown(&made_up::view())));
    }

    #[test]
    fn names_and_accounts_are_whole_only_where_asked_for_and_person_numbers_never() {
        for (reveal, whole) in [(false, false), (true, true)] {
            let text = batch_shown(&made_up::view(), reveal, made_up::now());
            for part in ["Ane Møller", "Naja", "6471-0001000206"] {
                assert_eq!(text.contains(part), whole, "{part} with reveal {reveal}: {text}");
            }
            assert!(text.contains("6112••-••••") && !text.contains("6112901234"), "{text}");
            assert!(!text.contains("010190-1234"), "a reason held it: {text}");
        }
    }

    #[test]
    fn each_state_ends_with_what_to_do() {
        let table = [
            (BatchPhase::Prepared, "  stopgap approve B0002 --operator NAME --digest \\\n    5a5a5a5a"),
            (BatchPhase::Approved, "  stopgap release B0002\n"),
            (BatchPhase::Releasing, "  stopgap release B0002\n"),
            (BatchPhase::Released, "Its 2 files lie in out/B0002"),
            (BatchPhase::Cancelled, "Nothing. Its payments can be prepared again"),
        ];
        for (phase, expected) in table {
            let mut view = made_up::view();
            view.batch.phase = phase;
            view.batch.released_at = Some(made_up::now().unix);
            let text = shown(&view);
            let next = &text[text.find("\nNext\n").expect("a next step")..];
            assert!(next.contains(expected), "{phase:?}: {next}");
            assert_eq!(next.contains("stopgap approve"), phase == BatchPhase::Prepared, "{next}");
        }
    }

    #[test]
    fn a_first_batch_without_news_says_nothing_of_them() {
        let mut view = made_up::view();
        view.operators_changed.clear();
        view.changed_terms.clear();
        view.notes = BatchNotes::default();
        view.batch.prepared.decided_to_pay = 0;
        view.schemes.iter_mut().for_each(|scheme| scheme.before = None);
        let text = shown(&view);
        assert!(!text.contains("Look at this first") && !text.contains("Decisions"), "{text}");
        assert!(text.contains("No earlier batch paid any of these schemes"), "{text}");
    }

    #[test]
    fn a_thousand_files_are_not_all_listed() {
        let mut view = made_up::view();
        view.batch.prepared.plan.files = (1..=1000).map(|number| made_up::file(number, made_up::sum(1, 100))).collect();
        let text = shown(&view);
        assert_eq!(text.matches(".xml").count(), 20);
        assert!(text.contains("  … and 980 more; the control sheet lists them all.\n"), "{text}");
    }

    #[test]
    fn a_thousand_changed_names_are_not_all_listed() {
        let mut view = made_up::view();
        for (count, place) in [(1000, "the control sheet lists"), (7000, "rows.csv lists")] {
            view.renamed = made_up::renamed(count);
            let text = shown(&view);
            assert_eq!(text.matches("Aa•• Soe••••••").count(), 20, "{text}");
            let more = format!("  … and {} more; {place} them all.\n", crate::words::count(count - 20));
            assert!(text.contains(&more), "{text}");
        }
        view.renamed = made_up::renamed(0);
        assert!(!shown(&view).contains("changed for the bank"));
    }

    #[test]
    fn all_batches_are_listed_with_who_did_what() {
        let mut state = made_up::state();
        insta::assert_snapshot!(made_up::in_both(|| batch_list(&state)));
        state.batches.clear();
        assert_eq!(batch_list(&state), "There are no batches yet. `stopgap prepare LIST...` makes one.\n");
    }
}
