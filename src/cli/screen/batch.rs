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
use crate::say;

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
            state_of(state, batch),
            batch.prepared.first_pay_date().map(|date| date.to_string()).unwrap_or_default(),
            count(total.count),
            total.amount.grouped(),
            visible(&batch.preparer).into_owned(),
            visible(&batch.approved_by.join(", ")).into_owned(),
        ]);
    }
    format!("{drill}{}", grid.to_text())
}

fn state_of(state: &LedgerState, batch: &BatchState) -> String {
    let provisional = state.is_provisional(batch.prepared.id);
    let phase = batch.phase.as_str();
    if provisional { format!("{phase}, provisional") } else { phase.into() }
}

/// One batch. `now` gives the local clock; names and accounts are masked unless `reveal`, person numbers always.
pub fn batch_shown(view: &BatchView, reveal: bool, now: Now) -> String {
    let facts = batch_facts::facts(view, reveal, now);
    let mut text = format!("Batch {}\n\n", facts.batch);
    for (label, value) in &facts.head {
        text += &wrapped(value, &format!("  {label:<11}"), &" ".repeat(13));
    }
    if !facts.attention.is_empty() {
        text += &heading("Look at this first");
        text.extend(facts.attention.iter().map(|line| item(line)));
    }
    text += &sums(&facts);
    text += &heading("The largest payments");
    text += &facts.largest.to_text();
    text += &heading(facts.closing);
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
        Some(grid) => text + &heading("Beside the last earlier batch that paid the scheme") + &grid.to_text(),
        None => text + "\nNo earlier batch paid any of these schemes: there is nothing to compare with.\n",
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
        BatchPhase::Released if batch.sheets.is_some() => {
            heading("Next")
                + &sentence(
                    &say!(
                        "Its work sheets lie in out/{id}, unless they were moved. Who has them and what is open: `stopgap worksheet list {id}`.",
                        id
                    )
                    .to_string(),
                )
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
        insta::assert_snapshot!(shown(&made_up::view()), @r"
        Batch B0002

          State      prepared, waits for another operator's approval
          Payments   1.001 payments, 700.000,50 DKK
          Pays on    2026-12-01 (Tuesday), 2026-12-02 (Wednesday)
          Payer      Qeqqata Kommunia
          Account    6471-0001234567
          Episode    attack-2026
          Prepared   by anna, 2026-11-20 21:04
          Approved   not yet
          Bank file  pain.001.001.09, profile generic

        Look at this first
          * Operator nivi was enrolled after this batch was prepared (ledger entry 9).
          * Operator ole was retired (ledger entry 7).
          * Operator pia is new since the last approval (ledger entry 5).
          * The limit for one payment was 50.000,00 for batch B0001, and is 100.000,00.
          * 1 held row was decided to be paid; the reasons stand below.

        To be paid on 2026-12-01 (Tuesday)
          Scheme           Payments           DKK  Smallest    Median    Largest
          ----------------------------------------------------------------------
          Offentlig hjælp       894  4.698.204,87  2.609,33  3.250,00  99.000,00
          Alderspension         107     65.000,00    100,00    200,00     300,00
          ----------------------------------------------------------------------
          Total               1.001  4.763.204,87

        To be paid on 2026-12-02 (Wednesday)
          Scheme         Payments     DKK  Smallest  Median  Largest
          ----------------------------------------------------------
          Alderspension         1  500,00    500,00  500,00   500,00

        Beside the last earlier batch that paid the scheme
          Scheme           Batch  Payments    It paid     Change  In percent
          ------------------------------------------------------------------
          Offentlig hjælp  none                                   first time
          Alderspension    B0001       110  63.468,99  +2.031,01      +3,2 %

        The largest payments
              DKK  Name                 Person       Account          Scheme
        -----------------------------------------------------------------------------
        99.000,00  A•• M••••• (paid to  6112••-••••  6471-•••••••206  Offentlig hjælp
                   N•••)
        98.000,00  H•••-P•••• Q••••     6112••-••••  none: by person  Offentlig hjælp
                                                     number

        The sums close: read = prepared + rejected + held + duplicate.
          Fate        Rows         DKK  Which means
          ------------------------------------------------------------
          prepared   1.001  700.000,50  can be paid
          rejected       2      100,00  wrong as written, not paid
          held           1  250.000,00  waits for a decision, not paid
          duplicate      3    3.000,00  there already, not paid again
          ------------------------------------------------------------
          read       1.007  953.100,50

        Decisions about held rows
          * lists/help.csv row 12, pay: asked 0101••-••••
          * lists/help.csv row 9, drop: moved away

        Files that will leave
          B0002_1-of-2_pay-2026-12-01_1000-payments_699999.50-DKK.xml
              1.000 payments  699.999,50 DKK
          B0002_2-of-2_pay-2026-12-01_1-payment_1.00-DKK.xml
                  1 payment         1,00 DKK

        Digest of the batch, to be read aloud
          5a5a5a5a 5a5a5a5a 5a5a5a5a 5a5a5a5a 5a5a5a5a 5a5a5a5a 5a5a5a5a 5a5a5a5a

        The ledger's head, entry 12
          abababab abababab abababab abababab abababab abababab abababab abababab

        Next
        Any operator but anna approves it. Compare the digest first, aloud or on the
        control sheet.
          stopgap approve B0002 --operator NAME --digest \
            5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a
        If anything is wrong: `stopgap batch cancel B0002`.
        ");
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
    fn all_batches_are_listed_with_who_did_what() {
        let mut state = made_up::state();
        insta::assert_snapshot!(batch_list(&state), @r"
        Batch  State     Pays on     Payments         DKK  Prepared by    Approved by
        -----------------------------------------------------------------------------
        B0001  released  2026-12-01     1.001  700.000,50  anna           malik
        B0002  prepared  2026-12-01     1.001  700.000,50  Naja-Karoline
        ");
        state.batches.clear();
        state.environment = Environment::Drill;
        assert_eq!(
            batch_list(&state),
            "This is a DRILL: no money moves.\nThere are no batches yet. `stopgap prepare LIST...` makes one.\n"
        );
    }
}
