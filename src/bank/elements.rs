//! Elements in the order in which they are asked for, as bytes straight into a buffer: a file of a million payments is made of fifty million
//! such pieces. What to escape is the XML library's word; nesting is the compiler's, wherever a closure will do.

use std::io::{self, BufWriter, IntoInnerError, Write};

use chrono::NaiveDate;
use quick_xml::escape::escape;

use crate::payment::{Amount, EndToEndId};

/// Enough that a write to disk is worth the call.
const BUFFER: usize = 64 * 1024;

/// What prints as letters, digits, hyphens and points alone. A text from outside is none of these: it goes the way that escapes.
pub(super) trait Plain {
    /// As its `Display` has it.
    fn print(&self, into: &mut Vec<u8>);
}

impl Plain for u64 {
    fn print(&self, into: &mut Vec<u8>) {
        let mut digits = [0; 20];
        let (mut rest, mut at) = (*self, digits.len());
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                return into.extend_from_slice(&digits[at..]);
            }
        }
    }
}

impl Plain for bool {
    fn print(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Plain for NaiveDate {
    fn print(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.to_string().as_bytes());
    }
}

impl Plain for Amount {
    fn print(&self, into: &mut Vec<u8>) {
        if self.minor_units() < 0 {
            into.push(b'-');
        }
        let minor_units = self.minor_units().unsigned_abs();
        (minor_units / 100).print(into);
        let øre = (minor_units % 100) as u8;
        into.extend_from_slice(&[b'.', b'0' + øre / 10, b'0' + øre % 10]);
    }
}

impl Plain for &EndToEndId {
    fn print(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.to_ascii());
    }
}

pub(super) struct Elements<W: Write> {
    out: BufWriter<W>,
    /// Where values are printed, so that no payment allocates for them.
    scratch: Vec<u8>,
}

impl<W: Write> Elements<W> {
    pub fn begin(out: W) -> io::Result<Self> {
        let mut elements = Self { out: BufWriter::with_capacity(BUFFER, out), scratch: Vec::new() };
        elements.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        Ok(elements)
    }

    #[inline]
    pub fn open(&mut self, name: &'static str) -> io::Result<()> {
        self.raw("<")?;
        self.raw(name)?;
        self.raw(">")
    }

    /// `value`: of one line.
    pub fn open_with(&mut self, name: &'static str, (key, value): (&'static str, &str)) -> io::Result<()> {
        self.raw("<")?;
        self.raw(name)?;
        self.raw(" ")?;
        self.raw(key)?;
        self.raw("=\"")?;
        self.escaped(value)?;
        self.raw("\">")
    }

    #[inline]
    pub fn close(&mut self, name: &'static str) -> io::Result<()> {
        self.raw("</")?;
        self.raw(name)?;
        self.raw(">")
    }

    /// Breaks the line between elements, where white space means nothing.
    pub fn line(&mut self) -> io::Result<()> {
        self.raw("\n")
    }

    #[inline]
    pub fn within(&mut self, name: &'static str, content: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.open(name)?;
        content(self)?;
        self.close(name)
    }

    #[inline]
    pub fn text(&mut self, name: &'static str, value: &str) -> io::Result<()> {
        self.open(name)?;
        self.escaped(value)?;
        self.close(name)
    }

    /// Two texts as one.
    pub fn joined(&mut self, name: &'static str, first: &str, second: &str) -> io::Result<()> {
        self.open(name)?;
        self.escaped(first)?;
        self.escaped(second)?;
        self.close(name)
    }

    #[inline]
    pub fn value(&mut self, name: &'static str, value: impl Plain) -> io::Result<()> {
        self.open(name)?;
        self.content(value)?;
        self.close(name)
    }

    /// What stands inside the element that is open.
    pub fn content(&mut self, value: impl Plain) -> io::Result<()> {
        self.scratch.clear();
        value.print(&mut self.scratch);
        self.out.write_all(&self.scratch)
    }

    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner().map_err(IntoInnerError::into_error)
    }

    /// A text from outside. Hardly any needs its characters changed.
    fn escaped(&mut self, value: &str) -> io::Result<()> {
        self.raw(&escape(value))
    }

    #[inline]
    fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Currency, Tag};

    fn printed(value: impl Plain) -> String {
        let mut bytes = Vec::new();
        value.print(&mut bytes);
        String::from_utf8(bytes).expect("plain")
    }

    #[test]
    fn values_print_as_they_do_elsewhere() {
        for number in [0, 7, 10, 99, 100, 1_000_000, u64::MAX] {
            assert_eq!(printed(number), number.to_string());
        }
        for minor_units in [0, 5, -5, 99, 100, -523_450, i64::MAX, i64::MIN] {
            let amount = Amount::from_minor_units(minor_units, Currency::Dkk);
            assert_eq!(printed(amount), amount.to_string());
        }
        for attempt in [1, 9, 10, 35] {
            let id = EndToEndId { tag: Tag { series: [0x5a; 8], obligation: [0xc3; 8] }, attempt };
            assert_eq!(printed(&id), id.to_string());
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for (year, month, day) in [(2026, 1, 9), (1999, 12, 31)] {
            let date = NaiveDate::from_ymd_opt(year, month, day).expect("a day");
            assert_eq!(printed(date), date.to_string());
        }
        assert_eq!((printed(true), printed(false)), ("true".into(), "false".into()));
    }

    #[test]
    fn a_text_comes_out_as_the_library_writes_it() {
        let text = "Bisg & <Søn> 'A' \"B\"\r\n";
        let mut elements = Elements::begin(Vec::new()).expect("begins");
        elements.open_with("A", ("b", text.trim_end())).expect("writes");
        elements.text("C", text).expect("writes");
        elements.joined("D", "1<", ">2").expect("writes");
        elements.close("A").expect("writes");
        let ours = String::from_utf8(elements.finish().expect("writes")).expect("UTF-8");
        use quick_xml::Writer;
        use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
        let mut theirs = Writer::new(Vec::new());
        let mut write = |event| theirs.write_event(event).expect("writes");
        write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        write(Event::Text(BytesText::from_escaped("\n")));
        write(Event::Start(BytesStart::new("A").with_attributes([("b", text.trim_end())])));
        write(Event::Start(BytesStart::new("C")));
        write(Event::Text(BytesText::new(text)));
        write(Event::End(BytesEnd::new("C")));
        write(Event::Start(BytesStart::new("D")));
        write(Event::Text(BytesText::new("1<>2")));
        write(Event::End(BytesEnd::new("D")));
        write(Event::End(BytesEnd::new("A")));
        assert_eq!(ours, String::from_utf8(theirs.into_inner()).expect("UTF-8"));
    }
}
