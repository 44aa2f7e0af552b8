//! In which of its many dialects a CSV file is written: told from its first bytes and its first filled line.

use std::fmt;

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::Encoding;

use crate::phrase;
use crate::words::Phrase;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A byte order mark names the encoding.
    Marked(&'static Encoding),
    /// Text, it seems: UTF-8 unless that proves wrong.
    Unmarked,
    /// A ZIP package: a workbook, most likely.
    Package,
    /// An Office file of the nineties, or a newer one under a password.
    OldOffice,
    /// Something else altogether, by its name.
    NotText(Phrase),
}

/// How much of the file [`Opening::of`] wants to see.
pub(super) const OPENING_BYTES: usize = 1024;

impl Opening {
    pub(super) fn of(bytes: &[u8]) -> Self {
        if let Some((encoding, _)) = Encoding::for_bom(bytes) {
            return Opening::Marked(encoding);
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return Opening::Package;
        }
        if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            return Opening::OldOffice;
        }
        let start = bytes.trim_ascii_start().get(..14).unwrap_or(bytes).to_ascii_lowercase();
        let known =
            SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature) || start.starts_with(signature));
        known.map_or(Opening::Unmarked, |(_, name)| Opening::NotText(*name))
    }
}

/// The first bytes by which file formats are known; texts in lower case.
const SIGNATURES: [(&[u8], Phrase); 11] = [
    (b"%pdf-", phrase!("a PDF document")),
    (b"\x89PNG", phrase!("a picture (PNG)")),
    (b"\xFF\xD8\xFF", phrase!("a picture (JPEG)")),
    (b"GIF8", phrase!("a picture (GIF)")),
    (b"II*\0", phrase!("a picture (TIFF)")),
    (b"MM\0*", phrase!("a picture (TIFF)")),
    (b"\x1F\x8B", phrase!("a compressed file (gzip)")),
    (b"7z\xBC\xAF\x27\x1C", phrase!("a compressed file (7z)")),
    (b"{\\rtf", phrase!("a word processor's document (RTF)")),
    (b"<?xml", phrase!("an XML document")),
    (b"<!doctype html", phrase!("a web page (HTML)")),
];

/// What parts one cell from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    Semicolon,
    Comma,
    Tab,
    Bar,
}

impl Delimiter {
    /// In the order in which they are believed when nothing else decides.
    pub(super) const ALL: [Delimiter; 4] = [Delimiter::Semicolon, Delimiter::Comma, Delimiter::Tab, Delimiter::Bar];

    pub(super) fn byte(self) -> u8 {
        match self {
            Delimiter::Semicolon => b';',
            Delimiter::Comma => b',',
            Delimiter::Tab => b'\t',
            Delimiter::Bar => b'|',
        }
    }

    /// The delimiter under which the first filled line of `text` holds the most headings that `knows` recognises, then the most cells.
    pub(super) fn detect(text: &[u8], knows: impl Fn(&str) -> bool) -> Self {
        let mut best = (Delimiter::Semicolon, (0, 0));
        for delimiter in Delimiter::ALL {
            let headings = first_filled(text, delimiter);
            let known = headings.iter().filter(|cell| str::from_utf8(cell).is_ok_and(&knows)).count();
            if (known, headings.len()) > best.1 {
                best = (delimiter, (known, headings.len()));
            }
        }
        best.0
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Delimiter::Semicolon => phrase!("semicolons"),
            Delimiter::Comma => phrase!("commas"),
            Delimiter::Tab => phrase!("tabs"),
            Delimiter::Bar => phrase!("vertical bars"),
        };
        words.fmt(f)
    }
}

/// The first row with something in it; in a text without any, the widest.
fn first_filled(text: &[u8], delimiter: Delimiter) -> ByteRecord {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter.byte()).from_reader(text);
    let (mut record, mut widest) = (ByteRecord::new(), ByteRecord::new());
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        if record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
            return record;
        }
        if record.len() > widest.len() {
            widest.clone_from(&record);
        }
    }
    widest
}

/// Excel's own first line, `sep=;`, which it shows nobody: its length with the line end, and the delimiter it names.
pub(super) fn separator_line(text: &[u8]) -> Option<(usize, Delimiter)> {
    let (line, rest) = text.split_at_checked(5)?;
    let delimiter = Delimiter::ALL
        .into_iter()
        .find(|delimiter| line.to_ascii_lowercase() == [b's', b'e', b'p', b'=', delimiter.byte()])?;
    match rest {
        [b'\r', b'\n', ..] => Some((7, delimiter)),
        [b'\r' | b'\n', ..] => Some((6, delimiter)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};

    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let table: [(&[u8], Opening); 12] = [
            (b"", Opening::Unmarked),
            (b"cpr;navn", Opening::Unmarked),
            (b"\xEF\xBB\xBFcpr", Opening::Marked(UTF_8)),
            (b"\xFF\xFEc\0", Opening::Marked(UTF_16LE)),
            (b"\xFE\xFF\0c", Opening::Marked(UTF_16BE)),
            (b"PK\x03\x04......[Content_Types].xml", Opening::Package),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", Opening::OldOffice),
            (b"%PDF-1.7", Opening::NotText(phrase!("a PDF document"))),
            (b"\x89PNG\r\n", Opening::NotText(phrase!("a picture (PNG)"))),
            (b"\xFF\xD8\xFF\xE0", Opening::NotText(phrase!("a picture (JPEG)"))),
            (b"\n <!DOCTYPE html><html>", Opening::NotText(phrase!("a web page (HTML)"))),
            (b"<?xml version='1.0'?>", Opening::NotText(phrase!("an XML document"))),
        ];
        for (bytes, opening) in table {
            assert_eq!(Opening::of(bytes), opening, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_headings() {
        let table = [
            ("cpr;navn;beløb", Delimiter::Semicolon),
            ("cpr,navn,beløb", Delimiter::Comma),
            ("cpr\tnavn\tbeløb", Delimiter::Tab),
            ("cpr|navn|beløb", Delimiter::Bar),
            ("\r\n;;;;\r\ncpr;navn;beløb\r\n", Delimiter::Semicolon),
            ("\"navn; fornavn, efternavn\",cpr,beløb\n", Delimiter::Comma),
            ("a;b;c;d;e;f cpr,navn", Delimiter::Comma),
            ("one,two,three", Delimiter::Comma),
            ("cpr", Delimiter::Semicolon),
            ("", Delimiter::Semicolon),
        ];
        for (text, delimiter) in table {
            let detected = Delimiter::detect(text.as_bytes(), |heading| ["cpr", "navn", "beløb"].contains(&heading));
            assert_eq!(detected, delimiter, "{text:?}");
        }
    }

    #[test]
    fn excels_separator_line_is_no_row() {
        let table = [
            ("sep=;\r\ncpr", Some((7, Delimiter::Semicolon))),
            ("SEP=\t\ncpr", Some((6, Delimiter::Tab))),
            ("sep=,\rcpr", Some((6, Delimiter::Comma))),
            ("sep=;x\n", None),
            ("sep=x\n", None),
            ("se", None),
        ];
        for (text, expected) in table {
            assert_eq!(separator_line(text.as_bytes()), expected, "{text:?}");
        }
    }
}
