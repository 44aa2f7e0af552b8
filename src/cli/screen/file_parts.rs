//! Before anything leaves: that the payments are more than one bank file may hold, how many files it will be, and with which row each begins.

use super::figures::payments;
use super::meaning;
use super::paragraph::{heading, wrapped};
use super::problems::list_names;
use crate::checks::Code;
use crate::ops::prepare::{FilePart, Report};
use crate::release::Divider;
use crate::say;
use crate::words::{self, Message, ungrouped};

/// So many files are named before the rest is counted.
const NAMED: usize = 10;

/// Nothing where one file holds all.
pub(super) fn file_parts(report: &Report) -> String {
    let files = report.files.len();
    if files < 2 {
        return String::new();
    }
    let meaning = meaning::of(Code::FileNext);
    let code =
        say!("{code}, {files:file|files}: {meaning}", code = Code::FileNext.as_str(), files = files as u64, meaning);
    let mut text = heading(say!("The bank files")) + &wrapped(code, "  ", "    ");
    text += &wrapped(limits(report.divider), "    ", "    ");
    let names = list_names(report);
    for (number, FilePart { sum, first }) in (1u64..).zip(&report.files).take(NAMED) {
        let list = names.get(usize::from(first.list)).cloned().unwrap_or_default();
        let begins = say!(
            "{number} of {of}: {payments}, beginning with {list} row {row}",
            number,
            of = files as u64,
            payments = payments(*sum),
            list,
            row = ungrouped(first.row)
        );
        text += &wrapped(begins, "    ", "      ");
    }
    match files.saturating_sub(NAMED) {
        0 => text,
        more => text + &wrapped(say!("… and {more:more file|more files}", more = more as u64), "    ", "    "),
    }
}

fn limits(divider: Divider) -> Message {
    let payments = u64::from(divider.max_payments);
    match divider.largest_file {
        None => say!(
            "The bank takes at most {payments:payment|payments} a file. All of the files must be uploaded, each once.",
            payments
        ),
        Some(most) => say!(
            "The bank takes at most {payments:payment|payments} and {most} {currency} a file. All of the files must be uploaded, each once.",
            payments,
            most = words::amount(most),
            currency = most.currency().code()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;

    #[test]
    fn one_file_needs_no_word() {
        assert_eq!(file_parts(&made_up::report()), "");
    }

    #[test]
    fn several_files_are_told_with_the_row_that_each_begins_with() {
        let mut report = made_up::report();
        report.divider = Divider { max_payments: 1, largest_file: None };
        report.files = (2..15).map(|row| made_up::file_part(1, 100, (u16::from(row > 9), row))).collect();
        let text = made_up::in_both(|| file_parts(&report));
        report.divider.largest_file = Some(made_up::dkk(1_234_500));
        report.files.truncate(2);
        insta::assert_snapshot!(text + "\n====\n" + &made_up::in_both(|| file_parts(&report)));
    }
}
