//! XML cut into pieces: tags, texts, references. Who opened what, and what a piece may say where it stands, is for [`super::xml`].
//!
//! The file passes through one window. It is known to be UTF-8 as it comes in, so that pieces are lent from it as they stand: nothing is
//! copied, and nothing is looked at twice.

use std::io::{self, Read};

use memchr::{memchr2, memchr3, memmem};

use super::xml::{malformed, not_well_formed, too_long, unfinished};
use crate::fault::Result;
use crate::words::Message;

/// So much is read at once.
const CHUNK: usize = 64 * 1024;
/// What one tag or one text may take.
pub const LONGEST_PIECE: usize = 1024 * 1024;

/// One piece of a file, as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'w> {
    Open {
        name: &'w str,
        /// What stands between the name and the tag's end.
        attributes: &'w str,
        /// The tag closes its element as well: `<A/>`.
        closes: bool,
    },
    Close(&'w str),
    Text(&'w str),
    /// Without its `&` and `;`.
    Reference(&'w str),
    DocType,
    /// A comment, or an instruction to a program.
    Aside,
    Eof,
}

pub struct Markup<R> {
    input: R,
    window: String,
    /// Where in it the next piece begins.
    at: usize,
    /// The first bytes of a character that was cut in two by reading.
    begun: Vec<u8>,
    ended: bool,
}

impl<R: Read> Markup<R> {
    pub fn new(input: R) -> Self {
        Self { input, window: String::new(), at: 0, begun: Vec::new(), ended: false }
    }

    pub fn next(&mut self) -> Result<Piece<'_>> {
        let found = loop {
            match find(&self.window.as_bytes()[self.at..]) {
                Found::Unfinished if !self.ended => self.read_on()?,
                Found::Unfinished => break self.at_the_end()?,
                Found::Wrong => return Err(not_well_formed()),
                found => break found,
            }
        };
        let piece = &self.window[self.at..];
        let (piece, length) = match found {
            Found::Opening { name, length } => {
                let closes = piece.as_bytes()[length - 2] == b'/';
                let attributes = &piece[1 + name..length - if closes { 2 } else { 1 }];
                (Piece::Open { name: &piece[1..1 + name], attributes, closes }, length)
            }
            Found::Closing(length) => (Piece::Close(piece[2..length - 1].trim_ascii_end()), length),
            Found::Text(length) => (Piece::Text(&piece[..length]), length),
            Found::Verbatim(length) => (Piece::Text(&piece[VERBATIM.len()..length - VERBATIM_END.len()]), length),
            Found::Reference(length) => (Piece::Reference(&piece[1..length - 1]), length),
            Found::Aside(length) => (Piece::Aside, length),
            Found::DocType => (Piece::DocType, 0),
            Found::Unfinished | Found::Wrong => (Piece::Eof, 0),
        };
        self.at += length;
        Ok(piece)
    }

    /// Passes over the closing tag of that name, if it is what comes next. Whoever knows what is open spares most closing tags a look.
    pub fn passes_close(&mut self, name: &str) -> bool {
        let rest = &self.window.as_bytes()[self.at..];
        let tag = rest.strip_prefix(b"</").and_then(|rest| rest.strip_prefix(name.as_bytes()));
        let comes = tag.is_some_and(|behind| behind.first() == Some(&b'>'));
        if comes {
            self.at += name.len() + 3;
        }
        comes
    }

    /// What is left when there is nothing more to read: a text, or nothing.
    fn at_the_end(&self) -> Result<Found> {
        match self.window.as_bytes()[self.at..] {
            [b'<' | b'&', ..] => Err(unfinished()),
            [] => Ok(Found::Unfinished),
            ref text => Ok(Found::Text(text.len())),
        }
    }

    /// Lets go of what was handed out, and reads a chunk more.
    fn read_on(&mut self) -> Result<()> {
        if self.window.len() - self.at > LONGEST_PIECE {
            return Err(too_long());
        }
        let mut bytes = std::mem::take(&mut self.window).into_bytes();
        bytes.drain(..std::mem::take(&mut self.at));
        bytes.append(&mut self.begun);
        let known = bytes.len();
        bytes.resize(known + CHUNK, 0);
        let read = read_some(&mut self.input, &mut bytes[known..]).map_err(|error| malformed(Message::from(&error)))?;
        bytes.truncate(known + read);
        self.ended = read == 0;
        self.window = self.whole_characters(bytes)?;
        Ok(())
    }

    /// Keeps back a character whose last bytes are still to come.
    fn whole_characters(&mut self, bytes: Vec<u8>) -> Result<String> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(text),
            Err(error) => error,
        };
        let place = error.utf8_error();
        if self.ended || place.error_len().is_some() {
            return Err(not_well_formed());
        }
        let mut bytes = error.into_bytes();
        self.begun = bytes.split_off(place.valid_up_to());
        String::from_utf8(bytes).map_err(|_| not_well_formed())
    }
}

fn read_some(input: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

const VERBATIM: &[u8] = b"<![CDATA[";
const VERBATIM_END: &[u8] = b"]]>";

/// What a window begins with, and how long that is.
enum Found {
    /// `name` is the length of the element's name.
    Opening {
        name: usize,
        length: usize,
    },
    Closing(usize),
    Text(usize),
    /// A CDATA section.
    Verbatim(usize),
    Reference(usize),
    Aside(usize),
    DocType,
    /// The window ends before it does.
    Unfinished,
    Wrong,
}

fn find(window: &[u8]) -> Found {
    match window {
        [b'<', b'/', inner @ ..] => match memchr2(b'>', b'<', inner) {
            Some(end) if inner[end] == b'>' => Found::Closing(end + 3),
            Some(_) => Found::Wrong,
            None => Found::Unfinished,
        },
        [b'<', b'!', inner @ ..] => find_declared(window, inner),
        [b'<', b'?', inner @ ..] => ended(2, inner, b"?>").map_or(Found::Unfinished, Found::Aside),
        [b'<', inner @ ..] => find_opening(inner),
        [b'&', inner @ ..] => match memchr3(b';', b'&', b'<', inner) {
            Some(end) if inner[end] == b';' => Found::Reference(end + 2),
            Some(_) => Found::Wrong,
            None => Found::Unfinished,
        },
        text => memchr2(b'<', b'&', text).map_or(Found::Unfinished, Found::Text),
    }
}

/// `inner` is what follows the `<` of a tag. A `>` between quotes is part of a value.
fn find_opening(inner: &[u8]) -> Found {
    let is_end = |byte: &u8| matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n' | b'<' | b'"' | b'\'');
    let Some(name) = inner.iter().position(is_end) else { return Found::Unfinished };
    let mut at = name;
    let mut quote = None;
    // The first of them is the byte that ended the name.
    while let Some(byte) = inner.get(at) {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if at > name => quote = Some(byte),
            (None, b'>') if name > 0 => return Found::Opening { name, length: at + 2 },
            (None, b'/') if inner.get(at + 1).is_some_and(|next| *next != b'>') => return Found::Wrong,
            (None, b'<' | b'>' | b'"' | b'\'') => return Found::Wrong,
            (None, _) => {}
        }
        at += 1;
    }
    Found::Unfinished
}

/// `inner` is what follows `<!`.
fn find_declared(window: &[u8], inner: &[u8]) -> Found {
    if let Some(comment) = inner.strip_prefix(b"--") {
        return ended(4, comment, b"-->").map_or(Found::Unfinished, Found::Aside);
    }
    if let Some(text) = window.strip_prefix(VERBATIM) {
        return ended(VERBATIM.len(), text, VERBATIM_END).map_or(Found::Unfinished, Found::Verbatim);
    }
    match inner.first() {
        Some(b'D' | b'd') => Found::DocType,
        _ if b"--".starts_with(inner) || VERBATIM.starts_with(window) => Found::Unfinished,
        _ => Found::Wrong,
    }
}

/// How far it is to the end of `end`, with what stands before `inner`.
fn ended(before: usize, inner: &[u8], end: &[u8]) -> Option<usize> {
    memmem::find(inner, end).map(|at| before + at + end.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;

    /// Gives few bytes at a time, so that pieces and characters lie across borders.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(self.1);
            self.0.read(&mut into[..most])
        }
    }

    /// Each piece in words; `None` where the text is refused.
    fn pieces(input: impl Read) -> Option<Vec<String>> {
        let mut markup = Markup::new(input);
        let mut told = Vec::new();
        loop {
            let piece = markup.next().ok()?;
            told.push(match piece {
                Piece::Open { name, attributes, closes } => format!("open {name} {} {closes}", attributes.trim()),
                Piece::Close(name) => format!("close {name}"),
                Piece::Text("") => continue,
                Piece::Text(text) => format!("text {text}"),
                Piece::Reference(name) => format!("reference {name}"),
                Piece::Aside => "aside".to_owned(),
                Piece::DocType => return None,
                Piece::Eof => return Some(told),
            });
        }
    }

    /// The same by the XML library.
    fn by_the_library(text: &str) -> Option<Vec<String>> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        let mut told = Vec::new();
        loop {
            let open = |start: &quick_xml::events::BytesStart, closes| {
                format!("open {} {} {closes}", start.name().as_ref(), start.attributes_raw().trim())
            };
            told.push(match reader.read_event().ok()? {
                Event::Start(start) => open(&start, false),
                Event::Empty(start) => open(&start, true),
                Event::End(end) => format!("close {}", end.name().as_ref()),
                Event::Text(text) => format!("text {}", &*text),
                Event::CData(text) if text.is_empty() => continue,
                Event::CData(text) => format!("text {}", &*text),
                Event::GeneralRef(name) => format!("reference {}", &*name),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => "aside".to_owned(),
                Event::DocType(_) => return None,
                Event::Eof => return Some(told),
            });
        }
    }

    const PARTS: [&str; 24] = [
        "<A>",
        "</A>",
        "<B/>",
        "<n:C d=\"1>2\" e='/'>",
        "</n:C >",
        "<A\n x = '\"' />",
        "text",
        " ",
        "\n",
        "æøå",
        "&amp;",
        "&#x41;",
        "<!-- a -- b -->",
        "<![CDATA[<a>]]]>",
        "<![CDATA[]]>",
        "<?p q?>",
        "<?xml version='1.0'?>",
        "<",
        ">",
        "&",
        ";",
        "\"",
        "]]>",
        "<!DOCTYPE a>",
    ];

    proptest! {
        /// Whatever is told is what the library tells, wherever the borders lie; what it refuses is refused here.
        #[test]
        fn pieces_are_those_of_the_library(
            parts in proptest::collection::vec(proptest::sample::select(&PARTS[..]), 0..12),
            drop in 1usize..9,
        ) {
            let text = parts.concat();
            let ours = pieces(text.as_bytes());
            prop_assert_eq!(&pieces(Drops(text.as_bytes(), drop)), &ours);
            match (ours, by_the_library(&text)) {
                (Some(ours), theirs) => prop_assert_eq!(Some(ours), theirs),
                // Stricter about what may stand in a tag.
                (None, Some(_)) => prop_assert!(text.contains('<') || text.contains('&')),
                (None, None) => {}
            }
        }
    }

    #[test]
    fn what_may_stand_in_a_tag_and_what_not() {
        for text in ["<A/>", "<A b='<'/>", "<A b=\"'>\"></A>", "<a.b-c/>", "<A/><!---->"] {
            assert_eq!(pieces(text.as_bytes()), by_the_library(text), "{text}");
        }
        for text in [
            "<>",
            "< A>",
            "<A/b>",
            "<A <B>",
            "<\"A\">",
            "</A<",
            "<!x>",
            "<!-- ",
            "<![CDATA[",
            "<?x",
            "<A b='>",
            "&a b",
            "&a<",
        ] {
            assert_eq!(pieces(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_characters_are_refused_wherever_they_are_cut() {
        for text in [&b"<A>\xC3\xA6\xF0\x9F\x98\x80</A>"[..], b"<A>\xC3</A>", b"<A>\xC3\xA6", b"<A></A>\xF0\x9F"] {
            let expected = std::str::from_utf8(text).is_ok();
            for drop in 1..5 {
                assert_eq!(pieces(Drops(text, drop)).is_some(), expected, "{text:?}");
            }
        }
    }
}
