//! `status`: one screen from the batches to what comes next.

use std::path::Path;

use super::grid::{Grid, left, right};
use super::mask::{short, visible};
use super::paragraph::{heading, item, sentence, wrapped};
use super::{batch, meaning, moment};
use crate::ops::Now;
use crate::ops::status::{Compared, Next, Status};
use crate::payment::BatchId;
use crate::say;
use crate::words::{self, Message, count, ungrouped};

pub fn status(status: &Status, now: Now) -> String {
    let mut text = sentence(match &status.episode {
        Some(episode) => {
            say!("{payer}. The open episode is {episode}.", payer = visible(&status.payer), episode = short(episode))
        }
        None => say!("{payer}. No episode is open.", payer = visible(&status.payer)),
    });
    text += &sentence(say!(
        "The last of the ledger's {entries:entry|entries} is from {moment}.",
        entries = status.head.0,
        moment = moment::local(status.head.1, now)
    ));
    if let Some((entry, at)) = status.duplicate_key_ended {
        text += &sentence(say!(
            "The duplicate key ended on {at} (entry {entry}): nobody is paid from this ledger any more.",
            at = moment::local(at, now),
            entry = ungrouped(entry)
        ));
    }
    for (name, wrong) in &status.wrong_passphrases {
        text += &sentence(say!(
            "{wrong:wrong passphrase was|wrong passphrases were} given for {name} since the last right one.",
            wrong = *wrong,
            name = visible(name)
        ));
    }
    text += &batches(status);
    text += &the_banks_word(status);
    if let Some(compared) = &status.compared {
        text += &heading(say!("Compared with upstream"));
        text += &wrapped(last_comparison(compared, now), "  ", "  ");
    }
    text += &kept(status, now);
    text + &next(status)
}

fn batches(status: &Status) -> String {
    if status.batches.is_empty() {
        return sentence(say!("There are no batches yet. `stopgap prepare LIST...` makes one."));
    }
    let mut grid = Grid::new([
        left(say!("Batch")),
        left(say!("State")),
        left(say!("Pays on")),
        right(say!("Payments")),
        right(status.currency.code()),
    ]);
    for one in &status.batches {
        grid.row([
            one.id.to_string(),
            batch::phase_in_words(one.phase, one.provisional),
            one.pay_on.map(words::short_day).unwrap_or_default(),
            count(one.total.count),
            words::amount(one.total.amount),
        ]);
    }
    format!("\n{}", grid.to_text())
}

fn the_banks_word(status: &Status) -> String {
    if status.bank.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new([left(say!("The bank's word")), right(say!("Payments")), right(status.currency.code())]);
    for (standing, sum) in &status.bank {
        let standing = meaning::of_standing(*standing).to_string();
        grid.row([standing, count(sum.count), words::amount(sum.amount)]);
    }
    format!("\n{}", grid.to_text())
}

fn last_comparison(compared: &Compared, now: Now) -> Message {
    let at = moment::local(compared.at, now);
    let (findings, to_decide, decided) = (compared.findings, compared.to_decide, compared.decided);
    if compared.planned {
        say!(
            "Last on {at}, with a proposal: {findings:finding|findings}, of which {to_decide:asks|ask} for something to be done; {decided:decision|decisions} recorded.",
            at,
            findings,
            to_decide,
            decided
        )
    } else {
        say!(
            "Last on {at}: {findings:finding|findings}, of which {to_decide:asks|ask} for something to be done; {decided:decision|decisions} recorded.",
            at,
            findings,
            to_decide,
            decided
        )
    }
}

fn kept(status: &Status, now: Now) -> String {
    let mut text = heading(say!("Kept"));
    text += &item(match status.backup {
        Some((entry, at)) => say!(
            "The last backup was made on {at} and holds the first {entry:entry|entries}.",
            at = moment::local(at, now),
            entry
        ),
        None => say!("There is no backup yet."),
    });
    if status.copies.open > 0 {
        let open = say!("{open:file|files} with personal data outside the ledger.", open = status.copies.open);
        text += &item(open);
    }
    if status.copies.halves > 0 {
        text += &item(say!(
            "{halves:half|halves} of the recovery code to be printed, each for its keeper, and ended.",
            halves = status.copies.halves
        ));
    }
    if status.put_off {
        text += &item(say!("Some were left for later in this episode. Who still waits: `stopgap waiting`."));
    }
    text
}

fn next(status: &Status) -> String {
    let mut text = heading(say!("Next"));
    if status.next.is_empty() {
        return text + &wrapped(say!("Nothing waits for anybody."), "  ", "  ");
    }
    for one in &status.next {
        text += &item(in_words(one));
        text += &format!("      {}\n", to_fill_in(&one.command()));
    }
    text
}

/// A command with the words that are the reader's to fill in in the reader's language.
fn to_fill_in(command: &str) -> String {
    let words = command.split(' ').map(|word| match word {
        "NAME" => say!("NAME").to_string(),
        "TEXT" => say!("TEXT").to_string(),
        "AMOUNT" => say!("AMOUNT").to_string(),
        "FILE" => say!("FILE").to_string(),
        "REPORT" => say!("REPORT").to_string(),
        "ANSWER" => say!("ANSWER").to_string(),
        "RUN" => say!("RUN").to_string(),
        "FOLDER" => say!("FOLDER").to_string(),
        "DEST" => say!("DEST").to_string(),
        word => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn rows_to_deal_with(batch: BatchId, (rejected, held): (u64, u64), file: Option<&Path>) -> Message {
    if let Some(file) = file {
        say!(
            "Batch {batch} left {rejected:rejected row|rejected rows} and {held} held, and it is not known that they were dealt with. {file} names them. Correct it, decide what is held, and hand it in again; or say what became of them with `stopgap batch settle {batch} --reason TEXT`:",
            batch,
            rejected,
            held,
            file = visible(&file.to_string_lossy())
        )
    } else {
        say!(
            "Batch {batch} left {rejected:rejected row|rejected rows} and {held} held, and it is not known that they were dealt with. Its rows.csv was ended: hand its lists in again; or say what became of them with `stopgap batch settle {batch} --reason TEXT`:",
            batch,
            rejected,
            held
        )
    }
}

fn in_words(next: &Next) -> Message {
    match next {
        Next::Prepare { episode } => say!(
            "Episode {episode} is open, and nothing was prepared in it. Whoever is to be paid still waits. Correct the list, or take another:",
            episode = short(episode)
        ),
        Next::ClaimedElsewhere { batch, payments, paid: true } => say!(
            "Another desk claims {payments:payment|payments} of batch {batch} too, and has released some or all of that. Cancel it, and prepare its lists again; what the other desk has paid is left out:",
            payments = *payments,
            batch = *batch
        ),
        Next::ClaimedElsewhere { batch, payments, paid: false } => say!(
            "Another desk claims {payments:payment|payments} of batch {batch} too. Approve and release nothing of it before one of the two is cancelled; merging again names which:",
            payments = *payments,
            batch = *batch
        ),
        Next::Approve { batch, preparer } => {
            say!(
                "Batch {batch}: any operator but {preparer} looks at it and approves it:",
                batch = *batch,
                preparer = visible(preparer)
            )
        }
        Next::Release { batch, .. } => {
            say!("Batch {batch} is approved. Write what leaves; from then on it counts as paid:", batch = *batch)
        }
        Next::FinishRelease { batch, .. } => {
            say!("The release of batch {batch} was interrupted. Finish it; the files are the same:", batch = *batch)
        }
        Next::Upload { batch, files, heard: true } => say!(
            "Batch {batch}: {files:file has|files have} no receipt, and the bank has spoken of other payments of the batch only. See in the portal whether each was uploaded; upload what is missing once, and type what the portal answers:",
            batch = *batch,
            files = *files
        ),
        Next::AskBank { batch, other_figures: true, .. } => say!(
            "Batch {batch}: what the portal says it received is not what left. Do not send anything again. Ask the bank which payments it has:",
            batch = *batch
        ),
        Next::AskBank { batch, .. } => say!(
            "Batch {batch}: one file has several receipts. Ask the bank whether it has it twice, and to stop the second before it is paid:",
            batch = *batch
        ),
        Next::Upload { batch, files, heard: false } => say!(
            "Batch {batch}: {files:file has|files have} no receipt of the bank's portal. Upload each once, and type what the portal answers:",
            batch = *batch,
            files = *files
        ),
        Next::PaidElsewhere { payments } => say!(
            "The bank has made {payments:payment|payments} that never left by this ledger: another desk has released them, or a newer copy of this \
             ledger. Their rows are held here. Merge with that desk, or go on with the newer copy:",
            payments = *payments
        ),
        Next::DealWithRows { batch, rejected, held, file } => {
            rows_to_deal_with(*batch, (*rejected, *held), file.as_deref())
        }
        Next::TakeSheetsBack { batch } => {
            say!("Batch {batch} is being typed by hand. Take the clerks' sheets back:", batch = *batch)
        }
        Next::AskAboutRows { batch, rows } => say!(
            "Batch {batch}: {rows:typed row|typed rows} may have been paid twice: with several receipts, or settled as never typed and typed after all. Ask the bank which payments it has:",
            batch = *batch,
            rows = *rows
        ),
        Next::ReadReports { payments } => say!(
            "The bank has said nothing of {payments:payment|payments}, {amount}. Read its reports:",
            payments = payments.count,
            amount = payments.amount
        ),
        Next::PayAgain { payments } => say!(
            "{payments:payment that came back or was rejected is|payments that came back or were rejected are} in no batch since, {amount}. Correct the account or what else the bank names, and hand the list in again, unless upstream pays:",
            payments = payments.count,
            amount = payments.amount
        ),
        Next::FinishRecall { recall, .. } => {
            say!("{recall} was interrupted. Finish it; its file is the same:", recall = recall.to_string())
        }
        Next::ReadAnswer { payments } => say!(
            "The bank was asked to take back {payments:payment|payments}, {amount}, and has not answered for good. Read its answer:",
            payments = payments.count,
            amount = payments.amount
        ),
        Next::Reconcile { payments } => say!(
            "{payments:payment was|payments were} never compared with what the restored systems paid, {amount}. Once there are runs:",
            payments = payments.count,
            amount = payments.amount
        ),
        Next::ReconcileRun => {
            say!(
                "The last comparison was with what upstream is about to pay. Once the run has paid, compare with the run itself:"
            )
        }
        Next::Decide { findings, earlier } if *earlier > 0 => say!(
            "{findings:finding|findings} of the last comparison may ask for a decision, and {earlier:decision was|decisions were} made before it. Which ask again:",
            findings = *findings,
            earlier = *earlier
        ),
        Next::Decide { findings, .. } => {
            say!("{findings:finding waits|findings wait} for a decision:", findings = *findings)
        }
        Next::EndCopies { overdue } => {
            say!(
                "{overdue:file was|files were} kept for longer than allowed. See which, and end them:",
                overdue = *overdue
            )
        }
        Next::Backup { entries } => say!("{entries:entry is|entries are} in no backup:", entries = *entries),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::batch::Sum;
    use crate::cli::screen::made_up;
    use crate::ledger::event::RecordedUpload;
    use crate::ledger::outcome::Standing;
    use crate::ledger::recalls::RecallId;
    use crate::ledger::state::{BatchPhase, BatchState};
    use crate::ops::status::{BatchStatus, Copies, Word, of_one_batch};
    use crate::payment::{BatchId, Currency};

    fn made_up_status() -> Status {
        let of_batch = |number, phase, provisional| BatchStatus {
            id: BatchId::new('B', number),
            phase,
            provisional,
            pay_on: Some(made_up::day("2026-12-01")),
            total: made_up::sum(2531, 1_826_933_876),
            open_rows: None,
        };
        let (first, second) = (BatchId::new('B', 1), BatchId::new('B', 2));
        Status {
            payer: "Qeqqata Kommunia".into(),
            currency: Currency::Dkk,
            head: (23, made_up::now().unix - 600),
            episode: Some("attack-2026".into()),
            batches: vec![of_batch(1, BatchPhase::Released, false), of_batch(2, BatchPhase::Prepared, true)],
            bank: [(Standing::None, made_up::sum(1, 100)), (Standing::Settled, made_up::sum(2530, 1_826_933_776))]
                .into(),
            free: made_up::sum(2, 300),
            put_off: true,
            compared: Some(Compared {
                at: made_up::now().unix - 3600,
                planned: false,
                findings: 2559,
                to_decide: 31,
                decided: 1,
            }),
            copies: Copies { open: 5, halves: 2, overdue: 1 },
            backup: Some((12, made_up::now().unix - 86_400)),
            duplicate_key_ended: None,
            wrong_passphrases: Vec::new(),
            next: vec![
                Next::Prepare { episode: "attack-2026".into() },
                Next::ClaimedElsewhere { batch: second, payments: 3, paid: false },
                Next::ClaimedElsewhere { batch: second, payments: 1, paid: true },
                Next::Upload { batch: first, files: 3, heard: false },
                Next::Upload { batch: first, files: 1, heard: true },
                Next::AskBank { batch: first, other_figures: true, twice: true },
                Next::AskBank { batch: first, other_figures: false, twice: true },
                Next::Approve { batch: second, preparer: "anna".into() },
                Next::Release { batch: second, sheets: false },
                Next::FinishRelease { batch: second, sheets: true },
                Next::DealWithRows {
                    batch: first,
                    rejected: 2,
                    held: 1,
                    file: Some("desk to/out/B0001/rows.csv".into()),
                },
                Next::DealWithRows { batch: first, rejected: 0, held: 1, file: None },
                Next::PaidElsewhere { payments: 3 },
                Next::TakeSheetsBack { batch: second },
                Next::ReadReports { payments: made_up::sum(1, 100) },
                Next::PayAgain { payments: made_up::sum(2, 300) },
                Next::FinishRecall { recall: RecallId(1), finding: "F0001".into() },
                Next::ReadAnswer { payments: made_up::sum(2, 300) },
                Next::Reconcile { payments: made_up::sum(2531, 1_826_933_876) },
                Next::ReconcileRun,
                Next::Decide { findings: 30, earlier: 0 },
                Next::Decide { findings: 2, earlier: 23 },
                Next::EndCopies { overdue: 1 },
                Next::Backup { entries: 11 },
            ],
        }
    }

    #[test]
    fn where_everything_stands_is_one_screen() {
        let screen = made_up::in_both(|| status(&made_up_status(), made_up::now()));
        assert!(screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
        insta::assert_snapshot!(screen);
    }

    #[test]
    fn each_phase_of_a_batch_has_its_step() {
        let batch = |phase| {
            let mut batch = made_up::view().batch;
            batch.phase = phase;
            batch
        };
        let id = BatchId::new('B', 2);
        let total = batch(BatchPhase::Released).prepared.total();
        let heard_of = |heard: Sum| Word {
            strange: 0,
            bank: BTreeMap::new(),
            heard: [(id, heard)].into(),
            free: made_up::sum(0, 0),
            elsewhere: BTreeMap::new(),
        };
        let silence = heard_of(made_up::sum(0, 0));
        let steps = |batch: &BatchState, word: &Word| {
            let steps = of_one_batch(batch, word).into_iter();
            steps.map(|step| (step.as_str(), step.command())).collect::<Vec<_>>()
        };
        let table = [
            (BatchPhase::Prepared, Some(("approve", "stopgap approve B0002 --operator NAME"))),
            (BatchPhase::Approved, Some(("release", "stopgap release B0002"))),
            (BatchPhase::Releasing, Some(("finish_release", "stopgap release B0002"))),
            (BatchPhase::Cancelled, None),
        ];
        for (phase, expected) in table {
            let expected: Vec<_> = expected.into_iter().map(|(step, command)| (step, command.to_owned())).collect();
            assert_eq!(steps(&batch(phase), &silence), expected, "{phase:?}");
        }
        let claimed = Word { elsewhere: [(id, (3, false))].into(), ..heard_of(made_up::sum(0, 0)) };
        assert_eq!(steps(&batch(BatchPhase::Prepared), &claimed)[0].0, "claimed_elsewhere");
        let released = batch(BatchPhase::Released);
        assert_eq!(steps(&released, &heard_of(total)), [], "the bank has the files");
        let upload = |batch: &BatchState, word: &Word| match of_one_batch(batch, word).as_slice() {
            [Next::Upload { files, heard, .. }] => Some((*files, *heard)),
            [] => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(upload(&released, &silence), Some((2, false)));
        // The bank has spoken of one file's payments only, and then of one payment that may be in either.
        let [one, other] = released.prepared.plan.files.as_slice() else { panic!("two files") };
        assert_eq!(upload(&released, &heard_of(one.sum)), Some((1, true)));
        assert_eq!(upload(&released, &heard_of(made_up::sum(2, 2))), Some((1, true)));
        let amount = total.amount.minor_units() - (other.sum.amount.minor_units() - 1);
        let nearly = made_up::sum(total.count - 1, amount);
        assert_eq!(upload(&released, &heard_of(nearly)), None, "it was silent about less than either file");
        let receipt = |message_id: Option<&str>, said| RecordedUpload {
            batch: id,
            message_id: message_id.map(str::to_owned),
            receipt: "R1".into(),
            said,
        };
        let first = BatchState { uploads: vec![receipt(Some(&one.message_id), one.sum)], ..released.clone() };
        assert_eq!(upload(&first, &silence), Some((1, false)));
        assert_eq!(upload(&first, &heard_of(one.sum)), Some((1, true)), "the second file has neither");
        let all = BatchState { uploads: vec![receipt(None, total)], ..released.clone() };
        assert_eq!(steps(&all, &silence), []);
        let wrong = BatchState { uploads: vec![receipt(None, made_up::sum(17, 1))], ..released };
        assert_eq!(steps(&wrong, &silence)[0].0, "ask_bank");
        assert_eq!(steps(&wrong, &heard_of(total)), [], "what became of all is known");
    }

    #[test]
    fn a_new_ledger_says_what_to_begin_with() {
        let new = Status {
            episode: None,
            batches: Vec::new(),
            bank: BTreeMap::new(),
            put_off: false,
            free: made_up::sum(0, 0),
            compared: None,
            copies: Copies { open: 0, halves: 0, overdue: 0 },
            backup: None,
            duplicate_key_ended: None,
            wrong_passphrases: Vec::new(),
            next: Vec::new(),
            ..made_up_status()
        };
        insta::assert_snapshot!(status(&new, made_up::now()));
    }
}
