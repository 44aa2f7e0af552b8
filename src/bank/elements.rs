//! Elements in the order in which they are asked for. Escaping is the XML library's; nesting is the compiler's, wherever a closure will do.

use std::fmt::{Display, Write as _};
use std::io::{self, BufWriter, IntoInnerError, Write};

use chrono::NaiveDate;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::payment::{Amount, EndToEndId};

/// Enough that a write to disk is worth the call.
const BUFFER: usize = 64 * 1024;

/// What prints as letters, digits, hyphens and points alone. A text from outside is none of these: it goes the way that escapes.
pub(super) trait Plain: Display {}

impl Plain for u64 {}
impl Plain for bool {}
impl Plain for NaiveDate {}
impl Plain for Amount {}
impl Plain for &EndToEndId {}

pub(super) struct Elements<W: Write> {
    xml: Writer<BufWriter<W>>,
    /// Where values are printed, so that no payment allocates for them.
    scratch: String,
}

impl<W: Write> Elements<W> {
    pub fn begin(out: W) -> io::Result<Self> {
        let xml = Writer::new(BufWriter::with_capacity(BUFFER, out));
        let mut elements = Self { xml, scratch: String::new() };
        elements.xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        elements.line()?;
        Ok(elements)
    }

    pub fn open(&mut self, name: &'static str) -> io::Result<()> {
        self.xml.write_event(Event::Start(BytesStart::new(name)))
    }

    pub fn open_with(&mut self, name: &'static str, attribute: (&'static str, &str)) -> io::Result<()> {
        self.xml.write_event(Event::Start(BytesStart::new(name).with_attributes([attribute])))
    }

    pub fn close(&mut self, name: &'static str) -> io::Result<()> {
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Breaks the line between elements, where white space means nothing.
    pub fn line(&mut self) -> io::Result<()> {
        self.xml.write_event(Event::Text(BytesText::from_escaped("\n")))
    }

    pub fn within(&mut self, name: &'static str, content: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.open(name)?;
        content(self)?;
        self.close(name)
    }

    pub fn text(&mut self, name: &'static str, value: &str) -> io::Result<()> {
        self.open(name)?;
        self.xml.write_event(Event::Text(BytesText::new(value)))?;
        self.close(name)
    }

    /// Two texts as one.
    pub fn joined(&mut self, name: &'static str, first: &str, second: &str) -> io::Result<()> {
        self.open(name)?;
        self.xml.write_event(Event::Text(BytesText::new(first)))?;
        self.xml.write_event(Event::Text(BytesText::new(second)))?;
        self.close(name)
    }

    pub fn value(&mut self, name: &'static str, value: impl Plain) -> io::Result<()> {
        self.open(name)?;
        self.content(value)?;
        self.close(name)
    }

    /// What stands inside the element that is open.
    pub fn content(&mut self, value: impl Plain) -> io::Result<()> {
        self.scratch.clear();
        write!(self.scratch, "{value}").map_err(io::Error::other)?;
        self.xml.write_event(Event::Text(BytesText::from_escaped(self.scratch.as_str())))
    }

    pub fn finish(self) -> io::Result<W> {
        self.xml.into_inner().into_inner().map_err(IntoInnerError::into_error)
    }
}
