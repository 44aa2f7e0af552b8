//! The file's bytes, one tag at a time with the text before it, hashed on their way in. Knows nothing of bank files; all that it keeps is a
//! window, which grows with a single tag or text, and only so far.

use std::io::{self, Read};
use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::unreadable;
use crate::fault::Result;
use crate::payment::Digest;

const CHUNK: usize = 64 * 1024;
/// What one tag and the text before it may take before the file is taken for something else. Far more than a bank file needs.
const LONGEST: usize = 16 * CHUNK;

pub struct Tags<R> {
    input: R,
    sha256: Sha256,
    window: Vec<u8>,
    /// What of the window has been read from the input, and not yet been given out.
    unread: Range<usize>,
}

/// What comes next in a file.
pub enum Next<'w> {
    /// A tag without its angle brackets, and all that stands before it since the last one.
    Tag { text: &'w [u8], tag: &'w [u8] },
    /// What stands behind the last tag.
    End { text: &'w [u8] },
}

impl<R: Read> Tags<R> {
    pub fn new(input: R) -> Self {
        Self { input, sha256: Sha256::new(), window: vec![0; CHUNK], unread: 0..0 }
    }

    pub fn next(&mut self) -> Result<Next<'_>> {
        let Some(text) = self.until(b'<', 0)? else {
            return Ok(Next::End { text: &self.window[self.unread.clone()] });
        };
        let Some(tag) = self.until(b'>', text + 1)? else {
            return Err(unreadable(CUT_SHORT));
        };
        let begin = self.unread.start;
        self.unread.start += tag + 1;
        let (text, tag) = (begin..begin + text, begin + text + 1..begin + tag);
        Ok(Next::Tag { text: &self.window[text], tag: &self.window[tag] })
    }

    /// The SHA-256 of the whole input, once the end has come.
    pub fn finish(self) -> Digest {
        Digest(self.sha256.finalize().into())
    }

    /// How far into what is unread the first such byte stands, from `after` on. Reads on until there is one; `None` where none comes.
    ///
    /// Tags lie so close to each other that looking at byte after byte is quicker than beginning a search through many at once.
    #[inline]
    fn until(&mut self, stop: u8, after: usize) -> Result<Option<usize>> {
        let mut after = after;
        loop {
            let unread = &self.window[self.unread.clone()];
            if let Some(at) = unread[after..].iter().position(|byte| *byte == stop) {
                return Ok(Some(after + at));
            }
            after = unread.len();
            if self.read_on()? == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads behind what is unread, which is moved to the window's beginning for it. 0 at the end of the input.
    fn read_on(&mut self) -> Result<usize> {
        if self.unread.start > 0 {
            self.window.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        if self.unread.end == self.window.len() {
            if self.window.len() == LONGEST {
                return Err(unreadable("a single element in it is far too long"));
            }
            self.window.resize((2 * self.window.len()).min(LONGEST), 0);
        }
        loop {
            match self.input.read(&mut self.window[self.unread.end..]) {
                Ok(read) => {
                    self.sha256.update(&self.window[self.unread.end..self.unread.end + read]);
                    self.unread.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
    }
}

pub const CUT_SHORT: &str = "it is cut short or is not well-formed XML";

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every tag lies across a border.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(1);
            self.0.read(&mut into[..most])
        }
    }

    fn all(input: impl Read) -> Result<(Vec<(String, String)>, Digest)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut tags = Tags::new(input);
        let mut found = Vec::new();
        loop {
            match tags.next()? {
                Next::Tag { text: before, tag } => found.push((text(before), text(tag))),
                Next::End { text: rest } => {
                    found.push((text(rest), "END".into()));
                    return Ok((found, tags.finish()));
                }
            }
        }
    }

    #[test]
    fn tags_come_with_the_text_before_them_wherever_the_borders_lie() {
        let long = "x".repeat(CHUNK - 3);
        let input = format!("<?xml?>\n<A><B a=\"b\">{long}</B>{long}</A> ");
        let expected = [("", "?xml?"), ("\n", "A"), ("", "B a=\"b\""), (&long, "/B"), (&long, "/A"), (" ", "END")];
        let expected = expected.map(|(text, tag)| (text.to_owned(), tag.to_owned()));
        let digest = Digest(Sha256::digest(&input).into());
        for found in [all(input.as_bytes()), all(Drops(input.as_bytes()))] {
            assert_eq!(found.expect("reads"), (expected.to_vec(), digest));
        }
    }

    #[test]
    fn a_tag_or_text_without_end_is_refused_before_it_takes_all_memory() {
        for start in ["", "<", "<A>"] {
            let input = start.as_bytes().chain(io::repeat(b'x'));
            assert_eq!(all(input).expect_err("endless").code, "release.unreadable_file");
        }
        assert!(all("<A".as_bytes()).is_err());
    }
}
