//! Elements in the order in which they are asked for. Escaping is the XML library's; nesting is the compiler's, wherever a closure will do.

use std::fmt::{Display, Write as _};
use std::io::{self, BufWriter, IntoInnerError, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Enough that a write to disk is worth the call.
const BUFFER: usize = 64 * 1024;

pub(super) struct Elements<W: Write> {
    xml: Writer<BufWriter<W>>,
    /// Where values are written out before they are escaped, so that no payment allocates.
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

    pub fn value(&mut self, name: &'static str, value: impl Display) -> io::Result<()> {
        self.open(name)?;
        self.content(value)?;
        self.close(name)
    }

    /// What stands inside the element that is open.
    pub fn content(&mut self, value: impl Display) -> io::Result<()> {
        self.scratch.clear();
        write!(self.scratch, "{value}").map_err(io::Error::other)?;
        self.xml.write_event(Event::Text(BytesText::new(&self.scratch)))
    }

    pub fn finish(self) -> io::Result<W> {
        self.xml.into_inner().into_inner().map_err(IntoInnerError::into_error)
    }
}
