//! After `release`: which files to upload, and what to do with them, once.

use chrono::NaiveDate;

use super::figures::payments;
use super::mask::visible;
use super::moment;
use super::paragraph::{heading, sentence, wrapped};
use crate::batch::Sum;
use crate::ops::release::Released;
use crate::release::PlannedFile;
use crate::say;
use crate::words::{Message, ungrouped};

/// The files and a checklist. `today` is the day where the operator sits.
pub fn released(released: &Released, today: NaiveDate) -> String {
    let mut text = sentence(outcome(released));
    if let Some(date) = released.first_pay_date.filter(|date| *date <= today) {
        text += &format!("\n{}", sentence(late(date, today, released.released_before)));
    }
    text += &heading(say!("Files, in the workspace"));
    for (path, file) in &released.files {
        text += &format!("  {}\n", visible(&path.to_string_lossy()));
        text += &details(file);
    }
    if let Some(entry) = released.adopted_older {
        text += &format!(
            "\n{}",
            sentence(say!(
                "MIND: this ledger may have lost releases; two people went on with it all the same (entry {entry}).",
                entry = ungrouped(entry)
            ))
        );
    }
    if let Some(code) = &released.receipt {
        text += &heading(say!("Receipt code of the ledger"));
        text += &format!("  {code}\n");
        text += &sentence(say!("Write it on the control sheet: a machine that does not know this ledger asks for it."));
    }
    text + &checklist(released)
}

fn outcome(released: &Released) -> Message {
    let id = released.batch;
    let files = released.files.len();
    if released.nothing_new {
        return say!(
            "Batch {id} was released before. These are the same {files:file|files} as then, not new ones: nothing was written. Do not upload them \
             again, unless the bank never received them.",
            id,
            files
        );
    }
    if released.released_before {
        return say!(
            "Batch {id} was released before and its {files:file|files} had gone from the outbox. They lie there again, the same to the byte. Do not \
             upload them again, unless the bank never received them.",
            id,
            files
        );
    }
    match total(released) {
        Some(total) => say!(
            "Batch {id} is released: {files:file|files}, {payments}. It counts as paid.",
            id,
            files,
            payments = payments(total)
        ),
        None => say!("Batch {id} is released: {files:file|files}. It counts as paid.", id, files),
    }
}

fn total(released: &Released) -> Option<Sum> {
    let mut sums = released.files.iter().map(|(_, file)| file.sum);
    let first = sums.next()?;
    sums.try_fold(first, |total, sum| {
        let amount = total.amount.checked_add(sum.amount).ok()?;
        Some(Sum { count: total.count.checked_add(sum.count)?, amount })
    })
}

fn late(date: NaiveDate, today: NaiveDate, released_before: bool) -> Message {
    let (date, is_today) = (moment::day(date), date == today);
    match (is_today, released_before) {
        (true, _) => say!(
            "Mind the time: the first pay date is today, {date}. Ask the bank whether it still takes them for that day.",
            date
        ),
        (false, true) => say!("The first pay date, {date}, is past.", date),
        (false, false) => say!(
            "Mind the date: the first pay date, {date}, is past. Ask the bank whether it still takes them for that day before you upload them.",
            date
        ),
    }
}

fn details(file: &PlannedFile) -> String {
    let sha256: String = file.sha256.to_string().chars().take(8).collect();
    format!("      {}\n", payments(file.sum))
        + &format!("      {}\n", say!("message id {id}, SHA-256 {sha256}", id = visible(&file.message_id), sha256))
}

fn checklist(released: &Released) -> String {
    let upload = if released.released_before {
        say!("Upload a file only if you are certain that the bank never received it.")
    } else {
        say!("Upload each file to the bank once. One that was uploaded before is not uploaded again.")
    };
    let lines = [
        upload,
        say!("Write down the bank's receipt for each file, on the control sheet."),
        match released.files.len() {
            1 => say!(
                "Compare what the portal says it received: `stopgap uploaded {id} --receipt TEXT --count N --amount X`.",
                id = released.batch
            ),
            _ => say!(
                "Compare what the portal says it received, file by file: `stopgap uploaded {id} --file 1 --receipt TEXT --count N --amount X`.",
                id = released.batch
            ),
        },
        say!("When the bank answers, read its report in: `stopgap outcome FILE`."),
    ];
    let steps: String = lines.iter().map(|line| wrapped(line, "  [ ] ", "      ")).collect();
    heading(say!("Next")) + &steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;
    use crate::payment::BatchId;

    fn two_files(nothing_new: bool) -> Released {
        let files = [made_up::file(1, made_up::sum(1000, 69_999_950)), made_up::file(2, made_up::sum(1, 100))];
        Released {
            batch: BatchId::new('B', 2),
            files: files.map(|file| (format!("out/B0002/{}", file.name).into(), file)).into(),
            nothing_new,
            released_before: nothing_new,
            first_pay_date: Some(made_up::day("2026-12-01")),
            receipt: (!nothing_new).then(made_up::receipt),
            adopted_older: None,
        }
    }

    #[test]
    fn files_are_listed_above_a_checklist() {
        insta::assert_snapshot!(made_up::in_both(|| released(&two_files(false), made_up::day("2026-11-20"))));
    }

    #[test]
    fn the_same_files_as_before_are_not_to_be_uploaded_again() {
        let text = released(&two_files(true), made_up::day("2026-11-20"));
        insta::assert_snapshot!(made_up::in_both(|| released(&two_files(true), made_up::day("2026-11-20"))));
        assert!(!text.contains("Upload each file"));
    }

    fn unbroken(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_pay_date_that_is_here_or_past_is_warned_of() {
        let table = [
            ("2026-11-30", false, None),
            ("2026-12-01", false, Some("Mind the time: the first pay date is today, Tuesday 1 December 2026.")),
            ("2026-12-01", true, Some("Mind the time: the first pay date is today, Tuesday 1 December 2026.")),
            ("2026-12-02", false, Some("Mind the date: the first pay date, Tuesday 1 December 2026, is past.")),
            ("2026-12-02", true, Some("The first pay date, Tuesday 1 December 2026, is past.")),
        ];
        for (today, nothing_new, expected) in table {
            let text = unbroken(&released(&two_files(nothing_new), made_up::day(today)));
            match expected {
                Some(expected) => assert!(text.contains(expected), "{today}: {text}"),
                None => assert!(!text.contains("first pay date"), "{today}: {text}"),
            }
        }
    }
}
