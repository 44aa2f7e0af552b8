//! XML from outside, read a tag at a time in constant memory. Nothing in it is taken on trust: no document types, no entities but the five
//! that XML itself has, no depth or length without end, no namespace but the one that the reader asked for, and no file cut short.

use std::io::{self, BufReader, Read};

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::paths::Paths;
use crate::fault::{Fault, Result};
use crate::words::{Message, Phrase};
use crate::{phrase, say};

const CHUNK: usize = 64 * 1024;
/// What one tag or one text may take.
const LONGEST_TOKEN: usize = 1024 * 1024;
/// ISO 20022's own messages are at most about fifteen deep.
const DEEPEST: usize = 32;
/// What every ISO 20022 message's namespace begins with.
const ISO_20022: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// What has just been read. The element it is about is [`XmlReader::path`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    Open,
    /// A closing tag. [`XmlReader::text`] is what stood directly before it; empty where elements did.
    Close,
    Eof,
}

pub struct XmlReader<R: Read> {
    reader: Reader<BufReader<Metered<R>>>,
    buffer: Vec<u8>,
    /// Of the open elements below `Document`, by their local names.
    paths: Paths,
    /// Open elements, `Document` included.
    depth: usize,
    /// The prefix of the message's namespace with its colon; empty where it is the default one.
    prefix: String,
    /// `camt.053.001.02`
    message: String,
    text: String,
    /// The `Ccy` of the element opened last.
    currency: String,
    /// The element just reported as closed is still on the path.
    closing: bool,
    whole: bool,
}

impl<R: Read> XmlReader<R> {
    /// Reads as far as the opening tag of `Document`.
    pub fn open(input: R) -> Result<Self> {
        let input = BufReader::with_capacity(CHUNK, Metered { input, left: LONGEST_TOKEN });
        let mut reader = Reader::from_reader(input);
        reader.config_mut().expand_empty_elements = true;
        let mut xml = Self {
            reader,
            buffer: Vec::new(),
            paths: Paths::new(),
            depth: 0,
            prefix: String::new(),
            message: String::new(),
            text: String::new(),
            currency: String::new(),
            closing: false,
            whole: false,
        };
        match xml.next()? {
            Token::Open => Ok(xml),
            _ => Err(malformed(say!("it is empty"))),
        }
    }

    /// The message's name and version, such as `camt.053.001.02`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Names of the open elements below `Document`; of one that was just closed still with its own.
    pub fn path(&self) -> &str {
        self.paths.text()
    }

    /// The same small number wherever the path is the same, so that what a path means need be found out once; `None` in a file with too many.
    pub fn path_number(&self) -> Option<usize> {
        self.paths.number()
    }

    /// Without blanks at either end.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    pub fn currency(&self) -> &str {
        &self.currency
    }

    pub fn next(&mut self) -> Result<Token> {
        if std::mem::take(&mut self.closing) {
            self.leave();
        }
        // Lent to the events while they are looked at, and kept for the next call.
        let mut buffer = std::mem::take(&mut self.buffer);
        let token = self.next_in(&mut buffer);
        self.buffer = buffer;
        token
    }

    fn next_in(&mut self, buffer: &mut Vec<u8>) -> Result<Token> {
        loop {
            buffer.clear();
            self.reader.get_mut().get_mut().left = LONGEST_TOKEN;
            match self.reader.read_event_into(buffer).map_err(unreadable)? {
                Event::Start(start) => {
                    self.enter(&start)?;
                    return Ok(Token::Open);
                }
                Event::End(_) => {
                    self.closing = true;
                    return Ok(Token::Close);
                }
                Event::Text(text) => {
                    let content = text.xml10_content();
                    keep(&mut self.text, self.depth, &content)?;
                }
                Event::CData(data) => {
                    let content = data.xml10_content();
                    keep(&mut self.text, self.depth, &content)?;
                }
                Event::GeneralRef(reference) => {
                    let c = reference.resolve_char_ref().map_err(|_| entity())?;
                    match c {
                        Some(c) => keep(&mut self.text, self.depth, c.encode_utf8(&mut [0; 4]))?,
                        None => {
                            let text = resolve_predefined_entity(&reference).ok_or_else(entity)?;
                            keep(&mut self.text, self.depth, text)?;
                        }
                    }
                }
                Event::DocType(_) => return Err(entity()),
                Event::Eof if self.whole => return Ok(Token::Eof),
                Event::Eof => return Err(malformed(say!("it is cut short"))),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => {}
            }
        }
    }

    /// Passes over everything in the element that was just opened, its closing tag included.
    pub fn skip(&mut self) -> Result<()> {
        let outside = self.depth - 1;
        while self.next()? != Token::Close || self.depth - 1 > outside {}
        Ok(())
    }

    fn enter(&mut self, start: &BytesStart) -> Result<()> {
        if self.whole {
            return Err(malformed(say!("something follows its end")));
        }
        if self.depth == DEEPEST {
            return Err(Fault::input("report.too_deep", say!("The report is nested deeper than any bank's is.")));
        }
        self.text.clear();
        self.currency.clear();
        let name = start.name();
        let attributes = start.attributes_raw();
        let declares = attributes.contains("xmlns");
        if self.depth == 0 {
            self.begin(start)?;
        } else {
            let own = name.as_ref().strip_prefix(self.prefix.as_str()).filter(|local| !local.contains(':'));
            let foreign = own.is_none() || (declares && self.leaves_namespace(start)?);
            // Banks may put anything into an envelope of their own; nothing in it is read.
            if foreign && !self.path().contains("/SplmtryData/Envlp") {
                return Err(Fault::input(
                    "report.namespace",
                    say!("The report mixes in elements of another kind of message."),
                ));
            }
            self.paths.enter(own.unwrap_or("?"));
            if !attributes.is_empty() {
                self.read_currency(start)?;
            }
        }
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.text.clear();
        self.depth -= 1;
        if self.depth > 0 {
            self.paths.leave();
        }
        self.whole = self.depth == 0;
    }

    /// Looks at the outermost element: `Document` in the namespace of an ISO 20022 message.
    fn begin(&mut self, start: &BytesStart) -> Result<()> {
        let name = start.name();
        let (prefix, local) = name.as_ref().split_at(name.as_ref().find(':').map_or(0, |colon| colon + 1));
        self.prefix = prefix.to_owned();
        let namespace = self.declared_namespace(start)?;
        let message = namespace.as_deref().and_then(|namespace| namespace.strip_prefix(ISO_20022));
        match message {
            Some(message) if local == "Document" => self.message = message.into(),
            _ => {
                return Err(Fault::input("report.namespace", say!("The file is XML, but no ISO 20022 message."))
                    .remedy(say!("Reports are pain.002, camt.029, camt.052, camt.053, camt.054 or MT940 files, or the statement exports of the Danish net banks.")));
            }
        }
        Ok(())
    }

    /// The namespace that a tag gives to the message's prefix.
    fn declared_namespace(&self, start: &BytesStart) -> Result<Option<String>> {
        let declaration = match self.prefix.strip_suffix(':') {
            Some(prefix) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed(NOT_XML))?;
            if attribute.key.as_ref() == declaration {
                return Ok(Some(attribute.value.trim().to_owned()));
            }
        }
        Ok(None)
    }

    fn leaves_namespace(&self, start: &BytesStart) -> Result<bool> {
        let declared = self.declared_namespace(start)?;
        Ok(declared.is_some_and(|namespace| namespace.strip_prefix(ISO_20022) != Some(self.message.as_str())))
    }

    fn read_currency(&mut self, start: &BytesStart) -> Result<()> {
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed(NOT_XML))?;
            if attribute.key.as_ref() == "Ccy" {
                self.currency.push_str(attribute.value.trim());
            }
        }
        Ok(())
    }
}

fn keep(text: &mut String, depth: usize, more: &str) -> Result<()> {
    if depth == 0 && !more.chars().all(char::is_whitespace) {
        return Err(malformed(NOT_XML));
    }
    if text.len() + more.len() > LONGEST_TOKEN {
        return Err(too_long());
    }
    text.push_str(more);
    Ok(())
}

const NOT_XML: Phrase = phrase!("it is not well-formed XML");

pub fn malformed(what: impl Into<Message>) -> Fault {
    Fault::input("report.malformed", say!("The file cannot be read: {what}.", what = what.into()))
        .remedy(say!("Fetch it from the bank again; nothing was recorded from it."))
}

fn entity() -> Fault {
    Fault::input("report.entity", say!("The report defines or uses entities of its own, which no bank's report does."))
        .remedy(say!("Do not use it, and find out where it came from."))
}

fn too_long() -> Fault {
    Fault::input("report.too_large", say!("A single element of the report is longer than any bank's is."))
}

/// The library's own words may quote the file, so they are not passed on.
fn unreadable(error: quick_xml::Error) -> Fault {
    match error {
        quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => too_long(),
        quick_xml::Error::Io(error) => malformed(Message::from(&*error)),
        _ => malformed(say!("it is cut short or is not well-formed XML")),
    }
}

/// Lets no single tag or text take all memory.
struct Metered<R> {
    input: R,
    left: usize,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = into.len().min(self.left);
        let read = self.input.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(inner: &str) -> String {
        format!(r#"<?xml version="1.0"?><Document xmlns="{ISO_20022}camt.053.001.02">{inner}</Document>"#)
    }

    fn leaves(text: &str) -> Result<Vec<(String, String)>> {
        let mut xml = XmlReader::open(text.as_bytes())?;
        let mut leaves = Vec::new();
        let mut opened = false;
        loop {
            match xml.next()? {
                Token::Open => opened = true,
                Token::Close if std::mem::take(&mut opened) => leaves.push((xml.path().into(), xml.text().into())),
                Token::Close => {}
                Token::Eof => return Ok(leaves),
            }
        }
    }

    fn code(text: &str) -> Option<&'static str> {
        leaves(text).err().map(|fault| fault.code)
    }

    #[test]
    fn leaves_come_with_their_path_and_text() {
        let text = document("<A><B> one &amp; <![CDATA[<two>]]> &#x41; </B><C/></A><!-- aside --><D>3</D>");
        let expected = [("A/B", "one & <two> A"), ("A/C", ""), ("D", "3")];
        assert_eq!(leaves(&text).expect("reads"), expected.map(|(path, text)| (path.into(), text.into())));
    }

    #[test]
    fn a_prefix_and_a_namespace_said_again_change_nothing() {
        let text = format!(
            r#"<n:Document xmlns:n="{ISO_20022}camt.053.001.02"><n:A xmlns:n="{ISO_20022}camt.053.001.02">1</n:A></n:Document>"#
        );
        assert_eq!(leaves(&text).expect("reads"), [("A".into(), "1".into())]);
    }

    #[test]
    fn hostile_and_foreign_files_are_refused_by_name() {
        let deep = "<A>".repeat(40);
        let long = document(&format!("<A>{}</A>", "x".repeat(2 * LONGEST_TOKEN)));
        let long_tag = document(&format!("<A {}='1'/>", "x".repeat(2 * LONGEST_TOKEN)));
        let table: &[(&str, &str)] = &[
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><Document/>", "report.entity"),
            (&document("<A>&lol;</A>"), "report.entity"),
            (&document("<A>&#0;</A>"), "report.entity"),
            (&document(&deep), "report.too_deep"),
            (&long, "report.too_large"),
            (&long_tag, "report.too_large"),
            ("<Document xmlns='urn:example'/>", "report.namespace"),
            ("<html/>", "report.namespace"),
            (&document("<A xmlns='urn:example'/>"), "report.namespace"),
            (&document("<x:A xmlns:x='urn:example'/>"), "report.namespace"),
            (&format!("{}<A/>", document("")), "report.malformed"),
            (&format!("{}text", document("")), "report.malformed"),
            (&document("<A></B>"), "report.malformed"),
            ("", "report.malformed"),
        ];
        for (text, expected) in table {
            let shown: String = text.chars().take(90).collect();
            assert_eq!(code(text), Some(*expected), "{shown}");
        }
    }

    #[test]
    fn an_envelope_of_the_banks_own_is_passed_over() {
        let text =
            document("<S><SplmtryData><Envlp><x:A xmlns:x='urn:example'>1</x:A></Envlp></SplmtryData></S><B>2</B>");
        assert_eq!(leaves(&text).expect("reads").last(), Some(&("B".into(), "2".into())));
    }

    #[test]
    fn a_file_cut_short_anywhere_is_refused() {
        let text = document("<A><B>one</B></A>");
        for cut in 0..text.len() {
            assert!(leaves(&text[..cut]).is_err(), "cut at {cut}");
        }
    }
}
