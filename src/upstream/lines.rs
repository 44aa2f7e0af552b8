//! The lines of a text file from outside, one at a time, none longer than a file of this kind has.

use std::io::{BufRead, BufReader, Read};

use encoding_rs::WINDOWS_1252;

use crate::fault::{Fault, Result};
use crate::say;

/// A G69 line with its longest texts takes some two thousand characters.
const LONGEST: u64 = 64 * 1024;

pub struct Lines<R: Read> {
    input: BufReader<R>,
    bytes: Vec<u8>,
    /// Of the line read last, from 1.
    number: u64,
}

impl<R: Read> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), bytes: Vec::new(), number: 0 }
    }

    /// The next line that is not blank, without its end: in UTF-8, or where it is none in Windows-1252.
    pub fn next(&mut self) -> Result<Option<(u64, String)>> {
        loop {
            self.bytes.clear();
            let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut self.bytes).map_err(|error| {
                Fault::input("upstream.unreadable", say!("The file cannot be read: {error}.", error))
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if read as u64 == LONGEST && !self.bytes.ends_with(b"\n") {
                let message = say!("Line {number} is longer than any line of such a file is.", number = self.number);
                return Err(Fault::input("upstream.too_large", message));
            }
            // The last line of a file from a mainframe may be the end-of-file mark.
            let line = self.bytes.trim_ascii_end();
            let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
            if line.is_empty() || line == b"\x1A" {
                continue;
            }
            let text = match std::str::from_utf8(line) {
                Ok(text) => text.to_owned(),
                Err(_) => WINDOWS_1252.decode_without_bom_handling(line).0.into_owned(),
            };
            return Ok(Some((self.number, text)));
        }
    }
}
