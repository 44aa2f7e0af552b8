//! Which kind of run a file is, told from its first bytes.

use encoding_rs::{Encoding, UTF_8};

/// How much of a file [`Format::of`] wants to see.
pub const GLANCE: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A list as it is paid from: CSV or a workbook.
    List,
    /// A bank file that another system made.
    Pain001,
    /// Prisme's payment orders with their postings, G68 and G69.
    Postings,
    /// Prisme's list of what could not be posted, §38.
    Failures,
}

impl Format {
    pub fn of(start: &[u8]) -> Self {
        let (encoding, mark) = Encoding::for_bom(start).unwrap_or((UTF_8, 0));
        let (text, _) = encoding.decode_without_bom_handling(start.get(mark..).unwrap_or_default());
        let text = text.trim_start();
        let lower: String = text.chars().take(14).flat_map(char::to_lowercase).collect();
        if text.starts_with('<') && !lower.starts_with("<html") && !lower.starts_with("<!doctype html") {
            return Format::Pain001;
        }
        if is_posting(text) {
            return Format::Postings;
        }
        if is_failure(text) {
            return Format::Failures;
        }
        Format::List
    }

    /// In a few words, for people and for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::List => "list",
            Format::Pain001 => "pain.001",
            Format::Postings => "Prisme G68/G69",
            Format::Failures => "Prisme §38",
        }
    }
}

/// Three digits, `G68` or `G69`, and a line number of five.
fn is_posting(text: &str) -> bool {
    let head: Vec<char> = text.chars().take(11).collect();
    let digits = |from: usize, to: usize| head.get(from..to).is_some_and(|part| part.iter().all(char::is_ascii_digit));
    head.len() == 11 && digits(0, 3) && matches!(head[3..6], ['G', '6', '8' | '9']) && digits(6, 11)
}

/// `§38;` and more cells: there are no headings to know it by.
fn is_failure(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let kind = line.split(';').next().unwrap_or_default();
    let number = kind.strip_prefix('§').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && line.matches(';').count() >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_known_by_its_first_bytes() {
        let utf16 = |text: &str| {
            [&[0xFF, 0xFE][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat()
        };
        let table: [(Vec<u8>, Format); 11] = [
            (b"cpr;amount;scheme".to_vec(), Format::List),
            (b"PK\x03\x04".to_vec(), Format::List),
            (b"".to_vec(), Format::List),
            (b"<html><body>".to_vec(), Format::List),
            (b"\xEF\xBB\xBF<?xml version=\"1.0\"?>".to_vec(), Format::Pain001),
            (b"  \n<Document>".to_vec(), Format::Pain001),
            (b"000G6800001011&020000".to_vec(), Format::Postings),
            (b"012G6900001003401NORFLYD".to_vec(), Format::Postings),
            (b"000G70000010".to_vec(), Format::List),
            (utf16("§38;101010000;1;2;2022/04/01;RJCT;x;y\r\n"), Format::Failures),
            ("§38;kroner\n".into(), Format::List),
        ];
        for (bytes, format) in table {
            assert_eq!(Format::of(&bytes), format, "{}", bytes.escape_ascii());
        }
    }
}
