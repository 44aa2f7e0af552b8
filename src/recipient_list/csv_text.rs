//! The bytes of a CSV file become UTF-8, a piece at a time: hashed as they are read, decoded without ever replacing a character.
//!
//! The text of the record in hand is kept as it was written until the record is done with, so that what a CSV parser forgives, such as a quotation
//! mark that never closes, can be looked at again.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};
use sha2::{Digest, Sha256};

/// The longest record that is read, in bytes of UTF-8. A longer one is no row of a list; most often a quotation mark was left open.
pub(super) const MAX_RECORD_BYTES: usize = 1024 * 1024;

const PIECE_BYTES: usize = 64 * 1024;

/// Why the text ends before its end.
#[derive(Debug)]
pub(super) enum Trouble {
    Io(io::Error),
    /// These bytes mean nothing in the encoding.
    NotInEncoding,
    /// A record above [`MAX_RECORD_BYTES`]; `binary` where it holds NUL characters.
    RecordTooLarge {
        binary: bool,
    },
}

/// A window of UTF-8 over bytes in any encoding. What is passed is let go of when more is read.
pub(super) struct CsvText<R> {
    source: R,
    hash: Sha256,
    decoder: Decoder,
    piece: Vec<u8>,
    window: String,
    /// How much of the window has been passed, and how much of the text lay before it.
    at: usize,
    before: u64,
    ended: bool,
}

impl<R: Read> CsvText<R> {
    pub(super) fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            hash: Sha256::new(),
            decoder: encoding.new_decoder_with_bom_removal(),
            piece: vec![0; PIECE_BYTES],
            window: String::with_capacity(2 * PIECE_BYTES),
            at: 0,
            before: 0,
            ended: false,
        }
    }

    /// What has been read and not been passed.
    pub(super) fn ahead(&self) -> &str {
        self.window.get(self.at..).unwrap_or_default()
    }

    /// How much text has been passed, in bytes of UTF-8.
    pub(super) fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Goes past so much of what lies ahead.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.at = self.window.len().min(self.at + bytes);
    }

    /// The first 64 KiB or so of what lies ahead.
    pub(super) fn peek(&mut self) -> Result<&str, Trouble> {
        while self.ahead().len() < PIECE_BYTES && self.read_on()? {}
        Ok(self.ahead())
    }

    /// Of the bytes read so far: of the whole file, once it has been read to its end.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Reads on, so that more lies ahead; `false` at the end.
    pub(super) fn read_on(&mut self) -> Result<bool, Trouble> {
        self.window.drain(..self.at);
        self.before += self.at as u64;
        self.at = 0;
        if self.window.len() > MAX_RECORD_BYTES {
            return Err(Trouble::RecordTooLarge { binary: self.window.contains('\0') });
        }
        let known = self.window.len();
        while !self.ended && self.window.len() == known {
            let read = loop {
                match self.source.read(&mut self.piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    read => break read.map_err(Trouble::Io)?,
                }
            };
            self.ended = read == 0;
            let piece = self.piece.get(..read).unwrap_or_default();
            self.hash.update(piece);
            decode(&mut self.decoder, piece, self.ended, &mut self.window)?;
        }
        Ok(self.window.len() > known)
    }
}

fn decode(decoder: &mut Decoder, mut piece: &[u8], last: bool, text: &mut String) -> Result<(), Trouble> {
    loop {
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(piece.len()).unwrap_or(PIECE_BYTES));
        let (result, read) = decoder.decode_to_string_without_replacement(piece, text, last);
        piece = piece.get(read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return Ok(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return Err(Trouble::NotInEncoding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time, as the slowest of disks would.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(1);
            let (now, rest) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = rest;
            Ok(count)
        }
    }

    fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
        let mut text = CsvText::new(Drops(bytes), encoding);
        while text.read_on().ok()? {}
        Some(text.ahead().to_owned())
    }

    #[test]
    fn letters_survive_however_the_bytes_arrive() {
        let table: [(&[u8], &'static Encoding, Option<&str>); 7] = [
            ("ø€æ".as_bytes(), encoding_rs::UTF_8, Some("ø€æ")),
            (b"\xEF\xBB\xBF\xC3\xB8", encoding_rs::UTF_8, Some("ø")),
            (b"\xFF\xFE\xF8\x00", encoding_rs::UTF_16LE, Some("ø")),
            (b"\xFE\xFF\x00\xF8", encoding_rs::UTF_16BE, Some("ø")),
            (b"\xF8\x80", encoding_rs::WINDOWS_1252, Some("ø€")),
            (b"\xF8", encoding_rs::UTF_8, None),
            (b"ab\xC3", encoding_rs::UTF_8, None),
        ];
        for (bytes, encoding, text) in table {
            assert_eq!(decoded(bytes, encoding).as_deref(), text, "{bytes:x?}");
        }
    }

    #[test]
    fn the_hash_is_that_of_the_bytes_not_of_the_text() {
        let bytes = b"\xFF\xFEa\x00";
        let mut text = CsvText::new(&bytes[..], encoding_rs::UTF_16LE);
        assert!(text.read_on().expect("it reads") && !text.read_on().expect("it ends"));
        assert_eq!(text.sha256(), <[u8; 32]>::from(Sha256::digest(bytes)));
    }
}
