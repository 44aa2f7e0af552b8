//! What a file is that was given to the wrong command: at ten at night the bank's reports, upstream's runs and this program's own files lie in one
//! folder. It is told by what is in the file, so that the message can say where it belongs.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::bank::report;
use crate::recipient_list::{any_table, rows_file};
use crate::upstream::{Format, GLANCE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The findings of a comparison, or one of the lists beside them.
    OwnFindings,
    /// `rows.csv`, what became of each row of a list.
    OwnRows,
    /// Prisme's posting files, or its list of failures.
    Upstreams,
    /// A report of the bank that is no XML.
    BankReport,
    /// A table: a list to pay from, or a run of upstream's.
    Table,
}

/// Headings that no list and no run has. Somebody may have taken columns out and put others in.
const ONLY_IN_FINDINGS: [&str; 9] = [
    "finding",
    "kind",
    "remedy",
    "fallback",
    "upstream_planned",
    "overpaid",
    "underpaid",
    "end_to_end_id",
    "upstream_ref",
];

/// `None` where it cannot be told, or is XML, which says itself what it is.
pub fn what_is(path: &Path) -> Option<Told> {
    let mut start = Vec::with_capacity(GLANCE);
    File::open(path).and_then(|file| file.take(GLANCE as u64).read_to_end(&mut start)).ok()?;
    match Format::of(&start) {
        Format::Pain001 => return None,
        Format::Postings | Format::Failures => return Some(Told::Upstreams),
        Format::List => {}
    }
    if report::is_report_in_text(&start) {
        return Some(Told::BankReport);
    }
    let headings = first_row(path)?;
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let are = |known: &[&str]| headings.len() >= known.len() && headings.iter().zip(known).all(|(a, b)| a == b);
    let of_findings = headings.iter().filter(|heading| ONLY_IN_FINDINGS.contains(heading)).count();
    match () {
        () if of_findings >= 3 => Some(Told::OwnFindings),
        () if are(&rows_file::HEADINGS) => Some(Told::OwnRows),
        () if headings.iter().filter(|heading| any_table::column_named(heading).is_some()).count() > 1 => {
            Some(Told::Table)
        }
        () => None,
    }
}

/// The cells of the first row that has any.
fn first_row(path: &Path) -> Option<Vec<String>> {
    let mut found = None;
    // What ends the reading early is no fault of the file.
    let _ = any_table::each_row(path, "", &mut |_, _, row| {
        if row.iter().all(str::is_empty) {
            return Ok(());
        }
        found = Some(row.iter().map(str::to_owned).collect());
        Err(crate::fault::Fault::input("list.empty", crate::words::Message::verbatim("")))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::super::reconcile::files::COLUMNS;
    use super::*;

    #[test]
    fn a_file_is_known_by_what_is_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let rows = format!("{},cpr,navn\n", rows_file::HEADINGS.join(","));
        let findings = format!("{}\nF0001,double_paid\n", COLUMNS.join(","));
        let edited = findings.replace("owed", "amount").replace("finding,", "");
        let table: [(&str, Option<Told>); 11] = [
            (&edited, Some(Told::OwnFindings)),
            (&findings, Some(Told::OwnFindings)),
            (&findings.replace(',', ";"), Some(Told::OwnFindings)),
            (
                "finding,remedy,person_id,scheme,period,part,upstream_ref,upstream_planned,underpaid\n",
                Some(Told::OwnFindings),
            ),
            (&rows, Some(Told::OwnRows)),
            ("000G6800001011&020000", Some(Told::Upstreams)),
            ("§38;0101010000;1;2;2022/04/01;RJCT;x;y\r\n", Some(Told::Upstreams)),
            (":20:S1\r\n:25:6471/0001234567\r\n:28C:1/1\r\n:60F:C220401DKK1,00\r\n", Some(Told::BankReport)),
            ("cpr;navn;beløb\n1;2;3\n", Some(Told::Table)),
            ("<Document/>", None),
            ("a letter\nof some lines\n", None),
        ];
        for (text, expected) in table {
            let path = folder.path().join("file");
            std::fs::write(&path, text).expect("writes");
            assert_eq!(what_is(&path), expected, "{text}");
        }
        assert_eq!(what_is(folder.path()), None);
        assert_eq!(what_is(&folder.path().join("none")), None);
    }
}
