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
        text += &format!("\n{}", sentence(&late(date, today, released.nothing_new)));
    }
    text += &heading("Files, in the workspace");
    for (path, file) in &released.files {
        text += &format!("  {}\n", visible(&path.to_string_lossy()));
        text += &details(file);
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

fn late(date: NaiveDate, today: NaiveDate, nothing_new: bool) -> String {
    let (date, is_today) = (moment::day(date), date == today);
    let ask = "Ask the bank whether it still takes them for that day";
    match (is_today, nothing_new) {
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
    let upload = if released.nothing_new {
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
