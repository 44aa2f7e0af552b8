//! XML from outside, read a tag at a time in constant memory. Nothing in it is taken on trust: no document types, no entities but the five
//! that XML itself has, no depth or length without end, no namespace but the one that the reader asked for, and no file cut short.

use std::borrow::Cow;
use std::io::Read;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::BytesRef;
use quick_xml::events::attributes::Attributes;

use super::markup::{LONGEST_PIECE, Markup, Piece};
use super::paths::Paths;
use crate::fault::{Fault, Result};
use crate::say;
use crate::words::Message;

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
    markup: Markup<R>,
    elements: Elements,
    /// What is to happen to the element at hand before the next piece is looked at.
    due: Due,
}

/// The element at hand stays on the path while it is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// Its tag closes it as well.
    Close,
    /// It was reported as closed.
    Leave,
}

/// What is open, and what has been read of it.
struct Elements {
    /// Of the open elements below `Document`, by their local names; those of another namespace as they are written, behind a [`FOREIGN`].
    paths: Paths,
    /// Open elements, `Document` included.
    depth: usize,
    /// The prefix of the message's namespace with its colon; empty where it is the default one.
    prefix: String,
    /// `camt.053.001.02`
    message: String,
    text: String,
    /// The attributes that were looked through last, and the `Ccy` among them: they are the same ones over and over.
    attributes: String,
    currency: String,
    /// Whether they are those of the element opened last.
    attributed: bool,
    whole: bool,
}

impl<R: Read> XmlReader<R> {
    /// Reads as far as the opening tag of `Document`.
    pub fn open(input: R) -> Result<Self> {
        let elements = Elements {
            paths: Paths::new(),
            depth: 0,
            prefix: String::new(),
            message: String::new(),
            text: String::new(),
            attributes: String::new(),
            currency: String::new(),
            attributed: false,
            whole: false,
        };
        let mut xml = Self { markup: Markup::new(input), elements, due: Due::Nothing };
        match xml.next()? {
            Token::Open => Ok(xml),
            _ => Err(malformed(say!("it is empty"))),
        }
    }

    /// The message's name and version, such as `camt.053.001.02`.
    pub fn message(&self) -> &str {
        &self.elements.message
    }

    /// Names of the open elements below `Document`; of one that was just closed still with its own.
    pub fn path(&self) -> &str {
        self.elements.paths.text()
    }

    /// The same small number wherever the path is the same, so that what a path means need be found out once; `None` in a file with too many.
    pub fn path_number(&self) -> Option<usize> {
        self.elements.paths.number()
    }

    /// Without blanks at either end.
    pub fn text(&self) -> &str {
        self.elements.text.trim()
    }

    /// The `Ccy` of the element opened last.
    pub fn currency(&self) -> &str {
        if self.elements.attributed { &self.elements.currency } else { "" }
    }

    pub fn next(&mut self) -> Result<Token> {
        match std::mem::replace(&mut self.due, Due::Nothing) {
            Due::Nothing => {}
            Due::Leave => self.elements.leave(),
            Due::Close => {
                self.due = Due::Leave;
                return Ok(Token::Close);
            }
        }
        loop {
            if self.elements.closing_name().is_some_and(|name| self.markup.passes_close(name)) {
                self.due = Due::Leave;
                return Ok(Token::Close);
            }
            match self.markup.next()? {
                Piece::Open { name, attributes, closes } => {
                    self.elements.enter(name, attributes)?;
                    self.due = if closes { Due::Close } else { Due::Nothing };
                    return Ok(Token::Open);
                }
                Piece::Close(name) => {
                    self.elements.close(name)?;
                    self.due = Due::Leave;
                    return Ok(Token::Close);
                }
                Piece::Text(text) => self.elements.keep(&with_plain_ends(text))?,
                Piece::Reference(name) => self.elements.keep_referred(name)?,
                Piece::DocType => return Err(entity()),
                Piece::Aside => {}
                Piece::Eof if self.elements.whole => return Ok(Token::Eof),
                Piece::Eof => return Err(malformed(say!("it is cut short"))),
            }
        }
    }

    /// Passes over everything in the element that was just opened, its closing tag included.
    pub fn skip(&mut self) -> Result<()> {
        let outside = self.elements.depth - 1;
        while self.next()? != Token::Close || self.elements.depth - 1 > outside {}
        Ok(())
    }
}

impl Elements {
    fn enter(&mut self, name: &str, attributes: &str) -> Result<()> {
        if self.whole {
            return Err(malformed(say!("something follows its end")));
        }
        if self.depth == DEEPEST {
            return Err(Fault::input("report.too_deep", say!("The report is nested deeper than any bank's is.")));
        }
        self.text.clear();
        self.attributed = !attributes.is_empty();
        let looked_through = !self.attributed || attributes == self.attributes;
        if self.depth == 0 {
            self.begin(name, attributes)?;
        } else if !looked_through && attributes.contains("xmlns") {
            let foreign = self.leaves_namespace(attributes)?;
            self.enter_new(name, foreign)?;
        } else if !self.without_prefix(name).is_some_and(|own| self.paths.enter_known(own)) {
            self.enter_new(name, false)?;
        }
        if !looked_through {
            self.look_through(attributes)?;
        }
        self.depth += 1;
        Ok(())
    }

    /// Enters an element the like of which was not seen in the same place.
    fn enter_new(&mut self, name: &str, leaves: bool) -> Result<()> {
        if let Some(own) = self.without_prefix(name).filter(|own| !leaves && !own.contains([':', '?'])) {
            self.paths.enter(own);
            return Ok(());
        }
        // Banks may put anything into an envelope of their own; nothing in it is read.
        if !self.paths.text().contains("/SplmtryData/Envlp") {
            return Err(Fault::input(
                "report.namespace",
                say!("The report mixes in elements of another kind of message."),
            ));
        }
        self.paths.enter(&format!("{FOREIGN}{name}"));
        Ok(())
    }

    /// A closing tag has the name that the element was opened with.
    fn close(&self, name: &str) -> Result<()> {
        let opened = match self.depth {
            0 => return Err(not_well_formed()),
            1 => OUTERMOST,
            _ => self.paths.name(),
        };
        let closes = match opened.strip_prefix(FOREIGN) {
            Some(foreign) => name == foreign,
            None => self.without_prefix(name) == Some(opened),
        };
        if closes { Ok(()) } else { Err(not_well_formed()) }
    }

    /// What the element at hand must be closed with, where that is its name on the path.
    fn closing_name(&self) -> Option<&str> {
        let is_own = self.depth > 1 && self.prefix.is_empty();
        is_own.then(|| self.paths.name()).filter(|name| !name.starts_with(FOREIGN))
    }

    /// The name without the prefix of the message's namespace. To compare with an empty text is dear on some processors.
    fn without_prefix<'n>(&self, name: &'n str) -> Option<&'n str> {
        if self.prefix.is_empty() { Some(name) } else { name.strip_prefix(self.prefix.as_str()) }
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
    fn begin(&mut self, name: &str, attributes: &str) -> Result<()> {
        let (prefix, local) = name.split_at(name.find(':').map_or(0, |colon| colon + 1));
        self.prefix = prefix.to_owned();
        let namespace = self.declared_namespace(attributes)?;
        let message = namespace.as_deref().and_then(|namespace| namespace.trim().strip_prefix(ISO_20022));
        match message {
            Some(message) if local == OUTERMOST => self.message = message.into(),
            _ => {
                return Err(Fault::input("report.namespace", say!("The file is XML, but no ISO 20022 message."))
                    .remedy(say!("Reports are pain.002, camt.029, camt.052, camt.053, camt.054 or MT940 files, or the statement exports of the Danish net banks.")));
            }
        }
        Ok(())
    }

    /// The namespace that a tag gives to the message's prefix.
    fn declared_namespace<'a>(&self, attributes: &'a str) -> Result<Option<Cow<'a, str>>> {
        let declaration = match self.prefix.strip_suffix(':') {
            Some(prefix) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        attribute(attributes, &declaration)
    }

    fn leaves_namespace(&self, attributes: &str) -> Result<bool> {
        let declared = self.declared_namespace(attributes)?;
        Ok(declared.is_some_and(|namespace| namespace.trim().strip_prefix(ISO_20022) != Some(self.message.as_str())))
    }

    fn look_through(&mut self, attributes: &str) -> Result<()> {
        self.currency.clear();
        if let Some(currency) = attribute(attributes, "Ccy")? {
            self.currency.push_str(currency.trim());
        }
        self.attributes.clear();
        // What declares a namespace is looked at each time: what it means depends on where it stands.
        if !attributes.contains("xmlns") {
            self.attributes.push_str(attributes);
        }
        Ok(())
    }

    fn keep(&mut self, more: &str) -> Result<()> {
        if self.depth == 0 && !more.chars().all(char::is_whitespace) {
            return Err(not_well_formed());
        }
        if self.text.len() + more.len() > LONGEST_PIECE {
            return Err(too_long());
        }
        self.text.push_str(more);
        Ok(())
    }

    /// A reference to a character, or to one of the five entities that XML itself has.
    fn keep_referred(&mut self, name: &str) -> Result<()> {
        let character = BytesRef::new(name).resolve_char_ref().map_err(|_| entity())?;
        match character {
            Some(character) => self.keep(character.encode_utf8(&mut [0; 4])),
            None => self.keep(resolve_predefined_entity(name).ok_or_else(entity)?),
        }
    }
}

/// Stands on a path before the name of an element of another namespace. No name begins with it.
const FOREIGN: &str = "?";

/// The name of the outermost element, which is on no path.
const OUTERMOST: &str = "Document";

/// The value of an attribute as it is written. All of them are looked at: each must be written as attributes are.
fn attribute<'a>(attributes: &'a str, name: &str) -> Result<Option<Cow<'a, str>>> {
    let mut found = None;
    for attribute in Attributes::new(attributes, 0) {
        let attribute = attribute.map_err(|_| not_well_formed())?;
        if attribute.key.as_ref() == name {
            found = Some(attribute.value);
        }
    }
    Ok(found)
}

/// An end of a line is one character, however it is written.
fn with_plain_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

pub fn malformed(what: impl Into<Message>) -> Fault {
    Fault::input("report.malformed", say!("The file cannot be read: {what}.", what = what.into()))
        .remedy(say!("Fetch it from the bank again; nothing was recorded from it."))
}

fn entity() -> Fault {
    Fault::input("report.entity", say!("The report defines or uses entities of its own, which no bank's report does."))
        .remedy(say!("Do not use it, and find out where it came from."))
}

pub(super) fn too_long() -> Fault {
    Fault::input("report.too_large", say!("A single element of the report is longer than any bank's is."))
}

/// A tag without an end: nobody can tell whether it was cut off or is none.
pub(super) fn unfinished() -> Fault {
    malformed(say!("it is cut short or is not well-formed XML"))
}

pub(super) fn not_well_formed() -> Fault {
    malformed(say!("it is not well-formed XML"))
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
        let long = document(&format!("<A>{}</A>", "x".repeat(2 * LONGEST_PIECE)));
        let long_tag = document(&format!("<A {}='1'/>", "x".repeat(2 * LONGEST_PIECE)));
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
            (&document("<A></x:A>"), "report.malformed"),
            (&document("<A"), "report.malformed"),
            (&document("<A/x>"), "report.malformed"),
            (&document("</>"), "report.malformed"),
            (&document("<S><SplmtryData><Envlp><x:A></?x:A></Envlp></SplmtryData></S>"), "report.malformed"),
            (&document("<>1</>"), "report.malformed"),
            (&document("<A b='1'b='1'/>"), "report.malformed"),
            (&document("<A>1 & 2</A>"), "report.malformed"),
            (&document("<?A>"), "report.malformed"),
            (&format!("<n:Document xmlns:n='{ISO_20022}camt.053.001.02'><n:?A></A></n:Document>"), "report.namespace"),
            ("</Document>", "report.malformed"),
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
        let text = format!(
            "<n:Document xmlns:n='{ISO_20022}camt.053.001.02'><n:S><n:SplmtryData><n:Envlp><A xmlns='urn:example'><A>1</A><n:A/></A></n:Envlp>\
             </n:SplmtryData></n:S><n:B>2</n:B></n:Document>"
        );
        assert_eq!(leaves(&text).expect("reads").last(), Some(&("B".into(), "2".into())));
    }

    #[test]
    fn what_was_allowed_in_an_envelope_is_not_elsewhere() {
        let envelope = "<S><SplmtryData><Envlp><A xmlns='urn:example'><B/></A></Envlp></SplmtryData></S>";
        for outside in ["<A xmlns='urn:example'/>", "<S xmlns='urn:example'/>", "<x:S xmlns:x='urn:example'/>"] {
            assert_eq!(code(&document(&format!("{envelope}{outside}"))), Some("report.namespace"), "{outside}");
        }
    }

    #[test]
    fn each_element_has_the_currency_of_its_own_attributes() {
        let text = document("<A Ccy='DKK'>1</A><A>2</A><A Ccy='DKK'>3</A><A Ccy=' EUR '>4</A><A x='1'>5</A>");
        let mut xml = XmlReader::open(text.as_bytes()).expect("opens");
        let mut told = Vec::new();
        loop {
            match xml.next().expect("reads") {
                Token::Close if !xml.path().is_empty() => told.push(xml.currency().to_owned()),
                Token::Eof => break,
                _ => {}
            }
        }
        assert_eq!(told, ["DKK", "", "DKK", "EUR", ""]);
    }

    #[test]
    fn a_file_cut_short_anywhere_is_refused() {
        let text = document("<A><B>one</B></A>");
        for cut in 0..text.len() {
            assert!(leaves(&text[..cut]).is_err(), "cut at {cut}");
        }
    }
}
