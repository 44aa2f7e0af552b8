//! The bytes of a CSV file become UTF-8, a piece at a time: hashed as they are read, decoded without ever replacing a character.
//!
//! The text of the record in hand is kept as it was written until the record is done with, so that what the csv crate forgives (blank
//! lines, quotation marks that never close) can be looked at again.

use std::fmt;
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

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Io(error) => error.fmt(f),
            Trouble::NotInEncoding => f.write_str("bytes that mean nothing in the encoding"),
            Trouble::RecordTooLarge { .. } => f.write_str("a record that is too large"),
        }
    }
}

impl std::error::Error for Trouble {}

/// A reader of UTF-8 over bytes in any encoding. Positions count bytes of UTF-8 from where reading as `io::Read` began.
pub(super) struct CsvText<R> {
    source: R,
    hash: Sha256,
    decoder: Decoder,
    piece: Vec<u8>,
    /// The text from position `start` on.
    window: String,
    start: u64,
    /// How much of the window has been handed out, and how much of that will not be asked for again.
    given: usize,
    released: usize,
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
            start: 0,
            given: 0,
            released: 0,
            ended: false,
        }
    }

    /// The first 64 KiB or so of what has not been handed out yet.
    pub(super) fn peek(&mut self) -> Result<&[u8], Trouble> {
        while !self.ended && self.window.len() - self.given < PIECE_BYTES {
            self.fill()?;
        }
        Ok(self.window.as_bytes().get(self.given..).unwrap_or_default())
    }

    /// Leaves out text that was peeked at. Only before reading begins.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.window.drain(..bytes.min(self.window.len()));
    }

    /// The text between two positions, if it has not been released.
    pub(super) fn between(&self, from: u64, to: u64) -> &str {
        let place = |position: u64| usize::try_from(position.checked_sub(self.start)?).ok();
        place(from).zip(place(to)).and_then(|(from, to)| self.window.get(from..to)).unwrap_or_default()
    }

    /// What lies before this position will not be asked for again.
    pub(super) fn release(&mut self, position: u64) {
        let place = usize::try_from(position.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.released = place.min(self.given);
    }

    /// Of the bytes read so far: of the whole file, once it has been read to its end.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    fn fill(&mut self) -> Result<(), Trouble> {
        self.window.drain(..self.released);
        self.start += self.released as u64;
        self.given -= self.released;
        self.released = 0;
        if self.window.len() > MAX_RECORD_BYTES {
            return Err(Trouble::RecordTooLarge { binary: self.window.contains('\0') });
        }
        let read = loop {
            match self.source.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => break read.map_err(Trouble::Io)?,
            }
        };
        self.ended = read == 0;
        let piece = self.piece.get(..read).unwrap_or_default();
        self.hash.update(piece);
        decode(&mut self.decoder, piece, self.ended, &mut self.window)
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

impl<R: Read> Read for CsvText<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.window.len() {
            if self.ended {
                return Ok(0);
            }
            self.fill().map_err(io::Error::other)?;
        }
        let waiting = self.window.as_bytes().get(self.given..).unwrap_or_default();
        let count = waiting.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), waiting.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
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
        let mut text = String::new();
        CsvText::new(Drops(bytes), encoding).read_to_string(&mut text).ok().map(|_| text)
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
        text.read_to_end(&mut Vec::new()).expect("it reads");
        assert_eq!(text.sha256(), <[u8; 32]>::from(Sha256::digest(bytes)));
    }
}
