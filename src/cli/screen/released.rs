//! After `release`: which files to upload, and what to do with them, once.

use chrono::NaiveDate;

use super::figures::{count, counted, payments};
use super::mask::visible;
use super::moment;
use super::paragraph::{heading, sentence, wrapped};
use crate::batch::Sum;
use crate::ops::release::Released;
use crate::release::PlannedFile;

/// The files and a checklist. `today` is the day where the operator sits.
pub fn released(released: &Released, today: NaiveDate) -> String {
    let mut text = sentence(&outcome(released));
    if let Some(date) = released.first_pay_date.filter(|date| *date <= today) {
        text += &format!("\n{}", sentence(&late(date, today, released.released_before)));
    }
    text += &heading("Files, in the workspace");
    for (path, file) in &released.files {
        text += &format!("  {}\n", visible(&path.to_string_lossy()));
        text += &details(file);
    }
    if let Some(entry) = released.adopted_older {
        text += &format!(
            "\n{}",
            sentence(&format!(
                "MIND: this ledger may have lost releases; two people went on with it all the same (entry {entry})."
            ))
        );
    }
    if let Some(code) = &released.receipt {
        text += &heading("Receipt code of the ledger");
        text += &format!("  {code}\n");
        text += &sentence("Write it on the control sheet: a machine that does not know this ledger asks for it.");
    }
    text + &checklist(released)
}

fn outcome(released: &Released) -> String {
    let id = released.batch;
    let files = counted(released.files.len() as u64, "file");
    if released.nothing_new {
        return format!(
            "Batch {id} was released before. These are the same {files} as then, not new ones: nothing was written. Do not \
             upload them again, unless the bank never received them."
        );
    }
    if released.released_before {
        return format!(
            "Batch {id} was released before and its {files} had gone from the outbox. They lie there again, the same to the byte. Do \
             not upload them again, unless the bank never received them."
        );
    }
    match total(released) {
        Some(total) => format!("Batch {id} is released: {files}, {}. It counts as paid.", payments(total)),
        None => format!("Batch {id} is released: {files}. It counts as paid."),
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

fn late(date: NaiveDate, today: NaiveDate, released_before: bool) -> String {
    let (date, is_today) = (moment::day(date), date == today);
    let ask = "Ask the bank whether it still takes them for that day";
    match (is_today, released_before) {
        (true, _) => format!("Mind the time: the first pay date is today, {date}. {ask}."),
        (false, true) => format!("The first pay date, {date}, is past."),
        (false, false) => format!("Mind the date: the first pay date, {date}, is past. {ask} before you upload them."),
    }
}

fn details(file: &PlannedFile) -> String {
    let currency = file.sum.amount.currency();
    let sha256: String = file.sha256.to_string().chars().take(8).collect();
    let noun = if file.sum.count == 1 { "payment" } else { "payments" };
    format!("      {} {noun}, {} {currency}\n", count(file.sum.count), file.sum.amount.grouped())
        + &format!("      message id {}, SHA-256 {sha256}\n", visible(&file.message_id))
}

fn checklist(released: &Released) -> String {
    let upload = if released.released_before {
        "Upload a file only if you are certain that the bank never received it."
    } else {
        "Upload each file to the bank once. One that was uploaded before is not uploaded again."
    };
    let lines = [
        upload,
        "Write down the bank's receipt for each file, on the control sheet.",
        "When the bank answers, read its report in: `stopgap outcome FILE`.",
    ];
    let steps: String = lines.iter().map(|line| wrapped(line, "  [ ] ", "      ")).collect();
    heading("Next") + &steps
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
        insta::assert_snapshot!(released(&two_files(false), made_up::day("2026-11-20")), @r"
        Batch B0002 is released: 2 files, 1.001 payments, 700.000,50 DKK. It counts as
        paid.

        Files, in the workspace
          out/B0002/B0002_1-of-2_pay-2026-12-01_1000-payments_699999.50-DKK.xml
              1.000 payments, 699.999,50 DKK
              message id B0002-1-ABCDEFGHIJKLMNOP, SHA-256 5b5b5b5b
          out/B0002/B0002_2-of-2_pay-2026-12-01_1-payment_1.00-DKK.xml
              1 payment, 1,00 DKK
              message id B0002-2-ABCDEFGHIJKLMNOP, SHA-256 5c5c5c5c

        Receipt code of the ledger
          12-65OL-HX3V-B4WM-FJVM
        Write it on the control sheet: a machine that does not know this ledger asks for
        it.

        Next
          [ ] Upload each file to the bank once. One that was uploaded before is not
              uploaded again.
          [ ] Write down the bank's receipt for each file, on the control sheet.
          [ ] When the bank answers, read its report in: `stopgap outcome FILE`.
        ");
    }

    #[test]
    fn the_same_files_as_before_are_not_to_be_uploaded_again() {
        let text = released(&two_files(true), made_up::day("2026-11-20"));
        insta::assert_snapshot!(text, @r"
        Batch B0002 was released before. These are the same 2 files as then, not new
        ones: nothing was written. Do not upload them again, unless the bank never
        received them.

        Files, in the workspace
          out/B0002/B0002_1-of-2_pay-2026-12-01_1000-payments_699999.50-DKK.xml
              1.000 payments, 699.999,50 DKK
              message id B0002-1-ABCDEFGHIJKLMNOP, SHA-256 5b5b5b5b
          out/B0002/B0002_2-of-2_pay-2026-12-01_1-payment_1.00-DKK.xml
              1 payment, 1,00 DKK
              message id B0002-2-ABCDEFGHIJKLMNOP, SHA-256 5c5c5c5c

        Next
          [ ] Upload a file only if you are certain that the bank never received it.
          [ ] Write down the bank's receipt for each file, on the control sheet.
          [ ] When the bank answers, read its report in: `stopgap outcome FILE`.
        ");
        assert!(!text.contains("Upload each file"));
    }

    #[test]
    fn a_pay_date_that_is_here_or_past_is_warned_of() {
        let table = [
            ("2026-11-30", false, None),
            ("2026-12-01", false, Some("Mind the time: the first pay date is today, 2026-12-01 (Tuesday).")),
            ("2026-12-01", true, Some("Mind the time: the first pay date is today, 2026-12-01 (Tuesday).")),
            ("2026-12-02", false, Some("Mind the date: the first pay date, 2026-12-01 (Tuesday), is past.")),
            ("2026-12-02", true, Some("The first pay date, 2026-12-01 (Tuesday), is past.")),
        ];
        for (today, nothing_new, expected) in table {
            let text = released(&two_files(nothing_new), made_up::day(today));
            match expected {
                Some(expected) => assert!(text.contains(expected), "{today}: {text}"),
                None => assert!(!text.contains("first pay date"), "{today}: {text}"),
            }
        }
    }
}
