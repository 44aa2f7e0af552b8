//! The XML inside a workbook, event by event, with a limit on how much one event may hold.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::fault::Fault;
use crate::say;

use super::package::PartReader;
use super::{damaged, refused};

/// The most bytes that one tag, text or comment may fill. No cell of a list comes near it.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// One part, as events. Empty elements come as a start and an end.
pub(super) struct Xml {
    reader: quick_xml::Reader<Allowance<BufReader<PartReader>>>,
    buffer: Vec<u8>,
    list: String,
}

impl Xml {
    pub(super) fn new(part: PartReader, list: &str) -> Self {
        let source = Allowance { source: BufReader::with_capacity(64 * 1024, part), left: MAX_EVENT_BYTES };
        let mut reader = quick_xml::Reader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), list: list.to_owned() }
    }

    pub(super) fn next(&mut self) -> Result<Event<'_>, Fault> {
        self.buffer.clear();
        self.reader.get_mut().left = MAX_EVENT_BYTES;
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::DocType(_)) => Err(damaged(&self.list)),
            Ok(event) => Ok(event),
            Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                let kib = MAX_EVENT_BYTES / 1024;
                let what = say!("a single cell in it holds more than {limit} KiB, which no list needs.", limit = kib);
                Err(refused("list.too_large", &self.list, what)
                    .remedy(say!("Take the cell out, or save the sheet as CSV.")))
            }
            Err(_) => Err(damaged(&self.list)),
        }
    }

    /// Leaves out everything up to the end of the element whose start was read last.
    pub(super) fn skip_element(&mut self) -> Result<(), Fault> {
        let mut depth = 1u32;
        while depth > 0 {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(damaged(&self.list)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Leaves out the rest of the part, but for its end, where the check sum is compared: what stands before it may be damaged.
    ///
    /// Whoever stops reading before [`Event::Eof`] calls this before what was read is believed.
    pub(super) fn read_out(&mut self) -> Result<(), Fault> {
        match io::copy(self.reader.get_mut(), &mut io::sink()) {
            Ok(_) => Ok(()),
            Err(_) => Err(damaged(&self.list)),
        }
    }

    /// Adds the text up to the end of the element whose start was read last, elements inside included.
    pub(super) fn text_of_element(&mut self, text: &mut String) -> Result<(), Fault> {
        let mut depth = 1u32;
        while depth > 0 {
            let understood = match self.next()? {
                Event::Start(_) => {
                    depth += 1;
                    Some(())
                }
                Event::End(_) => {
                    depth -= 1;
                    Some(())
                }
                Event::Eof => None,
                event => add_text(&event, text),
            };
            if understood.is_none() || text.len() > MAX_EVENT_BYTES {
                return Err(damaged(&self.list));
            }
        }
        Ok(())
    }
}

/// Adds what the event says as text; `None` where it refers to something that is not defined.
pub(super) fn add_text(event: &Event<'_>, text: &mut String) -> Option<()> {
    match event {
        Event::Text(content) => text.push_str(&content.xml10_content()),
        Event::CData(content) => text.push_str(&content.xml10_content()),
        Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
            Some(character) => text.push(character),
            None => text.push_str(resolve_predefined_entity(reference)?),
        },
        _ => {}
    }
    Some(())
}

/// The attribute of this name, whatever its prefix.
pub(super) fn attribute<'a>(start: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    let found =
        start.attributes().with_checks(false).flatten().find(|found| found.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok()
}

/// Whether the attribute is there and says yes, as XML Schema's booleans do.
pub(super) fn says_yes(start: &BytesStart<'_>, name: &str) -> bool {
    attribute(start, name).is_some_and(|value| matches!(value.as_ref(), "1" | "true"))
}

/// Ends in an error once an event has used up what it may.
struct Allowance<R> {
    source: R,
    left: usize,
}

impl<R: BufRead> Read for Allowance<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl<R: BufRead> BufRead for Allowance<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 { Err(io::ErrorKind::FileTooLarge.into()) } else { self.source.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.source.consume(amount);
    }
}
